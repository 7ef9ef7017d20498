"""Policy evaluations with the retriever in the loop: same clauses for all, each in its style, nothing judged that was learned."""

import pytest

from engine.errors import Stopped, UserError
from engine.evaluate import answering
from engine.evaluate import run as running
from engine.evaluate.plan import Retrieval
from engine.evaluate.run import run_evaluation
from engine.recipes.asking import prompt_of
from engine.recipes.recipe import load_recipe
from engine.retrieve.settings import RetrievalSettings
from engine.serve.decoding import Decoding
from engine.store.datasets import read_split
from engine.store.evaluations import get_evaluation, read_answers, read_shown_clauses
from engine.store.open import open_store
from tests.policy_store import (
    REFUSAL,
    Cast,
    Speaker,
    add_dataset,
    add_policy,
    add_run,
    as_json,
    honest,
    job,
    question_in,
)

RECIPE = load_recipe("policy")
BASE = "base:starter"


def evaluate(work, models, dataset, **more):
    told = {"decoding": Decoding(), "limit": 0, "seed": 0, "retrieval": retrieval(), **more}
    return run_evaluation(work, recipe="policy", suite=RECIPE.suite, models=models, dataset_id=dataset, **told)


def retrieval(k=3):
    return Retrieval(RetrievalSettings(k=k), lambda db, run: prompt_of(db, RECIPE, run))


def metrics(told, model):
    return next(one["metrics"] for one in told["models"] if one["model"] == model)


@pytest.fixture
def store(tmp_path):
    return tmp_path / "저장 소.db"


@pytest.fixture
def cast(monkeypatch):
    def seat(**speakers):
        found = Cast({name.replace("base", BASE): one for name, one in speakers.items()})
        monkeypatch.setattr(running, "open_model", found.open)
        return found

    return seat


def test_an_honest_model_hallucinates_nothing_and_a_liar_everything(store, tmp_path, cast):
    dataset = add_dataset(store, [add_policy(store)])
    run = add_run(store, dataset, tmp_path / "a")
    seated = cast(base=Speaker(lambda *_: "999만원을 지급합니다."), **{run: Speaker(honest)})
    told = evaluate(job(store), [BASE, run], dataset)
    liar, right = metrics(told, BASE), metrics(told, run)
    assert liar["hallucination_rate"]["value"] == liar["error_rate"]["value"] == 1.0
    assert liar["refusal_recall"]["value"] == 0.0 and liar["refusal_precision"]["n"] == 0
    assert right["hallucination_rate"]["value"] == right["error_rate"]["value"] == 0.0
    assert right["correct"]["value"] == right["refusal_recall"]["value"] == right["refusal_precision"]["value"] == 1.0
    assert liar["hallucination_rate"]["n"] == right["hallucination_rate"]["n"] > 5
    assert seated.opened == [BASE, run]
    test = next(row for row in told["paired"] if row["metric"] == "hallucination_rate")
    assert (test["a"], test["b"], test["delta"]) == (BASE, run, -1.0) and test["p"] < 0.01
    assert told["references"]["hallucination_rate"]["value"] == 0.0, "the reference answers themselves are judged too"


def test_every_model_is_asked_in_its_own_style_about_the_same_clauses(store, tmp_path, cast):
    source = add_policy(store)
    rag, simple = add_dataset(store, [source]), add_dataset(store, [source], "simple")
    one, two = add_run(store, simple, tmp_path / "a"), add_run(store, rag, tmp_path / "b")
    speakers = {BASE: Speaker(honest), one: Speaker(honest), two: Speaker(honest)}
    cast(base=speakers[BASE], **{one: speakers[one], two: speakers[two]})
    told = evaluate(job(store), [BASE, one, two], rag)
    base, first, second = (speakers[name].asked for name in (BASE, one, two))
    assert base == second and all("### 입력\n[보험약관]\n" in prompt for prompt in base)
    assert all("[보험약관]" not in prompt and len(prompt) < 600 for prompt in first)
    assert [question_in(prompt) for prompt in first] == [question_in(prompt) for prompt in base]
    with open_store(store) as db:
        shown = read_shown_clauses(db, told["evaluation_id"])
        answers = read_answers(db, told["evaluation_id"])
    assert {len(clauses) for clauses in shown.values()} <= {1, 2, 3}
    for answer in answers:
        assert answer["scores"]["retrieved"] == [clause["chunk_id"] for clause in shown[answer["item"]]]


