"""One deployment: whether it may leave, how big it is, what was found, whether it answers as the original, which data is in it."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.deploy.steps import STEPS
from ui import deploy_upload, frame
from ui.deploy import badge, state_of, target_name
from ui.leaderboard import model_name
from ui.live import moment
from ui.say import english, plain, t
from ui.words import WORDS

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
    _parity(one["parity"])
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
    verdict, parity = one["audit"]["verdict"], one["parity"]
    size, memory, audit, same = st.columns(4)
    size.metric(t("deploy.size"), f"{one['size_mb']:,.1f} MB")
    known = one["memory_mb"] is not None
    memory.metric(t("deploy.memory"), f"{one['memory_mb']:,.0f} MB" if known else t("deploy.memory_none"))
    if one["fits"] is not None:
        memory.caption(
            f":{'green' if one['fits'] else 'red'}[{t('deploy.fits' if one['fits'] else 'deploy.fits_not')}]"
        )
    audit.metric(t("deploy.verdict"), t(f"deploy.verdict.{verdict}"))
    same.metric(t("deploy.same"), _same(parity), help=t("deploy.same_help"))
    if parity and (whole := _whole(parity)):
        same.caption(t("deploy.same_whole", told=whole))


def _same(parity: Mapping[str, Any] | None) -> str:
    """Of the bundle with the chat; the last form that was asked."""
    if not parity:
        return "–"
    return f"{(parity.get('variants') or [parity])[-1]['equal']} / {parity['prompts']}"


def _whole(parity: Mapping[str, Any]) -> str | None:
    """Where the chat's 4 bits are why answers differ: how many are those of the same model without them."""
    made = (parity.get("variants") or [{}])[-1]
    merged = made.get("equal_merged")
    return f"{merged} / {parity['prompts']}" if merged is not None and merged > made["equal"] else None


def _clicks(one: Mapping[str, Any]) -> None:
    """How to bring it up; open until somebody can reach it."""
    up = any(got["url"] for got in one["handovers"])
    with st.expander(t("deploy.clicks"), icon=":material/touch_app:", expanded=not up):
        if one["folder"]:
            st.caption(t("deploy.folder"))
            st.code(one["folder"], language=None, wrap_lines=True)
        for number, step in enumerate(STEPS.get(one["target"], ((), ()))[english()], start=1):
            st.markdown(f"{number}. {step}")


def _findings(audit: Mapping[str, Any]) -> None:
    with st.expander(t("deploy.findings"), icon=":material/policy:", expanded=audit["verdict"] != "green"):
        findings(audit["findings"])


def findings(found: Sequence[Mapping[str, Any]]) -> None:
    """What an audit found, the gravest first; what is well needs no figures."""
    if not found:
        st.caption(t("deploy.findings_none"))
    for one in sorted(found, key=lambda one: GRAVEST.index(one["level"])):
        st.markdown(f"{ICONS[one['level']]} {plain(one['en' if english() else 'ko'])}")
        more = " · ".join(plain(one[name]) for name in ("where", "evidence") if one.get(name))
        if more and one["level"] != "green":
            st.caption(more)


def _parity(parity: Mapping[str, Any] | None) -> None:
    with st.expander(t("deploy.parity"), icon=":material/balance:"):
        if not parity:
            st.caption(t("deploy.parity_none"))
            return
        rows = [_variant(one, parity["prompts"]) for one in parity.get("variants", [])]
        names = ("name", "equal", "merged_equal", "place", "cause")
        st.dataframe(
            [dict(zip((t(f"deploy.parity.{name}") for name in names), row, strict=True)) for row in rows],
            hide_index=True, width="stretch",
        )  # fmt: skip


def _variant(one: Mapping[str, Any], prompts: int) -> tuple[str, str, str, str, str]:
    at = one["first_difference"]
    place = t("deploy.parity.at", prompt=at["prompt"] + 1, token=at["token"] + 1) if at else "–"
    merged = "–" if one.get("equal_merged") is None else f"{one['equal_merged']} / {prompts}"
    return (
        _or_own("deploy.parity", one["name"]), f"{one['equal']} / {prompts}", merged, place, _or_own("deploy.cause", one["cause"])
    )  # fmt: skip


def _or_own(table: str, name: str) -> str:
    return t(f"{table}.{name}") if f"{table}.{name}" in WORDS else name


def _inside(one: Mapping[str, Any]) -> None:
    with st.expander(t("deploy.inside"), icon=":material/folder_open:"):
        st.caption(t("deploy.inside_why") if one["sources"] else t("deploy.inside_none"))
        for source in one["sources"]:
            if source["name"] is None:
                st.caption(t("deploy.inside_gone", id=plain(source["id"])))
            else:
                frame.link("data", plain(source["name"]), ":material/description:", source=source["id"])
