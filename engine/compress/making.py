"""One step of a plan: a whole model in, a lighter or better one out, kept as a run of its own. It judges nothing."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.config import cache_folder
from engine.models.bases import folder_of, resolve_base
from engine.models.special_tokens import FILE, tokens_of
from engine.models.whole import save_tokenizer
from engine.store.artifacts import drop_artifacts, save_artifact
from engine.store.compressions import update_step
from engine.store.jobs import Work
from engine.store.lineage import link
from engine.store.open import open_store, writing
from engine.store.runs import add_run, forget_metrics_after, get_run, update_run
from engine.store.samples import forget_samples_after
from engine.train.phases import unpacked

Apply = Callable[[Path, Path, Mapping[str, Any]], dict[str, Any]]
"""(folder of the model before, folder to leave it in, the step with its run) to facts."""
KIND = "model"
"""Of the artifact that a run of a whole model hands over."""
NUMBERS = ("train_loss", "eval_loss", "best_step", "peak_gb", "tokens_per_second")
"""Of a training, that a run's row holds too."""


def make_run(work: Work, compression: Mapping[str, Any], step: Mapping[str, Any], before: str, apply: Any) -> str:
    """The run that a step makes of the run `before`; one that an earlier try finished is that run, one it began is made anew.

    apply: (folder of the model before, empty folder, step) to facts.
    """
    with open_store(work.store) as db:
        run_id = step["run_id"] or _add(db, compression, step, before)
        if get_run(db, run_id)["adapter_id"]:
            return str(run_id)
        drop_artifacts(db, run_id, KIND)  # half written
        forget_metrics_after(db, run_id, -1)
        forget_samples_after(db, run_id, -1)
    scratch = cache_folder(work.store) / "compress" / run_id
    shutil.rmtree(scratch, ignore_errors=True)
    out = scratch / "out"
    scratch.mkdir(parents=True)
    try:
        source = whole_of(work.store, before, scratch / "before")
        facts = apply(source, out, {**step, "run_id": run_id})
        like(source, out)
        with open_store(work.store) as db:
            artifact_id = save_artifact(db, out, KIND, run_id)
            facts = {**facts, "parameters": count_parameters(out)}
            with writing(db):
                told = _result(run_id, artifact_id, facts)
                update_run(
                    db, run_id, adapter_id=artifact_id, result_json=told, **{name: told[name] for name in NUMBERS}
                )
                update_step(db, compression["id"], step["place"], facts_json=facts)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return str(run_id)


def _add(db: Database, compression: Mapping[str, Any], step: Mapping[str, Any], before: str) -> str:
    """The run's row, known to its step in the same transaction."""
    earlier = get_run(db, before)
    with writing(db):
        run_id = add_run(
            db,
            recipe=compression["recipe"],
            dataset_id=compression["dataset_id"],
            base={"name": earlier["base"], "revision": earlier["base_revision"], "hash": earlier["base_hash"]},
            preset=None,
            settings={**compression["settings"]["training"], "method": "full", "quantisation": "none"},
            origins={},
            begins=(before, earlier["adapter_id"]),
        )
        told = {"compression": compression["id"], "place": step["place"], "technique": step["technique"]}
        update_run(db, run_id, environment_json={"compressed": told})
        update_step(db, compression["id"], step["place"], run_id=run_id)
        link(db, "compression", compression["id"], "run", run_id)
    return run_id


def _result(run_id: str, artifact_id: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """As `train` gives it: what was not trained has no losses."""
    return {
        "run_id": run_id,
        "artifact_id": artifact_id,
        "state": "done",
        "steps": facts.get("steps", 0),
        "total_steps": facts.get("total_steps", facts.get("steps", 0)),
        "train_loss": facts.get("train_loss"),
        "eval_loss": facts.get("eval_loss"),
        "best_step": facts.get("best_step"),
        "peak_gb": facts.get("peak_gb"),
        "tokens_per_second": facts.get("tokens_per_second"),
        "stopped": None,
        "notes": facts.get("notes", []),
        "tries": [],
        "parameters": facts["parameters"],
    }


def shape_folder(db: Database, store: Path, run: Mapping[str, Any]) -> Path | None:
    """Where the config.json of what a run left is: its own where it left a whole model, else its base's; None where that is not here."""
    if run["settings"].get("method") == "full":
        return unpacked(db, store, run["adapter_id"])
    return folder_of(resolve_base(run["base"]))


def whole_of(store: Path, run_id: str, scratch: Path) -> Path:
    """A folder with all weights of what a run left: its own, or its base with the adapter merged in, under `scratch`, in the base's
    precision."""
    from engine.models.loading import local_folder
    from engine.serve.converting import whole_folder

    with open_store(store) as db:
        run = get_run(db, run_id)
        left = unpacked(db, store, run["adapter_id"])
    if run["settings"].get("method") == "full":
        return left
    base = resolve_base(run["base"])
    whole = whole_folder(base, left, scratch)
    like(local_folder(base), whole)
    if tokens := tokens_of(left):
        save_tokenizer(whole, whole, tokens)
        shutil.copyfile(left / FILE, whole / FILE)
    return whole


def like(source: Path, out: Path) -> None:
    """Hold the weights of `out` in the precision of `source`, so that a size on disk tells what a technique saved and no more."""
    import torch
    from safetensors.torch import load_file, save_file

    wanted = _precision(source)
    for path in sorted(out.glob("*.safetensors")) if wanted != torch.float32 else []:
        tensors = {
            name: tensor.to(wanted) if tensor.is_floating_point() else tensor
            for name, tensor in load_file(path).items()
        }
        half = path.with_suffix(".half")
        save_file(tensors, half, metadata={"format": "pt"})
        half.replace(path)


def _precision(folder: Path) -> Any:
    """Of the first matrix that is found."""
    from safetensors import safe_open

    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as weights:
            for name in weights.keys():  # noqa: SIM118 (not a mapping)
                if len(weights.get_slice(name).get_shape()) == 2:
                    return weights.get_tensor(name).dtype
    raise ValueError(f"no matrix in {folder.name}")


def count_parameters(folder: Path) -> int:
    """Weights in a folder's files, tied ones once, from the headers alone."""
    from math import prod

    from safetensors import safe_open

    total = 0
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="np") as weights:
            total += sum(prod(weights.get_slice(name).get_shape()) for name in weights.keys())  # noqa: SIM118
    return total


def calibration(rows: Sequence[Mapping[str, Any]], most: int) -> list[tuple[Any, str]]:
    """(prompt, target) of evenly spread rows, at most `most`: what a pruner measures importance on."""
    stride = max(1, len(rows) // most)
    return [(row["messages"], row["target"]) for row in rows[::stride][:most]]
