"""How often the right clause is found: recall@k and mean reciprocal rank. It knows nothing of how questions were made.

A question counts as found within k when one of its clauses is among the first k. Questions of one clause stay together when
they are split, so that weights chosen on one half are measured on clauses they never saw.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.retrieve.retriever import Retriever
from engine.retrieve.settings import RetrievalSettings
from engine.store.sources import read_records

KS = (1, 3, 5, 10)
GRAM_CHOICES = (0.0, 0.15, 0.3, 0.6)
"""Weights of n-grams beside words that `tuned` tries."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A question and the clauses that answer it."""

    question: str
    chunk_ids: frozenset[str]
    type: str = ""
    company: str | None = None
    product: str | None = None


def probes_of(db: Database, source_id: str) -> list[Probe]:
    """The answerable questions of a source whose clause is known. Raises UserError when it holds none."""
    found = []
    for record in read_records(db, source_id):
        meta = json.loads(record["meta_json"] or "{}") if record["kind"] == "qa" else {}
        if meta.get("answerable") and meta.get("chunk_id"):
            found.append(Probe(record["text"], frozenset([str(meta["chunk_id"])]), str(meta.get("type") or "")))
    if not found:
        raise UserError(
            f"자료 {source_id}에 조항이 알려진 질문이 0개라 잴 수 없습니다. 먼저 `generate`로 질문을 만드세요.",
            f"Source {source_id} holds 0 questions whose clause is known: nothing to measure. Make some with `generate`.",
        )
    return found


def ranks(retriever: Retriever, probes: Iterable[Probe], depth: int = KS[-1]) -> list[int | None]:
    """Place (from 1) of the first right clause of each question among the first `depth`; None: not there."""
    places = []
    for probe in probes:
        found = retriever.find(probe.question, depth, probe.company, probe.product)
        places.append(next((at for at, one in enumerate(found, start=1) if one.chunk_id in probe.chunk_ids), None))
    return places


def told(places: Sequence[int | None]) -> dict[str, Any]:
    """{n, mrr, recall: {"1": {value, low, high}, …}}; 95 % Wilson intervals; mrr counts 0 beyond the tenth place."""
    n = len(places)
    recall = {str(k): _share(sum(place is not None and place <= k for place in places), n) for k in KS}
    return {"n": n, "mrr": sum(1 / place for place in places if place) / n if n else None, "recall": recall}


def _share(hits: int, n: int) -> dict[str, float | None]:
    from scipy.stats import binomtest

    if n == 0:
        return {"value": None, "low": 0.0, "high": 1.0}
    interval = binomtest(hits, n).proportion_ci(method="wilson")
    return {"value": hits / n, "low": float(interval.low), "high": float(interval.high)}


def measured(retriever: Retriever, probes: Sequence[Probe]) -> dict[str, Any]:
    """`told` over all questions, and by type under `types`."""
    places = ranks(retriever, probes)
    types = sorted({probe.type for probe in probes})
    by_type = {t: told([p for p, probe in zip(places, probes, strict=True) if probe.type == t]) for t in types}
    return {**told(places), "types": by_type}


def halves(probes: Sequence[Probe]) -> tuple[list[Probe], list[Probe]]:
    """(to choose on, held out): each clause is wholly in one of them, by a hash of its id, the same in every run."""
    chosen: list[Probe] = []
    held: list[Probe] = []
    for probe in probes:
        (held if sha256(min(probe.chunk_ids).encode()).digest()[0] % 2 else chosen).append(probe)
    return chosen, held


def tuned(retriever: Retriever, probes: Sequence[Probe]) -> dict[str, Any]:
    """The weight of n-grams that does best on one half of the clauses, measured on the other beside the given one."""
    chosen, held = halves(probes)
    if not chosen or not held:
        raise UserError(
            f"질문 {len(probes)}개의 조항이 한쪽으로만 나뉘어 무게를 고를 수 없습니다. 조항이 더 많은 자료로 하세요.",
            f"The clauses of {len(probes)} questions fall into one half: weights cannot be chosen. Use more clauses.",
        )
    tried = {grams: told(ranks(_with_grams(retriever, grams), chosen)) for grams in GRAM_CHOICES}
    best = max(GRAM_CHOICES, key=lambda grams: (tried[grams]["recall"]["3"]["value"], tried[grams]["mrr"]))
    return {
        "grams": best,
        "chosen_on": len(chosen),
        "held_out": told(ranks(_with_grams(retriever, best), held)),
        "held_out_as_set": told(ranks(retriever, held)),
    }


def _with_grams(retriever: Retriever, grams: float) -> Retriever:
    settings = RetrievalSettings(**{**retriever.settings.model_dump(), "grams": grams})
    return Retriever(retriever.db_path, retriever.source_ids, settings)
