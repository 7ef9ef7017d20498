"""Sweeps: what is tried, what is chosen and by which questions, what is proposed; and that a stopped one goes on with the gap."""

import pytest

from engine.errors import Stopped, UserError
from engine.evaluate import answering
from engine.evaluate import run as running
from engine.evaluate import stops as phrases_seen
from engine.evaluate import sweep as sweeping
from engine.evaluate.grid import cells, changes, parse_grid
from engine.evaluate.policy_report import (
    answers_behind,
    before_after,
    discordant,
    evidence,
    heat_map,
    rates,
    worst_questions,
)
from engine.evaluate.run import run_evaluation
from engine.evaluate.stops import propose
from engine.evaluate.sweep import choose, run_sweep
from engine.recipes.asking import usual_settings
from engine.reports.report import evaluation_report
from engine.serve.decoding import Decoding
from engine.store.datasets import read_split
from engine.store.evaluations import get_evaluation, list_evaluations, read_answers
from engine.store.evidence import count_evaluations, page_of_evaluations
from engine.store.maintain import check
from engine.store.open import open_store
from engine.store.sweeps import best_settings, get_sweep, newest_proposals
from tests.policy_store import REFUSAL, Cast, Speaker, add_dataset, add_policy, add_run, honest, job, question_in
from tests.test_policy_evaluation import BASE, RECIPE, evaluate, metrics, retrieval

NOW = {"temperature": 0.7, "top_p": 0.9, "repetition_penalty": 1.0, "max_new_tokens": 128, "stop": [], "k": 3}


def test_a_grid_is_checked_and_what_is_used_now_comes_first():
    grid = parse_grid(["temperature=0.1,0.7,0.1", "k=1,3", "stop=off,on"], [])
    assert grid["temperature"] == [0.1, 0.7] and grid["k"] == [1, 3] and grid["stop"][0] == [] and grid["stop"][1]
    tried, whole = cells(grid, NOW, 48, 0)
    assert whole == len(tried) == 8 and tried[0] == NOW and all(set(cell) == set(NOW) for cell in tried)
    some, _ = cells(grid, NOW, 4, 0)
    assert len(some) == 4 and some[0] == NOW and some == cells(grid, NOW, 4, 0)[0]
    assert cells(grid, NOW, 1, 0)[0] == [NOW]
    assert changes(NOW, NOW) == 0 and changes({**NOW, "k": 1, "stop": ["a"]}, NOW) == 2


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("temperature", "이름=값"),
        ("temprature=1", "temperature"),
        ("temperature=9", "temperature"),
        ("temperature=뜨겁게", "temperature"),
        ("k=0", "k"),
        ("stop=maybe", "off"),
        ("stop=proposed", "sweep"),
        ("temperature=", "이름=값"),
    ],
)
def test_a_grid_that_cannot_be_is_refused_in_words(word, told):
    with pytest.raises(UserError, match=told):
        parse_grid([word], [])


def cell(wrong, lied, **settings):
    values = {"error_rate": wrong, "hallucination_rate": lied}
    return {"settings": {**NOW, **settings}, "metrics": {name: {"value": value} for name, value in values.items()}}


def test_the_setting_that_errs_least_is_chosen_and_ties_go_to_the_simpler():
    assert choose([cell(0.5, 0.1), cell(0.2, 0.2, k=1)], NOW)["settings"]["k"] == 1
    refuser = cell(0.8, 0.0, temperature=0.0)
    assert choose([cell(0.4, 0.4), refuser], NOW)["settings"] == NOW, "refusing everything lowers hallucinations alone"
    tied = [cell(0.2, 0.2, k=5, temperature=0.1), cell(0.2, 0.2, k=5), cell(0.2, 0.1, temperature=0.1)]
    assert choose(tied, NOW)["settings"] == {**NOW, "temperature": 0.1}
    assert choose([cell(0.2, 0.2), cell(0.2, 0.1, k=1)], NOW)["settings"] == NOW


def said(text, kind="tail", model="m", item="1"):
    return {"model": model, "item": item, "answer": text, "kind": kind, "claims": []}


