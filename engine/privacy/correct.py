"""The owner corrects masks: shows what is no personal data, hides what was missed, takes either back. One transaction each.

It runs at once and not as a job: a job's arguments are kept, and a word that is to be hidden must not stand in them.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.privacy.decisions import (
    AddedWord,
    Numbers,
    folded_word,
    placeholder_of,
    value_of_surface,
)
from engine.privacy.labels import PLACEHOLDER_WORDS, WORDS
from engine.privacy.masking import Masker
from engine.privacy.residual import PLACEHOLDER
from engine.privacy.store_vault import seal_value
from engine.store.mask_log import Action, Correction, correcting
from engine.store.masks import (
    ADDED,
    EVERYWHERE,
    OwnerMask,
    add_decided_masks,
    drop_masks,
    forget_decision,
    get_mask,
    is_decided,
    masked_sources,
    masks_of,
    masks_of_value,
    number_of,
    read_decisions,
    remember_decision,
    set_state,
    shown_example,
    texts_with,
    value_of,
)
from engine.store.settings import mask_key
from engine.store.sources import add_mask_numbers, get_source, get_speakers, mask_numbers

MOST_COUNTED = 1_000
"""Places counted before a word is added: a page shows the number at every keystroke."""
SHORTEST = 2
"""Letters of a word that is added: one syllable stands in every second message."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on a value, as a list shows it."""

    what: str
    """`kept`, `accepted` or `added`."""
    label: str
    value_key: str
    where: str
    """A source's id, or EVERYWHERE."""
    placeholder: str
    word: str | None
    """One way it is written; None when no record holds it any more."""
    at: str
    """When it was made, UTC."""


def keep_here(db: Database, mask_id: int) -> None:
    """Show what one mask hides, in this place only. Raises UserError when the mask is gone or was changed meanwhile."""
    mask = get_mask(db, mask_id)
    with correcting(db, Correction("keep_here", mask["source_id"], mask["label"], mask["value_key"])):
        mask = _mask_in_state(db, mask_id, "applied")
        set_state(db, [mask_id], "rejected", "owner")
        _uncover(db, [mask])


def hide_here(db: Database, mask_id: int) -> None:
    """Take `keep_here` back."""
    mask = get_mask(db, mask_id)
    with correcting(db, Correction("hide_here", mask["source_id"], mask["label"], mask["value_key"])):
        mask = _mask_in_state(db, mask_id, "rejected")
        if is_decided(db, "kept", mask["label"], mask["value_key"]):
            raise UserError(
                f"{mask['placeholder']}은(는) 어디서나 보이게 해 둔 값입니다. '내가 고친 것'에서 그 결정을 되돌리세요.",
                f"{mask['placeholder']} is a value you chose to show everywhere. Take that decision back in the list.",
            )
        hide_again(db, [mask])


def keep_value(db: Database, label: str, value_key: str, at: str | None = None) -> int:
    """Show a value in every source, also in those masked later; returns how many places changed.

    `at`: the source the owner looks at, whose undo takes it back.
    """
    with correcting(db, _standing_at("keep", db, label, value_key, at)):
        return show_value(db, label, value_key)


def show_value(db: Database, label: str, value_key: str) -> int:
    """What `keep_value` changes, inside a correction."""
    drop_added(db, [m for m in of_value(db, label, value_key) if m["confidence"] == ADDED])
    masks = of_value(db, label, value_key)
    shown = [m for m in masks if m["state"] == "applied"]
    set_state(db, [m["id"] for m in masks if m["decided_by"] == "rule"], "rejected", "owner")
    remember_decision(db, "kept", label, value_key)
    return len(shown)


def accept_value(db: Database, label: str, value_key: str, at: str | None = None) -> int:
    """The value is rightly hidden: it is not asked about again. Returns in how many places it is hidden."""
    with correcting(db, _standing_at("accept", db, label, value_key, at)):
        remember_decision(db, "accepted", label, value_key)
        return sum(m["state"] == "applied" for m in of_value(db, label, value_key))


def add_word(db: Database, word: str, label: str, source_id: str | None, at: str | None = None) -> int:
    """Hide a word wherever it stands in a source (None: in every masked source, and in later ones); returns the new places.

    Raises UserError for a word too short, a placeholder, or one that stands nowhere.
    """
    return add_words(db, [word], label, source_id, at)


def add_words(db: Database, words: Sequence[str], label: str, source_id: str | None, at: str | None = None) -> int:
    """Several words at once, as one correction; those that are hidden everywhere already may be among them."""
    checked = [(word, _checked_word(word, label)) for word in words]
    sources = masked_sources(db) if source_id is None else [_masked(db, source_id)]
    what = Correction("add", at or (sources[0] if sources else ""), label)
    with correcting(db, what):
        found = [hide_word(db, word, folded, label, sources) for word, folded in checked]
        keys = list(dict.fromkeys(key for _, new in found for key in new))
        if not keys:
            raise _nowhere(*checked[0], sources, db)
        for value_key in keys:
            remember_decision(db, "added", label, value_key, EVERYWHERE if source_id is None else sources[0])
        what.value_key = keys[0]
    return sum(new for new, _ in found)


