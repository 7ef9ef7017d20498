"""How often the right clause is among the first k, on everyday questions, and how long a question takes at 10,000 clauses.

Run as: python bench/retrieval.py [--sets FOLDER] [--embeddings MODEL] [--misses] [--no-latency]
A set is a pair of files NAME…clauses….jsonl ({chunk_id, text, metadata}) and NAME…questions….jsonl ({id, question,
chunk_ids}). Peers in the same run: bm25 over words cut at spaces (FTS5 on the text as it is), and counting which words of the
question stand in a clause (LIKE). Intervals: 95 % Wilson.
"""

import argparse
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.retrieve.recall import KS, Probe, ranks, told
from engine.retrieve.retriever import Retriever, open_retriever
from engine.retrieve.settings import RetrievalSettings
from engine.store.open import open_store
from engine.store.sources import add_records, finish_source, start_source

SETS = Path(__file__).with_name("retrieval")
WAYS: dict[str, dict[str, Any]] = {
    "morphemes only": {"grams": 0, "everyday": False},
    "n-grams only": {"words": 0},
    "morphemes + n-grams": {"everyday": False},
    "morphemes + everyday words": {"grams": 0},
    "all of it (the default)": {},
}
DEPTH = KS[-1]
CHUNKS = 10_000
Find = Callable[[str], list[str]]
"""A question to chunk ids, best first."""


