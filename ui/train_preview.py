"""The training page's look at the rows before a run: what is learned of them, one row as the model sees it, what is judged later."""

from typing import Any

import streamlit as st

from engine.jobs.choices import BaseChoice
from engine.jobs.preview import Overlap, measured_time, overlaps
from engine.models.template import as_model_sees
from engine.store.rows import get_row
from engine.train.plan.estimate import past_runs
from engine.train.preview import Preview, look_at_rows
from ui import frame
from ui.frame import plain, t
from ui.seen import base_name, show_seen, tokenizer_of
from ui.train import Material, machine
from ui.train_estimate import about
from ui.train_settings import Way

KINDS = ("random", "longest", "shortest", "truncated", "left_out")
FEW_LEFT_OUT = 0.02
"""Share of rows left out or cut from which on it is told in orange."""
PLENTY = 0.02
"""Share of tokens that are parts of a character from which on the base is called a poor fit for Korean."""


def preview_box(material: Material, base: BaseChoice, way: Way) -> None:
    """The strip of numbers, and behind two switches the rows themselves and the held-out rows."""
    st.subheader(t("preview.title"), help=t("preview.help"))
    if way.settings is None or not material.dataset["counts"]["train"]:
        st.caption(t("preview.waits"))
        return
    if not base.here:
        st.caption(t("preview.later", base=plain(base_name(base.name))))
        return
    tokenizer = tokenizer_of(base.name)
    if tokenizer is None:
        return
    dataset = material.dataset
    found = _look(
        str(frame.store()),
        dataset["id"],
        dataset["forgotten_count"],
        base.name,
        way.settings.max_length,
        tokenizer,
        dataset,
    )
    _strip(found)
    _says(found, base)
    _time(found, material, base, way)
    if st.toggle(t("preview.rows"), key="train_look_rows"):
        _rows(found, dataset["id"], tokenizer)
    if st.toggle(t("preview.overlap"), key="train_look_overlap", help=t("preview.overlap_help")):
        _overlap(_overlaps(str(frame.store()), dataset["id"], dataset["forgotten_count"], dataset), dataset["id"])


@st.cache_data(max_entries=16, show_spinner=False)
def _look(
    store: str, dataset_id: str, forgotten: int, base: str, length: int, _tokenizer: Any, _dataset: dict[str, Any]
) -> Preview:
    """Frozen rows never change, but `forget` can take some away."""
    with st.spinner(t("preview.looking")), frame.reading() as db:
        return look_at_rows(db, _dataset, _tokenizer, length)


@st.cache_data(max_entries=8, show_spinner=False)
def _overlaps(store: str, dataset_id: str, forgotten: int, _dataset: dict[str, Any]) -> list[Overlap]:
    with st.spinner(t("preview.comparing")), frame.reading() as db:
        return overlaps(db, _dataset)


def _strip(found: Preview) -> None:
    share = "{:.0%}".format
    told = (
        ("preview.number.trained", share(found.trained_share)),
        ("preview.number.cut", share(found.truncated / found.seen)),
        ("preview.number.left_out", f"{found.left_out:,}"),
        ("preview.number.longest", f"{found.longest:,}"),
        ("preview.number.syllable", "–" if found.syllable_tokens is None else f"{found.syllable_tokens:.2f}"),
    )
    place = st.container(key="train_look_numbers")
    for column, (key, value) in zip(place.columns(len(told)), told, strict=True):
        column.metric(t(key), value, help=t(f"{key}_help"))


def _says(found: Preview, base: BaseChoice) -> None:
    """Which rows were looked at, and what is wrong with them."""
    facts = {
        "seen": f"{found.seen:,}",
        "rows": f"{found.rows:,}",
        "base": plain(base_name(base.name)),
        "length": f"{found.max_length:,}",
    }
    st.caption(t("preview.whole" if found.exact else "preview.sample", **facts))
    if found.stops:
        st.error(t("preview.stops", **facts), icon=":material/block:")
    elif found.left_out:
        st.warning(t("preview.leaves", n=f"{found.left_out:,}", **facts), icon=":material/content_cut:")
    if found.truncated > FEW_LEFT_OUT * found.seen:
        st.caption(f":orange[:material/content_cut:] {t('preview.cuts', n=f'{found.truncated:,}', **facts)}")
    if found.wordless:
        st.warning(t("preview.wordless", n=f"{found.wordless:,}"), icon=":material/short_text:")
    if found.part_share > PLENTY:
        st.caption(f":orange[:material/translate:] {t('preview.parts', share=f'{found.part_share:.0%}', **facts)}")


def _time(found: Preview, material: Material, base: BaseChoice, way: Way) -> None:
    """The time at a measured speed; without one the estimate beside it stands alone."""
    assert way.settings is not None
    with frame.reading() as db:
        left = measured_time(found, material.dataset, way.settings, base.name, machine(), past_runs(db))
    if left is not None:
        facts = {"steps": f"{left.steps:,}", "tokens": f"{left.tokens:,}", "speed": f"{left.tokens_per_second:,.0f}"}
        st.caption(f":material/timer: {t('preview.time', span=about(left.seconds), **facts)}")


def _rows(found: Preview, dataset_id: str, tokenizer: Any) -> None:
    """One row at a time, of the kind that was chosen."""
    kinds = [kind for kind in KINDS if found.browse[kind]]
    kind = (
        st.segmented_control(
            t("preview.kind"),
            kinds,
            format_func=lambda name: t(f"preview.kind.{name}"),
            default=kinds[0],
            key="train_look_kind",
        )
        or kinds[0]
    )
    ids = found.browse[kind]
    place = min(int(st.session_state.get("train_look_place", 0)), len(ids) - 1)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for label, icon, to in (
            ("preview.back", "arrow_back", place - 1),
            ("preview.on", "arrow_forward", place + 1),
        ):
            st.button(
                t(label),
                key=label.replace(".", "_"),
                icon=f":material/{icon}:",
                disabled=not 0 <= to < len(ids),
                on_click=_turn_to,
                args=(to,),
            )
        st.caption(t("preview.place", place=place + 1, n=len(ids)), width="content")
        pieces = st.toggle(t("curate.seen.pieces"), key="train_look_pieces", help=t("gloss.token"))
    with frame.reading() as db:
        row = get_row(db, dataset_id, ids[place])
    if row is None:
        st.caption(t("preview.gone"))
        return
    show_seen(as_model_sees(tokenizer, row["messages"], row["target"], found.max_length), pieces)
    frame.link("curate", t("preview.row"), ":material/rule:", dataset=dataset_id, row=str(row["id"]))


def _turn_to(place: int) -> None:
    st.session_state["train_look_place"] = place


def _overlap(found: list[Overlap], dataset_id: str) -> None:
    """A line for each held-out part."""
    if not found:
        st.caption(t("preview.no_held_out"))
    for one in found:
        whose = t(
            "preview.own" if one.dataset == dataset_id else "preview.other",
            split=t(f"preview.split.{one.split}"),
            id=one.dataset,
        )
        alike = sum(one.kinds.values())
        colour, icon = ("orange", "warning") if alike else ("green", "check_circle")
        facts = {
            "n": f"{alike:,}",
            "rows": f"{one.rows:,}",
            **{kind: f"{count:,}" for kind, count in one.kinds.items()},
        }
        words = t("preview.alike" if alike else "preview.apart", **facts)
        st.markdown(f":{colour}[:material/{icon}:] {whose} {words}{'' if one.exact else ' ' + t('preview.at_least')}")
    if any(sum(one.kinds.values()) for one in found):
        st.caption(t("preview.alike_help"))
