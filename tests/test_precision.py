"""The precision that `auto` stands for: measured once a card, kept, and never measured on a processor."""

from pathlib import Path

import pytest

from engine.store.open import open_store
from engine.store.settings import set_setting
from engine.train import precision
from engine.train.precision import faster, seconds, with_precision
from engine.train.settings import TrainSettings


@pytest.mark.parametrize(
    ("times", "chosen"),
    [
        ({"bf16": 1.0, "fp16": 1.0}, "bf16"),
        ({"bf16": 1.0, "fp16": 0.95}, "bf16"),
        ({"bf16": 1.0, "fp16": 0.75}, "fp16"),
        ({"fp16": 1.0}, "fp16"),
    ],
)
def test_fp16_must_be_clearly_faster(times: dict[str, float], chosen: str) -> None:
    assert faster(times) == chosen


def test_a_card_is_measured_once(fresh_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(precision, "_card", lambda device: "a card")
    monkeypatch.setattr(precision, "measure", lambda device: asked.append(device) or {"bf16": 2.0, "fp16": 1.0})
    for _ in range(2):
        assert with_precision(fresh_store, TrainSettings(), "cuda:0").precision == "fp16"
    assert asked == ["cuda:0"]
    with open_store(fresh_store) as db:
        set_setting(db, "precision:a card", {"bf16": 1.0, "fp16": 1.0})
    assert with_precision(fresh_store, TrainSettings(), "cuda:0").precision == "bf16"


def test_processors_and_chosen_precisions_stay_as_they_are(fresh_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "measure", lambda device: pytest.fail("measured"))
    assert with_precision(fresh_store, TrainSettings(), "cpu").precision == "auto"
    assert with_precision(fresh_store, TrainSettings(precision="fp32"), "cuda:0").precision == "fp32"


@pytest.mark.parametrize("name", ["fp32", "bf16"])
def test_a_pass_is_timed_in_the_precision_asked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for field, small in (("WIDTH", 32), ("TOKENS", 8), ("LAYERS", 2), ("TRIES", 2)):
        monkeypatch.setattr(precision, field, small)
    assert seconds("cpu", name) > 0
