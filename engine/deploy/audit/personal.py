"""What is personal in the texts of a folder that is about to leave: the same rules and the same participants as the last look at a data set."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

from engine.config import ROOT
from engine.deploy.audit.finding import Finding, Level
from engine.deploy.audit.texts import Text
from engine.privacy.decisions import Leftovers

SURE = frozenset("RRN FRN PHONE EMAIL ACCOUNT CARD PASSPORT DRIVER BRN".split())
"""Kinds told by their own form, even among the bytes of weights and in a vocabulary."""
GUESSED = frozenset("PERSON ID_HANDLE URL_TOKEN".split())
"""Kinds told by what stands around them, which read program text wrongly: 447 decorators passed for an account's @name and 76 words for
names in 2.2 MB of this program's source. There, names count when they are a participant's."""
PROGRAM = frozenset(".md .py .sql .css .toml .yaml .yml .html .js .jinja .xml .cfg".split())
PROGRAM_NAMES = frozenset(("Dockerfile", "requirements.txt", "config.json", "tokenizer_config.json", "manifest.json"))
GUESTS = ("content.db#invitations.name", "content.db#term_names.name")
"""What the owner calls whom she invited: it greets them there, and she wrote it for this; words of her dictionary, some of which read
like names (2 of the medical sample's). To be known, and no reason to stop."""
CUT_WORDS = ("content.db#clause_word", "content.db#clause_gram")
"""The indexes of clauses: their words cut into morphemes and into pairs of letters, where neighbours read like names (`지환` of 해지환급금; 20
such in the sample policy). The clauses themselves are looked through whole. Here names count when they are a participant's."""
MADE = re.compile(
    "|".join(
        (
            r"(?<![0-9a-zA-Z])(?:(?=[0-9]*[a-f])[0-9a-f]{20,}|(?=[0-9]*[A-F])[0-9A-F]{20,})(?![0-9a-zA-Z])",  # sums
            r"(?<![0-9a-zA-Z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-zA-Z])",  # ids
            r"(?<!\d)\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?(?!\d)",  # moments
            r"(?<![\d.])(?:(?:0|[1-9]\d*)\.\d{5,}|(?:0|[1-9]\d{0,2})\.\d{1,4})(?:[eE][+-]?\d+)?(?![\d.])",  # fractions
            r"(?<![\d.])(?:0|[1-9]\d{0,8})(?:\s?,\s{0,9}-?(?:0|[1-9]\d{0,8})){7,}(?![\d.])",  # eight whole numbers and more
            r"(?i:[=~<>!]=|version[\"']?\s?[:=]\s?[\"']?)\s?v?\d+(?:\.\d+){2,}",
        )
    )
)
"""What machines write and no person is called by. By chance 1 in 150 sums of 64 signs, 1 in 300 moments with microseconds and 1 in 65 lists
of fractions hold what looks like a telephone number, and a version of four parts is an address; a bundle has dozens. A number of somebody's
begins with 0 or has ten digits, so that no list of them is covered."""
MOST = 40
"""Places told one by one."""
Open = Callable[[str], bool]
"""Whether words stand in material that is open to everybody."""


def is_program(where: str) -> bool:
    """Whether a place lies in a file of program or settings."""
    path = PurePosixPath(where.partition("#")[0].rpartition("!")[2] or where)
    return path.suffix.lower() in PROGRAM or path.name in PROGRAM_NAMES


def is_own(text: Text) -> bool:
    """Whether it is a file of this program as it was published: nobody's data."""
    own = ROOT / text.where
    return text.kind == "file" and own.is_file() and own.read_text(encoding="utf-8", errors="replace") == text.text


def personal(texts: Iterable[Text], look: Leftovers, is_open: Open) -> list[Finding]:
    """A finding per place with something personal; one green one where there is none."""
    places: dict[tuple[str, Level], Counter[str]] = {}
    read = 0
    for text in texts:
        read += 1
        for label, surface in _hits(text, look):
            guest = text.where in GUESTS and label == "PERSON"
            level: Level = "amber" if guest or is_open(surface) else "red"
            places.setdefault((_place(text), level), Counter())[label] += 1
    if not places:
        told = f"글 {read:,}조각에 남은 개인정보가 없습니다.", f"No personal data in {read:,} pieces of text."
        return [Finding("personal", "green", *told, count=0)]
    ordered = sorted(places.items(), key=lambda one: (one[0][1] != "red", one[0][0]))
    shown = [_finding(where, level, kinds) for (where, level), kinds in ordered[:MOST]]
    return shown + _rest(ordered[MOST:])


def _place(text: Text) -> str:
    return f"{PurePosixPath(text.where).parent}/*" if text.kind == "name" else text.where


def _hits(text: Text, look: Leftovers) -> Iterable[tuple[str, str]]:
    """(kind, what was found)."""
    if is_own(text):
        return
    cell = text.kind == "cell" and not text.where.startswith(CUT_WORDS)
    guessing = cell or (text.kind in ("file", "name") and not is_program(text.where))
    for span in look.find(MADE.sub(lambda found: "x" * len(found[0]), text.text)):
        surface = text.text[span.start : span.end]
        named = span.label == "PERSON" and surface.lower() in look.masker.names.aliases
        loose = text.kind not in ("words", "numbers") and (guessing or named or span.label not in GUESSED)
        if span.label in SURE or loose:
            yield span.label, surface


def _finding(where: str, level: Level, kinds: Counter[str]) -> Finding:
    evidence, count = ", ".join(f"{kind} {n:,}" for kind, n in kinds.most_common()), sum(kinds.values())
    if level == "amber" and where == GUESTS[0]:
        ko = f"초대한 사람의 이름 {count:,}개가 적은 그대로 들어 있습니다. 꺼려지면 별명으로 초대해 다시 꾸리세요."
        en = f"Names of {count:,} people you invited are in it as you wrote them. If you mind, invite them by a nickname and make it again."
    elif level == "amber":
        ko = f"가리지 않는 자료(약관 같은 것)에 있던 개인정보 모양의 글이 {count:,}곳 들어 있습니다. 모두가 읽어도 되는지 보세요."
        en = f"{count:,} places look personal but stand in material that is not masked, such as clauses. See whether everybody may read them."
    else:
        ko = f"개인정보가 {count:,}곳 남아 있습니다. 자료를 다시 가리고(`mask`) 데이터셋과 꾸러미를 새로 만드세요."
        en = f"Personal data is left in {count:,} places. Mask the source again, then build the data set and the bundle anew."
    return Finding("personal", level, ko, en, where, count, evidence)


def _rest(left: list[tuple[tuple[str, Level], Counter[str]]]) -> list[Finding]:
    if not left:
        return []
    kinds = sum((found for _, found in left), Counter[str]())
    level: Level = "red" if any(level == "red" for (_, level), _ in left) else "amber"
    return [_finding(f"… +{len(left):,}", level, kinds)]
