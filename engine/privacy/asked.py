"""A number alone in a message, read with the question before it: "계좌 불러줘" – "110123456789". It knows no speakers.

Chats give word and number in different messages. Only messages that are little more than one number or account name are
read so, and only when the last message that names a kind of number names a personal one.
"""

import re
from collections.abc import Sequence

LOOK_BACK = 4
"""Messages before that may hold the question."""

# Newest message first, the first that matches any row decides; "" means a number that is nobody's.
_TOPICS = (
    (
        re.compile(
            r"(?:주문|운송장|송장|인증|승인|예약|예매|접수|쿠폰|등기|조회|회원|고객|수험|상품|모델|시리얼|비밀|차대|일련)\s?번호|비번|송장|인증\s?(?:코드|문자)|택배|학번|사번"
        ),
        "",
    ),
    (re.compile(r"주민\s?(?:등록)?\s?번호|민번|주민번"), "주민번호"),
    (re.compile(r"외국인\s?(?:등록)?\s?(?:번호|증)"), "외국인등록번호"),
    (re.compile(r"사업자"), "사업자번호"),
    (re.compile(r"여권"), "여권번호"),
    (re.compile(r"면허"), "면허번호"),
    (re.compile(r"차\s?번호|차량\s?번호|번호판|차\s?넘버"), "차번호"),
    (re.compile(r"카드\s?(?:번호|넘버)"), "카드번호"),
    (re.compile(r"생년월일|생일|민증\s?앞"), "생년월일"),
    (re.compile(r"계좌|입금|송금|돈\s?(?:보내|부쳐|쏴)"), "계좌"),
    (
        re.compile(r"(?:전화|핸드폰|휴대폰|폰|핸폰)\s?번호|전번|연락처|번호\s?(?:좀|뭐|알려|줘|불러|찍어|남겨)"),
        "전화번호",
    ),
    (re.compile(r"아이디|아디|인스타|(?:카톡|텔레|라인)\s?(?:추가|친추)|디엠|계정"), "아이디"),
)
_DIGITS = r"\d(?:[ .\-~/_ㅡ]{0,3}\d){5,19}"
_SAID = r"[공영일이삼사오육륙칠팔구](?:[ -]?[공영일이삼사오육륙칠팔구]){5,19}"
_NAME = r"(?=[\w.]*[\d_])[A-Za-z][A-Za-z0-9_.]{3,29}"
# At most a short word before it (나는 …, 네 …) and a few syllables behind (…입니다, … 하이픈 빼고).
_ANSWER = re.compile(
    rf"\s*(?:[가-힣]{{1,4}}[ ,.!~]{{1,3}})?(?P<value>{_DIGITS}|{_SAID}|[A-Za-z]{{1,2}}[ -]?\d{{7,8}}|\d{{2,3}} ?[가-힣] ?\d{{4}}|{_NAME}|(?:\d{{2}}년 ?)?\d{{1,2}}(?:월 ?\d{{1,2}}일|[/.]\d{{1,2}}))[가-힣 .,!~ㅎㅋㅠㅜ^]{{0,14}}\s*"
)


def question_of(texts: Sequence[str], place: int) -> str:
    """The word that the messages before `texts[place]` lend it, such as "계좌", or "" when it needs or has none."""
    if _ANSWER.fullmatch(texts[place]) is None:
        return ""
    for before in reversed(texts[max(0, place - LOOK_BACK) : place]):
        for topic, word in _TOPICS:
            if topic.search(before):
                return word
    return ""
