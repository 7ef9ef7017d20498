"""A chat of 93 MB from file to training pairs, as an owner does it: import, mask, dataset build, each a job of its own.

Run as: python bench/import.py [--bytes 93000000] [--shape android|windows] [--peer-rows 4000] [--keep FOLDER]
Seconds are from the command's start to its end, supervisor and worker included. Memory is the largest sum of the resident
sizes of all processes (shared pages count once for each). The peer, ko-pii 1.22.15 where it is installed, masks a sample of
the same messages on one core, and so do we; its time for the whole chat is extrapolated.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.big_chat import ME, OTHER, SHAPES, messages, write_chat
from engine.config import ROOT
from engine.store.jobs import get_job, get_supervisor
from engine.store.open import open_store

SAMPLE_SECONDS = 0.05


@dataclass
class Watch:
    """Looks at the command's processes and at the job's row until told to stop."""

    store: Path
    command: psutil.Process
    over: threading.Event = field(default_factory=threading.Event)
    peak: int = 0
    processes: int = 0
    cpu: dict[int, float] = field(default_factory=dict)
    progress: set[str] = field(default_factory=set)

    def run(self) -> None:
        before = {p.pid: _cpu(p) for p in self._all()}
        while not self.over.wait(SAMPLE_SECONDS):
            alive = self._all()
            self.peak = max(self.peak, sum(_size(p) for p in alive))
            self.processes = max(self.processes, len(alive))
            for process in alive:
                self.cpu[process.pid] = max(
                    self.cpu.get(process.pid, 0.0), _cpu(process) - before.get(process.pid, 0.0)
                )
            with open_store(self.store) as db:
                self.progress.add(json.dumps(get_job(db, "latest")["progress"]) if _has_job(db) else "")

    def _all(self) -> list[psutil.Process]:
        with open_store(self.store) as db:
            found = get_supervisor(db)
        tops = [self.command.pid, *([found["pid"]] if found else [])]
        alive: dict[int, psutil.Process] = {}
        for pid in tops:
            try:
                top = psutil.Process(pid)
                alive.update({p.pid: p for p in [top, *top.children(recursive=True)]})
            except psutil.NoSuchProcess:
                continue
        return list(alive.values())


def _has_job(db: Any) -> bool:
    return bool(db.execute("SELECT count(*) FROM jobs").fetchone()[0])


def _size(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
        return float(times.user + times.system)
    except psutil.NoSuchProcess:
        return 0.0


@dataclass
class Stage:
    name: str
    wall: float
    cpu: float
    peak: int
    steps: int
    result: dict[str, Any]


def stage(store: Path, name: str, *arguments: str) -> Stage:
    """Run one command to its end; raises SystemExit with its words when it fails."""
    began = time.monotonic()
    command = subprocess.Popen(
        [sys.executable, "-m", "engine", "--json", "--store", str(store), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    watch = Watch(store, psutil.Process(command.pid))
    watcher = threading.Thread(target=watch.run)
    watcher.start()
    out, err = command.communicate()
    wall = time.monotonic() - began
    watch.over.set()
    watcher.join()
    if command.returncode:
        raise SystemExit(f"{name}: {err}")
    result = json.loads(out.strip().splitlines()[-1])
    return Stage(name, wall, sum(watch.cpu.values()), watch.peak, len(watch.progress), result)


def journey(store: Path, chat: Path) -> list[Stage]:
    """Import, mask, pairs."""
    return [
        stage(store, "import", "import", str(chat), "--recipe", "persona", "--me", ME),
        stage(store, "mask", "mask", "latest"),
        stage(store, "pairs", "dataset", "build", "--recipe", "persona", "--source", "latest"),
    ]


def end_supervisor(store: Path) -> None:
    with open_store(store) as db:
        found = get_supervisor(db)
    if found:
        psutil.Process(found["pid"]).terminate()


def table(shape: str, size: int, count: int, stages: list[Stage]) -> None:
    """One line per stage, and the sum."""
    print(f"\n### {size / 1e6:.0f} MB, {count:,} messages, {shape}\n")
    print("| stage | wall s | CPU s | messages/s | peak MB | progress steps |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    wall, cpu = sum(s.wall for s in stages), sum(s.cpu for s in stages)
    for s in [*stages, Stage("all", wall, cpu, max(s.peak for s in stages), sum(s.steps for s in stages), {})]:
        print(f"| {s.name} | {s.wall:.1f} | {s.cpu:.1f} | {count / s.wall:,.0f} | {s.peak / 1e6:,.0f} | {s.steps} |")
    masks = sum(stages[1].result["counts"].values())
    print(f"\n{masks:,} masks, {stages[1].result['residual']} left; {stages[2].result['rows']:,} rows.", end=" ")
    print(f"Load of the machine at the end: {psutil.getloadavg()[0]:.1f}.")


def peer(rows: int, count: int) -> None:
    """Both maskers on one core, in turn, on the same messages."""
    texts = [body for _, _, body in islice(messages(random.Random(0)), rows)]
    from engine.privacy.masking import Masker

    masker = Masker((ME, OTHER))
    mine = min(_seconds(lambda: masker.find(texts)) for _ in range(3))
    print(f"\n| masking {rows:,} messages, one core | CPU s | whole chat, extrapolated |\n| --- | ---: | ---: |")
    print(f"| Malmoi | {mine:.2f} | {mine * count / rows:,.0f} s |")
    try:
        from ko_pii import detect_all
    except ImportError:
        print("\nko-pii is not installed: no peer.")
        return
    detect_all(texts[0])  # tables are loaded once
    theirs = _seconds(lambda: [detect_all(text) for text in texts])
    print(f"| ko-pii 1.22.15 | {theirs:.2f} | {theirs * count / rows:,.0f} s |\n\n{theirs / mine:.1f} times ko-pii.")


def _seconds(work: Any) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=int, default=93_000_000)
    parser.add_argument("--shape", choices=SHAPES, nargs="*", default=["android"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peer-rows", type=int, default=4_000)
    parser.add_argument("--keep", type=Path, help="folder for chat and store, kept")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        count = 0
        for shape in asked.shape:
            chat, store = folder / f"{shape}.txt", folder / f"{shape}.db"
            count = write_chat(chat, asked.bytes, shape, asked.seed)
            with open_store(store):
                pass
            try:
                table(shape, asked.bytes, count, journey(store, chat))
            finally:
                end_supervisor(store)
        if asked.peer_rows:
            peer(asked.peer_rows, count)


if __name__ == "__main__":
    main()
