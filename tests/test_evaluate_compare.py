"""From answers to scores, intervals and verdicts, on a suite small enough to count by hand and on persona."""

from collections.abc import Sequence

import pytest

from engine.evaluate.compare import PairedTest, as_dict, in_words, summarise, verdict
from engine.evaluate.suite import Answer, Item, Metric, Scores, Suite, SuiteContext
from engine.evaluate.suites.persona import SUITE as PERSONA


def _score(item: Item, answer: Answer, context: SuiteContext) -> Scores:
    return {
        "right": float(answer.text == item.reference) if answer.text else None,
        "length": float(len(answer.text)) if answer.text else None,
        "loss": None if answer.nll is None else answer.nll / answer.tokens,
    }


def _corpus(items: Sequence[Item], answers: Sequence[Answer]) -> Scores:
    measured = [(a.nll, a.tokens) for a in answers if a.nll is not None]
    tokens = sum(count for _, count in measured)
    said = [a.text for a in answers if a.text]
    return {
        "loss": sum(nll for nll, _ in measured) / tokens if tokens else None,
        "variety": len(set(said)) / len(said) if said else None,
    }


METRICS = (
    Metric("right", "share", "higher", "맞음", "right", (0.0, 1.0)),
    Metric("length", "characters", "neither", "길이", "length"),
    Metric("loss", "nats/token", "lower", "손실", "loss", (0.0, float("inf"))),
    Metric("variety", "share", "higher", "다양함", "variety", (0.0, 1.0)),
    Metric("absent", "-", "higher", "없음", "absent"),
)
TOY = Suite("toy", "3", METRICS, _score, _corpus)


def items(n: int, per_day: int = 1) -> list[Item]:
    return [Item(str(i), (), f"답{i % 5}", meta={"group": f"day{i // per_day}"}) for i in range(n)]


def right(asked: list[Item], upto: int, nll: float | None = None) -> list[Answer]:
    return [Answer(x.reference if i < upto else "틀림", "", 1, nll, 2) for i, x in enumerate(asked)]


def test_scores_carry_value_interval_n_and_unit() -> None:
    asked = items(20)
    found = summarise(TOY, asked, {"base": right(asked, 5)}, SuiteContext(), draws=50)
    score = found.scores["base"]["right"]
    assert (score.value, score.n, score.unit, score.missing) == (0.25, 20, "share", 0)
    assert score.low == pytest.approx(0.1119, abs=1e-4) and score.high == pytest.approx(0.4687, abs=1e-4)
    assert found.paired == []


def test_what_could_not_be_judged_is_counted_and_not_zero() -> None:
    asked = items(12)
    answers = [Answer("" if i < 4 else x.reference, "", 1) for i, x in enumerate(asked)]
    found = summarise(TOY, asked, {"m": answers}, SuiteContext(), draws=20).scores["m"]
    assert (found["right"].value, found["right"].n, found["right"].missing) == (1.0, 8, 4)
    for name in ("loss", "absent"):
        assert (found[name].value, found[name].low, found[name].n, found[name].missing) == (None, None, 0, 12)


def test_the_first_model_is_what_others_are_compared_with() -> None:
    asked = items(20)
    answers = {name: right(asked, upto) for name, upto in (("base", 2), ("v1", 18), ("v2", 3))}
    found = summarise(TOY, asked, answers, SuiteContext(), draws=50)
    by_pair = {(t.a, t.b, t.metric): t for t in found.paired}
    assert {(t.a, t.b) for t in found.paired} == {("base", "v1"), ("base", "v2")}
    gain = by_pair["base", "v1", "right"]
    assert gain.delta == pytest.approx(0.8) and gain.test == "mcnemar_exact" and gain.n == 20
    assert in_words(gain, METRICS[0]) == "더 좋아졌습니다"
    assert in_words(by_pair["base", "v2", "right"], METRICS[0]) == "차이를 확인할 수 없음"
    assert in_words(by_pair["base", "v2", "absent"], METRICS[4]) == "비교할 수 없음"


