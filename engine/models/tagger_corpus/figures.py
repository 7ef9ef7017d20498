"""Numbers of generated chat: telephones, accounts, birthdays, amounts, mail. Invented by chance; the tagger must leave them alone."""

import random

from engine.models.tagger_corpus.people import pick
from engine.models.tagger_corpus.talk_words import WORDS


def _figures(rng: random.Random, count: int) -> str:
    return f"{rng.randrange(10**count):0{count}}"


def phone(rng: random.Random) -> str:
    """A mobile number in one of its shapes, or the placeholder of a masked one."""
    if rng.random() < 0.1:
        return "[전화번호_1]"
    gap = pick(rng, ("-", "-", "-", "", " ", "."))
    return gap.join(("010", _figures(rng, 4), _figures(rng, 4)))


def account(rng: random.Random) -> str:
    gap = pick(rng, ("-", "-", "-", "", " "))
    return gap.join(_figures(rng, rng.randint(2, 6)) for _ in range(rng.randint(3, 4)))


def resident(rng: random.Random) -> str:
    return f"{birthday(rng, '')[-6:]}{pick(rng, ('-', '-', '', ' '))}{rng.randint(1, 8)}{_figures(rng, 6)}"


def birthday(rng: random.Random, gap: str | None = None) -> str:
    year, month, day = rng.randint(1940, 2024), rng.randint(1, 12), rng.randint(1, 28)
    joiner = gap if gap is not None else pick(rng, (".", "-", "", "/"))
    if gap is None and rng.random() < 0.3:
        return f"{year if rng.random() < 0.6 else year % 100:02}년 {month}월 {day}일"
    return joiner.join((f"{year if rng.random() < 0.6 else year % 100:02}", f"{month:02}", f"{day:02}"))


def passport(rng: random.Random) -> str:
    return f"{pick(rng, 'MSRmABCK')}{_figures(rng, 8)}"


def won(rng: random.Random) -> str:
    return f"{rng.randint(1, 999)},{_figures(rng, 3)}원" if rng.random() < 0.5 else f"{rng.randint(1, 300)}만원"


def mail(rng: random.Random) -> str:
    user = (
        pick(rng, WORDS) + pick(rng, ("", ".", "_")) + pick(rng, (_figures(rng, 2), _figures(rng, 4), pick(rng, WORDS)))
    )
    return (
        user
        + pick(rng, ("@", "@", "@", " 골뱅이 ", "[at]"))
        + pick(rng, ("gmail.com", "naver.com", "hanmail.net", "kakao.com", "daum.net"))
    )


def hotline(rng: random.Random) -> str:
    """A company's or a crisis line."""
    if rng.random() < 0.3:
        return pick(rng, ("112", "119", "109", "1388", "1366", "1577-0199", "120", "110", "182", "114"))
    return f"{pick(rng, ('15', '16', '18'))}{_figures(rng, 2)}-{_figures(rng, 4)}"
