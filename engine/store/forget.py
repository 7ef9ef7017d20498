"""Remove a speaker or a source everywhere, and name what was made from it. It knows nothing of how names are found in text."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.capsules import capsules_holding, mark_forgotten
from engine.store.consent import forget_roles
from engine.store.deployments import deployments_holding, deployments_of_source, deployments_of_speaker, mark_redeploy
from engine.store.jobs import living_jobs
from engine.store.lineage import lineage
from engine.store.mask_log import forget_log
from engine.store.mask_values import tally_source
from engine.store.open import all_rows, one_row, writing
from engine.store.replace import replaced_sources
from engine.store.settings import get_setting, set_setting
from engine.store.sources import drop_source, drop_unfinished, get_source

FLAG = "forget_unfinished"
"""Set with the deletion and cleared after the file is compacted: a kill between the two is finished later."""


def preview_source(db: Database, source_id: str) -> dict[str, Any]:
    """What `forget_source` would remove and touch; changes nothing."""
    source = get_source(db, source_id)
    sources = [source, *(get_source(db, older) for older in replaced_sources(db, source["id"]))]
    ids = [one["id"] for one in sources]
    rows = sum(db.execute("SELECT count(*) FROM rows WHERE source_id = ?", [id_]).fetchone()[0] for id_ in ids)
    records = sum(one["record_count"] for one in sources)
    capsules = [capsule for id_ in ids for capsule in capsules_holding(db, OF_SOURCE, [id_])]
    kept = {"backups": backups_left(db), "capsules": capsules, "redeploy": _out_with(db, ids)}
    return {"records": records, "rows": rows, **_touched(db, ids), **kept}


def preview_speaker(db: Database, speaker: str) -> dict[str, Any]:
    """What `forget_speaker` would remove and touch; changes nothing. Raises UserError when no source knows the speaker."""
    found = all_rows(db, "SELECT source_id, record_count FROM speakers WHERE name = ?", [speaker])
    if not found:
        raise _unknown_speaker(speaker)
    ids = [row["source_id"] for row in found]
    sql = f"SELECT count(*) FROM rows WHERE {MADE_FROM}"
    rows = sum(db.execute(sql, [source_id, speaker]).fetchone()[0] for source_id in ids)
    records = sum(row["record_count"] for row in found)
    capsules = [capsule for id_ in ids for capsule in capsules_holding(db, MADE_FROM, [id_, speaker])]
    kept = {"backups": backups_left(db), "capsules": capsules, "redeploy": deployments_of_speaker(db, speaker)}
    return {"records": records, "rows": rows, **_touched(db, ids), **kept}


def list_speakers(db: Database, limit: int = 500) -> list[dict[str, Any]]:
    """{name, records, sources} over all sources, most talkative first."""
    sql = "SELECT name, sum(record_count) AS records, count(*) AS sources FROM speakers GROUP BY name ORDER BY 2 DESC, 1 LIMIT ?"
    return all_rows(db, sql, [limit])


def _unknown_speaker(speaker: str) -> UserError:
    return UserError(
        f"'{speaker}'(이)라는 화자가 저장소에 없습니다. 이름을 내보내기 파일에 적힌 그대로 쓰세요.",
        f"No speaker '{speaker}' is in the store. Write the name exactly as in the export.",
    )


OF_SOURCE = "rows.source_id = ?"
MADE_FROM = (
    "rows.source_id = ? AND EXISTS (SELECT 1 FROM records c WHERE c.id BETWEEN rows.record_first AND rows.record_last "
    "AND +c.source_id = rows.source_id AND c.speaker = ?)"
)
"""Rows of a source that were made from something a speaker said. "+" keeps SQLite from reading the whole source by its
index for every row: it looks at the few records of the row instead."""


def forget_source(db: Database, source_id: str) -> dict[str, Any]:
    """Delete a source, its records, rows and answers, also older exports of the chat; see `forget_speaker` for the result."""
    drop_unfinished(db)
    source = get_source(db, source_id)
    sources = [source, *(get_source(db, older) for older in replaced_sources(db, source["id"]))]
    touched = _touched(db, [one["id"] for one in sources])
    redeploy = _out_with(db, [one["id"] for one in sources])
    gone = 0
    capsules: list[dict[str, Any]] = []
    with writing(db):
        refuse_while_working(db)
        set_setting(db, FLAG, True)
        mark_redeploy(db, [one["id"] for one in redeploy])
        for one in sources:
            gone += db.execute("SELECT count(*) FROM rows WHERE source_id = ?", [one["id"]]).fetchone()[0]
            capsules += mark_forgotten(db, OF_SOURCE, [one["id"]])
            _count_forgotten(db, OF_SOURCE, [one["id"]])
            db.execute("DELETE FROM rows WHERE source_id = ?", [one["id"]])
            forget_roles(db, one["id"])
            _scrub_jobs(db, lambda text, name=one["name"]: text.replace(name, "…"), one["job_id"])  # type: ignore[misc]
        gone += forget_chat_rows(db, touched["chats"])
    for one in reversed(sources):  # the newest last: a kill in between leaves nothing that would come back
        drop_source(db, one["id"])
    finish_forgetting(db)
    records = sum(one["record_count"] for one in sources)
    kept = {"backups": backups_left(db), "capsules": capsules, "redeploy": redeploy}
    return {"records": records, "rows": gone, **touched, **kept}


def forget_speaker(db: Database, speaker: str, scrub: Callable[[str], str]) -> dict[str, Any]:
    """Delete a speaker's records, every row made from them, and the name in everybody else's records.

    `scrub` removes the name from one text. Returns {records, rows, sources, datasets, retrain, backups, capsules, redeploy}: `retrain`
    names the runs that learned from it, `capsules` the files that left with its rows and may not come back, `redeploy` what is out there
    and must be taken down. Raises UserError when no source knows the speaker, or while a job runs.
    """
    drop_unfinished(db)
    ids = [r["source_id"] for r in all_rows(db, "SELECT DISTINCT source_id FROM records WHERE speaker = ?", [speaker])]
    if not ids:
        raise _unknown_speaker(speaker)
    touched = _touched(db, ids)
    with writing(db):
        refuse_while_working(db)
        set_setting(db, FLAG, True)
        capsules = [capsule for id_ in ids for capsule in mark_forgotten(db, MADE_FROM, [id_, speaker])]
        redeploy = deployments_of_speaker(db, speaker)
        mark_redeploy(db, [one["id"] for one in redeploy])
        counts = [_forget_in_source(db, source_id, speaker, scrub) for source_id in ids]
        whole = _whole_name(speaker, scrub)
        chats = forget_preferences(db, lambda text: whole(text) != text)
        _scrub_jobs(db, whole)
        _scrub_texts(db, whole)
    finish_forgetting(db)
    rows = chats + sum(c[1] for c in counts)
    kept = {"backups": backups_left(db), "capsules": capsules, "redeploy": redeploy}
    return {"records": sum(c[0] for c in counts), "rows": rows, **touched, **kept}


def _forget_in_source(db: Database, source_id: str, speaker: str, scrub: Callable[[str], str]) -> tuple[int, int]:
    _count_forgotten(db, MADE_FROM, [source_id, speaker])
    rows = db.execute(f"DELETE FROM rows WHERE {MADE_FROM}", [source_id, speaker]).rowcount
    records = db.execute("DELETE FROM records WHERE source_id = ? AND speaker = ?", [source_id, speaker]).rowcount
    _scrub_records(db, source_id, scrub)
    forget_log(db, source_id)
    tally_source(db, source_id)
    db.execute("DELETE FROM speakers WHERE source_id = ? AND name = ?", [source_id, speaker])
    forget_roles(db, source_id, speaker)
    source = one_row(db, "SELECT name, me, report_json FROM sources WHERE id = ?", [source_id])
    assert source
    report = json.loads(source["report_json"])
    report.get("speakers", {}).pop(speaker, None)
    _forget_names(db, source_id, speaker, report)
    report["warnings"] = [scrub(told).replace(speaker, "…") for told in report.get("warnings", [])]  # they name files
    db.execute(
        "UPDATE sources SET name = ?, me = ?, report_json = ?, record_count = record_count - ? WHERE id = ?",
        [
            scrub(source["name"]).replace(speaker, "…"),
            None if source["me"] == speaker else source["me"],
            json.dumps(report, ensure_ascii=False),
            records,
            source_id,
        ],
    )
    return records, rows


def _forget_names(db: Database, source_id: str, speaker: str, report: dict[str, Any]) -> None:
    """Other names that the same person went by, told or guessed."""
    merged, renamed = report.get("merged_names", {}), report.get("renamed", {})
    for old, new in list(merged.items()):
        if speaker in (old, new):
            db.execute("DELETE FROM speakers WHERE source_id = ? AND name = ? AND record_count = 0", [source_id, old])
            del merged[old]
    for old, new in list(renamed.items()):
        if speaker in (old, new):
            del renamed[old]
            report["renamed_evidence"].pop(old, None)


def _scrub_records(db: Database, source_id: str, scrub: Callable[[str], str]) -> None:
    """Take the name out of what others wrote. Masks of a changed record move with it only by masking anew: they go."""
    for row in all_rows(db, "SELECT id, text, meta_json FROM records WHERE source_id = ?", [source_id]):
        text = scrub(row["text"])
        meta = scrub(row["meta_json"]) if row["meta_json"] else None
        if text != row["text"] or meta != row["meta_json"]:
            db.execute("UPDATE records SET text = ?, meta_json = ? WHERE id = ?", [text, meta, row["id"]])
            for table in ("masks", "mask_log_places"):
                db.execute(f"DELETE FROM {table} WHERE record_id = ?", [row["id"]])
            db.execute("UPDATE sources SET masked_at = NULL WHERE id = ?", [source_id])


def forget_preferences(db: Database, names: Callable[[str], bool]) -> int:
    """Delete the rows made from chats, or from what visitors thought of them, that hold what `names` finds; returns how many.
    Chats have no source."""
    sql = (
        "SELECT r.id, r.messages_json, r.target, r.meta_json FROM preference_rows p JOIN rows r ON r.id = p.row_id "
        "WHERE p.kind = 'chat' OR p.feedback_id IS NOT NULL"
    )
    return forget_rows(
        db,
        [
            row["id"]
            for row in all_rows(db, sql)
            if any(map(names, (row["messages_json"], row["target"], row["meta_json"])))
        ],
    )


def forget_chat_rows(db: Database, chat_ids: list[str]) -> int:
    """Delete the rows made from these chats, and keep the numbers of datasets honest; returns how many."""
    sql = "SELECT row_id FROM preference_rows WHERE chat_id IN (SELECT value FROM json_each(?))"
    return forget_rows(db, [row["row_id"] for row in all_rows(db, sql, [json.dumps(chat_ids)])])


def forget_rows(db: Database, row_ids: list[int]) -> int:
    """Delete rows, and keep the numbers of datasets honest; returns how many."""
    these, values = "rows.id IN (SELECT value FROM json_each(?))", [json.dumps(row_ids)]
    _count_forgotten(db, these, values)
    mark_redeploy(db, [one["id"] for one in deployments_holding(db, these, values)])
    db.execute(f"DELETE FROM rows WHERE {these}", values)
    return len(row_ids)


def _count_forgotten(db: Database, where: str, values: list[Any]) -> None:
    """Datasets keep their numbers honest: what they hold now, and how many rows were taken out."""
    sql = (
        "SELECT d.dataset_id AS id, d.split, count(*) AS n FROM dataset_rows d JOIN rows ON rows.id = d.row_id "
        f"WHERE d.split IS NOT NULL AND {where} GROUP BY 1, 2"
    )
    for row in all_rows(db, sql, values):
        found = one_row(db, "SELECT counts_json FROM datasets WHERE id = ?", [row["id"]])
        assert found
        counts = json.loads(found["counts_json"])
        counts[row["split"]] -= row["n"]
        db.execute(
            "UPDATE datasets SET counts_json = ?, forgotten_count = forgotten_count + ? WHERE id = ?",
            [json.dumps(counts), row["n"], row["id"]],
        )


def _out_with(db: Database, source_ids: list[str]) -> list[dict[str, Any]]:
    """What is out there with any of these sources in it."""
    found = [one for id_ in source_ids for one in deployments_of_source(db, id_)]
    return list({one["id"]: one for one in found}.values())


def _touched(db: Database, source_ids: list[str]) -> dict[str, Any]:
    below = [node for id_ in source_ids for node in lineage(db, id_)["descendants"]]
    return {
        "sources": source_ids,
        "datasets": sorted({n["id"] for n in below if n["kind"] == "dataset"}),
        "retrain": sorted({n["id"] for n in below if n["kind"] == "run"}),
        "evaluations": sorted({n["id"] for n in below if n["kind"] == "evaluation"}),
        "chats": sorted({n["id"] for n in below if n["kind"] == "chat"}),
    }


def refuse_while_working(db: Database) -> None:
    """Raise UserError while a job could write back what is being removed."""
    if busy := living_jobs(db):
        names = ", ".join(busy)
        raise UserError(
            f"작업이 돌고 있습니다({names}). 지우는 동안 쓰면 지운 것이 되살아날 수 있습니다. 끝나거나 `cancel`한 뒤 다시 하세요.",
            f"Jobs are at work ({names}) and could write back what is being removed. Wait or `cancel` them, then try again.",
        )


def _whole_name(speaker: str, scrub: Callable[[str], str]) -> Callable[[str], str]:
    """`scrub`, and the display name as a word of its own: it can be a single letter or a sign."""
    word = re.compile(rf"(?<!\w){re.escape(speaker)}(?!\w)")
    longer = len(speaker) > 1 and any(letter.isalpha() for letter in speaker)
    return lambda text: "…" if text == speaker else word.sub("…", scrub(text)) if longer else scrub(text)


TEXTS = (
    ("answers", "id", ("answer", "raw")),
    ("chat_messages", "chat_id || ':' || seq", ("text",)),
    ("chats", "id", ("title",)),
    ("chat_feedback", "chat_id || ':' || seq", ("correction",)),
    ("feedback", "id", ("turns_json", "answer", "correction")),
    ("run_samples", "run_id || ':' || step || ':' || row_id", ("text",)),
    ("log_lines", "id", ("text",)),
    ("handovers", "id", ("who", "url")),
    ("deployments", "id", ("folder", "override_reason")),
    ("jobs", "id", ("message_ko", "message_en")),
)
"""Where else a name can stand: (table, key, columns)."""


def _scrub_texts(db: Database, scrub: Callable[[str], str]) -> None:
    """Take the name out of what was said about or by the models, and out of messages to the owner."""
    for table, key, columns in TEXTS:
        for column in columns:
            for row in all_rows(db, f"SELECT {key} AS key, {column} AS text FROM {table} WHERE {column} IS NOT NULL"):
                if (text := scrub(row["text"])) != row["text"]:
                    db.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", [text, row["key"]])


def _scrub_jobs(db: Database, scrub: Callable[[str], str], job_id: str | None = None) -> None:
    """Arguments and results of old jobs hold speaker and file names: values and keys, never the JSON itself."""
    for job in all_rows(db, "SELECT id, args_json, result_json FROM jobs WHERE ? IS NULL OR id = ?", [job_id, job_id]):
        for column in ("args_json", "result_json"):
            if job[column] is not None:
                text = json.dumps(_walked(json.loads(job[column]), scrub), ensure_ascii=False)
                db.execute(f"UPDATE jobs SET {column} = ? WHERE id = ?", [text, job["id"]])


NAMED = ("speakers", "renamed", "renamed_evidence", "merged_names")
"""Parts of a result whose keys are people's names."""


