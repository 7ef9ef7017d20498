"""What every kind of training shares: the run at hand, going on from a checkpoint, and what it hands over.

It knows nothing of losses, rows, jobs or stores.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.errors import UserError
from engine.hardware import device as best_device
from engine.models.bases import ResolvedBase, folder_of
from engine.models.loading import load_tokenizer, sign_adapter
from engine.models.special_tokens import write_tokens
from engine.models.whole import complete_model
from engine.train.arguments import check_machine
from engine.train.base_checks import check_base
from engine.train.checkpoints import BEST, BEST_ADAPTER, PREFIX, STATE, prove_checkpoint, trained_files
from engine.train.completion_trainer import RunRecorder, best_of, evaluations
from engine.train.data import StepPlan
from engine.train.events import TrainEvents
from engine.train.memory import capped, is_out_of_memory, out_of_memory, peak_gb, start_measuring
from engine.train.samples import SampleAnswers
from engine.train.settings import TrainSettings
from engine.train.together.ranks import is_first


@dataclass(frozen=True, slots=True)
class Session:
    """One run at hand: what it starts from, where it works, whom it tells."""

    base: ResolvedBase
    settings: TrainSettings
    folder: Path
    events: TrainEvents
    device: str
    resume_from: Path | None
    tokenizer: Any
    start: Path | None = None
    """What an earlier run handed over, where this one goes on from it."""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a run left. `adapter` is a PEFT folder or, after full fine-tuning, a whole model's; losses are nats per trained token; memory is in 2**30 bytes.

    `eval_loss` is that of the adapter handed over, None when it was not validated. `best_step` is the step of the lowest
    validation loss, None without validation. `stopped`: None at the planned end.
    """

    adapter: Path
    adapter_step: int
    steps: int
    total_steps: int
    train_loss: float
    eval_loss: float | None
    best_step: int | None
    peak_gb: float
    tokens_per_second: float | None
    stopped: Literal["save", "early"] | None
    notes: tuple[str, ...]

    @property
    def figures(self) -> dict[str, int | float | None]:
        """What is told of every training, by name."""
        return {
            "steps": self.steps,
            "total_steps": self.total_steps,
            "train_loss": self.train_loss,
            "eval_loss": self.eval_loss,
            "best_step": self.best_step,
            "peak_gb": self.peak_gb,
            "tokens_per_second": self.tokens_per_second,
        }


def say(ko: str, en: str) -> str:
    """A note in both languages, as the log holds them."""
    return f"{ko} / {en}"


def begin(
    base: ResolvedBase,
    settings: TrainSettings,
    folder: Path,
    events: TrainEvents,
    resume_from: Path | None,
    start: Path | None,
) -> Session:
    """The run at hand, whose memory is measured from now on. Raises UserError for what machine or base cannot do."""
    device = best_device()
    check_machine(settings, device)
    check_base(settings, base.name, folder_of(base))
    start_measuring(device)
    tokenizer = load_tokenizer(base, settings.kept_tokens())
    return Session(base, settings, folder, events, device, resume_from, tokenizer, start)


def learn(
    run: Session,
    plan: StepPlan,
    notes: list[str],
    prepare: Callable[[RunRecorder], tuple[SampleAnswers | None, Any]],
) -> TrainResult:
    """Train to the end, or hand over what a checkpoint holds when nothing is left. `prepare`: (what is asked along the way, the
    trainer), made when there is something to train."""
    run.events.planned(plan.total)
    recorder, checkpoint = RunRecorder(run.events, run.settings, plan, run.folder, run.device), run.resume_from
    if checkpoint is not None and (reached := prepare_resume(checkpoint, run, plan, recorder)):
        return hand_over(run, plan, reached, checkpoint, recorder, notes)
    with explained_memory(run):
        samples, trainer = prepare(recorder)
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if samples is not None:
        samples.tell_cost(recorder.seconds)
    last = run.folder / f"{PREFIX}{trainer.state.global_step}"
    return hand_over(run, plan, trainer.state.log_history, last, recorder, notes)


