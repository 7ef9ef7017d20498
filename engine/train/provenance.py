"""What a checkpoint was made with, what has changed since, and so whether a run may go on. It loads no model and no torch.

A page and a command ask `resumable` before anything is queued; the worker asks `require_same` again with what only it
knows (the rows' text, the device).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.models.bases import base_hash, resolve_base
from engine.store.artifacts import artifact_meta, find_artifacts, holds_whole
from engine.store.datasets import get_dataset
from engine.store.runs import get_run
from engine.train.checkpoints import STATE, TENSOR_STATES

ARITHMETIC = ("torch", "transformers", "trl", "peft", "bitsandbytes", "accelerate", "datasets")
"""Libraries whose versions change what a step computes, or in which order it meets the rows."""
APART = frozenset({"report_to", "memory_limit_gb", "retry_smaller"})
"""Settings that a step does not depend on."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was: its name and both values, in both languages."""

    what: str
    ko: str
    en: str
    then: str
    now: str

    def told(self, english: bool) -> str:
        return f"{self.en if english else self.ko} {self.then} → {self.now}"


@dataclass(frozen=True, slots=True)
class Resumable:
    """Whether a run can go on. `step`: of the checkpoint it goes on from, 0 when it begins anew. `refusal`: why it cannot."""

    step: int
    refusal: UserError | None

    @property
    def able(self) -> bool:
        return self.refusal is None


def library_versions(names: Iterable[str] = ARITHMETIC) -> dict[str, str]:
    """{library: version} of those that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def rows_hash(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """sha256 over split, prompt and target of every row in order: of what is learned, not of what was once frozen."""
    digest = hashlib.sha256()
    for split, members in rows.items():
        for row in members:
            digest.update(json.dumps([split, row["messages"], row["target"]], ensure_ascii=False).encode())
    return digest.hexdigest()


def bound_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those that a step depends on."""
    return {name: value for name, value in settings.items() if name not in APART}


def made_with(db: Database, run: Mapping[str, Any], **known: Any) -> dict[str, Any]:
    """All that must be the same when a checkpoint of this run is gone on from; `known`: what only a worker can tell.

    Raises UserError when the base or the dataset is not there any more.
    """
    dataset = get_dataset(db, run["dataset_id"])
    return {
        "base": {"name": run["base"], "hash": base_hash(resolve_base(run["base"]))},
        "dataset": {
            "id": dataset["id"],
            "fingerprint": dataset["fingerprint"],
            "forgotten": dataset["forgotten_count"],
        },
        "settings": bound_settings(run["settings"]),
        "libraries": library_versions(),
        **known,
    }


def changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """What differs between two `made_with`; what one of them does not tell is not compared."""
    found = [
        *_base_changes(then.get("base", {}), now["base"]),
        *_dataset_changes(then.get("dataset", {}), now["dataset"]),
        *_named("library", "", then.get("libraries", {}), now["libraries"]),
    ]
    for name, ko, en in (("rows", "행의 내용", "text of the rows"), ("device", "장치", "device")):
        if name in then and name in now and then[name] != now[name]:
            found.append(Change(name, ko, en, _short(then[name]), _short(now[name])))
    return found


def _base_changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    if not then.get("hash") or not now["hash"] or then["hash"] == now["hash"]:
        return []
    ko, en = f"기반 모델 {now['name']}", f"base {now['name']}"
    return [Change("base", ko, en, _short(then["hash"]), _short(now["hash"]))]


def _dataset_changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    found = []
    if then.get("fingerprint") and then["fingerprint"] != now["fingerprint"]:
        ko, en = f"데이터셋 {now['id']}의 지문", f"fingerprint of dataset {now['id']}"
        found.append(Change("dataset", ko, en, _short(then["fingerprint"]), _short(now["fingerprint"])))
    if then and then["forgotten"] != now["forgotten"]:
        ko, en = f"데이터셋 {now['id']}에서 지운 행", f"rows removed from dataset {now['id']}"
        found.append(Change("forgotten", ko, en, str(then["forgotten"]), str(now["forgotten"])))
    return found


