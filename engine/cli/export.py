"""The command that writes a model for other programs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from engine.cli.app import app, door, tell
from engine.cli.audit import Override, heard, note_findings
from engine.config import language
from engine.serve.choose import choose_model
from engine.store.open import open_store


@app.command()
def export(
    run: Annotated[
        str, typer.Argument(help="학습 id, latest, base:이름. / A run's id, latest, or base:NAME.")
    ] = "latest",
    kind: Annotated[
        Literal["adapter", "merged", "int8", "gguf"],
        typer.Option(
            "--as", help="어댑터, 합친 모델, 8비트(OpenVINO), GGUF. / Adapter, whole, 8-bit (OpenVINO), GGUF."
        ),
    ] = "merged",
    out: Annotated[Path | None, typer.Option("--out", help="새 폴더. / A new folder.")] = None,
    override: Override = None,
) -> None:
    """다른 프로그램에서 열 파일로. gguf는 Ollama와 LM Studio가 엽니다. / Files for other programs; Ollama and LM Studio open gguf.
    나가기 전에 살피고, 빨강이면 남기지 않습니다. / They are audited first; a red verdict leaves none."""
    from engine.jobs.exporting import export_files

    with open_store(door.store) as db:
        model = choose_model(db, run)
    folder = out or Path(f"{model.name.replace(':', '-').replace('/', '-')}-{kind}")
    made = export_files(door.store, model, kind, folder, override, heard)
    note_findings(made["findings"])
    count, size = len(made["files"]), f"{made['size_mb']:,.1f} MB: {folder}"
    tell(made, f"{count} files, {size}" if language() == "en" else f"파일 {count}개, {size}")
