"""A capsule that is not what left, or is none, is refused in words, and nothing of it reaches the store."""

import hashlib
import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.jobs.capsule import run_capsule
from engine.store.maintain import check
from engine.store.open import open_store
from engine.store.settings import capsule_key
from engine.train.capsule import file as form
from engine.train.capsule.back import import_capsule
from engine.train.capsule.file import digest_of
from tests.capsules import copy_of, made_journey, parts_of

journey = pytest.fixture(made_journey)


def changed(capsule: Path, name: str, content: bytes) -> None:
    """A part in place of the old one, as somebody would who knows the form: sizes, hashes and digests put right too."""
    with closing(sqlite3.connect(capsule)) as conn:
        side = conn.execute("SELECT side FROM parts WHERE name = ?", [name]).fetchone()
        side = side[0] if side else "back"
        conn.execute("DELETE FROM parts WHERE name = ?", [name])
        conn.execute("DELETE FROM chunks WHERE name = ?", [name])
        conn.execute("INSERT INTO chunks VALUES (?, 0, ?)", [name, content])
        sha256 = hashlib.sha256(content).hexdigest()
        conn.execute("INSERT INTO parts VALUES (?, ?, ?, ?)", [name, side, len(content), sha256])
        conn.commit()
        reseal(conn)


def reseal(conn: sqlite3.Connection) -> None:
    for side in ("out", "back"):
        try:
            digest = digest_of(conn, side)
        except ValueError:
            continue
        conn.execute("UPDATE seals SET digest = ? WHERE side = ?", [digest, side])
    conn.commit()


def without_store_change(store: Path, capsule: Path, *words: str) -> str:
    """The refusal; the store is as it was."""
    with open_store(store) as db:
        before = "\n".join(db.conn.iterdump())
    with pytest.raises(UserError) as refused:
        import_capsule(store, capsule)
    with open_store(store) as db:
        assert "\n".join(db.conn.iterdump()) == before and check(db) == []
    assert all(word in refused.value.ko for word in words), refused.value.ko
    assert refused.value.en and "Traceback" not in refused.value.ko
    return refused.value.ko


@pytest.fixture
def home(journey: dict[str, Any], tmp_path: Path) -> tuple[Path, Path]:
    """(the store as it was before the import, a copy of the finished capsule)."""
    capsule = tmp_path / "돌아온.malmoi"
    shutil.copyfile(journey["back"], capsule)
    return copy_of(journey["unread"], tmp_path), capsule


def rows_swapped(content: bytes) -> bytes:
    rows = [json.loads(line) for line in content.splitlines()]
    rows[0]["target"] = "다른 말"
    return b"".join(json.dumps(row, ensure_ascii=False, sort_keys=True).encode() + b"\n" for row in rows)


def rate_raised(content: bytes) -> bytes:
    manifest = json.loads(content)
    manifest["run"]["settings"]["learning_rate"] = 0.05
    return json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode()


OUT: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "rows": ("rows.jsonl", rows_swapped),
    "settings": ("manifest.json", rate_raised),
    "code": ("code.zip", lambda content: content + b"\0"),
    "base": ("base/config.json", lambda content: content + b" "),
}


@pytest.mark.parametrize("what", OUT)
def test_what_left_cannot_be_changed_even_with_all_digests_put_right(home: tuple[Path, Path], what: str) -> None:
    """The store's own code over the digest is missing: only the store can make that."""
    store, capsule = home
    name, change = OUT[what]
    changed(capsule, name, change(parts_of(capsule)[name]))
    assert "바뀌었습니다" in without_store_change(store, capsule)


