"""Fetching from the hub, against a server on this machine that answers as the hub does, failures included.

The hub's address is read when its client is imported, so every fetch runs in a process of its own.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.hub_server import serving
from tests.tiny_models import make_tiny

COMMIT = "c" * 40


class Hub(ThreadingHTTPServer):
    """Serves one repository, `someone/tiny`; others are missing or gated."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.cut_once: set[str] = set()
        self.asked: list[tuple[str, str]] = []


class Answer(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.server.asked.append((self.command, path))
        if "/gated/" in path or "/missing/" in path:
            self.refuse(403 if "/gated/" in path else 404, "GatedRepo" if "/gated/" in path else "RepoNotFound")
        elif path.startswith("/api/models/someone/broken"):
            self.refuse(500, "")
        elif path.startswith("/api/models/someone/tiny/revision/") and "main" not in path and COMMIT not in path:
            self.refuse(404, "RevisionNotFound")
        elif path.startswith("/api/models/someone/tiny/tree"):
            self.send_json([self.described(name) | {"type": "file"} for name in self.server.files])
        elif path.startswith("/api/models/"):
            siblings = [self.described(name) | {"rfilename": name} for name in self.server.files]
            self.send_json({"id": "someone/tiny", "sha": COMMIT, "siblings": siblings})
        else:
            self.send_file(path.rsplit("/", 1)[-1])

    def described(self, name: str) -> dict[str, Any]:
        data = self.server.files[name]
        return {"path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest(), "blobId": "0" * 40}

    def refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send_json(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_file(self, name: str) -> None:
        data = self.server.files[name]
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(data) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if self.command == "GET":
            cut = name in self.server.cut_once
            self.server.cut_once.discard(name)
            self.wfile.write(data[start : len(data) // 2] if cut else data[start:])
            self.close_connection = cut


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with serving(Hub(make_tiny("llama", tmp_path))) as server:
        yield server


FETCH = """
import json, sys
from engine.errors import UserError
from engine.models.bases import base_hash, resolve_base
from engine.models.download import fetch
seen = []
try:
    folder = fetch(resolve_base(sys.argv[1]), (lambda done, total: seen.append((done, total))) if sys.argv[2] else None)
except UserError as error:
    print(json.dumps({"ko": error.ko, "en": error.en}))
else:
    again = resolve_base(sys.argv[1])
    files = sorted(path.name for path in folder.iterdir())
    print(json.dumps({"files": files, "last": seen[-1:], "same": again.location == str(folder),
                      "revision": again.revision, "hash": base_hash(again)}))
"""


def fetched(name: str, address: str, home: Path, *, watch: bool = False, **environment: str) -> dict[str, Any]:
    settings = {"HF_ENDPOINT": address, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
    command = [sys.executable, "-c", FETCH, name, "watch" if watch else ""]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", cwd=Path(__file__).parent.parent, check=False,
        env=os.environ | settings | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"} | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def address(hub: Hub) -> str:
    return f"http://127.0.0.1:{hub.server_address[1]}"


def test_only_what_is_loaded_is_fetched_and_the_next_time_nothing(hub: Hub, tmp_path: Path) -> None:
    hub.files |= {"pytorch_model.bin": b"x" * 1000, "modeling.py": b"raise SystemExit", "README.md": b"hi"}
    first = fetched("someone/tiny", address(hub), tmp_path / "home", watch=True)
    assert "model.safetensors" in first["files"] and "tokenizer.json" in first["files"]
    assert not {"pytorch_model.bin", "modeling.py", "README.md"} & set(first["files"])
    assert first["same"] and first["revision"] == COMMIT and len(first["hash"]) == 64
    done, total = first["last"][0]
    assert done == total == sum(len(hub.files[name]) for name in first["files"])
    hub.asked.clear()
    again = fetched("someone/tiny", address(hub), tmp_path / "home")
    assert again["files"] == first["files"] and hub.asked == []


def test_a_broken_connection_goes_on_where_it_stopped(hub: Hub, tmp_path: Path) -> None:
    hub.cut_once.add("model.safetensors")
    answer = fetched("someone/tiny", address(hub), tmp_path / "home")
    assert answer["same"]
    assert [path for command, path in hub.asked if command == "GET" and path.endswith("model.safetensors")][1:]


@pytest.mark.parametrize(
    ("name", "ko", "en"),
    [
        ("gated/model", "동의", "hf auth login"),
        ("missing/model", "없거나 비공개", "no 'missing/model'"),
        ("someone/tiny@nowhere", "'nowhere' 판", "no revision 'nowhere'"),
        ("someone/broken", "HTTP 500", "HTTP 500"),
    ],
)
def test_the_hubs_refusals_are_explained(name: str, ko: str, en: str, hub: Hub, tmp_path: Path) -> None:
    answer = fetched(name, address(hub), tmp_path / "home")
    assert ko in answer["ko"] and en in answer["en"]


def test_a_repository_of_pickles_is_refused_before_anything_is_fetched(hub: Hub, tmp_path: Path) -> None:
    hub.files["pytorch_model.bin"] = hub.files.pop("model.safetensors")
    answer = fetched("someone/tiny", address(hub), tmp_path / "home")
    assert "피클" in answer["ko"] and "revision" in answer["en"]
    assert not any("/resolve/" in path for _, path in hub.asked)


def test_a_disk_too_small_is_said_before_anything_is_fetched(hub: Hub, tmp_path: Path) -> None:
    class Huge(bytes):
        def __len__(self) -> int:
            return 10**16

    hub.files["model-2.safetensors"] = Huge(b"x")
    answer = fetched("someone/tiny", address(hub), tmp_path / "home")
    assert "10000000.0 GB" in answer["ko"] and "HF_HOME" in answer["en"]


@pytest.mark.parametrize("offline", ["0", "1"], ids=["nobody answers", "switched off"])
def test_no_network_is_explained_with_the_way_out(offline: str, tmp_path: Path) -> None:
    answer = fetched("someone/tiny", "http://127.0.0.1:9", tmp_path / "home", HF_HUB_OFFLINE=offline)
    assert "starter" in answer["ko"] and "starter" in answer["en"]
