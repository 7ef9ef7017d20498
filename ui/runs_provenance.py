"""What a run was made with beside what this machine has now, and the ways to repeat it, the same or otherwise."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.jobs.again import launch_again
from engine.store.jobs import ENDED
from engine.store.runs import parting
from engine.train.environment import LABELS, this_environment
from ui import frame
from ui.frame import plain, t
from ui.live import act
from ui.train_settings import packed, told

SHORT = 12
"""Signs of a hash that are shown: they tell two apart."""


def provenance(run: dict[str, Any], dataset: dict[str, Any] | None) -> None:
    """Libraries, code, machine, data and seed of the run; what is another here and now is marked."""
    if not run["environment"].get("libraries"):
        st.caption(t("runs.no_environment"))
        return
    rows = [*_data(run, dataset), *_machine(run["environment"], this_environment())]
    marks = {True: t("runs.differs"), False: t("runs.same"), None: ""}
    columns = (t("runs.item"), t("runs.then"), t("runs.here"), t("runs.mark"))
    table = [
        dict(zip(columns, (name, then, now or "–", marks[None if now is None else then != now]), strict=True))
        for name, then, now in rows
    ]
    differing = sum(now is not None and then != now for _, then, now in rows)
    words = t("runs.differing", n=differing) if differing else t("runs.all_same")
    st.markdown(words)
    st.dataframe(table, hide_index=True, width="stretch", height="content")


def _data(run: dict[str, Any], dataset: dict[str, Any] | None) -> list[tuple[str, str, str | None]]:
    """(what, then, now) of dataset, base and seed; None: not to be compared."""
    print_then, print_now = run["dataset_fingerprint"], dataset and dataset["fingerprint"]
    gone = run["forgotten_at_launch"]
    return [
        (t("runs.fingerprint"), _short(print_then), _short(print_now) if print_then else None),
        (t("runs.forgotten"), "–" if gone is None else str(gone), str(dataset["forgotten_count"]) if dataset and gone is not None else None),
        (t("runs.base_hash"), _short(run["base_hash"]), None),
        (t("runs.seed"), str(run["settings"].get("seed", "–")), None),
    ]  # fmt: skip


def _machine(then: Mapping[str, Any], here: Mapping[str, Any]) -> list[tuple[str, str, str | None]]:
    english = frame.english()
    found = [(name, number, here["libraries"].get(name, "–")) for name, number in then["libraries"].items()]
    for name, words in LABELS.items():
        if name in then:
            shown = _short if name == "source" else str
            now = shown(here[name]) if name in here else None
            found.append((words[1 if english else 0], shown(then[name]) or "–", now))
    return [(name, number, now if now is None else now or "–") for name, number, now in found]


def _short(value: Any) -> str:
    return str(value)[:SHORT] if value else "–"


def change_door(run: dict[str, Any]) -> None:
    """The training page as it stood for this run: what went wrong is mended there."""
    own = {name: told(run["settings"][name]) for name, origin in run["origins"].items() if origin == "--set"}
    names = {"dataset": run["dataset_id"], "base": run["base"], "preset": run["preset"], "from": run["from_run"]}
    there = {name: value for name, value in {**names, "set": packed(own)}.items() if value}
    frame.link("train", t("runs.change_settings"), ":material/tune:", **there)


def repeat_door(run: dict[str, Any]) -> None:
    """The button that trains the same again; of a run that repeats another, whether its curve is the same."""
    if run["again_of"]:
        _told_repeat(run)
    if run["state"] in ENDED and run["dataset_id"] and run["job_id"]:
        st.button(
            t("runs.again"), key="runs_again", icon=":material/repeat:", help=t("runs.again_help"),
            on_click=act, args=(_repeat, run["id"]),
        )  # fmt: skip


def _told_repeat(run: dict[str, Any]) -> None:
    frame.link("runs", t("runs.again_of", id=run["again_of"]), ":material/repeat:", run=run["again_of"])
    if run["state"] != "done":
        return
    with frame.reading() as db:
        parted = parting(db, run["again_of"], run["id"])
    st.caption(t("runs.same_curve") if parted is None else t("runs.parted", step=parted))


def _repeat(run_id: str) -> None:
    """Queue it and open it."""
    queued = launch_again(frame.store(), run_id)
    st.session_state["runs_repeated"] = [one.told(frame.english()) for one in queued.differs]
    frame.name_in_address(run=queued.run_id)


def told_differences() -> None:
    """Once, after the button: what is not as it was."""
    for one in st.session_state.pop("runs_repeated", []):
        st.warning(t("runs.again_differs", what=plain(one)), icon=":material/difference:")
