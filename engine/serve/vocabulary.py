"""A tokenizer's tokens as bytes, for grammars that are kept byte by byte. It knows no model.

llguidance reads the tokenizers of most bases itself, not those of T5 and mBART, and picks byte tokens (`<0x22>`) over the same
character's own token, which no training text ever held: so the bytes are told to it.
"""

import re
from collections.abc import Sequence
from typing import Any

from engine.errors import UserError

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


class Vocabulary:
    """What a tokenizer can write. `engine` is llguidance's view of it."""

    def __init__(self, tokenizer: Any, ends: Sequence[int]) -> None:
        from llguidance import LLTokenizer, TokenizerWrapper

        self.ends = list(ends)
        self.tokens = _token_bytes(tokenizer)
        self._tokenizer = tokenizer
        self._longest = max(map(len, self.tokens))
        self._ids = {piece: id_ for id_, piece in enumerate(self.tokens) if piece}
        self.lead = " " if self.text_of(self._encoded('{"')).startswith(b" ") else ""
        """What this tokenizer puts before every text, and decoding takes away again."""
        special = [id_ for id_, piece in enumerate(self.tokens) if not piece]
        names = [piece or b"\xff" + str(id_).encode() for id_, piece in enumerate(self.tokens)]
        self.engine = LLTokenizer(TokenizerWrapper(_Told(self, names, special)), eos_token=self.ends)

    def text_of(self, ids: Sequence[int]) -> bytes:
        """The bytes that tokens write."""
        return b"".join(self.tokens[id_] for id_ in ids)

    def spelled(self, text: bytes) -> list[int]:
        """Tokens that write just this, the longest first. Raises UserError when the vocabulary cannot."""
        found: list[int] = []
        at = 0
        while at < len(text):
            ends = range(min(len(text), at + self._longest), at, -1)
            end = next((end for end in ends if text[at:end] in self._ids), None)
            if end is None:
                raise _cannot_write(text[at:])
            found.append(self._ids[text[at:end]])
            at = end
        return found

    def split(self, text: bytes) -> list[int]:
        """As the tokenizer itself cuts it where that writes the same, else as `spelled`: what a model learned to write."""
        try:
            ids = self._encoded(text.decode())
        except UnicodeDecodeError:
            return self.spelled(text)
        for start in range(2):  # what some put before every text is a token of its own, or part of the first
            if all(id_ < len(self.tokens) for id_ in ids) and self.text_of(ids[start:]) == text:
                return ids[start:]
        return self.spelled(text)

    def _encoded(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])


class _Told:
    """What llguidance asks a tokenizer for."""

    def __init__(self, vocabulary: Vocabulary, names: list[bytes], special: list[int]) -> None:
        self.eos_token_id = vocabulary.ends[0]
        self.bos_token_id = None
        self.tokens = names
        self.special_token_ids = special
        self._split = vocabulary.split

    def __call__(self, text: bytes) -> list[int]:
        return self._split(text)


def _token_bytes(tokenizer: Any) -> list[bytes]:
    """The bytes of each token by id; empty for special tokens, gaps, and byte tokens of a character that has its own."""
    names = tokenizer.get_vocab()
    special = {id_ for id_, token in tokenizer.added_tokens_decoder.items() if token.special} | set(
        tokenizer.all_special_ids
    )
    pieces = [b""] * (max(names.values()) + 1)
    byte_level = _byte_level(tokenizer)
    added = set(tokenizer.added_tokens_decoder)
    for name, id_ in names.items():
        if id_ not in special:
            pieces[id_] = _bytes_of(name, byte_level if id_ not in added else None)
    own = {pieces[id_] for name, id_ in names.items() if not _BYTE.fullmatch(name)}
    for name, id_ in names.items():
        if _BYTE.fullmatch(name) and pieces[id_] in own:
            pieces[id_] = b""
    return pieces


def _bytes_of(name: str, byte_level: dict[str, int] | None) -> bytes:
    if byte_level:
        return bytes(byte_level[sign] for sign in name) if all(sign in byte_level for sign in name) else name.encode()
    if byte := _BYTE.fullmatch(name):
        return bytes([int(byte.group(1), 16)])
    return name.replace("▁", " ").encode()


def _byte_level(tokenizer: Any) -> dict[str, int] | None:
    """{sign: byte} where tokens are spelled in GPT-2's signs for bytes; None elsewhere."""
    decoder = tokenizer.backend_tokenizer.decoder
    if "ByteLevel" not in str(decoder):
        return None
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(rest)}


def _cannot_write(rest: bytes) -> UserError:
    sign = rest.decode(errors="replace")[:1]
    return UserError(
        f"이 모델의 토크나이저는 '{sign}'을(를) 쓸 수 없어 JSON으로 답하게 할 수 없습니다. 다른 모델을 고르거나 자유로운 글로 답하게 하세요(@free, --decoding free).",
        f"This model's tokenizer cannot write '{sign}', so it cannot be made to answer in JSON. Choose another model, or let it answer "
        "freely (@free, --decoding free).",
    )
