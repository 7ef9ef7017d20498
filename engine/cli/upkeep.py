"""Commands for jobs and the store: supervise, jobs, cancel, resume, lineage, forget, doctor, demo, backup, check."""

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.app import app, door, follow, note, tell
from engine.config import language
from engine.errors import UserError
from engine.store.jobs import ask_stop, get_job, list_jobs, move_job, read_log
from engine.store.lineage import lineage as find_lineage
from engine.store.open import open_store
from engine.store.runs import get_run


@app.command()
def supervise(
    idle_seconds: Annotated[float, typer.Option(help="할 일이 없으면 이만큼 뒤에 끝냅니다. 0은 끝내지 않음.")] = 0,
) -> None:
    """작업 감독을 시작합니다. / Run the supervisor in this terminal."""
    from engine.jobs.supervisor import supervise as run

    run(door.store, idle_seconds)
    tell({"ended": True}, "감독을 마쳤습니다.")


@app.command()
def jobs(
    limit: int = 20,
    move: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--move", metavar="ID up|down", help="기다리는 작업의 순서를 바꿉니다. / Change a waiting job's place."
        ),
    ] = None,
    log: Annotated[str | None, typer.Option("--log", help="이 작업의 기록. / This job's log.")] = None,
) -> None:
    """작업 목록, 순서, 기록. / Jobs, living ones first; their order and logs."""
    if log is not None:
        return _tell_log(log)
    with open_store(door.store) as db:
        if move is not None:
            _move(db, *move)
        found = list_jobs(db, limit)
        goes_on = {job["id"]: _goes_on(db, job) for job in found}
    names = (
        "id",
        "kind",
        "lane",
        "state",
        "ending",
        "attempt",
        "pid",
        "progress",
        "created_at",
        "started_at",
        "ended_at",
        "heartbeat_at",
    )
    shown = [{**{k: job[k] for k in names}, "message": job["message_ko"], **goes_on[job["id"]]} for job in found]
    lines = [f"  {job['id']}  {job['kind']:<9} {job['state']:<12} {job['message'] or ''}{_how(job)}" for job in shown]
    tell({"jobs": shown}, "\n".join(lines) or "작업이 없습니다.")