def test_stop_phrases_are_proposed_from_tails_and_never_cut_an_honest_answer():
    answers = [said(f"{i}만원입니다. 지금 가입하시면 {i}번 선물을 드려요.", item=str(i)) for i in range(5)]
    answers += [said(f"{i}만원입니다. 회사는 {i}일에 지급합니다.", item=str(i)) for i in range(5)]
    answers += [
        said("답입니다. 다른 말 한 번", item="9"),
        said(f"{9}만원입니다. 지금 가입하시면 참 좋아요.", "supported", item="8"),
    ]
    found = propose(answers, ["회사는 보험금을 지급합니다."])
    assert [(one["phrase"], one["answers"]) for one in found] == [("지금 가입하시면", 5)]
    assert propose(answers[:2], []) == [] and propose([], []) == []


def test_of_several_unsupported_sentences_the_claims_tell_which():
    text = "3만원입니다. 90일 한도예요. 이벤트 기간에는 두 배를 드립니다."
    start = text.index("이벤트")
    claims = [{"start": start, "end": len(text), "kind": "unsupported"}]
    answers = [{**said(text, "unsupported", item=str(i)), "answer": f"{i} {text}", "claims": claims} for i in range(3)]
    for one in answers:
        one["claims"] = [{"start": start + 2, "end": len(text) + 2, "kind": "unsupported"}]
    assert [one["phrase"] for one in propose(answers, [])] == ["이벤트 기간에는 두"]


@pytest.fixture
def store(tmp_path):
    return tmp_path / "저장 소.db"


def cool_is_honest(prompt, decoding):
    """Right when cool; when warm it appends a tail, unless a stop phrase cuts it."""
    answer = honest(prompt)
    if decoding.temperature > 0.5:
        answer += " 지금 전화하시면 9번 상담을 드립니다."
    ends = [answer.find(phrase) for phrase in decoding.stop if phrase in answer]
    return answer[: min(ends, default=len(answer))].strip()


@pytest.fixture
def seat(monkeypatch):
    def seated(**speakers):
        found = Cast({name.replace("base", BASE): one for name, one in speakers.items()})
        monkeypatch.setattr(running, "open_model", found.open)
        monkeypatch.setattr(sweeping, "open_model", found.open)
        return found

    return seated


def sweep(work, models, dataset, tried, limit=0):
    told = {"decoding": Decoding(temperature=0.7, repetition_penalty=1.0), "limit": limit, "seed": 0}
    told |= {"cells": tried, "now": NOW, "retrieval": retrieval()}
    return run_sweep(work, recipe="policy", suite=RECIPE.suite, models=models, dataset_id=dataset, **told)


TRIED = [NOW, {**NOW, "temperature": 0.1}, {**NOW, "temperature": 0.1, "k": 1}]


def test_a_sweep_chooses_on_questions_that_the_report_does_not_ask(store, tmp_path, seat):
    dataset = add_dataset(store, [add_policy(store)])
    run = add_run(store, dataset, tmp_path / "a")
    speakers = {BASE: Speaker(lambda *_: REFUSAL), run: Speaker(cool_is_honest)}
    seated = seat(base=speakers[BASE], **{run: speakers[run]})
    found = sweep(job(store, "sweep"), [BASE, run], dataset, TRIED)
    assert seated.opened == [BASE, run], "each model is loaded once for all its cells"
    assert set(found) >= {"sweep_id", "cells", "best", "proposed_stops", "method"} and found["split"] == "validation"
    assert found["best"][BASE] == NOW and found["best"][run] == TRIED[1]
    assert len(found["cells"]) == 6 and {"value", "low", "high", "n", "unit"} <= set(
        found["cells"][0]["metrics"]["error_rate"]
    )
    chosen_by = {question_in(prompt) for prompt in speakers[run].asked}
    with open_store(store) as db:
        test = {row["meta"]["question"] for row in read_split(db, dataset, "test")}
        assert not chosen_by & test
        assert best_settings(db, "policy", run) == {"settings": TRIED[1], "sweep_id": found["sweep_id"]}
        assert best_settings(db, "policy", "run-none") is None
        usual = [usual_settings(db, RECIPE, {"id": name}) for name in (run, "run-none")]
        assert usual[0] == {**RECIPE.decoding, **TRIED[1]} and usual[1] == RECIPE.decoding, "what answer and chat use"
        assert list_evaluations(db) == page_of_evaluations(db) == [] and count_evaluations(db) == 0
        assert get_sweep(db, "latest")["result"]["best"] == found["best"] and check(db) == []
        answers = read_answers(db, found["cells"][3]["evaluation_id"])
        assert {"label", "kind", "claims", "retrieved"} <= set(answers[0]["scores"])


