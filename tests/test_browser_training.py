"""One training journey in a real browser: plan, probe, launch under a cap, the next plan that fits, and two runs on one chart.

The store is read afterwards: what the pages showed stands there, and nothing in it is broken.
"""

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver

from engine.store.datasets import list_datasets
from engine.store.maintain import check
from engine.store.open import all_rows, open_store
from engine.store.runs import get_run, list_runs
from engine.store.tries import read_tries
from tests.browsing import find, needs_browser, waiting
from tests.test_browser_journeys import LONG, Owner, ko
from tests.test_jobs import end_supervisor
from tests.test_train_memory import command

pytestmark = [*needs_browser, pytest.mark.timeout(1500)]
SMALL = "batch_size=2;max_length=64;max_steps=2"
HEAVY = "batch_size=16;max_length=256;packing=true;max_steps=1;memory_limit_gb=1.2"
"""The starter's first try is estimated at 2.5 GB so; the cap leaves room for a smaller one alone."""


@pytest.fixture
def owner(browser: WebDriver, fresh_store: Path):
    assert command("dataset", "build", "--recipe", "persona")[0] == 0
    yield Owner(browser)
    end_supervisor(fresh_store)


def test_a_run_that_does_not_fit_is_tried_smaller_and_compared_with_one_that_did(owner, address, fresh_store):
    fits = f"{address}/Train?set={SMALL}"
    owner.browser.get(fits)
    owner.sees(ko("train.fits.yes"))
    measure(owner)
    first = launched(owner)
    owner.sees(ko("runs.standing.done"), patience=LONG)
    assert ko("runs.tries") not in main_text(owner.browser), "nothing was tried twice: nothing to tell"
    owner.browser.get(f"{address}/Train?set={HEAVY}")
    second = launched(owner)
    owner.sees(ko("runs.tries"), patience=LONG)
    owner.sees(ko("runs.tries_asked"))
    owner.sees(ko("runs.standing.done"), patience=LONG)
    owner.sees(ko("field.batch_size"))
    compared(owner, address, first, second)
    story(fresh_store, first, second)


def measure(owner: Owner) -> None:
    """Press the probe's button; what it measured is on the page, and no run came of it."""
    owner.press("train_probe", ko("train.probe"))
    owner.sees(ko("train.probe_fits").split("{gb}")[0].strip("* "), patience=LONG)


def launched(owner: Owner) -> str:
    """Launch without the evaluation that would follow; the id of the run that opened."""
    find(owner.browser, ".st-key-train_then_eval label").click()
    waiting(owner.browser, lambda driver: not checked(driver))
    owner.press("train_launch")
    waiting(owner.browser, lambda driver: "run=run-" in driver.current_url)
    return owner.browser.current_url.split("run=")[1].split("&")[0]


def checked(driver: WebDriver) -> bool:
    box = driver.find_element(By.CSS_SELECTOR, ".st-key-train_then_eval input")
    return (
        box.is_selected()
        or driver.find_element(By.CSS_SELECTOR, '[data-testid="stApp"]').get_attribute("data-test-script-state")
        != "notRunning"
    )


def compared(owner: Owner, address: str, first: str, second: str) -> None:
    """Both runs in one chart, each with its line."""
    owner.browser.get(f"{address}/Runs?compare={first},{second}")
    chart = find(owner.browser, '[data-testid="stPlotlyChart"]')
    waiting(owner.browser, lambda _: len(chart.find_elements(By.CSS_SELECTOR, ".scatterlayer .trace")) == 2)


def main_text(driver: WebDriver) -> str:
    return driver.find_element(By.CSS_SELECTOR, '[data-testid="stMain"]').text


def story(store: Path, first: str, second: str) -> None:
    """What the pages showed, as the store has it."""
    with open_store(store) as db:
        assert {run["id"]: run["state"] for run in list_runs(db)} == {first: "done", second: "done"}
        assert [one["ending"] for one in read_tries(db, first)] in ([], ["fits"])
        endings = [one["ending"] for one in read_tries(db, second)]
        assert len(endings) > 1 and endings == ["out_of_memory"] * (len(endings) - 1) + ["fits"]
        run = get_run(db, second)
        settings = run["settings"]
        assert settings["batch_size"] * settings["accumulation"] == 16 and run["adapter_id"]
        assert settings["memory_limit_gb"] == 1.2 and run["origins"]["batch_size"].startswith("plan:")
        assert run["dataset_id"] == get_run(db, first)["dataset_id"] == list_datasets(db)[0]["id"]
        kinds = sorted(row["kind"] for row in all_rows(db, "SELECT kind FROM estimates"))
        assert kinds == ["probe", "run", "run"] and check(db) == []
