"""The questions of an evaluation: those most models got wrong, the answers behind a number, and one question's evidence."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.evaluate.policy_report import ALL, answers_behind, count_answers, worst_of
from ui import evaluate, frame, policy, policy_answer
from ui.evaluate_pager import offset_of, pager
from ui.frame import plain, t
from ui.leaderboard import model_names

PAGE = 10
LISTS = ("worst", "answers")
CORRECT = "correct"
VERDICTS = (
    "hallucinated",
    *policy.KINDS_SHOWN,
    "could_not_judge",
    "refused_wrongly",
    "refused_correctly",
    "supported",
    CORRECT,
)
"""What can be asked for: two labels, kinds, and a score."""
LABELS = ("hallucinated", "could_not_judge", "grounded")
ANSWER_SHOWN = 240
"""Letters of an answer in a list."""


def show(evaluation: Mapping[str, Any]) -> None:
    """One question (`?item=`), else a list."""
    st.html(policy.STYLE)
    models = [model["model"] for model in evaluation["models"]]
    names = model_names(models)
    asked = frame.asked("item")
    if asked and policy_answer.show(evaluation, asked, names):
        return
    if _choose_list() == "worst":
        _worst(evaluation["id"], names)
    else:
        _answers(evaluation["id"], names)


def _choose_list() -> str:
    asked = frame.asked("list")
    st.session_state["policy_list"] = asked if asked in LISTS else "worst"
    return str(
        st.segmented_control(
            t("policy.list"),
            LISTS,
            format_func=lambda name: t(f"policy.list.{name}"),
            key="policy_list",
            required=True,
            label_visibility="collapsed",
            on_change=lambda: frame.name_in_address(list=st.session_state["policy_list"], at=None),
        )
    )


def _worst(evaluation_id: str, names: Mapping[str, str]) -> None:
    """Wrong by most models first."""
    offset = offset_of()
    with frame.reading() as db:
        found, total = worst_of(db, evaluation_id, PAGE, offset)
    st.caption(t("policy.worst_n", n=f"{total:,}") + " " + t("policy.worst_help"))
    if not found:
        st.info(t("policy.worst_none" if offset == 0 else "evaluate.answers_none"), icon=":material/check_circle:")
    for one in found:
        with st.container(border=True, key=f"policy_worst_{one['item']}"):
            _question(one)
            _who(one, names)
            _open_button(one["item"], f"policy_open_{one['item']}")
    pager("policy_worst_list", offset, PAGE, total)


def _question(one: Mapping[str, Any]) -> None:
    badges = [f":gray-badge[{plain(policy.type_name(_type(one)))}]"]
    if one["gold_shown"] == 0 and one["answerable"]:
        badges.append(f":orange-badge[{t('policy.gold_missed_short')}]")
    st.markdown(f"**{plain(one['question'] or t('policy.question_gone'))}** {' '.join(badges)}")


def _type(one: Mapping[str, Any]) -> str:
    return "unanswerable" if one["answerable"] == 0 else str(one["type"])


def _who(one: Mapping[str, Any], names: Mapping[str, str]) -> None:
    told = " · ".join(plain(names.get(model, model)) for model in one["wrong"])
    said = t("policy.wrong_by", n=len(one["wrong"]), all=one["models"], who=told)
    if one["unjudged"]:
        said += " · " + t("policy.unjudged_by", n=len(one["unjudged"]))
    st.caption(said)


def _open_button(item: str, key: str) -> None:
    st.button(
        t("policy.open_item"),
        key=key,
        type="tertiary",
        icon=":material/open_in_full:",
        on_click=lambda: frame.name_in_address(item=item),
    )


def _answers(evaluation_id: str, names: Mapping[str, str]) -> None:
    """The answers behind a number, window by window."""
    types = policy.types_in(policy.lines_of(evaluation_id))
    which = _filters(names, types)
    offset = offset_of()
    with frame.reading() as db:
        found = answers_behind(db, evaluation_id, **which, limit=PAGE, offset=offset)
        total = count_answers(db, evaluation_id, **which)
    st.caption(t("policy.answers_n", n=f"{total:,}"))
    if not found:
        st.info(t("evaluate.answers_none"), icon=":material/info:")
    for place, one in enumerate(found):
        with st.container(border=True, key=f"policy_answer_{place}", gap="xxsmall"):
            _question(one)
            said = one["answer"].strip()
            shown = said[:ANSWER_SHOWN] + ("…" if len(said) > ANSWER_SHOWN else "")
            st.markdown(plain(shown) or f":gray[{t('evaluate.no_answer')}]")
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(
                    f"{policy_answer.badge(one['label'], one['kind'])} :gray[{plain(names.get(one['model'], one['model']))}]"
                )
                _open_button(one["item"], f"policy_open_{place}_{one['item']}")
    pager("policy_answers_list", offset, PAGE, total)


def _filters(names: Mapping[str, str], types: Sequence[str]) -> dict[str, Any]:
    """Three boxes that read and write the address."""
    left, middle, right = st.columns(3)
    with left:
        model = _choice("who", list(names), lambda one: names[one], "policy.any_model")
    with middle:
        verdict = _choice("verdict", VERDICTS, policy.kind_name, "policy.any_verdict")
    with right:
        type_ = _choice("type", types, policy.type_name, "policy.any_type")
    label = verdict if verdict in LABELS else None
    correct = True if verdict == CORRECT else None
    kind = None if label or correct else verdict
    return {"model": model, "label": label, "kind": kind, "type_": type_, "correct": correct}


def _choice(name: str, offered: Sequence[str], say: Any, none: str) -> str | None:
    asked = frame.asked(name)
    if name == "verdict" and asked == "undecided":
        asked = "could_not_judge"
    st.session_state[f"policy_{name}"] = asked if asked in offered else ALL
    chosen = st.selectbox(
        t(f"policy.filter.{name}"),
        [ALL, *offered],
        format_func=lambda one: t(none) if one == ALL else say(one),
        key=f"policy_{name}",
        on_change=lambda: frame.name_in_address(
            **{
                name: None if st.session_state[f"policy_{name}"] == ALL else st.session_state[f"policy_{name}"],
                "at": None,
            }
        ),
    )
    return None if chosen == ALL else str(chosen)


def open_item(item: str) -> None:
    """Show one question's evidence from now on. For callbacks."""
    evaluate.show_view("questions", item=item)
