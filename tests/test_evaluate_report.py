"""The Markdown report: everything is said, nothing is injected."""

import pytest

from engine.evaluate.compare import as_dict, summarise
from engine.evaluate.report import escape, markdown
from engine.evaluate.suite import Answer, Item, Metric, Suite, SuiteContext

METRICS = (
    Metric("right", "share of answers", "higher", "맞은 답의 비율.", "Share of right answers.", (0.0, 1.0)),
    Metric("copied", "share of answers", "lower", "베낀 답의 비율.", "Share of copied answers.", (0.0, 1.0)),
    Metric("unknown", "-", "higher", "알 수 없음.", "Unknown.", None),
)
TOY = Suite(
    "toy",
    "2",
    METRICS,
    lambda item, answer, context: {
        "right": float(answer.text == item.reference),
        "copied": float(answer.text == "베낌"),
        "unknown": None,
    },
)
HOSTILE = "a|b<script>alert(1)</script>\n# 제목 [x](http://evil.example) `code` @you ‮abc"


def evaluation(second: str = "run-1") -> dict[str, object]:
    items = [Item(f"문항{i}", (), "답") for i in range(20)]
    base = [Answer("베낌" if i < 3 else "틀림", "", 1) for i in range(20)]
    tuned = [Answer("답", "", 1) for _ in range(20)]
    found = summarise(TOY, items, {"base": base, second: tuned}, SuiteContext(), seed=11)
    rows = [
        {"model": model, "item": item.name, "scores": scores}
        for model, each in found.per_answer.items()
        for item, scores in zip(items, each, strict=True)
    ]
    habit = {"model": second, "metric": "m", "feature": "니다", "mine": 0.0, "share": 0.5, "items": ["문항1"]}
    return {
        **as_dict(found),
        "evaluation_id": "e-7",
        "settings": {"temperature": 0.7, HOSTILE: HOSTILE},
        "answers": rows,
        "habits": [habit],
    }


@pytest.mark.parametrize(
    "said",
    [
        "# 평가 보고서: toy",
        "모음 버전: 2",
        "씨앗: 11",
        "평가: e-7",
        "더 좋아졌습니다 (1): right",
        "차이를 확인할 수 없음 (1): copied",
        "비교할 수 없음 (1): unknown",
        "n=20",
        "0.000 \\[0.000, 0.161\\]",
        "판단 못 함",
        "맥니마 정확 검정",
        "<0.001",
        "base, copied: 문항0 (1.000), 문항1 (1.000), 문항2 (1.000)",
        "맞은 답의 비율.",
        "설정 temperature: 0.7",
        "| run-1 | m | 니다 | 0.0 % | 50.0 % | 문항1 |",
    ],
)
def test_the_korean_report_says(said: str) -> None:
    assert said in markdown(TOY, evaluation())


@pytest.mark.parametrize(
    "said", ["# Evaluation report: toy", "better (1): right", "no detectable difference", "Share of right"]
)
def test_the_english_report_says(said: str) -> None:
    assert said in markdown(TOY, evaluation(), "en")


def test_nothing_from_a_name_becomes_markup() -> None:
    text = markdown(TOY, evaluation(HOSTILE))
    assert "<script" not in text and "](http" not in text and "http://" not in text and "‮" not in text
    assert all(line.startswith(("# 평가", "## ")) for line in text.splitlines() if line.startswith("#"))


def test_every_table_row_has_as_many_cells_as_its_head() -> None:
    rows = [line.replace("\\|", "") for line in markdown(TOY, evaluation(HOSTILE)).splitlines() if line.startswith("|")]
    widths = [row.count("|") for row in rows]
    heads = [i for i, row in enumerate(rows) if i + 1 < len(rows) and rows[i + 1].startswith("| ---")]
    for start, end in zip(heads, [*heads[1:], len(rows)], strict=True):
        assert len(set(widths[start:end])) == 1


@pytest.mark.parametrize(
    ("raw", "safe"),
    [("a|b", "a\\|b"), ("<b>&", "&lt;b&gt;&amp;"), ("가\n나", "가 나"), ("[이름_1]", "\\[이름\\_1\\]"), (0.7, "0.7")],
)
def test_escape_keeps_what_is_read(raw: object, safe: str) -> None:
    assert escape(raw) == safe


def test_a_single_model_is_reported_without_comparison() -> None:
    found = summarise(TOY, [Item("1", (), "답")], {"base": [Answer("답", "", 1)]}, SuiteContext())
    assert "모델이 하나라 비교하지 않았습니다." in markdown(TOY, as_dict(found))


def test_a_report_from_stored_rows_needs_no_n_and_skips_metrics_that_are_gone() -> None:
    stored = evaluation()
    test = {
        "a": "base",
        "b": "run-1",
        "metric": "right",
        "delta": 1.0,
        "low": 0.8,
        "high": 1.0,
        "p": 0.001,
        "test": "none",
    }
    stored["paired"] = [test, {**test, "metric": "gone"}]
    del stored["method"]
    text = markdown(TOY, stored)
    assert "gone" not in text and "더 좋아졌습니다 (1): right" in text
