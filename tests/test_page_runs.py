"""The runs page: one run, runs compared, the list; dead links, other tabs, hostile text, large stores."""

import json
import re
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.store.jobs import LANES, get_job, list_waiting
from engine.store.open import open_store
from engine.store.runs import add_metrics, get_run, update_run
from engine.store.samples import add_samples
from engine.store.subjects import SQL
from engine.train.curve import judge
from tests.runs_page import HOSTILE, keys, open_runs, words
from tests.runs_store import (
    add_checkpoint,
    add_curve,
    begin,
    end,
    ended_run,
    frozen_dataset,
    give_adapter,
    queued_run,
    supervised_here,
)
from ui.frame import plain
from ui.runs_one import BANNERS
from ui.words import WORDS


@pytest.fixture
def app(monkeypatch, fresh_store) -> AppTest:
    monkeypatch.chdir(ROOT)
    with open_store(fresh_store) as db:
        supervised_here(db)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


def test_an_empty_store_leads_to_training(app):
    open_runs(app)
    assert app.info[0].value == WORDS["runs.none"][0] and WORDS["runs.to_train"][0] in words(app)


def test_every_kind_of_job_every_ending_and_every_course_has_words():
    assert not {f"job.kind.{kind}" for kind in LANES} - set(WORDS)
    assert not {f"runs.standing.{standing}" for standing in BANNERS} - set(WORDS)
    assert not {f"job.subject.{kind}" for kind in SQL} - set(WORDS)
    curves = (
        [],
        [(0, 1.0)],
        [(1, 3.0), (2, 2.0)],
        [(1, 2.0), (2, 2.0)],
        [(1, 2.0), (2, 3.0)],
        [(0, 1.0), (1, 2.0), (2, 2.0)],
    )
    assert {judge(curve).course for curve in curves} == {"none", "early", "falling", "flat", "rising", "unlearned"}
    assert all(f"runs.course.{judge(curve).course}" in WORDS for curve in curves)


def test_a_running_run_shows_steps_time_curve_and_ways_to_stop(app, fresh_store):
    with open_store(fresh_store) as db:
        run, job = queued_run(db, frozen_dataset(db))
        begin(db, job)
        add_curve(db, run, [(0, 7.5), (20, 4.0), (40, 3.0)])
    open_runs(app, run=run)
    said = words(app)
    assert "배우는 중입니다" in said and "남은 시간 아직 모름" in said
    assert re.search(r"(방금|\d+초 전) 소식", said), "busy cores take their time to draw a page"
    assert "검증 손실이 아직 내려가고 있습니다" in said and len(app.get("plotly_chart")) == 1
    assert app.metric[0].value == "40 / 100" and app.metric[1].value == "3.000"
    app.toggle(key="runs_more_curves").set_value(True).run()
    assert not app.exception and len(app.get("plotly_chart")) == 5, "learning rate, gradient, speed and memory"
    app.button(key="runs_stop_save").click().run()
    with open_store(fresh_store) as db:
        assert get_job(db, job)["stop"] == "save"
    assert "저장하고 멈추는 중입니다" in words(app) and "runs_stop_save" not in keys(app)
    app.button(key="runs_cancel").click().run()
    with open_store(fresh_store) as db:
        assert get_job(db, job)["stop"] == "cancel"


def test_a_waiting_run_says_what_it_waits_for(app, fresh_store):
    with open_store(fresh_store) as db:
        run, _ = queued_run(db)
    open_runs(app, run=run)
    assert WORDS["runs.standing.waiting"][0] in words(app) and WORDS["job.waits.turn"][0] in words(app)


def test_a_refresh_keeps_the_run(app, fresh_store):
    with open_store(fresh_store) as db:
        run = ended_run(db)
    open_runs(app, run="latest")
    assert run in words(app)
    app.run()
    assert run in words(app) and "latest" in app.query_params["run"]


