"""The curves of runs: one, its learning rate and gradient, and several over each other. It reads no store."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.train.curve import Curve
from engine.train.watch import ComparedRun
from ui.charts import BASE, CHECK, GOOD, TUNED, safe, show
from ui.frame import t

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MANY = (TUNED, CHECK, GOOD, BASE)
"""Compared runs, in the order they were chosen."""


def loss_chart(run_id: str, curve: Curve) -> None:
    """Training and validation loss over the steps; the base's loss as a line, the best step marked."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    if curve.losses:
        steps, losses = [row["step"] for row in curve.losses], [row["loss"] for row in curve.losses]
        figure.add_trace(
            Scatter(x=steps, y=losses, name=t("runs.train_loss"), mode="lines", line={"color": TUNED, "width": 1.5})
        )
    tuned = [point for point in curve.validations if point[0] > 0]
    if tuned:
        figure.add_trace(_validation(tuned, t("runs.eval_loss"), CHECK))
    for _, before in [point for point in curve.validations if point[0] == 0][:1]:
        label = {"text": t("runs.before"), "font": {"color": BASE, "size": 12}}
        figure.add_hline(y=before, line={"color": BASE, "dash": "dot", "width": 1}, annotation=label)
    if curve.verdict.best:
        step, loss = curve.verdict.best
        mark = {"color": GOOD, "size": 13, "symbol": "star"}
        figure.add_trace(Scatter(x=[step], y=[loss], name=t("runs.best_mark"), mode="markers", marker=mark))
    _over_steps(figure, run_id)
    show(figure, key=f"runs_curve_{run_id}")


def _validation(points: Sequence[tuple[int, float]], name: str, colour: str) -> Any:
    from plotly.graph_objects import Scatter

    steps, losses = [step for step, _ in points], [loss for _, loss in points]
    line = {"color": colour, "width": 2}
    return Scatter(x=steps, y=losses, name=name, mode="lines+markers", line=line, marker={"size": 6})


def _over_steps(figure: "Figure", kept_by: str) -> None:
    """`uirevision`: a zoom outlives a new drawing of the same run, wherever the chart is not mounted anew."""
    figure.update_layout(uirevision=kept_by)
    figure.update_traces(hovertemplate="%{y:.3f}")
    figure.update_xaxes(title=t("runs.step"), rangemode="tozero", showgrid=False)
    figure.update_yaxes(title=None, nticks=6)


def small_charts(run_id: str, curve: Curve) -> None:
    """Learning rate and gradient norm."""
    from plotly.graph_objects import Figure, Scatter

    for name in ("learning_rate", "grad_norm"):
        rows = [row for row in curve.losses if row[name] is not None]
        line = {"color": TUNED, "width": 1.5}
        trace = Scatter(
            x=[row["step"] for row in rows], y=[row[name] for row in rows], name=t(f"runs.{name}"), line=line, mode="lines",
            showlegend=True,
        )  # fmt: skip
        figure = Figure(trace)
        _over_steps(figure, run_id)
        figure.update_traces(hovertemplate="%{y:.2e}" if name == "learning_rate" else "%{y:.2f}")
        show(figure, key=f"runs_{name}_{run_id}", height=200)


def compared_chart(runs: Sequence[ComparedRun], names: Sequence[str]) -> None:
    """Validation losses over each other; the untuned base's would flatten them and is left out."""
    from plotly.graph_objects import Figure

    figure = Figure()
    for run, name, colour in zip(runs, names, MANY, strict=False):
        tuned = [point for point in run.curve.validations if point[0] > 0]
        if tuned:
            figure.add_trace(_validation(tuned, safe(name), colour))
    _over_steps(figure, ",".join(run.id for run in runs))
    show(figure, key="runs_compared")
