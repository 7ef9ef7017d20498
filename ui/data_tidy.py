"""Normalising before and after: which steps, in which order, how many messages each changes. Saved for the next dataset."""

from typing import Any

import streamlit as st

from engine.curate.tidy import Change, Sample, look_over, pieces, read_sample
from engine.errors import UserError
from engine.korean.normalise import LIGHT, STEPS, Step
from engine.store.open import open_store
from engine.store.settings import get_setting, set_setting
from ui import frame
from ui.data_messages import STYLE, column_heads
from ui.frame import plain, t

SETTING = "normalise"
"""The owner's steps, as names in order; absent: the light default."""
PAGE = 10


def chosen_steps() -> tuple[Step, ...]:
    """The steps that the owner switched on, in order."""
    with frame.reading() as db:
        names = get_setting(db, SETTING, list(LIGHT))
    return tuple(step for name in names for step in STEPS if step == name)


@st.cache_data(max_entries=8, show_spinner=False)
def _sample(store: str, source_id: str, masked_at: str | None, records: int) -> Sample:
    """Read once per masking: a switch then changes what is shown at once."""
    source = {"id": source_id, "masked_at": masked_at, "record_count": records}
    with frame.reading() as db:
        return read_sample(db, source)


def tidy_view(source: dict[str, Any]) -> None:
    """Steps with their counts, then messages before and after."""
    st.caption(t("tidy.lead"))
    steps = chosen_steps()
    with st.spinner(t("tidy.counting")):
        sample = _sample(str(frame.store()), source["id"], source["masked_at"], source["record_count"])
    changed, changes = look_over(sample, steps)
    read, total = len(sample.texts), source["record_count"]
    share = f"{changed / read:.1%}" if read else "0%"
    facts = {"read": f"{read:,}", "total": f"{total:,}", "n": f"{changed:,}", "share": share}
    st.markdown(t("tidy.whole" if sample.whole else "tidy.sample", **facts))
    _steps(steps, sample.counts)
    _examples(sample, changes)
    with st.expander(t("frame.command")):
        st.code(
            f"python -m engine dataset build --recipe persona --source {source['id']} --set normalise={as_words(steps)}",
            language="bash",
        )


def as_words(steps: tuple[Step, ...]) -> str:
    """The steps as the command line takes them."""
    return ",".join(steps) or "off"


def _steps(steps: tuple[Step, ...], counts: dict[Step, int]) -> None:
    st.html(STYLE)
    with st.container(border=True, key="tidy_steps", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{t('tidy.steps')}**", width="content")
            st.button(t("tidy.light"), key="tidy_light", type="tertiary", on_click=_save, args=(LIGHT,), disabled=steps == LIGHT)  # fmt: skip
            st.button(t("tidy.off"), key="tidy_off", type="tertiary", on_click=_save, args=((),), disabled=not steps)
        for step in (*steps, *(step for step in STEPS if step not in steps)):
            _step(step, steps, counts[step])


def _step(step: Step, steps: tuple[Step, ...], count: int) -> None:
    """A switch, how much it changes alone, and its place."""
    key, place = f"tidy_on_{step}", steps.index(step) if step in steps else None
    st.session_state[key] = place is not None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        number = "" if place is None else f"{place + 1}. "
        st.toggle(f"{number}{t(f'tidy.step.{step}')}", key=key, on_change=_switch, args=(step, steps), width="content")
        st.caption(t("tidy.count", n=f"{count:,}"), width="content")
        if place is not None and place > 0:
            st.button(t("tidy.up"), key=f"tidy_up_{step}", type="tertiary", icon=":material/arrow_upward:",
                      on_click=_move, args=(step, steps, -1))  # fmt: skip
        if place is not None and place < len(steps) - 1:
            st.button(t("tidy.down"), key=f"tidy_down_{step}", type="tertiary", icon=":material/arrow_downward:",
                      on_click=_move, args=(step, steps, 1))  # fmt: skip


def _switch(step: Step, steps: tuple[Step, ...]) -> None:
    """On at the end, but where it usually stands when it makes no difference to the others' order; emoji are either words or gone."""
    rest = [one for one in steps if one != step]
    if step not in steps:
        rest = [one for one in rest if {one, step} != {"emoji_words", "emoji_none"}]
        order = list(STEPS)
        place = sum(order.index(one) < order.index(step) for one in rest)
        rest.insert(place, step)
    _save(tuple(rest))


def _move(step: Step, steps: tuple[Step, ...], by: int) -> None:
    order = list(steps)
    place = order.index(step)
    order[place], order[place + by] = order[place + by], order[place]
    _save(tuple(order))


def _save(steps: tuple[Step, ...]) -> None:
    try:
        with open_store(frame.store()) as db:
            set_setting(db, SETTING, list(steps))
    except UserError as error:
        frame.explain(error)
        return
    st.toast(t("tidy.saved"))


def _examples(sample: Sample, changes: list[Change]) -> None:
    which = st.selectbox(
        t("tidy.which"),
        ("chosen", *STEPS),
        format_func=lambda name: t("tidy.chosen") if name == "chosen" else t(f"tidy.step.{name}"),
        key="tidy_which",
        on_change=_first_page,
    )
    found = changes if which == "chosen" else look_over(sample, (which,))[1]
    if not found:
        st.info(t("tidy.nothing"), icon=":material/check:")
        return
    count = st.session_state.get("tidy_shown", PAGE)
    with st.container(border=True, key="tidy_records", gap="small"):
        column_heads(t("tidy.before"), t("tidy.after"))
        for change in found[:count]:
            _change(change)
    if len(found) > count:
        st.button(t("tidy.more"), key="tidy_more", icon=":material/expand_more:", on_click=_further, args=(count,))


def _first_page() -> None:
    st.session_state["tidy_shown"] = PAGE


def _further(count: int) -> None:
    st.session_state["tidy_shown"] = count + 2 * PAGE


def _change(change: Change) -> None:
    before, after = pieces(change.before, change.after)
    origin = change.origin
    who = plain(origin.speaker) if origin.speaker else t("data.system")
    when = f" · {origin.at.replace('T', ' ')}" if origin.at else ""
    with st.container(key=f"data_record_tidy_{origin.record_id}", gap="xxsmall"):
        st.caption(f"{who}{plain(when)}")
        left, right = st.columns(2)
        left.markdown(_coloured(before, "orange"))
        right.markdown(_coloured(after, "green"))


def _coloured(parts: list[tuple[str, bool]], colour: str) -> str:
    """Only our colours are markup. What cannot be seen is named by its code point."""
    told = []
    for text, changed in parts:
        shown = plain(_visible(text)) if changed else plain(text)
        told.append(f":{colour}-background[{shown}]" if changed else shown)
    return "".join(told).lstrip(" \t\n") or "—"


def _visible(text: str) -> str:
    """A changed part as signs: spaces as ␣, line breaks as ⏎, what has no shape as ‹200B›."""
    return "".join(
        "␣" if ch == " " else "⏎" if ch == "\n" else ch if ch.isprintable() else f"‹{ord(ch):X}›" for ch in text
    )
