"""Where a name ends and the rest of a Korean word begins: 암 in 암이 but not in 암기. It knows no term.

Rules of thumb on the letters alone: an analyser would need 0.7 s to load, and cuts names it does not know.
"""

import re
from functools import lru_cache

_JOSA = (
    "으로부터|로부터|에서부터|이라든지|라든지|이라고|라고|이라는|라는|이라도|라도|이라면|라면|이라서|라서|이란|란|이라|라|에서|에게|한테|에는|에도|에만|에|"
    "으로|로|부터|까지|처럼|같이|보다|마다|조차|마저|밖에|이나|나|이랑|랑|이며|며|이고|하고|고|이든지|든지|이든|든|이지만|지만|이지|지|인데|인지|인가|인|일|임|"
    "입니다|입니까|이다|다|이에요|예요|에요|이야|야|이었|였|이면|면|이어서|여서|이므로|므로|이니까|니까|이니|니|이죠|죠|이요|요|뿐|쯤|정도|대로|없이|은|는|이|"
    "가|을|를|과|와|의|도|만|들|등|및|중|시|후|전|씩|만큼|치고|어요|습니다|던데|더니|던|어|네|네요|냐|까|던가"
)
_WITH = (
    "환자|증상|증세|치료제|치료법|치료|검사법|검사|수술|약물|약|진단|예방법|예방|위험도|위험인자|위험|원인|합병증|의심|병력|과거력|가족력|발생|발병|악화|완화|"
    "관리|조절|관련|여부|상태|질환|후유증|재발|감염|백신|접종|예방접종|주사|복용|투여|처방|요법|수치|농도|결과|소견|발작|초기|말기|소실|부위|약제|제제|정의|때"
)
_DONE = (
    "하|해|했|한|할|함|합|되|돼|됐|된|될|됨|됩|시키|시킨|시킬|시켜|나고|나서|나는|나요|났|날|난다|걸리|걸린|걸려|걸렸|걸릴|앓|같은|같아|같습|때문|있|없|생기|"
    "생겨|생긴|심하|심해|심한|아니|보이|느끼|느껴"
)
_AFTER = re.compile(rf"(?:(?:{_WITH}){{0,2}}(?:{_JOSA}){{0,4}}|(?:{_DONE})[가-힣]{{0,6}})")
_AFTER_ONE = re.compile(
    "(?:은|는|이|가|을|를|과|와|의|에|도|만|으로|로|이나|나|이며|이란|까지|부터|처럼|보다|에서|에는|에도|입니다|이에요|이다|인|이고|때문(?:에)?|환자(?:는|가|의)?)"
)
"""Behind a name of one syllable: 열고 and 열면 are of a verb."""
_NOT_THE_ORGAN = {
    "위": "에 로 의 와 에서 에는 에도 보다 까지",
    "간": "에 의 에는 에도 이",
    "배": "로 의 나 까지",
    "이": "은 는 이 가 를 를 과 와 의 에 도 만 로 으로 나 이나 에서 에는 에도 보다 까지 부터 처럼 인 이다",
}
"""Particles behind which the syllable is mostly another word: 책상 위에, 며칠 간의, 두 배로."""
_QUALIFIED = re.compile(
    r"(?:급성|만성|아급성|재발성|난치성|중증|경증|소아|노인성|선천성|원발성|속발성|이차성|전이성|양측|좌측|우측|초기|말기|[일이]형|^형|항|비정형|무증상)$"
)
"""What stands before a name in one word with it and leaves it what it is."""


def begins(before: str) -> bool:
    """Whether a name may begin behind `before`, the letters of its own word in front of it."""
    return not before or _QUALIFIED.search(before) is not None


@lru_cache(maxsize=4096)
def ends(name: str, after: str) -> bool:
    """Whether a name of Korean letters may end before `after`, the rest of its word: particles, 하다 and the like, or a word
    that medicine puts behind names (환자, 검사)."""
    if len(name) > 1:
        return _AFTER.fullmatch(after) is not None
    if after in _NOT_THE_ORGAN.get(name, "").split():
        return False
    return not after or _AFTER_ONE.fullmatch(after) is not None


_BEHIND_ONE = re.compile(rf"\s*(?:$|[^\s가-힣]|(?:{_WITH}|나[고는서요]|났|난다|있|오르|올라|내리|내려|높|심하|심해))")
"""What may stand behind a name of one syllable without a particle: 암 환자, 열 나요. 열 번 and 간 사람 are something else."""


def stands_bare(name: str, rest: str) -> bool:
    """Whether a name before a space or a sign may be meant; `rest`: the text from there."""
    return len(name) > 1 or not is_korean(name) or _BEHIND_ONE.match(rest) is not None


def is_korean(letter: str) -> bool:
    return "가" <= letter <= "힣"


def joins(letter: str, other: str) -> bool:
    """Whether two letters beside each other belong to one word of letters that are not Korean."""
    return letter.isalnum() and other.isalnum() and not is_korean(letter) and not is_korean(other)


ENGLISH = frozenset(
    "a an and as at be by do for go he hip i if ill in is it its me my no of off on or our out so the to up us we all am are can cap "
    "dip ear eye fit had has leg pet red sad set was who met per lap arm bad act age aid his her map men pad ran ten tip".split()
)
"""Abbreviations (AS, IT, PET) that are words of English: taken for the term only in capitals."""
