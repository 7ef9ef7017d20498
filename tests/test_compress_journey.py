"""From a run to a lighter model with its report, through command, queue, supervisor and worker; and a worker killed between two steps."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.kills import end_all, small_dataset
from engine.store.compressions import get_compression
from engine.store.maintain import backup, check
from engine.store.open import open_store
from engine.store.runs import get_run
from tests.test_jobs import job_now, until
from tests.test_kill_train import cli

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
FEW = ["--limit", "6", "--rounds", "1", "--set", "max_steps=3", "--set", "max_length=128"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory):
    """A store with a short run: (store, run)."""
    store = tmp_path_factory.mktemp("compress") / "저장 소.db"
    dataset = small_dataset(store)
    sets = ["--set", "max_steps=3", "--set", "max_length=128"]
    yield store, cli(store, "train", "--recipe", "persona", "--dataset", dataset, *sets)["run_id"]
    end_all(store)


def test_a_run_is_pruned_taught_and_put_into_8_bits(trained: tuple[Path, str]) -> None:
    store, run = trained
    told = cli(store, "compress", run, "--with", "prune:0.25,distil,int8:ctranslate2", "--gate", "100", *FEW)
    assert [step["state"] for step in told["steps"]] == ["passed"] * 3
    first, smaller, last = told["variants"]
    assert first["name"] == "original"
    assert first["model"] == run
    assert smaller["parameters"] < 0.8 * first["parameters"]
    assert smaller["size_mb"] < 0.85 * first["size_mb"]  # 16 bits beside 16 bits
    assert last["size_mb"] < 0.6 * first["size_mb"]
    for one in told["variants"]:
        assert {"name", "size_mb", "ratio", "rss_mb", "tokens_per_second", "metrics"} <= set(one)
        assert one["metrics"]["similarity_to_reply"]["n"] == first["metrics"]["similarity_to_reply"]["n"] > 0
    assert last["metrics"]["similarity_to_reply"]["delta_low"] is not None
    assert {one["name"] for one in told["targets"]} >= {"size", "speed", "memory", "answer", "cost", "staff"}
    assert "들어갑니다" in told["advice"]["ko"]
    shown = cli(store, "compress", "show")
    assert (shown["compression_id"], shown["artifact_id"]) == (told["compression_id"], told["artifact_id"])
    assert cli(store, "compress", "list")["compressions"][0]["plan"] == "prune:0.25,distil:logits,int8:ctranslate2"
    family = cli(store, "lineage", smaller["run_id"])["ancestors"]
    assert {"run", "dataset", "compression"} <= {node["kind"] for node in family}
    answered = store.with_name("a.jsonl")
    asked = store.with_name("q.jsonl")
    asked.write_text(json.dumps({"id": "1", "turns": [{"role": "user", "content": "뭐 해?"}]}), encoding="utf-8")
    cli(
        store, "answer", "--model", smaller["run_id"], "--recipe", "persona", "--in", str(asked), "--out", str(answered)
    )
    assert json.loads(answered.read_text(encoding="utf-8"))["answer"]
    with open_store(store) as db:
        assert check(db) == []
        backup(db, store.with_name("copy.db"))
    with open_store(store.with_name("copy.db")) as db:
        assert check(db) == []
        assert get_compression(db, told["compression_id"])["result"]["best"] == told["best"]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_worker_repeats_no_step_that_was_finished(trained: tuple[Path, str]) -> None:
    store, run = trained
    queued = cli(store, "compress", run, "--with", "lora,lora,int8:ctranslate2", "--gate", "100", *FEW, "--no-wait")

    def steps() -> list[dict[str, Any]]:
        with open_store(store) as db:
            return list(get_compression(db, queued["compression_id"])["steps"])

    until(lambda: steps()[0]["state"] == "passed" and steps()[1]["run_id"] is not None, 300)
    os.kill(job_now(store, queued["job_id"])["pid"], signal.SIGKILL)
    until(lambda: job_now(store, queued["job_id"])["state"] == "interrupted", 60)
    before = steps()
    assert before[1]["state"] in ("running", "passed")
    with open_store(store) as db:
        assert check(db) == []
        first = get_run(db, before[0]["run_id"])["adapter_id"]
    cli(store, "resume", queued["job_id"])
    with open_store(store) as db:
        assert [step["state"] for step in steps()] == ["passed"] * 3
        assert [step["run_id"] for step in steps()[:2]] == [step["run_id"] for step in before[:2]]
        assert get_run(db, before[0]["run_id"])["adapter_id"] == first
        assert get_compression(db, queued["compression_id"])["result"] is not None
        assert check(db) == []


def test_what_cannot_be_is_told_before_anything_is_queued(trained: tuple[Path, str]) -> None:
    store, run = trained
    refused = [
        ("quantise", "no technique"), ("prune:0.95", "5%"), ("int8,prune:0.2", "cannot come after"), ("prune:0.75", "0.7"),
        ("distil:base:starter-seq2seq:logits", "encoder-decoder"), ("distil:run-none", "run-none"),
    ]  # fmt: skip
    for plan, said in refused:
        told = cli(store, "compress", run, "--with", plan, status=2)
        assert said in told["error"]["en"], told
    for words in (["--gate", "-1"], ["--metric", "loss"], ["--dataset", "ds-none"]):
        assert cli(store, "compress", run, "--with", "int8", *words, status=2)["error"]["ko"]
    assert "not one run" in cli(store, "compress", "base:starter", "--with", "int8", status=2)["error"]["en"]
    suggested = cli(store, "compress", run)
    assert "int8" in suggested["plan"]
    with open_store(store) as db:
        assert db.execute("SELECT count(*) FROM jobs WHERE kind = 'compress' AND state = 'queued'").fetchone()[0] == 0


def test_prices_are_kept_and_shown(trained: tuple[Path, str]) -> None:
    store, _ = trained
    assert cli(store, "compress", "prices", "--watts", "40", "--api-in", "200")["prices"]["watts"] == 40.0
    assert cli(store, "compress", "prices")["prices"] == {"watts": 40.0, "kwh": 150.0, "api_in": 200.0, "api_out": None}
    assert cli(store, "compress", "prices", "--kwh", "-3", status=2)["error"]["en"]
