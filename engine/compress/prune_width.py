"""Fewer feed-forward channels and attention heads: how many, and which. One count for all layers, so that the configuration can say
it. It cuts nothing.

A channel is worth the norm of what flows through it times the norm of the weights that read it: Wanda's measure (Sun et al. 2023)
summed over a structure, as FLAP (An et al. 2024) does. A head is worth its channels together.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.compress.prune_cut import KEY, OUT, QUERY, VALUE, columns, cut_channels, cut_heads, rows_of_units
from engine.compress.prune_measure import Subject, loudness
from engine.compress.prune_plan import LEAST_WIDTH, TOLERANCE, Layer, step_of, step_up


@dataclass(frozen=True, slots=True)
class Heads:
    """How attention is laid out. `head`: width of one; `queries`: query heads of each key head."""

    head: int
    queries: int
    keys: int

    @property
    def shared(self) -> bool:
        """One key head for all: query heads are what can go."""
        return self.keys == 1

    @property
    def units(self) -> int:
        return self.queries if self.shared else self.keys

    @property
    def wide(self) -> int:
        """Inputs of the output layer that belong to one unit."""
        return self.head if self.shared else self.queries * self.head

    def counts(self, layer: Any) -> tuple[int, int]:
        """(units, parameters of one) of a layer."""
        names = (QUERY, OUT) if self.shared else (QUERY, KEY, VALUE, OUT)
        return self.units, sum(layer.get_submodule(name).weight.numel() for name in names) // self.units

    def said(self, units: int) -> dict[str, int]:
        """What the configuration says of so many units."""
        queries, keys = (units, 1) if self.shared else (units * self.queries, units)
        return {"num_attention_heads": queries, "num_key_value_heads": keys, "head_dim": self.head}


def heads_of(config: Mapping[str, Any]) -> Heads:
    """config: of a family whose heads can be fewer, as a dict."""
    queries = int(config["num_attention_heads"])
    keys = int(config.get("num_key_value_heads") or queries)
    return Heads(int(config.get("head_dim") or config["hidden_size"] // queries), queries // keys, keys)


@dataclass(frozen=True)
class Widths:
    """What the configuration says before and after, and of every layer the places that stay: ascending tensors."""

    before: dict[str, int]
    after: dict[str, int]
    channels: dict[Layer, int]
    units: int | None
    kept_channels: Mapping[Layer, Any]
    kept_units: Mapping[Layer, Any]


def widths_for(subject: Subject, layers: Sequence[Layer], missing: float) -> Iterator[Widths]:
    """Ways to take `missing` parameters out of these layers: out of channels alone, and out of channels and heads alike."""
    tried = set()
    share = missing / sum(layer.width * layer.channel + layer.groups * layer.group for layer in layers)
    first = layers[0]
    for gone in (0, round(share * first.groups)):
        gone = min(gone, first.groups - max(1, round(first.groups * LEAST_WIDTH))) if first.groups else 0
        rest = missing - gone * sum(layer.group for layer in layers)
        channels = _channels(layers, rest, TOLERANCE * subject.parameters)
        if gone not in tried and (gone or channels is not None):
            tried.add(gone)
            yield _widths(subject, layers, channels or _least_channels(layers), gone)


def _least_channels(layers: Sequence[Layer]) -> dict[Layer, int]:
    return {layer: step_up(LEAST_WIDTH * layer.width, step_of(layer.width)) for layer in layers}


def _channels(layers: Sequence[Layer], rest: float, slack: float) -> dict[Layer, int] | None:
    """How many channels stay in each layer when `rest` parameters go: rounded so that rather more goes, unless that is more than
    `slack` too many. None when a layer would keep too few."""
    share = rest / sum(layer.width * layer.channel for layer in layers)
    for rounded in (math.floor, round):
        found = {
            layer: rounded((1 - share) * layer.width / step_of(layer.width)) * step_of(layer.width) for layer in layers
        }
        if sum((layer.width - left) * layer.channel for layer, left in found.items()) <= rest + slack:
            break
    least = _least_channels(layers)
    enough = all(left >= least[layer] for layer, left in found.items())
    return {layer: min(left, layer.width) for layer, left in found.items()} if enough else None


def _widths(subject: Subject, layers: Sequence[Layer], channels: dict[Layer, int], gone: int) -> Widths:
    words = {layer: subject.family.stacks[layer.stack].width for layer in layers}
    before = {words[layer]: layer.width for layer in layers}
    after = {words[layer]: channels[layer] for layer in layers}
    units = None
    if gone:
        heads = heads_of(subject.model.config.to_dict())
        units = heads.units - gone
        before |= heads.said(heads.units)
        after |= heads.said(units)
    return Widths(before, after, channels, units, {}, {})


def score_widths(subject: Subject, layers: Sequence[Layer]) -> tuple[dict[Layer, Any], dict[Layer, Any]]:
    """({layer: score of each channel}, {layer: score of each unit of heads}); the latter empty where heads cannot go."""
    readers = {(layer, False): subject.reader(layer) for layer in layers}
    if subject.family.heads:
        readers |= {(layer, True): subject.modules[layer].get_submodule(OUT) for layer in layers}
    loud = loudness(subject.model, subject.tokenizer, subject.chosen_by, readers)
    scores = {key: loud[key] * columns(module).detach().float().norm(dim=0).cpu() for key, module in readers.items()}
    channels = {layer: score for (layer, is_heads), score in scores.items() if not is_heads}
    if not subject.family.heads:
        return channels, {}
    wide = heads_of(subject.model.config.to_dict()).wide
    units = {layer: score.square().view(-1, wide).sum(1) for (layer, is_heads), score in scores.items() if is_heads}
    return channels, units


def choose(widths: Widths, channels: Mapping[Layer, Any], units: Mapping[Layer, Any]) -> Widths:
    """The same with the places of the highest scores."""
    kept = {layer: _best(channels[layer], count) for layer, count in widths.channels.items()}
    stay = {} if widths.units is None else {layer: _best(units[layer], widths.units) for layer in widths.channels}
    return replace(widths, kept_channels=kept, kept_units=stay)


def _best(scores: Any, count: int) -> Any:
    return scores.topk(count).indices.sort().values


def masks_of(subject: Subject, widths: Widths) -> dict[Any, Any]:
    """{linear layer: mask of its inputs}: what `cut_widths` would leave."""
    import torch

    masks = {}
    for layer, kept in widths.kept_channels.items():
        masks[subject.reader(layer)] = torch.zeros(layer.width).index_fill(0, kept, 1.0)
    for layer, units in widths.kept_units.items():
        heads = heads_of(subject.model.config.to_dict())
        mask = torch.zeros(heads.units * heads.wide).index_fill(0, rows_of_units(units, heads.wide), 1.0)
        masks[subject.modules[layer].get_submodule(OUT)] = mask
    return masks


def cut_widths(subject: Subject, widths: Widths) -> None:
    """Cut every layer, and have the configuration say so."""
    heads = heads_of(subject.model.config.to_dict()) if widths.kept_units else None
    for layer, kept in widths.kept_channels.items():
        cut_channels(subject.modules[layer], subject.family.stacks[layer.stack], kept.to(subject.model.device))
        if heads is not None:
            units = widths.kept_units[layer].to(subject.model.device)
            cut_heads(subject.modules[layer], units, heads.queries, heads.shared, heads.head)
    for word, value in widths.after.items():
        setattr(subject.model.config, word, value)
