"""One table: size, speed, memory and quality of every variant beside the original; targets, hosts, cost, and one line of advice.

Everything in it was measured in the compression's own job, or is marked as estimated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlite_utils import Database

from engine.compress.advice import advise
from engine.compress.costs import api_cost, local_cost, running_prices
from engine.compress.gate import gate_metric
from engine.compress.hosts import KV_TOKENS, fitting, kv_mb
from engine.compress.making import shape_folder
from engine.compress.notes import notes_of
from engine.compress.plan import FORMS
from engine.compress.targets import targets_of
from engine.evaluate.suite import Metric, Suite
from engine.models.counting import TokenCounter
from engine.models.family import read_config, window
from engine.models.shapes import shape_in
from engine.serve.choose import ENGINES
from engine.store.datasets import read_split
from engine.store.evaluations import read_answers
from engine.store.open import path_of
from engine.store.runs import get_run

if TYPE_CHECKING:
    from engine.serve.measure import Measured

MEASURES = (
    "size_mb",
    "parameters",
    "load_s",
    "load_peak_mb",
    "rss_mb",
    "private_mb",
    "vram_mb",
    "first_token_s",
    "tokens_per_second",
    "answer_s",
    "spread",
)
COUNTED = 50
"""Prompts whose tokens are counted, for the price of an API."""


def make_report(
    db: Database,
    compression: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    measured: Mapping[str, "Measured"],
    suite: Suite,
) -> dict[str, Any]:
    """The report of a compression whose steps are done. evaluation: as `get_evaluation` gives it; measured: by model."""
    gate, original = compression["settings"]["gate"], str(compression["run_id"])
    metric = gate_metric(suite, gate["metric"])
    prices = running_prices(db)
    judged = {one["model"] for one in evaluation["models"]}  # a prune is not, before it is healed
    known = [one for one in _known(db, compression) if one["model"] in judged]
    variants = [_variant(one, measured.get(one["model"]), evaluation, original) for one in known]
    for one in variants:
        one["ratio"] = _share(one["size_mb"], variants[0]["size_mb"])
        one["cost_per_1000"] = local_cost(one["answer_s"], prices)
    mark_pareto(variants, metric)
    hosts = fitting(variants, _kv(db, original))
    tokens = _tokens(db, compression, original)
    cost = {**prices, **tokens, "api_per_1000": api_cost(tokens["tokens_in"], tokens["tokens_out"], prices)}
    chosen, host, advice = advise(variants, hosts, metric)
    best = next(one for one in variants if one["name"] == chosen)
    return {
        "compression_id": compression["id"],
        "artifact_id": best["artifact_id"],
        "run_id": best["run_id"],
        "original": original,
        "recipe": compression["recipe"],
        "dataset_id": compression["dataset_id"],
        "plan": compression["settings"]["plan"],
        "gate": gate,
        "evaluation_id": compression["evaluation_id"],
        "steps": compression["steps"],
        "variants": variants,
        "best": chosen,
        "targets": targets_of(variants[0], best, metric, suite.wanted, cost["api_per_1000"]),
        "cost": cost,
        "advice": advice,
        "notes": notes_of(variants, compression["steps"], metric, gate["points"]),
        "host": host,
        "hosts": hosts,
    }


def _known(db: Database, compression: Mapping[str, Any]) -> list[dict[str, Any]]:
    """{name, model, technique, run_id, artifact_id, engine, passed} of every model that was made, the original first."""
    original = get_run(db, compression["run_id"])
    first = {"name": "original", "technique": "original", "run_id": original["id"], "passed": True}
    found = [{**first, "model": original["id"], "artifact_id": original["adapter_id"], "engine": ENGINES[0]}]
    done: list[str] = []
    for step in compression["steps"]:
        done.append(_step_words(step))
        if step["technique"] in FORMS:
            found += _forms_of(step, done[:-1])
            done.pop()
        elif step["run_id"]:
            artifact = get_run(db, step["run_id"])["adapter_id"]
            passed = step["state"] == "passed"
            told = {
                "name": " + ".join(done),
                "technique": step["technique"],
                "run_id": step["run_id"],
                "passed": passed,
            }
            found.append({**told, "model": step["run_id"], "artifact_id": artifact, "engine": ENGINES[0]})
            if not passed:
                done.pop()
    return found


def _step_words(step: Mapping[str, Any]) -> str:
    share = f" {step['share']:.0%}" if step["share"] else ""
    return f"{step['technique']}{share}" + (f" {step['how']}" if step["how"] else "")


def _forms_of(step: Mapping[str, Any], before: Sequence[str]) -> list[dict[str, Any]]:
    found = []
    for engine, told in step["facts"].get("engines", {}).items():
        if told["state"] == "refused":
            continue
        name = " + ".join([*before, f"{step['technique']} {engine.partition('-')[0]}"])
        run_id = told["model"].partition(":")[2]
        facts = {"name": name, "model": told["model"], "technique": step["technique"], "run_id": run_id}
        found.append(
            {**facts, "artifact_id": told["artifact_id"], "engine": engine, "passed": told["state"] == "passed"}
        )
    return found


def _variant(
    known: Mapping[str, Any], measured: "Measured | None", evaluation: Mapping[str, Any], original: str
) -> dict[str, Any]:
    numbers = asdict(measured) if measured else {}
    judged = next(one["metrics"] for one in evaluation["models"] if one["model"] == known["model"])
    tests = {t["metric"]: t for t in evaluation["paired"] if (t["a"], t["b"]) == (original, known["model"])}
    return {
        **known,
        **{name: numbers.get(name) for name in MEASURES},
        "metrics": {name: {**score, **_against(tests.get(name, {}))} for name, score in judged.items()},
    }


def _against(test: Mapping[str, Any]) -> dict[str, float | None]:
    """The paired comparison with the original; None for the original itself and for what could not be compared."""
    names = {"delta": "delta", "low": "delta_low", "high": "delta_high", "p": "p"}
    return {to: test.get(name) for name, to in names.items()}


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def mark_pareto(variants: Sequence[dict[str, Any]], metric: Metric) -> None:
    """`pareto`: no other variant is as good in quality, size, speed and memory, and better in one of them."""
    sides = [_sides(one, metric) for one in variants]
    for place, (one, own) in enumerate(zip(variants, sides, strict=True)):
        others = [other for at, other in enumerate(sides) if at != place]
        one["pareto"] = not any(
            other != own and all(a >= b for a, b in zip(other, own, strict=True)) for other in others
        )


def _sides(variant: Mapping[str, Any], metric: Metric) -> tuple[float, ...]:
    """Quality, size, speed, memory; more is better, and what was not measured is worst."""
    quality = (variant["metrics"].get(metric.name) or {}).get("value")
    sign = 1 if metric.better == "higher" else -1
    values = (
        quality and sign * quality,
        _minus(variant["size_mb"]),
        variant["tokens_per_second"],
        _minus(variant["private_mb"]),
    )
    return tuple(float("-inf") if value is None else float(value) for value in values)


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def _kv(db: Database, run_id: str) -> float:
    """Megabytes of a long conversation's keys and values, by the original's shape; 0 where that is not known."""
    folder = shape_folder(db, path_of(db), get_run(db, run_id))
    shape = shape_in(folder) if folder else None
    if folder is None or shape is None:
        return 0.0
    longest = window(read_config(folder))
    return kv_mb(shape.layers, shape.key, min(KV_TOKENS, longest or KV_TOKENS))


def _tokens(db: Database, compression: Mapping[str, Any], original: str) -> dict[str, float]:
    """Tokens of a question with all that is sent along, and of an answer, on average, as the original's tokenizer counts them."""
    rows = list(read_split(db, compression["dataset_id"], "test")) or list(
        read_split(db, compression["dataset_id"], "validation")
    )
    counter = TokenCounter(get_run(db, original)["base"])
    asked = [sum(counter(message["content"]) for message in row["messages"]) for row in rows[:COUNTED]]
    said = [a["scores"].get("new_tokens") for a in read_answers(db, str(compression["evaluation_id"]), original)]
    known = [count for count in said if count is not None]
    return {
        "tokens_in": sum(asked) / len(asked) if asked else 0.0,
        "tokens_out": sum(known) / len(known) if known else 0.0,
    }
