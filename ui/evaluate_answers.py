"""The answers behind a number: item by item, what was said, what I replied, and what each model answered."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import streamlit as st

from engine.evaluate.board import Line, board
from engine.store.evidence import Order, count_evidence, evidence, read_items
from ui import evaluate, evaluate_habits, frame, summary_marks
from ui.evaluate_pager import offset_of, pager
from ui.frame import plain, t
from ui.leaderboard import amount, difference, metric_label, model_names, reference_name, suite_of

PAGE = 8
"""Items on a page: each holds a prompt and up to four answers."""
ORDERS: tuple[Order, ...] = get_args(Order)
TURNS = 4
"""Last messages of a prompt that are shown; the whole prompt opens with the item."""


def show(evaluation: Mapping[str, Any]) -> None:
    """The answers view: one item, or a window of them in an order."""
    models = [model["model"] for model in evaluation["models"]]
    names = model_names(models)
    asked = frame.asked("item")
    if asked and _one(evaluation, asked, names):
        return
    lines = {line.metric.name: line for line in board(evaluation, suite_of(evaluation["recipe"]))}
    pair = evaluate.choose_pair(models, names)
    line = _choose_metric(lines)
    with frame.reading() as db:
        counts = count_evidence(db, evaluation["id"], line.metric.name if line else "", pair)
    order = _choose_order(line, pair[1] is not None, counts)
    only = evaluate_habits.show(evaluation, line, pair, names) if line is not None and not counts["scored"] else None
    if only is None:
        _window(evaluation, line, pair, names, order, counts)
    else:
        _named(evaluation["id"], only, names)


def _named(evaluation_id: str, items: Sequence[str], names: Mapping[str, str]) -> None:
    """A window of the items that show one habit."""
    offset = offset_of()
    shown = items[offset : offset + PAGE]
    with frame.reading() as db:
        found = read_items(db, evaluation_id, shown) if shown else {}
    for item in shown:
        draw_item(item, found[item], names, None)
    pager("evaluate_answers", offset, PAGE, len(items))


def _one(evaluation: Mapping[str, Any], item: str, names: Mapping[str, str]) -> bool:
    """`?item=`: a single item; False when there is no such item."""
    with frame.reading() as db:
        found = read_items(db, evaluation["id"], [item])
    if item not in found:
        frame.gone(item)
        return False
    st.button(
        t("evaluate.item_back"),
        icon=":material/arrow_back:",
        key="evaluate_item_back",
        on_click=lambda: frame.name_in_address(item=None),
    )
    draw_item(item, found[item], names, None, alone=True, reference=reference_name(evaluation["suite"]))
    return True


def _choose_metric(lines: Mapping[str, Line]) -> Line | None:
    """The metric that orders the items; None for an evaluation without scores."""
    if not lines:
        return None
    asked = frame.asked("metric")
    st.session_state["evaluate_answers_metric"] = asked if asked in lines else _easiest(lines)
    chosen = st.selectbox(
        t("evaluate.answers_metric"),
        list(lines),
        format_func=metric_label,
        key="evaluate_answers_metric",
        on_change=lambda: frame.name_in_address(
            metric=st.session_state["evaluate_answers_metric"], at=None, order=None, habit=None
        ),
    )
    meaning = lines[chosen].metric.en if frame.english() else lines[chosen].metric.ko
    if meaning:
        st.caption(plain(meaning))
    return lines[chosen]


def _easiest(lines: Mapping[str, Line]) -> str:
    """The first metric between 0 and 1: a loss is about my reply, and says less beside an answer."""
    return next((name for name, line in lines.items() if line.metric.span == (0.0, 1.0)), next(iter(lines)))


def _choose_order(line: Line | None, paired: bool, counts: Mapping[str, int]) -> Order:
    """The order asked for; items without a score come in the order they were made."""
    if line is None:
        return "made"
    if not counts["judged"]:
        scored = "evaluate.answers_unjudged" if counts["scored"] else "evaluate.answers_whole"
        st.info(t(scored), icon=":material/functions:")
        return "made"
    possible = [order for order in ORDERS if paired or order != "change"]
    possible = [order for order in possible if order != "unjudged" or counts["unjudged"]]
    asked = next((order for order in possible if order == frame.asked("order")), possible[0])
    st.session_state["evaluate_order"] = asked
    words = {order: t(f"evaluate.order.{order}") for order in possible}
    if not paired:
        words |= {order: t(f"evaluate.order_one.{order}") for order in ("best", "worst")}
    chosen = st.segmented_control(
        t("evaluate.answers_order"),
        possible,
        format_func=lambda order: words[order],
        key="evaluate_order",
        required=True,
        on_change=lambda: frame.name_in_address(order=st.session_state["evaluate_order"], at=None),
    )
    return chosen or asked


def _window(
    evaluation: Mapping[str, Any],
    line: Line | None,
    pair: tuple[str, str | None],
    names: Mapping[str, str],
    order: Order,
    counts: Mapping[str, int],
) -> None:
    total = {"unjudged": counts["unjudged"], "made": counts["judged"] + counts["unjudged"]}.get(order, counts["judged"])
    offset, metric, sign = offset_of(), line.metric.name if line else "", line.sign if line else 1
    with frame.reading() as db:
        found = evidence(db, evaluation["id"], metric, pair, order, sign=sign, limit=PAGE, offset=offset)
        items = read_items(db, evaluation["id"], [row["item"] for row in found]) if found else {}
    if line is not None and counts["judged"]:
        st.caption(t("evaluate.answers_count", judged=f"{counts['judged']:,}", unjudged=f"{counts['unjudged']:,}"))
    if not found:
        st.info(t("evaluate.answers_none"))
    for row in found:
        if row["item"] in items:
            shown = line if counts["scored"] else None
            reference = reference_name(evaluation["suite"])
            draw_item(row["item"], items[row["item"]], names, shown, gain=row["gain"], reference=reference)
    pager("evaluate_answers", offset, PAGE, total)


def draw_item(
    name: str,
    item: Mapping[str, Any],
    names: Mapping[str, str],
    line: Line | None,
    *,
    gain: float | None = None,
    alone: bool = False,
    reference: str | None = None,
) -> None:
    """One item: the prompt, my reply, every model's answer; as generated and all scores on demand."""
    with st.container(border=True, key=f"evaluate_item_{name}"):
        _head(name, line, gain if len(names) > 1 else None, alone)
        draw_prompt(item["messages"], None if alone else TURNS)
        answers: list[tuple[str, str | None, str | None]] = []
        if item["target"] is not None:
            answers.append((reference or t("evaluate.mine"), item["target"], None))
        answers += [(label, _said(item, model), _score(item, model, line)) for model, label in names.items()]
        notes = [[]] * (len(answers) - len(names)) + [_notes(item, model) for model in names]
        for start in range(0, len(answers), 3):
            columns = st.columns(min(3, len(answers)))
            for place, column in enumerate(columns[: len(answers) - start], start):
                with column.container(border=True, height="stretch", gap="xxsmall"):
                    draw_answer(*answers[place])
                    for note in notes[place]:
                        st.caption(note)
        with st.expander(t("evaluate.raw"), expanded=alone):
            for model, label in names.items():
                if model in item["answers"]:
                    _raw(label, item["answers"][model])


