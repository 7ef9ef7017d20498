"""Where things lie: the store, its cache folder, the samples. It knows nothing of what is inside them."""

import os
from pathlib import Path

from engine.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds Home.py, engine/, schema/ and starter/."""

SCHEMA = ROOT / "schema"
SAMPLES = ROOT / "starter" / "data"


def store_path(given: str | None = None) -> Path:
    """The store to use: `--store`, else MALMOI_STORE, else `store.db` beside the code."""
    return Path(given or os.environ.get("MALMOI_STORE") or ROOT / "store.db").expanduser().resolve()


def cache_folder(store: Path) -> Path:
    """Folder beside the store for logs and unpacked artifacts. It may be deleted whenever no job runs."""
    return store.with_name(store.name + ".cache")


def language() -> str:
    """`ko` unless MALMOI_LANG says `en`."""
    return "en" if os.environ.get("MALMOI_LANG", "ko").lower().startswith("en") else "ko"


def require_new_folder(out: Path) -> None:
    """Raises UserError where something is written over: a file, or a folder that holds anything."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(
            f"'{out}'에 이미 무언가 있습니다. 비어 있거나 없는 폴더를 --out에 주세요.",
            f"'{out}' holds something already. Give --out a folder that is empty or does not exist.",
        )
