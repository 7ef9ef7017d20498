"""The grid: every combination of a few values per field, less those that mean nothing. It trains nothing."""

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from engine.errors import UserError
from engine.train.search.space import Range, value_of
from engine.train.search.twins import effect_of, settle
from engine.train.settings import TrainSettings

POINTS = 5
"""Values a range from low to high is tried at."""
MOST = 100
"""Combinations at most: more take days where one takes minutes, and a sampler finds as good a one with fewer."""
MOST_RAW = 100_000
"""Combinations looked at before the meaningless ones are dropped: a second."""


def grid_of(
    space: Sequence[Range], baseline: TrainSettings, rows: int, device: str
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """(combinations to try beside the baseline, {reason: how many were dropped}).

    Reasons: contradiction, machine, twin (an earlier combination trains the same way), baseline (it is the preset itself).
    Raises UserError when too many are left, or none.
    """
    values = {one.name: points_of(one) for one in space}
    whole = math.prod(len(found) for found in values.values())
    if whole > MOST_RAW:
        raise _too_large(whole, whole)
    seen, kept, dropped = {effect_of(baseline, rows, device): "baseline"}, [], dict[str, int]()
    for combination in _nearest_first(values, baseline):
        settings, why = settle(baseline, combination, device)
        if settings is not None:
            effect = effect_of(settings, rows, device)
            why = seen.get(effect)
            seen.setdefault(effect, "twin")
        if why:
            dropped[why] = dropped.get(why, 0) + 1
        else:
            kept.append(combination)
    if len(kept) > MOST:
        raise _too_large(len(kept), whole)
    if not kept:
        raise UserError(
            f"조합 {whole}가지가 모두 뜻이 없거나 기준 설정과 같습니다. --fields나 --range로 다른 값을 넣으세요.",
            f"All {whole} combinations mean nothing or equal the baseline. Give other values with --fields or --range.",
        )
    return kept, dropped


def _nearest_first(values: Mapping[str, list[Any]], baseline: TrainSettings) -> list[dict[str, Any]]:
    """Every combination; those that change the fewest fields of the baseline come first, and of twins the first stays."""
    usual = baseline.model_dump()
    found = [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]
    return sorted(found, key=lambda one: sum(value != usual[name] for name, value in one.items()))


def points_of(one: Range) -> list[Any]:
    """The values of a range that a grid tries."""
    if one.kind == "choice":
        return list(one.choices)
    ends = (math.log(one.low), math.log(one.high)) if one.log else (one.low, one.high)
    spread = [ends[0] + (ends[1] - ends[0]) * place / (POINTS - 1) for place in range(POINTS)]
    found = [math.exp(point) if one.log else point for point in spread]
    if one.kind == "int":
        return sorted({round(point) for point in found})
    return list(dict.fromkeys(value_of(one.name, f"{point:.4g}") for point in found))


def _too_large(count: int, whole: int) -> UserError:
    return UserError(
        f"격자가 너무 큽니다: 뜻이 같은 것을 빼고도 {count:,}가지입니다(전체 {whole:,}가지, 많아야 {MOST}가지). --fields를 줄이거나 "
        "--range로 값을 줄이세요. --grid를 빼면 그 가운데 좋은 곳부터 골라서 찾습니다.",
        f"The grid is too large: {count:,} combinations that differ (of {whole:,}; at most {MOST}). Name fewer --fields, give "
        "fewer values with --range, or leave --grid out: then promising places are tried first.",
    )
