"""Clauses and pairs into the store: ids kept apart, a report that counts what is there, hub data sets, and no word of it in a log."""

import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine.config import ROOT
from engine.errors import Stopped, UserError
from engine.jobs.work import do_import, do_recount
from engine.models.counting import TokenCounter
from engine.sources.hub import fetch_rows
from engine.store.clause_records import ClauseLook, count_looked, read_before, read_clauses, read_looked
from engine.store.jobs import Work
from engine.store.open import all_rows, open_store
from engine.store.sources import get_source
from tests.chats import pc_chat
from tests.policies import TEXT, pdf
from tests.test_jobs import end_supervisor

RECIPE = """
from dataclasses import replace
from engine.recipes.persona import RECIPE as persona
RECIPE = replace(persona, name="clauses", source_kinds=("chunks", "clauses", "qa"), must_mask=False, samples=())
"""
WORDS = "회사는 피보험자가 보험기간 중에 진단 확정된 경우 약정한 보험금을 보험수익자에게 지급합니다 다만 계약자의 고의는 제외합니다".split()


class Quiet(Work):
    """A job's hold without a row in the store."""

    stop: str | None = None

    def progress(self, **facts: Any) -> None:
        self.last = facts

    def stop_asked(self) -> str | None:
        return self.stop


@pytest.fixture(autouse=True)
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "recipes"
    folder.mkdir()
    (folder / "clauses.py").write_text(RECIPE, encoding="utf-8")
    monkeypatch.setenv("MALMOI_RECIPES", str(folder))


def bring(store: Path, *files: Path | str, job: str = "job-test", **args: Any) -> dict[str, Any]:
    given = {"recipe": "clauses", "files": [str(file) for file in files], "kind": None, "me": None, **args}
    return do_import(Quiet(store, job, "t"), given)


def clause(number: int, words: int = 40) -> str:
    return f"제{number}조(보험금) " + " ".join(random.Random(number).choices(WORDS, k=words))


