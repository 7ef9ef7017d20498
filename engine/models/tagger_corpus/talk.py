"""Everyday words and predicates for the slots of the templates, and what stands in for a person in a sentence without one."""

import random
from functools import cache

from engine.korean.hangul import has_batchim
from engine.models.starter_corpus.words import madeup
from engine.models.tagger_corpus import people, places
from engine.models.tagger_corpus.grammar import Writer
from engine.models.tagger_corpus.lexicon import Predicate, lexicon
from engine.models.tagger_corpus.people import pick
from engine.privacy.name_tables import FIRST, JOBS, PUBLIC, SECOND, SURNAMES

STARS = [
    *sorted(PUBLIC),
    *"손흥민 이강인 김민재 황희찬 박지성 차범근 류현진 이정후 김하성 추신수 이대호 구자욱 김연아 김연경 안세영 페이커 메시 호날두 음바페 오타니 르브론 아이유 태연 지드래곤 대성 탑 비 싸이 방탄소년단 지민 정국 뷔 진 슈가 블랙핑크 제니 지수 로제 리사 뉴진스 하니 민지 해린 다니엘 혜인 "
    "에스파 카리나 윈터 닝닝 지젤 아이브 장원영 안유진 르세라핌 카즈하 트와이스 나연 사나 모모 쯔위 세븐틴 스트레이키즈 데이식스 잔나비 장범준 버스커버스커 악뮤 이찬혁 이수현 성시경 박효신 이문세 임영웅 이찬원 영탁 장민호 정동원 송가인 나훈아 심수봉 유재석 박명수 정준하 하하 신동엽 강호동 이수근 김종국 "
    "전현무 박나래 기안84 이장우 백종원 이연복 안성재 송강호 마동석 황정민 이병헌 최민식 하정우 조인성 현빈 공유 이동욱 박서준 박보검 차은우 변우석 김수현 송중기 이종석 남주혁 로운 손예진 전지현 송혜교 김태리 김고은 한소희 고윤정 박은빈 아이린 수지 신세경 신민아 한효주 봉준호 박찬욱 윤여정 "
    "세종대왕 이순신 신사임당 안중근 유관순 윤봉길 김구 홍길동전 심청 춘향 이몽룡 흥부 놀부 김소월 윤동주 한용운 백석 한강 박완서 조정래 김영하 이상 황순원 문재인 윤석열 이재명 한동훈 이준석 안철수 홍준표 오세훈 박근혜 이명박 노무현 김대중 트럼프 바이든 오바마 푸틴 시진핑 김정은 머스크 일론머스크 "
    "스티브잡스 빌게이츠 젠슨황 아인슈타인 뉴턴 피카소 고흐 모네 베토벤 모차르트 쇼팽 제갈량 유비 조조 관우 장비 공자 맹자 노자 예수 부처 마리아 제갈공명 황진이 장보고 을지문덕 광개토대왕 장영실 정약용 허준 김유신 계백 왕건 이성계 정도전 정몽주 사도세자 장희빈 명성황후".split(),
]
CHARACTERS = "뽀로로 피카츄 짱구 코난 도라에몽 헬로키티 마이멜로디 쿠로미 시나몬롤 펭수 라이언 어피치 춘식이 무지 콘 튜브 네오 둘리 또치 고길동 마이콜 하니 까치 엄지 타요 로보카폴리 티니핑 하츄핑 바로핑 스폰지밥 뚱이 미키마우스 엘사 안나 올라프 우디 버즈 토토로 가오나시 루피 나루토 손오공 베지터 강백호 서태웅 탄지로 네즈코 고죠 해리포터 헤르미온느 론 볼드모트 간달프 스파이더맨 아이언맨 토르 헐크 배트맨 조커 마리오 루이지 쿠파 젤다 링크 커비 소닉 메이플 티모 야스오 아리 럭스 이즈리얼 잔나 제드 가렌 다리우스 징크스 진라면 고라파덕 잠만보 이상해씨 꼬부기 파이리".split()
BRANDS = "스타벅스 스벅 이디야 메가커피 컴포즈 투썸 파리바게뜨 뚜레쥬르 던킨 배스킨라빈스 배라 맥도날드 맥날 버거킹 롯데리아 맘스터치 교촌 비비큐 굽네 푸라닭 엽떡 신전 본죽 김밥천국 이마트 홈플러스 코스트코 다이소 올리브영 쿠팡 네이버 카카오 배민 요기요 당근 무신사 지그재그 에이블리 마켓컬리 컬리 오늘의집 야놀자 여기어때 에어비앤비 삼성 애플 엘지 현대 기아 쏘카 카카오택시 토스 국민은행 신한은행 우리은행 하나은행 농협 카뱅 케뱅 넷플릭스 디즈니플러스 유튜브 인스타 카톡 틱톡 CU GS25 세븐일레븐 참이슬 처음처럼 진로 카스 테라 한라산 신라면 진라면 삼양 오뚜기 농심 종가집 비비고 햇반 나이키 아디다스 유니클로 자라 이케아 롯데월드 에버랜드 신세계 현대백화점 갤러리아 아웃백 빕스 애슐리 하이디라오 명륜진사갈비 한신포차 역전할머니맥주 설빙 공차".split()
FOODS = "김치찌개 된장찌개 부대찌개 순두부 삼겹살 목살 소고기 갈비 곱창 막창 족발 보쌈 치킨 피자 햄버거 파스타 라면 떡볶이 순대 튀김 김밥 초밥 회 연어 돈까스 우동 냉면 비빔면 칼국수 수제비 만두 짜장면 짬뽕 탕수육 마라탕 양꼬치 훠궈 쌀국수 팟타이 카레 샐러드 샌드위치 토스트 와플 케이크 마카롱 빙수 아이스크림 고구마 감자 옥수수 군고구마 호떡 붕어빵 미역국 소고기무국 콩나물국 육개장 설렁탕 감자탕 해장국 추어탕 삼계탕 백숙 닭갈비 닭발 닭볶음탕 제육볶음 오징어볶음 낙지 아귀찜 해물찜 조개구이 장어 고등어 갈치 잡채 전 파전 김치전 떡국 송편 라볶이 고구마라떼 아메리카노 라떼 유자차 식혜 막걸리 소주 맥주 와인 하이볼 사이다 콜라".split()
KINS = "엄마 아빠 어머니 아버지 할머니 할아버지 외할머니 이모 고모 삼촌 외삼촌 숙모 언니 오빠 누나 형 동생 사촌 조카 남편 아내 와이프 신랑 시어머니 시아버지 장모님 장인어른 며느리 사위 형부 매형 제부 올케 처제 처남 아들 딸 손자 손녀 막내 큰딸 작은아들 자기 여보 남친 여친 남자친구 여자친구 전남친 썸남 애기 애들 친구 베프 룸메 동기 선배 후배 이웃 윗집 옆집 아랫집 앞집 집주인 세입자 사장 손님 알바 주인 경비아저씨 택배기사 엄니 아부지 할매 할배 울엄마 우리아빠 큰이모 막내삼촌 작은엄마 큰아빠".split()
ROLES = "팀장님 부장님 과장님 대리님 차장님 대표님 사장님 이사님 상무님 본부장님 실장님 원장님 교수님 선생님 쌤 담임쌤 조교님 주임님 매니저님 점장님 소장님 반장님 회장님 총무님 목사님 전도사님 집사님 권사님 기사님 고객님 회원님 학부모님 어머님 아버님 담당자님 간사님 코치님 감독님 강사님 변호사님 의사쌤 간호사님 약사님 관리소장님 경비아저씨 이장님 동대표님 입주민 환자분 보호자분 신입 인턴 알바생 거래처 협력사 인사팀 총무팀 개발팀 영업팀 헬스쌤 피티쌤 필라쌤 영어쌤 수학쌤 미용실언니 네일언니 부동산사장님".split()
PRONOUNS = "나 너 쟤 걔 얘 우리 저희 니네 너네 내 제 누가 누구 아무나 다들 모두 그분 저분 이분 걔네 쟤네 자기 본인 여러분 니 지 누군가 다른사람 서로 혼자".split()
CALLS = "자기야 여보 여보야 엄마 아빠 엄마야 언니 언니야 오빠 오빠야 누나 형 형아 얘들아 친구야 친구들아 애기야 아가야 아들 아들아 딸 딸아 바보야 멍청아 이놈아 인간아 임마 자식아 이년아 선생님 쌤 사장님 팀장님 할매 할머니 이모 삼촌 동생아 동생 선배 여러분 다들 하나님 주님 강아지야 야옹아 공주님 공주야 왕자님 왕자야 똥강아지야 내사랑 자기 울애기 새끼야 녀석아 이사람아 이양반아 세상아 월급아 주말아 비야 달아".split()
PETS = "강아지 고양이 멍멍이 냥이 댕댕이 햄스터 토끼 앵무새 거북이 물고기".split()
PET_NAMES = "초코 보리 콩이 두부 호두 뽀삐 코코 몽이 까미 나비 치즈 모카 라떼 뭉치 별이 달이 사랑이 행복이 복실이 흰둥이 누렁이 땅콩 감자 구름이 사월이 쿠키".split()
WHEN = "오늘 어제 내일 모레 그저께 아까 방금 이따 이따가 나중에 주말에 이번주 다음주 지난주 저번주 다음달 오전에 오후에 저녁에 아침에 새벽에 밤에 월요일 화요일에 수욜 목요일 금욜에 토요일 일욜 평일에 방학때 추석때 설날 크리스마스 연말에 작년에 올해 예전에 옛날에 요즘 요새 지금 점심때 퇴근하고 학교 끝나고 회의 끝나고 3시에 7시쯤 열두시에".split()
YES = "응 웅 어 엉 ㅇㅇ ㅇㅋ 넵 네 넹 네네 예 옙 그래 그랭 알겠어 알았어 ㄱㄱ ㄴㄴ 아니 아뇨 아니요 싫어 좋아 굿 오키 오키오키 콜 헐 대박 진짜 진짜? 레알 ㄹㅇ 인정 ㅇㅈ 글쎄 몰라 음 흠 아 오 와 우와 엥 뭐 뭐? 왜 왜? 어머 아이고 에휴 그니까 그러게 맞아 맞네 그치 당근 ㅎㅇ 하이 안녕 ㅂㅂ 잘자 굿밤 굿모닝 감사합니다 고마워 땡큐 미안 ㅈㅅ 죄송합니다 수고 수고하세요 화이팅".split()
LAUGHS = "ㅋ ㅋㅋ ㅋㅋㅋ ㅋㅋㅋㅋ ㅋㅋㅋㅋㅋㅋ ㅎ ㅎㅎ ㅎㅎㅎ ㅠ ㅠㅠ ㅜㅜ ㅠㅠㅠ ㅡㅡ ㄷㄷ ㄷㄷㄷ ㅉㅉ ;; ... .. ~ ~~ ! !! ? ?? 😂 😭 😊 😍 👍 🙏 🎉 ❤️ 💕 🔥 😅 🥹 ^^ :) ㅎㅅㅎ ㅇㅅㅇ ♡ ♥".split()
WORDS = "file link test error code data server update version login email meeting team project deck report call zoom slack excel ppt pdf iphone galaxy macbook ipad netflix youtube insta story feed item level boss party quest skill rank win lose gg ok hi hey bro lol omg wtf love you good night morning sale free size black white coffee latte pizza beer wine gym yoga run health".split()
_HARD = (
    "기다림 고시원 금연 도전 길거리 기획사 하나도 하늘이 이슬이 바다가 보라색 수지맞다 지원서 지원금 유리창 유리컵 은혜롭다 지혜롭게 사랑니 미래에 소리가 정말로 고민정도 황금알 조금만 이상형 한참을 오늘은 진심으로 "
    "안경점 신경질 강아지풀 노력형 전화기 문자로 배송지 주소록 고양이상 차이점 차도남 우유니 나이키 하필이면 서운함 외로움 그리움 두려움 도서관 심심풀이 한가득 이만큼 조만간 최선을 정신이 신상품 성인용 "
    "기대감 유지비 민감성 현실적 수업료 연기자 소영웅 주말농장 유행어 황당함 구경꾼 임원실 봉지과자 석유값 연못가 하품만 명품백 진품명품 민망함 성급함 남의일 배고픔 아픔이 슬픔도 기쁨을 나눔장터"
).split()


