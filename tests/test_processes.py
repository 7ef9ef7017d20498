"""One run in several processes: whose batch is whose, what is refused, and that nothing but time changes."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.config import ROOT
from engine.errors import Stopped, UserError
from engine.models.bases import ResolvedBase, resolve_base
from engine.store.jobs import claim_next, finish_job, get_job
from engine.store.open import open_store
from engine.train.data import LengthGroupedOrder, plan_steps
from engine.train.session import TrainResult
from engine.train.settings import TrainSettings
from engine.train.sft import train
from engine.train.together import ranks
from engine.train.together.launch import MEETING, NODE, NODES, refuse_processes, start_processes, together
from engine.train.together.ranks import RankBatches
from tests.runs_store import queued_run
from tests.test_train_runs import QUICK, Told, rows
from tests.tiny_models import make_tiny

TOLERANCE = 1e-5
"""Relative: two processes add the same gradients in another order. On this project's machines the difference was 0."""
BATCHES = {**QUICK, "quantisation": "none", "lora_dropout": 0.0, "eval_every": 3, "epochs": 2.0}


@pytest.mark.parametrize("count, size, processes", [(25, 4, 2), (24, 4, 2), (7, 4, 3), (3, 4, 2), (40, 1, 4)])
def test_the_ranks_batches_together_are_those_of_one_process(
    monkeypatch: pytest.MonkeyPatch, count: int, size: int, processes: int
) -> None:
    lengths = [7 * row % 31 + 1 for row in range(count)]
    for epoch in (0, 1):
        order = LengthGroupedOrder(lengths, size, seed=3)
        order.set_epoch(epoch)
        alone = list(order)
        dealt = []
        monkeypatch.setattr(ranks, "world", lambda: processes)
        for place in range(processes):
            monkeypatch.setattr(ranks, "rank", lambda place=place: place)
            dealt.append(list(RankBatches(order, size, blank=count)))
        assert len({len(batches) for batches in dealt}) == 1, "all ranks take part in every pass"
        in_turn = [batch for together_ in zip(*dealt, strict=True) for batch in together_ if batch != [count]]
        assert [row for batch in in_turn for row in batch] == alone
        assert [len(batch) for batch in in_turn] == [len(alone[at : at + size]) for at in range(0, count, size)]


def test_a_step_holds_as_many_rows_as_batch_accumulation_and_processes_say() -> None:
    one = plan_steps(100, TrainSettings(batch_size=4, accumulation=4, epochs=2))
    four = plan_steps(100, TrainSettings(batch_size=4, accumulation=1, processes=4, epochs=2))
    assert one == four


@pytest.mark.parametrize("cards, cores, most, what", [(2, 16, 2, "graphics cards"), (0, 3, 3, "cores")])
def test_more_processes_than_cards_or_cores_are_refused_with_both_numbers(
    cards: int, cores: int, most: int, what: str
) -> None:
    refuse_processes(TrainSettings(processes=most), cards, cores)
    with pytest.raises(UserError) as refused:
        refuse_processes(TrainSettings(processes=most + 1), cards, cores)
    assert f"processes={most + 1}" in refused.value.ko and f"{most} {what}" in refused.value.en


def test_processes_that_machines_cannot_share_evenly_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ((NODES, "2"), (NODE, "0"), (MEETING, "127.0.0.1:1")):
        monkeypatch.setenv(name, value)
    refuse_processes(TrainSettings(processes=4), 2, 1)
    with pytest.raises(UserError, match="processes=3"):
        refuse_processes(TrainSettings(processes=3), 8, 8)


def test_a_run_in_several_processes_takes_every_card(fresh_store: Path) -> None:
    cards = ["cuda:0", "cuda:1"]
    with open_store(fresh_store) as db:
        one, wide, last = (queued_run(db, processes=count)[1] for count in (1, 2, 1))
        first = claim_next(db, cards)
        assert first and first["id"] == one and first["device"] == "cuda:0"
        second = claim_next(db, cards)
        assert second and second["id"] == last and second["device"] == "cuda:1", "what fits beside goes first"
        for job in (first, second):
            finish_job(db, job["id"], job["token"], "done", "done", {})
        third = claim_next(db, cards)
        assert third and third["id"] == wide and third["device"] == "all"
        late = queued_run(db)[1]
        assert claim_next(db, cards) is None
        finish_job(db, wide, third["token"], "done", "done", {})
        assert claim_next(db, cards) and get_job(db, late)["state"] == "running"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> ResolvedBase:
    return resolve_base(str(make_tiny("llama", tmp_path_factory.mktemp("tiny"))))


