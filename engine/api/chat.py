"""POST /v1/chat/completions: a request becomes a wish, an answer a response or a stream of events. It knows no recipe."""

import json
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from engine.api.asking import Answering, Stream, asked_of, check_texts
from engine.api.errors import ApiError, from_validation
from engine.api.schemas import AsJson, AsSchema, AsText, ChatCompletion, ChatRequest, Choice, Said, Usage
from engine.api.served import AS_IS
from engine.curate.row import Message
from engine.serve.asked import Asked
from engine.serve.backend import Generated
from engine.serve.decoding import Decoding

SMALLEST_P = 1e-6
"""OpenAI allows a top_p of 0, which keeps the likeliest token alone: so does this."""
ANY_OBJECT: dict[str, Any] = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
"""For `json_object`, which names no keys: a grammar that leaves them open lets a small model write `{}`, or never end."""


async def complete(answering: Answering, body: ChatRequest, request: Request) -> ChatCompletion:
    """The whole answer at once."""
    asked = await _asked(answering, body)
    made = await answering.answer([one.messages for one in asked], _decoding(answering, body), request)
    return ChatCompletion(
        id=_id(),
        created=round(time.time()),
        model=body.model,
        choices=[Choice(message=Said(content=made.text), finish_reason=_reason(made))],
        usage=_usage(made),
        retrieved=_retrieved(asked),
    )


async def stream(answering: Answering, body: ChatRequest) -> AsyncIterator[str]:
    """Events of a stream. The line is entered before this returns: what is refused is refused with a status."""
    asked = await _asked(answering, body)
    told = answering.stream([one.messages for one in asked], _decoding(answering, body))
    events = _events(told, body, _retrieved(asked))
    head = await anext(events)  # begun, it is also ended when nobody reads it: the model stops then
    return _with_first(head, events)


async def _with_first(head: str, events: AsyncIterator[str]) -> AsyncIterator[str]:
    yield head
    async for event in events:
        yield event


async def _events(told: Stream, body: ChatRequest, retrieved: list[str] | None) -> AsyncIterator[str]:
    head = {"id": _id(), "object": "chat.completion.chunk", "created": round(time.time()), "model": body.model}
    found = {} if retrieved is None else {"retrieved": retrieved}
    try:
        yield _event({**head, **found, **_delta({"role": "assistant", "content": ""})})
        async for piece in told.pieces():
            yield _event({**head, **_delta({"content": piece})})
        yield _event({**head, **_delta({}, _reason(told.made()))})
        if body.stream_options and body.stream_options.include_usage:
            yield _event({**head, "choices": [], "usage": _usage(told.made()).model_dump()})
    except ApiError as error:
        yield _event(error.body())
    finally:
        told.close()
    yield "data: [DONE]\n\n"


def _event(told: dict[str, Any]) -> str:
    return f"data: {json.dumps(told, ensure_ascii=False)}\n\n"


def _delta(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]}


async def _asked(answering: Answering, body: ChatRequest) -> Sequence[Asked]:
    served = answering.served
    if body.model not in served.names:
        raise _no_model(served.names)
    answering.refuse_early(served.answering()[0])
    check_texts(body, answering.limits.characters)
    messages = [Message(role=_role(message.role), content=message.text()) for message in body.messages]
    if messages[-1]["role"] != "user" or not messages[-1]["content"].strip():
        raise _nothing_asked()
    if body.model.endswith(AS_IS) or not served.shaped:
        return [Asked(messages)] * len(served.shapes)
    return [await run_in_threadpool(asked_of, shape, messages) for shape in served.shapes]


def _role(role: str) -> str:
    return "system" if role == "developer" else role


def _decoding(answering: Answering, body: ChatRequest) -> Decoding:
    usual = answering.served.answering()[1]
    longest = body.max_completion_tokens or body.max_tokens or usual.max_new_tokens
    given: dict[str, Any] = {
        "temperature": body.temperature,
        "top_p": None if body.top_p is None else max(body.top_p, SMALLEST_P),
        "repetition_penalty": body.repetition_penalty,
        "stop": body.stop,
        "seed": body.seed,
        "max_new_tokens": min(longest, answering.limits.new_tokens),
    }
    known = {name: value for name, value in given.items() if value is not None}
    try:
        return Decoding(**{**usual.model_dump(), **known, **_form(body.response_format)})
    except ValidationError as error:
        raise from_validation(error.errors()) from error


def _form(given: AsText | AsJson | AsSchema | None) -> dict[str, Any]:
    if given is None:
        return {}
    schema = {"text": None, "json_object": ANY_OBJECT}.get(given.type)
    return {"json_schema": given.json_schema.json_schema if isinstance(given, AsSchema) else schema}


def _reason(made: Generated) -> Any:
    return "stop" if made.ended else "length"


def _usage(made: Generated) -> Usage:
    read = made.prompt_tokens or 0
    return Usage(prompt_tokens=read, completion_tokens=made.new_tokens, total_tokens=read + made.new_tokens)


def _retrieved(asked: Sequence[Asked]) -> list[str] | None:
    found = asked[0].found
    return None if found is None else [clause.chunk_id for clause in found]


def _id() -> str:
    return f"chatcmpl-{secrets.token_hex(12)}"


def _no_model(names: Sequence[str]) -> ApiError:
    known = ", ".join(names)
    return ApiError(
        404,
        "model_not_found",
        f"여기에 그런 모델은 없습니다. 있는 것: {known}.",
        f"There is no such model here. There is: {known}.",
        "model",
    )


def _nothing_asked() -> ApiError:
    return ApiError(
        400,
        "nothing_asked",
        "messages의 마지막은 비어 있지 않은 user 메시지여야 합니다.",
        "The last of messages must be a user's, and not empty.",
        "messages",
    )
