"""Several claims and how they go back to each other; what cannot be is named. It reads no file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.claims.parse import Claim, parse_claim

MANY = 100
"""Elements from which a claim is told as long: a small model's window does not hold the comparison of so many."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Claims in order of appearance."""

    claims: tuple[Claim, ...]
    problems: tuple[str, ...]
    """repeated:N (a number twice), missing:N→M (goes back to a claim that is not there), later:N→M (to itself or one behind),
    no_elements:N, long:N (over 100 elements)."""
    apart: bool = False
    """True: claims of different patents, numbered by their place alone; none goes back to another."""

    def depth(self, claim: Claim, seen: frozenset[int] = frozenset()) -> int:
        """How many claims it goes back over; 0 for an independent one."""
        known = {} if self.apart else {one.number: one for one in self.claims}
        parents = [known[n] for n in claim.depends_on if n in known and n not in seen and n != claim.number]
        return 1 + max(self.depth(one, seen | {claim.number or 0}) for one in parents[:1]) if parents else 0


def claim_tree(numbered: Sequence[tuple[int, str]], apart: bool = False) -> Tree:
    """The tree of (number, text) claims. apart: they are of different patents."""
    claims = tuple(parse_claim(text, number) for number, text in numbered)
    known = {claim.number for claim in claims}
    problems = [f"repeated:{n}" for n, count in Counter(claim.number for claim in claims).items() if count > 1]
    for claim in claims:
        number = claim.number or 0
        back = () if apart else claim.depends_on
        problems += [f"missing:{number}→{n}" for n in back if n not in known]
        problems += [f"later:{number}→{n}" for n in back if n in known and n >= number]
        problems += [f"no_elements:{number}"] * (not claim.elements) + [f"long:{number}"] * (len(claim.elements) > MANY)
    return Tree(claims, tuple(dict.fromkeys(problems)), apart)


def told(claim: Claim) -> dict[str, Any]:
    """A claim as the `claims` command tells it."""
    return {
        "number": claim.number,
        "depends_on": list(claim.depends_on),
        "category": claim.category,
        "preamble": claim.preamble,
        "elements": list(claim.elements),
        "subject": claim.subject,
    }
