"""Sources, their records and masks: batches in, windows out. It knows nothing of file formats or detectors."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, repeat
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.mask_values import tally_source
from engine.store.open import all_rows, insert_rows, new_id, now, one_row, writing

WINDOW = 20_000
"""Records per read: about 4 MB of chat."""


def start_source(
    db: Database,
    *,
    recipe: str,
    kind: str,
    name: str,
    fingerprint: str,
    size: int,
    job_id: str,
    licence: str | None = None,
) -> str:
    """A source in state `importing`: the one that a killed import of the same bytes began, else a new one."""
    begun = (
        "SELECT s.id FROM sources s LEFT JOIN jobs j ON j.id = s.job_id WHERE s.state = 'importing' AND s.recipe = ? "
        "AND s.kind = ? AND s.fingerprint = ? AND (s.job_id = ? OR j.state IS NULL OR j.state NOT IN ('queued', 'running'))"
    )
    with writing(db):
        found = one_row(db, begun, [recipe, kind, fingerprint, job_id])
        if found:
            db.execute("UPDATE sources SET job_id = ?, name = ? WHERE id = ?", [job_id, name, found["id"]])
            return str(found["id"])
    drop_unfinished(db, job_id, resumable=True)
    source_id = new_id("src")
    with writing(db):
        db.execute(
            "INSERT INTO sources (id, recipe, kind, name, fingerprint, bytes, report_json, licence, state, job_id, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, '{}', ?, 'importing', ?, ?)",
            [source_id, recipe, kind, name, fingerprint, size, licence, job_id, now()],
        )
    return source_id


RESUMABLE_SECONDS = 86_400
"""How long what an interrupted import stored is kept for its resume: as long as its uploads."""


def drop_unfinished(db: Database, own_job: str | None = None, *, resumable: bool = False) -> None:
    """Delete half-imported sources nobody is importing any more (and what an earlier try of `own_job` left).

    resumable: keep those that a resume within a day would go on with.
    """
    since = (datetime.now(UTC) - timedelta(seconds=RESUMABLE_SECONDS)).isoformat() if resumable else "9"
    sql = (
        "SELECT s.id FROM sources s LEFT JOIN jobs j ON j.id = s.job_id WHERE s.state = 'importing' "
        "AND (s.job_id IS ? OR j.state IS NULL OR j.state NOT IN ('queued', 'running')) "
        "AND NOT (s.job_id IS NOT ? AND j.state IS 'interrupted' AND j.ended_at > ?)"
    )
    for row in all_rows(db, sql, [own_job, own_job, since]):
        drop_source(db, row["id"])


RecordTuple = tuple[str | None, str | None, str, str, str | None]
"""(at, speaker, kind, text, meta_json)"""


def stored_until(db: Database, source_id: str) -> tuple[int, RecordTuple | None]:
    """How many records of a source are stored, and the last of them."""
    sql = "SELECT at, speaker, kind, text, meta_json, seq FROM records WHERE source_id = ? ORDER BY seq DESC LIMIT 1"
    row = db.conn.execute(sql, [source_id]).fetchone()
    return (row[5] + 1, row[:5]) if row else (0, None)


def add_records(db: Database, source_id: str, first_seq: int, batch: Sequence[RecordTuple]) -> None:
    """Append one batch in one transaction, full-text index included. A source's record ids are consecutive per batch."""
    with writing(db):
        first = (db.execute("SELECT max(id) FROM records").fetchone()[0] or 0) + 1
        rows = list(zip(count(first), repeat(source_id), count(first_seq), *zip(*batch, strict=True), strict=False))
        insert_rows(db, "records (id, source_id, seq, at, speaker, kind, text, meta_json)", rows)
        db.execute("INSERT INTO records_fts (rowid, text) SELECT id, text FROM records WHERE id >= ?", [first])


def finish_source(
    db: Database, source_id: str, me: str | None, speakers: dict[str, int], report: dict[str, Any]
) -> None:
    """Mark the source ready: from here on pages and builders see it."""
    with writing(db):
        db.conn.executemany(
            "INSERT INTO speakers VALUES (?, ?, ?)", [(source_id, name, n) for name, n in speakers.items()]
        )
        db.execute(
            "UPDATE sources SET state = 'ready', me = ?, report_json = ?, licence = coalesce(?, licence), record_count = "
            "(SELECT count(*) FROM records WHERE source_id = ?) WHERE id = ?",
            [me, json.dumps(report, ensure_ascii=False), _licence(report), source_id, source_id],
        )


