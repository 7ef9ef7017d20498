"""The doctor: each finding on a machine that has, and on one that lacks, what is looked for."""

import os
import sys
from pathlib import Path

import pytest

from engine import doctor
from engine.alive import started_at
from engine.config import SCHEMA
from engine.doctor import Finding, examine
from engine.store.jobs import claim_supervisor
from engine.store.open import open_store


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def test_this_machine_passes(fresh_store: Path) -> None:
    found = by_name(examine(fresh_store))
    assert [finding.name for finding in found.values() if finding.ok is False] == []
    assert {"Python", "libraries", "GPU", "memory", "disk", "store place", "store"} <= set(found)


def test_examining_makes_no_store_and_loads_no_torch(fresh_store: Path) -> None:
    loaded = set(sys.modules)
    examine(fresh_store)
    assert not fresh_store.exists()
    assert "torch" not in set(sys.modules) - loaded


def test_what_must_be_mended_says_how_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"not a database at all, only some words" * 40)
    (tmp_path / "requirements.txt").write_text("pytest==0.0.1\nno-such-library==1.0\n", encoding="utf-8")
    findings = [
        *examine(tmp_path / "store.db"),
        *doctor.examine_libraries(tmp_path / "requirements.txt"),
        doctor.examine_torch(["NVIDIA GeForce RTX 3060 Ti"]),
    ]
    bad = [finding for finding in findings if finding.ok is False]
    assert {"store", "pytest", "no-such-library"} <= {finding.name for finding in bad}
    for finding in bad:
        assert finding.name == "libraries" or (finding.todo_ko and finding.todo_en)
        assert finding.found_en.isascii()


def test_library_of_another_version_is_named_with_both(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# note\npytest==0.0.1\n", encoding="utf-8")
    summary, finding = doctor.examine_libraries(tmp_path / "requirements.txt")
    assert (summary.ok, summary.found_en) == (False, "0/1 at their pinned version")
    assert "0.0.1 needed" in finding.found_en and finding.todo_en == "Run `python start.py install`."


def test_build_suffix_does_not_count_as_another_version(tmp_path: Path) -> None:
    pins = doctor.pinned(doctor.ROOT / "requirements.txt")
    assert doctor._library("torch", pins["torch"], pins["torch"] + "+cpu").ok is True


def test_card_beside_a_build_without_cuda_must_be_mended() -> None:
    finding = doctor.examine_torch(["NVIDIA GeForce RTX 3060 Ti"])
    has_cuda = doctor.cuda_build() is not None
    assert finding.ok is has_cuda
    assert has_cuda or ("3060 Ti" in finding.found_ko and "start.py install" in finding.todo_ko)


@pytest.mark.parametrize(
    ("place", "word"),
    [
        ("/home-of/me/OneDrive/malmoi/store.db", "onedrive"),
        ("/Volumes/x/Library/Mobile Documents/store.db", "mobile documents"),
        ("/data/Dropbox (me)/store.db", "dropbox"),
        ("//server/share/store.db", "network share"),
    ],
)
def test_place_that_copies_mid_write_is_warned_of(place: str, word: str) -> None:
    finding = doctor.examine_place(Path(place))
    assert finding.ok is None
    assert word in finding.found_en
    assert "--store" in finding.todo_ko


def test_local_place_is_fine(tmp_path: Path) -> None:
    assert doctor.examine_place(tmp_path / "store.db").ok is True


def test_disk_is_measured_where_the_store_will_lie(tmp_path: Path) -> None:
    assert doctor.examine_disk(tmp_path / "not" / "there" / "store.db").found_en.endswith(" GB")


def test_open_store_tells_schema_and_supervisor(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        resting = by_name(list(doctor.examine_store(fresh_store)))["supervisor"]
        me = os.getpid()
        claim_supervisor(db, me, started_at(me), lambda *_: False)
    found = by_name(list(doctor.examine_store(fresh_store)))
    newest = max(path.stem for path in SCHEMA.glob("*.sql"))
    assert f"schema {newest}" in found["store"].found_en
    assert "resting" in resting.found_en
    assert f"PID {me}" in found["supervisor"].found_en
