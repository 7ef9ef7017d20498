"""The claims of a source as a tree, for a page and a command."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils import Database

from engine.claims.tree import Tree, claim_tree
from engine.errors import UserError
from engine.store.patents import read_cases


def source_tree(db: Database, source: dict[str, Any]) -> Tree:
    """Every claim of a source once, under its own number where it was pasted with one. Raises UserError for a source without claims."""
    numbers: dict[str, int] = {}
    pasted = False
    for place, (_, text, meta) in enumerate(read_cases(db, source["id"]), 1):
        pasted = pasted or "number" in meta
        numbers.setdefault(text, meta.get("number", place))
    if not numbers:
        raise UserError(
            f"자료 {source['id']}({source['kind']}, 기록 {source['record_count']:,}개)에는 청구항이 없습니다. patent 레시피로 가져온 자료를 고르세요.",
            f"Source {source['id']} ({source['kind']}, {source['record_count']:,} records) holds no claim. Choose one imported with the recipe patent.",
        )
    named = [(number, text) if pasted else (place, text) for place, (text, number) in enumerate(numbers.items(), 1)]
    return claim_tree(named, apart=not pasted)


@dataclass(slots=True)
class Survey:
    """What the cases of a source are like."""

    cases: int = 0
    claims: int = 0
    """Different ones."""
    labelled: int = 0
    """Cases with a risk."""
    risks: Counter[str] = field(default_factory=Counter)
    """"" for none."""
    fields: Counter[str] = field(default_factory=Counter)
    """"" for none."""


def survey_cases(db: Database, source_id: str) -> Survey:
    """Counts over a source: every case is read."""
    found, claims = Survey(), set[str]()
    for _, claim, meta in read_cases(db, source_id):
        found.cases += 1
        claims.add(claim)
        found.risks[meta.get("risk_level") or ""] += 1
        found.fields[meta.get("field") or ""] += 1
    found.claims, found.labelled = len(claims), found.cases - found.risks[""]
    return found
