"""Malmoi's door. It sets up once, then opens the dashboard, walks the sample journey or runs the tests:

    python start.py                the dashboard, on this machine only (--demo: with the sample journey running in it)
    python start.py demo           the sample journey in the terminal, with a leaderboard at its end
    python start.py test           set-up and everything CI checks; with further words pytest alone, with those words
    python start.py doctor         what is installed, what is missing, what to do about it
    python start.py install        set up again, for instance after a new graphics card or driver

Standard library only, and engine/opening.py, which keeps to it too. Pythons from 3.6 on can read this file, so that an old one meets a sentence, not a SyntaxError.
It knows nothing of stores, recipes and models.
"""

import argparse
import contextlib
import hashlib
import http.client
import json
import os
import platform
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

OLDEST, ROOT = (3, 11), Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
MARKER = VENV / "malmoi.json"
REQUIREMENTS, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"
TORCH_INDEX = "https://download.pytorch.org/whl/"
FIRST_PORT, PORTS = 8501, 50
COMMANDS = ("dashboard", "demo", "test", "doctor", "install")
LINTS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy", "engine"))
TESTS = (("pytest", "-m", "not slow", "-n", "2", "--dist", "loadfile"), ("pytest", "-m", "slow"))

TORCH_CHECK = """
import json, torch
found = {"version": torch.__version__, "cuda": torch.version.cuda, "usable": torch.cuda.is_available(), "error": ""}
if found["usable"]:
    try:
        torch.ones(1, device="cuda").add_(1).item()
    except RuntimeError as error:
        found.update(usable=False, error=str(error).splitlines()[0])
print(json.dumps(found))
"""


class Trouble(Exception):
    """What was found, why it cannot be, what to do: in Korean and in English."""

    def __init__(self, ko: str, en: str) -> None:
        super().__init__(en)
        self.text = ko + "\n" + en


def say(ko: str, en: str) -> None:
    """One line of progress, in the owner's language."""
    print("▸ " + (en if os.environ.get("MALMOI_LANG", "ko").lower().startswith("en") else ko), flush=True)


def environment() -> dict:
    """What every child process inherits: UTF-8 everywhere, no library's telemetry, a store path that survives `cd`."""
    added = {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
    if os.environ.get("MALMOI_STORE"):
        added["MALMOI_STORE"] = str(Path(os.environ["MALMOI_STORE"]).expanduser().absolute())
    return dict(os.environ, STREAMLIT_BROWSER_GATHER_USAGE_STATS="false", **added)


def run(*arguments: str) -> int:
    """Run the environment's Python in the project's folder; returns its exit status. The child does not outlive us."""
    child = subprocess.Popen([str(PYTHON), *arguments], cwd=str(ROOT), env=environment())
    try:
        return child.wait()
    except KeyboardInterrupt:  # the terminal has sent Ctrl-C to the child too: let it end by itself
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=15)
        raise
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()


# The environment


def set_up(*files: str, again: bool = False) -> None:
    """Make `.venv` and install what the files pin, unless the marker, which is written last, says that it was done."""
    wanted = {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in files}
    works = venv_works()
    done = read_marker() if works else {}
    if not again and all(done.get(name) == digest for name, digest in wanted.items()):
        return
    began = time.monotonic()
    refuse_impossible_machine()
    if not works:
        make_venv()
    MARKER.unlink() if MARKER.exists() else None
    card = nvidia_card()
    install_torch(card)
    say("라이브러리를 설치합니다.", "Installing the libraries.")
    if pip(*[word for name in files for word in ("-r", name)]) != 0:
        raise cannot_install()
    say(*torch_report(card))
    MARKER.write_text(json.dumps(dict(done, **wanted)), encoding="utf-8")
    seconds = round(time.monotonic() - began)
    say(f"설치를 마쳤습니다({seconds}초).", f"Set-up done ({seconds} s).")


def venv_works() -> bool:
    """Whether `.venv` has a Python whose pip starts: false after an interrupted set-up or a Python upgrade."""
    if not PYTHON.exists():
        return False
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run([str(PYTHON), "-m", "pip", "--version"], **quiet).returncode == 0


def read_marker() -> dict:
    """What the last finished set-up installed: {file: hash of its content}."""
    with contextlib.suppress(OSError, ValueError):
        return dict(json.loads(MARKER.read_text(encoding="utf-8")))
    return {}


