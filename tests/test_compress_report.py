"""The table's arithmetic: Pareto set, targets, hosts, costs, the line of advice. Invented variants."""

from typing import Any

import pytest

from engine.compress.advice import advise
from engine.compress.costs import api_cost, local_cost, running_prices, set_prices
from engine.compress.hosts import APP_MB, HOSTS, fitting, kv_mb, needed_mb
from engine.compress.notes import notes_of
from engine.compress.report import mark_pareto
from engine.compress.targets import targets_of
from engine.errors import UserError
from engine.evaluate.cost import read_prices, set_price
from engine.evaluate.suite import Metric
from engine.store.open import open_store

RIGHT = Metric("right", "share", "higher", "", "", (0.0, 1.0))


def variant(name: str, quality: float, size: float, speed: float, private: float, **more: Any) -> dict[str, Any]:
    told = {"engine": "openvino", "passed": True, "vram_mb": None, "parameters": 1_000_000, "answer_s": 64 / speed}
    score = {"value": quality, "delta": quality - 0.9}
    numbers = {"size_mb": size, "tokens_per_second": speed, "private_mb": private, "metrics": {"right": score}}
    return {"name": name, **told, **numbers, "cost_per_1000": 1.0 / speed, **more}


def original(**more: Any) -> dict[str, Any]:
    return variant("original", 0.9, 4000.0, 5.0, 4600.0, engine="transformers", **more)


def test_pareto_leaves_out_only_what_another_beats_in_everything():
    rows = [original(), variant("int8", 0.89, 1000.0, 30.0, 1100.0), variant("slow", 0.88, 1200.0, 20.0, 1300.0),
            variant("int4", 0.5, 600.0, 33.0, 700.0), variant("twin", 0.89, 1000.0, 30.0, 1100.0)]  # fmt: skip
    mark_pareto(rows, RIGHT)
    assert [row["name"] for row in rows if row["pareto"]] == ["original", "int8", "int4", "twin"]


def test_what_was_not_measured_beats_nothing():
    rows = [original(), variant("unknown", 0.9, 4000.0, 5.0, 4600.0)]
    rows[1]["private_mb"] = None
    mark_pareto(rows, RIGHT)
    assert [row["pareto"] for row in rows] == [True, False]


def test_targets_say_reached_or_by_how_much_missed():
    found = {
        one["name"]: one for one in targets_of(original(), variant("int8", 0.85, 1000.0, 9.0, 2300.0), RIGHT, 0.9, None)
    }
    assert found["size"]["reached"]
    assert found["size"]["got"] == pytest.approx(0.75)
    assert not found["speed"]["reached"]
    assert found["speed"]["missed"] == pytest.approx(0.2)
    assert found["memory"]["missed"] == pytest.approx(0.2)
    assert found["accuracy"]["missed"] == pytest.approx(0.05)
    assert found["answer"]["missed"] == pytest.approx(64 / 9 - 3)
    assert found["cost"]["wanted"] == 0.5
    assert found["staff"] == {
        "name": "staff",
        "wanted": 0.5,
        "got": None,
        "reached": None,
        "missed": None,
        "unit": "share",
    }


def test_a_suite_without_a_number_has_no_accuracy_target_and_an_api_price_changes_the_cost():
    names = [
        one["name"] for one in targets_of(original(), variant("int8", 0.85, 1000.0, 9.0, 2300.0), RIGHT, None, 12.0)
    ]
    assert "accuracy" not in names
    assert "cost_api" in names


def test_memory_counts_the_page_the_conversation_and_mapped_weights():
    host = HOSTS[0]
    assert needed_mb(variant("a", 1, 216.0, 1, 270.0), host, 50.0) == 270 + 50 + APP_MB
    assert needed_mb(variant("mapped", 1, 1140.0, 1, 96.0), host, 0.0) == 1236 + APP_MB
    assert needed_mb(variant("a", 1, 216.0, 1, 270.0), HOSTS[-1], 0.0) is None  # no engine for a card
    card = variant("t", 1, 4000.0, 1, 4600.0, engine="transformers", parameters=1_000_000_000)
    assert needed_mb(card, HOSTS[-1], 100.0) == 2000 + 50 + 1000
    assert needed_mb({**card, "vram_mb": 5000.0}, HOSTS[-1], 100.0) == 5050
    assert kv_mb(22, 256, 2048) == pytest.approx(92.3, abs=0.1)


def test_advice_takes_the_fastest_of_what_passed_on_the_smallest_host():
    rows = [original(), variant("fast but wrong", 0.2, 100.0, 99.0, 200.0, passed=False),
            variant("int8", 0.89, 700.0, 30.0, 500.0), variant("int4", 0.88, 400.0, 20.0, 300.0)]  # fmt: skip
    name, host, told = advise(rows, fitting(rows, 0.0), RIGHT)
    assert name == "int8"
    assert host is not None
    assert host["name"] == "streamlit-1gb"
    assert "스트림릿 클라우드 1 GB에 들어갑니다" in told["ko"]
    assert "-1.0 points" in told["en"]


def test_nothing_that_passed_is_better_and_nothing_fits_are_both_said():
    rows = [original(), variant("int8", 0.2, 100.0, 30.0, 200.0, passed=False)]
    name, host, told = advise(rows, fitting(rows, 0.0), RIGHT)
    assert name == "original"
    assert host is not None
    assert host["name"] == "hf-space"
    assert "Nothing that passed" in told["en"]
    huge = [variant("original", 0.9, 50_000.0, 1.0, 60_000.0, engine="transformers", parameters=12_800_000_000)]
    name, host, told = advise(huge, fitting(huge, 0.0), RIGHT)
    assert host is None
    assert "무료 호스트에 들어가지 않습니다" in told["ko"]


def test_cost_is_watts_by_seconds_by_price_and_an_api_is_asked_for_tokens(fresh_store):
    with open_store(fresh_store) as db:
        assert running_prices(db) == {"watts": 65.0, "kwh": 150.0, "api_in": None, "api_out": None}
        assert api_cost(500, 60, running_prices(db)) is None
        set_price(db, hour=2.0)
        prices = set_prices(db, watts=100.0, kwh=360.0, api_in=1000.0, api_out=4000.0)
        assert read_prices(db)["hour"] == 2.0
        with pytest.raises(UserError, match="watts"):
            set_prices(db, watts=-1.0)
    assert local_cost(3.0, prices) == pytest.approx(3000 * 100 / 3.6e6 * 360)
    assert api_cost(500, 60, prices) == pytest.approx(500 + 240)
    assert local_cost(None, prices) is None


def test_a_gate_that_holds_nothing_is_told():
    def told(value: float, points: float) -> str:
        return " ".join(note["en"] for note in notes_of([variant("original", value, 1e6, 1.0, 1.0)], [], RIGHT, points))

    assert "says nothing" in told(0.0, 3.0)
    assert "loose" in told(0.05, 3.0)
    assert told(0.9, 3.0) == ""


@pytest.mark.parametrize(("seconds", "shown"), [(0.034, "0.034초"), (0.5, "0.5초"), (2.345, "2.3초")])
def test_an_answer_in_milliseconds_is_not_told_as_none(seconds, shown):
    host = {"name": "h", "ko": "집", "en": "home", "limit_mb": 1000.0, "card": False}
    rows = [original(answer_s=3.0), variant("int8", 0.9, 5.0, 90.0, 300.0, answer_s=seconds)]
    told = advise(rows, [{**host, "fits": [{"variant": "int8", "needs_mb": 300.0}]}], RIGHT)[2]["ko"]
    assert f" {shown} 걸립니다" in told
