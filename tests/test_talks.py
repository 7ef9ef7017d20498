"""What a model is shown of a chat, how its way answers, branches, blind pairs, votes and settings kept per model. No page is drawn."""

from contextlib import nullcontext

import pytest

from engine.curate.medical_answer import EMERGENCY, NOT_ASKED, SAFETY
from engine.curate.row import Message
from engine.errors import UserError
from engine.recipes.asking import chat_decoding, chat_way, recipe_decoding, speaker_of, with_settings
from engine.recipes.recipe import load_recipe
from engine.retrieve.citing import cited
from engine.serve.answer_parts import parts_of_answer
from engine.serve.asked import Asked
from engine.serve.backend import Generated
from engine.serve.chat import Conversation, begin
from engine.serve.chat_export import as_jsonl, as_markdown
from engine.serve.choose import choose_model, converted_forms, named, settings_name
from engine.serve.decoding import Decoding
from engine.serve.history import HISTORY_TOKENS, shown_of
from engine.serve.way import Way
from engine.store.chats import add_message, delete_chat, get_chats, judge_answer, list_chats, read_messages, start_chats
from engine.store.lineage import lineage
from engine.store.maintain import check
from engine.store.open import open_store
from engine.store.talks import (
    branch_chat,
    count_votes,
    keep_model_settings,
    make_blind,
    model_settings,
    read_views,
    read_votes,
    reveal,
    vote,
)
from tests.talkers import Talker
from tests.talking import RUN, add_run


@pytest.fixture
def db(fresh_store):
    with open_store(fresh_store) as found:
        yield found


class Counting(Talker):
    """A talker that reads so many tokens, a letter each."""

    def __init__(self, room, words=("응",)):
        super().__init__(words)
        self.room = room

    def measured(self, prompt, decoding):
        return sum(len(one["content"]) for one in prompt), self.room


def held(db, *texts, models=("base:starter",)):
    ids = start_chats(db, models, "제목", {})
    for chat in ids:
        for place, text in enumerate(texts):
            add_message(db, chat, "assistant" if place % 2 else "user", text)
    return ids


def conversation(store, talker, chat, **how):
    with open_store(store) as db:
        model = choose_model(db, "base:starter")
    return Conversation(store, model, Asked, Decoding(), chat, talker, **how)


def turns(*texts):
    return [Message(role="assistant" if place % 2 else "user", content=text) for place, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("room", "first", "cut"),
    [(100, 0, False), (17, 2, False), (15, 2, False), (14, 4, False), (5, 4, False), (4, 4, True)],
)
def test_the_newest_turns_that_fit_are_shown_whole_and_the_question_always(room, first, cut):
    said = turns("11111", "22222", "33333", "44444", "55555")
    shown = shown_of(said, Asked, Counting(room), Decoding())
    assert (shown.first, shown.cut) == (first, cut)
    assert [one["content"] for one in shown.asked.messages] == [one["content"] for one in said[first:]]


def test_more_turns_than_nine_are_shown_where_they_fit_and_a_long_window_is_not_filled():
    said = turns(*["가나다"] * 41)
    assert shown_of(said, Asked, Counting(10_000), Decoding()).first == 0
    longest = turns(*["가" * 300] * 41)
    shown = shown_of(longest, Asked, Counting(100_000), Decoding())
    assert sum(len(one["content"]) for one in shown.asked.messages) <= HISTORY_TOKENS and shown.first > 0
    assert said[shown.first]["role"] == "user"


def test_a_question_longer_than_the_usual_history_is_asked_alone_and_not_called_cut():
    shown = shown_of(turns("하나", "답", "가" * 3000), Asked, Counting(10_000), Decoding())
    assert (shown.first, shown.cut) == (2, False)


def test_a_server_that_tells_no_lengths_gets_about_as_much():
    shown = shown_of(turns("가" * 1500, "답", "나" * 1000), Asked, Talker(), Decoding())
    assert (shown.first, shown.cut) == (2, False)


def test_where_each_question_is_answered_alone_it_is_looked_up_once():
    asked = []

    def shape(history):
        asked.append(len(history))
        return Asked(history[-1:], (), alone=True)

    assert shown_of(turns("하나", "답", "둘"), shape, Counting(100), Decoding()).first == 2 and asked == [1]


