"""The text layer of a PDF as lines, without the heads, feet and page numbers that every page repeats. No OCR, no pictures.

PDFium reads it (pypdfium2). What PDFium cannot bound is bounded before it: pages, and what compressed streams may become.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.sources.reader import ReadReport

PDF = b"%PDF-"
"""May stand behind a few foreign bytes."""
MOST_PAGES = 3_000
"""The thickest policies have about 1,500."""
MOST_LETTERS = 30_000_000
"""Of the whole file."""
MOST_INFLATED = 512 << 20
"""Bytes that one compressed stream may become, from which RATIO counts too."""
RATIO = 300
"""How often a stream may grow: text grows 3 to 20 times, an empty picture 1,000 times, but stays small."""
LARGEST = 512 << 20
"""Bytes of a file."""
FEWEST_LETTERS = 15
"""Letters on average per page from which a PDF has a text layer: a scan has none, or a stamp's."""
EDGE = 3
"""Lines at the top and bottom of a page that may be its head or foot."""
REPEATED = 0.3
"""Share of pages on which a line at the edge makes it a head or foot: left and right pages often have two of them."""
NO_TEXT = (
    "{pages:,}쪽 가운데 {empty:,}개에는 글자가 없습니다(스캔한 쪽이나 그림). 그 내용은 들어오지 않았습니다. / {empty:,} of {pages:,} pages have no "
    "text (scans or pictures). What they say did not come in."
)
_NUMBER = re.compile(
    r"^\s*(?:[-–—<\[(]\s*)?(?:p(?:age)?\.?\s*)?(\d{1,4})\s*(?:(?:/|of)\s*\d{1,4}\s*)?(?:쪽|페이지)?\s*(?:[-–—>\])])?\s*$",
    re.I,
)
_DECORATED = re.compile(r"[-–—/<\[(쪽지p]|of", re.I)
_HEADING = re.compile(r"^\s*(?:제\s*\d+\s*조|[\[<【]?\s*별\s*표)")
_SENTENCE = re.compile(r"[다요음함]\.$")
_STREAM = re.compile(rb"stream\r?\n")
_CASCADE = re.compile(rb"/Filter\s*\[\s*/(?:FlateDecode|Fl)\s*/(?:FlateDecode|Fl)\b")


def is_pdf(head: bytes) -> bool:
    """Whether these are the first bytes of a PDF."""
    return PDF in head[:1024]


def pdf_lines(path: Path, report: ReadReport) -> list[str]:
    """All lines in reading order as the file has them. `pages` stands in the report's facts.

    Raises UserError for a file that is locked, broken, a scan without text, too thick, or grows beyond bounds when unpacked.
    """
    _refuse_bomb(path)
    pages = [_lines(text) for text in _texts(path)]
    letters = [sum(map(len, page)) for page in pages]
    empty = sum(count == 0 for count in letters)
    report.facts["pages"] = len(pages)
    if sum(letters) < FEWEST_LETTERS * len(pages):
        raise UserError(
            f"'{path.name}'에는 글자가 없습니다({len(pages):,}쪽, 글자 {sum(letters):,}개). 스캔한 그림으로 된 PDF인 듯합니다. OCR로 글자를 넣은 PDF나 "
            "글(txt) 파일을 주세요.",
            f"'{path.name}' has no text ({len(pages):,} pages, {sum(letters):,} letters). It seems to be a scan. Give a PDF with text "
            "put in by OCR, or a text file.",
        )
    if empty:
        report.warnings.append(NO_TEXT.format(pages=len(pages), empty=empty))
    return [line for page in without_edges(pages) for line in page]


def _texts(path: Path) -> Iterator[str]:
    import pypdfium2
    from pypdfium2.raw import FPDF_ERR_PASSWORD

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise _locked(path) if error.err_code == FPDF_ERR_PASSWORD else _broken(path) from None
    with document:
        _refuse_thick(path, len(document))
        left = MOST_LETTERS
        for number in range(len(document)):
            try:
                page = document[number]
                text = _text_of(page, left)
            except pypdfium2.PdfiumError:
                text = ""  # a page that is broken has no text; it is counted as one without
            left -= len(text)
            yield text


def _text_of(page: Any, most: int) -> str:
    found = page.get_textpage()
    try:
        return str(found.get_text_range(0, min(found.count_chars(), max(0, most))))
    finally:
        found.close()
        page.close()


