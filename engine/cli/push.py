"""The command that uploads a model to the hub, with a card written from the store."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from engine.cli.app import app, door, tell
from engine.cli.audit import Override, heard, note_findings
from engine.cli.personal import AllowPersonal, reason_for
from engine.config import language
from engine.errors import UserError
from engine.serve.choose import choose_model
from engine.store.open import open_store


@app.command()
def push(
    run: Annotated[str, typer.Argument(help="학습 id 또는 latest. / A run's id, or latest.")] = "latest",
    repo: Annotated[str, typer.Option("--repo", help="허브의 소유자/이름. / OWNER/NAME on the hub.")] = "",
    kind: Annotated[
        Literal["adapter", "merged", "int8", "gguf"], typer.Option("--as", help="올릴 모양. / What is uploaded.")
    ] = "adapter",
    private: Annotated[bool, typer.Option("--private/--public", help="나만 보게. / For yourself alone.")] = True,
    card: Annotated[
        Path | None, typer.Option("--card", help="올리지 않고 카드만 이 파일에. / Only write the card.")
    ] = None,
    allow: AllowPersonal = None,
    override: Override = None,
) -> None:
    """모델을 허브에 올립니다(모델 카드와 함께). / Upload a model to the hub, with its card."""
    from engine.jobs.exporting import card_of, push_model
    from engine.sources.whole_file import whole_file

    if not repo and card is None:
        raise UserError("올릴 곳을 --repo 소유자/이름으로 알려 주세요.", "Say where to with --repo OWNER/NAME.")
    with open_store(door.store) as db:
        model = choose_model(db, run)
        text = card_of(db, model, kind, reason_for(allow))
    if card is not None:
        with whole_file(card) as file:
            file.write(text)
        tell({"card": str(card)}, str(card))
        return
    done = push_model(door.store, model, kind, text, repo, private, override, heard)
    note_findings(done["findings"])
    said = f"{done['url']} ({done['size_mb']:,.1f} MB)"
    tell(done, said if language() == "en" else f"올렸습니다: {said}")
