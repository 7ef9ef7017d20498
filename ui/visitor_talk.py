"""A visitor's talk: words in, an answer that streams into its place, what can be done with each. It shows text as text."""

import time
import unicodedata
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine.access.visitors import Visitor, give_back, is_in
from engine.errors import UserError
from engine.recipes.asking import chat_prompt, chat_way, example_of
from engine.recipes.visiting import field_names, say, take_answer, visited
from engine.serve.backend import Backend
from engine.serve.chat import Conversation
from engine.serve.decoding import Decoding
from engine.store.open import open_store
from engine.store.visits import find_mine, my_chats
from ui.answer import Names, draw_answer
from ui.chat_clauses import draw_clauses, read_with_clauses
from ui.kept import end_if_left, keeping, wait_until_kept
from ui.line import the_line, waiting_words
from ui.say import explain, plain, t
from ui.visitor_actions import Wish, answer_actions, edit_form, question_actions, taken_wish, unanswered_action
from ui.visitor_place import Place

AVATARS = {"user": ":material/person:", "assistant": ":material/forum:"}
READ, SHOWN = 1000, 30
"""Messages that the page reaches, and those drawn at first; earlier ones on request."""
EVERY = 0.08
"""Seconds between two drawings of growing text."""
KEPT_UNSENT = 200_000
"""Characters of words that were too long to be sent, which the page holds to be shortened."""


class Ask(NamedTuple):
    """The answer to be made in this run of the page."""

    chat_id: str
    wish: Wish


@dataclass(frozen=True)
class Scene:
    """What is drawn: whose chat, and whether an answer is being made, so that what could be done with messages waits."""

    place: Place
    visitor: Visitor
    chat_id: str
    names: Names
    still: bool


def talk(place: Place, visitor: Visitor, model: str, opened: dict[str, Any] | None) -> None:
    """Draw the chat; answer what is to be answered, and draw it anew."""
    wait_until_kept()
    said = st.chat_input(t("visit.placeholder"), key="visit_said") or st.session_state.pop("visit_resent", None)
    ask = _listen(place, visitor, model, opened["id"] if opened else None, said)
    chat_id = ask.chat_id if ask else opened["id"] if opened else None
    scene, messages = _read(place, visitor, chat_id, still=ask is not None)
    if not messages:
        _draw_first(place, visitor, model)
    _draw(scene, messages if ask is None or ask.wish.seq is None else _before(messages, ask.wish.seq))
    slot = _draw_asked(ask) if ask else None
    refused = _draw_unsent()
    if visitor.left_today == 0 and not ask and not refused:
        st.info(t("visit.none_left"), icon=":material/bedtime:")
    if ask and slot:
        with st.bottom:  # below growing text it would move away under the finger
            st.button(t("visit.stop"), key="visit_stop", icon=":material/stop_circle:")
        _answer(place, visitor, ask, slot)
        st.rerun()


def _listen(place: Place, visitor: Visitor, model: str, chat_id: str | None, said: str | None) -> Ask | None:
    """What is to be answered now. Words are stored before any model is asked, and the address names the chat from then on."""
    wish = taken_wish(chat_id)
    text = cleaned(said or "")
    try:
        with open_store(place.store) as db:
            if text:
                chat_id = say(db, visitor, model, chat_id, text)
                st.query_params["chat"] = chat_id
                return Ask(chat_id, Wish(None, None))
            if wish and chat_id:
                take_answer(db, visitor)
                return Ask(chat_id, wish)
    except UserError as error:
        st.session_state["visit_troubles"] = error
        st.session_state["visit_unsent"] = text[:KEPT_UNSENT]
    return None


def cleaned(said: str) -> str:
    """Without control signs, which no keyboard sends; line breaks and tabs stay."""
    return "".join(sign for sign in said if sign in "\n\t" or unicodedata.category(sign) != "Cc").strip()


