"""How much memory a run takes, part by part, at its heaviest moment: the written formula of docs/memory.md.

It loads no model and knows no rows. Bytes a token are those that autograd keeps for the way back, read off the models'
source and checked against counted tensors (`bench/memory.py`).
"""

import sys
from dataclasses import dataclass

from engine.models.shapes import Shape
from engine.train.arguments import checkpointing
from engine.train.memory import GB
from engine.train.plan.machine import Machine
from engine.train.settings import TrainSettings

NF4 = 0.5 + 1 / 64 + 4 / (64 * 256)
"""Bytes a weight in nf4: half a byte, a byte of scale for 64, four bytes of the scales' scale for 16,384."""
OPTIMISER = {"adamw_torch": 8.0, "paged_adamw_8bit": 2 + 8 / 256, "paged_adamw_32bit": 8.0}
"""Bytes of state a trained weight; 8 bits have two scales for 256."""
CPU_BASE_GB = 0.58
"""Resident memory of a worker with its libraries and a base of next to no size, measured."""
CUDA_BASE_GB = 0.6
"""What the driver's context takes of a card beside all tensors: 0.4 to 0.6 GB by card and driver."""
WORKSPACE_GB = 0.02
"""cuBLAS: 8 MB and its light sister as much, of the card's tensors."""
CPU_KEPT, CPU_LAYER, CPU_LOSS = 1.7, 2.7, 1.15
"""Resident bytes a byte of tensors on a CPU, whose allocator gives little back: of what is kept, of a layer computed
again, of the loss. Fitted to ten measured peaks of the starter (0.6 to 5.8 GB), which they meet within 7 %."""
LOSS_TOKENS, LOSS_WORDS = 4096, 32768
"""trl 1.16 computes the loss in tiles of this many tokens and vocabulary entries, forward and backward, and keeps none."""
TORCH_TILES = 7.25
"""fp32 copies of a tile alive at once where torch folds it (Windows, CPU): seven and a mask. Triton folds it in place."""
SLIDING = {"gemma3_text": 512, "gemma3": 1024, "exaone4": 4096}
"""Tokens a layer of the family looks back on; a longer row needs a mask."""
ON_LINUX = sys.platform == "linux"
"""Triton ships with torch on Linux alone."""
NORMS = {"gemma3_text": 4, "gemma3": 4, "gptj": 1}
"""Norms a layer that keep their fp32 input; two elsewhere."""
NORMED_HEADS = ("gemma3_text", "gemma3", "qwen3", "exaone4")
"""Families that normalise queries and keys too."""
JOINED = ("gpt_neox", "gpt2")
"""Families whose queries, keys and values come out of one layer: the values hold all of it."""
COMPOSED = ("gpt2", "gptj", "phi")
"""Families whose GELU is written out in torch and keeps five copies instead of one."""


@dataclass(frozen=True, slots=True)
class Widths:
    """Bytes of a number in the computation, of one a dropout keeps beside its output, and whether autocast is on."""

    wide: int
    mask: int
    mixed: bool


def widths(settings: TrainSettings, machine: Machine) -> Widths:
    """A CPU computes in fp32 unless told otherwise, a card in 16 bits; a card's dropout keeps one byte for each number."""
    cpu = machine.kind == "cpu"
    wide = 4 if settings.precision == "fp32" or (settings.precision == "auto" and cpu) else 2
    return Widths(wide, wide if cpu else 1, wide == 2)


def memory_parts(shape: Shape, settings: TrainSettings, longest: int, machine: Machine) -> dict[str, float]:
    """GB of everything a run takes at its heaviest moment when its longest row has so many tokens: tensors, and what the
    machine's libraries take beside them. On a CPU it is resident memory."""
    parts = tensor_parts(shape, settings, longest, machine)
    if machine.kind == "cuda":
        return {**parts, "overhead": CUDA_BASE_GB + WORKSPACE_GB}
    moments = _moments(shape, settings, longest, machine)
    again = CPU_LAYER if checkpointing(settings, "cpu") else CPU_KEPT
    resident = {
        "activations": (moments.kept * CPU_KEPT + moments.layer * again) / GB,
        "logits": moments.touched * CPU_LOSS / GB,
    }
    return {**parts, **resident, "overhead": CPU_BASE_GB}


