"""One case said otherwise: other names, other words, another order, an amount moved across the edge of its range.

A variant is a whole case; its label holds by the all-elements rule, or it is not made. It knows nothing of rows and splits.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.claims.names import Names, particle_after, stands_in, swapped
from engine.claims.parse import parse_claim
from engine.claims.ranges import Amount, Range, amounts_in, ranges_in, written
from engine.claims.synonyms import SYNONYMS
from engine.claims.verdict import Comparison, Verdict, risk_of
from engine.curate.patent_options import PatentOptions, Variant

TRIES = 4
"""Times a variant is drawn before the case is said to have no more."""


@dataclass(frozen=True, slots=True)
class Said:
    """A case as it is said."""

    claim: str
    product: str
    verdict: Verdict


def variants(case: Said, options: PatentOptions) -> list[tuple[Variant, Said]]:
    """At most `copies` variants, each of another kind while there are any, the same for the same seed; none is the case itself."""
    draw = random.Random(f"{options.seed} {case.claim} {case.product}")
    found: dict[Said, Variant] = {}
    kinds = list(options.augment)
    draw.shuffle(kinds)
    renaming = next((kind for kind in kinds if kind in ("abbreviated", "spelled_out")), None)
    kinds.sort(key=lambda kind: kind != renaming)  # few cases have an abbreviation: one of the two ways comes first
    for kind in kinds * TRIES:
        if len(found) >= options.copies:
            break
        made = _MAKERS[kind](case, options, draw)
        if (
            made
            and made != case
            and made not in found
            and risk_of(c.match for c in made.verdict.comparisons) == made.verdict.risk
        ):
            found[made] = kind
    return [(kind, said) for said, kind in found.items()]


def _abbreviated(case: Said, options: PatentOptions, draw: random.Random) -> Said | None:
    """The short name in place of a longer one, in the claim or in the product."""
    pairs = [(long, group[0]) for group in options.abbreviations for long in group[1:]]
    return _renamed(case, pairs, draw)


def _spelled_out(case: Said, options: PatentOptions, draw: random.Random) -> Said | None:
    """A longer name in place of the short one."""
    pairs = [(group[0], long) for group in options.abbreviations for long in group[1:]]
    return _renamed(case, pairs, draw)


def _renamed(case: Said, pairs: Sequence[tuple[str, str]], draw: random.Random) -> Said | None:
    ways = [
        (side, name, other)
        for name, other in pairs
        for side, text in (("claim", case.claim), ("product", case.product))
        if stands_in(name, text)
    ]
    if not ways:
        return None
    side, name, other = draw.choice(ways)
    return _said_with(case, side, lambda text: swapped(text, name, other))


def _synonym(case: Said, options: PatentOptions, draw: random.Random) -> Said | None:
    """Another word in the product: the claim's words are what is looked for."""
    groups: tuple[Names, ...] = (*SYNONYMS, *options.synonyms)
    ways = [
        (one, other)
        for group in groups
        for one in group
        if stands_in(one, case.product)
        for other in group
        if one != other
    ]
    if not ways:
        return None
    name, other = draw.choice(ways)
    return _said_with(case, "product", lambda text: swapped(text, name, other))


def _said_with(case: Said, side: str, said: Callable[[str], str]) -> Said:
    compared = tuple(
        replace(one, claim_element=said(one.claim_element))
        if side == "claim"
        else replace(one, product_element=said(one.product_element))
        for one in case.verdict.comparisons
    )
    verdict = replace(case.verdict, comparisons=compared)
    return (
        Said(said(case.claim), case.product, verdict)
        if side == "claim"
        else Said(case.claim, said(case.product), verdict)
    )


