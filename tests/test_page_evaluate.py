"""The evaluation page: verdicts in words, the answers behind them, and no traceback in any state of the store."""

import shutil
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.store.evidence import count_evidence, evidence
from engine.store.jobs import enqueue, get_job, list_jobs
from engine.store.open import open_store
from tests.judged import BASE, add_items, add_model, judge
from tests.policy_page import open_page, words
from ui.frame import plain

HOSTILE = "<script>alert(1)</script> **굵게** ![x](http://127.0.0.1:9/a.png) :red[빨강] $x$"
SAID = [f"응 그래 {i}" for i in range(12)]


@pytest.fixture
def app(monkeypatch):
    monkeypatch.chdir(ROOT)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """(store, evaluation, the run in it) on twelve items, judged once: the scorers take seconds to load."""
    folder = tmp_path_factory.mktemp("judged")
    store = folder / "store.db"
    dataset, rows = add_items(store, 12)
    run = add_model(store, dataset, folder / "adapter")
    tuned = [f"나의 답 {row} ㅋㅋ" for row in rows[:-1]] + [HOSTILE]
    return store, judge(store, dataset, rows, {BASE: SAID, run: tuned}), run


@pytest.fixture
def judged(fresh_store, template):
    """(evaluation, the run in it)."""
    store, evaluation, run = template
    shutil.copy(store, fresh_store)
    return evaluation, run


def test_an_empty_page_says_what_an_evaluation_is_and_where_to_begin(app):
    assert "학습에 쓰지 않은 날의 대화" in words(open_page(app))


def test_the_summary_counts_verdicts_in_words(app, judged):
    text = words(open_page(app))
    assert "가지가 좋아졌습니다" in text and "차이를 확인할 수 없습니다" in text and "문항 12개" in text
    assert "나빠진 것은 없습니다" in text or "가지가 나빠졌습니다" in text


def test_main_metrics_and_health_checks_stand_apart(app, judged):
    main, health = (table.value for table in open_page(app).dataframe)
    assert len(health) == 6 and len(main) == 13
    assert "차이를 확인할 수 없음" in set(health["판정"]) and "내 실제 답" in main.columns


def test_a_link_to_a_metric_opens_its_details(app, judged):
    open_page(app, metric="similarity_to_reply")
    assert app.selectbox(key="evaluate_metric").value == "similarity_to_reply"
    assert "chrF" in words(app) and "p \\< 0\\.001" in words(app)


def test_a_number_leads_to_its_answers(app, judged):
    open_page(app, metric="similarity_to_reply")
    app.button(key="evaluate_to_answers").click().run()
    assert not app.exception
    assert app.query_params["view"] == "answers" and app.query_params["metric"] == "similarity_to_reply"
    assert "묻는 말" in words(app) and plain(SAID[0]) in words(app)


def test_what_a_model_says_stays_text(app, judged, fresh_store):
    with open_store(fresh_store) as db:
        item = db.conn.execute("SELECT item FROM answers WHERE answer = ?", [HOSTILE]).fetchone()[0]
    open_page(app, view="answers", item=item)
    assert plain(HOSTILE) in words(app) and not any("<script>" in part.value for part in app.markdown)
    assert any(HOSTILE in code.value for code in app.code)


def test_answers_are_sorted_by_what_changed(judged, fresh_store):
    evaluation, run = judged
    with open_store(fresh_store) as db:
        best = evidence(db, evaluation, "similarity_to_reply", (BASE, run), "best", limit=100)
        worst = evidence(db, evaluation, "similarity_to_reply", (BASE, run), "worst", limit=100)
        least = evidence(db, evaluation, "similarity_to_reply", (BASE, run), "best", sign=-1, limit=100)
        change = evidence(db, evaluation, "similarity_to_reply", (BASE, run), "change", limit=100)
    gains = [row["gain"] for row in best]
    assert gains == sorted(gains, reverse=True) and len(gains) == 12
    assert [row["gain"] for row in worst] == sorted(gains) == [row["gain"] for row in least]
    assert [abs(row["gain"]) for row in change] == sorted(map(abs, gains), reverse=True)


def test_answers_that_could_not_be_judged_can_be_reached(app, judged, fresh_store):
    evaluation, run = judged
    with open_store(fresh_store) as db:
        counts = count_evidence(db, evaluation, "verbatim_copy", (BASE, run))
        assert counts["judged"] + counts["unjudged"] == 12 and counts["unjudged"]
        found = evidence(db, evaluation, "verbatim_copy", (BASE, run), "unjudged", limit=100)
    assert len(found) == counts["unjudged"] and all(row["gain"] is None for row in found)
    assert "판단 못 함" in words(open_page(app, view="answers", metric="verbatim_copy", order="unjudged"))


