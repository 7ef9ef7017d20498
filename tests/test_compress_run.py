"""The job of a compression with invented techniques and judgements: order, gates, rolling back, stopping, going on after a kill."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.compress import run as job
from engine.compress.plan import parse_steps
from engine.errors import Stopped, UserError
from engine.recipes.recipe import load_recipe
from engine.store.artifacts import save_artifact
from engine.store.compressions import add_compression, get_compression, list_compressions, made_by_compression
from engine.store.evaluations import finish_evaluation, start_evaluation
from engine.store.jobs import Work, enqueue
from engine.store.lineage import lineage
from engine.store.maintain import check
from engine.store.open import open_store
from engine.store.runs import add_run, get_run, phases_before, standing, update_run
from tests.runs_store import begin, frozen_dataset

METRIC = "similarity_to_reply"
SUITE = load_recipe("persona").suite


@dataclasses.dataclass(frozen=True)
class Figures:
    """What measuring gives."""

    size_mb: float = 10.0
    load_s: float = 1.0
    load_peak_mb: float = 200.0
    rss_mb: float = 180.0
    private_mb: float = 150.0
    vram_mb: float | None = None
    first_token_s: float = 0.1
    tokens_per_second: float = 50.0
    answer_s: float = 1.3
    parameters: int | None = 100
    threads: int = 2
    spread: float = 0.05


class World:
    """A store with a run of a whole model, techniques that copy, and judgements as told."""

    def __init__(self, store: Path, folder: Path, quality: dict[str, float]) -> None:
        self.store, self.folder, self.quality = store, folder, quality
        self.done: list[str] = []
        self.judged: list[str] = []
        with open_store(store) as db:
            self.dataset = frozen_dataset(db)
            self.run = add_run(
                db, recipe="persona", dataset_id=self.dataset, base={"name": "starter", "revision": None, "hash": "h"},
                preset=None, settings={"method": "full", "quantisation": "none"}, origins={},
            )  # fmt: skip
            artifact = save_artifact(db, model_folder(folder / "whole"), "model", self.run)
            update_run(db, self.run, adapter_id=artifact)

    def begun(self, plan: str, on_fail: str = "rollback", points: float = 3.0) -> tuple[Work, str]:
        gate = {"metric": METRIC, "points": points, "on_fail": on_fail}
        settings = {"plan": plan, "gate": gate, "training": {}, "rounds": 1}
        with open_store(self.store) as db:
            steps = [dataclasses.asdict(step) for step in parse_steps(plan)]
            id_ = add_compression(
                db, run_id=self.run, recipe="persona", dataset_id=self.dataset, settings=settings, steps=steps
            )
            self.job = enqueue(db, "compress", {"compression": id_})
            token = begin(db, self.job)
        return Work(self.store, self.job, token), id_

    def apply(self, work: Work, compression: Any, source: Path, out: Path, step: Any) -> dict[str, Any]:
        assert (source / "config.json").is_file()
        self.done.append(step["technique"])
        if self.quality.get(step["technique"]) == float("inf"):
            raise KeyboardInterrupt  # as a kill: nothing is tidied up by an ending
        model_folder(out)
        return {"note": step["technique"]}

    def form(self, store: Path, engine: str, run_id: str) -> str | None:
        self.done.append(engine)
        if engine not in self.quality:
            raise UserError("없는 엔진", "no such engine")
        return None

    def judge(self, models: Sequence[str]) -> dict[str, Any]:
        """Every model loses what its technique or engine is told to."""
        self.judged.append(models[-1])
        with open_store(self.store) as db:
            id_ = start_evaluation(
                db, job_id=self.job, recipe="persona", suite=("persona", "2"), dataset_id=self.dataset, split="test",
                settings={"models": list(models)}, run_ids=[model for model in models if ":" not in model],
            )  # fmt: skip
            values = {model: 0.8 + self.quality.get(self.kind(db, model), 0.0) for model in models}
            scores = [
                {"model": m, "metric": METRIC, "value": v, "low": v, "high": v, "n": 9, "unit": "chrF"}
                for m, v in values.items()
            ]
            paired = [
                {"a": models[0], "b": m, "metric": METRIC, "delta": v - 0.8, "low": v - 0.9, "high": v - 0.7, "p": 0.5, "n": 9, "test": "t"}
                for m, v in values.items() if m != models[0]
            ]  # fmt: skip
            finish_evaluation(db, id_, scores, paired, {})
        return {
            "evaluation_id": id_,
            "models": [{"model": s["model"], "metrics": {METRIC: s}} for s in scores],
            "paired": paired,
        }

    def kind(self, db: Any, model: str) -> str:
        made = made_by_compression(db, model)
        return model.partition(":")[0] if ":" in model else made["technique"] if made else "original"


def model_folder(folder: Path) -> Path:
    """Four numbers that pass for a model."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}", encoding="utf-8")
    save_file({"w": torch.zeros(2, 2)}, folder / "model.safetensors")
    return folder


@pytest.fixture
def world(fresh_store, tmp_path, monkeypatch):
    made = World(fresh_store, tmp_path, {})
    monkeypatch.setattr(job, "apply_step", made.apply)
    monkeypatch.setattr(job, "make_form", made.form)
    monkeypatch.setattr(job, "measure", lambda work, compression, models: {model: Figures() for model in models})
    return made


def states(store: Path, id_: str) -> list[str]:
    with open_store(store) as db:
        return [step["state"] for step in get_compression(db, id_)["steps"]]


