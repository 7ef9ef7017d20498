"""What the owner may tell the readers of an import: columns, the length of a clause, how tokens are counted. It reads nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.sources.clauses import LONGEST, letters_as_tokens
from engine.sources.fitting import Count


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Options of one import; they must pickle, because reading may have a process of its own."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    """Field of a question-answer pair to the column that holds it, put over what is guessed."""
    longest: int = LONGEST
    """Tokens of a clause that is cut from a text."""
    count: Count = letters_as_tokens

    def mark(self, kind: str) -> str:
        """What makes another source of the same bytes: "" for the defaults. The same file by other columns is not the same."""
        told = {"qa": dict(self.mapping), "clauses": {} if self.longest == LONGEST else {"longest": self.longest}}.get(
            kind
        )
        return json.dumps(told, sort_keys=True, ensure_ascii=False) if told else ""


DEFAULTS = ReadOptions()
