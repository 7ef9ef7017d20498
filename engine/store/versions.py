"""A dataset copied with decisions, and two datasets beside each other. It knows nothing of who decided, or why."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sqlite_utils import Database

from engine.store.open import all_rows, one_row, writing

REVIEWED = "reviewed"
"""The drop reason of rows the owner took out."""
Outcome = tuple[int, int, str | None]
"""(row id, the row that takes its place, its split; None: it is dropped)"""


def parent_of(db: Database, dataset_id: str) -> str | None:
    """The dataset this one was frozen from, or None."""
    sql = "SELECT parent_id FROM edges WHERE child_kind = 'dataset' AND child_id = ? AND parent_kind = 'dataset'"
    found = one_row(db, sql, [dataset_id])
    return str(found["parent_id"]) if found else None


def ancestors_of(db: Database, dataset_id: str) -> list[str]:
    """The datasets it was frozen from, nearest first."""
    found: list[str] = []
    while (parent := parent_of(db, found[-1] if found else dataset_id)) and parent not in found:
        found.append(parent)
    return found


def list_versions(db: Database, limit: int = 20, before: str | None = None) -> list[dict[str, Any]]:
    """Frozen datasets, newest first, with what each came from: {id, recipe, style, counts, dropped, masked, created_at,
    parent, sources: [{id, name}], decided}. `before`: created_at to go on from."""
    sql = (
        "SELECT id, recipe, style, counts_json, dropped_json, masked, forgotten_count, created_at, "
        "(SELECT parent_id FROM edges e WHERE e.child_kind = 'dataset' AND e.child_id = d.id AND e.parent_kind = 'dataset') "
        "AS parent, (SELECT json_group_array(json_object('id', s.id, 'name', s.name)) FROM edges e JOIN sources s "
        "ON s.id = e.parent_id WHERE e.child_kind = 'dataset' AND e.child_id = d.id AND e.parent_kind = 'source') AS sources, "
        "(SELECT count(*) FROM reviews r WHERE r.dataset_id = d.id AND r.undone_at IS NULL) AS decided "
        "FROM datasets d WHERE state = 'frozen' AND (? IS NULL OR created_at < ?) ORDER BY created_at DESC LIMIT ?"
    )
    found = all_rows(db, sql, [before, before, limit])
    for row in found:
        row["counts"], row["dropped"] = json.loads(row.pop("counts_json")), json.loads(row.pop("dropped_json"))
        row["sources"] = json.loads(row["sources"])
    return found


def copy_members(db: Database, old: str, new: str, outcomes: Iterable[Outcome], first: int, count: int) -> int:
    """Copy members with ord in [first, first + count) into a dataset being built; rows named in `outcomes` change.

    Returns how many rows were copied.
    """
    with writing(db):
        db.execute("CREATE TEMP TABLE outcomes (row_id INTEGER PRIMARY KEY, place INTEGER, split TEXT)")
        db.conn.executemany("INSERT INTO outcomes VALUES (?, ?, ?)", outcomes)
        done = db.execute(
            "INSERT INTO dataset_rows (dataset_id, ord, row_id, split, dropped) "
            "SELECT ?, d.ord, COALESCE(o.place, d.row_id), CASE WHEN o.row_id IS NULL THEN d.split ELSE o.split END, "
            "CASE WHEN o.row_id IS NULL THEN d.dropped WHEN o.split IS NULL THEN COALESCE(d.dropped, ?) END "
            "FROM dataset_rows d LEFT JOIN outcomes o ON o.row_id = d.row_id "
            "WHERE d.dataset_id = ? AND d.ord >= ? AND d.ord < ?",
            [new, REVIEWED, old, first, first + count],
        )
        db.execute("DROP TABLE outcomes")
    return int(done.rowcount)


def last_ord(db: Database, dataset_id: str) -> int:
    """The ord of the last member, -1 when there is none."""
    found = db.execute("SELECT max(ord) FROM dataset_rows WHERE dataset_id = ?", [dataset_id]).fetchone()[0]
    return -1 if found is None else int(found)


GROUPS = {
    "group": "r.split_group",
    "prompt": "r.messages_json",
    "conversation": "r.source_id || ':' || COALESCE(r.meta_json ->> 'conversation', r.split_group)",
}
"""What rows were split by: the recipe's group (a day), or where those were too few, the conversation; preferences by both
their group and their prompt."""


def split_unit(db: Database, dataset_id: str) -> Literal["group", "conversation"]:
    """By what a dataset was split: by group, unless one group lies in two of its splits."""
    sql = (
        "SELECT 1 AS found FROM dataset_rows d JOIN rows r ON r.id = d.row_id WHERE d.dataset_id = ? AND d.split IS NOT NULL "
        "GROUP BY r.split_group HAVING min(d.split) <> max(d.split) LIMIT 1"
    )
    return "conversation" if one_row(db, sql, [dataset_id]) else "group"


def groups_of(db: Database, row_ids: Sequence[int], unit: str) -> dict[int, str]:
    """The group of each row."""
    sql = f"SELECT r.id, {GROUPS[unit]} AS unit FROM rows r WHERE r.id IN (SELECT value FROM json_each(?))"
    return {row["id"]: row["unit"] for row in all_rows(db, sql, [json.dumps(list(row_ids))])}


def splits_of_groups(db: Database, dataset_id: str, groups: Iterable[str], unit: str) -> dict[str, str]:
    """The split in which a dataset holds each of these groups; those it does not hold are left out."""
    sql = (
        f"SELECT {GROUPS[unit]} AS unit, min(d.split) AS split FROM dataset_rows d JOIN rows r ON r.id = d.row_id "
        f"WHERE d.dataset_id = ? AND d.split IS NOT NULL AND {GROUPS[unit]} IN (SELECT value FROM json_each(?)) GROUP BY 1"
    )
    return {row["unit"]: row["split"] for row in all_rows(db, sql, [dataset_id, json.dumps(list(groups))])}


SCAN = 25_000
"""Members one window of a comparison looks through."""


def edited_pairs(db: Database, a: str, b: str) -> dict[int, int]:
    """Rows kept in `a` whose edited words are kept in `b`: {old row: new row}, over any number of edits between."""
    sql = (
        "SELECT n.id, n.edited_from FROM rows n WHERE n.edited_from IS NOT NULL AND EXISTS (SELECT 1 FROM dataset_rows d "
        "WHERE d.row_id = n.id AND d.dataset_id = ? AND d.split IS NOT NULL)"
    )
    pairs: dict[int, int] = {}
    for row in all_rows(db, sql, [b]):
        old = row["edited_from"]
        while old is not None and not _is_kept(db, a, old):
            found = one_row(db, "SELECT edited_from FROM rows WHERE id = ?", [old])
            old = found["edited_from"] if found else None
        if old is not None and not _is_kept(db, a, row["id"]):
            pairs[old] = row["id"]
    return pairs


def _is_kept(db: Database, dataset_id: str, row_id: int) -> bool:
    sql = "SELECT 1 AS found FROM dataset_rows WHERE row_id = ? AND dataset_id = ? AND split IS NOT NULL"
    return one_row(db, sql, [row_id, dataset_id]) is not None


def count_only_in(db: Database, one: str, other: str) -> int:
    """How many rows kept in `one` are not kept in `other`, edited ones included."""
    sql = (
        "SELECT count(*) FROM dataset_rows d WHERE d.dataset_id = ? AND d.split IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM dataset_rows o WHERE o.row_id = d.row_id AND o.dataset_id = ? AND o.split IS NOT NULL)"
    )
    return int(db.execute(sql, [one, other]).fetchone()[0])


def only_in(
    db: Database, one: str, other: str, but: Iterable[int] = (), after: int = -1, limit: int = 10
) -> tuple[list[dict[str, Any]], int | None]:
    """Rows kept in `one` and not in `other`, without those in `but`: {ord, split, id, target, messages, elsewhere: the reason
    `other` dropped it for, or None}. And where to go on, None at the end.

    Looks at SCAN members at a time until it finds some: 15 ms each.
    """
    values = {"one": one, "other": other, "but": json.dumps(list(but)), "limit": limit + 1}
    found: list[dict[str, Any]] = []
    end: int | None = after
    while end is not None and not found:
        begin, end = end, _window_end(db, one, end)
        found = all_rows(db, _ONLY, {**values, "after": begin, "last": last_ord(db, one) if end is None else end})
    for row in found:
        row["messages"] = json.loads(row.pop("messages_json"))
    if len(found) > limit:
        return found[:limit], int(found[limit - 1]["ord"])
    return found, end


_ONLY = (
    "SELECT d.ord, d.split, r.id, r.target, r.messages_json, (SELECT o.dropped FROM dataset_rows o WHERE o.row_id = d.row_id "
    "AND o.dataset_id = :other LIMIT 1) AS elsewhere FROM dataset_rows d JOIN rows r ON r.id = d.row_id "
    "WHERE d.dataset_id = :one AND d.ord > :after AND d.ord <= :last AND d.split IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM dataset_rows o WHERE o.row_id = d.row_id AND o.dataset_id = :other AND o.split IS NOT NULL) "
    "AND d.row_id NOT IN (SELECT value FROM json_each(:but)) ORDER BY d.ord LIMIT :limit"
)


def _window_end(db: Database, dataset_id: str, after: int) -> int | None:
    """The ord at which the SCAN members after `after` end, None when fewer are left."""
    sql = "SELECT ord FROM dataset_rows WHERE dataset_id = ? AND ord > ? ORDER BY ord LIMIT 1 OFFSET ?"
    found = one_row(db, sql, [dataset_id, after, SCAN - 1])
    return int(found["ord"]) if found else None


def words_of(db: Database, row_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What rows say: {row id: {messages, target, meta}}."""
    sql = "SELECT id, messages_json, target, meta_json FROM rows WHERE id IN (SELECT value FROM json_each(?))"
    return {
        row["id"]: {
            "messages": json.loads(row["messages_json"]),
            "target": row["target"],
            "meta": json.loads(row["meta_json"]),
        }
        for row in all_rows(db, sql, [json.dumps(list(row_ids))])
    }
