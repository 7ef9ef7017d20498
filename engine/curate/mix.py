"""How much of each part a mix wants, has and lacks, and what a dataset reached. It knows nothing of what the rows say."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlite_utils import Database

from engine.store.rows import buckets_of

BUCKETS = ("base", "distil", "domain")
"""Parts: checks of the base, worked solutions to distil from, the domain itself."""
_KO = {"base": "기본기(base)", "distil": "풀이(distil)", "domain": "의학(domain)"}
OVER = "over_mix"
"""Why a row is left out: there are more of its part than the mix takes."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mix, in training rows. Shares are 0-1; `wanted` is None where no mix was asked for."""

    wanted: float | None
    got: float
    rows: int
    over: int
    """Rows left out because there were more than the mix takes."""
    missing: int
    """Rows that would have to come in for the shares to be as wanted, all others staying."""


@dataclass(frozen=True, slots=True)
class Mix:
    """The mix of a dataset, and what to know of it, one `Korean / English` line each."""

    parts: Mapping[str, Part]
    warnings: list[str]

    def as_json(self) -> dict[str, Any]:
        """As results tell it."""
        return {name: asdict(part) for name, part in self.parts.items()}


def weights_in(text: str) -> dict[str, float]:
    """`20/30/50`, or `base=20,domain=80`, as a weight for each part; `off` is none. Raises ValueError for anything else."""
    if text.strip().casefold() in ("off", ""):
        return {}
    pairs = [part.partition("=")[::2] for part in text.split(",")] if "=" in text else list(zip(BUCKETS, text.split("/"), strict=False))  # fmt: skip
    told = {name.strip(): share.strip() for name, share in pairs}
    unknown = sorted(set(told) - set(BUCKETS))
    try:
        found = {name: float(told.get(name, 0)) for name in BUCKETS}
    except ValueError:
        found = {}
    fits = "=" in text or len(text.split("/")) == len(BUCKETS)
    if unknown or not fits or not all(0 <= share < 1e9 for share in found.values()) or not sum(found.values()):
        raise ValueError(
            f"'{text}'은(는) 비율이 아닙니다. {'/'.join(BUCKETS)}의 차례로 20/30/50, 또는 base=20,domain=80, 또는 off로 쓰세요. 비율은 0 이상이고 하나는 0보다 커야 "
            f"합니다. / '{text}' is no mix. Write 20/30/50 for {'/'.join(BUCKETS)}, or base=20,domain=80, or off; shares are at least 0, one above 0."
        )
    return found


def written(weights: Mapping[str, float]) -> str:
    """Weights in the one form that is kept with a dataset."""
    return "/".join(f"{weights.get(name, 0.0):g}" for name in BUCKETS) if weights else "off"


def planned(there: Mapping[str, int], weights: Mapping[str, float], most_cut: float) -> dict[str, int]:
    """Rows to take of each part so that shares come closest to the weights, which need not sum to anything.

    No part loses more than `most_cut` (0-1) of its rows; a part without rows is missed, and the others keep their proportion.
    A part of weight 0 gives nothing. No weights: everything is taken.
    """
    total = sum(weights.values())
    if not total:
        return dict(there)
    wanted = {name: weights.get(name, 0.0) / total for name in there}
    fits = [count / wanted[name] for name, count in there.items() if wanted[name] and count]
    size = max(min(fits), (1 - most_cut) * max(fits)) if fits else 0.0
    return {name: min(count, round(size * wanted[name])) for name, count in there.items()}


def reached(rows: Mapping[str, int], over: Mapping[str, int], weights: Mapping[str, float]) -> Mix:
    """What became of a mix. rows, over: training rows taken and left out, by part."""
    total, taken = sum(weights.values()), sum(rows.values())
    names = list(dict.fromkeys([*weights, *rows, *over]))
    wanted = {name: weights.get(name, 0.0) / total if total else None for name in names}
    full = max((rows.get(name, 0) / share for name, share in wanted.items() if share), default=0.0)
    parts = {
        name: Part(
            share,
            rows.get(name, 0) / taken if taken else 0.0,
            rows.get(name, 0),
            over.get(name, 0),
            max(0, round(full * share) - rows.get(name, 0)) if share else 0,
        )
        for name, share in wanted.items()
    }
    return Mix(parts, _told(parts, total))


FAR = 0.01
"""Shares this close to what was wanted need no word."""


def _told(parts: Mapping[str, Part], total: float) -> list[str]:
    found = []
    if total and abs(total - 100) > 1e-6:
        found.append(
            f"비율의 합이 100이 아니라 {total:g}이어서 100으로 맞추었습니다. / The shares sum to {total:g}, not to 100; they were scaled."
        )
    for name, part in parts.items():
        if part.wanted and part.missing and part.wanted - part.got > FAR:
            found.append(
                f"{_KO.get(name, name)} 갈래의 학습 행이 모자랍니다: {part.wanted:.0%}를 바랐지만 {part.got:.1%}({part.rows:,}행)이고, {part.missing:,}행이 더 있어야 합니다. / "
                f"Too few training rows of '{name}': {part.wanted:.0%} were wanted, {part.got:.1%} are there ({part.rows:,} rows), "
                f"{part.missing:,} more are needed."
            )
    return found


def mix_of(db: Database, dataset: Mapping[str, Any]) -> Mix | None:
    """The mix of a dataset as it is now; None for one whose options know of no mix."""
    mix = dataset["options"].get("mix")
    if mix is None:
        return None
    rows, over = buckets_of(db, dataset["id"], "train", OVER)
    return reached(rows, over, weights_in(mix))
