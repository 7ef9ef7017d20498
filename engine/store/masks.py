"""Records with their masks as a page shows them, and the owner's changes to masks. It knows nothing of how values are found.

Who decided what:  applied + rule: a rule hid it.  applied + owner: the owner added it.  rejected + owner: the owner wants it
shown.  rejected + rule: a mask of the owner covers it.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.mask_values import LIKELY, SURE, hidden_by_label, ids_of
from engine.store.open import all_rows, insert_rows, now, one_row, writing

ADDED = 2.0
"""Confidence of what the owner added; a rule gives at most 1."""
EVERYWHERE = "*"
"""The place of a decision that holds for every source, later ones too."""
INDEXED = 3
"""Letters from which on the trigram index finds words; fewer are looked for in every record."""
FEW = 1_000
"""Records looked at from either end to learn a source's period: exports run forward in time."""


@dataclass(frozen=True, slots=True)
class Look:
    """Which records of a source to show."""

    changed: bool = False
    """Only records in which something is hidden."""
    labels: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    """Only records with a mask whose value is this sure (see mask_values)."""
    decided: bool = False
    """Only records in which the owner decided something."""
    speaker: str | None = None
    words: str = ""
    """Text as it came, anywhere in a record."""

    @property
    def by_mask(self) -> bool:
        return self.changed or bool(self.labels) or bool(self.levels) or self.decided


def read_look(
    db: Database, source_id: str, look: Look, at: int = 0, *, back: bool = False, limit: int = 20
) -> list[dict[str, Any]]:
    """Up to `limit` records from record id `at` on (`back`: the ones before it), in file order, each with all its `masks`.

    A source's record ids rise in file order, so that a page begins at an id and nothing is ever counted or skipped over.
    """
    first, last = ids_of(db, source_id)
    first, last = (first, min(last, at - 1)) if back else (max(first, at), last)
    sql, values = _look_sql(source_id, look, first, last)
    by = "f.rowid" if len(look.words) >= INDEXED else "m.record_id" if look.by_mask else "r.id"
    rows = all_rows(db, f"{sql} ORDER BY {by} {'DESC' if back else ''} LIMIT ?", [*values, limit])
    rows.sort(key=lambda row: int(row["id"]))
    masks = masks_of(db, [row["id"] for row in rows])
    return [{**row, "masks": masks.get(row["id"], [])} for row in rows]


_COLUMNS = "r.id, r.seq, r.at, r.speaker, r.kind, r.text"


def _look_sql(source_id: str, look: Look, first: int, last: int) -> tuple[str, list[Any]]:
    """Led by whatever is rarest: the trigram index for three letters and more, masks, else the records themselves."""
    conditions = ["+r.source_id = ?"]
    values: list[Any] = [source_id]
    if look.speaker is not None:
        conditions.append("r.speaker = ?")
        values.append(look.speaker)
    mask, mask_values = _mask_condition(source_id, look)
    if len(look.words) >= INDEXED:
        quoted = '"' + look.words.replace('"', '""') + '"'
        head = f"SELECT {_COLUMNS} FROM records_fts f CROSS JOIN records r ON r.id = f.rowid"
        conditions = ["records_fts MATCH ? AND f.rowid BETWEEN ? AND ?", *conditions]
        values = [quoted, first, last, *values]
    elif look.by_mask:
        head = f"SELECT {_COLUMNS} FROM masks m CROSS JOIN records r ON r.id = m.record_id"
        conditions = ["m.record_id BETWEEN ? AND ?", mask, *conditions]
        values = [first, last, *mask_values, *values]
    else:
        head = f"SELECT {_COLUMNS} FROM records r"
        conditions, values = ["r.id BETWEEN ? AND ?", *conditions], [first, last, *values]
    if 0 < len(look.words) < INDEXED:
        conditions.append("instr(r.text, ?) > 0")
        values.append(look.words)
    if look.by_mask and len(look.words) >= INDEXED:
        conditions.append(f"EXISTS (SELECT 1 FROM masks m WHERE m.record_id = r.id AND {mask})")
        values += mask_values
    grouped = " GROUP BY m.record_id" if look.by_mask and len(look.words) < INDEXED else ""
    return f"{head} WHERE {' AND '.join(conditions)}{grouped}", values


