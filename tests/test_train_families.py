"""Encoder-decoders, full fine-tuning, DoRA and rsLoRA: each trains, resumes, and answers again as it did. Tiny random weights."""

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine.curate.row import Message
from engine.errors import UserError
from engine.models.bases import ResolvedBase, resolve_base
from engine.models.light import light_tokenizer
from engine.models.loading import load_base, load_tokenizer
from engine.models.look import look_over
from engine.models.shapes import shape_in
from engine.models.template import RAW, encode_example, encode_prompt, render_prompt
from engine.serve.decoding import Decoding
from engine.serve.transformers_backend import TransformersBackend, open_backend
from engine.train import samples
from engine.train.arguments import check_machine
from engine.train.base_checks import check_base, fit_to_base
from engine.train.checkpoints import prove_checkpoint
from engine.train.samples import sample_places
from engine.train.session import TrainResult
from engine.train.settings import TrainSettings, resolve_settings
from engine.train.sft import train
from tests.test_train_runs import QUICK, Told, rows
from tests.tiny_models import ARCHITECTURES, SEQ2SEQ, make_tiny

WAYS: dict[str, dict[str, Any]] = {
    "nf4": {"quantisation": "nf4"},
    "none": {"quantisation": "none"},
    "full": {"method": "full", "quantisation": "none"},
}
FIRST = (("t5", "nf4"), ("bart", "none"), ("llama", "full"))
"""Run with every suite; the other pairs are slow."""
LATER = (
    ("bart", "full"),
    ("mbart", "nf4"),
    ("mbart50", "full"),
    ("t5", "none"),
    ("gpt2", "full"),
    ("gemma3_text", "full"),
)
"""Every family and every way, each way on both kinds of encoder-decoder. mT5 is trained whole with a head of its own, below.
GPT-2's and Gemma's heads are tied; the other decoders learn one step."""
WORDS = 6
"""Tokens of a sample answer here."""


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "NEW_TOKENS", WORDS)


def tiny(architecture: str, folder: Path) -> ResolvedBase:
    """Made once; a test that changes a base makes its own."""
    return made_once(architecture, folder.parent / "families")


@cache
def made_once(architecture: str, folder: Path) -> ResolvedBase:
    return resolve_base(str(make_tiny(architecture, folder)))


def run(base: ResolvedBase, folder: Path, told: Told, **given: Any) -> TrainResult:
    resume_from, start = given.pop("resume_from", None), given.pop("start", None)
    settings = TrainSettings.model_validate({**QUICK, "max_steps": 3, **given})
    return train(base, rows(16), rows(4), settings, folder, told, resume_from, start)


def opened(base: ResolvedBase, result: TrainResult, **way: Any) -> TransformersBackend:
    """What the run handed over, loaded as serving loads it."""
    if way.get("method") == "full":
        return open_backend(resolve_base(str(result.adapter)), None, "none", "cpu")
    return open_backend(base, result.adapter, way["quantisation"], "cpu")


def mean_loss(backend: TransformersBackend) -> float:
    losses = backend.losses(rows(4))
    return sum(loss for loss, _ in losses) / sum(count for _, count in losses)


@pytest.mark.parametrize(
    ("architecture", "way"), [*FIRST, *(pytest.param(*pair, marks=pytest.mark.slow) for pair in LATER)]
)
def test_what_was_trained_loads_again_and_says_the_same(architecture: str, way: str, tmp_path: Path) -> None:
    base, told = tiny(architecture, tmp_path), Told()
    result = run(base, tmp_path / "run", told, keep_best=False, learning_rate=1e-2, accumulation=2, **WAYS[way])
    assert result.eval_loss is not None and result.eval_loss < told.validations()[0]
    backend = opened(base, result, **WAYS[way])
    assert mean_loss(backend) == pytest.approx(result.eval_loss, rel=1e-4)
    greedy = Decoding(temperature=0.0, repetition_penalty=1.0, max_new_tokens=WORDS)
    prompts = [rows(4)[place][0] for place in sample_places(rows(4))]
    answers = [made.text for made in backend.generate(prompts, greedy)]
    assert answers == list(told.answers[3].values())
    assert answers == ["".join(backend.stream(prompt, greedy)) for prompt in prompts]
    saved = {path.name for path in result.adapter.iterdir()}
    assert not any("optimizer" in name for name in saved)
    assert ("model.safetensors" in saved) == (way == "full") != ("adapter_model.safetensors" in saved)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", [name for name in ARCHITECTURES if (name, "full") not in FIRST + LATER])
def test_every_decoder_that_was_trained_whole_loads_again(architecture: str, tmp_path: Path) -> None:
    base = tiny(architecture, tmp_path)
    result = run(base, tmp_path / "run", Told(), max_steps=1, keep_best=False, learning_rate=1e-2, **WAYS["full"])
    assert mean_loss(opened(base, result, **WAYS["full"])) == pytest.approx(result.eval_loss, rel=1e-4)


