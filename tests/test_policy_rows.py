"""Rows of clauses: what a style shows, what never reaches a dataset, and that nothing shown lies in two splits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.curate.policy_options import INSTRUCTION, REFUSAL, PolicyOptions
from engine.curate.policy_rows import build_across
from engine.curate.policy_rules import (
    REASONS,
    first_word,
    is_complete,
    is_evasive,
    is_foreign,
    leaks,
    mended,
    reason_of,
)
from engine.curate.policy_twins import twins
from engine.curate.row import Row
from engine.recipes.policy import RECIPE
from engine.store.datasets import read_dataset
from engine.store.open import open_store
from tests.policy_material import (
    REASONS as HOBBIES,
)
from tests.policy_material import (
    as_view,
    build_policy,
    clause_records,
    good_pairs,
    pair,
    store_source,
    unanswerable,
)

RAG, SIMPLE = PolicyOptions(), PolicyOptions(style="simple")
GOOD = ("암진단비는 얼마인가요?", "암진단비는 10만원입니다. (제3조)")
CLAUSE = "제3조(암진단비) 회사는 암으로 진단이 확정된 때에 암진단비 10만원을 지급합니다."


def rows_of(*sources, options=RAG, seed=0) -> list[Row]:
    views, first = [], 1
    for number, records in enumerate(sources):
        views.append(as_view(records, f"src-{number}", first))
        first += len(records)
    return [row for _, rows in build_across(views, options, seed) for row in rows]


def reason(question=GOOD[0], answer=GOOD[1], clause=CLAUSE, chunk_id="든든_003", answerable=True, options=RAG):
    return reason_of(question, answer, clause, chunk_id, answerable, options)


# styles


def test_simple_rows_are_as_the_owner_trained_v1() -> None:
    row = next(row for row in rows_of([*clause_records(), *good_pairs()], options=SIMPLE) if not row.dropped)
    clause = clause_records()[0][3]
    assert [dict(message, cut=None) for message in row.messages] == [
        {"role": "raw", "content": f"### 지시\n암진단비는 얼마인가요?\n### 입력\n{clause}\n### 출력\n", "cut": None}
    ]
    assert row.target == "암진단비는 10만원입니다. (제3조)"


def test_simple_input_is_cut_to_five_hundred_characters() -> None:
    long = [
        (None, None, "chunk", "갹" * 900, {"chunk_id": "c1"}),
        pair("무엇이죠 이것은?", "그것은 가나다라입니다.", "c1"),
    ]
    content = rows_of(long, options=SIMPLE)[0].messages[0]["content"]
    assert content.count("갹") == 500


def test_rag_rows_are_as_the_owner_trained_v2() -> None:
    row = next(row for row in rows_of([*clause_records(), *good_pairs()]) if not row.dropped)
    clause = clause_records()[0][3]
    assert row.messages[0]["content"] == (
        f"### 지시\n{INSTRUCTION}\n### 입력\n[보험약관]\n{clause}\n\n질문: 암진단비는 얼마인가요?\n### 출력\n"
    )


def test_chat_frame_leaves_the_template_to_the_base() -> None:
    row = rows_of([*clause_records(), *good_pairs()], options=PolicyOptions(frame="chat"))[0]
    assert [message["role"] for message in row.messages] == ["system", "user"]
    assert row.messages[0]["content"] == INSTRUCTION


@pytest.mark.parametrize("style", ["simple", "rag"])
@pytest.mark.parametrize("frame", ["plain", "chat"])
def test_asking_is_worded_as_training_was(style, frame) -> None:
    options = PolicyOptions(style=style, frame=frame)
    row = rows_of([*clause_records(), *good_pairs()], options=options)[5]
    text = clause_records()[1][3]
    assert RECIPE.prompt({"question": row.meta["question"], "clauses": [text]}, options) == row.messages


def test_what_may_be_cut_is_the_clause_alone() -> None:
    for options in (RAG, SIMPLE, PolicyOptions(frame="chat")):
        for row in rows_of([*clause_records(), *good_pairs()], options=options)[:6]:
            start, end = row.messages[-1]["cut"]
            assert row.messages[-1]["content"][start:end] == clause_records()[int(row.meta["chunk_id"][-3:])][3]


@pytest.mark.parametrize("mark", ["<|end_of_text|>", " <|end_of_text|>\n", "</s>", "<|eot_id|><|end_of_text|>"])
def test_an_end_token_written_out_is_not_doubled(mark) -> None:
    found = rows_of([*clause_records(), pair(GOOD[0], GOOD[1] + mark, "든든보험_000")])
    assert found[0].target == GOOD[1] and not found[0].dropped


def test_every_clause_beside_the_right_one_is_of_its_split_and_the_right_one_is_not_always_first() -> None:
    options = PolicyOptions(clauses_per_row=3)
    found = [row for row in rows_of([*clause_records(), *good_pairs()], options=options) if not row.dropped]
    texts = {record[3]: record[4]["chunk_id"] for record in clause_records()}
    split_of = {row.group: row.split for row in found}
    places = set()
    for row in found:
        shown = [key for text, key in texts.items() if text in row.messages[0]["content"]]
        there = sum(split == row.split for split in split_of.values())
        assert len(shown) == min(3, there) and row.meta["chunk_id"] in shown
        assert {split_of[key] for key in shown} == {row.split}
        order = sorted(shown, key=lambda key: row.messages[0]["content"].index(clause_records()[int(key[-3:])][3]))
        places.add(order.index(row.meta["chunk_id"]))
    assert places == {0, 1, 2}


# rules

BROKEN = {
    "missing_field": ("", GOOD[1]),
    "short_answer": (GOOD[0], "10만원요."),
    "cut_off": (GOOD[0], "암진단비는 10만원이며 다만 최초 계약일부터 90일이"),
    "evasive": (GOOD[0], "암진단비의 금액은 약관에 명시되어 있지 않습니다."),
    "like_refusal": (GOOD[0], "약관에 암진단비 10만원이라고 되어 있습니다."),
    "leaked_prompt": ("다음 조항을 보고 답하세요. 암진단비는?", GOOD[1]),
    "foreign": (GOOD[0], "암진단비는 十만원 を 支払います 지급합니다."),
    "personal_data": (GOOD[0], "암진단비는 담당자 010-2345-6789로 청구하시면 됩니다."),
    "stop_phrase": (GOOD[0], "암진단비는 10만원입니다. 이번에 새로 나온 상품입니다."),
    "tail_phrase": (GOOD[0], "암진단비는 10만원입니다. 더 궁금한 점이 있으시면 말씀해 주세요."),
}


@pytest.mark.parametrize("slug", BROKEN)
def test_each_rule_names_its_reason(slug) -> None:
    question, answer = BROKEN[slug]
    assert reason(question, answer) == slug and slug in REASONS


def test_a_good_pair_stays() -> None:
    assert reason() is None


def test_a_pair_without_its_clause_is_left_out() -> None:
    assert reason(clause=None) == "no_clause"
    assert rows_of([*clause_records(), pair(*GOOD, "어디에도 없는 번호")])[0].dropped == "no_clause"


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("지급합니다.", True),
        ("지급합니다. (제5조)", True),
        ("지급합니다(제5조 제1항)", True),
        ('"지급합니다."', True),
        ("지급해요", True),
        ("지급하죠", True),
        ("지급하나요?", True),
        ("지급합니다. [제3조] 」", True),
        ("지급하며", False),
        ("50만원 (제5조)", False),
        ("다음과 같습니다. 1.", False),
        ("지급합니다. 가.", False),
        ("", False),
        ("(제5조)", False),
    ],
)
def test_what_ends_as_a_sentence(text, complete) -> None:
    assert is_complete(text) is complete


@pytest.mark.parametrize(
    "text",
    [
        "그 금액은 명시되어 있지 않습니다.",
        "해당 내용은 확인할 수 없습니다.",
        "관련 규정이 없습니다.",
        "약관에 나와 있지 않아요.",
        "정확한 금액은 알 수 없습니다.",
        "죄송하지만 답변드리기 어렵습니다.",
    ],
)
def test_evasions_are_seen(text) -> None:
    assert is_evasive(text)


@pytest.mark.parametrize(
    "text",
    [
        "음주운전 사고는 보상하지 않습니다.",
        "청약서에 명시되어 있지 않은 질병은 보상하지 않습니다.",
        "원인을 알 수 없는 사고도 보상합니다.",
        "치과 치료는 이 보장에 포함되지 않습니다.",
        "대기기간이 없는 담보입니다.",
        "수익자를 지정하지 않은 때에는 상속인에게 지급합니다.",
    ],
)
def test_exclusions_are_no_evasions(text) -> None:
    assert not is_evasive(text)


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("암(癌)으로 진단되면 지급합니다.", False),
        ("MRI 검사비는 30만원입니다.", False),
        ("COVID-19 확진이면 지급합니다.", False),
        ("β-차단제도 보상합니다.", False),
        ("보험금을 支給합니다.", True),
        ("보험금은 Ich möchte 지급합니다.", True),
        ("Este es un seguro 지급합니다", True),
        ("the insurer will pay 지급합니다.", True),
        ("12345", True),
        ("страховка 지급합니다.", True),
    ],
)
def test_what_is_not_korean(text, foreign) -> None:
    assert is_foreign(text) is foreign


@pytest.mark.parametrize(
    "text",
    [
        "[보험약관]에 따라 지급합니다.",
        "### 지시",
        "JSON으로 답합니다.",
        "제공된 조항에 따라 지급합니다.",
        "든든_003에 있습니다.",
        "질문: 무엇인가요",
    ],
)
def test_words_of_a_prompt_are_seen(text) -> None:
    assert leaks("무엇인가요?", text, "든든_003")


def test_words_of_the_policy_are_no_leak() -> None:
    assert not leaks(
        "주사 치료도 나오나요?", "제5조에 따라 회사가 지급합니다. 해당 조항의 면책은 제외됩니다.", "든든_003"
    )


def test_what_the_clause_says_itself_is_not_personal() -> None:
    said = "문의는 02-345-6789로 합니다. 전화로 접수합니다."
    assert reason(answer=said) == "personal_data"
    assert reason(answer=said, clause=CLAUSE + " 접수 02-345-6789") is None


def test_the_lead_that_begins_as_the_refusal_does_is_taken_off() -> None:
    assert mended("약관에 따르면, 수술비는 50만원입니다.") == "수술비는 50만원입니다."
    assert mended("제공된 보험 약관의 내용에 의하면 지급합니다.") == "지급합니다."
    assert mended("제5조에 따르면 지급합니다.") == "제5조에 따르면 지급합니다."
    row = rows_of([*clause_records(), pair(GOOD[0], "약관에 따르면 " + GOOD[1], "든든보험_000")])[0]
    assert row.target == GOOD[1] and row.meta["as_given"].startswith("약관에")


def test_rows_built_as_unanswerable_are_exempt_from_the_rules_on_answers() -> None:
    found = rows_of([*clause_records(), *good_pairs(), *unanswerable()])
    refusing = [row for row in found if not row.meta["answerable"] and not row.dropped]
    assert len(refusing) >= 20 and {row.target for row in refusing} == {REFUSAL}


def test_simple_rows_hold_nothing_unanswerable() -> None:
    found = rows_of([*clause_records(), *good_pairs(), *unanswerable()], options=SIMPLE)
    assert {row.dropped for row in found if not row.meta["answerable"]} == {"unanswerable"}


# twins


def test_one_question_stays_of_two_across_sources() -> None:
    again = [pair(" 암진단비는  얼마인가요", "암진단비는 10만원을 드립니다.", "든든보험_000")]
    found = rows_of([*clause_records(), *good_pairs()], again)
    assert found[-1].dropped == "duplicate_question"


def test_the_first_twin_that_passes_the_rules_stays() -> None:
    broken = [pair("암진단비는 얼마인가요?", "암진단비는 10만원이며", "든든보험_000")]
    found = rows_of([*clause_records(), *broken, *good_pairs()])
    assert found[0].dropped == "cut_off" and found[1].dropped is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("암 진단비는 얼마를 받을 수 있나요?", "암 진단비는 얼마나 받을 수 있을까요?"),
        ("스키를 타다가 다쳤는데 보험금을 지급하나요?", "스키를 타다가 다쳤는데 보험금이 지급되나요?"),
    ],
)
def test_nearly_the_same_question_is_seen(one, other) -> None:
    assert twins([one, other], 0.5)[1] == ("near_duplicate_question", 0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("암 진단비는 얼마를 받을 수 있나요?", "간 진단비는 얼마를 받을 수 있나요?"),
        ("계약 후 90일 안에 진단받으면 지급하나요?", "계약 후 30일 안에 진단받으면 지급하나요?"),
        ("스키를 타다가 다치면 보험금을 지급하나요?", "스키를 타다가 다치면 보험금을 안 지급하나요?"),
        ("1종 수술비는 얼마인가요?", "2종 수술비는 얼마인가요?"),
    ],
)
def test_one_other_word_makes_another_question(one, other) -> None:
    assert not twins([one, other], 0.5)


def test_a_threshold_of_one_finds_the_same_only() -> None:
    assert twins(["수술비는 얼마인가요?", "수술비는 얼마일까요?", "수술비는얼마인가요"], 1.0) == {
        2: ("duplicate_question", 0)
    }


# splits


def test_no_clause_and_no_question_lies_in_two_splits() -> None:
    material = [*clause_records(), *good_pairs(), *unanswerable()]
    for options in (RAG, SIMPLE, PolicyOptions(clauses_per_row=4)):
        found = [row for row in rows_of(material, options=options, seed=3) if not row.dropped]
        for text in [record[3] for record in clause_records()]:
            assert len({row.split for row in found if text in row.messages[0]["content"]}) <= 1
        for question in {row.meta["question"] for row in found}:
            assert len({row.split for row in found if row.meta["question"] == question}) == 1


def test_a_question_goes_with_the_clause_it_was_made_from() -> None:
    clauses = clause_records()
    made = []
    for number in range(20):
        record = pair(
            f"{HOBBIES[number % 12]} {number}급 자격증이 있으면 더 주나요?",
            REFUSAL,
            f"든든보험_{number:03}",
            answerable=False,
        )
        record[4]["origin"] = (number + 9) % 24 + 1  # the record of another clause: they come first
        made.append(record)
    found = [row for row in rows_of([*clauses, *good_pairs(), *made]) if not row.dropped]
    split_of = {row.meta["chunk"]: row.split for row in found if row.meta["answerable"]}
    asked = [row for row in found if not row.meta["answerable"]]
    assert len(asked) >= 18
    origins = {record[3]: record[4]["origin"] for record in made}
    for row in asked:
        assert row.split == split_of[origins[row.meta["question"]]] == split_of[row.meta["chunk"]]
        assert row.meta["chunk"] != origins[row.meta["question"]]


def test_both_styles_hold_out_the_same_clauses() -> None:
    material = [*clause_records(), *good_pairs(), *unanswerable()]
    one, other = (
        {row.meta["chunk_id"]: row.split for row in rows_of(material, options=options) if row.split}
        for options in (RAG, SIMPLE)
    )
    assert {key: one[key] for key in other} == other


def test_one_clause_in_two_products_is_held_out_once() -> None:
    twin = [
        (*record[:4], {**record[4], "chunk_id": f"다른_{number:03}"}) for number, record in enumerate(clause_records())
    ]
    more = [
        pair(f"{hobby} 다른 상품 보장은요 {n}?", "네, 다른 상품도 지급합니다.", f"다른_{n:03}")
        for n, hobby in enumerate(HOBBIES)
    ]
    found = [row for row in rows_of([*clause_records(), *good_pairs(), *twin, *more]) if not row.dropped]
    assert len(found) > 80
    by_text: dict[str, set[str]] = {}
    for row in found:
        by_text.setdefault(row.messages[0]["content"].split("[보험약관]\n")[-1].split("\n\n질문")[0], set()).add(
            row.split
        )
    assert all(len(splits) == 1 for splits in by_text.values())


# the whole way


def test_what_a_rule_drops_never_reaches_the_dataset(fresh_store) -> None:
    broken = [pair(question, answer, "든든보험_000") for question, answer in BROKEN.values()]
    with open_store(fresh_store) as db:
        source = store_source(db, [*clause_records(), *good_pairs(), *unanswerable(), *broken])
    told = build_policy(fresh_store, [source])
    assert set(told["dropped"]) >= set(BROKEN) - {"missing_field"} and told["rows"] >= 72
    with open_store(fresh_store) as db:
        kept = read_dataset(db, told["dataset_id"], limit=1000)
        out = read_dataset(db, told["dataset_id"], dropped="any", limit=1000)
    assert len(kept) == told["rows"] and {row["dropped"] for row in out} == set(told["dropped"])
    bad = {answer for _, answer in BROKEN.values()} - {GOOD[1]}
    assert not bad & {row["target"] for row in kept}
    assert not any(first_word(row["target"]) == first_word(REFUSAL) for row in kept if row["meta"]["answerable"])


WORDS = st.text(st.sampled_from("암수술비는 50만원입니다.요죠며(제5조)?[보험약관]abé漢\n"), min_size=0, max_size=40)


@settings(max_examples=40, deadline=None)
@given(WORDS, WORDS, st.booleans())
def test_any_pair_is_kept_or_has_a_known_reason(question, answer, answerable) -> None:
    material = [*clause_records(), *good_pairs(), pair(question, answer, "든든보험_001", answerable=answerable)]
    row = rows_of(material)[-1]
    assert (row.dropped in REASONS) if row.dropped else (row.split is not None and is_complete(row.target))
