"""Before and after masking, message by message: filters, search, pages. Corrections stand in data_correct."""

import re
from pathlib import Path
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.jobs.queue import submit
from engine.privacy.preview import Piece, Shown, read_preview, read_residual
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


def mask_button(source: dict[str, Any], key: str) -> None:
    """Queue the masking of a source."""
    if st.button(t("data.mask_now"), type="primary", icon=":material/visibility_off:", key=key):
        try:
            frame.name_in_address(job=submit(frame.store(), "mask", {"source": source["id"]}))
        except UserError as error:
            frame.explain(error)
        else:
            st.rerun()


def masks_view(source: dict[str, Any]) -> None:
    """The preview with its filters, and the owner's corrections."""
    if source["masked_at"] is None or not source["mask_report"]:
        st.info(t("data.not_masked"), icon=":material/visibility:")
        return
    report = source["mask_report"]
    _summary(report)
    data_correct.add_box(source)
    show, look = _filters(source, report)
    if look is None:
        st.caption(t("data.search_short"))
        return
    shown, following = _read(source, show, look)
    _records(source, shown)
    _pager(source, look, following)
    data_correct.decisions_box(source)
    with st.expander(t("frame.command")):
        st.code(
            f"python -m engine mask {source['id']}\n"
            f'python -m engine mask {source["id"]} --add "{t("data.add_word")}=PERSON"\n'
            f'python -m engine mask {source["id"]} --keep "[이름_3]"\n'
            f'python -m engine mask {source["id"]} --undo "[이름_3]"',
            language="bash",
        )


def _summary(report: dict[str, Any]) -> None:
    total = sum(report["counts"].values())
    st.markdown(t("data.hidden_total", n=f"{total:,}") if total else t("data.hidden_none"))
    if report.get("residual"):
        st.warning(t("data.residual", n=f"{report['residual']:,}"), icon=":material/search:")


def _filters(source: dict[str, Any], report: dict[str, Any]) -> tuple[str, Look | None]:
    """(what is shown, the look for the store); None while the search words are too short."""
    id_ = source["id"]
    labels = _chips(id_, report["counts"])
    shows = ["changed", "all", "unsure", *(["residual"] if report.get("residual_records") else []), "decided"]
    show = data_address.control("show", f"data_show_{id_}", shows, "changed" if report["counts"] else "all")
    if show == "unsure":
        st.caption(t("data.unsure_help"))
    speaker, words = _by_words(id_)
    if len(words) == 1:
        return show, None
    look = Look(
        changed=show == "changed", labels=tuple(labels), unsure=show == "unsure", decided=show == "decided",
        speaker=speaker, words=words,
    )  # fmt: skip
    return show, look


def _chips(id_: str, counts: dict[str, int]) -> list[str]:
    if not counts:
        return []
    key = f"data_chips_{id_}"
    st.session_state[key] = [label for label in st.session_state.get(key, []) if label in counts]
    chosen = st.pills(
        t("data.chips"),
        list(counts),
        selection_mode="multi",
        format_func=lambda label: t("data.chip", label=t(f"data.label.{label}"), n=f"{counts[label]:,}"),
        key=key,
        on_change=from_start,
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


def _read(source: dict[str, Any], show: str, look: Look) -> tuple[list[Shown], int | None]:
    """One page of records, and the id the next one begins at."""
    with frame.reading() as db:
        if show == "residual":
            ids = [id_ for id_ in source["mask_report"]["residual_records"] if id_ >= beginning()]
            shown = read_residual(db, source["id"], ids[: PAGE + 1])
        else:
            shown = read_preview(db, source["id"], look, beginning(), limit=PAGE)
    return shown[:PAGE], shown[PAGE].id if len(shown) > PAGE else None


def _records(source: dict[str, Any], shown: list[Shown]) -> None:
    if not shown:
        st.info(t("data.nothing"), icon=":material/search_off:")
        return
    st.html(STYLE)
    st.caption(t("data.legend"))
    with st.container(border=True, key="data_records", gap="small"):
        left, right = st.columns(2)
        left.markdown(f":small[**{t('data.before')}**]")
        right.markdown(f":small[**{t('data.after')}**]")
        for record in shown:
            _record(source, record)


def _record(source: dict[str, Any], record: Shown) -> None:
    open_ = st.session_state.get("data_fixing") == record.id
    with st.container(key=f"data_record_{record.id}", gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_heading(record), width="content")
            if record.changed:
                label = t("data.fix_close") if open_ else t("data.fix")
                st.button(label, key=f"data_fix_{record.id}", type="tertiary", icon=":material/edit:",
                          on_click=_fix, args=(None if open_ else record.id,))  # fmt: skip
        left, right = st.columns(2)
        left.markdown(coloured(record.pieces, after=False))
        right.markdown(coloured(record.pieces, after=True))
        if open_:
            data_correct.fix_box(source, record)


def _heading(record: Shown) -> str:
    who = plain(record.speaker) if record.speaker else t("data.system")
    when = f" · {record.at.replace('T', ' ')}" if record.at else ""
    return f"{who}{plain(when)}"


def _fix(record_id: int | None) -> None:
    st.session_state["data_fixing"] = record_id


def coloured(pieces: list[Piece], after: bool) -> str:
    """Pieces as Markdown in which only our colours are markup; the text itself is escaped piece by piece."""
    told = []
    for piece in pieces:
        text = piece.after if after else piece.before
        colour = (AFTER if after else BEFORE).get(piece.state)
        if colour is None:
            told.append(plain(_shortened(text)))
        else:
            one_line = re.sub(r"\s*\n\s*", " ", text)  # a blank line would end the paragraph, and the colour with it
            told.append(f":{colour}-background[:{colour}[{plain(one_line)}]]")
    return "".join(told).lstrip(" \t\n") or " "


def _shortened(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG // 2]} … {text[-LONG // 2 :]}"


def _pager(source: dict[str, Any], look: Look, following: int | None) -> None:
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
