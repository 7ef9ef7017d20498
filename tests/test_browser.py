"""One walk through the dashboard in a real browser against a real server: an empty store, a chat, a reload."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from engine.config import ROOT
from engine.jobs.demo import RUNNING
from engine.jobs.processes import started_at
from engine.store.open import open_store
from engine.store.settings import set_setting

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --window-size=1280,1000"
).split()
PATIENCE = 60

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs chromium (or Chrome) and chromedriver on the PATH"),
]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The dashboard on a free port, on the test's own store."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = f"-m streamlit run Home.py --server.port={port} --server.headless=true --server.fileWatcherType=none"
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen([sys.executable, *words.split()], cwd=ROOT, stdout=log, stderr=log, env=os.environ)
        try:
            wait_for_server(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def wait_for_server(address: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError("the server did not start in time")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[WebDriver]:
    options = webdriver.ChromeOptions()
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'browser'}"):
        options.add_argument(flag)
    options.binary_location = str(BROWSER)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def find(browser: WebDriver, css: str, text: str = "") -> WebElement:
    """The first visible element that matches and holds `text`, as soon as there is one; no page may show an exception."""

    def look(driver: WebDriver) -> WebElement | bool:
        assert not driver.find_elements(By.CSS_SELECTOR, '[data-testid="stException"]'), driver.page_source[-4000:]
        found = driver.find_elements(By.CSS_SELECTOR, css)
        return next((one for one in found if one.is_displayed() and text in one.text), False)

    return waiting(browser, look)


def waiting(browser: WebDriver, condition: Callable[[WebDriver], object]) -> WebElement:
    return WebDriverWait(browser, PATIENCE, ignored_exceptions=[StaleElementReferenceException]).until(condition)


def said_by(browser: WebDriver) -> list[str]:
    return [one.text for one in browser.find_elements(By.CSS_SELECTOR, '[data-testid="stChatMessageContent"]')]


def test_a_chat_with_the_base_streams_an_answer_and_is_found_again_after_a_reload(browser, address):
    browser.get(address)
    find(browser, "button", "견본으로 해 보기")
    find(browser, '[data-testid="stPageLink"] a', "대화").click()
    find(browser, "h1", "대화")
    find(browser, '[data-testid="stSelectbox"] input').click()
    find(browser, '[role="option"]', "기반 모델 starter").click()
    find(browser, '[data-testid="stChatInputTextArea"]').send_keys("오늘 저녁 뭐 먹을까?", Keys.ENTER)
    waiting(browser, lambda driver: "chat=chat-" in driver.current_url and find(driver, "button", "지우기"))
    waiting(browser, lambda driver: len(said_by(driver)) == 2 and all(said_by(driver)))
    held = said_by(browser)
    browser.refresh()
    waiting(browser, lambda driver: said_by(driver) == held)
    find(browser, "button", "새 대화").click()
    waiting(browser, lambda driver: not said_by(driver))
    find(browser, '[data-testid="stSidebar"] button', "오늘 저녁 뭐 먹을까?").click()
    waiting(browser, lambda driver: said_by(driver) == held)
    find(browser, '[data-testid="stSidebar"] button', "지우기")


def test_home_notices_by_itself_that_a_journey_without_jobs_has_ended(browser, address, fresh_store):
    journey = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with open_store(fresh_store) as db:
        set_setting(db, RUNNING, {"pid": journey.pid, "pid_started_at": started_at(journey.pid)})
    browser.get(address)
    find(browser, '[data-testid="stAlert"]', "견본 여정이 돌고 있습니다")
    find(browser, '[data-testid="stCaptionContainer"]', "다음 일을 준비하는 중")
    assert not [one for one in browser.find_elements(By.TAG_NAME, "button") if "견본" in one.text]
    journey.communicate(b"\n")
    find(browser, "button", "견본으로 해 보기")
