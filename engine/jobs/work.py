"""What each kind of job does: job arguments in, result out. The work itself stands in its own folder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from engine.errors import Stopped
from engine.recipes.recipe import Recipe, load_recipe, prepared, way_of
from engine.store.jobs import Work
from engine.store.open import open_store
from engine.store.sources import find_source_of_job, get_source

if TYPE_CHECKING:
    from engine.curate.freeze import Builder
    from engine.evaluate.plan import PromptOf, Retrieval

Result = dict[str, Any]
BASE = "starter"
"""Whose tokenizer counts when none is named: the one base that is always here."""


def do_import(work: Work, args: dict[str, Any]) -> Result:
    """args: recipe, files (paths, or hub:NAME), kind, me; optional: mask (at once, where the recipe asks for it), map (field to
    column), base and longest (whose tokens a clause is counted in, and how many it may have)."""
    from engine.sources.uploads import remove_uploads

    recipe = load_recipe(args["recipe"])
    told = _imported_before(work) or _ingested(work, recipe, args)
    if args.get("mask") and recipe.must_mask:
        told = {**told, "mask": _masked(work, told["source_id"])}
    told = with_terms(work, with_clauses(work, told, args))
    remove_uploads(work.store, [Path(file) for file in args["files"]])
    return told


def _ingested(work: Work, recipe: Recipe, args: dict[str, Any]) -> Result:
    from engine.sources.hub import hub_files
    from engine.sources.ingest import ingest
    from engine.sources.options import ReadOptions

    options = ReadOptions(args.get("map") or {})
    if "clauses" in recipe.source_kinds:
        from engine.models.counting import TokenCounter

        counter = TokenCounter(args.get("base") or BASE)
        options = ReadOptions(args.get("map") or {}, args.get("longest") or options.longest, counter)
    with hub_files(work.store, work.job_id, args["files"]) as (files, warnings):
        told = ingest(
            work, recipe=recipe.name, kinds=recipe.reads, files=files, kind=args["kind"], me=args["me"],
            options=options,
        )  # fmt: skip
    return {**told, "warnings": [*warnings, *told["warnings"]]}


def with_clauses(work: Work, told: Result, args: dict[str, Any]) -> Result:
    """The result of an import with what its clauses are like: counted now, or by an earlier try with the same base."""
    if told["kind"] not in ("chunks", "clauses"):
        return told
    from engine.reports.clauses import survey_clauses, told_of_clauses
    from engine.sources.options import DEFAULTS

    base, longest = args.get("base") or BASE, args.get("longest") or DEFAULTS.longest
    known = told.get("clauses")
    if not known or (known["base"], known["longest_allowed"]) != (base, longest):
        known = survey_clauses(work, told["source_id"], base, longest)
    _indexed(work, told["source_id"])
    plain = {key: value for key, value in told.items() if key != "clauses"}
    return {"duplicates": 0, **plain, **known, "warnings": [*told["warnings"], *told_of_clauses(known)]}


def with_terms(work: Work, told: Result) -> Result:
    """The result of an import with what the recipe's dictionary holds since then; what other sources spell out goes into it too."""
    from engine.curate.found_terms import find_terms
    from engine.sources.dictionary import KINDS, keep_dictionary

    with open_store(work.store) as db:
        if told["kind"] not in KINDS:
            find_terms(db, [told["source_id"]])
            return told
        found = keep_dictionary(db, told["source_id"])
    return {**told, **found, "warnings": [*told["warnings"], *found["warnings"]]}


def _indexed(work: Work, source_id: str) -> None:
    """So that the first question does not wait: 10,000 clauses take half a minute. A later search makes up for what is missing."""
    from engine.retrieve.index import bring_up_to_date

    def told(done: int) -> None:
        work.progress(what="index", done=done)
        if work.stop_asked():
            raise Stopped

    with open_store(work.store) as db:
        bring_up_to_date(db, [source_id], told)


