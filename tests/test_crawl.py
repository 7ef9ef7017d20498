"""As a visitor, and as nobody, over every door of a real server: pages, deep links, page hashes, forged states, files. What the
owner has in the store must never come out, and the same search does find it for the owner."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.util import calc_hash

from engine.access.browser import Browser, make_browser
from engine.access.invitations import make_invitation, revoke
from engine.access.owner import START_TOKEN, set_password
from engine.config import ROOT
from engine.store.chats import add_message, start_chat
from engine.store.open import open_store
from engine.store.settings import set_setting
from tests.browsing import Dashboard
from tests.knocking import Visit
from ui.frame import PAGES, PATHS

pytestmark = pytest.mark.slow
SECRET = "수박바다고래"
"""In a chat's title and words, and in a setting."""
TOKEN = "token-of-this-start-0123456789abcdef"
AWAY = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
NAMES = [path.removeprefix("/") for path in PATHS]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dashboard, Path]]:
    """A dashboard that was started with a token, on a store with something to hide."""
    folder = tmp_path_factory.mktemp("crawl")
    store = folder / "store.db"
    with open_store(store) as db:
        chat = start_chat(db, "base:starter", SECRET, {})
        add_message(db, chat, "user", f"{SECRET} 이야기")
        set_setting(db, "secret", SECRET)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MALMOI_STORE", str(store))
        patch.setenv(START_TOKEN, TOKEN)
        found = Dashboard(folder)
        found.start()
        yield found, store
        found.kill()


def come_in(served: tuple[Dashboard, Path], name: str = "지은") -> tuple[Visit, Browser]:
    """A visitor who came in by a link, from away."""
    with open_store(served[1]) as db:
        _, code = make_invitation(db, name, models=["base:starter"])
    visit, own = Visit(served[0].port, AWAY), make_browser()
    visit.open("", f"invite={code}")
    visit.introduce(own, f"invite={code}")  # its key is known to nobody yet: it is asked for another
    assert "gate_code" not in visit.introduce(own, f"invite={code}")
    return visit, own


def shows(visit: Visit) -> bool:
    """Whether the secret came out, in any way of writing it down."""
    raw = bytes(visit.raw)
    return any(form in raw for form in (SECRET.encode(), json.dumps(SECRET)[1:-1].encode(), quote(SECRET).encode()))


def test_the_owner_finds_it_so_the_search_can_find_it(served):
    visit, own = Visit(served[0].port), make_browser()
    visit.open("Chat", f"token={TOKEN}")
    visit.introduce(own, f"token={TOKEN}", "Chat")
    visit.introduce(own, f"token={TOKEN}", "Chat")
    assert shows(visit)
    again = Visit(served[0].port)  # the same browser, later, with nothing in its address
    again.open("Chat")
    again.introduce(own, "", "Chat")
    assert shows(again)


@pytest.mark.parametrize("who", ["nobody", "nobody here", "visitor"])
def test_no_page_deep_link_or_hash_shows_it(served, who):
    if who == "visitor":
        visit, _ = come_in(served)
    else:
        visit = Visit(served[0].port, AWAY if who == "nobody" else {})
    with open_store(served[1]) as db:
        chat = db.execute("SELECT id FROM chats WHERE title = ?", [SECRET]).fetchone()[0]
    links = [f"chat={chat}", "section=storage", "token=wrong&lang=en", "invite=wrong"]
    for name in NAMES:
        for link in links if name == "Chat" else links[:1]:
            visit.open(name, link)
            assert not shows(visit), (name, link)
    for name in [*NAMES, str(ROOT / PAGES[1][0]), "../store.db"]:
        visit.ask(fragment_id=calc_hash(name))  # nothing answers a part of a page that was never drawn
        visit.open(page_script_hash=calc_hash(name))
        assert not shows(visit), name


def test_forged_states_make_nobody_the_owner(served):
    for visit in (Visit(served[0].port, AWAY), come_in(served, "서연")[0]):
        visit.open("Chat")
        for name in (
            "gate_owner",
            "gate_owner_seen",
            "gate_visitor",
            "gate_told",
            "gate_nonce",
            "frame_switch",
            "chat_said",
        ):
            forged = [
                WidgetState(id=name, string_value="local"),
                WidgetState(id=f"{name} ", json_value='["local", "", null]'),
                WidgetState(id=f"$$ID-{'0' * 32}-{name}", json_value='{"by": "local"}'),
                WidgetState(id=f"$$ID-{'1' * 32}-{name}", trigger_value=True),
            ]
            visit.open("Chat", states=forged)
        assert not shows(visit)


