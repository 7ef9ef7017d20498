"""Facts of invented insurance clauses: a sentence of the clause, the ways people ask for it, the answer it gives.

It knows single facts; how clauses are put together and when an answer is a refusal stands in reading.py and retrieved.py.
"""

import random
from typing import NamedTuple

from engine.models.starter_corpus import words as w
from engine.models.starter_corpus.combined_table import COMBINED, PEOPLE, UNITS
from engine.models.starter_corpus.events_table import (
    CASE_ANSWERS,
    CASE_ASKS,
    CASE_SAYS,
    CASES,
    EVENTS,
    NAME_ANSWERS,
    NAME_FRONTS,
    NAME_HEADS,
    NAME_SAYS,
)
from engine.models.starter_corpus.grammar import fill
from engine.models.starter_corpus.terms_table import WORDINGS


class Fact(NamedTuple):
    """One fact: `key` names it (two facts of one clause never share it), `answer` is a whole sentence."""

    key: str
    statement: str
    question: str
    answer: str
    short: str
    title: str = ""


DISEASES = "암 유방암 위암 갑상선암 폐암 간암 대장암 전립선암 뇌출혈 뇌졸중 뇌경색 급성심근경색증 협심증 심부전 당뇨병 고혈압 폐렴 결핵 천식 간염 간경화 신부전 담석증 맹장염 디스크 관절염 골다공증 백내장 녹내장 치매 파킨슨병 대상포진 통풍 빈혈 우울증 식중독 화상 골절 탈구 뇌진탕 독감 치아파절 임신중독증 조산 중이염 축농증 탈장 치질 하지정맥류 아토피 크론병 루푸스".split()  # fmt: skip
KINDS = (
    # label ending, what happened (clause), how people ask
    ("진단비|진단보험금|진단자금", "{d/으로} {진단이 확정된 경우|진단 확정되었을 때|최초로 진단받은 때|진단된 경우}",
     "{d} {진단받으면|진단되면|확진되면}|{d}에 걸리면|{d} 진단을 받았는데|{d/이라고} 하는데|{d} 걸렸을 때"),
    ("수술비|수술보험금|수술급여금", "{d/으로} {수술을 받은 경우|수술한 때|인하여 수술을 받았을 때}",
     "{d} {수술하면|수술받으면|수술을 하게 되면}|{d} 때문에 수술했는데|{d/으로} 수술을 받았을 때"),
    ("입원비|입원일당|입원급여금", "{d/으로} {입원한 경우|입원하여 치료를 받은 때|계속 입원한 경우}",
     "{d/으로} 입원하면|{d} 때문에 입원했는데|{d} 치료로 병원에 입원하면|{d} 입원할 때"),
    ("통원비|통원의료비|외래비", "{d/으로} {통원 치료를 받은 경우|외래 진료를 받은 때}",
     "{d/으로} 통원하면|{d} 때문에 병원에 다니면|{d} 외래 진료를 받으면"),
    ("치료비|치료자금|치료급여금", "{d/을를} {치료받은 경우|직접 치료한 때}|{d/으로} 치료를 받은 경우",
     "{d} {치료받으면|치료하면|치료할 때}|{d} 치료를 받았는데|{d} 치료에"),
    ("간병비|간병자금", "{d/으로} {간병이 필요한 상태가 된 경우|간병인을 쓴 경우}", "{d/으로} 간병인을 쓰면|{d} 간병할 때|{d} 때문에 간병이 필요하면"),
    ("사망보험금|사망자금", "{d/으로} {사망한 경우|사망하였을 때}", "{d/으로} 사망하면|{d/으로} 죽으면|{d/으로} 돌아가시면"),
    ("재활비|재활치료비", "{d/으로} 재활 치료를 받은 {경우|때}", "{d} 재활 치료를 받으면|{d} 재활할 때"),
)  # fmt: skip
PAYS = (
    "{회사는 |당사는 |}{피보험자가 |보험기간 중 |보험기간 중 피보험자가 |}{event}{에는|} {label/으로} {a/을를} {지급합니다|드립니다|보상합니다}.",
    "{event} {보험수익자에게 |}{a/을를} {지급합니다|지급하여 드립니다|드립니다}.", "{label/은는} {a/으로} {합니다|정합니다}.",
    "{label}: {a}", "{event}: {a} {지급|보상}", "{label/의의} {보장금액|지급액|가입금액}은 {a}입니다.",
    "{event} {label/의의} 지급금액은 {a/이다}.", "{label/은는} {a/을를} 한도로 {지급|보상}합니다.", "- {label} {a}",
    "{event} {label/을를} 지급하며 그 금액은 {a}입니다.", "{event}{,|에는} 회사가 정한 {a/이가} {label/으로} 지급됩니다.",
    "{피보험자가 |}{event} {사고 |}{1회당|1건당|한 번에} {a/을를} {label/으로} {지급한다|드린다|지급하여 드립니다}.", "회사는 {event} {수익자의 청구에 따라 |}{a/을를} {label} 명목으로 {내어 드립니다|지급한다}.",
    "{label/은는} {보험기간 중 |}{event}에 {한하여|한정하여} {a/을를} {드립니다|지급합니다|보상한다}.", "{보험가입금액|가입금액|보장금액} {a/을를} {event} {label/으로} {지급합니다|드린다}.", "{event}{에는|} {약정한 |정해진 |}{a/을를} {1회에 한하여 |최초 1회 |}{지급합니다|드립니다}.",
    "{event}, 회사는 {label} {a/을를} {수익자에게 |피보험자에게 |}{지급할 책임이 있습니다|지급한다|드려야 합니다}.", "{label}({a/은는} {기본계약|보통약관} 기준)은 {event} {지급합니다|드립니다}.", "{label} 지급사유: {event} / {label} 금액: {a}",
    "{피보험자에게 |}{label} 지급사유가 {생기면|발생하면} {a/을를} {일시금으로 |한꺼번에 |}{지급합니다|드립니다}.", "{event} {label/은는} {보장표|별표}에 따라 {a/으로} {계산합니다|한다|정한다}.",
)  # fmt: skip
HOW_MUCH = (
    "{얼마예요|얼마인가요|얼마 나와요|얼마를 받나요|얼마 받을 수 있어요|얼마까지 되나요|보험금이 얼마인가요|얼마 줘요|얼마 지급되나요}?", "{받는 돈은|보험금은|나오는 돈은} 얼마{예요|인가요|입니까}?",
    "{얼마쯤|얼마나} {나올까요|받게 되나요|챙길 수 있어요|보태 주나요|돌려받아요}?", "{보험금이|돈이} {나오나요|나와요}? {얼마예요|얼마나요}?", "{금액이|보장이} {어떻게 돼요|얼마로 돼 있어요|어느 정도예요}?", "{보험에서|보험사가|여기서} {얼마 줘요|얼마를 주나요|얼마나 대 주나요}?",
)  # fmt: skip
ASK_LABEL = (
    "{label/은는} {얼마예요|얼마인가요|얼마입니까|얼마 나와요|얼마까지 나오나요|얼마죠}?", "{label} {얼마|금액|지급액 얼마|금액 알려 줘}?", "{label/이가} {얼마인지|얼마나 되는지} {알려 주세요|궁금해요|알고 싶습니다}.", "{label/의의} 보장금액은?", "{label} 금액을 {알려 주세요|말해 주세요}.",
    "{label/으로} {얼마를 받나요|얼마 받아요|얼마가 나오죠}?", "{label} {받을 수 있나요|되나요}? {얼마예요|얼마죠}?", "{제 |}{label/은는} {얼마로 돼 있어요|얼마짜리예요}?", "{label/이가} 나온다던데 {얼마예요|얼마인가요}?", "{label} {나오면|받으면} 얼마예요?",
)  # fmt: skip
PAID = (
    "{label/은는} {a}입니다.", "{label/은는} {a}입니다.", "{label/으로} {a/을를} {받을 수 있습니다|지급합니다|받습니다}.", "{event} {a/을를} 지급합니다.",
    "{a/을를} {받을 수 있습니다|받습니다|지급합니다}.", "{a}입니다.", "{label/은는} {a/이에요}.", "{event} {label/으로} {a/이가} 지급됩니다.", "{event} {label/은는} {a}입니다.", "{when} {a/을를} {받습니다|받을 수 있습니다}.",
)  # fmt: skip


