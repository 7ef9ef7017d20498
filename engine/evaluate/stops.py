"""Stop phrases proposed from what models were seen to append: beginnings of sentences after the first, that no clause begins with.

It reads answers that were judged to have a tail or an unsupported sentence; the owner decides which phrase is used.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

KINDS = ("tail", "unsupported", "foreign_script", "repetition")
FEWEST = 3
"""Answers in which a beginning must have been seen."""
WORDS = 3
"""Longest beginning, in words."""
SHORTEST = 3
"""Letters: 이 or 그 would end any answer."""
MOST = 12
_GROUND = re.compile(r"^\s*[(\[（][^)\]）]{0,60}[)\]）]\s*")
"""The article an answer stands on, cited behind its full stop: the tail begins after it."""
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


def propose(answers: Iterable[Mapping[str, Any]], honest: Iterable[str]) -> list[dict[str, Any]]:
    """[{phrase, answers, models}] by how many answers {item, model, answer, kind, claims} hold it, most first.

    `honest`: clauses and reference answers. A phrase that stands in one of them would cut honest answers: it is not proposed.
    """
    seen: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for answer in answers:
        for sentence in _appended(answer):
            for phrase in _beginnings(sentence):
                seen[phrase].add((answer["model"], answer["item"], answer["answer"]))
    counts = Counter({phrase: len({said for *_, said in places}) for phrase, places in seen.items()})
    known = "\n".join(honest)
    kept = [phrase for phrase, n in counts.most_common() if n >= FEWEST and phrase not in known]
    return [
        {"phrase": phrase, "answers": counts[phrase], "models": sorted({model for model, _, _ in seen[phrase]})}
        for phrase in _longest(kept, counts)[:MOST]
    ]


def _appended(answer: Mapping[str, Any]) -> list[str]:
    """Sentences after the first that the detector objected to; of an answer with a tail all that follow the first."""
    whole = str(answer["answer"])
    first = _SENTENCE.search(whole)
    if first is None:
        return []
    flawed = [claim for claim in answer["claims"] or () if claim["kind"] in KINDS and claim["start"] >= first.end()]
    parts = [whole[claim["start"] : claim["end"]].strip() for claim in flawed]
    return parts if parts or answer["kind"] != "tail" else _SENTENCE.split(whole[first.end() :])


def _beginnings(sentence: str) -> list[str]:
    words = _GROUND.sub("", sentence).split()
    found = (" ".join(words[:n]) for n in range(1, min(WORDS, len(words)) + 1))
    return [phrase for phrase in found if len(phrase.replace(" ", "")) >= SHORTEST]


def _longest(phrases: Sequence[str], counts: Mapping[str, int]) -> list[str]:
    """Without a beginning that a longer one of the same count says better, nor a longer one that adds nothing to a shorter."""
    kept: list[str] = []
    for phrase in phrases:
        longer = [other for other in phrases if other != phrase and other.startswith(phrase + " ")]
        if any(counts[other] == counts[phrase] for other in longer):
            continue
        if not any(phrase.startswith(other + " ") for other in kept):
            kept.append(phrase)
    return kept
