"""An evaluation as a Markdown report, in Korean or English, from plain values. Reads no store and computes nothing.

Names and settings are escaped: a model's name may come from a file somebody else made.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.evaluate import report_parts
from engine.evaluate.compare import ALPHA, WORDS, Language, PairedTest, in_words, verdict
from engine.evaluate.report_parts import escape as escape
from engine.evaluate.suite import Metric, Suite

EVIDENCE = 5
"""Items named per figure; the rest open on the evaluation's page."""

_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("평가 보고서", "Evaluation report"),
    "glance": ("한눈에", "At a glance"),
    "scores": ("점수", "Scores"),
    "tests": ("짝지은 비교", "Paired tests"),
    "evidence": ("근거가 된 답", "The answers behind the figures"),
    "habits": ("버릇의 차이", "Where habits differ"),
    "feature": ("버릇", "habit"),
    "share": ("모델의 답", "the model's answers"),
    "settings": ("설정", "Settings"),
    "reading": ("읽는 법", "How to read this"),
    "metric": ("지표", "metric"),
    "unit": ("단위", "unit"),
    "direction": ("좋은 쪽", "better"),
    "meaning": ("뜻", "meaning"),
    "mine": ("내 실제 답", "my real replies"),
    "difference": ("차이", "difference"),
    "interval": ("95 % 구간", "95 % interval"),
    "test": ("검정", "test"),
    "verdict": ("판정", "verdict"),
    "model": ("모델", "model"),
    "items": ("문항", "items"),
    "suite": ("평가 모음", "suite"),
    "suite_version": ("모음 버전", "suite version"),
    "evaluation_id": ("평가", "evaluation"),
    "created_at": ("만든 때(UTC)", "made at (UTC)"),
    "dataset_id": ("데이터셋", "dataset"),
    "split": ("나눔", "split"),
    "seed": ("씨앗", "seed"),
    "one_model": ("모델이 하나라 비교하지 않았습니다.", "Only one model: nothing to compare."),
    "not_judged": ("판단 못 함", "could not be judged"),
    "higher": ("높을수록", "higher"),
    "lower": ("낮을수록", "lower"),
    "neither": ("—", "—"),
    "group": ("대화 날(묶음)", "conversation days (groups)"),
    "item": ("문항 하나하나", "single items"),
    "breakdown": ("질문 종류와 판정", "By type of question and verdict"),
    "type": ("질문 종류", "type"),
    "hallucinated": ("환각", "hallucinated"),
    "verdicts": ("판정별 답 수", "answers by verdict"),
    "retrieval_missed": ("정답 조항을 못 찾음", "own clause not found"),
    "all": ("모두", "all"),
    "resampled": ("다시 뽑는 단위", "resampled by"),
}

_TESTS: Mapping[str, tuple[str, str]] = {
    "mcnemar_exact": ("맥니마 정확 검정", "McNemar, exact"),
    "sign_flip_items": ("부호 바꾸기 검정", "sign-flip permutation"),
    "sign_flip_groups": ("부호 바꾸기 검정(묶음)", "sign-flip permutation over groups"),
    "randomization": ("자리 바꾸기 검정", "approximate randomization"),
    "none": ("—", "—"),
}

_READING: Mapping[Language, tuple[str, ...]] = {
    "ko": (
        "n은 판단할 수 있었던 답의 수입니다. 판단하지 못한 답은 0점으로 넣지 않고 따로 셉니다.",
        "[ ] 안은 95 % 구간입니다. 넓을수록 문항이 적어 아직 확실하지 않다는 뜻입니다.",
        f"구간이 0을 지나지 않고 p가 {ALPHA}보다 작을 때만 좋아졌다거나 나빠졌다고 씁니다.",
        "'차이를 확인할 수 없음'은 같다는 뜻이 아니라 이 문항 수로는 가릴 수 없다는 뜻입니다.",
        "여러 지표를 한꺼번에 보면 스무 개에 하나쯤은 우연히 달라 보입니다.",
        "비슷함(closeness)과 어절 다양함(distinct)은 답의 수에 따라 달라지므로 이 평가 안에서만 견주세요.",
    ),
    "en": (
        "n counts the answers that could be judged. Those that could not are counted apart, never scored 0.",
        "[ ] holds the 95 % interval. A wide one means too few items to be sure.",
        f"Better or worse is said only when the interval leaves out 0 and p is below {ALPHA}.",
        "'No detectable difference' does not mean equal: this many items cannot tell.",
        "Among many metrics about one in twenty differs by chance.",
        "Closeness and distinct-n move with the number of answers: compare them within this evaluation only.",
    ),
}


