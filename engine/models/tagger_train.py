"""Train the shipped character tagger (engine/privacy/tagger) from generated chat, on a CPU or a card, seeded.

Run as: python -m engine.models.tagger_train --out DIR [--minutes 4] [--width 64] [--workers N] [--samples N] [--device auto]
Needs numpy, torch and safetensors. It knows labels and weights, not what a line says (that is engine/models/tagger_corpus).
"""

import argparse
import json
import os
import random
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.models.tagger_corpus.sample import sample
from engine.privacy.tagger.encode import JAMO_ROWS, PAD, ROWS, UNKNOWN, parts, symbols
from engine.privacy.tagger.network import GATE_REACH, LABELS

if TYPE_CHECKING:
    import torch

DILATIONS = (1, 1, 2, 4, 8)
GATE_ROW, GATE_WIDTH = 16, 16
SHARD = 20_000
LONGEST, BUCKET = 160, 8
"""Lines are padded to a multiple of BUCKET; the few longer than LONGEST are cut."""
TOKENS = {"cpu": 16_384, "cuda": 131_072}
PEAK = {"cpu": 3e-3, "cuda": 4e-3}
FORGET = 0.12
"""Share of syllables read by their jamo alone while training, so that unknown ones work."""
GATE_POSITIVE = 6.0
"""How much heavier a missed character weighs for the gate than a needless look."""

Shard = tuple[NDArray[np.uint16], NDArray[np.uint8], NDArray[np.int32]]
Buckets = dict[int, tuple["torch.Tensor", "torch.Tensor"]]


def shard(seed: int, size: int = SHARD) -> Shard:
    """(symbols, labels, lengths) of `size` lines end to end; the same for a seed anywhere."""
    rng = random.Random(seed)
    texts, labels, lengths = [], bytearray(), []
    for _ in range(size):
        text, marks = sample(rng)
        text = text[:LONGEST]
        texts.append(text)
        labels += bytes(marks[: len(text)])
        lengths.append(len(text))
    return symbols("".join(texts)), np.frombuffer(bytes(labels), np.uint8), np.array(lengths, np.int32)


def shards(first: int, count: int, workers: int) -> list[Shard]:
    """`count` shards from seed `first` on, in seed order whatever the number of workers."""
    if workers < 2:
        return [shard(first + at) for at in range(count)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(shard, range(first, first + count)))