def test_what_one_of_the_models_was_trained_on_is_asked_of_nobody(store, tmp_path, cast):
    source = add_policy(store)
    dataset = add_dataset(store, [source])
    other = add_dataset(store, [source], clauses_per_row=2)  # another dataset; its split is drawn alike
    with open_store(store) as db:
        db.execute("DELETE FROM dataset_rows WHERE dataset_id = ?", [other])
        db.execute("UPDATE datasets SET state = 'building' WHERE id = ?", [other])
        held_out = list(read_split(db, dataset, "test"))
        for ord_, row in enumerate(held_out[:4]):
            db.execute("INSERT INTO dataset_rows VALUES (?, ?, ?, 'train', NULL)", [other, ord_, row["id"]])
        db.execute("UPDATE datasets SET state = 'frozen' WHERE id = ?", [other])
    run = add_run(store, other, tmp_path / "a")
    speakers = {BASE: Speaker(honest), run: Speaker(honest)}
    cast(base=speakers[BASE], **{run: speakers[run]})
    told = evaluate(job(store), [BASE, run], dataset)
    groups = {row["split_group"] for row in held_out[:4]}
    learned = {row["meta"]["question"] for row in held_out if row["split_group"] in groups}
    asked = {question_in(prompt) for speaker in speakers.values() for prompt in speaker.asked}
    assert not asked & learned and asked
    with open_store(store) as db:
        settings = get_evaluation(db, told["evaluation_id"])["settings"]
    assert settings["left_out_as_trained_on"] == settings["overlap"]["group"] == len(learned)
    kept = evaluate(job(store), [BASE, run], dataset, allow_overlap=True)
    with open_store(store) as db:
        marked = get_evaluation(db, kept["evaluation_id"])["settings"]
    assert marked["overlap"] == {"group": len(learned), "exact": 0, "near": 0, "kept": True}
    assert marked["left_out_as_trained_on"] == 0 and kept["method"]["items"] == len(held_out)


def test_an_adapter_of_unknown_training_is_named(store, tmp_path, cast):
    dataset = add_dataset(store, [add_policy(store)])
    run = add_run(store, None, tmp_path / "a")
    cast(base=Speaker(honest), **{run: Speaker(honest)})
    told = evaluate(job(store), [BASE, run], dataset)
    with open_store(store) as db:
        assert get_evaluation(db, told["evaluation_id"])["settings"]["training_rows_unknown"] == [run]


def test_what_could_not_be_judged_is_counted_and_never_left_out(store, cast):
    dataset = add_dataset(store, [add_policy(store)])
    cast(base=Speaker(lambda prompt, _: "" if "얼마" in prompt else honest(prompt)))
    told = evaluate(job(store), [BASE], dataset)
    found, items = metrics(told, BASE), told["method"]["items"]
    silent = round(found["could_not_judge"]["value"] * items)
    assert silent > 0 and found["could_not_judge"]["n"] == items
    assert found["hallucination_rate"]["n"] == items - silent
    assert found["error_rate"]["value"] == pytest.approx(silent / items), "silence is no way around an error"
    with open_store(store) as db:
        rows = read_answers(db, told["evaluation_id"], BASE)
    assert sum(row["scores"]["label"] == "could_not_judge" for row in rows) == silent


def test_refusing_is_right_when_the_own_clause_was_not_found(store, cast):
    source = add_policy(store)
    dataset = add_dataset(store, [source])
    with open_store(store) as db:
        lost = next(row for row in read_split(db, dataset, "test") if row["meta"]["answerable"])
        db.execute("DELETE FROM records WHERE id = ?", [lost["meta"]["chunk"]])
    cast(base=Speaker(lambda *_: REFUSAL))
    told = evaluate(job(store), [BASE], dataset)
    with open_store(store) as db:
        answers = {row["item"]: row["scores"] for row in read_answers(db, told["evaluation_id"])}
    missed = answers[str(lost["id"])]
    assert missed["retrieval_missed"] and not missed["gold_shown"]
    assert missed["kind"] == "refused_correctly" and missed["refused_wrongly"] is None and missed["correct"] == 0.0
    assert missed["refusal_precision"] == 1.0 and missed["retrieval_recall"] == 0.0
    others = [one for one in answers.values() if one["gold_shown"]]
    assert others and all(one["kind"] == "refused_wrongly" and one["refusal_precision"] == 0.0 for one in others)


