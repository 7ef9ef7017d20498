"""A bundle runs by itself: only its own code and what it asks pip for, no network, no torch; broken files are told in words."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from engine.config import ROOT
from engine.deploy.audit.audit import audit_model
from engine.deploy.audit.finding import Audit
from engine.deploy.bundle import BundleSettings, make_bundle
from engine.deploy.closure import closure
from engine.deploy.opened import open_bundle
from engine.deploy.parts import MANIFEST, cut, whole
from engine.deploy.targets import TARGETS, fit
from engine.errors import UserError
from engine.serve.choose import choose_model
from engine.store.open import open_store
from tests.browsing import wait_for_server
from tests.knocking import Visit
from tests.test_crawl import fetch, put

TOLD = {"temperature": 0, "max_new_tokens": 8}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the starter, for a host that takes small files only."""
    folder = tmp_path_factory.mktemp("bundle")
    with open_store(folder / "store.db") as db:
        model = choose_model(db, "base:starter")
    made = make_bundle(folder / "store.db", model, "hf-space", folder / "out", BundleSettings(engine="gguf"))
    assert made.size_mb < 40
    return made.folder


def required(names: list[str]) -> Iterator[str]:
    """All distributions that these need, as they are installed here."""
    waiting, seen = list(names), set()
    while waiting:
        name = waiting.pop()
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        if name in seen:
            continue
        seen.add(name)
        yield name
        read = [Requirement(line) for line in needs]
        waiting += [one.name.lower() for one in read if one.marker is None or one.marker.evaluate({"extra": ""})]


def only_its_own(bundle: Path, folder: Path) -> Path:
    """A folder of packages that holds nothing but what requirements.txt brings."""
    lines = (bundle / "requirements.txt").read_text(encoding="utf-8").split()
    for name in required([line.split("==")[0] for line in lines]):
        for file in distribution(name).files or []:
            top = file.parts[0]
            source = Path(str(distribution(name).locate_file(top)))
            if top not in ("..", "__pycache__") and source.exists() and not (folder / top).exists():
                (folder / top).symlink_to(source)
    return folder


def answer(bundle: Path, *more: str, packages: Path | None = None) -> subprocess.CompletedProcess[str]:
    """answer.py, in a process without this project's packages where `packages` are given."""
    program = f"import sys, runpy; sys.argv = ['answer.py', *{list(more)!r}]\n"
    if packages:
        program += f"sys.path = [one for one in sys.path if 'site-packages' not in one] + [{str(packages)!r}]\n"
    program += f"runpy.run_path({str(bundle / 'answer.py')!r}, run_name='__main__')"
    env = {**os.environ, "MALMOI_STORE": str(bundle.parent / "visits.db"), "PYTHONUTF8": "1"}
    return subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, env=env, check=False)


