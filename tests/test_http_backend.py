"""A model on a server: answers, streams, failures that pass and failures that do not, keys, and what may leave the machine."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.claims.verdict import SCHEMA
from engine.errors import UserError
from engine.serve.address import Server
from engine.serve.choose import choose_model, open_model
from engine.serve.decoding import Decoding
from engine.serve.http_backend import HttpBackend
from engine.store.open import open_store
from tests.chat_server import JUDGED, ChatServer
from tests.llm_server import Rules

ASKED = [[{"role": "user", "content": f"물음 {n}"}] for n in range(6)]
FREE = Decoding(temperature=0.0, max_new_tokens=40)
JSON = Decoding(temperature=0.0, max_new_tokens=400, json_schema=SCHEMA)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.serve.http_backend.LONGEST_WAIT", 0.01)


def backend(address: str, key: str | None = None, timeout: float = 20.0) -> HttpBackend:
    return HttpBackend(Server(address, "모델-1", "SERVER_API_KEY"), key, lambda text: None, timeout)


def test_a_model_named_by_its_address_answers_streams_and_is_asked_as_told(fresh_store: Path) -> None:
    with ChatServer() as server, open_store(fresh_store) as db:
        model = choose_model(db, f"{server.url}#모델-1")
        made = open_model(fresh_store, model)
        answers = made.generate(ASKED, FREE.model_copy(update={"stop": ("끝",), "seed": 7}))
        assert [one.text for one in answers] == ["네, 알겠습니다."] * 6
        assert answers[0].ended and answers[0].new_tokens == 50 and answers[0].prompt_tokens == 300
        assert "".join(made.stream(ASKED[0], FREE)) == "네, 알겠습니다."
        body = server.bodies[0]
        assert (body["model"], body["max_tokens"], body["stop"], body["seed"]) == ("모델-1", 40, ["끝"], 7)
        assert made.losses([(ASKED[0], "네")]) == [(None, 0)]
        assert model.name == f"{server.url}#모델-1" and model.run is None
        made.close()


def test_json_is_asked_for_as_strictly_as_the_server_knows(caplog: pytest.LogCaptureFixture) -> None:
    for knows, forms in ((("json_schema",), ["json_schema"]), (("json_object",), ["json_schema", "json_object"])):
        with ChatServer(knows=knows) as server:
            assert json.loads(backend(server.url).generate(ASKED[:1], JSON)[0].text) == JUDGED
            assert [body["response_format"]["type"] for body in server.bodies] == forms
    assert server.bodies[0]["response_format"]["json_schema"]["schema"] == SCHEMA
    caplog.clear()
    with ChatServer(knows=()) as server, caplog.at_level(logging.WARNING, "malmoi"):
        made = backend(server.url)
        assert [made.generate(ASKED[:1], JSON)[0].text for _ in range(2)] == ["네, 알겠습니다."] * 2
        assert "response_format" not in server.bodies[-1] and len(server.bodies) == 4
    assert len(caplog.records) == 2


@pytest.mark.usefixtures("impatient")
def test_failures_that_pass_cost_no_answer() -> None:
    with ChatServer(Rules(fails=0.2, cuts=0.2, seed=3)) as server:
        assert [one.text for one in backend(server.url).generate(ASKED * 3, FREE)] == ["네, 알겠습니다."] * 18
        assert server.counts["fails"] + server.counts["cuts"] > 2
    with ChatServer(Rules(rates={"열쇠": 40.0}, burst=2)) as server:
        assert len(backend(server.url, "nokey").generate([], FREE)) == 0


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("rules", "key", "told"),
    [
        (Rules(down=True), None, "gave no answer (http_503)"),
        (Rules(rates={"right": 9.0}), "wrong-secret", "keys set SERVER_API_KEY"),
        (Rules(spent=["spent-secret"]), "spent-secret", "allowance is used up"),
        (Rules(hangs=1.0), None, "(timeout)"),
    ],
)
def test_failures_that_stay_are_told_without_the_key(rules: Rules, key: str | None, told: str) -> None:
    with ChatServer(rules) as server, pytest.raises(UserError) as refused:
        backend(server.url, key, timeout=0.2).generate(ASKED[:1], FREE)
    assert told in refused.value.en and "secret" not in str(refused.value)


def test_nobody_there_is_told_at_once() -> None:
    with pytest.raises(UserError, match="no_connection"):
        backend("http://127.0.0.1:9").generate(ASKED[:1], FREE)


def test_a_closed_stream_leaves_the_backend_usable() -> None:
    with ChatServer() as server:
        made = backend(server.url)
        stream: Iterator[str] = made.stream(ASKED[0], FREE)
        assert next(stream)
        stream.close()  # type: ignore[attr-defined]
        assert made.generate(ASKED[:1], FREE)[0].text == "네, 알겠습니다."


@pytest.mark.parametrize(
    "name",
    [
        "api:nobody/model",
        "api:openai/",
        "http://127.0.0.1:80/v1",
        "http://elsewhere.example/v1#m",
        "https://k:p@x.example#m",
    ],
)
def test_names_that_are_no_server_are_refused(fresh_store: Path, name: str) -> None:
    with open_store(fresh_store) as db, pytest.raises(UserError):
        choose_model(db, name)


def test_what_is_surely_personal_does_not_leave_the_machine(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        model = choose_model(db, "https://elsewhere.example/v1#m")
    with pytest.raises(UserError) as refused:
        open_model(fresh_store, model).generate([[{"role": "user", "content": "제 번호는 010-1234-5678입니다."}]], FREE)
    assert "PHONE" in refused.value.en and "1234" not in str(refused.value)
