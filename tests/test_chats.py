"""Chats in the store, a conversation that fails or is stopped, files to take away, the commands. No page is drawn."""

import json
import threading
from pathlib import Path

import pytest

from engine.cli.app import main
from engine.errors import UserError
from engine.serve.asked import Asked
from engine.serve.backend import Weights
from engine.serve.chat import Conversation, begin, hear, turns_of
from engine.serve.chat_export import as_jsonl, as_markdown
from engine.serve.choose import choose_model, side_by_side
from engine.serve.decoding import Decoding
from engine.serve.line import OWNER, Line
from engine.store.chats import (
    add_message,
    count_feedback,
    delete_chat,
    get_chat,
    get_chats,
    judge_answer,
    keep_settings,
    list_chats,
    read_messages,
    rename_chat,
    start_chats,
)
from engine.store.maintain import check
from engine.store.open import all_rows, open_store, writing
from tests.runs_store import ended_run
from tests.talkers import Talker


@pytest.fixture
def db(fresh_store):
    with open_store(fresh_store) as found:
        yield found


def held(db, *texts, model="base:starter"):
    """A chat in which these were said in turn, the owner first."""
    (chat,) = start_chats(db, [model], texts[0] if texts else "…", {})
    for index, text in enumerate(texts):
        add_message(db, chat, "assistant" if index % 2 else "user", text)
    return chat


def conversation(store, talker, chat=None):
    with open_store(store) as db:
        model = choose_model(db, "base:starter")
    return Conversation(store, model, Asked, Decoding(), chat, talker)


def texts(db, chat):
    return [message["text"] for message in read_messages(db, chat)]


def weights(name, adapter=None):
    return Weights(Path("no-store"), name, "nf4", adapter)


@pytest.mark.parametrize(
    ("words", "stored"), [((), ["user"]), (("  ",), ["user"]), (("응", " 그래"), ["user", "assistant"])]
)
def test_a_failed_answer_is_stored_as_far_as_it_came_and_never_empty(fresh_store, words, stored):
    talk = conversation(fresh_store, Talker(words, fails=RuntimeError("broken")))
    with pytest.raises(RuntimeError, match="broken"):
        list(talk.say("안녕"))
    with open_store(fresh_store) as db:
        assert get_chat(db, talk.chat_id)["model"] == "base:starter"
        said = read_messages(db, talk.chat_id)
    assert [message["role"] for message in said] == stored
    assert [message["ended"] for message in said[1:]] == ["failed"] * (len(stored) - 1)


def test_a_stopped_answer_is_kept_and_marked_and_the_chat_goes_on(fresh_store, db):
    talk = conversation(fresh_store, Talker(["하나", " 둘", " 셋"]))
    pieces = talk.say("세어 봐")
    assert [next(pieces), next(pieces)] == ["하나", " 둘"]
    pieces.close()
    assert read_messages(db, talk.chat_id)[-1]["text"] == "하나 둘"
    assert read_messages(db, talk.chat_id)[-1]["ended"] == "stopped"
    list(talk.say("계속"))
    assert [message["ended"] for message in read_messages(db, talk.chat_id)] == ["whole", "stopped", "whole", "whole"]


def test_too_little_memory_is_told_in_words(fresh_store):
    with pytest.raises(UserError, match="메모리가 모자라"):
        list(conversation(fresh_store, Talker(["응"], fails=MemoryError())).say("안녕"))


def test_another_answer_takes_the_place_of_the_last_one_with_another_seed(fresh_store, db):
    chat, talker = held(db, "안녕", "처음 답"), Talker(["새 답"])
    assert "".join(conversation(fresh_store, talker, chat).again(1)) == "새 답"
    assert texts(db, chat) == ["안녕", "새 답"] and talker.asked == [["안녕"]]
    assert talker.decodings[0].seed != Decoding().seed