def hide_word(db: Database, word: str, folded: str, label: str, sources: Sequence[str]) -> tuple[int, list[str]]:
    """Hide a word in these sources, inside a correction: (new places, their value keys)."""
    numbers = Numbers(mask_key(db), mask_numbers(db))
    keys: list[str] = []
    for id_ in sources:
        masks, covered = _new_masks(db, id_, folded, label, word, numbers)
        add_mask_numbers(db, numbers.take_new())
        add_decided_masks(db, masks)
        set_state(db, [m["id"] for m in covered], "rejected", "rule")
        keys += [mask[5] for mask in masks]
    for value_key in sorted(set(keys)):
        seal_value(db, label, value_key, word)
    return len(keys), keys


def count_word(db: Database, word: str, source_id: str, most: int = MOST_COUNTED) -> int:
    """In how many places of a source a word stands; `most` when there are that many or more."""
    folded = folded_word(word)
    if len(folded) < SHORTEST:
        return 0
    added = AddedWord(folded, "PERSON")
    rows = texts_with(db, source_id, _forms(word, folded))
    return sum(1 for _ in islice((spot for row in rows for spot in added.spots(row["text"])), most))


def undo_value(db: Database, label: str, value_key: str, at: str | None = None) -> int:
    """Take the decisions on a value back, be it kept, accepted or added; returns how many places changed."""
    with correcting(db, _standing_at("undo", db, label, value_key, at)):
        masks = of_value(db, label, value_key)
        added = [m for m in masks if m["confidence"] == ADDED]
        kept = [m for m in masks if m["state"] == "rejected" and m["decided_by"] == "owner" and m not in added]
        forget_decision(db, label, value_key)
        drop_added(db, added)
        hide_again(db, kept)
        return len(added) + len(kept)


def drop_added(db: Database, added: list[dict[str, Any]]) -> None:
    """Remove masks of the owner; what they covered hides again."""
    drop_masks(db, [m["id"] for m in added])
    _uncover(db, added)


def list_decisions(db: Database, source_id: str | None = None, limit: int = -1) -> list[Decision]:
    """Decisions on values that hold for a source (None: all), newest first; those in single places are seen in the records."""
    told = []
    for row in read_decisions(db, source_id, limit):
        placeholder = placeholder_of(row["label"], row["number"])
        word = shown_example(db, row["label"], row["value_key"], placeholder)
        facts = (row["what"], row["label"], row["value_key"], row["place"], placeholder, word, row["created_at"])
        told.append(Decision(*facts))
    return told


def value_behind(db: Database, placeholder: str) -> tuple[str, str]:
    """(label, value key) of `[이름_3]` or `이름_3`. Raises UserError when no value carries it."""
    word, _, number = placeholder.strip("[] ").rpartition("_")
    label = next((label for label, name in WORDS.items() if name == word), None)
    value_key = value_of(db, label, int(number)) if label and number.isdecimal() else None
    if label is None or value_key is None:
        raise UserError(
            f"'{placeholder}'(이)라는 가림이 없습니다. 가린 글에 나오는 그대로 쓰세요(예: [이름_3]).",
            f"There is no mask '{placeholder}'. Write it as it stands in the masked text, such as [이름_3].",
        )
    return label, value_key


def label_named(name: str) -> str:
    """PHONE or 전화번호 → PHONE. Raises UserError for any other word."""
    labels = {**{label: label for label in PLACEHOLDER_WORDS}, **{ko: label for label, ko in PLACEHOLDER_WORDS.items()}}
    if name.strip() in labels:
        return labels[name.strip()]
    known = ", ".join(f"{label}({ko})" for label, ko in PLACEHOLDER_WORDS.items())
    raise UserError(
        f"'{name}'(이)라는 가림 종류가 없습니다. 이 가운데 하나를 쓰세요: {known}.",
        f"There is no kind of mask '{name}'. Use one of: {known}.",
    )


def _checked_word(word: str, label: str) -> str:
    label_named(label)
    folded = folded_word(word)
    if len(folded) < SHORTEST:
        raise UserError(
            f"'{word}'은(는) 너무 짧아서 엉뚱한 말까지 가립니다. {SHORTEST}글자 이상 적으세요.",
            f"'{word}' is too short and would hide other words too. Write at least {SHORTEST} letters.",
        )
    if PLACEHOLDER.fullmatch(folded):
        raise UserError(
            f"{word}은(는) 이미 가린 자리의 이름입니다. 원래 글에 있던 말을 적으세요.",
            f"{word} is a placeholder. Write the words that stood there.",
        )
    return folded


