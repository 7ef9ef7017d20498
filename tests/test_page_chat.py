"""The chat page: what it shows and keeps, one model or two, in one window or several. Models are talkers of the tests."""

import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import ui.chat_talk
from engine.config import ROOT
from engine.errors import UserError
from engine.store.chats import (
    add_message,
    delete_chat,
    get_chat,
    get_chats,
    judge_answer,
    list_chats,
    read_messages,
    start_chats,
)
from engine.store.open import open_store
from tests.talkers import Talker
from tests.talking import RUN, add_run


@pytest.fixture
def app(monkeypatch):
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    st.cache_resource.clear()


@pytest.fixture
def db(fresh_store):
    with open_store(fresh_store) as found:
        yield found


@pytest.fixture
def talkers(monkeypatch):
    """What is loaded next: a talker per loading, by the model's name."""
    loaded: list[tuple[str, Talker]] = []
    waiting: list[Talker] = []

    def load(store, model):
        talker = waiting.pop(0) if waiting else Talker(["응", " 그래"])
        loaded.append((model.name, talker))
        return talker

    monkeypatch.setattr(ui.chat_talk, "open_model", load)
    load.loaded, load.waiting = loaded, waiting
    return load


def held(db, *texts, models=("base:starter",), title="제목"):
    ids = start_chats(db, models, title, {})
    for chat in ids:
        for index, text in enumerate(texts):
            add_message(db, chat, "assistant" if index % 2 else "user", text)
    return ids[0]


def open_chat(app, **asked):
    app.run()
    app.switch_page("pages/6_Chat.py")
    for name, value in asked.items():
        app.query_params[name] = value
    return settled(app.run())


def settled(app):
    assert not app.exception, app.exception
    return app


def say(app, text):
    return settled(app.chat_input(key="chat_said").set_value(text).run())


def press(app, start):
    return settled(next(b for b in app.button if b.key and b.key.startswith(start)).click().run())


def shown(app):
    """(who, text) of every bubble, escapes taken away."""
    bubbles = ((one.name, [part.value for part in one.markdown]) for one in app.chat_message)
    return [(name, parts[0].replace("\\", "")) for name, parts in bubbles if parts]


def texts(db, chat):
    return [message["text"] for message in read_messages(db, chat)]


def test_on_an_empty_store_the_starter_can_be_talked_to_at_once(app, db, talkers):
    open_chat(app)
    assert app.selectbox(key="chat_model").value == "base:starter"
    assert any("아주 작은 모델" in one.value for one in app.caption)
    say(app, "안녕?")
    chat = app.query_params["chat"]
    assert shown(app) == [("user", "안녕?"), ("assistant", "응 그래")] and texts(db, chat) == ["안녕?", "응 그래"]
    say(app, "또 안녕")
    assert texts(db, chat) == ["안녕?", "응 그래", "또 안녕", "응 그래"] and len(talkers.loaded) == 1


@pytest.mark.parametrize("blank", ["   ", "\n\n", "\t"])
def test_only_spaces_are_not_sent(app, db, blank):
    say(open_chat(app), blank)
    assert not list_chats(db) and not app.chat_message


def test_chat_text_is_shown_as_text_not_as_markup(app, db):
    chat = held(
        db, "<script>alert(1)</script> **굵게** $x$ :red[빨강]", "![](http://127.0.0.1:9/a.png)", title="<b>제목</b>"
    )
    judge_answer(db, chat, 1, "down", "<i>나라면</i>")
    open_chat(app, chat=chat)
    bubbles = app.chat_message
    assert "\\<script\\>" in bubbles[0].markdown[0].value and "\\*\\*굵게" in bubbles[0].markdown[0].value
    assert bubbles[1].markdown[0].value.startswith("\\!\\[") and "\\<i\\>" in bubbles[1].caption[0].value
    assert "\\<b\\>" in app.button(key=f"chat_{chat}").label


