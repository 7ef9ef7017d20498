"""Begin a sweep: whose settings, which values, on how many questions."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.evaluate.grid import DEFAULT, MOST_CELLS, STOPS
from engine.jobs.judge import sweep_models
from engine.recipes.recipe import load_recipe
from engine.serve.choose import DEFAULT_BASE
from engine.store.datasets import list_datasets
from engine.store.runs import speaking_runs
from engine.store.sweeps import newest_proposals
from ui import frame, policy
from ui.frame import t
from ui.leaderboard import model_names
from ui.live import moment

OFFERED: Mapping[str, Sequence[str]] = {
    "temperature": ("0.0", "0.1", "0.3", "0.5", "0.7", "1.0"),
    "repetition_penalty": ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5"),
    "stop": STOPS,
    "top_p": ("0.8", "0.9", "0.95", "1.0"),
    "k": ("1", "2", "3", "5"),
    "max_new_tokens": ("64", "128", "256"),
}
"""Values to choose from, a setting each."""
QUESTIONS, MOST = 60, 500


def show(expanded: bool) -> None:
    """The form, in an expander."""
    with st.expander(t("policy.sweep.new"), icon=":material/add:", expanded=expanded):
        with frame.reading() as db:
            runs = speaking_runs(db, policy.SUITE)
            datasets = {one["id"]: one for one in list_datasets(db, policy.SUITE)}
            proposed = newest_proposals(db, policy.SUITE)
        if not runs or not datasets:
            st.info(t("policy.sweep.train_first"), icon=":material/school:")
            frame.link("train", t("evaluate.to_train"), ":material/arrow_forward:")
            return
        models = _models(runs)
        dataset = _dataset(datasets, runs)
        grid = _grid(bool(proposed))
        limit = int(st.number_input(t("policy.sweep.questions"), 1, MOST, QUESTIONS, 10, key="policy_sweep_limit",
                                    help=t("policy.sweep.questions_help")))  # fmt: skip
        cells = _count(grid)
        st.caption(t("policy.sweep.amount", cells=min(cells, MOST_CELLS), models=len(models),
                     answers=f"{min(cells, MOST_CELLS) * len(models) * limit:,}"))  # fmt: skip
        if cells > MOST_CELLS:
            st.caption(t("policy.sweep.drawn", all=cells, most=MOST_CELLS))
        _start(models, dataset, grid, limit)


def _models(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    ids = [run["id"] for run in runs]
    bases = list(dict.fromkeys(f"base:{name}" for name in (*(run["base"] for run in runs), DEFAULT_BASE)))
    names = model_names([*ids, *bases])
    return list(
        st.multiselect(
            t("policy.sweep.models"),
            [*bases, *ids],
            default=[ids[0]],
            format_func=lambda model: names[model],
            key="policy_sweep_models",
        )
    )


def _dataset(datasets: Mapping[str, Mapping[str, Any]], runs: Sequence[Mapping[str, Any]]) -> str:
    rag = [id_ for id_, one in datasets.items() if one["style"] == "rag"]
    first = rag[0] if rag else next(iter(datasets))
    return str(
        st.selectbox(
            t("evaluate.new_dataset"),
            list(datasets),
            index=list(datasets).index(first),
            format_func=lambda id_: (
                f"{moment(datasets[id_]['created_at'])} · {policy.word('policy.style.' + datasets[id_]['style'], id_)} · {id_}"
            ),
            key="policy_sweep_dataset",
            help=t("policy.sweep.dataset_help"),
        )
    )


def _grid(proposed: bool) -> dict[str, list[str]]:
    """The values of each setting; one that has none keeps what is used now."""
    columns, grid = st.columns(2), {}
    for place, (name, values) in enumerate(OFFERED.items()):
        offered = [value for value in values if value != "proposed" or proposed]
        with columns[place % 2]:
            grid[name] = st.multiselect(
                policy.word(f"policy.setting.{name}", name),
                offered,
                default=[value for value in DEFAULT.get(name, ()) if value in offered],
                format_func=lambda value, name=name: t(f"policy.stop.{value}") if name == "stop" else value,
                key=f"policy_grid_{name}",
                placeholder=t("policy.sweep.keep"),
            )
    return {name: list(values) for name, values in grid.items() if values}


def _count(grid: Mapping[str, Sequence[str]]) -> int:
    cells = 1
    for values in grid.values():
        cells *= len(values)
    return cells


def _start(models: list[str], dataset: str, grid: Mapping[str, Sequence[str]], limit: int) -> None:
    words = [f"{name}={','.join(values)}" for name, values in grid.items()]
    if st.button(
        t("policy.sweep.start"),
        key="policy_sweep_start",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not models or not words,
        help=None if models and words else t("policy.sweep.start_help"),
    ):
        try:
            job, *_ = sweep_models(
                frame.store(), load_recipe(policy.SUITE), models=models, dataset_id=dataset, decoding={}, retrieval={},
                grid=words, budget=MOST_CELLS, limit=limit, seed=0,
            )  # fmt: skip
        except UserError as error:
            frame.explain(error)
            return
        frame.name_in_address(job=job)
        st.rerun()
    with st.expander(t("frame.command"), icon=":material/terminal:"):
        st.code(_command(models, dataset, words, limit), language="bash", wrap_lines=True)


def _command(models: Sequence[str], dataset: str, words: Sequence[str], limit: int) -> str:
    import shlex

    parts = ["python -m engine sweep", *(f"--model {shlex.quote(model)}" for model in models)]
    parts += [f"--dataset {shlex.quote(dataset)}", *(f"--grid {shlex.quote(word)}" for word in words)]
    return " ".join([*parts, f"--limit {limit}"])
