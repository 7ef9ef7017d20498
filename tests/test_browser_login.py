"""The owner by login, against a real provider: who gets in, who does not and is told why, and what lies do. In a real browser where a
browser matters, over plain HTTP where it does not."""

import time
from collections.abc import Iterator

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver

from engine.access.login import set_logins
from engine.store.open import open_store
from tests.browsing import Dashboard, find, needs_browser, open_browser, waiting
from tests.oidc_provider import (
    COOKIE_SECRET,
    LIE_OF_A_KEY,
    LIES,
    NO_KEY,
    OTHER,
    OWNER,
    UNSAID,
    UNVERIFIED,
    Provider,
    provider,
    secrets_for,
)

slow = needs_browser[0]
in_browser = needs_browser[1:]
pytestmark = slow
OWNERS, GATE, BUTTON = ".st-key-frame_switch", "초대받은 분만", ".st-key-gate_login_own button"


@pytest.fixture(scope="module")
def service() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, service: Provider) -> Iterator[Dashboard]:
    """A dashboard by plain `streamlit run`, whose one way in is the login."""
    folder = tmp_path_factory.mktemp("login")
    found, file, store = Dashboard(folder), folder / "secrets.toml", folder / "store.db"
    file.write_text(secrets_for(service.address, at_localhost(found)), encoding="utf-8")
    with open_store(store) as db:
        set_logins(db, ["Owner@Example.com"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STREAMLIT_SECRETS_FILES", str(file))
        patch.setenv("MALMOI_STORE", str(store))
        found.start()
    yield found
    found.kill()


def at_localhost(dashboard: Dashboard) -> str:
    """Where the service sends the browser back to; the door is opened at 127.0.0.1."""
    return dashboard.address.replace("127.0.0.1", "localhost")


def press_login(browser: WebDriver, address: str) -> None:
    browser.get(address)
    find(browser, "h3", GATE)
    find(browser, "[data-testid=stExpander] summary").click()
    find(browser, BUTTON).click()


def log_in(browser: WebDriver, address: str, sub: str) -> None:
    press_login(browser, address)
    find(browser, "button", sub).click()


def is_refused(browser: WebDriver, words: str) -> None:
    find(browser, "[data-testid=stAlert]", words)
    assert not browser.find_elements(By.CSS_SELECTOR, OWNERS)


class TestInABrowser:
    pytestmark = in_browser

    def test_the_owner_comes_in_stays_and_logs_out(self, guarded, browser, tmp_path):
        log_in(browser, guarded.address, OWNER)
        find(browser, OWNERS)
        assert browser.current_url.startswith(at_localhost(guarded))
        cookies = browser.get_cookies()
        browser.get(f"{at_localhost(guarded)}/Runs")
        find(browser, OWNERS)
        thief = open_browser(tmp_path / "thief")
        try:
            thief.get(browser.current_url)
            for cookie in cookies:
                thief.add_cookie({name: cookie[name] for name in ("name", "value", "path")})
            thief.get(browser.current_url)
            is_refused(thief, "이미 쓰였습니다")
        finally:
            thief.quit()
        find(browser, ".st-key-frame_leave button").click()
        find(browser, "button", "End session").click()
        find(browser, "h3", GATE)
        assert not [cookie for cookie in browser.get_cookies() if cookie["name"] == "_streamlit_user"]
        assert "login=" not in browser.current_url

    def test_another_account_is_refused_in_words_and_can_log_out(self, guarded, browser):
        log_in(browser, guarded.address, OTHER)
        is_refused(browser, "적힌 계정이 아닙니다")
        find(browser, ".st-key-gate_logout button").click()
        find(browser, "button", "End session").click()
        find(browser, "h3", GATE)
        waiting(browser, lambda page: not page.find_elements(By.CSS_SELECTOR, ".st-key-gate_logout"))
        for sub in (UNVERIFIED, UNSAID):
            browser.delete_all_cookies()
            log_in(browser, guarded.address, sub)
            is_refused(browser, "확인된 이메일")

    def test_a_lie_calling_it_off_and_a_service_that_is_down_are_told_calmly(self, guarded, browser, service):
        service.lie = LIE_OF_A_KEY
        log_in(browser, guarded.address, OWNER)
        is_refused(browser, "믿을 수 없어")
        assert "login=" not in browser.current_url
        service.lie = ""
        log_in(browser, guarded.address, "Deny")
        is_refused(browser, "그만두었습니다")
        service.is_down = True
        press_login(browser, guarded.address)
        is_refused(browser, "닿지 못했습니다")
        service.is_down = False


def answered(dashboard: Dashboard, sub: str) -> tuple[str, list[str]]:
    """(where the browser is sent, the cookies it holds) after a login that a client without a screen walks through."""
    over = int(time.time()) + 60
    token = jwt.encode({"alg": "HS256"}, {"provider": "default", "exp": over}, OctKey.import_key(COOKIE_SECRET))
    with httpx2.Client() as client:
        asked = client.get(f"{at_localhost(dashboard)}/auth/login", params={"provider": token})
        given = client.post(asked.headers["location"], data={"sub": sub})
        back = client.get(given.headers["location"])
        return back.headers["location"], [name for name, value in client.cookies.items() if value]


@pytest.mark.parametrize("lie", ["", *LIES, LIE_OF_A_KEY, NO_KEY])
def test_an_answer_that_proves_nothing_is_no_login(guarded, service, lie):
    service.lie = lie
    where, cookies = answered(guarded, OWNER)
    service.lie = ""
    assert ("_streamlit_user" in cookies, where) == ((False, "/?login=unproven") if lie else (True, "/"))


def test_a_login_begun_at_another_name_goes_on_at_the_right_one_and_nowhere_else(guarded):
    found = httpx2.get(f"{guarded.address}/auth/login", params={"provider": "x"})
    assert found.headers["location"] == f"{at_localhost(guarded)}/auth/login?provider=x"
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    found = httpx2.get(f"{guarded.address}/auth/login", params={"provider": "x"}, headers=forged)
    assert found.headers["location"].startswith(at_localhost(guarded))
    for query in (
        "",
        "?code=x&state=y",
        "?error=server_error&error_description=%0d%0aX-Evil:1",
        "?error=access_denied",
    ):
        found = httpx2.get(f"{at_localhost(guarded)}/oauth2callback{query}")
        reason = {"": "/", "?error=access_denied": "/?login=cancelled"}.get(query, "/?login=unproven")
        assert (found.status_code, found.headers["location"]) == (302, reason) and "x-evil" not in found.headers
