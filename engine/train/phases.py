"""A run that goes on from an earlier one: what must be the same, and the weights it begins with. It trains nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.config import cache_folder
from engine.errors import UserError
from engine.models.bases import ResolvedBase, base_hash
from engine.models.special_tokens import tokens_of
from engine.store.artifacts import unpack_artifact
from engine.store.open import one_row
from engine.store.runs import get_run, list_runs, update_run
from engine.train.settings import FIXED, TrainSettings

KEPT = (*FIXED, "quantisation")
"""Settings that a later phase takes over; the last one may be set anew."""


@dataclass(frozen=True, slots=True)
class Phase:
    """The run to go on from, what it handed over, and the settings taken over from it."""

    run_id: str
    artifact_id: str
    settings: Mapping[str, Any]


def phase_from(db: Database, store: Path, run_id: str, base: ResolvedBase) -> Phase:
    """What a new run on `base` begins with when it goes on from `run_id`.

    Raises UserError for an unknown run, one that has handed nothing over, a reward model, and one of another base.
    """
    run = get_run(db, run_id)
    if run["adapter_id"] is None:
        raise UserError(
            f"학습 {run['id']}은(는) 아직 남긴 것이 없어({run['state']}) 이어 배울 수 없습니다. 끝난 학습을 고르거나 `resume {run['id']}`으로 "
            "먼저 끝내세요.",
            f"Run {run['id']} has handed nothing over yet ({run['state']}), so there is nothing to go on from. Choose a finished "
            f"run, or finish it first with `resume {run['id']}`.",
        )
    if run["settings"].get("objective") == "reward":
        raise UserError(
            f"학습 {run['id']}은(는) 점수만 매기는 보상 모델이라 이어 배울 수 없습니다. 말하는 모델의 학습을 고르세요.",
            f"Run {run['id']} is a reward model, which only gives scores. Choose the run of a model that answers.",
        )
    refuse_other_base(run, base.name, base_hash(base))
    return Phase(run["id"], run["adapter_id"], _kept(db, store, run))


def runs_to_go_on_from(db: Database, base: str) -> list[dict[str, Any]]:
    """Runs on the base of that name, newest first, that left something a model can go on from."""
    return [
        run
        for run in list_runs(db)
        if run["base"] == base and run["adapter_id"] and run["settings"].get("objective") != "reward"
    ]


def refuse_other_base(earlier: Mapping[str, Any], base: str, found: str) -> None:
    """Raises UserError when an earlier run's base is not this one. An empty hash is that of a base not fetched yet."""
    if not found or not earlier["base_hash"] or found == earlier["base_hash"]:
        return
    raise UserError(
        f"학습 {earlier['id']}은(는) 다른 기반 모델({earlier['base']})에서 배웠습니다. '{base}'에서는 이어 배울 수 없습니다. "
        f"--base {earlier['base']}(으)로 하고, 그 모델이 그 뒤 바뀌었다면 새로 학습하세요.",
        f"Run {earlier['id']} learned on another base ({earlier['base']}); it cannot be gone on from on '{base}'. Use --base "
        f"{earlier['base']}, and train anew if that model was changed since.",
    )


def _kept(db: Database, store: Path, run: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the earlier run; of an adopted adapter, whose settings are not known, those its own file tells."""
    whole = run["settings"].get("method") == "full"
    told = (
        run["settings"] if run["job_id"] or whole else {**run["settings"], **_of_adapter(db, store, run["adapter_id"])}
    )
    before = {name: TrainSettings.model_fields[name].default for name in FIXED} | {"special_tokens": "off"}
    known = before | told
    return {name: known[name] for name in KEPT if name in known}


def _of_adapter(db: Database, store: Path, artifact_id: str) -> dict[str, Any]:
    folder = unpacked(db, store, artifact_id)
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    targets = config.get("target_modules")
    return {
        "lora_rank": config["r"],
        "lora_alpha": config["lora_alpha"],
        "lora_targets": ",".join(sorted(targets)) if isinstance(targets, list) else str(targets),
        "use_rslora": bool(config.get("use_rslora")),
        "use_dora": bool(config.get("use_dora")),
        "special_tokens": ",".join(tokens_of(folder)) or "off",
    }


def unpacked(db: Database, store: Path, artifact_id: str) -> Path:
    """The folder of an artifact among the copies beside the store."""
    folder = cache_folder(store) / "artifacts" / artifact_id
    folder.parent.mkdir(parents=True, exist_ok=True)
    return unpack_artifact(db, artifact_id, folder)


def planned_phase(run_id: str, settings: TrainSettings) -> Phase:
    """What a run begins with that goes on from one with these settings, which is yet to learn."""
    dumped = settings.model_dump(mode="json")
    return Phase(run_id, "", {name: dumped[name] for name in KEPT})


def settle_start(db: Database, store: Path, run: Mapping[str, Any], base: ResolvedBase) -> Mapping[str, Any]:
    """The run with the artifact it goes on from, taken now where it was queued before there was one. Raises what `phase_from`
    raises."""
    if run["from_run"] is None or run["from_artifact"] is not None:
        return run
    artifact_id = phase_from(db, store, run["from_run"], base).artifact_id
    update_run(db, run["id"], from_artifact=artifact_id)
    return {**run, "from_artifact": artifact_id}


def unpack_start(db: Database, store: Path, run: Mapping[str, Any], found: str) -> Path | None:
    """The folder of what the run goes on from, None for a run that begins anew. found: hash of the base as it is now.

    Raises UserError when what it was to begin with is gone, or the base is not that of the earlier run.
    """
    artifact_id = run["from_artifact"]
    if artifact_id is None:
        return None
    earlier = one_row(
        db,
        "SELECT r.id, r.base, r.base_hash FROM artifacts a JOIN runs r ON r.id = a.run_id WHERE a.id = ? AND a.state = 'whole'",
        [artifact_id],
    )
    if earlier is None:
        raise UserError(
            f"이어 배우려던 학습 {run['from_run']}의 결과가 그 뒤 바뀌었거나 지워졌습니다. `train --from {run['from_run']}`으로 다시 시작하세요.",
            f"What run {run['from_run']} had handed over was replaced or removed since. Start again with `train --from {run['from_run']}`.",
        )
    refuse_other_base(earlier, run["base"], found)
    return unpacked(db, store, artifact_id)
