"""What may be searched, which combinations mean nothing, what is proposed, pruned and proven. Nothing is trained here."""

import json
import random

import pytest

from engine.errors import UserError
from engine.train.search.grid import MOST, grid_of, points_of
from engine.train.search.importance import FEWEST, importances
from engine.train.search.proof import prove
from engine.train.search.proposals import as_optuna, is_hopeless, propose
from engine.train.search.space import DEFAULT, SEARCHABLE, WHY_NOT, as_range, offered, space_of
from engine.train.search.twins import effect_of, settle
from engine.train.settings import TrainSettings

USUAL = TrainSettings(learning_rate=2e-3, epochs=4, batch_size=16, max_length=256)


def trial(number, value=None, state="done", role="search", reports=None, of=None, **values):
    return {
        "number": number, "value": value, "state": state, "role": role, "values": values, "reports": reports or {},
        "of_number": of,
    }  # fmt: skip


@pytest.mark.parametrize("name", offered())
def test_every_window_holds_the_preset_and_only_what_the_field_takes(name):
    baseline = USUAL.model_copy(update={"max_steps": 40}) if name == "max_steps" else USUAL
    [one] = space_of([name], {}, baseline)
    assert one.holds(baseline.model_dump()[name])
    for value in points_of(one):
        TrainSettings.model_validate({**baseline.model_dump(), name: value})
    assert as_range(json.loads(json.dumps(one.told()))) == one, "the store keeps it whole"


def test_every_field_is_searchable_or_refused_with_a_reason():
    for name in TrainSettings.model_fields:
        if name not in offered():
            with pytest.raises(UserError) as refused:
                space_of([name], {}, USUAL)
            assert name in refused.value.ko and name in refused.value.en
    assert not set(SEARCHABLE) & set(WHY_NOT) and set(DEFAULT) <= set(offered())


@pytest.mark.parametrize(
    ("fields", "ranges", "named"),
    [
        ([], {}, "learning_rate"),
        (["learning_rat"], {}, "learning_rate"),
        (["max_length"], {}, "max_length"),
        (["seed"], {}, "seed"),
        (["max_steps"], {}, "epochs"),
        ([], {"learning_rate": "1e-3..1e-3"}, "learning_rate"),
        ([], {"learning_rate": "2e-3..1e-3"}, "learning_rate"),
        ([], {"learning_rate": "0..1e-3"}, "learning_rate"),
        ([], {"learning_rate": "1e-3..2"}, "learning_rate"),
        ([], {"learning_rate": "1e-3..nan"}, "learning_rate"),
        ([], {"lora_rank": "8"}, "lora_rank"),
        ([], {"lora_rank": "8,8"}, "lora_rank"),
        ([], {"lora_rank": ""}, "lora_rank"),
        ([], {"lora_rank": "8,x"}, "lora_rank"),
        ([], {"scheduler": "linear..cosine"}, "scheduler"),
        ([], {"scheduler": "linear,square"}, "scheduler"),
    ],
)
def test_a_space_that_cannot_be_is_refused_by_name(fields, ranges, named):
    with pytest.raises(UserError) as refused:
        space_of(fields, ranges, USUAL)
    assert named in refused.value.ko and named in refused.value.en


