"""The leaderboard of one evaluation: a summary, its metrics, one of them in detail, and how everything was measured."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.evaluate.board import Line, Verdict, board, items_judged
from engine.evaluate.table import ARROWS
from ui import charts, evaluate, evaluate_charts, evaluate_floors, evaluate_method, frame, reports
from ui.frame import plain, t
from ui.leaderboard import (
    BADGES,
    FEW,
    amount,
    between,
    difference,
    metric_label,
    model_names,
    probability,
    suite_of,
    summary,
)

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

INK: dict[Verdict, str] = {
    "better": charts.GOOD,
    "worse": charts.BAD,
    "changed": charts.CHECK,
    "same": charts.BASE,
    "unknown": charts.BASE,
}


def show(evaluation: Mapping[str, Any]) -> None:
    """Draw a whole evaluation."""
    suite = suite_of(evaluation["recipe"])
    lines = board(evaluation, suite)
    names = model_names([model["model"] for model in evaluation["models"]])
    if suite is None:
        st.warning(t("evaluate.no_recipe"), icon=":material/help:")
    with st.container(border=True):
        summary(evaluation, lines)
        if 0 < items_judged(evaluation) < FEW:
            st.caption(t("evaluate.few", n=items_judged(evaluation)))
        talk_on(list(names))
    if not lines:
        return
    main, health = [x for x in lines if not x.health], [x for x in lines if x.health]
    st.subheader(t("evaluate.main"))
    st.caption(t("evaluate.main_help"))
    table("main", main, names, items_judged(evaluation), floors=floors_of(evaluation, main))
    if health:
        st.subheader(t("evaluate.health"), help=t("evaluate.health_help"))
        health_in_words(health, names)
        table("health", health, names, items_judged(evaluation))
    detail(lines, names, bool(suite))
    evaluate_charts.forest(main, names)
    evaluate_method.show(evaluation, names)
    reports.download("evaluation", evaluation["id"])


def talk_on(models: Sequence[str]) -> None:
    """The way on: to the last of the models that learned something."""
    tuned = [model for model in models if not model.startswith("base:")]
    if tuned and st.button(t("evaluate.talk"), type="primary", icon=":material/chat:", key="evaluate_talk"):
        frame.go("chat", model=tuned[-1])


def floors_of(evaluation: Mapping[str, Any], lines: Sequence[Line]) -> dict[str, str]:
    """{metric: what it takes no reading to reach}, of the metrics that have such a floor."""
    told = {line.metric.name: evaluate_floors.words(evaluation, line.metric.name) for line in lines}
    return {name: words for name, words in told.items() if words}


def table(
    name: str,
    lines: Sequence[Line],
    names: Mapping[str, str],
    items: int,
    reference: str | None = None,
    floors: Mapping[str, str] | None = None,
) -> None:
    """A row per metric; clicking one opens it below. `reference`: what the right answers are called; `floors`: `floors_of`."""
    _first, *others = names
    wording = st.column_config.TextColumn
    st.dataframe(
        _rows(lines, names, items, reference or t("evaluate.mine"), floors or {}),
        hide_index=True,
        width="stretch",
        height="content",
        key=f"evaluate_table_{name}",
        on_select=lambda: _select(name, lines),
        selection_mode="single-row",
        column_config={
            t("evaluate.metric"): wording(width=225, pinned=True),
            reference or t("evaluate.mine"): wording(help=None if reference else t("evaluate.mine_help"), width=80),
            t("evaluate.floor"): wording(help=t("evaluate.floor_help"), width=190),
            "n": wording(help=t("gloss.n"), width=70),
            **{_verdict_column(other, names): wording(width=140) for other in others},
        },
    )


def _rows(
    lines: Sequence[Line], names: Mapping[str, str], items: int, reference: str, floors: Mapping[str, str]
) -> "Styler":
    """The table with verdicts in their colours."""
    import pandas as pd

    _first, *others = names
    columns = {_verdict_column(other, names): other for other in others}
    beside = [{t("evaluate.floor"): floors.get(line.metric.name, "—")} if floors else {} for line in lines]
    rows = [_row(line, names, columns, items, reference) for line in lines]
    table = pd.DataFrame([row | more for row, more in zip(rows, beside, strict=True)])
    ink = {t(f"evaluate.verdict.{verdict}"): f"color: {colour}" for verdict, colour in INK.items()}
    return table.style.map(lambda said: ink.get(said, ""), subset=list(columns))


def _row(
    line: Line, names: Mapping[str, str], columns: Mapping[str, str], items: int, reference: str
) -> dict[str, str]:
    unit = line.metric.unit
    arrow = ARROWS[line.metric.better].strip()
    row = {t("evaluate.metric"): f"{metric_label(line.metric.name)} {arrow}".strip()}
    row |= {column: t(f"evaluate.verdict.{line.verdict(model)}") for column, model in columns.items()}
    row |= {name: _cell(line.scores.get(model), unit) for model, name in names.items()}
    row[reference] = amount(line.mine, unit)
    row["n"] = f"{line.n} / {items}" if line.n < items else str(line.n)
    return row


def _verdict_column(model: str, names: Mapping[str, str]) -> str:
    return t("evaluate.verdict") if len(names) == 2 else t("evaluate.verdict_of", model=names[model])


def _cell(score: Mapping[str, Any] | None, unit: str) -> str:
    if score is None or score["value"] is None:
        return t("evaluate.not_judged")
    return f"{amount(score['value'], unit)} {between(score['low'], score['high'], unit)}".strip()


def _select(name: str, lines: Sequence[Line]) -> None:
    chosen = st.session_state[f"evaluate_table_{name}"]["selection"]["rows"]
    if chosen:
        frame.name_in_address(metric=lines[chosen[0]].metric.name)


def health_in_words(lines: Sequence[Line], names: Mapping[str, str]) -> None:
    """For every model but the first (unless it is alone): what is wrong with its answers, if anything."""
    for model in list(names)[1:] or list(names):
        found = [
            f"{plain(metric_label(line.metric.name))} **{plain(amount(line.scores[model]['value'], line.metric.unit))}**"
            for line in lines
            if model in line.scores and line.scores[model]["value"]
        ]
        key = "evaluate.health_look" if found else "evaluate.health_fine"
        st.markdown(t(key, model=plain(names[model]), what=" · ".join(found)))


def detail(lines: Sequence[Line], names: Mapping[str, str], explained: bool) -> None:
    """One metric: its meaning, the models' values, the paired tests, and the way to its answers."""
    known = {line.metric.name: line for line in lines}
    asked = frame.asked("metric")
    st.session_state["evaluate_metric"] = asked if asked in known else lines[0].metric.name
    st.subheader(t("evaluate.detail"))
    with st.container(border=True):
        chosen = st.selectbox(
            t("evaluate.detail_metric"),
            list(known),
            format_func=metric_label,
            key="evaluate_metric",
            on_change=lambda: frame.name_in_address(metric=st.session_state["evaluate_metric"]),
        )
        line = known[chosen]
        if explained:
            st.write(plain(line.metric.en if frame.english() else line.metric.ko))
        evaluate_charts.values(line, names)
        for model in line.tests:
            _paired(line, model, names)
        st.button(
            t("evaluate.to_answers"),
            icon=":material/forum:",
            key="evaluate_to_answers",
            on_click=evaluate.show_view,
            args=("answers",),
            kwargs={"metric": line.metric.name, "order": None},
        )


def _paired(line: Line, model: str, names: Mapping[str, str]) -> None:
    test, verdict, unit = line.tests[model], line.verdict(model), line.metric.unit
    mark = f":{BADGES[verdict]}-badge[{t(f'evaluate.verdict.{verdict}')}]"
    said = t(
        "evaluate.paired",
        verdict=mark,
        model=plain(names[model]),
        delta=plain(difference(test.delta, unit)),
        between=plain(between(test.low, test.high, unit)),
        p=plain(probability(test.p)),
        n=test.n,
        test=t(f"evaluate.test.{test.test}"),
    )
    st.markdown(said, help=t("gloss.paired"))
    if verdict != "unknown":
        st.caption(t("evaluate.paired_same" if verdict == "same" else "evaluate.paired_told"))
