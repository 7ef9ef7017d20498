"""What a page draws of evaluations of the policy suite: rates, before and after, worst questions, one answer's evidence.

Plain dicts and lists, computed from stored answers; nothing is judged anew and no model is asked. Every rate is
{value, low, high, n}: a share, its 95 % Wilson interval (at the effective size where clauses have several questions), over n answers.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from engine.evaluate import statistics
from engine.evaluate.compare import ALPHA, PairedTest
from engine.evaluate.questions import given_clause
from engine.evaluate.stops import propose
from engine.evaluate.suites.policy import METRICS
from engine.store.evaluations import get_evaluation, read_answers, read_shown_clauses
from engine.store.evidence import read_items
from engine.store.judged import answers_where, count_where, judged_answers, questions_of, references_of
from engine.store.labels import read_labels
from engine.store.sweeps import cells_of, get_sweep

RATES = tuple(metric.name for metric in METRICS if metric.unit.startswith("share"))
"""Metrics that are shares; the others are no rates."""
ALL = "all"
"""The type that stands for all questions together."""
UNANSWERABLE = "unanswerable"
"""The type of questions that no clause answers, whatever they were made as."""
Rate = dict[str, Any]


def rates(db: Database, evaluation_ids: Sequence[str]) -> list[dict[str, Any]]:
    """One line per evaluation, model and type of question (first ALL): {evaluation_id, created_at, model, settings, split, type,
    n, rates: {metric: Rate}, kinds: {kind: {n, share}}, retrieval_missed}. `kinds` adds up to n: each answer has one verdict."""
    lines = []
    for evaluation_id in evaluation_ids:
        evaluation = get_evaluation(db, evaluation_id)
        answers = judged_answers(db, evaluation["id"], RATES)
        for model in [one["model"] for one in evaluation["models"]]:
            own = [answer for answer in answers if answer["model"] == model]
            told = {
                "evaluation_id": evaluation["id"],
                "created_at": evaluation["created_at"],
                "split": evaluation["split"],
                "model": model,
                "settings": settings_of(evaluation, model),
            }
            for type_ in [ALL, *sorted({type_of(answer) for answer in own})]:
                some = own if type_ == ALL else [answer for answer in own if type_of(answer) == type_]
                lines.append({**told, "type": type_, **_line(some)})
    return lines


def type_of(answer: Mapping[str, Any]) -> str:
    """The type of a judged answer's question: UNANSWERABLE, or what it was made as (fact, scenario, easy …)."""
    return UNANSWERABLE if answer["answerable"] == 0 else str(answer["type"])


def settings_of(evaluation: Mapping[str, Any], model: str) -> dict[str, Any]:
    """Decoding and number of clauses that a model answered with: its own where `eval --best` gave it some."""
    settings = evaluation["settings"]
    own = settings.get("settings_of", {}).get(model, {})
    return {**settings["decoding"], "k": settings.get("retrieval", {}).get("k"), **own}


