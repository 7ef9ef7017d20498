"""Invitations: made, listed, renewed, revoked. It holds no code, and knows nothing of models beyond their names."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlite_utils import Database

from engine.access.codes import hash_of, make_code, plain_code
from engine.errors import UserError
from engine.store.open import all_rows, new_id, now, one_row, writing
from engine.store.settings import VISITOR_TITLE, set_setting

State = Literal["open", "expired", "revoked"]
MOST_PER_DAY, MOST_DAYS, MOST_BROWSERS = 10_000, 3650, 1000
TITLE = 60
"""Letters of the name that visitors read above the talk."""


@dataclass(frozen=True)
class Invitation:
    """What a visitor may do. `models`: names, the first opens; `left_today`: answers; `came`: browsers that used it."""

    id: str
    name: str
    hint: str
    models: tuple[str, ...]
    per_day: int
    browsers: int
    came: int
    left_today: int
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    seen_at: str | None

    @property
    def state(self) -> State:
        """`open` while it lets anybody in."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now() else "open"


def make_invitation(
    db: Database,
    name: str,
    *,
    models: Sequence[str],
    per_day: int = 50,
    days: int | None = 7,
    browsers: int = 2,
) -> tuple[Invitation, str]:
    """(invitation, its code, which is nowhere else). Raises UserError for an empty name, no model, or numbers out of bounds."""
    name = _plain_name(name)
    _check(name, models, per_day, days, browsers)
    code, id_ = make_code(), new_id("invite")
    row = [id_, name, _hash(code), code[-4:], json.dumps(list(models), ensure_ascii=False), per_day, browsers, now()]
    with writing(db):
        db.execute("INSERT INTO invitations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)", [*row, _until(days)])
    return get_invitation(db, id_), code


def renew(db: Database, id_: str, days: int | None = 7) -> tuple[Invitation, str]:
    """A new code for the same invitation: the old code is void, whoever is in stays, the days begin anew.

    Raises UserError when it does not exist or was revoked.
    """
    found = get_invitation(db, id_)
    if found.state == "revoked":
        raise UserError(
            f"초대 {found.id}({found.name})은(는) 이미 거두었습니다. 새로 초대하세요.",
            f"Invitation {found.id} ({found.name}) was revoked. Invite anew.",
        )
    _check_number("days", days or 1, MOST_DAYS)
    code = make_code()
    with writing(db):
        sql = "UPDATE invitations SET code_hash = ?, hint = ?, expires_at = ?, browsers = browsers + ? WHERE id = ?"
        db.execute(sql, [_hash(code), code[-4:], _until(days), max(0, 1 + found.came - found.browsers), found.id])
    return get_invitation(db, found.id), code


def revoke(db: Database, id_: str) -> Invitation:
    """Nobody comes or stays in with it from now on. Revoking twice changes nothing. Raises UserError when it does not exist."""
    found = get_invitation(db, id_)
    with writing(db):
        db.execute("UPDATE invitations SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?", [now(), found.id])
    return get_invitation(db, found.id)


SELECT = """SELECT i.*, count(DISTINCT CASE WHEN v.browser_id LIKE 'page %' THEN 'page' ELSE v.id END) AS came, max(v.seen_at) AS seen_at,
  coalesce((SELECT answers FROM invitation_days d WHERE d.invitation_id = i.id AND d.day = ?), 0) AS used
  FROM invitations i LEFT JOIN visitors v ON v.invitation_id = i.id"""


def get_invitation(db: Database, named: str) -> Invitation:
    """By id, or by name where only one is called so. Raises UserError when none is, or several."""
    plain = _plain_name(named)
    found = all_rows(db, f"{SELECT} WHERE i.id = ? GROUP BY i.id", [today(), plain])
    if not found:
        found = all_rows(db, f"{SELECT} WHERE i.name = ? AND i.revoked_at IS NULL GROUP BY i.id", [today(), plain])
    if len(found) != 1:
        raise UserError(
            f"초대 '{plain}'이(가) {'여럿입니다' if found else '없습니다'}. `invite list`에 나오는 id(invite-…)를 쓰세요.",
            f"{'Several invitations are' if found else 'No invitation is'} called '{plain}'. Use an id (invite-…) from `invite list`.",
        )
    return invitation_of(found[0])


