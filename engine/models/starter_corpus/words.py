"""Invented names, numbers and everyday words that the corpus draws from. No real person or company is meant."""

import random

SURNAMES = [*"김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용", "남궁", "황보", "제갈", "선우", "독고", "사공"]  # fmt: skip
GIVEN = list("민서지수현우준하은채윤아영호진성태연경재희정훈선규원승동혜나리빈찬율솔별온새롬결슬한단봄가람루다해든산들샘보미라이안시예유주건범철용식순옥자례인화란춘복만길창종광덕병기석환협택필응무권환엽웅학표혁섭")  # fmt: skip
FOODS = "김치찌개 파스타 떡볶이 초밥 삼겹살 치킨 피자 냉면 칼국수 비빔밥 돈가스 라면 샌드위치 햄버거 쌀국수 마라탕 순대국 곱창 족발 보쌈 카레 우동 짜장면 짬뽕 탕수육 김밥 만두 불고기 갈비탕 닭갈비 해물찜 스테이크 샐러드 죽 수제비 오므라이스 붕어빵 호떡 케이크 아이스크림 타코 부대찌개 감자탕 육회 연어덮밥".split()  # fmt: skip
DRINKS = "아메리카노 라떼 녹차 맥주 소주 와인 막걸리 콜라 주스 핫초코 유자차 밀크티 하이볼 물 우유 사이다".split()
PLACES = "학교 회사 집 도서관 카페 병원 시장 공원 영화관 헬스장 서점 미용실 은행 편의점 마트 지하철역 버스정류장 식당 노래방 백화점 강남 홍대 부산 제주도 대전 강릉 수원 전주 경주 속초 한강 광화문 성수동 종로 해운대 여의도 터미널 공항 체육관 놀이터 약국 우체국 수영장 캠핑장 박물관 미술관".split()  # fmt: skip
THINGS = "우산 지갑 충전기 이어폰 가방 노트북 신발 모자 책 안경 열쇠 텀블러 카메라 자전거 시계 코트 선풍기 의자 책상 이불 화분 냄비 프린터 마우스 키보드 앨범 편지 선물 반지 장갑 목도리 공책 필통 담요 베개 거울 달력 액자 향수 로션 양말".split()  # fmt: skip
HOBBIES = "등산 수영 독서 요리 게임 러닝 기타 그림 사진 뜨개질 자전거 축구 야구 배드민턴 테니스 클라이밍 필라테스 요가 영화 드라마 보드게임 낚시 캠핑 베이킹 피아노 노래 춤 산책 코딩 퍼즐 볼링 탁구".split()  # fmt: skip
ANIMALS = "강아지 고양이 토끼 햄스터 앵무새 거북이 금붕어 다람쥐 고슴도치 오리 병아리 부엉이".split()
JOBS = "디자이너 개발자 간호사 교사 요리사 기자 변호사 배우 작가 사서 약사 경찰관 소방관 농부 목수 상담사 연구원 회계사 번역가 운전기사 매니저 점장 팀장 대리".split()  # fmt: skip
WEATHERS = "비 눈 바람 안개 소나기 햇빛 구름 천둥 미세먼지 더위 추위".split()
DAYS = "월요일 화요일 수요일 목요일 금요일 토요일 일요일".split()
WHEN = "오늘,내일,모레,이번 주말,다음 주,오늘 저녁,내일 아침,내일 점심,금요일 밤,토요일 오후,일요일 아침,이따가,퇴근하고,수업 끝나고,방학 때,연휴 때,다음 달".split(",")  # fmt: skip
FAMILY = "엄마 아빠 누나 형 언니 오빠 동생 할머니 할아버지 이모 삼촌 고모 사촌 조카".split()
SUBJECTS = "수학 영어 국어 과학 역사 물리 화학 경제학 통계학 심리학 철학 음악 미술 체육 컴퓨터 생물 지리 한문".split()
ENGLISH = "apple book cloud data email file game house image java key lamp model note open python query road server table user video web xray year zero train test loss token chat mode title status error value name text code json http local input output index level score label class true false null begin end start stop left right size type list item page link date time hour day week month risk match element claim product reason answer question intent urgent action".split()  # fmt: skip
HOSTS = "example.com example.org malmoi.example test.example shop.example news.example blog.example".split()
MASKS = "이름_1 이름_2 이름_3 이름_4 이름_5 전화번호_1 전화번호_2 주소_1 주소_2 계좌_1 계좌_2 카드_1 이메일_1 링크 링크_1 링크_2 주민번호_1 아이디_1 차량번호_1 생일_1 회사_1 학교_1 여권_1 사업자번호_1 사진 동영상 이모티콘 파일 음성메시지 사람_1 사람_2 나 상대 인물_1".split()  # fmt: skip
# the 2,350 syllables of KS X 1001: the repertoire of everyday Korean text
KS_SYLLABLES = "".join(
    char for char in (bytes((high, low)).decode("euc-kr") for high in range(0xB0, 0xC9) for low in range(0xA1, 0xFF))
)
JAMO = "".join(chr(code) for code in range(0x3131, 0x3164))
EMOJI = "😂😭🥹😊😍👍🙏🎉🔥💪😅🤣😢😡😴🥰😘🤔👏✨💕😱🙂😎🤗💬🌸☀🍀🐶🐱🍜☕🎂"
MARKS = "…·“”‘’~℃※→←↑↓★☆♥♡①②③④⑤○●■□▶×÷±②㎡㎎㎖「」『』《》〈〉–—•ㆍ°％"
HANJA = "韓國人大小中山水火木金土日月年生學校長東西南北門心手上下"


