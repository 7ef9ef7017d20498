"""Commands for capsules: make, run elsewhere, import."""

from pathlib import Path
from typing import Annotated, cast

import typer

from engine.cli.app import Progress, app, door, note, tell
from engine.cli.fields import split_sets
from engine.errors import UserError
from engine.recipes.recipe import load_recipe
from engine.store.datasets import get_dataset
from engine.store.open import open_store
from engine.train.capsule.file import SUFFIX

capsule = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="다른 컴퓨터에서 학습합니다. / Train on another machine."
)
app.add_typer(capsule, name="capsule")


@capsule.command()
def make(
    run: Annotated[
        str | None,
        typer.Argument(help="run id. 새 학습이면 비우고 --recipe. / The run; none for a new one by --recipe."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="만들 파일(.malmoi). / The file to write.")] = Path(
        f"capsule{SUFFIX}"
    ),
    with_base: Annotated[
        bool, typer.Option("--with-base", help="폴더에 있는 기반 모델도 넣습니다. / Carry a base that is a folder.")
    ] = False,
    kind: Annotated[
        str, typer.Option("--as", help="함께 쓸 스크립트: python, shell, slurm, ray. / The script beside it.")
    ] = "python",
    nodes: Annotated[
        int, typer.Option("--nodes", min=1, help="함께 배울 컴퓨터 수. / Machines that train together.")
    ] = 1,
    recipe: Annotated[str | None, typer.Option("--recipe", help="새 학습의 레시피. / Recipe of a new run.")] = None,
    dataset: Annotated[str, typer.Option("--dataset", help="데이터셋 id. / Dataset id.")] = "latest",
    base: Annotated[str, typer.Option("--base", help="기반 모델. / The base.")] = "starter",
    preset: Annotated[str | None, typer.Option("--preset", help="미리 정한 설정. / Preset.")] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="설정 k=v. / A setting k=v.")] = None,
) -> None:
    """학습 하나를 파일 하나와 스크립트로 꾸립니다. / Pack a run into one file, with a script."""
    from engine.jobs.capsule import make_capsule, require_form, require_leavable
    from engine.jobs.launch import launch_run
    from engine.train.capsule.scripts import START, Kind, write_script

    if (run is None) == (recipe is None):
        raise UserError("run id와 --recipe 가운데 하나만 주세요.", "Give either a run id or --recipe.")
    require_form(out, kind)
    if recipe is not None:
        given = split_sets(sets or [])
        with open_store(door.store) as db:
            require_leavable(db, get_dataset(db, dataset, recipe)["id"])  # before a run is recorded
        run, _ = launch_run(
            door.store,
            load_recipe(recipe),
            dataset_id=dataset,
            base_name=base,
            preset=preset,
            sets=given,
            elsewhere=True,
        )
    told = make_capsule(door.store, str(run), out, with_base=with_base, nodes=nodes)
    form = cast(Kind, kind)  # checked above
    script = write_script(out, form, told["processes"], nodes)
    where = f"캡슐 {told['capsule_id']}: {out.name} ({told['bytes'] / 1e6:.1f} MB)"
    tell(
        {"capsule": told["file"], **told, "script": str(script)},
        f"{where}\n  다른 컴퓨터에서: {START[form].format(script.name, out.name)}",
    )


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