def _lines(text: str) -> list[str]:
    """The page's lines; PDFium writes a hyphen at a line's end as U+0002 or U+FFFE."""
    plain = re.sub("[\u0002\ufffe\uffff]", "", text).replace("\0", "").replace("\u00a0", " ")
    plain = re.sub("[\ud800-\udfff]", "\ufffd", plain)
    return [line.rstrip("\r\f\v ") for line in plain.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def without_edges(pages: Sequence[list[str]]) -> list[list[str]]:
    """The pages without their heads, feet and numbers: lines at the edge that many pages share, but for a number that counts the
    pages, and such numbers alone."""
    filled = [[line for line in page if line.strip()] for page in pages]
    least = max(2, round(REPEATED * len(pages)))
    seen = Counter(
        form for index, page in enumerate(filled) for form in {f for line in _edges(page) for f in _forms(line, index)}
    )
    repeated = {form for form, count in seen.items() if count >= least}
    offset = _offset(filled)
    return [_bare(page, repeated, number, offset) for number, page in enumerate(filled)]


def _edges(page: Sequence[str]) -> list[str]:
    return [*page[:EDGE], *page[max(EDGE, len(page) - EDGE) :]]


def _forms(line: str, index: int) -> set[str]:
    """What may repeat of a line: itself, and itself with each number told by how far it is from the page's index."""
    if _HEADING.match(line):
        return set()
    plain = re.sub(r"\s+", "", line)[:80]
    if _SENTENCE.search(plain):
        return {plain}
    return {plain} | {
        f"{plain[: found.start()]}\0{int(found[0]) - index}{plain[found.end() :]}"
        for found in re.finditer(r"\d{1,4}", plain)
    }


def _offset(pages: Sequence[list[str]]) -> int | None:
    """Printed number less page index, when several pages agree."""
    found: Counter[int] = Counter()
    for index, page in enumerate(pages):
        ends = {line for line in (page[:1] + page[-1:])}
        found.update({int(match[1]) - index for line in ends if (match := _NUMBER.match(line))})
    best = found.most_common(1)
    return best[0][0] if best and best[0][1] >= 2 else None


def _bare(page: list[str], repeated: set[str], index: int, offset: int | None) -> list[str]:
    """Takes lines off both ends as long as they are a head, a foot or a number."""
    first, last = 0, len(page)
    while first < last and first < EDGE and _is_edge(page[first], repeated, index, offset):
        first += 1
    while last > first and len(page) - last < EDGE and _is_edge(page[last - 1], repeated, index, offset):
        last -= 1
    return page[first:last]


def _is_edge(line: str, repeated: set[str], index: int, offset: int | None) -> bool:
    found = _NUMBER.match(line)
    if found:
        return bool(_DECORATED.search(line)) or (offset is not None and int(found[1]) - index == offset)
    return not repeated.isdisjoint(_forms(line, index))


def _refuse_thick(path: Path, pages: int) -> None:
    if pages > MOST_PAGES:
        raise UserError(
            f"'{path.name}'은(는) {pages:,}쪽입니다(최대 {MOST_PAGES:,}쪽). 약관 부분만 나누어 주세요.",
            f"'{path.name}' has {pages:,} pages (at most {MOST_PAGES:,}). Split off the part with the clauses.",
        )


def _locked(path: Path) -> UserError:
    return UserError(
        f"'{path.name}'에 암호가 걸려 있어 읽을 수 없습니다. 암호를 푼 PDF로 다시 저장해 주세요.",
        f"'{path.name}' is locked with a password. Save it again without one.",
    )


def _broken(path: Path) -> UserError:
    return UserError(
        f"'{path.name}'을(를) PDF로 읽을 수 없습니다. 파일이 깨졌거나 잘렸습니다. 다시 내려받아 주세요.",
        f"'{path.name}' cannot be read as a PDF. The file is broken or cut off. Download it again.",
    )


def _refuse_bomb(path: Path) -> None:
    """Raise UserError for streams that would grow without bounds, looked at in small pieces and thrown away."""
    size = path.stat().st_size
    if size > LARGEST:
        raise UserError(
            f"'{path.name}'은(는) {size / 1e6:,.0f} MB입니다(최대 {LARGEST >> 20} MB). 나누어 주세요.",
            f"'{path.name}' has {size / 1e6:,.0f} MB (at most {LARGEST >> 20} MB). Split it.",
        )
    data = path.read_bytes()
    if _CASCADE.search(data) or any(_grows(data, found.end()) for found in _STREAM.finditer(data)):
        raise UserError(
            f"'{path.name}' 안의 압축된 내용이 풀면 {MOST_INFLATED >> 20} MB를 넘어(압축 폭탄) 읽지 않았습니다. 믿을 수 있는 파일이면 다시 저장하거나 글로 "
            "바꿔 주세요.",
            f"A compressed part of '{path.name}' would grow beyond {MOST_INFLATED >> 20} MB, as a bomb does, so it was not read. If you "
            "trust the file, save it again or turn it into text.",
        )


def _grows(data: bytes, start: int) -> bool:
    """Whether a zlib stream at `start` becomes too large. Streams that are none end at once."""
    if data[start : start + 1] not in (b"\x78", b"\x48", b"\x58", b"\x68", b"\x38", b"\x28", b"\x18", b"\x08"):
        return False
    inflate = zlib.decompressobj()
    taken, made, piece = 0, 0, 1 << 16
    while start + taken < len(data) and not inflate.eof:
        rest = data[start + taken : start + taken + piece]
        taken += len(rest)
        try:
            while rest:
                made += len(inflate.decompress(rest, 1 << 20))
                if made > MOST_INFLATED:
                    return True
                rest = inflate.unconsumed_tail
        except zlib.error:
            return False
    return made > (64 << 20) and made > RATIO * max(1, taken)
