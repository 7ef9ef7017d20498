"""The job of a distillation: a run whose student is cut or fetched, whose teacher is asked where it must be, and which is trained like
any run, checkpoints and curve included. A killed one goes on: no answer is asked for twice, no proven step is trained twice.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.compress.distil import DistilSettings, Teacher, open_lesson, tally_of, teach_student
from engine.compress.making import KIND, like, whole_of
from engine.compress.student import half_student
from engine.compress.taught_rows import UNANSWERED, taught_dataset
from engine.compress.teacher_answers import FLAWS
from engine.config import cache_folder
from engine.models.bases import ResolvedBase, resolve_base
from engine.models.loading import local_folder
from engine.serve.choose import Model, choose_model, open_model
from engine.store.artifacts import drop_artifacts, save_artifact
from engine.store.jobs import Work
from engine.store.lineage import link
from engine.store.open import open_store, writing
from engine.store.runs import forget_metrics_after, get_run, update_run
from engine.store.samples import forget_samples_after
from engine.train.environment import describe_environment
from engine.train.phases import unpacked
from engine.train.provenance import made_with, rows_hash
from engine.train.run import go_on_from, read_rows, require_clean
from engine.train.store_events import StoreEvents


def open_teacher(store: Path, model: Model) -> Teacher:
    """A model of `choose_model` as a teacher. Only weights that transformers answers with show their distribution."""

    def ask() -> Any:
        return open_model(store, model)

    if model.endpoint or model.engine != "transformers":
        return Teacher(model.name, ask)
    with open_store(store) as db:
        whole = unpacked(db, store, model.whole_id) if model.whole_id else None
        adapter = unpacked(db, store, model.adapter_id) if model.adapter_id else None
    if whole:
        return Teacher(model.name, ask, ResolvedBase(model.name, "folder", str(whole), None))
    here = ResolvedBase(model.base.name, "folder", str(local_folder(model.base)), None)
    return Teacher(model.name, ask, here, adapter, model.quantisation)


@dataclass(frozen=True)
class _Job:
    """A distillation at work."""

    work: Work
    run: Mapping[str, Any]
    args: Mapping[str, Any]
    teacher: Teacher
    model: Model

    @property
    def own(self) -> DistilSettings:
        return DistilSettings(**self.args["settings"])


def run_distil(work: Work, args: Mapping[str, Any]) -> dict[str, Any]:
    """Teach the student of a run and keep it; returns the `distil` result.

    args: run, teacher, how, keep (None: the run's base is the student), prompts (ids of the owner's rows), settings. Raises what
    training and the teacher raise, and Stopped when the owner asked.
    """
    with open_store(work.store) as db:
        run = get_run(db, args["run"])
        if run["result"]:  # killed between the kept student and its ending
            return _tidied(work, run)
        model = choose_model(db, args["teacher"])
    job = _Job(work, run, args, open_teacher(work.store, model), model)
    folder = cache_folder(work.store) / "runs" / run["id"]
    tally = _answers(job) if args["how"] == "sequences" or args["prompts"] else {}
    with open_store(work.store) as db:
        run = get_run(db, run["id"])
        require_clean(db, run["dataset_id"])
        rows = read_rows(db, run["dataset_id"])
        environment = describe_environment()
        made = made_with(db, run, rows=rows_hash(rows), device=environment["device"].partition(":")[0])
        resume_from, step = go_on_from(db, run, made, folder, work)
        forget_metrics_after(db, run["id"], step)
        forget_samples_after(db, run["id"], step)
        update_run(db, run["id"], environment_json={**environment, "distilled": {"teacher": job.teacher.name}})
    student = _student(job, rows["train"], folder)
    events = StoreEvents(work, run["id"], [row["id"] for row in rows["validation"]], made)
    lesson = open_lesson(job.teacher, job.own) if args["how"] == "logits" else None
    out = folder / "out"
    settings = {**run["settings"], **args["settings"]}
    facts = teach_student(student, out, job.teacher, rows, settings, events, lesson, resume_from)
    like(student, out)
    return _tidied(work, {"id": run["id"], "result": _kept(work, run, out, {**tally, **facts})})


def _student(job: _Job, rows: Sequence[Mapping[str, Any]], folder: Path) -> Path:
    """The student as it begins: the run's base, or what is cut from the teacher."""
    if job.args["keep"] is None:
        return local_folder(resolve_base(job.run["base"]))
    texts = [(row["messages"], row["target"]) for row in rows]
    cut = folder / "student"
    whole = folder / "teacher"
    source = whole_of(job.work.store, job.model.run["id"], whole) if job.model.run else job.teacher.folder
    assert source is not None
    half_student(source, cut, job.args["keep"], texts, job.work.log)
    shutil.rmtree(whole, ignore_errors=True)
    return cut


def _kept(work: Work, run: Mapping[str, Any], out: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Store the student as the run's artifact; returns the result."""
    with open_store(work.store) as db:
        drop_artifacts(db, run["id"], KIND)  # half written
        artifact_id = save_artifact(db, out, KIND, run["id"], facts["steps"])
        told = {
            "run_id": run["id"], "artifact_id": artifact_id, "state": "done", "dataset_id": run["dataset_id"], **facts,
            "parameters": facts["student_parameters"], "stopped": None, "tries": [],
        }  # fmt: skip
        update_run(
            db, run["id"], adapter_id=artifact_id, train_loss=facts["train_loss"], eval_loss=facts["eval_loss"],
            best_step=facts["best_step"], peak_gb=facts["peak_gb"], tokens_per_second=facts["tokens_per_second"], result_json=told,
        )  # fmt: skip
    return told


def _tidied(work: Work, run: Mapping[str, Any]) -> dict[str, Any]:
    """A finished run needs no checkpoints and no folder."""
    with open_store(work.store) as db:
        drop_artifacts(db, run["id"], "checkpoint")
    shutil.rmtree(cache_folder(work.store) / "runs" / run["id"], ignore_errors=True)
    return dict(run["result"])


def _answers(job: _Job) -> dict[str, Any]:
    """Ask the teacher what is not answered yet, freeze the dataset that holds its answers, and let the run learn that one."""
    with open_store(job.work.store) as db:
        frozen, asked = taught_dataset(job.work, db, job.teacher, job.model, job.args, job.own)
        with writing(db):
            link(db, "dataset", frozen["id"], "run", job.run["id"])
            update_run(db, job.run["id"], dataset_id=frozen["id"], dataset_fingerprint=frozen["fingerprint"])
    rejected = {reason: count for reason, count in frozen["dropped"].items() if reason in FLAWS}
    return tally_of(asked, rejected, frozen["dropped"].get(UNANSWERED, 0))
