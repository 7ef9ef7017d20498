"""Invitations, visitors and the owner's ways in, on a real store: what lets in, what does not, and that nothing tells which."""

import hashlib
import hmac
import io
import json
import sqlite3
import threading
import unicodedata
from pathlib import Path

import pytest

from engine.access.browser import Browser, is_signed, make_browser, told_browser
from engine.access.codes import ALPHABET, make_code, plain_code
from engine.access.invitations import find_by_code, get_invitation, list_invitations, make_invitation, renew, revoke
from engine.access.owner import (
    Owner,
    drop_way,
    is_still,
    keep_browser,
    make_token,
    open_by_password,
    open_by_token,
    owner_facts,
    resume_owner,
    set_password,
    sign_out,
    ways_in,
)
from engine.access.slowly import FREE, FREE_IN_ALL, LONGEST, LONGEST_IN_ALL, count_refused, wait_before
from engine.access.visitors import consent, current, enter, give_back, is_in, is_over, resume, spend
from engine.cli.app import main
from engine.errors import UserError
from engine.store.chats import start_chat
from engine.store.open import open_store
from engine.store.visits import hear_visitor, start_visit

PASSWORD = "바람이 부는 날 2026"


@pytest.fixture
def db(fresh_store: Path):
    with open_store(fresh_store) as opened:
        yield opened


def proof_of(browser: Browser, nonce: str) -> str:
    return hmac.new(bytes.fromhex(browser.key), nonce.encode(), hashlib.sha256).hexdigest()


def test_a_code_is_read_however_it_is_typed(db):
    made, code = make_invitation(db, " 지은 ", models=["base"])
    assert made.name == "지은" and set(code) <= set(ALPHABET) | {"-"} and len(code) == 19
    for typed in (code, code.upper(), code.replace("-", " "), code.replace("-", "–") + "\n", f"  {code}"):
        found = find_by_code(db, typed)
        assert found is not None and found.id == made.id
    for typed in ("", "-", code[:-1], code + "2", "'; DROP TABLE invitations; --", "\ud800", "가" * 10_000):
        assert find_by_code(db, typed) is None


def test_the_store_holds_no_code_token_or_password(db, fresh_store):
    _, code = make_invitation(db, "지은", models=["base"])
    token = make_token(db)
    set_password(db, PASSWORD)
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    held = fresh_store.read_bytes()
    assert not any(secret.encode() in held for secret in (code, plain_code(code), token, PASSWORD))
    assert len({make_code() for _ in range(500)}) == 500


def test_wrong_expired_revoked_and_used_up_codes_look_alike(db):
    _, good = make_invitation(db, "열림", models=["base"])
    _, old = make_invitation(db, "지남", models=["base"], days=1)
    db.execute("UPDATE invitations SET expires_at = '2020-01-01T00:00:00.000+00:00' WHERE name = '지남'")
    gone, revoked = make_invitation(db, "거둠", models=["base"])
    revoke(db, gone.id)
    _, full = make_invitation(db, "다 참", models=["base"], browsers=1)
    assert enter(db, full, make_browser(), "a") is not None
    for n, code in enumerate((old, revoked, full, "k7f3-9mqp-x2va-t8wn")):
        assert enter(db, code, make_browser(), f"address {n}") is None
    assert enter(db, good, make_browser(), "b") is not None
    assert db.execute("SELECT count(*) FROM refused_tries").fetchone()[0] == 4


def test_a_browser_comes_back_by_its_key_and_no_other_does(db):
    _, code = make_invitation(db, "지은", models=["base", "run-1"])
    own = make_browser()
    came = enter(db, code, own)
    assert came is not None and came.models == ("base", "run-1") and came.left_today == 50 and came.consent is None
    again = resume(db, own.id, "n1", proof_of(own, "n1"))
    assert again == came
    stranger = make_browser()
    assert resume(db, own.id, "n1", proof_of(stranger, "n1")) is None  # knows the id, not the key
    assert resume(db, own.id, "n2", proof_of(own, "n1")) is None  # an answer overheard at another visit
    assert resume(db, own.id, "n1", "") is None and resume(db, own.id, "n1", "é" * 64) is None
    assert resume(db, stranger.id, "n1", proof_of(stranger, "n1")) is None
    assert enter(db, code, Browser(own.id, stranger.key), "x") is None  # takes the id of another for its own


