"""The starter model: its generated corpus, its tokenizer, its committed folder, and a run from nothing to a folder."""

import json
import random
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.models.starter import STARTER_DIR, train_starter, widen_feed_forward
from engine.models.starter_corpus import chat, copying, medicine, patents, prose, reading, retrieved, summaries
from engine.models.starter_corpus.clauses import twin_of
from engine.models.starter_corpus.grammar import fill, josa
from engine.models.starter_corpus.mix import documents
from engine.models.starter_pretrain import LONG, SHORT, Schedule, batches, pack
from engine.models.starter_probe import _is_korean_line, answer_prompts, chat_prompt, is_refusal, probe_items

ROUND_TRIPS = (
    "안녕하세요 😊 반가워요 👩‍👩‍👧", "뷁 쀍 힣 똠방각하", "줄\n바꿈\n\n두 번\t탭", '{"risk_level": "높음", "comparisons": []}', "  앞뒤 공백  ",
    "ㅋㅋㅋㅋ ㅠㅠ ㄱㄱ ㅇㅈ", "보험금 1,250,000원 (제3조)", "[이름_1] [전화번호_1] [링크]", "def f(x): return x**2  # 주석", "漢字 ひらがな Ünïcödé", "",
)  # fmt: skip


def texts(seed: int, count: int) -> list[str]:
    return ["".join(text for _, text in document) for document in islice(documents(seed), count)]


def test_corpus_is_the_same_for_a_seed_and_another_for_another() -> None:
    assert texts(3, 400) == texts(3, 400)
    assert texts(3, 400) != texts(4, 400)


def test_corpus_hardly_repeats_a_document() -> None:
    assert Counter(texts(0, 3_000)).most_common(1)[0][1] <= 15
    assert len(set(texts(0, 3_000))) > 2_850


def test_documents_carry_no_unfilled_template() -> None:
    for text in texts(1, 2_000):
        if "[약관]" in text or "[보험약관]" in text:
            assert "{" not in text and "^" not in text


@pytest.mark.parametrize("polite", [False, True])
@pytest.mark.parametrize("line", chat.LINES)
def test_chat_template_renders_in_both_speech_levels(line: str, polite: bool) -> None:
    rng = random.Random(0)
    for _ in range(20):
        said = fill(line, rng, chat.slots(rng), polite=polite)
        assert "{" not in said and "^" not in said


@pytest.mark.parametrize(
    ("word", "name", "expected"),
    [
        ("물", "으로", "물로"), ("집", "으로", "집으로"), ("카페", "으로", "카페로"), ("사과", "을를", "사과를"), ("책", "을를", "책을"),
        ("친구", "은는", "친구는"), ("동생", "은는", "동생은"), ("커피", "이나", "커피나"), ("호떡", "이면", "호떡이면"), ("형", "와과", "형과"),
        ("누나", "와과", "누나와"), ("지은", "이랑", "지은이랑"), ("350만원", "을를", "350만원을"), ("30%", "을를", "30%를"), ("7", "으로", "7로"),
        ("3", "으로", "3으로"), ("[이름_1]", "이가", "[이름_1]이"), ("[이름_2]", "이가", "[이름_2]가"), ("KTX", "을를", "KTX를"), ("나", "이에요", "나예요"),
    ],
)  # fmt: skip
def test_particle_agrees(word: str, name: str, expected: str) -> None:
    assert josa(word, name) == expected


def test_unknown_slot_is_named() -> None:
    with pytest.raises(KeyError, match="없는칸"):
        fill("{없는칸/을를} 먹자", random.Random(0), {"food": "밥"})


def test_policy_answers_stand_in_the_clause_and_refusals_do_not_invent() -> None:
    rng = random.Random(5)
    refusals = 0
    for _ in range(500):
        _, given, answer = reading.policy(rng)
        # "연 9회" is answered by "1년에 9회"; the event of a late flight names hours that the clause may leave out
        if "항공기" not in answer:
            assert all(number in given for number in re.findall(r"\d+", answer.replace("1년에", "")))
        refusals += is_refusal(answer)
    assert 120 < refusals < 260


