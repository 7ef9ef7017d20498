"""The machine a run would take place on, and what of its memory is free. It knows nothing of models."""

from dataclasses import dataclass
from typing import Literal

from engine.config import ROOT
from engine.hardware import cards, cores, room

Verdict = Literal["yes", "tight", "no"]

TIGHT, FULL = 0.95, 1.0
"""Shares of the free memory up to which a run fits well, and fits at all: the formula's own error is 5 %."""
DESKTOP_GB = 1.0
"""What a desktop with a browser holds of a card; assumed for a card that is not here and cannot be asked."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run would take place. `free_gb` is what is free now."""

    kind: Literal["cpu", "cuda"]
    name: str
    total_gb: float
    free_gb: float
    cores: int


def this_machine() -> Machine:
    """The first card that torch could use, else the processor. Free memory is that of this moment."""
    if found := cards():
        return Machine("cuda", found[0]["name"], found[0]["total_gb"], found[0]["free_gb"], cores())
    has = room(ROOT)
    return Machine("cpu", "CPU", has["ram_gb"], has["ram_free_gb"], cores())


def card_of(gigabytes: float) -> Machine:
    """A card of that size as it is on a desk: `DESKTOP_GB` of it, at most a fifth, is taken by the desktop."""
    free = gigabytes - min(DESKTOP_GB, gigabytes / 5)
    return Machine("cuda", f"{gigabytes:g} GB", gigabytes, free, cores())


def within(machine: Machine, limit_gb: float) -> Machine:
    """The machine with no more free than the owner allows; 0 allows all."""
    free = min(machine.free_gb, limit_gb) if limit_gb else machine.free_gb
    return Machine(machine.kind, machine.name, machine.total_gb, free, machine.cores)


def verdict(needed: float, machine: Machine) -> Verdict:
    """Whether so many GB fit into what is free."""
    share = needed / max(machine.free_gb, 0.01)
    return "yes" if share <= TIGHT else "tight" if share <= FULL else "no"
