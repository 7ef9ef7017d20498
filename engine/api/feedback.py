"""The door at which bundles hand in what their visitors thought of answers: into the owner's inbox, masked on its way."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from engine.api.errors import from_user_error
from engine.api.schemas import FeedbackGiven, FeedbackTaken
from engine.errors import UserError


def add_feedback(app: FastAPI, store: Path, **keyed: Any) -> None:
    """POST /v1/feedback; what came before is not taken twice."""

    @app.post("/v1/feedback", summary="손님의 의견 받기 / Take visitors' feedback", **keyed)
    async def feedback(body: FeedbackGiven) -> FeedbackTaken:
        return await asyncio.to_thread(_taken, store, body.lines)


def _taken(store: Path, lines: list[str]) -> FeedbackTaken:
    """A line that no bundle writes refuses them all."""
    from engine.privacy.feedback import read_lines, take_in
    from engine.store.open import open_store

    try:
        given = read_lines(lines)
    except UserError as error:
        raise from_user_error(error) from error
    with open_store(store) as db:
        done = take_in(db, given, "sent")
    return FeedbackTaken(new=done["new"], known=done["known"])
