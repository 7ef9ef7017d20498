"""Begin a search, and make presets of what it found: everything that can be refused is refused here, before the queue."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.jobs.launch import (
    RUN_BYTES,
    require_trainable,
    settings_for,
    usual_preset,
    with_own_presets,
    with_special_tokens,
)
from engine.jobs.queue import ensure_supervisor
from engine.models.bases import ResolvedBase, reference, resolve_base
from engine.recipes.recipe import Recipe
from engine.store.jobs import enqueue
from engine.store.open import open_store, require_space, writing
from engine.store.presets import save_preset
from engine.store.studies import add_study, best_trial, get_study, read_trials, update_study
from engine.train.plan.machine import this_machine
from engine.train.search.grid import grid_of
from engine.train.search.space import DEFAULT, Range, space_of
from engine.train.settings import TrainSettings

LEAST_TRAIN, LEAST_VALIDATION = 20, 10
"""Rows below which the losses of two settings cannot be told apart: ten answers are some hundred tokens."""
MOST_MINUTES = 7 * 24 * 60
PRESET_NAME = re.compile(r"[\w][\w.-]{0,39}")


@dataclass(frozen=True, slots=True)
class Begun:
    """A queued search. `planned`: trials of the grid, the baseline among them; None for a sampler."""

    study_id: str
    job_id: str
    planned: int | None
    skipped: dict[str, int]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be searched, within which budget."""

    minutes: float
    fields: Sequence[str] = ()
    ranges: Mapping[str, str] = field(default_factory=dict)
    grid: bool = False
    trials: int | None = None
    seeds: int = 3


def launch_search(
    store: Path,
    recipe: Recipe,
    *,
    dataset_id: str,
    base_name: str,
    preset: str | None,
    sets: Mapping[str, str],
    wish: Wish,
) -> Begun:
    """Record a study and queue its job.

    Raises UserError for what `train` refuses, a budget that is none, a dataset without enough validation rows, a field
    that cannot be searched, a range without two values, and a grid that is too large.
    """
    _refuse_budget(wish)
    recipe = with_own_presets(store, recipe)
    base = resolve_base(base_name)
    settings, origins = settings_for(recipe, base, preset, sets)
    preset = preset or usual_preset(recipe, Path(base.location))
    _refuse_kind(settings)
    space = _space(wish, settings, sets)
    require_space(store, RUN_BYTES)
    with open_store(store) as db:
        dataset = require_trainable(db, recipe, dataset_id, base, settings)
        _refuse_small(dataset)
        settings, origins = with_special_tokens(db, recipe, dataset["id"], settings, origins)
        grid, skipped = _grid(space, settings, dataset["counts"]["train"]) if wish.grid else (None, dict[str, int]())
        with writing(db):
            study_id = _record(db, recipe, dataset["id"], base, preset, settings, origins, space, grid, skipped, wish)
            job_id = enqueue(db, "search", {"study": study_id})
            update_study(db, study_id, job_id=job_id)
    ensure_supervisor(store)
    return Begun(study_id, job_id, len(grid) + 1 if grid is not None else None, skipped)


def _grid(space: Sequence[Range], settings: TrainSettings, rows: int) -> tuple[list[dict[str, Any]], dict[str, int]]:
    return grid_of(space, settings, rows, "cpu" if this_machine().kind == "cpu" else "cuda:0")


def _space(wish: Wish, settings: TrainSettings, sets: Mapping[str, str]) -> list[Range]:
    ranges = dict(wish.ranges)
    if both := [name for name in (*wish.fields, *ranges) if name in sets]:
        raise UserError(
            f"{both[0]}을(를) --set으로 정하면서 찾으라고도 했습니다. 둘 중 하나를 빼세요.",
            f"{both[0]} is fixed with --set and also to be searched. Leave one of the two out.",
        )
    return space_of(wish.fields or ([] if ranges else DEFAULT), ranges, settings)


def _record(
    db: Database, recipe: Recipe, dataset_id: str, base: ResolvedBase, preset: str, settings: TrainSettings,
    origins: Mapping[str, str], space: Sequence[Range], grid: list[dict[str, Any]] | None, skipped: dict[str, int], wish: Wish,
) -> str:  # fmt: skip
    return add_study(
        db,
        recipe=recipe.name,
        dataset_id=dataset_id,
        base=reference(base),
        preset=preset,
        settings_json=settings.model_dump(mode="json"),
        origins_json=origins,
        space_json=[one.told() for one in space],
        grid_json=grid,
        minutes=wish.minutes,
        trials_most=wish.trials,
        seeds=wish.seeds,
        skipped_json=skipped,
    )


