"""The same few prompts, answered by the model as it learns. It knows nothing of stores, and leaves training as it was.

Greedy, in evaluation mode, with every random state put back: a run ends bit for bit as it would without.
"""

import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from engine.models.batches import decoder_start, to_generate
from engine.models.family import window
from engine.models.template import decode_answer, encode_prompt
from engine.models.tokenizer import end_ids
from engine.train.data import PromptTarget
from engine.train.events import TrainEvents
from engine.train.memory import is_out_of_memory
from engine.train.together.ranks import shared

SAMPLES = 3
"""Prompts asked at each validation."""
NEW_TOKENS, PROMPT_TOKENS = 40, 256
"""Tokens of an answer and of a prompt at most. Three such prompts take 0.1 GB of an 8B model's cache."""
SHARE = 0.1
"""Of the time spent in training steps: beyond it only the first and the last validation are asked."""
FREE_SECONDS = 5.0
"""Always granted, so that a short run shows how it begins."""


def sample_places(rows: Sequence[PromptTarget], count: int = SAMPLES) -> list[int]:
    """Which rows are asked: from each of `count` equal parts, the row whose target is of the most usual length."""
    lengths = [len(target) for _, target in rows]
    usual = sorted(lengths)[len(lengths) // 2] if lengths else 0
    parts = min(count, len(rows))
    cuts = [round(part * len(rows) / parts) for part in range(parts + 1)] if parts else []
    return [min(range(a, b), key=lambda i: abs(lengths[i] - usual)) for a, b in pairwise(cuts)]


class SampleAnswers:
    """Asks at validations, keeps count of the time it takes, and gives up for good where memory does not allow it."""

    def __init__(self, tokenizer: Any, rows: Sequence[PromptTarget], events: TrainEvents) -> None:
        self._tokenizer = tokenizer
        self._events = events
        self._places = sample_places(rows)
        self._prompts = [encode_prompt(tokenizer, rows[place][0], PROMPT_TOKENS) for place in self._places]
        self.seconds = 0.0
        """Time spent asking in this session."""

    def ask(self, model: Any, step: int, training_seconds: float, last: bool) -> None:
        """Answer the prompts and tell them, unless that would take too large a share of the run."""
        granted = max(FREE_SECONDS, SHARE * training_seconds)
        if not self._prompts or shared(self.seconds > granted and not last):
            return
        began = time.perf_counter()
        try:
            answers = answer_all(model, self._tokenizer, self._prompts)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            self._prompts = []
            ko = "메모리가 모자라 학습 도중의 견본 답은 만들지 않습니다. 학습은 계속합니다."
            self._events.log(f"{ko} / Too little memory for sample answers; training goes on without.")
            return
        self.seconds += time.perf_counter() - began
        self._events.said(step, dict(zip(self._places, answers, strict=True)))

    def tell_cost(self, training_seconds: float) -> None:
        """Say what the asking took."""
        if self.seconds and training_seconds:
            took = f"{self.seconds:.1f}", f"{100 * self.seconds / training_seconds:.1f}"
            ko = f"도중에 물어본 견본 답에 {took[0]}초가 걸렸습니다(학습 시간의 {took[1]}%)."
            self._events.log(f"{ko} / Sample answers took {took[0]} s ({took[1]} % of the training time).")


def answer_all(model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]]) -> list[str]:
    """The likeliest continuation of each prompt. The model's mode, settings and all random states are as before."""
    import torch

    ends, pad, where = end_ids(tokenizer), tokenizer.pad_token_id, next(model.parameters()).device
    greedy = _greedy(model, tokenizer, ends)
    inputs, given = to_generate(tokenizer, [prompt[-_room(model) :] for prompt in prompts], where)
    learned, before = model.training, model.generation_config
    try:
        model.eval()
        model.generation_config = greedy  # what a base was published with would mix in
        with torch.random.fork_rng(devices=[where] if where.type == "cuda" else []), torch.no_grad():
            out = model.generate(**inputs, generation_config=greedy)
    finally:
        model.generation_config = before
        model.train(learned)
    return [decode_answer(tokenizer, _until(row[given:].tolist(), {*ends, pad})).strip() for row in out]


def _greedy(model: Any, tokenizer: Any, ends: list[int]) -> Any:
    from transformers import GenerationConfig

    never = never_said(model, tokenizer, ends)
    return GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=NEW_TOKENS, do_sample=False, use_cache=True, suppress_tokens=never or None,
        eos_token_id=ends, pad_token_id=tokenizer.pad_token_id, decoder_start_token_id=decoder_start(tokenizer),
    )  # fmt: skip


def never_said(model: Any, tokenizer: Any, ends: list[int]) -> list[int]:
    """Tokens that no answer holds: padding, and rows of the model for tokens that do not exist."""
    known = max(tokenizer.get_vocab().values()) + 1
    return [*range(known, model.config.get_text_config().vocab_size), *({tokenizer.pad_token_id} - set(ends))]


def _room(model: Any) -> int:
    """Prompt tokens that the model's window leaves beside an answer."""
    return max(1, (window(model.config.get_text_config().to_dict()) or NEW_TOKENS + PROMPT_TOKENS) - NEW_TOKENS)


def _until(answer: list[int], over: set[int]) -> list[int]:
    """The tokens before the first that ends an answer."""
    return answer[: next((place for place, token in enumerate(answer) if token in over), len(answer))]
