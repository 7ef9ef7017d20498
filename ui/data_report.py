"""What was understood of a source, what was not, and which speaker is me."""

import shlex
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.store.masks import period_of
from engine.store.open import open_store
from engine.store.sources import get_source, get_speakers, read_unparsed, set_me
from ui import data_people, frame
from ui.frame import plain, t
from ui.words import WORDS

LINES, LONGEST = 20, 300
"""Lines that were not understood shown at first, and letters of each."""
CHATS = ("kakao", "table")
"""Kinds of sources whose lines are messages."""
FEW = 8
"""Speakers shown as radio buttons; more become a list to search."""


def report_view(source: dict[str, Any]) -> None:
    """The parse report and the choice of me."""
    with frame.reading() as db:
        speakers, period = get_speakers(db, source["id"]), period_of(db, source["id"])
    speakers = {name: count for name, count in speakers.items() if count}  # 0: a name merged into another
    _numbers(source, len(speakers), period)
    unparsed(source)
    left, right = st.columns(2, gap="large")
    with left:
        _choose_me(source, speakers)
        data_people.merge_box(source, speakers)
    with right:
        _kinds(source["report"].get("kinds", {}))
    st.caption(file_facts(source))
    with st.container(horizontal=True):
        frame.link("settings", t("data.forget"), ":material/delete:")
    with st.expander(t("frame.command")):
        me = f" --me {shlex.quote(source['me'])}" if source["me"] else ""
        st.code(
            f"python -m engine import {shlex.quote(source['name'])} --recipe {source['recipe']}{me} --mask\n"
            f"python -m engine messages {source['id']} --out messages.jsonl",
            language="bash",
        )


def _numbers(source: dict[str, Any], people: int, period: tuple[str | None, str | None]) -> None:
    first, last = (at[:10] if at else None for at in period)
    with st.container(horizontal=True, gap="small", key="data_numbers"):
        st.metric(t("data.records"), f"{source['record_count']:,}", border=True, width=180, help=t("gloss.record"))
        st.metric(t("data.people"), f"{people:,}", border=True, width=130)
        st.metric(
            t("data.unparsed"),
            f"{source['report'].get('unparsed', 0):,}",
            border=True,
            width=200,
            help=t("data.unparsed_help"),
        )
    st.markdown(
        f":material/date_range: {t('data.days', first=first, last=last) if first and last else t('data.no_times')}"
    )


def unparsed(source: dict[str, Any]) -> None:
    """The lines nobody could read, as they are; honest when there are none."""
    report = source["report"]
    lines, count = report.get("unparsed_lines", []), report.get("unparsed", 0)
    if not count:
        st.markdown(f":green[:material/check_circle:] {t('data.unparsed_none')}")
    else:
        shown = ", ".join(map(str, lines)) + (" …" if count > len(lines) else "")
        words = "data" if source["kind"] in CHATS else "clauses"
        told = t(f"{words}.unparsed_lines" if lines else f"{words}.unparsed_some", n=f"{count:,}", lines=shown)
        st.warning(told, icon=":material/help:")
        _unparsed_lines(source["id"], count)
    warnings(source)
    if merged := report.get("merged"):
        words = t("data.merged", added=f"{merged['added']:,}", common=f"{merged['common']:,}")
        st.info(words, icon=":material/merge:")


def warnings(source: dict[str, Any]) -> None:
    """What reading warned of, in the page's language."""
    for warning in source["report"].get("warnings", []):
        st.warning(plain(_in_language(warning)), icon=":material/info:")


def _in_language(warning: str) -> str:
    """The half of a `Korean / English` line that the page speaks; one that is Korean alone as it is."""
    korean, _, other = warning.partition(" / ")
    return other if other and frame.english() else korean


def _unparsed_lines(source_id: str, count: int) -> None:
    """Their text, a window at a time."""
    key = f"data_unparsed_{source_id}"
    many = st.session_state.get(key, LINES)
    with st.expander(t("data.unparsed_show")):
        with frame.reading() as db:
            rows = read_unparsed(db, source_id, limit=many)
        st.code("\n".join(row["text"][:LONGEST] for row in rows), language=None, wrap_lines=True)
        if count > many:
            more = t("data.unparsed_more", n=f"{min(count - many, 5 * LINES):,}")
            st.button(more, key=f"{key}_more", type="tertiary", on_click=_show_more, args=(key, many + 5 * LINES))


def _show_more(key: str, many: int) -> None:
    st.session_state[key] = many


def _kinds(kinds: dict[str, int]) -> None:
    total = sum(kinds.values()) or 1
    st.subheader(t("data.kinds"))
    rows = {
        t("data.kind"): [_named("data.kind.", kind) for kind in kinds],
        t("data.count"): list(kinds.values()),
        t("data.share"): [100 * n / total for n in kinds.values()],
    }
    share = st.column_config.ProgressColumn(format="%.1f%%", min_value=0, max_value=100)
    number = st.column_config.NumberColumn(format="localized")
    config = {t("data.count"): number, t("data.share"): share}
    st.dataframe(rows, hide_index=True, column_config=config, height=35 * (min(len(kinds), 8) + 1) + 3)


def _named(prefix: str, name: str) -> str:
    """The word for a kind, a label or a shape; a new one keeps its own name."""
    return t(prefix + name) if prefix + name in WORDS else name


def file_facts(source: dict[str, Any]) -> str:
    report = source["report"]
    shapes = [_named("data.shape.", shape) for shape in report.get("shape", "").split(", ") if shape]
    encoding = report.get("encoding", "").upper().replace("UTF-8-SIG", "UTF-8") or "–"
    shape = ", ".join(shapes) or _named("data.shape.", report.get("kind", source["kind"]))
    return t("data.file_facts", size=sized(source["bytes"]), encoding=plain(encoding), shape=plain(shape))


def sized(bytes_: int) -> str:
    """1,234,567 → 1.2 MB."""
    return f"{bytes_ / 1e6:,.1f} MB" if bytes_ >= 100_000 else f"{max(1, round(bytes_ / 1e3)):,} KB"


def _choose_me(source: dict[str, Any], speakers: dict[str, int]) -> None:
    st.subheader(t("data.me"))
    if not speakers:
        st.caption(t("data.no_speakers"))
        return
    st.caption(t("data.me_why"))
    key, names = f"data_me_{source['id']}", list(speakers)
    if source["me"] in names:
        st.session_state[key] = source["me"]  # another tab may have chosen anew
    if len(names) <= FEW:
        label = {name: t("data.me_option", name=plain(name), n=f"{n:,}") for name, n in speakers.items()}
        st.radio(t("data.me"), names, index=None, format_func=label.__getitem__, key=key, label_visibility="collapsed",
             on_change=_save_me, args=(source["id"],))  # fmt: skip
    else:
        st.selectbox(t("data.me"), names, index=None, format_func=lambda name: t("data.me_option", name=name, n=f"{speakers[name]:,}"), key=key,
                     placeholder=t("data.me_choose"), label_visibility="collapsed", on_change=_save_me,
                     args=(source["id"],))  # fmt: skip
    if source["me"] and not source["report"].get("me_said"):
        st.caption(f":material/info: {t('data.me_told')}")


def _save_me(source_id: str) -> None:
    me = st.session_state[f"data_me_{source_id}"]
    if me is None:
        return
    try:
        with open_store(frame.store()) as db:
            if get_source(db, source_id)["me"] == me:
                return  # a browser may tell a value again that the page itself had set
            set_me(db, source_id, me)
        st.toast(t("data.me_saved", me=plain(me)))
    except UserError as error:
        frame.explain(error)