def test_browsers_are_counted_and_the_same_one_comes_in_again(db):
    made, code = make_invitation(db, "지은", models=["base"], browsers=2)
    first, second = make_browser(), make_browser()
    one, two = enter(db, code, first), enter(db, code, second)
    assert one and two and one.id != two.id
    assert enter(db, code, first) == one
    assert enter(db, code, make_browser()) is None
    assert get_invitation(db, made.id).came == 2
    _, fresh = renew(db, made.id)
    assert enter(db, code, first, "old") is None  # the old code is void
    assert enter(db, fresh, make_browser()) is not None  # and the new one has room for one more


def test_browsers_that_keep_no_key_count_as_one_and_see_nothing_of_each_other(db):
    made, code = make_invitation(db, "지은", models=["base"], browsers=2)
    pages = [told_browser(own.id, own.key, keeps=False) for own in (make_browser(), make_browser(), make_browser())]
    assert all(page and not page.keeps for page in pages)
    came = [enter(db, code, page) for page in pages if page]
    assert len({one.id for one in came if one}) == 3 and get_invitation(db, made.id).came == 1
    assert enter(db, code, make_browser()) and get_invitation(db, made.id).came == 2
    assert enter(db, code, make_browser()) is None  # the other place is taken
    kept, full = make_invitation(db, "별", models=["base"], browsers=1)
    assert enter(db, full, make_browser()) and pages[0] and enter(db, full, pages[0]) is None
    assert get_invitation(db, kept.id).came == 1


def test_another_invitation_in_the_same_browser_is_another_visitor(db):
    _, first = make_invitation(db, "하나", models=["base"])
    _, second = make_invitation(db, "둘", models=["run-1"])
    own = make_browser()
    one, two = enter(db, first, own), enter(db, second, own)
    assert one and two and one.id != two.id and two.models == ("run-1",)
    back = resume(db, own.id, "n", proof_of(own, "n"))
    assert back is not None and back.id == two.id


def test_revoking_and_expiring_end_a_stay_at_once(db):
    made, code = make_invitation(db, "지은", models=["base"])
    own = make_browser()
    visitor = enter(db, code, own)
    assert visitor is not None and is_in(db, visitor) and spend(db, visitor)
    revoke(db, made.id)
    assert not is_in(db, visitor) and not spend(db, visitor) and current(db, visitor.id) is None
    assert resume(db, own.id, "n", proof_of(own, "n")) is None
    assert is_over(db, own.id, "n", proof_of(own, "n")) and not is_over(db, own.id, "n", "00" * 32)
    assert revoke(db, made.id).revoked_at == get_invitation(db, made.id).revoked_at
    with pytest.raises(UserError):
        renew(db, made.id)


def test_a_day_of_answers_is_shared_and_counted_once_each(db, fresh_store):
    made, code = make_invitation(db, "지은", models=["base"], per_day=20)
    one, two = enter(db, code, make_browser()), enter(db, code, make_browser())
    given: list[bool] = []

    def take(visitor):
        with open_store(fresh_store) as own:
            given.extend(spend(own, visitor) for _ in range(8))

    threads = [threading.Thread(target=take, args=(visitor,)) for visitor in (one, two, one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert given.count(True) == 20 and given.count(False) == 12
    assert one is not None
    give_back(db, one)
    assert get_invitation(db, made.id).left_today == 1
    db.execute("UPDATE invitation_days SET day = '2020-01-01'")
    assert get_invitation(db, made.id).left_today == 20  # tomorrow


def test_consent_is_noted_with_its_version(db):
    _, code = make_invitation(db, "지은", models=["base"])
    visitor = enter(db, code, make_browser())
    assert visitor is not None
    agreed = consent(db, visitor, "2026-05")
    assert agreed is not None and agreed.consent == "2026-05"
    assert db.execute("SELECT consented_at FROM visitors").fetchone()[0] is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "  "},
        {"models": []},
        {"per_day": 0},
        {"per_day": 10**9},
        {"days": 0},
        {"days": 10**6},
        {"browsers": 0},
        {"browsers": -3},
    ],
)
def test_what_cannot_be_an_invitation_is_told(db, wrong):
    given = {"name": "지은", "models": ["base"], **wrong}
    with pytest.raises(UserError):
        make_invitation(db, given.pop("name"), **given)
    assert list_invitations(db) == []


