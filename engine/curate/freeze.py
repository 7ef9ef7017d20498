"""Rows from sources, split by group, frozen as a dataset. It knows nothing of what a recipe keeps or why."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlite_utils import Database

from engine.curate.row import Row, SourceView, message_json
from engine.curate.split import assign_splits
from engine.curate.view import source_view
from engine.errors import Stopped, UserError
from engine.pool import Workers, spare
from engine.sources.speakers import speaks
from engine.store.consent import keep_roles, left_out_count, roles_of
from engine.store.datasets import (
    RowTuple,
    add_members,
    add_rows,
    built_by,
    drop_dataset,
    freeze_dataset,
    start_dataset,
)
from engine.store.jobs import Work
from engine.store.open import open_store
from engine.store.rows import note_speech
from engine.store.sources import get_source, get_speakers
from engine.store.versions import words_of

if TYPE_CHECKING:
    from engine.privacy.decisions import Leftovers

BATCH = 10_000
LOOK = 5_000
"""Rows per look for personal data; a second process pays from four times as many on."""


def build_dataset(
    work: Work,
    *,
    recipe: str,
    style: str,
    source_ids: Sequence[str],
    me: str | None,
    must_mask: bool,
    splits: Mapping[str, float],
    options: dict[str, Any],
    build: Callable[[SourceView], Iterator[Row]],
    seed: int,
) -> dict[str, Any]:
    """Build, split and freeze; returns the `dataset build` result.

    Raises UserError for an unmasked source where masking is due, or too few rows; nothing is left behind then.
    """
    with open_store(work.store) as db:
        if frozen := built_by(db, work.job_id):  # killed between freezing and its ending
            return _result(frozen)
        sources = [get_source(db, source_id) for source_id in source_ids]
        masked = all(source["masked_at"] for source in sources)
        if must_mask and not masked:
            raise _unmasked(next(s["id"] for s in sources if not s["masked_at"]))
        dataset_id = start_dataset(
            db, recipe=recipe, style=style, options=options, masked=masked, job_id=work.job_id, sources=source_ids
        )
        views = _views(db, dataset_id, sources, me)
        try:
            members = _store_rows(work, db, recipe, views, build)
            look = _look(db, source_ids) if must_mask else None
            kept = _without_residual(work, members, look) if look else members
            _store_members(db, dataset_id, kept, splits, seed)
        except (UserError, Stopped):
            drop_dataset(db, dataset_id)
            raise
        frozen = freeze_dataset(db, dataset_id)
        if look:
            _remember(db, frozen, look)
        return _result(frozen)


def _look(db: Database, source_ids: Sequence[str]) -> "Leftovers":
    from engine.privacy.decisions import leftovers_of

    return leftovers_of(db, source_ids)


def _remember(db: Database, frozen: dict[str, Any], look: "Leftovers") -> None:
    """The rows were looked at before they were frozen: a run need not look again while rules and decisions stay."""
    from engine.privacy.gate import remember_clean

    remember_clean(db, frozen, look)


def _views(db: Database, dataset_id: str, sources: Sequence[dict[str, Any]], me: str | None) -> list[SourceView]:
    """The sources as they are read, with the roles that hold now; the dataset keeps those."""
    names = mine_in(db, sources, me)
    roles = {source["id"]: roles_of(db, source["id"], name) for source, name in zip(sources, names, strict=True)}
    keep_roles(db, dataset_id, roles, sum(left_out_count(db, id_, one) for id_, one in roles.items()))
    return [source_view(db, source, name, roles[source["id"]]) for source, name in zip(sources, names, strict=True)]


def mine_in(db: Database, sources: Sequence[dict[str, Any]], me: str | None) -> list[str | None]:
    """Who I am in each source: the given name where it speaks, else the name chosen for that source."""
    if me is None:
        return [source["me"] for source in sources]
    here = [speaks(get_speakers(db, source["id"]), me) for source in sources]
    return [
        me if yes or not (any(here) and source["me"]) else source["me"]
        for source, yes in zip(sources, here, strict=True)
    ]


def _result(dataset: dict[str, Any]) -> dict[str, Any]:
    return {
        "dataset_id": dataset["id"],
        "rows": sum(dataset["counts"].values()),
        "splits": dataset["counts"],
        "dropped": dataset["dropped"],
        "left_out": dataset["left_out_count"],
        "fingerprint": dataset["fingerprint"],
        "sources": dataset["sources"],
    }


def _unmasked(source_id: str) -> UserError:
    return UserError(
        f"자료 {source_id}의 개인정보를 아직 가리지 않았습니다. 이 레시피는 가린 자료로만 학습합니다. `mask {source_id}`를 먼저 하세요.",
        f"Personal data in source {source_id} is not masked yet. This recipe trains on masked data only. Run `mask {source_id}`.",
    )


Member = tuple[int, str, str, str | None]
"""(row id, split group, conversation, dropped)"""


def _store_rows(
    work: Work,
    db: Database,
    recipe: str,
    views: Sequence[SourceView],
    build: Callable[[SourceView], Iterator[Row]],
) -> list[Member]:
    """One batch is stored in a thread while the next is made."""
    members: list[Member] = []
    made: list[tuple[str, str, str | None]] = []
    stored: Future[list[int]] | None = None
    with ThreadPoolExecutor(1) as behind:
        for view in views:
            rows = build(view)
            while batch := list(islice(rows, BATCH)):
                if work.stop_asked():
                    raise Stopped
                tuples = [_as_tuple(recipe, view.id, row) for row in batch]
                speech = [row.meta.get("speech") for row in batch]
                if stored:
                    members += _members(stored.result(), made)
                made = [
                    (row.group, f"{view.id}:{row.meta.get('conversation', row.group)}", row.dropped) for row in batch
                ]
                stored = behind.submit(_add, work, tuples, speech, len(members) + len(batch))
        return members + _members(stored.result(), made) if stored else members


def _add(work: Work, rows: Sequence[RowTuple], speech: Sequence[str | None], done: int) -> list[int]:
    with open_store(work.store) as db:
        ids = add_rows(db, rows)
        note_speech(db, [(id_, level) for id_, level in zip(ids, speech, strict=True) if level])
    work.progress(what="dataset", done=done)
    return ids


def _members(ids: Sequence[int], made: Sequence[tuple[str, str, str | None]]) -> list[Member]:
    return [(id_, *member) for id_, member in zip(ids, made, strict=True)]


def _as_tuple(recipe: str, source_id: str, row: Row) -> RowTuple:
    said = row.messages_json or f"[{', '.join(map(message_json, row.messages))}]"
    return recipe, source_id, row.record_first, row.record_last, row.group, said, row.target, _META.encode(row.meta)


_META = json.JSONEncoder(ensure_ascii=False)


def _store_members(
    db: Database, dataset_id: str, members: list[Member], splits: Mapping[str, float], seed: int
) -> None:
    groups = choose_groups(members)
    counts = Counter(group for group, member in zip(groups, members, strict=True) if member[3] is None)
    split_of = assign_splits(counts, splits, seed, Counter(member[3] for member in members if member[3]))
    rows = (
        (ord_, id_, None if dropped else split_of[group], dropped)
        for ord_, (group, (id_, _, _, dropped)) in enumerate(zip(groups, members, strict=True))
    )
    while batch := list(islice(rows, BATCH)):
        add_members(db, dataset_id, batch)


def choose_groups(members: Sequence[Member]) -> list[str]:
    """Split by the recipe's group (a day); with fewer than three of those, by conversation. Never by row."""
    if len({member[1] for member in members if member[3] is None}) >= 3:
        return [member[1] for member in members]
    return [member[2] for member in members]


