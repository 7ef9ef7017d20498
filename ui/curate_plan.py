"""How many rows to read to know how many are wrong, the rate so far, and who decides."""

from typing import Any

import streamlit as st

from engine.curate.sampling import Plan, plan_review
from engine.store.open import open_store
from engine.store.settings import get_setting, set_setting
from ui import frame
from ui.curate_address import open_row
from ui.frame import t

MARGINS = (5, 8, 10, 15)
"""Points to either side."""
USUAL = 8
REVIEWER = "reviewer"
"""Setting: the name decisions are kept under."""


def plan_box(dataset: dict[str, Any]) -> None:
    """The plan, its estimate, and the way to the next row of the sample."""
    with st.expander(t("curate.plan.title"), icon=":material/query_stats:", key="curate_plan_box"):
        left, right = st.columns(2)
        margin = left.selectbox(
            t("curate.plan.margin"),
            MARGINS,
            MARGINS.index(USUAL),
            format_func=lambda points: f"±{points}",
            key="curate_margin",
        )
        with frame.reading() as db:
            plan = plan_review(db, dataset["id"], margin / 100)
            st.session_state.setdefault("curate_reviewer", get_setting(db, REVIEWER, ""))
        right.text_input(
            t("curate.plan.who"),
            key="curate_reviewer",
            max_chars=40,
            on_change=_keep_name,
            help=t("curate.plan.who_why"),
        )
        _tell(plan, margin)
        st.button(
            t("curate.plan.next", left=f"{len(plan.pending):,}"),
            key="curate_plan_next",
            icon=":material/arrow_forward:",
            disabled=not plan.pending,
            on_click=_open_next,
            args=(next(iter(plan.pending), None), margin),
        )


def _tell(plan: Plan, margin: int) -> None:
    st.write(t("curate.plan.size", rows=f"{plan.rows:,}", sample=f"{len(plan.chosen):,}", margin=margin))
    told = plan.estimate
    if told.value is None:
        st.caption(t("curate.plan.nothing"))
        return
    facts = {"n": f"{told.n:,}", "wrong": f"{told.wrong:,}", "value": f"{told.value:.1%}"}
    st.write(t("curate.plan.rate", **facts, low=f"{told.low:.1%}", high=f"{told.high:.1%}"))


def _open_next(row_id: int | None, margin: int) -> None:
    frame.name_in_address(plan=str(margin))
    open_row(row_id)


def next_planned(dataset_id: str, row_id: int) -> int | None:
    """The row of the sample to go on to after this one, where the address says that the sample is being read."""
    margin = frame.asked_number("plan")
    if margin not in MARGINS:
        return None
    with frame.reading() as db:
        pending = plan_review(db, dataset_id, margin / 100).pending
    return next((row for row in pending if row != row_id), None)


def _keep_name() -> None:
    with open_store(frame.store()) as db:
        set_setting(db, REVIEWER, st.session_state["curate_reviewer"].strip())


def reviewer() -> str | None:
    """Who decides, as they named themselves; None when nobody did."""
    with frame.reading() as db:
        return str(get_setting(db, REVIEWER, "")) or None