LONGEST_LICENCE = 300
"""Letters of a licence in a list; the report of the source holds all that was found."""


def _licence(report: dict[str, Any]) -> str | None:
    """The licence notes that a reader found, in one line; None where it found none."""
    line = " · ".join(" ".join(note.split()) for note in report.get("licence", {}).values())
    return (line if len(line) <= LONGEST_LICENCE else f"{line[:LONGEST_LICENCE]} …") or None


def licences_of(db: Database, source_ids: Sequence[str]) -> dict[str, str]:
    """{source: its licence in one line} of those that tell one."""
    sql = "SELECT id, licence FROM sources WHERE id IN (SELECT value FROM json_each(?)) AND licence IS NOT NULL ORDER BY id"
    return {row["id"]: row["licence"] for row in all_rows(db, sql, [json.dumps(list(source_ids))])}


def drop_source(db: Database, source_id: str) -> None:
    """Delete a source with all its records, in batches so that nobody waits long."""
    while True:
        with writing(db):
            ids = [
                r["id"] for r in all_rows(db, "SELECT id FROM records WHERE source_id = ? LIMIT ?", [source_id, WINDOW])
            ]
            if not ids:
                break
            span = [source_id, ids[0], ids[-1]]
            where = "source_id = ? AND id BETWEEN ? AND ?"
            db.execute(
                f"INSERT INTO records_fts (records_fts, rowid, text) SELECT 'delete', id, text FROM records WHERE {where}",
                span,
            )
            db.execute(f"DELETE FROM records WHERE {where}", span)
    with writing(db):
        db.execute("DELETE FROM edges WHERE parent_kind = 'source' AND parent_id = ?", [source_id])
        db.execute("DELETE FROM sources WHERE id = ?", [source_id])


def get_source(db: Database, source_id: str, recipe: str | None = None) -> dict[str, Any]:
    """The source's row, report decoded; `latest` is the newest ready one. Raises UserError when there is none."""
    if source_id == "latest":
        sql = (
            "SELECT * FROM sources WHERE state = 'ready' AND replaced_by IS NULL AND (? IS NULL OR recipe = ?) "
            "ORDER BY kind IN ('terms', 'relations'), created_at DESC LIMIT 1"  # a dictionary only where nothing else is
        )
        row = one_row(db, sql, [recipe, recipe])
    else:
        row = one_row(db, "SELECT * FROM sources WHERE id = ? AND state = 'ready'", [source_id])
    if row is None:
        raise UserError(
            f"자료 '{source_id}'이(가) 없습니다. 먼저 `import`로 가져오세요.",
            f"There is no source '{source_id}'. Bring one in with `import` first.",
        )
    return _decoded(row)


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    row["report"] = json.loads(row.pop("report_json"))
    text = row.pop("mask_report_json")
    row["mask_report"] = json.loads(text) if text else None
    return row


def list_sources(db: Database, recipe: str | None = None) -> list[dict[str, Any]]:
    """Ready sources, newest first, without those that gave their place to a newer export."""
    sql = "SELECT * FROM sources WHERE state = 'ready' AND replaced_by IS NULL AND (? IS NULL OR recipe = ?) ORDER BY created_at DESC"
    return [_decoded(row) for row in all_rows(db, sql, [recipe, recipe])]


def find_source(db: Database, recipe: str, fingerprint: str) -> dict[str, Any] | None:
    """A ready source of the same bytes, or None."""
    row = one_row(
        db,
        "SELECT * FROM sources WHERE state = 'ready' AND replaced_by IS NULL AND recipe = ? AND fingerprint = ?",
        [recipe, fingerprint],
    )
    return _decoded(row) if row else None


