"""The data page with clauses and pairs: columns shown before the import, a report in words, a list to search, no chat words."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.jobs.queue import wait
from engine.store.open import open_store
from engine.store.overview import NextStep, next_step
from engine.store.sources import get_source, list_sources
from tests.policies import TEXT
from tests.test_import_clauses import bring, chunks, row
from tests.test_jobs import end_supervisor
from tests.test_page_data import keys, named, opened, ran, words

RECIPES = ("clauses",)
EVIL = "![몰래](http://127.0.0.1:9/a.png) <b>굵게</b> :red[빨강]"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AppTest:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


def brought(store: Path, *files: Path, **args: Any) -> str:
    return str(bring(store, *files, recipe="policy", **args)["source_id"])


@pytest.fixture
def source(fresh_store: Path, tmp_path: Path) -> str:
    rows = [row(n, "누리생명" if n % 3 else "다온화재") for n in range(1, 41)]
    rows += [row(50, text=rows[0]["text"]), row(1, text=EVIL), row(51, text="가나다라 " * 900)]
    return brought(fresh_store, chunks(tmp_path / "chunked_data.jsonl", rows))


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_report_of_clauses_has_no_word_of_chats(app: AppTest, source: str) -> None:
    opened(app)
    shown = metrics(app)
    assert (shown["조항"], shown["같은 글"], shown["너무 긴 조항"], shown["거의 같은 글"]) == ("43", "1", "1", "0")
    told = words(app)
    assert "조항 43개" in told and "조항이 들어왔습니다" in told
    for chat in ("말한 사람", "나: ", "메시지", "가림", "대화에"):
        assert chat not in told.replace("대화나 약관을", ""), chat
    assert (
        not app.radio
        and not keys(app, "data_mask")
        and app.button(key="data_go_curate").label.endswith("질문·답 만들기")
    )
    assert app.segmented_control(key="data_view_written").options == ["읽은 것", "조항과 질문"]


def test_the_first_page_asks_neither_for_masks_nor_for_me(app: AppTest, source: str, fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        assert next_step(db) == NextStep("build", source)
    assert not ran(app).exception


def test_list_of_clauses_is_paged_searched_and_filtered(app: AppTest, source: str) -> None:
    opened(app, view="clauses")
    assert "43개" in words(app) and "제12조(보험금)".replace("(", "\\(").replace(")", "\\)") in words(app)
    app.button(key="clauses_following").click()
    assert named(ran(app), "at") == "12" and "c13" in words(app)
    app.button(key="clauses_following").click()
    ran(app)
    app.button(key="clauses_previous").click()
    assert named(ran(app), "at") == "12"
    app.text_input(key=f"clauses_words_{source}").set_value("제17조")
    assert "1개" in words(ran(app)) and "at" not in app.query_params and named(app, "words") == "제17조"
    app.text_input(key=f"clauses_words_{source}").set_value("없는말이다")
    assert "이 조건에 맞는 것이 없습니다" in words(ran(app))
    app.text_input(key=f"clauses_words_{source}").set_value("")
    ran(app)
    app.selectbox(key=f"clauses_company_{source}").set_value("다온화재")
    assert "13개" in words(ran(app))
    app.selectbox(key=f"clauses_company_{source}").set_value(None)
    ran(app)
    app.toggle(key=f"clauses_long_{source}").set_value(True)
    assert "1개" in words(ran(app)) and "c51" in words(app)
    [show] = keys(app, "clauses_open_")
    app.button(key=show).click()
    assert len(words(ran(app))) > 4_000


def test_text_of_a_clause_stays_text(app: AppTest, source: str) -> None:
    opened(app, view="clauses", words="몰래")
    told = words(app)
    assert "\\!\\[몰래\\]" in told and "\\<b\\>" in told and "![몰래]" not in told


def test_english_page_is_english(app: AppTest, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALMOI_LANG", "en")
    opened(app)
    assert {"Clauses", "Copies", "Too long", "Near copies"} <= set(metrics(app))
    assert "clause ids stand for two texts" in words(app).replace("\\", "") and "겹칩니다" not in words(app)
    assert "43 found" in words(opened(app, view="clauses"))


def test_counting_anew_is_a_job_and_a_wrong_base_is_told(app: AppTest, source: str, fresh_store: Path) -> None:
    opened(app)
    app.number_input(key="clauses_limit").set_value(1024)
    ran(app)
    try:
        app.button(key="clauses_recount").click()
        job = named(ran(app), "job")
        wait(fresh_store, job, lambda _: None)
        ran(app)
        assert app.toast and "job" not in app.query_params
    finally:
        end_supervisor(fresh_store)
    with open_store(fresh_store) as db:
        assert get_source(db, source)["report"]["clauses"]["longest_allowed"] == 1024


def ask(app: AppTest, path: Path | str) -> AppTest:
    opened(app, add="1")
    app.selectbox(key="data_recipe").set_value("policy")
    ran(app)
    app.segmented_control(key="data_how").set_value("path")
    ran(app)
    app.text_area(key="data_path").set_value(str(path))
    app.button(key="data_import").click()
    return ran(app)


def test_columns_are_shown_before_the_import_and_can_be_corrected(
    app: AppTest, fresh_store: Path, tmp_path: Path
) -> None:
    file = tmp_path / "표.csv"
    file.write_text(
        "질문,답변,메모\n수술비는요?,50만원입니다.,제5조에서\n입원비는요?,5만원입니다.,제6조에서\n", encoding="utf-8"
    )
    try:
        ask(app, file)
        assert app.selectbox(key="clauses_map_question").value == "질문"
        assert app.selectbox(key="clauses_map_clause").value is None
        with open_store(fresh_store) as db:
            assert not list_sources(db)
        app.selectbox(key="clauses_map_question").set_value(None)
        assert app.button(key="clauses_map_go").disabled is False
        ran(app)
        assert app.button(key="clauses_map_go").disabled and "골라야 합니다" in words(app)
        app.selectbox(key="clauses_map_question").set_value("질문")
        app.selectbox(key="clauses_map_clause").set_value("메모")
        ran(app)
        assert "제5조에서" in app.dataframe[0].value.to_csv()
        app.button(key="clauses_map_go").click()
        told = wait(fresh_store, named(ran(app), "job"), lambda _: None)
    finally:
        end_supervisor(fresh_store)
    assert told["mapping"] == {"question": "질문", "answer": "답변", "clause": "메모"}
    ran(app)
    assert "열을 이렇게 읽었습니다" in words(app)
    app.segmented_control(key="data_view_written").set_value("clauses")
    ran(app)
    assert "수술비는요" in words(app) and "50만원입니다" in words(app)


def test_giving_up_the_columns_leaves_nothing(app: AppTest, fresh_store: Path, tmp_path: Path) -> None:
    file = tmp_path / "표.csv"
    file.write_text("물음표,여기\n가,나\n다,라\n", encoding="utf-8")
    ask(app, file)
    assert app.button(key="clauses_map_go").disabled
    app.button(key="clauses_map_cancel").click()
    ran(app)
    assert app.button(key="data_import") and not keys(app, "clauses_map")


def test_a_policy_needs_no_columns_and_a_photo_is_refused(app: AppTest, fresh_store: Path, tmp_path: Path) -> None:
    policy = tmp_path / "든든암보험.txt"
    policy.write_text(TEXT, encoding="utf-8")
    photo = tmp_path / "a.pdf"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n")
    ask(app, photo)
    assert app.error and "job" not in app.query_params
    app.text_area(key="data_path").set_value(str(policy))
    try:
        app.button(key="data_import").click()
        told = wait(fresh_store, named(ran(app), "job"), lambda _: None)
        ran(app)
    finally:
        end_supervisor(fresh_store)
    assert told["kind"] == "clauses" and metrics(app)["조항"] == "11"


def test_a_data_set_of_the_hub_goes_the_same_way(app: AppTest, fresh_store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    lines = [json.dumps({"question": f"{n}번은요?", "answer": "네 그렇습니다."}, ensure_ascii=False) for n in range(5)]
    (folder / "train.jsonl").write_text("\n".join(lines), encoding="utf-8")
    try:
        ask(app, f"hub:{folder}")
        told = wait(fresh_store, named(app, "job"), lambda _: None)
    finally:
        end_supervisor(fresh_store)
    assert (told["kind"], told["records"]) == ("qa", 5)
