"""Remove a visitor everywhere: chats, opinions, rows made from them, the browser's key. It knows nothing of sources and speakers."""

import json
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.chats import delete_chat
from engine.store.deployments import deployments_holding
from engine.store.forget import FLAG, backups_left, finish_forgetting, forget_rows, refuse_while_working
from engine.store.lineage import lineage
from engine.store.open import all_rows, writing
from engine.store.settings import set_setting

FEEDBACK = "visitor_id IN (SELECT value FROM json_each(:ids)) OR who IN (SELECT value FROM json_each(:names))"
"""What came from a bundle names the invitation alone: its visitors are not in this store."""


def preview_visitor(db: Database, named: str) -> dict[str, Any]:
    """What `forget_visitor` would remove and touch; changes nothing."""
    return _told(db, _who(db, named))


def forget_visitor(db: Database, named: str) -> dict[str, Any]:
    """Delete a visitor, or all of an invitation: `named` is a visitor's id, an invitation's id or its name.

    Returns {records: messages, rows, feedback, visitors, datasets, retrain, backups, capsules, redeploy}. Raises UserError when nobody is
    called so, or while a job runs.
    """
    who = _who(db, named)
    told = _told(db, who)
    with writing(db):
        refuse_while_working(db)
        set_setting(db, FLAG, True)
        forget_rows(db, _rows(db, who))
        for chat in _chats(db, who):
            delete_chat(db, chat)
        db.execute(f"DELETE FROM feedback WHERE {FEEDBACK}", who)
        db.execute("DELETE FROM visitors WHERE id IN (SELECT value FROM json_each(:ids))", who)
        db.execute("DELETE FROM invitations WHERE id IN (SELECT value FROM json_each(:invitations))", who)
    finish_forgetting(db)
    return told


def _who(db: Database, named: str) -> dict[str, str]:
    """JSON lists: `ids` of visitors, `invitations` that go with them, `names` of those invitations."""
    one = all_rows(db, "SELECT id FROM visitors WHERE id = ?", [named])
    if one:
        return {"ids": json.dumps([named]), "invitations": "[]", "names": "[]"}
    found = all_rows(db, "SELECT id, name FROM invitations WHERE id = :n OR name = :n", {"n": named})
    if not found:
        raise UserError(
            f"'{named}'(이)라는 방문자나 초대가 없습니다. `invite list`에 나오는 id나 이름을 쓰세요.",
            f"No visitor or invitation is called '{named}'. Use an id or a name from `invite list`.",
        )
    invitations = json.dumps([row["id"] for row in found])
    sql = "SELECT id FROM visitors WHERE invitation_id IN (SELECT value FROM json_each(?))"
    ids = json.dumps([row["id"] for row in all_rows(db, sql, [invitations])])
    names = json.dumps(sorted({row["name"] for row in found}), ensure_ascii=False)
    return {"ids": ids, "invitations": invitations, "names": names}


def _chats(db: Database, who: dict[str, str]) -> list[str]:
    sql = "SELECT id FROM chats WHERE visitor_id IN (SELECT value FROM json_each(:ids))"
    return [row["id"] for row in all_rows(db, sql, who)]


def _rows(db: Database, who: dict[str, str]) -> list[int]:
    """Rows of preferences that were made from what they thought."""
    sql = f"SELECT row_id FROM preference_rows WHERE feedback_id IN (SELECT id FROM feedback WHERE {FEEDBACK})"
    return [row["row_id"] for row in all_rows(db, sql, who)]


def _told(db: Database, who: dict[str, str]) -> dict[str, Any]:
    rows, chats = _rows(db, who), _chats(db, who)
    sql = "SELECT DISTINCT dataset_id FROM dataset_rows WHERE row_id IN (SELECT value FROM json_each(?))"
    datasets = [row["dataset_id"] for row in all_rows(db, sql, [json.dumps(rows)])]
    below = [node for id_ in datasets for node in lineage(db, id_)["descendants"]]
    messages = "SELECT count(*) FROM chat_messages WHERE chat_id IN (SELECT value FROM json_each(?))"
    return {
        "records": db.execute(messages, [json.dumps(chats)]).fetchone()[0],
        "rows": len(rows),
        "feedback": db.execute(f"SELECT count(*) FROM feedback WHERE {FEEDBACK}", who).fetchone()[0],
        "visitors": json.loads(who["ids"]),
        "datasets": sorted(datasets),
        "retrain": sorted({node["id"] for node in below if node["kind"] == "run"}),
        "backups": backups_left(db),
        "capsules": [],
        "redeploy": deployments_holding(db, "rows.id IN (SELECT value FROM json_each(?))", [json.dumps(rows)]),
    }
