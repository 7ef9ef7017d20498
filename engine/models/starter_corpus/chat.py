"""Casual Korean chat: short turns, several temperaments and speech levels, masks as masked exports contain them."""

import random
from dataclasses import dataclass

from engine.models.starter_corpus import words as w
from engine.models.starter_corpus.chat_daily import DAILY
from engine.models.starter_corpus.chat_more import MORE
from engine.models.starter_corpus.chat_short import SHORT
from engine.models.starter_corpus.grammar import fill

WHO = "여자친구 남자친구 친구 엄마 아빠 동생 누나 형 언니 오빠 선배 후배 동료 상대 [이름_1] 아내 남편".split()
BANKS = "국민은행 신한 우리은행 하나 농협 카카오뱅크 토스 기업은행 새마을금고 우체국".split()
REGIONS = "서울 부산 대구 인천 광주 대전 울산 세종 수원 창원 청주 전주 포항 제주 춘천 강릉 여수 목포 안동 김해".split()
LINES = [line for line in (DAILY + MORE + SHORT).strip().splitlines() if line]
INSTRUCTIONS = (
    "{who/이가} 이렇게 말했어:", "{who/이가} 이렇게 말했어요:",
    "다음 메시지에 답장해 줘.", "{친구|상대}의 말에 {평소 말투로|나처럼|자연스럽게} 대답해.", "카카오톡 대화를 이어 가세요.",
    "아래 말에 {한 문장으로|짧게|편하게} 답하세요.", "나의 말투로 대답해 줘.",
)  # fmt: skip
SYSTEMS = (
    "너는 {name/이야}. 카카오톡으로 {친구와|연인과|가족과} 대화하고 있어.", "당신은 [이름_1]입니다. 말투를 지켜 대답하세요.",
    "{친한 친구|다정한 연인|무뚝뚝한 친구|밝은 동생|차분한 선배}처럼 대화해.", "나의 말투로 대답하는 챗봇입니다.", "카카오톡 대화",
)  # fmt: skip
HAPPY = [
    " ㅋㅋ",
    " ㅋㅋㅋ",
    " ㅎㅎ",
    "ㅋㅋㅋㅋ",
    "~",
    "!",
    "!!",
    " ㅎ",
    "ㅎㅎ",
    " ^^",
    " :)",
    "~~",
    " 😂",
    " 😊",
    " 👍",
    " 🥹",
    "♡",
    "ㅋ",
]
SAD = [" ㅠㅠ", "ㅠ", " ㅜㅜ", "...", " 😭", "ㅠㅠㅠ", "..", " 😢", " ㅠ"]
FILLERS = [
    "음.. ",
    "아 ",
    "오 ",
    "헐 ",
    "아 진짜 ",
    "근데 ",
    "음 ",
    "어 ",
    "엥 ",
    "흠 ",
    "와 ",
    "야 ",
    "아니 ",
    "그니까 ",
    "ㅇㅇ ",
    "ㅋㅋ ",
]
SPELLINGS = (
    (), (), (("응 ", "웅 "), ("어?", "엉?")), (("네 ", "넵 "),), (("네 ", "넹 "), ("요", "용")), (("응 ", "ㅇㅇ "),),
    (("좋아", "조아"), ("뭐", "모")), (("진짜", "ㄹㅇ"),), (("아니", "아닝"),), (("했어", "했엉"), ("어?", "어??")),
    (("나는", "난"), ("너는", "넌")), (("같아", "같애"),), ((" ", " "), ("해?", "함?")), (("고마워", "고마웡"),),
)  # fmt: skip


@dataclass
class Speaker:
    """How one side of a chat writes: speech level, marks after a line, fillers before it, spelling habits."""

    polite: bool
    marks: float
    fillers: float
    period: float
    spelling: tuple[tuple[str, str], ...]

    def say(self, line: str, rng: random.Random, *, sad: bool) -> str:
        """The line in this speaker's habits."""
        if rng.random() < self.fillers and not self.polite:
            line = w.pick(rng, FILLERS) + line
        for before, after in self.spelling:
            line = line.replace(before, after)
        if line[-1] not in "?!.]" and rng.random() < self.period:
            return line + "."
        return line + w.pick(rng, SAD if sad else HAPPY) if rng.random() < self.marks else line


