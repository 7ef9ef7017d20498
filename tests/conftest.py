"""What every test gets: a store of its own, no network to the hub, and slow tests last. It knows nothing of single tests."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.browsing import address, browser, dashboard  # noqa: F401  (fixtures for every file)

hypothesis.settings.register_profile(
    "shared", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)  # a busy machine is no defect
hypothesis.settings.load_profile("shared")

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", DO_NOT_TRACK="1", PYTHONUTF8="1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick answers first: tests marked slow run at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


@pytest.fixture(autouse=True)
def own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """MALMOI_STORE points into the test's folder, here and in every child, so that no test can touch the owner's store.

    A supervisor leaves when its store is gone, so the stores go when the test ends.
    """
    monkeypatch.setenv("MALMOI_STORE", str(tmp_path / "store.db"))
    monkeypatch.delenv("MALMOI_LANG", raising=False)
    monkeypatch.delenv("MALMOI_RECIPES", raising=False)
    # AppTest leaves its page as __main__, which every process that a later test spawns would run again.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    yield
    for store in tmp_path.rglob("*.db"):
        with contextlib.suppress(PermissionError, IsADirectoryError):  # Windows: somebody still holds it
            store.unlink()


@pytest.fixture
def fresh_store(tmp_path: Path) -> Path:
    """Where MALMOI_STORE points: a store that does not exist yet."""
    return tmp_path / "store.db"
