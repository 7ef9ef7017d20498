"""Reports: their numbers are the store's, hostile names stay text, and no chat text leaves unasked."""

import json
from itertools import product
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.cli.app import main
from engine.errors import UserError
from engine.evaluate.report import escape
from engine.reports.markdown import command
from engine.reports.report import file_name, report
from engine.reports.run import pick
from engine.store.datasets import add_members, add_rows, freeze_dataset, start_dataset
from engine.store.evaluations import add_answers, finish_evaluation, start_evaluation
from engine.store.jobs import enqueue
from engine.store.lineage import link
from engine.store.open import open_store
from engine.store.runs import add_metrics, add_run, update_run
from engine.store.sources import add_records, finish_masks, finish_source, start_source
from engine.train.settings import TrainSettings
from ui.reports import report_bytes

HOSTILE = "a|b<script>alert(1)</script>\n# 제목 ![x](http://evil.example/p.png) `code` @you"
SAID = "내일 세 시에 만나자"


@pytest.fixture
def made(fresh_store: Path) -> dict[str, str]:
    """A source, a dataset, a run and an evaluation, made by hand; everything named by somebody is hostile."""
    with open_store(fresh_store) as db:
        job = enqueue(db, "import", {})
        name = f"KakaoTalk_서하린_{HOSTILE}.txt"
        source = start_source(db, recipe="persona", kind="kakao", name=name, fingerprint="f", size=10, job_id=job)
        add_records(db, source, 0, [("2026-01-01T10:00", "서하린", "text", SAID, None)])
        finish_source(db, source, "한도윤", {"서하린": 1, "한도윤": 2}, {"speakers": {}})
        finish_masks(db, source, {"counts": {"PERSON": 7, "PHONE": 2}, "residual": 0, "seconds": 0.1})
        dataset = frozen(db, source)
        run = trained(db, dataset)
        evaluation = judged(db, dataset, run)
    return {"source": source, "dataset": dataset, "run": run, "evaluation": evaluation}


def frozen(db, source: str, masked: bool = True) -> str:
    options = {"style": "chat", "instruction": HOSTILE, "seed": 0}
    job = enqueue(db, "dataset", {"masked": masked})
    dataset = start_dataset(
        db, recipe="persona", style="chat", options=options, masked=masked, job_id=job, sources=[source]
    )
    turns = json.dumps([{"role": "user", "content": SAID}], ensure_ascii=False)
    rows = [("persona", source, 1, 1, f"날{i % 9}{masked}", turns, f"{HOSTILE} {i}", "{}") for i in range(18)]
    ids = add_rows(db, rows)
    splits = ["train"] * 7 + ["validation", "test"]
    add_members(db, dataset, [(i, id_, splits[i % 9], None) for i, id_ in enumerate(ids[:16])])
    add_members(db, dataset, [(16, ids[16], None, "dull"), (17, ids[17], None, "made_up|reason")])
    freeze_dataset(db, dataset)
    return dataset


def trained(db, dataset: str) -> str:
    settings = TrainSettings(lora_rank=7, packing=True).model_dump(mode="json")
    origins = dict.fromkeys(settings, "default") | {"lora_rank": "--set", "packing": "--set", "epochs": "preset:quick"}
    base = {"name": "gemma-3-1b", "revision": "abc", "hash": "0" * 64}
    run = add_run(
        db, recipe="persona", dataset_id=dataset, base=base, preset="quick", settings=settings, origins=origins
    )
    job = enqueue(db, "train", {"run": run})
    db.execute("UPDATE jobs SET state = 'done', ending = 'done' WHERE id = ?", [job])
    for step in range(0, 101):
        add_metrics(db, run, step, epoch=step / 50, loss=5 - step / 40, learning_rate=1e-4)
    for step, loss in ((0, 6.5), (50, 3.25), (100, 3.75)):
        add_metrics(db, run, step, eval_loss=loss)
    update_run(
        db, run, job_id=job, steps_total=100, peak_gb=1.7083, tokens_per_second=1773.12, best_step=50,
        environment_json={"python": "3.11.7", "device": "cpu", "code": None, "libraries": {"torch": HOSTILE}},
        result_json={"stopped": "early", "notes": ["참고입니다. / A note."]},
    )  # fmt: skip
    row = db.execute("SELECT min(id) FROM rows").fetchone()[0]
    db.execute("INSERT INTO run_samples VALUES (?, 50, ?, ?)", [run, row, f"예시 {HOSTILE}"])
    return run