def markdown(
    suite: Suite,
    evaluation: Mapping[str, Any],
    language: Language = "ko",
    labels: Mapping[str, str] | None = None,
) -> str:
    """The report of `compare.as_dict` plus, where known, `evaluation_id`, `created_at`, `dataset_id`, `split`,
    `settings` (a mapping), `answers` (rows `{model, item, scores}`, whose items are named as evidence) and `habits`
    (rows `{model, metric, feature, mine, share, items}`, shares in 0-1), `breakdown` (`policy_report.rates`). `labels`: metric names in plain words."""
    said = {metric.name: (labels or {}).get(metric.name, metric.name) for metric in suite.metrics}
    parts = [
        f"# {_say('title', language)}: {escape(suite.name)}",
        *_facts(suite, evaluation, language),
        f"## {_say('glance', language)}",
        *_glance(suite, evaluation["paired"], language, said),
        f"## {_say('scores', language)}",
        *_scores(suite, evaluation, language, said),
        f"## {_say('tests', language)}",
        *_tests(suite, evaluation["paired"], language, said),
        *_evidence(suite, evaluation.get("answers", ()), language, said),
        *_habits(evaluation.get("habits", ()), language),
        *_breakdown(evaluation.get("breakdown", ()), language),
        *report_parts.floors(evaluation.get("baselines", {}), language),
        *report_parts.parts(evaluation.get("parts", {}), suite, language),
        *report_parts.confusion(evaluation.get("confusion", {}), language),
        *report_parts.costs(evaluation.get("costs", {}), language),
        f"## {_say('reading', language)}",
        *(f"- {line}" for line in _READING[language]),
        *([f"- {suite.about[language == 'en']}"] if suite.about else []),
        *(f"- **{escape(said[m.name])}**: {escape(m.en if language == 'en' else m.ko)}" for m in suite.metrics),
    ]
    return "\n".join(_spaced(parts)) + "\n"


def _say(key: str, language: Language) -> str:
    return _TEXTS[key][language == "en"]


def _facts(suite: Suite, evaluation: Mapping[str, Any], language: Language) -> Iterator[str]:
    known = {"suite": suite.name, **evaluation, **evaluation.get("method", {})}
    for key in ("evaluation_id", "created_at", "dataset_id", "split", "suite", "suite_version", "items", "seed"):
        if key in known:
            yield f"- {_say(key, language)}: {escape(known[key])}"
    if "resampled" in known:
        yield f"- {_say('resampled', language)}: {_say(known['resampled'], language)} ({known['blocks']})"
    for key, value in sorted(evaluation.get("settings", {}).items()):
        yield f"- {_say('settings', language)} {escape(key)}: {escape(value)}"


def _known_tests(suite: Suite, rows: Sequence[Mapping[str, Any]]) -> list[tuple[PairedTest, Metric]]:
    """The rows whose metric the suite still has; a stored one has no `n`."""
    metrics = {metric.name: metric for metric in suite.metrics}
    fields = PairedTest.__slots__
    return [
        (PairedTest(**{"n": None, **{name: row[name] for name in fields if name in row}}), metrics[row["metric"]])
        for row in rows
        if row["metric"] in metrics
    ]


def _glance(
    suite: Suite, paired: Sequence[Mapping[str, Any]], language: Language, said: Mapping[str, str]
) -> Iterator[str]:
    if not paired:
        yield _say("one_model", language)
    tests = _known_tests(suite, paired)
    for a, b in dict.fromkeys((test.a, test.b) for test, _ in tests):
        yield f"**{escape(a)} → {escape(b)}**"
        found: dict[str, list[str]] = {}
        for test, metric in tests:
            if (test.a, test.b) == (a, b):
                found.setdefault(verdict(test, metric), []).append(escape(said[metric.name]))
        for word in WORDS:
            if word in found:
                yield f"- {WORDS[word][language == 'en']} ({len(found[word])}): {', '.join(found[word])}"


def _scores(suite: Suite, evaluation: Mapping[str, Any], language: Language, said: Mapping[str, str]) -> Iterator[str]:
    models = evaluation["models"]
    columns = [_say(key, language) for key in ("metric", "unit", "direction")]
    yield _row([*columns, *(escape(model["model"]) for model in models), _say("mine", language)])
    yield _row(["---"] * (len(columns) + len(models) + 1))
    for metric in suite.metrics:
        cells = [_score(model["metrics"].get(metric.name), language) for model in models]
        reference = evaluation.get("references", {}).get(metric.name)
        mine = "—" if reference is None or reference["value"] is None else _score(reference, language)
        yield _row([escape(said[metric.name]), escape(metric.unit), _say(metric.better, language), *cells, mine])


