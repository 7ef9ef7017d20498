"""An evaluation as a table people read: value, interval, n and a plain verdict per metric. For terminals and pages."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from engine.evaluate.compare import Language, PairedTest, in_words
from engine.evaluate.ladder import BEFORE, UNFINISHED, Rung
from engine.evaluate.methods import Method
from engine.evaluate.suite import Metric, Suite

RATES_WIDTH = 220
"""Columns of six shares with interval and n."""
ARROWS = {"higher": "↑", "lower": "↓", "neither": " "}


def evaluation_table(evaluation: Mapping[str, Any], suite: Suite, language: Language) -> list[dict[str, str]]:
    """One row per metric: what it means, each model's value [95 % interval], n, and every other model against the first."""
    ko = language == "ko"
    tests = {(t["metric"], t["b"]): t for t in evaluation["paired"]}
    first, *others = evaluation["models"]
    rows = []
    for metric in suite.metrics:
        row = {"지표" if ko else "metric": f"{ARROWS[metric.better]} {metric.name}"}
        for model in evaluation["models"]:
            row[model["model"]] = _cell(model["metrics"].get(metric.name), first["metrics"].get(metric.name))
        for model in others:
            column = (
                f"{'판정' if ko else 'verdict'} {model['model']}" if len(others) > 1 else ("판정" if ko else "verdict")
            )
            row[column] = _verdict(tests.get((metric.name, model["model"])), metric, language)
        if evaluation.get("baselines"):
            row["읽지 않고도" if ko else "floors"] = floors_in_words(
                evaluation["baselines"], suite, metric.name, language
            )
        n = (first["metrics"].get(metric.name) or {}).get("n", 0)
        row["n"] = str(n)
        row["뜻" if ko else "meaning"] = metric.ko if ko else metric.en
        rows.append(row)
    return rows


def floors_in_words(baselines: Mapping[str, Mapping[str, Any]], suite: Suite, metric: str, language: Language) -> str:
    """What a metric is without reading: guessing, or always the same answer."""
    told = []
    for name, scores in baselines.items():
        known = suite.baselines.get(name)
        said = (known.en if language == "en" else known.ko) if known else ("guessing" if language == "en" else "찍기")
        if metric in scores and scores[metric]["value"] is not None:
            told.append(f"{said} {scores[metric]['value']:.3f}")
    return " · ".join(told) or "—"


def leaderboard_text(evaluation: Mapping[str, Any], suite: Suite, language: Language) -> str:
    """The same table for a terminal."""
    rows = evaluation_table(evaluation, suite, language)
    table = _rendered(f"{suite.name} · {evaluation.get('evaluation_id', '')}", rows)
    return "\n".join([table.rstrip("\n"), *notes(evaluation, suite, language)])


def notes(evaluation: Mapping[str, Any], suite: Suite, language: Language) -> list[str]:
    """What must be said beside the numbers: questions left out or kept although trained on, unknown training, what is judged."""
    overlap, unknown = evaluation.get("overlap", {}), evaluation.get("training_rows_unknown", [])
    seen = sum(overlap.get(kind, 0) for kind in ("group", "exact", "near"))
    of_kinds = ", ".join(f"{kind} {overlap[kind]}" for kind in ("group", "exact", "near") if overlap.get(kind))
    chosen = evaluation.get("left_out_as_chosen_by", 0)
    found = [
        (seen and overlap.get("kept"), "⚠ 배운 문항 {seen}개({kinds})가 들어 있어 점수가 부풀 수 있습니다.",
         "⚠ {seen} questions that a model was trained on ({kinds}) are in: scores may be inflated."),
        (seen and not overlap.get("kept"), "배운 문항 {seen}개({kinds})를 뺐습니다.",
         "{seen} questions that a model was trained on ({kinds}) were left out."),
        (chosen, "설정을 고를 때 쓴 문항 {chosen}개를 뺐습니다.", "{chosen} questions that the settings were chosen by were left out."),
        (unknown, "⚠ 무엇을 배웠는지 모르는 모델: {unknown}", "⚠ What these models were trained on is not known: {unknown}"),
    ]  # fmt: skip
    facts = {"seen": seen, "kinds": of_kinds, "chosen": chosen, "unknown": ", ".join(unknown)}
    said = [(en if language == "en" else ko).format(**facts) for holds, ko, en in found if holds]
    return [*said, *_references(evaluation, language), *([suite.about[language == "en"]] if suite.about else [])]


def _references(evaluation: Mapping[str, Any], language: Language) -> list[str]:
    """What the reference answers themselves score: no model can be told to do better than that."""
    found = evaluation.get("references", {}).get("hallucination_rate")
    if not found or found["value"] is None:
        return []
    ko = (
        f"본보기 답을 똑같이 판단하면 환각 {_percent(found)}입니다. 판단의 헛경보와 조항을 못 찾은 질문이 그만큼입니다."
    )
    en = f"The reference answers, judged alike, hallucinate in {_percent(found)}: false alarms of the judge, and clauses not found."
    return [en if language == "en" else ko]


