"""Training rows as a base will see them, counted before the run: what is trained, cut, left out, and how long it takes.

It reads a tokenizer and rows, and no model. A large dataset is looked at in a sample, a small one whole; the result says which.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlite_utils import Database

from engine.models.template import encode_example
from engine.store.rows import sample_rows
from engine.train.data import encode_rows, plan_steps
from engine.train.settings import TrainSettings

WHOLE_ROWS = 2_000
"""Up to so many training rows all are looked at: about 1 s with a tokenizer that needs no heavy library."""
SAMPLE_ROWS = 1_000
"""Looked at of a larger dataset, spread evenly. A share of such a sample is off by 3 points at most, 19 times in 20."""
SHOWN = 20
"""Rows of a kind that can be browsed."""
HALF_KOREAN = 0.5
"""Share of a target's letters from which on it counts as Korean where tokens are compared with syllables."""
BROKEN = "\ufffd"
HANGUL = re.compile("[가-힣ㄱ-ㅣ]")
"""What is read as one letter: a syllable, or a lone ㅋ or ㅠ."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would make of a dataset's training rows. Counts are of the rows looked at (`seen` of `rows`)."""

    rows: int
    seen: int
    max_length: int
    left_out: int
    """Rows that are not trained on: their target does not fit. All of them: the run does not start."""
    truncated: int
    """Rows trained on without the oldest turns, or the end of their clause."""
    wordless: int
    """Rows whose target holds no word: only stopping is learned from them."""
    tokens: int
    """Of the rows trained on, as they are trained on."""
    trained_tokens: int
    longest: int
    """Tokens of the longest row before it is cut."""
    middle: int
    """Tokens of the row in the middle."""
    syllable_tokens: float | None
    """Tokens a Hangul letter, over the targets that are Korean; None when there are none."""
    part_share: float
    """Of all tokens, those that are only a part of a character."""
    browse: dict[str, tuple[int, ...]]
    """{longest, shortest, truncated, left_out, random: row ids}."""

    @property
    def exact(self) -> bool:
        """Whether every training row was looked at."""
        return self.seen == self.rows

    @property
    def trained_share(self) -> float:
        return self.trained_tokens / self.tokens if self.tokens else 0.0

    @property
    def stops(self) -> bool:
        """Whether the run would not start: nothing is left to train on."""
        return self.left_out == self.seen


@dataclass(frozen=True, slots=True)
class _SeenRow:
    """One row encoded: its id, tokens whole and as trained (0: left out), trained tokens, whether it was cut."""

    id: int
    whole: int
    kept: int
    trained: int
    cut: bool
    wordless: bool


def look_at_rows(db: Database, dataset: dict[str, Any], tokenizer: Any, max_length: int) -> Preview:
    """Encode training rows just as the run will, and count. `tokenizer`: of `light_tokenizer` or `load_tokenizer`."""
    rows = dataset["counts"]["train"]
    chosen = sample_rows(db, dataset["id"], "train", rows if rows <= WHOLE_ROWS else SAMPLE_ROWS)
    parts = _Parts(tokenizer)
    seen = [_see(tokenizer, row, max_length, parts) for row in chosen]
    used = [row for row in seen if row.kept]
    return Preview(
        rows=rows,
        seen=len(seen),
        max_length=max_length,
        left_out=len(seen) - len(used),
        truncated=sum(row.cut for row in used),
        wordless=sum(row.wordless for row in seen),
        tokens=sum(row.kept for row in used),
        trained_tokens=sum(row.trained for row in used),
        longest=max((row.whole for row in seen), default=0),
        middle=round(median([row.whole for row in seen])) if seen else 0,
        syllable_tokens=_syllable_tokens(tokenizer, [row["target"] for row in chosen]),
        part_share=parts.share,
        browse=_browse(seen),
    )


def _see(tokenizer: Any, row: dict[str, Any], max_length: int, parts: "_Parts") -> _SeenRow:
    whole = encode_example(tokenizer, row["messages"], row["target"])
    rows = encode_rows(tokenizer, [(row["messages"], row["target"])], max_length)
    parts.count(whole.input_ids)
    kept = rows.examples[0] if rows.examples else None
    return _SeenRow(
        id=row["id"],
        whole=len(whole.input_ids),
        kept=len(kept.input_ids) if kept else 0,
        trained=len(kept.input_ids) - kept.prompt_length if kept else 0,
        cut=bool(rows.cut),
        wordless=not row["target"].strip(),
    )


class _Parts:
    """Counts tokens that alone are no whole character: bytes of a syllable that the vocabulary does not hold."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._known: dict[int, bool] = {}
        self._all = self._broken = 0

    def count(self, ids: Sequence[int]) -> None:
        for token in ids:
            if token not in self._known:
                self._known[token] = BROKEN in str(self._tokenizer.decode([token], skip_special_tokens=False))
            self._broken += self._known[token]
        self._all += len(ids)

    @property
    def share(self) -> float:
        return self._broken / self._all if self._all else 0.0


def _syllable_tokens(tokenizer: Any, targets: Sequence[str]) -> float | None:
    tokens, syllables = 0, 0
    for target in targets:
        found = len(HANGUL.findall(target))
        if found and found >= HALF_KOREAN * len("".join(target.split())):
            tokens += len(tokenizer(target, add_special_tokens=False)["input_ids"])
            syllables += found
    return tokens / syllables if syllables else None


def _browse(seen: Sequence[_SeenRow]) -> dict[str, tuple[int, ...]]:
    """Row ids of each kind, the most telling first; `random` is spread over the dataset."""
    by_length = sorted(seen, key=lambda row: -row.whole)
    step = max(1, len(seen) // SHOWN)
    kinds = {
        "longest": by_length,
        "shortest": by_length[::-1],
        "truncated": [row for row in by_length if row.cut],
        "left_out": [row for row in by_length if not row.kept],
        "random": seen[step // 2 :: step],
    }
    return {kind: tuple(row.id for row in rows[:SHOWN]) for kind, rows in kinds.items()}


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How long a run takes at a measured speed: `seconds` = tokens of all epochs and of validation / tokens per second."""

    steps: int
    tokens: int
    tokens_per_second: float
    seconds: float


VALIDATED = 0.5
"""A validated token costs about half of a trained one."""


def time_left(found: Preview, validation: int, settings: TrainSettings, tokens_per_second: float) -> TimeLeft | None:
    """Epochs × rows × tokens at a measured speed; None when no row is trained on. `validation`: rows of that split."""
    used = found.seen - found.left_out
    if not used:
        return None
    row = found.tokens / used
    rows = found.rows * used / found.seen
    packs = max(1, round(rows * row / settings.max_length)) if settings.packing else rows
    plan = plan_steps(round(packs), settings)
    epochs = plan.total * settings.batch_size * settings.accumulation / packs if settings.max_steps else settings.epochs
    tokens = round(epochs * rows * row)
    validations = plan.total / plan.eval_every + 1 if validation else 0
    work = tokens + VALIDATED * validations * validation * row
    return TimeLeft(plan.total, tokens, tokens_per_second, work / tokens_per_second)