def test_streamed_text_is_text_too(app, talkers):
    talkers.waiting.append(Talker(["<b>", "굵게", "</b>"], fails=UserError("멈춤", "stopped")))
    say(open_chat(app), "안녕")
    assert shown(app)[-1] == ("assistant", "<b>굵게</b>") and "\\<b\\>" in app.chat_message[-1].markdown[0].value
    assert app.error[0].value == "멈춤" and any("중간에 끊겼습니다" in c.value for c in app.chat_message[-1].caption)


def test_a_link_to_a_deleted_chat_says_so_and_the_next_words_begin_a_new_one(app, db, talkers):
    assert open_chat(app, chat="chat-gone").warning
    say(app, "그래도")
    assert app.query_params["chat"] != "chat-gone" and texts(db, app.query_params["chat"]) == ["그래도", "응 그래"]


def test_a_chat_deleted_in_another_window_loses_no_new_words(app, db, talkers):
    chat = held(db, "하나", "답")
    open_chat(app, chat=chat)
    delete_chat(db, chat)
    say(app, "둘")
    assert app.query_params["chat"] != chat and texts(db, app.query_params["chat"]) == ["둘", "응 그래"]


def test_an_old_chat_opens_by_its_address(app, db):
    old, *_ = (held(db, "옛날 말", title=f"대화 {i}") for i in range(30))
    db.execute("UPDATE chats SET created_at = '2020-01-01T00:00:00+00:00' WHERE id = ?", [old])
    open_chat(app, chat=old)
    assert not app.warning and shown(app) == [("user", "옛날 말")]
    assert app.button(key=f"chat_{old}").label == "대화 0"
    press(app, "chat_more")
    assert len([b for b in app.button if b.label.startswith("대화")]) == 30


def test_titles_can_be_searched(app, db):
    for i in range(10):
        held(db, "말", title=f"대화 {i}")
    open_chat(app)
    settled(app.text_input(key="chat_search").set_value("화 7").run())
    assert [b.label for b in app.button if b.label.startswith("대화")] == ["대화 7"]
    settled(app.text_input(key="chat_search").set_value("없는 말").run())
    assert any("그런 제목" in one.value for one in app.caption)


def test_an_open_chat_shows_its_own_model_and_another_model_begins_a_new_chat(app, db):
    chat = held(db, "안녕", models=["run-forgotten"])
    open_chat(app, chat=chat)
    assert app.selectbox(key="chat_model").value == "run-forgotten"
    settled(app.selectbox(key="chat_model").select("base:starter").run())
    assert not app.chat_message and "chat" not in app.query_params
    assert app.selectbox(key="chat_model").value == "base:starter" == app.query_params["model"]
    press(app, f"chat_{chat}")
    assert app.selectbox(key="chat_model").value == "run-forgotten" and app.chat_message


def test_a_chat_whose_run_is_gone_can_be_read_but_not_continued(app, db):
    open_chat(app, chat=held(db, "안녕", "응", models=["run-forgotten"]))
    assert "run\\-forgotten" in app.error[0].value and app.chat_input(key="chat_said").disabled
    assert shown(app) == [("user", "안녕"), ("assistant", "응")]
    assert not [b for b in app.button if b.key and b.key.startswith("chat_again")]


def test_a_link_from_a_run_opens_a_new_chat_with_it(app, db, talkers):
    add_run(db)
    add_run(db, "run-b")
    open_chat(app, model=RUN)
    assert app.selectbox(key="chat_model").value == RUN
    say(app, "안녕")
    assert get_chat(db, app.query_params["chat"])["model"] == RUN and talkers.loaded[0][0] == RUN


@pytest.mark.parametrize(("model", "told"), [("run-none", "run\\-none"), ("run-b", "아직 쓸 수 있는 어댑터가")])
def test_a_link_to_a_model_that_cannot_answer_says_why(app, db, model, told):
    add_run(db)
    add_run(db, "run-b", adapter=False)
    open_chat(app, model=model)
    assert told in app.error[0].value and app.selectbox(key="chat_model").value == RUN


