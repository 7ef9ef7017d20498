"""Whether a failure is that of a full disk. It frees nothing."""

import errno
import shutil
import sqlite3
import tempfile
from pathlib import Path

FULL_BYTES = 4_000_000
"""With less than that free a write that failed failed for want of space."""


def disk_is_full(store: Path, error: BaseException) -> bool:
    """Whether a failure is that of a full disk: libraries that write in C++ tell it in words of their own, and SQLite as an
    error of the disk. Where the words are vague the disk itself is asked."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    text = str(error)
    if "No space left" in text:
        return True
    vague = isinstance(error, sqlite3.DatabaseError) or any(
        word in text for word in ("write", "written", "inline_container")
    )
    places = (store.parent, Path(tempfile.gettempdir()))
    return vague and min(shutil.disk_usage(place).free for place in places) < FULL_BYTES
