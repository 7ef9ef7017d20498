"""Photograph every page: empty, with the sample, and with a dead link; light, dark and on a phone.

Run as: python docs/take_screenshots.py [--sample STORE] [--out FOLDER] [--only home,runs] [--readme]
Without --sample the sample journey is run first (some minutes). --readme writes only the pictures of both READMEs, in few
colours, into docs/screenshots; --visitor those of a visitor with a phone, who is invited to the newest run of the sample. Needs chromium, chromedriver and a Hangul font, and requirements-dev.txt.
"""

import argparse
import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.access.invitations import make_invitation
from engine.store.open import all_rows, open_store

ROOT = Path(__file__).resolve().parent.parent
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
LOOKS = {"light": (1280, 900, "light"), "dark": (1280, 900, "dark"), "phone": (390, 844, "light")}
"""Width and height in CSS pixels, and the system's colour scheme."""
PAGES = {
    "home": ("", ""),
    "data": ("Data", "source"),
    "curate": ("Curate", "dataset"),
    "train": ("Train", "dataset"),
    "runs": ("Runs", "run"),
    "evaluate": ("Evaluate", "evaluation"),
    "chat": ("Chat", "chat"),
    "compress": ("Compress", "compression"),
    "deploy": ("Deploy", "deployment"),
    "settings": ("Settings", ""),
}
"""Page to its address and the name in it."""
TABLES = {
    "source": "sources",
    "dataset": "datasets",
    "run": "runs",
    "evaluation": "evaluations",
    "chat": "chats",
    "compression": "compressions",
    "deployment": "deployments",
}
README = (
    ("home", "sample", "light"),
    ("data", "sample", "light"),
    ("runs", "sample", "dark"),
    ("evaluate", "sample", "light"),
    ("chat", "sample", "light"),
    ("chat", "sample", "phone"),
    ("deploy", "sample", "light"),
)
QUIET = 'return document.querySelector("[data-testid=stApp]")?.getAttribute("data-test-script-state") === "notRunning"'


