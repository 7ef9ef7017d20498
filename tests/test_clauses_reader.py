"""Policies cut by 관, 조, 항 and 호: every article under its way, references and tables of contents not mistaken for one."""

import re
from pathlib import Path

import pytest
from reading import read_file

from engine.errors import UserError
from engine.sources.articles import Policy, cut_policy
from engine.sources.clauses import ClausesReader
from engine.sources.detect import choose_reader
from engine.sources.fitting import fit
from engine.sources.reader import ReadReport, Record
from tests.policies import COVER, MAIN, TEXT

WAYS = [
    ("무배당 든든암보험 > 제1관 목적 및 용어의 정의 > 제1조(목적)", "제1조"),
    ("무배당 든든암보험 > 제1관 목적 및 용어의 정의 > 제2조(용어의 정의)", "제2조"),
    ("무배당 든든암보험 > 제2관 보험금의 지급 > 제3조(보험금의 지급사유)", "제3조"),
    ("무배당 든든암보험 > 제2관 보험금의 지급 > 제3조의2(소액암의 특례)", "제3조의2"),
    ("무배당 든든암보험 > 제2관 보험금의 지급 > 제4조(보험금을 지급하지 않는 사유)", "제4조"),
    ("무배당 든든암보험 > 제2관 보험금의 지급 > 제5조(보험금의 청구)", "제5조"),
    ("무배당 든든암보험 > 입원비 특별약관 > 제1조(보험금의 지급사유)", "제1조"),
    ("무배당 든든암보험 > 입원비 특별약관 > 제2조(준용규정)", "제2조"),
    ("무배당 든든암보험 > 입원비 특별약관 > 부칙 > 제1조(시행일)", "제1조"),
    ("무배당 든든암보험 > [별표 1] 장해분류표", None),
    ("무배당 든든암보험 > [별표 2] 재해분류표", None),
]


def read(
    folder: Path, text: str, name: str = "든든암보험_약관.txt", encoding: str = "utf-8"
) -> tuple[list[Record], ReadReport]:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return read_file(path)


def ways(records: list[Record]) -> list[tuple[str, str | None]]:
    return [(record.meta["breadcrumbs"], record.meta["article"]) for record in records if record.meta]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_article_stands_under_its_way(encoding: str, end: str, tmp_path: Path) -> None:
    records, report = read(tmp_path, TEXT.replace("\n", end), encoding=encoding)
    assert ways(records) == WAYS
    assert {record.kind for record in records} == {"chunk"}
    assert report.unparsed == 0


def test_what_is_known_of_a_clause(tmp_path: Path) -> None:
    records, _ = read(tmp_path, TEXT)
    first = records[0].meta or {}
    assert (first["company"], first["product"], first["policy_type"]) == ("누리생명보험", "무배당 든든암보험", "암")
    assert (first["chunk_id"], first["source"]) == ("든든암보험_약관-0001", "든든암보험_약관.txt")
    assert first["token_count"] is None
    ids = [(record.meta or {})["chunk_id"] for record in records]
    assert len(set(ids)) == len(ids)


def test_text_of_a_clause_is_its_heading_and_all_its_lines(tmp_path: Path) -> None:
    records, _ = read(tmp_path, TEXT)
    assert records[2].text.startswith("제3조(보험금의 지급사유)\n① 회사는")
    assert "제3조의2(소액암의 특례)에 따라 300만원" in records[2].text
    assert "가. 심신상실" in records[4].text and records[4].text.count("\n") == 5
    told = re.sub(r"[\s()\[\]【】]", "", "".join(record.text for record in records))
    for sentence in re.findall(r"[^\n]{12,}다\.", MAIN):
        assert re.sub(r"[\s()\[\]【】]", "", re.sub(r"^제\s*\d+\s*조(?:의\d)?\s*[(【].*?[)】]", "", sentence)) in told


def test_table_stays_whole_with_its_heading(tmp_path: Path) -> None:
    records, _ = read(tmp_path, TEXT)
    assert records[-2].text.split("\n")[0] == "[별표 1] 장해분류표"
    assert records[-2].text.endswith("잃었을 때 | 60")
    assert len(records[-2].text.split("\n")) == 5


