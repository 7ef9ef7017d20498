"""What `--model` may name: a run, `latest`, `base`, `base:NAME`, a model on a server (`api:PROVIDER/MODEL`, `http://…/v1#MODEL`).
It loads nothing heavy itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from sqlite_utils import Database

from engine.config import cache_folder
from engine.errors import UserError
from engine.models.bases import ResolvedBase, reference, resolve_base
from engine.models.loading import Quantisation
from engine.serve.address import KEY_NAMES, PROVIDERS, SERVER_KEY, Server, check_address, is_here
from engine.serve.backend import Backend, Weights
from engine.store.open import open_store
from engine.store.runs import get_run, list_runs
from engine.train.objectives import refuse_reward_model
from engine.train.phases import unpacked

_WAY = re.compile(r"[a-z][a-z0-9-]*")
"""What may follow the last @: the name of a way of answering."""
_TOGETHER = re.compile(
    r"\+(?=run-|base:|latest\b|(?:transformers|ctranslate2|openvino|gguf|bitsandbytes)(?:-int4)?:|api:|https?:)"
)
ENGINES = ("transformers", "ctranslate2", "openvino", "openvino-int4", "gguf", "gguf-int4", "bitsandbytes")
"""What may stand before a model's name and a colon: what answers with it. transformers is meant where nothing is said."""
UNCONVERTED = ("transformers", "bitsandbytes")
"""Engines that read the model's own files; the last makes 8-bit weights of them on a card."""
DEFAULT_BASE = "starter"
"""The embedded base: what `base` means while nothing was trained yet."""


@dataclass(frozen=True, slots=True)
class Model:
    """One answering model: a base, a base with an adapter from a run, or the whole model that a run left."""

    name: str
    """`base:NAME`, a folder as its whole path, or the run's id: what evaluations and chats record, and workers choose by."""
    base: ResolvedBase
    adapter_id: str | None
    run: dict[str, Any] | None
    quantisation: Quantisation
    whole_id: str | None = None
    """The artifact of a run that trained every weight; it has no adapter."""
    way: str | None = None
    """A way of answering of the recipe, by name; None: plainly."""
    endpoint: Server | None = None
    """Where the model is asked, where it is a server's; nothing of it is on this machine."""
    engine: str = "transformers"
    """One of ENGINES."""
    others: tuple["Model", ...] = ()
    """Models that answer beside this one, where several answer together."""

    @property
    def members(self) -> tuple["Model", ...]:
        """All that answer, in the order of the name."""
        return (self, *self.others)


def weights_of(store: Path, model: Model) -> Weights:
    """What must be in memory to answer as `model`."""
    where = model.whole_id or model.base.location
    named = where if model.engine == ENGINES[0] else f"{model.engine}:{where}"
    return Weights(store, named, model.quantisation, model.adapter_id)


def side_by_side(models: Sequence[Model]) -> list[Model]:
    """The models of a comparison: a base beside what was learned on it is held in the precision of that, so that only the
    learning differs (and one set of weights serves both where it is an adapter)."""
    tuned = {model.base.location: model.quantisation for model in models if model.run}
    return [
        model if model.run else replace(model, quantisation=tuned.get(model.base.location, model.quantisation))
        for model in models
    ]


def choose_model(db: Database, given: str, recipe: str | None = None) -> Model:
    """Resolve a `--model` value, MODEL[+MODEL…][@WAY]. Raises UserError for an unknown run or base, and for a run of another
    recipe or without an adapter yet."""
    parts, way = parts_of(given)
    first, *others = [_choose_one(db, part, recipe) for part in parts]
    if not others and way is None:
        return first
    _refuse_twice(given, [model.name for model in (first, *others)])
    name = "+".join(model.name for model in (first, *others)) + (f"@{way}" if way else "")
    return replace(first, name=name, way=way, others=tuple(others))


def parts_of(given: str) -> tuple[list[str], str | None]:
    """(the models that answer together, the way of answering or None) of a `--model` value or a model's name; a folder whose
    name looks like one with a way is a folder."""
    bare, mark, way = given.rpartition("@")
    if not (mark and _WAY.fullmatch(way)) or Path(given.removeprefix("base:")).is_dir():
        bare, way = given, ""
    return _TOGETHER.split(bare), way or None


