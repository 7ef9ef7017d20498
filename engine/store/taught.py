"""The dataset a teacher's answers make: kept answer by answer while it is built, so that nothing is asked twice. It asks nobody."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from engine.store.consent import copy_roles
from engine.store.datasets import RowTuple, add_members, add_rows, start_dataset
from engine.store.lineage import link
from engine.store.open import all_rows, one_row, writing

REJECTED = 1
"""Added to a row's own place: a rejected answer stands beside the row that is learned in its stead."""


def begin_taught(db: Database, parent: Mapping[str, Any], job_id: str, teacher_run: str | None) -> str:
    """The dataset that this job builds from the parent's rows: the one an earlier try began, else a new one."""
    begun = one_row(db, "SELECT id FROM datasets WHERE job_id = ? AND state = 'building'", [job_id])
    if begun:
        return str(begun["id"])
    with writing(db):
        new = start_dataset(
            db, recipe=parent["recipe"], style=parent["style"], options=parent["options"], masked=bool(parent["masked"]),
            job_id=job_id, sources=parent["sources"],
        )  # fmt: skip
        link(db, "dataset", parent["id"], "dataset", new)
        if teacher_run:
            link(db, "run", teacher_run, "dataset", new)
        copy_roles(db, parent["id"], new)
    return new


def settled_places(db: Database, dataset_id: str) -> dict[int, str | None]:
    """Place of every row that is settled to why its answer was rejected (None: it was kept, or there was nothing to ask)."""
    found = all_rows(db, "SELECT ord, dropped FROM dataset_rows WHERE dataset_id = ? ORDER BY ord", [dataset_id])
    settled: dict[int, str | None] = {}
    for row in found:
        settled[row["ord"] // 2] = row["dropped"] or settled.get(row["ord"] // 2)
    return settled


def keep_as_it_is(db: Database, dataset_id: str, places: Sequence[tuple[int, int, str]]) -> None:
    """Rows that nobody is asked about, or the teacher failed: (place, row id, split)."""
    add_members(db, dataset_id, [(2 * place, row_id, split, None) for place, row_id, split in places])


def settle(
    db: Database, dataset_id: str, place: int, row: Mapping[str, Any], text: str, teacher: str, flaw: str | None
) -> None:
    """Keep one answer. A good one is learned in the row's stead; of a flawed one it is kept what it said and why it is not
    learned, and the row stands with its own target, where it has one."""
    meta = {**row["meta"], "teacher": teacher, "taught_from": row["id"]}
    answer: RowTuple = (
        row["recipe"], row["source_id"], row["record_first"], row["record_last"], row["split_group"],
        json.dumps(row["messages"], ensure_ascii=False), text, json.dumps(meta, ensure_ascii=False),
    )  # fmt: skip
    with writing(db):
        (id_,) = add_rows(db, [answer])
        members: list[tuple[int, int, str | None, str | None]] = [(2 * place, id_, "train", None)]
        if flaw:
            members = [(2 * place + REJECTED, id_, None, flaw)]
            members += [(2 * place, row["id"], "train", None)] if row["target"] else []
        add_members(db, dataset_id, members)


def leave_unanswered(
    db: Database, dataset_id: str, places: Sequence[tuple[int, Mapping[str, Any]]], reason: str
) -> None:
    """Rows the teacher failed stand with their own targets, where they have one, and are told among what was left out."""
    members: list[tuple[int, int, str | None, str | None]] = []
    for place, row in places:
        members += [(2 * place, row["id"], "train", None)] if row["target"] else []
        members += [(2 * place + REJECTED, row["id"], None, reason)]
    add_members(db, dataset_id, members)


def add_prompts(db: Database, recipe: str, prompts: Sequence[Sequence[Mapping[str, Any]]]) -> list[int]:
    """The owner's own prompts as rows without a target; returns their ids in order."""
    rows: list[RowTuple] = []
    for messages in prompts:
        said = json.dumps(list(messages), ensure_ascii=False)
        rows.append((recipe, None, None, None, "prompts", said, "", json.dumps({"bucket": "distil", "own": True})))
    with writing(db):
        return add_rows(db, rows)


def read_prompts(db: Database, row_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Those rows, as `read_dataset` gives them."""
    sql = (
        "SELECT r.id, r.recipe, r.source_id, r.record_first, r.record_last, r.split_group, r.messages_json, r.target, r.meta_json "
        "FROM json_each(?) j JOIN rows r ON r.id = j.value ORDER BY j.key"
    )
    found = all_rows(db, sql, [json.dumps(list(row_ids))])
    for row in found:
        row["messages"], row["meta"] = json.loads(row.pop("messages_json")), json.loads(row.pop("meta_json"))
    return found
