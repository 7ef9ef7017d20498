"""Preferences made elsewhere: {prompt or a recipe's own fields, chosen, rejected}, and rated answers {…, summary or answer, rating}; pairs
and ratings in the shapes of other trainers, which are kept to the letter (`talk_shapes`).

One record per row: its text is what was asked, its meta {item, chosen, rejected} or {item, answer, rating, worth}. It knows no recipe:
`item` holds the fields of `answer --in`, or {"messages"} where a whole prompt was given.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.sources.dialogue_columns import dialogue_in
from engine.sources.pairs_in import as_text
from engine.sources.reader import ReadReport, Record
from engine.sources.rows_of import first_table_rows, table_rows
from engine.sources.talk_shapes import Judged, judged_in

PREFERENCES = "preferences"
"""The kind of such a source; every recipe reads it."""
PREFERENCE = "preference"
"""The kind of its records."""
CHOSEN = ("chosen", "preferred", "better", "고른답", "좋은답", "좋은요약")
REJECTED = ("rejected", "worse", "dispreferred", "버린답", "나쁜답", "나쁜요약")
RATING = ("rating", "평점", "별점", "stars")
ANSWER = ("summary", "answer", "response", "output", "completion", "candidate", "요약", "요약문", "답변", "답")
ASKED = ("dialogue", "question", "prompt", "messages", "turns", "claim", "instruction", "대화", "질문")
"""What was asked, by the names under which recipes and preference sets keep it; the first that is there is the record's text."""
NAMED = {"대화": "dialogue", "질문": "question", "instruction": "prompt"}
SCALES = ((1.0, 0.5, 0.5), (5.0, 3.0, 3.0), (10.0, 5.0, 6.0), (100.0, 50.0, 60.0))
"""(most, up to this is not bad or good, from this on): on 1-5, 1 and 2 are bad, 4 and 5 good, 3 is neither."""
TOLD = {
    "no_prompt": "물은 것이 없는 행 {0:,}개. / {0:,} rows without what was asked.",
    "no_answer": "답이나 점수가 빠진 행 {0:,}개. / {0:,} rows lack an answer or its rating.",
    "neutral": "좋지도 나쁘지도 않은 점수 {0:,}개는 배우는 데 쓰지 않습니다. / {0:,} ratings in the middle teach nothing.",
}


