"""The store refuses what it cannot read, keeps blobs whole, and forgets what it must."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from engine.config import ROOT, SCHEMA
from engine.errors import UserError
from engine.store import blobs, maintain
from engine.store.artifacts import drop_artifacts, save_artifact, unpack_artifact
from engine.store.datasets import add_members, add_rows, freeze_dataset, get_dataset, start_dataset
from engine.store.forget import FLAG, finish_forgetting, forget_source, forget_speaker
from engine.store.jobs import enqueue, get_job
from engine.store.lineage import lineage, link
from engine.store.migrate import migrations, statements
from engine.store.open import all_rows, open_store, writing
from engine.store.runs import add_metrics, add_run, forget_metrics_after, read_metrics
from engine.store.settings import set_setting
from engine.store.sources import (
    add_masks,
    add_records,
    finish_masks,
    finish_source,
    get_source,
    search_records,
    start_source,
)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "저장 소.db"


def add_chat(db, texts, name="chat.txt"):
    source_id = start_source(
        db, recipe="persona", kind="kakao", name=name, fingerprint=name, size=1, job_id=f"job-{name}"
    )
    add_records(db, source_id, 0, [("2026-05-01T10:00", who, "text", text, None) for who, text in texts])
    counts: dict[str, int] = {}
    for who, _ in texts:
        counts[who] = counts.get(who, 0) + 1
    finish_source(db, source_id, "가온", counts, {"speakers": counts, "warnings": []})
    return source_id


def add_dataset(db, source_id, spans):
    dataset_id = start_dataset(
        db, recipe="persona", style="chat", options={}, masked=True, job_id="job-d", sources=[source_id]
    )
    rows = [
        (
            "persona",
            source_id,
            first,
            last,
            "2026-05-01",
            json.dumps([{"role": "user", "content": f"말 {first}"}]),
            f"답 {last}",
            "{}",
        )
        for first, last in spans
    ]
    ids = add_rows(db, rows)
    add_members(db, dataset_id, [(i, row_id, "train", None) for i, row_id in enumerate(ids)])
    freeze_dataset(db, dataset_id)
    return dataset_id


def add_some_run(db, dataset_id):
    base = {"name": "starter", "revision": None, "hash": "x"}
    return add_run(db, recipe="persona", dataset_id=dataset_id, base=base, preset="quick", settings={}, origins={})


def test_a_fresh_store_uses_wal_and_strict_tables(store):
    with open_store(store) as db:
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert db.execute("PRAGMA secure_delete").fetchone()[0] == 1
        loose = [
            r["name"]
            for r in all_rows(
                db, "SELECT name, strict, type FROM pragma_table_list WHERE type = 'table' AND schema = 'main'"
            )
            if not r["strict"] and not r["name"].startswith(("sqlite_", "_sqlite", "records_fts"))
        ]
    assert loose == []


def test_opening_twice_applies_nothing_twice(store):
    for _ in range(2):
        with open_store(store) as db:
            assert migrations().pending(db) == []


def test_a_store_from_the_future_is_refused_and_left_untouched(store):
    with open_store(store) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('malmoi', '9999_future', 'x')"
        )
    before = store.read_bytes()
    with pytest.raises(UserError, match="9999_future"), open_store(store):
        pass
    assert store.read_bytes() == before


@pytest.mark.parametrize("content", [b"this is no database, only text " * 50, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_foreign_or_broken_file_is_refused_in_words(store, content):
    store.write_bytes(content)
    with pytest.raises(UserError), open_store(store):
        pass


def test_a_folder_in_the_stores_place_is_refused(store):
    store.mkdir()
    with pytest.raises(UserError, match="폴더"), open_store(store):
        pass


def test_a_locked_store_is_refused_in_words(store, monkeypatch):
    with open_store(store):
        pass
    monkeypatch.setattr("engine.store.open.BUSY_MS", 200)
    other = sqlite3.connect(store)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UserError, match="잠그고"), open_store(store) as db, writing(db):
        pass
    other.close()


def test_a_failing_migration_leaves_nothing_behind(store):
    db_file = sqlite3.connect(store)
    from sqlite_utils import Database, Migrations

    db, broken = Database(db_file), Migrations("malmoi")

    def run(database):
        for statement in statements("CREATE TABLE a (x INTEGER) STRICT; CREATE TABLE a (x INTEGER) STRICT;"):
            database.conn.execute(statement)

    broken(name="0001_broken")(run)
    with pytest.raises(sqlite3.OperationalError):
        broken.apply(db)
    assert "a" not in db.table_names() and [m.name for m in broken.pending(db)] == ["0001_broken"]


def test_schema_files_are_numbered_without_gaps():
    numbers = [int(path.name[:4]) for path in sorted(SCHEMA.glob("*.sql"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_blob_is_stored_once_and_comes_back_to_the_byte(store, tmp_path):
    file = tmp_path / "a.bin"
    file.write_bytes(bytes(range(256)) * 12_345)
    with open_store(store) as db:
        sha, size = blobs.write_blob(db, file)
        assert blobs.write_blob(db, file) == (sha, size)
        blobs.copy_blob(db, sha, tmp_path / "b.bin")
        assert db.execute("SELECT count(*) FROM blobs").fetchone()[0] == 1
    assert (tmp_path / "b.bin").read_bytes() == file.read_bytes()


def test_a_half_written_blob_is_invisible_then_written_anew(store, tmp_path):
    file = tmp_path / "a.bin"
    file.write_bytes(b"x" * 3_000_000)
    sha, size = blobs.hash_file(file)
    with open_store(store) as db:
        db.execute("INSERT INTO blobs VALUES (?, ?, 0, 'writing')", [sha, size])
        db.execute("INSERT INTO chunks VALUES (?, 0, x'00')", [sha])
        with pytest.raises(ValueError):
            list(blobs.read_blob(db, sha))
        assert maintain.check(db) == []
        blobs.write_blob(db, file)
        assert b"".join(blobs.read_blob(db, sha)) == file.read_bytes()


def test_a_large_blob_needs_little_memory(store, tmp_path):
    code = f"""
