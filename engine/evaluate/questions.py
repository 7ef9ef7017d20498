"""Held-out rows become the items of an evaluation, with the clauses each question is shown. It asks no model."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from engine.curate.row import Message
from engine.evaluate.suite import Item
from engine.retrieve.retriever import Retriever

Shown = dict[str, Any]
"""A clause {record_id, chunk_id, score, text}; record_id None: it came with the question."""


def items_of(rows: Sequence[Mapping[str, Any]], limit: int, seed: int) -> list[Item]:
    """One item per row; `limit` > 0 draws that many with the seed."""
    if limit and len(rows) > limit:
        rows = sorted(random.Random(seed).sample(rows, limit), key=lambda row: row["ord"])
    return [
        Item(
            str(row["id"]),
            tuple(row["messages"]),
            row["target"],
            row["id"],
            {**row["meta"], "group": row["split_group"], "record": row["record_first"]},
        )
        for row in rows
    ]


def find_clauses(item: Item, retriever: Retriever | None, k: int, origins: frozenset[int]) -> list[Shown]:
    """The k clauses found for a question, best first; without a retriever the one that stands in its row.

    `origins`: clauses that answer an unanswerable question, which was made from them to be shown with another. They are left out of
    what is found; when nothing else is, it is that other one.
    """
    found = retriever.find(item.meta["question"], k + len(origins)) if retriever else []
    kept = [one for one in found if one.record_id not in origins][:k]
    if retriever is None or (origins and not kept):
        given = given_clause(item.messages)
        return [{"record_id": None, "chunk_id": str(item.meta.get("chunk_id")), "score": None, "text": given}]
    return [
        {"record_id": one.record_id, "chunk_id": one.chunk_id, "score": round(one.score, 6), "text": one.text}
        for one in kept
    ]


def given_clause(messages: Sequence[Message]) -> str:
    """The clause inside a row's prompt: the span that may be cut."""
    cut = next((message for message in messages if "cut" in message), None)
    return cut["content"][cut["cut"][0] : cut["cut"][1]] if cut else ""


def with_clauses(item: Item, clauses: Sequence[Shown]) -> Item:
    """The item with what it is shown, and where its own clause stands among it (-1: nowhere; None: it has none)."""
    meta = {
        **item.meta,
        "clauses": tuple(given_clause(item.messages) if one["text"] is None else one["text"] for one in clauses),
        "retrieved": tuple(one["chunk_id"] for one in clauses),
        "named": frozenset(
            one["meta"].get(name) for one in clauses for name in ("company", "product") if "meta" in one
        ),
        "gold_place": _gold_place(item, clauses) if item.meta.get("answerable") else None,
    }
    return Item(item.name, item.messages, item.reference, item.row_id, meta)


def _gold_place(item: Item, clauses: Sequence[Shown]) -> int:
    """By record; by chunk id where the pair has no record here; else a clause of the same words (a reprint) is as good."""
    record, own = item.meta.get("chunk"), given_clause(item.messages).strip()
    for place, one in enumerate(clauses):
        same = one["record_id"] == record if record is not None else one["chunk_id"] == str(item.meta.get("chunk_id"))
        if same or (own and str(one["text"]).strip().startswith(own)):
            return place
    return -1
