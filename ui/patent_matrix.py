"""The confusion matrix of one model, its cells doors to their cases; and what of the JSON schema was broken. It counts nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.evaluate.confusion import Matrix, matrices
from engine.evaluate.suite import Suite
from engine.store.sorted_answers import count_listed
from ui import frame
from ui.frame import plain, t
from ui.words import WORDS

SCALE = ((0.0, "rgba(61,111,168,0.04)"), (1.0, "rgba(61,111,168,0.75)"))
WRONG = ((0.0, "rgba(196,72,62,0.04)"), (1.0, "rgba(196,72,62,0.75)"))
"""Blue where the answer is right, red where it is not: both from pale to full with the share of the row."""
CELL_PX = 74


def label(value: str) -> str:
    """A risk, or what stands in its place. Not escaped."""
    return t(f"patent.said.{value}") if f"patent.said.{value}" in WORDS else value


def show(evaluation: Mapping[str, Any], names: Mapping[str, str], suite: Suite) -> None:
    """The matrix of the model asked for, and two boxes that open the cases of a cell without a mouse."""
    if suite.confusion is None:
        return
    with frame.reading() as db:
        found = matrices(db, evaluation["id"], suite.confusion)
    if not found:
        return
    st.subheader(t("patent.matrix"), help=t("gloss.confusion"))
    st.caption(t("patent.matrix_help"))
    model = choose_model({one: names[one] for one in found}, last=True)
    matrix = found[model]
    clicked = _draw(model, matrix)
    st.caption(t("patent.matrix_says", model=plain(names[model]), right=matrix.right, n=matrix.n))
    _boxes(evaluation["id"], model, matrix)
    if clicked:
        open_cases(evaluation["id"], model, *clicked)
        st.rerun()


def choose_model(names: Mapping[str, str], last: bool = False) -> str:
    """The model asked for (`?who=`); a box only where there is a choice."""
    asked = frame.asked("who")
    chosen = asked if asked in names else list(names)[-1 if last else 0]
    if len(names) < 2:
        return chosen
    st.session_state["patent_who"] = chosen
    return str(
        st.selectbox(
            t("patent.who"),
            list(names),
            format_func=lambda one: names[one],
            key="patent_who",
            on_change=lambda: frame.name_in_address(who=st.session_state["patent_who"]),
        )
    )


def _draw(model: str, matrix: Matrix) -> tuple[str, str] | None:
    """The heat map; the cell that was clicked, once."""
    from plotly.graph_objects import Figure, Heatmap, Scatter

    columns, rows = [label(one) for one in matrix.columns], [label(one) for one in matrix.rows]
    figure = Figure()
    for right, scale in ((True, SCALE), (False, WRONG)):
        figure.add_trace(
            Heatmap(
                z=_kept(matrix.shares, matrix, right),
                x=columns,
                y=rows,
                hoverinfo="skip",
                colorscale=[list(stop) for stop in scale],
                zmin=0,
                zmax=1,
                xgap=4,
                ygap=4,
                showscale=False,
            )
        )
    cells = [(i, j) for i in range(len(rows)) for j in range(len(columns))]
    figure.add_trace(  # a heat map tells no click; of points on its cells the nearest is hit, which is the cell's own
        Scatter(
            x=[columns[j] for _, j in cells],
            y=[rows[i] for i, _ in cells],
            text=[_told(matrix, i, j) for i, j in cells],
            mode="markers+text",
            textfont={"size": 15},
            marker={"size": 50, "opacity": 0},
            hovertemplate=t("patent.hover"),
            showlegend=False,
        )
    )
    figure.update_xaxes(type="category", title=t("patent.said"), side="top", tickformat="", showgrid=False)
    figure.update_yaxes(type="category", title=t("patent.truth"), autorange="reversed", tickformat="", showgrid=False)
    return _clicked(figure, model, matrix)


def _kept(shares: Sequence[Sequence[float | None]], matrix: Matrix, right: bool) -> list[list[float | None]]:
    """Shares of the cells on the diagonal, or of the others; None elsewhere."""
    return [
        [share if (matrix.rows[i] == matrix.columns[j]) is right else None for j, share in enumerate(row)]
        for i, row in enumerate(shares)
    ]


def _told(matrix: Matrix, i: int, j: int) -> str:
    share = matrix.shares[i][j]
    return f"{matrix.counts[i][j]}" + ("" if share is None else f"<br>{share:.0%}")


def _clicked(figure: Any, model: str, matrix: Matrix) -> tuple[str, str] | None:
    """Draw it; a click is taken once: the key changes with every click, so that coming back does not open the cell again."""
    count = st.session_state.get("patent_clicked", 0)
    figure.update_layout(
        height=70 + CELL_PX * len(matrix.rows),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        clickmode="event+select",
        hovermode="closest",
        hoverdistance=-1,
    )
    state = st.plotly_chart(
        figure,
        key=f"patent_matrix_{model}_{count}",
        width="stretch",
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
    )
    points = state["selection"]["points"]
    if not points:
        return None
    st.session_state["patent_clicked"] = count + 1
    at = {label(one): one for one in (*matrix.rows, *matrix.columns)}
    return at[points[0]["y"]], at[points[0]["x"]]


def _boxes(evaluation_id: str, model: str, matrix: Matrix) -> None:
    """The same door for a keyboard."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="patent_cell"):
        truth = st.selectbox(t("patent.truth"), matrix.rows, format_func=label, key="patent_cell_truth", width=170)
        said = st.selectbox(t("patent.said"), matrix.columns, format_func=label, key="patent_cell_said", width=170)
        n = matrix.counts[matrix.rows.index(truth)][matrix.columns.index(said)]
        st.button(
            t("patent.open_cell", n=n),
            key="patent_open_cell",
            icon=":material/forum:",
            disabled=not n,
            on_click=open_cases,
            args=(evaluation_id, model, truth, said),
        )


def open_cases(evaluation_id: str, model: str, truth: str | None, said: str | None) -> None:
    """Show the cases of one cell. For callbacks too."""
    frame.name_in_address(view="cases", evaluation=evaluation_id, who=model, truth=truth, said=said, item=None, at=None)


def errors(evaluation: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """What was broken in answers, by model: only where something was."""
    with frame.reading() as db:
        found = count_listed(db, evaluation["id"], "schema_errors")
    if not found:
        return
    st.subheader(t("patent.errors"))
    st.caption(t("patent.errors_help"))
    at = {(row["model"], row["value"]): row["n"] for row in found}
    rows = [
        {t("patent.error"): error_words(value), **{name: at.get((model, value), 0) for model, name in names.items()}}
        for value in dict.fromkeys(row["value"] for row in found)
    ]
    st.dataframe(rows, hide_index=True, width="stretch", height="content", key="patent_errors")


def error_words(value: str) -> str:
    """A breach of the schema in words. Not escaped."""
    kind, _, what = value.partition(":")
    return t(f"patent.broken.{kind}", what=what) if f"patent.broken.{kind}" in WORDS else value
