"""Commands for capsules: make, run elsewhere, import."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.app import Progress, app, door, note, tell

capsule = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="다른 컴퓨터에서 학습합니다. / Train on another machine."
)
app.add_typer(capsule, name="capsule")


@capsule.command()
def make(
    run: Annotated[str, typer.Argument(help="run id. / The run.")],
    out: Annotated[Path, typer.Option("--out", help="만들 파일. / The file to write.")],
    with_base: Annotated[
        bool, typer.Option("--with-base", help="폴더에 있는 기반 모델도 넣습니다. / Carry a base that is a folder.")
    ] = False,
) -> None:
    """학습 하나를 파일 하나로 꾸립니다. / Pack a run into one file."""
    from engine.jobs.capsule import make_capsule

    told = make_capsule(door.store, run, out, with_base=with_base)
    tell(told, f"캡슐 {told['capsule_id']}: {out.name} ({told['bytes'] / 1e6:.1f} MB)")


@capsule.command("run")
def run_(
    file: Annotated[Path, typer.Argument(help="캡슐 파일. / The capsule.")],
    base: Annotated[Path | None, typer.Option("--base", help="기반 모델 폴더. / Folder of the base.")] = None,
    work: Annotated[Path | None, typer.Option("--work", help="작업 폴더. / Folder for work in progress.")] = None,
) -> None:
    """캡슐을 여기서 학습하고 결과를 그 파일에 담습니다. / Train a capsule here; the results go into the file."""
    from engine.jobs.capsule import run_capsule

    note(f"{file.name}: 학습을 시작합니다. Ctrl-C로 저장하고 멈출 수 있습니다. / Training; Ctrl-C saves and stops.")
    told = run_capsule(file, base=base, work=work, show=Progress("").show)
    tell(
        told,
        f"학습 {told['run_id']} 끝. 결과가 {file.name}에 있습니다. 집에서: python -m engine capsule import {file.name}",
    )


@capsule.command("import")
def import_(file: Annotated[Path, typer.Argument(help="돌아온 캡슐. / The capsule that came back.")]) -> None:
    """돌아온 캡슐의 결과를 저장소에 들입니다. / Take a returned capsule's results into the store."""
    from engine.train.capsule.back import import_capsule

    told = import_capsule(door.store, file)
    where = ", ".join(told["elsewhere"].values())
    ko = f"이미 가져왔습니다: 학습 {told['run_id']}" if told["again"] else f"학습 {told['run_id']}에 결과를 들였습니다"
    tell(told, f"{ko} (학습한 곳: {where}).")
