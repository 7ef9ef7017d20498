"""One evaluation: what got better, the answers behind every number, a blind vote; and a new one."""

import streamlit as st

from ui import evaluate, evaluate_answers, evaluate_board, evaluate_list, evaluate_new, evaluate_votes, frame
from ui.frame import t

frame.page("nav.evaluate")
st.title(t("nav.evaluate"))
st.caption(t("home.leaderboard_help"))
evaluate.at_work()
evaluation = evaluate.opened()

if evaluation is None:
    evaluate.nothing_yet()
    if evaluate.has_models():
        evaluate_new.show()
else:
    view = evaluate.choose_view(evaluation)
    if view not in ("list", "new"):
        evaluate.chooser(evaluation)
    if view == "new":
        evaluate_new.show()
    elif view == "list":
        evaluate_list.show(evaluation["id"])
    elif view == "answers":
        evaluate_answers.show(evaluation)
    elif evaluation["state"] != "whole":
        evaluate.unfinished(evaluation)
    elif view == "vote":
        evaluate_votes.show(evaluation)
    else:
        evaluate_board.show(evaluation)

frame.explained("evaluation", "metric", "interval", "n", "p", "paired", "blind", "base", "verbatim", "seed")
