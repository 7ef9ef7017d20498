"""Prepare a run: everything that can be refused is refused here, before the queue. Pages and commands call the same."""

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlite_utils import Database

from engine.errors import UserError
from engine.hardware import cards, cores
from engine.jobs.queue import ensure_supervisor
from engine.models.bases import ResolvedBase, base_hash, folder_of, reference, resolve_base
from engine.models.light import light_tokenizer
from engine.models.linter import LintReport, refuse_if_endless
from engine.models.look import lint_rows
from engine.models.shapes import shape_of
from engine.models.special_tokens import fit_tokens
from engine.recipes.recipe import Recipe
from engine.store.consent import built_with_other_roles
from engine.store.datasets import get_dataset, read_split
from engine.store.jobs import enqueue
from engine.store.lineage import link
from engine.store.open import open_store, require_space, writing
from engine.store.presets import list_presets
from engine.store.rows import sample_rows
from engine.store.runs import add_run, get_run, update_run
from engine.train.arguments import check_machine, check_trackers
from engine.train.base_checks import check_base, fit_to_base
from engine.train.objectives import refuse_unfit_objective, require_reward_run
from engine.train.phases import Phase, phase_from
from engine.train.settings import NO_RUN, TrainSettings, resolve_settings
from engine.train.together.launch import refuse_processes

RUN_BYTES = 300_000_000
"""Free bytes a run asks for: an adapter with its optimiser twice, in the folder and in the store."""
LINTED = 100
"""Training rows the token linter reads before a run is queued: 50 ms."""
SMALL_BYTES = 200_000_000
"""100M parameters at 16 bits."""


def launch_run(
    store: Path,
    recipe: Recipe,
    *,
    dataset_id: str,
    base_name: str,
    preset: str | None,
    sets: Mapping[str, str],
    from_run: str | None = None,
    elsewhere: bool = False,
) -> tuple[str, str]:
    """Record a run and queue its job; returns (run id, job id). `from_run`: an earlier run whose learning this one goes on from;
    elsewhere: it is not queued, for a capsule is to train it.

    Raises UserError for an unknown or unmasked dataset, an unknown or rejected base, settings that cannot be.
    """
    recipe, base = with_own_presets(store, recipe), resolve_base(base_name)
    phase = phase_of(store, from_run, base)
    settings, origins = settings_for(recipe, base, preset, sets, phase)
    preset = preset or usual_preset(recipe, Path(base.location))
    if not elsewhere:
        refuse_here(settings)
    require_space(store, run_bytes(settings, base))
    with open_store(store) as db:
        dataset = require_trainable(db, recipe, dataset_id, base, settings)
        found = base_hash(base)
        require_reward_run(db, settings, found)
        settings, origins = with_special_tokens(db, recipe, dataset["id"], settings, origins)
        with writing(db):
            run_id = add_run(
                db,
                recipe=recipe.name,
                dataset_id=dataset["id"],
                base=facts_of(base, found),
                preset=preset,
                settings=settings.model_dump(mode="json"),
                origins=origins,
                begins=(phase.run_id, phase.artifact_id) if phase else None,
            )
            job_id = "" if elsewhere else enqueue(db, "train", {"run": run_id})
            update_run(db, run_id, job_id=job_id or None)
            if settings.reward_run != NO_RUN:
                link(db, "run", get_run(db, settings.reward_run)["id"], "run", run_id)
    if job_id:
        ensure_supervisor(store)
    return run_id, job_id


def with_special_tokens(
    db: Database, recipe: Recipe, dataset_id: str, settings: TrainSettings, origins: dict[str, str]
) -> tuple[TrainSettings, dict[str, str]]:
    """Settings and origins with `special_tokens` as the recipe finds them in the rows, where it was left to it."""
    if settings.special_tokens != "auto":
        return settings, origins
    found = fit_tokens(recipe.special_tokens(_texts(db, dataset_id))) if recipe.special_tokens else ()
    named = settings.model_copy(update={"special_tokens": ",".join(found) or "off"})
    return named, {**origins, "special_tokens": "recipe" if found else "default"}