def equal(one: Path, other: Path) -> bool:
    from safetensors.torch import load_file

    name = "model.safetensors" if (one / "model.safetensors").is_file() else "adapter_model.safetensors"
    first, second = load_file(one / name), load_file(other / name)
    return first.keys() == second.keys() and all(bool((first[key] == second[key]).all()) for key in first)


@pytest.mark.parametrize(
    ("architecture", "way"),
    [
        ("t5", "nf4"),
        pytest.param("bart", "full", marks=pytest.mark.slow),
        pytest.param("llama", "full", marks=pytest.mark.slow),
    ],
)
def test_a_resumed_run_ends_as_the_unbroken_one(architecture: str, way: str, tmp_path: Path) -> None:
    """Dropout included: BART and T5 have their own."""
    base = tiny(architecture, tmp_path)
    shape = {"max_steps": 0, "epochs": 2, "batch_size": 8, "eval_every": 2, "save_every": 2, **WAYS[way]}
    whole, first, second = Told(), Told(stop_at=3), Told()
    unbroken = run(base, tmp_path / "whole", whole, **shape)
    broken = run(base, tmp_path / "broken", first, **shape)
    assert (broken.stopped, broken.steps) == ("save", 3)
    moved = tmp_path / "elsewhere" / "checkpoint-3"
    shutil.copytree(tmp_path / "broken" / "checkpoint-3", moved)
    resumed = run(base, tmp_path / "resumed", second, resume_from=moved, **shape)
    assert {**first.losses(), **second.losses()} == whole.losses()
    assert {**first.validations(), **second.validations()} == whole.validations()
    assert equal(resumed.adapter, unbroken.adapter)


def test_a_checkpoint_of_a_whole_model_is_proven_as_one_of_an_adapter_is(tmp_path: Path) -> None:
    run(tiny("t5", tmp_path), tmp_path / "run", Told(), max_steps=1, **WAYS["full"])
    folder = tmp_path / "run" / "checkpoint-1"
    prove_checkpoint(folder)
    (folder / "model.safetensors").write_bytes(b"half")
    with pytest.raises(UserError, match=r"model\.safetensors"):
        prove_checkpoint(folder)


@pytest.mark.parametrize("fields", [{"use_dora": True}, {"use_rslora": True, "quantisation": "none"}])
def test_other_kinds_of_lora_are_written_into_the_adapter_and_load_again(
    fields: dict[str, Any], tmp_path: Path
) -> None:
    base = tiny("llama", tmp_path)
    way = {"quantisation": "nf4", **fields}
    result = run(base, tmp_path / "run", Told(), max_steps=2, **way)
    config = json.loads((result.adapter / "adapter_config.json").read_text(encoding="utf-8"))
    assert all(config[name] is value for name, value in fields.items() if name != "quantisation")
    assert mean_loss(opened(base, result, **way)) == pytest.approx(result.eval_loss, rel=1e-4)


def test_a_run_that_goes_on_begins_where_the_earlier_one_ended(tmp_path: Path) -> None:
    base, first, second = tiny("t5", tmp_path), Told(), Told()
    one = run(base, tmp_path / "one", first, keep_best=False, learning_rate=1e-2)
    two = run(base, tmp_path / "two", second, start=one.adapter, lora_dropout=0.0)
    assert second.validations()[0] == pytest.approx(first.validations()[3], rel=1e-5)
    assert second.validations()[3] < first.validations()[3]
    assert not equal(one.adapter, two.adapter)


def test_an_adapter_of_another_base_begins_nothing(tmp_path: Path) -> None:
    one = run(tiny("t5", tmp_path), tmp_path / "one", Told(), max_steps=1)
    with pytest.raises(UserError, match="다른 모델"):
        run(tiny("mt5", tmp_path), tmp_path / "two", Told(), start=one.adapter)


def test_a_head_of_its_own_is_kept_through_full_fine_tuning(tmp_path: Path) -> None:
    """mT5 is published with one; this library ties heads unless the file says otherwise."""
    import torch
    from safetensors.torch import load_file, save_file

    folder = make_tiny("mt5", tmp_path)
    weights = load_file(folder / "model.safetensors")
    weights["lm_head.weight"] = torch.randn_like(weights["shared.weight"]) * 0.05
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text(encoding="utf-8")) | {"tie_word_embeddings": False}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    base = resolve_base(str(folder))
    model = load_base(base, quantisation="none", device="cpu")
    assert torch.equal(model.lm_head.weight, weights["lm_head.weight"])
    result = run(base, tmp_path / "run", Told(), learning_rate=1e-3, **WAYS["full"])
    assert mean_loss(opened(base, result, **WAYS["full"])) == pytest.approx(result.eval_loss, rel=1e-4)


STARTS = {
    "bart": ("<s>", "</s>", ("</s>", "<s>")), "mbart": ("", "</s>ko_KR", ("ko_KR",)),
    "mbart50": ("ko_KR", "</s>", ("</s>", "ko_KR")), "t5": ("", "</s>", ("<pad>",)), "mt5": ("", "</s>", ("<pad>",)),
}  # fmt: skip