def test_guessing_is_slowed_by_address_and_over_all_but_nobody_is_kept_out_for_long(db):
    for n in range(FREE):
        assert wait_before(db, "visitor", "one", now=1000.0 + n) == 0
        count_refused(db, "visitor", "one", now=1000.0 + n)
    waits = []
    for _ in range(12):
        waits.append(wait_before(db, "visitor", "one", now=1004.0))
        count_refused(db, "visitor", "one", now=1004.0)
    assert waits == sorted(waits) and waits[0] > 0 and waits[-1] == LONGEST
    assert wait_before(db, "visitor", "two", now=1005.0) == 0 and wait_before(db, "owner", "one", now=1005.0) == 0
    for n in range(FREE_IN_ALL + 20):  # a guesser with a new address each time
        count_refused(db, "visitor", f"address {n}", now=1005.0)
    assert 0 < wait_before(db, "visitor", "two", now=1005.0) <= LONGEST_IN_ALL
    assert wait_before(db, "visitor", "one", now=1005.0 + 3600) == 0
    count_refused(db, "visitor", "two", now=1005.0 + 7200)
    assert db.execute("SELECT count(*) FROM refused_tries").fetchone()[0] == 1  # nothing is kept for long


def test_a_right_code_waits_too_after_wrong_ones(db):
    _, code = make_invitation(db, "지은", models=["base"])
    for _ in range(FREE):
        assert enter(db, "k7f3-9mqp-x2va-t8wn", make_browser(), "here") is None
    with pytest.raises(UserError, match=r"\d초"):
        enter(db, code, make_browser(), "here")
    assert enter(db, code, make_browser(), "elsewhere") is not None


def test_the_password_opens_and_changing_it_ends_every_stay(db):
    assert ways_in(db) == {}
    set_password(db, PASSWORD)
    assert open_by_password(db, PASSWORD + "x", "a") is None
    owner = open_by_password(db, PASSWORD, "a")
    assert owner is not None and owner.by == "password" and is_still(db, owner)
    decomposed = unicodedata.normalize("NFD", PASSWORD)
    assert decomposed != PASSWORD and open_by_password(db, decomposed, "a") is not None  # as a Mac types it
    own = make_browser()
    kept = keep_browser(db, owner, own)
    assert resume_owner(db, own.id, "n", proof_of(own, "n")) == kept
    assert resume_owner(db, own.id, "m", proof_of(own, "n")) is None
    set_password(db, PASSWORD + "!")
    assert not is_still(db, kept) and resume_owner(db, own.id, "n", proof_of(own, "n")) is None
    assert not is_still(db, Owner("local"))  # with a password nobody is the owner just by sitting here
    drop_way(db, "password")
    assert is_still(db, Owner("local")) and open_by_password(db, PASSWORD + "!", "a") is None


