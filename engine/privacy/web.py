"""E-mail and IP addresses, secrets inside links and keys, account handles. It looks nothing up."""

import re
from collections.abc import Iterator

from engine.privacy.numbers import Hit

_PROVIDER = r"naver|gmail|daum|hanmail|nate|kakao|hotmail|outlook|yahoo|icloud|네이버|지메일|다음|한메일|네이트|카카오|핫메일|아웃룩|야후|구글"
_AT_WORD = r"골뱅이|골벵이|골뱅|앳|엣|에트"
_AT = rf"(?:@|{_AT_WORD}|\[ ?(?:at|@|{_AT_WORD}) ?\]|\( ?(?:at|@|{_AT_WORD}) ?\)|\{{ ?at ?\}}|< ?at ?>| at |-at-|_at_|#(?=(?:{_PROVIDER})[.닷점쩜]))"
_DOT = r"(?:\.|,(?=(?:com|net|co|kr)(?![a-z]))|닷|쩜|점|도트|\[ ?(?:dot|점|닷|\.) ?\]|\( ?(?:dot|점|닷|\.) ?\)|\{ ?dot ?\}|< ?dot ?>| dot |-dot-|_dot_)"
_LABEL = r"[A-Za-z0-9][A-Za-z0-9-]*?"
_TLD = (
    r"(?:com|net|org|co|kr|ac|go|or|io|me|ai|dev|edu|gov|info|biz|jp|us|uk|de|cn|app|xyz|컴|넷|케이알|씨오|에이씨|한국)"
)
# Dictated: gaon 점 nari 골뱅이 지메일 닷컴.
_DICTATED = re.compile(
    rf"(?<![A-Za-z0-9._-])(?:[A-Za-z0-9]{{1,20}} ?(?:점|닷|쩜|언더바|언더스코어|하이픈|대시|빼기|[._-]) ?){{1,3}}[A-Za-z0-9]{{1,20}}(?= ?(?:{_AT_WORD}))"
)
_PLAIN = re.compile(
    r"(?P<local>[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}|[가-힣][가-힣0-9._-]{0,20})@"
    r"(?P<domain>(?:[A-Za-z0-9-]{1,63}|[가-힣]{1,20}(?=\.))(?:\.[A-Za-z0-9-]{1,63}(?=\.))*\.(?:[A-Za-z]{2,24}|한국))(?![A-Za-z0-9])"
)
_SPELLED = re.compile(
    rf"(?<![A-Za-z0-9._%+-])(?P<local>[A-Za-z0-9][A-Za-z0-9.%+]{{0,40}}(?:[\[(](?:점|닷|dot|\.)[\])][A-Za-z0-9]{{1,20}}){{0,3}}(?:[_-][A-Za-z0-9.%+]{{1,40}}?){{0,4}}?(?: ?[._] ?[A-Za-z0-9]{{1,20}})?)[ \n]?{_AT}[ \n]?"
    rf"(?:(?:{_LABEL}|{_PROVIDER}|[가-힣]{{2,6}}?)(?:[ \n]?{_DOT} ?{_LABEL}){{0,2}}?[ \n]?{_DOT} ?{_TLD}(?: ?{_DOT} ?(?:kr|jp|uk|케이알))?(?![A-Za-z])|(?:{_PROVIDER})(?![A-Za-z0-9]))",
    re.I,
)
_LETTER_BY_LETTER = re.compile(
    r"(?<![A-Za-z0-9] )(?<![A-Za-z0-9])[A-Za-z0-9](?: [A-Za-z0-9._]){1,30} ?@ ?[A-Za-z0-9](?: [A-Za-z0-9.]){3,30}(?![A-Za-z0-9])"
)
EMAIL_SIGN = re.compile(
    r"@|골[뱅벵]|앳|엣|에트|at[\]) }>_-]|AT[\]) }>_-]|At[\]) }>_-]|#(?i:naver|gmail|daum|hanmail|nate)"
)


