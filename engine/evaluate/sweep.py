"""A sweep: the same questions under many settings, model after model, and the setting that errs least. Every cell keeps its answers.

Settings are chosen on questions that no report is made from (`plan_evaluation(choosing=True)`): the best of many cells looks better
than it is on the very questions it was chosen by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.evaluate import statistics
from engine.evaluate.answering import Pace, Turn, answer_items, waiting
from engine.evaluate.grid import changes
from engine.evaluate.plan import Plan, Retrieval, look_up, plan_evaluation, prompt_for, shown_from
from engine.evaluate.questions import Shown
from engine.evaluate.run import judge_answers
from engine.evaluate.stops import propose
from engine.evaluate.suite import Suite
from engine.serve.choose import Model, open_model
from engine.serve.decoding import Decoding
from engine.store.evaluations import get_evaluation, read_answers, read_shown_clauses, set_shown, start_evaluation
from engine.store.jobs import Work
from engine.store.judged import judged_answers
from engine.store.open import open_store
from engine.store.sweeps import cells_of, finish_sweep, start_sweep

CHOOSES_BY = "error_rate"
"""Hallucinated, wrongly refused or not to be judged: the hallucination rate alone is lowest for a model that refuses everything."""
RULE_KO = "오류율(환각, 잘못된 거절, 판단 불가)이 가장 낮은 설정. 같으면 지금 설정에서 적게 바꾼 것, 그다음 환각이 적은 것, 그다음 조항 수와 길이가 적은 것."
RULE_EN = (
    "The lowest error rate (hallucinated, wrongly refused or not judged). Ties: fewest changes from the settings used now, then "
    "fewer hallucinations, then fewer clauses and a shorter answer."
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One model under one setting."""

    place: int
    model: Model
    settings: dict[str, Any]
    """Decoding fields of the grid, and k."""
    evaluation_id: str


def run_sweep(
    work: Work,
    *,
    recipe: str,
    suite: Suite,
    models: Sequence[str],
    dataset_id: str,
    cells: Sequence[Mapping[str, Any]],
    now: Mapping[str, Any],
    decoding: Decoding,
    limit: int,
    seed: int,
    retrieval: Retrieval,
) -> dict[str, Any]:
    """Answer and judge every cell, choose per model, save what was chosen; a killed sweep goes on with the missing answers.

    `cells`: settings to try, those used `now` first; what they do not name comes from `decoding`. Raises UserError for a suite that
    has nothing to choose by.
    """
    _refuse_unchoosable(suite)
    with open_store(work.store) as db:
        plan = plan_evaluation(
            db,
            recipe=recipe,
            suite=suite,
            models=models,
            dataset_id=dataset_id,
            limit=limit,
            seed=seed,
            allow_overlap=False,
            choosing=True,
        )
        names = [model.name for model in plan.models]
        told = {"models": names, "cells": list(cells), "now": dict(now), "limit": limit, "seed": seed, **plan.left_out}
        sweep_id, _ = start_sweep(
            db,
            job_id=work.job_id,
            recipe=recipe,
            suite=(suite.name, suite.version),
            dataset_id=plan.dataset["id"],
            split=plan.split,
            settings=told,
            run_ids=[m.run["id"] for m in plan.models if m.run],
        )
        most = max(int(cell["k"]) for cell in cells)
        shown, products = look_up(db, plan, retrieval.settings.model_copy(update={"k": most}))
        grid = [
            _start(db, work, sweep_id, plan, place, model, settings, (decoding, seed, shown, retrieval))
            for place, (model, settings) in enumerate((m, dict(c)) for m in plan.models for c in cells)
        ]
        prompts = {m.name: [prompt_for(db, m, retrieval)] for m in plan.models}
        plans = {one.place: shown_from(plan, read_shown_clauses(db, one.evaluation_id), products) for one in grid}
    _answer(work, grid, plans, decoding, prompts, seed)
    with open_store(work.store) as db:
        result = {"sweep_id": sweep_id, "split": plan.split, **_result(db, sweep_id, grid, plans, now)}
        finish_sweep(db, sweep_id, result)
    return result


def _refuse_unchoosable(suite: Suite) -> None:
    if CHOOSES_BY not in {metric.name for metric in suite.metrics}:
        raise UserError(
            f"'{suite.name}' 평가에는 설정을 고를 오류율이 없습니다. policy처럼 환각을 재는 평가에 쓰세요.",
            f"The suite '{suite.name}' has no error rate to choose settings by. Use one that judges answers, such as policy.",
        )


def _start(
    db: Database,
    work: Work,
    sweep_id: str,
    plan: Plan,
    place: int,
    model: Model,
    settings: dict[str, Any],
    rest: tuple[Decoding, int, dict[str, list[Shown]], Retrieval],
) -> Cell:
    """The cell's evaluation, begun or found, with the clauses its questions are shown."""
    decoding, seed, shown, retrieval = rest
    k = int(settings["k"])
    evaluation_id = start_evaluation(
        db,
        job_id=work.job_id,
        recipe=plan.recipe,
        suite=(plan.suite.name, plan.suite.version),
        dataset_id=plan.dataset["id"],
        split=plan.split,
        settings={
            "decoding": _decoding(decoding, settings).model_dump(mode="json"),
            "retrieval": retrieval.settings.model_copy(update={"k": k}).model_dump(mode="json"),
            "limit": len(plan.items),
            "seed": seed,
            "models": [model.name],
            **plan.left_out,
        },
        cell=(sweep_id, place),
    )
    set_shown(db, evaluation_id, {item: clauses[:k] for item, clauses in shown.items()})
    return Cell(place, model, settings, evaluation_id)


