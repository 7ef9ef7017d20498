"""The whole way by command line: every recipe goes import → dataset → train → eval → chat through real processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.config import ROOT
from engine.store.datasets import read_split, trained_groups
from engine.store.open import open_store
from tests.test_jobs import end_supervisor

TOY = ROOT / "tests" / "toy_recipe"


class Shell:
    """`python -m engine … --json` on one store."""

    def __init__(self, store: Path, environment: dict[str, str]) -> None:
        self.store = store
        self.environment = environment

    def run(self, *words: str, status: int = 0) -> dict:
        told = subprocess.run(
            [sys.executable, "-m", "engine", *words, "--json", "--store", str(self.store)],
            capture_output=True,
            cwd=ROOT,
            encoding="utf-8",
            env=self.environment,
        )
        assert told.returncode == status, f"{words}: {told.returncode}\n{told.stdout}\n{told.stderr}"
        assert status == 1 or "Traceback" not in told.stderr
        return json.loads(told.stdout.splitlines()[-1])


@pytest.fixture
def shell(tmp_path, monkeypatch):
    import os

    found = Shell(tmp_path / "내 저장소.db", {**os.environ, "MALMOI_RECIPES": str(TOY), "PYTHONUTF8": "1"})
    yield found
    if found.store.exists():
        end_supervisor(found.store)


def toy_table(path: Path) -> Path:
    goods = ("사과", "배", "감", "귤")
    rows = [
        {"question": f"{i}번 손님: {goods[i % 4]} 주세요", "answer": f"네, {goods[i % 4]} 드릴게요"} for i in range(60)
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_recipe_of_one_file_goes_the_whole_way(shell, tmp_path):
    told = shell.run("import", str(toy_table(tmp_path / "표.jsonl")), "--recipe", "toy")
    assert (told["kind"], told["records"], told["unparsed"]) == ("table", 60, 0)
    dataset = shell.run("dataset", "build", "--recipe", "toy", "--source", "latest")
    assert dataset["rows"] == 60 and all(dataset["splits"].values())
    run = shell.run("train", "--recipe", "toy", "--set", "epochs=3")
    assert run["state"] == "done" and run["steps"] == run["total_steps"] and run["eval_loss"] > 0
    judged = shell.run("eval", "--model", "base", "--model", "latest", "--suite", "toy")
    assert [m["model"] for m in judged["models"]] == ["base:starter", run["run_id"]]
    assert (
        judged["paired"][0]["a"] == "base:starter"
        and judged["models"][0]["metrics"]["exact_match"]["n"] == dataset["splits"]["test"]
    )
    said = shell.run("chat", run["run_id"], "--say", "7번 손님: 귤 주세요")
    assert said["answer"] and said["model"] == run["run_id"]
    below = {(n["kind"], n["id"]) for n in shell.run("lineage", told["source_id"])["descendants"]}
    assert {("run", run["run_id"]), ("chat", said["chat_id"]), ("evaluation", judged["evaluation_id"])} <= below
    assert shell.run("check") == {"ok": True, "problems": []}


@pytest.mark.slow
@pytest.mark.timeout(1200)  # 3-4 minutes on two quiet cores
def test_the_sample_journey_ends_with_a_model_better_than_its_base(shell):
    told = shell.run("demo")
    base, tuned = told["evaluation"]["models"]
    loss = [model["metrics"]["loss"] for model in (base, tuned)]
    assert loss[1]["high"] < loss[0]["low"], "the intervals of base and tuned do not part"
    assert shell.run("check")["ok"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["train", "--recipe", "없는것"], "없는것"),
        (["train", "--recipe", "persona"], "데이터셋"),
        (["dataset", "build", "--recipe", "persona", "--source", "src-nope"], "src-nope"),
        (["dataset", "build", "--recipe", "persona", "--style", "rap", "--source", "latest"], "rap"),
        (["dataset", "build", "--recipe", "persona", "--set", "context_turn=3"], "context_turns"),
        (["import", "없는파일.txt", "--recipe", "persona"], "없는파일"),
        (["mask", "src-nope"], "src-nope"),
        (["mask"], "mask"),
        (["lineage", "zzz"], "zzz"),
        (["forget"], "--speaker"),
        (["forget", "--speaker", "아무도"], "아무도"),
        (["cancel", "job-none"], "job-none"),
        (["resume", "run-none"], "run-none"),
        (["chat", "run-none", "--say", "안녕"], "run-none"),
        (["chat", "base:없는모델", "--say", "안녕"], "없는모델"),
        (["eval", "--model", "latest", "--suite", "persona"], "latest"),
    ],
)
def test_what_an_owner_can_mend_is_said_in_words_with_exit_2(shell, words, told):
    assert told in shell.run(*words, status=2)["error"]["ko"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_run_is_judged_on_what_it_was_trained_on(shell, tmp_path):
    shell.run("import", str(toy_table(tmp_path / "표.jsonl")), "--recipe", "toy")
    first = shell.run("dataset", "build", "--recipe", "toy", "--source", "latest", "--seed", "1")
    run = shell.run("train", "--recipe", "toy", "--dataset", first["dataset_id"], "--set", "max_steps=1")
    second = shell.run("dataset", "build", "--recipe", "toy", "--source", "latest", "--seed", "2")
    with open_store(shell.store) as db:
        trained = trained_groups(db, first["dataset_id"])
        held_out = list(read_split(db, second["dataset_id"], "test"))
    unseen = [row for row in held_out if (row["source_id"], row["split_group"]) not in trained]
    assert len(unseen) < len(held_out), "the two splits must overlap for this test to mean anything"
    words = ["--model", run["run_id"], "--suite", "toy", "--dataset", second["dataset_id"]]
    if unseen:
        assert shell.run("eval", *words)["models"][0]["metrics"]["exact_match"]["n"] == len(unseen)
    else:
        assert "떼어 둔 행" in shell.run("eval", *words, status=2)["error"]["ko"]
