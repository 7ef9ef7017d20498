"""What this machine has and lacks, told as findings with a remedy each. It loads no heavy library and mends nothing."""

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engine.alive import is_alive
from engine.config import ROOT
from engine.errors import UserError
from engine.hardware import GIB, gpu_names
from engine.store.jobs import get_supervisor
from engine.store.migrate import migrations
from engine.store.open import open_store

OLDEST_PYTHON = (3, 11)
FREE_DISK_GB = 10.0
"""A 1–3 B base takes 2–6 GB in the hub cache, a run's checkpoints and the store the rest."""
MEMORY_GB = 8.0
SYNCED = ("onedrive", "dropbox", "icloud", "mobile documents", "google drive", "googledrive", "naver mybox")
"""Folder names of programs that copy files while they are being written, which damages a SQLite file."""
MEND = "python start.py install"


@dataclass(frozen=True)
class Finding:
    """One examined thing. `ok`: True fine, False must be mended, None worth knowing. `todo` is empty when fine."""

    name: str
    ok: bool | None
    found_ko: str
    found_en: str
    todo_ko: str = ""
    todo_en: str = ""


def examine(store: Path) -> list[Finding]:
    """Everything worth telling about this machine and the store at `store`, which is not created when absent."""
    return [
        examine_python(),
        *examine_libraries(ROOT / "requirements.txt"),
        examine_torch(gpu_names()),
        examine_memory(),
        examine_disk(store),
        examine_place(store),
        *examine_store(store),
    ]


def examine_python() -> Finding:
    """This interpreter against the oldest Malmoi runs on."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return Finding("Python", True, found, found)
    return Finding(
        "Python", False, found, found, "파이썬 3.11 이상으로 다시 설치하세요.", "Install Python 3.11 or newer."
    )


def pinned(requirements: Path) -> dict[str, str]:
    """{distribution: version} of the `name==version` lines."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return dict(re.findall(r"^([\w.-]+)==([\w.+!]+)", "\n".join(lines), re.MULTILINE))


def installed(name: str) -> str | None:
    """The installed version from the package's metadata, without importing it."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def examine_libraries(requirements: Path) -> list[Finding]:
    """One finding per library that is missing or of another version; a single good one when all are as pinned."""
    wanted = pinned(requirements)
    findings = [_library(name, want, installed(name)) for name, want in wanted.items()]
    wrong = [finding for finding in findings if finding.ok is not True]
    count = f"{len(wanted) - len(wrong)}/{len(wanted)}"
    summary = Finding("libraries", not wrong, f"{count}개가 고정한 버전입니다", f"{count} at their pinned version")
    return [summary, *wrong]


def _library(name: str, want: str, have: str | None) -> Finding:
    if have is not None and have.split("+")[0] == want:
        return Finding(name, True, have, have)
    todo = (f"`{MEND}`을 하세요.", f"Run `{MEND}`.")
    if have is None:
        return Finding(name, False, f"없습니다({want} 필요)", f"missing ({want} needed)", *todo)
    return Finding(name, False, f"{have}입니다({want} 필요)", f"{have} ({want} needed)", *todo)


def examine_torch(cards: list[str]) -> Finding:
    """torch's build against the NVIDIA cards present: a build without CUDA beside a card must be mended."""
    have, cuda, names = installed("torch"), cuda_build(), ", ".join(cards)
    if have is None:
        return Finding("GPU", False, "torch가 없습니다", "torch is missing", f"`{MEND}`을 하세요.", f"Run `{MEND}`.")
    build = f"torch {have}, {f'CUDA {cuda}' if cuda else 'CPU'}"
    if not cards:
        return Finding("GPU", True, f"{build} 빌드, NVIDIA 카드 없음", f"{build} build, no NVIDIA card")
    if cuda:
        return Finding("GPU", True, f"{build} 빌드, {names}", f"{build} build, {names}")
    return Finding(
        "GPU",
        False,
        f"{build} 빌드라서 카드({names})를 쓰지 못합니다",
        f"{build} build, so the card ({names}) is not used",
        f"CUDA 빌드로 바꾸려면 `{MEND}`을 하세요.",
        f"Run `{MEND}` to get the CUDA build.",
    )


