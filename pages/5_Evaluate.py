"""One evaluation: what got better, the answers behind every number, a blind vote or a sweep over settings; and a new one."""

import streamlit as st

from ui import evaluate, evaluate_list, evaluate_new, frame, notice, policy_sweep
from ui.evaluate_suites import UNFINISHED, look_of, views_of
from ui.frame import t

frame.page("nav.evaluate")
st.title(t("nav.evaluate"))
evaluate.at_work()
evaluation = evaluate.opened()
look = look_of(evaluation["suite"] if evaluation else None)
st.caption(t(look.caption))

if evaluation is None:
    if frame.asked("view") == "sweep":
        policy_sweep.show(None)
    else:
        evaluate.nothing_yet(look_of(evaluate.newest_recipe()).what)
        if evaluate.has_models():
            evaluate_new.show(evaluate.newest_recipe())
else:
    views = views_of(look, evaluation)
    view = evaluate.choose_view(evaluation, tuple(views))
    if view not in ("list", "new", "sweep"):
        evaluate.chooser(evaluation)
    notice.show(evaluation["recipe"], boxed=True)
    if view == "new":
        evaluate_new.show(evaluation["recipe"])
    elif view == "list":
        evaluate_list.show(evaluation["id"])
    elif evaluation["state"] != "whole" and view not in UNFINISHED:
        evaluate.unfinished(evaluation)
    else:
        views[view](evaluation)

frame.explained(*look.explained)
