"""What a model would lose: its loss on rows, how much each layer changes what passes through it, and how loud each channel is.

Rows go through one by one, so that no padding is ever counted. It cuts nothing for good.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from engine.compress.prune_families import Family
from engine.compress.prune_plan import Layer
from engine.curate.row import Message
from engine.models.batches import pair_batch, pair_of
from engine.models.template import Encoded, encode_example

LONGEST = 512
"""Tokens of a row that are measured at most."""
Places = Sequence[Sequence[int]]
"""For each stack, the places of its layers that stay, in order."""


@dataclass(frozen=True)
class Subject:
    """The model on the table, and the rows it is measured by: half to choose what goes, half to judge the choice."""

    model: Any
    tokenizer: Any
    family: Family
    modules: Mapping[Layer, Any]
    """Every layer of the whole model, in order."""
    chosen_by: Sequence[Encoded]
    judged_by: Sequence[Encoded]
    told: Callable[[str], None]

    def loss(self, rows: Sequence[Encoded]) -> float:
        """Nats per token of the targets, of the model as it is now."""
        return mean_loss(self.model, self.tokenizer, rows)

    def reader(self, layer: Layer) -> Any:
        """The linear layer that reads the feed-forward channels."""
        return self.modules[layer].get_submodule(self.family.stacks[layer.stack].out)

    def called(self, layer: Layer) -> str:
        """Its path in the model."""
        return f"{self.family.stacks[layer.stack].layers}.{layer.place}"

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.model.parameters())


def measured_rows(tokenizer: Any, texts: Sequence[tuple[Sequence[Message], str]], window: int | None) -> list[Encoded]:
    """The rows as the model reads them, cut to LONGEST tokens or its window; without those whose target leaves no room for a prompt."""
    room = min(LONGEST, window or LONGEST)
    rows = [encode_example(tokenizer, prompt, target, room) for prompt, target in texts]
    return [row for row in rows if row.prompt_length > 0]


def inputs_of(tokenizer: Any, row: Encoded, where: Any) -> tuple[dict[str, Any], Any]:
    """(what the model takes, labels) of one row: tensors (1, tokens). Labels stand where the model predicts them."""
    import torch

    if tokenizer.malmoi.encoder:
        batch = pair_batch([pair_of(row, tokenizer.malmoi.encoder)], tokenizer.pad_token_id)
        labels = batch.pop("labels")
        return {name: tensor.to(where) for name, tensor in batch.items()}, labels.to(where)
    ids = torch.tensor([row.input_ids], device=where)
    labels = torch.full_like(ids, -100)
    labels[0, row.prompt_length - 1 : -1] = ids[0, row.prompt_length :]
    return {"input_ids": ids}, labels


def mean_loss(model: Any, tokenizer: Any, rows: Sequence[Encoded]) -> float:
    """Nats per token of the targets."""
    import torch

    total, count = 0.0, 0
    with torch.inference_mode():
        for row in rows:
            inputs, labels = inputs_of(tokenizer, row, model.device)
            logits = model(**inputs, use_cache=False).logits.float().flatten(0, 1)
            total += float(torch.nn.functional.cross_entropy(logits, labels.flatten(), reduction="sum"))
            count += int((labels != -100).sum())
    return total / max(1, count)


def stacks_of(model: Any, family: Family) -> list[Any]:
    """The lists of layers, in the family's order."""
    return [model.get_submodule(stack.layers) for stack in family.stacks]


def keep_layers(model: Any, family: Family, kept: Places) -> None:
    """Leave the layers at these places alone in the model, and have its configuration say so."""
    from torch.nn import ModuleList

    for stack, places in zip(family.stacks, kept, strict=True):
        layers = model.get_submodule(stack.layers)
        parent, _, name = stack.layers.rpartition(".")
        setattr(model.get_submodule(parent), name, ModuleList(layers[place] for place in places))
        setattr(model.config, stack.depth, len(places))
    types = model.config.to_dict().get("layer_types")
    if types:
        model.config.layer_types = [types[place] for place in kept[0]]


@contextmanager
def only_layers(model: Any, family: Family, kept: Places) -> Iterator[None]:
    """The model with those layers alone, while this is held."""
    before = [(stack, model.get_submodule(stack.layers)) for stack in family.stacks]
    types = model.config.to_dict().get("layer_types")
    keep_layers(model, family, kept)
    try:
        yield
    finally:
        for stack, layers in before:
            parent, _, name = stack.layers.rpartition(".")
            setattr(model.get_submodule(parent), name, layers)
            setattr(model.config, stack.depth, len(layers))
        if types:
            model.config.layer_types = types


def _run(model: Any, tokenizer: Any, rows: Sequence[Encoded]) -> None:
    import torch

    with torch.inference_mode():
        for row in rows:
            model(**inputs_of(tokenizer, row, model.device)[0], use_cache=False)


@contextmanager
def listening(modules: Mapping[Any, Any], hear: Callable[[Any, Any, Any], None]) -> Iterator[None]:
    """`hear(key, input, output)` whenever one of {key: module} was run: tensors (1, tokens, width)."""

    def hook(key: Any) -> Callable[[Any, Any, Any], None]:
        return lambda _, given, out: hear(key, given[0], out[0] if isinstance(out, tuple) else out)

    handles = [module.register_forward_hook(hook(key)) for key, module in modules.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def influences(model: Any, tokenizer: Any, rows: Sequence[Encoded], family: Family) -> dict[tuple[int, int], float]:
    """{(stack, place): 1 - mean cosine of what enters and what leaves the layer}: block influence (Men et al. 2024, ShortGPT).
    0: the layer changes no direction at all."""
    import torch

    layers = {
        (number, place): layer
        for number, stack in enumerate(stacks_of(model, family))
        for place, layer in enumerate(stack)
    }
    cosines = dict.fromkeys(layers, 0.0)
    tokens = dict.fromkeys(layers, 0)

    def hear(key: tuple[int, int], given: Any, out: Any) -> None:
        cosine = torch.nn.functional.cosine_similarity(given.float(), out.float(), dim=-1)
        cosines[key] += float(cosine.sum())
        tokens[key] += cosine.numel()

    with listening(layers, hear):
        _run(model, tokenizer, rows)
    return {key: 1 - cosines[key] / max(1, tokens[key]) for key in layers}


def loudness(model: Any, tokenizer: Any, rows: Sequence[Encoded], modules: Mapping[Any, Any]) -> dict[Any, Any]:
    """{key: a tensor (inputs), the L2 norm over all tokens of each input of that linear layer}, as Wanda weighs them."""
    import torch

    sums = {name: torch.zeros(()) for name in modules}

    def hear(name: Any, given: Any, _: Any) -> None:
        sums[name] = sums[name] + given.float().flatten(0, -2).square().sum(0).cpu()

    with listening(modules, hear):
        _run(model, tokenizer, rows)
    return {name: total.sqrt() for name, total in sums.items()}


@contextmanager
def silenced(masks: Mapping[Any, Any]) -> Iterator[None]:
    """Inputs of linear layers set to zero by {module: mask (inputs)}: what cutting them away would give."""

    def hook(mask: Any) -> Callable[[Any, Any], Any]:
        return lambda _, given: (given[0] * mask.to(given[0]), *given[1:])

    handles = [module.register_forward_pre_hook(hook(mask)) for module, mask in masks.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