def test_settings_begin_with_the_recipe_and_stay_with_the_chat(app, db, talkers):
    add_run(db)
    open_chat(app, model=RUN)
    slider = next(s for s in app.slider if s.key.startswith("chat_max_new_tokens"))
    assert slider.value == 80, "the persona recipe's"
    settled(slider.set_value(40).run())
    settled(next(s for s in app.slider if s.key.startswith("chat_temperature")).set_value(0.0).run())
    settled(next(a for a in app.text_area if a.key.startswith("chat_stop")).set_value("그만\n\n끝").run())
    assert app.query_params["max_new_tokens"] == "40", "kept by the address until the chat begins"
    say(app, "안녕")
    chat = app.query_params["chat"]
    assert "max_new_tokens" not in app.query_params
    settings = get_chat(db, chat)["settings"]
    assert (settings["max_new_tokens"], settings["temperature"], settings["stop"]) == (40, 0.0, ["그만", "끝"])
    used = talkers.loaded[0][1].decodings[0]
    assert (used.max_new_tokens, used.temperature, used.stop) == (40, 0.0, ("그만", "끝"))
    press(app, "chat_new")
    press(app, f"chat_{chat}")
    settled(next(s for s in app.slider if s.key.startswith("chat_top_p")).set_value(0.5).run())
    assert get_chat(db, chat)["settings"]["top_p"] == 0.5
    press(app, "chat_usual")
    settings = get_chat(db, chat)["settings"]
    assert (settings["max_new_tokens"], settings["top_p"], settings["stop"]) == (80, 0.9, [])


def test_nonsense_in_the_address_changes_nothing(app):
    open_chat(app, temperature="heiß", top_p="7", max_new_tokens="-1", beside="run-none")
    assert next(s for s in app.slider if s.key.startswith("chat_temperature")).value == 0.7


def test_the_last_answer_can_be_made_again_and_a_message_edited(app, db, talkers):
    chat = held(db, "하나", "답 하나", "둘", "답 둘")
    open_chat(app, chat=chat)
    assert len([b for b in app.button if b.key and b.key.startswith("chat_again")]) == 1
    press(app, "chat_again")
    assert texts(db, chat) == ["하나", "답 하나", "둘", "응 그래"]
    press(app, f"chat_edit_{chat}_0")
    area = next(a for a in app.text_area if a.key.startswith("chat_edited"))
    assert area.value == "하나"
    area.set_value("  ")
    press(app, "chat_edit_send")
    assert texts(db, chat)[0] == "하나" and app.text_area(key=area.key)
    app.text_area(key=area.key).set_value("고친 하나")
    press(app, "chat_edit_send")
    assert texts(db, chat) == ["고친 하나", "응 그래"]
    assert not [a for a in app.text_area if a.key.startswith("chat_edited")]


def test_an_edit_that_got_no_answer_changes_nothing_and_keeps_the_words(app, db, talkers):
    chat = held(db, "하나", "답 하나")
    talkers.waiting.append(Talker(["반"], fails=UserError("메모리", "memory")))
    open_chat(app, chat=chat)
    press(app, f"chat_edit_{chat}_0")
    next(a for a in app.text_area if a.key.startswith("chat_edited")).set_value("고친 말")
    press(app, "chat_edit_send")
    assert app.error[0].value == "메모리" and texts(db, chat) == ["하나", "답 하나"]
    assert next(a for a in app.text_area if a.key.startswith("chat_edited")).value == "고친 말"
    press(app, "chat_edit_cancel")
    assert shown(app) == [("user", "하나"), ("assistant", "답 하나")]


def test_an_interrupted_chat_can_go_on(app, db, talkers):
    chat = held(db, "하나")
    open_chat(app, chat=chat)
    assert any("답이 없습니다" in one.value for one in app.caption)
    press(app, "chat_now")
    assert texts(db, chat) == ["하나", "응 그래"]


