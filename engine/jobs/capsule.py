"""Make a capsule behind the gates, and train one on the machine it was brought to. Pages and commands call the same."""

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.alive import is_alive
from engine.errors import UserError
from engine.jobs.launch import refuse_declined
from engine.privacy.gate import require_clean_dataset
from engine.store.datasets import get_dataset
from engine.store.jobs import ENDED, ask_stop, claim_next, finish_job, get_job, requeue
from engine.store.open import open_store, require_space
from engine.store.runs import get_run
from engine.train.capsule.make import pack_run
from engine.train.capsule.scripts import KINDS
from engine.train.capsule.unpack import base_of, is_finished, read_manifest, refuse_other_code, unpack_into, write_back
from engine.train.settings import TrainSettings
from engine.train.together.launch import NODE_BASE, Cluster, start_processes
from engine.train.tries import MOST

CAPSULE_BYTES = 50_000_000
"""Free bytes a capsule without a base asks for."""
LOOK_SECONDS = 0.5


def require_form(target: Path, kind: str) -> None:
    """Raises UserError for a file that cannot be written, or a kind of script there is none of: before anything is made."""
    if kind not in KINDS:
        raise UserError(
            f"--as {kind}은(는) 없습니다. {', '.join(KINDS)} 가운데 고르세요.",
            f"There is no --as {kind}. Choose of {', '.join(KINDS)}.",
        )
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


def require_leavable(db: Database, dataset_id: str) -> None:
    """Raises UserError when a dataset may not leave: personal data in its rows, or words of somebody who declined."""
    refuse_declined(db, dataset_id)
    require_clean_dataset(db, get_dataset(db, dataset_id), "capsule")


def make_capsule(
    store: Path, run_id: str, target: Path, *, with_base: bool = False, downloaded: bool = False, nodes: int = 1
) -> dict[str, Any]:
    """Write a run's capsule; returns {capsule_id, run_id, bytes, digest, file, processes}. nodes: machines that will train it.

    Raises UserError when its rows hold personal data or words of somebody who declined, the file exists already, or the
    run's processes cannot be shared evenly by the machines.
    """
    require_form(target, KINDS[0])
    with open_store(store) as db:
        run = get_run(db, run_id)
        processes = run["settings"].get("processes", 1)
        Cluster(nodes).share(processes)
        require_leavable(db, run["dataset_id"] or "")
        noted = None if downloaded else str(target.resolve())
        told = pack_run(db, run["id"], target, with_base=with_base, noted_path=noted)
        return {**told, "file": str(target), "processes": processes}


def run_capsule(
    path: Path, *, base: Path | None = None, work: Path | None = None, show: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Train a capsule in this process, or go on where an earlier try was cut off, and write the results into the file.

    work: folder for what is in the making (beside the file when absent). Raises UserError when the capsule is none, was
    made by other code, is being trained already, or the training does not come to its end.
    """
    manifest = read_manifest(path)
    run_id = manifest["run"]["id"]
    if Cluster.here().node > 0:
        return _join(path, manifest, base, work)
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


def _join(path: Path, manifest: dict[str, Any], base: Path | None, work: Path | None) -> dict[str, Any]:
    """This machine's share of a training that the first of several machines leads; its rows come from there."""
    refuse_other_code(manifest, path)
    cluster, settings = Cluster.here(), TrainSettings(**manifest["run"]["settings"])
    folder = (work or path.with_name(f"{path.name}.work-{cluster.node}")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    here = base_of(path, folder, base)
    for _ in range(MOST):  # the first may try again with smaller settings
        status = start_processes(settings.processes, cluster, {NODE_BASE: here}).wait()
        if status == 0:
            shutil.rmtree(folder, ignore_errors=True)
            return {
                "run_id": manifest["run"]["id"],
                "capsule_id": manifest["capsule"],
                "node": cluster.node,
                "state": "done",
            }
    raise UserError(
        f"함께 배우던 컴퓨터들이 서로를 잃었습니다(상태 {status}). 첫 컴퓨터의 기록을 보고, 같은 명령을 다시 하면 저장된 데서 이어 갑니다.",
        f"The machines lost each other (status {status}). See the first machine's log; the same command goes on from what was saved.",
    )


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
    given = {"MALMOI_STORE": str(store), "MALMOI_JOB_TOKEN": claimed["token"]}
    over = threading.Event()
    watcher = threading.Thread(target=_shown, args=(store, job_id, over, show), daemon=True)
    with _environment(given), _saved_when_stopped(store, job_id):
        watcher.start()
        try:
            work(job_id)
        finally:
            over.set()
            watcher.join()


@contextmanager
def _environment(given: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextmanager
def _saved_when_stopped(store: Path, job_id: str) -> Iterator[None]:
    """Ctrl-C and a terminate ask for a save and a stop; the training heeds them after its step."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, lambda *_: _ask_to_save(store, job_id))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
