"""Decisions on rows: the last one counts, all can be undone, a new version comes of them, the old one never changes."""

import json
import threading

import pytest

from engine.curate.versions import compare_datasets, draw_split, edit_row, freeze_version, keep_row, require_changes
from engine.errors import Stopped, UserError
from engine.privacy.apply import name_scrubber
from engine.privacy.decisions import key_of
from engine.store.datasets import get_dataset, list_datasets
from engine.store.forget import forget_source, forget_speaker
from engine.store.jobs import Work, ask_stop, claim_next, enqueue
from engine.store.lineage import lineage
from engine.store.masks import remember_decision
from engine.store.open import open_store
from engine.store.reviews import (
    decide,
    decisions,
    decisions_on,
    history,
    next_unreviewed,
    redo,
    standing,
    undo,
    unreviewed,
)
from engine.store.settings import mask_key
from engine.store.versions import list_versions, only_in
from tests.curated import SHARES, curated, freeze, members, row_where


@pytest.fixture
def made(fresh_store):
    """(store, source id, dataset id)"""
    with open_store(fresh_store) as db:
        return fresh_store, *curated(db)


def what_counts(db, dataset_id) -> dict[int, str]:
    return {one["row_id"]: one["decision"] for one in decisions(db, dataset_id)}


def test_the_newest_decision_on_a_row_counts_and_undo_walks_back(made):
    store, _, dataset = made
    with open_store(store) as db:
        row, other = row_where(db, dataset, split="train"), row_where(db, dataset, 1, split="train")
        decide(db, dataset, row, "drop")
        decide(db, dataset, other, "drop")
        decide(db, dataset, row, "keep")
        assert what_counts(db, dataset) == {row: "keep", other: "drop"}
        undo(db, dataset)
        assert what_counts(db, dataset) == {row: "drop", other: "drop"}
        undo(db, dataset)
        undo(db, dataset)
        assert undo(db, dataset) is None and what_counts(db, dataset) == {}
        assert [one["undone_at"] is not None for one in history(db, dataset, row)] == [True, True]


def test_redo_brings_back_what_was_undone_until_something_new_is_decided(made):
    store, _, dataset = made
    with open_store(store) as db:
        rows = [row_where(db, dataset, place, split="train") for place in range(3)]
        for row in rows[:2]:
            decide(db, dataset, row, "drop")
        undo(db, dataset)
        undo(db, dataset)
        assert redo(db, dataset)["row_id"] == rows[0] and redo(db, dataset)["row_id"] == rows[1]
        assert redo(db, dataset) is None
        undo(db, dataset)
        decide(db, dataset, rows[2], "drop")
        assert redo(db, dataset) is None
        assert what_counts(db, dataset) == {rows[0]: "drop", rows[2]: "drop"}


def test_two_tabs_on_one_row_the_last_wins_and_both_are_in_the_history(made):
    store, _, dataset = made
    with open_store(store) as db:
        row = row_where(db, dataset, split="train")
    failed: list[BaseException] = []

    def tab(decision: str) -> None:
        try:
            for _ in range(20):
                with open_store(store) as own:
                    decide(own, dataset, row, decision)
        except BaseException as error:
            failed.append(error)

    tabs = [threading.Thread(target=tab, args=(decision,)) for decision in ("keep", "drop")]
    [one.start() for one in tabs]
    [one.join() for one in tabs]
    with open_store(store) as db:
        told = history(db, dataset, row, limit=100)
        assert not failed and len(told) == 40
        assert what_counts(db, dataset) == {row: told[0]["decision"]}


def test_a_row_of_another_dataset_cannot_be_decided_on(made):
    store, _, dataset = made
    with open_store(store) as db, pytest.raises(UserError, match="999999"):
        decide(db, dataset, 999_999, "drop")


