"""A bundle on a small host: its size, seconds until its page answers, the first token on one core, memory; and under a hard memory limit.

Run as: python bench/bundle.py [--size starter|0.2|1.1] [--engine gguf] [--memory 1000 2700] [--core 0] [--turns 3] [--port 8830]
A visitor without a screen comes in by an invitation, agrees, and says something a few times; once without a limit, then under each. The
limit is a control group's where systemd gives one, else RLIMIT_DATA: private memory, which a host cannot take back; what is mapped from
the model's file is not counted there and told beside it. Random Llamas (bench/compress.py) are made, bundled and deleted again. Linux.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil
from websockets.exceptions import ConnectionClosed

from bench.compress import SHAPES, _build
from bench.visitors import AWAY, Guest, Visit, codes
from engine.deploy.bundle import ENGINES, BundleSettings, make_bundle
from engine.deploy.opened import open_bundle
from engine.deploy.planning import plan_bundle
from engine.serve.choose import choose_model
from engine.store.open import open_store

TARGET = "streamlit-cloud"
SAID = "보험에서 보상하지 않는 손해를 알려 주세요."
START = 120.0
"""Seconds that a server may take until it listens."""


def main() -> None:
    """Bundle, serve, talk, report as lines of JSON."""
    given = _options()
    with tempfile.TemporaryDirectory(prefix="bench-bundle-") as scratch:
        folder, told = (given.bundle.resolve(), {}) if given.bundle else _bundled(Path(scratch), given)
        print(json.dumps({**told, "core": given.core, "limit_by": _limiter(1)[0]}, ensure_ascii=False), flush=True)
        for limit in [None, *given.memory]:
            told = _run(folder, Path(scratch) / f"{limit}", limit, given)
            print(json.dumps(told, ensure_ascii=False), flush=True)


def _options() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--size", choices=("starter", *SHAPES), default="starter")
    words.add_argument("--engine", choices=ENGINES, default=ENGINES[0])
    words.add_argument("--memory", type=int, nargs="*", default=[], help="limits, 10**6 bytes")
    words.add_argument("--core", help="of the machine's cores the one to use; all when not said")
    words.add_argument("--bundle", type=Path, help="one that was made before")
    words.add_argument("--keep", type=Path, help="where the one that is made stays")
    words.add_argument("--turns", type=int, default=3)
    words.add_argument("--port", type=int, default=8830)
    return words.parse_args()


def _bundled(scratch: Path, given: argparse.Namespace) -> tuple[Path, dict[str, Any]]:
    """(the bundle's folder, what it is and what was expected of it)."""
    name, store = "base:starter", scratch / "store.db"
    if given.size != "starter":
        _build(scratch / "llama", SHAPES[given.size])
        name = f"base:{scratch / 'llama'}"
    with open_store(store) as db:
        model = choose_model(db, name)
    expected = next(one for one in plan_bundle(store, model, TARGET)["engines"] if one["engine"] == given.engine)
    began = time.perf_counter()
    made = make_bundle(store, model, TARGET, scratch / "bundle", BundleSettings(engine=given.engine, title="bench"))
    took = round(time.perf_counter() - began, 1)
    if given.keep:
        shutil.move(made.folder, given.keep)
    about = {"size": given.size, "engine": given.engine, "size_mb": made.size_mb}
    return given.keep or made.folder, {**about, "made_in_s": took, "expected": expected}


def _limiter(limit_mb: int) -> list[str]:
    """The words before a command that hold it to so much memory."""
    group = ["systemd-run", "--user", "--scope", "--quiet", "-p", f"MemoryMax={limit_mb}M", "-p", "MemorySwapMax=0"]
    try:
        tried = subprocess.run([*group, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        tried = None
    return group if tried and tried.returncode == 0 else ["prlimit", f"--data={limit_mb * 10**6}"]


@contextmanager
def _served(
    folder: Path, store: Path, limit: int | None, given: argparse.Namespace
) -> Iterator[tuple[psutil.Process, Path]]:
    """(the server's process, its log) of a bundle's page, held to a limit and to a core."""
    held = [*(_limiter(limit) if limit else []), *(["taskset", "-c", given.core] if given.core else [])]
    env = {**os.environ, "MALMOI_STORE": str(store), "PYTHONUTF8": "1"}
    command = [*held, sys.executable, "-m", "streamlit", "run", "streamlit_app.py", f"--server.port={given.port}",
               "--server.address=127.0.0.1"]  # fmt: skip
    log = store.parent / "server.txt"
    with log.open("wb") as out, subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=out) as process:
        try:
            yield psutil.Process(process.pid), log
        finally:
            process.terminate()


def _run(folder: Path, scratch: Path, limit: int | None, given: argparse.Namespace) -> dict[str, Any]:
    """What a visitor went through under one limit."""
    scratch.mkdir()
    store = scratch / "visits.db"
    code = codes(store, 1, open_bundle(folder, store).model.name)[0]
    most = {"rss_mb": 0.0, "private_mb": 0.0}
    over = threading.Event()
    began = time.monotonic()
    with _served(folder, store, limit, given) as (server, log):
        looking = threading.Thread(target=_look, args=(server, most, over))
        looking.start()
        try:
            told = _talk(server, code, began, given)
        finally:
            over.set()
            looking.join()
        ended = None if server.is_running() and server.status() != psutil.STATUS_ZOMBIE else "ended"
    words = log.read_text(encoding="utf-8", errors="replace")
    return {"limit_mb": limit, **told, **most, "server": ended, "traceback": "Traceback" in words, "log": words[-300:]}


def _talk(server: psutil.Process, code: str, began: float, given: argparse.Namespace) -> dict[str, Any]:
    """Seconds until the page has a place to write, until the first piece of each answer, and what was told in red."""
    while time.monotonic() - began < START and server.is_running() and server.status() != psutil.STATUS_ZOMBIE:
        try:
            Visit(given.port, AWAY).close()
            break
        except OSError:
            time.sleep(0.1)
    try:
        guest = Guest(given.port, code, 0, "")
        page = time.monotonic() - began
    except (OSError, RuntimeError, ConnectionClosed) as error:
        return {"page_s": None, "told": [f"{type(error).__name__}: {error}"]}
    try:
        for _ in range(given.turns):
            guest._say(SAID)
    except ConnectionClosed:
        guest.heard.errors.append("the server is gone")
    firsts, wholes = ([round(one, 2) for one in seconds] for seconds in (guest.heard.firsts, guest.heard.wholes))
    guest.visit.close()
    return {"page_s": round(page, 1), "first_token_s": firsts, "whole_s": wholes, "told": guest.heard.errors}


def _look(server: psutil.Process, most: dict[str, float], over: threading.Event) -> None:
    """The most memory that the server ever held: all of it, and without what is mapped from files; 10**6 bytes."""
    status = Path(f"/proc/{server.pid}/status")
    while not over.wait(0.3):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines() if ":" in line)
            for name, key in (("rss_mb", "VmRSS"), ("private_mb", "RssAnon")):
                most[name] = max(most[name], round(int(lines[key].split()[0]) * 1024 / 1e6, 1))
        except (OSError, KeyError):  # it has ended
            return


if __name__ == "__main__":
    main()
