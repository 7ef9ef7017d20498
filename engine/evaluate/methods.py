"""What each model of a board cost: parameters, memory, training time, seconds per answer. Read from runs; nothing is measured anew."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from engine.errors import UserError
from engine.models.bases import folder_of, resolve_base
from engine.models.family import is_encoder_decoder
from engine.models.shapes import shape_of
from engine.serve.choose import parts_of
from engine.store.runs import get_run, phases_before, training_seconds


@dataclass(frozen=True, slots=True)
class Method:
    """One model of a board; what is not known is None. Of models that answer together the sums."""

    model: str
    bases: tuple[str, ...]
    families: tuple[str, ...]
    """encoder-decoder or decoder, as far as the base lies here."""
    parameters: int | None
    """Of the bases, adapters not counted."""
    learned: tuple[str, ...]
    """method:objective of every phase, the first one first: lora:sft, lora:dpo …"""
    peak_gb: float | None
    """The most that any training of it took."""
    training_seconds: float | None
    """Of all phases; 0 for a base as it is."""


def methods(db: Database, models: Sequence[str]) -> list[Method]:
    """One line per model of a board, in its order."""
    return [_method(db, model) for model in models]


def _method(db: Database, model: str) -> Method:
    members = [_member(db, part) for part in parts_of(model)[0]]
    sizes = [one.parameters for one in members]
    spent = [one.training_seconds for one in members]
    return Method(
        model,
        tuple(base for one in members for base in one.bases),
        tuple(family for one in members for family in one.families),
        None if None in sizes else sum(size for size in sizes if size is not None),
        tuple(phase for one in members for phase in one.learned),
        max((one.peak_gb for one in members if one.peak_gb is not None), default=None),
        None if None in spent else sum(seconds for seconds in spent if seconds is not None),
    )


def _member(db: Database, part: str) -> Method:
    if part.startswith("base:"):
        name = part.removeprefix("base:")
        return Method(part, (name,), *_of_base(name), (), None, 0.0)
    try:
        phases = [get_run(db, id_) for id_ in reversed(phases_before(db, part))]
    except UserError:  # deleted since, or answers made elsewhere
        return Method(part, (), (), None, (), None, None)
    base = phases[-1]["base"]
    learned = tuple(
        f"{run['settings'].get('method', 'lora')}:{run['settings'].get('objective', 'sft')}" for run in phases
    )
    peaks = [run["peak_gb"] for run in phases if run["peak_gb"] is not None]
    spent = training_seconds(db, [run["id"] for run in phases])
    return Method(part, (base,), *_of_base(base), learned, max(peaks, default=None), spent)


def _of_base(name: str) -> tuple[tuple[str, ...], int | None]:
    try:
        base = resolve_base(name)
    except UserError:  # its folder is gone
        return (), None
    folder, shape = folder_of(base), shape_of(base)
    family = ("encoder-decoder" if is_encoder_decoder(folder) else "decoder",) if folder else ()
    return family, shape.parameters if shape else None