def test_a_new_version_holds_the_decisions_and_the_old_one_stays(made):
    store, source, dataset = made
    with open_store(store) as db:
        before, old = members(db, dataset), get_dataset(db, dataset)
        out, edited = row_where(db, dataset, split="train"), row_where(db, dataset, 1, split="train")
        decide(db, dataset, out, "drop")
        new_row = edit_row(db, dataset, edited, "응 나는 이제 나가려고")
    result = freeze(store, dataset)
    with open_store(store) as db:
        new = get_dataset(db, result["dataset_id"])
        assert members(db, dataset) == before and get_dataset(db, dataset) == old
        held = {one["row_id"]: one for one in members(db, new["id"])}
        assert held[out]["dropped"] == "reviewed" and new["dropped"]["reviewed"] == 1
        assert edited not in held and held[new_row]["split"] == "train" and held[new_row]["edited_from"] == edited
        assert (
            new["fingerprint"] != old["fingerprint"] and new["options"] == old["options"] and new["sources"] == [source]
        )
        assert new["counts"] == {**old["counts"], "train": old["counts"]["train"] - 1}
        assert {"kind": "dataset", "id": dataset} in lineage(db, new["id"])["ancestors"]
        assert list_versions(db)[0]["parent"] == dataset


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_row_taken_back_goes_where_its_day_lies(made, split):
    store, _, dataset = made
    with open_store(store) as db:
        day = next(one["split_group"] for one in members(db, dataset) if one["split"] == split)
        back = row_where(db, dataset, split_group=day, dropped="dull")
        keep_row(db, dataset, back)
    result = freeze(store, dataset)
    with open_store(store) as db:
        assert next(one for one in members(db, result["dataset_id"]) if one["row_id"] == back)["split"] == split


def test_a_day_that_is_in_no_split_goes_whole_into_one(made):
    store, _, dataset = made
    with open_store(store) as db:
        rows = [row_where(db, dataset, place, split_group="2026-02-01", dropped="dull") for place in range(2)]
        keep_row(db, dataset, rows[0])
        edit_row(db, dataset, rows[1], "응 잘 자 내일 봐")
    result = freeze(store, dataset)
    with open_store(store) as db:
        splits = {
            one["split"]
            for one in members(db, result["dataset_id"])
            if one["split_group"] == "2026-02-01" and one["split"]
        }
        assert splits == {draw_split("2026-02-01", SHARES)}


def test_a_day_keeps_its_split_over_versions_even_when_it_was_empty_between(made):
    store, _, dataset = made
    with open_store(store) as db:
        day = [one for one in members(db, dataset) if one["split_group"] == "2026-01-03" and one["split"]]
        for one in day:
            decide(db, dataset, one["row_id"], "drop")
    without = freeze(store, dataset)["dataset_id"]
    with open_store(store) as db:
        keep_row(db, without, day[0]["row_id"])
    again = freeze(store, without)["dataset_id"]
    with open_store(store) as db:
        assert next(one for one in members(db, again) if one["row_id"] == day[0]["row_id"])["split"] == day[0]["split"]


def test_no_group_lies_in_two_splits_where_conversations_were_split(fresh_store):
    with open_store(fresh_store) as db:
        _, dataset = curated(db)
        db.execute("UPDATE rows SET split_group = '2026-01-01'")  # a single day: conversations were split instead
        back = row_where(db, dataset, 1, dropped="dull")
        keep_row(db, dataset, back)
    new = freeze(fresh_store, dataset)["dataset_id"]
    with open_store(fresh_store) as db:
        sql = (
            "SELECT count(DISTINCT d.split) AS n FROM dataset_rows d JOIN rows r ON r.id = d.row_id "
            "WHERE d.dataset_id = ? AND d.split IS NOT NULL GROUP BY r.meta_json"
        )
        assert {row[0] for row in db.execute(sql, [new])} == {1}
        assert next(one for one in members(db, new) if one["row_id"] == back)["split"] == "validation"


def test_what_is_decided_after_a_freeze_waits_for_the_next_one(made):
    store, _, dataset = made
    with open_store(store) as db:
        first, second = (row_where(db, dataset, place, split="train") for place in range(2))
        decide(db, dataset, first, "drop")
        assert standing(db, dataset).unfrozen == 1
    one = freeze(store, dataset)["dataset_id"]
    with open_store(store) as db:
        stands = standing(db, dataset)
        assert (stands.unfrozen, stands.version, sum(stands.decided.values())) == (0, one, 1)
        decide(db, dataset, second, "drop")
        assert standing(db, dataset).unfrozen == 1
    two = freeze(store, dataset)["dataset_id"]
    with open_store(store) as db:
        dropped = {name: {m["row_id"] for m in members(db, name) if m["dropped"] == "reviewed"} for name in (one, two)}
        assert dropped == {one: {first}, two: {first, second}}
        undo(db, dataset)
        assert standing(db, dataset).unfrozen == 1


