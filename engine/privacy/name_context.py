"""What may stand before and after a name in Korean: particles that agree with 받침, titles, place words. It holds no names."""

import re

from engine.korean.hangul import has_batchim, is_syllable
from engine.privacy.name_tables import HONORIFIC, JOBS, PLACE_WORDS

_END = r"(?![가-힣])"
_NEUTRAL = r"도|만|의|에게서?|한테서?|께서?|부터|까지|보다|처럼|하고|밖에|조차|마저|같이|같은|대로|뿐|네|꺼|거|보고|더러|때문에?|땜에|덕분에?|덕에|대신|말고|빼고|편에|쪽|본인"
_OPEN = r"가|는|를|와|랑|야|여|거든|거든요|지만|랬|라길래|라니|라|인데요|임|이라고|이에요|입니다|라고|라는|라서|라도|라면|나|든|였어|였는데|였나|예요|에요|다|고|지|니|냐|잖아|래|래요|면|ㄴ데"
_COPULA = r"이거든|이거든요|이지만|이라니|이라서|이래|이래요|입니다|인데|인지|인가|임|일까|이에요|이야|이다|이고|이지|이랑|이잖아|이네|이라고|이라는|이면"
_CLOSED = r"이|은|을|과|으로|아|이나|이든"
_TAIL = r"(?:요|은|는|도|만|의|가|서|를|랑|야|까지|부터|라도|요)?"
_STRETCH = r"(?:[아야어이ㅏㅑㅓㅣ~]{0,8})"

# Particles by the last sound of the name. 지은이가 = 지은 + 이 + 가: -이 turns a closed name into an open one.
_AFTER_OPEN = re.compile(rf"(?:(?:{_OPEN}|{_NEUTRAL}|{_COPULA}){_TAIL}|야{_STRETCH}){_END}")
_AFTER_CLOSED = re.compile(
    rf"(?:(?:이(?:{_OPEN}|{_NEUTRAL})|{_NEUTRAL}|{_COPULA}|{_CLOSED}){_TAIL}|아{_STRETCH}){_END}"
)
# Only what a person takes: used where the name is an everyday word as well.
_PERSON = r"한테서?|에게서?|께서?|네|더러|보고"
_PERSON_OPEN = re.compile(rf"(?:(?:{_PERSON}|랑){_TAIL}){_END}")
_PERSON_CLOSED = re.compile(rf"(?:(?:이(?:가|는|랑|를|도|꺼|거|{_PERSON})|{_PERSON}){_TAIL}|아{_STRETCH}){_END}")
# Evidence for a name nobody registered: no copula, no bare 이 or 아 inside other words.
_LISTED = r"한테서?|에게서?|께서?|네|더러|보고|도|의|처럼|보다|같은|같이|때문에|빼고|말고"
_LISTED_OPEN = re.compile(
    rf"(?:(?:{_LISTED}|가|는|를|랑|와|야|라고|라는|예요|입니다|인데|이고|이며){_TAIL}|야{_STRETCH}){_END}"
)
_LISTED_CLOSED = re.compile(
    rf"(?:(?:이(?:가|는|를|랑|네|야|라고|라는|에요|{_LISTED})|{_LISTED}|은|을|과|입니다|인데|이고|이며|이){_TAIL}|아{_STRETCH}){_END}"
)
# With an everyday word, only what no word but a name takes.
_FRIEND = re.compile(rf"(?:이(?:가|는|랑|를|한테){_TAIL}|아[아~ㅏ]*){_END}")
_GLUED_VOCATIVE = (re.compile(r"야(?=[가-힣])"), re.compile(r"(?:이야|아|이가|이는|이랑|이한테|이를)(?=[가-힣])"))
TITLE = re.compile(rf"이?[ ]?(?:{HONORIFIC})")
_GLUED_TITLE = re.compile(
    rf"(?:씨|님|쌤|누나|언니|오빠|형|선배|군|양|(?:{JOBS})님)(?:이|가|은|는|도|을|를|한테|랑|이랑|의|께|네|과|와|에게)*{_END}"
)
_STRONG_TITLE = re.compile(
    rf"이?[ ]?(?:씨|님|누나|누님|언니|오빠|형님|형|이모|삼촌|고모|형부|형수|매형|서방|자매|형제|집사|권사|선배|쌤|샘|선생님?|과장|대리|팀장|부장|차장|주임|매니저|(?:{JOBS})님)(?:님|이|가|은|는|도|을|를|한테|랑|이랑|의|께|네|아|야|들)*"
    + _END
)
# Nouns people glue to a friend's name.
_GLUED_NOUN = re.compile(
    r"이?(?:생일|생축|바보|최고|사랑|집에|집|방|폰|카톡|톡|번호|전화|사진|목소리|얼굴|생각|계좌|주소|남친|여친|남자친구|여자친구|남편|아내|와이프|엄마|아빠|동생|친구|어린이|회사|메일|인스타|왔|갔|책임|담당|팀장|ㅎ)"
)
_PLACE = re.compile(
    r"(?:\d가|[12]?동(?![생기의안])|역(?!할|시)|대교|사거리|삼거리|읍|시장|구청|시청|군청|호수|대로|대학|여대|고등|중학|초등|여고|초교|IC|톨게이트|터미널|공원|낙지|막걸리)"
)
_PLACE_PARTICLE = re.compile(
    rf"(?:에서?(?!게)|로|발|행|쪽|점|구|시)(?:는|도|만|의|부터|까지|요)?{_END}|[ ](?:{PLACE_WORDS})"
)
_LEFT_WORDS = (
    "우리",
    "울",
    "저희",
    "저희팀",
    "우리팀",
    "야",
    "헐",
    "아니",
    "그",
    "사랑하는",
    "예쁜",
    "이쁜",
    "귀여운",
    "안녕",
    "고마워",
    "미안",
    "축하해",
    "from",
    "to",
)


