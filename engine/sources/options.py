"""What the owner may tell the readers of an import: columns, the length of a clause, how tokens are counted. It reads nothing."""

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


DEFAULTS = ReadOptions()
