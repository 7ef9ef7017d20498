"""Clauses reach the prompt of `answer` and of a chat, are told beside the answer, and stand under it on the page."""

import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import engine.cli.talk
import engine.serve.chat
import engine.serve.choose
import ui.chat_talk
from engine.cli.app import main
from engine.config import ROOT
from engine.errors import UserError
from engine.recipes.asking import chat_prompt, item_prompt, searched_sources
from engine.recipes.recipe import load_recipe
from engine.serve.backend import Generated
from engine.store.chats import read_messages
from engine.store.clause_index import read_shown
from engine.store.forget import forget_source
from engine.store.lineage import link
from engine.store.open import open_store, writing
from tests.retrieving import CLAUSES, add_source, clause, four_clauses, question
from tests.talkers import Talker
from tests.talking import RUN, add_run

POLICY = load_recipe("policy")
TEXTS = dict(CLAUSES)


class Parrot(Talker):
    """Says how long its prompts are."""

    def generate(self, prompts, decoding):
        self.asked += [prompt[-1]["content"] for prompt in prompts]
        return [Generated("답", "답", 1, 1, True) for _ in prompts]


@pytest.fixture
def parrot(monkeypatch):
    found = Parrot(["네", "."])
    monkeypatch.setattr(engine.serve.choose, "open_model", lambda store, model: found)
    monkeypatch.setattr(engine.serve.chat, "open_model", lambda store, model: found)
    monkeypatch.setattr(engine.cli.talk, "open_model", lambda store, model: found)
    monkeypatch.setattr(ui.chat_talk, "open_model", lambda store, model: found)
    return found


def policy_run(db, dataset=None):
    """A run of the policy recipe that can be talked to."""
    add_run(db)
    with writing(db):
        db.execute("UPDATE runs SET recipe = 'policy', dataset_id = ? WHERE id = ?", [dataset, RUN])


def dataset_of(db, *sources):
    with writing(db):
        db.execute(
            "INSERT INTO datasets (id, recipe, style, options_json, counts_json, dropped_json, masked, state, created_at) "
            "VALUES ('ds-1', 'policy', 'simple', '{\"style\": \"simple\"}', '{}', '{}', 0, 'frozen', '2026')"
        )
        for source in sources:
            link(db, "source", source, "dataset", "ds-1")
    return "ds-1"


def run_command(capsys, *words, status=0):
    assert main([*words, "--json"]) == status
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def questions(tmp_path, *rows):
    path = tmp_path / "q.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def answered(tmp_path, capsys, rows, *more):
    path, out = questions(tmp_path, *rows), tmp_path / "a.jsonl"
    words = ["answer", "--recipe", "policy", "--model", "base:starter", "--in", str(path), "--out", str(out), *more]
    told = run_command(capsys, *words)
    return told, [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_answers_name_the_clauses_they_were_shown_best_first(fresh_store, tmp_path, capsys, parrot):
    source = four_clauses(fresh_store)
    rows = [{"id": 1, "question": "입원하면 얼마 나와요"}, {"id": "b", "question": "외계인"}]
    told, out = answered(tmp_path, capsys, rows, "--sources", source, "--k", "2")
    assert (told["rows"], [row["id"] for row in out]) == (2, [1, "b"])
    assert out[0]["retrieved"][0] == "입원" and len(out[0]["retrieved"]) <= 2
    assert set(out[0]) == {"id", "answer", "raw", "retrieved"}
    assert out[1]["retrieved"] == []
    assert TEXTS["입원"] in parrot.asked[0] and "질문: 입원하면 얼마 나와요" in parrot.asked[0]


def test_a_question_may_name_its_company_or_product(fresh_store, tmp_path, capsys, parrot):
    with open_store(fresh_store) as db:
        add_source(db, [clause(name, CLAUSES[0][1], company=name, product=f"{name} 보험") for name in ("가람", "나래")])
    rows = [{"id": 1, "question": "입원", "company": "나래"}, {"id": 2, "question": "입원", "product": "가람 보험"}]
    _, out = answered(tmp_path, capsys, rows)
    assert [row["retrieved"] for row in out] == [["나래"], ["가람"]]


@pytest.mark.parametrize(
    "bad", [{"id": 1}, {"id": 1, "question": 3}, {"id": 1, "question": None}, {"id": 1, "question": "\ud800"}]
)
def test_a_row_without_a_question_is_named_by_its_line(fresh_store, tmp_path, capsys, parrot, bad):
    four_clauses(fresh_store)
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps({"id": 0, "question": "입원"}) + "\n" + json.dumps(bad), encoding="utf-8")
    words = ["answer", "--recipe", "policy", "--model", "base:starter", "--in", str(path), "--out", str(tmp_path / "a")]
    assert "2번째 줄" in run_command(capsys, *words, status=2)["error"]["ko"]
    assert not parrot.asked


