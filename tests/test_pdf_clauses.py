"""PDFs with a text layer: lines made whole, heads and feet gone, and every PDF that cannot be read told in words."""

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from reading import read_file
from test_clauses_reader import WAYS, ways

from engine.errors import UserError
from engine.korean.joining import join_broken
from engine.sources.detect import choose_reader
from engine.sources.pdf import MOST_PAGES, without_edges
from engine.sources.reader import ReadReport
from tests import policies
from tests.policies import MAIN, TEXT, pdf

WIDTH = 42


def printed(text: str, per_page: int = 30) -> list[list[str]]:
    """The text as a page of that width would break it, with a head and a page number on every page."""
    lines = [line[at : at + WIDTH] for line in text.split("\n") for at in range(0, max(1, len(line)), WIDTH)]
    pages = [lines[at : at + per_page] for at in range(0, len(lines), per_page)]
    return [["무배당 든든암보험 약관", *page, f"- {number} -"] for number, page in enumerate(pages, 3)]


def refusal(path: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        list(choose_reader(path).read(path, ReadReport()))
    return caught.value


def test_policy_printed_as_pdf_reads_as_its_text(tmp_path: Path) -> None:
    records, report = read_file(pdf(tmp_path / "든든암보험.pdf", printed(TEXT)))
    assert ways(records) == WAYS
    assert report.shape == "pdf" and report.facts["pages"] == len(printed(TEXT))
    told = "\n".join(record.text for record in records)
    for sentence in ("암에 대한 위험을 보장하기 위하여 체결됩니다.", "최초 1회에 한하여 암진단보험금 3,000만원을 지급합니다.",
                     "3년간 행사하지 않으면 소멸시효가 완성됩니다.", "4일 이상 계속 입원한 때에는"):  # fmt: skip
        assert sentence in told
    assert "무배당 든든암보험 약관" not in told and "- 4 -" not in told


def word_by_word(text: str, row: int) -> str:
    """A line as word processors write it: each word an object with its place."""
    told, x = [], 40
    for word in text.split(" "):
        told.append(f"BT /F1 10 Tf {x} {800 - 14 * row} Td <{word.encode('utf-16-be').hex()}> Tj ET" if word else "")
        x += 10 * len(word) + 4
    return "\n".join(told)


def letter_by_letter(text: str, row: int) -> str:
    """Each letter an object, no space among them."""
    told, x = [], 40
    for letter in text:
        if letter != " ":
            told.append(f"BT /F1 10 Tf {x} {800 - 14 * row} Td <{letter.encode('utf-16-be').hex()}> Tj ET")
        x += 4 if letter == " " else 10
    return "\n".join(told)


@pytest.mark.parametrize("line", [word_by_word, letter_by_letter])
def test_text_in_pieces_reads_the_same(
    line: Callable[[str, int], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "_line", line)
    records, _ = read_file(pdf(tmp_path / "든든암보험.pdf", printed(TEXT)))
    assert ways(records) == WAYS
    assert "최초 1회에 한하여 암진단보험금 3,000만원을 지급합니다." in records[2].text


def test_heads_feet_and_numbers_go_and_everything_else_stays() -> None:
    body = [
        "암은 진단받은 날로 봅니다.",
        "두 번째 글입니다.",
        "세 번째 글입니다.",
        "네 번째 글입니다.",
        "다섯 번째 글입니다.",
    ]
    pages = [["무배당 든든암보험", f"제1관 총칙 {n + 7}", body[n], "누리생명보험", str(n + 7)] for n in range(5)]
    assert without_edges(pages) == [[line] for line in body]


def test_left_and_right_pages_have_heads_of_their_own() -> None:
    pages = [["든든암보험" if n % 2 else "제2관 지급", f"{'가나다라마바'[n]} 글"] for n in range(6)]
    assert without_edges(pages) == [[f"{letter} 글"] for letter in "가나다라마바"]


def test_a_number_that_counts_no_pages_stays() -> None:
    pages = [["장해의 분류", "두 눈", "100"], ["다른 표", "한 눈", "50"]]
    assert without_edges(pages) == pages


@pytest.mark.parametrize("number", ["- 12 -", "12 / 80", "p. 12", "12쪽", "[12]"])
def test_a_dressed_page_number_goes(number: str) -> None:
    assert without_edges([["글이 있는 쪽", number]]) == [["글이 있는 쪽"]]


def test_an_article_at_the_top_of_many_pages_is_no_head() -> None:
    pages = [[f"제{n}조(목적)", "가나다라마바"[n]] for n in range(1, 6)]
    assert without_edges(pages) == pages


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (
            ["회사는 피보험자가 보험기간 중에 암으로 진단", "확정된 경우 지급합니다."],
            "회사는 피보험자가 보험기간 중에 암으로 진단 확정된 경우 지급합니다.",
        ),
        (
            ["회사는 피보험자에게 약정한 암진단보", "험금을 지급합니다."],
            "회사는 피보험자에게 약정한 암진단보험금을 지급합니다.",
        ),
        (
            ["이 계약은 제3조(보험금의 지급사유)에 따라 (", "다만 제외한다) 합니다."],
            "이 계약은 제3조(보험금의 지급사유)에 따라 (다만 제외한다) 합니다.",
        ),
    ],
)
def test_broken_lines_are_joined_as_words(lines: list[str], joined: str) -> None:
    assert join_broken(lines, len(lines[0])) == [joined]


