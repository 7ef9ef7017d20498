"""Distillation by logits: the divergence is the one of the papers, the teacher moves the student, what cannot be taught is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.compress.distil import (
    DistilSettings,
    Teacher,
    distil,
    folder_teacher,
    refuse_distil,
    split_settings,
    teach_student,
)
from engine.compress.lesson import Head, Lesson, divergences, states_of, token_divergences
from engine.compress.same_tokens import token_print
from engine.errors import UserError
from engine.models.bases import ResolvedBase, resolve_base
from engine.models.loading import load_base, load_tokenizer
from tests.test_train_runs import QUICK, Told, rows
from tests.tiny_models import make_tiny

SETTINGS = {**QUICK, "max_steps": 2, "learning_rate": 1e-3}


def kept(count: int) -> list[dict[str, Any]]:
    """Rows as a dataset's split holds them."""
    return [
        {"id": place, "messages": messages, "target": target} for place, (messages, target) in enumerate(rows(count))
    ]


def both() -> dict[str, list[dict[str, Any]]]:
    return {"train": kept(8), "validation": kept(3)}


def by_hand(mine: Any, theirs: Any, beta: float, temperature: float) -> Any:
    """The definitions, over whole logits (tokens, vocabulary)."""
    import torch

    p, q = torch.softmax(theirs / temperature, -1), torch.softmax(mine / temperature, -1)
    if beta in (0.0, 1.0):
        first, second = (p, q) if beta == 0.0 else (q, p)
        return (first * (first.log() - second.log())).sum(-1)
    mixed = beta * p + (1 - beta) * q
    return (beta * p * (p / mixed).log() + (1 - beta) * q * (q / mixed).log()).sum(-1)


@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_the_divergence_is_the_one_computed_by_hand_and_so_is_its_gradient(beta: float, temperature: float) -> None:
    import torch

    torch.manual_seed(0)
    states, others = torch.randn(7, 6, requires_grad=True), torch.randn(7, 10)
    head, their_head = Head(torch.randn(40, 6), torch.randn(40), 0.5), Head(torch.randn(48, 10), None, 1.0, 4.0)
    found = token_divergences(states, head, others, their_head, beta, temperature)
    mine = (states @ head.weight.T + head.bias) * 0.5
    theirs = 4.0 * torch.tanh(
        others @ their_head.weight[:40].T / 4.0
    )  # rows that a vocabulary was padded with do not count
    expected = by_hand(mine, theirs, beta, temperature)
    assert torch.allclose(found, expected, atol=1e-5)
    (own,) = torch.autograd.grad(found.sum(), states, retain_graph=True)
    (true,) = torch.autograd.grad(expected.sum(), states)
    assert torch.allclose(own, true, atol=1e-5)


def test_in_tiles_it_is_what_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    torch.manual_seed(1)
    given = torch.randn(9, 5), Head(torch.randn(50, 5), None), torch.randn(9, 4), Head(torch.randn(50, 4), None)
    whole = [token_divergences(*given, beta, 2.0) for beta in (0.0, 0.5, 1.0)]
    monkeypatch.setattr("trl.kernels.chunked_divergence.TOKEN_CHUNK_SIZE", 2)
    monkeypatch.setattr("trl.kernels.chunked_divergence.VOCAB_CHUNK_SIZE", 7)
    for beta, before in zip((0.0, 0.5, 1.0), whole, strict=True):
        assert torch.allclose(token_divergences(*given, beta, 2.0), before, atol=1e-5)


@pytest.mark.parametrize("architecture", ["llama", "gemma3_text", "bart", "t5"])
def test_a_teacher_that_is_the_student_has_nothing_to_say(architecture: str, tmp_path: Path) -> None:
    import torch

    base = resolve_base(str(make_tiny(architecture, tmp_path)))
    student, teacher = load_base(base, quantisation="none"), load_base(base, quantisation="none")
    student.requires_grad_(True)
    ids = torch.randint(5, 60, (2, 12))
    labels = ids.clone()
    labels[:, :4] = -100
    asked = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    asked |= {"decoder_input_ids": ids} if student.config.is_encoder_decoder else {}
    with states_of(student) as mine:
        logits = student(**asked).logits
    losses = divergences(Lesson(teacher), student, mine[0], asked, labels)
    assert losses.shape == (16,) and float(losses.detach().abs().max()) < 1e-5
    losses.sum().backward()
    gradients = [float(p.grad.abs().max()) for p in student.parameters() if p.grad is not None]
    assert gradients and max(gradients) < 1e-5
    with torch.no_grad():
        teacher.get_input_embeddings().weight.mul_(1.5)
        theirs = teacher(**asked).logits
    with states_of(student) as mine:
        student(**asked)
    moved = divergences(Lesson(teacher, temperature=2.0), student, mine[0], asked, labels)
    shift = 0 if student.config.is_encoder_decoder else 1
    picked = labels[:, shift:] != -100
    cut = slice(None, -1) if shift else slice(None)
    assert torch.allclose(moved, by_hand(logits[:, cut][picked], theirs[:, cut][picked], 0.0, 2.0), atol=1e-4)


