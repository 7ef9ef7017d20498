"""What a run was made with: library versions, code, machine, threads. For repeating it exactly, and for saying what differs."""

import hashlib
import platform
import subprocess
import sys
from typing import Any

from engine.config import ROOT
from engine.hardware import device
from engine.train.provenance import library_versions

SOURCES = ("engine", "schema")
"""Folders whose text is the code of a run."""


def describe_environment() -> dict[str, Any]:
    """{python, libraries: {name: version}, code: git commit or None, source: sha256 of the source files, device, machine,
    threads, deterministic}."""
    import torch

    return {
        "python": sys.version.split()[0],
        "libraries": library_versions(),
        "code": _commit(),
        "source": source_hash(),
        "device": device(),
        "machine": _machine(),
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
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


def keep_threads(environment: dict[str, Any]) -> None:
    """Compute with as many threads as the run began with: sums are split by them, and their last bits with it."""
    import torch

    if threads := environment.get("threads"):
        torch.set_num_threads(threads)


def _machine() -> str:
    """System, processor family and the instructions torch computes with; the card's name where there is one."""
    import torch

    where = device()
    card = [torch.cuda.get_device_name(0)] if where.startswith("cuda") else []
    return " ".join([platform.system(), platform.machine(), torch.backends.cpu.get_cpu_capability(), *card])


def _commit() -> str | None:
    try:
        told = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return told.stdout.strip()
