"""The command of a distillation: distil --teacher T."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from engine.cli.app import app, door, follow, note, tell
from engine.cli.data import RecipeOption, Wait
from engine.cli.fields import parse_sets, split_sets
from engine.config import language
from engine.recipes.recipe import load_recipe


@app.command()
def distil(
    recipe: RecipeOption,
    teacher: Annotated[
        str,
        typer.Option(
            "--teacher",
            help="학습 id, base:이름, http://…/v1#모델, api:이름/모델. / A run, a base, or a model on a server.",
        ),
    ],
    student: Annotated[
        str | None, typer.Option("--student", help="학생이 될 기반 모델. / The base that is to learn.")
    ] = None,
    keep: Annotated[
        float | None,
        typer.Option(
            "--keep", help="스승에서 잘라 낼 몫(기본 0.5). / Share of the teacher that the student is cut from (0.5)."
        ),
    ] = None,
    dataset: Annotated[
        str, typer.Option("--dataset", help="데이터셋 id, 비우면 가장 새것. / Dataset id; default: the newest.")
    ] = "latest",
    how: Annotated[
        Literal["logits", "sequences"] | None,
        typer.Option("--how", help="분포를 배우기, 답을 배우기. / Learn the distribution, or the answers."),
    ] = None,
    prompts: Annotated[
        Path | None,
        typer.Option("--prompts", help="스승에게 더 물을 것들. / More to ask the teacher: JSONL {prompt} or {turns}."),
    ] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="설정 k=v. / A setting k=v.")] = None,
    wait: Wait = True,
) -> None:
    """스승 모델에서 더 작은 학생을 배우게 합니다. / Let a smaller student learn from a teacher."""
    from engine.compress.distil import DistilSettings
    from engine.jobs.distilling import Wish, launch_distil

    given = split_sets(sets or [])
    mine = [f"{name}={value}" for name, value in given.items() if name in DistilSettings.model_fields]
    own = parse_sets(DistilSettings, mine, {})
    others = {name: value for name, value in given.items() if name not in DistilSettings.model_fields}
    wish = Wish(teacher, student, keep, dataset, how, prompts, own, others)
    begun = launch_distil(door.store, load_recipe(recipe), wish)
    for ko, en in begun.warnings:
        note(en if language() == "en" else ko)
    warnings = [{"ko": ko, "en": en} for ko, en in begun.warnings]
    if not wait:
        queued = {"run_id": begun.run_id, "job_id": begun.job_id, "state": "queued", "warnings": warnings}
        tell(queued, f"학습 {begun.run_id}을(를) 대기열에 넣었습니다.")
        return
    result = {**follow(begun.job_id), "warnings": warnings}
    tell(result, _told(result))


def _told(result: dict[str, Any]) -> str:
    """How it ended, in two lines."""
    sizes = [
        f"{count / 1e6:,.2f}M" if count else "?"
        for count in (result["teacher_parameters"], result["student_parameters"])
    ]
    loss = f"검증 손실 {result['eval_loss']:.3f}" if result["eval_loss"] is not None else "검증 손실 없음"
    asked = ""
    if result.get("asked"):
        rejected = ", ".join(f"{reason} {count:,}" for reason, count in result["rejected"].items()) or "없음"
        asked = f"\n  스승의 답 {result['asked']:,}개 가운데 {result['kept']:,}개({result['kept_share']:.0%})를 배웠습니다. 버린 것: {rejected}"
    return (
        f"증류 {result['run_id']} 끝: 스승 {result['teacher']}({sizes[0]}) → 학생({sizes[1]}), {result['steps']}단계, {loss}"
        f"{asked}\n  견주기: python -m engine eval --model {result['teacher']} --model {result['run_id']}"
    )
