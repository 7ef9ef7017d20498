"""The settings page: every section opens in words, keys are never shown, forgetting is previewed and confirmed, and two
tabs or a full disk end in words too."""

import json
import subprocess
import sys

import keyring
import pytest
import streamlit as st
from keyring.backends import fail
from streamlit.testing.v1 import AppTest
from test_keys import SECRET, drawer  # noqa: F401  (the keyring of these tests too)
from test_storage import filled  # noqa: F401

from engine.config import ROOT, cache_folder
from engine.keys import get_key, set_key
from engine.privacy.forgetting import preview
from engine.privacy.store_vault import turn_on
from engine.privacy.style import get_style
from engine.store.jobs import enqueue
from engine.store.open import open_store
from ui.frame import plain
from ui.words.settings import WORDS

SECTIONS = ("doctor", "screen", "keys", "privacy", "storage", "about")


@pytest.fixture
def app(monkeypatch):
    monkeypatch.chdir(ROOT)
    st.cache_data.clear()
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


def opened(app: AppTest, section: str | None = None) -> AppTest:
    app.run()
    app.switch_page("pages/9_Settings.py")
    if section:
        app.query_params["section"] = section
    app.run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    """Everything the page says, widgets' labels and values included."""
    kinds = (app.markdown, app.caption, app.error, app.warning, app.success, app.info, app.code, app.text, app.toast)
    shown = [element.value for kind in kinds for element in kind]
    widgets = [*app.text_input, *app.selectbox, *app.button, *app.button_group]
    return "\n".join(map(str, [*shown, *(widget.label for widget in widgets), repr(app.session_state)]))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_on_an_empty_store_in_both_languages(app, section):
    opened(app, section)
    assert app.query_params["section"] in (section, [section])
    app.button(key="frame_switch").click().run()
    assert not app.exception and app.title[0].value == "Settings"
    words = [words for key, words in WORDS.items() if len(words[0]) > 12 and words[0] in said(app)]
    assert not words, "Korean is left on the English page"


def test_an_unknown_section_opens_the_first_one(app):
    opened(app, "<script>")
    assert "section" not in app.query_params and app.success


def test_the_section_chosen_stands_in_the_address(app):
    opened(app)
    app.segmented_control(key="settings_section").select("storage").run()
    assert not app.exception and app.query_params["section"] in ("storage", ["storage"])
    assert app.metric


def test_the_doctor_is_asked_again_on_demand(app, fresh_store):
    opened(app, "doctor")
    before = said(app)
    with open_store(fresh_store) as db:
        db.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('malmoi', '9999_x', 'x')")
    assert "9999" not in said(app.run())
    app.button(key="settings_examine").click().run()
    assert not app.exception and "열리지 않습니다" in said(app) and "열리지 않습니다" not in before


def test_the_language_is_kept(app, fresh_store):
    opened(app, "screen")
    app.segmented_control(key="settings_language").select("en").run()
    assert not app.exception and app.title[0].value == "Settings"


def save_key(app: AppTest, value: str) -> AppTest:
    app.text_input(key="settings_key_value").input(value)
    button = next(button for button in app.button if button.label == "키링에 저장")
    return button.click().run()


