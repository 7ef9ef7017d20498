"""A run as a Markdown report: on what, how, how well, at what cost, and how to repeat it. Computes nothing but picks."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.evaluate.compare import WORDS as VERDICTS
from engine.evaluate.compare import PairedTest, verdict
from engine.evaluate.report import escape
from engine.models.catalogue import BASES
from engine.recipes.recipe import load_recipe
from engine.reports.dataset import source_facts
from engine.reports.markdown import command, fact, joined, moment, number, quote, relations, setting, table
from engine.reports.words import Language, known, say
from engine.store.datasets import get_dataset
from engine.store.evaluations import get_evaluation
from engine.store.facts import described_sources, evaluations_of, job_times, samples_of
from engine.store.lineage import lineage
from engine.store.runs import get_run, read_metrics
from engine.train.epochs import Epoch, epochs_of
from engine.train.settings import field_help

MOST_POINTS = 15
"""Rows of the loss table; the curve itself is on the run's page."""
MOST_EVALUATIONS = 5
MOST_SAMPLES = 6


def run_report(
    db: Database, run_id: str, language: Language, examples: bool = False, labels: Mapping[str, str] | None = None
) -> str:
    """The report of one run. `examples`: with what it said while learning, masked material only.

    `labels`: metric names in plain words. Raises UserError when there is no such run.
    """
    run = get_run(db, run_id)
    dataset = _dataset_of(db, run)
    return joined(
        [
            f"# {say('run.title', language)}: {escape(run['id'])}",
            *_about(db, run, dataset, language),
            *_sources(db, dataset, language),
            *_losses(run, read_metrics(db, run["id"]), language),
            *_epochs(epochs_of(db, run["id"]), language),
            *_speed(run, language),
            *_evaluations(db, run["id"], language, labels or {}),
            *_settings(run, language),
            *_environment(run["environment"], language),
            *_reproduce(run, language),
            *(_samples(db, run, dataset, language) if examples else [say("privacy", language)]),
            *relations(lineage(db, run["id"]), language),
        ]
    )


def _dataset_of(db: Database, run: Mapping[str, Any]) -> dict[str, Any] | None:
    return get_dataset(db, run["dataset_id"]) if run["dataset_id"] else None


def _about(
    db: Database, run: Mapping[str, Any], dataset: Mapping[str, Any] | None, language: Language
) -> Iterator[str]:
    times = job_times(db, run["job_id"])
    yield f"## {say('about', language)}"
    yield fact(say("recipe", language), run["recipe"])
    yield fact(say("state", language), say(f"state.{run['state']}", language))
    yield fact(say("ended_why", language), why_ended(run, language))
    yield fact(say("created", language), moment(run["created_at"]))
    if times["started_at"]:
        yield fact(say("began", language), moment(times["started_at"]))
    if times["started_at"] and times["ended_at"]:
        yield fact(say("ended", language), moment(times["ended_at"]))
        yield fact(say("took", language), _took(times["started_at"], times["ended_at"], language))
    yield from _base(run, language)
    if dataset:
        counts = ", ".join(f"{say(split, language)} {n:,}" for split, n in dataset["counts"].items())
        yield fact(say("dataset", language), f"{dataset['id']} ({counts})")
        yield fact(say("fingerprint", language), dataset["fingerprint"])
    else:
        yield f"- {say('no_dataset', language)}"


def why_ended(run: Mapping[str, Any], language: Language) -> str:
    """One sentence; the job's own message where it says more."""
    told = run["message_en" if language == "en" else "message_ko"]
    if run["state"] == "done":
        stopped = (run["result"] or {}).get("stopped")
        return say(f"why.{stopped}" if stopped in ("early", "save") else "why.planned", language)
    if run["state"] in ("queued", "running"):
        return say("why.not_yet", language)
    key = f"why.{run['ending']}"
    words = say(key, language) if known(key) else say(f"state.{run['state']}", language)
    return f"{words} {told}" if told else words