def _score(score: Mapping[str, Any] | None, language: Language) -> str:
    if score is None or score["value"] is None:
        return _say("not_judged", language)
    interval = "" if score["low"] is None else f" \\[{_number(score['low'])}, {_number(score['high'])}\\]"
    return f"{_number(score['value'])}{interval} n={score['n']}"


def _tests(
    suite: Suite, paired: Sequence[Mapping[str, Any]], language: Language, said: Mapping[str, str]
) -> Iterator[str]:
    heads = [_say(key, language) for key in ("model", "metric", "difference", "interval")]
    yield _row([*heads, "p", "n", _say("test", language), _say("verdict", language)])
    yield _row(["---"] * 8)
    for test, metric in _known_tests(suite, paired):
        between = "—" if test.low is None else f"\\[{_number(test.low)}, {_number(test.high)}\\]"
        names = [f"{escape(test.b)} − {escape(test.a)}", escape(said[test.metric])]
        figures = [_number(test.delta), between, _probability(test.p), "—" if test.n is None else str(test.n)]
        words = [_TESTS[test.test][language == "en"], in_words(test, metric, language)]
        yield _row([*names, *figures, *words])


def _evidence(
    suite: Suite, answers: Sequence[Mapping[str, Any]], language: Language, said: Mapping[str, str]
) -> Iterator[str]:
    """For each model and metric, the items that scored worst: where to look first."""
    if not answers:
        return
    yield f"## {_say('evidence', language)}"
    for model in dict.fromkeys(answer["model"] for answer in answers):
        own = [answer for answer in answers if answer["model"] == model]
        for metric in suite.metrics:
            named = ", ".join(f"{escape(item)} ({_number(value)})" for item, value in _worst(metric, own))
            if named:
                yield f"- {escape(model)}, {escape(said[metric.name])}: {named}"


def _worst(metric: Metric, answers: Sequence[Mapping[str, Any]]) -> list[tuple[str, float]]:
    judged = [(answer["item"], answer["scores"].get(metric.name)) for answer in answers]
    known = [(item, float(value)) for item, value in judged if value is not None]
    if metric.better == "lower":
        return sorted(((i, v) for i, v in known if v > 0), key=lambda pair: -pair[1])[:EVIDENCE]
    return sorted(known, key=lambda pair: pair[1])[:EVIDENCE]


def _habits(rows: Sequence[Mapping[str, Any]], language: Language) -> Iterator[str]:
    if not rows:
        return
    yield f"## {_say('habits', language)}"
    heads = [_say(key, language) for key in ("model", "metric", "feature", "mine", "share", "items")]
    yield _row(heads)
    yield _row(["---"] * len(heads))
    for row in rows:
        shares = [f"{row[key] * 100:.1f} %" for key in ("mine", "share")]
        named = ", ".join(escape(item) for item in row["items"][:EVIDENCE])
        yield _row([escape(row["model"]), escape(row["metric"]), escape(row["feature"]), *shares, named])


def _breakdown(lines: Sequence[Mapping[str, Any]], language: Language) -> Iterator[str]:
    """Lines of `policy_report.rates`: what each model was judged to do on each type of question."""
    if not lines:
        return
    yield f"## {_say('breakdown', language)}"
    heads = ("model", "type", "hallucinated", "not_judged", "retrieval_missed", "verdicts")
    yield _row([_say(head, language) for head in heads])
    yield _row(["---"] * len(heads))
    for line in lines:
        kinds = ", ".join(f"{escape(kind)} {found['n']}" for kind, found in line["kinds"].items())
        type_ = _say("all", language) if line["type"] == "all" else escape(line["type"])
        unjudged = round(line["rates"]["could_not_judge"]["value"] * line["n"])
        cells = [escape(line["model"]), type_, _score(line["rates"]["hallucination_rate"], language)]
        yield _row([*cells, f"{unjudged}/{line['n']}", str(line["retrieval_missed"]), kinds])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}" if abs(value) < 100 else f"{value:,.1f}"


def _probability(p: float | None) -> str:
    return "—" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def _spaced(lines: Sequence[str]) -> Iterator[str]:
    """A blank line between blocks of unlike kind, which Markdown needs around tables, lists and headings."""
    before = ""
    for line in lines:
        kind = line[:1] if line[:1] in "#-|" else "text"
        if before and (kind != before or kind == "#"):
            yield ""
        yield line
        before = kind
