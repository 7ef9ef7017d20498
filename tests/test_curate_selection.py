"""Core dialogue: what is dropped and why, caps per phrase, and a sample that keeps variety."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.curate.options import PersonaOptions
from engine.curate.row import Row
from engine.curate.selection import Selection, phrase_key, sample, syllables
from tests.curate_chats import kept, reasons, rows


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ㅋㅋㅋㅋ", "ㅋ"),
        ("ㅋㅋ", "ㅋ"),
        ("응 알겠어!!", "응알겠어"),
        ("응, 알겠어 😊", "응알겠어"),
        ("Okay~ ㅎㅎ", "okayㅎ"),
        ("3시 15분에 봐", "0시0분에봐"),
        ("[이름_1] 안녕", "안녕"),
        ("[전화번호_12]", ""),
        ("[사진]", "사진"),
        ("", ""),
        ("…!?", ""),
    ],
)
def test_phrase_key_leaves_what_is_said(text: str, key: str) -> None:
    assert phrase_key(text) == key


@given(st.text(max_size=40))
def test_phrase_key_of_a_key_is_itself_unless_it_is_a_mask(text: str) -> None:
    key = phrase_key(text)
    assert phrase_key(key) == key


@pytest.mark.parametrize(
    ("text", "count"), [("ㅋㅋㅋ", 0), ("ㅇㅇ", 0), ("응", 1), ("응 ㅋㅋ", 1), ("밥 먹어", 3), ("ㅠㅠ 왜", 1)]
)
def test_laughter_and_single_jamo_are_no_syllables(text: str, count: int) -> None:
    assert syllables(phrase_key(text)) == count


def reason(prompt: str, reply: str, **options: object) -> str | None:
    return Selection(PersonaOptions.model_validate(options)).reason(prompt, reply)


@pytest.mark.parametrize(
    ("prompt", "reply", "expected"),
    [
        ("뭐 먹을까?", "파스타 먹자", None),
        ("뭐 먹을까?", "응", "too_short"),
        ("뭐 먹을까?", "ㅋㅋㅋㅋㅋ", "too_short"),
        ("뭐 먹을까?", "ㅇㅇ", "too_short"),
        ("뭐 먹을까?", "😂😂", "too_short"),
        ("ㅋㅋㅋㅋ", "아 진짜 웃기다", "too_short"),
        ("?", "아 진짜 웃기다", "too_short"),
        ("뭐 먹을까?", "가" * 151, "too_long"),
        ("가" * 301, "파스타 먹자", "too_long"),
        ("번호 뭐야?", "[전화번호_1]", "placeholder_only"),
        ("번호 뭐야?", "[전화번호_1] ㅋㅋ", "placeholder_only"),
        ("[전화번호_1]", "저장했어 고마워", "placeholder_only"),
        ("누구랑 가?", "[이름_1]이랑 가", None),
        ("뭐 먹을까?", "그래", "dull"),
        ("뭐 먹을까?", "그래~ ㅋㅋㅋ", "dull"),
        ("뭐 먹을까?", "그래\n알겠어", "dull"),
        ("뭐 먹을까?", "그래\nㅋㅋㅋ", "dull"),
        ("뭐 먹을까?", "그래\n파스타", None),
        ("뭐 먹을까?", "OK okay", None),
        ("[Web발신]\n오늘만 반값", "이거 뭐야 스팸이야?", "forwarded"),
        ("이거 왔어?", "(광고) 봄맞이 할인", "forwarded"),
    ],
)
def test_pair_is_judged_by_what_it_says(prompt: str, reply: str, expected: str | None) -> None:
    assert reason(prompt, reply) == expected


@pytest.mark.parametrize(
    ("prompt", "reply", "options"),
    [
        ("뭐 먹을까?", "응", {"min_syllables": 1}),
        ("뭐 먹을까?", "ㅋㅋㅋ", {"min_syllables": 0}),
        ("ㅋㅋㅋ", "왜 웃어?", {"min_prompt_syllables": 0}),
        ("뭐 먹을까?", "가" * 151, {"max_reply_syllables": 200}),
        ("가" * 301, "파스타 먹자", {"max_prompt_syllables": 400}),
        ("뭐 먹을까?", "그래", {"drop_dull": False}),
    ],
)
def test_options_let_pairs_stay(prompt: str, reply: str, options: dict[str, object]) -> None:
    assert reason(prompt, reply) is not None
    assert reason(prompt, reply, **options) is None


def test_replies_with_masks_can_be_left_out() -> None:
    assert reason("누구랑 가?", "[이름_1]이랑 가", placeholders="drop") == "placeholder"
    assert reason("[이름_1] 뭐해?", "밥 먹는 중", placeholders="drop") is None


def test_same_pair_is_kept_once() -> None:
    selection = Selection(PersonaOptions())
    assert selection.reason("뭐 먹을까?", "파스타 먹자") is None
    assert selection.reason("뭐 먹을까?!", "파스타  먹자 😊") == "duplicate_pair"
    assert selection.reason("저녁은?", "파스타 먹자") is None


def test_same_reply_is_kept_up_to_the_cap() -> None:
    selection = Selection(PersonaOptions(cap_per_phrase=2))
    found = [selection.reason(f"{word}?", f"집에 가는 중{'ㅋ' * n}") for n, word in enumerate("가나다라마", start=1)]
    assert found == [None, None, "repeated", "repeated", "repeated"]


def test_dropped_pairs_do_not_count_against_the_cap() -> None:
    selection = Selection(PersonaOptions(cap_per_phrase=1))
    assert selection.reason("ㅋㅋ", "집에 가는 중") == "too_short"
    assert selection.reason("어디야?", "집에 가는 중") is None


def test_reasons_of_a_chat_are_counted_in_order() -> None:
    lines = []
    for minute, reply in enumerate(["응", "그래", "집에 가는 중", "집에 가는 중", "밥 먹는 중"]):
        lines += [f"10:{minute * 2:02} 나리 어디야?", f"10:{minute * 2 + 1:02} 가온 {reply}"]
    assert reasons(rows(*lines)) == ["too_short", "dull", None, "duplicate_pair", None]


def many(*targets: str) -> list[Row]:
    return [Row((), target, f"2025-{1 + n % 12:02}-01", n, n) for n, target in enumerate(targets)]


def test_few_rows_are_all_kept() -> None:
    assert list(sample(many(*"가나다"), 10, 0)) == many(*"가나다")
    assert list(sample(many(*"가나다"), 0, 0)) == many(*"가나다")


def test_sample_keeps_rare_openings_before_common_ones() -> None:
    targets = ["아니 근데" if n % 20 else f"{chr(ord('가') + n)}나다 처음 듣는 말" for n in range(2_000)]
    found = kept(list(sample(many(*targets), 200, 0)))
    rare = sum(row.target != "아니 근데" for row in found)
    assert rare > 60  # 100 rare rows of 2,000: a plain draw of 200 would hold some 10


def test_sample_weighs_early_and_late_months_alike() -> None:
    history = [Row((), "아니 근데", f"{2010 + n // 1200}-{1 + n // 100 % 12:02}-01", n, n) for n in range(12_000)]
    found = kept(list(sample(history, 1_000, 0)))
    early = sum(row.group < "2015" for row in found)
    assert 400 < early < 600


@given(st.lists(st.sampled_from(["가나", "다라", "마바"]), max_size=40), st.integers(8, 20), st.integers(0, 5))
def test_sample_loses_and_doubles_nothing(targets: list[str], limit: int, seed: int) -> None:
    found = list(sample(many(*targets), limit, seed))
    assert sorted(row.record_first or 0 for row in found) == list(range(len(targets)))
    assert len(kept(found)) == min(limit, len(targets))
    assert {row.dropped for row in found} <= {None, "over_limit"}
