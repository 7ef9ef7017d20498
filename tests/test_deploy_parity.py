"""What is handed over against the chat: equal forms are equal, and each kind of difference is told by its own cause."""

import json
from contextlib import closing

import pytest

from engine.cli.app import main
from engine.deploy.bundle import BundleSettings, make_bundle
from engine.deploy.parity import Side, compared, parity_of, prompts_of
from engine.deploy.running import Said, ask_bundle
from engine.errors import UserError
from engine.models.bases import resolve_base
from engine.models.loading import load_tokenizer
from engine.serve.choose import choose_model, open_model, with_engine
from engine.serve.decoding import Decoding
from engine.serve.read import read_as
from engine.store.open import open_store
from tests.curated import curated
from tests.judged import add_model

ASKED = [[{"role": "user", "content": text}] for text in ("저녁 뭐 먹지?", "주말에 뭐 해?", "비 와?")]
SAID = ["나는 국수가 좋아", "산책하러 가자", "아니 맑아"]


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(resolve_base("starter"))


def against(tokenizer, said, *, read="a", ends=None, steady=True):
    answers = [Said(text, read) for text in said]
    usual = frozenset(tokenizer.malmoi.end_ids)
    side = Side("int8", "gguf", ends or usual, lambda prompts: [answers[ASKED.index(prompt)] for prompt in prompts])
    return compared(side, tokenizer, ASKED, [Said(text, "a") for text in SAID], answers, steady)


def test_the_same_answers_differ_nowhere(tokenizer):
    found = against(tokenizer, SAID)
    assert (found.equal, found.first_difference, found.cause, found.answers) == (3, None, "none", [])


def test_other_weights_are_what_is_left(tokenizer):
    found = against(tokenizer, ["나는 밥이 좋아", SAID[1], "아니 흐려"])
    assert (found.equal, found.cause, found.causes) == (1, "dtype", {"dtype": 2})
    assert found.first_difference["token"] == min(one["token"] for one in found.answers) > 0
    assert found.answers[0] | {"token": 0} == {
        "prompt": 0,
        "token": 0,
        "cause": "dtype",
        "chat": SAID[0],
        "made": "나는 밥이 좋아",
    }


def test_a_prompt_read_as_other_tokens_is_the_cause(tokenizer):
    assert against(tokenizer, ["응", "응", "응"], read="b").causes == {"template": 3}
    assert against(tokenizer, ["응", "응", "응"], read="").causes == {"dtype": 3}, "nothing is told of how it reads"


def test_another_end_token_is_the_cause_where_one_answer_runs_on(tokenizer):
    found = against(tokenizer, [SAID[0] + " 그리고 또", SAID[1], "아니 흐려"], ends=frozenset({0}))
    assert found.causes == {"dtype": 1, "end_token": 1}
    assert against(tokenizer, [SAID[0] + " 그리고 또", *SAID[1:]]).cause == "dtype", (
        "the same end, later: no other end token"
    )


def test_who_answers_otherwise_each_time_is_sampling(tokenizer):
    times = iter(range(9))
    side = Side("bundle", "gguf", frozenset(), lambda prompts: [Said(f"{next(times)}번째 답", "a") for _ in prompts])
    made, wanted = side.ask(ASKED), [Said(text, "a") for text in SAID]
    assert compared(side, tokenizer, ASKED, wanted, made, True).causes == {"sampling": 3}
    assert against(tokenizer, ["응", *SAID[1:]], steady=False).cause == "sampling"


def test_held_out_prompts_come_first(fresh_store, tmp_path):
    with open_store(fresh_store) as db:
        _, dataset = curated(db)
        model = add_model(fresh_store, dataset, tmp_path / "adapter")
        found = prompts_of(db, choose_model(db, model), 20)
    assert len(found) == 15 and "바다" in str(found[0])


def test_a_folder_that_is_no_bundle_is_told(fresh_store, tmp_path):
    with open_store(fresh_store) as db:
        model = choose_model(db, "base:starter")
    with pytest.raises(UserError, match="묶음 폴더가 아닙니다"):
        parity_of(fresh_store, model, tmp_path, prompts=1, new_tokens=2)


def assert_the_same_words_are_lost(store, model, bundle):
    """A prompt far too long loses the marked span in the bundle as in the chat, not its beginning."""
    text = "[약관]\n" + "제1조 보험금은 이렇게 준다. " * 2000 + "\n\n질문: 언제 줘?"
    long = [{"role": "user", "content": text, "cut": [5, text.index("\n\n질문")]}]
    bare = [{"role": "user", "content": text}]
    tokenizer = load_tokenizer(resolve_base("starter"))
    settings = {"temperature": 0.0, "max_new_tokens": 4}
    (marked, unmarked), _ = ask_bundle(bundle, [long, bare], settings)
    decoding = Decoding.model_validate(settings)
    with closing(open_model(store, with_engine(model, "transformers"))) as backend:
        assert marked.read == read_as(backend, tokenizer, long, decoding) != unmarked.read
        assert unmarked.read == read_as(backend, tokenizer, bare, decoding)


@pytest.mark.slow
def test_a_running_bundle_is_asked_like_the_chat(fresh_store, tmp_path, capsys):
    bundle = tmp_path / "bundle"
    with open_store(fresh_store) as db:
        model = choose_model(db, "base:starter")
    make_bundle(fresh_store, model, "local", bundle, BundleSettings())
    assert main(["parity", "base:starter", "--bundle", str(bundle), "--limit", "2", "--tokens", "8", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"prompts", "equal", "first_difference", "variants"} <= set(found) and found["prompts"] == 2
    named = {one["name"]: one for one in found["variants"]}
    assert list(named) == ["chat", "merged", "int8", "bundle"] and named["chat"]["equal"] == 2
    assert named["bundle"]["equal"] == named["int8"]["equal"], "the bundle is the int8 form"
    assert not {one["cause"] for one in named.values()} - {"none", "dtype"}
    assert (named["chat"]["precision"], named["merged"]["precision"]) == ("nf4", "none")
    assert named["merged"]["equal_merged"] == 2 and named["bundle"]["equal_merged"] == named["int8"]["equal_merged"]
    assert_the_same_words_are_lost(fresh_store, model, bundle)
    weights = next((bundle / "model").glob("*.gguf*"))
    weights.write_bytes(weights.read_bytes()[:-7])
    with pytest.raises(UserError, match="답하지 않았습니다"):
        parity_of(fresh_store, model, bundle, prompts=1, new_tokens=2)
