"""The chat page beyond one talk: blind pairs, branches, settings kept per model, JSON as tables, clauses named, where a model began to read."""

# ruff: noqa: F811  (fixtures are taken by their names)

import json

import pytest

from engine.store.chats import add_message, get_chat, get_chats, list_chats, read_messages, start_chats
from engine.store.talks import View, keep_view, make_blind, model_settings, read_votes
from tests.talkers import Talker
from tests.talking import RUN, add_run
from tests.test_page_chat import app, db, open_chat, press, say, settled, shown, talkers, texts  # noqa: F401  (fixtures)

PAIR = {"model": RUN, "beside": "base:starter"}


def pair(db, blind=True, models=(RUN, "base:starter")):
    ids = start_chats(db, models, "견주기", {})
    if blind:
        make_blind(db, ids)
    for chat, text in zip(ids, ("왼쪽 답", "오른쪽 답"), strict=True):
        add_message(db, chat, "user", "안녕")
        add_message(db, chat, "assistant", text)
    return ids


def everything(app):
    """All words on the page, the head with its two choices left out."""
    parts = [*app.caption, *app.markdown, *app.info, *app.warning]
    return "\n".join(str(one.value) for one in parts) + "\n".join(button.label for button in app.button)


def test_a_blind_pair_names_nobody_until_it_is_chosen_and_asked(app, db, talkers):
    add_run(db)
    open_chat(app, **PAIR)
    settled(app.toggle(key="chat_blind").set_value(True).run())
    assert any("누구의 답인지 모르는 채" in one.value for one in app.info)
    talkers.waiting[:] = [Talker(["하나"]), Talker(["둘"])]
    say(app, "안녕")
    left, right = get_chats(db, app.query_params["chat"])
    assert left["blind"] and right["blind"] and {left["model"], right["model"]} == {RUN, "base:starter"}
    told = [line for line in everything(app).splitlines() if "starter" in line or "내 모델" in line]
    assert not told
    assert app.selectbox(key="chat_model").value == RUN, "the head names both in an order that tells nothing"
    vote = next(one for one in app.button_group if one.key.startswith("chat_vote_"))
    settled(vote.set_value("right").run())
    assert read_votes(db, left["id"]) == {1: "right"}
    press(app, "chat_reveal")
    assert not get_chat(db, left["id"])["blind"]
    assert any("고른 것" in one.value for one in app.caption) and any("starter" in one.value for one in app.caption)


def test_the_head_of_a_blind_pair_tells_no_side_whichever_it_is(app, db):
    add_run(db)
    for models in ((RUN, "base:starter"), ("base:starter", RUN)):
        open_chat(app, chat=pair(db, models=models)[0])
        assert (app.selectbox(key="chat_model").value, app.selectbox(key="chat_beside").value) == (RUN, "base:starter")
        assert [one for one in shown(app) if one[0] == "assistant"] == [
            ("assistant", "왼쪽 답"),
            ("assistant", "오른쪽 답"),
        ]


def test_a_vote_is_taken_back_and_a_single_chat_has_none(app, db):
    left, _ = pair(db, blind=False, models=("base:starter", "base:starter@free"))
    open_chat(app, chat=left)
    vote = next(one for one in app.button_group if one.key.startswith("chat_vote_"))
    settled(vote.set_value("both").run())
    assert read_votes(db, left) == {1: "both"}
    vote = next(one for one in app.button_group if one.key.startswith("chat_vote_"))
    settled(vote.set_value(None).run())
    assert read_votes(db, left) == {}
    (alone,) = start_chats(db, ["base:starter"], "혼자", {})
    add_message(db, alone, "user", "안녕")
    add_message(db, alone, "assistant", "응")
    open_chat(app, chat=alone)
    assert not [one for one in app.button_group if (one.key or "").startswith("chat_vote_")]


def test_a_branch_goes_on_by_itself_and_the_chat_stays(app, db, talkers):
    (chat,) = start_chats(db, ["base:starter"], "처음", {})
    for place, text in enumerate(("하나", "답 하나", "둘", "답 둘")):
        add_message(db, chat, "assistant" if place % 2 else "user", text)
    open_chat(app, chat=chat)
    press(app, f"chat_branch_{chat}_1_")
    new = app.query_params["chat"]
    assert (
        new != chat
        and texts(db, new) == ["하나", "답 하나"]
        and shown(app) == [("user", "하나"), ("assistant", "답 하나")]
    )
    say(app, "다른 둘")
    assert texts(db, new) == ["하나", "답 하나", "다른 둘", "응 그래"] and len(texts(db, chat)) == 4
    press(app, "chat_branch_of")
    assert app.query_params["chat"] == chat


