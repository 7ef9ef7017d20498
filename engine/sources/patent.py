"""Patent cases: a product, a claim, and what was judged of them, in any of the shapes they come in. It judges nothing.

A case without a label is kept: it can be asked. A label nobody knows is kept beside the case, and counted.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.sources.json_rows import first_rows, json_rows
from engine.sources.reader import ReadReport, Record

CASE = "patent"
"""The kind of a record that is a case: its text is the claim."""


class PatentReader:
    """Cases of a JSON file."""

    kind = "patent"

    def recognises(self, path: Path, head: bytes) -> bool:
        return any({"product", "claim"} <= set(row) for row in first_rows(head))

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        for number, row, line in json_rows(path, report):
            if row is None or not isinstance(row.get("claim"), str):
                report.note_unparsed(number)
                yield Record(None, None, "other", line or f"{path.name}:{number}")
                continue
            yield case_record(row)


def case_record(row: Mapping[str, Any]) -> Record:
    """A case as a record; what it lacks is None."""
    names = ("product", "risk_level", "comparisons", "decision_reason", "id", "field")
    return Record(None, None, CASE, str(row["claim"]).strip(), {name: row.get(name) for name in names})