def sources_of_bytes(db: Database, recipe: str, fingerprint: str) -> list[str]:
    """Ids of ready sources made of the same bytes, however they were read."""
    sql = (
        "SELECT id FROM sources WHERE state = 'ready' AND replaced_by IS NULL AND recipe = ? "
        "AND (fingerprint = ? OR fingerprint GLOB ? || '+*') ORDER BY created_at"
    )
    return [row["id"] for row in all_rows(db, sql, [recipe, fingerprint, fingerprint])]


def find_source_of_job(db: Database, job_id: str) -> dict[str, Any] | None:
    """The ready source that a job brought in, or None."""
    row = one_row(db, "SELECT * FROM sources WHERE state = 'ready' AND job_id = ?", [job_id])
    return _decoded(row) if row else None


def import_jobs(db: Database) -> list[dict[str, Any]]:
    """{state, files} of every import that was queued, oldest first."""
    sql = "SELECT state, args_json FROM jobs WHERE kind = 'import' ORDER BY created_at"
    return [{"state": r["state"], "files": json.loads(r["args_json"])["files"]} for r in all_rows(db, sql)]


def set_me(db: Database, source_id: str, me: str) -> None:
    """Say which speaker is imitated; the report notes that somebody said so."""
    with writing(db):
        sql = "UPDATE sources SET me = ?, report_json = json_set(report_json, '$.me_said', json('true')) WHERE id = ?"
        db.execute(sql, [me, source_id])


def get_speakers(db: Database, source_id: str) -> dict[str, int]:
    """Speaker to message count, most talkative first; 0 is a name whose messages were merged into another's."""
    sql = "SELECT name, record_count FROM speakers WHERE source_id = ? ORDER BY record_count DESC, name"
    return {row["name"]: row["record_count"] for row in all_rows(db, sql, [source_id])}


def read_window(db: Database, source_id: str, after_seq: int = -1, limit: int = 100) -> list[dict[str, Any]]:
    """Records after `after_seq` in file order: what a page shows."""
    sql = "SELECT id, seq, at, speaker, kind, text, meta_json FROM records WHERE source_id = ? AND seq > ? ORDER BY seq LIMIT ?"
    return all_rows(db, sql, [source_id, after_seq, limit])


WholeRecord = tuple[int, str | None, str | None, str, str, str | None]
"""(id, at, speaker, kind, text, meta_json)"""


def read_whole(db: Database, source_id: str, first_seq: int, end_seq: int) -> list[WholeRecord]:
    """Records with first_seq <= seq < end_seq as plain tuples: a million dicts cost more than reading them."""
    sql = (
        "SELECT id, at, speaker, kind, text, meta_json FROM records WHERE source_id = ? AND seq >= ? AND seq < ? "
        "ORDER BY seq"
    )
    return db.conn.execute(sql, [source_id, first_seq, end_seq]).fetchall()


def read_range(db: Database, source_id: str, first_seq: int, end_seq: int) -> list[tuple[int, str]]:
    """(id, text) of records with first_seq <= seq < end_seq, in file order."""
    sql = "SELECT id, text FROM records WHERE source_id = ? AND seq >= ? AND seq < ? ORDER BY seq"
    return db.conn.execute(sql, [source_id, first_seq, end_seq]).fetchall()


def last_seq(db: Database, source_id: str) -> int:
    """The seq of a source's last record, -1 for none: forgetting a speaker leaves gaps."""
    found = db.conn.execute("SELECT max(seq) FROM records WHERE source_id = ?", [source_id]).fetchone()[0]
    return -1 if found is None else int(found)


def read_records(db: Database, source_id: str, after_seq: int = -1) -> Iterator[dict[str, Any]]:
    """All records in file order, read in windows: a writer never waits for a long read."""
    while window := read_window(db, source_id, after_seq, WINDOW):
        yield from window
        after_seq = window[-1]["seq"]


def read_between(db: Database, source_id: str, first: str, last: str, limit: int) -> list[dict[str, Any]]:
    """Timed records between two minutes, both included, in file order."""
    sql = "SELECT id, seq, at, speaker, kind, text FROM records WHERE source_id = ? AND at BETWEEN ? AND ? ORDER BY seq LIMIT ?"
    return all_rows(db, sql, [source_id, first, last, limit])


