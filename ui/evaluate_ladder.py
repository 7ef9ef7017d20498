"""An evaluation as a ladder: what each step gained over the one before it, and what each model cost. It computes no statistics."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.evaluate.board import board
from engine.evaluate.ladder import Rung, ladder
from engine.evaluate.methods import Method, methods
from engine.evaluate.suite import Metric
from engine.evaluate.table import ARROWS
from engine.recipes.recipe import load_recipe, measures_parts
from engine.serve.choose import parts_of
from ui import charts, frame, reports
from ui.frame import plain, t
from ui.leaderboard import BADGES, amount, metric_label, model_names, probability, suite_of
from ui.live import span
from ui.words import WORDS

FEWEST = 3
"""Models of an evaluation that makes a ladder: with two there is nothing between the first and the last."""
ROW_PX = 42


def show(evaluation: Mapping[str, Any]) -> None:
    """Draw the steps on one metric, then the table of methods."""
    lines = board(evaluation, suite_of(evaluation["recipe"]))
    if not lines:
        return
    alone = _alone(evaluation)
    st.caption(t("ladder.what_alone" if alone else "ladder.what"))
    metric = _choose_metric([line.metric for line in lines])
    with frame.reading() as db:
        rungs = ladder(db, evaluation, metric.name, alone)
        costs = methods(db, [rung.model for rung in rungs])
    found = model_names([rung.model for rung in rungs])
    names = {rung.model: step_name(rung, found) for rung in rungs}
    _sentences(rungs, metric, names)
    _draw(rungs, metric, names)
    st.dataframe(_steps(rungs, metric, names, found), hide_index=True, width="stretch", height="content")
    st.caption(t("ladder.table_help"))
    if not alone:
        st.subheader(t("ladder.methods"), help=t("ladder.methods_help"))
        rows = [_method(cost, rung, metric, names) for cost, rung in zip(costs, rungs, strict=True)]
        st.dataframe(rows, hide_index=True, width="stretch", height="content")
    reports.download("evaluation", evaluation["id"])


def _alone(evaluation: Mapping[str, Any]) -> bool:
    """Whether single steps of finishing were measured, each by itself."""
    try:
        recipe = load_recipe(evaluation["recipe"])
    except UserError:
        return False
    return measures_parts(recipe, [parts_of(model["model"])[1] for model in evaluation["models"]])


def step_name(rung: Rung, names: Mapping[str, str]) -> str:
    """What the owner called the step, a phase of training by its word, else the model's name. Not escaped."""
    if rung.name is None:
        return names[rung.model]
    key = f"ladder.step.{rung.name}"
    return t(key) if key in WORDS else rung.name


def _choose_metric(metrics: Sequence[Metric]) -> Metric:
    known = {metric.name: metric for metric in metrics}
    asked = frame.asked("metric")
    st.session_state["ladder_metric"] = asked if asked in known else metrics[0].name
    chosen = st.selectbox(
        t("evaluate.detail_metric"),
        list(known),
        format_func=lambda name: f"{metric_label(name)} {ARROWS[known[name].better]}".strip(),
        key="ladder_metric",
        on_change=lambda: frame.name_in_address(metric=st.session_state["ladder_metric"]),
    )
    metric = known[chosen]
    st.caption(plain(metric.en if frame.english() else metric.ko))
    return metric


def fine(value: float | None, unit: str) -> str:
    """A value with three places: steps of a ladder are small. Shares in per cent."""
    return amount(value, unit) if value is None or unit.startswith("share") or abs(value) >= 10 else f"{value:.3f}"


def _gain(test: Any, unit: str) -> str:
    if test is None or test.delta is None:
        return "—"
    points = " pp" if frame.english() else "%p"
    said = [
        ("−" if value < 0 else "+") + fine(abs(value), unit).replace("%", points)
        for value in (test.delta, test.low, test.high)
        if value is not None
    ]
    return said[0] if len(said) < 3 else f"{said[0]} [{said[1]}, {said[2]}]"


def _sentences(rungs: Sequence[Rung], metric: Metric, names: Mapping[str, str]) -> None:
    """One sentence per step, those that did not help among them."""
    if all(rung.gained is None for rung in rungs[2:]):
        st.info(t("ladder.old"), icon=":material/history:")
    with st.container(border=True):
        for before, rung in pairwise(rungs):
            verdict = rung.verdict(metric)
            mark = f":{BADGES[verdict]}-badge[{t(f'evaluate.verdict.{verdict}')}]"  # type: ignore[index]
            key = "ladder.step_alone" if rung.alone else "ladder.step"
            step = t(key, before=plain(names[before.model]), step=plain(names[rung.model]))
            st.markdown(f"{mark} {step}: {plain(rung.sentence(metric, 'en' if frame.english() else 'ko'))}")


