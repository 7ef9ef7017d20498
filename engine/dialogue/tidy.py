"""A model's summary mended, step by step: what is surely broken is repaired, what is whole stays letter for letter.

Every step is a function (summary, dialogue) -> summary in `STEPS` and can be left out by name, so that its gain can be measured.
"""

import re
from collections.abc import Callable, Sequence

from engine.dialogue.ending import is_cut_off, whole_ending
from engine.dialogue.turns import SPECIAL, speakers_of, special_tokens

Step = Callable[[str, str], str]

_FRAME = re.compile(
    r"^\s*(?:#{2,3}\s*(?:Response|Output|응답|답변|요약)\s*:?\s*|\[?(?:대화 ?)?(?:요약|요약문|핵심 요약|Summary)\]?\s*[::]\s*|(?:네|알겠습니다)[,.!]\s*요약(?:해 드리겠습니다|하겠습니다)[.:]?\s*)",
    re.I,
)
_NEXT = re.compile(r"\n\s*(?:#{2,3}\s*\S|(?:질문|사용자|답변|대화|User|Assistant)\s*[::])")
_LOOSE = re.compile(r"#\s*([A-Za-z]{3,20})\s?(\d{0,2})\s*#")
_OPEN = re.compile(r"#([A-Za-z]{3,20}\d{0,2})(?![A-Za-z\d#])")
_SHUT = re.compile(r"(?<![#A-Za-z\d])([A-Za-z]{3,20}\d{1,2})#(?![A-Za-z])")
_HALF = re.compile(
    r"[ \t]*#[A-Za-z]{0,20}\d{0,2}$|[ \t]*\[(?:[가-힣]{1,6}(?:_\d{0,3})?)?$|[ \t]*<[|/]?[a-z_]{0,20}\|?>?$"
)
_JUNK = re.compile("[\ufffd\u200b\ufeff]+|<\\|[a-z_]{1,30}\\|>|</?s>|<pad>|<unk>")
_PARTICLES = {"은": "는", "는": "은", "과": "와", "와": "과", "이": "가", "가": "이", "을": "를", "를": "을"}
_CLOSED, _EITHER = frozenset("178"), frozenset("0369")
"""Last digits read with a final consonant in either way of counting (일·원, 칠·세븐, 팔·에잇), and those that differ (삼·쓰리)."""
_AFTER = re.compile(r"(#[A-Za-z]+\d*(\d)#)(은|는|과|와|이|가|을|를)(?![가-힣])")
_PARTICLE = re.compile(r"[은는이가을를과와](?![가-힣])|에게(?:서)?(?![가-힣])|의(?![가-힣])")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)]?\s+|\n+")
_PAIRS = (("“", "”"), ("‘", "’"), ("(", ")"), ("[", "]"), ("「", "」"))


def tidied(dialogue: str, summary: str, steps: Sequence[str] | None = None) -> tuple[str, tuple[str, ...]]:
    """(the mended summary, names of the steps that changed it). steps: all, unless named; they run in the order of `STEPS`.

    A summary of which nothing would be left stays as it came. KeyError: a step is not known.
    """
    chosen = STEPS if steps is None else {name: STEPS[name] for name in STEPS if name in steps}
    if unknown := [name for name in steps or () if name not in STEPS]:
        raise KeyError(unknown[0])
    text, applied = summary, list[str]()
    for name, step in chosen.items():
        changed = step(text, dialogue)
        if changed != text and changed.strip():
            text = changed
            applied.append(name)
    return text, tuple(applied)


def drop_frame(summary: str, dialogue: str) -> str:
    """Without "요약:" before it, and without what follows it: another frame, or the dialogue told again line by line."""
    text = _FRAME.sub("", summary, count=1)
    if found := _NEXT.search(text):
        text = text[: found.start()]
    lines = text.split("\n")
    speakers = set(speakers_of(dialogue))
    told = (at for at, line in enumerate(lines) if at and line.partition(":")[0].strip() in speakers and ":" in line)
    return "\n".join(lines[: next(told, len(lines))])


def mend_tokens(summary: str, dialogue: str) -> str:
    """`# Person1 #`, `#Person1` and `person1#` as the dialogue writes them; half a token at the end, and control tokens, go."""
    known = {token.strip("#").casefold(): token for token in special_tokens([dialogue])}

    def mended(found: re.Match[str]) -> str:
        name = "".join(part or "" for part in found.groups())
        return known.get(name.casefold(), found[0])

    text = _JUNK.sub("", summary)
    for pattern in (_LOOSE, _OPEN, _SHUT):
        text = pattern.sub(mended, text)
    half = _HALF.search(text)
    if half and SPECIAL.search(text[half.start() :]) is None and half[0].strip() not in known.values():
        text = text if _closes(text, half) else text[: half.start()]
    return text


def _closes(text: str, half: re.Match[str]) -> bool:
    """Whether the # at the very end closes a token that stands before it."""
    return any(found.end() > half.start() for found in SPECIAL.finditer(text))


def mend_speakers(summary: str, dialogue: str) -> str:
    """A speaker that the dialogue does not have becomes the one who is not named, if there is just one; else it goes."""
    there = [name for name in speakers_of(dialogue) if SPECIAL.fullmatch(name)]
    told = special_tokens([dialogue])
    persons = [token for token in special_tokens([summary]) if re.match(r"#[A-Za-z]+\d+#$", token)]
    strangers = [token for token in persons if token not in told] if there else []
    for stranger in strangers:
        unnamed = [name for name in there if name not in summary]
        if len(unnamed) == 1:
            summary = summary.replace(stranger, unnamed[0])
        elif len(SPECIAL.sub("", summary).split()) > len(persons):
            summary = _without(summary, stranger)
    return summary


