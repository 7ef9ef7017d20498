"""What jobs and served models took of the machine, thinned as they go on. It looks at no process."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from typing import Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.resources import Sample
from engine.store.jobs import get_job
from engine.store.open import all_rows, new_id, now, one_row, writing
from engine.store.runs import get_run

MOST = 480
"""Rows kept of one owner: at a look every 3 seconds 24 minutes, then halved again and again."""
NAMES = tuple(field.name for field in fields(Sample))
COLUMNS = ", ".join(NAMES)


class Keeper:
    """Keeps the samples of one attempt of an owner, which begins with the first."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.attempt = 0
        self._looks = 0
        self._together = 1
        """Looks in a slot."""
        self._slot: Sample | None = None

    def keep(self, db: Database, sample: Sample) -> None:
        """Write one look; its slot is written anew with each, so that a kill loses none."""
        place, within = divmod(self._looks, self._together)
        slot = merged([self._slot, sample]) if within and self._slot else sample
        with writing(db):
            attempt = self.attempt or _attempts(db, self.owner) + 1
            _write(db, self.owner, attempt, place, slot)
            if within == self._together - 1 and _count(db, self.owner) >= MOST:
                _halve(db, self.owner)
                self._together *= 2
        self.attempt, self._slot = attempt, slot
        self._looks += 1


def merged(samples: Sequence[Sample]) -> Sample:
    """Several looks as one: the most memory, the mean load by time."""
    seconds = [max(one.at - one.began, 1e-6) for one in samples]
    cards = [one.vram_mb for one in samples if one.vram_mb is not None]
    return Sample(
        began=samples[0].began,
        at=samples[-1].at,
        cpu_percent=sum(one.cpu_percent * long for one, long in zip(samples, seconds, strict=True)) / sum(seconds),
        rss_mb=max(one.rss_mb for one in samples),
        private_mb=max(one.private_mb for one in samples),
        high_mb=max(one.high_mb for one in samples),
        vram_mb=max(cards, default=None),
        tokens=samples[-1].tokens,
    )


