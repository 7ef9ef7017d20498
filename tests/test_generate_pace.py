"""What a pace makes of a server's limits, in simulated seconds: near what is allowed, hardly refused, never before Retry-After."""

import random

import pytest

from engine.generate.pace import Pace
from engine.serve.limits import Allowance, Told, backoff, read_limits, retry_in_body
from tests.pace_world import NOTHING, Bucket, Free, Window, play

SILENT = Told(None, NOTHING, NOTHING)


@pytest.mark.parametrize("retry_after", [True, False])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(("rate", "burst"), [(5, 5), (5, 300), (20, 20), (2, 5)])
def test_a_bucket_is_used_up_and_hardly_refuses(rate, burst, whole, retry_after):
    seen = play(Bucket(rate, burst, whole), 600, retry_after=retry_after)
    assert seen.rate(120, 600) >= 0.95 * rate
    assert seen.share(120) < 0.01


def test_a_window_of_a_minute_is_used_up_when_retry_after_tells_it():
    seen = play(Window(300, 60), 600)
    assert seen.rate(120, 600) >= 0.95 * 5
    assert seen.share(120) < 0.01


@pytest.mark.parametrize("says", [True, False])
@pytest.mark.parametrize("number", [1, 4])
def test_a_number_in_flight_is_found_and_kept(number, says):
    seen = play(Free(), 600, latency=1.0, at_once=number, says_crowded=says)
    assert seen.rate(60, 600) >= 0.95 * number
    assert seen.share(60) < 0.01
    assert int(seen.pace.window) == number


def test_slow_answers_get_as_many_in_flight_as_the_rate_needs():
    seen = play(Bucket(10, 20), 600, latency=3.0)
    assert seen.rate(60, 600) >= 9.5 and seen.pace.window >= 30


def test_without_limits_the_number_in_flight_grows_to_the_most_and_no_further():
    seen = play(Free(), 60, most=24)
    assert seen.pace.window == 24 and seen.rate(30, 60) > 60 and not seen.limited_at


def test_it_follows_a_limit_that_was_raised_and_one_that_was_lowered():
    limit = Bucket(4, 4)

    class Changing:
        def ask(self, now: float) -> float | None:
            limit.rate = 4 if now < 300 or now >= 900 else 12
            return limit.ask(now)

    seen = play(Changing(), 1500)
    assert seen.rate(700, 900) >= 0.9 * 12
    assert seen.rate(1100, 1500) >= 0.95 * 4 and seen.share(1100) < 0.02


def test_nothing_is_sent_before_retry_after_is_over():
    pace = Pace(0.0, 8, random.Random(1))
    beside = pace.sent(1.0)
    pace.limited(1.1, 1.0, beside, Told(45.0, NOTHING, NOTHING), crowded=False)
    assert pace.wait(1.2) == pytest.approx(44.9) and pace.wait(46.0) > 0
    assert pace.wait(46.2) < 2


def test_refusals_of_one_moment_lower_the_rate_once():
    pace = Pace(0.0, 8, random.Random(1))
    for _ in range(20):
        pace.succeeded(1.0, 0.5, pace.sent(0.5), SILENT, None)
    flying = [pace.sent(2.0) for _ in range(3)]
    for beside in flying:
        pace.limited(2.1, 2.0, beside, Told(1.0, NOTHING, NOTHING), crowded=False)
    first = pace.rate
    assert first is not None and pace.refused == 3
    pace.limited(2.2, 2.0, pace.sent(2.0), Told(1.0, NOTHING, NOTHING), crowded=False)
    assert pace.rate == first


def test_a_key_that_others_crowd_is_not_asked_without_a_pause():
    pace, now = Pace(0.0, 8, random.Random(1)), 0.0
    for _ in range(5):
        now += pace.wait(now) + 0.01
        pace.limited(now, now - 0.01, pace.sent(now - 0.01), SILENT, crowded=True)
    assert now > 5 and pace.window == 1


def test_one_failure_changes_nothing_and_two_in_a_row_halve_what_is_in_flight():
    pace = Pace(0.0, 32, random.Random(1))
    for _ in range(20):
        pace.succeeded(1.0, 0.5, pace.sent(0.5), SILENT, None)
        pace.window = 16
    pace.failed(2.0, 1.5, pace.sent(1.5) and None)
    assert pace.window == 16 and pace.wait(2.0) == 0
    pace.failed(3.0, 2.5, pace.sent(2.5) and None)
    assert pace.window == 8
    pace.failed(4.0, 3.5, pace.sent(3.5) and None)
    assert 0 < pace.wait(4.0) <= 30


def test_the_back_off_is_the_one_of_the_specification_and_never_longer_than_thirty_seconds():
    spread = random.Random(3)
    for failures in range(6):
        found = [backoff(failures, spread) for _ in range(200)]
        low = 2 * 2**failures * 2 + 1
        assert all(min(low, 30) <= pause <= min(low + 2, 30) for pause in found)
    assert backoff(10_000, spread) == 30


def test_told_limits_space_requests_only_once_little_is_left():
    pace = Pace(0.0, 64, random.Random(1))

    def told(left: float) -> Told:
        return Told(None, Allowance(300, left, (300 - left) / 5), NOTHING)

    pace.succeeded(0.2, 0.0, pace.sent(0.0), told(200), None)
    assert pace.spacing is None
    pace.succeeded(0.4, 0.2, pace.sent(0.2), told(10), None)
    assert pace.spacing == pytest.approx(0.2, rel=0.05)


def test_told_token_limits_count_what_an_answer_takes():
    pace = Pace(0.0, 64, random.Random(1))
    told = Told(None, NOTHING, Allowance(60_000, 500, 60))
    pace.succeeded(0.2, 0.0, pace.sent(0.0), told, 500)
    assert pace.spacing == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "6m0s"}, 360),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 90),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 40}, None),
        ({"retry-after": "-5"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_every_spelling(headers, seconds):
    assert read_limits(headers, wall=10.0).retry_after == seconds


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1s"},
        {"anthropic-ratelimit-requests-limit": "60", "anthropic-ratelimit-requests-remaining": "59", "anthropic-ratelimit-requests-reset": "1"},
        {"RateLimit-Limit": "60", "RateLimit-Remaining": "59", "RateLimit-Reset": "1"},
    ],
)  # fmt: skip
def test_limits_in_the_spellings_of_servers(headers):
    assert read_limits(headers).requests == Allowance(60, 59, 1)


def test_googles_retry_delay_stands_in_the_body():
    assert retry_in_body(b'{"error": {"details": [{"retryDelay": "36.5s"}]}}') == 36.5
    assert retry_in_body(b"{}") is None
