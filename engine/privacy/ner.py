"""A token-classification model of the owner's choice as a Tagger: from a folder or the hub cache, safetensors only, no code of its own.

It runs on lines that the character tagger's gate lets through, because such a model reads about a hundred lines a second
on a CPU. It downloads nothing.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.privacy.labels import Span
from engine.privacy.tagger import CharTagger
from engine.privacy.tagger.char_tagger import in_order

BATCH = 32
TOKENS, STRIDE = 256, 32
"""Tokens of one piece of a long text, and how many neighbouring pieces share."""
SURE = 0.5
"""Mean probability from which a span counts."""
_PERSON = re.compile(
    r"(?:PS|PER|(?:PRIVATE_)?PERSON|NAME|PS_NAME|PERSON_NAME|FULL_?NAME|FIRST_?NAME|LAST_?NAME|GIVEN_?NAME|SUR_?NAME|이름|인명|사람)"
)
_ADDRESS = re.compile(r"(?:LC_ADDRESS|(?:PRIVATE_)?ADDRESS|ADDR|STREET(?:_?ADDRESS)?|HOME_?ADDRESS|주소)")
_BEGINS = re.compile(r"^[BSU][-_]|[-_]B$")
_PART = re.compile(r"^[BIESLU][-_]|[-_][BIES]$")


def label_of(name: str) -> str:
    """PERSON, ADDRESS or "" for a model's own label: B-PS, PER-B, I-LC_ADDRESS. A bare place (LC, LOC) is no address."""
    kind = _PART.sub("", name.upper())
    return "PERSON" if _PERSON.fullmatch(kind) else "ADDRESS" if _ADDRESS.fullmatch(kind) else ""


class HfTagger:
    """Tagger (labels.py) over a Hugging Face token classifier. Loaded at its first use."""

    def __init__(self, model: str, everywhere: bool = False) -> None:
        """`model`: a folder, or the name of a model in the hub cache. `everywhere`: not only on candidate lines.

        UserError at once when there is no such model here or it has no safetensors.
        """
        self.folder = _folder(model)
        self._everywhere = everywhere

    def tag(self, texts: Sequence[str], known: Sequence[Sequence[Span]] = ()) -> list[list[Span]]:
        """Spans of every text, sorted, not overlapping, with their mean probability as confidence."""
        found: list[list[Span]] = [[] for _ in texts]
        passed = [True] * len(texts) if self._everywhere else CharTagger().candidates(texts, known)
        numbers = sorted((n for n, text in enumerate(texts) if passed[n] and text.strip()), key=lambda n: len(texts[n]))
        for at in range(0, len(numbers), BATCH):
            some = numbers[at : at + BATCH]
            for place, span in self._batch([texts[n] for n in some]):
                found[some[place]].append(span)
        return [in_order(spans) for spans in found]

    @cached_property
    def _loaded(self) -> tuple[Any, Any, list[tuple[str, bool]]]:
        """(tokenizer, model, per label id its kind and whether it begins a span)."""
        from transformers import AutoModelForTokenClassification, AutoTokenizer

        here = {"local_files_only": True, "trust_remote_code": False}
        try:
            tokenizer: Any = AutoTokenizer.from_pretrained(str(self.folder), use_fast=True, **here)
            model: Any = AutoModelForTokenClassification.from_pretrained(str(self.folder), use_safetensors=True, **here)
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise _unreadable(self.folder) from error
        kinds = [
            (label_of(name), _BEGINS.search(name.upper()) is not None)
            for _, name in sorted(model.config.id2label.items())
        ]
        if not tokenizer.is_fast:
            raise _unreadable(self.folder)
        if not any(kind for kind, _ in kinds):
            raise UserError(
                f"{self.folder.name}의 라벨에 사람 이름이나 주소가 없습니다. PS, PER, PERSON, ADDRESS 같은 라벨을 가진 개체명 모델을 고르세요.",
                f"None of the labels of {self.folder.name} is a person or an address. Choose a model with labels such as PS, PER, PERSON or ADDRESS.",
            )
        return tokenizer, model.eval(), kinds

    def _batch(self, texts: list[str]) -> Iterator[tuple[int, Span]]:
        import torch

        tokenizer, model, kinds = self._loaded
        read = tokenizer(
            texts,
            truncation=True,
            max_length=min(TOKENS, tokenizer.model_max_length),
            stride=STRIDE,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=True,
            return_tensors="pt",
        )
        offsets, owners = read.pop("offset_mapping").tolist(), read.pop("overflow_to_sample_mapping").tolist()
        with torch.inference_mode():
            best = model(**read).logits.softmax(-1).max(-1)
        for row, owner in enumerate(owners):
            tokens = zip(offsets[row], best.indices[row].tolist(), best.values[row].tolist(), strict=True)
            yield from ((owner, span) for span in _spans(texts[owner], tokens, kinds))


def _spans(text: str, tokens: Iterator[tuple[list[int], int, float]], kinds: list[tuple[str, bool]]) -> Iterator[Span]:
    """Neighbouring tokens of one kind as one span; a gap of one space joins, a first token of a new entity parts."""
    label, start, end = "", 0, 0
    sure: list[float] = []
    for (at, to), number, probability in [*tokens, ([0, 0], -1, 0.0)]:
        kind, begins = kinds[number] if number >= 0 and to > at else ("", False)
        if label and (kind != label or begins or not 0 <= at - end <= 1):
            yield from _span(text, start, end, label, sum(sure) / len(sure))
            label = ""
        if kind and not label:
            label, start, sure = kind, at, []
        if kind:
            end = to
            sure.append(probability)


def _span(text: str, start: int, end: int, label: str, confidence: float) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start and confidence >= SURE:
        yield Span(start, end, label, round(confidence, 3))


def _folder(model: str) -> Path:
    """Where the model lies on this disk."""
    folder = Path(model).expanduser()
    if not folder.is_dir():
        folder = _cached(model)
    if not any(folder.glob("*.safetensors")):
        raise UserError(
            f"{model}에는 safetensors 가중치가 없습니다. 다른 형식은 코드를 실행할 수 있어 읽지 않습니다. safetensors가 있는 모델을 고르세요.",
            f"{model} has no safetensors weights. Other formats can run code and are not read. Choose a model that has them.",
        )
    return folder


def _cached(model: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise UserError(
            f"모델 {model}은(는) 폴더도 아니고 허브 캐시에도 없습니다. `hf download {model}`로 먼저 받거나 폴더를 주세요.",
            f"The model {model} is neither a folder nor in the hub cache. Fetch it first with `hf download {model}`, or give a folder.",
        ) from error


def _unreadable(folder: Path) -> UserError:
    return UserError(
        f"{folder.name}을(를) 개체명 모델로 읽을 수 없습니다. 자체 코드가 필요 없고 빠른 토크나이저가 있는 토큰 분류 모델이어야 합니다.",
        f"{folder.name} cannot be read as a token classifier. It must need no code of its own and have a fast tokenizer.",
    )
