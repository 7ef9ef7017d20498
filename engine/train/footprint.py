"""How much memory a run takes, part by part: the written formula of docs/memory.md. It loads no model and knows no rows."""

from engine.models.shapes import Shape
from engine.train.arguments import checkpointing
from engine.train.machine import Machine
from engine.train.memory import GB
from engine.train.settings import TrainSettings

BITS = {"nf4": 0.516, "int8": 1.0}
"""Bytes a quantised weight: nf4 with its doubly quantised scales (one byte a 64, four bytes a 16,384 weights)."""
OPTIMISER = {"adamw_torch": 8, "paged_adamw_8bit": 2, "paged_adamw_32bit": 8}
"""Bytes of state a trained weight."""
CPU_BASE_GB = 0.58
"""Resident memory of a worker with its libraries and a base of next to no size, measured."""
CUDA_BASE_GB = 0.6
"""What the driver's context takes of a card beside all tensors: 0.4 to 0.6 GB by card and driver."""
CPU_WASTE = 1.35
"""Measured on a CPU against the tensors counted below: the allocator gives little back between layers."""
LOSS_TOKENS, LOSS_WORDS = 4096, 32768
"""The loss is computed in tiles of this many tokens and vocabulary entries."""
LOSS_COPIES = {"cpu": 9, "cuda": 3}
"""Copies of a tile alive at once; measured on a CPU, where no fused kernel exists."""


def memory_parts(shape: Shape, settings: TrainSettings, longest: int, machine: Machine) -> dict[str, float]:
    """GB of everything that is in memory at the heaviest moment of a run whose longest row has so many tokens."""
    wide = 4 if settings.precision == "fp32" or (settings.precision == "auto" and machine.kind == "cpu") else 2
    held = 4 if settings.method == "full" else wide  # weights that are trained are held in 32 bits
    waste = CPU_WASTE if machine.kind == "cpu" else 1.0
    trained = _trained(shape, settings)
    tokens = settings.batch_size * longest
    layer = _layer_bytes(shape, settings, wide)
    if checkpointing(settings, "cpu" if machine.kind == "cpu" else "cuda:0"):
        activations = shape.layers * shape.hidden * wide + 2 * layer
    else:
        activations = (shape.layers + 1) * layer
    tile = min(tokens, LOSS_TOKENS) * min(shape.vocabulary, LOSS_WORDS) * 4 * LOSS_COPIES[machine.kind]
    optimiser = settings.optimizer
    if optimiser == "auto":
        optimiser = "adamw_torch" if machine.kind == "cpu" else "paged_adamw_8bit"
    found = {
        "weights": shape.linear * BITS.get(settings.quantisation, held) + shape.embedding * held,
        "adapters": 0.0 if settings.method == "full" else trained * 4,
        "gradients": trained * 4,
        "optimiser": trained * OPTIMISER[optimiser],
        "activations": tokens * activations * waste,
        "logits": tile + tokens * shape.hidden * (4 + wide),
    }
    fixed = CPU_BASE_GB if machine.kind == "cpu" else CUDA_BASE_GB
    return {**{name: size / GB for name, size in found.items()}, "overhead": fixed}


def _adapted(shape: Shape, settings: TrainSettings) -> list[tuple[int, int]]:
    """(in, out) of the layers LoRA is put on; names this shape does not know count as all of them."""
    matrices, asked = shape.matrices(), settings.target_names()
    named = [size for name, size in matrices.items() if name in asked]
    return named or list(matrices.values())


def _trained(shape: Shape, settings: TrainSettings) -> int:
    """Weights that are trained: all of them, or two thin matrices beside each adapted one."""
    if settings.method == "full":
        return shape.parameters
    return (shape.layers + shape.crossed) * settings.lora_rank * sum(sum(size) for size in _adapted(shape, settings))


def _layer_bytes(shape: Shape, settings: TrainSettings, wide: int) -> float:
    """Bytes that one layer keeps of one token for the way back."""
    adapted = _adapted(shape, settings)
    inputs = 2 * shape.hidden + shape.query + shape.intermediate
    attention = 2 * shape.query + 2 * shape.key
    forward = (3 if shape.gated else 2) * shape.intermediate
    norms = 2 * shape.hidden * 4  # in 32 bits whatever the rest is
    dropped = sum(size[0] for size in adapted) * (wide + 2) if settings.lora_dropout else 0  # its copy and its mask
    return (inputs + attention + forward) * wide + norms + dropped + len(adapted) * settings.lora_rank * 4