def test_an_edited_message_replaces_what_followed_once_the_answer_stands(fresh_store, db):
    chat = held(db, "하나", "답 하나", "둘", "답 둘", "셋", "답 셋")
    talker = Talker(["새", " 답"])
    talk = conversation(fresh_store, talker, chat)
    pieces = talk.again(2, "고친 둘")
    next(pieces)
    assert len(texts(db, chat)) == 6, "nothing goes before the new answer stands"
    assert list(pieces) == [" 답"] and talker.asked == [["하나", "답 하나", "고친 둘"]]
    assert texts(db, chat) == ["하나", "답 하나", "고친 둘", "새 답"]


@pytest.mark.parametrize("words", [(), ("반쯤",)])
def test_nothing_is_lost_when_the_new_answer_fails(fresh_store, db, words):
    chat = held(db, "하나", "답 하나", "둘", "답 둘")
    for again in ((3, None), (0, "고친 하나")):
        with pytest.raises(RuntimeError):
            list(conversation(fresh_store, Talker(words, fails=RuntimeError("broken")), chat).again(*again))
    assert texts(db, chat) == ["하나", "답 하나", "둘", "답 둘"]


def test_a_chat_that_went_on_in_another_window_is_not_overwritten(fresh_store, db):
    chat = held(db, "하나", "답 하나")
    pieces = conversation(fresh_store, Talker(["새", " 답"]), chat).again(1)
    next(pieces)
    hear(db, [chat], "다른 창에서")
    with pytest.raises(UserError, match="다른 창에서 이어졌습니다"):
        list(pieces)
    assert texts(db, chat) == ["하나", "답 하나", "다른 창에서"]


def test_a_chat_deleted_while_it_is_answered_says_so_and_does_not_come_back(fresh_store, db):
    chat = held(db, "하나")
    pieces = conversation(fresh_store, Talker(["응", " 그래"]), chat).answer()
    next(pieces)
    delete_chat(db, chat)
    with pytest.raises(UserError, match="지워졌을"):
        list(pieces)
    with pytest.raises(UserError, match="없습니다"):
        list(conversation(fresh_store, Talker(["응"]), chat).answer())
    with pytest.raises(UserError, match="지워졌거나"):
        list(conversation(fresh_store, Talker(["응"]), chat).again(0, "다시"))
    assert not list_chats(db) and not read_messages(db, chat)


def test_two_windows_in_one_chat_lose_no_words(fresh_store, db):
    chat, talker = held(db, "첫 창"), Talker(["답"])
    first = conversation(fresh_store, talker, chat).answer()
    next(first)
    hear(db, [chat], "둘째 창")
    list(first)
    list(conversation(fresh_store, talker, chat).answer())
    assert texts(db, chat) == ["첫 창", "둘째 창", "답", "답"]
    assert talker.asked == [["첫 창"], ["첫 창", "둘째 창"]], "a question stands last, whatever came between"


def test_two_chats_side_by_side_are_listed_renamed_and_deleted_as_one(db):
    left, right = begin(db, ["run-a", "base:starter"], "같은   말", Decoding())
    other = held(db, "따로")
    assert [chat["id"] for chat in get_chats(db, right)] == [left, right] == [c["id"] for c in get_chats(db, left)]
    assert [(one["id"], one["beside_model"]) for one in list_chats(db)] == [(other, None), (left, "base:starter")]
    assert texts(db, left) == texts(db, right) == ["같은   말"] and get_chat(db, left)["title"] == "같은 말"
    rename_chat(db, right, "  새\n제목 ")
    keep_settings(db, right, {"temperature": 0.1})
    for chat in get_chats(db, left):
        assert (chat["title"], chat["settings"]) == ("새 제목", {"temperature": 0.1})
    assert sorted(delete_chat(db, right)) == sorted([left, right]) and [c["id"] for c in list_chats(db)] == [other]
    assert delete_chat(db, left) == []


def test_titles_are_searched_as_text(db):
    for title in ("100% 진짜", "100점", "밑_줄", "밑줄"):
        held(db, title)
    assert [one["title"] for one in list_chats(db, search="0%")] == ["100% 진짜"]
    assert [one["title"] for one in list_chats(db, search="밑_")] == ["밑_줄"]
    assert not list_chats(db, search="\\") and len(list_chats(db, search=" ")) == 4


