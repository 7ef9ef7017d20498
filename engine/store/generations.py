"""Generations: pairs that are wanted, a ledger line per request, and accepted pairs as records. It judges no answer."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store import clause_records
from engine.store.lineage import link
from engine.store.open import all_rows, insert_rows, new_id, now, one_row, writing

PairTuple = tuple[int, int, str, bool]
"""(record that is shown, record the question is made from, type, answerable)"""
PAIR = "qa"
"""Kind of the records that are made."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause as it is shown to a model."""

    id: int
    text: str
    meta: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One pair that is to be made. `reason`: why its last answer was rejected."""

    ord: int
    record_id: int
    from_id: int
    type: str
    answerable: bool
    tries: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request, as the ledger keeps it."""

    ord: int
    key: str
    outcome: str
    reason: str | None
    tokens_in: int | None
    tokens_out: int | None
    duration_ms: int


def read_clauses(db: Database, source_id: str) -> list[Clause]:
    """Every clause of a source in file order."""
    found = clause_records.read_clauses(db, source_id)
    return [Clause(id_, text, json.loads(meta) if meta else {}) for id_, text, meta in found]


def questions_of(db: Database, source_id: str) -> dict[int, list[str]]:
    """{clause's record: questions that were made and show it}."""
    sql = "SELECT json_extract(meta_json, '$.chunk') AS clause, text FROM records WHERE source_id = ? AND kind = ? ORDER BY seq"
    found: dict[int, list[str]] = {}
    for clause, text in db.conn.execute(sql, [source_id, PAIR]):
        found.setdefault(clause, []).append(text)
    return found


def start_generation(
    db: Database,
    *,
    source_id: str,
    provider: str,
    model: str,
    settings: Mapping[str, Any],
    keys: Mapping[str, Any],
) -> str:
    """A new generation, without pairs yet; returns its id."""
    generation_id = new_id("gen")
    with writing(db):
        db.execute(
            "INSERT INTO generations (id, source_id, provider, model, settings_json, keys_json, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                generation_id,
                source_id,
                provider,
                model,
                json.dumps(settings, ensure_ascii=False),
                json.dumps(keys, ensure_ascii=False),
                now(),
            ],
        )
        link(db, "source", source_id, "generation", generation_id)
    return generation_id


def is_planned(db: Database, generation_id: str) -> bool:
    """Whether its pairs are written down."""
    sql = "SELECT 1 AS found FROM generation_pairs WHERE generation_id = ? LIMIT 1"
    return one_row(db, sql, [generation_id]) is not None


def add_pairs(db: Database, generation_id: str, pairs: Iterable[PairTuple]) -> None:
    """Write down what is wanted, all of it or nothing."""
    rows = [(generation_id, ord_, *pair) for ord_, pair in enumerate(pairs)]
    with writing(db):
        insert_rows(db, "generation_pairs (generation_id, ord, record_id, from_id, type, answerable)", rows)


def get_generation(db: Database, named: str = "latest") -> dict[str, Any]:
    """By its own id, its newest of a source's id, or `latest`. Raises UserError when there is none."""
    where = {"latest": "1"}.get(named, "id = ?1 OR source_id = ?1")
    sql = f"SELECT * FROM generations WHERE {where} ORDER BY created_at DESC, rowid DESC LIMIT 1"
    row = one_row(db, sql, [] if named == "latest" else [named])
    if row is None:
        raise UserError(
            f"생성 '{named}'이(가) 없습니다. `generate 자료id`로 시작하세요.",
            f"There is no generation '{named}'. Start one with `generate SOURCE`.",
        )
    return _decoded(row)


def newest_of_source(db: Database, source_id: str) -> dict[str, Any] | None:
    """The newest generation of a source, or None."""
    sql = "SELECT * FROM generations WHERE source_id = ? ORDER BY created_at DESC, rowid DESC LIMIT 1"
    row = one_row(db, sql, [source_id])
    return _decoded(row) if row else None


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    row["settings"], row["keys"] = json.loads(row.pop("settings_json")), json.loads(row.pop("keys_json"))
    return row


def set_job(db: Database, generation_id: str, job_id: str) -> None:
    """Which job works on it."""
    with writing(db):
        db.execute("UPDATE generations SET job_id = ? WHERE id = ?", [job_id, generation_id])


def set_settings(db: Database, generation_id: str, provider: str, model: str, settings: Mapping[str, Any]) -> None:
    """Ask otherwise from now on; which pairs are wanted stays."""
    sql = "UPDATE generations SET provider = ?, model = ?, settings_json = ? WHERE id = ?"
    with writing(db):
        db.execute(sql, [provider, model, json.dumps(settings, ensure_ascii=False), generation_id])


