"""Whether a host will hold a bundle, told from the base's configuration alone, before minutes of conversion. It loads and measures nothing.

Memory is the weights in the engine's bits, keys and values of a conversation, what the engine works with, and the page. Laid beside the
measured engines (reference figures of CPU serving: 1.12 B in four forms, private memory and mapped weights together) it lies within 10 %.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.compress.hosts import APP_MB, HOSTS
from engine.compress.making import shape_folder
from engine.deploy.card import HARDWARE, OnCard, on_card
from engine.deploy.engines import GPU, engine_of, engines_for
from engine.deploy.targets import TARGETS, Level, Target
from engine.errors import UserError
from engine.models.bases import folder_of
from engine.models.family import read_config, window
from engine.models.shapes import Shape, shape_in, shape_of
from engine.serve.choose import Model
from engine.serve.memory_room import beside_mb
from engine.store.artifacts import artifact_bytes
from engine.store.open import open_store

BYTES: Mapping[str, tuple[float, float]] = {
    "gguf": (1.0625, 1.0625),
    "gguf-int4": (0.5625, 1.0625),
    "openvino": (1.0, 1.0),
    "openvino-int4": (0.516, 1.0),
    "ctranslate2": (1.0, 1.0),
}
"""Of a weight in a layer, and of one in the embedding or the head: Q8_0 and Q4_0 keep a scale for 32 weights, OpenVINO one for 128,
CTranslate2 one for a row."""
CODE_MB = 3.0
"""A bundle without its model."""
NEAR = 0.15
"""An estimate this near to a limit, on either side of it, is told as on the edge."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One engine's form of a model. 10**6 bytes."""

    engine: str
    size_mb: float
    memory_mb: float
    hosts: dict[str, Level]
    """By the names of the hosts without a card."""
    target: Level


@dataclass(frozen=True, slots=True)
class Plan:
    """What a model will take at every place, in every form that bundles know."""

    parameters: int
    window: int | None
    """Tokens; None where it is not known."""
    certain: bool
    """False where the shape had to be guessed: then nothing is refused by it."""
    places: Mapping[str, Mapping[str, Estimate]]
    """Target to engine to estimate."""

    def instead(self, target: str, engine: str) -> list[tuple[str, str]]:
        """(target, engine) that will do better than this: those that fit before those that may, here before elsewhere; of each other
        place one."""
        levels = ("yes", "edge") if self.places[target][engine].target == "no" else ("yes",)
        found: list[tuple[str, str]] = []
        for level in levels:
            found += [(target, name) for name, one in self.places[target].items() if one.target == level]
            for place, forms in self.places.items():
                able = next((name for name, one in forms.items() if one.target == level), None)
                if able and place not in {known for known, _ in found} | {target}:
                    found.append((place, able))
        return found


def estimate(shape: Shape, longest: int | None, engine: str, target: Target) -> Estimate:
    """What a model of that shape will take. longest: its window in tokens, None where it is not known."""
    inner, outer = BYTES[engine]
    size = (shape.linear * inner + shape.embedding * outer) / 1e6
    memory = size + beside_mb(shape, longest) + APP_MB
    hosts = {host.name: near(memory, host.limit_mb, host.limit_mb) for host in HOSTS if not host.card}
    return Estimate(engine, round(size + CODE_MB, 1), round(memory, 1), hosts, _held(target, size + CODE_MB, memory))


def near(memory_mb: float, sure_mb: float | None, most_mb: float | None) -> Level:
    """Whether an estimate fits below what is always there, may fit below the most that is given, or does not."""
    if most_mb is not None and memory_mb > most_mb * (1 + NEAR):
        return "no"
    return "yes" if sure_mb is None or memory_mb <= sure_mb * (1 - NEAR) else "edge"


def _held(target: Target, size_mb: float, memory_mb: float) -> Level:
    if target.size_mb is not None and size_mb > target.size_mb:
        return "no"
    return near(memory_mb, target.sure_mb, target.memory_mb)


