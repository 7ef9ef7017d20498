"""Many questions in flight to a server, each by the key that is ready first. What keys bear is learned in pace.py.

An answer is judged on the same thread that sends: an accepted pair lies in the store before the next thing happens. A server
that fails costs a pair none of its tries; after FAILURES of them it is put off until the generation is resumed.
"""

import asyncio
import heapq
import math
import random
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.errors import Stopped, UserError
from engine.generate.desk import Desk
from engine.generate.key_pool import Key, KeyPool, read_keys
from engine.generate.providers import Reply, Unreadable, endpoint, read_reply, request_body
from engine.serve.address import is_here, key_header
from engine.serve.limits import Told, backoff, read_limits, retry_in_body
from engine.store.generations import Wanted, keys_of

if TYPE_CHECKING:
    import httpx2

FAILURES = 5
"""Failures of the server for one pair, as in the spec: then it is put off."""
SILENT_AFTER = 40
"""Failures in a row, over all keys, after which the server counts as gone."""
NEVER = 5
"""The same while nothing was answered yet: the address is wrong, or nobody is there."""
REFUSED_AFTER = 8
"""Requests in a row that the server calls wrong (400, 404 …) before any was answered."""
LOOK_SECONDS = 2.0
"""Between two looks at the keys and at whether somebody asked to stop."""
MOST_BYTES = 1_000_000
"""Of a reply that is read."""
FINISH_SECONDS = 20.0
"""How long answers on their way are waited for when the owner pauses: they are paid for."""


class Hung(Exception):
    """The server failed, in one word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply as it came: status, headers' limits, body."""

    status: int
    told: Told
    body: bytes


def generate_over_http(desk: Desk) -> None:
    """Ask until nothing is open. Raises Stopped when the owner asked to, UserError when no key or no server is left."""
    asyncio.run(_Run(desk).all())


