"""A tokenizer's vocabulary in a GGUF file's header. Malmoi cuts prompts into tokens itself, so its own answers need the names alone;
others (Ollama, LM Studio) cut with what stands here.
"""

import json
from typing import Any

NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
"""llama.cpp's kinds of tokens."""


def write_words(writer: Any, tokenizer: Any, rows: int) -> None:
    """rows: of the embedding; those without a token are named as padding."""
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    model, added = state["model"], {token["id"]: token for token in state["added_tokens"]}
    names = {id_: name for name, id_ in tokenizer.get_vocab().items()}
    texts = [names.get(row, f"[PAD{row}]") for row in range(rows)]
    writer.add_token_list(texts)
    writer.add_token_types([_kind(row, names.get(row), added, tokenizer, model) for row in range(rows)])
    merges = [one if isinstance(one, str) else " ".join(one) for one in model.get("merges", [])]
    if _is_byte_level(state):
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(_cut(state))
        writer.add_token_merges(merges)
    else:
        writer.add_tokenizer_model("llama")
        writer.add_tokenizer_pre("default")
        writer.add_token_scores(_scores(texts, merges, model))
        writer.add_add_space_prefix(_prepends(state))
    _write_ends(writer, tokenizer)


def _kind(row: int, name: str | None, added: dict[int, Any], tokenizer: Any, model: dict[str, Any]) -> int:
    if name is None:
        return UNUSED
    if row in added:
        return CONTROL if added[row]["special"] or row in tokenizer.all_special_ids else USER
    if name == model.get("unk_token"):
        return UNKNOWN
    byte = model.get("byte_fallback") and len(name) == 6 and name.startswith("<0x") and name.endswith(">")
    return BYTE if byte else NORMAL


def _is_byte_level(state: dict[str, Any]) -> bool:
    parts = state.get("pre_tokenizer") or {}
    return "ByteLevel" in [one["type"] for one in (parts, *(parts.get("pretokenizers") or []))]


def _cut(state: dict[str, Any]) -> str:
    """llama.cpp's name of how a text is split before merging, by the expression that splits it."""
    told = json.dumps(state["pre_tokenizer"])
    if "{1,3}" in told:
        return "llama-bpe"
    return "qwen2" if "{N}" in told else "gpt-2"


def _scores(texts: list[str], merges: list[str], model: dict[str, Any]) -> list[float]:
    """A unigram model's own; of merges in their order, earlier ones better."""
    if model["type"] == "Unigram":
        told = dict(model["vocab"])
        return [float(told.get(text, 0.0)) for text in texts]
    places: dict[str, int] = {}
    for at, merge in enumerate(merges):
        places.setdefault(merge.replace(" ", "", 1), at)
    return [-float(places.get(text, len(merges))) for text in texts]


def _prepends(state: dict[str, Any]) -> bool:
    """Whether a blank stands before a text."""
    parts = state.get("pre_tokenizer") or {}
    found = [one for one in (parts, *(parts.get("pretokenizers") or [])) if one.get("type") == "Metaspace"]
    normal = json.dumps(state.get("normalizer") or {})
    return any(one.get("prepend_scheme") in ("always", "first") for one in found) or '"Prepend"' in normal


def _write_ends(writer: Any, tokenizer: Any) -> None:
    ends = list(tokenizer.malmoi.end_ids)
    writer.add_eos_token_id(ends[0])
    if len(ends) > 1:
        writer.add_eot_token_id(ends[1])
    if tokenizer.bos_token_id is not None:
        writer.add_bos_token_id(tokenizer.bos_token_id)
    if tokenizer.pad_token_id is not None:
        writer.add_pad_token_id(tokenizer.pad_token_id)
    writer.add_add_bos_token(False)  # chat templates write it themselves
    writer.add_chat_template(tokenizer.chat_template)
