"""The settings page's ways in, the gate's words, names and codes as people type them; without a browser."""

import unicodedata

import pytest
from streamlit.testing.v1 import AppTest

from engine.access.invitations import find_by_code, get_invitation, make_invitation
from engine.access.owner import open_by_password, owner_facts
from engine.config import ROOT
from engine.errors import UserError
from engine.store.open import open_store
from ui import gate
from ui.request import home_of

PASSWORD = "바람이 부는 날 2026"


@pytest.fixture
def page(monkeypatch) -> AppTest:
    monkeypatch.chdir(ROOT)
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
    app.switch_page("pages/9_Settings.py")
    app.query_params["section"] = "access"
    return app.run()


def test_a_password_is_set_and_leaves_the_session(page, fresh_store):
    page.text_input(key="settings_password").set_value("짧다")
    page.button[[one.label for one in page.button].index("비밀번호 정하기")].click().run()
    assert not page.exception and any("2자" in one.value for one in page.error)
    page.text_input(key="settings_password").set_value(PASSWORD)
    page.button[[one.label for one in page.button].index("비밀번호 정하기")].click().run()
    assert not page.exception and page.session_state["settings_password"] == ""
    with open_store(fresh_store) as db:
        assert open_by_password(db, PASSWORD, "a") is not None
    page.button(key="settings_password_off").click().run()
    with open_store(fresh_store) as db:
        assert not owner_facts(db)["password"]


def test_a_token_is_shown_once(page):
    page.button(key="settings_token_make").click().run()
    shown = [one.value for one in page.code if one.value.startswith("/?token=")]
    assert len(shown) == 1
    page.run()
    assert not [one for one in page.code if one.value.startswith("/?token=")] and not page.exception
    page.button(key="settings_token_off").click().run()
    assert not page.exception


def test_addresses_for_a_login_are_checked_and_what_it_lacks_is_told(page, fresh_store):
    page.text_input(key="settings_emails").set_value("nobody").run()
    assert not page.exception and page.error
    page.text_input(key="settings_emails").set_value("Owner@example.com").run()
    assert not page.exception and any("[auth]" in one.value for one in page.warning)
    with open_store(fresh_store) as db:
        assert owner_facts(db)["emails"] == ["owner@example.com"]


@pytest.mark.parametrize(
    ("address", "home"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("203.0.113.7", "203.0.113.7"),
        ("local", "local"),
        ("", ""),
        ("no address\x00", "no address\x00"),
    ],
)
def test_a_guesser_is_slowed_by_its_home_not_by_each_address_in_it(address, home):
    assert home_of(address) == home


@pytest.mark.parametrize("file", ["Home.py", "pages/4_Runs.py", "pages/9_Settings.py"])
def test_nobody_known_sees_no_page(monkeypatch, file):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(gate, "role", lambda: None)
    app = AppTest.from_file(str(ROOT / file), default_timeout=60).run()
    assert not app.exception and not app.title and not app.button and not app.sidebar.markdown


def test_names_are_as_they_are_seen_and_codes_may_be_typed_wide(fresh_store):
    with open_store(fresh_store) as db:
        made, code = make_invitation(db, "\u202e지\u200b은\ud800\x07 씨\n", models=["base"])
        assert made.name == "지은 씨" and get_invitation(db, unicodedata.normalize("NFD", "지은 씨")).id == made.id
        found = find_by_code(db, "".join(chr(ord(sign) + 0xFEE0) if sign != "-" else "－" for sign in code))
        assert found is not None and found.id == made.id
        for unseen in ("\u200b", "\u202e\u2066", "\ud800", "\x07"):
            with pytest.raises(UserError):
                make_invitation(db, unseen, models=["base"])
        for other in ("\u0430" + code[1:], code.replace(code[0], "\u0455", 1)):  # Cyrillic signs that look the same
            assert find_by_code(db, other) is None