def test_thumbs_and_corrections_stay_with_their_answer(db):
    chat = held(db, "안녕", "응")
    judge_answer(db, chat, 1, "up")
    judge_answer(db, chat, 1, "up", "  어 안녕ㅋㅋ ")
    assert read_messages(db, chat)[1]["correction"] == "어 안녕ㅋㅋ"
    assert count_feedback(db, "base:starter") == {"up": 1, "down": 0, "corrections": 1}
    judge_answer(db, chat, 1, None)
    assert count_feedback(db, "base:starter") == {"up": 0, "down": 0, "corrections": 0}
    judge_answer(db, chat, 1, None, "말만")
    assert read_messages(db, chat)[1]["thumb"] == "down"
    for gone in ((chat, 0), (chat, 7), ("chat-none", 1)):
        with pytest.raises(UserError, match="평을 남기지 못했습니다"):
            judge_answer(db, *gone, "up")


def test_a_correction_outlives_another_answer_but_its_thumb_does_not(fresh_store, db):
    chat = held(db, "안녕", "처음 답")
    judge_answer(db, chat, 1, "up", "나라면 이렇게")
    list(conversation(fresh_store, Talker(["새 답"]), chat).again(1))
    assert [(m["thumb"], m["correction"]) for m in read_messages(db, chat)] == [(None, None), ("down", "나라면 이렇게")]
    list(conversation(fresh_store, Talker(["새 답"]), chat).again(0, "다른 말"))
    assert [m["correction"] for m in read_messages(db, chat)] == [None, None]


def test_turns_stand_beside_each_other_even_when_one_side_got_no_answer():
    def message(seq, role, text):
        return {"seq": seq, "role": role, "text": text}

    left = [message(0, "user", "가"), message(1, "assistant", "답"), message(2, "user", "나")]
    right = [message(0, "user", "가"), message(1, "user", "나"), message(2, "assistant", "답")]
    turns = turns_of([left, right])
    assert [[len(side) for side in turn.sides] for turn in turns] == [[2, 1], [1, 2]] and all(t.alike for t in turns)
    assert not turns_of([left, right[:1]])[1].alike and turns_of([[]]) == []


def test_an_export_shows_what_was_said_as_text(db):
    said = "# 제목\n1. 하나\n- 둘\n    코드\n![그림](http://127.0.0.1:9/a.png) <b>굵게</b> `코드` |표| $x$"
    left, right = start_chats(db, ["run-a", "base:starter"], "<i>제목</i>", {})
    hear(db, [left, right], said)
    add_message(db, left, "assistant", "멈춘", "stopped")
    judge_answer(db, left, 1, "down", "나라면\n둘째 줄")
    text = as_markdown(db, right)
    assert text.startswith("# \\<i\\>제목\\</i\\>\n") and text.count("\\# 제목") == 1
    for escaped in ("1\\. 하나", "\\- 둘", "\n코드", "!\\[그림\\]", "\\<b\\>", "\\`코드\\`", "\\|표\\|", "\\$x\\$"):
        assert escaped in text
    assert "**run-a** · 멈춘 답 · 아쉬움" in text and "> 나라면  \n> 둘째 줄" in text and "(답이 없습니다)" in text
    lines = [json.loads(line) for line in as_jsonl(db, left).splitlines()]
    assert [(line["model"], line["role"]) for line in lines] == [
        ("run-a", "user"), ("run-a", "assistant"), ("base:starter", "user"),
    ]  # fmt: skip
    assert lines[0]["text"] == said and lines[1]["ended"] == "stopped" and lines[1]["correction"] == "나라면\n둘째 줄"


def test_chats_are_listed_renamed_exported_and_deleted_by_command(db, tmp_path, capsys):
    chat = held(db, "안녕하세요", "네")

    def run(*words):
        status = main([*words, "--json"])
        return status, json.loads(capsys.readouterr().out.splitlines()[-1])

    assert run("chats", "list", "--search", "안녕")[1]["chats"][0]["id"] == chat
    assert run("chats", "rename", "latest", "새 이름")[1]["title"] == "새 이름"
    assert run("chats", "rename", chat, " ")[0] == 2
    assert run("chats", "export", chat, "--out", str(tmp_path / "a.txt"))[0] == 2
    for name in ("a.md", "a.jsonl"):
        assert run("chats", "export", chat, "--out", str(tmp_path / name))[0] == 0
        assert "안녕하세요" in (tmp_path / name).read_text(encoding="utf-8")
    assert run("chats", "delete", chat)[0] == 2 and get_chat(db, chat)
    assert run("chats", "delete", chat, "--yes") == (0, {"deleted": [chat]})
    assert run("chats", "export", chat)[0] == 2


