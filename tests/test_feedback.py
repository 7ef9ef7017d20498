"""Feedback of visitors: masked on its way in, kept once, learned from only when the owner accepts it, gone when it is to be forgotten."""

import io
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from engine.api.errors import ApiError
from engine.api.feedback import add_feedback
from engine.cli.app import main
from engine.errors import UserError
from engine.privacy.feedback import decide, gather, lines_of, read_lines, take_in
from engine.recipes.preferring import all_opinions
from engine.recipes.recipe import load_recipe
from engine.serve.going_home import send_home
from engine.store.chats import add_message, judge_answer, start_chat, start_chats
from engine.store.feedback import (
    as_lines,
    count_feedback_states,
    decide_feedback,
    judged_by,
    list_feedback,
    mark_sent,
)
from engine.store.open import now, open_store
from engine.store.preferences import count_preferences
from engine.store.visits import delete_mine, judge_mine, start_visit
from tests.talking import RUN, add_run
from tests.visiting import invite

PERSONA = load_recipe("persona")
SECRETS = ("010-2345-6789", "가온", "jieun.k@example.com")


@pytest.fixture
def db(fresh_store):
    with open_store(fresh_store) as found:
        yield found


def visited(db, who, answer="응 가온이한테 010-2345-6789로 전화해", thumb="down", correction=None, model=RUN):
    """A visitor asked, was answered, and judged the answer; returns the chat's id."""
    chat = start_visit(db, who.id, model, "전화", {})
    add_message(db, chat, "user", "김가온 번호가 뭐야? 내 메일은 jieun.k@example.com")
    seq = add_message(db, chat, "assistant", answer)
    judge_mine(db, who.id, chat, seq, thumb, correction)
    return chat


def test_what_a_visitor_judged_comes_in_masked_and_once(db, fresh_store):
    add_run(db)
    who = invite(fresh_store)
    visited(db, who, correction="내 번호는 010-2345-6789야")
    assert gather(db) == 1 and gather(db) == 0
    (kept,) = list_feedback(db)
    whole = json.dumps(kept, ensure_ascii=False)
    assert "010-2345-6789" not in whole and "jieun.k@example.com" not in whole
    assert kept["answer"].count("[전화번호_1]") == 1 and "[전화번호_1]" in kept["correction"]
    assert kept["masked_count"] >= 3 and kept["state"] == "waiting" and kept["run_id"] == RUN
    assert kept["turns"][0]["role"] == "user" and "[이메일_1]" in kept["turns"][0]["content"]


def test_a_value_has_the_number_that_the_store_gave_it(db, fresh_store):
    add_run(db)
    visited(db, invite(fresh_store), answer="010-2345-6789")
    visited(db, invite(fresh_store, "나리"), answer="010-9876-5432 아니면 010-2345-6789")
    gather(db)
    assert {one["answer"] for one in list_feedback(db)} == {"[전화번호_1]", "[전화번호_2] 아니면 [전화번호_1]"}


def test_what_is_judged_anew_waits_anew_and_takes_the_old_place(db, fresh_store):
    add_run(db)
    who = invite(fresh_store)
    chat = visited(db, who)
    gather(db)
    decide_feedback(db, list_feedback(db)[0]["id"], "rejected")
    db.execute("UPDATE chat_feedback SET created_at = '2026-01-01T00:00:00.000+00:00'")
    assert gather(db) == 0  # as old as what is known, or older: it came before
    judge_mine(db, who.id, chat, 1, "up", None)
    assert gather(db) == 1
    assert [(one["thumb"], one["state"]) for one in list_feedback(db, None)] == [("up", "waiting")]


