"""KakaoTalk exports of every client, read in one streaming pass after one look. It knows nothing of turns or rows."""

from collections.abc import Iterator
from pathlib import Path

from engine.errors import UserError
from engine.sources.decoding import decode_head, read_blocks, split_records, survey_file
from engine.sources.kakao.clocked import ClockedChat
from engine.sources.kakao.desktop import DesktopChat
from engine.sources.kakao.mac import MacChat
from engine.sources.kakao.mobile import MobileChat
from engine.sources.kakao.shape import is_chat, learn_shape
from engine.sources.reader import ReadReport, Record


class KakaoReader:
    """Text exports of Android, iOS and Windows, CSV exports of macOS."""

    kind = "kakao"

    def recognises(self, path: Path, head: bytes) -> bool:
        text = decode_head(head)
        return text is not None and is_chat(text)

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Records in file order. Raises UserError at once when the file is no KakaoTalk export.

        Looks at every byte before the first record (encoding, line ends), then streams.
        """
        survey = survey_file(path)
        errors = "replace" if survey.broken else "strict"
        shape = learn_shape(next(read_blocks(path, survey.encoding, errors), ""), survey)
        if not shape.family:
            _refuse(path)
        report.shape, report.encoding, report.title = shape.name, survey.encoding, shape.title
        if survey.broken:
            report.warnings.append(f"깨진 글자 {survey.broken}개를 �로 읽었습니다.")
        lines = split_records(read_blocks(path, survey.encoding, errors), at_crlf=shape.at_crlf)
        if shape.family == "mac":
            return MacChat(report).read(lines)
        if shape.family in ("desktop", "clocked"):
            form = DesktopChat if shape.family == "desktop" else ClockedChat
            desktop = form(report, shape.title_line)
            desktop.know(shape.senders)
            return _read_desktop(desktop, lines)
        mobile = MobileChat(report, shape.title_line, shape.stamps, whole=shape.at_crlf)
        mobile.know(shape.senders)
        return mobile.read(lines)


def _read_desktop(chat: DesktopChat, lines: Iterator[str]) -> Iterator[Record]:
    yield from chat.read(lines)
    chat.report.day = chat.day or ""
    if chat.undated:
        chat.report.warnings.append(f"첫 날짜 줄보다 앞에 있는 메시지 {chat.undated}개는 날짜를 알 수 없습니다.")


def _refuse(path: Path) -> None:
    raise UserError(
        f"'{path.name}' 파일에서 카카오톡 대화의 머리글도 메시지도 찾지 못했습니다. 대화방 설정의 '대화 내보내기'로 받은 파일을 고치지 "
        "말고 그대로 주세요.",
        f"Neither the header nor a message of a KakaoTalk chat was found in '{path.name}'. Give the file as 'Export chat' wrote it.",
    )
