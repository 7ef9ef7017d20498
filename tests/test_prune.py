"""Pruning: what goes, that the rest loads like any base and keeps the asked share, and what is refused. Tiny random weights."""

import json
import math
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine.compress.prune import open_subject, prune
from engine.compress.prune_drop import drop_layers
from engine.compress.prune_families import FAMILIES, HOWS, family_of
from engine.compress.prune_plan import TOLERANCE, refuse_prune
from engine.errors import UserError
from engine.models.bases import STARTER_DIR, resolve_base
from engine.models.family import read_config
from engine.serve.decoding import Decoding
from engine.serve.transformers_backend import open_backend
from tests.test_train_runs import rows
from tests.tiny_models import ARCHITECTURES, SEQ2SEQ, make_tiny

FIRST = (
    ("llama", "layers"),
    ("llama", "width"),
    ("gpt_neox", "width"),
    ("gemma3_text", "layers"),
    ("bart", "layers"),
    ("t5", "width"),
)
"""Run with every suite; the other pairs are slow."""
ALL = [(name, how) for name in (*ARCHITECTURES, *SEQ2SEQ) for how in HOWS]


@cache
def deep(architecture: str, folder: Path, layers: int = 5) -> Path:
    """A tiny checkpoint with more layers than two (each side of an encoder-decoder: three)."""
    import torch
    from transformers import CONFIG_MAPPING, AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

    source = make_tiny(architecture, folder)
    config = AutoConfig.from_pretrained(source).to_dict()
    pair = bool(config.get("is_encoder_decoder"))
    config |= {stack.depth: 3 if pair else layers for stack in family_of(config).stacks}
    if types := config.get("layer_types"):
        config["layer_types"] = [types[0] if place % 2 == 0 else "full_attention" for place in range(layers)]
    torch.manual_seed(1)
    kind: Any = AutoModelForSeq2SeqLM if pair else AutoModelForCausalLM
    kind.from_config(CONFIG_MAPPING[config["model_type"]](**config)).save_pretrained(source)
    return source


def cut(folder: Path, out: Path, share: float, how: str, count: int = 8) -> tuple[dict[str, Any], list[str]]:
    told: list[str] = []
    return prune(folder, out, share, how, rows(count), told.append), told


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("families")


@pytest.mark.parametrize(
    ("architecture", "how"), [pytest.param(*pair, marks=[] if pair in FIRST else pytest.mark.slow) for pair in ALL]
)
def test_what_is_left_loads_like_any_base_and_is_as_small_as_asked(
    architecture: str, how: str, families: Path, tmp_path: Path
) -> None:
    folder = deep(architecture, families)
    facts, _ = cut(folder, tmp_path / "out", 0.2, how)
    share = facts["zero_share"] if how in ("magnitude", "wanda") else facts["share"]
    assert share == pytest.approx(0.2, abs=TOLERANCE)
    assert math.isfinite(facts["loss_after"]) and facts["parameters_after"] == counted(tmp_path / "out")
    backend = open_backend(resolve_base(str(tmp_path / "out")), None, "none", "cpu")
    told = list(backend.generate([rows(1)[0][0]], Decoding(temperature=0.0, max_new_tokens=4)))
    backend.close()
    assert len(told) == 1 and isinstance(told[0].text, str)
    before, after = read_config(folder), read_config(tmp_path / "out")
    assert before.get("tie_word_embeddings") == after.get("tie_word_embeddings")
    assert {path.name for path in folder.glob("tokenizer*")} <= {path.name for path in (tmp_path / "out").iterdir()}
    assert not list(tmp_path.glob("*.part"))


def counted(folder: Path) -> int:
    """Parameters of the model as the library alone opens it."""
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    kind: Any = AutoModelForSeq2SeqLM if read_config(folder).get("is_encoder_decoder") else AutoModelForCausalLM
    model, report = kind.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values()), report
    return sum(parameter.numel() for parameter in model.parameters())


