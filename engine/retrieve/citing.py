"""Which of the clauses that an answer was given with it names, and which articles it names that were not among them. It judges nothing."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_ARTICLE = re.compile(r"제\s?(\d{1,4})\s?조(?:\s?의\s?(\d{1,3}))?")


class Cited(NamedTuple):
    """What an answer names."""

    places: tuple[int, ...]
    """Of the clauses, in their order, from 0."""
    elsewhere: tuple[str, ...]
    """Articles that no clause shown is of, nor speaks of: the model cannot know them from there."""


def cited(answer: str, clauses: Sequence[Mapping[str, Any]]) -> Cited:
    """clauses: {chunk_id, breadcrumbs, article, text}, as the store tells them."""
    named = dict.fromkeys(articles_in(answer))
    own = [_own(clause) for clause in clauses]
    places = [
        place
        for place, clause in enumerate(clauses)
        if own[place] & named.keys() or (clause["chunk_id"] and str(clause["chunk_id"]) in answer)
    ]
    known = {article for clause in clauses for article in articles_in(f"{clause['text']}\n{clause['breadcrumbs']}")}
    known.update(*own)
    return Cited(tuple(places), tuple(article for article in named if article not in known))


def articles_in(text: str) -> list[str]:
    """`제5조`, `제5조의2` as often as they occur, written without blanks."""
    return [f"제{int(one[1])}조" + (f"의{int(one[2])}" if one[2] else "") for one in _ARTICLE.finditer(text)]


def _own(clause: Mapping[str, Any]) -> set[str]:
    """The articles that a clause is of: what its heading tells, else what its lines begin with."""
    told = articles_in(str(clause["article"] or ""))
    heads = [line.lstrip("#*[( \t") for line in str(clause["text"]).splitlines()]
    return set(told or [found for line in heads if _ARTICLE.match(line) for found in articles_in(line)[:1]])
