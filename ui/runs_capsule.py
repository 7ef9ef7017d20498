"""The run page's box for another computer: make a capsule, take it along with its script, bring it back."""

import tempfile
from pathlib import Path
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.jobs.capsule import make_capsule
from engine.store.capsules import capsules_of
from engine.store.runs import get_run, standing
from engine.train.capsule.back import import_capsule
from engine.train.capsule.file import SUFFIX
from engine.train.capsule.scripts import KINDS, START, write_script
from ui import frame
from ui.frame import plain, t
from ui.live import moment

MADE, TAKEN = "runs_capsule_made", "runs_capsule_taken"
"""Session keys: {run: its files} made in this visit; the run that results were just brought into."""


def capsule_box(run_id: str) -> None:
    """A folded box; open where the run waits for its capsule."""
    with frame.reading() as db:
        run, known = get_run(db, run_id), capsules_of(db, run_id)
    if run["dataset_id"] is None or standing(run) in ("adopted", "compressed", "unmade"):
        return
    with st.expander(t("capsule.title"), icon=":material/outbox:", expanded=standing(run) == "away"):
        st.markdown(t("capsule.lead"))
        _taken()
        _history(known)
        make, bring = st.columns(2, gap="large")
        with make:
            _make(run)
        with bring:
            _bring()


def _taken() -> None:
    taken = st.session_state.pop(TAKEN, None)
    if taken:
        key = "capsule.again" if taken["again"] else "capsule.taken"
        st.success(t(key, run=taken["run_id"]), icon=":material/check:")
        frame.link("runs", t("capsule.open"), ":material/arrow_forward:", run=taken["run_id"])


def _history(known: list[dict[str, Any]]) -> None:
    for capsule in known:
        state = "forgotten" if capsule["forgotten_at"] else "returned" if capsule["returned_at"] else "out"
        when, size = moment(capsule["created_at"]), f"{capsule['bytes'] / 1e6:.0f}"
        st.caption(plain(t(f"capsule.is_{state}", id=capsule["id"], when=when, mb=size)))


def _make(run: dict[str, Any]) -> None:
    st.markdown(f"**{t('capsule.make')}**")
    kind = st.selectbox(
        t("capsule.kind"), KINDS, format_func=lambda name: t(f"capsule.kind.{name}"), key="runs_capsule_kind"
    )
    if st.button(t("capsule.make_now"), key="runs_capsule_make", icon=":material/inventory_2:"):
        _pack(run, kind)
    made = st.session_state.get(MADE, {}).get(run["id"])
    if not made:
        return
    for name, content in made["files"].items():
        st.download_button(
            t("capsule.take", name=name), content, file_name=name, key=f"runs_capsule_take_{name}",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    st.caption(t("capsule.then"))
    st.code(made["command"], language="bash")


def _pack(run: dict[str, Any], kind: Any) -> None:
    """The capsule and its script as bytes in this visit; nothing of them stays on the disk."""
    try:
        with tempfile.TemporaryDirectory(prefix="malmoi-capsule-") as folder, st.spinner(t("capsule.making")):
            target = Path(folder, f"{run['id']}{SUFFIX}")
            make_capsule(frame.store(), run["id"], target, downloaded=True)
            script = write_script(target, kind, run["settings"].get("processes", 1))
            made = {file.name: file.read_bytes() for file in (target, script)}
            command = START[kind].format(script.name, target.name)
    except UserError as error:
        frame.explain(error)
        return
    st.session_state[MADE] = {run["id"]: {"files": made, "command": command}}
    st.rerun()


def _bring() -> None:
    st.markdown(f"**{t('capsule.bring')}**")
    upload = st.file_uploader(t("capsule.file"), key="runs_capsule_file", type=[SUFFIX.removeprefix(".")])
    path = st.text_input(t("capsule.path"), key="runs_capsule_path", placeholder=t("capsule.path_hint"))
    ready = upload is not None or bool(path.strip())
    if st.button(t("capsule.bring_now"), key="runs_capsule_bring", icon=":material/move_to_inbox:", disabled=not ready):
        try:
            with st.spinner(t("capsule.bringing")):
                taken = _imported(upload, path.strip())
        except UserError as error:
            frame.explain(error)
            return
        st.session_state[TAKEN] = taken
        st.rerun()


def _imported(upload: Any, path: str) -> dict[str, Any]:
    if upload is None:
        return import_capsule(frame.store(), Path(path).expanduser())
    with tempfile.TemporaryDirectory(prefix="malmoi-capsule-") as folder:
        file = Path(folder, f"upload{SUFFIX}")
        file.write_bytes(upload.getbuffer())
        return import_capsule(frame.store(), file)