def _head(name: str, line: Line | None, gain: float | None, alone: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        told = ""
        if line is not None and gain is not None:
            colour = (
                "gray" if gain == 0 or line.metric.better == "neither" else "green" if gain * line.sign > 0 else "red"
            )
            told = f" :{colour}-badge[{plain(difference(gain, line.metric.unit))}]"
        st.markdown(f":gray[{t('evaluate.item', item=plain(name))}]{told}", width="stretch")
        if not alone:
            st.button(
                t("evaluate.item_link"),
                key=f"evaluate_only_{name}",
                type="tertiary",
                icon=":material/open_in_full:",
                on_click=lambda: frame.name_in_address(item=name),
            )


def draw_prompt(messages: Sequence[Mapping[str, str]] | None, last: int | None = TURNS) -> None:
    """What the models were shown, oldest first; `last` messages of it."""
    if messages is None:
        st.caption(t("evaluate.no_prompt"))
        return
    shown = messages[-last:] if last else messages
    roles = {role: t(f"evaluate.role.{role}") for role in ("system", "user", "assistant")}
    said = [":gray[…]"] if len(shown) < len(messages) else []
    said += [f":gray-badge[{plain(roles.get(m['role'], m['role']))}] {plain(m['content'].strip())}" for m in shown]
    st.markdown("  \n".join(said))


def draw_answer(label: str, text: str | None, score: str | None) -> None:
    """One answer under its name, as text."""
    told = f" :gray-badge[{plain(score)}]" if score is not None else ""
    st.markdown(f":gray[{plain(label)}]{told}")
    if text is None:
        st.caption(t("evaluate.not_answered"))
    else:
        st.markdown(plain(text.strip()) or f":gray[{t('evaluate.no_answer')}]")


def _notes(item: Mapping[str, Any], model: str) -> list[str]:
    return summary_marks.notes(item["answers"][model]["scores"]) if model in item["answers"] else []


def _said(item: Mapping[str, Any], model: str) -> str | None:
    return item["answers"][model]["answer"] if model in item["answers"] else None


def _score(item: Mapping[str, Any], model: str, line: Line | None) -> str | None:
    if line is None or model not in item["answers"]:
        return None
    value = item["answers"][model]["scores"].get(line.metric.name)
    return t("evaluate.not_judged") if value is None else amount(value, line.metric.unit)


def _raw(label: str, answer: Mapping[str, Any]) -> None:
    st.caption(f"{plain(label)} · {answer['duration_ms']:,} ms")
    st.code(answer["raw"] or " ", language=None, wrap_lines=True)
    scores = " · ".join(
        f"{metric_label(name)} {'—' if value is None else _number(value)}"
        for name, value in answer["scores"].items()
        if not isinstance(value, list | dict)
    )
    st.caption(plain(scores))


def _number(value: object) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
