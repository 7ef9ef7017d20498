"""Questions over a given text: clauses and notices put together, answers that copy from them, refusals otherwise."""

import random
from collections.abc import Callable

from engine.models.starter_corpus import words as w
from engine.models.starter_corpus.clauses import Fact, benefit
from engine.models.starter_corpus.facts import NOTICES, notice, subject
from engine.models.starter_corpus.grammar import fill
from engine.models.starter_corpus.retrieved import POLICY_INSTRUCTION, POLICY_REFUSAL, any_fact

SHORT_INSTRUCTIONS = (
    "약관을 {참고하여|읽고|보고} 질문에 {답하세요|답변하세요|답해 줘}. {약관에 없으면 없다고 하세요.|없는 내용은 추측하지 마세요.|}",
    "{다음|아래} {글|지문|내용|안내문}을 {읽고|보고} {질문에 |물음에 |}{답하세요|답해 주세요|답해}.{ 없으면 모른다고 하세요.|}", "질문에 답하세요.",
    "{주어진|제공된} {자료|문서|글}만 {써서|근거로} {대답하세요|답변하세요}.",
)  # fmt: skip
REFUSALS = (
    "{주어진 |제공된 |}{글|내용|자료|문서}에{는|} {없습니다|없는 내용입니다|나와 있지 않습니다}.", "{알 수 없습니다|확인할 수 없습니다|모르겠습니다}.",
    "약관에{는|서} {해당 내용이 없습니다|그런 내용이 없습니다|확인할 수 없습니다|정해져 있지 않습니다}.", "죄송하지만 {관련 내용을 찾을 수 없습니다|그 내용은 없습니다|알 수 없습니다}.",
    "{그|해당} {내용은|정보는} {없습니다|적혀 있지 않습니다|확인되지 않습니다}.",
)  # fmt: skip
TITLES = "보험금의 지급사유|보험금의 지급|보상하는 손해|보험금 지급에 관한 세부규정|보장의 개시|보험료의 납입|청약의 철회|보상하지 않는 손해|보험금의 청구|용어의 정의|계약의 해지|특별약관|보장 내용".split("|")  # fmt: skip
COMPANIES = "무배당 {m} {건강보험|종합보험|상해보험|운전자보험|암보험|여행자보험|화재보험|실손의료보험|치아보험}|{m}{생명|화재|손해보험} {g}보험|(무){m} {플러스|안심|든든한} 보험"  # fmt: skip


def distinct_facts(rng: random.Random, make: Callable[[], Fact], count: int) -> list[Fact]:
    """Up to `count` facts with different keys."""
    facts: dict[str, Fact] = {}
    for _ in range(count * 2):
        fact = make()
        facts.setdefault(fact.key, fact)
        if len(facts) == count:
            break
    return list(facts.values())


def absent_fact(rng: random.Random, make: Callable[[], Fact], facts: list[Fact]) -> Fact:
    """A fact whose key is not among `facts` and whose short answer is not either."""
    keys = {fact.key for fact in facts}
    while True:
        fact = make()
        if fact.key not in keys and not (fact.key.startswith("면책") and any(key.startswith("면책") for key in keys)):
            return fact


def insurance_fact(rng: random.Random, near: str = "") -> Fact:
    """Two in five are amounts paid for an event, the rest conditions and rules."""
    return benefit(rng, near) if rng.random() < 0.15 else any_fact(rng, near)


def clause_text(rng: random.Random, facts: list[Fact]) -> tuple[str, list[int]]:
    """The clause and the article number of every fact (0: the clause has no articles)."""
    name = fill("{" + COMPANIES + "}", rng, {"m": w.madeup(rng), "g": w.given_name(rng)})
    lines, articles = ([f"[{name}]" if rng.random() < 0.5 else name] if rng.random() < 0.4 else []), []
    article = rng.randint(1, 40)
    style = rng.random()
    if style < 0.45:
        for fact in facts:
            lines.append(f"제{article}조({w.pick(rng, TITLES)}) {fact.statement}")
            articles.append(article)
            article += rng.randint(1, 3)
    elif style < 0.65:
        lines.append(f"제{article}조({w.pick(rng, TITLES)})")
        lines += [f"{'①②③④⑤'[at % 5]} {fact.statement}" for at, fact in enumerate(facts)]
        articles = [article] * len(facts)
    else:
        glue = " " if rng.random() < 0.6 else "\n"
        lines.append(glue.join(fact.statement for fact in facts))
        articles = [0] * len(facts)
    return "\n".join(lines), articles


