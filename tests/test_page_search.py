"""Search on the training page: begun there, shown trial by trial, kept as a preset that the page then offers."""

import pytest
from streamlit.testing.v1 import AppTest

# ruff: noqa: F811  (fixtures come by import)
from engine.config import ROOT
from engine.store.jobs import list_jobs
from engine.store.open import open_store
from engine.store.presets import list_presets
from engine.store.studies import list_studies
from tests.searching import base, begin, searched, store, toy, trials  # noqa: F401  (some are fixtures)
from ui.words import WORDS

PAGE = "pages/3_Train.py"


@pytest.fixture
def page(store, monkeypatch):
    monkeypatch.chdir(ROOT)

    def open_page(**names: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=120).run()
        app.switch_page(PAGE)
        for name, value in names.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception
        return app

    return open_page


def shown(app: AppTest) -> str:
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


def test_a_search_begun_on_the_page_is_the_one_the_command_would_begin(page, store):
    app = page()
    command = next(code.value for code in app.code if "engine search" in code.value)
    app.button(key="search_start").click().run()
    assert not app.exception, app.exception
    with open_store(store) as db:
        [study], [job] = list_studies(db), list_jobs(db)
    assert study["id"] in app.query_params["search"] and (job["kind"], job["args"]) == (
        "search",
        {"study": study["id"]},
    )
    assert f"--preset {study['preset']} --minutes {study['minutes']:g}" in command and study["base"] == "starter"
    assert [one["name"] for one in study["space"]] == ["learning_rate", "lora_rank", "lora_dropout"]
    assert "--fields learning_rate,lora_rank,lora_dropout" in command
    assert WORDS["search.state.queued"][0] in shown(app)


def test_settings_the_owner_changed_are_kept_and_not_searched(page, store):
    app = page(set="lora_rank=8")
    assert WORDS["search.fixed"][0].split("{")[0] in shown(app)
    app.button(key="search_start").click().run()
    with open_store(store) as db:
        [study] = list_studies(db)
    assert study["settings"]["lora_rank"] == 8 and study["origins"]["lora_rank"] == "--set"
    assert [one["name"] for one in study["space"]] == ["learning_rate", "lora_dropout"]


def test_a_finished_search_shows_what_it_found_and_keeps_it_as_a_preset(toy, page, store, base):
    rates = {"learning_rate": "1e-3,5e-3,1e-2,1e-9,3e-3,4e-3"}
    study, _ = begin(store, base, ranges=rates, seeds=3, sets={"max_steps": "4"})
    told = searched(store, study)
    app = page(search=study)
    text = shown(app)
    assert WORDS["search.proof.proven"][0] in text and WORDS["search.state.done"][0] in text
    assert next(metric.value for metric in app.metric) == f"{told['best']['value']:.4f}"
    table = app.dataframe[-1].value
    found = trials(store, study)
    pruned = sum(one["state"] == "pruned" for one in found)
    assert len(table) == len(found) and (table.iloc[:, 2] == WORDS["search.trial.pruned"][0]).sum() == pruned > 0
    assert len(app.get("plotly_chart")) == 3, "course, parallel coordinates, importances"

    app.text_input(key="search_name").set_value("quick")
    app.button(key="search_promote").click().run()
    assert not app.exception and app.error, "a name of the recipe's own is refused in words"
    app.text_input(key="search_name").set_value("우리집")
    app.button(key="search_promote").click().run()
    assert not app.exception and "우리집" in shown(app)
    with open_store(store) as db:
        [kept] = list_presets(db)
    assert kept["settings"]["learning_rate"] == told["best"]["values"]["learning_rate"]

    train = page(preset="우리집", base=base)
    assert train.radio(key="train_preset").value == "우리집"
    app.button(key="search_remove_우리집").click().run()
    with open_store(store) as db:
        assert list_presets(db) == []


def test_trials_open_as_runs_that_say_what_they_are(toy, page, store, base):
    study, _ = begin(store, base, ranges={"learning_rate": "3e-3,5e-3,1e-2,1e-9"}, sets={"max_steps": "4"})
    searched(store, study)
    given_up = next(one for one in trials(store, study) if one["state"] == "pruned")
    app = page()
    app.switch_page("pages/4_Runs.py")
    app.query_params["run"] = given_up["run_id"]
    app.run()
    assert not app.exception, app.exception
    text = shown(app)
    assert WORDS["runs.standing.pruned"][0] in text
    assert "runs_resume" not in {button.key for button in app.button}, "a trial is not resumed by itself"


@pytest.mark.parametrize("dead", ["study-nope", "<b>", "../../x"])
def test_a_dead_link_is_told_and_the_page_goes_on(page, dead):
    app = page(search=dead)
    assert app.warning and any((button.key or "").startswith("train_launch") for button in app.button)


def test_in_english_nothing_korean_is_left(toy, page, store, base, monkeypatch):
    monkeypatch.setenv("MALMOI_LANG", "en")
    study, _ = begin(store, base, ranges={"learning_rate": "5e-3,1e-2"}, seeds=1)
    searched(store, study)
    app = page(search=study)
    assert not [
        text for text in shown(app).splitlines() if any("가" <= sign <= "힣" for sign in text.replace("한국어", ""))
    ]