def _refuse_twice(given: str, names: Sequence[str]) -> None:
    """A model named twice would have two votes."""
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UserError(
            f"'{given}'에 {twice}이(가) 두 번 있습니다. 함께 답하는 모델은 한 번씩만 쓰세요.",
            f"'{given}' names {twice} twice. Name every model that answers together once.",
        )


def _choose_one(db: Database, given: str, recipe: str | None) -> Model:
    engine, mark, rest = given.partition(":")
    if mark and engine in ENGINES:
        return with_engine(_choose_one(db, rest, recipe), engine)
    if given == "base":
        runs = list_runs(db, recipe, limit=1)
        given = f"base:{runs[0]['base']}" if runs else f"base:{DEFAULT_BASE}"
    if given.startswith(("api:", "http://", "https://")):
        return _on_server(given)
    if given.startswith("base:"):
        base = resolve_base(given.removeprefix("base:"))
        return Model(f"base:{reference(base)}", base, None, None, "nf4")
    run = get_run(db, given, recipe)
    if recipe is not None and run["recipe"] != recipe:
        raise UserError(
            f"학습 {run['id']}은(는) '{run['recipe']}' 레시피로 배워서 '{recipe}'에는 쓸 수 없습니다. '{recipe}'로 학습한 것을 고르거나 "
            f"'{run['recipe']}'을 쓰세요.",
            f"Run {run['id']} learned recipe '{run['recipe']}' and cannot be used for '{recipe}'. Choose a run of '{recipe}', or "
            f"use '{run['recipe']}'.",
        )
    if run["adapter_id"] is None:
        raise UserError(
            f"학습 {run['id']}에는 아직 쓸 수 있는 어댑터가 없습니다({run['state']}). 끝날 때까지 기다리거나 `resume`으로 이어 하세요.",
            f"Run {run['id']} has no adapter yet ({run['state']}). Wait for its end, or continue it with `resume`.",
        )
    refuse_reward_model(run)
    whole = run["settings"].get("method") == "full"
    return Model(
        run["id"],
        resolve_base(run["base"]),
        None if whole else run["adapter_id"],
        run,
        run["settings"]["quantisation"],
        run["adapter_id"] if whole else None,
    )


def with_engine(model: Model, engine: str) -> Model:
    """The model answered with by that engine, which its name then tells. Raises UserError for an unknown one, and for a server's model."""
    if engine not in ENGINES or (model.endpoint and engine != ENGINES[0]):
        raise UserError(
            f"{model.name}에 --backend {engine}은(는) 쓸 수 없습니다. {', '.join(ENGINES)} 가운데서 고르세요. 서버의 모델은 서버가 정합니다.",
            f"--backend {engine} cannot answer with {model.name}. Choose among {', '.join(ENGINES)}; a server's model runs as the server does.",
        )
    if engine == model.engine:
        return model
    others = tuple(with_engine(other, engine) for other in model.others)
    bare, mark, way = model.name.partition("@") if model.way else (model.name, "", "")
    parts = [part.removeprefix(f"{model.engine}:") for part in _TOGETHER.split(bare)]
    name = "+".join(part if engine == ENGINES[0] else f"{engine}:{part}" for part in parts) + mark + way
    return replace(model, name=name, engine=engine, others=others)


class Named(NamedTuple):
    """What a model's name tells."""

    engine: str
    bare: str
    """A run's id, `base:NAME`, or a server's model."""
    way: str | None

    @property
    def run(self) -> str | None:
        """The run that is named, where it is one."""
        return None if self.bare.startswith(("base:", "api:", "http://", "https://")) else self.bare


def named(name: str) -> Named:
    """A model's name in its parts, the first of several that answer together; nothing is looked up."""
    (first, *_), way = parts_of(name)
    engine, mark, rest = first.partition(":")
    return Named(engine, rest, way) if mark and engine in ENGINES else Named(ENGINES[0], first, way)


def settings_name(name: str) -> str:
    """A model's name without the engine: what answers with it changes nothing of how it is to answer."""
    told = named(name)
    return told.bare + (f"@{told.way}" if told.way else "")


def converted_forms(store: Path, run: dict[str, Any]) -> list[str]:
    """`ENGINE:RUN` of every other engine's copy of a run that was made before and lies ready."""
    cache = cache_folder(store) / "converted"
    made = [
        engine for engine in ENGINES if engine not in UNCONVERTED and (cache / f"{engine}-{run['adapter_id']}").is_dir()
    ]
    return [f"{engine}:{run['id']}" for engine in made]