def test_a_metric_over_all_answers_says_that_items_have_no_score(app, judged):
    open_page(app, view="answers", metric="ending_closeness")
    assert "모든 답을 모아서" in words(app) and plain(SAID[0]) in words(app)


@pytest.mark.parametrize("metric", ["no_such", '"; DROP TABLE answers; --', "$.nll"])
def test_a_link_to_an_unknown_metric_shows_another(app, judged, metric):
    open_page(app, view="answers", metric=metric, at="99999999999999999999", order="x", pair="y")
    assert plain(SAID[0]) in words(app)


def test_a_window_beyond_the_end_leads_back(app, judged):
    open_page(app, view="answers", at="400")
    assert "이 조건에 드는 문항이 없습니다" in words(app)
    app.button(key="evaluate_answers_previous").click().run()
    assert not app.exception and app.query_params["at"] == "392"


def test_next_shows_the_other_items(app, judged):
    open_page(app, view="answers", order="made")
    app.button(key="evaluate_answers_next").click().run()
    assert not app.exception and plain(SAID[8]) in words(app) and plain(SAID[0]) not in words(app)


def test_dead_links_are_told_and_the_page_stays_useful(app, judged):
    open_page(app, evaluation="ev-none", view="answers", item="none")
    assert len(app.warning) == 2 and "묻는 말" in words(app)


def test_a_deleted_run_is_named_as_such(app, judged, fresh_store):
    run = judged[1]
    with open_store(fresh_store) as db:
        db.execute("DELETE FROM runs WHERE id = ?", [run])
    assert "지워진 모델" in words(open_page(app))


def test_one_model_alone_is_shown_without_verdicts(app, fresh_store):
    dataset, rows = add_items(fresh_store, 5)
    judge(fresh_store, dataset, rows, {BASE: SAID[:5]})
    assert "모델이 하나라" in words(open_page(app))
    assert not open_page(app, view="answers").exception
    assert "모델이 둘 이상" in words(open_page(app, view="vote"))


def test_three_models_each_have_a_verdict_and_can_be_chosen(app, fresh_store):
    dataset, rows = add_items(fresh_store, 5)
    judge(fresh_store, dataset, rows, {BASE: SAID[:5], "run-x": SAID[5:10], "run-y": ["다른 답"] * 5})
    assert "판정: 지워진 모델 y" in open_page(app).dataframe[0].value.columns
    for view in ("answers", "vote"):
        open_page(app, view=view, pair="run-y")
        assert app.selectbox(key="evaluate_pair").value == "run-y"
    assert "다른 답" in words(app)


def test_a_recipe_that_is_not_here_leaves_the_numbers(app, judged, fresh_store):
    with open_store(fresh_store) as db:
        db.execute("UPDATE evaluations SET recipe = 'gone'")
    assert "레시피를 찾을 수 없어" in words(open_page(app)) and len(app.dataframe) == 2
    assert not open_page(app, view="list").exception


def test_an_evaluation_that_was_cut_short_shows_its_answers_and_a_way_on(app, fresh_store):
    dataset, rows = add_items(fresh_store, 5)
    cut = judge(fresh_store, dataset, rows, {BASE: SAID[:5]}, finish=False)
    open_page(app, evaluation=cut)
    assert "아직 끝나지 않아" in words(app) and any(b.key.startswith("evaluate_resume_") for b in app.button)
    assert plain(SAID[0]) in words(open_page(app, evaluation=cut, view="answers"))
    assert not open_page(app, evaluation=cut, view="vote").exception


def test_nothing_judged_is_said_and_not_drawn(app, judged, fresh_store):
    with open_store(fresh_store) as db:
        db.execute("UPDATE scores SET value = NULL, low = NULL, high = NULL, n = 0")
        db.execute("UPDATE paired_tests SET delta = NULL, low = NULL, high = NULL, p = NULL, n = 0, test = 'none'")
    text = words(open_page(app))
    assert "비교할 수 없었습니다" in text and "판단 못 함" in text


def test_forgotten_rows_leave_a_page_that_says_so(app, judged, fresh_store):
    with open_store(fresh_store) as db:
        db.execute("UPDATE answers SET row_id = NULL")
    assert "앞말을 보여 줄 수 없습니다" in words(open_page(app, view="answers"))


def test_voting_shows_no_names_until_the_result_is_asked_for(app, judged, fresh_store):
    run = judged[1]
    open_page(app, view="vote")
    short = run.removeprefix("run-")
    assert not any(short in part.value for part in [*app.markdown, *app.caption])
    app.button(key="evaluate_vote_left").click().run()
    app.button(key="evaluate_skip").click().run()
    app.button(key="evaluate_vote_both").click().run()
    assert not app.exception and not any(short in part.value for part in [*app.markdown, *app.caption])
    app.toggle[0].set_value(True).run()
    assert not app.exception and f"내 모델 {short}" in words(app) and "표 2개" in words(app)
    app.button(key="evaluate_undo").click().run()
    assert "표 1개" in words(app)


