"""Rows and frozen datasets. A row and a frozen membership never change; it knows nothing of how rows are chosen."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.lineage import link
from engine.store.open import all_rows, insert_rows, new_id, now, one_row, writing


def start_dataset(
    db: Database, *, recipe: str, style: str, options: dict[str, Any], masked: bool, job_id: str, sources: Sequence[str]
) -> str:
    """A dataset in state `building`; what a killed try of the same job left is removed first."""
    dataset_id = new_id("ds")
    with writing(db):
        for row in all_rows(db, "SELECT id FROM datasets WHERE job_id = ? AND state = 'building'", [job_id]):
            drop_dataset(db, row["id"])
        db.execute(
            "INSERT INTO datasets (id, recipe, style, options_json, counts_json, dropped_json, masked, state, job_id, created_at)"
            " VALUES (?, ?, ?, ?, '{}', '{}', ?, 'building', ?, ?)",
            [dataset_id, recipe, style, json.dumps(options, ensure_ascii=False), int(masked), job_id, now()],
        )
        for source_id in sources:
            link(db, "source", source_id, "dataset", dataset_id)
    return dataset_id


def built_by(db: Database, job_id: str) -> dict[str, Any] | None:
    """The dataset this job froze before it was killed, or None."""
    row = one_row(db, "SELECT * FROM datasets WHERE job_id = ? AND state = 'frozen'", [job_id])
    return _decoded(db, row) if row else None


def drop_dataset(db: Database, dataset_id: str) -> None:
    """Delete a dataset nobody trained on; its rows stay for other datasets."""
    with writing(db):
        db.execute("DELETE FROM edges WHERE child_kind = 'dataset' AND child_id = ?", [dataset_id])
        db.execute("DELETE FROM datasets WHERE id = ?", [dataset_id])


def row_fingerprint(recipe: str, source_id: str | None, records: tuple[int | None, int | None], content: str) -> str:
    """sha256 of what makes a row itself: where it comes from and what it says."""
    return hashlib.sha256(f"{recipe}\0{source_id}\0{records[0]}\0{records[1]}\0{content}".encode()).hexdigest()


RowTuple = tuple[str, str | None, int | None, int | None, str, str, str, str]
"""(recipe, source_id, record_first, record_last, split_group, messages_json, target, meta_json)"""


def add_rows(db: Database, batch: Sequence[RowTuple]) -> list[int]:
    """Insert rows not there yet, in one transaction; returns the row ids in order."""
    stamp = now()
    prints = [row_fingerprint(r[0], r[1], (r[2], r[3]), f"{r[4]}\0{r[5]}\0{r[6]}") for r in batch]
    with writing(db):
        # Ids are given here: asking for each row's id after the insert took as long as a third of the insert.
        sql = "SELECT fingerprint, id FROM rows WHERE fingerprint IN (SELECT value FROM json_each(?))"
        ids: dict[str, int] = dict(db.conn.execute(sql, [json.dumps(prints)]).fetchall())
        last = db.conn.execute("SELECT max(id) FROM rows").fetchone()[0] or 0
        new = []
        for row, print_ in zip(batch, prints, strict=True):
            if print_ not in ids:
                ids[print_] = last = last + 1
                new.append((last, *row, print_, stamp))
        insert_rows(
            db,
            "rows (id, recipe, source_id, record_first, record_last, split_group, messages_json, target, meta_json, "
            "fingerprint, created_at)",
            new,
        )
        return [ids[print_] for print_ in prints]


def add_members(db: Database, dataset_id: str, members: Iterable[tuple[int, int, str | None, str | None]]) -> None:
    """Append (ord, row_id, split, dropped) to a dataset that is being built."""
    with writing(db):
        rows = [(dataset_id, *member) for member in members]
        insert_rows(db, "dataset_rows (dataset_id, ord, row_id, split, dropped)", rows)


def freeze_dataset(db: Database, dataset_id: str) -> dict[str, Any]:
    """Count, fingerprint and freeze; returns the dataset. From here on its membership cannot change."""
    with writing(db):
        counts = {"train": 0, "validation": 0, "test": 0}
        sql = "SELECT split, count(*) FROM dataset_rows WHERE dataset_id = ? AND split IS NOT NULL GROUP BY 1"
        counts.update(dict(db.execute(sql, [dataset_id]).fetchall()))
        sql = "SELECT dropped, count(*) FROM dataset_rows WHERE dataset_id = ? AND dropped IS NOT NULL GROUP BY 1 ORDER BY 2 DESC"
        dropped = dict(db.execute(sql, [dataset_id]).fetchall())
        db.execute(
            "UPDATE datasets SET counts_json = ?, dropped_json = ?, fingerprint = ?, state = 'frozen' WHERE id = ?",
            [
                json.dumps(counts),
                json.dumps(dropped, ensure_ascii=False),
                membership_fingerprint(db, dataset_id),
                dataset_id,
            ],
        )
    return get_dataset(db, dataset_id)


def membership_fingerprint(db: Database, dataset_id: str) -> str:
    """sha256 over (split, row fingerprint) of the kept rows, in order."""
    digest = hashlib.sha256()
    sql = (
        "SELECT d.split, r.fingerprint FROM dataset_rows d JOIN rows r ON r.id = d.row_id "
        "WHERE d.dataset_id = ? AND d.split IS NOT NULL ORDER BY d.ord"
    )
    for split, print_ in db.conn.execute(sql, [dataset_id]):
        digest.update(f"{split}:{print_}\n".encode())
    return digest.hexdigest()


def get_dataset(db: Database, dataset_id: str, recipe: str | None = None) -> dict[str, Any]:
    """The dataset with counts decoded and its source ids; `latest` is accepted. Raises UserError when there is none."""
    if dataset_id == "latest":
        sql = "SELECT * FROM datasets WHERE state = 'frozen' AND (? IS NULL OR recipe = ?) ORDER BY created_at DESC LIMIT 1"
        row = one_row(db, sql, [recipe, recipe])
    else:
        row = one_row(db, "SELECT * FROM datasets WHERE id = ? AND state = 'frozen'", [dataset_id])
    if row is None:
        raise UserError(
            f"데이터셋 '{dataset_id}'이(가) 없습니다. 먼저 `dataset build --recipe {recipe or '레시피'}`로 만드세요.",
            f"There is no dataset '{dataset_id}'. Make one with `dataset build --recipe {recipe or 'RECIPE'}` first.",
        )
    return _decoded(db, row)


def _decoded(db: Database, row: dict[str, Any]) -> dict[str, Any]:
    for name in ("options", "counts", "dropped"):
        row[name] = json.loads(row.pop(f"{name}_json"))
    row["roles"] = json.loads(row["roles_json"]) if row["roles_json"] else None
    del row["roles_json"]
    sql = "SELECT parent_id FROM edges WHERE child_kind = 'dataset' AND child_id = ? AND parent_kind = 'source'"
    row["sources"] = [r["parent_id"] for r in all_rows(db, sql, [row["id"]])]
    return row


def list_datasets(db: Database, recipe: str | None = None) -> list[dict[str, Any]]:
    """Frozen datasets, newest first."""
    sql = "SELECT * FROM datasets WHERE state = 'frozen' AND (? IS NULL OR recipe = ?) ORDER BY created_at DESC"
    return [_decoded(db, row) for row in all_rows(db, sql, [recipe, recipe])]


def read_dataset(
    db: Database,
    dataset_id: str,
    split: str | None = None,
    dropped: str | None = None,
    after: int = -1,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """A window of a dataset's rows, of one split or of one drop reason ("any" = all dropped)."""
    where = ["d.dataset_id = ?", "d.ord > ?"]
    values: list[Any] = [dataset_id, after]
    if dropped is None:
        where.append("d.split = ?" if split else "d.split IS NOT NULL")
        values += [split] if split else []
    else:
        where.append("d.dropped IS NOT NULL" if dropped == "any" else "d.dropped = ?")
        values += [] if dropped == "any" else [dropped]
    sql = (
        "SELECT d.ord, d.split, d.dropped, r.id, r.source_id, r.record_first, r.record_last, r.split_group, r.messages_json, "
        f"r.target, r.meta_json FROM dataset_rows d JOIN rows r ON r.id = d.row_id WHERE {' AND '.join(where)} "
        "ORDER BY d.ord LIMIT ?"
    )
    found = all_rows(db, sql, [*values, limit])
    for row in found:
        row["messages"] = json.loads(row.pop("messages_json"))
        row["meta"] = json.loads(row.pop("meta_json"))
    return found


def trained_groups(db: Database, dataset_id: str) -> set[tuple[str, str]]:
    """(source id, split group) of everything in a dataset's training split."""
    sql = (
        "SELECT DISTINCT r.source_id, r.split_group FROM dataset_rows d JOIN rows r ON r.id = d.row_id "
        "WHERE d.dataset_id = ? AND d.split = 'train'"
    )
    return {(row["source_id"], row["split_group"]) for row in all_rows(db, sql, [dataset_id])}


def read_split(db: Database, dataset_id: str, split: str) -> Iterator[dict[str, Any]]:
    """All rows of one split, read in windows."""
    after = -1
    while window := read_dataset(db, dataset_id, split, after=after, limit=5_000):
        yield from window
        after = window[-1]["ord"]


def holds_unanswerable(db: Database, dataset_id: str) -> bool:
    """Whether questions without an answer are held out: only on these can refusing be judged."""
    sql = (
        "SELECT 1 AS found FROM dataset_rows d JOIN rows r ON r.id = d.row_id WHERE d.dataset_id = ? "
        "AND d.split IN ('test', 'validation') AND json_extract(r.meta_json, '$.answerable') = 0 LIMIT 1"
    )
    return one_row(db, sql, [dataset_id]) is not None