def test_a_hundred_thousand_letters_are_cut_told_and_kept(fresh_store, db):
    (chat,) = held(db, "가" * 100_000)
    list(conversation(fresh_store, Counting(500), chat).answer())
    assert read_views(db, chat)[1].cut and len(read_messages(db, chat)[0]["text"]) == 100_000


def test_what_a_model_saw_is_kept_with_its_answer_and_goes_with_it(fresh_store, db):
    (chat,) = held(db, "11111", "22222", "33333")
    talk = conversation(fresh_store, Counting(7), chat)
    list(talk.answer())
    assert read_views(db, chat) == {3: (2, False)}
    list(talk.again(2, "또"))
    assert read_views(db, chat) == {3: (2, False)} and [one["text"] for one in read_messages(db, chat)][2:] == [
        "또",
        "응",
    ]
    delete_chat(db, chat)
    assert not read_views(db, chat) and not check(db)


def test_the_starter_reads_a_long_chat_as_far_as_its_window(fresh_store, db):
    (chat,) = held(db, *["오늘 저녁에는 무엇을 먹으면 좋을까 " * 5, "글쎄, 파스타가 좋겠다 " * 5] * 30, "뭐 해?")
    model = choose_model(db, "base:starter")
    talk = Conversation(fresh_store, model, Asked, Decoding(max_new_tokens=8), chat)
    list(talk.answer())
    view = read_views(db, chat)[61]
    tokens, room = talk.backend.measured([Message(role="user", content="뭐 해?")], talk.decoding)
    talk.close()
    assert 0 < view.first_seq < 60 and not view.cut
    assert tokens < room == 1024 - 8


def test_an_emergency_is_answered_at_once_and_the_model_is_not_asked(fresh_store, db):
    way = load_recipe("medical").ways["safe"]
    (chat,) = held(db, "가슴이 쥐어짜듯이 아프고 식은땀이 나요")
    talker = Talker(["괜찮으니", " 한숨 주무세요"])
    said = "".join(conversation(fresh_store, talker, chat, way=way).answer())
    assert said == f"{EMERGENCY}\n{NOT_ASKED}\n{SAFETY}" == read_messages(db, chat)[-1]["text"] and not talker.asked
    (calm,) = held(db, "목이 조금 칼칼해요")
    said = "".join(conversation(fresh_store, talker, calm, way=way).answer())
    assert said == f"괜찮으니 한숨 주무세요\n{SAFETY}" and len(talker.asked) == 1


def test_a_way_narrows_chooses_and_is_not_passed_over(fresh_store, db):
    schema = {"type": "object", "properties": {"a": {"const": "나"}}}
    narrow = Way("", "", {"json_schema": {}}, schema=lambda prompt: schema)
    (chat,) = held(db, "하나")
    talker = Talker(["응"])
    talk = conversation(fresh_store, talker, chat, way=narrow)
    talk.decoding = Decoding(json_schema={})
    list(talk.answer())
    assert talker.decodings[0].json_schema == schema

    class Drawing(Talker):
        def generate(self, prompts, decoding):
            text = f"답 {decoding.seed}"
            return [Generated(text, text, 1, 1, True) for _ in prompts]

    best = Way(
        "",
        "",
        candidates=3,
        utility=lambda texts: [text == "답 2" for text in texts],
        finish=lambda _, text: text + "!",
    )
    assert "".join(conversation(fresh_store, Drawing(), held(db, "둘")[0], way=best).answer()) == "답 2!"
    together = Way("", "", utility=lambda texts: [text == "나 0" for text in texts])

    class Other(Drawing):
        def generate(self, prompts, decoding):
            assert [one["content"] for one in prompts[0]] == ["다르게"]
            return [Generated("나 0", "나 0", 1, 1, True)]

    def shape(history):
        return Asked(turns("다르게"))

    (chat,) = held(db, "셋")
    assert list(
        conversation(
            fresh_store, None, chat, way=together, others=[shape], opened=lambda: nullcontext([Drawing(), Other()])
        ).answer()
    ) == ["나 0"]


