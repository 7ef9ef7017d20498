"""As a visitor, as one whose invitation is over, and as nobody, over every door of a real server: the pages of the pages folder, every name
that an address may hold with every id that the store has, page hashes, forged states, the server's own routes. What the owner has in the
store must never come out, and the same search does find it for the owner."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from sqlite_utils import Database
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.util import calc_hash
from websockets.exceptions import InvalidStatus

from engine.access.browser import Browser, make_browser
from engine.access.invitations import make_invitation, revoke
from engine.access.owner import START_TOKEN, set_password
from engine.config import ROOT
from engine.store.chats import add_message, start_chat
from engine.store.open import open_store
from engine.store.settings import set_setting
from tests.browsing import Dashboard
from tests.importing import bring
from tests.knocking import Visit
from tests.runs_store import frozen_dataset, queued_run, supervised_here
from ui.frame import PATHS

pytestmark = pytest.mark.slow
SECRET = "수박바다고래"
"""In a chat's title and words, in an imported chat's name and message, in the name of a run's base, in a setting."""
TOKEN = "token-of-this-start-0123456789abcdef"
AWAY = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
NAMES = ["", *(page.stem.partition("_")[2] for page in sorted((ROOT / "pages").glob("*.py")))]
"""Home, and every page that stands in the folder now."""
SOURCES = [path for top in ("ui", "pages") for path in (ROOT / top).rglob("*.py")]
KEYS = sorted(
    {
        name
        for path in SOURCES
        for name in re.findall(r"(?:asked\(|query_params(?:\.\w+\(|\[))\s*\"(\w+)\"", path.read_text(encoding="utf-8"))
    }
    | {"invite", "login", "view", "section"}
)
"""Every name that a page reads from its address."""
ROUTES = r"""
import Home
app = Home.app
while not hasattr(app, "script_path"):
    app = app.app
routes = app._build_starlette_app().routes
print("\n".join(sorted({getattr(route, "path", "") for route in routes})))
"""
CHAT = f"""{SECRET} 님과 카카오톡 대화
저장한 날짜 : 2026-06-01 10:50:33

--------------- 2026년 1월 1일 목요일 ---------------
[{SECRET}] [오후 1:00] {SECRET} 봤어?
[나] [오후 1:01] 응 봤지 {SECRET}
"""


def test_the_frame_knows_the_pages_that_there_are():
    assert {name.removeprefix("/") for name in PATHS} == set(NAMES)
    assert {"run", "chat", "source", "dataset", "token", "invite"} <= set(KEYS)


def fill(store: Path, folder: Path) -> None:
    """A store with something of the owner's behind every kind of id."""
    chat = folder / f"KakaoTalk_{SECRET}.txt"
    chat.write_text(CHAT, encoding="utf-8")
    bring(store, chat, me="나")
    with open_store(store) as db:
        supervised_here(db)
        queued_run(db, frozen_dataset(db), base=SECRET)
        talk = start_chat(db, "base:starter", SECRET, {})
        add_message(db, talk, "user", f"{SECRET} 이야기")
        set_setting(db, "secret", SECRET)


def links_of(db: Database) -> list[str]:
    """Addresses: every name with the id that belongs to it where a table is called so, then every name with each id."""
    tables = [table for table in db.tables if "id" in table.columns_dict]
    rows = {
        table.name: db.execute(f"SELECT id FROM [{table.name}] ORDER BY rowid DESC LIMIT 1").fetchone()
        for table in tables
    }
    ids = {name: str(row[0]) for name, row in rows.items() if row is not None}
    assert {"sources", "runs", "chats", "datasets"} <= set(ids)
    names = [name for name in KEYS if name not in ("token", "invite", "lang", "section", "view")]
    own = [(name, ids.get(f"{name}s", ids["runs"])) for name in names]
    return [urlencode(own), *(urlencode([(name, one) for name in names]) for one in sorted(set(ids.values())))]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dashboard, Path]]:
    """A dashboard that was started with a token, on a store with something to hide."""
    folder = tmp_path_factory.mktemp("crawl")
    store = folder / "store.db"
    fill(store, folder)
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
    for page in ("Chat", "Data", "Runs"):
        again = Visit(served[0].port)  # the same browser, later, with nothing in its address
        again.open(page)
        again.introduce(own, "", page)
        assert shows(again), page
        again.close()


