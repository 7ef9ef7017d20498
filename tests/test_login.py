"""Which account a login service's word opens for, which it does not, and the steps that set a service up."""

import json
import tomllib
from pathlib import Path

import pytest

from engine.access.login import AHEAD, FRESH, accounts_of, open_by_login, set_logins
from engine.access.owner import Owner, is_still, ways_in
from engine.cli.app import main
from engine.errors import UserError
from engine.store.open import open_store
from engine.store.settings import get_setting

GOOGLE = {"iss": "https://accounts.google.com", "sub": "117", "email": "Owner@Example.com", "email_verified": True}


@pytest.fixture
def db(fresh_store: Path):
    with open_store(fresh_store) as opened:
        yield opened


def login(at: float = 1000.0, **more: object) -> dict[str, object]:
    """An ID token's claims, of a login of its own."""
    return {**GOOGLE, "iat": at, "exp": at + 3600, "nonce": str(next(NONCES)), **more}


NONCES = iter(range(10_000))


def test_a_login_opens_for_listed_and_verified_accounts_alone(db):
    assert open_by_login(db, login(), now=1000) == "unlisted"  # nobody is listed
    set_logins(db, [" Owner@Example.com ", "https://kauth.kakao.com#23456"])
    owner = open_by_login(db, login(), now=1000)
    assert isinstance(owner, Owner) and is_still(db, owner)
    for unsaid in (False, None, "false", 1.5, "yes"):
        assert open_by_login(db, login(email_verified=unsaid), now=1000) == "unverified"
    for other in ("other@example.com", "owner@example.com.evil.org", "owner@example.com ", "\u043ewner@example.com", "owner@exam\u212ale.com",
                  "ｏｗｎｅｒ@example.com", ["owner@example.com"], None, ""):  # fmt: skip
        assert open_by_login(db, login(email=other), now=1000) == "unlisted", other
    kakao = {"iss": "https://kauth.kakao.com", "email": None, "email_verified": None}
    assert isinstance(open_by_login(db, login(**kakao, sub="23456"), now=1000), Owner)  # no address is needed
    for other in (
        {"sub": "234567"},
        {"sub": "23456 "},
        {"sub": 23456},
        {"sub": "23456", "iss": "https://kauth.kakao.com.evil.org"},
    ):
        assert open_by_login(db, login(**{**kakao, **other}), now=1000) == "unlisted", other
    assert open_by_login(db, {}, now=1000) == "unlisted"
    set_logins(db, [])
    assert not is_still(db, owner) and ways_in(db) == {}


def test_a_login_opens_once_and_while_it_is_fresh(db):
    set_logins(db, ["owner@example.com"])
    shown = login()
    assert isinstance(open_by_login(db, shown, now=1001), Owner)
    assert open_by_login(db, shown, now=1002) == "old"  # the same cookie, copied elsewhere
    assert isinstance(open_by_login(db, login(), now=1002), Owner)
    for at in (1000 + FRESH + 1, 1000 - AHEAD - 1):
        assert open_by_login(db, login(), now=at) == "old"
    for wrong in ({"exp": 800}, {"iat": None}, {"iat": "1000"}, {"exp": None}, {"iat": float("nan")}):
        assert open_by_login(db, login(**wrong), now=1000) == "old", wrong
    open_by_login(db, login(at=9000), now=9000)
    assert len(get_setting(db, "owner_logins", {})) == 1  # old ones are not kept


@pytest.mark.parametrize(
    "wrong",
    ["nobody", "a@b@c.d", "@b.c", "a@", "a b@c.d", "오너@example.com", "https://kauth.kakao.com", "https://kauth.kakao.com#",
     "x#1", "https://k.com#1 2", "a" * 600 + "@b.c", ""],
)  # fmt: skip
def test_what_names_no_account_is_refused_in_words(db, wrong):
    with pytest.raises(UserError):
        set_logins(db, ["owner@example.com", wrong])
    assert ways_in(db) == {}


def test_the_account_is_named_for_good_first():
    assert accounts_of(GOOGLE) == ["https://accounts.google.com#117", "owner@example.com"]
    assert accounts_of({**GOOGLE, "email_verified": None}) == ["https://accounts.google.com#117"]
    assert accounts_of({"email": "a@b.c"}) == []


@pytest.mark.parametrize("name", ["google", "Kakao"])
def test_the_steps_of_a_service_come_with_a_file_that_lacks_two_values_alone(capsys, name):
    assert main(["owner", "steps", name, "--url", "https://말모이.example/", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    auth = tomllib.loads(told["secrets"])["auth"]
    assert auth["redirect_uri"] == "https://말모이.example/oauth2callback" and len(auth["cookie_secret"]) > 32
    assert any(auth["redirect_uri"] in step for step in told["steps"])
    assert main(["owner", "steps", name]) == 0 and "[auth]" in capsys.readouterr().out
    assert main(["owner", "steps", "naver"]) == 2