def do_recount(work: Work, args: dict[str, Any]) -> Result:
    """args: source, base, longest."""
    from engine.reports.clauses import survey_clauses, told_of_clauses

    found = survey_clauses(work, args["source"], args["base"], args["longest"])
    return {"source_id": args["source"], **found, "warnings": told_of_clauses(found)}


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
    """args: recipe, sources (empty: the recipe's samples), style, me, options, seed, canaries (absent: none)."""
    from engine.curate.freeze import build_dataset
    from engine.curate.given_rows import given_rows, is_given
    from engine.store.preferences import STYLES

    recipe = load_recipe(args["recipe"])
    if args["style"] in STYLES:
        return _preferences(work, recipe, args)
    sources = args["sources"] or prepare_samples(work, recipe)
    options = recipe.options(**args["options"])
    if recipe.complete:
        with open_store(work.store) as db:
            options = recipe.complete(db, sources, options)
    return build_dataset(
        work,
        recipe=recipe.name,
        style=args["style"],
        source_ids=sources,
        me=args["me"],
        must_mask=recipe.must_mask,
        splits=recipe.splits,
        options=options.model_dump(mode="json"),
        build=lambda view: given_rows(view.records) if is_given(view) else recipe.build(view, options),
        seed=args["seed"],
        across=_across(recipe, options, args["seed"]),
        canaries=args.get("canaries", 0),
    )


def _preferences(work: Work, recipe: Recipe, args: dict[str, Any]) -> Result:
    from engine.curate.preferences import build_preferences
    from engine.recipes.preferring import all_opinions

    return build_preferences(
        work,
        recipe=recipe.name,
        style=args["style"],
        source_ids=args["sources"],
        must_mask=recipe.must_mask,
        splits=recipe.splits,
        seed=args["seed"],
        opinions=lambda db: all_opinions(db, recipe),
    )


def _across(recipe: Recipe, options: BaseModel, seed: int) -> "Builder | None":
    from engine.curate.given_rows import beside_given

    together = recipe.build_across
    return (lambda views: beside_given(views, lambda own: together(own, options, seed))) if together else None


def do_freeze(work: Work, args: dict[str, Any]) -> Result:
    """args: dataset."""
    from engine.curate.versions import freeze_version
    from engine.store.datasets import get_dataset

    with open_store(work.store) as db:
        old = get_dataset(db, args["dataset"])
    return freeze_version(work, old["id"], load_recipe(old["recipe"]).splits)


def prepare_samples(work: Work, recipe: Recipe) -> list[str]:
    """Import the recipe's shipped samples (once), masked where the recipe asks for it; returns the ids of the sources that rows are made
    from: not those of dictionaries."""
    from engine.privacy.apply import mask_source
    from engine.sources.dictionary import KINDS
    from engine.sources.ingest import ingest

    found = []
    for file in recipe.samples:
        told = ingest(work, recipe=recipe.name, kinds=recipe.reads, files=[file], kind=None, me=recipe.sample_me)
        with_terms(work, with_clauses(work, told, {}))
        if told["kind"] not in KINDS:
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


def do_probe(work: Work, args: dict[str, Any]) -> Result:
    """args: dataset, base, settings."""
    from engine.train.plan.probe import probe

    return probe(work, args["dataset"], args["base"], args["settings"])


def do_search(work: Work, args: dict[str, Any]) -> Result:
    """args: study."""
    from engine.train.search.run import run_search

    return run_search(work, args["study"])


def do_evaluate(work: Work, args: dict[str, Any]) -> Result:
    """args: recipe, models, dataset, decoding, limit, seed; retrieval, allow_overlap, own, told, names (optional)."""
    from engine.evaluate.run import UNNAMED, run_evaluation
    from engine.serve.decoding import Decoding

    with open_store(work.store) as db:
        recipe = prepared(db, load_recipe(args["recipe"]))
    return run_evaluation(
        work,
        recipe=recipe.name,
        suite=recipe.suite,
        models=args["models"],
        dataset_id=args["dataset"],
        decoding=Decoding(**args["decoding"]),
        limit=args["limit"],
        seed=args["seed"],
        retrieval=_retrieval(recipe, args.get("retrieval")),
        allow_overlap=bool(args.get("allow_overlap")),
        own=args.get("own"),
        ways={**recipe.ways, UNNAMED: way_of(recipe, None)},
        told=args.get("told", ()),
        prompt_of=_prompt_of(recipe) if recipe.asks_each else None,
        names=args.get("names"),
    )


