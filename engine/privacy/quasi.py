"""Quasi-identifiers: what points at a person only together with more of it. Runs when the owner asks for it.

It finds what is written out ("서른두 살", "한빛고 2학년 3반", "삼성전자 영업팀 대리", "175cm"), and guesses nothing from hints.
"""

import re
from collections.abc import Iterator

from engine.privacy.numbers import Hit

_TENS, _ONES = "(?:열|스물|서른|마흔|쉰|예순|일흔|여든|아흔)", "(?:한|하나|두|둘|세|셋|네|넷|다섯|여섯|일곱|여덟|아홉)"
_AGE = re.compile(
    rf"(?<![\d가-힣])(?:만\s?)?(?:[1-9]\d?\s?(?:세|살)(?!트|기|대)|(?:스무|{_TENS}{_ONES}?|{_ONES})\s?살(?!짝|살|림)|[1-9]0대\s?(?:초반|중반|후반)?(?=\s?(?:여|남|아줌|아저|청|직장|이|인|중|초|후|$)))"
)
_SCHOOL = re.compile(
    r"(?<![가-힣])[가-힣]{2,8}(?:초등학교|중학교|고등학교|여고|여중|대학교|대학원|대학|초|중|고|대)(?![가-힣]*(?:가요|리즘))(?=\s|[,.!?)]|에|를|을|는|은|이|가|로|의|다니|나온|나왔|출신|졸업|재학|$)(?:\s?[가-힣]{2,10}(?:학과|학부|과))?(?:\s?\d{1,2}\s?학년)?(?:\s?\d{1,2}\s?반)?(?:\s?\d{1,2}\s?번)?"
    r"|(?<!\d)[1-6]\s?학년(?:\s?\d{1,2}\s?반)?(?:\s?\d{1,2}\s?번)?|(?<![\d-])[1-6]-\d{1,2}\s?반|[가-힣]{2,10}학과(?=\s|에|를|을|는|이|다니|나온|나왔|출신|졸업|재학|$)"
)
_SHORT_SCHOOL = re.compile(r"(?:초|중|고|대)$")
_SCHOOL_CUE = re.compile(r"다니|다녔|나온|나왔|출신|졸업|재학|입학|합격|학년|반|선생|담임|동창|선배|후배|전공|학교")
_POST = r"(?:사원|주임|대리|과장|차장|부장|팀장|실장|본부장|이사|상무|전무|대표|사장|원장|점장|매니저|책임|선임|수석|연구원|인턴)"
_WORK = re.compile(
    rf"(?:\(주\)|㈜|주식회사\s?)\s?[가-힣A-Za-z0-9]{{2,20}}(?:\s?[가-힣A-Za-z]{{1,10}}(?:팀|부|실|본부|과|센터))?(?:\s?{_POST})?"
    rf"|(?<![가-힣])[가-힣A-Za-z]{{2,12}}(?:전자|건설|은행|물산|제약|중공업|화학|증권|생명|보험|병원|시청|구청|군청|공사|공단|그룹|물류|유통|식품|상사|산업|테크|소프트|랩스|컴퍼니|코리아)(?:\s?[가-힣A-Za-z]{{1,10}}(?:팀|부|실|본부|과|센터))?(?:\s?{_POST})?(?=에서?\s?(?:일|근무|다니|다녀|다녔|재직)|\s?(?:다니|다녀|재직|근무|입사|직원|{_POST}))"
    rf"|(?<![가-힣])[가-힣A-Za-z]{{1,8}}(?:팀|본부|사업부)\s?{_POST}"
)
_ILL = (
    r"(?:우울증|조울증|공황장애|불안장애|조현병|당뇨병?|고혈압|고지혈증|[가-힣]{1,4}암(?:\s?[1-4]기)?|백혈병|간염|결핵|천식|아토피|갑상선[가-힣]{0,5}|뇌졸중|뇌전증|치매|"
    r"파킨슨병?|루푸스|크론병|ADHD|디스크|협심증|심근경색|부정맥|신부전|불임|난임|임신\s?\d{1,2}\s?(?:주|개월)|유산|에이즈|HIV|성병|헤르페스)"
)
_HEALTH = re.compile(
    rf"{_ILL}|(?<![가-힣])[가-힣]{{2,12}}(?:병원|의원|한의원|클리닉|요양원)(?:\s?[가-힣]{{2,8}}과)?|(?:정신건강의학|산부인|비뇨기|정신|신경정신)과(?=\s|에|를|을|는|$)|혈액형\s?(?:은|이)?\s?(?:RH[+-]?\s?)?(?:AB|[ABO])형?",
    re.I,
)
_KIN = r"(?:아버지|어머니|아빠|엄마|남편|아내|와이프|부인|아들|딸|형|누나|언니|오빠|동생|할머니|할아버지|이모|고모|삼촌|시어머니|시아버지|장인|장모|며느리|사위|손자|손녀|전남편|전부인|쌍둥이)"
_FAMILY = re.compile(
    rf"(?:큰|작은|둘째|셋째|첫째|막내|외동|친|의붓|새)\s?{_KIN}|\d\s?남\s?\d\s?녀(?:\s?중\s?[가-힣]{{1,3}}째?)?|{_KIN}\s?(?:이름|성함)|이혼(?:했|하|남|녀|소송)|재혼|한부모|미혼모|입양"
)
_BODY = re.compile(
    r"(?:키|신장|몸무게|체중|허리|발\s?사이즈|신발\s?사이즈)\s?(?:은|는|이|가|:)?\s?(\d{2,3}(?:\.\d)?\s?(?:cm|kg|센치|센티|키로|킬로|mm|인치)?)|(?<![\d.])(1[3-9]\d(?:\.\d)?\s?(?:cm|센치|센티)|(?:[3-9]\d|1[0-4]\d)(?:\.\d)?\s?(?:kg|키로|킬로)(?!\s?(?:쌀|감자|들)))",
    re.I,
)
_STUDENT_ID = re.compile(r"학번\s?(?:은|는|이|:)?\s?(?<!\d)(\d{6,10}|\d{2}학번)(?!\d)|(?<!\d)(\d{2})학번")
_STAFF_ID = re.compile(r"(?:사번|사원\s?번호|교번|군번)\s?(?:은|는|이|:)?\s?([A-Za-z]{0,3}-?\d[\d-]{3,10})(?!\d)")


def quasi(text: str) -> Iterator[Hit]:
    """Age, school, work, health, family, body, student and staff numbers; certain only of the words, not of their weight."""
    for label, pattern in _KINDS:
        for m in pattern.finditer(text):
            group = next((at for at in range(1, (m.re.groups or 0) + 1) if m[at]), 0)
            if label != "SCHOOL" or _is_school(text, m):
                yield m.start(group), m.end(group), label, 0.5


def _is_school(text: str, m: re.Match[str]) -> bool:
    """한빛고 and 서울대 may be any word that ends so: they need a word of school life nearby."""
    if not _SHORT_SCHOOL.search(m.group()):
        return True
    return _SCHOOL_CUE.search(text, m.end(), m.end() + 15) is not None


_KINDS = (
    ("STUDENT_ID", _STUDENT_ID),
    ("STAFF_ID", _STAFF_ID),
    ("HEALTH", _HEALTH),
    ("SCHOOL", _SCHOOL),
    ("WORK", _WORK),
    ("AGE", _AGE),
    ("BODY", _BODY),
    ("FAMILY", _FAMILY),
)
