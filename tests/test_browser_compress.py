"""A model made lighter in a real browser, on a phone: a plan chosen, its steps followed as they end, the report read and its prices
changed. The numbers are written by the test in the job's place.
"""

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver

from engine.store.compressions import list_compressions, update_compression, update_step
from engine.store.maintain import check
from engine.store.open import open_store
from engine.store.settings import get_setting
from tests.browsing import find, needs_browser, waiting
from tests.compressed import end_steps, report
from tests.runs_store import begin, end, ended_run, frozen_dataset, give_adapter, supervised_here
from ui.words import WORDS

pytestmark = needs_browser
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}


@pytest.fixture
def run(fresh_store: Path, tmp_path: Path) -> str:
    with open_store(fresh_store) as db:
        supervised_here(db)
        found = ended_run(db, frozen_dataset(db))
        give_adapter(db, found, tmp_path / "adapter")
    return found


def ko(key: str) -> str:
    return WORDS[key][0]


def press(browser: WebDriver, text: str) -> None:
    browser.execute_script("arguments[0].click()", find(browser, "button", text))


def test_from_a_plan_to_a_report_on_a_phone(browser: WebDriver, address: str, fresh_store: Path, run: str) -> None:
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    browser.get(f"{address}/Compress?run={run}")
    press(browser, ko("compress.way.smaller"))
    find(browser, "[data-testid=stCaptionContainer]", "덜어 내기 25%")
    press(browser, ko("compress.start"))
    find(browser, "[data-testid=stCaptionContainer]", ko("job.waits.turn"))
    with open_store(fresh_store) as db:
        (made,) = list_compressions(db)
        token = begin(db, made["job_id"])
        update_step(db, made["id"], 0, state="running")
    find(browser, "p", f"· {ko('compress.state.running')}")
    with open_store(fresh_store) as db:
        end_steps(db, made["id"])
        update_compression(db, made["id"], result_json=report(made["id"], run))
        end(db, made["job_id"], token)
    find(browser, "[data-testid=stAlert]", "OpenVINO INT8")
    find(browser, "p", ko("compress.state.rolled_back"))
    assert made["id"] in browser.current_url, "a refresh shows it again"
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], "nothing stands over the edge"
    priced(browser, fresh_store)


def priced(browser: WebDriver, store: Path) -> None:
    """A price that is typed in changes what answers cost, and stays."""
    box = find(browser, f"input[aria-label='{ko('compress.price.api_out')}']")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", box)
    box.send_keys("1000", Keys.ENTER)
    waiting(browser, lambda driver: "14.0" in driver.find_element(By.CSS_SELECTOR, "[data-testid=stMain]").text)
    with open_store(store) as db:
        assert get_setting(db, "prices", {})["api_out"] == 1000.0
        assert check(db) == []
