"""An invented chat of any size, as a phone or a PC would export it: seeded, about one message in twenty with personal data.

Every message is composed from parts, so that few are equal and no cache makes a bench look good. Nobody in it exists.
"""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

ME, OTHER = "가온", "서나리"
SHAPES = ("android", "windows")
PERSONAL = 0.05

TIMES = "오늘 내일 어제 아까 이따 주말에 저녁에 아침에 점심에 방금 요즘 지난주에 다음주에 월요일에 금요일에 밤에 새벽에 나중에 일찍 이번달에".split()
PLACES = "회사 집 카페 학교 도서관 헬스장 마트 공원 영화관 식당 병원 미용실 편의점 지하철 버스 사무실 강의실 시장 터미널 공항".split()
THINGS = "밥 커피 영화 책 노트북 우산 가방 운동화 과제 회의자료 사진 택배 선물 케이크 떡볶이 치킨 김밥 강아지 고양이 드라마 게임 기차표 숙제 이어폰 충전기".split()
DEEDS = (
    "먹었어,봤어,샀어,하고있어,가져왔어,찾았어,끝냈어,까먹었어,좋아해,싫대,보낼게,챙겨,알아볼게,예약했어,바꿨어,물어볼까,같이 하자,기다려줘,사올게,"
    "힘들다,재밌더라,별로였어,괜찮던데,비싸더라,궁금해,걱정돼,기대된다,늦을 것 같아,먼저 갈게,다시 전화할게,못 갈 듯,데리러 갈게"
).split(",")
OPENINGS = "근데 아니 진짜 음 그래서 아 맞다 그러니까 혹시 사실 일단 솔직히 와 헐 야 있잖아 어쩐지 아마".split()
ENDINGS = ["", "", "", "", " ㅋㅋ", " ㅋㅋㅋㅋ", " ㅠㅠ", "~", "!", "?", "..", " ㅎㅎ", " 😂", " 👍", "^^"]
SHORT = "ㅋㅋㅋ ㅋㅋㅋㅋㅋ 응 네 웅 ㅇㅇ ㄴㄴ 헐 오키 그래 넵 ㅎㅎ ㅠㅠ 좋아 아니 왜 진짜? 알겠어 굿 대박 맞아 ㄱㄱ 그치".split()
MEDIA = [
    "사진",
    "사진 2장",
    "이모티콘",
    "동영상",
    "보이스톡 해요",
    "삭제된 메시지입니다.",
    "음성메시지",
    "파일: 회의록.pdf",
]
NAMES = (
    "김민수 이서연 박지훈 최유진 정하윤 강도현 조은지 윤서준 장수빈 임현우 한지민 오세훈 송다은 권혁준 황예린".split()
)
ROADS = "테헤란로 세종대로 월드컵로 중앙로 강변로 봉은사로 백제대로 동백길".split()
CITIES = "서울시 강남구,서울 마포구,부산 해운대구,대전시 유성구,경기도 성남시 분당구,광주광역시 북구,대구 수성구".split(
    ","
)

Draw = Callable[[random.Random], str]


def _digits(rng: random.Random, count: int) -> str:
    return f"{rng.randrange(10**count):0{count}d}"


PERSONAL_KINDS: tuple[Draw, ...] = (
    lambda r: f"내 번호 010-{_digits(r, 4)}-{_digits(r, 4)}이야",
    lambda r: f"010{_digits(r, 8)} 여기로 전화줘",
    lambda r: f"국민은행 {_digits(r, 6)}-{_digits(r, 2)}-{_digits(r, 6)} 여기로 보내줘",
    lambda r: f"카뱅 3333-{_digits(r, 2)}-{_digits(r, 7)} {r.choice(NAMES)}",
    lambda r: f"메일은 {r.choice(('moon', 'star', 'sky', 'river'))}{_digits(r, 3)}@example.com 으로",
    lambda r: f"{r.choice(NAMES)} 과장님이 {r.choice(THINGS)} 달래",
    lambda r: f"{r.choice(NAMES)[1:]}아 {r.choice(PLACES)}에서 봐",
    lambda r: (
        f"{r.choice(CITIES)} {r.choice(ROADS)} {r.randrange(1, 300)} {r.randrange(101, 120)}동 {r.randrange(101, 1900)}호야"
    ),
    lambda r: (
        f"{r.randrange(60, 99)}{r.randrange(1, 13):02d}{r.randrange(1, 29):02d}-{r.choice('12')}{_digits(r, 6)} 이게 주민번호"
    ),
    lambda r: f"차 번호 {r.randrange(10, 99)}{r.choice('가나다라마')} {_digits(r, 4)}",
    lambda r: f"인스타 @{r.choice(('daily', 'photo', 'haru'))}_{_digits(r, 4)} 맞팔해",
    lambda r: f"생일은 {r.randrange(1980, 2005)}년 {r.randrange(1, 13)}월 {r.randrange(1, 29)}일이야",
    lambda r: f"https://open.kakao.com/o/g{_digits(r, 7)}A 들어와",
    lambda r: "가온아 어디야",
    lambda r: "나리가 그러던데",
)


