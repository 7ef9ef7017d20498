"""A row as the model sees it, drawn: decoded text, the trained part coloured, the end token marked. Few tokenizers are kept."""

from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.models.bases import resolve_base
from engine.models.look import quick_tokenizer
from engine.models.template import Seen
from ui import frame
from ui.frame import t

LOADED = "curate_loaded"
"""Bases whose whole tokenizer the owner asked for in this session."""
TINT = "rgba(61,111,168,{strength})"
GRAY = "rgba(139,144,153,{strength})"
GREEN = "rgba(47,143,91,0.35)"


@st.cache_resource(max_entries=3, show_spinner=False)
def quick(base: str) -> Any:
    """The base's tokenizer without heavy libraries, or None."""
    return quick_tokenizer(base)


@st.cache_resource(max_entries=2, show_spinner=False)
def _whole(base: str) -> Any:
    from engine.models.loading import load_tokenizer

    return load_tokenizer(resolve_base(base))


def base_name(base: str) -> str:
    """Of a folder only its own name: a path says who and where the owner is."""
    return Path(base).name if Path(base).is_absolute() else base


def tokenizer_of(base: str) -> Any:
    """The light tokenizer where it will do; else the whole one, once the owner asks: it takes seconds. None until then."""
    if (light := quick(base)) is not None:
        return light
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


def show_seen(seen: Seen, pieces: bool) -> None:
    """Draw one row; `pieces`: its tokens, the bytes of one character together."""
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
