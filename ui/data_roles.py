"""The people of a source: how much each said and when, whose words are learned, shown or left out, who agreed."""

from collections.abc import Callable
from datetime import date
from typing import Any

import streamlit as st
from sqlite_utils import Database
from streamlit.delta_generator import DeltaGenerator

from engine.errors import UserError
from engine.store.consent import (
    CONSENTS,
    ROLES,
    Outdated,
    Speaker,
    built_with_other_roles,
    list_roles,
    same_name,
    set_consent,
    set_role,
    spoken_days,
)
from engine.store.open import open_store, writing
from ui import frame, settings_privacy
from ui.frame import plain, t

LISTED = 12
"""People shown before "more"; an open chat has thousands."""
NOTES = ("none", *CONSENTS)
COLOURS = {"target": "blue", "context": "gray", "left_out": "orange"}
EVERYWHERE = "data_people_everywhere"
FORGETTING = "data_people_forget"


@st.cache_data(max_entries=16, show_spinner=False)
def _days(store: str, source_id: str, records: int) -> dict[str, tuple[str, str]]:
    """Records never change but by forgetting, which takes some away."""
    with frame.reading() as db:
        return spoken_days(db, source_id)


def people_view(source: dict[str, Any]) -> None:
    """Everybody who speaks, and what was built before somebody's role changed."""
    with frame.reading() as db:
        people = list_roles(db, source["id"], source["me"])
        outdated = built_with_other_roles(db, source["id"])
    if not people:
        st.info(t("people.none"), icon=":material/group_off:")
        return
    st.caption(t("people.lead"))
    total = sum(one.records for one in people)
    _left_out(people, total)
    other_roles(outdated)
    listed = _listed(source["id"], people)
    with frame.reading() as db:
        shared = {one.name for one in listed if same_name(db, source["id"], one.name)}
    if shared - {source["me"]}:
        st.toggle(t("people.everywhere"), key=EVERYWHERE)
    places = {one.name: _person(source, one, total) for one in listed}
    _command(source["id"])
    with st.spinner(t("people.counting")):  # last of all: everything else can be used meanwhile
        days = _days(str(frame.store()), source["id"], source["record_count"])
    for one in listed:
        first, last = days.get(one.name, ("", ""))
        when = t("people.untimed") if not first else first if first == last else f"{first} ~ {last}"
        places[one.name].caption(f"{_facts(one, total)} · {when}")


def _left_out(people: list[Speaker], total: int) -> None:
    out = [one for one in people if one.role == "left_out"]
    if out:
        n = sum(one.records for one in out)
        told = t("people.out", people=len(out), n=f"{n:,}", share=_share(n, total))
        st.markdown(f":orange[:material/person_off:] {told}")


def _share(n: int, total: int) -> str:
    return f"{n / total:.1%}" if total else "0%"


def _listed(source_id: str, people: list[Speaker]) -> list[Speaker]:
    """Those whose name is sought, as many as were asked for."""
    if len(people) <= LISTED:
        return people
    sought = st.text_input(t("people.search"), key=f"data_people_find_{source_id}", icon=":material/search:").strip()
    found = [one for one in people if sought in one.name]
    key = f"data_people_listed_{source_id}"
    count = st.session_state.get(key, LISTED)
    if len(found) > count:
        st.button(t("people.more", n=len(found) - count), key="data_people_more", type="tertiary", icon=":material/expand_more:",
                  on_click=_more, args=(key,))  # fmt: skip
    return found[:count]


def _more(key: str) -> None:
    st.session_state[key] = st.session_state.get(key, LISTED) + 50


def _facts(one: Speaker, total: int) -> str:
    return t("people.facts", n=f"{one.records:,}", share=_share(one.records, total))


def _person(source: dict[str, Any], one: Speaker, total: int) -> DeltaGenerator:
    """One line of facts, one of choices. Returns the place of the facts, which days are added to."""
    me = one.name == source["me"]
    with st.container(border=True, key=f"data_person_{one.name}", gap="xsmall"):
        badge = t("people.me") if me else t(f"people.role.{one.role}")
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{plain(one.name)}** :{COLOURS[one.role]}-badge[{badge}]", width="content")
            _forget_button(one.name)
        place = st.empty()
        place.caption(_facts(one, total))
        if not me:
            _choices(source["id"], one)
        if one.declined_elsewhere:
            st.caption(f":orange[:material/info:] {t('people.elsewhere')}")
        if st.session_state.get(FORGETTING) == one.name:
            settings_privacy.forget_box("speaker", one.name)
    return place


