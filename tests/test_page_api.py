"""The run page's box for opening a run over HTTP: the command, and one call that its recipe's endpoint takes."""

import json
import shlex
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.recipes.recipe import load_recipe, recipe_names
from engine.store.open import open_store, writing
from tests.runs_page import open_runs
from tests.talking import RUN, add_run


@pytest.mark.parametrize("recipe", ["persona", "patent"])
def test_the_box_shows_the_command_and_a_call_that_works(recipe: str, fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        add_run(db)
        with writing(db):
            db.execute("UPDATE runs SET recipe = ?, created_at = '2026-11-27T03:00:00+00:00'", [recipe])
    app = open_runs(AppTest.from_file(str(ROOT / "Home.py"), default_timeout=120), run=RUN)
    shown = [block.value for block in app.code]
    assert f"python -m engine serve {RUN}" in shown
    call = shlex.split(next(block for block in shown if block.startswith("curl")).replace("\\\n", " "))
    body = json.loads(call[call.index("-d") + 1])
    if (endpoint := load_recipe(recipe).endpoint) is None:
        assert call[1].endswith("/v1/chat/completions") and body["model"] == RUN
    else:
        assert call[1].endswith(f"/{recipe}/{endpoint.name}")
        endpoint.item.model_validate(body)


def test_a_run_that_cannot_answer_has_no_box(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        add_run(db, adapter=False)
        with writing(db):
            db.execute("UPDATE runs SET created_at = '2026-11-27T03:00:00+00:00'")
    app = open_runs(AppTest.from_file(str(ROOT / "Home.py"), default_timeout=120), run=RUN)
    assert not [block.value for block in app.code if "engine serve" in block.value]


@pytest.mark.parametrize("recipe", recipe_names())
def test_endpoints_read_whatever_a_model_says(recipe: str) -> None:
    from engine.serve.asked import Asked

    endpoint = load_recipe(recipe).endpoint
    if endpoint is None:
        return
    example = {name: field.examples[0] for name, field in endpoint.item.model_fields.items() if field.examples}
    endpoint.item.model_validate(example)
    for said in ("", "모르겠습니다.", "{", '{"risk_level": 5}', '{"a": [' * 500, "\ud800", '{"risk_level": "높음"}'):
        told = endpoint.answer(model="run-a", **endpoint.read(said, Asked([])))
        assert told.model_dump()["model"] == "run-a"