def set_keys(db: Database, generation_id: str, keys: Mapping[str, Any]) -> None:
    """Say where keys are read from now on; a running worker looks every few seconds."""
    with writing(db):
        db.execute("UPDATE generations SET keys_json = ? WHERE id = ?", [json.dumps(keys), generation_id])


def keys_of(db: Database, generation_id: str) -> dict[str, Any]:
    """Where keys are read now."""
    row = one_row(db, "SELECT keys_json FROM generations WHERE id = ?", [generation_id])
    found: dict[str, Any] = json.loads(row["keys_json"]) if row else {}
    return found


def release_claims(db: Database, generation_id: str) -> None:
    """Claims of a worker that is gone are open again: the caller holds the job, so there is only one worker."""
    sql = "UPDATE generation_pairs SET state = 'open', claimed_by = NULL WHERE generation_id = ? AND state = 'claimed'"
    with writing(db):
        db.execute(sql, [generation_id])


def reopen_given_up(db: Database, generation_id: str) -> int:
    """Pairs that were given up are asked for anew, with fresh tries; returns how many."""
    sql = "UPDATE generation_pairs SET state = 'open', tries = 0, reason = NULL WHERE generation_id = ? AND state = 'given_up'"
    with writing(db):
        return int(db.execute(sql, [generation_id]).rowcount)


def claim_pairs(db: Database, generation_id: str, token: str, limit: int) -> list[Wanted]:
    """The next open pairs, now claimed by `token`: no two workers get the same."""
    columns = "ord, record_id, from_id, type, answerable, tries, reason"
    with writing(db):
        sql = f"SELECT {columns} FROM generation_pairs WHERE generation_id = ? AND state = 'open' ORDER BY ord LIMIT ?"
        rows = all_rows(db, sql, [generation_id, limit])
        db.conn.executemany(
            "UPDATE generation_pairs SET state = 'claimed', claimed_by = ? WHERE generation_id = ? AND ord = ?",
            ((token, generation_id, row["ord"]) for row in rows),
        )
    return [Wanted(**{**row, "answerable": bool(row["answerable"])}) for row in rows]


def accept_pair(
    db: Database, generation_id: str, attempt: Attempt, question: str, meta: Mapping[str, Any]
) -> int | None:
    """The pair as a record of its source, its place and its ledger line: all of it or nothing.

    Returns the record's id; None when it was accepted before, or the generation is gone.
    """
    with writing(db):
        sql = (
            "SELECT g.source_id FROM generation_pairs p JOIN generations g ON g.id = p.generation_id "
            "WHERE p.generation_id = ? AND p.ord = ? AND p.state <> 'accepted'"
        )
        found = one_row(db, sql, [generation_id, attempt.ord])
        if found is None:
            return None
        record_id = _add_record(db, found["source_id"], question, json.dumps(meta, ensure_ascii=False))
        db.execute(
            "UPDATE generation_pairs SET state = 'accepted', claimed_by = NULL, tries = tries + 1, reason = NULL, made_id = ? "
            "WHERE generation_id = ? AND ord = ?",
            [record_id, generation_id, attempt.ord],
        )
        _add_attempt(db, generation_id, attempt)
    return record_id


def _add_record(db: Database, source_id: str, question: str, meta: str) -> int:
    """Append one record. A masked source is masked no longer: nobody has looked at the new text yet."""
    sql = "SELECT COALESCE(max(seq), -1) + 1 FROM records WHERE source_id = ?"
    seq = db.execute(sql, [source_id]).fetchone()[0]
    made = db.execute(
        "INSERT INTO records (source_id, seq, kind, text, meta_json) VALUES (?, ?, ?, ?, ?)",
        [source_id, seq, PAIR, question, meta],
    ).lastrowid
    db.execute("INSERT INTO records_fts (rowid, text) VALUES (?, ?)", [made, question])
    db.execute(
        "UPDATE sources SET record_count = record_count + 1, masked_at = NULL, mask_report_json = NULL WHERE id = ?",
        [source_id],
    )
    assert made is not None
    return made


def reject_pair(db: Database, generation_id: str, attempt: Attempt, most_tries: int) -> bool:
    """Count a rejected answer; returns whether the pair is given up with it."""
    with writing(db):
        db.execute(
            "UPDATE generation_pairs SET tries = tries + 1, reason = ?, "
            "state = CASE WHEN tries + 1 >= ? THEN 'given_up' ELSE state END WHERE generation_id = ? AND ord = ?",
            [attempt.reason, most_tries, generation_id, attempt.ord],
        )
        _add_attempt(db, generation_id, attempt)
        sql = "SELECT state FROM generation_pairs WHERE generation_id = ? AND ord = ?"
        row = one_row(db, sql, [generation_id, attempt.ord])
    return row is None or row["state"] == "given_up"


