"""Answers of several models to the same items become scores, intervals and paired tests against the first model.

Knows the contract of a suite and the statistics; nothing of how answers were made or where results are kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, Literal

from engine.evaluate import statistics
from engine.evaluate.suite import Answer, Item, Metric, Scores, Suite, SuiteContext

RANDOMIZATIONS = 1000
"""Corpus metrics of both models are computed anew for each (about 3 ms for 300 answers)."""
ALPHA = 0.05
CHANCE = "chance"
MOST_PARTS = 20
"""Parts that items are divided into: more are names, not kinds."""

Language = Literal["ko", "en"]


@dataclass(frozen=True, slots=True)
class Score:
    """One number of one model: its 95 % interval, and over how many judged answers. None: could not be judged."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    missing: int = 0
    """Answers that could not be judged and are left out of `n`."""


@dataclass(frozen=True, slots=True)
class PairedTest:
    """b against a on one metric; `delta` is b - a over the items judged for both."""

    a: str
    b: str
    metric: str
    delta: float | None
    low: float | None
    high: float | None
    p: float | None
    test: str
    n: int | None
    """Items judged for both; None for a test read back from the store, which does not keep it."""


@dataclass(frozen=True, slots=True)
class Summary:
    """An evaluation in numbers. `references`: the real replies judged as if they were answers."""

    scores: dict[str, dict[str, Score]]
    paired: list[PairedTest]
    per_answer: dict[str, list[Scores]]
    references: dict[str, Score]
    steps: list[PairedTest]
    """From the third model on, each against the one before it: a ladder."""
    method: dict[str, Any]
    """Suite, version, seed, draws, level, what was resampled and how many of it."""
    baselines: dict[str, dict[str, Score]]
    """{baseline: {metric: score}}, over the same items; CHANCE is what guessing gives."""
    above: list[PairedTest]
    """Every model against every baseline, on the metrics that a baseline has."""
    parts: dict[str, dict[str, dict[str, dict[str, Score]]]]
    """{way of dividing: {part: {model: {metric: score}}}}."""


def summarise(
    suite: Suite,
    items: Sequence[Item],
    answers: Mapping[str, Sequence[Answer]],
    context: SuiteContext,
    seed: int = 0,
    draws: int = RANDOMIZATIONS,
) -> Summary:
    """Scores of every model, every other model against the first, and against the one before it. Item `meta["group"]` names its block.

    Raises ValueError when a model has not exactly one answer per item.
    """
    for model, said in answers.items():
        if len(said) != len(items):
            raise ValueError(f"{model}: {len(said)} answers to {len(items)} items")
    groups = [item.meta.get("group") for item in items]
    work = _Work(suite, items, context, statistics.blocks_of(groups), seed, draws)
    judged = [work.judge(model, said) for model, said in answers.items()]
    real = [Answer(item.reference, item.reference, 0) for item in items]
    floors = {name: work.judge(name, _said(one.answers(items))) for name, one in suite.baselines.items()}
    return Summary(
        scores={one.name: work.scores(one) for one in judged},
        paired=[test for other in judged[1:] for test in work.pair(judged[0], other)],
        per_answer={one.name: one.each for one in judged},
        references=work.scores(work.judge("", real)),
        steps=[test for before, after in pairwise(judged[1:]) for test in work.pair(before, after)],
        method=_method(work, statistics.resampling_unit(groups)),
        baselines={**_chances(suite, items), **{name: work.floors(name, one) for name, one in floors.items()}},
        above=[test for name, one in floors.items() for model in judged for test in work.above(name, one, model)],
        parts=_parts(work, answers),
    )


def _chances(suite: Suite, items: Sequence[Item]) -> dict[str, dict[str, Score]]:
    """What guessing gives, as a baseline of its own."""
    over = suite.chances(items) if suite.chances else {}
    each = {m: over.get(m.name, m.chance) for m in suite.metrics}
    known = {m.name: Score(chance, None, None, 0, m.unit) for m, chance in each.items() if chance is not None}
    return {CHANCE: known} if known else {}


def _said(texts: Sequence[str]) -> list[Answer]:
    return [Answer(text, text, 0) for text in texts]


def verdict(paired: PairedTest, metric: Metric) -> Literal["better", "worse", "changed", "same", "unknown"]:
    """`same` means that no difference could be shown: the interval holds 0 or p is 0.05 or more."""
    if paired.delta is None or paired.p is None or paired.low is None or paired.high is None:
        return "unknown"
    if paired.low <= 0 <= paired.high or paired.p >= ALPHA:
        return "same"
    if metric.better == "neither":
        return "changed"
    return "better" if (paired.delta > 0) == (metric.better == "higher") else "worse"


