"""Masker, residual scan, files: round trips and promises that hold for any text."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import UserError
from engine.privacy.chains import straight
from engine.privacy.files import mask_file
from engine.privacy.labels import PLACEHOLDER_WORDS
from engine.privacy.masking import Masker, find_spans
from engine.privacy.normalise import fold
from engine.privacy.residual import PLACEHOLDER, residual_spans
from engine.privacy.spans import apply_spans
from tests.leaks import leaked_values

SPEAKERS = ["김지은", "박민준"]
PIECES = [
    "010-1234-5678", "공일공 일이삼사 오육칠팔", "900101-1234567", "gaon@example.com", "지은아", "민준이가", "김지은", "서울시 강남구 테헤란로 123",
    "국민은행 123456-04-123456", "12가 3456", "[이름_1]", "［전화번호_2］", "ㅋㅋㅋ", "❤️", "\u200b", "０１０", "오늘 뭐해?", "\n", "3시에 봐", "①②③", "최유진 대리님", "@all",
]  # fmt: skip
TEXTS = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(max_size=6), st.text("0123456789-공일이삼 .", max_size=14)), max_size=8
).map(" ".join)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_spans_lie_on_the_original_and_make_the_masked_text(text):
    masked = Masker(SPEAKERS).mask(text)
    ends = [0]
    for span in masked.spans:
        assert ends[-1] <= span.start < span.end <= len(text)
        assert span.placeholder.startswith(f"[{PLACEHOLDER_WORDS[span.label]}_")
        ends.append(span.end)
    placed = [{"start": s.start, "end": s.end, "placeholder": s.placeholder} for s in masked.spans]
    assert apply_spans(text, placed) == masked.text


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_every_placeholder_in_the_output_was_put_there(text):
    masked = Masker(SPEAKERS).mask(text)
    assert [m.group() for m in PLACEHOLDER.finditer(masked.text)] == [span.placeholder for span in masked.spans]


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_folding_keeps_its_way_back(text):
    folded = fold(text)
    for at in range(len(folded.text)):
        start, end = folded.original(at, at + 1)
        assert 0 <= start < end <= len(text)
    for said in (True, False):
        view = straight(folded.text, said)
        for at in range(len(view.text) if view else 0):
            start, end = view.original(at, at + 1)
            assert 0 <= start < end <= len(folded.text)


@pytest.mark.parametrize("seed", range(40))
def test_no_value_that_was_put_in_comes_out(seed):
    chooser = random.Random(seed)
    phone = f"010-{chooser.randint(2000, 9999)}-{chooser.randint(1000, 9999)}"
    account = f"3333-0{chooser.randint(1, 9)}-{chooser.randint(1000000, 9999999)}"
    mail = f"user{chooser.randint(100, 999)}@example.com"
    text = chooser.choice(
        ["지은아 {p} 로 전화줘 {a} 여기로 보내 {m}", "{m} 이랑 {p}이야! 카뱅 {a}로 ㅋㅋ", "김지은 {p}\n{a} {m}"]
    ).format(p=phone, a=account, m=mail)
    masked = Masker(SPEAKERS).mask(text)
    values = [(span.label, span.canonical) for span in masked.spans]
    assert {label for label, _ in values} >= {"PHONE", "ACCOUNT", "EMAIL"}
    assert leaked_values(masked.text, values) == []
    assert residual_spans(masked.text) == []


def test_one_value_one_placeholder_across_spellings():
    masker = Masker()
    text = "010-1234-5678 01012345678 +82 10 1234 5678 그리고 공일공 일이삼사 오육칠팔 아니면 010-9999-8888"
    assert masker.mask(text).text == "[전화번호_1] [전화번호_1] [전화번호_1] 그리고 [전화번호_1] 아니면 [전화번호_2]"


def test_numbers_follow_first_sight_and_are_the_same_every_time():
    rows = ["민준이가 왔어", "지은아 010-1111-2222", "010-3333-4444 010-1111-2222 박민준"]
    first = [Masker(SPEAKERS).mask(row).text for row in rows]
    one, two = Masker(SPEAKERS), Masker(SPEAKERS)
    assert [one.mask(row).text for row in rows] == [two.mask(row).text for row in rows]
    assert first[0] == "[이름_1]이가 왔어"
    assert Masker(SPEAKERS).mask(rows[2]).text == "[전화번호_1] [전화번호_2] [이름_1]"


def test_known_values_keep_their_numbers():
    before = Masker()
    before.mask("010-1234-5678 010-2222-3333")
    after = Masker(known=before.known)
    assert after.mask("010-4444-5555 010-2222-3333").text == "[전화번호_3] [전화번호_2]"


@pytest.mark.parametrize("forged", ["[전화번호_1]", "［전화번호_1］", "[이름_7]"])
def test_typed_placeholders_are_defused(forged):
    masked = Masker().mask(f"{forged} 내 번호 010-1234-5678")
    assert masked.text.endswith("내 번호 [전화번호_1]")
    assert masked.text.count("[전화번호_1]") == 1
    assert "[이름_7]" not in masked.text


def test_residual_scan_sees_what_was_left_and_skips_placeholders():
    assert residual_spans("[이름_1]아 [전화번호_1] 여기 [주소_1]로 와") == []
    left = residual_spans("[이름_1] 010-1234-5678")
    assert [(span.start, span.end, span.label) for span in left] == [(7, 20, "PHONE")]


@pytest.mark.parametrize("text", ["공일공 일이삼사 오육칠팔 이야", "０１０　１２３４　５６７８", "01012345678"])
def test_a_leaked_value_is_seen_in_another_spelling(text):
    assert leaked_values(text, [("PHONE", "01012345678")]) == [("PHONE", "01012345678")]


def test_empty_text_and_plain_text_stay():
    for text in ("", "오늘 뭐해? ㅋㅋ", "사진", "snake_case 이름"):
        masked = Masker(SPEAKERS).mask(text)
        assert (masked.text, masked.spans) == (text, [])


def test_confidence_lies_between_zero_and_one():
    assert all(0 < span.confidence <= 1 for piece in PIECES for span in find_spans(piece))


def test_mask_file_writes_one_row_per_row(tmp_path):
    src, dst = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [{"id": 1, "text": "지은아 010-1234-5678"}, {"id": "b", "text": "안녕"}]
    src.write_text("\ufeff" + "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n\n", encoding="utf-8")
    report = mask_file(src, dst, ["김지은"])
    out = [json.loads(line) for line in dst.read_text(encoding="utf-8").splitlines()]
    assert (report["rows"], report["spans"]) == (2, 2)
    assert out == [
        {
            "id": 1,
            "masked": "[이름_1]아 [전화번호_1]",
            "spans": [
                {"start": 0, "end": 2, "label": "PERSON", "placeholder": "[이름_1]"},
                {"start": 4, "end": 17, "label": "PHONE", "placeholder": "[전화번호_1]"},
            ],
        },
        {"id": "b", "masked": "안녕", "spans": []},
    ]


@pytest.mark.parametrize("bad", ["{oops", '["id", "text"]', '{"id": 2}', '{"id": 2, "text": 5}', "\udcff"])
def test_a_bad_line_is_named_and_nothing_is_written(tmp_path, bad):
    src, dst = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    src.write_bytes(b'{"id": 1, "text": "a"}\n' + bad.encode("utf-8", "surrogateescape") + b"\n")
    with pytest.raises(UserError, match="2번째 줄") as caught:
        mask_file(src, dst, [])
    assert "Line 2" in caught.value.en
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.jsonl"):
        mask_file(tmp_path / "none.jsonl", tmp_path / "out.jsonl", [])
