"""The command for room on disk: what the store and its caches take, and which copies to delete."""

from typing import Annotated

import typer

from engine.cli.app import app, door, tell
from engine.store.open import open_store


@app.command()
def storage(
    drop: Annotated[
        str | None, typer.Option("--drop", help="지울 임시 폴더(runs, artifacts, logs …). / A cache folder to delete.")
    ] = None,
) -> None:
    """무엇이 자리를 얼마나 차지하는지. / What takes how much room."""
    from dataclasses import asdict

    from engine.store.storage import caches, drop_cache, families, store_files

    with open_store(door.store) as db:
        if drop is not None:
            freed = drop_cache(db, door.store, drop)
            tell({"dropped": drop, "bytes": freed}, f"{drop}: {freed / 1e6:.1f} MB를 비웠습니다.")
            return
        found, copies = families(db), caches(door.store)
    lines = [f"{store_files(door.store) / 1e6:>10.1f} MB  {door.store.name}"]
    lines += [f"{f.bytes / 1e6:>10.1f} MB  {f.name}" + ("" if f.exact else " (약)") for f in found]
    lines += [f"{c.bytes / 1e6:>10.1f} MB  {door.store.name}.cache/{c.name}" for c in copies]
    tell(
        {
            "bytes": store_files(door.store),
            "families": [asdict(family) for family in found],
            "caches": [asdict(cache) for cache in copies],
        },
        "\n".join(lines),
    )
