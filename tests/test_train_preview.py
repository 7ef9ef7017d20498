"""The look at the rows before a run: it counts what the run itself will do, and shows a row as the model sees it."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.jobs.preview import overlaps, preview_json, preview_rows
from engine.models.bases import resolve_base
from engine.models.light import light_tokenizer
from engine.models.template import as_model_sees
from engine.models.tokenizer import load_tokenizer
from engine.store.datasets import add_members, add_rows, freeze_dataset, get_dataset, start_dataset
from engine.store.open import open_store
from engine.train.data import encode_rows
from engine.train.preview import WHOLE_ROWS, look_at_rows, time_left
from engine.train.settings import TrainSettings
from tests.tiny_models import make_tiny

Row = tuple[str, str, str, str]
"""(group, what was said, answer, split)"""


def frozen(store: Path, rows: list[Row], role: str = "user", recipe: str = "persona", meta: str = "{}") -> dict:
    with open_store(store) as db:
        dataset = start_dataset(db, recipe=recipe, style="chat", options={}, masked=True, job_id="job-none", sources=[])
        batch = [
            (recipe, None, i, i, group, json.dumps([{"role": role, "content": said}], ensure_ascii=False), answer, meta)
            for i, (group, said, answer, _) in enumerate(rows)
        ]
        members = [(i, row, rows[i][3], None) for i, row in enumerate(add_rows(db, batch))]
        add_members(db, dataset, members)
        return freeze_dataset(db, dataset)


SHORT: list[Row] = [(f"날 {i}", f"저녁 {i}시에 뭐 먹지", f"국수 {i}그릇 먹자", "train") for i in range(20)]
LONG: list[Row] = [("긴 날", "오늘 있었던 일을 말해 줘", "아침에 일어나 밥을 먹고 걸었다. " * 60, "train")]
OLD: list[Row] = [("먼 날", "옛날 이야기를 하나 하자면 말이야 " * 60, "그랬구나", "train")]


def starter(settings_length: int = 128):
    folder = resolve_base("starter").location
    tokenizer = light_tokenizer(Path(folder))
    assert tokenizer is not None
    return tokenizer


def test_the_preview_counts_what_the_run_will_do(fresh_store: Path) -> None:
    dataset, tokenizer = frozen(fresh_store, SHORT + LONG + OLD), starter()
    with open_store(fresh_store) as db:
        found = look_at_rows(db, dataset, tokenizer, 128)
    run = encode_rows(
        tokenizer, [([{"role": "user", "content": said}], answer) for _, said, answer, _ in SHORT + LONG + OLD], 128
    )
    assert (found.left_out, found.truncated, found.tokens) == (run.left_out, run.cut, run.tokens) == (1, 1, run.tokens)
    assert found.trained_tokens == sum(len(one.input_ids) - one.prompt_length for one in run.examples)
    assert found.exact and not found.stops and found.seen == 22 and found.longest > 128
    assert len(found.browse["truncated"]) == len(found.browse["left_out"]) == 1 and len(found.browse["random"]) == 20


def test_rows_of_which_nothing_can_be_learned_stop_the_run(fresh_store: Path) -> None:
    dataset = frozen(fresh_store, LONG)
    with open_store(fresh_store) as db:
        found = look_at_rows(db, dataset, starter(), 128)
        assert found.stops and found.trained_share == 0 and time_left(found, 0, TrainSettings(), 100.0) is None
        assert preview_json(found, [], None)["zero_trained"] == {"rows": 1, "what_happens": "stops"}


def test_a_large_dataset_is_looked_at_in_a_sample_and_says_so(fresh_store: Path) -> None:
    rows = [(f"날 {i}", f"몇 시야 {i}", f"{i}시야", "train") for i in range(WHOLE_ROWS + 1)]
    dataset = frozen(fresh_store, rows)
    with open_store(fresh_store) as db:
        found = look_at_rows(db, dataset, starter(), 128)
    assert not found.exact and found.rows == WHOLE_ROWS + 1 and found.seen < WHOLE_ROWS


def test_hangul_in_byte_tokens_is_counted_as_parts(fresh_store: Path) -> None:
    dataset = frozen(fresh_store, [("날", "뷁 뛟 쉙", "뷁뷁뷁 뛟뛟", "train")])
    plain = frozen(fresh_store, [("날", "밥 먹자", "밥 먹자", "train")])
    with open_store(fresh_store) as db:
        odd, usual = (look_at_rows(db, one, starter(), 128) for one in (dataset, plain))
    assert odd.part_share > 0.3 > 0.05 > usual.part_share
    assert odd.syllable_tokens is not None and usual.syllable_tokens is not None
    assert odd.syllable_tokens > 2 > usual.syllable_tokens


def test_a_raw_prompt_is_counted_too(fresh_store: Path) -> None:
    dataset = frozen(fresh_store, [("조항", "### 지시\n요약\n### 출력\n", "보험금을 줍니다.", "train")], role="raw")
    with open_store(fresh_store) as db:
        found = look_at_rows(db, dataset, starter(), 128)
    assert found.left_out == 0 and 0 < found.trained_share < 1


def test_an_encoder_decoder_is_counted_with_its_own_tokenizer(fresh_store: Path, tmp_path: Path) -> None:
    base = resolve_base(str(make_tiny("bart", tmp_path)))
    dataset = frozen(fresh_store, SHORT + LONG)
    with open_store(fresh_store) as db:
        assert preview_rows(db, dataset, base, 128) is None, "it needs the libraries of models"
        tokenizer = load_tokenizer(base)
        found = look_at_rows(db, dataset, tokenizer, 128)
    assert (found.seen, found.left_out) == (21, 1) and 0 < found.trained_share < 1
    seen = as_model_sees(tokenizer, [{"role": "user", "content": "저녁 뭐 먹지"}], "국수 먹자", 128)
    assert seen.text.endswith(seen.end_token) and "\ufffd" not in seen.text


def test_time_is_epochs_times_rows_times_tokens_at_the_measured_speed(fresh_store: Path) -> None:
    dataset = frozen(fresh_store, SHORT)
    with open_store(fresh_store) as db:
        found = look_at_rows(db, dataset, starter(), 128)
    left = time_left(found, 0, TrainSettings(epochs=4.0, batch_size=4), 50.0)
    assert left is not None
    assert (left.steps, left.tokens, left.seconds) == (20, 4 * found.tokens, pytest.approx(4 * found.tokens / 50))
    validated = time_left(found, 10, TrainSettings(epochs=4.0, batch_size=4), 50.0)
    assert validated is not None and validated.seconds > left.seconds


def test_held_out_rows_that_training_gives_away_are_counted(fresh_store: Path) -> None:
    held: list[Row] = [
        ("다른 날", "저녁 3시에 뭐 먹지", "국수 3그릇 먹자", "test"),
        ("다른 날", "어제 본 영화 제목이 뭐였더라", "기억이 안 나네 미안", "test"),
    ]
    dataset = frozen(fresh_store, SHORT + held)
    with open_store(fresh_store) as db:
        [found] = overlaps(db, dataset)
    assert (found.split, found.rows, found.exact) == ("test", 2, True)
    assert found.kinds == {"group": 0, "exact": 1, "near": 0}


def test_days_shared_with_a_dataset_that_was_judged_on_are_counted(fresh_store: Path) -> None:
    judged = frozen(
        fresh_store,
        [("날 1", "산책 갈까 말까 고민이야", "가자 지금 바로", "test"), ("첫날", "비가 오려나", "글쎄", "train")],
    )
    dataset = frozen(fresh_store, SHORT)
    with open_store(fresh_store) as db:
        db.execute(
            "INSERT INTO evaluations (id, recipe, suite, suite_version, dataset_id, split, settings_json, state, created_at) "
            "VALUES ('ev-1', 'persona', 's', '1', ?, 'test', '{}', 'whole', '2026-01-01')",
            [judged["id"]],
        )
        [found] = overlaps(db, get_dataset(db, dataset["id"]))
    assert (found.dataset, found.kinds) == (judged["id"], {"group": 1, "exact": 0, "near": 0})


def test_a_base_that_is_not_here_has_no_preview(fresh_store: Path) -> None:
    dataset = frozen(fresh_store, SHORT)
    with open_store(fresh_store) as db:
        assert preview_rows(db, dataset, resolve_base("polyglot-ko-1.3b"), 128) is None


def page(app: AppTest, **names: str) -> AppTest:
    app.run()
    app.switch_page("pages/3_Train.py")
    for name, value in names.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def shown(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error", "html")
    return "\n".join(
        str(element.proto.body if kind == "html" else element.value) for kind in kinds for element in app.get(kind)
    )


def test_the_page_shows_the_numbers_the_rows_and_the_overlap(fresh_store: Path, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    held: list[Row] = [("다른 날", "저녁 3시에 뭐 먹지", "국수 3그릇 먹자", "test")]
    dataset = frozen(fresh_store, SHORT + LONG + OLD + held)
    app = page(
        AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60), dataset=dataset["id"], set="max_length=128"
    )
    assert "1행은 답이 128토큰에 들어가지 않아" in shown(app) and "국수" not in shown(app), (
        "rows are shown when asked for"
    )
    numbers = {metric.label: metric.value for metric in app.metric}
    assert numbers["빠지는 행"] == "1" and numbers["잘린 행"] == "5%"
    app.toggle(key="train_look_rows").set_value(True).run()
    app.segmented_control(key="train_look_kind").set_value("longest").run()
    assert "옛날 이야기" in shown(app) and "1 / 20" in shown(app) and "끝 토큰" in shown(app)
    app.button(key="preview_on").click().run()
    assert "아침에 일어나" in shown(app) and "2 / 20" in shown(app)
    app.segmented_control(key="train_look_kind").set_value("left_out").run()
    assert "아침에 일어나" in shown(app) and "1 / 1" in shown(app) and "멈추는 법을 배우지 못합니다" in shown(app)
    app.toggle(key="train_look_overlap").set_value(True).run()
    assert "1행 가운데 1행이 학습 행과 겹칩니다" in shown(app) and not app.exception


def test_the_page_says_when_nothing_could_be_learned(fresh_store: Path, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    dataset = frozen(fresh_store, LONG)
    app = page(AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60), dataset=dataset["id"], set="max_length=64")
    assert any("시작하지 않습니다" in error.value for error in app.error)
