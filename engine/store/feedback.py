"""Thumbs and corrections of visitors: as they were given, and in the owner's inbox. It masks nothing; what is kept in the inbox was
masked by who calls.

Nothing is learned from what waits: only accepted feedback is read when a dataset of preferences is built.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from sqlite_utils import Database

from engine.errors import UserError
from engine.store.chats import read_messages
from engine.store.clause_index import read_shown
from engine.store.forget import forget_rows
from engine.store.open import all_rows, new_id, now, one_row, writing
from engine.store.preferences import BARE
from engine.store.settings import mask_key
from engine.store.talks import read_views

State = Literal["waiting", "accepted", "rejected"]
Came = Literal["here", "file", "sent"]
TURNS = 40
"""Messages before a judged answer that go with it, of those that the model was shown."""


class Judged(NamedTuple):
    """What a visitor thought of one answer, as it was said. `place`: where, as nobody else's; `at`: when it was judged."""

    place: str
    who: str
    visitor_id: str
    model: str
    turns: tuple[dict[str, str], ...]
    answer: str
    ended: str
    clauses: tuple[str, ...]
    thumb: str
    correction: str | None
    at: str

    def as_json(self) -> dict[str, Any]:
        """A line of a feedback file."""
        return {"malmoi_feedback": 1, **self._asdict()}


def as_lines(given: Iterable[Judged]) -> Iterator[str]:
    """A feedback file, line by line."""
    return (json.dumps(one.as_json(), ensure_ascii=False) for one in given)


def judged_by(db: Database, visitor_id: str | None = None, *, unsent: bool = False) -> list[Judged]:
    """What visitors judged in this store, oldest first: one visitor's or all; `unsent`: only what was not sent home yet."""
    sql = (
        "SELECT f.chat_id, f.seq, f.thumb, f.correction, f.created_at, c.model, c.visitor_id, i.name FROM chat_feedback f "
        "JOIN chats c ON c.id = f.chat_id AND c.visitor_id IS NOT NULL JOIN visitors v ON v.id = c.visitor_id "
        "JOIN invitations i ON i.id = v.invitation_id WHERE (:visitor IS NULL OR c.visitor_id = :visitor) "
        "AND NOT (:unsent AND f.sent_at IS NOT NULL) ORDER BY f.created_at, f.chat_id, f.seq"
    )
    return [_judged(db, row) for row in all_rows(db, sql, {"visitor": visitor_id, "unsent": unsent})]


def _judged(db: Database, row: dict[str, Any]) -> Judged:
    messages = read_messages(db, row["chat_id"])
    answer = next(one for one in messages if one["seq"] == row["seq"])
    view = read_views(db, row["chat_id"]).get(row["seq"])
    before = [one for one in messages if (view.first_seq if view else 0) <= one["seq"] < row["seq"]][-TURNS:]
    clauses = read_shown(db, row["chat_id"]).get(row["seq"], [])
    return Judged(
        f"{row['chat_id']}:{row['seq']}:{answer['created_at']}", row["name"], row["visitor_id"], row["model"],
        tuple({"role": one["role"], "content": one["text"]} for one in before), answer["text"], answer["ended"],
        tuple(clause["text"] for clause in clauses), row["thumb"], row["correction"], row["created_at"],
    )  # fmt: skip


def count_ungathered(db: Database) -> int:
    """Judgements given in this store since the newest one that came into the inbox from here."""
    sql = (
        "SELECT count(*) AS n FROM chat_feedback f JOIN chats c ON c.id = f.chat_id AND c.visitor_id IS NOT NULL "
        "WHERE f.created_at > COALESCE((SELECT max(said_at) FROM feedback WHERE came = 'here'), '')"
    )
    found = one_row(db, sql)
    return int(found["n"]) if found else 0


def mark_sent(db: Database, judged: Sequence[Judged]) -> None:
    """They are at home; judged anew, they are sent anew."""
    with writing(db):
        for one in judged:
            chat_id, seq, _ = one.place.split(":", 2)
            sql = "UPDATE chat_feedback SET sent_at = ? WHERE chat_id = ? AND seq = ? AND created_at = ?"
            db.execute(sql, [now(), chat_id, int(seq), one.at])


def keep_feedback(db: Database, origin: str, came: Came, masked: Judged, masked_count: int, left_count: int) -> bool:
    """Put masked feedback into the inbox; True when it is new. What was judged anew takes the place of what came before and waits
    again; what came as it is already is left alone, decided or not."""
    run = one_row(db, "SELECT id FROM runs WHERE id = ?", [_run_in(masked.model)])
    turns, clauses = (json.dumps(value, ensure_ascii=False) for value in (masked.turns, masked.clauses))
    with writing(db):
        known = one_row(db, "SELECT id, said_at FROM feedback WHERE origin = ?", [origin])
        if known and known["said_at"] >= masked.at:
            return False
        if known:
            drop_feedback(db, [known["id"]])
        db.execute(
            "INSERT INTO feedback (id, origin, came, who, visitor_id, model, run_id, turns_json, answer, ended, clauses_json, "
            "thumb, correction, masked_count, left_count, said_at, came_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                new_id("said"), origin, came, masked.who, masked.visitor_id, masked.model, run["id"] if run else None, turns,
                masked.answer, masked.ended, clauses, masked.thumb, masked.correction, masked_count, left_count, masked.at, now(),
            ],
        )  # fmt: skip
    return True


