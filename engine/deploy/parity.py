"""Whether what is handed over answers as the model in the owner's chat: the same prompts, greedily, through every form of it.

The forms: `chat` (transformers with the adapter), `merged`, `int8` (the engine of bundles), `bundle` (the folder itself, run as on a host).
A difference has one cause: the prompt is read as other tokens (`template`), answers end at other tokens (`end_token`), the same question
gives another answer twice (`sampling`), or, where none of these holds, the weights are others (`dtype`). A prompt too long for a window
counts as what is left of it. The chat may answer from 4 bits while all that is handed over is made from the whole weights: how many
answers are those of the merged form, which has the same, is told beside.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from sqlite_utils import Database

from engine.curate.row import Message
from engine.deploy.running import Said, about_bundle, ask_bundle
from engine.errors import UserError
from engine.serve.backend import Backend
from engine.serve.choose import Model, open_model, whole_parts, with_engine
from engine.serve.decoding import Decoding
from engine.serve.parity import first_difference
from engine.serve.read import read_as
from engine.store.datasets import read_split
from engine.store.open import open_store

Cause = Literal["template", "end_token", "dtype", "sampling", "none"]
PROMPTS = 20
ENGINE = "gguf"
"""Of the int8 form where no bundle says otherwise."""
AGAIN = 3
"""Differing prompts that are asked a second time."""
Prompts = Sequence[Sequence[Message]]
Ask = Callable[[Prompts], list[Said]]


@dataclass(frozen=True, slots=True)
class Side:
    """One form of the model that can be asked."""

    name: str
    precision: str
    """Of its weights: `nf4`, `none` (as the base has them), or the engine."""
    ends: frozenset[int]
    """Tokens that end its answers."""
    ask: Ask


@dataclass(frozen=True, slots=True)
class Variant:
    """One form against the chat."""

    name: str
    equal: int
    """Prompts with the same answer, letter by letter."""
    first_difference: dict[str, int] | None
    """{"prompt": place, "token": place in the answer} of the earliest difference; None when all are equal."""
    cause: Cause
    """Of that difference."""
    causes: dict[str, int]
    """Differing prompts by cause."""
    answers: list[dict[str, Any]]
    """Differing answers side by side: {prompt, token, cause, chat, made}. For the owner's eyes: they can hold what was learned."""
    precision: str = "none"
    """As of `Side`."""
    equal_merged: int | None = None
    """Prompts with the same answer as the merged form; None for those asked before it."""


@dataclass(frozen=True, slots=True)
class ParityReport:
    """Of all forms over the same prompts; `equal` counts prompts that every form answers alike."""

    prompts: int
    equal: int
    first_difference: dict[str, int] | None
    variants: tuple[Variant, ...]

    def as_json(self) -> dict[str, Any]:
        """Every field by its name."""
        return asdict(self)


def parity_of(
    store: Path,
    model: Model,
    bundle: Path | None = None,
    *,
    prompts: int = PROMPTS,
    new_tokens: int = 64,
    told: Callable[[str], None] | None = None,
) -> ParityReport:
    """Ask the chat's model and every form of it, one in memory at a time. bundle: a folder that `make_bundle` wrote.

    Raises UserError for a model that is not one model on this machine, and for a bundle that does not answer.
    """
    if model.endpoint or model.others:
        raise UserError(
            f"{model.name}은(는) 이 컴퓨터의 한 모델이 아니라서 견줄 수 없습니다.",
            f"{model.name} is not one model on this machine, so it cannot be compared.",
        )
    say = told or (lambda line: None)
    engine = _engine(model, bundle)
    with open_store(store) as db:
        asked = prompts_of(db, model, prompts)
    say("채팅 모델에 묻습니다 / the chat's model is asked")
    own = _tokenizer_of(store, model)
    with opened(store, with_engine(model, "transformers"), "chat", own, new_tokens) as chat:
        wanted = chat.ask(asked)
        again = _texts(chat.ask(asked[:AGAIN])) == _texts(wanted[:AGAIN])
    found = [Variant("chat", len(asked), None, "none", {}, [], chat.precision)]
    merged: list[str] | None = None
    for side in _sides(store, model, engine, bundle, own, new_tokens):
        with side as made:
            say(f"{made.name}에 묻습니다 / {made.name} is asked")
            said = made.ask(asked)
            merged = merged or _texts(said)
            alike = sum(one.text == other for one, other in zip(said, merged, strict=True))
            found.append(replace(compared(made, own, asked, wanted, said, again), equal_merged=alike))
    return _summed(len(asked), found)


def prompts_of(db: Database, model: Model, limit: int) -> list[list[Message]]:
    """Of the data set that the run learned from, held-out ones first; of a base a few shipped ones."""
    from engine.serve.converting import PROBES

    found: list[list[Message]] = []
    if model.run is not None and model.run["dataset_id"]:
        for split in ("test", "validation", "train"):
            rows = read_split(db, model.run["dataset_id"], split)
            found += [row["messages"] for row, _ in zip(rows, range(limit - len(found)), strict=False)]
    return found or [list(prompt) for prompt, _ in PROBES][:limit]


def _greedy(new_tokens: int) -> Decoding:
    return Decoding.model_validate({"temperature": 0.0, "repetition_penalty": 1.0, "max_new_tokens": new_tokens})