def _texts(db: Database, dataset_id: str) -> Iterator[str]:
    """Everything that a run on the dataset reads or learns to write."""
    for split in ("train", "validation"):
        for row in read_split(db, dataset_id, split):
            yield from (message["content"] for message in row["messages"])
            yield row["target"]


def facts_of(base: ResolvedBase, found: str) -> dict[str, Any]:
    """A base as a run remembers it. found: its hash."""
    return {"name": reference(base), "revision": base.revision, "hash": found}


def refuse_here(settings: TrainSettings) -> None:
    """More processes than this machine has room for, what it has not installed, or cannot do without a card. A
    worker asks again: torch alone knows what a card can, and whether a Mac has Metal."""
    refuse_processes(settings, len(cards()), cores())
    check_trackers(settings)
    if not cards() and sys.platform != "darwin":
        check_machine(settings, "cpu")


def run_bytes(settings: TrainSettings, base: ResolvedBase) -> int:
    """Free bytes a run asks for; full fine-tuning holds weights, the best ones and two states of the optimiser, in 32 bits, in the
    folder and in the store."""
    shape = shape_of(base) if settings.method == "full" else None
    return max(RUN_BYTES, shape.parameters * 4 * 4 * 2) if shape else RUN_BYTES


def usual_base(store: Path, from_run: str | None) -> str:
    """The base when none is named: that of the run to go on from, else the embedded one. Raises UserError for an unknown run."""
    if from_run is None:
        return "starter"
    with open_store(store) as db:
        return str(get_run(db, from_run)["base"])


def phase_of(store: Path, from_run: str | None, base: ResolvedBase) -> Phase | None:
    """What a run that goes on from another begins with; None for one that begins anew. Raises what `phase_from` raises."""
    if from_run is None:
        return None
    with open_store(store) as db:
        return phase_from(db, store, from_run, base)


def with_own_presets(store: Path, recipe: Recipe) -> Recipe:
    """The recipe with the owner's presets beside its own. One whose settings are no longer known is left out."""
    with open_store(store) as db:
        own = {found["name"]: found["settings"] for found in list_presets(db, recipe.name)}
    usable = {name: settings for name, settings in own.items() if name not in recipe.presets and is_usable(settings)}
    return replace(recipe, presets={**recipe.presets, **usable}) if usable else recipe


def is_usable(settings: Mapping[str, Any]) -> bool:
    """Whether a preset still holds: a later version may have dropped a setting, or moved a limit."""
    try:
        TrainSettings.model_validate(dict(settings))
    except (ValidationError, UserError):
        return False
    return True


def require_trainable(
    db: Database, recipe: Recipe, dataset_id: str, base: ResolvedBase, settings: TrainSettings
) -> dict[str, Any]:
    """The dataset. Raises UserError when the recipe does not train on it, or the base would never learn to stop on it."""
    dataset = get_dataset(db, dataset_id, recipe.name)
    _refuse_unfit(recipe, dataset["id"], dataset["recipe"], bool(dataset["masked"]), dataset["counts"]["train"])
    refuse_declined(db, dataset["id"])
    refuse_unfit_objective(settings, dataset["id"], dataset["style"])
    check_base(settings, base.name, folder_of(base))
    if report := lint_dataset(db, dataset["id"], base, settings.max_length):
        refuse_if_endless(report)
    return dataset


def lint_dataset(
    db: Database, dataset_id: str, base: ResolvedBase, max_length: int, words: Sequence[str] = ()
) -> LintReport | None:
    """The token linter over a sample of training rows, told which words are kept whole; None where only the run itself can read the base's tokenizer."""
    folder = folder_of(base)
    tokenizer = light_tokenizer(folder) if folder else None
    return lint_rows(tokenizer, sample_rows(db, dataset_id, "train", LINTED), max_length, words) if tokenizer else None