def message(rng: random.Random) -> str:
    """One body: short answers, plain talk, a few long ones, media, links, numbers that are nobody's."""
    drawn = rng.random()
    if drawn < PERSONAL:
        return rng.choice(PERSONAL_KINDS)(rng)
    if drawn < 0.24:
        return rng.choice(SHORT)
    if drawn < 0.29:
        return rng.choice(MEDIA)
    if drawn < 0.30:
        return f"https://www.example.com/news/{rng.randrange(10**6)}"
    if drawn < 0.36:
        return (
            f"{rng.choice(THINGS)} {rng.randrange(1, 99)}00원인데 {rng.randrange(1, 12)}시까지래{rng.choice(ENDINGS)}"
        )
    if drawn < 0.38:
        return "\n".join(_clause(rng) for _ in range(rng.randrange(2, 5)))
    if drawn < 0.39:
        return " ".join(_clause(rng) for _ in range(rng.randrange(4, 12)))
    return _clause(rng) + rng.choice(ENDINGS)


def _clause(rng: random.Random) -> str:
    choice, thing = rng.choice, rng.choice(THINGS)
    form = rng.randrange(5)
    if form == 0:
        return f"{choice(OPENINGS)} {thing} {choice(DEEDS)}"
    if form == 1:
        return f"{choice(TIMES)} {choice(PLACES)}에서 {thing} {choice(DEEDS)}"
    if form == 2:
        return f"{choice(PLACES)} 가는데 {thing} {choice(DEEDS)}"
    if form == 3:
        return f"{thing} {choice(DEEDS)} {choice(TIMES)} {choice(DEEDS)}"
    return f"{choice(TIMES)} {thing}"


def messages(rng: random.Random) -> Iterator[tuple[datetime, str, str]]:
    """(time, sender, body) without end: turns of one to four messages, pauses, nights."""
    at, mine = datetime(2016, 3, 1, 8, 0), False
    while True:
        mine = not mine
        for _ in range(rng.randrange(1, 5)):
            at += timedelta(seconds=rng.randrange(5, 60))
            yield at, ME if mine else OTHER, message(rng)
        drawn = rng.random()
        at += timedelta(minutes=rng.randrange(300, 700) if drawn < 0.01 else rng.randrange(1, 8))


def write_chat(path: Path, size: int, shape: str, seed: int = 0) -> int:
    """Write an export of about `size` bytes; returns how many messages it holds."""
    rng, count, written = random.Random(seed), 0, 0
    with path.open("w", encoding="utf-8", newline="") as file:
        title = f"{OTHER} 님과 카카오톡 대화\r\n저장한 날짜 : 2026년 6월 1일 오전 10:50\r\n\r\n"
        written += file.write("\ufeff" + title if shape == "android" else title)
        day = None
        for at, sender, body in messages(rng):
            lines = ""
            if at.date() != day:
                day = at.date()
                lines = _day_line(at, shape)
            lines += _line(at, sender, body, shape)
            file.write(lines)
            written, count = written + len(lines.encode()), count + 1
            if written >= size:
                return count
    return count


def _day_line(at: datetime, shape: str) -> str:
    day = f"{at.year}년 {at.month}월 {at.day}일"
    if shape == "android":
        return f"\r\n{day} {'월화수목금토일'[at.weekday()]}요일\r\n"
    return f"--------------- {day} {'월화수목금토일'[at.weekday()]}요일 ---------------\r\n"


def _line(at: datetime, sender: str, body: str, shape: str) -> str:
    clock = f"{'오전' if at.hour < 12 else '오후'} {(at.hour - 1) % 12 + 1}:{at.minute:02d}"
    if shape == "android":
        return f"{at.year}년 {at.month}월 {at.day}일 {clock}, {sender} : {body}\r\n"
    return f"[{sender}] [{clock}] {body.replace(chr(10), chr(13) + chr(10))}\r\n"
