"""Rows become examples: what is trained, what is left out, in which order."""

from collections import Counter
from pathlib import Path

import pytest

from engine.curate.row import Message
from engine.models.bases import resolve_base
from engine.models.loading import load_tokenizer
from engine.models.template import render_prompt
from engine.train.data import POOL_BATCHES, LengthGroupedOrder, encode_rows, plan_steps, to_dataset
from engine.train.settings import TrainSettings
from tests.tiny_models import ARCHITECTURES, make_tiny


def row(said: str, target: str, *before: str) -> tuple[list[Message], str]:
    return [Message(role="user", content=text) for text in (*before, said)], target


ROWS = [
    row("오늘 저녁에 뭐 먹을까?", "나는 파스타가 좋은데! 자기는?"),
    row("어디야", "가는 중 ㅎㅎ"),
    row("비 와?", "응 우산 챙겨"),
]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_labels_are_exactly_the_target_and_its_end(architecture: str, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(resolve_base(str(make_tiny(architecture, tmp_path))))
    dataset = to_dataset(encode_rows(tokenizer, ROWS, 128).examples)
    for (messages, target), found in zip(ROWS, dataset, strict=True):
        trained = [token for token, label in zip(found["input_ids"], found["labels"], strict=True) if label != -100]
        given = [token for token, label in zip(found["input_ids"], found["labels"], strict=True) if label == -100]
        assert trained == [label for label in found["labels"] if label != -100]
        assert found["input_ids"] == given + trained
        assert trained == [*tokenizer(target, add_special_tokens=False)["input_ids"], trained[-1]]
        assert Counter(trained)[trained[-1]] == 1 and trained[-1] in tokenizer.all_special_ids
        assert given == tokenizer(render_prompt(tokenizer, messages), add_special_tokens=False)["input_ids"]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> object:
    return load_tokenizer(resolve_base(str(make_tiny("llama", tmp_path_factory.mktemp("base")))))


def test_rows_whose_target_does_not_fit_are_left_out_and_counted(tokenizer: object) -> None:
    long_target, long_prompt = (
        row("뭐 해?", " ".join(str(number) for number in range(200))),
        row("뭐 해?", "영화 봐", "고양이가 잔다. " * 40),
    )
    encoded = encode_rows(tokenizer, [ROWS[1], long_target, long_prompt], 64)
    assert (len(encoded.examples), encoded.left_out, encoded.cut) == (2, 1, 1)
    assert all(example.ended and len(example.input_ids) <= 64 for example in encoded.examples)


def test_packing_joins_whole_rows_and_loses_none(tokenizer: object) -> None:
    examples = encode_rows(tokenizer, ROWS * 4, 128).examples
    packed = to_dataset(examples, packed_to=128)
    assert len(packed) < len(examples)
    pieces = []
    for found in packed:
        assert sum(found["seq_lengths"]) == len(found["input_ids"]) == len(found["labels"]) <= 128
        start = 0
        for length in found["seq_lengths"]:
            pieces.append(tuple(found["input_ids"][start : start + length]))
            start += length
    assert Counter(pieces) == Counter(tuple(example.input_ids) for example in examples)


@pytest.mark.parametrize("rows", [1, 7, 8, 300, 1001])
def test_each_epoch_sees_every_row_once_in_its_own_order(rows: int) -> None:
    lengths = [(index * 37) % 91 + 5 for index in range(rows)]
    order = LengthGroupedOrder(lengths, 8, seed=3)
    epochs = []
    for epoch in (0, 1, 0):
        order.set_epoch(epoch)
        epochs.append(list(order))
    assert all(sorted(seen) == list(range(rows)) for seen in epochs)
    assert epochs[0] == epochs[2]
    assert rows <= 8 or epochs[0] != epochs[1]
    assert rows < 8 or max(lengths) in [lengths[index] for index in epochs[0][:8]]


def test_grouping_by_length_leaves_little_padding() -> None:
    lengths = [(index * 7919) % 97 + 4 for index in range(64 * POOL_BATCHES)]
    grouped = list(LengthGroupedOrder(lengths, 8, seed=0))
    padded = sum(8 * max(lengths[row] for row in grouped[at : at + 8]) for at in range(0, len(grouped), 8))
    assert padded < 1.25 * sum(lengths)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"batch_size": 4, "accumulation": 2, "epochs": 3}, (13, 39, 13, 13)),
        ({"batch_size": 4, "accumulation": 2, "epochs": 0.5}, (13, 7, 13, 13)),
        ({"batch_size": 8, "max_steps": 5, "eval_every": 2}, (13, 5, 2, 2)),
        ({"batch_size": 8, "max_steps": 5, "eval_every": 2, "save_every": 4}, (13, 5, 2, 4)),
    ],
)
def test_steps_are_planned_from_rows_and_settings(given: dict[str, float], expected: tuple[int, ...]) -> None:
    plan = plan_steps(100, TrainSettings.model_validate(given))
    assert (plan.per_epoch, plan.total, plan.eval_every, plan.save_every) == expected
