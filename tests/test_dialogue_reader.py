"""Files of dialogues: every layout read, nothing odd lost, no file of another kind taken."""

import json
from pathlib import Path
from typing import Any

import pytest
from reading import read_file

from engine.config import SAMPLES
from engine.errors import UserError
from engine.sources.detect import choose_reader
from engine.sources.dialogues import DialogueReader
from engine.sources.reader import ReadReport, Record

TALK = "#Person1#: 안녕하세요.\n#Person2#: 네, 어떻게 오셨어요?\n#Person1#: 예약하려고요."
SUM = "#Person1#이 예약하러 왔다."
TURNS = [{"speaker": "가온", "text": "왔어?"}, {"speaker": "나리", "text": "응, 방금."}]
KAKAO = sorted((Path(__file__).parent / "fixtures" / "kakao").glob("*.[ct][sx][vt]"))


def save(folder: Path, rows: Any, name: str = "rows") -> Path:
    path = folder / name
    path.write_text(rows if isinstance(rows, str) else json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path


def read(path: Path, **mapping: str) -> tuple[list[Record], ReadReport]:
    report = ReadReport()
    return list(DialogueReader(mapping).read(path, report)), report


def first(path: Path) -> tuple[str, list[str]]:
    assert choose_reader(path, None, ("dialogue",)).kind == "dialogue"
    record = read(path)[0][0]
    return record.text, (record.meta or {})["summaries"]


@pytest.mark.parametrize(
    ("rows", "summaries"),
    [
        ([{"dialogue": TALK, "summary": SUM}], [SUM]),
        ([{"fname": "t_1", "dialogue": TALK, "summary1": SUM, "summary2": "둘", "summary3": "셋", "topic1": "예약"}], [SUM, "둘", "셋"]),
        ([{"id": 1, "대화": TALK, "요약문": [SUM, "둘"]}], [SUM, "둘"]),
        ({"data": [{"header": {"dialogueInfo": {"topic": "예약"}}, "body": {"dialogue": [{"participantID": "P01", "utterance": "응"}], "summary": SUM}}]}, [SUM]),
        ([{"input": TALK, "summary": SUM}], [SUM]),
        ([{"dialogue": TALK}], []),
        ({"version": 1, "meta": {"n": 1}, "data": {"train": [{"dialogue": TALK, "summary": SUM}]}}, [SUM]),
        (f'"id";"dialogue";"summary"\n"1";"{TALK}";"{SUM}, 끝"\n', [SUM + ", 끝"]),
    ],
)  # fmt: skip
def test_layouts_of_json(tmp_path, rows, summaries):
    assert first(save(tmp_path, rows))[1] == summaries


def test_dialogsum_csv_with_line_breaks_in_quotes(tmp_path):
    path = save(
        tmp_path, f'fname,dialogue,summary,topic\r\ntrain_0,"{TALK}",{SUM},예약\r\ntrain_1,"{TALK} 네.",{SUM},예약\r\n'
    )
    assert first(path) == (TALK, [SUM])
    records, report = read(path)
    assert [record.meta["topic"] for record in records] == ["예약", "예약"] and report.unparsed == 0


def test_turns_as_objects_and_as_json_in_a_cell(tmp_path):
    assert first(save(tmp_path, [{"dialogue": TURNS, "summary": SUM}]))[0] == "가온: 왔어?\n나리: 응, 방금."
    cell = json.dumps(TURNS, ensure_ascii=False).replace('"', '""')
    assert first(save(tmp_path, f'dialogue,summary\n"{cell}",{SUM}\n'))[0] == "가온: 왔어?\n나리: 응, 방금."


def test_odd_rows_are_named_counted_and_kept(tmp_path):
    long = "\n".join(f"#Person{at % 2 + 1}#: {at}번째 말" for at in range(4000))
    rows = [
        {"dialogue": TALK, "summary": SUM}, {"dialogue": TALK, "summary": "다른 요약"}, {"dialogue": "", "summary": SUM},
        {"dialogue": "#Person1#: 혼잣말.\n#Person1#: 또.", "summary": SUM}, {"dialogue": long, "summary": SUM},
        {"dialogue": "#Person1#: 응\n#Person2#: 네", "summary": SUM * 3}, {"dialogue": TALK + " 끝."},
    ]  # fmt: skip
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path = save(tmp_path, "\n".join([*lines[:3], '{"dialogue": "끊긴', *lines[3:]]))
    records, report = read(path)
    assert len(long) > 40_000 and len(records) == len(rows) + 1 and report.unparsed == 2
    assert report.facts["dialogues"] == {
        "empty": 1, "no_summary": 1, "one_speaker": 1, "long": 1, "summary_longer": 1, "repeated": 1,
    }  # fmt: skip
    assert all(" / " in warning and TALK not in warning for warning in report.warnings)


def test_columns_can_be_told(tmp_path):
    path = save(tmp_path, f'말,간추림\n"{TALK}",{SUM}\n')
    with pytest.raises(UserError, match="--map"):
        read(path)
    assert read(path, dialogue="말", summary="간추림")[0][0].meta["summaries"] == [SUM]
    with pytest.raises(UserError, match="없는말"):
        read(path, dialogue="없는말")


@pytest.mark.parametrize("path", KAKAO, ids=lambda path: path.name)
def test_no_chat_is_taken(path):
    assert choose_reader(path, None, ("dialogue",)).kind != "dialogue"


@pytest.mark.parametrize("name", ["policy/qa_pairs.jsonl", "policy/chunked_data.jsonl"])
def test_no_other_sample_is_taken(name):
    assert choose_reader(SAMPLES / name).kind not in ("dialogue", "preferences")
    with (SAMPLES / name).open("rb") as file:
        assert not DialogueReader().recognises(SAMPLES / name, file.read(65536))


def test_samples_are_what_they_say():
    records, report = read(SAMPLES / "summary" / "dialogues.jsonl")
    assert len(records) >= 120 and report.unparsed == 0 and not report.warnings
    assert choose_reader(SAMPLES / "summary" / "dialogues.jsonl").kind == "dialogue"
    assert choose_reader(SAMPLES / "summary" / "ratings.jsonl").kind == "preferences"
    assert sum(1 for _ in read_file(SAMPLES / "summary" / "ratings.jsonl")[0]) >= 60