def test_nothing_is_learned_before_the_owner_accepts_it(db, fresh_store):
    add_run(db)
    visited(db, invite(fresh_store), correction="몰라")
    mine = start_chat(db, RUN, "내 대화", {})
    add_message(db, mine, "user", "안녕")
    judge_answer(db, mine, add_message(db, mine, "assistant", "응"), "up")
    assert count_preferences(db, "persona")["thumbs"] == 1  # the owner's own alone
    gather(db)
    assert len(all_opinions(db, PERSONA)) == 1
    waiting = list_feedback(db)[0]["id"]
    decide_feedback(db, waiting, "accepted")
    found = next(one for one in all_opinions(db, PERSONA) if one.origin and one.origin.feedback_id == waiting)
    assert found.answers[0] == ("몰라", 1) and "010-2345-6789" not in json.dumps(found.messages, ensure_ascii=False)
    decide_feedback(db, waiting, "rejected")
    assert len(all_opinions(db, PERSONA)) == 1


def test_the_owner_can_put_other_words_for_the_better_answer(db, fresh_store):
    add_run(db)
    visited(db, invite(fresh_store), correction="욕")
    gather(db)
    kept = decide(db, list_feedback(db)[0]["id"], "accepted", " 고운 말 ")
    assert kept["correction"] == "고운 말"
    assert decide(db, kept["id"], "accepted")["correction"] == "고운 말"
    assert decide(db, kept["id"], "accepted", "")["correction"] is None


def test_the_owners_own_words_are_masked_as_the_rest_and_with_the_same_numbers(db, fresh_store):
    add_run(db)
    visited(db, invite(fresh_store))
    gather(db)
    (waiting,) = list_feedback(db)
    kept = decide(db, waiting["id"], "accepted", "가온이 번호는 010-2345-6789, 메일은 jieun.k@example.com이야")
    assert not any(secret in kept["correction"] for secret in SECRETS)
    phone = next(word for word in waiting["answer"].split() if word.startswith("[전화"))
    assert phone.split("]")[0] in kept["correction"], "one value has one placeholder"
    again = decide(db, waiting["id"], "accepted", kept["correction"])
    assert again["correction"] == kept["correction"], "what is masked already stays"


def test_a_file_of_a_bundle_comes_in_masked_and_twice_the_same_is_kept_once(db, fresh_store, tmp_path):
    add_run(db)
    who = invite(fresh_store)
    visited(db, who, answer="전화는 010-2345-6789\u2028둘째 줄")
    lines = "\n".join(as_lines(judged_by(db, who.id)))
    home = tmp_path / "home.db"
    with open_store(home) as at_home:
        add_run(at_home)
        given = read_lines(io.StringIO(lines, newline="\n"))
        assert take_in(at_home, given, "file") == {
            "new": 1,
            "known": 0,
            "masked": list_feedback(at_home)[0]["masked_count"],
        }
        assert take_in(at_home, given, "file")["known"] == 1
        assert "010-2345-6789" not in "".join(at_home.conn.iterdump())
        assert [one["visitor_id"] for one in list_feedback(at_home)] == [who.id]


@pytest.mark.parametrize(
    "line",
    [
        "{", "[]", "null", "7", '"…"', "{}", '{"malmoi_feedback": 2}', "[" * 5000,
        '{"malmoi_feedback": 1, "place": 1, "who": "a"}',
    ],
)  # fmt: skip
def test_a_file_that_is_none_of_ours_is_refused_whole_with_its_line(db, fresh_store, line):
    add_run(db)
    visited(db, invite(fresh_store))
    good = next(as_lines(judged_by(db)))
    with pytest.raises(UserError, match="2번째 줄"):
        read_lines([good, line])


@pytest.mark.parametrize(
    "change",
    [
        {"thumb": "sideways"}, {"ended": 1}, {"turns": [{"role": "system", "content": "x"}]}, {"answer": "가" * 20_001},
        {"answer": "\ud800"}, {"at": "yesterday"}, {"model": "m" * 201}, {"turns": "xx"}, {"correction": 4},
        {"turns": [{"role": "user", "content": "x"}] * 41}, {"who": None}, {"who": "지은\x1b[2J"}, {"place": "a\nb"}, {"clauses": "글"},
        {"clauses": {"a": 1}}, {"clauses": [1]}, {"at": 5}, {"at": "9999-12-31T23:59:59-14:00"}, {"malmoi_feedback": "1"}, {"thumb": []},
    ],
)  # fmt: skip
def test_a_field_that_no_bundle_writes_is_refused(db, fresh_store, change):
    add_run(db)
    visited(db, invite(fresh_store))
    line = {**json.loads(next(as_lines(judged_by(db)))), **change}
    with pytest.raises(UserError):
        read_lines([json.dumps(line)])


