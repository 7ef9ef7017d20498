"""Commands for who may come in: invite NAME, invite list|renew|revoke, owner show|password|token|login|steps|sign-out."""

import getpass
import sys
from datetime import datetime
from typing import Annotated, Any

import typer

from engine.access.invitations import Invitation, list_invitations, make_invitation, name_page, renew, revoke
from engine.access.login import set_logins
from engine.access.owner import drop_way, make_token, owner_facts, set_password, sign_out
from engine.access.services import secrets_text, service_of, steps_of
from engine.cli.app import app, door, tell
from engine.cli.groups import RunFirst
from engine.config import language
from engine.errors import UserError
from engine.serve.choose import choose_model
from engine.store.open import open_store
from engine.store.runs import list_runs

invite = typer.Typer(
    cls=RunFirst, no_args_is_help=True, help="초대. / Invitations for visitors.", rich_markup_mode=None
)
app.add_typer(invite, name="invite")
owner = typer.Typer(
    no_args_is_help=True, help="주인이 들어오는 길. / How the owner comes in from elsewhere.", rich_markup_mode=None
)
app.add_typer(owner, name="owner")

Which = Annotated[str, typer.Argument(help="초대 id 또는 이름. / An invitation's id, or its name.")]
Days = Annotated[
    int, typer.Option("--days", min=0, help="며칠 동안, 0은 거둘 때까지. / For so many days; 0: until revoked.")
]
Url = Annotated[str, typer.Option("--url", help="링크 앞에 붙일 주소. / Address the link begins with.")]
Remove = Annotated[bool, typer.Option("--remove", help="이 길을 없앱니다. / Close this way in.")]
STATES = {"open": ("쓸 수 있음", "open"), "expired": ("날이 지남", "expired"), "revoked": ("거둠", "revoked")}


@invite.command("run", hidden=True)
def run(
    name: Annotated[str, typer.Argument(help="누구를, 알아볼 이름으로. / Whom, by a name you will recognise.")],
    models: Annotated[
        str, typer.Option("--models", help="쉼표로. 비우면 가장 새 학습. / By comma; default: the newest run.")
    ] = "",
    per_day: Annotated[int, typer.Option("--per-day", help="하루에 답 몇 개. / Answers a day.")] = 50,
    days: Days = 7,
    browsers: Annotated[int, typer.Option("--browsers", help="브라우저 몇 개까지. / How many browsers.")] = 2,
    url: Url = "",
) -> None:
    """방문자를 초대합니다. 코드는 이번 한 번만 보입니다. / Invite a visitor; the code is shown this once."""
    with open_store(door.store) as db:
        given = [part for part in models.split(",") if part.strip()] or ["latest" if list_runs(db, limit=1) else "base"]
        chosen = [choose_model(db, part.strip()).name for part in given]
        made, code = make_invitation(db, name, models=chosen, per_day=per_day, days=days or None, browsers=browsers)
    _tell_code(made, code, url)


@invite.command("list")
def list_() -> None:
    """초대의 목록. 코드는 보이지 않습니다. / All invitations, newest first, without their codes."""
    with open_store(door.store) as db:
        found = list_invitations(db)
    lines = [f"  {one.id}  {_line(one)}" for one in found]
    none = ("초대가 없습니다. `invite 이름`", "No invitations. `invite NAME`")[language() == "en"]
    tell({"invitations": [facts(one) for one in found]}, "\n".join(lines) or none)


@invite.command("renew")
def renew_(which: Which, days: Days = 7, url: Url = "") -> None:
    """새 코드를 냅니다. 옛 코드는 못 쓰고, 들어와 있는 사람은 남습니다. / A new code; the old one is void, who is in stays."""
    with open_store(door.store) as db:
        made, code = renew(db, which, days or None)
    _tell_code(made, code, url)


@invite.command("revoke")
def revoke_(which: Which) -> None:
    """초대를 거둡니다. 들어와 있는 사람도 바로 나갑니다. / Revoke it: whoever is in is out at once."""
    with open_store(door.store) as db:
        gone = revoke(db, which)
    said = (f"{gone.name}의 초대를 거두었습니다.", f"The invitation of {gone.name} was revoked.")[language() == "en"]
    tell({"invitation": facts(gone)}, said)


@invite.command("title")
def title(
    name: Annotated[str, typer.Argument(help="비우면 레시피의 이름. / Empty: what the recipe calls it.")] = "",
) -> None:
    """이 컴퓨터에 오는 손님의 화면 이름. / What visitors of this machine read above the talk."""
    with open_store(door.store) as db:
        kept = name_page(db, name)
    usual = ("레시피의 이름", "what the recipe calls it")[language() == "en"]
    tell({"title": kept or None}, f"{('손님 화면의 이름', 'Name of the page')[language() == 'en']}: {kept or usual}")


def facts(one: Invitation) -> dict[str, Any]:
    """An invitation for JSON."""
    return {**vars(one), "models": list(one.models), "state": one.state}


def _line(one: Invitation) -> str:
    english = language() == "en"
    until = _time(one.expires_at) or ("no end" if english else "끝 없음")
    today = (
        f"{one.left_today} of {one.per_day} left today" if english else f"오늘 {one.left_today}/{one.per_day}개 남음"
    )
    came = f"{one.came} of {one.browsers} browsers" if english else f"브라우저 {one.came}/{one.browsers}"
    models = ", ".join(one.models)
    return f"{one.name} …{one.hint}  {STATES[one.state][english]} ~{until} · {came} · {today} · {models}"


