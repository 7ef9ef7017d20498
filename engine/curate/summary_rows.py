"""Dialogues become rows: one per instruction in training, one elsewhere; the same or nearly the same dialogue in one split alone.

A dialogue that comes again is one dialogue with several summaries, as in DialogSum's test file.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.curate.families import families
from engine.curate.row import Row, SourceRecord, SourceView
from engine.curate.split import assign_splits
from engine.curate.summary_options import SPLITS, SummaryOptions
from engine.curate.summary_prompt import summary_prompt
from engine.dialogue.shorten import shortened
from engine.errors import UserError

REASONS: dict[str, tuple[str, str]] = {
    "no_summary": ("요약이 없음", "no summary"),
    "summary_short": ("요약이 너무 짧음", "summary too short"),
    "summary_longer": ("요약이 대화보다 김", "summary longer than its dialogue"),
    "duplicate_dialogue": ("같은 대화가 앞에 있음(요약은 그 대화의 본보기로 모음)", "the dialogue came before; its summary became one of its references"),
}  # fmt: skip
"""Why a row is left out: slug to (Korean, English)."""


@dataclass(slots=True)
class Talk:
    """One dialogue of a source with all its good summaries, those of later copies too; `bad`: why a summary was not taken."""

    record: SourceRecord
    summaries: list[str] = field(default_factory=list)
    bad: str = "no_summary"
    copy: bool = False
    family: str = ""

    @property
    def dropped(self) -> str | None:
        if self.copy:
            return "duplicate_dialogue"
        return None if self.summaries else self.bad


def build(source: SourceView, options: SummaryOptions) -> Iterator[Row]:
    """Rows of one source alone."""
    for _, rows in build_across([source], options, 0):
        yield from rows


def build_across(
    sources: Sequence[SourceView], options: SummaryOptions, seed: int
) -> Iterator[tuple[SourceView, Iterator[Row]]]:
    """Rows of each source, in file order; copies of a dialogue are looked for in all of them.

    With too few dialogues to split, rows bring no split; whoever freezes them says so.
    """
    talks = [(source, [_talk(record, options) for record in source.records if record.kind == "dialogue"]) for source in sources]  # fmt: skip
    every = [talk for _, found in talks for talk in found]
    _gather(every)
    texts = [talk.record.text for talk in every]
    for talk, first in zip(every, families(texts, options.near_duplicates), strict=True):
        talk.family = f"dialogue {every[first].record.id}"
    splits = _splits(every, seed)
    for source, found in talks:
        yield source, (row for talk in found for row in _rows(talk, splits.get(talk.family), options))


def _talk(record: SourceRecord, options: SummaryOptions) -> Talk:
    talk = Talk(record)
    for summary in (record.meta or {}).get("summaries", ()):
        if len(summary) < options.min_summary_characters:
            talk.bad = "summary_short"
        elif len(summary) > len(record.text):
            talk.bad = "summary_longer"
        else:
            talk.summaries.append(summary)
    return talk


def _gather(talks: Sequence[Talk]) -> None:
    """Summaries of a copy go to the first of its kind."""
    first: dict[str, Talk] = {}
    for talk in talks:
        known = first.setdefault("".join(talk.record.text.split()), talk)
        if known is not talk:
            known.summaries = list(dict.fromkeys([*known.summaries, *talk.summaries]))
            talk.copy = True


def _splits(talks: Sequence[Talk], seed: int) -> dict[str, str]:
    counts = Counter(talk.family for talk in talks if not talk.dropped)
    try:
        return assign_splits(counts, SPLITS, seed)
    except UserError:
        return {}


def _rows(talk: Talk, split: str | None, options: SummaryOptions) -> Iterator[Row]:
    """Several rows of a training dialogue: an instruction each, and its summaries in turn."""
    grows = split == "train" and options.augment and not talk.dropped and options.style != "plain"
    for template in range(len(options.templates) if grows else 1):
        row = _row(talk, template, options)
        row.split = None if talk.dropped else split
        yield row
    if options.style == "plain" and split == "train" and not talk.dropped:
        for at in range(1, len(talk.summaries)):  # without an instruction another summary alone makes another row
            row = _row(talk, 0, options, at)
            row.split = split
            yield row


def _row(talk: Talk, template: int, options: SummaryOptions, summary: int | None = None) -> Row:
    record, told = talk.record, talk.record.meta or {}
    shown = shortened(record.text, options.max_characters)
    at = template if summary is None else summary
    target = talk.summaries[at % len(talk.summaries)] if talk.summaries else next(iter(told.get("summaries", ())), "")
    row = Row(summary_prompt(shown.text, options, template), target, talk.family, record.id, record.id)
    row.meta = _meta(talk, template, shown.left_out)
    row.dropped = talk.dropped
    return row


def _meta(talk: Talk, template: int, left_out: int) -> dict[str, Any]:
    told = talk.record.meta or {}
    meta: dict[str, Any] = {"dialogue": talk.record.text, "references": talk.summaries, "template": template}
    meta |= {name: told[name] for name in ("id", "topic") if told.get(name)}
    return meta | ({"turns_left_out": left_out} if left_out else {})
