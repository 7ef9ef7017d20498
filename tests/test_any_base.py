"""Any causal LM, by folder: persona rows → train in NF4 → eval → chat by command line, on a tiny random checkpoint of each architecture."""

import os
from pathlib import Path

import pytest

from tests.test_jobs import end_supervisor
from tests.test_journey import Shell
from tests.tiny_models import ARCHITECTURES, make_tiny

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """One store with the sample's dataset, shared: each architecture trains on the same frozen rows."""
    found = Shell(tmp_path_factory.mktemp("bases") / "바탕.db", {**os.environ, "PYTHONUTF8": "1"})
    found.run("dataset", "build", "--recipe", "persona")
    yield found
    end_supervisor(found.store)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_folder_of_any_architecture_trains_is_judged_and_chats(shell, architecture, tmp_path: Path):
    base = make_tiny(architecture, tmp_path / f"작은 {architecture}")
    short = [word for pair in ("max_steps=3", "batch_size=4", "max_length=128") for word in ("--set", pair)]
    run = shell.run("train", "--recipe", "persona", "--base", str(base), *short)
    assert run["steps"] == 3 and run["eval_loss"] > 0
    models = ["--model", f"base:{base}", "--model", run["run_id"]]
    judged = shell.run("eval", *models, "--suite", "persona", "--limit", "4", "--settings", "max_new_tokens=8")
    assert [model["metrics"]["loss"]["n"] for model in judged["models"]] == [4, 4]
    said = shell.run("chat", run["run_id"], "--say", "밥 먹었어?", "--settings", "max_new_tokens=8")
    assert said["model"] == run["run_id"]
