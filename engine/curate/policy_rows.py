"""Clauses and question–answer pairs become rows. It knows nothing of splits or models.

Pairs find their clause by record, else by chunk id, in all sources of the dataset; a pair may bring its clause along.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.curate.policy_options import PolicyOptions
from engine.curate.policy_prompt import policy_prompt
from engine.curate.row import Row, SourceRecord, SourceView

END_TOKENS = re.compile(
    r"(?:\s*(?:<\|end_of_text\|>|<\|endoftext\|>|<\|eot_id\|>|<\|im_end\|>|</s>|<eos>|\[EOS\]))+\s*$"
)
"""End tokens written out at the end of a target: the tokenizer's own one takes their place."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause that rows can show."""

    key: str
    """Its chunk id, else what stands for it; rows of one key never lie in two splits."""
    text: str
    record: int | None
    company: str | None
    product: str | None


class Clauses:
    """All clauses of a dataset's sources, found by record or chunk id."""

    def __init__(self) -> None:
        self.by_record: dict[int, Clause] = {}
        self.by_id: dict[str, Clause] = {}

    def add(self, record: SourceRecord) -> None:
        """Take in a record of kind `chunk`."""
        meta = record.meta or {}
        key = str(meta.get("chunk_id") or f"record {record.id}")
        clause = Clause(key, record.text, record.id, meta.get("company"), meta.get("product"))
        self.by_record[record.id] = clause
        self.by_id.setdefault(key, clause)

    def of(self, meta: dict[str, Any]) -> Clause | None:
        """The clause of a pair, or None when it names none that is here and brings none."""
        if found := self.by_record.get(meta.get("chunk") or -1) or self.by_id.get(str(meta.get("chunk_id"))):
            return found
        if not meta.get("clause"):
            return None
        key = str(meta.get("chunk_id") or f"clause {hash_of(meta['clause'])}")
        return Clause(key, str(meta["clause"]), None, None, None)


def hash_of(text: str) -> str:
    """A short name for a text, the same on every machine."""
    import hashlib

    return hashlib.blake2b(" ".join(text.split()).encode(), digest_size=8).hexdigest()


def build(source: SourceView, options: PolicyOptions) -> Iterator[Row]:
    """Rows of one source alone."""
    for _, rows in build_across([source], options):
        yield from rows


def build_across(sources: Sequence[SourceView], options: PolicyOptions) -> Iterator[tuple[SourceView, Iterator[Row]]]:
    """Rows of each source; clauses are looked up in all of them. Keeps clauses and pairs in memory."""
    clauses = Clauses()
    pairs: list[tuple[SourceView, list[SourceRecord]]] = []
    for source in sources:
        pairs.append((source, []))
        for record in source.records:
            if record.kind == "chunk":
                clauses.add(record)
            elif record.kind == "qa":
                pairs[-1][1].append(record)
    for source, records in pairs:
        yield source, (_row(record, clauses, options) for record in records)


def _row(record: SourceRecord, clauses: Clauses, options: PolicyOptions) -> Row:
    meta = record.meta or {}
    clause, question = clauses.of(meta), record.text.strip()
    answerable = bool(meta.get("answerable", True))
    answer = END_TOKENS.sub("", str(meta.get("answer") or "")).strip() if answerable else options.refusal
    key = clause.key if clause else f"question {hash_of(question)}"
    row = Row(policy_prompt(question, [clause.text] if clause else [], options), answer, key, record.id, record.id)
    row.meta = {
        "question": question,
        "type": str(meta.get("type") or "unknown"),
        "answerable": answerable,
        "chunk": clause.record if clause else None,
        "chunk_id": clause.key if clause else None,
        "company": clause.company if clause else None,
        "product": clause.product if clause else None,
    }
    row.dropped = _reason(row, clause, options)
    return row


def _reason(row: Row, clause: Clause | None, options: PolicyOptions) -> str | None:
    if not row.meta["question"] or not row.target:
        return "missing_field"
    if clause is None:
        return "no_clause"
    return "unanswerable" if options.style == "simple" and not row.meta["answerable"] else None