def test_without_sources_those_of_the_runs_dataset_are_searched_else_all(fresh_store):
    with open_store(fresh_store) as db:
        with pytest.raises(UserError, match="0개"):
            searched_sources(db, POLICY, None)
        one, other = (add_source(db, [clause(*CLAUSES[n])], f"s{n}") for n in range(2))
        pairs = add_source(db, [question("입원?", "입원")], "pairs", kind="qa")
        run = {"dataset_id": dataset_of(db, other, pairs)}
        assert searched_sources(db, POLICY, run) == [other]
        assert set(searched_sources(db, POLICY, None)) == {one, other}
        assert searched_sources(db, POLICY, run, [one]) == [one]
        assert set(searched_sources(db, POLICY, run, ["all"])) == {one, other}
        for wrong in (pairs, "src-none"):
            with pytest.raises(UserError, match=wrong):
                searched_sources(db, POLICY, run, [wrong])
        forget_source(db, other)
        assert searched_sources(db, POLICY, run) == [one]


def test_a_recipe_that_looks_nothing_up_refuses_sources(fresh_store):
    persona = load_recipe("persona")
    with open_store(fresh_store) as db:
        with pytest.raises(UserError, match="--sources"):
            item_prompt(db, persona, None, ["src-1"])
        assert item_prompt(db, persona, None)({"turns": [{"role": "user", "content": "안녕"}]}).found is None


def test_a_chat_asks_with_the_clauses_of_what_was_said_last(fresh_store):
    source = four_clauses(fresh_store)
    with open_store(fresh_store) as db:
        run = {"id": RUN, "recipe": "policy", "dataset_id": dataset_of(db, source)}
        shape = chat_prompt(db, run)
    turns = [
        {"role": "user", "content": "배당금?"},
        {"role": "assistant", "content": "없어요"},
        {"role": "user", "content": "입원비?"},
    ]
    asked = shape(turns)
    assert asked.found[0].chunk_id == "입원"
    said = asked.messages[-1]["content"]
    assert said.startswith("### 지시\n입원비?\n") and TEXTS["입원"] in said and "배당금?" not in said


def test_the_chat_command_tells_the_clauses_and_keeps_them_until_they_are_forgotten(fresh_store, capsys, parrot):
    source = four_clauses(fresh_store)
    with open_store(fresh_store) as db:
        policy_run(db)
    told = run_command(capsys, "chat", RUN, "--say", "술 먹고 운전했어요")
    assert told["retrieved"][0] == "음주" and TEXTS["음주"] in parrot.asked[-1][-1]
    with open_store(fresh_store) as db:
        shown = read_shown(db, told["chat_id"])
        assert list(shown) == [1] and shown[1][0]["chunk_id"] == "음주"
        forget_source(db, source)
        assert read_shown(db, told["chat_id"]) == {} and len(read_messages(db, told["chat_id"])) == 2


