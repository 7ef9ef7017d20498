"""Logits as what a model makes of given tokens."""

from collections.abc import Sequence
from typing import Any

from engine.serve.backend import Forced


def forced_by(logits: Any, target: Sequence[int]) -> list[Forced]:
    """logits: an array (tokens of the target, vocabulary), each row from all before its token."""
    import numpy as np

    rows = np.asarray(logits, dtype=np.float64)
    largest = rows.max(-1)
    sums = largest + np.log(np.exp(rows - largest[:, None]).sum(-1))
    told = zip(rows, sums, target, strict=True)
    return [
        Forced(int(row.argmax()), float(row[token] - total), float(row.max() - total)) for row, total, token in told
    ]
