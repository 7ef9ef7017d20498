"""The page of masks: values, the doubtful in turn, words to click, and the undo that stands above them."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.privacy.apply import mask_source
from engine.privacy.correct import add_word, list_decisions
from engine.privacy.labels import WORDS as LABELS
from engine.privacy.policy import mask_policy
from engine.store.jobs import enqueue, list_jobs
from engine.store.mask_values import count_doubtful
from engine.store.open import open_store
from engine.store.sources import set_me
from tests.test_page_data import PICTURE, keys, named, opened, ran, words
from tests.test_page_data_masks import Hands, counts, masked
from tests.test_store import add_chat
from ui.words import WORDS

CHAT = [
    ("가온", "민수랑 밥 먹었어 010-1234-5678로 전화해"),
    ("나리", "도깨비랑 왔어"),
    ("나리", "박 부장님이 또 불렀어"),
    ("가온", f"최 과장님도 그래 {PICTURE}"),
    ("나리", "윤 대리님은 안 그래"),
    ("가온", "또 도깨비가 왔어 010-1234-5678"),
    *((("가온", "나리")[i % 2], f"010-2000-{i:04}") for i in range(20)),
]


@pytest.fixture
def app(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


@pytest.fixture
def source(fresh_store) -> str:
    with open_store(fresh_store) as db:
        source = add_chat(db, CHAT)
    mask_source(Hands(fresh_store, "job-hand", "t"), source)
    return source


def press(app: AppTest, prefix: str, place: int = 0) -> AppTest:
    app.button(key=keys(app, prefix)[place]).click()
    return ran(app)


def decisions(store) -> list[tuple[str, str | None]]:
    with open_store(store) as db:
        return sorted((decision.what, decision.word) for decision in list_decisions(db))


def test_any_message_is_corrected_by_clicking_its_words(app, fresh_store, source):
    opened(app, view="masks", show="all")
    press(app, "data_fix_", 1)
    (pick,) = [pills for pills in app.pills if pills.key.startswith("data_pick_")]
    assert pick.options == ["도깨비", "랑", "왔어"]
    pick.set_value([0])
    ran(app)
    assert "2번 나옵니다" in words(app)
    (add,) = [key for key in keys(app, "data_pick_") if key.endswith("_add")]
    app.button(key=add).click()
    ran(app)
    assert decisions(fresh_store) == [("added", "도깨비")] and app.toast
    with open_store(fresh_store) as db:
        assert "도깨비" not in "".join(masked(db, source))
    press(app, "data_step_undo")
    assert decisions(fresh_store) == []
    press(app, "data_step_redo")
    assert decisions(fresh_store) == [("added", "도깨비")]


def test_words_are_taken_from_the_first_to_the_last_clicked_and_may_be_trimmed(app, fresh_store, source):
    opened(app, view="masks", show="all")
    press(app, "data_fix_", 1)
    next(pills for pills in app.pills if pills.key.startswith("data_pick_")).set_value([0, 2])
    ran(app)
    (box,) = [one for one in app.text_input if one.key.startswith("data_pick_")]
    assert box.value == "도깨비랑 왔어"
    box.set_value("도깨비")
    ran(app)
    press(app, next(key for key in keys(app, "data_pick_") if key.endswith("_add")))
    assert decisions(fresh_store) == [("added", "도깨비")]


def test_what_a_search_found_is_hidden_at_once(app, fresh_store, source):
    opened(app, view="masks", show="all")
    app.text_input(key=f"data_search_{source}").set_value("도깨비")
    ran(app)
    press(app, "data_found_")
    assert decisions(fresh_store) == [("added", "도깨비")]


def test_values_are_listed_filtered_turned_and_shown_with_one_click(app, fresh_store, source):
    opened(app, view="masks", part="values")
    told = words(app)
    assert plain_in(told, "010-1234-5678") and len(keys(app, "data_free_")) == 12
    press(app, "data_following")
    assert len(keys(app, "data_free_")) == 12
    press(app, "data_previous")
    app.pills(key=f"values_levels_{source}").set_value(["doubtful"])
    ran(app)
    assert len(keys(app, "data_free_")) == 3 and not keys(app, "data_all_")
    app.pills(key=f"values_levels_{source}").set_value([])
    ran(app)
    press(app, "data_where_")
    assert plain_in(words(app), "로 전화해")
    press(app, "data_free_")
    assert ("kept", "010-1234-5678") in decisions(fresh_store)
    press(app, "data_back_")
    assert decisions(fresh_store) == []


def plain_in(told: str, text: str) -> bool:
    return text in told.replace("\\", "")


def test_the_doubtful_are_decided_one_at_a_time_until_none_is_left(app, fresh_store, source):
    opened(app, view="masks", part="review")
    assert "3가지 남음" in words(app)
    first = keys(app, "data_yes_")
    press(app, "data_yes_")
    assert keys(app, "data_yes_") != first and "2가지 남음" in words(app)
    press(app, "data_later_")
    press(app, "data_no_")
    assert "미룬 1가지" in words(app)
    press(app, "data_review_again")
    press(app, "data_yes_")
    assert "확인할 것이 없습니다" in app.success[0].value
    assert [what for what, _ in decisions(fresh_store)] == ["accepted", "accepted", "kept"]
    press(app, "data_step_undo")
    assert "1가지 남음" in words(app)


def test_chat_text_stays_text_in_the_queue_and_among_values(app, fresh_store, source):
    opened(app, view="masks", part="review")
    for _ in range(3):
        assert "![" not in words(app) and "<b>" not in words(app)
        press(app, "data_later_")


def test_counts_of_kinds_follow_the_level_and_the_other_way_round(app, fresh_store, source):
    opened(app, view="masks", show="all")
    with open_store(fresh_store) as db:
        before = counts(db, source)
        assert count_doubtful(db, source) == (3, 3)
    kinds, levels = app.pills(key=f"data_chips_{source}"), app.pills(key=f"data_levels_{source}")
    assert f"전화번호 {before['PHONE']}" in kinds.options and "의심스러움 3" in levels.options
    levels.set_value(["doubtful"])
    ran(app)
    assert app.pills(key=f"data_chips_{source}").options == ["이름 3", "전화번호 0"]
    assert len(keys(app, "data_fix_")) == 3


def test_a_button_of_an_old_window_is_refused_in_words(app, fresh_store, source):
    with open_store(fresh_store) as db:
        add_word(db, "도깨비", "PERSON", source, source)
    opened(app, view="masks")
    with open_store(fresh_store) as db:
        add_word(db, "전화해", "PERSON", source, source)
    app.button(key="data_step_undo").click()
    assert "다른 창" in ran(app).error[0].value and len(decisions(fresh_store)) == 2


def test_every_kind_a_mask_may_have_has_words():
    assert all(f"data.label.{label}" in WORDS for label in LABELS)


def test_the_policy_is_chosen_by_switches_and_kept(app, fresh_store, source):
    opened(app, view="masks")
    app.toggle(key="data_policy_quasi").set_value(True)
    ran(app)
    with open_store(fresh_store) as db:
        assert mask_policy(db).quasi and not mask_policy(db).crisis_lines
    app.toggle(key="data_policy_quasi").set_value(False)
    ran(app)
    with open_store(fresh_store) as db:
        assert not mask_policy(db).quasi


def test_while_a_source_is_masked_no_second_job_is_offered(app, fresh_store, source):
    with open_store(fresh_store) as db:
        job = enqueue(db, "mask", {"source": source})
        db.execute("UPDATE sources SET masked_at = NULL WHERE id = ?", [source])
    opened(app, view="masks")
    app.button(key="data_mask_next").click()
    assert named(ran(app), "job") == job
    with open_store(fresh_store) as db:
        assert [one["id"] for one in list_jobs(db)] == [job]


@pytest.mark.parametrize("part", ["messages", "values", "review"])
def test_in_english_no_korean_is_left_but_the_chat(app, fresh_store, part):
    with open_store(fresh_store) as db:
        source = add_chat(db, [("Kim", "hello"), ("Lee", "call 010-1234-5678"), ("Lee", "see Lee Minho")])
        set_me(db, source, "Kim")
    mask_source(Hands(fresh_store, "job-hand", "t"), source)
    with open_store(fresh_store) as db:
        add_word(db, "hello", "PERSON", source, source)
    opened(app, view="masks", part=part)
    app.button(key="frame_switch").click()
    told = words(ran(app)) + "".join(button.label for button in app.button)
    left = [line for line in told.splitlines() if any("가" <= letter <= "힣" for letter in line)]
    known = ("전화번호", "이름", "말모이", "한국어")
    assert not [line for line in left if not any(word in line for word in known)], left
