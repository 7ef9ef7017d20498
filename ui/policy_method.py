"""How an evaluation of clauses was measured, and what its form asks beside the usual: clauses shown, and settings kept per model."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import streamlit as st

from engine.recipes.recipe import Recipe
from engine.retrieve.settings import RetrievalSettings
from engine.store.sweeps import best_settings
from ui import frame
from ui.frame import plain, t
from ui.leaderboard import model_names

MOST_CLAUSES = 10


def left_out(settings: Mapping[str, Any]) -> Iterator[str]:
    """What the overlap gate and a sweep took away, and what is not known."""
    overlap = settings.get("overlap", {})
    counts = {kind: overlap.get(kind, 0) for kind in ("group", "exact", "near")}
    if not sum(counts.values()):
        yield t("policy.how_left_none")
    else:
        yield t("policy.how_kept" if overlap.get("kept") else "policy.how_left_out", **counts)
    if settings.get("left_out_as_chosen_by"):
        yield t("policy.how_chosen_by", n=settings["left_out_as_chosen_by"])
    unknown = settings.get("training_rows_unknown", [])
    if unknown:
        yield t("policy.how_unknown", models=", ".join(plain(name) for name in model_names(unknown).values()))


def words(settings: Mapping[str, Any]) -> list[str]:
    """What `eval` is told beside the usual."""
    found = [f"--settings k={settings['retrieval']['k']}"] if "retrieval" in settings else []
    return found + (["--best"] if settings.get("settings_of") else [])


def extra(recipe: Recipe, models: Sequence[str]) -> dict[str, Any]:
    """{retrieval, best} as the owner chooses them; nothing for a recipe that looks nothing up."""
    if not recipe.retrieves:
        return {}
    with frame.reading() as db:
        kept = [model for model in models if best_settings(db, recipe.name, model)]
    usual = RetrievalSettings().k
    k = int(
        st.number_input(t("policy.setting.k"), 1, MOST_CLAUSES, usual, key="policy_new_k", help=t("policy.new_k_help"))
    )
    names = model_names(kept)
    best = st.toggle(
        t("policy.new_best"),
        key="policy_new_best",
        disabled=not kept,
        help=t("policy.new_best_help", models=plain(", ".join(names.values()))) if kept else t("policy.new_best_none"),
    )
    return {"retrieval": {"k": k}, "best": bool(best and kept)}