def tensor_parts(
    shape: Shape, settings: TrainSettings, longest: int, machine: Machine, triton: bool = ON_LINUX
) -> dict[str, float]:
    """GB of the tensors alive at the heaviest moment. That is the loss, or the layer computed last before its gradients;
    `activations` and `logits` are what they hold then. `triton`: whether a card's loss folds its tiles in place."""
    size, trained = widths(settings, machine), trained_weights(shape, settings)
    moments = _moments(shape, settings, longest, machine, triton)
    in_layer = moments.layer + moments.spread >= moments.loss
    recomputed = checkpointing(settings, _device(machine))
    gradients = trained * 4.0
    if settings.accumulation == 1:  # they grow while checkpoints go: the larger of the two counts
        gradients = max(0.0, gradients - moments.kept) if in_layer and recomputed else 0.0
    copies = 4.0 if recomputed or not size.mixed else 6.0  # autocast keeps 16-bit copies
    adapters = 0.0 if settings.method == "full" else trained * copies
    found = {
        "weights": weight_bytes(shape, settings, size),
        "adapters": adapters,
        "gradients": gradients,
        "optimiser": trained * OPTIMISER[_optimiser(settings, machine)],
        "activations": moments.kept + (moments.layer if in_layer else 0.0),
        "dequantised": moments.spread if in_layer else 0.0,
        "logits": moments.beside if in_layer else moments.loss,
    }
    return {name: amount / GB for name, amount in found.items() if amount}


@dataclass(frozen=True, slots=True)
class Moments:
    """Bytes of tensors: kept on the whole way forward; of the layer at work; of its weights spread out; of the loss, and of
    the part of it that a CPU touches; of the loss's gradient while a layer is at work."""

    kept: float
    layer: float
    spread: float
    loss: float
    touched: float
    beside: float


def _moments(shape: Shape, settings: TrainSettings, longest: int, machine: Machine, triton: bool = False) -> Moments:
    size, tokens = widths(settings, machine), sequences(settings) * settings.batch_size * longest
    mask = _mask_bytes(shape, settings, longest, size)
    kept, layer, spread = _activations(shape, settings, size, tokens, _device(machine), mask > 0)
    loss, touched = _loss_bytes(shape, tokens, size, machine.kind == "cuda" and triton)
    hidden = tokens * shape.hidden
    ends = hidden * (4 + size.wide)
    return Moments(kept + mask, layer, spread, loss + ends, touched + ends, hidden * 3.0 * size.wide)


def sequences(settings: TrainSettings) -> int:
    """Sequences a row of the batch becomes: an answer and a rejected one where they are compared. The reference model is
    the base with its adapter off, and keeps nothing."""
    return 2 if settings.objective in ("dpo", "reward") else 1


def _device(machine: Machine) -> str:
    return "cpu" if machine.kind == "cpu" else "cuda:0"


def _optimiser(settings: TrainSettings, machine: Machine) -> str:
    if settings.optimizer != "auto":
        return settings.optimizer
    return "adamw_torch" if machine.kind == "cpu" else "paged_adamw_8bit"


def weight_bytes(shape: Shape, settings: TrainSettings, size: Widths) -> float:
    """Bytes of the base: layers as quantised; embedding and head as wide as the computation, 32 bits where all is trained."""
    held = 4 if settings.method == "full" else size.wide
    each = {"nf4": NF4, "int8": 1.0}.get(settings.quantisation, held)
    return shape.linear * each + shape.embedding * held


def _adapted(shape: Shape, settings: TrainSettings) -> list[tuple[int, int]]:
    """(in, out) of the layers LoRA is put on; names this shape does not know count as all of them."""
    matrices, asked = shape.matrices(), settings.target_names()
    named = [size for name, size in matrices.items() if name in asked]
    return named or list(matrices.values())


