"""Invented names and the forms in which Korean mentions people: with 이, a title, a call, in a list, in Latin letters.

Names are drawn from shares of surnames and from syllables of given names; no register of persons stands behind it.
"""

import random
from collections.abc import Sequence
from functools import cache

from engine.korean.hangul import has_batchim, initials, romanise
from engine.models.starter_corpus.words import KS_SYLLABLES
from engine.models.tagger_corpus.grammar import Writer
from engine.models.tagger_corpus.lexicon import lexicon
from engine.privacy.name_tables import DOUBLE_SURNAMES, FIRST, GIVEN, JOBS, ROMAN_SURNAMES, SECOND, SURNAMES
from engine.privacy.public_names import PUBLIC

COMMON_SURNAMES = "김김김김김김김김이이이이이이박박박박최최최정정정강강조조윤윤장장임임한한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우"
RARE = sorted(SURNAMES)
DOUBLE = sorted(DOUBLE_SURNAMES)
LISTED = sorted(GIVEN)
HEADS, TAILS = sorted(FIRST), sorted(SECOND)
NATIVE = (
    "가람 가온 가을 겨울 고운 그루 그레 글샘 기쁨 꽃님 나래 나리 나무 나은 난새 누리 누림 늘봄 다솜 다슬 다온 다운 다은 다래 달래 달님 단비 도담 도란 두리 두솔 라온 라솔 마루 마리 마음 맑음 미르 미리내 바다 "
    "바람 바름 바로 밝음 별님 별하 보라 보람 보슬 봄 봄이 봄결 봄빛 빛나 빛나라 빛가람 사랑 산들 산하 새길 새날 새롬 새벽 새봄 새솔 샛별 샘 샘나 세찬 소담 소리 솔 솔비 솔잎 솔찬 솜 솜이 송이 슬기 슬아 슬옹 "
    "시내 시원 아람 아라 아롬 아름 아리 아침 알찬 앵두 여름 여울 열매 예솔 예슬 온새미 온유 우람 우솔 윤슬 으뜸 은가람 은솔 은별 은새 은초롱 이든 이랑 이레 이루 이룸 이슬 이안 자람 잔디 재롬 조은 종달 진달래 "
    "찬솔 찬누리 참 초롱 초아 큰솔 튼튼 푸름 푸르나 하나 하늘 하늬 하라 하람 하랑 하루 하린 하얀 한결 한길 한별 한빛 한봄 한샘 한솔 한슬 한울 해나 해늘 해담 해든 해라 해랑 해리 해솔 해밀 햇살 향기 희망 힘찬"
).split()
MONO = "솔 산 건 준 민 율 빈 결 별 원 훈 혁 석 진 현 찬 윤 은 강 린 봄 슬 호 철 섭 웅 욱 환 숙 희 란 담 신 완 룡 겸 별 든 단 도 서 수 아 유 이 재 주 지 하 한 해 혜".split()
FOREIGN = (
    "마이클 제니퍼 다니엘 소피아 소피 클로이 크리스 알렉스 제이슨 제임스 토마스 데이비드 사라 에밀리 올리비아 안나 마리아 케빈 브라이언 에릭 스티브 폴 피터 존 톰 샘 벤 니콜 레이첼 줄리아 레오 루카스 노아 에바 앨리스 그레이스 "
    "조이 엘리 릴리 미아 엠마 켈리 앤디 토니 빅터 이반 나타샤 올가 드미트리 아이샤 무함마드 알리 하산 라힘 쿠마르 프리야 아룬 산제이 응우옌 반남 쩐 티흐엉 민투이 투안 란안 꾸옥 호아 왕웨이 리밍 장리 첸 리우 림춘화 박춘매 유키 사쿠라 하루토 타로 "
    "켄지 아야카 미유 다나카 스즈키 사토 나나 수닐 비카스 람 바타르 체렝 아말 아노 자야 메이 쏨차이 낫 폰 위라 마르코 루이지 파올로 카를로스 후안 미겔 디에고 페드로 카밀라 앙투안 피에르 클레어 한스 프란츠 잉그리드"
).split()
LATIN_GIVEN = (
    "Daniel Michael Sarah Chloe Kate Emily Sophia Jenny Kevin Brian Eric Steve Paul Peter John Tom Sam Ben Nicole Rachel Julia Leo Lucas Noah Eva Alice Grace Joy Elly Lily Mia Emma Kelly Andy Tony Victor Ivan Jason James Thomas "
    "David Alex Chris Anna Maria Olivia Claire Hannah Irene Jane Jay Joon Min Ray Rosa Ryan Sean Tina Vivian Will Yuna Zoe Amy Bella Dylan Ella"
).split()
LATIN_SURNAME = ROMAN_SURNAMES.split("|")
SOFT_TITLES = "씨 씨 씨 님 님 형 누나 언니 오빠 쌤 선배 선배님 선생님 샘 형님 누님 이모 삼촌 고모 아저씨 아줌마 여사님 할머니 할아버지 어르신 군 양 아빠 엄마 맘 어머니 아버님 어머님 학생 회원님 고객님 환자분 동생 후배 서방 자매 자매님 형제 형제님 사모님 어린이 아기 애기 형부 처형 도련님 아가씨 대감 회장 반장 총무 선수 골키퍼 주장".split()
WORK_TITLES = [
    *sorted(JOBS.split("|")),
    *"과장 대리 팀장 부장 차장 사원 주임 실장 이사 대표 사장 교수 원장 간사 매니저 권사 집사 장로 전도사 목사 기사 코치 반장 총무 사무장 수간호사 팀원 통장 이장 동대표 관장 셰프 트레이너 변호사 세무사 노무사 설계사 사서 상담사 간호사 조무사 사육사 강사 목수 반장 소장 선장 이사장 위원 위원장 조합장 지부장 사모 여사 총장 학장 연구원 박사".split(),
]
BEFORE = (
    "우리 |울 |우리|울|내 친구 |친구 |동생 |내 동생 |남편 |와이프 |아들 |딸 |우리 아들 |우리 딸 |사촌 |조카 |예쁜 |사랑하는 |같은 반 |옆집 |앞집 |동기 |짝꿍 |회사 |우리반 |전남친 |"
    "전여친 |룸메 |막내 |큰애 |둘째 |첫째 |귀여운 |착한 |불쌍한 |그 |걔 |이모 |삼촌 |언니 |형 |누나 |오빠 |후배 |선배 |알바 |거기 |"
).split("|")
BEFORE_WORK = "영업팀 |개발팀 |인사팀 |총무팀 |마케팅 |기획팀 |디자인 |본사 |저희 |저희 팀 |우리 팀 |옆 팀 |담당 |담당자 |신입 |인턴 |전 |구매팀 |재무팀 |연구소 |3층 |원무과 |내과 |관리소 |교무실 |2반 |학년부장 |협력사 |거래처 |물류 |".split(
    "|"
)


