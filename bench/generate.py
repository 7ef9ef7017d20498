"""Generation against a server that limits each key: how much of the allowance is used, how often it refuses, and what a kill costs.

Run as: python bench/generate.py [--seconds 75] [--peer-seconds 45]
The peer, in the same run, is the specification's own way: one worker per key over its shard of the clauses, a back-off of
min(2·2^k·2 + U(1, 3), 30) s with five retries, 0.2 s between requests, saved every ten. It judges nothing; ours judges every answer.
Server, worker and peer are processes of their own; keys allow 20 to 300 requests a minute and tell nothing but Retry-After.
"""

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.config import ROOT
from engine.generate.options import GenerateOptions
from engine.jobs.generating import start
from engine.jobs.processes import end_process
from engine.jobs.queue import resume
from engine.serve.limits import backoff
from engine.store.jobs import ENDED, ask_stop, get_job, get_supervisor
from engine.store.maintain import check
from engine.store.open import open_store
from tests.generating import clause_source, key_file, pairs_of
from tests.llm_server import invented_clauses

KEYS = {f"bench-key-{place}": per_minute / 60 for place, per_minute in enumerate((300, 240, 120, 40, 30, 20))}
BURST, LATENCY = 8, 0.8
WARM_UP = 30.0
"""Seconds after the first request in which limits are being learned."""
PAUSE, RETRIES, SAVE_EVERY = 0.2, 5, 10


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Its address, while it runs."""
    rules = {"rates": KEYS, "burst": BURST, "latency": LATENCY, "lies": 0.02, "truncates": 0.02}
    command = [sys.executable, "-m", "tests.llm_server", json.dumps(rules)]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout
    try:
        yield f"http://127.0.0.1:{json.loads(child.stdout.readline())['port']}"
    finally:
        child.kill()
        child.wait()


def stats(address: str) -> dict[str, Any]:
    """What the server counted so far."""
    with urllib.request.urlopen(f"{address}/stats", timeout=30) as reply:
        found: dict[str, Any] = json.load(reply)
    return found


def figures(log: list[list[Any]], until: float) -> dict[str, float]:
    """Shares of the allowance used and of requests refused, over all of the time and after the warm-up."""
    began = log[0][0]
    told = {}
    for name, since, burst in (("whole", began, BURST), ("after", began + WARM_UP, 0)):
        part = [status for at, _, status in log if since <= at <= until]
        allowed = sum(rate * (until - since) + burst for rate in KEYS.values())
        told[f"{name}_used"] = sum(status == 200 for status in part) / allowed
        told[f"{name}_refused"] = sum(status == 429 for status in part) / max(1, len(part))
        told[f"{name}_requests"] = len(part)
    return told


def ours(folder: Path, seconds: float) -> dict[str, Any]:
    """The job of `generate`, for so many seconds from its first request; then killed three times."""
    store = folder / "store.db"
    source = clause_source(store, 700)
    with server() as address:
        options = GenerateOptions.model_validate({"provider": "openai", "url": address + "/v1", "unanswerable": 0.2})
        begun = start(store, source, options, key_file(folder, *KEYS))
        try:
            log = until(lambda: stats(address)["log"])
            time.sleep(seconds)
            seen = stats(address)
            told: dict[str, Any] = figures(seen["log"], log[0][0] + seconds)
            told |= killed(store, source, begun.job_id)
        finally:
            with open_store(store) as db:
                if get_job(db, begun.job_id)["state"] not in ENDED:
                    ask_stop(db, begun.job_id, "cancel")
            until(lambda: job(store, begun.job_id)["state"] in ENDED)
            with open_store(store) as db:
                supervisor = get_supervisor(db)
            if supervisor:
                end_process(supervisor["pid"], supervisor["pid_started_at"], kill=True)
    return told


def killed(store: Path, source: str, job_id: str) -> dict[str, Any]:
    """Kill −9 and resume, three times: pairs that were repeated, and whether the store is whole."""
    rng, parts = random.Random(1), []
    for _ in range(3):
        os.kill(job(store, job_id)["pid"], 9)
        until(lambda: job(store, job_id)["state"] in ENDED)
        parts.append(made(store, source))
        resume(store, job_id)
        enough = len(parts[-1]) + rng.randint(5, 40)
        until(lambda enough=enough: len(made(store, source)) > enough)
    pairs = made(store, source)
    with open_store(store) as db:
        doubled = "SELECT count(*) FROM (SELECT 1 FROM generation_attempts WHERE outcome = 'accepted' GROUP BY ord HAVING count(*) > 1)"
        twice = db.execute(doubled).fetchone()[0]
        problems = check(db)
    lost = sum(pairs[: len(part)] != part for part in parts)
    return {"kills": 3, "pairs": len(pairs), "repeated": twice + len(pairs) - len(set(pairs)), "lost": lost, "problems": len(problems)}  # fmt: skip


def made(store: Path, source: str) -> list[tuple[Any, ...]]:
    return [(pair["chunk"], pair["question"], pair["answer"]) for pair in pairs_of(store, source)]


def job(store: Path, job_id: str) -> dict[str, Any]:
    with open_store(store) as db:
        return get_job(db, job_id)


def until(found: Any, seconds: float = 120) -> Any:
    """Poll until `found()` is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if got := found():
            return got
        time.sleep(0.1)
    raise TimeoutError("nothing happened in time")


