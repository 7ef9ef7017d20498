"""Records become turns: gap, silence, midnight, clocks that run backwards, what never enters."""

import pytest

from engine.curate.options import PersonaOptions
from engine.curate.turns import MEDIA, Turn, read_turns
from tests.curate_chats import ME, records


def turns(*lines: str, **options: object) -> list[Turn]:
    return list(read_turns(iter(records(*lines)), {ME}, PersonaOptions.model_validate(options)))


def test_messages_within_the_gap_are_one_turn_of_several_lines() -> None:
    found = turns("10:00 나리 뭐해?", "10:05 나리 바빠?", "10:06 가온 아니")
    assert [(turn.mine, turn.text) for turn in found] == [(False, "뭐해?\n바빠?"), (True, "아니")]


@pytest.mark.parametrize(("minute", "count"), [("10:05", 1), ("10:06", 2)])
def test_gap_counts_from_the_last_message_and_includes_its_end(minute: str, count: int) -> None:
    assert len(turns("10:00 나리 뭐해?", f"{minute} 나리 바빠?")) == count


def test_gap_runs_on_from_message_to_message() -> None:
    assert len(turns("10:00 나리 하나", "10:05 나리 둘", "10:10 나리 셋")) == 1


def test_gap_of_zero_joins_only_the_same_minute() -> None:
    assert len(turns("10:00 나리 하나", "10:00 나리 둘", "10:01 나리 셋", turn_gap_minutes=0)) == 2


@pytest.mark.parametrize(("minute", "conversations"), [("13:00", [0, 0]), ("13:01", [0, 1])])
def test_conversation_ends_after_the_silence(minute: str, conversations: list[int]) -> None:
    found = turns("10:00 나리 뭐해?", f"{minute} 가온 밥 먹어")
    assert [turn.conversation for turn in found] == conversations


def test_conversation_over_midnight_keeps_the_day_it_began() -> None:
    found = turns("23:58 나리 자?", "2025-03-02", "00:01 가온 아직", "00:03 나리 잘 자", "09:00 나리 일어났어?")
    assert [(turn.day, turn.conversation) for turn in found] == [
        ("2025-03-01", 0),
        ("2025-03-01", 0),
        ("2025-03-01", 0),
        ("2025-03-02", 1),
    ]


@pytest.mark.parametrize("back", ["09:59", "01:00"])
def test_time_running_backwards_begins_a_conversation(back: str) -> None:
    found = turns("10:00 나리 뭐해?", f"{back} 나리 뭐해?", f"{back} 가온 밥 먹어")
    assert [turn.conversation for turn in found] == [0, 1, 1]


def test_chat_that_never_falls_silent_is_cut_after_a_day() -> None:
    lines = [
        line
        for day in ("2025-03-01", "2025-03-02", "2025-03-03")
        for line in (day, *(f"{hour:02}:00 {'나리' if hour % 2 else '가온'} 안녕하세요" for hour in range(24)))
    ]
    found = turns(*lines)
    assert [turn.day for turn in found if turn.start % 1440 == 60] == ["2025-03-01", "2025-03-02", "2025-03-03"]
    assert len({turn.conversation for turn in found}) == 3


def test_messages_of_one_minute_keep_file_order() -> None:
    found = turns("10:00 나리 하나", "10:00 가온 둘", "10:00 나리 셋", "10:00 나리 셋", "10:00 가온 넷")
    assert [turn.text for turn in found] == ["하나", "둘", "셋\n셋", "넷"]


def test_everybody_else_in_a_group_is_one_side_and_lines_stay_apart() -> None:
    found = turns("10:00 나리 어디야?", "10:01 다솜 빨리 와", "10:02 가온 가는 중", "10:03 라온 ㅇㅋ")
    assert [(turn.mine, turn.text) for turn in found] == [
        (False, "어디야?\n빨리 와"),
        (True, "가는 중"),
        (False, "ㅇㅋ"),
    ]


@pytest.mark.parametrize("kind", ["system", "deleted", "hidden", "other"])
def test_lines_nobody_said_never_enter(kind: str) -> None:
    found = turns("10:00 나리 뭐해?", f"10:01 가온 <{kind}>", "10:02 나리 바빠?")
    assert [turn.text for turn in found] == ["뭐해?\n바빠?"]


@pytest.mark.parametrize("line", ["--:-- 나리 안녕", "10:01 - 안녕", "10:01 가온  ", "--:-- - 안녕"])
def test_untimed_nameless_and_empty_lines_never_enter(line: str) -> None:
    assert [turn.text for turn in turns("10:00 나리 뭐해?", line, "10:02 나리 바빠?")] == ["뭐해?\n바빠?"]


@pytest.mark.parametrize(("kind", "token"), MEDIA.items())
def test_media_go_or_leave_their_token_by_choice(kind: str, token: str) -> None:
    lines = ("10:00 나리 이거 봐", f"10:01 나리 <{kind}>")
    assert turns(*lines)[0].text == "이거 봐"
    assert turns(*lines, media="token")[0].text == f"이거 봐\n{token}"


def test_turn_of_nothing_but_media_has_no_lines_but_can_be_shown() -> None:
    (found,) = turns("10:00 나리 <photo>", "10:00 나리 <sticker>")
    assert (found.lines, found.text, found.spoken) == ([], "[사진]", False)


def test_media_count_for_the_pause() -> None:
    found = turns("10:00 나리 뭐해?", "12:30 나리 <photo>", "15:00 가온 밥 먹어")
    assert [turn.conversation for turn in found] == [0, 0, 0]


def test_turn_knows_its_first_and_last_record() -> None:
    found = turns("10:00 나리 하나", "10:01 나리 둘", "10:02 나리 <photo>", "10:03 가온 넷")
    assert [(turn.record_first, turn.record_last, turn.at) for turn in found] == [
        (1, 3, "2025-03-01T10:00"),
        (4, 4, "2025-03-01T10:03"),
    ]


def test_no_records_give_no_turns() -> None:
    assert turns() == []
