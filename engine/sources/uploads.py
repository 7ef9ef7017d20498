"""Files that came through the browser: kept beside the store until their import is done. It knows nothing of formats or pages."""

import re
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from engine.config import cache_folder
from engine.errors import UserError
from engine.korean.hangul import nfc
from engine.store.open import new_id, open_store, require_space
from engine.store.sources import import_jobs

DAY, HOUR = 86_400.0, 3_600.0
LONGEST_NAME = 80
"""Letters kept of a file's name: 255 bytes are the limit of most disks, and a Korean letter takes three."""
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


def uploads_folder(store: Path) -> Path:
    """Where uploads of this store lie."""
    return cache_folder(store) / "uploads"


def safe_name(name: str) -> str:
    """A file's own name without anything a disk or a path could misread; Korean stays."""
    base = _UNSAFE.sub("_", nfc(re.split(r"[/\\]", name)[-1])).strip(" .")
    stem, dot, ending = base.rpartition(".")
    short = f"{(stem or ending)[:LONGEST_NAME]}{dot if stem else ''}{ending[:8] if stem else ''}"
    return f"_{short}" if _DEVICES.match(short) else short or "upload.txt"


def save_uploads(store: Path, files: Iterable[tuple[str, IO[bytes], int]]) -> list[Path]:
    """Write (name, bytes, size) under uploads/<id>/, readable by the owner alone; returns the paths in order.

    Raises UserError when nothing came or the disk lacks the space; nothing is left behind then.
    """
    given = list(files)
    if not given:
        raise UserError("올린 파일이 없습니다. 파일을 먼저 골라 주세요.", "No file was uploaded. Choose one first.")
    require_space(store, sum(size for _, _, size in given))
    folder = uploads_folder(store) / new_id("up")
    folder.mkdir(parents=True, mode=0o700)
    try:
        return [_save(folder, name, body) for name, body, _ in given]
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _save(folder: Path, name: str, body: IO[bytes]) -> Path:
    path = folder / safe_name(name)
    number = 2
    while path.exists():
        path = folder / f"{number}_{safe_name(name)}"
        number += 1
    path.touch(mode=0o600)
    with path.open("wb") as file:
        shutil.copyfileobj(body, file, 1 << 20)
    return path


def remove_uploads(store: Path, files: Iterable[Path]) -> None:
    """Delete those of `files` that are uploads of this store, with their folder; the owner's own files are never touched."""
    top = uploads_folder(store).resolve()
    for file in files:
        folder = file.resolve().parent
        if folder.parent == top:
            shutil.rmtree(folder, ignore_errors=True)


def sweep_uploads(store: Path) -> None:
    """Delete uploads nobody will read again.

    Their job is done: at once. It failed, was cancelled or interrupted: a day later, until then it can be resumed. There is
    no such job: an hour later.
    """
    top = uploads_folder(store)
    folders = list(top.iterdir()) if top.is_dir() else []
    if not folders:
        return
    with open_store(store) as db:
        jobs = import_jobs(db)
    states = {Path(file).parent.name: job["state"] for job in jobs for file in job["files"]}
    for folder in folders:
        state, age = states.get(folder.name), time.time() - folder.stat().st_mtime
        if state == "done" or (state is None and age > HOUR) or (state not in ("queued", "running") and age > DAY):
            shutil.rmtree(folder, ignore_errors=True)
