"""Claims: elements and tree of invented claims of many fields, ranges, names of one thing; nothing is ever lost."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.claims.names import groups_in, merged, pairs_in, swapped, with_names_of
from engine.claims.numbered import numbered_claims
from engine.claims.parse import claims_named, parse_claim
from engine.claims.ranges import amounts_in, ranges_in
from engine.claims.tree import claim_tree
from tests.claim_texts import CLAIMS


def engine(store: Path, *words: str, code: int = 0) -> dict[str, Any]:
    """One command; its answer is the last line of stdout."""
    command = [sys.executable, "-m", "engine", "--store", str(store), "--json", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize("marked", CLAIMS)
def test_elements_are_what_a_reader_would_mark(marked: str) -> None:
    text = re.sub("[⟦⟧]", "", marked)
    claim = parse_claim(text)
    assert list(claim.elements) == re.findall("⟦(.*?)⟧", marked, re.S)
    assert "".join(piece.text for piece in claim.pieces) == text


@given(st.text(alphabet="제12항에있어서,;()[]\n 및와과를포함하는것특징으로단계상기로이루어진군에서A5%℃.", max_size=120))
@settings(max_examples=300, deadline=None)
def test_no_letter_is_lost(text: str) -> None:
    assert "".join(piece.text for piece in parse_claim(text).pieces) == text


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("제1항에 있어서", (1,)),
        ("제1항 또는 제2항에 있어서", (1, 2)),
        ("제1항 내지 제3항 중 어느 한 항에 있어서", (1, 2, 3)),
        ("제1항, 제3항 및 제5항 중 어느 한 항에 있어서", (1, 3, 5)),
        ("제2항~제4항에 있어서", (2, 3, 4)),
        ("제9999항에 있어서", (9999,)),
        ("제3항 내지 제1항에 있어서", (3, 1)),
    ],
)
def test_which_claims_are_gone_back_to(text: str, numbers: tuple[int, ...]) -> None:
    assert claims_named(text) == numbers
    assert parse_claim(f"{text}, 상기 힌지는 금속인 것을 특징으로 하는 의자.").depends_on == numbers


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("A; B를 포함하는 빵의 제조 방법.", "방법"),
        ("A; B를 포함하는 도료.", "조성물"),
        ("A; B를 포함하는 의자.", "장치"),
    ],
)
def test_category(text: str, category: str) -> None:
    assert parse_claim(text).category == category


def test_a_tree_names_what_cannot_be() -> None:
    before, found = numbered_claims(
        "【발명의 명칭】 의자\n【청구항 1】\n등판; 및 좌판을 포함하는 의자.\n【청구항 2】 제1항에 있어서, 팔걸이를 더 포함하는 의자.\n"
        "청구항 3.\n제2항에 있어서, 바퀴를 더 포함하는 의자.\n[청구항 4] 제9항에 있어서, 쿠션을 더 포함하는 의자.\n"
        "[청구항 5] 제5항에 있어서, 등받이를 더 포함하는 의자.\n"
    )
    tree = claim_tree(found)
    assert before == "【발명의 명칭】 의자" and [number for number, _ in found] == [1, 2, 3, 4, 5]
    assert [tree.depth(claim) for claim in tree.claims] == [0, 1, 2, 0, 0]
    assert tree.problems == ("missing:4→9", "later:5→5")


def test_claims_that_go_back_to_each_other_end() -> None:
    tree = claim_tree(
        [(1, "제2항에 있어서, 등판을 더 포함하는 의자."), (2, "제1항에 있어서, 좌판을 더 포함하는 의자.")]
    )
    assert [tree.depth(claim) for claim in tree.claims] == [1, 1] and "later:1→2" in tree.problems


def test_a_claim_of_two_hundred_elements() -> None:
    text = "; ".join(f"제{n} 부재" for n in range(1, 201)) + "를 포함하는 기계."
    assert len(parse_claim(text).elements) == 200
    assert claim_tree([(1, text)]).problems == ("long:1",)


def test_a_huge_claim_is_cut_into_all_its_elements() -> None:
    text = ", ".join("상기 부재(10)에 결합된 5 내지 20 mm의 링" for _ in range(4000)) + "을 포함하는 기계."
    assert len(parse_claim(text).elements) == len(ranges_in(text)) == 4000


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("5 내지 20 중량%", [(5, 20, "중량%")]),
        ("10~30℃", [(10, 30, "℃")]),
        ("5 중량% 내지 20 중량%", [(5, 20, "중량%")]),
        ("1,000 내지 2,000 mg", [(1000, 2000, "mg")]),
        ("40 중량% 이상", [(40, None, "중량%")]),
        ("12시간 미만", [(None, 12, "시간")]),
        ("30℃ 이상 40℃ 이하", [(30, 40, "℃")]),
        ("두께 0.5 mm 초과 2 mm 미만", [(0.5, 2, "mm")]),
        ("제1 전극 및 제2 전극", []),
        ("20 내지 5 중량%", []),
        ("제1항 내지 제3항", []),
    ],
)
def test_ranges(text: str, found: list[tuple[float | None, float | None, str]]) -> None:
    assert [(one.low, one.high, one.unit) for one in ranges_in(text)] == found


def test_bounds_hold_what_they_say() -> None:
    closed, opened = ranges_in("5 이상 10 이하")[0], ranges_in("5 초과 10 미만")[0]
    assert closed.holds(5) and closed.holds(10) and not closed.holds(10.1)
    assert not opened.holds(5) and not opened.holds(10) and opened.holds(9.9)
    assert [(one.value, one.unit) for one in amounts_in("PLA 75 중량%에 5 내지 9 g, 그리고 12 g")] == [
        (75, "중량%"),
        (12, "g"),
    ]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("조성물은 트리부틸 아세틸시트레이트(TBC) 5 중량%를", [("TBC", "트리부틸 아세틸시트레이트")]),
        ("LED(발광 다이오드)를 구비하는", [("LED", "발광 다이오드")]),
        ("저전력 블루투스(BLE)로 송신", [("BLE", "저전력 블루투스")]),
        ("제어부(10)와 밸브(20)", []),
        ("PLA(5 중량%)와 TBC(10%)", []),
        ("tributyl acetylcitrate(TBC)", [("TBC", "tributyl acetylcitrate")]),
    ],
)
def test_abbreviations_are_found_beside_their_names(text: str, pairs: list[tuple[str, str]]) -> None:
    assert pairs_in(text) == pairs


def test_names_of_one_thing_become_one_group() -> None:
    groups = groups_in(["폴리락트산(PLA)", "PLA(polylactic acid)를", "발광 다이오드(LED)"])
    assert groups == (("PLA", "폴리락트산", "polylactic acid"), ("LED", "발광 다이오드"))
    assert merged([["TBC", ""], ["A B", "ab"]]) == ()


def test_the_product_carries_the_claims_name() -> None:
    groups = (("TBC", "트리부틸 아세틸시트레이트"),)
    claim = "TBC 5 내지 20 중량%를 포함하는 필름"
    assert (
        with_names_of("트리부틸 아세틸시트레이트 12 중량%를 쓴다.", claim, groups)
        == "트리부틸 아세틸시트레이트(TBC) 12 중량%를 쓴다."
    )
    assert with_names_of("TBC를 12 중량% 쓴다.", claim, groups) == "TBC를 12 중량% 쓴다."
    assert with_names_of("TBCA와 구연산을 쓴다.", "트리부틸 아세틸시트레이트", groups) == "TBCA와 구연산을 쓴다."
    assert swapped("TBC와 TBCA", "TBC", "가소제") == "가소제와 TBCA"


def test_the_command_shows_a_text_a_file_and_refuses_nothing_to_show(fresh_store: Path, tmp_path: Path) -> None:
    told = engine(fresh_store, "claims", "--text", "수조; 및 펌프를 포함하는 가습기.")
    assert told["claims"][0]["elements"] == ["수조", "펌프"] and told["problems"] == []
    pasted = tmp_path / "claims.txt"
    pasted.write_text(
        "【청구항 1】 수조; 및 펌프를 포함하는 가습기.\n【청구항 2】 제1항에 있어서, 히터를 더 포함하는 가습기.",
        encoding="cp949",
    )
    told = engine(fresh_store, "claims", "--in", str(pasted))
    assert [(one["number"], one["depends_on"]) for one in told["claims"]] == [(1, []), (2, [1])]
    assert json.dumps(told, ensure_ascii=False).count("가습기") == 2
    for wrong in ([], ["--text", " "], ["--in", str(tmp_path / "none.txt")], ["latest"], ["--text", "a", "--in", "b"]):
        assert "error" in engine(fresh_store, "claims", *wrong, code=2)
