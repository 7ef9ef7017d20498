"""Words that are kept whole in any base: one token in training, in what is saved, where it is served; and the base as it was."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine.curate.row import Message
from engine.errors import UserError
from engine.jobs.launch import launch_run
from engine.models import special_tokens
from engine.models.adapters import adopt_adapter
from engine.models.bases import SHIPPED, ResolvedBase, resolve_base
from engine.models.loading import load_base, load_model, load_tokenizer
from engine.models.special_tokens import begin_rows, check_tokens, fit_tokens, rows_of, tokens_of
from engine.models.template import decode_answer, encode_example
from engine.recipes.recipe import load_recipe
from engine.serve.choose import choose_model, open_model
from engine.serve.decoding import Decoding
from engine.serve.transformers_backend import TransformersBackend, open_backend
from engine.store.open import open_store
from engine.store.runs import get_run
from engine.train.capsule.back import import_capsule
from engine.train.capsule.make import pack_run
from engine.train.data import PromptTarget
from engine.train.preferences.train import train as learn_preferences
from engine.train.session import TrainResult
from engine.train.settings import TrainSettings, resolve_settings
from engine.train.sft import train
from tests.capsules import masked_dataset, tiny, trained, waiting_run
from tests.runs_store import frozen_dataset, supervised_here
from tests.test_train_runs import QUICK, Told, equal
from tests.tiny_models import ARCHITECTURES, SEQ2SEQ, make_tiny

ONE, TWO = "#Person1#", "#Person2#"
WORDS = (ONE, TWO)
SET = ",".join(WORDS)
TEXTS = (f"{ONE}은 내일 비가 온대요. {TWO} 우산 챙기세요.", f"{ONE} {TWO}", f"{ONE}{TWO}은 {ONE}", f"나는 {TWO}")
WAYS: dict[str, dict[str, Any]] = {
    "nf4": {"quantisation": "nf4"}, "none": {"quantisation": "none"}, "full": {"method": "full", "quantisation": "none"},
}  # fmt: skip
FIRST = (("llama", "nf4"), ("bart", "none"), ("t5", "full"))
LATER = (
    ("mbart", "none"), ("t5", "nf4"), ("gpt2", "none"), ("qwen3", "nf4"), ("gemma3_text", "none"), ("mbart50", "full"), ("mt5", "none"),
)  # fmt: skip


@cache
def made(architecture: str, folder: Path) -> ResolvedBase:
    return resolve_base(str(make_tiny(architecture, folder)))


def base_of(architecture: str, folder: Path) -> ResolvedBase:
    return made(architecture, folder.parent / "bases")


def rows(count: int) -> list[PromptTarget]:
    return [
        ([Message(role="user", content=f"{ONE}: 비 와? {at}\n{TWO}: 나는 좋아")], f"{ONE}은 {TWO} 우산")
        for at in range(count)
    ]


def run(base: ResolvedBase, folder: Path, told: Told, **given: Any) -> TrainResult:
    resume, start = given.pop("resume_from", None), given.pop("start", None)
    settings = TrainSettings.model_validate(
        {**QUICK, "max_steps": 3, "special_tokens": SET, "learning_rate": 1e-2, **given}
    )
    return train(base, rows(8), rows(3), settings, folder, told, resume, start)


@cache
def llama_once(way: str, bases: Path) -> TrainResult:
    """A run of three steps on the tiny llama, made once for all who only read what it left."""
    return run(made("llama", bases), bases / f"once-{way}", Told(), keep_best=False, **WAYS[way])


def opened(base: ResolvedBase, result: TrainResult, way: dict[str, Any]) -> TransformersBackend:
    if way.get("method") == "full":
        return open_backend(resolve_base(str(result.adapter)), None, "none", "cpu")
    return open_backend(base, result.adapter, way["quantisation"], "cpu")


def mean_loss(backend: TransformersBackend) -> float:
    losses = backend.losses(rows(3))
    return sum(loss for loss, _ in losses) / sum(count for _, count in losses)


@pytest.mark.parametrize("architecture", [*ARCHITECTURES, *SEQ2SEQ])
def test_a_word_is_one_token_and_the_text_comes_back(architecture: str, tmp_path: Path) -> None:
    base = base_of(architecture, tmp_path)
    tokenizer, bare = load_tokenizer(base, WORDS), load_tokenizer(base)
    ids = [tokenizer.convert_tokens_to_ids(word) for word in WORDS]
    for text in TEXTS:
        example = encode_example(tokenizer, [Message(role="user", content=text)], text)
        prompt, answer = example.input_ids[: example.prompt_length], example.input_ids[example.prompt_length :]
        assert all(
            prompt.count(one) == answer.count(one) == text.count(word) for one, word in zip(ids, WORDS, strict=True)
        )
        assert decode_answer(tokenizer, answer[:-1]) == text
    # texts without them are cut as ever
    plain = "오늘 저녁에 뭐 먹을까?"
    assert tokenizer(plain)["input_ids"] == bare(plain)["input_ids"]
    assert tokenizer.malmoi.added.rows.keys() == set(ids) and not bare.malmoi.added.rows


@pytest.mark.parametrize(
    ("architecture", "way"), [*FIRST, *(pytest.param(*pair, marks=pytest.mark.slow) for pair in LATER)]
)
def test_trained_rows_are_served_and_the_base_stays_as_it_was(architecture: str, way: str, tmp_path: Path) -> None:
    base = base_of(architecture, tmp_path)
    if architecture == "llama":
        result = llama_once(way, tmp_path.parent / "bases")
    else:
        result = run(base, tmp_path / "run", Told(), keep_best=False, **WAYS[way])
    assert tokens_of(result.adapter) == WORDS
    backend = opened(base, result, WAYS[way])
    assert mean_loss(backend) == pytest.approx(result.eval_loss, rel=1e-4)
    alone = open_backend(base, None, WAYS[way]["quantisation"], "cpu")
    greedy = Decoding(temperature=0.0, repetition_penalty=1.0, max_new_tokens=6)
    asked = [prompt for prompt, _ in rows(2)]
    if way != "full":
        with backend.without_adapter():
            assert mean_loss(backend) == pytest.approx(mean_loss(alone), rel=1e-5)
            assert [a.text for a in backend.generate(asked, greedy)] == [a.text for a in alone.generate(asked, greedy)]
        assert mean_loss(backend) == pytest.approx(result.eval_loss, rel=1e-4)
        assert _rows_moved(base, result.adapter)


def _rows_moved(base: ResolvedBase, adapter: Path) -> bool:
    """Every matrix of new rows that the adapter brings, of which there are one or, with a head of its own, two or more, was trained."""
    from safetensors.torch import load_file

    model, rows = load_base(base, quantisation="none", device="cpu"), rows_of(adapter)
    begin_rows(model, rows)
    begun = model.get_input_embeddings().weight[sorted(rows)]
    kept = [
        part for name, part in load_file(adapter / "adapter_model.safetensors").items() if "trainable_tokens" in name
    ]
    return bool(kept) and all(part.shape == begun.shape and not bool((part == begun).all()) for part in kept)


def test_a_head_of_its_own_learns_its_rows_in_mt5(tmp_path: Path) -> None:
    folder = tmp_path / "untied"
    shutil.copytree(made("mt5", tmp_path.parent / "bases").location, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    _untie(folder, config)
    base = resolve_base(str(folder))
    result = run(base, tmp_path / "run", Told(), keep_best=False, quantisation="none")
    assert mean_loss(opened(base, result, WAYS["none"])) == pytest.approx(result.eval_loss, rel=1e-4)


def _untie(folder: Path, config: dict[str, Any]) -> None:
    import torch
    from transformers import AutoModelForSeq2SeqLM

    model: Any = AutoModelForSeq2SeqLM.from_pretrained(folder, tie_word_embeddings=False)
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight) * 0.1)
    model.config.tie_word_embeddings = False
    model.save_pretrained(folder)


@pytest.mark.parametrize(("architecture", "way"), [("llama", "nf4"), ("bart", "none")])
def test_answers_show_the_words(architecture: str, way: str, tmp_path: Path) -> None:
    base = base_of(architecture, tmp_path)
    settings = {**WAYS[way], "max_steps": 60, "eval_every": 60, "batch_size": 8}
    backend = opened(base, run(base, tmp_path / "run", Told(), **settings), WAYS[way])
    greedy = Decoding(temperature=0.0, repetition_penalty=1.0, max_new_tokens=12)
    prompt = rows(1)[0][0]
    text = backend.generate([prompt], greedy)[0].text
    assert ONE in text and "".join(backend.stream(prompt, greedy)) == text


@pytest.mark.parametrize(("architecture", "way"), [("gpt_neox", "nf4"), ("bart", "full")])
def test_a_resumed_run_ends_as_the_unbroken_one(architecture: str, way: str, tmp_path: Path) -> None:
    base, shape = base_of(architecture, tmp_path), {**WAYS[way], "max_steps": 4, "eval_every": 2, "save_every": 2}
    whole = run(base, tmp_path / "whole", Told(), **shape)
    run(base, tmp_path / "broken", Told(stop_at=3), **shape)
    (tmp_path / "again").mkdir()
    checkpoint = shutil.copytree(tmp_path / "broken" / "checkpoint-3", tmp_path / "again" / "checkpoint-3")
    resumed = run(base, tmp_path / "again", Told(), resume_from=Path(checkpoint), **shape)
    assert resumed.eval_loss == whole.eval_loss and tokens_of(resumed.adapter) == WORDS
    if way != "full":
        assert equal(whole.adapter, resumed.adapter)


@pytest.mark.parametrize("way", ["nf4", "full"])
def test_a_later_phase_goes_on_with_the_rows_of_the_first(way: str, tmp_path: Path) -> None:
    base = base_of("llama", tmp_path)
    one, told = llama_once(way, tmp_path.parent / "bases"), Told()
    two = run(base, tmp_path / "two", told, start=one.adapter, max_steps=1, **WAYS[way])
    assert told.validations()[0] == pytest.approx(one.eval_loss, rel=1e-4)
    assert tokens_of(two.adapter) == WORDS


@pytest.mark.parametrize(("objective", "begun"), [("dpo", 0.693147), ("reward", None)])
def test_preferences_go_on_from_a_run_with_words(objective: str, begun: float | None, tmp_path: Path) -> None:
    """DPO's reference begins as the very same model: a first loss of ln 2."""
    base = base_of("llama", tmp_path)
    one = llama_once("none", tmp_path.parent / "bases")
    pairs: list[Any] = [(prompt, (target, f"{TWO} 우산"), 1.0) for prompt, target in rows(8)]
    settings = TrainSettings.model_validate(
        {**QUICK, "max_steps": 2, "special_tokens": SET, "objective": objective, "quantisation": "none"}
    )
    told = Told()
    two = learn_preferences(base, pairs, pairs[:3], settings, tmp_path / "two", told, None, one.adapter)
    assert begun is None or told.validations()[0] == pytest.approx(begun, abs=1e-5)
    assert tokens_of(two.adapter) == WORDS