def _draw(rungs: Sequence[Rung], metric: Metric, names: Mapping[str, str]) -> None:
    """Each step's value with its interval, the first at the top."""
    from plotly.graph_objects import Figure, Scatter

    known = [rung for rung in rungs if rung.score.get("value") is not None]
    if not known:
        st.caption(t("evaluate.not_judged"))
        return
    ink = {"better": charts.GOOD, "worse": charts.BAD, "changed": charts.CHECK}
    labels = [f"{place}. {charts.safe(names[rung.model])}" for place, rung in enumerate(known, start=1)]
    values = [rung.score["value"] for rung in known]
    lows = [rung.score["low"] if rung.score["low"] is not None else rung.score["value"] for rung in known]
    highs = [rung.score["high"] if rung.score["high"] is not None else rung.score["value"] for rung in known]
    figure = Figure(
        Scatter(
            x=values,
            y=labels,
            mode="markers" if rungs[0].alone else "lines+markers",
            line={"color": charts.BASE, "width": 1, "dash": "dot"},
            marker={"size": 12, "color": [ink.get(rung.verdict(metric), charts.BASE) for rung in known]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [max(0.0, high - value) for high, value in zip(highs, values, strict=True)],
                "arrayminus": [max(0.0, value - low) for low, value in zip(lows, values, strict=True)],
                "thickness": 2,
            },
            customdata=[f"{fine(low, metric.unit)}, {fine(high, metric.unit)}" for low, high in zip(lows, highs, strict=True)],
            hovertemplate="%{y}<br>%{x:.3f} [%{customdata}]<extra></extra>",
            showlegend=False,
        )
    )  # fmt: skip
    figure.update_yaxes(type="category", autorange="reversed", automargin=True)
    figure.update_xaxes(title=f"{charts.safe(metric_label(metric.name))} {ARROWS[metric.better]}".strip())
    if metric.unit.startswith("share"):
        figure.update_xaxes(tickformat=".0%")
    charts.show(figure, "ladder_chart", height=80 + ROW_PX * len(known), hover="closest")
    st.caption(t("ladder.chart_help"))


def _steps(
    rungs: Sequence[Rung], metric: Metric, names: Mapping[str, str], models: Mapping[str, str]
) -> list[dict[str, str]]:
    return [
        {
            t("ladder.column.step"): names[rung.model],
            **({t("ladder.column.model"): models[rung.model]} if rung.name else {}),
            f"{metric_label(metric.name)} {ARROWS[metric.better]}".strip(): _value(rung.score, metric.unit),
            t("ladder.column.gain_alone" if rung.alone else "ladder.column.gain"): _gain(rung.gained, metric.unit),
            t("ladder.column.changed"): "—" if rung.changed is None else str(rung.changed),
            "p": probability(rung.gained.p) if rung.gained else "—",
            t("evaluate.verdict"): t(f"evaluate.verdict.{rung.verdict(metric)}") if rung.gained else "—",
            **({} if rung.alone else {t("ladder.column.overall"): _gain(rung.overall, metric.unit)}),
            "n": str(rung.score.get("n", 0)),
            t("ladder.column.seconds"): "—" if rung.seconds is None else f"{rung.seconds:.2f}",
        }
        for rung in rungs
    ]


def _value(score: Mapping[str, Any], unit: str) -> str:
    if score.get("value") is None:
        return "—"
    interval = "" if score["low"] is None else f" [{fine(score['low'], unit)}, {fine(score['high'], unit)}]"
    return fine(score["value"], unit) + interval


def _method(cost: Method, rung: Rung, metric: Metric, names: Mapping[str, str]) -> dict[str, str]:
    """A line of the table of methods, with the columns of any paper's."""
    families = dict.fromkeys(t(f"ladder.family.{family}") for family in cost.families)
    spent = cost.training_seconds
    return {
        t("ladder.column.step"): names[cost.model],
        t("ladder.column.base"): " + ".join(dict.fromkeys(base.replace("\\", "/").split("/")[-1] for base in cost.bases)),
        t("ladder.column.family"): ", ".join(families) or "—",
        t("ladder.column.size"): "—" if cost.parameters is None else f"{cost.parameters / 1e6:,.1f}M",
        t("ladder.column.learned"): " → ".join(cost.learned) or t("ladder.untrained"),
        t("ladder.column.memory"): "—" if cost.peak_gb is None else f"{cost.peak_gb:.2f} GB",
        t("ladder.column.training"): "—" if not spent else span(spent),
        metric_label(metric.name): _value(rung.score, metric.unit),
        t("ladder.column.seconds"): "—" if rung.seconds is None else f"{rung.seconds:.2f}",
    }  # fmt: skip