def _rendered(title: str, rows: list[dict[str, str]], width: int = 160) -> str:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name)
    for row in rows:
        table.add_row(*row.values())
    console = Console(width=width, record=True, file=io.StringIO(), legacy_windows=False)
    console.print(table)
    return console.export_text()


def rates_text(
    evaluations: Mapping[str, Mapping[str, Any]], names: Mapping[str, str], suite: Suite, language: Language
) -> str:
    """Shares of several evaluations, one line per decoding and model: percent [95 % interval], and the first metric's verdict
    against the first model. `names`: what a model is called beside its id."""
    ko = language == "ko"
    shown = [metric for metric in suite.metrics if metric.unit.startswith("share")][:6]
    rows = []
    for decoding, evaluation in evaluations.items():
        tests = {test["b"]: test for test in evaluation["paired"] if test["metric"] == shown[0].name}
        for model in evaluation["models"]:
            name = model["model"]
            row = {
                "설정" if ko else "settings": decoding,
                "모델" if ko else "model": f"{name} {names.get(name, '')}".strip(),
            }
            row |= {f"{ARROWS[m.better]} {m.name}": _percent(model["metrics"].get(m.name)) for m in shown}
            row["판정" if ko else "verdict"] = _verdict(tests.get(name), shown[0], language)
            rows.append(row)
    return _rendered(suite.name, rows, RATES_WIDTH)


def ladder_text(
    rungs: Sequence[Rung], costs: Sequence[Method], suite: Suite, metric: Metric, language: Language
) -> str:
    """A line per step: value [95 % interval], what it gained over the step before (or alone over the first), what it cost."""
    ko = language == "ko"
    rows = [_rung(rung, cost, metric, language) for rung, cost in zip(rungs, costs, strict=True)]
    title = f"{suite.name} · {ARROWS[metric.better]} {metric.name} ({metric.unit})"
    said = [f"  {rung.name or rung.model}: {rung.sentence(metric, language)}" for rung in rungs[1:]]
    against = (UNFINISHED if rungs[0].alone else BEFORE)[language]
    note = f"Δ: {against}{'에 견준 차이 [95 % 구간]' if ko else ', difference to it [95 % interval]'}"
    return "\n".join([_rendered(title, rows, RATES_WIDTH).rstrip("\n"), note, *said])


def _rung(rung: Rung, cost: Method, metric: Metric, language: Language) -> dict[str, str]:
    ko, test = language == "ko", rung.gained
    row = {"단계" if ko else "step": rung.name} if rung.name else {}
    row |= {"모델" if ko else "model": rung.model, metric.name: _cell(rung.score or None, None)}
    row |= {"n": str(rung.score.get("n", 0)), "바뀐 답" if ko else "changed": _or_dash(rung.changed, "{:,}")}
    row |= {"Δ": _delta(test), "p": _chance(test.p if test else None)}
    row["판정" if ko else "verdict"] = in_words(test, metric, language) if test else ""
    if not rung.alone:
        row["처음부터 Δ" if ko else "Δ from the first"] = _delta(rung.overall)
    row["크기" if ko else "size"] = _or_dash(cost.parameters and cost.parameters / 1e6, "{:,.1f}M")
    row["메모리" if ko else "memory"] = _or_dash(cost.peak_gb, "{:.2f} GB")
    row["학습" if ko else "training"] = _or_dash(cost.training_seconds, "{:,.0f} s")
    row["답 하나" if ko else "an answer"] = _or_dash(rung.seconds, "{:.2f} s")
    return row


def _chance(p: float | None) -> str:
    return "< 0.001" if p is not None and p < 0.001 else _or_dash(p, "{:.3f}")


def _or_dash(value: float | None, form: str) -> str:
    return "—" if value is None else form.format(value)


def _delta(test: PairedTest | None) -> str:
    if test is None or test.delta is None:
        return "—"
    interval = "" if test.low is None else f" [{test.low:+.3f}, {test.high:+.3f}]"
    return f"{test.delta:+.3f}{interval}"


def _percent(score: Mapping[str, Any] | None) -> str:
    if score is None or score["value"] is None:
        return "—"
    return f"{score['value']:.0%} [{score['low']:.0%}, {score['high']:.0%}] n={score['n']}"


def _cell(score: Mapping[str, Any] | None, first: Mapping[str, Any] | None) -> str:
    """With its own n where that is not the first model's: a share of refusals is over the refusals a model made."""
    if score is None or score["value"] is None:
        return "—"
    interval = "" if score["low"] is None else f" [{score['low']:.3f}, {score['high']:.3f}]"
    own = "" if first is None or score["n"] == first["n"] else f" n={score['n']}"
    return f"{score['value']:.3f}{interval}{own}"


def _verdict(row: Mapping[str, Any] | None, metric: Metric, language: Language) -> str:
    if row is None:
        return ""
    fields = {name: row.get(name) for name in PairedTest.__slots__}
    return in_words(PairedTest(**fields), metric, language)  # type: ignore[arg-type]
