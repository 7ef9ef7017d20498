"""Where answers are judged and written down, whoever gave them. One desk per worker, on one thread."""

import time
from collections import deque
from dataclasses import replace
from typing import Any

from sqlite_utils import Database

from engine.curate.row import Message
from engine.generate.check import Judge, Rejected, checked_pair
from engine.generate.options import GenerateOptions
from engine.generate.prompts import ask
from engine.store.generations import (
    Attempt,
    Clause,
    Wanted,
    accept_pair,
    claim_pairs,
    ledger,
    note_attempt,
    questions_of,
    read_clauses,
    reject_pair,
    release_claims,
)
from engine.store.jobs import Work

BATCH = 100
"""Pairs claimed at once."""
PROGRESS_SECONDS = 1.0
RECENT_SECONDS = 120.0
"""Time left is told by what was settled within this."""


class Desk:
    """The pairs that are still wanted, and what came of each."""

    def __init__(self, work: Work, db: Database, generation: dict[str, Any], judge: Judge) -> None:
        self.work, self.db, self.judge = work, db, judge
        self.id: str = generation["id"]
        self.options = GenerateOptions(**generation["settings"])
        self.clauses: dict[int, Clause] = {clause.id: clause for clause in read_clauses(db, generation["source_id"])}
        self.known = questions_of(db, generation["source_id"])
        release_claims(db, self.id)
        begun = ledger(db, self.id)
        self.wanted, self.accepted, self.given_up = begun["wanted"], begun["accepted"], begun["given_up"]
        self.sums = {name: begun[name] for name in ("rate_limited", "requests", "tokens_in", "tokens_out")}
        self.rejected, self.failed = begun["rejected"], begun["failed"]
        self._open: deque[Wanted] = deque()
        self._settled: deque[float] = deque(maxlen=2000)
        self._shown_at = 0.0

    def take(self) -> Wanted | None:
        """The next pair nobody has, or None when all are accepted, given up or being made."""
        return self._open.popleft() if self.any_open() else None

    def any_open(self) -> bool:
        """Whether `take` would give one."""
        if not self._open:
            self._open.extend(claim_pairs(self.db, self.id, self.work.token, BATCH))
        return bool(self._open)

    def prompt(self, wanted: Wanted) -> tuple[Message, ...]:
        """What is asked for this pair, with the reason of the last rejection."""
        shown, origin = self.clauses[wanted.record_id], self.clauses[wanted.from_id]
        return ask(shown, origin, wanted.type, wanted.reason)

    def settle(
        self, wanted: Wanted, key: str, text: str, *, ended: bool, tokens: tuple[int | None, int | None], took: float
    ) -> Wanted | None:
        """Judge an answer and write down what came of it. The pair again, when it is to be asked for once more."""
        self._count(tokens)
        shown, origin = self.clauses[wanted.record_id], self.clauses[wanted.from_id]
        known = self.known.setdefault(wanted.record_id, [])
        try:
            pair = checked_pair(text, ended=ended, shown=shown, origin=origin, known=known, judge=self.judge)
        except Rejected as no:
            return self._reject(wanted, Attempt(wanted.ord, key, "rejected", no.reason, *tokens, round(1000 * took)))
        meta = {
            "answer": pair.answer,
            "type": wanted.type,
            "answerable": wanted.answerable,
            "chunk": shown.id,
            "chunk_id": shown.meta.get("chunk_id"),
            "clause": None,
            "generation": self.id,
        }
        attempt = Attempt(wanted.ord, key, "accepted", None, *tokens, round(1000 * took))
        if accept_pair(self.db, self.id, attempt, pair.question, meta) is not None:
            known.append(pair.question)
            self.accepted += 1
            self._settled.append(time.monotonic())
        return None

    def _reject(self, wanted: Wanted, attempt: Attempt) -> Wanted | None:
        reason = attempt.reason or ""
        self.rejected[reason] = self.rejected.get(reason, 0) + 1
        if reject_pair(self.db, self.id, attempt, self.options.tries):
            self.given_up += 1
            self._settled.append(time.monotonic())
            return None
        return replace(wanted, tries=wanted.tries + 1, reason=reason)

    def note(self, wanted: Wanted, key: str, outcome: str, reason: str | None, took: float) -> None:
        """A request that brought no answer."""
        self._count((None, None))
        if outcome == "rate_limited":
            self.sums["rate_limited"] += 1
        elif outcome == "failed" and reason:
            self.failed[reason] = self.failed.get(reason, 0) + 1
        note_attempt(self.db, self.id, Attempt(wanted.ord, key, outcome, reason, None, None, round(1000 * took)))

    def _count(self, tokens: tuple[int | None, int | None]) -> None:
        self.sums["requests"] += 1
        self.sums["tokens_in"] += tokens[0] or 0
        self.sums["tokens_out"] += tokens[1] or 0

    def show(self, keys: list[dict[str, Any]], *, now: bool = False) -> None:
        """Tell pages how far it is: `done` counts accepted pairs alone, so the whole is shown only when nothing is missing."""
        moment = time.monotonic()
        if not now and moment - self._shown_at < PROGRESS_SECONDS:
            return
        self._shown_at = moment
        self.work.progress(
            what="generate",
            done=self.accepted,
            total=self.wanted,
            given_up=self.given_up,
            rejected=self.rejected,
            failed=self.failed,
            **self.sums,
            cost=cost_of(self.options, self.sums),
            left_seconds=self._left(moment),
            keys=keys,
        )

    def _left(self, moment: float) -> int | None:
        """Seconds until every pair is settled, at the pace of the last two minutes; None before five were."""
        while self._settled and moment - self._settled[0] > RECENT_SECONDS:
            self._settled.popleft()
        if len(self._settled) < 5:
            return None
        each = (moment - self._settled[0]) / len(self._settled)
        return int(each * (self.wanted - self.accepted - self.given_up)) + 1


def cost_of(options: GenerateOptions, sums: dict[str, Any]) -> float:
    """What the tokens cost, in the unit the prices are in; 0 where no price is given."""
    return float(round((sums["tokens_in"] * options.price_in + sums["tokens_out"] * options.price_out) / 1e6, 6))
