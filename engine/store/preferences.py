"""What the owner preferred, wherever it was said: reviews, blind votes, thumbs and corrections in chats; and the rows made of
it. It knows nothing of how preferences become pairs or ratings."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from sqlite_utils import Database

from engine.store.datasets import row_fingerprint
from engine.store.open import all_rows, now, writing
from engine.store.reviews import STANDING

STYLES = ("pairs", "ratings")
"""Styles of datasets made of preferences: every recipe has them."""
_OF_RECIPE = (
    "EXISTS (SELECT 1 FROM edges e JOIN runs r ON r.id = e.parent_id AND r.recipe = {recipe} "
    "WHERE e.parent_kind = 'run' AND e.child_kind = 'chat' AND e.child_id = c.id)"
)
"""A chat `c` with a run of the recipe, on whatever engine and in whatever way it answered: its name tells those too."""
BARE = "({0}.model LIKE 'base:%' OR {0}.model LIKE '%:base:%')"
"""A row of table `{0}` that tells of a bare base, on whatever engine it answered."""
MADE_OF_ROWS = "d.style NOT IN ('pairs', 'ratings')"


class Origin(NamedTuple):
    """Where a row of preferences comes from; see the table."""

    kind: Literal["chat", "vote", "review"]
    chat_id: str | None = None
    chat_seq: int | None = None
    answer_id: int | None = None
    other_answer_id: int | None = None
    from_row_id: int | None = None
    feedback_id: str | None = None


def read_decisions(db: Database, recipe: str) -> list[dict[str, Any]]:
    """What was decided on rows of the recipe's datasets, one per row and dataset, in order: {dataset_id, row_id, source_id,
    record_first, record_last, split_group, messages, target, decision, edited_messages, edited_target}."""
    sql = (
        f"SELECT r.dataset_id, o.id AS row_id, o.source_id, o.record_first, o.record_last, o.split_group, o.messages_json AS messages, "
        "o.target, r.decision, e.messages_json AS edited_messages, e.target AS edited_target FROM reviews r "
        f"JOIN datasets d ON d.id = r.dataset_id AND d.recipe = ? AND {MADE_OF_ROWS} JOIN rows o ON o.id = r.row_id "
        f"LEFT JOIN rows e ON e.id = r.edited_row_id WHERE {STANDING} ORDER BY r.id"
    )
    return _decoded(all_rows(db, sql, [recipe]), "messages", "edited_messages")


def read_choices(db: Database, recipe: str) -> list[dict[str, Any]]:
    """Blind votes on the recipe's evaluations, in order: {dataset_id, choice, source_id, record_first, record_last,
    split_group, messages, and for left and right: id, answer, raw}."""
    sql = (
        "SELECT e.id AS evaluation_id, e.dataset_id, v.choice, r.id AS row_id, r.source_id, r.record_first, r.record_last, r.split_group, r.messages_json AS messages, "
        "x.id AS left_id, x.answer AS left_answer, y.id AS right_id, y.answer AS right_answer FROM votes v "
        "JOIN evaluations e ON e.id = v.evaluation_id AND e.recipe = ? "
        "JOIN answers x ON x.evaluation_id = e.id AND x.item = v.item AND x.model = v.left_model "
        "JOIN answers y ON y.evaluation_id = e.id AND y.item = v.item AND y.model = v.right_model "
        "JOIN rows r ON r.id = x.row_id ORDER BY v.id"
    )
    return _decoded(all_rows(db, sql, [recipe]), "messages")


def read_judged_chats(db: Database, recipe: str, bases: bool) -> list[dict[str, Any]]:
    """Judged answers of the owner's chats with the recipe's runs (`bases`: with bare bases too), in order: {chat_id, seq, model, thumb,
    correction, answer, ended}."""
    sql = (
        "SELECT f.chat_id, f.seq, c.model, f.thumb, f.correction, m.text AS answer, m.ended FROM chat_feedback f "
        "JOIN chats c ON c.id = f.chat_id JOIN chat_messages m ON m.chat_id = f.chat_id AND m.seq = f.seq "
        f"WHERE c.visitor_id IS NULL AND ({_OF_RECIPE.format(recipe='?')} OR (? AND {BARE.format('c')})) ORDER BY f.created_at, f.chat_id, f.seq"
    )
    return all_rows(db, sql, [recipe, bases])


def _decoded(rows: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    for row in rows:
        for name in names:
            row[name] = json.loads(row[name]) if row[name] else None
    return rows


def spoken_by(db: Database, source_id: str, first: int, last: int) -> set[str]:
    """Who speaks in a range of records."""
    sql = "SELECT DISTINCT speaker FROM records WHERE id BETWEEN ? AND ? AND +source_id = ? AND speaker IS NOT NULL"
    return {row["speaker"] for row in all_rows(db, sql, [first, last, source_id])}


class NewRow(NamedTuple):
    """A row of preferences to be stored."""

    source_id: str | None
    records: tuple[int | None, int | None]
    group: str
    messages: Sequence[Mapping[str, Any]]
    target: str
    meta: Mapping[str, Any]
    origin: Origin | None
    """None: made elsewhere, and read from the records of its source."""


def add_preferences(db: Database, recipe: str, rows: Sequence[NewRow]) -> list[int]:
    """Insert rows not there yet; returns their ids in order. What tells two of them apart is also what was rejected, or how
    an answer was rated."""
    ids = []
    with writing(db):
        for row in rows:
            said = json.dumps(list(row.messages), ensure_ascii=False)
            judged = json.dumps([row.meta.get("rejected"), row.meta.get("rating")], ensure_ascii=False)
            content = f"{row.group}\0{said}\0{row.target}\0{judged}"
            print_ = row_fingerprint(recipe, row.source_id, row.records, content)
            db.execute(
                "INSERT OR IGNORE INTO rows (recipe, source_id, record_first, record_last, split_group, messages_json, target, "
                "meta_json, fingerprint, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    recipe, row.source_id, *row.records, row.group, said, row.target,
                    json.dumps(dict(row.meta), ensure_ascii=False), print_, now(),
                ],
            )  # fmt: skip
            id_ = int(db.execute("SELECT id FROM rows WHERE fingerprint = ?", [print_]).fetchone()[0])
            if row.origin:
                db.execute("INSERT OR IGNORE INTO preference_rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [id_, *row.origin])
            ids.append(id_)
    return ids


def count_preferences(db: Database, recipe: str, bases: bool = False) -> dict[str, int]:
    """How often the owner preferred something: {fixed, decided, voted, tied, corrected, thumbs, imported}; `bases`: in chats with bare
    bases, too. Not all of it becomes a row."""
    decided = (
        "SELECT COALESCE(sum(r.decision = 'edit'), 0) AS fixed, count(*) AS decided FROM reviews r JOIN datasets d "
        f"ON d.id = r.dataset_id AND d.recipe = :recipe AND {MADE_OF_ROWS} WHERE {STANDING}"
    )
    voted = (
        "SELECT COALESCE(sum(choice IN ('left', 'right')), 0) AS voted, COALESCE(sum(choice IN ('both', 'neither')), 0) AS tied "
        "FROM votes v JOIN evaluations e ON e.id = v.evaluation_id AND e.recipe = :recipe"
    )
    chats = (
        "SELECT count(correction) AS corrected, count(*) AS thumbs FROM chat_feedback f JOIN chats c ON c.id = f.chat_id "
        f"WHERE c.visitor_id IS NULL AND ({_OF_RECIPE.format(recipe=':recipe')} OR (:bases AND {BARE.format('c')}))"
    )
    imported = (
        "SELECT count(*) AS imported FROM records c JOIN sources s ON s.id = c.source_id WHERE s.recipe = :recipe "
        "AND s.kind = 'preferences' AND s.state = 'ready' AND s.replaced_by IS NULL AND c.kind = 'preference'"
    )
    values = {"recipe": recipe, "bases": bases}
    return {
        name: value for sql in (decided, voted, chats, imported) for name, value in all_rows(db, sql, values)[0].items()
    }
