"""Packs: rows really fall in number, and what is learned from a pack is what is learned from its rows one by one."""

from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.models.bases import resolve_base
from engine.models.loading import load_base
from engine.models.template import Encoded
from engine.train.data import EncodedRows, labels_of, to_dataset
from engine.train.packing import CLOSE, leak, pack_note, refuse_leaks
from engine.train.settings import TrainSettings
from engine.train.sft import train
from tests.test_train_runs import QUICK, Told, rows
from tests.tiny_models import ARCHITECTURES, make_tiny

LENGTHS = (45, 7, 60, 23)
"""Longer and shorter than the sliding window of 32 that gemma3_text and exaone4 have here."""


def examples(vocabulary: int) -> list[Encoded]:
    return [
        Encoded([(place * 31 + at * 17) % vocabulary for at in range(length)], length // 3, True)
        for place, length in enumerate(LENGTHS)
    ]


def learned(model: Any, batches: list[dict[str, Any]]) -> tuple[float, Any]:
    """(summed loss, gradient of every weight) over batches."""
    import torch
    from torch.nn.functional import cross_entropy

    model.zero_grad()
    total = 0.0
    for batch in batches:
        labels = batch.pop("labels")[0, 1:]
        logits = model(**batch, use_cache=False).logits[0, :-1]
        loss = cross_entropy(logits, labels, ignore_index=-100, reduction="sum")
        loss.backward()
        total += loss.item()
    return total, torch.cat([weight.grad.flatten() for weight in model.parameters() if weight.grad is not None])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_pack_teaches_exactly_what_its_rows_teach(architecture: str, tmp_path: Path) -> None:
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    model = load_base(resolve_base(str(make_tiny(architecture, tmp_path))), quantisation="none", device="cpu")
    model.requires_grad_(True)
    made = examples(model.get_input_embeddings().num_embeddings)
    collate = DataCollatorForLanguageModeling(0, padding_free=True)
    packed = to_dataset(made, packed_to=sum(LENGTHS))
    assert len(packed) == 1 and sorted(packed[0]["seq_lengths"]) == sorted(LENGTHS)

    together, gradient = learned(model, [collate([packed[0]])])
    apart, of_rows = learned(model, [collate([{"input_ids": one.input_ids, "labels": labels_of(one)}]) for one in made])
    assert together == pytest.approx(apart, rel=1e-5)
    assert float((gradient - of_rows).norm()) < 1e-4 * float(of_rows.norm())
    assert leak(model) < CLOSE
    refuse_leaks(model)


def test_an_architecture_that_lets_rows_see_each_other_is_refused_before_the_first_step(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, BloomConfig

    from engine.models.tokenizer import load_tokenizer

    folder = make_tiny("llama", tmp_path)
    words = len(load_tokenizer(resolve_base(str(folder))))
    config = BloomConfig(hidden_size=64, n_layer=2, n_head=4, vocab_size=words)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    told, base = Told(), resolve_base(str(folder))
    with pytest.raises(UserError, match="packing") as refused:
        train(base, rows(16), rows(4), TrainSettings(**QUICK, max_steps=2, packing=True), tmp_path / "packed", told)
    assert "bloom" in refused.value.en and not told.steps
    train(base, rows(16), rows(4), TrainSettings(**QUICK, max_steps=2), tmp_path / "rows", told)


@pytest.mark.parametrize("length", [512, 8192, 8193, 16385])
def test_rows_fall_in_number_at_any_length(length: int) -> None:
    made = [Encoded(list(range(1, 31)), 10, True)] * 200
    packed = to_dataset(made, packed_to=length)
    assert len(packed) <= -(-200 // (length // 30))
    assert sum(len(row["seq_lengths"]) for row in packed) == 200
    told = pack_note(EncodedRows(made, 0, 0), len(packed), TrainSettings(max_length=length, packing=True))
    assert f"into {len(packed)} packs" in told


def test_packing_that_joins_nothing_says_so() -> None:
    made = [Encoded(list(range(1, 31)), 10, True)] * 5
    packed = to_dataset(made, packed_to=32)
    assert len(packed) == 5
    assert "No rows were joined" in pack_note(EncodedRows(made, 0, 0), 5, TrainSettings(max_length=32, packing=True))


def test_the_head_scores_trained_positions_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    import trl.trainer.utils as trl

    from engine.train.completion_trainer import score_targets_alone

    model = load_base(resolve_base(str(make_tiny("llama", tmp_path))), quantisation="none", device="cpu")
    model.requires_grad_(True)
    one = examples(600)[0]
    batch = {"input_ids": torch.tensor([one.input_ids]), "labels": torch.tensor([labels_of(one)])}
    plain, gradient = learned(model, [dict(batch)])
    scored = []
    score = trl._ChunkedLogProbFunction.apply
    monkeypatch.setattr(trl, "_use_triton", trl._use_triton)  # put back afterwards
    score_targets_alone()

    class Seen:
        @staticmethod
        def apply(hidden: Any, *given: Any) -> Any:
            scored.append(len(hidden))
            return score(hidden, *given)

    monkeypatch.setattr(trl, "_ChunkedLogProbFunction", Seen)
    trl.add_fused_lm_head(model)
    model.zero_grad()
    found = model(**batch, fused_lm_head=True)
    (-found.log_probs.sum()).backward()
    fused = torch.cat([weight.grad.flatten() for weight in model.parameters() if weight.grad is not None])
    assert scored == [len(one.input_ids) - one.prompt_length]
    assert float(-found.log_probs.sum()) == pytest.approx(plain, rel=1e-5)
    assert float((fused - gradient).norm()) < 1e-4 * float(gradient.norm())