def _read(place: Place, visitor: Visitor, chat_id: str | None, *, still: bool) -> tuple[Scene, list[dict[str, Any]]]:
    """The chat as it is after listening; nothing of anybody else's."""
    with open_store(place.store) as db:
        mine = find_mine(db, visitor.id, chat_id)
        if mine is None:
            return Scene(place, visitor, "", {}, still), []
        return (
            Scene(place, visitor, mine["id"], field_names(db, mine["model"]), still),
            read_with_clauses(db, mine["id"], READ),
        )


def _draw_first(place: Place, visitor: Visitor, model: str) -> None:
    """Before anything is said: where earlier chats are, and how a model that learned one form of question wants to be asked."""
    with open_store(place.store) as db:
        earlier = bool(my_chats(db, visitor.id, 1))
        try:
            example = example_of(db, visited(db, model).run)
        except UserError:
            example = None
    st.info(t("visit.first_again" if earlier else "visit.first"), icon=":material/waving_hand:")
    if example:
        st.caption(t("chat.as_learned"))
        st.code(example, language=None, wrap_lines=True)


def _before(messages: Sequence[dict[str, Any]], seq: int) -> Sequence[dict[str, Any]]:
    return [message for message in messages if message["seq"] < seq]


def _draw(scene: Scene, messages: Sequence[dict[str, Any]]) -> None:
    """Messages in order, with a mark where the model began to read when it gave its last answer."""
    shown = st.session_state.setdefault("visit_shown", SHOWN)
    if len(messages) > shown:
        st.button(t("visit.before"), key="visit_before", icon=":material/expand_less:", type="tertiary", on_click=_more)
    began = next((one["view"].first_seq for one in reversed(messages) if one["view"]), 0)
    asked = max((one["seq"] for one in messages if one["role"] == "user"), default=None)
    for message in messages[-shown:]:
        if message["seq"] == began > 0:
            st.html(f'<p class="visit-remembered">{t("visit.remembered")}</p>')
        with _bubble(message["role"], message["seq"]):
            last = message is messages[-1]
            if message["role"] == "user":
                _draw_said(scene, message, last=last, asked=message["seq"] == asked)
            else:
                _draw_answer(scene, message, last=last)


def _bubble(role: str, place: object) -> DeltaGenerator:
    """A message's place: the visitor's own on the right, as in every messenger."""
    return st.container(key=f"visit_{role}_{place}").chat_message(role, avatar=AVATARS[role])


def _more() -> None:
    st.session_state["visit_shown"] += SHOWN


def _draw_said(scene: Scene, message: dict[str, Any], *, last: bool, asked: bool) -> None:
    """asked: whether it is the last thing that was said, which can be said otherwise."""
    if not scene.still and edit_form(scene.chat_id, message):
        return
    st.markdown(plain(message["text"].strip()))
    if scene.still:
        return
    if last:
        st.caption(t("visit.empty"))
    with st.container(horizontal=True, gap="small"):
        if last:
            unanswered_action(scene.chat_id, message)
        if asked:
            question_actions(scene.chat_id, message)


def _draw_answer(scene: Scene, message: dict[str, Any], *, last: bool) -> None:
    draw_answer(message["text"], scene.names)
    if message["ended"] != "whole":
        st.caption(t(f"visit.{message['ended']}"))
    if message["view"] and message["view"].cut:
        st.caption(f":material/content_cut: {t('visit.cut')}")
    draw_clauses(message["text"], message["clauses"])
    if message["correction"]:
        st.caption(f":material/edit_note: {t('visit.instead')}: {plain(message['correction'])}")
    if not scene.still:
        answer_actions(scene.place, scene.visitor, scene.chat_id, message, last=last)


def _draw_asked(ask: Ask) -> DeltaGenerator:
    """Words said instead, and the place for the answer that is to be made."""
    if ask.wish.text is not None:
        _bubble("user", "instead").markdown(plain(ask.wish.text))
    slot = _bubble("assistant", "new").empty()
    slot.caption(t("visit.thinking"))
    return slot


