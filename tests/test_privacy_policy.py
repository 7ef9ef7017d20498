"""Policies: public lines and quasi-identifiers are masked when asked for, and only then; the command and the store keep the choice."""

import json

import pytest

from engine.cli.app import main
from engine.privacy.labels import PLACEHOLDER_WORDS, QUASI_WORDS
from engine.privacy.masking import Masker, find_all, find_spans
from engine.privacy.policy import DEFAULT, MaskPolicy, mask_policy, set_mask_policy
from engine.privacy.residual import residual_spans
from engine.store.open import open_store

COMPANY, CRISIS, QUASI = MaskPolicy(company_lines=True), MaskPolicy(crisis_lines=True), MaskPolicy(quasi=True)


def masked(text, policy):
    return Masker(policy=policy).mask(text).text


@pytest.mark.parametrize("line", ["1588-1234", "1644 1234", "15771234", "1899-0000"])
def test_company_lines_are_a_switch(line):
    assert masked(f"{line} 전화해", DEFAULT) == masked(f"{line} 전화해", CRISIS) == f"{line} 전화해"
    assert masked(f"{line} 전화해", COMPANY) == "[전화번호_1] 전화해"


@pytest.mark.parametrize("line", ["112", "119", "1366", "1388", "109", "1577-0199"])
def test_crisis_lines_are_another_switch(line):
    assert masked(f"{line} 불러", DEFAULT) == masked(f"{line} 불러", COMPANY) == f"{line} 불러"
    assert masked(f"{line} 불러", CRISIS) == "[전화번호_1] 불러"


def test_two_crisis_lines_are_no_plate():
    assert masked("급하면 112나 1393", DEFAULT) == "급하면 112나 1393"
    assert masked("112나 1394", DEFAULT) == "[차량번호_1]"


QUASI_TEXTS = [
    ("나 서른두살이야", "나 [나이_1]이야"),
    ("만 27세 여성", "[나이_1] 여성"),
    ("한빛고 2학년 3반 17번", "[학교_1]"),
    ("한국대학교 컴퓨터공학과 3학년", "[학교_1]"),
    ("가온전자 영업팀에 다녀", "[직장_1]에 다녀"),
    ("우울증이 심해서 가온정신의원 다녀", "[건강정보_1]이 심해서 [건강정보_2] 다녀"),
    ("둘째딸이 아파", "[가족관계_1]이 아파"),
    ("175cm에 70kg", "[신체정보_1]에 [신체정보_2]"),
    ("학번 2020123456", "학번 [학번_1]"),
    ("사번은 A10023", "사번은 [사번_1]"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), QUASI_TEXTS)
def test_quasi_identifiers_are_masked_when_asked_for(text, expected):
    assert masked(text, QUASI) == expected
    assert masked(text, DEFAULT) == text
    assert [span for span in residual_spans(expected) if span.label in QUASI_WORDS] == []


@pytest.mark.parametrize(
    "text", ["3세대 통신", "한살림 갔어", "살살 해", "최고 좋아", "그때 봐", "팀장님 회의", "10대 1 경쟁", "쌀 20kg"]
)
def test_quasi_words_inside_others_stay(text):
    assert masked(text, QUASI) == text


def test_a_wider_policy_takes_nothing_from_the_labels_of_the_contract():
    text = "010-1234-5678 카뱅 3333-01-1234567 서른 살 1588-1234"
    plain = find_spans(text)
    wide = find_spans(text, None, MaskPolicy(company_lines=True, quasi=True))
    assert [span for span in wide if span in plain] == plain
    assert [span.label for span in wide] == ["PHONE", "ACCOUNT", "AGE", "PHONE"]
    assert not set(PLACEHOLDER_WORDS) & set(QUASI_WORDS)


def test_the_store_keeps_the_policy(fresh_store):
    with open_store(fresh_store) as db:
        assert mask_policy(db) is DEFAULT
        set_mask_policy(db, company_lines=True)
        set_mask_policy(db, quasi=True)
        assert mask_policy(db) == MaskPolicy(company_lines=True, quasi=True)
        set_mask_policy(db, company_lines=False, quasi=False)
        assert mask_policy(db) is DEFAULT


