"""Per source and speaker a role and a note of consent, and which datasets were built with other roles than now hold.

It knows names as an export writes them; that two names are one person only the owner can say (both are targets then).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.open import all_rows, now, one_row, writing
from engine.store.runs import LISTED

Role = Literal["target", "context", "left_out"]
Consent = Literal["asked", "agreed", "declined"]
ROLES: tuple[Role, ...] = ("target", "context", "left_out")
CONSENTS: tuple[Consent, ...] = ("asked", "agreed", "declined")


@dataclass(frozen=True, slots=True)
class Speaker:
    """One name of a source. `role` is what holds; `chosen` what the owner said, None when it follows from the rest."""

    name: str
    records: int
    role: Role
    chosen: Role | None
    consent: Consent | None
    consent_on: str | None
    declined_elsewhere: bool
    """Left out because the same name declined in another source and nothing was said here."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Whose answers are learned and who is left out; everybody else is shown as prompt."""

    target: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, list[str]]:
        """As a dataset keeps it."""
        return {"target": sorted(self.target), "left_out": sorted(self.left_out)}


def list_roles(db: Database, source_id: str, me: str | None) -> list[Speaker]:
    """Every speaker of a source with the role that holds, most talkative first; names that no record bears any more aside."""
    sql = (
        "SELECT s.name, s.record_count, c.role, c.consent, c.consent_on, EXISTS (SELECT 1 FROM consents e WHERE "
        "e.name = s.name AND e.consent = 'declined' AND e.source_id <> s.source_id) AS elsewhere FROM speakers s LEFT JOIN "
        "consents c ON c.source_id = s.source_id AND c.name = s.name WHERE s.source_id = ? AND s.record_count > 0 ORDER BY s.record_count DESC, s.name"
    )
    return [_speaker(row, me) for row in all_rows(db, sql, [source_id])]


def _speaker(row: dict[str, Any], me: str | None) -> Speaker:
    """Me first, then what was declined here, what the owner chose here, and last what was declined in another source."""
    chosen, consent = row["role"], row["consent"]
    elsewhere = bool(row["elsewhere"]) and chosen is None and consent is None and row["name"] != me
    if row["name"] == me:
        role: Role = "target"
    elif consent == "declined" or elsewhere:
        role = "left_out"
    else:
        role = chosen or "context"
    return Speaker(row["name"], row["record_count"], role, chosen, consent, row["consent_on"], elsewhere)


def roles_of(db: Database, source_id: str, me: str | None) -> Roles:
    """The roles a dataset built now would have."""
    found = list_roles(db, source_id, me)
    return Roles(
        frozenset(one.name for one in found if one.role == "target"),
        frozenset(one.name for one in found if one.role == "left_out"),
    )


def left_out_count(db: Database, source_id: str, roles: Roles) -> int:
    """Messages of the speakers who are left out."""
    sql = "SELECT name, record_count FROM speakers WHERE source_id = ?"
    return sum(row["record_count"] for row in all_rows(db, sql, [source_id]) if row["name"] in roles.left_out)


def set_role(db: Database, source_id: str, name: str, role: Role) -> None:
    """Choose a speaker's role in one source. Raises UserError for me, and for somebody who declined."""
    with writing(db):
        _require_other(db, source_id, name)
        kept = one_row(db, "SELECT consent FROM consents WHERE source_id = ? AND name = ?", [source_id, name])
        if kept and kept["consent"] == "declined" and role != "left_out":
            raise UserError(
                f"'{name}'은(는) 동의하지 않았습니다. 거절한 사람의 말은 배우지도 보이지도 않습니다. 마음이 바뀌었다면 동의부터 고치세요.",
                f"'{name}' declined. Words of somebody who declined are neither learned nor shown. "
                "If they changed their mind, change the note of consent first.",
            )
        _write(db, source_id, name, role=role)


def set_consent(db: Database, source_id: str, name: str, consent: Consent | None, on: str | None = None) -> None:
    """Note that somebody was asked, agreed or declined (None: take the note back). on: YYYY-MM-DD, today when absent."""
    day = _day(on) if consent else None
    with writing(db):
        _require_other(db, source_id, name)
        _write(db, source_id, name, consent=consent, consent_on=day)


