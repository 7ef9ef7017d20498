"""Pairs and ratings from reviews, blind votes and chats: what counts, what is dropped and why, what never gets in."""

import json

import pytest

from engine.curate.versions import edit_row, freeze_version, keep_row
from engine.errors import UserError
from engine.jobs.launch import launch_run
from engine.jobs.work import do_dataset
from engine.recipes.preferring import voted_opinions
from engine.recipes.recipe import load_recipe
from engine.serve.choose import choose_model
from engine.store.chats import add_message, delete_chat, judge_answer, start_chat, start_chats
from engine.store.datasets import get_dataset, read_dataset, read_split
from engine.store.forget import forget_source, forget_speaker
from engine.store.jobs import Work, claim_next, enqueue, finish_job
from engine.store.lineage import lineage
from engine.store.maintain import check
from engine.store.open import all_rows, open_store
from engine.store.preferences import count_preferences
from engine.store.reviews import decide
from engine.store.runs import add_run, update_run
from engine.store.talks import vote
from engine.store.votes import add_vote
from engine.train.objectives import require_reward_run
from engine.train.settings import TrainSettings
from tests.curated import SHARES, curated
from tests.judged import BASE, add_items, add_model, judge

SPLITS = ("train", "validation", "test")


def build(store, style="pairs", recipe="persona", sources=()):
    """As the job does, in this process."""
    args = {"recipe": recipe, "sources": list(sources), "style": style, "me": None, "options": {}, "seed": 0}
    with open_store(store) as db:
        job = enqueue(db, "dataset", args)
        claimed = claim_next(db, ["cpu"])
        assert claimed and claimed["id"] == job
    try:
        return do_dataset(Work(store, job, claimed["token"]), args)
    finally:
        with open_store(store) as db:
            finish_job(db, job, claimed["token"], "done", ending="done")


def kept(db, dataset):
    return [row for split in SPLITS for row in read_split(db, dataset, split)]


def politely(db, dataset, count=99):
    """Rewrite rows; returns how many."""
    rows = kept(db, dataset)[:count]
    for row in rows:
        edit_row(db, dataset, row["id"], f"네, {row['target']}요")
    return len(rows)


@pytest.fixture
def reviewed(fresh_store):
    with open_store(fresh_store) as db:
        source, dataset = curated(db)
        politely(db, dataset)
    return source, dataset


def talk(db, model, turns, thumb=None, correction=None, ended="whole"):
    """A chat of (said, answered) turns, its last answer judged; returns (chat, seq)."""
    chat = start_chat(db, model, "대화", {})
    seq = 0
    for said, answered in turns:
        add_message(db, chat, "user", said)
        seq = add_message(db, chat, "assistant", answered, ended)
    judge_answer(db, chat, seq, thumb, correction)
    return chat, seq


def test_a_rewritten_answer_is_chosen_over_the_one_it_replaced(fresh_store, reviewed):
    source, dataset = reviewed
    told = build(fresh_store)
    assert (told["rows"], told["dropped"], told["sources"]) == (15, {}, [source])
    with open_store(fresh_store) as db:
        made = get_dataset(db, told["dataset_id"])
        assert (made["style"], made["masked"], made["options"]) == ("pairs", 1, get_dataset(db, dataset)["options"])
        for row in kept(db, told["dataset_id"]):
            assert row["target"] == f"네, {row['meta']['rejected']}요" and row["source_id"] == source
        assert check(db) == []


def test_every_row_is_in_a_split_and_no_prompt_in_two(fresh_store, reviewed):
    with open_store(fresh_store) as db:  # the same words on several days
        for number in range(12):
            turns = [("아침에 바다 어때?", f"몰라 {number}")]
            talk(db, BASE, turns, correction=f"좋아요 {number}")
    told = build(fresh_store)
    with open_store(fresh_store) as db:
        where = {}
        for split in SPLITS:
            for row in read_split(db, told["dataset_id"], split):
                where.setdefault(json.dumps(row["messages"], ensure_ascii=False), set()).add(split)
                where.setdefault(row["split_group"], set()).add(split)
    assert told["rows"] == 27 and all(told["splits"].values())
    assert {len(splits) for splits in where.values()} == {1}