def cut(text: str) -> Policy:
    return cut_policy(text.split("\n"), "이름_약관")


def headings(text: str) -> list[str]:
    return [article.heading for article in cut(text).articles]


@pytest.mark.parametrize(
    "line",
    [
        "제2조(정의)에서 정한 사유가",
        "제2조(정의) 및 제3조(지급)에 따라",
        "제2조(정의) 제1항에도 불구하고",
        "제2조(정의)의 규정에 의하여",
        "제2조(정의)의규정에 의하여",
        "제2조(정의)이 정한 바에 따라",
        "제2조(정의)를 준용한다.",
        "제2조 제1항의 규정에 의하여",
        "제2조 내지 제5조를 준용한다.",
        "제2조에 따라 지급한다.",
        "제1항에 따른다.",
        "[별표 1]에서 정한 표에 따라",
        "<별표 2> 장해분류표 참조",
        "별표 1을 참고한다.",
        "[별표 1] 장해분류표\n에서 정한 비율을 곱한다.",
        "부칙에서 정한 날",
        "제2관에서 정한 바에 따라",
        "제2조(정의)·········· 12",
        "제2조(정의) 12",
        "제2조(정의)\t12",
    ],
)
def test_a_reference_is_no_heading(line: str) -> None:
    assert headings(f"제1조(목적) 목적은 이렇다. 회사는\n{line}\n그렇게 한다.") == ["제1조(목적)"]


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("제2조(정의)", "제2조(정의)"),
        ("제2조(목  적)", "제2조(목 적)"),
        ("제2조(정의)이 보험계약에서 쓰는 말은 이렇다.", "제2조(정의)"),
        ("제2조(정의)의사의 진단이 있어야 한다.", "제2조(정의)"),
        ("제2조(정의)가입자는 돈을 낸다.", "제2조(정의)"),
        ("제2조 (정의) 이 계약에서 쓰는 말은 이렇다.", "제2조(정의)"),
        ("제 2 조 ( 정의 ) 뜻", "제2조(정의)"),
        ("제2조【정의】 뜻", "제2조(정의)"),
        ("제2조[정의] 뜻", "제2조(정의)"),
        ("제２조（정의） 뜻", "제2조(정의)"),
        ("제2조 정의", "제2조(정의)"),
        ("### **제2조(정의)**", "제2조(정의)"),
        ("제2조(보험금의 지급(입원))", "제2조(보험금의 지급(입원))"),
        ("제2조(용어의\n정의) 뜻", "제2조(용어의 정의)"),
        ("제2조\n(정의) 뜻", "제2조(정의)"),
        ("제1조의2(정의) 뜻", "제1조의2(정의)"),
        ("제1조의 2 (정의) 뜻", "제1조의2(정의)"),
        ("제12조(건너뜀) 뜻", "제12조(건너뜀)"),
        ("[별표1] 장해분류표", "[별표 1] 장해분류표"),
        ("<별표 2-1> 수술분류표", "[별표 2-1] 수술분류표"),
        ("별표 3 재해분류표", "[별표 3] 재해분류표"),
        ("① 지급액 100만원\n[별표 1] 장해분류표", "[별표 1] 장해분류표"),
    ],
)
def test_a_heading_is_one(line: str, heading: str) -> None:
    assert headings(f"제1조(목적) 목적은 이렇다.\n{line}\n그렇게 한다.") == ["제1조(목적)", heading]


@pytest.mark.parametrize(
    "end", ["계약자의 고의", "피보험자의 나이", "치료의 효과", "보험료의 추가", "서면 동의", "사고의 경과", "100만원"]
)
def test_an_item_may_end_as_a_sentence_goes_on(end: str) -> None:
    assert headings(f"제1조(면책) 다음은 제외한다.\n1. {end}\n제2조(청구) 그렇다.") == ["제1조(면책)", "제2조(청구)"]


