"""Patent cases from any shape of file to rows: nothing lost, labels held to the rule, whole claims apart, training rows alone varied."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from engine.claims.names import groups_in
from engine.claims.parse import parse_claim
from engine.claims.verdict import parse_verdict, risk_of
from engine.config import SAMPLES
from engine.curate.patent_cases import consistent
from engine.curate.patent_options import PatentOptions
from engine.curate.patent_prompt import claim_in, prompt_of, schema_of
from engine.curate.patent_rows import build
from engine.curate.row import Row, SourceRecord, SourceView
from engine.curate.stratified import stratified
from engine.errors import UserError
from engine.jobs.folds import refuse_unfit
from engine.recipes.recipe import load_recipe
from engine.sources.detect import choose_reader
from engine.sources.patent import PatentReader
from engine.sources.reader import ReadReport, Record

SAMPLE = SAMPLES / "patent" / "cases.jsonl"
CASE: dict[str, Any] = {
    "product": "수조와 펌프를 갖춘 가습기",
    "claim": "수조; 및 펌프를 포함하는 가습기.",
    "risk_level": "높음",
    "comparisons": [{"claim_element": "수조", "product_element": "수조", "match": "일치"}],
    "decision_reason": "모두 있다.",
}
LABEL = {key: CASE[key] for key in ("risk_level", "comparisons", "decision_reason")}


def read(path: Path, **mapping: str) -> tuple[list[Record], ReadReport]:
    report = ReadReport()
    return list(PatentReader(mapping).read(path, report)), report


def built(records: list[Record], **options: Any) -> list[Row]:
    numbered = [SourceRecord(n, None, None, r.kind, r.text, r.meta) for n, r in enumerate(records)]
    return list(build(SourceView("s", "patent", None, {}, numbered), PatentOptions(**options)))


@pytest.mark.parametrize(
    "row",
    [
        CASE,
        {"input": {"product": CASE["product"], "claim": CASE["claim"]}, "output": LABEL},
        {"input": {"product": CASE["product"], "claim": CASE["claim"]}, "output": json.dumps(LABEL, ensure_ascii=False)},
        {"input": f"[제품 설명]\n{CASE['product']}\n\n[청구항]\n{CASE['claim']}", "output": LABEL},
        {"instruction": "판단하세요.", "input": f"청구항: {CASE['claim']}\n제품: {CASE['product']}", "output": f"```json\n{json.dumps(LABEL)}\n```"},
        {"messages": [{"role": "user", "content": f"판단하세요.\n\n제품: {CASE['product']}\n청구항: {CASE['claim']}"},
                      {"role": "assistant", "content": json.dumps(LABEL, ensure_ascii=False)}]},
        {"제품 설명": CASE["product"], "청구항": CASE["claim"], "위험도": "high", "비교": json.dumps(
            [{"구성요소": "수조", "제품 구성": "수조", "일치 여부": "O"}], ensure_ascii=False), "판단 이유": "모두 있다."},
    ],
)  # fmt: skip
@pytest.mark.parametrize("shape", ["jsonl", "json", "one"])
def test_every_shape_of_a_case_is_the_same_case(tmp_path: Path, row: dict[str, Any], shape: str) -> None:
    path = tmp_path / "cases.bin"
    text = json.dumps(row, ensure_ascii=False)
    path.write_text({"jsonl": f"{text}\n{text}\n", "json": f"[{text}, {text}]", "one": text}[shape], encoding="utf-8")
    assert choose_reader(path, kinds=("patent",)).kind == "patent"
    found = read(path)[0][0]
    assert (found.kind, found.text) == ("patent", CASE["claim"])
    assert {key: (found.meta or {})[key] for key in ("product", *LABEL)} == {
        key: CASE[key] for key in ("product", *LABEL)
    }


def test_tables_and_columns_told_by_the_owner(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(
        '물건,권리,등급\n"수조, 펌프",수조를 포함하는 가습기,상\n난로,수조를 포함하는 가습기,모름\n', encoding="cp949"
    )
    with pytest.raises(UserError, match="물건"):
        read(path)
    records, report = read(path, product="물건", claim="권리", risk_level="등급")
    assert [(r.meta or {})["risk_level"] for r in records] == ["높음", None]
    assert (records[1].meta or {})["given"]["risk_level"] == "모름"
    assert report.facts["cases"] == {"part_of_a_label": 2, "unknown_risk": 1, "mapped": 1}
    assert any("모름 1" in line for line in report.warnings) and any("상→높음 1" in line for line in report.warnings)
    with pytest.raises(UserError, match="없는열"):
        read(path, claim="없는열")


def test_what_is_broken_is_counted_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    rows = [
        CASE, CASE, {**CASE, "claim": ""}, {"product": CASE["product"], "claim": CASE["claim"] * 2}, {**CASE, "claim": "다른 것을 포함하는 것", "product": None},
        {**CASE, "claim": "수조를 갖는 것", "comparisons": [{"claim_element": "수조", "product_element": "", "match": "글쎄"}]},
        {**CASE, "claim": "수조를 갖춘 것", "comparisons": "수조는 일치"}, {**CASE, "claim": "수조를 담은 것", "risk_level": 3},
    ]  # fmt: skip
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join([*lines, '{"claim": "깨진 줄', "[]"]), encoding="utf-8")
    records, report = read(path)
    assert len(records) == 10 and report.unparsed == 3 and sum(r.kind == "other" for r in records) == 3
    assert all(r.text for r in records)
    assert report.facts["cases"] == {
        "no_claim": 1, "no_product": 1, "no_label": 1, "unknown_risk": 1, "unknown_match": 1, "broken_comparisons": 1, "repeated": 1,
    }  # fmt: skip
    dropped = Counter(row.dropped for row in built(records))
    assert dropped == {None: 1, "duplicate": 1, "no_label": 1, "no_product": 1, "broken_label": 3}


def test_pasted_claims_are_cut_by_number(tmp_path: Path) -> None:
    path = tmp_path / "claims.txt"
    path.write_text(
        "머리말\n【청구항 1】\n수조를 포함하는 가습기.\n【청구항 2】\n제1항에 있어서, 펌프를 더 포함하는 가습기.",
        encoding="utf-8",
    )
    assert choose_reader(path, kinds=("patent",)).kind == "patent"
    records, report = read(path)
    assert [(r.kind, (r.meta or {}).get("number")) for r in records] == [("other", None), ("patent", 1), ("patent", 2)]
    assert report.facts["cases"] == {"no_product": 2, "no_label": 2}


@pytest.mark.parametrize("text", ["", "그냥 글입니다.", '[{"a": 1}]', "a,b\n1,2\n", '{"claim": 3, "product"'])
def test_what_holds_no_claim_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError):
        read(path)


def test_labels_that_break_the_rule_are_dropped_unless_wanted(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps({**CASE, "risk_level": "낮음"}, ensure_ascii=False), encoding="utf-8")
    records, _ = read(path)
    assert built(records)[0].dropped == "inconsistent_label"
    assert built(records, inconsistent="keep")[0].dropped is None


def test_samples_are_whole_and_split_by_claim_with_every_risk() -> None:
    records, report = read(SAMPLE)
    assert len(records) >= 60 and not report.unparsed and not report.facts["cases"]
    verdicts = [parse_verdict(row.target).verdict for row in built(records, augment=[])]
    assert all(verdict and consistent(verdict) for verdict in verdicts)
    names = groups_in(text for r in records for text in (r.text, str((r.meta or {})["product"])))
    rows = built(records, abbreviations=names)
    assert not any(row.dropped for row in rows)
    homes: dict[str, set[str | None]] = {}
    for row in rows:
        homes.setdefault(row.group, set()).add(row.split)
    assert all(len(splits) == 1 for splits in homes.values())
    assert {row.split for row in rows if row.meta["variant"] != "original"} == {"train"}
    assert {row.meta["variant"] for row in rows} == {
        "original",
        "abbreviated",
        "spelled_out",
        "synonym",
        "reordered",
        "range_edge",
    }
    for split in ("train", "validation", "test"):
        risks = Counter(
            row.meta["risk_level"] for row in rows if row.split == split and row.meta["variant"] == "original"
        )
        assert len(risks) == 3 and max(risks.values()) - min(risks.values()) <= 2
    for row in rows:
        verdict = parse_verdict(row.target).verdict
        assert verdict and risk_of(one.match for one in verdict.comparisons) == verdict.risk == row.meta["risk_level"]
        assert row.messages == prompt_of(row.meta, PatentOptions(abbreviations=names))
    assert [row.target for row in rows] == [row.target for row in built(records, abbreviations=names)]


def test_every_case_is_held_out_in_one_fold() -> None:
    records, _ = read(SAMPLE)
    held = [row.record_first for k in range(5) for row in built(records, folds=5, fold=k) if row.split == "test"]
    assert sorted(held) == list(range(len(records)))
    with pytest.raises(UserError, match="folds=3, fold=3"):
        PatentOptions(folds=3, fold=3)
    with pytest.raises(UserError, match="50"):
        built(records, folds=50)


def test_claims_nearly_the_same_lie_together(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    claim = "물을 저장하는 수조, 상기 수조의 바닥에 배치된 초음파 진동자 및 자외선 램프를 포함하는 가습기"
    path.write_text(
        "\n".join(json.dumps({**CASE, "claim": c}, ensure_ascii=False) for c in (claim, claim + "로서 휴대용인 것.")),
        encoding="utf-8",
    )
    one, other = built(read(path)[0])
    assert one.group == other.group


def test_stratified_gives_every_split_its_share_of_each_label() -> None:
    labels = {f"g{n}": Counter({"a" if n % 3 else "b": 1 + n % 2}) for n in range(60)}
    found = stratified(labels, {"train": 0.8, "test": 0.2}, 0)
    whole = sum(labels.values(), Counter())
    test = sum((labels[g] for g, split in found.items() if split == "test"), Counter())
    assert all(abs(test[label] - 0.2 * n) <= 1 for label, n in whole.items())
    assert stratified({"a": Counter({"x": 20})}, {"train": 0.8, "test": 0.2}, 0) == {}


@pytest.mark.parametrize("item", [{}, {"claim": "a"}, {"product": "a"}])
def test_a_question_without_its_parts_is_named(item: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        prompt_of(item, PatentOptions())


@pytest.mark.parametrize("item", [{"claim": " ", "product": "컵"}, {"claim": "몸체를 포함하는 컵.", "product": ""}])
def test_a_question_with_an_empty_part_is_refused(item: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="비어 있어"):
        prompt_of(item, PatentOptions())


def test_more_folds_than_a_recipe_divides_into_are_refused() -> None:
    for k in (1, 1000):
        with pytest.raises(UserError, match=f"--k {k}"):
            refuse_unfit(load_recipe("patent"), k)


def test_the_command_line_spells_options() -> None:
    options = PatentOptions(augment="synonym, reordered", abbreviations="TBC=트리부틸 아세틸시트레이트;PLA=폴리락트산")  # type: ignore[arg-type]
    assert options.augment == ("synonym", "reordered") and len(options.abbreviations) == 2
    assert PatentOptions(augment="off").augment == ()  # type: ignore[arg-type]
    asked = prompt_of({"claim": "TBC를 포함하는 필름", "product": "트리부틸 아세틸시트레이트를 쓴다"}, options)
    assert "트리부틸 아세틸시트레이트(TBC)를 쓴다" in asked[0]["content"]


@pytest.mark.parametrize("style", ["chat", "instruction"])
def test_a_prompt_tells_the_elements_that_its_verdict_must_name(style):
    claim = "전자레인지용 용기로서, 실리콘 몸체; 및 상기 몸체를 덮는 뚜껑을 포함하는 용기."
    prompt = prompt_of({"claim": claim, "product": "실리콘 그릇이다."}, PatentOptions(style=style))
    comparisons = schema_of(prompt)["properties"]["comparisons"]
    named = [one["properties"]["claim_element"]["const"] for one in comparisons["prefixItems"]]
    assert claim_in(prompt) == claim
    assert named == list(parse_claim(claim).elements) and comparisons["minItems"] == comparisons["maxItems"] == len(
        named
    )


def test_a_claim_of_too_many_elements_keeps_the_general_schema():
    claim = "; ".join(f"제{n} 부재" for n in range(200)) + "를 포함하는 장치."
    assert schema_of(prompt_of({"claim": claim, "product": "장치"}, PatentOptions())) is None
    assert schema_of(()) is None
