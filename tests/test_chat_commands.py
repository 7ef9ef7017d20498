"""The command `chat` and its talk: what the page can do with a chat, lines at a terminal can. Models are talkers of the tests."""

import builtins
import json

import pytest

import engine.cli.talk
from engine.cli.app import main
from engine.store.chats import get_chat, get_chats, list_chats, read_messages
from engine.store.open import open_store
from engine.store.talks import model_settings, read_votes
from tests.talkers import Talker
from tests.talking import RUN, add_run

OTHER = "base:starter@free"


@pytest.fixture
def talkers(monkeypatch):
    """What is loaded next, one after the other; (model, talker) of each loading."""
    loaded = []

    def load(store, model):
        talker = Talker([f"{len(loaded)}번", " 답"])
        loaded.append((model.name, talker))
        return talker

    monkeypatch.setattr(engine.cli.talk, "open_model", load)
    return loaded


@pytest.fixture
def db(fresh_store):
    with open_store(fresh_store) as found:
        yield found


def told(capsys, store, *words):
    capsys.readouterr()
    code = main(["--json", *words, "--store", str(store)])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def talk(monkeypatch, capsys, store, lines, *words):
    """A talk of these lines; (stdout, stderr)."""
    waiting = iter(lines)

    def typed(prompt):
        try:
            return next(waiting)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr(builtins, "input", typed)
    capsys.readouterr()
    assert main(["chat", *words, "--store", str(store)]) == 0
    return capsys.readouterr()


def texts(db, chat):
    return [one["text"] for one in read_messages(db, chat)]


def test_one_saying_then_again_then_other_words(fresh_store, db, capsys, talkers):
    code, said = told(
        capsys, fresh_store, "chat", "base", "--say", "안녕", "--set", "temperature=0.2", "--set", "stop=끝"
    )
    assert code == 0 and said == {"chat_id": said["chat_id"], "model": "base:starter", "answer": "0번 답"}
    assert (talkers[0][1].decodings[0].temperature, talkers[0][1].decodings[0].stop) == (0.2, ("끝",))
    told(capsys, fresh_store, "chat", "--chat", "latest", "--again")
    assert texts(db, said["chat_id"]) == ["안녕", "1번 답"] and talkers[1][1].decodings[0].temperature == 0.2
    told(capsys, fresh_store, "chat", "--chat", said["chat_id"], "--edit", "뭐 해?")
    assert texts(db, said["chat_id"]) == ["뭐 해?", "2번 답"] and all(one.closed for _, one in talkers)


def test_two_side_by_side_and_blind(fresh_store, db, capsys, talkers):
    code, said = told(capsys, fresh_store, "chat", "base", "--beside", OTHER, "--blind", "--say", "안녕")
    assert code == 0 and said["blind"] and [one["model"] for one in said["answers"]] == [None, None]
    assert get_chat(db, said["chat_ids"][0])["beside_id"] == said["chat_ids"][1]
    assert told(capsys, fresh_store, "chats", "vote", "--choose", "right")[1]["choice"] == "right"
    assert read_votes(db, said["chat_ids"][0]) == {1: "right"}
    assert sorted(told(capsys, fresh_store, "chats", "reveal")[1]["models"]) == ["base:starter", OTHER]
    shown = told(capsys, fresh_store, "chats", "show")[1]
    assert shown["votes"] == {"1": "right"} and [len(one["messages"]) for one in shown["chats"]] == [2, 2]
    assert len(told(capsys, fresh_store, "chats", "branch", "--at", "1")[1]["chat_ids"]) == 2