def test_thumbs_and_corrections_come_back_after_a_reload(app, db):
    chat = held(db, "안녕", "응")
    open_chat(app, chat=chat)
    settled(app.feedback[0].set_value(1).run())
    assert read_messages(db, chat)[1]["thumb"] == "up"
    words = next(a for a in app.text_area if a.key.startswith("chat_words"))
    words.set_value("어 안녕ㅋㅋ")
    settled(next(b for b in app.button if b.label == "남기기").click().run())
    assert (read_messages(db, chat)[1]["thumb"], read_messages(db, chat)[1]["correction"]) == ("up", "어 안녕ㅋㅋ")
    fresh = open_chat(AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60), chat=chat)
    assert any("어 안녕ㅋㅋ" in one.value for one in fresh.chat_message[1].caption) and fresh.feedback[0].value == 1
    assert any("고친 말 1" in one.value for one in fresh.caption)
    assert any("저절로 학습에 쓰이지" in one.value for one in fresh.caption)


def test_two_models_get_the_same_words_and_share_one_set_of_weights(app, db, talkers):
    add_run(db)
    open_chat(app, model="base:starter", beside=RUN)
    say(app, "안녕")
    left, right = get_chats(db, app.query_params["chat"])
    assert (left["model"], right["model"]) == ("base:starter", RUN)
    assert texts(db, left["id"])[0] == texts(db, right["id"])[0] == "안녕"
    assert texts(db, left["id"])[1] == "맨몸 응맨몸  그래" and texts(db, right["id"])[1] == "응 그래"
    assert [name for name, _ in talkers.loaded] == [RUN], "the base is the adapter's weights with the adapter off"
    assert [who for who, _ in shown(app)] == ["user", "assistant", "assistant"]
    press(app, "chat_again")
    assert len(read_messages(db, left["id"])) == len(read_messages(db, right["id"])) == 2
    press(app, f"chat_edit_{left['id']}_0")
    next(a for a in app.text_area if a.key.startswith("chat_edited")).set_value("고친 말")
    press(app, "chat_edit_send")
    assert texts(db, left["id"])[0] == texts(db, right["id"])[0] == "고친 말"


def test_what_one_side_cannot_answer_does_not_hold_the_other(app, db, talkers):
    add_run(db, base="no/such-base")
    open_chat(app, chat=held(db, "하나", "답", models=["base:starter", RUN]))
    talkers.waiting.append(Talker(["응"], fails=UserError("왼쪽이 안 됨", "left fails")))
    say(app, "둘")
    chats = get_chats(db, app.query_params["chat"])
    assert [texts(db, chat["id"])[-1] for chat in chats] == ["응", "응 그래"] and "왼쪽이" in app.error[0].value
    assert [talker.closed for _, talker in talkers.loaded] == [True, False], "two big ones never lie in memory at once"


def test_a_chat_is_renamed_and_deleted_from_its_own_menu(app, db):
    chat, other = held(db, "하나", title="옛 제목"), held(db, "둘")
    open_chat(app, chat=chat)
    app.text_input(key=f"chat_title_{chat}").set_value(" 새 제목 ")
    settled(next(b for b in app.button if b.label == "제목 바꾸기").click().run())
    assert get_chat(db, chat)["title"] == "새 제목" and app.button(key=f"chat_{chat}").label == "새 제목"
    press(app, "chat_delete")
    assert [one["id"] for one in list_chats(db)] == [other] and "chat" not in app.query_params and not app.chat_message


def test_a_long_chat_draws_its_last_turns_and_more_on_request(app, db):
    open_chat(app, chat=held(db, *(f"말 {i}" for i in range(100))))
    assert len(app.chat_message) == 30 and shown(app)[-1] == ("assistant", "말 99")
    press(app, "chat_before")
    assert len(app.chat_message) == 60


def test_the_page_speaks_english_too(app, db):
    chat = held(db, "hello", "hi", models=["base:starter", "base:starter2"])
    db.execute("UPDATE chat_messages SET ended = 'stopped' WHERE role = 'assistant'")
    open_chat(app, chat=chat)
    press(app, "frame_switch")
    said = json.dumps([[e.value for e in app.caption], [b.label for b in app.button if b.key != "frame_switch"]], ensure_ascii=False)  # fmt: skip
    assert not [letter for letter in said.replace("제목", "") if "가" <= letter <= "힣"], said
