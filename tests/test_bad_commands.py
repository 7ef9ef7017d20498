"""Command lines that are no command, and settings that this machine cannot train: told before anything is queued."""

import json

import pytest

from engine.cli.app import main
from engine.store.open import open_store
from engine.store.runs import list_runs
from tests.runs_store import frozen_dataset


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["plan", "--recipe", "persona", "--vram", "abc"], "--vram"),
        (["plan", "--recipe", "persona", "--vram", "inf"], "--vram"),
        (["search", "show", "a", "b"], "b"),
        (["plan"], "--recipe"),
        (["train", "--recipe", "persona", "--sett", "epochs=1"], "--sett"),
        (["trian"], "trian"),
        (["capsule", "make", "run-1", "--out"], "--out"),
    ],
)
def test_a_mistyped_command_is_one_message_that_names_the_word(tmp_path, capsys, words, named):
    assert main([*words, "--json", "--store", str(tmp_path / "s.db")]) == 2
    out, err = capsys.readouterr()
    told = json.loads(out)["error"]
    assert named in told["ko"] and named in told["en"] and "--help" in told["en"]
    assert err == told["ko"] + "\n" and not (tmp_path / "s.db").exists()


def test_a_group_without_a_command_shows_its_help(capsys):
    assert main(["capsule", "--json"]) == 2
    out, err = capsys.readouterr()
    assert "import" in err and "capsule --help" in json.loads(out)["error"]["ko"]


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("lora_targets=,", "lora_targets"),
        ("lora_targets=q_proj,nonsense", "nonsense"),
        ("report_to=wandb", "report_to"),
        ("precision=fp16", "precision"),
        ("optimizer=paged_adamw_8bit", "optimizer"),
    ],
)
def test_what_a_run_could_not_begin_with_is_said_before_it_is_queued(fresh_store, monkeypatch, capsys, value, named):
    monkeypatch.setattr("engine.jobs.launch.cards", list)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with open_store(fresh_store) as db:
        frozen_dataset(db)
    words = ["train", "--recipe", "persona", "--set", value, "--no-wait", "--store", str(fresh_store)]
    assert main(words) == 2
    assert named in capsys.readouterr().err
    with open_store(fresh_store) as db:
        assert not list_runs(db)


def test_nothing_said_is_refused_before_a_model_is_looked_for(fresh_store, capsys):
    assert main(["chat", "--say", " ", "--store", str(fresh_store)]) == 2
    assert "--say" in capsys.readouterr().err


@pytest.mark.parametrize("beside", [["--from", "latest"], ["--then-eval"]])
def test_a_dry_run_does_not_pass_over_what_it_cannot_do(fresh_store, capsys, beside):
    assert main(["train", "--recipe", "persona", "--dry-run", *beside, "--store", str(fresh_store)]) == 2
    assert beside[0] in capsys.readouterr().err
