"""Everyday words and predicates for the slots of the templates, and what stands in for a person in a sentence without one."""

import random
from functools import cache

from engine.korean.hangul import has_batchim
from engine.models.starter_corpus.words import ENGLISH, latin, madeup
from engine.models.tagger_corpus import people, places
from engine.models.tagger_corpus.grammar import Writer
from engine.models.tagger_corpus.lexicon import Predicate, lexicon
from engine.models.tagger_corpus.people import pick
from engine.models.tagger_corpus.talk_words import (
    BRANDS,
    CALLS,
    CHARACTERS,
    FOODS,
    FUTURE,
    HARD,
    INFINITIVE,
    KINS,
    NOW,
    PAST,
    PRONOUNS,
    ROLES,
    STARS,
    WORDS,
)
from engine.privacy.name_tables import FIRST, SECOND, SURNAMES


@cache
def name_like() -> tuple[list[str], list[str]]:
    """(words shaped like given names or whole names, public persons of the vocabulary)."""
    words = lexicon()
    shaped = [w for w in words.nouns if _is_given(w) or (len(w) == 3 and w[0] in SURNAMES and _is_given(w[1:]))]
    public = [
        w
        for w in words.names
        if len(w) == 3 and w[0] in SURNAMES and _is_given(w[1:]) and w[-1] not in "동구역읍면리산천강도대"
    ]
    return [*shaped, *HARD * 4], public


@cache
def no_names() -> tuple[list[str], list[str], list[str]]:
    """(everyday nouns, those shaped like names, celebrities) that nobody is called: fit to stand where a friend's name stands."""
    called = set(people.LISTED) | set(people.NATIVE) | set(people.FOREIGN)
    nouns = [w for w in lexicon().nouns[:EVERYDAY_NOUNS] if w not in called]
    shaped = [w for w in nouns if _is_given(w)]
    return nouns, [*shaped, *HARD], [star for star in STARS if len(star) > 1 and star not in called]


def _is_given(word: str) -> bool:
    return len(word) == 2 and word[0] in FIRST and word[1] in SECOND


@cache
def proper_nouns() -> list[str]:
    """Names of the vocabulary that are no Korean person's: places, firms, works, foreign words."""
    known = set(people.LISTED) | set(name_like()[1])
    return [
        w
        for w in lexicon().names
        if len(w) > 1
        and w not in known
        and w.removesuffix("이") not in known
        and not _is_given(w)
        and not (w[0] in SURNAMES and len(w) == 3)
    ]


def noun(rng: random.Random) -> str:
    """A noun, frequent ones more often; every eighth is shaped like a name."""
    way = rng.random()
    if way < 0.12:
        return pick(rng, name_like()[0])
    if way < 0.14:
        return madeup(rng)
    if way < 0.24:
        return noun(rng) + noun(rng)
    nouns = lexicon().nouns
    word = nouns[int(len(nouns) * rng.random() ** 1.7)]
    return word if len(word) > 1 or rng.random() < 0.15 else noun(rng)


def _predicate(rng: random.Random, kind: str) -> Predicate:
    words = lexicon().verbs if kind == "VV" else lexicon().adjectives
    return words[int(len(words) * rng.random() ** 2.2)]


EVERYDAY_NOUNS = 7_000
"""Rarer nouns shaped like a name (용구, 경선) are more often a name than themselves where a person is spoken of."""


def happened(rng: random.Random) -> str:
    """먹었어, 보내 줬다는데: a predicate in the past or the present, sometimes with its noun."""
    word = _predicate(rng, "VV")
    way = rng.random()
    head = f"{noun(rng)}{pick(rng, ('', '', ' ', ' ', '을 ', '도 '))}" if rng.random() < 0.25 else ""
    if way < 0.12:
        return (
            head
            + noun(rng)
            + pick(
                rng,
                (
                    "했어",
                    "했대",
                    "했다",
                    "한대",
                    "함",
                    "해",
                    "하네",
                    "했음",
                    "할게",
                    "하던데",
                    "했어요",
                    "합니다",
                    "하자",
                    "중",
                    "됨",
                    "됐어",
                ),
            )
        )
    if way < 0.62:
        return head + word.past + pick(rng, PAST)
    if way < 0.75:
        return head + word.infinitive + pick(rng, INFINITIVE)
    if way < 0.85:
        return head + _present(word, rng)
    return head + word.stem + pick(rng, NOW)