def test_the_way_in_a_name_decides_how_a_chat_answers(db):
    add_run(db)
    with db.conn:
        db.execute("UPDATE runs SET recipe = 'patent'")
    assert recipe_decoding(db, RUN).json_schema is not None and recipe_decoding(db, f"{RUN}@free").json_schema is None
    assert (
        chat_way(db, choose_model(db, RUN)).schema is not None
        and chat_way(db, choose_model(db, f"{RUN}@free")).schema is None
    )
    assert speaker_of(db, choose_model(db, f"gguf:{RUN}@free"), {"temperature": 0.3}).decoding.temperature == 0.3
    for name, told in (
        (f"{RUN}@nope", "방식이 없습니다"),
        ("base@nope", "붙일 수 없습니다"),
        ("base+base:starter", "두 번"),
    ):
        with pytest.raises(UserError, match=told):
            chat_way(db, choose_model(db, name))


@pytest.mark.parametrize(
    ("name", "engine", "bare", "way", "run"),
    [
        ("run-a", "transformers", "run-a", None, "run-a"),
        ("gguf-int4:run-a@free", "gguf-int4", "run-a", "free", "run-a"),
        ("openvino:base:starter", "openvino", "base:starter", None, None),
        ("http://127.0.0.1:8000/v1#m@x", "transformers", "http://127.0.0.1:8000/v1#m", "x", None),
        ("api:openai/gpt", "transformers", "api:openai/gpt", None, None),
    ],
)
def test_a_name_in_its_parts(name, engine, bare, way, run):
    assert tuple(named(name)) == (engine, bare, way) and named(name).run == run
    assert settings_name(name) == bare + (f"@{way}" if way else "")


def test_lighter_copies_that_lie_ready_are_named(fresh_store, db, monkeypatch, tmp_path):
    monkeypatch.setattr("engine.serve.choose.cache_folder", lambda store: tmp_path)
    run = {"id": RUN, "adapter_id": "art-a"}
    assert converted_forms(fresh_store, run) == []
    (tmp_path / "converted" / "gguf-art-a").mkdir(parents=True)
    assert converted_forms(fresh_store, run) == [f"gguf:{RUN}"]


def test_settings_are_kept_with_a_model_and_its_lighter_copies(db):
    add_run(db)
    keep_model_settings(db, RUN, {"temperature": 0.1, "stop": ["이번에"], "gone": 1})
    kept = chat_decoding(db, f"gguf:{RUN}")
    assert (kept.temperature, kept.stop) == (0.1, ("이번에",)) and chat_decoding(db, "base:starter") == Decoding()
    assert with_settings(Decoding(), {"temperature": 9}) == Decoding()
    keep_model_settings(db, RUN, None)
    assert model_settings(db, RUN) == {} and chat_decoding(db, RUN) == recipe_decoding(db, RUN)


def test_a_branch_holds_all_up_to_there_and_the_chat_stays(fresh_store, db):
    (chat,) = held(db, "하나", "답 하나", "둘", "답 둘")
    judge_answer(db, chat, 1, "up")
    (new,) = branch_chat(db, chat, 1)
    add_message(db, new, "user", "다른 둘")
    assert [one["text"] for one in read_messages(db, new)] == ["하나", "답 하나", "다른 둘"]
    assert len(read_messages(db, chat)) == 4 and [one["thumb"] for one in read_messages(db, new)] == [None] * 3
    assert {("chat", chat)} == {(one["kind"], one["id"]) for one in lineage(db, new)["ancestors"]}
    assert {one["id"]: one["branch_of"] for one in list_chats(db)} == {new: chat, chat: None}
    delete_chat(db, chat)
    assert len(read_messages(db, new)) == 3 and not lineage(db, new)["ancestors"] and not check(db)
    for seq in (7, -1):
        with pytest.raises(UserError, match="번 말이 없습니다"):
            branch_chat(db, new, seq)
    assert len(list_chats(db)) == 1


def test_both_sides_branch_at_the_same_turn_from_either(db):
    left, right = held(db, "하나", "답 하나", "둘", "답 둘", models=("base:starter", "base:other"))
    ids = branch_chat(db, right, 1)
    assert [[one["text"] for one in read_messages(db, id_)] for id_ in ids] == [["하나", "답 하나"]] * 2
    assert [chat["model"] for chat in get_chats(db, ids[0])] == ["base:starter", "base:other"] and left != ids[0]