def judged(db, dataset: str, run: str) -> str:
    job = enqueue(db, "evaluate", {})
    settings = {"decoding": {"temperature": 0.7, "stop": []}, "models": ["base:gemma", run], "limit": 10}
    evaluation = start_evaluation(
        db, job_id=job, recipe="persona", suite=("persona", "1"), dataset_id=dataset, split="test",
        settings=settings, run_ids=[run],
    )  # fmt: skip
    for model in settings["models"]:
        answer = {
            "item": HOSTILE,
            "row_id": None,
            "answer": SAID,
            "raw": SAID,
            "scores": {"empty": 0.0},
            "duration_ms": 1,
        }
        add_answers(db, evaluation, model, [answer])
    scores = [
        {"model": model, "metric": "empty", "value": value, "low": 0.0, "high": 0.5, "n": 10, "unit": "share"}
        for model, value in zip(settings["models"], (0.125, 0.375), strict=True)
    ]
    test = {"a": "base:gemma", "b": run, "metric": "empty", "delta": 0.25, "low": 0.1, "high": 0.4, "p": 0.01, "n": 10}
    finish_evaluation(db, evaluation, scores, [{**test, "test": "mcnemar_exact"}], {"method": {"items": 10}})
    return evaluation


def told(store: Path, id_: str, language: str = "ko", examples: bool = False) -> str:
    return report_bytes(store, id_, language, examples).decode()


def test_a_run_report_says_what_the_store_says(fresh_store, made):
    text = told(fresh_store, made["run"])
    figures = [
        "배우기 전 검증 손실: 6.5000",
        "가장 낮은 검증 손실: 3.2500 \\(50스텝\\)",
        "마지막 검증 손실: 3.7500 \\(100스텝\\)",
        "처음 학습 손실: 5.0000",
        "마지막 학습 손실: 2.5000",
        "100 / 100",
        "1,773.1",
        "1.71 GiB",
        "더 나아지지 않아 스스로 멈췄습니다",
        "Gemma Terms of Use",
        "| lora\\_rank | 7 | 내가 정함 |",
        "| epochs | 3.0 | 프리셋 quick |",
        "--set lora_rank=7 --set packing=true",
        "나빠졌습니다 (1): 아무 말도 하지 않은 답",
        "참고입니다.",
        "모두 101개",
    ]
    assert not [figure for figure in figures if figure not in text]


def test_a_dataset_report_says_what_the_store_says(fresh_store, made):
    text = told(fresh_store, made["dataset"])
    figures = [
        "| 이름 | 7 |",
        "| 전화번호 | 2 |",
        "| 학습용 | 14 |",
        "| 맞장구뿐 | 1 |",
        "made\\_up\\|reason | 1 |",
        "두 나눔에 걸친 묶음: 0",
    ]
    assert not [figure for figure in figures if figure not in text]


def test_an_evaluation_report_names_metrics_in_plain_words(fresh_store, made):
    text = told(fresh_store, made["evaluation"])
    assert "아무 말도 하지 않은 답" in text and "0.375" in text and "decoding.temperature: 0.7" in text
    assert "| empty |" not in text


@pytest.mark.parametrize("kind", ["run", "dataset", "evaluation"])
def test_hostile_names_stay_text(fresh_store, made, kind):
    for language, examples in product(("ko", "en"), (False, True)):
        text = told(fresh_store, made[kind], language, examples)
        prose = text.split("```")[0] + text.split("```")[-1]
        assert "<script>" not in text and "![x](" not in text and "\n# 제목" not in prose
        assert "http://evil" not in text


@pytest.mark.parametrize("kind", ["run", "dataset", "evaluation"])
def test_english_reports_hold_no_korean_of_ours(fresh_store, made, kind):
    text = told(fresh_store, made[kind], "en").replace(escape(HOSTILE), "")
    assert not [line for line in text.splitlines() if any("가" <= c <= "힣" for c in line)]