def test_settings_are_kept_with_a_model_and_new_chats_begin_with_them(app, db, talkers):
    add_run(db)
    open_chat(app, model=RUN, temperature="0.25", stop="이번에\n새로 나온")
    press(app, "chat_keep_model")
    assert model_settings(db, RUN)["stop"] == ["이번에", "새로 나온"] and "temperature" not in app.query_params
    open_chat(app, model=RUN)
    assert app.slider(key=f"chat_temperature_{RUN}").value == 0.25
    say(app, "안녕")
    assert talkers.loaded[0][1].decodings[0].stop == ("이번에", "새로 나온")
    assert get_chat(db, app.query_params["chat"])["settings"]["temperature"] == 0.25
    press(app, "chat_new")
    press(app, "chat_forget_model")
    assert model_settings(db, RUN) == {} and app.slider(key=f"chat_temperature_{RUN}").value != 0.25


def test_json_answers_stand_as_a_table_and_markup_in_them_is_text(app, db):
    add_run(db)
    with db.conn:
        db.execute("UPDATE runs SET recipe = 'patent'")
    row = {"claim_element": "<script>alert(1)</script>", "product_element": "**몸체**", "match": "일치"}
    (chat,) = start_chats(db, [RUN], "판단", {})
    add_message(db, chat, "user", "판단해 줘")
    add_message(db, chat, "assistant", json.dumps({"risk_level": "높음", "comparisons": [row]}, ensure_ascii=False))
    open_chat(app, chat=chat)
    (table,) = app.table
    assert list(table.value.columns) == ["청구항의 구성요소", "제품에서", "일치 여부"]
    cells = [str(one) for one in table.value.iloc[0]]
    assert cells == ["\\<script\\>alert\\(1\\)\\<\\/script\\>", "\\*\\*몸체\\*\\*", "일치"]
    assert any(one.value.startswith("**침해 위험**") for one in app.chat_message[1].markdown)
    assert json.loads(app.chat_message[1].code[0].value)["risk_level"] == "높음"


def test_where_the_model_began_to_read_is_marked_and_a_cut_question_is_told(app, db):
    (chat,) = start_chats(db, ["base:starter"], "긴 대화", {})
    for place in range(6):
        add_message(db, chat, "assistant" if place % 2 else "user", f"말 {place}")
    keep_view(db, chat, 3, View(0, False))
    keep_view(db, chat, 5, View(2, True))
    open_chat(app, chat=chat)
    marks = [one.value for one in app.caption if "여기부터 모델이 보고" in one.value]
    assert len(marks) == 1 and any("말이 너무 길어" in one.value for one in app.caption)
    keep_view(db, chat, 5, View(0, False))
    assert not [one for one in settled(app.run()).caption if "여기부터" in one.value or "너무 길어" in one.value]


def test_models_that_answer_together_are_refused_in_words_and_nothing_is_lost(app, db, talkers):
    for name in (RUN, "run-b"):
        add_run(db, name)
    with db.conn:
        db.execute("UPDATE runs SET recipe = 'summary'")
    open_chat(app, model=f"{RUN}+run-b@ensemble")
    say(app, "요약해 줘")
    assert any("함께 답하는 모델" in one.value for one in app.error) and not talkers.loaded
    assert [one["text"] for one in read_messages(db, list_chats(db)[0]["id"])] == ["요약해 줘"]


@pytest.mark.parametrize("model", [f"gguf:{RUN}", f"{RUN}@free", "gguf:base:starter"])
def test_a_chat_with_another_form_opens_is_named_and_goes_on(app, db, talkers, model):
    add_run(db)
    (chat,) = start_chats(db, [model], "다른 꼴", {})
    add_message(db, chat, "user", "안녕")
    open_chat(app, chat=chat)
    assert app.selectbox(key="chat_model").value == model and not app.error
    say(app, "또")
    assert talkers.loaded[0][0] == model and texts(db, chat) == ["안녕", "또", "응 그래"]