@pytest.mark.parametrize("end", ["제3조(지급) 및", "제3조(지급),", "제3조(지급) 또는", "「"])
def test_a_list_of_articles_goes_on(end: str) -> None:
    assert headings(f"제1조(목적) 회사는 {end}\n제2조(청구)\n절차를 따른다.") == ["제1조(목적)"]


def test_chapters_within_chapters() -> None:
    text = (
        "제1장 총칙\n제1절 목적\n제1조(목적) 그렇다.\n제2절 정의\n제2조(정의) 그렇다.\n제2장 지급\n제3조(지급) 그렇다."
    )
    assert [article.crumbs[1:-1] for article in cut(text).articles] == [
        ("제1장 총칙", "제1절 목적"),
        ("제1장 총칙", "제2절 정의"),
        ("제2장 지급",),
    ]


def test_a_table_of_contents_without_page_numbers_is_left_out() -> None:
    listed = "제1관 일반\n제1조(목적)\n제2조(정의)\n제3조(지급)\n부칙\n별표1 분류표\n"
    body = "보통약관\n제1관 일반\n제1조(목적)\n목적이다.\n제2조(정의)\n정의다.\n제3조(지급)\n지급한다.\n"
    policy = cut("행복실손의료보험\n목차\n" + listed + body)
    assert [article.heading for article in policy.articles] == ["제1조(목적)", "제2조(정의)", "제3조(지급)"]
    assert {article.crumbs[:2] for article in policy.articles} == {("행복실손의료보험", "제1관 일반")}
    assert policy.contents >= 4


def test_an_article_that_was_taken_out_is_no_table_of_contents() -> None:
    assert "제2조(삭제)" in headings("제1조(목적) 그렇다.\n제2조(삭제)\n제3조(지급) 그렇다.")


def test_numbers_begin_anew_in_every_rider() -> None:
    text = "제1조(목적) 그렇다.\n제2조(정의) 그렇다.\n골절 특별약관\n제1조(지급) 그렇다.\n입원 특약(갱신형)\n제1조(지급) 그렇다."
    found = cut("# 무배당 새싹보험 약관\n" + text).articles
    assert [article.crumbs for article in found[2:]] == [
        ("무배당 새싹보험", "골절 특별약관", "제1조(지급)"),
        ("무배당 새싹보험", "입원 특약(갱신형)", "제1조(지급)"),
    ]


def test_the_part_named_at_the_head_of_every_page_is_one_part() -> None:
    text = "제2관 지급\n제1조(지급) 회사는\n제2관 지급\n돈을 준다.\n제2조(청구) 그렇다."
    found = cut(text).articles
    assert [article.crumbs[1:] for article in found] == [("제2관 지급", "제1조(지급)"), ("제2관 지급", "제2조(청구)")]
    assert found[0].lines == ("회사는", "돈을 준다.")


def test_a_table_that_goes_on_over_the_page_is_one_table() -> None:
    text = "제1조(목적) 그렇다.\n[별표 1] 장해분류표\n눈 | 50\n[별표 1] 장해분류표 (계속)\n팔 | 60\n[별표 2] 수술표\n가 | 1"
    found = cut(text).articles[1:]
    assert [(article.heading, article.lines) for article in found] == [
        ("[별표 1] 장해분류표", ("눈 | 50", "팔 | 60")),
        ("[별표 2] 수술표", ("가 | 1",)),
    ]


def letters(text: str) -> int:
    return len(text)


def test_a_long_article_is_cut_between_paragraphs_under_its_heading() -> None:
    body = "\n".join(
        f"{sign} 회사는 {number}번째 사유로 보험금을 지급합니다." for number, sign in enumerate("①②③④⑤⑥", 1)
    )
    pieces = fit("제5조(지급)", body, 70, letters)
    assert len(pieces) > 1 and all(len(piece) <= 70 for piece in pieces)
    assert all(piece.startswith("제5조(지급)\n") and piece.split("\n")[1][0] in "①②③④⑤⑥" for piece in pieces)
    assert "\n".join(piece.removeprefix("제5조(지급)\n") for piece in pieces) == body


