"""A real dashboard and a real browser for tests: fixtures and ways to find things. It holds no tests."""

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
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from engine.config import ROOT

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --window-size=1280,1000"
).split()
PATIENCE = 60

needs_browser = [
    pytest.mark.slow,
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs chromium (or Chrome) and chromedriver on the PATH"),
    pytest.mark.flaky(reruns=1, only_rerun=["TimeoutException"]),
]
"""`pytestmark` of a file that drives a browser. On busy cores about one waiting in eighty outlasts PATIENCE: it gets a second
try, counted as a rerun in the summary; what is wrong on the page fails twice."""


class Dashboard:
    """A real Streamlit server on the store of MALMOI_STORE; it can be killed and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = folder / "server.log"
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        words = (
            f"-m streamlit run Home.py --server.port={self.port} --server.headless=true --server.fileWatcherType=none"
        )
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *words.split()], cwd=ROOT, stdout=log, stderr=log, env=os.environ
            )
        wait_for_server(self.address)

    def kill(self) -> None:
        """kill -9: nothing can be saved on the way out."""
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    """The dashboard on a free port, on the test's own store."""
    found = Dashboard(tmp_path)
    found.start()
    yield found
    found.kill()


@pytest.fixture
def address(dashboard: Dashboard) -> str:
    """Where the dashboard answers."""
    return dashboard.address


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
    driver = open_browser(tmp_path / "browser")
    yield driver
    driver.quit()


def open_browser(profile: Path) -> WebDriver:
    """A browser with a profile of its own, which the folder keeps."""
    options = webdriver.ChromeOptions()
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.binary_location = str(BROWSER)
    return webdriver.Chrome(options=options, service=Service(DRIVER))


def find(browser: WebDriver, css: str, text: str = "") -> WebElement:
    """The first visible element that matches and holds `text`, as soon as there is one; no page may show an exception."""

    def look(driver: WebDriver) -> WebElement | bool:
        refuse_exceptions(driver)
        found = driver.find_elements(By.CSS_SELECTOR, css)
        return next((one for one in found if one.is_displayed() and text in one.text), False)

    return waiting(browser, look)


def refuse_exceptions(browser: WebDriver) -> None:
    """No page may ever show a traceback."""
    shown = [one.text for one in browser.find_elements(By.CSS_SELECTOR, '[data-testid="stException"]')]
    assert not shown, shown


def waiting(browser: WebDriver, condition: Callable[[WebDriver], object]) -> WebElement:
    return WebDriverWait(browser, PATIENCE, ignored_exceptions=[StaleElementReferenceException]).until(condition)
