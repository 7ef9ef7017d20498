"""A teacher that answers: what is kept of its answers, servers that fail in every way, and that no answer is asked for twice."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.compress.distil import DistilSettings, Teacher, answered_rows, to_ask
from engine.compress.distil_run import open_teacher, run_distil
from engine.compress.teacher_answers import ask_all, flaw_of
from engine.curate.row import Message
from engine.errors import UserError
from engine.jobs.distilling import Wish, launch_distil, read_prompt_file
from engine.models.bases import resolve_base
from engine.recipes.recipe import load_recipe
from engine.serve.address import Server as Address
from engine.serve.backend import Generated
from engine.serve.choose import choose_model
from engine.serve.decoding import Decoding
from engine.serve.http_backend import HttpBackend
from engine.store.datasets import get_dataset, read_split
from engine.store.jobs import Work, get_job
from engine.store.lineage import lineage
from engine.store.open import open_store
from engine.store.runs import get_run
from tests.chat_server import ChatServer
from tests.llm_server import Rules
from tests.runs_store import begin, end, frozen_dataset, supervised_here
from tests.tiny_models import make_tiny

GREEDY = Decoding(temperature=0.0, max_new_tokens=40)
SMALL = {"max_steps": "2", "batch_size": "4", "max_length": "96", "save_every": "1"}


class Asked(ChatServer):
    """Answers with the question it was asked; counts how often each was."""

    def __init__(self, rules: Rules | None = None, bad: str = "", body: str | None = None) -> None:
        super().__init__(rules)
        self.bad, self.body = bad, body
        self.asked: Counter[str] = Counter()

    async def _work(self, writer: Any, path: str, key: str, body: bytes) -> bool:
        question = json.loads(body)["messages"][-1]["content"]
        if self.bad and self.bad in question:
            await self._send(writer, 200 if self.body else 400, self.body or {"error": "no"}, {})
            return True
        return await super()._work(writer, path, key, body)

    def _text(self, given: dict[str, Any], what: str) -> str:
        question = given["messages"][-1]["content"]
        self.asked[question] += 1
        return f"{question}에는 된장국이 좋아요."


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.serve.http_backend.LONGEST_WAIT", 0.01)


def prompts(count: int) -> list[list[Message]]:
    return [[Message(role="user", content=f"물음 {place}")] for place in range(count)]


def backend(server: Asked) -> HttpBackend:
    return HttpBackend(Address(server.url, "선생", "SERVER_API_KEY"), None, lambda text: None, 5.0)


def collected(server: Asked, count: int) -> tuple[dict[int, str], dict[int, str]]:
    """(answers, failures) by place."""
    found: dict[int, str] = {}
    failed = ask_all(backend(server), prompts(count), GREEDY, lambda at, made: found.update({at: made.text}), True)
    return found, failed


@pytest.mark.usefixtures("impatient")
def test_failures_that_pass_lose_no_answer_and_one_that_does_not_is_passed_over() -> None:
    with Asked(Rules(fails=0.2, cuts=0.1, seed=2)) as server:
        found, failed = collected(server, 20)
        assert not failed and found == {at: f"물음 {at}에는 된장국이 좋아요." for at in range(20)}
    with Asked(Rules(rates={"(no key)": 60.0}, burst=1)) as server, pytest.MonkeyPatch.context() as patient:
        patient.setattr("engine.serve.http_backend.LONGEST_WAIT", 2.0)  # a 429 says how long to wait
        assert len(collected(server, 8)[0]) == 8
        assert any(status == 429 for _, _, status in server.log)
    for body in (None, "<html>", "[1]"):
        with Asked(bad="물음 13", body=body) as server:
            found, failed = collected(server, 20)
            assert list(failed) == [13] and len(found) == 19


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_gone_ends_the_work_and_keeps_what_was_answered() -> None:
    with Asked(Rules(down=True)) as server, pytest.raises(UserError, match="http_503"):
        collected(server, 30)
    found: dict[int, str] = {}
    with Asked(bad="물음 2") as server, pytest.raises(UserError):  # 2, 20 to 29, and all of 200 to 299
        ask_all(backend(server), prompts(400), GREEDY, lambda at, made: found.update({at: made.text}), True)
    assert set(range(20)) - {2} <= set(found) and len(found) < 200
    assert sum(server.asked.values()) == len(found)  # nothing that was answered is thrown away
    with pytest.raises(UserError, match="no_connection"):
        collected(server, 3)


def said(text: str, ended: bool = True) -> Generated:
    return Generated(text, text, 1, 1, ended)


@pytest.mark.parametrize(
    ("made", "row", "flaw"),
    [
        (said("열이 나면 물을 자주 드세요."), {}, None),
        (said(" ... "), {}, "empty"),
        (said("열이 나면 물을", ended=False), {}, "cut_off"),
        (said("물을 드세요. " * 8), {}, "loop"),
        (said("죄송하지만 그 질문에는 답변드릴 수 없습니다."), {}, "refusal"),
        (said("As an AI language model, 저는 알 수 없습니다."), {}, "refusal"),
        (said("약관에 해당 내용이 없습니다."), {"target": "약관에 해당 내용이 없습니다."}, None),
        (said("죄송해서 약을 사다 드렸습니다."), {}, None),
        (said("3 더하기 4는 7입니다."), {"target": "정답: 7", "meta": {"form": "maths"}}, None),
        (said("3 더하기 4는 8입니다."), {"target": "정답: 7", "meta": {"form": "maths"}}, "wrong_number"),
        (said("아주 큽니다."), {"meta": {"form": "maths", "answer": "12"}}, "wrong_number"),
        (said("② 폐렴"), {"meta": {"choices": ["감기", "폐렴"], "answer_index": 1}}, None),
        (said("① 감기"), {"meta": {"choices": ["감기", "폐렴"], "answer_index": 1}}, "wrong_choice"),
        (said("둘 다 흔한 병입니다."), {"meta": {"choices": ["감기", "폐렴"], "answer_index": 1}}, "wrong_choice"),
    ],
)
def test_what_is_not_learned_of_an_answer(made: Generated, row: dict[str, Any], flaw: str | None) -> None:
    assert flaw_of(made, row) == flaw


class Speaker:
    """A teacher on this machine that says what it is told to, and may be killed after some answers."""

    def __init__(self, says: Sequence[str]) -> None:
        self.says, self.asked = says, list[str]()

    def generate(self, asked: Sequence[Sequence[Message]], decoding: Decoding) -> list[Generated]:
        self.asked += [one[-1]["content"] for one in asked]
        return [said(self.says[place % len(self.says)]) for place, _ in enumerate(asked)]

    def close(self) -> None:
        """Nothing is held."""


def test_rows_take_good_answers_and_keep_their_own_otherwise() -> None:
    rows = [{"messages": prompts(1)[0], "target": f"본래 {place}", "meta": {}} for place in range(4)]
    speaker = Speaker(["좋은 답입니다.", " "])
    teacher = Teacher("t", lambda: speaker, resolve_base("starter"))  # type: ignore[arg-type, return-value]
    taught, tally = answered_rows(teacher, {"train": rows, "validation": rows[:1]}, DistilSettings())
    assert [row["target"] for row in taught["train"]] == ["좋은 답입니다.", "본래 1", "좋은 답입니다.", "본래 3"]
    assert taught["validation"] == rows[:1] and rows[0]["target"] == "본래 0"
    assert tally == {"asked": 4, "kept": 2, "kept_share": 0.5, "rejected": {"empty": 2}, "unanswered": 0}
    marked = [
        {**row, "meta": {"bucket": bucket}}
        for row, bucket in zip(rows, "base distil domain distil".split(), strict=True)
    ]
    assert to_ask(marked) == [1, 3] and to_ask(rows) == [0, 1, 2, 3]


@pytest.fixture
def student(tmp_path: Path) -> Path:
    return make_tiny("llama", tmp_path / "student")


@pytest.fixture
def store(fresh_store: Path) -> Iterator[Path]:
    with open_store(fresh_store) as db:
        supervised_here(db)
    yield fresh_store


def launched(store: Path, **wish: Any) -> tuple[str, str, Work, dict[str, Any]]:
    """(run, job, the worker's hold on it, the job's arguments)."""
    with open_store(store) as db:
        dataset = frozen_dataset(db, rows=24)
    begun = launch_distil(store, load_recipe("persona"), Wish(dataset_id=dataset, sets=SMALL, **wish))
    with open_store(store) as db:
        token = begin(db, begun.job_id)
        return begun.run_id, begun.job_id, Work(store, begun.job_id, token), get_job(db, begun.job_id)["args"]


@pytest.mark.usefixtures("impatient")
def test_a_teacher_over_http_is_asked_once_for_each_row_however_often_the_work_is_broken_off(
    store: Path, student: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "mine.jsonl"
    own.write_text('{"prompt": "내 물음"}\n{"turns": [{"role": "user", "content": "두 번째"}]}\n', encoding="utf-8")
    with Asked(Rules(fails=0.1, seed=5)) as server:
        run, _, work, args = launched(store, teacher=f"{server.url}#선생", student=str(student), prompts=own)
        server.asked.clear()  # the greeting
        answered: list[int] = []

        def killed(**facts: Any) -> None:
            answered.append(1)
            if facts.get("what") == "distil" and len(answered) in (3, 9):
                raise RuntimeError("killed")

        monkeypatch.setattr(work, "progress", killed)
        for _ in range(2):
            with pytest.raises(RuntimeError, match="killed"):
                run_distil(work, args)
        with open_store(store) as db:
            kept = db.execute("SELECT count(*) FROM dataset_rows WHERE split = 'train' AND dataset_id IN "
                              "(SELECT id FROM datasets WHERE state = 'building')").fetchone()[0]  # fmt: skip
        assert kept >= 9
        result = run_distil(work, args)
        again = {question: times for question, times in server.asked.items() if times > 1}
        assert (
            len(again) <= 2 * 4
        )  # of what was on its way when it was killed; what was written down is never asked again
        assert result["asked"] == result["kept"] == 14 and result["how"] == "sequences" and result["steps"] == 2
    with open_store(store) as db:
        dataset = get_dataset(db, result["dataset_id"])
        assert dataset["counts"] == {"train": 14, "validation": 12, "test": 0} and dataset["masked"]
        rows = list(read_split(db, dataset["id"], "train"))
        assert all(
            row["target"].endswith("된장국이 좋아요.") and row["meta"]["teacher"].endswith("#선생") for row in rows
        )
        assert get_run(db, run)["adapter_id"] == result["artifact_id"]
        above = {node["id"] for node in lineage(db, run)["ancestors"]}
        assert {dataset["id"], args["dataset"]} <= above
        told = choose_model(db, run)
    assert told.whole_id == result["artifact_id"]
    assert run_distil(work, args) == result  # killed after its end: nothing is done again


def test_a_killed_training_goes_on_from_its_checkpoint(
    store: Path, student: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.train import store_events

    run, _, work, args = launched(store, teacher=f"base:{student}", student=str(student))
    assert args["how"] == "logits"
    real, seen = store_events.StoreEvents.checkpoint, list[int]()

    def once(events: Any, folder: Path, step: int, best: bool) -> None:
        real(events, folder, step, best)
        seen.append(step)
        if len(seen) == 1:
            raise RuntimeError("killed")

    monkeypatch.setattr(store_events.StoreEvents, "checkpoint", once)
    with pytest.raises(RuntimeError, match="killed"):
        run_distil(work, args)
    result = run_distil(work, args)
    assert seen == [1, 2] and result["steps"] == 2 and result["how"] == "logits"
    assert result["student_parameters"] == result["teacher_parameters"]
    with open_store(store) as db:
        assert get_run(db, run)["result"] == result


def test_the_student_is_cut_from_a_run_and_names_it(store: Path, tmp_path: Path) -> None:
    begun, job, work, args = launched(store, teacher="base:starter", keep=0.7)
    result = run_distil(work, args)
    assert 0.6 < result["student_parameters"] / result["teacher_parameters"] < 0.8
    with open_store(store) as db:
        end(db, job, work.token)
        teacher = open_teacher(store, choose_model(db, begun))
    assert teacher.parameters == result["student_parameters"]
    second, *_ = launched(store, teacher=begun, student="starter")  # larger than its teacher: told, not refused
    with open_store(store) as db:
        assert begun in {node["id"] for node in lineage(db, second)["ancestors"]}


def test_what_cannot_be_is_told_before_anything_is_queued(store: Path, student: Path, tmp_path: Path) -> None:
    other = make_tiny("qwen2", tmp_path / "other")
    encoder = make_tiny("bart", tmp_path / "encoder")
    for wish, told in (
        ({"teacher": f"base:{other}", "student": str(student), "how": "logits"}, "different tokenizers"),
        ({"teacher": f"base:{encoder}", "student": str(student), "how": "logits"}, "encoder-decoder"),
        ({"teacher": "http://127.0.0.1:9/v1#x", "student": str(student)}, "no_connection"),
        ({"teacher": "http://127.0.0.1:9/v1#x", "student": str(student), "how": "logits"}, "on a server"),
        ({"teacher": "http://127.0.0.1:9/v1#x", "keep": 0.5}, "not here"),
        ({"teacher": "base:starter", "keep": 1.5}, "between 0 and 1"),
        ({"teacher": "base:starter", "keep": 0.5, "student": "starter"}, "cannot go together"),
        ({"teacher": "run-none"}, "run-none"),
        ({"teacher": "base:starter+base:starter-seq2seq"}, "one model"),
        ({"teacher": "base:starter", "prompts": tmp_path / "none.jsonl"}, "do not exist"),
    ):
        with pytest.raises(UserError) as refused:
            launched(store, **wish)
        assert told in refused.value.en, (wish, refused.value.en)
    with open_store(store) as db:
        assert not db.execute("SELECT count(*) FROM runs").fetchone()[0]
        assert not db.execute("SELECT count(*) FROM jobs").fetchone()[0]
    run, *_ = launched(store, teacher=f"base:{other}", student=str(student))
    assert run


@pytest.mark.parametrize(
    "line", ["{", '{"x": 1}', '{"prompt": " "}', '{"prompt": null}', '{"turns": []}', "3", '{"turns": [{"role": "assistant", "content": "가"}]}',
             '{"turns": [{"role": "root", "content": "가"}]}', '{"prompt": "\\ud800"}', "[" * 5000]
)  # fmt: skip
def test_prompts_that_cannot_be_read_name_their_line(line: str, tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    file.write_text(f'{{"prompt": "좋은 것"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(UserError, match="2번째 줄"):
        read_prompt_file(file, load_recipe("persona"), {})


def test_personal_rows_do_not_leave_the_machine(store: Path, student: Path, tmp_path: Path) -> None:
    own = tmp_path / "mine.jsonl"
    own.write_text('{"prompt": "제 번호는 010-1234-5678이에요"}\n', encoding="utf-8")
    for teacher in ("https://teacher.example/v1#x", "base:starter"):  # nor come in beside masked material
        with pytest.raises(UserError, match="개인정보"):
            launched(store, teacher=teacher, student=str(student), prompts=own)
