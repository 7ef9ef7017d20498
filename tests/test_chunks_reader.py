"""chunked_data.jsonl as the owner has it, and as other tools write it: every clause kept, every broken line counted."""

import json
from pathlib import Path
from typing import Any

import pytest
from reading import read_file

from engine.errors import UserError
from engine.sources.clause import Apart
from engine.sources.detect import choose_reader
from engine.sources.reader import ReadReport, Record

ROW: dict[str, Any] = {
    "chunk_id": "nuri-0001",
    "text": "제5조(보험금의 지급사유)\n회사는 50만원을 지급합니다.",
    "metadata": {
        "source": "든든암보험.pdf",
        "company": "누리생명",
        "breadcrumbs": ["무배당 든든암보험", "제2관 보험금의 지급", "제5조(보험금의 지급사유)"],
        "token_count": 31,
        "policy_type": "암보험",
    },
}
KNOWN = {
    "chunk_id": "nuri-0001",
    "company": "누리생명",
    "product": "무배당 든든암보험",
    "policy_type": "암보험",
    "breadcrumbs": "무배당 든든암보험 > 제2관 보험금의 지급 > 제5조(보험금의 지급사유)",
    "article": "제5조",
    "source": "든든암보험.pdf",
    "token_count": 31,
}


def line(row: Any) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def read(folder: Path, text: str | bytes, kind: str | None = None) -> tuple[list[Record], ReadReport]:
    path = folder / "data"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return read_file(path, kind)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize(
    "text",
    [
        line(ROW),
        line({"chunk_id": "nuri-0001", "text": ROW["text"], **ROW["metadata"]}),
        line([ROW]),
        json.dumps([ROW], ensure_ascii=False, indent=2),
        json.dumps({"chunks": [ROW]}, ensure_ascii=False, indent=2),
        line({**ROW, "metadata": {**ROW["metadata"], "breadcrumbs": " > ".join(ROW["metadata"]["breadcrumbs"])}}),
        line({**ROW, "metadata": {**ROW["metadata"], "token_count": "31"}}),
    ],
)
def test_clause_with_what_is_known_of_it(text: str, encoding: str, tmp_path: Path) -> None:
    [record], report = read(tmp_path, text.encode(encoding))
    assert (record.kind, record.text, record.speaker, record.at) == ("chunk", ROW["text"], None, None)
    assert record.meta == KNOWN
    assert (report.unparsed, report.warnings, report.encoding) == (0, [], encoding)


def test_what_is_missing_is_none(tmp_path: Path) -> None:
    records, report = read(
        tmp_path, line({"chunk_id": 7, "text": "가"}) + line({"chunk_id": "8", "text": "나", "metadata": None})
    )
    assert [record.meta["chunk_id"] for record in records if record.meta] == ["7", "8"]
    assert {value for record in records for key, value in (record.meta or {}).items() if key != "chunk_id"} == {
        None,
        "",
    }
    assert report.warnings == []


def test_clause_without_an_id_gets_its_line(tmp_path: Path) -> None:
    records, report = read(tmp_path, line({"text": "가", "breadcrumbs": ["나"]}))
    assert records[0].meta and records[0].meta["chunk_id"] == "data-1"
    assert len(report.warnings) == 1


def test_broken_lines_are_counted_by_number_and_kept(tmp_path: Path) -> None:
    text = (
        line(ROW)
        + '{"chunk_id": "x", "text": \n\n'
        + line({"chunk_id": "y"})
        + line(["list"])
        + line({**ROW, "chunk_id": "z"})
    )
    records, report = read(tmp_path, text)
    assert [record.kind for record in records] == ["chunk", "other", "other", "other", "chunk"]
    assert (report.unparsed, report.unparsed_samples) == (3, [2, 4, 5])


@pytest.mark.parametrize(
    ("row", "article"),
    [
        ({"breadcrumbs": ["가보험", "제5조의2(특례)"]}, "제5조의2"),
        ({"breadcrumbs": ["가보험", "제 12 조"]}, "제12조"),
        ({"breadcrumbs": ["가보험", "제5조(지급)", "제1항"]}, "제5조"),
        ({"breadcrumbs": []}, None),
        ({"breadcrumbs": ["제2관 지급"]}, None),
    ],
)
def test_article_stands_in_the_breadcrumbs(row: dict[str, Any], article: str | None, tmp_path: Path) -> None:
    [record], _ = read(tmp_path, line({"chunk_id": "a", "text": "회사는 지급합니다.", "metadata": row}))
    assert record.meta and record.meta["article"] == article


