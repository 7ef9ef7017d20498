"""The curves of runs: one, what else was measured along it, and several over each other. It reads no store."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.train.curve import Curve, smoothed
from engine.train.watch import ComparedRun
from ui.charts import BASE, CHECK, GOOD, TUNED, safe, show
from ui.frame import t

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MANY = (TUNED, CHECK, GOOD, BASE)
"""Compared runs, in the order they were chosen."""
GROUPS = {
    "learning": ("learning_rate", "grad_norm"),
    "speed": ("tokens_per_second", "memory_gb"),
    "machine": ("cpu_percent", "ram_gb", "gpu_temperature_c", "gpu_power_w", "gpu_percent"),
}
"""What else is drawn of a run, a tab for each."""
HOVER = {"learning_rate": "%{y:.2e}", "grad_norm": "%{y:.2f}", "tokens_per_second": "%{y:,.0f}"}
FAINT = 0.4
"""Of the measured line behind a smoothed one."""
AXES = ("step", "tokens", "time")
"""What compared curves are drawn over."""


def loss_chart(run_id: str, curve: Curve, weight: float = 0.0) -> None:
    """Training and validation loss over the steps; the base's loss as a line, the best step marked. `weight`: of smoothing."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    if curve.losses:
        steps, losses = [row["step"] for row in curve.losses], [row["loss"] for row in curve.losses]
        _training(figure, steps, losses, weight, t("runs.train_loss"), TUNED)
    tuned = [point for point in curve.validations if point[0] > 0]
    if tuned:
        figure.add_trace(
            _validation([step for step, _ in tuned], [loss for _, loss in tuned], t("runs.eval_loss"), CHECK)
        )
    for _, before in [point for point in curve.validations if point[0] == 0][:1]:
        label = {"text": t("runs.before"), "font": {"color": BASE, "size": 12}}
        figure.add_hline(y=before, line={"color": BASE, "dash": "dot", "width": 1}, annotation=label)
    if curve.verdict.best:
        step, loss = curve.verdict.best
        mark = {"color": GOOD, "size": 13, "symbol": "star"}
        figure.add_trace(Scatter(x=[step], y=[loss], name=t("runs.best_mark"), mode="markers", marker=mark))
    _over(figure, run_id, t("runs.step"))
    show(figure, key=f"runs_curve_{run_id}")


def _training(
    figure: "Figure", along: Sequence[float], losses: Sequence[float], weight: float, name: str, colour: str
) -> None:
    """The training loss, and when it is smoothed what was measured as a faint line behind it."""
    from plotly.graph_objects import Scatter

    if weight:
        faint = {"color": colour, "width": 1}
        figure.add_trace(
            Scatter(
                x=along,
                y=losses,
                name=name,
                mode="lines",
                line=faint,
                opacity=FAINT,
                hoverinfo="skip",
                showlegend=False,
            )
        )
    line = {"color": colour, "width": 1.5}
    figure.add_trace(Scatter(x=along, y=smoothed(losses, weight), name=name, mode="lines", line=line))


def _validation(along: Sequence[float], losses: Sequence[float], name: str, colour: str) -> Any:
    from plotly.graph_objects import Scatter

    line = {"color": colour, "width": 2}
    return Scatter(x=along, y=losses, name=name, mode="lines+markers", line=line, marker={"size": 6})


def _over(figure: "Figure", kept_by: str, axis: str, hover: str = "%{y:.3f}") -> None:
    """`uirevision`: a zoom outlives a new drawing of the same run, wherever the chart is not mounted anew."""
    figure.update_layout(uirevision=kept_by)
    figure.update_traces(hovertemplate=hover, selector=lambda trace: trace.hoverinfo != "skip")
    figure.update_xaxes(title=axis, rangemode="tozero", showgrid=False)
    figure.update_yaxes(title=None, nticks=6)


def measured(curve: Curve, group: str) -> list[str]:
    """What of a group there is to draw."""
    rows = [*curve.losses, *curve.gauges]
    return [name for name in GROUPS[group] if any(row.get(name) is not None for row in rows)]


def small_chart(run_id: str, curve: Curve, name: str) -> None:
    """One number over the steps."""
    from plotly.graph_objects import Figure, Scatter

    source = curve.losses if name in GROUPS["learning"] or name in GROUPS["speed"] else curve.gauges
    rows = [row for row in source if row.get(name) is not None]
    line = {"color": TUNED, "width": 1.5}
    figure = Figure(
        Scatter(
            x=[row["step"] for row in rows],
            y=[row[name] for row in rows],
            name=t(f"runs.{name}"),
            line=line,
            mode="lines",
            showlegend=True,
        )
    )
    _over(figure, run_id, t("runs.step"), HOVER.get(name, "%{y:.1f}"))
    figure.update_yaxes(rangemode="normal" if name in GROUPS["learning"] else "tozero")
    show(figure, key=f"runs_{name}_{run_id}", height=200)


def compared_chart(
    runs: Sequence[ComparedRun], names: Sequence[str], which: str, axis: str, weight: float
) -> list[str]:
    """Losses of one kind (`validation`, `training`) over each other, along `axis`; the untuned base's would flatten them and is
    left out. Returns the names of runs that did not record what the axis needs."""
    from plotly.graph_objects import Figure

    figure, missing = Figure(), []
    for run, name, colour in zip(runs, names, MANY, strict=False):
        points = (
            run.curve.validations if which == "validation" else [(row["step"], row["loss"]) for row in run.curve.losses]
        )
        placed = [(place, loss) for step, loss in points if step > 0 and (place := _place(run, step, axis)) is not None]
        if points and not placed:
            missing.append(name)
        elif placed and which == "validation":
            figure.add_trace(
                _validation([place for place, _ in placed], [loss for _, loss in placed], safe(name), colour)
            )
        elif placed:
            _training(figure, [place for place, _ in placed], [loss for _, loss in placed], weight, safe(name), colour)
    _over(figure, ",".join([axis, which, *(run.id for run in runs)]), t(f"runs.axis.{axis}"))
    show(figure, key="runs_compared")
    return missing


def _place(run: ComparedRun, step: int, axis: str) -> float | None:
    """Where a step lies on the axis: steps, tokens, or minutes of training."""
    tokens, seconds = run.spent.get(step, (None, None))
    if axis == "step":
        return step
    return tokens if axis == "tokens" else None if seconds is None else seconds / 60
