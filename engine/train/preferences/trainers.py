"""TRL's trainers of preferences, each with rows as they arrive, an exact validation and lean checkpoints. It knows nothing
of how models and rows are loaded."""

from collections.abc import Sequence
from typing import Any

from engine.train.completion_trainer import RunRecorder, told_trainer
from engine.train.preferences.rows import tokens_of
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


def preference_trainer(kind: Any, recorder: RunRecorder, samples: SampleAnswers | None) -> Any:
    """The class `kind` of TRL with what every kind of training here shares, rows as they arrive, and an exact validation."""

    class PreferenceTrainer(told_trainer(kind, recorder, samples)):  # type: ignore[misc]
        def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
            """Rows arrive encoded: TRL shall neither tokenize, nor add tokens, nor leave rows out."""
            return dataset

        def row_lengths(self, rows: Any) -> list[int]:
            return tokens_of(rows)

        def validated(self) -> dict[str, float]:
            return validated(self)

    return PreferenceTrainer


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
