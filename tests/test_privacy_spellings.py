"""Adversarial spellings of numbers, ids, addresses of the net: one message a line, what must be masked in ⟦LABEL|…⟧. All invented."""

import pytest

from bench.labelled import unmarked
from engine.privacy.masking import find_spans

PHONE = r"""
⟦PHONE|공일공-1234 다시 5678⟧ 이야
⟦PHONE|공일공 1234 오육칠팔⟧ 저장해
⟦PHONE|공일공에 1234에 5678⟧입니다
⟦PHONE|공 일 공 일 이 삼 사 오 육 칠 팔⟧
⟦PHONE|공일공 삼팔이육 칠공오구⟧ 여기로 해
⟦PHONE|빵일빵 일이삼사 오육칠팔⟧ ㅋㅋ
⟦PHONE|공일공의 이삼사오의 육칠팔구⟧로 문자해
⟦PHONE|영일영-2345-6789⟧
⟦PHONE|영일공 2345 육칠팔구⟧
⟦PHONE|제로일제로 이삼사오 육칠팔구⟧
⟦PHONE|공하나공 둘셋넷다섯 여섯일곱여덟아홉⟧
⟦PHONE|공일영 팔팔이륙 삼사오구⟧ 아빠 번호
⟦PHONE|零一零 一二三四 五六七八⟧
⟦PHONE|〇一〇-二三四五-六七八九⟧
⟦PHONE|O1O 2345 6789⟧
⟦PHONE|o1o.2345.6789⟧
⟦PHONE|ㅇ1ㅇ-2345-6789⟧
⟦PHONE|ㅇIㅇ 2345 6789⟧
⟦PHONE|0l0-2345-6789⟧
⟦PHONE|О1О-2345-6789⟧
⟦PHONE|○1○-2345-6789⟧
⟦PHONE|01ㅇ 2345 67 89⟧
⟦PHONE|ᄀ\u116fᆼ⟧
"""
