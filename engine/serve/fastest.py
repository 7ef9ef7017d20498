"""Which engine answers fastest with a model on this very machine, within a memory: measured once, then remembered in the store."""

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.curate.row import Message
from engine.errors import UserError
from engine.serve.choose import ENGINES, Model, choose_model, with_engine
from engine.serve.converting import PROBES
from engine.serve.measure import Measured, measure_all
from engine.store.open import open_store
from engine.store.settings import get_setting, set_setting

ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine to answer with here, and why."""

    engine: str
    model: str
    """As `--model` takes it."""
    answer_s: dict[str, float]
    """Seconds for an answer by engine, of those that can answer."""
    private_mb: dict[str, float]
    refused: dict[str, tuple[str, str]]
    """Why an engine cannot, in Korean and English."""
    ko: str
    en: str


def fastest(
    store: Path,
    model: str,
    *,
    prompts: Sequence[Sequence[Message]] = (),
    memory_mb: float | None = None,
    engines: Sequence[str] = ENGINES,
    anew: bool = False,
    told: Callable[[str], None] | None = None,
) -> Choice:
    """The engine with the shortest answer of 64 tokens among those whose private memory stays within `memory_mb`.

    What was measured on this host before is used again unless `anew`. Raises UserError when no engine can answer within the memory.
    """
    with open_store(store) as db:
        chosen = choose_model(db, model)
        key = _key(chosen)
        known: dict[str, Any] = get_setting(db, key, {})
    for engine in engines:
        if anew or engine not in known:
            known[engine] = _one(store, with_engine(chosen, engine), prompts or [prompt for prompt, _ in PROBES], told)
            with open_store(store) as db:
                set_setting(db, key, known)
    return _chosen(chosen, {engine: known[engine] for engine in engines}, memory_mb)


def measured_seconds(db: Database, model: Model) -> dict[str, float]:
    """{engine: seconds for an answer of 64 tokens}, of what was measured with this model on this machine."""
    known: dict[str, Any] = get_setting(db, _key(model), {})
    return {engine: float(one["answer_s"]) for engine, one in known.items() if "answer_s" in one}


def _key(model: Model) -> str:
    return f"fastest:{host()}:{model.whole_id or model.adapter_id or model.base.location}"


def host() -> str:
    """What a speed belongs to: processor, cores this process may use, system."""
    from engine.hardware import own_cores

    return f"{platform.machine()}-{platform.processor() or platform.node()}-{own_cores()}-{platform.system()}"


def _one(
    store: Path, model: Model, prompts: Sequence[Sequence[Message]], told: Callable[[str], None] | None
) -> dict[str, Any]:
    try:
        found: Measured = measure_all(store, [model.name], prompts=prompts, rounds=ROUNDS, told=told)[model.name]
    except UserError as error:
        return {"refused": [error.ko, error.en]}
    return {"answer_s": found.answer_s, "private_mb": found.private_mb}


def _chosen(model: Model, known: Mapping[str, Mapping[str, Any]], memory_mb: float | None) -> Choice:
    able = {engine: one for engine, one in known.items() if "refused" not in one}
    fitting = {engine: one for engine, one in able.items() if memory_mb is None or one["private_mb"] <= memory_mb}
    if not fitting:
        least = min(able, key=lambda engine: float(able[engine]["private_mb"]), default=None)
        ko = (
            f"가장 적게 쓰는 {least}도 {able[least]['private_mb']:,.0f} MB입니다"
            if least
            else "답할 수 있는 엔진이 없습니다"
        )
        en = f"even {least} takes {able[least]['private_mb']:,.0f} MB" if least else "no engine can answer"
        raise UserError(
            f"{model.name}은(는) {memory_mb or 0:,.0f} MB 안에서 답하지 못합니다: {ko}. 더 작은 모델을 고르거나 메모리를 늘리세요.",
            f"{model.name} cannot answer within {memory_mb or 0:,.0f} MB: {en}. Choose a smaller model, or allow more memory.",
        )
    best = min(fitting, key=lambda engine: float(fitting[engine]["answer_s"]))
    seconds, usual = float(able[best]["answer_s"]), able.get(ENGINES[0])
    times = f"{float(usual['answer_s']) / seconds:.1f}" if usual and best != ENGINES[0] else None
    return Choice(
        best, with_engine(model, best).name,
        {engine: float(one["answer_s"]) for engine, one in able.items()},
        {engine: float(one["private_mb"]) for engine, one in able.items()},
        {engine: (one["refused"][0], one["refused"][1]) for engine, one in known.items() if "refused" in one},
        f"이 컴퓨터에서는 {best}이(가) 64토큰을 {seconds:.2f}초에 답해 가장 빠릅니다" + (f"(transformers의 {times}배)." if times else "."),
        f"On this machine {best} is the fastest: 64 tokens in {seconds:.2f} s" + (f" ({times} times transformers)." if times else "."),
    )  # fmt: skip