def test_a_model_is_never_freed_while_another_tab_is_answered():
    shared, first, second = Line(), Talker(), Talker()
    seen: list[bool] = []
    waited: list[int] = []

    def other_tab() -> None:
        with shared.turn(OWNER, weights("second"), lambda: second, lambda position, ahead: waited.append(position)):
            seen.append(first.closed)

    with shared.turn(OWNER, weights("first"), lambda: first) as backend:
        tab = threading.Thread(target=other_tab)
        tab.start()
        tab.join(0.7)
        assert backend is first and not first.closed and not seen and waited and not shared.free()
    tab.join()
    assert seen == [True] and not second.closed and shared.free() and second.closed and not shared.free()


def test_who_leaves_while_waiting_does_not_take_the_model_along():
    def leave(position: int, ahead: str) -> None:
        raise KeyboardInterrupt

    def other_tab() -> None:
        with pytest.raises(KeyboardInterrupt), shared.turn(OWNER, weights("one"), Talker, leave):
            left.append("was let in")
        left.append("left")

    shared, talker = Line(), Talker()
    left: list[str] = []
    with shared.turn(OWNER, weights("one"), lambda: talker):
        tab = threading.Thread(target=other_tab)
        tab.start()
        tab.join()
    assert left == ["left"]
    with shared.turn(OWNER, weights("one"), Talker) as backend:
        assert backend is talker


def test_a_base_answers_with_the_weights_under_its_adapter():
    shared, talker, loaded = Line(), Talker(["말"]), []
    with shared.turn(OWNER, weights("base", "adapter"), lambda: talker):
        pass
    with shared.turn(OWNER, weights("base"), lambda: loaded.append(1) or Talker()) as backend:
        assert backend is talker and talker.bare
    with shared.turn(OWNER, weights("base", "adapter"), lambda: loaded.append(1) or Talker()) as backend:
        assert backend is talker and not talker.bare and not loaded
    with shared.turn(OWNER, weights("other"), Talker):
        assert talker.closed
    with shared.turn(OWNER, weights("base", "adapter"), Talker) as backend:
        assert backend is not talker


def test_a_base_beside_its_adapter_is_held_in_the_same_precision(db):
    with writing(db):
        db.execute(
            "INSERT INTO runs (id, recipe, base, settings_json, origins_json, created_at) "
            """VALUES ('run-a', 'persona', 'starter', '{"quantisation": "none"}', '{}', '2026')"""
        )
        db.execute("INSERT INTO artifacts (id, run_id, kind, state, created_at) VALUES ('art-a', 'run-a', 'adapter', 'whole', '2026')")  # fmt: skip
        db.execute("UPDATE runs SET adapter_id = 'art-a'")
    base, tuned = (choose_model(db, name) for name in ("base:starter", "run-a"))
    assert base.quantisation == "nf4"
    assert [model.quantisation for model in side_by_side([base, tuned])] == ["none", "none"]
    assert [model.quantisation for model in side_by_side([base])] == ["nf4"]
    assert choose_model(db, "run-a", "persona").name == "run-a"
    with pytest.raises(UserError, match="persona"):  # a policy cannot be asked of what learned to chat
        choose_model(db, "run-a", "policy")


def test_a_chat_with_a_run_in_another_form_comes_from_that_run(fresh_store):
    with open_store(fresh_store) as db:
        run = ended_run(db)
        ids = start_chats(db, [f"openvino:{run}", "base:starter"], "밥", {})
        assert [row["child_id"] for row in all_rows(db, "SELECT * FROM edges WHERE parent_id = ?", [run])] == ids[:1]
        assert not [said for said in check(db) if said.startswith("edge")]
