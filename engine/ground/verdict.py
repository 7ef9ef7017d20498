"""What a judgement says: a label and a kind for the answer, and the claims that led to it as spans of the answer."""

from dataclasses import dataclass
from typing import Literal, get_args

Label = Literal["grounded", "hallucinated", "could_not_judge"]
Kind = Literal[
    "supported",
    "contradicted",
    "unsupported",
    "should_have_refused",
    "refused_correctly",
    "refused_wrongly",
    "tail",
    "foreign_script",
    "repetition",
    "cut_off",
    "undecided",
]
"""`undecided` goes with the label could_not_judge alone; refused_correctly and refused_wrongly are grounded."""
KINDS: tuple[Kind, ...] = get_args(Kind)
GROUNDED: frozenset[Kind] = frozenset({"supported", "refused_correctly", "refused_wrongly"})


@dataclass(frozen=True, slots=True)
class Claim:
    """[start, end) in code points of the answer. `evidence`: words of context[context_index] that decided, None without."""

    start: int
    end: int
    kind: Kind
    evidence: str | None
    context_index: int | None
    reason_ko: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`kind` and `evidence` are those of the claim that decided; reasons hold no more of the texts than numbers and units."""

    label: Label
    kind: Kind
    claims: tuple[Claim, ...]
    evidence: str | None
    reason_ko: str
    reason_en: str


def label_of(kind: Kind) -> Label:
    """The label that goes with a kind."""
    if kind == "undecided":
        return "could_not_judge"
    return "grounded" if kind in GROUNDED else "hallucinated"
