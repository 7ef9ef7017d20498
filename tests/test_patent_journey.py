"""Patent cases through commands: the dictionary, and a cross-validation whose every case is judged by a run that never saw it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.config import SAMPLES
from engine.curate.patent_names import add_names, names_known, remove_name
from engine.errors import UserError
from engine.sources.ingest import ingest
from engine.store.datasets import read_split
from engine.store.evaluations import get_evaluation, read_answers
from engine.store.open import open_store
from tests.importing import Hands

SAMPLE = SAMPLES / "patent" / "cases.jsonl"


def engine(*words: str, code: int = 0) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "engine", "--json", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def brought(store: Path) -> str:
    told = ingest(Hands(store), recipe="patent", kinds=("patent",), files=[SAMPLE], kind=None, me=None)
    return str(told["source_id"])


def test_the_dictionary_is_found_mended_and_kept(fresh_store: Path) -> None:
    source = brought(fresh_store)
    with open_store(fresh_store) as db:
        assert ("TBC", "트리부틸 아세틸시트레이트") in names_known(db, [source])
        add_names(db, ["PLA", "폴리락트산"])
        add_names(db, ["TBC", "tributyl acetylcitrate"])
        remove_name(db, "ESS", [source])
        found = names_known(db, [source])
        assert any(set(group) == {"TBC", "트리부틸 아세틸시트레이트", "tributyl acetylcitrate"} for group in found)
        assert ("PLA", "폴리락트산") in found and not any("ESS" in group for group in found)
        add_names(db, ["ESS", "에너지 저장 장치"])
        assert any("ESS" in group for group in names_known(db, [source]))
        with pytest.raises(UserError, match="없는말"):
            remove_name(db, "없는말", [source])
        with pytest.raises(UserError, match="TBC"):
            add_names(db, ["TBC", " "])


def test_folds_are_refused_where_they_cannot_be(fresh_store: Path) -> None:
    assert "persona" in engine("folds", "--recipe", "persona", code=2)["error"]["en"]
    assert "--k 1" in engine("folds", "--recipe", "patent", "--k", "1", code=2)["error"]["en"]


@pytest.mark.slow
def test_every_case_is_judged_once_by_a_run_that_never_saw_it(fresh_store: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(SAMPLE.read_text(encoding="utf-8").splitlines()[:24]), encoding="utf-8")
    engine("import", str(few), "--recipe", "patent")
    told = engine("folds", "--recipe", "patent", "--k", "2", "--source", "latest", "--rows", "copies=0", "--set", "epochs=1",
                  "--way", "free", "--settings", "max_new_tokens=8")  # fmt: skip
    assert len(told["folds"]) == 2 and told["models"][0]["metrics"]["risk_accuracy"]["n"] == 24
    with open_store(fresh_store) as db:
        assert {one["item"] for one in read_answers(db, told["evaluation_id"])} == {
            str(row["id"]) for fold in told["folds"] for row in read_split(db, fold["dataset"], "test")
        }
        for fold in told["folds"]:
            learned = {row["split_group"] for row in read_split(db, fold["dataset"], "train")}
            assert not learned & {row["split_group"] for row in read_split(db, fold["dataset"], "test")}
        assert get_evaluation(db, told["evaluation_id"])["settings"]["folds"] == told["folds"]
