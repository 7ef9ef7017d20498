"""Medical items become rows, each with its reason where it is left out; what belongs together is held out together.

The mix holds in training rows alone: what judges is never thinned out.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.curate.medical_answer import choice_line
from engine.curate.medical_groups import grouped
from engine.curate.medical_options import SPLITS, MedicalOptions
from engine.curate.medical_prompt import NO_ANSWER, form_of, listed, medical_prompt
from engine.curate.mix import OVER, planned, weights_in
from engine.curate.row import Row, SourceRecord, SourceView
from engine.curate.stratified import stratified

FORMS = ("interview", "passage", "maths", "mcqa", "qa")
REASONS: dict[str, tuple[str, str]] = {
    "no_answer": ("답이나 정답이 없음", "no answer"),
    "wrong_answer": ("정답이 보기 가운데 없음", "the answer is none of the choices"),
    "few_choices": ("보기가 둘보다 적거나 같은 보기가 있음", "fewer than two choices, or two alike"),
    "answer_short": ("답이 너무 짧음", "answer too short"),
    "too_long": ("너무 긺", "too long"),
    "one_sided": ("한 사람만 말하는 문진", "an interview in which one speaks alone"),
    "duplicate": ("같은 물음과 답이 앞에 있음", "the same question and answer came before"),
    OVER: ("섞는 비율보다 많아서 남김", "more of this part than the mix takes"),
}
"""Why a row is left out: slug to (Korean, English)."""

KEPT = ("specialty", "answer", "answer_index", "red_flags", "id", "expression", "unit")
"""What of a record a row carries beside its prompt."""


@dataclass(slots=True)
class Asked:
    """One prompt with its target, before it is a row."""

    record: SourceRecord
    item: Mapping[str, Any]
    target: str
    key: str
    """The words by which it is known again."""
    bucket: str
    dropped: str | None = None
    group: str = ""


def build(source: SourceView, options: MedicalOptions) -> Iterator[Row]:
    """Rows of one source alone."""
    for _, rows in build_across([source], options, 0):
        yield from rows


def build_across(
    sources: Sequence[SourceView], options: MedicalOptions, seed: int
) -> Iterator[tuple[SourceView, Iterator[Row]]]:
    """Rows of each source in file order; copies and what belongs together are looked for in all of them. seed: of the split.

    With too few rows or groups to split, rows bring no split and no mix is cut; whoever freezes them says so.
    """
    records = [(source, [one for one in source.records if one.kind in FORMS]) for source in sources]
    whole = [one for _, some in records for one in some]
    known = _by_topic(whole)
    found = [(source, [one for record in some for one in _asked(record, known, options)]) for source, some in records]
    every = [one for _, asked in found for one in asked]
    _drop_copies(every)
    groups = grouped(whole, options.near_duplicates)
    for one in every:
        one.group = groups[one.record.id]
    labels: dict[str, Counter[str]] = {}
    for one in every:
        if not one.dropped:
            labels.setdefault(one.group, Counter())[f"{one.bucket} {form_of(one.item)}"] += 1
    splits = stratified(labels, SPLITS, seed)
    _mix([one for one in every if not one.dropped and splits.get(one.group) == "train"], options)
    for source, asked in found:
        yield source, (_row(one, splits.get(one.group), options) for one in asked)


def _by_topic(records: Sequence[SourceRecord]) -> dict[str, list[str]]:
    """Answers that lie apart from their questions, by what both are about (a disease and what is asked of it)."""
    found: dict[str, list[str]] = {}
    for meta in (record.meta or {} for record in records):
        if meta.get("topic") and meta.get("answer"):
            found.setdefault(meta["topic"], []).append(str(meta["answer"]))
    return found


def _asked(record: SourceRecord, known: Mapping[str, Sequence[str]], options: MedicalOptions) -> Iterator[Asked]:
    meta = record.meta or {}
    if not meta.get("answer") and (answers := known.get(meta.get("topic", ""))):
        meta = {**meta, "answer": answers[record.id % len(answers)]}
    bucket = str(meta.get("bucket") or "domain")
    if record.kind == "interview":
        yield from _answers(record, meta, bucket, options)
        return
    item = _item(record, meta)
    target, wrong = _target(record.kind, meta, options)
    yield Asked(record, item, target, _key(item), bucket, wrong or _unfit(item, target, options))


def _item(record: SourceRecord, meta: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in a prompt. The choices of a problem are a part of its words: what is judged is its number."""
    choices = meta.get("choices") or []
    if record.kind == "maths" and choices:
        return {"form": "maths", "question": f"{record.text}\n{listed(choices)}"}
    kept = {name: meta[name] for name in ("choices", "context") if meta.get(name)}
    return {"form": record.kind, "question": record.text, **kept}


