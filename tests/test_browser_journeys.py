"""Whole journeys in a real browser, as an owner goes: from an empty store, from the sample, and over a killed dashboard.

The clicks are counted: from the first page to an answer there may be twelve.
"""

import time
from pathlib import Path

import pytest
from selenium.common.exceptions import ElementClickInterceptedException, ElementNotInteractableException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

from engine.store.chats import list_chats, read_messages
from engine.store.datasets import list_datasets, read_dataset
from engine.store.evaluations import list_evaluations
from engine.store.maintain import check
from engine.store.open import all_rows, open_store
from engine.store.runs import get_run, list_runs, read_metrics
from tests.browsing import PATIENCE, Dashboard, find, needs_browser, refuse_exceptions, waiting
from tests.chats import pc_chat
from tests.test_jobs import end_supervisor
from ui.words import WORDS

pytestmark = [*needs_browser, pytest.mark.timeout(1500)]
LONG = 600
"""Seconds for a training or an evaluation on busy cores."""
MOST_CLICKS = 12


class Owner:
    """Presses what an owner presses, and counts."""

    def __init__(self, browser: WebDriver) -> None:
        self.browser = browser
        self.clicks = 0
        self.began = time.monotonic()

    def press(self, key: str, text: str = "", patience: int = PATIENCE) -> None:
        """Click the button of the widget whose key begins with `key`, once it is there and can be clicked."""

        def clicked(driver: WebDriver) -> bool:
            refuse_exceptions(driver)
            for one in driver.find_elements(
                By.CSS_SELECTOR, f'[class*="st-key-{key}"] button, [class*="st-key-{key}"] a'
            ):
                if one.is_displayed() and one.is_enabled() and text in one.text:
                    one.click()
                    return True
            return False

        ignored = [ElementClickInterceptedException, ElementNotInteractableException]
        self._wait(patience, *ignored).until(clicked, f"nothing to press: {key} {text}")
        self.clicked(f"{key} {text}")

    def clicked(self, what: str) -> None:
        """Count a click; `pytest -s` shows when it was."""
        self.clicks += 1
        print(f"{self.clicks:2} {time.monotonic() - self.began:6.1f} s  {what}")

    def _wait(self, patience: int, *ignored: type[Exception]) -> WebDriverWait:
        from selenium.common.exceptions import StaleElementReferenceException

        return WebDriverWait(self.browser, patience, ignored_exceptions=[StaleElementReferenceException, *ignored])

    def sees(self, text: str, patience: int = PATIENCE) -> None:
        """Wait until the page shows `text`."""

        def shown(driver: WebDriver) -> bool:
            refuse_exceptions(driver)
            return text in driver.find_element(By.CSS_SELECTOR, '[data-testid="stMain"]').text

        self._wait(patience).until(shown, f"never seen: {text}")

    def says(self, words: str) -> None:
        """Type into the chat and send; sending counts as a click."""
        find(self.browser, '[data-testid="stChatInputTextArea"]').send_keys(words, Keys.ENTER)
        self.clicked(words)


def ko(key: str) -> str:
    return WORDS[key][0]


def private_chat(folder: Path) -> Path:
    """An invented chat with two numbers to hide: one that the owner will show again, and one that stays hidden."""
    file = pc_chat(folder / "KakaoTalkChats.txt", days=24, per_day=24)
    lines = (
        "[나리] [오후 9:00] 대표번호 010-0000-1234 저장해 줘",
        "[가온] [오후 9:01] 응응 저장했어~",
        "[나리] [오후 9:02] 내 번호는 010-0000-5678 이야",
        "[가온] [오후 9:03] 그것도 저장할게~",
    )
    with file.open("ab") as chat:
        chat.write(("\r\n" + "\r\n".join(lines)).encode())
    return file


@pytest.fixture
def owner(browser: WebDriver, fresh_store: Path):
    yield Owner(browser)
    end_supervisor(fresh_store)


def test_from_an_empty_store_to_an_answer_in_twelve_clicks(owner, address, fresh_store, tmp_path):
    owner.browser.get(address)
    owner.press("home_do")
    owner.press("data_how", ko("data.how.upload"))
    find(owner.browser, '[data-testid="stFileUploader"]')
    owner.browser.find_element(By.CSS_SELECTOR, 'input[type="file"]').send_keys(str(private_chat(tmp_path)))
    owner.clicked("file")
    owner.sees("KakaoTalkChats.txt")
    owner.press("data_import")
    owner.sees(ko("data.next_ready"))
    correct_a_mask(owner, fresh_store)
    owner.press("data_go_curate")
    owner.press("curate_go")
    owner.press("curate_train")
    owner.press("train_launch")
    waiting(owner.browser, lambda driver: "run=run-" in driver.current_url)
    owner.press("runs_results", patience=LONG)
    owner.sees("95%")
    owner.press("evaluate_talk")
    waiting(owner.browser, lambda driver: "/Chat" in driver.current_url)
    owner.says("오늘 뭐 해?")
    answered(owner.browser, fresh_store)
    assert owner.clicks <= MOST_CLICKS
    whole_story(fresh_store)


