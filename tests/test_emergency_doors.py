"""An emergency is told at every door before any model says a word: the API over a socket, a bundle's file of questions, two models side by side."""

# ruff: noqa: F811  (fixtures are taken by their names)

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI
from sqlite_utils import Database

import ui.chat_talk
from engine.api import chat
from engine.api.asking import Answering
from engine.api.desk import Desk
from engine.api.errors import ApiError
from engine.api.guard import Limits
from engine.api.schemas import ChatMessage, ChatRequest
from engine.api.served import serve_what
from engine.curate.medical_answer import EMERGENCY, NOT_ASKED, SAFETY
from engine.deploy import answering
from engine.deploy.opened import Bundled
from engine.models.bases import ResolvedBase
from engine.serve.choose import Model
from engine.store.open import open_store
from tests.serving import running
from tests.talkers import Talker
from tests.talking import RUN, add_run
from tests.test_page_chat import app, db, open_chat, say, settled, shown, talkers  # noqa: F401  (fixtures)

HURTS = "가슴이 쥐어짜듯이 아프고 식은땀이 나요."
TOLD = f"{EMERGENCY}\n{NOT_ASKED}\n{SAFETY}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The recipe over a real socket."""
    folder = tmp_path_factory.mktemp("doors")
    with running(folder, "base:starter", "--recipe", "medical") as one:
        yield one


def test_over_a_socket_the_emergency_stands_alone_streamed_or_not(served: Any) -> None:
    client = OpenAI(base_url=f"{served.url}/v1", api_key=served.key, max_retries=0)
    for name in [model.id for model in client.models.list()]:
        asked: Any = {"model": name, "messages": [{"role": "user", "content": HURTS}], "max_tokens": 4}
        whole = client.chat.completions.create(**asked)
        assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == (TOLD, "stop")
        assert whole.usage and whole.usage.completion_tokens == 0
        with client.chat.completions.create(**asked, stream=True) as events:
            pieces = [one.choices[0].delta.content or "" for one in events if one.choices]
        assert "".join(pieces) == TOLD
    harmless: Any = {"model": name, "messages": [{"role": "user", "content": "무릎이 조금 뻐근해요."}], "max_tokens": 4}
    said = client.chat.completions.create(**harmless)
    assert EMERGENCY not in str(said.choices[0].message.content) and said.usage and said.usage.completion_tokens > 0


def test_over_a_socket_the_recipes_own_door_does_the_same(served: Any) -> None:
    for body in ({"question": HURTS}, {"turns": [{"role": "user", "content": HURTS}]}):
        status, told = served.post("/medical/ask", body)
        assert status == 200 and told["answer"] == TOLD and told["red_flags"] == ["가슴 통증"]
    for wrong in ({"turns": "x"}, {"turns": [{"role": "system", "content": "가"}]}, {"turns": []}, {"question": None}, {"question": 3},
                  {"question": "가?", "choices": "나"}, {"turns": [{"role": "user", "content": "가"}, {"role": "assistant", "content": "나"}]}, {}, []):  # fmt: skip
        status, told = served.post("/medical/ask", wrong)
        assert status == 400 and told["error"]["ko"] and "Error" not in told["error"]["en"], told


@pytest.mark.parametrize("name", ["base:starter", "base:starter:as-is"])
def test_no_model_need_be_in_memory_and_nobody_is_waited_for(fresh_store: Path, name: str) -> None:
    async def said(words: str) -> str:
        body = ChatRequest(model=name, messages=[ChatMessage(role="user", content=words)], stream=True)
        return "".join([event async for event in await chat.stream(answers, body)])

    async def acts() -> None:
        told = [json.loads(line[6:]) for line in (await said(HURTS)).split("\n\n")[:-2]]
        assert "".join(one["choices"][0]["delta"].get("content", "") for one in told) == TOLD
        with pytest.raises(ApiError, match="loading"):
            await said("무릎이 뻐근해요.")

    async def all_of_it() -> None:
        nonlocal answers
        answers = Answering(replace(found, shaped=True), Desk(1, 1), Limits())
        await acts()
        assert answers.desk.waiting == 0

    found, answers = serve_what(fresh_store, "base:starter", "medical", None, {}), None  # type: Any, Any
    assert name in replace(found, shaped=True).names
    asyncio.run(all_of_it())


@pytest.fixture
def bundled(fresh_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Talker]:
    """A bundle of a medical run whose model is a talker; the talkers that were asked."""
    with open_store(fresh_store) as db:
        add_run(db, recipe="medical")
        run = next(iter(db.query("SELECT * FROM runs")))
    base = ResolvedBase("starter", "folder", str(tmp_path), None)
    about = {"decoding": {}, "engine": "gguf"}
    found = Bundled(tmp_path, about, fresh_store, Model(RUN, base, None, run, "none"))
    talker = Generating(["편히 쉬세요."])
    monkeypatch.setattr(answering, "open_bundle", lambda folder: found)
    monkeypatch.setattr(answering, "open_parts", lambda bundled: (talker, None))
    return [talker]


class Generating(Talker):
    """A talker that can be asked for a whole answer."""

    def generate(self, prompts: Any, decoding: Any) -> Any:
        from engine.serve.backend import Generated

        texts = ["".join(self.stream(prompt, decoding)) for prompt in prompts]
        return [Generated(text, text, 1, 3, True) for text in texts]


def test_a_bundle_takes_what_answer_takes_and_tells_the_emergency_alone(bundled: Any, tmp_path: Path) -> None:
    rows = [
        {"id": 1, "question": HURTS},
        {"id": "둘", "turns": [{"role": "user", "content": HURTS}]},
        {"id": 3, "question": "심장은?", "choices": ["위", "간"]},
        {"id": 4, "messages": [{"role": "user", "content": HURTS}]},
    ]
    src, out = tmp_path / "q.jsonl", tmp_path / "a.jsonl"
    src.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode())
    assert answering.main(tmp_path, ["--in", str(src), "--out", str(out)]) == 0
    made = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["answer"] for row in made[:2]] == [TOLD, TOLD] and made[0]["red_flags"] == ["가슴 통증"]
    assert made[2]["answer"] == "편히 쉬세요." and "answer_index" in made[2], "choices are asked as choices"
    assert made[3]["answer"] == "편히 쉬세요.", "a whole prompt is the model's check of itself"
    assert len(bundled[0].asked) == 2


def test_beside_another_model_the_emergency_waits_for_no_side(app: Any, db: Database, talkers: Any) -> None:
    add_run(db, recipe="medical")
    talkers.waiting[:] = [Talker(["늦게"])]
    order: list[str] = []
    kept = ui.chat_talk.Conversation.answer

    def answer(self: Any) -> Any:
        order.append(self.model.name)
        yield from kept(self)

    open_chat(app, model="base:starter", beside=RUN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ui.chat_talk.Conversation, "answer", answer)
        say(app, HURTS)
    assert order == [RUN, "base:starter"]
    assert sum("119" in text for who, text in shown(app) if who == "assistant") == 1 and settled(app)
