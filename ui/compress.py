"""The page of lighter models: what the address names, how plans and variants are told in words, and the list of what was made."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import streamlit as st

from engine.compress.plan import parse_steps
from engine.errors import UserError
from engine.store.compressions import get_compression, list_compressions
from engine.store.open import open_store
from ui import frame
from ui.frame import plain, t
from ui.leaderboard import model_name
from ui.live import MARKS, moment
from ui.words import WORDS

LISTED = 20
SHORT = {
    "failed": "failed",
    "rolled_back": "failed",
    "passed": "done",
    "made": "done",
    "skipped": "cancelled",
    "waiting": "queued",
}
"""State of a step to the mark of a job that looks like it."""


def opened() -> dict[str, Any] | None:
    """The compression that the address names (?compression=, its id, its job's or `latest`); a dead link is told."""
    asked = frame.asked("compression") or frame.asked("job")
    if asked is None:
        return None
    try:
        with open_store(frame.store()) as db:
            return get_compression(db, asked)
    except UserError:
        frame.gone(asked)
        return None


def heading(compression: Mapping[str, Any]) -> None:
    """Which model is made lighter, how and when."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        frame.link("compress", t("compress.all"), ":material/arrow_back:")
        frame.link("runs", plain(model_name(compression["run_id"])), ":material/school:", run=compression["run_id"])
        st.caption(f"{plan_words(compression['steps'])} · {moment(compression['created_at'])}", width="content")


def step_words(step: Mapping[str, Any]) -> str:
    """`덜어 내기 25%(층)`; what is data in it escaped."""
    words = technique(step["technique"])
    if step["share"]:
        words += f" {step['share']:.0%}"
    how = ", ".join(plain(_by(part)) for part in (step["teacher"], step["how"]) if part)
    return f"{words} · {how}" if how and words.endswith(")") else f"{words}({how})" if how else words


def technique(name: str) -> str:
    """A technique in a word; its own name where it has none."""
    key = f"compress.technique.{name}"
    return t(key) if key in WORDS else name


def _by(name: str) -> str:
    key = f"compress.by.{name}"
    return t(key) if key in WORDS else name


def plan_words(steps: Sequence[Mapping[str, Any]]) -> str:
    """All steps in order."""
    return " → ".join(step_words(step) for step in steps)


def variant_name(variant: Mapping[str, Any]) -> str:
    """The name of a variant with its techniques in the page's language. Not escaped."""
    parts = [part.partition(" ") for part in str(variant["name"]).split(" + ")]
    return " + ".join(
        " ".join([technique(word), *(_by(piece) for piece in rest.split())]).strip() for word, _, rest in parts
    )


def _asked(plan: str) -> str:
    """A plan as it was written, in words; as it stands where it is no longer read."""
    try:
        return plan_words([asdict(step) for step in parse_steps(plan) if not step.added])
    except UserError:
        return plain(plan)


def listing() -> None:
    """What was made before, newest first."""
    with frame.reading() as db:
        found = list_compressions(db, limit=LISTED)
    if not found:
        return
    st.subheader(t("compress.list"))
    with st.container(gap="xsmall", key="compress_list"):
        for one in found:
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                st.markdown(MARKS[one["state"]], width="content")
                words = t(
                    "compress.row", when=moment(one["created_at"]), model=plain(model_name(one["run_id"])),
                    plan=_asked(one["settings"]["plan"]),
                )  # fmt: skip
                frame.link("compress", words, None, compression=one["id"])
                st.caption(t(f"job.state.{one['state']}"), width="content")
