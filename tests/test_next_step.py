"""What Home proposes next, on stores filled as far as an owner would have come."""

from pathlib import Path

import pytest

from engine.store.artifacts import save_artifact
from engine.store.datasets import add_members, add_rows, freeze_dataset, start_dataset
from engine.store.jobs import enqueue
from engine.store.lineage import link
from engine.store.open import open_store
from engine.store.overview import NextStep, next_step, overview
from engine.store.runs import add_run, update_run
from engine.store.sources import add_records, finish_masks, finish_source, set_me, start_source


def a_source(db) -> str:
    source = start_source(db, recipe="persona", kind="kakao", name="대화.txt", fingerprint="f", size=1, job_id="job-1")
    add_records(db, source, 0, [("2026-01-01T10:00", "나리", "text", "밥 먹었어?", None)])
    finish_source(db, source, None, {"나리": 1}, {"speakers": {"나리": 1}, "warnings": []})
    return source


def a_dataset(db, source: str) -> str:
    dataset = start_dataset(
        db, recipe="persona", style="chat", options={}, masked=True, job_id="job-2", sources=[source]
    )
    ids = add_rows(db, [("persona", source, 1, 1, "2026-01-01", "[]", "응", "{}")])
    add_members(db, dataset, [(0, ids[0], "train", None)])
    freeze_dataset(db, dataset)
    return dataset


def a_run(db, dataset: str) -> tuple[str, str]:
    base = {"name": "starter", "revision": None, "hash": "h"}
    run = add_run(db, recipe="persona", dataset_id=dataset, base=base, preset="quick", settings={}, origins={})
    job = enqueue(db, "train", {"run": run})
    update_run(db, run, job_id=job)
    return run, job


def test_an_empty_store_asks_for_material(fresh_store):
    with open_store(fresh_store) as db:
        assert next_step(db) == NextStep("bring", None)


def test_each_stage_leads_to_the_next(fresh_store: Path, tmp_path):
    with open_store(fresh_store) as db:
        source = a_source(db)
        assert next_step(db) == NextStep("mask", source)
        finish_masks(db, source, {"counts": {}, "residual": 0, "seconds": 0.1})
        assert next_step(db) == NextStep("choose_me", source)
        set_me(db, source, "나리")
        assert next_step(db) == NextStep("build", source)
        dataset = a_dataset(db, source)
        assert next_step(db) == NextStep("train", dataset)
        run, job = a_run(db, dataset)
        assert next_step(db) == NextStep("watch", run)
        db.execute("UPDATE jobs SET state = 'done' WHERE id = ?", [job])
        (tmp_path / "adapter").mkdir()
        (tmp_path / "adapter" / "a.json").write_text("{}", encoding="utf-8")
        update_run(db, run, adapter_id=save_artifact(db, tmp_path / "adapter", "adapter", run))
        assert next_step(db) == NextStep("judge", run)
        db.execute(
            "INSERT INTO evaluations (id, job_id, recipe, suite, suite_version, dataset_id, split, settings_json, method_json, state, created_at) VALUES ('ev-1', NULL, 'persona', 'persona', '1', ?, 'test', '{}', NULL, 'whole', 'x')",
            [dataset],
        )
        link(db, "run", run, "evaluation", "ev-1")
        assert next_step(db) == NextStep("talk", run)
        assert overview(db) == {
            "sources": 1, "datasets": 1, "runs": 1, "evaluations": 1, "chats": 0, "jobs": 1, "busy": 0,
        }  # fmt: skip
        later = a_source(db)
        assert next_step(db) == NextStep("mask", later)


@pytest.mark.parametrize("state", ["failed", "interrupted", "cancelled"])
def test_a_run_without_a_result_is_to_be_mended(fresh_store, state):
    with open_store(fresh_store) as db:
        run, job = a_run(db, a_dataset(db, a_source(db)))
        db.execute("UPDATE jobs SET state = ? WHERE id = ?", [state, job])
        assert next_step(db) == NextStep("mend", run)
