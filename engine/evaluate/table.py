"""An evaluation as a table people read: value, interval, n and a plain verdict per metric. For terminals and pages."""

import io
from collections.abc import Mapping
from typing import Any

from engine.evaluate.compare import Language, PairedTest, in_words
from engine.evaluate.suite import Metric, Suite

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
            row[model["model"]] = _cell(model["metrics"].get(metric.name))
        for model in others:
            column = (
                f"{'판정' if ko else 'verdict'} {model['model']}" if len(others) > 1 else ("판정" if ko else "verdict")
            )
            row[column] = _verdict(tests.get((metric.name, model["model"])), metric, language)
        n = (first["metrics"].get(metric.name) or {}).get("n", 0)
        row["n"] = str(n)
        row["뜻" if ko else "meaning"] = metric.ko if ko else metric.en
        rows.append(row)
    return rows


def leaderboard_text(evaluation: Mapping[str, Any], suite: Suite, language: Language) -> str:
    """The same table for a terminal."""
    from rich.console import Console
    from rich.table import Table

    rows = evaluation_table(evaluation, suite, language)
    table = Table(title=f"{suite.name} · {evaluation.get('evaluation_id', '')}", title_justify="left")
    for name in rows[0]:
        table.add_column(name)
    for row in rows:
        table.add_row(*row.values())
    console = Console(width=160, record=True, file=io.StringIO(), legacy_windows=False)
    console.print(table)
    return console.export_text()


def _cell(score: Mapping[str, Any] | None) -> str:
    if score is None or score["value"] is None:
        return "—"
    interval = "" if score["low"] is None else f" [{score['low']:.3f}, {score['high']:.3f}]"
    return f"{score['value']:.3f}{interval}"


def _verdict(row: Mapping[str, Any] | None, metric: Metric, language: Language) -> str:
    if row is None:
        return ""
    fields = {name: row.get(name) for name in PairedTest.__slots__}
    return in_words(PairedTest(**fields), metric, language)  # type: ignore[arg-type]
