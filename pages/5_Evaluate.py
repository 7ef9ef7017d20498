"""One evaluation: what got better, the answers behind every number, a blind vote or a sweep over settings; and a new one."""

import streamlit as st

from ui import (
    evaluate,
    evaluate_answers,
    evaluate_board,
    evaluate_list,
    evaluate_new,
    evaluate_votes,
    frame,
    policy,
    policy_board,
    policy_judge,
    policy_questions,
    policy_sweep,
)
from ui.frame import t

frame.page("nav.evaluate")
st.title(t("nav.evaluate"))
evaluate.at_work()
evaluation = evaluate.opened()
st.caption(t("policy.caption" if evaluation and policy.is_policy(evaluation) else "home.leaderboard_help"))

if evaluation is None:
    if frame.asked("view") == "sweep":
        policy_sweep.show(None)
    else:
        evaluate.nothing_yet()
        if evaluate.has_models():
            evaluate_new.show(evaluate.newest_recipe())
else:
    view = evaluate.choose_view(evaluation)
    if view not in ("list", "new", "sweep"):
        evaluate.chooser(evaluation)
    if view == "new":
        evaluate_new.show(evaluation["recipe"])
    elif view == "list":
        evaluate_list.show(evaluation["id"])
    elif view == "answers":
        evaluate_answers.show(evaluation)
    elif view == "sweep":
        policy_sweep.show(evaluation)
    elif evaluation["state"] != "whole":
        evaluate.unfinished(evaluation)
    elif view == "vote":
        evaluate_votes.show(evaluation)
    elif view == "questions":
        policy_questions.show(evaluation)
    elif view == "judge":
        policy_judge.show(evaluation)
    elif policy.is_policy(evaluation):
        policy_board.show(evaluation)
    else:
        evaluate_board.show(evaluation)

if evaluation is not None and policy.is_policy(evaluation):
    frame.explained("hallucination", "grounded", "refusal", "interval", "n", "p", "paired", "kappa", "base")
else:
    frame.explained("evaluation", "metric", "interval", "n", "p", "paired", "blind", "base", "verbatim", "seed")
