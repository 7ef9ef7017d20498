"""The server of `llm_server` as a chat server: it answers in JSON or words, streams, and may know no `response_format`."""

import asyncio
import json
from typing import Any

from tests.llm_server import Rules, Server

JUDGED = {
    "risk_level": "낮음",
    "comparisons": [{"claim_element": "가", "product_element": "없음", "match": "불일치"}],
    "decision_reason": "가가 없다.",
}


class ChatServer(Server):
    """`knows`: the response formats it takes; others are answered with 400."""

    def __init__(self, rules: Rules | None = None, knows: tuple[str, ...] = ("json_schema", "json_object")) -> None:
        super().__init__(rules or Rules())
        self.knows = knows

    async def _work(self, writer: asyncio.StreamWriter, path: str, key: str, body: bytes) -> bool:
        given = json.loads(body)
        form = (given.get("response_format") or {}).get("type")
        if form and form not in self.knows:
            self.bodies.append(given)
            await self._send(writer, 400, {"error": {"message": f"unknown response_format for {key}"}}, {})
            return True
        if given.get("stream"):
            self.bodies.append(given)
            await self._stream(writer, self._text(given, "good"))
            return False
        return await super()._work(writer, path, key, body)

    def _text(self, given: dict[str, Any], what: str) -> str:
        return json.dumps(JUDGED, ensure_ascii=False) if "response_format" in given else "네, 알겠습니다."

    async def _stream(self, writer: asyncio.StreamWriter, text: str) -> None:
        writer.write(b"HTTP/1.1 200 x\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        pieces = [text[at : at + 2] for at in range(0, len(text), 2)]
        events: list[dict[str, Any]] = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
        for event in [*events, {"choices": [{"delta": {}, "finish_reason": "stop"}]}]:
            writer.write(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())
            await writer.drain()
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()
