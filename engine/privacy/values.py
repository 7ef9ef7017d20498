"""Values of a source as a page lists them: how often, how sure, how they are written, and where. It changes nothing.

The written forms are read from the records at each look; they are kept nowhere else.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.privacy.decisions import placeholder_of
from engine.privacy.preview import Shown, read_some
from engine.store.mask_values import doubtful_values, read_values, records_with, spellings

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a source."""

    label: str
    value_key: str
    placeholder: str
    hidden: int
    """Places where it is hidden."""
    places: int
    """These and the ones that the owner shows."""
    level: str
    """One of mask_values.LEVELS."""
    written: list[str]
    """Its most frequent spellings, three at most."""


def list_values(
    db: Database, source_id: str, labels: Sequence[str] = (), levels: Sequence[str] = (), skip: int = 0, limit: int = 20
) -> list[Value]:
    """The most frequent values, `skip` of them left out; one more than `limit` says that there are more."""
    rows = read_values(db, source_id, labels, levels, skip, limit + 1)
    return [_value(db, source_id, row) for row in rows]


def next_doubtful(db: Database, source_id: str, later: Collection[tuple[str, str]] = ()) -> Value | None:
    """The value to decide next, without those (label, value key) put off; None when nothing is left."""
    rows = doubtful_values(db, source_id, limit=len(later) + 1)
    row = next((row for row in rows if (row["label"], row["value_key"]) not in later), None)
    return _value(db, source_id, row) if row else None


def examples(db: Database, source_id: str, value: Value) -> list[Shown]:
    """The first records in which a value stands."""
    ids = records_with(db, source_id, value.label, value.value_key, value.placeholder, EXAMPLES)
    return read_some(db, source_id, ids)


def _value(db: Database, source_id: str, row: dict[str, Any]) -> Value:
    placeholder = placeholder_of(row["label"], row["number"])
    written = spellings(db, source_id, row["label"], row["value_key"], placeholder)
    facts = (row["hidden"], row["places"], row["level"], written)
    return Value(row["label"], row["value_key"], placeholder, *facts)
