"""Encoded prompts and examples as tensors, for decoders and encoder-decoders. It knows nothing of decoding or losses."""

from collections.abc import Sequence
from typing import Any

from engine.models.encoder import Encoder
from engine.models.template import Encoded

IGNORED = -100
"""Label of a token that is not trained."""


def padded(sequences: Sequence[Sequence[int]], filler: int, side: str = "right") -> Any:
    """A tensor (rows, longest)."""
    import torch

    width = max(len(ids) for ids in sequences)
    gaps = [[filler] * (width - len(ids)) for ids in sequences]
    rows = zip(gaps, sequences, strict=True)
    return torch.tensor([[*gap, *ids] if side == "left" else [*ids, *gap] for gap, ids in rows])


def mask_of(sequences: Sequence[Sequence[int]], side: str = "right") -> Any:
    """A tensor (rows, longest): 1 where a token is, 0 where padding is."""
    return padded([[1] * len(ids) for ids in sequences], 0, side)


def to_generate(tokenizer: Any, prompts: Sequence[Sequence[int]], where: Any) -> tuple[dict[str, Any], int]:
    """What `generate` takes for a batch of prompts, and how many tokens of each row it returns stand before the answer.

    A decoder goes on with its prompt, so padding stands before it. An encoder reads from its first position, padding follows, and
    the decoder goes on with the start of every answer.
    """
    encoder, side = tokenizer.malmoi.encoder, "right" if tokenizer.malmoi.encoder else "left"
    ids, mask = padded(prompts, tokenizer.pad_token_id, side), mask_of(prompts, side)
    inputs = {"input_ids": ids, "attention_mask": mask}
    if encoder:
        inputs["decoder_input_ids"] = padded([encoder.start] * len(prompts), tokenizer.pad_token_id)
    given = inputs.get("decoder_input_ids", ids).shape[1]
    return {name: tensor.to(where) for name, tensor in inputs.items()}, given


def decoder_start(tokenizer: Any) -> int | None:
    """The token `generate` is to know as an encoder-decoder's first; it would put another before the start given to it."""
    encoder = tokenizer.malmoi.encoder
    return encoder.start[0] if encoder else None


def pair_of(example: Encoded, encoder: Encoder) -> dict[str, list[int]]:
    """{input_ids: the encoder's, decoder_input_ids, labels}. What every answer begins with is given, not trained."""
    target = example.input_ids[example.prompt_length :]
    return {
        "input_ids": example.input_ids[: example.prompt_length],
        "decoder_input_ids": [*encoder.start, *target[:-1]],
        "labels": [IGNORED] * (len(encoder.start) - 1) + target,
    }


def pair_batch(pairs: Sequence[dict[str, list[int]]], pad: int) -> dict[str, Any]:
    """Rows of `pair_of` as tensors (rows, longest); attention_mask is the encoder's. The decoder's padding comes last and is
    never labelled, so that it needs no mask."""
    prompts = [pair["input_ids"] for pair in pairs]
    return {
        "input_ids": padded(prompts, pad),
        "attention_mask": mask_of(prompts),
        "decoder_input_ids": padded([pair["decoder_input_ids"] for pair in pairs], pad),
        "labels": padded([pair["labels"] for pair in pairs], IGNORED),
    }
