"""The same number for parts of the questions (a field, how names are written): a table with intervals. It computes nothing."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui.frame import t
from ui.leaderboard import amount, between
from ui.words import WORDS


def show(evaluation: Mapping[str, Any], names: Mapping[str, str], metric: str) -> None:
    """A table for each way of dividing the questions; nothing where they were not divided."""
    parts = {way: _where_judged(found, metric) for way, found in evaluation.get("parts", {}).items()}
    parts = {way: found for way, found in parts.items() if len(found) > 1}
    if not parts:
        return
    st.subheader(t("evaluate.parts"), help=t("evaluate.parts_help"))
    for way, found in parts.items():
        st.markdown(f"**{_word(f'evaluate.part.{way}', way)}**")
        rows = [
            {
                t("evaluate.part"): _word(f"evaluate.part.{way}.{part}", part),
                "n": max((score[metric]["n"] for score in models.values() if metric in score), default=0),
                **{name: _cell(models.get(model, {}).get(metric)) for model, name in names.items()},
            }
            for part, models in found.items()
        ]
        st.dataframe(rows, hide_index=True, width="stretch", height="content", key=f"evaluate_parts_{way}")


def _where_judged(parts: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """Parts with answers that the metric judged."""
    return {
        part: models
        for part, models in parts.items()
        if any(scores.get(metric, {"n": 0})["n"] for scores in models.values())
    }


def _word(key: str, fallback: str) -> str:
    return t(key) if key in WORDS else fallback


def _cell(score: Mapping[str, Any] | None) -> str:
    if score is None or score["value"] is None:
        return "—"
    return f"{amount(score['value'], score['unit'])} {between(score['low'], score['high'], score['unit'])}".strip()
