"""What is counted in Korean chat messages, by hand."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluate import text_metrics as t

korean = st.text(alphabet="가나다라마 ㅋㅠ.!~\n[]_1😀aZ", max_size=40)


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), (" \n", 0), ("밥 먹자", 3), ("ㅋㅋㅋ", 3), ("[이름_1]아", 3), ("가", 1), ("ok~", 3)],
)
def test_syllables_are_characters_without_white_space(text: str, count: int) -> None:
    assert t.syllables(text) == count


@pytest.mark.parametrize(
    ("text", "name"), [("", t.EMPTY), ("응", "1-2"), ("밥 먹자", "3-4"), ("가" * 8, "5-8"), ("가" * 65, "65+")]
)
def test_length_falls_in_its_class(text: str, name: str) -> None:
    assert t.length_bin(text) == (name,)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("아 진짜ㅋㅋㅋㅋㅋㅋ", ("ㅋ 5+",)),
        ("ㅋ 그래ㅠㅜ", ("ㅋ 1", "ㅠ 2")),
        ("ㅎㅎㅎ 좋아", ("ㅎ 3-4",)),
        ("ㅇㅋ ㅎㅇ", (t.NONE,)),
        ("좋아", (t.NONE,)),
        ("", (t.EMPTY,)),
    ],
)
def test_laughter_is_named_by_letter_and_length(text: str, found: tuple[str, ...]) -> None:
    assert t.laughter(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("그래~ 좋아!!", ("~", "!")),
        ("음... 글쎄", ("…",)),
        ("네.", (".",)),
        ("3.5로 하자", (t.NONE,)),
        ("고마워😀", ("emoji",)),
        ("네^^", ("^^",)),
        ("", (t.EMPTY,)),
    ],
)
def test_emoticons_and_marks_count_once(text: str, found: tuple[str, ...]) -> None:
    assert t.emoticons(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("음... 나는 파스타가 좋은데! 너는?", ("음", "은데", "는")),
        ("알겠습니다. 갈게요~", ("니다", "게요")),
        ("집에 가ㅋㅋ 나도 갈래", ("가", "래")),
        ("[이름_1]아 밥 먹었어?", ("어",)),
        ("고마워😀 잘 자", ("워", "자")),
        ("밥 먹어\n이따 봐", ("어", "봐")),
        ("ㅇㅇ", (t.NONE,)),
        ("", (t.EMPTY,)),
    ],
)
def test_endings_are_the_last_syllables_of_sentences(text: str, found: tuple[str, ...]) -> None:
    assert t.endings(text) == found


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("알겠습니다. 내일 뵐게요", "polite"),
        ("알겠어 내일 봐", "casual"),
        ("진짜 고마워ㅠㅠ 조심히 들어가ㅎㅎ", "casual"),
        ("ㅋㅋㅋㅋ", "unknown"),
        ("", "unknown"),
    ],
)
def test_speech_level_of_a_message_is_that_of_its_sentences(text: str, level: str) -> None:
    assert t.level(text) == level


def test_particles_are_found_and_their_absence_too() -> None:
    assert t.particles("난 파스타가 좋은데ㅋㅋ") == ("ᆫ/JX", "가/JKS")
    assert t.particles("나 밥 먹었어") == (t.NONE, t.NONE)
    assert t.particles("") == (t.EMPTY,)


def test_chrf_of_a_hand_counted_pair() -> None:
    # n=1: 가나다라 / 가나다마 share 3 of 4; n=2: 2 of 3; n=3: 1 of 2; n=4: 0 of 1. Mean 23/48 for both sides.
    assert t.chrf("가나다라", "가나다마") == pytest.approx((3 / 4 + 2 / 3 + 1 / 2) / 4)


@pytest.mark.parametrize("text", ["응", "오늘 저녁 뭐 먹을까?", "ㅋㅋ"])
def test_chrf_of_the_same_text_is_one_and_of_nothing_is_zero(text: str) -> None:
    assert t.chrf(text, text) == pytest.approx(1.0)
    assert t.chrf("", text) == t.chrf(text, "") == 0.0


@settings(deadline=None, max_examples=60)
@given(korean, korean)
def test_chrf_stays_between_zero_and_one(a: str, b: str) -> None:
    assert 0.0 <= t.chrf(a, b) <= 1.0 + 1e-12


@settings(deadline=None, max_examples=60)
@given(korean)
def test_every_text_has_features_or_is_empty(text: str) -> None:
    for features in (t.length_bin, t.laughter, t.emoticons, t.endings, t.level_feature):
        found = features(text)
        assert found and (t.EMPTY in found) == (not text.split())
    assert 0.0 <= t.foreign_share(text) <= 1.0
    t.has_loop(text)


def test_distinct_counts_different_words() -> None:
    assert t.distinct(["밥 먹자 밥", "밥"], 1) == 2 / 4
    assert t.distinct(["밥 먹자 밥", "밥 먹자"], 2) == 2 / 3
    assert t.distinct(["응", ""], 2) is None


def test_closeness_of_known_counts() -> None:
    assert t.closeness(Counter(a=2, b=2), Counter(a=30, b=30)) == pytest.approx(1.0)
    assert t.closeness(Counter(a=5), Counter(b=1)) == pytest.approx(0.0)
    # JSD of (1, 0) and (1/2, 1/2) in bits is 3/2 - (3/4)·log2(3) = 0.3113.
    assert t.closeness(Counter(a=1), Counter(a=1, b=1)) == pytest.approx(1 - 0.311278, abs=1e-6)
    assert t.closeness(Counter(), Counter(a=1)) is None


@given(
    st.dictionaries(st.sampled_from("가나다라마"), st.integers(1, 50)),
    st.dictionaries(st.sampled_from("가나다라마"), st.integers(1, 50)),
)
def test_closeness_is_symmetric_and_bounded(a: dict[str, int], b: dict[str, int]) -> None:
    there, back = t.closeness(Counter(a), Counter(b)), t.closeness(Counter(b), Counter(a))
    if a and b:
        assert there == pytest.approx(back)
        assert 0.0 <= there <= 1.0 + 1e-12  # type: ignore[operator]
    else:
        assert there is back is None


@pytest.mark.parametrize(
    "text",
    ["나도 그래 나도 그래 나도 그래 나도 그래", "ㅋ" * 60, "오늘 뭐 해\n오늘 뭐 해\n오늘 뭐 해", "그래서 " * 30],
)
def test_a_loop_is_seen(text: str) -> None:
    assert t.has_loop(text)


@pytest.mark.parametrize(
    "text",
    ["", "가자가자가자가자", "ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ", "하하하하하하하하하하하하", "아니 아니 그게 아니고", "네네네네"],
)
def test_a_lively_message_is_no_loop(text: str) -> None:
    assert not t.has_loop(text)


@pytest.mark.parametrize(
    ("text", "share"), [("좋아 ok ㅋㅋ", 0.0), ("", 0.0), ("😀!", 0.0), ("좋아好", 1 / 3), ("да", 1.0), ("café", 0.0)]
)
def test_foreign_letters_are_neither_hangul_nor_latin(text: str, share: float) -> None:
    assert t.foreign_share(text) == pytest.approx(share)


def test_decomposed_hangul_is_read_as_syllables() -> None:
    assert t.syllables("한글") == 2
    assert t.chrf("한글", "한글") == pytest.approx(1.0)
