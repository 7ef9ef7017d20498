"""One run as it goes: where it stands, what can be done, its numbers, curve, sample answers and log, in one polling fragment."""

from typing import Any, Literal

import streamlit as st

from engine.hardware import room
from engine.jobs.judge import judge_run
from engine.store.jobs import ENDED
from engine.train.curve import Curve
from engine.train.provenance import Resumable
from engine.train.watch import RunView, read_run_view
from ui import frame, resources, runs_epochs
from ui.frame import plain, t
from ui.live import act, age, ago, draw_waiting, job_button, keep_supervised, pace_of, resume_job, span, stop_job, watch
from ui.runs_chart import GROUPS, loss_chart, measured, small_chart
from ui.runs_provenance import change_door
from ui.runs_queue import draw_log
from ui.runs_reward import objective_of, on_policy, reward_charts, scores_only
from ui.runs_tries import show_tries

TRAINS = "2s"
"""Between two looks at a run that learns: a record comes every few steps."""
SILENT_SECONDS = 30.0
"""Workers beat every 3 seconds; ten beats missed are told."""
BANNERS = {
    "done": ("green", ":material/check_circle:"), "early": ("green", ":material/check_circle:"),
    "away": ("gray", ":material/outbox:"), "returned": ("green", ":material/check_circle:"),
    "compressed": ("green", ":material/compress:"), "unmade": ("gray", ":material/compress:"),
    "adopted": ("gray", ":material/extension:"), "lost": ("gray", ":material/help:"),
    "stopped_saved": ("orange", ":material/pause_circle:"), "cancelled": ("gray", ":material/cancel:"),
    "killed": ("orange", ":material/power_off:"), "out_of_memory": ("red", ":material/memory:"),
    "user_error": ("red", ":material/error:"), "bug": ("red", ":material/bug_report:"),
    "pruned": ("gray", ":material/content_cut:"), "out_of_time": ("gray", ":material/timer_off:"),
    "trial_failed": ("red", ":material/error:"),
    "waiting": ("gray", ":material/schedule:"), "running": ("blue", ":material/progress_activity:"),
    "stopping": ("blue", ":material/save:"),
}  # fmt: skip
UNTOLD = ("adopted", "lost", "away", "unmade")
"""Where there are no numbers and no curve."""
SMOOTH = 0.6
"""Weight of the smoothing that a visit begins with: a record counts about as much as the two before it."""
TOLD_BY_JOB = ("out_of_memory", "user_error", "bug")
"""Endings whose own message says what was found and what to do."""
MENDED_BY_SETTINGS = ("out_of_memory", "user_error")
"""Endings after which the same settings would mostly end the same way."""


def live_run(run_id: str) -> None:
    """The run, polled while it or its evaluation is alive."""
    watch(lambda db: read_run_view(db, run_id), _draw, _standing, _pace)


def _standing(view: RunView) -> object:
    return view.standing, view.evaluation, view.judged_by, view.job and view.job["attempt"]


def _pace(view: RunView) -> str | None:
    if view.standing in ("running", "stopping"):
        return TRAINS
    if view.standing == "waiting" and view.job:
        return pace_of([view.job])
    return "5s" if view.judged_by else None


def _draw(view: RunView) -> None:
    if view.job:
        keep_supervised([view.job])
    _banner(view)
    _doors(view)
    show_tries(view.tries)
    _numbers(view)
    _curve(view)
    runs_epochs.show(view.epochs)
    if view.rewards:
        reward_charts(view.run["id"], view.rewards)
    _samples(view)
    if view.job and view.usage:
        resources.box(view.job["id"], view.usage)
    with st.expander(t("runs.log")):
        draw_log(view.log)


def _banner(view: RunView) -> None:
    """Where it stands in one line, and why."""
    colour, icon = BANNERS[view.standing]
    with st.container(border=True, key="runs_banner"):
        words = t(f"runs.standing.{view.standing}")
        if view.standing == "stopping" and view.run["stop"] == "cancel":
            words = t("job.stopping")
        st.markdown(f":{colour}[{icon}] **{words}**")
        if view.standing in ("running", "stopping"):
            _progress(view)
        elif view.standing == "waiting" and view.job:
            draw_waiting(view.job)
            st.caption(t("runs.why.waiting"))
        else:
            st.markdown(_why(view))