class _Run:
    """One run of the loop."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.options = desk, desk.options
        self.spread = random.Random()
        self.url = endpoint(desk.options)
        self.pool = KeyPool(desk.options.provider, desk.options.in_flight, self.spread)
        self.later: list[tuple[float, int, Wanted]] = []
        self.failures: dict[int, int] = {}
        self.failed_in_row = self.wrong_in_row = 0
        self.any_answer = False
        self.tasks: set[asyncio.Task[None]] = set()
        self.woken = asyncio.Event()
        self.broken: BaseException | None = None
        self.looked_at = -math.inf

    async def all(self) -> None:
        """Send, wait, look around, until nothing is open and nothing in flight."""
        import httpx2

        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=256)
        timeout = httpx2.Timeout(self.options.timeout, connect=min(10.0, self.options.timeout), pool=None)
        # On this machine no proxy is asked; a redirect is not followed: it would take the key elsewhere.
        async with httpx2.AsyncClient(
            limits=limits, timeout=timeout, trust_env=not is_here(self.url), follow_redirects=False
        ) as client:
            try:
                while await self._step(client):
                    pass
            finally:
                for task in self.tasks:
                    task.cancel()
                await asyncio.gather(*self.tasks, return_exceptions=True)
                self.desk.show(self._keys_told(), now=True)

    async def _step(self, client: "httpx2.AsyncClient") -> bool:
        """One request sent, or one wait; False when all is done."""
        if self.broken is not None:
            raise self.broken
        now = time.monotonic()
        if now - self.looked_at >= LOOK_SECONDS:
            self.looked_at = now
            await self._look_around(now)
        self.desk.show(self._keys_told())
        key, pause = self.pool.next_ready(now)
        wanted = self._next(now) if key else None
        if key and wanted:
            self._send(client, key, wanted, now)
            await asyncio.sleep(0)
            return True
        if not self.tasks and not self.later and not self.desk.any_open():
            return False
        until = self.later[0][0] - now if self.later and key else pause
        await self._rest(min(max(until, 0.001), 0.5))
        return True

    async def _rest(self, seconds: float) -> None:
        """Until an answer comes, at most so long."""
        self.woken.clear()
        try:
            async with asyncio.timeout(seconds):
                await self.woken.wait()
        except TimeoutError:
            return

    def _next(self, now: float) -> Wanted | None:
        """A pair whose time to be asked again has come, else a new one."""
        if self.later and self.later[0][0] <= now:
            return heapq.heappop(self.later)[2]
        return self.desk.take()

    def _again(self, wanted: Wanted, at: float) -> None:
        heapq.heappush(self.later, (at, wanted.ord, wanted))

    # Around the requests

    async def _look_around(self, now: float) -> None:
        """Whether to stop, which keys there are, whether any is left."""
        if asked := self.desk.work.stop_asked():
            if asked == "save" and self.tasks:
                await asyncio.wait(self.tasks, timeout=FINISH_SECONDS)
            raise Stopped(saved=asked == "save")
        self._renew_keys(now)
        spent = self.pool.set_aside_spent(now)
        if not self.pool.usable() and not self.tasks:
            raise self._no_key_left(len(spent))

    def _renew_keys(self, now: float) -> None:
        """Keys as they are now; a file that cannot be read at this moment leaves those that are there."""
        try:
            found = read_keys(self.options.provider, keys_of(self.desk.db, self.desk.id))
        except UserError as error:
            if not self.pool.keys:
                raise
            self.desk.work.log(error.ko, "warning")
            return
        before = set(self.pool.keys)
        self.pool.renew(found, now)
        if before and (new := set(self.pool.keys) - before):
            self.desk.work.log(f"새 열쇠 {len(new)}개를 씁니다: {', '.join(sorted(new))}")

    def _no_key_left(self, spent: int) -> UserError:
        labels = ", ".join(f"{key.label}({key.state})" for key in self.pool.keys.values())
        job = self.desk.work.job_id
        return UserError(
            f"쓸 수 있는 열쇠가 남지 않았습니다: {labels}. 서버가 거절했거나(refused), 오늘 몫을 다 썼거나(spent), 목록에서 빠졌습니다(removed). 열쇠를 고치거나 더한 뒤 "
            f"`resume {job}`로 이어 하세요. 받은 답은 모두 남아 있습니다.",
            f"No key is left to use: {labels}. The server refused them (refused), their day's allowance is used up (spent), or they are off the list (removed). "
            f"Mend or add keys, then continue with `resume {job}`. Every accepted pair is kept.",
        )

    def _keys_told(self) -> list[dict[str, Any]]:
        now = time.monotonic()
        return [key.told(now) for key in self.pool.keys.values()]

    # One request

    def _send(self, client: "httpx2.AsyncClient", key: Key, wanted: Wanted, now: float) -> None:
        beside = key.pace.sent(now)
        task = asyncio.create_task(self._ask(client, key, wanted, now, beside))
        self.tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.broken = task.exception()
        self.woken.set()

    async def _ask(self, client: "httpx2.AsyncClient", key: Key, wanted: Wanted, sent_at: float, beside: int) -> None:
        try:
            answered = await self._exchange(client, key, self.desk.prompt(wanted))
        except Hung as hung:
            key.pace.failed(time.monotonic(), sent_at, None)
            self._server_failed(key, wanted, hung.reason, sent_at)
            return
        except asyncio.CancelledError:
            key.pace.dropped()
            raise
        self._receive(key, wanted, answered, sent_at, beside)

    async def _exchange(self, client: "httpx2.AsyncClient", key: Key, prompt: Any) -> Answered:
        """Send and read, within the time an answer may take. Raises Hung."""
        import httpx2

        headers = {"content-type": "application/json", **key_header(self.options.provider, key.value)}
        try:
            async with (
                asyncio.timeout(self.options.timeout + 5),
                client.stream("POST", self.url, content=request_body(prompt, self.options), headers=headers) as reply,
            ):
                body = bytearray()
                async for part in reply.aiter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise Hung("too_large")
                return Answered(reply.status_code, read_limits(reply.headers), bytes(body))
        except (TimeoutError, httpx2.TimeoutException):
            raise Hung("timeout") from None
        except httpx2.ConnectError:
            raise Hung("no_connection") from None
        except (httpx2.RequestError, httpx2.InvalidURL):  # their text may hold headers: it is not repeated
            raise Hung("connection_cut") from None

    def _receive(self, key: Key, wanted: Wanted, got: Answered, sent_at: float, beside: int) -> None:
        now = time.monotonic()
        if got.status == 200:
            self._answer(key, wanted, got, sent_at, beside)
        elif got.status == 429:
            crowded = b"concurren" in got.body.lower()
            told = got.told
            if told.retry_after is None:
                told = replace(told, retry_after=retry_in_body(got.body))
            key.pace.limited(now, sent_at, beside, told, crowded)
            self.desk.note(wanted, key.label, "rate_limited", None, now - sent_at)
            if b"insufficient_quota" in got.body:
                self._set_aside(key, "spent")
            self._again(wanted, now)
        elif got.status in (401, 403) or (got.status == 400 and b"API_KEY_INVALID" in got.body):
            key.pace.dropped()
            self.desk.note(wanted, key.label, "key_refused", str(got.status), now - sent_at)
            self._set_aside(key, "refused")
            self._again(wanted, now)
        elif got.status >= 500 or got.status == 408:
            key.pace.failed(now, sent_at, got.told.retry_after)
            self._server_failed(key, wanted, f"http_{got.status}", sent_at)
        else:
            key.pace.dropped()
            self._called_wrong(key, wanted, got.status, sent_at)

    def _answer(self, key: Key, wanted: Wanted, got: Answered, sent_at: float, beside: int) -> None:
        now = time.monotonic()
        try:
            reply: Reply = read_reply(self.options.provider, got.body)
        except Unreadable:
            key.pace.failed(now, sent_at, None)
            self._server_failed(key, wanted, "unreadable", sent_at)
            return
        used = None if reply.tokens_in is None else reply.tokens_in + (reply.tokens_out or 0)
        key.pace.succeeded(now, sent_at, beside, got.told, used)
        self.failed_in_row = self.wrong_in_row = 0
        self.any_answer = True
        tokens = (reply.tokens_in, reply.tokens_out)
        again = self.desk.settle(wanted, key.label, reply.text, ended=reply.ended, tokens=tokens, took=now - sent_at)
        if again:
            self._again(again, now)

    def _set_aside(self, key: Key, state: Any) -> None:
        if key.state == "used":
            key.state = state
            why = "서버가 거절했습니다" if state == "refused" else "쓸 수 있는 몫을 다 썼습니다"
            self.desk.work.log(f"열쇠 {key.label}: {why}. 이 열쇠 없이 계속합니다.", "warning")

    def _server_failed(self, key: Key, wanted: Wanted, reason: str, sent_at: float) -> None:
        """Ask again after a pause that grows, or put the pair off; give up on a server that is gone."""
        now = time.monotonic()
        self.desk.note(wanted, key.label, "failed", reason, now - sent_at)
        self.failed_in_row += 1
        count = self.failures[wanted.ord] = self.failures.get(wanted.ord, 0) + 1
        if self.failed_in_row >= SILENT_AFTER or (not self.any_answer and self.failed_in_row >= NEVER):
            self.broken = self._server_gone(reason)
        elif count <= FAILURES:
            self._again(wanted, now + self.spread.uniform(0, backoff(count - 1, self.spread)))

    def _server_gone(self, reason: str) -> UserError:
        job = self.desk.work.job_id
        return UserError(
            f"서버가 {self.failed_in_row}번 이어 답하지 못했습니다({reason}). 서버와 주소를 살펴보고 `resume {job}`로 이어 하세요. 받은 답은 모두 남아 있습니다.",
            f"The server failed {self.failed_in_row} times in a row ({reason}). Look at the server and its address, then continue "
            f"with `resume {job}`. Every accepted pair is kept.",
        )

    def _called_wrong(self, key: Key, wanted: Wanted, status: int, sent_at: float) -> None:
        """The server takes the request for wrong: a model it does not have, a field it does not know, words it will not read."""
        now = time.monotonic()
        self.desk.note(wanted, key.label, "failed", f"http_{status}", now - sent_at)
        self.wrong_in_row += 1
        if not self.any_answer and self.wrong_in_row >= REFUSED_AFTER:
            self.broken = UserError(
                f"서버가 요청을 받아들이지 않습니다(HTTP {status}). 주소와 모델 이름('{self.options.model or 'default'}')을 확인하세요.",
                f"The server does not accept requests (HTTP {status}). Check the address and the model's name "
                f"('{self.options.model or 'default'}').",
            )
