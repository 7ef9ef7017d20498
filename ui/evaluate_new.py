"""Begin an evaluation: which models, on which dataset, how many items, how answers are drawn."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.jobs.judge import judge_models
from engine.recipes.recipe import Recipe, load_recipe, recipe_names
from engine.serve.choose import DEFAULT_BASE
from engine.serve.decoding import Decoding
from engine.store.datasets import list_datasets
from engine.store.policy_models import styles_of_runs
from engine.store.runs import speaking_runs
from ui import frame, policy_method
from ui.evaluate_method import eval_command
from ui.evaluate_ways import choose_ways
from ui.forms import settings_form
from ui.frame import t
from ui.leaderboard import model_name, model_names
from ui.live import moment

RUNS = 50
"""Runs offered; an older one is offered when the address names it (?run=)."""
ITEMS = 120
MOST = 5000
"""Items of one evaluation."""


def show(usual: str | None = None) -> None:
    """The form of a new evaluation; `usual`: the recipe it begins with."""
    st.subheader(t("evaluate.new"))
    recipe = _choose_recipe(usual)
    with frame.reading() as db:
        runs = {run["id"]: run for run in speaking_runs(db, recipe.name)}
        datasets = {one["id"]: one for one in list_datasets(db, recipe.name)}
    if not runs or not datasets:
        st.info(t("evaluate.first_train"), icon=":material/school:")
        frame.link("train", t("evaluate.to_train"), ":material/arrow_forward:")
        return
    models = _choose_models(runs)
    own = [runs[m]["dataset_id"] for m in models if m in runs and runs[m]["dataset_id"] in datasets]
    with_refusals = [id_ for id_ in own if datasets[id_]["style"] == "rag"]
    dataset = _choose_dataset(datasets, next(iter([*with_refusals, *own]), None))
    models = choose_ways(recipe, models)
    limit = _choose_limit(datasets[dataset])
    gate = "policy.new_gate" if recipe.retrieves else "evaluate.new_gate"
    st.caption(f":material/verified_user: {t(gate)}")
    more = policy_method.extra(recipe, models)
    with st.expander(t("evaluate.new_settings"), icon=":material/tune:"):
        changed = settings_form(Decoding, dict(recipe.decoding), f"evaluate_decoding_{recipe.name}", skip=("seed",))
        seed = int(st.number_input(t("term.seed"), 0, 2**31 - 1, 0, key="evaluate_seed", help=t("gloss.seed")))
    _start(recipe, models, dataset, limit, seed, changed, more)


def _choose_recipe(usual: str | None) -> Recipe:
    names = recipe_names()
    if len(names) == 1:
        return load_recipe(names[0])
    if usual in names:
        st.session_state.setdefault("evaluate_recipe", usual)
    chosen = st.selectbox(
        t("evaluate.new_recipe"),
        names,
        format_func=lambda name: _recipe_words(load_recipe(name)),
        key="evaluate_recipe",
        help=t("gloss.recipe"),
    )
    return load_recipe(chosen)


def _recipe_words(recipe: Recipe) -> str:
    return recipe.en if frame.english() else recipe.ko


def _choose_models(runs: dict[str, dict[str, Any]]) -> list[str]:
    """The model compared against, then the others; the run of the address, or the newest, is chosen already."""
    asked = frame.asked("run")
    newest = asked if asked in runs else next(iter(runs))
    offered = list(dict.fromkeys([newest, *list(runs)[:RUNS]]))
    names = model_names(offered)
    label = {run: f"{names[run]} · {_base(runs[run]['base'])} · {moment(runs[run]['created_at'])}" for run in offered}
    chosen = st.multiselect(
        t("evaluate.new_models"),
        offered,
        default=[newest] if asked == newest else _newest_of_each_style(offered),
        format_func=lambda run: label[run],
        key=f"evaluate_models_{newest}",
    )
    bases = list(
        dict.fromkeys(
            f"base:{name}" for name in (runs[newest]["base"], *(runs[r]["base"] for r in offered), DEFAULT_BASE)
        )
    )
    against = st.selectbox(
        t("evaluate.new_base"),
        [*bases, *offered, ""],
        format_func=lambda model: label.get(model) or (model_name(model) if model else t("evaluate.new_none")),
        key=f"evaluate_against_{newest}",
        help=t("evaluate.new_base_help"),
    )
    return [model for model in dict.fromkeys([against, *chosen]) if model]


def _newest_of_each_style(offered: Sequence[str]) -> list[str]:
    """The newest run, and of a recipe with several styles the newest of each, oldest style first (v1, v2)."""
    with frame.reading() as db:
        styles = styles_of_runs(db, offered)
    newest = {styles[run]: run for run in reversed(offered) if run in styles}
    return [run for run in reversed(offered) if run in newest.values()] or [offered[0]]


def _base(name: str) -> str:
    return name.replace("\\", "/").rstrip("/").split("/")[-1]


def _choose_dataset(datasets: dict[str, dict[str, Any]], own: str | None) -> str:
    asked = frame.asked("dataset")
    first = asked if asked in datasets else own if own in datasets else next(iter(datasets))
    return str(
        st.selectbox(
            t("evaluate.new_dataset"),
            list(datasets),
            index=list(datasets).index(first or ""),
            format_func=lambda name: t("evaluate.new_dataset_label", name=name, n=_held_out(datasets[name])),
            key=f"evaluate_dataset_{first}",
            help=t("gloss.test"),
        )
    )


def _held_out(dataset: dict[str, Any]) -> int:
    return int(dataset["counts"]["test"] or dataset["counts"]["validation"])


def _choose_limit(dataset: dict[str, Any]) -> int:
    """How many items; all of them when there are no more than that."""
    most = max(1, min(MOST, _held_out(dataset)))
    return int(
        st.number_input(
            t("evaluate.new_limit"),
            1,
            most,
            min(most, ITEMS),
            step=10,
            key=f"evaluate_limit_{dataset['id']}",
            help=t("evaluate.new_limit_help"),
        )
    )


def _start(
    recipe: Recipe,
    models: list[str],
    dataset: str,
    limit: int,
    seed: int,
    changed: dict[str, Any],
    more: dict[str, Any],
) -> None:
    if st.button(
        t("evaluate.new_start"),
        type="primary",
        icon=":material/play_arrow:",
        key="evaluate_start",
        disabled=not models,
        help=None if models else t("evaluate.new_chosen"),
    ):
        try:
            job = judge_models(
                frame.store(),
                recipe,
                models=models,
                dataset_id=dataset,
                decoding=changed,
                limit=limit,
                seed=seed,
                **more,
            )
        except UserError as error:
            frame.explain(error)
            return
        frame.name_in_address(job=job)
        st.rerun()
    with st.expander(t("frame.command"), icon=":material/terminal:"):
        told = policy_method.words({**more, "settings_of": more["best"]}) if more else []
        st.code(
            eval_command(recipe.name, models, dataset, limit, seed, changed, told), language="bash", wrap_lines=True
        )
