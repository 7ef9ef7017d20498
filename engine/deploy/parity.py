"""Whether what is handed over answers as the model in the owner's chat: the same prompts, greedily, through every form of it.

The forms: `chat` (transformers with the adapter), `merged`, `int8` (the engine of bundles), `bundle` (the folder itself, run as on a host).
A difference has one cause: the prompt is read as other tokens (`template`), answers end at other tokens (`end_token`), the same question
gives another answer twice (`sampling`), or, where none of these holds, the weights are others (`dtype`). Prompts are shown whole: what a
long one would lose to the window is not compared.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from sqlite_utils import Database

from engine.curate.row import Message
from engine.errors import UserError
from engine.models.template import encode_prompt
from engine.serve.backend import Backend
from engine.serve.choose import Model, open_model, whole_parts, with_engine
from engine.serve.decoding import Decoding
from engine.serve.parity import first_difference
from engine.store.datasets import read_split
from engine.store.open import open_store

Cause = Literal["template", "end_token", "dtype", "sampling", "none"]
PROMPTS = 20
ENGINE = "gguf"
"""Of the int8 form where no bundle says otherwise."""
AGAIN = 3
"""Differing prompts that are asked a second time."""
LONGEST_S = 1_800
"""Seconds that a bundle may take over all prompts."""
Prompts = Sequence[Sequence[Message]]
Ask = Callable[[Prompts], list[str]]


@dataclass(frozen=True, slots=True)
class Side:
    """One form of the model that can be asked. `tokenizer` is what it reads prompts with."""

    name: str
    tokenizer: Any
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
    plain = with_engine(model, "transformers")
    with opened(store, plain, "chat", new_tokens) as chat:
        wanted, own = chat.ask(asked), chat.tokenizer
        again = chat.ask(asked[:AGAIN]) == wanted[:AGAIN]
    found = [Variant("chat", len(asked), None, "none", {}, [])]
    for side in _sides(store, model, engine, bundle, new_tokens):
        with side as made:
            say(f"{made.name}에 묻습니다 / {made.name} is asked")
            found.append(compared(made, own, asked, wanted, again))
    return _summed(len(asked), found)


def prompts_of(db: Database, model: Model, limit: int) -> list[list[Message]]:
    """Of the data set that the run learned from, held-out ones first; of a base a few shipped ones."""
    from engine.serve.converting import PROBES

    found: list[list[Message]] = []
    if model.run is not None and model.run["dataset_id"]:
        for split in ("test", "validation", "train"):
            rows = read_split(db, model.run["dataset_id"], split)
            found += [row["messages"] for row, _ in zip(rows, range(limit - len(found)), strict=False)]
    found = found or [list(prompt) for prompt, _ in PROBES][:limit]
    return [[Message(role=one["role"], content=one["content"]) for one in prompt] for prompt in found]


def _greedy(new_tokens: int) -> dict[str, Any]:
    return {"temperature": 0.0, "repetition_penalty": 1.0, "max_new_tokens": new_tokens, "stop": []}


@contextmanager
def opened(store: Path, model: Model, name: str, new_tokens: int) -> Iterator[Side]:
    """A model of the store in memory."""
    with closing(open_model(store, model)) as backend:
        yield Side(name, _tokenizer_of(store, model), _asking(backend, new_tokens))


def _engine(model: Model, bundle: Path | None) -> str:
    """Of the int8 form: the bundle's, the model's own, or the usual one."""
    if bundle:
        return str(_about(bundle)["engine"])
    return model.engine if model.engine.startswith(("gguf", "openvino")) else ENGINE


def _sides(store: Path, model: Model, engine: str, bundle: Path | None, new_tokens: int) -> Iterator[Any]:
    yield _merged(store, model, new_tokens)
    yield opened(store, with_engine(model, engine), "int4" if engine.endswith("int4") else "int8", new_tokens)
    if bundle:
        yield _running(bundle, new_tokens)


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
        with closing(open_backend(folder, quantisation="none", device="cpu")) as backend:
            yield Side("merged", load_tokenizer(folder), _asking(backend, new_tokens))


@contextmanager
def _running(bundle: Path, new_tokens: int) -> Iterator[Side]:
    """The bundle's own code in a process of its own, with a store of its own, as on its first start."""
    from engine.models.light import LightTokenizer

    def ask(prompts: Prompts) -> list[str]:
        with tempfile.TemporaryDirectory(prefix="parity-") as scratch:
            return _answered(bundle, prompts, new_tokens, Path(scratch))

    yield Side("bundle", LightTokenizer(bundle / "model"), ask)


