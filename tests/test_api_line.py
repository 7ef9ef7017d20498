"""The line before the models and the guard before the app, without a socket: what waits, what goes together, what is turned away."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.api.asking import Answering
from engine.api.desk import Desk, Full, Wish
from engine.api.errors import ApiError
from engine.api.guard import Guard, Limits, Pace
from engine.api.keys import Keys, first_key, given_key
from engine.curate.row import Message
from engine.errors import UserError
from engine.serve.backend import Generated
from engine.serve.decoding import Decoding
from engine.serve.way import PLAIN, Way
from engine.store.api_keys import list_api_keys, make_key, revoke_key
from engine.store.open import open_store

KEY = "mm-" + "k" * 43


class Parrot:
    """Says what it was asked, a letter a piece. `gate` holds it until opened."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.batches: list[int] = []
        self.streamed = 0
        self.closed = False

    def generate(self, prompts: Sequence[Sequence[Message]], decoding: Decoding) -> list[Generated]:
        self.batches.append(len(prompts))
        return [_said(prompt[-1]["content"]) for prompt in prompts]

    def stream(self, prompt: Sequence[Message], decoding: Decoding) -> Iterator[str]:
        self.gate.wait(10)
        for letter in prompt[-1]["content"]:
            self.streamed += 1
            yield letter

    def losses(self, pairs: Any) -> Any: ...
    def without_adapter(self) -> Any: ...
    def close(self) -> None:
        self.closed = True


def _said(text: str) -> Generated:
    return Generated(text, text, 0, len(text), True)


def wish(text: str, way: Way = PLAIN, piece: Callable[[str], None] | None = None, **decoding: Any) -> Wish:
    return Wish([[Message(role="user", content=text)]], Decoding(**decoding), way, piece)


def at_desk(
    parrot: Parrot, acts: Callable[[Desk], Coroutine[Any, Any, None]], at_once: int = 4, longest: int = 3
) -> None:
    async def all_of_it() -> None:
        desk = Desk(at_once, longest)
        await desk.load([lambda: parrot])
        work = asyncio.create_task(desk.run())
        try:
            await asyncio.wait_for(acts(desk), 20)
        finally:
            parrot.gate.set()
            work.cancel()
            desk.close()

    asyncio.run(all_of_it())
    assert parrot.closed


async def _until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)


def test_what_waits_together_goes_together() -> None:
    parrot = Parrot()

    async def acts(desk: Desk) -> None:
        parrot.gate.clear()
        first = wish("하나")
        desk.put(first)
        await _until(lambda: desk.waiting == 0)
        others = [wish("둘"), wish("셋", temperature=0.1), wish("넷")]
        for one in others:
            desk.put(one)
        parrot.gate.set()
        assert [(await one.done).text for one in (first, *others)] == ["하나", "둘", "셋", "넷"]

    at_desk(parrot, acts)
    assert parrot.batches == [2]  # 둘 and 넷; one alone is streamed


def test_a_full_line_turns_away_and_one_who_left_is_not_answered() -> None:
    parrot = Parrot()

    async def acts(desk: Desk) -> None:
        parrot.gate.clear()
        first, gone, kept = wish("가"), wish("나"), wish("다")
        for one in (first, gone, kept):
            desk.put(one)
            await asyncio.sleep(0.05)
        desk.put(wish("라"))
        with pytest.raises(Full):
            desk.put(wish("마"))
        gone.stop.set()
        parrot.gate.set()
        assert (await kept.done).text == "다"
        assert not gone.done.done()

    at_desk(parrot, acts)


def test_one_who_leaves_half_way_stops_the_model() -> None:
    parrot = Parrot()

    async def acts(desk: Desk) -> None:
        heard: list[str] = []
        one = wish("가" * 100_000, piece=heard.append)
        desk.put(one)
        await _until(lambda: bool(heard))
        one.stop.set()
        assert (await one.done).ended is False

    at_desk(parrot, acts)
    assert parrot.streamed < 100_000


def test_a_way_that_mends_is_not_streamed_before_it_mended() -> None:
    parrot, heard = Parrot(), list[str]()

    async def acts(desk: Desk) -> None:
        one = wish("가나", Way("", "", finish=lambda _, text: text + "다"), heard.append)
        desk.put(one)
        assert (await one.done).text == "가나다"

    at_desk(parrot, acts)
    assert heard == []


def test_a_failure_reaches_those_it_befell_alone() -> None:
    class Broken(Parrot):
        def stream(self, prompt: Sequence[Message], decoding: Decoding) -> Iterator[str]:
            raise UserError("안 됩니다.", "No.")

    async def acts(desk: Desk) -> None:
        first = wish("가")
        desk.put(first)
        with pytest.raises(UserError):
            await first.done
        pair = [wish("나"), wish("다")]
        for one in pair:
            desk.put(one)
        assert [(await one.done).text for one in pair] == ["나", "다"]

    at_desk(Broken(), acts)