@cache
def name_like() -> tuple[list[str], list[str]]:
    """(words shaped like given names or whole names, public persons of the vocabulary)."""
    words = lexicon()
    shaped = [w for w in words.nouns if _is_given(w) or (len(w) == 3 and w[0] in SURNAMES and _is_given(w[1:]))]
    public = [w for w in words.names if len(w) == 3 and w[0] in SURNAMES and _is_given(w[1:]) and w[-1] not in "동구역읍면리산천강도대"]
    return [*shaped, *_HARD * 4], public


@cache
def no_names() -> tuple[list[str], list[str], list[str]]:
    """(everyday nouns, those shaped like names, celebrities) that nobody is called: fit to stand where a friend's name stands."""
    called = set(people.LISTED) | set(people.NATIVE) | set(people.FOREIGN)
    nouns = [w for w in lexicon().nouns[:EVERYDAY_NOUNS] if w not in called]
    shaped = [w for w in nouns if _is_given(w)]
    return nouns, [*shaped, *_HARD], [star for star in STARS if len(star) > 1 and star not in called]


def _is_given(word: str) -> bool:
    return len(word) == 2 and word[0] in FIRST and word[1] in SECOND


@cache
def proper_nouns() -> list[str]:
    """Names of the vocabulary that are no Korean person's: places, firms, works, foreign words."""
    known = set(people.LISTED) | set(name_like()[1])
    return [w for w in lexicon().names if len(w) > 1 and w not in known and w.removesuffix("이") not in known and not _is_given(w) and not (w[0] in SURNAMES and len(w) == 3)]


