"""The ways of answering that a new evaluation adds to its models: each by itself, or all models together. It asks no model."""

from collections.abc import Sequence

import streamlit as st

from engine.recipes.recipe import Recipe
from ui import frame
from ui.frame import t
from ui.leaderboard import way_name


def choose_ways(recipe: Recipe, models: Sequence[str]) -> list[str]:
    """The models, then the trained ones in the ways that were chosen; those that choose among answers take all trained models
    together. Just the models for a recipe without other ways."""
    offered = [name for name, way in recipe.ways.items() if way.part_of is None and name != next(iter(recipe.ways))]
    trained = [model for model in models if model.startswith("run-")]
    if not offered or not trained:
        return list(models)
    chosen = st.multiselect(
        t("evaluate.new_ways"),
        offered,
        format_func=lambda name: (
            f"{way_name(name)}: {recipe.ways[name].en if frame.english() else recipe.ways[name].ko}"
        ),
        key=f"evaluate_ways_{recipe.name}",
        help=t("evaluate.new_ways_help"),
        placeholder=t("evaluate.new_ways_none"),
    )
    return [*models, *(name for way in chosen for name in _in_way(recipe, way, trained))]


def _in_way(recipe: Recipe, way: str, trained: Sequence[str]) -> list[str]:
    if recipe.ways[way].utility:
        return [f"{'+'.join(trained)}@{way}"]
    return [f"{model}@{way}" for model in trained]
