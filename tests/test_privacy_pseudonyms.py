"""Pseudonyms: the same for every form of a value, with the particle that fits, impossible, and no leak to the last look."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.curate.view import source_view
from engine.korean.hangul import has_batchim
from engine.korean.particles import agreeing
from engine.privacy.canonical import canonical, key_of
from engine.privacy.checks import brn_check, luhn, rrn_check
from engine.privacy.decisions import Leftovers, leftovers_of
from engine.privacy.masking import Masker
from engine.privacy.names import NameMatcher
from engine.privacy.preview import read_preview
from engine.privacy.pseudonyms import Pseudonyms, given_names, restyled
from engine.privacy.residual import Invented
from engine.privacy.spans import apply_spans
from engine.privacy.style import set_style
from engine.store.masks import Look
from engine.store.open import open_store
from engine.store.sources import add_records, finish_source, get_source, start_source
from engine.store.vault import all_pseudonyms, retire_pseudonyms
from tests.leaks import leaked_values
from tests.test_page_data_masks import mask

KEY = bytes(range(32))
SPEAKERS = ["김지은", "이민수"]


def pseudonyms(speakers=SPEAKERS, real=()):
    return Pseudonyms(KEY, NameMatcher(speakers), {(label, key_of(KEY, label, value)) for label, value in real})


def styled(text, given=None, speakers=SPEAKERS):
    masked = Masker(speakers).mask(text)
    spans = [{"start": s.start, "end": s.end, "label": s.label, "placeholder": s.placeholder} for s in masked.spans]
    return apply_spans(text, restyled(text, spans, given or pseudonyms(speakers)))


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("지은", "민서", "지은이가 왔어", "민서가 왔어"),
        ("지은", "민서", "지은아 뭐해", "민서야 뭐해"),
        ("지은", "민서", "지은아아~", "민서야아~"),
        ("지은", "민서", "지은이는 몰라", "민서는 몰라"),
        ("지은", "민서", "지은은 몰라", "민서는 몰라"),
        ("지은", "민서", "지은이랑 갔어", "민서랑 갔어"),
        ("지은", "민서", "지은이 왔어", "민서가 왔어"),
        ("지은", "민서", "지은이 집 가자", "민서 집 가자"),
        ("지은", "민서", "지은이한테", "민서한테"),
        ("지은", "민서", "지은이었어", "민서였어"),
        ("지은", "민서", "지은이에요", "민서예요"),
        ("지은", "민서", "지은이라고 해", "민서라고 해"),
        ("지은", "민서", "지은과 나", "민서와 나"),
        ("지은", "민서", "지은입니다", "민서입니다"),
        ("지은", "민서", "지은씨", "민서씨"),
        ("지은", "지훈", "지은이가", "지훈이가"),
        ("지은", "서율", "지은으로 가", "서율로 가"),
        ("민수", "지훈", "민수는 간대", "지훈은 간대"),
        ("민수", "지훈", "민수가 왔어", "지훈이 왔어"),
        ("민수", "지훈", "민수야 밥 먹자", "지훈아 밥 먹자"),
        ("민수", "지훈", "그게 민수야", "그게 지훈이야"),
        ("민수", "지훈", "민수랑", "지훈이랑"),
        ("민수", "지훈", "민수였어", "지훈이었어"),
        ("민수", "지훈", "민수로 가", "지훈으로 가"),
        ("민수", "지훈", "민수한테", "지훈한테"),
        ("민수", "지훈", "민수와 나", "지훈과 나"),
        ("민수", "지훈", "민수 과장님", "지훈 과장님"),
        ("민수", "지훈", "민수가방", "지훈가방"),
    ],
)
def test_the_particle_agrees_with_the_new_name(old, new, before, after):
    at = before.index(old)
    taken, written = agreeing(old, new, before, at + len(old), len(before))
    assert before[:at] + new + written + before[at + len(old) + taken :] == after


def test_all_forms_of_a_person_are_one_other_person():
    told = styled("김지은 왔어? 지은이가 지은아 지은 지은씨 우리지은이")
    full = told.split()[0]
    assert len(full) == 3 and "지은" not in told
    given = full[1:]
    assert told.count(given) == 6
    assert given in given_names()
    assert (f"{given}이가" in told) == has_batchim(given[-1])


def test_a_heard_vocative_and_latin_letters_follow():
    given = styled("지은").strip()
    assert styled("지으나 뭐해") == f"{given}{'아' if has_batchim(given[-1]) else '야'} 뭐해"
    assert "jieun" not in styled("jieun is here").lower()


def test_the_same_in_every_process_and_another_in_another_store():
    assert styled("김지은 010-1234-5678") == styled("김지은 010-1234-5678")
    other = Pseudonyms(bytes(32), NameMatcher(SPEAKERS))
    assert styled("김지은 010-1234-5678") != styled("김지은 010-1234-5678", other)


def test_spellings_of_a_number_share_a_pseudonym():
    told = styled("010-1234-5678 그리고 01012345678 또 +82 10 1234 5678")
    assert len(set(re.findall(r"010-0\d{3}-\d{4}", told))) == 1 and "1234" not in told


@given(st.from_regex(r"010-[2-9][0-9]{3}-[0-9]{4}", fullmatch=True))
@settings(max_examples=50, deadline=None)
def test_what_is_invented_cannot_exist(number):
    invent = pseudonyms()
    assert re.fullmatch(r"010-0\d{3}-\d{4}", invent.of("PHONE", number))
    digits = number.replace("-", "")
    assert invent.of("EMAIL", f"a{digits}@naver.com").endswith("@example.com")
    assert not luhn(canonical("CARD", invent.of("CARD", digits + "12345")))
    assert not brn_check(canonical("BRN", invent.of("BRN", digits[:10])))
    rrn = canonical("RRN", invent.of("RRN", f"{digits}12"))
    assert not rrn_check(rrn) and 13 <= int(rrn[2:4]) <= 19
    assert invent.of("ACCOUNT", digits).startswith("000-")
    assert invent.of("PLATE", f"12가{digits[:4]}").startswith("00")
    assert invent.of("IP", f"10.0.{digits[3]}.{digits[4]}").startswith("2001:db8:")


def test_a_real_value_is_never_invented_and_no_two_share_one():
    first = pseudonyms().of("PERSON", "지은")
    beside = pseudonyms(real=[("PERSON", f"최{first}")]).of("PERSON", "지은")
    among = pseudonyms(speakers=[*SPEAKERS, f"박{first}"]).of("PERSON", "지은")
    assert first not in (beside, among)
    invent = pseudonyms()
    names = sorted(given_names())[:400]
    given = [invent.of("PERSON", name) for name in names]
    assert len(set(given)) == len(names)
    assert all(one != other for one, other in zip(names, given, strict=True))


PLACES = st.lists(
    st.sampled_from(["지은아", "민수는", "김지은이", "최유진 대리님", "010-1234-5678", "공일공 일이삼사 오육칠팔", "gaon@example.kr", "서울시 강남구 테헤란로 123", "900101-1234567", "12가 3456", "김 과장님", "밥 먹자", "ㅋㅋ", "국민은행 123456-04-123456", "카톡 아이디 gaon_99"]),
    min_size=1,
    max_size=6,
).map(" ".join)  # fmt: skip


@given(PLACES, st.sampled_from(["placeholder", "pseudonym"]))
@settings(max_examples=200, deadline=None)
def test_nothing_of_an_original_survives_and_the_last_look_finds_nothing(text, style):
    masked = Masker(SPEAKERS).mask(text)
    invent = pseudonyms(real=[(s.label, s.canonical) for s in masked.spans])
    told = styled(text, invent) if style == "pseudonym" else masked.text
    values = [(s.label, s.canonical) for s in masked.spans]
    values += [("PERSON", "지은"), ("PERSON", "민수")] if values else []
    assert leaked_values(told, values) == []
    known = [(kind, form) for (kind, _), form in invent.known.items()]
    assert Leftovers(KEY, set(), SPEAKERS, invented=known, strict=True).find(told) == []


def test_the_last_look_stays_awake_beside_pseudonyms():
    invent = pseudonyms()
    given = invent.of("PERSON", "지은")
    invent.of("PHONE", "010-1234-5678")
    known = [(kind, form) for (kind, _), form in invent.known.items()]
    look = Leftovers(KEY, set(), SPEAKERS, invented=known, strict=True)
    found = look.find(f"{given}이 번호 010-9876-5432, 민수한테 물어봐")
    assert sorted(span.label for span in found) == ["PERSON", "PHONE"]
    assert Invented([("GIVEN", "민서")]).cover("국민서비스") == "국민서비스"
    assert Invented([("GIVEN", "민서")]).cover("박민서가")[3:] == "가"
    assert Invented([("PHONE", "010-0123-4567")]).cover("1010-0123-4567") == "1010-0123-4567"


@pytest.fixture
def masked_store(fresh_store):
    texts = [
        ("지은", "민수야 내 번호 010-1234-5678"),
        ("민수", "지은이가 말한 [이름_1] 김 과장님 번호지?"),
        ("지은", "응 지은이 번호야"),
    ]
    with open_store(fresh_store) as db:
        source = start_source(db, recipe="persona", kind="kakao", name="x.txt", fingerprint="f", size=1, job_id="j")
        people = {"지은": "김지은", "민수": "이민수"}
        add_records(db, source, 0, [(None, people[who], "text", text, None) for who, text in texts])
        finish_source(db, source, "김지은", dict.fromkeys(people.values(), 2), {"speakers": {}, "warnings": []})
    mask(fresh_store, source)
    return fresh_store, source


def test_rows_and_preview_show_the_same_pseudonyms(masked_store):
    store, source = masked_store
    with open_store(store) as db:
        before = [record.text for record in source_view(db, get_source(db, source), "김지은").records]
        assert "[전화번호_1]" in before[0]
        set_style(db, "pseudonym")
        seen = ["".join(piece.after for piece in shown.pieces) for shown in read_preview(db, source, Look())]
        assert not any(
            piece.state == "doubtful" for shown in read_preview(db, source, Look()) for piece in shown.pieces
        )
        built = [record.text for record in source_view(db, get_source(db, source), "김지은").records]
        assert built == seen
        assert not any(word in text for text in built for word in ("지은", "민수", "1234", "[이름_1]"))
        look = leftovers_of(db, [source])
        assert [look.find(text) for text in built] == [[], [], []]
        assert next(shown.text for shown in read_preview(db, source, Look())).endswith("010-1234-5678")


def test_a_forgotten_value_leaves_its_pseudonym_without_a_way_back(masked_store):
    store, source = masked_store
    with open_store(store) as db:
        set_style(db, "pseudonym")
        list(source_view(db, get_source(db, source), "김지은").records)
        known = all_pseudonyms(db)
        assert known and retire_pseudonyms(db, set()) == len(known)
        assert sorted(all_pseudonyms(db).values()) == sorted(known.values())
        assert all(key.startswith("gone-") for _, key in all_pseudonyms(db))
