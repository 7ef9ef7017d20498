"""Whether a model may be brought into memory now, and which job stands in its way. It loads and frees nothing."""

import json
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

from engine.alive import is_alive
from engine.errors import UserError
from engine.hardware import cards, memory_left
from engine.models.family import read_config, window
from engine.models.shapes import Shape, shape_in
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
CONVERTING = ("ctranslate2", "openvino-int4", "openvino", "gguf-int4", "gguf")
"""Engines that never use a card; in `Weights.base` they stand before the place of the files, with a colon."""

LONGEST = 4096
"""Tokens of a conversation in llama.cpp, which takes memory for all of them at once: windows of 32,768 would need gigabytes."""
USUAL = 2048
"""The same where its window is not known."""
KV_BYTES = 2
"""Keys and values are kept in 16 bits."""
WORK_MB = 70.0
"""What an engine holds beside weights, keys and values: 20 to 90 MiB in four forms at 0.2 and 1.1 B parameters."""


def hindrance(wanted: Weights, held: Weights | None, *, loaded: bool) -> str | None:
    """The kind of the job that `wanted` has to wait for, None where nothing is in its way. held: what lies in memory and will be
    given back, unless it is what answers (`loaded`).

    A card is left to the job that runs on it: what a training will still take cannot be known. Raises UserError where memory lacks
    and no job holds any.
    """
    if _on_card(wanted):
        jobs = _working(wanted)
        return next((str(job["kind"]) for job in jobs if job["device"] in (FIRST_CARD, ALL_CARDS)), None)
    if loaded:
        return None
    needs = needs_mb(wanted)
    total, free = memory_left()
    left = (free - SPARE * total) / MB + (needs_mb(held) if held else 0.0)
    if needs <= left:
        return None
    if jobs := _working(wanted):
        return str(jobs[0]["kind"])
    raise UserError(
        f"모델을 올리려면 메모리가 약 {needs:,.0f} MB 필요한데 지금 쓸 수 있는 것은 {max(left, 0):,.0f} MB입니다. 다른 프로그램을 닫거나 더 작은 모델, "
        "8비트·4비트로 줄인 모델을 고르세요. 쓴 말은 남아 있습니다.",
        f"The model needs about {needs:,.0f} MB of memory, and {max(left, 0):,.0f} MB can be used now. Close other programs, or choose "
        "a smaller model or one in 8 or 4 bits. What you wrote is kept.",
    )


def mendable(error: Exception) -> Exception:
    """Words for a model that does not fit into memory beside what runs there; else the error itself."""
    from engine.train.memory import is_out_of_memory

    if not is_out_of_memory(error):
        return error
    return UserError(
        "메모리가 모자라 답을 끝내지 못했습니다. 학습이 돌고 있으면 끝날 때까지 기다리거나, 더 작은 모델을 고르세요. 쓴 말은 남아 있습니다.",
        "There was too little memory to answer. Wait until a training has ended, or choose a smaller model. What you wrote is kept.",
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


def needs_mb(weights: Weights) -> float:
    """Private memory, 10**6 bytes, that a model will take on the processor, read off its files; 0 where they are not at hand.

    fp32 for what transformers answers with; the converted forms as measured at 0.2 and 1.1 B parameters.
    """
    engine, place = _parts(weights)
    folder = Path(place)
    if not folder.is_dir():
        return 0.0
    parameters = weights_in(folder)
    if not parameters:  # in an engine's own form: all that lies there is read
        files = sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) / MB
        shape = shape_in(folder)
        return files + (beside_mb(shape, window(read_config(folder))) if shape else 0.0)
    each = 4.0 if engine is None else 0.65 if engine.endswith("-int4") else 1.05
    return parameters * each / MB


def beside_mb(shape: Shape, longest: int | None) -> float:
    """Memory of a converted model beside its weights, 10**6 bytes. longest: its window in tokens, None where it is not known."""
    tokens = min(longest or USUAL, LONGEST)
    return 2 * shape.layers * shape.key * tokens * KV_BYTES / MB + WORK_MB


def weights_in(folder: Path) -> int:
    """Numbers in the safetensors files of a folder, from their headers alone: their length in 8 bytes, then JSON."""
    total = 0
    for path in folder.glob("*.safetensors"):
        with path.open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        total += sum(prod(one["shape"]) for name, one in header.items() if name != "__metadata__")
    return total


def _parts(weights: Weights) -> tuple[str | None, str]:
    """(the engine, None for transformers; the place of the files)."""
    found = next((engine for engine in CONVERTING if weights.base.startswith(f"{engine}:")), None)
    return found, weights.base.removeprefix(f"{found}:") if found else weights.base


def _on_card(weights: Weights) -> bool:
    return _parts(weights)[0] is None and _has_card()


@cache
def _has_card() -> bool:
    return bool(cards())