def test_switched_off_nothing_is_added(tmp_path: Path) -> None:
    base = base_of("llama", tmp_path)
    result = run(base, tmp_path / "run", Told(), special_tokens="off", max_steps=1)
    assert not (result.adapter / special_tokens.FILE).exists() and tokens_of(result.adapter) == ()
    saved = json.loads((result.adapter / "adapter_config.json").read_text(encoding="utf-8"))
    assert not saved["trainable_token_indices"]
    assert mean_loss(opened(base, result, WAYS["nf4"])) == pytest.approx(result.eval_loss, rel=1e-4)


def test_a_capsule_carries_them_and_brings_them_back(fresh_store: Path, tmp_path: Path) -> None:
    base = str(tiny(tmp_path / "base"))
    home = waiting_run(fresh_store, base, masked_dataset(fresh_store), special_tokens=SET, max_steps=1, eval_every=1)
    with open_store(fresh_store) as db:
        pack_run(db, home, tmp_path / "a.malmoi", with_base=True)
    told = import_capsule(fresh_store, trained(tmp_path / "a.malmoi", tmp_path / "b.malmoi"))
    with open_store(fresh_store) as db:
        assert get_run(db, told["run_id"])["settings"]["special_tokens"] == SET
        model = choose_model(db, told["run_id"])
    backend = open_model(fresh_store, model)
    assert backend.losses(rows(1))[0][1] == 4 + _pieces(base)


