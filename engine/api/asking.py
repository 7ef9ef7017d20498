"""From prompts to an answer: into the line, out of it, or not: too many, too slow, gone away. It knows no form of a request."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fastapi import Request
from pydantic import BaseModel

from engine.api.desk import Desk, Full, Wish
from engine.api.errors import ApiError, from_user_error, half_characters
from engine.api.guard import Limits
from engine.api.served import Served
from engine.errors import UserError
from engine.serve.asked import Asked
from engine.serve.backend import Generated
from engine.serve.decoding import Decoding
from engine.serve.memory_room import mendable
from engine.serve.way import Way, said_instead


class Gone(Exception):
    """The client left; nobody reads what would be sent."""


class Answering:
    """What is served, the line before it, and the limits."""

    def __init__(self, served: Served, desk: Desk, limits: Limits) -> None:
        self.served = served
        self.desk = desk
        self.limits = limits
        self.answered = 0
        """Answers that were made, whole or not."""

    def refuse_early(self, way: Way) -> None:
        """Before a prompt is made, which may take a search through clauses. Raises ApiError while the model loads, unless the way may
        answer in its place."""
        if not self.desk.ready and way.instead is None:
            raise _not_ready()

    async def answer(
        self, messages: Sequence[Any], decoding: Decoding, request: Request, way: Way | None = None
    ) -> Generated:
        """One answer. Raises ApiError when it cannot be had, Gone when the client left meanwhile."""
        wish = self._put(messages, decoding, way)
        left = asyncio.ensure_future(_left(request))
        pending: list[asyncio.Future[Any]] = [wish.done, left]
        try:
            with _refusals():
                async with asyncio.timeout(self.limits.answer_seconds):
                    await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                if not wish.done.done():
                    raise Gone
                return await wish.done
        finally:
            wish.stop.set()
            left.cancel()

    def stream(self, messages: Sequence[Any], decoding: Decoding) -> "Stream":
        """An answer in pieces. The line is entered now, not with the first piece."""
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        wish = self._put(messages, decoding, None, pieces.put_nowait)
        wish.done.add_done_callback(lambda _: pieces.put_nowait(None))
        return Stream(wish, pieces, self.limits.answer_seconds)

    def _put(
        self, messages: Sequence[Any], decoding: Decoding, way: Way | None, piece: Callable[[str], None] | None = None
    ) -> Wish:
        """In line; what the way says in the model's place is said at once, with no model in memory and nobody waited for."""
        prompts = list(messages)
        wish = Wish(prompts, decoding, way or self.served.answering()[0], piece)
        wish.done.add_done_callback(self._count)
        if told := said_instead(wish.way, prompts[0]):
            wish.done.set_result(told)
            return wish
        if not self.desk.ready:
            raise _not_ready()
        try:
            self.desk.put(wish)
        except Full as error:
            raise _busy(self.desk.waiting) from error
        return wish

    def _count(self, done: "asyncio.Future[Generated]") -> None:
        self.answered += not done.cancelled() and done.exception() is None


class Stream:
    """An answer on its way. `close` it however it ends: the model stops."""

    def __init__(self, wish: Wish, pieces: "asyncio.Queue[str | None]", seconds: float) -> None:
        self._wish = wish
        self._pieces = pieces
        self._seconds = seconds

    async def pieces(self) -> AsyncIterator[str]:
        """Text as it comes. Raises ApiError."""
        text = ""
        with _refusals():
            async with asyncio.timeout(self._seconds):
                while (piece := await self._pieces.get()) is not None:
                    text += piece
                    yield piece
                made = await self._wish.done
        if rest := made.text[len(text) :]:
            yield rest

    def made(self) -> Generated:
        """The whole answer, after its last piece."""
        return self._wish.done.result()

    def close(self) -> None:
        """Nobody waits for it any more."""
        self._wish.stop.set()


@contextmanager
def _refusals() -> Iterator[None]:
    """What a model cannot do, in words."""
    try:
        yield
    except TimeoutError as error:
        raise _too_long() from error
    except UserError as error:
        raise from_user_error(error) from error
    except (RuntimeError, MemoryError) as error:
        told = mendable(error)
        if isinstance(told, UserError):
            raise ApiError(503, "out_of_memory", told.ko, told.en) from error
        raise


async def _left(request: Request) -> None:
    """Returns when the client leaves."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def asked_of(shape: Callable[[Any], Asked], given: Any) -> Asked:
    """A prompt, or why these messages or fields make none."""
    try:
        return shape(given)
    except UserError as error:
        raise from_user_error(error) from error
    except KeyError as error:
        field = str(error.args[0]) if error.args else ""
        raise ApiError(
            400, "missing_field", f"'{field}' 칸이 없습니다.", f"The field '{field}' is missing.", field
        ) from error


def check_texts(body: BaseModel, most: int) -> None:
    """Raises ApiError when the texts of a body are longer than `most` characters together, or hold halves of characters."""
    held = body.model_dump()
    if _HALF.search(json.dumps(held, ensure_ascii=False)):
        raise half_characters()
    length = sum(len(text) for text in _texts(held))
    if length > most:
        raise ApiError(
            413,
            "prompt_too_long",
            f"글이 {length:,}자입니다. 이 서버는 {most:,}자까지 받습니다(--max-characters). 줄여서 보내세요.",
            f"The text has {length:,} characters. This server takes {most:,} (--max-characters). Send less.",
        )


_HALF = re.compile("[\ud800-\udfff]")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for inner in value.values() for text in _texts(inner))
    elif isinstance(value, list | tuple):
        yield from (text for inner in value for text in _texts(inner))


def _not_ready() -> ApiError:
    return ApiError(
        503,
        "loading",
        "모델을 불러오는 중입니다. 잠시 뒤에 다시 하세요.",
        "The model is being loaded. Try again in a moment.",
        headers={"Retry-After": "5"},
    )


def _busy(waiting: int) -> ApiError:
    return ApiError(
        503,
        "too_many_waiting",
        f"이미 {waiting}개가 차례를 기다립니다. 조금 뒤에 다시 하세요.",
        f"{waiting} are waiting in line already. Try again in a moment.",
        headers={"Retry-After": "2"},
    )


def _too_long() -> ApiError:
    return ApiError(
        504,
        "answer_timeout",
        "정해진 시간 안에 답을 만들지 못했습니다. max_tokens를 줄이거나 나중에 다시 하세요.",
        "No answer was made in the time allowed. Lower max_tokens, or try again later.",
    )
