"""Questions and answers from clauses: what to make and with whom, then the ledger as it grows. It holds no key.

The form stands in curate_generate_form. What is live is one fragment; keys, pause and going on work on the job's rows.
"""

from typing import Any

import streamlit as st
from sqlite_utils import Database

from engine.errors import UserError
from engine.generate.run import report
from engine.jobs.generating import go_on
from engine.store.generations import newest_of_source
from engine.store.jobs import ENDED, get_job
from engine.store.sources import list_sources
from ui import frame
from ui.curate_generate_form import choose_keys, new_box
from ui.forms import words
from ui.frame import plain, t
from ui.live import MARKS, act, draw_waiting, keep_supervised, moment, pace_of, span, stop_job, watch

CLAUSES = ("chunks", "clauses")
"""Kinds of sources that hold clauses."""
STATES = {"used": "green", "refused": "red", "spent": "orange", "removed": "gray"}


def generate_box() -> None:
    """The source, what was made from it so far, and the form for more; the way to sources when there are none."""
    with frame.reading() as db:
        sources = [source for source in list_sources(db) if source["kind"] in CLAUSES]
    if not sources:
        st.info(t("generate.none"), icon=":material/inbox:")
        if st.button(t("generate.bring"), type="primary", icon=":material/upload_file:", key="generate_bring"):
            frame.go("data")
        return
    source = _choose_source(sources)
    with frame.reading() as db:
        found = newest_of_source(db, source["id"])
    if found is None:
        new_box(source)
        return
    watch(lambda db: _seen(db, source["id"]), _draw, _standing, _pace)
    with frame.reading() as db:
        over = _seen(db, source["id"])["job"]["state"] in ENDED
    if over:
        with st.expander(t("generate.more"), icon=":material/add:"):
            new_box(source)


def _choose_source(sources: list[dict[str, Any]]) -> dict[str, Any]:
    known = {source["id"]: source for source in sources}
    asked = frame.asked("source")
    if asked not in known:
        asked = sources[0]["id"]
    st.session_state["generate_source"] = asked
    chosen = st.selectbox(
        t("generate.source"),
        list(known),
        format_func=lambda id_: t(
            "generate.source_name",
            name=known[id_]["name"],
            count=f"{known[id_]['record_count']:,}",
            date=moment(known[id_]["created_at"]),
        ),
        key="generate_source",
        on_change=lambda: frame.name_in_address(source=st.session_state["generate_source"]),
    )
    return known[chosen]


def _seen(db: Database, source_id: str) -> dict[str, Any]:
    """The newest generation of a source: its row, ledger and job."""
    found = newest_of_source(db, source_id)
    assert found is not None
    job = get_job(db, found["job_id"]) if found["job_id"] else None
    return {
        "generation": found,
        "report": report(db, found["id"]),
        "job": job or {"state": "done", "stop": None, "id": ""},
    }


def _standing(seen: dict[str, Any]) -> object:
    return seen["generation"]["id"], seen["job"]["state"], seen["job"]["stop"]


def _pace(seen: dict[str, Any]) -> str | None:
    return "2s" if seen["job"]["state"] == "running" else pace_of([seen["job"]])


def _draw(seen: dict[str, Any]) -> None:
    job, told, generation = seen["job"], seen["report"], seen["generation"]
    if job["state"] not in ENDED:
        keep_supervised([job])
    with st.container(border=True, key="generate_now", gap="small"):
        st.markdown(
            f"{MARKS[job['state']]} **{t('generate.title')}** · {t('job.state.' + job['state'])} "
            f":gray[:small[{plain(generation['provider'])} · {plain(generation['model'])} · {plain(generation['id'])}]]"
        )
        _progress(job, told)
        _doors(job, told, generation)
        _numbers(told)
        _reasons(told)
        _keys(job, told)
        _types(told)
    if generation["provider"] != "local":
        _change_keys(generation, job)


def _progress(job: dict[str, Any], told: dict[str, Any]) -> None:
    """Accepted pairs out of those wanted: full only when nothing is missing."""
    if job["state"] == "queued":
        draw_waiting(job)
    if not told["wanted"]:
        st.caption(t("generate.planning"))
        return
    share = told["accepted"] / told["wanted"]
    percent = min(99, int(100 * share)) if told["missing"] else 100
    st.progress(share, t("generate.of", done=f"{told['accepted']:,}", total=f"{told['wanted']:,}", percent=percent))
    facts = (job.get("progress") or {}) if job["state"] == "running" else {}
    if facts.get("left_seconds") is not None:
        st.caption(t("generate.left", span=span(facts["left_seconds"])))
    why = job.get("message_en" if frame.english() else "message_ko")
    if job["state"] in ("failed", "interrupted") and why:
        st.warning(frame.told(UserError(why, why)))
    elif job["state"] in ENDED and told["missing"]:
        st.warning(t("generate.missing", n=f"{told['missing']:,}"), icon=":material/pending:")
    elif job["state"] in ENDED:
        st.caption(t("generate.whole"))