def refuse_impossible_machine() -> None:
    """Raise Trouble where torch has no build at all, before anything is downloaded."""
    if sys.maxsize <= 2**32:
        raise Trouble(
            "32비트 파이썬입니다. torch에는 64비트 빌드만 있습니다. python.org에서 64비트 파이썬을 설치하세요.",
            "This Python is 32-bit, and torch has 64-bit builds only. Install a 64-bit Python from python.org.",
        )
    if (platform.system(), platform.machine()) == ("Darwin", "x86_64"):
        raise Trouble(
            "인텔 맥(또는 로제타 파이썬)입니다. torch는 2.3부터 애플 실리콘만 지원합니다. 애플 실리콘이면 arm64 파이썬을 쓰세요.",
            "An Intel Mac, or a Python under Rosetta: since 2.3 torch supports Apple silicon only. There, use an arm64 Python.",
        )


def make_venv() -> None:
    """Make `.venv` beside the code, replacing a broken one."""
    say("가상환경 .venv를 만듭니다.", "Making the environment .venv.")
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], stdout=subprocess.DEVNULL)
    if done.returncode != 0 or not venv_works():
        version = ".".join(map(str, sys.version_info[:2]))
        raise Trouble(
            f"가상환경을 만들지 못했습니다({VENV}). 데비안·우분투라면 `sudo apt install python{version}-venv`를 하고, "
            "아니라면 쓰기 권한과 남은 디스크를 확인한 뒤 다시 하세요.",
            f"The environment could not be made ({VENV}). On Debian or Ubuntu run `sudo apt install python{version}-venv`; "
            "elsewhere check write permission and free disk space. Then try again.",
        )


def pip(*arguments: str) -> int:
    """`pip install` in `.venv`, shown as it runs; the owner's own pip configuration counts. Returns its exit status."""
    return run("-m", "pip", "install", "--prefer-binary", "--no-input", "--disable-pip-version-check", *arguments)


def cannot_install() -> Trouble:
    """The likeliest reason why pip failed, looked for after the fact."""
    free = shutil.disk_usage(str(VENV)).free / 1e9
    if free < 2:
        return Trouble(
            f"디스크가 모자라 설치하지 못했습니다(남은 공간 {free:.1f} GB). 10 GB쯤 비우고 다시 하세요.",
            f"Installing failed for lack of disk space ({free:.1f} GB left). Free about 10 GB and try again.",
        )
    if not is_reachable("https://pypi.org/simple/pip/"):
        return Trouble(
            "pypi.org에 닿지 않아 라이브러리를 받지 못했습니다. 네트워크나 프록시(HTTPS_PROXY)를 확인하고 다시 하세요.",
            "The libraries could not be fetched: pypi.org cannot be reached. Check the network or HTTPS_PROXY and repeat.",
        )
    return Trouble(
        "설치하지 못했습니다. 까닭은 위 pip의 마지막 줄에 있습니다. 파이썬은 3.11~3.14로, 윈도우라면 경로가 짧은 폴더에서 다시 하세요.",
        "Installing failed; pip's last lines above say why. Use Python 3.11 to 3.14, and on Windows a folder with a short path.",
    )


# torch: which build, from where, and does it work


def nvidia_card() -> dict:
    """The least capable NVIDIA card {name, capability, driver} as its driver tells it; empty without one."""
    smi = shutil.which("nvidia-smi")
    if smi is None:
        return {}
    query = [smi, "--query-gpu=compute_cap,driver_version,name", "--format=csv,noheader"]
    said = ""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(query, stdout=subprocess.PIPE, timeout=20, check=True).stdout.decode("utf-8", "replace")
    cards = re.findall(r"^\s*(\d+\.\d+),\s*(\d+)[.\d]*,\s*(.+?)\s*$", said, re.M)
    if not cards:
        say("nvidia-smi가 카드를 대지 못해 없는 것으로 봅니다.", "nvidia-smi names no card; going on without one.")
        return {}
    capability, driver, name = min(cards, key=lambda card: float(card[0]))
    return {"name": name, "capability": float(capability), "driver": int(driver)}


def torch_build(system: str, card: dict) -> str:
    """Which build of torch this machine needs: `cu130`, `cu126`, `cpu` or `default` (what PyPI has for the system).

    CUDA 13 needs a driver from 580 on and a Turing card or newer (compute capability 7.5); CUDA 12.6 runs on drivers
    from 525 on and older cards. PyPI has CUDA 13.0 for Linux, no CUDA for Windows, Metal for macOS. On Linux without a
    card the CPU build is worth asking for: 0.2 GB instead of 3 GB.
    """
    if system == "Darwin":
        return "default"
    if card:
        return "cu130" if card["driver"] >= 580 and card["capability"] >= 7.5 else "cu126"
    return "cpu" if system == "Linux" else "default"


