"""A dataset from sources: which, with which options, and what still stands in the way."""

from typing import Any

import streamlit as st

from engine.cli.fields import parse_sets
from engine.curate.ready import Obstacle, obstacles
from engine.errors import UserError
from engine.jobs.queue import submit
from engine.korean.normalise import Step
from engine.recipes.recipe import Recipe, load_recipe, recipe_names
from engine.store.sources import list_sources
from ui import data_tidy, forms, frame
from ui.curate_address import recipe_name
from ui.frame import t
from ui.live import moment
from ui.preferences import preferences_box

SPLIT_SEED = "curate_split_seed"


def build_box() -> None:
    """The form and its one button; the way to sources when there are none."""
    with frame.reading() as db:
        sources = list_sources(db)
    if not sources:
        _no_sources()
        return
    asked = frame.asked("source")
    if asked and asked not in {source["id"] for source in sources}:
        frame.gone(asked)
    recipe = _choose_recipe(sources, asked)
    with st.container(border=True, key="curate_build", gap="small"):
        st.markdown(f"**{t('curate.build.title')}**")
        st.write(t("curate.build.why"))
        chosen = _choose_sources(
            [source for source in sources if source["recipe"] == recipe.name and source["kind"] in recipe.builds],
            asked,
        )
        blocked = _obstacles(chosen, recipe)
        changed, seed = _options(recipe, chosen[0] if chosen else None)
        _go(recipe, chosen, changed, seed, blocked)
    preferences_box(recipe)


def _no_sources() -> None:
    st.info(t("curate.build.none"), icon=":material/upload_file:")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(t("curate.build.bring"), type="primary", icon=":material/upload_file:", key="curate_bring"):
            frame.go("data")
        for name in recipe_names()[:1]:
            if st.button(t("curate.build.sample"), icon=":material/play_arrow:", key="curate_sample"):
                _submit(load_recipe(name), [], {}, 0)
    frame.link("home", t("curate.build.whole"), ":material/home:")


def _choose_recipe(sources: list[dict[str, Any]], asked: str | None) -> Recipe:
    """The recipe of the source that was asked for; a choice only where sources of several are there."""
    names = list(dict.fromkeys(source["recipe"] for source in sources))
    first = next((source["recipe"] for source in sources if source["id"] == asked), names[0])
    if len(names) > 1:
        place = names.index(first)
        first = st.selectbox(t("curate.build.recipe"), names, place, format_func=recipe_name, key="curate_recipe")
    try:
        return load_recipe(first)
    except UserError as error:
        frame.explain(error)
        st.stop()


def _choose_sources(sources: list[dict[str, Any]], asked: str | None) -> list[str]:
    known = {source["id"]: source for source in sources}
    begin = [asked] if asked in known else list(known)[:1]
    if st.session_state.get("curate_sources_for") != (asked, *known):
        st.session_state["curate_sources_for"] = (asked, *known)
        st.session_state["curate_sources"] = begin
    return st.multiselect(
        t("curate.build.sources"),
        list(known),
        format_func=lambda name: t(
            "curate.build.source",
            name=known[name]["name"],
            count=f"{known[name]['record_count']:,}",
            date=moment(known[name]["created_at"]),
        ),
        key="curate_sources",
        help=t("gloss.source"),
        placeholder=t("curate.build.pick"),
    )


def _obstacles(chosen: list[str], recipe: Recipe) -> list[Obstacle]:
    """What must be mended first, each with the way there."""
    try:
        with frame.reading() as db:
            found = obstacles(db, chosen, recipe.must_mask)
    except UserError as error:  # removed meanwhile in another tab
        frame.explain(error)
        return []
    for place, one in enumerate(found):
        with st.container(border=True, key=f"curate_obstacle_{place}"):
            st.markdown(f":orange[:material/info:] {frame.told(one.error)}")
            frame.link("data", t(f"curate.build.mend.{one.kind}"), ":material/arrow_forward:", source=one.source_id)
    return found


def _options(recipe: Recipe, source_id: str | None) -> tuple[dict[str, Any], int]:
    """(options that differ from the recipe's own, seed of the split)."""
    start = recipe.options().model_dump()
    with st.expander(t("curate.build.more"), icon=":material/tune:"):
        st.caption(t("curate.build.more_why"))
        changed = forms.settings_form(recipe.options, start, f"curate_{recipe.name}", skip=("normalise",))
        seed = st.number_input(
            t("curate.build.seed"), 0, 2**31 - 1, 0, 1, key=SPLIT_SEED, help=t("curate.build.seed_why")
        )
    if "normalise" in start:
        changed |= _tidying(start["normalise"], source_id)
    return changed, int(seed)


def _tidying(usual: tuple[Step, ...], source_id: str | None) -> dict[str, Any]:
    """How rows are tidied, as chosen on the data page, where it can be seen; empty when it is as usual."""
    steps = data_tidy.chosen_steps()
    names = ", ".join(t(f"tidy.step.{step}").partition(" (")[0] for step in steps) or t("curate.tidy_none")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(t("curate.tidy", steps=names), width="content")
        if source_id:
            frame.link("data", t("curate.tidy_change"), ":material/tune:", source=source_id, view="tidy")
    return {"normalise": steps} if steps != usual else {}


def _go(recipe: Recipe, chosen: list[str], changed: dict[str, Any], seed: int, blocked: list[Obstacle]) -> None:
    off = bool(blocked) or not chosen
    if not chosen:
        st.caption(t("curate.build.nothing"))
    if st.button(t("curate.build.go"), type="primary", icon=":material/dataset:", key="curate_go", disabled=off):
        _submit(recipe, chosen, changed, seed)
    with st.expander(t("frame.command"), icon=":material/terminal:"):
        st.code(_command(recipe, chosen, changed, seed), language="bash")


def _command(recipe: Recipe, chosen: list[str], changed: dict[str, Any], seed: int) -> str:
    words = [f"python -m engine dataset build --recipe {recipe.name}"]
    words += [f"--source {source}" for source in chosen]
    words += [
        f'--set {name}="{value}"' if isinstance(value, str) else f"--set {name}={_as_word(value)}"
        for name, value in changed.items()
    ]
    words += [f"--seed {seed}"] if seed else []
    return " ".join(words)


def _as_word(value: Any) -> str:
    return (",".join(value) or "off") if isinstance(value, tuple) else str(value)


def _submit(recipe: Recipe, chosen: list[str], changed: dict[str, Any], seed: int) -> None:
    """Queue the job; the page follows it and then shows what it made."""
    try:
        given = {"style": recipe.styles[0]} if "style" in recipe.options.model_fields else {}
        options = parse_sets(recipe.options, [], {**given, **changed})
        style = str(options.get("style", recipe.styles[0]))
        args = {"recipe": recipe.name, "sources": chosen, "style": style, "me": None, "options": options, "seed": seed}
        job_id = submit(frame.store(), "dataset", args)
    except UserError as error:
        frame.explain(error)
        return
    frame.name_in_address(job=job_id, view="build")
    st.rerun()
