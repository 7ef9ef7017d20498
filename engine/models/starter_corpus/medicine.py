"""Medical questions and answers: explanation, a safety line, emergencies first, multiple choice, short interviews."""

import random

from engine.models.starter_corpus import words as w
from engine.models.starter_corpus.grammar import fill
from engine.models.starter_corpus.medicine_table import CONDITIONS, DEPARTMENTS, EMERGENCIES

SAFETY = (
    "이 답변은 일반적인 정보이며 진료를 대신하지 않습니다.", "이 답변은 일반적인 정보이며 진료를 대신하지 않습니다.", "정확한 진단은 의료진에게 받으세요.",
    "증상이 계속되면 병원에서 진료를 받으세요.", "이 내용은 참고용이며 의사의 진단을 대신하지 않습니다.",
)  # fmt: skip
URGENT = (
    "지금 바로 119에 {연락하세요|전화하세요} {또는|혹은} {가까운 |}응급실로 가세요.", "{응급 상황일 수 있습니다.|위급한 상황입니다.|응급 증상입니다.} {즉시|바로} 119에 {전화하세요|연락하세요}.",
    "{즉시|지금 바로} 119에 {연락하고|전화하고} 응급실로 가세요.",
)  # fmt: skip
PRE = "{저는 |요즘 |며칠 전부터 |어제부터 |{n}일째 |{age}살인데 |아이가 |어머니가 |}"
ASKS = (
    ("{c} 증상이 {뭐예요|어떻게 되나요|무엇인가요}?|{c/이가} 생기면 어떤 증상이 있나요?|{c/은는} 어떻게 아파요?|{c}의 {주요 |}증상은?",
     "{c/은는} {s} 등의 증상이 {나타납니다|있습니다}.|{c}의 {주요 |}증상은 {s}입니다.|{s} 같은 증상이 생길 수 있습니다."),
    ("{c/은는} 왜 {생겨요|걸리나요|생기나요}?|{c}의 원인{은|이 뭐예요|은 무엇인가요}?|{c/이가} 생기는 이유는?",
     "{c}의 원인은 {k}입니다.|{c/은는} {k} 때문에 {생깁니다|생길 수 있습니다}.|주된 원인은 {k}입니다."),
    ("{c/은는} 어떻게 {해야 해요|관리하나요|치료하나요}?|{c}에는 {뭐가 좋아요|어떻게 하면 좋을까요}?|{c} {관리법|대처법}을 알려 주세요.|{c} 진단을 받았는데 {어떻게 하죠|뭘 조심해야 해요}?",
     "{a}가 {도움이 됩니다|좋습니다|중요합니다}.|{c}에는 {a}가 {도움이 됩니다|좋습니다}."),
    ("{c/은는} 어느 과에 가야 {해요|하나요}?|{c/이면} 무슨 과로 {가요|가야 하나요}?|{c} 진료는 어디서 받아요?|{c} 때문에 병원에 가려는데 무슨 과예요?",
     "{d}에서 진료를 {받으세요|받으면 됩니다|받을 수 있습니다}.|{c/은는} {d}에서 봅니다.|{d}입니다."),
    (PRE + "{s1/이가} 있고 {s2/이가} 있어요.{ 왜 그럴까요?| 무슨 병일까요?| 어떻게 하죠?|}|" + PRE + "{s1/과와} {s2} 증상이 {있습니다|있어요|심해요}.{ 무슨 병인가요?| 어디로 가야 해요?|}",
     "{c/을를} 의심할 수 있습니다. {d}에서 진료를 받으세요.|{c}일 {수|가능성이} 있습니다. {a}가 도움이 됩니다.|{s1/과와} {s2/은는} {c}에서 흔합니다. {d} 진료를 권합니다."),
    ("{c/은는} 언제 응급실에 가야 {해요|하나요}?|{c}에서 위험한 증상은?|{c}인데 언제 위험한가요?", "{e} {바로|즉시} 응급실로 {가세요|가야 합니다}.|{e} 119에 연락하세요."),
)  # fmt: skip
SYSTEMS = (
    "당신은 의료 상담 도우미입니다.",
    "의료 상담 챗봇입니다. 위급하면 119를 안내하세요.",
    "건강 정보를 쉽게 설명하세요.",
    "환자의 질문에 답하세요.",
)


