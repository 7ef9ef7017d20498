"""Speech level of hand-written endings and lines, and rows kept by it: one level only, or a proportion."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.curate.levels import by_level
from engine.curate.options import PersonaOptions
from engine.curate.row import Message, Row
from engine.errors import UserError
from engine.korean.speech_level import speech_level, text_level
from tests.curate_chats import kept, rows
from tests.speech_lines import ENDINGS, LINES, UNSEEN, labelled

SAYS = {"polite": "저는 좋아요", "casual": "나는 좋아", "unknown": "강남역 2번 출구", "mixed": "나는 좋아\n그럼 봐요"}


def agreement(table: dict[str, str]) -> float:
    lines = labelled(table)
    return sum(speech_level(text) == level for text, level in lines) / len(lines)


@pytest.mark.parametrize(("text", "level"), labelled(ENDINGS))
def test_an_ending_is_heard_as_a_reader_hears_it(text, level):
    assert speech_level(text) == level


def test_the_table_is_large_and_lines_agree():
    assert len(labelled(ENDINGS)) >= 700 and len(labelled(UNSEEN)) >= 95
    assert agreement(LINES) >= 0.97 and agreement(UNSEEN) >= 0.92


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("응 좋아\n몇 시에 볼까", "casual"),
        ("네 좋아요. 몇 시에 볼까요?", "polite"),
        ("응 좋아ㅋㅋ 그럼 그때 봬요", "mixed"),
        ("강남역\n[이름_1]", "unknown"),
        ("저녁 7시요", "polite"),
        ("", "unknown"),
        ("ㅋㅋㅋㅋ", "unknown"),
    ],
)
def test_a_text_has_the_level_of_its_sentences_or_both(text, level):
    assert text_level(text) == level


def test_rows_name_their_level_and_can_be_kept_by_it():
    chat = [
        line
        for hour, said in enumerate(SAYS.values())
        for line in (
            f"{hour + 1:02d}:00 나리 어때 {'가나다라'[hour]}",
            *(f"{hour + 1:02d}:01 가온 {part}" for part in said.split("\n")),
        )
    ]
    assert [row.meta["speech"] for row in kept(rows(*chat, silence_minutes=30))] == list(SAYS)
    for level, other in (("polite", "casual"), ("casual", "polite")):
        found = rows(*chat, speech=level)
        assert [row.meta["speech"] for row in kept(found)] == [level, "unknown"]
        out = [row.target for row in found if row.dropped == "speech_level"]
        assert sorted(out) == sorted([SAYS[other], SAYS["mixed"]])


def made(levels: list[str]) -> list[Row]:
    return [
        Row((Message(role="user", content="어때"),), f"{number}번 {SAYS[level]}", f"2026-01-{number % 28 + 1:02d}", number, number)
        for number, level in enumerate(levels)
    ]  # fmt: skip


@given(
    st.lists(st.sampled_from(list(SAYS)), max_size=80), st.sampled_from([0, 5, 30]), st.sampled_from([0, 0.25, 0.5, 1])
)
def test_a_proportion_is_reached_and_no_row_is_lost(levels, limit, share):
    found = list(by_level(made(levels), PersonaOptions(polite_share=share, max_rows=limit)))
    assert sorted(row.record_first or 0 for row in found) == list(range(len(levels)))
    stay = [row for row in found if row.dropped is None]
    assert [row.record_first for row in stay] == sorted(row.record_first or 0 for row in stay)
    counts = Counter(row.meta["speech"] for row in stay)
    clear = counts["polite"] + counts["casual"]
    assert abs(counts["polite"] - clear * share) <= 1 and (not limit or len(stay) <= limit + 1)
    assert {row.dropped for row in found} <= {None, "speech_level", "over_limit"}


def test_a_scarce_level_is_kept_whole():
    levels = ["casual"] * 900 + ["polite"] * 40 + ["unknown"] * 60
    found = list(by_level(made(levels), PersonaOptions(polite_share=0.5, max_rows=5000)))
    assert Counter(row.meta["speech"] for row in found if row.dropped is None) == {
        "polite": 40,
        "casual": 40,
        "unknown": 5,
    }
    assert Counter(row.dropped for row in found)["speech_level"] == 860


def test_one_level_and_a_proportion_contradict():
    with pytest.raises(UserError, match="polite_share"):
        PersonaOptions(speech="casual", polite_share=0.5)
