"""A page opened in a test, and all that it says. It holds no tests."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.store.open import open_store
from tests.runs_store import supervised_here

HOSTILE = "![몰래](http://127.0.0.1:9/a.png) <script>alert(1)</script> :red[빨강] $x$"


def dashboard(monkeypatch: pytest.MonkeyPatch, store: Path) -> AppTest:
    """The dashboard on a store whose jobs nobody takes."""
    monkeypatch.chdir(ROOT)
    with open_store(store) as db:
        supervised_here(db)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


def open_runs(app: AppTest, **address: str) -> AppTest:
    return open_page(app, "pages/4_Runs.py", **address)


def open_page(app: AppTest, page: str, **address: str) -> AppTest:
    app.run()
    app.switch_page(page)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    """All that the page says."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success", "code")
    said = [element.value for kind in kinds for element in app.get(kind)]
    labels = [button.label for button in app.button]
    links = [link.proto.label for link in app.get("page_link")]
    return "\n".join([*said, *labels, *links])


def keys(app: AppTest) -> set[str]:
    return {button.key for button in app.button}
