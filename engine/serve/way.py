"""A way of answering: what is done around a model's own words. It knows no recipe and no model.

A board shows models as MODEL[+MODEL…][@WAY]: `run-a@free`, `run-a+run-b@ensemble`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.curate.row import Message
from engine.resources import count_tokens
from engine.serve.backend import Backend, Generated
from engine.serve.decoding import Decoding

Prompts = Sequence[Sequence[Message]]


@dataclass(frozen=True)
class Way:
    """A named way of answering that a recipe offers beside its plain one."""

    ko: str
    en: str
    decoding: Mapping[str, Any] = field(default_factory=dict)
    """Decoding settings over the recipe's own."""
    candidates: int = 1
    """Answers drawn from each model; more than one, or several models, need `utility`."""
    utility: Callable[[Sequence[str]], Sequence[float]] | None = None
    """Candidates to the expected utility of each among all: the highest is the answer (minimum Bayes risk, Kumar and Byrne 2004)."""
    part_of: str | None = None
    """The way of which this one does a single step, to measure what that step gains; not offered by itself."""
    schema: Callable[[Sequence[Message]], dict[str, Any] | None] | None = None
    """(prompt) to the JSON schema of its answer, where each prompt has one of its own: such prompts are answered one by one. None
    for a prompt: the schema of the way's decoding. It narrows that one alone: who asks for another form gets it."""
    finish: Callable[[Sequence[Message], str], str] | None = None
    """(prompt, answer) to the answer as it is given; `raw` stays as the model wrote it."""
    instead: Callable[[Sequence[Message]], str] | None = None
    """(prompt) to what people are answered where the model shall not be asked at all, as in an emergency; "" where it shall. Evaluations
    ask it all the same: its words are what they judge."""


PLAIN = Way("모델이 말한 그대로", "As the model says it")


def decoding_in(way: Way, decoding: Decoding, told: Sequence[str] = ()) -> Decoding:
    """`decoding` as the way wants it; what the owner `told` by name stays."""
    own = {name: value for name, value in way.decoding.items() if name not in told}
    return Decoding(**{**decoding.model_dump(), **own})


def answers(
    backends: Sequence[Backend], prompts: Sequence[Prompts], decoding: Decoding, way: Way = PLAIN
) -> list[Generated]:
    """One answer per item. `prompts`: for each backend, its own prompt of every item."""
    drawn = [
        _generated(backend, own, one, way)
        for backend, own in zip(backends, prompts, strict=True)
        for one in _draws(decoding, way.candidates)
    ]
    count_tokens(sum(made.new_tokens for one in drawn for made in one))
    best = [_best(way, candidates) for candidates in zip(*drawn, strict=True)]
    return [finished(way, prompt, made) for prompt, made in zip(prompts[0], best, strict=True)]


def answers_or_instead(
    backends: Sequence[Backend], prompts: Sequence[Prompts], decoding: Decoding, way: Way = PLAIN
) -> list[Generated]:
    """As `answers`, for people and not for judging: a prompt that the way answers in the models' place is shown to none of them."""
    told = [said_instead(way, prompt) for prompt in prompts[0]]
    left = [place for place, one in enumerate(told) if one is None]
    asked = [[own[place] for place in left] for own in prompts]
    made = iter(answers(backends, asked, decoding, way) if left else [])
    return [next(made) if one is None else one for one in told]


def said_instead(way: Way, prompt: Sequence[Message]) -> Generated | None:
    """What the way says in the model's place; None where the model is to be asked. `raw` is empty: no model said anything."""
    told = way.instead(prompt) if way.instead else ""
    return Generated(told, "", 0, 0, True) if told else None


def _generated(backend: Backend, prompts: Prompts, decoding: Decoding, way: Way) -> list[Generated]:
    if not narrows(way, decoding):
        return backend.generate(prompts, decoding)
    return [backend.generate([prompt], narrowed(way, prompt, decoding))[0] for prompt in prompts]


def narrowed(way: Way, prompt: Sequence[Message], decoding: Decoding) -> Decoding:
    """`decoding` with the schema that this prompt has of its own, where it has one."""
    schema = way.schema(prompt) if way.schema is not None and narrows(way, decoding) else None
    return decoding if schema is None else decoding.model_copy(update={"json_schema": schema})


def narrows(way: Way, decoding: Decoding) -> bool:
    """Whether prompts have schemas of their own; they have none where another form was asked for."""
    return way.schema is not None and decoding.json_schema == way.decoding.get("json_schema")


def _draws(decoding: Decoding, candidates: int) -> list[Decoding]:
    """The answer as asked for, then samples, each with a seed of its own."""
    warm = {"temperature": decoding.temperature or 0.7, "beams": 1}
    more = [decoding.model_copy(update={**warm, "seed": decoding.seed + k}) for k in range(1, candidates)]
    return [decoding, *more]


def _best(way: Way, candidates: Sequence[Generated]) -> Generated:
    """The candidate of highest utility; all of the time that the candidates took is its own."""
    if len(candidates) == 1 or way.utility is None:
        return candidates[0]
    worth = way.utility([one.text for one in candidates])
    chosen = candidates[max(range(len(candidates)), key=lambda place: (worth[place], -place))]
    spent = sum(one.duration_ms for one in candidates)
    return replace(chosen, duration_ms=spent)


def finished(way: Way, prompt: Sequence[Message], made: Generated) -> Generated:
    """The answer as the way gives it."""
    return made if way.finish is None else replace(made, text=way.finish(prompt, made.text))
