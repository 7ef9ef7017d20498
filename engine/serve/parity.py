"""Whether a converted model answers as its source does: greedy answers token by token, and what each would take where both read the same.

Free answers part for good at the first near tie, so their first difference alone says little: of random weights even bfloat16 leaves
fp32 after some tokens. The second measure shows both models the source's own answer; where they would take different tokens, it counts
how much likelier the source finds its own.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.curate.row import Message
from engine.serve.backend import Backend, Scorer
from engine.serve.converting import APART
from engine.serve.decoding import Decoding


@dataclass(frozen=True, slots=True)
class Parity:
    """Of two models over the same prompts."""

    prompts: int
    equal: int
    """Prompts with the same answer, character by character."""
    first_difference: dict[str, int] | None
    """{"prompt": place, "token": place in the answer} of the earliest difference in any answer; None when all are equal."""
    first_differences: list[int | None]
    """For each prompt the place of the first token that differs."""
    same_tokens: float | None
    """Share of the source's answer tokens before the first difference."""
    tokens: int
    """Of the source's answers; the two below are shares of these."""
    same_choice: float | None
    """Where both were shown the source's answer: tokens that both would take. None where an engine cannot tell."""
    within_tolerance: float | None
    """The same, or a token that the source finds less likely by at most the tolerance."""
    tolerance: float
    """Nats."""

    def as_json(self) -> dict[str, Any]:
        """Every field by its name."""
        return asdict(self)


def parity(
    source: Backend,
    other: Backend,
    tokenizer: Any,
    prompts: Sequence[Sequence[Message]],
    *,
    bits: int = 8,
    new_tokens: int = 64,
) -> Parity:
    """Ask both the same, greedily. bits: of the other's weights, which set the tolerance."""
    decoding = Decoding.model_validate({"temperature": 0.0, "repetition_penalty": 1.0, "max_new_tokens": new_tokens})
    wanted = [one.text for one in source.generate(prompts, decoding)]
    made = [one.text for one in other.generate(prompts, decoding)]
    cut = [(_tokens(tokenizer, a), _tokens(tokenizer, b)) for a, b in zip(wanted, made, strict=True)]
    places = [first_difference(a, b) for a, b in cut]
    apart = [(place, at) for at, place in enumerate(places) if place is not None]
    total = sum(len(a) for a, _ in cut)
    kept = sum(len(a) if place is None else min(place, len(a)) for (a, _), place in zip(cut, places, strict=True))
    same, within, read = _shown(source, other, list(zip(prompts, wanted, strict=True)), APART[bits])
    return Parity(
        len(prompts), places.count(None), {"prompt": min(apart)[1], "token": min(apart)[0]} if apart else None, places,
        round(kept / total, 4) if total else None, read, same, within, APART[bits],
    )  # fmt: skip


def first_difference(wanted: Sequence[int], made: Sequence[int]) -> int | None:
    """The first place where two lists differ, the shorter one's end included; None when they are equal."""
    pairs = zip(wanted, made, strict=False)
    unequal = next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(wanted), len(made)))
    return None if list(wanted) == list(made) else unequal


def _tokens(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _shown(
    source: Backend, other: Backend, pairs: Sequence[tuple[Sequence[Message], str]], tolerance: float
) -> tuple[float | None, float | None, int]:
    """(share of equal choices, share within the tolerance, tokens)."""
    if not isinstance(source, Scorer) or not isinstance(other, Scorer):
        return None, None, 0
    theirs = [step.likeliest for steps in other.forced(pairs) for step in steps]
    chosen, at = [], 0
    for steps in (own := source.forced(pairs)):
        chosen.append(theirs[at : at + len(steps)])
        at += len(steps)
    asked = [step for steps in source.forced(pairs, chosen) for step in steps]
    likeliest = [step.likeliest for steps in own for step in steps]
    total = len(likeliest)
    if not total:
        return None, None, 0
    same = sum(a == b for a, b in zip(likeliest, theirs, strict=True))
    within = sum(step.best - step.logprob <= tolerance for step in asked)
    return round(same / total, 4), round(within / total, 4), total
