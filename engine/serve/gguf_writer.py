"""A transformers folder as one GGUF file, with 8- or 4-bit weights: what llama.cpp, Ollama and LM Studio read.

What each architecture's tensors become follows llama.cpp's own converter (convert_hf_to_gguf.py); names come from the `gguf`
package. It knows no engine: whether the file answers as its source does is seen elsewhere.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.models.family import read_config
from engine.serve.gguf_words import write_words

BLOCK = 32
"""Numbers that share a scale in Q8_0 and Q4_0: rows of another width stay in 16 bits."""
KINDS = ("Q8_0", "Q4_0")
Config = Mapping[str, Any]
Change = Callable[[str, Any, Config], Any]


@dataclass(frozen=True, slots=True)
class Family:
    """One architecture. arch: llama.cpp's name. keys: what its header tells beside the usual. change: (tensor's name there, array,
    config) → array. lacks: what this configuration asks that llama.cpp does not do, None when nothing."""

    arch: str
    keys: Callable[[Any, Config], None]
    change: Change
    lacks: Callable[[Config], str | None]


def write_gguf(folder: Path, tokenizer: Any, out: Path, kind: str) -> None:
    """The decoder of a transformers folder as the file `out`. kind: one of KINDS; embeddings and head stay in 8 bits, norms in 32.

    tokenizer: its vocabulary, chat template and end tokens go with it. Raises UserError for an architecture or a configuration that
    llama.cpp does not know, before anything is written.
    """
    import gguf

    config = text_config(folder)
    family = require_family(config)
    arch = next(number for number, name in gguf.MODEL_ARCH_NAMES.items() if name == family.arch)
    writer = gguf.GGUFWriter(out, family.arch, use_temp_file=True)
    _write_usual(writer, config, kind)
    family.keys(writer, config)
    _write_scaling(writer, config)
    write_words(writer, tokenizer, int(config["vocab_size"]))
    names = gguf.get_tensor_name_map(arch, int(config["num_hidden_layers"]))
    for source, array in _tensors(folder, config):
        name = names.get_name(source, (".weight", ".bias"))
        if name is None:
            raise _unknown(config, source)
        _add(writer, name, family.change(name, array, config), kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def require_family(config: Config) -> Family:
    """Raises UserError for what llama.cpp does not know."""
    family = FAMILIES.get(str(config.get("model_type")))
    if family is None:
        raise _unknown(config, None)
    lacks = family.lacks(config) or _strange_scaling(config)
    if lacks:
        raise _unknown(config, lacks)
    return family


def text_config(folder: Path) -> dict[str, Any]:
    """config.json with what transformers takes where it says nothing; of a multimodal model its language part."""
    from transformers import CONFIG_MAPPING

    told = read_config(folder)
    told = told.get("text_config", told)
    kind = told.get("model_type", "")
    if kind not in CONFIG_MAPPING:
        return dict(told)
    made = CONFIG_MAPPING[kind].from_dict(
        {name: value for name, value in told.items() if name != "quantization_config"}
    )
    whole: dict[str, Any] = made.to_dict()
    return whole


def _unknown(config: Config, what: str | None) -> UserError:
    kind, known = config.get("model_type", "?"), ", ".join(FAMILIES)
    reason = f" ({what})" if what else ""
    return UserError(
        f"GGUF로는 이 모델의 구조('{kind}'){reason}를 옮기지 못합니다. 옮기는 것: {known}. --backend openvino, ctranslate2, transformers 가운데서 고르세요.",
        f"This model's architecture ('{kind}'){reason} cannot be carried over to GGUF. Known: {known}. Answer with --backend openvino, "
        "ctranslate2 or transformers.",
    )


def _write_usual(writer: Any, config: Config, kind: str) -> None:
    import gguf

    heads = int(config["num_attention_heads"])
    writer.add_type("model")
    writer.add_file_type({"Q8_0": gguf.LlamaFileType.MOSTLY_Q8_0, "Q4_0": gguf.LlamaFileType.MOSTLY_Q4_0}[kind])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_vocab_size(int(config["vocab_size"]))
    writer.add_context_length(int(config["max_position_embeddings"]))
    writer.add_embedding_length(int(config["hidden_size"]))
    writer.add_block_count(int(config["num_hidden_layers"]))
    writer.add_feed_forward_length(int(config["intermediate_size"]))
    writer.add_head_count(heads)
    writer.add_head_count_kv(int(config.get("num_key_value_heads") or heads))


def _head_size(config: Config) -> int:
    return int(config.get("head_dim") or int(config["hidden_size"]) // int(config["num_attention_heads"]))


def _rope(config: Config, layers: str = "full_attention") -> dict[str, Any]:
    """Rotary settings; of a model whose kinds of layers have their own, those of one kind."""
    told = config.get("rope_parameters") or {}
    own = told.get(layers)
    return dict(own if isinstance(own, dict) else told)


def _strange_scaling(config: Config) -> str | None:
    kind = _rope(config).get("rope_type", "default")
    return None if kind in ("default", "linear", "llama3") else f"rope_type {kind}"


def _write_scaling(writer: Any, config: Config) -> None:
    """Longer windows: a factor, or Llama 3's factor for each frequency."""
    import gguf
    import numpy as np

    rope = _rope(config)
    if rope.get("rope_type") == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(float(rope["factor"]))
    if rope.get("rope_type") == "llama3":
        size = _head_size(config)
        waves = 2 * math.pi * float(rope["rope_theta"]) ** (np.arange(0, size, 2) / size)
        before, low, high = (float(rope[name]) for name in (
            "original_max_position_embeddings", "low_freq_factor", "high_freq_factor",
        ))  # fmt: skip
        smooth = np.clip((before / waves - low) / (high - low), 0.0, 1.0)
        factors = 1 / ((1 - smooth) / float(rope["factor"]) + smooth)
        writer.add_tensor("rope_freqs.weight", factors.astype(np.float32))


