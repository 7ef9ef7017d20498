"""Import and masking go on where a kill left them, and find the same whatever number of processes looks."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from multiprocessing import parent_process

import psutil
import pytest

from engine import pool
from engine.config import ROOT
from engine.errors import Stopped, UserError
from engine.pool import Workers
from engine.privacy import apply, files
from engine.sources import ingest as importing
from engine.sources.reading import Reading, read_batch
from engine.store.jobs import Work, enqueue
from engine.store.maintain import check
from engine.store.open import open_store
from engine.store.settings import set_setting
from engine.store.sources import drop_unfinished, start_source

RECORDS = "SELECT seq, at, speaker, kind, text, meta_json FROM records ORDER BY id"
MASKS = (
    'SELECT r.seq, m.start, m."end", m.label, m.placeholder, m.value_key, m.confidence, m.state, m.decided_by '
    "FROM masks m JOIN records r ON r.id = m.record_id ORDER BY m.id"
)


class Quiet(Work):
    """A job's hold without a row in the store. `stop`: what the owner asks for."""

    stop: str | None = None

    def progress(self, **facts):
        pass

    def stop_asked(self):
        return self.stop


@pytest.fixture
def chat(tmp_path):
    """600 messages; every seventh holds a phone number, some of them twice."""
    lines = [
        "나리 님과 카카오톡 대화",
        "저장한 날짜 : 2026-06-01 10:50:33",
        "",
        f"{'-' * 15} 2026년 1월 1일 목요일 {'-' * 15}",
    ]
    for i in range(600):
        said = f"내 번호 010-{1000 + i % 50}-{2000 + i % 30}이야" if i % 7 == 0 else f"가온아 {i}번째 말"
        lines.append(f"[{'가온' if i % 2 else '나리'}] [오후 {1 + i // 60}:{i % 60:02d}] {said}")
    path = tmp_path / "대화.txt"
    path.write_text("\r\n".join(lines), encoding="utf-8", newline="")
    return path


def new_store(tmp_path, name="저장 소.db"):
    with open_store(tmp_path / name) as db:
        set_setting(db, "mask_key", "00" * 32)
    return Quiet(tmp_path / name, "job-1", "")


def bring(work, chat):
    return importing.ingest(work, recipe="persona", kinds=("kakao",), files=[chat], kind=None, me="가온")


def rows(work, sql):
    with open_store(work.store) as db:
        assert check(db) == []
        return db.conn.execute(sql).fetchall()


class Kill(BaseException):
    """Nothing in the engine catches it."""


def killed_after(monkeypatch, module, name, calls):
    """The function works `calls` times; the next call is the kill."""
    real, done = module.__dict__[name], []

    def counted(*args, **kwargs):
        if len(done) == calls:
            raise Kill
        done.append(args)
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, counted)
    return done


@pytest.mark.parametrize("calls", [0, 1, 4, 5])
def test_a_killed_import_goes_on_behind_its_last_batch(tmp_path, chat, monkeypatch, calls):
    monkeypatch.setattr(importing, "BATCH", 100)
    whole = new_store(tmp_path, "b.db")
    told = bring(whole, chat)
    work = new_store(tmp_path)
    with monkeypatch.context() as patched:
        killed_after(patched, importing, "add_records", calls)
        with pytest.raises(Kill):
            bring(work, chat)
    with monkeypatch.context() as patched:
        stored = killed_after(patched, importing, "add_records", 99)
        again = bring(work, chat)
    assert [args[2] for args in stored] == [100 * i for i in range(calls, 6)]
    assert {**again, "source_id": ""} == {**told, "source_id": ""}
    assert rows(work, RECORDS) == rows(whole, RECORDS)


def test_an_import_begun_by_other_readers_begins_anew(tmp_path, chat, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 100)
    work = new_store(tmp_path)
    with monkeypatch.context() as patched:
        killed_after(patched, importing, "add_records", 3)
        with pytest.raises(Kill):
            bring(work, chat)
    with open_store(work.store) as db:
        db.execute("UPDATE records SET speaker = 'X' WHERE seq = 299")
    bring(work, chat)
    found = rows(work, RECORDS)
    assert len(found) == 600 and all(row[2] != "X" for row in found)
    assert len(rows(work, "SELECT id FROM sources")) == 1