def test_decisions_that_change_nothing_make_no_version(made):
    store, _, dataset = made
    with open_store(store) as db:
        decide(db, dataset, row_where(db, dataset, split="train"), "keep")
        decide(db, dataset, row_where(db, dataset, dropped="dull"), "drop")
        with pytest.raises(UserError, match="새 판이 지금 판과 같습니다"):
            require_changes(db, dataset)


def test_a_version_that_would_have_no_test_rows_is_refused_and_leaves_nothing(made):
    store, _, dataset = made
    with open_store(store) as db:
        for one in members(db, dataset):
            if one["split"] == "test":
                decide(db, dataset, one["row_id"], "drop")
    with pytest.raises(UserError, match="모자랍니다"):
        freeze(store, dataset)
    with open_store(store) as db:
        assert [one["id"] for one in list_datasets(db)] == [dataset]
        assert db.execute("SELECT count(*) FROM datasets").fetchone()[0] == 1


def test_a_stopped_freeze_leaves_nothing_and_a_repeated_one_makes_one_version(made):
    store, _, dataset = made
    with open_store(store) as db:
        decide(db, dataset, row_where(db, dataset, split="train"), "drop")
        job = enqueue(db, "freeze", {"dataset": dataset})
        work = Work(store, job, claim_next(db, ["cpu"])["token"])
        ask_stop(db, job, "cancel")
    with pytest.raises(Stopped):
        freeze_version(work, dataset, SHARES)
    with open_store(store) as db:
        assert len(list_datasets(db)) == 1
        db.execute("UPDATE jobs SET stop = NULL")
    assert freeze_version(work, dataset, SHARES)["dataset_id"] == freeze_version(work, dataset, SHARES)["dataset_id"]


@pytest.mark.parametrize("text", ["내 번호는 010-1234-5678이야", "가온아 빨리 와", "gaon@example.com으로 보내"])
def test_personal_data_in_an_edit_is_refused_without_repeating_it(made, text):
    store, _, dataset = made
    with open_store(store) as db:
        row = row_where(db, dataset, split="train")
        with pytest.raises(UserError, match="개인정보") as refused:
            edit_row(db, dataset, row, text)
        assert text not in refused.value.ko and what_counts(db, dataset) == {}
        assert not db.execute("SELECT count(*) FROM rows WHERE edited_from IS NOT NULL").fetchone()[0]


def test_a_value_the_owner_wants_shown_is_no_reason_to_refuse_a_row(made):
    store, _, dataset = made
    with open_store(store) as db:
        remember_decision(db, "kept", "PHONE", key_of(mask_key(db), "PHONE", "01023456789"))
        edit_row(db, dataset, row_where(db, dataset, split="train"), "내 번호는 010-2345-6789야")
        back = row_where(db, dataset, dropped="personal_data_left")
        keep_row(db, dataset, back)
        assert what_counts(db, dataset)[back] == "keep"
        with pytest.raises(UserError, match="개인정보"):
            edit_row(db, dataset, back, "내 번호는 010-1234-5678이야")


@pytest.mark.parametrize("reason", ["no_prompt", "no_reply", "personal_data_left"])
def test_a_row_that_teaches_nothing_or_too_much_is_not_taken_back_as_it_is(made, reason):
    store, _, dataset = made
    with open_store(store) as db, pytest.raises(UserError):
        keep_row(db, dataset, row_where(db, dataset, dropped=reason))


def test_words_can_be_given_to_a_row_that_had_none(made):
    store, _, dataset = made
    with open_store(store) as db:
        row = row_where(db, dataset, dropped="no_prompt")
        edited = edit_row(db, dataset, row, "나는 집이야", "어디야?")
        assert decisions_on(db, dataset, [row])[row]["messages"] == [{"role": "user", "content": "어디야?"}]
        assert edited != row