def given_name(rng: random.Random) -> str:
    """A given name: listed, composed, native, of one syllable or of rare syllables."""
    way = rng.random()
    if way < 0.38:
        return pick(rng, LISTED)
    if way < 0.78:
        return _composed(rng)
    if way < 0.92:
        return pick(rng, NATIVE)
    if way < 0.95:
        return pick(rng, MONO)
    return _composed(rng) if way < 0.985 else pick(rng, KS_SYLLABLES) + pick(rng, TAILS)


def _composed(rng: random.Random) -> str:
    while True:
        name = pick(rng, HEADS) + pick(rng, TAILS)
        if name not in everyday() or rng.random() < 0.02:
            return name


@cache
def everyday() -> frozenset[str]:
    """Nouns of talk; a composed name is none of them."""
    words = lexicon()
    return frozenset(words.nouns) | frozenset(words.adverbs)


def surname(rng: random.Random) -> str:
    """By rough frequency; two-syllable surnames are ten times as frequent as in life."""
    way = rng.random()
    return pick(rng, COMMON_SURNAMES) if way < 0.62 else pick(rng, RARE) if way < 0.9 else pick(rng, DOUBLE)


def full_name(rng: random.Random) -> str:
    """김지은, 남궁솔; a public figure's name only by chance of two draws."""
    while True:
        name = surname(rng) + given_name(rng)
        if len(name) > 2 and name not in PUBLIC:
            return name


def short_name(rng: random.Random) -> str:
    """What friends call somebody by."""
    while True:
        name = given_name(rng)
        if len(name) > 1 or rng.random() < 0.35:
            return name


def friend(out: Writer, rng: random.Random, *, bare: bool = False) -> None:
    """지은이, 김지은, 우리 지은이, 마이클; `bare`: without 이."""
    if rng.random() < 0.1:
        out.add(pick(rng, BEFORE))
    way = rng.random()
    if way < 0.05:
        out.add(pick(rng, FOREIGN), "PERSON")
    elif way < 0.08:
        out.add(latin_name(rng), "PERSON")
    elif way < 0.14:
        titled(out, rng)
    elif way < 0.15:
        out.add(initials(full_name(rng) if rng.random() < 0.5 else short_name(rng)), "PERSON")
        out.add(pick(rng, ("", "이", "이", " ")))
    elif way < 0.17:
        out.add(short_name(rng), "PERSON")
        out.add(pick(rng, ("쓰", "찡", "찌", "짱", "냥", "이형", "이누나", "느님", "둥이", "돌이", "순이", "씨네")))
    elif way < 0.38:
        name = full_name(rng)
        out.add(name, "PERSON")
        _suffix(out, name, rng, 0.25 * (not bare))
    else:
        name = short_name(rng)
        out.add(name, "PERSON")
        _suffix(out, name, rng, 0.85 * (not bare))


