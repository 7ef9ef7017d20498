"""Plain text with no roles: small stories, explanations, sums, Latin words, addresses, lines of code."""

import json
import random

from engine.models.starter_corpus import chat
from engine.models.starter_corpus import words as w
from engine.models.starter_corpus.grammar import fill

STORIES = (
    "{when} {name/은는} {place}에 갔다.", "{place}에는 사람이 {많았다|없었다|조금 있었다}.", "{name/은는} {thing/을를} {샀다|잃어버렸다|찾았다|선물받았다|고쳤다}.",
    "{friend/은는} {hobby/을를} 좋아한다.", "{weather} 때문에 {name/은는} 집에 {있었다|머물렀다}.", "{food/은는} {맛있었다|조금 짰다|따뜻했다|식어 있었다}.",
    "{name/과와} {friend/은는} {n}년 동안 {친구였다|이웃이었다|함께 일했다}.", "{day}마다 {place}에서 {hobby/을를} 한다.", "{animal/이가} {마당에서|창가에서|길에서} 놀고 있다.",
    "{fam/은는} {food/을를} 잘 만든다.", "{name/의의} 꿈은 {job/이가} 되는 것이었다.", "{time}이 되자 모두 {집으로 돌아갔다|자리에서 일어났다|밥을 먹었다}.",
    "{region/은는} {조용한|아름다운|오래된|바쁜} 도시이다.", "그 {thing/은는} {money}이었다.", "{subj} 수업은 {어렵지만|길지만} {재미있다|도움이 된다}.",
    "창밖에는 {weather/이가} {보였다|가득했다}.", "{name/은는} {drink/을를} 마시며 {책을 읽었다|생각에 잠겼다|친구를 기다렸다}.", "{friend/은는} 웃으며 {고맙다고|괜찮다고|다시 오겠다고} 말했다.",
    "그래서 {name/은는} {다시 시작하기로|조금 쉬기로|먼저 전화하기로} 했다.", "하지만 {thing/은는} {어디에도 없었다|금방 고장 났다|생각보다 비쌌다}.", "{date}에 {place/이가} 문을 {열었다|닫았다}.",
)  # fmt: skip
EXPLAIN = (
    "{a/은는} {b}의 한 종류이다.", "봄에는 꽃이 피고 여름에는 {덥다|비가 많이 온다}.", "물은 섭씨 0도에서 얼고 100도에서 끓는다.", "일주일은 7일이고 하루는 24시간이다.",
    "인터넷에서는 {latin/을를} 이용해 정보를 {찾는다|나눈다}.", "약관은 계약의 내용을 미리 적어 둔 문서이다.", "보험은 큰 손해에 대비하는 제도이다.", "모델은 많은 글을 읽고 다음 말을 배운다.",
    "특허는 발명을 보호하는 권리이다.", "청구항은 보호받으려는 범위를 {적은 것이다|정한다}.", "먼저 {thing/을를} 준비하고 다음에 {thing2/을를} {놓는다|닦는다|정리한다}.", "{food/을를} 만들 때는 {불을 줄이고|소금을 조금 넣고|오래 끓이고} 기다린다.",
    "건강을 지키려면 잘 자고 {골고루 먹고|꾸준히 걷고} 물을 마셔야 한다.", "개인정보는 {함부로 알려 주면 안 된다|가려서 저장한다}.", "요약은 긴 글을 짧게 줄이는 일이다.", "거짓말을 하지 않고 모르면 모른다고 말한다.",
)  # fmt: skip
CODE = (
    "def {latin}({l2}):\n    return {l2} + {n}", "for {l2} in range({n}):\n    print({l2})", "SELECT {latin}, {l2} FROM {l3} WHERE id = {n};", "import {latin}\n{l2} = {latin}.{l3}()",
    "<div class=\"{latin}\">{l2}</div>", "$ {latin} --{l2} {n} > {l3}.txt", "{latin}={n}&{l2}={l3}", "if {l2} == {n}:\n    {l3} = True\nelse:\n    {l3} = False", "# {latin}\n- [{l2}](https://{host}/{l3})", "{latin}@{host}", "C:\\{latin}\\{l2}.{l3}", "x = [{n}, {n2}]; y = x[0] * {n2} % {n} ~ |{l2}| `{l3}` ^",
)  # fmt: skip
CODE_SLOTS = "latin l2 l3 n n2 host".split()