def _present(word: Predicate, rng: random.Random) -> str:
    """간다, 먹는대."""
    tail = pick(rng, ("다", "대", "대요", "다고", "다는데", "다며", "다니까"))
    return (
        word.stem + "는" + tail
        if has_batchim(word.stem[-1]) and word.adnominal.startswith(word.stem)
        else word.adnominal + tail
    )


def will(rng: random.Random) -> str:
    """갈게, 먹을 것 같아."""
    word = _predicate(rng, "VV")
    tail = pick(rng, FUTURE)
    return word.future + (" " if tail[0] in "거듯것예수때줄뻔" and rng.random() < 0.6 else "") + tail


def asks(rng: random.Random) -> str:
    """먹었어?, 가냐?, 뭐해."""
    word = _predicate(rng, "VV")
    way = rng.random()
    if way < 0.3:
        return pick(
            rng,
            (
                "뭐해",
                "어디야",
                "언제 와",
                "밥 먹었어",
                "자",
                "괜찮아",
                "알겠지",
                "왜 그래",
                "뭐 먹을래",
                "몇시야",
                "있어",
                "갈래",
                "어때",
                "어떻게 됐어",
                "오늘 돼",
                "시간 있어",
            ),
        ) + pick(rng, ("?", "", "??"))
    return pick(
        rng,
        (
            word.past + "어",
            word.past + "냐",
            word.stem + "냐",
            word.future + "래",
            word.future + "까",
            word.infinitive,
            word.infinitive + "요",
            word.past + "지",
            word.stem + "니",
        ),
    ) + pick(rng, ("?", "?", "", "??"))


def is_how(rng: random.Random) -> str:
    """좋아, 이상하다, 유리한데."""
    word = _predicate(rng, "VA")
    head = pick(
        rng, ("", "", "", "진짜 ", "너무 ", "개", "좀 ", "완전 ", "엄청 ", "왤케 ", "더 ", "안 ", "존나 ", "되게 ")
    )
    return head + pick(
        rng,
        (
            word.infinitive,
            word.infinitive,
            word.stem + "다",
            word.stem + "네",
            word.stem + "지",
            word.stem + "더라",
            word.stem + "냐",
            word.stem + "고",
            word.adnominal + "데",
            word.adnominal + "듯",
            word.past + "어",
            word.past + "는데",
            word.infinitive + "요",
            word.stem + "잖아",
            word.stem + "다ㅋㅋ",
            word.nominal,
            word.adnominal + "가",
            word.stem + "지만",
            word.infinitive + "서",
        ),
    )


def adnominal(rng: random.Random) -> str:
    word = _predicate(rng, "VA" if rng.random() < 0.6 else "VV")
    return word.adnominal if rng.random() < 0.85 else word.future


def nominal(rng: random.Random) -> str:
    word = _predicate(rng, "VA" if rng.random() < 0.4 else "VV")
    return word.nominal if rng.random() < 0.7 else word.stem + "기"


def joined(rng: random.Random) -> str:
    word = _predicate(rng, "VA" if rng.random() < 0.4 else "VV")
    return pick(
        rng,
        (
            word.stem + "고",
            word.infinitive + "서",
            word.eu + "면",
            word.stem + "는데",
            word.eu + "니까",
            word.stem + "지만",
            word.stem + "거든",
            word.infinitive + "도",
            word.past + "는데",
            word.past + "으니까",
        ),
    )


def _plain_noun(rng: random.Random) -> str:
    nouns = no_names()[0]
    return nouns[int(len(nouns) * rng.random() ** 1.4)]


