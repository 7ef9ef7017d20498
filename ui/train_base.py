"""The training page's second part: which base. It asks the hub nothing; that happens when a run is launched."""

from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.jobs.choices import BaseChoice, base_choices, check_name
from engine.models.bases import resolve_base
from engine.train.phases import Phase, phase_from, runs_to_go_on_from
from engine.train.plan.estimate import past_runs
from ui import frame
from ui.curate_address import recipe_name
from ui.frame import plain, t
from ui.live import moment
from ui.train import Material, machine

USUAL = "starter"
ANEW = ""
"""In place of a run to go on from. With None, Streamlit would show its own English placeholder."""


def choices(material: Material) -> list[BaseChoice]:
    """Every base there is to choose from, and the one that the address names."""
    with frame.reading() as db:
        return base_choices(db, material.recipe, material.sample, machine(), past_runs(db), _asked(say=False))


def choose_base(found: list[BaseChoice]) -> BaseChoice:
    """The base that the address names, else the embedded one."""
    st.subheader(t("train.base"))
    usable = {choice.name: choice for choice in found if choice.chance != "rejected"}
    st.session_state["train_base"] = _asked(say=True)
    chosen = st.selectbox(
        t("train.base_label"),
        list(usable),
        format_func=lambda name: label(usable[name]),
        key="train_base",
        help=t("gloss.base"),
        on_change=_choose,
    )
    _describe(usable[chosen])
    with st.expander(t("train.other"), icon=":material/travel_explore:"):
        _other()
    return usable[chosen]


def choose_start(base: BaseChoice) -> Phase | None:
    """The run that the address names, to go on from what it learned; None: begin anew."""
    with frame.reading() as db:
        runs = {run["id"]: run for run in runs_to_go_on_from(db, base.name)}
    asked = frame.asked("from")
    if asked and asked not in runs:
        frame.gone(asked)
        frame.name_in_address(**{"from": None})
    if not runs:
        return None
    st.session_state["train_from"] = asked if asked in runs else ANEW
    chosen = st.selectbox(
        t("train.from"),
        [ANEW, *runs],
        format_func=lambda name: t("train.from_none") if name == ANEW else _run_label(runs[name]),
        key="train_from",
        help=t("train.from_help"),
        on_change=_choose_start,
    )
    return None if chosen == ANEW else _phase(chosen, base)


def _choose_start() -> None:
    chosen = st.session_state["train_from"]
    frame.name_in_address(**{"from": None if chosen == ANEW else chosen, "set": None})


def _run_label(run: dict[str, Any]) -> str:
    loss = t("train.from_loss", loss=f"{run['eval_loss']:.3f}") if run["eval_loss"] is not None else ""
    how = t("field.method.full") if run["settings"].get("method") == "full" else ""
    return " · ".join(
        part for part in (moment(run["created_at"]), recipe_name(run["recipe"]), how, loss, run["id"]) if part
    )


def _phase(run_id: str, base: BaseChoice) -> Phase | None:
    try:
        with frame.reading() as db:
            found = phase_from(db, frame.store(), run_id, resolve_base(base.name))
    except UserError as error:
        frame.explain(error)
        return None
    keeps = "train.from_whole" if found.settings["method"] == "full" else "train.from_keeps"
    st.caption(f":material/step_into: {t(keeps)}")
    return found


def compare_bases(found: list[BaseChoice]) -> None:
    """All bases in one table, folded away."""
    with st.expander(t("train.compare"), icon=":material/table_rows:"):
        _table(found)


def _asked(say: bool) -> str:
    """The address's base, when it can be one; `say` what is wrong with it otherwise."""
    asked = frame.asked("base")
    if not asked:
        return USUAL
    try:
        check_name(asked)
    except UserError as error:
        if say:
            frame.explain(error)
            frame.name_in_address(base=None)
        return USUAL
    return asked


def _choose() -> None:
    _take(st.session_state["train_base"])


def _take(name: str) -> None:
    """Another base usually wants another preset, and settings made for the first one mean little."""
    frame.name_in_address(**{"base": name, "preset": None, "set": None, "from": None})


def size(count: int) -> str:
    """`1.3B`, `5.3M`."""
    return f"{count / 1e9:.1f}B" if count >= 9.5e8 else f"{count / 1e6:.0f}M" if count >= 1e7 else f"{count / 1e6:.1f}M"