def run(base: ResolvedBase, folder: Path, told: Told, resume: Path | None = None, **changed: Any) -> TrainResult:
    folder.mkdir(parents=True, exist_ok=True)
    settings = TrainSettings(**{**BATCHES, **changed})
    return together(train)(base, rows(25), rows(7), settings, folder, told, resume)


@pytest.mark.slow
def test_two_processes_learn_what_one_does_and_go_on_where_they_stopped(base: ResolvedBase, tmp_path: Path) -> None:
    """25 rows make 7 batches: at the end of each epoch one rank has none."""
    alone, both, stopped, resumed = Told(), Told(), Told(stop_at=4), Told()
    one = run(base, tmp_path / "one", alone, accumulation=2)
    two = run(base, tmp_path / "two", both, processes=2)
    assert two.steps == one.steps == 8 and two.adapter_step == one.adapter_step
    assert both.losses() == pytest.approx(alone.losses(), rel=TOLERANCE)
    assert both.validations() == pytest.approx(alone.validations(), rel=TOLERANCE)
    assert two.eval_loss == pytest.approx(one.eval_loss, rel=TOLERANCE)
    asked = alone.answers.keys() & both.answers.keys()  # a busy machine skips some
    assert asked and {step: both.answers[step] for step in asked} == {step: alone.answers[step] for step in asked}
    assert [told.tokens_per_second is not None for told in both.steps] == [
        told.tokens_per_second is not None for told in alone.steps
    ], "each step is told once"
    assert both.checkpoints == alone.checkpoints
    names = {path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*")}
    assert {path.relative_to(tmp_path / "two") for path in (tmp_path / "two").rglob("*")} == names

    first = run(base, tmp_path / "half", stopped, processes=2)
    assert first.stopped == "save" and first.steps == 4
    checkpoint = tmp_path / "half" / "checkpoint-4"
    again = run(base, tmp_path / "half", resumed, checkpoint, processes=2)
    assert again.eval_loss == pytest.approx(two.eval_loss, rel=TOLERANCE)
    assert {**stopped.losses(), **resumed.losses()} == pytest.approx(both.losses(), rel=TOLERANCE)


@pytest.mark.slow
def test_an_error_and_a_stop_leave_no_process(base: ResolvedBase, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        run(base, tmp_path / "stopped", Told(stop_at=2, stop="cancel"), processes=2)
    with pytest.raises(UserError, match="lora_targets"):
        run(base, tmp_path / "refused", Told(), processes=2, lora_targets="none_such")
    assert not psutil.Process().children(recursive=True)


ORPHANS = """
import sys, json
from pathlib import Path
from tests.test_processes import Told, resolve_base, run
if __name__ == "__main__":
    run(resolve_base(sys.argv[1]), Path(sys.argv[2]), Told(), processes=2, epochs=1000.0)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_parent_leaves_no_process(base: ResolvedBase, tmp_path: Path) -> None:
    script = tmp_path / "orphans.py"
    script.write_text(ORPHANS, encoding="utf-8")
    parent = subprocess.Popen(
        [sys.executable, str(script), base.location, str(tmp_path / "run")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    ends = time.monotonic() + 120
    while not (tmp_path / "run" / "best").exists() and time.monotonic() < ends:
        time.sleep(0.2)
    children = psutil.Process(parent.pid).children(recursive=True)
    assert len(children) >= 3, "the launcher and two ranks"
    parent.kill()
    parent.wait()
    assert psutil.wait_procs(children, timeout=30)[1] == []


def test_the_launcher_shares_cores_and_keeps_stdout_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    started: dict[str, Any] = {}
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("engine.train.together.launch.cores", lambda: 8)
    monkeypatch.setattr(subprocess, "Popen", lambda words, **how: started.update(how, words=words))
    from engine.train.together.launch import Cluster

    start_processes(4, Cluster(2, 1, "10.0.0.1:29400"), {"X": "1"})
    assert started["env"]["OMP_NUM_THREADS"] == "4" and started["stdout"] is sys.stderr
    assert "--nproc-per-node=2" in started["words"] and "--node-rank=1" in started["words"]
    assert json.dumps(started["words"]).count("10.0.0.1") == 1
