"""Which 16-bit arithmetic is faster on the card at hand: measured once a machine, kept in the store's settings.

Cards before Ampere only emulate bf16; on an RTX 4060 fp16 was reported 25 % faster than the bf16 it does have. A CPU computes in
fp32 (bf16 took 1.2 times as long on one that has it, with the starter model), and is not measured: other work would decide.
"""

import time
from pathlib import Path
from statistics import median
from typing import Any

from engine.store.open import open_store
from engine.store.settings import get_setting, set_setting
from engine.train.arguments import has_bf16
from engine.train.settings import TrainSettings

WIDTH, TOKENS, LAYERS, TRIES = 2048, 1024, 6, 5
"""About the layers of a 1B base at one row of 1,024 tokens: 0.15 TFLOP forwards and back, some 10 ms on an 8 GB card."""
WORTH = 0.9
"""fp16 must take less than this share of bf16's time: bf16 cannot overflow, and needs no scaled loss."""


def with_precision(store: Path, settings: TrainSettings, device: str) -> TrainSettings:
    """Settings whose precision `auto` gave way to the one that this card is faster in; others, and other devices, stay."""
    if settings.precision != "auto" or not device.startswith("cuda"):
        return settings
    with open_store(store) as db:
        key = f"precision:{_card(device)}"
        times = get_setting(db, key)
    if times is None:
        times = measure(device)
        with open_store(store) as db:
            set_setting(db, key, times)
    return settings.model_copy(update={"precision": faster(times)})


def faster(times: dict[str, float]) -> str:
    """bf16, unless it is missing or fp16 is clearly faster."""
    return "fp16" if "bf16" not in times or times["fp16"] < WORTH * times["bf16"] else "bf16"


def measure(device: str) -> dict[str, float]:
    """Seconds of one pass forwards and back, by precision; bf16 only where the card has it."""
    return {name: seconds(device, name) for name in ("bf16", "fp16") if name == "fp16" or has_bf16()}


def seconds(device: str, name: str) -> float:
    """Median of TRIES passes through LAYERS square layers, after one that is not counted."""
    import torch

    kind = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[name]
    layers = [torch.randn(WIDTH, WIDTH, device=device, dtype=kind) / WIDTH**0.5 for _ in range(LAYERS)]
    given = torch.randn(TOKENS, WIDTH, device=device, dtype=kind, requires_grad=True)
    return median([_pass(given, layers) for _ in range(TRIES + 1)][1:])


def _pass(given: Any, layers: list[Any]) -> float:
    import torch

    began = time.perf_counter()
    hidden = given
    for layer in layers:
        hidden = torch.nn.functional.silu(hidden @ layer)
    hidden.float().mean().backward()
    if given.is_cuda:
        torch.cuda.synchronize(given.device)
    return time.perf_counter() - began


def _card(device: str) -> str:
    """Name of the card and version of torch: another of either is measured anew."""
    import torch

    return f"{torch.cuda.get_device_name(device)} {torch.__version__}"
