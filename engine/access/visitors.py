"""Visitors: a browser comes in with a code, comes back with its key, takes answers from the day's share, agrees to what is stored.

Everything that lets in asks the store each time, so that revoking works at once.
"""

import time
from dataclasses import dataclass

from sqlite_utils import Database

from engine.access.browser import PAGE, Browser, is_signed
from engine.access.invitations import SELECT, Invitation, find_by_code, invitation_of, today
from engine.access.slowly import count_refused, wait_before
from engine.errors import UserError
from engine.store.open import new_id, now, one_row, writing

DOOR = "visitor"
ALIKE = 0.05
"""Seconds that every refusal takes: a code that was good once is looked up 1.3 to 1.4 times as long as a wrong one."""


@dataclass(frozen=True)
class Visitor:
    """A browser that is in. `models`: names it may talk to; `left_today`: answers; `consent`: version of the words agreed to."""

    id: str
    invitation_id: str
    name: str
    models: tuple[str, ...]
    left_today: int
    per_day: int
    consent: str | None


def enter(db: Database, code: str, browser: Browser, address: str = "") -> Visitor | None:
    """Come in with a code. None for a wrong, expired, revoked or used up one: nothing tells which.

    Raises UserError while this address has to wait after wrong tries.
    """
    began = time.monotonic()
    with writing(db):  # asked inside: tries sent at once would all pass before the first is counted
        if (seconds := wait_before(db, DOOR, address)) > 0:
            raise too_many(seconds)
        invitation = find_by_code(db, code)
        id_ = _place(db, invitation, browser) if invitation is not None else None
        if id_ is None:
            count_refused(db, DOOR, address)
    if id_ is None:
        time.sleep(max(0.0, began + ALIKE - time.monotonic()))
        return None
    return current(db, id_)


def _place(db: Database, invitation: Invitation, browser: Browser) -> str | None:
    """The visitor's id: the one this browser has with this invitation, else a new one while there is room."""
    known = one_row(db, "SELECT * FROM visitors WHERE browser_id = ?", [browser.id])
    if known is not None and known["browser_key"] != browser.key:
        return None  # an id that was seen elsewhere, with another key
    if known is not None and known["invitation_id"] == invitation.id:
        return str(known["id"])
    if invitation.came >= invitation.browsers and not _came_so_before(db, invitation, browser):
        return None
    if known is not None:  # another invitation in the same browser: a visitor of its own, who sees nothing of the first
        db.execute("UPDATE visitors SET browser_id = 'left ' || id WHERE id = ?", [known["id"]])
    id_, at = new_id("visitor"), now()
    db.execute(
        "INSERT INTO visitors VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)",
        [id_, invitation.id, browser.id, browser.key, at, at],
    )
    return id_


def _came_so_before(db: Database, invitation: Invitation, browser: Browser) -> bool:
    """Whether browsers that keep no key have a place already: they count as one, or a guest would be out after two refreshes."""
    sql = "SELECT 1 FROM visitors WHERE invitation_id = ? AND browser_id LIKE ? || '%'"
    return not browser.keeps and one_row(db, sql, [invitation.id, PAGE]) is not None


def resume(db: Database, browser_id: str, nonce: str, proof: str) -> Visitor | None:
    """Come back: the visitor of a browser that signs `nonce` with its key; None otherwise, or when the invitation is over."""
    found = one_row(db, "SELECT id, browser_key FROM visitors WHERE browser_id = ?", [browser_id])
    if found is None or not is_signed(found["browser_key"], nonce, proof):
        return None
    return current(db, found["id"])


def is_over(db: Database, browser_id: str, nonce: str, proof: str) -> bool:
    """Whether the browser that signs was in once, and its invitation is over: only who was in is told so."""
    found = one_row(db, "SELECT id, browser_key FROM visitors WHERE browser_id = ?", [browser_id])
    signed = found is not None and is_signed(found["browser_key"], nonce, proof)
    return signed and found is not None and current(db, found["id"]) is None


def current(db: Database, visitor_id: str) -> Visitor | None:
    """The visitor as things stand now; None once the invitation was revoked or is over."""
    sql = "SELECT invitation_id, consent_version FROM visitors WHERE id = ?"
    found = one_row(db, sql, [visitor_id])
    if found is None:
        return None
    row = one_row(db, f"{SELECT} WHERE i.id = ? GROUP BY i.id", [today(), found["invitation_id"]])
    assert row is not None  # a visitor goes with the invitation
    invitation = invitation_of(row)
    if invitation.state != "open":
        return None
    return Visitor(
        visitor_id,
        invitation.id,
        invitation.name,
        invitation.models,
        invitation.left_today,
        invitation.per_day,
        found["consent_version"],
    )


def browser_of(db: Database, visitor_id: str) -> Browser | None:
    """The browser that the visitor came in with."""
    found = one_row(db, "SELECT browser_id, browser_key FROM visitors WHERE id = ?", [visitor_id])
    return Browser(found["browser_id"], found["browser_key"]) if found else None


def seen(db: Database, visitor_id: str) -> None:
    """The visitor is here: the time is noted."""
    with writing(db):
        db.execute("UPDATE visitors SET seen_at = ? WHERE id = ?", [now(), visitor_id])


def spend(db: Database, visitor: Visitor) -> bool:
    """Take one answer from today's share of the invitation; False when none is left, or the invitation is over."""
    with writing(db):
        found = current(db, visitor.id)
        if found is None or found.left_today < 1:
            return False
        db.execute(
            "INSERT INTO invitation_days VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET answers = answers + 1",
            [found.invitation_id, today()],
        )
        db.execute("UPDATE visitors SET seen_at = ? WHERE id = ?", [now(), visitor.id])
    return True


def give_back(db: Database, visitor: Visitor) -> None:
    """An answer that never came (no memory, the model is gone) is not counted."""
    with writing(db):
        sql = "UPDATE invitation_days SET answers = max(0, answers - 1) WHERE invitation_id = ? AND day = ?"
        db.execute(sql, [visitor.invitation_id, today()])


def is_in(db: Database, visitor: Visitor) -> bool:
    """Whether the visitor may still read on: asked between the pieces of an answer, so that revoking ends it."""
    return current(db, visitor.id) is not None


def consent(db: Database, visitor: Visitor, version: str) -> Visitor | None:
    """Note that the visitor agreed to the words of `version`, and when; the visitor as of now."""
    with writing(db):
        sql = "UPDATE visitors SET consent_version = ?, consented_at = ? WHERE id = ?"
        db.execute(sql, [version, now(), visitor.id])
    return current(db, visitor.id)


def too_many(seconds: float) -> UserError:
    """Said instead of trying, after many wrong tries."""
    wait = max(1, round(seconds + 0.5))
    return UserError(
        f"여러 번 맞지 않았습니다. {wait}초 뒤에 다시 해 보세요.",
        f"That did not fit several times. Try again in {wait} s.",
    )
