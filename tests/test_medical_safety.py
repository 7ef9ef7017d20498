"""How the medical recipe answers: emergencies first, the safety line last, by the owner's own red flags; what stands beside an answer."""

import io
import json
from contextlib import contextmanager

import pytest

from engine.config import SAMPLES
from engine.curate.medical_answer import EMERGENCY, NOT_ASKED, SAFETY
from engine.curate.row import Message
from engine.errors import UserError
from engine.evaluate.answering import choice_losses
from engine.evaluate.score import score_files
from engine.evaluate.suite import Answer, Item, SuiteContext
from engine.evaluate.suites.medical import SUITE
from engine.recipes.recipe import load_recipe, prepared, way_of
from engine.serve.asked import Asked
from engine.serve.backend import Generated
from engine.serve.batch import answer_file
from engine.serve.chat import Conversation
from engine.serve.choose import choose_model
from engine.serve.decoding import Decoding
from engine.store.chats import read_messages
from engine.store.open import open_store
from engine.store.terms import add_terms
from engine.terms.dictionary import Dictionary
from engine.terms.model import Relation, Term
from tests.talkers import Talker

RECIPE = load_recipe("medical")
HURTS = "가슴이 쥐어짜듯이 아프고 식은땀이 나요."


def prompt(**item):
    return RECIPE.prompt(item, RECIPE.options())


def asked_chat(words):
    return prompt(turns=[{"role": "user", "content": words}])


@pytest.mark.parametrize("style", ["chat", "instruction"])
def test_an_emergency_comes_first_and_a_harmless_question_gets_the_safety_line_alone(style):
    way, options = way_of(RECIPE, None), RECIPE.options(style=style)
    turns = [{"role": "user", "content": HURTS}]
    made = way.finish(RECIPE.prompt({"turns": turns}, options), "쉬세요.")
    assert made.startswith(EMERGENCY) and made.endswith(SAFETY)
    turns = [{"role": "user", "content": "가슴 통증은 없고 콧물이 나요."}]
    assert way.finish(RECIPE.prompt({"turns": turns}, options), "쉬세요.") == f"쉬세요.\n{SAFETY}"


def test_the_counsellors_own_question_is_no_emergency():
    turns = [("user", "콧물이 나요."), ("assistant", "가슴이 쥐어짜듯이 아프고 식은땀이 나세요?"), ("user", "아니요.")]
    said = [{"role": role, "content": content} for role, content in turns]
    for style in ("chat", "instruction"):
        messages = RECIPE.prompt({"turns": said}, RECIPE.options(style=style))
        assert EMERGENCY not in way_of(RECIPE, "safe").finish(messages, "쉬세요.")


def test_choices_maths_and_passages_get_no_advice():
    finish = way_of(RECIPE, "safe").finish
    assert finish(prompt(question=HURTS, choices=["가", "나"]), "① 가") == "① 가"
    assert finish(prompt(form="maths", question=f"{HURTS} 2 + 3은?"), "5") == "5"
    assert finish(prompt(question=HURTS, context=HURTS), "가슴") == "가슴"
    assert way_of(RECIPE, "plain").finish is None


def test_the_owners_own_red_flag_counts_once_the_recipe_is_prepared(fresh_store):
    told = asked_chat("아버지가 푸른점빵 증상을 보이세요.")
    with open_store(fresh_store) as db:
        add_terms(db, "medical", [Term("own", "푸른점빵 증상", "red_flag")])
        own = prepared(db, RECIPE)
    assert EMERGENCY in way_of(own, None).finish(told, "쉬세요.")
    assert EMERGENCY not in way_of(RECIPE, None).finish(told, "쉬세요.")
    turns = {"turns": [{"role": "user", "content": "아버지가 푸른점빵 증상을 보이세요."}]}
    assert own.read(turns, "")["red_flags"] == ["푸른점빵 증상"] and RECIPE.read(turns, "")["red_flags"] == []


class Says:
    """Every prompt is answered with the same words."""

    def __init__(self, text):
        self.text = text

    def generate(self, prompts, decoding):
        return [Generated(self.text, self.text, 1, 1, True) for _ in prompts]

    def losses(self, pairs):
        return [(float(len(target)), 1) for _, target in pairs]

    def close(self):
        pass


def test_answers_of_a_file_carry_the_choice_and_the_red_flags(tmp_path):
    src = tmp_path / "q.jsonl"
    asked = [
        {"id": 1, "question": "심장은?", "choices": ["위", "간", "심장"]},
        {"id": 2, "turns": [{"role": "user", "content": HURTS}]},
        {"id": 3, "question": "무릎이 아파요."},
        {"id": 4, "question": "2 + 3은?", "form": "maths"},
    ]
    src.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in asked), encoding="utf-8")
    out = io.StringIO()
    way = way_of(RECIPE, None)
    ask = lambda item: Asked(RECIPE.prompt(item, RECIPE.options()))  # noqa: E731
    assert answer_file([lambda: Says("③ 심장")], src, out, [ask], Decoding(), way, RECIPE.read) == 4
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert rows[0]["answer_index"] == 2 and rows[0]["answer"] == "③ 심장" and "red_flags" not in rows[0]
    assert rows[1]["red_flags"] == ["가슴 통증"] and rows[1]["raw"] == ""  # no model was asked
    assert rows[1]["answer"] == f"{EMERGENCY}\n{NOT_ASKED}\n{SAFETY}"
    assert rows[2]["red_flags"] == [] and "answer_index" not in rows[2]
    assert not {"answer_index", "red_flags"} & rows[3].keys()


