"""An invented policy as insurers write them, as text and as a PDF, for tests."""

import zlib
from collections.abc import Sequence
from pathlib import Path

COVER = """무배당 든든암보험

누리생명보험 주식회사

목  차
제1관 목적 및 용어의 정의 ·········· 3
제1조(목적) ·········· 3
제2조(용어의 정의) ·········· 3
제2관 보험금의 지급 ·········· 4
제3조(보험금의 지급사유) ·········· 4
제4조(보험금을 지급하지 않는 사유) ·········· 5
별표 1 장해분류표 ·········· 9
"""
MAIN = """무배당 든든암보험 보통약관

제1관 목적 및 용어의 정의

제1조(목적) 이 보험계약(이하 '계약'이라 합니다)은 보험계약자와 보험회사 사이에 피보험자의 암에 대한 위험을 보장하기 위하여 체결됩니다.

제2조(용어의 정의) 이 계약에서 사용되는 용어의 정의는 다음과 같습니다.
1. 계약자: 회사와 계약을 체결하고 보험료를 납입할 의무를 지는 사람을 말합니다.
2. 피보험자: 보험사고의 대상이 되는 사람을 말합니다.
3. 보장개시일: 계약일부터 그 날을 포함하여 90일이 지난 날의 다음 날을 말합니다.

제2관 보험금의 지급

제3조(보험금의 지급사유)
① 회사는 피보험자가 보장개시일 이후에 암으로 진단 확정된 경우에는 최초 1회에 한하여 암진단보험금 3,000만원을 지급합니다.
② 제1항에도 불구하고 계약일부터 1년 이내에 진단 확정된 경우에는 제2조(용어의 정의)에서 정한 바에 따라 50%를 지급합니다.
③ 갑상선암의 경우에는
제3조의2(소액암의 특례)에 따라 300만원을 지급합니다.

제3조의2(소액암의 특례) 갑상선암, 기타피부암은 암진단보험금의 10%를 지급합니다.

제 4 조 (보험금을 지급하지 않는 사유) 회사는 다음 중 어느 한 가지로 보험금 지급사유가 발생한 때에는 보험금을 지급하지 않습니다.
1. 피보험자가 고의로 자신을 해친 경우
   가. 심신상실 등으로 자유로운 의사결정을 할 수 없는 상태는 제외합니다.
   나. 그 결과 사망한 경우를 포함합니다.
2. 계약자가 고의로 피보험자를 해친 경우

제5조【보험금의 청구】 보험수익자는 청구서, 사고증명서를 제출하고 보험금을 청구하여야 하며, 청구권은 3년간 행사하지 않으면 소멸시효가 완성됩니다.
"""
RIDER = """입원비 특별약관

제1조(보험금의 지급사유) 회사는 피보험자가 질병으로 4일 이상 계속 입원한 때에는 3일을 초과한 입원 1일당 5만원을 지급합니다.

제2조(준용규정) 이 특별약관에서 정하지 않은 사항은 보통약관을 따릅니다.
"""
TAIL = """부칙

제1조(시행일) 이 약관은 2026년 1월 1일부터 시행합니다.

[별표 1] 장해분류표
장해의 분류 | 지급률(%)
두 눈이 멀었을 때 | 100
한 눈이 멀었을 때 | 50
한 팔의 손목 이상을 잃었을 때 | 60

[별표 2] 재해분류표
분류 | 내용
교통사고 | 운수사고에서 다친 보행자
추락 | 2미터 이상에서 떨어짐
"""
TEXT = COVER + "\n" + MAIN + "\n" + RIDER + "\n" + TAIL


def pdf(path: Path, pages: Sequence[Sequence[str]], *, packed: bool = True, more: str = "") -> Path:
    """A PDF of pages of lines, in a Korean font that every reader has, one text object a line. more: of the trailer."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>")
    objects.append(
        "<< /Type /Font /Subtype /Type0 /BaseFont /HYSMyeongJo-Medium /Encoding /UniKS-UCS2-H /DescendantFonts [4 0 R] >>"
    )
    objects.append(
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HYSMyeongJo-Medium /CIDSystemInfo << /Registry (Adobe) /Ordering (Korea1) /Supplement 1 >> /FontDescriptor << /Type /FontDescriptor /FontName /HYSMyeongJo-Medium /Flags 4 /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 700 /StemV 80 /FontBBox [0 -120 1000 880] >> /DW 1000 >>"
    )
    bodies = [o.encode("latin-1") for o in objects]
    for number, lines in enumerate(pages):
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {6 + 2 * number} 0 R >>".encode()
        )
        bodies.append(_stream("\n".join(_line(line, row) for row, line in enumerate(lines)).encode(), packed))
    return _written(path, bodies, more)


def _line(text: str, row: int) -> str:
    return f"BT /F1 10 Tf 40 {800 - 14 * row} Td <{text.encode('utf-16-be').hex()}> Tj ET"


def _stream(data: bytes, packed: bool) -> bytes:
    data = zlib.compress(data) if packed else data
    return (
        f"<< /Length {len(data)}{' /Filter /FlateDecode' if packed else ''} >>\nstream\n".encode()
        + data
        + b"\nendstream"
    )


def _written(path: Path, bodies: Sequence[bytes], more: str) -> Path:
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R {more}>>\nstartxref\n{start}\n%%EOF\n".encode()
    path.write_bytes(out)
    return path