def _mask_condition(source_id: str, look: Look) -> tuple[str, list[Any]]:
    conditions = ["m.decided_by = 'owner'" if look.decided else "m.state = 'applied'"]
    values: list[Any] = []
    if look.labels:
        conditions.append(f"m.label IN ({','.join('?' * len(look.labels))})")
        values += look.labels
    if look.levels:
        if "sure" not in look.levels:  # no place of a value is surer than the value: spares most look-ups
            conditions.append("m.confidence < ?")
            values.append(SURE if "likely" in look.levels else LIKELY)
        conditions.append(
            "EXISTS (SELECT 1 FROM mask_tallies t WHERE t.source_id = ? AND t.label = m.label "
            f"AND t.value_key = m.value_key AND t.level IN ({','.join('?' * len(look.levels))}))"
        )
        values += [source_id, *look.levels]
    return " AND ".join(conditions), values


def masks_of(db: Database, record_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """All masks of some records, rejected ones too, in order of start."""
    sql = (
        'SELECT id, record_id, start, "end", label, placeholder, value_key, confidence, state, decided_by FROM masks '
        f"WHERE record_id IN ({','.join('?' * len(record_ids))}) ORDER BY record_id, start, id"
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in all_rows(db, sql, list(record_ids)):
        found.setdefault(row["record_id"], []).append(row)
    return found


def owner_masks(db: Database, first_record: int, last_record: int) -> dict[int, list[dict[str, Any]]]:
    """What the owner decided in a range of records, by record."""
    sql = (
        'SELECT id, record_id, start, "end", label, placeholder, value_key, confidence, state FROM masks '
        "WHERE record_id BETWEEN ? AND ? AND decided_by = 'owner' ORDER BY record_id, start"
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in all_rows(db, sql, [first_record, last_record]):
        found.setdefault(row["record_id"], []).append(row)
    return found


def get_mask(db: Database, mask_id: int) -> dict[str, Any]:
    """One mask with its source. Raises UserError when it is gone: masking anew makes new ones."""
    sql = "SELECT m.*, r.source_id FROM masks m JOIN records r ON r.id = m.record_id WHERE m.id = ?"
    row = one_row(db, sql, [mask_id])
    if row is None:
        raise UserError(
            "그 가림이 더는 없습니다. 그사이 다시 가렸을 수 있습니다. 화면을 새로 고친 뒤 다시 하세요.",
            "That mask is gone; the source may have been masked anew. Refresh the page and try again.",
        )
    return row


def period_of(db: Database, source_id: str) -> tuple[str | None, str | None]:
    """The first and the last time in a source, None for a source without times."""
    sql = "SELECT {}(at) AS at FROM (SELECT at FROM records WHERE source_id = ? ORDER BY seq {} LIMIT ?)"
    first, last = (
        one_row(db, sql.format(which, order), [source_id, FEW]) for which, order in (("min", ""), ("max", "DESC"))
    )
    return first["at"] if first else None, last["at"] if last else None


def texts_with(db: Database, source_id: str, forms: Sequence[str]) -> Iterator[dict[str, Any]]:
    """{id, text} of a source's records that hold one of the forms, letters A–Z in any case, as they are found."""
    first, last = ids_of(db, source_id)
    within = "r.id BETWEEN ? AND ? AND +r.source_id = ?"
    if min(len(form) for form in forms) >= INDEXED:
        match = " OR ".join('"' + form.replace('"', '""') + '"' for form in forms)
        sql = f"SELECT r.id, r.text FROM records_fts f CROSS JOIN records r ON r.id = f.rowid WHERE records_fts MATCH ? AND {within}"
        cursor = db.conn.execute(f"{sql} ORDER BY f.rowid", [match, first, last, source_id])
    else:
        hit = " OR ".join(
            "instr(lower(r.text), lower(?)) > 0" if f.isascii() else "instr(r.text, ?) > 0" for f in forms
        )
        sql = f"SELECT r.id, r.text FROM records r WHERE {within} AND ({hit}) ORDER BY r.id"
        cursor = db.conn.execute(sql, [first, last, source_id, *forms])
    for id_, text in cursor:
        yield {"id": id_, "text": text}


# Changes. Each is made inside the caller's `writing`.


def masking_job(db: Database, source_id: str) -> str | None:
    """The job that masks this source right now, or waits to, or None."""
    sql = (
        "SELECT id FROM jobs WHERE state IN ('queued', 'running') AND kind = 'mask' AND args_json ->> 'source' = ? "
        "ORDER BY created_at LIMIT 1"
    )
    found = one_row(db, sql, [source_id])
    return str(found["id"]) if found else None


def refuse_while_masking(db: Database) -> None:
    """A job that masks read the owner's decisions when it began: one made now would be lost."""
    sql = "SELECT 1 AS found FROM jobs WHERE state = 'running' AND kind IN ('mask', 'import') LIMIT 1"
    if one_row(db, sql):
        raise UserError(
            "지금 가져오거나 가리는 작업이 돌고 있습니다. 끝난 뒤에 다시 고치세요.",
            "An import or masking job is running. Wait for its end, then correct.",
        )


def set_state(db: Database, mask_ids: Iterable[int], state: str, decided_by: str) -> int:
    """Change masks; returns how many."""
    sql = "UPDATE masks SET state = ?, decided_by = ? WHERE id = ?"
    cursor = db.conn.executemany(sql, [(state, decided_by, mask_id) for mask_id in mask_ids])
    return int(cursor.rowcount)


def masks_of_value(db: Database, label: str, value_key: str, number: int, placeholder: str) -> list[dict[str, Any]]:
    """Every mask of one value in all sources, by way of its placeholder, which has an index."""
    sql = (
        'SELECT m.id, m.record_id, m.start, m."end", m.label, m.placeholder, m.state, m.decided_by, m.confidence, r.source_id FROM masks m '
        "JOIN records r ON r.id = m.record_id WHERE m.label = ? AND m.placeholder = ? AND m.value_key = ?"
    )
    return all_rows(db, sql, [label, placeholder, value_key])


def number_of(db: Database, label: str, value_key: str) -> int | None:
    """The number a value carries in its placeholder."""
    row = one_row(db, "SELECT number FROM mask_values WHERE label = ? AND value_key = ?", [label, value_key])
    return row["number"] if row else None


def value_of(db: Database, label: str, number: int) -> str | None:
    """The key of the value that carries this number."""
    row = one_row(db, "SELECT value_key FROM mask_values WHERE label = ? AND number = ?", [label, number])
    return row["value_key"] if row else None


OwnerMask = tuple[int, int, int, str, str, str, float, str, str]
"""(record_id, start, end, label, placeholder, value_key, confidence, state, decided_by)"""


def add_decided_masks(db: Database, masks: Iterable[OwnerMask]) -> None:
    """Append masks with their state and who decided it."""
    columns = 'record_id, start, "end", label, placeholder, value_key, confidence, state, decided_by'
    with writing(db):
        insert_rows(db, f"masks ({columns})", list(masks))


def drop_masks(db: Database, mask_ids: Iterable[int]) -> None:
    """Delete masks by id."""
    db.conn.executemany("DELETE FROM masks WHERE id = ?", [(mask_id,) for mask_id in mask_ids])


def recount(db: Database, source_id: str, label: str) -> None:
    """Bring a masked source's report up to date for one label."""
    row = one_row(db, "SELECT mask_report_json AS report FROM sources WHERE id = ?", [source_id])
    if row is None or row["report"] is None:
        return
    report = json.loads(row["report"])
    counts = {**report["counts"], **hidden_by_label(db, source_id, [label])}
    report["counts"] = dict(sorted(((k, n) for k, n in counts.items() if n), key=lambda pair: -pair[1]))
    db.execute(
        "UPDATE sources SET mask_report_json = ? WHERE id = ?", [json.dumps(report, ensure_ascii=False), source_id]
    )


def masked_sources(db: Database) -> list[str]:
    """Ids of sources that are masked."""
    sql = "SELECT id FROM sources WHERE state = 'ready' AND replaced_by IS NULL AND masked_at IS NOT NULL ORDER BY created_at"
    return [row["id"] for row in all_rows(db, sql)]


# What holds for sources that come later: keys only, never the value itself.


def kept_values(db: Database) -> set[tuple[str, str]]:
    """(label, value_key) that the owner wants shown in every source."""
    sql = "SELECT label, value_key FROM mask_decisions WHERE what = 'kept'"
    return {(row["label"], row["value_key"]) for row in all_rows(db, sql)}


def added_values(db: Database) -> list[tuple[str, str, str]]:
    """(label, value_key, source id or EVERYWHERE) of words the owner added, oldest first."""
    sql = "SELECT label, value_key, place FROM mask_decisions WHERE what = 'added' ORDER BY created_at, value_key"
    return [(row["label"], row["value_key"], row["place"]) for row in all_rows(db, sql)]


def read_decisions(db: Database, source_id: str | None, limit: int = -1) -> list[dict[str, Any]]:
    """Decisions on values that hold for a source (None: for any), newest first: {what, label, value_key, number, place, created_at}."""
    sql = (
        "SELECT d.what, d.label, d.value_key, d.place, d.created_at, v.number FROM mask_decisions d JOIN mask_values v "
        "ON v.label = d.label AND v.value_key = d.value_key WHERE ? IS NULL OR d.place IN (?, ?) ORDER BY d.created_at DESC, d.value_key LIMIT ?"
    )
    return all_rows(db, sql, [source_id, EVERYWHERE, source_id, limit])


def count_decisions(db: Database, source_id: str) -> int:
    """How many decisions on values hold for a source."""
    found = one_row(db, "SELECT count(*) AS n FROM mask_decisions WHERE place IN (?, ?)", [EVERYWHERE, source_id])
    return int(found["n"]) if found else 0


def is_decided(db: Database, what: str, label: str, value_key: str) -> bool:
    """Whether such a decision on a value stands, for whichever source."""
    sql = "SELECT 1 AS found FROM mask_decisions WHERE label = ? AND value_key = ? AND what = ? LIMIT 1"
    return one_row(db, sql, [label, value_key, what]) is not None


def remember_decision(db: Database, what: str, label: str, value_key: str, place: str = EVERYWHERE) -> None:
    """kept: shown everywhere. accepted: rightly hidden. added: hidden in `place`. The last word counts: what contradicts goes."""
    against = {"kept": ("added", "accepted"), "accepted": ("kept",), "added": ("kept",)}[what]
    for other in against:
        sql = "DELETE FROM mask_decisions WHERE label = ? AND value_key = ? AND what = ?"
        db.execute(sql, [label, value_key, other])
    db.execute(
        "INSERT INTO mask_decisions VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [label, value_key, what, place, now()],
    )


def forget_decision(db: Database, label: str, value_key: str) -> None:
    """Neither kept, accepted nor added from now on."""
    db.execute("DELETE FROM mask_decisions WHERE label = ? AND value_key = ?", [label, value_key])


def added_words(db: Database, label: str, value_key: str, placeholder: str) -> list[str]:
    """How the owner's added value is written: read from the records, so that no second copy of it is kept."""
    sql = (
        'SELECT DISTINCT substr(r.text, m.start + 1, m."end" - m.start) AS word FROM masks m '
        "JOIN records r ON r.id = m.record_id WHERE m.label = ? AND m.placeholder = ? AND m.value_key = ? "
        "AND m.confidence = ? LIMIT 50"
    )
    return [row["word"] for row in all_rows(db, sql, [label, placeholder, value_key, ADDED])]


def shown_example(db: Database, label: str, value_key: str, placeholder: str) -> str | None:
    """One spelling of a value, for the list of decisions."""
    sql = (
        'SELECT substr(r.text, m.start + 1, m."end" - m.start) AS word FROM masks m '
        "JOIN records r ON r.id = m.record_id WHERE m.label = ? AND m.placeholder = ? AND m.value_key = ? LIMIT 1"
    )
    row = one_row(db, sql, [label, placeholder, value_key])
    return row["word"] if row else None
