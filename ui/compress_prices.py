"""What 1,000 answers cost here and at an API, by prices that the owner enters."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.compress.costs import NAMES, api_cost, local_cost, running_prices, set_prices
from engine.store.open import open_store
from ui import frame
from ui.evaluate_size import number
from ui.frame import t

MOST = 1e8


def show(report: Mapping[str, Any]) -> None:
    """The prices and what they make of the answers measured."""
    st.subheader(t("compress.prices"))
    with frame.reading() as db:
        prices = running_prices(db)
    tokens = report["cost"]
    for column, name in zip(st.columns(len(NAMES)), NAMES, strict=True):
        known = prices[name]
        column.number_input(
            t(f"compress.price.{name}"), 0.0, MOST, value=None if known is None else float(known), key=f"compress_price_{name}",
            on_change=_keep, args=(name,),
        )  # fmt: skip
    first, best = report["variants"][0], next(one for one in report["variants"] if one["name"] == report["best"])
    told = {
        "original": local_cost(first["answer_s"], prices),
        "best": local_cost(best["answer_s"], prices),
        "api": api_cost(tokens["tokens_in"], tokens["tokens_out"], prices),
    }
    for column, (name, cost) in zip(st.columns(len(told)), told.items(), strict=True):
        column.metric(
            t(f"compress.cost_{name}"), number(cost, 1), help=t("compress.cost_none") if cost is None else None
        )
    st.caption(
        t("compress.prices_help", tokens_in=f"{tokens['tokens_in']:,.0f}", tokens_out=f"{tokens['tokens_out']:,.0f}")
    )


def _keep(name: str) -> None:
    with open_store(frame.store()) as db:
        set_prices(db, **{name: st.session_state[f"compress_price_{name}"]})
