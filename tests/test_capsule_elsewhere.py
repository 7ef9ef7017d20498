"""The scripts beside a capsule: plain Python, shell, a Slurm job, a Ray job on a real local cluster."""

import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.jobs.capsule import make_capsule
from engine.store.open import open_store
from engine.store.runs import get_run, standing
from engine.train.capsule import bootstrap
from engine.train.capsule.back import import_capsule
from engine.train.capsule.scripts import KINDS, write_script
from tests.capsules import made_journey, parts_of, tiny, waiting_run

journey = pytest.fixture(made_journey)
BASH = shutil.which("bash")


def packed(store: Path, folder: Path, base: Path, name: str, **sets: Any) -> Path:
    capsule = folder / f"{name}.malmoi"
    make_capsule(store, waiting_run(store, str(base), max_steps=2, eval_every=2, **sets), capsule, with_base=True)
    return capsule


def plain_environment(**more: str) -> dict[str, str]:
    """Nothing of this test's surroundings that would show the way to the project."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "MALMOI_STORE")}
    return {**kept, "PYTHON": sys.executable, "OMP_NUM_THREADS": "1", **more}


@pytest.mark.parametrize("kind", KINDS)
def test_every_script_is_one_whole_file_that_its_language_reads(tmp_path: Path, kind: Any) -> None:
    capsule = tmp_path / "그 'run' $x.malmoi"
    script = write_script(capsule, kind, processes=4, nodes=2)
    text = script.read_text(encoding="utf-8")
    if script.suffix == ".py":
        compile(text, script.name, "exec")
    elif BASH:
        assert subprocess.run([BASH, "-n", str(script)], check=False).returncode == 0
        assert "import sqlite3" in text, "it needs no second file"
    if kind == "slurm":
        assert "#SBATCH --nodes=2" in text and "#SBATCH --gpus-per-node=2" in text and "--signal=TERM@180" in text
    assert not list(tmp_path.glob("*.tmp"))


@pytest.mark.parametrize("name", ["../evil.py", "/evil.py", "a/../../evil.py", "C:\\evil.py"])
def test_code_with_hostile_paths_is_not_unpacked(tmp_path: Path, name: str) -> None:
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr(name, "evil")
    with pytest.raises(SystemExit, match="cannot be unpacked"):
        bootstrap.unpack(bad.read_bytes(), tmp_path / "code")
    assert not list(tmp_path.rglob("evil*")) and not (tmp_path / "code").exists()


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("engine/a.py", bytes(1_000_000))
    monkeypatch.setattr(bootstrap, "LIMIT", 500_000)
    with pytest.raises(SystemExit, match="cannot be unpacked"):
        bootstrap.unpack(bomb.read_bytes(), tmp_path / "code")


def test_a_damaged_or_foreign_file_ends_the_script_in_words(tmp_path: Path) -> None:
    for content in (b"", b"no capsule", b"SQLite format 3\0" + bytes(500)):
        path = tmp_path / "x.malmoi"
        path.write_bytes(content)
        done = subprocess.run(
            [sys.executable, bootstrap.__file__, str(path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1 and "캡슐" in done.stderr and "Traceback" not in done.stderr


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
@pytest.mark.skipif(BASH is None or sys.platform == "win32", reason="bash")
def test_a_slurm_job_on_two_machines_trains_the_capsule_with_the_code_inside_it(
    fresh_store: Path, tmp_path: Path, journey: dict[str, Any]
) -> None:
    """The job file's own lines, on two "machines" of this one: what srun would set is set by hand."""
    capsule = packed(fresh_store, tmp_path, tiny(journey["folder"]), "slurm", processes=2)
    script = write_script(capsule, "slurm", processes=2, nodes=2)
    shared = {"SLURM_JOB_NUM_NODES": "2", "MALMOI_PORT": str(free_port()), "SLURM_SUBMIT_DIR": str(tmp_path)}
    machines = [
        subprocess.Popen(
            [str(BASH), str(script)],
            env=plain_environment(**shared, SLURM_NODEID=str(node), SLURM_JOB_ID=str(node)),
            cwd="/", stdout=subprocess.DEVNULL, stderr=(tmp_path / f"node-{node}.log").open("wb"),
        )
        for node in (0, 1)
    ]  # fmt: skip
    statuses = [machine.wait(timeout=400) for machine in machines]
    assert statuses == [0, 0], [(tmp_path / f"node-{node}.log").read_text("utf-8")[-2000:] for node in (0, 1)]
    told = import_capsule(fresh_store, capsule)
    with open_store(fresh_store) as db:
        run = get_run(db, told["run_id"])
    assert standing(run) == "returned" and run["steps_done"] == 2 and run["settings"]["processes"] == 2
    assert list(tmp_path.glob("slurm.code-*")), "the code came out of the capsule"
    assert not list(tmp_path.glob(".malmoi-boot-*")) and not list(tmp_path.glob("*.work*"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="ray's local cluster")
def test_a_ray_job_ships_the_capsule_to_two_workers_and_brings_it_back(
    fresh_store: Path, tmp_path: Path, journey: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real local cluster of a head without processors and two workers, which train one run together."""
    for name, value in (("RAY_USAGE_STATS_ENABLED", "0"), ("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    from ray.cluster_utils import Cluster

    capsule = packed(fresh_store, tmp_path, tiny(journey["folder"]), "ray", processes=2)
    before = parts_of(capsule)
    script = write_script(capsule, "ray", processes=2, nodes=2)
    small = {"object_store_memory": 100_000_000, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "node_ip_address": "127.0.0.1", **small})
    try:
        for _ in range(2):
            cluster.add_node(num_cpus=1, object_store_memory=100_000_000)
        cluster.wait_for_nodes()
        words = [sys.executable, str(script), "--address", cluster.address, "--gpus", "0"]
        done = subprocess.run(
            words, env=plain_environment(), cwd="/", capture_output=True, text=True, timeout=500, check=False
        )
    finally:
        cluster.shutdown()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    after = parts_of(capsule)
    assert {name: after[name] for name in before} == before and "artifact/adapter_model.safetensors" in after
    told = import_capsule(fresh_store, capsule)
    with open_store(fresh_store) as db:
        run = get_run(db, told["run_id"])
    assert standing(run) == "returned" and run["steps_done"] == 2 and json.loads(after["result.json"])["environment"]
