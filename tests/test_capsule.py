"""A run leaves in a capsule, is trained elsewhere and comes back, with nothing in it that is nobody else's."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine.cli.app import main
from engine.config import ROOT
from engine.errors import UserError
from engine.jobs.capsule import make_capsule, run_capsule
from engine.jobs.launch import launch_run
from engine.privacy.correct import add_word
from engine.privacy.forgetting import forget, preview
from engine.recipes.recipe import load_recipe
from engine.store.artifacts import unpack_artifact
from engine.store.capsules import capsules_of
from engine.store.datasets import get_dataset, read_split
from engine.store.jobs import enqueue, get_job
from engine.store.lineage import lineage
from engine.store.maintain import check
from engine.store.open import all_rows, open_store
from engine.store.runs import add_metrics, get_run, read_metrics, standing, update_run
from engine.store.samples import read_samples
from engine.train.capsule.back import import_capsule
from tests.capsules import SECRETS, copy_of, made_journey, masked_dataset, parts_of, tiny, waiting_run

journey = pytest.fixture(made_journey)
TIMED = ("tokens_per_second", "memory_gb", "at", "extra_json", "run_id")
"""What two machines cannot agree on."""


def test_it_trains_to_the_same_numbers_and_weights_as_at_home(journey: dict[str, Any], tmp_path: Path) -> None:
    with open_store(journey["store"]) as db:
        runs = [get_run(db, journey[name]) for name in ("run", "home")]
        curves = [read_metrics(db, run["id"]) for run in runs]
        answers = [
            [[said["text"] for said in one["said"] if said["step"] in (0, 4)] for one in read_samples(db, run["id"])]
            for run in runs
        ]  # a busy machine skips what lies between
        folders = [unpack_artifact(db, run["adapter_id"], tmp_path / run["id"]) for run in runs]
        assert check(db) == []
    plain = [[{k: v for k, v in row.items() if k not in TIMED} for row in curve] for curve in curves]
    assert plain[0] == plain[1] and len(plain[0]) == 5
    assert answers[0] == answers[1] != []
    for name in ("eval_loss", "train_loss", "best_step", "steps_done", "steps_total"):
        assert runs[0][name] == runs[1][name] is not None
    weights = [(folder / "adapter_model.safetensors").read_bytes() for folder in folders]
    assert weights[0] == weights[1]


def test_what_comes_back_is_the_run_with_its_lineage_and_where_it_was_trained(journey: dict[str, Any]) -> None:
    first, again = journey["first"], journey["again"]
    assert first["run_id"] == journey["run"] and not first["again"]
    assert again == {**first, "again": True}, "a second import changes nothing"
    assert journey["away"] == "away"
    with open_store(journey["store"]) as db:
        run = get_run(db, journey["run"])
        assert standing(run) == "returned" and run["state"] == "done"
        assert set(run["environment"]["elsewhere"]) == {"machine", "card"} and run["environment"]["libraries"]
        assert run["settings"]["lora_rank"] == 4 and run["origins"]["lora_rank"] == "--set"
        tree = lineage(db, journey["told"]["capsule_id"])
        assert {"kind": "run", "id": run["id"]} in tree["ancestors"]
        assert {"kind": "dataset", "id": journey["dataset"]} in tree["ancestors"]
        assert {"kind": "capsule", "id": journey["told"]["capsule_id"]} in lineage(db, run["id"])["descendants"]
        artifacts = all_rows(db, "SELECT id FROM artifacts WHERE run_id = ?", [run["id"]])
        assert [row["id"] for row in artifacts] == [run["adapter_id"]]


def test_no_raw_text_no_name_and_no_path_is_in_the_file(journey: dict[str, Any]) -> None:
    """Its bytes, and every zip in it unpacked, hold none of what the chat hid, before and after the training."""
    with open_store(journey["store"]) as db:
        tests = [row["target"] for row in read_split(db, journey["dataset"], "test")]
        texts = [row["text"] for row in all_rows(db, "SELECT text FROM records")]
        masked = next(read_split(db, journey["dataset"], "train"))["target"]
    assert any(secret in text for text in texts for secret in SECRETS[:5])
    for capsule in (journey["out"], journey["back"]):
        parts = parts_of(capsule)
        code = zipfile.ZipFile(io.BytesIO(parts.pop("code.zip")))
        own = {name: content for name, content in parts.items() if not name.startswith("base/")}
        everything = b"\n".join([*own.values()])
        for secret in (*SECRETS, *(text for text in texts if any(s in text for s in SECRETS[:5]))):
            assert secret.encode() not in everything
            if secret not in ("나리", "가온"):  # words of Korean, which the tables of names hold
                assert secret.encode() not in capsule.read_bytes()
                assert all(secret.encode() not in code.read(name) for name in code.namelist())
        assert masked.encode() in everything, "the masked rows are there"
        assert not any(target.encode() in everything for target in tests if target), "and not those of the test split"
        for word in (str(journey["folder"]), str(ROOT), "store.db", "mask_key", "capsule_key", '"speaker"'):
            assert word.encode() not in everything
        names = {name.split("/")[0] for name in code.namelist()}
        assert names == {"engine", "schema", "requirements.txt", "start.py"}


def test_the_file_is_small_and_says_what_it_needs(journey: dict[str, Any]) -> None:
    parts = parts_of(journey["out"])
    base = sum(len(content) for name, content in parts.items() if name.startswith("base/"))
    assert journey["out"].stat().st_size - base < 4_000_000
    manifest = json.loads(parts["manifest.json"])
    assert manifest["base"] == {**manifest["base"], "name": "llama", "source": "folder", "carried": True}
    assert manifest["code"]["digest"] and manifest["libraries"]["torch"]
    assert manifest["run"]["origins"]["seed"] == "default" and manifest["dataset"]["counts"]["train"] > 0


def test_a_finished_capsule_is_not_trained_again_and_leaves_no_work_behind(journey: dict[str, Any]) -> None:
    told = run_capsule(journey["back"], show=lambda job: pytest.fail("trained again"))
    assert told["state"] == "finished" and told["run_id"] == journey["run"]
    assert not list(journey["folder"].glob("*.work*"))


def test_a_run_that_was_trained_here_keeps_its_own_results(journey: dict[str, Any], tmp_path: Path) -> None:
    """What comes back then becomes a run of its own beside it."""
    store = copy_of(journey["store"], tmp_path)
    with open_store(store) as db:
        before = get_run(db, journey["home"])
        db.execute("UPDATE capsules SET run_id = ?, returned_run_id = NULL, returned_at = NULL", [journey["home"]])
    told = import_capsule(store, journey["back"])
    with open_store(store) as db:
        after, new = get_run(db, journey["home"]), get_run(db, told["run_id"])
        assert {k: v for k, v in after.items() if k != "away"} == {k: v for k, v in before.items() if k != "away"}
        assert new["id"] not in (journey["home"], journey["run"]) and standing(new) == "returned"
        assert {"kind": "capsule", "id": told["capsule_id"]} in lineage(db, new["id"])["ancestors"]


def test_a_queued_run_that_comes_back_trained_leaves_the_queue(journey: dict[str, Any], tmp_path: Path) -> None:
    store = copy_of(journey["store"], tmp_path)
    with open_store(store) as db:
        run = journey["run"]
        job = enqueue(db, "train", {"run": run})
        update_run(db, run, job_id=job, adapter_id=None, steps_done=0, result_json=None)
        db.execute("UPDATE capsules SET returned_run_id = NULL, returned_at = NULL")
    assert import_capsule(store, journey["back"])["run_id"] == run
    with open_store(store) as db:
        assert get_job(db, job)["state"] == "cancelled" and standing(get_run(db, run)) == "returned"


def test_an_import_killed_in_the_middle_is_finished_by_the_next(
    journey: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.train.capsule import back

    store = copy_of(journey["store"], tmp_path)
    with open_store(store) as db:
        db.execute("UPDATE capsules SET run_id = ?, returned_run_id = NULL, returned_at = NULL", [journey["home"]])

    class Kill(BaseException):
        pass

    def killed(*_: Any) -> None:
        raise Kill

    with monkeypatch.context() as patched:
        patched.setattr(back, "put_metrics", killed)
        with pytest.raises(Kill):
            import_capsule(store, journey["back"])
    with open_store(store) as db:
        runs = all_rows(db, "SELECT id FROM runs")
    told = import_capsule(store, journey["back"])
    with open_store(store) as db:
        assert all_rows(db, "SELECT id FROM runs") == runs and check(db) == []
        kept = all_rows(db, "SELECT id FROM artifacts WHERE run_id = ?", [told["run_id"]])
        assert [row["id"] for row in kept] == [told["adapter_id"]]


def test_forgetting_somebody_names_the_capsules_with_their_rows_and_refuses_what_comes_back(
    journey: dict[str, Any], tmp_path: Path
) -> None:
    store = copy_of(journey["store"], tmp_path)
    with open_store(store) as db:
        db.execute("UPDATE capsules SET returned_run_id = NULL, returned_at = NULL")
    listed = preview(store, "speaker", "나리")["capsules"]
    assert [(one["id"], one["path"]) for one in listed] == [(journey["told"]["capsule_id"], str(journey["out"]))]
    assert forget(store, "speaker", "나리")["capsules"] == listed
    with pytest.raises(UserError, match="지웠습니다"):
        import_capsule(store, journey["back"])
    with open_store(store) as db:
        assert capsules_of(db, journey["run"])[0]["forgotten_at"]


def test_what_may_not_leave_is_refused_before_anything_is_written(fresh_store: Path, tmp_path: Path) -> None:
    dataset = masked_dataset(fresh_store)
    run, out = waiting_run(fresh_store, "starter", dataset), tmp_path / "a.malmoi"
    with open_store(fresh_store) as db:
        add_word(db, "고마워", "PERSON", get_dataset(db, dataset)["sources"][0])
    with pytest.raises(UserError, match="내보내지 않았습니다"):
        make_capsule(fresh_store, run, out)
    assert not list(tmp_path.glob("*.malmoi*"))
    with open_store(fresh_store) as db:
        assert capsules_of(db, run) == []


def test_files_and_folders_that_cannot_be_are_refused(fresh_store: Path, tmp_path: Path) -> None:
    run = waiting_run(fresh_store, "starter")
    (tmp_path / "here.malmoi").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="덮어쓰지"):
        make_capsule(fresh_store, run, tmp_path / "here.malmoi")
    with pytest.raises(UserError, match="폴더가 없습니다"):
        make_capsule(fresh_store, run, tmp_path / "none" / "a.malmoi")
    with pytest.raises(UserError, match="--with-base"):
        make_capsule(fresh_store, run, tmp_path / "a.malmoi", with_base=True)
    assert (tmp_path / "here.malmoi").read_text(encoding="utf-8") == "mine"


def test_a_base_that_is_not_carried_must_be_given_and_be_the_same(
    fresh_store: Path, tmp_path: Path, journey: dict[str, Any]
) -> None:
    base = tiny(journey["folder"])
    run, out = waiting_run(fresh_store, str(base)), tmp_path / "a.malmoi"
    make_capsule(fresh_store, run, out)
    assert not any(name.startswith("base/") for name in parts_of(out))
    with pytest.raises(UserError, match="--base"):
        run_capsule(out, show=lambda job: None)
    other = shutil.copytree(base, tmp_path / "other")
    config = other / "config.json"
    config.write_text(config.read_text(encoding="utf-8").replace("256", "512"), encoding="utf-8")
    with pytest.raises(UserError, match="다릅니다"):
        run_capsule(out, base=other, show=lambda job: None)
    assert not (tmp_path / "a.malmoi.work" / "store.db").exists(), "nothing half-made is left"


def test_a_new_run_can_be_made_for_a_capsule_without_waiting_here(
    fresh_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """More processes than this machine has are refused here and allowed there."""
    dataset = masked_dataset(fresh_store)
    many = ["--set", "processes=64", "--set", "quantisation=none"]
    with pytest.raises(UserError, match="processes=64"):
        launch_run(
            fresh_store, load_recipe("persona"), dataset_id=dataset, base_name="starter", preset=None,
            sets={"processes": "64"},
        )  # fmt: skip
    out = tmp_path / "many.malmoi"
    words = ["capsule", "make", "--recipe", "persona", "--dataset", dataset, "--out", str(out), "--as", "slurm"]
    assert main([*words, *many, "--nodes", "8", "--json", "--store", str(fresh_store)]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["capsule"] == str(out)
    with open_store(fresh_store) as db:
        run = get_run(db, told["run_id"])
        assert standing(run) == "away" and run["job_id"] is None and run["settings"]["processes"] == 64
        assert all_rows(db, "SELECT id FROM jobs WHERE kind = 'train'") == []
    assert "--nodes=8" in Path(told["script"]).read_text(encoding="utf-8")
    assert main(["models", "list", "--json", "--store", str(fresh_store)]) == 0
    assert json.loads(capsys.readouterr().out)["runs"][0]["state"] == "away"
    assert main(["capsule", "make", "--out", str(tmp_path / "b"), "--store", str(fresh_store)]) == 2


def test_another_codes_capsule_is_refused_with_the_way_to_run_its_own(
    fresh_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, out = waiting_run(fresh_store, "starter"), tmp_path / "a.malmoi"
    make_capsule(fresh_store, run, out)
    monkeypatch.setattr("engine.train.capsule.unpack.code_digest", lambda: "0" * 64)
    with pytest.raises(UserError, match=r"python a\.py"):
        run_capsule(out, show=lambda job: None)


def test_a_capsule_left_unfinished_is_told_apart(fresh_store: Path, tmp_path: Path) -> None:
    run, out = waiting_run(fresh_store, "starter"), tmp_path / "a.malmoi"
    make_capsule(fresh_store, run, out)
    with pytest.raises(UserError, match="아직 학습이 끝나지 않았습니다"):
        import_capsule(fresh_store, out)
    with open_store(fresh_store) as db:
        add_metrics(db, run, 1, loss=1.0)
        assert get_run(db, run)["adapter_id"] is None


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_training_goes_on_and_ends_as_the_unbroken_one(journey: dict[str, Any], tmp_path: Path) -> None:
    """Killed hard as soon as a checkpoint is in its work store, then started again by the same command."""
    capsule = tmp_path / "run.malmoi"
    shutil.copyfile(journey["out"], capsule)
    command = [sys.executable, "-m", "engine", "--json", "capsule", "run", str(capsule)]
    work = tmp_path / "run.malmoi.work" / "store.db"
    first = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sql = "SELECT 1 FROM artifacts WHERE kind = 'checkpoint' AND state = 'whole'"
    while first.poll() is None:
        if work.exists():
            with open_store(work) as db:
                if all_rows(db, sql):
                    break
    first.kill()
    first.wait()
    assert work.exists(), "killed before its end"
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["state"] == "done" and not work.parent.exists()
    mine, whole = parts_of(capsule), parts_of(journey["back"])
    assert mine["artifact/adapter_model.safetensors"] == whole["artifact/adapter_model.safetensors"]
    curves = [
        [{k: v for k, v in json.loads(line).items() if k not in TIMED} for line in parts["metrics.jsonl"].splitlines()]
        for parts in (mine, whole)
    ]
    assert curves[0] == curves[1]