def email(text: str) -> Iterator[Hit]:
    """E-mail in plain writing, with 골뱅이/닷/점, [at], spaces, Hangul before the @, or a known provider without its ending."""
    for m in _PLAIN.finditer(text):
        yield m.start(), m.end(), "EMAIL", 1.0
    dictated = {m.end(): m.start() for m in _DICTATED.finditer(text)}
    for m in _SPELLED.finditer(text):
        yield dictated.get(m.end("local"), m.start()), m.end(), "EMAIL", 0.9
    for m in _LETTER_BY_LETTER.finditer(text):
        yield m.start(), m.end(), "EMAIL", 0.8


_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:eyJ[\w-]{8,}(?:\.[\w-]+){0,2}|sk-[\w-]{12,}|(?:gh[pousr]|github_pat)_\w{16,}|AKIA[0-9A-Z]{12,}|"
    r"xox[abprs]-[\w-]{8,}|AIza[\w-]{20,}|hf_\w{16,}|glpat-[\w-]{12,}|ya29\.[\w-]{12,}|[rps]k_(?:live|test)_\w{10,}|npm_\w{20,})"
)
# Authorization: Bearer …, api_key="…" outside of a link. A digit tells a secret from a type or a field's name.
_ASSIGNED = re.compile(
    r"(?:\bBearer[ ]+|(?<![A-Za-z?&#;])(?:[A-Za-z]+_)?(?:api_?key|access_?key|secret(?:_?key)?|token|passw(?:or)?d|pwd)[\"']?\s?[=:]\s?[\"']?)(?P<secret>(?=[^\s\"'&,;<>]{0,80}\d)[A-Za-z0-9][^\s\"'&,;<>()\[\]{}가-힣]{5,})",
    re.I,
)
_PARAM = re.compile(
    r"[?&#;](?:[\w-]{0,40}(?:token|secret|passw(?:or)?d|pwd|api_?key|access_?key|signature|client_?id|session(?:id)?|credential|otp|invite|ticket)|key|sig|auth|authkey|code|sid|sso|jwt|"
    r"pass|access|hash|uid|user_?id|member_?id|email|phone|state|nonce|k)=(?P<secret>[^\s&#;\"'<>)\]]+)",
    re.I,
)
_LONG_PARAM = re.compile(r"[?&#][\w.-]{1,30}=(?P<secret>(?=[\w%-]{0,80}\d)(?=[\w%-]{0,80}[A-Za-z])[\w%.-]{20,})")
_USERINFO = re.compile(r"[a-z][a-z0-9+.-]{1,12}://(?P<secret>[^\s/@:]+:[^\s/@]+)@", re.I)
_ROOM = re.compile(
    r"(?:open\.kakao\.com/(?:o|me)/|pf\.kakao\.com/|qr\.kakao\.com/talk/|kko\.to/|bit\.ly/|tinyurl\.com/|han\.gl/|vo\.la/|url\.kr/|buly\.kr/|me2\.(?:do|kr)/|naver\.me/|"
    r"goo\.gl/|t\.co/|is\.gd/|c11\.kr/|t\.me/(?:joinchat/)?|discord\.gg/|discord\.com/invite/|line\.me/[\w/]*|chat\.whatsapp\.com/|zoom\.us/j/|meet\.google\.com/|forms\.gle/|wa\.me/)"
    r"(?P<secret>\+?[A-Za-z0-9][\w-]{2,})",
    re.I,
)
_HOOK = re.compile(r"/(?:services|webhooks?|hooks?)/(?P<secret>(?=[\w/-]{0,80}\d)[\w-]+(?:/[\w-]+)+)")
_PATH = re.compile(
    r"(?:/(?:invite|join|reset|verify|share|magic|activate|unsubscribe|confirm|token|d|s|dl)/)(?P<secret>(?=[^\s/?#]{0,80}[\dA-Z])[\w-]{6,})(?=$|[\s/?#가-힣)\]\"'.,])"
)
_LONG_PATH = re.compile(
    r"(?<=/)(?P<secret>(?=[\w-]{0,80}\d)(?=[\w-]{0,80}[A-Z])(?=[\w-]{0,80}[a-z])[\w-]{20,}|(?<!youtu\.be/)(?<!/p/)(?<!/reel/)(?<!/shorts/)(?=[\w-]{0,40}\d[\w-]{0,40}[A-Za-z][\w-]{0,40}\d)(?=[\w-]{0,40}[A-Z])(?=[\w-]{0,40}[a-z])[\w-]{10,40}|[0-9a-f]{32}|(?<=hooks\.slack\.com/services/)[\w/]{20,})(?=$|[\s/?#가-힣)\]\"'.,])"
)
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,12}://|www\.|(?<![\w.-])(?:[\w-]{1,63}\.){1,4}(?:com|kr|me|to|ly|gl|la|us|gg|do|net|org|io|co|gle|gd|ai|app)[/?])[^\s가-힣<>\"]*",
    re.I,
)