def test_an_unanswerable_question_is_not_shown_the_clause_that_answers_it(store, cast):
    """Made from one clause and shown with another, it would be answerable to a good retriever."""
    source = add_policy(store)
    with open_store(store) as db:
        first, second = (row[0] for row in db.execute("SELECT id FROM records WHERE kind = 'chunk' LIMIT 2"))
        seq = db.execute("SELECT max(seq) + 1 FROM records").fetchone()[0]
        meta = {"answer": REFUSAL, "type": "fact", "answerable": False, "chunk": second, "chunk_id": "C006"}
        row = [source, seq, "qa", "입원 보험금은 얼마인가요?", as_json(meta)]
        db.execute("INSERT INTO records (source_id, seq, kind, text, meta_json) VALUES (?, ?, ?, ?, ?)", row)
        db.conn.commit()
    dataset = add_dataset(store, [source])
    with open_store(store) as db:
        db.execute("UPDATE datasets SET state = 'building' WHERE id = ?", [dataset])
        db.execute(
            "UPDATE dataset_rows SET split = 'test' WHERE dataset_id = ? AND split IS NOT NULL AND row_id IN "
            "(SELECT id FROM rows WHERE json_extract(meta_json, '$.answerable') = 0)",
            [dataset],
        )
        db.execute("UPDATE datasets SET state = 'frozen' WHERE id = ?", [dataset])
        odd = [r for r in read_split(db, dataset, "test") if r["meta"]["question"] == "입원 보험금은 얼마인가요?"]
    cast(base=Speaker(honest))
    told = evaluate(job(store), [BASE], dataset, allow_overlap=True)
    with open_store(store) as db:
        shown = read_shown_clauses(db, told["evaluation_id"])
        answers = {row["item"]: row["scores"] for row in read_answers(db, told["evaluation_id"])}
    (unanswerable,) = [row for row in odd if not row["meta"]["answerable"]]
    clauses = shown[str(unanswerable["id"])]
    assert clauses and first not in [clause["record_id"] for clause in clauses]
    assert answers[str(unanswerable["id"])]["kind"] == "refused_correctly"


def test_a_stopped_evaluation_goes_on_with_the_gap(store, tmp_path, cast, monkeypatch):
    dataset = add_dataset(store, [add_policy(store)])
    run = add_run(store, dataset, tmp_path / "a")
    monkeypatch.setattr(answering, "BATCH", 4)
    work, calls = job(store), []

    def stops(self):
        calls.append(None)
        return "save" if len(calls) == 3 else None

    first = Speaker(honest)
    cast(base=first, **{run: Speaker(honest)})
    with monkeypatch.context() as patched:
        patched.setattr(type(work), "stop_asked", stops)
        with pytest.raises(Stopped) as stopped:
            evaluate(work, [BASE, run], dataset)
    assert stopped.value.saved and len(first.asked) == 8
    second = Speaker(honest)
    cast(base=second, **{run: Speaker(honest)})
    told = evaluate(work, [BASE, run], dataset)
    assert len(first.asked) + len(second.asked) == told["method"]["items"]
    assert not set(first.asked) & set(second.asked)
    whole = evaluate(job(store), [BASE, run], dataset)
    assert [one["metrics"] for one in told["models"]] == [one["metrics"] for one in whole["models"]]
    assert work.told["done"] == work.told["total"] and work.told["seconds_left"] == 0


def test_a_dataset_of_which_nothing_is_left_is_refused_with_the_reason(store, tmp_path):
    dataset = add_dataset(store, [add_policy(store)])
    run = add_run(store, dataset, tmp_path / "a")
    with open_store(store) as db:
        held_out = len(list(read_split(db, dataset, "test")))
        db.execute("UPDATE datasets SET state = 'building' WHERE id = ?", [dataset])
        db.execute("UPDATE rows SET meta_json = json_set(meta_json, '$.question', '입원 보험금은 얼마예요?')")
        db.execute("UPDATE datasets SET state = 'frozen' WHERE id = ?", [dataset])
    with pytest.raises(UserError, match=f"배운 것 {held_out}개.*--allow-overlap"):
        evaluate(job(store), [BASE, run], dataset)
    with open_store(store) as db:
        db.execute("UPDATE datasets SET state = 'building' WHERE id = ?", [dataset])
        db.execute("UPDATE dataset_rows SET split = 'train' WHERE dataset_id = ? AND split = 'test'", [dataset])
        db.execute("UPDATE datasets SET state = 'frozen' WHERE id = ?", [dataset])
    with pytest.raises(UserError, match="자료를 더 넣어"):
        evaluate(job(store), [BASE, run], dataset)
