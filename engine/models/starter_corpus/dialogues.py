"""Dialogues of one to four scenes in many layouts, and what can be asked of them: a summary, who said what.

It knows how dialogues are written down, not how an encoder is trained.
"""

import random

from engine.models.starter_corpus import chat
from engine.models.starter_corpus import words as w
from engine.models.starter_corpus.copying import Triple
from engine.models.starter_corpus.grammar import fill, josa
from engine.models.starter_corpus.scenes_table import CLOSINGS, FRIENDS, OPENINGS, SERVICE
from engine.models.starter_corpus.summaries import INSTRUCTIONS, SCENES

PEOPLE = tuple(f"#Person{number}#" for number in range(1, 10))
PRIVATE = ("#PhoneNumber#", "#Address#", "#Email#", "#CardNumber#", "#DateOfBirth#", "#SSN#", "#PassportNumber#",
           "#CarNumber#", "#Date#")  # fmt: skip
"""Tokens that published dialogue sets put in the place of people and of what is private about them."""
CHOICES = {
    "act": ("정지", "신고"), "act2": ("환불", "교환"), "why": ("출장", "시험", "수술", "면접"), "feast": ("생일", "결혼식", "졸업식"), "habit": ("담배", "커피", "야식", "술"),
    "noisy": ("위층", "옆집", "아래층"), "guard": ("관리실", "경비실"), "part": ("배", "머리", "허리", "목", "무릎"), "parcel": ("택배", "소포"),
}  # fmt: skip
"""What a scene says and its summary repeats."""
NEW = ("새 휴대폰", "새 노트북", "새 카메라", "전기 자전거", "큰 텔레비전", "식기세척기", "새 책상")
Turn = tuple[str, str]
"""(speaker, what was said)"""


def _slots(rng: random.Random) -> dict[str, str]:
    """Values of every slot a scene may name; what is private is a token as often as a value."""
    values = chat.slots(rng) | {"place2": w.pick(rng, w.PLACES), "new": rng.choice(NEW)}
    values |= {name: rng.choice(words) for name, words in CHOICES.items()}
    street = f"{w.madeup(rng, 1, 2)}동 {rng.randint(1, 300)}번지"
    private = {
        "tel": ("#PhoneNumber#", w.phone(rng)), "addr": ("#Address#", street), "car": ("#CarNumber#", f"{w.number(rng, 2)}가 {w.number(rng, 4)}"),
        "email": ("#Email#", f"{w.latin(rng).lower()}@{w.pick(rng, w.HOSTS)}"),
        "id": (rng.choice(("#SSN#", "#DateOfBirth#", "#PassportNumber#", "#CardNumber#")), f"{w.person(rng)}, {w.number(rng, 6)}"),
    }  # fmt: skip
    values |= {name: ways[rng.random() < 0.45] for name, ways in private.items()}
    if rng.random() < 0.08:
        values["date"] = "#Date#"
    return values


def scene(rng: random.Random, names: tuple[str, str]) -> tuple[list[Turn], str]:
    """(turns, one sentence about them) of two people."""
    table, polite = rng.choice(((SERVICE, True), (SERVICE, True), (FRIENDS, False), (SCENES, False)))
    turns, summary = table[int(rng.random() * len(table))]
    slots = _slots(rng) | dict(zip("xy", names, strict=True))
    said = _spoken(rng, turns, slots, names, polite=polite or rng.random() < 0.4)
    return said, fill(summary, rng, slots, polite=False)


def _spoken(
    rng: random.Random, turns: str, slots: dict[str, str], names: tuple[str, str], *, polite: bool
) -> list[Turn]:
    calm = chat.Speaker(polite, 0.0, 0.0, 0.2, ())
    voices = [calm if rng.random() < 0.6 else chat.speaker(rng, polite) for _ in range(2)]
    return [
        (names[at % 2], voices[at % 2].say(fill(turn, rng, slots, polite=polite), rng, sad=False))
        for at, turn in enumerate(turns.split(" >> "))
    ]


