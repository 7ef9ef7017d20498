"""The Chat page and `chat` talk to a model behind `serve` as to any other: both ends are real."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver

from engine.config import ROOT
from engine.errors import UserError
from engine.serve.elsewhere import models_at, place_of, usual_address
from tests.browsing import Dashboard, find, needs_browser, waiting
from tests.serving import Running, running

SAID = "오늘 저녁 뭐 먹을까?"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("served"), "base:starter") as one:
        yield one


def kept(store: Path, key: str) -> tuple[str, list[str]]:
    """(the chat's model, what was said) of the one chat in a store, in which the key must not stand."""
    db = sqlite3.connect(store)
    try:
        model = db.execute("SELECT model FROM chats").fetchone()[0]
        said = [row[0] for row in db.execute("SELECT text FROM chat_messages ORDER BY seq")]
    finally:
        db.close()
    assert all(key.encode() not in file.read_bytes() for file in store.parent.glob(store.name + "*") if file.is_file())
    return model, said


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        (" http://localhost:8000/ ", "http://localhost:8000/v1"),
        ("https://example.com/openai/v1/", "https://example.com/openai/v1"),
    ],
)
def test_addresses_as_people_type_them(typed: str, address: str) -> None:
    assert usual_address(typed) == address
    assert place_of(f"{address}#run-a") == ("run-a", address.split("/")[2])


def test_a_server_tells_its_models_or_why_not(server: Running) -> None:
    assert models_at(f"{server.url}/v1", server.key) == ["base:starter"]
    with pytest.raises(UserError, match="열쇠"):
        models_at(f"{server.url}/v1", "mm-wrong")
    with pytest.raises(UserError, match=r"127\.0\.0\.1:9"):
        models_at("http://127.0.0.1:9/v1", None)
    with pytest.raises(UserError):
        models_at(f"{server.url}/nowhere", server.key)


def test_chat_by_command(server: Running, fresh_store: Path) -> None:
    words = ["chat", f"{server.url}/v1#base:starter", "--say", SAID]
    env = {**os.environ, "SERVER_API_KEY": server.key}
    done = subprocess.run(
        [sys.executable, "-m", "engine", "--json", *words],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    model, said = kept(fresh_store, server.key)
    assert model == f"{server.url}/v1#base:starter" and said[0] == SAID and len(said) == 2 and said[1]


@pytest.mark.slow
@needs_browser[1]
def test_chat_in_the_browser(server: Running, browser: WebDriver, dashboard: Dashboard, fresh_store: Path) -> None:
    browser.get(f"{dashboard.address}/Chat")
    find(browser, '[class*="st-key-chat_elsewhere_0"] button').click()
    find(browser, ".st-key-chat_elsewhere_address input").send_keys(server.url.removeprefix("http://"))
    find(browser, ".st-key-chat_elsewhere_key input").send_keys(server.key)
    find(browser, '[data-testid="stFormSubmitButton"] button', "찾기").click()
    find(browser, ".st-key-chat_elsewhere_talk button").click()
    waiting(browser, lambda page: "elsewhere" not in page.current_url and "%23base" in page.current_url)
    find(browser, '[data-testid="stCaptionContainer"]', server.url.removeprefix("http://"))
    find(browser, '[data-testid="stChatInputTextArea"]').send_keys(SAID + Keys.ENTER)
    find(browser, ".stFeedback, [data-testid='stFeedback'], [class*='st-key-chat_thumb']")
    model, said = kept(fresh_store, server.key)
    assert model == f"{server.url}/v1#base:starter" and said[0] == SAID and said[1]
    assert server.key not in browser.current_url and SAID not in server.log