def test_the_command_masks_a_file_by_policy(tmp_path):
    rows, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows.write_text(json.dumps({"id": 1, "text": "1588-1234 서른 살"}, ensure_ascii=False), encoding="utf-8")
    for words, expected in [([], "1588-1234 서른 살"), (["--company-lines", "--quasi"], "[전화번호_1] [나이_1]")]:
        assert main(["mask", "--in", str(rows), "--out", str(out), *words]) == 0
        assert json.loads(out.read_text(encoding="utf-8"))["masked"] == expected


def test_quasi_identifiers_keep_their_placeholder_beside_pseudonyms(tmp_path):
    rows, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows.write_text(json.dumps({"id": 1, "text": "서른 살 gaon@naver.com"}, ensure_ascii=False), encoding="utf-8")
    assert main(["mask", "--in", str(rows), "--out", str(out), "--quasi", "--style", "pseudonym"]) == 0
    told = json.loads(out.read_text(encoding="utf-8"))["masked"]
    assert told.startswith("[나이_1] ") and "gaon" not in told and "[이메일" not in told


CHAT = [
    (["계좌번호 불러줘", "110123456789"], "ACCOUNT"),
    (["돈 보낼게 계좌 좀", "ㅇㅋ 잠만", "네 123456789012 이요"], "ACCOUNT"),
    (["초진이시면 주민번호 전체가 필요해요", "1510223011748이요"], "RRN"),
    (["사업자등록증 번호 알려줘", "넵", "나는 6148719027 하이픈 빼고"], "BRN"),
    (["생년월일 알려주세요", "900304"], "BIRTHDATE"),
    (["생일 언제야?", "3월 4일"], "BIRTHDATE"),
    (["여권번호 뭐야", "123456789"], "PASSPORT"),
    (["인스타 아이디 뭐야", "gaon_nari"], "ID_HANDLE"),
    (["번호 좀 알려줘", "9876-5432"], "PHONE"),
    (["계좌 알려줘", "일일공 일이삼 사오육칠팔구"], "ACCOUNT"),
]


@pytest.mark.parametrize(("chat", "label"), CHAT)
def test_a_bare_number_is_read_with_the_question_before_it(chat, label):
    found = find_all(chat)
    assert [span.label for span in found[-1]] == [label]
    assert all(0 <= span.start < span.end <= len(chat[-1]) for span in found[-1])
    assert find_spans(chat[-1]) == []


@pytest.mark.parametrize(
    "chat",
    [
        ["주문번호 뭐야", "110123456789"],
        ["계좌 말고 운송장번호 알려줘", "110123456789"],
        ["계좌 알려줘", "ㅇㅇ", "인증번호 뭐라고 왔어", "837261"],
        ["계좌 알려줘", "1", "2", "3", "4", "110123456789"],
        ["생일 언제야", "2시 30분에 보자"],
        ["번호 좀 알려줘", "1588-1234"],
        ["인스타 아이디 뭐야", "몰라 ㅋㅋ"],
        ["계좌로 보낼게", "50000원 보냄"],
        ["계좌로 보낼게", "2024.03.04"],
    ],
)
def test_other_questions_lend_no_number(chat):
    assert [span for spans in find_all(chat) for span in spans if span.label != "PERSON"] == []


@pytest.mark.parametrize(
    "words", [["latest", "--in", "a"], ["latest", "--speakers", "가온"], ["--in", "a", "--out", "b", "--add", "도깨비=PERSON"], ["latest", "--doubtful", "--redo"]]
)  # fmt: skip
def test_words_of_two_uses_are_not_passed_over(words, fresh_store, capsys):
    assert main(["mask", *words, "--json", "--store", str(fresh_store)]) == 2
    assert "나누어" in json.loads(capsys.readouterr().out.splitlines()[-1])["error"]["ko"]
