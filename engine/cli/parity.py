"""The command that tells whether a model answers the same on another engine."""

from contextlib import closing
from typing import Annotated, Any

import typer
from sqlite_utils import Database

from engine.cli.app import app, door, tell
from engine.config import language
from engine.curate.row import Message
from engine.serve.choose import Model, choose_model, open_model, with_engine
from engine.store.datasets import read_split
from engine.store.open import open_store

PROMPTS = 20
"""Prompts of the run's own data that are asked, the held-out ones first."""


@app.command()
def parity(
    run: Annotated[
        str, typer.Argument(help="학습 id, latest, base:이름. / A run's id, latest, or base:NAME.")
    ] = "latest",
    engine: Annotated[str, typer.Option("--with", help="견줄 엔진. / The engine to compare with.")] = "openvino",
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="물을 말 수. / Prompts asked.")] = PROMPTS,
    tokens: Annotated[int, typer.Option("--tokens", min=1, max=512, help="답의 길이. / Tokens of an answer.")] = 64,
) -> None:
    """다른 엔진으로 바꾼 모델이 원본처럼 답하는지. / Whether a model answers as its source does on another engine."""
    from engine.models.loading import load_tokenizer
    from engine.serve.choose import whole_parts
    from engine.serve.converting import BITS
    from engine.serve.parity import parity as compare

    with open_store(door.store) as db:
        source = choose_model(db, run)
        prompts = _prompts(db, source, limit)
    other = with_engine(source, engine)
    base, _ = whole_parts(door.store, source)
    with closing(open_model(door.store, other)) as made, closing(open_model(door.store, source)) as plain:
        found = compare(plain, made, load_tokenizer(base), prompts, bits=BITS.get(engine, 8), new_tokens=tokens)
    tell({"model": source.name, "with": other.name, **found.as_json()}, _line(found.as_json(), language() == "en"))


def _prompts(db: Database, model: Model, limit: int) -> list[list[Message]]:
    """Of the data set that the run learned from; of a base a few shipped ones."""
    from engine.serve.converting import PROBES

    if model.run is None:
        return [list(prompt) for prompt, _ in PROBES][:limit]
    found: list[Any] = []
    for split in ("test", "validation", "train"):
        found += [row["messages"] for row in read_split(db, model.run["dataset_id"], split)][: limit - len(found)]
    return found


def _line(found: dict[str, Any], english: bool) -> str:
    shown, choice, within = found["tokens"], found["same_choice"], found["within_tolerance"]
    if english:
        told = f"{found['equal']} of {found['prompts']} answers are equal, letter by letter."
        more = (
            f" Shown the same {shown} tokens, {choice:.1%} of the choices are equal, {within:.1%} within tolerance."
            if shown
            else ""
        )
        return told + more
    told = f"답 {found['prompts']}개 가운데 {found['equal']}개가 글자까지 같습니다."
    more = (
        f" 같은 글 {shown}토큰을 보이면 고르는 말이 {choice:.1%} 같고, 허용 오차 안에서는 {within:.1%}입니다."
        if shown
        else ""
    )
    return told + more