def chunks(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def row(number: int, company: str = "누리생명", **more: Any) -> dict[str, Any]:
    beside = {
        "company": company,
        "breadcrumbs": ["든든암보험", f"제{number}조(보험금)"],
        "policy_type": "암",
        "token_count": 50,
    }
    return {"chunk_id": f"c{number}", "text": clause(number), "metadata": beside, **more}


def test_report_of_an_import(fresh_store: Path, tmp_path: Path) -> None:
    rows = [row(n) for n in range(1, 6)] + [row(n, "다온화재") for n in range(6, 8)]
    rows += [
        row(1, text="같은 번호의 다른 글입니다."),
        row(2),
        row(9, text=clause(3)),
        row(10, text=clause(4)[:-5] + "바뀝니다"),
    ]
    rows.append(row(11, text="가나다라마바사 " * 600))
    told = bring(fresh_store, chunks(tmp_path / "chunked_data.jsonl", rows))
    assert (told["kind"], told["records"], told["unparsed"]) == ("chunks", 11, 0)
    assert told["duplicates"] == 2 and told["renamed_ids"] == [["c1", "c1~2"]]
    assert told["identical"] == 1 and told["identical_pairs"] == [["c3", "c9"]]
    assert told["near_duplicates"] == 1 and told["near_pairs"][0][:2] == ["c4", "c10"]
    assert told["over_long"] == 1 and told["over_long_ids"][0][0] == "c11"
    assert told["companies"] == {"누리생명": 9, "다온화재": 2}
    assert told["products"] == {"든든암보험": 11} and told["policy_types"] == {"암": 11}
    assert told["base"] == "starter" and told["tokens"]["longest"] > 512
    assert told["own_tokens"]["clauses"] == 11
    assert len(told["warnings"]) == 5 and not any("보험수익자" in warning for warning in told["warnings"])


def test_every_clause_keeps_its_own_count_beside_the_file_s(fresh_store: Path, tmp_path: Path) -> None:
    source = bring(fresh_store, chunks(tmp_path / "a.jsonl", [row(1), row(2)]))["source_id"]
    count = TokenCounter("starter")
    with open_store(fresh_store) as db:
        for _, text, meta in read_clauses(db, source):
            assert json.loads(meta)["token_count"] == 50
            assert json.loads(meta)["tokens"] == count(text)
        kept = get_source(db, source)["report"]["clauses"]
    assert kept["companies"] == {"누리생명": 2} and kept["longest_allowed"] == 512


def test_no_word_of_a_clause_stands_in_report_progress_or_result(fresh_store: Path, tmp_path: Path) -> None:
    secret = "비밀조항 " * 40
    rows = [row(1, text=secret + "가"), row(2, text=secret + "나"), row(3, text=secret + "나")]
    told = bring(fresh_store, chunks(tmp_path / "a.jsonl", rows))
    with open_store(fresh_store) as db:
        kept = get_source(db, told["source_id"])["report"]
    assert "비밀조항" not in json.dumps([told, kept], ensure_ascii=False)


def test_same_ids_in_two_files_of_one_import_are_kept_apart(fresh_store: Path, tmp_path: Path) -> None:
    one, two = (
        chunks(tmp_path / "a.jsonl", [row(1)]),
        chunks(tmp_path / "b.jsonl", [row(1, text="다른 글입니다."), row(1)]),
    )
    told = bring(fresh_store, one, two)
    assert (told["records"], told["duplicates"]) == (2, 2)


def test_importing_again_stores_nothing_and_counts_anew_for_another_limit(fresh_store: Path, tmp_path: Path) -> None:
    file = chunks(tmp_path / "a.jsonl", [row(n) for n in range(1, 4)])
    first = bring(fresh_store, file)
    again = bring(fresh_store, file, job="job-2", longest=64)
    assert again["source_id"] == first["source_id"]
    assert (first["over_long"], again["longest_allowed"]) == (0, 64)
    with open_store(fresh_store) as db:
        assert db.execute("SELECT count(*) FROM records").fetchone()[0] == 3


def test_recount_with_another_base(fresh_store: Path, tmp_path: Path) -> None:
    source = bring(fresh_store, chunks(tmp_path / "a.jsonl", [row(1)]))["source_id"]
    told = do_recount(Quiet(fresh_store, "job-r", "t"), {"source": source, "base": "starter", "longest": 100})
    assert told["longest_allowed"] == 100
    with pytest.raises(UserError):
        do_recount(Quiet(fresh_store, "job-r", "t"), {"source": source, "base": "그런 모델은 없음", "longest": 100})
    with open_store(fresh_store) as db:
        assert get_source(db, source)["report"]["clauses"]["longest_allowed"] == 100


def test_a_stop_leaves_the_source_and_no_half_report(fresh_store: Path, tmp_path: Path) -> None:
    source = bring(fresh_store, chunks(tmp_path / "a.jsonl", [row(1)]))["source_id"]
    work = Quiet(fresh_store, "job-r", "t")
    work.stop = "cancel"
    with pytest.raises(Stopped):
        do_recount(work, {"source": source, "base": "starter", "longest": 100})
    with open_store(fresh_store) as db:
        assert get_source(db, source)["report"]["clauses"]["longest_allowed"] == 512


def test_policy_as_text_is_cut_to_the_limit_in_the_base_s_own_tokens(fresh_store: Path, tmp_path: Path) -> None:
    file = tmp_path / "든든암보험.txt"
    body = "\n".join(f"{sign} " + clause(number) + "." for number, sign in enumerate("①②③④⑤⑥⑦⑧", 1))
    file.write_text(TEXT.replace("제5조【보험금의 청구】", f"제5조【보험금의 청구】\n{body}\n"), encoding="utf-8")
    told = bring(fresh_store, file, longest=128)
    assert told["kind"] == "clauses" and told["over_long"] == 0 and 64 < told["tokens"]["longest"] <= 128
    assert told["companies"] == {"누리생명보험": told["records"]}


def test_folder_and_archive_of_policies(fresh_store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "약관"
    folder.mkdir()
    (folder / "든든암보험.txt").write_text(TEXT, encoding="utf-8")
    pdf(folder / "든든입원보험.pdf", [TEXT.replace("든든암보험", "든든입원보험").split("\n")[:45]])
    (folder / "사진.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    told = bring(fresh_store, folder)
    assert set(told["products"]) == {"무배당 든든암보험", "무배당 든든입원보험"}
    assert any("1개를 건너뛰었습니다" in warning for warning in told["warnings"])
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(folder / "든든입원보험.pdf", "든든입원보험.pdf")
    assert bring(fresh_store, archive, job="job-2")["kind"] == "clauses"


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("약관.hwp", b"\xd0\xcf\x11\xe0" + bytes(600), "PDF나 txt로"),
        ("사진.jpg", b"\xff\xd8\xff" + bytes(60), "PDF나 txt로"),
        ("빈.txt", b"\n", "비어"),
        ("안내.txt", "좋은 하루 보내세요.\n내일 만나요.\n".encode(), "--as"),
    ],
)
def test_what_is_no_policy_is_refused_without_a_word_of_chats(
    name: str, body: bytes, told: str, fresh_store: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(UserError) as caught:
        bring(fresh_store, tmp_path / name)
    assert told in caught.value.ko
    assert "카카오톡" not in caught.value.ko and "KakaoTalk" not in caught.value.en and "대화" not in caught.value.ko


def test_a_word_file_says_how_to_save_it(fresh_store: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "약관.docx", "w") as packed:
        packed.writestr("word/document.xml", "<w:t>제1조(목적) 보험</w:t>")
    with pytest.raises(UserError) as caught:
        bring(fresh_store, tmp_path / "약관.docx")
    assert "PDF로 저장" in caught.value.ko and "PDF" in caught.value.en


def test_pairs_with_a_mapping(fresh_store: Path, tmp_path: Path) -> None:
    file = tmp_path / "표.csv"
    file.write_text("가,나,다\n무엇을 주나요?,50만원입니다.,사실\n왜 안 주나요?,고의라서요.,쉬운\n", encoding="utf-8")
    told = bring(fresh_store, file, kind="qa", map={"question": "가", "answer": "나", "type": "다"})
    assert (told["kind"], told["records"], told["mapping"]) == (
        "qa",
        2,
        {"question": "가", "answer": "나", "type": "다"},
    )
    assert "tokens" not in told
    with open_store(fresh_store) as db:
        metas = [json.loads(r["meta_json"]) for r in all_rows(db, "SELECT meta_json FROM records ORDER BY seq")]
    assert [(meta["answer"], meta["type"]) for meta in metas] == [("50만원입니다.", "fact"), ("고의라서요.", "easy")]


def test_a_corrected_mapping_is_another_source_and_says_so(fresh_store: Path, tmp_path: Path) -> None:
    file = tmp_path / "표.csv"
    file.write_text("질문,답변\n무엇을 주나요?,50만원입니다.\n왜 안 주나요?,고의라서요.\n", encoding="utf-8")
    first = bring(fresh_store, file)
    other = {"question": "답변", "answer": "질문"}
    second = bring(fresh_store, file, job="job-2", kind="qa", map=other)
    assert second["source_id"] != first["source_id"] and second["mapping"] == other
    assert any(first["source_id"] in warning for warning in second["warnings"])
    assert bring(fresh_store, file, job="job-3", kind="qa", map=other)["source_id"] == second["source_id"]
    assert bring(fresh_store, file, job="job-4")["source_id"] == first["source_id"]
    told = {"question": "질문", "answer": "답변", "clause": "", "type": ""}
    assert bring(fresh_store, file, job="job-5", kind="qa", map=told)["source_id"] == first["source_id"]


def test_a_mapping_that_cannot_be_leaves_nothing_behind(fresh_store: Path, tmp_path: Path) -> None:
    file = tmp_path / "표.csv"
    file.write_text("가,나\n1,2\n3,4\n", encoding="utf-8")
    with pytest.raises(UserError):
        bring(fresh_store, file, kind="qa")
    with pytest.raises(UserError) as caught:  # and with no kind told, what to do is said
        bring(fresh_store, file)
    assert "--map" in caught.value.ko and "--map" in caught.value.en
    with open_store(fresh_store) as db:
        assert db.execute("SELECT count(*) FROM sources").fetchone()[0] == 0


def test_a_policy_as_text_called_chunks_says_how_to_bring_it(fresh_store: Path, tmp_path: Path) -> None:
    file = tmp_path / "약관.txt"
    file.write_text(TEXT, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        bring(fresh_store, file, kind="chunks")
    assert "--as clauses" in caught.value.ko and "--as clauses" in caught.value.en


@pytest.mark.parametrize("kind", ["clauses", "chunks", "qa"])
def test_a_chat_is_not_read_as_anything_else(kind: str, fresh_store: Path, tmp_path: Path) -> None:
    chat = pc_chat(tmp_path / "chunked_data.jsonl", days=2)
    with pytest.raises(UserError) as caught:
        bring(fresh_store, chat)
    assert "kakao" in caught.value.ko
    if kind == "qa":
        with pytest.raises(UserError):
            bring(fresh_store, chat, kind=kind)


def test_the_hub_s_data_sets_come_through_the_same_door(fresh_store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    rows = [{"질문": f"{n}번은 얼마인가요?", "답변": "50만원입니다.", "점수": n} for n in range(30)]
    chunks(folder / "train.jsonl", rows)
    chunks(folder / "test.jsonl", rows[:4])
    told = bring(fresh_store, f"hub:{folder}")
    assert (told["kind"], told["records"], told["mapping"]) == ("qa", 30, {"question": "질문", "answer": "답변"})
    assert not list((fresh_store.with_name(fresh_store.name + ".cache") / "hub").glob("*"))
    assert bring(fresh_store, f"hub:{folder}", job="job-2")["source_id"] == told["source_id"]


def test_a_split_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    chunks(tmp_path / "set" / "train.jsonl", [{"question": "왜요?", "answer": "네"}])
    with pytest.raises(UserError) as caught:
        fetch_rows("hub:" + str(tmp_path / "set"), tmp_path / "out")
        fetch_rows("hub:nobody/nothing", tmp_path / "out")
    assert "hub" in caught.value.en


@pytest.mark.parametrize("name", ["hub:nobody/nothing-of-this-name", "hub:", "hub:a b@#", "hub:../../etc"])
def test_a_data_set_that_cannot_be_had_is_told_in_words(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        fetch_rows(name, tmp_path / "out")
    assert "hub:" in caught.value.ko and "hub:" in caught.value.en


def test_a_page_s_look_at_clauses(fresh_store: Path, tmp_path: Path) -> None:
    rows = [row(n, "누리생명" if n % 2 else "다온화재") for n in range(1, 31)]
    source = bring(fresh_store, chunks(tmp_path / "a.jsonl", rows))["source_id"]
    with open_store(fresh_store) as db:
        whole = read_looked(db, source, ClauseLook(), limit=100)
        assert [one["meta"]["chunk_id"] for one in whole] == [f"c{n}" for n in range(1, 31)]
        nuri = ClauseLook(company="누리생명")
        assert count_looked(db, source, nuri) == 15
        following = read_looked(db, source, nuri, after=9, limit=3)
        assert [one["meta"]["chunk_id"] for one in following] == ["c11", "c13", "c15"]
        assert [one["seq"] for one in read_before(db, source, nuri, before=following[0]["seq"], limit=2)] == [6, 8]
        assert [one["meta"]["chunk_id"] for one in read_looked(db, source, ClauseLook(words="제17조(보험금)"))] == [
            "c17"
        ]
        assert count_looked(db, source, ClauseLook(longer=10_000)) == 0
        assert count_looked(db, source, ClauseLook(words="100%_'\"")) == 0


def engine(*words: str, code: int = 0) -> tuple[dict[str, Any], str]:
    done = subprocess.run(
        [sys.executable, "-m", "engine", "--json", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1])), done.stderr


@pytest.mark.slow
def test_commands(fresh_store: Path, tmp_path: Path) -> None:
    file = tmp_path / "표.csv"
    file.write_text(
        "물어본것,들은것\n무엇을 주나요?,오십만원을 드립니다.\n왜 안 주나요?,고의이기 때문입니다.\n", encoding="utf-8"
    )
    try:
        told, log = engine("import", str(file), "--recipe", "clauses", "--preview")
        assert (
            told["mapping"] == {"question": "물어본것", "answer": "들은것"}
            and told["sample"][0]["answer"] == "오십만원을 드립니다."
        )
        assert "오십만원" not in log
        told, log = engine(
            "import", str(file), "--recipe", "clauses", "--as", "qa", "--map", "question=들은것,answer=물어본것"
        )
        assert told["mapping"] == {"question": "들은것", "answer": "물어본것"} and told["records"] == 2
        assert "오십만원" not in json.dumps(told, ensure_ascii=False) + log
        error, _ = engine("import", str(file), "--recipe", "clauses", "--map", "question=없음", code=2)
        assert "물어본것" in error["error"]["ko"]
        error, _ = engine("import", "hub:a/b", "--recipe", "persona", code=2)
        assert "persona" in error["error"]["ko"]
        told, _ = engine("import", str(chunks(tmp_path / "c.jsonl", [row(1)])), "--recipe", "clauses", "--as", "chunks")
        out = tmp_path / "out.jsonl"
        assert engine("messages", told["source_id"], "--out", str(out))[0]["rows"] == 1
        [line] = [json.loads(one) for one in out.read_text(encoding="utf-8").splitlines()]
        assert (line["kind"], line["meta"]["breadcrumbs"], line["meta"]["token_count"]) == (
            "chunk",
            "든든암보험 > 제1조(보험금)",
            50,
        )
        told, _ = engine("recount", told["source_id"], "--base", "starter", "--longest", "64")
        assert told["longest_allowed"] == 64
    finally:
        end_supervisor(fresh_store)
    for logged in fresh_store.with_name(fresh_store.name + ".cache").rglob("*.log"):
        assert "오십만원" not in logged.read_text(encoding="utf-8")
