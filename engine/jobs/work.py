"""What each kind of job does: job arguments in, result out. The work itself stands in its own folder."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from engine.recipes.recipe import Recipe, load_recipe
from engine.store.jobs import Work
from engine.store.open import open_store
from engine.store.sources import find_source_of_job, get_source

if TYPE_CHECKING:
    from engine.curate.freeze import Builder

Result = dict[str, Any]


def do_import(work: Work, args: dict[str, Any]) -> Result:
    """args: recipe, files, kind, me; mask (optional): whether to mask at once, where the recipe asks for it."""
    from engine.sources.ingest import ingest
    from engine.sources.uploads import remove_uploads

    recipe = load_recipe(args["recipe"])
    files = [Path(file) for file in args["files"]]
    told = _imported_before(work) or ingest(
        work, recipe=recipe.name, kinds=recipe.source_kinds, files=files, kind=args["kind"], me=args["me"]
    )
    if args.get("mask") and recipe.must_mask:
        told = {**told, "mask": _masked(work, told["source_id"])}
    remove_uploads(work.store, files)
    return told


def _imported_before(work: Work) -> Result | None:
    """What an earlier try of this job brought in before it was killed: its uploads may be gone already."""
    with open_store(work.store) as db:
        found = find_source_of_job(db, work.job_id)
    return {"source_id": found["id"], **found["report"], "me": found["me"]} if found else None


def _masked(work: Work, source_id: str) -> Result:
    """The mask report; a source that is masked already stays as it is."""
    from engine.privacy.apply import mask_source

    with open_store(work.store) as db:
        source = get_source(db, source_id)
    report = source["mask_report"] if source["masked_at"] else mask_source(work, source_id)
    return {"counts": report["counts"], "residual": report["residual"]}


def do_mask(work: Work, args: dict[str, Any]) -> Result:
    """args: source."""
    from engine.privacy.apply import mask_source

    return mask_source(work, args["source"])


def do_dataset(work: Work, args: dict[str, Any]) -> Result:
    """args: recipe, sources (empty: the recipe's samples), style, me, options."""
    from engine.curate.freeze import build_dataset

    recipe = load_recipe(args["recipe"])
    sources = args["sources"] or prepare_samples(work, recipe)
    options = recipe.options(**args["options"])
    return build_dataset(
        work,
        recipe=recipe.name,
        style=args["style"],
        source_ids=sources,
        me=args["me"],
        must_mask=recipe.must_mask,
        splits=recipe.splits,
        options=options.model_dump(mode="json"),
        build=_builder(recipe, options, args["seed"]),
        seed=args["seed"],
    )


def _builder(recipe: Recipe, options: BaseModel, seed: int) -> "Builder":
    if (together := recipe.build_across) is not None:
        return lambda views: together(views, options, seed)
    return lambda views: ((view, recipe.build(view, options)) for view in views)


def do_freeze(work: Work, args: dict[str, Any]) -> Result:
    """args: dataset."""
    from engine.curate.versions import freeze_version
    from engine.store.datasets import get_dataset

    with open_store(work.store) as db:
        old = get_dataset(db, args["dataset"])
    return freeze_version(work, old["id"], load_recipe(old["recipe"]).splits)


def prepare_samples(work: Work, recipe: Recipe) -> list[str]:
    """Import the recipe's shipped samples (once), masked where the recipe asks for it; returns their source ids."""
    from engine.privacy.apply import mask_source
    from engine.sources.ingest import ingest

    found = []
    for file in recipe.samples:
        told = ingest(work, recipe=recipe.name, kinds=recipe.source_kinds, files=[file], kind=None, me=recipe.sample_me)
        found.append(told["source_id"])
        with open_store(work.store) as db:
            masked = get_source(db, told["source_id"])["masked_at"]
        if recipe.must_mask and not masked:
            mask_source(work, told["source_id"])
    return found


def do_train(work: Work, args: dict[str, Any]) -> Result:
    """args: run."""
    from engine.train.run import run_training

    return run_training(work, args["run"])


def do_evaluate(work: Work, args: dict[str, Any]) -> Result:
    """args: recipe, models, dataset, decoding, limit, seed."""
    from engine.evaluate.run import run_evaluation
    from engine.serve.decoding import Decoding

    recipe = load_recipe(args["recipe"])
    return run_evaluation(
        work,
        recipe=recipe.name,
        suite=recipe.suite,
        models=args["models"],
        dataset_id=args["dataset"],
        decoding=Decoding(**args["decoding"]),
        limit=args["limit"],
        seed=args["seed"],
    )


def do_generate(work: Work, args: dict[str, Any]) -> Result:
    """args: generation; source, for the page."""
    from engine.generate.run import run_generation

    return run_generation(work, args["generation"])


WORK: dict[str, Callable[[Work, dict[str, Any]], Result]] = {
    "import": do_import,
    "mask": do_mask,
    "dataset": do_dataset,
    "freeze": do_freeze,
    "train": do_train,
    "evaluate": do_evaluate,
    "generate": do_generate,
}