WORDS: Mapping[str, tuple[str, str]] = {
    "better": ("더 좋아졌습니다", "better"),
    "worse": ("나빠졌습니다", "worse"),
    "changed": ("달라졌습니다", "changed"),
    "same": ("차이를 확인할 수 없음", "no detectable difference"),
    "unknown": ("비교할 수 없음", "cannot be compared"),
}


def in_words(paired: PairedTest, metric: Metric, language: Language = "ko") -> str:
    """The verdict in plain words."""
    return WORDS[verdict(paired, metric)][language == "en"]


def as_dict(summary: Summary) -> dict[str, Any]:
    """What `eval --json` prints and `report.markdown` reads: no answers, plain values only."""
    return {
        "models": [
            {"model": model, "metrics": with_floors(scores, summary)} for model, scores in summary.scores.items()
        ],
        "paired": [asdict(test) for test in summary.paired],
        "steps": [asdict(test) for test in summary.steps],
        "references": {name: asdict(score) for name, score in summary.references.items()},
        "method": summary.method,
        **floors_of(summary),
    }


def floors_of(summary: Summary) -> dict[str, Any]:
    """Baselines, the models against them, and the parts of the items, as plain values; only what the suite has."""
    told: dict[str, Any] = {}
    if summary.baselines:
        told["baselines"] = {name: _plain(scores) for name, scores in summary.baselines.items()}
        told["above_baselines"] = [asdict(test) for test in summary.above]
    if summary.parts:
        told["parts"] = {
            way: {part: {model: _plain(scores) for model, scores in models.items()} for part, models in parts.items()}
            for way, parts in summary.parts.items()
        }
    return told


def with_floors(scores: Mapping[str, Score], summary: Summary) -> dict[str, Any]:
    """A model's scores as plain values; what a baseline scores stands beside each, by its name."""
    told = _plain(scores)
    for baseline, floors in summary.baselines.items():
        for name, floor in floors.items():
            if floor.value is not None:
                told[name].setdefault("floors", {})[baseline] = floor.value
    return told


def _plain(scores: Mapping[str, Score]) -> dict[str, dict[str, Any]]:
    return {name: asdict(score) for name, score in scores.items()}


@dataclass(frozen=True, slots=True)
class _Judged:
    """One model's answers with everything measured on them."""

    name: str
    answers: Sequence[Answer]
    each: list[Scores]
    whole: dict[str, statistics.Estimate]
    """Corpus metrics."""

    def values(self, metric: Metric) -> list[float | None]:
        """The metric for each answer; 0 for all when it exists for all answers together only."""
        return [scores.get(metric.name, 0.0 if metric.name in self.whole else None) for scores in self.each]