@pytest.mark.parametrize(
    "told",
    [
        {"proof": "00" * 32},
        {"proof": ["x"]},
        {"nonce": "mine", "proof": "x"},
        {"id": "' OR 1=1 --"},
        {"id": "0" * 32, "key": "0" * 64},
        {"id": 5, "proof": {}, "key": []},
    ],
)
def test_a_forged_introduction_opens_nothing(served, told):
    _, own = come_in(served, "민지")
    visit = Visit(served[0].port, AWAY)
    visit.open("Chat")
    visit.introduce(own, "", "Chat", told)
    assert not shows(visit)
    assert "gate_form" in visit.text() or visit.question() is not None


def test_a_session_copied_to_another_browser_is_nobody(served):
    """What can be copied is the address, the cookies, the id of the browser, and an answer that was overheard."""
    visit, own = come_in(served, "하늘")
    overheard = visit.question()
    assert overheard is not None
    thief = Visit(served[0].port, {**AWAY, "User-Agent": "another", "Cookie": "_streamlit_xsrf=2|x|y|1"})
    thief.open("Chat")
    thief.introduce(make_browser(), "", "Chat", {"id": own.id})
    assert "gate_form" in thief.text() or '"fresh\\": true' in thief.text()
    assert served[1].exists() and not shows(thief)


def test_revoking_ends_a_stay_at_the_next_drawing(served):
    visit, own = come_in(served, "바다")
    with open_store(served[1]) as db:
        found = db.execute("SELECT id FROM invitations WHERE name = '바다'").fetchone()[0]
        assert "gate_form" not in visit.open("Chat")
        revoke(db, found)
    again = Visit(served[0].port, AWAY)
    for one in (visit, again):  # the page that was open, and the same browser anew
        one.open("Chat")
        one.introduce(own, "", "Chat")
        assert "초대는 끝났습니다" in one.introduce(own, "", "Chat")
        assert "gate_form" in one.text() and SECRET not in one.text()


def test_the_server_gives_no_files_names_or_uploads(served):
    dashboard = served[0]
    visit, _ = come_in(served, "별")
    before = len(visit.messages)
    visit.send(lambda said: setattr(said, "load_git_info", True))
    visit.send(lambda said: setattr(said, "clear_cache", True))
    visit.send(lambda said: setattr(said.backend_operation_request, "request_id", "1"))
    while visit.receive(2) is not None:
        pass
    kinds = {message.WhichOneof("type") for message in visit.messages[before:]}
    assert not kinds & {"git_info_changed", "backend_operation_response"}
    assert str(ROOT).encode() not in bytes(visit.raw)
    paths = [
        "/store.db", "/app/static/../store.db", "/app/static/..%2f..%2fstore.db", "/app/static/%2e%2e/Home.py", "/Home.py",
        "/media/../store.db", "/media/store.db", "/component/../../store.db", "/_stcore/metrics", "/static/../../store.db",
        "/.streamlit/secrets.toml", "/_stcore/bidi-components/../../store.db", "//etc/passwd", "/_stcore//metrics",
    ]  # fmt: skip
    for path in paths:
        body = fetch(dashboard.address + path)
        assert SECRET.encode() not in body and b"SQLite format" not in body and b"root:" not in body, path
        assert b"cache_memory_bytes" not in body and b"import streamlit" not in body, path
    assert put(f"{dashboard.address}/_stcore/upload_file/{visit.session_id}/file-1") == 404


def fetch(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.read()


def put(address: str) -> int:
    asked = urllib.request.Request(address, data=b"x" * 100, method="PUT")
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "malmoi.example.org"},
        {"Host": "127.0.0.1.evil.org"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"CF-Connecting-IP": "127.0.0.1"},
        {"Via": "1.1 tunnel"},
        {"Host": "localhost.evil.org", "Origin": "http://localhost.evil.org"},
    ],
)
def test_without_any_credential_only_a_direct_local_request_is_the_owners(headers, plain):
    visit = Visit(plain[0].port, headers)
    visit.open("Chat")
    assert not shows(visit) and visit.question() is not None


def test_a_direct_local_request_is_the_owners_until_there_is_a_password(plain):
    visit = Visit(plain[0].port)
    assert visit.open("Chat") and shows(visit)
    with open_store(plain[1]) as db:
        set_password(db, "바람이 부는 날 2026")
    again = Visit(plain[0].port)
    again.open("Chat")
    assert not shows(again)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dashboard, Path]]:
    """A dashboard as `streamlit run Home.py` starts it, without token or password."""
    folder = tmp_path_factory.mktemp("plain")
    store = folder / "store.db"
    with open_store(store) as db:
        start_chat(db, "base:starter", SECRET, {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MALMOI_STORE", str(store))
        patch.delenv(START_TOKEN, raising=False)
        found = Dashboard(folder)
        found.start()
        yield found, store
        found.kill()