class PreferenceReader:
    """Rows in which one answer was chosen over another, or an answer was rated."""

    kind = PREFERENCES

    def recognises(self, path: Path, head: bytes) -> bool:
        """A pair always; a rated answer where it is a summary, or where several answers to one prompt are rated: a table of questions
        may have a column of that name, too."""
        rows = first_table_rows(path, head)
        if rows and all(judged_in(row) for row in rows):
            return True
        if not rows or not all(_asked(row) for row in rows):
            return False
        if all(_field(row, CHOSEN) and _field(row, REJECTED) for row in rows):
            return True
        if not all(_field(row, RATING) and _field(row, ANSWER) for row in rows):
            return False
        return all("dialogue" in _item(row) for row in rows) or len({_said(_item(row)) for row in rows}) < len(rows)

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Preferences in file order. Raises UserError for a file in which no row holds any."""
        most = _scale(path)
        counts: Counter[str] = Counter()
        for number, row, line in table_rows(path, report):
            record, problem = _record(row, most) if row is not None else (None, "")
            counts[problem] += 1
            if record is None:
                report.note_unparsed(number)
                yield Record(None, None, "other", line or f"{path.name}:{number}", row)
            else:
                yield record
        report.facts["preferences"] = {name: counts[name] for name in TOLD if counts[name]}
        report.warnings += [TOLD[name].format(count) for name, count in report.facts["preferences"].items()]


def _scale(path: Path) -> float:
    """The highest rating there can be, by the highest there is."""
    highest, some = 0.0, False
    for _, row, _ in table_rows(path, ReadReport()):
        if row is not None:
            some = some or bool(
                judged_in(row) or (_field(row, CHOSEN) and _field(row, REJECTED)) or _field(row, RATING)
            )
            highest = max(highest, _number(row.get(_field(row, RATING) or "")) or 0.0)
    if not some:
        raise UserError(
            f"'{path.name}'에 선호가 없습니다. 행마다 물은 것(dialogue, question, prompt 가운데 하나)과 chosen, rejected 두 답, 또는 답(summary, answer)과 "
            "rating이 있어야 합니다.",
            f"'{path.name}' holds no preferences. Each row needs what was asked (dialogue, question or prompt), and chosen and rejected, or "
            "an answer (summary, answer) with its rating.",
        )
    return next((most for most, _, _ in SCALES if highest <= most), highest)


def worth_of(rating: float, most: float) -> int:
    """1 for a good rating, -1 for a bad one, 0 for one in the middle. most: the top of the scale."""
    bad, good = next(((low, high) for top, low, high in SCALES if top >= most), (most / 2, most * 0.6))
    return 1 if rating > good or (rating == good and most in (10.0, 100.0)) else -1 if rating < bad else 0


def _record(row: Mapping[str, Any], most: float) -> tuple[Record | None, str]:
    """(record or None, what is wrong with it or "")."""
    if (judged := judged_in(row)) is not None:
        return _given(judged)
    item = _item(row)
    if not item:
        return None, "no_prompt"
    better, worse = _field(row, CHOSEN), _field(row, REJECTED)
    if better and worse:
        meta: dict[str, Any] = {"item": item, "chosen": _answer(row[better]), "rejected": _answer(row[worse])}
        return Record(None, None, PREFERENCE, _said(item), meta), ""
    rated, answer = _field(row, RATING), _field(row, ANSWER)
    rating = _number(row[rated]) if rated else None
    if rating is None or not answer:
        return None, "no_answer"
    worth = worth_of(rating, most)
    meta = {"item": item, "answer": _answer(row[answer]), "rating": rating, "worth": worth}
    return Record(None, None, PREFERENCE, _said(item), meta), "" if worth else "neutral"


def _given(judged: Judged) -> tuple[Record | None, str]:
    """Of a trainer's row: its prompt and answers as they are, its group and its split."""
    if not any(turn["content"].strip() for turn in judged.talk.turns):
        return None, "no_prompt"
    meta: dict[str, Any] = {
        "item": {"messages": judged.talk.turns},
        "group": judged.talk.group,
        "split": judged.talk.split,
    }
    if judged.liked is None:
        meta |= {"chosen": judged.answer, "rejected": judged.rejected}
    else:
        worth = 1 if judged.liked else -1
        meta |= {"answer": judged.answer, "rating": worth, "worth": worth}
    return Record(None, None, PREFERENCE, judged.text, meta), ""


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that ask, as `answer --in` names them; {} where nothing is asked."""
    if not (asked := _asked(row)):
        return {}
    judged = {_field(row, names) for names in (CHOSEN, REJECTED, RATING, ANSWER)}
    item = {
        NAMED.get(name, name): value
        for name, value in row.items()
        if name not in judged and value not in (None, "", [])
    }
    name = NAMED.get(asked, asked)
    if name == "prompt":
        talk = item.pop("prompt")
        item["messages"] = _bare(talk) if isinstance(talk, list) else [{"role": "user", "content": as_text(talk)}]
    if name == "dialogue":
        item["dialogue"] = dialogue_in(item["dialogue"])
    return item if _said(item) else {}


def _bare(talk: Sequence[Any]) -> list[Any]:
    """Turns with what a prompt holds, and nothing else that a file may say of them."""
    return [
        {name: one[name] for name in ("role", "content") if name in one} if isinstance(one, dict) else one
        for one in talk
    ]


def _asked(row: Mapping[str, Any]) -> str | None:
    return next((name for name in ASKED if row.get(name) not in (None, "", [])), None)


def _said(item: Mapping[str, Any]) -> str:
    """What was asked as one text."""
    value = next((item[name] for name in ("dialogue", "question", "claim", "messages", "turns") if item.get(name)), "")
    if isinstance(value, list):
        return "\n".join(
            filter(None, (as_text(one.get("content")) if isinstance(one, dict) else as_text(one) for one in value))
        )
    return as_text(value)


def _field(row: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """The first of the names that the row has a value for."""
    plain = {str(name).replace(" ", "").replace("_", "").casefold(): name for name in row}
    found = (plain[name] for name in names if name in plain)
    return next((name for name in found if row[name] not in (None, "", [])), None)


def _answer(value: Any) -> str:
    """An answer as text; of chat messages the last one's words."""
    if isinstance(value, list) and value and isinstance(value[-1], dict):
        return as_text(value[-1].get("content")).strip()
    return as_text(value).strip()


def _number(found: Any) -> float | None:
    if isinstance(found, bool):
        return float(found)
    if isinstance(found, str):
        found = found.strip().removesuffix("점")
        return float(found) if found.lstrip("-").replace(".", "", 1).isdigit() and len(found) < 10 else None
    return float(found) if isinstance(found, int | float) else None
