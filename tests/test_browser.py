"""One walk through the dashboard in a real browser against a real server: an empty store, a chat, a reload."""

import subprocess
import sys

from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver

from engine.alive import started_at
from engine.jobs.demo import RUNNING
from engine.store.open import open_store
from engine.store.settings import set_setting
from tests.browsing import find, needs_browser, waiting

pytestmark = needs_browser


def test_home_notices_by_itself_that_a_journey_without_jobs_has_ended(browser, address, fresh_store):
    journey = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with open_store(fresh_store) as db:
        set_setting(db, RUNNING, {"pid": journey.pid, "pid_started_at": started_at(journey.pid)})
    browser.get(address)
    find(browser, ".st-key-home_next", "견본 여정이 돌고 있습니다")
    find(browser, '[data-testid="stCaptionContainer"]', "다음 일을 준비하는 중")
    assert not [one for one in browser.find_elements(By.TAG_NAME, "button") if "견본" in one.text]
    journey.communicate(b"\n")
    find(browser, "button", "카카오톡 견본")


def test_the_theme_chosen_on_one_page_holds_on_every_page_after_a_reload(browser, address):
    browser.get(address)
    find(browser, "button", "카카오톡 견본")
    paper = background(browser)
    find(browser, '[data-testid="stMainMenu"] button').click()
    find(browser, "button", "Dark").click()
    waiting(browser, lambda driver: background(driver) != paper)
    for page in ("Settings", "Chat", ""):
        browser.get(f"{address}/{page}")
        find(browser, "h1")
        waiting(browser, lambda driver: background(driver) not in ("", paper))


def test_the_page_speaks_with_its_own_font(browser, address):
    browser.get(address)
    find(browser, "h1", "말모이")
    loaded = 'return [...document.fonts].filter((face) => face.status === "loaded").map((face) => face.family)'
    waiting(browser, lambda driver: "Pretendard" in driver.execute_script(loaded))


def background(browser: WebDriver) -> str:
    return str(
        browser.execute_script('return getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor')
    )
