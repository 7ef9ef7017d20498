"""The blind vote: two answers without names, a choice, and what all choices say once the owner wants to know."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.evaluate.power import CLEAR, votes_for, votes_left
from engine.evaluate.votes import Tally, in_chance_order, sides, tally
from engine.store.evidence import read_items
from engine.store.open import open_store
from engine.store.votes import CHOICES, Choice, add_vote, count_alike, count_votes, open_items, read_votes, undo_vote
from ui import evaluate, evaluate_charts, frame
from ui.evaluate_answers import draw_prompt
from ui.frame import plain, t
from ui.leaderboard import amount, model_names, probability
from ui.live import moment
from ui.preferences import preferences_link
from ui.words import WORDS

ICONS: dict[Choice, str] = {
    "left": ":material/arrow_back:",
    "right": ":material/arrow_forward:",
    "both": ":material/thumb_up:",
    "neither": ":material/thumb_down:",
}
LISTED = 200


def show(evaluation: Mapping[str, Any]) -> None:
    """The next item of the pair, or what the votes say."""
    models = [model["model"] for model in evaluation["models"]]
    names = model_names(models)
    st.write(t(_own("evaluate.vote_what", evaluation["recipe"])))
    if len(models) < 2:
        st.info(t("evaluate.vote_two"), icon=":material/group:")
        return
    pair = _choose_pair(models, names)
    _next(evaluation["id"], pair, t(_own("evaluate.vote_said", evaluation["recipe"])))
    _result(evaluation["id"], pair, names)
    preferences_link(evaluation["recipe"])


def _choose_pair(models: list[str], names: Mapping[str, str]) -> tuple[str, str]:
    first, second = evaluate.choose_pair(models, dict(names))
    assert second is not None
    return first, second


def _skipped(evaluation_id: str, pair: tuple[str, str]) -> list[str]:
    """Items skipped in this visit, in order."""
    found: list[str] = st.session_state.setdefault(f"evaluate_skipped_{evaluation_id}_{'_'.join(pair)}", [])
    return found


def _own(key: str, recipe: str) -> str:
    """A word as the recipe has it, where it has one of its own: what is chosen by is not the same everywhere."""
    return f"{key}.{recipe}" if f"{key}.{recipe}" in WORDS else key


def _next(evaluation_id: str, pair: tuple[str, str], asked_for: str) -> None:
    """Draw the item to decide: the one the address names, else the next open one."""
    with frame.reading() as db:
        left, alike = open_items(db, evaluation_id, *pair), count_alike(db, evaluation_id, *pair)
        done = sum(count_votes(db, evaluation_id, *pair).values())
    skipped = _skipped(evaluation_id, pair)
    waiting = in_chance_order(evaluation_id, (item for item in left if item not in set(skipped)))
    _standing(done, len(left), alike)
    asked = frame.asked("item")
    item = asked or (waiting[0] if waiting else None)
    if item is None:
        _nothing_left(skipped, left)
    else:
        _draw(evaluation_id, item, pair, asked_for, again=asked is not None and asked not in left)
    if done:
        st.button(
            t("evaluate.vote_undo"),
            icon=":material/undo:",
            key="evaluate_undo",
            type="tertiary",
            on_click=_undo,
            args=(evaluation_id, pair),
        )


def _standing(done: int, left: int, alike: int) -> None:
    if done + left:
        st.progress(done / (done + left), t("evaluate.vote_left_over", done=f"{done:,}", left=f"{left:,}"))
    if alike:
        st.caption(t("evaluate.vote_alike", n=alike))


def _nothing_left(skipped: list[str], left: list[str]) -> None:
    still = [item for item in skipped if item in left]
    if still:
        st.info(t("evaluate.vote_skipped", n=len(still)))
        st.button(t("evaluate.vote_unskip"), key="evaluate_unskip", on_click=skipped.clear)
    else:
        st.success(t("evaluate.vote_done"), icon=":material/check_circle:")


def _draw(evaluation_id: str, item: str, pair: tuple[str, str], asked_for: str, again: bool) -> None:
    with frame.reading() as db:
        found = read_items(db, evaluation_id, [item]).get(item)
    if found is None or any(model not in found["answers"] for model in pair):
        frame.gone(item)
        st.button(t("evaluate.next"), key="evaluate_vote_on", on_click=lambda: frame.name_in_address(item=None))
        return
    left, right = sides(evaluation_id, item, *pair)
    with st.container(border=True, key="evaluate_vote"):
        if again:
            st.caption(t("evaluate.vote_again"))
        draw_prompt(found["messages"])
        st.markdown(f"**{asked_for}**")
        for column, side, model in zip(st.columns(2), ("left", "right"), (left, right), strict=True):
            with column.container(border=True, height="stretch"):
                st.caption(t(f"evaluate.vote_{side}"))
                text = found["answers"][model]["answer"].strip()
                st.markdown(plain(text) or f":gray[{t('evaluate.no_answer')}]")
        _choices(evaluation_id, item, pair, again)


def _choices(evaluation_id: str, item: str, pair: tuple[str, str], again: bool) -> None:
    with st.container(horizontal=True):
        for number, choice in enumerate(CHOICES, 1):
            st.button(
                t(f"evaluate.vote_{choice}"),
                icon=ICONS[choice],
                key=f"evaluate_vote_{choice}",
                type="primary" if choice in ("left", "right") else "secondary",
                shortcut=str(number),
                on_click=_vote,
                args=(evaluation_id, item, pair, choice, again),
            )
        st.button(
            t("evaluate.vote_skip"),
            icon=":material/skip_next:",
            key="evaluate_skip",
            type="tertiary",
            on_click=_skip,
            args=(evaluation_id, item, pair),
        )
    st.caption(t("evaluate.vote_keys"))


def _vote(evaluation_id: str, item: str, pair: tuple[str, str], choice: Choice, again: bool) -> None:
    left, right = sides(evaluation_id, item, *pair)
    frame.name_in_address(item=None)
    try:
        with open_store(frame.store()) as db:
            kept = add_vote(db, evaluation_id, item, left, right, choice, again)
    except UserError as error:
        frame.explain(error)
        return
    if not kept:
        st.toast(t("evaluate.vote_already"))


def _skip(evaluation_id: str, item: str, pair: tuple[str, str]) -> None:
    frame.name_in_address(item=None)
    _skipped(evaluation_id, pair).append(item)


def _undo(evaluation_id: str, pair: tuple[str, str]) -> None:
    try:
        with open_store(frame.store()) as db:
            item = undo_vote(db, evaluation_id, *pair)
    except UserError as error:
        frame.explain(error)
        return
    if item is not None:
        frame.name_in_address(item=item)
        st.toast(t("evaluate.vote_undone"))


def _result(evaluation_id: str, pair: tuple[str, str], names: Mapping[str, str]) -> None:
    """Shown on demand only: whoever sees the score while voting votes by it."""
    st.divider()
    if not st.toggle(
        t("evaluate.vote_show"), key=f"evaluate_vote_show_{evaluation_id}_{pair[1]}", help=t("evaluate.vote_show_help")
    ):
        return
    with frame.reading() as db:
        said = tally(count_votes(db, evaluation_id, *pair))
        votes = read_votes(db, evaluation_id, *pair, limit=LISTED)
    if not said.n:
        st.info(t("evaluate.vote_none"))
        return
    for sentence in _sentences(said, names[pair[0]], names[pair[1]]):
        st.markdown(sentence)
    evaluate_charts.share(said, names[pair[1]])
    st.caption(_advice(said))
    _votes(votes, {"a": names[pair[0]], "b": names[pair[1]]})
    _command(evaluation_id, pair)


def _sentences(said: Tally, a: str, b: str) -> list[str]:
    told = [
        t(
            "evaluate.vote_counts",
            n=said.n,
            a=plain(a),
            a_n=said.a,
            b=plain(b),
            b_n=said.b,
            both=said.both,
            neither=said.neither,
        )
    ]
    if said.verdict == "none":
        return [*told, t("evaluate.vote_undecided")]
    share, low, high = (plain(amount(value, "share")) for value in (said.share, said.low, said.high))
    p = plain(probability(said.p))
    told.append(t("evaluate.vote_share", n=said.decided, b=plain(b), share=share, low=low, high=high, p=p))
    winner = {"a": a, "b": b}.get(said.verdict)
    told.append(t("evaluate.vote_better", model=plain(winner)) if winner else t("evaluate.vote_same"))
    return told


def _advice(said: Tally) -> str:
    """How many votes would tell."""
    left = votes_left(said)
    if left is None:
        return t("evaluate.vote_clear", share=f"{CLEAR:.0%}", n=votes_for(CLEAR))
    return t("evaluate.vote_needed" if left[1] else "evaluate.vote_enough", n=left[0], more=left[1])


def _votes(votes: list[dict[str, Any]], names: Mapping[str, str]) -> None:
    """The votes themselves; a click brings one back to be decided again."""
    with st.expander(t("evaluate.vote_list")):
        st.caption(t("evaluate.vote_pick"))
        others = {choice: t(f"evaluate.vote_{choice}") for choice in ("both", "neither")}
        rows = [
            {
                t("evaluate.vote_item"): vote["item"],
                t("evaluate.vote_chosen"): {**names, **others}[vote["won"]],
                t("evaluate.vote_when"): moment(vote["created_at"]),
            }
            for vote in votes
        ]
        key = f"evaluate_votes_{frame.asked('item')}_{len(votes)}"  # another item on the table: nothing is selected
        st.dataframe(rows, hide_index=True, key=key, on_select=lambda: _redo(votes, key), selection_mode="single-row")


def _redo(votes: list[dict[str, Any]], key: str) -> None:
    chosen = st.session_state[key]["selection"]["rows"]
    if chosen:
        frame.name_in_address(item=votes[chosen[0]]["item"])


def _command(evaluation_id: str, pair: tuple[str, str]) -> None:
    with st.expander(t("frame.command"), icon=":material/terminal:"):
        st.code(f"python -m engine vote {evaluation_id} --result", language="bash")
