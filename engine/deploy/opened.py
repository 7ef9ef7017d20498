"""A bundle from inside: its description, its store, its model in memory. This is what runs on the host; it makes nothing that leaves it."""

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.curate.given_fields import messages_in, text_in, turns_in
from engine.curate.row import Message
from engine.deploy.engines import GPU, MODULES, bare
from engine.deploy.parts import unwritable, whole
from engine.errors import UserError
from engine.models.bases import ResolvedBase
from engine.models.family import read_config
from engine.models.light import LightTokenizer
from engine.recipes.asking import chat_prompt, chat_way, item_prompt
from engine.recipes.recipe import load_recipe, prepared
from engine.serve.asked import Asked
from engine.serve.backend import Backend, Weights
from engine.serve.batch import Read
from engine.serve.choose import Model
from engine.serve.decoding import Decoding
from engine.serve.way import Way
from engine.store.open import open_store
from engine.store.runs import get_run

ABOUT, CONTENT, FOLDER = "bundle.json", "content.db", "model"


@dataclass(frozen=True, slots=True)
class Bundled:
    """One bundle that is being run."""

    folder: Path
    about: dict[str, Any]
    """bundle.json: model, recipe, engine, title, notice, decoding …"""
    store: Path
    """A store of its own, begun with what came along; on free hosts it is gone after a restart."""
    model: Model


def open_bundle(folder: Path, store: Path | None = None) -> Bundled:
    """The bundle in a folder, its store made where it is not there yet. Raises UserError when something of it is missing."""
    about = _about(folder)
    path = store or Path(os.environ.get("MALMOI_STORE") or _own_store(folder, about))
    if not path.exists():
        _begin(folder / CONTENT, path)
    run = None
    if about["run_id"]:
        with open_store(path) as db:
            run = get_run(db, about["run_id"])
    base = ResolvedBase(about["base"], "folder", str(folder / FOLDER), None)
    model = Model(about["model"], base, None, run, "none", None, about["way"], engine=about["engine"])
    return Bundled(folder, about, path, model)


def open_backend(bundled: Bundled) -> Backend:
    """The model in memory. Raises UserError when a file is missing or altered, and when the engine cannot open it."""
    return open_parts(bundled)[0]


def open_parts(bundled: Bundled) -> tuple[Backend, Any]:
    """(the model in memory, what it reads prompts with). Raises as `open_backend`."""
    cache = _writable(bundled.folder) / ".model"
    if bundled.about["engine"] == GPU:
        from engine.deploy.unconverted import open_unconverted

        return open_unconverted(bundled.folder, bundled.about, cache)
    files = whole(bundled.folder / FOLDER, cache)
    kind = _kind(bundled.about["engine"])
    tokenizer = LightTokenizer(files)
    return kind.open(files, tokenizer, read_config(files)), tokenizer


def weights_of(bundled: Bundled) -> Weights:
    """What must be in memory to answer: an engine's own form stands behind its name, see `memory_room`."""
    engine, place = bundled.about["engine"], str(bundled.folder / FOLDER)
    return Weights(bundled.store, place if engine == GPU else f"{engine}:{place}", "none", None)


def way_in(bundled: Bundled) -> tuple[Way, Read | None]:
    """(what the recipe puts around an answer, what it makes of one)."""
    with open_store(bundled.store) as db:
        run = bundled.model.run
        read = prepared(db, load_recipe(run["recipe"])).read if run else None
        return chat_way(db, bundled.model), read


def item_of(bundled: Bundled) -> Callable[[Mapping[str, Any]], Asked]:
    """One item of a file of questions to the prompt: the fields of the recipe, as `answer` takes them; else `question` or `turns` as
    a visitor would have said them; else `messages`, the whole prompt as it is shown to the model."""
    with open_store(bundled.store) as db:
        said, run = chat_prompt(db, bundled.model.run), bundled.model.run
        own = item_prompt(db, load_recipe(run["recipe"]), run) if run else None

    def asked(item: Mapping[str, Any]) -> Asked:
        if "messages" in item:
            return Asked(messages_in(item["messages"]))
        try:
            return own(item) if own else said(_said(item))
        except KeyError:
            if "question" not in item and "turns" not in item:
                raise
            return said(_said(item))

    return asked


