"""What a reply's headers say about limits, Retry-After and how much of a minute's allowance is left; and how long a failure is waited on."""

import math
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

LONGEST = 7 * 86_400.0
"""Seconds: what is longer is no waiting time."""
SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


@dataclass(frozen=True, slots=True)
class Allowance:
    """One limit: so many per minute, so many left, and seconds until all are there again; None where it is not told."""

    limit: float | None
    left: float | None
    reset: float | None


@dataclass(frozen=True, slots=True)
class Told:
    """What one reply said."""

    retry_after: float | None
    requests: Allowance
    tokens: Allowance


def read_limits(headers: Mapping[str, str], wall: float | None = None) -> Told:
    """Headers as OpenAI and its imitators, Anthropic, and the IETF draft (RateLimit-*) write them. wall: seconds since the epoch."""
    now = time.time() if wall is None else wall
    low = {name.lower(): value for name, value in headers.items()}
    return Told(_retry_after(low, now), _allowance(low, "requests", now), _allowance(low, "tokens", now))


def retry_in_body(body: bytes) -> float | None:
    """Seconds in a `RetryInfo`, where Google's servers say what others say in Retry-After."""
    found = re.search(rb'"retryDelay":\s*"(\d{1,6}(?:\.\d{1,9})?)s"', body)
    return _bounded(float(found.group(1))) if found else None


def _retry_after(low: Mapping[str, str], now: float) -> float | None:
    exact = _number(low.get("retry-after-ms", ""))
    if exact is not None:
        return _bounded(exact / 1000)
    text = low.get("retry-after", "").strip()
    if not text:
        return None
    seconds = _seconds(text)
    if seconds is not None:
        return _bounded(seconds)
    try:
        return _bounded(parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


def _allowance(low: Mapping[str, str], what: str, now: float) -> Allowance:
    def one(name: str) -> str:
        spellings = [f"x-ratelimit-{name}-{what}", f"anthropic-ratelimit-{what}-{name}"]
        spellings += [f"x-ratelimit-{name}", f"ratelimit-{name}"] if what == "requests" else []
        return next((low[spelling].strip() for spelling in spellings if spelling in low), "")

    reset = _seconds(one("reset"))
    if reset is not None and reset > 1e8:  # a moment, not a span
        reset -= now
    return Allowance(_number(one("limit")), _number(one("remaining")), None if reset is None else _bounded(reset))


def _number(text: str) -> float | None:
    found = re.match(r"\d{1,15}(?:\.\d{1,9})?", text.strip())
    return float(found.group()) if found else None


def _seconds(text: str) -> float | None:
    """`1.5`, `6m0s`, `120ms`."""
    if re.fullmatch(r"\d{1,15}(?:\.\d{1,9})?", text):
        return float(text)
    if re.fullmatch(rf"(?:{SPAN.pattern}\s*)+", text):
        return sum(float(n) * UNITS[unit] for n, unit in SPAN.findall(text))
    return None


def _bounded(seconds: float) -> float | None:
    return max(0.0, seconds) if math.isfinite(seconds) and seconds < LONGEST else None


def backoff(failures: int, spread: random.Random) -> float:
    """min(2·2^k·2 + U(1, 3), 30) seconds after the k-th failure in a row: the longest that is waited unless a server says more."""
    return min(2 * 2.0 ** min(failures, 10) * 2 + spread.uniform(1, 3), 30)