def test_a_lower_loss_is_better() -> None:
    asked = items(30)
    high = [Answer("x", "", 1, 4.0 + i % 3, 2) for i in range(30)]
    low = [Answer("x", "", 1, 3.0 + i % 3, 2) for i in range(30)]
    found = summarise(TOY, asked, {"a": high, "b": low}, SuiteContext(), draws=200)
    test = next(t for t in found.paired if t.metric == "loss")
    assert test.delta == pytest.approx(-0.5) and test.test == "randomization" and test.n == 30
    assert verdict(test, METRICS[2]) == "better"
    score = found.scores["a"]["loss"]
    assert score.value == pytest.approx(2.5) and score.low < 2.5 < score.high  # type: ignore[operator]


def test_a_loss_measured_for_one_model_only_is_not_compared() -> None:
    asked = items(10)
    a = [Answer("x", "", 1, 100.0 if i == 0 else 2.0, 2) for i in range(10)]
    b = [Answer("x", "", 1, None if i == 0 else 2.0, 2) for i in range(10)]
    found = summarise(TOY, asked, {"a": a, "b": b}, SuiteContext(), draws=20)
    test = next(t for t in found.paired if t.metric == "loss")
    assert (test.delta, test.n) == (0.0, 9)
    assert found.scores["a"]["loss"].n == 10 and found.scores["b"]["loss"].n == 9
    none = summarise(TOY, asked, {"a": a, "b": right(asked, 3)}, SuiteContext(), draws=20)
    test = next(t for t in none.paired if t.metric == "loss")
    assert (test.delta, test.p, test.n) == (None, None, 0)


def test_days_are_resampled_when_there_are_ten_and_it_says_so() -> None:
    assert summarise(TOY, items(20, 2), {}, SuiteContext()).method["resampled"] == "group"
    few = summarise(TOY, items(20, 5), {}, SuiteContext()).method
    assert (few["resampled"], few["blocks"], few["items"]) == ("item", 20, 20)
    assert (few["suite"], few["suite_version"], few["seed"], few["level"]) == ("toy", "3", 0, 0.95)


def test_the_same_seed_gives_the_same_summary() -> None:
    asked = items(15)
    answers = {"a": right(asked, 4, 3.0), "b": right(asked, 9, 2.0)}
    assert summarise(TOY, asked, answers, SuiteContext(), 3, 30) == summarise(
        TOY, asked, answers, SuiteContext(), 3, 30
    )


def test_a_missing_answer_is_a_bug() -> None:
    with pytest.raises(ValueError, match="1 answers to 2 items"):
        summarise(TOY, items(2), {"m": [Answer("x", "", 1)]}, SuiteContext())


def test_no_items_give_no_numbers() -> None:
    found = summarise(TOY, [], {"a": [], "b": []}, SuiteContext())
    assert all(s.value is None and s.n == 0 for s in found.scores["a"].values())
    assert all(t.delta is None and t.p is None for t in found.paired)


def test_one_item_has_no_interval_for_a_mean() -> None:
    found = summarise(TOY, items(1), {"a": [Answer("답0", "", 1, 2.0, 2)]}, SuiteContext(), draws=10).scores["a"]
    assert (found["length"].value, found["length"].low) == (2.0, None)
    assert (found["loss"].value, found["loss"].low) == (1.0, None)
    assert found["right"].low == pytest.approx(0.2065, abs=1e-4)


def test_intervals_stay_within_what_the_metric_can_be() -> None:
    asked = items(12)
    answers = {"a": right(asked, 6, 0.01), "b": right(asked, 12, 9.0)}
    found = summarise(TOY, asked, answers, SuiteContext(), draws=60)
    for scores in found.scores.values():
        for metric in METRICS:
            score = scores[metric.name]
            if metric.span and score.low is not None and score.high is not None:
                assert metric.span[0] <= score.low <= score.value <= score.high <= metric.span[1]  # type: ignore[operator]