def test_a_second_tab_cannot_vote_twice_on_one_item(app, judged, fresh_store):
    open_page(app, view="vote")
    other = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    open_page(other, view="vote")
    app.button(key="evaluate_vote_left").click().run()
    other.button(key="evaluate_vote_right").click().run()
    assert not other.exception and "이미 골랐습니다" in other.toast[0].value
    with open_store(fresh_store) as db:
        assert db["votes"].count == 1


def test_every_item_voted_on_ends_in_thanks(app, judged, fresh_store):
    open_page(app, view="vote")
    for _ in range(12):
        app.button(key="evaluate_vote_neither").click().run()
    assert not app.exception and app.success and "evaluate_vote_left" not in [b.key for b in app.button]


def test_an_evaluation_begins_from_the_page_and_is_not_queued_twice(app, judged, fresh_store, monkeypatch):
    monkeypatch.setattr("engine.jobs.judge.ensure_supervisor", lambda store: None)
    monkeypatch.setattr("ui.evaluate.ensure_supervisor", lambda store: None)
    for _ in range(2):
        open_page(app, view="new")
        app.button(key="evaluate_start").click().run()
        assert not app.exception, app.exception
    with open_store(fresh_store) as db:
        waiting = [job for job in list_jobs(db) if job["kind"] == "evaluate" and job["state"] == "queued"]
    assert len(waiting) == 1 and waiting[0]["args"]["models"] == [BASE, judged[1]]
    assert waiting[0]["args"]["limit"] == 12 and waiting[0]["args"]["decoding"]["max_new_tokens"] == 80
    assert "차례를 기다리는 중" in words(app)
    app.button(key=f"evaluate_stop_{waiting[0]['id']}").click().run()
    with open_store(fresh_store) as db:
        assert get_job(db, waiting[0]["id"])["state"] == "cancelled"


def test_the_page_that_began_an_evaluation_shows_its_end(app, judged, fresh_store):
    dataset, rows = add_items(fresh_store, 4)
    newer = judge(fresh_store, dataset, rows, {BASE: SAID[:4]})
    with open_store(fresh_store) as db:
        job = enqueue(db, "evaluate", {"models": [BASE]})
        told = f'{{"evaluation_id": "{judged[0]}"}}'
        db.execute("UPDATE jobs SET state = 'done', result_json = ? WHERE id = ?", [told, job])
    open_page(app, job=job, evaluation=newer, view="new")
    assert app.query_params["evaluation"] == judged[0] and "job" not in app.query_params
    assert "문항 12개" in words(app)


@pytest.mark.parametrize("view", ["board", "answers", "vote", "list", "new"])
def test_english_leaves_no_korean_but_the_answers(app, judged, view):
    open_page(app, view=view)
    app.button(key="frame_switch").click().run()
    assert not app.exception
    said = [part.value for part in [*app.caption, *app.subheader, *app.info]]
    said += [
        part.label for part in [*app.button, *app.selectbox, *app.toggle, *app.expander] if part.key != "frame_switch"
    ]
    assert not [text for text in said if any("가" <= sign <= "힣" for sign in text)]


def test_a_habit_opens_the_answers_that_show_it(app, judged):
    open_page(app, view="answers", metric="laughter_closeness", habit="ㅋ 2")
    table = app.dataframe[0].value
    assert table["내 실제 답"][0] == "100%" and "ㅋ 2" in set(table["버릇"])
    assert "버릇이 나온" in words(app) and "답 11개" in words(app)
    app.button(key="evaluate_habit_back").click().run()
    assert not app.exception and "habit" not in app.query_params


def test_a_run_in_the_address_opens_its_evaluation_or_the_form(app, judged, fresh_store, tmp_path):
    open_page(app, run=judged[1])
    assert "문항 12개" in words(app)
    dataset, _ = add_items(fresh_store, 4)
    fresh = add_model(fresh_store, dataset, tmp_path / "fresh")
    app.query_params["run"] = fresh
    app.run()
    assert not app.exception and app.multiselect(key=f"evaluate_models_{fresh}").value == [fresh]
    app.query_params["run"] = "run-none"
    assert "run\\-none" in app.run().warning[0].value and not app.exception


def test_no_view_imports_a_heavy_library(judged):
    code = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('Home.py', default_timeout=60).run()\n"
        "app.switch_page('pages/5_Evaluate.py')\n"
        "for view in ('board', 'answers', 'vote', 'list', 'new'):\n"
        "    app.query_params['view'] = view; app.query_params['metric'] = 'ending_closeness'; app.run()\n"
        "    assert not app.exception, app.exception\n"
        "heavy = {'torch', 'transformers', 'trl', 'peft', 'datasets', 'bitsandbytes', 'scipy', 'kiwipiepy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
