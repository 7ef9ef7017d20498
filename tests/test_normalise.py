"""Normalising evens out what it says it does, twice is as good as once, and placeholders never change."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.curate.options import PersonaOptions
from engine.curate.pairs import prompt_of
from engine.errors import UserError
from engine.korean.normalise import LIGHT, PLACEHOLDER, STEPS, normaliser
from tests.curate_chats import kept, rows, said

SIGNS = "ㅋㅎㅠㅜㄷㅡ하아요가 나\n\t\r.!?~…,;^[]_1１（）［］＿！Ａ　\u00a0\u200b\u200d\ufeff\u3164\x00\x1b[31m\u110f\u1112\u1161\u11ab\uffbb😂❤\ufe0f👨👩👍🏽🇰🇷"
TEXTS = st.one_of(
    st.text(alphabet=SIGNS, max_size=40),
    st.text(max_size=40),
    st.lists(st.sampled_from(["[이름_1]", "[전화번호_12]", "ㅋㅋㅋㅋ", "  ", "\n\n\n", "이름_1", "[", "]", "😂😂😂", "！？", "\u200b"]), max_size=12).map("".join),
)  # fmt: skip
ORDERS = st.lists(st.sampled_from(list(STEPS)), unique=True)


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("unicode", "\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
        ("unicode", "\u110f\u110f\uffbb ㅎㅏㄴ", "ㅋㅋㅋ ㅎㅏㄴ"),
        ("control", "\x1b[31m빨강\x1b[0m\x00\x07 끝\r\n줄\r", "빨강 끝\n줄\n"),
        ("invisible", "가\u200b나\ufeff다\u202e 👨\u200d👩\u200d👧\u200d", "가나다 👨\u200d👩\u200d👧"),
        ("spaces", "가  나\u00a0\u3000다 \n 라\n\n\n\n마\t바", "가 나 다\n라\n\n마 바"),
        ("width", "ＡＢＣ１２３！（이름＿1）～", "ABC123!（이름_1）~"),
        ("laughter", "ㅋ ㅋㅋ ㅋㅋㅋㅋ ㅎㅎㅎ 하하하하 하하하지만", "ㅋ ㅋㅋ ㅋㅋ ㅎㅎ 하하 하하하지만"),
        ("crying", "ㅠ ㅠㅠㅠㅠ ㅜㅜㅜ ㅠㅜㅠㅜ 흑흑흑", "ㅠ ㅠㅠ ㅜㅜ ㅠㅜ 흑흑"),
        (
            "lengthened",
            "좋아아아아 안돼ㅐㅐㅐ ㄷㄷㄷㄷ ㅇㅇ ㅋㅋㅋㅋ ㅠㅠㅠ",
            "좋아아 안돼ㅐㅐ ㄷㄷ ㅇㅇ ㅋㅋㅋㅋ ㅠㅠㅠ",
        ),
        ("punctuation", "뭐!!!! 왜???? ?!?!?! 음...... 아…… 네~~~~~ 1.5", "뭐!! 왜?? ?! 음... 아… 네~~ 1.5"),
        ("emoji_runs", "😂😂😂😂 ❤️❤️❤️ 👍🏽👍🏽👍🏽 😂❤️", "😂😂 ❤️❤️ 👍🏽👍🏽 😂❤️"),
        ("emoji_words", "😂 ❤️ 🇰🇷 👨\u200d👩\u200d👧 3\ufe0f\u20e3", "(웃음) (하트) (이모지) (이모지) (이모지)"),
        ("emoji_none", "좋아😂❤️🇰🇷👨\u200d👩\u200d👧 1번", "좋아 1번"),
    ],
)
def test_what_each_step_does(step, before, after):
    assert STEPS[step](before) == after
    assert STEPS[step](after) == after


@given(TEXTS, ORDERS)
@example("ㅋ\x00ㅋㅋ", ["laughter", "control"])
@example("[이름\u200b_1]", ["invisible"])
@example("［이름＿1］[이름＿1]", ["width"])
def test_twice_is_once_and_nothing_new_becomes_a_placeholder(text, steps):
    run = normaliser(steps)
    done = run(text)
    assert run(done) == done
    assert PLACEHOLDER.findall(done) == (PLACEHOLDER.findall(text))


@given(TEXTS, ORDERS)
def test_length_stays_in_bounds(text, steps):
    """Every code point gives at most three (NFC of a few musical signs), an emoji a word of five."""
    done = normaliser(steps)(text)
    assert len(done) <= len(text) * (5 if "emoji_words" in steps else 3)
    if not {"unicode", "emoji_words"} & set(steps):
        assert len(done) <= len(text)


@given(TEXTS)
def test_off_changes_nothing(text):
    assert normaliser(())(text) == text


@given(st.text(alphabet="가나다ㅋㅠ?!. 123abc", max_size=30))
def test_the_light_steps_change_nothing_a_reader_sees(text):
    assert normaliser(LIGHT)(text) == " ".join(text.split(" ")).strip() or "  " in text


def test_rows_are_normalised_after_masks_and_prompts_like_rows():
    chat = (
        "10:00 나리 [이름_1]랑  뭐 해\u200b????",
        "10:01 가온 공부 중이야ㅋㅋㅋㅋㅋ",
        "10:02 나리 \u200b",
        "10:02 나리 힘내!!!!",
    )
    light = kept(rows(*chat))
    assert (said(light[0]), light[0].target) == (["user: [이름_1]랑 뭐 해????"], "공부 중이야ㅋㅋㅋㅋㅋ")
    steps = ("invisible", "spaces", "laughter", "punctuation")
    (row,) = kept(rows(*chat, normalise=steps))
    assert (said(row), row.target) == (["user: [이름_1]랑 뭐 해??"], "공부 중이야ㅋㅋ")
    asked = prompt_of({"turns": ["[이름_1]랑  뭐 해\u200b????"]}, PersonaOptions(normalise=steps))
    assert asked[-1]["content"] == "[이름_1]랑 뭐 해??"
    off = kept(rows(*chat, normalise=()))
    assert said(off[0]) == ["user: [이름_1]랑  뭐 해\u200b????"]


def test_a_message_that_vanishes_says_nothing():
    found = rows("10:00 나리 뭐 해 지금", "10:01 가온 😂😂", normalise=("emoji_none",))
    assert [row.dropped for row in found] == ["media_only"] and found[0].target == ""


def test_steps_are_named_as_words_or_refused():
    assert PersonaOptions(normalise="spaces, laughter").normalise == ("spaces", "laughter")
    assert PersonaOptions(normalise="off").normalise == PersonaOptions(normalise="").normalise == ()
    assert PersonaOptions().normalise == LIGHT
    with pytest.raises(ValueError, match="normalise"):
        PersonaOptions(normalise="shout")
    with pytest.raises(UserError, match="emoji"):
        PersonaOptions(normalise=("emoji_words", "emoji_none"))