def test_the_page_folds_the_clauses_under_the_answer(fresh_store, monkeypatch, parrot):
    with open_store(fresh_store) as db:
        text = "입원 1일당 2만원을 *지급*합니다. <b>단</b>"
        add_source(db, [clause("조항_1", text, breadcrumbs="제1관 > 제3조(입원)")])
        policy_run(db)
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
    app.switch_page("pages/6_Chat.py")
    app.query_params["model"] = RUN
    app.run()
    app.chat_input(key="chat_said").set_value("입원하면요?").run()
    assert not app.exception
    (folded,) = app.expander
    assert "1" in folded.label and "조항" in folded.label
    assert "조항\\_1" in folded.markdown[0].value and "제1관" in folded.markdown[0].value
    assert folded.text[0].value == text
    next(b for b in app.button if b.key and b.key.startswith("chat_again")).click().run()
    assert not app.exception and len(app.expander) == 1
    st.cache_resource.clear()


# ---- the command


def test_retrieve_tells_what_is_found(fresh_store, capsys):
    source = four_clauses(fresh_store)
    told = run_command(capsys, "retrieve", "입원하면 얼마예요", "--sources", source, "--k", "1")
    assert [(one["chunk_id"], one["text"]) for one in told["found"]] == [CLAUSES[0]]
    assert told["found"][0]["score"] > 0
    assert run_command(capsys, "retrieve", "외계인")["found"] == []
    assert main(["retrieve", "외계인"]) == 0
    assert "No clause" in capsys.readouterr().out


def test_retrieve_measures_on_the_questions_of_a_source(fresh_store, capsys):
    with open_store(fresh_store) as db:
        records = [clause(*one) for one in CLAUSES] + [
            question(f"{name}은 어떻게 되나요", name, type="easy") for name, _ in CLAUSES
        ]
        source = add_source(db, records)
    told = run_command(capsys, "retrieve", "--check", source)
    assert (told["n"], told["recall"]["1"]["value"], list(told["types"])) == (4, 1.0, ["easy"])


@pytest.mark.parametrize(
    "words", [[], ["질문", "--check", "latest"], ["--check", "src-none"], ["질문", "--sources", "src-none"]]
)
def test_what_retrieve_cannot_do_is_said(fresh_store, capsys, words):
    four_clauses(fresh_store)
    assert run_command(capsys, "retrieve", *words, status=2)["error"]["ko"]


def test_a_check_searches_the_clauses_that_lie_beside_the_questions(fresh_store, capsys):
    four_clauses(fresh_store)
    with open_store(fresh_store) as db:
        source = add_source(db, [clause("입원", CLAUSES[0][1]), question("입원하면?", "입원")], "own")
    assert run_command(capsys, "retrieve", "--check", source)["sources"] == [source]


def test_what_a_sweep_chose_is_used_where_it_is_asked_for(fresh_store, tmp_path, capsys, parrot):
    with open_store(fresh_store) as db:
        add_source(db, [clause(f"c{n}", CLAUSES[0][1]) for n in range(5)])
    rows = [{"id": 1, "question": "입원"}]
    path, out = questions(tmp_path, *rows), tmp_path / "a.jsonl"
    words = ["answer", "--recipe", "policy", "--model", "base:starter", "--in", str(path), "--out", str(out), "--best"]
    assert "sweep" in run_command(capsys, *words, status=2)["error"]["ko"]
    with open_store(fresh_store) as db, writing(db):
        columns = "(id, recipe, suite, suite_version, dataset_id, split, settings_json, state, created_at)"
        values = "('sw-1', 'policy', 'policy', '1', ?, 'test', '{}', 'whole', '2026')"
        db.execute(f"INSERT INTO sweeps {columns} VALUES {values}", [dataset_of(db)])
        db.execute("INSERT INTO best_settings VALUES ('policy', 'base:starter', 'sw-1', '{\"k\": 4}', '2026')")
    for more, k in (([], 4), (["--k", "1"], 1), (["--settings", "k=2"], 2)):
        _, out_rows = answered(tmp_path, capsys, rows, "--best", *more)
        assert len(out_rows[0]["retrieved"]) == k