# The page of a person: the last part of the address is the account. Posts (/p/…) and projects (/org/name) are not people.
_PROFILE = re.compile(
    r"(?:(?:instagram\.com|facebook\.com|twitter\.com|(?<![\w.])x\.com|blog\.naver\.com|github\.com)/|(?:tiktok\.com|threads\.(?:net|com)|youtube\.com)/@)"
    r"(?P<id>(?!(?:p|reel|reels|explore|stories|share|watch|home|login|about|i|intent|search|hashtag|groups|events|postview|postlist)(?:[/?.]|$))[A-Za-z0-9_][\w.-]{2,29})(?=/?(?:[?#\s)\]\"'가-힣]|$))",
    re.I,
)


def url_token(text: str) -> Iterator[Hit]:
    """The secret part of a link (parameter value, room id, user:password, long opaque path), and bare keys. The host stays."""
    for m in _KEY.finditer(text):
        yield m.start(), m.end(), "URL_TOKEN", 1.0
    for m in _ASSIGNED.finditer(text):
        yield m.start("secret"), m.end("secret"), "URL_TOKEN", 0.8
    for link in _LINK.finditer(text):
        for pattern in (_USERINFO, _ROOM, _PARAM, _LONG_PARAM, _HOOK, _PATH, _LONG_PATH):
            for m in pattern.finditer(text, link.start(), link.end()):
                yield m.start("secret"), m.end("secret"), "URL_TOKEN", 0.9
        for m in _PROFILE.finditer(text, link.start(), link.end()):
            yield m.start("id"), m.end("id"), "ID_HANDLE", 0.8


