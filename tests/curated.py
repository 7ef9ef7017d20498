"""A small invented dataset for tests of reviews and of the curation page: days in three splits, rows kept and dropped."""

import json
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.curate.options import PersonaOptions
from engine.curate.versions import freeze_version
from engine.store.datasets import add_members, add_rows, freeze_dataset, start_dataset
from engine.store.jobs import Work, claim_next, enqueue, finish_job
from engine.store.open import all_rows, open_store
from engine.store.sources import add_records, finish_masks, finish_source, start_source

SHARES = {"train": 0.9, "validation": 0.05, "test": 0.05}
DAYS = ("test", "validation", "train", "train", "train")
"""The split of each day."""
TALK = ("바다", "산책", "커피", "영화", "김밥")
"""What each day speaks of."""
WHEN = ("아침", "점심", "저녁", "새벽")


def curated(db: Database, days: tuple[str, ...] = DAYS, kept: int = 3) -> tuple[str, str]:
    """(source id, dataset id). Each day has `kept` kept rows and one dropped as `dull`; a last day has dropped rows only:
    `dull`, one without a prompt, one without a reply, and one in which a number was left."""
    source = start_source(
        db, recipe="persona", kind="kakao", name="대화.txt", fingerprint="f", size=1, job_id="job-import"
    )
    lines: list[tuple[str, str, str]] = []
    plan: list[tuple[str, str, str, str | None, str | None]] = []
    for number, split in enumerate(days):
        day = f"2026-01-{number + 1:02d}"
        for place in range(kept + 1):
            dropped = "dull" if place == kept else None
            asked, replied = f"{WHEN[place]}에 {TALK[number]} 어때?", f"응 {WHEN[place]}에는 {TALK[number]} 좋지"
            plan.append((day, asked, replied, None if dropped else split, dropped))
    last = "2026-02-01"
    plan += [
        (last, "밥 먹었어?", "그래 그래", None, "dull"),
        (last, "잘 자", "알겠어 알겠어", None, "dull"),
        (last, "", "내가 먼저 말했다", None, "no_prompt"),
        (last, "대답 좀", "", None, "no_reply"),
        (last, "번호 뭐야", "내 번호는 010-2345-6789야", None, "personal_data_left"),
    ]
    for day, asked, replied, *_ in plan:
        lines += [(day, "나리", asked), (day, "가온", replied)]
    add_records(db, source, 0, [(f"{day}T10:00", who, "text", text, None) for day, who, text in lines])
    finish_source(
        db, source, "가온", {"가온": len(plan), "나리": len(plan)}, {"speakers": {"가온": 1, "나리": 1}, "warnings": []}
    )
    finish_masks(db, source, {"counts": {}, "residual": 0, "seconds": 0})
    first = all_rows(db, "SELECT min(id) AS id FROM records WHERE source_id = ?", [source])[0]["id"]
    dataset = start_dataset(
        db,
        recipe="persona",
        style="chat",
        options=PersonaOptions().model_dump(mode="json"),
        masked=True,
        job_id="job-build",
        sources=[source],
    )
    rows = [
        (
            "persona",
            source,
            first + 2 * n,
            first + 2 * n + 1,
            day,
            _messages(asked),
            replied,
            json.dumps({"conversation": n // 4}),
        )
        for n, (day, asked, replied, _, _) in enumerate(plan)
    ]
    ids = add_rows(db, rows)
    add_members(db, dataset, [(n, ids[n], split, dropped) for n, (_, _, _, split, dropped) in enumerate(plan)])
    freeze_dataset(db, dataset)
    return source, dataset


def _messages(asked: str) -> str:
    return json.dumps([{"role": "user", "content": asked}] if asked else [], ensure_ascii=False)


def members(db: Database, dataset_id: str) -> list[dict[str, Any]]:
    """Membership with the rows' words."""
    sql = (
        "SELECT d.ord, d.row_id, d.split, d.dropped, r.target, r.split_group, r.edited_from FROM dataset_rows d "
        "JOIN rows r ON r.id = d.row_id WHERE d.dataset_id = ? ORDER BY d.ord"
    )
    return all_rows(db, sql, [dataset_id])


def row_where(db: Database, dataset_id: str, place: int = 0, **wanted: Any) -> int:
    """The row id of the member at `place` among those that have these values."""
    found = [one for one in members(db, dataset_id) if all(one[name] == value for name, value in wanted.items())]
    return int(found[place]["row_id"])


def freeze(store: Path, dataset_id: str) -> dict[str, Any]:
    """Freeze a new version as the job does, in this process."""
    with open_store(store) as db:
        job_id = enqueue(db, "freeze", {"dataset": dataset_id})
        claimed = claim_next(db, ["cpu"])
        assert claimed and claimed["id"] == job_id
    try:
        return freeze_version(Work(store, job_id, claimed["token"]), dataset_id, SHARES)
    finally:
        with open_store(store) as db:
            finish_job(db, job_id, claimed["token"], "done", "done")
