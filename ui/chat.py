"""The chat page's frame: which chat the address names, with which model, beside which other one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.recipes.recipe import load_recipe, recipe_names
from engine.serve.choose import DEFAULT_BASE, choose_model, converted_forms, named
from engine.serve.decoding import Decoding
from engine.serve.elsewhere import from_elsewhere, place_of
from engine.store.chats import count_feedback, get_chats
from engine.store.open import open_store
from engine.store.policy_models import styles_of_runs
from engine.store.runs import get_run, speaking_runs
from ui import chat_example, chat_history, chat_settings, frame
from ui.chat_address import forget_settings, model_label, open_chat
from ui.chat_elsewhere import ask_elsewhere
from ui.frame import plain, t
from ui.preferences import preferences_link

ALONE = ""
"""The second model of a chat that is held with one model."""


@dataclass(frozen=True)
class View:
    """What the page shows: one model or two, their chats once something was said, and how they answer."""

    models: tuple[str, ...]
    chats: tuple[dict[str, Any], ...]
    labels: tuple[str, ...]
    decoding: Decoding
    tiny: bool
    """Whether one of them stands on the starter, which is a few million parameters."""
    recipes: tuple[str, ...]
    """Of the runs among them."""
    missing: tuple[UserError, ...]
    """Why a model of an old chat cannot answer any more: the chat can still be read."""
    blind: bool = False
    """Whether the two are not to be told apart: `labels` are letters."""
    alone: tuple[bool, ...] = (False,)
    """Of each: whether it answers every question by itself, and is not shown what was said before."""
    field_names: tuple[Mapping[str, tuple[str, str]], ...] = ({},)
    """Of each: what fields of its answers in JSON are called."""


def opened_view() -> View:
    """Draw what stands above the messages and in the sidebar; returns what is shown."""
    chats, runs = _opened_chats(), _tuned_runs()
    names = _names(runs, chats)
    wanted = _models(names, chats)
    told = _labels(names, runs)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key="chat_head"):
        models = _choose(wanted, names, told, chats)
        ask_elsewhere()
        decoding = chat_settings.decoding_popover(models, chats)
        if chats:
            chat_history.this_chat(chats)
    chat_history.earlier_chats(chats)
    if chats:
        models = tuple(chat["model"] for chat in chats)
    return _view(models, chats, runs, told, decoding)


def _view(
    models: tuple[str, ...],
    chats: tuple[dict[str, Any], ...],
    runs: Sequence[dict[str, Any]],
    told: Mapping[str, str],
    decoding: Decoding,
) -> View:
    """`models` by side."""
    known = {run["id"]: run for run in runs}
    spoken = [known.get(named(name).run or "") for name in models]
    blind = bool(chats[0]["blind"]) if chats else len(models) > 1 and bool(st.session_state.get("chat_blind"))
    labels = tuple(t(f"chat.side_{side}") if blind else told[name] for side, name in enumerate(models))
    bases = [
        run["base"] if run else named(name).bare.removeprefix("base:") for name, run in zip(models, spoken, strict=True)
    ]
    recipes = [load_recipe(run["recipe"]) if run and run["recipe"] in recipe_names() else None for run in spoken]
    return View(
        models, chats, labels, decoding,
        tiny=DEFAULT_BASE in bases,
        recipes=tuple(dict.fromkeys(run["recipe"] for run in spoken if run)),
        missing=_missing(chats),
        blind=blind,
        alone=tuple(bool(recipe and recipe.retrieves) for recipe in recipes),
        field_names=tuple(recipe.field_names if recipe else {} for recipe in recipes),
    )  # fmt: skip


def _labels(names: Sequence[str], runs: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Each model as an owner reads it."""
    bases = {run["id"]: run["base"] for run in runs}
    with frame.reading() as db:
        styles = styles_of_runs(db, list(bases))
    run_of = {name: named(name).run or "" for name in names}
    return {name: model_label(name, bases.get(run_of[name]), styles.get(run_of[name])) for name in names}


def _opened_chats() -> tuple[dict[str, Any], ...]:
    """The chat that the address names (?chat=), however old, and the one beside it."""
    asked = frame.asked("chat")
    if asked is None:
        return ()
    try:
        with open_store(frame.store()) as db:
            return tuple(get_chats(db, asked))
    except UserError:
        frame.gone(asked)
        return ()


def _tuned_runs() -> list[dict[str, Any]]:
    with frame.reading() as db:
        return speaking_runs(db)


def _names(runs: list[dict[str, Any]], chats: tuple[dict[str, Any], ...]) -> list[str]:
    """Every model that can be talked to: runs, the newest first, each with the lighter copies that lie ready; then bases; then those
    of the open chat, whatever they are."""
    names = [name for run in runs for name in (run["id"], *converted_forms(frame.store(), run))]
    names += [f"base:{name}" for name in (DEFAULT_BASE, *(run["base"] for run in runs))]
    names += [chat["model"] for chat in chats]
    return list(dict.fromkeys(names))


