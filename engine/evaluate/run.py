"""One evaluation: every model answers every held-out item, then answers become numbers. One model in memory at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlite_utils import Database

from engine.evaluate.answering import Pace, Turn, answer_items, answer_of, finish_items, lender_of, waiting
from engine.evaluate.compare import Summary, as_dict, summarise
from engine.evaluate.confusion import as_plain, matrices
from engine.evaluate.cost import facts_of
from engine.evaluate.plan import Plan, PromptOf, Retrieval, plan_evaluation, prompt_for, runs_of, with_shown
from engine.evaluate.suite import Item, Suite
from engine.serve.choose import Model, open_model
from engine.serve.decoding import Decoding
from engine.serve.members import opened
from engine.serve.way import PLAIN, Way, decoding_in
from engine.store.evaluations import finish_evaluation, read_answers, set_scores, start_evaluation
from engine.store.jobs import Work
from engine.store.open import open_store
from engine.store.sweeps import asked_items

UNNAMED = ""
"""Key of the way in which models answer whose name has none."""
Own = Mapping[str, Mapping[str, Any]]
"""{model: {settings: decoding fields and k, sweep_id}}: what a sweep chose for it."""


def run_evaluation(
    work: Work,
    *,
    recipe: str,
    suite: Suite,
    models: Sequence[str],
    dataset_id: str,
    decoding: Decoding,
    limit: int,
    seed: int,
    retrieval: Retrieval | None = None,
    allow_overlap: bool = False,
    own: Own | None = None,
    ways: Mapping[str, Way] | None = None,
    told: Sequence[str] = (),
    prompt_of: PromptOf | None = None,
    names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Judge `models` on the dataset's held-out split; returns the `eval` result. A killed one goes on with the gap only.

    `limit` > 0 draws that many items with the seed. What any judged run was trained on is left out and counted, or, with
    `allow_overlap`, kept and marked. With settings of their `own` the questions these were chosen by are left out too.
    `ways`: ways of answering by name; what the owner `told` of the decoding stands over theirs. `names`: what
    the steps of a ladder are called. Raises UserError when nothing is left.
    """
    own = own or {}
    with open_store(work.store) as db:
        used = {item for one in own.values() for item in asked_items(db, one["sweep_id"])}
        plan = plan_evaluation(
            db,
            recipe=recipe,
            suite=suite,
            models=models,
            dataset_id=dataset_id,
            limit=limit,
            seed=seed,
            allow_overlap=allow_overlap,
            not_these=used,
        )
        settings = {
            "decoding": decoding.model_dump(mode="json"),
            "limit": limit,
            "seed": seed,
            "models": [m.name for m in plan.models],
            **plan.left_out,
            **({"retrieval": retrieval.settings.model_dump(mode="json")} if retrieval else {}),
            **({"settings_of": {name: one["settings"] for name, one in own.items()}} if own else {}),
            **({"names": dict(names)} if names else {}),
            **({"ways": kept} if (kept := _ways_used(plan.models, ways or {})) else {}),
        }
        evaluation_id = start_evaluation(
            db,
            job_id=work.job_id,
            recipe=recipe,
            suite=(suite.name, suite.version),
            dataset_id=plan.dataset["id"],
            split=plan.split,
            settings=settings,
            run_ids=runs_of(plan.models),
        )
        if retrieval:
            plan = with_shown(db, evaluation_id, plan, _widest(retrieval, own))
        asked = _Asked(decoding, tuple(told), ways or {}, retrieval, prompt_of)
        turns = [(m, _turn(db, evaluation_id, m, asked, own.get(m.name))) for m in plan.models]
    answer_all(work, turns, plan.items, suite)
    with open_store(work.store) as db:
        costs = {m.name: facts_of(db, m, turn.decoding, read_answers(db, evaluation_id, m.name)) for m, turn in turns}
        summary = judge_answers(db, evaluation_id, plan, [m.name for m in plan.models], seed, {"costs": costs})
        sorted_ = matrices(db, evaluation_id, suite.confusion) if suite.confusion else {}
    result = as_dict(summary)
    result["models"] = [{**one, **costs[one["model"]]} for one in result["models"]]
    ids = {"evaluation_id": evaluation_id, "dataset_id": plan.dataset["id"], "split": plan.split}
    ids |= {"names": dict(names)} if names else {}
    return {**ids, **plan.left_out, **result, **({"confusion": as_plain(sorted_)} if sorted_ else {})}


