"""Whole models in another engine's form, made once and kept beside the store's other copies. It knows no recipe.

An adapter is merged into its base first, in full precision: engines other than transformers hold one set of weights.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from engine.curate.row import Message
from engine.errors import UserError
from engine.hardware import cards
from engine.models.bases import ResolvedBase, base_hash
from engine.models.family import read_config
from engine.models.light import light_tokenizer
from engine.models.loading import load_model, load_tokenizer, local_folder
from engine.models.special_tokens import tokens_of
from engine.serve.backend import Backend
from engine.serve.decoding import Decoding

BITS = {"openvino-int4": 4, "gguf-int4": 4}
"""Of an engine's weights, where they are not 8."""
APART = {8: 0.5, 4: 1.0}
"""Nats a token that so many bits may change at most."""
PROBES: list[tuple[Sequence[Message], str]] = [
    ([Message(role="user", content="오늘 저녁에 뭐 먹을까?")], "나는 파스타가 좋은데!"),
    (
        [
            Message(role="user", content="회의는 세 시에 시작합니다. 고양이가 창가에서 잠을 잔다. 내일 비가 온대요."),
            Message(role="assistant", content="우산 챙기세요."),
            Message(role="user", content="머리가 아프고 열이 나면 어떻게 하나요?"),
        ],
        "물을 많이 드시고 쉬세요. 열이 사흘 넘게 이어지면 병원에 가 보세요.",
    ),
]
"""A short exchange and one long enough for windows that slide."""


def converted(cache: Path, name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` under the cache, made by `make(folder)` where it is missing; a half-made one never gets the name."""
    folder = cache / name
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=cache))
    try:
        make(unfinished)
        os.replace(unfinished, folder)
    except OSError:
        if not folder.is_dir():  # another process was first
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def whole_folder(base: ResolvedBase, adapter: Path | None, scratch: Path) -> Path:
    """A folder with the model's weights and tokenizer: the base's own, or one under `scratch` with the adapter merged in."""
    if adapter is None:
        return local_folder(base)
    merged = load_model(base, adapter, quantisation="none", device="cpu").merge_and_unload()
    merged.save_pretrained(scratch)
    load_tokenizer(base, tokens_of(adapter)).save_pretrained(scratch)
    return scratch


def converted_folder(engine: str, cache: Path, base: ResolvedBase, adapter: Path | None, artifact: str | None) -> Path:
    """Where a base, or what a run made of it, lies in the form of `engine`; converted at the first time. artifact: the run's,
    which names the copy.

    Raises UserError when the engine is not installed, does not know the model's architecture, or makes another model of it.
    """
    kind = _kind(engine)
    kind.require()
    config = read_config(local_folder(base))

    def make(out: Path) -> None:
        tokenizer = load_tokenizer(base, tokens_of(adapter))
        with tempfile.TemporaryDirectory(prefix="merged-") as scratch:
            kind.convert(whole_folder(base, adapter, Path(scratch)), tokenizer, out, BITS.get(engine, 8))
        require_same(engine, lambda: kind.open(out, tokenizer, config), base, adapter)

    return converted(cache, f"{engine}-{artifact or base_hash(base)[:16]}", make)


def open_converted(engine: str, cache: Path, base: ResolvedBase, adapter: Path | None, artifact: str | None) -> Backend:
    """The model in memory, converted where it was not yet. Raises what `converted_folder` raises."""
    folder, kind = converted_folder(engine, cache, base, adapter, artifact), _kind(engine)
    made: Backend = kind.open(folder, _tokenizer(kind, base, adapter), read_config(local_folder(base)))
    return made


def _tokenizer(kind: Any, base: ResolvedBase, adapter: Path | None) -> Any:
    """The small tokenizer where it will do: transformers brings torch into memory, 250 MB for a model that needs neither."""
    light = light_tokenizer(local_folder(base)) if kind.LIGHT and not tokens_of(adapter) else None
    return light or load_tokenizer(base, tokens_of(adapter))


def require_same(engine: str, opener: Callable[[], Backend], base: ResolvedBase, adapter: Path | None) -> None:
    """Raises UserError when the converted model finds a probe much more or less likely than its source does, or cannot answer at all.

    A converter reads what it knows of a configuration and passes over the rest: of the tiny models in tests/, CTranslate2 made mT5
    wrong without a word (34 nats a token instead of 5.6), the right ones within 0.01.
    """
    from engine.serve.transformers_backend import open_backend

    short = Decoding.model_validate({"temperature": 0.0, "max_new_tokens": 2})
    try:
        with closing(opener()) as made:
            found = made.losses(PROBES)
            made.generate([prompt for prompt, _ in PROBES], short)
    except (ValueError, RuntimeError) as error:
        raise _another(engine, base, type(error).__name__) from error
    source = open_backend(base, adapter, quantisation="none", device="cpu")
    wanted = source.losses(PROBES)
    source.close()
    for (loss, tokens), (right, _) in zip(found, wanted, strict=True):
        if loss is not None and not abs(loss - right) <= APART[BITS.get(engine, 8)] * tokens:
            raise _another(engine, base, f"{loss / tokens:.2f} ≠ {right / tokens:.2f}")


def _another(engine: str, base: ResolvedBase, what: str) -> UserError:
    kind = read_config(local_folder(base)).get("model_type", "?")
    return UserError(
        f"{engine}이(가) 이 모델의 구조('{kind}')를 제대로 옮기지 못합니다({what}). --backend transformers로 답하게 하세요.",
        f"{engine} cannot carry over this model's architecture ('{kind}', {what}). Answer with --backend transformers.",
    )


@cache
def usable_engines() -> tuple[str, ...]:
    """Engines that are installed here; whether one knows a model's architecture is told when it is asked."""
    found = ["transformers", *(["bitsandbytes"] if cards() else [])]
    for name in ("ctranslate2", "openvino", "gguf"):
        try:
            _kind(name).require()
        except UserError:
            continue
        found += [name, *([f"{name}-int4"] if f"{name}-int4" in BITS else [])]
    return tuple(found)


def _kind(name: str) -> Any:
    """The module of an engine: `require`, `convert(model folder, tokenizer, out, bits)`, `open(folder, tokenizer, config)`, `LIGHT`:
    whether prompts and answers are all that it wants of a tokenizer."""
    import engine.serve.ct2_backend as ctranslate2
    import engine.serve.gguf_backend as gguf
    import engine.serve.openvino_backend as openvino

    return {"openvino": openvino, "gguf": gguf, "ctranslate2": ctranslate2}[name.removesuffix("-int4")]