def _choices(source_id: str, one: Speaker) -> None:
    keys = {what: f"data_person_{what}_{source_id}_{one.name}" for what in ("role", "consent", "on")}
    st.session_state[keys["role"]] = one.role
    st.session_state[keys["consent"]] = one.consent or "none"
    declined = one.consent == "declined"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.segmented_control(
            t("people.role"),
            ROLES,
            format_func=lambda role: t(f"people.role.{role}"),
            key=keys["role"],
            required=True,
            disabled=declined,
            help=t("people.declined") if declined else t("people.role_help"),
            on_change=_save_role,
            args=(source_id, one.name, keys["role"]),
            width="content",
        )
        st.selectbox(
            t("people.consent"),
            NOTES,
            format_func=lambda note: t(f"people.consent.{note}"),
            key=keys["consent"],
            on_change=_save_consent,
            args=(source_id, one.name, keys["consent"]),
            width=160,
        )
        if one.consent and one.consent_on:
            st.session_state[keys["on"]] = date.fromisoformat(one.consent_on)
            st.date_input(t("people.consent_on"), key=keys["on"], max_value="today", format="YYYY-MM-DD", width=160,
                          on_change=_save_consent, args=(source_id, one.name, keys["consent"], keys["on"]))  # fmt: skip


def _save_role(source_id: str, name: str, key: str) -> None:
    role = st.session_state[key]
    if role is not None:
        _save(source_id, name, t(f"people.role.{role}"), lambda db, place: set_role(db, place, name, role))


def _save_consent(source_id: str, name: str, key: str, on_key: str | None = None) -> None:
    said = st.session_state[key]
    note = None if said == "none" else said
    on = st.session_state[on_key].isoformat() if on_key and st.session_state[on_key] else None
    _save(source_id, name, t(f"people.consent.{said}"), lambda db, place: set_consent(db, place, name, note, on))


def _save(source_id: str, name: str, what: str, write: Callable[[Database, str], None]) -> None:
    """One change, here or wherever the name speaks; what an owner can mend is said in words."""
    try:
        with open_store(frame.store()) as db, writing(db):
            others = same_name(db, source_id, name) if st.session_state.get(EVERYWHERE) else []
            for place in (source_id, *others):
                write(db, place)
    except UserError as error:
        frame.explain(error)
        return
    st.toast(t("people.saved", name=plain(name), what=what))


def _forget_button(name: str) -> None:
    """The way to forget somebody: it opens what would go, and the confirmation by name."""
    open_ = st.session_state.get(FORGETTING) == name
    st.button(
        t("people.forget_close" if open_ else "people.forget"),
        key=f"data_person_forget_{name}",
        type="tertiary",
        icon=":material/close:" if open_ else ":material/person_remove:",
        on_click=_ask_forget,
        args=(None if open_ else name,),
    )


def _ask_forget(name: str | None) -> None:
    st.session_state[FORGETTING] = name


def other_roles(outdated: list[Outdated]) -> None:
    """Datasets and runs that were made before a role changed, each with the way to it."""
    if not outdated:
        return
    with st.container(border=True, key="people_other_roles", gap="xsmall"):
        st.markdown(f":orange[:material/history:] **{t('people.other_roles')}**")
        st.caption(t("people.other_roles_why"))
        for one in outdated[:LISTED]:
            _outdated(one)


def _outdated(one: Outdated) -> None:
    for key, names in (("now_left_out", one.now_left_out), ("now_used", one.now_used), ("other_targets", one.other_targets)):  # fmt: skip
        if names:
            shown = ", ".join(plain(name) for name in names[:LISTED])
            st.markdown(t(f"people.{key}", names=shown))
    if one.declined:
        st.caption(t("people.declined_in"))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        frame.link("curate", one.dataset_id, ":material/dataset:", dataset=one.dataset_id)
        for run in one.runs[:LISTED]:
            frame.link("runs", run, ":material/monitoring:", run=run)


def _command(source_id: str) -> None:
    with st.expander(t("frame.command")):
        st.code(
            f"python -m engine speakers {source_id}\n"
            f"python -m engine speakers {source_id} --leave-out NAME --consent NAME=agreed\n"
            "python -m engine forget --speaker NAME --dry-run",
            language="bash",
        )