def _models(names: list[str], chats: tuple[dict[str, Any], ...]) -> list[str]:
    """Those of the open chat, of a blind one in an order that tells nothing; else what the address asks for, what was last chosen, or
    the newest run."""
    if chats:
        held = [chat["model"] for chat in chats]
        return sorted(held, key=names.index) if chats[0]["blind"] else held
    asked = [name for name in (frame.asked("model"), frame.asked("beside")) if name]
    last = [name for name in st.session_state.get("chat_last", []) if name in names]
    found = [name for name in asked if _usable(name, names)] if asked else last
    return list(dict.fromkeys(found)) or names[:1]


def _usable(name: str, names: list[str]) -> bool:
    """Whether the store has it; an address may name a base that no run used. Says why when not."""
    if name in names:
        return True
    try:
        with open_store(frame.store()) as db:
            choose_model(db, name)
    except UserError as error:
        frame.explain(error)
        return False
    names.append(name)
    return True


def _choose(
    models: list[str], names: list[str], told: dict[str, str], chats: tuple[dict[str, Any], ...]
) -> tuple[str, ...]:
    """One model, and in a popover a second one to hold beside it. Another choice while a chat is open begins a new chat."""

    def label(name: str) -> str:
        return told[name] if name else t("chat.alone")

    first, second = models[0], (models[1] if len(models) > 1 else ALONE)
    st.session_state["chat_model"], st.session_state["chat_beside"] = first, second
    st.selectbox(
        t("chat.model"),
        names,
        format_func=label,
        key="chat_model",
        help=t("chat.model_help"),
        on_change=_choice,
        width=240,
    )
    st.button(
        t("chat.new"), icon=":material/add:", key="chat_new", on_click=open_chat, args=(None,), disabled=not chats
    )
    with st.popover(
        t("chat.compare_on" if second else "chat.compare"), icon=":material/splitscreen_right:", key="chat_compare"
    ):
        st.caption(t("chat.compare_help"))
        others = [ALONE, *(name for name in names if name != first)]
        st.selectbox(t("chat.beside"), others, format_func=label, key="chat_beside", on_change=_choice)
        if second and not chats:
            st.toggle(t("chat.blind"), key="chat_blind", help=t("chat.blind_help"), persist_state="session")
    chosen = (first, second) if second else (first,)
    st.session_state["chat_last"] = list(chosen)
    return chosen


def _choice() -> None:
    """A chat belongs to its model: another choice is another chat."""
    first, second = st.session_state["chat_model"], st.session_state["chat_beside"]
    frame.name_in_address(chat=None, model=first, beside=second if second not in (ALONE, first) else None)
    forget_settings()


def _without_run(name: str) -> bool:
    """A base, or a model on a server: neither is looked up in the store."""
    return named(name).run is None


def privacy_words(view: View) -> str:
    """Where what is said here goes."""
    hosts = [place_of(name)[1] for name in view.models if from_elsewhere(name)]
    return t("elsewhere.private", host=plain(", ".join(hosts))) if hosts else t("chat.private")


def _missing(chats: tuple[dict[str, Any], ...]) -> tuple[UserError, ...]:
    """Bases are not looked for here: that is said when they are asked."""
    found = []
    for chat in chats:
        if not _without_run(chat["model"]):
            try:
                with open_store(frame.store()) as db:
                    if get_run(db, str(named(chat["model"]).run))["adapter_id"] is None:
                        choose_model(db, chat["model"])
            except UserError as error:
                found.append(error)
    return tuple(found)


def opening_words(view: View) -> None:
    """What stands on the page before anything was said, or when nothing can be said any more."""
    for error in view.missing:
        frame.explain(error)
    if view.missing:
        st.caption(t("chat.read_only"))
    elif not view.chats:
        hint = "chat.hint_blind" if view.blind else "chat.hint_two" if len(view.models) > 1 else "chat.hint"
        st.info(t(hint), icon=":material/lightbulb:")
    if not view.chats and not view.missing:
        chat_example.show(view.models)
    if view.tiny and not view.chats:
        st.caption(t("chat.tiny"))
    if not view.chats and all(model.startswith("base:") for model in view.models):
        frame.link("home", t("chat.make_mine"), ":material/arrow_forward:")


def closing_words(view: View) -> None:
    """How the answers of these models were found so far, what becomes of it, and the learning words."""
    with frame.reading() as db:
        counts = [count_feedback(db, name) for name in view.models] if view.chats and not view.blind else []
    judged = [(label, count) for label, count in zip(view.labels, counts, strict=False) if any(count.values())]
    for label, count in judged:
        st.caption(t("chat.counts", name=plain(label), **count))
    if judged:
        st.caption(t("chat.never_straight"))
        for recipe in sorted(view.recipes):
            preferences_link(recipe)
    frame.explained("base", "adapter", "token", "temperature", "top_p", "repetition_penalty")
