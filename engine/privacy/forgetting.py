"""Forget a speaker, a source or a visitor: the rows in the store, the name in others' words, and the unpacked copies beside it."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any, Literal

from engine.config import cache_folder
from engine.privacy.apply import name_scrubber
from engine.privacy.store_vault import renew
from engine.privacy.style import retire_unused
from engine.store.forget import forget_source, forget_speaker, preview_source, preview_speaker
from engine.store.forget_visitor import forget_visitor, preview_visitor
from engine.store.open import mendable, open_store

What = Literal["speaker", "source", "visitor"]


def preview(store: Path, what: What, name: str) -> dict[str, Any]:
    """What would be removed and touched: {records, rows, sources, datasets, retrain, backups, capsules, redeploy}. Changes nothing."""
    with open_store(store) as db:
        return {"speaker": preview_speaker, "source": preview_source, "visitor": preview_visitor}[what](db, name)


def forget(store: Path, what: What, name: str) -> dict[str, Any]:
    """Remove it everywhere; returns what `preview` does. A kill half-way is finished by the next supervisor.

    Raises UserError while a job runs, when nothing has that name, or when the store is locked or the disk full.
    """
    try:
        with open_store(store) as db:
            if what == "speaker":
                done = forget_speaker(db, name, name_scrubber(name))
            else:
                done = (forget_source if what == "source" else forget_visitor)(db, name)
            retire_unused(db)
            renew(db)
    except sqlite3.DatabaseError as error:
        raise mendable(store, error) from error
    drop_copies(store)
    return done


def drop_copies(store: Path) -> None:
    """Unpacked copies are caches; what was forgotten must not live on in one, nor in a file that came by the browser:
    an import that failed must be given its file anew."""
    for name in ("runs", "artifacts", "uploads", "capsules"):
        shutil.rmtree(cache_folder(store) / name, ignore_errors=True)
    for log in (cache_folder(store) / "logs").glob("job-*.log"):
        log.unlink(missing_ok=True)  # no job runs now: forgetting refuses while one does
