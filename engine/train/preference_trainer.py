"""TRL's trainers of preferences, each with rows as they arrive, an exact validation and lean checkpoints. It knows nothing
of how models and rows are loaded."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.train.completion_trainer import RunRecorder, recorded_by, save_adapter
from engine.train.data import LengthGroupedOrder
from engine.train.samples import SampleAnswers


def validated(trainer: Any) -> dict[str, float]:
    """Mean over the rows of the validation split of the loss (`eval_loss`) and of every number TRL takes beside it, under
    TRL's names. (The library averages batch means, so that its numbers change with the batch size.)"""
    trainer.model.eval()
    found = trainer._metrics["eval"]
    found.clear()
    losses, sizes = [], []
    for inputs in trainer.get_eval_dataloader():
        loss, _, _ = trainer.prediction_step(trainer.model, inputs, prediction_loss_only=True)
        losses.append(float(loss))
        sizes.append(len(inputs["input_ids"]) if "input_ids" in inputs else len(inputs))
    means = {f"eval_{name}": _mean(values, sizes) for name, values in found.items() if len(values) == len(sizes)}
    found.clear()
    return {**means, "eval_loss": _mean(losses, sizes)}


def _mean(values: Sequence[float], sizes: Sequence[int]) -> float:
    return sum(value * size for value, size in zip(values, sizes, strict=True)) / sum(sizes)


def by_lengths(lengths: Sequence[int]) -> Callable[[Any], Any]:
    """The order of rows for a trainer: see LengthGroupedOrder. `lengths`: tokens of each training example."""
    return lambda trainer: LengthGroupedOrder(lengths, trainer.args.train_batch_size, trainer.args.seed)


def make_preference_trainer(
    kind: Any,
    recorder: RunRecorder,
    samples: SampleAnswers | None,
    order: Callable[[Any], Any],
    validate: Callable[[Any], dict[str, float]] = validated,
    **given: Any,
) -> Any:
    """A trainer of class `kind` for one process and one device, told to `recorder`. `order` makes the order of rows,
    `validate` the numbers of a validation, `eval_loss` among them; `given`: the class's own arguments."""

    class PreferenceTrainer(kind):  # type: ignore[misc]
        control: Any

        def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
            """Rows arrive encoded: TRL shall neither tokenize, nor add tokens, nor leave rows out."""
            return dataset

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return order(self)

        def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
            metrics = validate(self)
            self.log(metrics)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            if samples is not None:
                with self.compute_loss_context_manager():
                    samples.ask(self.model, self.state.global_step, recorder.seconds, self.control.should_training_stop)
            return metrics

        def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
            save_adapter(self.model, Path(output_dir or str(self.args.output_dir)))

        def create_model_card(self, *args: Any, **kwargs: Any) -> None:
            """None is written: it would carry paths of this machine."""

    return recorded_by(recorder, PreferenceTrainer(**given))


def kto_collator(pad_token_id: int) -> Any:
    """TRL's collator, with the mismatched answers of the KL term taken from the batch itself: TRL pairs neighbours of the
    unshuffled dataset, and for best results they are to be those the batch is rewarded for."""
    from trl.trainer.kto_trainer import DataCollatorForUnpairedPreference

    class Rotated(DataCollatorForUnpairedPreference):
        def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
            turned = [examples[-1], *examples[:-1]]
            return super().torch_call(
                [
                    {**one, "KL_completion_ids": other["completion_ids"]}
                    for one, other in zip(examples, turned, strict=True)
                ]
            )

    return Rotated(pad_token_id=pad_token_id)