def test_saved_stops_keep_what_is_stored_and_cancelled_ones_nothing(tmp_path, chat, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 100)
    work = new_store(tmp_path)
    answers = iter([None, None, None, "save"])
    with monkeypatch.context() as patched:
        patched.setattr(Quiet, "stop_asked", lambda _: next(answers))
        with pytest.raises(Stopped) as stopped:
            bring(work, chat)
    assert stopped.value.saved and len(rows(work, RECORDS)) == 300
    work.stop = "cancel"
    with pytest.raises(Stopped) as stopped:
        bring(work, chat)
    assert not stopped.value.saved and rows(work, RECORDS) == []


def read_or_die(reading, number):
    if number == 3 and parent_process():
        os._exit(9)
    return read_batch(reading, number)


def test_a_process_that_reads_finds_what_reading_here_does_and_is_made_up_for_when_killed(tmp_path, chat, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 100)
    here, apart, killed = (new_store(tmp_path, name) for name in ("a.db", "b.db", "c.db"))
    told = bring(here, chat)
    monkeypatch.setattr(importing, "WORTH_A_PROCESS", 0)
    monkeypatch.setattr(pool, "cores", lambda: 2)
    with monkeypatch.context() as patched:
        patched.setattr(Reading, "read", None)  # this process must not read: the pool's has a whole class
        assert {**bring(apart, chat), "source_id": ""} == {**told, "source_id": ""}
    monkeypatch.setattr(importing, "read_batch", read_or_die)
    assert {**bring(killed, chat), "source_id": ""} == {**told, "source_id": ""}
    assert rows(here, RECORDS) == rows(apart, RECORDS) == rows(killed, RECORDS)


def test_a_newer_export_is_merged_and_two_chats_are_refused_in_a_process_too(tmp_path, chat, monkeypatch):
    monkeypatch.setattr(importing, "WORTH_A_PROCESS", 0)
    monkeypatch.setattr(pool, "cores", lambda: 2)
    work = new_store(tmp_path)
    bring(work, chat)
    newer = tmp_path / "새 대화.txt"
    newer.write_bytes(chat.read_bytes() + "\r\n[나리] [오후 11:01] 하나 더".encode())
    told = bring(work, newer)
    assert told["merged"]["added"] == 1 and told["speakers"] == {"가온": 300, "나리": 301}
    other = tmp_path / "남의 대화.txt"
    other.write_text(chat.read_text("utf-8").replace("가온", "도윤").replace("나리", "서아"), "utf-8", newline="")
    with pytest.raises(UserError):
        importing.ingest(work, recipe="persona", kinds=("kakao",), files=[chat, other], kind=None, me="가온")
    assert len(rows(work, RECORDS)) == 601


def test_what_an_interrupted_import_stored_is_kept_for_a_day(tmp_path):
    work = new_store(tmp_path)
    with open_store(work.store) as db:
        for hours in (1, 30):
            job = enqueue(db, "import", {})
            ended = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
            db.execute("UPDATE jobs SET state = 'interrupted', ended_at = ? WHERE id = ?", [ended, job])
            start_source(
                db, recipe="persona", kind="kakao", name=f"{hours}", fingerprint=f"{hours}", size=1, job_id=job
            )
        start_source(db, recipe="persona", kind="kakao", name="own", fingerprint="own", size=1, job_id="job-9")
        assert {row[0] for row in db.execute("SELECT name FROM sources")} == {"1", "own"}
        drop_unfinished(db)
        assert db.execute("SELECT count(*) FROM sources").fetchone()[0] == 0