def _walked(value: Any, scrub: Callable[[str], str], under: str = "") -> Any:
    """Values everywhere; keys only where they are names."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, list):
        return [_walked(part, scrub) for part in value]
    if isinstance(value, dict):
        return {scrub(key) if under in NAMED else key: _walked(part, scrub, key) for key, part in value.items()}
    return value


def finish_forgetting(db: Database) -> None:
    """Rebuild the full-text indexes, drop unused mask numbers and sealed values, compact the file and truncate the write-ahead log."""
    if not get_setting(db, FLAG, False):
        return
    with writing(db):
        for index in (
            "records_fts",
            "clause_words",
            "clause_grams",
        ):  # a deletion alone leaves terms behind until a merge
            db.execute(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")
        db.execute("DELETE FROM vault_entries")  # what is still there is sealed anew: no passphrase is needed for that
        used = "SELECT label, value_key FROM masks UNION SELECT label, value_key FROM mask_log_places"
        db.execute(f"DELETE FROM mask_values WHERE (label, value_key) NOT IN ({used})")
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.conn.execute("VACUUM")
    set_setting(db, FLAG, False)
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def backups_left(db: Database) -> list[str]:
    """Backups made before now that still exist: they still hold what was removed."""
    return [
        row["path"]
        for row in all_rows(db, "SELECT path FROM backups ORDER BY created_at")
        if Path(row["path"]).exists()
    ]
