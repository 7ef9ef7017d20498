"""Facts of invented insurance clauses: a sentence of the clause, the ways people ask for it, the answer it gives.

It knows single facts; how clauses are put together and when an answer is a refusal stands in reading.py.
"""

import random
from typing import NamedTuple

from engine.models.starter_corpus import words as w
from engine.models.starter_corpus.grammar import fill


class Fact(NamedTuple):
    """One fact: `key` names it (two facts of one clause never share it), `answer` is a whole sentence."""

    key: str
    statement: str
    question: str
    answer: str
    short: str


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
EVENTS = (
    ("교통사고위로금", "교통사고로 {다친 경우|부상을 입은 때}", "교통사고가 나면|차에 치이면|교통사고로 다치면"),
    ("깁스치료비", "깁스 치료를 받은 {경우|때}", "깁스를 하면|깁스했는데|팔에 깁스를 했을 때"),
    ("응급실내원비", "응급실에 {내원하여 진료를 받은 경우|실려 간 때}", "응급실에 가면|응급실에 갔는데|밤에 응급실을 이용하면"),
    ("배상책임보험금", "남에게 손해를 {입혀 배상한 경우|끼쳐 배상책임을 진 때}", "남의 물건을 망가뜨리면|다른 사람을 다치게 하면|배상해야 하면"),
    ("화재손해보험금", "집에 불이 {난 경우|나서 손해를 본 때}", "집에 불이 나면|화재가 나면|불이 나서 살림이 탔는데"),
    ("도난손해금", "{물건을 도난당한|가재도구를 도둑맞은} {경우|때}", "도둑이 들면|물건을 도난당하면|도둑맞았는데"),
    ("변호사비용", "변호사를 선임한 {경우|때}", "변호사를 쓰면|변호사를 선임하면|소송 때문에 변호사를 구했는데"),
    ("벌금", "벌금형이 확정된 {경우|때}", "벌금을 내게 되면|벌금이 나오면|벌금형을 받으면"),
    ("휴대품손해금", "여행 중 휴대품이 {파손된|없어진} {경우|때}", "여행하다 물건이 망가지면|여행 중에 가방을 잃어버리면"),
    ("항공기지연비용", "항공기가 {n}시간 이상 지연된 {경우|때}", "비행기가 늦으면|비행기가 지연되면|항공편이 늦어졌을 때"),
    ("출산축하금", "자녀를 출산한 {경우|때}", "아이를 낳으면|출산하면|아기가 태어나면"),
    ("장례비", "피보험자의 장례를 치른 {경우|때}", "장례를 치르면|장례식을 하면"),
    ("휴업손해금", "사고로 일을 하지 못한 {경우|때}", "다쳐서 일을 못 하면|일을 쉬게 되면"),
    ("견인비용", "차량을 견인한 {경우|때}", "차를 견인하면|견인차를 부르면"),
    ("유리파손비", "유리창이 깨진 {경우|때}", "유리가 깨지면|창문이 깨졌는데"),
    ("반려견치료비", "반려견이 치료를 받은 {경우|때}", "강아지가 아프면|우리 개가 병원에 가면"),
)  # fmt: skip
PAYS = (
    "{회사는 |당사는 |}{피보험자가 |보험기간 중 |보험기간 중 피보험자가 |}{event}{에는|} {label/으로} {a/을를} {지급합니다|드립니다|보상합니다}.",
    "{event} {보험수익자에게 |}{a/을를} {지급합니다|지급하여 드립니다|드립니다}.", "{label/은는} {a/으로} {합니다|정합니다}.",
    "{label}: {a}", "{event}: {a} {지급|보상}", "{label/의의} {보장금액|지급액|가입금액}은 {a}입니다.",
    "{event} {label/의의} 지급금액은 {a/이다}.", "{label/은는} {a/을를} 한도로 {지급|보상}합니다.", "- {label} {a}",
    "{event} {label/을를} 지급하며 그 금액은 {a}입니다.", "{event}{,|에는} 회사가 정한 {a/이가} {label/으로} 지급됩니다.",
)  # fmt: skip
HOW_MUCH = (
    "{얼마예요|얼마인가요|얼마 나와요|얼마를 받나요|얼마 받을 수 있어요|얼마까지 되나요|보험금이 얼마인가요|얼마 줘요|얼마 지급되나요}?",
    "{받는 돈은|보험금은|나오는 돈은} 얼마{예요|인가요|입니까}?",
)  # fmt: skip
ASK_LABEL = (
    "{label/은는} {얼마예요|얼마인가요|얼마입니까|얼마 나와요|얼마까지 나오나요|얼마죠}?", "{label} {얼마|금액|지급액 얼마|금액 알려 줘}?",
    "{label/이가} {얼마인지|얼마나 되는지} {알려 주세요|궁금해요|알고 싶습니다}.", "{label/의의} 보장금액은?", "{label} 금액을 {알려 주세요|말해 주세요}.",
)  # fmt: skip
PAID = (
    "{label/은는} {a}입니다.", "{label/은는} {a}입니다.", "{label/으로} {a/을를} {받을 수 있습니다|지급합니다|받습니다}.", "{event} {a/을를} 지급합니다.",
    "{a/을를} {받을 수 있습니다|받습니다|지급합니다}.", "{a}입니다.", "{label/은는} {a/이에요}.", "{event} {label/으로} {a/이가} 지급됩니다.",
)  # fmt: skip


