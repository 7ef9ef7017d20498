"""TRL's trainer with an exact validation loss, a repeatable row order and lean checkpoints, and the callback that
tells a run's events. Loaded by `sft.train` alone, in a worker: it imports torch, transformers and trl at the top.
"""

import math
import shutil
import time
import warnings
from pathlib import Path
from typing import Any, Literal

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl.trainer.sft_trainer import SFTTrainer

from engine.config import language
from engine.errors import Stopped, UserError
from engine.train.checkpoints import ADAPTER, BEST, BEST_ADAPTER, PREFIX, prove_checkpoint
from engine.train.data import IGNORED, LengthGroupedOrder, StepPlan
from engine.train.events import StepMetrics, TrainEvents
from engine.train.memory import memory_gb
from engine.train.settings import TrainSettings


# `gradient_checkpointing` is being renamed in transformers, but TRL 1.16 still reads the old name
warnings.filterwarnings("ignore", category=FutureWarning, message=".*(gradient|activation)_checkpointing.*")


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


class CompletionTrainer(SFTTrainer):
    """SFTTrainer for one process and one device."""

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        rows: Any = self.train_dataset["input_ids"]  # type: ignore[index]
        return LengthGroupedOrder([len(row) for row in rows], self.args.train_batch_size, self.args.seed)

    def evaluate(
        self, eval_dataset: Any = None, ignore_keys: list[str] | None = None, metric_key_prefix: str = "eval"
    ) -> dict[str, float]:
        """Mean loss per trained token over the whole split. (The library averages batch means, so that the number
        would change with the batch size.)"""
        model: Any = self.model
        model.eval()
        total, tokens = 0.0, 0
        for inputs in self.get_eval_dataloader():
            count = int((inputs["labels"][:, 1:] != IGNORED).sum())
            loss, _, _ = self.prediction_step(model, inputs, prediction_loss_only=True)
            total, tokens = total + float(loss) * count, tokens + count
        metrics = {"eval_loss": total / tokens}
        self._metrics["eval"].clear()
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        """The adapter alone: no tokenizer (the base has it) and no pickled arguments."""
        save_adapter(self.model, Path(output_dir or str(self.args.output_dir)))

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """None is written: it would carry paths of this machine."""


class RunRecorder(TrainerCallback):
    """Tells events, keeps the best adapter, stops early or when asked, and refuses to go on after divergence."""

    def __init__(self, events: TrainEvents, settings: TrainSettings, plan: StepPlan, folder: Path, device: str) -> None:
        self._events = events
        self._settings = settings
        self._plan = plan
        self._folder = folder
        self._device = device
        self._began = 0.0
        self._logged = (0.0, 0.0)
        self._step_loss: float | None = None
        self.seconds = 0.0
        """Time spent in training steps, without validation and saving."""
        self.tokens = 0.0
        """Tokens seen in this session that are not padding."""
        self.worst_loss = math.inf
        """A training loss above this is worse than guessing evenly among the vocabulary."""
        self.stopped: Literal["save", "early"] | None = None

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._began = time.perf_counter()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
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

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        if logs is None or "loss" not in logs:
            return
        self.tokens = logs["num_tokens"]
        seconds, tokens = self.seconds - self._logged[0], self.tokens - self._logged[1]
        self._logged = (self.seconds, self.tokens)
        self._refuse_divergence(state.global_step, logs["loss"])
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

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        assert metrics is not None
        self._refuse_divergence(state.global_step, metrics["eval_loss"])
        self._events.step(StepMetrics(step=state.global_step, epoch=state.epoch, eval_loss=metrics["eval_loss"]))
        best = best_of(state.log_history)
        if best is None or not self._settings.keep_best:
            return
        if best[0] == state.global_step:
            save_adapter(kwargs["model"], self._folder / BEST)
        since = sum(step > best[0] for step, _ in evaluations(state.log_history))
        if 0 < self._settings.early_stop_patience <= since and state.global_step < self._plan.total:
            self.stopped = "early"
            control.should_training_stop = True
            self._tell_early_stop(state.global_step, best[0])

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        folder = self._folder / f"{PREFIX}{state.global_step}"
        best = best_of(state.log_history)
        if best is not None and self._settings.keep_best:
            shutil.copyfile(self._folder / BEST / ADAPTER, folder / BEST_ADAPTER)
        prove_checkpoint(folder)
        self._events.checkpoint(folder, state.global_step, best is not None and best[0] == state.global_step)

    def _refuse_divergence(self, step: int, loss: float) -> None:
        if math.isfinite(loss) and loss <= self.worst_loss:
            return
        rate = self._settings.learning_rate
        raise UserError(
            f"{step}스텝에서 손실이 {loss:.3g}이(가) 되어 학습이 발산했습니다(learning_rate={rate:g}). "
            f"learning_rate를 {rate / 5:g} 정도로 낮추거나 warmup_ratio를 늘려 다시 학습하세요.",
            f"Training diverged: the loss at step {step} is {loss:.3g} with learning_rate={rate:g}. "
            f"Set learning_rate to about {rate / 5:g}, or raise warmup_ratio, and train again.",
        )

    def _tell_early_stop(self, step: int, best: int) -> None:
        ko = f"{step}스텝에서 일찍 멈췄습니다: {best}스텝 뒤로 검증 손실이 나아지지 않았습니다."
        en = f"Stopped early at step {step}: no gain in validation loss since step {best}."
        self._events.log(en if language() == "en" else ko)
