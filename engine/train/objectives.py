"""Which training an objective means, and which datasets it learns from. It trains nothing."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.config import cache_folder
from engine.errors import UserError
from engine.store.artifacts import unpack_artifact
from engine.store.runs import get_run, list_runs
from engine.train.preferences.rows import preferences_of
from engine.train.session import TrainResult
from engine.train.settings import NO_RUN, ON_POLICY, Objective, TrainSettings
from engine.train.token_cache import StoredRows

Rows = Sequence[dict[str, Any]]
FITTING: dict[str, tuple[Objective, ...]] = {"pairs": ("dpo", "reward", "kto"), "ratings": ("kto",)}
"""Objectives for which a dataset of that style has what they need; the first is the usual one. Those that learn from answers
of their own take the prompts of any dataset."""


def fitting_objectives(style: str) -> tuple[Objective, ...]:
    """The objectives a dataset of this style can be trained for, the usual one first."""
    return (*FITTING.get(style, ("sft",)), *ON_POLICY)


def refuse_unfit_objective(settings: TrainSettings, dataset_id: str, style: str) -> None:
    """Raises UserError when the rows of the dataset are not what the objective learns from."""
    fitting = fitting_objectives(style)
    if settings.objective not in fitting:
        able = ", ".join(fitting)
        raise UserError(
            f"objective={settings.objective}은(는) {style} 데이터셋({dataset_id})에서 배울 수 없습니다. 이 데이터셋에 맞는 목표: {able}. "
            "objective를 바꾸거나 다른 데이터셋을 고르세요.",
            f"objective={settings.objective} cannot learn from dataset {dataset_id}, which holds {style}. It fits: {able}. "
            "Change objective, or choose another dataset.",
        )


def require_reward_run(db: Database, settings: TrainSettings, base_hash: str) -> str | None:
    """The artifact of the reward model that scores answers; None where none does.

    Raises UserError when `reward_run` is no reward model, has no adapter, or is of another base.
    """
    if settings.reward_run == NO_RUN:
        return None
    run = get_run(db, settings.reward_run)
    found = run["settings"].get("objective", "sft")
    if found != "reward":
        raise UserError(
            f"reward_run={run['id']}은(는) 보상 모델이 아니라 objective={found}로 배운 것입니다. objective=reward로 배운 학습의 id를 쓰세요.",
            f"reward_run={run['id']} is no reward model: it was trained with objective={found}. Name a run of objective=reward.",
        )
    if run["adapter_id"] is None:
        raise UserError(
            f"reward_run={run['id']}의 학습이 끝나지 않아 쓸 보상 모델이 없습니다. 끝난 뒤에 시작하세요.",
            f"reward_run={run['id']} has not finished, so there is no reward model yet. Start when it has.",
        )
    if run["base_hash"] != base_hash:
        raise UserError(
            f"reward_run={run['id']}은(는) 다른 기반 모델({run['base']})의 것입니다. 보상 모델과 배울 모델은 한 기반을 나눠 씁니다. "
            "같은 기반 모델로 보상 모델을 학습하세요.",
            f"reward_run={run['id']} is of another base ({run['base']}). The reward model and the model that learns share one "
            "base in memory. Train a reward model on the same base.",
        )
    return str(run["adapter_id"])


def reward_models(db: Database, base: str) -> list[dict[str, Any]]:
    """Finished reward models on a base, newest first."""
    runs = list_runs(db)
    return [
        run
        for run in runs
        if run["base"] == base and run["adapter_id"] and run["settings"].get("objective") == "reward"
    ]


def refuse_reward_model(run: dict[str, Any]) -> None:
    """Raises UserError for a run that gives scores and says nothing: it is neither chatted with nor judged."""
    if run["settings"].get("objective") == "reward":
        raise UserError(
            f"학습 {run['id']}은(는) 보상 모델이라 말을 하지 않고 점수만 매깁니다. 대화와 평가에는 다른 모델을 고르고, 이 학습은 "
            "objective=grpo의 reward_run에 쓰세요.",
            f"Run {run['id']} is a reward model: it gives scores and says nothing. Choose another model to chat with or to "
            "judge, and name this run as the reward_run of objective=grpo.",
        )


def kind_of(settings: TrainSettings) -> str:
    """The kind of artifact that a run with these settings hands over."""
    return "reward" if settings.objective == "reward" else "model" if settings.method == "full" else "adapter"


def training_of(
    db: Database, settings: TrainSettings, base_hash: str, store: Path
) -> tuple[Callable[..., TrainResult], Callable[[Rows], tuple[list[int], Sequence[Any]]]]:
    """(what trains, rows of the store to (their ids, rows of that training)). A reward model is unpacked beside the store."""
    if settings.objective == "sft":
        from engine.train.sft import train as supervised

        return supervised, lambda rows: ([row["id"] for row in rows], StoredRows(store, rows))
    from engine.train.preferences.train import train

    artifact = require_reward_run(db, settings, base_hash)
    reward = unpack_artifact(db, artifact, cache_folder(store) / "artifacts" / artifact) if artifact else None
    return partial(train, reward=reward), lambda rows: preferences_of(rows, settings.objective)