def benefit(rng: random.Random, near: str = "") -> Fact:
    """An amount paid for an event. `near`: share its illness or its kind, so that it is easily confused with that key."""
    amount = w.money(rng)
    if rng.random() < 0.25:
        ending, happened, asked = EVENTS[int(rng.random() * len(EVENTS))]
        illness, label = "", ending
    else:
        illness, kind = _illness_and_kind(rng, near)
        ending, happened, asked = KINDS[kind]
        label = f"{illness}{w.pick(rng, ['', ' ', ''])}{w.pick(rng, ending.split('|'))}"
    slots = {"d": illness, "n": str(rng.randint(2, 9)), "a": amount, "label": label}
    slots["event"] = fill("{" + happened + "|" + happened + "}", rng, slots)
    when = fill("{" + asked + "|" + asked + "}", rng, slots)
    if rng.random() < 0.5:
        question = fill(w.pick(rng, list(ASK_LABEL)), rng, slots)
    else:
        question = f"{when} {fill(w.pick(rng, list(HOW_MUCH)), rng, slots)}"
    statement = fill(w.pick(rng, list(PAYS)), rng, slots)
    answer = fill(w.pick(rng, list(PAID)), rng, slots)
    return Fact(f"{illness}|{ending}", statement, question, answer, amount)


def _illness_and_kind(rng: random.Random, near: str) -> tuple[str, int]:
    illness = (
        w.pick(rng, DISEASES) if rng.random() < 0.7 else w.madeup(rng, 1, 3) + w.pick(rng, ["병", "증", "염", "암", ""])
    )
    kind = int(rng.random() * len(KINDS))
    other, _, ending = near.partition("|")
    if other and rng.random() < 0.5:
        return other, kind
    endings = [kinds[0] for kinds in KINDS]
    return illness, endings.index(ending) if ending in endings and rng.random() < 0.5 else kind


