"""Values of a source as its masks hide them: counted, sorted, with their places. It knows keys, never what a value means.

The counts lie in a table of their own: a list of values or of doubtful ones is read in milliseconds beside 100,000 masks.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sqlite_utils import Database

from engine.store.open import all_rows, one_row, writing

Level = Literal["doubtful", "likely", "sure"]
LEVELS: tuple[Level, ...] = ("doubtful", "likely", "sure")
LIKELY, SURE = 0.7, 0.9
"""From which confidence on. Below LIKELY a value rests on its surroundings alone: names of others, mostly."""
LOOKED_AT = 100
"""Places read to learn how a value is written: 15 values of a page are read in 15 ms."""

_LEVEL = f"CASE WHEN max(m.confidence) >= {SURE} THEN 'sure' WHEN max(m.confidence) >= {LIKELY} THEN 'likely' ELSE 'doubtful' END"
_ACCEPTED = (
    "SELECT 1 FROM mask_decisions d WHERE d.label = {0}.label AND d.value_key = {0}.value_key AND d.what = 'accepted'"
)
_TALLY = (
    "INSERT INTO mask_tallies SELECT r.source_id, m.label, m.value_key, sum(m.state = 'applied'), count(*), "
    f"max(m.confidence), CASE WHEN EXISTS ({_ACCEPTED.format('m')}) THEN 'sure' ELSE {_LEVEL} END "
    "FROM masks m CROSS JOIN records r ON r.id = m.record_id "
    "WHERE {} AND (m.state = 'applied' OR m.decided_by = 'owner') AND r.source_id = ? GROUP BY m.label, m.value_key"
)


def ids_of(db: Database, source_id: str) -> tuple[int, int]:
    """The first and the last record id of a source; (1, 0) for one without records."""
    sql = "SELECT id FROM records WHERE source_id = ? ORDER BY seq {} LIMIT 1"
    first, last = (one_row(db, sql.format(order), [source_id]) for order in ("", "DESC"))
    return (first["id"], last["id"]) if first and last else (1, 0)


def tally_source(db: Database, source_id: str) -> None:
    """Count a source's values anew: 0.2 s for 100,000 masks."""
    with writing(db):
        db.execute("DELETE FROM mask_tallies WHERE source_id = ?", [source_id])
        db.execute(_TALLY.format("m.record_id BETWEEN ? AND ?"), [*ids_of(db, source_id), source_id])


def tally_value(db: Database, source_id: str, label: str, value_key: str, placeholder: str) -> None:
    """Count one value of a source anew."""
    db.execute(
        "DELETE FROM mask_tallies WHERE source_id = ? AND label = ? AND value_key = ?", [source_id, label, value_key]
    )
    where = "m.label = ? AND m.placeholder = ? AND m.value_key = ? AND m.record_id BETWEEN ? AND ?"
    values = [label, placeholder, value_key, *ids_of(db, source_id), source_id]
    db.execute(_TALLY.format(where), values)


def level_value(db: Database, label: str, value_key: str) -> None:
    """Give a value its level in every source: one that the owner accepted is sure."""
    db.execute(
        f"UPDATE mask_tallies SET level = CASE WHEN EXISTS ({_ACCEPTED.format('mask_tallies')}) OR confidence >= {SURE} "
        f"THEN 'sure' WHEN confidence >= {LIKELY} THEN 'likely' ELSE 'doubtful' END "
        "WHERE source_id IN (SELECT id FROM sources) AND label = ? AND value_key = ?",
        [label, value_key],
    )


def hidden_places(db: Database, source_id: str) -> dict[tuple[str, str], int]:
    """(label, level) to the number of hidden places in a source."""
    sql = (
        "SELECT label, level, sum(hidden) AS n FROM mask_tallies WHERE source_id = ? GROUP BY label, level HAVING n > 0"
    )
    return {(row["label"], row["level"]): row["n"] for row in all_rows(db, sql, [source_id])}


