"""A model as a folder that is a complete repository: code, model, and what hosts ask for. It sends nothing anywhere.

The code is Malmoi's own, as far as the visitor's page and the engine import it; the model is in the engine's form, in parts where a host
takes no large files; `content.db` holds the rows that answering needs.
"""

import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from engine.config import ROOT, SCHEMA, language, require_new_folder
from engine.deploy.card import HARDWARE
from engine.deploy.closure import closure, imported_files, libraries
from engine.deploy.content import write_content
from engine.deploy.engines import BROUGHT, GPU, LIBRARIES, MODULES, bare, engine_of
from engine.deploy.opened import FOLDER
from engine.deploy.parts import cut, link
from engine.deploy.planning import hardware_of
from engine.deploy.repository import write_repository
from engine.deploy.targets import TARGETS, Target
from engine.deploy.tokenizer import write_tokenizer
from engine.deploy.unconverted import write_unconverted
from engine.errors import UserError
from engine.models.bases import ResolvedBase
from engine.models.family import read_config
from engine.models.loading import local_folder
from engine.recipes.asking import searched_sources, usual_settings
from engine.recipes.recipe import Recipe, folders, load_recipe
from engine.serve.choose import Model, ready_folders, whole_parts, with_engine
from engine.serve.decoding import Decoding
from engine.store.deployments import refuse_address
from engine.store.disk import disk_is_full
from engine.store.open import now, open_store

TALKING = ("streamlit", "tokenizers", "jinja2", "nvidia-ml-py")
"""What draws the page, reads a prompt, and asks what an answer took (the last looks for a card, and is some kilobytes)."""
LOOKING_UP = ("kiwipiepy",)
"""What cuts Korean into morphemes for the search of clauses and for dictionaries."""
TEMPLATES = Path(__file__).parent / "template"
WRITTEN = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json", "config.json")
"""Files of the model that are written anew, whatever an engine's own form has under these names."""
ENTRIES = ("answer.py", "streamlit_app.py")
START = "start.py"
"""A third program, for the owner's own machine: it tells how others reach it."""


class BundleSettings(BaseModel):
    """What the owner decides. Each docstring is `Korean / English` help for form and command line."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    engine: str = ""
    """답할 엔진(비우면 모델에 맞게). / The engine that answers; empty: the one that suits the model."""
    gpu: bool = False
    """그래픽 카드가 있는 Space에서 transformers로. / With transformers, on a Space that has a graphics card."""
    title: str = Field("", max_length=60)
    """방문자에게 보일 이름. / The name that visitors see."""
    home: str = Field("", max_length=300)
    """되돌아올 피드백을 받을 주소(비우면 내려받기). / Where feedback is sent; downloaded when empty."""
    invitations: tuple[str, ...] = ()
    """함께 갈 초대장 id. / Ids of the invitations that go along."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was made."""

    folder: Path
    target: str
    run_id: str | None
    model: str
    engine: str
    size_mb: float
    files: int
    sources: tuple[str, ...] = ()
    """Whose clauses are in it as text."""
    invitations: int = 0
    """How many can come in."""


