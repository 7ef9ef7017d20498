"""존댓말 or 반말, by the ending of a sentence, chat spellings included. It never guesses from the middle.

하오 style counts as polite; 하게 style, 음슴체 (했음) and consonant words (ㅇㅇ) as casual. Nouns and unfinished clauses say
nothing. It knows endings and some nouns that look like one, no morphology: a new noun in -지 or -어 is taken for an ending.
"""

import re
from typing import Literal

from engine.korean.hangul import CRYING, EMOJI, EMOTICON, LAUGHTER, TAILS, compose, decompose, is_syllable, nfc

SpeechLevel = Literal["polite", "casual", "unknown"]
TextLevel = Literal["polite", "casual", "mixed", "unknown"]

_NOISE = re.compile(r"[\s.,!?~…·ㆍ;:^\"'”’)\]♡♥★☆ㄱ-ㅎㅏ-ㅣ-]+$")
_PLACEHOLDER = re.compile(r"\[[가-힣A-Za-z]+_\d+\]")
_END = re.compile(r"\n+|[.!?~…。]+(?=\s|$)|(?<=[가-힣])[ㅋㅎㅠㅜ]{2,}")

# Words that end like an ending and are none. Alone at the end of a line they say nothing about the level.
_NOUNS = frozenset(
    "필요 중요 수요 동요 소요 고요 월요 화요 목요 일요 토요 강요 주요 무료 자료 재료 음료 종료 진료 "
    "영어 국어 언어 단어 용어 상어 연어 문어 인어 한국어 일본어 중국어 외국어 존댓말 가지 강아지 돼지 바지 편지 휴지 아버지 반지 "
    "먼지 정지 유지 금지 이미지 메시지 페이지 패키지 소시지 잔디 어디 누구 언제 뭐 고양이 아이 우리 그거 이거 저거 마지 몇가지 여러가지 경지 "
    "바다 판다 소다 제주도 지하철 구두 가게 무게 조개 베개 노래 미래 아래 모래 빨래 고래 원래 본래 장래 어제 이제 야구 축구 농구 배구 친구 "
    "도구 가구 식구 인구 연구 요구 청구 출구 입구 항구 지구 전구 당구 구구 분야 시야 심야 광야 잉어 치아 영화 전화 대화 문화 육아 동아 "
    "언니 어머니 할머니 주머니 비니 동네 너네 가운데 한군데 군데 나라 콜라 기자 사자 타자 여자 남자 회사 혼자 의자 과자 피자 부자 모자 감자 "
    "게임 모임 책임 타임 프레임 담임 해임 취임 크림 포함 명함 사물함 우편함 보관함 오빠 아빠 소파 양파 대파 참여 기여 이해 오해 피해 올해 새해 "
    "고려 배려 염려 격려 우려 독려 하나 누나 혹시나 언제나 부엌 위드림 피아노 오징 페이징 이미징 카드 노트 너 나 걔 얘 쟤".split()
)
_POLITE_WORD = re.compile(r"(?:네|넵|넹|넴|넨|예|옙|녜)+[엡에예]?|드림|올림")
_CASUAL_WORD = re.compile(
    r"(?:응|웅|엉)+|어|아니|그래|그럼|야|오키(?:오키)?|오케이|콜|굿|진짜|헐|대박|맞아|몰라|글쎄|고마워|미안|안녕|왜|마|노노|그치|어쩔|"
    r"가|사|자|잘자|푹자|듯|[가-힣]+듯"
)
_INITIALS = re.compile(r"ㅇㅇ+|(?:ㅇㅋ)+|ㄴㄴ+|ㄱㄱ+|ㅇㅈ|ㄱㅅ|(?:ㅊㅋ)+|ㄳ|ㅎㅇ|ㅂㅂ|ㅅㄱ|ㄱㅊ|ㅇㄷ")
_ANSWERS = re.compile(r"네+|[넵넹넴옙]+|예|응+|웅+|ㅇㅇ+|(?:ㅇㅋ)+|ㄴㄴ+")
"""Said first, they tell the level of what follows when its ending does not (넵 확인)."""
_TRAILING = frozenset("그럼 진짜 정말 근데 이제 오늘 완전 빨리 혹시 그냥 아까".split())
"""Added after the ending (그럴까요 그럼)."""


def _ending_in(tail: str) -> str:
    """Every syllable with that final consonant, for a character class."""
    place = TAILS.index(tail)
    return "".join(chr(code) for code in range(0xAC00 + place, 0xD7A4, 28))