@pytest.mark.parametrize("kind", ["run", "dataset", "evaluation"])
def test_no_chat_text_and_no_speaker_without_being_asked(fresh_store, made, kind):
    text = told(fresh_store, made[kind])
    assert SAID not in text and "서하린" not in text and "하린" not in text and "예시 a" not in text


def test_examples_are_there_when_asked_for(fresh_store, made):
    assert SAID in told(fresh_store, made["dataset"], examples=True)
    assert "예시 a" in told(fresh_store, made["run"], examples=True)


def test_an_unmasked_dataset_gives_no_examples_even_when_asked(fresh_store, made):
    with open_store(fresh_store) as db:
        open_ = frozen(db, made["source"], masked=False)
        db.execute("UPDATE runs SET dataset_id = ? WHERE id = ?", [open_, made["run"]])
    for id_ in (open_, made["run"]):
        text = told(fresh_store, id_, examples=True)
        assert SAID not in text and "예시 a" not in text and "가리지 않은 자료라서" in text


def test_a_base_in_a_folder_does_not_tell_where_the_owner_keeps_it(fresh_store, made, tmp_path):
    with open_store(fresh_store) as db:
        db.execute("UPDATE runs SET base = ? WHERE id = ?", [str(tmp_path / "비밀" / "내모델"), made["run"]])
    text = told(fresh_store, made["run"])
    assert "내모델" in text and "비밀" not in text


def test_the_command_cannot_be_left_by_a_name(made, fresh_store):
    lines = command(["python", "--dataset", "ds\n```\n# x $(rm)"])
    assert len(lines) == 3 and "```" not in lines[1] and "'ds '''" not in lines[1] and "'" in lines[1]


def test_a_source_that_was_forgotten_is_named_as_gone(fresh_store, made):
    with open_store(fresh_store) as db:
        link(db, "source", "src-gone", "dataset", made["dataset"])
    assert "src-gone (지워졌습니다)" in told(fresh_store, made["dataset"])


def test_a_run_that_just_began_has_a_report_too(fresh_store, made):
    with open_store(fresh_store) as db:
        base = {"name": "starter", "revision": None, "hash": ""}
        run = add_run(
            db,
            recipe="gone",
            dataset_id=None,
            base=base,
            preset=None,
            settings={"seed": 0},
            origins={"seed": "default"},
        )
    text = told(fresh_store, run)
    assert "적힌 손실이 없습니다" in text and "아직 평가하지 않았습니다" in text and "다른 곳에서 학습해" in text


def test_what_is_gone_is_said_in_the_file(fresh_store):
    with open_store(fresh_store) as db, pytest.raises(UserError, match="보고서로 만들 수"):
        report(db, "run-none")
    assert "저장소에 없습니다" in told(fresh_store, "run-none")


def test_the_command_writes_the_same_report(fresh_store, made, tmp_path, capsys):
    out = tmp_path / "r.md"
    assert main(["report", made["dataset"], "--out", str(out), "--lang", "en", "--json"]) == 0
    assert out.read_text(encoding="utf-8") == told(fresh_store, made["dataset"], "en")
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["bytes"] == out.stat().st_size
    assert main(["report", made["run"], "--out", str(tmp_path / "none" / "r.md")]) == 2
    assert main(["report", "run-none", "--out", str(out)]) == 2


@pytest.mark.parametrize("given", ["run-4k7d2m", "../../etc/passwd", "ev-\n<b>", ""])
def test_a_file_name_is_harmless(given):
    assert set(file_name(given)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.") and ".." not in file_name(given)


def test_picked_points_hold_both_ends():
    assert pick(4, 15) == [0, 1, 2, 3] and pick(1000, 15)[0] == 0 and pick(1000, 15)[-1] == 999


def test_the_button_reads_nothing_until_it_is_pressed(fresh_store):
    def script() -> None:
        from ui.reports import download

        download("run", "run-4k7d2m")
        download("evaluation", "ev-4k7d2m")

    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception and [button.label for button in app.download_button] == [
        "학습 보고서 받기",
        "평가 보고서 받기",
    ]
    assert [box.label for box in app.checkbox] == ["예시 글 넣기"], "an evaluation's report holds no texts to choose"
    assert not fresh_store.exists()
