"""Which rows and which answers mention a term, each with the way there."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.store.term_places import LOOKED_AT, answers_with, rows_with
from engine.terms.model import names_of
from ui import frame
from ui.frame import plain, t
from ui.terms import Shown

SHOWN = 8
"""Mentions listed of each kind."""
READ = 60
"""Rows with a name's letters that are read to find those with the name as a word."""
NAMES = 12
"""Names of a term that are looked for."""
AROUND = 40
"""Letters beside a mention that are shown."""


def places(shown: Shown, id_: str) -> None:
    """Rows and answers that mention the term."""
    names = [name for name, _ in names_of(shown.terms.by_id[id_])][:NAMES]
    with frame.reading() as db:
        rows = _mentioning(shown, id_, rows_with(db, names, READ))
        answers = _mentioning(shown, id_, answers_with(db, names, READ))
    st.subheader(t("terms.places"))
    if not rows and not answers:
        st.caption(t("terms.nowhere", n=f"{LOOKED_AT:,}"))
        return
    if rows:
        st.markdown(f"**{t('terms.in_rows')}**")
        for row, said in rows:
            number = str(row["row_id"])
            frame.link(
                "curate",
                f"{row['dataset_id']} · {number}",
                icon=":material/rule:",
                dataset=row["dataset_id"],
                row=number,
            )
            st.caption(said)
    if answers:
        st.markdown(f"**{t('terms.in_answers')}**")
        for one, said in answers:
            frame.link(
                "evaluate", f"{one['evaluation_id']} · {plain(one['model'])}", icon=":material/leaderboard:",
                evaluation=one["evaluation_id"], view="answers", item=one["item"],
            )  # fmt: skip
            st.caption(said)


def _mentioning(shown: Shown, id_: str, found: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    """Those in which the name stands as a word, with what stands around it."""
    kept: list[tuple[dict[str, Any], str]] = []
    for one in found:
        text = one["text"]
        mention = next((m for m in shown.terms.link(text) if id_ in (m.term_id, *m.candidates)), None)
        if mention:
            before, after = (
                text[max(0, mention.start - AROUND) : mention.start],
                text[mention.end : mention.end + AROUND],
            )
            said = f"… {_line(before)}**{_line(mention.surface)}**{_line(after)} …"
            kept.append((one, said))
        if len(kept) == SHOWN:
            break
    return kept


def _line(text: str) -> str:
    return plain(text.replace("\n", " "))
