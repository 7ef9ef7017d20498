"""What stands for a photo, a call, a deletion … in a KakaoTalk export: tables, not logic. It knows nothing of files.

Short words such as 사진 or 선물 are placeholders only when they are the whole body. A person may type "사진 2장"; nothing
in an export tells that from the real thing.
"""

import re

_WHOLE = {
    "photo": "사진|Photo|photo|Photos|photos",
    "video": "동영상|Video|video|Videos|videos",
    "sticker": "이모티콘|Emoticon|Emoticons|Sticker|Stickers",
    "voice": "음성메시지|음성 메시지|Voice Note|Voice Message|Voice message",
    "map": "지도|Map",
    "contact": "연락처|카카오톡 프로필|Contact|Contacts|KakaoTalk Profile",
    "deleted": "삭제된 메시지입니다.|삭제된 메시지입니다|메시지가 삭제되었습니다.|메시지가 삭제되었습니다|This message was deleted."
    "|이 메시지는 삭제되었습니다.|The message has been deleted.|This message has been deleted.|Deleted message.|Deleted message",
    "hidden": "채팅방 관리자가 메시지를 가렸습니다.|관리자가 메시지를 가렸습니다.|채팅방 관리자가 메시지를 가렸습니다"
    "|관리자가 메시지를 가렸습니다",
    "other": "선물|Gift",
    "call": "라이브톡 시작|라이브톡 종료|보이스룸이 방금 시작했어요.|Live Talk started|Live Talk ended",
}
WHOLE: dict[str, str] = {
    form: kind
    for kind, words in _WHOLE.items()
    for word in words.split("|")
    for form in (word, f"<{word}>", f"({word})")  # 2015 Android wrote <사진>, 2015 macOS (사진)
}
"""Body to kind, for bodies that are nothing else."""
LONGEST_WHOLE = max(map(len, WHOLE)) + 2


def _called(ending: str) -> str:
    """How a call went, or how long it took, or both; without either it is a word that somebody typed."""
    length = r" \d+:\d\d(?::\d\d)?"
    return rf"(?: (?:{ending})(?:{length})?|{length})\s*\Z"


_URL = r"(?:https?://|www\.)\S+"
_BEGINNINGS = {
    "photo": r"사진 \d+장\s*\Z|\d+ [Pp]hotos?\s*\Z|[Pp]hotos? \d+\s*\Z|"
    r"[0-9a-f]{64}\.(?i:jpe?g|png|gif|webp|heic)(?:\n[0-9a-f]{64}\.\w+)*\s*\Z",
    "video": r"동영상 \d+개\s*\Z|\d+ [Vv]ideos?\s*\Z|[0-9a-f]{64}\.(?i:mp4|mov)(?:\n[0-9a-f]{64}\.\w+)*\s*\Z",
    "voice": r"(?:음성 ?메시지|Voice (?:Note|[Mm]essage)) \d+:\d\d\s*\Z",
    "file": r"(?:파일|File): \S[^\n]*\Z",
    "call": rf"(?:그룹 ?)?(?:보이스톡|페이스톡|라이브톡|그룹콜){_called('해요|시작|종료|취소|부재중|거절|응답 ?없음')}"
    rf"|(?:Group )?(?:Voice|Video|Face|Live) ?(?:Call|Talk){_called('started|ended|cancell?ed|missed|no answer')}"
    r"|보이스룸이 [^\n]{1,20}(?:했어요|됐어요)\.\s*\Z",
    "board": r"톡게시판 '[^'\n]{1,20}':",
    "money": r"[\d,]+원을 (?:보냈어요|받으세요|받았어요|요청했어요)\.|[\d,]+원 (?:받기 완료!|자동환불|송금 ?요청)|"
    r"송금봉투(?:가 도착했어요|를 받았어요|를 보냈어요)\.|정산 내용을 확인해 ?주세요\.|정산을 시작합니다!",
    "search": r"샵검색: ?#|#Search: ?#",
    "map": r"\[(?:네이버 ?지도|NAVER ?(?:지도|Map)|카카오 ?맵|카카오 ?지도|티맵|TMAP|T맵|구글 ?지도)\]",
    "link": rf"{_URL}(?:\s+{_URL})*\s*\Z",
}
_BEGINNING = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _BEGINNINGS.items()))
_FIRST = frozenset("사동음파그보페라톡송정샵[#hwPpVFLG0123456789abcdef")
"""First letters of all of these: most messages begin otherwise and need no pattern."""
_SPACES = {letter for letter in map(chr, range(0x3001)) if letter.isspace()}
_TELLING_FIRST = _FIRST | _SPACES | {form[0] for form in WHOLE}
_TELLING_LAST = frozenset({".", *_SPACES})
"""A body that neither begins nor ends so is text: nine in ten, told by two look-ups."""
_GIFT = "선물을 보냈어요."  # after the name of the shop
_LONGEST_GIFT = 40

