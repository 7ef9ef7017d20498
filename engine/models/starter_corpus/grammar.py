"""Korean particles and a small template language for the generated corpus.

It knows the shape of sentences, not their meaning, and draws every choice from the `random.Random` it is given.

Template language, nestable:
    {a|b|c}        one of several phrasings
    {반말;존댓말}    the casual or the polite form, by the speech level of the document
    {slot}         a value;  {slot/은는} the value with its particle
    ^              "요" in polite documents, nothing in casual ones
"""

import random
from collections.abc import Mapping
from functools import cache
from typing import cast

# particle name -> (after a final consonant, after a vowel)
PARTICLES: dict[str, tuple[str, str]] = {
    "이가": ("이", "가"), "은는": ("은", "는"), "을를": ("을", "를"), "과와": ("과", "와"), "와과": ("과", "와"),
    "이나": ("이나", "나"), "으로": ("으로", "로"), "이랑": ("이랑", "랑"), "이야": ("이야", "야"),
    "아야": ("아", "야"), "이에요": ("이에요", "예요"), "이면": ("이면", "면"), "이라": ("이라", "라"),
    "이라도": ("이라도", "라도"), "이요": ("이요", "요"), "이고": ("이고", "고"), "이네": ("이네", "네"),
    "이다": ("이다", "다"), "이지": ("이지", "지"), "인데": ("인데", "인데"), "이이": ("이", ""),
    "이라고": ("이라고", "라고"), "의의": ("의", "의"), "도도": ("도", "도"), "이라서": ("이라서", "라서"), "이었": ("이었", "였"), "이든": ("이든", "든"),
}  # fmt: skip
_RIEUL = 8  # index of the final ㄹ in a syllable block; 으로 drops its 으 after it
_DIGIT_FINALS = {"0": 21, "1": _RIEUL, "2": 0, "3": 16, "4": 0, "5": 0, "6": 1, "7": _RIEUL, "8": _RIEUL, "9": 0}
_LATIN_FINALS = {"l": _RIEUL, "r": _RIEUL, "m": 16, "n": 4}

Node = tuple[str, object]


def final_consonant(text: str) -> int:
    """Index of the final consonant of the last spoken character (0: ends in a vowel), brackets and marks skipped."""
    for char in reversed(text):
        if "가" <= char <= "힣":
            return (ord(char) - 0xAC00) % 28
        if char in _DIGIT_FINALS:
            return _DIGIT_FINALS[char]
        if char == "%":  # read 퍼센트
            return 0
        if char.isascii() and char.isalpha():
            return _LATIN_FINALS.get(char.lower(), 0)
    return 0


def particle(text: str, name: str) -> str:
    """The form of a particle that agrees with `text`: particle("물", "으로") == "로"."""
    closed, opened = PARTICLES[name]
    final = final_consonant(text)
    if name == "으로" and final == _RIEUL:
        return opened
    return closed if final else opened


def josa(text: str, name: str) -> str:
    """`text` followed by its agreeing particle: josa("사과", "을를") == "사과를"."""
    return text + particle(text, name)


@cache
def _parse(template: str) -> tuple[Node, ...]:
    nodes, end = _parse_until(template, 0, "")
    if end != len(template):
        raise ValueError(f"unbalanced brace at {end} in template: {template}")
    return nodes


def _parse_until(template: str, at: int, stops: str) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    text = ""
    while at < len(template) and template[at] not in stops:
        char = template[at]
        if char in "{^":
            if text:
                nodes.append(("text", text))
                text = ""
            node, at = _parse_braces(template, at + 1) if char == "{" else (("yo", None), at + 1)
            nodes.append(node)
        else:
            text += char
            at += 1
    if text:
        nodes.append(("text", text))
    return tuple(nodes), at


def _parse_braces(template: str, at: int) -> tuple[Node, int]:
    parts: list[tuple[Node, ...]] = []
    marks = ""
    while True:
        part, at = _parse_until(template, at, "|;}")
        if at >= len(template):
            raise ValueError(f"brace never closed in template: {template}")
        parts.append(part)
        if template[at] == "}":
            break
        marks += template[at]
        at += 1
    if not marks:
        slot, _, name = str(parts[0][0][1]).partition("/")
        return ("slot", (slot, name)), at + 1
    return ("level" if marks == ";" else "choice", tuple(parts)), at + 1


def _render(nodes: tuple[Node, ...], rng: random.Random, slots: Mapping[str, str], polite: bool) -> str:
    out = ""
    for kind, value in nodes:
        if kind == "text":
            out += str(value)
        elif kind == "yo":
            out += "요" if polite else ""
        elif kind == "slot":
            name, ending = cast(tuple[str, str], value)
            out += josa(slots[name], ending) if ending else slots[name]
        else:
            branches = cast(tuple[tuple["Node", ...], ...], value)
            branch = branches[polite] if kind == "level" else branches[int(rng.random() * len(branches))]
            out += _render(branch, rng, slots, polite)
    return out


def fill(template: str, rng: random.Random, slots: Mapping[str, str] | None = None, *, polite: bool = True) -> str:
    """One rendering of a template; the same rng state gives the same text. KeyError names a missing slot."""
    return _render(_parse(template), rng, slots or {}, polite)