def _widest(retrieval: Retrieval, own: Own) -> Any:
    """As many clauses as the model that is shown most: each sees the first of the same list."""
    most = max([retrieval.settings.k, *(one["settings"]["k"] for one in own.values() if one["settings"].get("k"))])
    return retrieval.settings.model_copy(update={"k": most})


def _ways_used(models: Sequence[Model], ways: Mapping[str, Way]) -> dict[str, Any]:
    """{way: its decoding settings and how many candidates}, so that an evaluation tells how its answers were made."""
    used = {model.way: ways.get(model.way, PLAIN) for model in models if model.way}
    return {name: {**way.decoding, "candidates": way.candidates} for name, way in used.items()}


@dataclass(frozen=True, slots=True)
class _Asked:
    """How all models of one evaluation are asked."""

    decoding: Decoding
    told: tuple[str, ...]
    ways: Mapping[str, Way]
    retrieval: Retrieval | None
    prompt_of: PromptOf | None


def _turn(db: Database, evaluation_id: str, model: Model, asked: _Asked, own: Mapping[str, Any] | None) -> Turn:
    settings = dict(own["settings"]) if own else {}
    k = settings.pop("k", None) or (asked.retrieval.settings.k if asked.retrieval else None)
    way = asked.ways.get(model.way or UNNAMED, PLAIN)
    decoding = decoding_in(way, asked.decoding, asked.told)
    prompts = [prompt_for(db, member, asked.retrieval, asked.prompt_of) for member in model.members]
    return Turn(evaluation_id, model.name, Decoding(**{**decoding.model_dump(), **settings}), prompts, shown=k, way=way)


def answer_all(work: Work, turns: Sequence[tuple[Model, Turn]], items: Sequence[Item], suite: Suite) -> None:
    """What is missing of every turn, one model in memory at a time; those that answer together are together. A way that only
    finishes what an earlier turn said takes its answers."""
    gaps = [waiting(work, turn, items) for _, turn in turns]
    total = len(turns) * len(items)
    pace = Pace(work, total, total - sum(map(len, gaps)))
    for place, ((model, turn), gap) in enumerate(zip(turns, gaps, strict=True)):
        lender = lender_of(turn, [earlier for _, earlier in turns[:place]])
        if gap and lender:
            finish_items(work, turn, lender, gap, pace)
        elif gap:
            with opened([partial(open_model, work.store, member) for member in model.members]) as backends:
                answer_items(work, turn, gap, suite, backends, pace)


def judge_answers(
    db: Database,
    evaluation_id: str,
    plan: Plan,
    models: Sequence[str],
    seed: int,
    beside: Mapping[str, Any] | None = None,
) -> Summary:
    """Score what is stored, keep the numbers with every answer, and mark the evaluation whole. `beside`: kept with its method."""
    suite, context, items = plan.suite, plan.context, plan.items
    stored = {name: {a["item"]: a for a in read_answers(db, evaluation_id, name)} for name in models}
    answers = {name: [answer_of(rows[item.name]) for item in items] for name, rows in stored.items()}
    summary = summarise(suite, items, answers, context, seed)
    for name, rows in stored.items():
        judged: dict[int, dict[str, Any]] = {}
        for item, answer, each in zip(items, answers[name], summary.per_answer[name], strict=True):
            more = suite.explain(item, answer, context) if suite.explain else {}
            judged[rows[item.name]["id"]] = {**rows[item.name]["scores"], **more, **each}
        set_scores(db, evaluation_id, judged)
    scores = [
        {"model": name, "metric": metric, "value": s.value, "low": s.low, "high": s.high, "n": s.n, "unit": s.unit}
        for name, metrics in summary.scores.items()
        for metric, s in metrics.items()
    ]
    told = as_dict(summary)
    method = {name: value for name, value in told.items() if name not in ("models", "paired", "steps")}
    finish_evaluation(db, evaluation_id, scores, [*told["paired"], *told["steps"]], {**method, **(beside or {})})
    return summary
