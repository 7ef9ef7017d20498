"""What is refused before a search, and presets made of what one found."""

# ruff: noqa: F811  (fixtures come by import)

import json

import pytest

from engine.errors import UserError
from engine.jobs.launch import launch_run, with_own_presets
from engine.jobs.searching import promote
from engine.recipes.recipe import load_recipe
from engine.store.open import all_rows, open_store
from engine.store.presets import list_presets, remove_preset
from engine.store.runs import get_run
from tests.searching import QUICK, base, begin, freeze, searched, store, toy, trials  # noqa: F401  (some are fixtures)


def test_what_was_found_becomes_a_preset_that_training_uses(toy, store, base):
    study, _ = begin(store, base, ranges={"learning_rate": "5e-3,1e-2"}, seeds=1)
    told = searched(store, study)
    recipe = load_recipe("persona")
    kept = promote(store, recipe, study, "내-설정")
    assert (
        kept["trial"] == told["best"]["number"]
        and kept["settings"]["learning_rate"] == told["best"]["values"]["learning_rate"]
    )
    assert "seed" not in kept["settings"] and kept["settings"]["max_steps"] == 2
    assert "내-설정" in with_own_presets(store, recipe).presets and "내-설정" not in recipe.presets
    run_id, _ = launch_run(
        store, recipe, dataset_id="latest", base_name=base, preset="내-설정", sets={"lora_rank": "2"}
    )
    with open_store(store) as db:
        run = get_run(db, run_id)
        assert (run["preset"], run["origins"]["learning_rate"], run["origins"]["lora_rank"]) == (
            "내-설정",
            "preset:내-설정",
            "--set",
        )
        assert run["settings"]["learning_rate"] == kept["settings"]["learning_rate"]
        [own] = list_presets(db, "persona")
        assert (own["study_id"], own["number"]) == (study, kept["trial"])
    for name in ("내-설정", "quick", "", "a b", "../x", "x" * 41):
        with pytest.raises(UserError):
            promote(store, recipe, study, name)
    with open_store(store) as db:
        remove_preset(db, "persona", "내-설정")
        with pytest.raises(UserError, match="내-설정"):
            remove_preset(db, "persona", "내-설정")
        with pytest.raises(UserError, match="quick"):
            remove_preset(db, "persona", "quick")
    with pytest.raises(UserError, match="내-설정"):
        launch_run(store, recipe, dataset_id="latest", base_name=base, preset="내-설정", sets={})


def test_a_preset_that_no_longer_holds_is_left_out(store):
    with open_store(store) as db:
        for name, settings in (
            ("gone", {"no_such_setting": 1}),
            ("wide", {"lora_rank": 9999}),
            ("fine", {"lora_rank": 8}),
        ):
            values = ["persona", name, json.dumps(settings), None, None, "2026-01-01T00:00:00+00:00"]
            db.execute("INSERT INTO presets VALUES (?, ?, ?, ?, ?, ?)", values)
        db.conn.commit()
    found = with_own_presets(store, load_recipe("persona")).presets
    assert "fine" in found and not {"gone", "wide"} & set(found)


@pytest.mark.parametrize(
    ("wish", "sets", "named"),
    [
        ({"minutes": 0}, {}, "--minutes"),
        ({"minutes": -1}, {}, "--minutes"),
        ({"minutes": float("nan")}, {}, "--minutes"),
        ({"minutes": float("inf")}, {}, "--minutes"),
        ({"trials": 1}, {}, "--trials"),
        ({"fields": ["lora_rank"], "ranges": {}}, {}, "lora_rank"),  # QUICK fixes it
        ({"fields": ["nope"], "ranges": {}}, {}, "nope"),
        ({"ranges": {"learning_rate": "1e-3"}}, {}, "learning_rate"),
        ({}, {"processes": "2"}, "processes"),
        ({}, {"learning_rate": "9"}, "learning_rate"),
        ({}, {"epochs": "0", "max_steps": "0"}, "max_steps"),
    ],
)
def test_a_search_that_cannot_be_is_refused_before_the_queue(toy, store, base, wish, sets, named):
    with pytest.raises(UserError) as refused:
        begin(store, base, sets, **wish)
    assert named in refused.value.ko and named in refused.value.en
    with open_store(store) as db:
        assert not all_rows(db, "SELECT id FROM studies") and not all_rows(
            db, "SELECT id FROM jobs WHERE kind = 'search'"
        )


@pytest.mark.parametrize(("train", "validation", "named"), [(24, 0, "검증"), (24, 4, "4"), (12, 10, "12")])
def test_a_dataset_that_cannot_tell_settings_apart_is_refused(fresh_store, base, train, validation, named):
    freeze(fresh_store, train, validation)
    with pytest.raises(UserError, match=named):
        begin(fresh_store, base)
