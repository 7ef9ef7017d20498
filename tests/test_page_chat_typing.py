"""The owner's chat box under an input method, in a real browser: syllables that are being composed are sent once, and whole."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver

from tests.browsing import find, needs_browser, waiting
from tests.talking import slow_dashboard, users_words  # noqa: F401  (a fixture)

pytestmark = needs_browser
BOX = '[data-testid="stChatInputTextArea"]'
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}


def composing(browser: WebDriver, *steps: str) -> None:
    """What an input method shows while a syllable grows: ㅎ, 하, 한."""
    for step in steps:
        browser.execute_cdp_cmd(
            "Input.imeSetComposition", {"text": step, "selectionStart": len(step), "selectionEnd": len(step)}
        )


def enter(browser: WebDriver, composed: bool) -> None:
    """The Enter key as a browser tells it: 229 while an input method holds it."""
    code = 229 if composed else 13
    key = {
        "key": "Process" if composed else "Enter",
        "code": "Enter",
        "windowsVirtualKeyCode": code,
        "nativeVirtualKeyCode": code,
    }
    browser.execute_cdp_cmd(
        "Input.dispatchKeyEvent",
        {"type": "rawKeyDown" if composed else "keyDown", **key, **({} if composed else {"text": "\r"})},
    )
    browser.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyUp", **key})


@pytest.mark.parametrize("phone", [False, True])
def test_a_syllable_being_composed_is_sent_once_and_whole(browser, slow_dashboard, fresh_store, phone):  # noqa: F811
    if phone:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    browser.get(f"{slow_dashboard.address}/Chat?max_new_tokens=8")
    box = find(browser, BOX)
    box.click()
    composing(browser, "ㅎ", "하", "한")
    browser.execute_cdp_cmd("Input.insertText", {"text": "한"})
    composing(browser, "ㄱ", "그", "글")
    enter(browser, composed=True)  # takes the syllable in: nothing is sent
    assert not users_words(fresh_store)
    browser.execute_cdp_cmd("Input.insertText", {"text": "글"})
    waiting(browser, lambda driver: find(driver, BOX).get_attribute("value") == "한글")
    enter(browser, composed=False)
    waiting(browser, lambda _: users_words(fresh_store) == ["한글"])
    waiting(browser, lambda driver: find(driver, "button", "다시 답하기"))
    assert find(browser, BOX).get_attribute("value") == "" and users_words(fresh_store) == ["한글"]


def test_shift_enter_makes_a_line_and_enter_sends_both(browser, slow_dashboard, fresh_store):  # noqa: F811
    browser.get(f"{slow_dashboard.address}/Chat?max_new_tokens=8")
    find(browser, BOX).send_keys("첫 줄", Keys.SHIFT, Keys.ENTER, Keys.NULL, "둘째 줄", Keys.ENTER)
    waiting(browser, lambda _: users_words(fresh_store) == ["첫 줄\n둘째 줄"])


def test_on_a_phone_nothing_is_wider_than_the_screen_in_any_popover(browser, slow_dashboard):  # noqa: F811
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    browser.get(f"{slow_dashboard.address}/Chat?max_new_tokens=8&model=base:starter&beside=base:starter@free")
    find(browser, BOX).send_keys("안녕", Keys.ENTER)
    find(browser, "button", "다시 답하기")
    for name in ("둘을 견주는 중", "다른 서버에 묻기", "답하는 방식", "이 대화", "나라면"):
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", find(browser, "button", name))
        find(browser, "button", name).click()
        waiting(browser, lambda driver: driver.find_elements(By.CSS_SELECTOR, '[data-testid="stPopoverBody"]'))
        (body,) = browser.find_elements(By.CSS_SELECTOR, '[data-testid="stPopoverBody"]')
        assert body.rect["x"] >= 0 and body.rect["x"] + body.rect["width"] <= 390, name
        browser.switch_to.active_element.send_keys(Keys.ESCAPE)
        waiting(browser, lambda driver: not driver.find_elements(By.CSS_SELECTOR, '[data-testid="stPopoverBody"]'))
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
