"""A model on a Space with a graphics card: what it takes of the card, and which card is enough. Told from its shape; it loads nothing.

Cards as Spaces offer them: huggingface.co/docs/hub/spaces-gpus (memory of the machine and of the card). A card shows some per cent less
than its name says, which `NEAR` covers.
"""

from dataclasses import dataclass

from engine.compress.hosts import APP_MB, CARD_MB
from engine.models.loading import Quantisation
from engine.models.shapes import Shape
from engine.serve.memory_room import KV_BYTES, LONGEST, MB, USUAL

NEAR = 0.15
"""Share of a card that stays free: for what an estimate does not see."""
TORCH_MB = 1500.0
"""What torch and transformers take of the machine's own memory while the weights lie on the card."""
LAYER_BYTES: dict[Quantisation, float] = {"none": 2.0, "int8": 1.0, "nf4": 0.516}
"""Of a weight in a layer; NF4 with double quantisation keeps 0.127 bits beside its 4 (Dettmers et al. 2023). Others stay in 16 bits."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """A machine of Spaces. 10**6 bytes."""

    name: str
    """What `suggested_hardware` takes."""
    label: str
    vram_mb: float
    memory_mb: float


HARDWARE = (
    Hardware("t4-small", "NVIDIA T4 small (16 GB)", 16_000, 15_000),
    Hardware("l4x1", "NVIDIA L4 (24 GB)", 24_000, 30_000),
    Hardware("l40sx1", "NVIDIA L40S (48 GB)", 48_000, 62_000),
    Hardware("a100-large", "NVIDIA A100 large (80 GB)", 80_000, 142_000),
)
"""With one card, the smallest first; all are paid by the hour."""


@dataclass(frozen=True, slots=True)
class OnCard:
    """What a model takes on a card. 10**6 bytes."""

    weights_mb: float
    kv_mb: float
    vram_mb: float
    """Weights, keys and values of a conversation, and what the driver and torch hold of a card."""
    memory_mb: float
    """Of the machine itself."""
    hardware: Hardware | None
    """The smallest that is enough; None where none is."""


def on_card(shape: Shape, longest: int | None, quantisation: Quantisation) -> OnCard:
    """longest: the model's window in tokens, None where it is not known."""
    weights = (shape.linear * LAYER_BYTES[quantisation] + shape.embedding * 2) / MB
    kv = 2 * shape.layers * shape.key * min(longest or USUAL, LONGEST) * KV_BYTES / MB
    vram = weights + kv + CARD_MB
    enough = next((one for one in HARDWARE if vram <= one.vram_mb * (1 - NEAR)), None)
    return OnCard(round(weights, 1), round(kv, 1), round(vram, 1), APP_MB + TORCH_MB, enough)
