"""A run that goes on from an earlier one: what it takes over, what is refused, and what is known of it afterwards."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.cli.app import main
from engine.config import ROOT
from engine.errors import UserError
from engine.jobs.launch import command_of, launch_run, usual_base
from engine.models.bases import base_hash, resolve_base
from engine.recipes.recipe import load_recipe
from engine.serve.choose import choose_model, side_by_side, weights_of
from engine.store.artifacts import drop_artifacts, save_artifact
from engine.store.facts import masked_sources_behind
from engine.store.lineage import lineage, link
from engine.store.open import open_store
from engine.store.runs import datasets_learned, get_run, phases_before, update_run
from engine.train.phases import phase_from, runs_to_go_on_from, unpack_start
from tests.runs_store import frozen_dataset, give_adapter, queued_run, supervised_here
from tests.test_jobs import end_supervisor
from tests.test_journey import Shell
from tests.test_page_train import Opened, freeze, launch_button, shown
from tests.tiny_models import make_tiny


@pytest.fixture
def world(fresh_store: Path) -> Path:
    """A store whose jobs stay queued."""
    with open_store(fresh_store) as db:
        supervised_here(db)
    return fresh_store


def learned(store: Path, folder: Path, **sets: Any) -> tuple[str, str, str]:
    """(run of the starter with an adapter, its dataset, the adapter's artifact)."""
    with open_store(store) as db:
        dataset = frozen_dataset(db)
        run, _ = queued_run(db, dataset, **sets)
        update_run(db, run, base_hash=base_hash(resolve_base("starter")))
        return run, dataset, give_adapter(db, run, folder)


def go_on(store: Path, run: str, dataset: str, **sets: str) -> dict[str, Any]:
    launched, _ = launch_run(
        store, load_recipe("persona"), dataset_id=dataset, base_name=usual_base(store, run), preset=None, sets=sets,
        from_run=run,
    )  # fmt: skip
    with open_store(store) as db:
        return get_run(db, launched)


def test_a_later_phase_takes_over_the_shape_of_the_first(world: Path, tmp_path: Path) -> None:
    one, dataset, artifact = learned(world, tmp_path / "one", lora_rank=7, use_rslora=True, quantisation="none")
    two = go_on(world, one, dataset, epochs="1")
    assert (two["from_run"], two["from_artifact"], two["base"]) == (one, artifact, "starter")
    kept = {name: (two["settings"][name], two["origins"][name]) for name in ("lora_rank", "use_rslora", "quantisation")}
    assert kept == {
        "lora_rank": (7, f"run:{one}"),
        "use_rslora": (True, f"run:{one}"),
        "quantisation": ("none", f"run:{one}"),
    }
    assert f"--from {one}" in command_of(two) and "lora_rank" not in command_of(two)
    same = go_on(world, one, dataset, lora_rank="7", quantisation="nf4")
    assert (same["settings"]["lora_rank"], same["settings"]["quantisation"]) == (7, "nf4")


def test_lineage_and_what_was_learned_reach_through_all_phases(world: Path, tmp_path: Path) -> None:
    one, first, _ = learned(world, tmp_path / "one")
    with open_store(world) as db:
        second = frozen_dataset(db, rows=8)
    two = go_on(world, one, second)["id"]
    with open_store(world) as db:
        give_adapter(db, two, tmp_path / "two")
        update_run(db, two, base_hash=base_hash(resolve_base("starter")))
    three = go_on(world, two, second)["id"]
    with open_store(world) as db:
        assert phases_before(db, three) == [three, two, one] and phases_before(db, one) == [one]
        assert set(datasets_learned(db, three)) == {first, second} and datasets_learned(db, one) == [first]
        below = {node["id"] for node in lineage(db, one)["descendants"] if node["kind"] == "run"}
        above = {node["id"] for node in lineage(db, three)["ancestors"]}
        assert below == {two, three} and {one, two, first, second} <= above
        db.execute("INSERT INTO sources (id, recipe, kind, name, fingerprint, bytes, report_json, state, created_at) "
                   "VALUES ('src-x', 'persona', 'kakao', 'a.txt', 'f', 1, '{}', 'ready', '2026')")  # fmt: skip
        link(db, "source", "src-x", "dataset", first)
        assert masked_sources_behind(db, three) == ["src-x"]
        assert {node["id"] for node in lineage(db, "src-x")["descendants"] if node["kind"] == "run"} == {
            one,
            two,
            three,
        }


@pytest.mark.parametrize(
    ("sets", "word"),
    [({"lora_rank": "3"}, "lora_rank"), ({"lora_targets": "q_proj"}, "lora_targets"), ({"use_dora": "true"}, "use_dora"),
     ({"method": "full"}, "method")],
)  # fmt: skip
def test_a_shape_that_contradicts_the_first_phase_is_refused(
    sets: dict[str, str], word: str, world: Path, tmp_path: Path
) -> None:
    one, dataset, _ = learned(world, tmp_path / "one")
    with pytest.raises(UserError) as refused:
        go_on(world, one, dataset, **sets)
    assert word in refused.value.ko and one in refused.value.en
    with open_store(world) as db:
        assert db.execute("SELECT count(*) FROM runs").fetchone()[0] == 1


def test_nothing_goes_on_from_what_is_not_there(world: Path, tmp_path: Path) -> None:
    one, dataset, artifact = learned(world, tmp_path / "one")
    with open_store(world) as db:
        waiting, _ = queued_run(db, dataset)
        scorer, _ = queued_run(db, dataset, objective="reward")
        give_adapter(db, scorer, tmp_path / "scorer")
        names = [run["id"] for run in runs_to_go_on_from(db, "starter")]
        assert names == [one] and runs_to_go_on_from(db, "kogpt") == []
    for run, word in ((waiting, "handed nothing over"), (scorer, "reward model"), ("run-none", "no run")):
        with pytest.raises(UserError) as refused:
            go_on(world, run, dataset)
        assert word in refused.value.en
    with pytest.raises(UserError, match="다른 기반 모델"), open_store(world) as db:
        phase_from(db, world, one, resolve_base(str(make_tiny("t5", tmp_path))))
    two = go_on(world, one, dataset)
    with open_store(world) as db:
        with pytest.raises(UserError, match="다른 기반 모델"):
            unpack_start(db, world, two, "another hash")
        assert unpack_start(db, world, get_run(db, one), "any") is None
        start = unpack_start(db, world, two, base_hash(resolve_base("starter")))
        assert start is not None and start.name == artifact
        drop_artifacts(db, one, "adapter")
        with pytest.raises(UserError, match="바뀌었거나 지워졌습니다"):
            unpack_start(db, world, two, "")


def test_an_adopted_adapter_tells_its_own_shape(world: Path, tmp_path: Path) -> None:
    one, dataset, _ = learned(world, tmp_path / "one")
    folder = tmp_path / "adopted"
    folder.mkdir()
    config = {"peft_type": "LORA", "r": 5, "lora_alpha": 9, "target_modules": ["v_proj", "q_proj"], "use_dora": True}
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    with open_store(world) as db:
        update_run(db, one, job_id=None, settings_json={"quantisation": "nf4"})
        update_run(db, one, adapter_id=save_artifact(db, folder, "adapter", one))
    settings = go_on(world, one, dataset)["settings"]
    assert (settings["lora_rank"], settings["lora_alpha"], settings["lora_targets"]) == (5, 9, "q_proj,v_proj")
    assert settings["use_dora"] and not settings["use_rslora"]


def test_a_whole_model_answers_by_itself_and_its_base_beside_it_is_not_its_weights(world: Path, tmp_path: Path) -> None:
    run, _, artifact = learned(world, tmp_path / "one", method="full", quantisation="none")
    with open_store(world) as db:
        base, model = side_by_side([choose_model(db, "base:starter"), choose_model(db, run)])
    assert (model.adapter_id, model.whole_id, model.quantisation) == (None, artifact, "none")
    assert base.quantisation == "none"
    mine, its = weights_of(world, model), weights_of(world, base)
    assert mine != its and mine._replace(adapter_id=None) != its


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    found = Shell(tmp_path / "단계.db", {**os.environ, "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"})
    yield found
    end_supervisor(found.store)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_tiny_t5_goes_the_whole_way_and_on(shell: Shell, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """train (LoRA, full, and each gone on from) → answer → eval → chat, by command line."""

    def here(*words: str, status: int = 0) -> dict[str, Any]:
        """A command that loads no model needs no process of its own."""
        capsys.readouterr()
        assert main([*words, "--json", "--store", str(shell.store)]) == status
        return dict(json.loads(capsys.readouterr().out.splitlines()[-1]))

    with open_store(shell.store) as db:
        frozen_dataset(db, rows=12)
    base = str(make_tiny("t5", tmp_path / "작은 t5"))
    short = [word for pair in ("max_steps=3", "batch_size=4", "max_length=64") for word in ("--set", pair)]
    assert here("plan", "--recipe", "persona", "--base", base)["peak_gb"] > 0
    one = shell.run("train", "--recipe", "persona", "--base", base, *short)
    assert one["state"] == "done" and one["steps"] == 3
    full = shell.run("train", "--recipe", "persona", "--base", base, "--set", "method=full", *short)
    ended = {}
    for run in (one, full):
        more = shell.run("train", "--recipe", "persona", "--from", run["run_id"], *short)
        assert more["eval_loss"] < run["eval_loss"]
        below = here("lineage", run["run_id"])["descendants"]
        assert ("run", more["run_id"]) in {(node["kind"], node["id"]) for node in below}
        ended[run["run_id"]] = more["run_id"]
    assert here("lineage", "latest")["id"] == ended[full["run_id"]]
    questions, answers = tmp_path / "질문.jsonl", tmp_path / "답.jsonl"
    questions.write_text('{"id": "a", "turns": [{"role": "user", "content": "밥 먹었어?"}]}\n', encoding="utf-8")
    told = shell.run(
        "answer", "--recipe", "persona", "--model", ended[full["run_id"]], "--in", str(questions), "--out", str(answers)
    )
    assert told["rows"] == 1 and json.loads(answers.read_text(encoding="utf-8"))["id"] == "a"
    models = [word for name in (f"base:{base}", *ended.values(), full["run_id"]) for word in ("--model", name)]
    judged = shell.run("eval", *models, "--suite", "persona", "--limit", "2", "--settings", "max_new_tokens=4")
    assert [model["metrics"]["loss"]["n"] for model in judged["models"]] == [2] * 4
    said = shell.run("chat", full["run_id"], "--say", "밥 먹었어?", "--settings", "max_new_tokens=4")
    assert said["model"] == full["run_id"]
    refused = here("train", "--recipe", "persona", "--from", one["run_id"], "--base", "starter", status=2)
    assert one["run_id"] in refused["error"]["ko"] if isinstance(refused["error"], dict) else refused["error"]
    assert here("check") == {"ok": True, "problems": []}


def train_command(app: AppTest) -> str:
    return next(code.value for code in app.code if "engine train" in code.value)


def test_the_pages_go_on_from_a_run_and_say_so(
    fresh_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    dataset = freeze(fresh_store)
    with open_store(fresh_store) as db:
        supervised_here(db)
        one, _ = queued_run(db, dataset, lora_rank=7)
        update_run(db, one, base_hash=base_hash(resolve_base("starter")))
        give_adapter(db, one, tmp_path / "one")
    page = Opened(fresh_store, dataset, AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60))
    app = page.open()
    assert app.selectbox(key="train_from").value is None and "--from" not in train_command(app)
    app.selectbox(key="train_from").select(one).run()
    assert not app.exception and f"--from {one}" in train_command(app) and "lora_rank" not in train_command(app)
    launch_button(app).click().run()
    assert not app.exception, app.exception
    two = next(run for run in page.runs() if run["id"] != one)
    assert (two["from_run"], two["settings"]["lora_rank"]) == (one, 7)  # type: ignore[index]
    links = [link.proto.label for link in app.get("page_link")]
    assert f"이어 배운 학습: {one}" in links
    assert "저장소에 없습니다" in shown(page.open(**{"from": "run-none"}))