@contextmanager
def opened(store: Path, model: Model, name: str, tokenizer: Any, new_tokens: int) -> Iterator[Side]:
    """A model of the store in memory. tokenizer: its own."""
    precision = model.engine if model.engine != "transformers" else "none" if model.whole_id else model.quantisation
    with closing(open_model(store, model)) as backend:
        yield Side(name, precision, _ends(tokenizer), _asking(backend, tokenizer, new_tokens))


def _engine(model: Model, bundle: Path | None) -> str:
    """Of the int8 form: the bundle's, the model's own, or the usual one."""
    if bundle:
        return str(about_bundle(bundle)["engine"])
    return model.engine if model.engine.startswith(("gguf", "openvino")) else ENGINE


def _sides(
    store: Path, model: Model, engine: str, bundle: Path | None, own: Any, new_tokens: int
) -> Iterator[AbstractContextManager[Side]]:
    yield _merged(store, model, new_tokens)
    if engine != "transformers":
        yield opened(store, with_engine(model, engine), "int4" if engine.endswith("int4") else "int8", own, new_tokens)
    if bundle:
        yield _running(bundle, engine, new_tokens)


@contextmanager
def _merged(store: Path, model: Model, new_tokens: int) -> Iterator[Side]:
    """The adapter in the weights, written to disk and read again."""
    from engine.models.bases import ResolvedBase
    from engine.models.loading import load_tokenizer
    from engine.serve.converting import whole_folder
    from engine.serve.transformers_backend import open_backend

    base, adapter = whole_parts(store, model)
    with tempfile.TemporaryDirectory(prefix="merged-") as scratch:
        folder = ResolvedBase(model.name, "folder", str(whole_folder(base, adapter, Path(scratch))), None)
        tokenizer = load_tokenizer(folder)
        with closing(open_backend(folder, quantisation="none", device="cpu")) as backend:
            yield Side("merged", "none", _ends(tokenizer), _asking(backend, tokenizer, new_tokens))


@contextmanager
def _running(bundle: Path, engine: str, new_tokens: int) -> Iterator[Side]:
    settings = _greedy(new_tokens).model_dump(mode="json")
    ends = about_bundle(bundle).get("ends") or _published(bundle)
    yield Side("bundle", engine, frozenset(ends), lambda asked: ask_bundle(bundle, asked, settings)[0])


def _published(bundle: Path) -> list[int]:
    told = json.loads((bundle / "model" / "generation_config.json").read_text(encoding="utf-8"))
    return list(told["eos_token_id"])


def _asking(backend: Backend, tokenizer: Any, new_tokens: int) -> Ask:
    decoding = _greedy(new_tokens)

    def ask(prompts: Prompts) -> list[Said]:
        read = [read_as(backend, tokenizer, prompt, decoding) for prompt in prompts]
        return [Said(one.raw, mark) for one, mark in zip(backend.generate(prompts, decoding), read, strict=True)]

    return ask


def _texts(said: Sequence[Said]) -> list[str]:
    return [one.text for one in said]


def _ends(tokenizer: Any) -> frozenset[int]:
    from engine.models.tokenizer import end_ids

    return frozenset(end_ids(tokenizer))


def _tokenizer_of(store: Path, model: Model) -> Any:
    from engine.models.loading import load_tokenizer
    from engine.models.special_tokens import tokens_of

    base, adapter = whole_parts(store, model)
    return load_tokenizer(base, tokens_of(adapter))


def compared(
    side: Side, own: Any, asked: Prompts, wanted: Sequence[Said], made: Sequence[Said], steady: bool
) -> Variant:
    """What the form said against what the chat said. own: the chat's tokenizer, in whose tokens places are told; steady: the chat
    answers alike twice."""
    places = [first_difference(_ids(own, a.text), _ids(own, b.text)) for a, b in zip(wanted, made, strict=True)]
    places = [
        0 if place is None and a.text != b.text else place for place, a, b in zip(places, wanted, made, strict=True)
    ]
    apart = [at for at, place in enumerate(places) if place is not None]
    some = apart[:AGAIN]
    steady = steady and (not some or _texts(side.ask([asked[at] for at in some])) == _texts([made[at] for at in some]))
    causes = {at: _cause(side, _ends(own), wanted[at], made[at], steady) for at in apart}
    told = [
        {"prompt": at, "token": places[at], "cause": causes[at], "chat": wanted[at].text, "made": made[at].text}
        for at in apart
    ]
    first = min(apart, key=lambda at: (places[at] or 0, at)) if apart else None
    return Variant(
        side.name, len(asked) - len(apart), None if first is None else {"prompt": first, "token": places[first] or 0},
        "none" if first is None else causes[first], {one: list(causes.values()).count(one) for one in sorted(set(causes.values()))}, told,
        side.precision,
    )  # fmt: skip


def _cause(side: Side, ends: frozenset[int], wanted: Said, made: Said, steady: bool) -> Cause:
    if wanted.read and made.read and wanted.read != made.read:
        return "template"
    ran_on = wanted.text.startswith(made.text) or made.text.startswith(wanted.text)
    if ran_on and ends != side.ends:
        return "end_token"
    return "dtype" if steady else "sampling"


def _ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _summed(count: int, found: Sequence[Variant]) -> ParityReport:
    apart = {answer["prompt"] for one in found for answer in one.answers}
    firsts = [one.first_difference for one in found if one.first_difference]
    first = min(firsts, key=lambda one: (one["token"], one["prompt"]), default=None)
    return ParityReport(count, count - len(apart), first, tuple(found))
