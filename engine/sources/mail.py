"""Mails (.eml) with a chat in them, as the text or attached. It knows no chat format."""

import io
import re
from collections.abc import Callable
from email import message_from_binary_file, policy
from email.errors import MessageError
from email.message import Message
from pathlib import Path

from engine.errors import UserError
from engine.sources.archive import Unpacked, write_private
from engine.sources.uploads import safe_name

LARGEST = 600 << 20
"""Bytes of a mail: it is parsed in memory, at about four times its size."""
_HEADERS = re.compile(
    rb"^(?:MIME-Version|Content-Type|Content-Transfer-Encoding|From|To|Date|Subject|Message-ID):", re.I | re.M
)
_FIRST = re.compile(rb"(?:From [^\n]*\n)?[!-9;-~]+:[ \t]")


def is_mail(head: bytes) -> bool:
    """Whether these first bytes are a mail's headers, by themselves."""
    top = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    return _FIRST.match(top) is not None and len(set(_HEADERS.findall(top))) >= 2


def unpack_mail(path: Path, folder: Path, is_wanted: Callable[[Path, bytes], bool]) -> Unpacked:
    """Write the wanted parts of a mail under `folder`: its text in UTF-8, attachments as they are."""
    if path.stat().st_size > LARGEST:
        raise UserError(
            f"메일 파일 '{path.name}'이(가) {LARGEST >> 20} MB보다 큽니다. 메일에 붙은 대화 파일을 따로 저장해 주세요.",
            f"The mail '{path.name}' is larger than {LARGEST >> 20} MB. Save the chat attached to it as a file of its own.",
        )
    found = Unpacked()
    try:
        with path.open("rb") as file:
            mail = message_from_binary_file(file, policy=policy.compat32)
        for part in mail.walk():
            if not part.is_multipart():
                _take(part, path, folder, is_wanted, found)
    except (MessageError, ValueError, LookupError) as error:
        raise UserError(
            f"메일 파일 '{path.name}'을(를) 읽을 수 없습니다({type(error).__name__}). 메일에 붙은 대화 파일을 따로 저장해 주세요.",
            f"The mail '{path.name}' cannot be read ({type(error).__name__}). Save the chat attached to it as a file of its own.",
        ) from None
    return found


def _take(part: Message, path: Path, folder: Path, is_wanted: Callable[[Path, bytes], bool], found: Unpacked) -> None:
    body = part.get_payload(decode=True)
    if not isinstance(body, bytes) or part.get_content_type() == "text/html":
        return
    name = part.get_filename()
    if name is None:
        body = _as_utf8(body, part.get_content_charset())
    target = Path(safe_name(_decoded(name) if name else f"{path.stem}.txt"))
    if is_wanted(target, body[: 64 * 1024]):
        found.files.append(write_private(folder, target.name, io.BytesIO(body)))
    elif name is not None:
        found.skipped += 1


def _as_utf8(body: bytes, charset: str | None) -> bytes:
    """A text in UTF-8; one whose charset is not told, or told wrong, stays as it is for the reader to decide."""
    try:
        return body.decode(charset).encode("utf-8") if charset else body
    except (LookupError, UnicodeError):
        return body


def _decoded(name: str) -> str:
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(name)))
    except (LookupError, UnicodeError, ValueError):
        return name
