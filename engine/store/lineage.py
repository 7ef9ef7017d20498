"""Where does this come from, and what comes from it: edges between sources, datasets, runs and what follows."""

from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.open import all_rows, one_row, writing

TABLES = {
    "source": "sources",
    "generation": "generations",
    "dataset": "datasets",
    "run": "runs",
    "capsule": "capsules",
    "artifact": "artifacts",
    "evaluation": "evaluations",
    "sweep": "sweeps",
    "search": "studies",
    "chat": "chats",
    "compression": "compressions",
    "deployment": "deployments",
}
"""Node kind to the table that holds it."""


def link(db: Database, parent_kind: str, parent_id: str, child_kind: str, child_id: str) -> None:
    """Record that the child was made from the parent."""
    db.execute("INSERT OR IGNORE INTO edges VALUES (?, ?, ?, ?)", [parent_kind, parent_id, child_kind, child_id])


def unlink(db: Database, child_kind: str, child_id: str) -> None:
    """Forget what a child was made from."""
    with writing(db):
        db.execute("DELETE FROM edges WHERE child_kind = ? AND child_id = ?", [child_kind, child_id])


def kind_of(db: Database, id_: str) -> str | None:
    """Which table holds this id; None when no table does. `row:N` and `record:N` name single rows and records."""
    if ":" in id_:
        kind, _, number = id_.partition(":")
        known = {"row": "rows", "record": "records", "answer": "answers"}.get(kind)
        return (
            kind
            if known and number.isdigit() and one_row(db, f"SELECT 1 FROM {known} WHERE id = ?", [number])
            else None
        )
    for kind, table in {**TABLES, "job": "jobs"}.items():
        if one_row(db, f"SELECT 1 AS found FROM {table} WHERE id = ?", [id_]):
            return kind
    return None


def lineage(db: Database, id_: str) -> dict[str, Any]:
    """Every ancestor and descendant of a node: {id, kind, ancestors: [{kind, id}], descendants: [...]}.

    Raises UserError when nothing in the store has that id.
    """
    kind = kind_of(db, id_)
    if kind is None:
        raise UserError(
            f"'{id_}'은(는) 저장소에 없습니다. `jobs`, `models list`로 있는 이름을 확인하세요.",
            f"There is no '{id_}' in the store. See `jobs` or `models list` for what exists.",
        )
    if kind in ("record", "row"):
        own, below = _of_text(db, kind, id_.partition(":")[2])
        above = (_as_nodes([("source", own)]) if own else []) + _made_by(db, kind, id_) + _preferred_in(db, kind, id_)
        below = below + _walk(db, [(node["kind"], node["id"]) for node in below], "parent", "child")
    else:
        start = _coarse(db, kind, id_)
        above = _walk(db, start, "child", "parent") + ([] if start == [(kind, id_)] else _as_nodes(start))
        below = [] if kind == "answer" else _walk(db, start, "parent", "child")
    return {
        "id": id_,
        "kind": kind,
        "ancestors": _unique(above),
        "descendants": _unique(below),
        **_detail(db, kind, id_),
    }


def _as_nodes(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"kind": kind, "id": id_} for kind, id_ in pairs]


def _of_text(db: Database, kind: str, number: str) -> tuple[str | None, list[dict[str, str]]]:
    """(the source of a record or row, the datasets it went into)."""
    table = "records" if kind == "record" else "rows"
    own = one_row(db, f"SELECT source_id FROM {table} WHERE id = ?", [number])
    rows = "r.id = ?" if kind == "row" else "? BETWEEN r.record_first AND r.record_last AND r.source_id = ?"
    sql = f"SELECT DISTINCT d.dataset_id FROM rows r JOIN dataset_rows d ON d.row_id = r.id AND d.split IS NOT NULL WHERE {rows}"
    values = [number] if kind == "row" else [number, own and own["source_id"]]
    return own["source_id"] if own else None, _as_nodes(
        [("dataset", row["dataset_id"]) for row in all_rows(db, sql, values)]
    )


def _made_by(db: Database, kind: str, id_: str) -> list[dict[str, str]]:
    """The generation that made a record."""
    sql = "SELECT generation_id AS id FROM generation_pairs WHERE made_id = ?"
    row = one_row(db, sql, [id_.partition(":")[2]]) if kind == "record" else None
    return _as_nodes([("generation", row["id"])]) if row else []


def _preferred_in(db: Database, kind: str, id_: str) -> list[dict[str, str]]:
    """Where a row of preferences was said: its chat, or the answers of its blind vote and their evaluation."""
    sql = (
        "SELECT chat_id, answer_id, other_answer_id, from_row_id, (SELECT evaluation_id FROM answers WHERE id = answer_id) AS "
        "evaluation_id FROM preference_rows WHERE row_id = ?"
    )
    row = one_row(db, sql, [id_.partition(":")[2]]) if kind == "row" else None
    if row is None:
        return []
    found = [("chat", row["chat_id"]), ("evaluation", row["evaluation_id"])]
    found += [("answer", f"answer:{row[name]}") for name in ("answer_id", "other_answer_id") if row[name]]
    found += [("row", f"row:{row['from_row_id']}")] if row["from_row_id"] else []
    return _as_nodes([(name, id_) for name, id_ in found if id_])


def _unique(nodes: list[dict[str, str]]) -> list[dict[str, str]]:
    return list({(node["kind"], node["id"]): node for node in nodes}.values())


def _coarse(db: Database, kind: str, id_: str) -> list[tuple[str, str]]:
    """The nodes with edges that stand for this id."""
    number = id_.partition(":")[2]
    if kind == "answer":
        row = one_row(db, "SELECT evaluation_id AS id FROM answers WHERE id = ?", [number])
        return [("evaluation", row["id"])] if row else []
    if kind == "job":
        return [
            (name, row["id"])
            for name, table in (
                ("source", "sources"),
                ("dataset", "datasets"),
                ("run", "runs"),
                ("evaluation", "evaluations"),
                ("sweep", "sweeps"),
                ("search", "studies"),
                ("compression", "compressions"),
                ("deployment", "deployments"),
            )
            for row in all_rows(db, f"SELECT id FROM {table} WHERE job_id = ?", [id_])
        ]
    return [(kind, id_)]


def _walk(db: Database, start: list[tuple[str, str]], here: str, there: str) -> list[dict[str, str]]:
    sql = f"SELECT {there}_kind AS kind, {there}_id AS id FROM edges WHERE {here}_kind = ? AND {here}_id = ?"
    seen, queue, found = set(start), list(start), []
    while queue:
        for row in all_rows(db, sql, queue.pop(0)):
            node = (row["kind"], row["id"])
            if node not in seen:
                seen.add(node)
                queue.append(node)
                found.append(row)
    return found


def _detail(db: Database, kind: str, id_: str) -> dict[str, Any]:
    """For a row, an answer or a generated pair: which records it was made from."""
    number = id_.partition(":")[2]
    sql = "SELECT source_id, record_first, record_last FROM rows WHERE id = "
    if kind == "row":
        told = {"records": one_row(db, sql + "?", [number])}
        origin = one_row(db, "SELECT * FROM preference_rows WHERE row_id = ?", [number])
        named = {name: value for name, value in (origin or {}).items() if value is not None and name != "row_id"}
        return {**told, "preference": named} if named else told
    if kind == "answer":
        return {"records": one_row(db, sql + "(SELECT row_id FROM answers WHERE id = ?)", [number])}
    if kind == "record":
        made = one_row(
            db, "SELECT record_id AS shown, from_id AS asked FROM generation_pairs WHERE made_id = ?", [number]
        )
        return {"records": made} if made else {}
    return {}
