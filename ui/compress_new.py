"""Begin a compression: which model, how light, what may be lost. Simple choices become a plan in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from engine.compress.plan import FORMS, TRAINS, Step, parse_steps
from engine.errors import UserError
from engine.jobs.compress_advice import suggest
from engine.jobs.compress_time import Guess, guess_time
from engine.jobs.compressing import POINTS, Wish, launch_compression
from engine.store.compressions import made_by_compression
from engine.store.datasets import list_datasets
from engine.store.runs import speaking_runs
from ui import frame
from ui.compress import plan_words, technique
from ui.curate_address import recipe_name
from ui.frame import plain, t
from ui.live import moment, span

WAYS = ("light", "smaller", "student", "own")
RUNS = 50
ITEMS, FEW = 120, 100
"""Items judged unless told otherwise; below FEW small differences cannot be told."""
USUAL_SHARE = 25
"""Per cent that the simple choice takes out."""


def show() -> None:
    """The form; on a store without a finished run the way there."""
    with frame.reading() as db:
        runs = {run["id"]: {**run, "made": made_by_compression(db, run["id"])} for run in speaking_runs(db, limit=RUNS)}
    if not runs:
        with st.container(border=True):
            st.markdown(f"**{t('compress.none')}**")
            st.write(t("compress.none_why"))
            frame.link("train", t("compress.to_train"), ":material/arrow_forward:")
        return
    st.subheader(t("compress.new"))
    run = runs[_choose_run(runs)]
    with st.container(border=True, key="compress_plan"):
        plan = _choose_plan(run["id"])
        steps = _parsed(plan)
    points, on_fail = _choose_gate()
    dataset, limit = _choose_judging(run)
    if steps and dataset:
        _expect(run, steps, limit)
    wish = Wish(plan, dataset_id=dataset, points=points, on_fail=on_fail, limit=limit)
    if st.button(
        t("compress.start"), type="primary", icon=":material/compress:", key="compress_start", disabled=not (steps and dataset)
    ):  # fmt: skip
        _launch(run["id"], wish)
    with st.expander(t("frame.command"), icon=":material/terminal:"):
        st.code(command_of(run["id"], wish), language="bash", wrap_lines=True)


def _choose_run(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """The run of the address (?run=), else the newest that was trained."""
    asked = frame.asked("run")
    if asked and asked not in runs:
        frame.gone(asked)
    trained = [name for name, run in runs.items() if run["made"] is None]
    st.session_state["compress_run"] = asked if asked in runs else next(iter([*trained, *runs]))
    return str(
        st.selectbox(
            t("compress.run"), list(runs), format_func=lambda name: _label(runs[name]), key="compress_run",
            on_change=lambda: frame.name_in_address(run=st.session_state["compress_run"]),
        )
    )  # fmt: skip


def _label(run: Mapping[str, Any]) -> str:
    base = run["base"].replace("\\", "/").rstrip("/").split("/")[-1]
    label = " · ".join([recipe_name(run["recipe"]), moment(run["created_at"]), base, run["id"]])
    made = run["made"]
    return t("compress.run_made", label=label, technique=technique(made["technique"])) if made else label


def _choose_plan(run_id: str) -> str:
    """A way in a word, what it does, and the plan that it means."""
    way = st.segmented_control(
        t("compress.how"), WAYS, format_func=lambda name: t(f"compress.way.{name}"), key="compress_way", default=WAYS[0],
        required=True,
    )  # fmt: skip
    st.write(t(f"compress.does.{way}"))
    if way == "light":
        return "int8"
    if way == "student":
        return "prune:0.5,distil,int8"
    if way == "own":
        usual = suggest(frame.store(), run_id)
        st.caption(f":material/lightbulb: {plain(usual['why']['en' if frame.english() else 'ko'])}")
        return str(
            st.text_input(t("compress.plan"), usual["plan"], key=f"compress_own_{run_id}", help=t("compress.plan_help"))
        )
    share = st.slider(
        t("compress.share"), 10, 50, USUAL_SHARE, 5, format="%d%%", key="compress_share", help=t("compress.share_help")
    )
    return f"prune:{share / 100:g},heal,int8"


def _parsed(plan: str) -> Sequence[Step]:
    """The steps of the plan, told in words; none, and why, where it cannot be."""
    try:
        steps = parse_steps(plan)
    except UserError as error:
        frame.explain(error)
        return ()
    words = plan_words(
        [{"technique": s.technique, "share": s.share, "how": s.how, "teacher": s.teacher} for s in steps]
    )
    st.caption(t("compress.will", steps=words))
    return steps


def _choose_gate() -> tuple[float, Literal["rollback", "stop"]]:
    left, right = st.columns(2)
    points = left.slider(
        t("compress.gate"), 0.0, 10.0, POINTS, 0.5, format="%g", key="compress_points", help=t("compress.gate_help")
    )
    ways: tuple[Literal["rollback", "stop"], ...] = ("rollback", "stop")
    on_fail = right.radio(
        t("compress.fail"), ways, format_func=lambda name: t(f"compress.fail.{name}"), key="compress_fail"
    )
    return float(points), on_fail or ways[0]


def _choose_judging(run: Mapping[str, Any]) -> tuple[str | None, int]:
    """Dataset and items; None where the recipe has no dataset."""
    with frame.reading() as db:
        known = {one["id"]: _held_out(one) for one in list_datasets(db, run["recipe"]) if _held_out(one)}
    if not known:
        st.warning(t("compress.no_items"), icon=":material/block:")
        return None, ITEMS
    names, own = list(known), run["dataset_id"]
    with st.expander(t("compress.more"), icon=":material/tune:"):
        dataset = st.selectbox(
            t("compress.dataset"), names, index=names.index(own) if own in known else 0, key=f"compress_dataset_{run['id']}",
            format_func=lambda name: t("compress.dataset_label", id=name, n=f"{known[name]:,}"),
        )  # fmt: skip
        most = known[dataset]
        limit = st.number_input(
            t("compress.limit"), 1, most, min(most, ITEMS), key=f"compress_limit_{dataset}", help=t("compress.limit_help")
        )  # fmt: skip
    if limit < FEW:
        st.caption(f":material/info: {t('compress.few', n=int(limit))}")
    return str(dataset), int(limit)


def _held_out(dataset: Mapping[str, Any]) -> int:
    return int(dataset["counts"]["test"] or dataset["counts"]["validation"])


def _expect(run: Mapping[str, Any], steps: Sequence[Step], limit: int) -> None:
    """How long it will take and what it needs."""
    with frame.reading() as db:
        guess = guess_time(db, run, steps, limit)
    needs = [t("compress.needs.judge")]
    if any(step.technique in TRAINS for step in steps):
        needs.append(t("compress.needs.rows"))
    st.caption(
        f":material/schedule: {t('compress.takes', time=_time(guess, steps))} · {t('compress.needs', what=', '.join(needs))}",
        help=t("compress.takes.help"),
    )


def _time(guess: Guess, steps: Sequence[Step]) -> str:
    told = [t("compress.takes.convert")] if any(step.technique in FORMS for step in steps) else []
    if guess.train_s is None:
        told.append(t("compress.takes.train_unknown"))
    elif guess.train_s:
        told.append(t("compress.takes.train", time=span(guess.train_s)))
    judged = t("compress.takes.judge_about", time=span(guess.judge_s)) if guess.judge_s else ""
    told.append(t("compress.takes.judge", n=guess.items, times=guess.times, time=judged).strip())
    return " + ".join(told)


def _launch(run_id: str, wish: Wish) -> None:
    try:
        compression_id, _ = launch_compression(frame.store(), run_id, wish)
    except UserError as error:
        frame.explain(error)
        return
    frame.name_in_address(compression=compression_id, run=None)
    st.rerun()


def command_of(run_id: str, wish: Wish) -> str:
    """The same wish as a command."""
    words = ["python -m engine compress", run_id, "--with", wish.plan, f"--gate {wish.points:g}"]
    words += ["--on-fail stop"] if wish.on_fail == "stop" else []
    words += [f"--dataset {wish.dataset_id}"] if wish.dataset_id else []
    return " ".join([*words, f"--limit {wish.limit}"])
