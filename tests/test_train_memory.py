"""Memory of real runs: a cap that bites, the next plan in its place, a probe that leaves nothing, and a formula that meets counted tensors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.config import ROOT, cache_folder
from engine.errors import UserError
from engine.models.shapes import read_shape
from engine.store.datasets import add_members, add_rows, freeze_dataset, start_dataset
from engine.store.open import all_rows, open_store
from engine.store.tries import begin_try, end_try, log_estimate, read_tries
from engine.train.memory import OutOfMemory, SpillWatch
from engine.train.plan.estimate import correction_of
from engine.train.plan.footprint import tensor_parts
from engine.train.plan.machine import Machine
from engine.train.settings import TrainSettings
from tests.runs_store import ended_run

CPU = Machine("cpu", "CPU", 16.0, 12.0, 2)
CARD = Machine("cuda", "card", 80.0, 79.0, 2)


def command(*words: str) -> tuple[int, dict[str, object]]:
    line = [sys.executable, "-m", "engine", "--json", *words]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


HEAVY = ["--set", "batch_size=32", "--set", "max_length=256", "--set", "max_steps=1", "--set", "memory_limit_gb=1.3"]


@pytest.fixture
def long_rows(fresh_store: Path) -> Path:
    """A store with a dataset of 36 rows of about 220 tokens, four of them validation."""
    with open_store(fresh_store) as db:
        dataset = start_dataset(db, recipe="persona", style="chat", options={}, masked=True, job_id="job-b", sources=[])
        said = json.dumps([{"role": "user", "content": "오늘 있었던 일을 말해 줘"}], ensure_ascii=False)
        batch = [("persona", None, i, i, f"날 {i}", said, f"{i}시에 밥을 먹고 걸었다. " * 20, "{}") for i in range(36)]
        places = enumerate(add_rows(db, batch))
        add_members(db, dataset, [(i, row, "train" if i % 9 else "validation", None) for i, row in places])
        freeze_dataset(db, dataset)
    return fresh_store


@pytest.mark.slow
def test_a_run_beyond_its_cap_is_tried_smaller_until_it_fits(long_rows: Path) -> None:
    status, told = command("train", "--recipe", "persona", *HEAVY)
    assert status == 0, told
    tries = told["tries"]
    assert isinstance(tries, list) and len(tries) > 1
    assert [one["ending"] for one in tries] == ["out_of_memory"] * (len(tries) - 1) + ["fits"]
    with open_store(long_rows) as db:
        (run,) = all_rows(db, "SELECT settings_json, origins_json, peak_gb FROM runs")
        (logged,) = all_rows(db, "SELECT kind, predicted_gb, measured_gb FROM estimates")
    settings, origins = json.loads(run["settings_json"]), json.loads(run["origins_json"])
    assert settings["batch_size"] * settings["accumulation"] == 32, "a step learns from as many rows"
    assert origins["batch_size"].startswith("plan:") and logged["kind"] == "run" and logged["predicted_gb"] > 0


@pytest.mark.slow
def test_a_run_that_may_not_be_retried_ends_out_of_memory(long_rows: Path) -> None:
    status, told = command("train", "--recipe", "persona", *HEAVY, "--set", "retry_smaller=false")
    assert status != 0 and "error" in told
    with open_store(long_rows) as db:
        (job,) = all_rows(db, "SELECT ending FROM jobs WHERE kind = 'train'")
        (run,) = all_rows(db, "SELECT id FROM runs")
        assert job["ending"] == "out_of_memory"
        assert [one["ending"] for one in read_tries(db, run["id"])] == ["out_of_memory"]


@pytest.mark.slow
def test_a_probe_measures_three_steps_and_leaves_no_run(long_rows: Path) -> None:
    small = ["--set", "batch_size=2", "--set", "max_length=256"]
    status, told = command("train", "--recipe", "persona", "--dry-run", *small)
    assert status == 0 and told["fits"] is True and len(told["losses"]) == 3, told
    assert told["peak_gb"] > 0 and told["seconds_per_step"] > 0 and told["tokens_per_second"] > 0
    with open_store(long_rows) as db:
        assert all_rows(db, "SELECT id FROM runs") == [] and all_rows(db, "SELECT id FROM artifacts") == []
        assert [row["kind"] for row in all_rows(db, "SELECT kind FROM estimates")] == ["probe"]
    assert not list((cache_folder(long_rows) / "probes").glob("*"))
    status, told = command("plan", "--recipe", "persona", *small)
    assert status == 0 and told["corrected_by"]["n"] == 1


def test_a_probe_of_a_card_that_is_not_here_is_refused() -> None:
    status, told = command("plan", "--recipe", "persona", "--probe", "--vram", "8")
    assert status != 0 and "--vram" in json.dumps(told)


def test_a_plan_for_a_card_says_what_the_desktop_takes_and_what_each_change_costs() -> None:
    words = ["--base", "llama-3-open-ko-8b", "--vram", "8", "--set", "max_length=2048", "--set", "batch_size=4"]
    status, told = command("plan", "--recipe", "persona", *words)
    assert status == 0 and told["assumed_desktop_gb"] == 1 and told["available_gb"] == 7
    assert told["fits"] is False and told["plan_verdict"] in ("yes", "tight") and told["plan_gb"] <= 7
    assert {"set", "saves_gb", "peak_gb", "fits", "time_factor", "cost_ko", "cost_en"} <= set(told["changes"][0])


def test_tries_are_kept_in_order_and_one_that_was_killed_is_gone_on_with(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        run = ended_run(db)
        end_try(db, run, begin_try(db, run, {}, 5.0), "out_of_memory", 4.0)
        assert begin_try(db, run, {"batch_size": 4}, 3.0) == begin_try(db, run, {"batch_size": 4}, 3.0) == 1
        tries = read_tries(db, run)
    assert [(one["ord"], one["ending"], one["settings"]) for one in tries] == [
        (0, "out_of_memory", {}),
        (1, None, {"batch_size": 4}),
    ]


def test_measurements_correct_this_machine_alone_and_within_bounds(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        for measured in (2.2, 2.4, 90.0):
            log_estimate(
                db, kind="probe", run_id=None, device="cpu", machine="CPU", objective="sft", base="starter",
                predicted_gb=2.0, measured_gb=measured,
            )  # fmt: skip
        own, other = correction_of(db, CPU, "sft"), correction_of(db, CARD, "sft")
        assert (own.factor, own.n) == (pytest.approx(1.2), 3), "the middle, not the mean"
        assert (other.factor, other.n) == (1.0, 0) and correction_of(db, CPU, "dpo").n == 0
        for _ in range(4):
            log_estimate(
                db, kind="run", run_id=None, device="cpu", machine="CPU", objective="sft", base="starter",
                predicted_gb=1.0, measured_gb=90.0,
            )  # fmt: skip
        assert correction_of(db, CPU, "sft").factor == 1.5


def test_only_a_lasting_collapse_of_speed_is_out_of_memory() -> None:
    watch = SpillWatch()
    assert not any(watch.collapsed(speed) for speed in (900, 1000, 1100, 100, 950, 90, 80))
    assert watch.collapsed(70) and not SpillWatch().collapsed(1)


def test_out_of_memory_is_a_user_error_that_survives_a_process() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(OutOfMemory("가", "a", 3.5)))
    assert isinstance(error, UserError) and (error.ko, error.en, error.peak_gb) == ("가", "a", 3.5)


SMALL = {"hidden_size": 256, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 704}
COUNTED = [
    ("llama", "triton", {"batch_size": 4}),
    ("llama", "torch", {"batch_size": 4}),
    ("llama", "triton", {"batch_size": 4, "gradient_checkpointing": "off", "lora_dropout": 0.0}),
    ("gpt_neox", "triton", {"batch_size": 8, "gradient_checkpointing": "off"}),
    ("llama", "cpu", {"batch_size": 4, "gradient_checkpointing": "off", "precision": "fp32", "optimizer": "adamw_torch"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("family", "device", "given"), [COUNTED[0], *(pytest.param(*case, marks=pytest.mark.slow) for case in COUNTED[1:])]
)
def test_the_formula_meets_counted_tensors_within_5_percent(family, device, given) -> None:
    from transformers import CONFIG_MAPPING

    from bench.counted import count_step

    config = CONFIG_MAPPING[family](vocab_size=40000, tie_word_embeddings=False, **SMALL)
    usual = {"gradient_checkpointing": "on", "optimizer": "paged_adamw_8bit", "max_length": 256}
    settings = TrainSettings(**{**usual, **given})
    counted = count_step(config, settings, 256, device=device)
    machine = CPU if device == "cpu" else CARD
    parts = tensor_parts(read_shape(config.to_dict(), family), settings, 256, machine, device == "triton")
    assert sum(parts.values()) == pytest.approx(counted.peak_gb, rel=0.05)