def plan_bundle(store: Path, model: Model, target: str, gpu: bool = False) -> dict[str, Any]:
    """{model, target, parameters, window, certain, engines: [Estimate …]} with the engines that can carry it; with `gpu` the one entry
    tells {vram_mb, weights_mb, kv_mb, hardware} too.

    Raises UserError for a host that is not known or has no card, and for a model whose configuration tells no shape.
    """
    if target not in TARGETS:
        known = ", ".join(TARGETS)
        raise UserError(
            f"'{target}'(이)라는 곳을 모릅니다. {known} 가운데 하나를 --target에 쓰세요.",
            f"There is no target '{target}'. Give --target one of {known}.",
        )
    if gpu:
        engine_of(model, "", gpu, target)
    shape, longest = _known_shape(store, model)
    if gpu:
        found = [_card_estimate(store, model, shape, longest, TARGETS[target])]
    else:
        found = [asdict(estimate(shape, longest, engine, TARGETS[target])) for engine in engines_for(model)]
    told = {"parameters": shape.parameters, "window": longest, "certain": shape.certain, "engines": found}
    return {"model": model.name, "target": target, **told}


def plan_everywhere(store: Path, model: Model) -> Plan:
    """What it will take at each place, without a card. Raises UserError for a model whose configuration tells no shape."""
    shape, longest = _known_shape(store, model)
    engines = engines_for(model)
    places = {
        name: {engine: estimate(shape, longest, engine, place) for engine in engines} for name, place in TARGETS.items()
    }
    return Plan(shape.parameters, longest, shape.certain, places)


def _known_shape(store: Path, model: Model) -> tuple[Shape, int | None]:
    shape, longest = _shape(store, model)
    if shape is None:
        raise UserError(
            f"{model.name}의 설정(config.json)에서 크기를 읽을 수 없어 어림하지 못합니다. 그대로 만들면 잰 값이 나옵니다.",
            f"The size of {model.name} cannot be read from its config.json, so nothing can be estimated. Make the bundle all the same: "
            "it is measured then.",
        )
    return shape, longest


def _card_estimate(store: Path, model: Model, shape: Shape, longest: int | None, target: Target) -> dict[str, Any]:
    told = on_card(shape, longest, "none" if model.whole_id else model.quantisation)
    size = CODE_MB + _carried_mb(store, model)
    held = "no" if told.hardware is None or (target.size_mb is not None and size > target.size_mb) else "yes"
    return {
        "engine": GPU, "size_mb": round(size, 1), "memory_mb": told.memory_mb, "hosts": {}, "target": held, "vram_mb": told.vram_mb,
        "weights_mb": told.weights_mb, "kv_mb": told.kv_mb, "hardware": told.hardware.name if told.hardware else None,
    }  # fmt: skip


def _carried_mb(store: Path, model: Model) -> float:
    """What travels in a bundle for a card: the adapter, or a whole model, and a base that is not the hub's. 10**6 bytes."""
    artifact = model.whole_id or model.adapter_id
    with open_store(store) as db:
        total = (artifact_bytes(db, artifact) or 0) if artifact else 0
    folder = folder_of(model.base)
    if folder and model.base.source != "hub" and not model.whole_id:
        total += sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    return total / 1e6


def hardware_of(store: Path, model: Model) -> OnCard | None:
    """What the model takes on a card and which is enough; None where its configuration tells no shape."""
    shape, longest = _shape(store, model)
    return on_card(shape, longest, "none" if model.whole_id else model.quantisation) if shape else None


