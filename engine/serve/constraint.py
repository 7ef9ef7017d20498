"""Answers that must be JSON of a given shape: which tokens may come next, and the end forced in time. It knows no model.

The grammar is kept by llguidance; that an answer is whole when its tokens run out is seen to here.
"""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from engine.errors import UserError
from engine.serve.json_closing import closing_bytes, longest_closing, shortest
from engine.serve.json_shape import Choice, Field, List, Number, Object, Shape, Text, shape_of
from engine.serve.vocabulary import Vocabulary

SLACK = 8
"""Tokens before the danger zone that looking ahead begins: room for the rest of a half-written character."""
_SIGN = r'([^"\\\x00-\x1F\x7F]|\\["\\nt])'


class Constraint:
    """A schema for one model's answers of at most `room` tokens."""

    def __init__(self, vocabulary: Vocabulary, schema: Mapping[str, Any], room: int) -> None:
        """Raises UserError for a schema that is not supported, a vocabulary that cannot write it, or too little room."""
        from llguidance import LLMatcher

        self.vocabulary, self.room = vocabulary, room
        self.shape = shape_of(schema, max(32, room // 2))
        least = len(vocabulary.spelled((vocabulary.lead + shortest(self.shape)).encode())) + 1
        if least > room:
            raise _too_short(least, room)
        self.matcher = LLMatcher(vocabulary.engine, LLMatcher.grammar_from_lark(grammar(self.shape, vocabulary.lead)))
        if self.matcher.is_error():
            raise _too_large()
        self.danger = longest_closing(self.shape) + 1

    def row(self) -> "Row":
        """An answer about to be written."""
        return Row(self)


class Row:
    """One answer on its way: ask for `forced` first, else `allowed`, then `take` what was chosen."""

    def __init__(self, constraint: Constraint) -> None:
        self._of = constraint
        self._matcher = constraint.matcher.deep_copy()
        self._written = bytearray()
        self._left = constraint.room
        self._closing: deque[int] | None = None
        self._queue: deque[int] = deque()
        self._over = False

    def forced(self) -> int | None:
        """The token that must come next, where only one can; an end token when the answer is over."""
        if self._over:
            return self._of.vocabulary.ends[0]
        if self._closing is not None:
            return self._closing[0] if self._closing else self._of.vocabulary.ends[0]
        if not self._queue:
            self._queue.extend(self._matcher.compute_ff_tokens())
        return self._queue[0] if self._queue else None

    def allowed(self) -> Any:
        """A boolean tensor (tokens of the vocabulary)."""
        import numpy as np
        import torch

        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        found = np.unpackbits(bits, bitorder="little")[: len(self._of.vocabulary.tokens)]
        if not found.any():
            raise _too_large()
        return torch.from_numpy(found.astype(bool))

    def take(self, token: int) -> int:
        """The token that is written: the chosen one, or the first of the closing when no room would be left for that."""
        if self._closing is None and not self._fits(token):
            self._closing = deque(self._of.vocabulary.spelled(self._missing(bytes(self._written))))
            token = self._closing[0] if self._closing else self._of.vocabulary.ends[0]
        for waiting in (self._closing, self._queue):
            if waiting:
                waiting.popleft()
        self._left -= 1
        if token in self._of.vocabulary.ends:
            self._over = True
        elif self._closing is None:
            self._matcher.consume_token(token)
        self._written += self._of.vocabulary.tokens[token]
        return token

    def _fits(self, token: int) -> bool:
        """Whether the answer can still be ended after this token."""
        left = self._left - 1
        if left > self._of.danger + SLACK or self._over or token in self._of.vocabulary.ends:
            return True
        missing = self._missing(bytes(self._written) + self._of.vocabulary.tokens[token])
        # a token is a byte at least, so most answers need not be spelled to be sure
        return len(missing) < left or len(self._of.vocabulary.spelled(missing)) < left

    def _missing(self, written: bytes) -> bytes:
        """What ends it."""
        lead, shape = self._of.vocabulary.lead.encode(), self._of.shape
        if len(written) < len(lead):
            return lead + shortest(shape).encode()
        missing = closing_bytes(shape, written[len(lead) :])
        assert missing is not None, "the grammar let through what the shape does not know"
        return missing


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a grammar's language writes what differs between them."""

    start: str
    rule: str
    text: str
    """With the places of the least and the most characters."""
    whole: str
    number: str


LARK = Dialect(
    "start: %s",
    "%s: %s",
    f'/"{_SIGN}{{%d,%d}}"/',
    r"/-?(0|[1-9][0-9]{0,14})/",
    r"/-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?/",
)
"""llguidance's Lark."""
EBNF = Dialect(
    "root ::= %s",
    "%s ::= %s",
    r'''"\"" ([^"\\\x00-\x1F\x7F] | "\\" ["\\nt]){%d,%d} "\""''',
    '"-"? ("0" | [1-9] [0-9]{0,14})',
    '"-"? ("0" | [1-9] [0-9]{0,14}) ("." [0-9]{1,6})?',
)
"""xgrammar's, for OpenVINO."""
GBNF = EBNF
"""llama.cpp's reads the same."""


def grammar(shape: Shape, lead: str = "", dialect: Dialect = LARK) -> str:
    """The shape as a grammar. `lead`: stands before everything."""
    rules: dict[str, str] = {}
    named: dict[Shape, str] = {}

    def rule(body: str) -> str:
        name = f"r{len(rules)}"
        rules[name] = body
        return name

    def of(one: Shape) -> str:
        if one not in named:
            named[one] = rule(body(one))
        return named[one]

    def body(one: Shape) -> str:
        match one:
            case Choice(texts):
                return " | ".join(_quoted(text) for text in texts)
            case Text(least, most):
                return dialect.text % (least, most)
            case Number(whole):
                return dialect.whole if whole else dialect.number
            case List(item, least, most):
                return _list_body(of(item), least, most)
            case Object(members, brackets):
                return f"{_quoted(brackets[0])} {fields(members, False, brackets[1])}"
        return " | ".join(of(each) for each in one.shapes)

    @cache
    def fields(rest: tuple[Field, ...], written: bool, last: str) -> str:
        if not rest:
            return _quoted(last)
        opening = (", " if written else "") + rest[0].opening
        with_it = f"{_quoted(opening) if opening else ''} {of(rest[0].value)} {fields(rest[1:], True, last)}"
        return with_it if rest[0].required else rule(f"{with_it} | {fields(rest[1:], written, last)}")

    start = f"{_quoted(lead)} {of(shape)}" if lead else of(shape)
    return "\n".join([dialect.start % start, *(dialect.rule % (name, text) for name, text in rules.items())])


def _list_body(item: str, least: int, most: int) -> str:
    if most == 0:
        return _quoted("[]")
    more = f"({_quoted(', ')} {item}){{{max(0, least - 1)},{most - 1}}}" if most > 1 else ""
    filled = f"{_quoted('[')} {item} {more} {_quoted(']')}"
    return f"{filled} | {_quoted('[]')}" if least == 0 else filled


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _too_short(least: int, room: int) -> UserError:
    return UserError(
        f"이 JSON의 가장 짧은 답도 {least:,}토큰인데 {room:,}토큰까지만 쓸 수 있습니다. max_new_tokens를 늘리거나, 모델의 창이 짧으면 더 긴 모델을 고르세요.",
        f"Even the shortest answer of this JSON schema takes {least:,} tokens, and {room:,} are allowed. Raise max_new_tokens, or choose "
        "a model with a longer window.",
    )


def _too_large() -> UserError:
    return UserError(
        "JSON 스키마가 너무 커서 지키게 할 수 없습니다. 선택지나 길이의 한도를 줄이세요.",
        "The JSON schema is too large to be kept to. Use fewer choices or smaller bounds.",
    )
