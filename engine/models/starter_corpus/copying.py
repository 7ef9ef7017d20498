"""Copying and look-up: the skill behind every grounded answer, trained on words and numbers no one has seen."""

import json
import random
import re

from engine.models.starter_corpus import words as w
from engine.models.starter_corpus.chat_daily import DAILY
from engine.models.starter_corpus.chat_more import MORE
from engine.models.starter_corpus.clauses import DISEASES, PAYS, TERMS
from engine.models.starter_corpus.grammar import fill, josa
from engine.models.starter_corpus.medicine_table import CONDITIONS
from engine.models.starter_corpus.patents import PARTS

Triple = tuple[str, str, str]
# what lies outside the vocabulary and is written in bytes: rare syllables, other scripts, pictures
RARE_RANGES = (
    (0xAC00, 0xD7A3), (0x4E00, 0x9FFF), (0x3041, 0x3096), (0x30A1, 0x30FA), (0xC0, 0x24F), (0x391, 0x3C9), (0x410, 0x44F),
    (0x5D0, 0x5EA), (0x621, 0x64A), (0xE01, 0xE2E), (0x2000, 0x23FF), (0x2460, 0x27BF), (0xFE0E, 0xFE0F), (0xFF01, 0xFF5D),
    (0x1F300, 0x1F6C0), (0x1F900, 0x1F9FF), (0x20000, 0x2A6DF), (0x9, 0x9), (0xA0, 0xBF), (0x700, 0xFFF), (0x1D400, 0x1D7FF),
)  # fmt: skip
SYMBOLS = (w.JAMO, w.MARKS, w.EMOJI, w.HANJA, "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~")
# running text to cut pieces from: tokens that only occur inside longer words get trained too
SCRAPS = re.sub(r"[{}|;^/>]+", " ", "\n".join([
    DAILY, MORE, *PAYS, *DISEASES, *(part for row in (*TERMS, *PARTS, *CONDITIONS) for part in row), *w.ENGLISH, *w.FOODS,
]))  # fmt: skip
ASK_REPEAT = (
    "{다음|아래} {말|글|문장|내용}을 {그대로|똑같이} {따라|옮겨} {쓰세요|써 줘|적으세요}.", "{그대로|똑같이} 반복하세요.", "따라 써 줘.", "복사하세요.",
)  # fmt: skip
FIELDS = "이름 나이 주소 전화 금액 날짜 번호 색상 코드 담당자 장소 품목 수량 상태 등급 단가 회사 부서 직책 과목 점수 시간 좌석 메모 계좌 아이디 비고 제목 출발 도착 층 호실 키 몸무게 혈액형 학년 반 팀 역할 기한".split()  # fmt: skip


def token_text(rng: random.Random) -> str:
    """A made-up value: syllables, digits, Latin, a mask, a date, an amount, rare characters."""
    way = rng.randint(0, 15)
    if way <= 3:
        return w.madeup(rng, 1, 7)
    if way >= 14:
        at = rng.randrange(len(SCRAPS) - 8)
        return SCRAPS[at : at + rng.randint(2, 7)].replace("\n", " ").strip() or "빈칸"
    if way <= 5:
        return w.number(rng, rng.randint(1, 9))
    if way <= 7:
        return w.latin(rng)
    if way == 8:
        return w.mask(rng)
    if way == 9:
        return w.date(rng)
    if way == 10:
        return w.money(rng)
    if way == 11:
        return f"{w.latin(rng)}{w.pick(rng, '-_.:/#')}{w.number(rng, rng.randint(1, 5))}"
    if way == 12:
        return w.person(rng)
    return symbols(rng, rng.randint(1, 4))


def symbols(rng: random.Random, count: int) -> str:
    """Marks, jamo, pictures and characters written in bytes."""
    return "".join(
        w.pick(rng, SYMBOLS[int(rng.random() * len(SYMBOLS))])
        if rng.random() < 0.8 else chr(rng.randint(*RARE_RANGES[int(rng.random() * len(RARE_RANGES))])) for _ in range(count)
    )  # fmt: skip


def repeat(rng: random.Random) -> Triple:
    """Write the same text again."""
    if rng.random() < 0.3:
        text = symbols(rng, rng.randint(3, 14))
        return fill(w.pick(rng, list(ASK_REPEAT)), rng), text, text
    glue = w.pick(rng, [" ", " ", ", ", "\n", " / ", ""])
    text = glue.join(token_text(rng) for _ in range(rng.randint(1, 6)))
    return fill(w.pick(rng, list(ASK_REPEAT)), rng), text, text


def look_up(rng: random.Random) -> Triple:
    """A list of fields; one is asked for, sometimes one that is missing."""
    names = (
        rng.sample(FIELDS, rng.randint(2, 6))
        if rng.random() < 0.7
        else [w.madeup(rng) for _ in range(rng.randint(2, 6))]
    )
    rows = [(name, token_text(rng)) for name in names]
    colon = w.pick(rng, [": ", " = ", " - ", "은(는) ", " | "])
    text = w.pick(rng, ["\n", "\n", ", ", " / "]).join(f"{name}{colon}{value}" for name, value in rows)
    name, value = rows[int(rng.random() * len(rows))]
    if rng.random() < 0.2:
        name = w.pick(rng, [field for field in FIELDS if field not in names])
        value = w.pick(rng, ["없습니다.", "목록에 없습니다.", "알 수 없습니다.", "해당 항목이 없습니다."])
    elif rng.random() < 0.3:
        value = f"{josa(name, '은는')} {value}입니다."
    question = fill(
        "{{n/은는}?|{n} {알려 줘|값은?|뭐예요?|말해 주세요.}|{n/이가} {뭐야|무엇입니까|무엇인가요}?}", rng, {"n": name}
    )
    return (
        fill("{목록에서 찾아 답하세요.|아래 {표|목록|정보}를 보고 답하세요.|값을 찾으세요.}", rng),
        f"{text}\n\n{question}",
        value,
    )


