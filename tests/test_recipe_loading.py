"""How recipe files are found and loaded."""

import time
from concurrent.futures import ThreadPoolExecutor

from engine.recipes.recipe import load_recipe


def test_threads_that_ask_at_once_all_get_the_whole_recipe(tmp_path, monkeypatch):
    slow = "import time\ntime.sleep(0.3)\nfrom engine.recipes.persona import RECIPE\n"
    (tmp_path / "slowly.py").write_text(slow, encoding="utf-8")
    monkeypatch.setenv("MALMOI_RECIPES", str(tmp_path))

    def later(seconds: float) -> str:
        time.sleep(seconds)
        return load_recipe("slowly").name

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(later, [0.0, 0.1, 0.15, 0.2])) == ["persona"] * 4