@dataclass(frozen=True, slots=True)
class _Work:
    """The items of one evaluation and how they are resampled."""

    suite: Suite
    items: Sequence[Item]
    context: SuiteContext
    blocks: list[int]
    seed: int
    draws: int

    def judge(self, name: str, answers: Sequence[Answer]) -> _Judged:
        each = self._each(answers)
        corpus = self.suite.corpus
        if corpus is None:
            return _Judged(name, answers, each, {})

        def statistic(positions: Sequence[int]) -> Scores:
            return corpus([self.items[p] for p in positions], [answers[p] for p in positions])

        return _Judged(name, answers, each, statistics.jackknife(statistic, self.blocks))

    def _each(self, answers: Sequence[Answer]) -> list[Scores]:
        if self.suite.score_all is not None:
            return self.suite.score_all(self.items, answers, self.context)
        return [self.suite.score(item, answer, self.context) for item, answer in zip(self.items, answers, strict=True)]

    def scores(self, model: _Judged) -> dict[str, Score]:
        return {metric.name: self._score(metric, model) for metric in self.suite.metrics}

    def _score(self, metric: Metric, model: _Judged) -> Score:
        values = model.values(metric)
        if metric.name in model.whole:
            found = model.whole[metric.name]
            found = found._replace(n=0 if found.value is None else sum(value is not None for value in values))
            found = _unsure_at_bound(metric, found)
        elif statistics.is_binary(values):
            found = statistics.estimate_share(values, self.blocks)
        else:
            found = statistics.bootstrap_mean(values, self.seed, blocks=self.blocks)
        low, high = _within(metric.span, found.low, found.high)
        return Score(found.value, low, high, found.n, metric.unit, len(self.items) - found.n)

    def floors(self, name: str, judged: _Judged) -> dict[str, Score]:
        wanted = self.suite.baselines[name].metrics
        return {metric: score for metric, score in self.scores(judged).items() if metric in wanted}

    def above(self, name: str, floor: _Judged, model: _Judged) -> list[PairedTest]:
        wanted = self.suite.baselines[name].metrics
        return [test for test in self.pair(floor, model) if test.metric in wanted]

    def pair(self, a: _Judged, b: _Judged) -> list[PairedTest]:
        a, b = self._alike(a, b)
        whole = self._pair_whole(a, b)
        return [self._pair(metric, a, b, whole) for metric in self.suite.metrics]

    def _pair(self, metric: Metric, a: _Judged, b: _Judged, whole: Mapping[str, statistics.Paired]) -> PairedTest:
        before, after = a.values(metric), b.values(metric)
        if metric.name in whole:
            both = sum(x is not None and y is not None for x, y in zip(before, after, strict=True))
            found = whole[metric.name]._replace(n=0 if whole[metric.name].delta is None else both)
        elif metric.name in self.suite.subsets:
            found = statistics.paired_subsets(before, after, self.blocks, self.seed, self.draws)
        else:
            binary = statistics.is_binary([*before, *after])
            found = statistics.paired(before, after, self.seed, binary, self.blocks)
        width = None if metric.span is None else metric.span[1] - metric.span[0]
        low, high = _within(None if width is None else (-width, width), found.low, found.high)
        return PairedTest(a.name, b.name, metric.name, found.delta, low, high, found.p, found.test, found.n)

    def _pair_whole(self, a: _Judged, b: _Judged) -> dict[str, statistics.Paired]:
        corpus = self.suite.corpus
        if corpus is None:
            return {}

        def difference(positions: Sequence[int], swapped: Sequence[bool]) -> Scores:
            items = [self.items[p] for p in positions]
            one = corpus(items, [(b if swapped[p] else a).answers[p] for p in positions])
            other = corpus(items, [(a if swapped[p] else b).answers[p] for p in positions])
            return {name: _minus(other[name], one[name]) for name in one}

        return statistics.paired_corpus(difference, self.blocks, self.seed, self.draws)

    def _alike(self, a: _Judged, b: _Judged) -> tuple[_Judged, _Judged]:
        """Both with the loss of the same items: a reference measured for only one of them counts for neither."""
        both = [x.nll is not None and y.nll is not None for x, y in zip(a.answers, b.answers, strict=True)]
        return self._without_loss(a, both), self._without_loss(b, both)

    def _without_loss(self, model: _Judged, keep: Sequence[bool]) -> _Judged:
        if all(yes or answer.nll is None for answer, yes in zip(model.answers, keep, strict=True)):
            return model
        paired = zip(model.answers, keep, strict=True)
        return self.judge(model.name, [one if yes else replace(one, nll=None, tokens=0) for one, yes in paired])


def _unsure_at_bound(metric: Metric, found: statistics.Estimate) -> statistics.Estimate:
    """Where all answers are right, or all wrong, no fold differs and the interval would have no width: that of a share over as
    many answers stands in (nothing wrong in n is rarely nothing wrong at all)."""
    if found.value not in (0.0, 1.0) or found.low != found.high or metric.span != (0.0, 1.0):
        return found
    if not metric.unit.startswith(("share", "F1")):
        return found
    low, high = statistics.wilson(found.value * found.n, found.n)
    return found._replace(low=low, high=high)


def _parts(work: _Work, answers: Mapping[str, Sequence[Answer]]) -> dict[str, dict[str, dict[str, dict[str, Score]]]]:
    found = {way: _divided(work.items, key) for way, key in work.suite.parts.items()}
    return {
        way: {part: _scores_at(work, answers, places) for part, places in parts.items()}
        for way, parts in found.items()
        if len(parts) > 1
    }


def _divided(items: Sequence[Item], key: Callable[[Item], str | None]) -> dict[str, list[int]]:
    """{part: places of its items}, parts in alphabetical order; at most MOST_PARTS, the largest."""
    parts: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        if (part := key(item)) is not None:
            parts.setdefault(part, []).append(place)
    largest = sorted(parts, key=lambda part: -len(parts[part]))[:MOST_PARTS]
    return {part: parts[part] for part in sorted(largest)}


def _scores_at(
    work: _Work, answers: Mapping[str, Sequence[Answer]], places: Sequence[int]
) -> dict[str, dict[str, Score]]:
    """Scores of every model over some of the items alone."""
    items = [work.items[place] for place in places]
    blocks = statistics.blocks_of([item.meta.get("group") for item in items])
    part = replace(work, items=items, blocks=blocks)
    return {name: part.scores(part.judge(name, [said[p] for p in places])) for name, said in answers.items()}


def _minus(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _within(
    span: tuple[float, float] | None, low: float | None, high: float | None
) -> tuple[float | None, float | None]:
    if span is None or low is None or high is None:
        return low, high
    return max(low, span[0]), min(high, span[1])


def _method(work: _Work, unit: str) -> dict[str, Any]:
    return {
        "suite": work.suite.name,
        "suite_version": work.suite.version,
        "items": len(work.items),
        "resampled": unit,
        "blocks": len(set(work.blocks)),
        "seed": work.seed,
        "draws": statistics.DRAWS,
        "randomizations": work.draws,
        "level": statistics.LEVEL,
    }
