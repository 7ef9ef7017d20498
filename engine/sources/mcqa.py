"""Questions with choices: CSV, TSV, JSON, JSONL, Parquet. It judges no answer.

One record per question: its text is the question, its meta {form, bucket, question, choices, answer_index from 0, solution,
specialty, group}. Whether a file counts its answers from 0 or from 1 is told over the whole file before the first record.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.sources.choices import first_number, number_of, place_of
from engine.sources.mcqa_columns import as_cell, choices_in, guess_columns, merged_columns
from engine.sources.qa import SHOWN, Guess
from engine.sources.reader import ReadReport, Record
from engine.sources.rows_of import first_table_rows, refuse_no_table, table_rows

MCQA = "mcqa"
"""The kind of a record that is a question with choices."""
LONGEST_NAME = 200
TOLD = {
    "wrong_answer": "정답이 보기 가운데 없는 문제 {0:,}개는 알아듣지 못한 줄로 남겼습니다. / {0:,} questions whose answer is none of their choices were kept as "
    "not understood.",
    "no_choices": "보기를 찾지 못한 문제 {0:,}개는 알아듣지 못한 줄로 남겼습니다. / {0:,} questions without choices were kept as not understood.",
    "no_question": "문제가 빈 행 {0:,}개는 알아듣지 못한 줄로 남겼습니다. / {0:,} rows without a question were kept as not understood.",
    "no_answer": "정답이 없는 문제가 {0:,}개 있습니다. 학습에는 들어가지 않고 물어볼 수는 있습니다. / {0:,} questions have no answer: they train nothing, but can "
    "be asked.",
}  # fmt: skip
"""What is counted in a file, and how it is told."""
AMBIGUOUS = (
    "정답 번호가 0부터인지 1부터인지 파일만 보고는 알 수 없어 {0}부터로 읽었습니다. 몇 문제를 확인하세요. / Whether answers count from 0 or from 1 cannot be told "
    "from the file; they were read from {0}. Check a few questions."
)


class McqaReader:
    """Rows with a question, choices and an answer."""

    kind = MCQA

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        """mapping: field to column, put over what is guessed."""
        self.mapping = dict(mapping or {})

    def recognises(self, path: Path, head: bytes) -> bool:
        rows = first_table_rows(path, head)
        found = guess_columns(rows)
        return {"question", "choices", "answer"} <= set(found) and any(
            len(choices_in(row, found["choices"], "?")[1]) > 1 for row in rows
        )

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Questions in file order. Raises UserError when no column holds the question."""
        mapping = self._fitted(path)
        first = self._first(path, mapping, report)
        report.facts["mapping"] = mapping
        counts: Counter[str] = Counter()
        for number, row, line in table_rows(path, report):
            record, wrong = _record(row, mapping, first) if row is not None else (None, "")
            counts[wrong if row is not None else "no_row"] += 1
            if record is None:
                report.note_unparsed(number)
                yield Record(None, None, "other", line or f"{path.name}:{number}", row)
                continue
            yield record
        if counts["no_choices"] + counts["no_question"] == counts.total():
            raise _no_choices(path, counts["no_choices"])
        report.facts["questions"] = {name: counts[name] for name in TOLD if counts[name]}
        report.warnings += [TOLD[name].format(count) for name, count in report.facts["questions"].items()]

    def look(self, path: Path) -> Guess:
        """Columns, the mapping as it would be used, and the first questions. Raises UserError for a told column that is not there."""
        rows = first_table_rows(path)
        mapping = merged_columns(guess_columns(rows), self.mapping, rows)
        made = [_record(row, mapping, 1)[0] for row in rows[:SHOWN]] if "question" in mapping else []
        sample = [
            {"question": one.text, "choices": " / ".join((one.meta or {})["choices"]), "answer": row.get(mapping.get("answer", ""))}
            for one, row in zip(made, rows, strict=False)
            if one
        ]  # fmt: skip
        return Guess(list(dict.fromkeys(name for row in rows for name in row)), mapping, sample)

    def _fitted(self, path: Path) -> dict[str, str]:
        look = self.look(path)
        refuse_no_table(path, look.columns)
        if "question" not in look.mapping:
            columns = ", ".join(name[:40] for name in look.columns[:20]) or "-"
            raise UserError(
                f"'{path.name}'에서 문제가 든 열을 찾지 못했습니다(있는 열: {columns}). --map question=열,choices=열1+열2+열3,answer=열 로 알려 주세요.",
                f"No column of '{path.name}' could be told to hold the question (columns: {columns}). Say which with --map "
                "question=COLUMN,choices=A+B+C,answer=COLUMN.",
            )
        return look.mapping

    def _first(self, path: Path, mapping: Mapping[str, str], report: ReadReport) -> int:
        """What the first choice is called in this file: 0 or 1."""
        column = mapping.get("answer", "")
        told = [one for _, row, _ in table_rows(path, ReadReport()) if row and (one := _numbered(row, mapping))]
        first, certain = first_number(told, any(word in column.casefold() for word in ("index", "idx", "label")))
        report.facts["answers_from"] = first if told else None
        if told and not certain:
            report.warnings.append(AMBIGUOUS.format(first))
        return first


def _no_choices(path: Path, count: int) -> UserError:
    return UserError(
        f"'{path.name}'의 문제 {count:,}개 가운데 보기가 둘 이상인 것이 하나도 없습니다. --map choices=열1+열2+열3 으로 보기의 열을 알려 주거나, 보기가 없는 "
        "질문과 답이면 --as qa로 가져오세요.",
        f"Not one of the {count:,} questions of '{path.name}' has two choices. Say which columns hold them with --map choices=A+B+C, or import "
        "open questions with --as qa.",
    )


def _numbered(row: Mapping[str, Any], mapping: Mapping[str, str]) -> tuple[int, int] | None:
    """(the answer's number, how many choices) of a row whose answer is told by a number and is not a choice's own words."""
    number = number_of(row.get(mapping.get("answer", "")))
    if number is None:
        return None
    _, choices = choices_in(row, mapping.get("choices"), as_cell(row.get(mapping["question"])))
    words = as_cell(row.get(mapping["answer"]))
    return None if not choices or words in choices else (number, len(choices))


def _record(row: Mapping[str, Any], mapping: Mapping[str, str], first: int) -> tuple[Record | None, str]:
    """(the record, what is wrong with it); no record where nothing can be asked."""
    got = {field: as_cell(row.get(mapping.get(field, ""))) for field in ("question", "explanation", "specialty", "group", "id")}  # fmt: skip
    question, choices = choices_in(row, mapping.get("choices"), got["question"])
    if not question:
        return None, "no_question"
    if len(choices) < 2:
        return None, "no_choices"
    given = row.get(mapping.get("answer", ""))
    given = given[0] if isinstance(given, list) and len(given) == 1 else given
    place = place_of(given, choices, first)
    if place is None and as_cell(given):
        return None, "wrong_answer"
    meta = {
        "form": MCQA, "bucket": "domain", "question": question, "choices": choices, "answer_index": place,
        "answer": choices[place] if place is not None else None,
        **{name: got[field][:limit] for name, field, limit in _KEPT if got[field]},
    }  # fmt: skip
    return Record(None, None, MCQA, question, meta), "" if place is not None else "no_answer"


_KEPT = (
    ("solution", "explanation", 1 << 20), ("specialty", "specialty", LONGEST_NAME), ("group", "group", LONGEST_NAME), ("id", "id", LONGEST_NAME),
)  # fmt: skip
