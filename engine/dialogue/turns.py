"""A dialogue as turns: who says what. It reads text and lists of turns alike, and knows no file and no model.

Speakers stand before a colon: `#Person1#: …` (DialogSum, Chen et al. 2021), `지우: …`, `[이름_1]: …`. A line without one goes on with
the turn before.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import UserError

SPECIAL = re.compile(r"#(?:[A-Za-z]{1,30}\d{0,3}|@[A-Za-z가-힣]{1,20}\d{0,3}|[가-힣]{1,10}\d{1,3})#")
"""Tokens that stand for something: #Person1#, #PhoneNumber#, AI Hub's #@이름#. A hashtag (#맛집#여행) is none."""
_TOKEN_TURN = re.compile(rf"[^\S\n]*({SPECIAL.pattern})[^\S\n]*[::][^\S\n]*")
_LABEL = re.compile(r"^[ \t]*(?:[-•*·][ \t]*)?([^\s:：][^:：\n]{0,23}?)[ \t]*[:：](?!//)[ \t]*(.*)$")
_NO_NAME = re.compile(r"[.!?,…]|\d$|^\d|\s\S+\s\S+\s")
"""What no speaker's name holds: the end of a sentence, a clock (오후 3:00), four words."""
_NUMBERED = re.compile(r"^(?:[A-Za-z가-힣]+ ?_?\d{1,3}|[A-Za-z])$")
"""P01, 화자1, 사람 2, A: names all the same."""
SPEAKER_KEYS = (
    "speaker", "speaker_id", "speakerid", "participantid", "participant_id", "participant", "name", "role", "from", "who", "sender", "author",
    "user", "화자", "발화자", "이름", "말한사람", "참여자",
)  # fmt: skip
TEXT_KEYS = (
    "text", "utterance", "content", "message", "value", "form", "sentence", "norm_text", "original_form", "line", "발화", "발화문", "내용", "말", "대사",
)  # fmt: skip
TURN_LISTS = ("dialogue", "dialog", "utterances", "utterance", "turns", "messages", "conversation", "대화", "발화")
"""Names under which an object that is a dialogue keeps its turns."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker says before another does; `speaker` is None where nobody is named."""

    speaker: str | None
    text: str


def turns_of(text: str) -> list[Turn]:
    """The turns of a dialogue in order; one without any text is left out. A line break lost before `#Person2#:` is found again."""
    lines = _lines(text)
    speakers = _speakers_in(lines)
    turns: list[Turn] = []
    for line in lines:
        speaker, said = _split(line, speakers)
        if speaker is None and turns:
            turns[-1] = Turn(turns[-1].speaker, f"{turns[-1].text}\n{said}" if turns[-1].text else said)
        else:
            turns.append(Turn(speaker, said))
    return [turn for turn in turns if turn.text]


def speakers_of(text: str) -> list[str]:
    """Names of those who say something, each once, in order of appearance."""
    return list(dict.fromkeys(turn.speaker for turn in turns_of(text) if turn.speaker))


def written(turns: Iterable[Turn]) -> str:
    """Turns as text, a turn a line: `지우: 안녕`."""
    return "\n".join(f"{turn.speaker}: {turn.text}" if turn.speaker else turn.text for turn in turns)


def special_tokens(texts: Iterable[str]) -> tuple[str, ...]:
    """The different tokens that stand in the texts, sorted."""
    return tuple(sorted({found[0] for text in texts for found in SPECIAL.finditer(text)}))


def dialogue_text(given: Any) -> str:
    """A dialogue as text, from text or from a list of turns: texts, [speaker, text] pairs, or objects such as {speaker, text}.

    Raises TypeError for anything else. What says nothing becomes "".
    """
    if isinstance(given, str):
        return given.replace("\r\n", "\n").replace("\r", "\n").strip()
    if isinstance(given, Mapping):
        held = next((given[name] for name in TURN_LISTS if isinstance(given.get(name), list)), None)
        if held is None:
            raise TypeError("dialogue")
        return dialogue_text(held)
    if isinstance(given, list):
        return written(turn for turn in map(_turn, given) if turn.text)
    raise TypeError("dialogue")


def require_dialogue(given: Any) -> str:
    """As `dialogue_text`. Raises UserError for what is no dialogue, or one that says nothing."""
    try:
        text = dialogue_text(given)
    except TypeError:
        raise UserError(
            f"dialogue가 글도 차례의 목록도 아닙니다({type(given).__name__}). '#Person1#: …' 같은 줄이나 [{{speaker, text}}, …] 목록을 넣어 주세요.",
            f"dialogue is neither text nor a list of turns ({type(given).__name__}). Give lines such as '#Person1#: …' or a list of "
            "{speaker, text}.",
        ) from None
    if not text or not turns_of(text):
        raise UserError(
            "대화가 비어 있어 요약할 것이 없습니다(말 0개). dialogue에 '#Person1#: …' 같은 줄이나 {speaker, text} 목록을 넣어 주세요.",
            "The dialogue is empty (0 turns), so there is nothing to summarise. Put lines such as '#Person1#: …' or a list of "
            "{speaker, text} into dialogue.",
        )
    return text


def _turn(given: Any) -> Turn:
    if isinstance(given, str):
        return Turn(None, given.strip())
    if isinstance(given, Mapping):
        plain = {str(key).replace(" ", "").casefold(): value for key, value in given.items()}
        speaker = next((plain[key] for key in SPEAKER_KEYS if plain.get(key) not in (None, "")), None)
        said = next((plain[key] for key in TEXT_KEYS if isinstance(plain.get(key), str)), "")
        return Turn(_name(speaker), said.strip())
    if isinstance(given, Sequence) and len(given) == 2 and all(isinstance(part, str) for part in given):
        return Turn(_name(given[0]), given[1].strip())
    raise TypeError("dialogue")


def _name(found: Any) -> str | None:
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    return " ".join(str(found).split()).rstrip(":")[:40] or None


def _lines(text: str) -> list[str]:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    parted = _TOKEN_TURN.sub(lambda found: f"\n{found[1]}: ", plain)
    return [line for line in (line.strip() for line in parted.split("\n")) if line]


def _speakers_in(lines: Sequence[str]) -> frozenset[str]:
    """Which labels are speakers. Where tokens speak, nobody else does; elsewhere "시간: 세 시" inside a turn is told from a name by
    coming once only, while most lines have a label that comes again."""
    labels = [found[1].strip() for found in map(_LABEL.match, lines) if found]
    if tokens := [label for label in labels if SPECIAL.fullmatch(label)]:
        return frozenset(tokens)
    counts = Counter(label for label in labels if _NUMBERED.match(label) or not _NO_NAME.search(label))
    again = {label for label, count in counts.items() if count > 1}
    every = sum(counts.values()) == len(lines)
    return frozenset(counts if every or not again else again)


def _split(line: str, speakers: frozenset[str]) -> tuple[str | None, str]:
    found = _LABEL.match(line)
    if found and found[1].strip() in speakers:
        return found[1].strip(), found[2].strip()
    return None, line