def noun(rng: random.Random) -> str:
    """A noun, frequent ones more often; every eighth is shaped like a name."""
    way = rng.random()
    if way < 0.12:
        return pick(rng, name_like()[0])
    if way < 0.14:
        return madeup(rng)
    nouns = lexicon().nouns
    word = nouns[int(len(nouns) * rng.random() ** 1.7)]
    return word if len(word) > 1 or rng.random() < 0.15 else noun(rng)


def _predicate(rng: random.Random, kind: str) -> Predicate:
    words = lexicon().verbs if kind == "VV" else lexicon().adjectives
    return words[int(len(words) * rng.random() ** 2.2)]


EVERYDAY_NOUNS = 7_000
"""Rarer nouns shaped like a name (용구, 경선) are more often a name than themselves where a person is spoken of."""
PAST = "어 어 어 어요 다 음 네 지 는데 대 대요 거든 잖아 더라 나 냐 습니다 어ㅋㅋ 다ㅋㅋ 음ㅋㅋ 으면 던데 다 캤어 심더 데이 다 아이가 당께 슈 유 다고 다는데 다며 다니까 을걸 나봐 어서 고 지만 네요 는데요 죠 답니다 더라고 더라고요 다가 구나".split()
NOW = "고있어 고 있어 고있음 는중 네 지 더라 냐 던데 거든 기 싫다 고싶다 고 싶어 는데 지마 지 마 자 자고 게 다가 길래 거나 려고 든가 죠 네요 는데요 잖아 지도 않아 질 않아 기로 했어".split()
FUTURE = "게 게요 라 카더라 거야 거임 까 까? 래 래? 래요 듯 것 같아 예정 수 있어 수도 거예요 때 걸 테니까 수밖에 줄 뻔".split()
INFINITIVE = "  요 줘 봐 서 도 돼 야 돼 야지 주세요 라 버림 보자 버렸어 놨어 야 함 야겠다 줄게 볼게 봤어 주셔서 감사".split(" ")


