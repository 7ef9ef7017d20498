"""Every architecture on the list trains in four bits and its adapter loads again. Tiny random weights, no network."""

from pathlib import Path
from typing import Any

import pytest

from engine.models.bases import STARTER_DIR, resolve_base
from engine.models.loading import load_model, load_tokenizer
from engine.train.data import encode_rows, to_dataset
from engine.train.settings import TrainSettings
from engine.train.sft import train
from tests.test_train_runs import QUICK, Told, rows
from tests.tiny_models import ARCHITECTURES, make_tiny

DEFAULT = ("llama", "gpt_neox")


def each_architecture() -> list[Any]:
    slow = [name for name in ARCHITECTURES if name not in DEFAULT]
    return [*DEFAULT, *(pytest.param(name, marks=pytest.mark.slow) for name in slow)]


def loss_of(model: Any, dataset: Any) -> float:
    """Mean loss per trained token, by the model's own forward."""
    import torch
    from torch.nn.functional import cross_entropy

    total, tokens = 0.0, 0
    for row in dataset:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([row["input_ids"]])).logits[0, :-1]
        labels = torch.tensor(row["labels"][1:])
        total += float(cross_entropy(logits.float(), labels, ignore_index=-100, reduction="sum"))
        tokens += int((labels != -100).sum())
    return total / tokens


@pytest.mark.parametrize("packing", [False, True])
@pytest.mark.parametrize("architecture", each_architecture())
def test_every_architecture_trains_in_four_bits_and_loads_again(
    architecture: str, packing: bool, tmp_path: Path
) -> None:
    base = resolve_base(str(make_tiny(architecture, tmp_path)))
    settings = TrainSettings(**{**QUICK, "max_steps": 3, "batch_size": 2 if packing else 4}, packing=packing)
    told, held_out = Told(), rows(4)
    result = train(base, rows(16), held_out, settings, tmp_path / "run", told)
    assert result.eval_loss is not None and result.eval_loss < told.validations()[0]

    dataset = to_dataset(encode_rows(load_tokenizer(base), held_out, settings.max_length).examples)
    untuned = load_model(base, None, device="cpu")
    tuned = load_model(base, result.adapter, device="cpu")
    assert loss_of(untuned, dataset) == pytest.approx(told.validations()[0], rel=1e-3)
    assert loss_of(tuned, dataset) == pytest.approx(result.eval_loss, rel=1e-3)


@pytest.mark.parametrize("quantisation", ["int8", "none"])
def test_other_ways_of_loading_train_too(quantisation: str, tmp_path: Path) -> None:
    base = resolve_base(str(make_tiny("llama", tmp_path)))
    settings = TrainSettings.model_validate({**QUICK, "max_steps": 3, "quantisation": quantisation})
    told = Told()
    result = train(base, rows(16), rows(4), settings, tmp_path / "run", told)
    assert result.eval_loss is not None and result.eval_loss < told.validations()[0]


@pytest.mark.slow
@pytest.mark.skipif(not (STARTER_DIR / "config.json").is_file(), reason="the starter model is not built yet")
def test_the_starter_learns_from_two_hundred_pairs(tmp_path: Path) -> None:
    told = Told()
    settings = TrainSettings(epochs=2, batch_size=16, max_length=128, learning_rate=1e-3)
    result = train(resolve_base("starter"), rows(200), rows(220)[200:], settings, tmp_path, told)
    assert result.eval_loss is not None and result.eval_loss < 0.7 * told.validations()[0]
