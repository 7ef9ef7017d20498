"""Imports inside the test's own process: files in, result and stored messages out."""

from pathlib import Path
from typing import Any

from engine.sources.ingest import ingest
from engine.store.jobs import Work
from engine.store.open import open_store
from engine.store.sources import get_source, list_sources, read_records

Said = tuple[str | None, str | None, str]
"""at, speaker, text"""
MOBILE_HEAD = "{title} 님과 카카오톡 대화\r\n저장한 날짜 : 2026년 6월 1일 오전 10:50\r\n\r\n\r\n"


class Hands(Work):
    """A worker's hold without a job: nobody stops it."""

    def __init__(self, store: Path, job_id: str = "job-test") -> None:
        super().__init__(store, job_id, "token")

    def stop_asked(self) -> str | None:
        return None


def bring(store: Path, *files: Path, me: str | None = None, job_id: str = "job-test") -> dict[str, Any]:
    """The `import` result."""
    return ingest(Hands(store, job_id), recipe="persona", kinds=("kakao",), files=files, kind=None, me=me)


def stored(store: Path, source_id: str = "latest") -> list[Said]:
    with open_store(store) as db:
        return [(r["at"], r["speaker"], r["text"]) for r in read_records(db, get_source(db, source_id)["id"])]


def sources(store: Path) -> list[str]:
    with open_store(store) as db:
        return [source["id"] for source in list_sources(db)]


def leftovers(store: Path) -> int:
    """Sources of any state, and records: what a failed import must not leave."""
    with open_store(store) as db:
        return sum(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("sources", "records"))


def mobile(title: str, *said: tuple[int, str, str]) -> str:
    """An Android export of (minute of 2026-05-30 from 20:00, speaker, text)."""
    lines = [f"2026년 5월 30일 오후 {8 + m // 60}:{m % 60:02d}, {who} : {text}\r\n" for m, who, text in said]
    return MOBILE_HEAD.format(title=title) + "".join(lines)


def desktop(title: str, day: int, *said: tuple[int, str, str], dated: bool = True) -> str:
    """A Windows export of one day in May 2026; without `dated` no line tells the day."""
    head = f"{title} 님과 카카오톡 대화\r\n저장한 날짜 : 2026-06-01 10:50:33\r\n\r\n"
    date = (
        f"--------------- 2026년 5월 {day}일 {'월화수목금토일'[(day - 4) % 7]}요일 ---------------\r\n" if dated else ""
    )
    return head + date + "".join(f"[{who}] [오후 {8 + m // 60}:{m % 60:02d}] {text}\r\n" for m, who, text in said)


def at(place: int, day: int = 30) -> str:
    return f"2026-05-{day:02d}T{20 + place // 60}:{place % 60:02d}"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))
    return path
