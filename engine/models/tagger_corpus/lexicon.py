"""Everyday words and their inflected forms, taken once from the vocabulary of kiwipiepy (Apache-2.0) into words.txt.

Rebuild with: python -m engine.models.tagger_corpus.lexicon. Reading needs no library.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

WORDS = Path(__file__).with_name("words.txt")
SCANNED = 400_000
"""Morpheme ids of kiwipiepy run from frequent to rare; everyday words stand far in front of this."""
TAKEN = {"NNG": 14_000, "NNP": 9_000, "VV": 1_800, "VA": 700, "MAG": 900}
_HANGUL = re.compile("[가-힣]{1,7}")


@dataclass(frozen=True, slots=True)
class Predicate:
    """먹, 먹어, 먹었, 먹은, 먹을, 먹으, 먹음: what every ending of speech can be hung on."""

    stem: str
    infinitive: str
    past: str
    adnominal: str
    future: str
    eu: str
    nominal: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words by kind, frequent ones first."""

    nouns: tuple[str, ...]
    names: tuple[str, ...]
    verbs: tuple[Predicate, ...]
    adjectives: tuple[Predicate, ...]
    adverbs: tuple[str, ...]


@cache
def lexicon() -> Lexicon:
    """What words.txt holds."""
    kinds: dict[str, list[str]] = {kind: [] for kind in TAKEN}
    for line in WORDS.read_text(encoding="utf-8").splitlines():
        kind, _, words = line.partition("\t")
        if kind in kinds:
            kinds[kind] += words.split(" ")
    return Lexicon(
        tuple(kinds["NNG"]),
        tuple(kinds["NNP"]),
        tuple(Predicate(*word.split("/")) for word in kinds["VV"]),
        tuple(Predicate(*word.split("/")) for word in kinds["VA"]),
        tuple(kinds["MAG"]),
    )


def build() -> dict[str, list[str]]:
    """The most frequent words per kind, predicates with their forms."""
    import kiwipiepy

    kiwi = kiwipiepy.Kiwi()
    found: dict[str, dict[str, None]] = {kind: {} for kind in TAKEN}
    for at in range(SCANNED):
        morpheme = kiwi.morpheme(at)
        kind = morpheme.tag.split("-")[0]
        if kind in found and len(found[kind]) < TAKEN[kind] and _HANGUL.fullmatch(morpheme.form):
            found[kind][_forms(kiwi, morpheme.form, morpheme.tag) if kind in ("VV", "VA") else morpheme.form] = None
    return {kind: list(words) for kind, words in found.items() if words}


def _forms(kiwi: Any, stem: str, tag: str) -> str:
    endings = (("어", "EC"), ("었", "EP"), ("은", "ETM"), ("을", "ETM"), ("으면", "EC"), ("음", "ETN"))
    forms = [kiwi.join([(stem, tag), ending]) for ending in endings]
    forms[4] = forms[4].removesuffix("면")
    return "/".join([stem, *forms])


def main() -> None:
    rows = [
        f"{kind}\t{' '.join(words[at : at + 200])}"
        for kind, words in build().items()
        for at in range(0, len(words), 200)
    ]
    WORDS.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
