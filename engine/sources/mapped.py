"""Which kinds of files are tables whose columns the owner may name, with the fields of each."""

from collections.abc import Mapping, Sequence

from engine.sources.columns import FIELDS
from engine.sources.dialogue_columns import DIALOGUE_FIELDS
from engine.sources.dialogues import DialogueReader
from engine.sources.mcqa import McqaReader
from engine.sources.mcqa_columns import MCQA_FIELDS
from engine.sources.patent import PatentReader
from engine.sources.patent_columns import PATENT_FIELDS
from engine.sources.qa import QaReader
from engine.sources.relations import RelationsReader
from engine.sources.term_columns import RELATION_FIELDS, TERM_FIELDS
from engine.sources.terms import TermsReader

Mapped = QaReader | DialogueReader | PatentReader | McqaReader | TermsReader | RelationsReader
MAPPED: dict[str, tuple[tuple[str, ...], type[Mapped]]] = {
    "qa": (FIELDS, QaReader),
    "dialogue": (DIALOGUE_FIELDS, DialogueReader),
    "patent": (PATENT_FIELDS, PatentReader),
    "mcqa": (MCQA_FIELDS, McqaReader),
    "terms": (TERM_FIELDS, TermsReader),
    "relations": (RELATION_FIELDS, RelationsReader),
}
"""Kind to the fields of a mapping and the reader that takes one."""


def mapped_kind(kinds: Sequence[str]) -> str | None:
    """The first of a recipe's kinds that is read by a mapping."""
    return next((kind for kind in kinds if kind in MAPPED), None)


def mapped_reader(kind: str, mapping: Mapping[str, str] | None = None) -> Mapped:
    """The reader of a kind in MAPPED, with what the owner told of the columns."""
    return MAPPED[kind][1](mapping)
