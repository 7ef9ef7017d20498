"""Train a Malmoi capsule on a machine that has nothing but Python 3.11 or newer: python THIS_FILE CAPSULE [words]

It unpacks the code that lies in the capsule beside it, sets up its environment once (or takes the Python that runs this when the
right libraries are there), and hands over to `python -m engine capsule run`. Run only capsules of your own: what is inside is
a program. Standard library only.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

LIMIT = 1 << 30
"""Bytes the code may unpack to: its weights are 11 MB."""
CHECKED = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")


def part(capsule: sqlite3.Connection, name: str) -> bytes:
    """The bytes of a part, checked against its digest."""
    row = capsule.execute("SELECT bytes, sha256 FROM parts WHERE name = ? AND side = 'out'", [name]).fetchone()
    if row is None or row[0] > LIMIT:
        sys.exit(f"캡슐에 {name}이(가) 없습니다. / The capsule holds no {name}.")
    content = b"".join(
        piece for (piece,) in capsule.execute("SELECT data FROM chunks WHERE name = ? ORDER BY ord", [name])
    )
    if hashlib.sha256(content).hexdigest() != row[1]:
        sys.exit(f"캡슐의 {name}이(가) 손상되었습니다. / {name} in the capsule is damaged.")
    return content


def unpack(content: bytes, folder: Path) -> None:
    """The code, into a folder of its own; a name that leaves it, or too many bytes, end everything."""
    half = Path(
        tempfile.mkdtemp(prefix=folder.name + ".", dir=folder.parent)
    )  # others may unpack beside, on a shared disk
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = archive.infolist()
        names = [file.filename for file in files]
        bad = [name for name in names if name.startswith(("/", "\\")) or ".." in name or ":" in name or "\\" in name]
        if bad or sum(file.file_size for file in files) > LIMIT:
            shutil.rmtree(half)
            sys.exit("캡슐 안의 코드를 풀 수 없습니다. / The code in the capsule cannot be unpacked.")
        archive.extractall(half)
    try:
        half.rename(folder)
    except OSError:  # somebody was first
        shutil.rmtree(half)
        if not folder.is_dir():
            raise


@contextlib.contextmanager
def alone(lock: Path) -> "Iterator[None]":
    """One set-up at a time on a disk that several machines share."""
    told = False
    while True:
        try:
            lock.mkdir()
            break
        except FileExistsError:
            if not told:
                print(
                    f"다른 설치를 기다립니다. 없으면 지우세요 / waiting; delete it if nobody sets up: {lock}",
                    file=sys.stderr,
                )
            told = True
            time.sleep(1)
    try:
        yield
    finally:
        lock.rmdir()


def install(code: Path) -> int:
    """Set the environment up inside the code's folder, once. Returns the exit status."""
    with alone(code / "installing"):
        if (code / ".venv" / "malmoi.json").is_file():  # written last by a finished set-up
            return 0
        return subprocess.call([sys.executable, "start.py", "install"], cwd=code)


def has_libraries(wanted: "dict[str, str]") -> bool:
    """Whether this Python has the very versions the capsule was made with; torch's build may differ."""
    try:
        return all(
            metadata.version(name).split("+")[0] == wanted[name].split("+")[0] for name in CHECKED if name in wanted
        )
    except metadata.PackageNotFoundError:
        return False


def main(words: "list[str]") -> int:
    """Returns the exit status of the training."""
    if sys.version_info < (3, 11):  # noqa: UP036 (it runs anywhere)
        sys.exit("파이썬 3.11 이상이 필요합니다. / Python 3.11 or newer is needed.")
    path = Path(words[0]).resolve()
    try:
        capsule = sqlite3.connect(path.as_uri() + "?mode=ro", uri=True)
        manifest, content = json.loads(part(capsule, "manifest.json")), part(capsule, "code.zip")
        capsule.close()
    except (sqlite3.Error, ValueError) as error:
        sys.exit(
            f"{path.name}은(는) 캡슐이 아니거나 손상되었습니다. / {path.name} is no capsule, or is damaged: {error}"
        )
    code = path.with_name(path.stem + ".code-" + manifest["code"]["digest"][:12])
    if not code.is_dir():
        unpack(content, code)
    python = sys.executable
    if not has_libraries(manifest["libraries"]):
        if status := install(code):
            return status
        python = str(code / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    command = [python, "-X", "utf8", "-m", "engine", "capsule", "run", str(path), *words[1:]]
    if os.name != "nt":  # the same process: a terminate or a kill meets the training itself
        os.chdir(code)
        os.execv(python, command)
    return subprocess.call(command, cwd=code)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
