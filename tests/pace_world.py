"""A server with limits and one key, as a simulation: what a pace makes of it, in simulated seconds. Nothing is sent."""

import heapq
import math
import random
from dataclasses import dataclass, field

from engine.generate.pace import Pace
from engine.serve.limits import Allowance, Told

NOTHING = Allowance(None, None, None)


@dataclass
class Bucket:
    """Tokens flow in at `rate` a second, at most `burst`."""

    rate: float
    burst: float
    whole_seconds: bool = True
    level: float = field(init=False)
    at: float = 0.0

    def __post_init__(self):
        self.level = self.burst

    def ask(self, now: float) -> float | None:
        """None: allowed. Else what Retry-After says."""
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level >= 1:
            self.level -= 1
            return None
        pause = (1 - self.level) / self.rate
        return float(math.ceil(pause)) if self.whole_seconds else pause

    def allowed(self, seconds: float) -> float:
        return self.burst + self.rate * seconds


@dataclass
class Window:
    """`most` within each `length` seconds, counted anew at every full one."""

    most: int
    length: float
    used: int = 0
    number: int = -1

    def ask(self, now: float) -> float | None:
        if int(now / self.length) != self.number:
            self.number, self.used = int(now / self.length), 0
        if self.used < self.most:
            self.used += 1
            return None
        return float(math.ceil((self.number + 1) * self.length - now))

    def allowed(self, seconds: float) -> float:
        return self.most * math.ceil(seconds / self.length)


@dataclass
class Free:
    """No limit by time."""

    def ask(self, now: float) -> float | None:
        return None


@dataclass
class Outcome:
    sent_at: list[float]
    limited_at: list[float]
    pace: Pace

    def share(self, since: float) -> float:
        """Of requests after `since`, those that were refused."""
        sent = sum(at >= since for at in self.sent_at)
        return sum(at >= since for at in self.limited_at) / max(1, sent)

    def rate(self, since: float, until: float) -> float:
        """Allowed requests a second."""
        sent = sum(since <= at < until for at in self.sent_at)
        return (sent - sum(since <= at < until for at in self.limited_at)) / (until - since)


def play(
    limit,
    seconds: float,
    *,
    latency: float = 0.3,
    spread: float = 0.2,
    most: int = 64,
    at_once: int | None = None,
    says_crowded: bool = False,
    retry_after: bool = True,
    seed: int = 1,
) -> Outcome:
    """Send as the pace allows for so many simulated seconds; a refusal comes back after a twentieth of the latency."""
    rng = random.Random(seed)
    pace = Pace(0.0, most, random.Random(seed))
    flying: list[tuple[float, float, int, float | None, bool]] = []
    sent, limited, now = [], [], 0.0
    while now < seconds:
        wait = pace.wait(now)
        if wait <= 0:
            beside = pace.sent(now)
            crowded = at_once is not None and sum(f[3] is None for f in flying) >= at_once
            refused = 1.0 if crowded else limit.ask(now)
            took = latency / 20 if refused is not None else max(0.01, rng.gauss(latency, spread * latency))
            sent.append(now)
            if refused is not None:
                limited.append(now)
            heapq.heappush(flying, (now + took, now, beside, refused, crowded))
            continue
        back = flying[0][0] if flying else math.inf
        now = max(min(back, now + wait), now + 1e-4)
        while flying and flying[0][0] <= now:
            _, sent_at, beside, refused, crowded = heapq.heappop(flying)
            if refused is None:
                pace.succeeded(now, sent_at, beside, Told(None, NOTHING, NOTHING), None)
            else:
                told = Told(refused if retry_after and not crowded else None, NOTHING, NOTHING)
                pace.limited(now, sent_at, beside, told, crowded and says_crowded)
    return Outcome(sent, limited, pace)
