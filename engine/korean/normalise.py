"""Optional, ordered steps that even out how chat is written. Each is a small pure function; masks' placeholders never change.

Steps know signs, not words: they cannot tell a laugh that matters from one that does not, so those that take away what a
reader sees are for the owner to choose. Sequences of single jamo (ㅎㅏㄴ) are left: people write them on purpose.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Literal

from engine.korean.hangul import LEADS, TAILS, VOWELS

Step = Literal[
    "unicode",
    "control",
    "invisible",
    "spaces",
    "width",
    "laughter",
    "crying",
    "lengthened",
    "punctuation",
    "emoji_runs",
    "emoji_words",
    "emoji_none",
]
LIGHT: tuple[Step, ...] = ("unicode", "control", "invisible", "spaces")
"""What no reader can see: the default. How long somebody laughs is their style, and nothing here touches it."""
PLACEHOLDER = re.compile(r"(\[[가-힣A-Za-z]+_\d+\])")
ROUNDS = 8
"""Most passes over one text. One step can make work for an earlier one (ㅋ, NUL, ㅋㅋ), so they run until nothing changes."""

_LONE = {
    **{chr(0x1100 + place): jamo for place, jamo in enumerate(LEADS)},
    **{chr(0x1161 + place): jamo for place, jamo in enumerate(VOWELS)},
    **{chr(0x11A7 + place): jamo for place, jamo in enumerate(TAILS) if jamo},
}
_LONE_JAMO = re.compile(f"[{''.join(_LONE)}]")
_HALF_JAMO = re.compile("[\uffa1-\uffdc]")


def unicode_form(text: str) -> str:
    """NFC; jamo that belong to no syllable, and half-width ones, become the letters of a keyboard (U+110F → ㅋ)."""
    if text.isascii():
        return text
    text = _HALF_JAMO.sub(lambda jamo: unicodedata.normalize("NFKC", jamo.group()), text)
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return _LONE_JAMO.sub(lambda jamo: _LONE[jamo.group()], text)


_ANSI = re.compile("\x1b\\[[0-?]*[ -/]*[@-~]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")


def control(text: str) -> str:
    """Without terminal colours and control characters; every line break is \\n."""
    if text.isprintable():
        return text
    return _CONTROL.sub("", _ANSI.sub("", text)).replace("\r\n", "\n").replace("\r", "\n")


_BASE = "\u203c\u2049\u2122\u2139\u231a-\u23ff\u25aa-\u25fe\u2600-\u27bf\u2b00-\u2bff\u3030\u303d\U0001f000-\U0001faff"
_ONE = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3|"
    f"[{_BASE}][\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?(?:\u200d[{_BASE}][\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?)*)"
)
"""One emoji as people see it: flags, keycaps, skin tones and families are one. Hearts and stars of older fonts count."""
_EMOJI = re.compile(_ONE)
_UNSEEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]"
    f"|(?<![{_BASE}\ufe0e\ufe0f])\u200d|\u200d(?![{_BASE}])"
)


def invisible(text: str) -> str:
    """Without characters of no width and marks of direction; a joiner inside an emoji stays."""
    return text if text.isascii() else _UNSEEN.sub("", text)


_SPACE = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_BREAK = re.compile("[\u0085\u2028\u2029]")


def spaces(text: str) -> str:
    """One plain space between words, none beside a line break, at most one empty line."""
    text = _BREAK.sub("\n", _SPACE.sub(" ", text))
    text = re.sub(" {2,}", " ", text)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" ?\n ?", "\n", text)) if "\n" in text else text


_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "（）［］"} | {0xFFE6: ord("₩")}
"""（이름_1） is how a typed placeholder is defused; its brackets stay."""


def width(text: str) -> str:
    """Full-width letters, digits and signs in their usual width (ＡＢＣ１２３！ → ABC123!)."""
    return text if text.isascii() else text.translate(_WIDE)


_LAUGH = re.compile(r"([ㅋㅎ])\1{2,}|(하|히|호|헤|흐|크|키|캬)\2{2,}(?![가-힣])")


def laughter(text: str) -> str:
    """ㅋㅋㅋㅋ → ㅋㅋ, 하하하하 → 하하; ㅋ and ㅋㅋ stay."""
    return _LAUGH.sub(lambda run: run.group()[:2], text)


_CRY = re.compile(r"[ㅠㅜ]{3,}|(흑|엉)\1{2,}(?![가-힣])")


def crying(text: str) -> str:
    """ㅠㅠㅠㅠ → ㅠㅠ, ㅜㅜㅜ → ㅜㅜ, 흑흑흑 → 흑흑."""
    return _CRY.sub(lambda run: run.group()[:2], text)


_LONG = re.compile(r"([아야어여오요우유으이애에]|[ㄱ-ㅊㅌ-ㅍㅏ-ㅛㅝ-ㅟㅡ-ㅣ])\1{2,}")


def lengthened(text: str) -> str:
    """좋아아아아 → 좋아아, 안돼ㅐㅐㅐ → 안돼ㅐㅐ, ㄷㄷㄷㄷ → ㄷㄷ; laughter and tears have steps of their own."""
    return _LONG.sub(r"\1\1", text)


_MARKS = re.compile(r"([!?~,;^·])\1{2,}|\.{4,}|…{2,}|。{2,}")
_TURNS = re.compile(r"(\?!|!\?)\1+")


def punctuation(text: str) -> str:
    """!!!! → !!, ?!?!?! → ?!, ~~~~ → ~~, ...... → ..., …… → …"""

    def shorter(run: re.Match[str]) -> str:
        sign = run.group()[0]
        return "..." if sign == "." else sign if sign in "…。" else sign * 2

    return _TURNS.sub(r"\1", _MARKS.sub(shorter, text))


_EMOJI_RUN = re.compile(rf"({_ONE})\1{{2,}}")


def emoji_runs(text: str) -> str:
    """😂😂😂😂 → 😂😂."""
    return text if text.isascii() else _EMOJI_RUN.sub(r"\1\1", text)


_NAMES = """
웃음 😀😃😄😁😆😅🤣😂🙂😊😸😹😺
사랑 🥰😍😘😻😚😙😗
하트 ❤♥♡💕💖💗💓💞💘💝💛💚💙💜🧡🖤🤍🤎💟❣
눈물 😢😭🥲😿😥🥹
화남 😠😡🤬👿😤
놀람 😮😲😱😯🤯😳🙀
메롱 😜😛😝🤪😋
윙크 😉
땀 😓💦
잠 😴💤😪
멍 😐😑😶🙄
생각 🤔
최고 👍👌💯
박수 👏🙌
인사 👋
부탁 🙏
힘 💪🔥
축하 🎉🎊🥳🎂
별 ⭐🌟✨★☆
술 🍺🍻🍷🍶🥂
커피 ☕
밥 🍚🍜🍱
꽃 🌸🌹🌷🌼🌻💐🌺
비 🌧☔
눈 ❄⛄☃
해 ☀🌞
달 🌙🌛
개 🐶🐕
고양이 🐱🐈
"""
_NAMED = {sign: line.split()[0] for line in _NAMES.strip().splitlines() for sign in line.split()[1]}


def emoji_words(text: str) -> str:
    """😂 → (웃음), as KakaoTalk itself once wrote its small pictures; one without a name here → (이모지)."""
    if text.isascii():
        return text
    return _EMOJI.sub(lambda one: f"({_NAMED.get(one.group()[0], '이모지')})", text)


def emoji_none(text: str) -> str:
    """Without emoji."""
    return text if text.isascii() else _EMOJI.sub("", text)


STEPS: dict[Step, Callable[[str], str]] = {
    "unicode": unicode_form,
    "control": control,
    "invisible": invisible,
    "spaces": spaces,
    "width": width,
    "laughter": laughter,
    "crying": crying,
    "lengthened": lengthened,
    "punctuation": punctuation,
    "emoji_runs": emoji_runs,
    "emoji_words": emoji_words,
    "emoji_none": emoji_none,
}
"""In the order that leaves each step the least to miss."""


_PLAIN = re.compile("[\n -~·…가-힣ㄱ-ㅎㅏ-ㅣ\u2600-\u27bf\U0001f300-\U0001faff]*")
"""What nearly all messages are made of. Half of all steps have nothing to do there, and a million messages are to pass in
a second: a look with this costs 0.3 µs, all light steps 3 µs."""
_VISIBLE: frozenset[Step] = frozenset(
    {"laughter", "crying", "lengthened", "punctuation", "emoji_runs", "emoji_words", "emoji_none"}
)
"""Steps with work in plain text, beside `spaces`."""


def normaliser(steps: Sequence[Step]) -> Callable[[str], str]:
    """The steps, in their order, as one function of a text; without steps it returns every text as it is.

    Running it twice changes nothing more. Placeholders such as [이름_1] stay; what only becomes one is defused to （…）.
    """
    functions = [STEPS[step] for step in steps]
    quick = not _VISIBLE.intersection(steps)
    if not functions:
        return lambda text: text

    def whole(text: str) -> str:
        if quick and _PLAIN.fullmatch(text) and "  " not in text and "\n" not in text:
            return text.strip() if "spaces" in steps else text
        if "[" not in text or PLACEHOLDER.search(text) is None:
            done = _settled(text, functions)
        else:
            parts = PLACEHOLDER.split(text)
            done = "".join(part if place % 2 else _settled(part, functions) for place, part in enumerate(parts))
        return done.strip() if "spaces" in steps else done

    return whole


def line_normaliser(steps: Sequence[Step]) -> Callable[[list[str]], list[str]]:
    """`normaliser` for messages that are shown as the lines of one text: each evened out and stripped, empty ones too.

    One look at all of them together is enough for most: in plain lines without a doubled or outer space nothing is to do.
    """
    tidy = normaliser(steps)
    quick = not _VISIBLE.intersection(steps)

    def whole(lines: list[str]) -> list[str]:
        if quick and _at_rest("\n".join(lines)):
            return lines
        return [tidy(line).strip() for line in lines]

    return whole


def _at_rest(text: str) -> bool:
    return (
        _PLAIN.fullmatch(text) is not None
        and "  " not in text
        and text == text.strip()
        and not ("\n" in text and ("\n\n" in text or " \n" in text or "\n " in text))
    )


def _settled(text: str, functions: Sequence[Callable[[str], str]]) -> str:
    for _ in range(ROUNDS):
        before = text
        for function in functions:
            text = function(text)
        if text == before:
            break
        if "[" in text:
            text = PLACEHOLDER.sub(lambda typed: f"（{typed.group()[1:-1]}）", text)
    return text
