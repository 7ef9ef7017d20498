"""Which rows train and which judge: whole groups go to one split, never single rows. It knows nothing of the store."""

import hashlib
from collections.abc import Mapping

from engine.errors import UserError

FEWEST_ROWS = 8
"""Below this not even the shortest training has something to learn from and something to be judged by."""


def assign_splits(
    counts: Mapping[str, int], splits: Mapping[str, float], seed: int, dropped: Mapping[str, int] | None = None
) -> dict[str, str]:
    """Group to split, the same for the same seed.

    counts: kept rows per group. splits: share per split; they need not sum to one, a share of 0 leaves the split out.
    dropped: rows left out per reason, only for the error's text.
    The smallest shares are filled first, from groups in an order drawn by the seed, each as close to its size as whole
    groups allow; the largest share takes the rest. Every split gets a group.
    Raises UserError for fewer than 8 rows, or fewer groups than splits.
    """
    shares = {name: share for name, share in splits.items() if share > 0}
    order = sorted(shares, key=lambda name: shares[name])
    rest = sorted(counts, key=lambda group: hashlib.blake2b(f"{seed}:{group}".encode()).digest())
    rows, chosen = sum(counts.values()), dict[str, str]()
    _require(rows, len(rest), len(order), dropped or {})
    for place, split in enumerate(order[:-1], start=1):
        target = rows * shares[split] / sum(shares.values())
        taken = _take(rest, counts, target, spare=len(rest) - (len(order) - place))
        chosen.update(dict.fromkeys(taken, split))
        rest = [group for group in rest if group not in chosen]
    return chosen | dict.fromkeys(rest, order[-1])


def _take(groups: list[str], counts: Mapping[str, int], target: float, spare: int) -> list[str]:
    """Groups that bring the sum closer to the target, at most `spare`; the smallest one when none does."""
    taken: list[str] = []
    missing = target
    for group in groups:
        if len(taken) < spare and counts[group] < 2 * missing:
            taken.append(group)
            missing -= counts[group]
    return taken or [min(groups, key=lambda group: counts[group])]


def _require(rows: int, groups: int, needed: int, dropped: Mapping[str, int]) -> None:
    if rows < FEWEST_ROWS:
        reasons = ", ".join(f"{name} {n}" for name, n in sorted(dropped.items(), key=lambda item: (-item[1], item[0])))
        raise UserError(
            f"남은 행이 {rows}개뿐입니다(빠진 까닭: {reasons or '없음'}). 적어도 {FEWEST_ROWS}개가 있어야 배우고 "
            "평가합니다. 자료를 더 가져오거나 --set으로 거르는 기준을 낮추세요.",
            f"Only {rows} rows were kept (dropped: {reasons or 'none'}); at least {FEWEST_ROWS} are needed to train "
            "and to judge. Import more material or relax the filters with --set.",
        )
    if groups < needed:
        raise UserError(
            f"나눌 수 있는 묶음(날, 대화, 조항 따위)이 {groups}개뿐이라 학습용과 평가용 {needed}개로 가를 수 없습니다. "
            "자료를 더 가져오거나 거르는 기준을 낮추세요.",
            f"Only {groups} groups (days, conversations, clauses …) were found, too few for {needed} separate splits. "
            "Import more material or relax the filters.",
        )
