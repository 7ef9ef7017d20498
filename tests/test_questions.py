"""Files of questions as people and programs break them: one sentence that names the line, through `answer`, a bundle and every recipe's prompt."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli.app import main
from engine.deploy import answering
from engine.deploy.opened import Bundled, item_of
from engine.errors import UserError
from engine.models.bases import ResolvedBase
from engine.recipes.recipe import load_recipe
from engine.serve.asked import Asked
from engine.serve.choose import Model
from engine.serve.questions import read_questions

SECRET = "비밀스러운말"
GOOD: dict[str, dict[str, Any]] = {
    "persona": {"turns": ["안녕?"]},
    "medical": {"question": "열이 나요."},
    "policy": {"question": "청구는?", "clauses": ["제1조"]},
    "patent": {"claim": "몸체를 포함하는 컵.", "product": "컵이다."},
    "summary": {"dialogue": "가: 안녕\n나: 응"},
}
VALUES: list[Any] = [None, 3, -1.5, True, [], {}, [[]], [None], [5], {"a": {}}, "", " ", [{"role": "user"}],
                     [{"role": SECRET, "content": "가"}], [{"role": [], "content": "가"}], [{"content": None}]]  # fmt: skip
LINES = {
    "no JSON": SECRET.encode(),
    "half of it": b'{"id": 2, "turns": ["' + SECRET.encode(),
    "two in one line": b'{"id": 2} {"id": 3}',
    "a list": b"[1, 2]",
    "a number": b"7",
    "null": b"null",
    "a text": f'"{SECRET}"'.encode(),
    "no id": b'{"turns": ["a"]}',
    "null as id": b'{"id": null, "turns": ["a"]}',
    "a list as id": b'{"id": [1], "turns": ["a"]}',
    "true as id": b'{"id": true, "turns": ["a"]}',
    "no field": b'{"id": 2}',
    "not UTF-8": b'{"id": 2, "turns": ["\xff\xfe"]}',
    "CP949": f'{{"id": 2, "turns": ["{SECRET}"]}}'.encode("cp949"),
    "NUL": b'{"id": 2, "turns": ["\x00"]}',
    "half a character": b'{"id": 2, "turns": ["\\ud800"]}',
    "half a character as id": b'{"id": "\\udfff", "turns": ["a"]}',
    "half a character as key": b'{"id": 2, "turns": ["a"], "\\ud800": 1}',
    "deep lists": b'{"id": 2, "turns": ' + b"[" * 200_000,
    "deep inside": b'{"id": 2, "turns": ["a"], "more": ' + b"[" * 90_000 + b"]" * 90_000 + b"}",
    "a huge number": b'{"id": ' + b"9" * 10_000 + b', "turns": ["a"]}',
    "NaN": b'{"id": NaN, "turns": ["a"]}',
    "infinity": b'{"id": Infinity, "turns": ["a"]}',
}


def prompt(recipe: str) -> Any:
    found = load_recipe(recipe)
    return lambda item: Asked(found.prompt(item, found.options()))


def sentence(src: Path, ask: Any, line: int = 2) -> UserError:
    with pytest.raises(UserError) as caught:
        read_questions(src, ask)
    assert f"{src.name} {line}번째 줄" in caught.value.ko and f"Line {line} of {src.name}" in caught.value.en
    for told in (caught.value.ko, caught.value.en):
        assert SECRET not in told and "Error" not in told and "Traceback" not in told and len(told) < 300
    return caught.value


@pytest.mark.parametrize("what", LINES)
def test_a_line_that_is_no_question_is_named(tmp_path: Path, what: str) -> None:
    src = tmp_path / "질문.jsonl"
    src.write_bytes(b'{"id": 1, "turns": ["a"]}\r\n' + LINES[what] + b"\n")
    sentence(src, prompt("persona"))


@pytest.mark.parametrize("recipe", GOOD)
def test_a_field_of_another_kind_is_named_in_every_recipe(tmp_path: Path, recipe: str) -> None:
    src = tmp_path / "q.jsonl"
    for name in GOOD[recipe]:
        for value in VALUES:
            if recipe in ("persona", "summary") and "가" in str(value):
                continue  # speakers there have any name
            row = {"id": 2, **GOOD[recipe], name: value}
            src.write_text(json.dumps({"id": 1, **GOOD[recipe]}) + "\n\n" + json.dumps(row), encoding="utf-8")
            if (recipe, name) == ("policy", "clauses") and value == []:
                continue  # nothing was found
            sentence(src, prompt(recipe), line=3)
        src.write_text(json.dumps({"id": 1, **{k: v for k, v in GOOD[recipe].items() if k != name}}), encoding="utf-8")
        assert f"'{name}'" in sentence(src, prompt(recipe), line=1).ko


def test_marks_line_ends_and_blanks_of_other_systems_are_read(tmp_path: Path) -> None:
    src = tmp_path / "q.jsonl"
    line = '{"id": 1, "turns": ["한\u2028글"]}'.encode()
    src.write_bytes(b"\xef\xbb\xbf" + line + b"\r\n\r\n \t\n\xef\xbb\xbf" + line + b"\r\n\xef\xbb\xbf")
    assert [item["id"] for item, _ in read_questions(src, prompt("persona"))] == [1, 1]


@pytest.mark.parametrize("content", [b"", b"\n\n  \r\n", b"\xef\xbb\xbf", '{"id": 1}'.encode("utf-16"), '{"id": 1}'.encode("utf-16-be")])  # fmt: skip
def test_a_file_without_a_question_is_told(tmp_path: Path, content: bytes) -> None:
    src = tmp_path / "q.jsonl"
    src.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_questions(src, prompt("persona"))
    assert "q.jsonl" in caught.value.ko and "Error" not in caught.value.en


def test_answer_says_it_in_a_line_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], fresh_store: Path, tmp_path: Path
) -> None:
    src, out = tmp_path / "q.jsonl", tmp_path / "a.jsonl"
    src.write_text('{"id": 1, "turns": "x"}', encoding="utf-8")
    words = ["answer", "--recipe", "medical", "--model", "base:starter", "--in", str(src), "--out", str(out)]
    assert main([*words, "--store", str(fresh_store), "--json"]) == 2
    told = json.loads(capsys.readouterr().out.splitlines()[-1])["error"]
    assert "q.jsonl 1번째 줄: turns 칸에는" in told["ko"] and not out.exists()


def test_a_bundle_reads_the_same_file_and_says_the_same(
    capsys: pytest.CaptureFixture[str], fresh_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = ResolvedBase("starter", "folder", str(tmp_path), None)
    found = Bundled(tmp_path, {"decoding": {}}, fresh_store, Model("base:starter", base, None, None, "none"))
    ask, src = item_of(found), tmp_path / "q.jsonl"
    assert ask({"turns": ["가", "나", "다"]}).messages[-2]["role"] == "assistant"
    assert ask({"question": "가"}).messages == ask({"turns": ["가"]}).messages
    cut = {"role": "raw", "content": "가나다", "cut": [0, 2], "middle": True}
    assert ask({"messages": [cut]}).messages[0]["cut"] == (0, 2)
    wrong = [{"question": 3}, {"messages": "x"}, {"messages": [{"role": "root", "content": "가"}]}, {"messages": []}, {},
             *({"messages": [{**cut, "cut": span}]} for span in ([1], ["a", 2], [2, 1], [0, 99], 5)), *({"turns": one} for one in VALUES)]  # fmt: skip
    for row in wrong:
        src.write_text(json.dumps({"id": 1, **row}), encoding="utf-8")
        sentence(src, ask, line=1)
    monkeypatch.setattr(answering, "open_bundle", lambda folder: found)
    monkeypatch.setattr(answering, "open_parts", lambda bundled: pytest.fail("nothing is loaded for a broken file"))
    for content in (*LINES.values(), b""):
        src.write_bytes(content)
        assert answering.main(tmp_path, ["--in", str(src)]) == 2
        told = capsys.readouterr().err
        assert "q.jsonl" in told and SECRET not in told and "Traceback" not in told and "Error" not in told
    assert answering.main(tmp_path, ["--in", str(tmp_path / "none.jsonl")]) == 2