def _why(view: RunView) -> str:
    """Why it ended, and what to do next."""
    told = view.run["message_en" if frame.english() else "message_ko"]
    if view.standing in TOLD_BY_JOB:
        return plain(told) if told else t("job.no_reason")
    if view.standing == "done" and scores_only(view.run):
        return t("reward.done", steps=view.run["steps_done"])
    why = "judged" if view.standing == "done" and view.evaluation else view.standing
    elsewhere = {"machine": "?", "card": "?", **view.run["environment"].get("elsewhere", {})}
    where = {name: plain(text) for name, text in elsewhere.items()}
    return t(f"runs.why.{why}", steps=view.run["steps_done"], best=view.run["best_step"] or "?", **where)


def _progress(view: RunView) -> None:
    """Confirmed steps, the last word from the worker, and the time left at this attempt's speed."""
    run = view.run
    if run["steps_total"]:
        share = min(1.0, run["steps_done"] / run["steps_total"])
        st.progress(share, t("runs.of", done=f"{run['steps_done']:,}", total=f"{run['steps_total']:,}"))
    else:
        st.progress(0.0, t("runs.loading"))
    left = t("runs.left_unknown") if view.seconds_left is None else t("runs.left", span=span(view.seconds_left))
    facts = [left]
    if run["heartbeat_at"] and age(run["heartbeat_at"]) < SILENT_SECONDS:
        facts.insert(0, t("runs.heard", ago=ago(run["heartbeat_at"])))
    if run["attempt"] and run["attempt"] > 1:
        facts.append(t("runs.attempt", n=run["attempt"]))
    st.caption(" · ".join(facts))
    if run["heartbeat_at"] and age(run["heartbeat_at"]) >= SILENT_SECONDS:
        st.warning(t("runs.silent", ago=ago(run["heartbeat_at"])), icon=":material/signal_disconnected:")


def _doors(view: RunView) -> None:
    """What can be done now; the likeliest next step is the primary one."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if view.run["state"] in ENDED:
            _ended_doors(view)
        elif view.job:
            _living_doors(view, view.job)


def _living_doors(view: RunView, job: dict[str, Any]) -> None:
    if view.standing == "running":
        st.button(
            t("runs.stop_save"), key="runs_stop_save", icon=":material/save:", help=t("runs.stop_help"),
            on_click=act, args=(stop_job, job["id"], "save"),
        )  # fmt: skip
    if view.standing == "waiting":
        job_button(job)
    elif view.run["stop"] != "cancel":
        st.button(
            t("runs.cancel"), key="runs_cancel", icon=":material/cancel:", help=t("runs.cancel_help"), type="tertiary",
            on_click=act, args=(stop_job, job["id"], "cancel"),
        )  # fmt: skip
    if not scores_only(view.run):
        _judge_door(view, primary=False)


def _ended_doors(view: RunView) -> None:
    finished = view.standing in ("done", "early", "adopted", "returned", "compressed")
    if view.run["study_id"]:
        frame.link("train", t("runs.to_search"), ":material/travel_explore:", search=view.run["study_id"])
    elif view.resumable and view.job:
        _resume_door(view.resumable, view.job["id"], hopeful=view.standing != "user_error")
    if made := view.run["environment"].get("compressed"):
        frame.link("compress", t("runs.compression"), ":material/compress:", compression=made["compression"])
    if view.standing in MENDED_BY_SETTINGS:
        change_door(view.run)
    if view.run["adapter_id"]:
        if scores_only(view.run):
            _reward_door(view.run)
            return
        _judge_door(view, primary=finished)
        if st.button(t("runs.talk"), key="runs_talk", icon=":material/chat:"):
            frame.go("chat", model=view.run["id"])
        if view.run["dataset_id"]:
            frame.link("compress", t("runs.lighter"), ":material/compress:", run=view.run["id"])
        frame.link("deploy", t("runs.hand"), ":material/send:", run=view.run["id"])
        frame.link("deploy", t("runs.files"), ":material/output:", run=view.run["id"], view="export")


def _reward_door(run: dict[str, Any]) -> None:
    """What a reward model is for: it cannot be talked to."""
    st.caption(t("reward.no_talk"), width="content")
    if st.button(t("reward.use"), key="runs_use_reward", icon=":material/trending_up:", type="primary"):
        frame.go("train", dataset=run["dataset_id"], set=f"objective=grpo;reward_run={run['id']}")


def _resume_door(found: Resumable, job_id: str, hopeful: bool) -> None:
    """From which step it would go on; where it cannot, why. `hopeful`: going on mends it."""
    if found.refusal:
        st.warning(frame.told(found.refusal), icon=":material/block:")
        return
    words = t("runs.resume_from", step=f"{found.step:,}") if found.step else t("runs.resume_anew")
    st.button(
        words, key="runs_resume", icon=":material/replay:", type="primary" if hopeful else "secondary",
        on_click=act, args=(resume_job, job_id),
    )  # fmt: skip


def _judge_door(view: RunView, primary: bool) -> None:
    """The results when there are any, the evaluation's job when it is under way, else the button that queues it."""
    if view.evaluation:
        weight: Literal["primary", "secondary"] = "primary" if primary else "secondary"
        if st.button(t("runs.results"), key="runs_results", icon=":material/leaderboard:", type=weight):
            frame.go("evaluate", evaluation=view.evaluation)
    elif view.judged_by:
        st.caption(t("runs.judging"), width="content")
        frame.link("runs", t("job.look"), None, job=view.judged_by)
    else:
        st.button(
            t("runs.judge" if view.run["state"] in ENDED else "runs.judge_then"), key="runs_judge",
            icon=":material/balance:", type="primary" if primary else "secondary", help=t("runs.judge_help"),
            on_click=act, args=(judge_run, frame.store(), view.run["id"]),
        )  # fmt: skip


