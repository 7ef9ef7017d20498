"""Records before and after masking, cut into pieces that a page colours. It changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlite_utils import Database

from engine.privacy.decisions import Leftovers
from engine.privacy.spans import apply_spans, defused
from engine.privacy.style import Styler
from engine.store.masks import Look, kept_values, read_look
from engine.store.settings import mask_key
from engine.store.sources import get_speakers
from engine.store.vault import all_pseudonyms

State = Literal["plain", "hidden", "kept", "doubtful"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text as it came and as it is trained on. kept: the owner shows it; doubtful: a rule would hide it now."""

    before: str
    after: str
    state: State = "plain"
    label: str | None = None
    mask: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One record of a preview."""

    id: int
    seq: int
    at: str | None
    speaker: str | None
    kind: str
    text: str
    pieces: list[Piece]

    @property
    def changed(self) -> bool:
        return any(piece.state != "plain" for piece in self.pieces)


def read_preview(
    db: Database, source_id: str, look: Look, at: int = 0, *, back: bool = False, limit: int = 20
) -> list[Shown]:
    """Records from record id `at` on (`back`: before it), each in pieces; one more than `limit` says that there are more."""
    rows = read_look(db, source_id, look, at, back=back, limit=limit + 1)
    return _all_shown(db, source_id, rows)


def read_some(db: Database, source_id: str, record_ids: Sequence[int]) -> list[Shown]:
    """These records as they are now; ids that are gone, or another source's, are left out."""
    found = [row for id_ in record_ids for row in read_look(db, source_id, Look(), id_, limit=1) if row["id"] == id_]
    return _all_shown(db, source_id, found)


def _all_shown(db: Database, source_id: str, rows: list[dict[str, Any]]) -> list[Shown]:
    masks = [mask for row in rows for mask in row["masks"]]
    here = {(m["label"], m["value_key"]) for m in masks if m["state"] == "rejected" and m["decided_by"] == "owner"}
    kept = kept_values(db) | here
    styler = Styler(db)
    shown = [_styled(row, styler) for row in rows]
    invented = [(kind, text) for (kind, _), text in all_pseudonyms(db).items()] if styler.pseudonyms else []
    speakers = list(get_speakers(db, source_id)) if kept else []
    leftovers = Leftovers(mask_key(db), kept, speakers, invented=invented)
    return [_shown(row, leftovers) for row in shown]


def _styled(row: dict[str, Any], styler: Styler) -> dict[str, Any]:
    """Applied masks carry the text that rows are built with; each knows the mask it came from."""
    hidden = [m for m in row["masks"] if m["state"] == "applied"]
    styled = [{**new, "mask": old} for new, old in zip(styler.spans(row["text"], hidden), hidden, strict=True)]
    return {**row, "hidden": styled}


def _shown(row: dict[str, Any], leftovers: Leftovers) -> Shown:
    facts = {name: row[name] for name in ("id", "seq", "at", "speaker", "kind", "text")}
    return Shown(**facts, pieces=cut(row["text"], row["hidden"], row["masks"], leftovers))


def cut(text: str, hidden: list[dict[str, Any]], masks: list[dict[str, Any]], leftovers: Leftovers) -> list[Piece]:
    """`text` in pieces; the `after`s joined are what `apply_spans` makes of `hidden`, the applied masks as rows get them."""
    kept = [m for m in masks if m["state"] == "rejected" and m["decided_by"] == "owner"]
    left = leftovers.find(apply_spans(text, hidden))
    pieces: list[Piece] = []
    at = written = 0
    for mask in [*hidden, None]:
        until = mask["start"] if mask else len(text)
        doubts = [(s.start - written + at, s.end - written + at, s.label) for s in left]
        inside = [(start, end, label) for start, end, label in doubts if at <= start and end <= until]
        pieces += _gap(text, at, until, kept, inside)
        written += until - at
        if mask:
            pieces.append(Piece(text[until : mask["end"]], mask["placeholder"], "hidden", mask["label"], mask["mask"]))
            at, written = mask["end"], written + len(mask["placeholder"])
    return pieces


def _gap(text: str, at: int, until: int, kept: list[dict[str, Any]], doubts: list[tuple[int, int, str]]) -> list[Piece]:
    """What stands between two masks. Defusing changes signs, never their number, so that offsets hold."""
    after = defused(text[at:until])
    marks: list[tuple[int, int, State, str, dict[str, Any] | None]] = [
        (m["start"], m["end"], "kept", m["label"], m) for m in kept if at <= m["start"] and m["end"] <= until
    ]
    marks += [(start, end, "doubtful", label, None) for start, end, label in doubts]
    pieces: list[Piece] = []
    here = at
    for start, end, state, label, mask in sorted(marks, key=lambda mark: (mark[0], mark[2] != "kept")):
        if start < here:
            continue
        pieces += _plain(text, after, at, here, start)
        pieces.append(Piece(text[start:end], after[start - at : end - at], state, label, mask))
        here = end
    return pieces + _plain(text, after, at, here, until)


def _plain(text: str, after: str, at: int, start: int, end: int) -> list[Piece]:
    return [Piece(text[start:end], after[start - at : end - at])] if end > start else []