def nobody(out: Writer, rng: random.Random) -> None:
    """What may stand where a friend stands and is no private person."""
    way = rng.random()
    out.add(
        _plain_noun(rng) if way < 0.3
        else pick(rng, no_names()[1]) if way < 0.44
        else pick(rng, KINS) if way < 0.54
        else pick(rng, PRONOUNS) if way < 0.62
        else pick(rng, ROLES) if way < 0.69
        else pick(rng, BRANDS) if way < 0.73
        else pick(rng, no_names()[2]) if way < 0.79
        else pick(rng, CHARACTERS) if way < 0.83
        else pick(rng, FOODS) if way < 0.87
        else places.place(rng) if way < 0.91
        else pick(rng, proper_nouns()) if way < 0.95
        else f"{adnominal(rng)} {pick(rng, ('애', '사람', '친구', '놈', '언니', '형', '누나', '오빠', '선배', '거'))}" if way < 0.98
        else pick(rng, lexicon().adverbs)
    )  # fmt: skip


def no_title(out: Writer, rng: random.Random) -> None:
    """팀장님, 헬스쌤, 이상한 형: a title without a name."""
    way = rng.random()
    if way < 0.4:
        out.add(pick(rng, ("", "", "저희 ", "우리 ", "새로 오신 ", "옆 팀 ")) + pick(rng, ROLES))
    elif way < 0.55:
        out.add(
            f"{adnominal(rng)} {pick(rng, ('형', '언니', '누나', '오빠', '선배', '사장님', '선생님', '과장', '대리', '이모'))}"
        )
    elif way < 0.75:
        out.add(
            _plain_noun(rng)
            + pick(rng, ("", " "))
            + pick(
                rng,
                (
                    "쌤",
                    "님",
                    "선생님",
                    "사장님",
                    "아저씨",
                    "아줌마",
                    "언니",
                    "이모",
                    "담당자님",
                    "팀장님",
                    "과장",
                    "기사님",
                    "대표",
                    "맘",
                    "학생",
                ),
            )
        )
    elif way < 0.9:
        out.add(pick(rng, KINS))
    else:
        out.add(
            pick(rng, no_names()[2])
            + " "
            + pick(rng, ("선수", "감독", "배우", "대통령", "의원", "작가", "가수", "장군", "교수"))
        )


def no_call(out: Writer, rng: random.Random) -> None:
    if rng.random() < 0.8:
        out.add(pick(rng, CALLS))
    else:
        word = _plain_noun(rng)
        out.add(word + ("아" if has_batchim(word[-1]) else "야"))


def no_whole(out: Writer, rng: random.Random) -> None:
    way = rng.random()
    out.add(
        pick(rng, ("미정", "확인", "본인", "동일", "없음", "위와 같음", "비밀", "아직", "추후 공지", "누구")) if way < 0.2
        else _plain_noun(rng) if way < 0.6
        else pick(rng, ROLES) if way < 0.75
        else stem_firm(rng) if way < 0.9
        else pick(rng, no_names()[1])
    )  # fmt: skip


def stem_firm(rng: random.Random) -> str:
    return (
        pick(rng, ("(주)", "", ""))
        + places.stem(rng)
        + pick(
            rng,
            (
                "컴퍼니",
                "상사",
                "유통",
                "건설",
                "식품",
                "약국",
                "치과",
                "부동산",
                "학원",
                "교회",
                "병원",
                "물산",
                "전자",
                "미용실",
                "카페",
                "공방",
            ),
        )
    )


def no_list(out: Writer, rng: random.Random) -> None:
    between = pick(rng, (", ", ",", " ", "/", "\n"))
    words = rng.random()
    out.add(
        between.join(
            _plain_noun(rng) if words < 0.6 else pick(rng, FOODS) if words < 0.8 else pick(rng, KINS)
            for _ in range(rng.randint(2, 5))
        )
    )


def latin_word(rng: random.Random) -> str:
    way = rng.random()
    word = pick(rng, WORDS) if way < 0.4 else pick(rng, ENGLISH) if way < 0.75 else latin(rng)
    if rng.random() < 0.15:
        return pick(rng, ENGLISH).capitalize() + pick(rng, ENGLISH).capitalize()
    return word if rng.random() < 0.7 else word.capitalize() if rng.random() < 0.6 else word.upper()