def command_of(run: Mapping[str, Any]) -> str:
    """The command that starts the same run again: what the owner set stands in it, defaults and preset do not."""
    words = ["python -m engine train", f"--recipe {run['recipe']}", f"--base {shlex.quote(run['base'])}"]
    words += [f"--dataset {run['dataset_id']}"] if run["dataset_id"] else []
    words += [f"--from {run['from_run']}"] if run.get("from_run") else []
    words += [f"--preset {run['preset']}"] if run["preset"] else []
    own = [name for name, origin in run["origins"].items() if origin == "--set" or origin.startswith("search:")]
    words += [f"--set {name}={shlex.quote(str(run['settings'][name]))}" for name in own]
    return " ".join(words)


def settings_for(
    recipe: Recipe, base: ResolvedBase, preset: str | None, sets: Mapping[str, str], phase: Phase | None = None
) -> tuple[TrainSettings, dict[str, str]]:
    """The settings of a run and the origin of each. Raises UserError for an unknown preset and for what cannot be."""
    preset = preset or usual_preset(recipe, Path(base.location))
    if preset not in recipe.presets:
        raise UserError(
            f"'{preset}' 프리셋이 없습니다. '{recipe.name}' 레시피의 프리셋: {', '.join(recipe.presets)}.",
            f"There is no preset '{preset}'. Presets of recipe '{recipe.name}': {', '.join(recipe.presets)}.",
        )
    earlier = (phase.run_id, phase.settings) if phase else None
    settings, origins = resolve_settings(preset, recipe.presets[preset], sets, earlier)
    return fit_to_base(settings, origins, folder_of(base))


def usual_preset(recipe: Recipe, folder: Path | None) -> str:
    """The recipe's first preset, or the one it has for small bases; `folder`: where the base lies, if anywhere yet."""
    here = folder is not None and folder.is_dir()
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors")) if folder and here else SMALL_BYTES
    return recipe.small_preset if recipe.small_preset and size < SMALL_BYTES else next(iter(recipe.presets))


def refuse_declined(db: Database, dataset_id: str) -> None:
    """A dataset that holds words of somebody who declined since is not trained on. Raises UserError with their names."""
    names = [name for one in built_with_other_roles(db) if one.dataset_id == dataset_id for name in one.declined]
    if names:
        raise UserError(
            f"데이터셋 {dataset_id}에는 동의하지 않은 사람({', '.join(names)})의 말이 들어 있습니다. 이대로는 학습하지 않습니다. "
            "`dataset build`로 다시 만들면 그 말이 빠집니다.",
            f"Dataset {dataset_id} holds words of people who declined ({', '.join(names)}). It is not trained on. "
            "Build it again with `dataset build`: their words are left out then.",
        )


def _refuse_unfit(recipe: Recipe, dataset_id: str, made_for: str, masked: bool, rows: int) -> None:
    if made_for != recipe.name:
        raise UserError(
            f"데이터셋 {dataset_id}은(는) '{made_for}' 레시피의 것입니다. --recipe {made_for}(으)로 학습하세요.",
            f"Dataset {dataset_id} belongs to recipe '{made_for}'. Train it with --recipe {made_for}.",
        )
    if recipe.must_mask and not masked:
        raise UserError(
            f"데이터셋 {dataset_id}은(는) 개인정보를 가리지 않은 자료로 만들었습니다. 이대로는 학습하지 않습니다. "
            "`mask`로 가린 뒤 데이터셋을 다시 만드세요.",
            f"Dataset {dataset_id} was made from unmasked material. It is not trained on. Run `mask`, then build it again.",
        )
    if rows == 0:
        raise UserError(
            f"데이터셋 {dataset_id}에 학습할 행이 없습니다. 자료를 더 넣어 다시 만드세요.",
            f"Dataset {dataset_id} holds no training rows. Build it again from more material.",
        )
