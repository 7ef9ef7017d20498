"""One generation from its rows to its ledger: what is missing is asked for, by a model here or by a server."""

from typing import Any

from engine.errors import UserError
from engine.generate.desk import Desk, cost_of
from engine.generate.options import GenerateOptions
from engine.generate.plan import found_near, wanted_pairs
from engine.store.generations import (
    PairTuple,
    add_pairs,
    get_generation,
    is_planned,
    ledger,
    read_clauses,
)
from engine.store.jobs import Work
from engine.store.open import open_store


def run_generation(work: Work, generation_id: str) -> dict[str, Any]:
    """Make what is missing; returns `report`. A second run of the same generation repeats nothing that was accepted."""
    with open_store(work.store) as db:
        generation = get_generation(db, generation_id)
        _require_own(work, generation)
        if not is_planned(db, generation_id):
            add_pairs(db, generation_id, _planned(work, db, generation))
        desk = Desk(work, db, generation, _judge)
        desk.show([], now=True)
        _judge(
            "무엇인가요?", ["보험금을 지급합니다."], "보험금을 지급합니다."
        )  # what it loads must not delay the first answers
        if desk.wanted > desk.accepted + desk.given_up:
            _ask_all(work, desk)
        return report(db, generation_id)


def _require_own(work: Work, generation: dict[str, Any]) -> None:
    """Two jobs on one generation would ask for the same pairs twice."""
    if generation["job_id"] != work.job_id:
        raise UserError(
            f"생성 {generation['id']}은(는) 다른 작업({generation['job_id']})이 맡고 있습니다. 그 작업을 이어 하세요.",
            f"Generation {generation['id']} belongs to another job ({generation['job_id']}). Continue that one.",
        )


def _planned(work: Work, db: Any, generation: dict[str, Any]) -> list[PairTuple]:
    """The pairs that are wanted. What a question is taken from that its clause must not answer is found by retrieval."""
    from itertools import islice

    from engine.retrieve.retriever import open_retriever
    from engine.retrieve.settings import RetrievalSettings

    options = GenerateOptions(**generation["settings"])
    clauses = read_clauses(db, generation["source_id"])
    retriever = open_retriever(work.store, [generation["source_id"]], RetrievalSettings.model_validate({}))
    pairs = wanted_pairs(clauses, options, found_near(clauses, retriever.find))
    return list(islice(pairs, options.limit or None))


def _ask_all(work: Work, desk: Desk) -> None:
    if desk.options.provider != "local":
        from engine.generate.over_http import generate_over_http

        generate_over_http(desk)
        return
    from engine.generate.here import generate_here
    from engine.serve.choose import choose_model, open_model

    backend = open_model(work.store, choose_model(desk.db, desk.options.model or "base"))
    try:
        generate_here(desk, backend)
    finally:
        backend.close()


def _judge(question: str, clauses: Any, answer: str) -> tuple[str, str]:
    from engine.ground.judge import judge

    verdict = judge(question, clauses, answer, ended=True)
    return verdict.label, verdict.kind


def report(db: Any, generation_id: str) -> dict[str, Any]:
    """The ledger as commands and pages tell it: sums, tokens, cost, and a table per key and per type."""
    generation = get_generation(db, generation_id)
    sums = ledger(db, generation_id)
    keys, types = sums.pop("keys"), sums.pop("types")
    tokens = {"in": sums.pop("tokens_in"), "out": sums.pop("tokens_out")}
    options = GenerateOptions(**generation["settings"])
    return {
        "generation_id": generation_id,
        "source_id": generation["source_id"],
        "provider": generation["provider"],
        "model": generation["model"],
        **sums,
        "tokens": tokens,
        "cost": cost_of(options, {"tokens_in": tokens["in"], "tokens_out": tokens["out"]}),
        "keys": keys,
        "types": types,
    }