def _said(item: Mapping[str, Any]) -> Sequence[Message]:
    if "turns" in item:
        return turns_in(item["turns"])
    return [Message(role="user", content=text_in(item, "question"))]


def decoding_of(bundled: Bundled) -> Decoding:
    """How it answers unless told otherwise."""
    return Decoding.model_validate(bundled.about["decoding"])


def _about(folder: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        return {**told, **{name: told[name] for name in ("model", "run_id", "base", "engine", "way", "decoding")}}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"꾸러미의 {ABOUT}을 읽을 수 없습니다({type(error).__name__}). 꾸러미를 다시 올리거나 다시 만드세요.",
            f"The bundle's {ABOUT} cannot be read ({type(error).__name__}). Upload the bundle again, or make it anew.",
        ) from error


def _begin(content: Path, store: Path) -> None:
    """Copy what came along; another process that starts at the same moment must not see half of it."""
    if not content.is_file():
        raise UserError(
            f"꾸러미에 {CONTENT}가 없습니다. 꾸러미를 빠짐없이 다시 올리세요.",
            f"The bundle has no {CONTENT}. Upload all of it again.",
        )
    if not _is_whole(content):  # told now: once it is the store, a better upload would no longer be looked at
        raise UserError(
            f"꾸러미의 {CONTENT}가 깨졌거나 올리다 잘렸습니다. 꾸러미를 빠짐없이 다시 올리세요.",
            f"The bundle's {CONTENT} is broken, or was cut off while it was uploaded. Upload all of it again.",
        )
    name = None
    try:
        handle, name = tempfile.mkstemp(prefix="beginning-", dir=store.parent)
        with os.fdopen(handle, "wb") as out, content.open("rb") as read:
            shutil.copyfileobj(read, out)
        os.replace(name, store)
    except OSError as error:
        if name is not None:
            Path(name).unlink(missing_ok=True)
        raise unwritable(store.parent, error) from error


def _own_store(folder: Path, about: Mapping[str, Any]) -> Path:
    """One for each time that the bundle was made: a host that lays a newer one over it and keeps what lies beside, as Community Cloud
    does with each push, must read the invitations, clauses and run that came along with the newer."""
    made = hashlib.sha256(str(about.get("made_at")).encode()).hexdigest()[:8]
    return _writable(folder) / f"visits-{made}.db"


def _is_whole(content: Path) -> bool:
    """Whether it is a database to its last page."""
    try:
        with closing(sqlite3.connect(f"file:{quote(content.as_posix())}?mode=ro&immutable=1", uri=True)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def _writable(folder: Path) -> Path:
    """The bundle's own folder, or where that cannot be written to a folder of the machine's for what is thrown away: one for each
    bundle, and nobody else's."""
    if os.access(folder, os.W_OK):
        return folder
    own = Path(tempfile.gettempdir()) / f"malmoi-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    try:
        own.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise unwritable(own.parent, error) from error
    if own.is_symlink() or not own.is_dir() or (sys.platform != "win32" and own.stat().st_uid != os.getuid()):
        raise unwritable(own.parent, PermissionError(errno.EPERM, ""))
    return own


def _kind(engine: str) -> Any:
    """The module of an engine. Raises UserError for one that bundles do not run, and when it is not installed."""
    if bare(engine) not in MODULES:
        raise UserError(
            f"이 꾸러미의 엔진 '{engine}'을(를) 모릅니다. 꾸러미를 다시 만드세요.",
            f"The engine '{engine}' of this bundle is not known. Make the bundle anew.",
        )
    return import_module(f"engine.serve.{MODULES[bare(engine)]}")