def cuda_build() -> str | None:
    """torch's CUDA version read from its version file; importing torch would take seconds. None without CUDA."""
    from importlib.util import find_spec

    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    found = re.search(r"^cuda\b.*?=\s*['\"]([\d.]+)['\"]", text, re.MULTILINE)
    return found.group(1) if found else None


def examine_memory() -> Finding:
    """Total memory; the starter model needs about 2 GB, a 1–3 B base on the CPU 8 GB and more."""
    import psutil

    total = psutil.virtual_memory().total / GIB
    text = f"{total:.1f} GB"
    if total >= MEMORY_GB:
        return Finding("memory", True, text, text)
    ko = f"{MEMORY_GB:.0f} GB보다 적습니다. 시작 모델은 되지만 1B 이상의 베이스는 어렵습니다."
    en = f"Less than {MEMORY_GB:.0f} GB: the starter model runs, bases of 1 B and more hardly."
    return Finding("memory", None, text, text, ko, en)


def examine_disk(store: Path) -> Finding:
    """Free space where the store lies."""
    free = shutil.disk_usage(_existing(store)).free / 1e9
    ok = True if free >= FREE_DISK_GB else None if free >= 1 else False
    text = f"{free:.1f} GB"
    if ok:
        return Finding("disk", ok, text, text)
    ko = f"{FREE_DISK_GB:.0f} GB는 비워 두세요. 허브 모델 하나가 2~6 GB입니다."
    return Finding("disk", ok, text, text, ko, f"Free up to {FREE_DISK_GB:.0f} GB: one hub model takes 2–6 GB.")


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def examine_place(store: Path) -> Finding:
    """Whether the store lies where another program may copy it mid-write, or where locks do not work."""
    path = str(store)
    words = [word for word in SYNCED if word in path.lower()]
    if not words and not path.startswith(("\\\\", "//")):
        return Finding("store place", True, path, path)
    why_ko, why_en = (
        (f"동기화 폴더({words[0]})", f"a synced folder ({words[0]})") if words else ("네트워크 폴더", "a network share")
    )
    return Finding(
        "store place",
        None,
        f"{path}: {why_ko}",
        f"{path}: {why_en}",
        "쓰는 중에 복사되거나 잠금이 듣지 않아 저장소가 상할 수 있습니다. `--store`로 이 컴퓨터의 다른 폴더를 쓰세요.",
        "Copied mid-write, or without working locks, a store can be damaged. Use a local folder with `--store`.",
    )


def examine_store(store: Path) -> Iterator[Finding]:
    """The store's schema and its supervisor; one finding when there is no store yet or it does not open."""
    if not store.exists():
        yield Finding("store", True, "아직 없습니다. 처음 쓸 때 만듭니다", "none yet; made on first use")
        return
    try:
        with open_store(store) as db:
            supervisor = get_supervisor(db)
            schema = [migration.name for migration in migrations().applied(db)][-1]
    except UserError as error:
        yield Finding("store", False, "열리지 않습니다", "does not open", error.ko, error.en)
        return
    size = store.stat().st_size / 1e6
    yield Finding("store", True, f"{size:.1f} MB, 스키마 {schema}", f"{size:.1f} MB, schema {schema}")
    if supervisor and is_alive(supervisor["pid"], supervisor["pid_started_at"]):
        yield Finding("supervisor", True, f"일하는 중(PID {supervisor['pid']})", f"at work (PID {supervisor['pid']})")
    else:
        yield Finding("supervisor", True, "쉬는 중. 작업이 생기면 시작합니다", "resting; starts with the next job")
