"""How much of everything there is, and what the owner would do next: what a first page shows."""

from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from engine.store.clause_records import WRITTEN
from engine.store.open import one_row
from engine.store.runs import LISTED, MADE

Step = Literal["bring", "choose_me", "mask", "build", "train", "watch", "mend", "judge", "talk"]


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do next, and the id of what it is about (None: nothing exists yet)."""

    step: Step
    id: str | None


def overview(db: Database) -> dict[str, int]:
    """{sources, datasets, runs (with an adapter), evaluations, chats, jobs, busy (queued or running jobs)}."""
    sql = (
        "SELECT (SELECT count(*) FROM sources WHERE state = 'ready' AND replaced_by IS NULL) AS sources, "
        "(SELECT count(*) FROM datasets WHERE state = 'frozen') AS datasets, "
        "(SELECT count(*) FROM runs WHERE adapter_id IS NOT NULL) AS runs, "
        "(SELECT count(*) FROM evaluations WHERE state = 'whole' AND sweep_id IS NULL) AS evaluations, "
        "(SELECT count(*) FROM chats WHERE visitor_id IS NULL) AS chats, (SELECT count(*) FROM jobs) AS jobs, "
        "(SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')) AS busy"
    )
    found = one_row(db, sql)
    assert found is not None
    return found


def next_step(db: Database) -> NextStep:
    """Follow the newest thing as far as it has come: source, dataset, run, evaluation, chat."""
    run = one_row(
        db,
        "SELECT r.id, r.created_at, r.adapter_id, COALESCE(j.state, 'done') AS state FROM runs r "
        f"LEFT JOIN jobs j ON j.id = r.job_id LEFT JOIN trials t ON t.run_id = r.id WHERE {LISTED} AND NOT {MADE} ORDER BY r.created_at DESC LIMIT 1",
    )
    dataset = one_row(db, "SELECT id, created_at FROM datasets WHERE state = 'frozen' ORDER BY created_at DESC LIMIT 1")
    source = one_row(
        db,
        "SELECT id, kind, created_at, me, masked_at FROM sources WHERE state = 'ready' AND replaced_by IS NULL ORDER BY created_at DESC LIMIT 1",
    )
    newest = max((thing["created_at"] for thing in (run, dataset, source) if thing), default=None)
    if newest is None:
        return NextStep("bring", None)
    if run and run["created_at"] == newest:
        return _after_run(db, run["id"], run["state"], run["adapter_id"] is not None)
    if dataset and dataset["created_at"] == newest:
        return NextStep("train", dataset["id"])
    assert source is not None
    if source["kind"] in WRITTEN:
        return NextStep("build", source["id"])
    step: Step = "mask" if source["masked_at"] is None else "choose_me" if source["me"] is None else "build"
    return NextStep(step, source["id"])


def _after_run(db: Database, run_id: str, state: str, trained: bool) -> NextStep:
    if state in ("queued", "running"):
        return NextStep("watch", run_id)
    if not trained:
        return NextStep("mend", run_id)
    sql = (
        "SELECT 1 AS found FROM edges WHERE parent_kind = 'run' AND parent_id = ? AND child_kind = 'evaluation' LIMIT 1"
    )
    return NextStep("talk" if one_row(db, sql, [run_id]) else "judge", run_id)
