"""What a run was made with: library versions, code, machine, threads. For repeating it exactly, and for saying what differs."""

import hashlib
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.config import ROOT
from engine.hardware import cards, device
from engine.train.provenance import Change, library_versions

SOURCES = ("engine", "schema")
"""Folders whose text is the code of a run."""


def this_environment() -> dict[str, Any]:
    """What a page can tell of this machine without torch: python, libraries {name: version}, code (git commit or None), source
    (sha256 of the source files), system, processor, cards."""
    return {
        "python": platform.python_version(),
        "libraries": library_versions(),
        "code": _commit(),
        "source": source_hash(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cards": ", ".join(card["name"] for card in cards()),
    }


def describe_environment() -> dict[str, Any]:
    """`this_environment` with what torch knows: device, instructions (of the processor), threads, flags."""
    import torch

    return {
        **this_environment(),
        "device": device(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "flags": {
            "deterministic": torch.are_deterministic_algorithms_enabled(),
            "tf32": torch.backends.cuda.matmul.allow_tf32,
            "cudnn_benchmark": torch.backends.cudnn.benchmark,
        },
    }


def source_hash() -> str:
    """sha256 over the names and texts of the code that trains: tells versions apart where there is no git, and edits where
    there is."""
    digest = hashlib.sha256()
    for top in SOURCES:
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".py", ".sql"):
                text = path.read_bytes().replace(b"\r\n", b"\n")  # a checkout on Windows is the same code
                digest.update(f"{path.relative_to(ROOT).as_posix()}\0{len(text)}\0".encode() + text)
    return digest.hexdigest()


def keep_threads(environment: Mapping[str, Any]) -> None:
    """Compute with as many threads as the run began with: sums are split by them, and their last bits with it."""
    import torch

    if threads := environment.get("threads"):
        torch.set_num_threads(threads)


LABELS = {
    "python": ("파이썬", "Python"),
    "source": ("말모이 코드", "Malmoi's code"),
    "system": ("운영체제", "system"),
    "processor": ("프로세서", "processor"),
    "cards": ("그래픽 카드", "graphics card"),
    "device": ("장치", "device"),
    "instructions": ("명령어 집합", "instructions"),
    "threads": ("스레드 수", "threads"),
}
"""Parts of an environment in words. `code` is not among them: `source` tells more."""


def environment_changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """What differs between the environment of a run and another; what one of them does not tell is not compared."""
    libraries, there = then.get("libraries", {}), now["libraries"]
    found = [
        Change("library", name, name, number, there.get(name, "–"))
        for name, number in libraries.items()
        if there.get(name) != number
    ]
    for name, (ko, en) in LABELS.items():
        if name in then and name in now and then[name] != now[name]:
            shown = [str(value)[:12] if name == "source" else str(value) for value in (then[name], now[name])]
            found.append(Change(name, ko, en, *shown))
    return found


def _processor() -> str:
    """The processor's name as the system tells it; Linux tells it in a file alone."""
    told = Path("/proc/cpuinfo")
    if sys.platform == "linux" and told.is_file():
        for line in told.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str | None:
    try:
        told = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return told.stdout.strip()
