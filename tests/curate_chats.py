"""Hand-made chats for the curate tests: one line per message, `HH:MM speaker words`; `<photo>` stands for that kind."""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from engine.curate.options import PersonaOptions
from engine.curate.pairs import build_pairs
from engine.curate.row import Row, SourceRecord, SourceView

ME = "가온"
HER = "나리"


def records(*lines: str, day: str = "2025-03-01") -> list[SourceRecord]:
    """Records with ids from 1. A line that is only a date (YYYY-MM-DD) sets the day of those after it."""
    found: list[SourceRecord] = []
    for line in lines:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", line):
            day = line
            continue
        clock, speaker, words = line.split(" ", 2)
        kind = re.fullmatch(r"<(\w+)>", words)
        at = None if clock == "--:--" else f"{day}T{clock}"
        who = None if speaker == "-" else speaker
        found.append(SourceRecord(len(found) + 1, at, who, kind[1] if kind else "text", words))
    return found


def view(found: Sequence[SourceRecord], me: str | None = ME) -> SourceView:
    speakers = Counter(record.speaker for record in found if record.speaker is not None)
    return SourceView("src-1", "kakao", me, dict(speakers), iter(found))


def rows(*lines: str, day: str = "2025-03-01", me: str | None = ME, **options: Any) -> list[Row]:
    """Rows of a chat; unless told otherwise nothing is sampled, so that all stay in file order."""
    return list(build_pairs(view(records(*lines, day=day), me), PersonaOptions(**{"max_rows": 0, **options})))


def kept(found: Sequence[Row]) -> list[Row]:
    return [row for row in found if row.dropped is None]


def said(row: Row) -> list[str]:
    """The prompt, each message as `role: content`."""
    return [f"{message['role']}: {message['content']}" for message in row.messages]


def reasons(found: Sequence[Row]) -> list[str | None]:
    return [row.dropped for row in found]


CHATTER = """
오늘 저녁 뭐 먹을까 파스타 좋은데 자기는 내일 회사 늦어 집에 가는 중 ㅋㅋ ㅋㅋㅋㅋ 진짜 웃기다 보고싶다 주말에 영화
"""
WORDS = CHATTER.split()
PAUSES = [0, 0, 0, 1, 1, 2, 10, 30, 300]


def long_chat(count: int, seed: int = 1) -> Iterator[SourceRecord]:
    """An invented chat of any length, made as it is read."""
    rng, now = random.Random(seed), datetime(2020, 1, 1)
    for number in range(1, count + 1):
        now += timedelta(minutes=rng.choice(PAUSES))
        kind = "photo" if rng.random() < 0.08 else "text"
        words = " ".join(rng.choices(WORDS, k=rng.randint(1, 6)))
        yield SourceRecord(number, now.isoformat(timespec="minutes"), rng.choice([ME, HER]), kind, words)
