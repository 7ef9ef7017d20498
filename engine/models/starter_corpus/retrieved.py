"""Questions over one to three clauses as a retriever would bring them: headings, distractors, twins of another product.

Answers name their ground at the end; refusals are the one sentence that the instruction asks for. Clauses and questions
are this project's own; the shipped sample policy's sentences do not occur (a test compares them).
"""

import random

from engine.models.starter_corpus import words as w
from engine.models.starter_corpus.clauses import Fact, benefit, cases, combined, named_value, term, twin_of
from engine.models.starter_corpus.events_table import EVENTS, FILLERS
from engine.models.starter_corpus.grammar import fill

POLICY_INSTRUCTION = (
    "아래 제공된 [보험약관]을 참고하여 사용자의 질문에 답변하세요. 약관에 명시된 내용에 근거하여 답변해야 하며, 약관에 없는 내용은 "
    "추측하지 말고 '약관에 해당 내용이 없습니다'라고 답변하세요."
)
POLICY_REFUSAL = "약관에 해당 내용이 없습니다."
PRODUCTS = "{무배당 |(무)|}{n} {건강보험|종합보험|상해보험|운전자보험|암보험|여행자보험|화재보험|실손의료보험|치아보험|간병보험|어린이보험|주택보험|자동차보험|펫보험}"
CHAPTERS = "보험금의 지급|계약의 성립과 유지|보험료의 납입|계약 전 알릴 의무 등|분쟁의 조정 등|계약의 해지와 해지환급금|용어의 정의|특별약관|보장 내용|보험금의 청구".split(
    "|"
)
NAMED = (
    "{P}에서 {q}", "{P/은는} {q}", "{P} {가입했는데|들었는데|가입자인데요,|든 사람인데요,} {q}", "{P}{인데요,| 약관에서| 기준으로} {q}", "{q} {P}{요|입니다|이에요}.", "{P}의 경우 {q}", "{P}{,|:} {q}",
)  # fmt: skip
# conditions whose questions people put alike: one context never holds two of a group, and none is asked as absent
ALIKE = {
    "보장개시": "면책기간",
    "조사기한": "지급기한",
    "환불": "지급기한",
    "연간한도": "한도",
    "무환급": "해지",
    "소액서류": "서류",
    "등급둘째": "등급",
    "취소권": "철회",
    "이의기한": "분쟁",
    "시작일": "일수",
    "최저보험료": "보험료",
    "예외": "면책",
    "직업등급": "할인율",
    "보험기간": "납입기간",
    "갱신거절": "갱신",
    "감액": "부담비율",
    "관할": "분쟁",
    "사망보험금": "수익자",
}
VAGUE = {"한도", "부담비율", "일수", "횟수"}
"""Asked without naming their object: a benefit shown beside may answer them, so they are never used as absent."""
EVENT_LABELS = {label for label, _, _ in EVENTS}
OPENINGS = (
    "",
    "",
    "",
    "",
    "",
    "",
    "저기요, ",
    "혹시 ",
    "궁금한 게 있는데 ",
    "그럼 ",
    "안녕하세요. ",
    "급해서 그런데 ",
    "제가 ",
    "저희 어머니가 ",
    "남편이 ",
)


def any_fact(rng: random.Random, near: str = "") -> Fact:
    """Benefits, conditions, named rules, rules with cases and sentences with several values."""
    way = rng.random()
    if way < 0.24:
        return benefit(rng, near)
    if way < 0.5:
        return term(rng)
    if way < 0.75:
        return combined(rng)
    return named_value(rng) if way < 0.88 else cases(rng)


def product(rng: random.Random) -> str:
    """The name of an invented product."""
    name = (
        w.madeup(rng)
        if rng.random() < 0.5
        else w.given_name(rng) + w.pick(rng, ["", "한", "온", "나무", "든든", "안심", "플러스", "하루"])
    )
    return fill(PRODUCTS, rng, {"n": name})


def heading(rng: random.Random, name: str, place: str, fact: Fact, style: int) -> str:
    """What stands above or before a clause (`place`: 제5조, 별표 2); one style for all of a context. Style 5: nothing."""
    title = fact.title if fact.title and rng.random() < 0.6 else w.pick(rng, CHAPTERS)
    title += w.pick(rng, ["", "", "의 지급", "에 관한 사항", " 등"]) if title == fact.title else ""
    chapter = f"제{rng.randint(1, 9)}{w.pick(rng, '관장절')} {w.pick(rng, CHAPTERS)}"
    return (
        f"[{name} > {chapter} > {place}({title})]\n", f"[{name} > {place}({title})]\n", f"{name} {place}({title})\n",
        f"{place}({title}) ", f"[{name}] {place} ", "",
    )[style]  # fmt: skip