def _halve(db: Database, owner: str) -> None:
    """Two slots of each attempt become one."""
    pairs: dict[tuple[int, int], list[Sample]] = {}
    for row in _rows(db, owner):
        pairs.setdefault((row["attempt"], row["slot"] // 2), []).append(_sample(row))
    db.execute("DELETE FROM resources WHERE owner = ?", [owner])
    for (attempt, slot), samples in pairs.items():
        _write(db, owner, attempt, slot, merged(samples))


def _rows(db: Database, owner: str) -> list[dict[str, Any]]:
    sql = f"SELECT attempt, slot, {COLUMNS} FROM resources WHERE owner = ? ORDER BY attempt, slot"
    return all_rows(db, sql, [owner])


def _write(db: Database, owner: str, attempt: int, slot: int, sample: Sample) -> None:
    marks = ", ".join("?" * (len(NAMES) + 3))
    sql = f"INSERT OR REPLACE INTO resources (owner, attempt, slot, {COLUMNS}) VALUES ({marks})"
    db.execute(sql, [owner, attempt, slot, *astuple(sample)])


def _count(db: Database, owner: str) -> int:
    return int(db.execute("SELECT COUNT(*) FROM resources WHERE owner = ?", [owner]).fetchone()[0])


def _attempts(db: Database, owner: str) -> int:
    return int(db.execute("SELECT COALESCE(MAX(attempt), 0) FROM resources WHERE owner = ?", [owner]).fetchone()[0])


def _sample(row: dict[str, Any]) -> Sample:
    return Sample(**{name: row[name] for name in NAMES})


@dataclass(frozen=True, slots=True)
class Usage:
    """All looks at one owner, oldest first, and what they come to. None where nothing was seen.

    Sizes in 2**20 bytes. `seconds` were watched; `tokens_per_second` is over the time in which any were counted.
    """

    attempts: list[list[Sample]]
    seconds: float
    cpu_percent: float | None
    peak_mb: float | None
    private_mb: float | None
    vram_mb: float | None
    tokens: int
    tokens_per_second: float | None

    def as_json(self) -> dict[str, Any]:
        """{seconds, cpu_percent, …, samples: [{attempt, at, …}]}."""
        told = {name: value for name, value in asdict(self).items() if name != "attempts"}
        samples = [
            {"attempt": place, **asdict(one)} for place, attempt in enumerate(self.attempts, 1) for one in attempt
        ]
        return {**told, "samples": samples}


def read_usage(db: Database, owner: str) -> Usage:
    """What was seen of a job or a served model."""
    attempts: dict[int, list[Sample]] = {}
    for row in _rows(db, owner):
        attempts.setdefault(row["attempt"], []).append(_sample(row))
    samples = [one for attempt in attempts.values() for one in attempt]
    if not samples:
        return Usage([], 0.0, None, None, None, None, 0, None)
    whole = merged(samples)
    rates = [rate for attempt in attempts.values() for rate in rates_of(attempt)]
    made, took = sum(tokens for _, tokens, _ in rates), sum(seconds for _, _, seconds in rates)
    return Usage(
        attempts=list(attempts.values()),
        seconds=sum(attempt[-1].at - attempt[0].began for attempt in attempts.values()),
        cpu_percent=whole.cpu_percent,
        peak_mb=max(whole.rss_mb, whole.high_mb),
        private_mb=whole.private_mb,
        vram_mb=whole.vram_mb,
        tokens=sum(attempt[-1].tokens for attempt in attempts.values()),
        tokens_per_second=made / took if took else None,
    )


def rates_of(attempt: Iterable[Sample]) -> list[tuple[Sample, int, float]]:
    """(look, tokens, seconds) of each look that found more tokens than those before: they are counted by the batch, not as they
    come. The first count is left out: when the work began that made it is not known."""
    counted: Sample | None = None
    found: list[tuple[Sample, int, float]] = []
    for one in attempt:
        if one.tokens > (counted.tokens if counted else 0):
            if counted:
                found.append((one, one.tokens - counted.tokens, one.at - counted.at))
            counted = one
    return found


def begin_serving(db: Database, model: str) -> str:
    """A model is served from now on; returns the id its samples are kept under."""
    serving = new_id("serve")
    with writing(db):
        db.execute("INSERT INTO servings (id, model, began_at) VALUES (?, ?, ?)", [serving, model, now()])
    return serving


def end_serving(db: Database, serving: str) -> None:
    """It is served no longer."""
    with writing(db):
        db.execute("UPDATE servings SET ended_at = ? WHERE id = ?", [now(), serving])


def owner_of(db: Database, given: str) -> str:
    """Whose samples are meant by a job's id, a run's, a served model's, or `latest`: the job queued last. Raises UserError for none."""
    if given.startswith("serve-"):
        if one_row(db, "SELECT 1 AS found FROM servings WHERE id = ?", [given]) is None:
            raise UserError(
                f"'{given}'(이)라는 서버 기록이 없습니다. `resources --help`를 보세요.",
                f"There is no record of a server '{given}'. See `resources --help`.",
            )
        return given
    if not given.startswith("run-"):
        return str(get_job(db, given)["id"])
    run = get_run(db, given)
    if run["job_id"] is None:
        raise UserError(
            f"학습 {run['id']}은(는) 다른 곳에서 배운 것이라 여기서 지켜본 것이 없습니다.",
            f"Run {run['id']} was trained elsewhere: nothing was watched here.",
        )
    return str(run["job_id"])


@dataclass(frozen=True, slots=True)
class ChatCost:
    """What one answer took. `first_seconds`: until its first piece; sizes in 2**20 bytes, of the whole process that answered."""

    tokens: int | None
    first_seconds: float
    seconds: float
    rss_mb: float
    vram_mb: float | None


def keep_chat_cost(db: Database, chat_id: str, seq: int, cost: ChatCost) -> None:
    """Of the answer that stands there."""
    with writing(db):
        db.execute("INSERT OR REPLACE INTO chat_costs VALUES (?, ?, ?, ?, ?, ?, ?)", [chat_id, seq, *astuple(cost)])


def read_chat_costs(db: Database, chat_id: str) -> dict[int, ChatCost]:
    """{place of the answer: what it took}, of those that were timed."""
    names = ", ".join(field.name for field in fields(ChatCost))
    rows = all_rows(db, f"SELECT seq, {names} FROM chat_costs WHERE chat_id = ?", [chat_id])
    return {row.pop("seq"): ChatCost(**row) for row in rows}


def list_servings(db: Database, limit: int = 5) -> list[dict[str, Any]]:
    """Models served to others {id, model, began_at, ended_at}, newest first."""
    return all_rows(db, "SELECT * FROM servings ORDER BY began_at DESC, rowid DESC LIMIT ?", [limit])
