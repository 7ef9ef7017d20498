"""The owner's way in a real browser: from a rate to its answers, to one question, a label on it, and into review."""

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver

from engine.store.labels import read_labels
from engine.store.open import all_rows, open_store
from engine.store.reviews import next_unreviewed
from tests.browsing import find, needs_browser, refuse_exceptions, waiting
from tests.policy_judged import fill
from tests.test_jobs import end_supervisor
from ui.words import WORDS

pytestmark = [*needs_browser, pytest.mark.timeout(600)]


def press(browser: WebDriver, key: str) -> None:
    """Click the button of the widget whose key begins with `key`, once it can be clicked."""

    def clicked(driver: WebDriver) -> bool:
        refuse_exceptions(driver)
        for one in driver.find_elements(By.CSS_SELECTOR, f'[class*="st-key-{key}"] button'):
            if one.is_displayed() and one.is_enabled():
                driver.execute_script("arguments[0].click()", one)
                return True
        return False

    waiting(browser, clicked)


def test_from_a_rate_to_a_label_and_into_review(fresh_store: Path, tmp_path: Path, request: pytest.FixtureRequest):
    made = fill(fresh_store, tmp_path, coverages=14, limit=40, products=3)
    address, browser = request.getfixturevalue("address"), request.getfixturevalue("browser")
    browser.get(f"{address}/Evaluate?evaluation={made['before']}")
    find(browser, "h3", WORDS["policy.rate"][0])
    press(browser, f"policy_wrong_{made['v1']}")
    find(browser, '[class*="st-key-policy_answer_0"]')
    press(browser, "policy_open_0_")
    assert find(browser, ".claim .tag").text.strip()
    find(browser, '[class*="st-key-policy_question"]')
    press(browser, "policy_hallucinated_")
    find(browser, '[data-testid="stMain"]', "나의 표시")
    press(browser, "policy_send")
    find(browser, '[data-testid="stMain"]', WORDS["policy.review.sent"][0])
    with open_store(fresh_store) as db:
        [label] = read_labels(db, made["before"])
        assert label["label"] == "hallucinated" and label["labelled_by"] == "owner"
        row = all_rows(db, "SELECT row_id FROM answers WHERE id = ?", [label["answer_id"]])[0]["row_id"]
        assert next_unreviewed(db, made["rag"]) == row
    end_supervisor(fresh_store)
