"""TRL's trainer with an exact validation loss, a repeatable row order and lean checkpoints; and the recorder that tells
a run's events, keeps its best adapter and ends it early. It knows nothing of how models and rows are loaded.
"""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from engine.errors import Stopped
from engine.models.batches import IGNORED
from engine.train.checkpoints import BEST, BEST_ADAPTER, PREFIX, prove_checkpoint, trained_files
from engine.train.data import LengthGroupedOrder, StepPlan
from engine.train.divergence import refuse_divergence, refuse_overflow
from engine.train.events import StepMetrics, TrainEvents
from engine.train.exact import exactly_resumed, resuming
from engine.train.gauges import Gauges
from engine.train.memory import SpillWatch, check_cap, memory_gb, out_of_memory, peak_gb
from engine.train.preferences.reward_numbers import reward_numbers
from engine.train.samples import SampleAnswers
from engine.train.settings import TrainSettings
from engine.train.together.ranks import gathered, is_first, spread


def save_adapter(model: Any, folder: Path) -> None:
    """Weights and configuration alone, of the adapter or of the whole model."""
    from peft import PeftModel

    if not is_first():
        model.state_dict()  # it lets go of gathered weights, which all ranks must do at the same moment
        return
    if not isinstance(model, PeftModel):
        model.save_pretrained(str(folder), max_shard_size="1TB")
        return
    model.save_pretrained(
        str(folder), safe_serialization=True, save_embedding_layers=False, selected_adapters=["default"]
    )
    (folder / "README.md").unlink(missing_ok=True)  # it would carry paths of this machine


def evaluations(history: list[dict[str, Any]]) -> list[tuple[int, float]]:
    """(step, validation loss) of the tuned model, in order. Step 0, the untuned base, is not among them."""
    return [(entry["step"], entry["eval_loss"]) for entry in history if "eval_loss" in entry and entry["step"] > 0]


def best_of(history: list[dict[str, Any]]) -> tuple[int, float] | None:
    """(step, loss) of the lowest validation loss, the earliest of equals; None before the first validation."""
    return min(evaluations(history), key=lambda found: found[1], default=None)


Taught = Callable[[type], type]
"""A trainer's class to one whose loss listens to a teacher too."""


def as_it_is(kind: type) -> type:
    """Nobody teaches."""
    return kind


def make_trainer(
    recorder: "RunRecorder", samples: SampleAnswers | None = None, taught: Taught = as_it_is, **given: Any
) -> Any:
    """An SFTTrainer for one device, or one of several processes, told to `recorder`; `samples` are asked after each validation;
    `given` are SFTTrainer's own arguments."""
    from trl.trainer.sft_trainer import SFTTrainer

    class CompletionTrainer(told_trainer(taught(SFTTrainer), recorder, samples)):  # type: ignore[misc]
        def right_shares(self) -> list[float]:
            return list(self._metrics["eval"]["mean_token_accuracy"])

    score_targets_alone()
    return CompletionTrainer(**given)


def told_trainer(kind: type, recorder: "RunRecorder", samples: SampleAnswers | None) -> Any:
    """`kind`, a transformers Trainer or a descendant, with what every kind of training here shares."""

    class ToldTrainer(exactly_resumed(kind, recorder.plan)):  # type: ignore[misc]
        control: Any

        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            recorded_by(recorder, self)

        def row_lengths(self, rows: Any) -> list[int]:
            """Tokens of each row of a dataset."""
            return [len(row) for row in rows["input_ids"]]

        def trained_tokens(self, inputs: dict[str, Any]) -> int:
            """How many tokens of a batch are trained: a decoder predicts from the second on."""
            return int((inputs["labels"][:, 1:] != IGNORED).sum())

        def validated(self) -> dict[str, float]:
            """The numbers of a validation, `eval_loss` among them."""
            return validation(self)

        def right_shares(self) -> list[float]:
            """Of each batch of the validation, the share of trained tokens that were the likeliest; empty where not measured."""
            return []

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return LengthGroupedOrder(self.row_lengths(train_dataset), self.args.train_batch_size, self.args.seed)

        def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
            metrics = self.validated()
            self.log(metrics)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            if samples is not None:
                with self.compute_loss_context_manager():
                    samples.ask(self.model, self.state.global_step, recorder.seconds, self.control.should_training_stop)
            return metrics

        def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
            """What was trained alone: no tokenizer (the base has it) and no pickled arguments."""
            save_adapter(self.model, Path(output_dir or str(self.args.output_dir)))

        def create_model_card(self, *args: Any, **kwargs: Any) -> None:
            """None is written: it would carry paths of this machine."""

    return spread(ToldTrainer)


def recorded_by(recorder: "RunRecorder", trainer: Any) -> Any:
    """The trainer, which tells `recorder` and prints nothing: stdout belongs to the command's JSON."""
    from transformers import PrinterCallback

    recorder.fp16 = trainer.args.fp16
    trainer.add_callback(_callback(recorder))
    trainer.add_callback(resuming(trainer, recorder))
    trainer.remove_callback(PrinterCallback)
    return trainer


def score_targets_alone() -> None:
    """Let TRL's fused head score the trained positions alone on every device. Without Triton (CPUs, Windows) TRL 1.16 scores
    prompts too, for compilers that need fixed shapes and that nobody uses here; only this choice of its asks this name."""
    import trl.trainer.utils

    trl.trainer.utils._use_triton = lambda device: True  # type: ignore[attr-defined]


