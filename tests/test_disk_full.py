"""A full disk in whatever words it is told: real errors of a device that is always full."""

import shutil
import sqlite3
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from engine.store.disk import disk_is_full
from engine.store.open import StoreTrouble

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full")
FULL = Path("/dev/full")
Usage = namedtuple("Usage", "total used free")


def of_a_file() -> None:
    FULL.write_bytes(b"x" * 10)


def of_tensors() -> None:
    from safetensors import SafetensorError

    # it would put its own file in the place of the device, so its words stand here
    raise SafetensorError("I/O error: No space left on device (os error 28)")


def of_an_optimiser() -> None:
    import torch

    torch.save({"a": torch.zeros(1 << 16)}, str(FULL))


def of_the_store() -> None:
    raise StoreTrouble("쓸 수 없습니다(disk I/O error)", "cannot be written")


def of_a_database() -> None:
    raise sqlite3.OperationalError("database or disk is full")


@pytest.mark.parametrize("write", [of_a_file, of_tensors, of_an_optimiser, of_the_store, of_a_database])
def test_every_writer_of_a_run_is_understood(monkeypatch, tmp_path, write):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100, 100, 0))
    with pytest.raises(Exception) as failed:
        write()
    assert disk_is_full(tmp_path / "store.db", failed.value), repr(failed.value)


@pytest.mark.parametrize(
    "error", [ValueError("write"), sqlite3.OperationalError("locked"), RuntimeError("shape"), OSError(2, "no file")]
)
def test_what_failed_on_a_disk_with_room_has_another_reason(tmp_path, error):
    assert not disk_is_full(tmp_path / "store.db", error)
