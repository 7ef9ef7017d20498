"""A Hugging Face token classifier as tagger: a tiny random checkpoint made here. Nothing is downloaded, no code of a model runs."""

import json
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.privacy.ner import HfTagger, _spans, label_of

TEXTS = ["어제 지은이랑 밥 먹었어", "", "민수야 어디야 " * 200, "성북구 정릉동 12-3 이야"]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer BERT with a WordPiece vocabulary of single syllables, untrained."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("ner")
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    syllables = sorted({ch for text in TEXTS for ch in text if not ch.isspace()})
    vocabulary = {word: at for at, word in enumerate([*marks, *syllables, *[f"##{ch}" for ch in syllables]])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
    ).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=64,
        id2label={0: "O", 1: "B-PS", 2: "I-PS", 3: "B-LC", 4: "I-ADDRESS"}, label2id={"O": 0, "B-PS": 1, "I-PS": 2, "B-LC": 3, "I-ADDRESS": 4},
    )  # fmt: skip
    BertForTokenClassification(config).save_pretrained(folder)
    return folder


def test_spans_lie_on_the_text_and_do_not_overlap(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.privacy.ner.SURE", 0.0)
    tagger = HfTagger(str(checkpoint), everywhere=True)
    found = tagger.tag(TEXTS)
    assert found == tagger.tag(TEXTS) and len(found) == len(TEXTS) and any(found) and not found[1]
    for text, spans in zip(TEXTS, found, strict=True):
        for before, span in zip([None, *spans], spans, strict=False):
            assert 0 <= span.start < span.end <= len(text) and span.label in ("PERSON", "ADDRESS")
            assert before is None or before.end <= span.start
            assert text[span.start : span.end] == text[span.start : span.end].strip()


def test_a_long_text_is_read_to_its_end(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.privacy.ner.SURE", 0.0)
    spans = HfTagger(str(checkpoint), everywhere=True).tag(TEXTS)[2]
    assert spans[-1].end > 1000


def test_neighbouring_tokens_of_one_kind_join_and_a_new_beginning_parts() -> None:
    kinds = [("", False), ("PERSON", True), ("PERSON", False)]
    tokens = [([0, 0], 1, 1.0), ([0, 2], 1, 0.9), ([2, 3], 2, 0.7), ([4, 6], 1, 0.8), ([7, 8], 0, 0.9)]
    found = list(_spans("지은이 민수 밥", iter(tokens), kinds))
    assert [(s.start, s.end, s.confidence) for s in found] == [(0, 3, 0.8), (4, 6, 0.8)]


def test_labels_of_other_models_are_understood() -> None:
    people = ["B-PS", "I-PER", "PER-B", "PERSON", "B-PS_NAME", "I-PRIVATE_PERSON"]
    assert [label_of(name) for name in people] == ["PERSON"] * 6
    assert [label_of(name) for name in ("B-LC_ADDRESS", "I-ADDRESS", "STREET_ADDRESS", "S-ADDR")] == ["ADDRESS"] * 4
    assert [label_of(name) for name in ("O", "B-LC", "I-LOC", "ORG", "B-OG", "LABEL_1")] == [""] * 6


def test_a_model_that_is_not_here_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("nobody/has-such-a-model", str(tmp_path / "nowhere"), "no name at all"):
        with pytest.raises(UserError) as said:
            HfTagger(name)
        assert name in said.value.ko and "hf download" in said.value.en


def test_pickled_weights_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match="safetensors"):
        HfTagger(str(tmp_path))


def test_a_model_that_needs_its_own_code_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    for file in checkpoint.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')", encoding="utf-8")
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.C", "AutoModelForTokenClassification": "evil.M"}}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(UserError):
        HfTagger(str(tmp_path), everywhere=True).tag(["지은아"])


def test_a_model_without_people_or_addresses_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    for file in checkpoint.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    config["id2label"] = {"0": "O", "1": "B-ORG", "2": "I-ORG", "3": "B-DT", "4": "I-DT"}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(UserError, match="PERSON"):
        HfTagger(str(tmp_path), everywhere=True).tag(["지은아"])
