"""Which questions a judged model may have learned from: the same clause or day, the same question, nearly the same one.

Nearly the same are questions with the same telling words, whatever their endings and particles, and those that share most letters. A
paraphrase in other words, on another clause, passes.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from engine.evaluate.questions import given_clause
from engine.korean.morphemes import pieces_of_all
from engine.korean.near import near_duplicates
from engine.retrieve.terms import flat, words

Kind = Literal["group", "exact", "near"]
KINDS: tuple[Kind, ...] = ("group", "exact", "near")
"""group: of a day or clause that was trained on; exact, near: a question that was."""
NEAR = 0.85
"""Shared letter pairs of two questions from which one counts as the other. Lower, short questions on another coverage would too:
입원 보험금은 얼마인가요 and 수술 보험금은 얼마인가요 share 0.69."""
CLAUSE_HEAD = 300
"""Letters of a clause that are compared: the simple style shows 500 characters of it."""
_SPACE = re.compile(r"\s+")

Row = Mapping[str, Any]


def trained_on(held_out: Sequence[Row], training: Iterable[Row], same_dataset: bool = False) -> dict[int, Kind]:
    """{place in `held_out`: how it was trained on} against the training rows of one dataset.

    `same_dataset`: its splits hold whole groups, so only questions are compared.
    """
    rows = list(training)
    found: dict[int, Kind] = {} if same_dataset else _by_group(held_out, rows)
    for place, kind in _by_question(held_out, rows).items():
        found.setdefault(place, kind)
    return found


def repeated(held_out: Sequence[Row], training: Iterable[Row]) -> dict[int, Kind]:
    """{place in `held_out`: exact or near}: rows whose last words and answer stand among the training rows too.

    Short everyday turns repeat by themselves: unlike `trained_on` this is told before a run, and nothing is left out for it.
    """
    known = list(dict.fromkeys(_said(row) for row in training))
    found: dict[int, Kind] = {}
    for one, other, likeness in near_duplicates([*known, *map(_said, held_out)], NEAR, size=2):
        if one < len(known) <= other and found.get(other - len(known)) != "exact":
            found[other - len(known)] = "exact" if likeness == 1.0 else "near"
    return found


def _said(row: Row) -> str:
    return f"{row['messages'][-1]['content'] if row['messages'] else ''}\n{row['target']}"


def counted(kinds: Iterable[Kind]) -> dict[str, int]:
    """{kind: n} of all kinds."""
    counts = Counter(kinds)
    return {kind: counts[kind] for kind in KINDS}


def _by_group(held_out: Sequence[Row], rows: Sequence[Row]) -> dict[int, Kind]:
    groups = {(row["source_id"], row["split_group"]) for row in rows}
    clauses = {clause for row in rows if (clause := _clause(row))}
    return {
        place: "group"
        for place, row in enumerate(held_out)
        if (row["source_id"], row["split_group"]) in groups or _clause(row) in clauses
    }


def _clause(row: Row) -> str | None:
    """The head of the clause in the row's prompt; None for a recipe without clauses."""
    return _SPACE.sub("", given_clause(row["messages"]))[:CLAUSE_HEAD] or None


def _by_question(held_out: Sequence[Row], rows: Sequence[Row]) -> dict[int, Kind]:
    asked = [(place, str(row["meta"]["question"])) for place, row in enumerate(held_out) if "question" in row["meta"]]
    known = list(dict.fromkeys(str(row["meta"]["question"]) for row in rows if "question" in row["meta"]))
    if not asked or not known:
        return {}
    found: dict[int, Kind] = dict.fromkeys(_same_words(known, asked), "near")
    texts = [*known, *(question for _, question in asked)]
    for one, other, likeness in near_duplicates(texts, NEAR, size=2):
        if one < len(known) <= other:
            place = asked[other - len(known)][0]
            if likeness == 1.0 or place not in found:
                found[place] = "exact" if likeness == 1.0 else "near"
    return found


def _same_words(known: Sequence[str], asked: Sequence[tuple[int, str]]) -> list[int]:
    """Places of questions with the very telling words of a known one; one telling word is too few to say."""
    texts = [flat(question) for question in (*known, *(question for _, question in asked))]
    keys = [frozenset(words(pieces)) for pieces in pieces_of_all(texts)]
    learned = {key for key in keys[: len(known)] if len(key) > 1}
    return [place for (place, _), key in zip(asked, keys[len(known) :], strict=True) if key in learned]
