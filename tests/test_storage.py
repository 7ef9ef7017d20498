"""Room on disk, copies, backups, and what forgetting would touch: quick, exact where it says so, and never guessed away."""

import json
import stat
import sys
from pathlib import Path

import pytest

from engine.cli.app import main
from engine.config import cache_folder
from engine.errors import UserError
from engine.privacy.forgetting import forget, preview
from engine.store.artifacts import save_artifact
from engine.store.datasets import add_rows
from engine.store.forget import list_speakers
from engine.store.jobs import enqueue
from engine.store.maintain import backup, backup_into, check
from engine.store.open import open_store
from engine.store.runs import add_run
from engine.store.sources import add_records, finish_source, start_source
from engine.store.storage import caches, drop_cache, families, list_backups, store_files

TURNS = json.dumps([{"role": "user", "content": "저녁 먹었어?"}], ensure_ascii=False)


@pytest.fixture
def filled(fresh_store: Path) -> Path:
    """Two hundred records of two people, rows made from them, an adapter of known size."""
    with open_store(fresh_store) as db:
        job = enqueue(db, "import", {})
        source = start_source(db, recipe="persona", kind="kakao", name="대화.txt", fingerprint="f", size=9, job_id=job)
        records = [("2026-01-01T10:00", ("나", "서하린")[i % 2], "text", f"말 {i} " * 20, None) for i in range(200)]
        add_records(db, source, 0, records)
        finish_source(db, source, "나", {"나": 100, "서하린": 100}, {"speakers": {"나": 100, "서하린": 100}})
        first = db.execute("SELECT min(id) FROM records").fetchone()[0]
        pairs = [("persona", source, first + i, first + i + 1, "날", TURNS, f"답 {i}", "{}") for i in range(0, 200, 2)]
        own = [("persona", source, first + i, first + i, "날", TURNS, f"혼자 {i}", "{}") for i in range(0, 200, 2)]
        add_rows(db, pairs + own)
        db.execute("UPDATE jobs SET state = 'done'")
        base = {"name": "starter", "revision": None, "hash": ""}
        run = add_run(db, recipe="persona", dataset_id=None, base=base, preset=None, settings={}, origins={})
        folder = fresh_store.parent / "adapter"
        folder.mkdir()
        (folder / "weights.bin").write_bytes(bytes(range(256)) * 4096)
        save_artifact(db, folder, "adapter", run)
    return fresh_store


def test_families_count_exactly_and_explain_the_file(filled):
    with open_store(filled) as db:
        found = {family.name: family for family in families(db)}
    assert found["records"].count == 200 and found["rows"].count == 200
    assert (found["adapter"].count, found["adapter"].bytes, found["adapter"].exact) == (1, 2**20, True)
    texts = sum(len((f"말 {i} " * 20).encode()) for i in range(200))
    assert texts < found["records"].bytes < 3 * texts
    assert sum(family.bytes for family in found.values()) <= filled.stat().st_size + 4096


def test_an_empty_store_has_families_too(fresh_store):
    with open_store(fresh_store) as db:
        assert all(family.bytes >= 0 for family in families(db))


def test_copies_are_counted_and_go_when_no_job_runs(filled):
    folder = cache_folder(filled) / "artifacts" / "art-1"
    folder.mkdir(parents=True)
    (folder / "a.bin").write_bytes(b"x" * 1000)
    assert [(cache.name, cache.files, cache.bytes) for cache in caches(filled)] == [("artifacts", 1, 1000)]
    with open_store(filled) as db:
        busy = enqueue(db, "mask", {})
        with pytest.raises(UserError, match=busy):
            drop_cache(db, filled, "artifacts")
        assert folder.exists()
        db.execute("UPDATE jobs SET state = 'done'")
        assert drop_cache(db, filled, "artifacts") == 1000
        with pytest.raises(UserError, match="이미 없습니다"):
            drop_cache(db, filled, "artifacts")
    assert caches(filled) == []


@pytest.mark.parametrize("name", ["..", ".", "../other", "", "/"])
def test_no_folder_outside_the_cache_can_be_dropped(filled, name):
    cache_folder(filled).mkdir()
    with open_store(filled) as db, pytest.raises(UserError):
        drop_cache(db, filled, name)
    assert filled.exists()


def test_a_backup_is_whole_private_and_listed(filled, tmp_path):
    with open_store(filled) as db:
        made = backup_into(db, filled, tmp_path / "backups", "20260101-000000")
        assert Path(made["path"]).name == "store-20260101-000000.db"
        (listed,) = list_backups(db)
        assert listed["path"] == made["path"] and listed["exists"]
        with pytest.raises(UserError, match="이미 있습니다"):
            backup_into(db, filled, tmp_path / "backups", "20260101-000000")
        Path(made["path"]).rename(tmp_path / "moved.db")
        assert not list_backups(db)[0]["exists"]
    with open_store(tmp_path / "moved.db") as db:
        assert check(db) == [] and len(list_speakers(db)) == 2
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "moved.db").stat().st_mode) == 0o600


def test_a_backup_that_cannot_be_written_is_told_in_words(filled, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with open_store(filled) as db:
        for folder in (tmp_path / "no" / "such", tmp_path / "file"):
            with pytest.raises(UserError, match="폴더"):
                backup_into(db, filled, folder, "x")
        with pytest.raises(UserError, match="폴더가 없습니다"):
            backup(db, tmp_path / "none" / "b.db")
        assert list_backups(db) == []


def test_the_preview_says_what_forgetting_then_does(filled):
    with open_store(filled) as db:
        source = db.execute("SELECT id FROM sources").fetchone()[0]
    expected = preview(filled, "speaker", "서하린")
    assert (expected["records"], expected["rows"], expected["sources"]) == (100, 100, [source])
    assert preview(filled, "speaker", "서하린") == expected, "looking changes nothing"
    upload = cache_folder(filled) / "uploads" / "up-1" / "대화.txt"
    upload.parent.mkdir(parents=True)
    upload.write_text("서하린 : 안녕", encoding="utf-8")
    assert forget(filled, "speaker", "서하린") == expected and not upload.exists()
    rest = preview(filled, "source", source)
    assert (rest["records"], rest["rows"]) == (100, 100)
    assert forget(filled, "source", source) == rest
    for what, name in (("speaker", "서하린"), ("source", source)):
        with pytest.raises(UserError):
            preview(filled, what, name)


def test_forgetting_waits_for_no_job_but_refuses(filled):
    with open_store(filled) as db:
        busy = enqueue(db, "mask", {})
    with pytest.raises(UserError, match=busy):
        forget(filled, "speaker", "서하린")
    assert preview(filled, "speaker", "서하린")["records"] == 100


def test_counting_the_rows_of_a_speaker_reads_no_whole_source_per_row(filled):
    """It once did: a preview of a million records took for ever."""
    from engine.store.forget import MADE_FROM

    with open_store(filled) as db:
        plan = db.execute(f"EXPLAIN QUERY PLAN SELECT count(*) FROM rows WHERE {MADE_FROM}", ["s", "x"]).fetchall()
    steps = [str(step[3]) for step in plan if " c " in f"{step[3]} "]
    assert steps and all("rowid" in step for step in steps), steps


def test_the_commands_tell_the_same(filled, capsys):
    assert main(["storage", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["bytes"] == store_files(filled) and {family["name"] for family in told["families"]} >= {
        "records",
        "rows",
    }
    assert main(["forget", "--speaker", "서하린", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["records"] == 100
    assert main(["storage", "--drop", "nothing"]) == 2
    assert preview(filled, "speaker", "서하린")["records"] == 100
