"""The people of a source on the data page, tidying with its differences, and speech levels on the curation page."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.curate.tidy import look_over, pieces, read_sample
from engine.korean.normalise import LIGHT
from engine.store.consent import list_roles, roles_of, set_consent, set_role
from engine.store.datasets import get_dataset
from engine.store.jobs import list_jobs
from engine.store.open import all_rows, open_store
from engine.store.rows import Which, find_rows, speech_levels
from engine.store.settings import get_setting
from engine.store.sources import get_source
from tests.test_consent import add_group, build
from tests.test_jobs import end_supervisor
from tests.test_page_data import named, opened, ran, words
from ui.data_tidy import SETTING

ODD = (
    "10:00 나리 뭐  해\u200b ![몰래](http://127.0.0.1:9/a.png)",
    "10:01 가온 <b>자는 중</b>ㅋㅋㅋㅋㅋ",
    "10:02 나리 :red[빨강] 좋아\u00a0좋아!!!!",
    "10:03 가온 그래 알겠어요",
)


@pytest.fixture
def app(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


@pytest.fixture
def source(fresh_store: Path) -> str:
    with open_store(fresh_store) as db:
        return add_group(db, days=6)


def roles(store: Path, source: str) -> dict[str, str]:
    with open_store(store) as db:
        return {one.name: one.role for one in list_roles(db, source, "가온")}


def test_people_are_shown_with_what_they_said_and_when(app, source):
    opened(app, view="people")
    told = words(app)
    assert "메시지 24개 · 44.4% · 2026-05-01 ~ 2026-05-06" in told and "나 · 배웁니다" in told
    shown = [one.key for one in app.selectbox if one.key and "consent" in one.key]
    assert shown == [f"data_person_consent_{source}_{name}" for name in ("나리", "다온")]


def test_a_role_and_a_note_are_kept_and_declining_locks_the_role(app, fresh_store, source):
    opened(app, view="people")
    app.segmented_control(key=f"data_person_role_{source}_다온").set_value("left_out")
    ran(app)
    assert roles(fresh_store, source)["다온"] == "left_out" and "1명을 빼서 메시지 12개(22.2%)" in words(app)
    app.selectbox(key=f"data_person_consent_{source}_나리").set_value("declined")
    ran(app)
    assert roles(fresh_store, source)["나리"] == "left_out"
    assert app.segmented_control(key=f"data_person_role_{source}_나리").disabled and app.date_input
    app.selectbox(key=f"data_person_consent_{source}_나리").set_value("none")
    ran(app)
    assert roles(fresh_store, source)["나리"] == "context"


def test_a_choice_can_go_to_every_source_of_that_name(app, fresh_store, source):
    with open_store(fresh_store) as db:
        other = add_group(db, name="둘.txt")
    opened(app, view="people", source=source)
    app.toggle(key="data_people_everywhere").set_value(True)
    ran(app)
    app.segmented_control(key=f"data_person_role_{source}_다온").set_value("left_out")
    ran(app)
    assert roles(fresh_store, source)["다온"] == roles(fresh_store, other)["다온"] == "left_out"


def test_a_name_that_declined_elsewhere_says_so(app, fresh_store, source):
    with open_store(fresh_store) as db:
        other = add_group(db, name="둘.txt")
        set_consent(db, source, "다온", "declined")
    opened(app, view="people", source=other)
    assert "다른 자료에서 거절해" in words(app) and roles(fresh_store, other)["다온"] == "left_out"


def test_datasets_built_with_other_roles_are_named_with_their_runs(app, fresh_store, source):
    told = build(fresh_store, [source])
    with open_store(fresh_store) as db:
        set_role(db, source, "다온", "left_out")
    opened(app, view="people", source=source)
    assert "이제는 뺀 사람의 말이 들어 있음: 다온" in words(app)
    app.switch_page("pages/2_Curate.py")
    app.query_params["dataset"] = told["dataset_id"]
    ran(app)
    assert "이제는 뺀 사람의 말이 들어 있음: 다온" in words(app)


def test_forgetting_shows_what_it_touches_and_asks_for_the_name(app, fresh_store, source):
    dataset = build(fresh_store, [source])["dataset_id"]
    with open_store(fresh_store) as db:
        db.execute("UPDATE jobs SET state = 'done'")
    opened(app, view="people", source=source)
    app.button(key="data_person_forget_다온").click()
    ran(app)
    assert dataset in words(app).replace("\\", "") and app.button(key="settings_forget_now").disabled
    app.text_input(key="settings_forget_typed_speaker_다온").set_value("다온")
    ran(app)
    app.button(key="settings_forget_now").click()
    ran(app)
    assert "다온" not in roles(fresh_store, source)
    with open_store(fresh_store) as db:
        assert not all_rows(db, "SELECT 1 FROM records WHERE speaker = '다온'")


@pytest.mark.parametrize("count", [30])
def test_many_people_are_found_by_name(app, fresh_store, count):
    with open_store(fresh_store) as db:
        lines = [f"10:{n:02d} 사람{n:02d} 안녕 다들" for n in range(count)]
        source = add_group(db, [*lines, "11:00 가온 안녕"])
    opened(app, view="people", source=source)
    assert len([one for one in app.segmented_control if "role" in (one.key or "")]) == 11
    app.text_input(key=f"data_people_find_{source}").set_value("사람29")
    ran(app)
    assert [one.key for one in app.segmented_control if "role" in (one.key or "")] == [
        f"data_person_role_{source}_사람29"
    ]


def test_tidying_shows_differences_as_text_and_counts(app, fresh_store):
    with open_store(fresh_store) as db:
        source = add_group(db, ODD)
        sample = read_sample(db, get_source(db, source))
    assert len(sample.texts) == 4 and look_over(sample, LIGHT)[0] == 2
    assert sample.counts["laughter"] == sample.counts["punctuation"] == 1
    opened(app, view="tidy", source=source)
    told = words(app)
    assert "메시지 4개를 모두 살폈습니다. 2개(50.0%)가 바뀝니다." in told
    assert ":orange-background[‹200B›]" in told and "![몰래]" not in told and ":red[빨강]" not in told
    app.toggle(key="tidy_on_laughter").set_value(True)
    ran(app)
    with open_store(fresh_store) as db:
        assert get_setting(db, SETTING) == [*LIGHT, "laughter"]
    assert "3개(75.0%)" in words(app) and "<b>" not in words(app)
    app.button(key="tidy_up_laughter").click()
    ran(app)
    app.selectbox(key="tidy_which").set_value("punctuation")
    ran(app)
    with open_store(fresh_store) as db:
        assert get_setting(db, SETTING) == ["unicode", "control", "invisible", "laughter", "spaces"]
    app.button(key="tidy_off").click()
    ran(app)
    assert "0개(0.0%)" in words(app)
    for step in ("emoji_words", "emoji_none"):
        app.toggle(key=f"tidy_on_{step}").set_value(True)
        ran(app)
    with open_store(fresh_store) as db:
        assert get_setting(db, SETTING) == ["emoji_none"]


def test_the_build_uses_the_steps_and_says_which(app, fresh_store):
    with open_store(fresh_store) as db:
        source = add_group(db, ODD)
    opened(app, view="tidy", source=source)
    app.toggle(key="tidy_on_laughter").set_value(True)
    ran(app)
    app.switch_page("pages/2_Curate.py")
    app.query_params["view"] = "build"
    ran(app)
    assert "웃음 줄이기" in words(app)
    assert any("normalise=unicode,control,invisible,spaces,laughter" in code.value for code in app.code)
    try:
        app.button(key="curate_go").click()
        ran(app)
        with open_store(fresh_store) as db:
            (job,) = [job for job in list_jobs(db, 5) if job["kind"] == "dataset"]
        assert job["args"]["options"]["normalise"] == [*LIGHT, "laughter"]
    finally:
        end_supervisor(fresh_store)


def test_differences_cut_both_texts_whole():
    for before, after in (("ㅋㅋㅋㅋ 응", "ㅋㅋ 응"), ("가", ""), ("", "나"), ("같다", "같다")):
        left, right = pieces(before, after)
        assert "".join(part for part, _ in left) == before and "".join(part for part, _ in right) == after


def test_a_large_source_is_looked_at_by_a_sample(fresh_store, monkeypatch):
    monkeypatch.setattr("engine.curate.tidy.SAMPLE", 40)
    with open_store(fresh_store) as db:
        source = add_group(db, ODD * 25)
        sample = read_sample(db, get_source(db, source))
    assert not sample.whole and len(sample.texts) == 40
    assert [one.record_id for one in sample.texts] == sorted({one.record_id for one in sample.texts})


def test_speech_levels_are_summed_and_filtered(app, fresh_store):
    lines = (
        "10:00 나리 밥 먹었니 {}",
        "10:01 가온 응 방금 먹었어 {}",
        "15:00 나리 전화 받아 {}",
        "15:01 가온 네 지금 받을게요 {}",
    )
    chat = [line.format(word) for word in ("하나", "둘", "셋", "넷") for line in lines]
    with open_store(fresh_store) as db:
        source = add_group(db, chat, days=4)
        assert roles_of(db, source, "가온").left_out == frozenset()
    dataset = build(fresh_store, [source])["dataset_id"]
    with open_store(fresh_store) as db:
        levels = speech_levels(db, dataset)
        assert sum(levels.values()) == sum(get_dataset(db, dataset)["counts"].values())
        polite = find_rows(db, dataset, Which(speech="polite"), limit=100).rows
        assert len(polite) == levels["polite"] and all(row["meta"]["speech"] == "polite" for row in polite)
    app.run()
    app.switch_page("pages/2_Curate.py")
    app.query_params["dataset"] = dataset
    ran(app)
    assert f"반말 {levels['casual']}" in words(app)
    app.selectbox(key="curate_speech").set_value("polite")
    ran(app)
    assert named(app, "speech") == "polite" and "받을게요" in words(app) and "먹었어 하늘" not in words(app)
