"""How the next token is drawn, or beams are scored, and when an answer is over. It knows nothing of models or templates.

Each answer has a random stream of its own, seeded by seed and prompt: the same seed gives the same answer whatever
else is in the batch, on every run and in a stream.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from engine.serve.constraint import Constraint, Row
from engine.serve.decoding import Decoding


class Sampler:
    """A logits processor that leaves one candidate per row: greedy search then takes it.

    Repetition penalty as in Keskar et al. 2019 (CTRL) over prompt and answer, but never on end tokens: they stand in
    every chat prompt, and a penalty on them keeps the model from stopping. Top-p as in Holtzman et al. 2020.
    """

    def __init__(
        self,
        prompts: Sequence[Sequence[int]],
        before: Sequence[Sequence[int]],
        decoding: Decoding,
        ends: Sequence[int],
        never: Sequence[int],
        constraint: Constraint | None = None,
    ) -> None:
        """before: what stands before each answer in `input_ids`: a decoder's prompt, or how an encoder-decoder's answers begin.
        constraint: the JSON that answers keep to; they are not pressed against repeating, which its keys and labels must do.
        """
        self._decoding = decoding
        self._ends = list(ends)
        self._never = list(never)
        self._lengths = [len(given) for given in before]
        self._width = max(self._lengths)
        self._draws = [random.Random(f"{decoding.seed}:{list(prompt)}") for prompt in prompts]
        self._json = [constraint.row() for _ in prompts] if constraint else None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """`input_ids` (rows, tokens so far, left-padded), `scores` (rows, vocabulary) to scores with one finite entry."""
        import torch

        scores = scores.float()
        scores[:, self._never] = -torch.inf
        if self._json:
            chosen = [self._choose_json(row, scores[i], self._draws[i]) for i, row in enumerate(self._json)]
        else:
            if self._decoding.no_repeat_ngram:
                forbid_repeats(input_ids[:, self._width :], scores, self._decoding.no_repeat_ngram)
            chosen = [self._choose(input_ids[row, self._width - length :], scores[row], self._draws[row])
                      for row, length in enumerate(self._lengths)]  # fmt: skip
        index = torch.stack(chosen).unsqueeze(1)
        return torch.full_like(scores, -torch.inf).scatter(1, index, 0.0)

    def _choose(self, seen: Any, scores: Any, draw: random.Random) -> Any:
        penalty = self._decoding.repetition_penalty
        return self._drawn(scores if penalty == 1.0 else penalised(seen, scores, penalty, self._ends), draw)

    def _choose_json(self, row: Row, scores: Any, draw: random.Random) -> Any:
        import torch

        token = row.forced()
        if token is None:
            allowed = row.allowed().to(scores.device)
            scores = scores[: len(allowed)].masked_fill(~allowed, -torch.inf)
            token = int(self._drawn(scores, draw))
        return torch.tensor(row.take(token), device=scores.device)

    def _drawn(self, scores: Any, draw: random.Random) -> Any:
        import torch

        temperature = self._decoding.temperature
        if temperature == 0.0:
            return scores.argmax()
        ordered, order = torch.softmax(scores / temperature, -1).sort(descending=True)
        mass = ordered.cumsum(-1)
        kept = mass[(mass - ordered) < self._decoding.top_p]
        return order[torch.searchsorted(kept, kept[-1] * draw.random()).clamp(max=len(kept) - 1)]


class BeamScores:
    """A logits processor for beam search: `scores` are log-probabilities, as the library's own search has them. It draws nothing:
    temperature, top_p and seed do not count. Never-tokens, repetition penalty and no-repeat as in `Sampler`.
    """

    def __init__(
        self, before: Sequence[Sequence[int]], decoding: Decoding, ends: Sequence[int], never: Sequence[int]
    ) -> None:
        """before: as in `Sampler`, one per answer; `input_ids` holds `decoding.beams` rows for each, one after another."""
        self._decoding = decoding
        self._ends = list(ends)
        self._never = list(never)
        self._lengths = [len(given) for given in before for _ in range(decoding.beams)]
        self._width = max(self._lengths)

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """`input_ids` (answers * beams, tokens so far, left-padded), `scores` (the same rows, vocabulary)."""
        import torch

        scores = scores.float()
        scores[:, self._never] = -torch.inf
        penalty = self._decoding.repetition_penalty
        for row, length in enumerate(self._lengths if penalty != 1.0 else ()):
            scores[row] = penalised(input_ids[row, self._width - length :], scores[row], penalty, self._ends)
        if self._decoding.no_repeat_ngram:
            forbid_repeats(input_ids[:, self._width :], scores, self._decoding.no_repeat_ngram)
        return scores


def penalised(seen: Any, scores: Any, penalty: float, ends: list[int]) -> Any:
    """Scores of one row with those of tokens that were `seen` pushed down."""
    import torch

    before = scores[seen]
    after = scores.scatter(0, seen, torch.where(before < 0, before * penalty, before / penalty))
    after[ends] = scores[ends]
    return after


def forbid_repeats(answers: Any, scores: Any, size: int) -> None:
    """Takes from every row the tokens that would make an n-gram of its answer stand there twice (Paulus et al. 2018). The prompt
    does not count: a summary repeats the words of its dialogue."""
    import torch

    for row, answer in enumerate(answers.tolist()):
        scores[row, repeating(answer, size)] = -torch.inf


def repeating(answer: Sequence[int], size: int) -> list[int]:
    """Tokens that followed earlier where the answer's last size - 1 tokens stood."""
    last = tuple(answer[len(answer) - size + 1 :])
    return [answer[end] for end in range(size - 1, len(answer)) if tuple(answer[end - size + 1 : end]) == last]


class Stopping:
    """A stopping criterion: a stop phrase in the answer, or `cancelled()`."""

    def __init__(
        self, decode: Callable[[list[int]], str], stop: Sequence[str], width: int, cancelled: Callable[[], bool]
    ) -> None:
        self._decode = decode
        self._stop = stop
        self._width = width
        self._cancelled = cancelled
        # every ordinary token is at least one byte of the answer
        self._window = max((len(phrase.encode()) for phrase in stop), default=0) + 4

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """`input_ids` (rows, tokens so far) to a boolean per row."""
        import torch

        done = [self._cancelled() or self._stopped(row[self._width :]) for row in input_ids]
        return torch.tensor(done, device=input_ids.device)

    def _stopped(self, answer: Any) -> bool:
        if not self._stop:
            return False
        text = self._decode(answer[-self._window :].tolist())
        return any(phrase in text for phrase in self._stop)


def trimmed(raw: str, stop: Sequence[str]) -> str:
    """The answer up to the first stop phrase, without white space around it."""
    ends = [raw.find(phrase) for phrase in stop if phrase in raw]
    return raw[: min(ends, default=len(raw))].strip()


def certain(text: str, stop: Sequence[str]) -> int:
    """How many leading characters of an unfinished answer can be shown: not trailing white space, and not what may be
    the beginning of a stop phrase."""
    held = max((_overlap(text, phrase) for phrase in stop), default=0)
    return len(text[: len(text) - held].rstrip())


def _overlap(text: str, phrase: str) -> int:
    """Length of the longest end of `text` that begins `phrase`."""
    return next((n for n in range(min(len(text), len(phrase) - 1), 0, -1) if text.endswith(phrase[:n])), 0)
