"""The policy pages in tests: a judged store, the page opened, what it says. It holds no tests."""

import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.store.open import open_store
from tests.policy_judged import GRID, fill, sweep
from tests.runs_store import supervised_here


@pytest.fixture
def app(monkeypatch):
    monkeypatch.chdir(ROOT)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


@lru_cache(maxsize=1)
def template(base: Path) -> tuple[Path, dict[str, Any]]:
    """(store, what is in it): three models judged twice, and a sweep; made once a session."""
    folder = base / "policy"
    folder.mkdir()
    made = fill(folder / "store.db", folder, coverages=14, limit=40, products=3)
    made["sweep"] = sweep(folder / "store.db", made["rag"], [made["v1"], made["v2"]], GRID[:6], 10)
    return folder / "store.db", made


@pytest.fixture
def made(fresh_store, tmp_path_factory):
    """What is in the test's own copy of the store; this process takes the supervisor's place."""
    store, found = template(tmp_path_factory.getbasetemp())
    shutil.copy(store, fresh_store)
    with open_store(fresh_store) as db:
        supervised_here(db)
    return found


def open_page(app: AppTest, **asked: str) -> AppTest:
    app.run()
    app.switch_page("pages/5_Evaluate.py")
    for name, value in asked.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    """Everything the page says in text."""
    parts = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.success]
    return "\n".join(part.value for part in parts)


def html(app: AppTest) -> str:
    return "\n".join(str(one.proto.body) for one in app.get("html"))
