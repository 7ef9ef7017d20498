"""The shape of a base: layers, widths, vocabulary. From its config.json, or as published. It loads no weights."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.models.bases import ResolvedBase, catalogued, folder_of, local_place

GATED = ("llama", "mistral", "qwen2", "qwen3", "gemma3_text", "gemma3", "exaone4", "bitnet", "t5_gated", "mt5_gated")
"""Families whose feed-forward part has three matrices; the others have two."""
CONFIG_LIMIT = 1_000_000
"""Bytes of a config.json worth reading."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What memory and arithmetic depend on. `certain` is False when it was guessed from the number of parameters."""

    family: str
    layers: int
    hidden: int
    intermediate: int
    query: int
    """Width of all query heads together."""
    key: int
    """Width of all key heads together; values are as wide."""
    vocabulary: int
    tied: bool
    """Whether the output layer is the embedding."""
    certain: bool = True
    crossed: int = 0
    """Of an encoder-decoder's `layers`, those of the decoder: each has a second attention, over what the encoder read."""

    @property
    def gated(self) -> bool:
        return self.family in GATED

    @property
    def linear(self) -> int:
        """Weights of all layers: what quantisation shrinks."""
        attention = self.hidden * (2 * self.query + 2 * self.key)
        forward = (3 if self.gated else 2) * self.hidden * self.intermediate
        return (self.layers + self.crossed) * attention + self.layers * forward

    @property
    def embedding(self) -> int:
        """Weights of embedding and output layer: never quantised."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def parameters(self) -> int:
        return self.linear + self.embedding

    def matrices(self) -> dict[str, tuple[int, int]]:
        """{name of a linear layer: (in, out)} of one layer, by the names LoRA uses where the family's are known."""
        h, q, k, i = self.hidden, self.query, self.key, self.intermediate
        if self.family == "gpt_neox":
            return {"query_key_value": (h, 3 * h), "dense": (h, h), "dense_h_to_4h": (h, i), "dense_4h_to_h": (i, h)}
        if self.family == "gpt2":
            return {"c_attn": (h, 3 * h), "c_proj": (h, h), "c_fc": (h, i), "mlp.c_proj": (i, h)}
        if self.family in ("t5", "mt5", "t5_gated", "mt5_gated"):
            forward = {"wi_0": (h, i), "wi_1": (h, i)} if self.gated else {"wi": (h, i)}
            return {"q": (h, q), "k": (h, k), "v": (h, k), "o": (q, h), **forward, "wo": (i, h)}
        attention = {"q_proj": (h, q), "k_proj": (h, k), "v_proj": (h, k)}
        if self.family in ("bart", "mbart"):
            return {**attention, "out_proj": (q, h), "fc1": (h, i), "fc2": (i, h)}
        if self.gated:
            return {**attention, "o_proj": (q, h), "gate_proj": (h, i), "up_proj": (h, i), "down_proj": (i, h)}
        if self.family == "gptj":
            return {**attention, "out_proj": (q, h), "fc_in": (h, i), "fc_out": (i, h)}
        return {**attention, "dense": (q, h), "fc1": (h, i), "fc2": (i, h)}


PUBLISHED: dict[str, Shape] = {
    "polyglot-ko-1.3b": Shape("gpt_neox", 24, 2048, 8192, 2048, 2048, 30080, False),
    "koalpaca-5.8b": Shape("gpt_neox", 28, 4096, 16384, 4096, 4096, 30080, False),
    "polyglot-ko-5.8b": Shape("gpt_neox", 28, 4096, 16384, 4096, 4096, 30080, False),
    "kullm-5.8b": Shape("gpt_neox", 28, 4096, 16384, 4096, 4096, 30080, False),
    "eeve-2.8b": Shape("phi", 32, 2560, 10240, 2560, 2560, 58944, False),
    "qwen2.5-1.5b": Shape("qwen2", 28, 1536, 8960, 1536, 256, 151936, True),
    "qwen3-1.7b": Shape("qwen3", 28, 2048, 6144, 2048, 1024, 151936, True),
    "exaone-4.0-1.2b": Shape("exaone4", 30, 2048, 4096, 2048, 512, 102400, True),
    "gemma-3-1b": Shape("gemma3_text", 26, 1152, 6912, 1024, 256, 262144, True),
    "gemma-3-4b": Shape("gemma3", 34, 2560, 10240, 2048, 1024, 262208, True),
    "kogpt": Shape("gptj", 28, 4096, 16384, 4096, 4096, 64512, False),
    "llama-2-ko-7b": Shape("llama", 32, 4096, 11008, 4096, 4096, 46336, False),
    "llama-3-open-ko-8b": Shape("llama", 32, 4096, 14336, 4096, 1024, 128256, False),
    "solar-10.7b": Shape("llama", 48, 4096, 14336, 4096, 1024, 32000, False),
    "bitnet-b1.58-2b": Shape("bitnet", 30, 2560, 6912, 2560, 640, 128256, True),
}
"""By catalogue name, for bases that are not on this disk yet."""


