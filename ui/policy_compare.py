"""Before and after: the same questions under other settings, and what can be said of the difference."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.store.policy_models import evaluations_beside
from ui import frame, policy
from ui.frame import plain, t
from ui.leaderboard import BADGES, between, difference, metric_label, probability
from ui.live import moment

NONE = "none"
"""`?beside=none`: the owner wants to see this evaluation alone."""


def choose(evaluation: Mapping[str, Any]) -> dict[str, Any] | None:
    """The evaluation to compare with, kept in the address (`?beside=`): asked for, else the newest with other settings."""
    with frame.reading() as db:
        offered = {one["id"]: one for one in evaluations_beside(db, evaluation["id"])}
    if not offered:
        return None
    asked = frame.asked("beside")
    if asked not in (None, NONE) and asked not in offered:
        frame.gone(str(asked))
        asked = None
    now = decoding_of(evaluation)
    earlier = (id_ for id_, one in offered.items() if one["created_at"] < evaluation["created_at"])
    first = next((id_ for id_ in earlier if decoding_of(offered[id_]) != now), NONE)
    st.session_state["policy_beside"] = asked or first
    chosen = st.selectbox(
        t("policy.beside"),
        [NONE, *offered],
        format_func=lambda id_: t("policy.beside_none") if id_ == NONE else _label(offered[id_]),
        key="policy_beside",
        help=t("policy.beside_help"),
        on_change=lambda: frame.name_in_address(beside=st.session_state["policy_beside"]),
    )
    return offered.get(chosen)


def decoding_of(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """The settings answers were drawn with, for comparing."""
    settings = evaluation["settings"]
    own = settings.get("settings_of", {})
    return {**settings.get("decoding", {}), "k": settings.get("retrieval", {}).get("k"), "own": own}


def _label(evaluation: Mapping[str, Any]) -> str:
    found = decoding_of(evaluation)
    told = t("policy.own_settings") if found["own"] else policy.settings_words(found)
    return f"{moment(evaluation['created_at'])} · {told} · {evaluation['id']}"


def changes(
    beside: Mapping[str, Any] | None, evaluation: Mapping[str, Any]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """{(model, metric): its change} from the other evaluation to this one."""
    if beside is None:
        return {}
    return {(one["model"], one["metric"]): one for one in policy.changes_between(beside["id"], evaluation["id"])}


def show(
    beside: Mapping[str, Any] | None,
    evaluation: Mapping[str, Any],
    found: Mapping[tuple[str, str], Mapping[str, Any]],
    names: Mapping[str, str],
) -> None:
    """Both settings in words, then a line per model and metric."""
    if beside is None:
        return
    st.subheader(t("policy.change"))
    before, after = decoding_of(beside), decoding_of(evaluation)
    for key, told in (("policy.settings_before", before), ("policy.settings_after", after)):
        said = t("policy.own_settings") if told["own"] else policy.settings_words(told)
        st.markdown(t(key, settings=plain(said)))
    if not found:
        st.info(t("policy.change_none"), icon=":material/info:")
        return
    for model, name in names.items():
        one = found.get((model, "hallucination_rate"))
        if one is not None:
            st.markdown(_sentence(name, one))
    with st.expander(t("policy.change_all"), icon=":material/table_rows:"):
        st.dataframe([_row(one, names) for one in found.values() if one["model"] in names], hide_index=True,
                     width="stretch", height="content")  # fmt: skip


def _sentence(name: str, change: Mapping[str, Any]) -> str:
    verdict = change["verdict"]
    said = t(
        "policy.change_says",
        model=plain(name),
        before=_counted(change["before"]),
        after=_counted(change["after"]),
        n=change["n"],
    )
    return f"{said} :{BADGES[verdict]}-badge[{t(f'policy.verdict.{verdict}')}]"


def _counted(rate: Mapping[str, Any]) -> str:
    return plain(f"{policy.percent(rate['value'])} ({policy.count_of(rate)}/{rate['n']})")


def _row(change: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    return {
        t("policy.col.model"): names[change["model"]],
        t("evaluate.metric"): metric_label(change["metric"]),
        t("policy.before"): policy.cell(change["before"]),
        t("policy.after"): policy.cell(change["after"]),
        t(
            "policy.col.delta"
        ): f"{difference(change['delta'], 'share')} {between(change['low'], change['high'], 'share')}",
        "p": probability(change["p"]),
        t("evaluate.verdict"): t(f"policy.verdict.{change['verdict']}"),
    }