def test_votes_make_pairs_and_ties_are_dropped(fresh_store):
    dataset, rows = add_items(fresh_store, 12)
    other = "run-b"
    evaluation = judge(
        fresh_store, dataset, rows, {BASE: [f"몰라 {n}" for n in range(12)], other: [f"네, {n}요" for n in range(12)]}
    )
    with open_store(fresh_store) as db:
        for place, row in enumerate(rows):
            choice = "both" if place == 10 else "neither" if place == 11 else "right" if place % 2 else "left"
            left, right = (BASE, other) if place % 2 else (other, BASE)
            add_vote(db, evaluation, str(row), left, right, choice)
    told = build(fresh_store)
    assert (told["rows"], told["dropped"]) == (10, {"tie": 2})
    rated = build(fresh_store, "ratings")
    assert rated["rows"] == 24
    with open_store(fresh_store) as db:
        for row in kept(db, told["dataset_id"]):
            assert row["target"].startswith("네") and row["meta"]["rejected"].startswith("몰라")
        found = lineage(db, f"row:{row['id']}")
        names = {(node["kind"], node["id"]) for node in found["ancestors"]}
        assert ("evaluation", evaluation) in names and {kind for kind, _ in names} == {"evaluation", "answer"}
        assert {n["id"] for n in lineage(db, told["dataset_id"])["ancestors"]} >= {evaluation, dataset}
        worth = {(row["target"], row["meta"]["rating"]) for row in kept(db, rated["dataset_id"])}
        assert ("네, 10요", 1) in worth and ("몰라 10", 1) in worth and ("네, 11요", -1) in worth
        tied = read_dataset(db, told["dataset_id"], dropped="tie")[0]["id"]
        with pytest.raises(UserError, match="비긴"):
            keep_row(db, told["dataset_id"], tied)


def test_chats_make_pairs_from_corrections_and_from_thumbs_on_the_same_words(fresh_store, reviewed):
    with open_store(fresh_store) as db:
        talk(db, BASE, [("안녕", "응"), ("저녁 먹자", "싫어")], correction="네, 좋아요")
        talk(db, BASE, [("뭐 해?", "책 읽어요")], "up")
        talk(db, BASE, [("뭐 해?", "알 거 없어")], "down")
        talk(db, BASE, [("어디야?", "가는 중")], "up")  # liked alone: nothing to compare with
        talk(db, BASE, [("비 와?", "응 지")], correction="네, 와요", ended="stopped")
    told = build(fresh_store)
    assert (told["rows"], told["dropped"]) == (17, {"unfinished": 1})
    with open_store(fresh_store) as db:
        rows = {row["target"]: row for row in kept(db, told["dataset_id"])}
        assert [m["content"] for m in rows["네, 좋아요"]["messages"] if m["role"] != "system"] == [
            "안녕",
            "응",
            "저녁 먹자",
        ]
        assert rows["책 읽어요"]["meta"]["rejected"] == "알 거 없어"
        assert "가는 중" not in rows
    rated = build(fresh_store, "ratings")
    assert rated["rows"] == 30 + 2 + 2 + 1


def test_what_was_said_twice_or_both_ways_round_is_dropped(fresh_store, reviewed):
    with open_store(fresh_store) as db:
        for _ in range(2):
            talk(db, BASE, [("뭐 해?", "응")], correction="네")
        talk(db, BASE, [("어디야?", "응")], correction="네")
        talk(db, BASE, [("어디야?", "네")], correction="응")
        talk(db, BASE, [("비 와?", "응")], correction=" 응 ")
    assert build(fresh_store)["dropped"] == {"contradiction": 2, "duplicate": 1, "same": 1}


def test_personal_data_in_a_rejected_answer_keeps_the_pair_out(fresh_store, reviewed):
    with open_store(fresh_store) as db:
        talk(db, BASE, [("번호 뭐야?", "010-2345-6789야")], correction="그건 말 못 해요")
        talk(db, BASE, [("나리 알아?", "몰라요")], correction="네, 나리 알죠")
        talk(db, BASE, [("여보세요, 010-9876-5432죠?", "몰라")], correction="네")
    told = build(fresh_store)
    assert told["dropped"] == {"personal_data_left": 3} and told["rows"] == 15
    with open_store(fresh_store) as db:
        row = read_dataset(db, told["dataset_id"], dropped="personal_data_left")[0]
        with pytest.raises(UserError, match="개인정보"):
            keep_row(db, told["dataset_id"], row["id"])


def test_the_gate_before_training_reads_rejected_answers_too(fresh_store, reviewed):
    from engine.privacy.gate import require_clean_dataset

    told = build(fresh_store)
    with open_store(fresh_store) as db:
        row = kept(db, told["dataset_id"])[0]
        require_clean_dataset(db, get_dataset(db, told["dataset_id"]), "train")
        meta = json.dumps({"rejected": "내 번호는 010-2345-6789야"}, ensure_ascii=False)
        db.execute("UPDATE rows SET meta_json = ? WHERE id = ?", [meta, row["id"]])
        db.execute("DELETE FROM scans")
        with pytest.raises(UserError, match="개인정보"):
            require_clean_dataset(db, get_dataset(db, told["dataset_id"]), "train")


