"""Plain clauses with right and wrong answers in many wordings, made by rule: what a small tuned model says on a good and a bad day.

The labelled sets are written to be hard; without these beside them a checker learns that a short answer with a figure is suspect.
All names and amounts are invented. Used by bench/train_checker.py for fitting only, never for choosing the threshold.
"""

import random
from collections.abc import Iterator

_ITEMS = "수술비 입원비 통원비 골절진단비 화상진단비 깁스치료비 암진단비 간병비 응급실내원비 장례비 재활치료비 치과치료비 검사비 약제비 상급병실료 이송비".split()
_CLAUSES = (
    "제{n}조({item}) 회사는 피보험자가 보험기간 중 {cause}(으)로 {event} {item}로 {money}을 지급합니다.",
    "제{n}조({item}의 지급) ① 피보험자에게 {cause}(으)로 인하여 {event}에는 {item} {money}을 지급한다. ② {item}는 연 {times}회를 한도로 한다.",
    "{item}: {money} (계약일부터 {days}일이 지난 후 발생한 {cause}에 한함)",
    "제{n}조 {item}는 {money}을 한도로 실제 쓴 비용을 보상합니다. 청구는 {event} 날부터 {days}일 이내에 하여야 합니다.",
)
_EXCLUSIONS = (
    "제{m}조(보상하지 않는 손해) 회사는 {a}, {b}로 생긴 손해는 보상하지 않습니다.",
    "제{m}조(면책사유) 다음의 경우에는 보험금을 지급하지 않습니다. 1. {a} 2. {b}",
    "다만, {a} 또는 {b}의 경우는 제외합니다.",
)
_CAUSES = "질병 상해 재해 교통사고 산업재해".split()
_EVENTS = ("수술을 받은 경우", "입원한 때", "진단이 확정된 때", "치료를 받은 경우", "사고가 난 때")
_REASONS = "고의 음주운전 전쟁 무면허운전 자해 폭동 마약복용 지진 핵물질 미용목적".split()
_RIGHT = (
    "{item}는 {money}입니다.", "{item}는 {money}입니다. (제{n}조)", "{money}을 드려요.", "{item}로 {money}을 받으실 수 있습니다.",
    "네, {item}는 {money}까지 나와요.", "{item} {money}이 지급됩니다.", "최대 {money}입니다.", "{money}이에요.",
    "제{n}조에 따르면 {item}는 {money}입니다.",
)  # fmt: skip
_ASKED = (
    "{item} 얼마예요?",
    "{item}는 얼마인가요",
    "{item} 얼마 나와요?",
    "{item} 받을 수 있나요?",
    "{item} 금액 알려 주세요",
)
_TIMES = ("연 {times}회까지 됩니다.", "{item}는 1년에 {times}번까지 지급됩니다.")
_DAYS = (
    "{days}일 이내에 청구하셔야 합니다.",
    "{days}일 안에 청구하시면 됩니다.",
    "{event} 날부터 {days}일까지 청구하실 수 있어요.",
)
_DENIED = (
    "{a}로 생긴 손해는 보상하지 않습니다.",
    "아니요, {a}는 보상되지 않아요.",
    "{a}의 경우는 제외됩니다.",
    "{a}로 인한 손해는 받으실 수 없습니다.",
)
_GRANTED = (
    "네, {a}로 생긴 손해도 보상합니다.",
    "{a}의 경우에도 지급됩니다.",
    "{a}로 인한 손해도 받으실 수 있습니다.",
    "네, {a}도 보장됩니다.",
)
_INVENTED = (
    "{item}는 {money}입니다. 단, 병원장의 확인서를 우편으로 내야 합니다.", "{item}는 {money}입니다. 가족도 할인 요금으로 이용할 수 있습니다.",
    "{money}이 지급되며, 해외 체류자는 영사관 인증을 받아야 합니다.", "{item}는 {money}이고 예약 앱에서만 신청됩니다.",
)  # fmt: skip


def plain_rows(count: int, seed: int) -> Iterator[dict]:
    """Rows as in bench/ground/*.jsonl, half of them right."""
    rng = random.Random(seed)
    for number in range(count):
        fields = _fields(rng)
        clauses = _clauses(rng, fields)
        question, answer, kind = _said(rng, fields, " ".join(clauses))
        label = "grounded" if kind == "supported" else "hallucinated"
        yield {
            "id": f"plain-{number}",
            "question": question,
            "context": clauses,
            "answer": answer,
            "label": label,
            "kind": kind,
        }


def _fields(rng: random.Random) -> dict:
    items = rng.sample(_ITEMS, 3)
    sums = rng.sample([10, 15, 20, 30, 35, 50, 70, 100, 150, 200, 300, 500, 1000, 2000, 3000], 4)
    return {
        "items": items, "sums": sums, "n": rng.randint(2, 30), "m": rng.randint(31, 45), "cause": rng.choice(_CAUSES),
        "event": rng.choice(_EVENTS), "times": rng.choice([2, 3, 4, 6, 12]), "days": rng.choice([30, 60, 90, 180]),
        "reasons": rng.sample(_REASONS, 3),
    }  # fmt: skip


def _spelled(rng: random.Random, sum_: int) -> str:
    """30 → 30만원, 300,000원, 30만 원."""
    return rng.choice([f"{sum_:,}만원", f"{sum_}만 원", f"{sum_ * 10_000:,}원"])


def _clauses(rng: random.Random, f: dict) -> list[str]:
    made = []
    for place, item in enumerate(f["items"][:2]):
        fields = {**f, "item": item, "money": _spelled(rng, f["sums"][place]), "n": f["n"] + place}
        made.append(rng.choice(_CLAUSES).format(**fields))
    made.append(rng.choice(_EXCLUSIONS).format(a=f["reasons"][0], b=f["reasons"][1], **f))
    rng.shuffle(made)
    return made if rng.random() < 0.5 else [" ".join(made)]


def _said(rng: random.Random, f: dict, clauses: str) -> tuple[str, str, str]:
    place = rng.randint(0, 1)
    item, own, other, strange = f["items"][place], f["sums"][place], f["sums"][1 - place], f["sums"][3]
    fields = {**f, "item": item, "n": f["n"] + place, "a": f["reasons"][rng.randint(0, 1)]}
    question = rng.choice(_ASKED).format(**fields)

    def say(forms: tuple[str, ...], sum_: int, **more: object) -> str:
        return rng.choice(forms).format(**{**fields, "money": _spelled(rng, sum_), **more})

    if rng.random() < 0.5:
        if rng.random() < 0.3:
            return f"{fields['a']}도 보상되나요?", say(_DENIED, own), "supported"
        if f"연 {f['times']}회" in clauses and rng.random() < 0.3:
            return "몇 번까지 되나요?", say(_TIMES, own), "supported"
        if f"{f['days']}일 이내" in clauses and rng.random() < 0.5:
            return "언제까지 청구해요?", say(_DAYS, own), "supported"
        return question, say(_RIGHT, own), "supported"
    draw = rng.random()
    if draw < 0.3:
        return question, say(_RIGHT, other).replace(f"제{fields['n']}조", f"제{f['n'] + 1 - place}조"), "contradicted"
    if draw < 0.5:
        return question, say(_RIGHT, strange), "contradicted"
    if draw < 0.75:
        return f"{fields['a']}도 보상되나요?", say(_GRANTED, own), "contradicted"
    if draw < 0.85:
        return f"{f['items'][2]} 얼마예요?", say(_RIGHT, own, item=f["items"][2]), "should_have_refused"
    return question, say(_INVENTED, own), "unsupported"
