"""Labels by people: one per answer and person counts, undo brings the earlier one back, and the judge card says how far to trust."""

import json

import pytest

from engine.cli.app import main
from engine.errors import UserError
from engine.evaluate.judge_card import card_of_evaluation, cohen_kappa, judge_card
from engine.evaluate.labelling import label_answer
from engine.store.evaluations import read_answers, set_scores
from engine.store.labels import read_labels, set_label, undo_label, unlabelled
from engine.store.open import open_store
from tests.judged import BASE, add_items, judge


@pytest.fixture
def evaluation(fresh_store):
    dataset, rows = add_items(fresh_store, 4)
    return judge(fresh_store, dataset, rows, {BASE: ["가", "나", "다", "라"]})


def answers_of(store, evaluation):
    with open_store(store) as db:
        return [answer["id"] for answer in read_answers(db, evaluation)]


def test_the_newest_label_counts_and_undo_brings_back_the_one_before(fresh_store, evaluation):
    first, second, *_ = answers_of(fresh_store, evaluation)
    with open_store(fresh_store) as db:
        set_label(db, first, "grounded", None, "me")
        set_label(db, first, "hallucinated", "contradicted", "me")
        set_label(db, first, "grounded", "supported", "you")
        set_label(db, second, "hallucinated", "tail", "me")
        found = read_labels(db, evaluation)
        assert [(row["answer_id"], row["label"], row["labelled_by"]) for row in found] == [
            (first, "hallucinated", "me"),
            (first, "grounded", "you"),
            (second, "hallucinated", "me"),
        ]
        assert undo_label(db, evaluation, "me") == second
        assert undo_label(db, evaluation, "me") == first
        assert [row["label"] for row in read_labels(db, evaluation, "me")] == ["grounded"]
        assert undo_label(db, evaluation, "me") == first and undo_label(db, evaluation, "me") is None
        assert [row["labelled_by"] for row in read_labels(db, evaluation)] == ["you"]


def test_what_waits_is_what_this_person_has_not_labelled(fresh_store, evaluation):
    ids = answers_of(fresh_store, evaluation)
    with open_store(fresh_store) as db:
        set_label(db, ids[0], "grounded", None, "me")
        assert unlabelled(db, evaluation, "me") == ids[1:]
        assert unlabelled(db, evaluation, "you") == ids
        assert unlabelled(db, evaluation, "me", "nobody") == []


@pytest.mark.parametrize(
    ("label", "kind", "by"),
    [
        ("wrong", None, "me"),
        ("grounded", "tail", "me"),
        ("hallucinated", "supported", "me"),
        ("hallucinated", "undecided", "me"),
        ("grounded", None, "  "),
    ],
)
def test_labels_that_are_none_are_refused(fresh_store, evaluation, label, kind, by):
    with open_store(fresh_store) as db, pytest.raises(UserError):
        label_answer(db, answers_of(fresh_store, evaluation)[0], label, kind, by)
    with open_store(fresh_store) as db:
        assert read_labels(db, evaluation) == []


def test_an_answer_that_is_gone_cannot_be_labelled(fresh_store, evaluation):
    with open_store(fresh_store) as db, pytest.raises(UserError):
        set_label(db, 999_999, "grounded", None, "me")


def test_a_deleted_evaluation_takes_its_labels_along(fresh_store, evaluation):
    with open_store(fresh_store) as db:
        set_label(db, answers_of(fresh_store, evaluation)[0], "grounded", None, "me")
        db.execute("DELETE FROM evaluations WHERE id = ?", [evaluation])
        assert db.execute("SELECT count(*) FROM answer_labels").fetchone()[0] == 0


def test_kappa_is_agreement_beyond_chance():
    pairs = [("h", "h")] * 20 + [("h", "g")] * 5 + [("g", "h")] * 10 + [("g", "g")] * 15
    assert cohen_kappa(pairs) == pytest.approx(0.4)  # the textbook's example
    assert cohen_kappa([("h", "h"), ("g", "g")]) == 1
    assert cohen_kappa([]) is None and cohen_kappa([("g", "g")] * 9) is None


