"""Checkpoints into memory: every architecture in 4 bits, adapters on top, and refusals for what is broken."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.models.bases import ResolvedBase, resolve_base
from engine.models.loading import load_base, load_model, load_tokenizer, prepare_for_lora, sign_adapter
from engine.models.targets import lora_targets
from tests.tiny_models import ARCHITECTURES, make_tiny


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ResolvedBase]:
    folder = tmp_path_factory.mktemp("tiny")
    return {name: resolve_base(str(make_tiny(name, folder))) for name in ARCHITECTURES}


def with_lora(model: Any, **settings: Any) -> Any:
    from peft import LoraConfig, get_peft_model

    targets = lora_targets(model.config.model_type)
    return get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=4, target_modules=targets, **settings))


def loss(model: Any) -> Any:
    import torch

    ids = torch.arange(10, 22, device=model.device)[None]
    return model(input_ids=ids, labels=ids, use_cache=False).loss


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_lora_on_a_4_bit_base_learns_and_nothing_else_does(name: str, bases: dict[str, ResolvedBase]) -> None:
    model = with_lora(prepare_for_lora(load_base(bases[name], quantisation="nf4", device="cpu")))
    adapted = [module for module in model.modules() if type(module).__module__.startswith("peft.tuners.lora")]
    kinds = {type(module.base_layer).__name__ for module in adapted if "base_layer" in dict(module.named_children())}
    assert kinds == {"Linear4bit"}
    loss(model).backward()
    trained = {key for key, value in model.named_parameters() if value.grad is not None}
    assert trained and all("lora_" in key for key in trained)
    assert {key for key, value in model.named_parameters() if value.requires_grad} == trained


def test_an_evaluation_between_two_steps_changes_no_gradient(bases: dict[str, ResolvedBase]) -> None:
    import torch

    model = with_lora(prepare_for_lora(load_base(bases["llama"], device="cpu")), init_lora_weights=False)

    def gradients() -> list[Any]:
        model.train().zero_grad()
        loss(model).backward()
        return [value.grad.clone() for value in model.parameters() if value.grad is not None]

    before = gradients()
    with torch.no_grad():
        loss(model.eval())
    assert all(torch.equal(one, other) for one, other in zip(before, gradients(), strict=True))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_target_of_the_table_exists_in_the_model(name: str, bases: dict[str, ResolvedBase]) -> None:
    model = load_base(bases[name], quantisation="none", device="cpu")
    endings = {key.rsplit(".", 1)[-1] for key, _ in model.named_modules()}
    assert set(lora_targets(model.config.model_type)) <= endings


@pytest.mark.parametrize(
    ("quantisation", "layer"), [("nf4", "Linear4bit"), ("int8", "Linear8bitLt"), ("none", "Linear")]
)
def test_quantisation_is_what_was_asked_for(quantisation: Any, layer: str, bases: dict[str, ResolvedBase]) -> None:
    import torch

    model = load_base(bases["llama"], quantisation=quantisation, device="cpu")
    assert type(model.model.layers[0].self_attn.q_proj).__name__ == layer
    assert model.get_input_embeddings().weight.dtype == torch.float32
    assert not model.training


def test_norms_alone_are_raised_to_fp32_and_hand_on_16_bits(bases: dict[str, ResolvedBase]) -> None:
    import torch

    model = prepare_for_lora(load_base(bases["llama"], quantisation="nf4", device="cpu", dtype="bf16"))
    kinds = {name: value.dtype for name, value in model.named_parameters() if value.is_floating_point()}
    assert {kind for name, kind in kinds.items() if "norm" in name} == {torch.float32}
    assert {kind for name, kind in kinds.items() if "norm" not in name} == {torch.bfloat16}
    model = with_lora(model)
    loss(model).backward()
    assert model(input_ids=torch.tensor([[5, 6]])).logits.dtype == torch.bfloat16


@pytest.fixture(scope="module")
def adapter(bases: dict[str, ResolvedBase], tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    folder = tmp_path_factory.mktemp("adapter")
    model = with_lora(load_base(bases["llama"], device="cpu"), init_lora_weights=False)
    torch.manual_seed(1)
    model.save_pretrained(folder)
    sign_adapter(folder, bases["llama"])
    return folder


def test_an_adapter_comes_back_as_it_was_saved(bases: dict[str, ResolvedBase], adapter: Path) -> None:
    from safetensors.torch import load_file

    model = load_model(bases["llama"], adapter, device="cpu")
    saved = load_file(adapter / "adapter_model.safetensors")
    loaded = {key.replace(".default", ""): value for key, value in model.state_dict().items() if "lora_" in key}
    assert saved.keys() == loaded.keys()
    assert all((saved[key] == loaded[key]).all() for key in saved)
    assert not any(value.requires_grad for value in model.parameters())
    plain = load_model(bases["llama"], None, device="cpu")
    assert loss(model).item() != pytest.approx(loss(plain).item(), abs=1e-4)


def test_an_adapter_of_other_weights_in_the_same_shape_is_refused(
    bases: dict[str, ResolvedBase], adapter: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    other = tmp_path / "other"
    shutil.copytree(bases["llama"].location, other)
    weights = {name: tensor * 2 for name, tensor in load_file(other / "model.safetensors").items()}
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UserError, match="다른 모델"):
        load_model(resolve_base(str(other)), adapter, device="cpu")


@pytest.mark.parametrize("name", ["gpt2", "phi", "gpt_neox"])
def test_an_unsigned_adapter_of_another_shape_is_refused(
    name: str, bases: dict[str, ResolvedBase], adapter: Path, tmp_path: Path
) -> None:
    unsigned = tmp_path / "unsigned"
    shutil.copytree(adapter, unsigned, ignore=shutil.ignore_patterns("malmoi*"))
    with pytest.raises(UserError, match="다른 모델"):
        load_model(bases[name], unsigned, device="cpu")


def break_adapter(change: str, folder: Path) -> None:
    weights, config = folder / "adapter_model.safetensors", folder / "adapter_config.json"
    if change == "pickled":
        weights.rename(folder / "adapter_model.bin")
    elif change == "cut":
        weights.write_bytes(weights.read_bytes()[:200])
    elif change == "no config":
        config.unlink()
    else:
        saved = json.loads(config.read_text(encoding="utf-8"))
        config.write_text(json.dumps({**saved, "peft_type": "IA3"}), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"), [("pickled", "피클"), ("cut", "손상"), ("no config", "adapter_config"), ("not lora", "LoRA")]
)
def test_a_broken_adapter_is_refused(
    change: str, words: str, bases: dict[str, ResolvedBase], adapter: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(adapter, broken)
    break_adapter(change, broken)
    with pytest.raises(UserError, match=words):
        load_model(bases["llama"], broken, device="cpu")


def test_an_adapters_config_cannot_name_modules_or_files(
    bases: dict[str, ResolvedBase], adapter: Path, tmp_path: Path
) -> None:
    hostile = tmp_path / "hostile"
    shutil.copytree(adapter, hostile)
    saved = json.loads((hostile / "adapter_config.json").read_text(encoding="utf-8"))
    saved |= {"megatron_config": {}, "megatron_core": "antigravity", "base_model_name_or_path": "/nowhere"}
    (hostile / "adapter_config.json").write_text(json.dumps(saved), encoding="utf-8")
    load_model(bases["llama"], hostile, device="cpu")
    assert "antigravity" not in sys.modules


def change_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def without_a_weight(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.0.self_attn.q_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def cut(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])


def hostile(folder: Path) -> None:
    change_config(folder, model_type="wibble", auto_map={"AutoConfig": "code.C", "AutoModelForCausalLM": "code.M"})
    (folder / "code.py").write_text("raise SystemExit('somebody ran me')", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (cut, "손상"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"x" * 500), "손상"),
        (without_a_weight, "q_proj"),
        (lambda folder: change_config(folder, intermediate_size=96), "맞지 않습니다"),
        (lambda folder: change_config(folder, model_type="wibble"), "config.json"),
        (lambda folder: (folder / "config.json").write_text("{", encoding="utf-8"), "config.json"),
        (hostile, "남의 코드"),
        (lambda folder: change_config(folder, quantization_config={"quant_method": "gptq", "bits": 4}), "gptq"),
        (lambda folder: change_config(folder, model_type="t5", is_encoder_decoder=True), "가중치"),
    ],
    ids=[
        "cut",
        "garbage",
        "weight missing",
        "wrong size",
        "unknown",
        "bad json",
        "own code",
        "gptq",
        "weights of a decoder",
    ],
)
def test_a_broken_or_foreign_base_is_refused(
    change: Callable[[Path], Any], words: str, bases: dict[str, ResolvedBase], tmp_path: Path
) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(bases["llama"].location, folder)
    change(folder)
    for quantisation in ("nf4", "int8", "none"):
        with pytest.raises(UserError, match=words):
            load_base(resolve_base(str(folder)), quantisation=quantisation, device="cpu")


def test_of_a_multimodal_gemma_only_the_language_model_is_loaded(tmp_path: Path) -> None:
    import torch
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    text = {"num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 128, "vocab_size": 608, "head_dim": 16}
    vision = {"num_hidden_layers": 1, "hidden_size": 32, "intermediate_size": 64, "image_size": 32, "patch_size": 16}
    heads = {"num_attention_heads": 4}
    config = Gemma3Config(
        text_config=text | heads | {"num_key_value_heads": 2}, vision_config=vision | heads, mm_tokens_per_image=4
    )
    whole = Gemma3ForConditionalGeneration(config).eval()
    folder = make_tiny("gemma3_text", tmp_path)  # its tokenizer; weights and config are replaced
    whole.save_pretrained(folder)
    model = load_base(resolve_base(str(folder)), quantisation="none", device="cpu")
    assert not any("vision" in name for name, _ in model.named_modules())
    ids = torch.tensor([[5, 6, 7]])
    assert torch.allclose(model(input_ids=ids).logits, whole(input_ids=ids).logits, atol=1e-5)


IN_A_PROCESS = """
import sys
class Block:
    def find_spec(self, name, *_):
        if name.split(".")[0] == "bitsandbytes":
            raise ImportError(name)
