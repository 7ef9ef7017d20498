"""Which engine answers with a chat's model: all that are installed here, the fastest one marked once it was measured."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.serve.choose import ENGINES, choose_model, named, with_engine
from engine.serve.converting import usable_engines
from engine.serve.elsewhere import from_elsewhere
from engine.serve.fastest import measured_seconds
from engine.store.open import open_store
from ui import frame
from ui.frame import t


def engine_choice(models: Sequence[str], chats: Sequence[dict[str, Any]]) -> None:
    """Draw it for one model on this machine. A chat keeps the engine it began with: another choice begins a new one."""
    if len(models) != 1 or from_elsewhere(models[0]):
        return
    told = named(models[0])
    try:
        with open_store(frame.store()) as db:
            seconds = measured_seconds(db, choose_model(db, models[0]))
    except UserError:
        return  # the page says elsewhere what is wrong with the model
    best = min(seconds, key=lambda engine: seconds[engine], default=None)

    def label(engine: str) -> str:
        known = f" · {t('chat.engine_seconds', s=f'{seconds[engine]:.2f}')}" if engine in seconds else ""
        return t(f"chat.engine.{engine}") + known + (f" · {t('chat.engine_fastest')}" if engine == best else "")

    st.session_state["chat_engine"] = told.engine
    st.selectbox(
        t("chat.engine"), [engine for engine in ENGINES if engine in usable_engines() or engine == told.engine],
        format_func=label, key="chat_engine", help=t("chat.engine_help"), on_change=_choose, args=(models[0],),
    )  # fmt: skip
    if chats:
        st.caption(t("chat.engine_new"))


def _choose(name: str) -> None:
    try:
        with open_store(frame.store()) as db:
            chosen = with_engine(choose_model(db, name), st.session_state["chat_engine"])
    except UserError as error:
        frame.explain(error)
        return
    frame.name_in_address(chat=None, model=chosen.name, beside=None)
