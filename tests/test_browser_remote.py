"""Markup in everything that people, files and models say, on every page: nothing of it runs, nothing is fetched. What a fetch would reach listens."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from selenium.webdriver.common.by import By

from engine.access.invitations import make_invitation
from engine.privacy.feedback import gather
from engine.store.chats import add_message, start_chats
from engine.store.clause_index import keep_shown
from engine.store.open import open_store, writing
from engine.store.settings import set_setting
from engine.store.visits import judge_mine, start_visit
from tests.browsing import dashboard, find, needs_browser, refuse_exceptions, waiting  # noqa: F401  (fixtures)
from tests.talking import SlowDashboard, add_run, slow_dashboard  # noqa: F401  (fixtures)
from tests.test_browser_ime import BOX, commit, enter
from tests.visiting import invite

pytestmark = needs_browser
PAGES = ("", "Data", "Curate", "Train", "Runs", "Evaluate", "Compress", "Deploy", "Settings", "Terms")
ACTS = "return window.bad || document.querySelectorAll('script[data-x], iframe[data-x]').length || null"


@pytest.fixture
def listening():
    """(address, what was asked for there)."""
    asked = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        do_POST = do_OPTIONS = do_GET

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def markup(address, where):
    """Everything that would call the address if it were more than text."""
    at = f"{address}/{where}"
    return (
        f"![p]({at}/md.png) <img src='{at}/img.png' onerror='window.bad=1'> <script data-x>window.bad=1;fetch('{at}/js')</script> "
        f"<style>@import url({at}/css);*{{background:url({at}/bg)}}</style> <iframe data-x src='{at}/frame'></iframe> "
        f"<link rel=stylesheet href='{at}/link'> [a]({at}/a \"t\") $\\\\includegraphics{{{at}/tex}}$ <svg onload='fetch(\"{at}/svg\")'> "
        f"![ref][x]\n\n[x]: {at}/ref.png\n\n| a | b |\n|-|-|\n| ![t]({at}/table.png) | <b onmouseover=window.bad=1>x |"
    )


def fill(store, address):
    """A store in which every name and text is markup; returns the owner's chat."""
    own = [markup(address, name) for name in ("name", "said", "clause", "answer", "title")]
    name, said, clause, answer, title = own
    line = " ".join(name.split())
    with open_store(store) as db:
        add_run(db)
        set_setting(db, "visitor_title", title.split("\n")[0][:200])
        with writing(db):
            for id_, recipe, kind in (("src-p", "persona", "kakao"), ("src-c", "policy", "chunks")):
                db.execute(
                    "INSERT INTO sources (id, recipe, kind, name, me, fingerprint, bytes, record_count, report_json, licence, state, created_at) "
                    "VALUES (?, ?, ?, ?, ?, ?, 1, 2, '{}', ?, 'ready', '2026-01-01T00:00:00.000+00:00')",
                    [id_, recipe, kind, line, line[:80], id_, line],
                )
                for seq in range(2):
                    kept = db.execute(
                        "INSERT INTO records (source_id, seq, at, speaker, kind, text, meta_json) VALUES (?, ?, '2026-01-01T10:00', ?, ?, ?, ?)",
                        [id_, seq, line[:80], "text" if kind == "kakao" else "clause", clause, json.dumps({"chunk_id": line, "source": line, "company": line})],
                    ).lastrowid  # fmt: skip
            db.execute("INSERT INTO speakers (source_id, name, record_count) VALUES ('src-p', ?, 2)", [line[:80]])
        (chat,) = start_chats(db, ["run-a"], line[:60], {})
        for _ in range(2):
            add_message(db, chat, "user", said)
            seq = add_message(db, chat, "assistant", answer)
        keep_shown(db, chat, seq, [kept])
        who = invite(store, name=line[:60])
        visit = start_visit(db, who.id, "run-a", line[:24], {})
        add_message(db, visit, "user", said)
        judge_mine(db, who.id, visit, add_message(db, visit, "assistant", answer), "down", said)
        gather(db)
    return chat


def settle(browser):
    """The page was drawn to its end."""
    waiting(browser, lambda driver: not driver.find_elements(By.CSS_SELECTOR, "[data-testid=stStatusWidget], [data-testid=stSkeleton]"))  # fmt: skip
    refuse_exceptions(browser)
    assert browser.execute_script(ACTS) is None


def test_nothing_that_is_said_runs_or_is_fetched_on_any_page_of_the_owner(browser, dashboard, fresh_store, listening):  # noqa: F811
    address, asked = listening
    chat = fill(fresh_store, address)
    for page in PAGES:
        browser.get(f"{dashboard.address}/{page}")
        find(browser, "h1, h2, h3")
        settle(browser)
    browser.get(f"{dashboard.address}/Chat?chat={chat}")
    find(browser, "[data-testid=stChatMessage]", "![p]")
    settle(browser)
    assert asked == []


def test_nor_on_the_visitors(browser, monkeypatch, fresh_store, listening, request):
    address, asked = listening
    monkeypatch.setenv("MALMOI_TOKEN", "t" * 43)
    fill(fresh_store, address)
    with open_store(fresh_store) as db:
        code = make_invitation(db, " ".join(markup(address, "guest").split())[:60], models=["base:starter"])[1]
    served = request.getfixturevalue("slow_dashboard")
    browser.get(f"{served.address}/?invite={code}")
    find(browser, ".st-key-visit_agree button").click()
    find(browser, BOX).click()
    commit(browser, " ".join(markup(address, "typed").split()))
    enter(browser)
    find(browser, '[class*="st-key-visit_assistant_"]', "말3")
    find(browser, ".st-key-visit_stop button").click()
    find(browser, '[class*="st-key-visit_acts_"]')
    settle(browser)
    assert asked == [] and "<img" in browser.find_element(By.TAG_NAME, "body").text
