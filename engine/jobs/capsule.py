"""Make a capsule behind the gates, and train one on the machine it was brought to. Pages and commands call the same."""

import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.jobs.launch import refuse_declined
from engine.jobs.processes import is_alive
from engine.privacy.gate import require_clean_dataset
from engine.store.datasets import get_dataset
from engine.store.jobs import ENDED, ask_stop, claim_next, finish_job, get_job, requeue
from engine.store.open import open_store, require_space
from engine.store.runs import get_run
from engine.train.capsule.make import pack_run
from engine.train.capsule.unpack import is_finished, read_manifest, refuse_other_code, unpack_into, write_back

CAPSULE_BYTES = 50_000_000
"""Free bytes a capsule without a base asks for."""
LOOK_SECONDS = 0.5


def make_capsule(
    store: Path, run_id: str, target: Path, *, with_base: bool = False, downloaded: bool = False
) -> dict[str, Any]:
    """Write a run's capsule; returns {capsule_id, run_id, bytes, digest, file}.

    Raises UserError when its rows hold personal data or words of somebody who declined, or the file exists already.
    """
    if target.exists():
        raise UserError(
            f"{target.name} 파일이 이미 있습니다. 덮어쓰지 않습니다. 다른 이름을 주세요.",
            f"{target.name} exists already and is not overwritten. Give another name.",
        )
    if not target.parent.is_dir():
        raise UserError(
            f"캡슐을 둘 폴더가 없습니다: {target.parent}. 먼저 폴더를 만드세요.",
            f"The folder for the capsule does not exist: {target.parent}. Make it first.",
        )
    require_space(target, CAPSULE_BYTES)
    with open_store(store) as db:
        run = get_run(db, run_id)
        dataset = get_dataset(db, run["dataset_id"] or "")
        refuse_declined(db, dataset["id"])
        require_clean_dataset(db, dataset, "capsule")
        noted = None if downloaded else str(target.resolve())
        return {**pack_run(db, run["id"], target, with_base=with_base, noted_path=noted), "file": str(target)}


def run_capsule(
    path: Path, *, base: Path | None = None, work: Path | None = None, show: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Train a capsule in this process, or go on where an earlier try was cut off, and write the results into the file.

    work: folder for what is in the making (beside the file when absent). Raises UserError when the capsule is none, was
    made by other code, is being trained already, or the training does not come to its end.
    """
    manifest = read_manifest(path)
    run_id = manifest["run"]["id"]
    if is_finished(path):
        return {"run_id": run_id, "capsule_id": manifest["capsule"], "file": str(path), "state": "finished"}
    refuse_other_code(manifest, path)
    folder = (work or path.with_name(path.name + ".work")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    store = folder / "store.db"
    job_id = _queued_again(store) if store.exists() else unpack_into(path, store, base)
    _train_here(store, job_id, show)
    with open_store(store) as db:
        job = get_job(db, job_id)
    if job["state"] != "done":
        raise _not_done(job, path)
    result = write_back(path, store, run_id)
    shutil.rmtree(folder, ignore_errors=True)
    return {"run_id": run_id, "capsule_id": manifest["capsule"], "file": str(path), "state": "done", **result["result"]}


def _queued_again(store: Path) -> str:
    """The one job of a store that an earlier try left, queued again unless it is done."""
    with open_store(store) as db:
        job = get_job(db, "latest")
        if job["state"] == "running":
            if is_alive(job["pid"], job["pid_started_at"]):
                raise UserError(
                    f"이 캡슐은 이미 학습하는 중입니다(PID {job['pid']}). 끝나기를 기다리거나 그 프로세스를 멈춘 뒤 다시 하세요.",
                    f"This capsule is being trained already (PID {job['pid']}). Wait for it, or stop that process first.",
                )
            finish_job(db, job["id"], job["token"], "interrupted", "killed")
        if get_job(db, job["id"])["state"] in ("failed", "cancelled", "interrupted"):
            requeue(db, job["id"])
    return str(job["id"])


def _train_here(store: Path, job_id: str, show: Callable[[dict[str, Any]], None]) -> None:
    """The worker's whole work in this process: nothing can outlive it. Ctrl-C and a terminate save and stop."""
    from engine.jobs.worker import main as work

    with open_store(store) as db:
        job = get_job(db, job_id)
        if job["state"] == "done":
            return
        claimed = claim_next(db, ["cuda:0"])  # the name only says that there is one
    assert claimed and claimed["id"] == job_id
    os.environ.update(MALMOI_STORE=str(store), MALMOI_JOB_TOKEN=claimed["token"], OMP_WAIT_POLICY="passive")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _ask_to_save(store, job_id))
    over = threading.Event()
    watcher = threading.Thread(target=_shown, args=(store, job_id, over, show), daemon=True)
    watcher.start()
    try:
        work(job_id)
    finally:
        over.set()
        watcher.join()


def _ask_to_save(store: Path, job_id: str) -> None:
    with open_store(store) as db:
        if get_job(db, job_id)["state"] not in ENDED:
            ask_stop(db, job_id, "save")


def _shown(store: Path, job_id: str, over: threading.Event, show: Callable[[dict[str, Any]], None]) -> None:
    while not over.wait(LOOK_SECONDS):
        with open_store(store) as db:
            show(get_job(db, job_id))


def _not_done(job: dict[str, Any], path: Path) -> UserError:
    ko = job["message_ko"] or f"학습이 {job['state']} 상태로 끝났습니다."
    en = job["message_en"] or f"Training ended as {job['state']}."
    return UserError(
        f"{ko} 캡슐 {path.name}에는 아직 결과가 없습니다. 같은 명령을 다시 하면 저장된 데서 이어 갑니다.",
        f"{en} There are no results in {path.name} yet. The same command goes on from what was saved.",
    )
