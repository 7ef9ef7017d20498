"""Run a run again exactly: same dataset, base, settings and seed; and what is not as it was. It trains nothing itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlite_utils import Database

from engine.errors import UserError
from engine.jobs.launch import RUN_BYTES, refuse_declined
from engine.jobs.queue import ensure_supervisor
from engine.models.bases import base_hash, resolve_base
from engine.store.datasets import get_dataset
from engine.store.jobs import enqueue
from engine.store.open import open_store, require_space, writing
from engine.store.runs import add_run, get_run, update_run
from engine.train.environment import environment_changes, this_environment
from engine.train.provenance import Change
from engine.train.settings import TrainSettings


@dataclass(frozen=True, slots=True)
class Again:
    """A run queued to repeat another; `differs`: why it may not come out the same, empty where it must on a CPU."""

    run_id: str
    job_id: str
    differs: list[Change]


def launch_again(store: Path, run_id: str) -> Again:
    """Queue the same training anew, with as many threads as then.

    Raises UserError for a run that was trained elsewhere, whose dataset or base is gone, or whose base is another now.
    """
    require_space(store, RUN_BYTES)
    with open_store(store) as db:
        old = get_run(db, run_id)
        settings, unknown = _settings_of(old)
        base = _base_of(old)
        dataset = get_dataset(db, old["dataset_id"])
        refuse_declined(db, dataset["id"])
        differs = [*_rows_gone(old, dataset), *unknown, *environment_changes(old["environment"], this_environment())]
        with writing(db):
            new_id = _add(db, old, base, settings)
            job_id = enqueue(db, "train", {"run": new_id})
            update_run(db, new_id, job_id=job_id, again_of=old["id"], environment_json=_threads(old))
    ensure_supervisor(store)
    return Again(new_id, job_id, differs)


def _threads(old: dict[str, Any]) -> dict[str, Any]:
    """The number of threads is taken over: it splits the sums, and their last bits depend on it."""
    threads = old["environment"].get("threads")
    return {"threads": threads} if threads else {}


def _settings_of(old: dict[str, Any]) -> tuple[TrainSettings, list[Change]]:
    """The settings as they were, and fields there were none of then."""
    if old["dataset_id"] is None:
        raise UserError(
            f"학습 {old['id']}은(는) 다른 곳에서 배운 것이라 데이터셋과 설정을 모릅니다. `train`으로 새로 학습하세요.",
            f"Run {old['id']} was trained elsewhere: its dataset and settings are not known. Start a new `train`.",
        )
    try:
        settings = TrainSettings.model_validate(old["settings"])
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UserError(
            f"학습 {old['id']}의 설정 {name}={first['input']}을(를) 이 판의 말모이는 모릅니다. 그 설정을 빼고 `train`으로 새로 학습하세요.",
            f"This version of Malmoi does not know the setting {name}={first['input']} of run {old['id']}. Start a new `train` "
            "without it.",
        ) from error
    newer = {name: value for name, value in settings.model_dump(mode="json").items() if name not in old["settings"]}
    return settings, [
        Change("setting", f"설정 {name}", f"setting {name}", "–", str(new)) for name, new in newer.items()
    ]


def _base_of(old: dict[str, Any]) -> dict[str, Any]:
    base = resolve_base(old["base"])
    found = base_hash(base)
    if old["base_hash"] and found and found != old["base_hash"]:
        raise UserError(
            f"기반 모델 {old['base']}이(가) 그 뒤 바뀌어 학습 {old['id']}을(를) 똑같이 다시 할 수 없습니다. 그때의 모델을 되돌려 놓거나 "
            "`train`으로 새로 학습하세요.",
            f"The base {old['base']} changed since, so run {old['id']} cannot be repeated. Put the model of then back, or start "
            "a new `train`.",
        )
    return {"name": old["base"], "revision": base.revision, "hash": found}


def _rows_gone(old: dict[str, Any], dataset: dict[str, Any]) -> list[Change]:
    then, now = old["forgotten_at_launch"], dataset["forgotten_count"]
    if then is None or then == now:
        return []
    return [Change("forgotten", "데이터셋에서 지운 행", "rows removed from the dataset", str(then), str(now))]


def _add(db: Database, old: dict[str, Any], base: dict[str, Any], settings: TrainSettings) -> str:
    return add_run(
        db,
        recipe=old["recipe"],
        dataset_id=old["dataset_id"],
        base=base,
        preset=old["preset"],
        settings=settings.model_dump(mode="json"),
        origins=old["origins"],
        begins=(old["from_run"], old["from_artifact"]) if old["from_run"] else None,
    )
