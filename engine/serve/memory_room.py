"""Whether a model may be brought into memory now, and which job stands in its way. It loads and frees nothing."""

from functools import cache
from typing import Any

from engine.alive import is_alive
from engine.errors import UserError
from engine.hardware import cards, memory_left
from engine.serve.backend import Weights
from engine.store.jobs import ALL_CARDS, running_jobs
from engine.store.open import open_store

MB = 1e6
SPARE = 0.05
"""Share of the memory that stays free for everything else while a model lies in it."""
NARROW = 0.15
"""Share of the memory below which a job that runs needs what an idle model holds."""
FIRST_CARD = "cuda:0"
"""Where a chat's model lies on a machine with cards."""
ON_PROCESSOR = ("ctranslate2", "openvino", "gguf")
"""What the engines begin with that never use a card: they stand before the base's place, `ENGINE:PLACE`."""


def hindrance(wanted: Weights, needs_mb: float, freed_mb: float) -> str | None:
    """The kind of the job that `wanted` has to wait for, None where nothing is in its way. needs_mb: memory to be taken, 0 where it
    is held or not known; freed_mb: what the model in memory will give back.

    A card is left to the job that runs on it: what a training will still take cannot be known. Raises UserError where memory lacks
    and no job holds any.
    """
    jobs = _working(wanted)
    if _on_card(wanted):
        return next((str(job["kind"]) for job in jobs if job["device"] in (FIRST_CARD, ALL_CARDS)), None)
    total, free = memory_left()
    left = (free - SPARE * total) / MB + freed_mb
    if not needs_mb or needs_mb <= left:
        return None
    if jobs:
        return str(jobs[0]["kind"])
    raise UserError(
        f"모델을 올리려면 메모리가 약 {needs_mb:,.0f} MB 필요한데 지금 쓸 수 있는 것은 {max(left, 0):,.0f} MB입니다. 다른 프로그램을 닫거나 더 작은 모델, "
        "8비트·4비트로 줄인 모델을 고르세요. 쓴 말은 남아 있습니다.",
        f"The model needs about {needs_mb:,.0f} MB of memory, and {max(left, 0):,.0f} MB can be used now. Close other programs, or choose "
        "a smaller model or one in 8 or 4 bits. What you wrote is kept.",
    )


def must_yield(held: Weights) -> bool:
    """Whether a job that runs needs the memory in which an idle model lies."""
    jobs = _working(held)
    if _on_card(held):
        return any(job["device"] in (FIRST_CARD, ALL_CARDS) for job in jobs)
    total, free = memory_left()
    return bool(jobs) and free < NARROW * total


def _working(wanted: Weights) -> list[dict[str, Any]]:
    """Jobs of the store that hold a model in memory now; one that was just taken up has no process yet."""
    if not wanted.store.is_file():
        return []
    with open_store(wanted.store) as db:
        jobs = [job for job in running_jobs(db) if job["lane"] == "compute"]
    return [job for job in jobs if job["pid"] is None or is_alive(job["pid"], job["pid_started_at"])]


def _on_card(wanted: Weights) -> bool:
    return (
        not wanted.base.startswith(tuple(f"{engine}{bits}:" for engine in ON_PROCESSOR for bits in ("", "-int4")))
        and _has_card()
    )


@cache
def _has_card() -> bool:
    return bool(cards())
