"""What a host will hold, told from a configuration alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli.app import main
from engine.deploy.planning import BYTES, estimate, plan_bundle, require_room
from engine.deploy.targets import TARGETS
from engine.errors import UserError
from engine.models.shapes import Shape, read_shape
from engine.serve.choose import Model, choose_model
from engine.store.open import open_store

LLAMA = {"vocab_size": 32_000, "tie_word_embeddings": False, "max_position_embeddings": 2048}
SHAPES: dict[str, dict[str, int]] = {
    "1.1B": {"hidden_size": 2048, "num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 5632},
    "1.3B": {"hidden_size": 2048, "num_hidden_layers": 26, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 5632},
    "2.4B": {"hidden_size": 2560, "num_hidden_layers": 33, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 6912},
    "3B": {"hidden_size": 2816, "num_hidden_layers": 34, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 7680},
}  # fmt: skip


def shape(name: str) -> Shape:
    return read_shape({**LLAMA, **SHAPES[name]}, "llama")


def base(folder: Path, **more: Any) -> Path:
    folder.mkdir()
    told = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], **LLAMA, **more}
    (folder / "config.json").write_text(json.dumps(told), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def chosen(tmp_path: Path, name: str) -> tuple[Path, Model]:
    """A model of which nothing but its configuration is there: whoever would read more fails."""
    folder = base(tmp_path / name, **SHAPES[name])
    with open_store(tmp_path / "store.db") as db:
        return tmp_path / "store.db", choose_model(db, f"base:{folder}")


@pytest.mark.parametrize(
    ("name", "engine", "small", "middle"),
    [
        ("1.1B", "gguf-int4", "edge", "yes"),
        ("1.3B", "gguf-int4", "edge", "yes"),
        ("1.3B", "openvino-int4", "edge", "yes"),
        ("1.3B", "openvino", "no", "yes"),
        ("1.3B", "gguf", "no", "yes"),
        ("2.4B", "openvino-int4", "no", "yes"),
        ("2.4B", "gguf-int4", "no", "yes"),
        ("2.4B", "openvino", "no", "edge"),
        ("3B", "openvino-int4", "no", "yes"),
        ("3B", "gguf-int4", "no", "yes"),
        ("3B", "gguf", "no", "no"),
    ],
)
def test_estimates_agree_with_the_measured_table(name: str, engine: str, small: str, middle: str) -> None:
    found = estimate(shape(name), 2048, engine, TARGETS["local"])
    assert (found.hosts["streamlit-1gb"], found.hosts["free-2.7gb"]) == (small, middle), found


@pytest.mark.parametrize(
    ("engine", "disk", "private"),
    [("openvino", 1079, 1127), ("openvino-int4", 623, 721), ("gguf", 1140, 1254), ("gguf-int4", 667, 698)],
)
def test_an_estimate_lies_near_what_was_measured(engine: str, disk: float, private: float) -> None:
    """MiB at 1.12 B with 320 tokens; mapped weights counted where they are read from the file."""
    found = estimate(shape("1.1B"), 320, engine, TARGETS["local"])
    assert found.size_mb == pytest.approx(disk * 1.048576, rel=0.05)
    assert found.memory_mb - 150 == pytest.approx(private * 1.048576, rel=0.1)


def test_keys_and_values_of_many_heads_count() -> None:
    one = shape("1.3B")
    many = read_shape({**LLAMA, **SHAPES["1.3B"], "num_key_value_heads": 32}, "llama")
    apart = [estimate(each, 2048, "gguf-int4", TARGETS["local"]).memory_mb for each in (one, many)]
    assert apart[1] - apart[0] > 300
    long = [estimate(one, tokens, "gguf", TARGETS["local"]).memory_mb for tokens in (4096, 131_072)]
    assert long[0] == long[1]  # llama.cpp is never given more


def test_a_plan_tells_all_engines_and_converts_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, model = chosen(tmp_path, "1.3B")
    told = plan_bundle(store, model, "streamlit-cloud")
    assert [one["engine"] for one in told["engines"]] == list(BYTES) and told["certain"]
    assert 1.25e9 < told["parameters"] < 1.35e9
    words = ["deploy", f"base:{tmp_path / '1.3B'}", "--target", "render", "--plan", "--json"]
    assert main(["--store", str(store), *words]) == 0
    assert {one["target"] for one in json.loads(capsys.readouterr().out)["engines"]} == {"no"}


def test_what_cannot_fit_is_refused_before_the_conversion(tmp_path: Path) -> None:
    store, model = chosen(tmp_path, "2.4B")
    with pytest.raises(UserError) as refused:
        require_room(store, model, "render", "gguf")
    assert "512 MB" in refused.value.en and "smaller model" in refused.value.en
    with pytest.raises(UserError) as other:
        require_room(store, chosen(tmp_path, "3B")[1], "streamlit-cloud", "gguf")
    assert "gguf-int4" in other.value.en
    assert require_room(store, model, "render", "gguf", "a paid instance") is not None
    assert require_room(store, model, "local", "gguf") is None
    assert "close" in (require_room(store, model, "streamlit-cloud", "gguf-int4") or "")


def test_a_model_without_a_size_is_told(tmp_path: Path) -> None:
    folder = base(tmp_path / "odd", hidden_size="wide")
    with open_store(tmp_path / "store.db") as db:
        model = choose_model(db, f"base:{folder}")
    with pytest.raises(UserError):
        plan_bundle(tmp_path / "store.db", model, "local")
    assert require_room(tmp_path / "store.db", model, "render", "gguf") is None
    with pytest.raises(UserError):
        plan_bundle(tmp_path / "store.db", model, "moon")