def test_a_good_judge_with_enough_labels_is_trusted():
    card = judge_card(
        [("hallucinated", "hallucinated")] * 18 + [("grounded", "grounded")] * 18 + [("grounded", "hallucinated")] * 2
    )
    assert card.trusted and not card.why_ko
    assert card.precision.value == pytest.approx(0.9) and card.recall.value == 1
    assert card.precision.low < 0.9 < card.precision.high and card.precision.n == 20
    assert card.confusion["grounded"] == {"grounded": 18, "hallucinated": 2, "could_not_judge": 0}


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [("hallucinated", "hallucinated"), ("grounded", "grounded")] * 10,
        [("hallucinated", "grounded"), ("grounded", "grounded"), ("grounded", "hallucinated")] * 20,
        [("grounded", "grounded")] * 60,
    ],
    ids=["none", "few", "disagrees", "one label"],
)
def test_a_judge_is_not_trusted_without_reason(pairs):
    card = judge_card(pairs)
    assert not card.trusted and card.why_ko and card.why_en


def test_what_could_not_be_judged_is_counted_against_the_judge():
    card = judge_card([("hallucinated", "could_not_judge")] * 10 + [("hallucinated", "hallucinated")] * 10)
    assert card.recall.value == 0.5 and card.agreement.value == 0.5
    assert card.confusion["hallucinated"]["could_not_judge"] == 10


def test_the_card_of_an_evaluation_takes_the_majority_and_leaves_ties_out(fresh_store, evaluation):
    ids = answers_of(fresh_store, evaluation)
    with open_store(fresh_store) as db:
        set_scores(db, evaluation, {id_: {"label": "hallucinated", "kind": "tail"} for id_ in ids[:3]})
        for by, label in (("a", "hallucinated"), ("b", "hallucinated"), ("c", "grounded")):
            set_label(db, ids[0], label, None, by)
        set_label(db, ids[1], "hallucinated", None, "a")
        set_label(db, ids[1], "grounded", None, "b")
        set_label(db, ids[2], "grounded", None, "a")
        set_label(db, ids[3], "grounded", None, "a")  # never judged
        card = card_of_evaluation(db, evaluation)
    assert card.n == 2 and card.agreement.value == 0.5


def run(capsys, *arguments):
    status = main(["--json", *map(str, arguments)])
    return status, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_labels_from_the_command_line(fresh_store, evaluation, capsys):
    store = ("--store", fresh_store)
    status, told = run(capsys, *store, "labels", "next", evaluation)
    assert status == 0 and told["pending"] == 4 and "label" not in told["answer"]
    answer = told["answer"]["answer_id"]
    assert run(capsys, *store, "labels", "set", answer, "hallucinated", "--kind", "tail")[0] == 0
    assert run(capsys, *store, "labels", "next", evaluation)[1]["pending"] == 3
    assert run(capsys, *store, "labels", "list", evaluation)[1]["rows"] == 1
    assert run(capsys, *store, "judge-card", evaluation)[1]["trusted"] is False
    assert run(capsys, *store, "labels", "undo", evaluation)[1]["undone"] == answer
    assert run(capsys, *store, "labels", "set", answer, "nonsense")[0] == 2


def test_the_judge_card_of_a_file(tmp_path, capsys):
    clause = "제5조 수술을 받은 경우 50만원을 지급합니다."
    rows = [
        {
            "id": 1,
            "question": "수술비?",
            "context": [clause],
            "answer": "수술을 받으면 50만원을 지급합니다.",
            "label": "grounded",
        },
        {
            "id": 2,
            "question": "수술비?",
            "context": [clause],
            "answer": "수술을 받으면 90만원을 지급합니다.",
            "label": "hallucinated",
        },
    ]
    file = tmp_path / "labelled.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    status, card = run(capsys, "judge-card", file)
    assert status == 0 and card["n"] == 2 and card["agreement"]["value"] == 1 and card["kappa"] == 1
    file.write_text(json.dumps({**rows[0], "label": "maybe"}, ensure_ascii=False), encoding="utf-8")
    assert run(capsys, "judge-card", file)[0] == 2
    assert run(capsys, "judge-card", tmp_path / "gone.jsonl")[0] == 2
