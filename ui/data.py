"""The data page's parts around one source: which one, what it still lacks, and which side of it is looked at."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine.errors import UserError
from engine.recipes.recipe import load_recipe
from engine.sources.dictionary import KINDS as DICTIONARIES
from engine.store.clause_records import WRITTEN, count_kinds
from engine.store.sources import list_sources
from ui import (
    data_address,
    data_clause_report,
    data_clauses,
    data_dialogues,
    data_masks,
    data_medical,
    data_patents,
    data_report,
    data_roles,
    data_terms,
    data_tidy,
    frame,
    notice,
)
from ui.frame import plain, t
from ui.live import day

SHOWN = 5
"""Sources listed before "more"."""
Source = dict[str, Any]
VIEWS: dict[str, Callable[[Source], None]] = {
    "report": data_report.report_view,
    "people": data_roles.people_view,
    "masks": data_masks.masks_view,
    "tidy": data_tidy.tidy_view,
}
WRITTEN_VIEWS: dict[str, Callable[[Source], None]] = {
    "report": data_clause_report.clause_report,
    "clauses": data_clauses.clauses_view,
}
"""Of sources in which nobody speaks."""
MEDICAL_VIEWS: dict[str, Callable[[Source], None]] = {
    "report": data_medical.report_view,
    "items": data_medical.items_view,
    "masks": data_masks.masks_view,
}
OWN_VIEWS: dict[str, dict[str, Callable[[Source], None]]] = {
    "dialogue": {
        "report": data_dialogues.dialogue_report,
        "dialogues": data_dialogues.dialogues_view,
        "masks": data_masks.masks_view,
    },
    "aihub": MEDICAL_VIEWS,
    "mcqa": MEDICAL_VIEWS,
    "terms": {"report": data_terms.report_view},
    "relations": {"report": data_terms.report_view},
    "patent": {
        "report": data_patents.report_view,
        "claims": data_patents.claims_view,
        "names": data_patents.names_view,
    },
}
"""Of sources of a kind that is looked at in its own way; in none of them anybody is me."""
OWN_FACTS: dict[str, Callable[[Source, str], str]] = {
    "patent": data_patents.facts,
    "aihub": data_medical.facts,
    "mcqa": data_medical.facts,
    "terms": data_terms.facts,
    "relations": data_terms.facts,
}
"""(source, its day) to its line in the list."""


def chosen_source() -> tuple[list[Source], Source | None]:
    """All sources, newest first, and the one the address names; else the newest."""
    with frame.reading() as db:
        sources = list_sources(db)
    asked = frame.asked("source")
    found = next((source for source in sources if source["id"] == asked), None)
    if asked and not found:
        frame.gone(asked)
    chosen = found or (sources[0] if sources else None)
    frame.name_in_address(source=chosen["id"] if chosen else None)
    return sources, chosen


def source_list(sources: list[Source], chosen: Source) -> None:
    """Name, size, state and date of each; one click opens it."""
    st.subheader(t("data.sources"))
    count = st.session_state.get("data_listed", SHOWN)
    listed = sources[:count]
    with st.container(gap="xxsmall", key="data_sources"):
        for source in listed if chosen in listed else [chosen, *listed]:
            _source_line(source, source["id"] == chosen["id"])
    if len(sources) > count:
        st.button(t("data.more_sources", n=len(sources) - count), key="data_more", on_click=_list_more, type="tertiary")


def _list_more() -> None:
    st.session_state["data_listed"] = st.session_state.get("data_listed", SHOWN) + 20


def _source_line(source: Source, open_: bool) -> None:
    if source["kind"] in OWN_FACTS:
        _line(source, open_, OWN_FACTS[source["kind"]](source, day(source["created_at"])))
        return
    if source["kind"] in WRITTEN:
        _written_line(source, open_)
        return
    what = {"dialogue": "dialogue.facts", "preferences": "preferences.facts"}.get(source["kind"], "data.facts")
    facts = [t(what, records=f"{source['record_count']:,}", date=day(source["created_at"]))]
    if source["masked_at"] or _must_mask(source):
        facts.append(f":green[{t('data.masked')}]" if source["masked_at"] else f":orange[{t('data.unmasked')}]")
    if source["report"].get("speakers"):
        facts.append(t("data.me_is", me=plain(source["me"])) if source["me"] else t("data.me_unknown"))
    _line(source, open_, " · ".join(facts))


def _written_line(source: Source, open_: bool) -> None:
    kinds = source["report"].get("kinds", {})
    what = " · ".join(t(f"clauses.n_{kind}", n=f"{kinds[kind]:,}") for kind in ("chunk", "qa") if kinds.get(kind))
    _line(source, open_, t("clauses.facts", what=what or "–", date=day(source["created_at"])))


def _line(source: Source, open_: bool, facts: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            plain(source["name"]),
            key=f"data_open_{source['id']}",
            type="tertiary",
            icon=":material/radio_button_checked:" if open_ else ":material/radio_button_unchecked:",
            on_click=_open,
            args=(source["id"],),
        )
        st.caption(facts)


def _open(source_id: str) -> None:
    frame.name_in_address(source=source_id, at=None)


def head(source: Source) -> None:
    """The chosen source: the one thing it lacks, or the way on."""
    with st.container(border=True, key="data_next"):
        st.markdown(f"**{plain(source['name'])}** :gray[:small[{source['id']}]]")
        line = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
        if source["masked_at"] is None and _must_mask(source):
            line.markdown(f":orange[:material/visibility:] {t('data.missing_mask')}", width="content")
            with line:
                data_masks.mask_button(source, "data_mask_next")
        elif source["me"] is None and source["report"].get("speakers"):
            line.markdown(f":orange[:material/person:] {t('data.missing_me')}", width="content")
            if frame.asked("view") not in (None, "report"):
                line.button(t("data.missing_me_go"), type="primary", icon=":material/person:", key="data_go_me",
                            on_click=_look, args=("report",))  # fmt: skip
        else:
            _way_on(source, line)
        notice.show(source["recipe"])


def _way_on(source: Source, line: DeltaGenerator) -> None:
    """Ready: to the rows; clauses that nobody asks about first get questions; terms are looked at."""
    if source["kind"] in DICTIONARIES:
        line.markdown(f":green[:material/check_circle:] {t('terms.next_ready')}", width="content")
        if line.button(t("terms.next"), type="primary", icon=":material/hub:", key="data_go_terms"):
            frame.go("terms", recipe=source["recipe"])
        return
    ready, go, names = "data.next_ready", "data.next", {"source": source["id"]}
    if source["kind"] in WRITTEN:
        with frame.reading() as db:
            asked = source["kind"] == "qa" or count_kinds(db, source["id"]).get("qa")
        ready = "clauses.next_qa" if asked else "clauses.next_chunk"
        if not asked:
            go, names = "clauses.next_generate", {**names, "view": "generate"}
    line.markdown(f":green[:material/check_circle:] {t(ready)}", width="content")
    if line.button(t(go), type="primary", icon=":material/arrow_forward:", key="data_go_curate"):
        frame.go("curate", **names)


def _look(view: str) -> None:
    frame.name_in_address(view=view)


def _must_mask(source: Source) -> bool:
    """Whether its recipe asks for masking; one whose recipe is gone is treated with care."""
    try:
        return load_recipe(source["recipe"]).must_mask
    except UserError:
        return True


def show_view(source: Source) -> None:
    """What was read, what is hidden, or the clauses; which one stands in the address."""
    name, views = ("data_view_written", WRITTEN_VIEWS) if source["kind"] in WRITTEN else ("data_view", VIEWS)
    if source["kind"] in OWN_VIEWS:
        name, views = f"data_view_{source['kind']}", OWN_VIEWS[source["kind"]]
    if len(views) == 1:
        next(iter(views.values()))(source)
        return
    views[data_address.control("view", name, list(views), "report")](source)
