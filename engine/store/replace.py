"""A source that gives its place to a newer one of the same chat, and people who go by two names. It knows no formats.

The newer source holds the merged whole. The older one stays, out of every list, while rows were made from it, because frozen
datasets do not change; without rows it is deleted.
"""

import json
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.consent import carry_notes, rename_notes
from engine.store.lineage import link
from engine.store.masks import add_decided_masks, added_values, remember_decision
from engine.store.open import all_rows, one_row, writing
from engine.store.sources import drop_source, get_source, get_speakers, read_records


def give_place(db: Database, old_id: str, new_id: str) -> None:
    """`new_id` takes the place of `old_id`: in one transaction, with the owner's decisions."""
    with writing(db):
        _carry_masks(db, old_id, new_id)
        _carry_words(db, old_id, new_id)
        carry_notes(db, old_id, new_id)
        db.execute(
            "INSERT OR IGNORE INTO speakers SELECT ?, name, 0 FROM speakers WHERE source_id = ?", [new_id, old_id]
        )
        db.execute("UPDATE sources SET replaced_by = ? WHERE id = ? OR replaced_by = ?", [new_id, old_id, old_id])
        link(db, "source", old_id, "source", new_id)


def drop_if_unused(db: Database, source_id: str) -> None:
    """Delete a replaced source from which no rows were made."""
    if one_row(db, "SELECT 1 FROM rows WHERE source_id = ? LIMIT 1", [source_id]) is None:
        drop_source(db, source_id)


def drop_unused(db: Database) -> None:
    """The same for every replaced source: what a kill left, and what lost its rows since."""
    for row in all_rows(db, "SELECT id FROM sources WHERE replaced_by IS NOT NULL"):
        drop_if_unused(db, row["id"])


def replaced_sources(db: Database, source_id: str) -> list[str]:
    """Older sources whose whole content is in this one."""
    return [row["id"] for row in all_rows(db, "SELECT id FROM sources WHERE replaced_by = ?", [source_id])]


def _carry_masks(db: Database, old_id: str, new_id: str) -> None:
    """The owner's single decisions move to the same records of the newer source."""
    sql = (
        'SELECT r.at, r.text, m.start, m."end", m.label, m.placeholder, m.value_key, m.confidence, m.state, m.decided_by FROM masks m '
        "JOIN records r ON r.id = m.record_id WHERE r.source_id = ? AND m.decided_by = 'owner' ORDER BY m.id"
    )
    wanted: dict[tuple[str | None, str], list[dict[str, Any]]] = {}
    for mask in all_rows(db, sql, [old_id]):
        wanted.setdefault((mask.pop("at"), mask.pop("text")), []).append(mask)
    if not wanted:
        return
    for record in read_records(db, new_id):
        masks = wanted.get((record["at"], record["text"]), ())
        add_decided_masks(db, [(record["id"], *mask.values()) for mask in masks])


def _carry_words(db: Database, old_id: str, new_id: str) -> None:
    """Words that the owner hides in the older source are hidden in the newer one."""
    for label, value_key, where in added_values(db):
        if where == old_id:
            remember_decision(db, "added", label, value_key, new_id)


def merge_speakers(db: Database, source_id: str, old: str, new: str) -> int:
    """One person under two names becomes `new`; returns how many records change. Rows that were made before stay as they are.

    The older name stays known, so that it is still hidden in what others wrote. Raises UserError for a name that never speaks.
    """
    source = get_source(db, source_id)
    speakers = get_speakers(db, source["id"])
    for name in (old, new):
        if not speakers.get(name):
            raise _unknown(name, speakers)
    if old == new:
        return 0
    with writing(db):
        sql = "UPDATE records SET speaker = ? WHERE source_id = ? AND speaker = ?"
        moved = db.execute(sql, [new, source["id"], old]).rowcount
        rename_notes(db, source["id"], old, new)
        sql = "UPDATE speakers SET record_count = ? WHERE source_id = ? AND name = ?"
        db.execute(sql, [0, source["id"], old])
        db.execute(sql, [speakers[old] + speakers[new], source["id"], new])
        report = _with_merged(source["report"], old, new)
        me = new if source["me"] == old else source["me"]
        sql = "UPDATE sources SET me = ?, report_json = ? WHERE id = ?"
        db.execute(sql, [me, json.dumps(report, ensure_ascii=False), source["id"]])
    return moved


def _with_merged(report: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    counts = dict(report.get("speakers", {}))
    counts[new] = counts.get(new, 0) + counts.pop(old, 0)
    merged = {name: new if now == old else now for name, now in report.get("merged_names", {}).items()}
    told = {
        **report,
        "speakers": dict(sorted(counts.items(), key=lambda pair: -pair[1])),
        "merged_names": {**merged, old: new},
    }
    renamed = report.get("renamed", {})
    for name in ("renamed", "renamed_evidence"):
        if name in told:  # nobody is offered a name that nobody has any more
            told[name] = {key: value for key, value in told[name].items() if key != old and renamed.get(key) != old}
    return told


def _unknown(name: str, speakers: dict[str, int]) -> UserError:
    known = ", ".join([name for name, count in speakers.items() if count][:20])
    return UserError(
        f"'{name}'은(는) 이 자료에서 말한 사람이 아닙니다. 말한 사람: {known}. 이름을 그대로 쓰세요.",
        f"'{name}' does not speak in this source. Speakers: {known}. Write the name as it stands there.",
    )