def test_ranges_in_the_owners_words():
    rate, rank, scheduler = space_of(
        [], {"learning_rate": "1e-4..1e-2", "lora_rank": "4,8", "scheduler": "linear,cosine"}, USUAL
    )
    assert (rate.low, rate.high, rate.log) == (1e-4, 1e-2, True)
    assert rank.choices == (4, 8) and scheduler.choices == ("linear", "cosine")
    assert points_of(rate)[0] == 1e-4 and points_of(rate)[-1] == 1e-2
    [whole] = space_of([], {"lora_rank": "4..6"}, USUAL)
    assert whole.kind == "int" and points_of(whole) == [4, 5, 6]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"max_steps": 20, "epochs": 1}, {"max_steps": 20, "epochs": 4}, True),
        ({"epochs": 1}, {"epochs": 4}, False),
        ({"batch_size": 16}, {"batch_size": 8, "accumulation": 2}, True),
        ({"batch_size": 16}, {"batch_size": 8}, False),
        ({"batch_size": 16, "learning_rate": 2e-3}, {"batch_size": 4, "learning_rate": 1e-3}, False),
        ({"warmup_ratio": 0.0}, {"warmup_ratio": 0.004}, True),
        ({"warmup_ratio": 0.0}, {"warmup_ratio": 0.1}, False),
        ({"precision": "auto"}, {"precision": "fp32"}, True),
        ({"optimizer": "auto"}, {"optimizer": "adamw_torch"}, True),
        ({"lora_targets": "q_proj,v_proj"}, {"lora_targets": "v_proj, q_proj"}, True),
        ({"lora_rank": 8}, {"lora_rank": 16}, False),
        ({"lora_alpha": 8}, {"lora_alpha": 16}, False),
        ({"lora_dropout": 0.0}, {"lora_dropout": 0.1}, False),
        ({"packing": True, "epochs": 1}, {"packing": True, "epochs": 1.01}, False),
        ({"seed": 0}, {"seed": 1}, False),
    ],
)
def test_settings_that_train_the_same_way_are_known(one, other, same):
    first, second = (settle(USUAL, values, "cpu")[0] for values in (one, other))
    assert (effect_of(first, 480, "cpu") == effect_of(second, 480, "cpu")) is same


def test_what_cannot_be_is_told_apart_from_what_this_machine_cannot():
    assert settle(USUAL, {"epochs": 0, "max_steps": 0}, "cpu") == (None, "contradiction")
    assert settle(USUAL.model_copy(update={"keep_best": False}), {"early_stop_patience": 2}, "cpu") == (
        None,
        "contradiction",
    )
    assert settle(USUAL, {"optimizer": "paged_adamw_8bit"}, "cpu") == (None, "machine")
    assert settle(USUAL, {"precision": "fp16"}, "cpu") == (None, "machine")


def test_a_grid_drops_what_means_nothing_and_counts_it():
    space = space_of(
        [], {"optimizer": "auto,adamw_torch,paged_adamw_8bit", "epochs": "2,4", "precision": "auto,fp32"}, USUAL
    )
    combinations, dropped = grid_of(space, USUAL, 480, "cpu")
    # 12 in all: 4 want a card, and of the other 8 only the number of passes makes a difference; 4 passes are the preset
    assert [one["epochs"] for one in combinations] == [2.0]
    assert dropped == {"machine": 4, "baseline": 4, "twin": 3}
    fixed = USUAL.model_copy(update={"max_steps": 10})
    only = space_of([], {"epochs": "1,2,4", "lora_rank": "8,16"}, fixed)
    kept, why = grid_of(only, fixed, 480, "cpu")
    assert len(kept) == 1 and kept[0]["lora_rank"] == 8 and sum(why.values()) == 5


def test_of_twins_the_one_nearest_to_the_preset_stays():
    space = space_of([], {"accumulation": "1,2,4", "batch_size": "4,8,16"}, USUAL)
    kept, _ = grid_of(space, USUAL, 480, "cpu")
    assert {"batch_size": 16, "accumulation": 2} in kept and {"batch_size": 8, "accumulation": 4} not in kept


def test_a_grid_that_is_too_large_is_refused_with_its_number():
    space = space_of(
        [],
        {
            "learning_rate": "1e-4..1e-2",
            "lora_rank": "4,8,16,32",
            "weight_decay": "0,0.01,0.1",
            "lora_dropout": "0,0.1",
        },
        USUAL,
    )
    with pytest.raises(UserError) as refused:
        grid_of(space, USUAL, 480, "cpu")
    assert "120" in refused.value.ko and str(MOST) in refused.value.en
    wide = {name: ",".join(str(1 + n) for n in range(60)) for name in ("lora_rank", "lora_alpha", "batch_size")}
    with pytest.raises(UserError, match="216,000"):
        grid_of(space_of([], wide, USUAL), USUAL, 480, "cpu")


def test_a_grid_of_nothing_but_the_preset_is_refused():
    with pytest.raises(UserError, match="기준"):
        grid_of(space_of([], {"precision": "auto,fp32"}, USUAL), USUAL, 480, "cpu")