def _answered(bundle: Path, prompts: Prompts, new_tokens: int, scratch: Path) -> list[str]:
    asked, out = scratch / "asked.jsonl", scratch / "answers.jsonl"
    lines = (json.dumps({"id": at, "messages": prompt}, ensure_ascii=False) for at, prompt in enumerate(prompts))
    asked.write_text("\n".join(lines), encoding="utf-8")
    command = [
        sys.executable,
        "-I",
        "-X",
        "utf8",
        str(bundle.resolve() / "answer.py"),
        "--in",
        str(asked),
        "--out",
        str(out),
    ]
    command += ["--settings", json.dumps(_greedy(new_tokens))]
    environment = {**os.environ, "MALMOI_STORE": str(scratch / "visits.db")}
    try:
        done = subprocess.run(
            command,
            cwd=bundle,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _silent(bundle, f"{LONGEST_S} s") from None
    if done.returncode or not out.is_file():
        raise _silent(bundle, (done.stderr.strip().splitlines() or ["?"])[-1][:200])
    return [str(json.loads(line)["raw"]) for line in out.read_text(encoding="utf-8").splitlines()]


def _about(bundle: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
        return {**told, "engine": str(told["engine"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"'{bundle}'은(는) 묶음 폴더가 아닙니다(bundle.json을 읽을 수 없음). `deploy`가 만든 폴더를 주세요.",
            f"'{bundle}' is no folder of a bundle (its bundle.json cannot be read). Give a folder that `deploy` made.",
        ) from error


def _silent(bundle: Path, why: str) -> UserError:
    return UserError(
        f"묶음 '{bundle.name}'이(가) 답하지 않았습니다: {why}. 파일이 빠졌거나 바뀌었을 수 있습니다. `deploy`로 다시 만드세요.",
        f"The bundle '{bundle.name}' did not answer: {why}. A file may be missing or altered. Make it again with `deploy`.",
    )


def _asking(backend: Backend, new_tokens: int) -> Ask:
    decoding = Decoding.model_validate(_greedy(new_tokens))
    return lambda prompts: [one.raw for one in backend.generate(prompts, decoding)]


def _tokenizer_of(store: Path, model: Model) -> Any:
    from engine.models.loading import load_tokenizer
    from engine.models.special_tokens import tokens_of

    base, adapter = whole_parts(store, model)
    return load_tokenizer(base, tokens_of(adapter))


def compared(side: Side, own: Any, asked: Prompts, wanted: Sequence[str], steady: bool) -> Variant:
    """The form against the chat's answers. own: the chat's tokenizer, in whose tokens places are told; steady: the chat answers alike twice."""
    made = side.ask(asked)
    places = [first_difference(_ids(own, a), _ids(own, b)) for a, b in zip(wanted, made, strict=True)]
    places = [0 if place is None and a != b else place for place, a, b in zip(places, wanted, made, strict=True)]
    apart = [at for at, place in enumerate(places) if place is not None]
    some = [asked[at] for at in apart[:AGAIN]]
    steady = steady and (not some or side.ask(some) == [made[at] for at in apart[:AGAIN]])
    causes = {at: _cause(side, own, asked[at], wanted[at], made[at], steady) for at in apart}
    told = [
        {"prompt": at, "token": places[at], "cause": causes[at], "chat": wanted[at], "made": made[at]} for at in apart
    ]
    first = min(apart, key=lambda at: (places[at] or 0, at)) if apart else None
    return Variant(
        side.name, len(asked) - len(apart), None if first is None else {"prompt": first, "token": places[first] or 0},
        "none" if first is None else causes[first], {one: list(causes.values()).count(one) for one in sorted(set(causes.values()))}, told,
    )  # fmt: skip


def _cause(side: Side, own: Any, prompt: Sequence[Message], wanted: str, made: str, steady: bool) -> Cause:
    from engine.models.tokenizer import end_ids

    if encode_prompt(own, prompt) != encode_prompt(side.tokenizer, prompt):
        return "template"
    ran_on = wanted.startswith(made) or made.startswith(wanted)
    if ran_on and set(end_ids(own)) != set(end_ids(side.tokenizer)):
        return "end_token"
    return "dtype" if steady else "sampling"


def _ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _summed(count: int, found: Sequence[Variant]) -> ParityReport:
    apart = {answer["prompt"] for one in found for answer in one.answers}
    firsts = [one.first_difference for one in found if one.first_difference]
    first = min(firsts, key=lambda one: (one["token"], one["prompt"]), default=None)
    return ParityReport(count, count - len(apart), first, tuple(found))
