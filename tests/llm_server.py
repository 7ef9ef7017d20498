"""A language-model server to be tested against: OpenAI's and Gemini's form, limits per key, and failures on purpose.

It answers by copying a sentence of the clause it is shown. Run alone as: python -m tests.llm_server RULES_JSON
"""

import asyncio
import contextlib
import json
import math
import random
import re
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

OPEN = "(no key)"


@dataclass
class Rules:
    """What the server does. Shares are of requests that got past the limits."""

    rates: dict[str, float] = field(default_factory=dict)
    """Key to requests a second; a key that is not named is refused, unless there is none at all."""
    burst: float = 5
    at_once: int = 1000
    latency: float = 0.02
    spread: float = 0.3
    tells: str = "retry-after"
    """retry-after, headers (and Retry-After), or nothing."""
    refused: list[str] = field(default_factory=list)
    spent: list[str] = field(default_factory=list)
    fails: float = 0
    hangs: float = 0
    cuts: float = 0
    truncates: float = 0
    garbage: float = 0
    lies: float = 0
    down: bool = False
    seed: int = 0


class Bucket:
    """One key's allowance."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst, self.level, self.at = rate, burst, burst, time.monotonic()
        self.flying = 0

    def take(self) -> float | None:
        """None: allowed; else seconds until a request is."""
        now = time.monotonic()
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level >= 1:
            self.level -= 1
            return None
        return (1 - self.level) / self.rate


class Server:
    """Serves on a port of 127.0.0.1 in a thread of its own until closed."""

    def __init__(self, rules: Rules) -> None:
        self.rules, self.rng = rules, random.Random(rules.seed)
        self.buckets = {key: Bucket(rate, rules.burst) for key, rate in rules.rates.items()}
        self.counts: Counter[str] = Counter()
        self.log: list[tuple[float, str, int]] = []
        """(monotonic time, key, status) of every request."""
        self.answered: Counter[str] = Counter()
        """How often a good answer was given for each clause."""
        self.bodies: list[dict[str, Any]] = []
        self.paths: Counter[str] = Counter()
        self.port = 0
        self.loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Server":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self.loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                path = head.split(" ", 2)[1]
                headers = {
                    k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in head.split("\r\n")[1:])
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if not await self._answer(writer, path, headers, body):
                    break
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, path: str, headers: dict[str, str], body: bytes) -> bool:
        """Answer one request; False: the connection is cut."""
        self.paths[path] += 1
        if path == "/stats":
            await self._send(writer, 200, self.stats(), {})
            return True
        key = headers.get("x-goog-api-key") or headers.get("authorization", "").removeprefix("Bearer ") or OPEN
        limited = self._limits(key)
        if limited:
            self.log.append((time.monotonic(), key, limited[0]))
            await self._send(writer, *limited)
            return True
        bucket = self.buckets.get(key)
        if bucket:
            bucket.flying += 1
        try:
            return await self._work(writer, path, key, body)
        finally:
            if bucket:
                bucket.flying -= 1

    def _limits(self, key: str) -> tuple[int, dict[str, Any], dict[str, str]] | None:
        rules, bucket = self.rules, self.buckets.get(key)
        if rules.down:
            return 503, {"error": "down"}, {}
        if key in rules.refused or (rules.rates and bucket is None):
            return 401, {"error": {"message": f"Incorrect API key provided: {key}"}}, {}
        if key in rules.spent:
            return 429, {"error": {"code": "insufficient_quota"}}, {"retry-after": "86400"}
        if bucket is None:
            return None
        if bucket.flying >= rules.at_once:
            return 429, {"error": "too many concurrent requests"}, {}
        pause = bucket.take()
        if pause is None:
            return None
        told = {} if rules.tells == "nothing" else {"retry-after": str(math.ceil(pause))}
        return 429, {"error": "rate limit"}, {**told, **self._told(bucket)}

    def _told(self, bucket: Bucket | None) -> dict[str, str]:
        if bucket is None or self.rules.tells != "headers":
            return {}
        limit = bucket.rate * 60
        return {
            "x-ratelimit-limit-requests": str(int(limit)),
            "x-ratelimit-remaining-requests": str(int(bucket.level)),
            "x-ratelimit-reset-requests": f"{(bucket.burst - bucket.level) / bucket.rate:.3f}s",
        }

    async def _work(self, writer: asyncio.StreamWriter, path: str, key: str, body: bytes) -> bool:
        rules, rng = self.rules, self.rng
        await asyncio.sleep(max(0.001, rng.gauss(rules.latency, rules.spread * rules.latency)))
        draw, status = rng.random(), 200
        for what in ("fails", "hangs", "cuts", "truncates", "garbage", "lies"):
            share = getattr(rules, what)
            if draw < share:
                break
            draw -= share
        else:
            what = "good"
        self.counts[what] += 1
        if what == "hangs":
            await asyncio.sleep(3600)
        if what == "cuts":
            self.log.append((time.monotonic(), key, 0))
            writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"choices"')
            return False
        status = 500 if what == "fails" else 200
        self.log.append((time.monotonic(), key, status))
        given = json.loads(body)
        self.bodies.append(given)
        text = self._text(given, what)
        reply = {"error": "boom"} if what == "fails" else _reply(path, text, what == "truncates")
        await self._send(writer, status, reply, self._told(self.buckets.get(key)))
        return True

    def _text(self, given: dict[str, Any], what: str) -> str:
        prompt = _prompt(given)
        clause = prompt.split("[보험약관]\n", 1)[1].split("\n\n[")[0]
        made = pair_from(clause, self.rng, lie=what == "lies")
        text = json.dumps(made, ensure_ascii=False)
        if what == "good":
            self.answered[clause] += 1
            return self.rng.choice((text, f"```json\n{text}\n```", f"네, 만들었습니다.\n{text}"))
        if what == "truncates":
            return text[: len(text) // 2]
        return "죄송하지만 만들 수 없습니다." if what == "garbage" else text

    async def _send(self, writer: asyncio.StreamWriter, status: int, body: Any, headers: dict[str, str]) -> None:
        data = json.dumps(body, ensure_ascii=False).encode()
        head = {"content-type": "application/json", "content-length": str(len(data)), **headers}
        lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in head.items())]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + data)
        await writer.drain()

    def stats(self) -> dict[str, Any]:
        """Everything that was counted."""
        return {"counts": dict(self.counts), "log": self.log, "clauses": dict(self.answered), "now": time.monotonic()}


def _prompt(given: dict[str, Any]) -> str:
    if "contents" in given:
        return str(given["contents"][-1]["parts"][0]["text"])
    return str(given["messages"][-1]["content"])


def _reply(path: str, text: str, cut: bool) -> dict[str, Any]:
    if ":generateContent" in path:
        usage = {"promptTokenCount": 300, "candidatesTokenCount": 40, "thoughtsTokenCount": 10}
        choice = {"content": {"parts": [{"text": text}]}, "finishReason": "MAX_TOKENS" if cut else "STOP"}
        return {"candidates": [choice], "usageMetadata": usage}
    usage = {"prompt_tokens": 300, "completion_tokens": 50}
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "length" if cut else "stop"}
    return {"choices": [choice], "usage": usage}


def pair_from(clause: str, rng: random.Random, lie: bool = False) -> dict[str, str]:
    """A question on one sentence of the clause, and the sentence as the answer; a lie changes its numbers."""
    sentences = [s.strip() for s in re.findall(r"[^.①②③④⑤⑥⑦\n]+다\.", clause)]
    chosen = rng.choice(sentences)
    answer = re.sub(r"\d+", lambda n: str(int(n.group()) * 3 + 7), chosen) if lie else chosen
    subject = chosen.split("은 ")[0].split("는 ")[-1] if "은 " in chosen else chosen[:12]
    return {"question": f"{subject}은 어떻게 되나요?", "answer": answer}


DISEASES = "위암 간암 폐암 뇌출혈 심근경색 골절 화상 백내장 맹장염 신부전 폐렴 천식 당뇨 통풍 녹내장 치매".split()


def invented_clauses(count: int) -> list[tuple[str, dict[str, Any]]]:
    """(text, meta) of clauses that differ in every number, four facts each. Invented."""
    made = []
    for n in range(1, count + 1):
        disease, other = DISEASES[n % len(DISEASES)], DISEASES[(n * 5 + 3) % len(DISEASES)]
        text = (
            f"제{n}조({disease} 보장 {n}호) ① {disease} 진단 보험금은 {n * 10 + 100}만원을 한 번만 지급합니다. "
            f"② {disease} 입원비는 입원 1일마다 {n + 1}만원을 지급합니다. "
            f"③ {other} 수술비는 수술 한 번에 {n * 5 + 20}만원을 지급합니다. "
            f"④ 보험금 청구 기한은 사고가 난 날부터 {n % 5 + 1}년입니다."
        )
        meta = {
            "chunk_id": f"c-{n:05d}",
            "company": "말모이생명",
            "product": f"든든보험 {n % 2 + 1}",
            "policy_type": "질병",
            "breadcrumbs": f"제1관 보장 > 제{n}조",
            "article": f"제{n}조",
            "source": "약관.pdf",
            "token_count": None,
        }
        made.append((text, meta))
    return made


if __name__ == "__main__":
    with Server(Rules(**json.loads(sys.argv[1]))) as running:
        print(json.dumps({"port": running.port, "rules": asdict(running.rules)}), flush=True)
        sys.stdin.read()  # until the one who started us goes