def pick(rng: random.Random, items: list[str] | str) -> str:
    """One element, faster than rng.choice."""
    return items[int(rng.random() * len(items))]


def person(rng: random.Random) -> str:
    """A full invented name of two to four syllables."""
    return pick(rng, SURNAMES) + given_name(rng)


def given_name(rng: random.Random) -> str:
    """A given name; one in twelve has a single syllable."""
    first = pick(rng, GIVEN)
    return first if rng.random() < 0.08 else first + pick(rng, GIVEN)


def madeup(rng: random.Random, low: int = 2, high: int = 4) -> str:
    """A word no one has seen: random syllables of the whole repertoire, so that each gets trained."""
    return "".join(pick(rng, KS_SYLLABLES) for _ in range(rng.randint(low, high)))


def latin(rng: random.Random) -> str:
    """A Latin word, known or random, in one of three casings."""
    known = rng.random() < 0.5
    word = (
        pick(rng, ENGLISH)
        if known
        else "".join(pick(rng, "abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(2, 8)))
    )
    return (word, word, word.upper(), word.capitalize())[rng.randint(0, 3)]


def number(rng: random.Random, digits: int) -> str:
    """A number of exactly that many digits, no leading zero."""
    return str(rng.randint(10 ** (digits - 1), 10**digits - 1))


def money(rng: random.Random) -> str:
    """An amount of won in one of the ways clauses and people write it."""
    way = rng.randint(0, 8)
    if way <= 1:
        return f"{rng.randint(1, 999)}만원"
    if way == 2:
        return f"{rng.randint(1, 9)}{pick(rng, '백천')}만원"
    if way == 3:
        return f"{rng.randint(1, 9)},{rng.randint(0, 9)}{rng.randint(0, 9)}0만원"
    if way == 4:
        return f"{rng.randint(1, 999)},{rng.randint(0, 9)}00원"
    if way == 5:
        return f"{rng.randint(1, 999):,},000원"
    if way == 6:
        return f"{rng.randint(1, 30)}억원" if rng.random() < 0.4 else f"{rng.randint(1, 99)}만 {rng.randint(1, 9)}천원"
    if way == 7:
        return f"{rng.randint(1, 9_999) * 1000:,}원"
    return f"{rng.randint(1, 99)}0만 원"


def price(rng: random.Random) -> str:
    """What people pay each other in everyday life."""
    return f"{rng.randint(1, 60)}만원" if rng.random() < 0.5 else f"{rng.randint(1, 99)},{pick(rng, '05')}00원"


def clock(rng: random.Random) -> str:
    """A time of day."""
    hour = rng.randint(1, 12)
    minute = pick(rng, ["", "", " 반", " 10분", " 20분", " 30분", " 40분", " 50분"])
    return f"{pick(rng, ['', '오전 ', '오후 ', '저녁 ', '아침 '])}{hour}시{minute}"


def phone(rng: random.Random) -> str:
    """A number from blocks that are not handed out (010-0xxx), or a mask."""
    return f"010-0{number(rng, 3)}-{number(rng, 4)}" if rng.random() < 0.6 else "[전화번호_1]"


def mask(rng: random.Random) -> str:
    """A placeholder as masked chats contain it."""
    return f"[{pick(rng, MASKS)}]"


def date(rng: random.Random) -> str:
    """A date in Korean or with separators."""
    year, month, day = rng.randint(1990, 2035), rng.randint(1, 12), rng.randint(1, 28)
    return (
        f"{year}년 {month}월 {day}일", f"{month}월 {day}일", f"{year}-{month:02}-{day:02}", f"{year}.{month}.{day}.",
    )[rng.randint(0, 3)]  # fmt: skip
