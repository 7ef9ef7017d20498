"""Questions that are there already: the same letters, or nearly the same with the same words that matter.

Two questions that differ in one noun ("암", "뇌졸중"), one number or one negation are two questions, however alike they look.
"""

import re
from collections.abc import Iterator, Sequence

from engine.korean.morphemes import kiwi
from engine.korean.near import near_duplicates

_BARE = re.compile(r"[\W_]+")
_MATTERS = ("NN", "NR", "SN", "SL", "SH", "XR", "XPN", "VV", "VA", "VCN", "MM")
"""Kiwi's tags of words that make a question another one; particles, endings and auxiliaries do not."""
_NEGATIVE = frozenset("안 못 않 아니 없 말".split())
_LIGHT = frozenset("얼마 얼마나 하 되 있 것 수 때 거 건 좀 제 저 나 어떻 어떠 알 싶 주 그 이".split())
"""Words that say little: 지급하나요 and 지급이 되나요 ask the same."""


def question_key(question: str) -> str:
    """The question without spaces and marks."""
    return _BARE.sub("", question).casefold()


def twins(questions: Sequence[str], threshold: float) -> dict[int, tuple[str, int]]:
    """Index of a question to (reason, index of an earlier one that stays), for those that are there already.

    threshold: as in `near_duplicates`, on pairs of letters; 1 finds the same only.
    """
    first: dict[str, int] = {}
    found: dict[int, tuple[str, int]] = {}
    for at, question in enumerate(questions):
        earlier = first.setdefault(question_key(question), at)
        if earlier != at:
            found[at] = ("duplicate_question", earlier)
    if threshold < 1:
        found |= _near(questions, found, threshold)
    return found


def _near(questions: Sequence[str], known: dict[int, tuple[str, int]], threshold: float) -> dict[int, tuple[str, int]]:
    kept = [at for at in range(len(questions)) if at not in known]
    pairs = near_duplicates([questions[at] for at in kept], threshold, size=2)
    asked = sorted({kept[one] for pair in pairs for one in pair[:2]})
    matter = dict(zip(asked, _matter([questions[at] for at in asked]), strict=True))
    found: dict[int, tuple[str, int]] = {}
    for one, other, _ in pairs:
        earlier, later = kept[one], kept[other]
        if later not in found and earlier not in found and matter[earlier] == matter[later]:
            found[later] = ("near_duplicate_question", earlier)
    return found


def _matter(questions: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The words that make each question what it is, sorted."""
    for tokens in kiwi().tokenize(questions):
        said = [(token.form, str(token.tag)) for token in tokens]
        kept = [form for form, tag in said if form in _NEGATIVE or (tag.startswith(_MATTERS) and form not in _LIGHT)]
        yield tuple(sorted(kept))
