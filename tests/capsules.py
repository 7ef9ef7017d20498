"""A masked chat, its dataset and a small run to be packed, for the tests of capsules. It holds no tests."""

import os
import shutil
import sqlite3
from contextlib import closing
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.curate.freeze import build_dataset
from engine.curate.row import Row
from engine.jobs.capsule import make_capsule, run_capsule
from engine.jobs.worker import main as work
from engine.models.bases import base_hash, reference, resolve_base
from engine.privacy.apply import mask_source
from engine.store.jobs import Work, claim_next, enqueue
from engine.store.open import new_id, open_store
from engine.store.runs import add_run, get_run, standing, update_run
from engine.train.capsule.back import import_capsule
from engine.train.settings import TrainSettings
from tests.test_store import add_chat
from tests.tiny_models import make_tiny

SECRETS = ("010-4821-7735", "김서준", "gaon.kim@example.com", "9411-2233-5566-7788", "110-482-771935", "나리", "가온")
"""Everything in the chat that is hidden; the last two are the speakers."""
CHAT = [
    ("나리", "김서준 번호 뭐야?"),
    ("가온", "김서준 번호는 010-4821-7735 이야"),
    ("나리", "메일은 gaon.kim@example.com 맞지?"),
    ("가온", "응 카드는 9411-2233-5566-7788 이고 신한은행 계좌는 110-482-771935 이야"),
    ("나리", "김서준도 온대"),
    ("가온", "나리야 고마워 내일 보자"),
]
QUICK: dict[str, Any] = {
    "quantisation": "none", "batch_size": 4, "max_length": 96, "learning_rate": 3e-3, "log_every": 1, "max_steps": 4,
    "eval_every": 2, "lora_rank": 4, "warmup_ratio": 0.0,
}  # fmt: skip


class Hands(Work):
    """A worker without a job row."""

    def stop_asked(self) -> str | None:
        return None


@cache
def tiny(folder: Path) -> Path:
    return make_tiny("llama", folder)


def masked_dataset(store: Path) -> str:
    """A frozen dataset of the chat's masked rows, five days alike."""
    with open_store(store) as db:
        source = add_chat(db, CHAT)
    mask_source(Hands(store, "job-hand", "t"), source)

    def build(view: Any) -> Any:
        records = list(view.records)
        for day in range(5):
            for first, then in pairwise(records):
                said = {"role": "user", "content": f"{day}일 {first.text}"}
                yield Row((said,), f"{then.text} {day}", f"2026-05-0{day + 1}", first.id, then.id, {"speaker": "나리"})

    told = build_dataset(
        Hands(store, new_id("job"), "t"), recipe="persona", style="chat", source_ids=[source], me="가온", must_mask=True,
        splits={"train": 0.6, "validation": 0.2, "test": 0.2}, options={}, build=build, seed=0,
    )  # fmt: skip
    return str(told["dataset_id"])


def waiting_run(store: Path, base: str, dataset: str | None = None, **sets: Any) -> str:
    """A run that was never started."""
    dataset = dataset or masked_dataset(store)
    found, settings = resolve_base(base), TrainSettings(**{**QUICK, **sets})
    origins = {name: "--set" if name in {**QUICK, **sets} else "default" for name in TrainSettings.model_fields}
    with open_store(store) as db:
        return add_run(
            db, recipe="persona", dataset_id=dataset, preset="quick", origins=origins,
            base={"name": reference(found), "revision": None, "hash": base_hash(found)},
            settings=settings.model_dump(mode="json"),
        )  # fmt: skip


def train_at_home(store: Path, run: str) -> None:
    """The same run by the same worker, in the owner's store."""
    with open_store(store) as db:
        job = enqueue(db, "train", {"run": run})
        update_run(db, run, job_id=job)
        claimed = claim_next(db, ["cpu"])
    assert claimed and claimed["id"] == job
    before = dict(os.environ)
    os.environ.update(MALMOI_STORE=str(store), MALMOI_JOB_TOKEN=claimed["token"])
    try:
        assert work(job) == 0
    finally:
        os.environ.clear()
        os.environ.update(before)


def trained(capsule: Path, copy: Path) -> Path:
    """The capsule carried off and trained to its end."""
    shutil.copyfile(capsule, copy)
    run_capsule(copy, show=lambda job: None)
    return copy


_made: dict[str, Any] = {}


def made_journey(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One run packed, trained away from home, and brought back; and the same run trained at home. Made once, not changed."""
    if not _made:
        folder = tmp_path_factory.mktemp("여행 capsule")
        store, out = folder / "store.db", folder / "나가는 run.malmoi"
        base = str(tiny(folder))
        run = waiting_run(store, base)
        with open_store(store) as db:
            dataset = get_run(db, run)["dataset_id"]
        told = make_capsule(store, run, out, with_base=True)
        with open_store(store) as db:
            away = standing(get_run(db, run))
        back = trained(out, folder / "돌아온 run.malmoi")
        unread = copy_of(store, folder)
        first, again = import_capsule(store, back), import_capsule(store, back)
        home = waiting_run(store, base, dataset)
        train_at_home(store, home)
        _made.update(
            store=store, out=out, back=back, run=run, home=home, told=told, away=away, first=first, again=again,
            dataset=dataset, folder=folder, unread=unread,
        )  # fmt: skip
    return _made


def copy_of(store: Path, folder: Path) -> Path:
    """The store as it is now, in a file of its own."""
    copy = folder / "copy.db"
    with open_store(store) as db:
        db.conn.execute("VACUUM INTO ?", [str(copy)])
    return copy


def parts_of(capsule: Path) -> dict[str, bytes]:
    """{name: content} of both sides."""
    with closing(sqlite3.connect(capsule)) as conn:
        names = [name for (name,) in conn.execute("SELECT name FROM parts")]
        sql = "SELECT data FROM chunks WHERE name = ? ORDER BY ord"
        return {name: b"".join(row[0] for row in conn.execute(sql, [name])) for name in names}
