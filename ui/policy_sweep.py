"""A sweep over settings: a heat map per model over two settings, the chosen square, and saving another one on the model."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.evaluate.policy_report import heat_map
from engine.store.open import open_store
from engine.store.sweeps import best_settings, choose_settings, list_sweeps
from ui import charts, frame, policy, policy_charts, policy_stops, policy_sweep_new
from ui.frame import plain, t
from ui.leaderboard import model_names
from ui.live import moment

METRICS = ("error_rate", "hallucination_rate", "correct", "refused_wrongly")
FIELDS = ("temperature", "repetition_penalty", "stop", "top_p", "k", "max_new_tokens")
"""Settings that can be axes, the likeliest first."""
ANY = "any"
ROW_PX = 52


def show(evaluation: Mapping[str, Any] | None) -> None:
    """The chosen sweep, the stop phrases, and a new sweep."""
    st.html(policy.STYLE)
    st.write(t("policy.sweep.what"))
    with frame.reading() as db:
        sweeps = {one["id"]: one for one in list_sweeps(db, policy.SUITE)}
    sweep = _choose_sweep(sweeps)
    if sweep is None:
        st.info(t("policy.sweep.none"), icon=":material/grid_on:")
    else:
        _draw(sweep)
    policy_stops.show(sweep, evaluation)
    policy_sweep_new.show(expanded=sweep is None)


def _choose_sweep(sweeps: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    asked = frame.asked("sweep")
    if asked and asked not in sweeps:
        frame.gone(asked)
    if not sweeps:
        return None
    chosen = asked if asked in sweeps else next(iter(sweeps))
    if len(sweeps) > 1:
        st.session_state["policy_sweep"] = chosen
        chosen = st.selectbox(
            t("policy.sweep.which"),
            list(sweeps),
            format_func=lambda id_: f"{moment(sweeps[id_]['created_at'])} · {id_}",
            key="policy_sweep",
            on_change=lambda: frame.name_in_address(sweep=st.session_state["policy_sweep"], cell=None),
        )
    return sweeps[str(chosen)]


def _draw(sweep: Mapping[str, Any]) -> None:
    names = model_names(sweep["settings"]["models"])
    if sweep["state"] != "whole":
        st.info(t("policy.sweep.unfinished"), icon=":material/hourglass_empty:")
    varied = _varied(sweep)
    model = _pick("who", list(names), lambda one: names[one], "policy.filter.who")
    with st.container(key="policy_sweep_axes"):
        x, y = _axes(varied)
        fixed, metric = _fixed({name: values for name, values in varied.items() if name not in (x, y)})
    with frame.reading() as db:
        found = heat_map(db, sweep["id"], model, x, y, metric, fixed)
        saved = best_settings(db, policy.SUITE, model)
    if not found["cells"]:
        st.info(t("policy.sweep.no_cells"), icon=":material/hourglass_empty:")
        return
    _chart(found, (x, y))
    _best(found, names[model], saved, metric)
    _cells(sweep, found, model, names[model], metric)


def _varied(sweep: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Settings that differ between cells, and their values (stop: how many phrases), in order."""
    cells = sweep["settings"]["cells"]
    found = {name: sorted({_axis(cell[name]) for cell in cells if name in cell}) for name in FIELDS}
    return {name: values for name, values in found.items() if len(values) > 1}


def _axis(value: Any) -> Any:
    return len(value) if isinstance(value, list | tuple) else value


def _pick(name: str, offered: Sequence[str], say: Any, label: str, first: str | None = None) -> str:
    """A box that reads and writes the address."""
    asked = frame.asked(name)
    key = f"policy_sweep_{name}"
    st.session_state[key] = asked if asked in offered else first or offered[0]
    return str(
        st.selectbox(
            t(label),
            offered,
            format_func=say,
            key=key,
            on_change=lambda: frame.name_in_address(**{name: st.session_state[key]}),
        )
    )


def _axes(varied: Mapping[str, Sequence[Any]]) -> tuple[str, str]:
    offered = [*varied, *(name for name in FIELDS if name not in varied)]
    left, right = st.columns(2)
    with left:
        x = _pick("x", offered, setting_name, "policy.sweep.x")
    with right:
        y = _pick("y", [name for name in offered if name != x], setting_name, "policy.sweep.y")
    return x, y


