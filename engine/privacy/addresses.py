"""Postal addresses of homes and offices. A district, station or shop as a meeting place is no address: a number must pin it down.

It reads words and numbers only; no gazetteer of roads.
"""

import re
from collections.abc import Iterator

from engine.privacy.numbers import Hit

_SIDO = (
    r"(?:(?:서울|부산|대구|인천|광주|대전|울산)(?:특별시|광역시|시)?|세종(?:특별자치시|시)?|경기도?|강원(?:특별자치도|도)?|"
    r"충청?[남북]도?|전라?[남북](?:특별자치도|도)?|전북특별자치도|경상?[남북]도?|제주(?:특별자치도|도|시)?)"
)
_CITY = r"[가-힣]{1,4}(?:시|군|구)"
_TOWN = r"[가-힣]{1,5}\d{0,2}(?:읍|면|동|가|리)"
_REGION = rf"(?:{_SIDO}[ ,]{{0,2}}(?:{_CITY}[ ,]{{0,2}}){{0,3}}|(?:{_CITY}[ ,]{{1,2}}){{1,3}}|{_CITY})"
_NUMBER = r"(?:산 ?)?\d{1,4}(?:-\d{1,4})?(?:번지)?(?![\d:%]|[.,]\d|-\d)"
_STREET = r"[가-힣A-Za-z0-9·.]{0,12}?[가-힣0-9](?:대로|로|길)(?: ?\d{1,4}[가-힣]?(?:번길|길))?"
_BUILDING = (
    r"(?:[가-힣A-Za-z0-9·-]{0,12}(?:아파트|APT|apt|빌라|빌딩|오피스텔|맨션|연립|주공|타운|타워|하우스|하이츠|캐슬|마을|단지|자이|래미안|푸르지오|힐스테이트|"
    r"아이파크|더샵|이편한세상|e편한세상|센트럴|파크|팰리스|빌|청사|상가|센터|원룸|고시원|기숙사|리버뷰|스퀘어|사옥|주택|시티|프라자|플라자|경찰청|경찰서|구청|시청|법원|사무소|병원|의원|학교|호텔|교회|회관|우체국)(?:\d차)?(?![가-힣]{3})(?=$|[^가-힣]|에|으로|로|앞|이|입|은|는|의))"
)
_UNIT = r"(?:제?[A-Za-z가-라]?\d{1,4}(?:-\d{1,4})?(?:동|호실|호|층|단지)(?!선|기|차|안|봉|점)|[A-Za-z가-라]동|지하 ?\d?층|반지하|옥탑)"
_TAIL = (
    rf"(?:[ ]?\([가-힣A-Za-z0-9,. ]{{2,24}}\))?(?:,? ?(?:{_BUILDING}|(?:[가-힣A-Za-z0-9]{{2,10}} )?(?={_UNIT}){_UNIT})){{0,4}}"
    r"(?:[ ]?\([가-힣A-Za-z0-9,. ]{2,24}\))?"
)
# After a number: what makes it an amount, a time or an order, not a house number.
_NOT_UNIT = (
    r"(?! ?(?:원|명|개|분|시간|시|년|월|일|주|번(?!지)|회|배|살|세|층짜리|%|퍼|프로|km|kg|cm|m(?![a-z])|g|도씨|만|천|백|억|점|등|위|권|장|잔|병|마리|대|박|출구|호선|호차|교시|키로|미터|"
    r"인분|칸|판|세트|차|급|월까지|줄|곡|화|부|쪽|페이지|단계))"
)

_ATTACHED = r"(?=$|[^가-힣A-Za-z]|(?:에|로|으로|이|야|입|인|번지|과|와|의|은|는|까지|앞|옆|뒤))"

