"""Clauses and questions in a store, for tests of the retriever. It holds no tests."""

import json
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.retrieve.retriever import Retriever, open_retriever
from engine.retrieve.settings import RetrievalSettings
from engine.store.open import open_store
from engine.store.sources import add_records, finish_source, start_source

FIXTURES = Path(__file__).parent / "fixtures" / "retrieval"
CLAUSES = (
    ("입원", "제3조(입원급여금) 피보험자가 질병 또는 상해로 입원한 경우 입원 1일당 2만원을 지급합니다."),
    ("음주", "제9조(보상하지 않는 손해) 음주운전 또는 무면허운전 중의 사고로 인한 손해는 보상하지 않습니다."),
    ("철회", "제19조(청약의 철회) 계약자는 보험증권을 받은 날부터 15일 이내에 청약을 철회할 수 있습니다."),
    ("배당", "제26조(계약자배당) 이 계약은 무배당보험으로 계약자에게 배당금을 지급하지 않습니다."),
)


def clause(chunk_id: str, text: str, **meta: Any) -> tuple[None, None, str, str, str]:
    """A record of a clause."""
    whole = {"company": None, "product": None, "policy_type": None, "breadcrumbs": "", "article": None, **meta}
    return None, None, "chunk", text, json.dumps({"chunk_id": chunk_id, **whole}, ensure_ascii=False)


def question(text: str, chunk_id: str | None, **meta: Any) -> tuple[None, None, str, str, str]:
    """A record of a question–answer pair."""
    whole = {"answer": "네.", "type": "fact", "answerable": True, "chunk": None, "chunk_id": chunk_id, **meta}
    return None, None, "qa", text, json.dumps(whole, ensure_ascii=False)


def add_source(db: Database, records: list[Any], name: str = "terms", kind: str = "chunks") -> str:
    """A ready source of these records."""
    source = start_source(db, recipe="policy", kind=kind, name=name, fingerprint=name, size=1, job_id=f"job-{name}")
    add_records(db, source, 0, records)
    finish_source(db, source, None, {}, {})
    return source


def four_clauses(store: Path) -> str:
    """A source of `CLAUSES`."""
    with open_store(store) as db:
        return add_source(db, [clause(*one) for one in CLAUSES])


def finder(store: Path, *sources: str, **settings: Any) -> Retriever:
    """A retriever over these sources."""
    return open_retriever(store, sources, RetrievalSettings(**settings))


def ids(retriever: Retriever, question: str, k: int = 3, **filters: str) -> list[str]:
    """Chunk ids found."""
    return [found.chunk_id for found in retriever.find(question, k, **filters)]


def read_lines(name: str) -> list[dict[str, Any]]:
    """The objects of a fixture."""
    text = (FIXTURES / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]
