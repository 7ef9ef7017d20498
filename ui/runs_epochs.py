"""The run's numbers epoch by epoch, as a table."""

import streamlit as st

from engine.train.epochs import Epoch
from ui.frame import t


def show(epochs: list[Epoch]) -> None:
    """A row per epoch; nothing for a run without epochs. A column that nothing was measured for is left out."""
    if not epochs:
        return
    columns = {
        "loss": ("runs.train_loss", "{:.3f}"),
        "eval_loss": ("runs.eval_loss", "{:.3f}"),
        "token_accuracy": ("runs.token_accuracy", "{:.1%}"),
        "eval_token_accuracy": ("runs.eval_token_accuracy", "{:.1%}"),
    }
    shown = {name: told for name, told in columns.items() if any(_value(one, name) is not None for one in epochs)}
    rows = [
        {
            t("runs.epoch"): str(one.epoch) if one.epoch else t("runs.before"),
            t("runs.step"): f"{one.step:,}",
            **{t(word): _said(_value(one, name), form) for name, (word, form) in shown.items()},
        }
        for one in epochs
    ]
    st.markdown(f"**{t('runs.epochs')}**", help=t("runs.epochs_help"))
    st.dataframe(rows, hide_index=True, width="stretch", height="content", key="runs_epochs")


def _value(one: Epoch, name: str) -> float | None:
    return {
        "loss": one.loss,
        "eval_loss": one.eval_loss,
        "token_accuracy": one.token_accuracy,
        "eval_token_accuracy": one.eval_token_accuracy,
    }[name]


def _said(value: float | None, form: str) -> str:
    return "—" if value is None else form.format(value)
