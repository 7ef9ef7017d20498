"""Fetch a base model from the Hugging Face hub. It knows nothing of what the files mean."""

from pathlib import Path
from typing import Any

from engine.models.bases import ResolvedBase


def fetch(base: ResolvedBase, progress: Any = None) -> Path:
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(base.location, revision=base.revision))
