"""Which function does what a step says. It decides nothing and keeps nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.store.jobs import Work


def apply_step(
    work: Work, compression: Mapping[str, Any], source: Path, out: Path, step: Mapping[str, Any]
) -> dict[str, Any]:
    """Do one whole-model step from folder to folder; returns its facts."""
    raise NotImplementedError(step["technique"])