def benefit(rng: random.Random, near: str = "", *, twin: bool = False) -> Fact:
    """An amount paid for an event. `near`: share its illness or its kind, so that it is easily confused with that key.

    `twin`: share both, as the same benefit of another contract does; only the amount and the words differ.
    """
    amount = w.money(rng)
    event_label = next((row for row in EVENTS if near == f"|{row[0]}"), None) if twin else None
    if event_label or (not (twin and near) and rng.random() < 0.4):
        ending, happened, asked = event_label or EVENTS[int(rng.random() * len(EVENTS))]
        illness, label = "", ending
    else:
        illness, kind = _illness_and_kind(rng, near, twin=twin)
        ending, happened, asked = KINDS[kind]
        label = f"{illness}{w.pick(rng, ['', ' ', ''])}{w.pick(rng, ending.split('|'))}"
    slots = {"d": illness, "n": str(rng.randint(2, 9)), "a": amount, "label": label}
    slots["event"] = fill("{" + happened + "|" + happened + "}", rng, slots)
    slots["when"] = fill("{" + asked + "|" + asked + "}", rng, slots)
    if rng.random() < 0.45:
        question = fill(w.pick(rng, list(ASK_LABEL)), rng, slots)
    else:
        question = f"{slots['when']} {fill(w.pick(rng, list(HOW_MUCH)), rng, slots)}"
    statement = fill(w.pick(rng, list(PAYS)), rng, slots)
    paid = w.pick(rng, list(PAID))
    if any(slot in paid for slot in ("{event}", "{when}")) and slots["event"] not in statement:
        paid = PAID[0]  # an event that the clause does not name may hold a number of its own
    return Fact(f"{illness}|{ending}", statement, question, fill(paid, rng, slots), amount, label)


