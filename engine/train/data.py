"""Rows become trainer-ready examples, in memory only, and steps are planned. It knows nothing of models or runs."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.curate.row import Message
from engine.models.batches import IGNORED
from engine.models.template import RAW, Encoded, encode_example
from engine.train.settings import TrainSettings
from engine.train.token_cache import Kept, StoredRows, encoding_print, recall, remember
from engine.train.token_cache import PromptTarget as PromptTarget

POOL_BATCHES = 4
"""Batches drawn together and sorted by length: enough for little padding, few enough for random company. After 60 steps on chat
pairs 32, 4 and 1 gave losses of 3.974, 3.927 and 3.913 (TRL's random order 3.923) at 1,500, 1,464 and 1,261 tokens a CPU-second."""


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """Examples that fit, `left_out` rows whose target does not, and `cut` rows that lost old turns of the prompt."""

    examples: list[Encoded]
    left_out: int
    cut: int

    @property
    def tokens(self) -> int:
        return sum(len(example.input_ids) for example in self.examples)


@dataclass(frozen=True, slots=True)
class StepPlan:
    """Optimiser steps: of one epoch, of the whole run, between validations, between checkpoints, of warm-up."""

    per_epoch: int
    total: int
    eval_every: int
    save_every: int
    warmup: int


def encode_rows(tokenizer: Any, rows: Sequence[PromptTarget], max_length: int) -> EncodedRows:
    """Encode every row once; rows of a store only when no earlier run did. A row is left out when its target and end token
    fill `max_length` without a prompt."""
    made = _stored(tokenizer, rows, max_length) if isinstance(rows, StoredRows) else None
    encoded = made or [_encoded(tokenizer, messages, target, max_length) for messages, target in rows]
    fit = [(example, cut) for example, cut in encoded if example.ended and example.prompt_length > 0]
    return EncodedRows([example for example, _ in fit], len(encoded) - len(fit), sum(cut for _, cut in fit))


def _encoded(tokenizer: Any, messages: Sequence[Message], target: str, max_length: int) -> Kept:
    example = encode_example(tokenizer, messages, target)
    if len(example.input_ids) <= max_length:
        return example, False
    return encode_example(tokenizer, messages, target, max_length), True


def _stored(tokenizer: Any, rows: StoredRows, max_length: int) -> list[Kept]:
    print_ = encoding_print(tokenizer, max_length)
    known = recall(rows, print_)
    missing = {row_id: place for place, row_id in enumerate(rows.ids) if row_id not in known}
    made = {row_id: _encoded(tokenizer, *rows[place], max_length) for row_id, place in missing.items()}
    if made:
        remember(rows, print_, made)
    known |= made
    return [known[row_id] for row_id in rows.ids]


def is_raw(rows: Sequence[PromptTarget]) -> bool:
    """Whether the prompts are verbatim texts that no chat template touches."""
    return any(messages and messages[0]["role"] == RAW for messages, _ in rows[:1])


def labels_of(example: Encoded) -> list[int]:
    """Labels of one example: the target and its end token, nothing else."""
    return [IGNORED] * example.prompt_length + example.input_ids[example.prompt_length :]


def to_dataset(examples: Sequence[Encoded], *, packed_to: int | None = None) -> Any:
    """A `datasets.Dataset` of input_ids and labels, which TRL passes on untouched; with `packed_to`, rows are joined
    best-fit-decreasing up to that many tokens and carry their `seq_lengths`. Nothing is written to disk."""
    from datasets import Dataset, disable_progress_bars
    from trl.data_utils import pack_dataset

    disable_progress_bars()
    columns = {
        "input_ids": [example.input_ids for example in examples],
        "labels": [labels_of(example) for example in examples],
    }
    dataset = Dataset.from_dict(columns)
    if packed_to is None:
        return dataset
    # in memory: the library's file cache lies outside the store, where `forget` cannot reach
    return pack_dataset(dataset, packed_to, "bfd", {"keep_in_memory": True})


def by_length(examples: Sequence[Encoded]) -> list[Encoded]:
    """Longest first: little padding, and a validation that does not fit memory says so at its first batch."""
    return sorted(examples, key=lambda example: -len(example.input_ids))


def plan_steps(rows: int, settings: TrainSettings) -> StepPlan:
    """How many steps `rows` rows (packed rows when packing) make."""
    batches = math.ceil(rows / settings.batch_size)
    per_epoch = math.ceil(batches / (settings.accumulation * settings.processes))
    total = settings.max_steps or math.ceil(settings.epochs * per_epoch)
    eval_every = settings.eval_every or per_epoch
    warmup = int(settings.warmup_ratio * total)  # rounded down: the first warm-up step has a learning rate of 0
    return StepPlan(per_epoch, total, eval_every, settings.save_every or eval_every, warmup)


class LengthGroupedOrder:
    """Row order by (seed, epoch) alone, so that a resumed epoch sees the rows the broken one would have seen.

    Rows are shuffled, cut into pools of POOL_BATCHES batches, sorted by length inside a pool, and the batches shuffled
    again. The batch with the longest row opens epoch 0: what does not fit memory fails at the first step. (The
    trainer's own length grouping draws from the global generator, whose state a resume meets too late.)
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        draw = random.Random(f"{self._seed} {self._epoch}")
        rows = list(range(len(self._lengths)))
        draw.shuffle(rows)
        batches = [batch for pool in self._cut(rows, POOL_BATCHES) for batch in self._sorted_batches(pool)]
        # rows are dealt out batch_size at a time: a short batch anywhere but last would shift all that follow
        short = [batch for batch in batches if len(batch) < self._batch_size]
        full = [batch for batch in batches if len(batch) == self._batch_size]
        draw.shuffle(full)
        if self._epoch == 0:
            full.sort(key=self._holds_longest, reverse=True)
        return (row for batch in full + short for row in batch)

    def _cut(self, rows: list[int], batches: int) -> list[list[int]]:
        size = self._batch_size * batches
        return [rows[start : start + size] for start in range(0, len(rows), size)]

    def _sorted_batches(self, pool: list[int]) -> list[list[int]]:
        return self._cut(sorted(pool, key=lambda row: -self._lengths[row]), 1)

    def _holds_longest(self, batch: list[int]) -> bool:
        return max(self._lengths[row] for row in batch) == max(self._lengths)
