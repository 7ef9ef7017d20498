"""How long a compression may take, guessed from how long its run took to learn and to answer. It begins nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from engine.compress.forms import engines_of
from engine.compress.plan import FORMS, TRAINS, Step, stages
from engine.store.evaluations import get_evaluation
from engine.store.runs import newest_judgement

TAUGHT_BY_TEACHER = 1.5
"""A step of distillation asks the teacher too: a pass forwards beside one forwards and back."""


@dataclass(frozen=True, slots=True)
class Guess:
    """`train_s`: of all steps that learn, 0 where none does; `judge_s`: of judging `items` items `times` times; None: not known."""

    train_s: float | None
    judge_s: float | None
    items: int
    times: int


def guess_time(db: Database, run: Mapping[str, Any], steps: Sequence[Step], items: int) -> Guess:
    """Of a plan on a run. Each step that learns goes over the dataset as the run did; each form is judged for every engine."""
    learned = _seconds(run)
    share = sum(TAUGHT_BY_TEACHER if step.technique == "distil" else 1.0 for step in steps if step.technique in TRAINS)
    train = 0.0 if not share else None if learned is None else share * learned
    last = [steps[places[-1]] for places in stages(steps)]
    times = 1 + sum(len(engines_of(step)) if step.technique in FORMS else 1 for step in last)
    answer = _seconds_per_answer(db, str(run["id"]))
    return Guess(train, None if answer is None else answer * items * times, items, times)


def _seconds(run: Mapping[str, Any]) -> float | None:
    """From the first start of the run's job to its end."""
    if not run["started_at"] or not run["left_at"]:
        return None
    return (datetime.fromisoformat(run["left_at"]) - datetime.fromisoformat(run["started_at"])).total_seconds()


def _seconds_per_answer(db: Database, run_id: str) -> float | None:
    judged = newest_judgement(db, run_id)
    if judged is None:
        return None
    facts = get_evaluation(db, judged).get("costs", {}).get(run_id, {})
    seconds = facts.get("seconds_per_answer")
    return None if seconds is None else float(seconds)
