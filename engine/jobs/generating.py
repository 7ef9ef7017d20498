"""Queue a generation, continue one, or give a running one other keys. Pages and commands call the same.

Everything that can be refused is refused here: no clauses, no key, an address that is none, personal data that would leave.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.generate.key_pool import check_keys
from engine.generate.leaving import require_may_leave
from engine.generate.options import GenerateOptions
from engine.generate.providers import endpoint
from engine.jobs.queue import ensure_supervisor
from engine.serve.address import is_here
from engine.serve.choose import choose_model
from engine.store.generations import (
    get_generation,
    ledger,
    newest_of_source,
    read_clauses,
    reopen_given_up,
    set_job,
    set_keys,
    set_settings,
    start_generation,
)
from engine.store.jobs import ENDED, add_log, enqueue, get_job, requeue
from engine.store.open import open_store, require_space, writing
from engine.store.sources import get_source

WANTED = {"fact", "scenario", "easy", "per_chunk", "unanswerable", "limit", "seed"}
"""Settings that say which pairs are wanted."""
PAIR_BYTES = 4_000
"""Bytes of the store per pair: record, index, ledger."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A generation and the job that works on it."""

    generation_id: str
    job_id: str
    running: bool
    """It ran already, and was only given other keys."""
    doubtful: int = 0
    """Clauses that go to another machine and hold what may be personal, but rests on little."""


def leaves_machine(options: GenerateOptions) -> bool:
    """Whether clauses would go to another machine."""
    return options.provider != "local" and not is_here(endpoint(options))


def start(
    store: Path,
    source: str,
    options: GenerateOptions,
    keys: Mapping[str, Any],
    allowed: str | None = None,
) -> Begun:
    """Queue a new generation. `keys`: {"file": path}, {"names": [...]} or {}. allowed: why personal data may leave.

    Raises UserError; nothing is queued then.
    """
    require_space(store, 0)
    with open_store(store) as db:
        found = get_source(db, source)
        _refuse_running(db, found["id"])
        clauses = read_clauses(db, found["id"])
        _refuse_empty(found, len(clauses))
        require_space(store, PAIR_BYTES * len(clauses) * options.per_chunk)
        _check_provider(db, options, keys)
        doubtful = require_may_leave(db, found["id"], clauses, allowed) if leaves_machine(options) else 0
        with writing(db):
            generation_id = start_generation(
                db,
                source_id=found["id"],
                provider=options.provider,
                model=options.model or "default",
                settings=options.model_dump(mode="json"),
                keys=keys,
            )
            job_id = _queue(db, generation_id, found["id"], options)
            _note_doubtful(db, job_id, doubtful)
    ensure_supervisor(store)
    return Begun(generation_id, job_id, False, doubtful)


def go_on(
    store: Path,
    named: str,
    keys: Mapping[str, Any] | None,
    changes: Mapping[str, Any] | None = None,
    allowed: str | None = None,
) -> Begun:
    """Continue what is missing of a generation (its id, its source's, or `latest`), also what was given up.

    keys: other keys from now on; None keeps them. changes: other settings, such as the server's address. Raises UserError when
    there is none, when it runs and more than keys would change, and for settings that say which pairs are wanted.
    """
    require_space(store, 0)
    with open_store(store) as db:
        generation = get_generation(db, named)
        job = _job_of(db, generation)
        running = job is not None and job["state"] not in ENDED
        if job is not None and running and (keys is None or changes):
            raise _running(generation["source_id"], job["id"])
        options = _changed(db, generation, keys, changes or {}, allowed)
        if keys is not None and options.provider != "local":
            check_keys(options.provider, keys)
            set_keys(db, generation["id"], keys)
        if job is not None and running:
            return Begun(generation["id"], job["id"], True)
        with writing(db):
            reopen_given_up(db, generation["id"])
            if job is not None and job["state"] != "done":
                job_id = requeue(db, job["id"])["id"]
            else:
                job_id = _queue(db, generation["id"], generation["source_id"], options)
    ensure_supervisor(store)
    return Begun(generation["id"], job_id, False)