def _tensors(folder: Path, config: Config) -> Iterator[tuple[str, Any]]:
    """(name, fp32 array) of each weight of the language model."""
    from safetensors import safe_open

    tied = bool(config.get("tie_word_embeddings"))
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            for name in file.keys():  # noqa: SIM118  # it is no mapping
                plain = _plain_name(name)
                if plain is None or (tied and plain.startswith(("lm_head.", "embed_out."))):
                    continue
                yield plain, file.get_tensor(name).float().numpy()


def _plain_name(name: str) -> str | None:
    """Without the place beside a vision tower; None for what is no part of the language model, or is computed."""
    if "vision_tower" in name or "multi_modal_projector" in name:
        return None
    if name.endswith((".attention.bias", ".attention.masked_bias", "rotary_emb.inv_freq")):
        return None
    bare = name.removeprefix("model.").removeprefix("language_model.").removeprefix("model.")
    return bare if bare.startswith(("gpt_neox.", "embed_out.", "lm_head.")) else f"model.{bare}"


def _add(writer: Any, name: str, array: Any, kind: str) -> None:
    import gguf
    import numpy as np

    if array.ndim < 2:
        writer.add_tensor(name, np.ascontiguousarray(array, dtype=np.float32))
        return
    wanted = "Q8_0" if name.startswith(("token_embd.", "output.")) else kind
    wanted = wanted if array.shape[-1] % BLOCK == 0 else "F16"
    as_type = gguf.GGMLQuantizationType[wanted]
    writer.add_tensor(name, gguf.quants.quantize(np.ascontiguousarray(array), as_type), raw_dtype=as_type)


def _same(_: str, array: Any, __: Config) -> Any:
    return array


def _nothing(_: Config) -> None:
    return None


def _rms_keys(writer: Any, config: Config) -> None:
    """Of all that rotate whole heads and have RMS norms."""
    size = _head_size(config)
    writer.add_layer_norm_rms_eps(float(config["rms_norm_eps"]))
    writer.add_rope_freq_base(float(_rope(config)["rope_theta"]))
    writer.add_rope_dimension_count(size)
    writer.add_key_length(size)
    writer.add_value_length(size)