def validation(trainer: Any) -> dict[str, float]:
    """Over the whole validation split, per trained token: mean loss in nats, and the share of tokens that were the likeliest.
    (The library averages batch means, so that its numbers change with the batch size.)"""
    trainer.model.eval()
    losses: list[float] = []
    counts: list[int] = []
    for inputs in trainer.get_eval_dataloader():
        counts.append(trainer.trained_tokens(inputs))
        loss, _, _ = trainer.prediction_step(trainer.model, inputs, prediction_loss_only=True)
        losses.append(float(loss) if counts[-1] else 0.0)
    found = {"eval_loss": _per_token(losses, counts)}
    shares = trainer.right_shares()[-len(counts) :]
    return found | ({"eval_token_accuracy": _per_token(shares, counts)} if len(shares) == len(counts) else {})


def _per_token(values: list[float], counts: list[int]) -> float:
    """The mean over all processes, each batch by its tokens."""
    every = gathered((sum(value * count for value, count in zip(values, counts, strict=True)), sum(counts)))
    return float(sum(part[0] for part in every) / sum(part[1] for part in every))


def token_accuracy(logged: dict[str, float]) -> dict[str, float]:
    """The share of trained tokens that were the likeliest, under our names; empty where it was not measured."""
    named = {"mean_token_accuracy": "token_accuracy", "eval_token_accuracy": "eval_token_accuracy"}
    return {ours: logged[name] for name, ours in named.items() if name in logged}


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
            recorder.evaluated(state, control, metrics, kwargs["model"])

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
        self.plan = plan
        self._folder = folder
        self._device = device
        self._gauges = Gauges(device)
        self._spill = SpillWatch() if sys.platform == "win32" and device.startswith("cuda") else None
        self._began = 0.0
        self._logged = (0.0, 0.0)
        self.seconds = 0.0
        """Time spent in training steps, without validation and saving."""
        self.tokens = 0.0
        """Tokens seen in this session that are not padding."""
        self.stopped: Literal["save", "early"] | None = None
        self.fp16 = False
        """Whether gradients are scaled: then one that overflows is passed over."""

    def step_began(self) -> None:
        self._began = time.perf_counter()

    def step_ended(self, state: Any, control: Any) -> None:
        """Ask whether to stop, and settle what happens after this step."""
        self.seconds += time.perf_counter() - self._began
        check_cap(self._device, self._settings.memory_limit_gb)
        if control.should_evaluate or control.should_save or state.global_step == self.plan.total:
            control.should_log = True  # a loss window that crosses a checkpoint would be lost by a kill
        asked = self._events.stop_asked()
        if asked == "cancel":
            raise Stopped
        if asked == "save" and state.global_step < self.plan.total:  # the last step is the end, not a stop
            self.stopped = "save"
            control.should_save = control.should_training_stop = True
            # a long validation must not stand between the owner and the save: a resume makes up for it
            control.should_evaluate = False

    def logged(self, state: Any, logs: dict[str, float]) -> None:
        """Tell the numbers of the steps since the last record."""
        self.tokens = logs["num_tokens"]
        seconds, tokens = self.seconds - self._logged[0], self.tokens - self._logged[1]
        self._logged = (self.seconds, self.tokens)
        refuse_divergence(state.log_history, state.global_step, logs["loss"], self._settings)
        refuse_overflow(state.log_history, state.global_step, self.fp16, self._settings)
        if self._spill is not None and self._spill.collapsed(tokens / seconds):
            raise out_of_memory(self._settings.batch_size, self._settings.max_length, peak_gb(self._device))
        self._events.step(
            StepMetrics(
                step=state.global_step,
                epoch=state.epoch,
                loss=logs["loss"],
                learning_rate=logs["learning_rate"],
                grad_norm=logs["grad_norm"],
                tokens_per_second=tokens / seconds,
                memory_gb=memory_gb(self._device),
                extra={
                    "tokens": tokens,
                    "seconds": seconds,
                    **self._gauges.read(),
                    **reward_numbers(logs),
                    **token_accuracy(logs),
                },
            )
        )

    def speed(self) -> float | None:
        """Tokens a second over the recorded steps of this session; None when nothing was recorded in it."""
        seconds, tokens = self._logged
        return tokens / seconds if seconds else None

    def evaluated(self, state: Any, control: Any, metrics: dict[str, float], model: Any) -> None:
        """Tell the validation loss, keep the adapter when it is the best, end the run when patience is over."""
        loss = metrics["eval_loss"]
        refuse_divergence(state.log_history, state.global_step, loss, self._settings)
        told = {**reward_numbers(metrics), **token_accuracy(metrics)}
        self._events.step(StepMetrics(step=state.global_step, epoch=state.epoch, eval_loss=loss, extra=told))
        best = best_of(state.log_history)
        if best is None or not self._settings.keep_best:
            return
        if best[0] == state.global_step:
            save_adapter(model, self._folder / BEST)
        if state.global_step < self.plan.total and self.patience_over(state.log_history):
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
        if not is_first():
            return
        folder = self._folder / f"{PREFIX}{state.global_step}"
        best = best_of(state.log_history)
        if best is not None and self._settings.keep_best:
            shutil.copyfile(self._folder / BEST / trained_files(folder)[0], folder / BEST_ADAPTER)
        prove_checkpoint(folder)
        self._events.checkpoint(folder, state.global_step, best is not None and best[0] == state.global_step)

    def _tell_early_stop(self, step: int, best: int) -> None:
        ko = f"{step}스텝에서 일찍 멈췄습니다: {best}스텝 뒤로 검증 손실이 나아지지 않았습니다."
        self._events.log(f"{ko} / Stopped early at step {step}: no gain in validation loss since step {best}.")