def _draw_unsent() -> bool:
    """Why the last wish was not met, if it was not; words that were not sent stay, to be shortened or sent again."""
    error = st.session_state.pop("visit_troubles", None)
    if error is not None:
        explain(error)
    if st.session_state.get("visit_unsent"):
        st.session_state.setdefault("visit_unsent_text", st.session_state["visit_unsent"])
        st.text_area(t("visit.unsent"), key="visit_unsent_text", height=160)
        with st.container(horizontal=True):
            st.button(t("visit.send"), key="visit_unsent_send", type="primary", on_click=_resend)
            st.button(t("visit.cancel"), key="visit_unsent_drop", on_click=_drop_unsent)
    return error is not None


def _resend() -> None:
    st.session_state["visit_resent"] = st.session_state["visit_unsent_text"]
    _drop_unsent()


def _drop_unsent() -> None:
    for name in ("visit_unsent", "visit_unsent_text"):
        st.session_state.pop(name, None)


def _answer(place: Place, visitor: Visitor, ask: Ask, slot: DeltaGenerator) -> None:
    """Stream one answer into its place and into the store; leaving half-way stops the model and keeps what came. An answer
    that never began is given back to the day's share."""
    came = False
    try:
        with keeping(), closing(_growing(place, visitor, ask, slot)) as texts:
            for text in texts:
                came = True
                slot.markdown(plain(text))
    except UserError as error:
        st.session_state["visit_troubles"] = error
    finally:
        if not came:
            with open_store(place.store) as db:
                give_back(db, visitor)


def _growing(place: Place, visitor: Visitor, ask: Ask, slot: DeltaGenerator) -> Generator[str, None, None]:
    """The answer as it grows; it ends when the visitor is not invited any more."""
    with open_store(place.store) as db:
        mine = find_mine(db, visitor.id, ask.chat_id)
        if mine is None or mine["model"] not in place.models:
            raise gone()
        model = visited(db, mine["model"])
        shape, way = chat_prompt(db, model.run), chat_way(db, model)

    def load() -> Backend:
        slot.caption(t("visit.loading"))
        return place.open(mine["model"])

    def waiting(position: int, ahead: str) -> None:
        _require_in(place, visitor)
        slot.caption(waiting_words(position, ahead))

    @contextmanager
    def opened() -> Iterator[list[Backend]]:
        with the_line().turn(visitor.id, place.needs(mine["model"]), load, waiting) as backend:
            slot.caption(t("visit.thinking"))
            yield [backend]

    def look() -> None:
        _require_in(place, visitor)
        end_if_left()

    decoding = Decoding(**mine["settings"])
    talked = Conversation(place.store, model, shape, decoding, mine["id"], way=way, opened=opened, look=look)
    new = talked.answer() if ask.wish.seq is None else talked.again(ask.wish.seq, ask.wish.text)
    with closing(new) as pieces:
        yield from _paced(pieces)


def _paced(pieces: Iterator[str]) -> Iterator[str]:
    text, drawn = "", 0.0
    for piece in pieces:
        text, at = text + piece, time.monotonic()
        if at - drawn >= EVERY:
            drawn = at
            yield text
    if text:
        yield text


def _require_in(place: Place, visitor: Visitor) -> None:
    """End this run of the page once the invitation is revoked: the next one asks for a code."""
    with open_store(place.store) as db:
        if not is_in(db, visitor):
            st.rerun()


def gone() -> UserError:
    """The chat, or the model it was held with, is not here any more."""
    return UserError(
        "이 대화의 모델이 이제 여기에 없습니다. 지난 말은 그대로 읽을 수 있습니다. 새 대화를 시작하세요.",
        "The model of this chat is not here any more. What was said can still be read. Begin a new chat.",
    )
