"""A folder of AI Hub and a table of questions through commands to a trained model; what cannot be read is refused before a job is made."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hub_folder import hub_folder, saved

QUESTIONS = "\n".join(
    ["문제,보기1,보기2,보기3,정답", *(f"{word}이(가) 하는 일은?,{word} 돌기,{word} 서기,{word} 걷기,{n % 3 + 1}" for n, word in enumerate(("염통", "밥통", "숨통", "큰골")))]
)  # fmt: skip


def engine(*words: str, code: int = 0) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "engine", "--json", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_half_a_download_and_strangers_make_no_job(tmp_path: Path) -> None:
    folder = hub_folder(tmp_path / "hub")
    (folder / "TL_내과.zip.part0").write_bytes(b"PK\x03\x04")
    for words in ((), ("--as", "aihub")):
        refused = engine("import", str(folder), "--recipe", "medical", *words, code=2)
        assert "TL_내과.zip.part0" in refused["error"]["ko"]
    broken = engine("dataset", "build", "--recipe", "medical", "--set", "mix=1/2", code=2)
    assert "20/30/50" in broken["error"]["ko"]


@pytest.mark.slow
def test_from_a_folder_to_an_answer(tmp_path: Path) -> None:
    told = engine("import", str(hub_folder(tmp_path / "hub")), "--recipe", "medical", "--as", "aihub")
    assert told["forms"]["interview"] == 10 and told["unparsed_file_count"] == 2
    table = engine("import", str(saved(tmp_path / "q.csv", QUESTIONS)), "--recipe", "medical", "--as", "mcqa")
    assert table["answers_from"] == 1 and not table["unparsed"]
    made = engine("dataset", "build", "--recipe", "medical", "--source", "all")
    assert made["rows"] >= 60 and set(made["licences"]) == {told["source_id"]}
    assert made["mix"]["domain"]["wanted"] == 0.5 and made["types"].keys() >= {
        "mcqa",
        "interview",
        "passage",
        "maths",
        "qa",
    }
    run = engine("train", "--recipe", "medical", "--set", "max_steps=4", "--set", "max_length=256")
    asked = [
        {"id": "a", "question": "염통이 하는 일은?", "choices": ["돌기", "서기"]},
        {"id": "b", "turns": [{"role": "user", "content": "배가 아파요."}]},
    ]
    lines = saved(tmp_path / "asked.jsonl", "\n".join(json.dumps(one, ensure_ascii=False) for one in asked))
    engine(
        "answer",
        "--recipe",
        "medical",
        "--model",
        run["run_id"],
        "--in",
        str(lines),
        "--out",
        str(tmp_path / "said.jsonl"),
    )
    said = [json.loads(line) for line in (tmp_path / "said.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["id"] for one in said] == ["a", "b"]