def _target(form: str, meta: Mapping[str, Any], options: MedicalOptions) -> tuple[str, str | None]:
    """(what the model is to say, why the row is left out)."""
    answer, solution = str(meta.get("answer") or "").strip(), str(meta.get("solution") or "").strip()
    if form == "mcqa":
        return _choice(meta, solution if options.explanations else "")
    if form == "maths" and solution:
        tail = "" if not answer or answer in solution.splitlines()[-1] else f"\n정답: {answer}"
        return solution + tail, None
    if form == "passage" and not answer:
        answer = NO_ANSWER if "context" in meta else ""
    return answer, None if answer else "no_answer"


def _choice(meta: Mapping[str, Any], solution: str) -> tuple[str, str | None]:
    choices, place = meta.get("choices") or [], meta.get("answer_index")
    if len(choices) < 2 or len({"".join(one.split()) for one in choices}) < len(choices):
        return "", "few_choices"
    if place is None:
        return "", "no_answer"
    if not 0 <= place < len(choices):
        return "", "wrong_answer"
    return choice_line(choices, place) + (f"\n{solution}" if solution else ""), None


def _answers(record: SourceRecord, meta: Mapping[str, Any], bucket: str, options: MedicalOptions) -> Iterator[Asked]:
    """A row for each of the last answers of an interview, what was said before it in front."""
    turns = meta.get("turns") or []
    places = [
        at
        for at, turn in enumerate(turns)
        if turn["role"] == "assistant" and any(t["role"] == "user" for t in turns[:at])
    ]
    for at in places[-options.most_turns :]:
        item = {"form": "interview", "turns": turns[:at]}
        target = turns[at]["content"].strip()
        yield Asked(record, item, target, _key(item), bucket, _unfit(item, target, options))
    if not places:
        yield Asked(record, {"form": "interview", "turns": turns}, "", record.text, bucket, "one_sided")


def _unfit(item: Mapping[str, Any], target: str, options: MedicalOptions) -> str | None:
    said = [turn["content"] for turn in item.get("turns", ())] or [
        str(item.get("question")),
        str(item.get("context", "")),
        *item.get("choices", ()),
    ]
    if len(target) < options.min_answer_characters:
        return "answer_short"
    return "too_long" if sum(map(len, said)) + len(target) > options.most_characters else None


def _key(item: Mapping[str, Any]) -> str:
    said = "\n".join(turn["content"] for turn in item.get("turns", ()))
    return "\n".join([said or str(item.get("question")), *item.get("choices", ())])


def _drop_copies(every: Sequence[Asked]) -> None:
    seen: set[tuple[str, str, str]] = set()
    for one in every:
        known = (
            "".join(one.key.split()),
            "".join(str(one.item.get("context", "")).split()),
            "".join(one.target.split()),
        )
        if not one.dropped and known in seen:
            one.dropped = "duplicate"
        seen.add(known)


def _mix(learned: Sequence[Asked], options: MedicalOptions) -> None:
    """Leaves out what is over the mix, drawn by the seed."""
    most = planned(Counter(one.bucket for one in learned), weights_in(options.mix), options.most_cut)
    taken: Counter[str] = Counter()
    for one in sorted(learned, key=lambda one: _draw(one, options.seed)):
        taken[one.bucket] += 1
        if taken[one.bucket] > most[one.bucket]:
            one.dropped = OVER


def _draw(one: Asked, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{one.record.id}:{one.key}".encode(errors="replace"), digest_size=8).digest()


def _row(one: Asked, split: str | None, options: MedicalOptions) -> Row:
    meta = one.record.meta or {}
    row = Row(medical_prompt(one.item, options), one.target, one.group, one.record.id, one.record.id)
    named = {name: meta[name] for name in KEPT if meta.get(name) is not None}
    if one.record.kind == "maths":
        named.pop("answer_index", None)
    row.meta = {**one.item, "type": one.item["form"], "bucket": one.bucket, "group": one.group, **named}
    row.dropped, row.split = one.dropped, None if one.dropped else split
    return row
