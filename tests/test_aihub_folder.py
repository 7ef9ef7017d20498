"""A folder of AI Hub as a source: everything in it read once, licences kept, what is unknown told by name alone, half downloads refused."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hub_folder import SET, TERMS, chosen, hub_folder, opened, saved, zipped
from importing import Hands, leftovers

from engine.errors import UserError
from engine.recipes.recipe import load_recipe
from engine.sources.gather import require_readable
from engine.sources.ingest import ingest
from engine.store.open import all_rows, open_store
from engine.store.sources import get_source

KINDS = load_recipe("medical").reads


@pytest.fixture
def store(fresh_store: Path) -> Path:
    return fresh_store


def bring(store: Path, *files: Path, kind: str | None = None) -> dict[str, Any]:
    return ingest(Hands(store), recipe="medical", kinds=KINDS, files=files, kind=kind, me=None)


@pytest.mark.parametrize("kind", [None, "aihub"])
def test_a_whole_folder_is_one_source(store, tmp_path, kind):
    told = bring(store, hub_folder(tmp_path / "받은 폴더"), kind=kind)
    assert told["kind"] == "aihub"
    assert told["forms"] == {"interview": 10, "passage": 20, "maths": 10, "mcqa": 10, "qa": 10}
    assert told["records"] == 61 and told["unparsed"] == 1
    assert told["unparsed_files"] == ["문진/Training/unknown.json", "문진/Training/broken.json"]
    assert told["hints"] == {"train": 57, "validation": 3}
    assert told["licence"] == {"이용약관.txt": TERMS, "license": "AI Hub 이용정책을 따릅니다."}
    with open_store(store) as db:
        source = get_source(db, told["source_id"])
    assert TERMS in source["licence"] and source["name"] == "받은 폴더"


def test_text_that_nobody_understands_is_kept_nowhere(store, tmp_path):
    told = bring(store, hub_folder(tmp_path / "hub"))
    with open_store(store) as db:
        rows = all_rows(db, "SELECT text, meta_json FROM records WHERE kind = 'other'", [])
        assert [row["text"] for row in rows] == ["문진/Training/unknown.json"]
    assert "비밀스러운" not in json.dumps(told, ensure_ascii=False)
    assert not list((tmp_path / "store.db.cache").glob("unpacked/*"))


def test_the_same_folder_comes_in_once_and_as_a_zip_the_same_items(store, tmp_path):
    folder = hub_folder(tmp_path / "hub")
    told = bring(store, folder)
    assert bring(store, folder)["source_id"] == told["source_id"]
    whole = tmp_path / "download.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    again = bring(store, whole)
    assert again["forms"] == told["forms"] and again["hints"] == told["hints"] and again["unparsed"] == 1


def test_single_files_of_any_encoding(store, tmp_path):
    for encoding in ("utf-8", "utf-8-sig", "cp949"):
        told = bring(
            store, saved(tmp_path / f"{encoding}.json", [opened("쓸개", 1), opened(f"{encoding} 심장", 2)], encoding)
        )
        assert told["kind"] == "aihub" and told["forms"] == {"qa": 2}
        assert any("이용 조건" in warning for warning in told["warnings"])


def test_json_a_line_is_read_too(store, tmp_path):
    lines = "\n".join(json.dumps(chosen("심장", n), ensure_ascii=False) for n in range(3))
    assert bring(store, saved(tmp_path / "rows.jsonl", lines))["forms"] == {"mcqa": 3}
    saved(tmp_path / "folder" / "rows.jsonl", lines.replace("심장", "허파"))
    assert bring(store, tmp_path / "folder")["forms"] == {"mcqa": 3}


def test_what_can_be_read_of_a_torn_file_of_lines_is_read(store, tmp_path):
    lines = [json.dumps(opened(part, n), ensure_ascii=False) for n, part in enumerate(("심장", "허파", "콩팥"))]
    saved(tmp_path / "hub" / "rows.jsonl", "\n".join([*lines, '{"qa_id": 3, "ques']))
    assert bring(store, tmp_path / "hub")["forms"] == {"qa": 3}


def test_a_zip_inside_a_zip_is_read_and_one_deeper_is_not(store, tmp_path):
    inner = zipped(tmp_path / "a" / "TL.zip", {"1.json": chosen("심장", 1)})
    middle = zipped(tmp_path / "b" / "middle.zip", {"TL.zip": inner.read_bytes()})
    outer = zipped(tmp_path / "c" / "outer.zip", {"middle.zip": middle.read_bytes()})
    assert bring(store, outer)["records"] == 1
    deeper = zipped(tmp_path / "d" / "deeper.zip", {"outer.zip": outer.read_bytes(), "2.json": opened("심장", 1)})
    assert bring(store, deeper)["records"] == 1


@pytest.mark.parametrize("name", ["TL_내과.zip.part0", "TL.z01", "TL.zip.crdownload", "TL.zip.001", "label.json.part"])
def test_parts_of_a_download_are_refused_before_any_work(store, tmp_path, name):
    folder = hub_folder(tmp_path / "hub")
    (folder / SET / "Training" / name).write_bytes(b"PK\x03\x04" + b"x" * 100)
    for kind in (None, "aihub"):
        with pytest.raises(UserError, match="내려받다 만") as told:
            require_readable(folder, kind, KINDS)
        assert name in told.value.ko
    assert not store.exists() or not leftovers(store)


def test_a_zip_without_its_end_is_refused(store, tmp_path):
    whole = zipped(tmp_path / "TL.zip", {f"{n}.json": chosen("심장", n) for n in range(30)}).read_bytes()
    half = tmp_path / "half.zip"
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="내려받다 만"):
        require_readable(half, "aihub", KINDS)
    inside = tmp_path / "hub"
    inside.mkdir()
    (inside / "TL.zip").write_bytes(whole[:-30])
    with pytest.raises(UserError, match=r"TL\.zip"):
        require_readable(inside, None, KINDS)
    nested = zipped(tmp_path / "outer.zip", {"TL.zip": whole[:-30]})
    with pytest.raises(UserError):
        bring(store, nested, kind="aihub")
    assert leftovers(store) == 0


def test_hostile_archives_are_refused(store, tmp_path):
    with zipfile.ZipFile(tmp_path / "out.zip", "w") as archive:
        archive.writestr("../../etc/a.json", "{}")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b"0" * (80 << 20))
    for name in ("out", "bomb"):
        with pytest.raises(UserError):
            bring(store, tmp_path / f"{name}.zip", kind="aihub")
    assert leftovers(store) == 0


def test_nothing_known_is_said_in_words(store, tmp_path):
    saved(tmp_path / "hub" / "a.json", {"image": "a.png", "bbox": [1, 2]})
    with pytest.raises(UserError, match="아는 모양"):
        bring(store, tmp_path / "hub", kind="aihub")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="AI Hub"):
        bring(store, tmp_path / "hub")
    with pytest.raises(UserError, match="문진, 지문"):
        bring(store, saved(tmp_path / "말.txt", "그냥 글입니다.\n"))
    with pytest.raises(UserError):
        bring(store, tmp_path / "empty", kind="aihub")
    assert leftovers(store) == 0


def test_links_are_not_followed(store, tmp_path):
    saved(tmp_path / "elsewhere" / "secret.json", [opened("심장", 1)] * 3)
    folder = tmp_path / "hub"
    saved(folder / "a.json", chosen("심장", 1))
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "link.json").symlink_to(tmp_path / "elsewhere" / "secret.json")
    assert bring(store, folder)["records"] == 1


def test_a_folder_of_tables_is_still_read_as_tables(store, tmp_path):
    saved(tmp_path / "표" / "q.csv", "문제,보기1,보기2,정답\n심장은?,가슴,배,1\n간은?,가슴,배,2\n")
    told = bring(store, tmp_path / "표")
    assert told["kind"] == "mcqa" and told["records"] == 2
