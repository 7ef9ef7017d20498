"""Invented addresses in every shape that chat gives them, and places that are no address. Regions are real, the rest is composed.

An address here is a home's or an office's: a road or lot with a number, a building with a door, a quarter somebody lives in.
"""

import random

from engine.korean.hangul import romanise
from engine.models.tagger_corpus.grammar import Writer
from engine.models.tagger_corpus.people import pick

SIDO = {
    "서울": "종로구 중구 용산구 성동구 광진구 동대문구 중랑구 성북구 강북구 도봉구 노원구 은평구 서대문구 마포구 양천구 강서구 구로구 금천구 영등포구 동작구 관악구 서초구 강남구 송파구 강동구",
    "부산": "중구 서구 동구 영도구 부산진구 동래구 남구 북구 해운대구 사하구 금정구 강서구 연제구 수영구 사상구 기장군",
    "대구": "중구 동구 서구 남구 북구 수성구 달서구 달성군",
    "인천": "중구 동구 미추홀구 연수구 남동구 부평구 계양구 서구 강화군",
    "광주": "동구 서구 남구 북구 광산구",
    "대전": "동구 중구 서구 유성구 대덕구",
    "울산": "중구 남구 동구 북구 울주군",
    "세종": "",
    "경기": "수원시|장안구,권선구,팔달구,영통구 성남시|수정구,중원구,분당구 고양시|덕양구,일산동구,일산서구 용인시|처인구,기흥구,수지구 안양시|만안구,동안구 안산시|상록구,단원구 부천시|원미구,소사구,오정구 의정부시 광명시 평택시 남양주시 파주시 김포시 화성시 하남시 구리시 오산시 시흥시 군포시 의왕시 이천시 안성시 광주시 양주시 포천시 여주시 연천군 가평군 양평군",
    "강원": "춘천시 원주시 강릉시 동해시 태백시 속초시 삼척시 홍천군 횡성군 평창군 정선군 철원군 양양군",
    "충북": "청주시|상당구,서원구,흥덕구,청원구 충주시 제천시 보은군 옥천군 영동군 진천군 괴산군 음성군 단양군",
    "충남": "천안시|동남구,서북구 공주시 보령시 아산시 서산시 논산시 당진시 부여군 서천군 홍성군 예산군 태안군",
    "전북": "전주시|완산구,덕진구 군산시 익산시 정읍시 남원시 김제시 완주군 고창군 부안군",
    "전남": "목포시 여수시 순천시 나주시 광양시 담양군 고흥군 보성군 화순군 해남군 영암군 무안군 완도군",
    "경북": "포항시|남구,북구 경주시 김천시 안동시 구미시 영주시 영천시 상주시 문경시 경산시 의성군 청도군 칠곡군 예천군 울진군",
    "경남": "창원시|의창구,성산구,마산합포구,마산회원구,진해구 진주시 통영시 사천시 김해시 밀양시 거제시 양산시 의령군 함안군 창녕군 고성군 남해군 하동군 거창군",
    "제주": "제주시 서귀포시",
}
LONG = {
    "서울": "서울특별시", "부산": "부산광역시", "대구": "대구광역시", "인천": "인천광역시", "광주": "광주광역시", "대전": "대전광역시", "울산": "울산광역시", "세종": "세종특별자치시",
    "경기": "경기도", "강원": "강원특별자치도", "충북": "충청북도", "충남": "충청남도", "전북": "전북특별자치도", "전남": "전라남도", "경북": "경상북도", "경남": "경상남도", "제주": "제주특별자치도",
}  # fmt: skip
SIDOS = list(SIDO)
STEM_HEADS = "가갈감강개거건경고곡공관광구군궁귀금기길남내노녹논다달답당대덕도독돈동두둔등마만망매면명모목묘무문물미박반발방배백범벌법별병보복본봉부북불비사산삼상새생서석선성세소솔송쇠수숙순숭시신심쌍아안암압약양어여역연염영예오옥온와왕외용우운울원월위유율은을음응의이인일임잠장재저전정제조종좌주죽중지진창천철청초추춘충칠탄탑태토통파판팔평포풍하학한함합해행향현형호홍화황회효흑흥"
STEM_TAILS = "가간갈강거건견경계고곡골과관광교구궁금기남내녹능단달담당대덕도독돈동두라락란량로록룡류리림마만망매명모목무문미반발방배백범벌별병보복봉부북분비사산삼상서석선설성세소송수숙순승시신실심안암양여연열영오옥온용우운원월위유율은음의이인일장재적전절점정제조종좌주죽중지진창천청초촌추춘치탄태택통파평포풍하학한항해향현호홍화황회흥"
BRANDS = (
    "래미안 자이 푸르지오 힐스테이트 아이파크 더샵 e편한세상 이편한세상 롯데캐슬 센트레빌 위브 두산위브 에일린의뜰 꿈에그린 포레나 호반베르디움 호반써밋 중흥S클래스 코아루 스위첸 데시앙 서희스타힐스 한라비발디 쌍용예가 더플래티넘 아크로 디에이치 우미린 "
    "제일풍경채 반도유보라 금호어울림 어울림 동문굿모닝힐 대방노블랜드 주공 시영 현대 삼성 한신 우성 진흥 미도 은마 벽산 극동 신동아 선경 한양 삼익 쌍용 대우 대림 동아 럭키 건영 청구 우방 한일 태영 월드메르디앙 하늘채 사랑으로 부영 LH 휴먼시아 천년나무 "
    "휴먼빌 리슈빌 파밀리에 뜨란채 그린빌 센트럴파크 리버뷰 파크뷰 메트로시티 어반시티 스카이뷰 레이크파크 포레스트 더퍼스트 한아름 푸른숲 느티마을 까치마을 한솔마을 샛별마을 무지개마을 공작 목련 은하수 크로바 장미 개나리 무궁화 백조 성원 보성 상록 초원 삼환 태양"
).split()
SMALL = "빌라 빌 맨션 연립 하이츠 주택 오피스텔 원룸 고시원 고시텔 하우스 타운 빌리지 아트빌 캐슬빌 홈타운 리빙텔 레지던스 빌딩 타워 상가 프라자 센터 기숙사 사택 생활관 다세대 팰리스 팰리스빌 스테이 에셋".split()
STATIONS = "강남 홍대입구 신촌 합정 성수 건대입구 잠실 사당 교대 서울역 용산 왕십리 을지로입구 종로3가 신도림 구로 수원 판교 서현 정자 모란 야탑 부평 주안 송도 서면 해운대 동대구 반월당 유성온천 광주송정 전주 부산 대전 천안아산 평택 안양 의정부 노원 혜화 안국 이태원 삼성 선릉 역삼 양재 고속터미널 여의도 당산 망원 뚝섬 서울숲 압구정 신사 논현 가산디지털단지 노량진 대림 신림 서울대입구 낙성대 방배 천호 강동 미사 하남시청".split()
REGIONS = "서울 부산 대구 인천 광주 대전 울산 세종 수원 성남 분당 일산 용인 안양 안산 부천 평택 파주 김포 동탄 판교 강릉 속초 춘천 원주 청주 천안 전주 군산 목포 여수 순천 포항 경주 안동 구미 창원 진주 통영 거제 김해 제주 서귀포 강남 홍대 이태원 성수 잠실 여의도 종로 명동 신촌 건대 사당 노원 목동 마포 해운대 서면 광안리 남포동 동성로 둔산 가로수길 경리단길 연남동 망원동 한남동 성수동 익선동 을지로 북촌 오사카 도쿄 후쿠오카 다낭 방콕 대만 파리 런던 뉴욕 괌 하와이 발리".split()
SPOTS = "카페 학교 회사 집 도서관 헬스장 편의점 마트 백화점 영화관 병원 약국 은행 우체국 공원 한강 놀이터 운동장 식당 술집 노래방 PC방 미용실 네일샵 세탁소 터미널 공항 정류장 주차장 로비 옥상 지하 교회 성당 절 시장 학원 독서실 스터디카페 도서실 동아리방 강의실 회의실 사무실 현관 경비실 관리사무소 놀이공원 수영장 골프장 볼링장 찜질방 펜션 호텔 식장 예식장 장례식장 구청 주민센터 경찰서 어린이집 유치원 빵집 꽃집 서점 문구점".split()