def _fixed(others: Mapping[str, Sequence[Any]]) -> tuple[dict[str, Any], str]:
    """({setting: the value it is held at}, what is shown); a setting left free shows its best value."""
    held: dict[str, Any] = {}
    columns = st.columns(len(others) + 1)
    for column, (name, values) in zip(columns, others.items(), strict=False):
        with column:
            said = {str(value): value for value in values}
            label = t("policy.sweep.hold", name=setting_name(name))
            key, asked = f"policy_sweep_hold_{name}", frame.asked(f"hold_{name}")
            st.session_state[key] = asked if asked in said else ANY
            chosen = st.selectbox(
                label,
                [ANY, *said],
                format_func=lambda one, name=name, said=said: (
                    t("policy.sweep.any") if one == ANY else value_name(name, said[one])
                ),
                key=key,
                on_change=lambda key=key, name=name: frame.name_in_address(**{f"hold_{name}": st.session_state[key]}),
            )
            if chosen != ANY:
                held[name] = said[chosen]
    with columns[-1]:
        metric = _pick("metric", METRICS, lambda one: t(f"policy.metric.{one}"), "policy.sweep.metric")
    return held, metric


def setting_name(name: str) -> str:
    """A setting in plain words."""
    return policy.word(f"policy.setting.{name}", name)


def value_name(name: str, value: Any) -> str:
    """A value of a setting; stop phrases by how many."""
    if name == "stop":
        return t("policy.stops_n", n=value) if value else t("policy.stops_0")
    return t("policy.clauses_n", n=value) if name == "k" else str(value)


def _chart(found: Mapping[str, Any], axes: tuple[str, str]) -> None:
    x, y = axes
    words = ([value_name(name, value) for value in found[side]["values"]] for side, name in (("x", x), ("y", y)))
    figure = policy_charts.heat(found, *words, (setting_name(x), setting_name(y)))
    charts.show(figure, "policy_heat", height=110 + ROW_PX * len(found["y"]["values"]), hover="closest")
    st.caption(t("policy.sweep.says"))


def _best(found: Mapping[str, Any], name: str, saved: Mapping[str, Any] | None, metric: str) -> None:
    """The chosen square in words, and what the model answers with now."""
    best = next((cell for cell in found["cells"] if cell["best"]), None)
    if best is not None:
        said = t(
            "policy.sweep.best",
            model=plain(name),
            settings=plain(policy.settings_words(best["settings"])),
            metric=t(f"policy.metric.{metric}"),
            value=plain(policy.percent(best["value"])),
            range=policy.range_words(best),
            n=best["n"],
        )
        st.markdown(f":material/star: {said}")
        st.caption(t("policy.sweep.too_good"))
    if saved:
        st.markdown(t("policy.sweep.saved", settings=plain(policy.settings_words(saved["settings"]))))


def _cells(sweep: Mapping[str, Any], found: Mapping[str, Any], model: str, name: str, metric: str) -> None:
    """Every square as a row; the chosen one can be saved, and its answers opened."""
    lower = metric != "correct"
    squares = sorted(found["cells"], key=lambda one: (one["value"] is None, (one["value"] or 0) * (1 if lower else -1)))
    with st.expander(t("policy.sweep.cells", n=len(squares)), icon=":material/table_rows:", expanded=True):
        st.caption(t("policy.sweep.cells_help"))
        state = st.dataframe(
            [_row(one, metric) for one in squares],
            hide_index=True,
            width="stretch",
            height=min(38 * (len(squares) + 1), 320),
            key=f"policy_cells_{sweep['id']}_{model}_{metric}",
            on_select="rerun",
            selection_mode="single-row",
        )
        rows = state["selection"]["rows"]
        place = rows[0] if rows and rows[0] < len(squares) else None
        one = squares[place] if place is not None else next((s for s in squares if s["best"]), squares[0])
        st.markdown(t("policy.sweep.picked", settings=plain(policy.settings_words(one["settings"]))))
        with st.container(horizontal=True):
            st.button(
                t("policy.sweep.save", model=plain(name)),
                key="policy_sweep_save",
                icon=":material/save:",
                type="primary",
                disabled=sweep["state"] != "whole",
                on_click=save,
                args=(sweep, model, one["settings"]),
            )
            st.button(
                t("policy.sweep.answers"),
                key="policy_sweep_answers",
                icon=":material/forum:",
                on_click=policy.open_answers,
                args=(one["evaluation_id"],),
                kwargs={"who": model},
            )


def _row(cell: Mapping[str, Any], metric: str) -> dict[str, str]:
    return {
        t(f"policy.metric.{metric}"): policy.percent(cell["value"]) + (" ★" if cell["best"] else ""),
        t("policy.col.interval"): policy.range_words(cell),
        "n": str(cell["n"]),
        t("policy.col.settings"): policy.settings_words(cell["settings"]),
    }


def save(sweep: Mapping[str, Any], model: str, settings: Mapping[str, Any]) -> None:
    """Keep these settings on the model. For callbacks."""
    kept = {name: settings[name] for name in sweep["settings"]["now"] if name in settings}
    try:
        with open_store(frame.store()) as db:
            choose_settings(db, sweep["id"], model, kept)
    except UserError as error:
        frame.explain(error)
        return
    st.toast(t("policy.sweep.kept"), icon=":material/check_circle:")
