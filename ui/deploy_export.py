"""A model as files for other programs, or on the hub: chosen here, written and audited by a job, and told how it ended."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st
from sqlite_utils import Database

from engine.errors import UserError
from engine.jobs.exporting import card_of, launch_export
from engine.privacy.gate import PersonalLeft
from engine.serve.choose import choose_model
from engine.serve.exporting import KINDS
from engine.store.jobs import ENDED, get_job, read_log
from engine.store.open import open_store
from engine.store.runs import speaking_runs
from engine.store.subjects import newest_jobs
from ui import deploy_result, deploy_upload, frame
from ui.leaderboard import model_name
from ui.live import MARKS, draw_steps, draw_waiting, job_button, keep_supervised, moment, pace_of, watch, why_ended
from ui.say import plain, t

RUNS, RECENT = 50, 8
REASON = "export_reason"
"""Key of the field for a reason."""
Made = TypeVar("Made")
SHORTEST = 4
"""Letters of a reason that somebody can read later."""


def show() -> None:
    """The form, and what was exported before."""
    st.caption(t("export.lead"))
    with frame.reading() as db:
        runs = [run["id"] for run in speaking_runs(db, limit=RUNS)]
    if not runs:
        st.info(t("deploy.none"), icon=":material/inbox:")
        frame.link("train", t("deploy.to_train"), ":material/arrow_forward:")
        return
    with st.container(border=True, key="export_new"):
        run = _choose_run(runs)
        kind = str(
            st.radio(
                t("export.kind"), KINDS, format_func=lambda name: t(f"export.kind.{name}"), key="export_kind",
                captions=[t(f"export.about.{name}") for name in KINDS],
            )
        )  # fmt: skip
        where = st.segmented_control(
            t("export.where"), ("here", "hub"), default="here", required=True, key="export_where",
            format_func=lambda name: t(f"export.where.{name}"),
        )  # fmt: skip
        wish = _hub(run, kind) if where == "hub" else _here(run, kind)
        if st.button(
            t("export.start"), type="primary", icon=":material/output:", key="export_start", disabled=wish is None
        ):
            _begin(run, kind, wish or {})
    _recent()


def _choose_run(runs: list[str]) -> str:
    asked = frame.asked("run")
    return str(
        st.selectbox(t("deploy.which"), runs, runs.index(asked) if asked in runs else 0, format_func=model_name, key="export_run")
    )  # fmt: skip


def _here(run: str, kind: str) -> dict[str, Any] | None:
    first = frame.store().parent / "exports" / f"{run}-{kind}"
    names = [first, *(first.with_name(f"{first.name}-{number}") for number in range(2, 100))]
    free = next((one for one in names if not one.exists()), first)
    out = st.text_input(t("export.out"), str(free), key=f"export_out_{run}_{kind}").strip()
    return {"out": str(Path(out).expanduser())} if out else None


def _hub(run: str, kind: str) -> dict[str, Any] | None:
    """Where on the hub; the card that goes along can be read first."""
    place = st.container()
    if st.button(t("export.card_show"), icon=":material/article:", key="export_card_show"):
        _card(run, kind, told_reason(st.session_state.get(REASON)))
    with place:
        allowed = reason(REASON)
    wanted = deploy_upload.wish("export")
    return {**wanted, "allowed": allowed} if wanted else None


def _card(run: str, kind: str, allowed: str | None) -> None:
    """As text: what it says comes from data, and may hold links and pictures."""
    with open_store(frame.store()) as db:
        text = attempted(REASON, card_of, db, choose_model(db, run), kind, allowed)
    if text is None:
        return
    st.caption(t("export.card"))
    st.code(text, language="markdown", wrap_lines=True, height=360)


def attempted(key: str, do: Callable[..., Made], *args: Any) -> Made | None:
    """What leaves, or None where it was refused, which is told; where something personal is left, `reason` asks from now on."""
    try:
        return do(*args)
    except PersonalLeft as error:
        frame.explain(error)
        st.session_state[f"{key}_asked"] = True
    except UserError as error:
        frame.explain(error)
    return None


def reason(key: str) -> str | None:
    """Why what seems personal may leave, asked once it was refused; None where nothing is said that somebody can read later."""
    if not st.session_state.get(f"{key}_asked"):
        return None
    typed = st.text_input(t("export.allowed"), key=key, help=t("export.allowed_help"), max_chars=500)
    return told_reason(typed)


def told_reason(typed: str | None) -> str | None:
    """A reason that says something."""
    said = (typed or "").strip()
    return said if len(said) >= SHORTEST else None


def _begin(run: str, kind: Any, wish: Mapping[str, Any]) -> None:
    job_id = attempted(REASON, launch_export, frame.store(), run, kind, wish)
    if job_id is None:
        return
    frame.name_in_address(job=job_id, run=None, view="export")
    st.rerun()


def _recent() -> None:
    with frame.reading() as db:
        jobs = newest_jobs(db, "export", RECENT)
    if jobs:
        st.subheader(t("export.recent"))
    for job_ in jobs:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(MARKS[job_["state"]], width="content")
            frame.link("deploy", _title(job_), None, job=job_["id"])
            st.caption(moment(job_["created_at"]), width="content")


def _title(job_: Mapping[str, Any]) -> str:
    return t(
        "export.title", kind=t(f"export.kind.{job_['args']['kind']}"), model=plain(model_name(job_["args"]["run"]))
    )


def job(job_id: str) -> None:
    """One export, polled while it lives; what stopped it, and the way on with a reason."""

    def read(db: Database) -> dict[str, Any]:
        found = get_job(db, job_id)
        return {"job": found, "log": read_log(db, job_id, limit=60), "red": deploy_result.red_findings(db, found)}

    frame.link("deploy", t("export.all"), ":material/arrow_back:", view="export")
    watch(read, _draw, lambda seen: seen["job"]["state"], lambda seen: pace_of([seen["job"]]))
    with frame.reading() as db:
        seen = read(db)
    findings = seen["red"] or (seen["job"]["result"] or {}).get("findings")
    if findings:
        deploy_result.findings(findings)
    if seen["red"]:
        _again(seen["job"])


def _draw(seen: Mapping[str, Any]) -> None:
    found = seen["job"]
    keep_supervised([found])
    st.markdown(f"### {_title(found)}")
    if found["state"] == "queued":
        draw_waiting(found)
    draw_steps(seen["log"], found)
    if found["state"] == "done":
        _done(found["result"])
        return
    if seen["red"]:
        st.error(t("export.red"), icon=":material/block:")
    elif found["state"] in ENDED:
        st.warning(why_ended(found), icon=":material/block:")
    if not seen["red"]:
        job_button(found)


def _done(result: Mapping[str, Any]) -> None:
    if "url" in result:
        st.success(t("export.done_hub", url=plain(result["url"])), icon=":material/cloud_done:")
        st.link_button(t("upload.open"), result["url"], icon=":material/open_in_new:")
        return
    st.success(
        t("export.done_here", n=len(result["files"]), mb=f"{result['size_mb']:,.1f}"), icon=":material/check_circle:"
    )
    st.code(result["folder"], language=None, wrap_lines=True)


def _again(found: Mapping[str, Any]) -> None:
    with st.form("export_again", border=True):
        st.markdown(f"**{t('export.again')}**")
        why = st.text_area(
            t("deploy.reason"), key="export_override", help=t("deploy.reason_help"), max_chars=1000
        ).strip()
        if st.form_submit_button(t("export.again"), icon=":material/gavel:") and why:
            args = {name: value for name, value in found["args"].items() if name not in ("run", "kind")}
            _begin(found["args"]["run"], found["args"]["kind"], {**args, "override": why})