def happened(rng: random.Random) -> str:
    """먹었어, 보내 줬다는데: a predicate in the past or the present, sometimes with its noun."""
    word = _predicate(rng, "VV")
    way = rng.random()
    head = f"{noun(rng)}{pick(rng, ('', '', ' ', ' ', '을 ', '도 '))}" if rng.random() < 0.25 else ""
    if way < 0.12:
        return head + noun(rng) + pick(rng, ("했어", "했대", "했다", "한대", "함", "해", "하네", "했음", "할게", "하던데", "했어요", "합니다", "하자", "중", "됨", "됐어"))
    if way < 0.62:
        return head + word.past + pick(rng, PAST)
    if way < 0.75:
        return head + word.infinitive + pick(rng, INFINITIVE)
    if way < 0.85:
        return head + _present(word, rng)
    return head + word.stem + pick(rng, NOW)


def _present(word: Predicate, rng: random.Random) -> str:
    """간다, 먹는대."""
    tail = pick(rng, ("다", "대", "대요", "다고", "다는데", "다며", "다니까"))
    return word.stem + "는" + tail if has_batchim(word.stem[-1]) and word.adnominal.startswith(word.stem) else word.adnominal + tail


def will(rng: random.Random) -> str:
    """갈게, 먹을 것 같아."""
    word = _predicate(rng, "VV")
    tail = pick(rng, FUTURE)
    return word.future + (" " if tail[0] in "거듯것예수때줄뻔" and rng.random() < 0.6 else "") + tail


