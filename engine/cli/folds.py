"""The command of a cross-validation."""

from typing import Annotated

import typer

from engine.cli.app import app, door, follow, note, tell
from engine.cli.datasets import chosen_sources, row_options
from engine.cli.fields import split_sets
from engine.cli.training import decoding_settings, leaderboard
from engine.recipes.recipe import load_recipe, require_style


@app.command()
def folds(
    recipe: Annotated[str, typer.Option("--recipe", help="레시피 이름. / The recipe.")],
    k: Annotated[int, typer.Option("--k", help="겹의 수. / How many folds.")] = 5,
    source: Annotated[list[str] | None, typer.Option("--source", help="자료 id, all. / Source ids, or all.")] = None,
    style: Annotated[str | None, typer.Option("--style", help="행의 모양. / Row style.")] = None,
    rows: Annotated[
        list[str] | None, typer.Option("--rows", help="행의 옵션 k=v. / An option of the rows k=v.")
    ] = None,
    base: Annotated[str, typer.Option("--base", help="기반 모델. / The base.")] = "starter",
    preset: Annotated[str | None, typer.Option("--preset", help="미리 정한 설정. / Preset.")] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="학습 설정 k=v. / A training setting k=v.")] = None,
    way: Annotated[str, typer.Option("--way", help="답하는 방식. / The way of answering.")] = "",
    settings: Annotated[
        list[str] | None, typer.Option("--settings", help="생성 설정 k=v. / Decoding setting k=v.")
    ] = None,
    with_base: Annotated[
        bool, typer.Option("--with-base", help="기반 모델도 평가합니다. / Judge the base, too.")
    ] = False,
) -> None:
    """교차 검증: 모든 사건을, 그것을 배우지 않은 모델로 한 번씩 평가합니다. / Cross-validation: every case judged once by a model that never saw it."""
    from engine.jobs.folds import cross_validate

    found = load_recipe(recipe)
    style = style or found.styles[0]
    require_style(found, style)
    result = cross_validate(
        door.store,
        found,
        k=k,
        sources=chosen_sources(recipe, source or []),
        options=row_options(found, style, rows or []),
        style=style,
        base=base,
        preset=preset,
        sets=split_sets(sets or []),
        way=way,
        decoding=decoding_settings(settings, found),
        with_base=with_base,
        say=note,
        follow=follow,
    )
    tell(result, leaderboard(result, found))