@contextlib.contextmanager
def dashboard(store: Path, language: str) -> Iterator[str]:
    """The address of a dashboard that serves `store`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "Home.py",
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    surroundings = {**os.environ, "MALMOI_STORE": str(store), "MALMOI_LANG": language}
    server = subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait(10)


def take_visitor(driver: webdriver.Chrome, store: Path, given: argparse.Namespace) -> None:
    """What a visitor sees on a phone: what is asked first, and the talk. The owner has a token, so that who is here is a visitor."""
    with open_store(store) as db:
        run = next(
            row["id"]
            for row in all_rows(db, "SELECT id FROM runs WHERE adapter_id IS NOT NULL ORDER BY created_at DESC")
        )
        _, code = make_invitation(db, "지은", models=[run], days=1)
    os.environ["MALMOI_TOKEN"] = secrets.token_urlsafe(32)
    with dashboard(store.resolve(), given.language) as address:
        photograph(driver, f"{address}/?invite={code}", "phone", given.out / "visitor-consent-phone.png")
        agree = there(driver, ".st-key-visit_agree button")
        time.sleep(2)
        driver.save_screenshot(str(given.out / "visitor-consent-phone.png"))
        agree.click()
        for place, said in enumerate(("오늘 저녁 뭐 먹을까?", "주말에 뭐 해?")):
            there(driver, "[data-testid=stChatInputTextArea]").send_keys(said + "\n")
            there(driver, "[class*=st-key-visit_acts_]", place)
            time.sleep(2)
        driver.save_screenshot(str(given.out / "visitor-chat-phone.png"))
    for name in ("consent", "chat"):
        in_few_colours(given.out / f"visitor-{name}-phone.png")


def there(driver: webdriver.Chrome, css: str, place: int = 0) -> WebElement:
    """The element that matches, at its place among them, as soon as it stands."""
    found = WebDriverWait(driver, 120).until(lambda it: it.find_elements("css selector", css)[place:])
    return found[0]


def wait_for(address: str) -> None:
    """Until the server answers; TimeoutError after a minute."""
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise TimeoutError(f"no dashboard at {address}")


@contextlib.contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    """A headless chromium."""
    options = webdriver.ChromeOptions()
    for flag in FLAGS.split():
        options.add_argument(flag)
    if found := shutil.which("chromium"):
        options.binary_location = found
    driver_path = shutil.which("chromedriver")
    driver = webdriver.Chrome(options=options, service=Service(driver_path) if driver_path else None)
    try:
        yield driver
    finally:
        driver.quit()


def photograph(driver: webdriver.Chrome, address: str, look: str, file: Path) -> None:
    """One page in one look, once its script has come to rest."""
    width, height, scheme = LOOKS[look]
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": look == "phone"}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.get(address)
    for _ in range(60):
        time.sleep(0.5)
        if driver.execute_script(QUIET):
            break
    time.sleep(1.5)  # charts and the font draw after the script
    file.parent.mkdir(parents=True, exist_ok=True)
    driver.save_screenshot(str(file))


def in_few_colours(file: Path) -> None:
    """A page has few colours: 128 of them keep it readable at a third of the bytes."""
    from PIL import Image

    Image.open(file).convert("RGB").quantize(128).save(file, optimize=True)


def sample_store(folder: Path) -> Path:
    """Run the sample journey into a new store, then say two things to the tuned model."""
    store = folder / "sample.db"
    for command in (["demo"], ["chat", "latest", "--say", "오늘 저녁 뭐 먹을까?"]):
        subprocess.run([sys.executable, "-m", "engine", *command, "--store", str(store)], cwd=ROOT, check=True)
    return store


def newest(store: Path) -> dict[str, str]:
    """The id of the newest thing of each kind."""
    found = {}
    with open_store(store) as db:
        for name, table in TABLES.items():
            for row in all_rows(db, f"SELECT id FROM {table} ORDER BY created_at DESC LIMIT 1"):
                found[name] = row["id"]
    return found


def addresses(state: str, page: str, ids: dict[str, str]) -> str:
    """The path of a page in a state: `empty`, `sample`, or `error` (a link to what is not there)."""
    path, name = PAGES[page]
    if not name or state == "empty":
        return f"/{path}"
    return f"/{path}?{name}={ids.get(name, '') if state == 'sample' else 'gone-000000'}"


def main() -> None:
    """Every page in every state and look, or the READMEs' pictures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots")
    parser.add_argument("--only", default=",".join(PAGES))
    parser.add_argument("--language", default="ko", choices=["ko", "en"])
    parser.add_argument("--readme", action="store_true")
    parser.add_argument("--visitor", action="store_true")
    given = parser.parse_args()
    wanted = [(p, s, look) for s in ("empty", "sample", "error") for p in given.only.split(",") for look in LOOKS]
    with tempfile.TemporaryDirectory() as temporary, browser() as driver:
        sample = given.sample or sample_store(Path(temporary))
        if given.visitor:
            take_visitor(driver, sample, given)
            return
        stores = {"empty": Path(temporary) / "empty.db", "sample": sample, "error": sample}
        for state, store in stores.items():
            shots = [shot for shot in (README if given.readme else wanted) if shot[1] == state]
            if shots:
                take(driver, store, shots, given)


def take(driver: webdriver.Chrome, store: Path, shots: list[tuple[str, str, str]], given: argparse.Namespace) -> None:
    """All pictures of one store."""
    with dashboard(store.resolve(), given.language) as address:
        ids = newest(store) if store.exists() else {}
        for page, state, look in shots:
            file = given.out / (f"{page}-{look}.png" if given.readme else f"{state}-{page}-{look}.png")
            photograph(driver, address + addresses(state, page, ids), look, file)
            if given.readme:
                in_few_colours(file)
            print(file.name, file.stat().st_size // 1024, "KB", flush=True)


if __name__ == "__main__":
    main()
