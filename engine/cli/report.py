"""The command for reports: a run, a dataset or an evaluation as a Markdown file."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.app import app, door, tell
from engine.cli.personal import AllowPersonal, reason_for
from engine.config import language
from engine.errors import UserError
from engine.store.open import open_store


@app.command()
def report(
    id_: Annotated[str, typer.Argument(metavar="ID", help="학습·데이터셋·평가의 id. / A run, dataset or evaluation.")],
    out: Annotated[Path, typer.Option("--out", help="쓸 마크다운 파일. / Markdown file to write.")],
    lang: Annotated[str | None, typer.Option("--lang", help="ko 또는 en. / ko or en.")] = None,
    examples: Annotated[
        bool, typer.Option("--examples", help="가린 글 몇 개를 넣습니다. / With a few masked texts.")
    ] = False,
    allow: AllowPersonal = None,
) -> None:
    """보고서를 파일로 씁니다. / Write a report."""
    from engine.reports.report import report as make_report

    chosen = lang or language()
    if chosen not in ("ko", "en"):
        raise UserError(
            f"--lang에 '{chosen}'(이)가 왔습니다. ko나 en을 쓰세요.", f"--lang is '{chosen}'. Use ko or en."
        )
    with open_store(door.store) as db:
        text = make_report(db, id_, "en" if chosen == "en" else "ko", examples, allow=reason_for(allow))
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{out.name}에 쓸 수 없습니다({error.strerror}). 폴더가 있는지, 쓸 수 있는지 보세요.",
            f"{out.name} cannot be written ({error.strerror}). Check that its folder exists and may be written to.",
        ) from error
    tell({"file": str(out), "bytes": out.stat().st_size}, f"{out}")
