"""Clauses and question–answer pairs as the sources hold them: which pair belongs to which clause, which clauses are one.

Pairs find their clause by record, else by chunk id, in all sources of the dataset; a pair may bring its clause along.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.curate.families import families
from engine.curate.policy_rules import mended
from engine.curate.row import SourceRecord, SourceView

END_TOKENS = re.compile(
    r"(?:\s*(?:<\|end_of_text\|>|<\|endoftext\|>|<\|eot_id\|>|<\|im_end\|>|<\|end\|>|</s>|<eos>|\[EOS\]))+\s*$"
)
"""End tokens written out at the end of a target: the tokenizer's own one takes their place."""
SAME_CLAUSE = 0.9
"""Clauses so alike are one in two products: held out together, else a test question's clause was trained on."""
UNKNOWN = "unknown"
"""Type of a question that names none."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause that rows can show. `family`: the key of the first clause that says nearly the same."""

    key: str
    """Its chunk id, else what stands for it."""
    text: str
    record: int | None = None
    company: str | None = None
    product: str | None = None
    family: str = ""


@dataclass(slots=True)
class Pair:
    """A question with its answer, tidied, as a candidate for a row."""

    record: int
    question: str
    answer: str
    kind: str
    answerable: bool
    clause: Clause | None
    given: str
    """The answer as it came, when it had to be mended; else empty."""
    origin: Clause | None = None
    """The clause an unanswerable question was made from, where the pair names it (`origin`: its record)."""


@dataclass(slots=True)
class Material:
    """Everything the sources hold: pairs by source, in file order."""

    clauses: dict[str, Clause]
    pairs: list[tuple[SourceView, list[Pair]]]


def read_material(sources: Sequence[SourceView]) -> Material:
    """Reads each source once; clauses and pairs stay in memory (10,000 clauses of 1,000 letters: 30 MB)."""
    clauses: dict[str, Clause] = {}
    by_record: dict[int, Clause] = {}
    asked: list[tuple[SourceView, list[SourceRecord]]] = []
    for source in sources:
        asked.append((source, []))
        for record in source.records:
            if record.kind == "chunk":
                clause = _clause(record)
                by_record[record.id] = clauses.setdefault(clause.key, clause)
            elif record.kind == "qa":
                asked[-1][1].append(record)
    pairs = [(source, [_pair(record, by_record, clauses) for record in records]) for source, records in asked]
    told = _families(clauses)
    for _, found in pairs:
        for pair in found:
            pair.clause = told[pair.clause.key] if pair.clause else None
            pair.origin = told[pair.origin.key] if pair.origin else None
    return Material(told, pairs)


def _clause(record: SourceRecord) -> Clause:
    meta = record.meta or {}
    key = str(meta.get("chunk_id") or f"record {record.id}")
    return Clause(key, record.text, record.id, meta.get("company"), meta.get("product"))


def _pair(record: SourceRecord, by_record: dict[int, Clause], clauses: dict[str, Clause]) -> Pair:
    meta = record.meta or {}
    answer = END_TOKENS.sub("", str(meta.get("answer") or "")).strip()
    better = mended(answer)
    clause = by_record.get(meta.get("chunk") or -1) or clauses.get(str(meta.get("chunk_id")))
    if clause is None and meta.get("clause"):
        text = str(meta["clause"])
        key = str(meta.get("chunk_id") or f"clause {short_hash(text)}")
        clause = clauses.setdefault(key, Clause(key, text))
    kind, answerable = str(meta.get("type") or UNKNOWN), bool(meta.get("answerable", True))
    given = answer if better != answer else ""
    origin = by_record.get(meta.get("origin") or -1)
    return Pair(record.id, record.text.strip(), better, kind, answerable, clause, given, origin)


def short_hash(text: str) -> str:
    """A short name for a text, blanks aside, the same on every machine."""
    return hashlib.blake2b("".join(text.split()).encode("utf-8", "replace"), digest_size=8).hexdigest()


def _families(clauses: dict[str, Clause]) -> dict[str, Clause]:
    """The clauses with their family: the first of those that say nearly the same."""
    keys = list(clauses)
    first = families([clauses[key].text for key in keys], SAME_CLAUSE)
    return {key: replace(clauses[key], family=keys[first[at]]) for at, key in enumerate(keys)}
