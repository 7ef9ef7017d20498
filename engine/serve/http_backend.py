"""Answers from any OpenAI-compatible server. It knows nothing of recipes, runs or chats, and loads no model.

A server has no reference losses and takes no repetition penalty; of JSON schemas it may know all, only that JSON is wanted, or nothing:
that is found out at the first request and told once.
"""

import json
import logging
import random
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from typing import TYPE_CHECKING, Any

from engine.curate.row import Message
from engine.errors import UserError
from engine.models.marks import ELSEWHERE, ENDS, harmless
from engine.serve.address import Server, is_here, key_header
from engine.serve.backend import Generated
from engine.serve.decoding import Decoding
from engine.serve.limits import backoff, read_limits, retry_in_body
from engine.serve.sampling import trimmed
from engine.serve.streaming import sure_texts

if TYPE_CHECKING:
    import httpx2

AT_ONCE = 4
"""Requests in flight: a server on this machine has little use for more, a hosted one rarely refuses so few."""
TRIES = 5
LONGEST_WAIT = 60.0
"""Seconds that are waited before a server is asked again, however long it says."""
TIMEOUT = 300.0
"""Seconds for one answer: a small machine may take minutes over a long prompt."""
MOST_BYTES = 4_000_000
FORMS = ("json_schema", "json_object", None)
"""How JSON is asked for, the strictest first."""


