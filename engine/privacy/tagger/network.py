"""The two small networks in numpy: a gate that looks at seven characters, a tagger that looks at thirty-three.

Tagger: a row per symbol, then residual convolutions of width 3 with growing steps (dilations), then five scores per
character: outside, first and further characters of a person, of an address. It knows no text.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.privacy.tagger.encode import PAD, parts

Floats = NDArray[np.float32]
GATE_REACH = 3
"""The gate sees this many characters to either side."""
GATE_BLOCK = 4_096
"""Symbols gated at once: 256 kB per tap, which a core's own cache holds."""
LABELS = 5
OUTSIDE, FIRST_PERSON, PERSON, FIRST_ADDRESS, ADDRESS = range(LABELS)
# A further character follows only characters of its own kind.
_FORBIDDEN = np.zeros((LABELS, LABELS), np.float32)
_FORBIDDEN[[OUTSIDE, FIRST_ADDRESS, ADDRESS], PERSON] = -1e4
_FORBIDDEN[[OUTSIDE, FIRST_PERSON, PERSON], ADDRESS] = -1e4
_BEGIN = np.array([0, 0, -1e4, 0, -1e4], np.float32)


@dataclass(frozen=True, slots=True)
class Gate:
    """`taps` (7, symbols, width): what each symbol adds at each distance; `out` (width,)."""

    taps: Floats
    out: Floats
    bias: float

    def scores(self, symbols: NDArray[np.uint16]) -> Floats:
        """Log-odds per symbol of a stream that it stands inside personal data."""
        padded = np.concatenate([np.full(GATE_REACH, PAD, np.uint16), symbols, np.full(GATE_REACH, PAD, np.uint16)])
        scores = np.empty(len(symbols), np.float32)
        for at in range(0, len(symbols), GATE_BLOCK):
            size = min(GATE_BLOCK, len(symbols) - at)
            hidden = self.taps[0].take(padded[at : at + size], axis=0)
            for tap in range(1, 2 * GATE_REACH + 1):
                hidden += self.taps[tap].take(padded[at + tap : at + tap + size], axis=0)
            np.maximum(hidden, 0, out=hidden)
            scores[at : at + size] = hidden @ self.out + self.bias
        return scores


@dataclass(frozen=True, slots=True)
class Network:
    """`symbols` (symbols, width); per layer `kernels` (3, width, width) and `biases`; `out` (width, 5)."""

    symbols: Floats
    kernels: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    dilations: tuple[int, ...]
    out: Floats
    out_bias: Floats

    def log_probabilities(self, batch: NDArray[np.uint16]) -> Floats:
        """(lines, length) symbols → (length, lines, 5). All lines of a batch are equally long, so that none sees padding."""
        hidden = self.symbols[batch.T]
        for kernel, bias, step in zip(self.kernels, self.biases, self.dilations, strict=True):
            hidden += _convolved(hidden, kernel, bias, step)
        scores = hidden @ self.out + self.out_bias
        scores -= scores.max(axis=-1, keepdims=True)
        return np.asarray(scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True)), np.float32)


def _convolved(hidden: Floats, kernel: Floats, bias: Floats, step: int) -> Floats:
    """ReLU of a convolution of width 3 along axis 0, zeros beyond both ends."""
    length, lines, width = hidden.shape
    total = hidden.reshape(-1, width) @ kernel[1]
    total += bias
    total = total.reshape(length, lines, -1)
    if length > step:
        total[step:] += (hidden[:-step].reshape(-1, width) @ kernel[0]).reshape(length - step, lines, -1)
        total[:-step] += (hidden[step:].reshape(-1, width) @ kernel[2]).reshape(length - step, lines, -1)
    np.maximum(total, 0, out=total)
    return np.asarray(total, np.float32)


def best_labels(log_probabilities: Floats) -> NDArray[np.uint8]:
    """The most probable allowed labels (Viterbi): (length, lines, 5) → (length, lines)."""
    length, lines, _ = log_probabilities.shape
    back = np.zeros((length, lines, LABELS), np.uint8)
    score = log_probabilities[0] + _BEGIN
    for at in range(1, length):
        routes = score[:, :, None] + _FORBIDDEN
        back[at] = routes.argmax(axis=1)
        score = routes.max(axis=1) + log_probabilities[at]
    labels = np.zeros((length, lines), np.uint8)
    labels[-1] = score.argmax(axis=1)
    for at in range(length - 1, 0, -1):
        labels[at - 1] = back[at, np.arange(lines), labels[at]]
    return labels


def loaded(weights: Mapping[str, NDArray[np.float16]], dilations: tuple[int, ...]) -> tuple[Gate, Network]:
    """Both networks from their stored weights; the rows of syllable and jamo become one row per symbol."""
    full = {name: np.asarray(weight, np.float32) for name, weight in weights.items()}
    gate_rows = _rows(full["gate.rows"], full["gate.jamo"])
    # A pad adds nothing to a line's first and last characters.
    taps = np.stack([gate_rows @ kernel for kernel in full["gate.kernel"]])
    taps[GATE_REACH] += full["gate.kernel_bias"]
    gate = Gate(np.ascontiguousarray(taps, np.float32), full["gate.out"], float(full["gate.out_bias"][0]))
    layers = range(len(dilations))
    network = Network(
        _rows(full["rows"], full["jamo"]),
        tuple(np.ascontiguousarray(full[f"layer{at}.kernel"]) for at in layers),
        tuple(full[f"layer{at}.bias"] for at in layers),
        dilations,
        full["out"],
        full["out_bias"],
    )
    return gate, network


def _rows(rows: Floats, jamo: Floats) -> Floats:
    own, of_jamo = parts()
    table = rows[own] + jamo[of_jamo].sum(axis=1)
    table[PAD] = 0
    return np.ascontiguousarray(table, np.float32)
