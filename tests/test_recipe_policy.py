"""The policy recipe keeps the contract: presets, styles, prompts of adopted adapters, and what the commands tell."""

import json

import pytest

from engine.cli.app import main
from engine.curate.policy_options import PolicyOptions
from engine.curate.refusals import refusals_of
from engine.errors import UserError
from engine.models.adapters import adopt_adapter, guess_style
from engine.recipes.asking import options_of
from engine.recipes.policy import RECIPE
from engine.recipes.recipe import load_recipe, require_style
from engine.reports.dataset import dataset_report
from engine.serve.decoding import Decoding
from engine.store.datasets import get_dataset
from engine.store.open import open_store
from engine.store.runs import get_run
from engine.train.plan.estimate import RowSample, estimate
from engine.train.plan.machine import card_of
from engine.train.settings import TrainSettings
from tests.policy_material import build_policy, clause_records, good_pairs, store_source, unanswerable
from tests.test_bad_input import lora


def test_the_recipe_is_found_and_retrieves() -> None:
    assert load_recipe("policy").retrieves and set(RECIPE.styles) == {"simple", "rag"}
    with pytest.raises(UserError, match="simple"):
        require_style(RECIPE, "chat")


@pytest.mark.parametrize("name", RECIPE.presets)
def test_presets_are_valid(name) -> None:
    TrainSettings.model_validate(RECIPE.presets[name])


@pytest.mark.parametrize("name", ["simple-200-steps", "rag-200-steps"])
def test_two_hundred_steps_are_the_owners(name) -> None:
    found = TrainSettings.model_validate(RECIPE.presets[name])
    assert (found.quantisation, found.lora_rank, found.lora_alpha, found.lora_dropout) == ("nf4", 16, 32, 0.05)
    assert found.target_names() == ["q_proj", "k_proj", "v_proj", "o_proj"]
    assert (found.batch_size, found.accumulation, found.max_steps, found.save_every) == (2, 4, 200, 50)
    assert (found.learning_rate, found.optimizer) == (2e-4, "paged_adamw_32bit")
    assert int(found.warmup_ratio * found.max_steps) == 10


def test_scale_up_is_the_owners() -> None:
    found = TrainSettings.model_validate(RECIPE.presets["scale-up-3-epochs"])
    assert (found.epochs, found.max_steps, found.batch_size, found.accumulation) == (3, 0, 4, 4)
    assert (found.max_length, found.warmup_ratio) == (2048, 0.03)


@pytest.mark.parametrize("name", ["simple-200-steps", "rag-200-steps", "scale-up-3-epochs"])
@pytest.mark.parametrize("characters", [600, 4000])
def test_every_preset_of_the_owner_runs_on_eight_gigabytes_by_its_plan(name, characters) -> None:
    from engine.models.shapes import known_shape

    base = "beomi/Llama-3-Open-Ko-8B"
    shape = known_shape(base)
    assert shape is not None
    settings = TrainSettings.model_validate(RECIPE.presets[name])
    told = estimate(base, shape, settings, RowSample(500, 20, ((characters, 1),) * 20), card_of(8))
    assert told.fits == "yes" or (told.plan and told.plan_fits != "no" and told.plan_gb <= 7), "a desktop holds 1 GB"


def test_decoding_settings_are_valid() -> None:
    assert Decoding.model_validate(RECIPE.decoding).max_new_tokens == 256


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("llama-3-ko-insurance-lora", "simple"),
        ("llama-3-ko-insurance-lora-v2", "rag"),
        ("my_rag_adapter", "rag"),
        ("insurance-simple", "simple"),
        ("checkpoint-200", None),
    ],
)
def test_a_folders_name_tells_its_style(name, style) -> None:
    assert guess_style(name, RECIPE.styles) == style
    assert guess_style(name, ("chat", "instruction")) is None


def test_an_adopted_adapter_is_asked_in_the_style_it_was_trained_in(tmp_path, fresh_store) -> None:
    folder = lora(tmp_path / "llama-3-ko-insurance-lora")
    options = PolicyOptions(style="simple").model_dump(mode="json")
    run_id, _ = adopt_adapter(fresh_store, folder, "starter", "policy", options)
    other, _ = adopt_adapter(fresh_store, folder, "starter", "policy")
    with open_store(fresh_store) as db:
        simple, usual = (options_of(db, RECIPE, get_run(db, one)) for one in (run_id, other))
    assert (simple.style, usual.style) == ("simple", "rag")
    prompt = RECIPE.prompt({"question": "물음?", "clauses": ["조항."]}, simple)
    assert prompt[0]["content"] == "### 지시\n물음?\n### 입력\n조항.\n### 출력\n"


@pytest.fixture
def built(fresh_store):
    with open_store(fresh_store) as db:
        source = store_source(db, [*clause_records(), *good_pairs(), *unanswerable()])
    return fresh_store, build_policy(fresh_store, [source])


def told_by(capsys, store, *words) -> dict:
    assert main(["--store", str(store), "--json", *words]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_types_and_refusals_are_told(built, capsys) -> None:
    store, result = built
    told = told_by(capsys, store, "dataset", "show", result["dataset_id"])
    assert told["types"] == result["types"] and sum(result["types"].values()) == result["rows"]
    assert told["refusing"] == result["refusing"] > 0 and told["warnings"] == result["warnings"] == []
    easy = told_by(capsys, store, "dataset", "show", result["dataset_id"], "--type", "easy", "--limit", "500")["rows"]
    assert len(easy) == result["types"]["easy"] and {row["meta"]["type"] for row in easy} == {"easy"}
    plan = told_by(capsys, store, "review", "plan", "--margin", "8")
    assert plan["sample"] <= plan["rows"] == result["rows"] and plan["error_rate"]["value"] is None
    first = told_by(capsys, store, "review", "next", "--margin", "8")["row"]["id"]
    assert first == plan["next"]
    told_by(capsys, store, "review", "reject", str(first), "--by", "가온")
    after = told_by(capsys, store, "review", "plan", "--margin", "8")
    assert after["error_rate"]["value"] == 1.0 and after["decided"] == 1 and after["next"] != first


def test_too_few_refusals_are_a_warning(fresh_store) -> None:
    with open_store(fresh_store) as db:
        source = store_source(db, [*clause_records(), *good_pairs(), *unanswerable(count=1)])
    told = build_policy(fresh_store, [source])
    assert len(told["warnings"]) == 1 and "5%" in told["warnings"][0]
    simple = build_policy(fresh_store, [source], style="simple")
    with open_store(fresh_store) as db:
        assert refusals_of(db, get_dataset(db, simple["dataset_id"])) is None
    assert "warnings" not in simple


def test_the_report_counts_types_and_names_reasons(built) -> None:
    store, result = built
    with open_store(store) as db:
        text = dataset_report(db, result["dataset_id"], "en")
    assert "Types of questions" in text and "| fact |" in text
    assert "no other clause" not in text or "no_partner" in result["dropped"]


def test_options_that_the_recipe_no_longer_knows_are_told_in_words(tmp_path, fresh_store) -> None:
    folder = lora(tmp_path / "llama-3-ko-insurance-lora")
    run_id, _ = adopt_adapter(fresh_store, folder, "starter", "policy", {"gone_since": 3})
    with open_store(fresh_store) as db, pytest.raises(UserError, match="gone_since"):
        options_of(db, RECIPE, get_run(db, run_id))
