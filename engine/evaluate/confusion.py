"""Answers sorted by what was true and what was said: counts and shares for a page and a report. It judges nothing anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.evaluate.suite import Confusion
from engine.store.sorted_answers import count_sorted


@dataclass(frozen=True, slots=True)
class Matrix:
    """Of one model. Rows are what was true, columns what was said; `counts[row][column]`."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def shares(self) -> tuple[tuple[float | None, ...], ...]:
        """Of the cases of each row; None for a row without cases."""
        return tuple(tuple(n / sum(row) if sum(row) else None for n in row) for row in self.counts)

    @property
    def n(self) -> int:
        return sum(map(sum, self.counts))

    @property
    def right(self) -> int:
        return sum(self.counts[place][place] for place in range(len(self.rows)))


def matrices(db: Database, evaluation_id: str, confusion: Confusion) -> dict[str, Matrix]:
    """{model: its matrix} of a whole evaluation; {} when nothing was sorted. Columns beside the labels show only where some model
    said so."""
    found = count_sorted(db, evaluation_id, confusion.truth, confusion.said)
    at = {(row["model"], row["truth"], row["said"]): row["n"] for row in found}
    columns = (*confusion.labels, *(one for one in confusion.beside if any(key[2] == one for key in at)))
    return {
        model: matrix_of(at, model, confusion.labels, columns) for model in dict.fromkeys(row["model"] for row in found)
    }


def matrix_of(
    at: Mapping[tuple[str, str, str], int], model: str, rows: Sequence[str], columns: Sequence[str]
) -> Matrix:
    """One model's counts in a grid."""
    counts = tuple(tuple(at.get((model, truth, said), 0) for said in columns) for truth in rows)
    return Matrix(tuple(rows), tuple(columns), counts)


def as_plain(found: Mapping[str, Matrix]) -> dict[str, Any]:
    """For `eval --json`: {model: {rows, columns, counts}}."""
    return {
        model: {"rows": list(one.rows), "columns": list(one.columns), "counts": [list(row) for row in one.counts]}
        for model, one in found.items()
    }
