"""Begin a search from the training page: which settings, for how long; and the searches there were."""

import shlex

import streamlit as st

from engine.errors import UserError
from engine.jobs.choices import BaseChoice
from engine.jobs.searching import Wish, launch_search
from engine.store.studies import list_studies
from engine.train.search.space import DEFAULT, offered
from ui import frame
from ui.frame import t
from ui.live import moment
from ui.search import field_name
from ui.train import Material
from ui.train_settings import Way

MINUTES, MOST_MINUTES = 30, 7 * 24 * 60
LISTED = 6
"""Earlier searches that are offered; older ones open by their address."""


def box(material: Material, base: BaseChoice, way: Way) -> None:
    """The form, folded away: it starts from the dataset, base, preset and changes that stand above it."""
    with frame.reading() as db:
        earlier = list_studies(db, material.id, LISTED)
    with st.expander(t("search.new"), icon=":material/travel_explore:"):
        st.write(t("search.lead"))
        names = offered()
        fields = st.multiselect(
            t("search.fields"), names, default=[name for name in DEFAULT if name in names], format_func=field_name,
            key="search_fields", help=t("search.fields_help"),
        )  # fmt: skip
        if fixed := [field_name(name) for name in fields if name in way.sets]:
            st.caption(t("search.fixed", names=", ".join(fixed)))
        left, right = st.columns(2, vertical_alignment="bottom")
        minutes = left.number_input(
            t("search.minutes"), 1, MOST_MINUTES, MINUTES, 10, key="search_minutes", help=t("search.minutes_help")
        )
        grid = right.toggle(t("search.grid"), key="search_grid", help=t("search.grid_help"))
        wish = Wish(float(minutes), [name for name in fields if name not in way.sets], grid=grid)
        ready = bool(wish.fields) and way.settings is not None and not material.unmasked
        if st.button(t("search.start"), key="search_start", icon=":material/play_arrow:", disabled=not ready):
            _start(material, base, way, wish)
        with st.expander(t("frame.command"), icon=":material/terminal:"):
            st.code(command(material, base, way, wish), language="bash", wrap_lines=True)
        for study in earlier:
            label = t("search.earlier", at=moment(study["created_at"]), base=frame.plain(study["base"]), id=study["id"])
            frame.link("train", label, ":material/history:", search=study["id"])


def _start(material: Material, base: BaseChoice, way: Way, wish: Wish) -> None:
    try:
        begun = launch_search(
            frame.store(), material.recipe, dataset_id=material.id, base_name=base.name, preset=way.preset,
            sets=way.sets, wish=wish,
        )  # fmt: skip
    except UserError as error:
        frame.explain(error)
        return
    frame.name_in_address(search=begun.study_id)
    st.rerun()


def command(material: Material, base: BaseChoice, way: Way, wish: Wish) -> str:
    """The command that begins the same search."""
    words = [f"python -m engine search --recipe {material.recipe.name} --dataset {material.id}"]
    words += [f"--base {shlex.quote(base.name)} --preset {shlex.quote(way.preset)} --minutes {wish.minutes:g}"]
    words += [f"--fields {','.join(wish.fields)}"] if wish.fields else []
    words += [f"--set {name}={shlex.quote(value)}" for name, value in way.sets.items()]
    return " ".join([*words, *(["--grid"] if wish.grid else [])])