def test_an_unmasked_source_makes_no_pairs(fresh_store, reviewed):
    with open_store(fresh_store) as db:
        db.execute("UPDATE sources SET masked_at = NULL")
    with pytest.raises(UserError, match="가리지"):
        build(fresh_store)
    with open_store(fresh_store) as db:
        assert not all_rows(db, "SELECT 1 FROM datasets WHERE style = 'pairs'")


def test_words_of_somebody_who_declined_are_left_out(fresh_store, reviewed):
    from engine.store.consent import set_role

    source, _ = reviewed
    with open_store(fresh_store) as db:
        set_role(db, source, "나리", "left_out")
        talk(db, BASE, [("뭐 해?", "응")], correction="네")
    with pytest.raises(UserError, match="left_out 15"):  # each row answers her: only the chat's would be kept
        build(fresh_store)


def test_forgetting_takes_pairs_along(fresh_store, reviewed):
    source, _ = reviewed
    with open_store(fresh_store) as db:
        talk(db, BASE, [("뭐 해?", "응")], correction="네")
    told = build(fresh_store)
    with open_store(fresh_store) as db:
        forget_source(db, source)
        left = kept(db, told["dataset_id"])
        assert [row["target"] for row in left] == ["네"]
        found = get_dataset(db, told["dataset_id"])
        assert sum(found["counts"].values()) == 1 and found["forgotten_count"] == 15
        assert check(db) == []


def test_forgetting_a_speaker_takes_what_names_them_in_chats(fresh_store, reviewed):
    """Even a row that was dropped for the name: it stands in the store."""
    with open_store(fresh_store) as db:
        talk(db, BASE, [("나리 알아?", "몰라요")], correction="네, 나리 알죠")
        talk(db, BASE, [("뭐 해?", "응")], correction="네")
    told = build(fresh_store)
    with open_store(fresh_store) as db:
        assert told["dropped"] == {"personal_data_left": 1}
        forget_speaker(db, "나리", lambda text: text.replace("나리", "…"))
        assert [row["target"] for row in kept(db, told["dataset_id"])] == ["네"]
        assert get_dataset(db, told["dataset_id"])["forgotten_count"] == 15
        assert not all_rows(db, "SELECT 1 FROM rows WHERE target || messages_json || meta_json LIKE '%나리%'")
        assert check(db) == []


def test_a_deleted_chat_takes_its_rows_along(fresh_store, reviewed):
    with open_store(fresh_store) as db:
        chat, seq = talk(db, BASE, [("뭐 해?", "응")], correction="네")
    told = build(fresh_store)
    with open_store(fresh_store) as db:
        row = next(row for row in kept(db, told["dataset_id"]) if row["target"] == "네")
        found = lineage(db, f"row:{row['id']}")
        assert {"kind": "chat", "id": chat} in found["ancestors"]
        assert found["preference"] == {"kind": "chat", "chat_id": chat, "chat_seq": seq}
        assert {"kind": "dataset", "id": told["dataset_id"]} in lineage(db, chat)["descendants"]
        delete_chat(db, chat)
        assert row["id"] not in [one["id"] for one in kept(db, told["dataset_id"])]
        assert get_dataset(db, told["dataset_id"])["forgotten_count"] == 1
        assert check(db) == []


def test_a_row_taken_back_lies_where_its_prompt_lies(fresh_store, reviewed):
    with open_store(fresh_store) as db:
        for number in range(6):
            talk(db, BASE, [("아침에 바다 어때?", f"몰라 {number}")], correction=f"좋아요 {number}")
    told = build(fresh_store)
    with open_store(fresh_store) as db:
        where = {row["target"]: split for split in SPLITS for row in read_split(db, told["dataset_id"], split)}
        taken = next(row for row in kept(db, told["dataset_id"]) if row["target"] == "좋아요 3")
        decide(db, told["dataset_id"], taken["id"], "drop")
        job = enqueue(db, "freeze", {"dataset": told["dataset_id"]})
        claimed = claim_next(db, ["cpu"])
        assert claimed
    new = freeze_version(Work(fresh_store, job, claimed["token"]), told["dataset_id"], SHARES)["dataset_id"]
    with open_store(fresh_store) as db:
        finish_job(db, job, claimed["token"], "done", ending="done")
        decide(db, new, taken["id"], "keep")
        job = enqueue(db, "freeze", {"dataset": new})
        claimed = claim_next(db, ["cpu"])
        assert claimed
    last = freeze_version(Work(fresh_store, job, claimed["token"]), new, SHARES)["dataset_id"]
    with open_store(fresh_store) as db:
        again = {row["target"]: split for split in SPLITS for row in read_split(db, last, split)}
        assert again["좋아요 3"] == where["좋아요 3"] == where["좋아요 0"]
        assert get_dataset(db, last)["style"] == "pairs"