def _without(summary: str, token: str) -> str:
    """Without the token and its particle; in `#Person1#과 TOKEN은` the particle goes to who stays."""
    name = re.escape(token)
    text = re.sub(rf"(#[A-Za-z]+\d+#)(?:과|와) {name}({_PARTICLE.pattern})", r"\1\2", summary)
    return re.sub(rf"{name}(?:{_PARTICLE.pattern})?[ \t,]*", "", text)


def mend_particles(summary: str, dialogue: str) -> str:
    """`#Person1#는` becomes `#Person1#은`, `#Person2#과` becomes `#Person2#와`; where a number is read in two ways nothing changes."""

    def agreed(found: re.Match[str]) -> str:
        token, digit, particle = found[1], found[2], found[3]
        closed = digit in _CLOSED
        fits = particle in ("은", "과", "이", "을") if closed else particle in ("는", "와", "가", "를")
        return found[0] if digit in _EITHER or fits else token + _PARTICLES[particle]

    return _AFTER.sub(agreed, summary)


def drop_repeats(summary: str, dialogue: str) -> str:
    """Without sentences said before, and without a run of words said twice over (`쓸 한 해를 쓸 한 해를`, `민호는 민호는`)."""
    kept: list[str] = []
    seen = set[str]()
    for sentence in sentences(summary):
        key = re.sub(r"[\W_]+", "", sentence)
        if not key or key not in seen:
            kept.append(sentence)
        seen.add(key)
    changed = [_without_stutter(sentence) for sentence in kept]
    if changed == sentences(summary):
        return summary
    return " ".join(changed)


def _without_stutter(sentence: str) -> str:
    words = sentence.split(" ")
    for size in range(min(12, len(words) // 2), 0, -1):
        at = 0
        while at + 2 * size <= len(words):
            run = words[at : at + size]
            if run == words[at + size : at + 2 * size] and _stutters(run, words, at):
                del words[at + size : at + 2 * size]
            else:
                at += 1
    return " ".join(words)


def _stutters(run: Sequence[str], words: Sequence[str], at: int) -> bool:
    """One word twice can be meant (하나 하나, 천천히 천천히); with a particle, or three times, it cannot."""
    if len(run) > 1:
        return True
    return bool(re.search(r"..[은는을를]$|#[가-힣]{1,2}$", run[0])) or list(words[at : at + 3]) == [run[0]] * 3


def mend_ending(summary: str, dialogue: str) -> str:
    """An end that is surely broken: completed where only one word can follow (했, 하기로), else cut back to the last whole sentence."""
    text = summary.rstrip()
    parts = sentences(text)
    if not parts or re.search(r"[.!?…][\"'”’)]*$", text):
        return summary
    if whole := whole_ending(parts[-1]):
        return text[: len(text) - len(parts[-1])] + whole
    if len(parts) > 1 and is_cut_off(parts[-1]):
        return text[: text.rindex(parts[-1])].rstrip()
    return summary


def drop_lone_marks(summary: str, dialogue: str) -> str:
    """Quotation marks and brackets without a partner go, and signs that end nothing (`다. ,`)."""
    text = re.sub(r"(?<=[.!?])\s*[,:;·\-]+$", "", summary.rstrip())
    for opening, closing in _PAIRS:
        text = _paired(text, opening, closing)
    for mark in ('"', "'"):
        places = [
            at.start() for at in re.finditer(re.escape(mark), text) if mark == '"' or not _in_latin(text, at.start())
        ]
        if len(places) % 2:
            text = text[: places[-1]] + text[places[-1] + 1 :]
    return text if text != summary.rstrip() else summary


def _paired(text: str, opening: str, closing: str) -> str:
    depth, drop = list[int](), set[int]()
    for at, letter in enumerate(text):
        if letter == opening:
            depth.append(at)
        elif letter == closing and depth:
            depth.pop()
        elif letter == closing:
            drop.add(at)
    drop |= set(depth)
    return "".join(letter for at, letter in enumerate(text) if at not in drop)


def _in_latin(text: str, at: int) -> bool:
    return 0 < at < len(text) - 1 and text[at - 1].isascii() and text[at - 1].isalnum()


def mend_spaces(summary: str, dialogue: str) -> str:
    """One space between words, none before a mark, one behind the end of a sentence; marks once."""
    text = re.sub(r"[ \t\u3000\xa0]+", " ", summary)
    text = re.sub(r" *\n\s*", "\n", text)
    text = re.sub(r"(?<=[가-힣\d#)]) +(?=[.,!?](?:\s|$))", "", text)
    text = re.sub(r"(?<![.])\.\.(?![.])|([,!?])\1+", lambda found: found[1] or ".", text)
    text = re.sub(r"(?<=[다요죠까음함]\.)(?=[가-힣#\[])", " ", text)
    return text.strip()


def sentences(text: str) -> list[str]:
    """The sentences of a text, marks included; a number with a point is not parted."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


STEPS: dict[str, Step] = {
    "frame": drop_frame,
    "tokens": mend_tokens,
    "speakers": mend_speakers,
    "particles": mend_particles,
    "repeats": drop_repeats,
    "ending": mend_ending,
    "marks": drop_lone_marks,
    "spaces": mend_spaces,
}
"""Name of a step to its function, in the order they run."""
