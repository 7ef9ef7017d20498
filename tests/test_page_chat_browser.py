"""The chat page in a real browser: an answer that streams, is stopped, refreshed away, waited for; and on a phone."""

import time

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver

from engine.store.chats import list_chats, read_messages
from engine.store.open import open_store
from tests.browsing import find, needs_browser, waiting
from tests.talking import RUN, add_run, slow_dashboard, users_words  # noqa: F401  (a fixture)

pytestmark = needs_browser
BOX = '[data-testid="stChatInputTextArea"]'
LONG = "?max_new_tokens=4000"
"""An answer of minutes: it ends by being stopped."""


def said_by(browser: WebDriver) -> list[str]:
    return [one.text for one in browser.find_elements(By.CSS_SELECTOR, '[data-testid="stChatMessageContent"]')]


def said_at_last(browser: WebDriver) -> list[str]:
    """What the bubbles say once a second goes by without a change: buttons inside them come a moment after the words."""
    before: list[str] = []

    def still(driver: WebDriver) -> list[str]:
        nonlocal before
        now = said_by(driver)
        same = now == before and len(now) == 2 and all(now)
        before = now
        time.sleep(1)
        return now if same else []

    waiting(browser, still)
    return before


def counted(browser: WebDriver, bubbles: int) -> bool:
    said = said_by(browser)
    return len(said) == bubbles and "말3" in said[-1]


def stored(store):
    with open_store(store) as db:
        return [(one["role"], one["ended"]) for one in read_messages(db, list_chats(db)[0]["id"])]


def test_a_chat_with_the_base_streams_an_answer_and_is_found_again_after_a_reload(browser, address):
    browser.get(address)
    find(browser, '[data-testid="stPageLink"] a', "대화").click()
    find(browser, "h1", "대화")
    find(browser, BOX).send_keys("오늘 저녁 뭐 먹을까?", Keys.ENTER)
    waiting(browser, lambda driver: "chat=chat-" in driver.current_url and find(driver, "button", "다시 답하기"))
    held = said_at_last(browser)
    browser.refresh()
    waiting(browser, lambda driver: said_by(driver) == held)
    find(browser, "button", "새 대화").click()
    waiting(browser, lambda driver: not said_by(driver))
    find(browser, '[data-testid="stSidebar"] button', "오늘 저녁 뭐 먹을까?").click()
    waiting(browser, lambda driver: said_by(driver) == held)


def test_an_answer_stops_at_once_and_what_came_stays(browser, slow_dashboard, fresh_store):  # noqa: F811
    browser.get(f"{slow_dashboard.address}/Chat{LONG}")
    find(browser, BOX).send_keys("세어 봐", Keys.ENTER)
    waiting(browser, lambda driver: counted(driver, 2))
    find(browser, "button", "멈추기").click()
    find(browser, "button", "다시 답하기")
    assert "멈춘 답입니다" in said_by(browser)[-1] and "말3" in said_by(browser)[-1]
    assert stored(fresh_store) == [("user", "whole"), ("assistant", "stopped")]
    find(browser, BOX).send_keys("다시 세어 봐", Keys.ENTER)
    waiting(browser, lambda driver: counted(driver, 4))
    find(browser, BOX).send_keys("됐어", Keys.ENTER)
    waiting(browser, lambda driver: counted(driver, 6))
    # On busy cores the new words can be stored a moment before the answer they cut off: nothing is lost either way.
    kept = [("assistant", "stopped"), ("user", "whole"), ("user", "whole")]
    waiting(browser, lambda _: sorted(stored(fresh_store)[2:5]) == kept)
    logged = slow_dashboard.log.read_text(encoding="utf-8", errors="replace")
    assert "세어" not in logged and "말3" not in logged


def test_a_tab_refreshed_or_closed_in_the_middle_leaves_a_chat_that_goes_on(browser, slow_dashboard, fresh_store):  # noqa: F811
    browser.get(f"{slow_dashboard.address}/Chat{LONG}")
    find(browser, BOX).send_keys("세어 봐", Keys.ENTER)
    waiting(browser, lambda driver: counted(driver, 2))
    browser.refresh()
    waiting(browser, lambda _: len(stored(fresh_store)) == 2)
    browser.refresh()
    waiting(
        browser, lambda driver: "멈춘 답입니다" in "".join(said_by(driver)) and find(driver, "button", "다시 답하기")
    )
    find(browser, BOX).send_keys("또", Keys.ENTER)
    waiting(browser, lambda driver: counted(driver, 4))
    assert users_words(fresh_store) == ["세어 봐", "또"]


def test_a_second_tab_is_told_that_the_model_is_busy_and_gets_its_turn(browser, slow_dashboard):  # noqa: F811
    browser.get(f"{slow_dashboard.address}/Chat{LONG}")
    find(browser, BOX).send_keys("세어 봐", Keys.ENTER)
    waiting(browser, lambda driver: counted(driver, 2))
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    browser.get(f"{slow_dashboard.address}/Chat{LONG}")
    find(browser, BOX).send_keys("나도", Keys.ENTER)
    find(browser, '[data-testid="stCaptionContainer"]', "다음 차례입니다")
    second = browser.current_window_handle
    browser.switch_to.window(first)
    find(browser, "button", "멈추기").click()
    browser.switch_to.window(second)
    waiting(browser, lambda driver: counted(driver, 2))


def test_on_a_phone_two_answers_stand_one_below_the_other_and_all_is_in_reach(browser, slow_dashboard, fresh_store):  # noqa: F811
    with open_store(fresh_store) as db:
        add_run(db)
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    browser.get(f"{slow_dashboard.address}/Chat?model={RUN}&beside=base:starter&max_new_tokens=4000")
    find(browser, '[data-testid="stSelectbox"]')
    find(browser, "button", "새 대화")
    find(browser, BOX).send_keys("세어 봐", Keys.ENTER)
    waiting(browser, lambda driver: len(said_by(driver)) == 3 and "말3" in said_by(driver)[1])
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    left, right = (one.rect for one in browser.find_elements(By.CSS_SELECTOR, '[data-testid="stChatMessage"]')[1:])
    assert left["x"] == right["x"] and left["y"] + left["height"] <= right["y"]
    assert find(browser, "button", "멈추기").is_displayed()