def _refuse_budget(wish: Wish) -> None:
    if not (math.isfinite(wish.minutes) and 0 < wish.minutes <= MOST_MINUTES):
        raise UserError(
            f"--minutes {wish.minutes:g}분으로는 탐색할 수 없습니다. 0보다 크고 {MOST_MINUTES:,}분(7일) 이하로 쓰세요.",
            f"A search cannot take --minutes {wish.minutes:g}. Give more than 0 and at most {MOST_MINUTES:,} (7 days).",
        )
    if wish.trials is not None and wish.trials < 2:
        raise UserError(
            f"--trials {wish.trials}이면 견줄 것이 없습니다. 기준 하나를 넣어 2 이상으로 쓰세요.",
            f"With --trials {wish.trials} there is nothing to compare. Give at least 2, the baseline among them.",
        )


def _refuse_kind(settings: TrainSettings) -> None:
    if settings.objective != "sft":
        raise UserError(
            f"objective={settings.objective}은(는) 탐색할 수 없습니다. 그 검증 손실은 설정마다 다른 것을 재어 견줄 수 없습니다. "
            "objective=sft로 찾으세요.",
            f"objective={settings.objective} cannot be searched: its validation loss measures something else for every "
            "setting. Search with objective=sft.",
        )
    if settings.processes != 1:
        raise UserError(
            f"processes={settings.processes}로는 탐색할 수 없습니다. 시도는 한 프로세스로 학습합니다. processes를 1로 하세요.",
            f"A search cannot run with processes={settings.processes}: each trial trains in one process. Set processes to 1.",
        )


def _refuse_small(dataset: Mapping[str, Any]) -> None:
    counts = dataset["counts"]
    if not counts["validation"]:
        raise UserError(
            f"데이터셋 {dataset['id']}에 검증 행이 없습니다. 탐색은 검증 손실로 견주므로 할 수 없습니다. 검증 몫이 있게 다시 만드세요.",
            f"Dataset {dataset['id']} has no validation rows. A search compares validation losses. Build it with a validation split.",
        )
    for split, least in (("train", LEAST_TRAIN), ("validation", LEAST_VALIDATION)):
        if counts[split] < least:
            raise UserError(
                f"데이터셋 {dataset['id']}의 {split} 행이 {counts[split]}개뿐입니다. {least}개는 있어야 설정의 차이와 우연을 가릴 수 "
                "있습니다. 자료를 더 넣어 다시 만드세요.",
                f"Dataset {dataset['id']} has only {counts[split]} {split} rows. It takes {least} to tell settings from luck. "
                "Build it again from more material.",
            )


def promote(store: Path, recipe: Recipe, study: str, name: str, number: int | None = None) -> dict[str, Any]:
    """Keep a trial's settings, the best's when `number` is None, as a preset of the owner's; returns it.

    Raises UserError for a name that is taken or cannot be, and for a trial that did not finish.
    """
    if not PRESET_NAME.fullmatch(name):
        raise UserError(
            f"'{name}'은(는) 프리셋 이름이 될 수 없습니다. 글자, 숫자, 밑줄, 점, 붙임표로 40자까지 쓰세요.",
            f"'{name}' cannot be a preset's name. Use letters, digits, underscores, dots and hyphens, 40 at most.",
        )
    if name in recipe.presets:
        raise UserError(
            f"'{name}'은(는) 레시피에 딸린 프리셋의 이름입니다. 다른 이름을 쓰세요.",
            f"'{name}' is a preset of the recipe itself. Use another name.",
        )
    with open_store(store) as db:
        found = get_study(db, study)
        trials = read_trials(db, found["id"])
        chosen = best_trial(trials) if number is None else next((t for t in trials if t["number"] == number), None)
        if chosen is None or chosen["state"] != "done":
            raise UserError(
                f"탐색 {found['id']}에 프리셋으로 만들 끝난 시도가 없습니다. `search show {found['id']}`로 끝난 시도를 보세요.",
                f"Search {found['id']} has no finished trial to make a preset of. See `search show {found['id']}`.",
            )
        settings = preset_settings(found, chosen["values"])
        save_preset(db, found["recipe"], name, settings, found["id"], chosen["number"])
    return {
        "preset": name,
        "recipe": found["recipe"],
        "study": found["id"],
        "trial": chosen["number"],
        "settings": settings,
    }


def preset_settings(study: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """What the study's preset and its owner set, with a trial's values; defaults and the seed stay out."""
    told = {name for name, origin in study["origins"].items() if origin != "default"} | set(values)
    whole = {**study["settings"], **values}
    return {name: value for name, value in whole.items() if name in told and name != "seed"}