@pytest.mark.parametrize("architecture", ["llama", "bart"])
def test_a_student_is_left_whole_and_nearer_to_its_teacher(architecture: str, tmp_path: Path) -> None:
    teacher, student = make_tiny(architecture, tmp_path / "a"), tmp_path / "student"
    shutil.copytree(teacher, student)
    _shake(student / "model.safetensors")
    told = Told()
    settings = {**SETTINGS, "max_steps": 12, "teacher_share": 1.0, "temperature": 1.0}
    facts = distil(student, tmp_path / "out", folder_teacher(teacher), both(), settings, told)
    assert facts["student_parameters"] == facts["teacher_parameters"] > 10_000 and facts["steps"] == 12
    assert facts["divergence"][-1] < 0.5 * facts["divergence"][0]
    reloaded = load_base(ResolvedBase("out", "folder", str(tmp_path / "out"), None), quantisation="none")
    assert reloaded.config.model_type == architecture and told.checkpoints and told.validations()
    assert load_tokenizer(resolve_base(str(tmp_path / "out"))).get_vocab()


def test_a_share_of_nothing_is_training_without_a_teacher(tmp_path: Path) -> None:
    folder = make_tiny("llama", tmp_path)
    alone, taught = Told(), Told()
    settings = {**SETTINGS, "teacher_share": 0.0}
    distil(folder, tmp_path / "one", folder_teacher(folder), both(), settings, taught)
    teach_student(folder, tmp_path / "two", folder_teacher(folder), both(), settings, alone, None)
    assert taught.losses() == alone.losses() and taught.validations() == alone.validations()


def _shake(weights: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    torch.manual_seed(3)
    tensors = {name: one + 0.1 * torch.randn_like(one) for name, one in load_file(weights).items()}
    save_file(tensors, weights, metadata={"format": "pt"})


def test_tokenizers_are_compared_by_what_they_hold(tmp_path: Path) -> None:
    first, second = make_tiny("llama", tmp_path / "a"), make_tiny("qwen2", tmp_path / "b")
    same = tmp_path / "renamed"
    shutil.copytree(first, same)
    prints = [token_print(folder) for folder in (first, same, second)]
    assert prints[0] == prints[1] != prints[2]
    told = json.loads((same / "tokenizer.json").read_text(encoding="utf-8"))
    told["model"]["merges"] = [" ".join(pair) for pair in told["model"]["merges"]]  # as they were written once
    (same / "tokenizer.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    assert token_print(same) == prints[0]
    told["model"]["merges"] = told["model"]["merges"][::-1]
    (same / "tokenizer.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    assert token_print(same) != prints[0]


def test_what_cannot_be_taught_is_refused_before_work(tmp_path: Path) -> None:
    decoder, encoder = {"model_type": "llama"}, {"model_type": "bart", "is_encoder_decoder": True}
    refuse_distil(decoder, decoder, True, "logits")
    refuse_distil(encoder, None, False, "sequences")
    for student, teacher, same, said in (
        (decoder, decoder, False, "different tokenizers"),
        (decoder, encoder, True, "encoder-decoder"),
        (encoder, decoder, True, "encoder-decoder"),
        (decoder, None, False, "on a server"),
    ):
        with pytest.raises(UserError) as refused:
            refuse_distil(student, teacher, same, "logits")
        assert said in refused.value.en and "sequences" in refused.value.ko
    other = folder_teacher(make_tiny("qwen2", tmp_path / "b"))
    with pytest.raises(UserError, match="토크나이저"):
        distil(make_tiny("llama", tmp_path / "a"), tmp_path / "out", other, both(), SETTINGS, Told())
    assert not (tmp_path / "out").exists() and not (tmp_path / "out.work").exists()
    served = replace(other, base=None)
    assert isinstance(served, Teacher) and served.config is None


def test_settings_part_by_name() -> None:
    own, training = split_settings({"temperature": 3.0, "max_steps": 4, "quantisation": "nf4", "method": "lora"})
    assert own == DistilSettings(temperature=3.0) and training.max_steps == 4
    assert (training.method, training.quantisation) == ("full", "none")
