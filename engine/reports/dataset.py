"""A frozen dataset as a Markdown report: from what, chosen how, split how. Chat text only when asked for, masked only."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from engine.curate.medical_rows import REASONS as MEDICAL
from engine.curate.mix import Mix, mix_of
from engine.curate.policy_rules import REASONS as POLICY
from engine.curate.refusals import Refusals, refusals_of
from engine.curate.selection import REASONS as SELECTION
from engine.errors import UserError
from engine.evaluate.report import escape
from engine.recipes.recipe import load_recipe
from engine.reports.markdown import fact, joined, moment, quote, relations, setting, table
from engine.reports.words import LABELS, REASONS, Language, say
from engine.store.datasets import get_dataset, read_dataset
from engine.store.facts import described_sources, split_groups
from engine.store.lineage import lineage
from engine.store.rows import question_types

EXAMPLES = 3
FEWEST_DAYS = 3
"""With fewer groups than splits, `engine/curate/freeze.py` splits by conversation."""


def dataset_report(db: Database, dataset_id: str, language: Language, examples: bool = False) -> str:
    """The report of one dataset. `examples`: with three training rows, of masked material only.

    Raises UserError when there is no such dataset.
    """
    dataset = get_dataset(db, dataset_id)
    sources = described_sources(db, dataset["sources"])
    return joined(
        [
            f"# {say('dataset.title', language)}: {escape(dataset['id'])}",
            *_about(dataset, language),
            f"## {say('sources', language)}",
            *source_facts(sources, dataset["sources"], language),
            *_masks(sources, language),
            *_splits(dataset, split_groups(db, dataset["id"]), language),
            *_dropped(dataset["dropped"], language),
            *_types(question_types(db, dataset["id"]), language),
            *_refusals(refusals_of(db, dataset)),
            *_mix(mix_of(db, dataset), language),
            *_options(dataset, language),
            *(_examples(db, dataset, language) if examples else [say("privacy", language)]),
            *relations(lineage(db, dataset["id"]), language),
        ]
    )


def _about(dataset: Mapping[str, Any], language: Language) -> Iterator[str]:
    yield f"## {say('about', language)}"
    yield fact(say("recipe", language), dataset["recipe"])
    yield fact(say("style", language), dataset["style"])
    yield fact(say("created", language), moment(dataset["created_at"]))
    yield fact(say("masked", language), say("yes" if dataset["masked"] else "no", language))
    yield fact(say("fingerprint", language), dataset["fingerprint"])
    yield fact(say("rows", language), f"{sum(dataset['counts'].values()):,}")
    if dataset["forgotten_count"]:
        yield fact(say("forgotten", language), f"{dataset['forgotten_count']:,}")


def source_facts(sources: Sequence[Mapping[str, Any]], ids: Sequence[str], language: Language) -> Iterator[str]:
    """A table of sources. An export is often named after the other person: speakers' names inside it are hidden."""
    heads = [say(key, language) for key in ("source", "name", "kind", "records", "source_licence", "imported")]
    rows = [
        (s["id"], without(s["name"], s["speakers"]), s["kind"], f"{s['record_count']:,}", s["licence"] or "—", s["created_at"][:10])
        for s in sources
    ]  # fmt: skip
    if rows:
        yield from table(heads, rows)
        yield say("names_hidden", language)
    for gone in set(ids) - {source["id"] for source in sources}:
        yield f"- {say('source_gone', language, id=escape(gone))}"


def without(name: str, speakers: Sequence[str]) -> str:
    """A file's name without the names of those who speak in it; longest first, and also a Korean given name alone."""
    forms = {form for speaker in speakers for form in (speaker, speaker[1:] if _is_korean(speaker) else speaker)}
    for form in sorted((form for form in forms if len(form) > 1), key=len, reverse=True):
        name = name.replace(form, "…")
    return name


def _is_korean(name: str) -> bool:
    return re.fullmatch(r"[가-힣]{3,4}", name) is not None


def _masks(sources: Sequence[Mapping[str, Any]], language: Language) -> Iterator[str]:
    yield f"## {say('masks', language)}"
    counts: dict[str, int] = {}
    residual = 0
    for report in (source["mask_report"] for source in sources if source["mask_report"]):
        residual += report["residual"]
        for label, n in report["counts"].items():
            counts[label] = counts.get(label, 0) + n
    if not counts:
        yield say("masks_none", language)
        return
    named = sorted(counts.items(), key=lambda pair: -pair[1])
    heads = [say("kind", language), "n"]
    yield from table(heads, ((_label(label, language), f"{n:,}") for label, n in named))
    yield fact(say("residual", language), f"{residual:,}")


