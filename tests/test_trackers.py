"""Outside trackers: they get the numbers of a run and nothing else, write beside the store, and never stand in the way of training."""

import platform
import threading
from pathlib import Path
from typing import Any

import pytest

from engine.compress import apply as compress_apply
from engine.config import ROOT, cache_folder
from engine.errors import UserError
from engine.store.jobs import Work
from engine.store.open import open_store
from engine.store.runs import get_run, read_metrics
from engine.train import trackers
from engine.train.arguments import check_trackers
from engine.train.events import StepMetrics
from engine.train.settings import TrainSettings
from engine.train.trackers import tracking
from tests.runs_store import begin, frozen_dataset, queued_run

FACTS = {"learning_rate": 1e-3, "base": "starter"}


def tell_three(names: list[str], folder: Path, after: int = -1, said: list[str] | None = None) -> None:
    with tracking(names, folder, "run-1", FACTS, after, (said if said is not None else []).append) as tell:
        for step in range(after + 1, after + 4):
            tell(StepMetrics(step=step, loss=3.0 - step / 10, extra={"gpu_power_w": 90.0 + step}))
            tell(StepMetrics(step=step, eval_loss=float("inf")))


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder)).Reload()
    return {
        name: [(event.step, round(event.value, 4)) for event in found.Scalars(name)] for name in found.Tags()["scalars"]
    }


def test_tensorboard_gets_the_numbers_and_a_resumed_run_goes_on_in_the_same_place(tmp_path: Path) -> None:
    tell_three(["tensorboard"], tmp_path)
    tell_three(["tensorboard"], tmp_path, after=1)
    told = scalars(tmp_path / "tensorboard" / "run-1")
    assert set(told) == {"loss", "gpu_power_w"}, "a number that is none is not told"
    assert told["loss"] == [(0, 3.0), (1, 2.9), (2, 2.8), (3, 2.7), (4, 2.6)]


def test_nothing_told_names_a_path_or_the_machine(tmp_path: Path) -> None:
    tell_three(["tensorboard"], tmp_path)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            written = file.read_bytes()
            assert str(tmp_path).encode() not in written and str(ROOT).encode() not in written


class Broken:
    """A tracker whose server went away."""

    def __init__(self, folder: Path, run: str, facts: Any, after_step: int) -> None:
        self.told = 0

    def tell(self, step: int, numbers: Any) -> None:
        self.told += 1
        if self.told > 1:
            raise ConnectionError(f"{ROOT} is gone")

    def close(self) -> None:
        pass


def test_a_tracker_that_fails_is_given_up_in_words_and_the_run_goes_on(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(trackers.KINDS, "wandb", Broken)
    said: list[str] = []
    tell_three(["wandb", "tensorboard"], tmp_path, said=said)
    [line] = said
    assert "wandb" in line and "ConnectionError" in line and str(ROOT) not in line
    assert len(scalars(tmp_path / "tensorboard" / "run-1")["loss"]) == 3


def test_a_tracker_that_hangs_does_not_hold_the_run(tmp_path: Path, monkeypatch) -> None:
    free = threading.Event()

    class Hanging(Broken):
        def tell(self, step: int, numbers: Any) -> None:
            free.wait(60)

    monkeypatch.setitem(trackers.KINDS, "mlflow", Hanging)
    monkeypatch.setattr(trackers, "LAST_WORDS", 0.05)
    said: list[str] = []
    tell_three(["mlflow"], tmp_path, said=said)
    free.set()
    assert len(said) == 1 and "TimeoutError" in said[0]


def test_a_tracker_that_cannot_be_opened_stops_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "tensorboard").mkdir()
    (tmp_path / "tensorboard" / "run-1").write_text("a file where a folder should be", encoding="utf-8")
    with (
        pytest.raises(UserError, match="report_to=tensorboard"),
        tracking(["tensorboard"], tmp_path, "run-1", FACTS, -1, print),
    ):
        raise AssertionError("it was opened")


def test_a_tracker_that_is_not_installed_names_the_command_that_installs_it(monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install mlflow-skinny==") as refused:
        check_trackers(TrainSettings(report_to="mlflow"))
    assert "report_to=none" in refused.value.ko


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tensorboard", "wandb", "mlflow"])
def test_a_real_run_is_told_to_each_tracker_that_is_installed(name: str, fresh_store: Path, monkeypatch) -> None:
    """Offline, with the real library and the real trainer; the rows it learns from are nowhere in what was written."""
    pytest.importorskip(name)
    from engine.train.run import run_training

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with open_store(fresh_store) as db:
        run, job = queued_run(
            db, frozen_dataset(db, 12), report_to=name, max_steps=4, log_every=2, max_length=64, quantisation="none"
        )
        work = Work(fresh_store, job, begin(db, job))
    run_training(work, run)
    with open_store(fresh_store) as db:
        assert get_run(db, run)["result"] and len(read_metrics(db, run)) >= 2
    told = cache_folder(fresh_store) / "trackers" / name
    files = [file for file in told.rglob("*") if file.is_file() and "logs" not in file.parts]
    written = b"".join(file.read_bytes() for file in files)
    assert (
        b"loss" in written + " ".join(map(str, files)).encode()
        and b"learning_rate" in written + " ".join(map(str, files)).encode()
    )
    for secret in ("저녁 뭐 먹지", "국수", str(ROOT), platform.node()):
        assert secret.encode() not in written, secret


def test_a_step_of_a_compression_tells_its_trackers_too(fresh_store: Path) -> None:
    training = TrainSettings(report_to="tensorboard", learning_rate=1e-3).model_dump(mode="json")
    with open_store(fresh_store) as db:
        run, job = queued_run(db, frozen_dataset(db))
        work = Work(fresh_store, job, begin(db, job))
        dataset = get_run(db, run)["dataset_id"]
    compression = {"dataset_id": dataset, "settings": {"training": training}}
    with compress_apply._events(work, compression, {"run_id": run}) as events:
        events.planned(2)
        events.step(StepMetrics(step=1, loss=2.5))
    assert scalars(cache_folder(fresh_store) / "trackers" / "tensorboard" / run)["loss"] == [(1, 2.5)]
    with open_store(fresh_store) as db:
        assert read_metrics(db, run)[0]["loss"] == 2.5
