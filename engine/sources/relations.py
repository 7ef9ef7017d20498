"""Relations between terms: a table of heads, relations and tails, as records. It stores nothing and knows no dictionary."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.sources.qa import Guess
from engine.sources.reader import ReadReport, Record
from engine.sources.rows_of import first_table_rows, refuse_no_table, table_rows
from engine.sources.term_circles import require_no_circle
from engine.sources.term_columns import LONGEST, guess_relation_columns, names_in, text_in
from engine.terms.folding import key_of
from engine.terms.model import IS_A
from engine.terms.words import relation_of

RELATION = "relation"
"""The kind of a record that is a relation."""
SHOWN = 3
_SAYS_RELATION = re.compile(r"관계|술어|relation|predicate", re.IGNORECASE)


class RelationsReader:
    """Relations of a CSV, TSV, JSON, JSONL or Parquet file."""

    kind = "relations"

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        """mapping: field to column, put over what is guessed."""
        self.mapping = dict(mapping or {})

    def recognises(self, path: Path, head: bytes) -> bool:
        columns = _columns(first_table_rows(path, head))
        found = guess_relation_columns(columns)  # a table of summaries may have columns source, target and type
        return len(found) == 3 and _SAYS_RELATION.search(found["relation"]) is not None

    def look(self, path: Path) -> Guess:
        """Columns, how they would be read, and the first relations. Raises UserError for a told column that is not there."""
        rows = first_table_rows(path)
        columns = _columns(rows)
        mapping = guess_relation_columns(columns, self.mapping)
        found = [one for row in rows for one in relations_of(row, mapping)] if len(mapping) == 3 else []
        return Guess(columns, mapping, found[:SHOWN])

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Relations in file order, a row with several tails as several. Raises UserError for a table without the three columns, and for
        terms that are kinds of themselves."""
        mapping = self._fitted(path)
        report.facts["mapping"] = mapping
        self._survey(path, mapping)
        of_itself = 0
        for number, row, line in table_rows(path, report):
            found = relations_of(row, mapping) if row else []
            if not found:
                report.note_unparsed(number)
                yield Record(None, None, "other", line or f"{path.name}:{number}")
            for one in found:
                of_itself += key_of(one["head"]) == key_of(one["tail"])
                yield Record(None, None, RELATION, f"{one['head']} · {one['relation']} · {one['tail']}", one)
        if of_itself:
            report.warnings.append(
                f"머리와 꼬리가 같은 관계가 {of_itself:,}개 있습니다. 쓰지 않습니다. / {of_itself:,} relations have one term at both ends and are not used."
            )

    def _fitted(self, path: Path) -> dict[str, str]:
        columns = _columns(first_table_rows(path))
        refuse_no_table(path, columns)
        mapping = guess_relation_columns(columns, self.mapping)
        missing = [field for field in ("head", "relation", "tail") if field not in mapping]
        if missing:
            shown = ", ".join(column[:40] for column in columns[:20]) or "-"
            raise UserError(
                f"'{path.name}'에서 {', '.join(missing)}에 해당하는 열을 찾지 못했습니다(있는 열: {shown}). 열 이름을 머리, 관계, 꼬리로 하거나 --map head=열,relation=열,tail=열 로 "
                "알려 주세요.",
                f"No column of '{path.name}' could be told to be {' and '.join(missing)} (columns: {shown}). Name them head, relation and tail, or say which with "
                "--map head=COLUMN,relation=COLUMN,tail=COLUMN.",
            )
        return mapping

    def _survey(self, path: Path, mapping: Mapping[str, str]) -> None:
        above: dict[str, list[str]] = {}
        spelled: dict[str, str] = {}
        for _, row, _ in table_rows(path, ReadReport()):
            for one in relations_of(row or {}, mapping):
                head, tail = key_of(one["head"]), key_of(one["tail"])
                if one["relation"] == IS_A and head != tail:
                    above.setdefault(head, []).append(tail)
                    spelled.update({head: one["head"], tail: one["tail"]})
        require_no_circle(above, spelled, path.name)


def relations_of(row: Mapping[str, Any], mapping: Mapping[str, str]) -> list[dict[str, str]]:
    """{head, relation, tail} for every tail of a row; none where one of the three is empty or no name."""
    cells = {field: row.get(column) for field, column in mapping.items()}
    head, relation = text_in(cells.get("head")), relation_of(text_in(cells.get("relation"))[:60])
    tails = [tail for tail in names_in(cells.get("tail")) if key_of(tail) and len(tail) <= LONGEST]
    if not key_of(head) or len(head) > LONGEST or not relation:
        return []
    return [{"head": head, "relation": relation, "tail": tail} for tail in tails]


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))
