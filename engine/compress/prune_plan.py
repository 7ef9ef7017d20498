"""How much must go for a share of the parameters, and what is refused before work begins. It loads no weights.

The share is of *all* parameters, embeddings counted: that is what a file's size and memory follow. The embeddings themselves stay
whole (they are the vocabulary), so that of the layers a larger share goes; both shares are told.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.compress.prune_families import HOWS, Family, family_of, flat
from engine.errors import UserError
from engine.models.shapes import read_shape

MOST = 0.7
"""Largest share taken of any model. Published work heals 20-30 % (Ma et al. 2023, Men et al. 2024); far beyond it a smaller model
trained from the start is better."""
TOLERANCE = 0.02
"""Of all parameters: a result this near to the share is as asked."""
LEAST_WIDTH = 0.25
"""Of its channels and heads every layer keeps at least this share."""
LEAST_LAYERS = 2
"""Of a decoder; of an encoder-decoder one on each side."""
MOST_ZEROS = 0.9
"""Of one matrix's weights."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer in parameters: its own, those of one feed-forward channel, and those of one group of heads."""

    stack: int
    place: int
    size: int
    width: int
    channel: int
    groups: int = 0
    group: int = 0

    def spare(self, heads: bool) -> int:
        """Parameters that can go while LEAST_WIDTH stays."""
        channels = self.width - step_up(self.width * LEAST_WIDTH, step_of(self.width))
        groups = self.groups - max(1, math.ceil(self.groups * LEAST_WIDTH)) if heads and self.groups else 0
        return max(0, channels) * self.channel + groups * self.group


def step_of(width: int) -> int:
    """What a width is rounded to: 32 where that is at most a twentieth, for matrix kernels; 8 in narrow layers."""
    return 32 if width >= 640 else 8


def step_up(number: float, step: int) -> int:
    return math.ceil(number / step) * step


def least_layers(family: Family) -> int:
    """Layers that stay in each stack."""
    return LEAST_LAYERS if len(family.stacks) == 1 else 1


def droppable(layers: Sequence[Layer], family: Family) -> list[Layer]:
    """Layers that could all go together, by place: all of a stack but the fewest that must stay."""
    least = least_layers(family)
    found = []
    for number in range(len(family.stacks)):
        found += [layer for layer in layers if layer.stack == number][least:]
    return found


def most_removable(layers: Sequence[Layer], family: Family, how: str) -> int:
    """Parameters that can go at most."""
    if how in ("magnitude", "wanda"):
        return int(MOST_ZEROS * sum(layer.size for layer in layers))
    gone = droppable(layers, family) if how == "layers" else []
    rest = [layer for layer in layers if layer not in gone]
    return sum(layer.size for layer in gone) + sum(layer.spare(family.heads) for layer in rest)


def refuse_prune(config: Mapping[str, Any], share: float, how: str) -> None:
    """Raises UserError for what cannot be pruned, before anything is loaded. config: the model's config.json as a dict; share: of
    all parameters; how: one of HOWS."""
    _refuse_words(share, how)
    config = flat(config)
    _refuse_quantised(config)
    family = family_of(config)
    try:
        shape = read_shape(config, str(config["model_type"]))
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise UserError(
            f"모델의 config.json에서 크기를 읽을 수 없습니다({type(error).__name__}). 파일이 온전한지 보고 다시 받으세요.",
            f"The model's config.json does not tell its sizes ({type(error).__name__}). Check that the file is whole, or fetch it again.",
        ) from error
    sides = [shape.layers] if len(family.stacks) == 1 else [shape.layers - shape.crossed, shape.crossed]
    size, channel = shape.linear // shape.layers, (3 if shape.gated else 2) * shape.hidden
    head = 2 * shape.hidden * (shape.query + shape.key)
    layers = [
        Layer(stack, place, size, shape.intermediate, channel, 4, head // 4)
        for stack, count in enumerate(sides)
        for place in range(count)
    ]
    refuse_share(layers, family, share, how, shape.parameters)


def refuse_share(layers: Sequence[Layer], family: Family, share: float, how: str, parameters: int) -> None:
    """Raises UserError when this model has not that much to give. parameters: of the whole model."""
    most = most_removable(layers, family, how) / parameters
    if share > most + TOLERANCE:
        blocks = sum(layer.size for layer in layers) / parameters
        raise UserError(
            f"prune 비율 {share:g}은(는) 이 모델에서 덜어 낼 수 없습니다: 파라미터의 {1 - blocks:.0%}는 덜지 않는 임베딩이고, 층은 "
            f"{len(layers)}개뿐이라 {how} 방식으로는 많아야 {most:.2f}입니다. 비율을 {math.floor(most * 100) / 100:g} 이하로 하세요.",
            f"A prune share of {share:g} is not possible here: {1 - blocks:.0%} of the parameters are embeddings, which stay, and with "
            f"{len(layers)} layers '{how}' can take {most:.2f} at most. Ask for {math.floor(most * 100) / 100:g} or less.",
        )


def _refuse_words(share: float, how: str) -> None:
    if how not in HOWS:
        raise UserError(
            f"prune 방식 '{how}'은(는) 없습니다. {', '.join(HOWS)} 가운데 고르세요.",
            f"There is no way of pruning called '{how}'. Choose of {', '.join(HOWS)}.",
        )
    if not (math.isfinite(share) and 0 < share <= MOST):
        raise UserError(
            f"prune 비율 {share:g}은(는) 쓸 수 없습니다. 0보다 크고 {MOST:g} 이하여야 합니다: 그보다 많이 덜면 되살릴 수 없으니 처음부터 작은 모델을 "
            "쓰는 편이 낫습니다. 0.2–0.3이 보통입니다.",
            f"A prune share of {share:g} cannot be used. It must be above 0 and at most {MOST:g}: what loses more does not heal, and a "
            "smaller model serves better. 0.2 to 0.3 is usual.",
        )


def _refuse_quantised(config: Mapping[str, Any]) -> None:
    saved = config.get("quantization_config")
    if saved:
        method = saved.get("quant_method", "?") if isinstance(saved, Mapping) else "?"
        raise UserError(
            f"이 모델은 이미 {method} 방식으로 압축(양자화)되어 있어 덜어 낼 수 없습니다. 압축하지 않은 원본에서 시작하고, 압축은 prune 뒤에 하세요.",
            f"This model is already quantised with {method} and cannot be pruned. Begin with the original weights, and quantise after "
            "pruning.",
        )
