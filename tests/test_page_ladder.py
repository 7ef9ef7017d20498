"""The ladder on the Evaluate page, the chain on the Train page, ways of answering in a new evaluation: no traceback, honest words."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.jobs.chain import launch_chain, plan_chain
from engine.recipes.recipe import load_recipe
from engine.store.datasets import add_members, add_rows, freeze_dataset, start_dataset
from engine.store.open import open_store
from engine.store.settings import set_setting
from tests.runs_store import give_adapter, queued_run, supervised_here
from tests.test_ladder import judged, kept
from tests.test_page_train import shown

EVALUATE, TRAIN, RUNS = "pages/5_Evaluate.py", "pages/3_Train.py", "pages/4_Runs.py"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.chdir(ROOT)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


def at(app: AppTest, page: str, **names: str) -> AppTest:
    app.run()
    app.switch_page(page)
    for name, value in names.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def summaries(store: Path, style: str) -> str:
    """A frozen dataset of the summary recipe."""
    with open_store(store) as db:
        dataset = start_dataset(
            db, recipe="summary", style=style, options={"style": style}, masked=True, job_id="job-none", sources=[]
        )
        said = '[{"role": "user", "content": "#Person1#: 밥 먹자. #Person2#: 그래."}]'
        rows = [
            (
                "summary",
                None,
                None,
                None,
                f"대화 {i}",
                said,
                f"둘이 밥을 먹기로 했다 {i}.",
                '{"dialogue": "#Person1#: 밥."}',
            )
            for i in range(8)
        ]
        splits = ["test" if i > 5 else "validation" if i > 4 else "train" for i in range(8)]
        add_members(db, dataset, [(i, row, splits[i], None) for i, row in enumerate(add_rows(db, rows))])
        return str(freeze_dataset(db, dataset)["id"])  # fmt: skip


def test_the_ladder_says_of_each_step_whether_it_helped(app: AppTest, fresh_store: Path) -> None:
    stored = kept(
        fresh_store, judged({"v1": "<b>배움</b> :red[x]"}), {"base": "가", "v1": "나", "v2": "나", "v3": "다"}
    )
    page = at(app, EVALUATE, evaluation=stored["id"], view="ladder", metric="right")
    text = shown(page)
    assert "앞 단계에 견주어 달라졌습니다" in text and "바뀐 답이 하나도 없습니다" in text
    steps, costs = (table.value for table in page.dataframe)
    assert list(steps["n"]) == ["40"] * 4 and "배움" in steps["단계"][1] and len(costs) == 4


def test_the_ladder_speaks_english(app: AppTest, fresh_store: Path) -> None:
    stored = kept(fresh_store, judged(), {"base": "가", "v1": "나", "v2": "다", "v3": "라"})
    with open_store(fresh_store) as db:
        set_setting(db, "language", "en")
    text = shown(at(app, EVALUATE, evaluation=stored["id"], view="ladder", metric="right", lang="en"))
    assert "the step before" in text and "앞 단계" not in text


def test_an_evaluation_without_tests_between_steps_says_so(app: AppTest, fresh_store: Path) -> None:
    stored = kept(fresh_store, {**judged(), "steps": []}, {})
    assert "다시 평가하면" in shown(at(app, EVALUATE, evaluation=stored["id"], view="ladder", metric="right"))


def test_the_chain_tells_every_phase_and_starts_once(app: AppTest, fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        supervised_here(db)
    dataset = summaries(fresh_store, "plain")
    page = at(app, TRAIN, dataset=dataset)
    text = shown(page)
    assert "1단계 기본" in text and "아직 배울 행이 없습니다" in text and "3단계 가운데 지금 할 수 있는 1단계" in text
    button = next(one for one in page.button if (one.key or "").startswith("chain_start_"))
    button.click().run()
    with open_store(fresh_store) as db:
        runs = db.execute("SELECT count(*) FROM runs").fetchone()[0]
        jobs = [row[0] for row in db.execute("SELECT kind FROM jobs ORDER BY rowid")]
    assert runs == 1 and jobs == ["train", "evaluate"]


def test_a_run_names_the_phases_of_its_chain(app: AppTest, fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        supervised_here(db)
    summaries(fresh_store, "plain")
    summaries(fresh_store, "instruction")
    told = launch_chain(fresh_store, plan_chain(fresh_store, load_recipe("summary"), "starter"))
    text = shown(at(app, RUNS, run=told["runs"][1]["run_id"]))
    assert "이어 학습하는 단계" in text and "2. 2단계 지시" in text


def test_a_new_evaluation_offers_the_recipes_ways_but_no_single_steps(
    app: AppTest, fresh_store: Path, tmp_path: Path
) -> None:
    dataset = summaries(fresh_store, "plain")
    with open_store(fresh_store) as db:
        supervised_here(db)
        run, _ = queued_run(db, dataset)
        db.execute("UPDATE runs SET recipe = 'summary' WHERE id = ?", [run])
        db.conn.commit()
        give_adapter(db, run, tmp_path / "adapter")
    page = at(app, EVALUATE, view="new")
    ways = page.multiselect(key="evaluate_ways_summary")
    assert len(ways.options) == 4 and not any("tidied-" in option for option in ways.options)
    ways.select(ways.options[2]).run()
    assert f"{run}@ensemble" in "\n".join(str(code.value) for code in page.code)
