"""Two models over the same prompts: equal ones are equal, another model is not, ties within the tolerance are told apart from errors."""

import json
from contextlib import closing
from pathlib import Path

from engine.models.bases import resolve_base
from engine.models.loading import load_tokenizer
from engine.serve.choose import choose_model, open_model
from engine.serve.parity import first_difference, parity
from engine.serve.transformers_backend import open_backend
from engine.store.open import open_store

ASKED = [[{"role": "user", "content": "오늘 저녁에 뭐 먹을까?"}], [{"role": "user", "content": "주말에 영화 볼래?"}]]


def test_where_two_lists_part() -> None:
    assert first_difference([1, 2], [1, 2]) is None
    assert first_difference([1, 2, 3], [1, 5, 3]) == 1
    assert first_difference([1, 2], [1]) == 1 and first_difference([], [4]) == 0


def test_the_starter_at_8_bits_answers_as_itself_within_tolerance(fresh_store: Path) -> None:
    base = resolve_base("starter")
    plain, tokenizer = open_backend(base, quantisation="none", device="cpu"), load_tokenizer(base)
    with open_store(fresh_store) as db:
        model = choose_model(db, "gguf:base:starter")
    with closing(open_model(fresh_store, model)) as made:
        found = parity(plain, made, tokenizer, ASKED, new_tokens=12)
        again = parity(plain, plain, tokenizer, ASKED, new_tokens=12)
    assert again.equal == 2 and again.first_difference is None and again.same_choice == again.within_tolerance == 1
    assert found.prompts == 2 and found.tokens > 4 and found.same_choice and found.within_tolerance
    assert 0.8 <= found.same_choice <= found.within_tolerance and found.within_tolerance > 0.9
    if found.first_difference:
        assert found.first_differences[found.first_difference["prompt"]] == found.first_difference["token"]
    assert json.loads(json.dumps(found.as_json()))["equal"] == found.equal


def test_another_model_is_not_within_tolerance() -> None:
    base = resolve_base("starter")
    plain = open_backend(base, quantisation="none", device="cpu")
    with closing(open_backend(base, quantisation="none", device="cpu")) as broken:
        for weight in broken._model.parameters():
            weight.data.mul_(0.3)
        found = parity(plain, broken, load_tokenizer(base), ASKED, new_tokens=12)
    assert found.equal == 0 and found.within_tolerance is not None and found.within_tolerance < 0.9
