"""Healing: a pruned model is taught for a few steps and comes out whole, better, in the precision it had. Tiny random weights."""

from pathlib import Path
from typing import Any

import pytest

from engine.compress.heal import heal
from engine.compress.prune import prune
from engine.errors import Stopped, UserError
from engine.models.bases import resolve_base
from engine.models.family import read_config
from engine.models.special_tokens import tokens_of
from engine.serve.transformers_backend import open_backend
from tests.test_train_runs import QUICK, Told, rows
from tests.tiny_models import make_tiny

WAYS = ("lora", "full")
FIRST = (("llama", "lora"), ("bart", "full"))
"""Run with every suite; the other pairs are slow."""
FAMILIES = ("llama", "gpt_neox", "gemma3_text", "phi", "bart", "t5")


def pruned(architecture: str, folder: Path) -> Path:
    prune(make_tiny(architecture, folder), folder / "pruned", 0.15, "width", rows(8), lambda line: None)
    return folder / "pruned"


def as_rows(count: int) -> list[dict[str, Any]]:
    return [{"messages": messages, "target": target} for messages, target in rows(count)]


def healed(folder: Path, out: Path, told: Told, way: Any, **given: Any) -> dict[str, Any]:
    split = {"train": as_rows(22), "validation": as_rows(5)}
    return heal(folder, out, split, {**QUICK, "max_steps": 6, "quantisation": "none", **given}, told, way)


def loss_of(folder: Path) -> float:
    backend = open_backend(resolve_base(str(folder)), None, "none", "cpu")
    found = backend.losses(rows(5))
    backend.close()
    return sum(loss for loss, _ in found) / sum(count for _, count in found)


@pytest.mark.parametrize(
    ("architecture", "way"),
    [
        pytest.param(name, way, marks=[] if (name, way) in FIRST else pytest.mark.slow)
        for name in FAMILIES
        for way in WAYS
    ],
)
def test_what_was_healed_is_whole_again_and_better(architecture: str, way: str, tmp_path: Path) -> None:
    folder, told = pruned(architecture, tmp_path), Told()
    facts = healed(folder, tmp_path / "out", told, way, learning_rate=1e-2)
    assert facts["loss_after"] < facts["loss_before"] == pytest.approx(loss_of(folder), rel=1e-3)
    assert loss_of(tmp_path / "out") == pytest.approx(facts["loss_after"], rel=1e-3)
    assert [point["step"] for point in facts["curve"] if point["loss"]] == [1, 2, 3, 4, 5, 6]
    assert not list((tmp_path / "out").glob("adapter*")) and not list(tmp_path.glob("*.work"))
    sizes = ("intermediate_size", "encoder_ffn_dim", "d_ff", "dtype")
    before, after = read_config(folder), read_config(tmp_path / "out")
    assert [before.get(size) for size in sizes] == [after.get(size) for size in sizes]


@pytest.mark.parametrize("way", WAYS)
def test_words_kept_whole_stay_whole(way: str, tmp_path: Path) -> None:
    facts = healed(make_tiny("llama", tmp_path), tmp_path / "out", Told(), way, special_tokens="#Person1#,#Person2#")
    assert tokens_of(tmp_path / "out") == ("#Person1#", "#Person2#")
    assert loss_of(tmp_path / "out") == pytest.approx(facts["loss_after"], rel=1e-3)
    again = prune(tmp_path / "out", tmp_path / "thin", 0.15, "width", rows(8), lambda line: None)
    assert tokens_of(tmp_path / "thin") == tokens_of(tmp_path / "out") and again["share"] > 0.1


@pytest.mark.parametrize("stop", ["save", "cancel"])
def test_a_stop_leaves_nothing_behind(stop: Any, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        healed(make_tiny("llama", tmp_path), tmp_path / "out", Told(stop_at=2, stop=stop), "lora")
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob("*.work"))


def test_what_a_killed_try_left_is_not_trusted(tmp_path: Path) -> None:
    base = make_tiny("llama", tmp_path)
    for left in ("out", "out.work", "out.part"):
        (tmp_path / left / "adapter").mkdir(parents=True)
        (tmp_path / left / "model.safetensors").write_bytes(b"half")
    facts = healed(base, tmp_path / "out", Told(), "lora")
    assert loss_of(tmp_path / "out") == pytest.approx(facts["loss_after"], rel=1e-3)


def test_a_preset_of_the_other_way_is_no_contradiction(tmp_path: Path) -> None:
    preset = {"use_dora": True, "quantisation": "nf4", "objective": "sft", "lora_rank": 8}
    facts = healed(make_tiny("llama", tmp_path), tmp_path / "out", Told(), "full", **preset)
    assert facts["settings"]["method"] == "full" and facts["settings"]["quantisation"] == "none"


def test_settings_that_cannot_be_are_refused_before_work(tmp_path: Path) -> None:
    for given in ({"learning_rate": -1.0}, {"max_steps": 0, "epochs": 0.0}, {"max_length": 4096}):
        with pytest.raises(UserError):
            healed(make_tiny("llama", tmp_path), tmp_path / "out", Told(), "lora", **given)
    assert not (tmp_path / "out").exists()
