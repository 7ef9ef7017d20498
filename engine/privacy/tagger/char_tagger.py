"""Names and addresses of many texts at once: gate, network, spans. Loaded at its first use; numpy only, no torch.

It reads one line at a time and knows neither the speakers nor the lines around.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from engine.privacy.labels import Span
from engine.privacy.tagger.encode import PAD, symbols
from engine.privacy.tagger.network import (
    FIRST_ADDRESS,
    FIRST_PERSON,
    GATE_REACH,
    OUTSIDE,
    Gate,
    Network,
    best_labels,
    loaded,
)
from engine.privacy.tagger.plausible import plausible

MODEL = Path(__file__).with_name("model.safetensors")
WINDOW, OVERLAP = 256, 32
"""Characters of one piece of a long text, and how many neighbouring pieces share: more than the network sees to one side."""
BATCH = 8_000
"""Characters worked on at once: about 2 MB of activations, which stay in a core's cache."""
STREAM = 400_000
"""Characters gated at once."""
LEAST = {"PERSON": 0.6, "ADDRESS": 0.95}
"""Mean probability from which a span is looked at; `plausible` asks for more of a name that the rules do not know."""
GATE_LEAST = 0.0
"""Log-odds from which a line is looked at by the network."""
SURE = 0.5
_LONGEST = {"PERSON": 24, "ADDRESS": 90}
Piece = tuple[int, int, int]
"""(number of the text, start, end) in code points."""