def story(rng: random.Random) -> str:
    """Two to six sentences, half of them about the same people."""
    slots = chat.slots(rng) | {"a": w.pick(rng, w.FOODS), "b": "음식"}
    frames = rng.sample(STORIES if rng.random() < 0.7 else STORIES + EXPLAIN, rng.randint(2, 6))
    return " ".join(fill(frame, rng, slots) for frame in frames)


def latin_text(rng: random.Random) -> str:
    """Code, queries, addresses, records, or a row of Latin words."""
    way = rng.random()
    if way < 0.4:
        line = w.pick(rng, list(CODE))
        values = {"latin": w.latin(rng), "l2": w.latin(rng), "l3": w.latin(rng), "n": w.number(rng, 2), "n2": w.number(rng, 3), "host": w.pick(rng, w.HOSTS)}  # fmt: skip
        for slot in CODE_SLOTS:
            line = line.replace("{" + slot + "}", values[slot])
        return line
    if way < 0.6:
        return f"https://{w.pick(rng, w.HOSTS)}/{w.latin(rng)}/{w.number(rng, 3)}?{w.latin(rng)}={w.latin(rng)}"
    if way < 0.8:
        return json.dumps({w.latin(rng): rng.choice([w.latin(rng), rng.randint(0, 999), True, None]) for _ in range(3)})
    return " ".join(w.latin(rng) for _ in range(rng.randint(3, 10)))


def arithmetic(rng: random.Random) -> tuple[str, str]:
    """(question, answer): small sums and which of two numbers is larger."""
    a, b = rng.randint(1, 50), rng.randint(1, 50)
    if rng.random() < 0.5:
        return fill(
            "{{a} 더하기 {b}{는|은}?|{a} + {b} = ?|{a/과와} {b/을를} 더하면?}", rng, {"a": str(a), "b": str(b)}
        ), f"{a + b}"
    if a == b:
        return f"{a}와 {b}는 같아?", "네, 같습니다."
    return fill("{a/과와} {b} 중 {큰|더 큰} {수는|것은}?", rng, {"a": str(a), "b": str(b)}), f"{max(a, b)}"


PAIRS = (
    ("대한민국의 수도는?", "서울입니다."), ("일 년은 몇 달이야?", "열두 달입니다."), ("한글은 누가 만들었어?", "세종대왕이 만들었습니다."), ("무지개는 몇 가지 색이야?", "일곱 가지입니다."),
    ("너는 누구야?", "저는 말모이의 작은 한국어 모델입니다."), ("넌 뭘 할 수 있어?", "짧은 대화와 요약, 주어진 글에 대한 질문에 답할 수 있습니다."), ("말모이가 뭐야?", "말을 모은다는 뜻이고, 모델을 가르치는 작업장입니다."),
    ("내일 비트코인 가격은?", "알 수 없습니다."), ("로또 번호 알려 줘", "그건 알 수 없습니다."), ("안녕하세요", "안녕하세요. 무엇을 도와드릴까요?"), ("이름이 뭐예요?", "저는 말모이 시작 모델입니다."), ("고마워요", "도움이 되어 기쁩니다."),
    ("모르면 어떻게 해?", "모르면 모른다고 말합니다."), ("물은 몇 도에서 끓어?", "섭씨 100도에서 끓습니다."), ("일주일은 며칠이야?", "7일입니다."), ("우리나라에서 가장 큰 섬은?", "제주도입니다."),
)  # fmt: skip
