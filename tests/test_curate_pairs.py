"""Turns become rows: prompts, history, styles, reasons, and prompts of `answer` as the rows carry them."""

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from engine.curate.options import PersonaOptions
from engine.curate.pairs import build_pairs, instruction_form, prompt_of
from engine.curate.row import SourceRecord, SourceView
from engine.curate.selection import REASONS
from engine.errors import UserError
from tests.curate_chats import HER, ME, kept, long_chat, reasons, records, rows, said, view

CHAT = (
    "10:00 나리 오늘 저녁 뭐 먹을까?",
    "10:01 가온 음... 나는 파스타가 좋은데! 자기는?",
    "10:02 나리 나도 파스타",
    "10:03 가온 그럼 일곱 시에 보자",
    "10:04 나리 어디서?",
    "10:05 가온 회사 앞에서 기다릴게",
    "10:06 나리 비 오면?",
    "10:07 가온 우산 챙겨 갈게",
)


def test_her_words_are_the_prompt_and_mine_the_target() -> None:
    row = rows(*CHAT)[0]
    assert said(row) == ["user: 오늘 저녁 뭐 먹을까?"]
    assert row.target == "음... 나는 파스타가 좋은데! 자기는?"
    assert (row.group, row.meta) == (
        "2025-03-01",
        {"conversation": 0, "at": "2025-03-01T10:01", "speech": "casual"},
    )


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        (0, ["user: 비 오면?"]),
        (1, ["user: 비 오면?"]),
        (2, ["user: 어디서?", "assistant: 회사 앞에서 기다릴게", "user: 비 오면?"]),
        (3, ["user: 어디서?", "assistant: 회사 앞에서 기다릴게", "user: 비 오면?"]),
    ],
)
def test_history_is_as_long_as_asked_and_begins_with_her(turns: int, expected: list[str]) -> None:
    assert said(rows(*CHAT, context_turns=turns)[-1]) == expected


def test_default_history_is_two_exchanges() -> None:
    assert [message["role"] for message in rows(*CHAT)[-1].messages] == ["user", "assistant"] * 2 + ["user"]


def test_records_of_a_row_cover_all_that_it_shows() -> None:
    assert [(row.record_first, row.record_last) for row in rows(*CHAT)] == [(1, 2), (1, 4), (1, 6), (3, 8)]
    assert [row.record_first for row in rows(*CHAT, context_turns=0)] == [1, 3, 5, 7]
    assert [row.record_first for row in rows(*CHAT, context_turns=1)] == [1, 3, 5, 7]


def test_history_ends_at_a_silence() -> None:
    assert said(rows(*CHAT[:2], "15:00 나리 퇴근했어?", "15:01 가온 이제 하려고")[-1]) == ["user: 퇴근했어?"]


@pytest.mark.parametrize(
    "hole",
    [
        ("10:02 나리 <photo>", "10:03 가온 맛있어 보인다"),
        ("10:02 나리 저기", "10:30 나리 있잖아", "10:31 가온 응 말해 봐"),
        ("10:02 나리 " + "가" * 301, "10:03 가온 너무 길다"),
    ],
)
def test_history_ends_where_something_cannot_be_shown_or_no_answer_came(hole: tuple[str, ...]) -> None:
    found = rows(*CHAT[:2], *hole, "10:40 나리 퇴근했어?", "10:41 가온 이제 하려고", context_turns=8)
    assert said(found[-1])[-1] == "user: 퇴근했어?"
    assert not any("저녁" in line for line in said(found[-1]))


def test_removed_media_beside_words_leave_the_words() -> None:
    (row,) = rows("10:00 나리 이거 어때?", "10:00 나리 <photo>", "10:01 가온 <sticker>", "10:01 가온 잘 어울려")
    assert (said(row), row.target, row.dropped) == (["user: 이거 어때?"], "잘 어울려", None)


def test_tokens_make_a_photo_an_answerable_prompt_but_never_a_reply() -> None:
    lines = ("10:00 나리 <photo>", "10:01 가온 잘 어울려", "10:02 나리 고마워요", "10:03 가온 <sticker>")
    assert reasons(rows(*lines)) == ["media_only", "media_only"]
    found = rows(*lines, media="token")
    assert reasons(found) == [None, "media_only"]
    assert said(found[0]) == ["user: [사진]"]


