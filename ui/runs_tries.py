"""What a run tried when memory ran out: one line each, only where something was tried. It starts nothing."""

from typing import Any

import streamlit as st

from ui.frame import t
from ui.train_memory import in_words

ENDINGS = {"fits": ":green[:material/check_circle:]", "out_of_memory": ":red[:material/memory:]"}


def show_tries(tries: list[dict[str, Any]]) -> None:
    """The tries of a run in order; nothing for a run that fitted at once."""
    if not any(one["ending"] == "out_of_memory" for one in tries):
        return
    st.subheader(t("runs.tries"))
    st.caption(t("runs.tries_help"))
    for one in tries:
        icon = ENDINGS.get(one["ending"], ":blue[:material/progress_activity:]")
        what = in_words(one["settings"]) or t("runs.tries_asked")
        words = t(f"runs.tries.{one['ending'] or 'running'}", gb=f"{one['peak_gb'] or 0:.2f}")
        guess = t("runs.tries_guess", gb=f"{one['estimated_gb']:.2f}") if one["estimated_gb"] else ""
        st.markdown(f"{one['ord'] + 1}. {icon} {what} — {words}{guess}")
