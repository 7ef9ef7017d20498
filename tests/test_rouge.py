"""ROUGE in Korean units, held against the library rouge-score given the same tokens."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score import rouge_scorer

from engine.evaluate import rouge
from engine.evaluate.rouge import KINDS, NAMES, UNITS, Rouge, score_pairs, units_of_all

pieces = st.sampled_from(
    ["밥", "을", "먹었다", " ", " ", "\n", ". ", ", ", "#Person1#", "은", "[이름_1]", "이", "A4", "3.5kg", "ㅋㅋ", "😀", "오후 세 시", "!", "가나"]
)  # fmt: skip
texts = st.lists(pieces, max_size=24).map("".join)


class _Given:
    """Our tokens for a text, as rouge-score asks for them."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.known: dict[str, list[str]] = {}

    def tokenize(self, text: str) -> list[str]:
        if text not in self.known:
            (units,) = units_of_all([text])
            self.known[text] = [token for sentence in getattr(units, self.unit) for token in sentence]
        return self.known[text]


SCORERS = {unit: rouge_scorer.RougeScorer(list(KINDS), tokenizer=_Given(unit)) for unit in UNITS}


def theirs(references: Sequence[str], answer: str) -> dict[str, Rouge]:
    """rouge-score takes a line as a sentence, so sentences are handed over one a line."""
    lined = [" \n".join(rouge._sentences(text)) for text in (*references, answer)]
    found = {}
    for unit, scorer in SCORERS.items():
        for kind, score in scorer.score_multi(lined[:-1], lined[-1]).items():
            found[f"{kind}_{unit}"] = Rouge(score.precision, score.recall, score.fmeasure)
    return found


@settings(deadline=None, max_examples=120)
@given(st.lists(texts, min_size=1, max_size=3), texts)
def test_every_number_is_that_of_rouge_score(references: list[str], answer: str) -> None:
    (ours,) = score_pairs([(references, answer)])
    assert ours == theirs(references, answer)


SAMPLES = (
    (["지우와 민수는 토요일 오후 3시에 역 앞에서 만나기로 했다."], "민수는 지우와 토요일 3시에 만난다. 장소는 역 앞이다."),
    (["#Person1#은 우유를 사고 #Person2#는 빵을 산다."], "#Person2#가 우유와 빵을 산다."),
    (["[이름_1]이 늦는다고 했다.", "[이름_1]은 30분 늦는다.", "늦는다."], "[이름_1]이 30분 늦는다고 했다."),
)  # fmt: skip


@pytest.mark.parametrize(("references", "answer"), SAMPLES)
def test_sample_pairs_agree_with_rouge_score(references: list[str], answer: str) -> None:
    (ours,) = score_pairs([(references, answer)])
    assert ours == theirs(references, answer)
    assert all(0 < ours[name].f1 <= 1 for name in NAMES if not name.startswith("rouge2"))


def test_rouge_score_by_itself_gives_korean_nothing() -> None:
    text = "민수는 토요일에 밥을 먹었다."
    alone = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"]).score(text, text)
    assert {score.fmeasure for score in alone.values()} == {0}
    (ours,) = score_pairs([([text], text)])
    assert {ours[name].f1 for name in NAMES} == {1.0}


def test_what_a_unit_is() -> None:
    (units,) = units_of_all(["#Person1#은 A4 3장을, [이름_2]는 밥을 먹었다! ㅋㅋ 😀"])
    assert units.word == (("#person1#은", "a4", "3장을", "[이름_2]는", "밥을", "먹었다"), ("ㅋㅋ",))
    assert units.syllable[0][:8] == ("#person1#", "은", "a", "4", "3", "장", "을", "[이름_2]")
    assert units.morpheme[0][:2] == ("#person1#/NNP", "은/JX")
    assert "먹다/VV" in units.morpheme[0] and "[이름_2]/NNP" in units.morpheme[0]


def test_a_hand_counted_pair() -> None:
    (found,) = score_pairs([(["가 나 다 라"], "가 다 나")])
    assert found["rouge1_word"] == pytest.approx((1.0, 3 / 4, 6 / 7))
    assert found["rouge2_word"] == Rouge(0.0, 0.0, 0.0)
    assert found["rougeL_word"] == pytest.approx((2 / 3, 2 / 4, 4 / 7))


def test_the_best_of_several_references_counts_for_each_number() -> None:
    one, other, both = (
        score_pairs([(references, "가 나 다")])[0]
        for references in (["가 나 라"], ["다 가 나 마 바"], ["가 나 라", "다 가 나 마 바"])
    )
    assert both == {name: max(one[name], other[name], key=lambda score: score.f1) for name in NAMES}
    with pytest.raises(ValueError, match="no reference"):
        score_pairs([([], "가")])


@pytest.mark.parametrize(
    "text", ["", " \n", "...", "😀", "\ud800", "\x00", "ㅋ" * 3000, "가" * 20_000, "가 나. " * 4000]
)
def test_nothing_breaks_it(text: str) -> None:
    (found,) = score_pairs([(["민수는 밥을 먹었다."], text)])
    assert all(0.0 <= share <= 1.0 for score in found.values() for share in score)


def test_decomposed_hangul_and_capitals_are_the_same() -> None:
    import unicodedata

    (found,) = score_pairs([(["KTX를 탔다"], unicodedata.normalize("NFD", "ktx를 탔다"))])
    assert {score.f1 for name, score in found.items() if not name.startswith("rouge2")} == {1.0}


def test_a_text_scores_the_same_alone_and_among_others() -> None:
    pairs = [([f"민수는 {n}시에 학교에 간다."], f"민수가 {n}시에 집에 온다. 밥도 먹는다.") for n in range(40)]
    assert score_pairs(pairs) == [score_pairs([pair])[0] for pair in pairs]
