"""A term among its neighbours: points to press, lines coloured by relation. It reads no store.

Places are found by springs (networkx, Fruchterman and Reingold 1991) from a fixed beginning, so that a graph looks the same each time.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.terms.dictionary import Dictionary
from engine.terms.model import Relation
from ui.charts import BAD, BASE, CHECK, GOOD, TUNED, safe
from ui.frame import t
from ui.terms import Shown, relation_word

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MOST = 60
"""Points drawn: more than these are no picture but a cloud."""
COLOURS = {
    "symptom": "#b5577d",
    "cause": CHECK,
    "treatment": GOOD,
    "test": TUNED,
    "complication": "#7d5ba6",
    "contraindication": BAD,
    "is_a": BASE,
}
OTHER = "#9a7b4f"
"""Relations of the owner's own words."""
FAINT = 0.3
"""Of lines that do not touch the term."""
STEPS = (1, 2)


def graph(shown: Shown, id_: str) -> None:
    """The graph around a term; a press on a point opens that term."""
    if not shown.terms.around.get(id_):
        return
    st.subheader(t("terms.graph"))
    steps = st.segmented_control(
        t("terms.steps"),
        STEPS,
        format_func=lambda n: t(f"terms.steps.{n}"),
        key="terms_steps",
        default=1,
        required=True,
    )
    ids, left = neighbourhood(shown.terms, id_, int(steps or 1))
    st.caption(t("terms.graph_help") + (f" {t('terms.graph_left', n=f'{left:,}', most=MOST)}" if left else ""))
    figure = draw(shown.terms, id_, ids)
    key = f"terms_graph_{shown.recipe}_{id_}_{steps}"
    pressed: Any = st.plotly_chart(
        figure, key=key, width="stretch", on_select="rerun", selection_mode="points", config={"displayModeBar": False}
    )
    points = pressed["selection"]["points"]
    named = points[0].get("customdata") if points else None
    target = (named[0] if isinstance(named, list) else named) if named else None
    if target and target != id_ and target in shown.terms.by_id:
        open_term_now(shown, target)


def open_term_now(shown: Shown, id_: str) -> None:
    """Outside a callback: the address first, then the page anew."""
    from ui import frame

    frame.name_in_address(recipe=shown.recipe, term=id_)
    st.rerun()


def neighbourhood(terms: Dictionary, id_: str, steps: int) -> tuple[list[str], int]:
    """(ids of at most MOST terms within so many steps, the nearest first, the term itself in front; how many were left out)."""
    found, edge = [id_], [id_]
    seen = {id_}
    for _ in range(steps):
        edge = [
            other
            for one in edge
            for relation in terms.around.get(one, ())
            if (other := relation.tail if relation.head == one else relation.head) not in seen and not seen.add(other)  # type: ignore[func-returns-value]
        ]
        found += edge
    return found[:MOST], max(0, len(found) - MOST)


def draw(terms: Dictionary, centre: str, ids: Sequence[str]) -> "Figure":
    """The figure: a line per relation, one legend entry for each kind of relation."""
    from plotly.graph_objects import Figure

    kept = set(ids)
    relations = list(
        dict.fromkeys(one for id_ in ids for one in terms.around.get(id_, ()) if one.head in kept and one.tail in kept)
    )
    places = layout(ids, relations, centre)
    figure = Figure()
    for name in dict.fromkeys(one.relation for one in relations):
        same = [one for one in relations if one.relation == name]
        own = [one for one in same if centre in (one.head, one.tail)]
        figure.add_trace(_lines(name, own or same, places, 1.0 if own else FAINT))
        if own and len(own) < len(same):
            between = _lines(name, [one for one in same if one not in own], places, FAINT)
            figure.add_trace(between.update(showlegend=False))
    figure.add_trace(_points(terms, centre, ids, places))
    figure.update_layout(
        height=520,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0.0, "title": None},
        hovermode="closest",
        dragmode=False,
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True},
    )
    return figure


def layout(ids: Sequence[str], relations: Sequence[Relation], centre: str) -> Mapping[str, tuple[float, float]]:
    """{id: (x, y)}, the centre at (0, 0)."""
    import networkx

    made = networkx.Graph()
    made.add_nodes_from(ids)
    made.add_edges_from((one.head, one.tail) for one in relations)
    if len(ids) == 1:
        return {centre: (0.0, 0.0)}
    begin = networkx.circular_layout(made)
    begin[centre] = begin[centre] * 0
    found = networkx.spring_layout(
        made, pos=begin, fixed=[centre], seed=7, iterations=60, k=1.6 / len(ids) ** 0.5, method="force"
    )
    return {id_: (float(x), float(y)) for id_, (x, y) in found.items()}


def _lines(name: str, relations: Sequence[Relation], places: Mapping[str, tuple[float, float]], opacity: float) -> Any:
    from plotly.graph_objects import Scatter

    x: list[float | None] = []
    y: list[float | None] = []
    for one in relations:
        (x0, y0), (x1, y1) = places[one.head], places[one.tail]
        x += [x0, x1, None]
        y += [y0, y1, None]
    line = {"color": COLOURS.get(name, OTHER), "width": 1.6, "dash": "dot" if name == "contraindication" else "solid"}
    words = safe(relation_word(name))
    return Scatter(x=x, y=y, mode="lines", name=words, legendgroup=name, line=line, opacity=opacity, hoverinfo="skip")


def _points(terms: Dictionary, centre: str, ids: Sequence[str], places: Mapping[str, tuple[float, float]]) -> Any:
    from plotly.graph_objects import Scatter

    names = [safe(terms.named(id_)) for id_ in ids]
    return Scatter(
        x=[places[id_][0] for id_ in ids],
        y=[places[id_][1] for id_ in ids],
        mode="markers+text",
        text=[f"<b>{name}</b>" if id_ == centre else _short(name) for id_, name in zip(ids, names, strict=True)],
        textposition="top center",
        customdata=[[id_] for id_ in ids],
        hovertext=[_told(terms, id_) for id_ in ids],
        hoverinfo="text",
        marker={
            "size": [22 if id_ == centre else 13 for id_ in ids],
            "color": [CHECK if id_ == centre else TUNED for id_ in ids],
            "opacity": 1.0,
        },
        unselected={"marker": {"opacity": 1.0}},
        showlegend=False,
        cliponaxis=False,
    )


def _short(name: str) -> str:
    return name if len(name) < 13 else f"{name[:11]}…"


def _told(terms: Dictionary, id_: str) -> str:
    term = terms.by_id[id_]
    return f"<b>{safe(term.name)}</b><br>{safe(term.definition[:60])}"
