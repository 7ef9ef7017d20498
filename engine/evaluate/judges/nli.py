"""A natural-language-inference model as judge: does a clause entail a claim, contradict it, or neither?

Any sequence classifier of the transformers library whose labels are named so. Refusals and flaws of form (tails, repetition, foreign
scripts, cut-off ends) are the rules' business, whatever the model says. It knows no Korean by itself.
"""

from collections.abc import Sequence
from typing import Any

from engine.errors import UserError
from engine.ground.context import Shown
from engine.ground.judge import combined, flaw_claims, read_answer, refusal
from engine.ground.verdict import Claim, Kind, Verdict

MOST_TOKENS = 512
SURE = 0.5
"""Probability from which entailment or contradiction counts; below for all clauses the claim is unsupported."""


class NliJudge:
    """Loads the model once. Raises UserError when it cannot be loaded or is no inference model."""

    def __init__(self, model: str) -> None:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(model)
            self._model: Any = AutoModelForSequenceClassification.from_pretrained(model).eval()
        except (OSError, ValueError, KeyError) as error:
            raise UserError(
                f"NLI 모델 '{model}'을(를) 읽을 수 없습니다({type(error).__name__}). 폴더나 허브 이름이 맞는지, 받아 두었는지 확인하세요.",
                f"Cannot load the NLI model '{model}' ({type(error).__name__}). Check the folder or hub name, and that it is downloaded.",
            ) from error
        labels = {str(label).casefold(): int(at) for at, label in self._model.config.id2label.items()}
        self._entails, self._contradicts = _place(labels, "entail"), _place(labels, "contradict")
        if self._entails is None or self._contradicts is None:
            raise UserError(
                f"'{model}'은(는) NLI 모델이 아닙니다. 이름표가 {', '.join(labels)}이고, entailment와 contradiction이 없습니다.",
                f"'{model}' is no NLI model: its labels are {', '.join(labels)}, without entailment and contradiction.",
            )

    def __call__(
        self, question: str, context: list[str], answer: str, answerable: bool | None, ended: bool | None
    ) -> Verdict:
        """The same verdict as the rules give, its claims judged by the model."""
        shown = Shown(question, context)
        told = refusal(answer, shown, answerable)
        if told is not None:
            return told
        read = read_answer(answer, shown, ended)
        claims = [self._claim(part.piece.start, part.piece.end, part.piece.text, context) for part in read.parts]
        return combined([*flaw_claims(read.flaws), *claims])

    def _claim(self, start: int, end: int, said: str, context: Sequence[str]) -> Claim:
        chances = self._chances(said, context)
        entailing = max(range(len(context)), key=lambda at: chances[at][0], default=None)
        opposing = max(range(len(context)), key=lambda at: chances[at][1], default=None)
        if entailing is not None and chances[entailing][0] >= SURE:
            return _told(start, end, "supported", entailing, chances[entailing][0])
        if opposing is not None and chances[opposing][1] >= SURE:
            return _told(start, end, "contradicted", opposing, chances[opposing][1])
        return _told(start, end, "unsupported", None, chances[entailing][0] if entailing is not None else 0.0)

    def _chances(self, said: str, context: Sequence[str]) -> list[tuple[float, float]]:
        """(entailment, contradiction) for every clause."""
        import torch

        if not context:
            return []
        rows = self._tokenizer(
            list(context),
            [said] * len(context),
            truncation="only_first",
            max_length=MOST_TOKENS,
            padding=True,
            return_tensors="pt",
        )
        with torch.no_grad():
            chances = self._model(**rows).logits.softmax(-1)
        return [(float(row[self._entails]), float(row[self._contradicts])) for row in chances]


def _place(labels: dict[str, int], beginning: str) -> int | None:
    return next((at for label, at in labels.items() if label.startswith(beginning)), None)


def _told(start: int, end: int, kind: Kind, index: int | None, chance: float) -> Claim:
    ko, en = f"NLI 모델의 판단({chance:.0%})입니다.", f"Judged by the NLI model ({chance:.0%})."
    return Claim(start, end, kind, None, index, ko, en)