def test_unanswered_and_unprompted_turns_are_counted_and_can_be_opened() -> None:
    found = rows(
        "10:00 가온 먼저 말했어",
        "10:30 가온 또 말했어",
        "10:31 나리 대답했어",
        "10:50 나리 또 물었어?",
        "10:51 가온 이제 답한다",
        "10:52 나리 끝인사야",
        "18:00 나리 저녁이야",
    )
    assert reasons(found) == ["no_prompt", "no_prompt", "no_reply", None, "no_reply", "no_reply"]
    assert (found[0].messages, found[0].target) == ((), "먼저 말했어")
    assert (said(found[2]), found[2].target) == (["user: 대답했어"], "")
    assert said(found[3]) == ["user: 또 물었어?"]
    assert (found[5].record_first, found[5].record_last) == (7, 7)


@pytest.mark.parametrize(("minute", "reason"), [("11:00", None), ("11:01", "late_reply")])
def test_reply_on_another_subject_is_told_by_its_delay(minute: str, reason: str | None) -> None:
    assert reasons(rows("10:00 나리 점심 먹었어?", f"{minute} 가온 이번 주말에 뭐 해?")) == [reason]


def test_every_reason_is_described_in_both_languages() -> None:
    found = rows(
        *("10:00 나리 뭐해?", "10:01 가온 밥 먹는 중이야", "10:02 나리 <photo>", "10:03 가온 맛있겠다"),
        *("10:04 나리 갈까?", "10:05 가온 응", "10:06 나리 진짜?", "10:07 가온 그래 알겠어"),
        "18:00 가온 끝이야",
    )
    assert set(reasons(found)) - {None} <= set(REASONS)
    assert all(ko and en for ko, en in REASONS.values())


def test_group_chat_answers_all_others_at_once() -> None:
    row = rows("10:00 나리 어디야?", "10:01 다솜 빨리 와", "10:02 가온 거의 다 왔어")[0]
    assert said(row) == ["user: 어디야?\n빨리 와"]


def test_conversation_over_midnight_is_one_group() -> None:
    found = rows("23:58 나리 자?", "23:59 가온 아직 안 자", "2025-03-02", "00:01 나리 왜?", "00:02 가온 잠이 안 와")
    assert {row.group for row in found} == {"2025-03-01"}


def test_system_message_stands_first_when_given() -> None:
    found = rows(*CHAT, system="당신은 가온입니다.")
    assert [said(row)[0] for row in found] == ["system: 당신은 가온입니다."] * 4
    assert all("system" not in line for line in said(rows(*CHAT)[0]))


def test_instruction_style_wraps_every_user_message() -> None:
    found = rows(*CHAT, style="instruction", context_turns=2)
    assert said(found[0]) == ["user: 여자친구가 이렇게 말했어:\n오늘 저녁 뭐 먹을까?"]
    assert said(found[1])[2] == "user: 여자친구가 이렇게 말했어:\n나도 파스타"


def test_instruction_form_gives_back_the_three_fields() -> None:
    found = rows(*CHAT, style="instruction", instruction="친구가 이렇게 말했어:", context_turns=2, system="설명")
    first, second = (instruction_form(row.messages, row.target, "친구가 이렇게 말했어:") for row in found[:2])
    assert first == {
        "instruction": "친구가 이렇게 말했어:",
        "input": "오늘 저녁 뭐 먹을까?",
        "output": "음... 나는 파스타가 좋은데! 자기는?",
    }
    assert second["history"] == [["오늘 저녁 뭐 먹을까?", "음... 나는 파스타가 좋은데! 자기는?"]]


@pytest.mark.parametrize("style", ["chat", "instruction"])
@pytest.mark.parametrize("context", [0, 2, 3, 4])
def test_answer_prompt_equals_the_prompt_of_the_row(style: str, context: int) -> None:
    options = {"style": style, "context_turns": context, "system": "설명"}
    texts = [line.split(" ", 2)[2] for line in CHAT[:-1]]
    assert prompt_of({"turns": texts}, PersonaOptions.model_validate(options)) == rows(*CHAT, **options)[-1].messages


TURNS: list[list[Any]] = [
    ["뭐해?", "밥 먹어", "맛있어?"],
    [{"role": "user", "text": "뭐해?"}, {"role": "assistant", "text": "밥 먹어"}, {"role": "user", "text": "맛있어?"}],
    [
        {"role": "user", "content": "뭐해?"},
        {"role": "assistant", "content": "밥 먹어"},
        {"role": "user", "content": "맛있어?"},
    ],
    [{"speaker": HER, "text": "뭐해?"}, {"speaker": "나", "text": "밥 먹어"}, {"speaker": HER, "text": "맛있어?"}],
    [{"speaker": HER, "text": "뭐해?"}, {"speaker": ME, "text": "밥 먹어"}, {"speaker": HER, "text": "맛있어?"}],
]


