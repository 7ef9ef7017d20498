"""A visitor with a phone, in a real browser: consent, Hangul with real composition events, hostile text, stop, two profiles."""

import time

import pytest
from selenium.webdriver.common.by import By

from engine.access.invitations import make_invitation
from engine.store.open import open_store
from tests.browsing import find, needs_browser, refuse_exceptions, waiting
from tests.talking import SlowDashboard, slow_dashboard, users_words  # noqa: F401  (a fixture)
from tests.test_browser_ime import BOX, commit, compose, enter

pytestmark = needs_browser
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


@pytest.fixture
def code(monkeypatch, fresh_store):
    """Of an invitation; the owner needs a token from here on, so that who sits at the machine is a visitor, too."""
    monkeypatch.setenv("MALMOI_TOKEN", "t" * 43)
    with open_store(fresh_store) as db:
        return make_invitation(db, "지은", models=["base:starter"], browsers=1)[1]


@pytest.fixture
def box(browser, code, slow_dashboard):  # noqa: F811
    """The chat's box on a phone, after the visitor agreed."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    browser.get(f"{slow_dashboard.address}/?invite={code}")
    find(browser, ".st-key-visit_agree button", "동의합니다").click()
    found = find(browser, BOX)
    found.click()
    return found


def test_a_visitor_with_a_phone_types_hangul_and_is_answered_once(browser, box, fresh_store):
    assert "AI가 답합니다" not in browser.find_element(By.TAG_NAME, "body").text
    compose(browser, "ㅇ", "아", "안", "안녕하세ㅇ", "안녕하세요")
    enter(browser, 229)
    time.sleep(0.5)
    assert users_words(fresh_store) == []
    commit(browser, "안녕하세요")
    enter(browser)
    find(browser, '[class*="st-key-visit_assistant_"]', "말3")
    find(browser, ".st-key-visit_stop button").click()
    find(browser, '[class*="st-key-visit_assistant_"]', "중간에 멈춘 답입니다")
    assert users_words(fresh_store) == ["안녕하세요"]
    wide = browser.execute_script("return document.scrollingElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


def test_markup_from_a_visitor_is_text_and_a_refresh_keeps_the_talk(browser, box, fresh_store):
    hostile = "<img src=x onerror=window.bad=1> ![a](http://127.0.0.1:9/p.png) <script>window.bad=1</script>"
    commit(browser, hostile)
    enter(browser)
    find(browser, '[class*="st-key-visit_user_"]', hostile)
    find(browser, '[class*="st-key-visit_assistant_"]', "말3")
    find(browser, ".st-key-visit_stop button").click()
    find(browser, '[class*="st-key-visit_acts_"]')
    browser.refresh()
    find(browser, '[class*="st-key-visit_user_"]', hostile)
    assert browser.execute_script("return window.bad") is None
    assert not browser.find_elements(
        By.CSS_SELECTOR, '[class*="st-key-visit_user_"] img, [class*="st-key-visit_user_"] a'
    )
    assert users_words(fresh_store) == [hostile]


def test_every_other_page_shows_a_visitor_nothing_of_the_owners(browser, box, slow_dashboard):  # noqa: F811
    for page in ("", "Data", "Curate", "Train", "Runs", "Evaluate", "Compress", "Deploy", "Settings", "Terms"):
        browser.get(f"{slow_dashboard.address}/{page}")
        waiting(browser, lambda driver: driver.find_elements(By.CSS_SELECTOR, f"{BOX}, [data-testid=stPageLink]"))
        refuse_exceptions(browser)
        assert not browser.find_elements(By.CSS_SELECTOR, ".st-key-frame_pages [data-testid=stPageLink]")