def test_counts_say_what_there_is(fresh_store, reviewed):
    with open_store(fresh_store) as db:
        assert count_preferences(db, "persona") == {
            "fixed": 15, "decided": 15, "voted": 0, "tied": 0, "corrected": 0, "thumbs": 0, "imported": 0,
        }  # fmt: skip
        assert not any(count_preferences(db, "policy").values())
        talk(db, BASE, [("뭐 해?", "응")], correction="네")
        assert count_preferences(db, "persona", bases=True)["corrected"] == 1


def test_pairs_and_objectives_that_do_not_fit_are_refused_before_the_queue(fresh_store, reviewed):
    dataset = build(fresh_store)["dataset_id"]
    rated = build(fresh_store, "ratings")["dataset_id"]
    recipe = load_recipe("persona")
    for one, sets, named in (
        (dataset, {}, "objective=sft"),
        (rated, {"objective": "dpo"}, "objective=dpo"),
        (reviewed[1], {"objective": "kto"}, "objective=kto"),
        (dataset, {"objective": "grpo"}, "reward_run"),
        (dataset, {"objective": "grpo", "reward_run": "run-nobody"}, "run-nobody"),
    ):
        with pytest.raises(UserError, match=named):
            launch_run(fresh_store, recipe, dataset_id=one, base_name="starter", preset=None, sets=sets)
    with open_store(fresh_store) as db:
        assert not all_rows(db, "SELECT 1 FROM runs")


def test_a_reward_model_is_not_talked_to_and_a_talker_is_no_reward_model(fresh_store, tmp_path):
    dataset, _ = add_items(fresh_store, 8)
    talker = add_model(fresh_store, dataset, tmp_path / "a")
    with open_store(fresh_store) as db:
        base = {"name": "starter", "revision": None, "hash": "x"}
        made = {"quantisation": "none", "objective": "reward"}
        reward = add_run(db, recipe="persona", dataset_id=dataset, base=base, preset=None, settings=made, origins={})
        settings = TrainSettings(objective="grpo", reward_run=reward)
        with pytest.raises(UserError, match="끝나지"):
            require_reward_run(db, settings, "x")
        from engine.store.artifacts import save_artifact

        update_run(db, reward, adapter_id=save_artifact(db, tmp_path / "a", "reward", reward))
        assert require_reward_run(db, settings, "x")
        with pytest.raises(UserError, match="다른 기반"):
            require_reward_run(db, settings, "y")
        with pytest.raises(UserError, match="보상 모델이 아니라"):
            require_reward_run(db, TrainSettings(objective="grpo", reward_run=talker), "x")
        with pytest.raises(UserError, match="점수만"):
            choose_model(db, reward)


def test_choices_between_two_answers_in_chats_make_pairs(fresh_store, reviewed):
    with open_store(fresh_store) as db:
        for place, (choice, other, ended) in enumerate(
            [
                ("left", "안녕", "whole"),
                ("right", "안녕", "whole"),
                ("both", "안녕", "whole"),
                ("left", "딴말", "whole"),
                ("left", "안녕", "stopped"),
            ]
        ):
            ids = start_chats(db, [BASE, BASE + "@free"], "견주기", {})
            for chat, side, asked in zip(ids, ("왼쪽", "오른쪽"), ("안녕", other), strict=True):
                add_message(db, chat, "user", f"{asked} {place}")
                add_message(db, chat, "assistant", f"{side} {place}", ended)
            vote(db, ids[0], 1, choice)
        found = voted_opinions(db, load_recipe("persona"))
    told = {one.answers[0][0][-1]: one for one in found}
    problems = {place: one.problem for place, one in sorted(told.items())}
    assert problems == {"0": None, "1": None, "2": None, "3": "prompt_changed", "4": "unfinished"}
    assert told["0"].answers == (("왼쪽 0", 1), ("오른쪽 0", -1)) and told["1"].answers == (
        ("오른쪽 1", 1),
        ("왼쪽 1", -1),
    )
    assert told["0"].messages[-1]["content"].endswith("안녕 0") and told["0"].parent[0] == "chat"
    built = build(fresh_store)
    assert (built["rows"], built["dropped"]) == (17, {"tie": 1, "prompt_changed": 1, "unfinished": 1})