_AT_HANDLE = re.compile(r"(?<![A-Za-z0-9가-힣@._/\0-])@ ?([A-Za-z0-9_][A-Za-z0-9_.]{2,29})(?![A-Za-z0-9@/-])")
_GLUED_AT = re.compile(r"(?<=[가-힣])@([A-Za-z0-9_][A-Za-z0-9_.]{2,29})(?![A-Za-z0-9@/-])")
_SERVICE = (
    r"카카오톡|카톡|(?<![ㄱ-ㅎ])ㅋㅌ|(?<![ㄱ-ㅎ])ㅇㅅㅌ|인스타그램|인스타|인별|트위터|엑스|텔레그램|텔레|디스코드|디코|스팀|위챗|라인|틱톡|페이스북|페북|스냅챗|스레드|유튜브|깃허브|깃헙|네이버|배틀넷|롤|"
    r"(?<![A-Za-z])(?:insta(?:gram)?|ig|twitter|telegram|discord|kakao(?:talk)?|wechat|github|steam|line|tiktok|snap(?:chat)?|facebook|fb|naver)(?![A-Za-z_])"
)
_BY_ID = re.compile(
    rf"(?<!작업 )(?<!처방)(?<!처방 )(?<!주문 )(?<!상품 )(?<!session )(?:(?:{_SERVICE})\s?)?(?:아이디|아디|(?<![A-Za-z?&_])id(?![A-Za-z_(]|\s?=\s?[\"'])|계정|닉네임|사용자\s?명|username|handle|account)\s?(?:은|는|이|가|도|로|:|=|>|-)?\s?[:=]?\s?[\"'(]?@?"
    r"(?<![A-Za-z0-9])(?P<id>[A-Za-z0-9_](?=[A-Za-z0-9_.-]{0,30}[A-Za-z_])[A-Za-z0-9_.-]{2,29})(?![A-Za-z0-9@=])",
    re.I,
)
_BY_SERVICE = re.compile(
    rf"(?:{_SERVICE})\s?(?:(?:은|는|이|가|도)(?=[\sA-Za-z@:])|:|=|주소|아디|닉네임|닉)?\s?[:=]?\s?@?(?P<id>(?=[A-Za-z0-9_.]{{0,30}}[\d_.])[A-Za-z_][A-Za-z0-9_.]{{3,29}}|[\w가-힣.]{{2,20}}#(?:\d{{4}}|KR\d{{0,2}}))(?![A-Za-z0-9@.]|\.[a-z])",
    re.I,
)
# 카톡 아이디 줄게 gaon_99, 디엠은 gaon__99로: words between, so the name must look like one and like no model or version.
_FAR_ID = re.compile(
    r"(?:아이디|아디|계정|닉네임|디엠|DM|dm|인스타|카톡|텔레|디코|팔로우|친추)[가-힣 ,.:~!ㅋㅎ]{1,16}(?<![A-Za-z0-9@._/-])"
    r"(?P<id>(?=[A-Za-z0-9_.]{0,30}[a-z])[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9_.]*|\.[a-z][A-Za-z0-9_.]*|(?<=[A-Za-z]{3})\d{2}[A-Za-z0-9_.]*))(?![A-Za-z0-9@(/-]|\.[a-z])"
)
# junseo_zzang12 이거 친추, mugwa_fig 입니다: the cue behind, or nothing else said. Names in code have neither digit nor such a cue.
_ID_BEFORE = re.compile(
    r"(?<![A-Za-z0-9@._/-])(?P<id>(?=[a-z0-9._]{5,30}(?![A-Za-z0-9_@(/-]))(?=[a-z0-9._]{0,29}(?:\d|__|\.[a-z]{4}))[a-z][a-z0-9]*(?:[._]+[a-z0-9]+)+)(?![A-Za-z0-9@(/-])"
    r"[가-힣 ,:~!ㅋㅎ]{0,10}(?:친추|친구 ?추가|맞팔|언팔|팔로우|가입|비번|로그인|디엠|카톡|아이디|계정)"
)
_ID_ALONE = re.compile(
    r"\s*(?P<id>[a-z][a-z0-9]{1,14}_[a-z0-9_]{2,20})\s?(?:입니[다당]|이에요|예요|이요|요|임|이야|야)?[.!~ㅋㅎ\s]*"
)
_ID_DICTATED = re.compile(
    r"(?<![A-Za-z0-9])[a-zA-Z][A-Za-z0-9]{0,15}(?: ?(?:언더바|언더스코어|밑줄) ?[A-Za-z0-9]{1,15}){1,4}(?![A-Za-z0-9@]| ?(?:골뱅이|앳))"
)
_WORKSPACE = re.compile(r"(?<![A-Za-z0-9])[UW](?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])0[A-Z0-9]{8,10}(?![A-Za-z0-9])")
_NO_HANDLE = frozenset(
    "all here channel everyone override media import login logout google apple email mail kakao naver facebook instagram insta twitter card password pass "
    "deprecated property charset font-face keyframes staticmethod classmethod test param return returns account story dm feed live the and for you bot admin "
    "ios android windows error null none true false http https www id pw ref".split()
)
HANDLE_SIGN = re.compile(
    rf"@|아이디|아디|계정|닉네임|디엠|(?<![A-Za-z])dm(?![A-Za-z])|팔로우|친추|(?<![A-Za-z])id(?![A-Za-z])|username|handle|account|[UW]0[A-Z0-9]{{8}}|{_SERVICE}|맞팔|언팔|가입|비번|로그인|친구 ?추가|언더바|언더스코어|밑줄|^\s*[a-z][a-z0-9]*_[a-z0-9]",
    re.I,
)