def _goes_on(db: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Of a training that ended before its end: {resume_from: step} or {not_resumable: {ko, en}}."""
    if job["kind"] != "train" or job["state"] not in ("failed", "cancelled", "interrupted"):
        return {}
    from engine.train.provenance import resumable

    found = resumable(db, job["args"]["run"])
    return (
        {"not_resumable": {"ko": found.refusal.ko, "en": found.refusal.en}}
        if found.refusal
        else {"resume_from": found.step}
    )


def _how(job: dict[str, Any]) -> str:
    english = language() == "en"
    if refused := job.get("not_resumable"):
        return f"\n      {refused['en' if english else 'ko']}"
    if (step := job.get("resume_from")) is None:
        return ""
    return f" [resume: step {step}]" if english else f" [resume: {step}스텝부터]"


def _move(db: Any, job_id: str, way: str) -> None:
    if way not in ("up", "down"):
        raise UserError(
            f"--move에 '{way}'(이)가 왔습니다. up(앞으로) 또는 down(뒤로)이어야 합니다.",
            f"--move got '{way}'. It takes up or down.",
        )
    move_job(db, job_id, way)


def _tell_log(job: str) -> None:
    with open_store(door.store) as db:
        lines = read_log(db, get_job(db, _job_of(db, job))["id"], limit=500)
    text = "\n".join(f"{line['at'][:19]}  {line['text']}" for line in lines)
    tell({"lines": lines}, text or "적힌 것이 없습니다.")


def _job_of(db: Any, given: str) -> str:
    """The job behind a job id or a run id. Raises UserError for a run that was trained elsewhere."""
    if not given.startswith("run-"):
        return given
    run = get_run(db, given)
    if run["job_id"] is None:
        raise UserError(
            f"학습 {run['id']}은(는) 다른 곳에서 배운 것이라 작업이 없습니다. 멈추거나 이어 할 것이 없습니다.",
            f"Run {run['id']} was trained elsewhere and has no job: there is nothing to stop or resume.",
        )
    return str(run["job_id"])


@app.command()
def cancel(
    job: Annotated[str, typer.Argument(help="작업 또는 학습 id. / Job or run id.")] = "latest",
    save: Annotated[bool, typer.Option("--save", help="저장하고 멈춥니다. / Save first.")] = False,
) -> None:
    """작업을 멈춥니다. / Stop a job."""
    with open_store(door.store) as db:
        found = ask_stop(db, _job_of(db, job), "save" if save else "cancel")
    tell(
        {"job_id": found["id"], "state": found["state"], "stop": found["stop"]},
        f"작업 {found['id']}: 멈추라고 했습니다.",
    )


@app.command()
def resume(
    job: Annotated[str, typer.Argument(help="작업 또는 학습 id. / Job or run id.")] = "latest",
    wait: Annotated[bool, typer.Option("--wait/--no-wait")] = True,
) -> None:
    """끊긴 작업을 이어 합니다. / Continue a job that was interrupted, cancelled or failed."""
    from engine.jobs.queue import resume as queue_again

    with open_store(door.store) as db:
        job_id = _job_of(db, job)
    found = queue_again(door.store, job_id)
    if not wait:
        tell({"job_id": found["id"], "state": found["state"]}, f"작업 {found['id']}을(를) 다시 대기열에 넣었습니다.")
        return
    result = follow(found["id"])
    tell({"job_id": found["id"], "state": "done", **result}, f"작업 {found['id']}이(가) 끝났습니다.")


@app.command()
def lineage(
    id_: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="어떤 id든, latest(학습), row:N, answer:N, record:N도. / Any id, or latest (run)."
        ),
    ],
) -> None:
    """어디서 왔고 무엇이 나왔는지. / Where it comes from and what was made from it."""
    with open_store(door.store) as db:
        found = find_lineage(db, get_run(db, id_)["id"] if id_ == "latest" else id_)
    lines = [f"{found['kind']} {found['id']}"]
    lines += [f"  ← {node['kind']} {node['id']}" for node in found["ancestors"]]
    lines += [f"  → {node['kind']} {node['id']}" for node in found["descendants"]]
    tell(found, "\n".join(lines))


@app.command()
def forget(
    speaker: Annotated[str | None, typer.Option("--speaker", help="화자 이름. / A speaker's name.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="자료 id. / A source id.")] = None,
    visitor: Annotated[
        str | None,
        typer.Option("--visitor", help="방문자나 초대의 id, 이름. / A visitor's or invitation's id, or its name."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="지우지 않고 무엇이 지워질지만. / Only say what would go.")
    ] = False,
) -> None:
    """사람이나 자료, 방문자를 모든 곳에서 지웁니다. / Remove a speaker, a source or a visitor everywhere."""
    from engine.privacy.forgetting import What, preview
    from engine.privacy.forgetting import forget as remove

    pairs: tuple[tuple[What, str | None], ...] = (("speaker", speaker), ("source", source), ("visitor", visitor))
    given = [(what, name) for what, name in pairs if name]
    if len(given) != 1:
        raise UserError(
            "--speaker, --source, --visitor 가운데 하나만 주세요.",
            "Give exactly one of --speaker, --source and --visitor.",
        )
    result = (preview if dry_run else remove)(door.store, *given[0])
    done = "지우게 됩니다" if dry_run else "지웠습니다"
    lines = [f"기록 {result['records']:,}개와 행 {result['rows']:,}개를 {done}."]
    lines += [f"  다시 학습해야 합니다: {run}" for run in result["retrain"]]
    lines += [f"  아직 들어 있는 백업: {path}" for path in result["backups"]]
    lines += [f"  그 행이 들어 있는 캡슐 {one['id']}: {one['path'] or '내려받음'}" for one in result["capsules"]]
    lines += [f"  내리고 다시 배포해야 합니다: {one['id']} ({one['target']})" for one in result["redeploy"]]
    tell(result, "\n".join(lines))


@app.command()
def backup(out: Annotated[Path, typer.Argument(help="쓸 파일. / File to write.")]) -> None:
    """저장소를 복사해 둡니다. / Copy the living store."""
    from engine.store.maintain import backup as copy

    with open_store(door.store) as db:
        result = copy(db, out.resolve())
    tell(result, f"{result['path']} ({result['bytes'] / 1e6:.1f} MB)")


@app.command()
def check() -> None:
    """저장소가 온전한지 봅니다. / Check the store's integrity."""
    from engine.store.maintain import check as find_problems

    with open_store(door.store) as db:
        problems = find_problems(db)
    tell({"ok": not problems, "problems": problems}, "\n".join(problems) or "저장소가 온전합니다.")
    if problems:
        raise typer.Exit(2)


@app.command()
def doctor() -> None:
    """이 컴퓨터에서 무엇이 되고 안 되는지 봅니다. / Examine this machine."""
    from dataclasses import asdict

    from engine.doctor import examine

    findings = examine(door.store)
    english = language() == "en"
    marks = {True: "○", False: "✗", None: "△"}
    lines = []
    for f in findings:
        todo = f.todo_en if english else f.todo_ko
        lines.append(
            f"{marks[f.ok]} {f.name}: {f.found_en if english else f.found_ko}" + (f"\n    → {todo}" if todo else "")
        )
    bad = any(finding.ok is False for finding in findings)
    tell({"ok": not bad, "findings": [asdict(f) for f in findings]}, "\n".join(lines))
    if bad:
        raise typer.Exit(2)


@app.command()
def demo(
    recipe: Annotated[str, typer.Option("--recipe")] = "persona",
    wait: Annotated[bool, typer.Option("--wait/--no-wait")] = True,
) -> None:
    """견본으로 처음부터 끝까지 갑니다. / The sample journey: import, mask, dataset, train, evaluate."""
    from engine.cli.training import leaderboard, rates_by_decoding
    from engine.jobs.demo import journey, start_journey
    from engine.recipes.recipe import load_recipe

    if not wait:
        start_journey(door.store, recipe)
        tell({"state": "running"}, "견본 여정을 시작했습니다. 대시보드나 `jobs`에서 봅니다.")
        return
    result, found = journey(door.store, recipe, note, follow), load_recipe(recipe)
    several = len(result["evaluations"]) > 1
    tell(result, rates_by_decoding(result, found) if several else leaderboard(result["evaluation"], found))
