"""The frame: words instead of tracebacks, a language that is kept, links that lead somewhere, a font of our own."""

import re
import tomllib

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.errors import UserError
from engine.store.open import open_store
from engine.store.settings import get_setting
from ui import frame
from ui.words import TABLES, WORDS
from ui.words.glossary import TERMS

PAGE_FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "pages").glob("*.py"))


def opened(file: str, **names: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    app.run()
    if file != "Home.py":
        app.switch_page(file)
    for name, value in names.items():
        app.query_params[name] = value
    return app.run()


def test_the_sidebar_knows_every_page_file():
    assert sorted(frame.FILES.values()) == sorted(["Home.py", *PAGE_FILES])


def test_no_word_stands_in_two_tables():
    keys = [key for table in TABLES for key in table.WORDS]
    assert len(keys) == len(set(keys))


def test_every_word_that_is_asked_for_exists():
    """Read off the source: t("…") with a plain key, in an f-string too, gloss and term keys of `explained`."""
    sources = [*(ROOT / "ui").glob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "Home.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    asked = set(re.findall(r"\bt\(\s*[\"']([a-z_0-9.]+)[\"']", text))
    words = {word for call in re.findall(r"explained\(([^)]*)\)", text) for word in re.findall(r'"(\w+)"', call)}
    assert {key for key in asked if not key.endswith(".")} - set(WORDS) == set() and words - set(TERMS) == set()


def test_korean_words_are_korean_and_english_words_are_english():
    """English may quote a Korean example, Korean may name PC or QLoRA."""
    for key, (ko, en) in WORDS.items():
        if key != "nav.language":
            assert len(re.findall("[가-힣]", en)) <= 0.25 * len(en), key
            said = re.sub(r"\{[^}]*\}", "", ko)
            assert re.search("[가-힣ㄱ-ㅎ]", said) or len(re.findall("[A-Za-z]+", said)) <= 2, key


def test_the_language_chosen_is_kept_for_the_next_visit(fresh_store):
    app = opened("Home.py")
    app.button(key="frame_switch").click().run()
    with open_store(fresh_store) as db:
        assert get_setting(db, frame.LANGUAGE) == "en"
    assert opened("Home.py").button(key="frame_switch").label == "한국어"


NAMES = (
    "source",
    "dataset",
    "run",
    "evaluation",
    "chat",
    "model",
    "row",
    "item",
    "metric",
    "beside",
    "section",
    "base",
)


@pytest.mark.parametrize("file", PAGE_FILES)
@pytest.mark.parametrize("value", ["gone-000000", "", "![x](http://127.0.0.1:9/a.png)", "'; DROP TABLE runs; --"])
def test_an_address_that_names_nothing_is_told_in_words(file, value):
    app = opened(file, **dict.fromkeys(NAMES, value))
    assert not app.exception, app.exception
    shown = [str(one.value) for kind in (app.markdown, app.warning, app.error, app.caption, app.info) for one in kind]
    assert not any("![x](" in text for text in shown)


def test_an_error_keeps_the_look_of_commands_and_nothing_else(monkeypatch):
    monkeypatch.setattr(frame, "english", lambda: False)
    told = frame.told(UserError("`mask src-1`를 하세요. ![x](http://a) `![y](z)` *참*", "-"))
    assert "`mask src-1`" in told and "![" not in told and "*참*" not in told


def test_the_font_is_served_from_here_with_its_licence():
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    for face in theme["fontFaces"]:
        assert (ROOT / face["url"].removeprefix("app/")).read_bytes()[:4] == b"wOF2"
    assert "SIL Open Font License" in (ROOT / "static" / "Pretendard-LICENSE.txt").read_text(encoding="utf-8")
    assert not re.search(r"https?://", (ROOT / "ui" / "style.css").read_text(encoding="utf-8"))
