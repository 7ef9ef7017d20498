"""The board of an evaluation of summaries: ROUGE in three units side by side, faithfulness, length and form. A cell opens its answers."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.evaluate.board import Line, board, items_judged
from engine.evaluate.rouge import KINDS, UNITS
from ui import evaluate_board, evaluate_charts, evaluate_method, frame, reports
from ui.frame import t
from ui.leaderboard import FEW, amount, between, metric_label, model_names, reference_name, suite_of, summary

KIND_PX = 92
"""Pixels of a column that says `ROUGE-1`: left to itself it is cut after ROUGE."""
FAITHFUL = ("unsupported_names", "unsupported_numbers", "speaker_errors", "speakers_not_judged")
Lines = Mapping[str, Line]
Cell = tuple[str, str, str | None]
"""(text, the metric whose answers a click opens, the model it is about)."""


def show(evaluation: Mapping[str, Any]) -> None:
    """Draw a whole evaluation of the summary suite."""
    found = board(evaluation, suite_of(evaluation["recipe"]))
    lines = {line.metric.name: line for line in found}
    names = model_names([model["model"] for model in evaluation["models"]])
    counted = [line for line in found if line.metric.name not in _repeated()]
    items = items_judged(evaluation)
    with st.container(border=True):
        summary(evaluation, counted)
        if 0 < items < FEW:
            st.caption(t("evaluate.few", n=items))
        evaluate_board.talk_on(list(names))
    if not found:
        return
    _rouge(lines, names)
    _faithful(lines, names, reference_name(evaluation["suite"]))
    _shape([line for line in counted if line.metric.name not in (*_rouge_names(), *FAITHFUL)], names, evaluation)
    evaluate_board.detail(found, names, True)
    evaluate_charts.forest(counted, names)
    evaluate_method.show(evaluation, names)
    reports.download("evaluation", evaluation["id"])


def _rouge_names() -> set[str]:
    return {f"{kind}_{unit}" for kind in KINDS for unit in UNITS}


def _repeated() -> set[str]:
    """ROUGE in the other units, and by sentence: a verdict on each would count one difference many times over."""
    return _rouge_names() - {f"{kind}_{UNITS[0]}" for kind in KINDS[:3]}


def _rouge(lines: Lines, names: Mapping[str, str]) -> None:
    st.subheader(t("summary.rouge"), help=t("gloss.rouge"))
    st.caption(t("summary.rouge_help"))
    rows = [_rouge_row(lines, kind, model, names) for kind in _kinds(lines) for model in names]
    _table("rouge", rows, lines)


def _kinds(lines: Lines) -> list[str]:
    """Those that say something of their own: by sentence only where some summary has more than one."""
    known = [kind for kind in KINDS if all(f"{kind}_{unit}" in lines for unit in UNITS)]
    apart = any(_value(lines, "rougeL", unit) != _value(lines, "rougeLsum", unit) for unit in UNITS)
    return known if apart else known[:3]


def _value(lines: Lines, kind: str, unit: str) -> list[Any]:
    line = lines.get(f"{kind}_{unit}")
    return [score["value"] for score in line.scores.values()] if line else []


def _rouge_row(lines: Lines, kind: str, model: str, names: Mapping[str, str]) -> dict[str, Cell]:
    """The kind is named once, beside the first model."""
    main = lines[f"{kind}_{UNITS[0]}"]
    first = model == next(iter(names))
    verdict = t("summary.first") if first else t(f"evaluate.verdict.{main.verdict(model)}")
    row: dict[str, Cell] = {
        t("summary.col.kind"): (t(f"summary.kind.{kind}") if first else "", main.metric.name, model)
    }
    row[t("summary.col.model")] = (names[model], main.metric.name, model)
    row |= {t(f"summary.unit.{unit}"): _cell(lines, f"{kind}_{unit}", model) for unit in UNITS}
    return row | ({t("summary.col.verdict"): (verdict, main.metric.name, model)} if len(names) > 1 else {})


def _cell(lines: Lines, metric: str, model: str) -> Cell:
    """The value with its interval and, for a share of fewer answers than there are, how many were judged."""
    line = lines.get(metric)
    score = line.scores.get(model) if line else None
    if line is None or score is None or score["value"] is None:
        return t("evaluate.not_judged"), metric, model
    unit = line.metric.unit
    told = f"{amount(score['value'], unit)} {between(score['low'], score['high'], unit)}".strip()
    return (f"{told} · n={score['n']}" if unit.startswith("share") else told), metric, model


def _faithful(lines: Lines, names: Mapping[str, str], reference: str) -> None:
    """A row per model, and what the references themselves come to: so much is in the rules, not in the models."""
    shown = [metric for metric in FAITHFUL if metric in lines]
    if not any(line.n for line in map(lines.__getitem__, shown)):
        return
    st.subheader(t("summary.faithful"))
    st.caption(t("summary.faithful_help"))
    rows = [
        _faithful_row(names[model], shown, {metric: _cell(lines, metric, model) for metric in shown}) for model in names
    ]
    mine: dict[str, Cell] = {
        metric: (amount(lines[metric].mine, lines[metric].metric.unit), metric, None) for metric in shown
    }
    _table("faithful", [*rows, _faithful_row(reference, shown, mine)], lines)


def _faithful_row(name: str, shown: Sequence[str], cells: Mapping[str, Cell]) -> dict[str, Cell]:
    return {t("summary.col.model"): (name, shown[0], None), **{metric_label(metric): cells[metric] for metric in shown}}


def _shape(lines: Sequence[Line], names: Mapping[str, str], evaluation: Mapping[str, Any]) -> None:
    st.subheader(t("summary.shape"))
    evaluate_board.health_in_words([line for line in lines if line.health], names)
    evaluate_board.table("shape", lines, names, items_judged(evaluation), reference_name(evaluation["suite"]))


def _table(name: str, rows: Sequence[Mapping[str, Cell]], lines: Lines) -> None:
    """Draw it; a click on a cell opens the answers of its metric."""
    key = f"summary_table_{name}_{st.session_state.get(f'summary_clicked_{name}', 0)}"
    ko_en = 1 if frame.english() else 0
    about = {
        column: (lines[metric].metric.ko, lines[metric].metric.en)[ko_en] for column, (_, metric, _) in rows[0].items()
    }
    plain = (t("summary.col.kind"), t("summary.col.model"), t("summary.col.verdict"))
    state = st.dataframe(
        [{column: text for column, (text, _, _) in row.items()} for row in rows],
        hide_index=True,
        width="stretch",
        height="content",
        key=key,
        on_select="rerun",
        selection_mode="single-cell",
        column_config={
            column: st.column_config.TextColumn(
                help=None if column in plain else said, width=KIND_PX if column == plain[0] else None
            )
            for column, said in about.items()
        },
    )
    cells = state["selection"]["cells"]
    if cells and cells[0][0] < len(rows):
        st.session_state[f"summary_clicked_{name}"] = st.session_state.get(f"summary_clicked_{name}", 0) + 1
        _, metric, model = rows[cells[0][0]][str(cells[0][1])]
        frame.name_in_address(view="answers", metric=metric, pair=model, order="worst", item=None, at=None)
        st.rerun()