class CharTagger:
    """Tagger (labels.py) over the shipped networks, or over another file of the same shape."""

    def __init__(
        self, model: Path = MODEL, least: dict[str, float] | None = None, gate_least: float = GATE_LEAST
    ) -> None:
        self._model, self._least, self._gate_least = model, least or LEAST, gate_least

    def tag(self, texts: Sequence[str], known: Sequence[Sequence[Span]] = ()) -> list[list[Span]]:
        """Spans of every text, sorted, not overlapping, with their mean probability as confidence.

        known: a line in which the gate opens for nothing else than these is not read.
        """
        found: list[list[Span]] = [[] for _ in texts]
        with _one_thread():
            for batch in _streams(texts):
                for number, span in self._tagged(texts, batch, known):
                    found[number].append(span)
        return [in_order(spans) for spans in found]

    def candidates(self, texts: Sequence[str], known: Sequence[Sequence[Span]] = ()) -> list[bool]:
        """Which texts the gate lets through to the network."""
        passed = [False] * len(texts)
        for batch in _streams(texts):
            for (number, _, _), _ in self._gated(texts, batch, known):
                passed[number] = True
        return passed

    def _gated(
        self, texts: Sequence[str], pieces: list[Piece], known: Sequence[Sequence[Span]]
    ) -> Iterator[tuple[Piece, NDArray[np.uint16]]]:
        gate, _ = _networks(self._model)
        stream = symbols(("\0" * GATE_REACH).join(texts[number][start:end] for number, start, end in pieces))
        sizes = np.array([end - start for _, start, end in pieces])
        starts = np.concatenate([[0], np.cumsum(sizes + GATE_REACH)[:-1]])
        scores = _without_gaps(gate, stream, starts, sizes)
        for at, (number, start, _) in zip(starts if known else (), pieces, strict=False):
            for span in known[number]:
                scores[max(at, at + span.start - start) : max(at, at + span.end - start)] = -np.inf
        best = np.maximum.reduceat(scores, starts)
        for at in np.flatnonzero(best >= self._gate_least):
            yield pieces[at], stream[starts[at] : starts[at] + sizes[at]]

    def _tagged(
        self, texts: Sequence[str], pieces: list[Piece], known: Sequence[Sequence[Span]]
    ) -> Iterator[tuple[int, Span]]:
        _, network = _networks(self._model)
        by_length: dict[int, list[tuple[Piece, NDArray[np.uint16]]]] = defaultdict(list)
        for piece, line in self._gated(texts, pieces, known):
            by_length[len(line)].append((piece, line))
        for length, lines in by_length.items():
            step = max(1, BATCH // length)
            for at in range(0, len(lines), step):
                some = lines[at : at + step]
                for place, first, last, label, confidence in _spans(network, np.stack([line for _, line in some])):
                    yield from self._kept(texts, some[place][0], first, last, label, confidence)

    def _kept(
        self, texts: Sequence[str], piece: Piece, first: int, last: int, label: str, confidence: float
    ) -> Iterator[tuple[int, Span]]:
        """A span sure enough, of a size that such things have, in the half of an overlap that is this piece's."""
        number, start, end = piece
        text = texts[number]
        at, to = _trimmed(text, start + first, start + last)
        head = start + OVERLAP // 2 if start else 0
        tail = end - OVERLAP // 2 if end < len(text) else end
        if confidence < self._least[label] or not 0 < to - at <= _LONGEST[label] or not head <= at < tail:
            return
        if label == "PERSON" and not plausible(text, at, to, confidence):
            return
        yield number, Span(at, to, label, round(confidence, 3))


def _streams(texts: Sequence[str]) -> Iterator[list[Piece]]:
    """The texts' pieces in portions of about STREAM characters."""
    pieces: list[Piece] = []
    size = 0
    for number, text in enumerate(texts):
        for start, end in _windows(len(text)):
            pieces.append((number, start, end))
            size += end - start
            if size >= STREAM:
                yield pieces
                pieces, size = [], 0
    if pieces:
        yield pieces


def _windows(length: int) -> Iterator[tuple[int, int]]:
    if length <= WINDOW:
        if length:
            yield 0, length
        return
    for start in range(0, length - OVERLAP, WINDOW - OVERLAP):
        yield start, min(length, start + WINDOW)


def _without_gaps(
    gate: Gate, stream: NDArray[np.uint16], starts: NDArray[Any], sizes: NDArray[Any]
) -> NDArray[np.float32]:
    """Gate scores, the gaps between pieces read as pads and never passing."""
    gaps = (starts + sizes)[:-1, None] + np.arange(GATE_REACH)
    stream[gaps] = PAD
    scores = gate.scores(stream)
    scores[gaps] = -np.inf
    return scores


def _spans(network: Network, batch: NDArray[np.uint16]) -> Iterator[tuple[int, int, int, str, float]]:
    """(line, start, end, label, mean probability) of every span in lines of one length."""
    scores = network.log_probabilities(batch)
    hopeful = np.flatnonzero(scores[:, :, OUTSIDE].min(axis=0) < np.log(SURE))
    if not len(hopeful):
        return
    scores = scores[:, hopeful]
    labels = best_labels(scores)
    inside = np.exp(scores)
    for column, line in enumerate(hopeful):
        row = labels[:, column]
        for start in np.flatnonzero((row == FIRST_PERSON) | (row == FIRST_ADDRESS)):
            first = row[start]
            end = start + 1
            while end < len(row) and row[end] == first + 1:
                end += 1
            sure = inside[start:end, column, first : first + 2].sum(axis=1).mean()
            yield int(line), int(start), int(end), "PERSON" if first == FIRST_PERSON else "ADDRESS", float(sure)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without spaces and marks at both ends."""
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum() and text[end - 1] != ")":
        end -= 1
    return start, end


def in_order(spans: list[Span]) -> list[Span]:
    """Sorted, of overlapping spans the first and longest."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _one_thread() -> AbstractContextManager[Any]:
    """Products this small only wait for each other: two threads took ten times as long on busy cores, and each process has one."""
    limited: AbstractContextManager[Any] = _pools().limit(limits=1, user_api="blas")
    return limited


@cache
def _pools() -> ThreadpoolController:
    return ThreadpoolController()


@cache
def _networks(model: Path) -> tuple[Gate, Network]:
    from safetensors import safe_open

    with safe_open(model, framework="numpy") as file:
        metadata = file.metadata()
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
    return loaded(weights, tuple(json.loads(metadata["dilations"])))
