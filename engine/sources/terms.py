"""Dictionaries: a table of terms with their other names, as records. It stores nothing and knows no recipe.

A table is read twice: first for what is wrong with it as a whole (circles), so that this is told before anything is kept.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.sources.qa import Guess
from engine.sources.reader import ReadReport, Record
from engine.sources.rows_of import first_table_rows, refuse_no_table, table_rows
from engine.sources.term_circles import require_no_circle, synonym_circles
from engine.sources.term_columns import LONGEST, guess_term_columns, names_in, out_of_brackets, text_in
from engine.terms.folding import key_of
from engine.terms.words import kind_of

TERM = "term"
"""The kind of a record that is a term."""
SHOWN = 3
EXAMPLES = 3
_SAYS_NAMES = re.compile(r"동의어|유의어|쉬운|순화|약어|약자|synonym|abbr|acronym|alias|altlabel|lay", re.IGNORECASE)


class TermsReader:
    """Terms of a CSV, TSV, JSON, JSONL or Parquet file."""

    kind = "terms"

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        """mapping: field to column, put over what is guessed."""
        self.mapping = dict(mapping or {})

    def recognises(self, path: Path, head: bytes) -> bool:
        found = guess_term_columns(_columns(first_table_rows(path, head)))
        others = " ".join(found.get(field, "") for field in ("synonyms", "lay", "abbreviations"))
        return "term" in found and _SAYS_NAMES.search(others) is not None

    def look(self, path: Path) -> Guess:
        """Columns, how they would be read, and the first terms. Raises UserError for a told column that is not there."""
        rows = first_table_rows(path)
        columns = _columns(rows)
        mapping = guess_term_columns(columns, self.mapping)
        terms = (term_of(row, mapping) for row in rows) if "term" in mapping else iter(())
        return Guess(columns, mapping, [term for term in terms if term][:SHOWN])

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Terms in file order. Raises UserError for a table without a column of terms, and for terms that are kinds of themselves."""
        mapping = self._fitted(path)
        report.facts["mapping"] = mapping
        self._survey(path, mapping, report)
        for number, row, line in table_rows(path, report):
            term = term_of(row, mapping) if row else None
            if term is None:
                report.note_unparsed(number)
                yield Record(None, None, "other", line or f"{path.name}:{number}")
            else:
                yield Record(None, None, TERM, term["term"], term)

    def _fitted(self, path: Path) -> dict[str, str]:
        columns = _columns(first_table_rows(path))
        refuse_no_table(path, columns)
        mapping = guess_term_columns(columns, self.mapping)
        if "term" not in mapping:
            shown = ", ".join(column[:40] for column in columns[:20]) or "-"
            raise UserError(
                f"'{path.name}'에서 용어가 든 열을 찾지 못했습니다(있는 열: {shown}). 열 이름을 '용어'로 하거나 --map term=열 로 알려 주세요.",
                f"No column of terms was found in '{path.name}' (columns: {shown}). Name it `term`, or say which with --map term=COLUMN.",
            )
        return mapping

    def _survey(self, path: Path, mapping: Mapping[str, str], report: ReadReport) -> None:
        """Tell what is wrong with the table as a whole; memory holds its names alone."""
        parents: dict[str, list[str]] = {}
        others: dict[str, tuple[str, ...]] = {}
        spelled: dict[str, str] = {}
        seen, twice, bare = set[str](), 0, 0
        for _, row, _ in table_rows(path, ReadReport()):
            if not row or not (term := term_of(row, mapping)):
                continue
            key = key_of(term["term"])
            spelled.setdefault(key, term["term"])
            twice += key in seen
            seen.add(key)
            bare += not (term["synonyms"] or term["lay"] or term["abbreviations"])
            others[key] = (*others.get(key, ()), *(key_of(name) for name in term["synonyms"]))
            parents.setdefault(key, []).extend(key_of(name) for name in term["parents"])
        require_no_circle(parents, spelled, path.name)
        _tell(report, spelled, twice, bare, synonym_circles(others))


def _tell(
    report: ReadReport, spelled: Mapping[str, str], twice: int, bare: int, circles: list[tuple[str, ...]]
) -> None:
    report.facts["terms"] = {
        "distinct": len(spelled),
        "repeated": twice,
        "without_other_names": bare,
        "circles": len(circles),
    }
    if twice:
        report.warnings.append(
            f"같은 용어가 다시 나온 행 {twice:,}개를 하나로 합쳤습니다. / {twice:,} rows repeat a term; each is merged with the first."
        )
    if bare:
        report.warnings.append(
            f"동의어·쉬운말·약어가 모두 빈 용어가 {bare:,}개 있습니다. 이름으로만 찾습니다. / {bare:,} terms have no other name and are found by their own alone."
        )
    if circles:
        shown = "; ".join(" → ".join(spelled[key] for key in (*circle, circle[0])) for circle in circles[:EXAMPLES])
        report.warnings.append(
            f"동의어가 서로를 가리키는 용어가 {len(circles):,}묶음 있습니다({shown}). 겹치는 이름은 먼저 나온 용어의 이름으로 봅니다. / {len(circles):,} groups of terms are each other's "
            "synonyms. A shared name means the term whose own name it is."
        )


def term_of(row: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any] | None:
    """A row as a term: {term, synonyms, lay, abbreviations, definition, kind, parents}; None without a name that is one."""
    cells = {field: row.get(column) for field, column in mapping.items()}
    name, inner = out_of_brackets(text_in(cells.get("term")))
    if not key_of(name) or len(name) > LONGEST:
        return None
    lists = {field: _names(cells.get(field)) for field in ("synonyms", "lay", "abbreviations")}
    for one in inner:
        lists["abbreviations" if one.isascii() and one.upper() == one and len(one) < 9 else "synonyms"].append(one)
    seen = {key_of(name)}
    for field, names in lists.items():
        lists[field] = [one for one in names if not (key_of(one) in seen or seen.add(key_of(one)))]  # type: ignore[func-returns-value]
    return {
        "term": name, **lists, "definition": text_in(cells.get("definition"))[:2000], "kind": kind_of(text_in(cells.get("kind"))[:60]),
        "parents": _names(cells.get("parent")),
    }  # fmt: skip


def _names(cell: Any) -> list[str]:
    return [name for name in names_in(cell) if key_of(name) and len(name) <= LONGEST]


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))
