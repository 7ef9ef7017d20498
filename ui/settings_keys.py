"""The settings page's keys: kept in the OS keyring, never shown again, not even in part."""

import streamlit as st

from engine.errors import UserError
from engine.keys import KNOWN, Place, delete_key, keyring_name, list_keys, set_key
from ui import frame
from ui.frame import plain, t
from ui.settings import command

OTHER = "other"
ICONS = {"keyring": ":material/lock:", "secrets": ":material/description:", "environment": ":material/terminal:"}


def keys() -> None:
    """What there is, and a form for one more."""
    st.markdown(t("settings.keys_what"))
    try:
        found = list_keys()
    except UserError as error:
        frame.explain(error)
        found = []
    _saved(found)
    place = keyring_name()
    if place is None:
        st.info(t("settings.no_keyring"), icon=":material/info:")
        st.code('HF_TOKEN = "…"', language="toml")
    else:
        _form(place)
    command("python -m engine keys set HF_TOKEN\npython -m engine keys list\npython -m engine keys delete HF_TOKEN")


def _saved(found: list[tuple[str, Place]]) -> None:
    if not found:
        st.caption(t("settings.no_keys"))
        return
    with st.container(border=True, gap="xsmall"):
        for name, place in found:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(
                    f":green[:material/check_circle:] **{plain(name)}** · {t('settings.saved')} "
                    f":gray[{ICONS[place]} {t(f'settings.in_{place}')}]",
                    width="stretch",
                )
                if place == "keyring":
                    st.button(
                        t("settings.delete"),
                        key=f"settings_key_delete_{name}",
                        icon=":material/delete:",
                        on_click=_delete,
                        args=(name,),
                    )


def _form(place: str) -> None:
    st.subheader(t("settings.add_key"))
    chosen = st.selectbox(
        t("settings.key_name"),
        (*KNOWN, OTHER),
        format_func=lambda name: t("settings.own_name") if name == OTHER else name,
        key="settings_key_name",
    )
    if chosen in KNOWN:
        st.caption(KNOWN[chosen][frame.english()])
    with st.form("settings_key_form", clear_on_submit=True, border=False):
        if chosen == OTHER:
            st.text_input(
                t("settings.own_name"),
                key="settings_key_own",
                placeholder="MY_SERVER_KEY",
                max_chars=64,
                help=t("settings.own_name_help"),
            )
        st.text_input(t("settings.key"), type="password", key="settings_key_value", autocomplete="new-password")
        st.form_submit_button(t("settings.save_key"), icon=":material/lock:", on_click=_save, args=(chosen,))
    st.caption(t("settings.kept_in", place=plain(place)))


def _save(chosen: str) -> None:
    """The typed key leaves the session with this call, whatever comes of it."""
    value = st.session_state.get("settings_key_value") or ""
    name = (st.session_state.get("settings_key_own") or "").strip() if chosen == OTHER else chosen
    st.session_state["settings_key_value"] = ""
    try:
        set_key(name, value)
        st.toast(t("settings.key_saved", name=plain(name)), icon=":material/lock:")
    except UserError as error:
        frame.explain(error)


def _delete(name: str) -> None:
    """Another tab may have been faster: that is said, nothing breaks."""
    try:
        delete_key(name)
        st.toast(t("settings.key_deleted", name=plain(name)))
    except UserError as error:
        frame.explain(error)
