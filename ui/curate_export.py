"""A data set as a file for other training programs. What leaves is looked through first, as on the command line."""

import streamlit as st

from engine.curate.exchange import FORMS
from engine.curate.exchange_files import packed_dataset
from engine.store.rows import SPLITS
from ui import frame
from ui.deploy_export import attempted, reason, told_reason
from ui.say import english, plain, t

REASON = "curate_export_reason"
"""Key of the field for a reason."""
MADE = "curate_exported"
"""Session key: {(dataset, form): (bytes of the zip, rows, what to know)} of the last one made in this visit."""


def box(dataset: dict[str, str]) -> None:
    """Choose a shape, make the file, take it. Nothing is read before the button is pressed."""
    with st.expander(t("rows.title"), icon=":material/output:", key="curate_export"):
        form = st.radio(
            t("rows.form"), FORMS, format_func=lambda name: t(f"rows.form.{name}"), key="curate_export_form",
            captions=[t(f"rows.about.{name}") for name in FORMS],
        )  # fmt: skip
        place = st.container()
        if st.button(t("rows.make"), icon=":material/output:", key="curate_export_make"):
            _make(dataset["id"], form, st.session_state.get(REASON))
        with place:
            reason(REASON)
        made = st.session_state.get(MADE, {}).get((dataset["id"], form))
        if made:
            content, rows, warnings = made
            st.caption(t("rows.done", n=f"{rows:,}"))
            for line in warnings:
                st.caption(f":material/info: {plain(line.split(' / ')[english()])}")
            name = f"{dataset['id']}-{form}.zip"
            st.download_button(
                t("rows.take", name=plain(name), mb=f"{len(content) / 1e6:,.1f}"), content, file_name=name, mime="application/zip",
                key="curate_export_take", icon=":material/download:", on_click="ignore",
            )  # fmt: skip
        with st.expander(t("frame.command"), icon=":material/terminal:"):
            st.code(f"python -m engine dataset export {dataset['id']} --as {form} --out rows", language="bash")


def _make(dataset_id: str, form: str, allowed: str | None) -> None:
    st.session_state.pop(MADE, None)
    with st.spinner(t("rows.looking")), frame.reading() as db:
        made = attempted(REASON, packed_dataset, db, dataset_id, form, SPLITS, told_reason(allowed))
    if made is not None:
        content, written = made
        st.session_state[MADE] = {(dataset_id, form): (content, written.rows, written.warnings)}
