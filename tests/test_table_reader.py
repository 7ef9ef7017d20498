"""Any table becomes records: one per row, fields untouched, bad rows counted and kept."""

import json
from pathlib import Path

import pytest
from reading import read_file, read_text

from engine.errors import UserError
from engine.sources.detect import choose_reader
from engine.sources.reader import ReadReport

ROWS = [{"id": "1", "본문": "첫째, 줄\n둘째", "비고": ""}, {"id": "2", "본문": '"따옴표"', "비고": "x"}]
CSV = 'id,본문,비고\n1,"첫째, 줄\n둘째",\n2,"""따옴표""",x\n'
JSONL = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (CSV, "csv"),
        (CSV.replace("첫째, 줄", "첫째, 줄").replace(",", "\t").replace("첫째\t", "첫째,"), "tsv"),
        (JSONL, "jsonl"),
        (json.dumps(ROWS, ensure_ascii=False, indent=1), "json"),
    ],
)
def test_row_is_a_record(text: str, shape: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(text.encode(encoding))
    records, report = read_file(path)
    assert [record.meta for record in records] == ROWS
    assert [record.text for record in records] == ["첫째, 줄\n둘째", '"따옴표"']
    assert {(record.at, record.speaker, record.kind) for record in records} == {(None, None, "text")}
    assert (report.shape, report.encoding, report.unparsed) == (shape, encoding, 0)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_other_systems(end: str, tmp_path: Path) -> None:
    rows, _ = read_text(tmp_path, "id,text\n1,하나\n2,둘\n".replace("\n", end))
    assert [row[3] for row in rows] == ["하나", "둘"]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"text": "가", "본문": "나", "content": "다"}, "가"),
        ({"content": "다", "본문": "나"}, "나"),
        ({"content": "다"}, "다"),
        ({"질문": "왜?", "답": 3}, '{"질문":"왜?","답":3}'),
        ({"text": ["가"]}, '{"text":["가"]}'),
    ],
)
def test_text_is_the_first_text_column_else_the_whole_row(row: dict[str, object], text: str, tmp_path: Path) -> None:
    rows, _ = read_text(tmp_path, json.dumps(row, ensure_ascii=False), kind="table")
    assert rows == [(None, None, "text", text)]


def test_array_may_hold_bare_texts(tmp_path: Path) -> None:
    rows, report = read_text(tmp_path, '["하나", "둘", 3]')
    assert [(row[2], row[3]) for row in rows] == [("text", "하나"), ("text", "둘"), ("other", "3")]
    assert report.unparsed == 1
    assert read_text(tmp_path, "[]")[0] == []


def test_bad_rows_are_counted_and_kept(tmp_path: Path) -> None:
    rows, report = read_text(tmp_path, '{"text": "하나"}\n\n{"text": \n{"text": "둘"}\n')
    assert [(row[2], row[3]) for row in rows] == [("text", "하나"), ("other", '{"text": '), ("text", "둘")]
    assert report.unparsed_samples == [3]
    rows, report = read_text(tmp_path, "a,text\n1,하나\n2\n\n3,둘,셋\n4,넷\n")
    assert [(row[2], row[3]) for row in rows] == [
        ("text", "하나"),
        ("other", "2"),
        ("other", "3,둘,셋"),
        ("text", "넷"),
    ]
    assert report.unparsed_samples == [3, 5]


def test_header_alone_needs_the_kind_named(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("id,text", encoding="utf-8")
    with pytest.raises(UserError):
        choose_reader(path)


def test_broken_array_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text('[\n{"text": "비밀"},\n{"text" "비밀"}\n]', encoding="utf-8")
    with pytest.raises(UserError) as caught:
        list(choose_reader(path).read(path, ReadReport()))
    assert "3번째" in caught.value.ko and "line 3" in caught.value.en
    assert "비밀" not in caught.value.ko


def test_long_field_is_no_obstacle(tmp_path: Path) -> None:
    rows, _ = read_text(tmp_path, f"id,text\n1,{'가' * 200_000}\n")
    assert len(rows[0][3]) == 200_000


def test_formula_and_markup_come_through_as_they_are(tmp_path: Path) -> None:
    rows, _ = read_text(tmp_path, "id,text\n1,=1+1\n2,<script>\n")
    assert [row[3] for row in rows] == ["=1+1", "<script>"]
