"""The door: set-up in a real environment with toy wheels, and the choice of torch's build. The network is never asked."""

import ast
import json
import os
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

import start
from engine import opening

ROOT = Path(start.__file__).parent
PASCAL = {"name": "NVIDIA GeForce GTX 1060 6GB", "capability": 6.1, "driver": 581}
AMPERE = {"name": "NVIDIA GeForce RTX 3060 Ti", "capability": 8.6, "driver": 581}
AMPERE_OLD_DRIVER = {**AMPERE, "driver": 552}
ECHO = "import os, sys\nprint(sys.argv[1:], sys.flags.utf8_mode, os.environ['DO_NOT_TRACK'], '한글')\nsys.exit(7)\n"


def toy_wheel(folder: Path, name: str, version: str, source: str) -> None:
    """A wheel of one module, written by hand: pip accepts any zip with these three files."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", source)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def toy_torch(version: str, cuda: str | None) -> str:
    return f"""
__version__ = "{version}"
class version: cuda = {cuda!r}
class cuda:
    is_available = staticmethod(lambda: version.cuda is not None)
class Ones:
    def add_(self, _): return self
    def item(self): return 2.0
def ones(*_, device): return Ones()
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone in miniature: start.py, toy requirements, a toy engine, wheels in a folder. Its path holds Hangul."""
    house = tmp_path_factory.mktemp("말모이 집")
    (house / "wheels").mkdir()
    toy_wheel(house / "wheels", "torch", "1.0+cpu", toy_torch("1.0+cpu", None))
    toy_wheel(house / "wheels", "torch", "1.0", toy_torch("1.0+cu130", "13.0"))
    toy_wheel(house / "wheels", "toy", "1.0", "x = 1")
    toy_wheel(house / "wheels", "toy", "2.0", "x = 2")
    (house / "start.py").write_text((ROOT / "start.py").read_text(encoding="utf-8"), encoding="utf-8")
    (house / "requirements.txt").write_text("torch==1.0\ntoy==1.0\n", encoding="utf-8")
    (house / "engine").mkdir()
    (house / "engine" / "__main__.py").write_text(ECHO, encoding="utf-8")
    return house


def start_in(house: Path, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """`python start.py WORDS` with pip confined to the wheels folder and a proxy nobody listens at."""
    nowhere = "http://127.0.0.1:9"
    confined = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": (house / "wheels").as_uri(),
        "HTTPS_PROXY": nowhere,
        "NO_PROXY": "",
    }
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PIP_") and k.lower() != "no_proxy"}
    return subprocess.run(
        [sys.executable, str(house / "start.py"), *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**environment, "PATH": str(house / "bin") + os.pathsep + os.environ["PATH"], **confined, **more},
        check=False,
    )


def in_venv(house: Path, code: str) -> str:
    python = house / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def add_card(house: Path, line: str) -> None:
    """A driver that answers as nvidia-smi does."""
    (house / "bin").mkdir(exist_ok=True)
    smi = house / "bin" / "nvidia-smi"
    smi.write_text(f"#!/bin/sh\necho '{line}'\n", encoding="utf-8")
    smi.chmod(0o755)


in_house = pytest.mark.slow  # making an environment takes 5 s of an idle machine, each installation 2 s
posix = pytest.mark.skipif(os.name == "nt", reason="the toy nvidia-smi is a shell script")


@in_house
def test_set_up_from_nothing_then_again_without_work_then_after_a_change(house: Path) -> None:
    first = start_in(house, "doctor", "--json")
    assert first.returncode == 7, first.stderr
    assert "['doctor', '--json'] 1 1 한글" in first.stdout
    assert "CPU 빌드" in first.stdout and "설치를 마쳤습니다" in first.stdout
    assert in_venv(house, "import toy; print(toy.x)") == "1"

    second = start_in(house, "doctor")
    assert second.stdout.strip() == "['doctor'] 1 1 한글"

    (house / "requirements.txt").write_text("torch==1.0\ntoy==2.0\n", encoding="utf-8")
    assert "설치를 마쳤습니다" in start_in(house, "install").stdout
    assert in_venv(house, "import toy; print(toy.x)") == "2"


@in_house
def test_failed_install_leaves_no_marker_and_says_why(house: Path) -> None:
    good = (house / "requirements.txt").read_text(encoding="utf-8")
    (house / "requirements.txt").write_text(good + "no-such-library==1.0\n", encoding="utf-8")
    failed = start_in(house, "doctor")
    assert failed.returncode == 2
    assert "pypi.org에 닿지 않아" in failed.stderr and "pypi.org cannot be reached" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (house / ".venv" / "malmoi.json").exists()

    (house / "requirements.txt").write_text(good, encoding="utf-8")
    assert start_in(house, "install").returncode == 0


@in_house
@posix
def test_card_gets_a_cuda_build_even_beside_a_local_cpu_wheel(house: Path) -> None:
    add_card(house, "8.6, 581.29, NVIDIA GeForce RTX 3060 Ti")
    done = start_in(house, "install")
    assert done.returncode == 0, done.stderr
    assert "CUDA 13.0 빌드 (NVIDIA GeForce RTX 3060 Ti)" in done.stdout
    english = start_in(house, "install", MALMOI_LANG="en")
    assert "CUDA 13.0 build (NVIDIA GeForce RTX 3060 Ti)" in english.stdout


@in_house
@posix
def test_card_without_a_cuda_build_is_told_how_to_mend(house: Path) -> None:
    add_card(house, "8.6, 552.44, NVIDIA GeForce RTX 3060 Ti")
    (house / "wheels" / "torch-1.0-py3-none-any.whl").unlink()
    in_venv(house, "import subprocess, sys; subprocess.run([sys.executable, '-m', 'pip', 'uninstall', '-qy', 'torch'])")
    done = start_in(house, "install")
    assert done.returncode == 0, done.stderr
    assert "CUDA 없는 torch 1.0+cpu" in done.stdout
    assert "python start.py install" in done.stdout


@in_house
def test_broken_environment_is_made_again(house: Path) -> None:
    broken = next((house / ".venv").rglob("pip/__init__.py"))
    broken.unlink()
    done = start_in(house, "install")
    assert done.returncode == 0, done.stderr
    assert "가상환경 .venv를 만듭니다" in done.stdout


@pytest.mark.parametrize(
    ("system", "card", "build"),
    [
        ("Linux", {}, "cpu"),
        ("Linux", AMPERE, "cu130"),
        ("Linux", AMPERE_OLD_DRIVER, "cu126"),
        ("Linux", PASCAL, "cu126"),
        ("Windows", {}, "default"),
        ("Windows", AMPERE, "cu130"),
        ("Windows", AMPERE_OLD_DRIVER, "cu126"),
        ("Darwin", {}, "default"),
    ],
)
def test_build_follows_system_driver_and_card(system: str, card: Mapping[str, Any], build: str) -> None:
    assert start.torch_build(system, dict(card)) == build


@pytest.mark.parametrize("build", ["cpu", "cu126", "cu130", "default"])
def test_plain_torch_is_the_last_resort(build: str) -> None:
    attempts = start.torch_attempts(build, "2.13.0")
    assert attempts[-1] == ["torch==2.13.0"]
    assert all(words[0].startswith("torch==") for words in attempts)


def test_a_card_asks_pytorch_for_its_build_then_pypi_for_any_but_a_local_cpu_wheel() -> None:
    index = "https://download.pytorch.org/whl/cu130"
    first, second, _ = start.torch_attempts("cu130", "2.13.0")
    assert first == ["torch==2.13.0+cu130", "--extra-index-url", index]
    assert second == ["torch===2.13.0"]


@posix
@pytest.mark.parametrize(
    ("said", "status", "expected"),
    [
        ("8.6, 581.29, NVIDIA GeForce RTX 3060 Ti", 0, AMPERE),
        (
            "9.0, 580.95.05, NVIDIA H100 80GB HBM3",
            0,
            {"name": "NVIDIA H100 80GB HBM3", "capability": 9.0, "driver": 580},
        ),
        ("8.6, 581.29, NVIDIA GeForce RTX 3060 Ti\n6.1, 581.29, NVIDIA GeForce GTX 1060 6GB", 0, PASCAL),
        ("NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.", 9, {}),
        ("No devices were found", 0, {}),
        ("", 0, {}),
    ],
)
def test_card_is_read_from_the_driver(
    said: str, status: int, expected: Mapping[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smi = tmp_path / "nvidia-smi"
    smi.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\nexit {status}\n", encoding="utf-8")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    assert start.nvidia_card() == dict(expected)


@pytest.mark.parametrize(
    ("found", "card", "words"),
    [
        ({"cuda": "13.0", "usable": True, "error": ""}, AMPERE, ["CUDA 13.0 빌드", "3060 Ti"]),
        ({"cuda": None, "usable": False, "error": ""}, AMPERE, ["CUDA 없는", "start.py install"]),
        ({"cuda": "13.0", "usable": False, "error": ""}, AMPERE_OLD_DRIVER, ["driver 552", "580", "start.py install"]),
        ({"cuda": "12.6", "usable": False, "error": "no kernel image"}, AMPERE, ["no kernel image", "드라이버"]),
        ({"cuda": None, "usable": False, "error": ""}, {}, ["빌드, NVIDIA 카드 없음"]),
    ],
)
def test_report_names_build_card_and_remedy(found: dict[str, Any], card: Mapping[str, Any], words: list[str]) -> None:
    korean, english = start.describe_torch({"version": "2.13.0", **found}, dict(card))
    assert all(word in korean for word in words)
    assert english.isascii()


def test_taken_port_gives_the_next_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = start.free_port(port)
        assert port < found < port + start.PORTS


@pytest.fixture
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(opening, "NOTE", tmp_path / "build" / "dashboard.json")
    monkeypatch.setattr(opening, "PAGE", tmp_path / "build" / "dashboard.html")
    monkeypatch.setenv("MALMOI_STORE", str(tmp_path / "store.db"))
    monkeypatch.setenv("DISPLAY", ":0")
    return tmp_path / "build"


class Health(BaseHTTPRequestHandler):
    """Answers as a dashboard that runs does."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


