"""Command for settings: sweep. What is tried, and how one is chosen, stands in engine/evaluate."""

from typing import Annotated, Any

import typer

from engine.cli.app import app, door, finish_job, note, tell
from engine.cli.data import Wait
from engine.cli.training import Settings, decoding_settings, retrieval_settings
from engine.config import language
from engine.recipes.recipe import load_recipe


@app.command()
def sweep(
    model: Annotated[list[str], typer.Option("--model", help="run id, latest, base, base:이름. / Whose settings.")],
    more: Annotated[list[str] | None, typer.Argument(help="더 훑을 모델. / More models.")] = None,
    suite: Annotated[str, typer.Option("--suite", help="평가(레시피 이름). / The suite: a recipe's name.")] = "policy",
    grid: Annotated[
        list[str] | None,
        typer.Option(
            "--grid", help="이름=값,값: temperature top_p repetition_penalty max_new_tokens stop(off,on,proposed) k."
        ),
    ] = None,
    proposed: Annotated[
        bool,
        typer.Option("--stop-proposed", help="제안된 멈춤 구절도 써 봅니다. / Try the stop phrases proposed before."),
    ] = False,
    cells: Annotated[
        int, typer.Option("--cells", min=1, help="모델마다 써 볼 설정 수. / Settings tried per model.")
    ] = 48,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="비우면 그 학습의 데이터셋. / Default: the run's.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="문항 수, 0은 모두. / Questions; 0 for all.")] = 60,
    seed: int = 0,
    settings: Settings = None,
    wait: Wait = True,
) -> None:
    """모델마다 생성 설정을 훑어 가장 덜 틀리는 것을 고릅니다. / Try settings and keep the one that errs least per model."""
    from engine.evaluate.grid import DEFAULT
    from engine.jobs.judge import sweep_models

    recipe = load_recipe(suite)
    words, retrieval = retrieval_settings(settings, recipe)
    tried = grid or [f"{name}={','.join(values)}" for name, values in DEFAULT.items()]
    if proposed:
        tried = [word for word in tried if not word.startswith("stop=")] + ["stop=off,on,proposed"]
    job_id, count, whole = sweep_models(
        door.store,
        recipe,
        models=[name for part in [*model, *(more or [])] for name in part.split(",") if name],
        dataset_id=dataset,
        decoding=decoding_settings(words, recipe),
        retrieval=retrieval,
        grid=tried,
        budget=cells,
        limit=limit,
        seed=seed,
    )
    note(
        f"모델마다 설정 {count}가지를 써 봅니다(격자 전체 {whole}가지). / {count} settings per model (whole grid: {whole})."
    )
    result = finish_job(job_id, wait)
    if result is not None:
        tell(result, sweep_text(result, "en" if language() == "en" else "ko"))


def sweep_text(result: dict[str, Any], lang: str) -> str:
    """What was chosen for each model, in a few lines."""
    ko = lang == "ko"
    lines = [("훑기 " if ko else "sweep ") + result["sweep_id"]]
    for name, best in result["best"].items():
        own = [cell for cell in result["cells"] if cell["model"] == name]
        chosen = next(cell for cell in own if cell["settings"] == best)
        told = " ".join(f"{field}={_short(value)}" for field, value in best.items())
        rates = " → ".join(_rate(cell) for cell in (own[0], chosen))
        lines += [f"{name}: {told}", f"  {'오류율' if ko else 'error rate'} {rates}"]
    phrases = ", ".join(f"'{one['phrase']}' {one['answers']}" for one in result["proposed_stops"])
    lines.append(f"{'제안된 멈춤 구절' if ko else 'stop phrases proposed'}: {phrases or '-'}")
    lines.append(result["method"]["rule_ko" if ko else "rule_en"])
    return "\n".join(lines)


def _short(value: Any) -> str:
    return f"{len(value)}개" if isinstance(value, list) else str(value)


def _rate(cell: dict[str, Any]) -> str:
    found = cell["metrics"]["error_rate"]
    return f"{found['value']:.2f} [{found['low']:.2f}, {found['high']:.2f}] n={found['n']}"
