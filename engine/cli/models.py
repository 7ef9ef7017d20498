"""Commands for bases and what was made elsewhere: models list, import-adapter, import-evaluation, starter train."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from engine.cli.app import app, door, note, tell
from engine.config import language
from engine.store.open import open_store
from engine.store.runs import list_runs, standing

STATES = {
    "queued": ("기다림", "queued"),
    "running": ("학습 중", "training"),
    "done": ("끝남", "done"),
    "failed": ("실패", "failed"),
    "cancelled": ("취소됨", "cancelled"),
    "away": ("캡슐로 내보냄: `capsule import`로 들임", "in a capsule: take it back with `capsule import`"),
    "lost": ("작업이 없음: 새로 학습", "its job is gone: train anew"),
    "interrupted": ("끊김: `resume`으로 이어 할 수 있음", "interrupted: continue it with `resume`"),
}
models = typer.Typer(no_args_is_help=True, help="모델. / Models.", rich_markup_mode=None)
app.add_typer(models, name="models")
starter = typer.Typer(no_args_is_help=True, help="내장 시작 모델. / The embedded starter model.", rich_markup_mode=None)
models.add_typer(starter, name="starter")


@models.command("list")
def models_list() -> None:
    """고를 수 있는 기반 모델과 학습한 모델. / Bases to choose from, and runs."""
    from dataclasses import asdict

    from engine.models.catalogue import BASES

    with open_store(door.store) as db:
        runs = list_runs(db)
    shown = [
        {k: run[k] for k in ("id", "recipe", "base", "state", "eval_loss", "created_at")} | _away(run) for run in runs
    ]
    lines = [f"  {b.name:<28} {b.parameters / 1e9:5.2f}B  8GB: {b.fits_8gb:<5}  {b.licence}  {b.ko}" for b in BASES]
    words = {state: en if language() == "en" else ko for state, (ko, en) in STATES.items()}
    lines += [f"  {run['id']}  {run['recipe']}  {run['base']}  {words[run['state']]}" for run in shown]
    tell({"models": [asdict(base) for base in BASES], "runs": shown}, "\n".join(lines))


def _away(run: dict[str, Any]) -> dict[str, Any]:
    """The state of a run without a job that has not come back: nothing of it is done here."""
    found = standing(run)
    return {"state": found} if found in ("away", "lost") else {}


@models.command("import-adapter")
def import_adapter(
    folder: Annotated[Path, typer.Argument(help="PEFT 어댑터 폴더. / A PEFT adapter folder.")],
    base: Annotated[str, typer.Option("--base", help="이 어댑터의 기반 모델. / Its base.")],
    recipe: Annotated[str, typer.Option("--recipe")] = "persona",
    style: Annotated[
        str | None,
        typer.Option(
            "--style", help="배운 행의 모양. 비우면 폴더 이름으로 짐작합니다. / Style of its rows; guessed when absent."
        ),
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="배운 행의 옵션 k=v. / An option of its rows.")
    ] = None,
) -> None:
    """다른 곳에서 만든 어댑터를 들여옵니다. / Bring in an adapter made elsewhere, as a run."""
    from engine.cli.fields import parse_sets
    from engine.models.adapters import adopt_adapter, guess_style
    from engine.recipes.recipe import load_recipe, require_style

    found = load_recipe(recipe)
    chosen = style or guess_style(folder.name, found.styles) or found.styles[0]
    require_style(found, chosen)
    given = {"style": chosen} if "style" in found.options.model_fields else {}
    options = parse_sets(found.options, sets or [], given)
    run_id, artifact_id = adopt_adapter(door.store, folder, base, recipe, options)
    told = {"run_id": run_id, "artifact_id": artifact_id, "style": chosen, "guessed": style is None}
    guessed = (
        f" 모양은 {chosen}(으)로 봅니다. 아니면 --style로 다시 들여오세요."
        if style is None and len(found.styles) > 1
        else ""
    )
    tell(told, f"어댑터를 학습 {run_id}(으)로 들여왔습니다.{guessed}")


@app.command("import-evaluation")
def import_evaluation(
    file: Annotated[Path, typer.Argument(help="comparison_results*.json. / Results compared elsewhere.")],
    recipe: Annotated[str, typer.Option("--recipe")] = "policy",
    maps: Annotated[
        list[str] | None,
        typer.Option("--map", help="question=칸, contexts=칸, reference=칸, v1=칸. / Which field is what."),
    ] = None,
) -> None:
    """다른 곳에서 견준 결과를 평가로 들여옵니다. / Bring in results compared elsewhere, as an evaluation."""
    from engine.cli.fields import split_sets
    from engine.evaluate.adopt import adopt_comparison
    from engine.recipes.recipe import load_recipe

    found = load_recipe(recipe)
    told = adopt_comparison(door.store, file, found.name, found.suite, split_sets(maps or [], "--map"))
    read = ", ".join(f"{role} ← {name}" for role, name in told["mapping"].items())
    lines = [
        f"평가 {told['evaluation_id']}: 질문 {told['questions']:,}개, 모델 {', '.join(told['read_models'])}"
        + (" (전에 들여온 파일입니다)" if told["known"] else ""),
        f"  읽은 칸: {read}",
    ]
    lines += [f"  쓰지 않은 칸: {', '.join(told['unused'])}"] if told["unused"] else []
    lines += [f"  조항이 없어 판단하지 못한 질문 {told['without_clauses']:,}개"] if told["without_clauses"] else []
    for model, rate in told["imported_rates"].items():
        spread = f"{rate['value']:.1%} [{rate['low']:.1%}, {rate['high']:.1%}] n={rate['n']}"
        lines.append(f"  {model}: 파일이 환각이라 한 비율 {spread}")
    tell(told, "\n".join(lines))


@starter.command("train")
def starter_train(
    out: Annotated[Path | None, typer.Option("--out", help="만들 폴더. / Folder to make.")] = None,
    seed: int = 0,
    tokens: Annotated[int | None, typer.Option("--tokens", help="학습할 토큰 수. / Tokens to train on.")] = None,
    family: Annotated[
        Literal["decoder", "seq2seq"],
        typer.Option("--family", help="디코더, 또는 인코더-디코더. / The decoder, or the encoder-decoder."),
    ] = "decoder",
) -> None:
    """내장 시작 모델을 처음부터 다시 만듭니다. / Make a starter again from its seed."""
    from engine.models.bases import SHIPPED
    from engine.models.starter import TOKENS, train_starter
    from engine.models.starter_seq2seq import TOKENS as PAIR_TOKENS
    from engine.models.starter_seq2seq import train_seq2seq

    if family == "seq2seq":
        result = train_seq2seq(
            out or SHIPPED["starter-seq2seq"], seed=seed, tokens=tokens or PAIR_TOKENS, progress=note
        )
    else:
        result = train_starter(out or SHIPPED["starter"], seed=seed, tokens=tokens or TOKENS, progress=note)
    tell(result, f"시작 모델을 만들었습니다: {result['parameters'] / 1e6:.1f}M, {result['bytes'] / 1e6:.1f} MB")