def names_of_two(rng: random.Random) -> tuple[str, str]:
    """Who speaks: mostly `#Person1#` and `#Person2#`, else names, masks or roles."""
    way = rng.random()
    if way < 0.4:
        return (PEOPLE[0], PEOPLE[1]) if rng.random() < 0.85 else (PEOPLE[1], PEOPLE[0])
    if way < 0.55:
        first, second = rng.sample(PEOPLE, 2)
        return first, second
    if way < 0.65:
        return rng.choice((("[이름_1]", "[이름_2]"), ("A", "B"), ("P01", "P02"), ("화자1", "화자2"), ("고객", "상담원"), ("손님", "점원"), ("의사", "환자"), ("학생", "교수")))  # fmt: skip
    first, second = (w.person(rng) if way > 0.8 else w.given_name(rng) for _ in range(2))
    return first, second if second != first else second + "이"


def dialogue(rng: random.Random, most: int = 3) -> tuple[list[Turn], str]:
    """(turns, summary) of one to `most` scenes between the same two people, greetings around them told by nobody."""
    names = names_of_two(rng)
    turns: list[Turn] = []
    told: list[str] = []
    if rng.random() < 0.4:
        turns += _spoken(rng, rng.choice(OPENINGS), {}, names, polite=rng.random() < 0.6)
    for _ in range(1 if rng.random() < 0.6 else rng.randint(1, most)):
        said, sentence = scene(rng, names if rng.random() < 0.8 else (names[1], names[0]))
        turns += said
        told.append(sentence)
    if rng.random() < 0.3:
        turns += _spoken(rng, rng.choice(CLOSINGS), {}, names, polite=rng.random() < 0.6)
    return turns, _in_level(rng, told)


def _in_level(rng: random.Random, sentences: list[str]) -> str:
    """Plain (했다.) or, three times in ten, polite (했습니다.)."""
    if rng.random() < 0.7:
        return " ".join(sentences)
    return " ".join(
        one[:-2] + "습니다." if one.endswith(("었다.", "했다.", "았다.", "샀다.")) else one for one in sentences
    )


def written(rng: random.Random, turns: list[Turn]) -> str:
    """The dialogue as files hold it: mostly `speaker: text` lines."""
    way = rng.random()
    if way < 0.8:
        return "\n".join(f"{who}: {said}" for who, said in turns)
    if way < 0.9:
        return " ".join(f"{who}: {said}" for who, said in turns)
    return "\n".join((f"[{who}] {said}", f"{who} : {said}")[way < 0.95] for who, said in turns)


def summary(rng: random.Random) -> Triple:
    """(instruction or "", dialogue, summary)."""
    turns, told = dialogue(rng)
    text = w.pick(rng, ["", "", "", "[대화]\n", "대화:\n"]) + written(rng, turns)
    return (
        ("" if rng.random() < 0.35 else w.pick(rng, INSTRUCTIONS[:5] if rng.random() < 0.7 else INSTRUCTIONS)),
        text,
        told,
    )


def question(rng: random.Random) -> Triple:
    """Who speaks, who said a line, what somebody said first: dialogues copied in parts."""
    turns, _ = dialogue(rng, 2)
    text, names = written(rng, turns), list(dict.fromkeys(who for who, _ in turns))
    who, said = turns[int(rng.random() * len(turns))]
    way = rng.random()
    if way < 0.25:
        return rng.choice(("누가 대화하나요?", "대화하는 사람을 모두 쓰세요.")), text, ", ".join(names)
    if way < 0.5:
        return f"누가 한 말인가요? {said}", text, who
    if way < 0.75:
        first = next(line for name, line in turns if name == who)
        return fill("{who/이가} {처음|맨 처음} 한 말을 쓰세요.", rng, {"who": who}), text, first
    return f"{josa(who, '이가')} 한 말을 모두 쓰세요.", text, "\n".join(line for name, line in turns if name == who)
