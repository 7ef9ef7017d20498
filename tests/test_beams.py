"""Beams, no-repeat and minimum Bayes risk: deterministic, the same alone and in a batch, for decoders and encoder-decoders."""

import random
from collections.abc import Sequence

import pytest

from engine.models.bases import resolve_base
from engine.serve.decoding import Decoding
from engine.serve.mbr import NEVER, expected
from engine.serve.sampling import repeating
from engine.serve.transformers_backend import TransformersBackend, open_backend
from tests.test_backend import PROMPTS
from tests.tiny_models import make_tiny

BEAMS = Decoding(temperature=0.0, max_new_tokens=12, beams=4)
FAMILIES = ("gpt_neox", "qwen3", "bart", "t5")


@pytest.fixture(scope="module", params=FAMILIES)
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TransformersBackend:
    folder = tmp_path_factory.mktemp("beams")
    return open_backend(resolve_base(str(make_tiny(request.param, folder))), quantisation="none", device="cpu")


def raws(backend: TransformersBackend, decoding: Decoding) -> list[str]:
    return [one.raw for one in backend.generate(PROMPTS, decoding)]


def test_beams_answer_the_same_alone_in_a_batch_and_in_a_stream(backend: TransformersBackend) -> None:
    together = backend.generate(PROMPTS, BEAMS)
    assert [backend.generate([prompt], BEAMS)[0].raw for prompt in PROMPTS] == [one.raw for one in together]
    assert ["".join(backend.stream(prompt, BEAMS)) for prompt in PROMPTS] == [one.text for one in together]
    assert all(0 < one.new_tokens <= 12 for one in together)


def test_neither_temperature_nor_seed_counts_among_beams(backend: TransformersBackend) -> None:
    hot = BEAMS.model_copy(update={"temperature": 1.5, "top_p": 0.5, "seed": 9})
    assert raws(backend, hot) == raws(backend, BEAMS)


def test_beams_find_a_likelier_answer_than_greedy(backend: TransformersBackend) -> None:
    plain = {"repetition_penalty": 1.0, "length_penalty": 0.0, "max_new_tokens": 5}
    for prompt in PROMPTS:
        greedy, best = (ids_of(backend, prompt, BEAMS.model_copy(update={**plain, "beams": beams})) for beams in (1, 8))
        assert likelihood(backend, prompt, best) >= likelihood(backend, prompt, greedy) - 1e-3


def ids_of(backend: TransformersBackend, prompt: Sequence[dict[str, str]], decoding: Decoding) -> list[int]:
    return backend._run([backend._prompt(prompt, decoding)], decoding, lambda: False, None)[0]


def likelihood(backend: TransformersBackend, prompt: Sequence[dict[str, str]], answer: list[int]) -> float:
    import torch

    asked, encoder = backend._prompt(prompt, BEAMS), backend._encoder
    before = encoder.start if encoder else asked
    shown = torch.tensor([[*before, *answer]])
    with torch.inference_mode():
        given = {"input_ids": torch.tensor([asked]), "decoder_input_ids": shown} if encoder else {"input_ids": shown}
        steps = backend._model(**given).logits[0, len(before) - 1 : -1].log_softmax(-1)
    return float(steps.gather(1, torch.tensor(answer).unsqueeze(1)).sum())


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("temperature", [0.0, 0.9])
def test_no_ngram_of_an_answer_stands_there_twice(beams: int, temperature: float, backend: TransformersBackend) -> None:
    loops = Decoding(temperature=temperature, repetition_penalty=1.0, max_new_tokens=40, beams=beams)
    for size in (1, 2, 3):
        for prompt in PROMPTS:
            ids = ids_of(backend, prompt, loops.model_copy(update={"no_repeat_ngram": size}))
            grams = [tuple(ids[at : at + size]) for at in range(len(ids) - size + 1)]
            assert len(grams) == len(set(grams))


def test_a_stop_phrase_ends_beams_too(backend: TransformersBackend) -> None:
    free = backend.generate(PROMPTS[:1], BEAMS)[0]
    phrase = free.raw.strip()[2:4]
    if not phrase.strip():
        pytest.skip("the random model said nothing to stop at")
    stopped = backend.generate(PROMPTS[:1], BEAMS.model_copy(update={"stop": (phrase,)}))[0]
    assert phrase not in stopped.text


def test_what_repeats_is_what_followed_before() -> None:
    assert repeating([], 2) == repeating([5], 2) == []
    assert repeating([5, 6, 5], 2) == [6]
    assert repeating([1, 2, 3, 1, 2], 3) == [3]
    assert repeating([7, 8], 1) == [7, 8]


@pytest.mark.parametrize("seed", range(20))
def test_repeating_forbids_all_repeats_and_nothing_else(seed: int) -> None:
    draw = random.Random(seed)
    size, answer = draw.randint(1, 4), [draw.randrange(4) for _ in range(draw.randrange(14))]
    grams = {tuple(answer[at : at + size]) for at in range(len(answer) - size + 1)}
    for token in range(4):
        new = tuple([*answer, token][-size:])
        assert (token in repeating(answer, size)) == (len(new) == size and new in grams)


def words_in_common(pairs: Sequence[tuple[str, str]]) -> list[float]:
    return [len(set(a.split()) & set(b.split())) / len(set(a.split()) | set(b.split())) for a, b in pairs]


def test_the_answer_most_like_the_others_wins_and_an_empty_one_never() -> None:
    worth = expected(["밥 먹었다", "밥 먹었다 어제", "비가 온다", "", " "], words_in_common)
    assert worth[3] == worth[4] == NEVER
    assert worth.index(max(worth)) == 0 and worth[2] == 0.0
    assert expected(["", "혼자"], words_in_common) == [NEVER, 0.0]
    assert expected([""], words_in_common) == [NEVER] and expected([], words_in_common) == []


def test_an_answer_given_twice_has_two_votes() -> None:
    worth = expected(["가 나", "다 라", "다 라"], words_in_common)
    assert worth[1] == worth[2] > worth[0]


def test_a_tie_is_a_tie() -> None:
    worth = expected(["가", "나"], words_in_common)
    assert worth == [0.0, 0.0]
