"""A product and a claim become a prompt, in training, evaluation and asking alike. It knows nothing of tokens or models."""

from collections.abc import Mapping
from typing import Any

from engine.claims.names import with_names_of
from engine.curate.patent_options import PatentOptions
from engine.curate.row import Message

PRODUCT, CLAIM = "[제품 설명]\n", "\n\n[청구항]\n"


def patent_prompt(product: str, claim: str, options: PatentOptions) -> tuple[Message, ...]:
    """The prompt of a style; the span that may be cut when it is too long is the product's text.

    The product's text carries the claim's names where the dictionary knows them. instruction: one message of role `raw`,
    verbatim `### 지시\\n…\\n### 입력\\n…\\n### 출력\\n`. chat: one user message.
    """
    said = with_names_of(product.strip(), claim, options.abbreviations)
    tail = f"{CLAIM}{claim.strip()}"
    if options.style == "instruction":
        return (_cuttable("raw", f"### 지시\n{options.instruction}\n### 입력\n{PRODUCT}", said, f"{tail}\n### 출력\n"),)
    return (_cuttable("user", f"{options.instruction}\n\n{PRODUCT}", said, tail),)


def _cuttable(role: str, lead: str, shown: str, tail: str) -> Message:
    return Message(role=role, content=f"{lead}{shown}{tail}", cut=(len(lead), len(lead) + len(shown)))


def prompt_of(item: Mapping[str, Any], options: PatentOptions) -> tuple[Message, ...]:
    """The prompt for {"product": str, "claim": str}. Raises KeyError for a missing field, TypeError for one that is no text."""
    product, claim = item["product"], item["claim"]
    if not isinstance(product, str) or not isinstance(claim, str):
        raise TypeError("product, claim")
    return patent_prompt(product, claim, options)