def test_proposals_are_the_same_for_the_same_trials_and_go_where_losses_are_low():
    """A rank of 8 is good, everything else bad; the sampler notices within some twenty trials."""
    space = space_of([], {"learning_rate": "1e-4..1e-2", "lora_rank": "4,8,16,32"}, USUAL)
    trials, draw = [trial(0, 3.0, role="baseline")], random.Random(0)
    for number in range(1, 24):
        values = propose(as_optuna(space, trials, USUAL.model_dump(), number), space)
        assert values == propose(as_optuna(space, trials, USUAL.model_dump(), number), space)
        assert all(one.holds(values[one.name]) for one in space)
        trials.append(trial(number, (1.0 if values["lora_rank"] == 8 else 2.0) + draw.random() * 0.01, **values))
    assert sum(one["values"]["lora_rank"] == 8 for one in trials[12:]) > 6
    shares = importances(space, trials, USUAL.model_dump())
    assert list(shares) == ["lora_rank", "learning_rate"] and shares["lora_rank"] > 0.5 > shares["learning_rate"]
    assert importances(space, trials[: FEWEST - 1], USUAL.model_dump()) == {}
    alike = [{**one, "value": 1.0} for one in trials]
    assert set(importances(space, alike, USUAL.model_dump()).values()) == {0.0}


def test_trials_that_diverged_are_kept_away_from():
    space = space_of([], {"learning_rate": "1e-4..1e-1"}, USUAL)
    trials = [trial(0, 2.0, role="baseline")]
    for number in range(1, 25):
        values = propose(as_optuna(space, trials, USUAL.model_dump(), number), space)
        bad = values["learning_rate"] > 1e-2
        trials.append(
            trial(number, None if bad else 1.0 + values["learning_rate"], "failed" if bad else "done", **values)
        )
    late = [one["values"]["learning_rate"] for one in trials[15:]]
    assert sum(rate > 1e-2 for rate in late) <= 2


def test_only_what_is_worse_than_the_middle_is_given_up_and_not_too_soon():
    finished = [trial(n, 2.0 + n / 10, reports={3: 3.0 + n / 10, 6: 2.5 + n / 10}) for n in range(3)]
    assert is_hopeless(finished, {3: 3.5})
    assert not is_hopeless(finished, {3: 3.05}), "better than the median"
    assert not is_hopeless(finished, {1: 9.0}), "in its first fifth"
    assert not is_hopeless(finished[:2], {3: 9.0}), "the median of two is luck"
    assert not is_hopeless(finished, {4: 9.0}), "nothing to compare with at that tenth"
    assert not is_hopeless([*finished[:2], trial(2, None, "pruned", reports={3: 3.2})], {3: 9.0}), (
        "pruned ones do not count"
    )


def again(best, first):
    """Repetitions of trial 4 and of the baseline with as many other seeds."""
    found = []
    for seed, (low, usual) in enumerate(zip(best, first, strict=False), start=1):
        found += [
            trial(10 + 2 * seed, low, role="again", of=4, seed=seed),
            trial(11 + 2 * seed, usual, role="again", of=0, seed=seed),
        ]
    return found


@pytest.mark.parametrize(
    ("best", "first", "verdict"),
    [
        ([], [], "one_seed"),
        ([1.0], [1.2], "few"),
        ([1.0, 1.1], [1.2, 1.2], "few"),
        ([1.0, 1.01, 0.99], [1.2, 1.22, 1.2], "proven"),
        ([1.0, 1.3, 0.99], [1.2, 1.22, 1.2], "noise"),
        ([1.2, 1.22, 1.2], [1.0, 1.01, 0.99], "worse"),
    ],
)
def test_the_best_is_proven_by_seeds_that_did_not_choose_it(best, first, verdict):
    chosen = [trial(0, 2.0, role="baseline"), trial(4, 0.1)]
    proof = prove([*chosen, *again(best, first)], 4)
    assert (proof.verdict, proof.pairs) == (verdict, len(best)), "the lucky 0.1 plays no part"


def test_half_a_pair_is_no_pair_and_the_baseline_needs_no_proof():
    lone = [trial(12, 1.0, role="again", of=4, seed=1), trial(13, None, "stopped", role="again", of=0, seed=1)]
    assert prove(lone, 4).verdict == "one_seed"
    assert prove([], 0).verdict == "same"
