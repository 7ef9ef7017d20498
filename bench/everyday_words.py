"""Writes engine/privacy/everyday.txt: everyday Korean words that have the shape of a name, by kiwi's dictionary and model.

Run as: python bench/everyday_words.py   (about 3 minutes; needs nothing but kiwipiepy)
A word counts when kiwi's best reading of it alone is no proper noun and its log-probability is above a limit. The limits
were set by eye on samples: above -18.3 nobody would doubt the word, below -20.6 half of the readings are accidents.
"""

import itertools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.korean.hangul import has_batchim, is_syllable
from engine.privacy.name_tables import FIRST, GIVEN, SECOND, SURNAMES

TARGET = Path(__file__).resolve().parent.parent / "engine" / "privacy" / "everyday.txt"
COMMON, KNOWN, FORMED, THREE, ENDED = -18.3, -20.6, -21.5, -22.0, -23.0
NOUNS = frozenset("NNG MAG XR IC NR NP MM MAJ NNB".split())
VERBS = frozenset("VV VA VX VA-I VV-I VV-R VA-R VCP".split())
ENDINGS = frozenset("EC EF ETM ETN EP VX VX-R".split())
PARTICLES = frozenset("은이을과가는를와도만의로나랑야다임라고지인")
TITLE_ENDS = "이씨님형군양네"


def readings(kiwi, words: Iterable[str]) -> Iterator[tuple[str, list[tuple[str, str]], float]]:
    """(word, morphemes, log-probability) of every word read alone."""
    waiting = iter(words)
    while chunk := list(itertools.islice(waiting, 50_000)):
        for word, analyses in zip(chunk, kiwi.analyze(chunk, top_n=1), strict=True):
            tokens, score = analyses[0]
            yield word, [(token.form, token.tag) for token in tokens], score


def dictionary(kiwi) -> list[tuple[str, str]]:
    """(form, tag) of every morpheme written in syllables."""
    found = []
    for number in itertools.count():
        try:
            morpheme = kiwi.morpheme(number)
        except ValueError:
            return found
        if all(map(is_syllable, morpheme.form)):
            found.append((morpheme.form, morpheme.tag))


def two_syllables(kiwi, forms: list[tuple[str, str]]) -> tuple[set[str], set[str]]:
    """Common and known words of two syllables."""
    common, known = set(), set()
    first = FIRST | SURNAMES
    wanted = {a + b for a in first for b in SECOND}
    wanted |= {form for form, tag in forms if len(form) == 2 and form[0] in first and tag in NOUNS}
    for word, parts, score in readings(kiwi, sorted(wanted)):
        tags = [tag for _, tag in parts]
        single = len(parts) == 1 and tags[0] in NOUNS | VERBS
        formed = tags[0] in VERBS and set(tags[1:]) <= ENDINGS
        if "NNP" in tags or (word in GIVEN and not single):
            continue
        if score > COMMON:
            common.add(word)
        elif (single and score > KNOWN) or (formed and score > FORMED):
            known.add(word)
    return common, known


def stems(kiwi, forms: list[tuple[str, str]]) -> set[str]:
    """Stems of verbs and adjectives that end like a given name: 지우(다), 사라지(다)."""
    shaped = {
        form
        for form, tag in forms
        if tag in VERBS and len(form) in (2, 3) and form[0] in FIRST | SURNAMES and form[-1] in SECOND
    }
    return {
        word[:-1]
        for word, parts, score in readings(kiwi, (form + "고" for form in sorted(shaped)))
        if parts[0][1] in VERBS and parts[-1][1] in ENDINGS and score > ENDED
    }


def three_syllables(kiwi, two: set[str]) -> set[str]:
    """Words of three syllables shaped like surname and given name; a noun with its particle is left to the rules."""
    words = (s + a + b for s in sorted(SURNAMES) for a in sorted(FIRST) for b in sorted(SECOND))
    found = set()
    for word, parts, score in readings(kiwi, words):
        tags = {tag for _, tag in parts}
        if (
            score <= (ENDED if parts[0][1] in VERBS else THREE)
            or "NNP" in tags
            or (word[:2] in two and word[2] in PARTICLES)
        ):
            continue
        if len(parts) == 1 or tags & VERBS or (word[1:] not in GIVEN and score > KNOWN):
            found.add(word)
    return found


def ended(kiwi, dictionary_forms: list[tuple[str, str]]) -> set[str]:
    """Dictionary words of three syllables that end like a name with a suffix: 고양이, 이상형; and verbs that end like a call: 괜찮아."""
    forms = {f for f, tag in dictionary_forms if len(f) == 3 and f[2] in TITLE_ENDS and tag in NOUNS | VERBS}
    shaped = [f for f in sorted(forms) if f[0] in FIRST | SURNAMES and f[1] in SECOND]
    found = {w for w, parts, score in readings(kiwi, shaped) if score > ENDED and parts[-1][1] != "NNP"}
    calls = (a + b + "아" for a in sorted(FIRST) for b in sorted(SECOND) if has_batchim(b))
    return found | {w for w, parts, score in readings(kiwi, calls) if score > THREE and {t for _, t in parts} & VERBS}


def main() -> None:
    from kiwipiepy import Kiwi

    kiwi = Kiwi(num_workers=1)
    forms = dictionary(kiwi)
    common, known = two_syllables(kiwi, forms)
    three = three_syllables(kiwi, common | known) | ended(kiwi, forms)
    verbs = stems(kiwi, forms)
    lines = [
        "# Everyday words with the shape of a name; written by bench/everyday_words.py from the dictionary of kiwi (Apache-2.0).",
        "# Four lines: common words of two syllables, known ones, words of three, stems of verbs.",
        *(" ".join(sorted(words)) for words in (common, known, three, verbs)),
    ]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(len(common), len(known), len(three), len(verbs), TARGET.stat().st_size)


if __name__ == "__main__":
    main()
