"""An invented policy as a source: clauses of two products, questions of three types, some that no clause answers."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.curate.policy_options import REFUSAL, PolicyOptions
from engine.curate.policy_rows import build_across
from engine.curate.row import Row, SourceRecord, SourceView
from engine.store.jobs import Work, claim_next, enqueue, finish_job
from engine.store.open import open_store
from engine.store.sources import add_records, finish_source, start_source

Record = tuple[str | None, str | None, str, str, dict[str, Any]]
"""(at, speaker, kind, text, meta)"""

GOOD = ("암진단비는 얼마인가요?", "암진단비는 10만원입니다. (제3조)")
RAG = PolicyOptions()
BROKEN = {
    "missing_field": ("", GOOD[1]),
    "short_answer": (GOOD[0], "10만원요."),
    "cut_off": (GOOD[0], "암진단비는 10만원이며 다만 최초 계약일부터 90일이"),
    "evasive": (GOOD[0], "암진단비의 금액은 약관에 명시되어 있지 않습니다."),
    "like_refusal": (GOOD[0], "약관에 암진단비 10만원이라고 되어 있습니다."),
    "leaked_prompt": ("다음 조항을 보고 답하세요. 암진단비는?", GOOD[1]),
    "foreign": (GOOD[0], "암진단비는 十만원 を 支払います 지급합니다."),
    "personal_data": (GOOD[0], "암진단비는 담당자 010-2345-6789로 청구하시면 됩니다."),
    "stop_phrase": (GOOD[0], "암진단비는 10만원입니다. 이번에 새로 나온 상품입니다."),
    "tail_phrase": (GOOD[0], "암진단비는 10만원입니다. 더 궁금한 점이 있으시면 말씀해 주세요."),
}
"""Pairs that a rule drops, by its reason."""
BENEFITS = (
    "암진단비 뇌졸중진단비 급성심근경색진단비 골절진단비 화상진단비 수술비 입원일당 통원의료비 간병비 치아보철비 "
    "상해후유장해 질병사망 운전자벌금 변호사선임비 교통상해입원 식중독위로금 응급실내원비 깁스치료비 조혈모세포이식비 백내장수술비 "
    "탈장수술비 맹장수술비 독감치료비 대상포진진단비"
).split()
REASONS = ("스키", "등산", "낚시", "잠수", "승마", "태권도", "요가", "배드민턴", "자전거", "볼링", "탁구", "씨름") * 2


def clause(number: int, name: str) -> str:
    """The text of one clause; each has words of its own, so that no two are nearly the same."""
    words = f"{REASONS[number]}을 하다가 {name} 사유가 생긴 때에는"
    tail = ("최초 한 번에 한하여", "연간 세 번까지", "사고마다 따로", "진단이 확정된 날에")[number % 4]
    return f"제{number + 3}조({name}) 회사는 피보험자가 {words} {name} {(number + 1) * 10}만원을 {tail} 지급합니다."


def clause_records(product: str = "든든보험", count: int = len(BENEFITS)) -> list[Record]:
    """Records of kind `chunk`."""
    return [
        (
            None,
            None,
            "chunk",
            clause(number, name),
            {"chunk_id": f"{product}_{number:03}", "product": product, "company": "가나손해보험"},
        )
        for number, name in enumerate(BENEFITS[:count])
    ]


def pair(question: str, answer: str, chunk_id: str | None, kind: str = "fact", answerable: bool = True) -> Record:
    """A record of kind `qa`."""
    meta = {"answer": answer, "type": kind, "answerable": answerable, "chunk_id": chunk_id, "chunk": None}
    return (None, None, "qa", question, meta)


def good_pairs(product: str = "든든보험", count: int = len(BENEFITS)) -> list[Record]:
    """Three questions a clause, all of them worth learning."""
    found = []
    for number, name in enumerate(BENEFITS[:count]):
        key, amount = f"{product}_{number:03}", (number + 1) * 10
        cite = f"(제{number + 3}조)"
        found += [
            pair(f"{name}는 얼마인가요?", f"{name}는 {amount}만원입니다. {cite}", key, "fact"),
            pair(
                f"{REASONS[number]} 도중 다치면 {name}가 나오나요?",
                f"네, {amount}만원을 지급합니다. {cite}",
                key,
                "scenario",
            ),
            pair(f"{name} 쉽게 설명해 주세요.", f"{name}로 {amount}만원을 드리는 보장이에요. {cite}", key, "easy"),
        ]
    return found


def unanswerable(product: str = "든든보험", count: int = 12) -> list[Record]:
    """Questions of one clause that are asked of another one, and some of no clause at all."""
    found = []
    for number, name in enumerate(BENEFITS[:count]):
        other = f"{product}_{(number + 7) % count:03}"
        found.append(pair(f"{name}는 얼마인가요?", REFUSAL, other, "fact", False))
        found.append(pair(f"{name}의 해외 송금 수수료는 누가 내나요?", REFUSAL, other, "scenario", False))
    return found


def as_view(records: Sequence[Record], source_id: str = "src-1", first: int = 1) -> SourceView:
    """The records as a recipe reads them."""
    made = [SourceRecord(first + at, *record) for at, record in enumerate(records)]
    return SourceView(source_id, "chunks", None, {}, iter(made))


def store_source(db: Database, records: Sequence[Record], name: str = "chunked_data.jsonl") -> str:
    """A ready source of the policy recipe."""
    source_id = start_source(
        db, recipe="policy", kind="chunks", name=name, fingerprint=name, size=1, job_id="job-import"
    )
    rows = [(at, who, kind, text, json.dumps(meta, ensure_ascii=False)) for at, who, kind, text, meta in records]
    add_records(db, source_id, 0, rows)
    finish_source(db, source_id, None, {}, {})
    return source_id


def build_policy(store: Path, sources: Sequence[str], seed: int = 0, **options: Any) -> dict[str, Any]:
    """A dataset as its job builds it."""
    from engine.jobs.work import do_dataset

    style = options.get("style", "rag")
    args = {"recipe": "policy", "sources": list(sources), "style": style, "me": None, "options": options, "seed": seed}
    with open_store(store) as db:
        enqueue(db, "dataset", args)
        job = claim_next(db, ["cpu"])
        assert job is not None
    try:
        return do_dataset(Work(store, job["id"], job["token"]), args)
    finally:
        with open_store(store) as db:
            finish_job(db, job["id"], job["token"], "done", "done")


def rows_of(*sources: Sequence[Record], options: PolicyOptions = RAG, seed: int = 0) -> list[Row]:
    views, first = [], 1
    for number, records in enumerate(sources):
        views.append(as_view(records, f"src-{number}", first))
        first += len(records)
    return [row for _, rows in build_across(views, options, seed) for row in rows]