def test_every_step_that_passes_is_a_run_with_its_lineage(world, fresh_store):
    world.quality = {"distil": -0.02, "openvino": -0.01, "ctranslate2": -0.2}
    work, id_ = world.begun("prune:0.25,distil,int8")
    report = job.run_compression(work, id_, suite=SUITE, judge=world.judge)
    assert states(fresh_store, id_) == ["passed", "passed", "passed"]
    assert world.done[:2] == ["prune", "distil"]
    assert [one["name"] for one in report["variants"]] == [
        "original", "prune 25% + distil", "prune 25% + distil + int8 openvino", "prune 25% + distil + int8 ctranslate2",
    ]  # fmt: skip
    assert [one["passed"] for one in report["variants"]] == [True, True, True, False]
    assert set(report["steps"][2]["facts"]["engines"]) == {"openvino", "ctranslate2", "gguf", "bitsandbytes"}
    assert report["steps"][2]["facts"]["engines"]["gguf"]["en"] == "no such engine"
    pruned, last = report["steps"][0]["run_id"], report["steps"][1]["run_id"]
    with open_store(fresh_store) as db:
        assert phases_before(db, last) == [last, pruned, world.run]
        assert standing(get_run(db, last)) == "compressed"
        below = {(node["kind"], node["id"]) for node in lineage(db, world.run)["descendants"]}
        assert {("compression", id_), ("run", pruned), ("run", last), ("evaluation", report["evaluation_id"])} <= below
        assert {"kind": "dataset", "id": world.dataset} in lineage(db, last)["ancestors"]
        assert check(db) == []
        assert list_compressions(db)[0]["result"]["best"] == report["best"]
    json.dumps(report)


def test_a_step_that_loses_too_much_is_rolled_back_and_the_next_goes_on_from_before_it(world, fresh_store):
    world.quality = {"heal": -0.1, "openvino": 0.0}
    work, id_ = world.begun("prune:0.25,heal,lora,int8:openvino")
    report = job.run_compression(work, id_, suite=SUITE, judge=world.judge)
    assert states(fresh_store, id_) == ["rolled_back", "rolled_back", "passed", "passed"]
    with open_store(fresh_store) as db:
        assert phases_before(db, report["steps"][2]["run_id"])[1:] == [world.run]
    assert report["variants"][-1]["name"] == "lora + int8 openvino"


def test_a_prune_is_judged_after_what_heals_it(world, fresh_store):
    world.quality = {"prune": -0.9, "lora": -0.2}
    work, id_ = world.begun("prune:0.25,lora")
    report = job.run_compression(work, id_, suite=SUITE, judge=world.judge)
    assert states(fresh_store, id_) == ["rolled_back", "rolled_back"]
    assert report["steps"][1]["delta"] == pytest.approx(-0.2)
    assert report["steps"][0]["delta"] is None
    assert report["best"] == "original"


def test_on_fail_stop_skips_what_follows_and_still_reports(world, fresh_store):
    world.quality = {"heal": -0.031, "openvino": 0.0}
    work, id_ = world.begun("prune:0.25,int8", on_fail="stop")
    report = job.run_compression(work, id_, suite=SUITE, judge=world.judge)
    assert states(fresh_store, id_) == ["failed", "failed", "skipped"]
    assert [one["passed"] for one in report["variants"]] == [True, False]
    assert report["run_id"] == world.run


def test_no_engine_at_all_is_a_failed_step_not_a_crash(world, fresh_store):
    work, id_ = world.begun("int4")
    report = job.run_compression(work, id_, suite=SUITE, judge=world.judge)
    assert states(fresh_store, id_) == ["rolled_back"]
    assert len(report["variants"]) == 1


def test_a_killed_job_goes_on_after_its_last_finished_step(world, fresh_store):
    world.quality = {"lora": float("inf"), "openvino": 0.0}
    work, id_ = world.begun("prune:0.25,distil,lora,int8:openvino")
    with pytest.raises(KeyboardInterrupt):
        job.run_compression(work, id_, suite=SUITE, judge=world.judge)
    assert states(fresh_store, id_) == ["passed", "passed", "running", "waiting"]
    with open_store(fresh_store) as db:
        begun = get_compression(db, id_)["steps"]
        assert get_run(db, begun[2]["run_id"])["adapter_id"] is None
    world.quality["lora"], before = 0.0, list(world.done)
    report = job.run_compression(work, id_, suite=SUITE, judge=world.judge)
    assert world.done[len(before) :] == ["lora", "openvino"]
    assert report["steps"][2]["run_id"] == begun[2]["run_id"]  # the row that was begun, not another
    assert states(fresh_store, id_) == ["passed"] * 4
    again = job.run_compression(work, id_, suite=SUITE, judge=world.judge)
    assert again == report
    with open_store(fresh_store) as db:
        assert check(db) == []
        assert len(list_compressions(db)) == 1


def test_the_owner_can_stop_between_two_steps(world, fresh_store, monkeypatch):
    work, id_ = world.begun("lora,int8:openvino")
    monkeypatch.setattr(Work, "stop_asked", lambda self: "save" if "lora" in world.done else None)
    with pytest.raises(Stopped) as stopped:
        job.run_compression(work, id_, suite=SUITE, judge=world.judge)
    assert stopped.value.saved
    assert states(fresh_store, id_) == ["running", "waiting"]
