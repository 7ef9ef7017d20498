"""One spelling per value, so that every way of writing it gets one placeholder. It knows no names and finds nothing."""

import hmac
import ipaddress
import re
from collections.abc import Callable

from engine.korean.hangul import nfc
from engine.privacy.chains import digits
from engine.privacy.normalise import fold

_NUMBERS = frozenset("FRN ACCOUNT CARD BRN".split())
_REGIONS = dict(
    zip(
        "서울 부산 경기 강원 충북 충남 전북 전남 경북 경남 제주 대구 인천 광주 대전 울산".split(),
        range(11, 27),
        strict=True,
    )
)
_PROVINCES = {
    "충청북": "충북", "충청남": "충남", "전라북": "전북", "전라남": "전남", "경상북": "경북", "경상남": "경남",
}  # fmt: skip
_PROVINCE = re.compile(
    r"^(서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|제주|충청?[북남]|전라?[북남]|경상?[북남])"
    r"(?:특별자치시|특별자치도|특별시|광역시|(?<=[울산구천주전종])시|도)?"
)
_PROVIDERS = {
    "naver": "naver.com", "gmail": "gmail.com", "daum": "daum.net", "hanmail": "hanmail.net", "nate": "nate.com",
    "kakao": "kakao.com", "hotmail": "hotmail.com", "outlook": "outlook.com", "yahoo": "yahoo.com", "icloud": "icloud.com",
}  # fmt: skip
_SPOKEN_DOMAINS = {
    "네이버": "naver", "지메일": "gmail", "다음": "daum", "한메일": "hanmail", "네이트": "nate", "카카오": "kakao",
    "핫메일": "hotmail", "아웃룩": "outlook", "야후": "yahoo", "케이알": "kr", "씨오": "co", "컴": "com", "넷": "net",
}  # fmt: skip
_AT = re.compile(r"골뱅이|골벵이|앳|에트|-at-|_at_|[\[({<] ?(?:at|@|골뱅이) ?[\])}>]| at ")
_BRACKET_DOT = re.compile(r"[\[(] ?(?:dot|점|닷|\.) ?[\])]| dot ")
_SPOKEN_DOT = re.compile(r"(?<=[a-z0-9가-힣]) ?(?:닷|쩜|점) ?(?=[a-z0-9컴넷케씨한])")
_LOCAL_DOT = re.compile(r"(?<=[a-z0-9]) ?(?:닷|쩜|점) ?(?=[a-z0-9])")


def key_of(key: bytes, label: str, value: str) -> str:
    """A keyed hash: whoever holds it without the key cannot tell the value."""
    told = f"{label}\0{value}".encode("utf-8", "surrogatepass")
    return hmac.digest(key, told, "sha256").hex()[:24]


def canonical(label: str, surface: str) -> str:
    """One spelling per value: 010-1234-5678, 01012345678, +82 10 1234 5678 and 공일공일이삼사오육칠팔 are the same phone."""
    if label == "PHONE":
        return _phone(surface)
    if label in _NUMBERS:
        return digits(surface)
    folded = fold(surface).text
    if label == "RRN":
        return digits(surface) if digits(surface) and "*" not in folded else re.sub(r"[^\d*]", "", folded)
    return _CANONICAL.get(label, _squeezed)(folded)


def _phone(surface: str) -> str:
    number = digits(surface)
    if number.startswith("0082"):
        number = number[2:]
    if number.startswith("82") and len(number) >= 10:
        return "0" + number[2:].lstrip("0")
    return number


def _squeezed(folded: str) -> str:
    return re.sub(r"\s+", "", nfc(folded))


def _email(folded: str) -> str:
    """Spoken signs become signs; a provider without its ending gets it. Case does not count."""
    body = _BRACKET_DOT.sub(".", _AT.sub("@", folded.lower()))
    local, _, domain = body.rpartition("@")
    for said, written in _SPOKEN_DOMAINS.items():
        domain = domain.replace(said, written)
    domain = _squeezed(_SPOKEN_DOT.sub(".", domain))
    return f"{_squeezed(_LOCAL_DOT.sub('.', local))}@{_PROVIDERS.get(domain, domain)}"


def _address(folded: str) -> str:
    """서울특별시, 서울시 and 서울 are one, 경상남도 and 경남 too; spaces, commas, brackets and 번지 say nothing."""
    body = re.sub(r"[\s,()]|(?<=\d)번지", "", nfc(folded))
    found = _PROVINCE.match(body)
    if not found or found.end() == len(body):
        return body
    name = found.group(1)
    return _PROVINCES.get(name, name) + body[found.end() :]


def _driver(folded: str) -> str:
    region = next((code for name, code in _REGIONS.items() if folded.startswith(name)), "")
    return f"{region}{digits(folded)}"


def _birthdate(folded: str) -> str:
    parts = re.findall(r"\d+", folded)
    if len(parts) == 1 and len(parts[0]) in (6, 8):
        parts = [parts[0][:-4], parts[0][-4:-2], parts[0][-2:]]
    if len(parts) in (1, 3) and len(parts[0]) == 2:
        parts[0] = ("20" if int(parts[0]) < 30 else "19") + parts[0]
    return "-".join(part.zfill(2) for part in parts)


def _ip(folded: str) -> str:
    bare = _squeezed(folded)
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return bare.lower()


def _letters_and_digits(folded: str) -> str:
    return re.sub(r"[^0-9A-Z가-힣]", "", nfc(folded).upper())


_CANONICAL: dict[str, Callable[[str], str]] = {
    "EMAIL": _email,
    "ADDRESS": _address,
    "DRIVER": _driver,
    "BIRTHDATE": _birthdate,
    "PASSPORT": _letters_and_digits,
    "PLATE": _letters_and_digits,
    "IP": _ip,
    "ID_HANDLE": lambda folded: _squeezed(folded).lstrip("@").lower(),
    "URL_TOKEN": str,
}