def test_a_chart_that_is_held_stays_as_it_is_while_points_come_in(app, fresh_store):
    """Streamlit mounts a chart with another figure anew, which undoes a zoom: the held one must not differ by a byte."""
    with open_store(fresh_store) as db:
        run, job = queued_run(db)
        begin(db, job)
        add_curve(db, run, [(0, 7.5), (20, 4.0)])
    open_runs(app, run=run)
    app.toggle(key="runs_hold").set_value(True).run()
    before = app.get("plotly_chart")[0].proto
    with open_store(fresh_store) as db:
        add_curve(db, run, [(30, 3.5)])
    app.run()
    assert (app.get("plotly_chart")[0].proto.id, app.metric[0].value) == (before.id, "30 / 100")
    app.toggle(key="runs_hold").set_value(False).run()
    assert app.get("plotly_chart")[0].proto.id != before.id


def test_what_the_machine_said_has_a_tab_of_its_own(app, fresh_store):
    with open_store(fresh_store) as db:
        run = ended_run(db)
        add_metrics(db, run, 60, loss=3.9, extra={"gpu_temperature_c": 61.0, "cpu_percent": 40.0})
    open_runs(app, run=run)
    app.toggle(key="runs_more_curves").set_value(True).run()
    assert not app.exception and [tab.label for tab in app.tabs] == ["학습률·기울기", "속도·메모리", "컴퓨터"]
    drawn = {chart.proto.spec for chart in app.get("plotly_chart")}
    assert any("온도" in spec or "\\uc628" in spec for spec in drawn)


def test_smoothing_draws_what_was_measured_behind_it(app, fresh_store):
    with open_store(fresh_store) as db:
        run = ended_run(db)
    open_runs(app, run=run)

    def training():
        figure = json.loads(app.get("plotly_chart")[0].proto.spec)
        return [trace for trace in figure["data"] if trace["name"] == WORDS["runs.train_loss"][0]]

    measured, smooth = training()
    assert measured["opacity"] < 0.5 and smooth["y"] != measured["y"] and smooth["y"][0] == measured["y"][0]
    app.slider(key="runs_smooth").set_value(0.0).run()
    [alone] = training()
    assert alone["y"] == measured["y"]


def test_a_loss_that_diverges_is_said_in_words(app, fresh_store):
    with open_store(fresh_store) as db:
        run, job = queued_run(db, frozen_dataset(db))
        begin(db, job)
        for step in range(1, 61):
            add_metrics(db, run, step, loss=3.0 + abs(step - 20) / 20)
    open_runs(app, run=run)
    assert "발산" in words(app) and "learning_rate를 0.0004 정도로" in words(app)


def test_the_best_step_is_marked(app, fresh_store):
    with open_store(fresh_store) as db:
        run = ended_run(db)
    open_runs(app, run=run)
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    best = next(trace for trace in figure["data"] if trace["name"] == WORDS["runs.best_mark"][0])
    assert best["x"] == [40] and best["y"] == [3.0]


@pytest.mark.parametrize(
    ("state", "ending", "said", "resumes"),
    [
        ("done", "done", "정한 60스텝을 모두 마쳤습니다", False),
        ("interrupted", "killed", "누가 프로세스를 끝냈습니다", True),
        ("interrupted", "stopped_saved", "저장하고 멈췄습니다", True),
        ("cancelled", "cancelled", "멈추라고 해서", True),
        ("failed", "out_of_memory", "메모리가 모자라", True),
        ("failed", "user_error", "이어 갈 수 없었습니다", True),
        ("failed", "bug", "프로그램의 잘못", True),
    ],
)
def test_an_ended_run_says_why_and_what_to_do_next(app, fresh_store, state, ending, said, resumes):
    with open_store(fresh_store) as db:
        run = ended_run(db, frozen_dataset(db), state, ending)
    open_runs(app, run=run)
    assert said in words(app) and ("runs_resume" in keys(app)) == resumes
    assert ("설정을 바꿔 다시 학습" in words(app)) == (ending in {"out_of_memory", "user_error"})
    assert "외우기 시작했을 수 있습니다. 가장 좋았던 40스텝의 어댑터를 남깁니다." in words(app)
    assert "runs_talk" not in keys(app)


def test_settings_that_went_wrong_open_where_they_are_changed(app, fresh_store):
    with open_store(fresh_store) as db:
        run = ended_run(db, frozen_dataset(db), "failed", "user_error", learning_rate=0.1)
    open_runs(app, run=run)
    [door] = [one.proto for one in app.get("page_link") if one.proto.label == WORDS["runs.change_settings"][0]]
    assert "learning_rate" in door.query_string and "preset=quick" in door.query_string
    assert "base=starter" in door.query_string and "from=" not in door.query_string


