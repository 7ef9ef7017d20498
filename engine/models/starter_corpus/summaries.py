"""Short dialogues and their summaries: who wants what, when, where, and what was decided."""

import random

from engine.models.starter_corpus import chat
from engine.models.starter_corpus import words as w
from engine.models.starter_corpus.grammar import fill

INSTRUCTIONS = [
    "다음 대화를 요약해주세요.", "아래 대화의 핵심 내용을 정리해주세요.", "주어진 대화를 간단히 요약하세요.",
    "다음 대화에서 중요한 정보를 추출해 요약하세요.", "대화 내용을 한 문단으로 요약해주세요.", "대화를 요약하세요.", "한 문장으로 요약해 줘.",
]  # fmt: skip
# (turns parted by ">>": x speaks first, y answers, alternating; summary). ^ and {반말;존댓말} as in grammar.
SCENES = (
    ("{when} {place} {갈래^|가자;가시죠}? >> {좋아^|그래^} 몇 시에 {만날까^|볼까^}? >> {time} 어때^? >> {알겠어^|괜찮아^} {place2} 앞에서 {봐^|만나^}",
     "{x/와과} {y/은는} {when} {time}에 {place2} 앞에서 만나 {place}에 {가기로|함께 가기로} {했다|약속했다}."),
    ("{when} {food} 먹으러 갈래^? >> {food/은는} 어제 먹었어^ {food2} 어때^? >> {좋아^ {food2/으로} {하자;하죠}|{food2/도도} 좋아^} >> {그럼 {time}에 {봐^|만나^}|{time}에 예약할게^}",
     "{x/은는} {food/을를} 먹자고 했지만 {y/이가} 어제 먹었다고 해 {time}에 {food2/을를} 먹기로 했다."),
    ("{thing} 빌려줄 수 있어^? >> 언제 필요해^? >> {when} {쓸 거야;쓸 거예요} >> {알겠어^ {place}에서 줄게^|그래^ {time}에 가져갈게^}",
     "{x/이가} {when} 쓸 {thing/을를} 빌려 달라고 {했고|부탁했고} {y/은는} 빌려주기로 했다."),
    ("{money}만 빌려줄 수 있어^? >> 무슨 일이{야;에요}? >> {thing/을를} 사야 하는데 돈이 모자라^ >> {미안해^ 나도 요즘 어려워^|미안해^ 이번에는 안 되겠어^}",
     "{x/이가} {thing/을를} 사려고 {money/을를} 빌려 달라고 했지만 {y/은는} 거절했다."),
    ("{money}만 빌려줄 수 있어^? >> 언제 갚을 거{야;예요}? >> {day}에 갚을게^ >> {알겠어^ 계좌 보내^|그래^ 지금 보낼게^}",
     "{x/은는} {y}에게 {money/을를} 빌리고 {day}에 갚기로 했다."),
    ("{fam} 생신 선물 뭐 {살까^|하지^}? >> {thing} 어때^? >> {그건 작년에 드렸어^|그건 있으셔^} >> 그럼 {thing2} {하자;해요} >> {좋아^ {money}씩 내자;좋아요 {money}씩 내요}",
     "{x/와과} {y/은는} {fam} 생신 선물로 {thing2/을를} {사기로|사고 {money}씩 내기로} 했다."),
    ("{{day} 회의|회의} 몇 시{야;예요}? >> {time}{이야;이에요} >> 어디서 해^? >> {n}층 회의실{이야;이에요} 자료 준비해^ >> {알겠어^|{응;네} 준비할게^}",
     "{x/은는} 회의가 {time}에 {n}층 회의실에서 {열린다는|있다는} 것을 듣고 자료를 준비하기로 했다."),
    ("주문한 {thing/이가} 안 왔어^ >> 언제 주문했어^? >> {n}일 전{이야;이에요} >> {확인해 볼게^ {day}까지 갈 거야;확인해 보니 {day}까지 도착합니다}",
     "{x/이가} {n}일 전에 주문한 {thing/이가} 오지 않는다고 {하자|문의하자} {y/은는} {day}까지 도착한다고 {했다|답했다}."),
    ("{n}분 늦을 것 같아^ 미안해^ >> {괜찮아^|왜^?} >> {차가 막혀^|버스를 놓쳤어^} >> {place}에서 기다릴게^ {천천히|조심히} 와^",
     "{x/이가} {n}분 늦는다고 하자 {y/은는} {place}에서 기다리겠다고 했다."),
    ("{요즘 |}{배가|머리가|허리가|목이} 아파^ >> 병원은 가 봤어^? >> 아직^ {시간이 없었어^|일이 바빠서} >> {day}에 꼭 가 봐^ 내가 예약해 줄게^ >> 고마워^",
     "{x/이가} 아프다고 하자 {y/은는} {day}에 병원에 가라고 {했다|권하며 예약해 주기로 했다}."),
    ("{region} 여행 언제 {갈까^|가지^}? >> {date} 어때^? >> 좋아^ 숙소는^? >> 하룻밤에 {money} 정도면 될 것 같아^ >> {그럼 내가 예약할게^|알겠어^ 예약할게^}",
     "{x/와과} {y/은는} {date}에 {region/으로} 여행을 가기로 했고 숙소는 하룻밤에 {money} 정도로 {x/이가} 예약하기로 했다."),
    ("{hobby} 배우고 싶어^ >> 나는 {hobby2} {다니고 있어^|배워^} 같이 할래^? >> 얼마{야;예요}? >> 한 달에 {money} >> {생각해 볼게^|좋아^ 같이 {하자;해요}}",
     "{x/은는} {hobby/을를} 배우고 싶어 하고 {y/은는} 한 달에 {money}인 {hobby2/을를} 함께 하자고 했다."),
    ("{thing/을를} 잃어버렸어^ >> 어디서^? >> {place}에서 잃어버린 것 같아^ >> {내가 전화해 볼게^|분실물 센터에 물어봐^} >> 고마워^",
     "{x/이가} {place}에서 {thing/을를} 잃어버렸고 {y/은는} {돕기로 했다|찾는 방법을 알려 주었다}."),
    ("나 {job} 그만두려고^ >> 왜^? 무슨 일 있어^? >> {일이 너무 많아^|다른 일을 해 보고 싶어^} >> {잘 생각해 봐^|응원할게^} >> {{date}까지만 할 거야;{date}까지만 할 거예요}",
     "{x/은는} {date}까지만 {job} 일을 하고 그만두려 {한다|하며 {y/이가} 이야기를 들어 주었다}."),
    ("{animal/이가} 아파^ >> {어디가^?|언제부터^?} >> {어제부터 밥을 안 먹어^|자꾸 토해^} >> {place} 옆 동물병원에 가 봐^ {time}까지 해^ >> 고마워^ 지금 갈게^",
     "{x/의의} {animal/이가} 아파서 {y/은는} {time}까지 하는 {place} 옆 동물병원을 알려 주었다."),
    ("{subj} 숙제 했어^? >> 아직^ {너무 어려워^|반만 했어^} >> {when} {place}에서 같이 하{자;죠} >> {좋아^|그래^} {time}에 {봐^|갈게^}",
     "{x/와과} {y/은는} {when} {time}에 {place}에서 {subj} 숙제를 같이 하기로 했다."),
)  # fmt: skip


