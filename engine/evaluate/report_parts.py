"""Parts of an evaluation's Markdown report that only some evaluations have: floors, parts, a confusion matrix, sizes. From plain values."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.evaluate.compare import Language
from engine.evaluate.suite import Suite

_TEXTS: Mapping[str, tuple[str, str]] = {
    "floors": ("읽지 않고도 얻는 값", "What takes no reading"),
    "parts": ("나누어 보기", "By parts"),
    "part": ("갈래", "part"),
    "confusion": ("혼동표(줄: 바른 것, 칸: 모델의 답)", "Confusion matrix (rows: right, columns: the model's answer)"),
    "costs": ("크기와 시간", "Size and time"),
    "parameters": ("매개변수", "parameters"),
    "size_mb": ("파일(MB)", "files (MB)"),
    "seconds_per_answer": ("답 하나(초)", "seconds per answer"),
    "tokens_per_second": ("토큰/초", "tokens per second"),
    "constrained": ("JSON 강제", "constrained"),
    "metric": ("지표", "metric"),
    "model": ("모델", "model"),
}


def escape(value: object) -> str:
    """One line of text that Markdown and HTML show as it is; control and direction characters are dropped."""
    text = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in str(value))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_\[\]{}()#|!~$])", r"\\\1", text)
    # Bare addresses turn into links by themselves; an entity stops that and reads the same.
    return re.sub(r"(?i)(https?|ftp|www|mailto)([.:])", lambda m: f"{m[1]}&#{ord(m[2])};", text).replace("@", "&#64;")


def _say(key: str, language: Language) -> str:
    return _TEXTS[key][language == "en"]


def floors(baselines: Mapping[str, Mapping[str, Any]], language: Language) -> Iterator[str]:
    """What guessing, or always the same answer, scores."""
    metrics = list(dict.fromkeys(name for scores in baselines.values() for name in scores))
    if not metrics:
        return
    yield f"## {_say('floors', language)}"
    yield from _table(
        [_say("metric", language), *baselines],
        [[metric, *(_score(scores.get(metric)) for scores in baselines.values())] for metric in metrics],
    )


def parts(found: Mapping[str, Any], suite: Suite, language: Language) -> Iterator[str]:
    """The suite's first metrics for each part of the questions."""
    shown = [metric.name for metric in suite.metrics][:4]
    for way, here in found.items():
        yield f"## {_say('parts', language)}: {escape(way)}"
        yield from _table(
            [_say("part", language), _say("model", language), *shown],
            [
                [part, model, *(_score(scores.get(metric)) for metric in shown)]
                for part, models in here.items()
                for model, scores in models.items()
            ],
        )


def confusion(found: Mapping[str, Any], language: Language) -> Iterator[str]:
    """One matrix per model: counts, and the share of the row."""
    if not found:
        return
    yield f"## {_say('confusion', language)}"
    for model, matrix in found.items():
        yield f"**{escape(model)}**"
        rows = []
        for truth, counts in zip(matrix["rows"], matrix["counts"], strict=True):
            n = sum(counts)
            rows.append([truth, *(f"{count} ({count / n:.0%})" if n else "0" for count in counts)])
        yield from _table(["", *matrix["columns"]], rows)


def costs(found: Mapping[str, Mapping[str, Any]], language: Language) -> Iterator[str]:
    """Parameters, bytes and time of each model."""
    if not found:
        return
    yield f"## {_say('costs', language)}"
    heads = ("parameters", "size_mb", "seconds_per_answer", "tokens_per_second", "constrained")
    yield from _table(
        [_say("model", language), *(_say(head, language) for head in heads)],
        [[model, *(_fact(facts.get(head)) for head in heads)] for model, facts in found.items()],
    )


def _fact(value: Any) -> str:
    if value is None:
        return "—"
    return str(value).lower() if isinstance(value, bool) else f"{value:,.0f}" if value >= 1000 else f"{value:.2f}"


def _score(score: Mapping[str, Any] | None) -> str:
    if score is None or score["value"] is None:
        return "—"
    between = "" if score["low"] is None else f" [{score['low']:.3f}, {score['high']:.3f}]"
    return f"{score['value']:.3f}{between}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (heads, ["---"] * len(heads), *rows):
        yield "| " + " | ".join(cell if cell == "---" else escape(cell) for cell in row) + " |"
