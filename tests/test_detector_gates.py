"""Gates save time; they never hide what the detectors behind them would find."""

import inspect
import random
import re
from types import ModuleType

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bench.big_chat import PERSONAL_KINDS, message
from engine.privacy import detectors
from engine.privacy.normalise import fold

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


def gates() -> list[tuple[ModuleType, str]]:
    """Patterns that only decide whether a detector runs: all of detectors.py's, and the signs it asks for in others."""
    own = [(detectors, name) for name, value in vars(detectors).items() if isinstance(value, re.Pattern)]
    asked = set(re.findall(r"\b(\w+)\.(\w*(?:SIGN|CUE))\.search", inspect.getsource(detectors)))
    return own + [(vars(detectors)[module], name) for module, name in sorted(asked)]


def detect_all(text: str) -> list:
    """What is found with every gate open."""
    with pytest.MonkeyPatch.context() as patched:
        for module, name in gates():
            patched.setattr(module, name, OPEN)
        return detectors.detect(text)


def assert_nothing_hidden(text: str) -> None:
    found = {at for start, end, *_ in detectors.detect(text) for at in range(start, end)}
    hidden = [hit for hit in detect_all(text) if not found.intersection(range(hit[0], hit[1]))]
    assert hidden == []


def test_there_are_gates():
    assert len([name for module, name in gates() if module is detectors]) > 3
    assert len([name for module, name in gates() if module is not detectors]) > 2


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_no_gate_hides_a_hit(text):
    folded = fold(text).text
    assume(not any(ch.isdecimal() and not ch.isascii() for ch in folded))  # digits of a script that nobody folds
    # A spoken number and digits in one text are read as one chain, where they part differently with and without gates.
    assume(not (re.search("[공영일이삼사오육칠팔구하둘]", folded) and re.search("[0-9]", folded)))
    assert_nothing_hidden(folded)


def test_no_gate_hides_a_hit_in_a_chat():
    rng = random.Random(1)
    for kind in PERSONAL_KINDS:
        for _ in range(10):
            assert_nothing_hidden(kind(rng))
    for _ in range(1500):
        assert_nothing_hidden(message(rng))