def test_an_edit_that_changes_nothing_only_keeps_the_row(made):
    store, _, dataset = made
    with open_store(store) as db:
        found = next(one for one in members(db, dataset) if one["split"] == "train")
        assert edit_row(db, dataset, found["row_id"], found["target"]) == found["row_id"]
        assert what_counts(db, dataset) == {found["row_id"]: "keep"}


def test_forgetting_a_speaker_takes_edited_words_with_it(made):
    store, _, dataset = made
    with open_store(store) as db:
        row = row_where(db, dataset, split="train")
        edit_row(db, dataset, row, "몰래 고쳐 쓴 뷁뷁한 말")
        edit_row(db, dataset, row_where(db, dataset, 1, split="train"), "판에 든 뷁뷁한 말")
    new = freeze(store, dataset)["dataset_id"]
    with open_store(store) as db:
        told = forget_speaker(db, "나리", name_scrubber("나리"))
        assert set(told["datasets"]) == {dataset, new}
        assert db.execute("SELECT count(*) FROM rows").fetchone()[0] == 0
        assert db.execute("SELECT count(*) FROM reviews").fetchone()[0] == 0
        assert get_dataset(db, new)["counts"] == {"train": 0, "validation": 0, "test": 0}
    assert "뷁뷁".encode() not in store.read_bytes()


def test_forgetting_a_source_takes_versions_rows_with_it(made):
    store, source, dataset = made
    with open_store(store) as db:
        edit_row(db, dataset, row_where(db, dataset, split="train"), "고쳐 쓴 뷁뷁한 말")
        forget_source(db, source)
        assert decisions(db, dataset) == []
    assert "뷁뷁".encode() not in store.read_bytes()


def test_two_versions_beside_each_other_tell_what_differs(made):
    store, _, dataset = made
    with open_store(store) as db:
        out, first = row_where(db, dataset, split="train"), row_where(db, dataset, 1, split="train")
        back = row_where(db, dataset, dropped="dull")
        decide(db, dataset, out, "drop")
        keep_row(db, dataset, back)
        between = edit_row(db, dataset, first, "응 나는 집에 있어")
    middle = freeze(store, dataset)["dataset_id"]
    with open_store(store) as db:
        last_row = edit_row(db, middle, between, "응 나는 아직 집에 있어")
    last = freeze(store, middle)["dataset_id"]
    with open_store(store) as db:
        found = compare_datasets(db, dataset, last)
        assert (found.only_a, found.only_b, found.edited, found.options) == (1, 1, {first: last_row}, {})
        gone, more = only_in(db, dataset, last, found.edited)
        assert [(row["id"], row["elsewhere"]) for row in gone] == [(out, "reviewed")] and more is None
        come, _ = only_in(db, last, dataset, found.edited.values())
        assert [(row["id"], row["elsewhere"]) for row in come] == [(back, "dull")]
        same = compare_datasets(db, last, last)
        assert (same.only_a, same.only_b, same.edited) == (0, 0, {})


def test_the_queue_offers_rows_nobody_decided_on(made):
    store, _, dataset = made
    with open_store(store) as db:
        total = unreviewed(db, dataset)
        first = next_unreviewed(db, dataset)
        assert first == row_where(db, dataset, 0, dropped=None)
        decide(db, dataset, first, "keep")
        assert next_unreviewed(db, dataset) != first and unreviewed(db, dataset) == total - 1
        assert next_unreviewed(db, dataset, "no_reply") == row_where(db, dataset, dropped="no_reply")


@pytest.mark.parametrize("shares", [{"train": 1.0, "test": 0.0}, {}])
def test_a_split_without_a_share_is_never_drawn(shares):
    assert {draw_split(f"날 {number}", shares) for number in range(50)} == {"train"}


def test_draws_come_out_as_the_shares_say():
    drawn = [draw_split(f"날 {number}", {"train": 0.5, "test": 0.5}) for number in range(400)]
    assert 150 < drawn.count("test") < 250


def test_decisions_hold_no_text(made):
    store, _, dataset = made
    with open_store(store) as db:
        edit_row(db, dataset, row_where(db, dataset, split="train"), "고쳐 쓴 말이에요")
        assert "고쳐 쓴" not in json.dumps(
            [list(row) for row in db.execute("SELECT * FROM reviews")], ensure_ascii=False
        )
