"""Packed pre-training of the starter model: documents in, batches, weighted loss, Muon and AdamW.

It knows tokens and weights, nothing of what a document says. Token-based schedule, so that a seed and a number of
tokens determine the run up to the rounding of parallel sums.
"""

import math
import os
import pickle
import random
import shutil
import sys
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from engine.models.starter_corpus.mix import Document, documents

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

# the model must read contexts but is judged by answers; plain prose lies between
WEIGHTS = {"context": 0.4, "plain": 1.0, "reply": 1.5, "answer": 3.0}
BATCH_TOKENS = 6_144  # on two cores; a GPU is bound by launches, so it gets GPU_BATCH_TOKENS at the same rate
GPU_BATCH_TOKENS = 16_384
SHORT, LONG = 256, 512
LONG_FROM = 0.4  # the share of the run after which sequences are LONG: a fifth of the policy documents only fit then
PEAK_RATE = 3e-3
WARMUP_STEPS = 25
DECAY_FROM = 0.6  # constant rate until here, then linear to zero
DOCUMENTS_AT_ONCE = 3_000


@dataclass
class Schedule:
    """Learning rate and sequence length by tokens seen."""

    total: int
    batch_tokens: int = BATCH_TOKENS

    def rate(self, seen: int) -> float:
        """Learning rate after `seen` tokens: warm-up, constant, linear decay."""
        warm = min(1.0, (seen + self.batch_tokens) / min(WARMUP_STEPS * self.batch_tokens, 0.05 * self.total + 1))
        left = (self.total - seen) / (self.total * (1 - DECAY_FROM))
        return PEAK_RATE * min(warm, max(0.02, min(1.0, left)))

    def length(self, seen: int) -> int:
        """Sequence length after `seen` tokens."""
        return LONG if seen >= LONG_FROM * self.total else SHORT

    def done(self, seen: int) -> bool:
        """Whether the run is over."""
        return seen >= self.total


Piece = tuple["NDArray[np.int32]", "NDArray[np.float32]"]


def encode(tokenizer: "PreTrainedTokenizerFast", batch: list[Document]) -> list[Piece]:
    """Token ids and loss weights of each document; the weight is that of the segment a token starts in."""
    import numpy as np

    texts = ["".join(text for _, text in document) for document in batch]
    pieces: list[Piece] = []
    for document, encoding in zip(
        batch, tokenizer.backend_tokenizer.encode_batch(texts, add_special_tokens=False), strict=True
    ):
        ends = np.cumsum([len(text) for _, text in document])
        weights = np.array([WEIGHTS[kind] for kind, _ in document], dtype=np.float32)
        starts = np.array([start for start, _ in encoding.offsets])
        pieces.append((np.array(encoding.ids, dtype=np.int32), weights[np.searchsorted(ends, starts, side="right")]))
    return pieces


def pack(pieces: list[Piece], length: int, pad: int, rng: random.Random) -> list[tuple[Any, Any]]:
    """Rows of `length` tokens, best fit, no document split; longer documents are left out. Padding weighs zero."""
    import numpy as np

    open_rows: dict[int, list[list[Piece]]] = {}
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: -len(piece[0])):
        size = len(piece[0])
        if size > length:
            continue
        room = next((room for room in range(size, length) if open_rows.get(room)), 0)
        row = open_rows[room].pop() if room else []
        if not room:
            rows.append(row)
        row.append(piece)
        open_rows.setdefault((room or length) - size, []).append(row)
    packed = []
    for row in rows:
        rng.shuffle(row)
        ids = np.full(length, pad, dtype=np.int64)
        weights = np.zeros(length, dtype=np.float32)
        used = sum(len(piece[0]) for piece in row)
        ids[:used] = np.concatenate([piece[0] for piece in row])
        weights[:used] = np.concatenate([piece[1] for piece in row])
        packed.append((ids, weights))
    rng.shuffle(packed)
    return packed


@dataclass(frozen=True)
class Chunk:
    """What makes one portion of packed rows: the same chunk gives the same rows, in whichever process."""

    seed: int
    at: int
    length: int

    def rows(self, tokenizer: "PreTrainedTokenizerFast") -> tuple[Any, Any]:
        """(ids, weights), each rows x `length`. The documents are a stream of their own for every chunk."""
        import numpy as np

        rng = random.Random(f"rows {self.seed} {self.at}")
        found = list(islice(documents(rng.getrandbits(62)), DOCUMENTS_AT_ONCE))
        # the last row of a chunk is the emptiest; a full batch hides it
        packed = pack(encode(tokenizer, found), self.length, int(tokenizer.pad_token_id or 0), rng)
        ids, weights = (np.stack(part) for part in zip(*packed, strict=True))
        return ids.astype(np.int32), weights


