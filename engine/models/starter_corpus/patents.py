"""Patent comparisons: a product, a claim, and the verdict as JSON in the form of the patent recipe."""

import json
import random

from engine.models.starter_corpus import words as w
from engine.models.starter_corpus.grammar import fill, josa

# element, how a product may have it in other words, something clearly different in its place, a vague mention
PARTS = (
    ("알루미늄 하우징", "알루미늄으로 만든 외함", "플라스틱 케이스", "금속 느낌의 외함"),
    ("리튬이온 배터리", "재충전이 되는 리튬이온 전지", "일회용 건전지", "내장 전원"),
    ("온도 센서", "온도를 재는 감지부", "습도 센서", "상태를 아는 장치"),
    ("블루투스 통신부", "블루투스로 연결되는 모듈", "유선 케이블 연결", "외부와 연결되는 기능"),
    ("실리콘 패킹", "실리콘으로 된 밀봉 고리", "패킹이 없는 구조", "물이 새지 않는 구조"),
    ("회전하는 칼날", "모터로 도는 커터", "고정된 칼날", "재료를 자르는 부분"),
    ("접이식 손잡이", "접을 수 있는 손잡이", "일체형 고정 손잡이", "잡기 쉬운 손잡이"),
    ("자외선 살균 램프", "자외선을 내는 살균등", "열풍 건조만 하는 장치", "위생 기능"),
    ("압력 조절 밸브", "압력을 맞추는 밸브", "밸브가 없는 관", "안전을 돕는 부품"),
    ("터치 디스플레이", "손으로 누르는 화면", "기계식 버튼", "조작부"),
    ("카본 섬유 프레임", "탄소 섬유로 된 틀", "강철 프레임", "가볍고 튼튼한 틀"),
    ("무선 충전 코일", "무선 충전을 받는 코일", "충전 단자만 있는 구조", "편리한 충전 방식"),
    ("자석 결합부", "자석으로 붙는 연결부", "나사로 고정하는 연결부", "쉽게 붙이는 구조"),
    ("음성 인식 모듈", "목소리를 알아듣는 모듈", "리모컨 조작", "스마트 기능"),
    ("이중 진공 단열벽", "진공층이 있는 두 겹 벽", "한 겹의 벽", "보온이 잘되는 몸체"),
    ("세라믹 코팅층", "세라믹으로 입힌 표면", "코팅이 없는 표면", "눌어붙지 않는 표면"),
    ("높이 조절 다리", "길이를 바꾸는 다리", "높이가 고정된 다리", "안정된 다리"),
    ("필터 교체 알림", "필터를 갈 때를 알리는 표시", "알림이 없는 구조", "관리하기 쉬운 기능"),
    ("태양광 패널", "햇빛으로 전기를 만드는 판", "전원 콘센트만 쓰는 구조", "친환경 전원"),
    ("가속도 센서", "움직임을 재는 가속도계", "소리만 재는 마이크", "활동을 아는 기능"),
    ("방수 지퍼", "물을 막는 지퍼", "단추로 여미는 덮개", "젖지 않게 하는 덮개"),
    ("메모리폼 쿠션", "기억 형상 스펀지 쿠션", "솜을 넣은 쿠션", "편안한 쿠션"),
    ("전해질 겔층", "겔 형태의 전해질", "액체 전해질", "전도성 물질"),
    ("그래핀 전극", "그래핀으로 된 전극", "구리 전극", "전기가 잘 통하는 전극"),
    ("히알루론산 성분", "히알루론산을 넣은 조성", "글리세린만 넣은 조성", "보습 성분"),
    ("유산균 배양액", "유산균을 기른 액", "비타민 용액", "몸에 좋은 성분"),
    ("자동 잠금 장치", "저절로 잠기는 장치", "손으로 잠그는 고리", "안전장치"),
    ("초음파 진동자", "초음파로 떨리는 소자", "가열판", "물을 뿜는 장치"),
    ("머신러닝 분석부", "학습된 모델로 분석하는 서버", "정해진 규칙표", "데이터를 처리하는 부분"),
    ("암호화 저장부", "암호화하여 저장하는 메모리", "암호 없이 저장하는 카드", "저장 공간"),
)  # fmt: skip
PRODUCTS = "휴대용 선풍기,전동 칫솔,보온병,공기 청정기,무선 청소기,접이식 의자,스마트 시계,캠핑 랜턴,가습기,커피 머신,전기 자전거,반려동물 급식기,텐트,배낭,믹서기,체온계,혈압계,마스크팩,배터리 팩,도어록,조명 스탠드,정수기,살균기,헤드폰,온열 매트".split(",")  # fmt: skip
INSTRUCTIONS = (
    "{제품 설명과 청구항을|제품과 특허 청구항을|다음 제품과 청구항을} 비교하여 침해 {위험|가능성}을 JSON으로 {판단하세요|답하세요|출력하세요}.",
    "{특허 청구항의 구성요소를|청구항의 각 구성요소를} 제품과 {비교하고|대비하고} 결과를 JSON{으로|으로만} {쓰세요|출력하세요|답하세요}.",
    "당신은 특허 분석가입니다. {침해 여부를|침해 위험을} JSON으로 판단하세요.", "특허 침해 판단 결과를 JSON 형식으로 작성하세요.",
)  # fmt: skip
HAS = (
    "{p/을를} {갖추고 있다|포함한다|가지고 있습니다|구비한다}.",
    "{p/이가} {있다|들어 있다|달려 있습니다|적용되었다}.",
    "{p/을를} {사용한다|씁니다|채택했다}.",
)
REASONS = {
    "높음": "모든 구성요소가 {일치한다|제품에 있다|일치하여 침해 위험이 높다}.",
    "낮음": "{e/이가} 제품에 {없다|없어 침해 위험이 낮다|없고 {o/으로} 되어 있다}.",
    "애매": "{e/이가} {분명하지 않다|불명확하여 판단하기 어렵다|있는지 확실하지 않다}.",
}


