"""The command that uploads a model to the hub, with a card written from the store."""

import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from sqlite_utils import Database

from engine.cli.app import app, door, tell
from engine.cli.audit import Override, look_before
from engine.cli.personal import AllowPersonal, reason_for
from engine.config import language
from engine.errors import UserError
from engine.serve.choose import Model, choose_model
from engine.store.datasets import get_dataset
from engine.store.open import open_store
from engine.store.sources import licences_of


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
    from engine.deploy.push import push_folder
    from engine.serve.exporting import export_model
    from engine.sources.whole_file import whole_file

    if not repo and card is None:
        raise UserError("올릴 곳을 --repo 소유자/이름으로 알려 주세요.", "Say where to with --repo OWNER/NAME.")
    with open_store(door.store) as db:
        model = choose_model(db, run)
        text = _card(db, model, kind, reason_for(allow))
    if card is not None:
        with whole_file(card) as file:
            file.write(text)
        tell({"card": str(card)}, str(card))
        return
    with tempfile.TemporaryDirectory(prefix="malmoi-push-") as top:
        folder = Path(top, "model")
        files = export_model(door.store, model, kind, folder)
        (folder / "README.md").write_text(text, encoding="utf-8")
        audit = look_before(model, folder, override)
        size = sum(path.stat().st_size for path in files) / 1024**2
        done = push_folder(folder, repo, private=private, message=f"{model.name}, {kind}")
    said = f"{done['url']} ({size:,.1f} MB)"
    tell(
        {**done, "as": kind, "model": model.name, "size_mb": round(size, 2), "audit": audit.verdict},
        said if language() == "en" else f"올렸습니다: {said}",
    )


def _card(db: Database, model: Model, kind: str, allowed: str | None) -> str:
    """The card. Raises UserError for a model without a run, and where personal data is left in what it learned from."""
    from engine.privacy.gate import require_clean_dataset, require_clean_text
    from engine.reports.card import model_card

    if model.run is None:
        raise UserError(
            f"{model.name}은(는) 여기서 학습한 모델이 아니라서 카드를 쓸 수 없습니다. 학습 id를 주세요.",
            f"{model.name} was not trained here, so no card can be written. Give the id of a run.",
        )
    found: dict[str, Any] | None = get_dataset(db, model.run["dataset_id"]) if model.run["dataset_id"] else None
    verdict = require_clean_dataset(db, found, "export", allowed) if found else None
    sources = found["sources"] if found else []
    notes = "\n".join(licences_of(db, sources).values())  # all of a card that are not our own words and figures
    require_clean_text(db, notes, sources, "report", model.run["id"], allowed)
    return model_card(db, model.run["id"], kind, verdict.hits if verdict else None)
