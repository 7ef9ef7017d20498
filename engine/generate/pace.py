"""How fast one key may be used, learned from replies. It sends nothing, and its clock is handed in.

The rate. Until the first 429 only the number in flight bounds it, and that doubles (slow start). At a 429 the server's
allowance is used up; what was answered between two such moments, over the time between, is the rate at which it is filled
again, to within one request, whatever kind of window the server keeps. Requests are then spaced by that, a little below; as long as
nothing is refused the spacing is drawn in by half a percent at a time, flat near the rate that was found and faster beyond
(the shape of CUBIC, RFC 9438 §4). A limit that the headers tell is taken from them instead, once its allowance runs low.

The number in flight. It grows while it is what holds requests back, by one for every `patience` answers, and falls below the
number at which a refusal came; each refusal at a new number doubles the patience (additive increase; a refusal there says the
number itself). It halves when the server fails or is silent twice in a row (multiplicative decrease, Chiu and Jain 1989), and stops growing
where answers take twice as long as they did: more would only wait in the server's own queue (Brakmo and Peterson 1995, Vegas).
"""

import math
import random
from dataclasses import dataclass, field

from engine.serve.limits import Allowance, Told, backoff

BELOW = 0.98
"""Share of the found rate that requests begin with after a refusal."""
STEP, STEP_AFTER = 0.005, 30
"""So much nearer after so many answers: from 0.98 to a refusal at about 1.02 it takes some 270, so one in 270 is refused."""
FAST_FROM, FAST_STEP = 1.05, 0.1
"""Beyond this the limit lies elsewhere: it was raised, or found wrongly."""
DOUBT_STEP = 0.25
"""While a rate is a first guess."""
ENOUGH = 60
"""Answers since a refusal after which the way to the next one counts as borne."""
FEW = 8
"""Answers between two refusals that say anything about a rate; one that rests on fewer is tried out in larger steps."""
LEAST = 0.85
"""Two refusals close together lower a rate by no more than this."""
BORNE = 0.02
"""A rate this much below the one at which a refusal came was borne all the while before."""
LOW = 0.1
"""Share of a told allowance below which requests are spaced."""
MOST_PATIENCE = 256
SHORT_PAUSE = 2.0
"""A pause up to this is a bucket's, and what it gathers meanwhile may be used: whole seconds in Retry-After would be lost."""
LONG_PAUSE = 600.0
"""Seconds: a key that must wait longer is out of its day's allowance."""


