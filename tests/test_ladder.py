"""A ladder: each step against the one before and the first, finishing measured on the same words, what every model cost."""

from pathlib import Path
from typing import Any

import pytest

from engine.cli.app import main
from engine.errors import UserError
from engine.evaluate.answering import Pace, Turn, finish_items, lender_of
from engine.evaluate.compare import PairedTest, as_dict, summarise
from engine.evaluate.ladder import Rung, ladder, metric_of
from engine.evaluate.methods import methods
from engine.evaluate.suite import Item, SuiteContext
from engine.evaluate.table import ladder_text
from engine.recipes.recipe import load_recipe, measures_parts
from engine.serve.decoding import Decoding
from engine.serve.way import PLAIN, Way
from engine.store.evaluations import add_answers, finish_evaluation, get_evaluation, read_answers, start_evaluation
from engine.store.evidence import page_of_evaluations
from engine.store.jobs import Work, ask_stop, enqueue
from engine.store.open import open_store
from tests.runs_store import ended_run, frozen_dataset
from tests.test_evaluate_compare import TOY, items, right

TIDY = Way("", "", finish=lambda messages, text: text.strip("#"))


def judged(names: dict[str, str] | None = None) -> dict[str, Any]:
    asked = items(40)
    answers = {"base": right(asked, 4), "v1": right(asked, 30), "v2": right(asked, 30), "v3": right(asked, 10)}
    found = as_dict(summarise(TOY, asked, answers, SuiteContext(), draws=50))
    return {**found, "names": names or {}}


