"""The talk itself: turns as bubbles, what can be done with each, and answers that stream into their places."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import chain
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine.errors import UserError
from engine.recipes.asking import chat_prompt, chat_way
from engine.serve.backend import Backend
from engine.serve.beside import in_turn
from engine.serve.chat import Conversation, Turn, begin, hear, turns_of
from engine.serve.choose import Model, choose_model, open_model, side_by_side, weights_of
from engine.serve.elsewhere import from_elsewhere
from engine.serve.line import OWNER
from engine.store.chats import get_chats
from engine.store.open import open_store
from ui import frame
from ui.answer import draw_answer
from ui.chat import View
from ui.chat_actions import answer_actions, edit_form, pending_edit, question_actions, unanswered_action
from ui.chat_address import open_chat
from ui.chat_clauses import draw_clauses, read_with_clauses
from ui.chat_marks import draw_mark, seen_from
from ui.chat_settings import decoding_for
from ui.chat_votes import vote_bar
from ui.frame import plain, t
from ui.kept import end_if_left, keeping, wait_until_kept
from ui.line import the_line, waiting_words
from ui.resources import answer_words

AVATARS = {"user": ":material/person:", "assistant": ":material/forum:"}
TURNS = 15
"""Turns drawn at first; earlier ones on request."""
READ = 800
"""Messages of a chat that this page can reach; all of a longer one are in its export."""


@dataclass(frozen=True)
class Ask:
    """One answer to be made in this run of the page."""

    side: int
    seq: int | None = None
    """The message to be replaced with all that follows; None: the question that stands last."""
    text: str | None = None
    """What the owner says there instead."""


def listen(view: View, said: str | None) -> tuple[list[Ask], int | None]:
    """What is to be answered now, and in which turn: words just sent, or a button of the last run."""
    wish = st.session_state.pop("chat_wish", None)
    if said and said.strip():
        hear_now(view, said.strip())
        return [Ask(side) for side in range(len(view.models))], None
    if wish and view.chats and wish["chat"] == view.chats[0]["id"]:
        return [Ask(*ask) for ask in wish["asks"]], wish["turn"]
    return [], None


def hear_now(view: View, said: str) -> None:
    """Words are stored before any model is asked, and the address names the chat from then on."""
    try:
        with open_store(frame.store()) as db:
            if view.chats:
                hear(db, [chat["id"] for chat in view.chats], said)
            else:
                open_chat(begin(db, view.models, said, view.decoding, view.blind)[0])
    except UserError as error:
        frame.explain(error)
        st.chat_message("user", avatar=AVATARS["user"]).markdown(plain(said))  # not stored: here to be copied
        st.stop()


def chats_now() -> list[dict[str, Any]]:
    """The chats as they are after listening; none while nothing was said."""
    asked = frame.asked("chat")
    if asked is None:
        return []
    try:
        with open_store(frame.store()) as db:
            return get_chats(db, asked)
    except UserError:
        return []


def talk(view: View, said: str | None) -> None:
    """Draw the chat; answer what is to be answered, and draw it anew."""
    wait_until_kept()
    asks, turn = listen(view, said)
    chats = chats_now()
    with frame.reading() as db:
        turns = turns_of([read_with_clauses(db, chat["id"], READ) for chat in chats])
    at = len(turns) - 1 if turn is None else min(turn, len(turns) - 1)
    slots = _draw_turns(view, chats, turns, asks, at)
    _draw_troubles()
    if asks and slots:
        with st.bottom:  # below growing text it would move away under the finger
            st.button(t("chat.stop"), key="chat_stop", icon=":material/stop_circle:", help=t("chat.stop_help"))
        with keeping():
            _answer_all(view, chats, asks, slots)
        st.rerun()


def _draw_turns(
    view: View, chats: Sequence[dict[str, Any]], turns: Sequence[Turn], asks: Sequence[Ask], at: int
) -> dict[int, DeltaGenerator]:
    """Turns in order; places for the answers to be made, by side, in turn `at`, after which nothing is drawn."""
    shown = st.session_state.setdefault("chat_turns", TURNS)
    first = max(0, len(turns) - shown)
    if first and not asks:
        st.button(
            t("chat.before"), key="chat_before", icon=":material/expand_less:", type="tertiary", on_click=_show_more
        )
    begins = seen_from(turns)
    for index in range(first, at if asks else len(turns)):
        draw_mark(view, turns[index], begins)
        _draw_turn(view, chats, turns[index], index, last=index == len(turns) - 1, still=bool(asks))
        if len(chats) > 1 and not asks:
            vote_bar(view, chats[0]["id"], turns[index])
    if not asks or not turns:
        return {}
    return _draw_asked(view, turns[at], asks)


def _show_more() -> None:
    st.session_state["chat_turns"] += TURNS


def _draw_turn(view: View, chats: Sequence[dict[str, Any]], turn: Turn, index: int, *, last: bool, still: bool) -> None:
    """`still`: an answer is being made, and what could be done with this turn waits."""
    ids = [chat["id"] for chat in chats]
    if turn.alike:
        _draw_question(ids, turn, index, range(len(ids)), still)
    for side, column in enumerate(_columns(len(ids))):
        with column:
            if not turn.alike:
                _draw_question(ids, turn, index, [side], still)
            for message in turn.sides[side]:
                if message["role"] == "assistant":
                    with _draw_answer(view, side, message):
                        if not still:
                            answer_actions(ids, side, index, message, again=last and not view.missing)
                        if last and message["cost"] and not view.blind:
                            st.caption(answer_words(message["cost"], here=not from_elsewhere(view.models[side])))
            if turn.sides[side] and turn.sides[side][-1]["role"] == "user" and not still:
                st.caption(t("chat.empty"))
                if last and not view.missing:
                    unanswered_action(ids, side, index)


def _columns(count: int) -> Sequence[DeltaGenerator]:
    return st.columns(count) if count > 1 else [st.container()]


def _draw_question(ids: Sequence[str], turn: Turn, index: int, sides: Sequence[int], still: bool) -> None:
    asked = {side: turn.sides[side][0] for side in sides if turn.sides[side] and turn.sides[side][0]["role"] == "user"}
    if not asked:
        return
    text = next(iter(asked.values()))["text"]
    with st.chat_message("user", avatar=AVATARS["user"]):
        edited = pending_edit(ids[0], index)
        if edited is not None and not still:
            edit_form(ids[0], index, {side: message["seq"] for side, message in asked.items()}, text)
            return
        st.markdown(plain(text.strip()))
        if not still:
            question_actions(ids[0], index, next(iter(asked)))


def _draw_answer(view: View, side: int, message: dict[str, Any]) -> DeltaGenerator:
    bubble = _bubble(view, side)
    with bubble:
        draw_answer(message["text"], view.field_names[side])
        if message["ended"] != "whole":
            st.caption(t(f"chat.{message['ended']}"))
        if message["view"] and message["view"].cut:
            st.caption(f":orange[:material/content_cut:] {t('chat.cut')}")
        draw_clauses(message["text"], message["clauses"])
    if message["correction"]:
        bubble.caption(f":material/edit_note: {t('chat.instead')}: {plain(message['correction'])}")
    return bubble


def _bubble(view: View, side: int) -> DeltaGenerator:
    bubble = st.chat_message("assistant", avatar=AVATARS["assistant"])
    if len(view.models) > 1:
        letter = "" if view.blind else f"{t(f'chat.side_{side}')} · "
        bubble.caption(letter + plain(view.labels[side]))
    return bubble


def _draw_asked(view: View, turn: Turn, asks: Sequence[Ask]) -> dict[int, DeltaGenerator]:
    """The question that is being answered, answers that stay, and an empty place for each that comes."""
    edited = next((ask.text for ask in asks if ask.text is not None), None)
    text = edited or next((side[0]["text"] for side in turn.sides if side), "")
    st.chat_message("user", avatar=AVATARS["user"]).markdown(plain(text.strip()))
    places: dict[int, DeltaGenerator] = {}
    for side, column in enumerate(_columns(len(turn.sides))):
        with column:
            if side in {ask.side for ask in asks}:
                places[side] = _bubble(view, side).empty()
                places[side].caption(t("chat.waiting"))
            else:
                for message in turn.sides[side][1:]:
                    _draw_answer(view, side, message)
    return places


def _draw_troubles() -> None:
    """Why an answer of the run before could not be made."""
    for error in st.session_state.pop("chat_troubles", []):
        frame.explain(error)


def _answer_all(
    view: View, chats: Sequence[dict[str, Any]], asks: Sequence[Ask], slots: dict[int, DeltaGenerator]
) -> None:
    """One after the other: two models at once may not fit. What cannot be answered is told, and the other side goes on. What is told
    without a model, as in an emergency, waits for no side."""
    troubles: list[UserError] = []
    try:
        models = _chosen([chat["model"] for chat in chats])
    except UserError as error:
        st.session_state["chat_troubles"] = [error]
        return
    waiting: list[tuple[Ask, Conversation]] = []
    for ask in asks if view.blind else sorted(asks, key=lambda ask: not _holds(models[ask.side])):
        try:
            talked = _conversation(view, chats[ask.side]["id"], models, ask, slots[ask.side])
            if talked.needs_model(ask.seq, ask.text):
                waiting.append((ask, talked))
            else:
                _answer(talked, ask, slots[ask.side])
        except UserError as error:
            troubles.append(error)
    for ask, talked in waiting:
        try:
            _answer(talked, ask, slots[ask.side])
        except UserError as error:
            troubles.append(error)
    st.session_state["chat_troubles"] = troubles
    if not troubles:
        st.session_state.pop("chat_editing", None)


def _holds(model: Model) -> bool:
    """Whether it can answer without loading."""
    return the_line().holds(weights_of(frame.store(), model))


def _chosen(names: Sequence[str]) -> list[Model]:
    with open_store(frame.store()) as db:
        return side_by_side([choose_model(db, name) for name in names])


def _conversation(view: View, chat_id: str, models: Sequence[Model], ask: Ask, slot: DeltaGenerator) -> Conversation:
    """The chat with its model, which is waited for and loaded only when it is asked."""
    path, model = frame.store(), models[ask.side]
    if model.others:
        raise together_refused(model.name)
    with open_store(path) as db:
        shape, way = chat_prompt(db, model.run), chat_way(db, model)
        decoding = decoding_for(db, model, view.decoding)

    def load(one: Model) -> Backend:
        with (
            slot.container(),
            nullcontext() if view.blind else st.spinner(t("chat.loading")),
        ):  # it would tell which lay ready
            return open_model(path, one)

    def waiting(position: int, ahead: str) -> None:
        # also where a tab that was closed, or a click on Stop, ends the waiting
        slot.caption(waiting_words(position, ahead))

    @contextmanager
    def opened() -> Iterator[list[Backend]]:
        with in_turn(the_line(), OWNER, path, models, model, load, waiting) as backend:
            slot.caption(t("chat.thinking"))
            yield [backend]

    return Conversation(path, model, shape, decoding, chat_id, way=way, opened=opened, look=end_if_left)


def _answer(conversation: Conversation, ask: Ask, slot: DeltaGenerator) -> None:
    """Stream one answer into its place and into the store; leaving half-way stops the model and keeps what came."""
    new = conversation.answer() if ask.seq is None else conversation.again(ask.seq, ask.text)
    with closing(new) as pieces:
        if first := next(pieces, ""):
            slot.container().write_stream(plain(piece) for piece in chain([first], pieces))


def together_refused(name: str) -> UserError:
    """One model is in memory at a time here."""
    return UserError(
        f"여럿이 함께 답하는 모델({name})과는 여기서 이야기할 수 없습니다. 여기서는 모델을 한 번에 하나만 올립니다. `python -m engine chat '{name}'`로 "
        "이야기하거나 모델을 하나 고르세요.",
        f"Models that answer together ({name}) cannot be talked to here: one model is held in memory at a time. Use `python -m engine chat "
        f"'{name}'`, or choose one model.",
    )
