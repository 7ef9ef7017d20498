"""The engine's own source as one zip, so that a capsule trains with the code that made it. It runs nothing."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from engine.config import ROOT
from engine.models.bases import SHIPPED

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every file inside: the same code makes the same bytes."""
FILES = ("engine/**/*", "schema/*.sql", "requirements.txt", "start.py")


def code_zip(starter: str | None) -> bytes:
    """The code as a zip of about 1.3 MB, 11 MB with the weights of the decoder starter. starter: the shipped base to carry."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in code_files(starter):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def code_digest() -> str:
    """sha256 over names and contents of the code here, without weights."""
    digest = hashlib.sha256()
    for name, path in code_files(None):
        content = path.read_bytes().replace(b"\r\n", b"\n")  # git on Windows may have changed the line ends
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


def code_files(starter: str | None) -> Iterator[tuple[str, Path]]:
    """(name inside the project, file) in order of names, without what Python and tools leave behind."""
    weights = [f"{SHIPPED[starter].relative_to(ROOT).as_posix()}/*"] if starter else []
    found = {path for pattern in (*FILES, *weights) for path in ROOT.glob(pattern) if path.is_file()}
    named = sorted((path.relative_to(ROOT).as_posix(), path) for path in found)
    return ((name, path) for name, path in named if "__pycache__" not in name and not name.endswith((".pyc", ".db")))
