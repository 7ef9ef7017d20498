"""What a run can be made of on this machine: the bases to choose from, each with how it would fit. It queues nothing."""

import math
import re
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from engine.errors import UserError
from engine.jobs.launch import usual_preset
from engine.models.bases import catalogued, check_folder, hub_folders, local_place
from engine.models.catalogue import BASES, Base
from engine.models.shapes import Shape, known_shape
from engine.recipes.recipe import Recipe
from engine.store.runs import list_runs
from engine.train.plan.estimate import Estimate, PastRun, RowSample, estimate
from engine.train.plan.machine import Machine
from engine.train.settings import TrainSettings

Chance = Literal["good", "tight", "slow", "no", "unknown", "rejected"]
HUB_NAME = re.compile(r"\w[\w.-]{0,95}/\w[\w.-]{0,95}(@[\w.-]{1,95})?", re.ASCII)
"""`owner/model` or `owner/model@revision`."""
SLOW_SECONDS = 12 * 3600
"""A run whose middling guess is longer than a night is not called realistic."""


@dataclass(frozen=True)
class BaseChoice:
    """One base. `told`: a run of it with its usual preset, None when its size is not known."""

    name: str
    known: Base | None
    shape: Shape | None
    here: bool
    """Whether its files are on this disk."""
    told: Estimate | None
    chance: Chance


def base_choices(
    db: Database, recipe: Recipe, sample: RowSample, machine: Machine, past: list[PastRun], asked: str
) -> list[BaseChoice]:
    """The catalogue, what was downloaded or trained before, and `asked`; rejected ones last."""
    names = [base.name for base in BASES]
    known = {base.hub_id for base in BASES}
    names += [name for name in hub_folders() if name not in known]
    names += [run["base"] for run in list_runs(db, limit=50)] + [asked]
    found = [
        _choice(name, recipe, sample, machine, past)
        for name in dict.fromkeys(names)
        if catalogued(name) or _there(name) or name == asked
    ]
    return sorted(found, key=lambda choice: choice.chance == "rejected")


def _there(name: str) -> bool:
    return local_place(name) is not None


def _choice(name: str, recipe: Recipe, sample: RowSample, machine: Machine, past: list[PastRun]) -> BaseChoice:
    known, shape, place = catalogued(name), known_shape(name), local_place(name)
    if shape is None:
        return BaseChoice(name, known, None, place is not None, None, "unknown")
    settings = TrainSettings(**recipe.presets[usual_preset(recipe, place)])
    told = estimate(name, shape, settings, sample, machine, past)
    rejected = known is not None and known.status == "rejected"
    return BaseChoice(name, known, shape, place is not None, told, "rejected" if rejected else chance_of(told))


def chance_of(told: Estimate) -> Chance:
    """How a run would go: whether it fits, or fits after changes, and ends within a night."""
    if told.plan_fits == "no":
        return "no"
    if math.sqrt(told.seconds_low * told.seconds_high) > SLOW_SECONDS:
        return "slow"
    return "good" if told.fits == "yes" else "tight"


def check_name(name: str) -> None:
    """Raises UserError for a base that cannot be what was asked for, as far as that shows without asking the hub."""
    known = catalogued(name)
    if known and known.status == "rejected":
        raise UserError(
            f"'{known.name}'은(는) 살펴본 뒤 쓰지 않기로 한 모델입니다: {known.ko} 다른 모델을 고르세요.",
            f"'{known.name}' was examined and rejected: {known.en} Choose another.",
        )
    place = local_place(name)
    if place is not None:
        check_folder(place)
    elif known is None and not HUB_NAME.fullmatch(name):
        raise UserError(
            f"'{name}'은(는) 있는 폴더도, 아는 이름도, '만든이/모델' 꼴의 허브 이름도 아닙니다. 다른 모델을 고르세요.",
            f"'{name}' is no folder, no known name and no hub name like 'owner/model'. Choose another base.",
        )
