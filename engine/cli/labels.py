"""`labels`: people label answers of an evaluation. `judge-card`: how far the judge agrees with them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.app import app, door, tell
from engine.cli.ground import JudgeOption
from engine.errors import UserError
from engine.evaluate.labelling import label_answer
from engine.store.evaluations import get_evaluation, read_answers
from engine.store.evidence import read_items
from engine.store.labels import LABELS, read_labels, undo_label, unlabelled
from engine.store.open import open_store

Evaluation = Annotated[str, typer.Argument(help="평가 id 또는 latest. / Evaluation id or latest.")]
By = Annotated[str, typer.Option("--by", help="표시하는 사람. / Who labels.")]

labels = typer.Typer(no_args_is_help=True, help="답에 사람이 표시하기. / Labels by people.", rich_markup_mode=None)
app.add_typer(labels, name="labels")


@labels.command("next")
def labels_next(
    evaluation: Evaluation = "latest",
    by: By = "me",
    model: Annotated[str | None, typer.Option("--model", help="이 모델의 답만. / Answers of this model.")] = None,
) -> None:
    """아직 표시하지 않은 다음 답을 봅니다. / Show the next answer without a label."""
    with open_store(door.store) as db:
        found = get_evaluation(db, evaluation)
        waiting = unlabelled(db, found["id"], by, model)
        told = _answer(db, found["id"], waiting[0]) if waiting else None
    counts = {"evaluation_id": found["id"], "pending": len(waiting)}
    if told is None:
        tell({"answer": None, **counts}, "표시할 답이 없습니다.")
        return
    prompt = [f"{message['role']}: {message['content']}" for message in told["messages"] or []]
    how = f"표시: labels set {told['answer_id']} {'|'.join(LABELS)}"
    tell({"answer": told, **counts}, "\n".join([*prompt, f"[{told['model']}] {told['answer']}", how]))


def _answer(db: Any, evaluation_id: str, answer_id: int) -> dict[str, Any]:
    """What a person needs to see. The judge's own verdict is left out: it would sway."""
    one = next(answer for answer in read_answers(db, evaluation_id) if answer["id"] == answer_id)
    item = read_items(db, evaluation_id, [one["item"]]).get(one["item"]) or {}
    return {
        "answer_id": answer_id,
        "model": one["model"],
        "item": one["item"],
        "messages": item.get("messages"),
        "answer": one["answer"],
    }


@labels.command("set")
def labels_set(
    answer_id: Annotated[int, typer.Argument(help="답 번호. / The answer's number.")],
    label: Annotated[str, typer.Argument(help="grounded, hallucinated.")],
    kind: Annotated[str | None, typer.Option("--kind", help="잘못의 종류. / Kind of error, as in `ground`.")] = None,
    by: By = "me",
) -> None:
    """답 하나에 표시합니다. / Label one answer."""
    with open_store(door.store) as db:
        label_id = label_answer(db, answer_id, label, kind, by)
    tell({"label_id": label_id, "answer_id": answer_id, "label": label, "kind": kind}, f"답 {answer_id}: {label}")


@labels.command("undo")
def labels_undo(evaluation: Evaluation = "latest", by: By = "me") -> None:
    """마지막 표시를 되돌립니다. / Take the last label back."""
    with open_store(door.store) as db:
        taken = undo_label(db, get_evaluation(db, evaluation)["id"], by)
    tell({"undone": taken}, f"답 {taken}의 표시를 되돌렸습니다." if taken is not None else "되돌릴 표시가 없습니다.")


@labels.command("list")
def labels_list(evaluation: Evaluation = "latest") -> None:
    """지금까지의 표시. / The labels so far."""
    with open_store(door.store) as db:
        found = read_labels(db, get_evaluation(db, evaluation)["id"])
    lines = [f"{row['answer_id']} {row['label']} {row['kind'] or ''} {row['labelled_by']}".rstrip() for row in found]
    tell({"labels": found, "rows": len(found)}, "\n".join(lines) or "표시가 없습니다.")


@app.command("judge-card")
def judge_card_command(
    of: Annotated[
        str, typer.Argument(help="평가 id, latest, 또는 표시가 있는 JSONL. / Evaluation or labelled file.")
    ] = "latest",
    by: Annotated[str | None, typer.Option("--by", help="이 사람의 표시만. / Labels of one person.")] = None,
    judge: JudgeOption = "rules",
) -> None:
    """판정기를 얼마나 믿을 수 있는지. / How far the judge agrees with people."""
    from engine.evaluate.judge_card import card_of_evaluation
    from engine.evaluate.judge_card import judge_card as card_of

    if Path(of).suffix == ".jsonl":
        card = card_of(_pairs(Path(of), judge))
    else:
        with open_store(door.store) as db:
            card = card_of_evaluation(db, get_evaluation(db, of)["id"], by)
    kappa = "-" if card.kappa is None else f"{card.kappa:.2f}"
    share = "-" if card.agreement.value is None else f"{card.agreement.value:.0%}"
    line = f"n {card.n} · 일치 {share} [{card.agreement.low:.0%}, {card.agreement.high:.0%}] · 카파 {kappa}"
    tell(asdict(card), line if card.trusted else f"{line}\n{card.why_ko}")


def _pairs(source: Path, judge: str) -> list[tuple[str, str]]:
    """(label in the file, the judge's label) of every row {id, question, context, answer, label}."""
    from engine.evaluate.judges.choose import choose_judge
    from engine.ground.files import read_rows

    decide = choose_judge(judge)
    lines = (
        [line for line in source.read_text(encoding="utf-8-sig").split("\n") if line.strip()] if source.exists() else []
    )
    pairs: list[tuple[str, str]] = []
    for number, (row, line) in enumerate(zip(read_rows(source), lines, strict=False), 1):
        label = json.loads(line).get("label")
        if label not in LABELS:
            raise UserError(
                f"{source.name}의 {number:,}번째 행에 사람의 표시(label: {' 또는 '.join(LABELS)})가 없습니다.",
                f"Row {number:,} of {source.name} has no label by a person (label: {' or '.join(LABELS)}).",
            )
        pairs.append((label, decide(row.question, row.context, row.answer, row.answerable, row.ended).label))
    return pairs