def test_a_chat_tells_the_emergency_alone_and_no_model_is_waited_for(fresh_store):
    with open_store(fresh_store) as db:
        model = choose_model(db, "base:starter")
    shape = lambda turns: Asked(prompt(turns=turns))  # noqa: E731
    waited: list[int] = []

    @contextmanager
    def opened():
        waited.append(1)
        yield [Talker(["편히 ", "쉬세요."])]

    talk = Conversation(fresh_store, model, shape, Decoding(), way=way_of(RECIPE, None), opened=opened)
    told = f"{EMERGENCY}\n{NOT_ASKED}\n{SAFETY}"
    for pieces in (talk.say(HURTS), talk.again(1), talk.again(0, f"{HURTS} 어떡하죠?")):
        assert list(pieces) == [told] == [talk.answered] and not waited
        with open_store(fresh_store) as db:
            assert [one["text"] for one in read_messages(db, talk.chat_id)][1:] == [told]
    left = talk.again(1)
    next(left)
    left.close()
    with open_store(fresh_store) as db:
        assert read_messages(db, talk.chat_id)[-1]["ended"] == "whole"
    assert "".join(talk.again(0, "무릎이 조금 뻐근해요.")) == f"편히 쉬세요.\n{SAFETY}" and waited == [1]


def test_every_choice_is_measured_under_its_own_prompt():
    items = [
        Item("a", (), "① 위", meta={"choices": ["위", "큰창자", "간"], "answer_index": 0}),
        Item("b", (), "열린 답", meta={"form": "qa"}),
        Item("c", (), "② 나", meta={"choices": ["가", "나"], "answer_index": 1}),
    ]
    prompts = [(Message(role="user", content=item.name),) for item in items]
    assert choice_losses(Says(""), SUITE, items, prompts) == [[3.0, 5.0, 3.0], [], [3.0, 3.0]]


def test_open_answers_are_judged_by_the_dictionary_under_any_name():
    terms = [
        Term("ht", "고혈압", "disease", ("본태성 고혈압",), ("혈압이 높은 병",)),
        Term("kd", "콩팥병", "disease", ("신장병",)),
    ]
    terms += [Term("salt", "소금", "cause"), Term("sun", "햇빛", "cause")]
    dictionary = Dictionary(terms, [Relation("ht", "cause", "salt"), Relation("kd", "cause", "sun")])
    item = Item("a", (), "고혈압과 콩팥병이 생깁니다.", meta={"form": "qa", "question": "무엇이 생기나요?"})
    context = SuiteContext(dictionary=dictionary)
    scores = SUITE.score(item, Answer("신장병이 생깁니다.", "", 0), context)
    assert scores["term_recall"] == 0.5 and scores["relation_errors"] == 0.0 and scores["mc_accuracy_letter"] is None
    assert SUITE.explain(item, Answer("신장병이 생깁니다.", "", 0), context)["terms_missed"] == ["고혈압"]
    assert SUITE.score(item, Answer("", "", 0), context)["relation_errors"] is None


BROKEN = [
    {"id": 1, "choices": ["가", "나"]},
    {"id": 1, "choices": ["가", "나"], "answer_index": 2},
    {"id": 1, "choices": ["가", "나"], "answer_index": True},
    {"id": 1, "choices": "가나", "answer_index": 0},
    {"id": 1, "choices": ["가", 3], "answer_index": 0},
    {"id": 1, "choices": [], "answer_index": 0},
    {"id": 1, "turns": ["아파요"], "answer": "쉬세요"},
    {"id": 1, "turns": {"role": "user"}, "answer": "쉬세요"},
    {"id": 1, "question": "?"},
]


@pytest.mark.parametrize("row", BROKEN, ids=[json.dumps(row, ensure_ascii=False) for row in BROKEN])
def test_a_row_that_cannot_be_scored_is_named_by_its_line(tmp_path, row):
    src, pred = tmp_path / "in.jsonl", tmp_path / "pred.jsonl"
    src.write_text(json.dumps(row), encoding="utf-8")
    pred.write_text(json.dumps({"id": 1, "answer": "①"}), encoding="utf-8")
    with pytest.raises(UserError, match="1번째 줄"):
        score_files(SUITE, src, pred)


def test_the_sample_itself_can_be_scored_and_right_answers_are_right(tmp_path):
    names = ("questions", "dialogues", "maths", "passages")
    lines = [
        line
        for name in names
        for line in (SAMPLES / "medical" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    src, pred = tmp_path / "in.jsonl", tmp_path / "pred.jsonl"
    src.write_text("\n".join(lines), encoding="utf-8")
    said = [{"id": row["id"], "answer": SUITE.meta(row)["references"][0]} for row in map(json.loads, lines)]
    pred.write_text("\n".join(json.dumps(row) for row in said), encoding="utf-8")
    metrics = score_files(SUITE, src, pred)["metrics"]
    for name in ("mc_accuracy_letter", "term_recall", "red_flag_recall", "maths_exact", "passage_exact"):
        assert metrics[name]["value"] == 1.0, name
    assert metrics["red_flag_false_alarm"]["value"] == metrics["mc_unparsed"]["value"] == 0.0
    assert metrics["mc_accuracy_likelihood"]["n"] == 0 and metrics["mc_accuracy_letter"]["floors"]["chance"] < 0.25
