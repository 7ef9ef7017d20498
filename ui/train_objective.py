"""What a run learns: the objectives a dataset of preferences fits, each in one line, and the reward model where one is needed."""

import streamlit as st

from engine.jobs.choices import BaseChoice
from engine.store.preferences import STYLES
from engine.train.objectives import fitting_objectives, reward_models
from engine.train.settings import ON_POLICY
from ui import frame
from ui.frame import plain, t
from ui.live import moment
from ui.train import Material

HIDDEN = ("objective", "reward_run", "beta", "generations", "answer_tokens")
"""Fields that are drawn here, or beside the common ones where the objective uses them."""


def choose_objective(material: Material, base: BaseChoice) -> dict[str, str]:
    """{objective, reward_run} as `--set` takes them; empty for example answers."""
    style, asked = material.dataset["style"], _asked()
    named = asked.get("objective", "sft")
    if style not in STYLES and named not in ON_POLICY:
        return {}
    options = fitting_objectives(style)
    key = f"train_objective_{material.id}"
    if st.session_state.setdefault(key, named) not in options:
        st.session_state[key] = options[0]
    chosen = st.radio(
        t("reward.choose"),
        options,
        format_func=lambda name: t(f"field.objective.{name}"),
        captions=[t(f"reward.story.{name}") for name in options],
        key=key,
        help=t("reward.choose_help"),
    )
    if chosen == "sft":
        return {}
    st.caption(
        f":violet-badge[{t('reward.experimental')}] {t('reward.no_ppo' if chosen in ON_POLICY else 'reward.after_sft')}"
    )
    if chosen not in ON_POLICY:
        return {"objective": chosen}
    return {"objective": chosen, "reward_run": _reward_run(base, asked.get("reward_run", ""))}


def _asked() -> dict[str, str]:
    """What the address sets; the widgets take only what they offer."""
    parts = (part.partition("=") for part in (frame.asked("set") or "").split(";"))
    return {name: value for name, _, value in parts if name in HIDDEN}


def _reward_run(base: BaseChoice, asked: str) -> str:
    """The reward model: the address's, else the newest on this base; `none` where there is none."""
    with frame.reading() as db:
        runs = {run["id"]: run for run in reward_models(db, base.name)}
    if not runs:
        st.info(t("reward.no_runs"), icon=":material/info:")
        return "none"
    place = list(runs).index(asked) if asked in runs else 0
    return str(
        st.selectbox(
            t("reward.which_run"),
            list(runs),
            place,
            format_func=lambda name: f"{name} · {moment(runs[name]['created_at'])} · {plain(runs[name]['base'])}",
            key=f"train_reward_run_{base.name}",
        )
    )


def fields_of(objective: str) -> tuple[str, ...]:
    """Settings that only this objective has."""
    if objective in ON_POLICY:
        return ("beta", "generations", "answer_tokens")
    return ("beta",) if objective in ("dpo", "kto") else ()