def test_a_blind_pair_is_shuffled_and_named_nowhere_until_it_is_asked(db):
    models = ("base:starter", "base:other")
    orders = {
        tuple(chat["model"] for chat in get_chats(db, begin(db, models, "안녕", Decoding(), blind=True)[0]))
        for _ in range(40)
    }
    assert orders == {models, models[::-1]}
    left = list_chats(db)[0]["id"]
    add_message(db, left, "assistant", "응")
    files = as_markdown(db, left) + as_jsonl(db, left)
    assert "starter" not in files and "other" not in files and "**가**" in files
    assert {(one["model"], one["beside_model"]) for one in list_chats(db)} == {("base:other", "base:starter")}
    models_now = reveal(db, left)
    assert models_now[0] in as_markdown(db, left) and sorted(models_now) == sorted(models)


def test_votes_count_for_the_model_on_whichever_side_it_stood(db):
    one, _ = held(db, "하나", "답", models=("base:a", "base:b"))
    other, _ = held(db, "하나", "답", models=("base:b", "base:a"))
    make_blind(db, [one])
    vote(db, one, 1, "left")
    vote(db, other, 1, "left")
    vote(db, other, 1, "right")
    assert count_votes(db, "base:a", "base:b") == {"left": 2, "right": 0, "both": 0, "neither": 0}
    assert count_votes(db, "base:b", "base:a") == {"left": 0, "right": 2, "both": 0, "neither": 0}
    vote(db, other, 1, None)
    assert read_votes(db, other) == {} and read_votes(db, one) == {1: "left"}
    for place, told in ((0, "말이 없습니다"), (5, "말이 없습니다")):
        with pytest.raises(UserError, match=told):
            vote(db, one, place, "left")
    (alone,) = held(db, "하나", "답")
    with pytest.raises(UserError, match="한 모델과 나눈"):
        vote(db, alone, 1, "left")


@pytest.mark.parametrize("side", [0, 1])
def test_a_vote_goes_when_either_answer_is_made_anew(fresh_store, db, side):
    ids = held(db, "하나", "답", models=("base:starter", "base:starter@free"))
    vote(db, ids[0], 1, "both")
    list(conversation(fresh_store, Talker(["새 답"]), ids[side]).again(1))
    assert read_votes(db, ids[0]) == {}


CLAUSES = [
    {
        "chunk_id": "c-1",
        "breadcrumbs": "제1관 > 제3조(보상)",
        "article": "제3조",
        "text": "제3조(보상) 제7조에 따라 보상합니다.",
    },
    {"chunk_id": "c-2", "breadcrumbs": "", "article": "", "text": "제5조의2(면책)\n보상하지 않습니다."},
]


@pytest.mark.parametrize(
    ("answer", "places", "elsewhere"),
    [
        ("제 3 조에 따르면 보상합니다.", (0,), ()),
        ("제5조의2에 따라 안 됩니다(제3조도 같다).", (0, 1), ()),
        ("제7조에 따라 보상합니다.", (), ()),
        ("제9조에 따르면 그렇습니다. 제5조도요.", (), ("제9조", "제5조")),
        ("c-2에 있습니다.", (1,), ()),
        ("모릅니다.", (), ()),
    ],
)
def test_clauses_that_an_answer_names(answer, places, elsewhere):
    assert cited(answer, CLAUSES) == (places, elsewhere)


def test_json_answers_become_facts_and_tables_and_nothing_else_does():
    text = '```json\n{"risk": "높음", "ok": true, "none": null, "tags": ["가", 1], "rows": [{"a": "1", "b": {"c": 2}}, {"a": "<b>"}]}\n```'
    parts = parts_of_answer(text)
    assert parts.facts == (("risk", "높음"), ("ok", "✓"), ("none", ""), ("tags", "가, 1"))
    assert parts.tables == (("rows", ("a", "b"), (("1", "c: 2"), ("<b>", ""))),)
    assert parts_of_answer('[{"a": 1}]').tables[0].rows == (("1",),)
    deep = "[" * 5000 + "]" * 5000
    for other in (
        "안녕",
        "3",
        '"글"',
        "{",
        '{"a": ',
        "{}",
        "[]",
        "[1, 2]",
        "{'a': 1}",
        deep,
        '{"a": "' + "가" * 300_000 + '"}',
        "```\n```",
    ):
        assert parts_of_answer(other) is None, other[:20]
    assert parts_of_answer('{"a": ' + "[" * 500 + "]" * 500 + "}") is not None