def test_a_hostile_file_takes_no_place_of_anybody_and_is_never_held_whole(db, fresh_store):
    add_run(db)
    who = invite(fresh_store)
    visited(db, who)
    gather(db)
    (mine,) = list_feedback(db)
    line = json.loads(next(as_lines(judged_by(db))))
    forged = {
        **line, "place": "chat-x:1:2026", "answer": "가짜", "at": "2999-01-01T00:00:00", "clauses": ["제1조 010-2345-6789로"], "unknown": [[]],
        "id": mine["id"], "state": "accepted", "origin": mine["origin"],
    }  # fmt: skip
    given = read_lines([json.dumps(one) for one in (forged, forged, line)])
    assert given[0].at <= now() and take_in(db, given, "file")["new"] == 1
    kept = {one["answer"]: one for one in list_feedback(db)}
    assert kept.keys() == {mine["answer"], "가짜"} and {one["state"] for one in kept.values()} == {"waiting"}
    assert kept[mine["answer"]] == mine and "010-2345-6789" not in json.dumps(kept["가짜"], ensure_ascii=False)
    read = 0

    class Endless(io.StringIO):
        def readline(self, size=-1):
            nonlocal read
            read += size
            return "가" * size

    with pytest.raises(UserError, match="너무 큽니다"):
        read_lines(lines_of(Endless()))
    assert 0 < read < 1_000_000
    with pytest.raises(UserError, match="20001번째"):
        read_lines(json.dumps(line) for _ in range(20_001))


def test_only_what_was_not_sent_is_sent(db, fresh_store):
    add_run(db)
    who = invite(fresh_store)
    chat = visited(db, who)
    mark_sent(db, judged_by(db, unsent=True))
    assert judged_by(db, unsent=True) == [] and len(judged_by(db)) == 1
    judge_mine(db, who.id, chat, 1, "up", "더 나은 말")
    assert [one.thumb for one in judged_by(db, unsent=True)] == ["up"]


def test_what_a_visitor_deletes_goes_from_the_inbox_too(db, fresh_store):
    add_run(db)
    who, other = invite(fresh_store), invite(fresh_store, "나리")
    first, kept = visited(db, who, correction="몰라"), visited(db, other)
    visited(db, who)
    gather(db)
    for one in list_feedback(db):
        decide_feedback(db, one["id"], "accepted")
    assert delete_mine(db, who.id, first) == 1 and delete_mine(db, who.id, kept) == 0
    assert sorted(one["visitor_id"] for one in list_feedback(db, None)) == sorted([who.id, other.id])
    assert delete_mine(db, who.id) == 1
    assert [row[0] for row in db.execute("SELECT id FROM chats")] == [kept]
    assert [one["visitor_id"] for one in list_feedback(db, None)] == [other.id]
    assert len(all_opinions(db, PERSONA)) == 1


def test_commands(db, fresh_store, tmp_path, capsys):
    add_run(db)
    visited(db, invite(fresh_store), correction="몰라")

    def run(*words):
        code = main(["--store", str(fresh_store), "--json", *words])
        return code, json.loads(capsys.readouterr().out.splitlines()[-1])

    code, told = run("feedback", "list")
    assert code == 0 and told["counts"]["waiting"] == 1 and told["new"] == 1
    named = told["feedback"][0]["id"]
    assert run("feedback", "accept", named, "--text", "글쎄")[1]["feedback"]["correction"] == "글쎄"
    out = tmp_path / "out.jsonl"
    assert run("feedback", "export", str(out))[1]["rows"] == 1
    assert run("feedback", "import", str(out))[1]["known"] == 1  # it came from this very inbox
    assert run("feedback", "reject", named)[1]["counts"] == {"waiting": 0, "accepted": 0, "rejected": 1}
    assert run("feedback", "wait", named)[1]["counts"]["waiting"] == 1
    assert run("feedback", "show", "said-none")[0] == 2 and run("feedback", "list", "--state", "?")[0] == 2
    assert run("feedback", "import", str(fresh_store))[0] == 2 and run("feedback", "import", str(tmp_path))[0] == 2
    assert count_feedback_states(db)["waiting"] == 1