def batches(
    tokenizer: "PreTrainedTokenizerFast", schedule: Schedule, *, seed: int, workers: int = 0
) -> Generator[tuple["torch.Tensor", "torch.Tensor"]]:
    """Endless (ids, weights) of `schedule.batch_tokens` tokens; the row length follows the schedule.

    `workers`: processes that make chunks ahead, 0 for none. The batches are the same for any number of them.
    """
    import numpy as np
    import torch

    ids = weights = np.zeros((0, 0))
    seen = length = 0
    with rows_ahead(tokenizer, seed, workers) as next_rows:
        while True:
            if length != schedule.length(seen):
                length = schedule.length(seen)
                ids, weights = np.zeros((0, length), dtype=np.int32), np.zeros((0, length), dtype=np.float32)
            count = schedule.batch_tokens // length
            while len(ids) < count:
                more = next_rows(length)
                ids, weights = np.concatenate([ids, more[0]]), np.concatenate([weights, more[1]])
            seen += schedule.batch_tokens
            yield torch.from_numpy(ids[:count].astype(np.int64)), torch.from_numpy(weights[:count])
            ids, weights = ids[count:], weights[count:]


@contextmanager
def rows_ahead(
    tokenizer: "PreTrainedTokenizerFast", seed: int, workers: int
) -> Iterator[Callable[[int], tuple[Any, Any]]]:
    """A function that gives the next chunk's rows of a length; with workers, the chunks after it are under way."""
    at = 0
    if not workers:

        def alone(length: int) -> tuple[Any, Any]:
            nonlocal at
            at += 1
            return Chunk(seed, at, length).rows(tokenizer)

        yield alone
        return
    ahead: dict[Chunk, Future[tuple[Any, Any]]] = {}
    # spawned, not forked: the parent holds a CUDA context and threads
    with ProcessPoolExecutor(workers, get_context("spawn"), _start_worker, (pickle.dumps(tokenizer),)) as pool:

        def pooled(length: int) -> tuple[Any, Any]:
            nonlocal at
            at += 1
            for chunk in (Chunk(seed, at + step, length) for step in range(2 * workers)):
                if chunk not in ahead:
                    ahead[chunk] = pool.submit(_worker_rows, chunk)
            return ahead.pop(Chunk(seed, at, length)).result()

        yield pooled


_worker_tokenizer: list["PreTrainedTokenizerFast"] = []


def _start_worker(pickled: bytes) -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the processes are the parallelism
    _worker_tokenizer.append(pickle.loads(pickled))


def _worker_rows(chunk: Chunk) -> tuple[Any, Any]:
    return chunk.rows(_worker_tokenizer[0])


def can_compile(device: str) -> bool:
    """Whether torch.compile has the compiler it needs (C++ on a CPU, triton on CUDA)."""
    from importlib.util import find_spec

    if device.startswith("cuda"):
        return find_spec("triton") is not None
    return sys.platform != "win32" and bool(shutil.which("g++") or shutil.which("clang++"))


def make_optimizers(model: "PreTrainedModel") -> list["torch.optim.Optimizer"]:
    """Muon for the layer matrices, AdamW for embeddings and norms (Jordan et al. 2024; rates as in Moonlight)."""
    import torch

    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    return [
        torch.optim.Muon(matrices, lr=PEAK_RATE, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=PEAK_RATE, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def weighted_loss(model: "PreTrainedModel", ids: "torch.Tensor", weights: "torch.Tensor") -> "torch.Tensor":
    """Mean next-token cross-entropy, each target token counted by its weight."""
    import torch

    with torch.autocast(ids.device.type, dtype=torch.bfloat16):
        logits = model(input_ids=ids, use_cache=False).logits
    losses = torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none"
    )
    targets = weights[:, 1:].flatten()
    return (losses * targets).sum() / targets.sum()


def pretrain(
    model: "PreTrainedModel",
    stream: Iterator[tuple["torch.Tensor", "torch.Tensor"]],
    schedule: Schedule,
    *,
    compiled: bool,
    report: Callable[[int, float, float], None],
    seconds: float = math.inf,
    loss: Callable[..., "torch.Tensor"] = weighted_loss,
) -> dict[str, float]:
    """Train in place. `report(tokens, loss, tokens per second)` is called after every step, with running means.

    `loss(model, *batch)`: what a batch of `stream` costs. Places of whole numbers are tokens seen, others are weights.

    `seconds` ends the run early, its learning rate run down: such a run depends on the machine's speed.

    Returns tokens, seconds and the running mean of the weighted loss at the end.
    """
    import torch

    loss_of = torch.compile(loss, dynamic=False) if compiled else loss
    optimizers = make_optimizers(model)
    seen, mean, started = 0, math.nan, time.perf_counter()
    model.train()
    while not schedule.done(at := _progress(schedule, seen, time.perf_counter() - started, seconds)):
        batch = [part.to(model.device, non_blocking=True) for part in next(stream)]
        for optimizer in optimizers:
            optimizer.param_groups[0]["lr"] = schedule.rate(at)
        cost = loss_of(model, *batch)
        cost.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        seen += sum(part.numel() for part in batch if not part.is_floating_point())
        value = cost.item()
        mean = value if math.isnan(mean) else 0.98 * mean + 0.02 * value
        report(seen, mean, seen / (time.perf_counter() - started))
    return {"tokens": seen, "seconds": time.perf_counter() - started, "loss": mean}


def _progress(schedule: Schedule, seen: int, elapsed: float, seconds: float) -> int:
    """Tokens seen, or the same share of the run that the clock has reached when that is further."""
    return max(seen, int(schedule.total * elapsed / seconds))