_POSTCODE = re.compile(r"(?:우편\s?번호|우\)|\(우\)|(?<![가-힣])우) ?[:(]? ?(?<!\d)(\d{5})(?!\d)")
_ROAD = re.compile(
    rf"(?<![가-힣A-Za-z0-9])(?P<region>{_REGION} ?(?:{_TOWN} ?)?)?(?P<street>{_STREET}),? ?(?P<number>{_NUMBER}){_NOT_UNIT}(?P<tail>{_TAIL}){_ATTACHED}"
)
_LOT = re.compile(
    rf"(?<![가-힣A-Za-z0-9])(?P<region>{_REGION} ?)?(?P<town>{_TOWN}(?: {_TOWN})?) ?(?P<number>{_NUMBER}){_NOT_UNIT}(?P<tail>{_TAIL}){_ATTACHED}"
)
_FLAT = re.compile(
    rf"(?<![가-힣A-Za-z0-9-])(?P<lead>(?:{_REGION} ?)?(?:{_TOWN} )?(?:{_BUILDING} ?)?)"
    r"(?P<flat>(?:\d단지 ?)?(?:\d{1,4}|[A-Za-z가-라]) ?동 ?(?:지하 ?)?\d{1,4} ?호(?!선|차|기)|(?:\d{3}-\d{3,4})(?![-\d]))"
)
_DOOR = re.compile(
    rf"(?<![가-힣A-Za-z0-9])(?P<lead>(?:{_REGION} ?)?(?:{_TOWN} )?{_BUILDING}) ?(?:(?:지하 ?)?[A-Za-z]?\d{{1,3}}층 ?)?(?:[A-Za-z]?\d{{2,4}}(?:호실|호)(?!선|차|기))"
)
_HOME = re.compile(
    rf"(?<![가-힣A-Za-z0-9])(?:{_REGION} ?{_TOWN}(?: {_BUILDING})?|{_REGION} {_BUILDING})(?=에? ?(?:살아|살고|산다|삽니다|살았|거주|사는|이사))"
)
LIVES_SIGN = re.compile(r"살아|살고|산다|삽니다|살았|거주|사는|이사")
_CUE = re.compile(
    r"주소|도로명|지번|배송지|택배|거주|살아|살고|산다|사는|이사|본적|등본|보내\s?(?:줘|주|드)|받는|우리\s?집|우리집|집은|집이|소재지|자택|거주지|본사|사무실"
)

_ROAD_SIGN = re.compile(r"[로길],? ?\d")
_LOT_SIGN = re.compile(r"[읍면동가리] ?(?:산 ?)?\d")
_FLAT_SIGN = re.compile(r"동 ?(?:지하 ?)?\d|\d-\d")
_HOME_WORD = re.compile(r"(?:집|주소|택배|살)\S{0,6} ?$")

# "X로 20" is nearly always the particle: by bus, to the left, newly. A road stem is none of these.
_NO_ROAD = frozenset(
    "그대로 이대로 저대로 제대로 맘대로 마음대로 멋대로 반대로 뜻대로 말대로 예정대로 순서대로 새로 바로 서로 따로 별로 홀로 스스로 실제로 진짜로 정말로 절대로 주로 위로 "
    "아래로 뒤로 앞으로 밖으로 안으로 카드로 택시로 버스로 기차로 지하철로 할부로 페이로 토스로 계좌로 번호로 최저로 최고로 추가로 하루로 무료로 전화로 문자로 카톡으로 현재로 "
    "이후로 오늘부로 때로 대체로 날로 참고로 의외로 억지로 함부로 그걸로 이걸로 저걸로 뭘로 걸로 거로 그리로 이리로 저리로 여기로 거기로 저기로 어디로 회사로 학교로 세계로 "
    "제로 피로 도로 통로 경로 미로 진로 해로 가로 세로 종로 선로 활주로 고속도로 국도로 차로 네거리로 사거리로 차례로 비율로 차이로 점수로 속도로 단위로 온라인으로 하나로 "
    "손길 발길 눈길 오는길 가는길 올길 갈길 출근길 퇴근길 하굣길 등굣길 지름길 골목길 산책길 빗길 눈빛길".split()
)
_NO_CITY = frozenset(
    "다시 역시 잠시 혹시 표시 일시 즉시 당시 필시 몇시 도시 접시 무시 택시 전시 제시 지시 게시 응시 감시 동시 임시 수시 정시 실시 개시 과시 중시 암시 친구 연구 야구 축구 농구 배구 입구 출구 도구 요구 청구 "
    "가구 당구 욕구 지구 전구 항구 안구 장군 육군 해군 공군 국군 한시 두시 세시 네시 열시 몇군 그리구 하구 이구 나구 라구 다구 대구 구구 식구 탁구 기구 호구 누구 문구 절구 강구 복구".split()
) - {"대구"}
_NO_TOWN = frozenset(
    "운동 행동 활동 이동 자동 작동 연동 노동 감동 변동 진동 충동 소동 공동 가동 수동 구동 반동 파동 율동 냉동 합동 출동 기동 선동 아동 협동 부동 유동 역동 생동 "
    "우리 자리 거리 소리 머리 다리 정리 관리 처리 요리 수리 분리 원리 심리 논리 승리 권리 미리 빨리 멀리 그리 이리 저리 누리 꼬리 허리 마무리 메모리 카테고리 스토리 칼로리 "
    "화면 라면 장면 정면 측면 표면 반면 전면 바닥면 냉면 비빔면 짜장면 그러면 하면 되면 가면 오면 보면 그럼면 있으면 없으면 평가 물가 시가 정가 단가 원가 휴가 증가 추가 참가 "
    "작가 국가 누가 내가 네가 제가 걔가 최저가 최고가 판매가 할인가 종가 주가 아가 가가".split()
)


