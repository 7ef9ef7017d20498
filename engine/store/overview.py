"""How much of everything there is: what a first page shows."""

from sqlite_utils import Database

from engine.store.open import one_row


def overview(db: Database) -> dict[str, int]:
    """{sources, datasets, runs (with an adapter), evaluations, busy (queued or running jobs)}."""
    sql = (
        "SELECT (SELECT count(*) FROM sources WHERE state = 'ready') AS sources, "
        "(SELECT count(*) FROM datasets WHERE state = 'frozen') AS datasets, "
        "(SELECT count(*) FROM runs WHERE adapter_id IS NOT NULL) AS runs, "
        "(SELECT count(*) FROM evaluations WHERE state = 'whole') AS evaluations, "
        "(SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')) AS busy"
    )
    found = one_row(db, sql)
    assert found is not None
    return found
