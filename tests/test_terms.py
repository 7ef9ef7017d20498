"""Terms in Korean text: whole words, the longest, with where they stand; what is added to a question; names of several meanings."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.terms.definitions import definitions_in
from engine.terms.dictionary import MOST_ADDED, Dictionary
from engine.terms.folding import fold, key_of
from engine.terms.model import Relation, Term
from engine.terms.shipped import shipped_dictionary
from engine.terms.words import kind_of, relation_of

TERMS = (
    Term("mi", "급성 심근경색", "disease", ("심근경색",), ("심장마비",), ("MI", "AMI")),
    Term("cancer", "암", "disease", ("악성 종양",)),
    Term("stomach", "위", "body"),
    Term("gastric", "위암", "disease"),
    Term("copd", "만성 폐쇄성 폐질환", "disease", (), (), ("COPD",)),
    Term("pox", "수두", "disease"),
    Term("fever", "발열", "symptom", (), ("열",)),
    Term("as", "대동맥판협착증", "disease", (), (), ("AS", "AD")),
    Term("ad", "알츠하이머병", "disease", (), (), ("AD",)),
    Term("covid", "COVID-19", "disease"),
    Term("scope", "위내시경", "test"),
)
WORDS = Dictionary(TERMS)


def found(text: str) -> list[str]:
    return [mention.term_id for mention in WORDS.link(text)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("심근경색이 왔습니다", ["mi"]),
        ("급성심근경색으로 입원", ["mi"]),
        ("급성  심근경색의 증상", ["mi"]),
        ("암이 무섭고 암에 걸릴까 봐", ["cancer", "cancer"]),
        ("위암은 위의 병", ["gastric"]),  # 위의 is more often "above"
        ("COPD는 오래갑니다", ["copd"]),
        ("copd 환자와 만성폐쇄성폐질환", ["copd", "copd"]),
        ("MI가 의심되어", ["mi"]),
        ("열이 나고 열은 높아요", ["fever", "fever"]),
        ("열 나요", ["fever"]),
        ("COVID 19와 covid-19", ["covid", "covid"]),
        ("위 내시경을 받았다", ["scope"]),
        ("암 환자", ["cancer"]),
        ("수두에 걸렸어요", ["pox"]),
        ("급성심근경색증상", ["mi"]),
    ],
)
def test_terms_are_found_with_their_particles(text: str, ids: list[str]) -> None:
    assert found(text) == ids


@pytest.mark.parametrize(
    "text",
    [
        "암기를 잘해요",
        "그 암자는 조용하다",
        "책상 위에 있어요",
        "위로해 주세요",
        "할 수 두 번은 없다",
        "mild한 통증",
        "MIT에 다녀요",
        "as soon as possible",
        "열 번 말했다",
        "문을 열고 닫았다",
        "열심히 했다",
        "폐암호를 바꿨다",
        "",
        "   ",
        "!!!",
    ],
)
def test_what_only_holds_the_letters_is_no_term(text: str) -> None:
    assert found(text) == []


def test_the_longest_wins_and_the_place_is_the_text() -> None:
    text = "어제 급성 심근경색(AMI) 진단을 받았다"
    first, second = WORDS.link(text)
    assert (text[first.start : first.end], first.surface) == ("급성 심근경색", "급성 심근경색")
    assert (second.surface, second.term_id) == ("AMI", "mi")


def test_a_name_of_several_terms_stays_open() -> None:
    (mention,) = WORDS.link("AD가 의심됩니다")
    assert mention.candidates == ("as", "ad") and mention.term_id == "as"
    assert WORDS.ambiguous() == [("AD", ("as", "ad"))]


def test_letters_of_a_mac_and_wide_letters_are_the_same() -> None:
    import unicodedata

    text = unicodedata.normalize("NFD", "그는 심근경색이 왔다")
    (mention,) = WORDS.link(text)
    assert unicodedata.normalize("NFC", text[mention.start : mention.end]) == "심근경색"
    assert found("ＭＩ가") == ["mi"]


TEXTS = st.lists(
    st.one_of(
        st.sampled_from([name for term in TERMS for name in (term.name, *term.synonyms, *term.abbreviations)]),
        st.sampled_from(["이", "은", "을", " ", "기", "환자", ",", "\n", "㎎", "ﬁ", "é", "\u1112\u1161", "-"]),
        st.text(max_size=3),
    ),
    max_size=8,
).map("".join)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_mentions_are_in_order_apart_and_where_they_say(text: str) -> None:
    last = 0
    for mention in WORDS.link(text):
        assert last <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.surface
        assert key_of(mention.surface) in WORDS._linker.keys
        last = mention.end


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_folding_keeps_the_way_back(text: str) -> None:
    folded = fold(text)
    assert len(folded.letters) == len(folded.starts) == len(folded.ends)
    assert all(start < end for start, end in zip(folded.starts, folded.ends, strict=True))
    assert folded.starts == sorted(folded.starts)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=8), max_size=8), st.text(max_size=30))
def test_any_names_make_a_dictionary(names: list[str], text: str) -> None:
    made = Dictionary([Term(str(n), name) for n, name in enumerate(names)], [Relation("0", "x", "1")])
    made.link(text)
    assert made.expand(text).startswith(text)
    made.check(text, text)
    made.red_flags(text)


def test_a_question_gets_the_other_names() -> None:
    assert WORDS.expand("심장마비 증상이 뭐예요?") == "심장마비 증상이 뭐예요? 급성 심근경색 MI AMI 심근경색"
    assert WORDS.expand("오늘 날씨 어때?") == "오늘 날씨 어때?"
    (told,) = WORDS.expansions("심장마비요")
    assert (told.term_id, told.surface) == ("mi", "심장마비")


def test_what_is_added_is_bounded_and_never_said_twice() -> None:
    many = Dictionary([Term("x", "가나다", "", tuple(f"이름{n}번" for n in range(100)))])
    added = many.expansions("가나다가 뭐죠?")[0].added
    assert len(added) == MOST_ADDED
    assert "MI" not in [name for one in WORDS.expansions("심장마비(MI)") for name in one.added]


def test_relations_wait_for_their_terms() -> None:
    made = Dictionary(
        TERMS,
        [Relation("심장마비", "symptom", "열"), Relation("심근경색", "test", "심전도"), Relation("암", "cause", "암")],
    )
    assert made.relations == (Relation("mi", "symptom", "fever"),)
    assert made.pending == (Relation("심근경색", "test", "심전도"),)


def test_words_of_relations_and_kinds() -> None:
    assert [relation_of(w) for w in ("증상", " 주요 증상 ", "HAS_SYMPTOM", "병용 금기", "상위어", "나란히")] == [
        "symptom", "symptom", "symptom", "contraindication", "is_a", "나란히",
    ]  # fmt: skip
    assert [kind_of(w) for w in ("질환", "약물", "위험 신호", "내 분류")] == ["disease", "drug", "red_flag", "내 분류"]


def test_definitions_of_a_policy_are_found() -> None:
    text = (
        "제2조(용어의 정의) 이 약관에서 '보험기간'이라 함은 회사가 보장하는 기간을 말합니다. "
        '"중대한 질병"이란 암, 뇌졸중을 말합니다.\n1. 계약자: 회사와 계약을 체결한 사람을 말합니다.'
    )
    assert definitions_in(text) == [
        ("보험기간", "회사가 보장하는 기간"),
        ("중대한 질병", "암, 뇌졸중"),
        ("계약자", "회사와 계약을 체결한 사람"),
    ]
    assert definitions_in("이것이란 말이 없다. 무엇이라 함은?") == []


def test_the_shipped_dictionary_is_whole() -> None:
    made = shipped_dictionary()
    assert len(made.terms) >= 150 and len(made.relations) >= 250 and not made.pending
    used = {one.relation for one in made.relations}
    assert {"symptom", "cause", "treatment", "test", "complication", "contraindication"} <= used
    assert all(term.definition and term.kind for term in made.terms)
    both = {frozenset((one.head, one.tail)) for one in made.relations if one.relation == "contraindication"}
    treated = {frozenset((one.head, one.tail)) for one in made.relations if one.relation == "treatment"}
    assert not both & treated


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="가힣 aZ0-·", max_size=12))
def test_the_quick_way_to_a_key_is_the_long_one(name: str) -> None:
    letters = fold(name).letters
    assert key_of(name) == (letters if any(letter.isalnum() for letter in letters) else "")