def _suffix(out: Writer, name: str, rng: random.Random, share: float) -> None:
    if has_batchim(name[-1]) and rng.random() < share:
        out.add("이")


def titled(out: Writer, rng: random.Random) -> None:
    """김 과장님, 지은씨, 영업팀 김지은 대리, 민준맘."""
    if rng.random() < 0.2:
        out.add(pick(rng, BEFORE_WORK))
    way = rng.random()
    if way < 0.28:
        out.add(surname(rng), "PERSON")
        out.add(pick(rng, ("", " ", " ")) + pick(rng, WORK_TITLES) + pick(rng, ("", "님", "님")))
    elif way < 0.55:
        out.add(full_name(rng) if rng.random() < 0.8 else short_name(rng), "PERSON")
        out.add(pick(rng, ("", " ", " ")) + pick(rng, WORK_TITLES) + pick(rng, ("", "님", "님")))
    else:
        name = full_name(rng) if rng.random() < 0.35 else short_name(rng)
        out.add(name, "PERSON")
        title = pick(rng, SOFT_TITLES)
        if title in ("엄마", "아빠", "누나", "형", "동생"):
            _suffix(out, name, rng, 0.4)
        out.add((" " if rng.random() < 0.25 and title != "맘" else "") + title)
        if rng.random() < 0.06:
            out.add("네" if title in ("씨", "맘", "엄마") else "들")


def call(out: Writer, rng: random.Random) -> None:
    """지은아, 민수야~, 지은앙, 지은이형, 지은씨."""
    way = rng.random()
    if way < 0.14:
        titled(out, rng)
        return
    if rng.random() < 0.06:
        out.add(pick(rng, ("우리 ", "울 ", "야 ", "아니 ", "헐 ")))
    name = full_name(rng) if way > 0.9 else short_name(rng)
    out.add(name, "PERSON")
    if rng.random() < 0.88:
        closed = has_batchim(name[-1])
        out.add(
            pick(rng, ("아", "아", "아", "아", "앙", "아아", "아~", "아!", "아,"))
            if closed
            else pick(rng, ("야", "야", "야", "야", "양", "야~", "야!", "얌", "야,"))
        )


def whole(out: Writer, rng: random.Random) -> None:
    """A name as forms hold it."""
    way = rng.random()
    if way < 0.05:
        out.add(pick(rng, FOREIGN) + (f" {pick(rng, COMMON_SURNAMES)}" if rng.random() < 0.4 else ""), "PERSON")
    elif way < 0.1:
        out.add(surname(rng) + " " + given_name(rng), "PERSON")
    elif way < 0.13:
        out.add(" ".join(full_name(rng)), "PERSON")
    else:
        out.add(full_name(rng), "PERSON")


def people(out: Writer, rng: random.Random) -> None:
    """Two to six names with commas, spaces, 이랑 or dots between them."""
    full = rng.random() < 0.5
    between = pick(rng, (", ", ", ", ",", " ", " ", "/", "·", "이랑 ", "\n", " & "))
    for at in range(rng.randint(2, 6)):
        if at:
            bare = between == "이랑 " and not has_batchim(out.chars[-1])
            out.add("랑 " if bare else between)
        name = full_name(rng) if full else short_name(rng)
        out.add(name, "PERSON")
        if not full and between != "이랑 " and rng.random() < 0.3:
            _suffix(out, name, rng, 1.0)


def latin_name(rng: random.Random) -> str:
    """Daniel Kim, Minjae Oh, KIM JIEUN, jieun, Ji-eun."""
    way = rng.random()
    given = pick(rng, LATIN_GIVEN) if way < 0.45 else pick(rng, ("", "-")).join(_spelled(rng)).capitalize()
    family = pick(rng, LATIN_SURNAME)
    if rng.random() < 0.06:
        return (
            pick(rng, ("NGUYEN VAN", "TRAN THI", "LE THI", "MD", "MOHAMMAD", "ALI", "WANG", "LI", "ZHANG", "PHAM"))
            + " "
            + "".join(_spelled(rng)).upper()
        )
    name = pick(rng, (given, given, f"{given} {family}", f"{given} {family}", f"{family} {given}"))
    return name.upper() if rng.random() < 0.12 else name.lower() if rng.random() < 0.08 else name


def _spelled(rng: random.Random) -> tuple[str, ...]:
    while True:
        spelled = romanise(pick(rng, LISTED) if rng.random() < 0.5 else _composed(rng))
        if len("".join(spelled)) > 3:
            return tuple(spelled)


def latin(out: Writer, rng: random.Random) -> None:
    out.add(latin_name(rng), "PERSON")


def pick(rng: random.Random, items: Sequence[str]) -> str:
    """One element; faster than rng.choice."""
    return items[int(rng.random() * len(items))]