def _line(answers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    kinds = Counter(answer["kind"] for answer in answers)
    return {
        "n": len(answers),
        "rates": {name: _rate(answers, name) for name in RATES},
        "kinds": {kind: {"n": n, "share": n / len(answers)} for kind, n in kinds.most_common()},
        "retrieval_missed": sum(bool(answer["retrieval_missed"]) for answer in answers),
    }


def _rate(answers: Sequence[Mapping[str, Any]], name: str) -> Rate:
    blocks = statistics.blocks_of([answer["split_group"] for answer in answers])
    found = statistics.estimate_share([answer[name] for answer in answers], blocks)
    return found._asdict()


def before_after(
    db: Database, before_id: str, after_id: str, seed: int = 0, metrics: Sequence[str] = RATES
) -> list[dict[str, Any]]:
    """The same models in two evaluations (other settings, same questions), over the questions of both: {model, metric, better,
    before: Rate, after: Rate, delta, low, high, p, test, n, other_clauses, verdict}; verdict: better, worse, changed, same or
    unknown. `other_clauses`: questions that were shown other clauses the second time, so that not only the settings changed."""
    first, then = (
        {(a["model"], a["item"]): a for a in judged_answers(db, id_, [*RATES, "retrieved"])}
        for id_ in (before_id, after_id)
    )
    lines = []
    for model in dict.fromkeys(model for model, _ in first):
        items = [item for name, item in first if name == model and (model, item) in then]
        if items:
            pair = ([first[model, item] for item in items], [then[model, item] for item in items])
            lines += [
                _change(model, metric.name, metric.better, *pair, seed) for metric in METRICS if metric.name in metrics
            ]
    return lines


def between(db: Database, a: tuple[str, str], b: tuple[str, str], metric: str, seed: int = 0) -> PairedTest:
    """Any two (evaluation, model) on one share, over the questions both answered: b against a, as an evaluation tests models."""
    first, then = (
        {one["item"]: one for one in judged_answers(db, id_, [metric]) if one["model"] == model}
        for id_, model in (a, b)
    )
    items = [item for item in first if item in then]
    blocks = statistics.blocks_of([first[item]["split_group"] for item in items])
    values = [[of[item][metric] for item in items] for of in (first, then)]
    found = statistics.paired(values[0], values[1], seed, True, blocks)
    return PairedTest(a=a[1], b=b[1], metric=metric, **found._asdict())


def _change(
    model: str, name: str, better: str, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], seed: int
) -> dict[str, Any]:
    blocks = statistics.blocks_of([answer["split_group"] for answer in old])
    a, b = [one[name] for one in old], [one[name] for one in new]
    if name == "refusal_precision":
        found = statistics.paired_subsets(a, b, blocks, seed)
    else:
        found = statistics.paired(a, b, seed, True, blocks)
    return {
        "model": model,
        "metric": name,
        "better": better,
        "before": _rate(old, name),
        "after": _rate(new, name),
        **found._asdict(),
        "other_clauses": sum(one["retrieved"] != other["retrieved"] for one, other in zip(old, new, strict=True)),
        "verdict": _verdict(found, better),
    }


def _verdict(found: statistics.Paired, better: str) -> str:
    if found.delta is None or found.p is None or found.low is None or found.high is None:
        return "unknown"
    if found.low <= 0 <= found.high or found.p >= ALPHA:
        return "same"
    return "better" if (found.delta > 0) == (better == "higher") else "worse"


def rates_by(db: Database, evaluation_id: str, by: str) -> dict[str, Rate]:
    """{model: share of answers that `by` (a person, or the file a comparison was imported from) labelled hallucinated}."""
    labels: dict[str, list[float | None]] = defaultdict(list)
    for one in read_labels(db, evaluation_id, by):
        labels[one["model"]].append(float(one["label"] == "hallucinated"))
    return {model: statistics.estimate_share(values)._asdict() for model, values in labels.items()}


def discordant(db: Database, evaluation_id: str, metric: str = "hallucination_rate") -> list[dict[str, Any]]:
    """Every other model against the first, question by question: {a, b, both, only_a, only_b, neither, unjudged, p}, counts of
    questions where the metric is 1, and McNemar's exact p. Questions on one clause count as independent here; the
    evaluation's own tests do not assume that."""
    evaluation = get_evaluation(db, evaluation_id)
    values: dict[str, dict[str, float | None]] = defaultdict(dict)
    for answer in judged_answers(db, evaluation["id"], [metric]):
        values[answer["model"]][answer["item"]] = answer[metric]
    first, *others = [one["model"] for one in evaluation["models"]]
    lines = []
    for other in others:
        pairs = [(values[first][item], value) for item, value in values[other].items() if item in values[first]]
        known = [(bool(x), bool(y)) for x, y in pairs if x is not None and y is not None]
        counts = Counter(known)
        found = statistics.paired([float(x) for x, _ in known], [float(y) for _, y in known], 0, True)
        cells = {"both": (True, True), "only_a": (True, False), "only_b": (False, True), "neither": (False, False)}
        told = {name: counts[cell] for name, cell in cells.items()}
        lines.append({"a": first, "b": other, **told, "unjudged": len(pairs) - len(known), "p": found.p})
    return lines


