"""The page of masks in a real browser: a whole journey from upload to a frozen dataset, and its keys under a Korean input method."""

import json
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

from engine.privacy.apply import mask_source
from engine.store.datasets import list_datasets, read_dataset
from engine.store.maintain import check
from engine.store.mask_values import count_doubtful
from engine.store.open import all_rows, open_store
from engine.store.sources import list_sources
from tests.browsing import find, needs_browser, waiting
from tests.chats import pc_chat
from tests.test_browser_ime import commit, compose
from tests.test_browser_journeys import Owner, ko, owner  # noqa: F401  (a fixture)
from tests.test_page_data_masks import Hands
from tests.test_store import add_chat

pytestmark = [*needs_browser, pytest.mark.timeout(600)]
LINES = (
    "[나리] [오후 9:00] 대표번호 010-0000-1234 저장해 줘",
    "[가온] [오후 9:01] 응응 저장했어~",
    "[나리] [오후 9:02] 도깨비랑 밥 먹었어?",
    "[가온] [오후 9:03] 도깨비가 안 왔어~ 내 번호는 010-0000-5678 이야",
    "[나리] [오후 9:04] 박 부장님이 또 불렀대",
    "[가온] [오후 9:05] 박 부장님은 왜 또 그래~",
)


def private_chat(folder: Path) -> Path:
    """An invented chat with a number to show, a name that no rule finds, and a name that only a title gives away."""
    file = pc_chat(folder / "KakaoTalkChats.txt", days=24, per_day=24)
    with file.open("ab") as chat:
        chat.write(("\r\n" + "\r\n".join(LINES)).encode())
    return file


def decided(store: Path) -> set[tuple[str, str]]:
    """(what, label) of the decisions on values."""
    with open_store(store) as db:
        return {(row["what"], row["label"]) for row in all_rows(db, "SELECT what, label FROM mask_decisions")}


def test_from_an_upload_over_corrections_undo_and_redo_to_a_frozen_dataset(owner, address, fresh_store, tmp_path):  # noqa: F811
    browser = owner.browser
    browser.get(address)
    owner.press("home_do")
    owner.press("data_how", ko("data.how.upload"))
    find(browser, '[data-testid="stFileUploader"]')
    browser.find_element(By.CSS_SELECTOR, 'input[type="file"]').send_keys(str(private_chat(tmp_path)))
    owner.sees("KakaoTalkChats.txt")
    owner.press("data_import")
    owner.sees(ko("data.next_ready"))
    hide_by_clicking_words(owner, fresh_store)
    show_a_number(owner, fresh_store)
    accept_a_name(owner, fresh_store)
    there_and_back(owner, fresh_store)
    to_the_top(browser)
    owner.press("data_go_curate")
    owner.press("curate_go")
    waiting(browser, lambda driver: "dataset=ds-" in driver.current_url)
    read_the_store(fresh_store)


def hide_by_clicking_words(owner: Owner, store: Path) -> None:  # noqa: F811
    """A message that nothing was hidden in: its words are buttons."""
    owner.press("data_view", ko("data.view.masks"))
    owner.press("data_show", ko("data.show.all"))
    search = find(owner.browser, '[class*="st-key-data_search"] input')
    commit_into(owner.browser, search, "도깨비랑")
    ActionChains(owner.browser).send_keys("").perform()
    owner.sees("도깨비랑 밥 먹었어?")
    waiting(
        owner.browser, lambda driver: len(driver.find_elements(By.CSS_SELECTOR, '[class*="st-key-data_fix_"]')) == 1
    )
    owner.press("data_fix_")
    owner.press("data_pick_", "도깨비")
    owner.press("data_pick_", ko("data.add_do"))
    waiting(owner.browser, lambda _: ("added", "PERSON") in decided(store))


def commit_into(browser: WebDriver, box: WebElement, text: str) -> None:
    """Type as an input method does, and leave the box."""
    box.click()
    compose(browser, text[:1], text)
    commit(browser, text)
    box.send_keys(Keys.ENTER, Keys.TAB)  # leaving the box sends what an Enter too early for the page did not


def is_quiet(browser: WebDriver) -> bool:
    """Whether the page's script has come to rest: a box that is drawn anew loses what is typed."""
    script = 'return document.querySelector("[data-testid=stApp]")?.getAttribute("data-test-script-state")'
    return bool(browser.execute_script(script) == "notRunning")


def to_the_top(browser: WebDriver) -> None:
    """What is scrolled to by itself comes to lie under Streamlit's header, where it cannot be clicked."""
    browser.execute_script("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")


def show_a_number(owner: Owner, store: Path) -> None:  # noqa: F811
    to_the_top(owner.browser)
    owner.press("data_part", ko("data.part.values"))
    owner.sees("010-0000-1234")
    owner.press("data_free_PHONE", ko("masks.not_personal"))
    waiting(owner.browser, lambda _: ("kept", "PHONE") in decided(store))


def accept_a_name(owner: Owner, store: Path) -> None:  # noqa: F811
    to_the_top(owner.browser)
    owner.press("data_part", ko("data.part.review"))
    owner.sees(ko("masks.review_ask"))
    owner.press("data_yes_")
    owner.sees(ko("masks.review_done"))
    assert ("accepted", "PERSON") in decided(store)