def stem(rng: random.Random) -> str:
    """정릉, 달오름-like: two syllables, seldom three."""
    return pick(rng, STEM_HEADS) + pick(rng, STEM_TAILS) + (pick(rng, STEM_TAILS) if rng.random() < 0.08 else "")


def quarter(rng: random.Random) -> str:
    """정릉동, 안암동5가, 상도1동."""
    way = rng.random()
    number = str(rng.randint(1, 9))
    return stem(rng) + (f"동{number}가" if way < 0.05 else f"{number}동" if way < 0.15 else "동")


def region(rng: random.Random) -> str:
    """서울 관악구, 경기도 하남시, 용인시 기흥구, 성북구; sometimes without 시 or 구 as people talk."""
    sido = pick(rng, SIDOS)
    city, _, wards = (pick(rng, SIDO[sido].split(" ")) if SIDO[sido] else "").partition("|")
    ward = pick(rng, wards.split(",")) if wards else ""
    way = rng.random()
    head = (
        LONG[sido] if way < 0.25 else sido if way < 0.6 else sido + "시" if way < 0.63 and len(LONG[sido]) == 5 else ""
    )
    if head and rng.random() < 0.1 and ward:
        city = ""
    elif not head and rng.random() < 0.25 and len(city) == 3 and city.endswith("시"):
        city = city[:-1]
    return " ".join(part for part in (head, city, ward) if part)


