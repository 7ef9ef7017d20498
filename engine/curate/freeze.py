"""Rows from sources, split by group, frozen as a dataset. It knows nothing of what a recipe keeps or why."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, count, islice
from json.encoder import encode_basestring
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlite_utils import Database

from engine.curate.canaries import plant
from engine.curate.mix import mix_of
from engine.curate.refusals import refusals_of
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
from engine.store.open import open_store, writing
from engine.store.rows import note_speech, question_types
from engine.store.sources import get_source, get_speakers, licences_of
from engine.store.versions import words_of

if TYPE_CHECKING:
    from engine.privacy.decisions import Leftovers

BATCH = 20_000
"""Rows stored in one transaction: about 0.5 s. The index of fingerprints is written once a batch, page by page."""
Builder = Callable[[Sequence[SourceView]], Iterator[tuple[SourceView, Iterator[Row]]]]
"""The sources to the rows of each, source after source."""
LEFT = "personal_data_left"
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
    across: Builder | None = None,
    canaries: int = 0,
) -> dict[str, Any]:
    """Build, split and freeze; returns the `dataset build` result. across: builds all sources together, in place of `build`.
    canaries: invented rows planted for an audit (`engine.curate.canaries`).

    Raises UserError for an unmasked source where masking is due, or too few rows; nothing is left behind then.
    """
    with open_store(work.store) as db:
        if frozen := built_by(db, work.job_id):  # killed between freezing and its ending
            return _result(db, frozen)
        sources = [get_source(db, source_id) for source_id in source_ids]
        masked = all(source["masked_at"] for source in sources)
        if must_mask and not masked:
            raise unmasked(next(s["id"] for s in sources if not s["masked_at"]))
        dataset_id = start_dataset(
            db, recipe=recipe, style=style, options=options, masked=masked, job_id=work.job_id, sources=source_ids
        )
        views = _views(db, dataset_id, sources, me)
        try:
            made = across(views) if across else ((view, build(view)) for view in views)
            members, dropped = _store_rows(work, dataset_id, recipe, made)
            look = _look(db, source_ids) if must_mask else None
            left = residual(work, members, look) if look else set[int]()
            store_members(db, dataset_id, members, left, dropped, splits, seed)
            if canaries:
                plant(db, dataset_id, recipe, canaries)
        except (UserError, Stopped):
            drop_dataset(db, dataset_id)
            raise
        frozen = freeze_dataset(db, dataset_id)
        if look:
            _remember(db, frozen, look)
        return _result(db, frozen)


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


def _result(db: Database, dataset: dict[str, Any]) -> dict[str, Any]:
    types, refusals = question_types(db, dataset["id"]), refusals_of(db, dataset)
    more: dict[str, Any] = {"types": {kind: kept for kind, (kept, _) in types.items()}} if types else {}
    if refusals:
        more |= {"refusing": refusals.refusing, "warnings": refusals.warnings}
    if mix := mix_of(db, dataset):
        more |= {"mix": mix.as_json(), "warnings": [*more.get("warnings", []), *mix.warnings]}
    if licences := licences_of(db, dataset["sources"]):
        more |= {"licences": licences}
    return built(dataset) | more


def built(dataset: dict[str, Any]) -> dict[str, Any]:
    """What every `dataset build` tells of the dataset it froze."""
    return {
        "dataset_id": dataset["id"],
        "rows": sum(dataset["counts"].values()),
        "splits": dataset["counts"],
        "dropped": dataset["dropped"],
        "left_out": dataset["left_out_count"],
        "fingerprint": dataset["fingerprint"],
        "sources": dataset["sources"],
    }


def unmasked(source_id: str) -> UserError:
    return UserError(
        f"자료 {source_id}의 개인정보를 아직 가리지 않았습니다. 이 레시피는 가린 자료로만 학습합니다. `mask {source_id}`를 먼저 하세요.",
        f"Personal data in source {source_id} is not masked yet. This recipe trains on masked data only. Run `mask {source_id}`.",
    )


Member = tuple[int, int, str, str, str | None]
"""(ord, row id, split group, conversation, split the recipe chose) of a row that is kept"""
Stored = tuple[list[Member], Counter[str]]
"""What is kept of the rows of a batch, and how many were dropped for which reason."""


def _store_rows(
    work: Work,
    dataset_id: str,
    recipe: str,
    made: Iterator[tuple[SourceView, Iterator[Row]]],
) -> Stored:
    """One batch is stored in a thread while the next is made."""
    members: list[Member] = []
    dropped, done = Counter[str](), 0
    stored: Future[Stored] | None = None
    with ThreadPoolExecutor(1) as behind:
        for view, rows in made:
            while batch := list(islice(rows, BATCH)):
                if work.stop_asked():
                    raise Stopped
                if stored:
                    _take(members, dropped, stored.result())
                stored = behind.submit(_add, work, dataset_id, recipe, view.id, batch, done)
                done += len(batch)
        if stored:
            _take(members, dropped, stored.result())
    return members, dropped


def _take(members: list[Member], dropped: Counter[str], stored: Stored) -> None:
    members += stored[0]
    dropped.update(stored[1])


def _add(work: Work, dataset_id: str, recipe: str, source_id: str, batch: Sequence[Row], first: int) -> Stored:
    """Rows, and those that are dropped as members too; the others wait for their split."""
    tuples = [_as_tuple(recipe, source_id, row) for row in batch]
    with open_store(work.store) as db:
        with writing(db):
            ids = add_rows(db, tuples)
            out = [
                (at, id_, None, row.dropped)
                for at, id_, row in zip(count(first), ids, batch, strict=False)
                if row.dropped
            ]
            add_members(db, dataset_id, out)
        note_speech(
            db, [(id_, row.meta["speech"]) for id_, row in zip(ids, batch, strict=True) if "speech" in row.meta]
        )
    work.progress(what="dataset", done=first + len(batch))
    kept = [
        (at, id_, row.group, f"{source_id}:{row.meta.get('conversation', row.group)}", row.split)
        for at, id_, row in zip(count(first), ids, batch, strict=False)
        if not row.dropped
    ]
    return kept, Counter(row.dropped for row in batch if row.dropped)


def _as_tuple(recipe: str, source_id: str, row: Row) -> RowTuple:
    said = row.messages_json or f"[{', '.join(map(message_json, row.messages))}]"
    return recipe, source_id, row.record_first, row.record_last, row.group, said, row.target, _meta_json(row.meta)


_META = json.JSONEncoder(ensure_ascii=False)


def _meta_json(meta: dict[str, Any]) -> str:
    """As json.dumps would write it, which takes 5 µs a row, most of it to get ready."""
    parts = []
    for name, value in meta.items():
        if type(value) is str:
            parts.append(f"{encode_basestring(name)}: {encode_basestring(value)}")
        elif type(value) is int:
            parts.append(f"{encode_basestring(name)}: {value}")
        else:
            return _META.encode(meta)
    return f"{{{', '.join(parts)}}}"


def store_members(
    db: Database,
    dataset_id: str,
    members: Sequence[Member],
    left: AbstractSet[int],
    dropped: Counter[str],
    splits: Mapping[str, float],
    seed: int,
) -> None:
    """Give each kept row its split; one in which something personal is left (`left`: row ids) is dropped after all."""
    kept = [member for member in members if member[1] not in left]
    split_of = {member[0]: member[4] for member in kept if member[4]}
    if (drawn := [member for member in kept if not member[4]]) or not kept:
        dropped = dropped + Counter({LEFT: len(members) - len(kept)})
        split_of |= _drawn(drawn, splits, seed, dropped)
    rows = (
        (ord_, id_, split_of[ord_], None) if ord_ in split_of else (ord_, id_, None, LEFT) for ord_, id_, *_ in members
    )
    while batch := list(islice(rows, BATCH)):
        add_members(db, dataset_id, batch)


def _drawn(members: Sequence[Member], splits: Mapping[str, float], seed: int, dropped: Counter[str]) -> dict[int, str]:
    """The split of each row that brought none, by its group: ord to split."""
    group_of = dict(zip((member[0] for member in members), choose_groups(members), strict=True))
    split_of = assign_splits(Counter(group_of.values()), splits, seed, dropped)
    return {ord_: split_of[group] for ord_, group in group_of.items()}


def choose_groups(members: Sequence[Member]) -> list[str]:
    """Split by the recipe's group (a day); with fewer than three of those, by conversation. Never by row."""
    place = 2 if len({member[2] for member in members}) >= 3 else 3
    return [str(member[place]) for member in members]


