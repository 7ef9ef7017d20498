"""Before a bundle is made: how big it will be where it goes, whether that place holds it, and what would do instead."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.deploy.bundle import BundleSettings
from engine.deploy.planning import Estimate, Plan, plan_bundle, plan_everywhere
from engine.deploy.targets import TARGETS
from engine.errors import UserError
from engine.hardware import room
from engine.serve.choose import Model
from ui import frame
from ui.deploy import target_name
from ui.say import plain, t, told

MARKS = {
    "yes": (":green[:material/check_circle:]", "yes"),
    "edge": (":orange[:material/warning:]", "edge"),
    "no": (":red[:material/block:]", "no"),
}
SHOWN = 3
"""Ways out that are offered."""


def show(model: Model, target: str, wanted: BundleSettings) -> bool:
    """The estimate in words; returns whether the bundle may be begun. What cannot be told is told so, and stops nothing."""
    try:
        if wanted.gpu:
            return _on_card(plan_bundle(frame.store(), model, target, gpu=True))
        plan = plan_everywhere(frame.store(), model)
    except UserError as error:
        st.caption(f":material/help: {told(error)}")
        return True
    return _on_processor(plan, target, wanted.engine)


def _on_processor(plan: Plan, target: str, engine: str) -> bool:
    found = plan.places[target][engine]
    with st.container(border=True, gap="xsmall", key="deploy_plan"):
        mark, level = MARKS[found.target]
        st.markdown(f"{mark} **{t(f'deploy.plan.{level}', target=target_name(target))}**")
        st.caption(_facts(found, target))
        _bar(found, target)
        if found.target != "yes":
            _instead(plan, target, engine)
        st.caption(t("deploy.plan.guess" if plan.certain else "deploy.plan.unsure"))
    return found.target != "no" or not plan.certain


def _on_card(plan: Mapping[str, Any]) -> bool:
    """Of a Space with a card: what it takes of it, and which is enough."""
    (found,) = plan["engines"]
    fits = found["target"] != "no"
    with st.container(border=True, gap="xsmall", key="deploy_plan"):
        mark, level = MARKS[found["target"]]
        card = plain(found["hardware"] or "")
        st.markdown(f"{mark} **{t(f'deploy.plan.card_{level}', card=card)}**")
        st.caption(t("deploy.plan.card", vram=f"{found['vram_mb']:,.0f}", size=f"{found['size_mb']:,.0f}"))
        st.caption(t("deploy.plan.card_paid"))
    return fits or not plan["certain"]


def _facts(found: Estimate, target: str) -> str:
    """Files and memory, each against the most that the place takes."""
    place = TARGETS[target]
    size = t("deploy.plan.size", mb=f"{found.size_mb:,.0f}")
    if place.size_mb is not None:
        size += t("deploy.plan.of", mb=f"{place.size_mb:,.0f}")
    memory = t("deploy.plan.memory", mb=f"{found.memory_mb:,.0f}")
    if place.memory_mb is None:
        free = room(frame.store().parent)["ram_free_gb"] * 1024**3 / 1e6
        memory += t("deploy.plan.free", mb=f"{free:,.0f}")
    elif place.sure_mb != place.memory_mb:
        memory += t("deploy.plan.between", sure=f"{place.sure_mb:,.0f}", mb=f"{place.memory_mb:,.0f}")
    else:
        memory += t("deploy.plan.of", mb=f"{place.memory_mb:,.0f}")
    return f"{size} · {memory}"


def _bar(found: Estimate, target: str) -> None:
    """How much of the memory it takes, where there is an end to it."""
    most = TARGETS[target].memory_mb
    if most:
        st.progress(min(1.0, found.memory_mb / most))


def _instead(plan: Plan, target: str, engine: str) -> None:
    """What would do, a button each; without any, a smaller model."""
    ways = plan.instead(target, engine)[:SHOWN]
    st.caption(t("deploy.plan.instead" if ways else "deploy.plan.nowhere"))
    with st.container(horizontal=True, gap="small"):
        for place, form in ways:
            label = t(f"deploy.engine.{form}") if place == target else target_name(place)
            if plan.places[place][form].target == "edge":
                label = t("deploy.plan.tight", what=label)
            st.button(
                label,
                key=f"deploy_instead_{place}_{form}",
                icon=":material/swap_horiz:",
                on_click=_take,
                args=(place, form),
            )


def _take(target: str, engine: str) -> None:
    st.session_state["deploy_target"], st.session_state["deploy_engine"] = target, engine
