"""A row of a dataset as a base would see it, and what a sample of rows comes to. Where it is drawn: seen."""

from typing import Any

import streamlit as st

from engine.models.look import Overlook, bases_at_hand, look_over
from engine.models.template import as_model_sees
from engine.store.rows import sample_rows
from ui import frame
from ui.frame import plain, t
from ui.seen import base_name, quick, show_seen, tokenizer_of

LENGTHS = (128, 256, 512, 1024, 2048)
DEFAULT_LENGTH = 512
SAMPLE = 200
"""Rows of the strip: 0.1 s with the starter's tokenizer."""


def row_box(dataset: dict[str, Any], row: dict[str, Any], made: dict[str, Any] | None) -> None:
    """Choose a base and a length, and see the row."""
    st.subheader(t("curate.seen.title"))
    now = made if made and made["decision"] == "edit" else row
    if not now["messages"] or not now["target"].strip():
        st.caption(t("curate.seen.none"))
        return
    with frame.reading() as db:
        bases = bases_at_hand(db, dataset["recipe"])
    if not bases:
        return
    base, length = _choose(bases)
    pieces = st.toggle(t("curate.seen.pieces"), key="curate_pieces", help=t("gloss.token"))
    tokenizer = tokenizer_of(base)
    if tokenizer is not None:
        show_seen(as_model_sees(tokenizer, now["messages"], now["target"], length), pieces)


def _choose(bases: dict[str, int | None]) -> tuple[str, int]:
    left, right = st.columns(2)
    base = left.selectbox(
        t("curate.seen.base"), list(bases), format_func=base_name, key="curate_base", help=t("gloss.base")
    )
    known = bases[base] or DEFAULT_LENGTH
    lengths = sorted({*LENGTHS, known})
    key = f"curate_length_{base}"
    length = right.selectbox(t("curate.seen.length"), lengths, lengths.index(known), key=key, help=t("gloss.token"))
    return base, length


@st.cache_data(max_entries=32, show_spinner=False)
def _overlook(store: str, dataset_id: str, forgotten: int, base: str, length: int) -> Overlook | None:
    """Frozen rows never change, but `forget` can take some away."""
    tokenizer = quick(base)
    if tokenizer is None:
        return None
    with frame.reading() as db:
        return look_over(tokenizer, sample_rows(db, dataset_id, "train", SAMPLE), length)


def sample_strip(dataset: dict[str, Any]) -> None:
    """One line on a sample of training rows: how long they are, and what a run would not learn of them."""
    with frame.reading() as db:
        bases = bases_at_hand(db, dataset["recipe"])
    if not bases:
        return
    base = next(iter(bases))
    length = bases[base] or DEFAULT_LENGTH
    seen = _overlook(str(frame.store()), dataset["id"], dataset["forgotten_count"], base, length)
    if seen is None or not seen.rows:
        return
    facts = {
        "rows": f"{seen.rows:,}",
        "base": plain(base_name(base)),
        "mean": f"{seen.mean_tokens:.0f}",
        "longest": f"{seen.longest:,}",
        "length": f"{length:,}",
        "cut": f"{seen.truncated / seen.rows:.0%}",
        "untrained": f"{seen.untrained:,}",
        "endless": f"{seen.endless:,}",
    }
    bad = seen.untrained or seen.endless or seen.truncated
    st.caption(
        f"{':orange[:material/warning:]' if bad else ':green[:material/check_circle:]'} {t('curate.strip', **facts)}"
    )
