"""How good each model is beside how large and slow it is: one chart, one table, and what the owner's prices make of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.evaluate.board import Line, board
from engine.evaluate.cost import cost_per_thousand, read_prices, set_price
from engine.store.open import open_store
from ui import charts, frame
from ui.frame import plain, t
from ui.leaderboard import amount, between, metric_label, model_names, suite_of

SMALLEST, LARGEST = 12, 44
"""Pixels across a dot: its area grows with the seconds per answer."""


def show(evaluation: Mapping[str, Any]) -> None:
    """Draw an evaluation's models by size; any suite's."""
    costs: Mapping[str, Mapping[str, Any]] = evaluation.get("costs", {})
    if not costs:
        st.info(t("size.none"), icon=":material/info:")
        return
    names = model_names([model["model"] for model in evaluation["models"]])
    lines = {line.metric.name: line for line in board(evaluation, suite_of(evaluation["recipe"]))}
    st.subheader(t("size.title"))
    st.caption(t("size.help"))
    line = lines[_choose(list(lines))]
    _chart(line, costs, names)
    missing = [plain(names[model]) for model in names if not costs.get(model, {}).get("parameters")]
    if missing:
        st.caption(t("size.unknown", models=", ".join(missing)))
    with frame.reading() as db:
        prices = read_prices(db)
    _table(line, costs, names, prices)
    _prices(names, prices)


def _choose(known: Sequence[str]) -> str:
    asked = frame.asked("metric")
    st.session_state["size_metric"] = asked if asked in known else known[0]
    return str(
        st.selectbox(
            t("size.metric"),
            known,
            format_func=metric_label,
            key="size_metric",
            on_change=lambda: frame.name_in_address(metric=st.session_state["size_metric"]),
        )
    )


def _chart(line: Line, costs: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> None:
    """Parameters on a logarithmic axis, the score with its interval, seconds as the area of the dot."""
    from plotly.graph_objects import Figure, Scatter

    slowest = max((facts["seconds_per_answer"] or 0.0 for facts in costs.values()), default=0.0)
    figure = Figure()
    for model, name in names.items():
        facts, score = costs.get(model, {}), line.scores.get(model)
        if not facts.get("parameters") or score is None or score["value"] is None:
            continue
        known = score["low"] is not None
        figure.add_trace(
            Scatter(
                x=[facts["parameters"]],
                y=[score["value"]],
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [score["high"] - score["value"] if known else 0],
                    "arrayminus": [score["value"] - score["low"] if known else 0],
                    "thickness": 1.5,
                },
                mode="markers",
                cliponaxis=False,
                name=charts.safe(name),
                marker={
                    "size": _pixels(facts["seconds_per_answer"], slowest),
                    "color": charts.BASE if model.startswith("base:") else charts.TUNED,
                    "symbol": "diamond" if facts["constrained"] else "circle",
                    "opacity": 0.75,
                },
                hovertemplate=f"{charts.safe(name)}<br>{_hover(facts, score)}<extra></extra>",
            )
        )
    figure.update_xaxes(type="log", title=t("size.parameters"), tickformat="~s", dtick="D2")
    figure.update_yaxes(title=metric_label(line.metric.name))
    if line.metric.unit.startswith("share"):
        figure.update_yaxes(tickformat=".0%", range=[-0.03, 1.03])
    charts.show(figure, "size_chart", height=380, hover="closest")


def _pixels(seconds: float | None, slowest: float) -> float:
    if not seconds or not slowest:
        return SMALLEST
    return float(max(SMALLEST, LARGEST * (seconds / slowest) ** 0.5))


def _hover(facts: Mapping[str, Any], score: Mapping[str, Any]) -> str:
    unit = score["unit"]
    said = f"{amount(score['value'], unit)} {between(score['low'], score['high'], unit)}"
    return f"{said}<br>{count(facts['parameters'])} · {_seconds(facts)} s"


def _table(
    line: Line, costs: Mapping[str, Mapping[str, Any]], names: Mapping[str, str], prices: Mapping[str, Any]
) -> None:
    unit = line.metric.unit
    rows = [
        {
            t("size.model"): name,
            metric_label(line.metric.name): _value(line.scores.get(model), unit),
            t("size.parameters"): count(costs.get(model, {}).get("parameters")),
            t("size.mb"): number(costs.get(model, {}).get("size_mb"), 1),
            t("size.seconds"): _seconds(costs.get(model, {})),
            t("size.speed"): number(costs.get(model, {}).get("tokens_per_second"), 1),
            t("size.constrained"): t("size.yes" if costs.get(model, {}).get("constrained") else "size.no"),
            t("size.cost"): number(cost_per_thousand(costs.get(model, {}), prices, model), 2),
        }
        for model, name in names.items()
    ]
    text = st.column_config.TextColumn
    st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        height="content",
        key="size_table",
        column_config={
            t("size.model"): text(width=220, pinned=True),
            t("size.seconds"): text(help=t("size.seconds_help")),
            t("size.cost"): text(help=t("size.cost_help")),
        },
    )


def _value(score: Mapping[str, Any] | None, unit: str) -> str:
    if score is None or score["value"] is None:
        return "—"
    return f"{amount(score['value'], unit)} {between(score['low'], score['high'], unit)}".strip()


def _seconds(facts: Mapping[str, Any]) -> str:
    return number(facts.get("seconds_per_answer"), 2)


def number(value: float | None, digits: int) -> str:
    """A figure, or a dash where nothing was measured."""
    return "—" if value is None else f"{value:,.{digits}f}"


def count(parameters: float | None) -> str:
    """Parameters in millions or billions (M, B)."""
    if not parameters:
        return "—"
    return f"{parameters / 1e9:.1f} B" if parameters >= 1e9 else f"{parameters / 1e6:.1f} M"


def _prices(names: Mapping[str, str], prices: Mapping[str, Any]) -> None:
    with st.expander(t("size.prices"), icon=":material/payments:"):
        st.caption(t("size.prices_help"))
        st.number_input(
            t("size.hour"), min_value=0.0, value=float(prices["hour"]), key="size_hour", on_change=_keep_hour
        )
        for model, name in names.items():
            st.number_input(
                t("size.tokens", model=plain(name)),
                min_value=0.0,
                value=float(prices["tokens"].get(model, 0.0)),
                key=f"size_tokens_{model}",
                on_change=_keep_tokens,
                args=(model,),
            )


def _keep_hour() -> None:
    with open_store(frame.store()) as db:
        set_price(db, hour=st.session_state["size_hour"])


def _keep_tokens(model: str) -> None:
    with open_store(frame.store()) as db:
        set_price(db, model=model, tokens=st.session_state[f"size_tokens_{model}"])