@pytest.mark.parametrize(
    "name", ["rows.jsonl", "manifest.json", "code.zip", "result.json", "metrics.jsonl", "samples.jsonl"]
)
def test_a_changed_byte_on_either_side_is_seen(home: tuple[Path, Path], name: str) -> None:
    store, capsule = home
    with closing(sqlite3.connect(capsule)) as conn:
        content = bytearray(conn.execute("SELECT data FROM chunks WHERE name = ? AND ord = 0", [name]).fetchone()[0])
        content[len(content) // 2] ^= 1
        conn.execute("UPDATE chunks SET data = ? WHERE name = ? AND ord = 0", [bytes(content), name])
        conn.commit()
    without_store_change(store, capsule, "바뀌었습니다")


def test_results_of_another_capsule_do_not_fit(home: tuple[Path, Path], journey: dict[str, Any]) -> None:
    """The digest of what comes back begins with that of what left."""
    store, capsule = home
    with closing(sqlite3.connect(capsule)) as conn:
        conn.execute("UPDATE seals SET digest = ? WHERE side = 'back'", ["0" * 64])
        conn.commit()
    without_store_change(store, capsule, "바뀌었습니다")


@pytest.mark.parametrize("change", ["missing", "stray", "added"])
def test_parts_that_miss_or_were_added_are_seen(home: tuple[Path, Path], change: str) -> None:
    store, capsule = home
    with closing(sqlite3.connect(capsule)) as conn:
        if change == "missing":
            conn.execute("DELETE FROM parts WHERE name = 'samples.jsonl'")
        elif change == "stray":
            conn.execute("INSERT INTO chunks VALUES ('hidden', 0, x'00')")
        else:
            conn.execute("INSERT INTO parts VALUES ('more.json', 'back', 0, ?)", [hashlib.sha256(b"").hexdigest()])
        conn.commit()
    without_store_change(store, capsule, "바뀌었습니다")


def test_a_capsule_of_another_store_is_sent_home(home: tuple[Path, Path], tmp_path: Path) -> None:
    with open_store(tmp_path / "other.db") as db:
        capsule_key(db)
    without_store_change(tmp_path / "other.db", home[1], "다른 저장소")


def test_a_capsule_the_store_does_not_know_is_refused(home: tuple[Path, Path]) -> None:
    store, capsule = home
    with open_store(store) as db:
        db.execute("DELETE FROM capsules")
        db.execute("DELETE FROM edges WHERE child_kind = 'capsule'")
    without_store_change(store, capsule, "기록이 없습니다")


HOSTILE_PATHS = ("../evil.safetensors", "/etc/evil.safetensors", "artifact/../../evil.json", "artifact/a\\b.json", "C:/x.json", "artifact/.hidden", "artifact/a/b.json")  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_PATHS)
def test_hostile_paths_are_refused_and_written_nowhere(home: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    store, capsule = home
    changed(capsule, name, b"{}")
    before = {path for path in tmp_path.rglob("*") if "copy.db" not in path.name}
    without_store_change(store, capsule)
    assert {path for path in tmp_path.rglob("*") if "copy.db" not in path.name} == before


@pytest.mark.parametrize("name", ["artifact/pickled.bin", "artifact/run.py", "artifact/model.pt"])
def test_an_artifact_that_could_run_something_is_refused(home: tuple[Path, Path], name: str) -> None:
    store, capsule = home
    changed(capsule, name, b"import os")
    without_store_change(store, capsule, "artifact")


NONSENSE: dict[str, tuple[str, bytes]] = {
    "weights": ("artifact/adapter_model.safetensors", b"no weights"),
    "bomb of a header": ("artifact/adapter_model.safetensors", (2**62).to_bytes(8, "little") + b"{}"),
    "another base": ("artifact/malmoi_base.json", b'{"base": "x", "sha256": "0"}'),
    "no object": ("result.json", b"[1, 2]"),
    "deep": ("result.json", b"[" * 100_000),
    "wrong types": ("metrics.jsonl", b'{"step": "first", "at": "now"}\n'),
    "below zero": ("metrics.jsonl", b'{"step": -4, "at": "now"}\n'),
    "not utf-8": ("samples.jsonl", b"\xff\xfe\n"),
    "no json": ("metrics.jsonl", b"drop table runs;\n"),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_results_are_refused(home: tuple[Path, Path], what: str) -> None:
    """Even when somebody put every digest right: results are written where the store's key is not."""
    store, capsule = home
    changed(capsule, *NONSENSE[what])
    without_store_change(store, capsule)


def test_a_bomb_is_refused_before_it_is_held(home: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that says it is small and is not, a text longer than a text may be, and one huge chunk."""
    store, capsule = home
    for break_ in ("lies", "long", "chunk"):
        broken = capsule.with_name(f"{break_}.malmoi")
        shutil.copyfile(capsule, broken)
        with closing(sqlite3.connect(broken)) as conn:
            if break_ == "lies":
                conn.execute("INSERT INTO chunks VALUES ('result.json', 1, zeroblob(1000000))")
            elif break_ == "chunk":
                conn.execute("INSERT INTO chunks VALUES ('result.json', 1, zeroblob(20000000))")
            conn.commit()
        with monkeypatch.context() as patched:
            if break_ == "long":
                patched.setattr(form, "TEXT_LIMIT", 100)
            without_store_change(store, broken)


def other_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE notes (text TEXT)")


def with_trigger(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TRIGGER t AFTER INSERT ON parts BEGIN DELETE FROM seals; END")
        conn.commit()


def view_for_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("ALTER TABLE parts RENAME TO hidden")
        conn.execute("CREATE VIEW parts AS SELECT * FROM hidden")
        conn.commit()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not a database" * 100),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(b"PK\x03\x04" + path.read_bytes()[4:]),
        lambda path: (path.unlink(), other_program(path)),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: path.unlink(),
        with_trigger,
        view_for_table,
    ],
    ids=["empty", "text", "cut", "header", "other program", "folder", "gone", "trigger", "view"],
)
def test_what_is_no_capsule_is_refused(home: tuple[Path, Path], make: Callable[[Path], Any]) -> None:
    store, capsule = home
    make(capsule)
    without_store_change(store, capsule)
    with pytest.raises(UserError):
        run_capsule(capsule, show=lambda job: None)


def test_random_damage_is_never_a_traceback(home: tuple[Path, Path]) -> None:
    """Fifty places of 64 bytes, anywhere in the file: refused, or (in a page's unused room) brought in whole."""
    store, capsule = home
    whole, draw = capsule.read_bytes(), random.Random(7)
    refused = 0
    for _ in range(50):
        broken = bytearray(whole)
        at = draw.randrange(len(broken) - 64)
        broken[at : at + 64] = draw.randbytes(64)
        capsule.write_bytes(bytes(broken))
        try:
            import_capsule(store, capsule)
        except UserError as error:
            refused += 1
            assert store.name not in error.en, "the store is not to blame"
        with open_store(store) as db:
            db.execute("UPDATE capsules SET returned_at = NULL")
    assert refused > 40
    with open_store(store) as db:
        assert check(db) == []
