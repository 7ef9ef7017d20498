"""One deployment: whether it may leave, how big it is, what was found, whether it answers as the original, which data is in it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from sqlite_utils import Database

from engine.deploy.running import about_bundle
from engine.deploy.steps import steps_of
from engine.errors import UserError
from engine.store.audits import audits_of
from ui import deploy_parity, deploy_upload, frame
from ui.deploy import badge, state_of, target_name
from ui.leaderboard import model_name
from ui.live import moment
from ui.say import english, plain, t, with_commands
from ui.words import WORDS

KIND = re.compile(r"\b[A-Z][A-Z_]{2,}\b")
GRAVEST = ("red", "amber", "green")
ICONS = {
    "green": ":green[:material/check_circle:]", "amber": ":orange[:material/warning:]", "red": ":red[:material/block:]",
}  # fmt: skip


def heading(one: Mapping[str, Any]) -> None:
    """Which model, where to, when; and the way back to all."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        frame.link("deploy", t("deploy.all"), ":material/arrow_back:")
        if one["run_id"]:
            frame.link("runs", plain(model_name(one["model"])), ":material/school:", run=one["run_id"])
        st.caption(moment(one["created_at"]), width="content")
    st.markdown(f"### {t('deploy.title', target=target_name(one['target']))} {badge(one)}")


def show(one: Mapping[str, Any]) -> None:
    """What the owner must know first, the four figures, then everything behind them."""
    _standing(one)
    _figures(one)
    if state_of(one) in ("ready", "out"):
        deploy_upload.show(one)
        _clicks(one)
    _findings(one["audit"])
    deploy_parity.show(one)
    _inside(one)


def _standing(one: Mapping[str, Any]) -> None:
    """What asks for an act; nothing where all is well."""
    if one["revoked_at"]:
        st.info(t("deploy.revoked", when=moment(one["revoked_at"])), icon=":material/undo:")
    elif one["forgotten_at"]:
        st.error(t("deploy.forgotten", when=moment(one["forgotten_at"])), icon=":material/person_off:")
    elif one["override_reason"]:
        st.warning(t("deploy.overridden", reason=plain(one["override_reason"])), icon=":material/gavel:")
    elif one["audit"]["verdict"] == "red":
        st.error(t("deploy.red"), icon=":material/block:")


def _figures(one: Mapping[str, Any]) -> None:
    verdict = one["audit"]["verdict"]
    size, memory, audit, same = st.columns(4)
    size.metric(t("deploy.size"), f"{one['size_mb']:,.1f} MB")
    known = one["memory_mb"] is not None
    memory.metric(t("deploy.memory"), f"{one['memory_mb']:,.0f} MB" if known else t("deploy.memory_none"))
    if one["fits"] is not None:
        memory.caption(
            f":{'green' if one['fits'] else 'red'}[{t('deploy.fits' if one['fits'] else 'deploy.fits_not')}]"
        )
    audit.metric(t("deploy.verdict"), t(f"deploy.verdict.{verdict}"))
    with same:
        deploy_parity.metric(one["parity"])


def _clicks(one: Mapping[str, Any]) -> None:
    """How to bring it up; open until somebody can reach it."""
    up = any(got["url"] for got in one["handovers"])
    with st.expander(t("deploy.clicks"), icon=":material/touch_app:", expanded=not up):
        if one["folder"]:
            st.caption(t("deploy.folder"))
            st.code(one["folder"], language=None, wrap_lines=True)
        for number, step in enumerate(steps_of(one["target"], _hardware(one), english()), start=1):
            st.markdown(f"{number}. {step}")


def _hardware(one: Mapping[str, Any]) -> str | None:
    """The card that the bundle's Space asks for; None without one, and where the folder is gone."""
    try:
        asked = about_bundle(Path(one["folder"] or "")).get("hardware")
    except UserError:
        return None
    return str(asked) if asked else None


def _findings(audit: Mapping[str, Any]) -> None:
    with st.expander(t("deploy.findings"), icon=":material/policy:", expanded=audit["verdict"] != "green"):
        findings(audit["findings"])


def findings(found: Sequence[Mapping[str, Any]]) -> None:
    """What an audit found, the gravest first; what is well needs no figures."""
    if not found:
        st.caption(t("deploy.findings_none"))
    for one in sorted(found, key=lambda one: GRAVEST.index(one["level"])):
        st.markdown(f"{ICONS[one['level']]} {with_commands(one['en' if english() else 'ko'])}")
        more = " · ".join(plain(part) for part in (one.get("where"), _kinds(one.get("evidence") or "")) if part)
        if more and one["level"] != "green":
            st.caption(more)


def red_findings(db: Database, job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the audit found that stopped it; nothing where something else did, or nothing."""
    audits = audits_of(db, job["args"]["run"], 1) if job["state"] == "failed" else []
    stopped = audits and audits[0]["verdict"] == "red" and audits[0]["created_at"] >= job["created_at"]
    return list(audits[0]["findings"]) if stopped else []


def _kinds(evidence: str) -> str:
    """`PHONE 1` in words: kinds of personal data by their names on the Data page."""
    return KIND.sub(lambda found: t(key) if (key := f"data.label.{found[0]}") in WORDS else found[0], evidence)


def _inside(one: Mapping[str, Any]) -> None:
    with st.expander(t("deploy.inside"), icon=":material/folder_open:"):
        st.caption(t("deploy.inside_why") if one["sources"] else t("deploy.inside_none"))
        for source in one["sources"]:
            if source["name"] is None:
                st.caption(t("deploy.inside_gone", id=plain(source["id"])))
            else:
                frame.link("data", plain(source["name"]), ":material/description:", source=source["id"])
