"""Files become a source in the store: streamed, batched, ready only when whole. It knows nothing of formats."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Any

from engine.errors import Stopped, UserError
from engine.sources.detect import choose_reader
from engine.sources.reader import Reader, ReadReport, Record
from engine.sources.speakers import choose_me
from engine.store.blobs import hash_file
from engine.store.jobs import Work
from engine.store.open import open_store, require_space
from engine.store.sources import (
    RecordTuple,
    add_records,
    drop_source,
    find_source,
    finish_source,
    set_me,
    start_source,
    stored_until,
)

BATCH = 50_000
ROOM = 6
"""Free bytes asked for per byte of file: records, their index and the write-ahead log took 4.5 for the sample chat."""
CHAT = "kakao"
"""The kind of source that two or more people must speak in."""


def ingest(
    work: Work, *, recipe: str, kinds: Sequence[str], files: Sequence[Path], kind: str | None, me: str | None
) -> dict[str, Any]:
    """Read one or more parts of one export into one new source; returns the `import` result.

    What a killed import of the same bytes stored is kept: reading begins anew, writing behind the last batch.
    Raises UserError for files no reader understands, mixed kinds, a `me` who never speaks: nothing is left behind then.
    """
    parts = in_order(files)
    readers = _readers(parts, kind, kinds, recipe)
    fingerprint, size = _fingerprint(parts)
    require_space(work.store, size * ROOM)
    with open_store(work.store) as db:
        known = find_source(db, recipe, fingerprint)
        if known:
            return _known(work, known, me)
        name = parts[0].name if len(parts) == 1 else f"{parts[0].name} +{len(parts) - 1}"
        source_id = start_source(
            db, recipe=recipe, kind=readers[0].kind, name=name, fingerprint=fingerprint, size=size, job_id=work.job_id
        )
        try:
            return _fill(work, source_id, parts, readers, me)
        except _Changed:
            drop_source(db, source_id)  # begun by another version of the readers: anew, once
            return ingest(work, recipe=recipe, kinds=kinds, files=files, kind=kind, me=me)
        except (UserError, Stopped) as end:
            if not (isinstance(end, Stopped) and end.saved):
                drop_source(db, source_id)
            raise


def in_order(files: Sequence[Path]) -> list[Path]:
    """Parts `…-2.txt` before `…-10.txt`: by the number after the last dash."""
    return sorted(
        files, key=lambda p: (re.sub(r"-\d+$", "", p.stem), int((re.findall(r"-(\d+)$", p.stem) or ["0"])[0]))
    )


def _readers(parts: Sequence[Path], kind: str | None, kinds: Sequence[str], recipe: str) -> list[Reader]:
    readers = [choose_reader(path, kind) for path in parts]
    found = {reader.kind for reader in readers}
    if len(found) > 1 or not found <= set(kinds):
        raise UserError(
            f"파일 종류가 {', '.join(sorted(found))}인데 '{recipe}' 레시피는 {', '.join(kinds)}을(를) 읽습니다. "
            "한 번에 한 종류만, 맞는 레시피로 가져오세요.",
            f"The files are of kind {', '.join(sorted(found))}, but recipe '{recipe}' reads {', '.join(kinds)}. "
            "Import one kind at a time, with the recipe that reads it.",
        )
    return readers


def _fingerprint(parts: Sequence[Path]) -> tuple[str, int]:
    hashes = [hash_file(path) for path in parts]
    joined = hashlib.sha256("".join(h for h, _ in hashes).encode()).hexdigest() if len(hashes) > 1 else hashes[0][0]
    return joined, sum(size for _, size in hashes)


def _known(work: Work, source: dict[str, Any], me: str | None) -> dict[str, Any]:
    """The same bytes are there already: nothing is stored twice."""
    report, mine = source["report"], source["me"]
    if me:
        mine = choose_me(report["speakers"], me)
        with open_store(work.store) as db:
            set_me(db, source["id"], mine)
    warning = f"같은 파일을 이미 가져왔습니다({source['id']}). 다시 저장하지 않았습니다."
    told = _told(source["id"], report, mine)
    return {**told, "warnings": [*told["warnings"], warning]}


def _fill(
    work: Work, source_id: str, parts: Sequence[Path], readers: Sequence[Reader], me: str | None
) -> dict[str, Any]:
    reports = [ReadReport() for _ in parts]
    speakers: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    streams = (reader.read(path, report) for reader, path, report in zip(readers, parts, reports, strict=True))
    done = _write(work, source_id, _counted(chain.from_iterable(streams), speakers, kinds))
    report = _report(readers[0].kind, done, speakers, kinds, reports)
    _refuse_empty(done)
    me = _me(report, me, reports[0].title)
    with open_store(work.store) as db:
        finish_source(db, source_id, me, dict(speakers), report)
    return _told(source_id, report, me)


class _Changed(Exception):
    """What a killed import stored is not what the file reads as now."""


def _write(work: Work, source_id: str, records: Iterator[RecordTuple]) -> int:
    """Store the records behind those stored already, a batch in a thread while the next is read; returns how many there are."""
    with open_store(work.store) as db:
        kept, last = stored_until(db, source_id)
    done, stored = 0, None
    with ThreadPoolExecutor(1) as behind:
        while batch := list(islice(records, BATCH)):
            if stop := work.stop_asked():
                raise Stopped(saved=stop == "save")
            if done < kept <= done + len(batch) and batch[kept - done - 1] != last:
                raise _Changed
            if stored:
                stored.result()
            if fresh := batch[max(0, kept - done) :]:
                stored = behind.submit(_store, work, source_id, done + len(batch) - len(fresh), fresh)
            done += len(batch)
        if stored:
            stored.result()
    if done < kept:
        raise _Changed
    return done


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


def _counted(records: Iterator[Record], speakers: Counter[str], kinds: Counter[str]) -> Iterator[RecordTuple]:
    for record in records:
        if record.speaker is not None:
            speakers[record.speaker] += 1
        kinds[record.kind] += 1
        meta = json.dumps(record.meta, ensure_ascii=False) if record.meta else None
        yield record.at, record.speaker, record.kind, record.text, meta


def _report(
    kind: str, records: int, speakers: Counter[str], kinds: Counter[str], reports: list[ReadReport]
) -> dict[str, Any]:
    return {
        "kind": kind,
        "records": records,
        "unparsed": sum(r.unparsed for r in reports),
        "unparsed_lines": [line for r in reports for line in r.unparsed_samples][:20],
        "speakers": dict(speakers.most_common()),
        "kinds": dict(kinds.most_common()),
        "shape": ", ".join(sorted({r.shape for r in reports if r.shape})),
        "encoding": ", ".join(sorted({r.encoding for r in reports if r.encoding})),
        "warnings": list(dict.fromkeys(w for r in reports for w in r.warnings)),
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