def turned(db: Database, evaluation_id: str) -> list[dict[str, Any]]:
    """Every other model against the first in questions: {model, mended, broke, both, neither, unjudged}; mended: the first
    hallucinated and this one did not; broke: the other way round. Counts only; tests stand with the evaluation."""
    evaluation = get_evaluation(db, evaluation_id)
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    for answer in judged_answers(db, evaluation["id"], []):
        labels[answer["model"]][answer["item"]] = answer["label"]
    first, *others = [one["model"] for one in evaluation["models"]]
    return [{"model": other, **_turned(labels[first], labels[other])} for other in others]


def _turned(first: Mapping[str, str], other: Mapping[str, str]) -> dict[str, int]:
    pairs = Counter((first[item], label) for item, label in other.items() if item in first)
    wrong, right = "hallucinated", "grounded"
    told = {"mended": pairs[wrong, right], "broke": pairs[right, wrong]}
    told |= {"both": pairs[wrong, wrong], "neither": pairs[right, right]}
    return {**told, "unjudged": pairs.total() - sum(told.values())}


def heat_map(
    db: Database,
    sweep_id: str,
    model: str,
    x: str = "temperature",
    y: str = "repetition_penalty",
    metric: str = "error_rate",
    fixed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A sweep's cells of one model over two settings: {sweep_id, model, split, x: {name, values}, y: {name, values}, cells: [{x, y,
    value, low, high, n, evaluation_id, settings, best}], best, now, questions}. Where a third setting was varied too the square holds
    the cell with the lowest value, and `others` says how many stand behind it. `fixed`: only cells with these settings (stop: how many
    phrases). Cells of a sweep at work are those judged so far."""
    sweep = get_sweep(db, sweep_id)
    best = (sweep["result"] or {}).get("best", {}).get(model)
    squares: dict[tuple[Any, Any], list[dict[str, Any]]] = defaultdict(list)
    for one in cells_of(db, sweep["id"]):
        if one["settings"]["models"] != [model] or one["state"] != "whole":
            continue
        evaluation = get_evaluation(db, one["id"])
        settings = settings_of(evaluation, model)
        if any(_axis(settings[name]) != value for name, value in (fixed or {}).items()):
            continue
        score = evaluation["models"][0]["metrics"][metric]
        told = {name: score[name] for name in ("value", "low", "high", "n")}
        chosen = best is not None and all(settings[name] == value for name, value in best.items())
        square = {"x": _axis(settings[x]), "y": _axis(settings[y]), "evaluation_id": one["id"], "settings": settings}
        squares[square["x"], square["y"]].append({**square, **told, "best": chosen})
    shown = [{**sorted(some, key=_by_value)[0], "others": len(some) - 1} for some in squares.values()]
    return {
        **{"sweep_id": sweep["id"], "model": model, "split": sweep["split"], "metric": metric, "cells": shown},
        "x": {"name": x, "values": sorted({square["x"] for square in shown}, key=str)},
        "y": {"name": y, "values": sorted({square["y"] for square in shown}, key=str)},
        "best": best,
        "now": sweep["settings"]["now"],
    }


def _axis(value: Any) -> Any:
    """A list of stop phrases as how many there are."""
    return len(value) if isinstance(value, list) else value


def _by_value(square: Mapping[str, Any]) -> tuple[bool, float]:
    """The chosen one before all others, then the lowest."""
    return (not square["best"], 1.0 if square["value"] is None else square["value"])


def worst_questions(db: Database, evaluation_id: str, limit: int = 20, offset: int = 0) -> list[dict[str, Any]]:
    """Questions that most models got wrong, first: {item, question, type, answerable, gold_shown, wrong: [models], unjudged:
    [models], models: n}. Wrong is hallucinated or refused wrongly; none is listed that no model got wrong."""
    return worst_of(db, evaluation_id, limit, offset)[0]


def worst_of(db: Database, evaluation_id: str, limit: int, offset: int) -> tuple[list[dict[str, Any]], int]:
    """(a window of `worst_questions`, how many there are)."""
    by_item: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for answer in judged_answers(db, evaluation_id, []):
        by_item[answer["item"]].append(answer)
    found = [{"item": item, **_standing(answers)} for item, answers in by_item.items()]
    wrong = sorted((one for one in found if one["wrong"]), key=lambda one: -len(one["wrong"]))
    worst = wrong[offset : offset + limit]
    asked = questions_of(db, evaluation_id, [one["item"] for one in worst])
    return [{**one, "question": asked.get(one["item"])} for one in worst], len(wrong)


def _standing(answers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        **{name: answers[0][name] for name in ("type", "answerable", "gold_shown")},
        "wrong": [a["model"] for a in answers if a["label"] == "hallucinated" or a["kind"] == "refused_wrongly"],
        "unjudged": [a["model"] for a in answers if a["label"] == "could_not_judge"],
        "models": len(answers),
    }


def answers_behind(
    db: Database,
    evaluation_id: str,
    *,
    model: str | None = None,
    label: str | None = None,
    kind: str | None = None,
    type_: str | None = None,
    correct: bool | None = None,
    limit: int = 20,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """The answers behind a number: {item, model, question, answer, label, kind, type, …}, in the order they were made."""
    wanted = _wanted(model, label, kind, type_, correct)
    return answers_where(db, evaluation_id, wanted, limit=limit, offset=offset)


def count_answers(
    db: Database,
    evaluation_id: str,
    *,
    model: str | None = None,
    label: str | None = None,
    kind: str | None = None,
    type_: str | None = None,
    correct: bool | None = None,
) -> int:
    """How many answers `answers_behind` goes through."""
    return count_where(db, evaluation_id, _wanted(model, label, kind, type_, correct))


def _wanted(
    model: str | None, label: str | None, kind: str | None, type_: str | None, correct: bool | None
) -> dict[str, Any]:
    told: dict[str, Any] = {"model": model, "label": label, "kind": kind, "correct": correct}
    if type_ == UNANSWERABLE:
        told["unanswerable"] = True
    elif type_ is not None:
        told |= {"type": type_, "unanswerable": False}
    return {name: value for name, value in told.items() if value is not None}


def evidence(db: Database, evaluation_id: str, item: str) -> dict[str, Any] | None:
    """All that a question's page shows: {item, row_id, question, reference, type, answerable, clauses: [{chunk_id, record_id,
    text, meta, gold}], answers: {model: {answer, raw, label, kind, claims, reason_ko, reason_en, scores}}}; None: it is gone.

    Claims are {start, end, kind, evidence, context_index, reason_ko, reason_en}: code points of the answer, place in `clauses`.
    """
    found = read_items(db, evaluation_id, [item]).get(item)
    if found is None or found["messages"] is None:
        return None
    meta = found["meta"]
    answers = {model: {**said, **_told(said["scores"])} for model, said in found["answers"].items()}
    return {
        "item": item,
        "row_id": found["row_id"],
        "question": meta.get("question"),
        "reference": found["target"],
        "type": meta.get("type"),
        "answerable": meta.get("answerable"),
        "clauses": list(_clauses(db, evaluation_id, item, meta, found["messages"])),
        "answers": answers,
    }


def _told(scores: Mapping[str, Any]) -> dict[str, Any]:
    names = ("label", "kind", "claims", "verdict_evidence", "reason_ko", "reason_en", "retrieved", "retrieval_missed")
    return {name: scores.get(name) for name in names}


def _clauses(
    db: Database, evaluation_id: str, item: str, meta: Mapping[str, Any], messages: Sequence[Any]
) -> Iterable[dict[str, Any]]:
    for one in read_shown_clauses(db, evaluation_id, item).get(item, []):
        text = given_clause(messages) if one["text"] is None else one["text"]
        own = one["record_id"] == meta.get("chunk") if meta.get("chunk") else one["chunk_id"] == meta.get("chunk_id")
        yield {**one, "text": text, "gold": bool(meta.get("answerable")) and own}


def proposed_stops(db: Database, evaluation_id: str) -> list[dict[str, Any]]:
    """Stop phrases that an evaluation's own answers suggest, as a sweep proposes them: [{phrase, answers, models}]."""
    said = [
        {**answer, "kind": answer["scores"].get("kind"), "claims": answer["scores"].get("claims")}
        for answer in read_answers(db, evaluation_id)
    ]
    clauses = (one["text"] or "" for some in read_shown_clauses(db, evaluation_id).values() for one in some)
    return propose(said, {*clauses, *references_of(db, evaluation_id)})
