"""A run that was stopped at any step and resumed is the unbroken one, bit for bit: records, validations, adapter."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.models.bases import ResolvedBase
from engine.train import samples
from engine.train.checkpoints import latest_proven
from tests.test_train_runs import Told, base, equal, rows, run  # noqa: F401  (base is a fixture)

SHAPE: dict[str, Any] = {
    "max_steps": 9,
    "eval_every": 4,
    "save_every": 4,
    "log_every": 3,
    "lora_dropout": 0.1,
    "quantisation": "none",
}


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "NEW_TOKENS", 4)


@dataclass
class Whole:
    """The unbroken run, made once for all tests."""

    told: Told = field(default_factory=Told)
    adapter: Path | None = None
    best: int | None = None


whole = Whole()


@pytest.fixture
def unbroken(base: ResolvedBase, tmp_path_factory: pytest.TempPathFactory) -> Whole:  # noqa: F811
    if whole.adapter is None:
        result = run(base, tmp_path_factory.mktemp("whole"), whole.told, **SHAPE)
        whole.adapter, whole.best = result.adapter, result.best_step
    return whole


@pytest.mark.parametrize("stops", [[4], [5], [1, 3, 1]], ids=str)
def test_stops_anywhere_leave_no_trace(base: ResolvedBase, tmp_path: Path, unbroken: Whole, stops: list[int]) -> None:  # noqa: F811
    """In place of a validation (4), between two records (5), and several times in a row."""
    parts = []
    for stop in stops:
        parts.append(Told(stop_at=stop))
        result = run(base, tmp_path, parts[-1], latest_proven(tmp_path), **SHAPE)
        assert result.stopped == "save" and result.steps == result.adapter_step
    parts.append(Told())
    result = run(base, tmp_path, parts[-1], latest_proven(tmp_path), **SHAPE)
    assert result.stopped is None and result.steps == 9 and result.best_step == unbroken.best
    assert together(part.losses() for part in parts) == unbroken.told.losses()
    assert together(part.validations() for part in parts) == unbroken.told.validations()
    assert unbroken.adapter and equal(result.adapter, unbroken.adapter)


def together(parts: Any) -> dict[int, float]:
    """Records of all sessions; no step may be told twice."""
    found: dict[int, float] = {}
    for part in parts:
        assert not found.keys() & part.keys()
        found |= part
    return found


def test_a_stop_at_the_last_step_is_its_end(base: ResolvedBase, tmp_path: Path, unbroken: Whole) -> None:  # noqa: F811
    told = Told(stop_at=9)
    result = run(base, tmp_path, told, **SHAPE)
    assert result.stopped is None and told.validations() == unbroken.told.validations()


def test_a_validation_that_was_put_off_can_end_the_patience(base: ResolvedBase, tmp_path: Path) -> None:  # noqa: F811
    """Stopped in place of the validation that would have ended the run: it ends there all the same, without a step more."""
    wrong = [(messages, "고양이가 창가에서 잠을 잔다.") for messages, _ in rows(4)]
    shape: dict[str, Any] = {
        "max_steps": 30, "eval_every": 2, "early_stop_patience": 1, "learning_rate": 2e-2, "validation": wrong,
        "quantisation": "none",
    }  # fmt: skip
    told = Told()
    ended = run(base, tmp_path / "whole", told, **shape)
    first, second = Told(stop_at=ended.steps), Told()
    run(base, tmp_path / "broken", first, **shape)
    again = run(base, tmp_path / "broken", second, latest_proven(tmp_path / "broken"), **shape)
    assert (again.stopped, again.steps, again.best_step) == ("early", ended.steps, ended.best_step)
    assert together([first.losses(), second.losses()]) == told.losses()
    assert together([first.validations(), second.validations()]) == told.validations()
    assert equal(again.adapter, ended.adapter)
