"""The typed door of a recipe, POST /RECIPE/NAME: its own models in and out. It knows the contract alone, no recipe by name."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from engine.api.asking import Answering, asked_of, check_texts
from engine.api.errors import ApiError
from engine.serve.endpoint import Endpoint


def path_of(answering: Answering) -> str | None:
    """Where the door is; None where the recipe has none."""
    recipe = answering.served.recipe
    return f"/{recipe.name}/{recipe.endpoint.name}" if recipe and recipe.endpoint else None


def add_recipe(app: FastAPI, answering: Answering, **documented: Any) -> None:
    """Add the route, where there is one."""
    endpoint, path = answering.served.endpoint, path_of(answering)
    if endpoint is None or path is None:
        return

    async def ask(request: Request, body: Any) -> BaseModel:
        return await _answer(answering, endpoint, body, request)

    ask.__annotations__["body"] = endpoint.item
    app.add_api_route(
        path, ask, methods=["POST"], response_model=endpoint.answer, summary=f"{endpoint.ko} / {endpoint.en}",
        operation_id=path.strip("/").replace("/", "_"), **documented,
    )  # fmt: skip


async def _answer(answering: Answering, endpoint: Endpoint, body: BaseModel, request: Request) -> BaseModel:
    served = answering.served
    way, usual = served.answering(endpoint.way)
    answering.refuse_early(way)
    check_texts(body, answering.limits.characters)
    asked = [await run_in_threadpool(asked_of, item, body.model_dump(exclude_none=True)) for item in served.items]
    longest = min(usual.max_new_tokens, answering.limits.new_tokens)
    decoding = usual.model_copy(update={"max_new_tokens": longest})
    made = await answering.answer([one.messages for one in asked], decoding, request, way)
    if made.cut:
        raise _too_long(made.prompt_tokens or 0)
    read = served.recipe.read if served.recipe else None
    beside = read(body.model_dump(exclude_none=True), made.text) if read else {}
    return endpoint.answer(model=served.name, **{**beside, **endpoint.read(made.text, asked[0])})


def _too_long(tokens: int) -> ApiError:
    """Said instead of an answer to half of what was asked."""
    return ApiError(
        400,
        "context_length_exceeded",
        f"글이 모델이 한 번에 읽는 길이({tokens:,}토큰)를 넘어 일부를 잃습니다. 그런 답은 주지 않습니다. 줄이거나 나누어 보내세요.",
        f"The text is longer than the model reads at once ({tokens:,} tokens) and would lose a part. No answer is given to half "
        "a text. Send less.",
    )
