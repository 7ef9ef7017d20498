"""A dashboard whose models count aloud, and a run to talk to, for tests of the chat page. It holds no tests."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from engine.config import ROOT
from engine.store.open import writing
from tests.browsing import Dashboard, wait_for_server

RUN = "run-a"


class SlowDashboard(Dashboard):
    """The dashboard with `talkers.counting` in the place of every model."""

    def start(self) -> None:
        """Start it and wait until it answers."""
        words = ["-m", "tests.talkers", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, *words], cwd=ROOT, stdout=log, stderr=log, env=os.environ)
        wait_for_server(self.address)


@pytest.fixture
def slow_dashboard(tmp_path: Path) -> Iterator[SlowDashboard]:
    """It answers on a free port, on the test's own store."""
    found = SlowDashboard(tmp_path)
    found.start()
    yield found
    found.kill()


def users_words(store: Path) -> list[str]:
    """All that was sent, in order; nothing while there is no store yet."""
    if not store.exists():
        return []
    db = sqlite3.connect(store)
    try:
        rows = db.execute("SELECT text FROM chat_messages WHERE role = 'user' ORDER BY created_at, seq").fetchall()
    finally:
        db.close()
    return [row[0] for row in rows]


def add_run(
    db: Database, name: str = RUN, adapter: bool = True, base: str = "starter", recipe: str = "persona"
) -> None:
    """A run on `base`, with an adapter that holds no file."""
    values = [name, recipe, base, '{"quantisation": "none"}']
    with writing(db):
        db.execute(
            "INSERT INTO runs (id, recipe, base, settings_json, origins_json, created_at) VALUES (?, ?, ?, ?, '{}', '2026')",
            values,
        )
        if adapter:
            db.execute(
                "INSERT INTO artifacts (id, run_id, kind, state, created_at) VALUES (?, ?, 'adapter', 'whole', '2026')",
                [f"art-{name}", name],
            )
            db.execute("UPDATE runs SET adapter_id = ? WHERE id = ?", [f"art-{name}", name])