class Home(ThreadingHTTPServer):
    """An owner's server that answers as it is told, and keeps what came."""

    def __init__(self, status: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.came = status, list[tuple[str, str, dict]]()
        Thread(target=self.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.came.append((self.path, self.headers.get("Authorization"), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def home():
    served = Home()
    yield served
    served.shutdown()
    served.server_close()


def test_a_bundle_sends_each_judgement_home_once_and_only_of_this_visitor(db, fresh_store, home):
    add_run(db)
    who = invite(fresh_store)
    visited(db, who)
    visited(db, invite(fresh_store, "나리"))
    assert send_home(db, who.id, home.address + "/", "열쇠".encode().hex())
    assert send_home(db, who.id, home.address, None)
    ((path, key, body),) = home.came
    assert (path, key) == ("/v1/feedback", "Bearer " + "열쇠".encode().hex())
    assert [one.visitor_id for one in read_lines(body["lines"])] == [who.id]


@pytest.mark.parametrize("status", [401, 429, 500])
def test_what_home_refuses_is_kept_and_sent_later(db, fresh_store, home, status):
    add_run(db)
    who = invite(fresh_store)
    visited(db, who)
    home.status = status
    assert not send_home(db, who.id, home.address, None)
    assert len(judged_by(db, unsent=True)) == 1
    home.status = 200
    assert send_home(db, who.id, home.address, None) and judged_by(db, unsent=True) == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "no address", "http://", "ftp://127.0.0.1:1/x"])
def test_no_home_at_that_address_is_no_error(db, fresh_store, address):
    add_run(db)
    who = invite(fresh_store)
    visited(db, who)
    assert not send_home(db, who.id, address, None)


def test_the_owners_server_takes_it_in_masked(db, fresh_store, tmp_path):
    add_run(db)
    visited(db, invite(fresh_store))
    home = tmp_path / "home.db"
    app = FastAPI()
    add_feedback(app, home)
    client = TestClient(app)
    lines = list(as_lines(judged_by(db)))
    assert client.post("/v1/feedback", json={"lines": lines}).json() == {"new": 1, "known": 0}
    assert client.post("/v1/feedback", json={"lines": lines}).json() == {"new": 0, "known": 1}
    assert client.post("/v1/feedback", json={"lines": "x"}).status_code == 422
    with pytest.raises(ApiError):  # the app's handler makes a refusal of it
        client.post("/v1/feedback", json={"lines": ["{"]})
    with open_store(home) as at_home:
        assert list_feedback(at_home)[0]["came"] == "sent"
        assert "010-2345-6789" not in "".join(at_home.conn.iterdump())


@pytest.mark.parametrize("model", [RUN, f"gguf:{RUN}", f"gguf-int4:{RUN}@free", "gguf:base:starter"])
def test_thumbs_under_answers_of_every_engine_become_opinions(db, fresh_store, model):
    add_run(db)
    (chat,) = start_chats(db, [model], "제목", {})
    add_message(db, chat, "user", "밥 먹었어?")
    judge_answer(db, chat, add_message(db, chat, "assistant", "응"), "up", None)
    visited(db, invite(fresh_store), model=model, thumb="up")
    gather(db)
    decide(db, list_feedback(db)[0]["id"], "accepted")
    opinions = all_opinions(db, PERSONA)
    assert len(opinions) == 2 and all(one.messages and one.problem is None for one in opinions)
    assert count_preferences(db, "persona", True)["thumbs"] == 1
