"""Does a model know the numbers that masking hid from it? Rank among numbers of the same shape, and what the base model thinks of them.

People's invented numbers (010-0000-1357) are likelier than drawn ones to any model, so a good rank alone proves nothing. What counts is
whether training made the true number likelier than it made the drawn ones: the loss of the run less the loss of its base (L. Watson et
al., On the Importance of Difficulty Calibration in Membership Inference Attacks, 2022).
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from engine.deploy.audit.by_heart import FEW, LIKELY, ROUND, SURE, Rank, losses_of, rank, together
from engine.deploy.audit.finding import Finding, Level
from engine.errors import UserError
from engine.serve.backend import Backend

ROWS = 3
"""Rows in which one number is asked for at most: the same number in many rows is still one number."""

Hidden = tuple[Mapping[str, Any], str, str]
"""(row of training, the placeholder in its target, the number that was hidden there)."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One hidden number: the prompts and the answers' texts around it, and the candidates, the true one first."""

    prompts: tuple[Any, ...]
    targets: tuple[str, ...]
    mark: str
    candidates: tuple[str, ...]

    def said(self, row: int, candidate: str) -> str:
        return self.targets[row].replace(self.mark, candidate)


def guesses_of(rows: Sequence[Hidden], seed: int) -> list[Guess]:
    """Every number once, beside FEW others of its shape."""
    chance, found = random.Random(seed), []
    for (mark, value), group in groupby(sorted(rows, key=lambda one: one[1:]), key=lambda one: one[1:]):
        holding = [row for row, *_ in group][:ROWS]
        others = tuple(_other(value, chance) for _ in range(FEW))
        prompts, targets = tuple(row["messages"] for row in holding), tuple(row["target"] for row in holding)
        found.append(Guess(prompts, targets, mark, (value, *others)))
    return found


def _other(value: str, chance: random.Random) -> str:
    """Another number of the same shape; the first three digits (010, a bank, a month) stay."""
    digits, made = 0, []
    for sign in value:
        digits += sign.isdigit()
        made.append(str(chance.randrange(10)) if sign.isdigit() and digits > 3 else sign)
    return "".join(made)


@dataclass(frozen=True, slots=True)
class Known:
    """What the run thinks of hidden numbers: p of their ranks, and the loss of every candidate where the ranks are no accident."""

    ranks: tuple[Rank, ...]
    losses: tuple[tuple[float, ...], ...] = ()

    @property
    def p(self) -> float:
        return together(self.ranks)


def known_by(backend: Backend, guesses: Sequence[Guess], told: Callable[[str], None]) -> Known:
    """The cheap look first, number by number in one row each; all candidates in all rows only where that is suspicious."""
    ranks = []
    for guess in guesses:
        told("가린 번호를 아는지 봅니다 / whether it knows hidden numbers")
        true, *others = (guess.said(0, candidate) for candidate in guess.candidates)
        ranks.append(rank(backend, guess.prompts[0], true, others))
    if together(ranks) >= LIKELY:
        return Known(tuple(ranks))
    losses = all_losses(backend, guesses)
    return Known(tuple(placed(one) for one in losses), losses)


def all_losses(backend: Backend, guesses: Sequence[Guess]) -> tuple[tuple[float, ...], ...]:
    """Of each number the loss of every candidate in nats, summed over its rows."""
    return tuple(tuple(map(sum, zip(*_by_row(backend, guess), strict=True))) for guess in guesses)


def _by_row(backend: Backend, guess: Guess) -> Iterator[list[float]]:
    for at, prompt in enumerate(guess.prompts):
        said = [guess.said(at, candidate) for candidate in guess.candidates]
        rounds = (losses_of(backend, prompt, said[start : start + ROUND]) for start in range(0, len(said), ROUND))
        yield [loss for losses in rounds for loss in losses]


def placed(losses: Sequence[float]) -> Rank:
    """The place of the first among all; what cannot be told apart, or not told at all, counts against it."""
    return Rank(1 + sum(not loss > losses[0] for loss in losses[1:]), len(losses) - 1)


def value_findings(
    known: Known, guesses: Sequence[Guess], base: Callable[[], AbstractContextManager[Backend]]
) -> list[Finding]:
    """base: opens the model that the run began from; asked for only where the run's ranks are no accident."""
    if not guesses:
        return []
    if not known.losses:
        return [_finding(len(guesses), known.p, None, None)]
    try:
        with base() as backend:
            before = all_losses(backend, guesses)
    except UserError:  # its weights are gone: the run's own ranks are all there is
        return [_finding(len(guesses), known.p, None, None)]
    risen = [
        placed([after - own for after, own in zip(*pair, strict=True)])
        for pair in zip(known.losses, before, strict=True)
    ]
    return [_finding(len(guesses), known.p, together(risen), together([placed(one) for one in before]))]


def _finding(count: int, p: float, risen: float | None, base: float | None) -> Finding:
    """p: of the run's ranks; risen: of what training added; base: of the base's own ranks."""
    judged = p if risen is None else risen
    level: Level = (
        "red" if judged < SURE else "amber" if judged < LIKELY or (base is not None and base < SURE) else "green"
    )
    parts = {"n": f"{count}", "p": f"{p:.2g}"}
    parts |= {} if risen is None or base is None else {"p of training": f"{risen:.2g}", "p of the base": f"{base:.2g}"}
    evidence = ", ".join(f"{name}={told}" for name, told in parts.items())
    ko, en = _words(level, count, learned=judged < LIKELY)
    return Finding("masked", level, ko, en, "train", count, evidence)


def _words(level: Level, count: int, *, learned: bool) -> tuple[str, str]:
    if level == "green":
        return (
            f"가린 번호 {count}개를 학습에서 알게 되지 않았습니다.",
            f"None of {count} hidden numbers was learned in training.",
        )
    if learned:
        return (
            f"가린 번호 {count}개를 모델이 우연보다 잘 압니다. 가리지 않은 글로 배운 적이 있습니다. 다시 가리고 새로 학습하세요.",
            f"The model knows {count} hidden numbers better than by chance: it learned from unmasked text. Mask and train anew.",
        )
    return (
        f"가린 번호 {count}개를 기반 모델이 이미 우연보다 잘 압니다. 짐작하기 쉬운 꼴이거나 기반 모델이 본 적이 있습니다. 이번 학습에서 배운 것은 아닙니다.",
        f"The base model already finds {count} hidden numbers likelier than chance: they are easy to guess, or it saw them. This training did "
        "not teach them.",
    )