def shape_of(base: ResolvedBase) -> Shape | None:
    """From the config.json on this disk, else what its name tells. None: nothing is known before it was downloaded."""
    folder = folder_of(base)
    return (shape_in(folder) if folder else None) or known_shape(base.name)


def known_shape(name: str) -> Shape | None:
    """What a name tells without asking the hub or its cache: the starter, the catalogue, a folder, or a number in it."""
    folder = local_place(name)
    if folder is not None and (found := shape_in(folder)):
        return found
    known = catalogued(name)
    return PUBLISHED.get(known.name) if known else guessed(name)


def shape_in(folder: Path) -> Shape | None:
    """Read config.json; None when it is none this knows how to read."""
    path = folder / "config.json"
    try:
        if path.stat().st_size > CONFIG_LIMIT:
            return None
        whole = json.loads(path.read_text(encoding="utf-8"))
        return read_shape({**whole, **whole.get("text_config", {})}, str(whole["model_type"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError):
        return None  # whatever is wrong with it is said when it is loaded


def read_shape(config: Mapping[str, Any], family: str) -> Shape:
    """Of a config.json as a dict, its text part laid over it. Raises KeyError, TypeError, ValueError or ZeroDivisionError."""
    return _read_pair(config, family) if config.get("is_encoder_decoder") else _read_decoder(config, family)


def _read_pair(config: Mapping[str, Any], family: str) -> Shape:
    """An encoder-decoder, in BART's words or in T5's."""
    hidden, heads = int(config["d_model"]), int(config.get("encoder_attention_heads") or config["num_heads"])
    above = int(config.get("encoder_layers") or config["num_layers"])
    below = int(config.get("decoder_layers") or config.get("num_decoder_layers") or above)
    wide = heads * int(config.get("d_kv") or hidden // heads)
    gated = str(config.get("feed_forward_proj")).startswith("gated")
    return Shape(
        family=f"{family}_gated" if gated else family,
        layers=above + below,
        hidden=hidden,
        intermediate=int(config.get("encoder_ffn_dim") or config["d_ff"]),
        query=wide,
        key=wide,
        vocabulary=int(config["vocab_size"]),
        tied=bool(config.get("tie_word_embeddings", True)),
        crossed=below,
    )


def _read_decoder(config: Mapping[str, Any], family: str) -> Shape:
    hidden = int(config.get("hidden_size") or config["n_embd"])
    heads = int(config.get("num_attention_heads") or config["n_head"])
    head = int(config.get("head_dim") or hidden // heads)
    return Shape(
        family=family,
        layers=int(config.get("num_hidden_layers") or config["n_layer"]),
        hidden=hidden,
        intermediate=int(config.get("intermediate_size") or config.get("n_inner") or 4 * hidden),
        query=heads * head,
        key=int(config.get("num_key_value_heads") or heads) * head,
        vocabulary=int(config["vocab_size"]),
        tied=bool(config.get("tie_word_embeddings", family not in ("gpt_neox", "gptj", "phi", "llama"))),
    )


def guessed(name: str) -> Shape | None:
    """The published shape nearest to the number of parameters that a name gives, scaled in depth."""
    told = re.search(r"(?<![\d.])(\d+(?:\.\d+)?)\s*([bm])(?![a-z0-9])", name.lower())
    if told is None:
        return None
    wanted = float(told[1]) * (1e9 if told[2] == "b" else 1e6)
    near = min(PUBLISHED.values(), key=lambda shape: abs(shape.parameters - wanted))
    layers = max(1, round(near.layers * (wanted - near.embedding) / near.linear)) if wanted > near.embedding else 1
    return Shape(
        "llama", layers, near.hidden, near.intermediate, near.query, near.key, near.vocabulary, near.tied, False
    )