def with_idle_layer(folder: Path, place: int) -> Path:
    """The starter with one layer more, which writes nothing: it hands on what it gets."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(STARTER_DIR, folder)
    tensors, layer = load_file(STARTER_DIR / "model.safetensors"), re.compile(r"(?<=layers\.)\d+")
    deeper = {
        layer.sub(lambda found: str(int(found[0]) + (int(found[0]) >= place)), name): one
        for name, one in tensors.items()
    }
    for name, one in tensors.items():
        if ".layers.0." in name:
            idle = name.endswith(("o_proj.weight", "down_proj.weight"))
            deeper[layer.sub(str(place), name)] = one * 0 if idle else one.clone()
    save_file(deeper, folder / "model.safetensors", metadata={"format": "pt"})
    config = config_of(num_hidden_layers=6)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.mark.parametrize("place", [0, 3, 5])
def test_a_layer_that_does_nothing_goes_first_and_is_not_missed(place: int, tmp_path: Path) -> None:
    subject = open_subject(with_idle_layer(tmp_path / "idle", place), rows(8), lambda line: None)
    before, layer = subject.loss(subject.chosen_by), f"model.layers.{place}"
    kept, lines = drop_layers(subject, 0.13 * subject.parameters, "influence")
    assert kept == [[other for other in range(6) if other != place]]
    assert {line["layer"]: line["dropped"] for line in lines} == {f"model.layers.{n}": n == place for n in range(6)}
    assert {line["layer"]: line["influence"] for line in lines}[layer] == pytest.approx(0.0, abs=1e-5)
    _, lines = drop_layers(subject, 0.13 * subject.parameters, "loss")
    assert {line["layer"]: line["loss"] for line in lines}[layer] == pytest.approx(before, abs=1e-6)
    assert subject.loss(subject.chosen_by) == before  # measuring leaves the model as it was


def test_the_starter_loses_a_layer_and_stays_in_its_precision(tmp_path: Path) -> None:
    facts, told = cut(STARTER_DIR, tmp_path / "out", 0.15, "layers")
    assert {way["by"] for way in facts["considered"]} == {"influence", "loss"}
    assert len(facts["dropped"]) == 1 and facts["widths"] is None and facts["layers_after"] == 4
    assert (
        read_config(tmp_path / "out")["dtype"] == "float16" and facts["size_mb_after"] < 0.9 * facts["size_mb_before"]
    )
    assert all(" / " in line for line in told)


def config_of(**changes: Any) -> dict[str, Any]:
    return {**json.loads((STARTER_DIR / "config.json").read_text(encoding="utf-8")), **changes}


@pytest.mark.parametrize("share", [0.95, 0.71, 0.0, -0.25, float("nan"), float("inf"), 1.0, 25.0])
@pytest.mark.parametrize("how", HOWS)
def test_a_share_that_cannot_be_is_refused_before_work(share: float, how: str) -> None:
    with pytest.raises(UserError) as refused:
        refuse_prune(config_of(), share, how)
    assert f"{share:g}" in refused.value.ko and f"{share:g}" in refused.value.en


def test_what_cannot_be_pruned_is_refused_in_words() -> None:
    for config, said in (
        (config_of(model_type="mamba"), "mamba"),
        ({}, "None"),
        (config_of(quantization_config={"quant_method": "bitsandbytes", "load_in_4bit": True}), "bitsandbytes"),
        (config_of(quantization_config={"quant_method": "gptq"}), "gptq"),
        (config_of(hidden_size="wide"), "ValueError"),
        (config_of(num_hidden_layers=None), "KeyError"),
    ):
        with pytest.raises(UserError) as refused:
            refuse_prune(config, 0.25, "layers")
        assert said in refused.value.ko and said in refused.value.en
    with pytest.raises(UserError, match="sideways"):
        refuse_prune(config_of(), 0.25, "sideways")


def test_a_vocabulary_that_is_most_of_the_model_is_told_with_what_can_go() -> None:
    with pytest.raises(UserError) as refused:
        refuse_prune(config_of(vocab_size=100_000), 0.25, "layers")
    most = float(refused.value.en.rsplit(" or less", 1)[0].rsplit(" ", 1)[1])
    refuse_prune(config_of(vocab_size=100_000), most, "layers")
    assert 0.05 < most < 0.25


@pytest.mark.parametrize("name", [name for name in FAMILIES if not name.endswith("_gated")])
def test_usual_shares_of_known_families_are_not_refused(name: str) -> None:
    pair = {"d_model": 64, "vocab_size": 200, "is_encoder_decoder": True, "encoder_layers": 3, "decoder_layers": 3,
            "encoder_attention_heads": 4, "encoder_ffn_dim": 128, "num_layers": 3, "num_heads": 4, "d_ff": 128}  # fmt: skip
    config = config_of(model_type=name, n_layer=5) if name not in SEQ2SEQ else {**pair, "model_type": name}
    for how in HOWS:
        refuse_prune(config, 0.25, how)


def test_nothing_is_written_when_there_are_no_rows_to_measure_by(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        cut(make_tiny("llama", tmp_path), tmp_path / "out", 0.2, "layers", count=1)
    assert not (tmp_path / "out").exists()
