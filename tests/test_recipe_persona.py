"""The persona recipe keeps the contract: rows, prompts, presets and samples fit together."""

import pytest

from engine.recipes.persona import RECIPE
from engine.recipes.recipe import load_recipe
from engine.serve.decoding import Decoding
from engine.train.settings import TrainSettings
from tests.curate_chats import records, view

CHAT = ("10:00 나리 오늘 저녁 뭐 먹을까?", "10:01 가온 파스타가 좋은데", "10:02 나리 어디서?", "10:03 가온 회사 앞에서")


def test_recipe_is_found_by_its_file_name() -> None:
    assert load_recipe("persona").name == "persona"


@pytest.mark.parametrize("name", RECIPE.presets)
def test_presets_are_valid_training_settings(name: str) -> None:
    settings = TrainSettings.model_validate(RECIPE.presets[name])
    assert settings.early_stop_patience > 0
    assert settings.keep_best


@pytest.mark.parametrize("name", RECIPE.presets)
def test_every_preset_trains_on_four_bits(name: str) -> None:
    assert RECIPE.presets[name]["quantisation"] == "nf4"


def test_small_bases_get_a_preset_of_their_own() -> None:
    assert RECIPE.small_preset in RECIPE.presets and RECIPE.small_preset != next(iter(RECIPE.presets))


def test_decoding_settings_are_valid() -> None:
    assert Decoding.model_validate(RECIPE.decoding).max_new_tokens < 256


def test_unmasked_material_is_never_trained_on() -> None:
    assert RECIPE.must_mask


def test_splits_are_ninety_to_ten() -> None:
    assert RECIPE.splits["train"] == pytest.approx(0.9)
    assert sum(RECIPE.splits.values()) == pytest.approx(1.0)


def test_prompt_is_what_the_rows_carry() -> None:
    *_, last = RECIPE.build(view(records(*CHAT)), RECIPE.options())
    turns = [line.split(" ", 2)[2] for line in CHAT[:-1]]
    assert RECIPE.prompt({"turns": turns}, RECIPE.options()) == last.messages


@pytest.mark.parametrize("style", RECIPE.styles)
def test_every_style_builds_rows(style: str) -> None:
    rows = list(RECIPE.build(view(records(*CHAT)), RECIPE.options.model_validate({"style": style})))
    assert [row.dropped for row in rows] == [None, None]


def test_samples_are_shipped() -> None:
    assert RECIPE.samples
    assert all(path.is_file() for path in RECIPE.samples)
