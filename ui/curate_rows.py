"""The rows of a dataset: filters, reasons, search, a page of cards. Which rows are meant stands in the address."""

from typing import Any

import streamlit as st

from engine.curate.versions import keep_row
from engine.errors import UserError
from engine.store.open import open_store
from engine.store.reviews import decide, decisions_on
from engine.store.rows import SCAN, SPLITS, find_rows, speech_levels
from ui import curate_plan, curate_seen, curate_types, frame, patent_row
from ui.curate_address import SHOWN, SPEECH, open_row, place_name, reason_name, show_rows, shown, speech, which
from ui.forms import words
from ui.frame import plain, t

PAGE_ROWS = 10
LENGTHS = (0, 20, 50, 100)
"""Letters of the answer to filter by."""
ASKED_SHOWN, TARGET_SHOWN = 160, 300
"""Letters of a card; the whole text stands in the opened row."""
MARKS = {
    "keep": ("green", ":material/check:"),
    "drop": ("red", ":material/remove:"),
    "edit": ("orange", ":material/edit:"),
}


def list_box(dataset: dict[str, Any], decided: int) -> None:
    """Filters, then the rows they leave."""
    _show_choice(dataset, decided)
    if shown() == "dropped":
        _reason_chips(dataset["dropped"])
    if shown() == "test":
        st.caption(f":orange[:material/warning:] {t('curate.test_warning')}")
    curate_types.types_box(dataset)
    with frame.reading() as db:
        levels = speech_levels(db, dataset["id"])
    _speech_summary(levels)
    _search_boxes(bool(levels))
    with frame.reading() as db:
        window = find_rows(db, dataset["id"], which(), _after(), PAGE_ROWS)
        made = decisions_on(db, dataset["id"], [row["id"] for row in window.rows])
    for row in window.rows:
        _card(dataset["id"], row, made.get(row["id"]))
    if not window.rows:
        _nothing(window.after)
    _pager(window.after, found=bool(window.rows))
    if shown() != "dropped":
        curate_seen.sample_strip(dataset)


def _after() -> int:
    after = frame.asked_number("after")
    return -1 if after is None else after


def _show_choice(dataset: dict[str, Any], decided: int) -> None:
    counts = {
        "kept": sum(dataset["counts"].values()),
        "dropped": sum(dataset["dropped"].values()),
        "decided": decided,
        **{split: dataset["counts"].get(split, 0) for split in SPLITS},
    }
    st.session_state["curate_show"] = shown()
    st.segmented_control(
        t("curate.show"),
        SHOWN,
        format_func=lambda name: t(f"curate.show.{name}", count=f"{counts[name]:,}"),
        key="curate_show",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: show_rows(show=st.session_state["curate_show"], why=None),
    )


def _reason_chips(dropped: dict[str, int]) -> None:
    """A chip per reason; pointing at one says what it means."""
    chosen = frame.asked("why") or "any"
    with st.container(horizontal=True, gap="small", key="curate_reasons"):
        for reason, count in {"any": sum(dropped.values()), **dropped}.items():
            name = t("curate.why.any", count=f"{count:,}") if reason == "any" else f"{reason_name(reason)} {count:,}"
            st.button(
                name,
                key=f"curate_why_{reason}",
                help=words(f"curate.reason_why.{reason}", "") or None,
                icon=":material/check:" if reason == chosen else None,
                on_click=show_rows,
                kwargs={"show": "dropped", "why": None if reason == "any" else reason},
            )


def _speech_summary(levels: dict[str, int]) -> None:
    """How the kept replies speak."""
    total = sum(levels.values())
    if total:
        told = (
            f"{t(f'curate.speech.{one}')} {levels[one]:,} ({levels[one] / total:.0%})"
            for one in SPEECH
            if one in levels
        )
        st.caption(t("curate.speech.summary", levels=" · ".join(told)))


def _search_boxes(by_speech: bool) -> None:
    left, right, last = st.columns([3, 1, 1]) if by_speech else (*st.columns([3, 1]), None)
    if last:
        st.session_state["curate_speech"] = speech() or "any"
        last.selectbox(
            t("curate.speech"),
            ("any", *SPEECH),
            format_func=lambda level: t(f"curate.speech.{level}"),
            key="curate_speech",
            on_change=lambda: show_rows(
                speech=st.session_state["curate_speech"] if st.session_state["curate_speech"] != "any" else None
            ),
        )
    st.session_state["curate_find"] = frame.asked("find") or ""
    left.text_input(
        t("curate.find"),
        key="curate_find",
        placeholder=t("curate.find.hint"),
        icon=":material/search:",
        max_chars=100,
        on_change=lambda: show_rows(find=st.session_state["curate_find"].strip() or None),
    )
    least = frame.asked_number("long") or 0
    st.session_state["curate_long"] = least if least in LENGTHS else 0
    right.selectbox(
        t("curate.length"),
        LENGTHS,
        format_func=lambda count: t("curate.length.more", count=count) if count else t("curate.length.0"),
        key="curate_long",
        on_change=lambda: show_rows(
            long=str(st.session_state["curate_long"]) if st.session_state["curate_long"] else None
        ),
    )