def test_the_step_it_would_go_on_from_stands_on_the_button_and_a_reason_in_its_place(app, fresh_store, tmp_path):
    with open_store(fresh_store) as db:
        supervised_here(db)
        run = ended_run(db, frozen_dataset(db), "interrupted", "killed")
    assert open_runs(app, run=run).button(key="runs_resume").label == "처음부터 다시 시작"
    with open_store(fresh_store) as db:
        add_checkpoint(db, tmp_path, run, 1040)
    assert app.run().button(key="runs_resume").label == "1,040스텝부터 이어 하기"
    with open_store(fresh_store) as db:
        db.execute("UPDATE datasets SET forgotten_count = 3")
    app.run()
    assert "runs_resume" not in keys(app) and any("0 → 3" in warning.value for warning in app.warning)


def test_a_trained_run_is_judged_from_here_and_then_shows_the_way_to_the_results(app, fresh_store, tmp_path):
    with open_store(fresh_store) as db:
        run = ended_run(db, frozen_dataset(db))
        give_adapter(db, run, tmp_path / "adapter")
    open_runs(app, run=run)
    assert {"runs_judge", "runs_talk"} <= keys(app)
    app.button(key="runs_judge").click().run()
    assert not app.exception and WORDS["runs.judging"][0] in words(app) and "runs_judge" not in keys(app)
    with open_store(fresh_store) as db:
        assert [job["kind"] for job in list_waiting(db)] == ["evaluate"]


@pytest.mark.parametrize("view", ["run", "job"])
def test_a_message_of_a_job_is_text(app, fresh_store, view):
    with open_store(fresh_store) as db:
        run, job = queued_run(db)
        end(db, job, begin(db, job), "failed", "user_error", HOSTILE)
    open_runs(app, **{view: run if view == "run" else job})
    assert plain(HOSTILE) in words(app) and HOSTILE not in words(app)


def test_sample_answers_stand_beside_the_real_reply_as_text(app, fresh_store):
    with open_store(fresh_store) as db:
        dataset = frozen_dataset(db)
        run = ended_run(db, dataset)
        row = db.execute("SELECT row_id FROM dataset_rows WHERE split = 'validation'").fetchone()[0]
        add_samples(db, run, 0, {row: ""})
        add_samples(db, run, 20, {row: HOSTILE})
    open_runs(app, run=run)
    said = words(app)
    assert plain("국수 1그릇!") in said and plain("저녁 뭐 먹지 1") in said
    assert plain(WORDS["runs.silence"][0]) in said and plain(HOSTILE) in said and HOSTILE not in said


@pytest.mark.parametrize("address", [{"run": "run-gone"}, {"job": "job-gone"}, {"compare": "run-gone,run-lost"}])
def test_a_dead_link_says_so_above_a_useful_page(app, fresh_store, address):
    with open_store(fresh_store) as db:
        run = ended_run(db)
    open_runs(app, **address)
    assert "저장소에 없습니다" in app.warning[0].value and run in words(app)


def test_a_link_from_somebody_else_is_text(app, fresh_store):
    open_runs(app, run=HOSTILE)
    assert HOSTILE not in app.warning[0].value and plain(HOSTILE) in app.warning[0].value


def test_an_adopted_adapter_has_no_curve_but_a_way_to_talk(app, fresh_store, tmp_path):
    with open_store(fresh_store) as db:
        run, _ = queued_run(db)
        update_run(db, run, job_id=None)
        give_adapter(db, run, tmp_path / "adapter")
    open_runs(app, run=run)
    assert "다른 곳에서 배운 어댑터입니다" in words(app) and "runs_talk" in keys(app) and not app.get("plotly_chart")
    assert WORDS["runs.dataset_gone"][0] in words(app)


