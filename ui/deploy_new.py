"""Begin a deployment: which model, where to, for whom. What is rarely changed is folded away."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from engine.deploy.bundle import BundleSettings
from engine.deploy.engines import engines_for
from engine.deploy.targets import TARGETS
from engine.errors import UserError
from engine.jobs.deploying import launch_deployment
from engine.jobs.exporting import TARGET
from engine.serve.choose import Model, choose_model
from engine.store.runs import speaking_runs
from ui import deploy_plan, deploy_upload, frame
from ui.curate_address import recipe_name
from ui.deploy import target_name
from ui.live import moment
from ui.say import plain, t

RUNS = 50
GUESTS = 20
CODES = "deploy_codes"
"""Session key: {job: ((name, code), …)} of invitations made in this visit; the codes are nowhere else."""


def show() -> None:
    """The form; on a store without a finished run the way there."""
    with frame.reading() as db:
        runs = {run["id"]: run for run in speaking_runs(db, limit=RUNS)}
    if not runs:
        with st.container(border=True):
            st.markdown(f"**{t('deploy.none')}**")
            st.write(t("deploy.none_why"))
            frame.link("train", t("deploy.to_train"), ":material/arrow_forward:")
        return
    st.subheader(t("deploy.new"))
    with st.container(border=True, key="deploy_new"):
        run = _choose_run(runs)
        target = str(
            st.radio(
                t("deploy.where"), list(TARGETS), format_func=target_name, key="deploy_target",
                captions=[t(f"deploy.about.{name}") for name in TARGETS],
            )
        )  # fmt: skip
        guests = _guests()
        with frame.reading() as db:
            model = choose_model(db, run)
        settings, out = _more(model, target, recipe_name(runs[run]["recipe"]))
        fits = deploy_plan.show(model, target, settings)
        upload = _upload(target)
        if st.button(
            t("deploy.start"), type="primary", icon=":material/inventory_2:", key="deploy_start", disabled=not fits
        ):  # fmt: skip
            launch(run, target, out, settings, guests, upload=upload)
    with st.expander(t("frame.command"), icon=":material/terminal:"):
        st.code(command_of(run, target, out, settings), language="bash", wrap_lines=True)


def _choose_run(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """The run of the address (?run=), else the newest."""
    asked = frame.asked("run")
    if asked and asked not in runs:
        frame.gone(asked)
    st.session_state["deploy_run"] = asked if asked in runs else next(iter(runs))
    return str(
        st.selectbox(
            t("deploy.which"), list(runs), format_func=lambda name: _label(runs[name]), key="deploy_run",
            on_change=lambda: frame.name_in_address(run=st.session_state["deploy_run"]),
        )
    )  # fmt: skip


def _label(run: Mapping[str, Any]) -> str:
    base = run["base"].replace("\\", "/").rstrip("/").split("/")[-1]
    return " · ".join([recipe_name(run["recipe"]), moment(run["created_at"]), base, run["id"]])


def _guests() -> list[str]:
    """Names, one a line."""
    typed = st.text_area(
        t("deploy.guests"), placeholder=t("deploy.guests_hint"), key="deploy_guests", help=t("deploy.guests_help"),
        height=80, max_chars=2000,
    )  # fmt: skip
    named = [line.strip() for line in typed.splitlines() if line.strip()][:GUESTS]
    if not named:
        st.caption(f":material/info: {t('deploy.no_guests')}")
    return named


def _upload(target: str) -> dict[str, Any] | None:
    """Whether it goes up as soon as it is made, where a place takes that."""
    if target != TARGET or not st.checkbox(t("upload.after"), key="deploy_upload_after", help=t("upload.after_help")):
        return None
    return deploy_upload.wish("deploy_upload")


def _more(model: Model, target: str, usual: str) -> tuple[BundleSettings, Path]:
    """usual: the name that visitors see where none is given."""
    card = target == TARGET and st.checkbox(t("deploy.gpu"), key="deploy_gpu", help=t("deploy.gpu_help"))
    with st.expander(t("deploy.more"), icon=":material/tune:"):
        engine = "" if card else _engine(model)
        title = st.text_input(t("deploy.name"), key="deploy_name", placeholder=usual, max_chars=60)
        home = st.text_input(t("deploy.home"), key="deploy_home", help=t("deploy.home_help"), max_chars=300)
        out = st.text_input(
            t("deploy.out"), str(free_folder(model.name, target)), key=f"deploy_out_{model.name}_{target}"
        )
    named = title.strip() or usual[:60]
    return BundleSettings(engine=engine, gpu=card, title=named, home=home.strip()), Path(out).expanduser()


def _engine(model: Model) -> str:
    """Of those that can carry the model; what an earlier choice left in the session and this model cannot take is let go."""
    able = engines_for(model)
    if st.session_state.get("deploy_engine") not in able:
        st.session_state["deploy_engine"] = able[0]
    return str(
        st.selectbox(
            t("deploy.engine"), able, format_func=lambda name: t(f"deploy.engine.{name}"), key="deploy_engine",
            help=t("deploy.engine_help"),
        )
    )  # fmt: skip


def free_folder(run: str, target: str) -> Path:
    """A folder beside the store that nothing is in yet."""
    first = frame.store().parent / "bundles" / f"{run}-{target}"
    names = [first, *(first.with_name(f"{first.name}-{number}") for number in range(2, 100))]
    return next((one for one in names if not one.exists()), first)


def launch(
    run: str,
    target: str,
    out: Path,
    settings: BundleSettings,
    guests: Sequence[str],
    override: str | None = None,
    former: str | None = None,
    upload: Mapping[str, Any] | None = None,
) -> None:
    """Queue it and show it; a refusal is told. former: the job whose invitations it carries on; upload: where it goes once it is made."""
    try:
        begun = launch_deployment(
            frame.store(), run, target, out, settings, guests=guests, override=override, upload=upload
        )
    except UserError as error:
        frame.explain(error)
        return
    st.session_state[CODES] = {begun.job_id: begun.codes or st.session_state.get(CODES, {}).get(former, ())}
    frame.name_in_address(job=begun.job_id, run=None, deployment=None)
    st.rerun()


def again(job: Mapping[str, Any]) -> None:
    """What a red audit stopped, once more with the owner's reason."""
    asked = job["args"]
    with st.form("deploy_again", border=True):
        st.markdown(f"**{t('deploy.again')}**")
        reason = st.text_area(t("deploy.reason"), key="deploy_reason", help=t("deploy.reason_help"), max_chars=1000)
        if st.form_submit_button(t("deploy.again"), icon=":material/gavel:"):
            settings, out = BundleSettings(**asked["settings"]), free_folder(asked["run"], asked["target"])
            launch(asked["run"], asked["target"], out, settings, (), reason, job["id"], asked.get("upload"))


def codes(job_id: str | None) -> None:
    """The codes of the invitations that went into it, while this visit lasts."""
    made = st.session_state.get(CODES, {}).get(job_id, ())
    if made:
        with st.container(border=True, key="deploy_codes_box"):
            st.markdown(f":material/mail: **{t('deploy.codes')}**")
            for name, code in made:
                st.caption(plain(name))
                st.code(code, language=None)


def command_of(run: str, target: str, out: Path, settings: BundleSettings) -> str:
    """The same as a command."""
    words = ["python -m engine deploy", run, f"--target {target}", f"--out {shlex.quote(str(out))}"]
    words += ["--gpu"] if settings.gpu else [f"--engine {settings.engine}"]
    return " ".join(words)