def test_a_key_is_saved_and_never_shown_again(app, fresh_store):
    save_key(opened(app, "keys"), SECRET)
    assert not app.exception and get_key("HF_TOKEN") == SECRET
    assert "HF\\_TOKEN** · 저장됨" in said(app)
    for _ in range(2):
        assert SECRET not in said(app) and SECRET[-4:] not in said(app) and SECRET not in str(app.query_params)
        app.run()
    files = [path for path in fresh_store.parent.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
    app.button(key="settings_key_delete_HF_TOKEN").click().run()
    assert get_key("HF_TOKEN") is None and "저장한 열쇠가 없습니다" in said(app)


def test_a_bad_key_is_told_without_being_repeated(app, drawer):  # noqa: F811
    save_key(opened(app, "keys"), SECRET + " 그리고 더")
    assert app.error and SECRET not in said(app) and not drawer.kept
    drawer.locked = True
    save_key(app, SECRET)
    assert "잠겨" in said(app) and SECRET not in said(app)


def test_an_own_name_is_checked(app, drawer):  # noqa: F811
    opened(app, "keys")
    app.selectbox(key="settings_key_name").select("other").run()
    app.text_input(key="settings_key_own").input("my key")
    save_key(app, SECRET)
    assert app.error and not drawer.kept
    app.text_input(key="settings_key_own").input("MY_SERVER_KEY")
    save_key(app, SECRET)
    assert get_key("MY_SERVER_KEY") == SECRET


def test_a_key_that_another_tab_deleted_is_told_in_words(app, drawer):  # noqa: F811
    set_key("HF_TOKEN", SECRET)
    opened(app, "keys")
    drawer.kept.clear()
    app.button(key="settings_key_delete_HF_TOKEN").click().run()
    assert not app.exception and "키링에 없습니다" in said(app)


def test_without_a_keyring_the_page_says_where_to_write_instead(app):
    keyring.set_keyring(fail.Keyring())
    opened(app, "keys")
    assert "secrets.toml" in app.info[0].value and not app.text_input


def choose(app: AppTest, name: str, kind: str = "speaker") -> AppTest:
    return app.selectbox(key=f"settings_forget_{kind}").set_value(name).run()


def test_forgetting_is_previewed_and_needs_the_name(app, filled):  # noqa: F811
    choose(opened(app, "privacy"), "서하린")
    assert "기록 100개와 그것으로 만든 행 100개" in said(app)
    assert app.button(key="settings_forget_now").disabled
    typed = app.text_input(key="settings_forget_typed_speaker_서하린")
    typed.input("서하").run()
    assert app.button(key="settings_forget_now").disabled
    assert preview(filled, "speaker", "서하린")["records"] == 100
    app.text_input(key="settings_forget_typed_speaker_서하린").input("서하린").run()
    app.button(key="settings_forget_now").click().run()
    assert not app.exception and "기록 100개와 행 100개를 지웠습니다" in app.success[0].value
    assert app.selectbox(key="settings_forget_speaker").options == ["나 (기록 100개, 자료 1개)"]


def test_a_source_is_forgotten_by_its_id(app, filled):  # noqa: F811
    with open_store(filled) as db:
        source = db.execute("SELECT id FROM sources").fetchone()[0]
    app = opened(app, "privacy")
    app.radio(key="settings_forget_kind").set_value("source").run()
    choose(app, source, "source")
    app.text_input(key=f"settings_forget_typed_source_{source}").input(source).run()
    app.button(key="settings_forget_now").click().run()
    assert not app.exception and "기록 200개" in app.success[0].value
    with open_store(filled) as db:
        assert db.execute("SELECT count(*) FROM records").fetchone()[0] == 0


def test_forgetting_while_a_job_runs_is_refused_in_words(app, filled):  # noqa: F811
    choose(opened(app, "privacy"), "서하린")
    with open_store(filled) as db:
        busy = enqueue(db, "mask", {})
    app.text_input(key="settings_forget_typed_speaker_서하린").input("서하린").run()
    app.button(key="settings_forget_now").click().run()
    assert not app.exception and plain(busy) in app.error[0].value
    assert preview(filled, "speaker", "서하린")["records"] == 100


def test_what_another_tab_forgot_is_told_in_words(app, filled):  # noqa: F811
    choose(opened(app, "privacy"), "서하린")
    app.text_input(key="settings_forget_typed_speaker_서하린").input("서하린").run()
    with open_store(filled) as db:
        db.execute("DELETE FROM speakers WHERE name = '서하린'")
        db.execute("DELETE FROM records WHERE speaker = '서하린'")
    app.button(key="settings_forget_now").click().run()
    assert not app.exception and not app.success


def test_a_speakers_name_stays_text(app, filled):  # noqa: F811
    name = "![x](http://127.0.0.1:9/a.png)<b>"
    with open_store(filled) as db:
        db.execute("UPDATE speakers SET name = ? WHERE name = '서하린'", [name])
    choose(opened(app, "privacy"), name)
    labels = [box.label for box in app.text_input]
    assert any(plain(name) in label for label in labels) and not any(name in label for label in labels)


def test_a_backup_is_made_and_listed(app, filled, tmp_path):  # noqa: F811
    opened(app, "storage")
    app.text_input(key="settings_backup_folder").input(str(tmp_path / "safe"))
    press(app, "지금 백업하기")
    assert not app.exception and "백업했습니다" in app.success[0].value
    (made,) = (tmp_path / "safe").glob("store-*.db")
    assert str(made) in said(app) and str(made) in app.dataframe[1].value.to_string()


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


@pytest.mark.parametrize("folder", ["", "   ", "no/such/place", "file/inside"])
def test_a_backup_folder_that_cannot_be_is_told_in_words(app, filled, tmp_path, folder):  # noqa: F811
    (tmp_path / "file").write_text("", encoding="utf-8")
    opened(app, "storage")
    app.text_input(key="settings_backup_folder").input(str(tmp_path / folder) if folder.strip() else folder)
    press(app, "지금 백업하기")
    assert not app.exception and app.error and not app.success


def test_copies_go_on_demand_but_not_while_a_job_runs(app, filled):  # noqa: F811
    folder = cache_folder(filled) / "artifacts"
    folder.mkdir(parents=True)
    (folder / "a.bin").write_bytes(b"x" * 5000)
    opened(app, "storage")
    with open_store(filled) as db:
        enqueue(db, "mask", {})
    app.button(key="settings_cache_artifacts").click().run()
    assert not app.exception and app.error and folder.exists()
    with open_store(filled) as db:
        db.execute("UPDATE jobs SET state = 'done'")
    app.button(key="settings_cache_artifacts").click().run()
    assert not app.exception and not folder.exists()


def test_a_whole_and_a_broken_store_are_told_apart(app, filled):  # noqa: F811
    opened(app, "storage")
    app.button(key="settings_check").click().run()
    assert "온전합니다" in app.success[0].value
    with open_store(filled) as db:
        db.execute("UPDATE sources SET record_count = 7")
    app.button(key="settings_check").click().run()
    assert not app.exception and "1군데" in app.error[0].value and "다시 가져오세요" in said(app)


def test_the_documents_are_shown_without_pictures(app):
    opened(app, "about")
    shown = [element.value for element in app.markdown if "Malmoi" in element.value or "말모이" in element.value]
    assert shown and not [text for text in shown if "![" in text]


def test_the_page_opens_without_heavy_libraries(fresh_store):
    code = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({json.dumps(str(ROOT / 'Home.py'))}, default_timeout=60).run()\n"
        "app.switch_page('pages/9_Settings.py')\n"
        f"for section in {SECTIONS!r}:\n"
        "    app.query_params['section'] = section; app.run(); assert not app.exception, app.exception\n"
        "heavy = {'torch', 'transformers', 'trl', 'peft', 'datasets', 'bitsandbytes', 'scipy', 'kiwipiepy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_what_stands_in_hidden_places_is_chosen_and_kept(app, fresh_store):
    opened(app, "privacy")
    assert app.radio(key="settings_style").value == "placeholder"
    app.radio(key="settings_style").set_value("pseudonym").run()
    assert not app.exception
    with open_store(fresh_store) as db:
        assert get_style(db) == "pseudonym"


def test_the_page_says_whether_there_is_a_vault(app, fresh_store):
    opened(app, "privacy")
    assert WORDS["settings.vault_off"][0] in said(app)
    with open_store(fresh_store) as db:
        turn_on(db, "열려라 참깨 참깨")
    app.run()
    assert WORDS["settings.vault_on"][0].format(n="0") in said(app) and "참깨" not in said(app)