@dataclass
class Pace:
    """One key's limits as far as they are known. Times are seconds of one monotonic clock."""

    now: float
    most: int
    """Requests in flight at most."""
    spread: random.Random = field(default_factory=random.Random)
    rate: float | None = None
    """Requests a second that the key was found to allow; None: never refused yet."""
    gain: float = BELOW
    window: float = 2.0
    patience: float = 1.0
    in_flight: int = 0
    answered: int = 0
    refused: int = 0
    streak: int = 0
    """Refusals or failures in a row."""
    blocked_until: float = 0.0
    latency: float | None = None
    best_latency: float | None = None
    tokens_each: float | None = None
    burst: float = 1.0

    def __post_init__(self) -> None:
        self._credit, self._credit_at = 1.0, self.now
        self._cut_at = -math.inf
        self._began: float | None = None
        self._last: tuple[float, int] | None = None
        self._first: tuple[float, int] | None = None
        self._since_step = self._since_growth = self._evidence = self._proved = 0
        self._capped_at: int | None = None
        self._told: float | None = None

    # What is asked before sending

    @property
    def spacing(self) -> float | None:
        """Seconds between two requests; None while nothing bounds them but the number in flight."""
        found = [rate for rate in (self.rate and self.rate * self.gain, self._told) if rate]
        return 1 / min(found) if found else None

    def wait(self, now: float) -> float:
        """Seconds until another request may be sent; inf while too many are in flight."""
        if now < self.blocked_until:
            return self.blocked_until - now
        if self.in_flight >= (1 if self.streak > 1 else max(1, int(self.window))):
            return math.inf  # after two refusals in a row one request looks whether the drought is over
        spacing = self.spacing
        if spacing is None:
            return 0.0
        self._gather(now, spacing)
        return 0.0 if self._credit >= 1 else (1 - self._credit) * spacing

    def _gather(self, now: float, spacing: float) -> None:
        most = max(1.0, self.burst / 2)
        self._credit = min(most, self._credit + max(0.0, now - self._credit_at) / spacing)
        self._credit_at = max(now, self._credit_at)

    def sent(self, now: float) -> int:
        """Count a request that goes out now; returns how many are in flight with it."""
        self.in_flight += 1
        self._credit = max(0.0, self._credit - 1)
        self._began = self._began if self._began is not None else now
        return self.in_flight

    # What is learned from what comes back

    def succeeded(self, now: float, sent_at: float, beside: int, told: Told, tokens: int | None) -> None:
        """An answer came. beside: in flight when it was sent."""
        self.in_flight -= 1
        self.answered += 1
        self.streak = 0
        took = now - sent_at
        self.latency = took if self.latency is None else 0.9 * self.latency + 0.1 * took
        self.best_latency = min(self.latency, self.best_latency or math.inf)
        if tokens:
            self.tokens_each = tokens if self.tokens_each is None else 0.9 * self.tokens_each + 0.1 * tokens
        self._grow(beside)
        self._draw_in()
        self._listen(told)

    def _grow(self, beside: int) -> None:
        """More in flight, where that is what holds requests back and answers do not take longer for it."""
        if beside + 1 < int(self.window) or self.window >= self.most:
            return
        if self.rate is None and self.latency and self.best_latency and self.latency > 2 * self.best_latency:
            return
        if self._capped_at is not None and beside >= self._capped_at:
            self._proved += 1
        if self._capped_at is not None and self._proved >= FEW:  # it was not the number, or is no more
            self._capped_at, self.patience, self._proved = beside + 1, max(4.0, self.patience / 4), 0
        self._since_growth += 1
        careful = self._capped_at is not None and self.window + 1 >= self._capped_at
        if self._since_growth >= (self.patience if careful else 1):
            self._since_growth = 0
            self.window = min(self.most, self.window + 1)

    def _draw_in(self) -> None:
        self._since_step += 1
        doubtful = not self._evidence
        if self.rate is not None and self._since_step >= (FEW if self._evidence < FEW else STEP_AFTER):
            self._since_step = 0
            fine = max(STEP, 0.1 / max(self._evidence, 1))
            fast = DOUBT_STEP if doubtful else FAST_STEP
            self.gain += fast * self.gain if doubtful or self.gain >= FAST_FROM else fine

    def _listen(self, told: Told) -> None:
        """Spacing by what the headers tell, once an allowance runs low; a refusal knows better."""
        each = self.tokens_each or 1.0
        found = [_allowed(told.requests, 1.0, self.in_flight), _allowed(told.tokens, each, self.in_flight)]
        rates = [rate for rate in found if rate is not None]
        self._told = min(rates) if rates else None

    def limited(self, now: float, sent_at: float, beside: int, told: Told, crowded: bool) -> None:
        """A 429. crowded: the server said that too many are in flight at once."""
        self.in_flight -= 1
        self.refused += 1
        pause = told.retry_after
        if sent_at >= self._cut_at:
            self.streak += 1
            self._cut_at = now
            new = self._is_new_number(beside)
            if crowded or new:
                self._cap(beside)
            by_rate = not new or (self.rate is None and pause is not None)
            if not crowded and by_rate:  # else it may be the number alone, which comes without Retry-After
                self._find_rate(now, pause or 0.0)
        if pause is None:
            pause = 0.0 if crowded and self.streak < 2 else self._own_pause()
        self._block(now, pause)

    def _is_new_number(self, beside: int) -> bool:
        """Nothing sent beside so many was ever answered, as far as the window shows."""
        return beside > 1 and beside >= int(self.window) and (self._capped_at is None or beside >= self._capped_at)

    def _cap(self, beside: int) -> None:
        again = self._capped_at is not None and beside >= self._capped_at
        self.patience = min(MOST_PATIENCE, self.patience * (8 if again else 4))
        self._capped_at, self._proved = beside, 0
        self.window = max(1.0, beside - 1.0)
        self._since_growth = 0

    def _find_rate(self, now: float, pause: float) -> None:
        """The rate from what was answered since the last refusal; the first time, from what was answered at all."""
        end = now + pause if pause > SHORT_PAUSE else now  # a long pause ends where a new window begins
        if self.rate is None or self._last is None:
            began = self._began if self._began is not None else now
            self._first = (now - began, self.answered)
            self.rate = max(self.answered, 1) / max(now - began + pause, 1.0)
        elif self.answered == self._last[1]:
            return  # the same drought
        else:
            answers = self.answered - self._last[1]
            between = answers / max(end - self._last[0], 1e-3)
            whole = end > now and answers >= FEW
            self.rate = between if whole else self._found(self.rate, answers, between)
            self._evidence = answers
            self._find_burst()
        self._last = (end, self.answered)
        self.gain, self._since_step = BELOW, 0

    def _found(self, rate: float, answers: int, between: float) -> float:
        """The rate after a refusal. between: answers a second since the one before it."""
        if not self._evidence and answers >= FEW:  # the step before this one was borne
            return rate * self.gain / (1 + DOUBT_STEP)
        if answers < FEW and self._evidence < FEW:  # little, but the allowance was empty then and now
            return min(max(between, 0.25 * rate), 0.8 * rate)
        if answers >= ENOUGH:  # so many were borne on the way; what was idle in between is no sign of a lower limit
            return rate * (self.gain - BORNE)
        if answers >= FEW:  # the allowance was empty then and now
            return min(max(between, LEAST * rate), rate * self.gain * BELOW)
        return rate * LEAST

    def _find_burst(self) -> None:
        """What the bucket held at the beginning: answered before the first refusal, less what flowed in meanwhile."""
        if self._first and self.rate:
            self.burst = max(1.0, self._first[1] - self.rate * self._first[0])

    def _own_pause(self) -> float:
        """No Retry-After: time for two requests to be allowed, longer with each refusal in a row."""
        usual = 2 / self.rate if self.rate else 1.0
        return min(usual * 2.0 ** min(self.streak - 1, 10), backoff(self.streak - 1, self.spread))

    def _block(self, now: float, pause: float) -> None:
        until = now + pause
        if until > self.blocked_until:
            self.blocked_until = until
        if pause > SHORT_PAUSE:
            self._credit, self._credit_at = 1.0, self.blocked_until
        elif self._credit_at < now:
            self._credit, self._credit_at = 0.0, now

    def failed(self, now: float, sent_at: float, retry_after: float | None) -> None:
        """The server failed, was silent or hung up: fewer at once; from the third failure in a row on, a pause."""
        self.in_flight -= 1
        self.streak += 1
        if sent_at >= self._cut_at and self.streak > 1:  # a single one is no sign of too much
            self._cut_at = now
            self.window = max(1.0, self.window / 2)
        if retry_after is not None:
            self._block(now, retry_after)
        elif self.streak >= 3:
            self._block(now, backoff(self.streak - 3, self.spread))

    def dropped(self) -> None:
        """A request ended without a word about the key: cancelled, or answered with what is no fault of its."""
        self.in_flight -= 1


def _allowed(allowance: Allowance, each: float, in_flight: int) -> float | None:
    """Requests a second by a told allowance; None while there is plenty left, or nothing is told. Its period is a minute, or
    what the time until all is there again says, when that is shorter."""
    if not allowance.limit or allowance.left is None:
        return None
    left = max(0.0, allowance.left - in_flight * each)
    if left > LOW * allowance.limit:
        return None
    period = 60.0 if allowance.reset is None else allowance.reset / (1 - allowance.left / (allowance.limit + 1))
    return 0.99 * allowance.limit / min(60.0, max(1.0, period)) / each