def note_attempt(db: Database, generation_id: str, attempt: Attempt) -> None:
    """A request that brought no answer: limited, refused, failed."""
    with writing(db):
        _add_attempt(db, generation_id, attempt)


def _add_attempt(db: Database, generation_id: str, a: Attempt) -> None:
    db.execute(
        "INSERT INTO generation_attempts (generation_id, ord, key_label, outcome, reason, tokens_in, tokens_out, duration_ms, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [generation_id, a.ord, a.key, a.outcome, a.reason, a.tokens_in, a.tokens_out, a.duration_ms, now()],
    )


OUTCOMES = ("accepted", "rejected", "rate_limited", "key_refused", "failed")


def ledger(db: Database, generation_id: str) -> dict[str, Any]:
    """The ledger in figures: {requests, attempted, accepted, rejected: {reason: n}, rate_limited, key_refused, failed: {reason: n},
    retried, tokens_in, tokens_out, wanted, given_up, missing, keys: [sums per key], types: [pairs per type]}.

    requests: everything that was sent. attempted = accepted + rejected: answers that were judged. retried: requests for a pair
    beyond its first. `missing` is 0 only when every pair is there.
    """
    sql = (
        "SELECT key_label AS key, outcome, reason, count(*) AS n, COALESCE(sum(tokens_in), 0) AS tokens_in, "
        "COALESCE(sum(tokens_out), 0) AS tokens_out FROM generation_attempts WHERE generation_id = ? GROUP BY 1, 2, 3"
    )
    groups = all_rows(db, sql, [generation_id])
    tried = "SELECT count(DISTINCT ord) FROM generation_attempts WHERE generation_id = ?"
    types = _types(db, generation_id)
    wanted, accepted = (sum(row[name] for row in types) for name in ("wanted", "accepted"))
    sums = _sums(groups)
    return {
        **sums,
        "rejected": _reasons(groups, "rejected"),
        "failed": _reasons(groups, "failed"),
        "retried": max(0, sums["requests"] - int(db.execute(tried, [generation_id]).fetchone()[0])),
        "wanted": wanted,
        "accepted": accepted,
        "given_up": sum(row["given_up"] for row in types),
        "missing": wanted - accepted,
        "keys": _keys(groups),
        "types": types,
    }


def _sums(groups: list[dict[str, Any]]) -> dict[str, int]:
    found = {outcome: sum(row["n"] for row in groups if row["outcome"] == outcome) for outcome in OUTCOMES}
    tokens = {name: sum(row[name] for row in groups) for name in ("tokens_in", "tokens_out")}
    return {
        "requests": sum(found.values()),
        "attempted": found["accepted"] + found["rejected"],
        **found,
        **tokens,
    }


def _keys(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sums of each key label that was used, busiest first."""
    labels = sorted({row["key"] for row in groups})
    found = [{"key": label, **_sums([row for row in groups if row["key"] == label])} for label in labels]
    return sorted(found, key=lambda key: -int(str(key["requests"])))


def _reasons(groups: list[dict[str, Any]], outcome: str) -> dict[str, int]:
    """Reason to how often, most frequent first."""
    found: dict[str, int] = {}
    for row in groups:
        if row["outcome"] == outcome:
            found[row["reason"]] = found.get(row["reason"], 0) + row["n"]
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _types(db: Database, generation_id: str) -> list[dict[str, Any]]:
    """{type, answerable, wanted, accepted, given_up} in order of type."""
    sql = (
        "SELECT type, answerable, count(*) AS wanted, sum(state = 'accepted') AS accepted, sum(state = 'given_up') AS given_up "
        "FROM generation_pairs WHERE generation_id = ? GROUP BY 1, 2 ORDER BY 1, 2 DESC"
    )
    return all_rows(db, sql, [generation_id])


def tally_by_clause(
    db: Database, generation_id: str, *, missing_only: bool = False, limit: int = 1000
) -> Iterator[dict[str, Any]]:
    """{record_id, chunk_id, wanted, accepted, given_up, reason} per clause that is shown, in order; reason: of the last rejection."""
    sql = (
        "SELECT p.record_id, json_extract(r.meta_json, '$.chunk_id') AS chunk_id, count(*) AS wanted, "
        "sum(p.state = 'accepted') AS accepted, sum(p.state = 'given_up') AS given_up, max(p.reason) AS reason "
        "FROM generation_pairs p JOIN records r ON r.id = p.record_id WHERE p.generation_id = ? GROUP BY 1 "
        "HAVING NOT ? OR sum(p.state <> 'accepted') > 0 ORDER BY min(p.ord) LIMIT ?"
    )
    yield from all_rows(db, sql, [generation_id, missing_only, limit])
