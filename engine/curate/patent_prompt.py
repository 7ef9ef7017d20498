"""A product and a claim become a prompt, in training, evaluation and asking alike. It knows nothing of tokens or models."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.claims.names import with_names_of
from engine.claims.parse import parse_claim
from engine.claims.verdict import SCHEMA
from engine.curate.given_fields import text_in
from engine.curate.patent_options import PatentOptions
from engine.curate.row import Message

PRODUCT, CLAIM, OUTPUT = "[제품 설명]\n", "\n\n[청구항]\n", "\n### 출력\n"
MOST_ELEMENTS, MOST_LETTERS = 12, 300
"""Of a claim whose elements an answer is held to: 700 tokens of a small tokenizer hold about that many letters with their comparisons."""


def patent_prompt(product: str, claim: str, options: PatentOptions) -> tuple[Message, ...]:
    """The prompt of a style; the span that may be cut when it is too long is the product's text.

    The product's text carries the claim's names where the dictionary knows them. instruction: one message of role `raw`,
    verbatim `### 지시\\n…\\n### 입력\\n…\\n### 출력\\n`. chat: one user message.
    """
    said = with_names_of(product.strip(), claim, options.abbreviations)
    tail = f"{CLAIM}{claim.strip()}"
    if options.style == "instruction":
        return (_cuttable("raw", f"### 지시\n{options.instruction}\n### 입력\n{PRODUCT}", said, f"{tail}{OUTPUT}"),)
    return (_cuttable("user", f"{options.instruction}\n\n{PRODUCT}", said, tail),)


def _cuttable(role: str, lead: str, shown: str, tail: str) -> Message:
    return Message(role=role, content=f"{lead}{shown}{tail}", cut=(len(lead), len(lead) + len(shown)))


def prompt_of(item: Mapping[str, Any], options: PatentOptions) -> tuple[Message, ...]:
    """The prompt for {"product": str, "claim": str}. Raises KeyError for a missing field, UserError for one that is no text or
    has not a letter."""
    return patent_prompt(text_in(item, "product"), text_in(item, "claim"), options)


def claim_in(messages: Sequence[Message]) -> str:
    """The claim that stands in a prompt of either style; "" where there is none."""
    found = messages[-1]["content"].rpartition(CLAIM)[2] if messages and CLAIM in messages[-1]["content"] else ""
    return found.removesuffix(OUTPUT)


def schema_of(messages: Sequence[Message]) -> dict[str, Any] | None:
    """The schema of a verdict on the claim in a prompt: one comparison for each of its elements, in their order. None where the
    claim cannot be taken apart, or has more elements than an answer has room for."""
    elements = list(dict.fromkeys(parse_claim(claim_in(messages)).elements))
    if not elements or len(elements) > MOST_ELEMENTS or sum(map(len, elements)) > MOST_LETTERS:
        return None
    one = SCHEMA["properties"]["comparisons"]["items"]
    each = [{**one, "properties": {**one["properties"], "claim_element": {"const": element}}} for element in elements]
    places = {"prefixItems": each, "items": False, "minItems": len(each), "maxItems": len(each)}
    return {**SCHEMA, "properties": {**SCHEMA["properties"], "comparisons": {"type": "array", **places}}}