TAIL = 30
"""Letters looked at for laughter after an ending; a longer run takes several looks."""
_LAUGHS = frozenset("하하 히히 호호 헤헤 크크 키키 푸하 흑흑 엉엉".split())
_N, _L, _M, _B, _SS = (_ending_in(tail) for tail in "ㄴㄹㅁㅂㅆ")
# What stands before a chat spelling of 요 (해용, 했어욤, 네염); 내용, 사용, 감염 have other syllables there.
_STEMS = "해세네예에어아여져려쳐켜셔봐와줘워둬돼되게께까죠데거서래나지쁘유"
_POLITE = re.compile(
    f"(?:[{_B}{_M}]니(?:다|까|당|닷|더)|[{_B}]시[다당]|[{_B}]죠|[슴씀][다당닷]|(?:함|임|됨|감|옴|삼|아님|드림)[다당]"
    f"|[가-힣]요|[{_STEMS}](?:용|욤|욥|욧|욬|염|엽)|[해봐와워줘돼되나까네죠지데게는은세예에어아래가]여|[해어아네죠]유|[{_SS}]슈|[가-힣]쥬"
    f"|죠|시오|십쇼|[{_SS}없좋싫많]소|반갑소|고맙소|소서|심더)아?$"
)
_CASUAL = re.compile(
    f"(?:[가-힣][다냐지아어야네데]|[{_L}][게께걸까래겡껭랭]|[{_L}]라[고구]|(?:는|은|던|한)걸|니까|[{_N}]가(?:용)?|거든|잖아|구나|구만|군요?"
    f"|[{_SS}하가오보되이주자르기리으더먹러없]니|[{_SS}없]나|[하가오보되주뭇게]나|(?:일어|만|떠|끝|화|신|짜증)나|[{_SS}]군|[는렇하이]군"
    r"|[가하아어으더이거마해봐와줘려놔꺼켜써]라|[하가보먹놀오있말치시쉬내나리르우두걷찾앉받읽자]자|[가-힣]려|렴|려[고구]|[다라냐자][고구]"
    r"|[해봐와워줘돼써쪄켜펴여셔꿔퍼파빠뻐커져쳐겨춰놔떠싸]|[달빨몰골]라|(?:들어|나|올라|내려|돌아|지나|걸어|넘어|데려|가져|따라)가|지마"
    f"|[{_SS}없같맞좋싫많찮]음|(?:먹|읽|받|찾|씻|앉)음|[{_SS}없]슴|함|됨|임|[하가오보으주드][삼셈]"
    f"|[{_SS}없좋싫많맞같찮]앙|[{_SS}없있]엉|(?:머|뭐|거|니)양|[가-힣][넹징뎅]|^그랭|몰랑|구낭|[{_SS}{_N}하이리되좋싫맞싶]당|[하놀먹]장|[가-힣] 가장"
    f"|지롱|당께|[{_SS}]제|라제|[{_SS}]노|(?:하|라)노|[{_SS}]대|[한간온된]대|^뭐하게|그러게|^[하오가보앉먹]게)$"
)


def speech_level(sentence: str) -> SpeechLevel:
    """Speech level of one sentence. "unknown" for noun endings, placeholders, laughter alone."""
    said = _PLACEHOLDER.sub("", nfc(sentence)).strip()
    raw = said.split()
    if raw and any(_INITIALS.fullmatch(word) for word in (raw[-1], raw[-1].rstrip("~!.?^ㅎㅋ"))):
        return "casual"
    words = _bare(said).split()
    if not words:
        return "unknown"
    if len(words) > 1 and words[-1] in _TRAILING and (level := _of_words(words[:-1])) != "unknown":
        return level
    level = _of_words(words)
    if level == "unknown" and len(words) > 1 and _ANSWERS.fullmatch(words[0]):
        return "polite" if _POLITE_WORD.fullmatch(words[0]) else "casual"
    return level


def text_level(text: str) -> TextLevel:
    """Speech level of a whole message: `mixed` when one sentence is polite and another casual."""
    found = {speech_level(part) for part in _END.split(text) if part.strip()} - {"unknown"}
    if len(found) == 2:
        return "mixed"
    return found.pop() if found else "unknown"


def _of_words(words: list[str]) -> SpeechLevel:
    last = _heard(words[-1])
    if _POLITE_WORD.fullmatch(last):
        return "polite"
    if _CASUAL_WORD.fullmatch(last):
        return "casual"
    if last in _NOUNS or last.endswith(("까지", "머니", "페이지", "메시지")):
        return "unknown"
    if _POLITE.search(last):
        return "polite"
    ending = last if len(words) == 1 else f"{words[-2][-1]} {last}" if last == "가장" else last
    return "casual" if _CASUAL.search(ending) else "unknown"


def _heard(word: str) -> str:
    """했엌 is 했어 that ran into its laughter."""
    last = word[-1]
    if not is_syllable(last) or word == "부엌":
        return word
    lead, vowel, tail = decompose(last)
    return word[:-1] + compose(lead, vowel) if tail == "ㅋ" else word


def _bare(sentence: str) -> str:
    """The sentence without what chat puts after its ending: laughter, tears, emoji, signs."""
    body = _NOISE.sub("", sentence)
    while body and (not is_syllable(body[-1]) or body[-2:] in _LAUGHS):
        before = body
        tail = body[-TAIL:]
        for pattern in (EMOJI, EMOTICON, LAUGHTER, CRYING):
            for match in list(pattern.finditer(tail))[-1:]:
                if match.end() == len(tail):
                    body = body[: len(body) - len(match.group())]
                    tail = body[-TAIL:]
        body = _NOISE.sub("", body)
        if body == before:
            break
    return body
