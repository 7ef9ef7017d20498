"""The curation page: which dataset, what to look at, decisions and the way on. Lists and rows stand in the modules beside."""

from collections.abc import Callable
from typing import Any, Literal

import streamlit as st
from sqlite_utils import Database

from engine.curate.versions import require_changes
from engine.errors import UserError
from engine.jobs.queue import submit
from engine.recipes.recipe import load_recipe
from engine.store.consent import built_with_other_roles
from engine.store.datasets import get_dataset
from engine.store.open import open_store
from engine.store.reviews import Standing, freezing, redo, standing, undo
from engine.store.rows import SPLITS
from engine.store.versions import list_versions, parent_of
from ui import (
    curate_build,
    curate_compare,
    curate_export,
    curate_generate,
    curate_job,
    curate_mix,
    curate_plan,
    curate_row,
    curate_rows,
    data_roles,
    frame,
    notice,
    reports,
)
from ui.curate_address import VIEWS, name_of, open_dataset, recipe_name, view
from ui.frame import plain, t
from ui.live import moment

ButtonType = Literal["primary", "secondary", "tertiary"]
CHOICES = 50
"""Newest datasets offered in a list."""


def show_page() -> None:
    """All of the page under its title."""
    with frame.reading() as db:
        datasets = list_versions(db, CHOICES)
    chosen = view(bool(datasets))
    frame.choose_view("curate", VIEWS, chosen, _change_view)
    job_id = frame.asked("job")
    busy = curate_job.watch(job_id) if job_id else False
    if chosen == "build" and busy:
        st.caption(t("curate.build.wait"))
    elif chosen == "build":
        curate_build.build_box()
    elif chosen == "generate":
        curate_generate.generate_box()
    elif chosen == "versions":
        curate_compare.versions_box()
    elif chosen == "compare":
        curate_compare.compare_box(datasets)
    else:
        _dataset_view(datasets)


def _change_view() -> None:
    chosen = st.session_state["curate_view"]
    frame.name_in_address(view=chosen, row=None, beside=frame.asked("beside") if chosen == "compare" else None)


def _dataset_view(datasets: list[dict[str, Any]]) -> None:
    dataset = _asked_dataset(datasets)
    if dataset is None:
        st.info(t("curate.versions.none"), icon=":material/inbox:")
        curate_build.build_box()
        return
    with frame.reading() as db:
        stands, parent = standing(db, dataset["id"]), parent_of(db, dataset["id"])
        busy = freezing(db, dataset["id"])
    if busy and busy != frame.asked("job"):
        curate_job.watch(busy)
    row_id = frame.asked_number("row")
    if row_id is None:
        _choose_dataset(datasets, dataset)
        _head(dataset, parent, primary=not stands.unfrozen)
    _review_bar(dataset, stands, busy is not None)
    if row_id is None:
        curate_plan.plan_box(dataset)
        curate_rows.list_box(dataset, sum(stands.decided.values()))
    else:
        curate_row.row_box(dataset, row_id)


