"""A row as the model sees it: decoded text, the trained part coloured, its tokens. Tokenizers are kept, few at a time."""

from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.models.bases import resolve_base
from engine.models.look import Overlook, bases_at_hand, look_over, quick_tokenizer
from engine.models.template import Seen, as_model_sees
from engine.store.rows import sample_rows
from ui import frame
from ui.frame import plain, t

LENGTHS = (128, 256, 512, 1024, 2048)
DEFAULT_LENGTH = 512
SAMPLE = 200
"""Rows of the strip: 0.1 s with the starter's tokenizer."""
LOADED = "curate_loaded"
"""Bases whose whole tokenizer the owner asked for in this session."""
TINT = "rgba(61,111,168,{strength})"
GRAY = "rgba(139,144,153,{strength})"
GREEN = "rgba(47,143,91,0.35)"


@st.cache_resource(max_entries=3, show_spinner=False)
def _quick(base: str) -> Any:
    return quick_tokenizer(base)


@st.cache_resource(max_entries=2, show_spinner=False)
def _whole(base: str) -> Any:
    from engine.models.loading import load_tokenizer

    return load_tokenizer(resolve_base(base))


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
    tokenizer = _tokenizer(base)
    if tokenizer is not None:
        _show(as_model_sees(tokenizer, now["messages"], now["target"], length), pieces)


def _choose(bases: dict[str, int | None]) -> tuple[str, int]:
    left, right = st.columns(2)
    base = left.selectbox(
        t("curate.seen.base"), list(bases), format_func=_base_name, key="curate_base", help=t("gloss.base")
    )
    known = bases[base] or DEFAULT_LENGTH
    lengths = sorted({*LENGTHS, known})
    key = f"curate_length_{base}"
    length = right.selectbox(t("curate.seen.length"), lengths, lengths.index(known), key=key, help=t("gloss.token"))
    return base, length


def _base_name(base: str) -> str:
    """Of a folder only its own name: a path says who and where the owner is."""
    return Path(base).name if Path(base).is_absolute() else base


def _tokenizer(base: str) -> Any:
    """The light tokenizer where it will do; else the whole one, once the owner asks: it takes seconds. None until then."""
    if (quick := _quick(base)) is not None:
        return quick
    if base not in st.session_state.setdefault(LOADED, []):
        st.caption(t("curate.seen.load_why"))
        st.button(t("curate.seen.load"), key="curate_load", on_click=st.session_state[LOADED].append, args=(base,))
        return None
    try:
        with st.spinner(t("curate.seen.loading")):
            return _whole(base)
    except UserError as error:
        frame.explain(error)
        return None


def _show(seen: Seen, pieces: bool) -> None:
    st.html(f'<div style="{BOX}">{seen_html(seen, pieces)}</div>')
    legend = "".join(
        f'<span style="background:{colour};padding:0 0.4em;border-radius:4px;margin-right:0.6em">{escape(name)}</span>'
        for colour, name in (
            (TINT.format(strength=0.3), t("curate.seen.trained")),
            (GRAY.format(strength=0.15), t("curate.seen.prompt")),
            (GREEN, t("curate.seen.end")),
        )
    )
    st.html(f'<div style="font-size:0.85rem">{legend}</div>')
    st.caption(t("curate.seen.tokens", tokens=f"{seen.tokens:,}", trained=f"{seen.trained_tokens:,}"))
    if seen.truncated:
        st.caption(f":orange[:material/content_cut:] {t('curate.seen.cut')}")
    if not seen.text.endswith(seen.end_token):
        st.warning(t("curate.seen.endless"), icon=":material/warning:")


BOX = (
    "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.9;padding:0.75rem 1rem;border:1px solid rgba(128,128,128,0.3);"
    "border-radius:8px;max-height:24rem;overflow-y:auto"
)


def seen_html(seen: Seen, pieces: bool) -> str:
    """The text with trained spans and the end token coloured; `pieces`: tokens in alternating strength. All text escaped."""
    end = len(seen.text) - len(seen.end_token) if seen.text.endswith(seen.end_token) else len(seen.text)
    edges = {0, end, len(seen.text), *(edge for span in seen.trained for edge in span)}
    starts = [start for start, _ in seen.pieces] if pieces else []
    cuts = sorted({edge for edge in (*edges, *starts) if 0 <= edge <= len(seen.text)})
    parts = []
    for place, (start, stop) in enumerate(pairwise(cuts)):
        trained = any(first <= start < last for first, last in seen.trained)
        strong = pieces and place % 2 == 0
        colour = GREEN if start >= end else _tint(trained, strong)
        parts.append(f'<span style="background:{colour};border-radius:3px">{escape(seen.text[start:stop])}</span>')
    return "".join(parts)


def _tint(trained: bool, strong: bool) -> str:
    if trained:
        return TINT.format(strength=0.5 if strong else 0.3)
    return GRAY.format(strength=0.3 if strong else 0.15)


@st.cache_data(max_entries=32, show_spinner=False)
def _overlook(store: str, dataset_id: str, forgotten: int, base: str, length: int) -> Overlook | None:
    """Frozen rows never change, but `forget` can take some away."""
    tokenizer = _quick(base)
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
        "base": plain(_base_name(base)),
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