def test_a_run_whose_rows_were_forgotten_says_train_again(app, fresh_store):
    with open_store(fresh_store) as db:
        dataset = frozen_dataset(db)
        run = ended_run(db, dataset)
        db.execute("UPDATE datasets SET forgotten_count = 3 WHERE id = ?", [dataset])
    open_runs(app, run=run)
    assert any("3행을 지웠습니다" in warning.value for warning in app.warning)


def test_a_run_without_numbers_has_a_page(app, fresh_store):
    with open_store(fresh_store) as db:
        run, job = queued_run(db)
        update_run(db, run, steps_total=None)
        begin(db, job)
    open_runs(app, run=run)
    assert WORDS["runs.no_curve"][0] in words(app) and [metric.value for metric in app.metric] == ["0", "–", "–", "–"]


def test_settings_tell_where_they_come_from_and_the_command_repeats_them(app, fresh_store):
    with open_store(fresh_store) as db:
        run = ended_run(db, frozen_dataset(db), lora_rank=4)
    open_runs(app, run=run)
    table = app.dataframe[0].value.set_index(WORDS["runs.setting"][0])[WORDS["runs.origin"][0]]
    assert (table["lora_rank"], table["batch_size"], table["seed"]) == ("직접 정함", "프리셋 quick", "기본값")
    command = next(code.value for code in app.code if "engine train" in code.value)
    assert "--set lora_rank=4" in command and "--set batch_size" not in command and "--preset quick" in command


def test_runs_are_compared_from_the_list_and_by_address(app, fresh_store):
    with open_store(fresh_store) as db:
        first, second = ended_run(db), ended_run(db, lora_rank=4)
    open_runs(app)
    app.multiselect(key="runs_compare").set_value([first, second]).run()
    app.button(key="runs_compare_go").click().run()
    assert not app.exception and f"{first},{second}" in app.query_params["compare"]
    assert app.dataframe[1].value.iloc[0].tolist() == ["lora_rank", "16", "4"]
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert len(figure["data"]) == 2 and [0] not in [trace["x"][:1] for trace in figure["data"]]
    assert app.warning[0].value == WORDS["runs.compare_other"][0]
    app.segmented_control(key="runs_compare_which").set_value("training").run()
    app.segmented_control(key="runs_compare_axis").set_value("tokens").run()
    assert not app.exception and words(app).count("이 가로축에 쓸 숫자가 적혀 있지 않아") == 2, (
        "older runs did not record tokens"
    )


def test_two_hundred_runs_are_listed_a_window_at_a_time(app, fresh_store):
    with open_store(fresh_store) as db:
        for _ in range(200):
            run, job = queued_run(db)
            update_run(db, run, job_id=None, eval_loss=3.0)
            db.execute("DELETE FROM jobs WHERE id = ?", [job])
    open_runs(app)
    assert words(app).count("검증 손실 3.000") == 12
    app.button(key="runs_more").click().run()
    assert words(app).count("검증 손실 3.000") == 24


def test_english_leaves_no_korean_of_ours(app, fresh_store):
    with open_store(fresh_store) as db:
        run = ended_run(db)
    open_runs(app, run=run)
    app.button(key="frame_switch").click().run()
    said = words(app).replace("한국어", "")
    assert not app.exception and not any("가" <= letter <= "힣" for letter in said)


def test_the_runs_page_imports_nothing_heavy(fresh_store):
    with open_store(fresh_store) as db:
        supervised_here(db)
        run = ended_run(db)
    code = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('Home.py', default_timeout=60).run()\n"
        f"app.switch_page('pages/4_Runs.py'); app.query_params['run'] = '{run}'; app.run()\n"
        "heavy = {'torch', 'transformers', 'trl', 'peft', 'datasets', 'scipy', 'kiwipiepy'} & set(sys.modules)\n"
        "assert not heavy and not app.exception, (heavy, app.exception)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_run_deleted_in_another_tab_ends_the_page_in_words(app, fresh_store):
    with open_store(fresh_store) as db:
        run = ended_run(db)
    open_runs(app, run=run)
    with open_store(fresh_store) as db:
        job = get_run(db, run)["job_id"]
        db.execute("DELETE FROM runs WHERE id = ?", [run])
        db.execute("DELETE FROM jobs WHERE id = ?", [job])
    app.run()
    assert not app.exception and "저장소에 없습니다" in app.warning[0].value
