"""The evaluation's charts, each with a sentence that reads it. They compute nothing but places on paper."""

from collections.abc import Mapping, Sequence

import streamlit as st

from engine.evaluate.board import Line
from engine.evaluate.votes import Tally
from ui import charts
from ui.frame import plain, t
from ui.leaderboard import amount, between, metric_label

INK = {
    "better": charts.GOOD,
    "worse": charts.BAD,
    "changed": charts.CHECK,
    "same": charts.BASE,
    "unknown": charts.BASE,
}
ROW_PX = 30
"""Height of one line of a chart."""


def values(line: Line, names: Mapping[str, str]) -> None:
    """Each model's value with its interval; my real replies as a dotted line."""
    from plotly.graph_objects import Figure, Scatter

    known = [model for model in names if line.scores.get(model, {}).get("value") is not None]
    if not known:
        st.caption(t("evaluate.not_judged"))
        return
    figure = Figure()
    for model in reversed(known):
        score = line.scores[model]
        colour = charts.BASE if model == next(iter(names)) and len(names) > 1 else charts.TUNED
        reach = _reach(score["value"], score["low"], score["high"])
        said = f"{amount(score['value'], line.metric.unit)} {between(score['low'], score['high'], line.metric.unit)}"
        figure.add_trace(
            Scatter(
                x=[score["value"]],
                y=[charts.safe(names[model])],
                error_x={"type": "data", "symmetric": False, **reach, "thickness": 2},
                mode="markers",
                marker={"size": 11, "color": colour},
                hovertemplate=f"{charts.safe(names[model])}<br>{said}<extra></extra>",
                showlegend=False,
            )
        )
    if line.mine is not None:
        figure.add_vline(x=line.mine, line={"color": charts.GOOD, "dash": "dot", "width": 2})
    figure.update_yaxes(tickformat="", type="category")
    if line.metric.unit.startswith("share"):
        figure.update_xaxes(tickformat=".0%")
    charts.show(figure, "evaluate_values", height=60 + ROW_PX * len(known), hover="closest")
    st.caption(_values_in_words(line, known, names))


def _values_in_words(line: Line, known: Sequence[str], names: Mapping[str, str]) -> str:
    unit = line.metric.unit
    told = " · ".join(f"{plain(names[model])} {plain(amount(line.scores[model]['value'], unit))}" for model in known)
    mine = t("evaluate.values_mine", mine=plain(amount(line.mine, unit))) if line.mine is not None else ""
    return t("evaluate.values", values=told) + mine


def forest(lines: Sequence[Line], names: Mapping[str, str]) -> None:
    """Every difference with its interval on one scale of 100 points, turned so that right is better."""
    first, *others = names
    if not others:
        return
    model = others[0]
    if len(others) > 1:
        model = st.session_state.get("evaluate_forest_model", others[0])
    st.subheader(t("evaluate.forest"))
    if len(others) > 1:
        model = st.selectbox(
            t("evaluate.pair"), others, format_func=lambda one: names[one], key="evaluate_forest_model"
        )
    drawn = [line for line in lines if _points(line, model) is not None]
    if not drawn:
        return
    _draw_forest(sorted(drawn, key=lambda line: _points(line, model) or 0.0), model)
    st.caption(" ".join(_forest_in_words(lines, drawn, model, names[first])))


def _points(line: Line, model: str) -> float | None:
    """The gain in points of 100; None where the metric has no such scale, or nothing is known."""
    span = line.metric.span
    test = line.tests.get(model)
    if test is None or test.delta is None or test.low is None or span is None or span != (0.0, 1.0):
        return None
    return 100 * line.sign * test.delta


def _draw_forest(lines: Sequence[Line], model: str) -> None:
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for line in lines:
        test, at = line.tests[model], _points(line, model)
        ends = sorted(100 * line.sign * end for end in (test.low, test.high) if end is not None)
        label, verdict = metric_label(line.metric.name), line.verdict(model)
        figure.add_trace(
            Scatter(
                x=[at],
                y=[charts.safe(label)],
                error_x={"type": "data", "symmetric": False, **_reach(at, *ends), "thickness": 2},
                mode="markers",
                marker={"size": 10, "color": INK[verdict]},
                hovertemplate=f"{charts.safe(label)}<br>%{{x:+.0f}} [{ends[0]:+.0f}, {ends[1]:+.0f}]<br>"
                f"{t(f'evaluate.verdict.{verdict}')}<extra></extra>",
                showlegend=False,
            )
        )
    figure.add_vline(x=0, line={"color": charts.BASE, "width": 1})
    figure.update_xaxes(title=t("evaluate.forest_axis"), zeroline=False)
    figure.update_yaxes(automargin=True, type="category")
    charts.show(figure, "evaluate_forest", height=90 + ROW_PX * len(lines), hover="closest")


def _forest_in_words(lines: Sequence[Line], drawn: Sequence[Line], model: str, base: str) -> list[str]:
    said = [t("evaluate.forest_says", base=plain(base))]
    for verdict, key, pick in (("better", "evaluate.forest_most", max), ("worse", "evaluate.forest_worst", min)):
        some = [line for line in drawn if line.verdict(model) == verdict]
        if some:
            line = pick(some, key=lambda one: _points(one, model) or 0.0)
            points = f"{_points(line, model):+.0f}"
            said.append(t(key, name=plain(metric_label(line.metric.name)), points=plain(points)))
    if any(line.verdict(model) == "changed" for line in drawn):
        said.append(t("evaluate.forest_neither"))
    absent = [plain(metric_label(line.metric.name)) for line in lines if line not in drawn]
    return said + ([t("evaluate.forest_without", names=", ".join(absent))] if absent else [])


def share(tally: Tally, name: str) -> None:
    """How often b was chosen, with its exact interval, against the middle."""
    from plotly.graph_objects import Figure, Scatter

    if tally.share is None or tally.low is None or tally.high is None:
        return
    colour = {"b": charts.GOOD, "a": charts.BAD}.get(tally.verdict, charts.BASE)
    figure = Figure(
        Scatter(
            x=[tally.share],
            y=[charts.safe(name)],
            error_x={"type": "data", "symmetric": False, **_reach(tally.share, tally.low, tally.high), "thickness": 2},
            mode="markers",
            marker={"size": 12, "color": colour},
            showlegend=False,
            hovertemplate="%{x:.0%}<extra></extra>",
        )
    )
    figure.add_vline(x=0.5, line={"color": charts.BASE, "width": 1})
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    charts.show(figure, "evaluate_share", height=110, hover="closest")
    st.caption(t("evaluate.vote_chart", b=plain(name)))


def _reach(value: float | None, low: float | None = None, high: float | None = None) -> dict[str, list[float]]:
    """How far an interval reaches to both sides; nowhere when it is not known."""
    if value is None or low is None or high is None:
        return {"array": [0.0], "arrayminus": [0.0]}
    return {"array": [max(0.0, high - value)], "arrayminus": [max(0.0, value - low)]}