@pytest.mark.parametrize("turns", TURNS)
def test_answer_takes_texts_roles_and_speakers(turns: list[Any]) -> None:
    messages = prompt_of({"turns": turns, "me": ME}, PersonaOptions())
    assert [message["content"] for message in messages] == ["뭐해?", "밥 먹어", "맛있어?"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]


def test_answer_joins_neighbours_of_one_side() -> None:
    turns = [{"role": "user", "text": "뭐해?"}, {"role": "user", "text": "바빠?"}]
    assert prompt_of({"turns": turns}, PersonaOptions())[0]["content"] == "뭐해?\n바빠?"


@pytest.mark.parametrize("turns", [[], [{"role": "user", "text": "뭐해?"}, {"role": "assistant", "text": "밥"}]])
def test_answer_refuses_turns_without_a_question(turns: list[Any]) -> None:
    with pytest.raises(UserError) as caught:
        prompt_of({"turns": turns}, PersonaOptions())
    assert str(len(turns)) in caught.value.ko
    assert "밥" not in caught.value.ko + caught.value.en


@pytest.mark.parametrize("item", [{}, {"turns": [{"text": "뭐해?"}]}, {"turns": [{"role": "user"}]}])
def test_answer_with_a_missing_field_is_a_key_error(item: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        prompt_of(item, PersonaOptions())


def test_same_chat_and_options_give_the_same_rows() -> None:
    found = [
        list(build_pairs(view(list(long_chat(3_000))), PersonaOptions(max_rows=50, seed=seed))) for seed in (3, 3, 4)
    ]
    assert found[0] == found[1]
    assert kept(found[0]) != kept(found[2])


def test_kept_rows_stay_in_file_order_when_sampled() -> None:
    ids = [
        row.record_last for row in kept(list(build_pairs(view(list(long_chat(3_000))), PersonaOptions(max_rows=50))))
    ]
    assert len(ids) == 50
    assert ids == sorted(ids, key=lambda id_: id_ or 0)


def test_sampling_only_changes_what_is_dropped() -> None:
    found = list(long_chat(3_000))
    everything = Counter(reasons(list(build_pairs(view(found), PersonaOptions(max_rows=0)))))
    sampled = Counter(reasons(list(build_pairs(view(found), PersonaOptions(max_rows=50)))))
    assert sampled["over_limit"] + sampled[None] == everything[None]
    assert sampled.total() == everything.total()


def test_every_message_of_mine_and_hers_is_in_some_row() -> None:
    found = list(long_chat(2_000))
    covered = {
        id_
        for row in build_pairs(view(found), PersonaOptions())
        for id_ in range(row.record_first or 0, (row.record_last or 0) + 1)
    }
    assert covered == {record.id for record in found}


def test_a_long_history_streams() -> None:
    read = itertools.count()

    def counted() -> Iterator[SourceRecord]:
        for record in long_chat(200_000):
            next(read)
            yield record

    built = build_pairs(SourceView("src-1", "kakao", ME, {ME: 1, HER: 1}, counted()), PersonaOptions())
    next(built)
    assert next(read) < 100
    assert sum(row.dropped is None for row in built) == 5_000
    assert next(read) > 200_000


def test_chat_without_times_gives_no_rows() -> None:
    assert rows("--:-- 나리 뭐해?", "--:-- 가온 밥 먹어") == []


def test_me_who_never_speaks_is_refused_before_a_record_is_read() -> None:
    source = view(records(*CHAT), me="라온")
    with pytest.raises(UserError, match="라온"):
        next(build_pairs(source, PersonaOptions()))


@pytest.mark.parametrize(
    "options",
    [{"silence_minutes": 3, "turn_gap_minutes": 5}, {"min_syllables": 20, "max_reply_syllables": 10}],
)
def test_options_that_contradict_each_other_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(UserError) as caught:
        PersonaOptions.model_validate(options)
    assert all(name in caught.value.ko and str(value) in caught.value.en for name, value in options.items())


def test_every_option_is_explained_in_both_languages() -> None:
    for name, field in PersonaOptions.model_fields.items():
        assert (field.description or "").count(" / ") == 1, name