import resource, sys
from pathlib import Path
from engine.store.open import open_store
from engine.store import blobs
file = Path({str(tmp_path)!r}) / 'big.bin'
with open_store(Path({str(store)!r})) as db:
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with file.open('wb') as f:
        for i in range(120):
            f.write(i.to_bytes(4, 'big') * 262144)
    sha, _ = blobs.write_blob(db, file)
    blobs.copy_blob(db, sha, file.with_suffix('.copy'))
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) // 1024)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    unit = 1024 if sys.platform == "darwin" else 1
    assert int(told.stdout) / unit < 70, "120 MB through the store took more than 70 MB of memory"


def test_check_names_a_missing_chunk_and_a_dangling_edge(store, tmp_path):
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "w.bin").write_bytes(b"y" * 2_500_000)
    with open_store(store) as db:
        source = add_chat(db, [("가온", "안녕하세요")])
        run = add_some_run(db, add_dataset(db, source, [(1, 1)]))
        save_artifact(db, folder, "adapter", run)
        assert maintain.check(db) == []
        db.execute("DELETE FROM chunks WHERE ord = 1")
        link(db, "run", run, "artifact", "art-nobody")
        problems = maintain.check(db)
    assert any("chunks" in p for p in problems) and any("art-nobody" in p for p in problems)


def test_an_artifact_unpacks_whole_and_refuses_paths_that_leave(store, tmp_path):
    folder = tmp_path / "어댑터"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.json").write_text("{}", encoding="utf-8")
    with open_store(store) as db:
        run = add_some_run(db, add_dataset(db, add_chat(db, [("가온", "안녕하세요")]), [(1, 1)]))
        art = save_artifact(db, folder, "adapter", run)
        out = unpack_artifact(db, art, tmp_path / "out")
        assert (out / "sub" / "a.json").read_text(encoding="utf-8") == "{}"
        db.execute("UPDATE artifact_files SET path = '../evil' WHERE artifact_id = ?", [art])
        with pytest.raises(ValueError):
            unpack_artifact(db, art, tmp_path / "out2")
        drop_artifacts(db, run, "adapter")
        assert db.execute("SELECT count(*) FROM chunks").fetchone()[0] == 0
    assert not (tmp_path / "evil").exists()