def _named(what: str, label: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    names = [name for name in then if then[name] != now.get(name)]
    return [
        Change(what, f"{label}{name}", f"{label}{name}", str(then[name]), str(now.get(name, "–"))) for name in names
    ]


def _short(value: object) -> str:
    """Twelve signs tell two hashes apart."""
    return str(value)[:12]


def require_same(run_id: str, step: int, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raises UserError that names what changed since a checkpoint was made, and the way out."""
    found = changes(then, now)
    if not found:
        return
    kinds = {change.what for change in found}
    ko, en = _way_out(run_id, kinds, then)
    raise UserError(
        f"학습 {run_id}을(를) {step}스텝에서 이어 갈 수 없습니다. 그 뒤 바뀐 것: {', '.join(change.told(False) for change in found)}. "
        f"섞어서 이어 배우면 결과를 믿을 수 없습니다. {ko}",
        f"Run {run_id} cannot go on from step {step}. Changed since: {', '.join(change.told(True) for change in found)}. "
        f"A mixture could not be trusted. {en}",
    )


def _way_out(run_id: str, kinds: set[str], then: Mapping[str, Any]) -> tuple[str, str]:
    again = f"`train --again {run_id}`"
    if kinds == {"library"}:
        pins = " ".join(f"{name}=={number}" for name, number in then["libraries"].items())
        return (
            f"그때의 판으로 되돌려 설치하거나(pip install {pins}) {again}로 처음부터 다시 학습하세요.",
            f"Install the versions of then (pip install {pins}), or train from the start with {again}.",
        )
    if kinds <= {"base", "library"}:
        return (
            "그때의 기반 모델을 되돌려 놓거나 새로 `train` 하세요.",
            "Put the base of then back, or start a new `train`.",
        )
    if kinds == {"device"}:
        return (
            f"같은 장치에서 이어 하거나 {again}로 여기서 처음부터 다시 학습하세요.",
            f"Resume it on the same device, or train from the start here with {again}.",
        )
    return f"지금 있는 행으로 {again} 하세요.", f"Train on the rows there are now with {again}."


def resumable(db: Database, run_id: str) -> Resumable:
    """Whether an ended run can be resumed and from which step, told without loading anything heavy.

    A run without a checkpoint begins anew; one whose checkpoint was made with another base, dataset or library cannot go on.
    """
    try:
        return Resumable(_step_to_go_on_from(db, get_run(db, run_id)), None)
    except UserError as error:
        return Resumable(0, error)


def _step_to_go_on_from(db: Database, run: Mapping[str, Any]) -> int:
    if run["job_id"] is None:
        raise UserError(
            f"학습 {run['id']}은(는) 다른 곳에서 배운 것이라 이어 할 것이 없습니다.",
            f"Run {run['id']} was trained elsewhere; there is nothing to resume.",
        )
    if run["state"] not in ("failed", "cancelled", "interrupted"):
        raise UserError(
            f"학습 {run['id']}은(는) {run['state']} 상태라서 이어 할 것이 없습니다.",
            f"Run {run['id']} is {run['state']}; there is nothing to resume.",
        )
    usable = checkpoints(db, run)
    step, then = (usable[0]["step"], usable[0]["made"]) if usable else (0, begun(run))
    require_same(run["id"], step, then, made_with(db, run))
    return int(step)


def begun(run: Mapping[str, Any]) -> dict[str, Any]:
    """What binds a run without a checkpoint: nothing was learned yet, so its base alone."""
    return {"base": {"hash": run["base_hash"]}}


def checkpoints(db: Database, run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """{id, step, made} of a run's whole checkpoints, newest first, that were made with the run's present settings.

    A plan that ran out of memory leaves checkpoints of other settings: they are none of this plan's.
    """
    settings = bound_settings(run["settings"])
    found = []
    for artifact in find_artifacts(db, run["id"], "checkpoint"):
        made = artifact_meta(db, artifact["id"]).get("made") or begun(run)
        of_plan = all(made.get("settings", {}).get(name, value) == value for name, value in settings.items())
        if of_plan and holds_whole(db, artifact["id"], (STATE, *TENSOR_STATES)):
            found.append({"id": artifact["id"], "step": artifact["step"], "made": made})
    return found
