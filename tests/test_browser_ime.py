"""Hangul in the chat's box, with real composition events of a real browser (CDP Input.imeSetComposition).

What browsers send for one press of Enter while a syllable is still being composed, and what st.chat_input does with it:
- Chrome and Edge on Windows, Linux and macOS: keydown 229 (isComposing), compositionend, and with a Korean input method a
  second keydown 13 by themselves. The first is ignored, the second sends: one press, nothing doubled.
- Safari: compositionend first, then keydown 229 that is no longer composing. It sends: one press.
- Japanese and Chinese methods send no second keydown: there the first Enter chooses the word, and the next one sends.
A guard that also swallowed the Enter after a composition would force Koreans to press twice: there must be none.
"""

import sqlite3
import time

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browsing import find, needs_browser, waiting
from tests.talking import SlowDashboard, slow_dashboard, users_words  # noqa: F401  (a fixture)

pytestmark = needs_browser
BOX = '[data-testid="stChatInputTextArea"]'


@pytest.fixture
def box(browser, slow_dashboard):  # noqa: F811
    """The chat's box, focused."""
    browser.get(f"{slow_dashboard.address}/Chat?max_new_tokens=60")
    found = find(browser, BOX)
    found.click()
    return found


def compose(browser, *texts):
    """What an input method shows while syllables are put together."""
    for text in texts:
        place = {"selectionStart": len(text), "selectionEnd": len(text)}
        browser.execute_cdp_cmd("Input.imeSetComposition", {"text": text, **place})


def commit(browser, text):
    browser.execute_cdp_cmd("Input.insertText", {"text": text})


def enter(browser, code=13):
    """`code` 229: the key as the browser names it while an input method holds it."""
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code}
    down = {"type": "rawKeyDown"} if code == 229 else {"type": "keyDown", "text": "\r"}
    browser.execute_cdp_cmd("Input.dispatchKeyEvent", {**key, **down})
    browser.execute_cdp_cmd("Input.dispatchKeyEvent", {**key, "type": "keyUp", "windowsVirtualKeyCode": 13})


def stays_unsent(store, seconds=1.0):
    """Nothing arrives in the store for a while."""
    time.sleep(seconds)
    return users_words(store) == []


def sent(browser, store):
    waiting(browser, lambda _: users_words(store))
    time.sleep(0.5)  # a second copy would come now
    return users_words(store)


def test_enter_in_the_middle_of_a_syllable_sends_nothing_and_one_more_sends_it_whole_once(browser, box, fresh_store):
    compose(browser, "ㅇ", "아", "안", "안녕하세ㅇ", "안녕하세요")
    enter(browser, 229)
    assert stays_unsent(fresh_store) and box.get_attribute("value") == "안녕하세요"
    commit(browser, "안녕하세요")
    assert stays_unsent(fresh_store, 0.3)
    enter(browser)
    assert sent(browser, fresh_store) == ["안녕하세요"] and box.get_attribute("value") == ""


def test_one_press_of_enter_in_chrome_sends_the_last_syllable_too(browser, box, fresh_store):
    compose(browser, "뭐 하", "뭐 해")
    enter(browser, 229)
    commit(browser, "뭐 해")
    enter(browser)
    assert sent(browser, fresh_store) == ["뭐 해"]


def test_one_press_of_enter_in_safari_sends_once(browser, box, fresh_store):
    compose(browser, "뭐 하", "뭐 해")
    commit(browser, "뭐 해")
    enter(browser, 229)
    assert sent(browser, fresh_store) == ["뭐 해"]


def test_the_send_button_takes_the_syllable_being_composed_along(browser, box, fresh_store):
    compose(browser, "누르", "누르기")
    find(browser, '[data-testid="stChatInputSubmitButton"]').click()
    assert sent(browser, fresh_store) == ["누르기"] and box.get_attribute("value") == ""


@pytest.mark.parametrize("text", ["ㅋㅋㅋㅋ", "좋아 😀👍🏽", "ㅇㅇ"])
def test_single_letters_and_pictures_arrive_as_they_are(browser, box, fresh_store, text):
    commit(browser, text)
    enter(browser)
    assert sent(browser, fresh_store) == [text]


def test_shift_and_enter_begin_a_new_line(browser, box, fresh_store):
    commit(browser, "첫 줄")
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
    assert stays_unsent(fresh_store)
    compose(browser, "둘", "둘ㅉ", "둘째")
    commit(browser, "둘째")
    enter(browser)
    assert sent(browser, fresh_store) == ["첫 줄\n둘째"]


def test_ten_thousand_letters_arrive_and_spaces_alone_do_not(browser, box, fresh_store):
    commit(browser, "   ")
    enter(browser)
    assert stays_unsent(fresh_store)
    waiting(browser, lambda driver: driver.find_element(By.CSS_SELECTOR, BOX).get_attribute("value").strip() == "")
    long = "가나다라마바사아자차" * 1000
    commit(browser, long)
    enter(browser)
    assert [text.strip() for text in sent(browser, fresh_store)] == [long]


def test_a_syllable_being_composed_survives_the_end_of_an_answer(browser, box, fresh_store):
    commit(browser, "세어 봐")
    enter(browser)
    find(browser, "button", "멈추기")
    compose(browser, "그", "그마", "그만ㅎ")
    db = sqlite3.connect(fresh_store)
    waiting(browser, lambda _: db.execute("SELECT 1 FROM chat_messages WHERE role = 'assistant'").fetchone())
    db.close()
    find(browser, "button", "다시 답하기")
    compose(browser, "그만하", "그만해")
    commit(browser, "그만해")
    enter(browser)
    waiting(browser, lambda _: len(users_words(fresh_store)) == 2)
    assert users_words(fresh_store) == ["세어 봐", "그만해"]
