"""How often one open page is drawn: many at once, then at a pace, nothing dropped and nothing else held up."""

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


def test_a_flood_of_drawings_waits_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(server.asyncio, "sleep", sleep)
    monkeypatch.setattr(server.time, "monotonic", lambda: 100.0)
    queue = [sent(page=str(number)) for number in range(100)] + [sent(), {"type": "websocket.disconnect"}]

    async def receive() -> Any:
        return queue.pop(0)

    async def all_of_it() -> list[Any]:
        fenced = server._only_answered(receive)
        return [await fenced() for _ in range(102)]

    came = asyncio.run(all_of_it())
    assert [BackMsg.FromString(one["bytes"]).rerun_script.page_name for one in came[:100]] == [
        str(n) for n in range(100)
    ]
    assert came[-1]["type"] == "websocket.disconnect"
    assert len(waits) == 100 - server.AT_ONCE and waits[0] > 0, "only drawings wait"
    assert waits == sorted(waits)


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
