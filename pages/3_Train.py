"""Choose a dataset, a base and how it learns; see what the run will take; launch it. ?search=ID: one search for settings."""

import streamlit as st

from ui import (
    frame,
    search,
    search_new,
    train,
    train_base,
    train_chain,
    train_estimate,
    train_launch,
    train_memory,
    train_preview,
    train_probe,
    train_settings,
)
from ui.frame import t

frame.page("nav.train")
train_launch.leave_for_launched()
study = search.opened()
st.title(t("train.title"))

if study:
    search.show(study)
else:
    st.caption(t("train.tagline"))
    dataset = train.dataset_box()
    if dataset is None:
        train.nothing_to_train_on()
    else:
        bases = train_base.choices(dataset)
        chosen, beside = st.columns([5, 4], gap="large")
        with chosen:
            base = train_base.choose_base(bases)
            way = train_settings.choose_settings(dataset, base, train_base.choose_start(base))
        with beside, st.container(border=True):
            told = train_estimate.show_estimate(dataset, base, way)
            train_probe.probe_box(dataset, base, way)
            train_launch.launch_box(dataset, base, way, told)
        train_preview.preview_box(dataset, base, way)
        train_chain.chain_box(dataset, base)
        train_memory.memory_box(told)
        search_new.box(dataset, base, way)
        train_base.compare_bases(bases)

frame.explained(
    "dataset",
    "recipe",
    "base",
    "adapter",
    "lora",
    "quantisation",
    "preset",
    "epoch",
    "step",
    "batch",
    "learning_rate",
    "token",
    "vram",
)
