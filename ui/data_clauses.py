"""Clauses and questions of a source as a list: where each stands, how long it is, filters, search, pages."""

from functools import partial
from typing import Any

import streamlit as st

from engine.store.clause_records import CLAUSE, PAIR, ClauseLook, count_kinds, count_looked, read_before, read_looked
from ui import data_address, frame
from ui.data_address import beginning, from_start, go_to, pager
from ui.frame import plain, t
from ui.words import WORDS

PAGE = 12
LONG = 420
"""Letters of a clause shown at first."""
LIMIT = 512
Source = dict[str, Any]


def clauses_view(source: Source) -> None:
    """One page of clauses, or of questions with their answers."""
    with frame.reading() as db:
        there = [kind for kind in (CLAUSE, PAIR) if count_kinds(db, source["id"]).get(kind)]
    if not there:
        st.info(t("clauses.none"), icon=":material/search_off:")
        return
    kind = data_address.control("what", f"data_what_{source['id']}", there, there[0]) if len(there) > 1 else there[0]
    look = _look(source, kind)
    at = beginning()
    with frame.reading() as db:
        count = count_looked(db, source["id"], look)
        rows = read_looked(db, source["id"], look, at - 1, PAGE + 1)
    st.caption(t("clauses.found", n=f"{count:,}"))
    if not rows:
        st.info(t("clauses.none"), icon=":material/search_off:")
    with st.container(key="data_clauses", gap="small"):
        for row in rows[:PAGE]:
            _clause(row) if kind == CLAUSE else _pair(row)
    following = rows[PAGE]["seq"] if len(rows) > PAGE else None
    pager("clauses", at, following, partial(_back, source["id"], look, at))


def _look(source: Source, kind: str) -> ClauseLook:
    """What the filters say. A name that a link brought (?words=) stands in the search box."""
    id_, found = source["id"], source["report"].get("clauses") or {}
    key, asked = f"clauses_words_{id_}", frame.asked("words")
    if asked is not None and st.session_state.get(f"{key}_told") != asked:
        st.session_state[key] = st.session_state[f"{key}_told"] = asked
    words = st.text_input(
        t("clauses.search"), key=key, max_chars=80, placeholder=t("clauses.search_hint"), icon=":material/search:",
        on_change=from_start,
    )  # fmt: skip
    frame.name_in_address(words=words or None)
    st.session_state[f"{key}_told"] = words or ""
    if kind != CLAUSE:
        return ClauseLook(kind, (words or "").strip())
    company, product = (
        _named(id_, name, found.get(names, {})) for name, names in (("company", "companies"), ("product", "products"))
    )
    limit = found.get("longest_allowed", LIMIT)
    long = found.get("over_long") and st.toggle(
        t("clauses.only_long", limit=f"{limit:,}"), key=f"clauses_long_{id_}", on_change=from_start
    )
    return ClauseLook(kind, (words or "").strip(), company, product, limit if long else None)


def _named(id_: str, name: str, counts: dict[str, int]) -> str | None:
    """A company or product to filter by; asked only where there are several."""
    names = [one for one in counts if one and one != "…"]
    if len(names) < 2:
        return None
    return st.selectbox(
        t(f"clauses.{name}"),
        names,
        index=None,
        placeholder=t("clauses.all"),
        key=f"clauses_{name}_{id_}",
        on_change=from_start,
    )


def _clause(row: dict[str, Any]) -> None:
    meta = row["meta"]
    with st.container(border=True, key=f"data_clause_{row['id']}", gap="xxsmall"):
        st.markdown(f"**{plain(meta.get('breadcrumbs') or meta.get('chunk_id') or '–')}**")
        facts = [str(meta.get("chunk_id") or ""), *(meta.get(name) for name in ("company", "policy_type"))]
        if meta.get("tokens") is not None:
            facts.append(t("clauses.n_tokens", n=f"{meta['tokens']:,}"))
        if meta.get("token_count") is not None:
            facts.append(t("clauses.n_own", n=f"{meta['token_count']:,}"))
        st.caption(" · ".join(plain(str(fact)) for fact in facts if fact))
        _text(row["id"], row["text"])


def _pair(row: dict[str, Any]) -> None:
    meta = row["meta"]
    with st.container(border=True, key=f"data_clause_{row['id']}", gap="xxsmall"):
        st.markdown(f"**{plain(row['text']) or '–'}**")
        st.markdown(f"{t('clauses.answer')}: {plain(_cut(meta.get('answer') or '–'))}")
        kind = str(meta.get("type") or "unknown")
        word = f"clauses.type.{kind}"
        facts = [t(word) if word in WORDS else kind, *(meta.get(name) for name in ("chunk_id", "id"))]
        if meta.get("answerable") is False:
            facts.append(t("clauses.refused"))
        st.caption(" · ".join(plain(str(fact)) for fact in facts if fact))
        if meta.get("clause"):
            with st.expander(t("clauses.its_clause")):
                st.markdown(plain(_cut(meta["clause"], 4 * LONG)))


def _text(record_id: int, text: str) -> None:
    """The beginning, and all of it when asked."""
    key = f"clauses_open_{record_id}"
    open_ = st.session_state.get(key, False)
    st.markdown(plain(text[:20_000] if open_ else _cut(text)))
    if len(text) > LONG:
        st.button(
            t("clauses.less" if open_ else "clauses.whole"),
            key=f"{key}_do",
            type="tertiary",
            on_click=_toggle,
            args=(key,),
        )


def _toggle(key: str) -> None:
    st.session_state[key] = not st.session_state.get(key, False)


def _cut(text: str, long: int = LONG) -> str:
    return text if len(text) <= long else f"{text[:long].rstrip()} …"


def _back(source_id: str, look: ClauseLook, at: int) -> None:
    with frame.reading() as db:
        rows = read_before(db, source_id, look, at, PAGE)
    go_to(rows[0]["seq"] if len(rows) == PAGE else 0)
