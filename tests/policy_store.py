"""A store with an invented insurance policy in it, and models that say what a test tells them to. No real model is asked."""

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.curate.row import Message
from engine.jobs.work import do_dataset
from engine.serve.backend import Generated
from engine.serve.choose import Model
from engine.serve.decoding import Decoding
from engine.store import runs
from engine.store.artifacts import save_artifact
from engine.store.jobs import Work, enqueue
from engine.store.open import open_store
from engine.store.sources import add_records, finish_source, start_source

COVERAGES = (
    "입원 수술 통원 골절 화상 암진단 뇌출혈 치아 간병 배상책임 여행지연 휴대품 응급실 장해 깁스 대상포진 식중독 벌쏘임 "
    "산후조리 재활 도수치료 백내장 디스크 치매 당뇨 화재 누수 도난 파손 법률비용"
).split()
REFUSAL = "약관에 해당 내용이 없습니다."


def clause(number: int, coverage: str, rng: random.Random) -> tuple[str, int, int]:
    """(text, amount in 만원, days)."""
    won, days = rng.choice((10, 20, 30, 50, 70, 300)), rng.choice((30, 60, 90, 120, 180))
    text = (
        f"제{number}조({coverage} 보험금) 회사는 피보험자가 {coverage} 사유로 보험금을 청구하는 경우 {won}만원을 지급합니다. "
        f"보장 기간은 {days}일을 한도로 합니다."
    )
    return text, won, days


def pairs_on(number: int, coverage: str, won: int, days: int) -> list[tuple[str, dict[str, Any]]]:
    """(question, meta) of a fact, a scenario, and a question no clause answers."""
    return [
        (f"{coverage} 보험금은 얼마인가요?", {"answer": f"{won}만원을 지급합니다. (제{number}조)", "type": "fact"}),
        (
            f"어제 {coverage} 때문에 청구했어요. 며칠까지 보장되나요?",
            {"answer": f"{days}일을 한도로 보장합니다. (제{number}조)", "type": "scenario"},
        ),
        (f"{coverage} 청구를 우체국에서도 받아 주나요?", {"answer": REFUSAL, "type": "easy", "answerable": False}),
    ]


def as_json(meta: dict[str, Any]) -> str:
    return json.dumps(meta, ensure_ascii=False)


def add_policy(store: Path, coverages: int = len(COVERAGES), name: str = "약관.jsonl") -> str:
    """A source of clauses with pairs appended to it, as generation leaves them; returns its id."""
    rng = random.Random(7)
    records: list[tuple[Any, ...]] = []
    pairs = []
    for number, coverage in enumerate(COVERAGES[:coverages], start=5):
        text, won, days = clause(number, coverage, rng)
        meta = {
            "chunk_id": f"C{number:03}",
            "company": "가온생명",
            "product": "가온종합보험",
            "article": f"제{number}조",
        }
        records.append((None, None, "chunk", text, meta))
        pairs.append((len(records) - 1, f"C{number:03}", pairs_on(number, coverage, won, days)))
    with open_store(store) as db:
        source = start_source(
            db, recipe="policy", kind="chunks", name=name, fingerprint=name, size=1, job_id=f"job-{name}"
        )
        add_records(db, source, 0, [(*record[:4], as_json(record[4])) for record in records])
        ids = [row[0] for row in db.execute("SELECT id FROM records WHERE source_id = ? ORDER BY seq", [source])]
        asked = [
            (
                None,
                None,
                "qa",
                question,
                as_json({"answerable": True, **meta, "chunk": ids[place], "chunk_id": chunk_id}),
            )
            for place, chunk_id, of_clause in pairs
            for question, meta in of_clause
        ]
        add_records(db, source, len(records), asked)
        finish_source(db, source, None, {}, {"speakers": {}, "warnings": []})
    return str(source)


class Quiet(Work):
    """A job's hold without a row that anybody looks at. `stop`: what the owner asks for."""

    stop: str | None = None

    def progress(self, **facts: Any) -> None:
        self.told = facts

    def stop_asked(self) -> str | None:
        return self.stop


def job(store: Path, kind: str = "evaluate") -> Quiet:
    with open_store(store) as db:
        return Quiet(store, enqueue(db, kind, {}), "")


def add_dataset(store: Path, sources: list[str], style: str = "rag", **options: Any) -> str:
    """A frozen dataset of a style; returns its id."""
    args = {"recipe": "policy", "sources": sources, "style": style, "me": None, "options": {"style": style, **options}}
    return str(do_dataset(job(store, "dataset"), {**args, "seed": 0})["dataset_id"])


def add_run(store: Path, dataset: str | None, folder: Path) -> str:
    """A run with an adapter of a few bytes that learned from `dataset`; returns its id."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text("{}", encoding="utf-8")
    base = {"name": "starter", "revision": None, "hash": "x"}
    with open_store(store) as db:
        told = {"recipe": "policy", "dataset_id": dataset, "base": base, "preset": "quick", "origins": {}}
        run = runs.add_run(db, **told, settings={"quantisation": "none"})
        runs.update_run(db, run, adapter_id=save_artifact(db, folder, "adapter", run))
    return run


Says = Callable[[str, Decoding], str]
"""(prompt, settings) to the answer."""


class Speaker:
    """A model that says what a function tells it to. `asked` keeps every prompt."""

    def __init__(self, says: Says, ended: bool = True) -> None:
        self.says, self.ended = says, ended
        self.asked: list[str] = []

    def generate(self, prompts: Sequence[Sequence[Message]], decoding: Decoding) -> list[Generated]:
        texts = ["\n".join(message["content"] for message in prompt) for prompt in prompts]
        self.asked += texts
        return [Generated(said := self.says(text, decoding), said, 5, 3, self.ended) for text in texts]

    def close(self) -> None:
        pass


class Cast:
    """Stands in for `open_model`: who speaks for which model, who was opened, and that never two were open at once."""

    def __init__(self, speakers: Mapping[str, Speaker]) -> None:
        self.speakers = speakers
        self.opened: list[str] = []

    def open(self, _store: Path, model: Model) -> Speaker:
        self.opened.append(model.name)
        return self.speakers[model.name]


def question_in(prompt: str) -> str:
    """What a prompt of either style asks."""
    found = re.search(r"질문: (.+)", prompt)
    return found[1] if found else prompt.partition("### 지시\n")[2].partition("\n")[0]


def honest(prompt: str, _decoding: Decoding | None = None) -> str:
    """The right answer, read off the clauses shown; the refusal when they do not tell."""
    question = question_in(prompt)
    coverage = next((name for name in COVERAGES if name in question), "")
    clause_ = re.search(rf"제(\d+)조\({coverage} 보험금\).*?(\d+)만원.*?(\d+)일", prompt)
    if clause_ is None or "우체국" in question:
        return REFUSAL
    number, won, days = clause_.groups()
    return (
        f"{won}만원을 지급합니다. (제{number}조)"
        if "얼마" in question
        else f"{days}일을 한도로 보장합니다. (제{number}조)"
    )