def test_the_second_start_opens_the_dashboard_that_runs(noted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(opening.webbrowser, "open", opened.append)
    monkeypatch.setattr(start, "run", lambda *words: 7)
    monkeypatch.delenv("MALMOI_TOKEN", raising=False)
    server = HTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    port, store = server.server_port, str(noted.parent / "store.db")
    address = f"http://127.0.0.1:{port}/?token=secret"
    opening.note(store, 8501, port, address)
    assert (noted / "dashboard.json").stat().st_mode & 0o077 == 0 or os.name == "nt"
    assert opening.running(store, 8501) == opening.running(store, port) == address
    assert start.open_dashboard(8501, demo=False, browser=True) == 0 and len(opened) == 1
    if sys.platform.startswith("linux"):  # no token on a command line
        assert "secret" not in opened[0] and address in (noted / "dashboard.html").read_text(encoding="utf-8")
        assert (noted / "dashboard.html").stat().st_mode & 0o077 == 0
    assert opening.running(store, 9000) == "" and opening.running("other.db", 8501) == ""
    server.shutdown()
    server.server_close()
    assert opening.running(store, 8501) == ""  # killed the last time: the next starts anew
    assert start.open_dashboard(port, demo=False, browser=False) == 7
    assert not list(noted.iterdir())


@pytest.mark.parametrize("held", ["", "{half", "[]", '{"store": 1}', '{"store": "x", "port": "y", "wanted": 8501}'])
def test_a_note_of_another_shape_is_none(noted: Path, held: str) -> None:
    noted.mkdir()
    opening.NOTE.write_text(held, encoding="utf-8")
    assert opening.running("x", 8501) == ""
    opening.NOTE.unlink()
    opening.NOTE.mkdir()
    opening.note("x", 1, 2, "y")  # cannot be written: nobody is told, nothing breaks
    opening.forget()


def test_no_free_port_is_told() -> None:
    with pytest.raises(start.Trouble, match="--port"):
        start.free_port(65536)


@pytest.mark.parametrize(
    ("words", "command", "rest"),
    [
        ([], "dashboard", []),
        (["--demo", "--port", "9000"], "dashboard", []),
        (["test", "-k", "store", "-x"], "test", ["-k", "store", "-x"]),
        (["test", "-m", "not slow", "tests/test_start.py"], "test", ["-m", "not slow", "tests/test_start.py"]),
        (["demo", "--json"], "demo", ["--json"]),
        (["doctor"], "doctor", []),
    ],
)
def test_words_go_where_they_belong(words: list[str], command: str, rest: list[str]) -> None:
    options, left = start.read_arguments(words)
    assert (options.command, left) == (command, rest)


@pytest.mark.parametrize("words", [["tests"], ["--prot", "9000"], ["install", "-k", "store"]])
def test_misspelt_words_are_refused_before_any_set_up(words: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        start.read_arguments(words)
    assert left.value.code == 2


def test_store_path_survives_the_change_of_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MALMOI_STORE", "mine.db")
    assert start.environment()["MALMOI_STORE"] == str(tmp_path / "mine.db")


def test_old_pythons_can_read_the_door() -> None:
    ast.parse((ROOT / "start.py").read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize(("file", "more"), [("start.py", {"engine"}), ("engine/opening.py", set())])
def test_door_needs_the_standard_library_alone(file: str, more: set[str]) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    found = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    found |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert found <= sys.stdlib_module_names | more


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_ascii_because_pip_reads_them_in_the_locale(name: str) -> None:
    assert (ROOT / name).read_bytes().isascii()


def test_ci_runs_the_readme_command() -> None:
    assert "\npython3 start.py test </dev/null\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_marker_of_another_shape_means_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "MARKER", tmp_path / "malmoi.json")
    assert start.read_marker() == {}
    start.MARKER.write_text("{half", encoding="utf-8")
    assert start.read_marker() == {}
    start.MARKER.write_text(json.dumps({"requirements.txt": "x"}), encoding="utf-8")
    assert start.read_marker() == {"requirements.txt": "x"}
