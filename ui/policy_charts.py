"""Charts of policy evaluations: rates with intervals, and the heat map of a sweep. They compute nothing but places on paper."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.evaluate.policy_report import ALL
from ui import charts, policy
from ui.frame import t

ROW_PX = 34
SCALE = ((0.0, "#2f8f5b"), (0.5, "#e6cf8b"), (1.0, "#c4483e"))
"""Low is good: green to red through sand; every square says its number too."""


def rates(
    whole: Mapping[str, Mapping[str, Any]], names: Mapping[str, str], beside: Sequence[Mapping[str, Any]] | None
) -> None:
    """A dot per model with its interval; the other evaluation's, hollow and gray, right above."""
    import streamlit as st
    from plotly.graph_objects import Figure

    figure = Figure()
    figure.update_layout(scattermode="group", scattergap=0.4)
    before = {line["model"]: line for line in beside or () if line["type"] == ALL and line["model"] in whole}
    if before:
        figure.add_trace(_dots(before, names, t("policy.chart_before"), charts.BASE, "circle-open"))
    figure.add_trace(_dots(whole, names, t("policy.chart_after"), charts.TUNED, "circle"))
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=[charts.safe(n) for n in names.values()])
    figure.update_yaxes(autorange="reversed", automargin=True, tickformat="")
    figure.update_xaxes(range=[0, 1], tickformat=".0%", title=t("policy.chart_axis"))
    figure.update_layout(showlegend=bool(before))
    charts.show(figure, "policy_rates", height=90 + ROW_PX * len(whole) * (2 if before else 1), hover="closest")
    st.caption(t("policy.chart_says"))


def _dots(lines: Mapping[str, Mapping[str, Any]], names: Mapping[str, str], legend: str, colour: str, mark: str) -> Any:
    from plotly.graph_objects import Scatter

    known = [model for model in names if model in lines and lines[model]["rates"]["hallucination_rate"]["n"]]
    found = [lines[model]["rates"]["hallucination_rate"] for model in known]
    return Scatter(
        x=[rate["value"] for rate in found],
        y=[charts.safe(names[model]) for model in known],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [rate["high"] - rate["value"] for rate in found],
            "arrayminus": [rate["value"] - rate["low"] for rate in found],
            "thickness": 2,
        },
        mode="markers",
        marker={"size": 11, "color": colour, "symbol": mark, "line": {"width": 2, "color": colour}},
        text=[
            f"{t('policy.hover', n=rate['n'], wrong=policy.count_of(rate))}<br>{policy.range_words(rate)}"
            for rate in found
        ],
        hovertemplate="%{y}<br>%{x:.0%}<br>%{text}<extra></extra>",
        name=legend,
    )


def heat(found: Mapping[str, Any], x_words: Sequence[str], y_words: Sequence[str], axes: tuple[str, str]) -> Any:
    """The figure of a sweep's squares; every square says its rate, n and interval; the chosen one is framed."""
    from plotly.graph_objects import Figure, Heatmap

    xs, ys = found["x"]["values"], found["y"]["values"]
    at = {(cell["x"], cell["y"]): cell for cell in found["cells"]}
    grid = [[at.get((x, y)) for x in xs] for y in ys]
    figure = Figure(
        Heatmap(
            z=[[cell and cell["value"] for cell in row] for row in grid],
            x=list(x_words),
            y=list(y_words),
            text=[[_label(cell) if cell else "" for cell in row] for row in grid],
            customdata=[[(cell and _hover(cell)) or "" for cell in row] for row in grid],
            texttemplate="%{text}",
            hovertemplate="%{customdata}<extra></extra>",
            colorscale=[list(stop) for stop in SCALE],
            zmin=0,
            zmax=1,
            xgap=3,
            ygap=3,
            showscale=False,
        )
    )
    for i, row in enumerate(grid):
        for j, cell in enumerate(row):
            if cell and cell["best"]:
                frame = {"x0": j - 0.48, "x1": j + 0.48, "y0": i - 0.46, "y1": i + 0.46}
                figure.add_shape(type="rect", line={"width": 4, "color": charts.TUNED}, **frame)
    figure.update_xaxes(type="category", title=axes[0], tickformat="")
    figure.update_yaxes(type="category", title=axes[1], tickformat="", automargin=True)
    return figure


def _label(cell: Mapping[str, Any]) -> str:
    told = policy.percent(cell["value"])
    return f"{told} ★" if cell["best"] else told


def _hover(cell: Mapping[str, Any]) -> str:
    said = f"{policy.percent(cell['value'])} · {policy.range_words(cell)} · n {cell['n']}"
    lines = [charts.safe(policy.settings_words(cell["settings"])), said]
    if cell["others"]:
        lines.append(t("policy.sweep.others", n=cell["others"]))
    if cell["best"]:
        lines.append(t("policy.sweep.chosen"))
    return "<br>".join(lines)
