"""Stop phrases proposed from what models were seen to append, with counts; the owner chooses which are used."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.evaluate.policy_report import proposed_stops
from engine.store.open import open_store
from engine.store.sweeps import best_settings, choose_settings
from ui import evaluate, frame, policy
from ui.frame import plain, t
from ui.leaderboard import model_names

FORM = f"evaluate_decoding_{policy.SUITE}_stop"
"""The field of the form of a new evaluation that begins with the chosen phrases."""


def show(sweep: Mapping[str, Any] | None, evaluation: Mapping[str, Any] | None) -> None:
    """Phrases of the sweep, else of the evaluation; nothing without either."""
    if sweep is not None and sweep["result"]:
        found, models = sweep["result"]["proposed_stops"], sweep["settings"]["models"]
    elif evaluation is not None and evaluation["state"] == "whole":
        found, models = _proposed(str(frame.store()), evaluation["id"]), evaluation["settings"]["models"]
    else:
        return
    st.subheader(t("policy.stop"))
    if not found:
        st.caption(t("policy.stop.none"))
        return
    names = model_names(models)
    st.caption(t("policy.stop.what"))
    st.dataframe([_row(one, names) for one in found], hide_index=True, width="stretch", height="content")
    counts = {one["phrase"]: one["answers"] for one in found}
    chosen = st.multiselect(
        t("policy.stop.choose"),
        list(counts),
        format_func=lambda phrase: f"{phrase} ({counts[phrase]})",
        key="policy_stops",
        placeholder=t("policy.stop.placeholder"),
    )
    _use(chosen, sweep, names)


@st.cache_data(ttl=600, max_entries=16, show_spinner=False)
def _proposed(store: str, evaluation_id: str) -> list[dict[str, Any]]:
    with open_store(Path(store)) as db:
        return proposed_stops(db, evaluation_id)


def _row(one: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    return {
        t("policy.stop.phrase"): one["phrase"],
        t("policy.stop.answers"): str(one["answers"]),
        t("evaluate.list_models"): " · ".join(names.get(model, model) for model in one["models"]),
    }


def _use(chosen: Sequence[str], sweep: Mapping[str, Any] | None, names: Mapping[str, str]) -> None:
    with st.container(horizontal=True):
        st.button(
            t("policy.stop.evaluate"),
            key="policy_stops_evaluate",
            icon=":material/replay:",
            disabled=not chosen,
            on_click=_evaluate_with,
            args=(tuple(chosen),),
        )
        if sweep is not None and sweep["state"] == "whole":
            st.button(
                t("policy.stop.save"),
                key="policy_stops_save",
                icon=":material/save:",
                disabled=not chosen,
                help=t("policy.stop.save_help", models=plain(" · ".join(names.values()))),
                on_click=_save,
                args=(sweep, tuple(chosen)),
            )


def _evaluate_with(chosen: tuple[str, ...]) -> None:
    st.session_state[FORM] = list(chosen)
    st.session_state["evaluate_recipe"] = policy.SUITE
    evaluate.show_view("new")


def _save(sweep: Mapping[str, Any], chosen: tuple[str, ...]) -> None:
    """Add the phrases to the settings of every model of the sweep."""
    try:
        with open_store(frame.store()) as db:
            for model in sweep["settings"]["models"]:
                kept = best_settings(db, policy.SUITE, model)
                now = kept["settings"] if kept else sweep["settings"]["now"]
                stop = list(dict.fromkeys([*(now.get("stop") or ()), *chosen]))
                choose_settings(db, sweep["id"], model, {**now, "stop": stop})
    except UserError as error:
        frame.explain(error)
        return
    st.toast(t("policy.sweep.kept"), icon=":material/check_circle:")
