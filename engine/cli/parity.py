"""The command that tells whether a model answers the same on another engine."""

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.app import app, door, note, tell
from engine.config import language
from engine.deploy.parity import PROMPTS, Variant, parity_of, prompts_of
from engine.errors import UserError
from engine.serve.choose import ENGINES, Model, choose_model, open_model, with_engine
from engine.store.open import open_store

CAUSES = {
    "template": ("물음을 다르게 읽음", "the prompt is read as other tokens"),
    "end_token": ("끝 토큰이 다름", "answers end at other tokens"),
    "dtype": ("가중치의 자릿수가 다름", "weights of another precision"),
    "sampling": ("같은 물음에 두 번 다르게 답함", "the same question gives another answer twice"),
}
SHOWN = 3
"""Differing answers shown side by side for each form."""


@app.command()
def parity(
    run: Annotated[
        str, typer.Argument(help="학습 id, latest, base:이름. / A run's id, latest, or base:NAME.")
    ] = "latest",
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="deploy가 만든 폴더도. / Also this folder of a bundle.")
    ] = None,
    engine: Annotated[
        str | None, typer.Option("--with", help="이 엔진만 토큰 하나하나 견줍니다. / Only this engine, token by token.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="물을 말 수. / Prompts asked.")] = PROMPTS,
    tokens: Annotated[int, typer.Option("--tokens", min=1, max=512, help="답의 길이. / Tokens of an answer.")] = 64,
) -> None:
    """건네는 모델이 채팅에서처럼 답하는지: 합친 것, 8비트, 묶음. / Whether what is handed over answers as the chat does: merged, 8-bit, the bundle."""
    with open_store(door.store) as db:
        source = choose_model(db, run)
    if engine is not None:
        _with_engine(source, engine, limit, tokens)
        return
    found = parity_of(door.store, source, bundle, prompts=limit, new_tokens=tokens, told=note)
    english = language() == "en"
    lines = [line for one in found.variants[1:] for line in _lines(one, found.prompts, english)]
    tell({"model": source.name, **found.as_json()}, "\n".join(lines))


def _lines(one: Variant, prompts: int, english: bool) -> list[str]:
    """The form in a line, and its first differing answers beside the chat's."""
    if one.first_difference is None:
        return [f"{one.name}: {one.equal}/{prompts} equal" if english else f"{one.name}: {one.equal}/{prompts} 같음"]
    at, why = one.first_difference, CAUSES[one.cause][english]
    if english:
        lines = [f"{one.name}: {one.equal}/{prompts} equal; first at prompt {at['prompt']}, token {at['token']}: {why}"]
    else:
        lines = [
            f"{one.name}: {one.equal}/{prompts} 같음. 처음 다른 곳은 물음 {at['prompt']}의 토큰 {at['token']}: {why}"
        ]
    if one.equal_merged is not None and one.equal_merged > one.equal:
        same = f"{one.equal_merged}/{prompts}"
        lines.append(
            f"    as the merged form, which has no 4 bits as the chat has: {same} equal"
            if english
            else f"    채팅처럼 4비트가 아닌, 하나로 합친 것과는 {same} 같음"
        )
    for answer in one.answers[:SHOWN]:
        lines += [f"    chat   {answer['chat'].strip()}", f"    {one.name:6} {answer['made'].strip()}"]
    return lines


def _with_engine(source: Model, engine: str, limit: int, tokens: int) -> None:
    from engine.models.loading import load_tokenizer
    from engine.serve.choose import whole_parts
    from engine.serve.converting import BITS
    from engine.serve.parity import parity as compare

    with open_store(door.store) as db:
        prompts = prompts_of(db, source, limit)
    if engine not in ENGINES:
        raise UserError(
            f"--with {engine}은(는) 모르는 엔진입니다. {', '.join(ENGINES)} 가운데서 고르세요.",
            f"--with {engine} is no engine. Choose among {', '.join(ENGINES)}.",
        )
    other = with_engine(source, engine)
    base, _ = whole_parts(door.store, source)
    with closing(open_model(door.store, other)) as made, closing(open_model(door.store, source)) as plain:
        found = compare(plain, made, load_tokenizer(base), prompts, bits=BITS.get(engine, 8), new_tokens=tokens)
    tell({"model": source.name, "with": other.name, **found.as_json()}, _line(found.as_json(), language() == "en"))


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
