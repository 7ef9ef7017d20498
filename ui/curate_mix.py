"""The mix of a dataset: shares wanted and reached, what is missing; and under which licence its sources came."""

from typing import Any

import streamlit as st

from engine.curate.mix import mix_of
from engine.store.sources import licences_of
from ui import frame
from ui.forms import words
from ui.frame import plain, t


def mix_box(dataset: dict[str, Any]) -> None:
    """Nothing for a dataset that knows of no mix."""
    with frame.reading() as db:
        mix = mix_of(db, dataset)
    if mix is None or not mix.parts:
        return
    parts = mix.parts
    percent = st.column_config.ProgressColumn(format="%.1f%%", min_value=0, max_value=100)
    rows: dict[str, list[Any]] = {
        t("mix.part"): [words(f"medical.bucket.{name}", name) for name in parts],
        t("mix.got"): [100 * part.got for part in parts.values()],
    }
    if any(part.wanted is not None for part in parts.values()):
        rows[t("mix.wanted")] = [100 * (part.wanted or 0) for part in parts.values()]
    rows |= {t("mix.rows"): [part.rows for part in parts.values()], t("mix.over"): [part.over for part in parts.values()],
             t("mix.missing"): [part.missing for part in parts.values()]}  # fmt: skip
    st.markdown(f"**{t('mix.title')}**", help=t("mix.why"))
    st.dataframe(rows, hide_index=True, column_config={t("mix.got"): percent, t("mix.wanted"): percent})
    for warning in mix.warnings:
        korean, _, english = warning.partition(" / ")
        st.caption(f":orange[:material/warning:] {plain(english if frame.english() else korean)}")


def licence_line(dataset: dict[str, Any]) -> None:
    """The licences of its sources, each once."""
    with frame.reading() as db:
        notes = dict.fromkeys(licences_of(db, dataset["sources"]).values())
    if notes:
        st.caption(f":material/gavel: {t('mix.licence', notes=plain(' · '.join(notes)))}")