def test_it_answers_with_nothing_but_what_it_asks_for(bundle: Path, tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text(
        '{"id": 1, "question": "안녕?"}\n{"id": 2, "turns": [{"role": "user", "content": "뭐 해?"}]}\n',
        encoding="utf-8",
    )
    (tmp_path / "only").mkdir()
    packages = only_its_own(bundle, tmp_path / "only")
    assert not (packages / "torch").exists() and not (packages / "transformers").exists()
    out = tmp_path / "a.jsonl"
    done = answer(bundle, "--in", str(questions), "--out", str(out), "--settings", json.dumps(TOLD), packages=packages)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == [1, 2] and all(row["answer"] for row in rows)


def test_it_holds_no_row_of_the_owner_and_no_place_on_this_machine(bundle: Path) -> None:
    db = sqlite3.connect(bundle / "content.db")
    for table in ("records", "rows", "chats", "chat_messages", "mask_values", "settings", "speakers", "invitations"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    db.close()
    for path in bundle.rglob("*"):
        if path.suffix in (".json", ".md", ".toml", ".txt", ".yaml"):
            assert str(ROOT) not in path.read_text(encoding="utf-8")


def in_row(bundle: Path, words: str) -> None:
    with closing(sqlite3.connect(bundle / "content.db")) as db, db:
        db.execute("INSERT INTO removed_names (recipe, name) VALUES ('persona', ?)", [words])


def in_readme(bundle: Path, words: str) -> None:
    path = bundle / "README.md"
    path.write_text(path.read_text(encoding="utf-8") + words, encoding="utf-8")


def in_config(bundle: Path, words: str) -> None:
    path = bundle / "bundle.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**told, "title": words}), encoding="utf-8")


def in_tokenizer(bundle: Path, words: str) -> None:
    path = bundle / "model" / "tokenizer.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["added_tokens"][-1]["content"] = words
    path.write_text(json.dumps(told), encoding="utf-8")


def in_vocabulary(bundle: Path, words: str) -> None:
    path = bundle / "model" / "tokenizer.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    vocabulary = told["model"]["vocab"]
    last = list(vocabulary)[-1] if isinstance(vocabulary, dict) else -1
    vocabulary[last] = [words, 0.0] if last == -1 else 0
    if isinstance(vocabulary, dict):
        vocabulary[words] = vocabulary.pop(last)
    path.write_text(json.dumps(told), encoding="utf-8")


def in_code(bundle: Path, words: str) -> None:
    path = bundle / "engine" / "errors.py"
    path.write_text(path.read_text(encoding="utf-8") + f"# {words}\n", encoding="utf-8")


PLANTED = {
    "content.db": in_row, "README.md": in_readme, "bundle.json": in_config, "model/tokenizer.json#added": in_tokenizer,
    "model/tokenizer.json#vocab": in_vocabulary, "engine/errors.py": in_code,
}  # fmt: skip


def test_a_bundle_holds_nothing_personal(bundle: Path, fresh_store: Path) -> None:
    """Neither its code, the statements of its schema, its own sentences about chats, nor the letters among its weights."""
    audit = looked_through(fresh_store, bundle)
    assert audit.verdict == "green", [one for one in audit.findings if one.level != "green"]


def test_what_is_planted_in_a_bundle_is_found(bundle: Path, fresh_store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy, ignore=shutil.ignore_patterns("*.gguf*", "*.sql"))
    for number, plant in enumerate(PLANTED.values()):
        plant(copy, f"연락처 010-4821-773{number}")
    audit = looked_through(fresh_store, copy)
    red = {one.where for one in audit.findings if one.level == "red"}
    assert not [where for where in PLANTED if not any(one.startswith(where) for one in red)], audit
    assert all(one.startswith(tuple(PLANTED)) for one in red), audit
    assert "4821" not in json.dumps(audit.as_json(), ensure_ascii=False)


def looked_through(store: Path, folder: Path) -> Audit:
    with open_store(store) as db:
        model = choose_model(db, "base:starter")
    return audit_model(store, model, folder=folder, target="hf-space")


@pytest.mark.parametrize("harm", ["missing", "altered", "manifest"])
def test_a_model_file_that_is_missing_or_altered_is_told_in_words(bundle: Path, tmp_path: Path, harm: str) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(bundle, broken)
    file = broken / "model" / (MANIFEST if harm == "manifest" else "model.gguf")
    if harm == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-9] + b"\0" * 9)
    done = answer(broken)
    assert done.returncode == 2 and "Traceback" not in done.stderr and file.name in done.stderr


@pytest.mark.parametrize(
    "line", ["[" * 100_000, '{"id": 1, "messages": []}', '{"id": 1, "turns": [1]}', '{"id": ' + "9" * 6000 + "}", "[1]"]
)
def test_a_line_that_is_no_question_is_told_in_words(bundle: Path, tmp_path: Path, line: str) -> None:
    asked = tmp_path / "q.jsonl"
    asked.write_text('{"id": 0, "question": "줄\u2028바꿈"}\n' + line, encoding="utf-8")
    done = answer(bundle, "--in", str(asked))
    assert done.returncode == 2 and "Traceback" not in done.stderr and "Line 2 of q.jsonl" in done.stderr


def test_answers_that_cannot_be_written_are_told_in_words(bundle: Path, tmp_path: Path) -> None:
    for out in (tmp_path, tmp_path / "none" / "a.jsonl"):
        done = answer(bundle, "--out", str(out))
        assert done.returncode == 2 and "Traceback" not in done.stderr and "--out" in done.stderr


def test_a_broken_content_is_not_taken_for_the_store(bundle: Path, tmp_path: Path) -> None:
    store = tmp_path / "visits.db"
    broken = tmp_path / "broken"
    shutil.copytree(bundle, broken)
    (broken / "content.db").write_bytes(b"junk")
    with pytest.raises(UserError, match=r"content\.db"):
        open_bundle(broken, store)
    shutil.copyfile(bundle / "content.db", broken / "content.db")
    assert open_bundle(broken, store).store.is_file()