def _day(given: str | None) -> str:
    """Raises UserError for what is no day, or lies ahead."""
    today = date.today()
    try:
        day = date.fromisoformat(given) if given else today
    except ValueError:
        day = None
    if day is None or day > today:
        raise UserError(
            f"동의 날짜로 '{given}'이(가) 왔습니다. 오늘({today})까지의 날을 2026-05-01처럼 쓰세요.",
            f"'{given}' was given as the day of consent. Write a day up to today ({today}), such as 2026-05-01.",
        )
    return day.isoformat()


def _require_other(db: Database, source_id: str, name: str) -> None:
    row = one_row(db, "SELECT me FROM sources WHERE id = ?", [source_id])
    if not one_row(db, "SELECT 1 FROM speakers WHERE source_id = ? AND name = ?", [source_id, name]):
        raise UserError(
            f"'{name}'은(는) 자료 {source_id}에서 말하지 않습니다. `speakers {source_id}`로 이름을 확인하세요.",
            f"'{name}' does not speak in source {source_id}. See the names with `speakers {source_id}`.",
        )
    if row and row["me"] == name:
        raise UserError(
            f"'{name}'은(는) 나입니다. 내 말은 늘 배웁니다. 다른 사람이 나라면 먼저 나를 바꾸세요.",
            f"'{name}' is me, and my words are what is learned. If somebody else is me, change that first.",
        )


def _write(db: Database, source_id: str, name: str, **values: str | None) -> None:
    db.execute(
        "INSERT OR IGNORE INTO consents (source_id, name, changed_at) VALUES (?, ?, ?)", [source_id, name, now()]
    )
    columns = ", ".join(f"{column} = ?" for column in values)
    sql = f"UPDATE consents SET {columns}, changed_at = ? WHERE source_id = ? AND name = ?"
    db.execute(sql, [*values.values(), now(), source_id, name])


def same_name(db: Database, source_id: str, name: str) -> list[str]:
    """Other ready sources in which the same name speaks and is not me."""
    sql = (
        "SELECT s.source_id FROM speakers s JOIN sources o ON o.id = s.source_id AND o.state = 'ready' "
        "WHERE s.name = ? AND s.source_id <> ? AND o.me IS NOT s.name AND o.replaced_by IS NULL ORDER BY o.created_at"
    )
    return [row["source_id"] for row in all_rows(db, sql, [name, source_id])]


def rename_notes(db: Database, source_id: str, old: str, new: str) -> None:
    """Two names turned out to be one: the stricter role and consent stay with the new name."""
    with writing(db):
        sql = "SELECT * FROM consents WHERE source_id = ? AND name IN (?, ?)"
        notes = all_rows(db, sql, [source_id, old, new])
        db.execute("DELETE FROM consents WHERE source_id = ? AND name = ?", [source_id, old])
        if not notes:
            return
        order = ("declined", "asked", "agreed", None)
        strict = min(notes, key=lambda note: order.index(note["consent"]))
        role = min((note["role"] for note in notes), key=("left_out", "target", "context", None).index)
        _write(db, source_id, new, role=role, consent=strict["consent"], consent_on=strict["consent_on"])


def carry_notes(db: Database, old_id: str, new_id: str) -> None:
    """A newer source takes the place of an older one: what the owner noted there holds here, unless noted here already."""
    with writing(db):
        db.execute(
            "INSERT OR IGNORE INTO consents SELECT ?, name, role, consent, consent_on, changed_at FROM consents WHERE source_id = ?",
            [new_id, old_id],
        )


def keep_roles(db: Database, dataset_id: str, roles: Mapping[str, Roles], left_out: int) -> None:
    """Record the roles a dataset is built with, by source, and how many messages are left out for them."""
    told = json.dumps({source: one.as_json() for source, one in roles.items()}, ensure_ascii=False)
    with writing(db):
        db.execute("UPDATE datasets SET roles_json = ?, left_out_count = ? WHERE id = ?", [told, left_out, dataset_id])


def copy_roles(db: Database, old: str, new: str) -> None:
    """A version made from a dataset holds what that one held."""
    with writing(db):
        sql = "UPDATE datasets SET (roles_json, left_out_count) = (SELECT roles_json, left_out_count FROM datasets WHERE id = ?) WHERE id = ?"
        db.execute(sql, [old, new])


