"""The dashboard's tables: models by what they do, by type of question, by kind of error. A click on a number opens its answers."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui import policy
from ui.frame import t
from ui.words import WORDS

RATES = (
    ("hallucination_rate", "hallucinated"),
    ("could_not_judge", "could_not_judge"),
    ("correct", "correct"),
    ("refused_wrongly", "refused_wrongly"),
    ("refusal_precision", "refused"),
    ("refusal_recall", "unanswerable"),
)
"""(metric, the answers that a click opens)."""
WHICH: dict[str | None, dict[str, str]] = {
    None: {},
    "correct": {"verdict": "correct"},
    "hallucinated": {"verdict": "hallucinated"},
    "could_not_judge": {"verdict": "could_not_judge"},
    "refused_wrongly": {"verdict": "refused_wrongly"},
    "refused": {"verdict": "refused_correctly"},
    "unanswerable": {"type": "unanswerable"},
}
Lines = Mapping[str, Mapping[str, Any]]


def models(evaluation_id: str, whole: Lines, names: Mapping[str, str]) -> None:
    """A row per model under its settings."""
    known = [model for model in names if model in whole]
    head = {t(f"policy.metric.{metric}"): which for metric, which in RATES}
    rows = [_model_row(whole[model], names[model]) for model in known]
    st.subheader(t("policy.by_model"))
    st.caption(t("policy.by_model_help"))
    said = {t(f"policy.metric.{metric}"): t(f"policy.metric_help.{metric}") for metric, _ in RATES}
    chosen = _table("models", rows, said)
    if chosen:
        row, column = chosen
        _open(evaluation_id, who=known[row], **WHICH[head.get(column)])
    missed = max(whole[model]["retrieval_missed"] for model in known)
    if missed:
        st.caption(f":orange[:material/search_off:] {t('policy.missed', n=missed)}")


def _model_row(line: Mapping[str, Any], name: str) -> dict[str, str]:
    rates = line["rates"]
    row = {t("policy.col.model"): name}
    row |= {t(f"policy.metric.{metric}"): policy.cell_with_range(rates[metric]) for metric, _ in RATES}
    row[t("policy.col.settings")] = policy.settings_words(line["settings"])
    return row


def types(evaluation_id: str, lines: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> None:
    """A row per model, a column per type of question: how many of them hallucinated."""
    st.subheader(t("policy.by_type"))
    st.caption(t("policy.by_type_help"))
    known = policy.types_in(lines)
    at = {(line["model"], line["type"]): line["rates"]["hallucination_rate"] for line in lines}
    found = [model for model in names if (model, known[0]) in at] if known else []
    rows = [
        {
            t("policy.col.model"): names[model],
            **{
                policy.type_name(one): policy.cell_with_range(at[model, one]) if (model, one) in at else "—"
                for one in known
            },
        }
        for model in found
    ]
    ranges = {
        policy.type_name(one): t("policy.type_help." + one) for one in known if f"policy.type_help.{one}" in WORDS
    }
    chosen = _table("types", rows, ranges)
    if chosen:
        row, column = chosen
        type_ = next((one for one in known if policy.type_name(one) == column), None)
        _open(evaluation_id, who=found[row], type=type_, verdict="hallucinated" if type_ else None)


def kinds(evaluation_id: str, whole: Lines, names: Mapping[str, str]) -> None:
    """A row per model, a column per kind of error: how many answers; each answer stands under its worst error alone."""
    st.subheader(t("policy.by_kind"))
    st.caption(t("policy.by_kind_help"))
    known = [model for model in names if model in whole]
    rows = [
        {
            t("policy.col.model"): names[model],
            **{policy.kind_name(kind): _kind_cell(whole[model], kind) for kind in policy.KINDS_SHOWN},
            policy.kind_name("undecided"): _kind_cell(whole[model], "undecided"),
        }
        for model in known
    ]
    said = {policy.kind_name(kind): t(f"policy.kind_help.{kind}") for kind in (*policy.KINDS_SHOWN, "undecided")}
    chosen = _table("kinds", rows, said)
    if chosen:
        row, column = chosen
        kind = next((one for one in said if one == column), None)
        verdict = next((one for one in (*policy.KINDS_SHOWN, "undecided") if policy.kind_name(one) == kind), None)
        _open(evaluation_id, who=known[row], verdict=verdict)


def _kind_cell(line: Mapping[str, Any], kind: str) -> str:
    found = line["kinds"].get(kind)
    return f"{found['n']} · {policy.percent(found['share'])}" if found else "0"


def _table(name: str, rows: Sequence[Mapping[str, str]], said: Mapping[str, str]) -> tuple[int, str] | None:
    """Draw a table; the cell that was clicked, once."""
    key = f"policy_table_{name}_{st.session_state.get(f'policy_clicked_{name}', 0)}"
    text = st.column_config.TextColumn
    state = st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        height="content",
        key=key,
        on_select="rerun",
        selection_mode="single-cell",
        column_config={
            t("policy.col.model"): text(width=150, pinned=True),
            **{column: text(help=help_) for column, help_ in said.items()},
        },
    )
    cells = state["selection"]["cells"]
    if not cells or cells[0][0] >= len(rows):
        return None
    st.session_state[f"policy_clicked_{name}"] = st.session_state.get(f"policy_clicked_{name}", 0) + 1
    return int(cells[0][0]), str(cells[0][1])


def _open(evaluation_id: str, **which: str | None) -> None:
    policy.open_answers(evaluation_id, **which)
    st.rerun()