@pytest.mark.parametrize("architecture", SEQ2SEQ)
def test_each_family_opens_and_ends_its_texts_as_it_was_trained(architecture: str, tmp_path: Path) -> None:
    folder = make_tiny(architecture, tmp_path)
    tokenizer = load_tokenizer(resolve_base(str(folder)))
    before, after, start = STARTS[architecture]
    said = [Message(role="system", content="요약하세요."), Message(role="user", content="오늘 저녁에 뭐 먹을까?")]
    text = tokenizer.decode(encode_prompt(tokenizer, said), skip_special_tokens=False)
    assert text.startswith(before) and text.endswith(after)
    assert text.count("</s>") == 1 and text.count("ko_KR") == (before + after).count("ko_KR")
    assert tuple(tokenizer.convert_ids_to_tokens(list(tokenizer.malmoi.encoder.start))) == start
    raw = encode_prompt(tokenizer, [Message(role=RAW, content="### 입력\n저녁 </s> ko_KR")])
    whole = tokenizer.decode(raw, skip_special_tokens=False)
    assert whole.count("</s>") == 1 and whole.startswith(before) and whole.endswith(after)
    short = encode_example(tokenizer, [said[0], Message(role="user", content="저녁 " * 200)], "국수", 48)
    assert short.ended and len(short.input_ids) <= 48
    assert tokenizer.decode(short.input_ids[: short.prompt_length], skip_special_tokens=False).endswith(after)
    assert light_tokenizer(folder) is None
    assert look_over(tokenizer, [{"messages": said, "target": "국수"}], 64).endless == 0


def test_a_talk_marks_who_spoke_and_a_single_text_stays_as_it_is(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(tiny("bart", tmp_path))
    said = [
        Message(role="user", content="저녁?"),
        Message(role="assistant", content="국수"),
        Message(role="user", content="또?"),
    ]
    assert render_prompt(tokenizer, said) == "사용자: 저녁?\n\n답변: 국수\n\n사용자: 또?"
    assert render_prompt(tokenizer, said[:1]) == "저녁?"


@pytest.mark.parametrize("architecture", SEQ2SEQ)
def test_a_plan_knows_the_size_of_an_encoder_decoder(architecture: str, tmp_path: Path) -> None:
    base = tiny(architecture, tmp_path)
    shape = shape_in(Path(base.location))
    counted = sum(weight.numel() for weight in load_base(base, quantisation="none", device="cpu").parameters())
    positions = 2 * 258 * 64 if "bart" in architecture else 0
    assert shape is not None and counted == pytest.approx(shape.parameters + positions, rel=0.03)


def test_full_fine_tuning_takes_the_base_as_it_is_unless_the_owner_set_otherwise() -> None:
    settings, origins = resolve_settings("quick", {"quantisation": "nf4"}, {"method": "full"})
    assert (settings.quantisation, origins["quantisation"]) == ("none", "method")
    for sets, field in (
        ({"quantisation": "nf4"}, "quantisation=nf4"), ({"use_dora": "true"}, "use_dora"), ({"processes": "2"}, "processes=2"),
        ({"objective": "dpo"}, "objective=dpo"),
    ):  # fmt: skip
        with pytest.raises(UserError) as refused:
            resolve_settings("quick", {}, {"method": "full", **sets})
        assert field in refused.value.ko and field in refused.value.en


def test_what_a_base_or_a_machine_cannot_do_is_told_by_field_name(tmp_path: Path) -> None:
    folder = make_tiny("bart", tmp_path)
    for fields, word in (({"max_length": 512}, "max_length=512"), ({"max_length": 64, "packing": True}, "packing=true"),
                         ({"max_length": 64, "objective": "dpo"}, "objective=dpo")):  # fmt: skip
        with pytest.raises(UserError) as refused:
            check_base(TrainSettings(**fields), "kobart", folder)
        assert word in refused.value.ko and word in refused.value.en
    check_base(TrainSettings(max_length=4096), "t5", make_tiny("t5", tmp_path))  # knows distances alone
    with pytest.raises(UserError, match="quantisation=int8"):
        check_machine(TrainSettings(use_dora=True, quantisation="int8"), "cpu")
    with pytest.raises(UserError, match="max_length"):
        run(resolve_base(str(folder)), tmp_path / "run", Told(), max_length=512)
    assert not (tmp_path / "run").exists()


def test_a_length_nobody_set_becomes_that_of_the_base(tmp_path: Path) -> None:
    folder = make_tiny("bart", tmp_path)
    for sets, expected in (({}, (256, "base")), ({"max_length": "300"}, (300, "--set"))):
        settings, origins = fit_to_base(*resolve_settings("quick", {"max_length": 1024}, sets), folder)
        assert (settings.max_length, origins["max_length"]) == expected
