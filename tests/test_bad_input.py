"""What owners mistype or hand over broken: said in words with exit 2, nothing half done. Real processes, real files."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.cli.app import main
from engine.cli.training import decoding_settings
from engine.config import ROOT
from engine.errors import UserError
from engine.models.adapters import adopt_adapter
from engine.models.bases import STARTER_DIR
from engine.privacy.files import mask_file
from engine.recipes.persona import RECIPE
from engine.serve.asked import Asked
from engine.serve.choose import choose_model
from engine.serve.decoding import Decoding
from engine.serve.questions import read_questions
from engine.sources.whole_file import whole_file
from engine.store.jobs import get_job
from engine.store.open import open_store
from engine.store.runs import list_runs
from tests.chats import pc_chat
from tests.test_jobs import end_supervisor
from tests.tiny_models import make_tiny


class Shell:
    """`python -m engine … --json` on one store, from a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store.db"
        self.environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}

    def run(self, *words: str, status: int = 0) -> dict[str, Any]:
        told = subprocess.run(
            [sys.executable, "-m", "engine", *words, "--json", "--store", str(self.store)],
            capture_output=True,
            cwd=self.folder,
            encoding="utf-8",
            env=self.environment,
        )
        assert told.returncode == status, f"{words}: {told.returncode}\n{told.stdout}\n{told.stderr}"
        assert ("Traceback" in told.stderr) is (status == 1)
        return json.loads(told.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """One store for all: a masked chat, its dataset, and an adopted adapter on a base in a folder beside it."""
    found = Shell(tmp_path_factory.mktemp("owner"))
    pc_chat(found.folder / "chat.txt", days=12)
    found.run("import", "chat.txt", "--recipe", "persona", "--me", "가온")
    found.run("mask", "latest")
    built = "dataset", "build", "--recipe", "persona", "--source", "latest", "--set", "style=instruction"
    found.dataset = found.run(*built)["dataset_id"]
    (found.folder / "m").symlink_to(STARTER_DIR, target_is_directory=True) if os.name != "nt" else None
    lora(found.folder / "adapter")
    yield found
    end_supervisor(found.store)


def lora(folder: Path, config: str | None = None) -> Path:
    """A fresh LoRA adapter of the starter, as PEFT saves it; `config` replaces its adapter_config.json."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(STARTER_DIR)
    get_peft_model(model, LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM")).save_pretrained(folder)
    if config is not None:
        (folder / "adapter_config.json").write_text(config, encoding="utf-8")
    return folder


def told(capsys: pytest.CaptureFixture[str], *words: str, status: int = 2) -> dict[str, Any]:
    """The same command inside this process: for the many cases that queue nothing."""
    assert main([*words, "--json"]) == status
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def rows_of(shell: Shell, sql: str) -> list[Any]:
    with open_store(shell.store) as db:
        return db.execute(sql).fetchall()


# bases and adapters


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_base_in_a_relative_folder_is_found_by_the_worker_and_an_adopted_adapter_is_judged(shell):
    run = shell.run("models", "import-adapter", "adapter", "--base", "m")["run_id"]
    assert rows_of(shell, f"SELECT base FROM runs WHERE id = '{run}'") == [(str(STARTER_DIR.resolve()),)]
    words = "eval", "--model", "base:./m", "--model", run, "--suite", "persona", "--limit", "2"
    judged = shell.run(*words, "--settings", "max_new_tokens=4")
    assert [model["model"] for model in judged["models"]] == [f"base:{STARTER_DIR.resolve()}", run]


@pytest.mark.parametrize(
    "config", ["{", "[]", "{}", '"LORA"', '{"peft_type": "PREFIX_TUNING"}', '{"peft_type": null}', "[" * 100_000]
)
def test_an_adapter_that_cannot_be_used_leaves_no_run(fresh_store, tmp_path, shell, config):
    folder = tmp_path / "adapter"
    folder.mkdir()
    weights = (shell.folder / "adapter" / "adapter_model.safetensors").read_bytes()
    (folder / "adapter_model.safetensors").write_bytes(weights)
    (folder / "adapter_config.json").write_text(config, encoding="utf-8")
    with pytest.raises(UserError, match="peft_type"):
        adopt_adapter(fresh_store, folder, "starter", "persona")
    with open_store(fresh_store) as db:
        assert list_runs(db) == []


@pytest.mark.parametrize(("option", "value"), [("--recipe", "없는것"), ("--base", "없는모델")])
def test_an_adapter_for_nothing_known_leaves_no_run(fresh_store, capsys, shell, option, value):
    words = {"--recipe": "persona", "--base": "starter", option: value}
    given = [word for pair in words.items() for word in pair]
    error = told(capsys, "models", "import-adapter", str(shell.folder / "adapter"), *given)["error"]
    assert value in error["ko"]
    with open_store(fresh_store) as db:
        assert list_runs(db) == []


def test_an_adapter_of_another_base_is_refused_with_both_sizes_and_leaves_no_run(fresh_store, tmp_path, capsys, shell):
    base = make_tiny("llama", tmp_path)
    error = told(capsys, "models", "import-adapter", str(shell.folder / "adapter"), "--base", str(base))["error"]
    assert "[64, 128]" in error["ko"] and "[64, 128]" in error["en"] and "--base" in error["en"]
    with open_store(fresh_store) as db:
        assert list_runs(db) == []


def test_a_run_trained_elsewhere_has_nothing_to_resume(fresh_store, capsys, shell):
    run = told(capsys, "models", "import-adapter", str(shell.folder / "adapter"), "--base", "starter", status=0)[
        "run_id"
    ]
    for command in (["resume", run], ["cancel", run], ["train", "--again", run]):
        assert "다른 곳에서" in told(capsys, *command)["error"]["ko"]


def test_a_folder_given_relatively_is_named_by_its_whole_path(fresh_store, monkeypatch):
    monkeypatch.chdir(STARTER_DIR.parent)
    with open_store(fresh_store) as db:
        assert choose_model(db, "base:./model").name == f"base:{STARTER_DIR.resolve()}"
        assert choose_model(db, "base").name == "base:starter"


# output files


def bad_targets(folder: Path) -> dict[str, Path]:
    (folder / "file").write_text("x", encoding="utf-8")
    (folder / "folder").mkdir()
    return {
        "folder": folder / "folder",
        "under a file": folder / "file" / "out.jsonl",
        "deep under a file": folder / "file" / "a" / "b" / "out.jsonl",
        "too long": folder / ("가" * 300),
    }


@pytest.mark.parametrize("bad", ["folder", "under a file", "deep under a file", "too long"])
@pytest.mark.parametrize("command", ["messages", "export", "mask", "answer"])
def test_a_target_that_can_be_no_file_is_refused_and_nothing_is_left(shell, tmp_path, capsys, command, bad):
    target = bad_targets(tmp_path)[bad]
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": 1, "text": "안녕", "turns": ["안녕"]}\n', encoding="utf-8")
    words = {
        "messages": ("messages", "latest"),
        "export": ("dataset", "export", "latest"),
        "mask": ("mask", "--in", str(source)),
        "answer": ("answer", "--recipe", "persona", "--model", "base", "--in", str(source)),
    }[command]
    before = sorted(tmp_path.rglob("*"))
    error = told(capsys, *words, "--out", str(target), "--store", str(shell.store))["error"]
    assert target.name in error["ko"] and target.name in error["en"]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_target_in_a_folder_still_to_be_made_is_written(shell, tmp_path):
    shell.run("messages", "latest", "--out", str(tmp_path / "새" / "폴더" / "m.jsonl"))
    assert [path.name for path in (tmp_path / "새" / "폴더").iterdir()] == ["m.jsonl"]


def test_a_file_that_failed_half_way_is_not_there(tmp_path):
    with pytest.raises(KeyError), whole_file(tmp_path / "a.jsonl") as file:
        file.write("{}\n")
        raise KeyError
    assert not list(tmp_path.iterdir())


# odd JSON


def test_masking_keeps_lone_surrogates_as_they_came(tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": "\\udc80", "text": "\\ud800 전화 010-1234-5678 \\udfff"}\n', encoding="utf-8")
    assert mask_file(source, target, [])["spans"] == 1
    row = json.loads(target.read_text(encoding="utf-8"))
    assert (row["id"], row["masked"]) == ("\udc80", "\ud800 전화 [전화번호_1] \udfff")


@pytest.mark.parametrize("line", ["[" * 200_000, '{"id": [], "text": "a"}', '{"id": 1, "text": ' + "9" * 5000 + "}"])
def test_masking_names_the_line_it_cannot_read(tmp_path, line):
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": 1, "text": "a"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(UserError, match="2번째 줄"):
        mask_file(source, tmp_path / "out.jsonl", [])
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize(
    "turns",
    [
        '[{"role": "user", "text": null}]',
        '[{"role": "user", "text": 5}]',
        '[{"text": "비밀"}]',
        '[{"role": "user"}]',
        "[null]",
        "[5]",
        "[[]]",
        "[]",
        '"문자열"',
        "null",
        "{}",
        "7",
        '["\\ud800"]',
        "[" * 200_000,
    ],
)
def test_a_question_that_is_none_is_named_by_file_and_line(tmp_path, turns):
    source = tmp_path / "질문.jsonl"
    source.write_text(f'{{"id": 1, "turns": ["안녕?"]}}\n{{"id": 2, "turns": {turns}}}\n', encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_questions(source, lambda item: Asked(RECIPE.prompt(item, RECIPE.options())))
    assert "질문.jsonl 2번째 줄" in caught.value.ko and "Line 2 of 질문.jsonl" in caught.value.en
    assert "비밀" not in caught.value.ko + caught.value.en


# commands


def test_a_job_not_waited_for_tells_its_own_id(shell, tmp_path):
    other = pc_chat(tmp_path / "b.txt", days=1, seed=1)
    queued = [
        shell.run("import", str(other), "--recipe", "persona", "--no-wait"),
        shell.run("mask", "latest", "--no-wait"),
    ]
    with open_store(shell.store) as db:
        assert [get_job(db, job["job_id"])["kind"] for job in queued] == ["import", "mask"]


@pytest.mark.parametrize("command", ["show", "export"])
def test_only_the_three_splits_are_known(shell, capsys, tmp_path, command):
    out = ["--out", str(tmp_path / "o.jsonl")] if command == "export" else []
    words = ["dataset", command, "latest", "--split", "tset", *out, "--store", str(shell.store)]
    assert "tset" in told(capsys, *words)["error"]["ko"] and not list(tmp_path.iterdir())


def test_the_style_of_the_options_is_the_style_of_the_dataset(shell):
    assert rows_of(shell, f"SELECT style FROM datasets WHERE id = '{shell.dataset}'") == [("instruction",)]


@pytest.mark.parametrize(
    ("words", "stop"),
    [
        ([], []),
        (["stop=끝"], ["끝"]),
        (["stop=끝", "temperature=0", "stop=그만, 진짜"], ["끝", "그만, 진짜"]),
        (["stop=a=b"], ["a=b"]),
        (["stop="], []),
    ],
)
def test_every_stop_adds_a_phrase(words, stop):
    assert decoding_settings(words, RECIPE)["stop"] == stop


def test_a_stop_phrase_is_a_phrase_and_no_list_of_letters():
    assert Decoding(stop="끝났어").stop == ("끝났어",)


def asking(folder):
    """A command that answers with a bare base, but for its questions, which are not there."""
    out = str(folder / "a.jsonl")
    return ["answer", "--recipe", "persona", "--model", "base", "--in", "none.jsonl", "--out", out]


@pytest.mark.parametrize("option", [("--backend", "onnx"), ("--sources", "src-1"), ("--backend", "")])
def test_what_answer_cannot_do_is_said(shell, capsys, tmp_path, option):
    words = asking(tmp_path)
    assert option[0] in told(capsys, *words, *option, "--store", str(shell.store))["error"]["ko"]


def test_a_way_of_answering_that_the_recipe_does_not_have_is_named(shell, capsys, tmp_path):
    words = asking(tmp_path)
    for option in (["--decoding", "json"], ["--model", "base@json"]):
        assert "json" in told(capsys, *words, *option, "--store", str(shell.store))["error"]["ko"]


def test_answer_takes_the_one_backend_and_the_one_decoding_there_are(shell, capsys, tmp_path):
    words = asking(tmp_path)
    error = told(capsys, *words, "--backend", "transformers", "--decoding", "free", "--store", str(shell.store))[
        "error"
    ]
    assert "none.jsonl" in error["ko"]


def test_the_list_of_models_says_in_words_what_became_of_a_run(shell, capsys, monkeypatch):
    adopt_adapter(shell.store, shell.folder / "adapter", "starter", "persona")
    assert main(["models", "list", "--store", str(shell.store)]) == 0
    assert "끝남" in capsys.readouterr().out
    monkeypatch.setenv("MALMOI_LANG", "en")
    assert main(["models", "list", "--store", str(shell.store)]) == 0
    assert "끝남" not in capsys.readouterr().out


# chats nobody can learn from


def chat_of(path: Path, *names: str) -> Path:
    lines = [f"[{name}] [오후 1:{minute:02d}] 안녕" for minute, name in enumerate(names * 3)]
    head = ["모임 님과 카카오톡 대화", "저장한 날짜 : 2026-06-01 10:50:33", ""]
    day = "--------------- 2026년 1월 2일 금요일 ---------------"
    path.write_text("\r\n".join([*head, day, *lines]), encoding="utf-8", newline="")
    return path


def test_a_chat_in_which_one_person_speaks_is_refused_and_nothing_is_left(shell, tmp_path):
    file = chat_of(tmp_path / "혼자.txt", "가온")
    error = shell.run("import", str(file), "--recipe", "persona", status=2)["error"]
    assert "1명" in error["ko"] and "가온" in error["ko"]
    assert not rows_of(shell, "SELECT id FROM sources WHERE name = '혼자.txt'")
    assert not rows_of(shell, "SELECT id FROM records WHERE source_id NOT IN (SELECT id FROM sources)")


def test_a_chat_of_many_asks_who_me_is_until_it_is_told(shell, tmp_path):
    words = "import", str(chat_of(tmp_path / "모임.txt", "가온", "나리", "다솜")), "--recipe", "persona"
    tries = [shell.run(*words), shell.run(*words), shell.run(*words, "--me", "다솜"), shell.run(*words)]
    assert [told["me"] for told in tries] == [None, None, "다솜", "다솜"]
    assert [any("--me" in warning for warning in told["warnings"]) for told in tries] == [True, True, False, False]


# bugs and ports


def test_a_bug_is_one_json_object_and_a_traceback(shell, tmp_path):
    (tmp_path / "broken.py").write_text("raise ZeroDivisionError('비밀')", encoding="utf-8")
    shell.environment["MALMOI_RECIPES"] = str(tmp_path)
    error = shell.run("recipes", status=1)["error"]
    del shell.environment["MALMOI_RECIPES"]
    assert "ZeroDivisionError" in error["en"] and "비밀" not in error["ko"]


@pytest.mark.parametrize("port", ["-1", "0", "65536", "70000"])
def test_a_port_that_does_not_exist_is_refused_before_anything_starts(port):
    words = [sys.executable, str(ROOT / "start.py"), "--port", port, "--no-browser"]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 2 and port in done.stderr and "65535" in done.stderr and not done.stdout
