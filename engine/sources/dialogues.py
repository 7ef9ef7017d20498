"""Dialogues with their summaries: CSV, TSV, JSON, JSONL, Parquet, DialogSum's layout and AI Hub's. It judges no summary.

One record per dialogue: its text is the dialogue, its meta {summaries, id, topic, and rating where a row has one}.
What a row lacks stays empty and is counted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.dialogue.turns import speakers_of
from engine.errors import UserError
from engine.sources.dialogue_columns import dialogue_in, flat, guess_columns, merged_columns, summaries_in
from engine.sources.qa import SHOWN, Guess
from engine.sources.reader import ReadReport, Record
from engine.sources.rows_of import first_table_rows, table_rows

DIALOGUE = "dialogue"
"""The kind of a record that is a dialogue."""
LONG = 20_000
"""Characters from which a dialogue is told as long: some 10,000 tokens, more than any small model reads at once."""
LONGEST_NAME = 200
TOLD = {
    "empty": "대화가 빈 행 {0:,}개는 알아듣지 못한 줄로 남겼습니다. / {0:,} rows without a dialogue were kept as not understood.",
    "no_summary": "요약이 없는 대화가 {0:,}개 있습니다. 학습에는 들어가지 않고 요약할 대상으로는 쓸 수 있습니다. / {0:,} dialogues have no summary: they "
    "train nothing, but can be summarised.",
    "no_speakers": "말한 사람이 적히지 않은 대화가 {0:,}개 있습니다. / {0:,} dialogues name no speaker.",
    "one_speaker": "한 사람만 말하는 대화가 {0:,}개 있습니다. / In {0:,} dialogues one person speaks alone.",
    "long": f"{LONG:,}자가 넘는 긴 대화가 {{0:,}}개 있습니다. 모델이 읽는 길이를 넘으면 가운데를 줄입니다. / {{0:,}} dialogues have over {LONG:,} characters; "
    "what a model cannot read is cut from their middle.",
    "summary_longer": "요약이 대화보다 긴 행이 {0:,}개 있습니다. 학습에서는 뺍니다. / In {0:,} rows the summary is longer than the dialogue: not learned from.",
    "repeated": "같은 대화가 다시 나온 행이 {0:,}개 있습니다. 요약은 한 대화의 여러 본보기로 모읍니다. / {0:,} rows repeat a dialogue; their summaries become "
    "several references of one.",
}  # fmt: skip
"""What is counted in a file, and how it is told."""


class DialogueReader:
    """Rows that hold a dialogue."""

    kind = "dialogue"

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        """mapping: field to column, put over what is guessed."""
        self.mapping = dict(mapping or {})

    def recognises(self, path: Path, head: bytes) -> bool:
        rows = [flat(row) for row in first_table_rows(path, head)]
        found = guess_columns(rows)
        return "dialogue" in found and (len(found) > 1 or all(len(row) <= 2 for row in rows))

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Dialogues in file order. Raises UserError when no column holds them."""
        mapping = self._fitted(path)
        report.facts["mapping"] = mapping
        counts: Counter[str] = Counter()
        seen: set[int] = set()
        for number, row, line in table_rows(path, report):
            record = _record(flat(row), mapping) if row is not None else None
            if record is None:
                counts["empty"] += row is not None
                report.note_unparsed(number)
                yield Record(None, None, "other", line or f"{path.name}:{number}", row)
                continue
            key = hash("".join(record.text.split()))
            counts.update(_traits(record))
            counts["repeated"] += key in seen
            seen.add(key)
            yield record
        report.facts["dialogues"] = {name: counts[name] for name in TOLD if counts[name]}
        report.warnings += [TOLD[name].format(count) for name, count in report.facts["dialogues"].items()]

    def look(self, path: Path) -> Guess:
        """Columns, the mapping as it would be used, and the first dialogues. Raises UserError for a told column that is not there."""
        rows = [flat(row) for row in first_table_rows(path)]
        mapping = merged_columns(guess_columns(rows), self.mapping, rows)
        there = rows if "dialogue" in mapping else []
        records = [record for record in (_record(row, mapping) for row in there) if record][:SHOWN]
        sample = [{"dialogue": record.text, "summary": (record.meta or {})["summaries"]} for record in records]
        return Guess(list(dict.fromkeys(name for row in rows for name in row)), mapping, sample)

    def _fitted(self, path: Path) -> dict[str, str]:
        """Field to column. Raises UserError for a file without a dialogue, or a told column that is not there."""
        look = self.look(path)
        if "dialogue" not in look.mapping:
            columns = ", ".join(name[:40] for name in look.columns[:20]) or "-"
            raise UserError(
                f"'{path.name}'에서 대화가 든 열을 찾지 못했습니다(있는 열: {columns}). --map dialogue=열,summary=열 로 알려 주세요. 표는 첫 줄에 열 이름이 "
                "있는 CSV, 한 줄에 객체 하나인 JSONL, JSON 배열 가운데 하나여야 합니다.",
                f"No column of '{path.name}' could be told to hold dialogues (columns: {columns}). Say which with --map "
                "dialogue=COLUMN,summary=COLUMN. The table must be CSV with column names, JSONL or a JSON array.",
            )
        return look.mapping


def _record(row: Mapping[str, Any], mapping: Mapping[str, str]) -> Record | None:
    """The record of a row; None for a row without a dialogue."""
    text = dialogue_in(row.get(mapping["dialogue"]))
    if not text:
        return None
    got = {field: row.get(column) for field, column in mapping.items()}
    meta: dict[str, Any] = {
        "summaries": summaries_in(row, mapping.get("summary")),
        "id": _name(got.get("id")),
        "topic": _name(got.get("topic")),
    }
    if (rating := _number(got.get("rating"))) is not None:
        meta["rating"] = rating
    return Record(None, None, DIALOGUE, text, meta)


def _traits(record: Record) -> list[str]:
    """What is counted of one dialogue."""
    speakers, summaries = speakers_of(record.text), (record.meta or {})["summaries"]
    return [
        name
        for name, here in (
            ("no_summary", not summaries),
            ("no_speakers", not speakers),
            ("one_speaker", len(speakers) == 1),
            ("long", len(record.text) > LONG),
            ("summary_longer", any(len(text) > len(record.text) for text in summaries)),
        )
        if here
    ]


def _name(found: Any) -> str | None:
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    return str(found).strip()[:LONGEST_NAME] or None


def _number(found: Any) -> float | None:
    """A rating as a number; None for what is none."""
    if isinstance(found, str) and found.strip().lstrip("-").replace(".", "", 1).isdigit() and len(found) < 10:
        return float(found)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None
