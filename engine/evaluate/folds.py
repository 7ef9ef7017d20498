"""Held-out answers of all folds as one evaluation: every case judged once, by a model that never saw it. It asks no model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.evaluate.compare import as_dict
from engine.evaluate.plan import Plan
from engine.evaluate.questions import items_of
from engine.evaluate.run import judge_answers
from engine.evaluate.suite import Item, Suite, SuiteContext
from engine.store.datasets import get_dataset, read_split
from engine.store.evaluations import add_answers, get_evaluation, read_answers, start_pooled

POOLED = "folds"
"""What the runs of all folds are called together."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One fold: the dataset that holds it out, the run that learned the rest, the evaluation on what was held out."""

    dataset_id: str
    run_id: str
    model: str
    """The run as it was judged: with its way of answering."""
    evaluation_id: str


def pool_folds(db: Database, recipe: str, suite: Suite, folds: Sequence[Fold], seed: int = 0) -> dict[str, Any]:
    """One stored evaluation over the answers of all folds; returns it as `eval` does, with `folds` beside it.

    The runs answer under one name; any other model judged in every fold (a base) keeps its own. Blocks of the intervals are the groups.
    """
    judged = [get_evaluation(db, fold.evaluation_id) for fold in folds]
    asked = [[one["model"] for one in evaluation["models"]] for evaluation in judged]
    others = [name for name in asked[0] if all(name in names for names in asked)]
    settings = {
        **judged[0]["settings"],
        "models": [*others, POOLED],
        "names": {POOLED: f"{len(folds)}-fold"},
        "folds": [{"dataset": f.dataset_id, "run": f.run_id, "evaluation": f.evaluation_id} for f in folds],
    }
    id_ = start_pooled(
        db, recipe, (suite.name, suite.version), settings, folds[-1].dataset_id, [fold.run_id for fold in folds]
    )
    items: list[Item] = []
    for fold in folds:
        items += _taken(db, id_, fold, others)
    plan = Plan(recipe, suite, get_dataset(db, folds[-1].dataset_id), "test", [], items, SuiteContext(), {})
    summary = judge_answers(db, id_, plan, settings["models"], seed)
    return {"evaluation_id": id_, "folds": settings["folds"], "names": settings["names"], **as_dict(summary)}


def _taken(db: Database, id_: str, fold: Fold, others: Sequence[str]) -> list[Item]:
    """Copy the fold's answers into the pooled evaluation; the items they answer."""
    answered: set[str] = set()
    for model in [*others, fold.model]:
        found = read_answers(db, fold.evaluation_id, model)
        answered |= {one["item"] for one in found}
        add_answers(db, id_, POOLED if model == fold.model else model, found)
    items = items_of(list(read_split(db, fold.dataset_id, "test")), 0, 0)
    return [item for item in items if item.name in answered]
