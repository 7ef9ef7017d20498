"""The persona suite on invented replies."""

import math

import pytest

from engine.evaluate.suite import Answer, Item, SuiteContext
from engine.evaluate.suites.persona import HABITS, METRICS, SUITE, corpus, habits, score

NAMES = [metric.name for metric in METRICS]


def item(reference: str, name: str = "1") -> Item:
    return Item(name, ({"role": "user", "content": "뭐 해?"},), reference)


def answer(text: str, nll: float | None = None, tokens: int = 0, ended: bool | None = None) -> Answer:
    return Answer(text, text, 5, nll, tokens, ended)


def test_every_metric_is_given_by_score_or_corpus_and_explained() -> None:
    each, whole = score(item("응 갈게"), answer("그래"), SuiteContext()), corpus([item("응 갈게")], [answer("그래")])
    assert set(NAMES) == set(each) | set(whole)
    assert len(NAMES) == len(set(NAMES))
    assert all(metric.ko and metric.en and metric.unit for metric in METRICS)


def test_loss_is_weighted_by_tokens_and_perplexity_by_characters() -> None:
    items, answers = [item("밥 먹자"), item("응")], [answer("", 10.0, 10), answer("", 2.0, 1)]
    found = corpus(items, answers)
    assert found["loss"] == pytest.approx(12 / 11)
    assert found["perplexity_per_syllable"] == pytest.approx(math.exp(12 / 4))
    assert score(items[1], answers[1], SuiteContext())["loss"] == 2.0


def test_perplexity_does_not_depend_on_how_tokens_are_cut() -> None:
    few, many = corpus([item("밥 먹자")], [answer("", 9.0, 2)]), corpus([item("밥 먹자")], [answer("", 9.0, 8)])
    assert few["perplexity_per_syllable"] == many["perplexity_per_syllable"]
    assert few["loss"] != many["loss"]


@pytest.mark.parametrize("nll", [None, float("nan"), float("inf")])
def test_an_unmeasured_loss_is_none_and_not_zero(nll: float | None) -> None:
    each = score(item("응"), answer("응", nll, 3), SuiteContext())
    assert each["loss"] is None and each["perplexity_per_syllable"] is None
    assert corpus([item("응")], [answer("응", nll, 3)])["loss"] is None


@pytest.mark.parametrize(
    ("reference", "said", "match"),
    [
        ("응 알겠어", "그래 갈게", 1.0),
        ("네 알겠습니다", "그래 갈게", 0.0),
        ("네 알겠습니다", "네 갈게요", 1.0),
        ("응 알겠어", "", 0.0),
        ("ㅋㅋㅋ", "그래 갈게", None),
    ],
)
def test_speech_level_is_judged_only_where_mine_is_clear(reference: str, said: str, match: float | None) -> None:
    assert score(item(reference), answer(said), SuiteContext())["speech_level_match"] == match


@pytest.mark.parametrize(
    ("said", "copied"),
    [
        ("오늘은 집에서 쉬려고", 1.0),
        ("오늘은  집에서\n쉬려고", 1.0),
        ("오늘은 밖에서 놀려고", 0.0),
        ("[이름_2]랑 저녁 먹기로 했어", 1.0),
        ("응 알겠어", None),
        ("", None),
    ],
)
def test_only_longer_replies_can_be_copied(said: str, copied: float | None) -> None:
    targets = frozenset({"오늘은 집에서 쉬려고", "응 알겠어", "[이름_7]랑 저녁 먹기로 했어"})
    assert score(item("응"), answer(said), SuiteContext(targets))["verbatim_copy"] == copied


def test_copying_is_unknown_without_the_training_replies() -> None:
    assert score(item("응"), answer("오늘은 집에서 쉬려고"), SuiteContext())["verbatim_copy"] is None


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("내 번호 010-2345-6789야", 1.0),
        ("hong.test@example.com 으로 보내", 1.0),
        ("[이름_1]아 [전화번호_1]로 해", 0.0),
        ("", 0.0),
    ],
)
def test_leftover_personal_data_is_found_and_placeholders_are_fine(said: str, left: float) -> None:
    assert score(item("응"), answer(said), SuiteContext())["leftover_personal_data"] == left


@pytest.mark.parametrize(("ended", "cut"), [(True, 0.0), (False, 1.0), (None, None)])
def test_cut_off_is_known_only_from_the_backend(ended: bool | None, cut: float | None) -> None:
    assert score(item("응"), answer("그래서 내가", ended=ended), SuiteContext())["cut_off"] == cut


def test_my_own_replies_are_as_close_as_can_be() -> None:
    replies = ["응ㅋㅋ 나 지금 집에 가", "밥은 먹었어?", "아 진짜ㅠㅠ 힘들었겠다..."]
    items = [item(reply, str(number)) for number, reply in enumerate(replies)]
    found = corpus(items, [answer(reply) for reply in replies])
    assert all(found[name] == pytest.approx(1.0) for name in [*HABITS, "distinct_closeness"])


def test_a_silent_model_is_close_to_nobody() -> None:
    items = [item("응ㅋㅋ 나 지금 집에 가"), item("밥은 먹었어?")]
    found = corpus(items, [answer(""), answer(" ")])
    assert all(found[name] == pytest.approx(0.0) for name in HABITS)
    assert found["distinct_1"] is None
    assert score(items[0], answer(" "), SuiteContext())["empty"] == 1.0


def test_a_casual_model_is_closer_to_a_casual_person() -> None:
    items = [item("응ㅋㅋ 나 지금 집에 가"), item("밥 먹었어?"), item("나도 갈래ㅋㅋ")]
    like = corpus(items, [answer("어ㅋㅋ 나 회사 가"), answer("뭐 먹었어?"), answer("나도 볼래ㅋㅋ")])
    unlike = corpus(
        items,
        [answer(f"저는 인공지능이라 식사를 하지 않습니다. 무엇을 {x}요?") for x in ("도와드릴까", "할까", "볼까")],
    )
    for name in ("speech_level_closeness", "laughter_closeness", "ending_closeness", "length_closeness"):
        assert like[name] > unlike[name]  # type: ignore[operator]


def test_habits_lead_to_the_items_behind_a_closeness() -> None:
    items = [item("응 가", "a"), item("나도 가", "b")]
    found = habits("ending_closeness", items, [answer("갑니다"), answer("나도 가")])
    by_name = {habit.feature: habit for habit in found}
    assert by_name["니다"] == ("니다", 0.0, 0.5, ("a",))
    assert by_name["가"] == ("가", 1.0, 0.5, ("b",))


def test_the_suite_says_what_it_is() -> None:
    assert (SUITE.name, SUITE.version, SUITE.needs_loss) == ("persona", "2", True)