def asks(rng: random.Random) -> str:
    """먹었어?, 가냐?, 뭐해."""
    word = _predicate(rng, "VV")
    way = rng.random()
    if way < 0.3:
        return pick(rng, ("뭐해", "어디야", "언제 와", "밥 먹었어", "자", "괜찮아", "알겠지", "왜 그래", "뭐 먹을래", "몇시야", "있어", "갈래", "어때", "어떻게 됐어", "오늘 돼", "시간 있어")) + pick(rng, ("?", "", "??"))
    return pick(rng, (word.past + "어", word.past + "냐", word.stem + "냐", word.future + "래", word.future + "까", word.infinitive, word.infinitive + "요", word.past + "지", word.stem + "니")) + pick(rng, ("?", "?", "", "??"))


def is_how(rng: random.Random) -> str:
    """좋아, 이상하다, 유리한데."""
    word = _predicate(rng, "VA")
    head = pick(rng, ("", "", "", "진짜 ", "너무 ", "개", "좀 ", "완전 ", "엄청 ", "왤케 ", "더 ", "안 ", "존나 ", "되게 "))
    return head + pick(rng, (word.infinitive, word.infinitive, word.stem + "다", word.stem + "네", word.stem + "지", word.stem + "더라", word.stem + "냐", word.stem + "고", word.adnominal + "데", word.adnominal + "듯", word.past + "어", word.past + "는데", word.infinitive + "요", word.stem + "잖아", word.stem + "다ㅋㅋ", word.nominal, word.adnominal + "가", word.stem + "지만", word.infinitive + "서"))


def adnominal(rng: random.Random) -> str:
    word = _predicate(rng, "VA" if rng.random() < 0.6 else "VV")
    return word.adnominal if rng.random() < 0.85 else word.future


def nominal(rng: random.Random) -> str:
    word = _predicate(rng, "VA" if rng.random() < 0.4 else "VV")
    return word.nominal if rng.random() < 0.7 else word.stem + "기"


def joined(rng: random.Random) -> str:
    word = _predicate(rng, "VA" if rng.random() < 0.4 else "VV")
    return pick(rng, (word.stem + "고", word.infinitive + "서", word.eu + "면", word.stem + "는데", word.eu + "니까", word.stem + "지만", word.stem + "거든", word.infinitive + "도", word.past + "는데", word.past + "으니까"))


def _plain_noun(rng: random.Random) -> str:
    nouns = no_names()[0]
    return nouns[int(len(nouns) * rng.random() ** 1.4)]


def nobody(out: Writer, rng: random.Random) -> None:
    """What may stand where a friend stands and is no private person."""
    way = rng.random()
    out.add(
        _plain_noun(rng) if way < 0.3
        else pick(rng, no_names()[1]) if way < 0.44
        else pick(rng, KINS) if way < 0.54
        else pick(rng, PRONOUNS) if way < 0.62
        else pick(rng, ROLES) if way < 0.69
        else pick(rng, BRANDS) if way < 0.73
        else pick(rng, no_names()[2]) if way < 0.79
        else pick(rng, CHARACTERS) if way < 0.83
        else pick(rng, FOODS) if way < 0.87
        else places.place(rng) if way < 0.91
        else pick(rng, proper_nouns()) if way < 0.95
        else f"{adnominal(rng)} {pick(rng, ('애', '사람', '친구', '놈', '언니', '형', '누나', '오빠', '선배', '거'))}" if way < 0.98
        else pick(rng, lexicon().adverbs)
    )  # fmt: skip


def no_title(out: Writer, rng: random.Random) -> None:
    """팀장님, 헬스쌤, 이상한 형: a title without a name."""
    way = rng.random()
    if way < 0.4:
        out.add(pick(rng, ("", "", "저희 ", "우리 ", "새로 오신 ", "옆 팀 ")) + pick(rng, ROLES))
    elif way < 0.55:
        out.add(f"{adnominal(rng)} {pick(rng, ('형', '언니', '누나', '오빠', '선배', '사장님', '선생님', '과장', '대리', '이모'))}")
    elif way < 0.75:
        out.add(_plain_noun(rng) + pick(rng, ("", " ")) + pick(rng, ("쌤", "님", "선생님", "사장님", "아저씨", "아줌마", "언니", "이모", "담당자님", "팀장님", "과장", "기사님", "대표", "맘", "학생")))
    elif way < 0.9:
        out.add(pick(rng, KINS))
    else:
        out.add(pick(rng, no_names()[2]) + " " + pick(rng, ("선수", "감독", "배우", "대통령", "의원", "작가", "가수", "장군", "교수")))


