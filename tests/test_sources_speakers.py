"""Who "me" is: whole names, beginnings, the exporter's names, and errors that list who speaks."""

import pytest

from engine.errors import UserError
from engine.sources.speakers import choose_me

GROUP = {"한가온": 120, "한나리": 80, "정다솜": 3}


@pytest.mark.parametrize(
    ("given", "expected"),
    [("한가온", "한가온"), (" 한가온 ", "한가온"), ("한가", "한가온"), ("정", "정다솜"), ("정다솜", "정다솜")],
)
def test_whole_name_or_unique_beginning(given: str, expected: str) -> None:
    assert choose_me(GROUP, given) == expected


def test_whole_name_wins_over_a_longer_one() -> None:
    assert choose_me({"가온": 1, "가온누리": 2}, "가온") == "가온"


def test_composed_and_decomposed_names_are_the_same() -> None:
    decomposed = "\u1112\u1161\u11ab\u1100\u1161\u110b\u1169\u11ab"
    assert choose_me({"한가온": 1, "나리": 2}, decomposed) == "한가온"
    assert choose_me({decomposed: 1, "나리": 2}, "한가온") == decomposed


@pytest.mark.parametrize("exporter", ["회원님", "나", "You", "you"])
def test_exporter_is_recognised_unasked(exporter: str) -> None:
    assert choose_me({exporter: 1, "나리": 2, "다솜": 3}, None) == exporter


@pytest.mark.parametrize("given", ["나", "me", "You", "회원님"])
def test_me_means_the_exporter(given: str) -> None:
    assert choose_me({"회원님": 1, "가온": 2}, given) == "회원님"


def test_header_of_a_chat_between_two_names_the_other_one() -> None:
    assert choose_me({"가온": 1, "나리": 2}, None, other="나리") == "가온"


@pytest.mark.parametrize(
    ("speakers", "given", "other"),
    [
        (GROUP, None, None),
        (GROUP, None, "한나리"),
        (GROUP, "한", None),
        (GROUP, "라온", None),
        (GROUP, " ", None),
        ({"가온": 1, "나리": 2}, None, None),
        ({"가온": 1, "나리": 2}, None, "우리 방"),
        ({"가온": 7}, "가온", None),
        ({"회원님": 7, "나": 2}, None, None),
    ],
)
def test_error_names_the_speakers_with_their_counts(
    speakers: dict[str, int], given: str | None, other: str | None
) -> None:
    with pytest.raises(UserError) as caught:
        choose_me(speakers, given, other)
    name = max(speakers, key=lambda speaker: speakers[speaker])
    for text in (caught.value.ko, caught.value.en):
        assert f"{name} ({speakers[name]})" in text


def test_chat_without_speakers_is_refused() -> None:
    with pytest.raises(UserError, match="0명"):
        choose_me({}, None)


def test_error_of_an_open_chat_lists_only_the_most_talkative() -> None:
    with pytest.raises(UserError) as caught:
        choose_me({f"손님{n}": n for n in range(1, 1_001)}, "라온")
    assert "손님1000 (1000)" in caught.value.ko
    assert "(+980)" in caught.value.ko
    assert len(caught.value.ko) < 1_000
