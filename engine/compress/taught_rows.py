"""A dataset whose training rows hold a teacher's answers, built answer by answer in the store: what was asked is never asked again.

Rows that judge keep their own targets, and so do rows whose answer is not to be learned. It trains nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from engine.compress.distil import DistilSettings, Teacher, to_ask
from engine.compress.teacher_answers import ask_all, flaw_of
from engine.errors import Stopped
from engine.serve.backend import Generated
from engine.serve.choose import Model
from engine.store.datasets import built_by, freeze_dataset, get_dataset, read_split
from engine.store.jobs import Work
from engine.store.rows import SPLITS
from engine.store.taught import begin_taught, keep_as_it_is, leave_unanswered, read_prompts, settle, settled_places

UNANSWERED = "unanswered"
"""Why a row stands with its own target where the teacher failed it."""


def taught_dataset(
    work: Work, db: Database, teacher: Teacher, model: Model, args: Mapping[str, Any], own: DistilSettings
) -> tuple[dict[str, Any], int]:
    """(the frozen dataset, how many prompts were to be answered). args: dataset (the parent's id), prompts (ids of the owner's
    rows), how: by logits only the owner's prompts are answered, for the rows have targets of their own."""
    parent = get_dataset(db, args["dataset"])
    rows = [(split, row) for split in SPLITS for row in read_split(db, parent["id"], split)]
    rows.sort(key=lambda member: member[0] != "train")
    learned = [row for split, row in rows if split == "train"]
    asked = to_ask(learned) if args["how"] == "sequences" else []
    prompts = read_prompts(db, args["prompts"])
    asked += range(len(rows), len(rows) + len(prompts))
    rows += [("train", row) for row in prompts]
    if frozen := built_by(db, work.job_id):
        return frozen, len(asked)
    dataset_id = begin_taught(db, parent, work.job_id, model.run["id"] if model.run else None)
    settled = settled_places(db, dataset_id)
    own_answers = set(range(len(rows))) - set(asked) - set(settled)
    keep_as_it_is(db, dataset_id, [(place, rows[place][1]["id"], rows[place][0]) for place in sorted(own_answers)])
    open_ = [place for place in asked if place not in settled]
    look = _look(db, parent)

    def take(at: int, made: Generated) -> None:
        place, row = open_[at], {"recipe": parent["recipe"], **rows[open_[at]][1]}
        text = made.text.strip()
        settle(db, dataset_id, place, row, text, teacher.name, flaw_of(made, row) or look(text))
        work.progress(what="distil", done=len(settled) + at + 1, total=len(settled) + len(open_))
        if stop := work.stop_asked():
            raise Stopped(saved=stop == "save")

    failed = _asked(teacher, [rows[place][1]["messages"] for place in open_], own, take)
    leave_unanswered(db, dataset_id, [(open_[at], rows[open_[at]][1]) for at in failed], UNANSWERED)
    return freeze_dataset(db, dataset_id), len(asked)


def _asked(
    teacher: Teacher, prompts: Sequence[Any], own: DistilSettings, take: Callable[[int, Generated], None]
) -> dict[int, str]:
    if not prompts:
        return {}
    backend = teacher.ask()
    try:
        return ask_all(backend, prompts, own.decoding(), take, teacher.folder is None)
    finally:
        backend.close()


def _look(db: Database, parent: Mapping[str, Any]) -> Callable[[str], str | None]:
    """What is to be said of an answer beside masked material: nothing personal may come in with it."""
    from engine.privacy.decisions import leftovers_of

    if not parent["masked"]:
        return lambda text: None
    leftovers = leftovers_of(db, parent["sources"])
    return lambda text: "personal" if leftovers.find(text) else None
