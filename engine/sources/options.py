"""What the owner may tell the readers of an import: columns, the length of a clause, how tokens are counted. It reads nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.sources.clauses import LONGEST, letters_as_tokens
from engine.sources.fitting import Count
from engine.sources.mapped import MAPPED, mapped_reader


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Options of one import; they must pickle, because reading may have a process of its own."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    """Field of a question-answer pair, or of a dialogue, to the column that holds it, put over what is guessed."""
    longest: int = LONGEST
    """Tokens of a clause that is cut from a text."""
    count: Count = letters_as_tokens

    def mark(self, kind: str, files: Sequence[Path]) -> str:
        """What makes another source of the same bytes: "" for the defaults. The same file by other columns is not the same.

        Raises UserError for a column that is not there.
        """
        told: dict[str, Any] = {}
        if kind in MAPPED and self.mapping:
            guessed, asked = (mapped_reader(kind, mapping).look(files[0]).mapping for mapping in ({}, self.mapping))
            told = {} if guessed == asked else dict(asked)
        elif kind == "clauses" and self.longest != LONGEST:
            told = {"longest": self.longest}
        return json.dumps(told, sort_keys=True, ensure_ascii=False) if told else ""


DEFAULTS = ReadOptions()