def read(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def sets_in(folder: Path) -> dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """{name: (clauses, questions)}."""
    found = {}
    for path in sorted(folder.glob("*clauses*.jsonl")):
        asked = path.with_name(path.name.replace("clauses", "questions"))
        if asked.exists():
            name = path.stem.replace("clauses", "").strip("_-.")
            found[name or folder.name] = (read(path), read(asked))
    return found


def fill(store: Path, name: str, clauses: Sequence[dict[str, Any]]) -> str:
    """A source of these clauses; returns its id."""
    rows = [
        (None, None, "chunk", c["text"], json.dumps({**c["metadata"], "chunk_id": c["chunk_id"]}, ensure_ascii=False))
        for c in clauses
    ]
    with open_store(store) as db:
        source = start_source(db, recipe="policy", kind="chunks", name=name, fingerprint=name, size=1, job_id=name)
        for start in range(0, len(rows), 1000):
            add_records(db, source, start, rows[start : start + 1000])
        finish_source(db, source, None, {}, {})
    return source


def by_spaces(clauses: Sequence[dict[str, Any]]) -> Find:
    """bm25 over words cut at spaces and signs, headings included."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE plain USING fts5 (id UNINDEXED, body)")
    db.executemany("INSERT INTO plain VALUES (?, ?)", [(c["chunk_id"], _whole(c)) for c in clauses])

    def find(question: str) -> list[str]:
        match = " OR ".join('"' + word.replace('"', "") + '"' for word in question.split()) or '""'
        sql = "SELECT id FROM plain WHERE plain MATCH ? ORDER BY rank LIMIT ?"
        return [row[0] for row in db.execute(sql, [match, DEPTH])]

    return find


def by_like(clauses: Sequence[dict[str, Any]]) -> Find:
    """Clauses by how many of the question's words stand in them."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE plain (id TEXT, body TEXT)")
    db.executemany("INSERT INTO plain VALUES (?, ?)", [(c["chunk_id"], _whole(c)) for c in clauses])

    def find(question: str) -> list[str]:
        words = question.split()
        hits = " + ".join(["(body LIKE '%' || ? || '%')"] * len(words)) or "0"
        sql = f"SELECT id FROM (SELECT id, {hits} AS n FROM plain) WHERE n > 0 ORDER BY n DESC LIMIT ?"
        return [row[0] for row in db.execute(sql, [*words, DEPTH])]

    return find


def _whole(clause: dict[str, Any]) -> str:
    return f"{clause['metadata'].get('breadcrumbs') or ''}\n{clause['text']}"


def places(find: Find, probes: Sequence[Probe]) -> list[int | None]:
    """Place of the first right clause of each question, from 1."""
    return [
        next((at for at, id_ in enumerate(find(probe.question), start=1) if id_ in probe.chunk_ids), None)
        for probe in probes
    ]


def compare(store: Path, name: str, given: tuple[list[dict[str, Any]], list[dict[str, Any]]], args: Any) -> None:
    """The table of one set."""
    clauses, questions = given
    source = fill(store, name, clauses)
    probes = [Probe(q["question"], frozenset(map(str, q["chunk_ids"]))) for q in questions if q["chunk_ids"]]
    print(f"\n**{name}**: {len(probes)} questions, {len(clauses)} clauses\n")
    print("| way | recall@1 | recall@3 | recall@5 | MRR |\n| --- | ---: | ---: | ---: | ---: |")
    for label, find in (("words at spaces, bm25 (peer)", by_spaces(clauses)), ("LIKE (peer)", by_like(clauses))):
        print(row(label, places(find, probes)))
    ways = {**WAYS, **({"with embeddings": {"embeddings": args.embeddings}} if args.embeddings else {})}
    for label, settings in ways.items():
        found = ranks(open_retriever(store, [source], RetrievalSettings(**settings)), probes)
        print(row(label, found))
        if args.misses and not settings:
            show_misses(probes, found)


def row(label: str, found: Sequence[int | None]) -> str:
    """A line of the table: value [low, high]."""
    one = told(found)
    shares = [one["recall"][str(k)] for k in (1, 3, 5)]
    cells = " | ".join(f"{s['value']:.3f} [{s['low']:.2f}, {s['high']:.2f}]" for s in shares)
    return f"| {label} | {cells} | {one['mrr']:.3f} |"


def show_misses(probes: Sequence[Probe], found: Sequence[int | None]) -> None:
    """Questions whose clause is not among the first three."""
    for probe, place in zip(probes, found, strict=True):
        if place is None or place > 3:
            print(f"  place {place}: {probe.question}  {sorted(probe.chunk_ids)}", file=sys.stderr)


def many(clauses: Sequence[dict[str, Any]], count: int = CHUNKS) -> list[dict[str, Any]]:
    """Generated clauses: four sentences drawn from all the sets, amounts changed, under forty product names."""
    rng = random.Random(0)
    sentences = [s for c in clauses for s in c["text"].replace("다. ", "다.\n").split("\n") if s.strip()]
    made = []
    for number in range(count):
        like = rng.choice(clauses)
        text = " ".join(rng.sample(sentences, 4)).replace("만원", f"{rng.randint(1, 99)}만원")
        meta = {**like["metadata"], "product": f"가람 {number % 40}번 상품"}
        made.append({"chunk_id": f"made-{number}", "text": text, "metadata": meta})
    return made


def latency(store: Path, clauses: Sequence[dict[str, Any]], questions: Sequence[str]) -> None:
    """Milliseconds per question, each way, in one process that has asked once before."""
    began = time.monotonic()
    source = fill(store, "many", many(clauses))
    open_retriever(store, [source], RetrievalSettings())
    size = sum(part.stat().st_size for part in store.parent.glob(store.name + "*")) / 1e6
    print(f"\n{CHUNKS:,} clauses stored and indexed in {time.monotonic() - began:.0f} s; the store is {size:.0f} MB.\n")
    print("| way | p50 ms | p95 ms | p50 ms of processor | p95 |\n| --- | ---: | ---: | ---: | ---: |")
    for label, settings in WAYS.items():
        print(timed(label, open_retriever(store, [source], RetrievalSettings(**settings)), questions))


def timed(label: str, retriever: Retriever, questions: Sequence[str]) -> str:
    """A line of the table. Time of the processor leaves out what others on the same cores cost."""
    retriever.find(questions[0], 3)
    wall, own = [], []
    for question in [*questions, *questions, *questions]:
        began, worked = time.perf_counter(), time.process_time()
        retriever.find(question, 3)
        wall.append((time.perf_counter() - began) * 1000)
        own.append((time.process_time() - worked) * 1000)
    cells = " | ".join(
        f"{sorted(spent)[int(len(spent) * share)]:.1f}" for spent in (wall, own) for share in (0.5, 0.95)
    )
    return f"| {label} | {cells} |"


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, default=SETS)
    parser.add_argument("--embeddings", default=None)
    parser.add_argument(
        "--misses", action="store_true", help="print questions whose clause is not among the first three"
    )
    parser.add_argument("--no-latency", action="store_true")
    args = parser.parse_args()
    sets = sets_in(args.sets)
    if not sets:
        sys.exit(f"No pair of clauses and questions in {args.sets}.")
    with tempfile.TemporaryDirectory() as folder:
        for name, given in sets.items():
            compare(Path(folder) / "sets.db", name, given, args)
        if not args.no_latency:
            clauses = [clause for given in sets.values() for clause in given[0]]
            questions = [q["question"] for given in sets.values() for q in given[1]][:150]
            latency(Path(folder) / "many.db", clauses, questions)


if __name__ == "__main__":
    main()
