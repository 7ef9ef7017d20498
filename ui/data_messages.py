"""Before and after masking, message by message: filters, search, pages. Corrections stand in data_correct."""

import re
from pathlib import Path
from typing import Any

import streamlit as st

from engine.privacy.preview import Piece, Shown, read_preview, read_some
from engine.store.mask_values import LEVELS, hidden_places
from engine.store.masks import Look, read_look
from engine.store.sources import get_speakers
from ui import data_address, data_correct, frame
from ui.data_address import beginning, from_start
from ui.frame import plain, t

STYLE = Path(__file__).with_name("data.css")
PAGE = 12
LONG = 500
"""Letters of an unchanged part that are shown before its middle is left out: a pasted novel must not fill the page."""
SPEAKERS = 300
"""Speakers offered as a filter, most talkative first."""
BEFORE = {"hidden": "orange", "kept": "gray", "doubtful": "red"}
AFTER = {"hidden": "green", "kept": "gray", "doubtful": "red"}
Source = dict[str, Any]


def messages(source: Source) -> None:
    """One page of messages, with what can be done about each."""
    data_correct.add_box(source)
    show, look = _filters(source, source["mask_report"])
    if look is None:
        st.caption(t("data.search_short"))
        return
    if look.words:
        data_correct.found_box(source, look.words)
    shown, following = _read(source, show, look)
    _records(source, shown)
    _pager(source, look, following)


def _filters(source: Source, report: dict[str, Any]) -> tuple[str, Look | None]:
    """(what is shown, the look for the store); None while the search words are too short."""
    id_ = source["id"]
    shows = ["changed", "all", *(["residual"] if report.get("residual_records") else []), "decided"]
    show = data_address.control("show", f"data_show_{id_}", shows, "changed" if report["counts"] else "all")
    labels, levels = chips(id_, "data")
    speaker, words = _by_words(id_)
    if len(words) == 1:
        return show, None
    look = Look(
        changed=show == "changed", labels=tuple(labels), levels=tuple(levels), decided=show == "decided",
        speaker=speaker, words=words,
    )  # fmt: skip
    return show, look


def chips(source_id: str, page: str) -> tuple[list[str], list[str]]:
    """Chosen kinds and levels; each counts what the other leaves."""
    with frame.reading() as db:
        places = hidden_places(db, source_id)
    if not places:
        return [], []
    keys = (f"{page}_chips_{source_id}", f"{page}_levels_{source_id}")
    labels, levels = (st.session_state.get(key) or [] for key in keys)
    by_label = _counts(places, 0, levels)
    by_level = _counts(places, 1, labels)
    kinds = sorted(by_label, key=lambda label: -by_label[label])
    labels = _pills("data.chips", keys[0], kinds, "data.label", by_label)
    return labels, _pills("data.levels", keys[1], LEVELS[::-1], "data.level", by_level)


def _counts(places: dict[tuple[str, str], int], axis: int, chosen: list[str]) -> dict[str, int]:
    """Hidden places by kind (axis 0) or level (1), of those whose other side is among `chosen`, or of all."""
    found = dict.fromkeys([key[axis] for key in places], 0)
    for key, n in places.items():
        if not chosen or key[1 - axis] in chosen:
            found[key[axis]] += n
    return found


def _pills(name: str, key: str, options: list[str] | tuple[str, ...], words: str, counts: dict[str, int]) -> list[str]:
    offered = [option for option in options if option in counts]
    if key in st.session_state:
        st.session_state[key] = [option for option in st.session_state[key] if option in offered]
    chosen = st.pills(
        t(name),
        offered,
        selection_mode="multi",
        format_func=lambda option: t("data.chip", label=t(f"{words}.{option}"), n=f"{counts[option]:,}"),
        key=key,
        on_change=from_start,
        help=t("data.level_help") if name == "data.levels" else None,
    )
    return list(chosen)


def _by_words(id_: str) -> tuple[str | None, str]:
    with frame.reading() as db:
        names = list(get_speakers(db, id_))[:SPEAKERS]
    left, right = st.columns(2)
    speaker = left.selectbox(
        t("data.speaker"),
        names,
        index=None,
        placeholder=t("data.everyone"),
        key=f"data_speaker_{id_}",
        on_change=from_start,
    )
    words = right.text_input(
        t("data.search"), key=f"data_search_{id_}", max_chars=80, placeholder=t("data.search_hint"),
        icon=":material/search:", on_change=from_start,
    )  # fmt: skip
    return speaker, (words or "").strip()