def _interleaved(name: str, array: Any, config: Config) -> Any:
    """Llama's queries and keys: transformers turns halves of a head, llama.cpp neighbours."""
    if ".attn_q." in name or ".attn_k." in name:
        heads = array.shape[0] // _head_size(config)
        paired = array.reshape(heads, 2, array.shape[0] // heads // 2, *array.shape[1:])
        return paired.swapaxes(1, 2).reshape(array.shape)
    return array


def _neox_keys(writer: Any, config: Config) -> None:
    writer.add_layer_norm_eps(float(config["layer_norm_eps"]))
    writer.add_rope_freq_base(float(_rope(config)["rope_theta"]))
    writer.add_rope_dimension_count(int(_head_size(config) * _turned(config)))
    writer.add_parallel_residual(bool(config.get("use_parallel_residual", True)))


def _turned(config: Config) -> float:
    """Share of a head that is rotated."""
    told = _rope(config).get("partial_rotary_factor", config.get("partial_rotary_factor", config.get("rotary_pct")))
    return 1.0 if told is None else float(told)


def _apart(name: str, array: Any, config: Config) -> Any:
    """GPT-NeoX mixes query, key and value head by head; llama.cpp wants all queries first."""
    if ".attn_qkv." in name:
        heads = int(config["num_attention_heads"])
        return array.reshape(heads, 3, -1, *array.shape[1:]).swapaxes(0, 1).reshape(array.shape)
    return array


def _neox_lacks(config: Config) -> str | None:
    return None if config.get("attention_bias", True) else "attention_bias false"


def _gemma_keys(writer: Any, config: Config) -> None:
    _rms_keys(writer, config)
    writer.add_sliding_window(int(config["sliding_window"]))


def _gemma_change(name: str, array: Any, config: Config) -> Any:
    """Gemma's norms are kept as the distance from one. Queries are scaled by its own number instead of the head's size."""
    if not name.endswith("norm.weight"):
        return array
    scale = math.sqrt(_head_size(config) / float(config["query_pre_attn_scalar"])) if ".attn_q_norm." in name else 1.0
    return (array + 1) * scale


def _gemma_lacks(config: Config) -> str | None:
    every = [kind == "full_attention" for kind in config.get("layer_types") or []]
    local = _rope(config, "sliding_attention").get("rope_theta", 10_000.0)
    if config.get("final_logit_softcapping") or config.get("attn_logit_softcapping"):
        return "softcapping"
    if every != [(at + 1) % 6 == 0 for at in range(len(every))]:
        return "layer_types"
    if float(local) != 10_000.0:
        return f"rope_theta {local} in sliding layers"
    return "62 layers" if int(config["num_hidden_layers"]) == 62 else None


def _phi_keys(writer: Any, config: Config) -> None:
    writer.add_layer_norm_eps(float(config["layer_norm_eps"]))
    writer.add_rope_freq_base(float(_rope(config)["rope_theta"]))
    writer.add_rope_dimension_count(int(_head_size(config) * _turned(config)))
    writer.add_add_bos_token(False)


def _phi_lacks(config: Config) -> str | None:
    return "qk_layernorm" if config.get("qk_layernorm") else None


def _qwen_lacks(config: Config) -> str | None:
    slides = config.get("use_sliding_window") and "sliding_attention" in (config.get("layer_types") or [])
    return "sliding_window" if slides else None


def _exaone_lacks(config: Config) -> str | None:
    """llama.cpp knows the sliding layers of the 64-layer model alone."""
    slides = config.get("sliding_window") and "sliding_attention" in (config.get("layer_types") or [])
    return "sliding_window" if slides else None


FAMILIES = {
    "llama": Family("llama", _rms_keys, _interleaved, _nothing),
    "mistral": Family("llama", _rms_keys, _interleaved, lambda config: "sliding_window" if config.get("sliding_window") else None),
    "gpt_neox": Family("gptneox", _neox_keys, _apart, _neox_lacks),
    "gemma3_text": Family("gemma3", _gemma_keys, _gemma_change, _gemma_lacks),
    "qwen2": Family("qwen2", _rms_keys, _same, _qwen_lacks),
    "qwen3": Family("qwen3", _rms_keys, _same, _qwen_lacks),
    "phi": Family("phi2", _phi_keys, _same, _phi_lacks),
    "exaone4": Family("exaone4", _rms_keys, _same, _exaone_lacks),
}  # fmt: skip
"""By transformers' name."""
