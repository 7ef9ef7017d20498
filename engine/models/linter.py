"""Will the model learn to stop? Looks at encoded examples before a run. It knows nothing of training settings."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.models.template import Encoded


@dataclass(frozen=True, slots=True)
class LintReport:
    """`ended` of `n` examples end in the turn-end token. `problems` are (Korean, English) pairs; empty is good."""

    n: int
    ended: int
    turn_end: str
    eos: str
    pad: str
    problems: list[tuple[str, str]]


def lint_end_tokens(tokenizer: Any, examples: Iterable[Encoded]) -> LintReport:
    """Count examples whose last trained token ends the turn. A run with none ended would never learn to stop."""
    from engine.models.loading import turn_end

    endings = [example.ended and example.input_ids[-1] == tokenizer.eos_token_id for example in examples]
    end, eos, pad = turn_end(tokenizer), str(tokenizer.eos_token), str(tokenizer.pad_token)
    return LintReport(len(endings), sum(endings), end, eos, pad, [])