def element(rng: random.Random) -> tuple[str, str, str, str]:
    """A claim element and its three counterparts; one in four is named by an unseen word."""
    part = PARTS[int(rng.random() * len(PARTS))]
    if rng.random() > 0.25:
        return part
    unseen, other = w.madeup(rng, 2, 3), w.madeup(rng, 2, 3)
    return f"{unseen} 부재", f"{unseen} 부재", f"{other} 부재", "어떤 부재"


def comparison(rng: random.Random, most: int = 3) -> tuple[str, str, str]:
    """(instruction, product and claim, JSON). All met: 높음; one missing: 낮음; else one unclear: 애매."""
    risk = w.pick(rng, ["높음", "애매", "낮음"])
    count = rng.randint(1, most)
    elements = list({part[0]: part for part in (element(rng) for _ in range(count))}.values())
    matches = ["일치"] * len(elements)
    decisive = int(rng.random() * len(elements))
    if risk != "높음":
        matches[decisive] = "불일치" if risk == "낮음" else "불명확"
    rows, said = [], []
    for part, match in zip(elements, matches, strict=True):
        has = part[0] if match == "일치" and rng.random() < 0.5 else part[("일치", "불일치", "불명확").index(match) + 1]
        said.append(fill(w.pick(rng, list(HAS)), rng, {"p": has}))
        rows.append({"claim_element": part[0], "product_element": has, "match": match})
    product = w.pick(rng, PRODUCTS) if rng.random() < 0.8 else w.madeup(rng)
    rng.shuffle(said)
    claim = ", ".join(part[0] for part in elements)
    claim = josa(claim, "을를") + fill(f" {{포함하는|구비한|갖는}} {product}", rng)
    reason = fill(
        "{" + REASONS[risk] + "|" + REASONS[risk] + "}", rng, {"e": elements[decisive][0], "o": elements[decisive][2]}
    )
    verdict = {"risk_level": risk, "comparisons": rows, "decision_reason": reason}
    heads = rng.choice((("제품: ", "\n청구항: "), ("[제품 설명]\n", "\n\n[청구항]\n"), ("제품 설명: ", "\n\n청구항: ")))
    given = f"{heads[0]}{josa(product, '은는')} {' '.join(said)}{heads[1]}{claim}"
    if rng.random() < 0.1:
        given = f"청구항: {claim}\n제품: {josa(product, '은는')} {' '.join(said)}"
    return fill(w.pick(rng, list(INSTRUCTIONS)), rng), given, json.dumps(verdict, ensure_ascii=False)