def require_card_room(store: Path, model: Model, target: str, override: str | None = None) -> None:
    """As `require_room`, for a Space with a card. Raises UserError where no card is enough, and where the Space's files have no room."""
    shape, longest = _shape(store, model)
    if shape is None or not shape.certain or (override or "").strip():
        return
    place, found = TARGETS[target], _card_estimate(store, model, shape, longest, TARGETS[target])
    if found["hardware"] is None:
        raise UserError(
            f"이 모델(파라미터 {shape.parameters / 1e9:.2f}B)은 그래픽 카드 메모리가 {found['vram_mb']:,.0f} MB쯤 들어 Space의 가장 큰 카드 하나"
            f"({HARDWARE[-1].label})에도 들어가지 않습니다. 더 작은 모델로 하세요. 그래도 만들려면 --override에 까닭을 쓰세요.",
            f"This model ({shape.parameters / 1e9:.2f}B parameters) takes about {found['vram_mb']:,.0f} MB of a card, more than the largest "
            f"single one of Spaces holds ({HARDWARE[-1].label}). Use a smaller model. To make it all the same, give --override with a reason.",
        )
    if found["target"] == "no":
        raise UserError(
            f"모델 파일이 {found['size_mb']:,.0f} MB라서 {place.ko}의 {place.size_mb:,.0f} MB에 들어가지 않습니다. 허브에 있는 베이스로 학습하면 베이스는 "
            "Space가 스스로 받습니다. --gpu를 빼고 4비트 엔진으로 하거나, 그래도 만들려면 --override에 까닭을 쓰세요.",
            f"The model's files are {found['size_mb']:,.0f} MB, and {place.en} takes {place.size_mb:,.0f} MB. A base of the hub is fetched by the "
            "Space itself: train on one. Or leave --gpu out and use a 4-bit engine. To make it all the same, give --override with a reason.",
        )


def _shape(store: Path, model: Model) -> tuple[Shape | None, int | None]:
    """(shape, window) of what would be bundled: a run that trained or pruned every weight has its own."""
    with open_store(store) as db:
        own = shape_folder(db, store, model.run) if model.run else None
    folder = own or folder_of(model.base)
    shape = (shape_in(folder) if folder else None) or shape_of(model.base)
    return shape, window(read_config(folder)) if folder else None


def require_room(store: Path, model: Model, target: str, engine: str, override: str | None = None) -> str | None:
    """Look before the conversion. Returns a line to tell where it will be close, in Korean and English; None where it fits or nothing
    can be told. override: the owner's reason to go on all the same.

    Raises UserError where the host cannot hold it, with the engines that would do.
    """
    shape, longest = _shape(store, model)
    engine = engine or engines_for(model)[0]
    if shape is None or not shape.certain or engine not in BYTES or target not in TARGETS:
        return None
    place = TARGETS[target]
    found = estimate(shape, longest, engine, place)
    if found.target == "no" and not (override or "").strip():
        able = [one for one in engines_for(model) if estimate(shape, longest, one, place).target != "no"]
        raise _too_large(place, found, shape, able)
    if found.target == "yes":
        return None
    return (
        f"메모리를 {found.memory_mb:,.0f} MB쯤 쓸 것 같아 {place.ko}에서는 빠듯합니다 / about {found.memory_mb:,.0f} MB of memory: close at "
        f"{place.en}"
    )


def _too_large(place: Target, found: Estimate, shape: Shape, others: Sequence[str]) -> UserError:
    """others: engines with which it would fit."""
    size = place.size_mb is not None and found.size_mb > place.size_mb
    most, need = (place.size_mb, found.size_mb) if size else (place.memory_mb, found.memory_mb)
    what_ko, what_en = ("파일", "files") if size else ("메모리", "memory")
    ko = (
        f"--engine {', '.join(others)}(으)로 하거나"
        if others
        else "어느 엔진으로도 들어가지 않으니 더 작은 모델로 하거나"
    )
    en = f"Use --engine {' or '.join(others)}," if others else "No engine makes it small enough: use a smaller model,"
    return UserError(
        f"이 모델(파라미터 {shape.parameters / 1e9:.2f}B)은 {found.engine}에서 {what_ko} {need:,.0f} MB쯤이라 {place.ko}의 {most:,.0f} MB에 들어가지 않습니다. "
        f"{ko} 다른 --target을 고르세요. 그래도 만들려면 --override에 까닭을 쓰세요.",
        f"This model ({shape.parameters / 1e9:.2f}B parameters) takes about {need:,.0f} MB of {what_en} with {found.engine}, and {place.en} has "
        f"{most:,.0f} MB. {en} or choose another --target. To make it all the same, give --override with a reason.",
    )