def _illness_and_kind(rng: random.Random, near: str, *, twin: bool = False) -> tuple[str, int]:
    illness = (
        w.pick(rng, DISEASES) if rng.random() < 0.7 else w.madeup(rng, 1, 3) + w.pick(rng, ["병", "증", "염", "암", ""])
    )
    kind = int(rng.random() * len(KINDS))
    other, _, ending = near.partition("|")
    endings = [kinds[0] for kinds in KINDS]
    if twin and other and ending in endings:
        return other, endings.index(ending)
    if other and rng.random() < 0.5:
        return other, kind
    return illness, endings.index(ending) if ending in endings and rng.random() < 0.5 else kind


TERMS = WORDINGS
DOCUMENTS = "진단서 수술확인서 입원확인서 신분증 통장사본 사고증명서 처방전 영수증 가족관계증명서 소견서 인감증명서 경찰신고서".split()
CAUSES = "약물운전 고의 자살 전쟁 지진 임신 출산 성형수술 무면허운전 마약 폭행 암벽등반 스카이다이빙 선천성질환 핵연료 경주 방화 범죄행위 치과치료 미용시술 폭동 도박 격투기 해일".split()  # fmt: skip


OFFICES = "금융감독원 금융분쟁조정위원회 한국소비자원 소비자보호센터 보험민원실 손해보험협회 분쟁심의회 금융민원센터 옴부즈만".split()
COURTS = "서울중앙지방법원,부산지방법원,계약자의 주소지 법원,회사 본점 소재지의 법원,대전지방법원,피보험자가 사는 곳의 법원,수원지방법원".split(
    ","
)
HOSPITALS = (
    "종합병원",
    "상급종합병원",
    "지정 의료기관",
    "국내 병원",
    "대학병원",
    "전문병원",
    "보건소",
    "한방병원",
    "치과병원",
)
LAWS = ("상법", "민법", "대한민국 법률", "관계 법령", "금융소비자보호법", "보험업법", "도로교통법")
MEANINGS = "{외부에서 생긴|갑작스러운|우연한|의사가 확인한|회사가 인정한|계약에서 정한|한 달 이상 이어진|법률이 정한|하루 이상의} {사고|손해|질병|입원|상태|기간|치료|비용|사람|물건|장소|행위}"


