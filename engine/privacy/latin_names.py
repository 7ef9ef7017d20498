"""Latin spellings of names against Hangul ones: Hyunwoo → 현우, Chloe → 클로이. It knows single names, no sentence."""

import re
from functools import cache

from engine.korean.hangul import romanise
from engine.privacy.name_tables import GIVEN

ENGLISH = dict(
    pair.split("=")
    for pair in (
        "aaron=애런 adam=아담 alex=알렉스 alice=앨리스 amy=에이미 andrew=앤드류 andy=앤디 angela=안젤라 anna=안나 anthony=앤서니 ashley=애슐리 bella=벨라 ben=벤 benjamin=벤자민 brian=브라이언 catherine=캐서린 charlie=찰리 "
        "charlotte=샬롯 chloe=클로이 chris=크리스 christina=크리스티나 claire=클레어 daniel=다니엘 david=데이비드 dennis=데니스 diana=다이애나 edward=에드워드 elena=엘레나 elizabeth=엘리자베스 ella=엘라 ellen=엘렌 emily=에밀리 emma=엠마 "
        "eric=에릭 erica=에리카 ethan=이든 eva=에바 eugene=유진 frank=프랭크 gina=지나 grace=그레이스 hannah=한나 harry=해리 helen=헬렌 henry=헨리 irene=아이린 isaac=아이작 jack=잭 jake=제이크 james=제임스 jane=제인 jason=제이슨 "
        "jay=제이 jennifer=제니퍼 jenny=제니 jerry=제리 jessica=제시카 jessie=제시 jimmy=지미 joanna=조안나 john=존 jonathan=조나단 joseph=조셉 joshua=조슈아 judy=주디 julia=줄리아 julie=줄리 justin=저스틴 karen=카렌 kate=케이트 "
        "katie=케이티 kelly=켈리 kevin=케빈 kyle=카일 laura=로라 leo=레오 liam=리암 lily=릴리 linda=린다 lisa=리사 lucas=루카스 lucy=루시 luna=루나 mark=마크 mary=메리 matthew=매튜 max=맥스 megan=메건 michael=마이클 michelle=미셸 "
        "mike=마이크 monica=모니카 nancy=낸시 natalie=나탈리 nathan=네이선 nicole=니콜 noah=노아 olivia=올리비아 oliver=올리버 oscar=오스카 patrick=패트릭 paul=폴 peter=피터 rachel=레이첼 rebecca=레베카 richard=리처드 robert=로버트 "
        "rose=로즈 ryan=라이언 sally=샐리 sam=샘 sarah=사라 scott=스캇 sienna=시에나 simon=사이먼 sophia=소피아 sophie=소피 stella=스텔라 stephanie=스테파니 steve=스티브 steven=스티븐 susan=수잔 teddy=테디 thomas=토마스 tiffany=티파니 "
        "tim=팀 tina=티나 tom=톰 tony=토니 victoria=빅토리아 vincent=빈센트 vivian=비비안 wendy=웬디 william=윌리엄 zoe=조이 linh=린 rahim=라힘 maria=마리아 lucia=루시아 theresa=테레사 cecilia=세실리아"
    ).split()
)
FOREIGN = frozenset(
    name
    for name in ENGLISH.values()
    if len(name) >= 3 and name not in {"그레이스", "다이애나", "라이언", "제니퍼", "헨리"}
)
"""Hangul spellings that are no Korean word."""
_LOOSE = (
    ("young", "yeong"),
    ("kyung", "gyeong"),
    ("kyeong", "gyeong"),
    ("jung", "jeong"),
    ("chung", "jeong"),
    ("sung", "seong"),
    ("hyun", "hyeon"),
    ("hun", "hun"),
    ("hoon", "hun"),
    ("joon", "jun"),
    ("woo", "u"),
    ("oo", "u"),
    ("wo", "wo"),
    ("ee", "i"),
    ("ah", "a"),
    ("yoon", "yun"),
    ("seung", "seung"),
    ("eu", "eu"),
)


def hangul_of(latin: str) -> str:
    """The one listed given name that a Latin spelling stands for, "" when there is none or more than one."""
    found = _by_sound().get(_sound(latin), [])
    return found[0] if len(found) == 1 else ""


@cache
def _by_sound() -> dict[str, list[str]]:
    sounds: dict[str, list[str]] = {}
    for name in sorted(GIVEN):
        if len(name) == 2:
            sounds.setdefault(_sound("".join(romanise(name))), []).append(name)
    return sounds


def _sound(latin: str) -> str:
    """A spelling without what differs between the usual ways of writing a Korean name."""
    body = re.sub("[^a-z]", "", latin.lower())
    for written, plain in _LOOSE:
        body = body.replace(written, plain)
    return body.replace("wu", "u").replace("yi", "i")
