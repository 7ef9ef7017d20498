"""The form of a new bundle: what it queues, whom it invites, what is refused; a bundle while it is made and when it failed."""

from pathlib import Path

import pytest
from keyring.backends import fail
from streamlit.testing.v1 import AppTest

from engine.access.invitations import list_invitations
from engine.deploy.targets import TARGETS
from engine.store.deployments import get_deployment, list_deployments
from engine.store.jobs import add_log, get_job, list_jobs
from engine.store.open import open_store
from tests.runs_page import HOSTILE, dashboard, keys, words
from tests.runs_store import begin, end, ended_run, frozen_dataset, give_adapter, queued_run
from tests.test_deploy_planning import SHAPES, base
from tests.test_page_deploy import left, opened
from ui.words import WORDS


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, fresh_store: Path) -> AppTest:
    return dashboard(monkeypatch, fresh_store)


@pytest.fixture
def run(fresh_store: Path, tmp_path: Path) -> str:
    """A finished run."""
    with open_store(fresh_store) as db:
        found = ended_run(db, frozen_dataset(db))
        give_adapter(db, found, tmp_path / "adapter")
    return found


def test_every_target_and_engine_has_words() -> None:
    from engine.deploy.engines import ENGINES
    from engine.deploy.steps import STEPS

    assert not {f"deploy.{kind}.{name}" for kind in ("target", "about") for name in TARGETS} - set(WORDS)
    assert not {f"deploy.engine.{name}" for name in ENGINES} - set(WORDS) and set(STEPS) == set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_no_step_of_a_place_is_left_unfilled(target: str) -> None:
    from engine.deploy.steps import steps_of

    told = [step for card in (None, "l4x1") for english in (False, True) for step in steps_of(target, card, english)]
    assert len(told) == 20 and not any("{" in step for step in told)


