"""Answers against the dictionary, and emergencies in everyday words: what is flagged, and above all what is not."""

import json
from pathlib import Path

import pytest

from engine.terms.dictionary import Dictionary
from engine.terms.emergencies import emergencies_in
from engine.terms.emergency_rules import RULES
from engine.terms.model import Relation, Term
from engine.terms.shipped import shipped_dictionary

FIXTURES = Path(__file__).parent / "fixtures"
CLAIMS = [json.loads(line) for line in (FIXTURES / "answer_claims.jsonl").read_text(encoding="utf-8").splitlines()]
TOLD, NONE = (
    (FIXTURES / "red_flags" / f"{name}.txt").read_text(encoding="utf-8").splitlines() for name in ("told", "none")
)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["answer"][:30])
def test_claims_are_flagged_or_left_alone(claim: dict[str, str | None]) -> None:
    flags = shipped_dictionary().check(str(claim["question"]), str(claim["answer"]))
    assert {flag.kind for flag in flags} == ({claim["flags"]} - {None})
    assert all(0 <= flag.start < flag.end <= len(str(claim["answer"])) for flag in flags)


def test_a_flag_names_both_ends_and_what_is_known() -> None:
    (flag,) = shipped_dictionary().check("", "아스피린은 소화성궤양 환자에게 안전합니다.")
    assert (flag.kind, flag.head, flag.relation, flag.tail) == (
        "contradicted",
        "아스피린",
        "contraindication",
        "소화성궤양",
    )


def test_a_dictionary_that_covers_nothing_says_nothing() -> None:
    bare = Dictionary([Term("a", "두통"), Term("b", "감기")])
    assert bare.check("감기의 증상은?", "감기의 증상은 두통입니다.") == []


def test_what_has_several_meanings_is_no_ground_for_a_flag() -> None:
    terms = [
        Term("a", "가병", "disease", (), (), ("AD",)),
        Term("b", "나병", "disease", (), (), ("AD",)),
        Term("c", "다통", "symptom"),
        Term("d", "라통", "symptom"),
    ]
    made = Dictionary(terms, [Relation("a", "symptom", "c"), Relation("b", "symptom", "d")])
    assert made.check("", "AD의 증상은 라통입니다.") == []
    assert [flag.head for flag in made.check("", "가병의 증상은 라통입니다.")] == ["가병"]


def test_kinds_of_a_term_share_what_is_known() -> None:
    terms = [
        Term("n", "소염제", "drug"),
        Term("i", "이부펜", "drug"),
        Term("u", "궤양", "disease"),
        Term("o", "골병", "disease"),
        Term("x", "엑스정", "drug"),
    ]
    made = Dictionary(
        terms, [Relation("i", "is_a", "n"), Relation("n", "contraindication", "u"), Relation("o", "treatment", "n")]
    )
    assert made.check("", "궤양 환자에게 이부펜을 투여합니다.")[0].kind == "contradicted"
    assert made.check("", "골병의 치료제는 이부펜입니다.") == []
    assert made.check("", "골병의 치료제는 엑스정입니다.")[0].kind == "unknown_relation"


@pytest.mark.parametrize("text", TOLD)
def test_emergencies_are_seen(text: str) -> None:
    flags = shipped_dictionary().red_flags(text)
    assert flags
    assert all(text[flag.start : flag.end] == flag.surface for flag in flags)


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_emergency_is_left_alone(text: str) -> None:
    assert shipped_dictionary().red_flags(text) == []


def test_every_rule_has_its_own_name_in_both_languages() -> None:
    assert len({rule.name for rule in RULES}) == len({rule.en for rule in RULES}) == len(RULES)


def test_the_owners_own_red_flags_count_unless_denied() -> None:
    made = Dictionary([Term("r", "고환 꼬임", "red_flag", ("고환이 갑자기 아파",), ("불알이 아파",))])
    assert [flag.name for flag in made.red_flags("자다가 불알이 아파요")] == ["고환 꼬임"]
    assert made.red_flags("고환 꼬임은 아니에요") == []
    assert made.red_flags("고환 꼬임의 증상은 무엇인가요?") == []
    assert made.link("고환 꼬임이 왔다") == [] and made.expand("고환 꼬임") == "고환 꼬임"


def test_a_long_text_is_no_trap() -> None:
    """Patterns that look ahead must not walk the text again and again: 200,000 letters take about a second."""
    assert emergencies_in("가슴이 " * 50_000) == []
    assert shipped_dictionary().check("", "심근경색의 " * 20_000) == []
