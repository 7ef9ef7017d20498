"""Which linear layers LoRA adapts in each architecture. It knows nothing of loaded models."""

_BART, _T5 = ["q_proj", "k_proj", "v_proj", "out_proj"], ["q", "k", "v", "o"]
_GATED = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

LORA_TARGETS: dict[str, list[str]] = {
    "gpt_neox": ["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"],
    "llama": _GATED,
    "mistral": _GATED,
    "qwen2": _GATED,
    "qwen3": _GATED,
    "gemma3_text": _GATED,
    "gemma3": _GATED,
    "exaone4": _GATED,
    "gpt2": ["c_attn", "c_proj", "c_fc"],
    "gptj": ["q_proj", "k_proj", "v_proj", "out_proj", "fc_in", "fc_out"],
    "phi": ["q_proj", "k_proj", "v_proj", "dense", "fc1", "fc2"],
    "bart": _BART,
    "mbart": _BART,
    "t5": _T5,
    "mt5": _T5,
}
"""Module names by `config.model_type`. Attention and feed-forward layers, never embeddings or the head."""


def lora_targets(model_type: str) -> list[str] | str:
    """Names for `LoraConfig.target_modules`; `all-linear` (PEFT: every linear layer but the head) when unknown."""
    found = LORA_TARGETS.get(model_type)
    return list(found) if found else "all-linear"
