"""An evaluation in a few words: names, numbers and verdicts as an owner reads them. Home shows no more than this."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.evaluate.board import Line, Verdict, board, items_judged, verdicts
from engine.evaluate.suite import Suite
from engine.recipes.recipe import load_recipe
from engine.serve.choose import parts_of
from engine.store.evaluations import get_evaluation, list_evaluations
from engine.store.evidence import bases_of_runs
from engine.store.policy_models import styles_of_runs
from ui import frame
from ui.frame import plain, t
from ui.words import WORDS

FEW = 100
"""Below this many items a page says that small differences cannot be told."""
BADGES: dict[Verdict, str] = {"better": "green", "worse": "red", "changed": "orange", "same": "gray", "unknown": "gray"}


def show_latest() -> None:
    """The newest whole evaluation as one paragraph and a door to it, when there is one."""
    with frame.reading() as db:
        found = list_evaluations(db, limit=1)
        evaluation = get_evaluation(db, found[0]["id"]) if found else None
    if evaluation is None:
        return
    st.subheader(t("home.leaderboard"), help=t("home.leaderboard_help"))
    with st.container(border=True, key="home_evaluation"):
        summary(evaluation, board(evaluation, suite_of(evaluation["recipe"])))
        frame.link("evaluate", t("evaluate.open"), ":material/arrow_forward:", evaluation=evaluation["id"])


def suite_of(recipe: str) -> Suite | None:
    """The recipe's suite, None when the recipe is not on this machine."""
    try:
        return load_recipe(recipe).suite
    except UserError:
        return None


def summary(evaluation: Mapping[str, Any], lines: Sequence[Line]) -> None:
    """How every other model did against the first, in plain sentences."""
    first, *others = [model["model"] for model in evaluation["models"]]
    names, n = model_names([first, *others]), items_judged(evaluation)
    if not others:
        st.markdown(t("evaluate.one_model", model=plain(names[first]), n=n))
    for other in others:
        st.markdown(t("evaluate.against", model=plain(names[other]), base=plain(names[first]), n=n))
        st.markdown(" ".join(_sentences(lines, other)))
        badges = _badges(lines, other, "worse") + _badges(lines, other, "better")
        if badges:
            st.markdown(" ".join(badges))


def _sentences(lines: Sequence[Line], model: str) -> list[str]:
    """A sentence per verdict; none is left out because it is dull."""
    n = verdicts(lines, model)
    said = [t("evaluate.better_n", n=n["better"]) if n["better"] else t("evaluate.better_0")]
    said += [t("evaluate.same_n", n=n["same"])] if n["same"] else []
    said += [t("evaluate.worse_n", n=n["worse"]) if n["worse"] else t("evaluate.worse_0")]
    said += [t(f"evaluate.{name}_n", n=n[name]) for name in ("changed", "unknown") if n[name]]
    return said


def _badges(lines: Sequence[Line], model: str, wanted: Verdict) -> list[str]:
    return [
        f":{BADGES[wanted]}-badge[{plain(metric_label(line.metric.name))}]"
        for line in lines
        if line.verdict(model) == wanted
    ]


def metric_label(name: str) -> str:
    """A metric in plain words; its own name where the page has none. Not escaped."""
    key = f"metric.{name}"
    return t(key) if key in WORDS else name


def reference_name(suite: str) -> str:
    """What the right answers of a suite are called; a persona's are my real replies. Not escaped."""
    key = f"evaluate.mine.{suite}"
    return t(key if key in WORDS else "evaluate.mine")


def model_names(models: Sequence[str]) -> dict[str, str]:
    """`base:NAME` or a run's id as an owner reads it, with the style it learned where a recipe has several; a deleted run marked
    as such; models that answer together joined, the way of answering behind them. Not escaped."""
    split = {model: parts_of(model) for model in models}
    parts = list(dict.fromkeys(part for found, _ in split.values() for part in found))
    with frame.reading() as db:
        bare = {part: _engine_of(part)[1] for part in parts}
        known, styles = bases_of_runs(db, list(bare.values())), styles_of_runs(db, parts)
    one = {part: _styled(part, styles.get(part)) or model_name(part, bare[part] in known) for part in parts}
    return {model: _together([one[part] for part in found], way) for model, (found, way) in split.items()}


def _together(names: Sequence[str], way: str | None) -> str:
    return " + ".join(names) + (f" · {way_name(way)}" if way else "")


def way_name(way: str) -> str:
    """A way of answering in a word; its own name where it has none."""
    return t(f"way.{way}") if f"way.{way}" in WORDS else way


def _styled(model: str, style: str | None) -> str | None:
    key = f"policy.model.{style}"
    return t(key, id=model.removeprefix("run-")) if key in WORDS else None


def _engine_of(model: str) -> tuple[str | None, str]:
    """(the word for the engine of `ENGINE:MODEL` or None, the model without it)."""
    head, mark, bare = model.partition(":")
    key = f"evaluate.engine.{head}"
    return (key, bare) if mark and key in WORDS else (None, model)


def model_name(model: str, known: bool = True) -> str:
    """One model's name, the engine it was converted for behind it; a base in a folder by the folder's name."""
    engine, bare = _engine_of(model)
    if engine:
        return f"{model_name(bare, known)} · {t(engine)}"
    if model.startswith("base:"):
        return t("evaluate.base", name=model.removeprefix("base:").replace("\\", "/").rstrip("/").split("/")[-1])
    if not model.startswith("run-"):
        return t("evaluate.imported", name=model)
    return t("evaluate.run" if known else "evaluate.run_gone", name=model.removeprefix("run-"))


def amount(value: float | None, unit: str) -> str:
    """A metric's value; shares in per cent."""
    if value is None:
        return "—"
    if unit.startswith("share"):
        return f"{100 * value:.0f}%" if value >= 0.1 else f"{100 * value:.1f}%".replace(".0%", "%")
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def between(low: float | None, high: float | None, unit: str) -> str:
    """An interval in brackets; nothing where there is none."""
    return "" if low is None or high is None else f"[{amount(low, unit)}, {amount(high, unit)}]"


def difference(value: float | None, unit: str) -> str:
    """A signed difference; of shares in points."""
    if value is None:
        return "—"
    sign = "−" if value < 0 else "+"
    return sign + amount(abs(value), unit).replace("%", " pp" if frame.english() else "%p")


def probability(p: float | None) -> str:
    """A p value."""
    return "—" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"
