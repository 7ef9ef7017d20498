"""What left this machine: bundles, whom they were handed to, which sources are in them. It knows nothing of how one is made."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.lineage import lineage, link
from engine.store.open import all_rows, new_id, now, one_row, writing

WHO, URL = 100, 2000
"""Letters a recipient's name and an address may have."""


def add_deployment(
    db: Database,
    run_id: str,
    target: str,
    size_mb: float,
    memory_mb: float | None,
    engine: str,
    audit: Mapping[str, Any],
    parity: Mapping[str, Any] | None,
    sources: Sequence[str] = (),
    *,
    model: str | None = None,
    folder: str | None = None,
    fits: bool | None = None,
    override: str | None = None,
) -> str:
    """Record a bundle of a run; returns its id.

    audit: {verdict, findings}, its evidence masked. sources: those carried along as text (clauses, a dictionary); what the run learned
    from is found by its lineage. model: the name it answers by there, None for the run's with the engine. override: the owner's reason.
    """
    deployment_id = new_id("deploy")
    with writing(db):
        db.execute(
            "INSERT INTO deployments (id, run_id, model, engine, target, folder, size_mb, memory_mb, fits, audit_json, parity_json, "
            "override_reason, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                deployment_id, run_id, model or f"{engine}:{run_id}", engine, target, folder, size_mb, memory_mb, fits,
                json.dumps(audit, ensure_ascii=False), None if parity is None else json.dumps(parity, ensure_ascii=False),
                override, now(),
            ],
        )  # fmt: skip
        link(db, "run", run_id, "deployment", deployment_id)
        for source_id in sources:
            link(db, "source", source_id, "deployment", deployment_id)
        inside = [node["id"] for node in lineage(db, deployment_id)["ancestors"] if node["kind"] == "source"]
        db.conn.executemany("INSERT INTO deployment_sources VALUES (?, ?)", [(deployment_id, one) for one in inside])
    return deployment_id


def note_job(db: Database, deployment_id: str, job_id: str) -> None:
    """Which job made it."""
    with writing(db):
        db.execute("UPDATE deployments SET job_id = ? WHERE id = ?", [job_id, deployment_id])


def get_deployment(db: Database, deployment_id: str) -> dict[str, Any]:
    """The deployment (its id, its job's, or `latest`): row with audit and parity decoded, `sources` [{id, name}] (name None: forgotten)
    and `handovers`. Raises UserError when there is none."""
    if deployment_id == "latest":
        row = one_row(db, "SELECT * FROM deployments ORDER BY created_at DESC, rowid DESC LIMIT 1")
    else:
        row = one_row(db, "SELECT * FROM deployments WHERE id = ? OR job_id = ?", [deployment_id, deployment_id])
    if row is None:
        raise UserError(
            f"배포 '{deployment_id}'이(가) 없습니다. `deployments list`로 있는 것을 보거나 `deploy 학습id --target local`로 만드세요.",
            f"There is no deployment '{deployment_id}'. See `deployments list`, or make one with `deploy RUN --target local`.",
        )
    return _whole(db, row)


