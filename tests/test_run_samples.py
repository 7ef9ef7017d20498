"""What a model says as it learns: which rows are asked, what is stored, what a resume forgets, what it costs."""

from pathlib import Path
from typing import Any

import pytest

from engine.curate.row import Message
from engine.models.bases import resolve_base
from engine.models.loading import load_base
from engine.models.template import encode_prompt
from engine.models.tokenizer import load_tokenizer
from engine.store.jobs import Work, read_log
from engine.store.open import open_store
from engine.store.runs import add_metrics, get_run
from engine.store.samples import add_samples, forget_samples_after, read_samples
from engine.train.data import PromptTarget
from engine.train.run import run_training
from engine.train.samples import FREE_SECONDS, NEW_TOKENS, SAMPLES, SampleAnswers, answer_all, sample_places
from engine.train.watch import read_run_view
from tests.runs_store import begin, frozen_dataset, queued_run
from tests.tiny_models import make_tiny


def pairs(*targets: str) -> list[PromptTarget]:
    return [([Message(role="user", content=f"어디야 {place}")], target) for place, target in enumerate(targets)]


def test_rows_of_usual_length_are_asked_from_all_over_the_split() -> None:
    rows = pairs(*["음" * 99, "보통인 답", "ㅋ"] * 4)
    assert sample_places(rows) == [1, 4, 10]
    assert sample_places(rows) == sample_places(rows) and len(sample_places(rows)) == SAMPLES
    assert sample_places(rows[:2]) == [0, 1] and sample_places([]) == []


def test_samples_are_stored_once_a_step_and_spread_when_there_are_many(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        run, _ = queued_run(db, frozen_dataset(db))
        first, second = (row[0] for row in db.execute("SELECT id FROM rows LIMIT 2").fetchall())
        for step in range(0, 101, 10):
            add_samples(db, run, step, {first: f"{step}에 한 말", second: "응"})
        add_samples(db, run, 100, {first: "다시 한 말", 999_999: "지운 행의 답"})
        found = read_samples(db, run, steps=4)
        assert [sample["row_id"] for sample in found] == [first, second]
        assert [said["step"] for said in found[0]["said"]] == [0, 30, 70, 100]
        assert found[0]["said"][-1]["text"] == "다시 한 말" and found[0]["target"] == "국수 0그릇!"


def test_a_resume_forgets_what_was_said_after_its_checkpoint(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        run, _ = queued_run(db, frozen_dataset(db))
        other, _ = queued_run(db)
        row = db.execute("SELECT id FROM rows").fetchone()[0]
        for name in (run, other):
            for step in (0, 20, 40):
                add_samples(db, name, step, {row: "응"})
        forget_samples_after(db, run, 20)
        assert [said["step"] for said in read_samples(db, run)[0]["said"]] == [0, 20]
        assert len(read_samples(db, other)[0]["said"]) == 3


def test_a_forgotten_row_takes_its_samples_along(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        run, _ = queued_run(db)
        frozen_dataset(db)
        row = db.execute("SELECT id FROM rows").fetchone()[0]
        add_samples(db, run, 0, {row: "응"})
        db.execute("DELETE FROM rows WHERE id = ?", [row])
        assert read_samples(db, run) == []


class Heard:
    """What was told of samples."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.texts: list[str] = []

    def said(self, step: int, answers: dict[int, str]) -> None:
        self.steps.append(step)

    def log(self, text: str) -> None:
        self.texts.append(text)

    def planned(self, total_steps: int) -> None: ...
    def step(self, metrics: Any) -> None: ...
    def checkpoint(self, folder: Path, step: int, best: bool) -> None: ...
    def stop_asked(self) -> None:
        return None


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    base = resolve_base(str(make_tiny("llama", tmp_path_factory.mktemp("base"))))
    return load_base(base, quantisation="none", device="cpu"), load_tokenizer(base)


def test_asking_leaves_mode_settings_and_randomness_as_they_were(tiny: tuple[Any, Any]) -> None:
    import torch

    model, tokenizer = tiny
    model.train()
    settings, before = model.generation_config, torch.random.get_rng_state()
    prompts = [encode_prompt(tokenizer, messages) for messages, _ in pairs("응", "어")]
    said = answer_all(model, tokenizer, prompts)
    assert len(said) == 2 and said == answer_all(model, tokenizer, prompts)
    assert model.training and model.generation_config is settings
    assert bool((torch.random.get_rng_state() == before).all())


def test_a_prompt_longer_than_the_window_is_cut(tiny: tuple[Any, Any]) -> None:
    model, tokenizer = tiny
    window = model.config.max_position_embeddings
    long = encode_prompt(tokenizer, [Message(role="user", content="저녁에 뭐 먹을까? " * 200)])
    assert len(long) > window > NEW_TOKENS
    assert len(answer_all(model, tokenizer, [long])) == 1


def test_asking_keeps_within_its_share_of_the_time_but_never_misses_begin_and_end(tiny: tuple[Any, Any]) -> None:
    model, tokenizer = tiny
    heard = Heard()
    samples = SampleAnswers(tokenizer, pairs("응", "어", "그래"), heard)
    samples.ask(model, 0, 0.0, last=False)
    samples.seconds = FREE_SECONDS + 5
    samples.ask(model, 10, 10.0, last=False)
    samples.ask(model, 20, 1000.0, last=False)
    samples.ask(model, 30, 1.0, last=True)
    assert heard.steps == [0, 20, 30]
    samples.tell_cost(100.0)
    assert "%" in heard.texts[-1]


def test_too_little_memory_for_samples_does_not_end_the_run(tiny: tuple[Any, Any]) -> None:
    class Full:
        def parameters(self) -> Any:
            raise MemoryError

    heard = Heard()
    samples = SampleAnswers(tiny[1], pairs("응"), heard)
    samples.ask(Full(), 0, 0.0, last=False)
    samples.ask(Full(), 10, 100.0, last=True)
    assert heard.steps == [] and len(heard.texts) == 1 and "메모리" in heard.texts[0]


@pytest.mark.slow
def test_a_real_run_keeps_what_it_said_and_a_resumed_one_says_it_anew(fresh_store: Path, tmp_path: Path) -> None:
    base = make_tiny("llama", tmp_path)
    shape = {"max_steps": 4, "eval_every": 2, "log_every": 1, "max_length": 96, "quantisation": "none"}
    with open_store(fresh_store) as db:
        run, job = queued_run(db, frozen_dataset(db, rows=12), base=str(base), **shape)
        work = Work(fresh_store, job, begin(db, job))
        row = db.execute("SELECT id FROM rows").fetchone()[0]
        add_samples(db, run, 3, {row: "끊긴 시도가 남긴 말"})
        add_metrics(db, run, 3, loss=9.0)
    result = run_training(work, run)
    with open_store(fresh_store) as db:
        view = read_run_view(db, run)
        assert result["steps"] == 4 and get_run(db, run)["adapter_id"]
        assert len(view.samples) == SAMPLES
        steps = [[said["step"] for said in sample["said"]] for sample in view.samples]
        assert all(said in ([0, 4], [0, 2, 4]) for said in steps)  # a busy machine may skip the middle
        assert all(sample["target"].startswith("국수") for sample in view.samples)
        told = [line["text"] for line in read_log(db, job)]
        assert any("견본 답" in text for text in told) and any("검증 손실" in text for text in told)
        assert view.run["progress"]["since"] and view.curve.validations[0][0] == 0
