"""A model's files in parts that a host takes, named with their hashes, and put together again. It knows no model and no host."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import UserError

MANIFEST = "manifest.json"
PIECE = 1024 * 1024
"""Bytes read at once."""


def link(path: Path, out: Path) -> None:
    """`out` stands for the file: gigabytes are not copied twice where the disk can do without."""
    try:
        out.symlink_to(path.resolve())
    except OSError:
        shutil.copyfile(path, out)


def cut(source: Path, out: Path, limit_mb: float | None) -> None:
    """Write the files of `source` into `out`, those over the limit (10**6 bytes) in parts, and the manifest that names them all."""
    out.mkdir(parents=True, exist_ok=True)
    limit = None if limit_mb is None else int(limit_mb * 1e6)
    told = [_cut_one(path, out, limit) for path in sorted(source.iterdir()) if path.is_file()]
    (out / MANIFEST).write_text(json.dumps({"files": told}, indent=1), encoding="utf-8")


def _cut_one(path: Path, out: Path, limit: int | None) -> dict[str, Any]:
    size = path.stat().st_size
    count = 1 if limit is None else max(1, -(-size // limit))
    names = [path.name] if count == 1 else [f"{path.name}.{number:03d}" for number in range(1, count + 1)]
    whole, parts = hashlib.sha256(), []
    with path.open("rb") as file:
        for name in names:
            own, left = hashlib.sha256(), size if limit is None else limit
            with (out / name).open("wb") as part:
                while left > 0 and (data := file.read(min(PIECE, left))):
                    part.write(data)
                    own.update(data)
                    whole.update(data)
                    left -= len(data)
            parts.append({"name": name, "sha256": own.hexdigest()})
    return {"name": path.name, "bytes": size, "sha256": whole.hexdigest(), "parts": parts}


def whole(folder: Path, cache: Path) -> Path:
    """The folder with the model's whole files: `folder` itself where none is in parts, else one below `cache`. Every byte is compared
    with the manifest.

    Raises UserError when a file is missing or altered, when the manifest cannot be read, and when the disk is full.
    """
    files = _told(folder)
    if all(len(file["parts"]) == 1 for file in files):
        for file in files:
            for _ in _pieces(folder, file):
                pass
        return folder
    joined = cache / hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()[:16]
    if joined.is_dir() and all(_is_whole(joined / file["name"], file) for file in files):
        return joined
    try:
        cache.mkdir(parents=True, exist_ok=True)
        return _joined(folder, files, joined)
    except OSError as error:
        raise unwritable(cache, error) from error


def _joined(folder: Path, files: list[dict[str, Any]], joined: Path) -> Path:
    """Put together beside its place and moved there: another process never sees half of it."""
    unfinished = Path(tempfile.mkdtemp(prefix="joining-", dir=joined.parent))
    try:
        for file in files:
            with (unfinished / file["name"]).open("wb") as out:
                for data in _pieces(folder, file):
                    out.write(data)
        shutil.rmtree(joined, ignore_errors=True)
        unfinished.rename(joined)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return joined


def unwritable(folder: Path, error: OSError) -> UserError:
    """A disk that is full, or a folder that cannot be written to."""
    why = os.strerror(error.errno or 0)
    return UserError(
        f"'{folder.name}' 폴더에 쓸 수 없습니다({why}). 남은 디스크와 쓰기 권한을 확인하고 다시 켜세요.",
        f"The folder '{folder.name}' cannot be written to ({why}). Look at the disk's free space and the right to write, and start again.",
    )


def _told(folder: Path) -> list[dict[str, Any]]:
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        return [
            {
                "name": _plain(file["name"]), "bytes": int(file["bytes"]), "sha256": str(file["sha256"]),
                "parts": [_plain(part["name"]) for part in file["parts"]],
            }
            for file in files
        ]  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"모델 폴더의 {MANIFEST}을 읽을 수 없습니다({type(error).__name__}). 꾸러미를 다시 올리거나 다시 만드세요.",
            f"The {MANIFEST} of the model's folder cannot be read ({type(error).__name__}). Upload the bundle again, or make it anew.",
        ) from error


def _plain(name: Any) -> str:
    """Raises ValueError for a name that leads out of the folder."""
    if not isinstance(name, str) or name in ("", ".", "..") or any(sign in name for sign in "/\\:\0"):
        raise ValueError("not the name of a file")
    return name


def _pieces(folder: Path, file: dict[str, Any]) -> Iterator[bytes]:
    """The bytes of a file from its parts. Raises UserError at the end when they are not those that were bundled."""
    digest, size = hashlib.sha256(), 0
    for name in file["parts"]:
        try:
            with (folder / name).open("rb") as part:
                while data := part.read(PIECE):
                    digest.update(data)
                    size += len(data)
                    yield data
        except OSError as error:
            raise UserError(
                f"모델 파일 {name}이(가) 없거나 읽을 수 없습니다. 꾸러미의 model 폴더를 빠짐없이 다시 올리세요.",
                f"The model's file {name} is missing or cannot be read. Upload the bundle's folder model again, all of it.",
            ) from error
    if digest.hexdigest() != file["sha256"]:
        raise UserError(
            f"모델 파일 {file['name']}이(가) 묶을 때와 다릅니다({size:,}바이트, 처음에는 {file['bytes']:,}바이트). 올리다 잘렸거나 누가 바꾸었습니다. 다시 올리세요.",
            f"The model's file {file['name']} is not as it was bundled ({size:,} bytes, {file['bytes']:,} then): cut off while it was "
            "uploaded, or changed. Upload it again.",
        )


def _is_whole(path: Path, file: dict[str, Any]) -> bool:
    """Whether an earlier start put the file together; its bytes are looked at again, they may lie there for weeks."""
    if not path.is_file() or path.stat().st_size != file["bytes"]:
        return False
    with path.open("rb") as read:
        return bool(hashlib.file_digest(read, "sha256").hexdigest() == file["sha256"])
