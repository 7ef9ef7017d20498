"""A browser without a screen: it speaks Streamlit's own messages over a real socket, true ones and forged ones. It holds no tests."""

import hashlib
import hmac
import json
import socket
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.text_format import MessageToString
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from engine.access.browser import Browser

PATIENCE = 20
"""Seconds for one drawing of a page."""


class Visit:
    """One open page. `raw`: every byte that came."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None, host: str = "127.0.0.1") -> None:
        sent = {"User-Agent": "test", **(headers or {})}
        origin = sent.pop("Origin", f"http://{host}:{port}")
        extra = {name: value for name, value in sent.items() if name not in ("User-Agent", "Host")}
        self.port = port
        self.socket: ClientConnection = connect(
            f"ws://{sent.get('Host', f'{host}:{port}')}/_stcore/stream",
            sock=socket.create_connection(("127.0.0.1", port)),
            origin=origin,  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            user_agent_header=sent["User-Agent"],
            additional_headers=extra,
            max_size=None,
            ping_interval=None,  # a busy machine is no lost connection
            proxy=None,
            legacy=True,
        )
        self.messages: list[ForwardMsg] = []
        self.raw = bytearray()
        self.session_id, self.pages, self.main = "", {}, ""

    def close(self) -> None:
        """Leave."""
        self.socket.close()

    def send(self, fill: Callable[[BackMsg], object]) -> None:
        """One message of any kind."""
        said = BackMsg()
        fill(said)
        self.socket.send(said.SerializeToString())

    def open(self, page: str = "", query: str = "", states: list[WidgetState] | None = None, **how: str) -> str:
        """Draw a page (by name, or `page_script_hash=`), with widget states as a browser would send them; what came of it."""
        self.ask(page, query, states, **how)
        return self.until_drawn()

    def ask(self, page: str = "", query: str = "", states: list[WidgetState] | None = None, **how: str) -> None:
        """Ask for a drawing and do not wait for it."""

        def fill(said: BackMsg) -> None:
            asked = said.rerun_script
            asked.query_string, asked.page_name = query, page
            asked.page_script_hash = how.get("page_script_hash", "")
            asked.fragment_id = how.get("fragment_id", "")
            asked.widget_states.widgets.extend(states or [])

        self.send(fill)

    def until_drawn(self) -> str:
        """All that comes until a run of the script ends, as text."""
        first = len(self.messages)
        while True:
            said = self.receive()
            early = ForwardMsg.FINISHED_EARLY_FOR_RERUN
            if said is None or (said.WhichOneof("type") == "script_finished" and said.script_finished != early):
                return self.text(first)

    def receive(self, patience: float = PATIENCE) -> ForwardMsg | None:
        """The next message; None when the server is silent or gone."""
        try:
            data = self.socket.recv(timeout=patience)
        except (TimeoutError, ConnectionClosed):
            return None
        self.raw += bytes(data)  # type: ignore[arg-type]
        said = ForwardMsg.FromString(data)  # type: ignore[arg-type]
        self.messages.append(said)
        if said.WhichOneof("type") == "new_session":
            self.session_id = said.new_session.initialize.session_id or self.session_id
            self.pages = {one.url_pathname: one.page_script_hash for one in said.new_session.app_pages}
            self.main = said.new_session.main_script_hash
        return said

    def text(self, first: int = 0) -> str:
        """Messages from the `first` on."""
        return "\n".join(MessageToString(message, as_utf8=True) for message in self.messages[first:])

    def question(self) -> tuple[str, dict[str, Any]] | None:
        """(id of the component, its data) of the page's question who this browser is; None when it was not asked."""
        for message in reversed(self.messages):
            element = message.delta.new_element
            if element.WhichOneof("type") == "bidi_component" and "malmoi" in element.bidi_component.component_name:
                return element.bidi_component.id, json.loads(element.bidi_component.json)
        return None

    def introduce(self, browser: Browser, query: str = "", page: str = "", told: dict[str, Any] | None = None) -> str:
        """Answer that question as the script on the page does, or with `told` over the true answer."""
        asked = self.question()
        assert asked is not None, "the page did not ask"
        id_, data = asked
        proof = hmac.new(bytes.fromhex(browser.key), data["nonce"].encode(), hashlib.sha256).hexdigest()
        answer = {"nonce": data["nonce"], "fresh": data["fresh"], "id": browser.id, "proof": proof, "kept": True}
        answer["key"] = browser.key if data["fresh"] else None
        state = WidgetState(id=id_, json_value=json.dumps({"told": {**answer, **(told or {})}}))
        return self.open(page, query, [state])