def clause(rng: random.Random, facts: list[Fact], head: str) -> str:
    """One clause: its facts and sometimes a sentence that answers nothing."""
    lines = [fact.statement for fact in facts]
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        lines.insert(rng.randint(0, len(lines)), fill(w.pick(rng, list(FILLERS)), rng))
    way = rng.random()
    if way < 0.2 and len(lines) > 1:
        return head + "\n".join(f"{'①②③④⑤⑥'[at]} {line}" for at, line in enumerate(lines))
    if way < 0.3 and len(lines) > 1:
        return head + "\n".join(f"{at + 1}. {line}" for at, line in enumerate(lines))
    return head + ("\n" if way < 0.4 or any("\n" in line for line in lines) else " ").join(lines)


def policy_retrieved(rng: random.Random, *, answerable_only: bool = False) -> tuple[str, str, str]:
    """(question, clauses, answer). About 30 % are refusals: near misses, nothing alike, or another product's clause."""
    style = rng.choice((0, 0, 0, 1, 1, 1, 2, 3, 3, 4, 5))
    names = [product(rng), product(rng)]
    count = rng.choice((1, 1, 2, 2, 3, 3, 3, 3))
    asked = any_fact(rng)
    taken = {_topic(asked)}
    facts = [[asked]]
    owners = [names[0]]
    if style in (0, 1, 2, 4) and count > 1 and rng.random() < 0.45:
        facts.append([twin_of(rng, asked)])
        owners.append(names[1])
    while len(facts) < count:
        facts.append([_other(rng, asked, taken)])
        owners.append(names[0] if rng.random() < 0.75 else names[1])
    for group in facts:
        if rng.random() < 0.35:
            group.insert(rng.randint(0, 1), _other(rng, asked, taken))
    places = [f"제{at}조" if rng.random() < 0.93 else f"별표 {at}" for at in rng.sample(range(1, 60), len(facts))]
    twins = len(facts) > 1 and facts[1][0].key == asked.key and owners[1] == names[1]
    refused = not answerable_only and rng.random() < 0.3
    question, named = asked.question, twins or (style in (0, 1, 2, 4) and rng.random() < 0.4)
    if refused:
        question, named = _unanswerable(rng, asked, taken, facts, twins=twins), named and rng.random() < 0.7
    order = list(range(len(facts)))
    rng.shuffle(order)
    if refused and question == "":  # the asked product's own clause is not among those shown
        question, named = asked.question, True
        order = [at for at in order if at != 0]
    shown = [clause(rng, facts[at], heading(rng, owners[at], places[at], facts[at][0], style)) for at in order]
    question = w.pick(rng, list(OPENINGS)) + question if rng.random() < 0.5 else question
    if named:
        question = fill(w.pick(rng, list(NAMED)), rng, {"P": short_name(rng, names[0]), "q": question})
    answer = POLICY_REFUSAL if refused else ground_at_end(rng, asked, places[0] if style < 5 else "")
    return question, "\n\n".join(shown), answer


def _topic(fact: Fact) -> str:
    """What two facts may not share in one context."""
    kind = fact.key.partition(":")[0].partition("#")[0]
    if fact.key.startswith("combined:7."):  # what is excluded and what is not
        return "면책"
    if fact.title in EVENT_LABELS:
        return fact.title
    kind = ALIKE.get(kind, kind)
    return fact.key if ":" in fact.key and kind != "면책" else kind


def _other(rng: random.Random, asked: Fact, taken: set[str], *, absent: bool = False) -> Fact:
    """A fact about something else, half the time confusable with what is asked."""
    while True:
        fact = any_fact(rng, asked.key if "|" in asked.key and rng.random() < 0.5 else "")
        topic = _topic(fact)
        if topic not in taken and fact.short != asked.short and not (absent and topic in VAGUE):
            taken.add(topic)
            return fact


def _unanswerable(rng: random.Random, asked: Fact, taken: set[str], facts: list[list[Fact]], *, twins: bool) -> str:
    """A question that nothing shown answers; "" when the asked clause itself should be withheld."""
    if _topic(asked) in VAGUE:
        return _other(rng, asked, taken, absent=True).question
    if (twins or len(facts) > 1) and rng.random() < (0.5 if twins else 0.15):
        return ""
    return _other(rng, asked, taken, absent=True).question


def short_name(rng: random.Random, name: str) -> str:
    """How people call a product: whole, or without 무배당."""
    return name if rng.random() < 0.4 else name.removeprefix("무배당 ").removeprefix("(무)")


def ground_at_end(rng: random.Random, fact: Fact, place: str) -> str:
    """The answer with its ground (제5조, 별표 2) behind it, sometimes before it or left out; `place` "" has none."""
    way = rng.random()
    if not place or way < 0.1:
        return fact.answer
    if way < 0.88:
        return f"{fact.answer} ({place})"
    return f"{place}에 따르면 {fact.answer}" if way < 0.95 else f"{fact.answer} 근거: {place}"