_VALUE = (
    "SELECT t.label, t.value_key, t.hidden, t.places, t.confidence, t.level, v.number FROM mask_tallies t "
    "JOIN mask_values v ON v.label = t.label AND v.value_key = t.value_key WHERE t.source_id = ?"
)


def read_values(
    db: Database, source_id: str, labels: Sequence[str] = (), levels: Sequence[str] = (), skip: int = 0, limit: int = 20
) -> list[dict[str, Any]]:
    """Values by how often they stand in a source: {label, value_key, number, hidden, places, confidence, level}."""
    conditions, values = "", [source_id]
    for column, chosen in (("label", labels), ("level", levels)):
        if chosen:
            conditions += f" AND t.{column} IN ({','.join('?' * len(chosen))})"
            values += chosen
    return all_rows(db, f"{_VALUE}{conditions} ORDER BY t.places DESC LIMIT ? OFFSET ?", [*values, limit, skip])


_DOUBTFUL = "t.level = 'doubtful' AND t.hidden > 0"


def doubtful_values(db: Database, source_id: str, limit: int = 20) -> list[dict[str, Any]]:
    """What the owner should look at: hidden on weak evidence, not decided yet; names first, the most frequent first."""
    sql = f"{_VALUE} AND {_DOUBTFUL} ORDER BY (t.label <> 'PERSON'), t.hidden DESC, t.value_key LIMIT ?"
    return all_rows(db, sql, [source_id, limit])


def count_doubtful(db: Database, source_id: str) -> tuple[int, int]:
    """(values, places) that wait to be looked at."""
    sql = f"SELECT count(*) AS n, coalesce(sum(t.hidden), 0) AS places FROM mask_tallies t WHERE t.source_id = ? AND {_DOUBTFUL}"
    found = one_row(db, sql, [source_id])
    return (found["n"], found["places"]) if found else (0, 0)


_PLACES = (
    "FROM masks m CROSS JOIN records r ON r.id = m.record_id WHERE m.label = ? AND m.placeholder = ? "
    "AND m.record_id BETWEEN ? AND ? AND m.value_key = ? AND r.source_id = ? AND (m.state = 'applied' OR m.decided_by = 'owner')"
)


def spellings(
    db: Database, source_id: str, label: str, value_key: str, placeholder: str, limit: int = 3, within: int = LOOKED_AT
) -> list[str]:
    """How a value is written in a source, most frequent first, by its first `within` places."""
    first, last = ids_of(db, source_id)
    sql = (
        f'SELECT word FROM (SELECT substr(r.text, m.start + 1, m."end" - m.start) AS word {_PLACES} LIMIT ?) '
        "GROUP BY word ORDER BY count(*) DESC, word LIMIT ?"
    )
    values = [label, placeholder, first, last, value_key, source_id, within, limit]
    return [row["word"] for row in all_rows(db, sql, values)]


def records_with(
    db: Database, source_id: str, label: str, value_key: str, placeholder: str, limit: int = 3, within: int = LOOKED_AT
) -> list[int]:
    """Ids of the first records in which a value stands, each with another text, among its first `within` places."""
    first, last = ids_of(db, source_id)
    sql = f"SELECT min(id) AS id FROM (SELECT m.record_id AS id, r.text {_PLACES} LIMIT ?) GROUP BY text ORDER BY 1 LIMIT ?"
    values = [label, placeholder, first, last, value_key, source_id, within, limit]
    return [row["id"] for row in all_rows(db, sql, values)]


def hidden_by_label(db: Database, source_id: str, labels: Iterable[str]) -> dict[str, int]:
    """Hidden places of some labels."""
    sql = "SELECT coalesce(sum(hidden), 0) AS n FROM mask_tallies WHERE source_id = ? AND label = ?"
    found = {label: one_row(db, sql, [source_id, label]) for label in labels}
    return {label: row["n"] for label, row in found.items() if row}
