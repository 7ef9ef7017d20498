"""The verdict as JSON: written one way, read out of whatever a model says, every breach of the schema named."""

import json

import pytest

from engine.claims.verdict import MATCHES, RISKS, SCHEMA, Comparison, Verdict, parse_verdict, risk_of, to_json

WHOLE = Verdict("낮음", (Comparison("온도 센서", "습도 센서", "불일치"),), "온도 센서가 제품에 없다.")


def test_written_and_read_back() -> None:
    assert to_json(WHOLE) == (
        '{"risk_level": "낮음", "comparisons": [{"claim_element": "온도 센서", "product_element": "습도 센서", "match": '
        '"불일치"}], "decision_reason": "온도 센서가 제품에 없다."}'
    )
    assert parse_verdict(to_json(WHOLE)).verdict == WHOLE
    assert SCHEMA["properties"]["risk_level"]["enum"] == list(RISKS)


@pytest.mark.parametrize(
    "around",
    [
        "{0}",
        "판단 결과입니다.\n```json\n{0}\n```\n참고하세요.",
        '먼저 {{"메모": 1}} 그리고 {0} 끝',
        "{{요약}} {0} {0}",
        "\ufeff{0}",
    ],
)
def test_found_among_other_words(around: str) -> None:
    assert parse_verdict(around.format(to_json(WHOLE))).verdict == WHOLE


def broken(**changed: object) -> str:
    return json.dumps({**json.loads(to_json(WHOLE)), **changed}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("text", "valid", "errors"),
    [
        ("", False, ("no_object",)),
        ("침해 위험이 높습니다.", False, ("no_object",)),
        (to_json(WHOLE)[:-3], False, ("broken_json",)),
        ("{" * 5000, False, ("broken_json",)),
        ('{"a":' * 5000, False, ("broken_json",)),
        ("{}", True, ("missing:risk_level", "missing:comparisons", "missing:decision_reason")),
        (broken(risk_level="매우 높음"), True, ("unknown_risk",)),
        (broken(risk_level=["높음"]), True, ("unknown_risk",)),
        (broken(comparisons="없음"), True, ("not_a_list",)),
        (broken(comparisons=[]), True, ("empty_list",)),
        (broken(comparisons=["온도 센서", "습도"]), True, ("not_an_object",)),
        (broken(comparisons=[{"claim_element": "a", "product_element": "b", "match": "yes"}]), True, ("unknown_match",)),
        (broken(comparisons=[{"claim_element": 1, "match": "일치"}]), True, ("missing:product_element", "not_text:claim_element")),
        (broken(decision_reason=None), True, ("not_text:decision_reason",)),
        (broken(note="덧붙임"), True, ("extra_key",)),
    ],
)  # fmt: skip
def test_what_is_broken_is_named(text: str, valid: bool, errors: tuple[str, ...]) -> None:
    found = parse_verdict(text)
    assert (found.verdict, found.json_valid, found.errors) == (None, valid, errors)


def test_an_inner_object_of_a_cut_off_answer_is_no_verdict() -> None:
    assert parse_verdict(to_json(WHOLE).split("]")[0]).errors == ("broken_json",)


def test_halves_of_characters_do_not_reach_a_file() -> None:
    found = parse_verdict(to_json(WHOLE).replace("습도", "\\ud83d"))
    assert found.verdict and "\ud83d" not in to_json(found.verdict)


@pytest.mark.parametrize(
    ("matches", "risk"),
    [
        (["일치"] * 3, "높음"),
        (["일치", "불명확"], "애매"),
        (["불명확", "불일치", "일치"], "낮음"),
        (["불일치"], "낮음"),
    ],
)
def test_the_all_elements_rule(matches: list[str], risk: str) -> None:
    assert risk_of(matches) == risk


@pytest.mark.parametrize("matches", [[], ["모름"], [*MATCHES, ""]])
def test_the_rule_judges_nothing_unknown(matches: list[str]) -> None:
    with pytest.raises(ValueError, match="matches"):
        risk_of(matches)