class _Again(Exception):
    """The server failed in a way that may pass: one word for it, and how long it asks to be left alone."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.wait = reason, wait


class HttpBackend:
    """A model behind an address. Implements `Backend`; calls from several threads run side by side."""

    def __init__(self, server: Server, key: str | None, look: Callable[[str], None], timeout: float = TIMEOUT) -> None:
        """look: called with the text of every prompt before it leaves; raises UserError where it may not."""
        import httpx2

        self._server, self._look = server, look
        self._form = 0
        self._spread = random.Random()
        # On this machine no proxy is asked; a redirect is not followed: it would take the key elsewhere.
        self._client = httpx2.Client(
            headers=key_header("openai", key), trust_env=not is_here(server.address), follow_redirects=False,
            timeout=httpx2.Timeout(timeout, connect=min(10.0, timeout)),
        )  # fmt: skip

    def generate(self, prompts: Sequence[Sequence[Message]], decoding: Decoding) -> list[Generated]:
        """One answer per prompt, in order. Raises UserError when the server refuses, is gone, or answers no answer."""
        for prompt in prompts:
            self._look("\n".join(message["content"] for message in prompt))
        with ThreadPoolExecutor(AT_ONCE, "ask") as pool:
            return list(pool.map(lambda prompt: self._asked(prompt, decoding), prompts))

    def stream(self, prompt: Sequence[Message], decoding: Decoding) -> Generator[str, None, Generated]:
        """Pieces of one answer as they come. Closing the iterator closes the connection, at which servers stop."""
        self._look("\n".join(message["content"] for message in prompt))
        began, raw, ended = time.perf_counter(), "", False
        reply = self._patiently(lambda: self._opened(self._body(prompt, decoding, stream=True)), decoding)
        count = 0

        def heard(reply: "httpx2.Response") -> Iterator[str]:
            nonlocal raw, ended, count
            for piece, finish in self._pieces(reply):
                raw, count = raw + piece, count + bool(piece)
                ended = ended or finish == "stop"
                yield piece

        with closing(reply):
            yield from sure_texts(heard(reply), _ends(decoding))
        spent = round((time.perf_counter() - began) * 1000)
        return Generated(trimmed(raw, _ends(decoding)), raw, spent, count, ended)

    def losses(self, pairs: Sequence[tuple[Sequence[Message], str]]) -> list[tuple[float | None, int]]:
        """None for every pair: servers do not tell how likely a given text is."""
        return [(None, 0)] * len(pairs)

    def without_adapter(self) -> AbstractContextManager[None]:
        """Refused: what a server answers with cannot be changed from here."""
        raise UserError(
            f"서버의 모델({self._server.model})에서는 어댑터만 뺄 수 없습니다. 기반 모델을 따로 고르세요.",
            f"The adapter of a server's model ({self._server.model}) cannot be taken off. Choose the base by its own name.",
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _asked(self, prompt: Sequence[Message], decoding: Decoding) -> Generated:
        began = time.perf_counter()
        found = self._patiently(lambda: self._exchange(self._body(prompt, decoding)), decoding)
        spent = round((time.perf_counter() - began) * 1000)
        try:
            choice, usage = found["choices"][0], found.get("usage") or {}
            raw = choice["message"]["content"] or ""
            told = {name: usage.get(name) for name in ("completion_tokens", "prompt_tokens")}
            ended = choice.get("finish_reason") != "length"
            made = Generated(
                trimmed(raw, _ends(decoding)), raw, spent, told["completion_tokens"] or 0, ended, told["prompt_tokens"]
            )
        except (KeyError, TypeError, IndexError, AttributeError):
            raise self._no_answer("unreadable") from None
        return made

    def _body(self, prompt: Sequence[Message], decoding: Decoding, stream: bool = False) -> dict[str, Any]:
        """The request. Beams and penalties of ours are no part of the protocol."""
        messages = [
            {"role": "user" if one["role"] == "raw" else one["role"], "content": one["content"]}
            for one in harmless(ELSEWHERE, prompt)
        ]
        body: dict[str, Any] = {
            "model": self._server.model,
            "messages": messages,
            "temperature": decoding.temperature,
            "top_p": decoding.top_p,
            "max_tokens": decoding.max_new_tokens,
            "seed": decoding.seed,
            "stream": stream,
        }
        if decoding.stop and decoding.json_schema is None:
            body["stop"] = list(decoding.stop[:4])  # four at most, as OpenAI has it
        form = FORMS[self._form] if decoding.json_schema is not None else None
        if form == "json_schema":
            named = {"name": "answer", "schema": decoding.json_schema, "strict": True}
            body["response_format"] = {"type": form, "json_schema": named}
        elif form:
            body["response_format"] = {"type": form}
        return body

    def _patiently(self, ask: Callable[[], Any], decoding: Decoding) -> Any:
        """What `ask` gives, asked again while the server fails, and with a weaker form where it does not know the one asked for."""
        reason = ""
        for attempt in range(TRIES):
            try:
                return self._weaker(ask) if decoding.json_schema is not None else ask()
            except _Again as failed:
                reason, wait = failed.reason, failed.wait
                pause = self._spread.uniform(0, backoff(attempt, self._spread)) if wait is None else wait
            if attempt + 1 < TRIES:
                time.sleep(min(pause, LONGEST_WAIT))
        raise self._no_answer(reason)

    def _weaker(self, ask: Callable[[], Any]) -> Any:
        while True:
            form = self._form
            try:
                return ask()
            except _Refused as refused:
                if form + 1 == len(FORMS):
                    raise
                if self._form == form:
                    self._form += 1
                    told = {"json_object": "JSON이기만 하면 되게", None: "말로만"}[FORMS[self._form]]
                    logging.getLogger("malmoi").warning(
                        "서버가 %s을(를) 받지 않아(HTTP %d) %s 부탁합니다. 답이 스키마를 지키는지는 채점에서 봅니다. / The server does not take "
                        "response_format %s (HTTP %d); the next weaker form is used: %s.",
                        FORMS[form], refused.status, told, FORMS[form], refused.status, FORMS[self._form] or "none",
                    )  # fmt: skip

    def _exchange(self, body: dict[str, Any]) -> Any:
        """One request and its whole reply as JSON. Raises _Again, _Refused and UserError."""
        with closing(self._opened(body)) as reply:
            content = self._read(reply)
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise _Again("unreadable") from None

    def _opened(self, body: dict[str, Any]) -> "httpx2.Response":
        """The reply's beginning, when it is one. The server's own words are not repeated: they may hold the prompt or the key."""
        import httpx2

        request = self._client.build_request("POST", f"{self._server.address}/chat/completions", json=body)
        try:
            reply = self._client.send(request, stream=True)
        except httpx2.ConnectError:
            raise self._no_answer("no_connection") from None
        except httpx2.TimeoutException:
            raise _Again("timeout") from None
        except (httpx2.RequestError, httpx2.InvalidURL):
            raise _Again("connection_cut") from None
        if reply.status_code == 200:
            return reply
        with closing(reply):
            raise self._failure(reply.status_code, read_limits(reply.headers).retry_after, self._read(reply))

    def _read(self, reply: "httpx2.Response") -> bytes:
        import httpx2

        content = bytearray()
        try:
            for part in reply.iter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    raise self._no_answer("too_large")
        except httpx2.TimeoutException:
            raise _Again("timeout") from None
        except httpx2.RequestError:
            raise _Again("connection_cut") from None
        return bytes(content)

    def _failure(self, status: int, wait: float | None, content: bytes) -> Exception:
        """What a status that is not 200 means."""
        if status == 429 and b"insufficient_quota" not in content:
            return _Again("http_429", retry_in_body(content) if wait is None else wait)
        if (status >= 500 and status != 501) or status == 408:
            return _Again(f"http_{status}", wait)
        if status in (401, 403, 429):
            return _key_refused(self._server, status)
        return _Refused(self._server, status)

    def _pieces(self, reply: "httpx2.Response") -> Iterator[tuple[str, str | None]]:
        """(text, why it ended or None) of every event of a stream. Raises UserError when it breaks: what was said stays said."""
        import httpx2

        try:
            for line in reply.iter_lines():
                if line.startswith("data:") and line[5:].strip() != "[DONE]":
                    choices = json.loads(line[5:]).get("choices") or [{}]
                    delta = choices[0].get("delta") or {}
                    yield delta.get("content") or "", choices[0].get("finish_reason")
        except httpx2.RequestError:
            raise self._no_answer("connection_cut") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._no_answer("unreadable") from None

    def _no_answer(self, reason: str) -> UserError:
        server = self._server
        return UserError(
            f"{server.address}의 서버가 답하지 않았습니다({reason}). 서버가 켜져 있는지, 주소가 맞는지 보고 다시 하세요.",
            f"The server at {server.address} gave no answer ({reason}). See that it runs and that the address is right, then try again.",
        )


def _ends(decoding: Decoding) -> tuple[str, ...]:
    """End tokens that a server let through as text; in the texts of a JSON answer they stay."""
    return ENDS if decoding.json_schema is None else ()


class _Refused(UserError):
    """The server takes the request for wrong."""

    def __init__(self, server: Server, status: int) -> None:
        super().__init__(
            f"{server.address}의 서버가 요청을 받아들이지 않습니다(HTTP {status}). 주소와 모델 이름('{server.model}')을 확인하세요.",
            f"The server at {server.address} does not accept the request (HTTP {status}). Check the address and the model's name "
            f"('{server.model}').",
        )
        self.status = status


def _key_refused(server: Server, status: int) -> UserError:
    return UserError(
        f"{server.address}의 서버가 열쇠를 받아 주지 않았거나 쓸 몫이 없습니다(HTTP {status}). `keys set {server.key_name}`으로 열쇠를 다시 넣으세요.",
        f"The server at {server.address} refused the key, or its allowance is used up (HTTP {status}). Set it again with "
        f"`keys set {server.key_name}`.",
    )
