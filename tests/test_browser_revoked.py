"""The owner revokes while a guest's page is open: it says so in calm words, beside a form for a code, and shows nothing else."""

import pytest
from selenium.webdriver.common.by import By

from engine.access.invitations import make_invitation, revoke
from engine.store.open import open_store
from tests.browsing import find, needs_browser
from tests.talking import SlowDashboard, slow_dashboard  # noqa: F401  (a fixture)
from tests.test_browser_ime import BOX, commit, enter

pytestmark = needs_browser
LOSES_ONE = """
const send = WebSocket.prototype.send;
window.lost = 0;
WebSocket.prototype.send = function (sent) {
  const answers = typeof sent !== "string" && new TextDecoder().decode(sent).includes('"proof"');
  if (answers && !window.lost) window.lost += 1;
  else send.call(this, sent);
};
"""
"""The connection of a phone breaks just when its browser tells who it is."""


@pytest.fixture
def invited(monkeypatch, fresh_store):
    """Invitation and code; set before the server starts, the token makes whoever sits at the machine a guest, too."""
    monkeypatch.setenv("MALMOI_TOKEN", "t" * 43)
    with open_store(fresh_store) as db:
        return make_invitation(db, "지은", models=["base:starter"], browsers=1)


@pytest.mark.parametrize("again", [False, True], ids=["came just now", "came back"])
@pytest.mark.parametrize("speaking", [False, True], ids=["quiet", "speaking"])
def test_her_open_page_says_that_the_invitation_is_over(browser, invited, slow_dashboard, fresh_store, again, speaking):  # noqa: F811
    made, code = invited
    browser.get(f"{slow_dashboard.address}/?invite={code}")
    find(browser, ".st-key-visit_agree button", "동의합니다").click()
    find(browser, BOX).click()
    if again:
        browser.refresh()
        find(browser, BOX).click()
    commit(browser, "안녕하세요")
    enter(browser)
    find(browser, '[class*="st-key-visit_assistant_"]', "말3")
    if not speaking:
        find(browser, ".st-key-visit_stop button").click()
        find(browser, '[class*="st-key-visit_acts_"]')
    with open_store(fresh_store) as db:
        revoke(db, made.id)
    if not speaking:
        find(browser, BOX).click()
        commit(browser, "거기 있어요?")
        enter(browser)
    find(browser, ".st-key-gate_code input")
    find(browser, "[data-testid=stAlert]", "끝났습니다")
    shown = browser.find_element(By.TAG_NAME, "body").text
    assert "안녕하세요" not in shown and "여는 중" not in shown


def test_an_answer_of_her_browser_that_was_lost_on_the_way_is_given_again(browser, invited, slow_dashboard):  # noqa: F811
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": LOSES_ONE})
    browser.get(f"{slow_dashboard.address}/?invite={invited[1]}")
    find(browser, ".st-key-visit_agree button", "동의합니다")
    assert browser.execute_script("return window.lost") == 1
