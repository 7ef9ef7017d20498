"""The engine's own source as one zip, so that a capsule trains with the code that made it. It runs nothing."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from engine.config import ROOT

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every file inside: the same code makes the same bytes."""
FILES = ("engine/**/*", "schema/*.sql", "requirements.txt", "start.py")
STARTER = "starter/model/*"


def code_zip(with_starter: bool) -> bytes:
    """The code as a zip of about 1.3 MB, 11 MB with the starter's weights."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in code_files(with_starter):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def code_digest() -> str:
    """sha256 over names and contents of the code here, without weights."""
    digest = hashlib.sha256()
    for name, path in code_files(False):
        content = path.read_bytes().replace(b"\r\n", b"\n")  # git on Windows may have changed the line ends
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


def code_files(with_starter: bool) -> Iterator[tuple[str, Path]]:
    """(name inside the project, file) in order of names, without what Python and tools leave behind."""
    patterns = (*FILES, STARTER) if with_starter else FILES
    found = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    named = sorted((path.relative_to(ROOT).as_posix(), path) for path in found)
    return ((name, path) for name, path in named if "__pycache__" not in name and not name.endswith((".pyc", ".db")))
