"""Which function does what a step says, from folder to folder. It decides nothing and keeps nothing but what training tells."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from engine.compress.making import calibration, whole_of
from engine.errors import Stopped
from engine.store.datasets import read_split
from engine.store.jobs import Work
from engine.store.open import open_store
from engine.store.runs import get_run
from engine.train.run import trackers_of
from engine.train.settings import TrainSettings
from engine.train.store_events import StoreEvents

CALIBRATION = 128
"""Rows that a pruner measures importance on, at most."""


class StepEvents(StoreEvents):
    """What a step that learns tells goes into its run; it keeps no checkpoints: a killed step is begun anew."""

    def checkpoint(self, folder: Path, step: int, best: bool) -> None:
        """Not kept."""


def apply_step(
    work: Work, compression: Mapping[str, Any], source: Path, out: Path, step: Mapping[str, Any]
) -> dict[str, Any]:
    """Do one whole-model step with the model in `source` and leave it in `out`; returns its facts. `step` knows its run.

    Raises what the technique raises, and Stopped when the owner asked.
    """
    technique = {"prune": _prune, "heal": _learn, "lora": _learn, "distil": _distil}[step["technique"]]
    return technique(work, compression, source, out, step)


def _prune(
    work: Work, compression: Mapping[str, Any], source: Path, out: Path, step: Mapping[str, Any]
) -> dict[str, Any]:
    from engine.compress.prune import prune

    def told(line: str) -> None:
        work.log(line)
        if asked := work.stop_asked():
            raise Stopped(saved=asked == "save")

    work.progress(what="prune", run=step["run_id"])
    rows = calibration(_rows(work, compression, "train"), CALIBRATION)
    return prune(source, out, step["share"], step["how"] or "layers", rows, told)


def _learn(
    work: Work, compression: Mapping[str, Any], source: Path, out: Path, step: Mapping[str, Any]
) -> dict[str, Any]:
    from engine.compress.heal import heal

    rows = _splits(work, compression)
    way: Literal["lora"] | None = "lora" if step["technique"] == "lora" else None
    with _events(work, compression, step) as events:
        return heal(source, out, rows, compression["settings"]["training"], events, way)


def _distil(
    work: Work, compression: Mapping[str, Any], source: Path, out: Path, step: Mapping[str, Any]
) -> dict[str, Any]:
    """The original teaches where the plan names nobody else."""
    from engine.compress.distil import distil, folder_teacher
    from engine.compress.distil_run import open_teacher
    from engine.serve.choose import choose_model

    rows = _splits(work, compression)
    if step["teacher"]:
        with open_store(work.store) as db:
            model = choose_model(db, step["teacher"], compression["recipe"])
        teacher = open_teacher(work.store, model)
    else:
        teacher = folder_teacher(whole_of(work.store, compression["run_id"], out.with_name("teacher")))
    with _events(work, compression, step) as events:
        return distil(source, out, teacher, rows, compression["settings"]["training"], events, step["how"] or "logits")


def _splits(work: Work, compression: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {split: _rows(work, compression, split) for split in ("train", "validation")}


def _rows(work: Work, compression: Mapping[str, Any], split: str) -> list[dict[str, Any]]:
    with open_store(work.store) as db:
        return list(read_split(db, compression["dataset_id"], split))


@contextmanager
def _events(work: Work, compression: Mapping[str, Any], step: Mapping[str, Any]) -> Iterator[StepEvents]:
    """What hears the step as it learns: the store, and the trackers that the settings name."""
    with open_store(work.store) as db:
        run = get_run(db, step["run_id"])
    ids = [row["id"] for row in _rows(work, compression, "validation")]
    with trackers_of(work, run, TrainSettings(**compression["settings"]["training"]), run["base"], -1) as outside:
        yield StepEvents(work, run["id"], ids, {}, outside)
