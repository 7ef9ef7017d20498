"""One question's evidence: the clauses shown, each model's answer with its claims marked, the verdicts, and what to do about it."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.evaluate.policy_report import evidence
from engine.store.judged import answer_ids
from ui import frame, policy, policy_label, policy_marks
from ui.frame import plain, t

COLOURS = {"grounded": "green", "hallucinated": "red", "could_not_judge": "gray"}
ICONS = {"grounded": ":material/check:", "hallucinated": ":material/close:", "could_not_judge": ":material/help:"}


def badge(label: str | None, kind: str | None) -> str:
    """A verdict in words and colour."""
    if label is None:
        return f":gray-badge[{t('policy.not_judged')}]"
    colour = "orange" if kind == "refused_wrongly" else COLOURS.get(label, "gray")
    told = policy.kind_name(label)
    if kind not in (None, "supported", "undecided"):
        told += f": {policy.kind_name(str(kind))}"
    return f":{colour}-badge[{ICONS.get(label, '')} {plain(told)}]"


def show(evaluation: Mapping[str, Any], item: str, names: Mapping[str, str]) -> bool:
    """Draw it; False, and a word, when there is no such question."""
    with frame.reading() as db:
        found = evidence(db, evaluation["id"], item)
        ids = answer_ids(db, evaluation["id"], item) if found else {}
    st.button(
        t("policy.back"),
        icon=":material/arrow_back:",
        key="policy_back",
        on_click=lambda: frame.name_in_address(item=None),
    )
    if found is None:
        frame.gone(item)
        return False
    asked = policy_label.row_bar(evaluation["id"], item, names)
    _question(found)
    _act(evaluation, found)
    clauses, answers = st.columns([2, 3])
    with clauses:
        _clauses(found, blind=asked is not None)
    with answers:
        if asked is None:
            _answers(evaluation["id"], found, names, ids)
            _raw(found, names)
        else:
            _blind(evaluation["id"], found["answers"][asked], names[asked], ids[asked])
    return True


def _question(found: Mapping[str, Any]) -> None:
    answerable = found["answerable"]
    type_ = "unanswerable" if answerable is False else str(found["type"])
    with st.container(border=True, key="policy_question"):
        st.markdown(f":gray-badge[{plain(policy.type_name(type_))}]")
        st.markdown(f"#### {plain(found['question'] or t('policy.question_gone'))}")
        if answerable is False:
            st.markdown(f":blue[:material/block:] {t('policy.no_answer_there')}")
        reference = plain(found["reference"] or "") or "—"
        st.markdown(f":gray[{t('policy.reference')}] {reference}")


def _act(evaluation: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """The way to the review queue."""
    dataset, row = evaluation["dataset_id"], found["row_id"]
    if dataset is None or row is None:
        return
    policy_label.review_bar(dataset, row)


def _clauses(found: Mapping[str, Any], blind: bool) -> None:
    shown = found["clauses"]
    st.markdown(f"**{t('policy.clauses_shown', n=len(shown))}**")
    if found["answerable"] and not any(one["gold"] for one in shown):
        st.warning(t("policy.gold_missed"), icon=":material/search_off:")
    if not shown:
        st.caption(t("policy.clauses_none"))
    for place, one in enumerate(shown):
        with st.container(border=True, gap="xxsmall", key=f"policy_clause_{place}"):
            _clause(place, one, [] if blind else _quotes(found, place))


def _clause(place: int, one: Mapping[str, Any], quotes: Sequence[str]) -> None:
    gold = f" :green-badge[:material/star: {t('policy.gold')}]" if one["gold"] else ""
    st.markdown(f":gray-badge[{t('policy.clause_number', n=place + 1)}] `{_code(one['chunk_id'])}`{gold}")
    where = one["meta"].get("breadcrumbs") or one["meta"].get("article")
    if where:
        st.caption(plain(str(where)))
    st.html(policy_marks.clause(one["text"] or "", quotes))


def _code(text: str) -> str:
    return text.replace("`", "'").replace("\n", " ")


def _quotes(found: Mapping[str, Any], place: int) -> list[str]:
    """The words of this clause that claims of any answer were judged by."""
    return sorted(
        {
            claim["evidence"]
            for said in found["answers"].values()
            for claim in said["claims"] or ()
            if claim["context_index"] == place and claim["evidence"]
        }
    )


def _answers(
    evaluation_id: str,
    found: Mapping[str, Any],
    names: Mapping[str, str],
    ids: Mapping[str, int],
) -> None:
    st.html(policy_marks.legend())
    with frame.reading() as db:
        labels = policy_label.labels_on(db, evaluation_id, list(ids.values()))
    for model, name in names.items():
        said = found["answers"].get(model)
        with st.container(border=True, gap="xsmall", key=f"policy_said_{model}"):
            if said is None:
                st.markdown(f"**{plain(name)}**")
                st.caption(t("evaluate.not_answered"))
                continue
            st.markdown(f"**{plain(name)}** {badge(said['label'], said['kind'])}")
            _said(said)
            policy_label.form(evaluation_id, ids[model], said["kind"], labels.get(ids[model], []))


def _blind(evaluation_id: str, said: Mapping[str, Any], name: str, answer_id: int) -> None:
    """One answer without the judge's verdict: whoever has seen it agrees too easily."""
    with st.container(border=True, gap="xsmall", key="policy_blind"):
        st.markdown(f"**{plain(name)}**")
        if said["answer"].strip():
            st.html(policy_marks.answer(said["answer"], []))
        else:
            st.markdown(f":gray[{t('evaluate.no_answer')}]")
        policy_label.form(evaluation_id, answer_id, None, [])
        policy_label.skip_button(evaluation_id, answer_id)
        st.caption(t("policy.label.blind"))


def _said(said: Mapping[str, Any]) -> None:
    claims = policy_marks.joined(said["claims"] or [], said["answer"])
    if said["answer"].strip():
        st.html(policy_marks.answer(said["answer"], claims))
    else:
        st.markdown(f":gray[{t('evaluate.no_answer')}]")
    reason = said["reason_en"] if frame.english() else said["reason_ko"]
    if reason:
        st.markdown(f"{t('policy.why')} {plain(reason)}")
    told = [_claim(number, claim) for number, claim in enumerate(claims, 1)]
    if len(told) > 1 or (told and claims[0]["evidence"]) or not reason:
        st.markdown("\n".join(told))


def _raw(found: Mapping[str, Any], names: Mapping[str, str]) -> None:
    with st.expander(t("policy.raw")):
        for model, name in names.items():
            if model in found["answers"]:
                st.caption(plain(name))
                st.code(found["answers"][model]["raw"] or " ", language=None, wrap_lines=True)


def _claim(number: int, claim: Mapping[str, Any]) -> str:
    reason = claim["reason_en"] if frame.english() else claim["reason_ko"]
    told = f"{number}. **{plain(policy.kind_name(claim['kind']))}** {plain(reason or '')}"
    if claim["evidence"] and claim["context_index"] is not None:
        told += f" :gray[{t('policy.by_clause', n=claim['context_index'] + 1)}]"
    return told
