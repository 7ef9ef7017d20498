"""How many more questions would make one number of an evaluation sure. It computes nothing."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.evaluate.advice import Advice, advise
from engine.evaluate.power import WIDTH
from ui import frame
from ui.frame import plain, t
from ui.leaderboard import amount, metric_label


def show(evaluation: Mapping[str, Any], names: Mapping[str, str], metric: str) -> None:
    """A line for each model; nothing for a metric that is no share of right answers."""
    with frame.reading() as db:
        found = advise(db, evaluation["id"], list(names), metric)
    if not found:
        return
    st.subheader(t("evaluate.more"), help=t("evaluate.more_help"))
    st.caption(t("evaluate.more_of", metric=plain(metric_label(metric))))
    first = plain(names[found[0].model])
    for one in found:
        st.markdown(f"- {_width(one, plain(names[one.model]))} {_difference(one, first)}".rstrip())


def _width(one: Advice, name: str) -> str:
    share, half = plain(amount(one.share, "share")), plain(f"{WIDTH:.0%}")
    missing = max(0, one.for_width - one.n)
    key = "evaluate.more_width" if missing else "evaluate.more_width_enough"
    return t(key, model=name, share=share, n=f"{one.n:,}", half=half, whole=f"{one.for_width:,}", more=f"{missing:,}")


def _difference(one: Advice, first: str) -> str:
    if one.gained is None or one.lost is None:
        return ""
    if one.for_difference is None:
        return t("evaluate.more_alike", first=first)
    missing = max(0, one.for_difference - one.n)
    key = "evaluate.more_difference" if missing else "evaluate.more_difference_enough"
    return t(key, first=first, whole=f"{one.for_difference:,}", more=f"{missing:,}")
