"""One spelling for what looks alike, without moving a code point: full-width signs, dashes, spaces, middle dots."""

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DASHES = {ord(sign): "-" for sign in "‐‑‒–—―−"}
_TILDES = {ord(sign): "~" for sign in "∼〜～˜"}
_SPACES = {ord(sign): " " for sign in "\u00a0\u2002\u2003\u2009\u200a\u202f\u3000\t"}
_UNSEEN = {ord(sign): " " for sign in "\x00\u200b\u200c\u200d\ufeff"}
_OTHERS = {ord("％"): "%", ord("﹪"): "%", ord("ㆍ"): "·", ord("・"): "·", ord("￦"): "₩", ord("×"): "×", ord("✕"): "×"}
_TABLE: dict[int, int | str] = {**_WIDE, **_DASHES, **_TILDES, **_SPACES, **_UNSEEN, **_OTHERS}


def fold(text: str) -> str:
    """`text` with as many code points as before, so that spans stay true."""
    return text.translate(_TABLE)
