"""Doubtful values one at a time: hide, show, or later, by button or key. What is decided does not come back."""

from typing import Any

import streamlit as st

from engine.privacy.correct import accept_value, keep_value
from engine.privacy.values import Value, next_doubtful
from engine.store.mask_values import count_doubtful
from ui import data_messages, frame
from ui.data_correct import act_button
from ui.data_values import example_lines
from ui.frame import plain, t

Source = dict[str, Any]


def review(source: Source) -> None:
    """The next value, or that there is none."""
    later: list[tuple[str, str]] = st.session_state.setdefault(f"data_later_{source['id']}", [])
    with frame.reading() as db:
        left, places = count_doubtful(db, source["id"])
        value = next_doubtful(db, source["id"], later)
    if value is not None:
        st.caption(t("masks.review_lead"))
        _card(source, value, later, t("masks.review_left", n=f"{left:,}", places=f"{places:,}"))
    elif left:
        st.info(t("masks.review_put_off", n=f"{left:,}"), icon=":material/schedule:")
        st.button(t("masks.review_again"), key="data_review_again", on_click=later.clear)
    else:
        st.success(t("masks.review_done"), icon=":material/check_circle:")


def _card(source: Source, value: Value, later: list[tuple[str, str]], left: str) -> None:
    first, *others = value.written or [value.placeholder]
    facts = t("masks.value_facts", label=t(f"data.label.{value.label}"), n=f"{value.hidden:,}",
              level=t(f"data.level.{value.level}"))  # fmt: skip
    with st.container(border=True, key="data_review", gap="small"):
        st.markdown(f":gray[:small[{left}]]")
        st.markdown(f"### {plain(first)}\n\n:gray[:small[{facts}]]")
        st.markdown(f"**{t('masks.review_ask')}**")
        _choices(source, value, later)
        if others:
            st.caption(t("masks.review_also", words=", ".join(plain(word) for word in others)))
        st.html(data_messages.STYLE)
        with st.container(key="data_review_lines", gap="xxsmall"):
            example_lines(source, value)
    st.caption(t("masks.review_keys"))


def _choices(source: Source, value: Value, later: list[tuple[str, str]]) -> None:
    """The value stands in each button's key: a second press that comes late does not decide the next one."""
    key, id_ = (value.label, value.value_key), source["id"]
    name = f"{value.label}_{value.value_key}"
    with st.container(horizontal=True, gap="small"):
        act_button("masks.review_yes", f"data_yes_{name}", lambda db: accept_value(db, *key, id_), "masks.done_accepted",
                   icon=":material/visibility_off:", type="primary", shortcut="1")  # fmt: skip
        act_button("masks.review_no", f"data_no_{name}", lambda db: keep_value(db, *key, id_), "data.done_kept_all",
                   icon=":material/visibility:", shortcut="2")  # fmt: skip
        st.button(t("masks.review_later"), key=f"data_later_{name}", icon=":material/schedule:", type="tertiary",
                  shortcut="3", on_click=later.append, args=(key,))  # fmt: skip