def torch_attempts(build: str, version: str) -> list:
    """pip's arguments for that build, best first. The plain one ends the list: an own index or folder may serve it.

    `===` compares whole strings: with `==` pip would prefer a CPU build in a local folder (2.13.0+cpu > 2.13.0).
    """
    from_torch = [f"torch=={version}+{build}", "--extra-index-url", TORCH_INDEX + build]
    best = {"default": [], "cpu": [from_torch]}.get(build, [from_torch, [f"torch==={version}"]])
    return [*best, [f"torch=={version}"]]


def install_torch(card: dict) -> None:
    """Install the build this machine needs; where it cannot be had, any build that runs."""
    version = re.search(r"^torch==(\S+)", (ROOT / REQUIREMENTS).read_text(encoding="utf-8"), re.M).group(1)
    build = torch_build(platform.system(), card)
    say(f"torch {version}을(를) 설치합니다({build}).", f"Installing torch {version} ({build}).")
    for arguments in torch_attempts(build, version):
        away = "--extra-index-url" in arguments and not is_reachable(arguments[-1] + "/torch/")
        if not away and pip(*arguments) == 0:
            return
    raise cannot_install()


def is_reachable(url: str) -> bool:
    """Whether the address answers within 5 s: asked before pip is, which would try six times."""
    with contextlib.suppress(OSError, http.client.HTTPException), urllib.request.urlopen(url, timeout=5):
        return True
    return False


def torch_report(card: dict) -> tuple:
    """(Korean, English): which torch now stands here, tried on the card. Raises Trouble when it cannot be imported."""
    done = subprocess.run([str(PYTHON), "-c", TORCH_CHECK], stdout=subprocess.PIPE, env=environment())
    if done.returncode != 0:
        raise Trouble(
            "torch를 설치했지만 불러오지 못합니다(위의 오류). 윈도우라면 Visual C++ 재배포 패키지를 설치하세요: "
            "https://aka.ms/vs/17/release/vc_redist.x64.exe",
            "torch is installed but cannot be imported (error above). On Windows install the Visual C++ "
            "redistributable: https://aka.ms/vs/17/release/vc_redist.x64.exe",
        )
    return describe_torch(json.loads(done.stdout.decode("utf-8")), card)


def describe_torch(found: dict, card: dict) -> tuple:
    """(Korean, English) for one line: the build, the card, and how to mend what does not fit."""
    version, cuda, name = found["version"], found["cuda"], card.get("name", "")
    if not card:
        kind = f"CUDA {cuda}" if cuda else "Metal" if platform.system() == "Darwin" else "CPU"
        return f"torch {version}: {kind} 빌드, NVIDIA 카드 없음", f"torch {version}: {kind} build, no NVIDIA card"
    if found["usable"]:
        return f"torch {version}: CUDA {cuda} 빌드 ({name})", f"torch {version}: CUDA {cuda} build ({name})"
    if cuda is None:
        return (
            f"주의: NVIDIA 카드({name})가 있지만 CUDA 빌드를 받을 수 없어 CUDA 없는 torch {version}이 CPU로 돕니다. "
            f"네트워크({TORCH_INDEX})를 확인하고 `python start.py install`을 하세요.",
            f"Warning: there is an NVIDIA card ({name}), but no CUDA build could be fetched, so torch {version} runs on the "
            f"CPU. Check the network ({TORCH_INDEX}) and run `python start.py install`.",
        )
    why = found["error"] or f"driver {card['driver']}"
    return (
        f"주의: CUDA {cuda} 빌드의 torch {version}이 카드({name})를 쓰지 못합니다({why}). "
        "NVIDIA 드라이버를 580 이상으로 올리고 `python start.py install`을 하세요.",
        f"Warning: torch {version}, a CUDA {cuda} build, cannot use the card ({name}; {why}). "
        "Update the NVIDIA driver to 580 or newer and run `python start.py install`.",
    )


# The commands


