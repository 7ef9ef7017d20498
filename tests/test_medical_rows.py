"""Medical material to rows: one prompt form each, groups held out whole, a mix by weight that says what it lacks, drops with reasons."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.curate.medical_groups import grouped
from engine.curate.medical_options import MedicalOptions
from engine.curate.medical_prompt import NO_ANSWER, OPENING, prompt_of
from engine.curate.medical_rows import build, build_across
from engine.curate.mix import planned, reached, weights_in
from engine.curate.row import Row, SourceRecord, SourceView
from engine.errors import UserError

MIX = {"base": 20.0, "distil": 30.0, "domain": 50.0}
KEEP = MedicalOptions(mix="off")
CHOICES = ["가슴", "배", "머리"]
TALK = [{"role": "assistant", "content": "어디가 불편하세요?"}, {"role": "user", "content": "목이 아파요."}, {"role": "assistant", "content": "언제부터요?"},
        {"role": "user", "content": "어제부터요."}, {"role": "assistant", "content": "따뜻한 물을 드세요."}]  # fmt: skip


def record(number: int, form: str, question: str = "", **meta: Any) -> SourceRecord:
    bucket = {"interview": "base", "passage": "base", "maths": "distil"}.get(form, "domain")
    return SourceRecord(number, None, None, form, question or f"{form} {number}번째 물음", {"bucket": bucket, **meta})


def view(*records: SourceRecord) -> SourceView:
    return SourceView("src-1", "aihub", None, {}, records)


def rows(*records: SourceRecord, options: MedicalOptions = KEEP) -> list[Row]:
    return list(build(view(*records), options))


def asked(row: Row) -> str:
    return row.messages[-1]["content"]


def test_one_prompt_form_each():
    choice, open_, passage, maths, talk, _ = rows(
        record(1, "mcqa", "심장은 어디에?", choices=CHOICES, answer_index=0, answer="가슴", specialty="내과"),
        record(2, "qa", "감기는 왜 걸리나요?", answer="바이러스 때문입니다."),
        record(3, "passage", "무게는?", context="콩팥은 150그램이다.", answer="150그램"),
        record(4, "maths", "3 더하기 4는?", solution="3 + 4 = 7", answer="7"),
        record(5, "interview", "어디가 불편하세요?", turns=TALK),
    )
    assert asked(choice).endswith("심장은 어디에?\n\n[보기]\n① 가슴\n② 배\n③ 머리") and choice.target == "① 가슴"
    assert choice.meta["answer_index"] == 0 and choice.meta["specialty"] == "내과" and choice.meta["type"] == "mcqa"
    assert asked(open_).endswith("감기는 왜 걸리나요?") and open_.target == "바이러스 때문입니다."
    assert "[지문]\n콩팥은 150그램이다.\n\n[질문]\n무게는?" in asked(passage)
    start, end = passage.messages[-1]["cut"]
    assert asked(passage)[start:end] == "콩팥은 150그램이다."
    assert asked(maths).endswith("[수학]\n3 더하기 4는?") and maths.target == "3 + 4 = 7"
    assert [one["role"] for one in talk.messages] == ["system", "user", "assistant", "user"]
    assert talk.messages[1]["content"] == OPENING and talk.target == "언제부터요?"


def test_the_prompt_of_a_row_is_the_prompt_of_asking():
    made = rows(record(1, "mcqa", choices=CHOICES, answer_index=1), record(2, "passage", context="글이다.", answer="글"), record(3, "maths", solution="풀이"),
                record(4, "interview", turns=TALK), record(5, "qa", answer="답입니다."))  # fmt: skip
    for row in made:
        for options in (KEEP, MedicalOptions(style="instruction", mix="off")):
            again = prompt_of(row.meta, options)
            if options is KEEP:
                assert again == row.messages
            else:
                assert [one["role"] for one in again] == ["raw"] and again[0]["content"].endswith("### 출력\n")


@pytest.mark.parametrize(
    ("meta", "reason"),
    [
        ({"choices": CHOICES, "answer_index": None}, "no_answer"),
        ({"choices": CHOICES, "answer_index": 3}, "wrong_answer"),
        ({"choices": CHOICES, "answer_index": -1}, "wrong_answer"),
        ({"choices": ["가슴"], "answer_index": 0}, "few_choices"),
        ({"choices": ["가슴", "가 슴"], "answer_index": 0}, "few_choices"),
    ],
)
def test_questions_nothing_can_be_learned_from(meta, reason):
    assert [row.dropped for row in rows(record(1, "mcqa", **meta))] == [reason]


def test_other_drops_have_their_reasons():
    said = [{"role": "user", "content": "아파요."}]
    made = rows(
        record(1, "qa"),
        record(2, "qa", "같은 물음", answer="같은 답"),
        record(3, "qa", "같은  물음", answer="같은 답"),
        record(4, "qa", "긴 물음" * 3000, answer="답"),
        record(5, "interview", "아파요.", turns=said),
        record(6, "other", "파일 이름.json"),
    )
    assert [row.dropped for row in made] == ["no_answer", None, "duplicate", "too_long", "one_sided"]


def test_a_passage_without_the_answer_teaches_to_say_so():
    assert rows(record(1, "passage", "빛깔은?", context="콩팥은 무겁다."))[0].target == NO_ANSWER


def test_explanations_are_learned_where_asked_for():
    one = record(1, "mcqa", choices=CHOICES, answer_index=2, solution="머리에 있다.")
    assert rows(one)[0].target == "③ 머리"
    assert rows(one, options=MedicalOptions(explanations=True))[0].target == "③ 머리\n머리에 있다."


def test_answers_that_lie_apart_find_their_question():
    asked_, told = (
        record(1, "qa", "발목이 부은 것 같아요", topic="골절 · 증상"),
        record(2, "qa", "골절의 증상은?", topic="골절 · 증상", answer="붓습니다."),
    )
    assert [row.target for row in rows(asked_, told)] == ["붓습니다.", "붓습니다."]


def test_only_the_last_answers_of_an_interview_are_learned():
    turns = [{"role": ("user", "assistant")[n % 2], "content": f"말 {n}"} for n in range(20)]
    assert [row.target for row in rows(record(1, "interview", turns=turns))] == ["말 13", "말 15", "말 17", "말 19"]
    assert len(rows(record(1, "interview", turns=turns), options=MedicalOptions(most_turns=1))) == 1


WORDS = ("심장 콩팥 허파 쓸개 지라 이자 방광 식도 창자 갑상샘 무릎 어깨 허리 눈꺼풀 고막 잇몸 혀 손톱 발목 정강이 이마 턱 목젖 코뼈 귓불 배꼽 옆구리 등뼈 골반 쇄골"
         .split())  # fmt: skip


SUMS = ("사과를 나누어 담은 바구니에서", "버스에 탄 사람 수를 셀 때", "책을 꽂은 칸마다", "물을 부은 컵의 눈금이", "달력에서 날짜를 세면", "연필을 묶은 다발마다", "계단을 오른 걸음이",
        "저금통에 넣은 동전이", "꽃밭에 심은 튤립이", "기차가 지나간 역이")  # fmt: skip


def material() -> list[SourceRecord]:
    """60 questions with choices in 30 groups, 30 problems in 10 families, 10 interviews."""
    made = [record(n, "mcqa", f"{WORDS[n // 2]}{'에 좋은 것' if n % 2 else '을 다치면 갈 곳'}은 어디인가요?", choices=[f"{WORDS[n // 2]} {c}" for c in CHOICES],
                   answer_index=n % 3, group=WORDS[n // 2]) for n in range(60)]  # fmt: skip
    made += [
        record(100 + n, "maths", f"{SUMS[n % 10]} {n + 2}에 {n + 3}을 더하면?", solution=f"{2 * n + 5}")
        for n in range(30)
    ]
    talks = [[{"role": "user", "content": f"{WORDS[-n - 1]} 때문에 잠을 못 자요."}, {"role": "assistant", "content": f"{WORDS[-n - 1]}부터 보겠습니다."}] for n in range(10)]  # fmt: skip
    return made + [record(200 + n, "interview", said[0]["content"], turns=said) for n, said in enumerate(talks)]


def test_what_belongs_together_is_never_in_two_splits():
    made = rows(*material())
    where: dict[str, set[str | None]] = {}
    for row in made:
        said = row.meta.get("question") or row.messages[-1]["content"]
        family = next(words for words in (*SUMS, *WORDS) if words in said)
        where.setdefault(f"{row.meta['form']} {family}", set()).add(row.split)
    assert all(len(splits) == 1 for splits in where.values())
    shares = Counter(row.split for row in made)
    assert set(shares) == {"train", "validation", "test"} and 0.5 < shares["train"] / len(made) < 0.85
    for split in ("train", "test"):
        assert {row.meta["form"] for row in made if row.split == split} == {"mcqa", "maths", "interview"}


def test_numbers_make_no_other_problem_and_one_question_on_two_passages_is_two():
    groups = grouped(
        [
            record(1, "maths", "사과 3개씩 4묶음은 모두 몇 개인가요?"),
            record(2, "maths", "사과 12개씩 7묶음은 모두 몇 개인가요?"),
            record(3, "passage", "주제는 무엇인가요?", context="콩팥은 소변을 만드는 곳이다."),
            record(4, "passage", "주제는 무엇인가요?", context="허파는 숨을 쉬는 데에 쓰인다."),
            record(5, "passage", "무엇을 만드나요?", context="콩팥은  소변을 만드는 곳이다."),
        ],
        0.7,
    )
    assert groups[1] == groups[2] and groups[3] == groups[5] != groups[4]


def test_sources_are_looked_at_together():
    one, other = material()[0], material()[0]._replace(id=900)
    found = build_across([view(one), view(other)], KEEP, 0)
    assert [row.dropped for _, made in found for row in made] == [None, "duplicate"]


def test_the_mix_thins_out_training_rows_alone():
    whole, mixed = rows(*material()), rows(*material(), options=MedicalOptions(most_cut=1.0))
    assert [row.split for row in mixed if row.split in ("validation", "test")] == [
        row.split for row in whole if row.split in ("validation", "test")
    ]
    kept = Counter(row.meta["bucket"] for row in mixed if row.split == "train")
    assert kept.total() and {row.dropped for row in mixed} == {None, "over_mix"}
    for bucket, share in MIX.items():
        assert abs(kept[bucket] / kept.total() - share / 100) < 0.05
    again = rows(*material(), options=MedicalOptions(most_cut=1.0))
    assert [row.dropped for row in again] == [row.dropped for row in mixed]
    other = rows(*material(), options=MedicalOptions(most_cut=1.0, seed=7))
    assert [row.dropped for row in other] != [row.dropped for row in mixed]


def test_a_mix_of_parts_that_are_not_all_there():
    assert planned({"domain": 100}, MIX, 0.5) == {"domain": 100}
    assert planned({"base": 20, "distil": 30, "domain": 50}, MIX, 0.5) == {"base": 20, "distil": 30, "domain": 50}
    assert planned({"base": 2, "distil": 300, "domain": 500}, MIX, 0.5) == {"base": 2, "distil": 150, "domain": 250}
    assert planned({"base": 2, "distil": 300, "domain": 500}, MIX, 1.0) == {"base": 2, "distil": 3, "domain": 5}
    assert planned({"base": 5, "domain": 500}, {"domain": 1.0}, 0.5) == {"base": 0, "domain": 500}
    assert planned({}, MIX, 0.5) == {} and planned({"base": 3}, {}, 0.5) == {"base": 3}


def test_what_a_mix_reached_and_lacks_is_told():
    found = reached({"distil": 150, "domain": 250, "base": 2}, {"domain": 250}, MIX)
    base = found.parts["base"]
    assert (base.wanted, base.rows, base.missing) == (0.2, 2, 98)
    assert len(found.warnings) == 1 and "98행" in found.warnings[0] and "기본기(base)" in found.warnings[0]
    assert found.parts["domain"].over == 250 and found.parts["domain"].missing == 0
    scaled = reached({"base": 1, "domain": 3}, {}, {"base": 10.0, "domain": 30.0})
    assert "40" in scaled.warnings[0] and len(scaled.warnings) == 1
    assert [part.wanted for part in reached({"base": 4}, {}, {}).parts.values()] == [None]
    assert reached({}, {}, MIX).warnings == []


@given(
    st.dictionaries(st.sampled_from(("base", "distil", "domain")), st.integers(0, 500)),
    st.dictionaries(st.sampled_from(("base", "distil", "domain")), st.one_of(st.just(0.0), st.floats(0.01, 100))),
    st.floats(0, 1),
)
def test_a_mix_takes_no_more_than_there_is_and_never_all_of_nothing(there, weights, most_cut):
    taken = planned(there, weights, most_cut)
    assert all(0 <= taken[name] <= there[name] for name in there)
    told = reached(taken, {}, weights)
    assert sum(taken.values()) == 0 or abs(sum(part.got for part in told.parts.values()) - 1) < 1e-6


@pytest.mark.parametrize(("given", "kept", "weights"), [("20/30/50", "20/30/50", MIX), ("base=20,distil=30, domain=50", "20/30/50", MIX), ("off", "off", {}),
    ("domain=1", "0/0/1", {"base": 0.0, "distil": 0.0, "domain": 1.0}), (" 2 / 3/ 5.5", "2/3/5.5", {"base": 2.0, "distil": 3.0, "domain": 5.5})])  # fmt: skip
def test_mix_on_the_command_line(given, kept, weights):
    assert MedicalOptions(mix=given).mix == kept
    assert weights_in(kept) == weights


@pytest.mark.parametrize(
    "given",
    ["a=3", "base=-1", "base=0,domain=0", "base=many", "base=nan", "1/2/3/4", "20/30", "0/0/0", "a/b/c", "base=1e99"],
)
def test_mixes_that_cannot_be(given):
    with pytest.raises(ValueError):
        MedicalOptions(mix=given)


@pytest.mark.parametrize(("item", "error"), [({}, KeyError), ({"question": 3}, UserError), ({"question": " "}, UserError), ({"question": "가?", "choices": ["나"]}, UserError),
    ({"question": "가?", "choices": ["나", " "]}, UserError), ({"turns": []}, UserError), ({"turns": "글"}, UserError), ({"turns": [{"role": "user"}]}, UserError),
    ({"turns": [{"role": "user", "content": "가"}, {"role": "assistant", "content": "나"}]}, UserError), ({"question": "가?", "choices": "나"}, UserError)])  # fmt: skip
def test_what_cannot_be_asked(item, error):
    with pytest.raises(error):
        prompt_of(item, KEEP)