def test_answers_over_retrieved_clauses_stand_in_them_and_name_their_ground() -> None:
    rng = random.Random(6)
    refusals = grounds = 0
    for _ in range(600):
        question, given, answer = retrieved.policy_retrieved(rng)
        refusals += answer == retrieved.POLICY_REFUSAL
        grounds += answer.endswith(")")
        assert 1 <= len(given.split("\n\n")) <= 3 and "{" not in question + given + answer
        assert all(number in given for number in re.findall(r"\d+", answer)), (given, question, answer)
    assert 130 < refusals < 230 and grounds > 200
    assert retrieved.POLICY_REFUSAL not in {
        retrieved.policy_retrieved(rng, answerable_only=True)[2] for _ in range(200)
    }


def test_a_twin_is_the_same_fact_in_other_words() -> None:
    rng = random.Random(6)
    for _ in range(300):
        fact = retrieved.any_fact(rng)
        assert twin_of(rng, fact).key.partition(":")[0] == fact.key.partition(":")[0]


def test_patent_verdicts_follow_the_rule() -> None:
    rng = random.Random(5)
    for _ in range(200):
        verdict = json.loads(patents.comparison(rng)[2])
        matches = {row["match"] for row in verdict["comparisons"]}
        expected = "낮음" if "불일치" in matches else "애매" if "불명확" in matches else "높음"
        assert verdict["risk_level"] == expected


def test_emergencies_are_sent_to_119_and_choices_hold_the_answer() -> None:
    rng = random.Random(5)
    assert any("119" in medicine.question(rng)[1][-1] for _ in range(30))
    for _ in range(100):
        _, given, answer = medicine.multiple_choice(rng)
        assert any(char in given for char in answer if char in "12345ABCDE①②③④⑤")


def test_summaries_name_the_speakers_and_stories_end() -> None:
    rng = random.Random(5)
    for _ in range(100):
        _, dialogue, summary = summaries.summary(rng)
        assert any(line.split(":")[0] in summary for line in dialogue.splitlines() if ":" in line)
        assert prose.story(rng).endswith(".")


def test_copies_are_exact() -> None:
    rng = random.Random(5)
    for _ in range(200):
        _, given, answer = copying.repeat(rng)
        assert given == answer


