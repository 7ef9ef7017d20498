"""What else is measured at a step: kept beside its metrics, whatever the machine can tell."""

import json
import math
from pathlib import Path

import pytest

from engine.store.open import open_store
from engine.store.runs import add_metrics, read_metrics
from engine.train.gauges import Gauges
from tests.runs_store import queued_run


def test_extra_numbers_of_a_step_join_what_it_already_holds(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        run, _ = queued_run(db)
        add_metrics(db, run, 5, loss=3.0, extra={"ram_gb": 1.5, "reward": math.nan})
        add_metrics(db, run, 5, eval_loss=3.1, extra={"kl": 0.2, "ram_gb": 1.6})
        add_metrics(db, run, 5, eval_loss=3.1)
        add_metrics(db, run, 10, loss=2.0)
        first, second = read_metrics(db, run)
    assert json.loads(first["extra_json"]) == {"ram_gb": 1.6, "kl": 0.2} and first["loss"] == 3.0
    assert second["extra_json"] is None


def test_the_machine_is_read_and_an_absent_driver_is_not_asked_twice(monkeypatch) -> None:
    """Torch is what asks the driver: replaced, it would answer, but nobody asks any more."""
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a card")
    assert set(Gauges("cpu").read()) == {"cpu_percent", "ram_gb"}
    gauges = Gauges("cuda:0")
    assert set(gauges.read()) == {"cpu_percent", "ram_gb"}
    monkeypatch.setattr(torch.cuda, "temperature", lambda device: 61)
    assert "gpu_temperature_c" not in gauges.read()


def test_a_card_without_one_sensor_still_tells_the_others(monkeypatch) -> None:
    import torch
    from pynvml import NVMLError_NotSupported

    def none(device: str) -> int:
        raise NVMLError_NotSupported

    monkeypatch.setattr(torch.cuda, "temperature", lambda device: 61)
    monkeypatch.setattr(torch.cuda, "power_draw", none)
    monkeypatch.setattr(torch.cuda, "utilization", lambda device: 97)
    gauges = Gauges("cuda:0")
    for _ in range(2):
        told = gauges.read()
        assert (told["gpu_temperature_c"], told["gpu_percent"]) == (61.0, 97.0) and "gpu_power_w" not in told