def test_a_store_without_a_finished_run_leads_to_training(app: AppTest, fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        queued_run(db)
    opened(app)
    assert WORDS["deploy.none"][0] in words(app) and "deploy_start" not in keys(app)


def test_what_was_chosen_is_queued_with_an_invitation_for_each_guest(app: AppTest, fresh_store: Path, run: str) -> None:
    opened(app, run=run)
    app.radio(key="deploy_target").set_value("render").run()
    app.text_area(key="deploy_guests").set_value(f"엄마 {HOSTILE}\n\n 동생 ").run()
    app.button(key="deploy_start").click().run()
    assert not app.exception and "<script>" not in words(app) and "![" not in words(app)
    with open_store(fresh_store) as db:
        job, invited = list_jobs(db)[0], list_invitations(db)
        assert (job["kind"], job["args"]["run"], job["args"]["target"]) == ("deploy", run, "render")
        assert sorted(job["args"]["settings"]["invitations"]) == sorted(one.id for one in invited)
        assert {one.models for one in invited} == {(run,)} and {one.expires_at for one in invited} == {None}
    shown = [code.value for code in app.code]
    assert len([code for code in shown if len(code) == 19 and code.count("-") == 3]) == 2
    assert not any(code in str(job["args"]) for code in shown)


def test_a_folder_with_something_in_it_is_refused_and_nothing_is_queued(
    app: AppTest, fresh_store: Path, run: str, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x", encoding="utf-8")
    opened(app, run=run)
    app.text_area(key="deploy_guests").set_value("엄마").run()
    app.text_input(key=f"deploy_out_{run}_{app.radio(key='deploy_target').value}").set_value(
        str(tmp_path / "full")
    ).run()
    app.button(key="deploy_start").click().run()
    assert "이미 무언가" in app.error[0].value
    with open_store(fresh_store) as db:
        assert not [job for job in list_jobs(db) if job["kind"] == "deploy"] and list_invitations(db) == []


def test_steps_are_shown_as_they_go_and_why_it_failed(app: AppTest, fresh_store: Path, run: str) -> None:
    opened(app, run=run)
    app.button(key="deploy_start").click().run()
    with open_store(fresh_store) as db:
        job = list_jobs(db)[0]["id"]
        token = begin(db, job)
        add_log(db, job, "모델을 바꿉니다 / the model is converted")
    opened(app, job=job)
    assert "모델을 바꿉니다" in words(app) and "the model is converted" not in words(app)
    with open_store(fresh_store) as db:
        end(db, job, token, "failed", "user_error", "디스크가 가득 찼습니다")
    opened(app, job=job)
    assert "디스크가 가득" in app.warning[0].value and f"resume_{job}" in keys(app)


def test_a_finished_one_opens_its_deployment_and_a_strangers_job_is_no_bundle(
    app: AppTest, fresh_store: Path, run: str
) -> None:
    name = left(fresh_store)
    opened(app, run=run)
    app.button(key="deploy_start").click().run()
    with open_store(fresh_store) as db:
        job = list_jobs(db)[0]["id"]
        token = begin(db, job)
        from engine.store.jobs import finish_job

        finish_job(db, job, token, "done", "done", {"deployment_id": name}, ("", ""))
        trained = next(one["id"] for one in list_jobs(db) if one["kind"] == "train")
    opened(app, job=job)
    assert app.query_params["deployment"] == name
    del app.query_params["deployment"]
    opened(app, job=trained)
    assert trained in words(app).replace("\\", "")


def test_a_blocked_one_is_made_again_with_a_reason(app: AppTest, fresh_store: Path, run: str) -> None:
    name = left(fresh_store, "red")
    opened(app, run=run)
    app.button(key="deploy_start").click().run()
    with open_store(fresh_store) as db:
        first = list_jobs(db)[0]
        db.execute("UPDATE deployments SET job_id = ? WHERE id = ?", [first["id"], name])
    del app.query_params["job"]
    opened(app, deployment=name)
    next(button for button in app.button if button.label == WORDS["deploy.again"][0]).click().run()
    assert "까닭" in app.error[0].value
    app.text_area(key="deploy_reason").set_value("지어낸 번호뿐임")
    next(button for button in app.button if button.label == WORDS["deploy.again"][0]).click().run()
    with open_store(fresh_store) as db:
        again = get_job(db, str(app.query_params["job"]))
        assert again["args"]["override"] == "지어낸 번호뿐임" and again["args"]["settings"] == first["args"]["settings"]
        assert again["id"] != first["id"] and len(list_deployments(db)) == 1 and get_deployment(db, name)["audit"]


def test_what_a_place_holds_is_told_live_and_what_would_do_is_a_button(
    app: AppTest, fresh_store: Path, tmp_path: Path
) -> None:
    folder = base(tmp_path / "3B", **SHAPES["3B"])
    with open_store(fresh_store) as db:
        run = ended_run(db, frozen_dataset(db), base=str(folder))
        give_adapter(db, run, tmp_path / "adapter")
    opened(app, run=run)
    app.radio(key="deploy_target").set_value("streamlit-cloud").run()
    said = words(app)
    assert WORDS["deploy.plan.no"][0].format(target=WORDS["deploy.target.streamlit-cloud"][0]) in said
    assert app.button(key="deploy_start").disabled
    app.button(key="deploy_instead_streamlit-cloud_gguf-int4").click().run()
    assert app.selectbox(key="deploy_engine").value == "gguf-int4" and not app.button(key="deploy_start").disabled
    assert WORDS["deploy.plan.edge"][0].format(target=WORDS["deploy.target.streamlit-cloud"][0]) in words(app)
    app.button(key="deploy_instead_local_gguf").click().run()
    assert app.radio(key="deploy_target").value == "local" and not app.button(key="deploy_start").disabled
    app.radio(key="deploy_target").set_value("hf-space").run()
    app.checkbox(key="deploy_gpu").check().run()
    assert "카드 메모리 약" in words(app) and "deploy_engine" not in {box.key for box in app.selectbox}
    app.checkbox(key="deploy_gpu").uncheck().run()
    app.radio(key="deploy_target").set_value("render").run()
    assert app.button(key="deploy_start").disabled


def test_where_it_is_uploaded_to_is_queued_and_the_token_is_not(
    app: AppTest, fresh_store: Path, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyring.get_keyring", fail.Keyring)  # whatever drawer other tests left open
    monkeypatch.setattr("engine.keys.secrets_files", lambda: ())
    monkeypatch.delenv("HF_TOKEN", raising=False)
    opened(app, run=run)
    app.radio(key="deploy_target").set_value("hf-space").run()
    app.checkbox(key="deploy_upload_after").check().run()
    assert "HF_TOKEN" in words(app).replace("\\", "") and "deploy_upload_repo" not in {f.key for f in app.text_input}
    monkeypatch.setenv("HF_TOKEN", "hf_invented")
    app.run()
    app.text_input(key="deploy_upload_repo").set_value("owner/chat").run()
    app.button(key="deploy_start").click().run()
    assert not app.exception and "hf_invented" not in words(app)
    with open_store(fresh_store) as db:
        args = list_jobs(db)[0]["args"]
    assert args["upload"] == {"repo": "owner/chat", "private": True} and "hf_invented" not in str(args)