def test_a_talk_can_do_what_the_page_can(fresh_store, db, capsys, monkeypatch, talkers):
    lines = ["안녕", "/다시", "/설정 temperature=0.3", "/설정 stop=끝, 그리고", "/늘", "/좋음", "/나라면 그래", "둘째", "/갈래 1", "/갈래 9",
             "/없는것", "/가", "//빗금", "/고치기", "/고치기 다른 말", "/새", "/다시", "/도움", "", "/끝", "안 읽음"]  # fmt: skip
    out, err = talk(monkeypatch, capsys, fresh_store, lines, "base")
    branch, first = [one["id"] for one in list_chats(db)]
    said = read_messages(db, first)
    assert [one["text"] for one in said] == ["안녕", "0번 답", "둘째", "0번 답"] and len(talkers) == 1
    assert (said[1]["thumb"], said[1]["correction"]) == ("up", "그래")
    assert texts(db, branch) == ["안녕", "0번 답", "다른 말", "0번 답"], "an edit takes the place of the words it edits"
    assert get_chat(db, first)["settings"]["temperature"] == 0.3
    assert model_settings(db, "base:starter")["stop"] == ["끝, 그리고"]
    assert "AI> 0번 답" in out and "그런 명령은 없습니다" in err and "한 모델과 나눈" in err and "/갈래 /branch" in err
    assert (
        err.count("아직 주고받은 말이 없습니다") == 2
        and "'9'번째 말이 없습니다" in err
        and "안 읽음" not in "".join(texts(db, branch))
    )


def test_a_blind_talk_names_nobody_until_it_is_asked(fresh_store, db, capsys, monkeypatch, talkers):
    out, err = talk(
        monkeypatch,
        capsys,
        fresh_store,
        ["안녕", "/나", "/좋음", "/좋음 나", "/누구"],
        "base",
        "--beside",
        OTHER,
        "--blind",
    )
    before = out.partition("가> ")[2]
    assert "starter" not in before.split("저장했습니다")[0] and "나> " in before
    assert "가 또는 나를 쓰세요" in err and "가: base:starter" in err
    left, right = get_chats(db, list_chats(db)[0]["id"])
    assert read_votes(db, left["id"]) == {1: "right"} and read_messages(db, right["id"])[1]["thumb"] == "up"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["base", "--say", " "], "비어 있습니다"),
        (["base", "--edit", "말"], "--chat에"),
        (["--chat", "latest", "--again", "--say", "말"], "하나만"),
        (["--chat", "latest", "--beside", "base"], "정해져 있습니다"),
        (["base", "--blind", "--say", "말"], "--beside에"),
        (["base", "--beside", "base", "--say", "말"], "같은 모델"),
        (["base@nope", "--say", "말"], "붙일 수 없습니다"),
        (["base", "--say", "말", "--set", "temperature=9"], "temperature"),
        (["base", "--say", "말", "--set", "warmth=1"], "warmth"),
        (["--chat", "chat-none", "--say", "말"], "없습니다"),
    ],
)
def test_what_cannot_be_is_said_in_words_and_nothing_is_stored(fresh_store, db, capsys, talkers, words, said):
    code, found = told(capsys, fresh_store, "chat", *words)
    assert code == 2 and said in found["error"]["ko"] and not list_chats(db) and not talkers


def test_settings_kept_for_a_model_are_seen_changed_and_forgotten(fresh_store, db, capsys, talkers):
    add_run(db)
    assert told(capsys, fresh_store, "chats", "settings", RUN)[1]["kept"] == {}
    kept = told(capsys, fresh_store, "chats", "settings", f"gguf:{RUN}", "--set", "temperature=0.1")[1]
    assert (kept["model"], kept["settings"]["temperature"]) == (RUN, 0.1)
    told(capsys, fresh_store, "chat", RUN, "--say", "안녕")
    assert talkers[0][1].decodings[0].temperature == 0.1
    assert told(capsys, fresh_store, "chats", "settings", RUN, "--forget")[1]["kept"] == {} == model_settings(db, RUN)
    for words, said in (
        (["vote", "--choose", "best"], "고를 수 없습니다"),
        (["branch", "--at", "9"], "9번 말이 없습니다"),
        (["vote"], "한 모델과"),
    ):
        code, found = told(capsys, fresh_store, "chats", *words)
        assert code == 2 and said in found["error"]["ko"]