def test_a_frozen_dataset_cannot_change(store):
    with open_store(store) as db:
        dataset = add_dataset(db, add_chat(db, [("가온", "안녕하세요"), ("나리", "네 안녕하세요")]), [(1, 2)])
        print_ = get_dataset(db, dataset)["fingerprint"]
        with pytest.raises(sqlite3.IntegrityError):
            add_members(db, dataset, [(9, 1, "train", None)])
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("UPDATE dataset_rows SET split = 'test' WHERE dataset_id = ?", [dataset])
        assert get_dataset(db, dataset)["fingerprint"] == print_


def test_metrics_are_unique_per_step_and_completed_by_a_second_record(store):
    with open_store(store) as db:
        run = add_some_run(db, add_dataset(db, add_chat(db, [("가온", "안녕하세요")]), [(1, 1)]))
        add_metrics(db, run, 1, loss=2.0)
        add_metrics(db, run, 1, eval_loss=1.5)
        add_metrics(db, run, 2, loss=1.0)
        forget_metrics_after(db, run, 1)
        assert [(m["step"], m["loss"], m["eval_loss"]) for m in read_metrics(db, run)] == [(1, 2.0, 1.5)]


def test_lineage_goes_both_ways_and_reaches_single_rows(store):
    with open_store(store) as db:
        source = add_chat(db, [("가온", "안녕하세요"), ("나리", "네 안녕하세요")])
        dataset = add_dataset(db, source, [(1, 2)])
        run = add_some_run(db, dataset)
        below = {n["id"] for n in lineage(db, source)["descendants"]}
        above = {n["id"] for n in lineage(db, run)["ancestors"]}
        row = lineage(db, "row:1")
        record = lineage(db, "record:1")
    assert below == {dataset, run} and above == {dataset, source}
    assert row["records"] == {"source_id": source, "record_first": 1, "record_last": 2}
    assert run in {n["id"] for n in row["descendants"]} and run in {n["id"] for n in record["descendants"]}


def test_search_finds_two_syllables_and_a_middle_of_a_word(store):
    with open_store(store) as db:
        source = add_chat(db, [("가온", "지하철역에서 회의하자"), ("나리", "100%_좋아")])
        assert [r["seq"] for r in search_records(db, source, "회의")] == [0]
        assert [r["seq"] for r in search_records(db, source, "지하철")] == [0]
        assert [r["seq"] for r in search_records(db, source, "%_")] == [1]
        assert search_records(db, source, '"없는 말"') == []


def secret_bytes(store: Path) -> bytes:
    return b"".join(p.read_bytes() for p in store.parent.glob(store.name + "*") if p.is_file())


def test_forgetting_a_speaker_leaves_no_byte_and_names_what_learned_from_them(store, tmp_path):
    with open_store(store) as db:
        source = add_chat(
            db,
            [
                ("가온", "비밀스러운 고백"),
                ("나리", "나만의 특별한 문장"),
                ("가온", "나리 최고"),
                ("가온", "혼자 한 말"),
            ],
        )
        dataset = add_dataset(db, source, [(1, 2), (3, 3), (4, 4)])
        run = add_some_run(db, dataset)
        add_masks(db, [(3, 0, 2, "PERSON", "[이름_1]", "k", 1.0)])
        finish_masks(db, source, {"counts": {}})
        backup = tmp_path / "옛 백업.db"
        maintain.backup(db, backup)
        told = forget_speaker(db, "나리", lambda text: text.replace("나리", "[이름]"))
        assert maintain.check(db) == []
        assert get_dataset(db, dataset)["forgotten_count"] == 1
        assert get_source(db, source)["report"]["speakers"] == {"가온": 3}
    assert told["records"] == 1 and told["rows"] == 1 and told["retrain"] == [run] and told["backups"] == [str(backup)]
    left = secret_bytes(store)
    assert "특별한 문장".encode() not in left and "나리".encode() not in left
    assert "혼자 한 말".encode() in left and "특별한 문장".encode() in backup.read_bytes()