def correct_a_mask(owner: Owner, store: Path) -> None:
    """Look at what was hidden, undo one mask; these clicks are the owner's choice and are not counted."""
    before = owner.clicks
    owner.press("data_view", ko("data.view.masks"))
    owner.sees("[전화번호_1]")
    owner.press("data_fix_")
    owner.press("data_keep_", ko("data.keep_here"))
    waiting(owner.browser, lambda _: masks_rejected(store) == 1)
    owner.clicks = before


def masks_rejected(store: Path) -> int:
    with open_store(store) as db:
        return len(all_rows(db, "SELECT id FROM masks WHERE state = 'rejected' AND decided_by = 'owner'"))


def answered(browser: WebDriver, store: Path) -> None:
    """The answer is on the page and, once its last piece came, in the store."""

    def whole(driver: WebDriver) -> bool:
        said = [one.text for one in driver.find_elements(By.CSS_SELECTOR, '[data-testid="stChatMessageContent"]')]
        return len(said) >= 2 and all(said) and "chat=chat-" in driver.current_url and len(talk(store)) == 2

    waiting(browser, whole)


def talk(store: Path) -> list[dict]:
    """Messages of the newest chat."""
    with open_store(store) as db:
        chats = list_chats(db)
        return read_messages(db, chats[0]["id"]) if chats else []


def whole_story(store: Path) -> None:
    """What the pages showed stands in the store, and nothing in it is broken."""
    with open_store(store) as db:
        dataset = list_datasets(db)[0]
        run = get_run(db, "latest")
        assert run["state"] == "done" and run["dataset_id"] == dataset["id"] and dataset["masked"]
        seen = " ".join(row["messages"][-1]["content"] for row in read_dataset(db, dataset["id"], limit=5000))
        assert "010-0000-1234" in seen and "010-0000-5678" not in seen and "[전화번호_2]" in seen
        assert [one["recipe"] for one in list_evaluations(db)] == ["persona"]
        messages = talk(store)
        assert [one["role"] for one in messages] == ["user", "assistant"] and messages[1]["text"].strip()
        assert check(db) == []


def test_the_sample_goes_the_whole_way_by_one_click(owner, address, fresh_store):
    owner.browser.get(address)
    owner.press("home_demo_persona")
    owner.sees(ko("home.demo_runs"))
    owner.browser.refresh()
    owner.sees(ko("home.demo_runs"))
    owner.sees(ko("home.next.talk"), patience=LONG)
    owner.press("home_do")
    owner.says("주말에 뭐 할까?")
    answered(owner.browser, fresh_store)
    assert owner.clicks == 3
    with open_store(fresh_store) as db:
        assert len(list_evaluations(db)) == len(list_runs(db)) == 1 and check(db) == []


def test_a_run_goes_on_while_the_dashboard_is_dead(owner, dashboard: Dashboard, fresh_store, tmp_path):
    chat = pc_chat(tmp_path / "KakaoTalkChats.txt", days=24, per_day=24)
    owner.browser.get(f"{dashboard.address}/Data?add=1")
    owner.press("data_how", ko("data.how.path"))
    find(owner.browser, '[data-testid="stTextArea"] textarea').send_keys(str(chat), Keys.CONTROL, Keys.ENTER)
    owner.press("data_import")
    owner.press("data_go_curate")
    owner.press("curate_go")
    waiting(owner.browser, lambda driver: "dataset=ds-" in driver.current_url)
    owner.browser.get(f"{dashboard.address}/Train?set=epochs=20;early_stop_patience=0")
    owner.press("train_launch")
    waiting(owner.browser, lambda driver: "run=run-" in driver.current_url)
    place = owner.browser.current_url
    run_id = place.split("run=")[1].split("&")[0]
    WebDriverWait(owner.browser, LONG).until(lambda _: steps(fresh_store, run_id))
    dashboard.kill()
    at_death = len(steps(fresh_store, run_id))
    WebDriverWait(owner.browser, LONG).until(lambda _: ended(fresh_store, run_id) == "done")
    dashboard.start()
    owner.browser.get(place)
    owner.sees(run_id)
    found = steps(fresh_store, run_id)
    assert at_death < len(found) and found == sorted(set(found))
    owner.press("runs_results", patience=LONG)


def steps(store: Path, run_id: str) -> list[int]:
    with open_store(store) as db:
        return [metric["step"] for metric in read_metrics(db, run_id)]


def ended(store: Path, run_id: str) -> str:
    with open_store(store) as db:
        return str(get_run(db, run_id)["state"])
