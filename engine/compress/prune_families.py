"""Where each architecture keeps its layers, feed-forward channels and heads, and what its configuration calls them.

It knows nothing of weights. A width is pruned only where the standard configuration can say it: heads need a `head_dim` of
its own, which GPT-NeoX, GPT-2, GPT-J, BART, Phi and Qwen2 derive from the hidden size, so there the feed-forward part alone is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.errors import UserError

How = Literal["layers", "width", "magnitude", "wanda"]
HOWS: tuple[How, ...] = ("layers", "width", "magnitude", "wanda")


@dataclass(frozen=True, slots=True)
class Stack:
    """One list of layers. Paths of modules: `layers` in the model, the others in a layer."""

    layers: str
    depth: str
    """The configuration's word for their number."""
    into: tuple[str, ...]
    """Feed-forward layers whose outputs are the channels."""
    out: str
    """The feed-forward layer that reads the channels."""
    width: str
    """The configuration's word for their number."""
    first_stays: bool = False
    """T5's first layer holds the distances that all others use."""


@dataclass(frozen=True, slots=True)
class Family:
    stacks: tuple[Stack, ...]
    heads: bool = False
    """Whether attention heads can be fewer: q_proj, k_proj, v_proj and o_proj under `self_attn`, `head_dim` in the configuration."""
    first_deepest: bool = False
    """T5's memory for keys and values is made as deep as its encoder: a deeper decoder cannot answer."""


_GATED = Stack(
    "model.layers", "num_hidden_layers", ("mlp.gate_proj", "mlp.up_proj"), "mlp.down_proj", "intermediate_size"
)
_WITH_HEADS, _FORWARD_ONLY = Family((_GATED,), heads=True), Family((_GATED,))
_BART = Family(
    tuple(
        Stack(f"model.{side}.layers", f"{side}_layers", ("fc1",), "fc2", f"{side}_ffn_dim")
        for side in ("encoder", "decoder")
    )
)


def _t5(*into: str) -> Family:
    def stack(side: str, depth: str, place: int) -> Stack:
        dense = f"layer.{place}.DenseReluDense"
        names = tuple(f"{dense}.{name}" for name in into)
        return Stack(f"{side}.block", depth, names, f"{dense}.wo", "d_ff", first_stays=True)

    return Family((stack("encoder", "num_layers", 1), stack("decoder", "num_decoder_layers", 2)), first_deepest=True)


def _fused(layers: str, depth: str, into: str, out: str, width: str) -> Family:
    return Family((Stack(layers, depth, (f"mlp.{into}",), f"mlp.{out}", width),))


FAMILIES: dict[str, Family] = {
    "llama": _WITH_HEADS,
    "mistral": _WITH_HEADS,
    "qwen3": _WITH_HEADS,
    "gemma3_text": _WITH_HEADS,
    "gemma3": _WITH_HEADS,
    "qwen2": _FORWARD_ONLY,
    "exaone4": _FORWARD_ONLY,
    "phi": _fused("model.layers", "num_hidden_layers", "fc1", "fc2", "intermediate_size"),
    "gpt_neox": _fused("gpt_neox.layers", "num_hidden_layers", "dense_h_to_4h", "dense_4h_to_h", "intermediate_size"),
    "gpt2": _fused("transformer.h", "n_layer", "c_fc", "c_proj", "n_inner"),
    "gptj": _fused("transformer.h", "n_layer", "fc_in", "fc_out", "n_inner"),
    "bart": _BART,
    "mbart": _BART,
    "t5": _t5("wi"),
    "mt5": _t5("wi"),
    "t5_gated": _t5("wi_0", "wi_1"),
    "mt5_gated": _t5("wi_0", "wi_1"),
}
"""By `model_type`, with `_gated` for a T5 whose feed-forward part has two layers that read."""


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config.json with its text part laid over it."""
    return {**config, **(config.get("text_config") or {}), "model_type": config.get("model_type")}


def family_of(config: Mapping[str, Any]) -> Family:
    """config: a config.json as a dict. Raises UserError for an architecture that is not on the list."""
    name = str(config.get("model_type"))
    gated = str(config.get("feed_forward_proj")).startswith("gated")
    found = FAMILIES.get(f"{name}_gated" if gated and f"{name}_gated" in FAMILIES else name)
    if found is None:
        known = ", ".join(sorted(name for name in FAMILIES if not name.endswith("_gated")))
        raise UserError(
            f"이 모델의 구조 '{name}'은(는) 어디를 덜어 낼지 알지 못합니다. 아는 구조: {known}. 덜어 내지 않고 int8로 줄이거나 다른 모델을 고르세요.",
            f"Where to prune the architecture '{name}' is not known. Known: {known}. Go on without pruning (int8 instead), or choose "
            "another model.",
        )
    return found
