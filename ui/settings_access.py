"""The settings page's access: how the owner comes in from elsewhere, and which browsers are in. Secrets are shown once or never."""

import streamlit as st

from engine.access.login import set_logins
from engine.access.owner import drop_way, make_token, owner_facts, set_password, sign_out, ways_in
from engine.errors import UserError
from engine.store.open import open_store
from ui import frame, gate, login
from ui.frame import t
from ui.live import ago
from ui.settings import command


def access() -> None:
    """What there is first; then each way in, to be set or closed."""
    owner = gate.role()
    st.markdown(t("settings.access_what"))
    st.caption(t(f"settings.access_by_{owner.by if isinstance(owner, gate.Owner) else 'local'}"))
    with frame.reading() as db:
        facts = owner_facts(db)
    _password(facts["password"])
    _token(facts["token"])
    _login(facts["emails"])
    _browsers(facts["browsers"])
    command(
        "python -m engine owner show\npython -m engine owner password\npython -m engine owner token\n"
        "python -m engine owner login name@example.com\npython -m engine owner sign-out\npython -m engine invite list"
    )


def _password(kept: bool) -> None:
    st.subheader(t("gate.password"))
    st.caption(t("settings.access_password_on" if kept else "settings.access_password_off"))
    with st.form("settings_password_form", clear_on_submit=True, border=False):
        st.text_input(
            t("settings.access_new_password"), type="password", key="settings_password", autocomplete="new-password"
        )
        st.form_submit_button(t("settings.access_set"), icon=":material/lock:", on_click=_set_password)
    if kept:
        st.button(t("settings.access_close"), key="settings_password_off", on_click=_close, args=("password",))


def _set_password() -> None:
    """The typed password leaves the session with this call; whoever sets it stays in."""
    typed = st.session_state.get("settings_password") or ""
    st.session_state["settings_password"] = ""
    try:
        with open_store(frame.store()) as db:
            set_password(db, typed)
            gate.stay(db, "password")
        st.toast(t("settings.access_password_kept"), icon=":material/lock:")
    except UserError as error:
        frame.explain(error)


def _token(kept: bool) -> None:
    st.subheader(t("gate.token"))
    st.caption(t("settings.access_token_what"))
    st.button(
        t("settings.access_token_again" if kept else "settings.access_token_make"),
        key="settings_token_make", icon=":material/key:", on_click=_make_token,
    )  # fmt: skip
    made = st.session_state.pop("settings_token_made", None)
    if made:
        st.success(t("settings.access_token_once"), icon=":material/key:")
        st.code(f"/?token={made}", language=None)
    if kept:
        st.button(t("settings.access_close"), key="settings_token_off", on_click=_close, args=("token",))


def _make_token() -> None:
    with open_store(frame.store()) as db:
        made = make_token(db)
        gate.stay(db, "token")
    st.session_state["settings_token_made"] = made


def _close(way: str) -> None:
    with open_store(frame.store()) as db:
        drop_way(db, "password" if way == "password" else "token")
        for left in ways_in(db):
            gate.stay(db, left)


def _login(emails: list[str]) -> None:
    st.subheader(t("gate.login"))
    st.caption(t("settings.access_login_what"))
    st.session_state["settings_emails"] = ", ".join(emails)
    st.text_input(t("settings.access_emails"), key="settings_emails", on_change=_set_accounts)
    listed = login.settings(emails)
    if listed is not None:
        _keep_accounts(listed)
        st.rerun()


def _set_accounts() -> None:
    typed = st.session_state["settings_emails"].replace(";", ",").split(",")
    _keep_accounts([part for part in typed if part.strip()])


def _keep_accounts(names: list[str]) -> None:
    try:
        with open_store(frame.store()) as db:
            set_logins(db, names)
            if names:
                gate.stay(db, "login")
    except UserError as error:
        frame.explain(error)


def _browsers(browsers: list[dict[str, str]]) -> None:
    st.subheader(t("settings.access_browsers"))
    if not browsers:
        st.caption(t("settings.access_no_browsers"))
        return
    for one in browsers:
        way = t(f"settings.access_way_{one['by']}")
        st.markdown(f":material/devices: {way} · {ago(one['seen_at'])}")
    st.button(t("settings.access_out"), key="settings_out", icon=":material/logout:", on_click=_all_out)


def _all_out() -> None:
    with open_store(frame.store()) as db:
        gone = sign_out(db)
    st.toast(t("settings.access_gone", n=gone))