def _read(source: Source, show: str, look: Look) -> tuple[list[Shown], int | None]:
    """One page of records, and the id the next one begins at."""
    with frame.reading() as db:
        if show == "residual":
            ids = [id_ for id_ in source["mask_report"]["residual_records"] if id_ >= beginning()]
            shown = read_some(db, source["id"], ids[: PAGE + 1])
        else:
            shown = read_preview(db, source["id"], look, beginning(), limit=PAGE)
    return shown[:PAGE], shown[PAGE].id if len(shown) > PAGE else None


def _records(source: Source, shown: list[Shown]) -> None:
    if not shown:
        st.info(t("data.nothing"), icon=":material/search_off:")
        return
    st.html(STYLE)
    st.caption(t("data.legend"))
    with st.container(border=True, key="data_records", gap="small"):
        column_heads(t("data.before"), t("data.after"))
        for record in shown:
            _record(source, record)


def column_heads(before: str, after: str) -> None:
    """What stands left and right; hidden on a phone, where both stand in one column."""
    with st.container(key="data_column_heads"):
        for column, words in zip(st.columns(2), (before, after), strict=True):
            column.markdown(f":small[**{words}**]")


def _record(source: Source, record: Shown) -> None:
    open_ = st.session_state.get("data_fixing") == record.id
    with st.container(key=f"data_record_{record.id}", gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(heading(record), width="content")
            label = t("data.fix_close") if open_ else t("data.fix")
            st.button(label, key=f"data_fix_{record.id}", type="tertiary", icon=":material/edit:",
                      on_click=_fix, args=(None if open_ else record.id,))  # fmt: skip
        left, right = st.columns(2)
        left.markdown(coloured(record.pieces, after=False))
        right.markdown(coloured(record.pieces, after=True))
        if open_:
            data_correct.fix_box(source, record)


def heading(record: Shown) -> str:
    """Who, and when."""
    who = plain(record.speaker) if record.speaker else t("data.system")
    when = f" · {record.at.replace('T', ' ')}" if record.at else ""
    return f"{who}{plain(when)}"


def _fix(record_id: int | None) -> None:
    st.session_state["data_fixing"] = record_id


def coloured(pieces: list[Piece], after: bool, long: int = LONG) -> str:
    """Pieces as Markdown in which only our colours are markup; the text itself is escaped piece by piece."""
    told = []
    for piece in pieces:
        text = piece.after if after else piece.before
        colour = (AFTER if after else BEFORE).get(piece.state)
        if colour is None:
            told.append(plain(_shortened(text, long)))
        else:
            one_line = re.sub(r"\s*\n\s*", " ", text)  # a blank line would end the paragraph, and the colour with it
            told.append(f":{colour}-background[:{colour}[{plain(one_line)}]]")
    return "".join(told).lstrip(" \t\n") or " "


def _shortened(text: str, long: int) -> str:
    return text if len(text) <= long else f"{text[: long // 2]} … {text[-long // 2 :]}"


def _pager(source: Source, look: Look, following: int | None) -> None:
    at = beginning()
    with st.container(horizontal=True, horizontal_alignment="center", gap="small"):
        if at:
            st.button(t("frame.first"), key="data_first", icon=":material/first_page:", on_click=from_start)
            st.button(t("data.previous"), key="data_previous", icon=":material/chevron_left:", on_click=_back,
                      args=(source["id"], look, at))  # fmt: skip
        if following:
            st.button(t("data.following"), key="data_following", icon=":material/chevron_right:", icon_position="right",
                      on_click=_jump, args=(following,))  # fmt: skip


def _jump(record_id: int) -> None:
    frame.name_in_address(at=str(record_id))


def _back(source_id: str, look: Look, at: int) -> None:
    with frame.reading() as db:
        rows = read_look(db, source_id, look, at, back=True, limit=PAGE)
    frame.name_in_address(at=str(rows[0]["id"]) if len(rows) == PAGE else None)