def _without_residual(work: Work, members: list[Member], look: "Leftovers") -> list[Member]:
    """The last look, at the exact text that would be trained on: a row in which personal data is left is dropped.

    What the owner said is no personal data stays.
    """
    kept = [member[0] for member in members if member[3] is None]
    windows = [kept[first : first + LOOK] for first in range(0, len(kept), LOOK)]
    left: set[int] = set()
    with Workers(_Looker, (work.store, look), spare(len(windows) >= 4)) as workers:
        for found in workers.map(_rows_left, windows):
            if work.stop_asked():
                raise Stopped
            left |= found
    return [
        (*member[:3], "personal_data_left") if member[3] is None and member[0] in left else member for member in members
    ]


class _Looker:
    """The last look, as one process makes it."""

    def __init__(self, store: Path, leftovers: "Leftovers") -> None:
        self.store, self.leftovers = store, leftovers


def _rows_left(looker: _Looker, row_ids: Sequence[int]) -> set[int]:
    """Those rows in which something is left. A text stands in several rows and is looked at once."""
    with open_store(looker.store) as db:
        rows = words_of(db, row_ids)
    texts = {id_: [row["target"], *(message["content"] for message in row["messages"])] for id_, row in rows.items()}
    different = dict.fromkeys(chain.from_iterable(texts.values()))
    found = {text for text in different if looker.leftovers.find(text)}
    return {id_ for id_, said in texts.items() if not found.isdisjoint(said)}
