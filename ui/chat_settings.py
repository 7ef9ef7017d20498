"""How the models of a chat answer: sliders and stop phrases, kept with the chat, before it begins in the address."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from pydantic import ValidationError

from engine.errors import UserError
from engine.recipes.asking import usual_settings
from engine.recipes.recipe import load_recipe
from engine.serve.decoding import Decoding
from engine.store.chats import keep_settings
from engine.store.open import open_store
from ui import frame
from ui.chat_address import FIELDS
from ui.chat_memory import memory_line
from ui.frame import t

LONGEST = 512
"""Tokens the length slider reaches to; a longer answer can be set on the command line."""


def decoding_popover(models: Sequence[str], run: dict[str, Any] | None, chats: Sequence[dict[str, Any]]) -> Decoding:
    """The controls, drawn; returns what is set. Every change is kept at once."""
    usual = _usual(run)
    shown = _checked(usual, chats[0]["settings"] if chats else _from_address())
    scope = chats[0]["id"] if chats else "+".join(models)
    changed = shown.model_dump(include=set(FIELDS)) != usual.model_dump(include=set(FIELDS))
    with st.popover(
        t("chat.settings_changed" if changed else "chat.settings"), icon=":material/tune:", key="chat_tune"
    ):
        st.caption(t("chat.settings_help"))
        keep = {"on_change": _keep, "args": (scope, [chat["id"] for chat in chats], usual)}
        _sliders(scope, shown, keep)
        st.button(
            t("chat.usual"), key="chat_usual", icon=":material/restart_alt:", type="tertiary", disabled=not changed,
            on_click=_reset, args=(scope, [chat["id"] for chat in chats], usual),
        )  # fmt: skip
        memory_line()
    return shown


def _sliders(scope: str, shown: Decoding, keep: dict[str, Any]) -> None:
    names = {field: f"chat_{field}_{scope}" for field in FIELDS}
    for field, value in _values(shown).items():
        st.session_state[names[field]] = value
    st.slider(t("chat.temperature"), 0.0, 2.0, step=0.05, key=names["temperature"], help=t("gloss.temperature"), **keep)
    st.slider(
        t("chat.penalty"),
        1.0,
        2.0,
        step=0.05,
        key=names["repetition_penalty"],
        help=t("gloss.repetition_penalty"),
        **keep,
    )
    st.slider(t("chat.top_p"), 0.05, 1.0, step=0.05, key=names["top_p"], help=t("gloss.top_p"), **keep)
    longest = max(LONGEST, st.session_state[names["max_new_tokens"]])
    st.slider(t("chat.length"), 8, longest, step=8, key=names["max_new_tokens"], help=t("chat.length_help"), **keep)
    st.text_area(t("chat.stops"), height=80, key=names["stop"], help=t("chat.stops_help"), **keep)


def _values(decoding: Decoding) -> dict[str, Any]:
    """What the widgets hold: numbers within the sliders, phrases a line each."""
    held = decoding.model_dump(include=set(FIELDS))
    return {
        **held, "top_p": max(0.05, decoding.top_p), "max_new_tokens": max(8, decoding.max_new_tokens),
        "stop": "\n".join(decoding.stop),
    }  # fmt: skip


def _usual(run: dict[str, Any] | None) -> Decoding:
    """What a sweep chose for the run, else the decoding of its recipe; the defaults for a base, or when the recipe's file is gone."""
    if run is None:
        return Decoding()
    try:
        with open_store(frame.store()) as db:
            usual = usual_settings(db, load_recipe(run["recipe"]), run)
    except UserError:
        return Decoding()
    return Decoding.model_validate({name: value for name, value in usual.items() if name != "k"})


def _checked(usual: Decoding, given: dict[str, Any]) -> Decoding:
    """`usual` changed by `given`; what cannot be (an address was typed by hand) changes nothing."""
    known = {name: value for name, value in given.items() if name in Decoding.model_fields}
    try:
        return Decoding(**{**usual.model_dump(), **known})
    except ValidationError:
        return usual


def _from_address() -> dict[str, Any]:
    found: dict[str, Any] = {name: frame.asked(name) for name in FIELDS if frame.asked(name) is not None}
    return {**found, "stop": _phrases(found["stop"])} if "stop" in found else found


def _phrases(lines: str) -> list[str]:
    return [line for line in lines.split("\n") if line.strip()]


def _keep(scope: str, chat_ids: Sequence[str], usual: Decoding) -> None:
    """Into the store for a chat; into the address for one that has not begun: only what differs from the usual."""
    given: dict[str, Any] = {field: st.session_state[f"chat_{field}_{scope}"] for field in FIELDS}
    if chat_ids:
        chosen = _checked(usual, {**given, "stop": _phrases(given["stop"])})
        try:
            with open_store(frame.store()) as db:
                keep_settings(db, chat_ids[0], chosen.model_dump(mode="json"))
        except UserError as error:
            frame.explain(error)
        return
    kept = _values(usual)
    frame.name_in_address(**{field: str(given[field]) if given[field] != kept[field] else None for field in FIELDS})


def _reset(scope: str, chat_ids: Sequence[str], usual: Decoding) -> None:
    for field, value in _values(usual).items():
        st.session_state[f"chat_{field}_{scope}"] = value
    _keep(scope, chat_ids, usual)