def handle(text: str) -> Iterator[Hit]:
    """Account names after an @ or a cue word, without the @; Slack member ids."""
    for pattern in (_AT_HANDLE, _GLUED_AT):
        for m in pattern.finditer(text):
            yield from _handle_hit(m.group(1), m.start(1), 0.9)
    for m in _BY_ID.finditer(text):
        yield from _handle_hit(m["id"], m.start("id"), 0.85)
    for m in _BY_SERVICE.finditer(text):
        yield from _handle_hit(m["id"], m.start("id"), 0.7)
    for m in _FAR_ID.finditer(text):
        yield from _handle_hit(m["id"], m.start("id"), 0.6)
    for m in _ID_BEFORE.finditer(text):
        yield from _handle_hit(m["id"], m.start("id"), 0.7)
    for m in _ID_DICTATED.finditer(text):
        yield m.start(), m.end(), "ID_HANDLE", 0.7
    if alone := _ID_ALONE.fullmatch(text):
        yield from _handle_hit(alone["id"], alone.start("id"), 0.6)
    for m in _WORKSPACE.finditer(text):
        yield m.start(), m.end(), "ID_HANDLE", 0.8


def _handle_hit(name: str, start: int, confidence: float) -> Iterator[Hit]:
    body = name.rstrip(".-")
    if len(body) >= 3 and not ("-" in body and body.replace("-", "").isalpha()) and body.lower() not in _NO_HANDLE:
        yield start, start + len(body), "ID_HANDLE", confidence


_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_POINT = r"(?P<p>\.| \. |\[\.\]|\(\.\)|[ ]?(?:점|쩜|닷|dot)[ ]?)"
_IPV4 = re.compile(rf"(?<![\d.]){_OCTET}{_POINT}{_OCTET}(?P=p){_OCTET}(?P=p){_OCTET}(?!\d|\.\d)")
_IPV6 = re.compile(
    r"(?<![0-9A-Za-z:])(?:::ffff:(?:\d{1,3}\.){3}\d{1,3}|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6})(?![0-9A-Za-z:])"
)
IP_CUE = re.compile(r"\bip|아이피|서버|접속|공유기|ssh|ping|host|://|로그인|addr", re.I)
_VERSION_CUE = re.compile(r"(?:\bv|ver|버전|version|빌드|build|릴리스|펌웨어|드라이버)\.?\s?[:은는이가]?\s?$", re.I)
_PUBLIC_IPS = frozenset("8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 0.0.0.0 127.0.0.1 168.126.63.1 168.126.63.2".split())
# What a router has in every home, and what a manual gives out: private ranges' first and last address, DHCP pools.
_ROUTER = re.compile(r"(?:192\.168\.\d{1,3}|10\.0\.0)\.(?:1|254|255)")
_NETWORK_WORD = re.compile(r"dhcp|서브넷|subnet|게이트웨이", re.I)


IP_SIGN = re.compile(r"\d(?:(?:[^\d가-힣\n]{1,3}| ?[점쩜닷] ?)\d{1,3}){3}|:[0-9A-Fa-f]{0,4}:")
"""Cheap gate: without it there is no IP address."""


def ip(text: str) -> Iterator[Hit]:
    """IPv4 and IPv6. Netmasks, loopback and public resolvers name nobody; four small numbers alone are a version."""
    for m in _IPV6.finditer(text):
        if re.search("[a-fA-F]", m.group()) or "::" not in m.group():
            yield m.start(), m.end(), "IP", 0.9
    for m in _IPV4.finditer(text):
        octets = [int(part) for part in re.findall(r"\d+", m.group())]
        if _names_nobody(text, m, octets):
            continue
        cued = IP_CUE.search(text, max(0, m.start() - 25), m.start()) is not None
        if cued or (max(octets) > 31 and m["p"] in (".", "[.]", "(.)")):
            yield m.start(), m.end(), "IP", 0.95


def _names_nobody(text: str, m: re.Match[str], octets: list[int]) -> bool:
    plain = ".".join(map(str, octets))
    if (
        plain in _PUBLIC_IPS
        or octets[0] in (0, 127, 255)
        or _VERSION_CUE.search(text[max(0, m.start() - 12) : m.start()])
    ):
        return True
    private = octets[0] == 10 or octets[:2] == [192, 168]
    return private and (_ROUTER.fullmatch(plain) is not None or _NETWORK_WORD.search(text) is not None)
