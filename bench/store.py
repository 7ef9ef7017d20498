"""Reads that pages need, on a store with a million messages and 200 runs: p50 and p95.

Run as: python bench/store.py [--messages 1000000] [--runs 200] [--keep FOLDER]
The peer: reading a run's whole JSONL log anew at each poll, which is how a page without a store follows a run.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.store.datasets import add_members, add_rows, freeze_dataset, read_dataset, start_dataset
from engine.store.evaluations import list_evaluations
from engine.store.jobs import list_jobs
from engine.store.lineage import lineage
from engine.store.open import open_store
from engine.store.overview import overview
from engine.store.runs import add_metrics, add_run, get_run, list_runs, read_metrics
from engine.store.sources import (
    add_records,
    finish_source,
    get_speakers,
    list_sources,
    read_window,
    search_records,
    start_source,
)

WORDS = "오늘 저녁 뭐 먹을까 회사 끝나고 지하철 타고 가는 중 주말에 영화 보자 그래 좋아 내일 회의 있어서 늦을 듯 진짜 너무 피곤해 커피 마시자 집에 가서 연락할게".split()
STEPS = 400
LONG = 5_000
"""Steps of the last run: the one a page follows."""


def fill(store: Path, messages: int, runs: int) -> tuple[str, str, str]:
    """Build the store; returns (source, dataset, run) ids."""
    rng = random.Random(0)
    with open_store(store) as db:
        source = start_source(
            db, recipe="persona", kind="kakao", name="chat.txt", fingerprint="f", size=1, job_id="job-b"
        )
        for first in range(0, messages, 50_000):
            batch = [
                (
                    f"2025-{1 + i * 12 // messages:02d}-01T10:00",
                    "가온" if i % 2 else "나리",
                    "text",
                    " ".join(rng.choices(WORDS, k=5)),
                    None,
                )
                for i in range(first, min(first + 50_000, messages))
            ]
            add_records(db, source, first, batch)
        finish_source(
            db, source, "가온", {"가온": messages // 2, "나리": messages // 2}, {"speakers": {}, "warnings": []}
        )
        dataset = start_dataset(
            db, recipe="persona", style="chat", options={}, masked=True, job_id="job-d", sources=[source]
        )
        for first in range(0, messages // 4, 10_000):
            rows = [
                (
                    "persona",
                    source,
                    i * 4 + 1,
                    i * 4 + 4,
                    f"day {i // 500}",
                    json.dumps([{"role": "user", "content": "밥 먹었어?"}]),
                    "응",
                    "{}",
                )
                for i in range(first, first + 10_000)
            ]
            ids = add_rows(db, rows)
            add_members(
                db, dataset, [(first + n, row, "train" if n % 10 else "test", None) for n, row in enumerate(ids)]
            )
        freeze_dataset(db, dataset)
        base = {"name": "starter", "revision": None, "hash": "h"}
        for number in range(runs):
            run = add_run(db, recipe="persona", dataset_id=dataset, base=base, preset="quick", settings={}, origins={})
            with db.atomic():
                for step in range(LONG if number == runs - 1 else STEPS):
                    add_metrics(db, run, step, loss=3.0 - step / LONG, learning_rate=1e-3, tokens_per_second=900.0)
    return source, dataset, run


def measure(what: Callable[[], object], times: int = 40) -> tuple[float, float]:
    """(p50, p95) in milliseconds, a fresh connection each time as a page does."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        what()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), sorted(took)[int(0.95 * times) - 1]


def main() -> None:
    """Build, measure, print a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        store = folder / "bench.db"
        began = time.perf_counter()
        source, dataset, run = fill(store, given.messages, given.runs)
        print(f"built in {time.perf_counter() - began:.0f} s, {store.stat().st_size / 1e6:.0f} MB\n")
        report(store, folder, given, source, dataset, run)


def report(store: Path, folder: Path, given: argparse.Namespace, source: str, dataset: str, run: str) -> None:
    """Print one line per read, then the peer."""

    def on_store(read: Callable[..., object]) -> Callable[[], object]:
        def opened() -> object:
            with open_store(store) as db:
                return read(db)

        return opened

    rng = random.Random(1)
    reads: dict[str, Callable[..., object]] = {
        "open and close only": lambda db: None,
        "home: overview": overview,
        "home: jobs": list_jobs,
        "data: sources and speakers": lambda db: (list_sources(db), get_speakers(db, source)),
        "data: 100 records anywhere": lambda db: read_window(db, source, rng.randrange(given.messages), 100),
        "data: search, 3 syllables": lambda db: search_records(db, source, "지하철"),
        "data: search, 2 syllables, frequent": lambda db: search_records(db, source, "회의"),
        "data: search, 2 syllables, absent": lambda db: search_records(db, source, "없말"),
        "curate: 100 rows of a split anywhere": lambda db: read_dataset(
            db, dataset, "test", after=rng.randrange(given.messages // 4)
        ),
        "runs: all runs": list_runs,
        "runs: one run": lambda db: get_run(db, run),
        "runs: whole curve": lambda db: read_metrics(db, run),
        "runs: poll for new steps": lambda db: read_metrics(db, run, LONG - 2),
        "evaluate: list": list_evaluations,
        "lineage of a run": lambda db: lineage(db, run),
    }
    print("| read | p50 ms | p95 ms |\n| --- | ---: | ---: |")
    for name, read in reads.items():
        p50, p95 = measure(on_store(read))
        print(f"| {name} | {p50:.1f} | {p95:.1f} |")
    log = folder / "log.jsonl"
    with open_store(store) as db:
        log.write_text("".join(json.dumps(m) + "\n" for m in read_metrics(db, run)), encoding="utf-8")
    peer = measure(lambda: [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()])[0]
    ours = measure(on_store(reads["runs: poll for new steps"]))[0]
    print(
        f"\npeer, whole log of {LONG} steps at each poll: {peer:.1f} ms; poll for new steps: {ours:.1f} ms; ratio {peer / ours:.1f}"
    )


if __name__ == "__main__":
    main()