def no_call(out: Writer, rng: random.Random) -> None:
    if rng.random() < 0.8:
        out.add(pick(rng, CALLS))
    else:
        word = _plain_noun(rng)
        out.add(word + ("아" if has_batchim(word[-1]) else "야"))


def no_whole(out: Writer, rng: random.Random) -> None:
    way = rng.random()
    out.add(
        pick(rng, ("미정", "확인", "본인", "동일", "없음", "위와 같음", "비밀", "아직", "추후 공지", "누구")) if way < 0.2
        else _plain_noun(rng) if way < 0.6
        else pick(rng, ROLES) if way < 0.75
        else stem_firm(rng) if way < 0.9
        else pick(rng, no_names()[1])
    )  # fmt: skip


def stem_firm(rng: random.Random) -> str:
    return pick(rng, ("(주)", "", "")) + places.stem(rng) + pick(rng, ("컴퍼니", "상사", "유통", "건설", "식품", "약국", "치과", "부동산", "학원", "교회", "병원", "물산", "전자", "미용실", "카페", "공방"))


def no_list(out: Writer, rng: random.Random) -> None:
    between = pick(rng, (", ", ",", " ", "/", "\n"))
    words = rng.random()
    out.add(between.join(_plain_noun(rng) if words < 0.6 else pick(rng, FOODS) if words < 0.8 else pick(rng, KINS) for _ in range(rng.randint(2, 5))))


def latin_word(rng: random.Random) -> str:
    word = pick(rng, WORDS)
    return word if rng.random() < 0.7 else word.capitalize() if rng.random() < 0.6 else word.upper()


BANKS = "국민 국민은행 신한 신한은행 우리 우리은행 하나 하나은행 농협 카뱅 카카오뱅크 토스 토스뱅크 케뱅 기업 새마을금고 신협 우체국 수협 부산은행 대구은행 SC제일".split()


def _figures(rng: random.Random, count: int) -> str:
    return f"{rng.randrange(10**count):0{count}}"


def phone(rng: random.Random) -> str:
    """A mobile number in one of its shapes, or the placeholder of a masked one."""
    if rng.random() < 0.1:
        return "[전화번호_1]"
    gap = pick(rng, ("-", "-", "-", "", " ", "."))
    return gap.join(("010", _figures(rng, 4), _figures(rng, 4)))


def account(rng: random.Random) -> str:
    gap = pick(rng, ("-", "-", "-", "", " "))
    return gap.join(_figures(rng, rng.randint(2, 6)) for _ in range(rng.randint(3, 4)))


def resident(rng: random.Random) -> str:
    return f"{birthday(rng, '')[-6:]}{pick(rng, ('-', '-', '', ' '))}{rng.randint(1, 8)}{_figures(rng, 6)}"


def birthday(rng: random.Random, gap: str | None = None) -> str:
    year, month, day = rng.randint(1940, 2024), rng.randint(1, 12), rng.randint(1, 28)
    joiner = gap if gap is not None else pick(rng, (".", "-", "", "/"))
    if gap is None and rng.random() < 0.3:
        return f"{year if rng.random() < 0.6 else year % 100:02}년 {month}월 {day}일"
    return joiner.join((f"{year if rng.random() < 0.6 else year % 100:02}", f"{month:02}", f"{day:02}"))


def passport(rng: random.Random) -> str:
    return f"{pick(rng, 'MSRmABCK')}{_figures(rng, 8)}"


def won(rng: random.Random) -> str:
    return f"{rng.randint(1, 999)},{_figures(rng, 3)}원" if rng.random() < 0.5 else f"{rng.randint(1, 300)}만원"


def mail(rng: random.Random) -> str:
    user = pick(rng, WORDS) + pick(rng, ("", ".", "_")) + pick(rng, (_figures(rng, 2), _figures(rng, 4), pick(rng, WORDS)))
    return user + pick(rng, ("@", "@", "@", " 골뱅이 ", "[at]")) + pick(rng, ("gmail.com", "naver.com", "hanmail.net", "kakao.com", "daum.net"))
