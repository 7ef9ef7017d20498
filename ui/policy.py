"""What all views of a policy evaluation share: names of models, settings and kinds, rates in plain words, and their data."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from engine.evaluate.policy_report import ALL, UNANSWERABLE, before_after, rates, turned
from engine.store.open import open_store
from ui import frame
from ui.frame import t
from ui.words import WORDS

SUITE = "policy"
STYLE = Path(__file__).with_name("policy.css")
KEPT_SECONDS = 60
"""Numbers of a whole evaluation do not change, unless a source is forgotten meanwhile."""
COMPARED = ("hallucination_rate", "error_rate", "correct", "refusal_recall", "refused_wrongly")
"""Metrics tested before against after: a test takes 25 ms."""
TYPES = ("fact", "scenario", "easy")
"""What questions are made as, in the order a page shows them; others follow, unanswerable ones stand last."""
KINDS_SHOWN = (
    "contradicted",
    "unsupported",
    "should_have_refused",
    "tail",
    "foreign_script",
    "repetition",
    "cut_off",
)
Line = Mapping[str, Any]


def is_policy(evaluation: Mapping[str, Any]) -> bool:
    """Whether these views can draw it."""
    return bool(evaluation["suite"] == SUITE)


def word(key: str, fallback: str) -> str:
    """The word for `key`, or `fallback` as it is. Not escaped."""
    return t(key) if key in WORDS else fallback


def test_key(test: str) -> str:
    """The word for a paired test; where items are grouped, they are so by clause."""
    return f"policy.test.{test}" if f"policy.test.{test}" in WORDS else f"evaluate.test.{test}"


def settings_words(settings: Mapping[str, Any]) -> str:
    """The settings that matter, in a line. Not escaped."""
    parts = [
        f"{word(f'term.{name}', name)} {settings[name]:g}"
        for name in ("temperature", "repetition_penalty", "top_p")
        if settings.get(name) is not None
    ]
    stops = len(settings.get("stop") or ())
    parts.append(t("policy.stops_n", n=stops) if stops else t("policy.stops_0"))
    if settings.get("k"):
        parts.append(t("policy.clauses_n", n=settings["k"]))
    return " · ".join(parts)


def type_name(type_: str) -> str:
    """The type of a question in a word; its own where it has none of ours. Not escaped."""
    return word(f"policy.type.{type_}", type_)


def kind_name(kind: str) -> str:
    """What is wrong or right with an answer, in a word. Not escaped."""
    return word(f"policy.kind.{kind}", kind)


def types_in(lines: Sequence[Line]) -> list[str]:
    """The types that questions have, in the order of TYPES."""
    found = {str(line["type"]) for line in lines} - {ALL}
    order = [*TYPES, *sorted(found - {*TYPES, UNANSWERABLE}), UNANSWERABLE]
    return [type_ for type_ in order if type_ in found]


def percent(share: float | None) -> str:
    """A share as an owner reads it."""
    return "—" if share is None else f"{100 * share:.0f}%"


def count_of(rate: Mapping[str, Any]) -> int:
    """How many answers make up a rate."""
    return round((rate["value"] or 0.0) * rate["n"])


def range_words(rate: Mapping[str, Any]) -> str:
    """The interval in words."""
    if rate["low"] is None:
        return t("policy.no_range")
    return t("policy.range", low=percent(rate["low"]), high=percent(rate["high"]))


def cell(rate: Mapping[str, Any]) -> str:
    """A rate in a table: share, count of n."""
    return "—" if not rate["n"] else f"{percent(rate['value'])} · {count_of(rate)}/{rate['n']}"


def cell_with_range(rate: Mapping[str, Any]) -> str:
    """A rate in a table with its interval: share [low–high], count of n."""
    if not rate["n"]:
        return "—"
    low, high = (round(100 * rate[end]) for end in ("low", "high"))
    return f"{percent(rate['value'])} [{low}–{high}] · {count_of(rate)}/{rate['n']}"


def lines_of(evaluation_id: str) -> list[dict[str, Any]]:
    """`rates` of one whole evaluation."""
    return _lines(str(frame.store()), evaluation_id)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=32, show_spinner=False)
def _lines(store: str, evaluation_id: str) -> list[dict[str, Any]]:
    with open_store(Path(store)) as db:
        return rates(db, [evaluation_id])


def changes_between(before: str, after: str) -> list[dict[str, Any]]:
    """`before_after` of two whole evaluations, over the metrics of COMPARED."""
    return _changes(str(frame.store()), before, after)


@st.cache_data(ttl=10 * KEPT_SECONDS, max_entries=16, show_spinner=False)
def _changes(store: str, before: str, after: str) -> list[dict[str, Any]]:
    with open_store(Path(store)) as db:
        return before_after(db, before, after, metrics=COMPARED)


def turned_in(evaluation_id: str) -> dict[str, dict[str, Any]]:
    """{model: its questions against the first model's} of one whole evaluation."""
    return {one["model"]: one for one in _turned(str(frame.store()), evaluation_id)}


@st.cache_data(ttl=KEPT_SECONDS, max_entries=16, show_spinner=False)
def _turned(store: str, evaluation_id: str) -> list[dict[str, Any]]:
    with open_store(Path(store)) as db:
        return turned(db, evaluation_id)


def open_answers(evaluation_id: str, **which: str | None) -> None:
    """Show the answers behind a number: who, verdict, type. For callbacks."""
    names = dict.fromkeys(("item", "at", "who", "verdict", "type", "list"))
    frame.name_in_address(**{**names, "view": "questions", "evaluation": evaluation_id, "list": "answers", **which})