# key, statement, questions, answers, short; slots n (number), m (a larger number), a (amount), t (thing)
TERMS = (
    ("면책기간", "{보장은|회사의 책임은} 계약일부터 {m}일이 지난 날의 다음 날{부터 시작합니다|에 시작됩니다}.|면책기간은 {m}일입니다.",
     "{보장은 언제부터 {되나요|시작돼요}|면책기간이 며칠이에요|가입하고 바로 보장되나요|면책기간은 얼마인가요}?",
     "계약일부터 {m}일이 {지난 뒤|지난 다음 날}부터 보장됩니다.|면책기간은 {m}일입니다.", "{m}일"),
    ("자기부담금", "{자기부담금은|본인이 부담하는 금액은} {a/으로} 합니다.|보상할 때 {a/을를} 공제합니다.",
     "{자기부담금은 얼마예요|제가 내야 하는 돈은 얼마예요|공제하는 금액이 있나요|본인 부담은 얼마인가요}?",
     "자기부담금은 {a}입니다.|{a/을를} 본인이 부담합니다.", "{a}"),
    ("지급기한", "회사는 {서류를 접수한 날|청구를 받은 날}부터 {n}영업일 이내에 {보험금을 지급합니다|지급합니다}.",
     "{보험금은 언제 {나와요|지급되나요}|청구하면 며칠 안에 받나요|돈이 언제 들어오나요|지급까지 얼마나 걸려요}?",
     "{서류를 접수한 날|청구일}부터 {n}영업일 이내에 지급합니다.|{n}영업일 안에 지급됩니다.", "{n}영업일"),
    ("철회", "{계약자는|보험계약자는} 청약한 날부터 {n}일 이내에 {청약을 철회할 수 있습니다|계약을 철회할 수 있다}.",
     "{가입을 취소하려면 언제까지 해야 해요|철회는 며칠 안에 하나요|청약 철회 기간은|마음이 바뀌면 며칠 안에 무를 수 있어요}?",
     "청약한 날부터 {n}일 이내에 철회할 수 있습니다.|철회 기간은 {n}일입니다.", "{n}일"),
    ("가입나이", "{가입나이는|가입할 수 있는 나이는} 만 {n}세부터 {m}세까지{입니다|로 합니다}.",
     "{몇 살까지 가입할 수 있어요|가입 나이가 어떻게 되나요|가입나이는|몇 세부터 들 수 있나요}?",
     "만 {n}세부터 {m}세까지 가입할 수 있습니다.|가입나이는 만 {n}세부터 {m}세까지입니다.", "만 {n}세부터 {m}세까지"),
    ("보험기간", "보험기간은 {n}년{으로 합니다|입니다}.|이 계약은 {n}년 동안 {유지됩니다|유효합니다}.",
     "{보험기간은 {몇 년이에요|얼마나 되나요}|몇 년 동안 보장돼요|계약은 언제까지 유효한가요}?", "보험기간은 {n}년입니다.|{n}년 동안 보장합니다.", "{n}년"),
    ("횟수", "{보상은|지급은} {연|1년에} {n}회를 한도로 {합니다|한다}.", "{1년에 몇 번까지 {돼요|받을 수 있나요}|횟수 제한이 있나요|몇 회까지 보상되나요}?",
     "1년에 {n}회까지 {받을 수 있습니다|보상합니다}.|연 {n}회가 한도입니다.", "연 {n}회"),
    ("할인율", "{무사고 |자동이체 |가족 |건강체 |}할인율은 {p}%{로 합니다|입니다}.", "{할인은 몇 퍼센트예요|할인율은|얼마나 할인돼요|보험료 할인이 되나요}?",
     "할인율은 {p}%입니다.|{p}%를 할인합니다.|{p}% 할인됩니다.", "{p}%"),
    ("감액", "계약일부터 {n}년 {안에는|미만인 경우} 보험금의 {p}%{를|만} 지급합니다.", "{가입한 지 얼마 안 됐는데 다 받을 수 있나요|감액 기간이 있나요|초기에는 얼마나 지급돼요}?",
     "계약일부터 {n}년 {안에는|미만이면} {p}%{를|만} 지급합니다.", "{p}%"),
    ("서류", "{청구할 때에는|보험금을 받으려면} 청구서와 {t/을를} {제출하여야 합니다|내야 합니다|제출해야 한다}.",
     "{무슨 서류가 필요해요|청구하려면 뭘 내야 하나요|필요한 서류는|청구 서류를 알려 주세요}?", "청구서와 {t/을를} {제출해야 합니다|내야 합니다}.|필요한 서류는 청구서와 {t}입니다.", "청구서와 {t}"),
    ("면책", "{x/으로} {생긴 손해는|인한 사고는|발생한 경우에는} {보상하지 않습니다|보험금을 지급하지 않습니다|지급하지 아니합니다}.",
     "{x/으로} {생긴 사고도 보상되나요|다쳐도 보험금이 나와요|인한 손해도 되나요|그런 것도 받을 수 있어요}?|{x/은는} 보상되나요?",
     "{아니요, |}{x/으로} {생긴 손해는|인한 사고는} 보상하지 않습니다.|{아니요, |}{x/은는} 보상하지 않습니다.", "보상하지 않습니다"),
    ("해지", "{계약을 해지하면|중도에 해지할 경우} 낸 보험료의 {p}%를 {돌려드립니다|환급합니다}.",
     "{해지하면 얼마 돌려받아요|중간에 그만두면 돈을 받나요|해지환급금은 얼마예요|깨면 얼마 나와요}?", "낸 보험료의 {p}%를 {돌려받습니다|환급합니다}.|{p}%를 돌려받을 수 있습니다.", "{p}%"),
    ("연락처", "{사고가 나면|보험금 청구는} {tel}{로 알려야 합니다|로 연락하십시오|에서 접수합니다}.",
     "{어디로 전화해야 해요|연락처가 뭐예요|사고 접수 번호는|전화번호 알려 주세요}?", "{tel}{로 연락하면 됩니다|로 전화하세요|입니다}.", "{tel}"),
    ("보험료", "{월 |매월 |}보험료는 {a}입니다.|계약자는 매월 {a/을를} 냅니다.", "{보험료가 얼마예요|한 달에 얼마 내요|매달 내는 돈은|월 보험료는 얼마인가요}?",
     "{월 |}보험료는 {a}입니다.|매월 {a/을를} 냅니다.", "{a}"),
    ("알릴의무", "{직업이 바뀌면|주소가 바뀌면|차량을 바꾸면} {n}일 안에 {회사에 알려야 합니다|통지하여야 한다}.",
     "{바뀐 것이 있으면 언제까지 알려야 해요|알릴 의무의 기한은|며칠 안에 알려야 하나요}?", "{n}일 안에 회사에 알려야 합니다.|기한은 {n}일입니다.", "{n}일"),
)  # fmt: skip
DOCUMENTS = "진단서 수술확인서 입원확인서 신분증 통장사본 사고증명서 처방전 영수증 가족관계증명서 소견서 인감증명서 경찰신고서".split()
CAUSES = "음주운전 고의 자살 전쟁 지진 임신 출산 성형수술 무면허운전 마약 폭행 암벽등반 스카이다이빙 선천성질환 핵연료 경주 방화 범죄행위 치과치료 미용시술 폭동 도박 격투기 해일".split()  # fmt: skip


def term(rng: random.Random) -> Fact:
    """A condition of the contract: waiting time, deductible, documents, exclusions …"""
    key, *templates = TERMS[int(rng.random() * len(TERMS))]  # the "|" between phrasings becomes a choice below
    slots = {
        "n": str(rng.randint(1, 30)), "m": str(rng.randint(31, 180)), "p": str(rng.randint(1, 19) * 5), "a": w.money(rng),
        "t": w.pick(rng, DOCUMENTS) if rng.random() < 0.8 else w.madeup(rng) + "확인서",
        "x": w.pick(rng, CAUSES) if rng.random() < 0.8 else w.madeup(rng),
        "tel": f"{rng.choice(['1588', '1577', '1600', '080'])}-{w.number(rng, 4)}",
    }  # fmt: skip
    statement, question, answer, short = (fill("{" + part + "|" + part + "}", rng, slots) for part in templates)
    return Fact(key if key != "면책" else "면책" + slots["x"], statement, question, answer, short)
