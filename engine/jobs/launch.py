"""Prepare a run: everything that can be refused is refused here, before the queue. Pages and commands call the same."""

from collections.abc import Mapping
from pathlib import Path

from engine.errors import UserError
from engine.jobs.queue import ensure_supervisor
from engine.models.bases import ResolvedBase, base_hash, reference, resolve_base
from engine.recipes.recipe import Recipe
from engine.store.datasets import get_dataset
from engine.store.jobs import enqueue
from engine.store.open import open_store, require_space, writing
from engine.store.runs import add_run, update_run
from engine.train.settings import resolve_settings

RUN_BYTES = 300_000_000
"""Free bytes a run asks for: an adapter with its optimiser twice, in the folder and in the store."""
SMALL_BYTES = 200_000_000
"""100M parameters at 16 bits."""


def launch_run(
    store: Path, recipe: Recipe, *, dataset_id: str, base_name: str, preset: str | None, sets: Mapping[str, str]
) -> tuple[str, str]:
    """Record a run and queue its job; returns (run id, job id).

    Raises UserError for an unknown or unmasked dataset, an unknown or rejected base, settings that cannot be.
    """
    base = resolve_base(base_name)
    preset = preset or _usual_preset(recipe, base)
    if preset not in recipe.presets:
        raise UserError(
            f"'{preset}' 프리셋이 없습니다. '{recipe.name}' 레시피의 프리셋: {', '.join(recipe.presets)}.",
            f"There is no preset '{preset}'. Presets of recipe '{recipe.name}': {', '.join(recipe.presets)}.",
        )
    require_space(store, RUN_BYTES)
    settings, origins = resolve_settings(preset, recipe.presets[preset], sets)
    with open_store(store) as db:
        dataset = get_dataset(db, dataset_id, recipe.name)
        _refuse_unfit(recipe, dataset["id"], dataset["recipe"], bool(dataset["masked"]), dataset["counts"]["train"])
        facts = {"name": reference(base), "revision": base.revision, "hash": base_hash(base)}
        with writing(db):
            run_id = add_run(
                db,
                recipe=recipe.name,
                dataset_id=dataset["id"],
                base=facts,
                preset=preset,
                settings=settings.model_dump(mode="json"),
                origins=origins,
            )
            job_id = enqueue(db, "train", {"run": run_id})
            update_run(db, run_id, job_id=job_id)
    ensure_supervisor(store)
    return run_id, job_id


def _usual_preset(recipe: Recipe, base: ResolvedBase) -> str:
    """The recipe's first preset, or the one it has for small bases."""
    folder = Path(base.location)
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors")) if folder.is_dir() else SMALL_BYTES
    return recipe.small_preset if recipe.small_preset and size < SMALL_BYTES else next(iter(recipe.presets))


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
