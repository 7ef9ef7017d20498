"""Settings of a run: where each value came from, what is refused and by which name."""

import re

import pytest

from engine.errors import UserError
from engine.train.arguments import check_machine
from engine.train.settings import TrainSettings, field_help, resolve_settings


def test_every_value_names_its_origin() -> None:
    settings, origins = resolve_settings(
        "quick", {"epochs": 1, "batch_size": 4}, {"batch_size": "16", "packing": "true"}
    )
    assert (settings.epochs, settings.batch_size, settings.packing, settings.lora_rank) == (1, 16, True, 16)
    assert {name: origins[name] for name in ("epochs", "batch_size", "packing", "lora_rank")} == {
        "epochs": "preset:quick", "batch_size": "--set", "packing": "--set", "lora_rank": "default",
    }  # fmt: skip
    assert set(origins) == set(TrainSettings.model_fields)


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        ({"learning_rat": "1e-4"}, ["learning_rat", "learning_rate"]),
        ({"optimizer": "sgd"}, ["optimizer", "sgd", "adamw_torch", "paged_adamw_8bit"]),
        ({"max_length": "8"}, ["max_length", "8", ">= 16"]),
        ({"lora_dropout": "1.0"}, ["lora_dropout", "1.0", "< 1"]),
        ({"batch_size": "many"}, ["batch_size", "many", "whole number"]),
        ({"packing": "perhaps"}, ["packing", "perhaps", "true, false"]),
        ({"epochs": "0"}, ["epochs", "max_steps"]),
        ({"early_stop_patience": "2", "keep_best": "false"}, ["early_stop_patience", "keep_best"]),
        ({"lora_targets": "q_proj, lm_head"}, ["lora_targets", "lm_head"]),
        ({"report_to": "mail"}, ["report_to", "mail", "tensorboard"]),
    ],
)
def test_what_cannot_be_is_refused_by_field_name(sets: dict[str, str], told: list[str]) -> None:
    with pytest.raises(UserError) as refused:
        resolve_settings("quick", {}, sets)
    for word in told:
        assert word in refused.value.en
    assert all(word in refused.value.ko for word in told[:1])
    assert re.search("[가-힣]", refused.value.ko)


def test_a_preset_is_held_to_the_same_rules() -> None:
    with pytest.raises(UserError, match="rank"):
        resolve_settings("quick", {"rank": 8}, {})


@pytest.mark.parametrize(
    ("field", "value"), [("precision", "fp16"), ("optimizer", "paged_adamw_8bit"), ("report_to", "mlflow")]
)
def test_what_a_cpu_cannot_do_is_refused_by_field_name(field: str, value: str) -> None:
    with pytest.raises(UserError, match=f"{field}={value}"):
        check_machine(TrainSettings(**{field: value}), "cpu")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_field_explains_itself_in_both_languages(language: str) -> None:
    helped = field_help(language)
    assert [name for name, _, _ in helped] == list(TrainSettings.model_fields)
    for name, _, text in helped:
        assert bool(re.search("[가-힣]", text)) == (language == "ko"), name
        assert text.endswith(".") and " / " not in text