def _nothing(after: int | None) -> None:
    if after is not None:
        st.info(t("curate.not_yet", count=f"{SCAN:,}"), icon=":material/search:")
    else:
        st.info(t("curate.empty_decided" if shown() == "decided" else "curate.empty"), icon=":material/inbox:")


def _pager(after: int | None, found: bool) -> None:
    with st.container(horizontal=True):
        if frame.asked("after"):
            st.button(
                t("frame.first"),
                icon=":material/first_page:",
                key="curate_first",
                on_click=show_rows,
                kwargs={"after": None},
            )
        if after is not None:
            st.button(
                t("curate.next_page" if found else "curate.find_more"),
                icon=":material/chevron_right:",
                key="curate_more",
                on_click=show_rows,
                kwargs={"after": str(after)},
            )


def _card(dataset_id: str, row: dict[str, Any], made: dict[str, Any] | None) -> None:
    """A row in short, and the decisions at hand."""
    asked = str(row["meta"].get("question") or "") or curate_types.asked_of(row)
    target = made["target"] if made and made["decision"] == "edit" else row["target"]
    with st.container(border=True, key=f"curate_card_{row['id']}", gap="xsmall"):
        badges(row, made)
        typed = "type" in row["meta"]
        them, me = ("curate.row.question", "curate.row.target") if typed else ("curate.row.them", "curate.row.me")
        if patent_row.is_case(row):
            them, me = "patent.product", "patent.verdict"
            asked, target = row["meta"]["product"], patent_row.short(target) or target
        if "dialogue" in row["meta"]:
            them, me, asked = "dialogue.dialogue", "dialogue.summary", row["meta"]["dialogue"]
        st.markdown(f":gray-badge[{t(them)}] {_short(asked, ASKED_SHOWN)}")
        st.markdown(f":blue-badge[{t(me)}] {_short(target, TARGET_SHOWN)}")
        with st.container(horizontal=True, gap="small"):
            decision_buttons(dataset_id, row, made, "card")
            st.button(
                t("curate.row.open"),
                key=f"curate_open_{row['id']}",
                type="tertiary",
                icon=":material/open_in_full:",
                on_click=open_row,
                args=(row["id"],),
            )


def _short(text: str, most: int) -> str:
    """The beginning of a text from data, as text."""
    if not text.strip():
        return f":gray[{t('curate.row.nothing')}]"
    return plain(text if len(text) <= most else text[:most].rstrip() + " …")


def badges(row: dict[str, Any], made: dict[str, Any] | None) -> None:
    """Its number and place, what it asks, and what was decided."""
    with st.container(horizontal=True, gap="small"):
        st.badge(t("curate.row.number", id=row["id"]), color="gray")
        st.badge(place_name(row), color="gray" if row["split"] else "orange")
        if "type" in row["meta"]:
            st.badge(curate_types.type_name(str(row["meta"]["type"])), color="gray")
        if patent_row.is_case(row) and "variant" in row["meta"]:
            st.badge(t(f"patent.variant.{row['meta']['variant']}"), color="gray")
        if row["meta"].get("answerable") is False:
            st.badge(t("curate.row.unanswerable"), color="blue")
        if made:
            colour, icon = MARKS[made["decision"]]
            st.badge(t(f"curate.decision.{made['decision']}"), color=colour, icon=icon)  # type: ignore[arg-type]


def decision_buttons(
    dataset_id: str, row: dict[str, Any], made: dict[str, Any] | None, where: str, onward: int | None = None
) -> None:
    """Drop or take back, and edit. What was decided already is not offered again. `onward`: the row to open afterwards."""
    decision = made["decision"] if made else None
    out = decision == "drop" or (row["split"] is None and decision is None)
    bare = row["split"] is None and curate_types.is_bare(row)
    if where == "row" or out:
        st.button(
            t("curate.row.back_in" if out else "curate.row.keep"),
            key=f"curate_keep_{row['id']}",
            icon=":material/undo:" if out else ":material/check:",
            disabled=decision == "keep" or bare,
            help=t("curate.row.bare") if bare else None,
            on_click=choose,
            args=(dataset_id, row["id"], "keep", onward),
        )
    if not out:
        st.button(
            t("curate.row.drop"),
            key=f"curate_drop_{row['id']}",
            icon=":material/remove:",
            on_click=choose,
            args=(dataset_id, row["id"], "drop", onward),
        )
    st.button(
        t("curate.row.edit"),
        key=f"curate_edit_{row['id']}",
        icon=":material/edit:",
        on_click=open_row,
        args=(row["id"], True),
    )


def choose(dataset_id: str, row_id: int, decision: str, onward: int | None = None) -> None:
    """Record a decision, or say why it cannot be; then open the next row. For callbacks."""
    by = curate_plan.reviewer()
    try:
        with open_store(frame.store()) as db:
            if decision == "keep":
                keep_row(db, dataset_id, row_id, by)
            else:
                decide(db, dataset_id, row_id, "drop", by=by)
    except UserError as error:
        frame.explain(error)
        return
    if onward is not None:
        open_row(onward)
        st.toast(f"{t('curate.row.number', id=row_id)}: {t(f'curate.decision.{decision}')}")
