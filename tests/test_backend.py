"""One model in memory: the same answers alone, in a batch and in a stream; references measured without waste."""

import threading
from pathlib import Path
from typing import Any

import pytest

from engine.models.bases import ResolvedBase, resolve_base
from engine.models.loading import load_base, load_tokenizer
from engine.models.template import encode_example
from engine.serve.backend import Backend
from engine.serve.decoding import Decoding
from engine.serve.sampling import certain, trimmed
from engine.serve.transformers_backend import TransformersBackend, open_backend
from tests.tiny_models import ARCHITECTURES, make_tiny

PROMPTS = [
    [{"role": "user", "content": "안녕"}],
    [
        {"role": "system", "content": "친구처럼 말해."},
        {"role": "user", "content": "오늘 저녁에 뭐 먹을까?"},
        {"role": "assistant", "content": "파스타"},
        {"role": "user", "content": "좋아"},
    ],
]
GREEDY = Decoding(temperature=0.0, max_new_tokens=6)
SAMPLED = Decoding(temperature=0.9, max_new_tokens=6, seed=3)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ResolvedBase]:
    folder = tmp_path_factory.mktemp("backends")
    return {name: resolve_base(str(make_tiny(name, folder))) for name in ARCHITECTURES}


@pytest.fixture(scope="module", params=ARCHITECTURES)
def backend(request: pytest.FixtureRequest, bases: dict[str, ResolvedBase]) -> TransformersBackend:
    return open_backend(bases[request.param], quantisation="nf4", device="cpu")


@pytest.fixture(scope="module")
def neox(bases: dict[str, ResolvedBase]) -> TransformersBackend:
    return open_backend(bases["gpt_neox"], quantisation="none", device="cpu")


def test_it_keeps_the_contract(neox: TransformersBackend) -> None:
    kept: Backend = neox
    assert kept.generate([], GREEDY) == []


