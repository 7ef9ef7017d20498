"""What leaves as files from the pages: a data set only when nothing personal is left or a reason is given, a model by an audited job."""

import io
import json
import zipfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.curate.exchange_files import packed_dataset
from engine.errors import UserError
from engine.jobs.work import do_export
from engine.privacy.correct import add_word
from engine.store.audits import add_audit, audits_of
from engine.store.datasets import get_dataset
from engine.store.jobs import Work, claim_next, finish_job, get_job, list_jobs
from engine.store.open import open_store
from engine.store.rows import SPLITS
from engine.store.vault import list_allowances
from tests.capsules import masked_dataset
from tests.runs_page import dashboard, keys, open_page, words
from tests.runs_store import begin, end, ended_run, frozen_dataset, give_adapter
from tests.test_push import HEARD
from ui.words import WORDS


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, fresh_store: Path) -> AppTest:
    return dashboard(monkeypatch, fresh_store)


@pytest.fixture
def run(fresh_store: Path, tmp_path: Path) -> str:
    """A run with an adapter, audited before: its file here holds no weights."""
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text('{"peft_type": "LORA"}', encoding="utf-8")
    with open_store(fresh_store) as db:
        made = ended_run(db, frozen_dataset(db))
        give_adapter(db, made, adapter)
        heard(db, made)
    return made


def heard(db: Any, run: str, level: str = "green") -> None:
    found = [asdict(replace(HEARD, level=level))]
    add_audit(db, model=run, run_id=run, target=None, content=None, verdict=level, findings=found)


def test_a_data_set_is_taken_as_a_zip_in_the_shape_that_was_chosen(app: AppTest, fresh_store: Path) -> None:
    dataset = masked_dataset(fresh_store)
    open_page(app, "pages/2_Curate.py", dataset=dataset)
    assert "curate_export_take" not in {one.key for one in app.get("download_button")}
    app.radio(key="curate_export_form").set_value("sharegpt")
    app.button(key="curate_export_make").click().run()
    assert not app.exception and not app.error
    with open_store(fresh_store) as db:
        content, written = packed_dataset(db, dataset, "sharegpt", SPLITS, None)
        rows = sum(get_dataset(db, dataset)["counts"].get(split, 0) for split in SPLITS)
    assert written.rows == rows and WORDS["rows.done"][0].format(n=f"{rows:,}") in words(app)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {"train.jsonl", "dataset_info.json"} <= set(archive.namelist())
        assert "conversations" in json.loads(archive.read("train.jsonl").decode().splitlines()[0])


def test_what_is_left_stops_the_download_until_a_reason_is_given(app: AppTest, fresh_store: Path) -> None:
    dataset = masked_dataset(fresh_store)
    with open_store(fresh_store) as db:
        add_word(db, "고마워", "PERSON", get_dataset(db, dataset)["sources"][0])
    open_page(app, "pages/2_Curate.py", dataset=dataset)
    assert "curate_export_reason" not in {one.key for one in app.text_input}
    app.button(key="curate_export_make").click().run()
    assert "개인정보로 보이는 것" in app.error[0].value
    app.text_input(key="curate_export_reason").set_value("아냐").run()
    app.button(key="curate_export_make").click().run()
    assert app.error and WORDS["rows.done"][0][:3] not in words(app)
    app.text_input(key="curate_export_reason").set_value("이름이 아니라 인사말").run()
    app.button(key="curate_export_make").click().run()
    assert not app.error
    with open_store(fresh_store) as db:
        assert [one["reason"] for one in list_allowances(db, dataset)] == ["이름이 아니라 인사말"]
        with pytest.raises(UserError, match="개인정보로"):
            packed_dataset(db, dataset, "alpaca", SPLITS, None)


def work(store: Path, job: str) -> dict[str, Any]:
    """The job's work in this process."""
    with open_store(store) as db:
        claimed = claim_next(db, ["cpu"])
        assert claimed and claimed["id"] == job
    result = do_export(Work(store, job, claimed["token"]), claimed["args"])
    with open_store(store) as db:
        finish_job(db, job, claimed["token"], "done", "done", result, ("", ""))
    return result


def test_a_model_is_written_into_a_folder_by_a_job_and_told(
    app: AppTest, fresh_store: Path, run: str, tmp_path: Path
) -> None:
    open_page(app, "pages/8_Deploy.py", view="export", run=run)
    app.text_input(key=f"export_out_{run}_adapter").set_value(str(tmp_path / "out")).run()
    app.button(key="export_start").click().run()
    job = str(app.query_params["job"])
    result = work(fresh_store, job)
    assert Path(result["folder"]) == tmp_path / "out" and (tmp_path / "out" / "adapter_config.json").is_file()
    open_page(app, "pages/8_Deploy.py", job=job)
    assert str(tmp_path / "out") in [code.value for code in app.code] and HEARD.ko in words(app).replace("\\", "")
    del app.query_params["job"]
    open_page(app, "pages/8_Deploy.py", view="export")
    assert WORDS["export.recent"][0] in words(app)


def test_a_red_audit_leaves_no_file_and_asks_for_a_reason(
    app: AppTest, fresh_store: Path, run: str, tmp_path: Path
) -> None:
    with open_store(fresh_store) as db:
        heard(db, run, "red")
    open_page(app, "pages/8_Deploy.py", view="export", run=run)
    app.text_input(key=f"export_out_{run}_adapter").set_value(str(tmp_path / "out")).run()
    app.button(key="export_start").click().run()
    job = str(app.query_params["job"])
    with open_store(fresh_store) as db:
        token = begin(db, job)
        args = get_job(db, job)["args"]
    with pytest.raises(UserError, match="내보내지 않았습니다"):
        do_export(Work(fresh_store, job, token), args)
    assert not list((tmp_path / "out").iterdir())
    with open_store(fresh_store) as db:
        end(db, job, token, "failed", "user_error", "살핌이 막았습니다")
    open_page(app, "pages/8_Deploy.py", job=job)
    assert WORDS["export.red"][0] in app.error[0].value and "deploy_start" not in keys(app)
    app.text_area(key="export_override").set_value("가족끼리만 씁니다")
    next(button for button in app.button if button.label == WORDS["export.again"][0]).click().run()
    again = str(app.query_params["job"])
    assert again != job and work(fresh_store, again)["audit"] == "red"
    with open_store(fresh_store) as db:
        assert audits_of(db, run)[0]["override_reason"] == "가족끼리만 씁니다"


def test_the_card_is_shown_as_text_before_a_push_and_without_a_token_nothing_is_queued(
    app: AppTest, fresh_store: Path, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    open_page(app, "pages/8_Deploy.py", view="export", run=run)
    app.segmented_control(key="export_where").set_value("hub").run()
    app.button(key="export_card_show").click().run()
    assert any(code.value.startswith("---\nlanguage: ko") for code in app.code)
    assert app.button(key="export_start").disabled
    monkeypatch.setenv("HF_TOKEN", "hf_invented")
    app.run()
    app.text_input(key="export_repo").set_value("no name/at/all").run()
    app.button(key="export_start").click().run()
    assert "소유자/이름" in app.error[0].value.replace("\\", "") and "hf_invented" not in words(app)
    with open_store(fresh_store) as db:
        assert not [job for job in list_jobs(db) if job["kind"] == "export"]
