"""The page of lighter models: nothing yet, the form and what it queues, steps as they go, failed gates, the report."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.compress.plan import parse_steps
from engine.config import ROOT
from engine.jobs.compress_time import guess_time
from engine.resources import Sample
from engine.store.compressions import STATES, get_compression, list_compressions, update_compression, update_step
from engine.store.jobs import Work, get_job
from engine.store.open import open_store
from engine.store.overview import next_step
from engine.store.resources import Keeper
from engine.store.runs import get_run, list_runs, newest_run, update_run
from tests.compressed import begun, end_steps, report
from tests.runs_page import HOSTILE, keys, words
from tests.runs_store import begin, end, ended_run, frozen_dataset, give_adapter, queued_run, supervised_here
from ui.compress import variant_name
from ui.compress_steps import SHORT
from ui.words import WORDS


@pytest.fixture
def app(monkeypatch, fresh_store) -> AppTest:
    monkeypatch.chdir(ROOT)
    with open_store(fresh_store) as db:
        supervised_here(db)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


@pytest.fixture
def run(fresh_store, tmp_path) -> str:
    """A finished run with a dataset."""
    with open_store(fresh_store) as db:
        found = ended_run(db, frozen_dataset(db))
        give_adapter(db, found, tmp_path / "adapter")
    return found


def opened(app: AppTest, **address: str) -> AppTest:
    app.run()
    app.switch_page("pages/7_Compress.py")
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def lighter(store, run: str, **settings) -> tuple[str, str, str]:
    """(compression, job, token) of one that runs."""
    with open_store(store) as db:
        found, job = begun(db, run, get_run(db, run)["dataset_id"], **settings)
        return found, job, begin(db, job)


def test_an_empty_store_leads_to_training(app):
    opened(app)
    assert WORDS["compress.none"][0] in words(app) and WORDS["compress.to_train"][0] in words(app)
    assert "compress_start" not in keys(app)


def test_a_run_that_still_learns_or_only_scores_is_not_offered(app, fresh_store):
    with open_store(fresh_store) as db:
        queued_run(db)
    opened(app)
    assert WORDS["compress.none"][0] in words(app)


def test_every_state_of_a_step_has_words_and_a_mark():
    assert not {f"compress.state.{state}" for state in STATES} - set(WORDS)
    assert set(STATES) - set(SHORT) == {"running"}


def test_simple_choices_become_plans_that_can_be(app, run):
    opened(app)
    for way, plan in (
        ("light", "--with int8"), ("smaller", "--with prune:0.25,heal,int8"), ("student", "--with prune:0.5,distil,int8"),
    ):  # fmt: skip
        app.get("button_group")[0].set_value(way).run()
        assert not app.exception
        assert plan in words(app) and not app.get("error"), way
        assert WORDS["compress.takes"][0].split("{")[0] in words(app)


def test_a_plan_that_cannot_be_is_told_before_it_is_queued(app, run, fresh_store):
    opened(app)
    app.get("button_group")[0].set_value("own").run()
    app.text_input[0].set_value("int8,prune:0.25").run()
    assert "앞에 두세요" in app.error[0].value and app.button(key="compress_start").disabled
    app.text_input[0].set_value("prune:0.95").run()
    assert app.button(key="compress_start").disabled
    app.text_input[0].set_value(HOSTILE).run()
    assert not app.exception and app.button(key="compress_start").disabled
    with open_store(fresh_store) as db:
        assert list_compressions(db) == []


def test_start_queues_the_wish_and_shows_its_steps(app, run, fresh_store):
    opened(app)
    app.slider(key="compress_points").set_value(1.5).run()
    app.radio(key="compress_fail").set_value("stop").run()
    app.button(key="compress_start").click().run()
    assert not app.exception, app.exception
    with open_store(fresh_store) as db:
        (made,) = list_compressions(db)
        assert get_job(db, made["job_id"])["state"] == "queued"
    assert made["settings"]["gate"]["points"] == 1.5 and made["settings"]["gate"]["on_fail"] == "stop"
    assert made["run_id"] == run and app.query_params["compression"] == made["id"]
    assert WORDS["job.waits.turn"][0] in words(app) and WORDS["compress.state.waiting"][0] in words(app)


def test_steps_show_what_they_cost_and_what_could_not_be_done(app, run, fresh_store):
    found, job, token = lighter(fresh_store, run)
    with open_store(fresh_store) as db:
        end_steps(db, found)
        update_step(db, found, 2, state="running")
        keeper = Keeper(job)
        for second in range(3):
            keeper.keep(db, Sample(second, second + 1, 100.0, 1300.0, 900.0, 1300.0, None, 0))
    Work(fresh_store, job, token).progress(what="measure", done=1, total=3)
    opened(app, compression=found)
    said = words(app)
    assert "62% → 57% · 원본과 차이 −5%p [−8.1%p, −1.9%p]" in said and "많이 나빠져 되돌림" in said
    assert "파라미터 5.3 M → 4.1 M · 층 8 → 6" in said and "ctranslate2: 할 수 없음" in said.replace("\\", "")
    assert "최대 메모리 1.3 GB" in said and WORDS["compress.added"][0] in said
    app.button(key=f"stop_{job}").click().run()
    with open_store(fresh_store) as db:
        assert get_job(db, job)["stop"] == "cancel"


def test_one_that_failed_says_why_and_can_be_resumed(app, run, fresh_store):
    found, job, token = lighter(fresh_store, run)
    with open_store(fresh_store) as db:
        update_step(db, found, 0, state="running")
        end(db, job, token, "failed", "user_error", f"메모리가 모자랍니다 {HOSTILE}")
    opened(app, compression=found)
    assert "끝까지 가지 못했습니다" in app.warning[0].value and "![몰래]" not in words(app)
    assert WORDS["job.state.interrupted"][0] in words(app), "a step that a dead job left is not at work"
    app.button(key=f"resume_{job}").click().run()
    with open_store(fresh_store) as db:
        assert get_job(db, job)["state"] == "queued"


def test_the_report_says_advice_first_then_one_table(app, run, fresh_store):
    found, job, token = lighter(fresh_store, run)
    with open_store(fresh_store) as db:
        end_steps(db, found)
        update_compression(db, found, result_json=report(found, run))
        end(db, job, token)
    opened(app, job=job)
    assert app.success[0].value.startswith("이 모델은 OpenVINO INT8")
    table = app.dataframe[0].value
    assert list(table[WORDS["compress.col.verdict"][0]]) == ["기준", "못 미침", "추천", "통과"]
    assert list(table[WORDS["compress.col.name"][0]])[1:3] == ["2. 덜어 내기 25% + 되살리기", "3. 8비트(INT8) OpenVINO"]
    assert list(table[WORDS["compress.col.delta"][0]])[:2] == ["—", "−5%p [−7%p, −3%p]"]
    assert table[WORDS["compress.col.size"][0]][2] == "5.6 (26%)"
    targets = app.dataframe[1].value
    assert list(targets[WORDS["compress.col.verdict"][0]])[2:] == ["못 미침(차이 6%p)", "도달", "재지 못함"]
    assert "OpenVINO(299 MB) 등 4개" in app.dataframe[2].value[WORDS["compress.fits"][0]][0]
    assert len(app.get("plotly_chart")) == 1 and "잴 문항이 60개뿐" in words(app)


def test_prices_are_kept_and_change_what_answers_cost(app, run, fresh_store):
    found, job, token = lighter(fresh_store, run)
    with open_store(fresh_store) as db:
        update_compression(db, found, result_json=report(found, run))
        end(db, job, token)
    opened(app, compression=found)
    before = [metric.value for metric in app.metric]
    assert before[2] == "—"
    app.number_input(key="compress_price_kwh").set_value(300.0).run()
    app.number_input(key="compress_price_api_out").set_value(1000.0).run()
    after = [metric.value for metric in app.metric]
    assert float(after[0]) == pytest.approx(2 * float(before[0]), abs=0.11) and after[2] == "14.0"
    again = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    opened(again, compression=found)
    assert [metric.value for metric in again.metric] == after


def test_a_dead_link_is_told_and_hostile_words_stay_words(app, run, fresh_store):
    opened(app, compression="compress-none")
    assert "compress-none" in app.warning[0].value.replace("\\", "") and "compress_start" in keys(app)
    found, job, token = lighter(fresh_store, run)
    with open_store(fresh_store) as db:
        told = report(found, run, advice={"ko": HOSTILE, "en": HOSTILE})
        told["variants"][2] |= {"name": f"int8 {HOSTILE}", "metrics": {}}
        told["best"] = told["variants"][2]["name"]
        update_compression(db, found, result_json=told)
        end(db, job, token)
    other = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    opened(other, compression=found)
    assert "![몰래]" not in other.success[0].value


def test_the_list_and_the_way_back(app, run, fresh_store):
    found, _, _ = lighter(fresh_store, run)
    opened(app)
    assert "덜어 내기 25%" in words(app) and "prune:0.25" not in words(app)
    with open_store(fresh_store) as db:
        assert get_compression(db, found)["state"] == "running"


def test_names_of_variants_speak_the_language_of_the_page(monkeypatch):
    monkeypatch.setattr("ui.compress.t", lambda key: WORDS[key][1])
    assert variant_name({"name": "prune 25% layers + distil logits + int8 openvino"}) == (
        "prune 25% layers + distil with its odds + 8 bits (INT8) OpenVINO"
    )
    assert variant_name({"name": "melt"}) == "melt"


def test_time_is_guessed_from_what_the_run_took(run, fresh_store):
    with open_store(fresh_store) as db:
        found = get_run(db, run)
        told = {**found, "started_at": "2026-01-01T00:00:00+00:00", "left_at": "2026-01-01T00:10:00+00:00"}
        light, small = (guess_time(db, told, parse_steps(plan), 60) for plan in ("int8", "prune:0.25,distil,int8"))
        unknown = guess_time(db, {**told, "left_at": None}, parse_steps("prune:0.25"), 60)
    assert (light.train_s, small.train_s, unknown.train_s) == (0.0, 900.0, None)
    assert light.judge_s is None and small.times == light.times + 1


def test_a_step_that_waits_for_its_healing_is_made_and_not_at_work(app, run, fresh_store):
    found, _, _ = lighter(fresh_store, run)
    with open_store(fresh_store) as db:
        for place in (0, 1):
            update_step(db, found, place, state="running")
    opened(app, compression=found)
    said = words(app)
    assert WORDS["compress.state.made"][0] in said and said.count(f"· {WORDS['compress.state.running'][0]}") == 1


def test_runs_that_steps_made_are_offered_last_and_named(app, run, fresh_store, tmp_path):
    found, job, token = lighter(fresh_store, run)
    with open_store(fresh_store) as db:
        end(db, job, token)
        made = ended_run(db, get_run(db, run)["dataset_id"])
        give_adapter(db, made, tmp_path / "made")
        update_step(db, found, 0, state="passed", run_id=made)
        assert next_step(db).id == run, "a step's run ends with its compression"
        unmade, _ = queued_run(db)
        update_run(db, unmade, job_id=None)
        update_step(db, found, 1, run_id=unmade)
        assert unmade not in {one["id"] for one in list_runs(db)} and newest_run(db) == made
    opened(app)
    box = app.selectbox(key="compress_run")
    assert box.value == run and any("덜어 내기" in option and made in option for option in box.options)


def test_a_job_leads_to_what_it_makes(app, run, fresh_store):
    found, job, _ = lighter(fresh_store, run)
    app.run()
    app.switch_page("pages/4_Runs.py")
    app.query_params["job"] = job
    app.run()
    assert f"압축 {found}" in words(app)