def kept(store: Path, evaluation: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    """The evaluation in the store, every model with one answer."""
    models = [one["model"] for one in evaluation["models"]]
    with open_store(store) as db:
        dataset = frozen_dataset(db)
        job = enqueue(db, "evaluate", {"models": models})
        ask_stop(db, job, "cancel")
        id_ = start_evaluation(
            db, job_id=job, recipe="persona", suite=("toy", "3"), dataset_id=dataset,
            split="validation", settings={"models": models, "names": evaluation["names"]},
        )  # fmt: skip
        for model, text in texts.items():
            add_answers(db, id_, model, [answer("1", text)])
        scores = [
            {"model": one["model"], "metric": name, **{key: s[key] for key in ("value", "low", "high", "n", "unit")}}
            for one in evaluation["models"]
            for name, s in one["metrics"].items()
        ]
        finish_evaluation(db, id_, scores, [*evaluation["paired"], *evaluation["steps"]], {})
        return get_evaluation(db, id_)


def answer(item: str, text: str) -> dict[str, Any]:
    return {"item": item, "row_id": None, "answer": text, "raw": text, "duration_ms": 500,
            "scores": {"nll": None, "tokens": 0, "ended": True, "shown": None}}  # fmt: skip


def test_every_step_is_tested_against_the_one_before_beside_the_first() -> None:
    found = judged()
    pairs = {(test["a"], test["b"]) for test in found["paired"]}
    steps = {(test["a"], test["b"]) for test in found["steps"]}
    assert pairs == {("base", "v1"), ("base", "v2"), ("base", "v3")} and steps == {("v1", "v2"), ("v2", "v3")}
    two = as_dict(summarise(TOY, items(6), {"a": right(items(6), 1), "b": right(items(6), 2)}, SuiteContext(), draws=9))
    assert two["steps"] == []


def test_a_ladder_says_which_step_helped_and_which_did_not(fresh_store: Path) -> None:
    texts = {"base": "가", "v1": "나", "v2": "나", "v3": "다"}
    stored = kept(fresh_store, judged({"v1": "배움"}), texts)
    metric = metric_of(TOY, None)
    with open_store(fresh_store) as db:
        rungs = ladder(db, stored, "right")
    assert [rung.name for rung in rungs] == [None, "배움", None, None]
    assert [rung.verdict(metric) for rung in rungs] == ["unknown", "better", "same", "worse"]
    assert [rung.changed for rung in rungs] == [None, 1, 0, 1] and rungs[1].seconds == 0.5
    assert rungs[0].sentence(metric, "ko") == "" and "좋아졌습니다" in rungs[1].sentence(metric, "ko")
    assert "changed no answer" in rungs[2].sentence(metric, "en") and "No help" in rungs[3].sentence(metric, "en")
    assert rungs[3].overall and rungs[3].overall.a == "base" and rungs[3].gained and rungs[3].gained.a == "v2"


def test_tests_between_steps_are_no_verdicts_against_the_first(fresh_store: Path) -> None:
    stored = kept(fresh_store, judged(), {})
    assert {test["a"] for test in stored["paired"]} == {"base"} and {test["a"] for test in stored["steps"]} == {
        "v1",
        "v2",
    }
    with open_store(fresh_store) as db:
        assert {test["a"] for test in page_of_evaluations(db)[0]["paired"]} == {"base"}


def test_single_steps_of_finishing_are_compared_with_the_first(fresh_store: Path) -> None:
    stored = kept(fresh_store, judged(), {"base": "가", "v1": "나", "v2": "나", "v3": "가"})
    with open_store(fresh_store) as db:
        rungs = ladder(db, stored, "right", alone=True)
    assert [rung.gained.a for rung in rungs[1:] if rung.gained] == ["base"] * 3
    assert [rung.changed for rung in rungs[1:]] == [1, 1, 0]
    assert "as they came" in rungs[1].sentence(metric_of(TOY, None), "en")


def test_the_table_shows_an_old_evaluation_without_steps(fresh_store: Path) -> None:
    found = judged()
    stored = kept(fresh_store, {**found, "steps": []}, {})
    with open_store(fresh_store) as db:
        rungs = ladder(db, stored, "right")
        costs = methods(db, [rung.model for rung in rungs])
    assert rungs[2].gained is None and rungs[2].overall
    for language in ("ko", "en"):
        assert "v3" in ladder_text(rungs, costs, TOY, metric_of(TOY, None), language)


def test_an_unknown_metric_is_named() -> None:
    with pytest.raises(UserError, match="nothing-such"):
        metric_of(TOY, "nothing-such")


def turn(model: str, way: Way = PLAIN, id_: str = "ev", **decoding: Any) -> Turn:
    return Turn(id_, model, Decoding(**decoding), [lambda item, _: item.messages], way=way)


def test_a_way_that_only_finishes_takes_the_words_of_the_plain_one() -> None:
    plain, tidied = turn("run-a"), turn("run-a@tidied", TIDY)
    assert lender_of(tidied, [turn("run-b"), plain]) is plain
    assert lender_of(plain, [tidied]) is None
    assert lender_of(tidied, [turn("run-b")]) is None
    assert lender_of(tidied, [turn("run-a", beams=4)]) is None
    assert lender_of(tidied, [turn("run-a+run-b@ensemble", Way("", "", candidates=2))]) is None
    assert lender_of(tidied, [turn("run-a@other", TIDY)]) is None


def test_lent_answers_keep_their_raw_words_and_time(fresh_store: Path) -> None:
    stored = kept(fresh_store, judged(), {"run-a": "#요약#"})
    work = Work(fresh_store, "job-none", "token")
    item = Item("1", ({"role": "user", "content": "말"},), "")
    tidied = turn("run-a@tidied", TIDY, stored["id"])
    finish_items(work, tidied, turn("run-a", id_=stored["id"]), [item], Pace(work, 1, 0))
    with open_store(fresh_store) as db:
        made = read_answers(db, stored["id"], "run-a@tidied")[0]
    assert (made["answer"], made["raw"], made["duration_ms"]) == ("요약", "#요약#", 500)


def test_a_board_of_single_steps_is_known_by_its_ways() -> None:
    summary = load_recipe("summary")
    assert measures_parts(summary, [None, "tidied-ending"]) and not measures_parts(summary, [None, "tidied", "nix"])
    parts = [name for name, way in summary.ways.items() if way.part_of]
    assert parts and all(name.startswith("tidied-") for name in parts)
    assert summary.ways["ensemble"].utility is summary.ways["ensemble-tidied"].utility


def test_what_a_model_cost_is_read_from_its_runs(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        run = ended_run(db, frozen_dataset(db))
        base, tuned, both, gone = methods(db, ["base:starter", run, f"base:starter+{run}@ensemble", "run-gone"])
    assert base.families == ("decoder",) and base.parameters and base.training_seconds == 0.0
    assert tuned.learned == ("lora:sft",) and both.parameters == 2 * base.parameters
    assert (gone.parameters, gone.peak_gb, gone.training_seconds) == (None, None, None)


def test_a_verdict_needs_an_interval() -> None:
    blank = PairedTest("a", "b", "right", None, None, None, None, "none", 0)
    rung = Rung(None, "b", {}, blank, blank, None, 3, False)
    assert "Cannot" in rung.sentence(metric_of(TOY, None), "en")


@pytest.mark.parametrize(
    "words",
    [
        ("ladder", "--suite", "summary", "--step", "base=base:starter"),
        ("ladder", "--suite", "summary", "--step", "base:starter", "--step", "b=base"),
        ("ladder", "--suite", "summary", "--step", "a=base", "--step", "b=base"),
        ("ladder", "--suite", "summary", "--step", "a=base", "--step", "a=base:starter"),
        ("ladder", "--suite", "summary", "--step", "a=base", "--step", "b=base@ensemble", "--metric", "nix"),
        ("ladder", "--suite", "summary", "--step", "a=base", "--step", "b=base:starter+base:starter@ensemble"),
        ("ablate", "--suite", "summary", "--model", "base", "--way", "plain"),
        ("ablate", "--suite", "persona", "--model", "base"),
    ],
)
def test_what_makes_no_ladder_is_refused_before_anything_is_asked(
    words: tuple[str, ...], fresh_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--store", str(fresh_store)]) == 2
    assert "Traceback" not in capsys.readouterr().err
    with open_store(fresh_store) as db:
        assert db.execute("SELECT count(*) FROM jobs").fetchone()[0] == 0
