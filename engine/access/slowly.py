"""Guessing is slowed: tries that opened nothing are counted, per address and over all. It knows no secrets."""

import time

from sqlite_utils import Database

from engine.access.codes import hash_of
from engine.store.open import one_row, writing

WINDOW = 600.0
"""Seconds that a refused try counts."""
FREE, FREE_IN_ALL = 5, 60
"""So many tries cost nothing: of one address, and of all together, since an address is cheap to change."""
LONGEST, LONGEST_IN_ALL = 300.0, 8.0
"""Seconds. All together wait little: a guesser must not keep everybody else out."""
KEPT = 3600.0


def wait_before(db: Database, door: str, address: str, now: float | None = None) -> float:
    """Seconds until this address may try this door again; 0: now. Doubles with every try beyond the free ones."""
    at = time.time() if now is None else now
    own = _refused(db, "door = ? AND at > ? AND who = ?", [door, at - WINDOW, _who(door, address)])
    everyone = _refused(db, "door = ? AND at > ?", [door, at - WINDOW])
    return max(_left(own, FREE, LONGEST, at), _left(everyone, FREE_IN_ALL, LONGEST_IN_ALL, at), 0.0)


def _refused(db: Database, where: str, values: list[object]) -> tuple[int, float]:
    """(tries, time of the last)."""
    found = one_row(db, f"SELECT count(*) AS n, coalesce(max(at), 0) AS last FROM refused_tries WHERE {where}", values)
    assert found is not None
    return found["n"], found["last"]


def _left(refused: tuple[int, float], free: int, longest: float, at: float) -> float:
    tries, last = refused
    return float(last + min(2.0 ** min(tries - free, 20), longest) - at) if tries >= free else 0.0


def count_refused(db: Database, door: str, address: str, now: float | None = None) -> None:
    """One more try that opened nothing. The address is kept as a hash, for an hour."""
    at = time.time() if now is None else now
    with writing(db):
        db.execute("DELETE FROM refused_tries WHERE at < ?", [at - KEPT])
        db.execute("INSERT INTO refused_tries (door, who, at) VALUES (?, ?, ?)", [door, _who(door, address), at])


def _who(door: str, address: str) -> str:
    return hash_of(f"{door} {address}")[:16]