def test_content_cut_off_on_its_way_is_told(bundle: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(bundle, broken, ignore=shutil.ignore_patterns("model"))
    content = broken / "content.db"
    content.write_bytes(content.read_bytes()[:300_000])
    with pytest.raises(UserError, match=r"content\.db"):
        open_bundle(broken)
    assert not list(broken.glob("visits*")) and not list(broken.glob("beginning-*"))


def test_a_newer_bundle_laid_over_an_older_reads_what_came_along(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MALMOI_STORE", raising=False)
    laid = tmp_path / "laid"
    shutil.copytree(bundle, laid, ignore=shutil.ignore_patterns("model"))
    first = open_bundle(laid).store
    about = json.loads((laid / "bundle.json").read_text(encoding="utf-8"))
    assert open_bundle(laid).store == first
    (laid / "bundle.json").write_text(json.dumps({**about, "made_at": "later"}), encoding="utf-8")
    assert open_bundle(laid).store != first and first.is_file()
    assert first.name.startswith("visits-") and "visits*.db*" in (laid / ".gitignore").read_text(encoding="utf-8")


@contextmanager
def bundle_served(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """(the server's process, its port) of a bundle's page, with a store of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**os.environ, "MALMOI_STORE": str(folder.parent / "visits.db"), "PYTHONUTF8": "1"}
    words = f"-m streamlit run streamlit_app.py --server.port={port} --server.address=127.0.0.1".split()
    with subprocess.Popen([sys.executable, *words], cwd=folder, env=env, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for_server(f"http://127.0.0.1:{port}")
            yield process, port
        finally:
            process.terminate()


@pytest.mark.slow
def test_a_stranger_reaches_nothing_of_a_bundle(bundle: Path, tmp_path: Path) -> None:
    """As a host starts it: no files, no uploads, no figures, no place of the program, and no message larger than a page's."""
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy, ignore=shutil.ignore_patterns("model"))
    with bundle_served(copy) as (process, port):
        visit = Visit(port)
        visit.open()
        assert visit.question() is not None and str(copy).encode() not in bytes(visit.raw)
        there = f"http://127.0.0.1:{port}"
        assert put(f"{there}/_stcore/upload_file/{visit.session_id}/file-1") == 404
        for path in (
            "/content.db",
            "/bundle.json",
            "/_stcore/metrics",
            "/app/static/../content.db",
            "/streamlit_app.py",
        ):
            body = fetch(there + path, "GET")
            assert not any(sign in body for sign in (b"SQLite format", b"made_at", b"cache_memory", b"import sys")), (
                path
            )
        with pytest.raises(ConnectionClosed):
            visit.ask("", "", [WidgetState(id="x", string_value="a" * 6_000_000)])
            visit.socket.recv(timeout=20)
        assert process.poll() is None


def test_parts_come_together_again(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "weights").write_bytes(os.urandom(2_500_001))
    (source / "small").write_bytes(b"")
    cut(source, tmp_path / "cut", 1)
    assert {path.name for path in (tmp_path / "cut").iterdir()} == {
        MANIFEST,
        "small",
        "weights.001",
        "weights.002",
        "weights.003",
    }
    joined = whole(tmp_path / "cut", tmp_path / "cache")
    assert (joined / "weights").read_bytes() == (source / "weights").read_bytes()
    (joined / "weights").write_bytes(b"x" * 2_500_001)  # what lies there from an earlier start is not believed
    assert (whole(tmp_path / "cut", tmp_path / "cache") / "weights").read_bytes() == (source / "weights").read_bytes()


def test_a_manifest_leads_nowhere_else(tmp_path: Path) -> None:
    part = {"name": "../secret", "sha256": ""}
    told = {"files": [{"name": "a", "bytes": 1, "sha256": "", "parts": [part]}]}
    (tmp_path / MANIFEST).write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(UserError):
        whole(tmp_path, tmp_path / "cache")


def test_the_code_that_goes_along_is_what_it_imports() -> None:
    found = closure(ROOT, {"ui/bundled.py": ROOT / "ui/bundled.py"})
    assert "engine/deploy/opened.py" in found and "ui/browser.js" in found and "engine/__init__.py" in found
    assert not {"engine/deploy/bundle.py", "engine/deploy/deploy.py", "ui/gate.py"} & set(found)
    assert sum(path.stat().st_size for path in found.values()) < 4_000_000


@pytest.mark.parametrize(("memory", "level"), [(600, "yes"), (1000, "edge"), (2800, "no")])
def test_a_host_that_may_end_the_program_is_named(memory: float, level: str) -> None:
    assert fit(TARGETS["streamlit-cloud"], memory, 100).level == level
    assert fit(TARGETS["hf-space"], memory, 2000).level == "no"


def test_what_cannot_be_bundled_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.db") as db:
        model = choose_model(db, "base:starter")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x", encoding="utf-8")
    for target, out, engine in (("moon", "a", "gguf"), ("local", "a", "transformers"), ("local", "full", "gguf")):
        with pytest.raises(UserError):
            make_bundle(tmp_path / "store.db", model, target, tmp_path / out, BundleSettings(engine=engine))
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(UserError):
        make_bundle(tmp_path / "store.db", model, "local", tmp_path / "file" / "a", BundleSettings())
    with pytest.raises(UserError):
        make_bundle(tmp_path / "store.db", model, "local", tmp_path / "a", BundleSettings(home="javascript:alert(1)"))
    assert not (tmp_path / "a").exists() and [path.name for path in (tmp_path / "full").iterdir()] == ["mine"]
