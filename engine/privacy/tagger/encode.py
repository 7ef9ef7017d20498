"""Characters as rows of the network's first table: syllables, letters, signs. It knows no network.

A syllable outside KS X 1001 has no row of its own: it is read by its jamo alone, as every syllable is in part.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

PAD, UNKNOWN, SPACE, LINE, EMOJI, HANJA, KANA, MARK = range(8)
_ASCII = 8
_JAMO = _ASCII + 94
_SYLLABLES = _JAMO + 51
KS_SYLLABLES = "".join(bytes((hi, lo)).decode("euc-kr") for hi in range(0xB0, 0xC9) for lo in range(0xA1, 0xFF))
"""The 2,350 syllables that everyday Korean is written with."""
ROWS = _SYLLABLES + len(KS_SYLLABLES)
"""Rows of the character table."""
HANGUL_BASE, HANGUL_SIZE = 0xAC00, 11_172
SYMBOLS = _SYLLABLES + HANGUL_SIZE
"""Symbols of a text: signs, then all syllables, whether they have a row or not."""


@cache
def symbol_table() -> NDArray[np.uint16]:
    """Code point (up to U+FFFF) → symbol."""
    table = np.full(0x10000, MARK, np.uint16)
    table[0x3400:0xA000] = HANJA
    table[0x3040:0x3100] = KANA
    table[0x2600:0x2800] = EMOJI
    table[0xD800:0xF900] = UNKNOWN
    table[:0x21] = UNKNOWN
    table[[0x20, 0xA0, 0x3000, 0x09]] = SPACE
    table[[0x0A, 0x0D]] = LINE
    table[0x21:0x7F] = np.arange(_ASCII, _ASCII + 94)
    table[0xFF01:0xFF5F] = table[0x21:0x7F]
    table[0x3131:0x3164] = np.arange(_JAMO, _JAMO + 51)
    table[HANGUL_BASE : HANGUL_BASE + HANGUL_SIZE] = np.arange(_SYLLABLES, SYMBOLS)
    return table


def symbols(text: str) -> NDArray[np.uint16]:
    """One symbol per code point of `text`."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return np.where(codes < 0x10000, symbol_table()[np.minimum(codes, 0xFFFF)], np.uint16(EMOJI)).astype(np.uint16)


@cache
def parts() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Symbol → (row of its own or UNKNOWN; three jamo rows of a table of 1 + 19 + 21 + 28, row 0 where it is no syllable)."""
    rows = np.arange(SYMBOLS)
    at = np.arange(HANGUL_SIZE)
    rows[_SYLLABLES:] = UNKNOWN
    rows[_SYLLABLES + np.array([ord(ch) - HANGUL_BASE for ch in KS_SYLLABLES])] = np.arange(_SYLLABLES, ROWS)
    jamo = np.zeros((SYMBOLS, 3), np.int64)
    jamo[_SYLLABLES:] = np.stack([1 + at // 588, 20 + at % 588 // 28, 41 + at % 28], 1)
    return rows, jamo


JAMO_ROWS = 1 + 19 + 21 + 28