def peer(folder: Path, seconds: float) -> dict[str, Any]:
    """The specification's way, in a process that is killed at the end."""
    with server() as address:
        command = [sys.executable, __file__, "--peer", address, str(folder)]
        child = subprocess.Popen(command, cwd=ROOT)
        log = until(lambda: stats(address)["log"])
        time.sleep(max(0.0, seconds))
        child.kill()
        child.wait()
        seen = stats(address)
        told: dict[str, Any] = figures(seen["log"], log[0][0] + seconds)
    saved = sum(len(json.loads(path.read_text(encoding="utf-8"))) for path in folder.glob("part_*.json"))
    answered = sum(status == 200 for _, _, status in seen["log"])
    return told | {"unsaved": answered - saved, "answered": answered}


def work_as_specified(address: str, folder: Path) -> None:
    """One worker per key, each over its shard; a pair per request, three per clause."""
    clauses, threads = invented_clauses(700), []
    for place, key in enumerate(KEYS):
        shard = clauses[place :: len(KEYS)]
        arguments = (address, key, [text for text, _ in shard], folder / f"part_{place}.json")
        threads.append(threading.Thread(target=one_worker, args=arguments))
        threads[-1].start()
    for thread in threads:
        thread.join()


def one_worker(address: str, key: str, clauses: list[str], out: Path) -> None:
    spread, done = random.Random(key), []
    for clause in clauses * 3:
        body = json.dumps({"messages": [{"role": "user", "content": f"[보험약관]\n{clause}\n\n[질문]"}]}).encode()
        request = urllib.request.Request(f"{address}/v1/chat/completions", body, {"Authorization": f"Bearer {key}"})
        for attempt in range(RETRIES + 1):
            try:
                with urllib.request.urlopen(request, timeout=60) as reply:
                    done.append(json.load(reply)["choices"][0]["message"]["content"])
                break
            except urllib.error.HTTPError:
                time.sleep(backoff(attempt, spread))
        if len(done) % SAVE_EVERY == 0:
            out.write_text(json.dumps(done, ensure_ascii=False), encoding="utf-8")
        time.sleep(PAUSE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=75)
    parser.add_argument("--peer-seconds", type=float, default=45)
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        work_as_specified(given.peer[0], Path(given.peer[1]))
        return
    with tempfile.TemporaryDirectory() as place:
        mine = ours(Path(place), given.seconds)
        (Path(place) / "peer").mkdir()
        theirs = peer(Path(place) / "peer", given.peer_seconds)
    print(
        f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {len(KEYS)} keys, {sum(KEYS.values()) * 60:.0f} requests a minute\n"
    )
    print(
        "| | allowance used, after warm-up | from the first request | answered 429, after warm-up | from the first request |"
    )
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, told in ((f"Malmoi, {given.seconds:.0f} s", mine), (f"as specified, {given.peer_seconds:.0f} s", theirs)):
        print(
            f"| {name} | {told['after_used']:.1%} | {told['whole_used']:.1%} "
            f"| {told['after_refused']:.2%} of {told['after_requests']} | {told['whole_refused']:.2%} of {told['whole_requests']} |"
        )
    print(
        f"\nKilled {mine['kills']} times among {mine['pairs']} pairs: {mine['repeated']} repeated, {mine['lost']} lost, "
        f"{mine['problems']} problems in the store. The peer, killed once: {theirs['unsaved']} of {theirs['answered']} answers were "
        "not saved and would be asked and paid for again."
    )


if __name__ == "__main__":
    main()