def label(choice: BaseChoice) -> str:
    """One line of the selectbox, which shows text as it is."""
    parts = [choice.name, size(choice.shape.parameters) if choice.shape else "", t(f"train.chance.{choice.chance}")]
    return " · ".join(part for part in parts if part)


def _describe(choice: BaseChoice) -> None:
    known, facts = choice.known, []
    if choice.shape:
        facts.append(t("train.parameters", n=size(choice.shape.parameters)))
    facts.append(t("train.here") if choice.here else t("train.download", gb=f"{known.download_gb:g}" if known else "?"))
    if known:
        facts += [plain(known.licence), _syllable(known.tokens_per_syllable)]
        st.write(plain(known.en if frame.english() else known.ko))
    st.caption(" · ".join(facts), help=t("train.facts_help"))
    if known and known.gated and not choice.here:
        st.warning(t("train.gated", link=f"https://huggingface.co/{known.hub_id}"), icon=":material/key:")


def _syllable(tokens: float | None) -> str:
    return t("train.syllable", n=f"{tokens:g}") if tokens else t("train.syllable_unknown")


def _table(found: list[BaseChoice]) -> None:
    """All bases side by side; a row that is marked is chosen. Rejected ones stand grey with the reason."""
    from pandas import DataFrame

    rejected = {place for place, choice in enumerate(found) if choice.chance == "rejected"}
    rows = DataFrame([_row(choice) for choice in found])
    grey = rows.style.apply(lambda row: ["color: #9aa0a6" if row.name in rejected else ""] * len(row), axis=1)
    st.caption(t("train.table_help", machine=t(f"train.machine.{machine().kind}", name=plain(machine().name))))
    st.dataframe(
        grey,
        hide_index=True,
        height="content",
        key="train_table",
        on_select=lambda: _choose_row(found),
        selection_mode="single-row",
        column_config={t("train.column.why"): st.column_config.TextColumn(width="large")},
    )
    _show_rejected(found)


def _show_rejected(found: list[BaseChoice]) -> None:
    """Why a base that others recommend is not offered."""
    for choice in found:
        if choice.known and choice.chance == "rejected":
            why = choice.known.en if frame.english() else choice.known.ko
            st.caption(t("train.rejected", name=plain(choice.name), why=plain(why)))


def _row(choice: BaseChoice) -> dict[str, Any]:
    known = choice.known
    return {
        t("train.column.base"): choice.name,
        t("train.column.size"): size(choice.shape.parameters) if choice.shape else "?",
        t("train.column.here"): t(f"train.chance.{choice.chance}"),
        t("train.column.memory"): f"{choice.told.needed_gb:.1f} GB" if choice.told else "?",
        t("train.column.card"): t(f"train.card.{known.fits_8gb}") if known else "?",
        t("train.column.download"): t("train.on_disk")
        if choice.here
        else f"{known.download_gb:g} GB"
        if known
        else "?",
        t("train.column.syllable"): _tokens(known.tokens_per_syllable if known else None),
        t("train.column.licence"): known.licence if known else "?",
        t("train.column.gated"): t("frame.yes") if known and known.gated else "",
        t("train.column.why"): (known.en if frame.english() else known.ko) if known else "",
    }


def _tokens(tokens: float | None) -> str:
    return f"{tokens:g}" if tokens else t("train.not_measured")


def _choose_row(found: list[BaseChoice]) -> None:
    marked = st.session_state["train_table"]["selection"]["rows"]
    if marked and found[marked[0]].chance != "rejected":
        _take(found[marked[0]].name)


def _other() -> None:
    """A folder or a hub name; looked at when the button is pressed."""
    st.write(t("train.other_help"))
    st.text_input(t("train.other_label"), key="train_other", placeholder="beomi/KoAlpaca-Polyglot-5.8B")
    st.button(t("train.other_take"), key="train_other_take", icon=":material/check:", on_click=_take_other)
    if error := st.session_state.pop("train_other_error", None):
        frame.explain(error)


def _take_other() -> None:
    name = st.session_state["train_other"].strip()
    try:
        resolve_base(name)
        _take(name)
    except UserError as error:
        st.session_state["train_other_error"] = error
