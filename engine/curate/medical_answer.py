"""What a medical answer is to look like, and what can be read of one: the choice it names, its last number, whether it sends to
emergency care, whether it says that it is no diagnosis. It knows no model and no store."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.curate.row import Message
from engine.sources.choices import CIRCLED, HANGUL

LATIN = "ABCDEFGHIJ"
CHOICES, PASSAGE, PROBLEM = "[보기]", "[지문]", "[수학]"
"""Headings in a prompt: what stands under them tells what kind of question it is."""
INPUT, OUTPUT = "\n### 입력\n", "\n### 출력\n"
NAMES = {"user": "환자", "assistant": "상담사"}
"""Who speaks, where a talk stands in one message."""
ADVISED = ("interview", "qa")
"""Forms whose answers advise somebody; a letter, a number or a line of a passage advises nobody."""

SAFETY = "이 답변은 의학적 진단이 아닙니다. 증상이 이어지거나 심해지면 의사의 진료를 받으세요."
EMERGENCY = "응급일 수 있는 증상입니다. 지금 바로 119에 전화하거나 가까운 응급실로 가세요."
NOT_ASKED = "그래서 모델에게는 묻지 않았습니다. 그런 증상이 없거나 다른 것을 물으시려면 새 대화를 시작하세요."
"""A talk goes on with what was told before: the way out of it is another one."""

_MARKS = re.compile(
    rf"[\[(<]?\s*(?:([{CIRCLED}])|([1-9]|10)\s*(?:번|[).\]>:]|(?=\s|$|입|이|은|는))|([A-Ja-j])(?:[).\]>:]|(?=\s|$|입|이)))\s*[\])>]?"
)
_HANGUL_MARK = re.compile(rf"[\[(<]?\s*([{HANGUL}])\s*[).\]>:]|^([{HANGUL}])(?:번)?[.\s]*$")
_TOLD = re.compile(r"(?:정답|답|answer)\s*(?:번호)?\s*(?:은|는|:|：|=|is|-|\s)+", re.I)
_DENIED = re.compile(r"^[^.\n]{0,24}?(?:아니|아닌|틀린|틀리|않)")
_BESIDE = re.compile(r"\s*(?:과|와|및|하고|또는|이나|혹은|,|/|·)\s*")
_NUMBER = re.compile(
    r"(?<![\d.])[-−–]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\d.])[-−–]?\d+(?:\.\d+)?(?:\s*/\s*\d+(?![\d.]))?"
)
_CARE = re.compile(r"119|응급실|구급차|응급\s?의료|응급\s?진료|109(?!\d)")
_CONDITION = re.compile(r"(?:으?면|경우|때에?는|다면|거든|한하여)(?=[\s,])")
_NO_NEED = re.compile(r"필요(?:는|가|도)?\s?없|않아도|안\s?가도|아닙니다|아니에요|아니예요|아니므로|아니라")
_NO_DIAGNOSIS = re.compile(
    r"진단(?:이|은|을|이나|을\s내리는|을\s대신하는|을\s대신하지)?[^.!?\n]{0,24}(?:아니|아닙|않|없|못)|진단[^.!?\n]{0,10}대신(?:할\s수\s없|하지)|"
    r"(?:대체|대신)(?:할\s수\s없|하지\s(?:않|못))"
)
_SEE_A_DOCTOR = re.compile(
    r"(?:진료|진찰|상담|검진)(?:을|를)?[^.!?\n]{0,12}(?:받|하세요|하십시오|권|필요)|(?:의사|의료진|전문의|전문가|약사|병원|의원|응급실|보건소)[^.!?\n]{0,20}"
    r"(?:상담|상의|문의|방문|가세요|가십시오|가\s?보|찾|진료|연락|확인|물어)|119|응급실"
)


def choice_line(choices: Sequence[str], index: int) -> str:
    """The choice as an answer says it: `③ 관상동맥`. Raises IndexError for a place that is not there."""
    mark = CIRCLED[index] if index < len(CIRCLED) else f"{index + 1}."
    return f"{mark} {choices[index]}"


def choice_said(text: str, choices: Sequence[str]) -> int | None:
    """Which choice an answer names, from 0; None where it names none, or several and does not say which it means.

    In order: the whole answer is one choice's words; what follows `정답` or the like; a mark the answer begins with (①, 2, 3번, (B),
    다.); the only choice whose mark, else whose words, occur without being denied. A mark outweighs the words beside it: it is the answer.
    """
    composed = unicodedata.normalize("NFC", text)
    said = "".join(one if one in CIRCLED else unicodedata.normalize("NFKC", one) for one in composed).strip()
    if not said or not choices:
        return None
    if (whole := _same_words(said, choices)) is not None:
        # `2` where another choice than the second is called 2 may mean either
        meant = int(said) - 1 if said.isdecimal() else whole
        return whole if meant == whole or meant >= len(choices) else None
    for lead in reversed(list(_TOLD.finditer(said))):
        if (found := _first(said[lead.end() :], choices)) is not None:
            return found
    if (found := _first(said, choices)) is not None:
        return found
    return _only(_marks_in(said, choices)) if _marks_in(said, choices) else _only(_words_in(said, choices))


def _first(said: str, choices: Sequence[str]) -> int | None:
    """The choice that a text begins with, by its mark or its words."""
    said = said.lstrip(" \n\t'\"“‘*#>-")
    opened = [place for place, one in enumerate(choices) if len(one) > 1 and _squeezed(said).startswith(_squeezed(one))]
    if opened:  # `3 cm` is a choice's words before it is a mark
        place = max(opened, key=lambda one: len(choices[one]))
        return place if _meant(said[len(choices[place]) :], choices) else None
    if (found := _MARKS.match(said)) and (told := _place(found, len(choices))) is not None:
        return told if _meant(said[found.end() :], choices) else None
    found = _HANGUL_MARK.match(said)
    return told if found and (told := HANGUL.index(found[1] or found[2])) < len(choices) else None


def _meant(rest: str, choices: Sequence[str]) -> bool:
    """Whether what follows a choice neither denies it nor names another beside it."""
    beside = _BESIDE.match(rest)
    return (
        not _DENIED.match(rest)
        and rest.lstrip()[:1] not in (*CIRCLED,)
        and not (beside and _first(rest[beside.end() :], choices) is not None)
    )


def _place(found: re.Match[str], count: int) -> int | None:
    """The place of a mark, where there are so many choices."""
    if found[1]:
        place = CIRCLED.index(found[1])
    elif found[2]:
        place = int(found[2]) - 1
    else:
        place = LATIN.index(found[3].upper())
    return place if place < count else None


def _marks_in(said: str, choices: Sequence[str]) -> set[int]:
    """Circled figures and `3번` anywhere, those denied left out."""
    found = set()
    for mark in re.finditer(rf"([{CIRCLED}])|(?<!\d)([1-9])\s?번(?!\s?(?:째|쯤|정도|씩))", said):
        place = CIRCLED.index(mark[1]) if mark[1] else int(mark[2]) - 1
        if place < len(choices) and not _DENIED.match(said[mark.end() :].split("\n")[0]):
            found.add(place)
    return found


def _words_in(said: str, choices: Sequence[str]) -> set[int]:
    """Choices whose words occur and are not denied; words inside a longer choice's are that one's."""
    plain = _squeezed(said)
    spans: list[tuple[int, int, int]] = []
    for place in sorted(range(len(choices)), key=lambda place: -len(choices[place])):
        words = _squeezed(choices[place])
        for found in re.finditer(re.escape(words), plain) if words else ():
            if not any(start <= found.start() and found.end() <= end for start, end, _ in spans):
                spans.append((*found.span(), place))
    return {place for _, end, place in spans if not _DENIED.match(plain[end : end + 12])}


def _only(found: set[int]) -> int | None:
    return next(iter(found)) if len(found) == 1 else None


def _same_words(said: str, choices: Sequence[str]) -> int | None:
    places = [place for place, one in enumerate(choices) if _squeezed(one) == _squeezed(said)]
    return places[0] if len(places) == 1 else None


def _squeezed(text: str) -> str:
    return re.sub(r"[\s.'\"“”‘’*]+", "", unicodedata.normalize("NFKC", text)).casefold()


def last_number(text: str) -> Decimal | None:
    """The number an answer ends with: what follows the last `답` where there is one, else the last number at all. A fraction is its
    value, thousands may be parted by commas."""
    told = list(_TOLD.finditer(text))
    after = _NUMBER.findall(text[told[-1].end() :]) if told else []
    found = after[:1] or _NUMBER.findall(text)[-1:]
    return _value(found[0]) if found else None


def _value(said: str) -> Decimal | None:
    plain = re.sub(r"[,\s]", "", said).replace("−", "-").replace("–", "-")
    above, _, below = plain.partition("/")
    if below and not int(below):
        return None
    return Decimal(above) / Decimal(below) if below else Decimal(above)


def form_in(messages: Sequence[Message]) -> str:
    """What kind of question a prompt asks, by its headings; without one it is a talk."""
    last = messages[-1]["content"] if messages else ""
    headings = {CHOICES: "mcqa", PASSAGE: "passage", PROBLEM: "maths"}
    return next((form for heading, form in headings.items() if f"{heading}\n" in last), "interview")


def told_in(messages: Sequence[Message]) -> str:
    """What somebody tells of themselves in a prompt: the turns of the user, or the lines behind `환자:` of a talk in one message."""
    said = "\n".join(one["content"] for one in messages if one["role"] in ("user", "raw"))
    body = said.rpartition(INPUT)[2].removesuffix(OUTPUT)
    patient = f"{NAMES['user']}: "
    lines = [line.removeprefix(patient) for line in body.splitlines() if line.startswith(patient)]
    return "\n".join(lines) or body


def sentences(text: str) -> list[str]:
    """Sentences by their marks and by lines."""
    return [one for one in (part.strip() for part in re.split(r"(?<=[.!?。])\s+|\n+", text)) if one]


def sends_to_care(text: str) -> bool:
    """Whether an answer sends to emergency care now: a sentence that names 119, 109, an ambulance or the emergency room, and
    neither makes that hang on what has not been said (`심해지면 응급실로`) nor denies the need."""
    return any(_CARE.search(one) and not _CONDITION.search(one) and not _NO_NEED.search(one) for one in sentences(text))


def says_it_is_no_diagnosis(text: str) -> bool:
    """Whether an answer carries both halves of the safety line: that it is no diagnosis, and that a doctor is to be seen."""
    return bool(_NO_DIAGNOSIS.search(text)) and bool(_SEE_A_DOCTOR.search(text))


def opening_of(messages: Sequence[Message], red_flags: Sequence[str]) -> str:
    """The emergency text where a prompt that asks for advice tells of a red flag; nothing else."""
    return EMERGENCY if red_flags and form_in(messages) in ADVISED else ""


def instead_of(messages: Sequence[Message], red_flags: Sequence[str]) -> str:
    """What a chat says in the model's place where a red flag is told: whatever a model adds to the emergency text can only harm."""
    first = opening_of(messages, red_flags)
    return "\n".join((first, NOT_ASKED, SAFETY)) if first else ""


def made_safe(messages: Sequence[Message], answer: str, red_flags: Sequence[str] = ()) -> str:
    """An answer that advises somebody with the emergency text first, where the prompt tells of a red flag, and the safety line last.
    What is there already is not said twice; a letter, a number and a line of a passage stay as they are."""
    if form_in(messages) not in ADVISED:
        return answer
    body = answer.strip()
    first = "" if any(map(sends_to_care, sentences(body)[:2])) else opening_of(messages, red_flags)
    last = "" if says_it_is_no_diagnosis(body) else SAFETY
    return "\n".join(part for part in (first, body, last) if part)


def asked_by(meta: Mapping[str, Any]) -> str:
    """What somebody says about themselves in an item: the turns of the user, else the question."""
    turns = [str(one.get("content", "")) for one in meta.get("turns") or () if one.get("role") == "user"]
    return "\n".join(turns) or str(meta.get("question") or "")
