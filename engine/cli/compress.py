"""Commands for lighter models: compress RUN, compress show|list|prices."""

from typing import Annotated, Literal

import typer

from engine.cli.app import app, door, finish_job, note, tell
from engine.cli.data import Wait
from engine.cli.fields import split_sets
from engine.cli.groups import RunFirst
from engine.config import language
from engine.jobs.compressing import POINTS
from engine.jobs.judge import LIMIT
from engine.store.open import open_store

compress = typer.Typer(
    cls=RunFirst,
    no_args_is_help=True,
    help="모델을 가볍게. / Make a model lighter, with proof.",
    rich_markup_mode=None,
)
app.add_typer(compress, name="compress")
Which = Annotated[str, typer.Argument(help="압축 id, 작업 id, latest. / A compression's id, its job's, or latest.")]


@compress.command("run", hidden=True)
def run(
    run: Annotated[str, typer.Argument(help="학습 id, latest. / A run's id, or latest.")] = "latest",
    steps: Annotated[
        str | None, typer.Option("--with", help="단계, 쉼표로: prune:0.25,distil,int8. / Steps by comma.")
    ] = None,
    gate: Annotated[
        float, typer.Option("--gate", help="떨어져도 되는 점수(100점 가운데). / Points of 100 that may be lost.")
    ] = POINTS,
    metric: Annotated[str | None, typer.Option("--metric", help="거를 지표. / The metric that is held to.")] = None,
    on_fail: Annotated[
        Literal["rollback", "stop"],
        typer.Option("--on-fail", help="못 미치면 되돌리고 잇기, 멈추기. / Roll back and go on, or stop."),
    ] = "rollback",
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="비우면 그 학습의 것. / Default: the run's own.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="견줄 문항, 0은 모두. / Items, 0 for all.")] = LIMIT,
    seed: Annotated[int, typer.Option("--seed", help="문항을 뽑는 씨앗. / Seed that draws the items.")] = 0,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=20, help="재는 횟수. / Times each is measured.")] = 3,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="되살리는 학습의 설정 k=v. / A training setting of the healing.")
    ] = None,
    wait: Wait = True,
) -> None:
    """학습을 단계마다 견주며 가볍게 만듭니다. --with를 빼면 계획을 권합니다. / Make a run lighter, judged at every step; without --with a plan is suggested."""
    from engine.cli.compress_text import report_text
    from engine.jobs.compressing import Wish, launch_compression

    if steps is None:
        _suggest(run)
        return
    wish = Wish(steps, dataset, gate, metric, on_fail, limit, seed, rounds, split_sets(sets or []))
    compression_id, job_id = launch_compression(door.store, run, wish)
    if not wait:
        queued = {"compression_id": compression_id, "job_id": job_id, "state": "queued"}
        tell(queued, f"압축 {compression_id}을(를) 대기열에 넣었습니다. 보기: `compress show {compression_id}`")
        return
    note(f"{compression_id} ({job_id})")
    result = finish_job(job_id, wait)
    if result is not None:
        tell(result, report_text(result))


def _suggest(run: str) -> None:
    from engine.jobs.compress_advice import suggest

    found = suggest(door.store, run)
    lines = [found["why"]["en" if language() == "en" else "ko"], f"  compress {run} --with {found['plan']}"]
    tell(found, "\n".join(lines))


@compress.command("show")
def show(compression: Which = "latest") -> None:
    """압축 하나의 단계와 표를 봅니다. / Show a compression, its steps and its table."""
    from engine.cli.compress_text import report_text, steps_text
    from engine.store.compressions import get_compression

    with open_store(door.store) as db:
        found = get_compression(db, compression)
    report = found.pop("result")
    if report:
        tell({**report, "state": found["state"]}, report_text(report))
        return
    told = {
        name: found[name] for name in ("run_id", "recipe", "dataset_id", "evaluation_id", "state", "job_id", "settings")
    }
    tell({"compression_id": found["id"], **told, "steps": found["steps"]}, steps_text(found["steps"]))


@compress.command("list")
def list_all() -> None:
    """압축들을 봅니다. / List compressions."""
    from engine.store.compressions import list_compressions

    with open_store(door.store) as db:
        found = list_compressions(db)
    names = ("id", "run_id", "recipe", "dataset_id", "evaluation_id", "job_id", "state", "created_at")
    rows = [{**{name: one[name] for name in names}, "plan": one["settings"]["plan"]} for one in found]
    text = "\n".join(f"  {row['id']} {row['run_id']} {row['plan']} {row['state']} {row['created_at']}" for row in rows)
    tell({"compressions": rows}, text or ("No compression yet." if language() == "en" else "아직 압축이 없습니다."))


@compress.command("prices")
def prices(
    watts: Annotated[
        float | None, typer.Option("--watts", help="답할 때 이 컴퓨터의 전력(W). / Watts while answering.")
    ] = None,
    kwh: Annotated[float | None, typer.Option("--kwh", help="1 kWh의 값. / What a kWh costs.")] = None,
    api_in: Annotated[
        float | None, typer.Option("--api-in", help="API에 보내는 100만 토큰의 값. / A million tokens in.")
    ] = None,
    api_out: Annotated[
        float | None, typer.Option("--api-out", help="API가 쓰는 100만 토큰의 값. / A million tokens out.")
    ] = None,
) -> None:
    """답 1,000개의 값을 셈할 때 쓰는 값을 보고 고칩니다. / Show and change what the cost of 1,000 answers is made from."""
    from engine.compress.costs import running_prices, set_prices

    with open_store(door.store) as db:
        set_prices(db, watts=watts, kwh=kwh, api_in=api_in, api_out=api_out)
        found = running_prices(db)
    lines = [f"  {name}: {'-' if value is None else f'{value:g}'}" for name, value in found.items()]
    tell({"prices": found}, "\n".join(lines))
