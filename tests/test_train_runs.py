"""Whole runs of a tiny base: resuming, stopping, the best adapter, checkpoints. No network, no card needed."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from engine.curate.row import Message
from engine.errors import Stopped, UserError
from engine.models.bases import ResolvedBase, resolve_base
from engine.models.loading import load_model
from engine.train.checkpoints import REQUIRED, latest_proven, prove_checkpoint
from engine.train.completion_trainer import RunRecorder
from engine.train.data import PromptTarget, plan_steps
from engine.train.events import StepMetrics
from engine.train.session import TrainResult
from engine.train.settings import TrainSettings
from engine.train.sft import train
from tests.tiny_models import make_tiny

SAID = ("저녁 뭐 먹지", "어디야", "비 와?", "영화 볼래", "잘 잤어?", "주말에 뭐 해", "회의 끝났어?")
QUICK: dict[str, Any] = {
    "batch_size": 4, "accumulation": 1, "max_length": 96, "learning_rate": 3e-3, "log_every": 1, "warmup_ratio": 0.0,
    "lora_rank": 4,
}  # fmt: skip


@dataclass
class Told:
    """Everything a run told, and when it is to be stopped."""

    stop_at: int = -1
    stop: Literal["save", "cancel"] = "save"
    asked: int = 0
    total: int = 0
    steps: list[StepMetrics] = field(default_factory=list)
    checkpoints: list[tuple[str, int, bool]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    answers: dict[int, dict[int, str]] = field(default_factory=dict)

    def planned(self, total_steps: int) -> None:
        self.total = total_steps

    def step(self, metrics: StepMetrics) -> None:
        self.steps.append(metrics)

    def said(self, step: int, answers: Mapping[int, str]) -> None:
        self.answers[step] = dict(answers)

    def checkpoint(self, folder: Path, step: int, best: bool) -> None:
        prove_checkpoint(folder)
        self.checkpoints.append((folder.name, step, best))

    def stop_asked(self) -> Literal["save", "cancel"] | None:
        self.asked += 1
        return self.stop if self.asked == self.stop_at else None

    def log(self, text: str) -> None:
        self.texts.append(text)

    def losses(self) -> dict[int, float]:
        return {told.step: told.loss for told in self.steps if told.loss is not None}

    def validations(self) -> dict[int, float]:
        return {told.step: told.eval_loss for told in self.steps if told.eval_loss is not None}


def rows(count: int) -> list[PromptTarget]:
    """Pairs of different lengths; the answer follows from the question."""
    return [
        ([Message(role="user", content=f"{SAID[index % 7]} {index}")], f"{SAID[(index + 1) % 7]} " * (1 + index % 4))
        for index in range(count)
    ]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> ResolvedBase:
    return resolve_base(str(make_tiny("llama", tmp_path_factory.mktemp("base"))))


def run(base: ResolvedBase, folder: Path, told: Told, resume_from: Path | None = None, **given: Any) -> TrainResult:
    validation = given.pop("validation", rows(5))
    settings = TrainSettings.model_validate({**QUICK, **given})
    return train(base, rows(22), validation, settings, folder, told, resume_from)


def weights(adapter: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(adapter / "adapter_model.safetensors")


def equal(one: Path, other: Path) -> bool:
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(bool((first[name] == second[name]).all()) for name in first)


@pytest.mark.parametrize("packing", [False, True])
def test_a_resumed_run_ends_as_the_unbroken_one(base: ResolvedBase, tmp_path: Path, packing: bool) -> None:
    """Stopped in the middle of the second epoch, then resumed elsewhere with a new trainer: bit for bit the same."""
    shape = {"epochs": 2, "eval_every": 3, "save_every": 3, "batch_size": 2 if packing else 4, "packing": packing}
    whole, first, second = Told(), Told(stop_at=4), Told()
    unbroken = run(base, tmp_path / "whole", whole, **shape)
    broken = run(base, tmp_path / "broken", first, **shape)
    assert (broken.stopped, broken.steps, broken.adapter_step) == ("save", 4, 4)
    assert first.checkpoints[-1][:2] == ("checkpoint-4", 4)

    moved = tmp_path / "elsewhere" / "checkpoint-4"
    shutil.copytree(tmp_path / "broken" / "checkpoint-4", moved)
    resumed = run(base, tmp_path / "resumed", second, moved, **shape)
    assert whole.total == first.total == second.total == resumed.steps == unbroken.steps > 5
    assert {**first.losses(), **second.losses()} == whole.losses()
    assert {**first.validations(), **second.validations()} == whole.validations()
    assert resumed.best_step == unbroken.best_step
    assert equal(resumed.adapter, unbroken.adapter)


@pytest.mark.parametrize("ending", ["planned", "early"])
def test_a_run_killed_after_its_last_checkpoint_only_hands_over(
    base: ResolvedBase, tmp_path: Path, ending: str
) -> None:
    """Nothing is left to train: resuming gives the same adapter and numbers without another step."""
    shape: dict[str, Any] = {"max_steps": 4, "eval_every": 2}
    if ending == "early":
        wrong = [(messages, "고양이가 창가에서 잠을 잔다.") for messages, _ in rows(4)]
        shape = {"max_steps": 30, "eval_every": 2, "early_stop_patience": 1, "learning_rate": 2e-2, "validation": wrong}
    ended = run(base, tmp_path / "ended", Told(), **shape)
    told = Told()
    resumed = run(base, tmp_path / "again", told, latest_proven(tmp_path / "ended"), **shape)
    assert told.steps == [] and told.asked == 0 and resumed.tokens_per_second is None
    same = ("adapter_step", "steps", "total_steps", "train_loss", "eval_loss", "best_step", "stopped")
    assert {name: getattr(resumed, name) for name in same} == {name: getattr(ended, name) for name in same}
    assert resumed.stopped == (None if ending == "planned" else "early")
    assert equal(resumed.adapter, ended.adapter)


def test_validation_leaves_training_as_it_was(base: ResolvedBase, tmp_path: Path) -> None:
    """A 4-bit layer once evaluated must still pass gradients back."""
    shape = {"max_steps": 2, "lora_dropout": 0.0}
    often, never = Told(), Told()
    run(base, tmp_path / "often", often, eval_every=1, keep_best=False, **shape)
    run(base, tmp_path / "never", never, validation=[], **shape)
    assert often.losses() == never.losses()
    assert equal(tmp_path / "often" / "adapter", tmp_path / "never" / "adapter")


def test_cancel_stops_after_current_step_and_saves_nothing(base: ResolvedBase, tmp_path: Path) -> None:
    told = Told(stop_at=2, stop="cancel")
    with pytest.raises(Stopped):
        run(base, tmp_path, told, max_steps=6)
    assert max(told.losses()) <= 2
    assert not told.checkpoints and not (tmp_path / "adapter").exists() and not list(tmp_path.glob("checkpoint-*"))


def test_early_stop_hands_over_the_best_adapter(base: ResolvedBase, tmp_path: Path) -> None:
    """The validation answers contradict the training answers, so that learning makes them worse."""
    wrong = [(messages, "고양이가 창가에서 잠을 잔다.") for messages, _ in rows(4)]
    told = Told()
    result = run(
        base, tmp_path, told, validation=wrong, max_steps=30, eval_every=2, early_stop_patience=2, learning_rate=2e-2
    )
    tuned = {step: loss for step, loss in told.validations().items() if step > 0}
    best = min(tuned, key=lambda step: tuned[step])
    assert result.stopped == "early" and result.steps == best + 4 < result.total_steps
    assert (result.best_step, result.adapter_step, result.eval_loss) == (best, best, tuned[best])
    assert equal(result.adapter, tmp_path / "best")
    assert any(str(best) in text for text in told.texts)


def test_keep_best_off_hands_over_the_last_adapter(base: ResolvedBase, tmp_path: Path) -> None:
    result = run(base, tmp_path, Told(), max_steps=3, eval_every=2, keep_best=False)
    assert (result.adapter_step, result.stopped) == (3, None)
    assert equal(result.adapter, tmp_path / "checkpoint-3")


def test_a_run_tells_its_numbers(base: ResolvedBase, tmp_path: Path) -> None:
    told = Told()
    result = run(base, tmp_path, told, max_steps=3, eval_every=2, packing=False)
    assert list(told.losses()) == [1, 2, 3] and list(told.validations()) == [0, 2, 3]
    trained = [metrics for metrics in told.steps if metrics.loss is not None]
    assert all(metrics.tokens_per_second and metrics.memory_gb and metrics.grad_norm for metrics in trained)
    assert trained[0].learning_rate == pytest.approx(QUICK["learning_rate"])
    assert result.train_loss == told.losses()[3] and result.tokens_per_second and result.peak_gb > 0.05
    assert [step for _, step, _ in told.checkpoints] == [2, 3]
    saved = {path.name for path in result.adapter.iterdir()}
    assert saved == {"adapter_config.json", "adapter_model.safetensors", "malmoi_base.json"}
    assert str(tmp_path) not in (result.adapter / "adapter_config.json").read_text(encoding="utf-8")
    assert load_model(base, result.adapter, device="cpu") is not None


def test_validation_loss_does_not_depend_on_the_batch_size(base: ResolvedBase, tmp_path: Path) -> None:
    found = []
    for batch_size in (1, 4):
        told = Told()
        run(base, tmp_path / str(batch_size), told, batch_size=batch_size, max_steps=1)
        found.append(told.validations()[0])
    assert found[0] == pytest.approx(found[1], rel=1e-4)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"validation": [], "early_stop_patience": 2}, "early_stop_patience"),
        ({"lora_targets": "q_proj,query"}, "lora_targets"),
    ],
)
def test_a_run_that_cannot_work_says_which_setting(
    base: ResolvedBase, tmp_path: Path, given: dict[str, Any], named: str
) -> None:
    with pytest.raises(UserError) as refused:
        run(base, tmp_path, Told(), **given)
    assert named in refused.value.en and named in refused.value.ko


@pytest.mark.parametrize(
    ("losses", "refused"),
    [
        ([3.0, 2.9, float("nan")], True),
        ([3.0, float("inf")], True),
        ([3.0, 5.1, 5.2, 5.3], True),
        ([3.0, 5.1, 5.2, 4.9], False),
        ([9.0, 5.1, 5.2, 5.3], False),
    ],
)
def test_a_loss_that_runs_away_ends_the_run(tmp_path: Path, losses: list[float], refused: bool) -> None:
    settings = TrainSettings(learning_rate=0.05)
    recorder = RunRecorder(Told(), settings, plan_steps(8, settings), tmp_path, "cpu")
    recorder.seconds = 1.0
    history: list[dict[str, float]] = []
    numbers = {"learning_rate": 0.05, "grad_norm": 1.0, "num_tokens": 10.0}
    try:
        for step, loss in enumerate(losses, start=1):
            history.append({"loss": loss, "step": step})
            recorder.seconds += 1.0
            state = SimpleNamespace(log_history=history, global_step=step, epoch=0.0)
            recorder.logged(state, {**numbers, "loss": loss})
    except UserError as error:
        assert refused and "learning_rate" in error.ko and "learning_rate=0.05" in error.en
    else:
        assert not refused


def test_packed_rows_do_not_see_each_other(base: ResolvedBase, tmp_path: Path) -> None:
    found = []
    for packing in (False, True):
        told = Told()
        run(base, tmp_path / str(packing), told, packing=packing, max_steps=1)
        found.append(told.validations()[0])
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def test_rows_that_all_are_too_long_are_refused(base: ResolvedBase, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="max_length"):
        too_long = [(messages, target * 60) for messages, target in rows(3)]
        train(base, too_long, [], TrainSettings(max_length=16), tmp_path, Told())


@pytest.mark.parametrize("broken", [*REQUIRED, "best_adapter.safetensors"])
def test_a_broken_checkpoint_is_passed_over(base: ResolvedBase, tmp_path: Path, broken: str) -> None:
    checkpoint = _checkpoint(base, tmp_path)
    older = shutil.copytree(checkpoint, checkpoint.with_name("checkpoint-1"))
    state = json.loads((older / "trainer_state.json").read_text(encoding="utf-8"))
    (older / "trainer_state.json").write_text(json.dumps({**state, "global_step": 1}), encoding="utf-8")
    assert latest_proven(checkpoint.parent) == checkpoint

    whole = (checkpoint / broken).read_bytes()
    for damage in (whole[: len(whole) // 2], b"", None):
        (checkpoint / broken).unlink()
        if damage is not None:
            (checkpoint / broken).write_bytes(damage)
        elif broken not in REQUIRED:
            continue  # a run without validation has no best adapter
        with pytest.raises(UserError, match=broken):
            prove_checkpoint(checkpoint)
        assert latest_proven(checkpoint.parent) == older


def test_a_checkpoint_of_another_step_or_plan_is_refused(base: ResolvedBase, tmp_path: Path) -> None:
    checkpoint = _checkpoint(base, tmp_path)
    renamed = shutil.copytree(checkpoint, checkpoint.with_name("checkpoint-7"))
    with pytest.raises(UserError, match="스텝은 2입니다"):
        prove_checkpoint(renamed)
    with pytest.raises(UserError, match="모두 2스텝"):
        run(base, tmp_path / "longer", Told(), checkpoint, max_steps=9)


_made: dict[str, Path] = {}


def _checkpoint(base: ResolvedBase, folder: Path) -> Path:
    """A fresh copy of a checkpoint of step 2; the run behind it is made once."""
    if not _made:
        run(base, folder / "made", Told(), max_steps=2, eval_every=1, save_every=2)
        _made["checkpoint"] = shutil.copytree(folder / "made" / "checkpoint-2", Path(base.location) / "checkpoint-2")
    return shutil.copytree(_made["checkpoint"], folder / "run" / "checkpoint-2")
