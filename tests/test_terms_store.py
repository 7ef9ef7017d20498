"""Dictionaries in the store: imported by the command, merged, forgotten with their source; used by the search; names of patents kept."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from engine.cli.app import main
from engine.curate.found_terms import find_terms
from engine.curate.patent_names import names_known
from engine.errors import UserError
from engine.jobs.work import with_terms
from engine.sources.ingest import ingest
from engine.store.forget import forget_source
from engine.store.lineage import lineage
from engine.store.open import open_store
from engine.store.sources import get_source
from engine.store.terms import (
    add_relations,
    add_terms,
    dictionary_of_sources,
    has_terms,
    own_terms,
    read_dictionary,
    set_own_terms,
    set_removed,
    term_sources,
)
from engine.terms.model import Relation, Term
from engine.terms.shipped import RELATIONS, TERMS, shipped_dictionary
from tests.importing import Hands
from tests.retrieving import add_source, clause, finder, ids

KINDS = ("qa", "terms", "relations")
MI = Term("x", "급성 심근경색", "disease", ("심근경색",), ("심장마비",), ("MI",), "관상동맥이 막힌 병")


def brought(store: Path, path: Path, recipe: str = "medical") -> dict[str, Any]:
    """A file imported as the job does it."""
    work = Hands(store)
    return with_terms(work, ingest(work, recipe=recipe, kinds=KINDS, files=[path], kind=None, me=None))


def test_the_shipped_tables_come_in_whole(fresh_store: Path) -> None:
    brought(fresh_store, RELATIONS)
    told = brought(fresh_store, TERMS)
    with open_store(fresh_store) as db:
        found = read_dictionary(db, "medical")
    shipped = shipped_dictionary()
    assert told["dictionary"]["terms"] == len(shipped.terms) and told["dictionary"]["pending"] == 0
    assert {term.name for term in found.terms} == {term.name for term in shipped.terms}
    assert set(found.relations) == set(shipped.relations)


def test_relations_to_unknown_terms_wait_and_are_told(fresh_store: Path, tmp_path: Path) -> None:
    relations = tmp_path / "r.csv"
    relations.write_text("머리,관계,꼬리\n가병,증상,나통\n가병,검사,다검사\n", encoding="utf-8")
    told = brought(fresh_store, relations)
    assert told["dictionary"] == {"terms": 0, "relations": 0, "pending": 2, "ambiguous": 0}
    assert told["pending_examples"] == ["가병", "나통", "다검사"] and "2개" in told["warnings"][-1]
    terms = tmp_path / "t.csv"
    terms.write_text("용어,동의어\n가병,가질환\n나통,나통증\n", encoding="utf-8")
    assert brought(fresh_store, terms)["dictionary"] == {"terms": 2, "relations": 1, "pending": 1, "ambiguous": 0}


def test_forgetting_a_source_takes_its_terms_along(fresh_store: Path) -> None:
    source = brought(fresh_store, TERMS)["source_id"]
    with open_store(fresh_store) as db:
        add_terms(db, "medical", [MI])
        assert lineage(db, source)["kind"] == "source"
        before = len(read_dictionary(db, "medical").terms)
        forget_source(db, source)
        left = read_dictionary(db, "medical")
        assert before > 200 and [term.name for term in left.terms] == ["급성 심근경색"]
        assert [one["source_id"] for one in term_sources(db, None)] == [None]


def test_terms_of_several_sources_are_one_unless_their_kinds_differ(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        add_terms(db, "medical", [MI, Term("y", "급성심근경색", "", (), (), ("AMI",))])
        add_terms(db, "medical", [Term("z", "배", "body"), Term("w", "배", "fruit")])
        found = read_dictionary(db, "medical")
        assert (found.terms[0].name, found.terms[0].abbreviations) == ("급성 심근경색", ("MI", "AMI"))
        assert [term.kind for term in found.terms] == ["disease", "body", "fruit"]
        assert len({term.id for term in found.terms}) == 3
        assert not has_terms(db, "policy") and read_dictionary(db, "policy").terms == ()
        assert read_dictionary(db, None).terms == found.terms


def test_a_dictionary_is_read_anew_only_when_it_changed(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        add_terms(db, "medical", [MI])
        first = read_dictionary(db, "medical")
        assert read_dictionary(db, "medical") is first
        set_removed(db, "medical", ["심장마비"])
        assert read_dictionary(db, "medical").by_id["급성심근경색"].lay == ()
        add_relations(db, "medical", [Relation("MI", "symptom", "흉통")])
        assert len(read_dictionary(db, "medical").pending) == 1


CLAUSES = (
    ("mi", "급성 심근경색의 진단확정 시 진단보험금을 지급합니다."),
    ("stroke", "뇌졸중으로 입원한 경우 입원급여금을 지급합니다."),
    ("ckd", "만성 콩팥병으로 투석을 받는 경우 요양비를 지급합니다."),
    ("gout", "통풍의 치료에 든 통원의료비를 보상합니다."),
    ("appendix", "급성 충수염으로 충수절제술을 받은 경우 수술급여금을 지급합니다."),
    ("dementia", "알츠하이머병으로 진단이 확정된 경우 간병비를 지급합니다."),
    ("osteo", "골다공증으로 인한 골절의 진단급여금은 1회에 한합니다."),
    ("cataract", "백내장 수술은 연간 2회를 한도로 보상합니다."),
    ("shingles", "대상포진의 진단확정 시 최초 1회에 한하여 지급합니다."),
    ("prostate", "전립선비대증의 치료비는 보상하지 않습니다."),
    ("copd", "만성 폐쇄성 폐질환의 산소 치료비를 지급합니다."),
    ("gerd", "위식도역류질환의 통원의료비를 보상합니다."),
)
LAY = {
    "심장마비가 오면요?": "mi", "풍 맞으면요?": "stroke", "콩팥이 망가진 병이면요?": "ckd", "바람만 스쳐도 아픈 병이요": "gout", "맹장염이면요?": "appendix", "노망이 들면요?": "dementia",
    "뼈에 구멍이 난 병은요?": "osteo", "눈이 뿌옇게 되는 병이면요?": "cataract", "띠처럼 물집이 잡히는 병은요?": "shingles", "BPH는요?": "prostate", "COPD면요?": "copd",
    "역류성 식도염이면요?": "gerd",
}  # fmt: skip


def test_lay_words_find_clauses_that_only_use_the_term(fresh_store: Path) -> None:
    """Measured here: 6 of 12 questions find their clause first without the dictionary, 12 with it."""
    with open_store(fresh_store) as db:
        source = add_source(db, [clause(*one) for one in CLAUSES])
    before = {question: ids(finder(fresh_store, source), question, k=1) for question in LAY}
    brought(fresh_store, TERMS, "policy")
    on, off = finder(fresh_store, source), finder(fresh_store, source, terms=False)
    assert {question: ids(off, question, k=1) for question in LAY} == before
    hits = sum(before[question] == [chunk] for question, chunk in LAY.items())
    gained = sum(ids(on, question, k=1) == [chunk] for question, chunk in LAY.items())
    assert gained >= 11 and gained - hits >= 4
    official = "급성 심근경색 진단보험금은 얼마인가요?"
    assert ids(on, official, k=1) == ids(off, official, k=1) == ["mi"]


def test_policy_definitions_become_terms(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        text = "제2조(정의) 이 약관에서 '보험기간'이라 함은 회사가 보장하는 기간을 말합니다."
        source = add_source(db, [clause("정의", text)])
        find_terms(db, [source])
        find_terms(db, [source])
        (term,) = read_dictionary(db, "policy").terms
        assert (term.name, term.kind, term.definition) == ("보험기간", "definition", "회사가 보장하는 기간")
        dictionary = dictionary_of_sources(db, [source])
        assert dictionary is not None and dictionary.expand("보험기간은요?") == "보험기간은요?"


def test_what_patents_kept_in_settings_moves_into_the_tables(tmp_path: Path) -> None:
    store = tmp_path / "old.db"
    with open_store(store) as db:
        for table in ("term_searches", "removed_names", "relations", "term_names", "terms"):
            db.execute(f"DROP TABLE {table}")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = '0023_terms'")
        db.execute(
            "INSERT INTO settings VALUES ('patent_names', ?)",
            [json.dumps([["TBC", "트리부틸 아세틸시트레이트", "가소제"], ["PLA", "폴리락트산"]])],
        )
        db.execute("INSERT INTO settings VALUES ('patent_names_removed', ?)", [json.dumps(["가소제"])])
    with open_store(store) as db:
        assert names_known(db, []) == (("TBC", "트리부틸 아세틸시트레이트"), ("PLA", "폴리락트산"))
        assert own_terms(db, "patent", "abbreviation")[0] == ["TBC", "트리부틸 아세틸시트레이트", "가소제"]
        assert read_dictionary(db, "patent").id_of("TBC") == "트리부틸아세틸시트레이트"
        assert not db.execute("SELECT 1 FROM settings WHERE key LIKE 'patent_names%'").fetchone()
        set_own_terms(db, "patent", "abbreviation", [])
        assert names_known(db, []) == ()


def told(capsys: pytest.CaptureFixture[str], store: Path, *words: str) -> dict[str, Any]:
    status = main([*words, "--json", "--store", str(store)])
    found = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert status == (2 if "error" in found else 0)
    return dict(found)


def test_the_commands(fresh_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = brought(fresh_store, TERMS)["source_id"]
    relations = brought(fresh_store, RELATIONS)["source_id"]
    listed = told(capsys, fresh_store, "terms", "list", "심장마비", "--recipe", "medical")
    assert listed["terms"][0]["name"] == "급성 심근경색" and listed["sources"][0]["source_id"] == source
    linked = told(capsys, fresh_store, "terms", "link", "심장마비가 왔어요")["mentions"]
    assert [(one["start"], one["end"], one["name"]) for one in linked] == [(0, 4, "급성 심근경색")]
    assert "MI" in told(capsys, fresh_store, "terms", "expand", "심장마비요")["query"]
    flags = told(capsys, fresh_store, "terms", "check", "통풍은 인슐린으로 치료합니다.")["flags"]
    assert flags[0]["kind"] == "unknown_relation"
    assert told(capsys, fresh_store, "terms", "red-flags", "숨을 못 쉬겠어요")["red_flags"][0]["name"] == "호흡 곤란"
    for words in ([], ["--relations"]):
        out = tmp_path / f"out{len(words)}.jsonl"
        assert told(capsys, fresh_store, "terms", "export", "--out", str(out), *words)["rows"] > 200
        other = tmp_path / "again.db"
        brought(other, out)
    with open_store(fresh_store) as db, open_store(other) as again:
        assert set(read_dictionary(db, "medical").relations) == set(read_dictionary(again, "medical").relations)
        assert read_dictionary(db, "medical").terms == read_dictionary(again, "medical").terms
    assert "error" in told(capsys, fresh_store, "terms", "forget", relations)
    gone = told(capsys, fresh_store, "terms", "forget", relations, "--yes")
    assert gone["terms"] == 0 and gone["relations"] > 500
    assert "error" in told(capsys, fresh_store, "terms", "list", "--recipe", "summary")
    assert told(capsys, fresh_store, "terms", "link", "MI", "--shipped")["mentions"]


def test_the_newest_source_is_no_dictionary_where_there_is_another(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        chunks = add_source(db, [clause("a", "제1조 보험금")])
    brought(fresh_store, TERMS, "policy")
    with open_store(fresh_store) as db:
        assert get_source(db, "latest", "policy")["id"] == chunks


def test_a_killed_import_leaves_no_terms(fresh_store: Path, tmp_path: Path) -> None:
    circle = tmp_path / "c.csv"
    shutil.copy(TERMS, circle)
    circle.write_text("용어,동의어,상위어\n가,,나\n나,,가\n", encoding="utf-8")
    with pytest.raises(UserError):
        brought(fresh_store, circle)
    with open_store(fresh_store) as db:
        assert no_terms(db) and not db.execute("SELECT 1 FROM sources").fetchone()


def no_terms(db: Database) -> bool:
    return not db.execute("SELECT 1 FROM terms UNION SELECT 1 FROM relations").fetchone()