def speaker(rng: random.Random, polite: bool) -> Speaker:
    """A random temperament."""
    shares = [0.0, 0.0, 0.1, 0.3] if polite else [0.0, 0.0, 0.15, 0.4, 0.8]
    return Speaker(
        polite,
        shares[int(rng.random() * len(shares))],
        rng.choice([0.0, 0.0, 0.1, 0.3]),
        rng.choice([0.0, 0.0, 0.2, 0.9]),
        rng.choice(SPELLINGS),
    )


def slots(rng: random.Random) -> dict[str, str]:
    """Values for every slot a chat template may name."""
    return {
        "food": w.pick(rng, w.FOODS), "food2": w.pick(rng, w.FOODS), "drink": w.pick(rng, w.DRINKS),
        "place": w.pick(rng, w.PLACES), "thing": w.pick(rng, w.THINGS), "thing2": w.pick(rng, w.THINGS),
        "hobby": w.pick(rng, w.HOBBIES), "hobby2": w.pick(rng, w.HOBBIES), "animal": w.pick(rng, w.ANIMALS),
        "job": w.pick(rng, w.JOBS), "day": w.pick(rng, w.DAYS), "when": w.pick(rng, w.WHEN),
        "fam": w.pick(rng, w.FAMILY), "subj": w.pick(rng, w.SUBJECTS), "subj2": w.pick(rng, w.SUBJECTS),
        "weather": w.pick(rng, w.WEATHERS), "time": w.clock(rng), "date": w.date(rng), "money": w.price(rng),
        "n": str(rng.randint(2, 30)), "few": str(rng.randint(1, 6)), "who": w.pick(rng, WHO), "n2": str(rng.randint(15, 60)), "pin": w.number(rng, rng.randint(4, 6)),
        "name": w.person(rng), "friend": w.mask(rng) if rng.random() < 0.15 else w.given_name(rng),
        "bank": w.pick(rng, BANKS), "region": w.pick(rng, REGIONS), "host": w.pick(rng, w.HOSTS),
        "latin": w.latin(rng), "phone": w.phone(rng),
    }  # fmt: skip


def conversation(rng: random.Random, values: dict[str, str]) -> list[str]:
    """Two to four turns from one template."""
    line = w.pick(rng, LINES)
    sad = line.startswith("-")
    casual = rng.random() < 0.62
    sides = [speaker(rng, not casual), speaker(rng, not casual if rng.random() < 0.85 else casual)]
    turns = line.lstrip("-").split(" >> ")
    turns = turns[: 2 * rng.randint(1, max(1, len(turns) // 2))]
    if len(turns) == 4 and rng.random() < 0.25:
        turns = turns[2:] if "?" in turns[2] else turns[:2]
    return [
        sides[at % 2].say(fill(turn, rng, values, polite=sides[at % 2].polite), rng, sad=sad)
        for at, turn in enumerate(turns)
    ]


def chat(rng: random.Random) -> tuple[str, list[str]]:
    """(system line or "", turns beginning with the other person and ending with ours)."""
    values = slots(rng)
    turns = conversation(rng, values)
    while len(turns) % 2 == 0 and rng.random() < 0.3 and len(turns) < 8:
        turns += conversation(rng, values)
    system = fill(w.pick(rng, list(SYSTEMS)), rng, values) if rng.random() < 0.25 else ""
    return system, turns[: len(turns) // 2 * 2]


def instructed(rng: random.Random) -> tuple[str, str, str]:
    """(instruction, input, output) of the persona form: what the other said, what I answered."""
    values = slots(rng)
    turns = conversation(rng, values)
    return fill(w.pick(rng, list(INSTRUCTIONS)), rng, values), turns[0], turns[1]