def township(rng: random.Random) -> str:
    """가례면 운암리, 오창읍."""
    return f"{stem(rng)}{pick(rng, '읍면면')} {stem(rng)}리"


def street(rng: random.Random) -> str:
    """정릉로 12길, 미사강변대로, 테헤란로52길, 낙동대로201번길."""
    base = stem(rng) + (stem(rng) if rng.random() < 0.15 else "")
    way = rng.random()
    gap = pick(rng, ("", "", " "))
    n = rng.randint(1, 90 if way < 0.6 else 500)
    if way < 0.3:
        return f"{base}로"
    if way < 0.42:
        return f"{base}대로"
    if way < 0.55:
        return f"{base}길"
    kind = "길" if way < 0.78 else "번길"
    return f"{base}{pick(rng, ('로', '로', '대로'))}{gap}{n}{pick(rng, ('', '', '', '가', '나')) if kind == '길' else ''}{kind}"


def house(rng: random.Random) -> str:
    """12, 12-3."""
    n = str(rng.randint(1, 400))
    return f"{n}-{rng.randint(1, 40)}" if rng.random() < 0.3 else n


def lot(rng: random.Random) -> str:
    """123-45, 산 12, 1628-14번지."""
    way = rng.random()
    n = f"{rng.randint(1, 1700)}" + (f"-{rng.randint(1, 130)}" if way < 0.82 else "")
    return ("산 " if way > 0.95 else "") + n + ("번지" if rng.random() < (0.12 if way < 0.82 else 0.8) else "")


def complex_name(rng: random.Random) -> str:
    """래미안, 공덕 자이, 성원 5차, 목동 신시가지 7단지."""
    brand = pick(rng, BRANDS) if rng.random() < 0.75 else stem(rng) + pick(rng, BRANDS)
    if rng.random() < 0.12:
        brand += pick(rng, BRANDS)
    if rng.random() < 0.3:
        brand += pick(rng, (" 아파트", "아파트", " APT", " 아파트"))
    if rng.random() < 0.25:
        brand += pick(rng, ("", " ")) + f"{rng.randint(1, 12)}{pick(rng, ('차', '단지'))}"
    if rng.random() < 0.25:
        brand = stem(rng) + pick(rng, (" ", "", "동 ")) + brand
    return brand


def flat(rng: random.Random) -> str:
    """107동 903호, 107-903, 가동 201호, 208동."""
    way = rng.random()
    block = (
        f"{rng.randint(1, 19)}{rng.randint(0, 2)}{rng.randint(1, 9)}" if rng.random() < 0.8 else str(rng.randint(1, 30))
    )
    door = f"{rng.randint(1, 35)}0{rng.randint(1, 9)}"
    if way < 0.6:
        return f"{block}동{pick(rng, (' ', ' ', ''))}{door}호"
    if way < 0.72:
        return f"{block}-{door}" if len(block) >= 3 else f"{block}동 {door}호"
    if way < 0.82:
        return f"{block}동"
    if way < 0.92:
        return f"{pick(rng, 'ABCD가나다라')}동 {door}호"
    return f"{block}동{door}"


def door(rng: random.Random) -> str:
    """302호, 2층, 반지하, B01호, 옥탑."""
    n = f"{rng.randint(1, 9)}0{rng.randint(1, 9)}"
    return pick(
        rng,
        (f"{n}호", f"{n}호", f"{n}호", f"{n}호", f"{rng.randint(1, 5)}층", "반지하", "지하 1호", "B01호", f"B10{rng.randint(1, 9)}호", "옥탑", "옥탑방", "지층", f"지층 {n[-1]}호", f"{rng.randint(1, 20)}층 {n}호", f"{n}", "1층 왼쪽집", "2층 우측", "1층 뒷집", f"B{n}", "B01", f"{n[0]}층 {n}호"),
    )  # fmt: skip


