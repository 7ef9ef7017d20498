"""Corrections of masks as they are made: what each changed is kept, so that it can be taken back and made again.

Masks are named by their place, not by their id: masking anew gives new ids. It knows nothing of why something is corrected.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from sqlite_utils import Database

from engine.store.mask_values import level_value, tally_value
from engine.store.masks import recount, refuse_while_masking
from engine.store.open import all_rows, now, one_row, writing

Action = Literal["keep_here", "hide_here", "keep", "accept", "add", "undo"]
REMEMBERED = 300
"""Corrections of a source that can be undone: one that shows a frequent name holds 20,000 places, about 2 MB."""

_MASK = 'record_id, start, "end", label, value_key, placeholder, confidence'
_OLD = ", ".join(f"OLD.{name.strip()}" for name in _MASK.split(","))
_NEW = _OLD.replace("OLD.", "NEW.")
_WATCH = (
    f"CREATE TEMP TABLE watched_masks (seq INTEGER PRIMARY KEY, id, {_MASK}, state_before, by_before, state_after, by_after)",
    f"CREATE TEMP TRIGGER watch_change AFTER UPDATE OF state, decided_by ON main.masks BEGIN INSERT INTO watched_masks "
    f"VALUES (NULL, OLD.id, {_OLD}, OLD.state, OLD.decided_by, NEW.state, NEW.decided_by); END",
    f"CREATE TEMP TRIGGER watch_new AFTER INSERT ON main.masks BEGIN INSERT INTO watched_masks "
    f"VALUES (NULL, NEW.id, {_NEW}, NULL, NULL, NEW.state, NEW.decided_by); END",
    f"CREATE TEMP TRIGGER watch_gone AFTER DELETE ON main.masks BEGIN INSERT INTO watched_masks "
    f"VALUES (NULL, OLD.id, {_OLD}, OLD.state, OLD.decided_by, NULL, NULL); END",
    "CREATE TEMP TABLE watched_decisions (label, value_key, what, place, created_at, made)",
    "CREATE TEMP TRIGGER watch_decided AFTER INSERT ON main.mask_decisions BEGIN INSERT INTO watched_decisions "
    "VALUES (NEW.label, NEW.value_key, NEW.what, NEW.place, NEW.created_at, 1); END",
    "CREATE TEMP TRIGGER watch_forgot AFTER DELETE ON main.mask_decisions BEGIN INSERT INTO watched_decisions "
    "VALUES (OLD.label, OLD.value_key, OLD.what, OLD.place, OLD.created_at, 0); END",
)
_WATCHERS = ("watch_change", "watch_new", "watch_gone", "watch_decided", "watch_forgot")


@dataclass
class Correction:
    """What the owner does, on which value, standing at which source."""

    action: Action
    source_id: str
    label: str
    value_key: str = ""


@contextmanager
def correcting(db: Database, correction: Correction | None = None) -> Iterator[None]:
    """One transaction around changes to masks and decisions: counts follow, and with a `correction` it is remembered.

    Raises UserError while a job masks.
    """
    with writing(db):
        refuse_while_masking(db)
        for sql in _WATCH:
            db.execute(sql)
        try:
            yield
            changed, decided = _changed(db), _decided(db)
        finally:
            for name in _WATCHERS:
                db.execute(f"DROP TRIGGER {name}")
            db.execute("DROP TABLE watched_masks")
            db.execute("DROP TABLE watched_decisions")
        _count_anew(db, changed, decided)
        if correction and (changed or decided):
            _remember(db, correction, changed, decided)


def _changed(db: Database) -> list[dict[str, Any]]:
    """Every mask that is another now, once: as it was first and as it is last."""
    found: dict[int, dict[str, Any]] = {}
    for row in all_rows(db, "SELECT * FROM watched_masks ORDER BY seq"):
        before = found.get(row["id"], row)
        kept = {name: before[name] for name in ("state_before", "by_before")}
        found[row["id"]] = {**row, **kept}
    return [r for r in found.values() if (r["state_before"], r["by_before"]) != (r["state_after"], r["by_after"])]


def _decided(db: Database) -> list[dict[str, Any]]:
    """Decisions made (1) and taken away (0), without those that were both."""
    sql = (
        "SELECT label, value_key, what, place, max(created_at) AS created_at, sum(2 * made - 1) AS made "
        "FROM watched_decisions GROUP BY label, value_key, what, place HAVING sum(2 * made - 1) <> 0"
    )
    return [{**row, "made": int(row["made"] > 0)} for row in all_rows(db, sql)]


def _count_anew(db: Database, changed: list[dict[str, Any]], decided: list[dict[str, Any]]) -> None:
    values = {(row["label"], row["value_key"], row["placeholder"]) for row in changed}
    records = sorted({row["record_id"] for row in changed})
    sources = _sources_of(db, records)
    for source_id in sources:
        for value in sorted(values):
            tally_value(db, source_id, *value)
        for label in sorted({row["label"] for row in changed}):
            recount(db, source_id, label)
    for label, value_key in {(row["label"], row["value_key"]) for row in decided}:
        level_value(db, label, value_key)


def _sources_of(db: Database, record_ids: list[int]) -> list[str]:
    sql = "SELECT DISTINCT source_id FROM records WHERE id IN (SELECT value FROM json_each(?))"
    return sorted(row["source_id"] for row in all_rows(db, sql, [str(record_ids)]))


def _remember(db: Database, what: Correction, changed: list[dict[str, Any]], decided: list[dict[str, Any]]) -> None:
    db.execute(
        "DELETE FROM mask_log WHERE source_id = ? AND undone_at IS NOT NULL", [what.source_id]
    )  # another way was taken: they cannot be made again
    log_id = db.execute(
        "INSERT INTO mask_log (source_id, action, label, value_key, places, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        [what.source_id, what.action, what.label, what.value_key, len(changed), now()],
    ).lastrowid
    names = [name.strip(' "') for name in _MASK.split(",")] + ["state_before", "by_before", "state_after", "by_after"]
    db.conn.executemany(
        f"INSERT OR IGNORE INTO mask_log_places VALUES (?{', ?' * len(names)})",
        ([log_id, *(row[name] for name in names)] for row in changed),
    )
    columns = ("label", "value_key", "what", "place", "created_at", "made")
    db.conn.executemany(
        "INSERT INTO mask_log_decisions VALUES (?, ?, ?, ?, ?, ?, ?)",
        ([log_id, *(row[name] for name in columns)] for row in decided),
    )
    db.execute(
        "DELETE FROM mask_log WHERE source_id = ? AND id <= (SELECT id FROM mask_log WHERE source_id = ? "
        "ORDER BY id DESC LIMIT 1 OFFSET ?)",
        [what.source_id, what.source_id, REMEMBERED],
    )


_LINE = (
    'SELECT l.*, (SELECT substr(r.text, p.start + 1, p."end" - p.start) FROM mask_log_places p JOIN records r '
    "ON r.id = p.record_id WHERE p.log_id = l.id LIMIT 1) AS word, (SELECT number FROM mask_values v "
    "WHERE v.label = l.label AND v.value_key = l.value_key) AS number FROM mask_log l WHERE l.source_id = ?"
)
_LIVE = "SELECT coalesce(max(id), 0) FROM mask_log WHERE source_id = ? AND undone_at IS NULL"


def read_log(db: Database, source_id: str, limit: int = 20) -> list[dict[str, Any]]:
    """Corrections, newest first, undone ones too: {id, action, label, value_key, number, word, places, created_at, undone_at}."""
    return all_rows(db, f"{_LINE} ORDER BY l.id DESC LIMIT ?", [source_id, limit])


def last_done(db: Database, source_id: str) -> dict[str, Any] | None:
    """The correction that undo takes back."""
    return one_row(db, f"{_LINE} AND l.undone_at IS NULL ORDER BY l.id DESC LIMIT 1", [source_id])


def last_undone(db: Database, source_id: str) -> dict[str, Any] | None:
    """The correction that redo makes again; None after a newer one was made."""
    sql = f"{_LINE} AND l.undone_at IS NOT NULL AND l.id > ({_LIVE}) ORDER BY l.id LIMIT 1"
    return one_row(db, sql, [source_id, source_id])


def restore(db: Database, log_id: int, *, back: bool) -> int:
    """Set masks and decisions as they were before a correction (`back`) or as it made them; returns the places changed.

    A place that was changed again since, by the owner or by masking anew, stays as it is.
    """
    now_, then = ("after", "before") if back else ("before", "after")
    places = all_rows(db, "SELECT * FROM mask_log_places WHERE log_id = ?", [log_id])
    places.sort(key=lambda place: place[f"state_{then}"] == "applied")  # what gives way goes first
    count = sum(_restore_place(db, place, now_, then) for place in places)
    for row in all_rows(db, "SELECT * FROM mask_log_decisions WHERE log_id = ?", [log_id]):
        key = [row["label"], row["value_key"], row["what"], row["place"]]
        if bool(row["made"]) == back:
            db.execute("DELETE FROM mask_decisions WHERE label = ? AND value_key = ? AND what = ? AND place = ?", key)
        else:
            db.execute("INSERT OR REPLACE INTO mask_decisions VALUES (?, ?, ?, ?, ?)", [*key, row["created_at"]])
    db.execute("UPDATE mask_log SET undone_at = ? WHERE id = ?", [now() if back else None, log_id])
    return count


def _restore_place(db: Database, place: dict[str, Any], now_: str, then: str) -> bool:
    key = [place[name] for name in ("record_id", "start", "end", "label", "value_key", "confidence")]
    sql = (
        'SELECT id, state, decided_by FROM masks WHERE record_id = ? AND start = ? AND "end" = ? AND label = ? '
        "AND value_key = ? AND confidence = ?"
    )
    found = one_row(db, sql, key)
    stands = (found["state"], found["decided_by"]) if found else (None, None)
    if stands != (place[f"state_{now_}"], place[f"by_{now_}"]):
        return False
    state, by = place[f"state_{then}"], place[f"by_{then}"]
    if state == "applied" and _is_covered(db, place, found["id"] if found else 0):
        return False
    if state is None and found:
        db.execute("DELETE FROM masks WHERE id = ?", [found["id"]])
    elif found:
        db.execute("UPDATE masks SET state = ?, decided_by = ? WHERE id = ?", [state, by, found["id"]])
    else:
        db.execute(
            f"INSERT INTO masks ({_MASK}, state, decided_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [*key[:5], place["placeholder"], place["confidence"], state, by],
        )
    return True


def _is_covered(db: Database, place: dict[str, Any], mask_id: int) -> bool:
    """Whether another mask hides a part of the place: spans of a text do not overlap."""
    sql = "SELECT 1 AS found FROM masks WHERE record_id = ? AND id <> ? AND state = 'applied' AND start < ? AND \"end\" > ? LIMIT 1"
    return one_row(db, sql, [place["record_id"], mask_id, place["end"], place["start"]]) is not None


def shown_alone(db: Database, label: str, value_key: str) -> set[tuple[int, int, int]]:
    """(record id, start, end) of places of a value that the owner shows one by one, by what is remembered."""
    sql = (
        'SELECT p.record_id, p.start, p."end" FROM mask_log l JOIN mask_log_places p ON p.log_id = l.id '
        "WHERE l.action = 'keep_here' AND l.undone_at IS NULL AND p.label = ? AND p.value_key = ?"
    )
    return {(row["record_id"], row["start"], row["end"]) for row in all_rows(db, sql, [label, value_key])}


def forget_log(db: Database, source_id: str) -> None:
    """Forget a source's corrections: their places are no longer there."""
    db.execute("DELETE FROM mask_log WHERE source_id = ?", [source_id])
