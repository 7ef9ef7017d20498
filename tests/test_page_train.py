"""The training page: what is chosen there reaches the run, once; what cannot be is said in words where it stands."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.alive import is_alive, started_at
from engine.config import ROOT
from engine.store.datasets import add_members, add_rows, freeze_dataset, get_dataset, start_dataset
from engine.store.jobs import claim_supervisor, list_jobs
from engine.store.open import open_store
from engine.store.runs import list_runs
from engine.train.plan.machine import Machine
from ui import frame, train, train_base, train_estimate, train_memory

PAGE = "pages/3_Train.py"
SAID = ("저녁 뭐 먹지", "어디야", "비 와?", "영화 볼래", "잘 잤어?")


@dataclass(frozen=True)
class Opened:
    """A store with one dataset, and the page on it."""

    store: Path
    dataset: str
    app: AppTest

    def open(self, **names: str) -> AppTest:
        """The page under an address."""
        self.app.run()
        self.app.switch_page(PAGE)
        for name, value in names.items():
            self.app.query_params[name] = value
        self.app.run()
        assert not self.app.exception, self.app.exception
        return self.app

    def runs(self) -> list[dict[str, object]]:
        with open_store(self.store) as db:
            return list_runs(db)


def freeze(store: Path, recipe: str = "persona", masked: bool = True, rows: int = 40) -> str:
    with open_store(store) as db:
        dataset = start_dataset(
            db, recipe=recipe, style="chat", options={}, masked=masked, job_id="job-none", sources=[]
        )
        prompts = [json.dumps([{"role": "user", "content": SAID[i % 5]}], ensure_ascii=False) for i in range(rows)]
        made = add_rows(
            db,
            [
                (recipe, None, i, i, f"날 {i}", prompt, f"{SAID[(i + 1) % 5]} {i}", "{}")
                for i, prompt in enumerate(prompts)
            ],
        )
        splits = ["validation" if i % 10 == 8 else "test" if i % 10 == 9 else "train" for i in range(rows)]
        add_members(db, dataset, [(i, row, splits[i], None) for i, row in enumerate(made)])
        return str(freeze_dataset(db, dataset)["id"])


@pytest.fixture
def opened(fresh_store, monkeypatch):
    """Nothing is really trained: this process stands in as the supervisor, so that none is started."""
    monkeypatch.chdir(ROOT)
    dataset = freeze(fresh_store)
    with open_store(fresh_store) as db:
        assert claim_supervisor(db, os.getpid(), started_at(os.getpid()), is_alive)
    return Opened(fresh_store, dataset, AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60))


def launch_button(app: AppTest):
    return next(button for button in app.button if (button.key or "").startswith("train_launch_"))


def shown(app: AppTest) -> str:
    """All running text of the page."""
    kinds = ("markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


def test_an_empty_store_is_told_where_rows_come_from(fresh_store, monkeypatch):
    monkeypatch.chdir(ROOT)
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
    app.switch_page(PAGE).run()
    assert not app.exception and app.info and not [b for b in app.button if (b.key or "").startswith("train_launch")]


def test_one_press_launches_the_run_and_its_evaluation_and_opens_it(opened):
    app = opened.open()
    launch_button(app).click().run()
    assert not app.exception, app.exception
    [run] = opened.runs()
    assert run["id"] in app.query_params["run"], "the run's own page is open"
    assert (run["base"], run["preset"], run["dataset_id"]) == ("starter", "quick", opened.dataset)
    with open_store(opened.store) as db:
        jobs = {job["kind"]: job for job in list_jobs(db)}
    assert jobs["evaluate"]["after_job"] == jobs["train"]["id"] == run["job_id"]
    assert jobs["evaluate"]["args"]["models"] == ["base:starter", run["id"]]


def test_the_evaluation_is_left_out_when_it_is_not_wanted(opened):
    app = opened.open()
    app.checkbox(key="train_then_eval").uncheck()
    launch_button(app).click().run()
    with open_store(opened.store) as db:
        assert [job["kind"] for job in list_jobs(db)] == ["train"]


def test_changed_settings_reach_the_run_with_their_origin(opened):
    app = opened.open()
    app.number_input(key="train_persona_quick_epochs").set_value(6.0)
    app.toggle(key="train_persona_quick_all").set_value(True).run()
    app.selectbox(key="train_persona_quick_scheduler").select("linear").run()
    assert "--set epochs=6" in app.code[0].value and "--set scheduler=linear" in app.code[0].value
    assert "learning_rate" not in app.code[0].value, "only what differs is said"
    launch_button(app).click().run()
    [run] = opened.runs()
    assert run["settings"]["epochs"] == 6 and run["settings"]["scheduler"] == "linear"
    assert run["origins"]["epochs"] == run["origins"]["scheduler"] == "--set"
    assert run["origins"]["learning_rate"] == "preset:quick" and run["origins"]["seed"] == "default"


def test_settings_that_are_folded_away_again_still_count(opened):
    app = opened.open()
    app.toggle(key="train_persona_quick_all").set_value(True).run()
    app.number_input(key="train_persona_quick_seed").set_value(7).run()
    app.toggle(key="train_persona_quick_all").set_value(False).run()
    assert "--set seed=7" in app.code[0].value
    app.run()
    assert "--set seed=7" in app.code[0].value


def test_the_address_brings_everything_back(opened):
    app = opened.open(
        dataset=opened.dataset,
        base="qwen3-1.7b",
        preset="careful",
        set="epochs=2;seed=5;bogus=1;lora_rank=many;batch_size=0",
    )
    command = app.code[0].value
    assert "--base qwen3-1.7b" in command and "--preset careful" in command
    assert "--set epochs=2" in command and "--set seed=5" in command
    assert not {"bogus", "lora_rank", "batch_size"} & set(command.replace("=", " ").split())


def test_another_base_brings_its_own_preset(opened):
    app = opened.open(preset="careful", set="epochs=2")
    app.selectbox(key="train_base").select("polyglot-ko-1.3b").run()
    assert "polyglot-ko-1.3b" in app.query_params["base"] and "preset" not in app.query_params
    assert app.radio(key="train_preset").value == "8gb" and "--set" not in app.code[0].value


def test_going_back_to_the_preset_forgets_what_was_changed(opened):
    app = opened.open(set="epochs=2")
    app.button(key="train_reset").click().run()
    assert app.number_input(key="train_persona_quick_epochs").value == 4 and "set" not in app.query_params


def test_a_double_click_launches_once_and_opens_the_run(opened):
    """The browser may send the click again before the page is left: it meets a used ticket."""
    script = (
        "import streamlit as st\nfrom ui import train_launch\nfrom ui.train_settings import Way\n"
        "from engine.recipes.recipe import load_recipe\n"
        "left = []\ntrain_launch.frame.go = lambda page, **names: left.append(names['run'])\n"
        "way = Way('quick', {}, None, {}, None, 'form')\n"
        "for _ in range(2):\n"
        f"    train_launch.launch('ticket', load_recipe('persona'), {opened.dataset!r}, 'starter', way, True)\n"
        "train_launch._open_launched('ticket')\nst.session_state['left'] = left\n"
    )
    go = frame.go
    try:
        app = AppTest.from_string(script, default_timeout=60).run()
    finally:
        frame.go = go
    assert not app.exception, app.exception
    [run] = opened.runs()
    assert app.session_state["left"] == [run["id"]] * 2 and app.session_state["train_go"] == run["id"]
    with open_store(opened.store) as db:
        assert len(list_jobs(db)) == 2


def test_a_used_button_is_never_drawn_again(opened):
    app = opened.open()
    used = launch_button(app).key
    launch_button(app).click().run()
    assert launch_button(opened.open()).key != used and len(opened.runs()) == 1


def test_a_dead_link_to_a_dataset_says_so_and_shows_the_newest(opened):
    app = opened.open(dataset="ds-gone")
    assert "ds\\-gone" in app.warning[0].value and app.selectbox(key="train_dataset").value == opened.dataset


def test_a_dead_link_to_a_preset_says_so(opened):
    app = opened.open(preset="[x](http://127.0.0.1:9)")
    assert "\\[x\\]" in app.warning[0].value and app.radio(key="train_preset").value == "quick"


@pytest.mark.parametrize("name", ["<b>굵게</b> **x**", "bitnet-b1.58-2b", "![몰래](http://127.0.0.1:9/a.png)", "a/b/c"])
def test_a_base_that_cannot_be_is_refused_as_text(opened, name):
    app = opened.open(base=name)
    assert len(app.error) == 1 and app.selectbox(key="train_base").value == "starter"
    assert "<b>" not in shown(app) and "![" not in shown(app)


def test_a_hostile_hub_name_stays_text(opened):
    app = opened.open(base="o/__m__.-_x")
    assert "__m__" not in shown(app) and "--base o/__m__.-_x" in app.code[0].value


def test_a_name_that_is_no_model_is_told_when_it_is_looked_up(opened):
    app = opened.open()
    app.text_input(key="train_other").set_value("없는 모델")
    app.button(key="train_other_take").click().run()
    assert not app.exception and app.error and app.selectbox(key="train_base").value == "starter"


def test_unmasked_rows_are_refused_before_the_button(opened):
    unmasked = freeze(opened.store, masked=False)
    app = opened.open(dataset=unmasked)
    assert launch_button(app).disabled and app.error[0].icon == ":material/visibility:"


def test_contradictory_settings_are_told_and_block_the_button(opened):
    app = opened.open(set="epochs=0")
    assert "max\\_steps" in app.error[0].value and launch_button(app).disabled


def test_what_a_processor_cannot_do_is_told(opened):
    app = opened.open(set="precision=fp16")
    if "CPU" in shown(app):
        assert "fp32" in app.error[-1].value and launch_button(app).disabled


def test_a_run_that_is_too_large_is_told_with_what_to_change(opened, monkeypatch):
    monkeypatch.setattr(
        train, "machine", lambda: Machine("cpu", "CPU", 16.0, 12.0, 2)
    )  # its free memory changes meanwhile
    for part in (train_estimate, train_memory, train_base):
        monkeypatch.setattr(part, "machine", train.machine)
    app = opened.open(set="max_length=1024;packing=true;batch_size=1024")
    assert "메모리에 들어가지 않습니다" in shown(app) and app.warning
    app.button(key="train_plan").click().run()
    assert "메모리에 들어가지 않습니다" not in shown(app) and "batch_size=1024" not in app.code[0].value
    assert "--set accumulation=" in app.code[0].value, "a step learns from as many rows"


def test_a_machine_that_is_too_small_is_told_and_needs_a_yes(opened, tmp_path):
    folder = tmp_path / "엄청 큰 모델"
    folder.mkdir()
    huge = {"model_type": "llama", "hidden_size": 32768, "num_hidden_layers": 400, "num_attention_heads": 256}
    (folder / "config.json").write_text(json.dumps({**huge, "vocab_size": 128000}), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"")
    app = opened.open(base=str(folder))
    assert "이 컴퓨터에는 너무 큽니다" in shown(app) and launch_button(app).disabled
    app.checkbox(key="train_anyway").check().run()
    assert not launch_button(app).disabled and f"--base '{folder}'" in app.code[0].value


def test_launching_on_what_was_deleted_meanwhile_says_so(opened):
    app = opened.open()
    with open_store(opened.store) as db:
        db.execute("DELETE FROM datasets WHERE id = ?", [opened.dataset])
    launch_button(app).click().run()
    assert not app.exception and not opened.runs()


def test_the_page_speaks_english(opened):
    app = opened.open(lang="en")
    app.session_state["frame_language"] = "en"
    app.run()
    assert not [text for text in shown(app).splitlines() if any("가" <= sign <= "힣" for sign in text)]


def test_the_dataset_is_the_one_in_the_address(opened):
    newer = freeze(opened.store, rows=20)
    app = opened.open(dataset=opened.dataset)
    assert app.selectbox(key="train_dataset").value == opened.dataset != newer
    with open_store(opened.store) as db:
        assert get_dataset(db, newer)["counts"]["train"] == 16


def test_opening_the_page_imports_nothing_heavy(opened):
    code = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(ROOT / 'Home.py')!r}, default_timeout=60).run()\n"
        f"app.switch_page({PAGE!r}); app.run()\n"
        "heavy = {'torch', 'transformers', 'trl', 'peft', 'datasets', 'bitsandbytes', 'scipy', 'kiwipiepy', 'huggingface_hub'}\n"
        "assert not app.exception and app.metric and not heavy & set(sys.modules), (app.exception, heavy & set(sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