def _time(stamp: str | None) -> str:
    """A time of the store (UTC) as this machine's clock says it; "" for none."""
    return f"{datetime.fromisoformat(stamp).astimezone():%Y-%m-%d %H:%M}" if stamp else ""


def _tell_code(made: Invitation, code: str, url: str) -> None:
    link = f"{_checked(url)}/?invite={code}" if url else None
    told = {"invitation": facts(made), "code": code, "link": link}
    if language() == "en":
        tell(told, f"{made.id}  {_line(made)}\nShown this once: {link or code}")
    else:
        tell(told, f"{made.id}  {_line(made)}\n이번 한 번만 보입니다: {link or code}")


def _checked(url: str) -> str:
    if not url.startswith(("http://", "https://")) or "?" in url or "#" in url:
        raise UserError(
            f"--url에 '{url[:80]}'이(가) 왔습니다. 방문자가 여는 주소를 https://이름 꼴로 쓰세요.",
            f"--url got '{url[:80]}'. Give the address that visitors open, like https://NAME.",
        )
    return url.rstrip("/")


@owner.command("show")
def show() -> None:
    """들어오는 길과 들어와 있는 브라우저. / The ways in, and the browsers that are in."""
    with open_store(door.store) as db:
        found = owner_facts(db)
    english = language() == "en"
    yes, no = ("yes", "no") if english else ("있음", "없음")
    names = ("password", "token", "login", "browsers") if english else ("비밀번호", "토큰", "로그인", "브라우저")
    values = (
        yes if found["password"] else no,
        yes if found["token"] else no,
        ", ".join(found["emails"]) or no,
        "".join(f"\n    {one['browser_id'][:6]}…  {one['by']}  {_time(one['seen_at'])}" for one in found["browsers"])
        or no,
    )
    tell(found, "\n".join(f"  {name}: {value}" for name, value in zip(names, values, strict=True)))


@owner.command("password")
def password(remove: Remove = False) -> None:
    """비밀번호를 정합니다. 물어보거나 파이프로 받습니다. / Set a password: asked for, or piped in."""
    with open_store(door.store) as db:
        if remove:
            drop_way(db, "password")
        else:
            set_password(db, _read("password"))
    ko, en = ("없앴습니다", "removed") if remove else ("정했습니다", "set")
    said = (
        f"비밀번호를 {ko}. 앞의 것으로 들어온 브라우저는 나갔습니다.",
        f"Password {en}; browsers that used the old one are out.",
    )
    tell({"password": not remove}, said[language() == "en"])


def _read(what: str) -> str:
    """Not an argument: other users of the machine could read it off the list of processes."""
    typed = getpass.getpass(f"{what}: ") if sys.stdin.isatty() else sys.stdin.readline()
    return typed.rstrip("\r\n")


@owner.command("token")
def token(remove: Remove = False, url: Url = "http://127.0.0.1:8501") -> None:
    """다시 켜도 그대로인 토큰을 만들어 한 번만 보여 줍니다. / Make a token that outlives a restart; shown this once."""
    with open_store(door.store) as db:
        if remove:
            drop_way(db, "token")
            tell({"token": None}, ("토큰을 없앴습니다.", "Token removed.")[language() == "en"])
            return
        link = f"{_checked(url)}/?token="
        made = make_token(db)
    said = ("이번 한 번만 보입니다", "Shown this once")[language() == "en"]
    tell({"token": made, "link": link + made}, f"{said}: {link}{made}")


@owner.command("login")
def login(
    accounts: Annotated[
        list[str] | None,
        typer.Argument(
            help="주인의 이메일, 또는 https://서비스#번호. 비우면 없앱니다. / E-mails or https://SERVICE#NUMBER; none closes it."
        ),
    ] = None,
) -> None:
    """계정 로그인(OIDC)으로 들어올 주인의 계정을 정합니다. / Which accounts of a login service (OIDC) are the owner's."""
    with open_store(door.store) as db:
        set_logins(db, accounts or [])
        kept = owner_facts(db)["emails"]
    ko = f"로그인으로 들어올 계정: {', '.join(kept) or '없음'}. 로그인 서비스를 켜는 순서: owner steps google|kakao"
    en = f"Accounts that may log in: {', '.join(kept) or 'none'}. How to set the service up: owner steps google|kakao"
    tell({"emails": kept}, en if language() == "en" else ko)


@owner.command("steps")
def steps(
    service: Annotated[str, typer.Argument(help="google 또는 kakao. / google or kakao.")],
    url: Url = "http://127.0.0.1:8501",
) -> None:
    """구글·카카오 로그인을 켜는 순서와 secrets.toml에 넣을 글. / Steps for a login service, and the text for secrets.toml."""
    found, address = service_of(service), _checked(url)
    told, text = [step[language() == "en"] for step in steps_of(found, address)], secrets_text(found, address)
    lines = "\n".join(f"  {n}. {step}" for n, step in enumerate(told, 1))
    tell({"service": found.name, "steps": told, "secrets": text}, f"{lines}\n\n{text}")


@owner.command("sign-out")
def sign_out_() -> None:
    """들어와 있는 모든 브라우저를 내보냅니다. / End the stay of every browser."""
    with open_store(door.store) as db:
        gone = sign_out(db)
    tell(
        {"signed_out": gone}, (f"브라우저 {gone}개를 내보냈습니다.", f"{gone} browsers signed out.")[language() == "en"]
    )
