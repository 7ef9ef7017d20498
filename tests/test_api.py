"""`serve` as a real process, asked by OpenAI's official client and by hostile ones."""

import base64
import json
import re
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import AuthenticationError, BadRequestError, NotFoundError, OpenAI

from tests.serving import Running, hostile_bodies, running, stopped

MODEL = "base:starter"
CASE = {"claim": "몸체; 및 상기 몸체에 결합되는 손잡이를 포함하는 컵.", "product": "손잡이가 달린 머그컵이다."}
SECRET = "비밀스러운 말"
TEXT: Any = {"type": "text"}
"""Not the JSON in which the patent recipe answers when nothing is asked for."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("served"), MODEL, "--recipe", "patent", "--per-minute", "100000") as one:
        yield one


@pytest.fixture(scope="module")
def client(server: Running) -> OpenAI:
    return OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0)


def said(*texts: str) -> Any:
    return [{"role": "user" if i % 2 == 0 else "assistant", "content": text} for i, text in enumerate(texts)]


def test_models_are_listed(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]


def test_an_answer_and_its_stream_are_the_same(client: OpenAI) -> None:
    asked: dict[str, Any] = {"model": MODEL, "messages": said("오늘 저녁 뭐 먹을까?"), "max_tokens": 30, "seed": 7}
    asked["response_format"] = TEXT
    whole = client.chat.completions.create(**asked)
    with client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}) as events:
        chunks = list(events)
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(pieces) == whole.choices[0].message.content
    assert len([piece for piece in pieces if piece]) > 1
    assert chunks[-1].usage == whole.usage and whole.usage and whole.usage.completion_tokens > 0
    reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    assert [reason for reason in reasons if reason] == [whole.choices[0].finish_reason]


def test_length_stop_and_seed_are_kept(client: OpenAI) -> None:
    def ask(**more: Any) -> Any:
        asked: dict[str, Any] = {"model": MODEL, "messages": said("주말에 뭐 할까?"), "response_format": TEXT, **more}
        return client.chat.completions.create(**asked).choices[0]

    short = ask(max_completion_tokens=2, temperature=0)
    assert short.finish_reason == "length"
    long = ask(max_tokens=20, temperature=0)
    first = long.message.content[1]
    assert first not in ask(max_tokens=20, temperature=0, stop=[first]).message.content
    assert ask(max_tokens=20, seed=3).message.content == ask(max_tokens=20, seed=3).message.content
    assert len({ask(max_tokens=20, seed=seed, temperature=1.5).message.content for seed in range(4)}) > 1


def test_fields_and_parts_as_clients_send_them(client: OpenAI) -> None:
    parts: Any = [
        {"role": "developer", "content": "짧게 답해."},
        {"role": "user", "content": [{"type": "text", "text": "안녕"}, {"type": "text", "text": "뭐해?"}]},
    ]
    told = client.chat.completions.create(
        model=MODEL, messages=parts, max_tokens=5, user="u1", metadata={"a": "b"}, presence_penalty=0.5, top_p=0, n=1,
        response_format=TEXT,
        extra_body={"some_new_field": {"x": 1}, "repetition_penalty": 1.2},
    )  # fmt: skip
    assert told.choices[0].message.role == "assistant"


def test_a_schema_is_kept_to(client: OpenAI) -> None:
    schema = {
        "type": "object",
        "properties": {"답": {"enum": ["예", "아니오"]}},
        "required": ["답"],
        "additionalProperties": False,
    }
    form: Any = {"type": "json_schema", "json_schema": {"name": "yes", "schema": schema, "strict": True}}
    told = client.chat.completions.create(model=MODEL, messages=said("비 와?"), response_format=form, max_tokens=40)
    assert json.loads(told.choices[0].message.content or "")["답"] in ("예", "아니오")
    free: Any = {"type": "json_object"}
    told = client.chat.completions.create(model=MODEL, messages=said("비 와?"), response_format=free, max_tokens=60)
    assert isinstance(json.loads(told.choices[0].message.content or ""), dict)


def test_the_client_meets_its_own_errors(server: Running, client: OpenAI) -> None:
    with pytest.raises(NotFoundError, match="base:starter"):
        client.chat.completions.create(model="gpt-4o", messages=said("안녕"))
    with pytest.raises(BadRequestError) as refused:
        client.chat.completions.create(model=MODEL, messages=said("안녕"), temperature=5)
    with pytest.raises(BadRequestError, match="max_new_tokens"):  # the recipe's JSON does not fit into so few
        client.chat.completions.create(model=MODEL, messages=said("안녕"), max_tokens=5)
    assert refused.value.param == "temperature" and refused.value.code == "invalid_value"
    with pytest.raises(AuthenticationError):
        OpenAI(base_url=f"{server.url}/v1", api_key="mm-" + "x" * 43, max_retries=0).models.list()


def test_a_case_is_judged(server: Running) -> None:
    status, verdict = server.post("/patent/judge", CASE)
    assert status == 200 and verdict["valid"] and verdict["errors"] == []
    assert verdict["risk_level"] in ("높음", "애매", "낮음")
    assert {one["match"] for one in verdict["comparisons"]} <= {"일치", "불일치", "불명확"}
    assert "법률 자문이 아닙니다" in verdict["not_legal_advice"]


def test_half_a_claim_is_not_judged(server: Running) -> None:
    status, told = server.post("/patent/judge", {**CASE, "claim": "몸체를 포함하는 컵. " * 800})
    assert (status, told["error"]["code"]) == (400, "context_length_exceeded")
    status, told = server.post("/patent/judge", {**CASE, "claim": "가" * 40_000})
    assert (status, told["error"]["code"]) == (413, "prompt_too_long")


@pytest.mark.parametrize(("fields", "param"), [({"claim": "a"}, "product"), ({**CASE, "claim": ""}, "claim"), ({**CASE, "product": 5}, "product"), ({**CASE, "claim": None}, "claim")])  # fmt: skip
def test_what_is_no_case_is_refused(server: Running, fields: dict[str, Any], param: str) -> None:
    status, told = server.post("/patent/judge", fields)
    assert (status, told["error"]["param"]) == (400, param)


@pytest.mark.parametrize(("what", "body"), hostile_bodies(MODEL), ids=[what for what, _ in hostile_bodies(MODEL)])
def test_hostile_bodies_are_refused_in_form(server: Running, what: str, body: bytes) -> None:
    status, told = server.post("/v1/chat/completions", body)
    assert 400 <= status < 500, told
    assert set(told["error"]) == {"message", "type", "param", "code", "ko", "en"}
    assert "Traceback" not in json.dumps(told)


def test_addresses_methods_and_kinds(server: Running) -> None:
    key = {"Authorization": f"Bearer {server.key}"}
    assert server.call("GET", "/nowhere", None, key)[1]["error"]["code"] == "unknown_url"
    assert server.call("GET", "/v1/chat/completions", None, key)[0] == 405
    assert server.call("POST", "/v1/chat/completions", b"a=b", {**key, "Content-Type": "text/plain"})[0] == 415
    assert server.post("/v1/chat/completions", b"x" * 1_100_000)[0] == 413
    assert server.call("GET", "/health", None, {"Host": "evil.example"})[0] == 403
    assert server.call("OPTIONS", "/v1/models", None, {**key, "Origin": "https://evil.example"})[0] == 405


def test_everything_but_health_asks_for_the_key(server: Running) -> None:
    status, health = server.call("GET", "/health", None, {})
    assert (status, health["ready"], health["model"]) == (200, True, MODEL)
    for path in ("/v1/models", "/docs", "/openapi.json", "/docs/ui.js", "/nowhere", "/"):
        assert server.call("GET", path, None, {})[0] == 401, path
    basic = {"Authorization": "Basic " + base64.b64encode(f"me:{server.key}".encode()).decode()}
    assert server.call("GET", "/v1/models", None, basic)[0] == 401
    assert "/patent/judge" in server.call("GET", "/openapi.json", None, basic)[1]["paths"]


def test_the_documentation_loads_nothing_from_elsewhere(server: Running) -> None:
    basic = "Basic " + base64.b64encode(f"me:{server.key}".encode()).decode()
    request = urllib.request.Request(f"{server.url}/docs", headers={"Authorization": basic})
    with urllib.request.urlopen(request) as reply:
        page, policy = reply.read().decode(), reply.headers["content-security-policy"]
    assert "://" not in page and "default-src 'none'" in policy and "connect-src 'self'" in policy


def test_pipelined_requests_are_answered_in_order(server: Running) -> None:
    host = server.url.removeprefix("http://")
    one = f"GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n"
    last = f"GET /v1/models HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host.split(":")[0], int(host.split(":")[1])), timeout=30) as wire:
        wire.sendall((one * 3 + last).encode())
        got = b"".join(iter(lambda: wire.recv(65536), b""))
    assert re.findall(rb"HTTP/1\.1 (\d+)", got) == [b"200", b"200", b"200", b"401"]


def test_one_who_leaves_stops_the_model(server: Running, client: OpenAI) -> None:
    """A schema of a long list keeps the model busy; the next one does not wait for it."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "array", "minItems": 200, "items": {"type": "integer"}}},
        "required": ["a"],
    }
    form: Any = {"type": "json_schema", "json_schema": {"name": "long", "schema": schema}}
    events = client.chat.completions.create(
        model=MODEL, messages=said("세어 줘"), response_format=form, max_tokens=900, stream=True
    )
    next(iter(events))
    events.close()
    told = client.chat.completions.create(model=MODEL, messages=said("안녕"), max_tokens=3, response_format=TEXT)
    assert told.usage and "POST /v1/chat/completions" in server.log


def test_no_word_and_no_key_stands_in_log_or_store(server: Running, client: OpenAI) -> None:
    client.chat.completions.create(model=MODEL, messages=said(SECRET), max_tokens=3, response_format=TEXT)
    server.post("/v1/chat/completions", {"model": SECRET, "messages": said(SECRET)})
    server.call("GET", "/" + "secret-words", None, {"Authorization": f"Bearer {server.key}"})
    log = server.log
    told = log.split("\n", 1)[1]  # behind the line that showed the key
    assert SECRET not in log and server.key not in told and "secret-words" not in log and "Traceback" not in log
    for file in server.log_file.parent.glob("served.db*"):
        assert server.key.encode() not in file.read_bytes()


def test_it_ends_at_a_signal_and_tells_what_it_did(tmp_path: Path) -> None:
    key = "k" * 40
    with running(tmp_path, MODEL, env={"MALMOI_API_KEY": key}) as server:
        assert server.ready["key"] is None and server.ready["endpoint"] is None
        server.key = key
        assert server.call("GET", "/v1/models", None, {"Authorization": f"Bearer {key}"})[0] == 200
        status, told = stopped(server)
    assert status == 0 and told["requests"] == 1 and told["url"] == server.url
    assert key not in server.log
