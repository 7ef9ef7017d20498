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
COMMON, KNOWN, THREE, ENDED = -18.3, -20.6, -22.0, -22.5
NOUNS = frozenset("NNG MAG XR IC NR NP MM MAJ NNB".split())
VERBS = frozenset("VV VA VX VA-I VV-I VV-R VA-R VCP".split())
PARTICLES = frozenset("은이을과가는를와도만의로나랑야다임라고지인")
TITLE_ENDS = "이씨님형군양네"


def readings(kiwi, words: Iterable[str]) -> Iterator[tuple[str, list[tuple[str, str]], float]]:
    """(word, morphemes, log-probability) of every word read alone."""
    for chunk in iter(lambda it=iter(words): list(itertools.islice(it, 50_000)), []):
        for word, analyses in zip(chunk, kiwi.analyze(chunk, top_n=1), strict=True):
            tokens, score = analyses[0]
            yield word, [(token.form, token.tag) for token in tokens], score


def two_syllables(kiwi) -> tuple[set[str], set[str]]:
    """Common and known words of two syllables."""
    common, known = set(), set()
    for word, parts, score in readings(kiwi, (a + b for a in sorted(FIRST | SURNAMES) for b in sorted(SECOND))):
        single = len(parts) == 1 and parts[0][1] in NOUNS | VERBS
        if "NNP" in {tag for _, tag in parts} or (word in GIVEN and not single):
            continue
        if score > COMMON:
            common.add(word)
        elif score > KNOWN and single:
            known.add(word)
    return common, known


def three_syllables(kiwi, two: set[str]) -> set[str]:
    """Words of three syllables shaped like surname and given name; a noun with its particle is left to the rules."""
    words = (s + a + b for s in sorted(SURNAMES) for a in sorted(FIRST) for b in sorted(SECOND))
    found = set()
    for word, parts, score in readings(kiwi, words):
        tags = {tag for _, tag in parts}
        if score <= THREE or "NNP" in tags or (word[:2] in two and word[2] in PARTICLES):
            continue
        if len(parts) == 1 or tags & VERBS or (word[1:] not in GIVEN and score > KNOWN):
            found.add(word)
    return found


def ended(kiwi) -> set[str]:
    """Dictionary words of three syllables that end like a name with a suffix: 고양이, 이상형; and verbs that end like a call: 괜찮아."""
    forms = set()
    for number in itertools.count():
        try:
            morpheme = kiwi.morpheme(number)
        except ValueError:
            break
        form = morpheme.form
        if len(form) == 3 and form[2] in TITLE_ENDS and morpheme.tag in NOUNS | VERBS and all(map(is_syllable, form)):
            forms.add(form)
    shaped = [f for f in sorted(forms) if f[0] in FIRST | SURNAMES and f[1] in SECOND]
    found = {w for w, parts, score in readings(kiwi, shaped) if score > ENDED and parts[-1][1] != "NNP"}
    calls = (a + b + "아" for a in sorted(FIRST) for b in sorted(SECOND) if has_batchim(b))
    return found | {w for w, parts, score in readings(kiwi, calls) if score > THREE and {t for _, t in parts} & VERBS}


def main() -> None:
    from kiwipiepy import Kiwi

    kiwi = Kiwi(num_workers=1)
    common, known = two_syllables(kiwi)
    three = three_syllables(kiwi, common | known) | ended(kiwi)
    lines = [
        "# Everyday words with the shape of a name; written by bench/everyday_words.py from the dictionary of kiwi (Apache-2.0).",
        "# Three lines: common words of two syllables, known ones, words of three.",
        *(" ".join(sorted(words)) for words in (common, known, three)),
    ]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(len(common), len(known), len(three), TARGET.stat().st_size)


if __name__ == "__main__":
    main()
