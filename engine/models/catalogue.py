"""Base models worth choosing, with what was published about each. It knows nothing of files or downloads.

Sizes, licences and access rules are as their makers published them and may have changed: check the model's page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Base:
    """One base model. `fits_8gb` is about QLoRA on a card of 8 GB."""

    name: str
    hub_id: str
    architecture: str
    """`config.model_type`."""
    parameters: int
    download_gb: float
    """GB (1e9 bytes) of weights, as published or 2 bytes a parameter."""
    licence: str
    tokens_per_syllable: float | None
    """Measured with `tokens_per_syllable`; None: not measured yet."""
    fits_8gb: Literal["yes", "tight", "no"]
    gated: bool
    """True: the maker's terms must be accepted on the model's page first."""
    status: Literal["usable", "rejected"]
    ko: str
    en: str


def tokens_per_syllable(tokenizer: Any, sentences: Sequence[str]) -> float:
    """Tokens divided by Hangul syllables over all sentences. Raises ValueError when they hold no syllable."""
    syllables = sum("가" <= character <= "힣" for sentence in sentences for character in sentence)
    if not syllables:
        raise ValueError("no Hangul syllable in the sentences")
    tokens = sum(len(tokenizer(sentence, add_special_tokens=False)["input_ids"]) for sentence in sentences)
    return tokens / syllables


BASES: tuple[Base, ...] = ()
