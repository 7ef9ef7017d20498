"""Sweeps on the policy pages: the heat map, what is saved on a model, stop phrases, a new evaluation."""

# ruff: noqa: F811 (fixtures come from tests/policy_page.py)

import json

from engine.store.jobs import enqueue, list_jobs
from engine.store.open import all_rows, open_store
from engine.store.sweeps import best_settings
from tests.policy_page import app, html, made, open_page, words  # noqa: F401
from ui import evaluate


def test_the_heat_map_marks_the_chosen_square_and_saves_another(app, made, fresh_store):
    open_page(app, view="sweep")
    assert "고른 설정" in words(app) and app.get("plotly_chart")
    with open_store(fresh_store) as db:
        before = best_settings(db, "policy", made["v1"])
        db.execute("DELETE FROM best_settings")
    app.run()
    app.button(key="policy_sweep_save").click().run()
    assert not app.exception
    with open_store(fresh_store) as db:
        assert best_settings(db, "policy", made["v1"]) == before
    app.button(key="policy_sweep_answers").click().run()
    assert (
        not app.exception
        and app.query_params["list"] == "answers"
        and app.selectbox(key="policy_who").value == made["v1"]
    )


def test_axes_are_chosen_and_other_settings_held(app, made):
    open_page(app, view="sweep", x="stop", y="repetition_penalty", hold_temperature="0.7", metric="hallucination_rate")
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)["data"][0]
    assert spec["x"] == ["멈춤 구절 없음", "멈춤 구절 3개"]
    assert all("n " in hover for row in spec["customdata"] for hover in row if hover)
    assert app.selectbox(key="policy_sweep_metric").value == "hallucination_rate"


def test_a_sweep_at_work_shows_the_squares_so_far_and_its_pace(app, made, fresh_store):
    with open_store(fresh_store) as db:
        job = enqueue(db, "sweep", {"models": [made["v1"]]})
        told = {
            "what": "sweep",
            "model": made["v1"],
            "done": 30,
            "total": 90,
            "seconds_left": 200,
            "cell": 2,
            "cells": 6,
        }
        db.execute("UPDATE jobs SET state = 'running', progress_json = ? WHERE id = ?", [json.dumps(told), job])
        db.execute("UPDATE sweeps SET state = 'running', result_json = NULL")
        last = all_rows(db, "SELECT id FROM evaluations WHERE sweep_id IS NOT NULL ORDER BY sweep_cell DESC LIMIT 1")
        db.execute("UPDATE evaluations SET state = 'running' WHERE id = ?", [last[0]["id"]])
    open_page(app, view="sweep", who=made["v2"])
    text = words(app) + "".join(str(bar.proto) for bar in app.get("progress"))
    assert "설정을 훑는 중" in text and "칸 2/6" in text and "3분 20초" in text
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)["data"][0]
    assert "null" not in json.dumps(spec["text"])
    assert "아직 끝나지 않았습니다" in text and app.button(key="policy_sweep_save").disabled


def test_a_finished_square_draws_the_page_anew(made, fresh_store):
    with open_store(fresh_store) as db:
        job = enqueue(db, "sweep", {"models": [made["v1"]]})
        told = {"what": "sweep", "model": made["v1"], "done": 30, "total": 90, "cell": 2, "cells": 6}
        db.execute("UPDATE jobs SET state = 'running', progress_json = ? WHERE id = ?", [json.dumps(told), job])
        seen = [one for one in list_jobs(db) if one["id"] == job]
        before = evaluate._standing(seen)
        db.execute("UPDATE jobs SET progress_json = ? WHERE id = ?", [json.dumps({**told, "done": 31}), job])
        assert evaluate._standing([one for one in list_jobs(db) if one["id"] == job]) == before
        db.execute("UPDATE jobs SET progress_json = ? WHERE id = ?", [json.dumps({**told, "cell": 3}), job])
        assert evaluate._standing([one for one in list_jobs(db) if one["id"] == job]) != before


def test_a_sweep_begins_from_the_page(app, made, fresh_store, monkeypatch):
    monkeypatch.setattr("engine.jobs.judge.ensure_supervisor", lambda store: None)
    open_page(app, view="sweep")
    app.multiselect(key="policy_grid_stop").set_value(["off"]).run()
    app.button(key="policy_sweep_start").click().run()
    assert not app.exception
    with open_store(fresh_store) as db:
        [job] = all_rows(db, "SELECT args_json FROM jobs WHERE kind = 'sweep' AND state = 'queued'")
    args = json.loads(job["args_json"])
    assert len(args["cells"]) == 9 and args["limit"] == 60  # what is used now, and 2 x 4 more


def test_chosen_stop_phrases_are_saved_or_go_into_a_new_evaluation(app, made, fresh_store):
    phrases = [{"phrase": "이번에 새로 나온", "answers": 7, "models": [made["v1"]]}]
    with open_store(fresh_store) as db:
        result = json.loads(all_rows(db, "SELECT result_json FROM sweeps")[0]["result_json"]) | {
            "proposed_stops": phrases
        }
        db.execute("UPDATE sweeps SET result_json = ?", [json.dumps(result)])
    open_page(app, view="sweep")
    assert app.button(key="policy_stops_save").disabled
    app.multiselect(key="policy_stops").set_value(["이번에 새로 나온"]).run()
    app.button(key="policy_stops_save").click().run()
    with open_store(fresh_store) as db:
        assert "이번에 새로 나온" in best_settings(db, "policy", made["v2"])["settings"]["stop"]
    app.button(key="policy_stops_evaluate").click().run()
    assert not app.exception and app.query_params["view"] == "new"
    assert app.multiselect(key="evaluate_decoding_policy_stop").value == ["이번에 새로 나온"]


def test_an_empty_store_says_where_to_begin(app, fresh_store):
    text = words(open_page(app, view="sweep"))
    assert "아직 훑은 것이 없습니다" in text and "학습한 모델" in text


def test_a_new_evaluation_takes_the_settings_saved_on_a_model(app, made, fresh_store, monkeypatch):
    monkeypatch.setattr("engine.jobs.judge.ensure_supervisor", lambda store: None)
    open_page(app, view="new")
    assert app.selectbox(key="evaluate_recipe").value == "policy"
    chosen = next(box for box in app.multiselect if box.key.startswith("evaluate_models_"))
    assert chosen.value == [made["v1"], made["v2"]]  # v1 and v2 beside the base, as the owner compares them
    app.number_input(key="policy_new_k").set_value(2).run()
    app.toggle(key="policy_new_best").set_value(True).run()
    app.button(key="evaluate_start").click().run()
    assert not app.exception, app.exception
    with open_store(fresh_store) as db:
        [job] = all_rows(db, "SELECT args_json FROM jobs WHERE kind = 'evaluate' AND state = 'queued'")
    args = json.loads(job["args_json"])
    assert args["retrieval"]["k"] == 2 and args["own"][args["models"][-1]]["settings"]
    assert any("--best" in code.value and "k=2" in code.value for code in app.code)
