"""The charts of a search: losses trial by trial, settings and loss side by side, which setting mattered. It reads no store."""

import math
from collections.abc import Mapping
from typing import Any

from engine.train.search.importance import loss_of
from engine.train.search.watch import SearchView
from ui.charts import BAD, BASE, CHECK, GOOD, TUNED, safe, show
from ui.forms import words
from ui.frame import t
from ui.train_settings import told

MARKS = {"done": (TUNED, "circle"), "pruned": (BASE, "x"), "failed": (BAD, "x"), "stopped": (CHECK, "x")}
LOG_RATIO = 10.0
"""Numbers that reach over this ratio are drawn by their logarithm."""


def history(view: SearchView) -> None:
    """The loss of every trial, the lowest so far as a line, the baseline's as a dotted one."""
    from plotly.graph_objects import Figure, Scatter

    figure, ended = Figure(), [(trial, loss_of(trial)) for trial in view.own if trial["state"] in MARKS]
    ended = [(trial, loss) for trial, loss in ended if loss is not None]
    for state, (colour, symbol) in MARKS.items():
        some = [(trial, loss) for trial, loss in ended if trial["state"] == state]
        if some:
            figure.add_trace(
                Scatter(
                    x=[trial["number"] for trial, _ in some], y=[loss for _, loss in some], mode="markers",
                    name=t(f"search.trial.{state}"), marker={"color": colour, "symbol": symbol, "size": 9},
                    text=[_settings(view, trial) for trial, _ in some],
                    hovertemplate="%{y:.4f}<br>%{text}<extra></extra>",
                )
            )  # fmt: skip
    done = [(trial["number"], loss) for trial, loss in ended if trial["state"] == "done"]
    lowest = [min(loss for _, loss in done[: place + 1]) for place in range(len(done))]
    line = {"color": GOOD, "width": 2, "shape": "hv"}
    figure.add_trace(
        Scatter(x=[n for n, _ in done], y=lowest, mode="lines", name=t("search.lowest"), line=line, hoverinfo="skip")
    )
    first = view.own[0]["value"] if view.own else None
    if first is not None:
        label = {"text": t("search.baseline"), "font": {"color": BASE, "size": 12}}
        figure.add_hline(y=first, line={"color": BASE, "dash": "dot", "width": 1}, annotation=label)
    figure.update_xaxes(title=t("search.column.trial"), dtick=1 if len(ended) < 20 else None, showgrid=False)
    figure.update_yaxes(title=t("search.column.loss"))
    show(figure, f"search_history_{view.study['id']}", hover="closest")


def _settings(view: SearchView, trial: dict[str, Any]) -> str:
    return "<br>".join(
        f"{safe(words(f'field.{name}', name))}: {safe(told(view.value(trial, name)))}" for name in view.fields
    )


def parallel(view: SearchView) -> None:
    """One line per trial through its settings to its loss: the lines of good trials are blue."""
    from plotly.graph_objects import Figure, Parcoords

    trials = [(trial, loss) for trial in view.own if trial["state"] in ("done", "pruned") and (loss := loss_of(trial))]
    losses = [loss for _, loss in trials]
    axes = [
        _axis(words(f"field.{name}", name), [view.value(trial, name) for trial, _ in trials]) for name in view.fields
    ]
    axes.append({"label": t("search.column.loss"), "values": losses, "tickformat": ".3f"})
    scale = [[0, TUNED], [1, "#d9dce1"]]
    low, high = (
        min(losses),
        sorted(losses)[math.ceil(0.75 * (len(losses) - 1))],
    )  # one bad trial shall not make all the others alike
    colour = {"color": losses, "colorscale": scale, "cmin": low, "cmax": max(high, low + 1e-6)}
    room = {"x": [0.07, 0.96], "y": [0.0, 0.86]}  # ticks stand left of their axis, labels above it
    figure = Figure(Parcoords(line=colour, dimensions=axes, domain=room, labelfont={"size": 13}, tickfont={"size": 11}))
    show(figure, f"search_parallel_{view.study['id']}", height=360, hover="closest")


def _axis(label: str, values: list[Any]) -> dict[str, Any]:
    """Numbers on their own scale, by their logarithm when they reach far; anything else as evenly spaced marks."""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    unlike = sorted(set(values), key=lambda value: (str(type(value)), value))
    if numbers and len(unlike) > 8:
        if unlike[0] > 0 and unlike[-1] / unlike[0] >= LOG_RATIO:
            low, high = math.log10(unlike[0]), math.log10(unlike[-1])
            marks = [low + (high - low) * place / 4 for place in range(5)]
            return {
                "label": label, "values": [math.log10(value) for value in values], "tickvals": marks,
                "ticktext": [f"{10**mark:.2g}" for mark in marks],
            }  # fmt: skip
        return {"label": label, "values": values}
    return {
        "label": label, "values": [unlike.index(value) for value in values], "tickvals": list(range(len(unlike))),
        "ticktext": [told(value) for value in unlike],
    }  # fmt: skip


def importance(study_id: str, shares: Mapping[str, float]) -> None:
    """A bar per setting, the one that mattered most on top."""
    from plotly.graph_objects import Bar, Figure

    names = [words(f"field.{name}", name) for name in shares]
    values = [100 * share for share in shares.values()]
    bars = Bar(
        x=values[::-1],
        text=[f"{value:.0f}%" for value in values[::-1]],
        textposition="outside",
        cliponaxis=False,
        y=names[::-1],
        orientation="h",
        marker={"color": TUNED},
        hovertemplate="%{x:.0f}%<extra></extra>",
    )
    figure = Figure(bars)
    figure.update_xaxes(range=[0, 105], ticksuffix="%", showgrid=True)
    show(figure, f"search_importance_{study_id}", height=90 + 34 * len(names), hover="closest")