def _on_server(given: str) -> Model:
    """Raises UserError for an unknown provider, an address that is none, or a name without a model."""
    if given.startswith("api:"):
        provider, _, name = given.removeprefix("api:").partition("/")
        address, key_name = PROVIDERS.get(provider, ""), KEY_NAMES.get(provider, "")
    else:
        address, _, name = given.partition("#")
        address, key_name = address.rstrip("/").removesuffix("/chat/completions"), SERVER_KEY
    if not address or not name:
        raise UserError(
            f"'{given}'을(를) 서버의 모델로 읽을 수 없습니다. `http://127.0.0.1:8000/v1#모델`이나 `api:{'|'.join(PROVIDERS)}/모델` 꼴로 쓰세요.",
            f"'{given}' names no model on a server. Write it as http://127.0.0.1:8000/v1#MODEL or api:{'|'.join(PROVIDERS)}/MODEL.",
        )
    check_address(address)
    return Model(
        given, ResolvedBase(name, "server", given, None), None, None, "none", endpoint=Server(address, name, key_name)
    )


def open_server(store: Path, server: Server, timeout: float | None = None) -> Backend:
    """Prompts that leave the machine are looked over first, as clauses are before a generation. timeout: seconds for an answer."""
    from engine.keys import get_key
    from engine.privacy.decisions import leftovers_of
    from engine.serve.http_backend import TIMEOUT, HttpBackend
    from engine.serve.leaving import require_impersonal

    def look(text: str) -> None:
        if not is_here(server.address):
            require_impersonal(leftovers, text)

    with open_store(store) as db:
        leftovers = leftovers_of(db, [])
    return HttpBackend(server, get_key(server.key_name), look, timeout or TIMEOUT)


def open_model(store: Path, model: Model) -> Backend:
    """Load the model into memory; what a run left is unpacked from the store into the cache folder first."""
    from engine.serve.transformers_backend import open_backend

    if model.endpoint:
        return open_server(store, model.endpoint)
    if model.engine not in UNCONVERTED:
        return _open_converted(store, model)
    base, adapter = whole_parts(store, model)
    if model.engine == "bitsandbytes":
        require_card()
        return open_backend(base, adapter, quantisation="int8")
    return open_backend(base, adapter, quantisation="none" if model.whole_id else model.quantisation)


def _unpacked(store: Path, artifact_id: str) -> Path:
    with open_store(store) as db:
        return unpacked(db, store, artifact_id)


def require_card() -> None:
    """Raises UserError where bitsandbytes has no card to work on."""
    import torch

    if not torch.cuda.is_available():
        raise UserError(
            "bitsandbytes의 8비트는 NVIDIA 카드가 있어야 빠르고, 이 컴퓨터에서는 찾지 못했습니다. CPU에서는 --backend openvino나 gguf를 쓰세요.",
            "8 bits by bitsandbytes need an NVIDIA card, and none was found here. On a processor answer with --backend openvino or gguf.",
        )


def _open_converted(store: Path, model: Model) -> Backend:
    from engine.serve.converting import open_converted

    base, adapter = whole_parts(store, model)
    cache = cache_folder(store) / "converted"
    return open_converted(model.engine, cache, base, adapter, model.whole_id or model.adapter_id)


def whole_parts(store: Path, model: Model) -> tuple[ResolvedBase, Path | None]:
    """(the base or the whole model, the adapter's folder or None), unpacked."""
    if model.whole_id:
        return ResolvedBase(model.name, "folder", str(_unpacked(store, model.whole_id)), None), None
    return model.base, _unpacked(store, model.adapter_id) if model.adapter_id else None


def ready_folders(store: Path, model: Model) -> list[Path]:
    """The folders that `open_model` reads, unpacked or converted where they were not yet. Raises UserError as it does."""
    from engine.models.loading import local_folder
    from engine.serve.converting import converted_folder

    base, adapter = whole_parts(store, model)
    if model.engine in UNCONVERTED:
        return [local_folder(base), *([adapter] if adapter else [])]
    cache = cache_folder(store) / "converted"
    return [converted_folder(model.engine, cache, base, adapter, model.whole_id or model.adapter_id)]