def test_items_and_short_lines_stay_lines() -> None:
    lines = [
        "회사는 다음의 경우에 보험금을 지급하지 않습니다",
        "1. 고의로 해친 경우",
        "가. 다만 예외가 있습니다",
        "② 계약자",
        "끝.",
    ]
    assert join_broken(lines, 26) == lines


def test_scan_locked_and_broken_are_told_apart(tmp_path: Path) -> None:
    empty = pdf(tmp_path / "scan.pdf", [[], [], []])
    assert "OCR" in refusal(empty).ko and "scan" in refusal(empty).en
    locked = pdf(
        tmp_path / "locked.pdf",
        [["가"]],
        more=f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{'41' * 32}> /U <{'42' * 32}> /P -4 >> /ID [<00><00>] ",
    )
    assert "암호" in refusal(locked).ko
    cut = tmp_path / "cut.pdf"
    cut.write_bytes(pdf(tmp_path / "whole.pdf", printed(TEXT)).read_bytes()[:300])
    assert "깨졌거나" in refusal(cut).ko
    junk = tmp_path / "junk.pdf"
    junk.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 40)
    assert "PDF" in refusal(junk).en


def test_pages_without_text_are_counted(tmp_path: Path) -> None:
    _, report = read_file(pdf(tmp_path / "half.pdf", [MAIN.split("\n")[:40], [], []]))
    assert any("2개에는 글자가 없습니다" in warning for warning in report.warnings)


def test_too_many_pages_are_refused(tmp_path: Path) -> None:
    thick = pdf(tmp_path / "thick.pdf", [["제1조(목적) 가"]] * (MOST_PAGES + 1))
    assert f"{MOST_PAGES + 1:,}" in refusal(thick).ko


def test_thousand_pages_are_read(tmp_path: Path) -> None:
    pages = [[f"제{n}조(지급)", f"회사는 {n}번째 보험금을 지급합니다."] for n in range(1, 1_000)]
    records, report = read_file(pdf(tmp_path / "long.pdf", pages))
    assert [(record.meta or {})["article"] for record in records] == [f"제{n}조" for n in range(1, 1_000)]
    assert report.facts["pages"] == 999


def bomb(path: Path, body: bytes, filters: str = "/FlateDecode") -> Path:
    head = f"%PDF-1.4\n1 0 obj\n<< /Length {len(body)} /Filter {filters} >>\nstream\n".encode()
    path.write_bytes(head + body + b"\nendstream\nendobj\n%%EOF\n")
    return path


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(bytes(1 << 20)) for _ in range(600)) + packer.flush()
    assert "폭탄" in refusal(bomb(tmp_path / "a.pdf", body)).ko
    assert "bomb" in refusal(bomb(tmp_path / "b.pdf", zlib.compress(body), "[ /FlateDecode /FlateDecode ]")).en


def test_hostile_text_in_a_pdf_stays_text(tmp_path: Path) -> None:
    pages = [
        [
            "제1조(목적) <script>alert(1)</script> =HYPERLINK(1)",
            "제2조(정의) \x01\x02 /JavaScript (app.alert) 뜻을 정합니다.",
        ]
    ]
    records, _ = read_file(pdf(tmp_path / "x.pdf", pages))
    assert "<script>alert(1)</script>" in records[0].text
    assert all("\0" not in record.text for record in records)
