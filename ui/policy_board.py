"""The dashboard of hallucination rates: each model in a sentence, by settings, by type of question and by kind of error."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.evaluate.board import Line, board
from engine.evaluate.policy_report import ALL, rates_by
from ui import evaluate_method, frame, policy, policy_charts, policy_compare, policy_judge, policy_tables, reports
from ui.frame import plain, t
from ui.leaderboard import BADGES, FEW, between, difference, model_names, probability, suite_of

PER_ROW = 3
"""Cards side by side."""


def show(evaluation: Mapping[str, Any]) -> None:
    """Draw a whole evaluation of the policy suite."""
    st.html(policy.STYLE)
    lines = policy.lines_of(evaluation["id"])
    models = [model["model"] for model in evaluation["models"]]
    names = model_names(models)
    if not lines or not any(line["n"] for line in lines):
        st.info(t("policy.nothing_judged"), icon=":material/functions:")
        return
    whole = {line["model"]: line for line in lines if line["type"] == ALL}
    beside = policy_compare.choose(evaluation)
    changes = policy_compare.changes(beside, evaluation)
    tests = {line.metric.name: line for line in board(evaluation, suite_of(evaluation["recipe"]))}
    _cards(evaluation["id"], whole, names, tests.get("hallucination_rate"), changes)
    _file_says(evaluation, names)
    policy_charts.rates(whole, names, beside and policy.lines_of(beside["id"]))
    _few(whole)
    policy_judge.line(evaluation["id"])
    _against_first(evaluation["id"], names, tests.get("hallucination_rate"))
    policy_compare.show(beside, evaluation, changes, names)
    policy_tables.models(evaluation["id"], whole, names)
    policy_tables.types(evaluation["id"], lines, names)
    policy_tables.kinds(evaluation["id"], whole, names)
    evaluate_method.show(evaluation, names)
    reports.download("evaluation", evaluation["id"])


def _cards(
    evaluation_id: str,
    whole: Mapping[str, Mapping[str, Any]],
    names: Mapping[str, str],
    test: Line | None,
    changes: Mapping[tuple[str, str], Mapping[str, Any]],
) -> None:
    st.subheader(t("policy.rate"), help=t("gloss.hallucination"))
    models = [model for model in names if model in whole]
    for start in range(0, len(models), PER_ROW):
        columns = st.columns(min(PER_ROW, len(models)))
        for column, model in zip(columns, models[start : start + PER_ROW], strict=False):
            with column.container(border=True, height="stretch", gap="xxsmall", key=f"policy_card_{model}"):
                _card(evaluation_id, model, whole[model], names[model])
                _verdict(model, test, names)
                _before(model, changes)


def _card(evaluation_id: str, model: str, line: Mapping[str, Any], name: str) -> None:
    rate = line["rates"]["hallucination_rate"]
    wrong, unjudged = policy.count_of(rate), line["n"] - rate["n"]
    st.markdown(f"**{plain(name)}**")
    st.markdown(f"## {policy.percent(rate['value'])}")
    told = t("policy.said", n=rate["n"], wrong=wrong, range=policy.range_words(rate))
    st.markdown(told if rate["n"] else t("policy.none_judged"))
    if unjudged:
        st.caption(t("policy.unjudged", n=unjudged, all=line["n"]))
    st.button(
        t("policy.open_wrong", n=wrong),
        key=f"policy_wrong_{model}",
        type="tertiary",
        icon=":material/forum:",
        disabled=not wrong,
        on_click=policy.open_answers,
        args=(evaluation_id,),
        kwargs={"who": model, "verdict": "hallucinated"},
    )


def _file_says(evaluation: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """The verdicts that an imported comparison brought along, beside ours."""
    if "imported" not in evaluation["settings"]:
        return
    with frame.reading() as db:
        found = rates_by(db, evaluation["id"], "imported")
    with st.container(border=True, key="policy_file_says"):
        st.markdown(f"**{t('policy.imported', file=plain(evaluation['settings']['imported']))}**")
        for model, rate in found.items():
            said = t("policy.said", n=rate["n"], wrong=policy.count_of(rate), range=policy.range_words(rate))
            st.markdown(f"{plain(names.get(model, model))}: **{policy.percent(rate['value'])}** · {said}")
        st.caption(t("policy.imported_help" if found else "policy.imported_none"))


def _verdict(model: str, test: Line | None, names: Mapping[str, str]) -> None:
    """Against the first model, from the evaluation's own paired test."""
    if test is None or model not in test.tests:
        return
    verdict = test.verdict(model)
    first = plain(names[next(iter(names))])
    st.markdown(f":{BADGES[verdict]}-badge[{t(f'policy.verdict.{verdict}')}] :gray[{t('policy.than', first=first)}]")


def _before(model: str, changes: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
    change = changes.get((model, "hallucination_rate"))
    if change is None:
        return
    before, after = (policy.percent(change[side]["value"]) for side in ("before", "after"))
    verdict = change["verdict"]
    said = t("policy.before_after", before=plain(before), after=plain(after), n=change["n"])
    st.markdown(f"{said} :{BADGES[verdict]}-badge[{t(f'policy.verdict.{verdict}')}]")


def _few(whole: Mapping[str, Mapping[str, Any]]) -> None:
    n = max(line["n"] for line in whole.values())
    if n < FEW:
        st.caption(t("evaluate.few", n=n))


def _against_first(evaluation_id: str, names: Mapping[str, str], test: Line | None) -> None:
    """What was mended and what broke, question by question; the test as it was made with the evaluation."""
    first, *others = names
    if not others or test is None:
        return
    counts = policy.turned_in(evaluation_id)
    with st.container(border=True, key="policy_against"):
        for model in others:
            if model in counts and model in test.tests:
                st.markdown(_paired(names[first], names[model], counts[model], test, model))
        st.caption(t("policy.paired_help"))


def _paired(first: str, name: str, counts: Mapping[str, Any], test: Line, model: str) -> str:
    found, verdict = test.tests[model], test.verdict(model)
    said = t(
        "policy.turned", model=plain(name), first=plain(first), mended=counts["mended"], broke=counts["broke"],
        both=counts["both"],
    )  # fmt: skip
    numbers = t(
        "policy.paired", delta=plain(difference(found.delta, "share")),
        between=plain(between(found.low, found.high, "share")), p=plain(probability(found.p)), n=found.n,
        test=t(policy.test_key(found.test)),
    )  # fmt: skip
    return f"{said} **{t(f'policy.verdict_says.{verdict}')}** :gray[{numbers}]"
