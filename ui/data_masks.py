"""What is hidden in a source: by message, by value, or the doubtful ones in turn; undo and redo stand above all three."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.jobs.queue import submit
from engine.privacy.policy import mask_policy, set_mask_policy
from engine.store.mask_values import count_doubtful
from engine.store.masks import masking_job
from engine.store.open import open_store
from ui import data_address, data_correct, data_messages, data_review, data_values, frame
from ui.frame import t

Source = dict[str, Any]
PARTS: dict[str, Callable[[Source], None]] = {
    "messages": data_messages.messages,
    "values": data_values.values,
    "review": data_review.review,
}


def mask_button(source: Source, key: str, words: str = "data.mask_now") -> None:
    """Queue the masking of a source, or follow the job that is at it."""
    with frame.reading() as db:
        job = masking_job(db, source["id"])
    if job:
        label, icon = t("masks.at_work"), ":material/hourglass_top:"
        st.button(label, icon=icon, key=key, on_click=lambda: frame.name_in_address(job=job))
        return
    if st.button(t(words), type="primary", icon=":material/visibility_off:", key=key):
        try:
            frame.name_in_address(job=submit(frame.store(), "mask", {"source": source["id"]}))
        except UserError as error:
            frame.explain(error)
        else:
            st.rerun()


def masks_view(source: Source) -> None:
    """The preview with its filters, and the owner's corrections."""
    if source["masked_at"] is None or not source["mask_report"]:
        st.info(t("data.not_masked"), icon=":material/visibility:")
        return
    with frame.reading() as db:
        doubtful, _ = count_doubtful(db, source["id"])
    _summary(source["mask_report"])
    part = data_address.control("part", f"data_part_{source['id']}", list(PARTS), "messages", {"review": doubtful})
    if part == "review":  # under the card: its buttons stay where they are from one value to the next
        PARTS[part](source)
        data_correct.undo_bar(source, keys=True)
    else:
        data_correct.undo_bar(source, keys=False)
        PARTS[part](source)
    data_correct.decisions_box(source)
    _policy_box(source)
    _command(source["id"])


def _summary(report: dict[str, Any]) -> None:
    total = sum(report["counts"].values())
    st.markdown(t("data.hidden_total", n=f"{total:,}") if total else t("data.hidden_none"))
    if report.get("residual"):
        st.warning(t("data.residual", n=f"{report['residual']:,}"), icon=":material/search:")


def _policy_box(source: Source) -> None:
    """Switches of the owner's policy; masking anew applies them."""
    with st.expander(t("masks.policy"), icon=":material/tune:"):
        st.caption(t("masks.policy_lead"))
        with frame.reading() as db:
            policy = mask_policy(db).model_dump()
        for name in ("quasi", "company_lines", "crisis_lines"):
            st.toggle(t(f"masks.policy.{name}"), policy[name], key=f"data_policy_{name}", help=t(f"masks.policy.{name}_help"),
                      on_change=_set_policy, args=(name,))  # fmt: skip
        st.caption(t("masks.policy_again"))
        mask_button(source, "data_mask_again", "data.mask_again")


def _set_policy(name: str) -> None:
    try:
        with open_store(frame.store()) as db:
            set_mask_policy(db, **{name: st.session_state[f"data_policy_{name}"]})
    except UserError as error:
        frame.explain(error)


def _command(source_id: str) -> None:
    with st.expander(t("frame.command"), icon=":material/terminal:"):
        word = t("data.add_word")
        st.code(
            f"python -m engine mask {source_id} --quasi --company-lines\n"
            f'python -m engine mask {source_id} --add "{word}=PERSON"\n'
            f'python -m engine mask {source_id} --keep "[이름_3]"\n'
            f"python -m engine mask {source_id} --doubtful\n"
            f'python -m engine mask {source_id} --accept "[이름_3]"\n'
            f"python -m engine mask {source_id} --undo-last\n"
            f"python -m engine mask {source_id} --redo",
            language="bash",
        )