def list_deployments(db: Database, run_id: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Deployments as `get_deployment` gives them, newest first, those taken back too."""
    sql = "SELECT * FROM deployments WHERE ? IS NULL OR run_id = ? ORDER BY created_at DESC, rowid DESC LIMIT ?"
    return [_whole(db, row) for row in all_rows(db, sql, [run_id, run_id, limit])]


def _whole(db: Database, row: dict[str, Any]) -> dict[str, Any]:
    for name in ("audit", "parity"):
        text = row.pop(f"{name}_json")
        row[name] = json.loads(text) if text else None
    row["fits"] = None if row["fits"] is None else bool(row["fits"])
    sql = (
        "SELECT d.source_id AS id, s.name FROM deployment_sources d LEFT JOIN sources s ON s.id = d.source_id "
        "WHERE d.deployment_id = ? ORDER BY s.name IS NULL, s.name, d.source_id"
    )
    row["sources"] = all_rows(db, sql, [row["id"]])
    sql = "SELECT id, who, url, invitation_id, handed_at, revoked_at FROM handovers WHERE deployment_id = ? ORDER BY id"
    row["handovers"] = all_rows(db, sql, [row["id"]])
    return row


def bundles_with_guests(db: Database) -> list[dict[str, Any]]:
    """Bundles that invitations were made for, newest first: {job_id, job_state, target, created_at, invitations, deployment}; an invitation
    stands under the newest that carries it. deployment: as `get_deployment` gives it, None where none came of the job."""
    sql = (
        "SELECT id AS job_id, state AS job_state, created_at, args_json FROM jobs WHERE kind = 'deploy' "
        "ORDER BY created_at DESC, rowid DESC"
    )
    found, seen = list[dict[str, Any]](), set[str]()
    for row in all_rows(db, sql):
        args = json.loads(row.pop("args_json"))
        own = [one for one in args["settings"].get("invitations", ()) if one not in seen]
        seen.update(own)
        if own:
            made = one_row(db, "SELECT * FROM deployments WHERE job_id = ?", [row["job_id"]])
            whole = _whole(db, made) if made else None
            found.append({**row, "target": args["target"], "invitations": own, "deployment": whole})
    return found


def is_blocked(deployment: Mapping[str, Any]) -> bool:
    """Whether its audit is red and the owner gave no reason to let it go all the same."""
    return bool(deployment["audit"]["verdict"] == "red" and not deployment["override_reason"])


def hand_to(db: Database, deployment_id: str, who: str, url: str | None = None, invitation: str | None = None) -> int:
    """Record that it was handed to somebody; returns the handover's number.

    Raises UserError for an empty name, an address that is none, and a deployment that was taken back, holds what was forgotten, or is
    blocked by its audit.
    """
    named, address = " ".join(who.split())[:WHO], (url or "").strip()
    if not named:
        raise UserError(
            "누구에게 건네는지 비어 있습니다. 나중에 알아볼 수 있게 이름이나 별명을 쓰세요.",
            "It does not say whom this is handed to. Write a name or nickname that you will recognise later.",
        )
    if address:
        refuse_address(address)
    with writing(db):
        deployment = get_deployment(db, deployment_id)
        refuse_handing(deployment)
        sql = "INSERT INTO handovers (deployment_id, who, url, invitation_id, handed_at) VALUES (?, ?, ?, ?, ?)"
        done = db.execute(sql, [deployment["id"], named, address or None, invitation, now()])
        return int(done.lastrowid or 0)


def note_address(db: Database, deployment_id: str, url: str) -> None:
    """Where it answers, for everybody whose handover does not say yet. Raises UserError for an address that is none."""
    refuse_address(url.strip())
    with writing(db):
        sql = "UPDATE handovers SET url = ? WHERE deployment_id = ? AND url IS NULL AND revoked_at IS NULL"
        db.execute(sql, [url.strip(), get_deployment(db, deployment_id)["id"]])


def refuse_address(address: str) -> None:
    """Raises UserError for what is no address of the web, or a longer one than is kept."""
    if not (address.startswith(("https://", "http://")) and len(address) <= URL and len(address.split()) == 1):
        raise UserError(
            f"'{address[:80]}'은(는) 웹 주소가 아닙니다. https://로 시작하는 주소를 쓰세요.",
            f"'{address[:80]}' is no web address. Write one that begins with https://.",
        )


def refuse_handing(deployment: Mapping[str, Any]) -> None:
    """Raises UserError for what was taken back, holds what was forgotten, or is blocked by its audit."""
    name = deployment["id"]
    if deployment["revoked_at"]:
        raise UserError(
            f"배포 {name}은(는) 이미 거두었습니다. 다시 건네려면 새로 만드세요.",
            f"Deployment {name} was taken back. Make a new one to hand it over again.",
        )
    if deployment["forgotten_at"]:
        raise UserError(
            f"배포 {name}에는 그 뒤에 지운 사람이나 자료가 들어 있습니다. 남은 자료로 다시 학습해 새로 배포하세요.",
            f"Deployment {name} holds a person or source that was forgotten since. Train anew on what is left and deploy that.",
        )
    if is_blocked(deployment):
        raise UserError(
            f"배포 {name}은(는) 점검 결과가 빨강이라 건넬 수 없습니다. 찾은 것을 고쳐 다시 만들거나, 까닭을 적고 `deploy --override`로 다시 만드세요.",
            f"Deployment {name} may not be handed over: its audit is red. Mend what was found, or deploy again with `--override` and a reason.",
        )


def revoke_deployment(db: Database, deployment_id: str) -> list[str]:
    """Take it back with everything that was handed out of it; returns the invitations that are to be revoked with it. What lies on a
    host is the owner's to take down: this machine cannot reach it."""
    with writing(db):
        found = get_deployment(db, deployment_id)
        db.execute("UPDATE deployments SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?", [now(), found["id"]])
        sql = "UPDATE handovers SET revoked_at = COALESCE(revoked_at, ?) WHERE deployment_id = ?"
        db.execute(sql, [now(), found["id"]])
    return [one["invitation_id"] for one in found["handovers"] if one["invitation_id"] and not one["revoked_at"]]


def revoke_handover(db: Database, deployment_id: str, handover_id: int) -> str | None:
    """Take it back from one person; returns the invitation that is to be revoked with it. Raises UserError when nobody got it so."""
    with writing(db):
        sql = "SELECT invitation_id FROM handovers WHERE id = ? AND deployment_id = ?"
        found = one_row(db, sql, [handover_id, deployment_id])
        if found is None:
            raise UserError(
                f"배포 {deployment_id}에는 건넨 기록 {handover_id}번이 없습니다. `deployments list`로 번호를 확인하세요.",
                f"Deployment {deployment_id} has no handover number {handover_id}. See `deployments list` for the numbers.",
            )
        sql = "UPDATE handovers SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?"
        db.execute(sql, [now(), handover_id])
    return None if found["invitation_id"] is None else str(found["invitation_id"])


OUT = "SELECT DISTINCT p.id, p.model, p.target, p.folder, p.created_at FROM deployments p"
LEARNED = (
    "WITH RECURSIVE above (deployment, kind, id) AS (SELECT id, 'deployment', id FROM deployments WHERE revoked_at IS NULL UNION SELECT "
    "above.deployment, e.parent_kind, e.parent_id FROM above JOIN edges e ON e.child_kind = above.kind AND e.child_id = above.id) "
    f"{OUT} JOIN above ON above.deployment = p.id AND above.kind = 'dataset' JOIN dataset_rows d ON d.dataset_id = above.id "
    "AND d.split IN ('train', 'validation') JOIN rows ON rows.id = d.row_id WHERE "
)
"""Through every run and teacher up to the datasets. Validation rows chose the checkpoint that left."""


def deployments_holding(db: Database, where: str, values: list[Any]) -> list[dict[str, Any]]:
    """{id, model, target, folder, created_at, handed: [{who, url}]} of what is out there and learned from rows of which `where` (a
    condition on `rows`) is true."""
    return _with_handed(
        db, all_rows(db, f"{LEARNED}{where} ORDER BY p.created_at", values)
    )  # the condition comes from code


def deployments_of_source(db: Database, source_id: str) -> list[dict[str, Any]]:
    """As `deployments_holding`: what is out there and learned from a source or carries it."""
    sql = f"{OUT} JOIN deployment_sources s ON s.deployment_id = p.id WHERE s.source_id = ? AND p.revoked_at IS NULL ORDER BY p.created_at"
    return _with_handed(db, all_rows(db, sql, [source_id]))


def deployments_of_speaker(db: Database, speaker: str) -> list[dict[str, Any]]:
    """As `deployments_holding`: what is out there and learned from something a speaker said."""
    spoke = (
        "EXISTS (SELECT 1 FROM records c WHERE c.id BETWEEN rows.record_first AND rows.record_last AND +c.source_id = rows.source_id "
        "AND c.speaker = ?)"
    )
    return deployments_holding(db, spoke, [speaker])


def mark_redeploy(db: Database, deployment_ids: Sequence[str]) -> None:
    """Something in them was forgotten: they are to be taken down."""
    with writing(db):
        sql = "UPDATE deployments SET forgotten_at = COALESCE(forgotten_at, ?) WHERE id IN (SELECT value FROM json_each(?))"
        db.execute(sql, [now(), json.dumps(list(deployment_ids))])


def _with_handed(db: Database, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sql = "SELECT who, url FROM handovers WHERE deployment_id = ? AND revoked_at IS NULL ORDER BY id"
    return [{**one, "handed": all_rows(db, sql, [one["id"]])} for one in found]