def do_compress(work: Work, args: dict[str, Any]) -> Result:
    """args: compression."""
    from engine.compress.run import run_compression
    from engine.store.compressions import get_compression

    with open_store(work.store) as db:
        compression = get_compression(db, args["compression"])
    asked = compression["settings"]["evaluate"]
    recipe = load_recipe(compression["recipe"])

    def judge(models: Sequence[str]) -> Result:
        return do_evaluate(
            work, {**asked, "recipe": recipe.name, "models": list(models), "dataset": compression["dataset_id"]}
        )

    return run_compression(work, compression["id"], suite=recipe.suite, judge=judge)


def do_sweep(work: Work, args: dict[str, Any]) -> Result:
    """args: recipe, models, dataset, decoding, retrieval, now, cells, limit, seed."""
    from engine.evaluate.sweep import run_sweep
    from engine.serve.decoding import Decoding

    recipe = load_recipe(args["recipe"])
    retrieval = _retrieval(recipe, args["retrieval"])
    assert retrieval is not None
    return run_sweep(
        work,
        recipe=recipe.name,
        suite=recipe.suite,
        models=args["models"],
        dataset_id=args["dataset"],
        cells=args["cells"],
        now=args["now"],
        decoding=Decoding(**args["decoding"]),
        limit=args["limit"],
        seed=args["seed"],
        retrieval=retrieval,
    )


def _retrieval(recipe: Recipe, settings: dict[str, Any] | None) -> "Retrieval | None":
    from engine.evaluate.plan import Retrieval
    from engine.retrieve.settings import RetrievalSettings

    if not recipe.retrieves:
        return None
    return Retrieval(RetrievalSettings(**(settings or {})), _prompt_of(recipe))


def _prompt_of(recipe: Recipe) -> "PromptOf":
    from engine.recipes.asking import prompt_of

    return lambda db, run: prompt_of(db, recipe, run)


def do_generate(work: Work, args: dict[str, Any]) -> Result:
    """args: generation; source, for the page."""
    from engine.generate.run import run_generation

    return run_generation(work, args["generation"])


def do_distil(work: Work, args: dict[str, Any]) -> Result:
    """args: run, teacher, how, keep, dataset, prompts, settings."""
    from engine.compress.distil_run import run_distil

    return run_distil(work, args)


def do_deploy(work: Work, args: dict[str, Any]) -> Result:
    """args: run, target, out, settings; optional: override (the owner's reason), upload {repo, private}."""
    from engine.deploy.bundle import BundleSettings
    from engine.deploy.deploy import deploy
    from engine.jobs.deploying import note_deployed
    from engine.jobs.exporting import launch_upload

    def told(line: str) -> None:
        work.log(line)
        if work.stop_asked():
            raise Stopped

    settings, out = BundleSettings(**args["settings"]), Path(args["out"])
    result = deploy(work.store, args["run"], args["target"], out, settings, told, override=args.get("override"))
    note_deployed(work.store, result["deployment_id"], work.job_id, settings.invitations)
    if wish := args.get("upload"):
        launch_upload(work.store, result["deployment_id"], wish["repo"], wish["private"])
    return result


def do_upload(work: Work, args: dict[str, Any]) -> Result:
    """args: deployment_id, repo, private."""
    from engine.jobs.exporting import run_upload

    return run_upload(work, args)


def do_export(work: Work, args: dict[str, Any]) -> Result:
    """args: run, kind; out, or repo and private; optional: allowed, override (the owner's reasons)."""
    from engine.jobs.exporting import run_export

    return run_export(work, args)


WORK: dict[str, Callable[[Work, dict[str, Any]], Result]] = {
    "import": do_import,
    "mask": do_mask,
    "recount": do_recount,
    "dataset": do_dataset,
    "freeze": do_freeze,
    "train": do_train,
    "probe": do_probe,
    "search": do_search,
    "evaluate": do_evaluate,
    "sweep": do_sweep,
    "compress": do_compress,
    "distil": do_distil,
    "generate": do_generate,
    "deploy": do_deploy,
    "export": do_export,
    "upload": do_upload,
}