def _reordered(case: Said, options: PatentOptions, draw: random.Random) -> Said | None:
    """Elements in another order, where none speaks of another (상기), none is a step, and each has its comparison."""
    claim = parse_claim(case.claim)
    places = [at for at, piece in enumerate(claim.pieces) if piece.role == "element"]
    elements = [claim.pieces[at].text for at in places]
    by_element = {one.claim_element: one for one in case.verdict.comparisons}
    if (
        claim.category == "방법"
        or len(elements) < 2
        or set(elements) != set(by_element)
        or any("상기" in one for one in elements)
    ):
        return None
    order = list(range(len(elements)))
    draw.shuffle(order)
    texts = [piece.text for piece in claim.pieces]
    for place, at in zip(places, order, strict=True):
        texts[place] = elements[at]
    for place in places:  # the particle behind an element agrees with it
        was, now, behind = claim.pieces[place].text, texts[place], texts[place + 1]
        taken, particle = particle_after(was, now, behind, 0)
        texts[place + 1] = particle + behind[taken:]
    compared = tuple(by_element[elements[at]] for at in order)
    return Said("".join(texts), case.product, replace(case.verdict, comparisons=compared))


def _range_edge(case: Said, options: PatentOptions, draw: random.Random) -> Said | None:
    """The product's amount on the edge of the claimed range, or just beyond it: then the element is not met any more."""
    ways = list(_movable(case))
    if not ways:
        return None
    place, allowed, amount = draw.choice(ways)
    one = case.verdict.comparisons[place]
    old = one.product_element[amount.start : amount.end]
    value = draw.choice(_edges(allowed))
    new = written(value, old)
    if new == old:
        return None
    moved = replace(
        one, product_element=_put(one.product_element, old, new), match="일치" if allowed.holds(value) else "불일치"
    )
    compared = (*case.verdict.comparisons[:place], moved, *case.verdict.comparisons[place + 1 :])
    return Said(case.claim, _put(case.product, old, new), _judged(case.verdict, compared, moved, old, new))


def _movable(case: Said) -> Iterator[tuple[int, Range, Amount]]:
    """(comparison, the claimed range, the product's amount) where the element is met, has one range, and the number stands once."""
    for place, one in enumerate(case.verdict.comparisons):
        allowed = ranges_in(one.claim_element)
        if one.match != "일치" or len(allowed) != 1:
            continue
        amounts = [a for a in amounts_in(one.product_element) if a.unit == allowed[0].unit]
        number = one.product_element[amounts[0].start : amounts[0].end] if len(amounts) == 1 else ""
        if number and allowed[0].holds(amounts[0].value) and len(_places(case.product, number)) == 1:
            yield place, allowed[0], amounts[0]


def _edges(allowed: Range) -> list[float]:
    """The bounds themselves, and a tenth of the span (at least of the bound) beyond them."""
    found: list[float] = []
    for bound, sign in ((allowed.low, -1.0), (allowed.high, 1.0)):
        if bound is None:
            continue
        span = allowed.high - allowed.low if allowed.low is not None and allowed.high is not None else abs(bound)
        step = max(1.0, round(span / 10)) if bound == int(bound) and span >= 5 else round(max(span / 10, 0.1), 1)
        found += [bound, *([bound + sign * step] * (bound + sign * step > 0))]
    return found


def _judged(old: Verdict, compared: tuple[Comparison, ...], moved: Comparison, was: str, now: str) -> Verdict:
    if moved.match == "일치":
        return replace(old, comparisons=compared, reason=_put(old.reason, was, now))
    said = f"{moved.product_element}: 청구항의 {moved.claim_element} 범위를 벗어난다."
    return Verdict(
        risk_of(one.match for one in compared), compared, said if old.risk != "낮음" else f"{old.reason} {said}"
    )


def _places(text: str, number: str) -> list[int]:
    return [found.start() for found in re.finditer(rf"(?<![\d.,]){re.escape(number)}(?![\d.,]*\d)", text)]


def _put(text: str, old: str, new: str) -> str:
    at = _places(text, old)
    return f"{text[: at[0]]}{new}{text[at[0] + len(old) :]}" if len(at) == 1 else text


_MAKERS: dict[Variant, Callable[[Said, PatentOptions, random.Random], Said | None]] = {
    "abbreviated": _abbreviated,
    "spelled_out": _spelled_out,
    "synonym": _synonym,
    "reordered": _reordered,
    "range_edge": _range_edge,
}