def _took(began: str, ended: str, language: Language) -> str:
    seconds = (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
    short = seconds < 120
    said = say("unit.seconds" if short else "unit.minutes", language, n=f"{seconds if short else seconds / 60:,.0f}")
    return f"{said} ({say('took_note', language)})"


def _base(run: Mapping[str, Any], language: Language) -> Iterator[str]:
    yield fact(say("base", language), base_name(run["base"], language))
    if run["base_revision"]:
        yield fact(say("base_revision", language), run["base_revision"])
    if run["base_hash"]:
        yield fact(say("base_hash", language), run["base_hash"])
    wanted = run["base"].casefold()
    entry = next((base for base in BASES if wanted in (base.name.casefold(), base.hub_id.casefold())), None)
    yield fact(say("licence", language), entry.licence if entry else say("licence_unknown", language))


def base_name(base: str, language: Language) -> str:
    """A hub name as it is; of a folder only its own name, for a path says who and where the owner is."""
    folder = Path(base)
    return say("base_folder", language, name=folder.name) if folder.is_absolute() or "\\" in base else base


def _sources(db: Database, dataset: Mapping[str, Any] | None, language: Language) -> Iterator[str]:
    if dataset:
        yield f"## {say('sources', language)}"
        yield from source_facts(described_sources(db, dataset["sources"]), dataset["sources"], language)


def _losses(run: Mapping[str, Any], metrics: Sequence[Mapping[str, Any]], language: Language) -> Iterator[str]:
    yield f"## {say('loss', language)}"
    learned = [row for row in metrics if row["loss"] is not None]
    judged = [row for row in metrics if row["eval_loss"] is not None]
    if not learned and not judged:
        yield say("loss_none", language)
        return
    before = [row for row in judged if row["step"] == 0]
    best = min(judged, key=lambda row: row["eval_loss"], default=None)
    named = (
        ("eval_before", "eval_loss", before[0] if before else None),
        ("eval_best", "eval_loss", best),
        ("eval_last", "eval_loss", judged[-1] if judged else None),
        ("loss_first", "loss", learned[0] if learned else None),
        ("loss_last", "loss", learned[-1] if learned else None),
    )
    for key, column, row in named:
        if row is not None:
            at = say("at_step", language, step=f"{row['step']:,}")
            yield fact(say(key, language), f"{number(row[column])} ({at})")
    if run["best_step"] is not None:
        yield fact(say("handed_over", language), say("at_step", language, step=f"{run['best_step']:,}"))
    yield from _curve(metrics, [row for row in (best, judged[-1] if judged else None) if row], language)
    yield say("loss_reading", language)


def _curve(
    metrics: Sequence[Mapping[str, Any]], always: Sequence[Mapping[str, Any]], language: Language
) -> Iterator[str]:
    shown = pick(len(metrics), MOST_POINTS)
    steps = {metrics[place]["step"] for place in shown} | {row["step"] for row in always}
    heads = [say(key, language) for key in ("step", "epoch", "train_loss", "eval_loss", "learning_rate")]
    rows = [
        (
            f"{row['step']:,}",
            number(row["epoch"], 2),
            number(row["loss"]),
            number(row["eval_loss"]),
            "—" if row["learning_rate"] is None else f"{row['learning_rate']:.3g}",
        )
        for row in metrics
        if row["step"] in steps
    ]
    yield from table(heads, rows)
    if len(rows) < len(metrics):
        yield say("some_points", language, n=f"{len(metrics):,}")


def _epochs(epochs: Sequence[Epoch], language: Language) -> Iterator[str]:
    """The learning curve epoch by epoch; nothing for a run without epochs."""
    if not epochs:
        return
    yield f"### {say('epochs', language)}"
    heads = ("epoch", "step", "train_loss", "eval_loss", "token_accuracy", "eval_token_accuracy")
    rows = (
        (
            one.epoch,
            f"{one.step:,}",
            number(one.loss),
            number(one.eval_loss),
            _percent(one.token_accuracy),
            _percent(one.eval_token_accuracy),
        )
        for one in epochs
    )
    yield from table([say(head, language) for head in heads], rows)


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"


def pick(count: int, most: int) -> list[int]:
    """At most `most` places out of `count`, evenly spaced, first and last among them."""
    if count <= most:
        return list(range(count))
    return [round(place * (count - 1) / (most - 1)) for place in range(most)]


def _speed(run: Mapping[str, Any], language: Language) -> Iterator[str]:
    yield f"## {say('speed', language)}"
    total = "—" if run["steps_total"] is None else f"{run['steps_total']:,}"
    yield fact(say("steps", language), f"{run['steps_done']:,} / {total}")
    yield fact(say("tokens_per_second", language), number(run["tokens_per_second"], 1))
    yield fact(say("peak", language), "—" if run["peak_gb"] is None else f"{run['peak_gb']:.2f} GiB")
    for note in (run["result"] or {}).get("notes", ()):
        ko, _, en = note.partition(" / ")
        yield fact(say("notes", language), en if language == "en" and en else ko)


def _evaluations(db: Database, run_id: str, language: Language, labels: Mapping[str, str]) -> Iterator[str]:
    yield f"## {say('evaluations', language)}"
    found = evaluations_of(db, run_id, MOST_EVALUATIONS)
    if not found:
        yield say("not_evaluated", language)
    for evaluation_id in found:
        evaluation = get_evaluation(db, evaluation_id)
        items = evaluation.get("method", {}).get("items", "—")
        about = f"{evaluation['suite']}, {say('test', language)} n={items}, {moment(evaluation['created_at'])}"
        yield f"### {escape(evaluation_id)} ({escape(about)})"
        yield from _verdicts(evaluation, run_id, language, labels)


def _verdicts(
    evaluation: Mapping[str, Any], run_id: str, language: Language, labels: Mapping[str, str]
) -> Iterator[str]:
    try:
        metrics = {metric.name: metric for metric in load_recipe(evaluation["recipe"]).suite.metrics}
    except UserError:
        yield say("no_suite", language)
        return
    own = [row for row in evaluation["paired"] if run_id in (row["a"], row["b"]) and row["metric"] in metrics]
    if not own:
        yield say("alone", language)
    for a, b in dict.fromkeys((row["a"], row["b"]) for row in own):
        yield f"**{escape(say('against', language, a=a, b=b))}**"
        judged: dict[str, list[str]] = {}
        for row in own:
            if (row["a"], row["b"]) == (a, b):
                test = PairedTest(**{name: row.get(name) for name in PairedTest.__slots__})
                found = verdict(test, metrics[row["metric"]])
                judged.setdefault(found, []).append(labels.get(row["metric"], row["metric"]))
        for word in VERDICTS:
            if word in judged:
                names = ", ".join(escape(name) for name in judged[word])
                yield f"- {VERDICTS[word][language == 'en']} ({len(judged[word])}): {names}"


def _settings(run: Mapping[str, Any], language: Language) -> Iterator[str]:
    yield f"## {say('settings', language)}"
    helps = {name: text for name, _, text in field_help(language)}
    names = sorted(run["settings"], key=lambda name: run["origins"].get(name, "default") == "default")
    heads = [say(key, language) for key in ("setting", "value", "origin", "meaning")]
    rows = (
        (
            name,
            setting(run["settings"][name]),
            _origin(run["origins"].get(name, "default"), language),
            helps.get(name, ""),
        )
        for name in names
    )
    yield from table(heads, rows)


def _origin(origin: str, language: Language) -> str:
    kind, _, name = origin.partition(":")
    if kind == "preset":
        return say("origin.preset", language, name=name)
    if kind in ("run", "base", "method"):
        return say(f"origin.{kind}", language, name=name)
    return say("origin.default" if kind == "default" else "origin.owner", language)


def _environment(environment: Mapping[str, Any], language: Language) -> Iterator[str]:
    yield f"## {say('environment', language)}"
    for key in ("device", "python", "code"):
        yield fact(say(key, language), environment.get(key) or "—")
    for name, version in environment.get("libraries", {}).items():
        yield fact(escape(name), version)


def _reproduce(run: Mapping[str, Any], language: Language) -> Iterator[str]:
    yield f"## {say('reproduce', language)}"
    yield from command(train_command(run))
    yield say("reproduce_note", language)


def train_command(run: Mapping[str, Any]) -> list[str]:
    """The words of the command that repeats a run: the preset, and what differs from it."""
    base = Path(run["base"])
    words = ["python", "-m", "engine", "train", "--recipe", run["recipe"]]
    words += ["--dataset", run["dataset_id"]] if run["dataset_id"] else []
    words += ["--base", base.name if base.is_absolute() else run["base"]]
    words += ["--from", run["from_run"]] if run["from_run"] else []
    words += ["--preset", run["preset"]] if run["preset"] else []
    for name, origin in run["origins"].items():
        if origin.partition(":")[0] not in ("default", "preset", "run", "base", "method"):
            value = run["settings"].get(name)
            words += ["--set", f"{name}={str(value).lower() if isinstance(value, bool) else value}"]
    return words


def _samples(
    db: Database, run: Mapping[str, Any], dataset: Mapping[str, Any] | None, language: Language
) -> Iterator[str]:
    yield f"## {say('samples', language)}"
    if dataset and not dataset["masked"]:
        yield say("samples_unmasked", language)
        return
    found = samples_of(db, run["id"], MOST_SAMPLES)
    yield say("samples_masked" if found else "samples_none", language)
    for sample in found:
        yield f"**{say('at_step', language, step=sample['step'])}**"
        for turn in sample["messages"]:
            yield from quote(f"{turn['role']}: {turn['content']}")
        yield from quote(f"→ {sample['text']}")
