"""How much of each part a mix wants, has and lacks. It knows nothing of what the parts are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mix. Shares are 0-1 of the training rows."""

    wanted: float
    there: int
    """Rows there are."""
    taken: int
    """Rows taken."""
    missing: int
    """Rows that would have to be added, beside those that are taken of the other parts."""
    got: float
    """Share reached."""


def planned(there: Mapping[str, int], weights: Mapping[str, float], most_cut: float) -> dict[str, Part]:
    """What to take of each part so that shares come closest to the weights, which need not sum to anything.

    No part loses more than `most_cut` (0-1) of its rows; a part without rows is missed, and the others keep their proportion.
    A part of weight 0 gives nothing. No weights: everything is taken.
    """
    total = sum(weights.values())
    wanted = {name: weights.get(name, 0.0) / total if total else 0.0 for name in dict.fromkeys([*weights, *there])}
    fits = [there[name] / share for name, share in wanted.items() if share and there.get(name)]
    size = max(min(fits), (1 - most_cut) * max(fits)) if fits else 0.0
    taken = {
        n: there.get(n, 0) if not total else min(there.get(n, 0), round(size * share)) for n, share in wanted.items()
    }
    rows = sum(taken.values())
    full = max((taken[name] / share for name, share in wanted.items() if share), default=0.0)
    return {
        name: Part(
            share,
            there.get(name, 0),
            taken[name],
            max(0, round(full * share) - taken[name]) if total else 0,
            taken[name] / rows if rows else 0.0,
        )
        for name, share in wanted.items()
    }


def told(parts: Mapping[str, Part], weights: Mapping[str, float]) -> list[str]:
    """What to know of a mix that is not as wanted, one `Korean / English` line each."""
    total, found = sum(weights.values()), []
    if weights and abs(total - 100) > 1e-6:
        found.append(
            f"비율의 합이 {total:g}이어서 100으로 맞추었습니다. / The shares sum to {total:g}; they were scaled to 100."
        )
    for name, part in parts.items():
        if part.missing and part.wanted - part.got > 0.005:
            found.append(
                f"'{name}' 갈래는 {part.wanted:.0%}를 바랐지만 {part.got:.0%}입니다({part.taken:,}행, {part.missing:,}행 모자람). / The part '{name}' was to be "
                f"{part.wanted:.0%} and is {part.got:.0%} ({part.taken:,} rows, {part.missing:,} missing)."
            )
    return found


def as_json(parts: Mapping[str, Part]) -> dict[str, dict[str, Any]]:
    """Parts as the `mix` of a dataset's result."""
    return {
        name: {
            "wanted": round(p.wanted, 4),
            "got": round(p.got, 4),
            "rows": p.taken,
            "there": p.there,
            "missing": p.missing,
        }
        for name, p in parts.items()
    }
