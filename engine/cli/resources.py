"""The command that tells what a job, a run or a served model took of the machine."""

from typing import Annotated, Any

import typer

from engine.cli.app import app, door, tell
from engine.config import language
from engine.store.open import open_store
from engine.store.resources import Usage, owner_of, read_usage


@app.command()
def resources(
    which: Annotated[
        str, typer.Argument(metavar="ID", help="작업, 학습, serve-… 또는 latest. / Job, run, serve-… or latest.")
    ] = "latest",
) -> None:
    """작업이 쓴 CPU, 메모리, 토큰/초. / What a job took: processor, memory, tokens per second."""
    with open_store(door.store) as db:
        owner = owner_of(db, which)
        found = read_usage(db, owner)
    tell({"id": owner, **found.as_json()}, f"{owner}: {_line(found, language() == 'en')}")


def _line(found: Usage, english: bool) -> str:
    if found.peak_mb is None:
        return "nothing was recorded." if english else "기록이 없습니다."
    told: list[tuple[str, str, Any, str]] = [
        ("최대 메모리", "peak memory", found.peak_mb, "{:,.0f} MB"),
        ("그중 혼자 쓴 것", "of it its own", found.private_mb, "{:,.0f} MB"),
        ("그래픽 메모리", "card memory", found.vram_mb, "{:,.0f} MB"),
        ("CPU", "CPU", found.cpu_percent, "{:.0f}% (100% = 1 core)"),
        ("토큰/초", "tokens per second", found.tokens_per_second, "{:,.1f}"),
        ("지켜본 시간", "watched", found.seconds, "{:,.0f} s"),
    ]
    return " · ".join(
        f"{(ko, en)[english]} {shape.format(value)}" for ko, en, value, shape in told if value is not None
    )