def residual(work: Work, members: Sequence[Member], look: "Leftovers") -> set[int]:
    """The last look, at the exact text that would be trained on: the ids of rows in which personal data is left.

    What the owner said is no personal data stays.
    """
    kept = [member[1] for member in members]
    windows = [kept[first : first + LOOK] for first in range(0, len(kept), LOOK)]
    left: set[int] = set()
    with Workers(_Looker, (work.store, look), spare(len(windows) >= 4)) as workers:
        for found in workers.map(_rows_left, windows):
            if work.stop_asked():
                raise Stopped
            left |= found
    return left


class _Looker:
    """The last look, as one process makes it."""

    def __init__(self, store: Path, leftovers: "Leftovers") -> None:
        self.store, self.leftovers = store, leftovers


def _rows_left(looker: _Looker, row_ids: Sequence[int]) -> set[int]:
    """Those rows in which something is left. A text stands in several rows and is looked at once."""
    from engine.privacy.gate import row_texts

    with open_store(looker.store) as db:
        rows = words_of(db, row_ids)
    texts = {id_: row_texts(row) for id_, row in rows.items()}
    different = dict.fromkeys(chain.from_iterable(texts.values()))
    found = {text for text in different if looker.leftovers.find(text)}
    return {id_ for id_, said in texts.items() if not found.isdisjoint(said)}
