"""Files become a source in the store: streamed, batched, ready only when whole. It knows nothing of formats."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import Stopped, UserError
from engine.korean.hangul import nfc
from engine.pool import Workers, spare
from engine.sources.gather import gathered
from engine.sources.material import Material, prepare
from engine.sources.options import DEFAULTS, ReadOptions
from engine.sources.overlap import Overlap
from engine.sources.reading import Found, Reading, as_rows, no_search_for_cycles, read_batch
from engine.sources.speakers import choose_me
from engine.sources.twin import find_twin
from engine.store.blobs import hash_file
from engine.store.jobs import Work
from engine.store.open import open_store, require_space, writing
from engine.store.replace import drop_if_unused, drop_unused, give_place
from engine.store.sources import (
    RecordTuple,
    add_records,
    count_unparsed,
    drop_source,
    find_source,
    finish_source,
    set_me,
    sources_of_bytes,
    start_source,
    stored_until,
)

BATCH = 50_000
WORTH_A_PROCESS = 8 << 20
"""Bytes from which reading gets a process of its own: it takes 0.4 s to start, which reading 8 MB takes here."""
ROOM = 6
"""Free bytes asked for per byte of file: records, their index and the write-ahead log took 4.5 for the sample chat."""
CHAT = "kakao"
"""The kind of source that two or more people must speak in."""


def ingest(
    work: Work,
    *,
    recipe: str,
    kinds: Sequence[str],
    files: Sequence[Path],
    kind: str | None,
    me: str | None,
    options: ReadOptions = DEFAULTS,
) -> dict[str, Any]:
    """Read one or more exports of one chat, in parts, folders, archives or mails, into one new source; returns the `import` result.

    A chat that is in the store already is merged with what is there, and the new source takes the place of the old one.
    What a killed import of the same bytes stored is kept: reading begins anew, writing behind the last batch.
    Raises UserError for files no reader understands, mixed kinds, two chats, a `me` who never speaks: nothing is left behind then.
    """
    try:
        with gathered(work.store, work.job_id, files, [kind] if kind else kinds) as found:
            material = prepare(found.files, kind, kinds, recipe, options)
            material.warnings[:0] = found.warnings
            return _ingest(
                work, recipe, material, _name(files, material), me, options.mark(material.kind, material.files)
            )
    except _Changed:  # begun by another version of the readers: anew
        return ingest(work, recipe=recipe, kinds=kinds, files=files, kind=kind, me=me, options=options)


def _name(given: Sequence[Path], material: Material) -> str:
    """What the source is called: as what the owner gave, never by a path."""
    name = given[0].absolute().name if len(given) == 1 else f"{material.files[0].name} +{len(material.files) - 1}"
    return nfc(name)


def _ingest(work: Work, recipe: str, material: Material, name: str, me: str | None, mark: str) -> dict[str, Any]:
    """mark: how the bytes are read, where that makes another source of them."""
    bytes_, size = _fingerprint(material.files)
    fingerprint = f"{bytes_}+{hashlib.sha256(mark.encode()).hexdigest()[:16]}" if mark else bytes_
    require_space(work.store, size * ROOM)
    with open_store(work.store) as db:
        drop_unused(db)
        known = find_source(db, recipe, fingerprint)
        if known:
            _refuse_other_kind(known, material.kind)
            return _known(work, known, me, SAME_BYTES)
        material.warnings += [READ_OTHERWISE.format(id_) for id_ in sources_of_bytes(db, recipe, bytes_) if mark]
        twin = find_twin(db, recipe, material)
        if twin and twin["other_client"]:
            material.warnings.append(OTHER_CLIENT.format(twin["id"]))
            twin = None
        source_id = start_source(
            db, recipe=recipe, kind=material.kind, name=name, fingerprint=fingerprint, size=size, job_id=work.job_id
        )
        try:
            return _fill(work, source_id, material, size, me, twin)
        except _NothingNew:
            drop_source(db, source_id)
            assert twin is not None
            return _known(work, twin, me, NOTHING_NEW)
        except (UserError, Stopped, _Changed) as end:
            if not (isinstance(end, Stopped) and end.saved):
                drop_source(db, source_id)
            raise


class _NothingNew(Exception):
    """Everything in the files is in the store already."""


def _fingerprint(parts: Sequence[Path]) -> tuple[str, int]:
    hashes = [hash_file(path) for path in parts]
    joined = hashlib.sha256("".join(h for h, _ in hashes).encode()).hexdigest() if len(hashes) > 1 else hashes[0][0]
    return joined, sum(size for _, size in hashes)


SAME_BYTES = "같은 파일을 이미 가져왔습니다({}). 다시 저장하지 않았습니다."
OTHER_CLIENT = "이 대화는 다른 기기에서 내보낸 자료 {}에도 있습니다. 둘을 함께 쓰면 같은 말을 두 번 배웁니다. 합치려면 두 파일을 한 번에 가져오세요."
READ_OTHERWISE = (
    "같은 파일을 다르게 읽은 자료 {0}도 있습니다. 둘을 함께 쓰면 겹칩니다. 잘못 읽은 쪽은 `forget --source`로 지우세요. / The same file read otherwise is "
    "source {0}. Used together they repeat each other; delete the wrong one with `forget --source`."
)
NOTHING_NEW = "이 대화의 내용은 이미 자료 {}에 모두 들어 있습니다. 다시 저장하지 않았습니다."


def _refuse_other_kind(known: Mapping[str, Any], kind: str) -> None:
    """Raise UserError where the same bytes are a source of another kind: what was asked for would silently not be done."""
    if known["kind"] != kind:
        id_, was = known["id"], known["kind"]
        raise UserError(
            f"같은 파일이 {was} 자료 {id_}로 이미 있어 {kind}(으)로 읽지 않았습니다. 다르게 읽으려면 `forget --source {id_}`로 지운 뒤 다시 가져오세요.",
            f"The same file is source {id_} of kind {was} already, so it was not read as {kind}. To read it otherwise, delete that with "
            f"`forget --source {id_}` and import it again.",
        )


def _known(work: Work, source: dict[str, Any], me: str | None, why: str) -> dict[str, Any]:
    """What was given is there already: nothing is stored twice."""
    report, mine = source["report"], source["me"]
    if me:
        mine = choose_me(report["speakers"], me)
        with open_store(work.store) as db:
            set_me(db, source["id"], mine)
    warning = why.format(source["id"])
    told = _told(source["id"], report, mine)
    return {**told, "warnings": [*told["warnings"], warning]}


def _fill(
    work: Work, source_id: str, material: Material, size: int, me: str | None, twin: dict[str, Any] | None
) -> dict[str, Any]:
    reading = (material, work.store, twin["id"] if twin else None, BATCH)
    with Workers(Reading, reading, min(1, spare(size > WORTH_A_PROCESS))) as workers, no_search_for_cycles():
        done, found = _write(work, source_id, workers)
    if twin and not found.overlap.added:
        raise _NothingNew
    _refuse_empty(done)
    with open_store(work.store) as db:
        report = _report(material, done, found, count_unparsed(db, source_id))
        report.update(_merged(twin, found.overlap, found.overlaps))
        me = _me(report, me or (twin or {}).get("me"), material.exports[0].title)
        _finish(db, source_id, me, report, twin)
    told = _told(source_id, report, me)
    return {**told, "warnings": [*told["warnings"], *_told_merge(source_id, report)]}


def _finish(db: Database, source_id: str, me: str | None, report: dict[str, Any], twin: dict[str, Any] | None) -> None:
    """Ready, and in the place of the older source, in one transaction."""
    with writing(db):
        finish_source(db, source_id, me, report["speakers"], report)
        if twin:
            give_place(db, twin["id"], source_id)
    if twin:
        drop_if_unused(db, twin["id"])


def _merged(twin: dict[str, Any] | None, overlap: Overlap, inner: Sequence[Overlap]) -> dict[str, Any]:
    """What merging found out: who may have been renamed, and how much was new to the store."""
    renamed = {old: found for one in (*inner, overlap) for old, found in one.renamed().items()}
    told: dict[str, Any] = {}
    if twin or inner:
        told["renamed"] = {old: new for old, (new, _) in renamed.items()}
        told["renamed_evidence"] = {old: count for old, (_, count) in renamed.items()}
    if twin:
        told["merged"] = {"source": twin["id"], "added": overlap.added, "common": overlap.common}
        if "merged_names" in twin["report"]:
            told["merged_names"] = twin["report"]["merged_names"]
        if "me_said" in twin["report"]:
            told["me_said"] = twin["report"]["me_said"]
    return told


class _Changed(Exception):
    """What a killed import stored is not what the file reads as now."""


def _write(work: Work, source_id: str, workers: Workers) -> tuple[int, Found]:
    """Store the records behind those stored already, a batch while the next is read; returns how many there are."""
    with open_store(work.store) as db:
        kept, last = stored_until(db, source_id)
    done = 0
    for columns, found in workers.map(read_batch, count()):
        batch = as_rows(columns)
        if stop := work.stop_asked():
            raise Stopped(saved=stop == "save")
        if done < kept <= done + len(batch) and batch[kept - done - 1] != last:
            raise _Changed
        if fresh := batch[max(0, kept - done) :]:
            _store(work, source_id, done + len(batch) - len(fresh), fresh)
        done += len(batch)
        if found:
            break
    if done < kept:
        raise _Changed
    assert found is not None  # the last batch brings it
    return done, found


def _store(work: Work, source_id: str, first_seq: int, batch: Sequence[RecordTuple]) -> None:
    with open_store(work.store) as db:
        add_records(db, source_id, first_seq, batch)
    work.progress(what="import", done=first_seq + len(batch))


def _told(source_id: str, report: dict[str, Any], me: str | None) -> dict[str, Any]:
    """The result; its warnings ask for `me` where a chat does not tell it. The stored report does not: `me` may come later."""
    count = len(report["speakers"])
    asked = f"말한 사람이 {count}명이라 누가 나인지 알 수 없습니다. 내 이름을 --me에 써서 다시 가져오세요."
    warnings = [*report["warnings"], asked] if report["kind"] == CHAT and me is None else report["warnings"]
    return {"source_id": source_id, **report, "me": me, "warnings": warnings}


def _told_merge(source_id: str, report: dict[str, Any]) -> list[str]:
    """What the owner should know of a merge, without names."""
    told = []
    if merged := report.get("merged"):
        told.append(f"이미 있던 자료 {merged['source']}와(과) 같은 대화라 합쳤습니다. 새 기록 {merged['added']:,}개.")
    if renamed := report.get("renamed"):
        told.append(
            f"이름이 바뀐 듯한 사람이 {len(renamed)}명 있습니다. `speakers {source_id}`로 보고, 같은 사람이면 --merge로 합치세요."
        )
    return told


def _report(material: Material, records: int, found: Found, unparsed: int) -> dict[str, Any]:
    reports = list(found.reports.values())
    warnings = [*material.warnings, *(w for r in reports for w in r.warnings)]
    return {
        "kind": material.kind,
        "records": records,
        "unparsed": unparsed,
        "unparsed_lines": [line for r in reports for line in r.unparsed_samples][:20],
        "speakers": dict(found.speakers.most_common()),
        "kinds": dict(found.kinds.most_common()),
        "shape": ", ".join(sorted({r.shape for r in reports if r.shape})),
        "encoding": ", ".join(sorted({r.encoding for r in reports if r.encoding})),
        "warnings": list(dict.fromkeys(warnings)),
        **{name: fact for r in reports for name, fact in r.facts.items()},
    }


def _refuse_empty(records: int) -> None:
    if records == 0:
        raise UserError(
            "파일에서 내용을 하나도 찾지 못했습니다. 내보내기가 비어 있을 수 있습니다. 대화방에서 다시 내보내세요.",
            "No record was found in the file. The export may be empty. Export the chat again.",
        )


def _me(report: dict[str, Any], given: str | None, title: str) -> str | None:
    """Who I am: as told, else as the export itself tells; None when only the owner can say.

    Raises UserError for a wrong name, and for a chat in which nobody answers anybody.
    """
    try:
        return choose_me(report["speakers"], given, title or None)
    except UserError:
        if given or (report["kind"] == CHAT and len(report["speakers"]) < 2):
            raise
        return None