sys.meta_path.insert(0, Block())
def no_network(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise SystemExit(f"network: {args}")
sys.addaudithook(no_network)
from engine.errors import UserError
from engine.models.bases import resolve_base
from engine.models.loading import load_base, load_tokenizer
base = resolve_base(sys.argv[1])
load_tokenizer(base)
load_base(base, quantisation="none", device="cpu")
for quantisation in ("nf4", "int8"):
    try:
        load_base(base, quantisation=quantisation, device="cpu")
    except UserError as error:
        assert "bitsandbytes" in error.ko and "pip install" in error.en
    else:
        raise SystemExit("no refusal")
print("fine")
"""


@pytest.mark.slow
def test_without_bitsandbytes_quantisation_is_refused_and_a_folder_needs_no_network(
    bases: dict[str, ResolvedBase], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    command = [sys.executable, "-c", IN_A_PROCESS, bases["llama"].location]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=Path(__file__).parent.parent, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "fine"), done.stderr[-2000:]


def test_tokenizer_of_a_folder_that_asks_for_its_own_code_is_refused(
    bases: dict[str, ResolvedBase], tmp_path: Path
) -> None:
    folder = tmp_path / "hostile"
    shutil.copytree(bases["llama"].location, folder)
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings |= {"auto_map": {"AutoTokenizer": ["code.T", None]}, "tokenizer_class": "Wibble"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "code.py").write_text("raise SystemExit('somebody ran me')", encoding="utf-8")
    with pytest.raises(UserError, match="토크나이저"):
        load_tokenizer(resolve_base(str(folder)))
