"""Stores with clauses, and generations run in this process with a judge of their own, for the tests of generation."""

import json
from pathlib import Path
from typing import Any

from engine.generate.options import GenerateOptions
from engine.generate.run import run_generation
from engine.store.generations import set_job, start_generation
from engine.store.jobs import Work, claim_next, enqueue
from engine.store.open import open_store
from engine.store.sources import add_records, finish_source, start_source
from tests.llm_server import invented_clauses


def clause_source(store: Path, count: int) -> str:
    """A ready source of so many invented clauses."""
    clauses = invented_clauses(count)
    with open_store(store) as db:
        source = start_source(
            db, recipe="policy", kind="chunks", name="약관.jsonl", fingerprint=f"f{count}", size=1, job_id="j"
        )
        batch = [(None, None, "chunk", text, json.dumps(meta, ensure_ascii=False)) for text, meta in clauses]
        add_records(db, source, 0, batch)
        finish_source(db, source, None, {}, {"warnings": []})
    return source


def begun(store: Path, source: str, keys: dict[str, Any], **options: Any) -> tuple[str, Work]:
    """(generation, the work of a job that was claimed for it): no supervisor, no subprocess."""
    chosen = GenerateOptions(**{"provider": "openai", **options})
    with open_store(store) as db:
        generation = start_generation(
            db,
            source_id=source,
            provider=chosen.provider,
            model=chosen.model,
            settings=chosen.model_dump(mode="json"),
            keys=keys,
        )
        job_id = enqueue(db, "generate", {"generation": generation})
        set_job(db, generation, job_id)
        job = claim_next(db, ["cpu"])
    assert job is not None and job["id"] == job_id
    return generation, Work(store, job_id, job["token"])


def generated(store: Path, source: str, keys: dict[str, Any], **options: Any) -> dict[str, Any]:
    """A whole generation, run here."""
    generation, work = begun(store, source, keys, **options)
    return run_generation(work, generation)


def key_file(folder: Path, *keys: str) -> dict[str, Any]:
    path = folder / "keys.txt"
    path.write_text("# 시험용\n" + "\n".join(keys) + "\n", encoding="utf-8")
    return {"file": str(path)}


def pairs_of(store: Path, source: str) -> list[dict[str, Any]]:
    """{question, **meta} of every pair of a source."""
    with open_store(store) as db:
        rows = db.execute(
            "SELECT text, meta_json FROM records WHERE source_id = ? AND kind = 'qa' ORDER BY seq", [source]
        ).fetchall()
    return [{"question": text, **json.loads(meta)} for text, meta in rows]


def copied(question: str, clauses: Any, answer: str) -> tuple[str, str]:
    """A judge that knows copies alone: what the clause says word for word is grounded."""
    there = any(answer.rstrip(".") in clause for clause in clauses)
    return ("grounded", "supported") if there else ("hallucinated", "unsupported")