def term(rng: random.Random, key: str = "") -> Fact:
    """A condition of the contract (the one named by `key`): waiting time, deductible, documents, exclusions …"""
    rows = [row for row in TERMS if row[0] == key] if key else TERMS
    name, *templates = rows[int(rng.random() * len(rows))]  # the "|" between phrasings becomes a choice below
    slots = {
        "n": str(rng.randint(1, 30)), "n2": str(rng.randint(31, 40)), "m": str(rng.randint(41, 365)), "p": str(rng.randint(1, 19) * 5),
        "a": w.money(rng), "a2": w.money(rng), "t": _document(rng), "t2": w.pick(rng, DOCUMENTS), "x": _cause(rng), "x2": w.pick(rng, CAUSES),
        "o": w.pick(rng, OFFICES) if rng.random() < 0.7 else w.madeup(rng) + w.pick(rng, ["위원회", "상담실", "센터"]), "court": w.pick(rng, COURTS), "h": rng.choice(HOSPITALS), "law": rng.choice(LAWS),
        "r": w.madeup(rng) if rng.random() < 0.5 else w.pick(rng, NAME_FRONTS) + w.pick(rng, ["사고", "손해", "비용", "기간", "상태", "보장"]),
        "r2": fill(MEANINGS, rng), "tel": f"{rng.choice(['1588', '1577', '1600', '080'])}-{w.number(rng, 4)}",
    }  # fmt: skip
    statement, question, answer, short = (fill("{" + part + "|" + part + "}", rng, slots) for part in templates)
    # a cause and a word that is explained stand for themselves: two exclusions of one clause are two facts
    own = {"면책": slots["x"], "예외": slots["x"], "정의": slots["r"]}.get(name, "")
    return Fact(name + (f":{own}" if own else ""), statement, question, answer, short, name.partition("#")[0])


def _document(rng: random.Random) -> str:
    return w.pick(rng, DOCUMENTS) if rng.random() < 0.8 else w.madeup(rng) + "확인서"


def _cause(rng: random.Random) -> str:
    return w.pick(rng, CAUSES) if rng.random() < 0.8 else w.madeup(rng)


def named_value(rng: random.Random, name: str = "") -> Fact:
    """A rule about something with a made-up compound name: the answer can only be found by matching that name."""
    label, kind, asks = _name(rng, name)
    slots = {"L": label, "v": value_of(rng, kind)}
    return Fact(
        f"name:{label}", fill(w.pick(rng, list(NAME_SAYS)), rng, slots), fill("{" + asks + "}", rng, slots),
        fill(w.pick(rng, list(NAME_ANSWERS)), rng, slots), slots["v"], label,
    )  # fmt: skip


def cases(rng: random.Random, name: str = "") -> Fact:
    """A rule with two cases and two values of one kind; the question names one of them."""
    label, kind, _ = _name(rng, name)
    first, first_asked, second, second_asked = rng.choice(CASES)
    slots = {"L": label, "c1": first, "c2": second, "v1": value_of(rng, kind)}
    slots["v2"] = (
        value_of(rng, kind) if kind != "t" else w.number(rng, rng.randint(1, 2)) + slots["v1"].lstrip("0123456789")
    )
    one = rng.random() < 0.5
    slots |= {"c": first if one else second, "v": slots["v1"] if one else slots["v2"]}
    slots["k"] = w.pick(rng, (first_asked if one else second_asked).split("|"))
    statement = fill(w.pick(rng, list(CASE_SAYS)), rng, slots)
    if label not in statement:
        statement = f"{label}{w.pick(rng, [': ', ' - ', ' ', chr(10)])}{statement}"
    return Fact(
        f"case:{label}", statement, fill(w.pick(rng, list(CASE_ASKS)), rng, slots), fill(w.pick(rng, list(CASE_ANSWERS)), rng, slots),
        slots["v"], label,
    )  # fmt: skip