def open_dashboard(wanted: int, demo: bool, browser: bool) -> int:
    """Run the dashboard on 127.0.0.1 until Ctrl-C, or open the one that runs already on the same store; with `demo`, the sample
    journey, which outlives it, as on the page."""
    from engine import opening  # standard library too

    if demo:
        run("-m", "engine", "demo", "--no-wait")  # when a journey runs already, that is said, and the dashboard opens
    store = environment().get("MALMOI_STORE") or str(ROOT / "store.db")
    running = opening.running(store, wanted)
    if running:
        say(f"이미 켜져 있습니다. 그 대시보드: {running}", f"It runs already: {running}")
        opening.show(running) if browser else None
        return 0
    port = free_port(wanted)
    if port != wanted:
        say(f"포트 {wanted}은(는) 이미 쓰이고 있어 {port}을(를) 씁니다.", f"Port {wanted} is in use; taking {port}.")
    token = os.environ.setdefault("MALMOI_TOKEN", secrets.token_urlsafe(32))  # other users of the machine lack it
    address = f"http://127.0.0.1:{port}/?token={token}"
    say(f"대시보드: {address}  (멈추려면 Ctrl-C)", f"Dashboard: {address}  (Ctrl-C stops it)")
    opening.note(store, wanted, port, address)
    opening.show_later(port, address) if browser else None
    # headless: Streamlit would otherwise ask for an e-mail address on its first start, and open the browser itself
    options = ("--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true")
    try:
        return run("-m", "streamlit", "run", "Home.py", *options)
    finally:
        opening.forget()


def free_port(first: int) -> int:
    """The first port from `first` on that nobody listens to. Raises Trouble when 50 in a row are taken."""
    for port in range(first, min(first + PORTS, 65536)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            if os.name != "nt":  # there it means sharing the port; elsewhere only that a just closed one is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Trouble(
        f"{first}부터 {PORTS}개 포트가 모두 쓰이고 있습니다. `--port`로 다른 번호를 주세요.",
        f"All {PORTS} ports from {first} on are in use. Give another number with `--port`.",
    )


def run_tests(words: list) -> int:
    """Lint, format, types and pytest, all of them even when one fails; pytest alone when it is given words.

    Returns the first failure's status.
    """
    statuses = {}
    for check in [("pytest", *words)] if words else LINTS + TESTS:
        name = " ".join(check)
        say(name, name)
        statuses[name] = run("-m", *check)
    failed = {name: status for name, status in statuses.items() if status}
    for name, status in failed.items():
        say(f"실패: {name} ({status})", f"Failed: {name} ({status})")
    return next(iter(failed.values()), 0)


def read_arguments(words: list) -> tuple:
    """(the options, the words meant for pytest or the engine)."""
    layout = {"description": __doc__, "formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = argparse.ArgumentParser(prog="start.py", allow_abbrev=False, **layout)
    parser.add_argument("command", nargs="?", default="dashboard", choices=COMMANDS, help="default: dashboard")
    parser.add_argument("--demo", action="store_true", help="dashboard: start the sample journey too")
    parser.add_argument("--port", type=int, default=FIRST_PORT, help="dashboard: first port to try (8501)")
    parser.add_argument("--no-browser", action="store_true", help="dashboard: do not open a browser")
    options, rest = parser.parse_known_args(words)
    if rest and options.command in ("dashboard", "install"):
        parser.error("unrecognized arguments: " + " ".join(rest))
    if not 0 < options.port < 65536:
        parser.error(f"--port {options.port}: 1~65535 가운데 하나를 주세요. / must be 1 to 65535.")
    return options, rest


def obey(words: list) -> int:
    """Do what the command line says. Returns the exit status."""
    options, rest = read_arguments(words)
    set_up(REQUIREMENTS, *((DEVELOPMENT,) if options.command == "test" else ()), again=options.command == "install")
    if options.command == "dashboard":
        return open_dashboard(options.port, options.demo, not options.no_browser)
    if options.command == "test":
        return run_tests(rest)
    return 0 if options.command == "install" else run("-m", "engine", options.command, *rest)


def main(words: list) -> int:
    """Returns 0 done, 2 the owner can mend it, 130 interrupted, else what the command returned."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # a cp949 pipe cannot hold every Korean line
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return obey(words)
    except Trouble as trouble:
        print(trouble.text, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        say("멈췄습니다.", "Stopped.")
        return 130


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        sys.exit(
            f"파이썬 {platform.python_version()}입니다. 말모이에는 3.11 이상이 필요합니다. python.org에서 설치한 뒤 "
            "`python3.11 start.py`처럼 새 파이썬으로 다시 하세요.\n"
            f"This is Python {platform.python_version()}; Malmoi needs 3.11 or newer. Install one from python.org and start "
            "with it, for instance `python3.11 start.py`."
        )
    sys.exit(main(sys.argv[1:]))