def _slots(rng: random.Random) -> dict[str, str]:
    name, symptoms, cause, care, department, emergency = CONDITIONS[int(rng.random() * len(CONDITIONS))]
    signs = symptoms.split(",")
    rng.shuffle(signs)
    return {
        "c": name, "s": ", ".join(signs), "s1": signs[0], "s2": signs[1], "k": cause, "a": care, "d": department,
        "e": emergency, "n": str(rng.randint(2, 14)), "age": str(rng.randint(3, 90)),
    }  # fmt: skip


def question(rng: random.Random) -> tuple[str, list[str]]:
    """(system line or "", [question, answer with a safety line])."""
    system = w.pick(rng, list(SYSTEMS)) if rng.random() < 0.4 else ""
    if rng.random() < 0.16:
        asked = fill(w.pick(rng, list(EMERGENCIES)), rng) + w.pick(
            rng, ["", ".", " 어떡하죠?", " 도와주세요.", " 어떻게 해야 해요?"]
        )
        return system, [asked, fill(w.pick(rng, list(URGENT)), rng)]
    slots = _slots(rng)
    turns: list[str] = []
    for ask, tell in rng.sample(ASKS, 2 if rng.random() < 0.2 else 1):
        answer = fill("{" + tell + "|" + tell + "}", rng, slots)
        if rng.random() < 0.25:
            answer += f" {slots['e']} 바로 응급실로 가세요."
        if rng.random() < 0.85:
            answer += " " + w.pick(rng, list(SAFETY))
        turns += [fill("{" + ask + "|" + ask + "}", rng, slots), answer]
    return system, turns


def multiple_choice(rng: random.Random) -> tuple[str, str, str]:
    """(instruction, question with numbered choices, the right number with or without its text)."""
    row = CONDITIONS[int(rng.random() * len(CONDITIONS))]
    column = rng.randint(0, 4)
    if column == 1:
        asked, right = f"다음 중 {row[0]}의 증상은?", w.pick(rng, row[1].split(","))
        wrong = [sign for other in CONDITIONS for sign in other[1].split(",") if sign not in row[1]]
    elif column == 4:
        asked, right, wrong = f"{row[0]} 진료를 보는 과는?", row[4], [name for name in DEPARTMENTS if name != row[4]]
    elif column == 0:
        asked, right = f"{row[1].replace(',', ', ')}이 나타나는 병은?", row[0]
        wrong = [other[0] for other in CONDITIONS if other[0] != right]
    else:
        what = ("", "", "원인으로 알맞은 것은", "관리로 알맞은 것은")[column]
        asked, right, wrong = (
            f"{row[0]}의 {what}?",
            row[column],
            [other[column] for other in CONDITIONS if other != row],
        )
    choices = [*rng.sample(sorted(set(wrong) - {right}), rng.randint(2, 4)), right]
    rng.shuffle(choices)
    marks = rng.choice(("1)", "①", "1.", "(1)", "A."))
    labels = {"①": "①②③④⑤", "A.": "ABCDE"}.get(marks, "12345")
    lines = [f"{labels[at]}{marks[1:] if marks != '(1)' else ')'} {text}" for at, text in enumerate(choices)]
    if marks == "(1)":
        lines = ["(" + line for line in lines]
    label = labels[choices.index(right)]
    answer = rng.choice(
        (label, f"정답: {label}", f"정답: {label}", f"{label}. {right}", f"정답은 {label}번 {right}입니다.")
    )
    ask = rng.choice(
        ("알맞은 답을 고르세요.", "다음 문제의 정답 번호를 고르세요.", "정답을 고르시오.", "보기에서 하나를 고르세요.")
    )
    return ask, f"{rng.choice(('', '문제: ', '질문: '))}{asked}\n" + "\n".join(lines), answer