def _numbers(view: RunView) -> None:
    """Four numbers, each explained when pointed at."""
    if view.standing in UNTOLD:
        return
    run, newest, best = view.run, view.newest or {}, view.curve.verdict.best
    memory = run["peak_gb"] or newest.get("memory_gb")
    speed = newest.get("tokens_per_second") if run["state"] == "running" else run["tokens_per_second"]
    free = room(frame.store().parent)["ram_free_gb"]
    # from six digits on both would not fit; the bar above tells the total
    total = f" / {run['steps_total']:,}" if run["steps_total"] and run["steps_total"] < 100_000 else ""
    told = (
        ("runs.step", f"{run['steps_done']:,}{total}", t("gloss.step")),
        _best_number(view.run, best and best[1]),
        ("runs.speed", _number(speed, "{:,.0f}"), t("gloss.token")),
        ("runs.memory", _number(memory, "{:.1f} GB"), t("runs.memory_help", free=f"{free:.1f}")),
    )
    place = st.container(key="runs_numbers")
    for column, (label, value, help_) in zip(place.columns(len(told)), told, strict=True):
        column.metric(t(label), value, help=help_)


def _best_number(run: dict[str, Any], best: float | None) -> tuple[str, str, str]:
    """The lowest validation loss; what learns from its own answers has a reward in its place."""
    if on_policy(run):
        return "reward.best", _number(None if best is None else -best, "{:.2f}"), t("reward.of.reward.help")
    return "runs.validation_loss", _number(best, "{:.3f}"), t("gloss.eval_loss")


def _number(value: float | None, shape: str) -> str:
    return "–" if value is None else shape.format(value)


def _curve(view: RunView) -> None:
    """The curve and what it says."""
    objective_of(view.run)
    if view.standing in UNTOLD or (on_policy(view.run) and view.rewards):
        return  # a step's loss says nothing where answers are scored
    st.subheader(t("runs.curve"), help=t("gloss.loss"))
    if not view.curve.losses and not view.curve.validations:
        st.caption(t("runs.no_curve"))
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        weight = st.slider(
            t("runs.smooth"), 0.0, 0.98, SMOOTH, 0.02, key="runs_smooth", help=t("runs.smooth_help"), width=220
        )
        more = st.toggle(t("runs.more_curves"), key="runs_more_curves")
        held = view.run["state"] not in ENDED and st.toggle(t("runs.hold"), key="runs_hold", help=t("runs.hold_help"))
    curve = _held(view) if held else view.curve
    if not held:
        st.session_state.pop("runs_held", None)
    loss_chart(view.run["id"], curve, weight)
    st.markdown(_verdict(view))
    if said := _training(view):
        st.markdown(said)
    if more:
        _more_charts(view.run["id"], curve)


