"""What is handed over against the chat: equal forms are equal, and each kind of difference is told by its own cause."""

import copy
import json

import pytest

from engine.cli.app import main
from engine.deploy.bundle import BundleSettings, make_bundle
from engine.deploy.parity import Side, compared, parity_of, prompts_of
from engine.errors import UserError
from engine.models.bases import resolve_base
from engine.models.loading import load_tokenizer
from engine.serve.choose import choose_model
from engine.store.open import open_store
from tests.curated import curated
from tests.judged import add_model

ASKED = [[{"role": "user", "content": text}] for text in ("저녁 뭐 먹지?", "주말에 뭐 해?", "비 와?")]
SAID = ["나는 국수가 좋아", "산책하러 가자", "아니 맑아"]


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(resolve_base("starter"))


def against(tokenizer, said, *, reads=None, steady=True):
    side = Side("int8", reads or tokenizer, lambda prompts: [said[ASKED.index(prompt)] for prompt in prompts])
    return compared(side, tokenizer, ASKED, SAID, steady)


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


def test_another_template_is_the_cause(tokenizer):
    other = copy.deepcopy(tokenizer)
    other.chat_template = "{% for m in messages %}### {{ m['content'] }}\n{% endfor %}"
    assert against(tokenizer, ["응", "응", "응"], reads=other).causes == {"template": 3}


def test_another_end_token_is_the_cause_where_one_answer_runs_on(tokenizer):
    other = copy.deepcopy(tokenizer)
    other.malmoi.end_ids = [0]
    assert set(other.malmoi.end_ids) != set(tokenizer.malmoi.end_ids)
    found = against(tokenizer, [SAID[0] + " 그리고 또", SAID[1], "아니 흐려"], reads=other)
    assert found.causes == {"dtype": 1, "end_token": 1}
    assert against(tokenizer, [SAID[0] + " 그리고 또", *SAID[1:]]).cause == "dtype", (
        "the same end, later: no other end token"
    )


def test_who_answers_otherwise_each_time_is_sampling(tokenizer):
    times = iter(range(9))
    side = Side("bundle", tokenizer, lambda prompts: [f"{next(times)}번째 답" for _ in prompts])
    assert compared(side, tokenizer, ASKED, SAID, True).causes == {"sampling": 3}
    assert against(tokenizer, ["응", *SAID[1:]], steady=False).cause == "sampling"


def test_held_out_prompts_come_first_and_lose_no_words(fresh_store, tmp_path):
    with open_store(fresh_store) as db:
        _, dataset = curated(db)
        model = add_model(fresh_store, dataset, tmp_path / "adapter")
        found = prompts_of(db, choose_model(db, model), 20)
    assert len(found) == 15 and "바다" in str(found[0]) and not any("cut" in one for prompt in found for one in prompt)


def test_a_folder_that_is_no_bundle_is_told(fresh_store, tmp_path):
    with open_store(fresh_store) as db:
        model = choose_model(db, "base:starter")
    with pytest.raises(UserError, match="묶음 폴더가 아닙니다"):
        parity_of(fresh_store, model, tmp_path, prompts=1, new_tokens=2)


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
    weights = next((bundle / "model").glob("*.gguf*"))
    weights.write_bytes(weights.read_bytes()[:-7])
    with pytest.raises(UserError, match="답하지 않았습니다"):
        parity_of(fresh_store, model, bundle, prompts=1, new_tokens=2)