UNPARSED = "source_id = ? AND kind = 'other' AND at IS NULL AND speaker IS NULL"
"""What no reader understood: kept as a record of its own."""


def count_unparsed(db: Database, source_id: str) -> int:
    """How many lines of a source nobody could read."""
    return int(db.execute(f"SELECT count(*) FROM records WHERE {UNPARSED}", [source_id]).fetchone()[0])


def read_unparsed(db: Database, source_id: str, after_seq: int = -1, limit: int = 20) -> list[dict[str, Any]]:
    """The next of them, {seq, text}, in file order."""
    sql = f"SELECT seq, text FROM records WHERE {UNPARSED} AND seq > ? ORDER BY seq LIMIT ?"
    return all_rows(db, sql, [source_id, after_seq, limit])


def search_records(db: Database, source_id: str, query: str, limit: int = 50) -> list[dict[str, Any]]:
    """Records that contain the text: the trigram index for three syllables and more, a scan for fewer."""
    columns = "SELECT r.id, r.seq, r.at, r.speaker, r.kind, r.text FROM records r"
    if len(query) >= 3:
        quoted = '"' + query.replace('"', '""') + '"'
        sql = f"{columns} JOIN records_fts f ON f.rowid = r.id WHERE records_fts MATCH ? AND r.source_id = ? LIMIT ?"
        return all_rows(db, sql, [quoted, source_id, limit])
    # instr compares bytes where LIKE folds case letter by letter; "+" keeps SQLite from a look-up per record in the index.
    scan = f"{columns} WHERE +r.source_id = ? AND instr(r.text, ?) > 0 LIMIT ?"
    return all_rows(db, scan, [source_id, query, limit])


def clear_masks(db: Database, source_id: str) -> None:
    """Forget what the rules masked before; the owner's own decisions stay. The source counts as unmasked until the end."""
    with writing(db):
        db.execute("UPDATE sources SET masked_at = NULL, mask_report_json = NULL WHERE id = ?", [source_id])
        db.execute("DELETE FROM mask_tallies WHERE source_id = ?", [source_id])
        db.execute(
            "DELETE FROM masks WHERE decided_by = 'rule' AND record_id IN (SELECT id FROM records WHERE source_id = ?)",
            [source_id],
        )


MaskTuple = tuple[int, int, int, str, str, str, float]
"""(record_id, start, end, label, placeholder, value_key, confidence)"""


def add_masks(db: Database, masks: Iterable[MaskTuple]) -> None:
    """Append rule masks in one transaction."""
    with writing(db):
        db.conn.executemany(
            'INSERT INTO masks (record_id, start, "end", label, placeholder, value_key, confidence) VALUES (?,?,?,?,?,?,?)',
            masks,
        )


def finish_masks(db: Database, source_id: str, report: dict[str, Any]) -> None:
    """Mark the source as masked, last of all; its values are counted for the pages."""
    with writing(db):
        tally_source(db, source_id)
        db.execute(
            "UPDATE sources SET masked_at = ?, mask_report_json = ? WHERE id = ?",
            [now(), json.dumps(report, ensure_ascii=False), source_id],
        )


def read_masks(db: Database, first_record: int, last_record: int) -> dict[int, list[dict[str, Any]]]:
    """Applied masks of a range of records: {record_id: [{start, end, label, placeholder}]} in order of start."""
    sql = (
        'SELECT record_id, start, "end", label, placeholder, value_key FROM masks '
        "WHERE record_id BETWEEN ? AND ? AND state = 'applied' ORDER BY record_id, start"
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in all_rows(db, sql, [first_record, last_record]):
        found.setdefault(row["record_id"], []).append(row)
    return found


def mask_numbers(db: Database) -> dict[tuple[str, str], int]:
    """(label, value_key) to its number, over all sources."""
    return {(r["label"], r["value_key"]): r["number"] for r in all_rows(db, "SELECT * FROM mask_values")}


def add_mask_numbers(db: Database, numbers: Iterable[tuple[str, str, int]]) -> None:
    """Remember new numbers: (label, value_key, number)."""
    with writing(db):
        db.conn.executemany("INSERT OR IGNORE INTO mask_values VALUES (?, ?, ?)", numbers)
