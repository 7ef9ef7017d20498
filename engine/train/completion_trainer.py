"""TRL's trainer with an exact validation loss, a repeatable row order and lean checkpoints; and the recorder that tells
a run's events, keeps its best adapter and ends it early. It knows nothing of how models and rows are loaded.
"""

import math
import shutil
import time
from pathlib import Path
from typing import Any, Literal

from engine.errors import Stopped, UserError
from engine.train.checkpoints import ADAPTER, BEST, BEST_ADAPTER, PREFIX, prove_checkpoint
from engine.train.data import IGNORED, LengthGroupedOrder, StepPlan
from engine.train.events import StepMetrics, TrainEvents
from engine.train.memory import memory_gb
from engine.train.samples import SampleAnswers
from engine.train.settings import TrainSettings

DIVERGED_NATS, DIVERGED_RECORDS = 2.0, 3
"""A loss this far above the first record, this many records running, does not come back: 7 times the perplexity."""


def save_adapter(model: Any, folder: Path) -> None:
    """Weights and adapter_config.json alone: PEFT's README would carry paths of this machine."""
    model.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)


def evaluations(history: list[dict[str, Any]]) -> list[tuple[int, float]]:
    """(step, validation loss) of the tuned model, in order. Step 0, the untuned base, is not among them."""
    return [(entry["step"], entry["eval_loss"]) for entry in history if "eval_loss" in entry and entry["step"] > 0]


def best_of(history: list[dict[str, Any]]) -> tuple[int, float] | None:
    """(step, loss) of the lowest validation loss, the earliest of equals; None before the first validation."""
    return min(evaluations(history), key=lambda found: found[1], default=None)


def make_trainer(recorder: "RunRecorder", samples: SampleAnswers | None = None, **given: Any) -> Any:
    """An SFTTrainer for one process and one device, told to `recorder`; `samples` are asked after each validation;
    `given` are SFTTrainer's own arguments."""
    from transformers import PrinterCallback
    from trl.trainer.sft_trainer import SFTTrainer

    score_targets_alone()

    class CompletionTrainer(SFTTrainer):
        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            rows: Any = train_dataset["input_ids"]
            lengths = [len(row) for row in rows]
            return LengthGroupedOrder(lengths, self.args.train_batch_size, self.args.seed)

        def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
            metrics = {"eval_loss": validation_loss(self)}
            self.log(metrics)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            if samples is not None:
                with self.compute_loss_context_manager():
                    samples.ask(self.model, self.state.global_step, recorder.seconds, self.control.should_training_stop)
            return metrics

        def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
            """The adapter alone: no tokenizer (the base has it) and no pickled arguments."""
            save_adapter(self.model, Path(output_dir or str(self.args.output_dir)))

        def create_model_card(self, *args: Any, **kwargs: Any) -> None:
            """None is written: it would carry paths of this machine."""

    trainer = CompletionTrainer(callbacks=[_callback(recorder)], **given)
    trainer.remove_callback(PrinterCallback)  # it prints to stdout, which belongs to the command's JSON
    return trainer


def score_targets_alone() -> None:
    """Let TRL's fused head score the trained positions alone on every device. Without Triton (CPUs, Windows) TRL 1.16 scores
    prompts too, for compilers that need fixed shapes and that nobody uses here; only this choice of its asks this name."""
    import trl.trainer.utils

    setattr(trl.trainer.utils, "_use_triton", lambda device: True)  # noqa: B010 - mypy knows no private name of TRL's


def validation_loss(trainer: Any) -> float:
    """Mean loss per trained token over the whole validation split, in nats. (The library averages batch means, so that
    its number changes with the batch size.)"""
    trainer.model.eval()
    total, tokens = 0.0, 0
    for inputs in trainer.get_eval_dataloader():
        count = int((inputs["labels"][:, 1:] != IGNORED).sum())
        loss, _, _ = trainer.prediction_step(trainer.model, inputs, prediction_loss_only=True)
        total, tokens = total + float(loss) * count, tokens + count
    return total / tokens


def _callback(recorder: "RunRecorder") -> Any:
    from transformers import TrainerCallback

    class Told(TrainerCallback):
        def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            recorder.step_began()

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            recorder.step_ended(state, control)

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            if "loss" in logs:
                recorder.logged(state, logs)

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **kwargs: Any) -> None:
            recorder.evaluated(state, control, metrics["eval_loss"], kwargs["model"])

        def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            recorder.saved(state)

    return Told()