def _more_charts(run_id: str, curve: Curve) -> None:
    """What else was measured, a tab for each group that has something."""
    groups = [group for group in GROUPS if measured(curve, group)]
    if not groups:
        return
    for tab, group in zip(st.tabs([t(f"runs.group.{group}") for group in groups]), groups, strict=True):
        with tab:
            columns = st.columns(2)
            for place, name in enumerate(measured(curve, group)):
                with columns[place % 2]:
                    small_chart(run_id, curve, name)


def _training(view: RunView) -> str:
    """What the training loss adds to the verdict; empty when it adds nothing."""
    training, verdict = view.curve.training, view.curve.verdict
    over = view.run["state"] in ENDED
    if training.course == "diverging":
        rate = f"{view.run['settings']['learning_rate'] / 5:g}"
        key = "runs.learns.diverged" if over else "runs.learns.diverging"
        return f":red[:material/trending_up:] {t(key, lowest=f'{training.lowest or 0:,}', rate=rate)}"
    if training.course == "falling" and verdict.course == "rising":
        return t("runs.learns.memorises")
    if training.course in ("falling", "flat") and verdict.course in ("none", "early"):
        return t(f"runs.learns.{training.course}")
    return ""


def _held(view: RunView) -> Curve:
    """The curve as it was when the owner held it: Streamlit mounts a chart anew for every new point, and its zoom is lost."""
    run_id, curve = st.session_state.setdefault("runs_held", (view.run["id"], view.curve))
    return curve if run_id == view.run["id"] else view.curve


def _verdict(view: RunView) -> str:
    """The curve in a sentence, and which adapter is kept where that matters."""
    verdict, over = view.curve.verdict, view.run["state"] in ENDED
    course = "falling_over" if verdict.course == "falling" and over else verdict.course
    best = f"{verdict.best[0]:,}" if verdict.best else "?"
    words = t(f"runs.course.{course}", best=best, level=f"{verdict.level or 0:,}")
    if verdict.course != "rising":
        return words
    return f"{words} {t('runs.keeps_best' if view.run['settings']['keep_best'] else 'runs.keeps_last', best=best)}"


def _samples(view: RunView) -> None:
    """The same prompts, answered again and again: here one sees it learn."""
    if not view.samples and view.run["state"] in ENDED:
        return
    st.subheader(t("runs.samples"), help=t("runs.samples_help"))
    if not view.samples:
        st.caption(t("runs.no_samples"))
        return
    steps = sorted({said["step"] for sample in view.samples for said in sample["said"]})
    shown = steps[-1]
    if len(steps) > 2:
        shown = st.select_slider(
            t("runs.samples_at"),
            steps[1:],
            steps[-1],
            key=f"runs_samples_{view.run['id']}_{len(steps)}",
            format_func="{:,}".format,
        )
    for sample in view.samples:
        with st.container(border=True, gap="xsmall"):
            _line(t("runs.said_to"), sample["messages"][-1]["content"])
            said = {one["step"]: one["text"] or t("runs.silence") for one in sample["said"]}
            told = [(_at(step), said[step], "blue") for step in dict.fromkeys((steps[0], shown)) if step in said]
            for column, one in zip(
                st.columns(3), [*told, (t("runs.my_reply"), sample["target"], "gray")], strict=False
            ):
                with column:
                    _line(*one)


def _at(step: int) -> str:
    return t("runs.before") if step == 0 else t("runs.at_step", step=f"{step:,}")


def _line(label: str, text: str, colour: str = "gray") -> None:
    """A labelled text from data, on one line."""
    st.markdown(f":{colour}-background[{label}] {plain(' '.join(text.split()))}")
