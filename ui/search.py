"""One search for settings as it goes (?search=ID): where it stands, its trials, what was found, and keeping that as a preset."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from sqlite_utils import Database

from engine.errors import UserError
from engine.jobs.searching import promote
from engine.recipes.recipe import load_recipe
from engine.store.jobs import read_log
from engine.store.open import open_store
from engine.store.presets import list_presets, remove_preset
from engine.store.studies import get_study
from engine.train.search.importance import loss_of
from engine.train.search.watch import SearchView, read_search_view
from ui import frame, search_charts
from ui.curate_address import recipe_name
from ui.forms import words
from ui.frame import plain, t
from ui.live import act, draw_waiting, job_button, keep_supervised, pace_of, search_progress, span, watch
from ui.runs_queue import draw_log
from ui.train_settings import told as told_value

STATES = {
    "running": ":material/progress_activity:",
    "done": ":material/check_circle:",
    "pruned": ":material/content_cut:",
    "stopped": ":material/timer_off:",
    "failed": ":material/error:",
}
TELLING = 0.05
"""A setting that explains less than this share of the ranking is not told from chance by so few trials."""
PROOF_COLOURS = {"proven": "green", "same": "blue", "worse": "orange"}


def opened() -> str | None:
    """The search that the address names (?search=, its id, its job's, or `latest`); a dead link is told."""
    asked = frame.asked("search")
    if asked is None:
        return None
    try:
        with open_store(frame.store()) as db:
            return str(get_study(db, asked)["id"])
    except UserError:
        frame.gone(asked)
        frame.name_in_address(search=None)
        return None


def show(study_id: str) -> None:
    """The search: what lives is polled, the rest is drawn anew whenever a trial ends."""
    frame.link("train", t("search.back"), ":material/arrow_back:")
    with frame.reading() as db:
        view = read_search_view(db, study_id)
    _heading(view)
    watch(lambda db: _read(db, study_id), _live, _standing, _pace)
    _found(view)
    _charts(view)
    _trials(view)
    _own_presets(view)


def _read(db: Database, study_id: str) -> SearchView:
    return read_search_view(db, study_id)


def _standing(view: SearchView) -> object:
    return view.study["state"], [(trial["number"], trial["state"]) for trial in view.trials]


def _pace(view: SearchView) -> str | None:
    return pace_of([view.job]) if view.job else None


def _heading(view: SearchView) -> None:
    study = view.study
    st.subheader(t("search.title"))
    st.caption(
        t(
            "search.facts",
            recipe=plain(recipe_name(study["recipe"])),
            base=plain(study["base"]),
            preset=plain(words(f"preset.{study['recipe']}.{study['preset']}", study["preset"])),
            minutes=f"{study['minutes']:g}",
            fields=", ".join(field_name(name) for name in view.fields),
            id=study["id"],
        )
    )
    if study["dataset_id"]:
        frame.link(
            "curate", t("runs.lineage.dataset", id=study["dataset_id"]), ":material/rule:", dataset=study["dataset_id"]
        )


def field_name(name: str) -> str:
    """A setting in plain words."""
    return words(f"field.{name}", name)


def _live(view: SearchView) -> None:
    """Where it stands in a line, and what can be done."""
    if view.job is None:
        return
    keep_supervised([view.job])
    with st.container(border=True, key="search_banner"):
        left, right = st.columns([4, 1], vertical_alignment="center")
        with left:
            _banner(view, view.job)
        with right:
            job_button(view.job)
        with st.expander(t("runs.log")):
            with frame.reading() as db:
                lines = read_log(db, view.job["id"], limit=30)
            draw_log(lines)


def _banner(view: SearchView, job: Mapping[str, Any]) -> None:
    facts = job["progress"] or {}
    st.markdown(f"**{t('search.state.' + job['state'])}**")
    if job["state"] == "running" and facts.get("what") == "search":
        used = 1 - facts["seconds_left"] / max(1.0, view.study["minutes"] * 60)
        st.progress(min(1.0, max(0.0, used)), search_progress(facts))
        if facts.get("steps"):
            st.caption(t("search.step", trial=facts["trial"], step=facts["step"], steps=facts["steps"]))
    elif job["state"] == "running":
        st.caption(t("job.preparing"))
    elif job["state"] == "queued":
        draw_waiting(dict(job))
    elif job["state"] != "done":
        why = job["message_en" if frame.english() else "message_ko"]
        st.caption(plain(why) if why else t("job.no_reason"))
        st.caption(t("search.resumes", left=span(max(0.0, view.study["minutes"] * 60 - view.study["seconds"]))))


def _found(view: SearchView) -> None:
    """The best so far, whether that is more than luck, and the way to keep it."""
    best, first, proof = view.summary["best"], view.summary["baseline"], view.summary["proof"]
    st.subheader(t("search.found"), help=t("gloss.eval_loss"))
    if best is None:
        over = view.study["state"] == "done"
        st.info(t("search.none_over" if over else "search.none_yet"), icon=":material/hourglass_empty:")
        return
    columns = st.columns(3)
    columns[0].metric(t("search.best"), f"{best['value']:.4f}", help=t("search.best_help", n=best["number"]))
    before = first["value"]
    gain = None if before is None or best["number"] == 0 else f"{best['value'] - before:+.4f}"
    columns[1].metric(t("search.baseline"), "–" if before is None else f"{before:.4f}")
    columns[2].metric(t("search.gain"), gain or "–", help=t("search.gain_help"))
    _proof(proof, over=view.study["state"] == "done")
    _values(view, best)
    _doors(view, best)


def _proof(proof: Mapping[str, Any], over: bool) -> None:
    verdict = proof["verdict"] if over or proof["pairs"] or proof["verdict"] == "same" else "not_yet"
    colour = PROOF_COLOURS.get(verdict, "gray")
    st.markdown(f":{colour}-badge[{t(f'search.proof.{verdict}')}] {t(f'search.proof.{verdict}.why')}")
    if proof["low"] is not None:
        st.caption(
            t(
                "search.interval",
                difference=f"{proof['difference']:+.4f}",
                low=f"{proof['low']:+.4f}",
                high=f"{proof['high']:+.4f}",
                n=proof["pairs"],
            )
        )


def _values(view: SearchView, best: Mapping[str, Any]) -> None:
    """What the best changes, beside the preset."""
    rows = [
        {
            t("train.column.setting"): field_name(name),
            t("search.column.preset"): told_value(view.study["settings"][name]),
            t("search.column.best"): told_value(best["values"].get(name, view.study["settings"][name])),
        }
        for name in view.fields
    ]
    st.dataframe(rows, hide_index=True, width="stretch")


def _doors(view: SearchView, best: Mapping[str, Any]) -> None:
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        frame.link("runs", t("search.best_run"), ":material/monitoring:", run=best["run_id"])
        frame.link("chat", t("runs.talk"), ":material/chat:", model=best["run_id"])
    if best["number"] == 0:
        return
    with st.container(border=True):
        st.markdown(t("search.promote_lead"))
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            st.text_input(
                t("search.promote_name"), key="search_name", placeholder=t("search.promote_hint"), max_chars=40
            )
            st.button(
                t("search.promote"),
                key="search_promote",
                icon=":material/bookmark_add:",
                type="primary",
                on_click=act,
                args=(_promote, view.study["recipe"], view.study["id"]),
            )
        if kept := st.session_state.pop("search_promoted", None):
            st.success(t("search.promoted", name=plain(kept)), icon=":material/check_circle:")
            frame.link(
                "train", t("search.train_with"), ":material/play_arrow:",
                dataset=view.study["dataset_id"] or "", base=view.study["base"], preset=kept,
            )  # fmt: skip


def _promote(recipe: str, study_id: str) -> None:
    name = st.session_state["search_name"].strip()
    promote(frame.store(), load_recipe(recipe), study_id, name)
    st.session_state["search_promoted"] = name


def _charts(view: SearchView) -> None:
    if not any(trial["state"] == "done" for trial in view.own):
        return
    st.subheader(t("search.course"))
    search_charts.history(view)
    if len([trial for trial in view.own if trial["state"] in ("done", "pruned")]) > 1:
        st.subheader(t("search.parallel"), help=t("search.parallel_help"))
        search_charts.parallel(view)
    st.subheader(t("search.importance"), help=t("search.importance_help"))
    shares = view.importances()
    if shares and max(shares.values()) < TELLING:
        st.caption(t("search.importance_none"))
    elif shares:
        search_charts.importance(view.study["id"], shares)
    else:
        st.caption(t("search.importance_few"))


def _trials(view: SearchView) -> None:
    """Every trial as a row; a marked one opens its run."""
    if not view.trials:
        return
    st.subheader(t("search.trials"))
    st.caption(_counts(view.summary))
    marked = st.dataframe(
        [_row(view, trial) for trial in view.trials],
        hide_index=True,
        width="stretch",
        height="content" if len(view.trials) <= 14 else 560,
        key=f"search_trials_{view.study['id']}",
        on_select="rerun",
        selection_mode="single-row",
    )["selection"]["rows"]
    if marked and marked[0] < len(view.trials) and view.trials[marked[0]]["run_id"]:
        trial = view.trials[marked[0]]
        frame.link("runs", t("search.trial_run", n=trial["number"]), ":material/monitoring:", run=trial["run_id"])


def _counts(summary: Mapping[str, Any]) -> str:
    said = t("search.counts", **{name: summary[name] for name in ("trials", "pruned", "failed", "stopped")})
    skipped = [t(f"search.skipped.{why}", n=f"{count:,}") for why, count in summary["skipped"].items()]
    return said + (f" · {t('search.skipped')}: {', '.join(skipped)}" if skipped else "")


def _row(view: SearchView, trial: dict[str, Any]) -> dict[str, Any]:
    best = view.summary["best"]
    star = " ★" if best and trial["number"] == best["number"] else ""
    state = t(f"search.trial.{trial['state']}") + (
        f" ({t('search.why.' + trial['why'])})" if trial["why"] and trial["state"] == "failed" else ""
    )
    role = t(f"search.role.{trial['role']}", of=trial["of_number"], seed=trial["values"].get("seed"))
    steps = f"{trial['steps_done']}/{trial['steps_total']}" if trial["steps_total"] else "–"
    return {
        t("search.column.trial"): f"{trial['number']}{star}",
        t("search.column.what"): role,
        t("search.column.state"): state,
        t("search.column.loss"): _loss(trial),
        **{field_name(name): told_value(view.value(trial, name)) for name in view.fields},
        t("search.column.steps"): steps,
        t("search.column.time"): span(trial["seconds"]),
    }


def _loss(trial: Mapping[str, Any]) -> str:
    """The loss; in brackets the last one told of a trial that was given up."""
    loss = loss_of(trial)
    return "–" if loss is None else f"{loss:.4f}" if trial["state"] == "done" else f"({loss:.4f})"


def _own_presets(view: SearchView) -> None:
    """Presets of the owner for this recipe, each with what it sets and a way to remove it."""
    with frame.reading() as db:
        found = list_presets(db, view.study["recipe"])
    if not found:
        return
    st.subheader(t("search.presets"))
    for preset in found:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            settings = ", ".join(
                f"{field_name(name)} {told_value(value)}" for name, value in preset["settings"].items()
            )
            st.markdown(f"**{plain(preset['name'])}** :gray[:small[{plain(settings)}]]", width="stretch")
            st.button(
                t("search.remove"),
                key=f"search_remove_{preset['name']}",
                icon=":material/delete:",
                type="tertiary",
                on_click=act,
                args=(_remove, preset["recipe"], preset["name"]),
            )


def _remove(recipe: str, name: str) -> None:
    with open_store(frame.store()) as db:
        remove_preset(db, recipe, name)
