"""The terms that come with Malmoi, read without a store. It knows the two tables and no other."""

import csv
from functools import cache
from pathlib import Path

from engine.config import SAMPLES
from engine.terms.dictionary import Dictionary
from engine.terms.folding import key_of
from engine.terms.model import Relation, Term
from engine.terms.words import kind_of, relation_of

TERMS, RELATIONS = SAMPLES / "medical" / "terms.csv", SAMPLES / "medical" / "relations.csv"


@cache
def shipped_dictionary() -> Dictionary:
    """General medical terms with their relations, read once a process: 3 ms. A stripped installation without them has none."""
    return Dictionary(map(_term, _rows(TERMS)), map(_relation, _rows(RELATIONS)))


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _term(row: dict[str, str]) -> Term:
    synonyms, lay, short = (tuple(filter(None, row[name].split(";"))) for name in ("동의어", "쉬운말", "약어"))
    return Term(key_of(row["용어"]), row["용어"], kind_of(row["분류"]), synonyms, lay, short, row["정의"])


def _relation(row: dict[str, str]) -> Relation:
    return Relation(row["머리"], relation_of(row["관계"]), row["꼬리"])