def there_and_back(owner: Owner, store: Path) -> None:  # noqa: F811
    """Two corrections are undone, the page is loaded anew, and both are made again."""
    whole = decided(store)
    owner.press("data_step_undo")
    waiting(owner.browser, lambda _: ("accepted", "PERSON") not in decided(store))
    owner.press("data_step_undo", "010")
    waiting(owner.browser, lambda _: ("kept", "PHONE") not in decided(store))
    owner.browser.refresh()
    owner.press("data_step_redo", "010")
    waiting(owner.browser, lambda _: ("kept", "PHONE") in decided(store))
    owner.press("data_step_redo", "박")
    waiting(owner.browser, lambda _: decided(store) == whole)


def read_the_store(store: Path) -> None:
    with open_store(store) as db:
        shown, hidden = "010-0000-1234", "010-0000-5678"
        masks = all_rows(
            db,
            'SELECT substr(r.text, m.start + 1, m."end" - m.start) AS word, m.state, m.decided_by FROM masks m '
            "JOIN records r ON r.id = m.record_id",
        )
        states = {(row["word"], row["state"], row["decided_by"]) for row in masks}
        either = {(shown, "rejected", "owner"), (hidden, "applied", "rule")}
        if (hidden, "rejected", "owner") in states:  # both stand once: either may be listed first
            shown, hidden = hidden, shown
            either = {(shown, "rejected", "owner"), (hidden, "applied", "rule")}
        assert either <= states
        assert {("도깨비", "applied", "owner"), ("박", "applied", "rule")} <= states
        dataset = list_datasets(db)[0]
        rows = read_dataset(db, dataset["id"], limit=5000)
        seen = json.dumps([row["messages"] for row in rows], ensure_ascii=False)
        assert dataset["masked"] and shown in seen and hidden not in seen and "밥 먹었어?" in seen
        assert "도깨비" not in seen and "박 부장" not in seen and "] 부장님이 또 불렀대" in seen
        assert check(db) == []


@pytest.fixture
def queue(browser, dashboard, fresh_store) -> Path:
    """The queue of three doubtful names, with a box to write in above it."""
    with open_store(fresh_store) as db:
        source = add_chat(db, [("가온", f"{name} 부장님이 왔어") for name in ("박", "최", "윤")] + [("나리", "응")])
    mask_source(Hands(fresh_store, "job-hand", "t"), source)
    browser.get(f"{dashboard.address}/Data?add=1&source={source}&view=masks&part=review")
    find(browser, '[class*="st-key-data_how"] button', ko("data.how.path")).click()
    find(browser, '[class*="st-key-data_yes_"] button')
    find(browser, '[class*="st-key-data_path"] textarea')
    return fresh_store


def left(store: Path) -> int:
    with open_store(store) as db:
        return count_doubtful(db, list_sources(db)[0]["id"])[0]


def press_key(browser, key: str, code: int | None = None) -> None:
    """A key on the page itself; `code` 229: as a browser names it while an input method holds it."""
    told = {"key": "Process" if code else key, "code": f"Digit{key}", "windowsVirtualKeyCode": code or ord(key)}
    browser.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "rawKeyDown" if code else "keyDown", **told})
    browser.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyUp", **told})


def test_keys_decide_one_value_each_and_zero_takes_it_back(browser, queue):
    assert left(queue) == 3
    find(browser, "h3").click()
    press_key(browser, "1")
    waiting(browser, lambda _: left(queue) == 2)
    find(browser, '[class*="st-key-data_step_undo"] button')
    press_key(browser, "2")
    waiting(browser, lambda _: left(queue) == 1)
    find(browser, '[class*="st-key-data_review"]', ko("masks.review_left").format(n=1, places=1))
    press_key(browser, "3")
    find(browser, '[class*="st-key-data_review_again"] button')
    assert left(queue) == 1
    press_key(browser, "0")
    waiting(browser, lambda _: left(queue) == 2)


def test_keys_do_nothing_in_a_box_and_while_a_syllable_is_composed(browser, queue):
    box = find(browser, '[class*="st-key-data_path"] textarea')
    box.click()
    compose(browser, "ㅎ", "하", "한")
    for key in "1230":
        press_key(browser, key, 229)
    commit(browser, "한")
    box.send_keys("123")
    assert box.get_attribute("value") == "한123"
    find(browser, "h3").click()
    press_key(browser, "1", 229)
    ActionChains(browser).pause(1.5).perform()
    assert left(queue) == 3
    press_key(browser, "2")
    waiting(browser, lambda _: left(queue) == 2)


def test_two_quick_presses_decide_one_value_only(browser, queue):
    find(browser, "h3").click()
    press_key(browser, "1")
    press_key(browser, "1")
    ActionChains(browser).pause(2).perform()
    with open_store(queue) as db:
        accepted = all_rows(db, "SELECT value_key FROM mask_decisions")
    assert len(accepted) == 3 - left(queue) <= 2
    find(browser, '[class*="st-key-data_yes_"] button')
