"""The owner's login by a service of theirs (OpenID Connect): the door's button, what came back, and the steps that set it up.

Streamlit sends the browser to the service, checks the answer and keeps it in a signed cookie for 30 days. Here it opens once.
"""

import secrets
import tomllib
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from engine.access.login import Refused, accounts_of, open_by_login
from engine.access.owner import Owner
from engine.access.services import SERVICES, secrets_text, steps_of
from engine.config import store_path
from engine.store.open import open_store
from ui.say import english, plain, t

ADDRESS = "login"
"""What the address calls the reason why a login did not come about: ui/login_route.py adds it."""
REASONS = ("unreachable", "cancelled", "unproven")
SHARED, OWN = ("redirect_uri", "cookie_secret"), ("client_id", "client_secret", "server_metadata_url")
"""Keys of `[auth]`: for all services, and per service (`[auth.google]`), or beside them where there is one."""


def services() -> list[str | None]:
    """The services that can be tried, by what `st.login` calls them; None is the one without a name."""
    auth = _auth()
    named = [name for name, value in auth.items() if isinstance(value, Mapping) and name != "client_kwargs"]
    return [*([None] if "client_id" in auth or not named else []), *named]


def lacks() -> str | None:
    """What a login still needs, in words; None: it can be tried."""
    auth = _auth()
    if not auth:
        return t("gate.login_bad_file" if _is_unreadable() else "gate.login_no_auth")
    missing = [name for name in SHARED if not auth.get(name)]
    for service in services():
        own = auth if service is None else auth[service]
        missing += [f"{service}.{name}" if service else name for name in OWN if not own.get(name)]
    if missing:
        return t("gate.login_misses", names=", ".join(f"`{plain(name)}`" for name in missing))
    return None if find_spec("authlib") else t("gate.login_no_library")


def _is_unreadable() -> bool:
    try:
        st.secrets.get("auth")
    except StreamlitSecretNotFoundError as error:
        return isinstance(error.__context__, tomllib.TOMLDecodeError | TypeError)
    return False


def buttons(key: str) -> None:
    """One for each service; what is missing is said instead of tried."""
    said = lacks()
    for service in services():
        label = t("gate.login_with", name=plain(service.capitalize())) if service else t("gate.login")
        st.button(
            label, key=f"{key}_{service or 'own'}", icon=":material/login:", disabled=bool(said),
            on_click=st.login, args=(service,) if service else (),
        )  # fmt: skip
    if said:
        st.caption(said)


def claims() -> dict[str, Any]:
    """Of the account that is logged in; empty: none."""
    return st.user.to_dict() if st.user.get("is_logged_in") else {}


def opened() -> Owner | Refused | None:
    """Try the login that came back; None when there is none."""
    found = claims()
    if not found:
        return None
    with open_store(store_path()) as db:
        return open_by_login(db, found)


def came_back() -> str | None:
    """Why the last login did not come about, as a key of words; taken out of the address."""
    why = st.query_params.get(ADDRESS)
    if why is not None:
        del st.query_params[ADDRESS]
    return f"gate.login_{why}" if why in REASONS else None


def refused(why: Refused) -> None:
    """Somebody is logged in, and is not the owner: which account, why, and how to try another."""
    named = [account for account in [claims().get("email"), *accounts_of(claims())[:1]] if isinstance(account, str)]
    st.warning(t(f"gate.login_{why}", account=plain((named or ["?"])[0][:100])), icon=":material/person_off:")
    if why == "unlisted" and named:
        st.caption(t("gate.login_list_it"))
        st.code(f"python -m engine owner login {accounts_of(claims())[-1]}", language=None)
    st.button(t("gate.login_other"), on_click=st.logout, key="gate_logout", icon=":material/logout:", type="tertiary")


def settings(kept: list[str]) -> list[str] | None:
    """The settings page's part: try the login, list its account, read the steps. Returns accounts to keep, when a button said so."""
    account = (accounts_of(claims()) or [None])[-1]
    if account is not None and account not in kept:
        st.info(t("settings.access_logged_in", account=plain(account)), icon=":material/person:")
        if st.button(t("settings.access_list_it"), key="settings_login_list", icon=":material/person_add:"):
            return [*kept, account]
    elif not lacks():
        st.caption(t("settings.access_try"))
        buttons("settings_login")
    elif kept:
        st.warning(lacks() or "", icon=":material/info:")
    _steps()
    return None


def _steps() -> None:
    address = "://".join(urlsplit(st.context.url or "")[:2]) or "http://127.0.0.1:8501"
    made = st.session_state.setdefault("settings_cookie_secret", secrets.token_urlsafe(32))
    for name, service in SERVICES.items():
        with st.expander(t("settings.access_steps", name=service.name), icon=":material/checklist:"):
            steps = steps_of(service, address)
            st.markdown("\n".join(f"{n}. {step[english()]}" for n, step in enumerate(steps, 1)))
            st.code(secrets_text(service, address, made), language="toml")
            st.caption(t("settings.access_steps_other", name=name))


def _auth() -> Mapping[str, Any]:
    """`[auth]` of the secrets file; empty when there is none, or no file that can be read."""
    try:
        found = st.secrets.get("auth")
    except StreamlitSecretNotFoundError:
        return {}
    return dict(found) if isinstance(found, Mapping) else {}