def make_bundle(
    store: Path, model: Model, target: str, out: Path, wanted: BundleSettings, told: Callable[[str], None] | None = None
) -> Bundle:
    """The folder `out`, which must be new or empty. A failure leaves nothing behind.

    Raises UserError for an unknown target or engine, a home that is no address, a folder with something in it or that cannot be made, and a model that the engine or the tokenizer's files
    cannot carry.
    """
    place = _place(target, wanted)
    _refuse(model, out)
    wanted = wanted.model_copy(update={"engine": engine_of(model, wanted.engine, wanted.gpu, target)})
    say = told or (lambda line: None)
    unfinished = _begun(out)
    try:
        about, sources = _write(store, model, place, unfinished, wanted, say)
        unfinished.chmod(0o755)
        if out.exists():
            out.rmdir()
        unfinished.rename(out)
    except (OSError, RuntimeError, ValueError, sqlite3.Error) as error:
        if disk_is_full(out, error):
            raise _full(out) from error
        raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    files = [path for path in out.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    return Bundle(
        out, target, about["run_id"], about["model"], wanted.engine, round(size, 2), len(files), tuple(sources),
        about["invitations"],
    )  # fmt: skip


def _begun(out: Path) -> Path:
    """A folder beside `out` that becomes it when all is well."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise UserError(
            f"'{out.parent}'에 폴더를 만들 수 없습니다({type(error).__name__}). 쓸 수 있는 다른 곳을 --out에 주세요.",
            f"No folder can be made in '{out.parent}' ({type(error).__name__}). Give --out another place that can be written to.",
        ) from error


def _full(out: Path) -> UserError:
    """Whichever disk it is: the bundle's, the one for what is thrown away, or the store's, where the converted copy is kept."""
    free = ", ".join(
        f"{place} {shutil.disk_usage(place).free / 1e6:,.0f} MB" for place in (out.parent, tempfile.gettempdir())
    )
    return UserError(
        f"꾸러미를 만들다가 디스크가 가득 찼습니다(지금 남은 곳: {free}). 만들던 것은 지웠고 저장소는 그대로입니다. 자리를 비우거나 다른 디스크를 --out에 주고 다시 하세요.",
        f"The disk was full before the bundle was whole (free now: {free}). What was begun is removed, and the store is as it was. "
        "Free some space, or give --out a place on another disk, and do it again.",
    )


def _write(
    store: Path, model: Model, place: Target, folder: Path, wanted: BundleSettings, say: Callable[[str], None]
) -> tuple[dict[str, Any], list[str]]:
    """(what bundle.json tells, the sources whose clauses went along)."""
    recipe = load_recipe(model.run["recipe"]) if model.run else None
    say("모델을 가볍게 바꿉니다 / the model is made smaller")
    more = _write_model(store, model, place, folder, wanted.engine)
    say("답하는 데 드는 것만 추립니다 / what answering needs is copied")
    with open_store(store) as db:
        sources = searched_sources(db, recipe, model.run) if recipe and recipe.retrieves else []
        settings = usual_settings(db, recipe, model.run) if recipe else {}
    name = _called(model)
    guests = write_content(store, folder / "content.db", recipe, model.run, sources, name, wanted.invitations)
    say("채팅 앱을 담습니다 / the chat app is put in")
    entries = (*ENTRIES, START) if place.name == "local" else ENTRIES
    code = _write_code(folder, recipe, wanted.engine, entries)
    about = _about(model, recipe, place, wanted, settings) | more | {"invitations": guests}
    (folder / "bundle.json").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
    looks_up = recipe is not None and (recipe.retrieves or recipe.prepare is not None)
    names = _libraries(code, wanted.engine, looks_up)
    write_repository(folder, place, about, pinned(names))
    return about, sources


def _place(target: str, wanted: BundleSettings) -> Target:
    if target not in TARGETS:
        known = ", ".join(TARGETS)
        raise UserError(
            f"'{target}'(이)라는 곳을 모릅니다. {known} 가운데 하나를 --target에 쓰세요.",
            f"There is no target '{target}'. Give --target one of {known}.",
        )
    if wanted.home:
        refuse_address(wanted.home)
    return TARGETS[target]


def _refuse(model: Model, out: Path) -> None:
    if model.endpoint or model.others:
        raise UserError(
            f"{model.name}은(는) 이 컴퓨터의 한 모델이 아니라서 묶을 수 없습니다. 학습 하나를 고르세요.",
            f"{model.name} is not one model on this machine and cannot be bundled. Choose one run.",
        )
    require_new_folder(out)


def _write_model(store: Path, model: Model, place: Target, out: Path, engine: str) -> dict[str, Any]:
    """The converted weights with a tokenizer and a configuration beside them, which name no place on this machine; for a card the
    base and the adapter as they are. Returns what bundle.json tells of it."""
    base, adapter = whole_parts(store, model)
    if engine == GPU:
        told = write_unconverted(base, adapter, out, place.file_mb, "none" if model.whole_id else model.quantisation)
        card = hardware_of(store, model)
        best = card.hardware if card else HARDWARE[0]
        return told | {"hardware": (best or HARDWARE[-1]).name}
    (converted,) = ready_folders(store, with_engine(model, engine))
    with tempfile.TemporaryDirectory(prefix="bundling-") as scratch:
        folder = Path(scratch)
        for path in converted.iterdir():
            if path.is_file():
                link(path, folder / path.name)
        own = json.loads((converted / "config.json").read_text(encoding="utf-8")) if engine == "ctranslate2" else {}
        for name in WRITTEN:
            (folder / name).unlink(missing_ok=True)
        write_tokenizer(base, adapter, folder)
        config = {name: value for name, value in read_config(local_folder(base)).items() if name != "_name_or_path"}
        (folder / "config.json").write_text(json.dumps({**config, **own}), encoding="utf-8")
        cut(folder, out / FOLDER, place.file_mb)
    return {}


def _write_code(folder: Path, recipe: Recipe | None, engine: str, entries: Sequence[str]) -> list[Path]:
    """Returns the files of code that were copied."""
    for name in entries:
        shutil.copyfile(TEMPLATES / f"{name}.txt", folder / name)
    wanted = {one.relative_to(ROOT).as_posix(): one for one in _begun_with(engine, entries)}
    if recipe:
        wanted[f"engine/recipes/{recipe.name}.py"] = _file_of(recipe)
    found = closure(ROOT, wanted, BROUGHT[bare(engine)])
    found |= {path.relative_to(ROOT).as_posix(): path for path in sorted(SCHEMA.glob("*.sql"))}
    for name, path in found.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)
    return list(found.values())


def _begun_with(engine: str, entries: Sequence[str]) -> list[Path]:
    """The modules that the bundle's own programs import, and the engine's."""
    own = [path for name in entries for path in imported_files(ROOT, TEMPLATES / f"{name}.txt")]
    return [*own, ROOT / "engine" / "serve" / f"{MODULES[bare(engine)]}.py"]


def _file_of(recipe: Recipe) -> Path:
    return next(path for one in reversed(folders()) if (path := one / f"{recipe.name}.py").is_file())


def _called(model: Model) -> str:
    """The model's name in the bundle: no folder of this machine."""
    if model.run:
        return str(model.run["id"]) + (f"@{model.way}" if model.way else "")
    return "base:" + _bare_name(model.base)


def _bare_name(base: ResolvedBase) -> str:
    """Without the folders or the maker before it."""
    return base.name.replace("\\", "/").rpartition("/")[2]


def _about(
    model: Model, recipe: Recipe | None, place: Target, wanted: BundleSettings, settings: dict[str, Any]
) -> dict[str, Any]:
    known = {name: value for name, value in settings.items() if name in Decoding.model_fields}
    return {
        "version": 1,
        "title": wanted.title or _title(model, recipe),
        "model": _called(model),
        "run_id": model.run["id"] if model.run else None,
        "recipe": recipe.name if recipe else None,
        "notice": list(recipe.notice) if recipe and recipe.notice else None,
        "base": model.base.name if model.base.source != "folder" else Path(model.base.location).name,
        "engine": wanted.engine,
        "way": model.way,
        "decoding": Decoding.model_validate(known).model_dump(mode="json"),
        "k": settings.get("k"),
        "home": wanted.home or None,
        "target": place.name,
        "made_at": now(),
    }


def _title(model: Model, recipe: Recipe | None) -> str:
    if recipe is None:
        return _bare_name(model.base)
    return recipe.title[language() == "en"] if recipe.title else recipe.name


def _libraries(code: Sequence[Path], engine: str, looks_up: bool) -> set[str]:
    more = LOOKING_UP if looks_up else ()
    return {*libraries(code), *TALKING, *LIBRARIES[bare(engine)], *more}


def pinned(names: set[str]) -> list[str]:
    """`name==version` of each, as the project pins them, in order."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("requirements.txt", "requirements-optional.txt")]
    pins = {
        _plain(line.split("==")[0]): line
        for text in texts
        for line in text.splitlines()
        if "==" in line and line[0] != "#"
    }
    return sorted(pins[_plain(name)] for name in names)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
