"""The contract of a suite: which metrics, how one answer is scored, how many answers become a number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.curate.row import Message
from engine.terms.dictionary import Dictionary
from engine.terms.shipped import shipped_dictionary


@dataclass(frozen=True, slots=True)
class Metric:
    """One number on the leaderboard."""

    name: str
    unit: str
    better: Literal["higher", "lower", "neither"]
    ko: str
    """One line for an owner who never trained a model."""
    en: str
    span: tuple[float, float] | None = None
    """Bounds the value cannot leave; intervals are cut there."""
    chance: float | None = None
    """What guessing gives; None where that cannot be said beforehand."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a suite; `name` is unique inside the evaluation."""

    name: str
    messages: tuple[Message, ...]
    reference: str
    row_id: int | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model said to one item."""

    text: str
    raw: str
    duration_ms: int
    nll: float | None = None
    """Summed negative log-likelihood (nats) of the reference's tokens, end token included; None when not measured."""
    tokens: int = 0
    """How many reference tokens `nll` sums over."""
    ended: bool | None = None
    """False when the length ran out before the model stopped; None when not known."""
    shown: int | None = None
    """How many of the item's clauses this model was shown; None: all of them."""
    choice_nlls: tuple[float | None, ...] = ()
    """Summed negative log-likelihood (nats) of each of the suite's `choices`; None where the backend cannot tell."""


@dataclass(frozen=True, slots=True)
class SuiteContext:
    """What a suite may look at beside the answers."""

    train_targets: frozenset[str] = frozenset()
    """Targets of the training split, for verbatim copying."""
    pseudonyms: frozenset[tuple[str, str]] = frozenset()
    """(kind, text) of invented values: a model that says one of them leaks nothing."""
    products: tuple[str, ...] = ()
    """Names of products and companies in the clauses: one that is named in the wrong place is a swap."""
    dictionary: Dictionary = field(default_factory=shipped_dictionary)
    """Terms and relations that answers are judged by: the owner's, else those that come with Malmoi."""


Scores = dict[str, float | None]
"""Metric name to value; None means it could not be judged, and is counted as such."""


@dataclass(frozen=True)
class Baseline:
    """Somebody who answers without looking: judged like a model, so that a number has its floor beside it."""

    ko: str
    en: str
    metrics: tuple[str, ...]
    """What it is a floor of."""
    answers: Callable[[Sequence[Item]], Sequence[str]]
    """One answer per item."""


@dataclass(frozen=True)
class Confusion:
    """Answers sorted by what was true and what was said: two names among what `explain` keeps."""

    truth: str
    said: str
    labels: tuple[str, ...]
    """What may be true, in order."""
    beside: tuple[str, ...] = ()
    """What may be said beside the labels: an answer that says none of them."""


@dataclass(frozen=True)
class Suite:
    """How a recipe is judged. `score` looks at one answer; `corpus` at all answers of one model (distinct-n …)."""

    name: str
    version: str
    metrics: tuple[Metric, ...]
    score: Callable[[Item, Answer, SuiteContext], Scores]
    corpus: Callable[[Sequence[Item], Sequence[Answer]], Scores] | None = None
    """Metrics that exist only over many answers; their interval is a jackknife over the answers.

    A metric given by both is summed up by `corpus` (loss is per token, not per answer); `score` then says which
    answers were judged and what each one contributes.
    """
    choices: Callable[[Item], Sequence[str]] | None = None
    """Texts among which the likeliest is a model's choice, whatever it writes; none for an item without choices."""
    needs_loss: bool = True
    """Whether the reference's log-likelihood is to be measured."""
    explain: Callable[[Item, Answer, SuiteContext], dict[str, Any]] | None = None
    """What is kept with an answer beside its scores (label, claims …); its names are no metric's."""
    meta: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    """A row of a file to score (`score --in`) to the item's `meta`. Raises KeyError or TypeError for a row that lacks it.

    `references` in it are the right answers, any of which will do; the first is the item's `reference`. Without them the row itself
    must hold one.
    """
    score_all: Callable[[Sequence[Item], Sequence[Answer], SuiteContext], list[Scores]] | None = None
    """The same numbers as `score` for many answers at once, where that is faster."""
    about: tuple[str, str] | None = None
    """(Korean, English): what an answer is judged against, where that is not plain."""
    subsets: frozenset[str] = frozenset()
    """Metrics over answers that the model itself chose (its refusals): two models are compared by their ratios, each over
    its own answers, and not item by item."""
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    """Floors by name."""
    chances: Callable[[Sequence[Item]], Mapping[str, float]] | None = None
    """Metric name to what guessing gives over these items, where that hangs on them (on how many choices they have)."""
    confusion: Confusion | None = None
    answers_json: bool = False
    """Answers are JSON: `score --pred` may hold one as an object instead of text."""
    parts: Mapping[str, Callable[[Item], str | None]] = field(default_factory=dict)
    """Ways to divide the items, by name: each part is judged for itself too. None: the item is in no part of that way."""
    gate: str | None = None
    """The metric that a lighter model is held to, a share; None: the first share that has a better side."""
    wanted: float | None = None
    """What that metric is to reach at least; None where nobody asked for a number."""
