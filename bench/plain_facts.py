"""Short clauses that state two to four facts, with short right and wrong answers to each: what a small tuned model says on any day.

Every answer is one sentence, often with its ground at the end. Wrong ones take the value of another fact, a value of another kind (a
fee of 5년), a changed value, the other yes, the name of another item, or the ground of another clause. All is invented here.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

_SLOTS = {
    "money": ("{n}만원", (1, 2, 3, 4, 5, 6, 8, 9, 12, 15, 25, 35, 45, 60, 80, 90, 110, 150, 220, 400, 700, 1200)),
    "day": ("{n}일", (2, 4, 5, 6, 8, 9, 10, 12, 14, 20, 21, 35, 45, 50, 70, 80, 100, 150)),
    "year": ("{n}년", (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15)),
    "month": ("{n}개월", (1, 2, 3, 4, 5, 6, 8, 9, 18)),
    "times": ("{n}회", (2, 3, 4, 5, 6, 8, 10, 12, 15, 24)),
    "share": ("{n}%", (2, 3, 4, 5, 7, 9, 10, 15, 25, 30, 35, 40, 55, 65, 75, 90)),
    "km": ("{n}km", (5, 10, 20, 25, 35, 45, 60, 70, 100)),
    "hour": ("{n}시간", (2, 3, 4, 6, 8, 12, 24, 36)),
    "age": ("{n}세", (15, 18, 20, 60, 65, 70, 75, 80)),
}  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """`asks`: questions; `right`: answers, `{v}` its value; `wrong`: answers of the other sign, where it is a yes or no."""

    slot: str
    asks: tuple[str, ...]
    right: tuple[str, ...]
    wrong: tuple[str, ...] = ()


_AMOUNT = ("{v}입니다.", "{v}이에요.", "{v}을 드립니다.", "{v}이 나옵니다.", "{i} {v}을 받습니다.", "{i}은(는) {v}입니다.", "{i}로 {v}을 지급합니다.", "네, {v}을 받을 수 있어요.", "{i}은(는) {v}을 드립니다.")  # fmt: skip
_LIMIT = ("{v}까지입니다.", "{v}까지 인정됩니다.", "{i}은(는) {v}까지 나옵니다.", "{v}이 한도입니다.", "{i}의 한도는 {v}입니다.", "최고 {v}까지 드려요.", "{v}을 넘지 않습니다.", "{i}은(는) {v}을 한도로 합니다.")  # fmt: skip
_TERM = (
    "{v} 안에 하셔야 합니다.",
    "{v} 이내입니다.",
    "기한은 {v}입니다.",
    "네, {v} 안에 가능합니다.",
    "{v} 안에 하면 됩니다.",
    "{v} 안에 알려 주세요.",
)
_SPAN = ("{v}입니다.", "{i}은(는) {v}입니다.", "{v} 동안입니다.", "{v}이 지나야 합니다.", "{v}으로 정해져 있습니다.")
_YES = (
    "네, {k} 보장합니다.",
    "네, {k} 보상됩니다.",
    "{k} 보장됩니다.",
    "예, {k} 나옵니다.",
    "네, {k} 지급 대상입니다.",
)
_NO = (
    "아니요, {k} 보장하지 않습니다.",
    "{k} 제외됩니다.",
    "아니요, {k} 보상되지 않아요.",
    "{k} 드리지 않습니다.",
    "{k} 받을 수 없습니다.",
)

# item names; clause with slots a, b, c, d as {a}; facts. {i}: item, {k}: the thing asked about
_CLAUSES: tuple[tuple[str, str, tuple[Fact, ...]], ...] = (
    ("무릎 보조기 지원금", "의사의 처방으로 무릎 보조기를 사면 한쪽에 {a_money}, 양쪽에 {b_money}을 드립니다. 청구는 산 날부터 {c_day} 안에 합니다.", (
        Fact("a_money", ("한쪽 무릎 보조기는 얼마예요?", "보조기를 한쪽만 샀어요. 얼마 나와요?"), ("한쪽은 {v}입니다.", "한쪽에 {v}을 드립니다.", "{v}을 받습니다.")),
        Fact("b_money", ("두 무릎에 다 샀는데 얼마죠?", "양쪽 보조기 금액이 궁금해요"), ("양쪽은 {v}입니다.", "양쪽에 {v}을 드려요.", "{v}이 나옵니다.")),
        Fact("c_day", ("보조기 영수증은 언제까지 내요?", "청구 기한이 며칠이에요?"), _TERM))),
    ("재활운동비", "퇴원한 뒤 재활운동을 하면 한 번에 {a_money}씩 1년에 {b_times}까지 드립니다. 마사지와 찜질은 제외합니다.", (
        Fact("a_money", ("재활운동 한 번에 얼마 줘요?", "재활운동비는 얼마인가요?"), ("한 번에 {v}을 드립니다.", "한 번에 {v}입니다.", *_AMOUNT)),
        Fact("b_times", ("재활운동은 한 해에 몇 번까지 돼요?", "횟수 제한이 있나요?"), ("1년에 {v}까지입니다.", "네, 1년에 {v}까지 인정합니다.", *_LIMIT)),
        Fact("", ("마사지 받은 것도 나와요?", "찜질비도 되나요?"), _NO, _YES))),
    ("수면검사비", "코골이로 수면검사를 받으면 {a_money}을 한도로 검사비의 {b_share}를 보상합니다.", (
        Fact("a_money", ("수면검사는 최고 얼마까지예요?", "한도가 얼마죠?"), _LIMIT),
        Fact("b_share", ("검사비의 몇 퍼센트를 줘요?", "수면검사는 몇 프로 보상되나요?"), ("{v}를 보상합니다.", "검사비의 {v}입니다.", "{v}를 돌려받습니다.")))),
    ("보험료 연체", "보험료를 {a_month} 동안 내지 않으면 {b_day} 전에 문자로 알린 뒤 계약을 멈춥니다. 멈춘 계약은 {c_year} 안에 다시 살릴 수 있습니다.", (
        Fact("a_month", ("몇 달 안 내면 멈춰요?", "보험료를 못 내면 얼마 만에 정지되나요?"), ("{v} 동안 내지 않으면 멈춥니다.", "{v}입니다.")),
        Fact("b_day", ("멈추기 며칠 전에 알려 주나요?", "미리 연락이 오나요?"), ("{v} 전에 문자로 알립니다.", "네, {v} 전에 알려 드려요.")),
        Fact("c_year", ("멈춘 보험을 언제까지 되살릴 수 있죠?", "다시 살리는 기한은요?"), ("{v} 안에 살릴 수 있습니다.", *_TERM)))),
    ("중도 해지", "가입하고 {a_year}이 되기 전에 그만두면 낸 돈의 {b_share}를, 그 뒤에는 {c_share}를 돌려드립니다.", (
        Fact("b_share", ("가입한 지 얼마 안 됐는데 깨면 몇 프로 받아요?", "초기에 해지하면 몇 퍼센트죠?"), ("낸 돈의 {v}를 돌려드립니다.", "{v}를 받습니다.", "{v}입니다.")),
        Fact("c_share", ("오래 부었는데 지금 해지하면 얼마나 돌려줘요?", "그 기간이 지난 뒤에는 몇 프로예요?"), ("그 뒤에는 {v}를 돌려드립니다.", "낸 돈의 {v}가 나옵니다.", "{v}입니다.")))),
    ("견인 서비스", "구간별 견인 거리: 도심 {a_km}, 교외 {b_km}, 고속도로 {c_km}, 도서 {d_km}", (
        Fact("a_km", ("도심에서는 몇 km까지 끌어 줘요?",), ("도심은 {v}입니다.", "{v}까지입니다.")),
        Fact("b_km", ("교외에서 차가 섰어요. 무료 거리는요?",), ("교외는 {v}입니다.", "{v}까지 무료입니다.")),
        Fact("c_km", ("고속도로 견인은 몇 킬로까지죠?",), ("고속도로는 {v}입니다.", "고속도로는 {v}까지 끌어 드립니다.")),
        Fact("d_km", ("도서 지역 견인 거리가 궁금합니다",), ("도서는 {v}입니다.", "{v}입니다.")))),
    ("등급별 위로금", "등급별 위로금: 1등급 {a_money}, 2등급 {b_money}, 3등급 {c_money}, 4등급 {d_money}", (
        Fact("a_money", ("1등급이면 얼마예요?", "1등급 위로금은?"), ("1등급은 {v}입니다.", "{v}을 받습니다.")),
        Fact("b_money", ("2등급은 얼마 나와요?",), ("2등급은 {v}입니다.", "2등급 위로금은 {v}이에요.")),
        Fact("c_money", ("3등급 금액 알려 주세요",), ("3등급은 {v}입니다.", "3등급이면 {v}이 나옵니다.")),
        Fact("d_money", ("4등급 받았는데 위로금이 얼마죠?",), ("4등급은 {v}입니다.", "{v}입니다.")))),
    ("알릴 의무", "가입할 때에는 지난 {a_year} 안의 큰 병, 지난 {b_month} 안의 약 복용을 알려야 합니다. 알리지 않은 것을 안 날부터 {c_month}이 지나면 회사는 해지할 수 없습니다.", (
        Fact("a_year", ("큰 병은 몇 년 것까지 적어요?",), ("지난 {v} 안의 큰 병을 알려야 합니다.", "{v}까지 적습니다.")),
        Fact("b_month", ("먹던 약은 얼마 동안 것을 말해야 하나요?",), ("지난 {v} 안의 약 복용을 알려야 합니다.", "{v} 안의 것입니다.")),
        Fact("c_month", ("회사가 언제까지 해지할 수 있어요?",), ("안 날부터 {v} 안에 해지할 수 있습니다.", "안 날부터 {v}까지입니다.")))),
    ("주소 변경", "이사하거나 전화번호가 바뀌면 {a_day} 안에 앱이나 전화로 알려야 합니다. 알리지 않아 우편물이 돌아오면 {b_day} 뒤에 받은 것으로 봅니다.", (
        Fact("a_day", ("이사하면 꼭 알려야 해요? 언제까지요?", "전화번호를 바꿨는데 며칠 안에 말해요?"), ("네, {v} 안에 알려야 합니다.", *_TERM)),
        Fact("b_day", ("우편물을 못 받으면 어떻게 돼요?",), ("{v} 뒤에 받은 것으로 봅니다.",)))),
    ("치아 파절", "넘어져 앞니가 부러지면 이 하나에 {a_money}, 어금니는 이 하나에 {b_money}을 드립니다. 젖니는 제외합니다. 운동 경기 중의 사고는 보장합니다.", (
        Fact("a_money", ("앞니가 깨졌어요. 얼마죠?",), ("앞니는 {v}입니다.", "이 하나에 {v}을 드립니다.", "앞니 하나에 {v}을 받습니다.")),
        Fact("b_money", ("어금니는 얼마 나와요?",), ("어금니는 {v}입니다.", "어금니는 이 하나에 {v}을 드립니다.")),
        Fact("", ("젖니가 부러진 것도 돼요?",), _NO, _YES),
        Fact("", ("축구 경기하다 다친 것도 보장되나요?", "운동 경기 중의 사고도 나와요?"), _YES, _NO))),
    ("여행 지연", "비행기가 {a_hour} 넘게 늦으면 밥값과 숙박비를 {b_money}까지 드립니다. 날씨 때문에 늦은 것은 보장합니다. 파업은 제외합니다.", (
        Fact("a_hour", ("몇 시간 늦어야 나와요?",), ("{v} 넘게 늦으면 나옵니다.", "{v}을 넘어야 합니다.")),
        Fact("b_money", ("밥값은 얼마까지 줘요?", "지연되면 최고 얼마죠?"), _LIMIT),
        Fact("", ("태풍 같은 날씨 때문이어도 되나요?",), _YES, _NO),
        Fact("", ("파업으로 늦었는데 받을 수 있나요?",), _NO, _YES))),
    ("간호 지원", "집에서 방문 간호를 받으면 하루 {a_money}을 {b_day}까지 드립니다. 이웃이 돌본 것은 제외합니다.", (
        Fact("a_money", ("방문 간호는 하루에 얼마예요?",), ("하루 {v}을 드립니다.", "하루에 {v}입니다.", *_AMOUNT)),
        Fact("b_day", ("방문 간호는 며칠까지 나와요?", "최고 며칠이죠?"), _LIMIT),
        Fact("", ("이웃이 봐 준 것도 돼요?",), _NO, _YES))),
    ("계약 취소", "청약서 사본을 받지 못했으면 가입한 날부터 {a_month} 안에 취소할 수 있고, 회사는 {b_day} 안에 낸 돈과 연 {c_share}의 이자를 돌려드립니다.", (
        Fact("a_month", ("사본을 안 줬는데 취소돼요? 언제까지요?",), ("네, {v} 안에 취소할 수 있습니다.", *_TERM)),
        Fact("b_day", ("취소하면 며칠 만에 돈을 줘요?",), ("{v} 안에 돌려드립니다.", "낸 돈은 {v} 안에 돌려드려요.")),
        Fact("c_share", ("이자는 몇 프로예요?",), ("연 {v}입니다.", "이자는 연 {v}를 더합니다.")))),
    ("보험료 할인", "자동이체를 하면 보험료의 {a_share}를, 담배를 끊으면 {b_share}를 깎아 드립니다. 할인은 신청한 다음 달부터 {c_year} 동안 합니다.", (
        Fact("a_share", ("자동이체하면 깎아 줘요?",), ("네, 자동이체를 하면 {v}를 깎아 드립니다.", "보험료의 {v}를 할인합니다.", "{v}입니다.")),
        Fact("b_share", ("담배를 끊으면 몇 프로 할인이죠?",), ("담배를 끊으면 {v}를 할인합니다.", "{v}를 깎아 드립니다.")),
        Fact("c_year", ("할인은 얼마 동안 해 줘요?",), ("{v} 동안 할인합니다.", *_SPAN)))),
    ("갱신", "이 특약은 {a_year}마다 새로 이어지며 {b_age}까지 갱신됩니다. 그만두려면 끝나기 {c_day} 전까지 말해야 합니다.", (
        Fact("a_year", ("몇 년마다 갱신돼요?", "갱신 기간이 어떻게 되죠?"), ("{v}마다 갱신합니다.", "갱신 기간은 {v}입니다.", "{v}입니다.")),
        Fact("b_age", ("몇 살까지 이어져요?",), ("{v}까지 갱신됩니다.", "{v}까지입니다.")),
        Fact("c_day", ("그만두려면 언제까지 말해요?",), ("끝나기 {v} 전까지 말해야 합니다.", "{v} 전까지입니다.")))),
    ("지급 기일", "서류를 받으면 {a_day} 안에 돈을 드립니다. 조사가 필요하면 {b_day} 안에 드리고, 늦으면 하루마다 연 {c_share}의 이자를 더합니다.", (
        Fact("a_day", ("서류를 내면 며칠 만에 줘요?",), ("{v} 안에 드립니다.", "서류를 받고 {v} 안에 지급합니다.")),
        Fact("b_day", ("조사가 있으면 얼마나 걸려요?",), ("조사가 필요하면 {v} 안에 드립니다.", "{v} 안입니다.")),
        Fact("c_share", ("늦게 주면 이자를 더해 줘요?",), ("네, 연 {v}의 이자를 더합니다.", "연 {v}입니다.")))),
    ("반려견 진료", "반려견이 다쳐 진료를 받으면 한 번에 {a_money}을 빼고 {b_money}까지 드립니다. 미용은 제외합니다.", (
        Fact("b_money", ("강아지 진료비는 얼마까지 돼요?", "한 번 한도가 얼마죠?"), _LIMIT),
        Fact("a_money", ("제가 부담하는 돈은 얼마예요?", "공제하는 금액은요?"), ("한 번에 {v}을 뺍니다.", "{v}을 공제합니다.", "{v}을 부담합니다.")),
        Fact("", ("털 미용비도 나와요?",), _NO, _YES))),
    ("사고 배상", "남의 물건을 깨뜨리면 한 건에 {a_money}까지 물어 드리고 {b_money}을 공제합니다. 가족의 물건은 제외합니다. 학교 안의 사고는 보장합니다.", (
        Fact("a_money", ("남의 물건을 깨면 얼마까지 물어 줘요?",), ("한 건에 {v}까지 물어 드립니다.", *_LIMIT)),
        Fact("b_money", ("내 돈은 얼마 나가요?", "공제금액이 얼마죠?"), ("{v}을 공제합니다.", "{v}입니다.", "{v}을 냅니다.")),
        Fact("", ("동생 휴대폰을 깼는데 돼요?", "가족의 물건도 되나요?"), _NO, _YES),
        Fact("", ("학교에서 난 사고도 보장되나요?",), _YES, _NO))),
)  # fmt: skip
_PRODUCTS = "새움 안심보험|가온누리 생활보험|한아름 여행보험|도담 자녀보험|아라 주택보험|마루 운전보험".split("|")
_HEADS = (
    "[{p} > 제{n}조({t})]\n{text}",
    "제{n}조({t}) {text}",
    "[{p}] 제{n}조({t}) {text}",
    "제{n}조({t}) ① {text}",
    "{t}: {text}",
)
_GROUNDS = ("", "", " (제{n}조)", " (제{n}조)", "(제{n}조)")
_FRAMES = (
    "{q}",
    "{q}",
    "{p} 기준으로 {q}",
    "{p} 가입자인데 {q}",
    "{q} ({p})",
    "{p} 질문이요. {q}",
    "{q} {p}입니다.",
    "{p}에 들어 있어요. {q}",
)


def fact_rows(count: int, seed: int) -> Iterator[dict]:
    """Rows as in bench/ground/*.jsonl; about half of them right, in one to three clauses."""
    rng = random.Random(seed)
    for number in range(count):
        product, other = rng.sample(_PRODUCTS, 2)
        shown = [_filled(rng, one, product) for one in rng.sample(_CLAUSES, rng.choice((1, 1, 2, 3, 3)))]
        question, answer, kind = _said(rng, shown, product, other)
        texts = [clause["text"] for clause in shown]
        rng.shuffle(texts)
        label = "grounded" if kind == "supported" else "hallucinated"
        yield {"id": f"fact-{number}", "question": question, "context": texts, "answer": answer, "label": label, "kind": kind}  # fmt: skip


def _filled(rng: random.Random, clause: tuple[str, str, tuple[Fact, ...]], product: str) -> dict:
    title, text, facts = clause
    values: dict[str, str] = {}
    for slot in {word.split("}")[0] for word in text.split("{")[1:]}:
        written, figures = _SLOTS[slot.split("_")[1]]
        free = [written.format(n=n) for n in figures if written.format(n=n) not in values.values()]
        values[slot] = rng.choice(free)
    number = rng.randint(2, 80)
    head = rng.choice(_HEADS).format(p=product, n=number, t=title, text=text.format(**values))
    return {"title": title, "text": head, "facts": facts, "values": values, "n": number if "조(" in head else None}


def _said(rng: random.Random, shown: list[dict], product: str, other: str) -> tuple[str, str, str]:
    clause = shown[0]
    fact = rng.choice(clause["facts"])
    ask = rng.choice(fact.asks)
    question = rng.choice(_FRAMES).format(q=ask, p=product)
    wrong = rng.random() < 0.5
    if not fact.slot:
        form = rng.choice(fact.wrong if wrong else fact.right)
        thing = _thing(ask)
        return question, _grounded(rng, form.format(k=thing), clause), "contradicted" if wrong else "supported"
    value = clause["values"][fact.slot]
    if not wrong:
        return question, _grounded(rng, _say(rng, fact, value, clause["title"]), clause), "supported"
    draw = rng.random()
    if draw < 0.1 and "조(" in clause["text"]:
        return question, _say(rng, fact, value, clause["title"]) + f" (제{clause['n'] + 90}조)", "contradicted"
    if draw < 0.2 and product in clause["text"]:
        return question, f"{other}의 " + _grounded(rng, _say(rng, fact, value, clause["title"]), clause), "contradicted"
    wrong_value = _wrong_value(rng, shown, fact, draw)
    return question, _grounded(rng, _say(rng, fact, wrong_value, clause["title"]), clause), "contradicted"


def _wrong_value(rng: random.Random, shown: list[dict], fact: Fact, draw: float) -> str:
    """Of another fact of the same kind; of another kind; or in no clause at all."""
    kind = fact.slot.split("_")[1]
    own = shown[0]["values"][fact.slot]
    held = [(slot, value) for clause in shown for slot, value in clause["values"].items() if value != own]
    alike = [value for slot, value in held if slot.split("_")[1] == kind]
    unlike = [value for slot, value in held if slot.split("_")[1] != kind]
    if draw < 0.55 and alike:
        return rng.choice(alike)
    if draw < 0.8 and unlike:
        return rng.choice(unlike)
    written, figures = _SLOTS[kind]
    told = {value for clause in shown for value in clause["values"].values()}
    return rng.choice([written.format(n=n) for n in figures if written.format(n=n) not in told])


def _say(rng: random.Random, fact: Fact, value: str, title: str) -> str:
    said = rng.choice(fact.right).format(v=_spelled(rng, value), i=title)
    return said.replace("은(는)", "은" if (ord(title[-1]) - 0xAC00) % 28 else "는")


def _spelled(rng: random.Random, value: str) -> str:
    if value.endswith("만원") and rng.random() < 0.3:
        return rng.choice((f"{int(value[:-2]) * 10_000:,}원", value.replace("만원", "만 원")))
    return value


def _thing(ask: str) -> str:
    """마사지 받은 것도 나와요? → 마사지 받은 것은."""
    thing = next((ask.split(mark)[0] for mark in ("도 ", "이어도", "인데", "는데") if mark in ask), ask)
    return thing + ("은" if (ord(thing[-1]) - 0xAC00) % 28 else "는")


def _grounded(rng: random.Random, said: str, clause: dict) -> str:
    return said + (rng.choice(_GROUNDS).format(n=clause["n"]) if clause["n"] else "")
