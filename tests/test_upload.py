"""A bundle that was made goes up as a Space: only as it was audited, by a job whose words and store hold no token."""

import json
import os
import subprocess
import sys

import pytest

from engine.config import ROOT
from engine.deploy.audit.audit import audit_model, require_passed
from engine.deploy.audit.texts import content_of
from engine.errors import UserError
from engine.jobs.deploying import take_back
from engine.jobs.exporting import launch_upload, require_upload
from engine.serve.choose import choose_model
from engine.store.audits import add_audit
from engine.store.deployments import add_deployment, get_deployment, hand_to
from engine.store.jobs import get_job, read_log
from engine.store.open import open_store
from tests.capsules import masked_dataset, waiting_run
from tests.hub_server import TOKEN, HubServer, serving
from tests.runs_store import supervised_here


@pytest.fixture
def hub():
    with serving(HubServer()) as server:
        yield server


@pytest.fixture
def made(fresh_store, tmp_path):
    """A deployment for Spaces with its folder, as it was audited, handed to one person."""
    return bundle(fresh_store, tmp_path / "bundle")


def bundle(store, folder, target="hf-space", verdict="green"):
    folder.mkdir()
    (folder / "README.md").write_text("---\nsdk: docker\n---\n", encoding="utf-8")
    (folder / "streamlit_app.py").write_text("print(1)\n", encoding="utf-8")
    run = waiting_run(store, "starter", masked_dataset(store))
    with open_store(store) as db:
        audit = add_audit(
            db, model=run, run_id=run, target=target, content=content_of(folder), verdict=verdict, findings=[]
        )
        told = {"verdict": verdict, "findings": [], "audit_id": audit}
        name = add_deployment(db, run, target, 1.0, 200.0, "gguf", told, None, folder=str(folder))
        if verdict != "red":
            hand_to(db, name, "엄마")
    return name


def called(hub, *words, store=None, **environment):
    """A process of its own: the library reads the hub's address once."""
    settings = {"HF_ENDPOINT": hub.address, "HF_TOKEN": TOKEN, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1",
                "no_proxy": "127.0.0.1", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}  # fmt: skip
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
                          env=os.environ | settings | environment)  # fmt: skip
    assert TOKEN not in done.stdout + done.stderr and "Traceback" not in done.stderr, done.stderr[-2000:]
    return done


JOB = """
import sys
from engine.jobs.work import do_upload
from engine.store.jobs import Work, claim_next, finish_job
from engine.store.open import open_store
from pathlib import Path
store = Path(sys.argv[1])
with open_store(store) as db:
    job = claim_next(db, ["cpu"])
result = do_upload(Work(store, job["id"], job["token"]), job["args"])
with open_store(store) as db:
    finish_job(db, job["id"], job["token"], "done", "done", result, ("", ""))
"""


def test_a_job_uploads_what_was_audited_and_keeps_no_token(hub, fresh_store, made, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with open_store(fresh_store) as db:
        supervised_here(db)
    job = launch_upload(fresh_store, made, "owner/chat", True)
    done = called(hub, "-c", JOB, str(fresh_store))
    assert done.returncode == 0, done.stderr[-2000:]
    assert set(hub.repos["owner/chat"]) == {"README.md", "streamlit_app.py"} and hub.private["owner/chat"]
    with open_store(fresh_store) as db:
        found, told = get_job(db, job), [line["text"] for line in read_log(db, job)]
        (got,) = get_deployment(db, made)["handovers"]
    assert found["result"]["repo"] == "owner/chat" and got["url"] == found["result"]["url"]
    assert len(told) == 3 and all(" / " in line for line in told)
    for path in fresh_store.parent.glob(f"{fresh_store.name}*"):
        assert TOKEN.encode() not in path.read_bytes()


def test_the_command_uploads_too_and_tells_a_refusal(hub, fresh_store, made):
    words = ["-m", "engine", "deployments", "upload", made, "--repo", "owner/chat", "--public", "--json"]
    done = json.loads(called(hub, *words).stdout.splitlines()[-1])
    assert done["repo"] == "owner/chat" and not hub.private["owner/chat"]
    hub.fails["commit"] = 409
    refused = json.loads(called(hub, *words).stdout.splitlines()[-1])
    assert "409" in refused["error"]["ko"]


def test_what_was_tried_or_moved_since_does_not_go_up(fresh_store, made, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    (tmp_path / "bundle" / "visits.db").write_bytes(b"what was said")
    with pytest.raises(UserError, match="점검한 뒤에 바뀌어"):
        launch_upload(fresh_store, made, "owner/chat", True)
    (tmp_path / "bundle" / "visits.db").unlink()
    (tmp_path / "bundle").rename(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="폴더"):
        launch_upload(fresh_store, made, "owner/chat", True)


def test_what_was_written_since_goes_up_once_it_was_audited_or_the_owner_says_why(fresh_store, made, tmp_path):
    with open_store(fresh_store) as db:
        model = choose_model(db, "base:starter")

    def look(said):
        (tmp_path / "bundle" / "notes.txt").write_text(said, encoding="utf-8")
        return audit_model(fresh_store, model, folder=tmp_path / "bundle")

    look("잘 지내?")
    with open_store(fresh_store) as db:
        require_upload(db, get_deployment(db, made))
    red = look("연락처 010-4821-7735")
    assert red.verdict == "red"
    with open_store(fresh_store) as db, pytest.raises(UserError, match="바뀌어"):
        require_upload(db, get_deployment(db, made))
    require_passed(fresh_store, red, "지어낸 번호")
    with open_store(fresh_store) as db:
        require_upload(db, get_deployment(db, made))


@pytest.mark.parametrize(("target", "verdict", "word"), [("render", "green", "hf-space"), ("hf-space", "red", "빨강")])
def test_what_may_not_leave_is_refused(fresh_store, tmp_path, target, verdict, word):
    name = bundle(fresh_store, tmp_path / "bundle", target, verdict)
    with open_store(fresh_store) as db, pytest.raises(UserError, match=word):
        require_upload(db, get_deployment(db, name))


def test_what_was_taken_back_is_refused(fresh_store, made):
    take_back(fresh_store, made)
    with open_store(fresh_store) as db, pytest.raises(UserError, match="거두었습니다"):
        require_upload(db, get_deployment(db, made))
