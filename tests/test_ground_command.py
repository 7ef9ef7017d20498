"""`ground --in --out`: the contract's rows, and errors that name the line without quoting it."""

import json

import pytest

from engine.cli.app import main

CLAUSE = "제5조(수술급여금) 수술을 받은 경우 수술 1회당 50만원을 지급합니다."
ROW = {"id": "a", "question": "수술비?", "context": [CLAUSE], "answer": "수술을 받으면 50만원을 지급합니다."}


def run(capsys, source, target, *more):
    status = main(["--json", "ground", "--in", str(source), "--out", str(target), *more])
    return status, json.loads(capsys.readouterr().out.splitlines()[-1])


def write(path, *rows):
    path.write_text(
        "\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows),
        encoding="utf-8",
    )
    return path


def test_every_row_gets_its_verdict_in_order(tmp_path, capsys):
    wrong = {**ROW, "id": 7, "answer": "수술을 받으면 90만원을 지급합니다."}
    source = write(tmp_path / "in.jsonl", ROW, "", wrong, {**ROW, "id": "c", "context": CLAUSE, "answer": ""})
    status, told = run(capsys, source, tmp_path / "out.jsonl")
    assert status == 0 and told["rows"] == 3
    assert told["labels"] == {"grounded": 1, "hallucinated": 1, "could_not_judge": 1}
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["label"]) for row in rows] == [
        ("a", "grounded"),
        (7, "hallucinated"),
        ("c", "could_not_judge"),
    ]
    assert {"id", "label", "kind", "evidence", "claims"} <= rows[0].keys()
    claim = rows[1]["claims"][0]
    assert wrong["answer"][claim["start"] : claim["end"]] == wrong["answer"] and claim["kind"] == "contradicted"


@pytest.mark.parametrize(
    "broken",
    [
        "{no json",
        "[1, 2]",
        json.dumps({key: value for key, value in ROW.items() if key != "answer"}),
        json.dumps({**ROW, "answer": 3}),
        json.dumps({**ROW, "context": [1]}),
        json.dumps({**ROW, "context": None}),
        json.dumps({**ROW, "id": [1]}),
        json.dumps({**ROW, "answerable": "yes"}),
        '{"id": ' + "[" * 100_000,
    ],
    ids=[
        "no json",
        "no object",
        "no answer",
        "answer a number",
        "context of numbers",
        "no context",
        "odd id",
        "odd flag",
        "deep",
    ],
)
def test_a_broken_row_is_named_by_its_line_and_not_quoted(tmp_path, capsys, broken):
    secret = {**ROW, "answer": "비밀스러운 답"}
    source = write(tmp_path / "in.jsonl", secret, broken)
    status, told = run(capsys, source, tmp_path / "out.jsonl")
    assert status == 2 and "2번째 줄" in told["error"]["ko"] and "Line 2" in told["error"]["en"]
    assert "비밀" not in json.dumps(told, ensure_ascii=False) and not (tmp_path / "out.jsonl").exists()


def test_files_that_cannot_be_used_are_explained(tmp_path, capsys):
    assert run(capsys, tmp_path / "gone.jsonl", tmp_path / "out.jsonl")[0] == 2
    source = write(tmp_path / "in.jsonl", ROW)
    assert run(capsys, source, source)[0] == 2 and source.read_text(encoding="utf-8")
    assert run(capsys, source, tmp_path / "no folder" / "out.jsonl")[0] == 2
    (tmp_path / "cp949.jsonl").write_bytes(json.dumps(ROW, ensure_ascii=False).encode("cp949"))
    assert run(capsys, tmp_path / "cp949.jsonl", tmp_path / "out.jsonl")[0] == 2
    assert run(capsys, source, tmp_path / "out.jsonl", "--judge", "astrology")[0] == 2


def test_a_file_without_rows_gives_a_file_without_rows(tmp_path, capsys):
    status, told = run(capsys, write(tmp_path / "in.jsonl", ""), tmp_path / "out.jsonl")
    assert status == 0 and told["rows"] == 0 and (tmp_path / "out.jsonl").read_text(encoding="utf-8") == ""
