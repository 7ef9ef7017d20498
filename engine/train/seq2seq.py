"""The trainer of an encoder-decoder: the prompt is the encoder's text, the target the decoder's. It loads nothing.

The library's own models average the loss inside every small batch, which weights tokens wrongly once batches are accumulated;
here a step's loss is the mean over its trained tokens.
"""

from collections.abc import Sequence
from typing import Any

from engine.models.batches import IGNORED, pair_of
from engine.models.encoder import Encoder
from engine.models.template import Encoded
from engine.train.completion_trainer import RunRecorder, Taught, as_it_is, told_trainer
from engine.train.samples import SampleAnswers
from engine.train.together.ranks import gathered


def to_pairs(examples: Sequence[Encoded], encoder: Encoder) -> Any:
    """A `datasets.Dataset` of `pair_of` each example. Nothing is written to disk."""
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    return Dataset.from_list([pair_of(example, encoder) for example in examples])


def mean_loss(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
    """Cross-entropy per trained token of the whole step (of this batch alone where the step's count is not given), in nats."""
    import torch

    logits = outputs.logits.float().flatten(0, 1)
    total = torch.nn.functional.cross_entropy(logits, labels.flatten(), ignore_index=IGNORED, reduction="sum")
    return total / (num_items_in_batch if num_items_in_batch is not None else (labels != IGNORED).sum())


def make_pair_trainer(
    recorder: RunRecorder, samples: SampleAnswers | None = None, taught: Taught = as_it_is, **given: Any
) -> Any:
    """A transformers Trainer over `to_pairs` rows, told to `recorder` as `make_trainer`'s is."""
    from transformers import Trainer

    class PairTrainer(told_trainer(taught(Trainer), recorder, samples)):  # type: ignore[misc]
        seen = 0
        """Tokens of encoder and decoder in this session, padding aside."""

        def row_lengths(self, rows: Any) -> list[int]:
            return [len(one) + len(two) for one, two in zip(rows["input_ids"], rows["labels"], strict=True)]

        def trained_tokens(self, inputs: dict[str, Any]) -> int:
            return int((inputs["labels"] != IGNORED).sum())

        def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
            if model.training:
                self.seen += int(inputs["attention_mask"].sum()) + self.trained_tokens(inputs)
            return super().compute_loss(model, inputs, *args, **kwargs)

        def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
            super().log({**logs, "num_tokens": sum(gathered(self.seen))} if "loss" in logs else logs, *args, **kwargs)

    return PairTrainer(compute_loss_func=mean_loss, **given)
