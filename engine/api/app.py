"""The app: routes, refusals, and the models' coming and going with it. It knows no socket."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response, StreamingResponse
from fastapi.security import HTTPBearer

from engine.api import chat
from engine.api.asking import Answering, Gone
from engine.api.docs import add_docs
from engine.api.errors import ApiError, broken_json, from_validation, not_found, wrong_method
from engine.api.feedback import add_feedback
from engine.api.recipe import add_recipe
from engine.api.schemas import ChatCompletion, ChatRequest, Health, Refusal, ServedModel, ServedModels

KEYED: dict[str, Any] = {
    "dependencies": [Depends(HTTPBearer(auto_error=False, description="serve가 처음에 한 번 보여 준 열쇠 / The key that serve showed once"))],
    "responses": {status: {"model": Refusal} for status in (400, 401, 413, 429, 503, 504)},
}  # fmt: skip
"""For the documentation: the guard has asked for the key before."""
ABOUT = (
    "말모이가 학습한 모델을 OpenAI와 같은 꼴로 부릅니다. 답은 모델이 만든 것이라 틀릴 수 있습니다.\n\n"
    "A model tuned by Malmoi in OpenAI's form. Answers are a model's and can be wrong."
)


class Life:
    """The models' time in memory, as long as the app's. `failed`: what kept them from loading or ended their work."""

    def __init__(self, answering: Answering, ready: Callable[[], None], over: Callable[[], None]) -> None:
        """ready: called when the models answer; over: called when they cannot go on."""
        self.answering = answering
        self.began = time.time()
        self.failed: BaseException | None = None
        self._ready = ready
        self._over = over

    @asynccontextmanager
    async def __call__(self, app: FastAPI) -> AsyncIterator[None]:
        """Load beside the first requests: /health tells when it is done."""
        work = asyncio.create_task(self._work())
        work.add_done_callback(self._ended)
        yield
        work.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait([work])
        self.answering.desk.close()

    async def _work(self) -> None:
        await self.answering.desk.load(self.answering.served.openers)
        self._ready()
        await self.answering.desk.run()

    def _ended(self, work: "asyncio.Task[None]") -> None:
        if not work.cancelled() and (error := work.exception()) is not None:
            self.failed = error
            self._over()


def make_app(life: Life, store: Path) -> FastAPI:
    """All routes. Keys and limits are the guard's, around it."""
    app = FastAPI(
        title=f"Malmoi · {life.answering.served.name}", description=ABOUT, docs_url=None, redoc_url=None, lifespan=life,
        swagger_ui_oauth2_redirect_url=None,
    )  # fmt: skip
    _add_health(app, life)
    _add_chat(app, life)
    add_recipe(app, life.answering, **KEYED)
    add_feedback(app, store, **KEYED)
    add_docs(app)
    _add_refusals(app)
    return app


def _add_health(app: FastAPI, life: Life) -> None:
    served, desk = life.answering.served, life.answering.desk

    @app.get("/health", summary="떠 있는지, 준비되었는지(열쇠 없이) / Whether it runs and is ready (no key)")
    async def health() -> Health:
        return Health(
            ready=desk.ready, model=served.name, way=served.way_name, recipe=served.recipe.name if served.recipe else None,
            uptime_seconds=round(time.time() - life.began), waiting=desk.waiting,
        )  # fmt: skip


def _add_chat(app: FastAPI, life: Life) -> None:
    answering = life.answering

    @app.get("/v1/models", summary="부를 수 있는 모델 / Models that can be asked", **KEYED)
    async def models() -> ServedModels:
        return ServedModels(data=[ServedModel(id=name, created=round(life.began)) for name in answering.served.names])

    @app.post(
        "/v1/chat/completions", response_model=ChatCompletion, response_model_exclude_none=False,
        summary="대화에 답하기(OpenAI와 같은 꼴) / Answer a chat (OpenAI's form)", **KEYED,
    )  # fmt: skip
    async def completions(body: ChatRequest, request: Request) -> Any:
        if body.stream:
            return StreamingResponse(await chat.stream(answering, body), media_type="text/event-stream")
        return await chat.complete(answering, body, request)


def _add_refusals(app: FastAPI) -> None:
    """Everything that is refused is refused in one form."""

    @app.exception_handler(ApiError)
    async def refused(_: Request, error: ApiError) -> Response:
        return _response(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return _response(from_validation(list(error.errors())))

    @app.exception_handler(400)
    async def unread(_: Request, error: HTTPException) -> Response:
        return _response(broken_json())

    @app.exception_handler(404)
    async def lost(_: Request, error: HTTPException) -> Response:
        return _response(not_found())

    @app.exception_handler(405)
    async def wrong(_: Request, error: HTTPException) -> Response:
        return _response(wrong_method((error.headers or {}).get("Allow", "")))

    @app.exception_handler(Gone)
    async def gone(_: Request, error: Gone) -> Response:
        return Response(status_code=499)

    @app.exception_handler(Exception)
    async def broken(_: Request, error: Exception) -> Response:
        return _response(_bug())


def _bug() -> ApiError:
    return ApiError(
        500,
        "bug",
        "서버의 잘못으로 답하지 못했습니다. 서버의 기록(글은 들어 있지 않습니다)과 함께 알려 주세요.",
        "A bug of the server kept it from answering. Please report it with the server's log, which holds no text.",
    )


def _response(error: ApiError) -> Response:
    return Response(error.text(), error.status, error.headers, "application/json; charset=utf-8")
