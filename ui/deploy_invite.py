"""Invitations to talk to a model on this machine: who may come, for how long, how much is left today; made, renewed, revoked."""

import streamlit as st

from engine.access.invitations import Invitation, list_invitations, make_invitation, renew, revoke
from engine.errors import UserError
from engine.serve.choose import choose_model
from engine.store.open import open_store
from engine.store.runs import speaking_runs
from ui import frame
from ui.invited import ADDRESS
from ui.leaderboard import model_names
from ui.live import ago, day
from ui.request import is_local
from ui.say import plain, t

MADE = "deploy_invited"
"""Session key: (name, code) of what was made or renewed last; the code is nowhere else."""
COLOURS = {"open": "green", "expired": "gray", "revoked": "gray"}
RUNS = 50
BASE = "base:starter"
USUAL = {"per_day": 50, "days": 7}


def show() -> None:
    """What an invitation is, the code just made, those there are, and the form for the next."""
    st.caption(t("invite.lead"))
    _made()
    with frame.reading() as db:
        found = list_invitations(db)
    for one in found:
        _line(one)
    if not found:
        st.caption(t("invite.none"))
    _form()


def _made() -> None:
    """The code and link of the invitation that was made last, until the page is left or another is made."""
    made = st.session_state.get(MADE)
    if made is None:
        return
    name, code = made
    with st.container(border=True, key="deploy_invite_made"):
        st.success(t("invite.made", name=plain(name)), icon=":material/mail:")
        at = str(st.text_input(t("invite.at"), _here(), key="deploy_invite_at", help=t("invite.at_help"))).strip()
        st.code(f"{at.rstrip('/')}/?{ADDRESS}={code}", language=None, wrap_lines=True)
        if is_local(at.partition("://")[2].partition("/")[0]):
            st.warning(t("invite.only_here"), icon=":material/computer:")
        st.caption(t("invite.or_code"))
        st.code(code, language=None)
        st.button(t("invite.seen"), key="deploy_invite_seen", icon=":material/done:", on_click=_forget_code)


def _here() -> str:
    """The address this page was opened with, without what follows the host."""
    return "/".join((st.context.url or "http://127.0.0.1:8501").split("/")[:3])


def _forget_code() -> None:
    st.session_state.pop(MADE, None)


def _line(one: Invitation) -> None:
    names = model_names(one.models)
    with st.container(border=True, gap="xsmall", key=f"deploy_invite_{one.id}"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(
                f"**{plain(one.name)}** :{COLOURS[one.state]}-badge[{t(f'invite.is.{one.state}')}]", width="content"
            )
            st.caption(", ".join(plain(names[model]) for model in one.models), width="content")
        st.caption(" · ".join(_facts(one)))
        if one.state != "revoked":
            with st.container(horizontal=True, gap="small"):
                st.button(
                    t("invite.renew"), key=f"deploy_renew_{one.id}", icon=":material/autorenew:", type="tertiary",
                    help=t("invite.renew_help"), on_click=_renew, args=(one.id,),
                )  # fmt: skip
                st.button(
                    t("invite.revoke"), key=f"deploy_uninvite_{one.id}", icon=":material/block:", type="tertiary",
                    help=t("invite.revoke_help"), on_click=frame.attempt, args=(_revoke, one.id),
                )  # fmt: skip


def _facts(one: Invitation) -> list[str]:
    """How much and how long, as far as it still says something."""
    told = [t("invite.code", hint=plain(one.hint))]
    if one.state == "open":
        told.append(t("invite.left", left=one.left_today, n=one.per_day))
    told.append(t("invite.until", day=day(one.expires_at)) if one.expires_at else t("invite.no_end"))
    told.append(t("invite.came", n=one.came, most=one.browsers))
    told.append(t("invite.seen_at", when=ago(one.seen_at)) if one.seen_at else t("invite.never"))
    return told


def _form() -> None:
    with frame.reading() as db:
        runs = [run["id"] for run in speaking_runs(db, limit=RUNS)]
    models = [*runs, BASE]
    names = model_names(models)
    with st.form("deploy_invite", border=True):
        st.markdown(f"**{t('invite.new')}**")
        st.text_input(t("invite.name"), placeholder=t("deploy.who_hint"), key="deploy_invite_name", max_chars=64)
        st.multiselect(
            t("invite.models"), models, models[:1], format_func=lambda model: names[model], key="deploy_invite_models"
        )
        left, right = st.columns(2)
        left.number_input(t("invite.per_day"), 1, 10_000, USUAL["per_day"], key="deploy_invite_per_day")
        right.number_input(
            t("invite.days"), 0, 3650, USUAL["days"], key="deploy_invite_days", help=t("invite.days_help")
        )
        st.form_submit_button(t("invite.make"), icon=":material/mail:", type="primary", on_click=_make)


def _make() -> None:
    """In a callback: only there the name can be emptied for the next one."""
    typed = {name: st.session_state[f"deploy_invite_{name}"] for name in ("name", "models", "per_day", "days")}
    try:
        with open_store(frame.store()) as db:
            named = [choose_model(db, model).name for model in typed["models"]]
            made, code = make_invitation(
                db, typed["name"], models=named, per_day=int(typed["per_day"]), days=int(typed["days"]) or None
            )
    except UserError as error:
        frame.explain(error)
        return
    st.session_state[MADE] = (made.name, code)
    st.session_state["deploy_invite_name"] = ""


def _renew(invitation: str) -> None:
    try:
        with open_store(frame.store()) as db:
            made, code = renew(db, invitation)
    except UserError as error:
        frame.explain(error)
        return
    st.session_state[MADE] = (made.name, code)


def _revoke(invitation: str) -> None:
    with open_store(frame.store()) as db:
        revoke(db, invitation)