def _changed(
    db: Database,
    generation: dict[str, Any],
    keys: Mapping[str, Any] | None,
    changes: Mapping[str, Any],
    allowed: str | None,
) -> GenerateOptions:
    """The settings to go on with, written down."""
    if fixed := sorted(WANTED & set(changes)):
        raise UserError(
            f"{', '.join(fixed)}은(는) 이어 만들 때 바꿀 수 없습니다. 무엇을 만들지는 시작할 때 정해졌습니다. --resume 없이 새로 시작하세요.",
            f"{', '.join(fixed)} cannot be changed when going on: which pairs are wanted was settled at the start. Start a new "
            "generation without --resume.",
        )
    options = GenerateOptions(**{**generation["settings"], **changes})
    if changes:
        _check_provider(db, options, generation["keys"] if keys is None else keys)
        if leaves_machine(options):
            source = generation["source_id"]
            require_may_leave(db, source, read_clauses(db, source), allowed)
        settings = options.model_dump(mode="json")
        set_settings(db, generation["id"], options.provider, options.model or "default", settings)
    return options


def unfinished(db: Database, source_id: str) -> int:
    """Pairs that the newest generation of a source still lacks."""
    found = newest_of_source(db, source_id)
    return int(ledger(db, found["id"])["missing"]) if found else 0


def running_of(db: Database, source_id: str) -> dict[str, Any] | None:
    """The newest generation of a source while its job waits or runs, else None."""
    found = newest_of_source(db, source_id)
    job = _job_of(db, found) if found else None
    return found if job is not None and job["state"] not in ENDED else None


def _job_of(db: Database, generation: dict[str, Any]) -> dict[str, Any] | None:
    return get_job(db, generation["job_id"]) if generation["job_id"] else None


def _queue(db: Database, generation_id: str, source_id: str, options: GenerateOptions) -> str:
    lane = "compute" if options.provider == "local" else None
    job_id = enqueue(db, "generate", {"generation": generation_id, "source": source_id}, lane=lane)
    set_job(db, generation_id, job_id)
    return job_id


def _note_doubtful(db: Database, job_id: str, doubtful: int) -> None:
    if doubtful:
        add_log(
            db,
            job_id,
            f"조항 {doubtful:,}개에 사람 이름일지도 모르는 말이 있습니다. 확실하지 않아 막지 않았습니다.",
            "warning",
        )


def _check_provider(db: Database, options: GenerateOptions, keys: Mapping[str, Any]) -> None:
    if not options.shares():
        raise UserError(
            "질문 유형이 하나도 없습니다. 몫을 하나라도 0보다 크게 하세요.",
            "No type of question has a share above 0. Give one.",
        )
    if options.provider == "local":
        choose_model(db, options.model or "base")
        return
    endpoint(options)
    check_keys(options.provider, keys)


def _refuse_running(db: Database, source_id: str) -> None:
    if found := running_of(db, source_id):
        raise _running(source_id, found["job_id"])


def _running(source_id: str, job_id: str) -> UserError:
    return UserError(
        f"자료 {source_id}에서 이미 만들고 있습니다(작업 {job_id}). 끝나기를 기다리거나 `cancel {job_id} --save`로 멈추세요. 열쇠만 바꾸려면 "
        f"`generate {source_id} --resume --keys FILE`을 쓰세요.",
        f"Pairs are being made from {source_id} already (job {job_id}). Wait for its end, or pause it with `cancel {job_id} "
        f"--save`. To change only its keys, use `generate {source_id} --resume --keys FILE`.",
    )


def _refuse_empty(source: dict[str, Any], clauses: int) -> None:
    if not clauses:
        raise UserError(
            f"자료 {source['id']}({source['kind']})에는 조항이 없습니다. `import FILE --recipe policy --as chunks`나 `--as clauses`로 가져온 자료를 고르세요.",
            f"Source {source['id']} ({source['kind']}) holds no clauses. Choose one that was imported with "
            "`import FILE --recipe policy --as chunks` or `--as clauses`.",
        )