def name_page(db: Database, title: str) -> str:
    """What visitors of this machine read above the talk, in one line; returns it. An empty one: what the recipe calls it.

    Raises UserError for more than TITLE letters and for signs that cannot be seen.
    """
    line = " ".join(title.split())
    if len(line) > TITLE or not line.isprintable():
        raise UserError(
            f"방문자 화면의 이름은 보이는 글자 {TITLE}자까지입니다({len(line)}자가 왔습니다). 줄여서 다시 쓰세요.",
            f"The name of the visitors' page has up to {TITLE} letters that can be seen ({len(line)} came). Write a shorter one.",
        )
    set_setting(db, VISITOR_TITLE, line)
    return line


def list_invitations(db: Database) -> list[Invitation]:
    """All, newest first."""
    found = all_rows(db, f"{SELECT} GROUP BY i.id ORDER BY i.created_at DESC, i.rowid DESC", [today()])
    return [invitation_of(row) for row in found]


def find_by_code(db: Database, typed: str) -> Invitation | None:
    """The invitation that a code opens now; None for wrong, expired and revoked ones alike."""
    row = one_row(db, f"{SELECT} WHERE i.code_hash = ? GROUP BY i.id", [today(), _hash(typed)])
    found = invitation_of(row) if row else None
    return found if found is not None and found.state == "open" else None


def invitation_of(row: dict[str, Any]) -> Invitation:
    """A row of SELECT."""
    kept = {name: row[name] for name in Invitation.__dataclass_fields__ if name in row}
    models = tuple(json.loads(row["models_json"]))
    return Invitation(**kept, models=models, left_today=max(0, row["per_day"] - row["used"]))


def today() -> str:
    """The date in Korea (UTC+9, no summer time): where the visitors' day begins, wherever the host stands."""
    return (datetime.now(UTC) + timedelta(hours=9)).date().isoformat()


def _hash(code: str) -> str:
    return hash_of(plain_code(code))


def _until(days: int | None) -> str | None:
    return None if days is None else (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="milliseconds")


def _plain_name(name: str) -> str:
    """As it is shown: signs that are not seen or turn the line around go, Hangul typed in pieces becomes whole."""
    seen = "".join(
        sign
        for sign in name
        if (unicodedata.category(sign) not in ("Cf", "Cs", "Co", "Cn") and sign.isprintable()) or sign.isspace()
    )
    return " ".join(unicodedata.normalize("NFC", seen).split())[:64]


def _check(name: str, models: Sequence[str], per_day: int, days: int | None, browsers: int) -> None:
    if not name:
        raise UserError(
            "누구를 초대하는지 비어 있습니다. 알아볼 이름을 쓰세요. 예: 지은.",
            "Whom the invitation is for is empty. Write a name you will recognise, such as Jieun.",
        )
    if not models:
        raise UserError(
            "초대할 모델이 없습니다. 대화할 수 있는 모델을 하나 이상 고르세요(`--models RUN`).",
            "The invitation names no model. Choose at least one to talk to (`--models RUN`).",
        )
    _check_number("per_day", per_day, MOST_PER_DAY)
    _check_number("days", 1 if days is None else days, MOST_DAYS)
    _check_number("browsers", browsers, MOST_BROWSERS)


NUMBERS = {
    "per_day": ("하루 답 수", "Answers a day"),
    "days": ("날 수", "Days"),
    "browsers": ("브라우저 수", "Browsers"),
}


def _check_number(what: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        ko, en = NUMBERS[what]
        raise UserError(
            f"{ko}가 {value:,}입니다. 1부터 {most:,}까지 쓰세요.", f"{en}: {value:,}. Use a number from 1 to {most:,}."
        )
