"""The blind vote from a terminal: show the next pair, choose, take back, tell the result."""

from typing import Annotated, Any

import typer

from engine.cli.app import app, door, tell
from engine.errors import UserError
from engine.evaluate.power import CLEAR, votes_for, votes_left
from engine.evaluate.votes import in_chance_order, sides, tally
from engine.store.evaluations import get_evaluation
from engine.store.evidence import read_items
from engine.store.open import open_store
from engine.store.votes import CHOICES, Choice, add_vote, count_votes, open_items, undo_vote


@app.command()
def vote(
    evaluation: Annotated[str, typer.Argument(help="평가 id. / Evaluation id.")] = "latest",
    against: Annotated[str | None, typer.Option("--against", help="첫 모델과 견줄 모델. / Second model.")] = None,
    item: Annotated[str | None, typer.Option("--item", help="문항. 비우면 다음 것. / Item; default: next.")] = None,
    choose: Annotated[str | None, typer.Option("--choose", help="left, right, both, neither.")] = None,
    again: Annotated[bool, typer.Option("--again", help="이미 고른 것을 바꿉니다. / Replace an earlier vote.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="마지막 표를 되돌립니다. / Take the last vote back.")] = False,
    result: Annotated[bool, typer.Option("--result", help="지금까지의 결과. / The result so far.")] = False,
) -> None:
    """어느 모델인지 모르고 더 나은 답을 고릅니다. / Choose the better answer blindly."""
    with open_store(door.store) as db:
        found = get_evaluation(db, evaluation)
        pair = _pair([model["model"] for model in found["models"]], against)
        if result:
            _tell_result(found["id"], pair, count_votes(db, found["id"], *pair))
        elif undo:
            taken = undo_vote(db, found["id"], *pair)
            tell({"undone": taken}, f"문항 {taken}의 표를 되돌렸습니다." if taken else "되돌릴 표가 없습니다.")
        elif choose is not None:
            _choose(db, found["id"], pair, item, choose, again)
        else:
            _tell_item(db, found["id"], pair, item)


def _pair(models: list[str], against: str | None) -> tuple[str, str]:
    first, *others = models
    if not others:
        raise UserError(
            "이 평가에는 모델이 하나뿐이라 투표할 짝이 없습니다. `eval --model base --model latest`로 둘을 평가하세요.",
            "This evaluation has one model only: there is no pair. Judge two with `eval --model base --model latest`.",
        )
    if against is not None and against not in others:
        raise UserError(
            f"'{against}'은(는) 이 평가의 견줄 모델이 아닙니다. 있는 것: {', '.join(others)}.",
            f"'{against}' is not compared in this evaluation. There are: {', '.join(others)}.",
        )
    return first, against or others[0]


def _tell_item(db: Any, evaluation_id: str, pair: tuple[str, str], item: str | None) -> None:
    """The prompt and both answers, without names."""
    waiting = open_items(db, evaluation_id, *pair)
    name = item or next(iter(in_chance_order(evaluation_id, waiting)), None)
    if name is None:
        tell({"item": None, "left_over": 0}, "모든 문항을 골랐습니다. 결과: --result")
        return
    found = read_items(db, evaluation_id, [name]).get(name)
    if found is None or any(model not in found["answers"] for model in pair):
        raise UserError(f"문항 '{name}'이(가) 없습니다.", f"There is no item '{name}'.")
    left, right = (found["answers"][model]["answer"] for model in sides(evaluation_id, name, *pair))
    prompt = [f"{message['role']}: {message['content']}" for message in found["messages"] or []]
    lines = [
        *prompt,
        f"[left]  {left}",
        f"[right] {right}",
        f"고르기: vote {evaluation_id} --item {name} --choose left",
    ]
    told = {"item": name, "messages": found["messages"], "left": left, "right": right, "left_over": len(waiting)}
    tell(told, "\n".join(lines))


def _choose(db: Any, evaluation_id: str, pair: tuple[str, str], item: str | None, choose: str, again: bool) -> None:
    choice: Choice | None = next((known for known in CHOICES if known == choose), None)
    if choice is None or item is None:
        raise UserError(
            f"--item과 함께 --choose {'|'.join(CHOICES)} 가운데 하나를 주세요.",
            f"Give --item, and one of --choose {'|'.join(CHOICES)}.",
        )
    kept = add_vote(db, evaluation_id, item, *sides(evaluation_id, item, *pair), choice, again)
    told = f"문항 {item}: {choice}" if kept else f"문항 {item}은(는) 이미 골랐습니다. 바꾸려면 --again을 붙이세요."
    tell({"item": item, "choice": choice, "kept": kept}, told)


def _tell_result(evaluation_id: str, pair: tuple[str, str], counts: dict[str, int]) -> None:
    said = tally(counts)
    left = votes_left(said)
    facts = {"share": said.share, "low": said.low, "high": said.high, "p": said.p, "verdict": said.verdict}
    facts["needed"], facts["needed_clear"] = left[0] if left else None, votes_for(CLEAR)
    share = (
        ""
        if said.share is None
        else f"\n  {pair[1]}: {said.share:.0%} [{said.low:.0%}, {said.high:.0%}], p {said.p:.3f}"
    )
    line = (
        f"{pair[0]} {said.a} · {pair[1]} {said.b} · both {said.both} · neither {said.neither}{share}\n  {_advice(left)}"
    )
    tell({"evaluation_id": evaluation_id, "a": pair[0], "b": pair[1], "votes": counts, "n": said.n, **facts}, line)


def _advice(left: tuple[int, int] | None) -> str:
    """How many votes would tell, in Korean and English."""
    clear = votes_for(CLEAR)
    if left is None:
        return (
            f"{CLEAR:.0%} 대 {1 - CLEAR:.0%}만큼 갈린다면 한쪽을 고른 표 {clear}개쯤이면 가려집니다. / "
            f"A preference of {CLEAR:.0%} takes about {clear} votes for a side."
        )
    whole, more = left
    return (
        f"지금만큼 갈린다면 표가 모두 {whole}개쯤 있어야 열에 여덟은 가려집니다({more}개 더). / "
        f"So strong a preference takes about {whole} votes to be told 8 times in 10 ({more} more)."
    )