def scene(rng: random.Random) -> tuple[str, str]:
    """(dialogue, summary)."""
    turns, summary = SCENES[int(rng.random() * len(SCENES))]
    slots = chat.slots(rng) | {"place2": w.pick(rng, w.PLACES)}
    slots["x"], slots["y"] = _two_names(rng)
    polite = rng.random() < 0.45
    voices = [chat.speaker(rng, polite), chat.speaker(rng, polite)]
    said = [
        voices[at % 2].say(fill(turn, rng, slots, polite=polite), rng, sad=False)
        for at, turn in enumerate(turns.split(" >> "))
    ]
    spoken = "\n".join(f"{slots['xy'[at % 2]]}: {line}" for at, line in enumerate(said))
    chosen = fill(summary, rng, slots, polite=False)
    return spoken, chosen if rng.random() < 0.7 else chosen[:-2] + "습니다." if chosen.endswith("했다.") else chosen


def _two_names(rng: random.Random) -> tuple[str, str]:
    way = rng.random()
    if way < 0.2:
        return "[이름_1]", "[이름_2]"
    if way < 0.3:
        return rng.choice((("A", "B"), ("P01", "P02"), ("화자1", "화자2"), ("고객", "상담원"), ("손님", "점원")))
    first, second = (w.person(rng) if way > 0.7 else w.given_name(rng) for _ in range(2))
    return first, second if second != first else second + "이"


def summary(rng: random.Random) -> tuple[str, str, str]:
    """(instruction, dialogue, summary)."""
    spoken, short = scene(rng)
    return w.pick(rng, INSTRUCTIONS), w.pick(rng, ["", "", "[대화]\n", "대화:\n"]) + spoken, short