def _label(label: str, language: Language) -> str:
    return LABELS[label][language == "en"] if label in LABELS else label


def _splits(dataset: Mapping[str, Any], groups: Mapping[str, int], language: Language) -> Iterator[str]:
    yield f"## {say('splits', language)}"
    heads = [say(key, language) for key in ("split", "rows", "groups")]
    names = dataset["counts"]
    yield from table(heads, ((say(name, language), f"{names[name]:,}", f"{groups.get(name, 0):,}") for name in names))
    in_all = sum(n for name, n in groups.items() if name != "both") - groups["both"]
    if groups["both"] and in_all < FEWEST_DAYS:
        yield say("split_talks", language)
    else:
        yield say("split_days", language, n=groups["both"])


def _dropped(dropped: Mapping[str, int], language: Language) -> Iterator[str]:
    yield f"## {say('dropped', language)}"
    if not dropped:
        yield say("dropped_none", language)
        return
    rows = sorted(dropped.items(), key=lambda pair: -pair[1])
    yield from table([say("reason", language), "n"], ((reason_words(slug, language), f"{n:,}") for slug, n in rows))


def _types(types: Mapping[str, tuple[int, int]], language: Language) -> Iterator[str]:
    total = sum(kept for kept, _ in types.values())
    if not types:
        return
    yield f"## {say('types', language)}"
    heads = [say(key, language) for key in ("type", "kept", "share", "left_out")]
    yield from table(
        heads,
        ((kind, f"{kept:,}", f"{kept / max(1, total):.1%}", f"{dropped:,}") for kind, (kept, dropped) in types.items()),
    )


def _refusals(found: Refusals | None) -> Iterator[str]:
    for warning in found.warnings if found else []:
        yield f"- {warning}"


def _mix(mix: Mix | None, language: Language) -> Iterator[str]:
    if mix is None or not mix.parts:
        return
    yield f"## {say('mix', language)}"
    heads = [say(key, language) for key in ("mix_part", "mix_wanted", "mix_got", "rows", "left_out", "mix_missing")]
    yield from table(
        heads,
        (
            (
                name,
                "—" if p.wanted is None else f"{p.wanted:.1%}",
                f"{p.got:.1%}",
                f"{p.rows:,}",
                f"{p.over:,}",
                f"{p.missing:,}",
            )
            for name, p in mix.parts.items()
        ),
    )
    for warning in mix.warnings:
        yield f"- {_side(warning, language)}"


def reason_words(slug: str, language: Language) -> str:
    """Why rows were left out, in words; a reason of a recipe that gives none keeps its own."""
    words = SELECTION.get(slug) or POLICY.get(slug) or MEDICAL.get(slug) or REASONS.get(slug)
    return words[language == "en"] if words else slug


def _options(dataset: Mapping[str, Any], language: Language) -> Iterator[str]:
    yield f"## {say('options', language)}"
    helps = _option_helps(dataset["recipe"], language)
    heads = [say(key, language) for key in ("option", "value", "meaning")]
    yield from table(heads, ((n, setting(v), helps.get(n, "")) for n, v in dataset["options"].items()))


def _option_helps(recipe: str, language: Language) -> dict[str, str]:
    """{} when the recipe is not here any more."""
    try:
        fields = load_recipe(recipe).options.model_fields
    except UserError:
        return {}
    return {name: _side(field.description or "", language) for name, field in fields.items()}


def _side(words: str, language: Language) -> str:
    ko, _, en = words.partition(" / ")
    return (en if language == "en" and en else ko).strip()


def _examples(db: Database, dataset: Mapping[str, Any], language: Language) -> Iterator[str]:
    yield f"## {say('examples', language)}"
    if not dataset["masked"]:
        yield say("samples_unmasked", language)
        return
    yield say("samples_masked", language)
    for place, row in enumerate(read_dataset(db, dataset["id"], "train", limit=EXAMPLES), start=1):
        yield f"**{place}. {say('prompt', language)}**"
        for turn in row["messages"]:
            yield from quote(f"{turn['role']}: {turn['content']}")
        yield f"**{say('target', language)}**"
        yield from quote(row["target"])