def _pieces(base: str) -> int:
    """Tokens of the target of `rows` beside its two words whole, less four."""
    tokenizer = load_tokenizer(resolve_base(base), WORDS)
    return len(tokenizer(rows(1)[0][1], add_special_tokens=False)["input_ids"]) + 1 - 4


def test_an_adapter_from_elsewhere_keeps_its_words_and_is_refused_without_their_file(
    fresh_store: Path, tmp_path: Path
) -> None:
    base = base_of("llama", tmp_path)
    result = llama_once("nf4", tmp_path.parent / "bases")
    adopted, _ = adopt_adapter(fresh_store, result.adapter, base.location, "persona")
    with open_store(fresh_store) as db:
        model = choose_model(db, adopted)
    assert mean_loss(open_model(fresh_store, model)) == pytest.approx(result.eval_loss, rel=1e-4)
    without = Path(shutil.copytree(result.adapter, tmp_path / "without"))
    (without / special_tokens.FILE).unlink()
    with pytest.raises(UserError, match="malmoi_tokens"):
        load_model(base, without, device="cpu")


@pytest.mark.parametrize(
    "written", ["[]", "{", '{"tokens": [1], "rows": {"x": 3}}', '{"tokens": ["#A#"], "rows": {"9999999": [1]}}',
                '{"tokens": ["#A#"], "rows": {"495": [-1]}}', '{"tokens": ["a b"], "rows": {}}'],
)  # fmt: skip
def test_a_spoilt_file_of_words_is_refused(written: str, tmp_path: Path) -> None:
    base = base_of("llama", tmp_path)
    spoilt = Path(shutil.copytree(llama_once("nf4", tmp_path.parent / "bases").adapter, tmp_path / "spoilt"))
    (spoilt / special_tokens.FILE).write_text(written, encoding="utf-8")
    with pytest.raises(UserError):
        open_backend(base, spoilt, "nf4", "cpu")


