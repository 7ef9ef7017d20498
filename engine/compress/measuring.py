"""How large, how fast and how hungry every model of a compression is, on the owner's own prompts, each in a process of its own."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.curate.row import Message
from engine.errors import Stopped, UserError
from engine.store.datasets import read_split
from engine.store.jobs import Work
from engine.store.open import open_store

if TYPE_CHECKING:
    from engine.serve.measure import Measured

PROMPTS = 2
"""Prompts that every model is measured with: one of middling length, one of the longest tenth."""
NEW_TOKENS = 64
"""Of the answer that is timed: as the targets are told."""


def measure(work: Work, compression: Mapping[str, Any], models: Sequence[str]) -> dict[str, "Measured"]:
    """What was measured of each model by its name, in turns in one run; what cannot be opened here is left out, and said in the log."""
    from engine.serve.measure import measure_all

    settings = compression["settings"]
    with open_store(work.store) as db:
        counts = {split: list(read_split(db, compression["dataset_id"], split)) for split in ("test", "validation")}
    prompts = prompts_of(counts["test"] or counts["validation"])

    def told(line: str) -> None:
        work.progress(what="measure", model=line)
        if asked := work.stop_asked():
            raise Stopped(saved=asked == "save")

    asked = partial(
        measure_all, work.store, prompts=prompts, new_tokens=NEW_TOKENS, rounds=settings["rounds"], told=told
    )
    try:
        return asked(models)
    except UserError as error:  # one of them is too large for this machine: the others are measured all the same
        work.log(f"{error.ko} / {error.en}", "warning")
    found: dict[str, Measured] = {}
    for model in models:
        try:
            found |= asked([model])
        except UserError as error:
            work.log(f"{error.ko} / {error.en}", "warning")
    return found


def prompts_of(rows: Sequence[Mapping[str, Any]]) -> list[list[Message]]:
    """The prompts of PROMPTS rows by their length in characters: the middle one, and the one that nine tenths are shorter than."""
    by_length = sorted((row["messages"] for row in rows), key=lambda messages: sum(len(m["content"]) for m in messages))
    places = dict.fromkeys((len(by_length) // 2, len(by_length) * 9 // 10))
    return [by_length[place] for place in places][:PROMPTS]
