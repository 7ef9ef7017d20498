"""Whether a bundle answers as the model did, in words for somebody who wants to know whether to worry; and one difference side by side."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.deploy.parity import prompts_of
from engine.errors import UserError
from engine.serve.choose import choose_model
from engine.serve.parity import first_difference
from engine.store.datasets import get_dataset
from ui import frame
from ui.say import plain, t
from ui.words import WORDS

SERIOUS = ("template", "end_token", "sampling")
"""Causes that are mistakes of the bundle; fewer bits for a number is none."""
LONGEST = 300
"""Letters of an answer that are shown."""
MARKS = {
    "same": ":green[:material/check_circle:]",
    "usual": ":blue[:material/info:]",
    "look": ":orange[:material/warning:]",
}


def metric(parity: Mapping[str, Any] | None) -> None:
    """How many answers are equal, and whether that is well."""
    st.metric(t("deploy.same"), _counted(parity), help=t("deploy.same_help"))
    if parity:
        kind = standing(parity)
        st.caption(f"{MARKS[kind]} {t(f'deploy.same.{kind}')}")


def standing(parity: Mapping[str, Any]) -> str:
    """`same`; `usual` where only fewer bits per number part the answers; `look` where something else does."""
    made = _made(parity)
    if made["equal"] == parity["prompts"] or made.get("equal_merged") == parity["prompts"]:
        return "same"
    return "look" if any(cause in SERIOUS for cause in (made["cause"], *made.get("causes", ()))) else "usual"


def show(one: Mapping[str, Any]) -> None:
    """What the number means, when to worry, a difference side by side, and everything in a table."""
    parity = one["parity"]
    with st.expander(t("deploy.parity"), icon=":material/balance:"):
        if not parity:
            st.caption(t("deploy.parity_none"))
            return
        kind = standing(parity)
        st.markdown(f"{MARKS[kind]} {t(f'deploy.parity.is_{kind}', n=_equal(parity), of=parity['prompts'])}")
        if _by_chat(parity):
            st.markdown(t("deploy.parity.four_bits", n=_made(parity)["equal"], of=parity["prompts"]))
        st.caption(t("deploy.parity.worry"))
        _beside(one, parity)
        _try(one)
        _table(parity)


def _made(parity: Mapping[str, Any]) -> Mapping[str, Any]:
    """The bundle, which is asked last; old ones have it all in one."""
    found: Mapping[str, Any] = (parity.get("variants") or [{"cause": "none", **parity}])[-1]
    return found


def _by_chat(parity: Mapping[str, Any]) -> bool:
    """Whether the chat's 4 bits, and not the bundle's, are what parts most of them."""
    return bool((_made(parity).get("equal_merged") or 0) > _made(parity)["equal"])


def _counted(parity: Mapping[str, Any] | None) -> str:
    """Equal answers of all: to the merged model's, from which the bundle is made, where the chat answers from fewer bits."""
    if not parity:
        return "–"
    return f"{_equal(parity)} / {parity['prompts']}"


def _equal(parity: Mapping[str, Any]) -> int:
    made = _made(parity)
    return int(made["equal_merged"] if _by_chat(parity) else made["equal"])


def _beside(one: Mapping[str, Any], parity: Mapping[str, Any]) -> None:
    """The difference that comes first, the question above it."""
    answers, first = _made(parity).get("answers", []), _made(parity)["first_difference"]
    told = next((answer for answer in answers if first and answer["prompt"] == first["prompt"]), None)
    if told is None:
        return
    with st.container(border=True, key="deploy_beside", gap="small"):
        if asked := _asked(one, parity, told["prompt"]):
            st.caption(t("deploy.parity.asked", text=plain(_short(asked))))
        alike = first_difference(list(map(ord, told["chat"])), list(map(ord, told["made"])))
        left, right = st.columns(2)
        for side, name in ((left, "chat"), (right, "made")):
            side.caption(t(f"deploy.parity.side_{name}"))
            side.markdown(_told(told[name], alike))


def _told(text: str, alike: int | None) -> str:
    """An answer, what both sides say grey."""
    same, other = text[:alike], text[alike:LONGEST]
    grey = f":gray[{plain(same)}]" if same.strip() else ""
    return f"{grey}{plain(other)}" or "–"


def _asked(one: Mapping[str, Any], parity: Mapping[str, Any], place: int) -> str:
    """The last words of the question; nothing where rows were forgotten since, or the run went."""
    try:
        with frame.reading() as db:
            model = choose_model(db, one["run_id"] or "")
            if (
                model.run is None
                or not model.run["dataset_id"]
                or get_dataset(db, model.run["dataset_id"])["forgotten_count"]
            ):
                return ""
            asked = prompts_of(db, model, parity["prompts"])
    except UserError:
        return ""
    return str(asked[place][-1]["content"]) if place < len(asked) else ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _try(one: Mapping[str, Any]) -> None:
    """The way to what guests will get: the same form of the model in the owner's own chat."""
    if one["run_id"]:
        form = one["run_id"] if one["engine"] == "transformers" else f"{one['engine']}:{one['run_id']}"
        frame.link("chat", t("deploy.parity.try"), ":material/chat:", model=form)


def _table(parity: Mapping[str, Any]) -> None:
    names = ("name", "equal", "merged_equal", "place", "cause")
    rows = [_variant(one, parity["prompts"]) for one in parity.get("variants", [])]
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
