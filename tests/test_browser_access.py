"""Owner and visitors in real browsers with two profiles: links, refreshes, a restart, a copied session, revoking."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver

from engine.access.invitations import make_invitation, revoke
from engine.access.owner import START_TOKEN, set_password
from engine.store.open import open_store
from tests.browsing import Dashboard, find, needs_browser, open_browser, waiting

pytestmark = needs_browser
PASSWORD = "바람이 부는 날 2026"
TOKEN = "token-of-this-start-0123456789abcdef"
GATE, OWNERS = "초대받은 분만", ".st-key-frame_switch"


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dashboard]:
    """A dashboard as `start.py` starts it."""
    monkeypatch.setenv(START_TOKEN, TOKEN)
    found = Dashboard(tmp_path)
    found.start()
    yield found
    found.kill()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[WebDriver]:
    driver = open_browser(tmp_path / "other")
    yield driver
    driver.quit()


def is_asked(browser: WebDriver) -> None:
    """The gate stands there, and nothing of the owner's."""
    find(browser, "h3", GATE)
    assert not browser.find_elements(By.CSS_SELECTOR, OWNERS)


def test_a_visitor_comes_in_by_link_comes_back_and_cannot_be_copied(guarded, browser, other, fresh_store):
    with open_store(fresh_store) as db:
        made, code = make_invitation(db, "지은", models=["base:starter"])
    browser.get(f"{guarded.address}/?invite={code}")
    waiting(browser, lambda page: "/Chat" in page.current_url and "invite" not in page.current_url)
    find(browser, "button", "동의")  # the visitor's page begins with consent
    browser.refresh()
    find(browser, "button", "동의")
    other.get(guarded.address)
    is_asked(other)
    for cookie in browser.get_cookies():
        other.add_cookie({name: cookie[name] for name in ("name", "value", "path")})
    kept = browser.execute_script("return JSON.stringify(localStorage)")
    other.execute_script(
        "Object.entries(JSON.parse(arguments[0])).forEach(([k, v]) => localStorage.setItem(k, v))", kept
    )
    other.get(browser.current_url)
    is_asked(other)
    for page in ("Runs", "Data", "Settings?section=storage"):
        browser.get(f"{guarded.address}/{page}")
        find(browser, "h3", "주인만")
        assert not browser.find_elements(By.CSS_SELECTOR, OWNERS)
    with open_store(fresh_store) as db:
        revoke(db, made.id)
    browser.get(f"{guarded.address}/Chat")
    is_asked(browser)
    find(browser, "[data-testid=stAlert]", "끝났습니다")


def test_the_owner_comes_in_by_the_link_of_the_start_and_by_password(guarded, browser, other, fresh_store):
    browser.get(f"{guarded.address}/Runs?token={TOKEN}")
    find(browser, OWNERS)
    assert "token" not in browser.current_url and "/Runs" in browser.current_url
    browser.back()
    assert "token" not in browser.current_url
    browser.get(f"{guarded.address}/Settings?section=access")
    find(browser, OWNERS)
    other.get(f"{guarded.address}/Runs?token=wrong")
    is_asked(other)
    with open_store(fresh_store) as db:
        set_password(db, PASSWORD)
    other.refresh()
    is_asked(other)
    find(other, "[data-testid=stExpander] summary").click()
    box = find(other, ".st-key-gate_password input")
    box.send_keys("아닌 것 같은데요", Keys.ENTER)
    find(other, "[data-testid=stAlert]", "맞지 않습니다")
    find(other, ".st-key-gate_password input").send_keys(PASSWORD, Keys.ENTER)
    find(other, OWNERS)
    other.refresh()
    find(other, OWNERS)
    find(other, ".st-key-frame_leave button").click()
    is_asked(other)
    guarded.kill()
    guarded.start()  # another window, the same token: who was in is in
    browser.get(guarded.address)
    find(browser, OWNERS)