@pytest.mark.parametrize("who", ["nobody", "nobody here", "visitor", "visitor whose time is over"])
def test_no_page_deep_link_or_hash_shows_it(served, who):
    if who.startswith("visitor"):
        visit = come_in(served, who)[0]
    else:
        visit = Visit(served[0].port, AWAY if who == "nobody" else {})
    with open_store(served[1]) as db:
        links = links_of(db)
        if who.endswith("over"):
            db.execute("UPDATE invitations SET expires_at = '2020-01-01T00:00:00.000+00:00' WHERE name = ?", [who])
    for name in NAMES:
        every = (
            links if (name, who) == ("Chat", "visitor") else links[:1]
        )  # nobody else, and no other page, gets as far as an id
        for link in [*every, "token=wrong&lang=en&section=storage"]:
            drawn = visit.open(name, link)
            assert not shows(visit), (name, link)
            assert who == "visitor" or "gate_form" in drawn or visit.question() is not None, (name, link)
    for name in [*NAMES, *(str(path) for path in sorted((ROOT / "pages").glob("*.py"))), "../store.db"]:
        visit.ask(fragment_id=calc_hash(name))  # nothing answers a part of a page that was never drawn
        visit.open(page_script_hash=calc_hash(name))
        assert not shows(visit), name
    visit.close()


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
    for path in paths_of(served[1]):
        for method in ("GET", "PUT"):
            body = fetch(dashboard.address + path, method)
            assert SECRET.encode() not in body and b"SQLite format" not in body and b"root:" not in body, (method, path)
            assert b"cache_memory_bytes" not in body and b"import streamlit" not in body, (method, path)
            assert b'"openapi":' not in body and str(ROOT).encode() not in body, (method, path)
    assert put(f"{dashboard.address}/_stcore/upload_file/{visit.session_id}/file-1") == 404


def paths_of(store: Path) -> list[str]:
    """Every route of the server, its gaps filled with what an attacker would try, and files that lie beside the program."""
    done = subprocess.run([sys.executable, "-c", ROUTES], cwd=ROOT, capture_output=True, text=True, check=True)
    routes = [route for route in done.stdout.split() if route and route != "/_stcore/stream"]
    assert {"/media/{file_id:path}", "/auth/login", "/_stcore/metrics"} <= set(routes)
    wanted = [
        "store.db",
        "../store.db",
        "../../store.db",
        "..%2f..%2fstore.db",
        "%2e%2e/Home.py",
        str(store),
        "//etc/passwd",
        "..%5cstore.db",
    ]
    filled = [re.sub(r"\{.*\}", one, route) for route in routes for one in (wanted if "{" in route else [""])]
    return [
        *filled,
        *(
            f"/{one}"
            for one in [*wanted, "Home.py", ".streamlit/secrets.toml", "_stcore//metrics", "static/../../store.db"]
        ),
    ]


def test_every_answer_forbids_frames_and_keeps_addresses_to_itself(served):
    for path in ("/", "/Chat?token=x", "/_stcore/health", "/app/static/nothing", "/oauth2callback?code=x"):
        try:
            with urllib.request.urlopen(served[0].address + path, timeout=20) as answer:
                headers = answer.headers
        except urllib.error.HTTPError as refused:
            headers = refused.headers
        assert (
            headers["content-security-policy"] == "frame-ancestors 'self'"
            and headers["x-frame-options"] == "SAMEORIGIN"
        )
        assert headers["referrer-policy"] == "same-origin"


def test_the_owners_token_opens_in_a_visitors_browser_and_a_wrong_one_does_not(served):
    visit, own = come_in(served, "주인이 해 본 초대")
    assert "주인만" in visit.open("Runs", "token=wrong") and not shows(visit)
    visit.open("Runs", f"token={TOKEN}")
    assert shows(visit)
    again = Visit(served[0].port, AWAY)
    again.open("Runs")
    again.introduce(own, "", "Runs")
    assert shows(again)


def fetch(address: str, method: str) -> bytes:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method=method), timeout=20) as answer:
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
        {"Origin": "http://localhost:1"},  # a page of another server on this machine
    ],
)
def test_without_any_credential_only_a_direct_local_request_is_the_owners(headers, plain):
    visit = Visit(plain[0].port, headers)
    visit.open("Chat")
    assert not shows(visit) and visit.question() is not None


def test_the_server_takes_no_socket_of_another_sites_page(plain):
    for origin in ("http://evil.example", "https://127.0.0.1.evil.example", "null"):
        with pytest.raises(InvalidStatus, match="403"):
            Visit(plain[0].port, {"Origin": origin})


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