def test_the_chosen_settings_are_reported_on_other_questions(store, tmp_path, seat):
    dataset = add_dataset(store, [add_policy(store)])
    run = add_run(store, dataset, tmp_path / "a")
    seat(base=Speaker(honest), **{run: Speaker(cool_is_honest)})
    with open_store(store) as db:  # without a validation split half of the test split's clauses are for choosing
        db.execute("UPDATE datasets SET state = 'building', counts_json = json_set(counts_json, '$.validation', 0)")
        db.execute("UPDATE dataset_rows SET split = 'test' WHERE split = 'validation'")
        db.execute("UPDATE datasets SET state = 'frozen'")
        held_out = len(list(read_split(db, dataset, "test")))
    found = sweep(job(store, "sweep"), [run], dataset, TRIED)
    with open_store(store) as db:
        own = {run: best_settings(db, "policy", run)}
    before = evaluate(job(store), [BASE, run], dataset, decoding=Decoding(temperature=0.7))
    after = evaluate(job(store), [BASE, run], dataset, decoding=Decoding(temperature=0.7), own=own)
    asked = found["cells"][0]["metrics"]["error_rate"]["n"]
    assert after["method"]["items"] == held_out - asked and before["method"]["items"] == held_out
    with open_store(store) as db:
        settings = get_evaluation(db, after["evaluation_id"])["settings"]
        lines = {
            (line["model"], line["metric"]): line
            for line in before_after(db, before["evaluation_id"], after["evaluation_id"])
        }
        told = rates(db, [before["evaluation_id"], after["evaluation_id"]])
    assert settings["left_out_as_chosen_by"] == asked and settings["settings_of"] == {run: TRIED[1]}
    assert metrics(before, run)["tail"]["value"] > 0.5 and metrics(after, run)["tail"]["value"] == 0.0
    line = lines[run, "hallucination_rate"]
    assert line["delta"] == line["after"]["value"] - line["before"]["value"] < 0
    assert line["before"]["n"] == line["after"]["n"] == line["n"] == held_out - asked
    assert lines[BASE, "hallucination_rate"]["verdict"] == "same" and line["other_clauses"] == 0
    warm = [one["settings"]["temperature"] for one in told if one["model"] == run and one["type"] == "all"]
    assert warm == [0.7, 0.1]
    assert {one["settings"]["temperature"] for one in told if one["model"] == BASE} == {0.7}


def test_a_stopped_sweep_repeats_no_answer(store, tmp_path, seat, monkeypatch):
    dataset = add_dataset(store, [add_policy(store)])
    run = add_run(store, dataset, tmp_path / "a")
    monkeypatch.setattr(answering, "BATCH", 2)
    work, calls, first, second = job(store, "sweep"), [], Speaker(cool_is_honest), Speaker(cool_is_honest)

    def stops(self):
        calls.append(None)
        return "save" if len(calls) == 4 else None

    seat(base=first)
    with monkeypatch.context() as patched:
        patched.setattr(type(work), "stop_asked", stops)
        with pytest.raises(Stopped) as stopped:
            sweep(work, [BASE], dataset, TRIED)
    assert stopped.value.saved and get_sweep_state(store) == "running"
    seat(base=second)
    told = sweep(work, [BASE], dataset, TRIED)
    items = told["cells"][0]["metrics"]["error_rate"]["n"]
    assert len(first.asked) + len(second.asked) == 3 * items and len(first.asked) > 0
    assert work.told["what"] == "sweep" and work.told["done"] == work.told["total"] == 3 * items
    seat(base=Speaker(cool_is_honest), **{run: Speaker(cool_is_honest)})
    whole = sweep(job(store, "sweep"), [BASE], dataset, TRIED)
    assert [one["metrics"] for one in told["cells"]] == [one["metrics"] for one in whole["cells"]]


def get_sweep_state(store):
    with open_store(store) as db:
        return db.execute("SELECT state FROM sweeps").fetchone()[0]


