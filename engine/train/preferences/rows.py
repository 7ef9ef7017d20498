"""Preferences become trainer-ready examples, in memory only. It knows nothing of models, runs or where preferences come from."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.curate.row import Message
from engine.models.template import Encoded, encode_example
from engine.train.data import EncodedRows
from engine.train.settings import ON_POLICY, Objective

Preference = tuple[Sequence[Message], tuple[str, ...], bool]
"""A prompt, its answers (the better one first; a rated one stands alone), and whether the first of them is good."""
Example = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EncodedPreferences:
    """Examples as the objective's trainer reads them; `rows` are their first answers as rows of supervised training."""

    examples: list[Example]
    rows: EncodedRows


def encode_preferences(
    tokenizer: Any, rows: Sequence[Preference], max_length: int, objective: Objective
) -> EncodedPreferences:
    """Encode every preference once, all answers of one behind the same prompt tokens. One is left out when the longest of
    its answers fills `max_length` without a prompt."""
    shape, examples, firsts, left_out, cut = _SHAPES[objective], [], [], 0, 0
    for messages, answers, good in rows:
        fitted = _fitted(tokenizer, messages, answers, max_length)
        if fitted is None:
            left_out += 1
            continue
        prompt, completions, shortened = fitted
        examples.append(shape(prompt, completions, good))
        firsts.append(Encoded([*prompt, *completions[0]], len(prompt), True))
        cut += shortened
    return EncodedPreferences(examples, EncodedRows(firsts, left_out, cut))


def _fitted(
    tokenizer: Any, messages: Sequence[Message], answers: Sequence[str], max_length: int
) -> tuple[list[int], list[list[int]], bool] | None:
    """(prompt, completions with their end token, whether the prompt lost something); None when it does not fit."""
    whole = [encode_example(tokenizer, messages, answer) for answer in answers]
    completions = [one.input_ids[one.prompt_length :] for one in whole]
    longest = max(range(len(answers)), key=lambda place: len(completions[place]))
    shown = whole[longest]
    shortened = len(shown.input_ids) > max_length
    if shortened:
        shown = encode_example(tokenizer, messages, answers[longest], max_length)
    if not shown.ended or shown.prompt_length == 0:
        return None
    return shown.input_ids[: shown.prompt_length], completions, shortened


def _pair(prompt: list[int], completions: list[list[int]], good: bool) -> Example:
    return {"prompt_ids": prompt, "chosen_ids": completions[0], "rejected_ids": completions[1]}


def _scored_pair(prompt: list[int], completions: list[list[int]], good: bool) -> Example:
    return {"chosen_ids": [*prompt, *completions[0]], "rejected_ids": [*prompt, *completions[1]]}


def _rated(prompt: list[int], completions: list[list[int]], good: bool) -> Example:
    return {"prompt_ids": prompt, "completion_ids": completions[0], "label": good}


def _asked(prompt: list[int], completions: list[list[int]], good: bool) -> Example:
    return {"prompt": prompt}


_SHAPES: dict[Objective, Callable[[list[int], list[list[int]], bool], Example]] = {
    "dpo": _pair,
    "reward": _scored_pair,
    "kto": _rated,
    "grpo": _asked,
    "rloo": _asked,
}


def preferences_of(rows: Sequence[dict[str, Any]], objective: Objective) -> tuple[list[int], list[Preference]]:
    """A dataset's rows as the objective reads them, and the id of the row behind each. Pairs rated apart are two answers, one
    good and one bad; on-policy objectives take every prompt once."""
    made: list[tuple[int, Preference]]
    if objective in ON_POLICY:
        once = {repr(row["messages"]): row for row in reversed(rows)}
        made = [(row["id"], (row["messages"], (row["target"],), True)) for row in reversed(once.values())]
    elif objective == "kto":
        made = [(row["id"], rated) for row in rows for rated in _ratings(row)]
    else:
        made = [(row["id"], (row["messages"], (row["target"], row["meta"]["rejected"]), True)) for row in rows]
    return [id_ for id_, _ in made], [one for _, one in made]


def _ratings(row: dict[str, Any]) -> list[Preference]:
    if "rejected" in row["meta"]:
        return [(row["messages"], (row["target"],), True), (row["messages"], (row["meta"]["rejected"],), False)]
    return [(row["messages"], (row["target"],), row["meta"]["rating"] > 0)]


def tokens_of(examples: Iterable[Example]) -> list[int]:
    """Tokens of each example, all its answers together."""
    return [sum(len(ids) for ids in example.values() if isinstance(ids, list)) for example in examples]


def to_preference_dataset(examples: Sequence[Example]) -> Any:
    """A `datasets.Dataset` of them. Nothing is written to disk."""
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    return Dataset.from_list(list(examples))
