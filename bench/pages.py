"""First paint and rerun of every page on a store with a million messages and 200 runs, server side: p50 and p95.

Run as: python bench/pages.py [--messages 1000000] [--runs 200] [--times 20] [--store FILE]
The peer in the same run: a Streamlit page that draws one title, through the same harness. A last line says which heavy
libraries any page imported; there must be none.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlite_utils import Database

from bench.policy import fill_policy
from bench.store import fill
from engine.privacy.correct import accept_value, keep_value
from engine.privacy.decisions import placeholder_of
from engine.store.artifacts import save_artifact
from engine.store.chats import add_message, start_chat
from engine.store.datasets import read_dataset
from engine.store.evaluations import add_answers, finish_evaluation, start_evaluation
from engine.store.jobs import enqueue
from engine.store.open import all_rows, open_store, writing
from engine.store.runs import list_runs, update_run
from engine.store.sources import add_mask_numbers, add_masks, finish_masks
from engine.train.settings import TrainSettings

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "transformers", "trl", "peft", "datasets", "bitsandbytes", "accelerate", "scipy", "kiwipiepy")
EVALUATIONS, ANSWERS, CHATS = 40, 300, 200
LABELS, VALUES = ("PERSON", "PERSON", "PHONE", "ADDRESS"), 20_000


PARTS = ("messages", "values", "review")


def fill_rest(store: Path, folder: Path, source: str, dataset: str) -> None:
    """What a year of use adds: masks on every tenth record, adapters, jobs, evaluations with answers, chats."""
    (folder / "adapter").mkdir()
    (folder / "adapter" / "adapter_config.json").write_text("{}", encoding="utf-8")
    with open_store(store) as db:
        fill_masks(db, source)
        settings = TrainSettings().model_dump(mode="json")
        origins = dict.fromkeys(settings, "default")
        runs = [run["id"] for run in list_runs(db, limit=10_000)]
        for run in runs:
            job = enqueue(db, "train", {"run": run})
            adapter = save_artifact(db, folder / "adapter", run_id=run, kind="adapter", step=399)
            update_run(db, run, job_id=job, adapter_id=adapter, settings_json=settings, origins_json=origins)
        with writing(db):
            db.execute(
                "UPDATE jobs SET state = 'done', ending = 'done', ended_at = created_at, started_at = created_at"
            )
    for number in range(EVALUATIONS):
        add_evaluation(store, dataset, runs[number % len(runs)])
    with open_store(store) as db:
        for number in range(CHATS):
            chat = start_chat(db, runs[number % len(runs)], f"대화 {number}", {})
            for turn in range(20):
                add_message(db, chat, ("user", "assistant")[turn % 2], "오늘은 뭐 먹을까?")


def fill_masks(db: Database, source: str) -> None:
    """100,000 masks in a million messages: 20,000 values, the first of a kind as frequent as a close friend's name, a third
    of them doubtful, and 60 corrections."""
    rng = random.Random(0)
    ids = [row["id"] for row in all_rows(db, "SELECT id FROM records WHERE id % 10 = 0")]
    masks = []
    for id_ in ids:
        label, number = rng.choice(LABELS), min(VALUES, int(rng.paretovariate(0.5)))
        placeholder, confidence = placeholder_of(label, number), (0.6, 0.8, 0.95)[number % 3]
        masks.append((id_, 0, 2, label, placeholder, f"{label}{number}", confidence))
    add_mask_numbers(db, {(mask[3], mask[5], int(mask[5].removeprefix(mask[3]))) for mask in masks})
    add_masks(db, masks)
    finish_masks(db, source, {"counts": Counter(mask[3] for mask in masks), "residual": 0, "seconds": 1.0})
    for number in range(1, 61):
        (keep_value if number % 2 else accept_value)(db, "PERSON", f"PERSON{number}", source)


def add_evaluation(store: Path, dataset: str, run: str) -> None:
    """One evaluation of base and run over 300 items, every answer scored on every metric."""
    from engine.evaluate.suites.persona import SUITE

    rng, models = random.Random(run), ["base:starter", run]
    with open_store(store) as db:
        job = enqueue(db, "evaluate", {"recipe": "persona", "models": models, "dataset": dataset})
        db.execute("UPDATE jobs SET state = 'done' WHERE id = ?", [job])
        evaluation = start_evaluation(
            db,
            job_id=job,
            recipe="persona",
            suite=("persona", "1"),
            dataset_id=dataset,
            split="test",
            settings={"models": models, "limit": ANSWERS, "seed": 0, "decoding": {}},
            run_ids=[run],
        )
        rows = read_dataset(db, dataset, "test", limit=ANSWERS)
        names = [metric.name for metric in SUITE.metrics]
        for model in models:
            answers = [
                {
                    "item": f"row:{row['id']}",
                    "row_id": row["id"],
                    "answer": "응 그러자",
                    "raw": "응 그러자",
                    "scores": {name: rng.random() for name in names},
                    "duration_ms": 100,
                }
                for row in rows
            ]
            add_answers(db, evaluation, model, answers)
        scores = [
            {"model": m, "metric": n, "value": 0.5, "low": 0.4, "high": 0.6, "n": ANSWERS, "unit": "share"}
            for m in models
            for n in names
        ]
        pairs = [
            {
                "a": models[0],
                "b": run,
                "metric": n,
                "delta": 0.1,
                "low": 0.05,
                "high": 0.15,
                "p": 0.01,
                "n": ANSWERS,
                "test": "sign_flip_groups",
            }
            for n in names
        ]
        finish_evaluation(db, evaluation, scores, pairs, {"references": {}, "method": {}})


def paints(file: str, times: int, **names: str) -> tuple[list[float], list[float]]:
    """Milliseconds of first paints, each in a new session, and of reruns in the last one."""
    from streamlit.testing.v1 import AppTest

    first, again = [], []
    for _ in range(times):
        app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=120)
        if file != "Home.py":
            app.run()
            app.switch_page(file)
        for name, value in names.items():
            app.query_params[name] = value
        first.append(timed(app.run))
        assert not app.exception, (file, app.exception)
    for _ in range(times):
        again.append(timed(app.run))
    return first, again


def timed(what: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    what()
    return (time.perf_counter() - began) * 1000


def blank(times: int, folder: Path) -> tuple[list[float], list[float]]:
    """The peer: a page with one title."""
    from streamlit.testing.v1 import AppTest

    file = folder / "blank.py"
    file.write_text("import streamlit as st\nst.title('말모이')\n", encoding="utf-8")
    first = [timed(AppTest.from_file(str(file)).run) for _ in range(times)]
    app = AppTest.from_file(str(file))
    return first, [timed(app.run) for _ in range(times)]


def main() -> None:
    """Build, measure, print a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--only", default="", help="part of a page's file name, such as Data")
    parser.add_argument("--store", type=Path, help="a store built by an earlier call; made when absent")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        store = (given.store or folder / "bench.db").resolve()
        if not store.exists():
            source, dataset, _ = fill(store, given.messages, given.runs)
            fill_rest(store, folder, source, dataset)
        os.environ["MALMOI_STORE"] = str(store)
        os.chdir(ROOT)
        report(store, given.times, folder, given.only)
        if given.only in "pages/5_Evaluate.py":
            report_policy(folder / "policy.db", given.times)