def _doors(job: dict[str, Any], told: dict[str, Any], generation: dict[str, Any]) -> None:
    """Pause, stop, go on; when it is over, the way to a dataset."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if job["stop"] and job["state"] == "running":
            st.caption(t("job.stopping"))
        elif job["state"] not in ENDED:
            if job["state"] == "running":
                st.button(t("generate.pause"), key="generate_pause", icon=":material/pause:", on_click=act, args=(stop_job, job["id"], "save"))  # fmt: skip
            st.button(t("generate.stop"), key="generate_stop", on_click=act, args=(stop_job, job["id"], "cancel"))
        elif told["missing"] or not told["wanted"]:
            st.button(t("generate.go_on"), key="generate_go_on", type="primary", icon=":material/replay:", on_click=act, args=(_go_on, generation["id"]))  # fmt: skip
        if job["state"] in ENDED and told["accepted"]:
            frame.link(
                "curate", t("generate.to_dataset"), ":material/dataset:", view="build", source=generation["source_id"]
            )


def _go_on(generation_id: str) -> None:
    """Ask for what is missing. Raises UserError when another tab was faster, or keys are gone."""
    go_on(frame.store(), generation_id, None)


def _numbers(told: dict[str, Any]) -> None:
    rejected = sum(told["rejected"].values())
    with st.container(horizontal=True, gap="medium"):
        st.metric(t("generate.accepted"), f"{told['accepted']:,}", width="content")
        st.metric(t("generate.rejected"), f"{rejected:,}", help=t("generate.rejected_help"), width="content")
        st.metric(t("generate.retried"), f"{told['retried']:,}", help=t("generate.retried_help"), width="content")
        st.metric(t("generate.limited"), f"{told['rate_limited']:,}", help=t("generate.limited_help"), width="content")
        tokens = told["tokens"]["in"] + told["tokens"]["out"]
        st.metric(t("generate.tokens"), f"{tokens:,}", help=t("generate.tokens_help"), width="content")
        if told["cost"]:
            st.metric(t("generate.cost"), f"{told['cost']:,.4f}", help=t("generate.cost_help"), width="content")


def _reasons(told: dict[str, Any]) -> None:
    """Why answers were not taken, and what the server did wrong."""
    for name, colour in (("rejected", "orange"), ("failed", "red")):
        if told[name]:
            chips = " ".join(
                f":{colour}-badge[{words(f'generate.why.{why}', why)} {n:,}]" for why, n in told[name].items()
            )
            st.markdown(f":small[{t('generate.' + name + '_why')}] {chips}")


def _keys(job: dict[str, Any], told: dict[str, Any]) -> None:
    """Each key: what it brought, and what was learned of its limits."""
    live = {key["key"]: key for key in (job.get("progress") or {}).get("keys", [])}
    if told["provider"] == "local" or not (live or told["keys"]):
        return
    sums = {key["key"]: key for key in told["keys"]}
    lines = [t("generate.key_head"), "| :-- | :-- | --: | --: | --: | --: | --: |"]
    for label in dict.fromkeys((*sums, *live)):
        brought, now = sums.get(label, {}), live.get(label, {})
        state = now.get("state", "used")
        shown = f":{STATES[state]}[{t('generate.key.' + state)}]"
        if state == "used" and now.get("waits"):
            shown += f" :gray[:small[{t('generate.key.waits', n=now['waits'])}]]"
        per_minute = now.get("per_minute")
        cells = (
            plain(label),
            shown,
            f"{brought.get('requests', 0):,}",
            f"{brought.get('accepted', 0):,}",
            f"{brought.get('rate_limited', 0):,}",
            "–" if per_minute is None else f"{per_minute:,.0f}",
            f"{now.get('in_flight', 0)} / {now['window']}" if now else "–",
        )
        lines.append(f"| {' | '.join(cells)} |")
    st.markdown("\n".join(lines))


def _types(told: dict[str, Any]) -> None:
    if not told["types"]:
        return
    with st.expander(t("generate.by_type")):
        lines = [t("generate.type_head"), "| :-- | :-- | --: | --: | --: |"]
        for row in told["types"]:
            kind = words(f"generate.type.{row['type']}", row["type"])
            can = t("generate.answerable" if row["answerable"] else "generate.unanswerable")
            lines.append(f"| {kind} | {can} | {row['wanted']:,} | {row['accepted']:,} | {row['given_up']:,} |")
        st.markdown("\n".join(lines))


def _change_keys(generation: dict[str, Any], job: dict[str, Any]) -> None:
    """Other keys, also while it runs."""
    with st.expander(t("generate.change_keys"), icon=":material/key:"):
        st.caption(t("generate.change_keys_why"))
        keys = choose_keys(f"change_{generation['id']}")
        running = job["state"] not in ENDED
        st.button(
            t("generate.change_now" if running else "generate.change_go_on"),
            key="generate_change",
            disabled=keys is None,
            on_click=act,
            args=(_use_keys, generation["id"], keys),
        )


def _use_keys(generation_id: str, keys: dict[str, Any]) -> None:
    """Read keys from there from now on. Raises UserError when there are none."""
    go_on(frame.store(), generation_id, keys)
    st.toast(t("generate.changed"), icon=":material/key:")
