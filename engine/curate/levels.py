"""Rows by speech level: only 반말, only 존댓말, or both in a wanted proportion. It knows nothing of endings.

A reply without a clear level (nouns, laughter) or with both stays in a proportion; a mixed one goes where only one level is
wanted. Levels are found for what the other filters leave, since finding one costs more than they do (10 µs).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from engine.curate.options import PersonaOptions
from engine.curate.row import Row
from engine.curate.selection import Reservoir, sample
from engine.korean.speech_level import text_level


def by_level(rows: Iterable[Row], options: PersonaOptions) -> Iterator[Row]:
    """The rows as the options want them, at most `max_rows` kept; every kept row names its level in `meta`."""
    if options.polite_share is not None:
        yield from _balanced(rows, options.polite_share, options.max_rows, options.seed)
        return
    if options.speech != "any":
        rows = _only(rows, options.speech)
    for row in sample(rows, options.max_rows, options.seed):
        if row.dropped is None:
            row.meta["speech"] = text_level(row.target)
        yield row


def _only(rows: Iterable[Row], wanted: str) -> Iterator[Row]:
    """Rows of one level, and those without a clear one."""
    for row in rows:
        if row.dropped is None and text_level(row.target) not in (wanted, "unknown"):
            row = replace(row, dropped="speech_level")
        yield row


def _balanced(rows: Iterable[Row], share: float, limit: int, seed: int) -> Iterator[Row]:
    """`share` of the rows with one clear level are polite; the others keep the share they have in the chat.

    Holds up to twice `limit` rows (all, when 0). What one level has too many of is dropped as `speech_level`, rare openings
    staying; too few rows of a level leave fewer rows in all, never another proportion.
    """
    sizes = {"polite": limit * share, "casual": limit * (1 - share), "other": float(limit)}
    held = {name: Reservoir(max(1, round(size)) if limit else 0, seed) for name, size in sizes.items()}
    seen = dict.fromkeys(held, 0)
    for number, row in enumerate(rows):
        if row.dropped is None:
            row.meta["speech"] = level = text_level(row.target)
            name = level if level in ("polite", "casual") else "other"
            seen[name] += 1
            out = held[name].add(number, row)
            if out:
                yield out
        else:
            yield row
    kept, surplus = _in_proportion({name: one.rows() for name, one in held.items()}, seen, share, limit)
    yield from surplus
    yield from (row for _, row in sorted(kept, key=lambda pair: pair[0]))


Numbered = list[tuple[int, Row]]


def _in_proportion(
    held: dict[str, Numbered], seen: dict[str, int], share: float, limit: int
) -> tuple[Numbered, list[Row]]:
    """(kept, dropped): as many clear rows as the scarcer level allows, and unclear ones in the share they had."""
    polite, casual = len(held["polite"]), len(held["casual"])
    clear = min(polite / share if share else casual, casual / (1 - share) if share < 1 else polite)
    most = {"polite": round(clear * share), "casual": round(clear * (1 - share))}
    known = seen["polite"] + seen["casual"]
    total = most["polite"] + most["casual"]
    unclear = round(total * seen["other"] / known) if known else len(held["other"])
    room = min(1.0, limit / (total + unclear)) if limit and total + unclear else 1.0
    counts = {**{name: round(size * room) for name, size in most.items()}, "other": round(unclear * room)}
    kept: Numbered = []
    surplus: list[Row] = []
    for name, rows in held.items():
        spread = _spread(rows, counts[name])
        kept += [rows[place] for place in sorted(spread)]
        reason = "over_limit" if name == "other" else "speech_level"
        surplus += [replace(row, dropped=reason) for place, (_, row) in enumerate(rows) if place not in spread]
    return kept, surplus


def _spread(rows: Numbered, count: int) -> set[int]:
    """Places of `count` rows, evenly from the first to the last: no time of the chat is lost."""
    return set(range(len(rows))) if count >= len(rows) else {place * len(rows) // count for place in range(count)}
