"""A small hub that takes uploads as huggingface_hub sends them, and fails where it is told to. It knows nothing of models."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

COMMIT = "c" * 40
TOKEN = "hf_ownersowntoken"
Serving = TypeVar("Serving", bound=ThreadingHTTPServer)


@contextmanager
def serving(server: Serving) -> Iterator[Serving]:
    """The server answering in a thread, until the end."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class HubServer(ThreadingHTTPServer):
    """Repositories with their files. `fails` maps a part of a path to a status, or to "cut"."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.repos: dict[str, dict[str, bytes]] = {}
        self.private: dict[str, bool] = {}
        self.kinds: dict[str, dict[str, Any]] = {}
        self.large: dict[str, bytes] = {}
        self.fails: dict[str, int | str] = {}
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class HubHandler(BaseHTTPRequestHandler):
    server: HubServer

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self.serve()

    def do_POST(self) -> None:
        self.serve()

    def do_PUT(self) -> None:
        self.serve()

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.split("?")[0]
        self.server.asked.append(f"{self.command} {path}")
        wrong = next((how for part, how in self.server.fails.items() if part in path), None)
        if wrong == "cut":
            self.close_connection = True
            self.connection.close()
        elif isinstance(wrong, int):
            self.say({"error": "told to fail"}, wrong)
        elif not path.startswith("/store/") and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.say({"error": "Invalid username or password."}, 401)
        else:
            self.answer(path, body)

    def answer(self, path: str, body: bytes) -> None:
        if path == "/api/repos/create":
            self.create(json.loads(body))
        elif path == "/api/validate-yaml":
            self.say({"errors": [], "warnings": []})
        elif path.endswith("/preupload/main"):
            files = json.loads(body)["files"]
            modes = [{"path": f["path"], "uploadMode": "lfs" if f["path"].endswith((".safetensors", ".gguf")) else "regular", "shouldIgnore": False}
                     for f in files]  # fmt: skip
            self.say({"files": modes})
        elif path.endswith("/info/lfs/objects/batch"):
            objects = [{**one, "actions": {"upload": {"href": f"{self.server.address}/store/{one['oid']}"}}}
                       for one in json.loads(body)["objects"]]  # fmt: skip
            self.say({"transfer": "basic", "objects": objects})
        elif path.startswith("/store/"):
            self.server.large[path.rsplit("/", 1)[-1]] = body
            self.say({})
        elif path.endswith("/commit/main"):
            self.commit("/".join(path.split("/")[3:5]), body)
        elif path.startswith("/api/spaces/") and path.endswith("/tree/main"):
            files = self.server.repos["/".join(path.split("/")[3:5])]
            self.say([{"type": "file", "path": name, "size": len(data), "oid": COMMIT} for name, data in files.items()])
        elif path.startswith(("/api/models/", "/api/spaces/")):
            name = "/".join(path.split("/")[3:5])
            if name not in self.server.repos:
                self.say({"error": "Repository not found"}, 404)
                return
            self.say({"id": name, "private": self.server.private[name], "sha": COMMIT, "siblings": [], "tags": [], "downloads": 0, "likes": 0})  # fmt: skip
        else:
            self.say({"error": "nothing here"}, 404)

    def create(self, asked: dict[str, Any]) -> None:
        name = f"{asked.get('organization') or 'owner'}/{asked['name']}"
        told = {"url": f"{self.server.address}/{name}", "name": name}
        if name in self.server.repos:
            self.say({**told, "error": "You already created this model repo"}, 409)
            return
        self.server.repos[name] = {}
        self.server.kinds[name] = {
            "type": asked.get("type"),
            "sdk": asked.get("sdk"),
            "hardware": asked.get("hardware"),
        }
        self.server.private[name] = bool(asked.get("private")) or asked.get("visibility") == "private"
        self.say(told)

    def commit(self, name: str, body: bytes) -> None:
        files: dict[str, bytes] = {}
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.server.large[value["oid"]]
        self.server.repos[name] |= files
        self.say(
            {
                "success": True,
                "commitOid": COMMIT,
                "commitUrl": f"{self.server.address}/{name}/commit/{COMMIT}",
                "hookOutput": "",
            }
        )

    def say(self, value: Any, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