def bucketed(made: list[Shard], device: str) -> Buckets:
    """Padded length → (lines, length) symbols and labels on `device`."""
    import torch

    ids = np.concatenate([part[0] for part in made])
    marks = np.concatenate([part[1] for part in made])
    lengths = np.concatenate([part[2] for part in made])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    padded = -(-lengths // BUCKET) * BUCKET
    found: Buckets = {}
    for size in np.unique(padded[padded > 0]):
        rows = np.flatnonzero(padded == size)
        at = starts[rows, None] + np.arange(size)
        inside = np.arange(size) < lengths[rows, None]
        at = np.where(inside, at, 0)
        lines = np.where(inside, ids[at], PAD).astype(np.int16)
        labels = np.where(inside, marks[at], 0).astype(np.uint8)
        found[int(size)] = (torch.from_numpy(lines).to(device), torch.from_numpy(labels).to(device))
    return found


def build(width: int) -> "torch.nn.Module":
    """Both networks as one module: forward(symbols) → (tag scores (lines, length, 5), gate scores (lines, length))."""
    import torch
    from torch import nn

    own, of_jamo = (torch.from_numpy(part) for part in parts())

    class Rows(nn.Module):
        def __init__(self, size: int) -> None:
            super().__init__()
            self.rows = nn.Embedding(ROWS, size)
            self.jamo = nn.Embedding(JAMO_ROWS, size)
            nn.init.normal_(self.rows.weight, std=0.3)
            nn.init.normal_(self.jamo.weight, std=0.3)
            self.own, self.of_jamo = nn.Buffer(own, persistent=False), nn.Buffer(of_jamo, persistent=False)

        def forward(self, ids: "torch.Tensor") -> "torch.Tensor":
            rows = self.own[ids]
            if self.training:
                forgotten = torch.rand(rows.shape, device=rows.device) < FORGET
                rows = torch.where(forgotten & (self.of_jamo[ids, 0] > 0), UNKNOWN, rows)
            summed: torch.Tensor = self.rows(rows) + self.jamo(self.of_jamo[ids]).sum(-2)
            return summed * (ids != PAD)[..., None]

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.gate_table = Rows(width), Rows(GATE_ROW)
            self.layers = nn.ModuleList(nn.Conv1d(width, width, 3, padding=d, dilation=d) for d in DILATIONS)
            self.out = nn.Linear(width, LABELS)
            self.gate = nn.Conv1d(GATE_ROW, GATE_WIDTH, 2 * GATE_REACH + 1, padding=GATE_REACH)
            self.gate_out = nn.Linear(GATE_WIDTH, 1)

        def forward(self, ids: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
            real = (ids != PAD)[:, None]
            hidden = self.table(ids).transpose(1, 2)
            for layer in self.layers:
                hidden = (hidden + layer(hidden).relu()) * real
            gate = self.gate(self.gate_table(ids).transpose(1, 2)).relu()
            return self.out(hidden.transpose(1, 2)), self.gate_out(gate.transpose(1, 2))[..., 0]

    return Both()


def train(data: Buckets, width: int, seconds: float, device: str, seed: int, steps: int) -> "torch.nn.Module":
    """Until `seconds` are over or `steps` done; the rate falls to nothing by then. Returns the running mean of the weights."""
    import torch

    torch.manual_seed(seed)
    model = build(width).to(device)
    mean = torch.optim.swa_utils.AveragedModel(model, avg_fn=_running_mean)
    optimiser = torch.optim.AdamW(model.parameters(), lr=PEAK[device], weight_decay=0.01, betas=(0.9, 0.98))
    sizes = list(data)
    shares = torch.tensor([float(data[size][0].numel()) for size in sizes])
    began = time.monotonic()
    step, done, shown = 0, 0.0, 0.0
    while done < 1:
        size = sizes[int(torch.multinomial(shares, 1))]
        lines, labels = data[size]
        some = torch.randint(len(lines), (max(1, TOKENS[device] // size),), device=device)
        loss = losses(model, lines[some].long() & 0xFFFF, labels[some].long())
        for group in optimiser.param_groups:
            group["lr"] = PEAK[device] * min(1.0, step / 200 + 0.01) * max(0.01, 1 - done) ** 0.7
        optimiser.zero_grad(set_to_none=True)
        sum(loss).backward()  # type: ignore[union-attr]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        mean.update_parameters(model)
        step += 1
        done = max(step / steps if steps else 0.0, (time.monotonic() - began) / seconds)
        if done >= shown:
            print(f"{done:4.0%} step {step} loss {loss[0].item():.4f} gate {loss[1].item():.4f}", flush=True)
            shown += 0.1
    return mean.module.eval()


def _running_mean(mean: "torch.Tensor", now: "torch.Tensor", seen: Any) -> "torch.Tensor":
    """Exponential mean over about 500 steps, shorter at the beginning, so that the first weights are forgotten."""
    return mean.lerp(now, max(0.002, 10 / (10 + int(seen))))


def losses(model: "torch.nn.Module", ids: "torch.Tensor", labels: "torch.Tensor") -> "list[torch.Tensor]":
    """Cross-entropy per real character of the tagger, and of the gate with missed characters weighing more."""
    import torch
    from torch.nn import functional

    tags, gate = model(ids)
    real = ids != PAD
    inside = (labels > 0).float()
    gated = functional.binary_cross_entropy_with_logits(
        gate, inside, reduction="none", pos_weight=torch.tensor(GATE_POSITIVE, device=gate.device)
    )
    return [functional.cross_entropy(tags[real], labels[real], label_smoothing=0.01), gated[real].mean()]


def weights(model: Any) -> dict[str, NDArray[np.float16]]:
    """The tensors that engine/privacy/tagger/network.py reads."""
    kept = {
        "rows": model.table.rows.weight,
        "jamo": model.table.jamo.weight,
        "out": model.out.weight.T,
        "out_bias": model.out.bias,
        "gate.rows": model.gate_table.rows.weight,
        "gate.jamo": model.gate_table.jamo.weight,
        "gate.kernel": model.gate.weight.permute(2, 1, 0),
        "gate.kernel_bias": model.gate.bias,
        "gate.out": model.gate_out.weight[0],
        "gate.out_bias": model.gate_out.bias,
    }
    for at, layer in enumerate(model.layers):
        kept |= {f"layer{at}.kernel": layer.weight.permute(2, 1, 0), f"layer{at}.bias": layer.bias}
    return {
        name: np.ascontiguousarray(tensor.detach().float().cpu().numpy().astype(np.float16))
        for name, tensor in kept.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=4.0, help="of training, after the lines are made")
    parser.add_argument(
        "--steps", type=int, default=0, help="end after so many steps, if the minutes allow: reproducible"
    )
    parser.add_argument("--width", type=int, nargs="+", default=[64], help="several: one file each, the minutes shared")
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 2))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    import torch
    from safetensors.numpy import save_file

    device = asked.device if asked.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    began = time.monotonic()
    data = bucketed(shards(asked.seed * 1_000_000, -(-asked.samples // SHARD), asked.workers), device)
    print(f"{sum(len(lines) for lines, _ in data.values()):,} lines in {time.monotonic() - began:.0f} s", flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    for width in asked.width:
        model = train(data, width, asked.minutes * 60 / len(asked.width), device, asked.seed, asked.steps)
        facts = {
            "dilations": json.dumps(DILATIONS),
            "width": str(width),
            "lines": str(asked.samples),
            "seed": str(asked.seed),
        }
        save_file(weights(model), asked.out / f"model-{width}.safetensors", facts)
        print(f"saved {asked.out / f'model-{width}.safetensors'}", flush=True)


if __name__ == "__main__":
    main()