_POLICY = r"(?:\s*운영정책을 위반한[^\n]*)?"
_SYSTEM_LINE = re.compile(
    rf"\S[^\n]*님(?:이 나갔습니다|이 들어왔습니다|을 내보냈습니다|이 퇴장(?:했|하였)습니다)\.?{_POLICY}"
    rf"|\S[^\n]*님이 [^\n]*님[^\n]*초대(?:했|하였)습니다\.?{_POLICY}"
    r"|\S[^\n]*님이 부?방장이 되었습니다\.?|(?:\S[^\n]*님이 )?채팅방 (?:이름|커버|공지)[^\n]*(?:했|하였|되었)습니다\.?"
    # the English ones are ordinary words, so at most three before "left." and no pronoun
    r"|(?!(?:I|You|He|She|It|We|They|Who)\b)[^\W\d]\S*(?: \S+){0,2} (?:invited [^\n]+\.|(?:has )?(?:left"
    r"(?: (?:this |the )?chat ?room| the chat)?\.|joined(?: (?:this |the )?chat ?room| the chat)?\.?)|was (?:removed|kicked)[^\n]{0,40}\.)"
)
_NOTICE = re.compile(r"타인, 기관 등의 사칭에 유의|불법촬영물등 식별 및 게재제한|운영정책을 위반한 메시지로 신고")


def body_kind(text: str) -> str:
    """Kind of what a sender wrote or sent; `other` for nothing at all."""
    if text and text[0] not in _TELLING_FIRST and text[-1] not in _TELLING_LAST:
        return "text"
    if len(text) <= LONGEST_WHOLE:
        kind = WHOLE.get(text)
        if kind is not None:
            return kind
        text = text.strip()
        if not text:
            return "other"
        if text in WHOLE:
            return WHOLE[text]
    found = _BEGINNING.match(text) if text[0] in _FIRST else None
    if found:
        return found.lastgroup or "text"
    return "other" if len(text) <= _LONGEST_GIFT and text.endswith(_GIFT) and "\n" not in text else "text"


def stamped_line_kind(text: str) -> str:
    """Kind of a line that has a time and no sender."""
    kind = body_kind(text)
    return "system" if kind in ("text", "link", "other") else kind


def bare_line_kind(text: str) -> str | None:
    """Kind of a line that has neither sender nor time, or None when it is no such line but a piece of a message."""
    line = text.strip()
    kind = WHOLE.get(line)
    if kind in ("deleted", "hidden"):
        return kind
    if line == "보이스룸이 방금 시작했어요.":
        return "call"
    return "system" if is_notice(line) or _SYSTEM_LINE.fullmatch(line) else None


def is_notice(text: str) -> bool:
    """Whether it opens a notice of the service, whose further lines carry no time either."""
    return _NOTICE.match(text) is not None


def is_about(text: str, name: str) -> bool:
    """Whether it is a system line in which `name` does something: macOS writes the doer of an invitation as its sender."""
    return text.startswith((f"{name}님", f"{name} ")) and _SYSTEM_LINE.fullmatch(text) is not None


def is_photo_name(text: str) -> bool:
    """Whether it is the name Android gives a picture: further pictures of one message follow as bare lines."""
    return len(text) > 64 and text[0] in "0123456789abcdef" and body_kind(text) in ("photo", "video")
