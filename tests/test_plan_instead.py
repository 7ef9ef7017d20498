"""A base that no setting makes fit: the plan says so, and names what does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from engine.config import ROOT

KULLM = {
    "model_type": "gpt_neox", "hidden_size": 5120, "num_hidden_layers": 40, "num_attention_heads": 40,
    "intermediate_size": 20480, "vocab_size": 30080, "tie_word_embeddings": False,
}  # fmt: skip


def plan(*words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "engine", "plan", "--recipe", "persona", "--json", *words],
        cwd=ROOT, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_twelve_billion_do_not_fit_8_gb_and_what_does_is_named(tmp_path: Path) -> None:
    """A folder with a config.json alone is enough: its shape is all that a plan needs."""
    (tmp_path / "config.json").write_text(json.dumps(KULLM), encoding="utf-8")
    told = plan("--base", str(tmp_path), "--vram", "8")
    assert not told["fits"]
    assert told["plan_verdict"] == "no"
    assert told["instead"]["bases"][0]["base"] in ("kullm-5.8b", "koalpaca-5.8b", "polyglot-ko-5.8b")
    assert all(one["fits"] != "no" and one["needed_gb"] <= 7.0 for one in told["instead"]["bases"])
    assert not told["instead"]["answers"]["fits"]


def test_a_base_that_fits_is_offered_nothing_else(tmp_path: Path) -> None:
    assert "instead" not in plan("--base", "polyglot-ko-1.3b", "--vram", "8")
    (tmp_path / "config.json").write_text(json.dumps(KULLM), encoding="utf-8")
    assert "instead" not in plan("--base", str(tmp_path), "--vram", "80")