def test_items_carry_the_words_that_lead_to_them() -> None:
    body = "회사는 다음 사유에는 지급하지 않습니다.\n" + "\n".join(
        f"{n}. 피보험자가 {n}번째 잘못을 한 경우" for n in range(1, 9)
    )
    pieces = fit("제6조(면책)", body, 120, letters)
    assert len(pieces) > 1
    assert all("다음 사유에는 지급하지 않습니다." in piece for piece in pieces)
    assert [int(n) for piece in pieces for n in re.findall(r"^(\d)\. ", piece, re.M)] == list(range(1, 9))


@pytest.mark.parametrize(
    "body", ["가" * 5_000, "가나 " * 2_000, "다. " * 2_000, "① " + "나" * 900, "\n" * 50 + "가", "1. 2. 3. " * 400]
)
def test_nothing_is_over_the_limit_and_nothing_is_lost(body: str) -> None:
    pieces = fit("제1조(목적)", body, 100, letters)
    assert all(len(piece) <= 100 for piece in pieces)
    told = "".join(piece.removeprefix("제1조(목적)\n") for piece in pieces)
    assert re.sub(r"\s", "", told) == re.sub(r"\s", "", body)


def test_long_articles_of_a_file_are_cut_and_long_tables_are_not(tmp_path: Path) -> None:
    path = tmp_path / "약관.txt"
    articles = "".join(f"{sign} 회사는 보험금을 지급합니다. 다만 그러하지 아니합니다.\n" for sign in "①②③④⑤⑥⑦⑧⑨⑩")
    rows = "".join(f"{n}번째 장해 | {n}\n" for n in range(18))
    path.write_text(f"제1조(지급)\n{articles}\n제2조(청구) 그렇다.\n\n[별표 1] 장해표\n{rows}", encoding="utf-8")
    reader = ClausesReader(longest=100, count=letters)
    records = list(reader.read(path, ReadReport()))
    by_article = [(record.meta or {})["article"] for record in records]
    assert by_article == ["제1조"] * (len(records) - 2) + ["제2조", None] and len(records) > 4
    assert all(len(record.text) <= 100 for record in records[:-1])
    assert 100 < len(records[-1].text) <= 400 and "17번째 장해" in records[-1].text


def test_a_text_without_articles_is_cut_into_paragraphs_and_told(tmp_path: Path) -> None:
    path = tmp_path / "안내.txt"
    path.write_text("회사 안내입니다. 좋은 곳입니다.\n\n다음 문단입니다.\n" * 30, encoding="utf-8")
    report = ReadReport()
    records = list(ClausesReader(longest=60, count=letters).read(path, report))
    assert len(records) > 5 and all(len(record.text) <= 60 for record in records)
    assert any("문단" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    "body",
    [
        "가" * 3_000_000,
        ("." * 300 + "\n") * 3_000,
        "제1조(" * 20_000,
        "(" * 200_000,
        " " * 300_000 + "제1조(목적)",
        "제1조(목적)\n" * 5_000,
    ],
)
def test_hostile_text_ends(body: str, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("제1조(목적) 약관의 목적\n" + body, encoding="utf-8")
    records = list(ClausesReader(longest=512).read(path, ReadReport()))
    assert len(records) >= 1


def test_web_page_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "약관.html"
    path.write_text(f"<!doctype html><html><body><p>{COVER}</p></body></html>", encoding="utf-8")
    with pytest.raises(UserError):
        choose_reader(path)
    with pytest.raises(UserError) as caught:
        list(choose_reader(path, "clauses").read(path, ReadReport()))
    assert "HTML" in caught.value.ko and "든든" not in caught.value.ko


def test_recognised_by_content(tmp_path: Path) -> None:
    path = tmp_path / "아무이름.csv"
    path.write_text(TEXT, encoding="utf-8")
    assert choose_reader(path).kind == "clauses"
    path.write_text(
        "2026년 5월 30일 오후 1:00, 가온 : 제1조(목적) 보험\n2026년 5월 30일 오후 1:00, 나리 : 제2조(정의)\n",
        encoding="utf-8",
    )
    assert choose_reader(path).kind == "kakao"