@pytest.mark.parametrize("decoding", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
def test_alone_in_a_batch_and_in_a_stream_the_answer_is_the_same(
    decoding: Decoding, backend: TransformersBackend
) -> None:
    together = backend.generate(PROMPTS, decoding)
    assert [answer.raw for prompt in PROMPTS for answer in backend.generate([prompt], decoding)] == [
        answer.raw for answer in together
    ]
    assert ["".join(backend.stream(prompt, decoding)) for prompt in PROMPTS] == [answer.text for answer in together]
    assert all(answer.new_tokens <= 6 for answer in together)


def test_losses_are_those_of_the_full_logits_alone_and_in_a_batch(backend: TransformersBackend) -> None:
    import torch

    pairs = [(PROMPTS[0], "응 밥 먹자"), (PROMPTS[1], "그래"), (PROMPTS[0], "오늘은 뷁 말고 파스타")]
    found = backend.losses(pairs)
    for (prompt, target), (nll, tokens) in zip(pairs, found, strict=True):
        example = encode_example(backend._tokenizer, prompt, target)
        ids = torch.tensor([example.input_ids])
        with torch.no_grad():
            logits = backend._model(input_ids=ids).logits[0, example.prompt_length - 1 : -1]
        expected = torch.nn.functional.cross_entropy(logits, ids[0, example.prompt_length :], reduction="sum")
        assert tokens == len(example.input_ids) - example.prompt_length
        assert nll == pytest.approx(expected.item(), rel=1e-4)


def test_another_seed_gives_another_answer_and_zero_temperature_ignores_it(neox: TransformersBackend) -> None:
    long = SAMPLED.model_copy(update={"max_new_tokens": 24})
    texts = {neox.generate(PROMPTS[:1], long.model_copy(update={"seed": seed}))[0].raw for seed in range(3)}
    assert len(texts) == 3
    greedy = {neox.generate(PROMPTS[:1], GREEDY.model_copy(update={"seed": seed}))[0].raw for seed in range(3)}
    assert len(greedy) == 1


def test_other_random_draws_in_the_program_change_nothing(neox: TransformersBackend) -> None:
    import torch

    before = neox.generate(PROMPTS, SAMPLED)
    torch.manual_seed(99)
    assert [answer.raw for answer in neox.generate(PROMPTS, SAMPLED)] == [answer.raw for answer in before]


def test_a_tiny_top_p_is_greedy(neox: TransformersBackend) -> None:
    narrow = GREEDY.model_copy(update={"temperature": 1.0, "top_p": 1e-6})
    assert [a.raw for a in neox.generate(PROMPTS, narrow)] == [a.raw for a in neox.generate(PROMPTS, GREEDY)]


def test_a_stop_phrase_ends_the_answer_and_is_not_in_it(neox: TransformersBackend) -> None:
    long = GREEDY.model_copy(update={"max_new_tokens": 40, "repetition_penalty": 1.5})
    free = neox.generate(PROMPTS[:1], long)[0]
    phrase = free.raw[5:8]
    assert phrase.strip() and not free.ended
    stopping = long.model_copy(update={"stop": (phrase, "없는 구절")})
    stopped = neox.generate(PROMPTS[:1], stopping)[0]
    assert stopped.ended and phrase in stopped.raw and phrase not in stopped.text
    assert stopped.text == free.raw[: free.raw.index(phrase)].strip()
    assert stopped.new_tokens < free.new_tokens
    assert "".join(neox.stream(PROMPTS[0], stopping)) == stopped.text


def test_the_end_token_ends_the_answer(bases: dict[str, ResolvedBase]) -> None:
    import torch

    base = bases["gpt_neox"]
    model = load_base(base, quantisation="none", device="cpu")
    torch.nn.init.zeros_(model.get_output_embeddings().weight)  # all logits equal: greedy takes token 0, the end token
    answer = TransformersBackend(model, load_tokenizer(base)).generate(PROMPTS[:1], GREEDY)[0]
    assert (answer.text, answer.raw, answer.new_tokens, answer.ended) == ("", "", 1, True)


def test_an_answer_cut_by_length_has_not_ended(neox: TransformersBackend) -> None:
    answer = neox.generate(PROMPTS[:1], GREEDY)[0]
    assert (answer.new_tokens, answer.ended) == (6, False)


def test_closing_a_stream_stops_the_model_and_frees_it(neox: TransformersBackend) -> None:
    stream = neox.stream(PROMPTS[0], SAMPLED.model_copy(update={"max_new_tokens": 120}))
    next(stream)
    stream.close()
    assert not any(thread.name.startswith("answer") for thread in threading.enumerate())
    assert len(neox.generate(PROMPTS, GREEDY)) == 2


def test_a_failure_inside_a_stream_reaches_the_caller(bases: dict[str, ResolvedBase]) -> None:
    backend = open_backend(bases["llama"], quantisation="none", device="cpu")
    backend._model.get_output_embeddings().weight.data = backend._model.get_output_embeddings().weight.data[:, :8]
    with pytest.raises(RuntimeError):
        list(backend.stream(PROMPTS[0], GREEDY))


def test_prompts_longer_than_the_window_are_answered(backend: TransformersBackend) -> None:
    long = [{"role": "user", "content": "보험금은 사고일부터 삼 년 안에 청구합니다. " * 30}]
    backend._context, window = 96, backend._context
    answers = backend.generate([long], GREEDY.model_copy(update={"max_new_tokens": 4000}))
    backend._context = window
    assert answers[0].new_tokens <= 48
    assert backend.losses([(long, "네")])[0][1] > 0


def test_many_prompts_come_back_in_order(neox: TransformersBackend) -> None:
    prompts = [[{"role": "user", "content": "안녕" * (1 + 7 * i % 20)}] for i in range(20)]
    short = GREEDY.model_copy(update={"max_new_tokens": 3})
    assert [a.raw for a in neox.generate(prompts, short)] == [neox.generate([p], short)[0].raw for p in prompts]


def test_a_closed_backend_holds_no_model(bases: dict[str, ResolvedBase]) -> None:
    import gc
    import weakref

    backend = open_backend(bases["llama"], quantisation="none", device="cpu")
    held = weakref.ref(backend._model)
    backend.generate(PROMPTS, GREEDY)
    backend.close()
    gc.collect()
    assert held() is None


def test_an_adapter_changes_the_answer(bases: dict[str, ResolvedBase], tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    model: Any = load_base(bases["llama"], quantisation="nf4", device="cpu")
    config = LoraConfig(
        task_type="CAUSAL_LM", r=4, lora_alpha=400, target_modules="all-linear", init_lora_weights=False
    )
    get_peft_model(model, config).save_pretrained(tmp_path)
    plain = open_backend(bases["llama"], device="cpu").generate(PROMPTS, GREEDY)
    tuned = open_backend(bases["llama"], tmp_path, device="cpu").generate(PROMPTS, GREEDY)
    assert [answer.raw for answer in plain] != [answer.raw for answer in tuned]


@pytest.mark.parametrize(
    ("raw", "stop", "text"),
    [
        ("가 나 다", (), "가 나 다"),
        (" 가나 ", ("나",), "가"),
        ("이번에 새", ("새", "이번에"), ""),
        ("가", ("나",), "가"),
    ],
)
def test_an_answer_is_trimmed_at_its_first_stop_phrase(raw: str, stop: tuple[str, ...], text: str) -> None:
    assert trimmed(raw, stop) == text


@pytest.mark.parametrize(
    ("text", "stop", "shown"),
    [
        ("안녕 이번", ("이번에",), "안녕"),
        ("안녕", ("이번에",), "안녕"),
        ("안녕 이", ("이번에", "이것"), "안녕"),
        ("끝 ", (), "끝"),
    ],
)
def test_what_may_become_a_stop_phrase_is_not_shown_yet(text: str, stop: tuple[str, ...], shown: str) -> None:
    assert text[: certain(text, stop)] == shown
