"""Gates save time; they never hide what the detectors behind them would find."""

import inspect
import random
import re
from types import ModuleType

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bench.big_chat import PERSONAL_KINDS, message
from engine.privacy import detectors, first_look
from engine.privacy.labels import Span
from engine.privacy.names import NameMatcher
from engine.privacy.normalise import fold
from engine.privacy.policy import DEFAULT, MaskPolicy

OPEN = re.compile("")
PIECES = [
    "공일공 일이삼사 오육칠팔", "하나둘셋 공 다섯여섯일곱 여덟아홉하나둘", "０１０ １２３４ ５６７８", "gaon 골뱅이 naver 닷 com", "구월동 12-3에 살아", "역삼동 123-45", "서울 마포구 월드컵로 12",
    "우편번호 04524", "90년생", "생일 3월 4일", "(남, 900304)", "12가 3456", "192.168.10.20", "fe80::1ff:fe23", "sk-abcdefghijklmnop", "bit.ly/3xYzAbC", "@haru_12", "인스타 haru.98", "계정 moon_1", "신한 110-123-456789",
    "900101-1234567", "M12345678", "여권 AB1234567", "4111 1111 1111 1111", "안녕", "ㅋㅋ", "3시에", "101동 1203호", "이사 가", "\n", "一二三",
]  # fmt: skip
TEXTS = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(max_size=5), st.text("0123456789-공일이삼사 .@가동로살", max_size=16)),
    max_size=6,
).map(" ".join)


NAMES = NameMatcher(("가온", "서 나리", "minsu kim", "지은이❤", "한솔"), {"도담": 0.8})
TOLD = [
    "김", "\0\0\0\0", "\0\0이야", "\0\0살아", "\ue000\ue000이", "과장님", "이 과장님", "마장수", "님이", "씨는", "건이", "엄마", "클로이", "안", "서", "나리가", "minsu", "Kim", "Mr.", "Jason", "지은이❤", "지은아", "도담이가", "ㄱㅇ", "한솔", "새벽에", "인스타", "haru_98",
    "이름:", "박서진", "월", "삼", "일", "생", "둘", "셋넷", "이사", "구월동", "12-3", "3시에", "4500원", "중앙로", "101동", "1203호", "at", "naver.com", "ㅋㅋ", "ㅇㅇ", "ㅠㅠ", "ㄱㅗㅇ일공", "\u3000", "\n", "０１０", "번호", "생일", "공일공일", "이삼사오", "육칠팔구", ";", "/", "12가", "3456", "010", "1234", "5678", "5678ㅋㅋ",
]  # fmt: skip
TALK = st.lists(st.one_of(st.sampled_from(TOLD), st.sampled_from(PIECES)), max_size=8).map(" ".join)


def gates() -> list[tuple[ModuleType, str]]:
    """Patterns that only decide whether a detector runs: all of detectors.py's, and the signs it asks for in others."""
    own = [(detectors, name) for name, value in vars(detectors).items() if isinstance(value, re.Pattern)]
    asked = set(re.findall(r"\b(\w+)\.(\w*(?:SIGN|CUE|LIKE))\.search", inspect.getsource(detectors)))
    return own + [(vars(detectors)[module], name) for module, name in sorted(asked)]


def detect_all(text: str) -> list:
    """What is found with every gate open."""
    with pytest.MonkeyPatch.context() as patched:
        for module, name in gates():
            patched.setattr(module, name, OPEN)
        return detectors.detect(text)


def assert_nothing_hidden(text: str) -> None:
    found = {at for span in detectors.find_spans(text) for at in range(span.start, span.end)}
    hidden = [hit for hit in detect_all(text) if not found.intersection(range(hit[0], hit[1]))]
    assert hidden == []


def found_without_look(texts: list[str], policy: MaskPolicy) -> list[list[Span]]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(first_look.FirstLook, "of", lambda self, text: first_look.EVERYTHING)
        return detectors.find_all(texts, NAMES, policy=policy)


def test_there_are_gates():
    assert len([name for module, name in gates() if module is detectors]) > 3
    assert len([name for module, name in gates() if module is not detectors]) > 2


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_no_gate_hides_a_hit(text):
    folded = fold(text).text
    assume(not any(ch.isdecimal() and not ch.isascii() for ch in folded))  # digits of a script that nobody folds
    assert_nothing_hidden(folded)


@given(st.lists(st.one_of(TALK, TEXTS), max_size=5), st.sampled_from([DEFAULT, MaskPolicy(quasi=True)]))
@settings(max_examples=400, deadline=None)
def test_a_first_look_changes_nothing(texts, policy):
    assert detectors.find_all(texts, NAMES, policy=policy) == found_without_look(texts, policy)


def test_a_first_look_changes_nothing_in_a_chat():
    rng = random.Random(2)
    texts = [message(rng) for _ in range(4000)]
    assert detectors.find_all(texts, NAMES) == found_without_look(texts, DEFAULT)
    dull = sum(NAMES.look.of(text) < first_look.FEW for text in texts)
    assert dull > len(texts) / 2


def test_words_are_forgotten_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(first_look, "_REMEMBERED", 3)
    look = NameMatcher(["가온"]).look
    seen = [look.of(text) for text in ("하나 둘 셋 가온이가", "가나 다라 마바 사아 자차 카타", "가온이가 왔어")]
    assert len(look) <= 3 and seen[0] & first_look.NAMED and seen[2] & first_look.NAMED


def test_no_gate_hides_a_hit_in_a_chat():
    rng = random.Random(1)
    for kind in PERSONAL_KINDS:
        for _ in range(10):
            assert_nothing_hidden(kind(rng))
    for _ in range(1500):
        assert_nothing_hidden(message(rng))