def small_building(rng: random.Random) -> str:
    """나라빌, 한아름빌라, 해든 오피스텔."""
    return stem(rng) + pick(rng, ("", "", "", " ")) + pick(rng, SMALL) + pick(rng, ("", "", "", " A동", " 나동", "2차"))


def home(out: Writer, rng: random.Random) -> None:
    """A building with a door: it is an address without any street."""
    way = rng.random()
    if way < 0.5:
        text = f"{complex_name(rng)} {flat(rng)}"
    elif way < 0.72:
        text = f"{small_building(rng)} {door(rng)}"
    elif way < 0.88:
        text = flat(rng)
    else:
        text = f"{quarter(rng)} {complex_name(rng)} {flat(rng)}"
    out.add(text, "ADDRESS")


def quarter_lived_in(out: Writer, rng: random.Random) -> None:
    """성북구 정릉동: an address only where somebody says that they live there."""
    place = quarter(rng) if rng.random() < 0.85 else township(rng)
    text = f"{region(rng)} {place}" + (f" {complex_name(rng)}" if rng.random() < 0.3 else "")
    out.add(text.strip(), "ADDRESS")


def address(out: Writer, rng: random.Random) -> None:
    """Any address that stands by itself."""
    way = rng.random()
    if way < 0.3:
        home(out, rng)
        return
    head = f"{region(rng)} " if rng.random() < 0.62 else ""
    if way < 0.68:
        where = (
            f"{quarter(rng)} "
            if head and rng.random() < 0.1
            else f"{township(rng).split()[0]} "
            if rng.random() < 0.06
            else ""
        )
        text = f"{head}{where}{street(rng)} {house(rng)}"
    else:
        place = quarter(rng) if rng.random() < 0.82 else township(rng)
        text = f"{head}{place}{pick(rng, (' ', ' ', ' ', ''))}{lot(rng)}"
    zipped = f"({rng.randint(1000, 63999):05}) " if head and rng.random() < 0.07 else ""
    out.add((zipped + text + _inside(rng)).strip(), "ADDRESS")


def _inside(rng: random.Random) -> str:
    """What may follow a number: a building, a flat, a bracket."""
    way = rng.random()
    gap = pick(rng, (", ", " ", " "))
    if way < 0.42:
        return ""
    if way < 0.6:
        return gap + door(rng)
    if way < 0.72:
        return gap + flat(rng)
    if way < 0.84:
        return f"{gap}{complex_name(rng)} {flat(rng)}"
    if way < 0.93:
        return f"{gap}{small_building(rng)} {door(rng)}"
    return f"{gap}{door(rng)} ({quarter(rng)}{pick(rng, ('', f', {complex_name(rng)}'))})"


def english(out: Writer, rng: random.Random) -> None:
    """1805-ho, 302-dong, 45 Sinbanpo-ro, Seocho-gu, Seoul."""
    parts = (
        [f"{rng.randint(1, 25)}0{rng.randint(1, 9)}-ho", f"{rng.randint(101, 1304)}-dong"] if rng.random() < 0.5 else []
    )
    city = "".join(romanise(pick(rng, SIDOS))).capitalize()
    quarter_or_street = pick(rng, ("ro", "gil", "dong", "daero"))
    parts += [f"{house(rng)}{pick(rng, (' ', ', '))}{''.join(romanise(stem(rng))).capitalize()}-{quarter_or_street}"]
    parts += [f"{''.join(romanise(stem(rng)[:2])).capitalize()}-{pick(rng, ('gu', 'gu', 'si', 'gun'))}", city]
    if rng.random() < 0.3:
        parts.append(pick(rng, ("Korea", "South Korea", "Republic of Korea", "KR")))
    out.add(", ".join(parts), "ADDRESS")


def postcode(out: Writer, rng: random.Random) -> None:
    out.add(f"{rng.randint(1000, 63999):05}", "ADDRESS")


def place(rng: random.Random) -> str:
    """Where people meet: a spot, a region, a station; no address."""
    way = rng.random()
    return pick(rng, SPOTS) if way < 0.5 else pick(rng, REGIONS) if way < 0.78 else f"{station(rng)}"


def station(rng: random.Random) -> str:
    name = pick(rng, STATIONS) if rng.random() < 0.7 else stem(rng)
    return name if name.endswith("역") else name + "역"