def test_packing_splits_no_document_and_pads_without_weight() -> None:
    import numpy as np

    rng = random.Random(0)
    pieces = [
        (np.full(n, n, dtype=np.int32), np.ones(n, dtype=np.float32)) for n in (rng.randint(1, 80) for _ in range(200))
    ]
    rows = pack(pieces, 64, 0, rng)
    kept = Counter(int(ids[0]) for ids, _ in pieces if len(ids) <= 64)
    found = Counter({n: sum(int((ids == n).sum()) for ids, _ in rows) // n for n in kept})
    assert found == kept
    assert all((weights[ids == 0] == 0).all() and (weights[ids > 0] == 1).all() for ids, weights in rows)


def test_schedule_warms_up_decays_and_lengthens() -> None:
    schedule = Schedule(10_000_000)
    rates = [schedule.rate(seen) for seen in (0, 1_000_000, 6_000_000, 8_000_000, 9_999_999)]
    assert rates[0] < rates[1] == rates[2] > rates[3] > rates[4] > 0
    assert schedule.length(0) == SHORT and schedule.length(9_000_000) == LONG


def test_too_few_tokens_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="10개"):
        train_starter(tmp_path, tokens=10)


@pytest.fixture(scope="module")
def tokenizer():  # type: ignore[no-untyped-def]
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(STARTER_DIR)


@pytest.mark.parametrize("text", ROUND_TRIPS)
def test_tokenizer_gives_back_the_text(tokenizer, text: str) -> None:  # type: ignore[no-untyped-def]
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_end_and_pad_are_distinct_and_known_to_the_model(tokenizer) -> None:  # type: ignore[no-untyped-def]
    generation = json.loads((STARTER_DIR / "generation_config.json").read_text(encoding="utf-8"))
    config = json.loads((STARTER_DIR / "config.json").read_text(encoding="utf-8"))
    assert tokenizer.eos_token == "<|end|>" and tokenizer.eos_token_id != tokenizer.pad_token_id
    assert generation["eos_token_id"] == config["eos_token_id"] == tokenizer.eos_token_id
    assert generation["pad_token_id"] == config["pad_token_id"] == tokenizer.pad_token_id


def test_template_renders_many_turns_and_the_prompt_is_a_prefix(tokenizer) -> None:  # type: ignore[no-untyped-def]
    turns = [
        {"role": "system", "content": "친구처럼 대화해."}, {"role": "user", "content": "뭐 해?"},
        {"role": "assistant", "content": "쉬고 있어"}, {"role": "user", "content": "나와"},
    ]  # fmt: skip
    prompt = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    whole = tokenizer.apply_chat_template([*turns, {"role": "assistant", "content": "그래"}], tokenize=False)
    assert prompt == (
        "<s><|system|>친구처럼 대화해.<|end|><|user|>뭐 해?<|end|><|assistant|>쉬고 있어<|end|><|user|>나와<|end|><|assistant|>"
    )
    assert whole == prompt + "그래<|end|>"
    assert tokenizer(whole)["input_ids"][: len(tokenizer(prompt)["input_ids"])] == tokenizer(prompt)["input_ids"]


def test_committed_folder_is_small_and_complete() -> None:
    assert (STARTER_DIR / "model.safetensors").stat().st_size <= 12_000_000
    assert {"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"} <= {
        path.name for path in STARTER_DIR.iterdir()
    }


def test_committed_model_answers_in_korean_and_stops() -> None:
    prompts = ["오늘 저녁에 뭐 먹을까?", "지금 어디야?", "안녕하세요", "요즘 너무 피곤해 ㅠㅠ"]
    for text, ended in answer_prompts(STARTER_DIR, [chat_prompt(prompt) for prompt in prompts], max_new_tokens=60):
        assert ended and _is_korean_line(text)


def test_saved_model_is_the_trained_function_at_a_width_nf4_can_hold() -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    narrow = LlamaForCausalLM(LlamaConfig(vocab_size=64, hidden_size=64, intermediate_size=88, num_hidden_layers=2))
    wide = widen_feed_forward(narrow, 128)
    ids = torch.arange(20)[None]
    assert wide.config.intermediate_size == 128 and narrow.config.intermediate_size == 88
    assert torch.allclose(narrow(ids).logits, wide(ids).logits, atol=1e-6)


def test_probe_items_are_the_same_for_a_seed() -> None:
    assert [item.prompt for item in probe_items(1)] == [item.prompt for item in probe_items(1)]
    assert [item.prompt for item in probe_items(1)] != [item.prompt for item in probe_items(2)]


@pytest.mark.slow
def test_batches_are_the_same_for_any_number_of_workers(tokenizer) -> None:  # type: ignore[no-untyped-def]
    import torch

    def first(workers: int) -> list[torch.Tensor]:
        stream = batches(tokenizer, Schedule(800_000, 4_096), seed=3, workers=workers)
        found = [ids for ids, _ in islice(stream, 130)]  # past the change to longer rows
        stream.close()
        return found

    alone, pooled = first(0), first(2)
    assert alone[0].shape == (16, SHORT) and alone[-1].shape == (8, LONG)
    assert all(torch.equal(*both) for both in zip(alone, pooled, strict=True))


@pytest.mark.slow
def test_training_from_nothing_makes_a_folder_that_loads(tmp_path: Path) -> None:
    lines: list[str] = []
    found = train_starter(tmp_path, tokens=20_000, device="cpu", progress=lines.append)
    assert found["tokens"] >= 20_000 and found["parameters"] == 5_327_616 and found["bytes"] < 12_000_000
    assert 5 < found["loss"] < 9 and lines
