"""존댓말 or 반말, by the ending of a sentence. It knows no grammar beyond endings and never guesses from the middle."""

import re
from typing import Literal

from engine.korean.hangul import CRYING, EMOJI, EMOTICON, LAUGHTER, nfc

SpeechLevel = Literal["polite", "casual", "unknown"]

_NOISE = re.compile(r"[\s.,!?~…·ㆍ;:^\"'”’)\]♡♥★☆ㄱ-ㅎㅏ-ㅣ-]+$")
_PLACEHOLDER = re.compile(r"\[[가-힣A-Za-z]+_\d+\]")

# Nouns that end like a polite or casual ending; alone at the end of a line they say nothing about the level.
_NOUNS = frozenset(
    "필요 중요 수요 가요 동요 소요 고요 월요 화요 목요 일요 토요 강요 주요 무료 자료 재료 음료 종료 진료 "
    "영어 국어 언어 단어 용어 상어 연어 문어 인어 한국어 일본어 중국어 가지 강아지 돼지 바지 편지 휴지 아버지 까지 반지 "
    "먼지 정지 유지 금지 이미지 메시지 페이지 패키지 소시지 잔디 어디 누구 언제 뭐 고양이 아이 우리 그거 이거 저거 "
    "바다 판다 소다 제주도 지하철 구두 가게 무게 조개 베개 노래 미래 아래 모래 빨래 고래 어제 이제 야구 축구 농구 배구 친구 "
    "도구 가구 식구 인구 연구 요구 청구 출구 입구 항구 지구 전구 당구 구구 분야 시야 심야 광야 잉어 치아 영화 전화 대화 문화 "
    "카드 노트 네 예 나 너 걔 얘 쟤".split()
) - {"네", "예"}

_POLITE_WORDS = frozenset("네 예 넵 넹 옙 네네 예예 넵넵 넴 녜".split())
_CASUAL_WORDS = frozenset(
    "응 웅 엉 어 아니 그래 그럼 야 ㅇㅇ 오키 오케이 콜 굿 진짜 헐 대박 맞아 몰라 글쎄 고마워 미안 안녕".split()
)

_POLITE = re.compile(
    r"(?:니다|니까|시오|세요|셔요|예요|에요|여요|[가-힣]요|습니당|니당|세용|[해봐와워줘돼되나까네죠지데가게는은]용|[세해에예네까어아나래가데요지]여|"
    r"[하이계오가]시죠|죠|지요|구만유|시게|소서|드림|하십쇼|십쇼|합니더|심더|습죠)$"
)
_CASUAL = re.compile(
    r"(?:[가-힣](?:다|냐|니|자|지|어|아|야|래|라|네|군|걸|게|까|데|든|구나|는구만|거든|잖아|을게|을래|ㄹ래|렴|려고|려구|던데|더라|더라고|라고|라구|다고|다구|단다|란다|마라)|"
    r"[해봐와워줘돼가자사써져쳐펴켜여셔꿔파퍼빠뻐커쪄춰놔떠싸꺼]|[할갈올볼살줄될]걸|[할갈올볼줄]게|[할갈올볼줄]래|맞음|있음|없음|했음|겠음|같음|하셈|함|됨|임)$"
)


def speech_level(sentence: str) -> SpeechLevel:
    """Speech level of one sentence. "unknown" for noun endings, placeholders, laughter alone."""
    body = _bare(sentence)
    if not body:
        return "unknown"
    last = body.split()[-1]
    if last in _POLITE_WORDS:
        return "polite"
    if last in _CASUAL_WORDS:
        return "casual"
    if last in _NOUNS:
        return "unknown"
    if _POLITE.search(last):
        return "polite"
    return "casual" if _CASUAL.search(last) else "unknown"


def _bare(sentence: str) -> str:
    """The sentence without what chat puts after its ending: laughter, tears, emoji, signs."""
    body = _PLACEHOLDER.sub("", nfc(sentence)).strip()
    before = None
    while body != before:
        before = body
        for pattern in (EMOJI, EMOTICON, LAUGHTER, CRYING):
            for match in list(pattern.finditer(body))[-1:]:
                if match.end() == len(body):
                    body = body[: match.start()].rstrip()
        body = _NOISE.sub("", body)
    return body
