"""The owner's last correction of a source's masks taken back, or made again. The log of them lies in the store.

Both work after a restart and after masking anew, and refuse when another window came first.
"""

from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.privacy.correct import drop_added, hide_again, hide_word, of_value, show_value
from engine.privacy.decisions import folded_word, placeholder_of
from engine.store.mask_log import correcting, last_done, last_undone, read_log, restore, shown_alone
from engine.store.masks import ADDED, EVERYWHERE, added_values, added_words, is_decided, masked_sources, shown_example


@dataclass(frozen=True, slots=True)
class Step:
    """One correction, as a list or a button shows it."""

    id: int
    action: str
    """keep_here, hide_here, keep, accept, add or undo."""
    label: str
    placeholder: str
    word: str | None
    """One way the value is written; None when no record holds it any more."""
    places: int
    at: str
    """When it was made, UTC."""
    undone: bool


def next_undo(db: Database, source_id: str) -> Step | None:
    """What undo would take back."""
    return _step(db, last_done(db, source_id))


def next_redo(db: Database, source_id: str) -> Step | None:
    """What redo would make again."""
    return _step(db, last_undone(db, source_id))


def list_steps(db: Database, source_id: str, limit: int = 20) -> list[Step]:
    """Corrections of a source, newest first."""
    return [step for line in read_log(db, source_id, limit) if (step := _step(db, line))]


def _step(db: Database, line: dict[str, Any] | None) -> Step | None:
    if line is None:
        return None
    placeholder = placeholder_of(line["label"], line["number"]) if line["number"] else ""
    word = line["word"] or shown_example(db, line["label"], line["value_key"], placeholder)
    undone = line["undone_at"] is not None
    return Step(
        line["id"], line["action"], line["label"], placeholder, word, line["places"], line["created_at"], undone
    )


def undo_last(db: Database, source_id: str, expected: int | None = None) -> int:
    """Take the newest correction back; returns the places changed.

    `expected`: the id that a page showed. Raises UserError when there is nothing to undo, or another window came first.
    """
    with correcting(db):
        line = _checked(last_done(db, source_id), expected, "되돌릴", "undo")
        changed = restore(db, line["id"], back=True)
        return changed + _undo_later_places(db, line["action"], line["label"], line["value_key"])


def redo_last(db: Database, source_id: str, expected: int | None = None) -> int:
    """Make the correction that was undone last again; see `undo_last`."""
    with correcting(db):
        line = _checked(last_undone(db, source_id), expected, "다시 할", "redo")
        changed = restore(db, line["id"], back=False)
        return changed + _redo_later_places(db, line["action"], line["label"], line["value_key"])


def _checked(line: dict[str, Any] | None, expected: int | None, ko: str, en: str) -> dict[str, Any]:
    if expected is not None and (line is None or line["id"] != expected):
        raise UserError(
            "그사이 다른 창에서 더 고쳤습니다. 지금 단추에 적힌 것을 보고 다시 누르세요.",
            "More was corrected in another window meanwhile. Look at what the button says now and press again.",
        )
    if line is None:
        raise UserError(f"이 자료에 {ko} 것이 없습니다.", f"There is nothing to {en} in this source.")
    return line


def _undo_later_places(db: Database, action: str, label: str, value_key: str) -> int:
    """Places that came with masking after the correction followed the decision; they go back with it."""
    masks = of_value(db, label, value_key)
    if action == "keep" and not is_decided(db, "kept", label, value_key):
        alone = shown_alone(db, label, value_key)
        shown = [m for m in masks if (m["state"], m["decided_by"]) == ("rejected", "owner") and m["confidence"] < ADDED]
        left = [m for m in shown if (m["record_id"], m["start"], m["end"]) not in alone]
        hide_again(db, left)
        return len(left)
    if action == "add" and not is_decided(db, "added", label, value_key):
        left = [m for m in masks if m["confidence"] == ADDED]
        drop_added(db, left)
        return len(left)
    return 0


def _redo_later_places(db: Database, action: str, label: str, value_key: str) -> int:
    """Places that came with masking while the correction was undone."""
    if action == "keep":
        return show_value(db, label, value_key)
    if action != "add":
        return 0
    places = [place for key_label, key, place in added_values(db) if (key_label, key) == (label, value_key)]
    sources = masked_sources(db) if EVERYWHERE in places else places
    masks = of_value(db, label, value_key)
    words = added_words(db, label, value_key, masks[0]["placeholder"]) if masks else []
    return sum(hide_word(db, word, folded_word(word), label, sources)[0] for word in words)
