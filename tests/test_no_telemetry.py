"""Loading, converting and answering open no connection that leaves this machine, whatever their libraries would like to tell."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.config import ROOT
from engine.serve.openvino_tools import ENVIRONMENT
from tests.tiny_models import make_tiny

WATCH = """
import os, sys
def hook(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        with open(os.environ["WATCHED"], "a", encoding="utf-8") as out:
            out.write(repr((event, args[1] if event != "socket.getaddrinfo" else args[:2])) + "\\n")
sys.addaudithook(hook)
"""
WORK = """
import socket, sys
from pathlib import Path
from engine.serve.choose import choose_model, open_model
from engine.serve.decoding import Decoding
from engine.store.open import open_store
store = Path(sys.argv[1])
with socket.socket() as here:  # the watch sees what is done
    here.connect_ex(("127.0.0.1", 9))
for name in sys.argv[2:]:
    with open_store(store) as db:
        model = choose_model(db, name)
    backend = open_model(store, model)
    ask = [{"role": "user", "content": "안녕"}]
    backend.generate([ask], Decoding(temperature=0.0, max_new_tokens=4))
    backend.losses([(ask, "네")])
    backend.close()
"""


def _seen(tmp_path: Path, engines: list[str]) -> list[str]:
    """What Python code connected to, in the process and in those it started."""
    folder, watch, log = make_tiny("llama", tmp_path), tmp_path / "watch", tmp_path / "seen.txt"
    watch.mkdir()
    (watch / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    names = [f"{engine}:base:{folder}" for engine in engines]
    free = (
        "HF_HUB_OFFLINE",
        "HF_HUB_DISABLE_TELEMETRY",
        "DO_NOT_TRACK",
        "OPTIMUM_DISABLE_TELEMETRY",
        "TRANSFORMERS_OFFLINE",
    )
    env = {
        name: value for name, value in os.environ.items() if name not in free
    }  # nothing that the tests' own set-up switched off
    env |= {"PYTHONPATH": f"{watch}{os.pathsep}{ROOT}", "WATCHED": str(log)}
    done = subprocess.run(
        [sys.executable, "-c", WORK, str(tmp_path / "store.db"), *names],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return log.read_text(encoding="utf-8").splitlines()


def _leaving(seen: list[str]) -> list[str]:
    assert any("('127.0.0.1', 9)" in line for line in seen), "the watch saw nothing at all"
    return [line for line in seen if "127.0.0.1" not in line]


def test_engines_of_the_project_tell_nobody(tmp_path: Path) -> None:
    assert _leaving(_seen(tmp_path, ["transformers", "ctranslate2", "gguf"])) == []


@pytest.mark.slow
def test_openvino_and_its_converter_tell_nobody(tmp_path: Path) -> None:
    if not (ENVIRONMENT / "ready").is_file():
        pytest.skip("what converts models for OpenVINO is not installed")
    assert _leaving(_seen(tmp_path, ["openvino"])) == []