def json_look_up(rng: random.Random) -> Triple:
    """Fields to JSON or a JSON value by its key."""
    keys = list(
        dict.fromkeys(
            w.latin(rng).lower() if rng.random() < 0.6 else w.pick(rng, FIELDS) for _ in range(rng.randint(1, 5))
        )
    )
    record = {key: token_text(rng) for key in keys}
    text = json.dumps(record, ensure_ascii=False)
    if rng.random() < 0.4:
        key = w.pick(rng, keys)
        return "JSON에서 값을 찾으세요.", f"{text}\n{key}", record[key]
    lines = "\n".join(f"{key}: {value}" for key, value in record.items())
    return w.pick(rng, ["JSON으로 바꾸세요.", "다음을 JSON으로 정리하세요.", "JSON 형식으로만 답하세요."]), lines, text


def extraction(rng: random.Random) -> Triple:
    """An order, a booking or a notice in words, its fields as JSON."""
    slots = {
        "h": w.person(rng), "t": w.date(rng), "c": w.clock(rng), "p": w.pick(rng, w.PLACES), "g": w.pick(rng, w.THINGS),
        "n": str(rng.randint(1, 20)), "a": w.money(rng), "tel": w.phone(rng),
    }  # fmt: skip
    text, fields = rng.choice((
        ("{h/이가} {t} {c}에 {p}에서 만나자고 {했다|했습니다}.", {"이름": "h", "날짜": "t", "시간": "c", "장소": "p"}),
        ("{h/은는} {g} {n}개를 {a}에 {샀다|주문했습니다}.", {"이름": "h", "품목": "g", "수량": "n", "금액": "a"}),
        ("{예약자|신청인}: {h}, 연락처 {tel}, {t} {n}명", {"name": "h", "phone": "tel", "date": "t", "count": "n"}),
        ("{g} {a}, {h}에게 {t}까지 보내 {주세요|줘}.", {"item": "g", "price": "a", "to": "h", "date": "t"}),
    ))  # fmt: skip
    record = {key: slots[slot] for key, slot in fields.items()}
    return (
        fill(f"{{다음에서|문장에서}} {', '.join(fields)}{{을 JSON으로 뽑으세요|을 찾아 JSON으로 쓰세요}}.", rng),
        fill(text, rng, slots), json.dumps(record, ensure_ascii=False),
    )  # fmt: skip


INTENTS = {
    "불만": "{왜 이렇게 늦어요|설명이랑 다르잖아요|너무 실망이에요|직원이 불친절해요|또 고장 났어요|벌써 세 번째예요}",
    "문의": "{영업시간이 어떻게 돼요|{g} 재고 있나요|언제 도착해요|어떻게 신청해요|가격이 얼마예요|주차 되나요}",
    "환불": "{환불해 주세요|{g} 반품할게요|돈 돌려주세요|결제 취소하고 싶어요|주문 취소해 주세요}",
    "칭찬": "{정말 친절했어요|{g} 너무 마음에 들어요|덕분에 잘 해결됐어요|최고예요|또 올게요}",
    "예약": "{{c}에 예약할게요|{n}명 자리 있나요|{t} 예약 되나요|예약 시간을 바꾸고 싶어요}",
    "신고": "{물이 새요|가스 냄새가 나요|사고가 났어요|누가 다쳤어요|불이 났어요|도둑이 들었어요}",
}


def intent(rng: random.Random) -> Triple:
    """What a customer wants, as JSON with varied key names."""
    label = w.pick(rng, list(INTENTS))
    slots = {"g": w.pick(rng, w.THINGS), "c": w.clock(rng), "n": str(rng.randint(1, 9)), "t": w.date(rng)}
    text = fill(w.pick(rng, ["", "", "저기요 ", "안녕하세요. ", "고객센터죠? "]) + INTENTS[label], rng, slots)
    keys = w.pick(
        rng, ["intent urgent", "의도 긴급", "label urgent", "intent", "class action", "verdict reason"]
    ).split()
    record: dict[str, object] = {keys[0]: label}
    if len(keys) == 2:
        record[keys[1]] = label == "신고" if keys[1] in ("urgent", "긴급") else w.pick(rng, ["상담", "접수", "확인"])
    return f"고객의 말을 분류해 JSON으로 답하세요. 키: {', '.join(keys)}", text, json.dumps(record, ensure_ascii=False)


def any_of(rng: random.Random) -> Triple:
    """One of the tasks above."""
    way = rng.random()
    if way < 0.42:
        return repeat(rng)
    if way < 0.68:
        return look_up(rng)
    return (json_look_up, extraction, intent)[min(2, int((way - 0.68) * 9.5))](rng)


def echo(rng: random.Random) -> str:
    """Plain text that repeats itself: the cheapest way to switch induction on."""
    part = " ".join(token_text(rng) for _ in range(rng.randint(2, 7)))
    return w.pick(rng, [" ", "\n", " | ", "\t"]).join([part] * rng.randint(2, 3))
