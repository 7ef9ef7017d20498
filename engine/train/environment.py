"""What a run was made with: library versions, code version, device. For repeating it exactly."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from engine.config import ROOT
from engine.hardware import device

LIBRARIES = ("torch", "transformers", "trl", "peft", "bitsandbytes", "accelerate", "datasets")


def describe_environment() -> dict[str, Any]:
    """{python, libraries: {name: version}, code: git commit or None, device}."""
    return {"python": sys.version.split()[0], "libraries": _versions(), "code": _commit(), "device": device()}


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _commit() -> str | None:
    try:
        told = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return told.stdout.strip()