def _masked(db: Database, source_id: str) -> str:
    source = get_source(db, source_id)
    if source["masked_at"] is None:
        raise UserError(
            f"자료 {source['id']}을(를) 아직 가리지 않았습니다. 먼저 `mask {source['id']}`로 가리세요.",
            f"Source {source['id']} is not masked yet. Mask it first with `mask {source['id']}`.",
        )
    return str(source["id"])


def _forms(word: str, folded: str) -> list[str]:
    spelled = (word.strip(), folded, unicodedata.normalize("NFD", folded))
    return list(dict.fromkeys(spelled))


def _new_masks(
    db: Database, source_id: str, folded: str, label: str, word: str, numbers: Numbers
) -> tuple[list[OwnerMask], list[dict[str, Any]]]:
    """The owner's masks for a word in one source, and the rule masks that they cover."""
    masker, added = Masker(list(get_speakers(db, source_id))), AddedWord(folded, label)
    new: list[OwnerMask] = []
    covered: list[dict[str, Any]] = []
    rows = list(texts_with(db, source_id, _forms(word, folded)))
    for first in range(0, len(rows), 500):
        part = rows[first : first + 500]
        standing = masks_of(db, [row["id"] for row in part])
        for row in part:
            for start, end in added.spots(row["text"]):
                there = [
                    m
                    for m in standing.get(row["id"], [])
                    if m["state"] == "applied" and m["start"] < end and start < m["end"]
                ]
                if any(m["decided_by"] == "owner" or (m["start"] <= start and end <= m["end"]) for m in there):
                    continue
                value = value_of_surface(masker, label, row["text"][start:end])
                value_key, number = numbers.number(label, value)
                placeholder = placeholder_of(label, number)
                new.append((row["id"], start, end, label, placeholder, value_key, ADDED, "applied", "owner"))
                covered += there
    return new, covered


def _nowhere(word: str, folded: str, sources: list[str], db: Database) -> UserError:
    if any(count_word(db, folded, source_id) for source_id in sources):
        return UserError(
            f"'{word}'은(는) 나오는 곳마다 이미 가려져 있습니다.", f"'{word}' is hidden already wherever it stands."
        )
    return UserError(
        f"'{word}'(이)라는 말이 이 자료에 없습니다. 대화에 적힌 그대로 쓰세요.",
        f"'{word}' does not stand in this source. Write it as it is written in the chat.",
    )


def _mask_in_state(db: Database, mask_id: int, state: str) -> dict[str, Any]:
    mask = get_mask(db, mask_id)
    if mask["state"] != state:
        raise UserError(
            "그사이 이 자리가 바뀌었습니다(다른 창일 수 있습니다). 지금 상태를 보고 다시 하세요.",
            "This place was changed meanwhile, perhaps in another window. Look at it and try again.",
        )
    return mask


def _standing_at(action: Action, db: Database, label: str, value_key: str, at: str | None) -> Correction:
    """The correction of a value, at the source it is made from: by default the first in which the value stands."""
    if at is None:
        at = next((m["source_id"] for m in of_value(db, label, value_key)), None)
    return Correction(action, at or next(iter(masked_sources(db)), ""), label, value_key)


def of_value(db: Database, label: str, value_key: str) -> list[dict[str, Any]]:
    """Every mask of a value, in all sources."""
    number = number_of(db, label, value_key)
    return [] if number is None else masks_of_value(db, label, value_key, number, placeholder_of(label, number))


def hide_again(db: Database, masks: list[dict[str, Any]]) -> None:
    """Apply masks again, but never over one that stands: spans of a text do not overlap."""
    standing = _applied_in(db, masks)
    free = [m for m in masks if not any(_touch(m, other) for other in standing.get(m["record_id"], []))]
    set_state(db, [m["id"] for m in free if m["confidence"] == ADDED], "applied", "owner")
    set_state(db, [m["id"] for m in free if m["confidence"] != ADDED], "applied", "rule")
    set_state(db, [m["id"] for m in masks if m not in free and m["confidence"] != ADDED], "rejected", "rule")


def _uncover(db: Database, gone: list[dict[str, Any]]) -> None:
    """Rule masks that lay under masks of the owner, now gone, hide again."""
    covered = []
    for first in range(0, len(gone), 500):
        part = gone[first : first + 500]
        standing = masks_of(db, [m["record_id"] for m in part])
        for mask in part:
            for other in standing.get(mask["record_id"], []):
                under = other["state"] == "rejected" and other["decided_by"] == "rule"
                if under and _touch(mask, other):
                    covered.append({**other, "source_id": mask["source_id"]})
    hide_again(db, covered)


def _applied_in(db: Database, masks: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    ids = sorted({m["record_id"] for m in masks})
    found: dict[int, list[dict[str, Any]]] = {}
    for first in range(0, len(ids), 500):
        for record_id, there in masks_of(db, ids[first : first + 500]).items():
            found[record_id] = [m for m in there if m["state"] == "applied"]
    return found


def _touch(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["start"] < other["end"] and other["start"] < one["end"])