def address(text: str) -> Iterator[Hit]:
    """Addresses from their first to their last word, 동 and 호 included; postcodes after 우편번호."""
    cued = _CUE.search(text) is not None
    for m in _POSTCODE.finditer(text) if "우" in text else ():
        yield m.start(1), m.end(1), "ADDRESS", 0.7
    for m in _ROAD.finditer(text) if _ROAD_SIGN.search(text) else ():
        if _is_road(m, text, cued):
            yield _trimmed(m, "ADDRESS", 0.9 if m["region"] else 0.75)
    for m in _LOT.finditer(text) if _LOT_SIGN.search(text) else ():
        if _is_lot(m, text, cued):
            yield _trimmed(m, "ADDRESS", 0.85)
    for m in _FLAT.finditer(text) if _FLAT_SIGN.search(text) else ():
        if "호" in m["flat"] or m["lead"].strip() or (cued and _HOME_WORD.search(text[: m.start()])):
            yield _trimmed(m, "ADDRESS", 0.85)
    for m in _DOOR.finditer(text) if "호" in text else ():
        yield _trimmed(m, "ADDRESS", 0.75)
    for m in _HOME.finditer(text) if LIVES_SIGN.search(text) else ():
        yield _trimmed(m, "ADDRESS", 0.6)


def _trimmed(m: re.Match[str], label: str, confidence: float) -> Hit:
    start, end = m.span()
    body = m.group()
    return start + len(body) - len(body.lstrip(" ,")), end - (len(body) - len(body.rstrip(" ,"))), label, confidence


def _is_road(m: re.Match[str], text: str, cued: bool) -> bool:
    """Whether street + number is a road address and not "by X, 20 of them"."""
    street = m["street"].split()[-1] if m["street"].endswith(("로", "길")) else m["street"]
    if _is_region(m["region"]):
        return True
    if m["street"] in _NO_ROAD or street in _NO_ROAD or len(m["street"]) < 3 or m["street"].endswith("으로"):
        return False
    certain = re.search(r"\d(?:번길|길|로)$|대로$|번길$", m["street"]) is not None or _closed_stem(m["street"])
    return certain or cued or bool(m["tail"].strip(" ,")) or _stands_alone(m, text)


def _is_region(region: str | None) -> bool:
    """A real region: a province, or a city word that is no everyday word (다시, 친구)."""
    words = (region or "").replace(",", " ").split()
    return bool(words) and words[-1] not in _NO_CITY


def _closed_stem(street: str) -> bool:
    """A stem that ends in a consonant other than ㄹ takes 으로 as a particle, so 로 after it is a road: 강남로, 월드컵북로."""
    stem = street[-2]
    return street.endswith("로") and "가" <= stem <= "힣" and (ord(stem) - 0xAC00) % 28 not in (0, 8)


def _stands_alone(m: re.Match[str], text: str) -> bool:
    """판교로 256: two or three digits, and the message is about nothing else after it."""
    number = m["number"]
    return (
        2 <= len(number.split("-")[0]) <= 3
        and re.match(
            r"(?:이야|야|입니다|이에요|예요|로 와|으로 와|앞)?(?:[ .!~,]*$| ?(?:확인|맞|배송|도착|찍|네비|내비))",
            text[m.end() :],
        )
        is not None
    )


def _is_lot(m: re.Match[str], text: str, cued: bool) -> bool:
    """역삼동 123-45, 산 12-3: a lot number has a dash or 번지, or stands behind a region."""
    town = m["town"].split()[-1]
    if _is_region(m["region"]):
        return True
    if town in _NO_TOWN:
        return False
    pinned = "-" in m["number"] or "번지" in m["number"]
    if town.endswith(("가", "면")):
        return pinned and cued
    return pinned or (cued and bool(m["tail"].strip(" ,")))
