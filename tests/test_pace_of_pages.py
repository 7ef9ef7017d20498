"""How often one open page is drawn: many at once, then at a pace, then not at all; nothing else is held up."""

import asyncio
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from ui import server


def sent(**what: Any) -> dict[str, Any]:
    said = BackMsg()
    if "page" in what:
        said.rerun_script.page_name = what["page"]
    else:
        said.app_heartbeat = True
    return {"type": "websocket.receive", "bytes": said.SerializeToString()}


def test_a_flood_of_drawings_waits_until_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    told: list[Any] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(server.asyncio, "sleep", sleep)
    monkeypatch.setattr(server.time, "monotonic", lambda: 100.0)
    most = server.AT_ONCE + server.WAITED
    queue = [sent(), *(sent(page=str(number)) for number in range(10_000))]

    async def receive() -> Any:
        return queue.pop(0)

    async def send(message: Any) -> None:
        told.append(message)

    async def all_of_it() -> list[Any]:
        fenced = server._only_answered(receive, send)
        return [await fenced() for _ in range(most + 2)]

    came = asyncio.run(all_of_it())
    named = [BackMsg.FromString(one["bytes"]).rerun_script.page_name for one in came[1:-1]]
    assert named == [str(n) for n in range(most)]
    assert len(waits) == server.WAITED and waits[0] > 0 and waits == sorted(waits), "only drawings wait"
    assert came[-1]["type"] == "websocket.disconnect" and [one["type"] for one in told] == ["websocket.close"]
    assert len(queue) == 10_000 - most - 1, "what lies behind is not read"


def test_a_page_that_lives_is_never_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    async def sleep(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr(server.asyncio, "sleep", sleep)
    monkeypatch.setattr(server.time, "monotonic", lambda: clock[0])

    async def all_of_it() -> None:
        pace = server.Pace()
        for _ in range(5000):  # as often as ever goes without waiting
            clock[0] += 1 / server.A_SECOND
            assert await pace.wait()

    asyncio.run(all_of_it())


def test_who_is_quiet_may_hurry_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, waits = [0.0], []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr(server.asyncio, "sleep", sleep)
    monkeypatch.setattr(server.time, "monotonic", lambda: clock[0])

    async def all_of_it() -> None:
        pace = server.Pace()
        for _ in range(server.AT_ONCE + 9):
            await pace.wait()
        assert len(waits) == 9 and sum(waits) == pytest.approx(9 / server.A_SECOND)
        clock[0] += 3600
        for _ in range(server.AT_ONCE):
            await pace.wait()
        assert len(waits) == 9

    asyncio.run(all_of_it())
