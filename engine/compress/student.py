"""A student cut from its teacher: some of its layers, each with the channels and heads that do most. It is a start to be taught, no
finished model.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.compress.prune import prune
from engine.curate.row import Message

MEASURED_BY = 32
"""Rows that tell what may go: the teaching mends what a rough choice breaks, and 128 rows took minutes on two busy cores."""


def half_student(
    folder: Path,
    out: Path,
    keep: float = 0.5,
    texts: Sequence[tuple[Sequence[Message], str]] = (),
    told: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Write to `out` a student with `keep` of all parameters of the model in `folder`, its weights the teacher's own.

    texts: (prompt, target) of training rows, by which is measured what may go. Returns `prune`'s facts. Raises UserError where so
    small a part cannot be cut.
    """
    some = texts[:: max(1, len(texts) // MEASURED_BY)][:MEASURED_BY]
    return prune(folder, out, 1 - keep, "layers", some, told)
