"""The board of patent verdicts: how often the risk is right beside what guessing gives, readable answers, and where models err."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.evaluate.board import board, items_judged
from engine.evaluate.compare import PairedTest, verdict
from engine.evaluate.suite import Metric, Suite
from ui import (
    evaluate_board,
    evaluate_charts,
    evaluate_floors,
    evaluate_method,
    evaluate_parts,
    frame,
    patent_matrix,
    reports,
)
from ui.frame import plain, t
from ui.leaderboard import BADGES, FEW, amount, between, model_names, suite_of

HEADLINE = "risk_accuracy"
BESIDE = ("json_valid", "schema_valid", "element_match", "macro_f1", "reason_cites", "consistency")
PER_ROW = 3


def show(evaluation: Mapping[str, Any]) -> None:
    """Draw a whole evaluation of the patent suite."""
    names = model_names([model["model"] for model in evaluation["models"]])
    suite = suite_of(evaluation["recipe"])
    if suite is None:
        st.warning(t("evaluate.no_recipe"), icon=":material/help:")
        return
    _cards(evaluation, names, suite)
    if 0 < items_judged(evaluation) < FEW:
        st.caption(t("evaluate.few", n=items_judged(evaluation)))
    st.caption(t("patent.floors_say"))
    patent_matrix.show(evaluation, names, suite)
    evaluate_parts.show(evaluation, names, HEADLINE)
    patent_matrix.errors(evaluation, names)
    evaluate_method.show(evaluation, names)
    reports.download("evaluation", evaluation["id"])


def metrics(evaluation: Mapping[str, Any]) -> None:
    """Every metric with its floors, one of them in detail, and all differences on one scale."""
    lines = board(evaluation, suite_of(evaluation["recipe"]))
    names = model_names([model["model"] for model in evaluation["models"]])
    if not lines:
        return
    st.caption(t("evaluate.main_help"))
    floors = evaluate_board.floors_of(evaluation, lines)
    evaluate_board.table("main", lines, names, items_judged(evaluation), t("patent.reference"), floors)
    evaluate_board.detail(lines, names, True)
    evaluate_charts.forest(lines, names)


def _cards(evaluation: Mapping[str, Any], names: Mapping[str, str], suite: Suite) -> None:
    st.subheader(t("metric.risk_accuracy"), help=t("gloss.risk_accuracy"))
    models = evaluation["models"]
    known = {metric.name: metric for metric in suite.metrics}
    for start in range(0, len(models), PER_ROW):
        columns = st.columns(min(PER_ROW, len(models)))
        for column, model in zip(columns, models[start : start + PER_ROW], strict=False):
            with column.container(border=True, height="stretch", gap="xxsmall", key=f"patent_card_{model['model']}"):
                _card(evaluation, model, names[model["model"]], known)


def _card(evaluation: Mapping[str, Any], model: Mapping[str, Any], name: str, known: Mapping[str, Metric]) -> None:
    score = model["metrics"].get(HEADLINE)
    st.markdown(f"**{plain(name)}**")
    if score is None or score["value"] is None:
        st.markdown(t("evaluate.not_judged"))
        return
    unit = score["unit"]
    st.markdown(f"## {plain(amount(score['value'], unit))}")
    st.markdown(t("patent.card", between=plain(between(score["low"], score["high"], unit)), n=score["n"]))
    _above(evaluation, model["model"], known[HEADLINE])
    lines = [
        f"- {t(f'metric.{metric}')} **{plain(amount(found['value'], found['unit']))}** "
        f":gray[{plain(between(found['low'], found['high'], found['unit']))}{_floor(evaluation, metric)}]"
        for metric in BESIDE
        if (found := model["metrics"].get(metric)) and found["value"] is not None
    ]
    st.markdown("\n".join(lines))


def _floor(evaluation: Mapping[str, Any], metric: str) -> str:
    told = evaluate_floors.words(evaluation, metric)
    return f" · {told}" if told else ""


def _above(evaluation: Mapping[str, Any], model: str, metric: Metric) -> None:
    """Whether the model is better than the best of those that answer without looking, by the evaluation's own paired test."""
    floors = evaluate_floors.of(evaluation, metric.name)
    st.markdown(f":gray[{evaluate_floors.words(evaluation, metric.name)}]")
    best = max((name for name in floors if name != "chance"), key=lambda name: floors[name], default=None)
    rows = [row for row in evaluation.get("above_baselines", ()) if row["b"] == model and row["metric"] == metric.name]
    row = next((row for row in rows if row["a"] == best), None)
    if row is not None:
        found = verdict(PairedTest(**{name: row[name] for name in PairedTest.__slots__}), metric)
        said = t(f"patent.above.{found}", floor=evaluate_floors.name_of(evaluation, str(best)))
        st.markdown(f":{BADGES[found]}[**{plain(said)}**]")


def cases_of(evaluation: Mapping[str, Any]) -> str | None:
    """The model whose cases are asked for (`?who=`), when it is of this evaluation."""
    asked = frame.asked("who")
    return asked if asked in [model["model"] for model in evaluation["models"]] else None