def test_proposed_phrases_become_a_setting(store, seat, monkeypatch):
    monkeypatch.setattr(phrases_seen, "FEWEST", 2)
    dataset = add_dataset(store, [add_policy(store)])
    seat(base=Speaker(cool_is_honest))
    found = sweep(job(store, "sweep"), [BASE], dataset, [NOW])
    phrases = [one["phrase"] for one in found["proposed_stops"]]
    assert phrases == ["지금 전화하시면 9번"]
    with open_store(store) as db:
        assert newest_proposals(db, "policy") == phrases
    stops = parse_grid(["stop=off,proposed"], phrases)["stop"]
    again = sweep(job(store, "sweep"), [BASE], dataset, [NOW, {**NOW, "stop": stops[1]}])
    assert again["best"][BASE]["stop"] == stops[1] and phrases[0] in stops[1]


def test_what_a_page_draws(store, tmp_path, seat):
    dataset = add_dataset(store, [add_policy(store)])
    run = add_run(store, dataset, tmp_path / "a")
    seat(base=Speaker(lambda *_: "999만원을 지급합니다."), **{run: Speaker(honest)})
    told = evaluate(job(store), [BASE, run], dataset)
    grid = [NOW, {**NOW, "temperature": 0.1}, {**NOW, "temperature": 0.1, "k": 1}]
    found = sweep(job(store, "sweep"), [run], dataset, grid)
    with open_store(store) as db:
        lines = rates(db, [told["evaluation_id"]])
        pairs = discordant(db, told["evaluation_id"])
        worst = worst_questions(db, told["evaluation_id"])
        page = evidence(db, told["evaluation_id"], worst[0]["item"])
        behind = answers_behind(db, told["evaluation_id"], model=BASE, label="hallucinated", limit=3)
        heat = heat_map(db, found["sweep_id"], run)
        assert evidence(db, told["evaluation_id"], "none") is None
        report = {lang: evaluation_report(db, told["evaluation_id"], lang) for lang in ("ko", "en")}
    assert "## 질문 종류와 판정" in report["ko"] and RECIPE.suite.about[0] in report["ko"]
    assert "## By type of question and verdict" in report["en"] and "| scenario |" in report["en"]
    items = told["method"]["items"]
    whole = [line for line in lines if line["type"] == "all"]
    assert [line["model"] for line in whole] == [BASE, run] and {line["n"] for line in whole} == {items}
    for model in (BASE, run):
        parts = [line for line in lines if line["model"] == model and line["type"] != "all"]
        assert sum(line["n"] for line in parts) == items and len(parts) == 3
        assert all(sum(kind["n"] for kind in line["kinds"].values()) == line["n"] for line in parts)
    assert pairs[0]["only_a"] == items and pairs[0]["only_b"] == 0 and pairs[0]["p"] == pytest.approx(2 * 0.5**items)
    assert len(worst) == min(20, items) and worst[0]["wrong"] == [BASE] and worst[0]["question"]
    assert page["question"] == worst[0]["question"] and page["clauses"][0]["text"] and page["answers"][BASE]["claims"]
    assert page["reference"] and any(clause["gold"] for clause in page["clauses"]) == bool(page["answerable"])
    assert len(behind) == 3 and {one["label"] for one in behind} == {"hallucinated"} and behind[0]["question"]
    assert {(square["x"], square["y"]) for square in heat["cells"]} == {(0.7, 1.0), (0.1, 1.0)}
    assert (
        sum(square["others"] for square in heat["cells"]) == 1 and sum(square["best"] for square in heat["cells"]) == 1
    )
    assert heat["x"] == {"name": "temperature", "values": [0.1, 0.7]} and heat["best"] == NOW


def test_a_suite_without_an_error_rate_cannot_be_swept(store):
    from engine.recipes.recipe import load_recipe

    with pytest.raises(UserError, match="persona"):
        run_sweep(
            job(store), recipe="persona", suite=load_recipe("persona").suite, models=[BASE], dataset_id="x", cells=[NOW],
            now=NOW, decoding=Decoding(), limit=0, seed=0, retrieval=retrieval(),
        )  # fmt: skip


def test_run_evaluation_needs_no_retrieval_for_recipes_that_look_nothing_up(store):
    with pytest.raises(UserError, match="데이터셋"):
        run_evaluation(
            job(store), recipe="persona", suite=RECIPE.suite, models=[BASE], dataset_id="ds-none", decoding=Decoding(),
            limit=0, seed=0,
        )  # fmt: skip