def forget_roles(db: Database, source_id: str, name: str | None = None) -> None:
    """Take a speaker, or a whole source, out of the notes and out of what datasets remember."""
    if name is not None:
        db.execute("DELETE FROM consents WHERE source_id = ? AND name = ?", [source_id, name])
    for row in all_rows(db, "SELECT id, roles_json FROM datasets WHERE instr(roles_json, ?) > 0", [source_id]):
        roles = json.loads(row["roles_json"])
        kept = roles.pop(source_id)
        if name is not None:
            roles[source_id] = {role: [one for one in names if one != name] for role, names in kept.items()}
        db.execute(
            "UPDATE datasets SET roles_json = ? WHERE id = ?", [json.dumps(roles, ensure_ascii=False), row["id"]]
        )


@dataclass(frozen=True, slots=True)
class Outdated:
    """A dataset built with other roles than now hold, and the runs that learned from it."""

    dataset_id: str
    runs: list[str]
    now_left_out: list[str]
    """Their words are in it, though they are left out now."""
    now_used: list[str]
    """Their words were left out of it and would be used now."""
    other_targets: list[str]
    """Learned then and not now, or the other way round."""
    declined: list[str]
    """Those of `now_left_out` who declined."""


def built_with_other_roles(db: Database, source_id: str | None = None) -> list[Outdated]:
    """Frozen datasets (of one source, or all) whose roles changed since, newest first."""
    sql = (
        "SELECT d.id, d.roles_json, e.parent_id AS source_id, s.me FROM datasets d JOIN edges e ON e.child_kind = 'dataset' AND "
        "e.child_id = d.id AND e.parent_kind = 'source' JOIN sources s ON s.id = e.parent_id WHERE d.state = 'frozen' "
        "AND EXISTS (SELECT 1 FROM edges o WHERE o.child_kind = 'dataset' AND o.child_id = d.id AND o.parent_kind = 'source' "
        "AND (? IS NULL OR o.parent_id = ?)) ORDER BY d.created_at DESC"
    )
    known: dict[str, list[Speaker]] = {}
    changes: dict[str, list[set[str]]] = {}
    for row in all_rows(db, sql, [source_id, source_id]):
        here = row["source_id"]
        if here not in known:
            known[here] = list_roles(db, here, row["me"])
        then = json.loads(row["roles_json"]).get(here) if row["roles_json"] else None
        found = changes.setdefault(row["id"], [set(), set(), set(), set()])
        for all_, more in zip(found, _differences(known[here], then), strict=True):
            all_ |= more
    return [
        Outdated(id_, _runs_of(db, id_), *(sorted(names) for names in found))
        for id_, found in changes.items()
        if any(found)
    ]


def _differences(speakers: list[Speaker], then: dict[str, list[str]] | None) -> tuple[set[str], ...]:
    """(now left out, now used, other targets, declined). then: None before roles were kept, when nobody was left out."""
    out = {one.name for one in speakers if one.role == "left_out"}
    target = {one.name for one in speakers if one.role == "target"}
    names = {one.name for one in speakers}
    before = set(then["left_out"]) if then else set()
    gone = out - before
    back = (before - out) & names
    learned = (target ^ set(then["target"])) & names - gone - back if then else set()
    refused = {one.name for one in speakers if one.consent == "declined" or one.declined_elsewhere}
    return gone, back, learned, gone & refused


def _runs_of(db: Database, dataset_id: str) -> list[str]:
    sql = f"SELECT r.id FROM runs r LEFT JOIN trials t ON t.run_id = r.id WHERE r.dataset_id = ? AND {LISTED} ORDER BY r.created_at"
    return [row["id"] for row in all_rows(db, sql, [dataset_id])]


def spoken_days(db: Database, source_id: str) -> dict[str, tuple[str, str]]:
    """{speaker: (first day, last day)} as YYYY-MM-DD. It reads all records of the source: two seconds a million."""
    sql = (
        "SELECT speaker, min(at) AS first, max(at) AS last FROM records WHERE source_id = ? AND speaker IS NOT NULL "
        "AND at IS NOT NULL GROUP BY speaker"
    )
    return {row["speaker"]: (row["first"][:10], row["last"][:10]) for row in all_rows(db, sql, [source_id])}
