"""Rows of clauses: what a style shows, what never reaches a dataset, and that nothing shown lies in two splits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.curate.policy_options import INSTRUCTION, REFUSAL, PolicyOptions
from engine.curate.policy_rules import (
    REASONS,
    first_word,
    is_complete,
)
from engine.recipes.policy import RECIPE
from engine.store.datasets import read_dataset
from engine.store.open import open_store
from tests.policy_material import (
    BROKEN,
    GOOD,
    build_policy,
    clause_records,
    good_pairs,
    pair,
    rows_of,
    store_source,
    unanswerable,
)
from tests.policy_material import REASONS as HOBBIES

RAG, SIMPLE = PolicyOptions(), PolicyOptions(style="simple")


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
