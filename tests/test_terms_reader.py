"""Dictionaries and relations from files: columns by many names, lists, and what is wrong with a table told before it is kept."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.sources.detect import choose_reader
from engine.sources.reader import ReadReport
from engine.sources.relations import RelationsReader
from engine.sources.term_circles import first_circle, synonym_circles
from engine.sources.term_columns import names_in, out_of_brackets
from engine.sources.terms import TermsReader

KOREAN = "용어,동의어,쉬운말,약어,정의,분류\n급성 심근경색(AMI),심근경색; 심근경색증,심장마비,MI|STEMI,관상동맥이 막힌 병,질환\n흉통,,가슴 아픔,,,증상\n"


def terms_in(path: Path, mapping: dict[str, str] | None = None) -> tuple[list[dict[str, Any]], ReadReport]:
    report = ReadReport()
    records = list(TermsReader(mapping).read(path, report))
    return [record.meta for record in records if record.kind == "term" and record.meta], report


def relations_in(path: Path) -> tuple[list[tuple[str, str, str]], ReadReport]:
    report = ReadReport()
    metas = [record.meta for record in RelationsReader().read(path, report) if record.kind == "relation"]
    return [(m["head"], m["relation"], m["tail"]) for m in metas if m], report


def written(tmp_path: Path, text: str, name: str = "terms.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_korean_table(tmp_path: Path, encoding: str) -> None:
    found, report = terms_in(written(tmp_path, KOREAN, encoding=encoding))
    assert found[0] == {
        "term": "급성 심근경색", "synonyms": ["심근경색", "심근경색증"], "lay": ["심장마비"], "abbreviations": ["MI", "STEMI", "AMI"],
        "definition": "관상동맥이 막힌 병", "kind": "disease", "parents": [],
    }  # fmt: skip
    assert found[1]["lay"] == ["가슴 아픔"] and found[1]["synonyms"] == []
    assert report.facts["mapping"]["term"] == "용어"


def test_other_shapes_and_names(tmp_path: Path) -> None:
    rows = [
        {
            "concept": "asthma",
            "aliases": ["bronchial asthma", "천식"],
            "acronym": None,
            "description": "wheeze",
            "semantic_type": "Disease",
            "broader": "lung disease",
        }
    ]
    for name, text in (("a.json", json.dumps({"data": rows})), ("a.jsonl", json.dumps(rows[0]) + "\n")):
        found, _ = terms_in(written(tmp_path, text, name))
        assert found[0]["synonyms"] == ["bronchial asthma", "천식"] and found[0]["parents"] == ["lung disease"]
        assert found[0]["kind"] == "disease"
    tsv, _ = terms_in(written(tmp_path, "표제어\t유의어\n당뇨병\t당뇨/소갈증\n", "a.tsv"))
    assert tsv[0]["synonyms"] == ["당뇨", "소갈증"]


def test_parquet(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "terms.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"term": ["당뇨병"], "synonyms": [["당뇨", "소갈증"]]}), path)
    assert terms_in(path)[0][0]["synonyms"] == ["당뇨", "소갈증"]


def test_cells_that_are_lists() -> None:
    assert names_in("가; 나;") == ["가", "나"]
    assert names_in("가, 나 / 다") == names_in("['가', \"나\", '다']") == names_in("가|나|다") == ["가", "나", "다"]
    assert names_in("삼차신경통, 안면부; 나") == ["삼차신경통, 안면부", "나"]
    assert names_in("1,2-디클로로에탄; HER2/neu") == ["1,2-디클로로에탄", "HER2/neu"]
    assert [names_in(cell) for cell in (None, "-", "없음", float("nan"), "", {}, True)] == [[]] * 7
    assert out_of_brackets("폐렴") == ("폐렴", [])


def test_readers_know_their_tables_by_content(tmp_path: Path) -> None:
    relations = written(tmp_path, "머리,관계,꼬리\n감기,증상,기침\n", "r.csv")
    assert choose_reader(written(tmp_path, KOREAN)).kind == "terms"
    assert choose_reader(relations).kind == "relations"
    qa = written(tmp_path, "질문,답변\n입원비는 얼마인가요?,하루 2만원입니다.\n", "q.csv")
    assert choose_reader(qa, kinds=("qa",)).kind == "qa"
    pairs = written(tmp_path, "source,target,type\n긴 글,짧은 글,뉴스\n", "s.csv")
    assert choose_reader(pairs).kind == "table"


def test_relations_by_many_words(tmp_path: Path) -> None:
    text = "subject,predicate,object\n감기,has_symptom,기침;콧물\n아스피린,병용 금기,와파린\n감기,나란히,독감\n감기,증상,\n가,증상,가\n"
    found, report = relations_in(written(tmp_path, text, "r.csv"))
    assert found == [
        ("감기", "symptom", "기침"),
        ("감기", "symptom", "콧물"),
        ("아스피린", "contraindication", "와파린"),
        ("감기", "나란히", "독감"),
        ("가", "symptom", "가"),
    ]
    assert report.unparsed == 1 and any("머리와 꼬리" in told for told in report.warnings)


def test_a_kind_of_itself_is_refused_before_anything(tmp_path: Path) -> None:
    path = written(tmp_path, "용어,동의어,상위어\n가,,나\n나,,다\n다,,가\n")
    with pytest.raises(UserError, match="가 → 나 → 다 → 가"):
        next(TermsReader().read(path, ReadReport()))
    relations = written(tmp_path, "머리,관계,꼬리\n가,상위,나\n나,상위,가\n", "r.csv")
    with pytest.raises(UserError, match="돌고"):
        next(RelationsReader().read(relations, ReadReport()))


def test_circles_of_synonyms_empty_and_repeated_terms_are_told(tmp_path: Path) -> None:
    _, report = terms_in(written(tmp_path, "용어,동의어\n가병,나병\n나병,다병\n다병,가병\n라병,\n가병,마병\n"))
    told = "\n".join(report.warnings)
    assert (
        "가병 → 나병 → 다병 → 가병" in told
        and "1개를 하나로" in told
        and "비어" not in told
        and "빈 용어가 1개" in told
    )
    assert report.facts["terms"] == {"distinct": 4, "repeated": 1, "without_other_names": 1, "circles": 1}


def test_a_long_chain_is_no_circle_and_no_recursion() -> None:
    assert first_circle({str(n): [str(n + 1)] for n in range(50_000)}) == []
    assert len(first_circle({str(n): [str((n + 1) % 20_000)] for n in range(20_000)})) == 20_000
    assert synonym_circles({"a": ["a"], "b": ["x"]}) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [("가,나\n1,2\n", "용어가 든 열"), ("동의어,약어\n가,나\n", "용어가 든 열"), ("\0\0", "열 이름과 행을 하나도")],
)
def test_no_column_of_terms_is_said(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        list(TermsReader().read(written(tmp_path, text), ReadReport()))


def test_a_wrong_column_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="열이 없습니다"):
        list(TermsReader({"term": "없는열"}).read(written(tmp_path, KOREAN), ReadReport()))
    found, _ = terms_in(written(tmp_path, "가,나\n당뇨병,당뇨\n"), {"term": "가", "synonyms": "나"})
    assert found[0]["synonyms"] == ["당뇨"]


def test_hostile_cells_end_in_records_or_words(tmp_path: Path) -> None:
    rng = random.Random(5)
    cells = [
        "",
        " ",
        "-",
        "가" * 5000,
        ";;;|||,,,",
        "(((",
        "a(b",
        "😀",
        "=cmd|' /C calc'!A0",
        "<b>x</b>",
        "\u202e역",
        "1",
        "null",
    ]
    rows = ["용어,동의어,약어"] + [",".join(f'"{rng.choice(cells)}"' for _ in range(3)) for _ in range(300)]
    found, report = terms_in(written(tmp_path, "\n".join(rows)))
    assert all(meta["term"].strip() and len(meta["term"]) <= 120 for meta in found)
    assert report.unparsed + len(found) == 300
    for text in (
        '[{"용어": {"a": 1}, "동의어": 3}, 5, "x", {"용어": ["가"], "동의어": {"x": 1}}, {"용어": "나", "동의어": [["다"], null, 4]}]',
    ):
        terms_in(written(tmp_path, text, "h.json"))