@pytest.mark.parametrize("calls", [0, 1, 3])
def test_a_killed_masking_goes_on_behind_its_last_window(tmp_path, chat, monkeypatch, calls):
    monkeypatch.setattr(apply, "WINDOW", 150)
    whole, work = new_store(tmp_path, "b.db"), new_store(tmp_path)
    told = apply.mask_source(whole, bring(whole, chat)["source_id"])
    source = bring(work, chat)["source_id"]
    with monkeypatch.context() as patched:
        killed_after(patched, apply, "add_decided_masks", calls)
        with pytest.raises(Kill):
            apply.mask_source(work, source)
    with open_store(work.store) as db:
        assert db.execute("SELECT masked_at FROM sources").fetchone()[0] is None
    with monkeypatch.context() as patched:
        windows = killed_after(patched, apply, "mask_window", 99)
        again = apply.mask_source(work, source)
    assert [args[1][0] for args in windows] == [(150 * i, 150 * i + 150) for i in range(calls, 4)]
    assert (again["counts"], again["residual"]) == (told["counts"], told["residual"])
    assert rows(work, MASKS) == rows(whole, MASKS) != []
    assert rows(work, "SELECT * FROM mask_values ORDER BY 1, 2") == rows(
        whole, "SELECT * FROM mask_values ORDER BY 1, 2"
    )


def test_another_job_masks_from_the_beginning(tmp_path, chat, monkeypatch):
    monkeypatch.setattr(apply, "WINDOW", 150)
    work = new_store(tmp_path)
    source = bring(work, chat)["source_id"]
    with monkeypatch.context() as patched:
        killed_after(patched, apply, "add_decided_masks", 2)
        with pytest.raises(Kill):
            apply.mask_source(work, source)
    work.job_id = "job-2"
    apply.mask_source(work, source)
    found = rows(work, MASKS)
    assert len(found) == len(set(found)) and len({row[0] for row in found}) == 600


def test_two_processes_mask_as_one_does(tmp_path, chat, monkeypatch):
    monkeypatch.setattr(apply, "WINDOW", 100)
    one, two = new_store(tmp_path), new_store(tmp_path, "b.db")
    told = apply.mask_source(one, bring(one, chat)["source_id"])
    monkeypatch.setattr(apply, "WORTH", 0)
    monkeypatch.setattr(pool, "cores", lambda: 2)
    again = apply.mask_source(two, bring(two, chat)["source_id"])
    assert again["counts"] == told["counts"] and rows(one, MASKS) == rows(two, MASKS)


def test_two_processes_mask_a_file_as_one_does(tmp_path, monkeypatch):
    texts = [f"{i} 010-{1000 + i % 50}-1234 지은이가" if i % 3 else "ㅋㅋ [이름_1]" for i in range(3000)]
    src = tmp_path / "in.jsonl"
    src.write_text("".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(texts)), "utf-8")
    monkeypatch.setattr(files, "BLOCK_BYTES", 20_000)
    files.mask_file(src, tmp_path / "one.jsonl", ["김지은"])
    monkeypatch.setattr(files, "WORTH_BYTES", 0)
    monkeypatch.setattr(pool, "cores", lambda: 2)
    files.mask_file(src, tmp_path / "two.jsonl", ["김지은"])
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
    src.write_text(src.read_text("utf-8") + "{oops\n", "utf-8")
    with pytest.raises(UserError, match="3001번째 줄"):
        files.mask_file(src, tmp_path / "three.jsonl", [])
    assert not (tmp_path / "three.jsonl").exists()


def squared(made, item):
    if item == 3 and os.getpid() != made:
        os._exit(9)
    return item * item


def the_parent(pid):
    return pid


def test_a_killed_process_of_a_pool_is_made_up_for():
    with Workers(the_parent, (os.getpid(),), 2) as workers:
        assert list(workers.map(squared, range(8))) == [item * item for item in range(8)]


def asleep(made, item):
    time.sleep(60)


SLEEPERS = """
import os
from engine.pool import Workers
from tests.test_resume import asleep, the_parent
if __name__ == "__main__":
    with Workers(the_parent, (os.getpid(),), 2) as workers:
        list(workers.map(asleep, range(8)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_parent_leaves_no_process_of_its_pool(tmp_path):
    script = tmp_path / "sleepers.py"
    script.write_text(SLEEPERS, encoding="utf-8")
    parent = subprocess.Popen(
        [sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL
    )
    process, children, end = psutil.Process(parent.pid), [], time.monotonic() + 60
    while len(children) < 3 and time.monotonic() < end:  # two of the pool, one that looks after semaphores
        children = process.children(recursive=True)
        time.sleep(0.05)
    assert len(children) >= 3
    time.sleep(0.5)
    parent.kill()
    parent.wait()
    assert psutil.wait_procs(children, timeout=30)[1] == []
