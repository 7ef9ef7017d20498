"""What a job is about: the sources, datasets, runs and evaluations its arguments and result name. It starts no job."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.store.jobs import get_job
from engine.store.open import all_rows

NAMED = {
    "compression": "compression",
    "deployment_id": "deployment",
    "evaluation_id": "evaluation",
    "study": "search",
    "run": "run",
    "run_id": "run",
    "models": "run",
    "dataset": "dataset",
    "dataset_id": "dataset",
    "source": "source",
    "source_id": "source",
    "sources": "source",
}
"""Field of a job's arguments or result to the kind of thing it names, what a reader looks for first on top."""
SQL = {
    "evaluation": "SELECT id, suite AS name FROM evaluations WHERE state = 'whole' AND id IN ({})",
    "deployment": "SELECT id, target AS name FROM deployments WHERE id IN ({})",
    "compression": "SELECT id, run_id AS name FROM compressions WHERE id IN ({})",
    "run": "SELECT id, base AS name FROM runs WHERE id IN ({})",
    "search": "SELECT id, base AS name FROM studies WHERE id IN ({})",
    "dataset": "SELECT id, style AS name FROM datasets WHERE state = 'frozen' AND id IN ({})",
    "source": "SELECT id, name FROM sources WHERE id IN ({})",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that exists in the store; `name` is what the owner knows it by: a file, a base, a style, a suite."""

    kind: str
    id: str
    name: str


def subjects_of(db: Database, jobs: list[dict[str, Any]]) -> dict[str, list[Subject]]:
    """{job id: what it is about}; what was deleted meanwhile is left out."""
    named = {job["id"]: list(dict.fromkeys(_names(job))) for job in jobs}
    known: dict[tuple[str, str], Subject] = {}
    for kind, sql in SQL.items():
        ids = sorted({id_ for pairs in named.values() for named_kind, id_ in pairs if named_kind == kind})
        if ids:
            for row in all_rows(db, sql.format(",".join("?" * len(ids))), ids):
                known[kind, row["id"]] = Subject(kind, row["id"], row["name"])
    return {job_id: [known[pair] for pair in pairs if pair in known] for job_id, pairs in named.items()}


def jobs_about(db: Database, kind: str, field: str, value: str, limit: int = 10) -> list[dict[str, Any]]:
    """Jobs of a kind whose argument `field` is `value`, newest first, as `get_job` gives them."""
    sql = "SELECT id FROM jobs WHERE kind = ? AND json_extract(args_json, '$.' || ?) = ? ORDER BY created_at DESC, rowid DESC LIMIT ?"
    return [get_job(db, row["id"]) for row in all_rows(db, sql, [kind, field, value, limit])]


def newest_jobs(db: Database, kind: str, limit: int) -> list[dict[str, Any]]:
    """Jobs of a kind, newest first, as `get_job` gives them."""
    sql = "SELECT id FROM jobs WHERE kind = ? ORDER BY created_at DESC, rowid DESC LIMIT ?"
    return [get_job(db, row["id"]) for row in all_rows(db, sql, [kind, limit])]


def _names(job: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(kind, id) of everything a job names."""
    for field, kind in NAMED.items():
        for facts in (job["result"] or {}, job["args"] or {}):
            found = facts.get(field)
            yield from ((kind, id_) for id_ in (found if isinstance(found, list) else [found]) if isinstance(id_, str))
