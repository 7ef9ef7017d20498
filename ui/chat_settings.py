"""How the models of a chat answer: sliders and stop phrases, kept with the chat, before it begins in the address."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from sqlite_utils import Database

from engine.errors import UserError
from engine.recipes.asking import recipe_decoding, with_settings
from engine.serve.choose import Model, named, settings_name
from engine.serve.decoding import Decoding
from engine.store.chats import keep_settings
from engine.store.open import open_store
from engine.store.talks import keep_model_settings, model_settings
from ui import frame
from ui.chat_address import FIELDS
from ui.chat_engine import engine_choice
from ui.chat_memory import memory_line
from ui.frame import t

LONGEST = 512
"""Tokens the length slider reaches to; a longer answer can be set on the command line."""


def decoding_popover(models: Sequence[str], chats: Sequence[dict[str, Any]]) -> Decoding:
    """The controls, drawn; returns what is set. Every change is kept at once, with the chat; on request with its models too."""
    recipe, usual, kept = _usual(models)
    shown = with_settings(usual, chats[0]["settings"] if chats else _from_address())
    scope, ids = (chats[0]["id"] if chats else "+".join(models)), [chat["id"] for chat in chats]
    changed = _told(shown) != _told(usual)
    with st.popover(
        t("chat.settings_changed" if changed else "chat.settings"), icon=":material/tune:", key="chat_tune"
    ):
        engine_choice(models, chats)
        st.caption(t("chat.settings_help"))
        _sliders(scope, shown, {"on_change": _keep, "args": (scope, ids, usual)})
        _for_models(models, scope, ids, shown if changed else None, recipe, usual, kept)
        memory_line()
    return shown


def _for_models(
    models: Sequence[str],
    scope: str,
    ids: Sequence[str],
    changed: Decoding | None,
    recipe: Decoding,
    usual: Decoding,
    kept: bool,
) -> None:
    """Keep what is set for these models' next chats, go back to what is kept, or forget it."""
    if kept:
        st.caption(t("chat.kept_for_model"))
    with st.container(horizontal=True):
        st.button(
            t("chat.keep_for_model"), key="chat_keep_model", icon=":material/save:", disabled=changed is None,
            help=t("chat.keep_for_model_help"), on_click=_keep_for, args=(models, changed, scope, ids, usual),
        )  # fmt: skip
        st.button(
            t("chat.usual_kept" if kept else "chat.usual"), key="chat_usual", icon=":material/restart_alt:", type="tertiary",
            disabled=changed is None, on_click=_reset, args=(scope, ids, usual),
        )  # fmt: skip
        if kept:
            st.button(
                t("chat.forget_for_model"), key="chat_forget_model", icon=":material/delete_sweep:", type="tertiary",
                on_click=_keep_for, args=(models, None, scope, ids, recipe),
            )  # fmt: skip


def _keep_for(models: Sequence[str], chosen: Decoding | None, scope: str, ids: Sequence[str], usual: Decoding) -> None:
    """With these models, or nothing with them any more; a chat that has not begun needs its address no longer."""
    try:
        with open_store(frame.store()) as db:
            for model in models:
                keep_model_settings(db, settings_name(model), _told(chosen) if chosen else None)
    except UserError as error:
        frame.explain(error)
        return
    if chosen is None:
        _reset(scope, ids, usual)
    elif not ids:
        frame.name_in_address(**dict.fromkeys(FIELDS))
    st.toast(t("chat.kept_model" if chosen else "chat.forgot_model"), icon=":material/check:")


def _told(decoding: Decoding) -> dict[str, Any]:
    return decoding.model_dump(mode="json", include=set(FIELDS))


def decoding_for(db: Database, model: Model, chosen: Decoding) -> Decoding:
    """How one of the models answers: what is set here, over what its own recipe and way say of the rest; a base has none of its own."""
    return with_settings(recipe_decoding(db, model.name), _told(chosen)) if model.run else chosen


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


def _usual(models: Sequence[str]) -> tuple[Decoding, Decoding, bool]:
    """(what the recipe says, that with what the owner keeps, whether anything is kept) of the tuned one of two, else the first; the
    defaults for a base, or when the recipe's file is gone."""
    name = next((one for one in models if named(one).run), models[0])
    try:
        with open_store(frame.store()) as db:
            recipe, kept = recipe_decoding(db, name), model_settings(db, settings_name(name))
    except UserError:
        return Decoding(), Decoding(), False
    return recipe, with_settings(recipe, kept), bool(kept)


def _from_address() -> dict[str, Any]:
    found: dict[str, Any] = {name: frame.asked(name) for name in FIELDS if frame.asked(name) is not None}
    return {**found, "stop": _phrases(found["stop"])} if "stop" in found else found


def _phrases(lines: str) -> list[str]:
    return [line for line in lines.split("\n") if line.strip()]


def _keep(scope: str, chat_ids: Sequence[str], usual: Decoding) -> None:
    """Into the store for a chat; into the address for one that has not begun: only what differs from the usual."""
    given: dict[str, Any] = {field: st.session_state[f"chat_{field}_{scope}"] for field in FIELDS}
    if chat_ids:
        chosen = with_settings(usual, {**given, "stop": _phrases(given["stop"])})
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