def prepare_resume(
    checkpoint: Path, run: Session, plan: StepPlan, recorder: RunRecorder
) -> list[dict[str, Any]] | None:
    """Prove the checkpoint, and put the best adapter that travelled inside it back beside the run. Returns the run's
    history when nothing is left to train: the process ended after its last checkpoint."""
    prove_checkpoint(checkpoint)
    state = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
    if state["max_steps"] != plan.total:
        raise UserError(
            f"체크포인트 {checkpoint.name}은(는) 모두 {state['max_steps']}스텝인 학습의 것인데 지금 설정과 데이터는 "
            f"{plan.total}스텝입니다. 같은 데이터셋과 설정으로 이어 가거나 새로 학습하세요.",
            f"The checkpoint {checkpoint.name} is of a run of {state['max_steps']} steps, but these settings and rows make "
            f"{plan.total}. Resume with the same dataset and settings, or train anew.",
        )
    if is_first() and (checkpoint / BEST_ADAPTER).is_file():
        best = run.folder / BEST
        best.mkdir(parents=True, exist_ok=True)
        weights, config = trained_files(checkpoint)
        shutil.copyfile(checkpoint / config, best / config)
        shutil.copyfile(checkpoint / BEST_ADAPTER, best / weights)
    history: list[dict[str, Any]] = state["log_history"]
    if recorder.patience_over(history):
        recorder.stopped = "early"
    return history if recorder.stopped or state["global_step"] >= plan.total else None


@contextmanager
def explained_memory(run: Session) -> Iterator[None]:
    """Keep the run within its memory, and say what to change when that is too little."""
    try:
        with capped(run.device, run.settings.memory_limit_gb):
            yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise out_of_memory(run.settings.batch_size, run.settings.max_length, peak_gb(run.device)) from error


def hand_over(
    run: Session, plan: StepPlan, history: list[dict[str, Any]], last: Path, recorder: RunRecorder, notes: list[str]
) -> TrainResult:
    """`last`: the checkpoint the run ended with."""
    best, steps = best_of(history), history[-1]["step"]
    keep = best is not None and run.settings.keep_best and recorder.stopped != "save"
    step = best[0] if best is not None and keep else steps
    adapter = run.folder / "adapter"
    source = run.folder / BEST if keep else last
    if is_first():
        adapter.mkdir(parents=True, exist_ok=True)
        for name in trained_files(source):
            shutil.copyfile(source / name, adapter / name)
        if run.settings.method == "full":
            complete_model(adapter, run.base, run.device, run.settings.precision, run.settings.kept_tokens())
        sign_adapter(adapter, run.base)
        write_tokens(adapter, run.tokenizer)
    return TrainResult(
        adapter=adapter,
        adapter_step=step,
        steps=steps,
        total_steps=plan.total,
        train_loss=[entry["loss"] for entry in history if "loss" in entry][-1],
        eval_loss=dict(evaluations(history)).get(step),
        best_step=best[0] if best else None,
        peak_gb=peak_gb(run.device),
        tokens_per_second=recorder.speed(),
        stopped=recorder.stopped,
        notes=(*notes, *_end_notes(history, best, step, run.device)),
    )


def _end_notes(
    history: list[dict[str, Any]], best: tuple[int, float] | None, handed_over: int, device: str
) -> list[str]:
    notes = [
        say("peak_gb는 카드에 올린 텐서의 최댓값입니다.", "peak_gb is the highest sum of tensors on the card.")
        if device.startswith("cuda")
        else say("peak_gb는 프로세스 전체 메모리의 최댓값입니다.", "peak_gb is the process's highest resident memory.")
    ]
    untuned = next((entry["eval_loss"] for entry in history if "eval_loss" in entry and entry["step"] == 0), None)
    if best and untuned is not None and best[1] >= untuned:
        notes.append(
            say(
                f"검증 손실이 기반 모델보다 나아지지 않았습니다({untuned:.3f} → {best[1]:.3f}).",
                f"The validation loss did not get below the base's ({untuned:.3f} → {best[1]:.3f}).",
            )
        )
    if best and best[0] != handed_over:
        notes.append(
            say(
                f"검증 손실이 가장 낮던 스텝은 {best[0]}, 남긴 어댑터는 {handed_over}스텝입니다.",
                f"The validation loss was lowest at step {best[0]}; the adapter handed over is of step {handed_over}.",
            )
        )
    return notes
