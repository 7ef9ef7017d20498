"""`--as` says what a file is: an unknown kind, a kind that the same file was not read as, and what is no table are told in words."""

from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.sources.gather import require_readable
from engine.sources.ingest import ingest
from tests.importing import Hands, leftovers

QUESTIONS = "질문,보기1,보기2,정답\n혈압이란?,압력,온도,1\n"


def read_as(store: Path, path: Path, kind: str) -> dict[str, Any]:
    return ingest(
        Hands(store, "job-test"),
        recipe="medical",
        kinds=("mcqa", "qa", "terms", "relations"),
        files=[path],
        kind=kind,
        me=None,
    )


@pytest.mark.parametrize("name", ["a.zip", "b.csv", "folder"])
def test_an_unknown_kind_is_refused_before_anything_is_opened(name, tmp_path):
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"PK\x03\x04 half" if name == "a.zip" else QUESTIONS.encode())
    with pytest.raises(UserError, match=r"'foo'.*종류는 없습니다"):
        require_readable(path, "foo", ("aihub",))


def test_the_same_file_as_another_kind_is_not_silently_the_first(fresh_store, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(QUESTIONS, encoding="utf-8")
    first = read_as(fresh_store, path, "mcqa")["source_id"]
    assert read_as(fresh_store, path, "mcqa")["source_id"] == first
    with pytest.raises(UserError, match=rf"mcqa 자료 {first}.*qa"):
        read_as(fresh_store, path, "qa")


@pytest.mark.parametrize("kind", ["terms", "relations", "mcqa"])
@pytest.mark.parametrize("text", ['{"a": ', "질문\nx\n"])
def test_what_is_no_table_is_not_asked_for_its_columns(kind, text, fresh_store, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="열 이름과 행을 하나도"):
        read_as(fresh_store, path, kind)
    assert leftovers(fresh_store) == 0
