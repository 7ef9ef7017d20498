"""The API server as a real process, for tests: started, asked, stopped by a signal. It knows nothing of single tests."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

GROUP = subprocess.CREATE_NEW_PROCESS_GROUP if sys.platform == "win32" else 0
"""On Windows only a group of its own can be asked to end."""


@dataclass
class Running:
    """A server that answers."""

    process: "subprocess.Popen[bytes]"
    url: str
    key: str
    ready: dict[str, Any]
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8")

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        """(status, body) of a request with the key; `body` as JSON, or as it is when it is bytes."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **headers}
        return self.call("POST", path, data, told)

    def call(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read())


@contextmanager
def running(
    folder: Path, *words: str, store: Path | None = None, env: dict[str, str] | None = None
) -> Iterator[Running]:
    """`serve` with these words on a free port; its key is the one it made and showed."""
    log = folder / "serve.log"
    surroundings = {
        **os.environ,
        "MALMOI_STORE": str(store or folder / "served.db"),
        "OMP_NUM_THREADS": "1",
        **(env or {}),
    }
    command = [sys.executable, "-m", "engine", "--json", "serve", *words, "--port", "0"]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, stderr=errors, creationflags=GROUP
        )
    try:
        ready = _ready(process, log)
        yield Running(process, ready["url"], ready["key"] or "", ready, log)
    finally:
        process.kill()
        process.wait(30)
        if process.stdout:
            process.stdout.close()


def _ready(process: "subprocess.Popen[bytes]", log: Path) -> dict[str, Any]:
    until = time.monotonic() + 180
    while time.monotonic() < until:
        for line in log.read_text(encoding="utf-8").splitlines():
            if line.startswith('{"ready"'):
                return dict(json.loads(line))
        assert process.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8"))


def stopped(server: Running) -> tuple[int, dict[str, Any]]:
    """Ask it to end as a terminal does; (exit status, its last line)."""
    server.process.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGTERM)
    out, _ = server.process.communicate(timeout=60)
    return server.process.returncode, json.loads(out.decode().splitlines()[-1])


def hostile_bodies(model: str) -> Sequence[tuple[str, bytes]]:
    """(what it is, body) of requests that no server may trip over."""
    said = [{"role": "user", "content": "안녕"}]

    def with_(**fields: Any) -> bytes:
        return json.dumps({"model": model, "messages": said, **fields}).encode()

    return [
        ("nothing", b""),
        ("half of it", b'{"model": "x"'),
        ("a list", b"[1, 2]"),
        ("a text", b'"hello"'),
        ("not UTF-8", b'{"model": "\xff\xfe"}'),
        ("deep lists", b"[" * 100_000),
        ("deep objects", b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
        ("deep inside", b'{"model":"m","messages":' + b"[" * 20_000 + b"]" * 20_000 + b"}"),
        ("a huge number", b'{"model":"m","seed":' + b"9" * 10_000 + b"}"),
        ("NaN", b'{"model":"m","messages":[{"role":"user","content":"a"}],"temperature":NaN}'),
        ("a lone surrogate", b'{"model":"' + model.encode() + b'","messages":[{"role":"user","content":"\\ud800"}]}'),
        ("a surrogate as key", with_(response_format={"type": "json_schema", "json_schema": {"schema": {"\ud800": 1}}})),
        ("no messages", with_(messages=[])),
        ("messages as text", with_(messages="안녕")),
        ("null content", with_(messages=[{"role": "user", "content": None}])),
        ("blank content", with_(messages=[{"role": "user", "content": "  \n"}])),
        ("no parts", with_(messages=[{"role": "user", "content": []}])),
        ("an image", with_(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}])),
        ("the raw role", with_(messages=[{"role": "raw", "content": "a"}])),
        ("the answer last", with_(messages=[*said, {"role": "assistant", "content": "응"}])),
        ("40,000 characters", with_(messages=[{"role": "user", "content": "가" * 40_000}])),
        ("a temperature of 9", with_(temperature=9)),
        ("no tokens", with_(max_tokens=0)),
        ("minus tokens", with_(max_tokens=-5)),
        ("two answers", with_(n=2)),
        ("tools", with_(tools=[{"type": "function"}])),
        ("a hundred stops", with_(stop=["a"] * 100)),
        ("a long stop", with_(stop="가" * 500)),
        ("a wrong schema", with_(response_format={"type": "json_schema", "json_schema": {"schema": {"type": "nonsense"}}})),
        ("no schema", with_(response_format={"type": "json_schema"})),
        ("an unknown form", with_(response_format={"type": "xml"})),
        ("a stream as text", with_(stream="maybe")),
        ("another model", json.dumps({"model": "gpt-4o", "messages": said}).encode()),
    ]  # fmt: skip
