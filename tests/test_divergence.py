"""A run that is lost ends at once and names the field to change; one that is not goes on."""

import math
from typing import Any

import pytest

from engine.errors import UserError
from engine.train.divergence import OVERFLOWS, refuse_divergence, refuse_overflow
from engine.train.settings import TrainSettings

SETTINGS = TrainSettings(learning_rate=0.05, precision="fp16")


def history(norms: list[float]) -> list[dict[str, Any]]:
    return [{"loss": 3.0, "grad_norm": norm, "step": step} for step, norm in enumerate(norms, start=1)]


@pytest.mark.parametrize("norm", [math.nan, math.inf])
def test_a_gradient_that_is_no_number_ends_a_run_unless_the_scaler_passes_over_it(norm):
    records = history([1.0, norm])
    with pytest.raises(UserError) as refused:
        refuse_overflow(records, 2, False, SETTINGS)
    assert "learning_rate=0.05" in refused.value.en and "learning_rate" in refused.value.ko
    refuse_overflow(records, 2, True, SETTINGS)


def test_only_a_row_of_overflows_ends_an_fp16_run():
    refuse_overflow(history([math.inf] * (OVERFLOWS - 1)), 4, True, SETTINGS)
    refuse_overflow(history([math.inf] * OVERFLOWS + [1.0]), 6, True, SETTINGS)
    refuse_overflow([], 0, True, SETTINGS)
    with pytest.raises(UserError, match="precision=fp16"):
        refuse_overflow(history([1.0] + [math.inf] * OVERFLOWS), 6, True, SETTINGS)


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_validation_that_is_no_number_names_the_rate_once_trained_and_the_precision_before(loss):
    with pytest.raises(UserError, match=r"learning_rate=0\.05"):
        refuse_divergence(history([1.0]), 4, loss, SETTINGS)
    with pytest.raises(UserError, match="precision=fp16") as refused:
        refuse_divergence([], 0, loss, SETTINGS)
    assert "precision" in refused.value.en and "learning_rate" not in refused.value.en
