"""The training page's first part: which dataset. The other parts stand in train_base, _settings, _estimate and _launch."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine.jobs.launch import with_own_presets
from engine.recipes.recipe import Recipe, load_recipe
from engine.store.datasets import list_datasets
from engine.store.preferences import STYLES
from engine.store.sources import list_sources
from engine.train.plan.estimate import RowSample, sample_rows
from engine.train.plan.machine import Machine, this_machine
from ui import frame, notice
from ui.curate_address import recipe_name
from ui.frame import plain, t
from ui.live import moment


@dataclass(frozen=True)
class Material:
    """The dataset that was chosen, its recipe, and a look at its rows."""

    dataset: dict[str, Any]
    recipe: Recipe
    sample: RowSample

    @property
    def id(self) -> str:
        return str(self.dataset["id"])

    @property
    def unmasked(self) -> bool:
        """Whether the recipe refuses it for that."""
        return self.recipe.must_mask and not self.dataset["masked"]


def dataset_box() -> Material | None:
    """The dataset that the address names, else the newest; None when there is none at all."""
    with frame.reading() as db:
        found = {dataset["id"]: dataset for dataset in list_datasets(db)}
        names = {source["id"]: source["name"] for source in list_sources(db)}
    asked = frame.asked("dataset")
    if asked and asked not in found:
        frame.gone(asked)
        frame.name_in_address(dataset=None)
    if not found:
        return None
    st.session_state["train_dataset"] = asked if asked in found else next(iter(found))
    chosen = st.selectbox(
        t("train.dataset"),
        list(found),
        format_func=lambda name: _label(found[name], names),
        key="train_dataset",
        help=t("gloss.dataset"),
        on_change=_choose_dataset,
    )
    dataset = found[chosen]
    with frame.reading() as db:
        material = Material(
            dataset, with_own_presets(frame.store(), load_recipe(dataset["recipe"])), sample_rows(db, dataset)
        )
    _show_facts(material)
    notice.show(dataset["recipe"])
    return material


def _choose_dataset() -> None:
    frame.name_in_address(dataset=st.session_state["train_dataset"])


def _label(dataset: dict[str, Any], names: dict[str, str]) -> str:
    """A selectbox shows its options as text: nothing needs escaping."""
    told = [names[source] for source in dataset["sources"] if source in names]
    more = f" +{len(told) - 1}" if len(told) > 1 else ""
    return " · ".join(
        [
            *([told[0] + more] if told else []),
            *([t(f"reward.style.{dataset['style']}")] if dataset["style"] in STYLES else []),
            t("train.rows", n=f"{dataset['counts']['train']:,}"),
            moment(dataset["created_at"]),
            dataset["id"],
        ]
    )


def _show_facts(material: Material) -> None:
    dataset, counts = material.dataset, material.dataset["counts"]
    unmasked = "train.unmasked" if material.recipe.must_mask else "train.unmasked_fine"
    masked = t("train.masked" if dataset["masked"] else unmasked)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(
            t(
                "train.splits",
                **{split: f"{counts[split]:,}" for split in ("train", "validation", "test")},
                masked=masked,
                recipe=plain(recipe_name(dataset["recipe"])),
            ),
            help=t("gloss.split"),
        )
        frame.link("curate", t("train.see_rows"), ":material/list:", dataset=dataset["id"])
    if material.unmasked:
        st.error(t("train.must_mask"), icon=":material/visibility:")
        frame.link("data", t("train.go_mask"), ":material/upload_file:")
    elif not counts["train"]:
        st.error(t("train.no_rows"), icon=":material/info:")


def nothing_to_train_on() -> None:
    """An empty store: where rows come from."""
    st.info(t("train.nothing"), icon=":material/lightbulb:")
    with st.container(horizontal=True, gap="medium"):
        frame.link("data", t("train.go_data"), ":material/upload_file:")
        frame.link("curate", t("train.go_curate"), ":material/rule:")
        frame.link("home", t("train.go_home"), ":material/home:")


@st.cache_data(ttl=20, show_spinner=False)
def machine() -> Machine:
    """This machine; the driver is not asked at every click."""
    return this_machine()
