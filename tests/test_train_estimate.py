"""What a run would take: measured peaks are met, what grows makes it grow, and a plan really fits."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from engine.config import ROOT
from engine.models.bases import STARTER_DIR
from engine.models.catalogue import BASES
from engine.models.shapes import PUBLISHED, guessed, known_shape, shape_in
from engine.train.plan.changes import SHORTEST, Ground, next_plan
from engine.train.plan.estimate import PastRun, RowSample, estimate
from engine.train.plan.footprint import memory_parts
from engine.train.plan.machine import Machine, card_of, verdict
from engine.train.settings import TrainSettings

CPU = Machine("cpu", "CPU", 16.0, 12.0, 2)
ROWS = RowSample(1000, 50, ((60, 4), (80, 5), (100, 5)))
STARTER = shape_in(STARTER_DIR)
LLAMA = PUBLISHED["llama-3-open-ko-8b"]
QLORA = {"batch_size": 2, "accumulation": 8, "gradient_checkpointing": "on"}

# Peak resident memory in GB of runs of the starter on two cores, every row as long as max_length: (settings, tokens a row, GB)
MEASURED = [
    ({"batch_size": 1}, 64, 0.584),
    ({"batch_size": 16}, 256, 2.419),
    ({"batch_size": 64}, 256, 5.751),
    ({"batch_size": 32}, 512, 5.661),
    ({"batch_size": 16}, 1000, 5.446),
    ({"batch_size": 16, "lora_dropout": 0.0}, 256, 2.154),
    ({"batch_size": 16, "quantisation": "none"}, 256, 2.445),
    ({"batch_size": 16, "lora_rank": 128}, 256, 2.467),
    ({"batch_size": 16, "gradient_checkpointing": "on"}, 256, 1.716),
    ({"batch_size": 32, "gradient_checkpointing": "on"}, 512, 3.124),
]


@pytest.mark.parametrize(("given", "longest", "measured"), MEASURED)
def test_peaks_measured_on_a_processor_are_met_within_8_percent(given, longest, measured):
    settings = TrainSettings(max_length=max(longest, 64), **given)
    assert sum(memory_parts(STARTER, settings, longest, CPU).values()) == pytest.approx(measured, rel=0.08)


def test_weights_measured_on_a_card_are_met():
    """Llama-3-8B in NF4 alone took 5.37 GB."""
    parts = memory_parts(LLAMA, TrainSettings(), 16, card_of(8))
    assert parts["weights"] == pytest.approx(5.37, rel=0.03)


@pytest.mark.parametrize("base", [base for base in BASES if base.name in PUBLISHED], ids=lambda base: base.name)
def test_published_shapes_make_the_published_parameters(base):
    vision = 0.11 if base.name == "gemma-3-4b" else 0.01  # its vision tower is never loaded
    assert PUBLISHED[base.name].parameters == pytest.approx(base.parameters, rel=vision)


def test_every_usable_base_has_a_shape():
    assert all(known_shape(base.name) for base in BASES)


@pytest.mark.parametrize(
    ("name", "parameters"), [("someone/ko-chat-7b", 7e9), ("someone/Tiny-1.1B-Chat", 1.1e9), ("someone/mystery", None)]
)
def test_a_name_tells_a_size_or_nothing(name, parameters):
    shape = guessed(name)
    assert shape is None if parameters is None else shape.parameters == pytest.approx(parameters, rel=0.1)
    assert shape is None or not shape.certain


@pytest.mark.parametrize(
    "change",
    [
        {"batch_size": 16},
        {"quantisation": "none"},
        {"gradient_checkpointing": "off"},
        {"lora_rank": 256},
        {"packing": True},
    ],
)
def test_what_takes_more_memory_is_estimated_to(change):
    def peak(settings):
        return estimate("llama-3-open-ko-8b", LLAMA, settings, ROWS, card_of(80)).peak_gb

    assert peak(TrainSettings(**{**QLORA, **change})) > peak(TrainSettings(**QLORA))


def test_a_plan_fits_when_it_is_followed():
    heavy = TrainSettings(batch_size=16, gradient_checkpointing="off")
    told = estimate("eeve-2.8b", PUBLISHED["eeve-2.8b"], heavy, ROWS, card_of(8))
    assert told.fits == "no" and told.plan and told.plan_fits == "yes"
    after = estimate("eeve-2.8b", PUBLISHED["eeve-2.8b"], heavy.model_copy(update=told.plan), ROWS, card_of(8))
    assert after.fits == "yes" and after.plan == {} and after.needed_gb == pytest.approx(told.plan_gb)
    assert after.steps == told.steps, "a smaller batch is made up for by accumulation"


def test_what_never_fits_is_not_promised():
    told = estimate("solar-10.7b", PUBLISHED["solar-10.7b"], TrainSettings(), ROWS, card_of(4))
    assert told.fits == told.plan_fits == "no" and told.plan_gb > 4


def test_tight_lies_between_yes_and_no():
    assert [verdict(gb, CPU) for gb in (10.0, 11.7, 12.5)] == ["yes", "tight", "no"]


def test_speed_comes_from_runs_of_the_same_base_first():
    past = [PastRun("starter", STARTER, "cpu", 1000.0), PastRun("starter", STARTER, "cuda", 90_000.0)]
    told = estimate("starter", STARTER, TrainSettings(), ROWS, CPU, past)
    assert (told.basis.kind, told.basis.runs) == ("same", 1) and told.basis.low < 1000 < told.basis.high
    assert told.seconds_low < told.tokens / 1000 + 30 and told.seconds_high > told.tokens / 1000


def test_speed_of_another_base_is_scaled_only_when_it_is_comparable():
    near = replace(STARTER, layers=STARTER.layers * 3)
    past = [PastRun("starter", STARTER, "cpu", 1000.0)]
    scaled = estimate("owner/near", near, TrainSettings(), ROWS, CPU, past)
    far = estimate("llama-3-open-ko-8b", LLAMA, TrainSettings(), ROWS, CPU, past)
    assert (scaled.basis.kind, scaled.basis.base, far.basis.kind) == ("scaled", "starter", "rule")
    assert scaled.basis.low < 1000 * STARTER.parameters / near.parameters < scaled.basis.high


@pytest.mark.parametrize(
    ("given", "steps"),
    [({"epochs": 3}, 189), ({"max_steps": 40}, 40), ({"accumulation": 4}, 48), ({"epochs": 0.5}, 32)],
)
def test_steps_are_those_training_plans(given, steps):
    settings = TrainSettings(batch_size=16, **given)
    assert estimate("starter", STARTER, settings, ROWS, CPU).steps == steps


def test_an_unmeasured_base_gets_a_wider_range_and_says_so():
    known = estimate("starter", STARTER, TrainSettings(), ROWS, CPU)
    unknown = estimate("owner/other", STARTER, TrainSettings(), ROWS, CPU)
    assert known.certain and not unknown.certain
    assert unknown.seconds_high / unknown.seconds_low > known.seconds_high / known.seconds_low


def test_no_rows_and_an_odd_config_break_nothing(tmp_path):
    assert estimate("starter", STARTER, TrainSettings(), RowSample(0, 0, ()), CPU).tokens == 0
    (tmp_path / "config.json").write_text('{"model_type": "llama", "hidden_size": "<b>"}', encoding="utf-8")
    assert shape_in(tmp_path) is None and shape_in(tmp_path / "nothing") is None


def test_changes_are_ranked_and_say_what_they_cost():
    heavy = TrainSettings(batch_size=16, gradient_checkpointing="off")
    told = estimate("eeve-2.8b", PUBLISHED["eeve-2.8b"], heavy, ROWS, card_of(8))
    assert told.changes and all(change.saves_gb > 0 and change.cost_ko and change.cost_en for change in told.changes)
    order = [("yes", "tight", "no").index(change.fits) for change in told.changes]
    assert order == sorted(order), "what fits comes first"
    assert {"gradient_checkpointing": "on"} in [change.set for change in told.changes]


def test_the_next_plan_after_a_failure_is_smaller_until_nothing_is_left():
    ground = Ground(PUBLISHED["eeve-2.8b"], 512, card_of(8))
    settings, peaks = TrainSettings(batch_size=16, quantisation="none"), []
    while plan := next_plan(ground, settings):
        peaks.append(ground.needed(settings))
        rows = settings.batch_size * settings.accumulation
        settings = settings.model_copy(update=plan)
        assert settings.batch_size * settings.accumulation == rows, "a step learns from as many rows"
    assert len(peaks) > 4 and peaks == sorted(peaks, reverse=True) and settings.max_length == SHORTEST


def test_a_card_that_is_not_here_leaves_room_for_a_desktop():
    assert (card_of(8).total_gb, card_of(8).free_gb, card_of(2).free_gb) == (8, 7, 1.6)


def plan(*words: str) -> tuple[int, dict[str, object]]:
    command = [sys.executable, "-m", "engine", "--json", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def test_the_command_without_a_dataset_assumes_the_longest_rows_and_says_so():
    status, told = plan("plan", "--recipe", "persona", "--base", "starter")
    assert status == 0 and told["assumed_rows"] is True and told["fits"] is True