def test_forgetting_a_source_leaves_no_byte_of_it(store):
    with open_store(store) as db:
        gone = add_chat(db, [("가온", "사라질 이야기 하나")], "gone.txt")
        kept = add_chat(db, [("다솜", "남을 이야기 하나")], "kept.txt")
        add_dataset(db, gone, [(1, 1)])
        forget_source(db, gone)
        assert maintain.check(db) == [] and get_source(db, kept)["record_count"] == 1
    left = secret_bytes(store)
    assert "사라질".encode() not in left and "남을 이야기".encode() in left


def test_a_forget_cut_off_before_compacting_is_finished_later(store):
    with open_store(store) as db:
        source = add_chat(db, [("가온", "지워질 말입니다"), ("나리", "남는 말입니다")])
        set_setting(db, FLAG, True)
        db.execute("DELETE FROM records WHERE source_id = ? AND speaker = '가온'", [source])
        finish_forgetting(db)
    assert "지워질".encode() not in secret_bytes(store)


def test_forgetting_waits_for_running_jobs(store):
    with open_store(store) as db:
        add_chat(db, [("가온", "안녕하세요")])
        db.execute(
            "INSERT INTO jobs (id, kind, lane, state, args_json, created_at) VALUES ('job-1', 'mask', 'data', 'running', '{}', 'x')"
        )
        with pytest.raises(UserError, match="job-1"):
            forget_speaker(db, "가온", str)


def test_a_backup_never_overwrites(store, tmp_path):
    target = tmp_path / "b.db"
    with open_store(store) as db:
        maintain.backup(db, target)
        with pytest.raises(UserError, match="이미"):
            maintain.backup(db, target)
    with open_store(target) as copy:
        assert maintain.check(copy) == []


@pytest.mark.parametrize("name", [".", "a", "1", "me", ",", '"', "나리"])
def test_forgetting_any_display_name_leaves_every_job_readable(store, name):
    with open_store(store) as db:
        source = add_chat(db, [("가온", "안녕하세요"), (name, "네 안녕하세요")])
        job = enqueue(db, "import", {"files": [f"/x/{name}.txt"], "me": name, "rate": 0.01})
        db.execute(
            "UPDATE jobs SET state = 'done', result_json = ?, message_ko = ? WHERE id = ?",
            [json.dumps({"speakers": {"가온": 1, name: 1}, "seconds": 0.1}), f"말한 사람: {name} 1", job],
        )
        forget_speaker(db, name, lambda text: text)
        found = get_job(db, job)
    assert found["args"]["me"] == "…" and found["args"]["rate"] == 0.01 and found["result"]["seconds"] == 0.1
    assert name not in found["result"]["speakers"] and source


def test_what_a_killed_import_left_is_forgotten_too(store):
    with open_store(store) as db:
        add_chat(db, [("가온", "안녕하세요"), ("나리", "반갑습니다 여러분")])
        left = start_source(db, recipe="persona", kind="kakao", name="b", fingerprint="b", size=1, job_id="job-dead")
        add_records(db, left, 0, [(None, "나리", "text", "반쯤 들어온 이야기", None)])
        forget_speaker(db, "나리", lambda text: text.replace("나리", "[이름]"))
        assert maintain.check(db) == []
    assert "반쯤 들어온".encode() not in secret_bytes(store)


def test_a_database_of_another_program_is_left_alone(store):
    other = sqlite3.connect(store)
    other.execute("CREATE TABLE notes (x)")
    other.commit()
    other.close()
    before = store.read_bytes()
    with pytest.raises(UserError, match="notes"), open_store(store):
        pass
    assert store.read_bytes() == before


def test_dropping_one_runs_checkpoints_keeps_a_blob_another_is_writing(store, tmp_path):
    folder = tmp_path / "c"
    folder.mkdir()
    (folder / "w").write_bytes(b"z" * 100)
    with open_store(store) as db:
        run = add_some_run(db, add_dataset(db, add_chat(db, [("가온", "안녕하세요")]), [(1, 1)]))
        save_artifact(db, folder, "checkpoint", run, 1)
        (folder / "other").write_bytes(b"y" * 100)
        sha, _ = blobs.write_blob(db, folder / "other")
        drop_artifacts(db, run, "checkpoint")
        assert blobs.is_whole(db, sha) and maintain.check(db) == []