def test_nothing_is_asked_before_the_model_is_there() -> None:
    served: Any = None  # nothing of it is looked at yet
    with pytest.raises(ApiError) as refused:
        Answering(served, Desk(1, 1), Limits()).refuse_early(PLAIN)
    assert refused.value.status == 503 and "Retry-After" in refused.value.headers


def test_the_window_slides(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("engine.api.guard.time.monotonic", lambda: clock[0])
    pace = Pace(2)
    for _ in range(2):
        assert pace.wait("a") == 0
        pace.count("a")
        clock[0] += 10
    assert pace.wait("a") == 40 and pace.wait("b") == 0
    clock[0] += 41
    assert pace.wait("a") == 0


async def _hello(scope: Any, receive: Any, send: Any) -> None:
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def asked(
    guard: Guard, body: Sequence[bytes | None], key: str = KEY, host: str = "127.0.0.1:8000", **headers: str
) -> tuple[int, dict[bytes, bytes], bytes]:
    """(status, headers, body) of one POST; None in the body: the rest never comes."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def whole() -> None:
        parts = iter(body)

        async def receive() -> Any:
            part = next(parts)
            if part is None:
                await asyncio.sleep(60)
            return {"type": "http.request", "body": part, "more_body": part != body[-1]}

        told = {"host": host, "authorization": f"Bearer {key}", "content-type": "application/json", **headers}
        scope = {
            "type": "http", "method": "POST", "path": "/v1/chat/completions", "client": ("127.0.0.1", 5), "state": {},
            "headers": [(name.encode(), value.encode()) for name, value in told.items()],
        }  # fmt: skip
        await guard(scope, receive, send)

    asyncio.run(whole())
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def guarded(store: Path, **limits: Any) -> Guard:
    return Guard(_hello, Keys(store, KEY), ["localhost", "model.example"], Limits(**limits))


def test_the_guard_lets_through_what_is_in_order(fresh_store: Path) -> None:
    guard = guarded(fresh_store)
    assert asked(guard, [b'{"a":', b" 1}"])[::2] == (200, b'{"a": 1}')
    for host in ("localhost", "LOCALHOST:1", "[::1]:8000", "192.168.0.7:80", "model.example"):
        assert asked(guard, [b"{}"], host=host)[0] == 200, host
    for host in ("", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000"):
        assert asked(guard, [b"{}"], host=host)[0] == 403, host


def test_too_often_too_large_too_slow(fresh_store: Path) -> None:
    guard = guarded(fresh_store, per_minute=2, body_bytes=10, body_seconds=0.2)
    assert asked(guard, [b"x" * 6, b"y" * 6])[0] == 413
    assert asked(guard, [b"x", None])[0] == 408
    status, headers, _ = asked(guard, [b"{}"])
    assert status == 429 and 1 <= int(headers[b"retry-after"]) <= 61
    assert asked(guard, [b"{}"], **{"content-length": "99999999999999999999999"})[0] == 429


def test_wrong_keys_are_slowed_down(fresh_store: Path) -> None:
    guard = guarded(fresh_store)
    statuses = [asked(guard, [b"{}"], key=f"mm-{n}")[0] for n in range(32)]
    assert statuses[:30] == [401] * 30 and statuses[30:] == [429] * 2
    assert asked(guard, [b"{}"])[0] == 200  # the right key is not held up by it


def test_keys_are_made_once_shown_once_and_revoked(fresh_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = first_key(fresh_store, None)
    assert key and first_key(fresh_store, None) is None
    keys = Keys(fresh_store, None)
    assert keys.name_of(key) == "first" and keys.name_of(key[:-1]) is None and keys.name_of("") is None
    with open_store(fresh_store) as db:
        assert key not in str(list_api_keys(db))
        other = make_key(db, "동료")
        with pytest.raises(UserError, match="동료"):
            make_key(db, "동료")
        revoke_key(db, "first")
        with pytest.raises(UserError):
            revoke_key(db, "first")
    monkeypatch.setattr("engine.api.keys.LOOK_SECONDS", -1)
    assert keys.name_of(key) is None and keys.name_of(other) == "동료"


def test_a_given_key_must_not_be_guessable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key.txt"
    file.write_text("short\n", encoding="utf-8")
    with pytest.raises(UserError, match="5자"):
        given_key(file)
    file.write_text("\ufeff" + KEY + "\n", encoding="utf-8")
    assert given_key(file) == KEY
    with pytest.raises(UserError):
        given_key(tmp_path / "none.txt")
    monkeypatch.setenv("MALMOI_API_KEY", KEY)
    assert given_key(None) == KEY
