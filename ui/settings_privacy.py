"""The settings page's privacy: what is kept where, and forgetting a person or a source, previewed and confirmed by name."""

from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.privacy.forgetting import What, forget, preview
from engine.privacy.store_vault import state
from engine.privacy.style import STYLES, get_style, set_style
from engine.store.forget import list_speakers
from engine.store.open import open_store
from engine.store.sources import list_sources
from ui import frame
from ui.deploy import redeploy_lines
from ui.frame import plain, t
from ui.settings import command

LISTED = 20
"""Ids named in the preview; a busy owner has hundreds of runs."""


def privacy() -> None:
    """Plain words first, then the one thing that cannot be undone."""
    kept = ("store", "masking", "model", "backups", "cache", "network")
    st.markdown("\n".join(f"- {t(f'settings.kept.{line}')}" for line in kept))
    _style()
    _vault()
    st.subheader(t("settings.forget"))
    st.markdown(t("settings.forget_what"))
    _told_before()
    what: What = st.radio(
        t("settings.forget_kind"),
        ("speaker", "source"),
        format_func=lambda kind: t(f"settings.forget_{kind}"),
        key="settings_forget_kind",
        horizontal=True,
        label_visibility="collapsed",
    )
    names = _names(what)
    if not names:
        st.caption(t("settings.nobody"))
        return
    chosen = st.selectbox(
        t(f"settings.forget_{what}"),
        list(names),
        index=None,
        format_func=lambda name: names.get(name, name),
        placeholder=t("settings.choose"),
        key=f"settings_forget_{what}",
    )
    if chosen:
        forget_box(what, chosen)
    command(
        "python -m engine forget --speaker NAME --dry-run\npython -m engine forget --speaker NAME\npython -m engine forget --source src-…"
    )


def _style() -> None:
    """What stands for hidden values in rows built from now on, and in the Data page's preview."""
    st.subheader(t("settings.style"))
    with frame.reading() as db:
        chosen = get_style(db)
    st.radio(
        t("settings.style"),
        STYLES,
        index=STYLES.index(chosen),
        format_func=lambda style: t(f"settings.style_{style}"),
        key="settings_style",
        label_visibility="collapsed",
        on_change=_set_style,
    )
    st.caption(t("settings.style_note"))
    command("python -m engine mask SOURCE --style pseudonym")


def _set_style() -> None:
    try:
        with open_store(frame.store()) as db:
            set_style(db, st.session_state["settings_style"])
    except UserError as error:
        frame.explain(error)


def _vault() -> None:
    """Whether there is a vault; it is turned on in a terminal, where a passphrase can be typed unseen."""
    st.subheader(t("settings.vault"))
    with frame.reading() as db:
        found = state(db)
    st.markdown(t("settings.vault_on", n=f"{found['values']:,}") if found["on"] else t("settings.vault_off"))
    command("python -m engine vault on\npython -m engine vault show [이름_1]\npython -m engine vault off --yes")


def _names(what: What) -> dict[str, str]:
    """What can be forgotten, and how it reads in the list."""
    with frame.reading() as db:
        if what == "speaker":
            return {
                speaker["name"]: t("settings.speaker_line", name=speaker["name"], n=f"{speaker['records']:,}", sources=speaker["sources"])
                for speaker in list_speakers(db)
            }  # fmt: skip
        return {
            source["id"]: t(
                "settings.source_line", name=source["name"], n=f"{source['record_count']:,}", id=source["id"]
            )
            for source in list_sources(db)
        }


def forget_box(what: What, name: str) -> None:
    """What would go, and the confirmation by name. Looking takes a second in a store of a million records, so it is done for one choice only."""
    try:
        with st.spinner(t("settings.counting")):
            found = preview(frame.store(), what, name)
    except UserError as error:
        frame.explain(error)
        return
    with st.container(border=True):
        counts = {"n": f"{found['records']:,}", "rows": f"{found['rows']:,}"}
        st.markdown(f"**{t('settings.would_go', **counts)}**")
        _touched(found)
        st.warning(t("settings.no_way_back"), icon=":material/warning:")
        typed = st.text_input(
            t("settings.type_name", name=plain(name)), key=f"settings_forget_typed_{what}_{name}", autocomplete="off"
        )
        st.button(
            t("settings.forget_now"),
            type="primary",
            icon=":material/delete_forever:",
            disabled=typed.strip() != name,
            key="settings_forget_now",
            on_click=_ask,
            args=(what, name, typed),
        )
        if st.session_state.pop("settings_forget_asked", None) == (what, name):
            _forget(what, name)


def _touched(found: dict[str, Any]) -> None:
    for key, kind in (
        ("sources", "settings.in_sources"),
        ("datasets", "settings.in_datasets"),
        ("retrain", "settings.in_runs"),
        ("evaluations", "settings.in_evaluations"),
        ("chats", "settings.in_chats"),
    ):
        ids = found[key]
        more = t("settings.and_more", n=len(ids) - LISTED) if len(ids) > LISTED else ""
        named = ", ".join(plain(id_) for id_ in ids[:LISTED]) or t("settings.none")
        st.markdown(f"{t(kind)}: {named} {more}")
    if found["backups"]:
        st.markdown(t("settings.in_backups"))
        st.code("\n".join(found["backups"][:LISTED]), language=None)
    if found["redeploy"]:
        st.warning(t("settings.in_deployments"), icon=":material/send:")
        redeploy_lines(found["redeploy"])
    if found["capsules"]:
        st.markdown(t("settings.in_capsules"))
        named = (f"{one['id']}  {one['path'] or t('settings.downloaded')}" for one in found["capsules"][:LISTED])
        st.code("\n".join(named), language=None)


def _ask(what: What, name: str, typed: str) -> None:
    """Remember the wish; the work is done in the page's body, where a spinner can be seen."""
    if typed.strip() == name:
        st.session_state["settings_forget_asked"] = (what, name)


def _forget(what: What, name: str) -> None:
    try:
        with st.spinner(t("settings.forgetting")):
            done = forget(frame.store(), what, name)
    except UserError as error:
        frame.explain(error)
        return
    st.session_state["settings_forgotten"] = done
    st.rerun()


def _told_before() -> None:
    """What the last deletion did; it stays until the next visit."""
    done = st.session_state.get("settings_forgotten")
    if done is None:
        return
    st.success(
        t("settings.forgotten", n=f"{done['records']:,}", rows=f"{done['rows']:,}"), icon=":material/check_circle:"
    )
    with st.container(border=True):
        _touched(done)
        if done["retrain"]:
            st.markdown(t("settings.retrain"))
            frame.link("train", t("nav.train"), ":material/school:")