def test_password_guessing_waits_even_when_all_tries_come_at_once(db, fresh_store):
    set_password(db, PASSWORD)
    said: list[object] = []

    def guess(n):
        try:
            with open_store(fresh_store) as own:
                said.append(open_by_password(own, f"guess number {n}", "one"))
        except UserError:
            said.append("wait")

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(FREE + 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count(None) == FREE and said.count("wait") == 4
    with pytest.raises(UserError):
        open_by_password(db, PASSWORD, "one")


@pytest.mark.parametrize("weak", ["", "짧다", "a" * 30, "x" * 300])
def test_a_password_that_is_easily_guessed_is_refused(db, weak):
    with pytest.raises(UserError):
        set_password(db, weak)
    assert ways_in(db) == {}


def test_tokens_of_this_start_and_kept_ones(db):
    first = make_token(db)
    second = make_token(db)
    assert open_by_token(db, first, "a") is None
    owner = open_by_token(db, second, "a")
    assert owner is not None and owner.by == "token"
    started = open_by_token(db, "of this start", "a", start_token="of this start")
    assert started is not None and started.by == "start" and is_still(db, started, "of this start")
    assert not is_still(db, started, "of the next start") and not is_still(db, started)
    assert open_by_token(db, "", "a") is None and open_by_token(db, "", "a", start_token="") is None
    own = make_browser()
    keep_browser(db, started, own)
    assert resume_owner(db, own.id, "n", proof_of(own, "n"), "of the next start") is None
    assert sign_out(db) == 1 and owner_facts(db)["browsers"] == []


def test_signing_out_ends_the_stay(db):
    set_password(db, PASSWORD)
    owner = open_by_password(db, PASSWORD, "a")
    assert owner is not None
    one, two = keep_browser(db, owner, make_browser()), keep_browser(db, owner, make_browser())
    sign_out(db, one.browser_id)
    assert not is_still(db, one) and is_still(db, two)


def test_what_a_page_tells_of_a_browser_is_checked():
    good = ("ab" * 16, "cd" * 32)
    assert told_browser(*good) == Browser(*good)
    for wrong in [("x", "y"), (None, None), (1, 2), (good[0], None), (good[0] + "\n", good[1]), ({}, [])]:
        assert told_browser(*wrong) is None
    assert not is_signed(good[1], "n", "\ud800")


def test_old_stores_take_the_new_tables_and_hold_their_rules(db):
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("INSERT INTO visitors VALUES ('v', 'nobody', 'b', 'k', 'now', 'now', NULL, NULL)")
    made, code = make_invitation(db, "지은", models=["base"])
    enter(db, code, make_browser())
    db.execute("DELETE FROM invitations WHERE id = ?", [made.id])
    assert db.execute("SELECT count(*) FROM visitors").fetchone()[0] == 0


def test_commands_say_a_code_once(capsys, fresh_store):
    assert main(["invite", "지은", "--url", "https://example.org/", "--json"]) == 0
    made = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert made["link"] == f"https://example.org/?invite={made['code']}"
    assert made["invitation"]["models"] == ["base:starter"]
    for words in (["invite", "list", "--json"], ["invite", "list"], ["owner", "show", "--json"]):
        assert main(words) == 0
        said = capsys.readouterr().out
        assert made["code"] not in said and "code_hash" not in said
    assert main(["invite", "renew", "지은", "--days", "0", "--json"]) == 0
    renewed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert renewed["code"] != made["code"] and renewed["invitation"]["expires_at"] is None
    assert main(["invite", "revoke", "지은"]) == 0
    with open_store(fresh_store) as db:
        assert find_by_code(db, renewed["code"]) is None


@pytest.mark.parametrize(
    "words",
    [
        ["invite", "지은", "--url", "javascript:alert(1)"],
        ["invite", "지은", "--models", "nowhere"],
        ["invite", "지은", "--per-day", "0"],
        ["invite", "revoke", "nobody"],
        ["owner", "login", "no address"],
    ],
)
def test_commands_refuse_in_words(capsys, words):
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.err.strip() and "Traceback" not in said.err


def test_the_owner_sets_a_password_through_a_pipe(capsys, monkeypatch, fresh_store):
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    assert main(["owner", "password"]) == 0
    with open_store(fresh_store) as db:
        assert open_by_password(db, PASSWORD, "a") is not None
    assert main(["owner", "token", "--json"]) == 0
    made = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert made["link"].endswith(f"/?token={made['token']}")
    assert main(["owner", "show", "--json"]) == 0
    shown = capsys.readouterr().out
    assert made["token"] not in shown and json.loads(shown)["password"] is True
    for way in ("password", "token"):
        assert main(["owner", way, "--remove"]) == 0
    with open_store(fresh_store) as db:
        assert ways_in(db) == {}


def test_a_visitor_is_forgotten_with_chats_and_opinions_and_nobody_else_is(capsys, fresh_store):
    with open_store(fresh_store) as db:
        made, code = make_invitation(db, "지은", models=["base"], browsers=2)
        _, other_code = make_invitation(db, "서연", models=["base"])
        one, two = enter(db, code, make_browser()), enter(db, code, make_browser())
        other = enter(db, other_code, make_browser())
        assert one and two and other
        for visitor in (one, two, other):
            chat = start_visit(db, visitor.id, "base:starter", "수박바다", {})
            hear_visitor(db, visitor.id, chat, f"{visitor.id} 수박바다고래")
        mine = start_chat(db, "base:starter", "내 것", {})
    assert main(["forget", "--visitor", one.id, "--dry-run", "--json"]) == 0
    seen = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert seen["visitors"] == [one.id] and seen["records"] == 1
    assert main(["forget", "--visitor", made.id, "--json"]) == 0
    gone = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(gone["visitors"]) == {one.id, two.id} and gone["records"] == 2
    with open_store(fresh_store) as db:
        left = {row[0] for row in db.execute("SELECT id FROM visitors")}
        assert left == {other.id} and current(db, other.id) is not None
        assert db.execute("SELECT count(*) FROM chats WHERE visitor_id IS NULL AND id = ?", [mine]).fetchone()[0] == 1
        assert db.execute("SELECT count(*) FROM chat_messages").fetchone()[0] == 1
    assert one.id.encode() not in fresh_store.read_bytes()
    assert main(["forget", "--visitor", "nobody"]) == 2 and main(["forget"]) == 2