def _asked_dataset(datasets: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What the address names, else the newest one; its name is written into the address."""
    asked = frame.asked("dataset")
    with frame.reading() as db:
        try:
            found = get_dataset(db, asked or "latest")
        except UserError:
            if asked and asked != "latest":
                frame.gone(asked)
            if not datasets:
                return None
            found = get_dataset(db, datasets[0]["id"])
            frame.name_in_address(row=None)
    frame.name_in_address(dataset=found["id"])
    return found


def _choose_dataset(datasets: list[dict[str, Any]], dataset: dict[str, Any]) -> None:
    known = {one["id"]: one for one in datasets} | {dataset["id"]: dataset}
    if len(known) < 2:
        return
    st.session_state["curate_dataset"] = dataset["id"]
    st.selectbox(
        t("curate.choose"),
        list(known),
        format_func=lambda name: name_of(known[name]),
        key="curate_dataset",
        on_change=lambda: open_dataset(st.session_state["curate_dataset"]),
    )


def _head(dataset: dict[str, Any], parent: str | None, primary: bool) -> None:
    """What it is, how many rows each split holds, and the way on."""
    with frame.reading() as db:
        found = {source["id"]: source["name"] for one in list_versions(db, CHOICES) for source in one["sources"]}
        outdated = built_with_other_roles(db)
    names = ", ".join(plain(found.get(source, source)) for source in dataset["sources"]) or t("curate.no_sources")
    with st.container(border=True, key="curate_head", gap="small"):
        st.markdown(
            f"**{recipe_name(dataset['recipe'])}** · {moment(dataset['created_at'])} :gray[:small[{plain(dataset['id'])}]]"
        )
        st.caption(t("curate.from", names=names))
        strip = st.container(horizontal=True, gap="large")
        for split in SPLITS:
            gloss = t("gloss.train_split" if split == "train" else f"gloss.{split}")
            strip.metric(
                t(f"curate.split.{split}"), f"{dataset['counts'].get(split, 0):,}", help=gloss, width="content"
            )
        if dataset["left_out_count"]:
            st.caption(t("curate.left_out", n=f"{dataset['left_out_count']:,}"))
        if dataset["forgotten_count"]:
            st.warning(t("curate.forgotten", count=f"{dataset['forgotten_count']:,}"), icon=":material/person_remove:")
        if not dataset["masked"]:
            _unmasked(dataset["recipe"])
        curate_mix.licence_line(dataset)
        notice.show(dataset["recipe"])
        with st.container(horizontal=True, vertical_alignment="center"):
            style: ButtonType = "primary" if primary else "secondary"
            if st.button(t("curate.train"), type=style, icon=":material/arrow_forward:", key="curate_train"):
                frame.go("train", dataset=dataset["id"])
            if parent:
                curate_compare.beside_button(parent, dataset["id"])
        reports.download("dataset", dataset["id"])
    curate_export.box(dataset)
    data_roles.other_roles([one for one in outdated if one.dataset_id == dataset["id"]])


def _unmasked(recipe: str) -> None:
    """A warning only where the recipe asks for masking: insurance clauses name nobody."""
    try:
        must = load_recipe(recipe).must_mask
    except UserError:
        must = True
    if must:
        st.warning(t("curate.unmasked"), icon=":material/visibility:")
    else:
        st.caption(t("curate.unmasked"))


def _review_bar(dataset: dict[str, Any], stands: Standing, busy: bool) -> None:
    """What is decided, undo and redo, and a new version from it."""
    with st.container(border=True, key="curate_review", gap="small"):
        if not stands.decided:
            st.markdown(t("curate.review.none"))
        else:
            counts = {name: f"{stands.decided.get(name, 0):,}" for name in ("keep", "drop", "edit")}
            told = t("curate.review.some", count=f"{sum(stands.decided.values()):,}", **counts)
            pending = (
                f" · :orange[{t('curate.review.pending', count=f'{stands.unfrozen:,}')}]" if stands.unfrozen else ""
            )
            st.markdown(told + pending)
        if not stands.decided and not stands.can_redo:
            return
        if stands.version and not stands.unfrozen:
            st.caption(t("curate.review.version"))
        with st.container(horizontal=True, vertical_alignment="center"):
            _review_buttons(dataset["id"], stands, busy)


def _review_buttons(dataset_id: str, stands: Standing, busy: bool) -> None:
    st.button(
        t("curate.review.undo"),
        icon=":material/undo:",
        key="curate_undo",
        disabled=not stands.can_undo,
        on_click=_undo,
        args=(dataset_id,),
    )
    st.button(
        t("curate.review.redo"),
        icon=":material/redo:",
        key="curate_redo",
        disabled=not stands.can_redo,
        on_click=_redo,
        args=(dataset_id,),
    )
    style: ButtonType = "primary" if stands.unfrozen else "secondary"
    off = busy or not stands.unfrozen
    if st.button(t("curate.review.freeze"), type=style, icon=":material/ac_unit:", key="curate_freeze", disabled=off):
        _freeze(dataset_id)
    if stands.version and not stands.unfrozen:
        st.button(
            t("curate.review.open"),
            type="tertiary",
            icon=":material/arrow_forward:",
            key="curate_open_version",
            on_click=open_dataset,
            args=(stands.version,),
        )
    with st.popover(t("frame.command"), type="tertiary", icon=":material/terminal:"):
        commands = (
            f"review next --dataset {dataset_id}",
            f"review undo --dataset {dataset_id}",
            f"dataset freeze {dataset_id}",
        )
        st.code("\n".join(f"python -m engine {command}" for command in commands), language="bash")


def _freeze(dataset_id: str) -> None:
    try:
        with open_store(frame.store()) as db:
            require_changes(db, dataset_id)
        job_id = submit(frame.store(), "freeze", {"dataset": dataset_id})
    except UserError as error:
        frame.explain(error)
        return
    frame.name_in_address(job=job_id)
    st.rerun()


def _undo(dataset_id: str) -> None:
    _step("curate.review.undone", undo, dataset_id)


def _redo(dataset_id: str) -> None:
    _step("curate.review.redone", redo, dataset_id)


def _step(key: str, step: Callable[[Database, str], dict[str, Any] | None], dataset_id: str) -> None:
    try:
        with open_store(frame.store()) as db:
            done = step(db, dataset_id)
    except UserError as error:
        frame.explain(error)
        return
    _told(key, done)


def _told(key: str, done: dict[str, Any] | None) -> None:
    """Another tab may have been quicker: then nothing happened, and that is said."""
    if done:
        st.toast(t(key, row=done["row_id"], what=t(f"curate.decision.{done['decision']}")), icon=":material/undo:")
    else:
        st.toast(t("curate.review.nothing"))