def trained_weights(shape: Shape, settings: TrainSettings) -> int:
    """Weights that are trained: all of them, or two thin matrices beside each adapted one."""
    if settings.method == "full":
        return shape.parameters
    return (shape.layers + shape.crossed) * settings.lora_rank * sum(sum(size) for size in _adapted(shape, settings))


def _activations(
    shape: Shape, settings: TrainSettings, size: Widths, tokens: int, device: str, masked: bool
) -> tuple[float, float, float]:
    """(bytes kept through the whole way forward; bytes of the layer at work; bytes of its weights spread out)."""
    recomputed = checkpointing(settings, device)
    one = kept_by_layer(shape, settings, size)
    if masked:  # shared key heads are then copied for each query head
        one += 2 * (shape.query - shape.key) * size.wide
    kept = tokens * shape.layers * (shape.hidden * size.wide if recomputed else one)
    # the last product's input and output; its adapter's copy of the input comes after its weights are folded away again
    working = (one if recomputed else 0) + (shape.intermediate + 2 * shape.hidden) * size.wide
    late = shape.intermediate * (size.wide + size.mask) if settings.lora_dropout else shape.intermediate * size.wide
    if (
        settings.quantisation == "none" and size.mixed
    ):  # PEFT widens the input of an adapter beside an unquantised layer
        working += shape.intermediate * (8 if settings.lora_dropout else 4)
    largest = max(rows * columns for rows, columns in shape.matrices().values())
    spread = largest * (size.wide + 1 / 16) if settings.quantisation != "none" else 0.0
    if tokens * late > spread:
        return kept, tokens * working, 0.0
    return kept, tokens * (working - late), spread


def kept_by_layer(shape: Shape, settings: TrainSettings, size: Widths) -> float:
    """Bytes that one layer keeps of one token for the way back."""
    h, q, k, i = shape.hidden, shape.query, shape.key, shape.intermediate
    norms = 4 * h * NORMS.get(shape.family, 2) + (4 * (q + k) if shape.family in NORMED_HEADS else 0)
    attention = (2 * q + 2 * k + (2 * h if shape.family in JOINED else 0)) * size.wide
    forward = (3 if shape.gated else 5 if shape.family in COMPOSED else 1) * i * size.wide
    adapted = _adapted(shape, settings)
    if settings.lora_dropout:  # each adapted layer has its own copy of its input, and what was dropped
        inputs = sum(width for width, _ in adapted) * (size.wide + size.mask)
    else:
        shared = 2 * h + (i if i in (width for width, _ in adapted) else 0)
        apart = settings.quantisation == "none" and size.mixed  # then each casts its own
        inputs = (sum(width for width, _ in adapted) if apart else shared) * size.wide
    return norms + attention + forward + inputs + len(adapted) * settings.lora_rank * size.wide


def _loss_bytes(shape: Shape, tokens: int, size: Widths, in_place: bool) -> tuple[float, float]:
    """(bytes of trl's chunked loss at its heaviest, bytes of it that are touched): its tile, whole even where the vocabulary is
    smaller, and what torch makes of it."""
    scored, words = min(tokens, LOSS_TOKENS), min(shape.vocabulary, LOSS_WORDS)
    folded = 0.0 if in_place else scored * words * 4 * TORCH_TILES
    return scored * LOSS_WORDS * size.wide + folded, scored * words * size.wide + folded


def _mask_bytes(shape: Shape, settings: TrainSettings, longest: int, size: Widths) -> float:
    """Bytes of the attention mask, as truth values and as numbers; a single whole row within the window needs none."""
    if settings.packing:
        return (settings.batch_size * longest) ** 2 * (1.0 + size.wide)
    if settings.batch_size == 1 and longest <= SLIDING.get(shape.family, longest):
        return 0.0
    return settings.batch_size * longest**2 * (1.0 + size.wide)
