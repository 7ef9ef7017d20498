"""How many more questions an evaluation needs, from its own answers: for a narrow interval, and to tell two models apart."""

from dataclasses import dataclass

from sqlite_utils import Database

from engine.evaluate.power import WIDTH, for_difference, for_width
from engine.store.evaluations import read_answers


@dataclass(frozen=True, slots=True)
class Advice:
    """What one model's share of right answers would need."""

    model: str
    share: float
    n: int
    """Questions judged."""
    for_width: int
    """Questions in all for an interval of about ± WIDTH."""
    gained: float | None
    """Share of the questions that it alone has right, and the first model does not; None for the first model."""
    lost: float | None
    for_difference: int | None
    """Questions in all to tell it from the first model, were the difference as it looks; None where there is none to tell."""


def advise(db: Database, evaluation_id: str, models: list[str], metric: str) -> list[Advice]:
    """For every model that the metric judged right or wrong, the first one first. Empty for a metric that is no share of right answers."""
    scored = {model: _scores(db, evaluation_id, model, metric) for model in models}
    if any(value not in (0.0, 1.0) for found in scored.values() for value in found.values()):
        return []
    first = scored[models[0]] if models else {}
    return [_advice(model, found, None if model == models[0] else first) for model, found in scored.items() if found]


def _scores(db: Database, evaluation_id: str, model: str, metric: str) -> dict[str, float]:
    answers = read_answers(db, evaluation_id, model)
    return {one["item"]: value for one in answers if (value := one["scores"].get(metric)) is not None}


def _advice(model: str, found: dict[str, float], first: dict[str, float] | None) -> Advice:
    share = sum(found.values()) / len(found)
    both = [(first[item], value) for item, value in found.items() if item in first] if first else []
    if not both:
        return Advice(model, share, len(found), for_width(share, WIDTH), None, None, None)
    gained, lost = sum(b > a for a, b in both) / len(both), sum(a > b for a, b in both) / len(both)
    return Advice(model, share, len(found), for_width(share, WIDTH), gained, lost, for_difference(gained, lost))
