"""Words in the headers of weights: what somebody wrote beside the numbers, and a GGUF file's vocabulary. It reads no numbers.

GGUF: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from collections.abc import Iterator
from typing import IO

GGUF = b"GGUF"
MOST = 100_000_000
"""Bytes of one text: more is no header."""
_STRING, _LIST = 8, 9
_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of each kind of number."""


def safetensors_header(file: IO[bytes], size: int) -> str:
    """The JSON before the numbers. Raises ValueError for a length that the file, `size` bytes long, cannot hold."""
    length = int.from_bytes(file.read(8), "little")
    if length > min(size, MOST):
        raise ValueError(length)
    return file.read(length).decode("utf-8", "replace")


def gguf_header(file: IO[bytes]) -> Iterator[tuple[str, list[str]]]:
    """(key, its texts) of every key that holds text: one, or a list such as the vocabulary.

    Raises ValueError for what is no header of GGUF from version 2 on.
    """
    _, _, _, keys = _numbers(file, "<4sIQQ")
    for _ in range(keys):
        key, (kind,) = _string(file), _numbers(file, "<I")
        if texts := _texts(file, kind):
            yield key, texts


def _texts(file: IO[bytes], kind: int, depth: int = 0) -> list[str]:
    if kind == _STRING:
        return [_string(file)]
    if kind == _LIST and depth < 3:
        inner, count = _numbers(file, "<IQ")
        if inner in _BYTES:
            file.seek(count * _BYTES[inner], 1)
            return []
        return [text for _ in range(count) for text in _texts(file, inner, depth + 1)]
    if kind not in _BYTES:
        raise ValueError(kind)
    file.seek(_BYTES[kind], 1)
    return []


def _string(file: IO[bytes]) -> str:
    (length,) = _numbers(file, "<Q")
    if length > MOST:
        raise ValueError(length)
    return file.read(length).decode("utf-8", "replace")


def _numbers(file: IO[bytes], form: str) -> tuple[int, ...]:
    size = struct.calcsize(form)
    read = file.read(size)
    if len(read) < size:
        raise ValueError(len(read))
    return struct.unpack(form, read)