def combined(rng: random.Random, key: str = "") -> Fact:
    """A sentence with two or three values, asked about one. `key` ("4.1:label"): that sentence, question and label."""
    at, _, label = key.partition(":")
    row, asked = (int(part) for part in at.split(".")) if key else (int(rng.random() * len(COMBINED)), 0)
    statements, *questions = COMBINED[row]
    asked = asked if key else int(rng.random() * len(questions))
    events = rng.sample(EVENTS, 2)
    if key:
        events[0] = next((event for event in EVENTS if event[0] == label), events[0])
    label = label or (events[0][0] if rng.random() < 0.5 or row in (0, 1, 2, 3) else _name(rng, "")[0])
    slots = {
        "L": label, "a": w.money(rng), "a2": w.money(rng), "a3": w.money(rng), "m": str(rng.randint(31, 365)), "n": str(rng.randint(2, 14)),
        "n2": str(rng.randint(15, 30)), "p": str(rng.randint(1, 99)), "p2": str(rng.randint(1, 99)), "c": str(rng.randint(2, 60)),
        "u": w.pick(rng, UNITS), "o": w.pick(rng, OFFICES), "who": w.pick(rng, PEOPLE[2:4]), "who2": w.pick(rng, PEOPLE), "when": w.clock(rng), "when2": w.clock(rng),
    }  # fmt: skip
    slots["o2"] = w.pick(rng, [office for office in OFFICES if office != slots["o"]])
    slots["x"], slots["x2"] = rng.sample(CAUSES, 2)
    for which, (_, happened, said) in zip(("", "2"), events, strict=True):
        slots["e" + which] = fill("{" + happened + "|" + happened + "}", rng, slots)
        slots["w" + which] = fill("{" + said + "|" + said + "}", rng, slots)
    parts = (statements, *questions[asked])
    statement, question, answer, short = (fill("{" + part + "|" + part + "}", rng, slots) for part in parts)
    return Fact(f"combined:{row}.{asked}:{label}", statement, question, answer, short, label)


def _name(rng: random.Random, name: str) -> tuple[str, str, str]:
    """(label, kind of its value, ways to ask); `name` given: that label, kind and questions by its ending."""
    if name:
        heads = next(row for row in NAME_HEADS if any(name.endswith(ending) for ending in row[0].split("|")))
        return name, heads[1], heads[2]
    endings, kind, asks = NAME_HEADS[int(rng.random() * len(NAME_HEADS))]
    front = w.pick(rng, NAME_FRONTS) if rng.random() < 0.8 else w.madeup(rng, 1, 3)
    middle = w.pick(rng, NAME_FRONTS) if rng.random() < 0.25 else ""
    return f"{front}{middle}{w.pick(rng, ['', ' '])}{w.pick(rng, endings.split('|'))}", kind, asks


def value_of(rng: random.Random, kind: str) -> str:
    """A value: a amount, t time, p percentage, c count, d days."""
    if kind == "a":
        return w.money(rng)
    if kind == "t":
        return f"{rng.randint(1, 60)}{w.pick(rng, ['일', '일', '개월', '년', '시간', '영업일', '주'])}"
    if kind == "p":
        return f"{rng.randint(1, 100)}%" if rng.random() < 0.7 else f"{rng.randint(0, 9)}.{rng.randint(1, 9)}%"
    return f"{rng.randint(1, 30)}회" if kind == "c" else f"{rng.randint(1, 365)}일"


def twin_of(rng: random.Random, fact: Fact) -> Fact:
    """The same fact in another contract: same key, other words, other values."""
    kind, _, rest = fact.key.partition(":")
    if kind == "name":
        return named_value(rng, rest)
    if kind == "case":
        return cases(rng, rest)
    if kind == "combined":
        return combined(rng, rest)
    return benefit(rng, fact.key, twin=True) if "|" in fact.key else term(rng, kind)
