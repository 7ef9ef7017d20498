"""The reward part of a run: what it learns from, what is wrong, and its curves with the ranges that are red. It reads no store."""

import math
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.train.preferences.reward_curve import RANGES, Points, Rewards
from engine.train.settings import ON_POLICY
from ui.charts import BAD, CHECK, GOOD, TUNED, show
from ui.frame import t

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CHARTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "dpo": (("margin",), ("rewards_chosen", "rewards_rejected"), ("accuracy",)),
    "kto": (("margin",), ("rewards_chosen", "rewards_rejected"), ("kl",)),
    "reward": (("accuracy",), ("margin",), ("reward",)),
    "grpo": (("reward",), ("kl",), ("completion_length",), ("clipped",)),
    "rloo": (("reward",), ("kl",), ("completion_length",), ("clipped",)),
}
"""The charts of an objective, each of one number or of two that are read together; what matters most comes first."""
SHARES = ("accuracy", "clipped")


def scores_only(run: dict[str, Any]) -> bool:
    """Whether a run is a reward model, which says nothing."""
    return bool(run["settings"].get("objective") == "reward")


def on_policy(run: dict[str, Any]) -> bool:
    """Whether a run learns from answers of its own, scored by a reward model."""
    return run["settings"].get("objective") in ON_POLICY


def objective_of(run: dict[str, Any]) -> None:
    """What a run on preferences learns, in one line. Nothing for example answers."""
    objective = run["settings"].get("objective", "sft")
    if objective == "sft":
        return
    st.markdown(
        f":violet-badge[{t('reward.experimental')}] **{t(f'field.objective.{objective}')}** · {t(f'reward.story.{objective}')}",
        help=t("reward.no_ppo") if objective in ON_POLICY else None,
    )


def reward_charts(run_id: str, rewards: Rewards) -> None:
    """Warnings first, then the curves, two in a row."""
    st.subheader(t("reward.title"), help=t(f"reward.help.{rewards.objective}"))
    for flag in rewards.flags:
        words = t(f"reward.flag.{flag.name}", value=_told(flag.name, flag.value))
        (st.error if flag.red else st.warning)(words, icon=":material/flag:")
    if not rewards.flags and any(rewards.trained.values()):
        st.caption(f":green[:material/check:] {t('reward.no_flags')}")
    charts = [names for names in CHARTS[rewards.objective] if any(name in rewards.trained for name in names)]
    columns = st.columns(2)
    for place, names in enumerate(charts):
        with columns[place % 2]:
            st.markdown(f"**{t(f'reward.of.{names[0]}')}**", help=t(f"reward.of.{names[0]}.help"))
            _chart(run_id, names, rewards)


def _told(flag: str, value: float) -> str:
    if flag in ("coin", "learned_by_heart", "clipped"):
        return f"{100 * value:.0f} %"
    return f"{value:.0f}" if flag == "length" else f"{value:.2f}"


def _chart(run_id: str, names: tuple[str, ...], rewards: Rewards) -> None:
    from plotly.graph_objects import Figure

    figure, together = Figure(), len(names) > 1
    for name, colour in zip(names, (GOOD, BAD) if together else (TUNED,), strict=False):
        label = t(f"reward.name.{name}")
        _line(figure, rewards.trained.get(name, []), label if together else t("reward.training"), colour)
        if not together:
            _line(figure, rewards.validated.get(name, []), t("reward.validation"), CHECK, dots=True)
    _red(figure, names[0], rewards)
    figure.update_xaxes(title=t("runs.step"), rangemode="tozero", showgrid=False)
    figure.update_yaxes(nticks=5, tickformat=".0%" if names[0] in SHARES else None)
    figure.update_layout(uirevision=run_id, showlegend=True)
    show(figure, key=f"runs_reward_{run_id}_{names[0]}", height=220)


def _line(figure: "Figure", points: Points, name: str, colour: str, dots: bool = False) -> None:
    from plotly.graph_objects import Scatter

    if points:
        figure.add_trace(
            Scatter(
                x=[step for step, _ in points], y=[value for _, value in points], name=name,
                mode="lines+markers" if dots or len(points) < 3 else "lines", line={"color": colour, "width": 1.5},
                marker={"size": 6}, hovertemplate="%{y:.3f}",
            )
        )  # fmt: skip


def _red(figure: "Figure", name: str, rewards: Rewards) -> None:
    """The red range, as far as the curve comes near it: one far away would flatten the curve."""
    points = [value for _, value in rewards.trained.get(name, [])]
    if rewards.objective not in ON_POLICY or name not in RANGES or not points:
        return
    low, high = RANGES[name]
    if max(points) > low / 2:
        top = high if math.isfinite(high) else max(*points, low) * 1.1
        figure.add_hrect(y0=low, y1=top, fillcolor=BAD, opacity=0.12, line_width=0)