def grounded(rng: random.Random, fact: Fact, article: int) -> str:
    """The answer, sometimes with its ground before or behind it, sometimes only the value."""
    way = rng.random()
    if way < 0.15:
        return fact.short if rng.random() < 0.5 else f"{fact.short}입니다."
    if article and way < 0.55:
        return (
            f"제{article}조에 따르면 {fact.answer}", f"{fact.answer} (제{article}조)", f"{fact.answer} 근거: 제{article}조",
        )[rng.randint(0, 2)]  # fmt: skip
    if way < 0.68:
        return (
            w.pick(rng, ["약관에 따르면 ", "네, ", "약관에 의하면 ", "주어진 글에 따르면 ", "확인해 보니 "])
            + fact.answer
        )
    return fact.answer


def policy(rng: random.Random, most: int = 4) -> tuple[str, str, str]:
    """(instruction, input, output): clause and question; 36 % are refusals, half of them near misses."""
    facts = distinct_facts(rng, lambda: insurance_fact(rng), rng.randint(1, most))
    clause, articles = clause_text(rng, facts)
    at = int(rng.random() * len(facts))
    exact = rng.random() < 0.45
    if rng.random() < 0.36:
        question = absent_fact(
            rng, lambda: insurance_fact(rng, facts[at].key if rng.random() < 0.5 else ""), facts
        ).question
        answer = POLICY_REFUSAL if exact or rng.random() < 0.3 else fill(w.pick(rng, list(REFUSALS)), rng)
    else:
        question, answer = facts[at].question, grounded(rng, facts[at], articles[at])
    if exact:
        return POLICY_INSTRUCTION, f"[보험약관]\n{clause}\n\n질문: {question}", answer
    heading = w.pick(rng, ["[약관]\n", "약관: ", "[보험약관]\n", "[문서]\n", "", "참고 자료:\n"])
    asked = w.pick(rng, ["\n\n질문: ", "\n질문: ", "\nQ. ", "\n\n", "\n물음: "])
    return fill(w.pick(rng, list(SHORT_INSTRUCTIONS)), rng), f"{heading}{clause}{asked}{question}", answer


def everyday(rng: random.Random, most: int = 5) -> tuple[str, str, str]:
    """(instruction, input, output) over a notice; 30 % are refusals."""
    kind = w.pick(rng, list(NOTICES))
    name = subject(rng, kind)
    facts = distinct_facts(rng, lambda: notice(rng, kind, name), rng.randint(1, most))
    at = int(rng.random() * len(facts))
    if rng.random() < 0.3 and len(facts) < len(NOTICES[kind]):
        question = absent_fact(rng, lambda: notice(rng, kind, name), facts).question
        answer = fill(w.pick(rng, list(REFUSALS)), rng)
    else:
        question, answer = facts[at].question, grounded(rng, facts[at], 0)
    text = w.pick(rng, [" ", " ", "\n"]).join(fact.statement for fact in facts)
    heading = w.pick(rng, ["", "지문: ", "[글]\n", "안내: ", f"{name}\n"])
    asked = w.pick(rng, ["\n\n질문: ", "\n질문: ", "\n\n", "\n문: "])
    return fill(w.pick(rng, list(SHORT_INSTRUCTIONS[1:])), rng), f"{heading}{text}{asked}{question}", answer


def without_text(rng: random.Random) -> tuple[str, str]:
    """(question, answer) with no clause given: the only honest answer is that it cannot be known."""
    question = insurance_fact(rng).question
    return question, fill(
        "{약관을 봐야 알 수 있습니다|약관이 없어서 알 수 없습니다|가입한 보험의 약관을 확인해야 합니다|주어진 자료가 없어 답할 수 없습니다}.",
        rng,
    )
