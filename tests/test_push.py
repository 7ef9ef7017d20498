"""A model goes to a hub: with its card, in one commit, private unless told otherwise; what fails is told calmly and leaves nothing."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from engine.cli.app import main
from engine.deploy.audit.finding import Finding
from engine.reports.card import model_card
from engine.store.audits import add_audit, audits_of
from engine.store.open import open_store
from tests.hub_server import TOKEN, HubServer, serving
from tests.judged import add_items, add_model, judge
from tests.runs_store import ended_run, frozen_dataset, give_adapter

HEARD = Finding("memorised", "green", "외운 말이 없습니다.", "Nothing was learned by heart.")
"""An earlier audit has asked the model: its file here holds no weights."""
ROOT = Path(__file__).parent.parent


@pytest.fixture
def hub():
    with serving(HubServer()) as server:
        yield server


@pytest.fixture
def run(fresh_store, tmp_path):
    """A run with an adapter, of an invented dataset."""
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text('{"peft_type": "LORA"}', encoding="utf-8")
    (adapter / "README.md").write_text("library's own words", encoding="utf-8")
    with open_store(fresh_store) as db:
        made = ended_run(db, frozen_dataset(db))
        give_adapter(db, made, adapter)
        add_audit(db, model=made, run_id=made, target=None, content=None, verdict="green", findings=[asdict(HEARD)])
    return made


def pushed(hub, *words, **environment):
    """The command as an owner calls it, told where the hub is."""
    settings = {"HF_ENDPOINT": hub.address, "HF_TOKEN": TOKEN, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1",
                "no_proxy": "127.0.0.1", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}  # fmt: skip
    done = subprocess.run([sys.executable, "-m", "engine", "push", *words, "--json"], cwd=ROOT, capture_output=True, encoding="utf-8",
                          check=False, env=os.environ | settings | environment)  # fmt: skip
    assert done.returncode in (0, 2), done.stderr[-2000:]
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    assert TOKEN not in done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_an_adapter_arrives_with_its_card(hub, run):
    done = pushed(hub, run, "--repo", "owner/mine")
    assert done["repo"] == "owner/mine" and done["private"] and hub.private["owner/mine"]
    files = hub.repos["owner/mine"]
    assert {"README.md", "adapter_config.json", "adapter_model.safetensors"} <= set(files)
    assert files["adapter_model.safetensors"] == b"0"
    card = files["README.md"].decode()
    assert card.startswith("---\nlanguage: ko\n") and "library's own words" not in card
    assert "국수" not in card and "저녁 뭐 먹지" not in card, "no row stands in a card"
    assert sum("/commit/" in line for line in hub.asked) == 1
    again = pushed(hub, run, "--repo", "owner/mine")
    assert again["repo"] == "owner/mine", "a second push goes into the same repository"


@pytest.mark.parametrize(
    ("where", "how", "word"),
    [("repos/create", 401, "401"), ("repos/create", 403, "403"), ("commit", 409, "409"), ("commit", 400, "400"), ("preupload", "cut", "연결")],
)  # fmt: skip
def test_what_a_hub_refuses_is_told(hub, run, where, how, word):
    hub.fails[where] = how
    refused = pushed(hub, run, "--repo", "owner/mine")
    assert word in refused["error"]["ko"] and "owner/mine" in refused["error"]["en"]
    assert not hub.repos.get("owner/mine")


def test_what_is_wrong_with_the_question_is_told_before_anything_leaves(hub, run, tmp_path):
    assert "keys set HF_TOKEN" in pushed(hub, run, "--repo", "owner/mine", HF_TOKEN="")["error"]["en"]
    assert "OWNER/NAME" in pushed(hub, run, "--repo", "a name/with blanks!")["error"]["en"]
    assert "was not trained here" in pushed(hub, "base:starter", "--repo", "owner/mine")["error"]["en"]
    hub.repos["owner/open"], hub.private["owner/open"] = {}, False
    assert "공개" in pushed(hub, run, "--repo", "owner/open", "--private")["error"]["ko"]
    assert not hub.repos["owner/open"]


def test_a_card_tells_figures_with_intervals_and_what_it_cannot_know(fresh_store, tmp_path, capsys):
    dataset, rows = add_items(fresh_store, 12)
    model = add_model(fresh_store, dataset, tmp_path / "adapter")
    judge(fresh_store, dataset, rows, {model: [f"나의 답 {row} ㅋㅋ" for row in rows]})
    with open_store(fresh_store) as db:
        text = model_card(db, model, "adapter", 0)
    assert "95 % intervals" in text and "[0." in text
    assert "nothing left" in text and "남은 의심 없음" in text
    assert "### Limits" in text and "### 한계" in text
    assert main(["push", model, "--card", str(tmp_path / "card.md"), "--json"]) == 0
    assert (tmp_path / "card.md").read_text(encoding="utf-8").startswith("---\n")


def deployed(hub, *words, **environment):
    """`deploy` of the starter as a Space."""
    settings = {"HF_ENDPOINT": hub.address, "HF_TOKEN": TOKEN, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1",
                "no_proxy": "127.0.0.1", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}  # fmt: skip
    command = [sys.executable, "-m", "engine", "deploy", "base:starter", *words, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
                          env=os.environ | settings | environment)  # fmt: skip
    assert done.returncode in (0, 2) and "Traceback" not in done.stderr, done.stderr[-2000:]
    assert TOKEN not in done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_bundle_arrives_as_a_private_docker_space(hub, fresh_store, tmp_path):
    done = deployed(hub, "--target", "hf-space", "--out", str(tmp_path / "out"), "--upload", "owner/chat")
    assert done["upload"]["repo"] == "owner/chat" and done["upload"]["private"] and hub.private["owner/chat"]
    assert hub.kinds["owner/chat"] == {"type": "space", "sdk": "docker", "hardware": None}
    files = hub.repos["owner/chat"]
    own = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert set(files) == own and b"sdk: docker" in files["README.md"]
    assert files["model/model.gguf"] == (tmp_path / "out" / "model" / "model.gguf").read_bytes()


@pytest.mark.parametrize(
    ("words", "environment", "told"),
    [
        (["--target", "render", "--upload", "owner/chat"], {}, "--target hf-space"),
        (["--target", "hf-space", "--upload", "owner/chat"], {"HF_TOKEN": ""}, "write"),
        (["--target", "hf-space", "--upload", "no name/at/all"], {}, "OWNER/NAME"),
    ],
)
def test_an_upload_that_cannot_be_is_told_before_the_bundle_is_made(
    hub, fresh_store, tmp_path, words, environment, told
):
    refused = deployed(hub, *words, "--out", str(tmp_path / "out"), **environment)
    assert told in refused["error"]["en"] and not (tmp_path / "out").exists() and not hub.asked


def test_an_account_that_may_make_no_space_is_told(hub, tmp_path):
    hub.fails["repos/create"] = 402
    hub.fails["api/spaces"] = 404
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "README.md").write_text("x", encoding="utf-8")
    program = (
        "import sys, pathlib\nfrom engine.deploy.push import push_space\nfrom engine.errors import UserError\n"
        "try:\n    push_space(pathlib.Path(sys.argv[1]), 'owner/chat', private=True)\nexcept UserError as e:\n    print(e.en)"
    )
    settings = {
        "HF_ENDPOINT": hub.address,
        "HF_TOKEN": TOKEN,
        "HF_HUB_OFFLINE": "0",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "out")], cwd=ROOT, capture_output=True, encoding="utf-8",
                          check=False, env=os.environ | settings)  # fmt: skip
    assert "402" in done.stdout and "paid" in done.stdout, done.stderr[-1500:]


def test_a_red_audit_stops_a_push_and_a_reason_is_recorded(hub, run, fresh_store):
    with open_store(fresh_store) as db:
        red = replace(HEARD, level="red", en="It knows rows by heart.")
        add_audit(db, model=run, run_id=run, target=None, content=None, verdict="red", findings=[asdict(red)])
    refused = pushed(hub, run, "--repo", "owner/mine")
    assert "by heart" in refused["error"]["en"] and not hub.repos
    done = pushed(hub, run, "--repo", "owner/mine", "--override", "가족끼리만 씁니다")
    assert done["audit"] == "red" and hub.repos["owner/mine"]
    with open_store(fresh_store) as db:
        assert audits_of(db, run)[0]["override_reason"] == "가족끼리만 씁니다"