def _decoding(decoding: Decoding, settings: Mapping[str, Any]) -> Decoding:
    return Decoding(**{**decoding.model_dump(), **{name: value for name, value in settings.items() if name != "k"}})


def _answer(
    work: Work,
    grid: Sequence[Cell],
    plans: Mapping[int, Plan],
    decoding: Decoding,
    prompts: Mapping[str, Any],
    seed: int,
) -> None:
    """Missing answers, one model in memory at a time; a cell is judged as soon as it is whole."""
    turns = {
        one.place: Turn(
            one.evaluation_id,
            one.model.name,
            _decoding(decoding, one.settings),
            prompts[one.model.name],
            one.settings["k"],
        )
        for one in grid
    }
    gaps = {one.place: waiting(work, turns[one.place], plans[one.place].items) for one in grid}
    total = sum(len(plan.items) for plan in plans.values())
    pace = Pace(work, total, total - sum(map(len, gaps.values())), "sweep")
    for name in dict.fromkeys(one.model.name for one in grid):
        own = [one for one in grid if one.model.name == name]
        backend = open_model(work.store, own[0].model) if any(gaps[one.place] for one in own) else None
        try:
            for number, one in enumerate(own, start=1):
                if backend and gaps[one.place]:
                    facts = {"cell": number, "cells": len(own)}
                    suite = plans[one.place].suite
                    answer_items(work, turns[one.place], gaps[one.place], suite, [backend], pace, **facts)
        finally:
            if backend:
                backend.close()
        with open_store(work.store) as db:
            for one in own:
                if get_evaluation(db, one.evaluation_id)["state"] != "whole":
                    judge_answers(db, one.evaluation_id, plans[one.place], [name], seed)


def _result(
    db: Database, sweep_id: str, grid: Sequence[Cell], plans: Mapping[int, Plan], now: Mapping[str, Any]
) -> dict[str, Any]:
    assert len(cells_of(db, sweep_id)) == len(grid)
    told = [_told(db, one) for one in grid]
    best, gains = {}, {}
    for name in dict.fromkeys(one["model"] for one in told):
        own = [one for one in told if one["model"] == name]
        chosen = choose(own, now)
        best[name], gains[name] = chosen["settings"], _gain(db, own[0], chosen)
    said = [
        {**answer, "kind": answer["scores"].get("kind"), "claims": answer["scores"].get("claims")}
        for one in grid
        for answer in read_answers(db, one.evaluation_id, one.model.name)
    ]
    honest = {
        text for plan in plans.values() for item in plan.items for text in (*item.meta["clauses"], item.reference)
    }
    method = {"rule_ko": RULE_KO, "rule_en": RULE_EN, "chosen_by": CHOOSES_BY, "questions": len(plans[0].items)}
    return {"cells": told, "best": best, "gain": gains, "proposed_stops": propose(said, honest), "method": method}


def _told(db: Database, cell: Cell) -> dict[str, Any]:
    metrics = get_evaluation(db, cell.evaluation_id)["models"][0]["metrics"]
    place = {"model": cell.model.name, "settings": cell.settings, "evaluation_id": cell.evaluation_id}
    return {**place, "metrics": metrics}


def choose(cells: Sequence[Mapping[str, Any]], now: Mapping[str, Any]) -> Mapping[str, Any]:
    """The cell {settings, metrics} with the lowest error rate, by RULE_EN."""

    def rank(cell: Mapping[str, Any]) -> tuple[float, ...]:
        wrong, lied = (cell["metrics"][name]["value"] for name in (CHOOSES_BY, "hallucination_rate"))
        cost = (cell["settings"].get("k", 0), cell["settings"].get("max_new_tokens", 0), len(cell["settings"]["stop"]))
        return (1.0 if wrong is None else wrong, changes(cell["settings"], now), 1.0 if lied is None else lied, *cost)

    return min(cells, key=rank)


def _gain(db: Database, first: Mapping[str, Any], best: Mapping[str, Any]) -> dict[str, Any]:
    """The chosen cell against the settings used now, question by question: {delta, low, high, p, test, n}. It is chosen as the best of
    many on these very questions, so the gain shown is too large: only a report on other questions counts."""
    before, after = (judged_answers(db, one["evaluation_id"], [CHOOSES_BY]) for one in (first, best))
    values = {answer["item"]: answer[CHOOSES_BY] for answer in after}
    blocks = statistics.blocks_of([answer["split_group"] for answer in before])
    pair = [answer[CHOOSES_BY] for answer in before], [values[answer["item"]] for answer in before]
    return dict(statistics.paired(*pair, 0, True, blocks)._asdict())
