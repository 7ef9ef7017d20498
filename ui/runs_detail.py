"""What of a run does not change while it goes: what it was made from, its settings, its command, what came of it."""

from typing import Any

import streamlit as st

from engine.jobs.launch import command_of
from engine.store.facts import chain_jobs
from engine.store.lineage import lineage
from engine.store.runs import get_run
from engine.train.settings import field_help
from engine.train.watch import dataset_of
from ui import frame, notice, reports
from ui.curate_address import recipe_name
from ui.frame import plain, t
from ui.live import DOORS, moment
from ui.runs_provenance import provenance, repeat_door, told_differences
from ui.words import WORDS


def heading(run_id: str) -> None:
    """When the run began, on which base, and its id."""
    with frame.reading() as db:
        run = get_run(db, run_id)
    st.subheader(plain(f"{moment(run['created_at'])} · {run['base'].split('/')[-1]}"))
    st.caption(f"{plain(recipe_name(run['recipe']))} · {run['id']}")
    notice.show(run["recipe"])
    told_differences()


def made_of(run_id: str) -> None:
    """Base, dataset, settings with their origins, the command, and what it is connected to."""
    with frame.reading() as db:
        run = get_run(db, run_id)
        dataset = dataset_of(db, run)
        tree = lineage(db, run_id)
    st.subheader(t("runs.made_of"))
    st.markdown(t("runs.base_line", name=plain(run["base"])), help=t("gloss.base"))
    _dataset_line(dataset)
    _phase_lines(run)
    repeat_door(run)
    with st.expander(t("runs.settings")):
        _settings_table(run)
    with st.expander(t("runs.provenance")):
        provenance(run, dataset)
    with st.expander(t("runs.lineage")):
        _links(tree)
    reports.download("run", run["id"])
    with st.expander(t("frame.command")):
        st.code(command_of(run), language="bash", wrap_lines=True)
        if run["job_id"]:
            st.code(f"python -m engine cancel {run['id']} --save\npython -m engine resume {run['id']}\n"
                    f"python -m engine train --again {run['id']}\n"
                    f"python -m engine jobs --log {run['job_id']}", language="bash")  # fmt: skip


def _dataset_line(dataset: dict[str, Any] | None) -> None:
    if dataset is None:
        st.caption(t("runs.dataset_gone"))
        return
    counts = {split: f"{count:,}" for split, count in dataset["counts"].items()}
    label = t("runs.dataset_link", id=dataset["id"], train=counts["train"], validation=counts["validation"])
    frame.link("curate", label, ":material/rule:", dataset=dataset["id"])
    if dataset["forgotten_count"]:
        st.warning(t("runs.dataset_forgot", n=f"{dataset['forgotten_count']:,}"), icon=":material/person_remove:")


def _phase_lines(run: dict[str, Any]) -> None:
    """The chain this run belongs to, the run this one went on from, and the way to go on from this one."""
    _chain(run)
    if run["from_run"]:
        frame.link("runs", t("runs.from", id=run["from_run"]), ":material/step_into:", run=run["from_run"])
    if run["adapter_id"] and run["settings"].get("objective") != "reward":
        frame.link("train", t("runs.go_on"), ":material/step_over:", **{"base": run["base"], "from": run["id"]})


def _chain(run: dict[str, Any]) -> None:
    """The phases that were queued together, in order, and the evaluation at their end."""
    with frame.reading() as db:
        jobs = chain_jobs(db, run["id"])
    if not jobs:
        return
    st.markdown(f"**{t('chain.of_run')}**")
    for place, job in enumerate(jobs, start=1):
        state = t(f"chain.state.{job['state']}")
        key = f"ladder.step.{job['phase']}"
        name = t("chain.evaluation") if job["phase"] is None else t(key) if key in WORDS else job["phase"]
        said = f"{place}. {plain(name)} · {state}"
        if job["phase"] is None:
            frame.link("evaluate", said, ":material/leaderboard:", job=job["id"])
        elif job["run_id"] == run["id"]:
            st.markdown(f":material/arrow_right: **{said}**")
        else:
            frame.link("runs", said, ":material/monitoring:", run=job["run_id"])


def _settings_table(run: dict[str, Any]) -> None:
    meanings = {name: meaning for name, _, meaning in field_help("en" if frame.english() else "ko")}
    rows = [
        {
            t("runs.setting"): name,
            t("runs.value"): str(value),
            t("runs.origin"): origin_words(run["origins"].get(name, "default")),
            t("runs.meaning"): meanings.get(name, ""),
        }
        for name, value in run["settings"].items()
    ]
    st.dataframe(rows, hide_index=True, width="stretch", height="content")


def origin_words(origin: str) -> str:
    """`default`, `preset:NAME`, `search:STUDY` or `--set`, in words."""
    if origin.startswith("preset:"):
        return t("runs.origin.preset", name=origin.removeprefix("preset:"))
    if origin.startswith("search:"):
        return t("runs.origin.search", name=origin.removeprefix("search:"))
    if origin.startswith("run:"):
        return t("runs.origin.run", id=origin.removeprefix("run:"))
    if origin in ("base", "method", "recipe"):
        return t(f"runs.origin.{origin}")
    return t("runs.origin.default" if origin == "default" else "runs.origin.set")


def _links(tree: dict[str, Any]) -> None:
    """Where it comes from and what came of it, as far as a page shows it."""
    for node in [*tree["ancestors"], *tree["descendants"]]:
        if node["kind"] in DOORS:
            frame.link(
                DOORS[node["kind"]],
                t(f"runs.lineage.{node['kind']}", id=node["id"]),
                None,
                **{node["kind"]: node["id"]},
            )