def starts_word(text: str, start: int) -> bool:
    """No Hangul syllable right before."""
    return start == 0 or not is_syllable(text[start - 1])


def follows_calling(text: str, start: int) -> bool:
    """Glued behind a word people put before a name: 우리지은이."""
    head = text[max(0, start - 5) : start]
    return any(head.endswith(word) and starts_word(text, start - len(word)) for word in _LEFT_WORDS)


def ends_word(text: str, end: int) -> bool:
    """No Hangul syllable right after."""
    return end == len(text) or not is_syllable(text[end])


def particle_agrees(text: str, end: int) -> bool:
    """A particle or copula that agrees with the name's last sound, then the end of the word."""
    pattern = _AFTER_CLOSED if has_batchim(text[end - 1]) else _AFTER_OPEN
    return pattern.match(text, end) is not None


def person_particle(text: str, end: int) -> bool:
    """A particle that only persons take (한테, 이가 after a consonant …)."""
    return (_PERSON_CLOSED if has_batchim(text[end - 1]) else _PERSON_OPEN).match(text, end) is not None


def friend_particle(text: str, end: int) -> bool:
    """지은이가, 하늘아: -이 with a particle, or the vocative, after a closed name."""
    return has_batchim(text[end - 1]) and _FRIEND.match(text, end) is not None


def listed_particle(text: str, end: int) -> bool:
    """As `particle_agrees`, without what also ends common words."""
    return (_LISTED_CLOSED if has_batchim(text[end - 1]) else _LISTED_OPEN).match(text, end) is not None


_OPENING = re.compile(r"(?:^|[.!?~…\n,ㅋㅎㅠㅜㅡ^;♥]|야|아니|헐|근데)\s*$")
_CALL = re.compile(r"야[야아~ㅑㅏ]*(?![가-힣])")


def calls(text: str, start: int, end: int) -> bool:
    """성수야 at the start of a sentence: later in it, 야 may be the copula (하나야)."""
    return (
        _CALL.match(text, end) is not None
        and not has_batchim(text[end - 1])
        and _OPENING.search(text[:start]) is not None
    )


def glued_call(text: str, end: int) -> bool:
    """민수야뭐해, 지은생일: a vocative or a friend's noun with the next word glued on."""
    return (
        _GLUED_VOCATIVE[has_batchim(text[end - 1])].match(text, end) is not None
        or _GLUED_NOUN.match(text, end) is not None
    )


def titled(text: str, end: int) -> bool:
    """씨, 님, 형, 언니, 과장 … right after, one space at most."""
    return TITLE.match(text, end) is not None


_JOB_TITLE = re.compile(
    rf" ?(?:{JOBS})(?:님|씨)?(?:이|가|은|는|도|을|를|한테|께서?|랑|이랑|의|네|과|와|에게|입니다|인데|이라고|라고|예요|이에요)*{_END}"
)


def worded_title(text: str, end: int) -> bool:
    """A job title as a word of its own, glued or after a space: 염과장, 설 사원."""
    return _JOB_TITLE.match(text, end) is not None


def glued_title(text: str, end: int) -> bool:
    """A title without a space that closes the word: 씨, 님, 언니, 과장님; 지하주차장 is none."""
    return _GLUED_TITLE.match(text, end) is not None


def strongly_titled(text: str, end: int) -> bool:
    """A title that is complete and rarely begins another word."""
    return _STRONG_TITLE.match(text, end) is not None


def is_place(text: str, end: int, known_place: bool) -> bool:
    """성수동, 성수역, 성수 카페: the word goes on as a place."""
    return _PLACE.match(text, end) is not None or (known_place and _PLACE_PARTICLE.match(text, end) is not None)