class RunRecorder:
    """Tells events, keeps the best adapter, stops early or when asked, and refuses to go on after divergence.

    `state` and `control` are the trainer's own.
    """

    def __init__(self, events: TrainEvents, settings: TrainSettings, plan: StepPlan, folder: Path, device: str) -> None:
        self._events = events
        self._settings = settings
        self._plan = plan
        self._folder = folder
        self._device = device
        self._began = 0.0
        self._logged = (0.0, 0.0)
        self.seconds = 0.0
        """Time spent in training steps, without validation and saving."""
        self.tokens = 0.0
        """Tokens seen in this session that are not padding."""
        self.stopped: Literal["save", "early"] | None = None

    def step_began(self) -> None:
        self._began = time.perf_counter()

    def step_ended(self, state: Any, control: Any) -> None:
        """Ask whether to stop, and settle what happens after this step."""
        self.seconds += time.perf_counter() - self._began
        asked = self._events.stop_asked()
        if asked == "cancel":
            raise Stopped
        if asked == "save":
            self.stopped = "save"
            control.should_save = control.should_training_stop = True
            control.should_evaluate = False  # a long validation must not stand between the owner and the save
        if control.should_evaluate or control.should_save or state.global_step == self._plan.total:
            control.should_log = True  # a loss window that crosses a checkpoint would be lost by a resume

    def logged(self, state: Any, logs: dict[str, float]) -> None:
        """Tell the numbers of the steps since the last record."""
        self.tokens = logs["num_tokens"]
        seconds, tokens = self.seconds - self._logged[0], self.tokens - self._logged[1]
        self._logged = (self.seconds, self.tokens)
        self._refuse_divergence(state, logs["loss"])
        self._events.step(
            StepMetrics(
                step=state.global_step,
                epoch=state.epoch,
                loss=logs["loss"],
                learning_rate=logs["learning_rate"],
                grad_norm=logs["grad_norm"],
                tokens_per_second=tokens / seconds,
                memory_gb=memory_gb(self._device),
            )
        )

    def evaluated(self, state: Any, control: Any, loss: float, model: Any) -> None:
        """Tell the validation loss, keep the adapter when it is the best, end the run when patience is over."""
        self._refuse_divergence(state, loss)
        self._events.step(StepMetrics(step=state.global_step, epoch=state.epoch, eval_loss=loss))
        best = best_of(state.log_history)
        if best is None or not self._settings.keep_best:
            return
        if best[0] == state.global_step:
            save_adapter(model, self._folder / BEST)
        if state.global_step < self._plan.total and self.patience_over(state.log_history):
            self.stopped = "early"
            control.should_training_stop = True
            self._tell_early_stop(state.global_step, best[0])

    def patience_over(self, history: list[dict[str, Any]]) -> bool:
        """True when the last `early_stop_patience` validations brought no gain."""
        best = best_of(history)
        since = sum(step > best[0] for step, _ in evaluations(history)) if best else 0
        return 0 < self._settings.early_stop_patience <= since

    def saved(self, state: Any) -> None:
        """Complete the checkpoint with the best adapter, prove it, tell it."""
        folder = self._folder / f"{PREFIX}{state.global_step}"
        best = best_of(state.log_history)
        if best is not None and self._settings.keep_best:
            shutil.copyfile(self._folder / BEST / ADAPTER, folder / BEST_ADAPTER)
        prove_checkpoint(folder)
        self._events.checkpoint(folder, state.global_step, best is not None and best[0] == state.global_step)

    def _refuse_divergence(self, state: Any, loss: float) -> None:
        records = [entry["loss"] for entry in state.log_history if "loss" in entry]
        last = records[1:][-DIVERGED_RECORDS:]
        risen = len(last) == DIVERGED_RECORDS and min(last) > records[0] + DIVERGED_NATS
        if math.isfinite(loss) and not risen:
            return
        step, rate = state.global_step, self._settings.learning_rate
        raise UserError(
            f"{step}스텝에서 손실이 {loss:.3g}이(가) 되어 학습이 발산했습니다(learning_rate={rate:g}). "
            f"learning_rate를 {rate / 5:g} 정도로 낮추거나 warmup_ratio를 늘려 다시 학습하세요.",
            f"Training diverged: the loss at step {step} is {loss:.3g} with learning_rate={rate:g}. "
            f"Set learning_rate to about {rate / 5:g}, or raise warmup_ratio, and train again.",
        )

    def _tell_early_stop(self, step: int, best: int) -> None:
        ko = f"{step}스텝에서 일찍 멈췄습니다: {best}스텝 뒤로 검증 손실이 나아지지 않았습니다."
        self._events.log(f"{ko} / Stopped early at step {step}: no gain in validation loss since step {best}.")