def hostile() -> list[str]:
    deep = '{"chunk_id": "d", "text": ' + "[" * 100_000 + "]" * 100_000 + "}"
    return [
        deep + "\n",
        '{"chunk_id": 1' + "0" * 5_000 + ', "text": "가"}\n',
        '{"chunk_id": "n", "text": "가", "metadata": {"token_count": NaN}}\n',
        '{"chunk_id": "h", "text": "\\ud800 \\u0000 <script>alert(1)</script> =1+1"}\n',
        '{"chunk_id": "t", "text": "가", "text": "나"}\n',
    ]


def test_hostile_rows_cost_nothing_but_themselves(tmp_path: Path) -> None:
    records, report = read(tmp_path, line(ROW) + "".join(hostile()))
    kinds = [record.kind for record in records]
    assert kinds == ["chunk", "other", "other", "chunk", "chunk", "chunk"]
    assert records[4].text == "\ufffd \ufffd <script>alert(1)</script> =1+1"
    assert records[5].text == "나"
    assert any("두 번" in warning for warning in report.warnings)
    for record in records:
        json.dumps([record.text, record.meta], ensure_ascii=False).encode("utf-8")


def test_a_text_of_ten_megabytes_is_no_clause_and_stays_as_a_line_not_understood(tmp_path: Path) -> None:
    records, report = read(tmp_path, line({**ROW, "text": "가나다 " * 900_000}) + line({**ROW, "chunk_id": "b"}))
    assert [(record.kind, len(record.text) >= 3_600_000) for record in records] == [("other", True), ("chunk", False)]
    assert report.unparsed == 1 and report.unparsed_samples == [1] and "--as clauses" in report.warnings[0]


def test_nuls_are_replaced(tmp_path: Path) -> None:
    records, _ = read(tmp_path, line({**ROW, "text": "가X나"}).encode().replace(b"X", b"\0"), "chunks")
    assert "\0" not in records[0].text


def test_deep_array_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, "[" * 200_000 + "]" * 200_000, "chunks")
    assert "깊" in caught.value.ko


def test_broken_array_names_the_line_and_not_the_text(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, '[\n{"chunk_id": "1", "text": "비밀"},\n{"chunk_id" "비밀"}\n]')
    assert "3번째" in caught.value.ko and "비밀" not in caught.value.ko + caught.value.en


@pytest.mark.parametrize(
    "text",
    [
        '{"question": "왜요?", "answer": "그래서요.", "chunk_id": "a"}\n',
        '{"text": "그냥 글", "label": 1}\n',
        "2026년 5월 30일 오후 1:00, 가온 : 안녕\n2026년 5월 30일 오후 1:01, 나리 : 응\n",
    ],
)
def test_other_files_are_no_clauses(text: str, tmp_path: Path) -> None:
    path = tmp_path / "chunked_data.jsonl"
    path.write_text(text, encoding="utf-8")
    assert choose_reader(path).kind != "chunks"


def clauses(*pairs: tuple[str, str]) -> list[Record]:
    return [Record(None, None, "chunk", text, {"chunk_id": id_}) for id_, text in pairs]


def test_a_second_text_under_one_id_is_kept_under_another() -> None:
    apart, report = Apart(), ReadReport()
    found = list(
        apart.records(iter(clauses(("a", "가"), ("a", "나"), ("b", "가"), ("a", "다"), ("a", "나"), ("a~2", "라"))))
    )
    assert [(record.meta or {})["chunk_id"] for record in found] == ["a", "a~2", "b", "a~3", "a~2~2"]
    assert [record.text for record in found] == ["가", "나", "가", "다", "라"]
    apart.tell(report)
    assert report.facts["duplicates"] == 4
    assert report.facts["renamed_ids"] == [["a", "a~2"], ["a", "a~3"], ["a~2", "a~2~2"]]
    assert len(report.warnings) == 2