def test_control_tokens_stay_control_tokens(tmp_path: Path) -> None:
    base = base_of("qwen2", tmp_path)
    tokenizer = load_tokenizer(base, ("<|im_end|>", ONE))
    assert tokenizer.malmoi.added.tokens == (ONE,)
    example = encode_example(tokenizer, [Message(role="user", content="<|im_end|>")], "<|im_end|>")
    assert example.input_ids[example.prompt_length : -1].count(tokenizer.eos_token_id) == 0


@pytest.mark.parametrize("words", [("a",), ("두 말",), ("x" * 65,), ("#\x07#",), tuple(f"#{n}#" for n in range(257))])
def test_what_cannot_be_a_token_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match="special_tokens"):
        check_tokens(words)


def test_of_what_strange_texts_hold_only_tokens_are_taken() -> None:
    found = fit_tokens([ONE, "#" * 70, "#두 말#", "#a,b#", "#\u202e#", ONE, *(f"#{n}#" for n in range(300))])
    assert found[:2] == (ONE, "#0#") and len(found) == 256
    check_tokens(found)


def test_a_run_is_told_the_words_that_its_recipe_finds_in_its_rows(fresh_store: Path) -> None:
    def found(texts: Iterable[str]) -> tuple[str, ...]:
        assert any("질문" in text for text in texts) or True
        return WORDS

    recipe = replace(load_recipe("persona"), special_tokens=found, must_mask=False)
    with open_store(fresh_store) as db:
        supervised_here(db)
        dataset = frozen_dataset(db)

    def launched(**sets: str) -> dict[str, Any]:
        run_id, _ = launch_run(fresh_store, recipe, dataset_id=dataset, base_name="starter", preset=None, sets=sets)
        with open_store(fresh_store) as db:
            return get_run(db, run_id)

    told = launched()
    assert (told["settings"]["special_tokens"], told["origins"]["special_tokens"]) == (SET, "recipe")
    assert launched(special_tokens="off")["settings"]["special_tokens"] == "off"
    assert launched(special_tokens="#A#, #B#,#A#")["settings"]["special_tokens"] == "#A#, #B#,#A#"


def test_a_later_phase_cannot_change_them() -> None:
    with pytest.raises(UserError, match="special_tokens"):
        resolve_settings("p", {}, {"special_tokens": "off"}, ("run-1", {"special_tokens": SET}))


@pytest.mark.skipif(not (SHIPPED["starter-seq2seq"] / "config.json").is_file(), reason="the model is not built yet")
def test_the_shipped_encoder_decoder_has_them_already() -> None:
    tokenizer = load_tokenizer(resolve_base("starter-seq2seq"), (*WORDS, "#PhoneNumber#", "#New#"))
    ids = tokenizer(f"{ONE}은 {TWO}에게 #PhoneNumber#를", add_special_tokens=False)["input_ids"]
    assert all(ids.count(tokenizer.convert_tokens_to_ids(word)) == 1 for word in (*WORDS, "#PhoneNumber#"))
    assert list(tokenizer.malmoi.added.rows) == [tokenizer.convert_tokens_to_ids("#New#")]
