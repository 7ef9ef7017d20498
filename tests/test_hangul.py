"""Letters, particles, speech level."""

import unicodedata

import pytest

from engine.korean import hangul
from engine.korean.speech_level import speech_level


@pytest.mark.parametrize(
    ("word", "josa", "expected"),
    [
        ("지은", "이/가", "지은이"),
        ("민수", "이/가", "민수가"),
        ("서울", "으로/로", "서울로"),
        ("부산", "으로/로", "부산으로"),
        ("제주", "으로/로", "제주로"),
        ("3", "은/는", "3은"),
        ("2", "은/는", "2는"),
        ("1", "으로/로", "1로"),
        ("Tom", "이/가", "Tom이"),
        ("KT", "이/가", "KT가"),
        ("'책'", "을/를", "'책'을"),
        ("", "을/를", "를"),
    ],
)
def test_particle_agrees_with_the_last_sound(word, josa, expected):
    assert hangul.with_josa(word, josa) == expected


@pytest.mark.parametrize(
    ("ch", "closed"), [("은", True), ("수", False), ("0", True), ("9", False), ("n", True), ("!", False)]
)
def test_batchim_of_syllables_digits_and_letters(ch, closed):
    assert hangul.has_batchim(ch) is closed


def test_every_syllable_comes_apart_and_together_again():
    for code in range(0xAC00, 0xD7A4, 97):
        assert hangul.compose(*hangul.decompose(chr(code))) == chr(code)


def test_decompose_refuses_what_is_no_syllable():
    with pytest.raises(ValueError, match="syllable"):
        hangul.decompose("a")


def test_counts_only_whole_syllables():
    assert hangul.syllable_count("지은 ㅋㅋ abc 왔다!") == 4


def test_nfc_puts_conjoining_jamo_together():
    assert hangul.nfc(unicodedata.normalize("NFD", "지은")) == "지은"


@pytest.mark.parametrize(
    ("name", "heard"), [("지은", "지으나"), ("민준", "민주나"), ("민수", "민수"), ("재영", "재영")]
)
def test_vocative_by_ear(name, heard):
    assert hangul.liaison(name) == heard


def test_initials_and_roman_spelling():
    assert hangul.initials("김지은") == "ㄱㅈㅇ"
    assert hangul.romanise("지은") == ["ji", "eun"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("ㅋㅋㅋ 웃겨", "ㅋㅋㅋ"), ("ㅎㅎ", "ㅎㅎ"), ("하하하", "하하하"), ("ㅋ", None), ("하하호호관", None)],
)
def test_laughter_runs(text, found):
    match = hangul.LAUGHTER.search(text)
    assert (match.group() if match else None) == found


@pytest.mark.parametrize("text", ["ㅠㅠ", "ㅜㅜㅜ", "T_T"])
def test_crying_runs(text):
    assert hangul.CRYING.fullmatch(text)


@pytest.mark.parametrize("text", ["😀", "❤️", "👨‍👩‍👧", "👍🏽", "🇰🇷"])
def test_emoji_sequences_are_found(text):
    assert hangul.EMOJI.match(text)


@pytest.mark.parametrize(
    "sentence",
    [
        "밥 먹었어요?",
        "네",
        "갈게요~",
        "감사합니다!",
        "그렇죠 ㅎㅎ",
        "안녕하세요^^",
        "어디 계십니까",
        "그래여",
        "가실래요 ㅠㅠ",
        "저는 학생이에요.",
        "도와주십시오",
        "해용",
    ],
)
def test_polite_endings(sentence):
    assert speech_level(sentence) == "polite"


@pytest.mark.parametrize(
    "sentence",
    [
        "밥 먹었어?",
        "응",
        "갈게~",
        "고마워!",
        "그렇지 ㅎㅎ",
        "뭐하냐",
        "가자",
        "진짜 좋다",
        "그럴걸",
        "먹을래",
        "배고파ㅠㅠ",
        "집에 왔는데",
        "알겠음",
        "모르겠네 😂",
    ],
)
def test_casual_endings(sentence):
    assert speech_level(sentence) == "casual"


@pytest.mark.parametrize("sentence", ["", "ㅋㅋㅋ", "사진", "[이름_1]", "필요", "010", "강아지", "😂"])
def test_no_ending_no_guess(sentence):
    assert speech_level(sentence) == "unknown"