def test_the_real_replies_stand_beside_the_models() -> None:
    asked = items(10)
    found = summarise(TOY, asked, {"a": right(asked, 0)}, SuiteContext(), draws=20)
    assert found.references["right"].value == 1.0
    assert found.references["variety"].value == 0.5
    assert found.references["loss"].value is None


@pytest.mark.parametrize(
    ("delta", "low", "high", "p", "better", "said"),
    [
        (0.2, 0.1, 0.3, 0.01, "higher", "better"),
        (0.2, 0.1, 0.3, 0.01, "lower", "worse"),
        (-0.2, -0.3, -0.1, 0.01, "lower", "better"),
        (0.2, 0.1, 0.3, 0.01, "neither", "changed"),
        (0.2, -0.1, 0.3, 0.01, "higher", "same"),
        (0.2, 0.1, 0.3, 0.05, "higher", "same"),
        (0.2, 0.0, 0.3, 0.01, "higher", "same"),
        (None, None, None, None, "higher", "unknown"),
        (0.2, None, None, 0.01, "higher", "unknown"),
    ],
)
def test_a_verdict_needs_both_interval_and_p(
    delta: float | None, low: float | None, high: float | None, p: float | None, better: str, said: str
) -> None:
    metric = Metric("m", "u", better, "가", "a")  # type: ignore[arg-type]
    assert verdict(PairedTest("a", "b", "m", delta, low, high, p, "t", 5), metric) == said


def test_words_are_there_in_both_languages() -> None:
    test = PairedTest("a", "b", "right", -0.2, -0.3, -0.1, 0.01, "t", 5)
    assert (in_words(test, METRICS[0]), in_words(test, METRICS[0], "en")) == ("나빠졌습니다", "worse")


def test_plain_values_follow_the_command_line_contract() -> None:
    asked = items(10)
    plain = as_dict(summarise(TOY, asked, {"a": right(asked, 3), "b": right(asked, 4)}, SuiteContext(), draws=20))
    assert [model["model"] for model in plain["models"]] == ["a", "b"]
    assert set(plain["models"][0]["metrics"]["right"]) >= {"value", "low", "high", "n", "unit"}
    assert set(plain["paired"][0]) >= {"a", "b", "metric", "delta", "low", "high", "p", "test"}


def test_persona_sees_a_model_that_learned_to_talk_like_me() -> None:
    mine = [
        "응ㅋㅋ 지금 가",
        "밥 먹었어?",
        "아 진짜ㅠㅠ",
        "나도 갈래ㅋㅋㅋ",
        "그래 이따 봐",
        "뭐 해?",
        "좋아ㅋㅋ",
        "몰라ㅠ",
    ]
    asked = [Item(str(i), (), mine[i % 8], meta={"group": f"d{i // 2}"}) for i in range(32)]
    base = [
        Answer(f"저는 {i}번째로 도와드릴 수 있습니다. 무엇을 원하십니까?", "", 1, 20.0 + i % 5, 8) for i in range(32)
    ]
    tuned = [Answer(mine[(i * 3 + 1) % 8], "", 1, 12.0 + i % 4, 8) for i in range(32)]
    found = summarise(PERSONA, asked, {"base": base, "tuned": tuned}, SuiteContext(), draws=60)
    said = {t.metric: verdict(t, m) for t, m in zip(found.paired, PERSONA.metrics, strict=True)}
    for name in ("loss", "speech_level_match", "laughter_closeness", "ending_closeness", "length_closeness"):
        assert said[name] == "better"
    assert said["empty"] == said["repetition"] == "same"
    assert said["verbatim_copy"] == said["cut_off"] == "unknown"
    assert len(found.per_answer["tuned"]) == 32