def origin_of(db: Database, judged: Judged) -> str:
    """Where it was said, as nobody can read it back: HMAC-SHA256 under the store's key, as hex."""
    said = f"{judged.visitor_id}\0{judged.place}".encode("utf-8", "replace")
    return hmac.new(mask_key(db), said, hashlib.sha256).hexdigest()


def is_kept(db: Database, origin: str) -> bool:
    """Whether the inbox has it already: a file that was written from this inbox comes back."""
    return one_row(db, "SELECT 1 FROM feedback WHERE origin = ?", [origin]) is not None


def _run_in(model: str) -> str:
    """The run in ENGINE:RUN@WAY."""
    return model.partition("@")[0].rpartition(":")[2]


def list_feedback(db: Database, state: State | None = "waiting", limit: int = 50, at: int = 0) -> list[dict[str, Any]]:
    """Newest first, turns and clauses decoded; None: in whatever state."""
    sql = "SELECT * FROM feedback WHERE (? IS NULL OR state = ?) ORDER BY came_at DESC, rowid DESC LIMIT ? OFFSET ?"
    return [_decoded(row) for row in all_rows(db, sql, [state, state, limit, at])]


def get_feedback(db: Database, id_: str) -> dict[str, Any]:
    """One of them. Raises UserError when there is none of that id."""
    row = one_row(db, "SELECT * FROM feedback WHERE id = ?", [id_])
    if row is None:
        raise UserError(
            f"손님의 의견 '{id_}'이(가) 없습니다. `feedback list`에 나오는 id를 쓰세요.",
            f"There is no feedback '{id_}'. Use an id from `feedback list`.",
        )
    return _decoded(row)


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "turns": json.loads(row.pop("turns_json")), "clauses": json.loads(row.pop("clauses_json"))}


def judged_again(kept: dict[str, Any]) -> Judged:
    """A row of the inbox as a line of a feedback file, masked as it is."""
    turns, clauses = tuple(kept["turns"]), tuple(kept["clauses"])
    named = {name: kept[name] for name in ("who", "model", "answer", "ended", "thumb", "correction")}
    return Judged(
        place=kept["origin"],
        visitor_id=kept["visitor_id"] or "",
        turns=turns,
        clauses=clauses,
        at=kept["said_at"],
        **named,
    )


def count_feedback_states(db: Database) -> dict[State, int]:
    """{waiting, accepted, rejected}."""
    counts: dict[State, int] = {"waiting": 0, "accepted": 0, "rejected": 0}
    return {**counts, **dict(db.execute("SELECT state, count(*) FROM feedback GROUP BY 1").fetchall())}


def decide_feedback(
    db: Database, id_: str, state: State, correction: str | None = None, left: int | None = None
) -> dict[str, Any]:
    """Accept, reject, or let wait again; `correction`: what is said there instead ("" for none), masked by who calls, see
    `privacy.feedback.decide`; `left`: what then still looks personal. Returns it as it is then.

    Rows made of it go when it is not accepted any more. Raises UserError when it does not exist.
    """
    with writing(db):
        found = get_feedback(db, id_)
        words = found["correction"] if correction is None else correction.strip() or None
        if state != "accepted" or words != found["correction"]:
            forget_rows(db, _rows_of(db, [id_]))
        sql = "UPDATE feedback SET state = ?, decided_at = ?, correction = ?, left_count = COALESCE(?, left_count) WHERE id = ?"
        db.execute(sql, [state, None if state == "waiting" else now(), words, left, id_])
    return get_feedback(db, id_)


def read_accepted(db: Database, recipe: str, bases: bool) -> list[dict[str, Any]]:
    """Accepted feedback on the recipe's runs (`bases`: on bare bases, too), in order."""
    sql = (
        "SELECT f.* FROM feedback f LEFT JOIN runs r ON r.id = f.run_id WHERE f.state = 'accepted' "
        f"AND (r.recipe = ? OR (? AND {BARE.format('f')})) ORDER BY f.said_at, f.id"
    )
    return [_decoded(row) for row in all_rows(db, sql, [recipe, bases])]


def kept_of(db: Database, visitor_id: str, chat_id: str | None = None) -> list[str]:
    """Ids in the inbox of what this visitor thought, in one chat or in all."""
    if chat_id is None:
        return [row["id"] for row in all_rows(db, "SELECT id FROM feedback WHERE visitor_id = ?", [visitor_id])]
    origins = [origin_of(db, one) for one in judged_by(db, visitor_id) if one.place.startswith(f"{chat_id}:")]
    sql = "SELECT id FROM feedback WHERE origin IN (SELECT value FROM json_each(?))"
    return [row["id"] for row in all_rows(db, sql, [json.dumps(origins)])]


def drop_feedback(db: Database, ids: Sequence[str]) -> int:
    """Delete feedback with the rows made of it, and keep the numbers of datasets honest; returns how many."""
    with writing(db):
        forget_rows(db, _rows_of(db, ids))
        db.execute("DELETE FROM feedback WHERE id IN (SELECT value FROM json_each(?))", [json.dumps(list(ids))])
    return len(ids)


def _rows_of(db: Database, ids: Sequence[str]) -> list[int]:
    sql = "SELECT row_id FROM preference_rows WHERE feedback_id IN (SELECT value FROM json_each(?))"
    return [row["row_id"] for row in all_rows(db, sql, [json.dumps(list(ids))])]
