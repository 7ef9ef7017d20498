"""Question-answer pairs from the owner's files and from anybody's table: guessed, told, corrected."""

import json
from pathlib import Path
from typing import Any

import pytest
from reading import read_file

from engine.errors import UserError
from engine.sources.columns import guess_mapping, merged, parse_mapping
from engine.sources.detect import choose_reader
from engine.sources.qa import QaReader
from engine.sources.reader import ReadReport, Record

CLAUSE = "제5조(수술비)\n회사는 수술 1회당 50만원을 지급합니다."
ASKED, ANSWER = "수술하면 얼마를 받나요?", "수술 1회당 50만원입니다. (제5조)"
REFUSAL = "약관에 해당 내용이 없습니다."
RAG = "아래 제공된 [보험약관]을 참고하여 사용자의 질문에 답변하세요."
V2 = {"instruction": RAG, "input": f"[보험약관]\n{CLAUSE}\n\n질문: {ASKED}", "output": f"{ANSWER}<|end_of_text|>"}
V1 = {"instruction": ASKED, "input": CLAUSE, "output": ANSWER}
WRITTEN = f"### 지시\n{ASKED}\n### 입력\n{CLAUSE}\n### 출력\n{ANSWER}"


def save(folder: Path, rows: Any, name: str = "rows") -> Path:
    path = folder / name
    path.write_text(rows if isinstance(rows, str) else json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def pair(record: Record) -> tuple[str, str | None, str, bool]:
    meta = record.meta or {}
    return record.text, meta["clause"], meta["answer"], meta["answerable"]


@pytest.mark.parametrize(
    ("row", "clause"),
    [
        (V1, CLAUSE),
        (V2, CLAUSE),
        ({"text": WRITTEN}, CLAUSE),
        ({"text": f"### 지시\n{RAG}\n### 입력\n{V2['input']}\n### 출력\n{ANSWER}</s>"}, CLAUSE),
        ({"question": ASKED, "answer": ANSWER}, None),
        ({"질문": ASKED, "답변": ANSWER, "약관": CLAUSE}, CLAUSE),
        ({"query": ASKED, "context": [CLAUSE], "response": ANSWER}, CLAUSE),
        ({"question": ASKED, "context": CLAUSE, "answers": {"text": [ANSWER], "answer_start": [3]}}, CLAUSE),
        ({"messages": [{"role": "system", "content": RAG}, {"role": "user", "content": V2["input"]}, {"role": "assistant", "content": ANSWER}]}, CLAUSE),
        ({"messages": [{"role": "user", "content": ASKED}, {"role": "assistant", "content": ANSWER}]}, None),
        ({"conversations": [{"from": "human", "value": ASKED}, {"from": "gpt", "value": ANSWER}]}, None),
        ({"prompt": ASKED, "completion": ANSWER}, None),
        ({"instruction": ASKED, "output": ANSWER}, None),
    ],
)  # fmt: skip
def test_a_row_of_any_shape_is_question_clause_and_answer(
    row: dict[str, Any], clause: str | None, tmp_path: Path
) -> None:
    for rows in ([row], json.dumps(row, ensure_ascii=False) + "\n"):
        [record], report = read_file(save(tmp_path, rows))
        assert record.kind == "qa"
        assert pair(record) == (ASKED, clause, ANSWER, True)
        assert report.unparsed == 0


def test_what_a_pair_carries(tmp_path: Path) -> None:
    row = {"id": 12, "question": ASKED, "answer": ANSWER, "type": "시나리오", "chunk_id": "nuri-7", "answerable": True}
    [record], _ = read_file(save(tmp_path, [row]))
    assert record.meta == {
        "answer": ANSWER, "type": "scenario", "answerable": True, "chunk": None, "chunk_id": "nuri-7", "clause": None,
        "generation": None, "id": "12",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "answerable"),
    [
        ({"answer": REFUSAL}, False),
        ({"answer": ANSWER}, True),
        ({"answer": ANSWER, "answerable": "아니오"}, False),
        ({"answer": REFUSAL, "answerable": 1}, True),
        ({"answer": ANSWER, "is_impossible": True}, False),
        ({"answer": "고의로 다친 경우에는 보상하지 않습니다. (제6조)"}, True),
    ],
)
def test_answerable_is_as_told_else_as_answered(row: dict[str, Any], answerable: bool, tmp_path: Path) -> None:
    [record], _ = read_file(save(tmp_path, [{"question": ASKED, **row}]))
    assert record.meta and record.meta["answerable"] is answerable


