"""Invitations to talk to a model on this machine: who may come, for how long, how much is left today; made, renewed, revoked."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.access.invitations import TITLE, Invitation, list_invitations, make_invitation, name_page, renew, revoke
from engine.errors import UserError
from engine.jobs.deploying import close_invitations, is_unused
from engine.serve.choose import choose_model
from engine.store.deployments import bundles_with_guests
from engine.store.open import open_store
from engine.store.runs import speaking_runs
from engine.store.settings import VISITOR_TITLE, get_setting
from ui import frame
from ui.deploy import badge, target_name
from ui.invited import ADDRESS
from ui.leaderboard import model_names
from ui.live import ago, day, moment
from ui.request import is_local
from ui.say import plain, t

MADE = "deploy_invited"
"""Session key: (name, code) of what was made or renewed last; the code is nowhere else."""
TITLED = "deploy_invite_title"
COLOURS = {"open": "green", "expired": "gray", "revoked": "gray"}
RUNS = 50
BASE = "base:starter"
USUAL = {"per_day": 50, "days": 7}


def show() -> None:
    """The code just made, those who come to this machine, the form for the next, and under each bundle those who travel in it."""
    st.caption(t("invite.lead"))
    _made()
    with frame.reading() as db:
        found, bundles = {one.id: one for one in list_invitations(db)}, bundles_with_guests(db)
    inside = {id_ for bundle in bundles for id_ in bundle["invitations"]}
    here = [one for one in found.values() if one.id not in inside]
    _lines([one for one in here if one.state == "open"])
    if not any(one.state == "open" for one in here):
        st.caption(t("invite.none"))
    _form()
    _title()
    for bundle in bundles:
        _bundle(bundle, [found[id_] for id_ in bundle["invitations"] if id_ in found])
    if past := [one for one in here if one.state != "open"]:
        with st.expander(t("invite.past", n=len(past)), icon=":material/history:"):
            _lines(past)


def _title() -> None:
    """What visitors read above the talk."""
    with frame.reading() as db:
        kept = str(get_setting(db, VISITOR_TITLE, ""))
    st.text_input(
        t("invite.title"),
        kept,
        key=TITLED,
        max_chars=TITLE,
        placeholder=t("invite.title_usual"),
        on_change=frame.attempt,
        args=(_keep_title,),
    )


def _keep_title() -> None:
    with open_store(frame.store()) as db:
        name_page(db, st.session_state[TITLED])


def _lines(some: Sequence[Invitation], renewable: bool = True) -> None:
    for one in some:
        _line(one, renewable)


def _bundle(bundle: Mapping[str, Any], guests: Sequence[Invitation]) -> None:
    """Guests of one bundle: folded away, but for those who lead nowhere and are open all the same."""
    still = [one for one in guests if one.state == "open"]
    unused = is_unused(bundle)
    name = t("invite.of", target=target_name(bundle["target"]), when=moment(bundle["created_at"]), n=len(guests))
    with st.expander(name, icon=":material/inventory_2:", expanded=unused and bool(still)):
        made = bundle["deployment"]
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            if made:
                st.markdown(badge(made), width="content")
            there = {"deployment": made["id"]} if made else {"job": bundle["job_id"]}
            frame.link("deploy", t("invite.to_bundle"), ":material/arrow_forward:", **there)
        if unused and still:
            st.warning(t("invite.unused"), icon=":material/door_front:")
            st.button(
                t("invite.close", n=len(still)), key=f"deploy_close_{bundle['job_id']}", icon=":material/block:",
                on_click=frame.attempt, args=(close_invitations, frame.store(), bundle["job_id"]),
            )  # fmt: skip
        elif still:
            st.caption(t("invite.inside"))
        _lines(guests, renewable=False)


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


def _line(one: Invitation, renewable: bool) -> None:
    """renewable: a bundle that has left knows the old code only."""
    names = model_names(one.models)
    with st.container(border=True, gap="xsmall", key=f"deploy_invite_{one.id}"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(
                f"**{plain(one.name)}** :{COLOURS[one.state]}-badge[{t(f'invite.is.{one.state}')}]", width="content"
            )
            st.caption(", ".join(plain(names[model]) for model in one.models), width="content")
        st.caption(" · ".join(_facts(one, renewable)))
        if one.state != "revoked":
            with st.container(horizontal=True, gap="small"):
                if renewable:
                    st.button(
                    t("invite.renew"), key=f"deploy_renew_{one.id}", icon=":material/autorenew:", type="tertiary",
                    help=t("invite.renew_help"), on_click=_renew, args=(one.id,),
                )  # fmt: skip
                st.button(
                    t("invite.revoke"), key=f"deploy_uninvite_{one.id}", icon=":material/block:", type="tertiary",
                    help=t("invite.revoke_help"), on_click=frame.attempt, args=(_revoke, one.id),
                )  # fmt: skip


def _facts(one: Invitation, here: bool) -> list[str]:
    """How much and how long, as far as it still says something. here: they come to this machine, so that it knows who came."""
    told = [t("invite.code", hint=plain(one.hint))]
    if one.state == "open" and here:
        told.append(t("invite.left", left=one.left_today, n=one.per_day))
    told.append(t("invite.until", day=day(one.expires_at)) if one.expires_at else t("invite.no_end"))
    if not here and not one.came:
        return told
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