def report(store: Path, times: int, folder: Path, only: str) -> None:
    """One line per page; the newest thing of each kind is opened."""
    with open_store(store) as db:
        newest = {
            name: all_rows(db, f"SELECT id FROM {table} ORDER BY created_at DESC LIMIT 1")[0]["id"]
            for name, table in (("source", "sources"), ("dataset", "datasets"), ("chat", "chats"))
        }
        newest["run"] = all_rows(db, "SELECT run_id AS id FROM metrics ORDER BY step DESC LIMIT 1")[0]["id"]
        newest["evaluation"] = all_rows(db, "SELECT id FROM evaluations ORDER BY created_at DESC LIMIT 1")[0]["id"]
    pages: list[tuple[str, dict[str, str]]] = [
        ("Home.py", {}),
        ("pages/1_Data.py", {"source": newest["source"]}),
        *(("pages/1_Data.py", {"source": newest["source"], "view": "masks", "part": part}) for part in PARTS),
        ("pages/2_Curate.py", {"dataset": newest["dataset"]}),
        ("pages/3_Train.py", {"dataset": newest["dataset"]}),
        ("pages/4_Runs.py", {}),
        ("pages/4_Runs.py", {"run": newest["run"]}),
        ("pages/5_Evaluate.py", {"evaluation": newest["evaluation"]}),
        ("pages/6_Chat.py", {"chat": newest["chat"]}),
        ("pages/9_Settings.py", {}),
    ]
    print("| page | first paint p50 ms | p95 ms | rerun p50 ms | p95 ms |\n| --- | ---: | ---: | ---: | ---: |")
    line("one title (peer)", *blank(times, folder))
    for file, names in (page for page in pages if only in page[0]):
        line(f"{file} {json.dumps(names) if names else ''}".strip(), *paints(file, times, **names))
    print(f"\nheavy libraries imported by all pages together: {sorted(set(HEAVY) & set(sys.modules)) or 'none'}")


def report_policy(store: Path, times: int) -> None:
    """The same for the policy recipe's views, on a store of its own: 40 evaluations of 300 answers by three models."""
    os.environ["MALMOI_STORE"] = str(store)
    made = fill_policy(store)
    print(
        "\n| policy view | first paint p50 ms | p95 ms | rerun p50 ms | p95 ms |\n| --- | ---: | ---: | ---: | ---: |"
    )
    here = {"evaluation": made["evaluation"]}
    views: dict[str, dict[str, str]] = {
        "board": {},
        "questions, worst": {"view": "questions"},
        "questions, answers": {"view": "questions", "list": "answers", "who": made["run"], "verdict": "hallucinated"},
        "one question": {"view": "questions", "item": made["item"]},
        "judge": {"view": "judge"},
        "sweep": {"view": "sweep"},
    }
    for name, asked in views.items():
        line(name, *paints("pages/5_Evaluate.py", times, **here, **asked))


def line(name: str, first: list[float], again: list[float]) -> None:
    """Print medians and 95th percentiles."""

    def p95(values: list[float]) -> float:
        return sorted(values)[max(0, round(0.95 * len(values)) - 1)]

    figures = (statistics.median(first), p95(first), statistics.median(again), p95(again))
    print(f"| {name} | " + " | ".join(f"{value:.0f}" for value in figures) + " |", flush=True)


if __name__ == "__main__":
    main()