def test_questions_under_their_text(tmp_path: Path) -> None:
    asked = [
        {"id": str(n), "question": f"{n}번은요?", "answers": [{"text": "50만원", "answer_start": 3}]} for n in range(3)
    ]
    data = {"version": "1", "data": [{"title": "가", "paragraphs": [{"context": CLAUSE, "qas": asked}]}]}
    records, _ = read_file(save(tmp_path, data))
    assert [pair(record) for record in records] == [(f"{n}번은요?", CLAUSE, "50만원", True) for n in range(3)]


def test_one_instruction_for_all_rows_leaves_the_question_to_the_input(tmp_path: Path) -> None:
    rows = [{"instruction": "다음 질문에 답하세요.", "input": f"{n}번 질문인가요?", "output": ANSWER} for n in range(3)]
    records, _ = read_file(save(tmp_path, rows))
    assert [record.text for record in records] == ["0번 질문인가요?", "1번 질문인가요?", "2번 질문인가요?"]
    assert {(record.meta or {})["clause"] for record in records} == {None}


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("질문,답변,유형\n수술비는요?,50만원,사실\n입원비는요?,5만원,쉬운\n", "csv"),
        ("질문\t답변\t유형\n수술비는요?\t50만원\t사실\n입원비는요?\t5만원\t쉬운\n", "tsv"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_tables(text: str, shape: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "표"
    path.write_bytes(text.encode(encoding))
    records, report = read_file(path)
    assert [(record.text, (record.meta or {})["type"]) for record in records] == [
        ("수술비는요?", "fact"),
        ("입원비는요?", "easy"),
    ]
    assert (report.shape, report.facts["mapping"]) == (shape, {"question": "질문", "answer": "답변", "type": "유형"})


def test_parquet_is_read_in_batches_and_told_when_broken(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "자료.parquet"
    rows = [{"question": f"{n}번은 얼마인가요?", "answer": ANSWER, "score": n} for n in range(2_500)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    records, report = read_file(path)
    assert len(records) == 2_500 and records[2_499].text == "2499번은 얼마인가요?"
    assert report.shape == "parquet"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(UserError) as caught:
        read_file(path, "qa")
    assert "Parquet" in caught.value.ko


@pytest.mark.parametrize(
    ("columns", "mapping"),
    [
        (["Question ", "ANSWER", "Context"], {"question": "Question ", "answer": "ANSWER", "clause": "Context"}),
        (
            ["질문내용", "답변내용", "약관조항", "질문유형"],
            {"question": "질문내용", "answer": "답변내용", "clause": "약관조항", "type": "질문유형"},
        ),
        (["고객질문", "상담원답변"], {"question": "고객질문", "answer": "상담원답변"}),
        (["instruction", "input", "output"], {"question": "instruction", "answer": "output", "clause": "input"}),
        (["이름", "나이"], {}),
    ],
)
def test_columns_are_guessed_by_name(columns: list[str], mapping: dict[str, str]) -> None:
    assert guess_mapping(columns, [dict.fromkeys(columns, "열두 글자는 넘는 내용")]) == mapping


def test_columns_without_telling_names_are_guessed_by_what_stands_in_them() -> None:
    rows = [{"가": "수술비는 얼마인가요?", "나": "한 번 수술하면 50만원을 지급합니다.", "다": "1"}] * 3
    assert guess_mapping(["다", "나", "가"], rows) == {"question": "가", "answer": "나"}


def test_a_told_column_wins_over_the_guess(tmp_path: Path) -> None:
    path = save(tmp_path, [{"질문": "틀린 열", "진짜": ASKED, "답변": ANSWER, "메모": CLAUSE}])
    reader = QaReader(parse_mapping("question=진짜, clause=메모"))
    [record] = reader.read(path, ReadReport())
    assert pair(record)[:3] == (ASKED, CLAUSE, ANSWER)
    look = reader.look(path)
    assert look.columns == ["질문", "진짜", "답변", "메모"]
    assert look.mapping == {"question": "진짜", "answer": "답변", "clause": "메모"}
    assert look.sample[0]["question"] == ASKED


def test_an_empty_column_takes_a_field_out() -> None:
    assert merged({"question": "a", "answer": "b", "clause": "c"}, parse_mapping("clause="), ["a", "b", "c"]) == {
        "question": "a",
        "answer": "b",
    }


@pytest.mark.parametrize(
    ("given", "told"), [("물음=a", "question"), ("question", "question"), ("question=없는열", "질문")]
)
def test_a_mapping_that_cannot_be_says_what_can(given: str, told: str, tmp_path: Path) -> None:
    path = save(tmp_path, [{"질문": ASKED, "답변": ANSWER}])
    with pytest.raises(UserError) as caught:
        list(QaReader(parse_mapping(given)).read(path, ReadReport()))
    assert told in caught.value.ko and ASKED not in caught.value.ko + caught.value.en


def test_a_table_without_an_answer_asks_for_the_column(tmp_path: Path) -> None:
    path = save(tmp_path, [{"이름": "가", "나이": 3}])
    assert choose_reader(path).kind == "table"
    with pytest.raises(UserError) as caught:
        read_file(path, "qa")
    assert "--map" in caught.value.ko and "이름" in caught.value.ko


def test_rows_that_lack_a_field_are_kept_and_rows_without_both_are_counted(tmp_path: Path) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in (
        {"question": ASKED, "answer": ANSWER}, {"question": ASKED}, {"answer": ANSWER}, {"question": "", "answer": " "}, {"question": None},
    )) + "{broken\n[1]\n"  # fmt: skip
    records, report = read_file(save(tmp_path, text))
    assert [record.kind for record in records] == ["qa", "qa", "qa", "other", "other", "other", "other"]
    assert report.unparsed_samples == [4, 5, 6, 7]
    assert len(report.warnings) == 1


def test_hostile_rows(tmp_path: Path) -> None:
    deep = '{"question": "a?", "answer": ' + "[" * 50_000 + "]" * 50_000 + "}"
    text = "\n".join([
        json.dumps({"question": ASKED, "answer": "=1+1 <b>\ud800\0"}), deep, '{"question": "' + "가" * 3_000_000 + '", "answer": "나"}',
        '{"question": {"a": 1}, "answer": 5}',
    ])  # fmt: skip
    records, _ = read_file(save(tmp_path, text))
    assert [record.kind for record in records] == ["qa", "other", "qa", "qa"]
    assert (records[0].meta or {})["answer"] == "=1+1 <b>\ufffd\ufffd"
    assert (records[3].text, (records[3].meta or {})["answer"]) == ("", "5")
    json.dumps([list(record) for record in records], ensure_ascii=False).encode("utf-8")


def test_a_chat_named_jsonl_is_a_chat(tmp_path: Path) -> None:
    path = tmp_path / "train_dataset.jsonl"
    path.write_text(
        "2026년 5월 30일 오후 1:00, 가온 : 질문,답변\n2026년 5월 30일 오후 1:01, 나리 : 응\n", encoding="utf-8"
    )
    assert choose_reader(path, kinds=("chunks", "clauses", "qa")).kind == "kakao"
